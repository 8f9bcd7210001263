//! How good tags are: by category, by source, with intervals and calibration.

use rand::Rng;
use serde::Serialize;

use super::classifier::CATEGORIES;
use super::input::By;
use crate::error::{Error, Result};
use crate::persona::Category;
use crate::seed::Seed;
use crate::stats::{CalibrationError, quantile};

/// Resamples behind an interval.
const RESAMPLES: usize = 1000;

/// What was said of a labelled example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Place of its source.
    pub source: usize,
    /// Place of its category.
    pub category: usize,
    /// Place of the category that was said.
    pub predicted: usize,
    /// How sure, 0..=1.
    pub confidence: f64,
    /// What said it.
    pub by: By,
}

/// A figure with 95 % intervals: over rows within their sources, and over sources and rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The figure.
    pub point: f64,
    /// Percentiles of a bootstrap of the rows within each source: how well these sources are told.
    pub rows: (f64, f64),
    /// Percentiles of a bootstrap of sources, and of the rows in them: what other sources might give. A category that a
    /// resample lacks is left out of its mean.
    pub sources: (f64, f64),
}

/// A source's line in the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceLine {
    /// Its name.
    pub name: String,
    /// Its categories.
    pub categories: Vec<&'static str>,
    /// Its examples.
    pub n: usize,
    /// Share told right.
    pub accuracy: f64,
    /// Mean of F1 over its own categories, counted within the source.
    pub f1: f64,
    /// Share that was assigned, of all.
    pub coverage: f64,
}

/// Tags against labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Examples.
    pub n: usize,
    /// Share whose category is right, whatever the confidence.
    pub accuracy: Figure,
    /// Mean of F1 over the categories, whatever the confidence.
    pub macro_f1: Figure,
    /// F1 a category.
    pub f1: Vec<(&'static str, f64)>,
    /// `[true][said]`, in the order of [`Category::ALL`].
    pub confusion: [[usize; CATEGORIES]; CATEGORIES],
    /// Share whose confidence reaches the threshold.
    pub coverage: f64,
    /// Share of those that is right.
    pub selective_accuracy: f64,
    /// Mean of F1 where an unassigned example counts as an error of its category.
    pub macro_f1_unassigned_wrong: f64,
    /// Share right where an unassigned example counts as an error.
    pub accuracy_unassigned_wrong: f64,
    /// Share that rules decided.
    pub by_rule: f64,
    /// Share of those that is right; 0 where there are none.
    pub rule_accuracy: f64,
    /// Whether the confidence is the share that is right.
    pub calibration: CalibrationError,
    /// A line a source.
    pub sources: Vec<SourceLine>,
}

/// Evaluates what was said of examples; `sources` are the names that [`Judged::source`] counts.
///
/// # Errors
/// No examples, or a source or a category out of range.
pub fn evaluate(judged: &[Judged], sources: &[String], threshold: f32, seed: Seed) -> Result<Evaluation> {
    let wild =
        |j: &Judged| j.source >= sources.len() || j.category >= CATEGORIES || j.predicted >= CATEGORIES;
    if judged.is_empty() || judged.iter().any(wild) {
        return Err(Error::input("there are no labelled examples to evaluate on")
            .expected("examples whose `_persona` is given"));
    }
    let all: Vec<&Judged> = judged.iter().collect();
    let of: Vec<Vec<&Judged>> =
        (0..sources.len()).map(|s| judged.iter().filter(|j| j.source == s).collect()).collect();
    let assigned = |j: &&&Judged| j.confidence >= f64::from(threshold);
    let kept: Vec<&Judged> = all.iter().filter(assigned).copied().collect();
    let ruled: Vec<&Judged> = all.iter().filter(|j| j.by == By::Rule).copied().collect();
    let confusion = confusion(&all);
    let kept_confusion = self::confusion(&kept);
    let counts: [usize; CATEGORIES] = std::array::from_fn(|c| confusion[c].iter().sum());
    let confidences: Vec<f64> = judged.iter().map(|j| j.confidence.clamp(0.0, 1.0)).collect();
    let right: Vec<bool> = judged.iter().map(|j| j.category == j.predicted).collect();
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let lines = of.iter().zip(sources).filter(|(rows, _)| !rows.is_empty()).map(|(rows, name)| {
        let table = self::confusion(rows);
        let there: Vec<usize> = (0..CATEGORIES).filter(|c| table[*c].iter().sum::<usize>() > 0).collect();
        SourceLine {
            name: name.clone(),
            categories: there.iter().map(|c| Category::ALL[*c].id()).collect(),
            n: rows.len(),
            accuracy: accuracy(rows),
            f1: there.iter().map(|c| f1(&table, *c, 0)).sum::<f64>() / there.len() as f64,
            coverage: share(rows.iter().filter(assigned).count(), rows.len()),
        }
    });
    Ok(Evaluation {
        n: judged.len(),
        accuracy: figure(&of, accuracy, seed.child("accuracy"))?,
        macro_f1: figure(&of, macro_f1, seed.child("macro_f1"))?,
        f1: Category::ALL.iter().enumerate().map(|(c, name)| (name.id(), f1(&confusion, c, 0))).collect(),
        confusion,
        coverage: share(kept.len(), all.len()),
        selective_accuracy: accuracy(&kept),
        macro_f1_unassigned_wrong: mean_over(&counts, |c| {
            f1(&kept_confusion, c, counts[c] - kept_confusion[c].iter().sum::<usize>())
        }),
        accuracy_unassigned_wrong: share(
            kept.iter().filter(|j| j.category == j.predicted).count(),
            all.len(),
        ),
        by_rule: share(ruled.len(), all.len()),
        rule_accuracy: accuracy(&ruled),
        calibration: CalibrationError::of(&confidences, &right, seed.child("calibration"))?,
        sources: lines.collect(),
    })
}

