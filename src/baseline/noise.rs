//! What repeats of a run differ by.

use crate::compare::{Matched, Part, Unit};
use crate::record::{Noise, Scores};
use crate::stats::{mean, standard_deviation};
use crate::suite::{METRICS, Raw};
use std::collections::{BTreeMap, BTreeSet};

/// Standard deviations over the repeats' figures: whole run, and pooled over personas and groups.
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
        let figures: Vec<f64> = matched.iter().filter_map(|m| figure(&m.units(metric, part))).collect();
        (figures.len() > 1).then(|| standard_deviation(&figures))
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

fn figure(units: &[Unit]) -> Option<f64> {
    (!units.is_empty()).then(|| mean(&units.iter().map(|u| u.after).collect::<Vec<_>>()))
}
