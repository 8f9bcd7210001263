//! The headline: naming the persona from the vector alone, leave-one-prompt-out.

use serde::{Deserialize, Serialize};

use super::folds::Folds;
use super::nearest_centroid::{NearestCentroid, Rule};
use super::{Confusion, Labels, Points, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::{Bootstrap, Estimate, Resampling, mean, p_value};

/// Out-of-fold identification of labels by nearest centroid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identification {
    /// Mean over labels of each one's share of rows named right, with the interval over prompts; unit `share`.
    pub balanced_accuracy: Estimate,
    /// 1/labels.
    pub chance: f64,
    /// (hits + 1)/(permutations + 1) with labels permuted within prompts.
    pub p: f64,
    /// Mean balanced accuracy over the permutations: what shuffled labels reach.
    pub shuffled: f64,
    /// Standard deviation of the balanced accuracy over the permutations.
    pub shuffled_spread: f64,
    /// Label names, sorted.
    pub labels: Vec<String>,
    /// Prompt names, sorted.
    pub prompts: Vec<String>,
    /// One score a prompt whose mean is the balanced accuracy; what the bootstrap resamples.
    pub prompt_scores: Vec<f64>,
    /// Each row's true label, as an index into `labels`.
    pub actual: Vec<usize>,
    /// Each row's prompt, as an index into `prompts`.
    pub prompt: Vec<usize>,
    /// Each row's predicted label, as an index into `labels`.
    pub predicted: Vec<usize>,
    /// Each row's own-centroid score minus the best other's; for unit vectors a difference of cosines.
    pub margins: Vec<f64>,
    /// Each row's best label among the others, as an index into `labels`; empty in records from before it was kept.
    #[serde(default)]
    pub others: Vec<usize>,
    /// True against predicted.
    pub confusion: Confusion,
}

/// Names every row's label by the nearest centroid (cosine) of the *other* prompts' rows.
///
/// `vectors` is n × d, usually [`Points::centred_unit`] by prompt. The centroid of label c for held-out prompt g is
/// the direction of Σ x over the rows of c outside g; a row goes to the label with the largest cosine, ties to the
/// first name. Balanced accuracy is the mean over labels of the share named right. Its interval is a bootstrap-t
/// over the out-of-fold per-prompt scores: no refit, so no copy of a prompt is on both sides. p permutes labels
/// within prompts and reruns the whole cross-validation (Ojala & Garriga 2010; Phipson & Smyth 2010).
/// A label may be absent on some prompts. Cost: O(permutations · n·K·d).
///
/// # Errors
/// Row counts that differ, a label seen on one prompt only, no prompt with two labels, or bad `resampling`.
pub fn identification(
    vectors: &UnitVectors,
    labels: &Labels,
    prompts: &Labels,
    resampling: &Resampling,
) -> Result<Identification> {
    identify(vectors, labels, Some(prompts), Rule::Cosine, resampling)
}

/// The same for any rule; without prompts, rows are dealt to ten folds and the null permutes over all rows.
pub(super) fn identify(
    points: &Points,
    labels: &Labels,
    prompts: Option<&Labels>,
    rule: Rule,
    resampling: &Resampling,
) -> Result<Identification> {
    resampling.check()?;
    labels.check_rows(points.rows(), "vectors")?;
    let folds = match prompts {
        Some(prompts) => Folds::by_prompt(labels, prompts)?,
        None => Folds::dealt(labels)?,
    };
    let k = labels.count();
    let classifier = NearestCentroid::new(points, &folds, k, rule);
    let sorted = folds.sorted(labels.index());
    let result = classifier.classify(&sorted);
    let prompt_scores = folds.balanced_scores(&sorted, &result.hits(&sorted), k);
    let null =
        classifier.null(&sorted, resampling.permutations, resampling.seed("identification permutation"));
    let balanced_accuracy = resampling.bootstrap("identification bootstrap").within(0.0, 1.0).estimate(
        &prompt_scores,
        "share",
        true,
    )?;
    let predicted = folds.unsorted(&result.predicted);
    let fold_of: Vec<usize> = folds.ranges.iter().enumerate().flat_map(|(i, r)| vec![i; r.len()]).collect();
    Ok(Identification {
        p: p_value(balanced_accuracy.point, &null),
        balanced_accuracy,
        chance: 1.0 / k as f64,
        shuffled: mean(&null),
        shuffled_spread: crate::stats::standard_deviation(&null),
        labels: labels.names().to_vec(),
        prompts: folds.names.clone(),
        prompt_scores,
        actual: labels.index().to_vec(),
        prompt: folds.unsorted(&fold_of),
        confusion: Confusion::new(labels, &predicted)?,
        predicted,
        margins: folds.unsorted(&result.margins),
        others: folds.unsorted(&result.others),
    })
}

impl Identification {
    /// Each label's mean margin on each prompt: labels × prompts, `None` where the cell is missing.
    pub fn margins_by_prompt(&self) -> Vec<Vec<Option<f64>>> {
        let mut cells = vec![vec![Vec::new(); self.prompts.len()]; self.labels.len()];
        for ((&label, &prompt), &margin) in self.actual.iter().zip(&self.prompt).zip(&self.margins) {
            cells[label][prompt].push(margin);
        }
        let cell = |values: Vec<f64>| (!values.is_empty()).then(|| mean(&values));
        cells.into_iter().map(|row| row.into_iter().map(cell).collect()).collect()
    }

