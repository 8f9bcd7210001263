//! Repeats of a run: what its figures differ by when nothing has changed.

use super::options::EvaluateOptions;
use super::run::evaluate;
use crate::baseline::noise;
use crate::embed::Embedder;
use crate::error::{Error, Result};
use crate::generate::Engine;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{Noise, Record, Scores};
use crate::suite::{Measure, Suite};

/// Rows of the repeats in turn, where texts depend on how many are generated together.
const ROWS: [usize; 3] = [8, 32, 1];

/// What is repeated: the same files, suite and settings, with other seeds.
pub struct Repeats<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The registry of personas.
    pub registry: &'a Registry,
    /// Base and adapters.
    pub engine: &'a Engine,
    /// The embedder.
    pub embedder: &'a Embedder,
    /// Settings of the first run; the others differ from it in seed and folder.
    pub options: &'a EvaluateOptions,
    /// Where the work tells of itself.
    pub progress: &'a dyn Progress,
}

impl Repeats<'_> {
    /// Runs the suite `count` − 1 times more, each with the next seed, below the run's folder, and measures the spread
    /// together with `first`, the run itself.
    ///
    /// Nothing but the seed varies where the record shows that texts depend on neither rows nor threads; else the rows
    /// vary too, and every second repeat runs on one thread. Each repeat has its own journal and is resumed like the run.
    ///
    /// # Errors
    /// As [`evaluate`].
    pub fn noise(&self, first: &Record, count: usize) -> Result<Noise> {
        let identical = first.batch_identity.as_ref().map(|b| b.identical);
        let vary = identical.is_some_and(|share| share < 1.0);
        // The floor and the gates have no part in it, and the likelihood of a given text is the same every time.
        let drawn = |m: &&Measure| **m != Measure::Likelihood;
        let measures: Vec<Measure> = self.suite.measures.iter().filter(drawn).copied().collect();
        if measures.is_empty() && self.suite.tasks.is_empty() {
            return Err(Error::input("nothing in the suite is drawn, so repeats would all be alike")
                .in_file(&self.suite.path)
                .key("--repeats")
                .expected("answers to shared prompts, or tasks"));
        }
        let suite = Suite {
            gates: Vec::new(),
            sweeps: Vec::new(),
            conditions: Vec::new(),
            controls: Vec::new(),
            measures,
            ..self.suite.clone()
        };
        let (registry, engine, embedder) = (self.registry, self.engine, self.embedder);
        let all = rayon::current_num_threads();
        let (mut seeds, mut rows, mut threads) =
            (vec![self.options.seed], vec![self.options.rows], vec![all]);
        let mut scores: Vec<Scores> = vec![first.scores()];
        for i in 1..count {
            self.progress.note(&format!("repeat {} of {count}", i + 1));
            let options = EvaluateOptions {
                seed: self.options.seed.wrapping_add(i as u64),
                rows: if vary { ROWS[(i - 1) % ROWS.len()] } else { self.options.rows },
                folder: self.options.folder.join("repeats").join((i + 1).to_string()),
                floor: false,
                baseline: None,
                judge: None,
                ..self.options.clone()
            };
            let own = if vary && i % 2 == 1 { 1 } else { all };
            let made = match rayon::ThreadPoolBuilder::new().num_threads(own).build() {
                Ok(pool) if own != all => {
                    pool.install(|| evaluate(&suite, registry, engine, embedder, &options, self.progress))?
                }
                _ => evaluate(&suite, registry, engine, embedder, &options, self.progress)?,
            };
            seeds.push(options.seed);
            rows.push(options.rows);
            threads.push(own);
            scores.push(made.record.scores());
        }
        Ok(noise(&scores.iter().collect::<Vec<_>>(), seeds, rows, threads, identical))
    }
}
