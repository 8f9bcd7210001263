//! k nearest neighbours, leave-one-prompt-out.

use ndarray::{Axis, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Labels, UnitVectors};
use crate::error::{Error, Result};

/// Rows whose similarities to all others are held at once.
const BLOCK: usize = 64;

/// Similarities are compared on this grid, so that summation order cannot decide between equal neighbours.
const GRID: f32 = 1e6;

/// Out-of-fold predictions by majority vote of neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KNearest {
    /// Number of neighbours that vote.
    pub neighbours: usize,
    /// Share of rows named right, 0..=1, higher is better.
    pub accuracy: f64,
    /// Each row's predicted label.
    pub predicted: Vec<usize>,
}

/// Names each row by the `neighbours` rows of *other* prompts with the largest cosine (Fix & Hodges 1951).
///
/// Equal cosines (to 1e-6) go to the earlier row; equal votes go to the label of the nearest of the tied neighbours.
/// `prompts` of `None` leaves out the row alone. Cost: O(n²·d) time, O(n) memory a thread.
///
/// # Errors
/// Row counts that differ, no neighbours asked for, or no row outside a prompt.
pub fn k_nearest(
    vectors: &UnitVectors,
    labels: &Labels,
    prompts: Option<&Labels>,
    neighbours: usize,
) -> Result<KNearest> {
    let n = vectors.rows();
    labels.check_rows(n, "vectors")?;
    if let Some(prompts) = prompts {
        prompts.check_rows(n, "vectors")?;
    }
    let outside = n - prompts.map_or(1, |p| p.sizes().into_iter().max().unwrap_or(0));
    if neighbours == 0 || outside == 0 {
        return Err(Error::input(format!("{neighbours} neighbours were asked for among {outside} rows"))
            .expected("at least 1 neighbour, and a row outside the largest prompt"));
    }
    let neighbours = neighbours.min(outside);
    let same_fold = |i: usize, j: usize| match prompts {
        Some(prompts) => prompts.index()[i] == prompts.index()[j],
        None => i == j,
    };
    let view = vectors.view();
    let blocks: Vec<usize> = (0..n).step_by(BLOCK).collect();
    let predicted: Vec<usize> = blocks
        .into_par_iter()
        .flat_map_iter(|first| {
            let last = (first + BLOCK).min(n);
            let similarities = view.slice(s![first..last, ..]).dot(&view.t());
            let name = |(offset, row): (usize, ndarray::ArrayView1<'_, f32>)| {
                let others = (0..n).filter(|&j| !same_fold(first + offset, j));
                let mut near: Vec<(i32, usize)> =
                    others.map(|j| ((-row[j] * GRID).round() as i32, j)).collect();
                if near.len() > neighbours {
                    near.select_nth_unstable(neighbours - 1);
                    near.truncate(neighbours);
                }
                near.sort_unstable();
                vote(near.iter().map(|&(_, j)| labels.index()[j]), labels.count())
            };
            similarities.axis_iter(Axis(0)).enumerate().map(name).collect::<Vec<_>>()
        })
        .collect();
    let right = predicted.iter().zip(labels.index()).filter(|(p, l)| p == l).count();
    Ok(KNearest { neighbours, accuracy: right as f64 / n as f64, predicted })
}

/// The most frequent label; of tied ones, the one that comes first in order of nearness.
fn vote(nearest_first: impl Iterator<Item = usize> + Clone, labels: usize) -> usize {
    let mut votes = vec![0usize; labels];
    nearest_first.clone().for_each(|label| votes[label] += 1);
    let most = votes.iter().max().copied().unwrap_or(0);
    nearest_first.into_iter().find(|&label| votes[label] == most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::crossed;
    use super::*;

    #[test]
    fn ties_go_to_the_nearest_neighbours_label() {
        assert_eq!(vote([2, 0, 0, 2, 1].into_iter(), 3), 2);
        assert_eq!(vote([2, 0, 0].into_iter(), 3), 0);
    }

    #[test]
    fn neighbours_of_the_same_prompt_do_not_vote() {
        // Raw vectors: topic dominates, so the nearest row of all shares the prompt and has another label.
        let (points, personas, prompts) = crossed(4, 6, 8, 1.5, 8);
        let raw = points.normalised().expect("directions");
        let leaky = k_nearest(&raw, &personas, None, 1).expect("neighbours").accuracy;
        let centred = points.centred_unit(&prompts).expect("directions");
        let fair = k_nearest(&centred, &personas, Some(&prompts), 3).expect("neighbours").accuracy;
        assert!(leaky < 0.5 && fair > 0.8, "{leaky} {fair}");
        let all = k_nearest(&raw, &personas, Some(&prompts), 21).expect("as many as there are");
        assert_eq!(all.neighbours, 20);
        assert!(k_nearest(&raw, &personas, Some(&prompts), 0).is_err());
    }
}