fn confusion(judged: &[&Judged]) -> [[usize; CATEGORIES]; CATEGORIES] {
    let mut counts = [[0; CATEGORIES]; CATEGORIES];
    judged.iter().for_each(|j| counts[j.category][j.predicted] += 1);
    counts
}

fn accuracy(judged: &[&Judged]) -> f64 {
    judged.iter().filter(|j| j.category == j.predicted).count() as f64 / judged.len().max(1) as f64
}

/// 2·hits / (true + said); `missed` more are true and were said to be nothing.
fn f1(confusion: &[[usize; CATEGORIES]; CATEGORIES], category: usize, missed: usize) -> f64 {
    let truly: usize = confusion[category].iter().sum::<usize>() + missed;
    let said: usize = confusion.iter().map(|row| row[category]).sum();
    2.0 * confusion[category][category] as f64 / (truly + said).max(1) as f64
}

fn macro_f1(judged: &[&Judged]) -> f64 {
    let table = confusion(judged);
    mean_over(&std::array::from_fn(|c| table[c].iter().sum()), |c| f1(&table, c, 0))
}

/// Mean over the categories that have examples.
fn mean_over(counts: &[usize; CATEGORIES], of: impl Fn(usize) -> f64) -> f64 {
    let there: Vec<usize> = (0..CATEGORIES).filter(|c| counts[*c] > 0).collect();
    there.iter().map(|c| of(*c)).sum::<f64>() / there.len().max(1) as f64
}

fn figure(sources: &[Vec<&Judged>], statistic: fn(&[&Judged]) -> f64, seed: Seed) -> Result<Figure> {
    let filled: Vec<&Vec<&Judged>> = sources.iter().filter(|rows| !rows.is_empty()).collect();
    let all: Vec<&Judged> = filled.iter().flat_map(|rows| rows.iter().copied()).collect();
    let interval = |draw_sources: bool| -> Result<(f64, f64)> {
        let mut rng = seed.child(if draw_sources { "sources" } else { "rows" }).rng();
        let drawn: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let mut rows = Vec::with_capacity(all.len());
                for place in 0..filled.len() {
                    let source = if draw_sources { rng.random_range(0..filled.len()) } else { place };
                    let of = filled[source];
                    rows.extend((0..of.len()).map(|_| of[rng.random_range(0..of.len())]));
                }
                statistic(&rows)
            })
            .collect();
        Ok((quantile(&drawn, 0.025)?, quantile(&drawn, 0.975)?))
    };
    Ok(Figure { point: statistic(&all), rows: interval(false)?, sources: interval(true)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: usize, category: usize, predicted: usize, confidence: f64) -> Judged {
        Judged { source, category, predicted, confidence, by: By::Classifier }
    }

    #[test]
    fn figures_are_those_of_the_confusion_and_doubt_counts_as_asked() {
        // Of category 0 three of four are right, of category 1 all of two; one right answer is below the threshold.
        let judged = [
            said(0, 0, 0, 0.9),
            said(0, 0, 0, 0.9),
            said(0, 0, 0, 0.3),
            said(0, 0, 1, 0.6),
            said(1, 1, 1, 0.8),
            said(1, 1, 1, 0.8),
        ];
        let names = ["a".to_owned(), "b".to_owned()];
        let found = evaluate(&judged, &names, 0.5, Seed(1)).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(found.accuracy.point, 5.0 / 6.0);
        near(found.macro_f1.point, (6.0 / 7.0 + 4.0 / 5.0) / 2.0);
        near(found.coverage, 5.0 / 6.0);
        near(found.selective_accuracy, 0.8);
        near(found.accuracy_unassigned_wrong, 4.0 / 6.0);
        near(found.macro_f1_unassigned_wrong, (4.0 / 6.0 + 4.0 / 5.0) / 2.0);
        assert_eq!((found.confusion[0][0], found.confusion[0][1], found.sources.len()), (3, 1, 2));
        assert!(
            found.macro_f1.rows.0 <= found.macro_f1.point && found.macro_f1.point <= found.macro_f1.rows.1
        );
        assert!(evaluate(&[], &names, 0.5, Seed(1)).is_err());
        assert!(evaluate(&[said(2, 0, 0, 0.5)], &names, 0.5, Seed(1)).is_err());
    }
}
