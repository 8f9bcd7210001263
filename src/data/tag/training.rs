//! Learning a classifier from labelled examples, and predicting every source from the others.

use rayon::prelude::*;

use super::classifier::{CATEGORIES, Classifier, largest};
use super::evaluation::Judged;
use super::features::BUCKETS;
use super::input::{By, TagInput};
use super::regression::{Case, Fitted, fit};
use super::rules::Rules;
use super::samples::{Sample, Samples};
use super::temperature::best_temperature;
use crate::data::Row;
use crate::error::{Error, Result};
use crate::persona::{Category, Registry};
use crate::seed::Seed;

/// How a tagger learns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainOptions {
    /// Rows of a source and category, at most: a large source must not become what its category looks like.
    pub cap: usize,
    /// Rows for which a category counts in all, up to six times what it has: rare ones must not be forgotten.
    pub category_rows: usize,
    /// Weight of the squared weights.
    pub alpha: f64,
    /// Steps of the solver, at most.
    pub iterations: usize,
    /// Confidence below which an example is unassigned.
    pub threshold: f32,
    /// Draws the rows of capped sources.
    pub seed: Seed,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            cap: 120,
            category_rows: 400,
            alpha: 1.0 / 3.0,
            iterations: 100,
            threshold: 0.5,
            seed: Seed(0),
        }
    }
}

/// How much a row may count, at most.
const MOST_WEIGHT: f64 = 6.0;
/// Rows for which a persona counts within its category.
const PERSONA_ROWS: usize = 40;

/// A classifier that learned from all sources. `held_out` are the predictions of [`leave_one_source_out`], to which the
/// temperature is fitted; without them it is 1.
///
/// # Errors
/// As [`Samples::of`], and the solver finds no descent.
pub fn train(
    samples: &Samples<'_>,
    held_out: &[HeldOut],
    recipe_sha256: &str,
    options: &TrainOptions,
) -> Result<Classifier> {
    let all: Vec<&Sample<'_>> = samples.list.iter().collect();
    let categories = fit_categories(&all, options)?;
    let personas: Vec<Fitted> = (0..CATEGORIES)
        .into_par_iter()
        .map(|category| fit_personas(samples, category, options))
        .collect::<Result<_>>()?;
    let width = CATEGORIES + samples.personas.len();
    let mut bias: Vec<f32> = categories.bias.iter().map(|b| *b as f32).collect();
    let mut weights = vec![0f32; BUCKETS * width];
    for (bucket, row) in weights.chunks_exact_mut(width).enumerate() {
        let of = |part: &Fitted| {
            let classes = part.bias.len();
            part.weights[bucket * classes..(bucket + 1) * classes].to_vec()
        };
        let values = std::iter::once(&categories).chain(&personas).flat_map(of);
        row.iter_mut().zip(values).for_each(|(to, from)| *to = from as f32);
    }
    bias.extend(personas.iter().flat_map(|part| &part.bias).map(|b| *b as f32));
    Ok(Classifier {
        personas: samples.personas.clone(),
        bias,
        weights,
        temperature: best_temperature(held_out),
        threshold: options.threshold,
        recipe: digest_of(recipe_sha256),
    })
}

/// Scores that a classifier gave which had not seen the source of the example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    /// Place of the sample.
    pub sample: usize,
    /// Place of its source.
    pub source: usize,
    /// Place of its category.
    pub category: usize,
    /// Scores of the categories, before any temperature.
    pub scores: [f32; CATEGORIES],
}

/// For each source in turn: learns from all others, and scores its examples.
///
/// # Errors
/// Fewer than two sources, a category with one source only, and as [`train`].
pub fn leave_one_source_out(samples: &Samples<'_>, options: &TrainOptions) -> Result<Vec<HeldOut>> {
    check_sources(samples)?;
    let of = |source: usize| -> Result<Vec<HeldOut>> {
        let others: Vec<&Sample<'_>> = samples.list.iter().filter(|s| s.source != source).collect();
        let fitted = fit_categories(&others, options)?;
        let held = samples.list.iter().enumerate().filter(|(_, s)| s.source == source);
        Ok(held
            .map(|(sample, s)| {
                let score = |class: usize| fitted.score(&s.features, class) as f32;
                HeldOut { sample, source, category: s.category, scores: std::array::from_fn(score) }
            })
            .collect())
    };
    let parts: Vec<Vec<HeldOut>> =
        (0..samples.sources.len()).into_par_iter().map(of).collect::<Result<_>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// What a tagger would have said of every held-out example: by the rules first, where there are some, and with the
/// temperature that the *other* sources give.
pub fn judged(
    samples: &Samples<'_>,
    held_out: &[HeldOut],
    rules: Option<&Rules>,
    registry: &Registry,
) -> Vec<Judged> {
    let temperatures: Vec<f32> = (0..samples.sources.len())
        .map(|source| {
            best_temperature(&held_out.iter().filter(|h| h.source != source).copied().collect::<Vec<_>>())
        })
        .collect();
    let category_of = |id: &str| {
        let of = registry.get(id).map(|p| p.category);
        Category::ALL.iter().position(|c| Some(*c) == of)
    };
    held_out
        .iter()
        .map(|held| {
            let sample = &samples.list[held.sample];
            let met = rules.and_then(|r| Some(&r.list()[r.first(&TagInput::of(sample.row))?]));
            let (by, predicted, confidence) =
                match met.and_then(|rule| Some((category_of(&rule.persona)?, rule))) {
                    Some((category, rule)) => (By::Rule, category, rule.confidence()),
                    None => {
                        let best = largest(&held.scores);
                        let share =
                            |s: &f32| f64::from((s - held.scores[best]) / temperatures[held.source]).exp();
                        (By::Classifier, best, 1.0 / held.scores.iter().map(share).sum::<f64>())
                    }
                };
            Judged { source: held.source, category: held.category, predicted, confidence, by }
        })
        .collect()
}

/// The labelled rows of `rows`, as training sees them.
///
/// # Errors
/// As [`Samples::of`].
pub fn samples_of<'a>(rows: &'a [Row], registry: &Registry, options: &TrainOptions) -> Result<Samples<'a>> {
    Samples::of(rows, registry, options.cap, options.seed)
}

