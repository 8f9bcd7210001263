//! Whether a voice is still heard when it is asked in another way.

use super::fidelity::{centroids_among, nearest};
use super::{Labels, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::mean;

/// Shares of answers named right by the plain answers to other prompts: of the plain answers themselves, and of those under a
/// condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// Prompts of the condition, in its order of names.
    pub prompts: Vec<String>,
    /// Mean over labels of the share of plain answers named right, by prompt.
    pub plain: Vec<f64>,
    /// The same under the condition.
    pub shifted: Vec<f64>,
    /// Names of the labels.
    pub labels: Vec<String>,
    /// Each label's share under the condition less its share in the plain answers, by label and prompt.
    pub changes: Vec<Vec<f64>>,
}

/// Rows with their labels and prompts.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// n × d.
    pub vectors: &'a UnitVectors,
    /// One a row.
    pub labels: &'a Labels,
    /// One a row.
    pub prompts: &'a Labels,
}

impl Retention {
    /// Names answers to prompt g by the nearest centroid (cosine) of the plain answers to all prompts but g.
    ///
    /// Both sides are centred by prompt among the same labels, so what an instruction does to everybody's answers is taken away,
    /// and what is left is whether each voice still differs from the others as it did. Cost: O(prompts · n·K·d).
    ///
    /// # Errors
    /// Dimensions or labels that differ, a prompt of the condition that the plain answers lack or that is their only one, or a
    /// label that did not answer every prompt of the condition on both sides.
    pub fn new(plain: Labelled<'_>, shifted: Labelled<'_>) -> Result<Self> {
        for side in [plain, shifted] {
            side.labels.check_rows(side.vectors.rows(), "vectors")?;
            side.prompts.check_rows(side.vectors.rows(), "vectors")?;
        }
        if plain.vectors.dimensions() != shifted.vectors.dimensions()
            || plain.labels.names() != shifted.labels.names()
        {
            return Err(Error::input(
                "the plain answers and those under a condition are not of the same labels and dimensions",
            ));
        }
        let count = plain.labels.count();
        let prompts = shifted.prompts.names().to_vec();
        let (mut plain_scores, mut shifted_scores) = (Vec::new(), Vec::new());
        let mut changes = vec![Vec::with_capacity(prompts.len()); count];
        for name in &prompts {
            let rest: Vec<usize> =
                (0..plain.vectors.rows()).filter(|row| plain.prompts.name_of(*row) != name).collect();
            let centroids = centroids_among(plain.vectors, plain.labels, rest.into_iter());
            let share = |side: Labelled<'_>| -> Result<Vec<f64>> {
                let mut hits = vec![(0.0, 0usize); count];
                for row in (0..side.vectors.rows()).filter(|row| side.prompts.name_of(*row) == name) {
                    let label = side.labels.index()[row];
                    hits[label].1 += 1;
                    // A row like all others of its prompt has no direction: it names nobody, as drawing would.
                    hits[label].0 += match side.vectors.row(row).iter().all(|v| *v == 0.0) {
                        true => 1.0 / count as f64,
                        false => f64::from(u8::from(nearest(side.vectors, row, &centroids) == label)),
                    };
                }
                let shares = hits.iter().enumerate().map(|(label, (hits, rows))| match rows {
                    0 => Err(Error::input(format!(
                        "`{}` has no answer to `{name}` under the condition, or no plain one",
                        side.labels.names()[label]
                    ))),
                    _ => Ok(*hits / *rows as f64),
                });
                shares.collect()
            };
            let (before, after) = (share(plain)?, share(shifted)?);
            plain_scores.push(mean(&before));
            shifted_scores.push(mean(&after));
            for (changes, (before, after)) in changes.iter_mut().zip(before.iter().zip(&after)) {
                changes.push(after - before);
            }
        }
        Ok(Self {
            prompts,
            plain: plain_scores,
            shifted: shifted_scores,
            labels: plain.labels.names().to_vec(),
            changes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::crossed;
    use super::*;

    #[test]
    fn the_same_answers_keep_all_and_swapped_voices_nothing() {
        let (points, personas, prompts) = crossed(4, 6, 8, 4.0, 1);
        let unit = points.centred_unit(&prompts).expect("directions");
        let side = |labels| Labelled { vectors: &unit, labels, prompts: &prompts };
        let same = Retention::new(side(&personas), side(&personas)).expect("crossed");
        assert_eq!(same.plain, same.shifted);
        assert!(mean(&same.plain) > 0.9 && same.changes.iter().flatten().all(|c| *c == 0.0));
        let names = personas.names().to_vec();
        let next = |row: usize| names[(personas.index()[row] + 1) % names.len()].as_str();
        let swapped: Vec<&str> = (0..unit.rows()).map(next).collect();
        let swapped = Labels::new("persona", &swapped).expect("labels");
        let lost = Retention::new(side(&personas), side(&swapped)).expect("crossed");
        assert!(mean(&lost.shifted) < 0.1 && lost.changes.iter().all(|c| mean(c) < -0.8), "{lost:?}");
    }

    #[test]
    fn answers_that_are_all_alike_name_nobody() {
        let (points, personas, prompts) = crossed(4, 6, 8, 4.0, 3);
        let unit = points.centred_unit(&prompts).expect("directions");
        let same = super::super::Points::new(ndarray::Array2::ones((unit.rows(), unit.dimensions())))
            .expect("finite");
        let (alike, without) = same.centred_directions(&prompts).expect("prompts");
        assert_eq!(without.len(), unit.rows());
        let side = |vectors| Labelled { vectors, labels: &personas, prompts: &prompts };
        let found = Retention::new(side(&unit), side(&alike)).expect("crossed");
        assert!(found.shifted.iter().all(|s| (s - 0.25).abs() < 1e-12), "{:?}", found.shifted);
    }

    #[test]
    fn a_persona_without_an_answer_is_named() {
        let (points, personas, prompts) = crossed(3, 4, 5, 2.0, 2);
        let unit = points.centred_unit(&prompts).expect("directions");
        let plain = Labelled { vectors: &unit, labels: &personas, prompts: &prompts };
        let keep: Vec<usize> = (1..unit.rows()).collect();
        let cut = |l: &Labels, what| {
            Labels::new(what, &keep.iter().map(|i| l.name_of(*i)).collect::<Vec<_>>()).expect("labels")
        };
        let fewer = super::super::Points::new(points.view().select(ndarray::Axis(0), &keep)).expect("finite");
        let (labels, asked) = (cut(&personas, "persona"), cut(&prompts, "prompt"));
        let vectors = fewer.centred_unit(&asked).expect("directions");
        let error = Retention::new(plain, Labelled { vectors: &vectors, labels: &labels, prompts: &asked });
        assert!(error.unwrap_err().to_string().contains("has no answer to"));
    }
}
