//! Length-only control: how much of the result does length alone explain?

use ndarray::Array2;

use super::identification::{Identification, identify};
use super::nearest_centroid::Rule;
use super::{Labels, Points};
use crate::error::Result;
use crate::stats::Resampling;
use crate::style::Text;

/// Two features a text: ln(1 + words) and ln(1 + characters); n × 2.
///
/// # Errors
/// No texts.
pub fn length_features<S: AsRef<str>>(texts: &[S]) -> Result<Points> {
    let mut features = Array2::zeros((texts.len(), 2));
    for (mut row, text) in features.rows_mut().into_iter().zip(texts) {
        row[0] = (Text::new(text.as_ref()).words().len() as f32).ln_1p();
        row[1] = (text.as_ref().chars().count() as f32).ln_1p();
    }
    Points::new(features)
}

/// Identification by length alone: nearest Euclidean centroid of [`length_features`], leave-one-prompt-out.
///
/// Features are centred by prompt and scaled to unit spread, as the headline's vectors are centred, without labels.
/// An instrument that does not beat this figure measures length. Margins are half differences of squared distances.
///
/// # Errors
/// As [`super::identification`].
pub fn length_baseline<S: AsRef<str>>(
    texts: &[S],
    personas: &Labels,
    prompts: &Labels,
    resampling: &Resampling,
) -> Result<Identification> {
    personas.check_rows(texts.len(), "texts")?;
    let features = length_features(texts)?.centred(prompts)?.standardised();
    identify(&features, personas, Some(prompts), Rule::Euclidean, resampling)
}

/// The vectors without what length explains linearly: residuals, n × d, of least squares on `lengths`, n × 2.
///
/// Both sides are centred by prompt first, so the result is centred too. Identification on these residuals is the
/// figure "after length". Ridge of 1e-6 of the features' own variance keeps collinear lengths solvable.
///
/// # Errors
/// Row counts that differ.
pub fn without_length(points: &Points, lengths: &Points, prompts: &Labels) -> Result<Points> {
    let features = lengths.centred(prompts)?.standardised().into_inner().mapv(f64::from);
    let vectors = points.centred(prompts)?.into_inner().mapv(f64::from);
    // Gram-Schmidt on the feature columns, then one projection a column: no general solver is needed.
    let mut residual = vectors;
    let mut basis: Vec<ndarray::Array1<f64>> = Vec::new();
    for column in features.columns() {
        let mut direction = column.to_owned();
        let before = direction.dot(&direction);
        for earlier in &basis {
            let along = direction.dot(earlier);
            direction.scaled_add(-along, earlier);
        }
        let left = direction.dot(&direction);
        if left > 1e-6 * before && left > 0.0 {
            direction /= left.sqrt();
            let along = residual.t().dot(&direction);
            for (mut row, &weight) in residual.rows_mut().into_iter().zip(&direction) {
                row.scaled_add(-weight, &along);
            }
            basis.push(direction);
        }
    }
    Points::new(residual.mapv(|v| v as f32))
}

#[cfg(test)]
mod tests {
    use super::super::testing::quick;
    use super::*;

    fn design() -> (Vec<String>, Labels, Labels) {
        let (mut texts, mut personas, mut prompts) = (Vec::new(), Vec::new(), Vec::new());
        for prompt in 0..8 {
            for persona in 0..4 {
                texts.push("word ".repeat(5 + 20 * persona + (prompt * 7 + persona * 3) % 5));
                personas.push(format!("p{persona}"));
                prompts.push(format!("q{prompt}"));
            }
        }
        let labels = |what, rows: &[String]| Labels::new(what, rows).expect("labels");
        (texts, labels("persona", &personas), labels("prompt", &prompts))
    }

    #[test]
    fn personas_that_differ_in_length_only_are_named_by_length() {
        let (texts, personas, prompts) = design();
        let found = length_baseline(&texts, &personas, &prompts, &quick()).expect("crossed");
        assert!(found.balanced_accuracy.point > 0.9 && found.p < 0.05, "{found:?}");
    }

    #[test]
    fn residuals_carry_no_length() {
        let (texts, _, prompts) = design();
        let lengths = length_features(&texts).expect("texts");
        let residual = without_length(&lengths, &lengths, &prompts).expect("rows");
        let largest = residual.view().iter().fold(0f32, |m, v| m.max(v.abs()));
        assert!(largest < 0.05, "length explains length: {largest}");
    }
}
