//! How well the trait scores tell declared traits, and where their thresholds belong: on labelled text, by persona.

use std::collections::BTreeMap;

use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::text::Text;
use super::threshold::{Parting, best_threshold};
use super::traits::{TRAITS, trait_scores};
use crate::error::{Error, Result};
use crate::stats::{ReliabilityBin, Resampling, calibration_error, quantile, reliability, roc_auc};

/// Folds of the cross-validation, at most; as many as there are personas on the smaller side where these are fewer.
const FOLDS: usize = 5;
/// Bins of the reliability curve.
const BINS: usize = 10;

/// A text of a persona with the traits that the persona declares.
#[derive(Debug, Clone, Copy)]
pub struct LabelledText<'a> {
    /// The text.
    pub text: &'a str,
    /// Who wrote it: the unit of folds and of resampling, for texts of one persona are not independent.
    pub persona: &'a str,
    /// Names of its traits.
    pub traits: &'a [String],
}

/// What the score of one trait is worth: texts of personas that declare the trait against all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraitCalibration {
    /// The trait.
    pub name: String,
    /// Personas that declare it. Below about five the interval and the held-out shares say little.
    pub personas: usize,
    /// Texts of these personas.
    pub texts: usize,
    /// Area under the ROC curve, 0..=1; 0.5 by chance.
    pub auc: f64,
    /// Its 95 % interval: percentiles of a bootstrap over personas, those with the trait and those without apart.
    pub auc_low: f64,
    /// The interval's upper end.
    pub auc_high: f64,
    /// The threshold in use, of [`TRAITS`].
    pub threshold: f64,
    /// How it parts these texts.
    pub in_use: Parting,
    /// The threshold with the largest balanced accuracy on all texts.
    pub best_threshold: f64,
    /// Least and largest threshold over the folds, each the best one on the personas of the other folds.
    pub fold_thresholds: (f64, f64),
    /// How the folds' thresholds part the personas on which they were not fitted.
    pub held_out: Parting,
    /// Scores in bins of 0.1 against the share of texts with the trait.
    pub reliability: Vec<ReliabilityBin>,
    /// Expected calibration error of the score, read as a chance; the score is a sum of cues and need not be one.
    pub calibration_error: f64,
}

