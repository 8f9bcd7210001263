//! Throughput of blended generation and scoring.

use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::generate::{Engine, Request, Scored};
use crate::model::adapter::PeftConfig;
use crate::model::{Adapter, BaseModel, Message};
use crate::persona::Sampling;
use crate::seed::Seed;
use crate::stats::quantile;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// One cell of the bench: what ran and how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// `generate` or `score`.
    pub work: String,
    /// Rows in one batch.
    pub rows: usize,
    /// Adapters stacked.
    pub adapters: usize,
    /// Rank of each.
    pub rank: usize,
    /// Different blends among the requests.
    pub blends: usize,
    /// Requests that pass through the rows: at least one a row and one a blend.
    pub requests: usize,
    /// Median of the repeats: tokens generated, or tokens scored, a second.
    pub tokens_per_second: f64,
    /// Slowest and fastest repeat.
    pub spread: (f64, f64),
}

/// What a bench runs over.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Batch sizes.
    pub rows: Vec<usize>,
    /// Numbers of adapters; 0 is the base.
    pub adapters: Vec<usize>,
    /// Ranks.
    pub ranks: Vec<usize>,
    /// Numbers of different blends; none is 1 and as many as rows.
    pub blends: Vec<usize>,
    /// Tokens generated for each request; no row ends before.
    pub tokens: usize,
    /// Repeats, of which the median counts.
    pub repeats: usize,
}

impl BenchOptions {
    /// The numbers of different blends to run at this size.
    fn blends_of(&self, rows: usize, adapters: usize) -> Vec<usize> {
        match (adapters, &self.blends[..]) {
            (0, _) => vec![1],
            (_, []) if rows > 1 => vec![1, rows],
            (_, []) => vec![1],
            (_, given) => given.to_vec(),
        }
    }
}

/// Random adapters of one rank on all linear modules, loud enough to matter.
pub fn random_adapters(base: &BaseModel, count: usize, rank: usize, seed: Seed) -> Vec<Adapter> {
    use crate::model::{Module, adapter::LoraPair};
    use rand::Rng;
    let config = base.decoder.config();
    (0..count)
        .map(|i| {
            let mut rng = seed.child(&format!("adapter {i} rank {rank}")).rng();
            let mut pairs = std::collections::BTreeMap::new();
            for layer in 0..config.layers {
                for module in Module::ALL {
                    let (n, k) = module.shape(config);
                    let mut draw = |count: usize, size: f32| -> Vec<f32> {
                        (0..count).map(|_| (rng.random::<f32>() - 0.5) * size).collect()
                    };
                    let (a, b) = (draw(rank * k, 0.05), draw(n * rank, 0.05));
                    pairs.insert((layer, module), LoraPair { a, b, r: rank, scale: 2.0 });
                }
            }
            Adapter {
                name: format!("a{i}"),
                sha256: format!("random {i} rank {rank}"),
                config: PeftConfig::of(rank, 2.0 * rank as f64, false, &Module::ALL),
                pairs,
            }
        })
        .collect()
}

/// Different blends that there are to run with.
pub const MOST_BLENDS: usize = 4096;

/// `count` different blends of the first `adapters` adapters; without adapters all are the base.
///
/// # Errors
/// More than [`MOST_BLENDS`].
pub fn distinct_blends(count: usize, adapters: usize) -> Result<Vec<Blend>> {
    if count > MOST_BLENDS {
        return Err(
            Error::input(format!("{count} different blends")).expected(format!("at most {MOST_BLENDS}"))
        );
    }
    (0..count)
        .map(|i| {
            // An odd step visits all of 2^12 places before one comes again, so already one adapter's weights differ.
            let place = |a: usize| (i * (2531 + 2 * a) + 13 * a) % MOST_BLENDS;
            let weight = |a| 0.1 + 0.95 * place(a) as f32 / MOST_BLENDS as f32;
            Blend::new((0..adapters).map(|a| (format!("a{a}"), weight(a))))
        })
        .collect()
}

/// Runs every combination; `told` hears of each cell as it is done.
///
/// # Errors
/// When the engine fails or the user stops the work.
pub fn bench(
    mut engine: Engine,
    options: &BenchOptions,
    mut told: impl FnMut(&Cell) -> Result<()>,
) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for rank in &options.ranks {
        for adapters in &options.adapters {
            if *adapters == 0 && rank != &options.ranks[0] {
                continue;
            }
            let random = random_adapters(engine.base(), *adapters, *rank, Seed(1));
            engine.replace_adapters(random);
            for rows in &options.rows {
                for blends in options.blends_of(*rows, *adapters) {
                    let mut cell = Cell {
                        work: "generate".into(),
                        rows: *rows,
                        adapters: *adapters,
                        rank: if *adapters == 0 { 0 } else { *rank },
                        blends: if *adapters == 0 { 0 } else { blends },
                        requests: blends.max(*rows),
                        tokens_per_second: 0.0,
                        spread: (0.0, 0.0),
                    };
                    measure(&mut cell, options, || {
                        generate_once(&engine, *rows, *adapters, blends, options.tokens)
                    })?;
                    told(&cell)?;
                    cells.push(cell.clone());
                    cell.work = "score".into();
                    measure(&mut cell, options, || score_once(&engine, *rows, *adapters, blends))?;
                    told(&cell)?;
                    cells.push(cell);
                }
            }
        }
    }
    Ok(cells)
}

