//! What repeats of a run differ by.

use crate::compare::{Matched, Part, Unit};
use crate::record::{Noise, Scores};
use crate::stats::{mean, standard_deviation};
use crate::suite::{METRICS, Raw};
use std::collections::{BTreeMap, BTreeSet};

/// How much two of the repeats differ: as whole runs, and pooled over personas and groups (see [`Noise`]).
///
/// `seeds`, `rows` and `threads` say how each repeat was made. A metric that fewer than two repeats measured is left out.
pub fn noise(
    repeats: &[&Scores],
    seeds: Vec<u64>,
    rows: Vec<usize>,
    threads: Vec<usize>,
    identical: Option<f64>,
) -> Noise {
    let matched: Vec<Matched<'_>> = repeats.iter().map(|scores| Matched::new(scores, scores)).collect();
    let over = |metric: &str, part: Part<'_>| -> Option<f64> {
        let runs: Vec<Vec<Unit>> = matched.iter().map(|m| m.units(metric, part)).collect();
        difference_between(&runs.into_iter().filter(|units| !units.is_empty()).collect::<Vec<_>>())
    };
    let personas: BTreeSet<&str> = matched.iter().flat_map(Matched::personas).collect();
    let groups: BTreeSet<&str> = matched.iter().flat_map(Matched::groups).collect();
    let pooled = |metric: &str, parts: Vec<Part<'_>>| -> Option<f64> {
        let squares: Vec<f64> = parts.into_iter().filter_map(|p| over(metric, p)).map(|s| s * s).collect();
        (!squares.is_empty()).then(|| mean(&squares).sqrt())
    };
    let (mut whole, mut by_persona, mut by_group) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for metric in METRICS.iter().filter(|m| !matches!(m.raw, Raw::None | Raw::Pair)) {
        let name = metric.name.to_owned();
        whole.extend(over(metric.name, Part::Whole).map(|s| (name.clone(), s)));
        if metric.raw == Raw::Scores {
            let parts = personas.iter().map(|p| Part::Persona(p)).collect();
            by_persona.extend(pooled(metric.name, parts).map(|s| (name.clone(), s)));
            let parts = groups.iter().map(|g| Part::Group(g)).collect();
            by_group.extend(pooled(metric.name, parts).map(|s| (name, s)));
        }
    }
    let pairs: BTreeSet<(&str, &str)> =
        repeats.iter().flat_map(|s| &s.pairs).map(|p| (p.a.as_str(), p.b.as_str())).collect();
    let pairs = pairs.into_iter().map(|(a, b)| Part::Pair(a, b)).collect();
    whole.extend(
        pooled("separability.pair.margin", pairs).map(|s| ("separability.pair.margin".to_owned(), s)),
    );
    Noise {
        seeds,
        rows,
        threads,
        identical,
        prompts: matched.first().map_or(0, Matched::prompts),
        metrics: whole,
        personas: by_persona,
        groups: by_group,
    }
}

/// Standard deviation of the difference between two of the runs; none of fewer than two.
fn difference_between(runs: &[Vec<Unit>]) -> Option<f64> {
    if runs.len() < 2 {
        return None;
    }
    let figure = |units: &Vec<Unit>| mean(&units.iter().map(|u| u.after).collect::<Vec<_>>());
    let of_runs = std::f64::consts::SQRT_2 * standard_deviation(&runs.iter().map(figure).collect::<Vec<_>>());
    let mut squares = Vec::new();
    for (i, a) in runs.iter().enumerate() {
        for b in &runs[i + 1..] {
            let by_id: BTreeMap<&str, f64> = b.iter().map(|u| (u.id.as_str(), u.after)).collect();
            let differences: Vec<f64> =
                a.iter().filter_map(|u| Some(u.after - by_id.get(u.id.as_str())?)).collect();
            if differences.len() > 1 {
                squares.push(standard_deviation(&differences).powi(2) / differences.len() as f64);
            }
        }
    }
    let paired = if squares.is_empty() { 0.0 } else { mean(&squares).sqrt() };
    Some(of_runs.max(paired))
}
