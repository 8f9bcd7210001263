//! Blend response: does the voice of a blend of two adapters follow the weight?

use ndarray::{Array1, Array2, Array3, ArrayView1};

use super::fidelity::centroids;
use super::midpoint::midpoint;
use super::superposition::Superposition;
use super::{Labels, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::{Estimate, Resampling, mean, spearman};
use serde::{Deserialize, Serialize};

/// Fewest prompts of a sweep: each end needs a mean without any one of them, and that a spread.
pub const FEWEST_SWEPT: usize = 3;

/// Answers of a blend at several weights, a mean vector for each prompt and weight.
///
/// The blend at weight w speaks with (1 − w) of one adapter, `from`, and w of the other, `to`.
#[derive(Debug, Clone, PartialEq)]
pub struct SweptAnswers {
    /// Ascending, 0 first and 1 last.
    pub(super) weights: Vec<f64>,
    /// prompts × weights × d.
    pub(super) cells: Array3<f64>,
    /// prompts × weights: share named as the `to` end.
    named: Array2<f64>,
}

impl SweptAnswers {
    /// Arranges n × d vectors, centred by prompt, whose row i answers prompt `prompts[i]` at weight `weights[i]`.
    ///
    /// A row is named as the end whose *real* text lies nearer (cosine): `reference` is m × d with the labels `from` and
    /// `to`. A row as near to one as to the other counts half. Cost: O(n·d).
    ///
    /// # Errors
    /// Fewer than three prompts or weights, weights that do not reach from 0 to 1, a prompt without an answer at some
    /// weight, or reference labels without the two ends.
    pub fn new(
        vectors: &UnitVectors,
        prompts: &Labels,
        weights: &[f64],
        reference: &UnitVectors,
        reference_labels: &Labels,
        (from, to): (&str, &str),
    ) -> Result<Self> {
        prompts.check_rows(vectors.rows(), "answers")?;
        reference_labels.check_rows(reference.rows(), "reference vectors")?;
        let mut steps = weights.to_vec();
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        let ends = (steps.first().copied(), steps.last().copied());
        if weights.len() != vectors.rows() || steps.len() < 3 || ends != (Some(0.0), Some(1.0)) {
            return Err(Error::input(format!("{} weights of {} answers", steps.len(), vectors.rows()))
                .expected("a weight for each answer; 3 different ones or more, from 0 to 1"));
        }
        if prompts.count() < FEWEST_SWEPT {
            return Err(Error::input(format!("the sweep has {} prompts", prompts.count()))
                .expected(format!("at least {FEWEST_SWEPT}")));
        }
        let place = |end: &str| {
            reference_labels.names().iter().position(|n| n == end).ok_or_else(|| {
                Error::input(format!("`{end}` has no reference text")).known(end, reference_labels.names())
            })
        };
        if vectors.dimensions() != reference.dimensions() {
            return Err(Error::input(format!(
                "answers have {} dimensions, the reference {}",
                vectors.dimensions(),
                reference.dimensions()
            )));
        }
        let centroids = centroids(reference, reference_labels);
        let (from, to) = (&centroids[place(from)?], &centroids[place(to)?]);
        let shape = (prompts.count(), steps.len());
        let mut cells = Array3::zeros((shape.0, shape.1, vectors.dimensions()));
        let (mut named, mut rows) = (Array2::zeros(shape), Array2::<f64>::zeros(shape));
        for (i, weight) in weights.iter().enumerate() {
            let step = steps.partition_point(|s| s < weight);
            let at = [prompts.index()[i], step];
            let row = vectors.row(i).mapv(f64::from);
            let nearer: f64 = row.iter().zip(to.iter().zip(from)).map(|(v, (t, f))| v * (t - f)).sum();
            rows[at] += 1.0;
            named[at] += if nearer > 0.0 {
                1.0
            } else if nearer < 0.0 {
                0.0
            } else {
                0.5
            };
            cells.slice_mut(ndarray::s![at[0], at[1], ..]).scaled_add(1.0, &row);
        }
        if let Some(((prompt, step), _)) = rows.indexed_iter().find(|(_, n)| **n == 0.0) {
            return Err(Error::input(format!(
                "prompt `{}` has no answer at weight {}",
                prompts.names()[prompt],
                steps[step]
            ))
            .expected("every prompt at every weight"));
        }
        for ((prompt, step), count) in rows.indexed_iter() {
            named[[prompt, step]] /= count;
            cells.slice_mut(ndarray::s![prompt, step, ..]).mapv_inplace(|v| v / count);
        }
        Ok(Self { weights: steps, cells, named })
    }

    pub(super) fn cell(&self, prompt: usize, step: usize) -> ArrayView1<'_, f64> {
        self.cells.slice(ndarray::s![prompt, step, ..])
    }

    pub(super) fn prompts(&self) -> usize {
        self.cells.dim().0
    }

    /// Each cell's scalar product with the ends' difference, less that of their middle; prompts × weights.
    ///
    /// Both ends are means over the other prompts, so that no answer defines the axis it is placed on.
    fn projections(&self) -> Array2<f64> {
        let (prompts, last) = (self.prompts(), self.weights.len() - 1);
        let sum = |step: usize| {
            let zero = Array1::zeros(self.cells.dim().2);
            (0..prompts).fold(zero, |sum: Array1<f64>, p| sum + self.cell(p, step))
        };
        let (from, to) = (sum(0), sum(last));
        let mut projections = Array2::zeros((prompts, last + 1));
        for own in 0..prompts {
            let others = (prompts - 1) as f64;
            let (from, to) = ((&from - &self.cell(own, 0)) / others, (&to - &self.cell(own, last)) / others);
            let (axis, middle) = (&to - &from, (&to + &from) / 2.0);
            for step in 0..=last {
                projections[[own, step]] = (&self.cell(own, step) - &middle).dot(&axis);
            }
        }
        projections
    }
}