/// Fills in the median rate of the repeats, after one that is not counted.
fn measure(cell: &mut Cell, options: &BenchOptions, mut once: impl FnMut() -> Result<f64>) -> Result<()> {
    once()?;
    let mut rates = (0..options.repeats.max(1)).map(|_| once()).collect::<Result<Vec<f64>>>()?;
    rates.sort_by(f64::total_cmp);
    cell.tokens_per_second = quantile(&rates, 0.5)?;
    cell.spread = (rates[0], rates[rates.len() - 1]);
    Ok(())
}

fn prompts(engine: &Engine, rows: usize) -> Result<Vec<Vec<u32>>> {
    (0..rows)
        .map(|i| {
            let text = format!(
                "Question {i}: explain why the sky is blue in a style suited to listener number {i}."
            );
            engine.base().tokenizer.encode(&engine.render(&[Message::user(text)])?)
        })
        .collect()
}

/// Generated tokens a second of wall-clock time, prompts included, greedy.
fn generate_once(engine: &Engine, rows: usize, adapters: usize, blends: usize, tokens: usize) -> Result<f64> {
    let blends = distinct_blends(blends, adapters)?;
    let requests: Vec<Request> = prompts(engine, rows.max(blends.len()))?
        .into_iter()
        .enumerate()
        .map(|(i, prompt)| Request {
            shared: 0,
            tokens: prompt,
            blend: blends[i % blends.len()].clone(),
            sampling: Sampling::greedy(tokens),
            seed: i as u64,
            to_length: true,
        })
        .collect();
    let start = Instant::now();
    let made = engine.generate_all(&requests, rows)?;
    let seconds = start.elapsed().as_secs_f64();
    let total: usize = made.iter().map(|g| g.tokens.len()).sum();
    if total == 0 {
        return Err(Error::cannot_run("the bench generated nothing"));
    }
    Ok(total as f64 / seconds)
}

fn score_once(engine: &Engine, rows: usize, adapters: usize, blends: usize) -> Result<f64> {
    let blends = distinct_blends(blends, adapters)?;
    let items: Vec<Scored> = prompts(engine, rows.max(blends.len()))?
        .into_iter()
        .enumerate()
        .map(|(i, prompt)| Scored {
            continuation: prompt.clone(),
            prompt,
            blend: blends[i % blends.len()].clone(),
        })
        .collect();
    let start = Instant::now();
    let tokens = score_in_batches(engine, &items, rows, |_| ())?;
    Ok(tokens as f64 / start.elapsed().as_secs_f64())
}

/// Scores `rows` items in each pass, and gives the number of tokens.
fn score_in_batches(
    engine: &Engine,
    items: &[Scored],
    rows: usize,
    mut done: impl FnMut(usize),
) -> Result<usize> {
    let mut tokens = 0;
    for batch in items.chunks(rows.max(1)) {
        let scores = engine.log_likelihoods_at_once(batch, &mut done)?;
        tokens += scores.iter().map(Vec::len).sum::<usize>();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Arithmetic, Device};
    use std::collections::BTreeSet;
    use std::path::Path;

    fn engine() -> Engine {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama");
        let base = BaseModel::open(&folder, Arithmetic::F32, &Device::Cpu, &[]).unwrap();
        Engine::new(base, &[]).unwrap()
    }

    #[test]
    fn blends_differ_up_to_the_most_and_are_the_same_every_time() {
        for adapters in [1, 2, 5, 64] {
            let blends = distinct_blends(MOST_BLENDS, adapters).unwrap();
            let different: BTreeSet<String> = blends.iter().map(Blend::to_string).collect();
            assert_eq!(different.len(), MOST_BLENDS, "{adapters} adapters");
            assert!(blends.iter().all(|b| b.len() == adapters), "no weight is 0");
            assert_eq!(distinct_blends(100, adapters).unwrap(), blends[..100]);
        }
        assert!(distinct_blends(3, 0).unwrap().iter().all(Blend::is_base));
        assert!(distinct_blends(MOST_BLENDS + 1, 1).is_err());
    }

    #[test]
    fn the_median_of_two_repeats_is_their_mean() {
        let options = BenchOptions {
            rows: vec![1],
            adapters: vec![0],
            ranks: vec![1],
            blends: vec![],
            tokens: 2,
            repeats: 2,
        };
        let mut cell = bench(engine(), &options, |_| Ok(())).unwrap().remove(0);
        let mut rates = [1000.0, 30.0, 10.0].into_iter();
        measure(&mut cell, &options, || Ok(rates.next().unwrap())).unwrap();
        assert_eq!((cell.tokens_per_second, cell.spread), (20.0, (10.0, 30.0)), "the first is not counted");
    }

    #[test]
    fn scoring_runs_as_many_rows_as_asked_for_however_long_they_are() {
        let engine = engine();
        let item = |n: usize| Scored {
            prompt: vec![5; 60],
            continuation: vec![7; 60 + n % 3],
            blend: Blend::base(),
        };
        let items: Vec<Scored> = (0..50).map(item).collect();
        let mut batches = Vec::new();
        let tokens = score_in_batches(&engine, &items, 20, |n| batches.push(n)).unwrap();
        assert_eq!(batches, [20, 20, 10]);
        assert_eq!(tokens, items.iter().map(|i| i.continuation.len()).sum::<usize>());
    }
}
