//! A/A: gates on pairs of runs between which nothing has changed.

use super::pool::Pool;
use crate::baseline::noise;
use crate::error::{Error, Result};
use crate::gate::{Evidence, Reference, judge, overall};
use crate::progress::Progress;
use crate::record::{FalseAlarms, GateAlarms, GateVerdict, Scores, Verdict};
use crate::seed::Seed;
use crate::stats::{Resampling, wilson};
use crate::suite::{Gate, Metric};
use rand::Rng;
use rand::seq::{SliceRandom, index};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Repeats from which a drawn baseline takes its noise, where there are as many.
const REPEATS: usize = 4;
/// Pairs judged between two looks at progress and Ctrl-C.
const CHUNK: usize = 20;

/// Judges the gates on `pairs` pairs of made-up runs with `prompts` prompts each.
///
/// For every pair the runs are dealt to two sides, so that the sides never share an answer; each answer of a side comes from
/// one of its runs at random, and everything is fitted anew, centroids included. The baseline's noise is that of four runs
/// of its own side.
///
/// # Errors
/// No gate that answers to shared prompts can decide, or more prompts than the runs have.
pub(super) fn false_alarms(
    pool: &Pool<'_>,
    gates: &[Gate],
    pairs: usize,
    prompts: usize,
    resampling: &Resampling,
    progress: &dyn Progress,
) -> Result<FalseAlarms> {
    if gates.is_empty() {
        return Err(Error::input("the suite has no gate against the baseline that answers could decide")
            .expected("[[gate]] with against = \"baseline\" on separability, fidelity or style"));
    }
    if prompts < 2 || prompts > pool.prompts() {
        return Err(Error::input(format!("pairs of {prompts} prompts cannot be drawn"))
            .key("--prompts")
            .expected(format!("2 to {}, the prompts of the runs", pool.prompts())));
    }
    let root = resampling.seed("false alarms");
    let mut verdicts: Vec<Vec<GateVerdict>> = Vec::with_capacity(pairs);
    while verdicts.len() < pairs {
        crate::interrupt::check()?;
        let from = verdicts.len();
        let upto = (from + CHUNK).min(pairs);
        let some: Vec<Vec<GateVerdict>> = (from..upto)
            .into_par_iter()
            .map(|i| pair(pool, gates, prompts, resampling, root.child(&i.to_string())))
            .collect::<Result<_>>()?;
        progress.advance((upto - from) as u64);
        verdicts.extend(some);
    }
    let is = |v: Verdict| move |gates: &&Vec<GateVerdict>| overall(gates) == v;
    let alarms = verdicts.iter().filter(is(Verdict::Fail)).count();
    let of_gate = |(i, gate): (usize, &Gate)| {
        let own: Vec<&GateVerdict> = verdicts.iter().map(|pair| &pair[i]).collect();
        let count = |v: Verdict| own.iter().filter(|g| g.verdict == v).count();
        let found: Vec<f64> = own.iter().filter_map(|g| g.detectable).collect();
        GateAlarms {
            name: gate.name.clone(),
            metric: gate.metric.clone(),
            passed: count(Verdict::Pass),
            inconclusive: count(Verdict::Inconclusive),
            regressed: count(Verdict::Fail),
            covered: (!gate.scope.takes_parts()).then(|| {
                let held = own.iter().filter_map(|g| g.estimate.as_ref()).filter(|e| e.contains(0.0));
                held.count() as f64 / pairs as f64
            }),
            detectable: (!found.is_empty()).then(|| crate::stats::mean(&found)),
        }
    };
    Ok(FalseAlarms {
        pairs,
        prompts,
        repeats: REPEATS.min(pool.runs() / 2),
        alarms,
        rate: alarms as f64 / pairs as f64,
        interval: wilson(alarms, pairs, resampling.level)?,
        all_passed: verdicts.iter().filter(is(Verdict::Pass)).count(),
        gates: gates.iter().enumerate().map(of_gate).collect(),
    })
}

/// The gates against the baseline that answers to shared prompts decide.
pub(super) fn decided(gates: &[Gate]) -> Vec<Gate> {
    let asked = |g: &&Gate| {
        let answers = Metric::is_of_answers(&g.metric);
        g.against_baseline() && answers && g.metric != "separability.pair.margin"
    };
    gates.iter().filter(asked).cloned().collect()
}

fn pair(
    pool: &Pool<'_>,
    gates: &[Gate],
    prompts: usize,
    resampling: &Resampling,
    seed: Seed,
) -> Result<Vec<GateVerdict>> {
    let mut rng = seed.rng();
    let mut runs: Vec<usize> = (0..pool.runs()).collect();
    runs.shuffle(&mut rng);
    let (old, new) = runs.split_at(runs.len() / 2);
    let mut chosen = index::sample(&mut rng, pool.prompts(), prompts).into_vec();
    chosen.sort_unstable();
    let before = pool.scores(&chosen, || old[rng.random_range(0..old.len())])?;
    let after = pool.scores(&chosen, || new[rng.random_range(0..new.len())])?;
    let repeats: Vec<Scores> =
        old.iter().take(REPEATS).map(|run| pool.scores(&chosen, || *run)).collect::<Result<_>>()?;
    let count = repeats.len();
    let noise = noise(
        &repeats.iter().collect::<Vec<_>>(),
        (0..count as u64).collect(),
        vec![0; count],
        vec![0; count],
        None,
    );
    let evidence = Evidence {
        estimates: &BTreeMap::new(),
        qualification: &[],
        scores: &after,
        reference: Some(Reference { scores: &before, noise: Some(&noise) }),
        resampling: Resampling { seed: seed.0, ..*resampling },
    };
    judge(gates, &evidence)
}