/// Projections in units of the distance of the ends, whose means lie at 0 and 1; none where they have no distance.
///
/// The unit is the mean over prompts of the far end's projection less the near one's, which is the squared distance of
/// the ends without what noise adds to it. Divided by the length of each axis instead, noise would draw both ends to 0.5.
fn placed(projections: &Array2<f64>) -> Option<Array2<f64>> {
    let column = |step: usize| mean(&projections.column(step).to_vec());
    let (near, far) = (column(0), column(projections.ncols() - 1));
    (far - near > f64::EPSILON).then(|| projections.mapv(|p| (p - near) / (far - near)))
}

/// How the voice follows the weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlendResponse {
    /// Weights of the `to` end, ascending.
    pub weights: Vec<f64>,
    /// At each weight: share of answers named as the `to` end.
    pub named: Vec<Estimate>,
    /// At each weight: place between the means of the `from` end (0) and the `to` end (1); empty where the ends have no
    /// distance.
    pub position: Vec<Estimate>,
    /// Share named `to` at weight 1 less that at weight 0, paired by prompt.
    pub separation: Estimate,
    /// Mean over prompts of Spearman's ρ between weight and position; 0 where a prompt's positions are all alike.
    pub monotonicity: Estimate,
    /// Weight at which the mean position, made monotone, crosses 0.5; none where it does not, or the ends are not apart.
    pub midpoint: Option<Estimate>,
    /// Distance of the mean vectors from the straight line between the ends; none where the ends have no distance.
    pub superposition: Option<Superposition>,
    /// The scores by prompt that the separation is the mean of.
    #[serde(skip)]
    pub separations: Vec<f64>,
    /// The same of the monotonicity.
    #[serde(skip)]
    pub correlations: Vec<f64>,
}

impl BlendResponse {
    /// Measures a sweep; `name` names its generators.
    ///
    /// Intervals are bootstrap-t over prompts, of scores that are not refitted.
    ///
    /// # Errors
    /// Settings of the resampling that make no interval.
    pub fn new(answers: &SweptAnswers, name: &str, resampling: &Resampling) -> Result<Self> {
        let projections = answers.projections();
        let positions = placed(&projections);
        let bootstrap = |what: &str| resampling.bootstrap(&format!("{what} {name}"));
        let column = |matrix: &Array2<f64>, step: usize| matrix.column(step).to_vec();
        let share =
            |step| bootstrap("named").within(0.0, 1.0).estimate(&column(&answers.named, step), "share", true);
        let place = |positions: &Array2<f64>| -> Result<Vec<Estimate>> {
            let at = |step| bootstrap("position").estimate(&column(positions, step), "position", true);
            (0..answers.weights.len()).map(at).collect()
        };
        let last = answers.weights.len() - 1;
        let separations: Vec<f64> = answers.named.rows().into_iter().map(|row| row[last] - row[0]).collect();
        let correlations: Vec<f64> = projections
            .rows()
            .into_iter()
            .map(|row| follows(&answers.weights, &row.to_vec()))
            .collect::<Result<_>>()?;
        let separation = bootstrap("separation").within(-1.0, 1.0).estimate(&separations, "share", true)?;
        let apart = separation.low > 0.0;
        Ok(Self {
            weights: answers.weights.clone(),
            named: (0..answers.weights.len()).map(share).collect::<Result<_>>()?,
            position: positions.as_ref().map_or(Ok(Vec::new()), place)?,
            monotonicity: bootstrap("monotonicity").within(-1.0, 1.0).estimate(&correlations, "rho", true)?,
            midpoint: match positions.filter(|_| apart) {
                Some(positions) => midpoint(&answers.weights, &positions, &bootstrap("midpoint"))?,
                None => None,
            },
            superposition: Superposition::new(answers, &bootstrap("superposition"))?,
            separation,
            separations,
            correlations,
        })
    }

    /// Whether the ends are told apart: the whole interval of the separation lies above 0.
    pub fn apart(&self) -> bool {
        self.separation.low > 0.0
    }

    /// What keeps the other figures from counting; none where the ends are apart.
    pub fn doubt(&self) -> Option<&'static str> {
        match (self.apart(), self.separation.high < 0.0) {
            (true, _) => None,
            (false, true) => Some("the ends are swapped"),
            (false, false) => Some("the ends are not apart"),
        }
    }
}

