//! Made-up sweeps, and the real metrics on them.

use super::QUICK;
use crate::metrics::{BlendCost, BlendResponse, Labels, Points, SweptAnswers, SweptText};
use crate::record::{BlendFigures, SweepFigures};
use crate::seed::Seed;
use crate::stats::normal_quantile;
use ndarray::Array2;
use rand::Rng;

const WEIGHTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
const PROMPTS: usize = 8;
const DIMENSIONS: usize = 12;

/// One that follows the weight, one that jumps, and one whose ends are swapped.
pub(super) fn blends() -> BlendFigures {
    let sweeps = vec![
        sweep("tech-emotive", ("tech_expert", "emotive"), |w| w),
        sweep("analytic-creative", ("analytic", "creative"), |w| f64::from(w > 0.6)),
        sweep("emotive-esoteric", ("emotive", "esoteric"), |w| 1.0 - w),
    ];
    let first = &sweeps[0].response;
    let superposition = first.superposition.as_ref().map(|s| s.error.clone());
    BlendFigures {
        separation: Some(first.separation.clone()),
        monotonicity: Some(first.monotonicity.clone()),
        superposition,
        cost: sweeps[0].cost.as_ref().map(|c| c.cost.clone()),
        sweeps,
    }
}

fn sweep(id: &str, (from, to): (&str, &str), place: impl Fn(f64) -> f64) -> SweepFigures {
    let mut rng = Seed(31).child(id).rng();
    let mut normal = move || normal_quantile(rng.random_range(1e-9..1.0));
    let mut matrix = Array2::zeros((PROMPTS * WEIGHTS.len(), DIMENSIONS));
    let (mut prompts, mut weights) = (Vec::new(), Vec::new());
    for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
        let weight = WEIGHTS[i % WEIGHTS.len()];
        row.mapv_inplace(|_: f32| (0.4 * normal()) as f32);
        row[0] += (2.0 * place(weight) - 1.0) as f32;
        prompts.push(format!("s{:02}", i / WEIGHTS.len() + 1));
        weights.push(weight);
    }
    let unit = |matrix| Points::new(matrix).expect("finite").normalised().expect("no zero row");
    let ends = Array2::from_shape_fn((2, DIMENSIONS), |(row, column)| match (row, column) {
        (0, 0) => -1.0,
        (_, 0) => 1.0,
        _ => 0.0,
    });
    let labels = |what, names: &[&str]| Labels::new(what, names).expect("two or more");
    let names: Vec<&str> = prompts.iter().map(String::as_str).collect();
    let (prompts, groups) = (labels("prompt", &names), labels("group", &[from, to]));
    let answers = SweptAnswers::new(&unit(matrix), &prompts, &weights, &unit(ends), &groups, (from, to));
    let text = |i: usize| {
        let (of_to, own) = (i % 2 == 1, if i % 2 == 1 { 1.0 } else { 0.0 });
        let score = |w: &f64| -2.2 - 0.8 * (w - own).abs().powf(1.4) - 0.02 * (i / 2) as f64;
        SweptText { prompt: format!("h{}", i / 2), of_to, scores: WEIGHTS.iter().map(score).collect() }
    };
    let texts: Vec<SweptText> = (0..12).map(text).collect();
    SweepFigures {
        id: id.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        asked: "under a persona of either end".to_owned(),
        declared: None,
        prompts: PROMPTS,
        prompt_ids: prompts.names().to_vec(),
        answers: weights.len(),
        response: BlendResponse::new(&answers.expect("whole"), id, &QUICK).expect("measured"),
        cost: Some(BlendCost::new(&WEIGHTS, &texts, id, &QUICK).expect("two prompts")),
    }
}
