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
            p_values.push(match t {
                t if t.is_finite() => 2.0 * student_upper_tail(t.abs(), freedom),
                // Nothing moved at all.
                t if t.is_nan() => 1.0,
                // All moved by the same: no spread to hold it against, but a permutation test has a value.
                _ => exact(before.len(), after.len(), side.paired),
            });
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

/// p of the most extreme of all equally likely arrangements: signs of n pairs, or which of the values are of one side.
fn exact(before: usize, after: usize, paired: bool) -> f64 {
    let arrangements = match paired {
        true => 2f64.powi(before as i32),
        false => (1..=before).map(|i| (after + i) as f64 / i as f64).product(),
    };
    (2.0 / arrangements).min(1.0)
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
    // A habit that nobody had before has no spread among the old answers.
    let scale = Scale::of(&old).filled(&Scale::of(&old.stacked(&now)?));
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLAIN: [&str; 6] = [
        "Rain falls.",
        "The tide comes and goes with the moon, as it has always done.",
        "A list would help you here.",
        "Walk there, if the weather holds, and take the old road by the mill.",
        "Nobody knows.",
        "Ask the man at the door.",
    ];

    /// Sixteen prompts: fewer equal shifts could not be told from chance among all features.
    fn text(prompt: usize) -> &'static str {
        PLAIN[prompt % PLAIN.len()]
    }

    fn moved(change: impl Fn(&str) -> String) -> Vec<StyleShift> {
        let answer = |persona: &str, i: usize| {
            let line = json!({"persona": persona, "prompt_id": format!("p{i}"), "sample": 0, "text": change(text(i))});
            serde_json::from_value::<Response>(line).unwrap()
        };
        let places = ["a", "b"].iter().flat_map(|p| (0..16).map(move |i| (*p, i)));
        let answers: Vec<Response> = places.map(|(p, i)| answer(p, i)).collect();
        since(&answers, |r| r.prompt_id[1..].parse::<usize>().ok().map(|i| text(i).to_owned())).unwrap()
    }

    #[test]
    fn a_habit_that_nobody_had_and_everybody_takes_up_alike_is_told() {
        let found = moved(|text| text.replace('.', "!"));
        let told = found.iter().find(|s| s.feature == "exclamations").expect("told");
        assert!(told.before == 0.0 && told.after > 0.9 && told.deviations > 1.0, "{told:?}");
        assert!(moved(str::to_owned).is_empty(), "nothing moved");
    }

    #[test]
    fn equal_shifts_have_the_p_of_a_permutation_test() {
        assert_eq!(exact(6, 6, true), 2.0 / 64.0);
        assert!((exact(3, 4, false) - 2.0 / 35.0).abs() < 1e-12);
        assert_eq!(exact(1, 1, true), 1.0);
    }
}