/// Spearman's ρ between weights and positions; 0 where all positions are alike, for these follow nothing.
fn follows(weights: &[f64], positions: &[f64]) -> Result<f64> {
    let centre = mean(positions);
    let alike = positions.iter().all(|p| (p - centre).abs() <= 1e-12);
    if alike { Ok(0.0) } else { spearman(weights, positions) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::quick;
    use super::super::{Points, testing::swept};
    use super::*;
    use ndarray::arr2;

    fn response(answers: &SweptAnswers) -> BlendResponse {
        BlendResponse::new(answers, "test", &quick()).expect("measured")
    }

    #[test]
    fn a_voice_that_follows_the_weight_lies_on_the_line_and_crosses_in_the_middle() {
        let found = response(&swept(|w| w, 12, 0.1, 1));
        assert!(found.apart() && found.separation.point == 1.0, "{:?}", found.separation);
        assert_eq!((found.named[0].point, found.named[4].point), (0.0, 1.0));
        assert!(found.position[0].point.abs() < 1e-9 && (found.position[4].point - 1.0).abs() < 1e-9);
        for (w, e) in found.weights.iter().zip(&found.position) {
            assert!((e.point - w).abs() < 0.08, "{w}: {e:?}");
        }
        assert!(found.monotonicity.point > 0.95, "{:?}", found.monotonicity);
        let midpoint = found.midpoint.expect("it crosses");
        assert!(midpoint.contains(0.5) && midpoint.high - midpoint.low < 0.2, "{midpoint:?}");
        let bent = found.superposition.expect("apart").error;
        assert!(bent.point < 0.15 && bent.low < 0.05, "{bent:?}");
    }

    #[test]
    fn a_voice_that_jumps_has_its_midpoint_at_the_jump_and_lies_off_the_line() {
        let found = response(&swept(|w| f64::from(w > 0.6), 12, 0.1, 2));
        let midpoint = found.midpoint.expect("it crosses");
        assert!((0.5..0.75).contains(&midpoint.point), "{midpoint:?}");
        // Off the line by 0.25, 0.5 and 0.25 of its length: root mean square 0.354.
        let bent = found.superposition.expect("apart");
        assert!((bent.error.point - 0.354).abs() < 0.05 && bent.error.low > 0.2, "{bent:?}");
    }

    #[test]
    fn ends_of_one_voice_are_not_apart_and_have_no_midpoint() {
        let found = response(&swept(|_| 0.5, 12, 0.3, 3));
        assert!(!found.apart() && found.midpoint.is_none(), "{:?}", found.separation);
        assert!(found.monotonicity.contains(0.0), "{:?}", found.monotonicity);
    }

    #[test]
    fn swapped_ends_are_told_apart_the_other_way_and_do_not_pass() {
        let found = response(&swept(|w| 1.0 - w, 12, 0.1, 4));
        assert!(found.separation.high < 0.0 && !found.apart(), "{:?}", found.separation);
        assert_eq!((found.doubt(), &found.midpoint), (Some("the ends are swapped"), &None));
    }

    #[test]
    fn answers_that_are_all_alike_follow_nothing() {
        assert_eq!(follows(&[0.0, 0.5, 1.0], &[0.5, 0.5, 0.5]).expect("defined"), 0.0);
        assert_eq!(follows(&[0.0, 0.5, 1.0], &[0.1, 0.2, 0.9]).expect("defined"), 1.0);
    }

    #[test]
    fn a_missing_answer_too_few_prompts_and_open_ends_are_refused() {
        let unit = |m| Points::new(m).unwrap().normalised().unwrap();
        let reference = unit(arr2(&[[1.0, 0.0], [0.0, 1.0]]));
        let ends = Labels::new("group", &["a", "b"]).unwrap();
        let make = |prompts: &[&str], weights: &[f64], to: &str| {
            let rows = unit(ndarray::Array2::ones((prompts.len(), 2)));
            let prompts = Labels::new("prompt", prompts).unwrap();
            SweptAnswers::new(&rows, &prompts, weights, &reference, &ends, ("a", to))
                .map(|_| ())
                .map_err(|e| e.to_string())
        };
        let three = ["p", "p", "p", "q", "q", "q", "r", "r", "r"];
        let weights = [0.0, 0.5, 1.0].repeat(3);
        assert!(make(&three, &weights, "b").is_ok());
        let told = |found: std::result::Result<(), String>, wanted: &str| {
            let error = found.expect_err(wanted);
            assert!(error.contains(wanted), "{error}");
        };
        told(make(&three[..6], &weights[..6], "b"), "2 prompts");
        told(make(&three, &weights, "c"), "`c` has no reference text");
        let mut twice = weights.clone();
        twice[8] = 0.5;
        told(make(&three, &twice, "b"), "prompt `r` has no answer at weight 1");
        told(make(&three, &[0.0, 0.5, 0.9].repeat(3), "b"), "from 0 to 1");
    }
}
