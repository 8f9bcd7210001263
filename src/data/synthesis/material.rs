//! What the folder of real examples gives: prompts, answers to be measured by, and how many there are of whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use twox_hash::XxHash64;

use super::super::query::{DataFolder, Engine, Limits, Partitions, Strays, scan, told};
use super::super::row::{Row, SYNTHETIC};
use super::super::write::table;
use super::demand::Demand;
use super::known::Known;
use super::prompt_pool::PromptPool;
use super::seed_prompt::SeedPrompt;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::persona::{Category, Registry, split_tag};
use crate::progress::Progress;
use crate::seed::Seed;
use crate::style::{Language, Markup, Text, language};

/// Prompts of a persona, and of a category, that are kept to draw from.
const MOST_PROMPTS: usize = 50_000;
/// Answers of a persona that instruments are tried on and voices are taken from.
const MOST_ANSWERS: usize = 200;
/// Bytes of a conversation up to the answer from which it is no prompt to write to: what is said so late in it hangs on all
/// that came before, and a small model loses the thread.
const LONGEST_PROMPT: usize = 4000;

/// A folder of real examples, read once.
pub(super) struct Material {
    /// Those of the demand; one that has no examples is there too.
    pub own: BTreeMap<String, Own>,
    /// Prompts by category.
    pub categories: BTreeMap<Category, PromptPool>,
    /// Some real answers of every persona.
    pub answers: BTreeMap<String, Vec<String>>,
    /// Prompts that are not asked, by the reason.
    pub left_out: BTreeMap<String, u64>,
    /// Real answers of the demand's personas, and the suites' passages.
    pub known: Known,
}

/// What there is of one persona.
pub(super) struct Own {
    pub real: u64,
    pub synthetic: u64,
    pub prompts: PromptPool,
    /// Words of each real answer.
    pub words: Vec<u32>,
}

/// Answers with the lowest hashes: the same ones in whatever order they come.
#[derive(Default)]
struct Sample(BTreeSet<(u64, String)>);

impl Sample {
    fn add(&mut self, answer: &str) {
        let hash = XxHash64::oneshot(0, answer.as_bytes());
        let full = self.0.len() >= MOST_ANSWERS;
        if full && self.0.last().is_some_and(|(most, _)| hash > *most) {
            return;
        }
        self.0.insert((hash, answer.to_owned()));
        if self.0.len() > MOST_ANSWERS {
            self.0.pop_last();
        }
    }
}

impl Material {
    /// Reads a folder.
    ///
    /// # Errors
    /// A file cannot be read, or no example has a control tag.
    pub fn read(
        from: &DataFolder,
        demand: &Demand,
        registry: &Registry,
        seed: u64,
        known: Known,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let mut reader = Reader {
            registry,
            seed: Seed(seed).child("prompts"),
            tagged: 0,
            samples: BTreeMap::new(),
            material: Self {
                own: BTreeMap::new(),
                categories: BTreeMap::new(),
                answers: BTreeMap::new(),
                left_out: BTreeMap::new(),
                known,
            },
        };
        for (id, _) in demand.iter() {
            let pool = || PromptPool::new(reader.seed, MOST_PROMPTS);
            let own = Own { real: 0, synthetic: 0, prompts: pool(), words: Vec::new() };
            reader.material.own.insert(id.to_owned(), own);
            reader.material.categories.entry(registry.persona(id)?.category).or_insert_with(pool);
        }
        let engine = Engine::new(Limits::default(), Partitions::One)?;
        progress.start("reading the examples", Some(from.files.iter().map(|f| f.bytes).sum()));
        let read = engine.wait(async {
            for file in &from.files {
                let strays = Arc::new(Mutex::new(Strays::default()));
                let mut batches = scan(&engine, file, &strays).await?.execute_stream().await.map_err(told)?;
                while let Some(batch) = batches.next().await {
                    interrupt::check()?;
                    table::rows(&batch.map_err(told)?).iter().for_each(|row| reader.add(row));
                }
                progress.advance(file.bytes);
            }
            Ok(())
        });
        progress.finish();
        read?;
        if reader.tagged == 0 {
            return Err(Error::input("no example there has the control tag of a known persona")
                .in_file(&from.path)
                .expected("`<persona:ID>` and a line feed before the user's text")
                .help("tag the data first: persona-eval data tag"));
        }
        let answers = |sample: Sample| sample.0.into_iter().map(|(_, answer)| answer).collect();
        reader.material.answers =
            reader.samples.into_iter().map(|(id, sample)| (id, answers(sample))).collect();
        Ok(reader.material)
    }
}

struct Reader<'a> {
    registry: &'a Registry,
    seed: Seed,
    tagged: u64,
    samples: BTreeMap<String, Sample>,
    material: Material,
}

impl Reader<'_> {
    fn add(&mut self, row: &Row) {
        let tag = split_tag(&row.instruction).and_then(|(id, _)| self.registry.get(id));
        let Some(persona) = tag else { return };
        self.tagged += 1;
        let synthetic = row.source.starts_with(SYNTHETIC);
        let own = self.material.own.get_mut(&persona.id);
        let is_own = own.is_some();
        if let Some(own) = own {
            self.material.known.add(&row.output);
            if synthetic {
                own.synthetic += 1;
            } else {
                own.real += 1;
                own.words.push(u32::try_from(Text::new(&row.output).words().len()).unwrap_or(u32::MAX));
            }
        }
        // What was written by a machine neither says how a persona writes nor what people ask.
        if synthetic {
            return;
        }
        self.samples.entry(persona.id.clone()).or_default().add(&row.output);
        // What others were asked in the middle of a talk makes no sense without their answers.
        if !self.material.categories.contains_key(&persona.category) || (!is_own && !row.turns.is_empty()) {
            return;
        }
        let prompt = SeedPrompt::of(row);
        if let Some(why) = self.unfit(&prompt) {
            *self.material.left_out.entry(why.to_owned()).or_default() += 1;
            return;
        }
        if row.turns.is_empty()
            && let Some(pool) = self.material.categories.get_mut(&persona.category)
        {
            pool.add(prompt.clone());
        }
        if let Some(own) = self.material.own.get_mut(&persona.id) {
            own.prompts.add(prompt);
        }
    }

    /// Why a prompt is not asked.
    fn unfit(&mut self, prompt: &SeedPrompt) -> Option<&'static str> {
        if prompt.bytes() > LONGEST_PROMPT {
            return Some("long");
        }
        let text = prompt.user_text();
        if language(&Text::new(&text), &Markup::of(&text)) == Some(Language::Other) {
            return Some("language");
        }
        let said = prompt.turns.iter().flat_map(|(user, assistant)| [user.as_str(), assistant.as_str()]);
        let leaks = self.material.known.asks(said.chain([text.as_str(), prompt.text.as_str()]));
        leaks.then_some("leak")
    }
}
