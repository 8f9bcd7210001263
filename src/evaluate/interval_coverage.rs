//! How often nominal intervals over prompts cover the truth, on the scores that a suite really gives.

use super::pool::Pool;
use crate::compare::{Matched, Part};
use crate::error::Result;
use crate::record::{Coverage, Scores};
use crate::seed::Seed;
use crate::stats::{Bootstrap, Resampling, mean, wilson};
use rand::Rng;
use rayon::prelude::*;

/// Prompts of the simulated suites.
const SIZES: [usize; 3] = [8, 16, 32];
/// Smallest and largest possible score, where there are any.
type Range = Option<(f64, f64)>;

/// Figures: name, metric, range of its score.
const FIGURES: [(&str, &str, Range); 4] = [
    ("personas named right", "separability.persona.balanced_accuracy", Some((0.0, 1.0))),
    ("mean margin", "separability.persona.margin", None),
    ("groups named right", "separability.group.balanced_accuracy", Some((0.0, 1.0))),
    ("traits that show", "style.hit_rate", Some((0.0, 1.0))),
];

/// Scores of one figure: `scores[run][prompt]`, the population that suites are drawn from.
type Population = Vec<Vec<f64>>;

/// Coverage of means and of paired changes over `suites` simulated suites of each size, prompts being all that varies.
///
/// Every prompt takes the score of a run of its own, so that what runs differ by as wholes averages out: that part is the
/// noise of repeats, and the pairs of `false_alarms` show whether the two together cover.
///
/// The population is what the repeats scored, prompt by prompt. A simulated suite draws prompts from it with replacement,
/// each with the score of one run at random (for a change: of two different runs); its interval is made as in a run, and
/// the truth is the population's mean (for a change: 0). For one persona's margin, every suite draws its own persona.
///
/// # Errors
/// When the runs have fewer than two prompts.
pub(super) fn coverage(pool: &Pool<'_>, suites: usize, resampling: &Resampling) -> Result<Vec<Coverage>> {
    let all: Vec<usize> = (0..pool.prompts()).collect();
    let runs: Vec<Scores> = (0..pool.runs()).map(|run| pool.scores(&all, || run)).collect::<Result<_>>()?;
    let matched: Vec<Matched<'_>> = runs.iter().map(|scores| Matched::new(scores, scores)).collect();
    let population = |metric: &str, part: Part<'_>| -> Population {
        matched.iter().map(|m| m.units(metric, part).iter().map(|u| u.after).collect()).collect()
    };
    let mut found = Vec::new();
    for (name, metric, range) in FIGURES {
        let one = [population(metric, Part::Whole)];
        // Personas of one group alone have no groups to tell apart.
        if one[0].iter().any(Vec::is_empty) {
            continue;
        }
        for size in SIZES {
            found.push(simulate(name, &one, size, suites, range, false, resampling)?);
        }
        for size in SIZES {
            found.push(simulate(&format!("change: {name}"), &one, size, suites, range, true, resampling)?);
        }
    }
    let personas = matched.first().map(Matched::personas).unwrap_or_default();
    let each: Vec<Population> =
        personas.iter().map(|p| population("separability.persona.margin", Part::Persona(p))).collect();
    for (name, change) in [("one persona's margin", false), ("change: one persona's margin", true)] {
        for size in SIZES {
            found.push(simulate(name, &each, size, suites, None, change, resampling)?);
        }
    }
    Ok(found)
}

fn simulate(
    figure: &str,
    populations: &[Population],
    prompts: usize,
    suites: usize,
    range: Range,
    change: bool,
    resampling: &Resampling,
) -> Result<Coverage> {
    let truths: Vec<f64> = populations.iter().map(|p| mean(&p.concat())).collect();
    let root = resampling.seed("coverage").child(figure).child(&prompts.to_string());
    let one = |i: usize| -> Result<(bool, f64)> {
        let seed: Seed = root.child(&i.to_string());
        let mut rng = seed.rng();
        let which = rng.random_range(0..populations.len());
        let population = &populations[which];
        let mut score = || {
            let (prompt, run) =
                (rng.random_range(0..population[0].len()), rng.random_range(0..population.len()));
            let other = (run + rng.random_range(1..population.len())) % population.len();
            (population[run][prompt], population[other][prompt])
        };
        let drawn: Vec<(f64, f64)> = (0..prompts).map(|_| score()).collect();
        let (a, b): (Vec<f64>, Vec<f64>) = drawn.into_iter().unzip();
        let bootstrap =
            Bootstrap { range, seed: seed.child("bootstrap"), ..resampling.bootstrap("coverage") };
        let (interval, truth) = match change {
            true => (bootstrap.paired_difference(&a, &b)?, 0.0),
            false => (bootstrap.mean(&a)?, truths[which]),
        };
        Ok((interval.low <= truth && truth <= interval.high, interval.high - interval.low))
    };
    let results: Vec<(bool, f64)> = (0..suites).into_par_iter().map(one).collect::<Result<_>>()?;
    let covered = results.iter().filter(|r| r.0).count();
    Ok(Coverage {
        figure: figure.to_owned(),
        prompts,
        suites,
        level: resampling.level,
        covered: covered as f64 / suites as f64,
        interval: wilson(covered, suites, resampling.level)?,
        width: mean(&results.iter().map(|r| r.1).collect::<Vec<_>>()),
    })
}
