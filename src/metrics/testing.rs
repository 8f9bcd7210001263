//! Seeded data for the unit tests of this module.

use ndarray::Array2;
use rand::Rng;

use super::{Labels, Points};
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