fn check_sources(samples: &Samples<'_>) -> Result<()> {
    for (category, name) in Category::ALL.iter().enumerate() {
        let of = samples.list.iter().filter(|s| s.category == category);
        let sources: std::collections::BTreeSet<usize> = of.map(|s| s.source).collect();
        if sources.len() < 2 {
            let found: Vec<&str> = sources.iter().map(|s| samples.sources[*s].as_str()).collect();
            return Err(Error::input(format!(
                "the category `{name}` has {} source(s): {}",
                found.len(),
                found.join(", ")
            ))
            .expected("two or more, so that one can be left out and predicted from the others"));
        }
    }
    Ok(())
}

fn fit_categories(samples: &[&Sample<'_>], options: &TrainOptions) -> Result<Fitted> {
    let cases: Vec<(usize, &Sample<'_>)> = samples.iter().map(|s| (s.category, *s)).collect();
    fit_cases(&cases, CATEGORIES, options.category_rows, options)
}

fn fit_personas(samples: &Samples<'_>, category: usize, options: &TrainOptions) -> Result<Fitted> {
    let first = samples.personas.partition_point(|(_, of)| *of < category);
    let count = samples.personas.iter().filter(|(_, of)| *of == category).count();
    let of = samples.list.iter().filter(|s| s.category == category);
    let cases: Vec<(usize, &Sample<'_>)> = of.map(|s| (s.persona - first, s)).collect();
    if cases.is_empty() {
        return Ok(Fitted { bias: vec![0.0; count], weights: vec![0.0; BUCKETS * count] });
    }
    fit_cases(&cases, count, PERSONA_ROWS, options)
}

/// Fits samples with their classes, of which each counts for `wanted` rows where it has fewer.
fn fit_cases(
    samples: &[(usize, &Sample<'_>)],
    classes: usize,
    wanted: usize,
    options: &TrainOptions,
) -> Result<Fitted> {
    let mut counts = vec![0usize; classes];
    samples.iter().for_each(|(class, _)| counts[*class] += 1);
    let weight = |class: usize| (wanted as f64 / counts[class].max(1) as f64).clamp(1.0, MOST_WEIGHT);
    let cases: Vec<Case<'_>> = samples
        .iter()
        .map(|(class, s)| Case { features: &s.features, class: *class, weight: weight(*class) })
        .collect();
    fit(&cases, BUCKETS, classes, options.alpha, options.iterations)
}

fn digest_of(hex: &str) -> [u8; 32] {
    let byte = |i: usize| hex.get(2 * i..2 * i + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    std::array::from_fn(|i| byte(i).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::samples::testing::row;
    use super::*;

    #[test]
    fn a_source_is_predicted_from_the_others_and_a_lone_source_is_refused() {
        let registry = Registry::built_in().unwrap();
        let words = ["python", "lonely", "therefore", "dragon", "hey", "curl", "planet", "tarot"];
        let mut rows = Vec::new();
        for source in ["a", "b", "c"] {
            for (category, word) in Category::ALL.iter().zip(words) {
                let persona = registry.personas().iter().find(|p| p.category == *category).unwrap();
                for i in 0..4 {
                    rows.push(row(source, &persona.id, "", &format!("{word} {word} {source}{i}")));
                }
            }
        }
        let options = TrainOptions { category_rows: 8, iterations: 30, ..TrainOptions::default() };
        let samples = samples_of(&rows, &registry, &options).unwrap();
        let held_out = leave_one_source_out(&samples, &options).unwrap();
        let judged = judged(&samples, &held_out, None, &registry);
        assert_eq!(judged.len(), rows.len());
        assert!(judged.iter().all(|j| j.predicted == j.category));
        let one = &rows[..32];
        let samples = samples_of(one, &registry, &options).unwrap();
        let told = leave_one_source_out(&samples, &options).unwrap_err().to_string();
        assert!(told.contains("`technical` has 1 source(s): a"), "{told}");
    }
}