    /// Each label's mean margin with its interval over prompts, in label order; unit `cosine`.
    ///
    /// A margin is continuous, so 16 prompts tell more about one persona than 16 hits or misses do.
    ///
    /// # Errors
    /// Bad `resampling`.
    pub fn margin_estimates(&self, resampling: &Resampling) -> Result<Vec<Estimate>> {
        let one = |(label, cells): (&String, Vec<Option<f64>>)| {
            let present: Vec<f64> = cells.into_iter().flatten().collect();
            resampling.bootstrap(&format!("margin {label}")).estimate(&present, "cosine", true)
        };
        self.labels.iter().zip(self.margins_by_prompt()).map(one).collect()
    }

    /// Change of balanced accuracy since `before`, paired by prompt; unit `share`.
    ///
    /// # Errors
    /// Prompts that differ, or bad `resampling`.
    pub fn difference(&self, before: &Self, resampling: &Resampling) -> Result<Estimate> {
        if self.prompts != before.prompts {
            let missing = before.prompts.iter().find(|p| !self.prompts.contains(p));
            let extra = self.prompts.iter().find(|p| !before.prompts.contains(p));
            let name = missing.or(extra).map_or("", String::as_str);
            return Err(Error::input(format!("prompt `{name}` is in one of the two runs only"))
                .expected("the same prompts in both, for a paired difference")
                .help("score both runs on their common prompts"));
        }
        let bootstrap: Bootstrap = resampling.bootstrap("identification difference").within(0.0, 1.0);
        bootstrap.difference(&before.prompt_scores, &self.prompt_scores, "share", true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{crossed, quick};
    use super::*;

    #[test]
    fn separate_personas_are_named_and_equal_ones_are_at_chance() {
        let (points, personas, prompts) = crossed(6, 10, 12, 1.5, 1);
        let unit = points.centred_unit(&prompts).expect("directions");
        let apart = identification(&unit, &personas, &prompts, &quick()).expect("crossed");
        assert!(apart.balanced_accuracy.point > 0.9 && apart.p <= 0.01, "{apart:?}");
        assert!((apart.shuffled - apart.chance).abs() < 0.06, "shuffled labels reach {}", apart.shuffled);
        assert!((mean(&apart.prompt_scores) - apart.confusion.balanced_accuracy()).abs() < 1e-12);

        let (points, personas, prompts) = crossed(6, 10, 12, 0.0, 2);
        let unit = points.centred_unit(&prompts).expect("directions");
        let same = identification(&unit, &personas, &prompts, &quick()).expect("crossed");
        assert!(same.p > 0.05 && same.balanced_accuracy.low < same.chance + 0.05, "{same:?}");
    }

    #[test]
    fn without_an_effect_small_p_values_are_as_rare_as_they_claim() {
        let quick = Resampling { permutations: 59, resamples: 50, ..quick() };
        let p = |seed: u64| {
            let (points, personas, prompts) = crossed(4, 5, 6, 0.0, 1_000 + seed);
            let unit = points.centred_unit(&prompts).expect("directions");
            identification(&unit, &personas, &prompts, &quick).expect("crossed").p
        };
        let small = (0..150).filter(|&seed| p(seed) <= 0.1).count();
        // Binomial(150, 0.1): 15 expected, standard deviation 3.7.
        assert!((3..=28).contains(&small), "{small} of 150 p-values are at most 0.1");
    }

    #[test]
    fn margins_are_judged_per_persona_and_differences_are_paired() {
        let (points, personas, prompts) = crossed(4, 8, 6, 1.0, 3);
        let unit = points.centred_unit(&prompts).expect("directions");
        let weak = identification(&unit, &personas, &prompts, &quick()).expect("crossed");
        let (points, personas, prompts) = crossed(4, 8, 6, 3.0, 3);
        let unit = points.centred_unit(&prompts).expect("directions");
        let strong = identification(&unit, &personas, &prompts, &quick()).expect("crossed");
        let margins = strong.margin_estimates(&quick()).expect("eight prompts");
        assert_eq!(margins.len(), 4);
        assert!(margins.iter().all(|m| m.n == 8 && m.low <= m.point && m.point <= m.high));
        assert!(strong.difference(&weak, &quick()).expect("paired").point >= 0.0);
    }

    #[test]
    fn a_missing_cell_is_allowed() {
        let (points, personas, prompts) = crossed(3, 5, 6, 2.0, 4);
        let keep: Vec<usize> = (1..points.rows()).collect();
        let cut = |l: &Labels, what| {
            let rows: Vec<&str> = keep.iter().map(|&i| l.name_of(i)).collect();
            Labels::new(what, &rows).expect("labels")
        };
        let fewer = Points::new(points.view().select(ndarray::Axis(0), &keep)).expect("finite");
        let (personas, prompts) = (cut(&personas, "persona"), cut(&prompts, "prompt"));
        let unit = fewer.centred_unit(&prompts).expect("directions");
        let found = identification(&unit, &personas, &prompts, &quick()).expect("a missing cell");
        assert_eq!(found.margins_by_prompt().iter().flatten().filter(|c| c.is_none()).count(), 1);
        assert!((mean(&found.prompt_scores) - found.confusion.balanced_accuracy()).abs() < 1e-12);
    }
}
