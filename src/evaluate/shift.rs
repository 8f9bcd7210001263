//! Features of style that moved, by persona: what answers do more or less than others did.

use crate::metrics::{Points, Scale};
use crate::record::StyleShift;
use crate::response::Response;
use crate::stats::{benjamini_hochberg, mean, standard_deviation, student_upper_tail};
use crate::style::{FEATURES, style_matrix};
use std::collections::BTreeMap;

/// Below this false-discovery rate a feature is told as moved.
const FOUND: f64 = 0.05;
/// Smallest shift that is told, in standard deviations: a small effect (Cohen 1988).
const LEAST: f64 = 0.2;

/// One persona's rows of features on both sides, as counted and in standard deviations.
pub(super) struct Found<'a> {
    pub persona: String,
    pub before: Vec<&'a Vec<f64>>,
    pub after: Vec<&'a Vec<f64>>,
    pub scaled: (Vec<&'a Vec<f64>>, Vec<&'a Vec<f64>>),
    /// Whether row i of both sides answers the same prompt.
    pub paired: bool,
}

/// The features that moved, the largest shift first: Student's t (paired, or Welch's) over prompts, Benjamini–Hochberg over all
/// personas and features.
pub(super) fn shifts(sides: &[Found<'_>]) -> Vec<StyleShift> {
    let (mut all, mut p_values) = (Vec::new(), Vec::new());
    for side in sides.iter().filter(|s| s.before.len() > 1 && s.after.len() > 1) {
        for (f, feature) in FEATURES.iter().enumerate() {
            let column = |rows: &[&Vec<f64>]| rows.iter().map(|r| r[f]).collect::<Vec<f64>>();
            let (before, after) = (column(&side.scaled.0), column(&side.scaled.1));
            let (t, freedom) = if side.paired { paired(&before, &after) } else { welch(&before, &after) };
            p_values.push(if t.is_finite() { 2.0 * student_upper_tail(t.abs(), freedom) } else { 1.0 });
            all.push(StyleShift {
                persona: side.persona.clone(),
                feature: feature.name.to_owned(),
                before: mean(&column(&side.before)),
                after: mean(&column(&side.after)),
                deviations: mean(&after) - mean(&before),
                q: 1.0,
            });
        }
    }
    let q = benjamini_hochberg(&p_values).unwrap_or_default();
    all.iter_mut().zip(q).for_each(|(shift, q)| shift.q = q);
    all.retain(|shift| shift.q <= FOUND && shift.deviations.abs() >= LEAST);
    all.sort_by(|a, b| b.deviations.abs().total_cmp(&a.deviations.abs()));
    all
}

fn paired(before: &[f64], after: &[f64]) -> (f64, f64) {
    let differences: Vec<f64> = before.iter().zip(after).map(|(a, b)| b - a).collect();
    let n = differences.len() as f64;
    let error = standard_deviation(&differences) / n.sqrt();
    (mean(&differences) / error, n - 1.0)
}

/// Welch's t and his degrees of freedom.
fn welch(before: &[f64], after: &[f64]) -> (f64, f64) {
    let part = |values: &[f64]| standard_deviation(values).powi(2) / values.len() as f64;
    let (a, b) = (part(before), part(after));
    let freedom =
        (a + b).powi(2) / (a * a / (before.len() as f64 - 1.0) + b * b / (after.len() as f64 - 1.0));
    ((mean(after) - mean(before)) / (a + b).sqrt(), freedom.max(1.0))
}

/// What moved since other answers to the same prompts, by persona and over all of them; `before` finds the text at a place.
///
/// # Errors
/// Never with texts; it passes on what the vectors refuse.
pub(super) fn since(
    trained: &[Response],
    before: impl Fn(&Response) -> Option<String>,
) -> crate::Result<Vec<StyleShift>> {
    let both: Vec<(&Response, String)> = trained.iter().filter_map(|r| Some((r, before(r)?))).collect();
    if both.is_empty() {
        return Ok(Vec::new());
    }
    let now: Vec<&str> = both.iter().map(|(r, _)| r.text.as_str()).collect();
    let old: Vec<&str> = both.iter().map(|(_, text)| text.as_str()).collect();
    let (now, old) = (Points::new(style_matrix(&now))?, Points::new(style_matrix(&old))?);
    let scale = Scale::of(&old);
    let rows = |points: &Points| -> Vec<Vec<f64>> {
        (0..points.rows()).map(|i| points.row(i).iter().map(|v| f64::from(*v)).collect()).collect()
    };
    let (raw, scaled) = ((rows(&old), rows(&now)), (rows(&scale.apply(&old)?), rows(&scale.apply(&now)?)));
    // A persona's unit is its answer to a prompt; of all personas together it is the mean over them.
    let by_prompt = |only: Option<&str>| -> Vec<[Vec<f64>; 4]> {
        let mut sums: BTreeMap<&str, ([Vec<f64>; 4], f64)> = BTreeMap::new();
        for (i, (r, _)) in both.iter().enumerate().filter(|(_, (r, _))| only.is_none_or(|id| r.persona == id))
        {
            let (sum, n) = sums
                .entry(r.prompt_id.as_str())
                .or_insert_with(|| (std::array::from_fn(|_| vec![0.0; FEATURES.len()]), 0.0));
            for (sum, row) in sum.iter_mut().zip([&raw.0[i], &raw.1[i], &scaled.0[i], &scaled.1[i]]) {
                sum.iter_mut().zip(row).for_each(|(s, v)| *s += v);
            }
            *n += 1.0;
        }
        let mean = |(sums, n): ([Vec<f64>; 4], f64)| sums.map(|s| s.into_iter().map(|v| v / n).collect());
        sums.into_values().map(mean).collect()
    };
    let mut ids: Vec<&str> = both.iter().map(|(r, _)| r.persona.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let groups: Vec<(String, Vec<[Vec<f64>; 4]>)> = std::iter::once((String::new(), by_prompt(None)))
        .chain(ids.iter().map(|id| ((*id).to_owned(), by_prompt(Some(id)))))
        .collect();
    let found: Vec<Found<'_>> = groups
        .iter()
        .map(|(persona, units)| Found {
            persona: persona.clone(),
            before: units.iter().map(|u| &u[0]).collect(),
            after: units.iter().map(|u| &u[1]).collect(),
            scaled: (units.iter().map(|u| &u[2]).collect(), units.iter().map(|u| &u[3]).collect()),
            paired: true,
        })
        .collect();
    Ok(shifts(&found))
}