/// Calibrates all [`TRAITS`] that some personas of `texts` declare and others do not, in their order; others are left out.
///
/// Cost: one reading of every text, and resamples · personas² a trait.
///
/// # Errors
/// No texts, settings out of range, or a persona whose texts declare different traits.
pub fn calibrate_traits(
    texts: &[LabelledText<'_>],
    resampling: &Resampling,
) -> Result<Vec<TraitCalibration>> {
    resampling.check()?;
    if texts.is_empty() {
        return Err(Error::input("no labelled texts to calibrate the traits on").expected("one text or more"));
    }
    let mut personas: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, text) in texts.iter().enumerate() {
        let rows = personas.entry(text.persona).or_default();
        if let Some(&first) = rows.first()
            && texts[first].traits != text.traits
        {
            return Err(Error::input(format!("the texts of `{}` declare different traits", text.persona))
                .expected("the same traits with every text of a persona"));
        }
        rows.push(row);
    }
    let rows: Vec<Vec<usize>> = personas.into_values().collect();
    let scores: Vec<_> = texts.par_iter().map(|text| trait_scores(&Text::new(text.text))).collect();
    let calibrations = (0..TRAITS.len()).into_par_iter().map(|i| {
        let has = |rows: &[usize]| texts[rows[0]].traits.iter().any(|name| name == TRAITS[i].name);
        let side = |wanted: bool| -> Vec<Vec<f32>> {
            let of = rows.iter().filter(|rows| has(rows) == wanted);
            of.map(|rows| rows.iter().map(|&row| scores[row][i]).collect()).collect()
        };
        let (with, without) = (side(true), side(false));
        (!with.is_empty() && !without.is_empty())
            .then(|| calibrate(i, &with, &without, resampling))
            .transpose()
    });
    Ok(calibrations.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// One trait: scores by persona, of those that declare it and of those that do not.
fn calibrate(
    i: usize,
    with: &[Vec<f32>],
    without: &[Vec<f32>],
    resampling: &Resampling,
) -> Result<TraitCalibration> {
    let entry = &TRAITS[i];
    let wide =
        |side: &[Vec<f32>]| -> Vec<f64> { side.iter().flatten().map(|score| f64::from(*score)).collect() };
    let cases: Vec<(f32, bool)> = side_cases(with, true).chain(side_cases(without, false)).collect();
    let (low, high) = auc_interval(with, without, resampling, entry.name)?;
    let (fold_thresholds, held_out) = cross_validate(with, without);
    let (all, labels): (Vec<f64>, Vec<bool>) =
        cases.iter().map(|(score, has)| (f64::from(*score), *has)).unzip();
    let bins = reliability(&all, &labels, BINS)?;
    Ok(TraitCalibration {
        name: entry.name.to_owned(),
        personas: with.len(),
        texts: with.iter().map(Vec::len).sum(),
        auc: roc_auc(&wide(with), &wide(without))?,
        auc_low: low,
        auc_high: high,
        threshold: plain(entry.threshold),
        in_use: Parting::of(cases.iter().map(|(score, has)| (*score >= entry.threshold, *has))),
        best_threshold: plain(best_threshold(&cases)),
        fold_thresholds,
        held_out,
        calibration_error: calibration_error(&bins),
        reliability: bins,
    })
}

fn side_cases(side: &[Vec<f32>], has: bool) -> impl Iterator<Item = (f32, bool)> {
    side.iter().flatten().map(move |score| (*score, has))
}

/// A threshold without the digits that widening adds: 0.3, not 0.30000001.
fn plain(threshold: f32) -> f64 {
    (f64::from(threshold) * 100.0).round() / 100.0
}

/// Thresholds fitted on all folds but one, and how they part the one; personas are dealt out to folds in turn.
fn cross_validate(with: &[Vec<f32>], without: &[Vec<f32>]) -> ((f64, f64), Parting) {
    let folds = FOLDS.min(with.len()).min(without.len());
    let cases = |fold: usize, inside: bool| -> Vec<(f32, bool)> {
        let of = |side: &[Vec<f32>], has: bool| -> Vec<(f32, bool)> {
            let kept = side.iter().enumerate().filter(|(place, _)| (place % folds == fold) == inside);
            kept.flat_map(|(_, scores)| scores.iter().map(|score| (*score, has)).collect::<Vec<_>>())
                .collect()
        };
        [of(with, true), of(without, false)].concat()
    };
    if folds < 2 {
        // One persona alone cannot be held out: its own text decides.
        let all = cases(0, true);
        let threshold = best_threshold(&all);
        let parting = Parting::of(all.iter().map(|(score, has)| (*score >= threshold, *has)));
        return ((plain(threshold), plain(threshold)), parting);
    }
    let thresholds: Vec<f32> = (0..folds).map(|fold| best_threshold(&cases(fold, false))).collect();
    let decided = thresholds.iter().enumerate().flat_map(|(fold, threshold)| {
        cases(fold, true).into_iter().map(move |(score, has)| (score >= *threshold, has))
    });
    let parting = Parting::of(decided);
    let ends =
        thresholds.iter().map(|t| plain(*t)).fold((1.0, 0.0), |(l, h): (f64, f64), t| (l.min(t), h.max(t)));
    (ends, parting)
}

/// Percentiles of the area over resamples of the personas on either side.
fn auc_interval(
    with: &[Vec<f32>],
    without: &[Vec<f32>],
    resampling: &Resampling,
    name: &str,
) -> Result<(f64, f64)> {
    // Pairs won between each two personas: a resample only weighs them anew.
    let won = |a: &[f32], b: &[f32]| -> f64 {
        let of = |x: &f32| {
            b.iter()
                .map(|y| {
                    if x > y {
                        1.0
                    } else if x == y {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum::<f64>()
        };
        a.iter().map(of).sum()
    };
    let table: Vec<Vec<f64>> = with.iter().map(|a| without.iter().map(|b| won(a, b)).collect()).collect();
    let mut rng = resampling.seed(&format!("trait {name}")).rng();
    let mut draw = |n: usize| -> Vec<usize> { (0..n).map(|_| rng.random_range(0..n)).collect() };
    let areas: Vec<f64> = (0..resampling.resamples)
        .map(|_| {
            let (rows, columns) = (draw(with.len()), draw(without.len()));
            let won: f64 = rows.iter().map(|&r| columns.iter().map(|&c| table[r][c]).sum::<f64>()).sum();
            let size =
                |side: &[Vec<f32>], drawn: &[usize]| drawn.iter().map(|&p| side[p].len() as f64).sum::<f64>();
            won / (size(with, &rows) * size(without, &columns))
        })
        .collect();
    let tail = (1.0 - resampling.level) / 2.0;
    Ok((quantile(&areas, tail)?, quantile(&areas, 1.0 - tail)?))
}
