//! Seeded data for the unit tests of this module.

use ndarray::Array2;
use rand::Rng;

use super::{Labels, Points, SweptAnswers};
use crate::seed::Seed;
use crate::stats::{Resampling, normal_quantile};

/// Few resamples: enough for a test.
pub(super) fn quick() -> Resampling {
    Resampling { permutations: 199, resamples: 1_000, level: 0.95, seed: 7 }
}

/// `personas` × `prompts` responses in `d` dimensions: persona effect of size `apart`, prompt effect, unit noise.
pub(super) fn crossed(
    personas: usize,
    prompts: usize,
    d: usize,
    apart: f64,
    seed: u64,
) -> (Points, Labels, Labels) {
    let mut rng = Seed(seed).rng();
    let mut normal = move || normal_quantile(rng.random_range(1e-9..1.0));
    let voices = Array2::from_shape_simple_fn((personas, d), || apart * normal());
    let mut rng = Seed(seed).child("rest").rng();
    let mut normal = move || normal_quantile(rng.random_range(1e-9..1.0));
    let topics = Array2::from_shape_simple_fn((prompts, d), || 3.0 * normal());
    let mut matrix = Array2::zeros((personas * prompts, d));
    let (mut voice_labels, mut topic_labels) = (Vec::new(), Vec::new());
    for (row, mut values) in matrix.rows_mut().into_iter().enumerate() {
        let (voice, topic) = (row % personas, row / personas);
        values.zip_mut_with(&voices.row(voice), |v: &mut f32, e| *v = (e + normal()) as f32);
        values.zip_mut_with(&topics.row(topic), |v, e| *v += *e as f32);
        voice_labels.push(format!("p{voice:02}"));
        topic_labels.push(format!("q{topic:02}"));
    }
    let labels = |what, rows: &[String]| Labels::new(what, rows).expect("two labels or more");
    let (voices, topics) = (labels("persona", &voice_labels), labels("prompt", &topic_labels));
    (Points::new(matrix).expect("finite"), voices, topics)
}

/// Answers of a made-up sweep of 5 weights: `place` says how far towards the `to` end the voice is at a weight; `noise` is
/// each coordinate's spread in units of a twentieth of the ends' distance.
pub(super) fn swept(place: impl Fn(f64) -> f64, prompts: usize, noise: f64, seed: u64) -> SweptAnswers {
    const WEIGHTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
    let mut rng = Seed(seed).rng();
    let mut normal = move || normal_quantile(rng.random_range(1e-9..1.0));
    let d = 20;
    let (mut rows, mut names, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for prompt in 0..prompts {
        for weight in WEIGHTS {
            // A large coordinate that all share keeps lengths, and so the scale, nearly equal.
            let mut row: Vec<f32> = (0..d).map(|_| (noise * normal()) as f32).collect();
            row[0] += (2.0 * place(weight) - 1.0) as f32;
            row[1] += 20.0;
            rows.extend(row);
            names.push(format!("q{prompt:02}"));
            weights.push(weight);
        }
    }
    let unit = |rows: Vec<f32>| {
        let n = rows.len() / d;
        let matrix = Array2::from_shape_vec((n, d), rows).expect("n x d");
        Points::new(matrix).expect("finite").normalised().expect("no zero row")
    };
    let end = |at: f32| (0..d).map(move |i| if i == 0 { at } else { 0.0 });
    let reference = unit(end(-1.0).chain(end(1.0)).collect());
    let labels = |what, names: &[&str]| Labels::new(what, names).expect("two or more");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ends = labels("group", &["from", "to"]);
    SweptAnswers::new(&unit(rows), &labels("prompt", &names), &weights, &reference, &ends, ("from", "to"))
        .expect("whole")
}
