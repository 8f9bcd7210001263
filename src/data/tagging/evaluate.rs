//! How well labelled examples are told: what rules and classifier say of them, held against the personas that they have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, AsArray, RecordBatch};
use futures::StreamExt;
use rand::Rng;
use rayon::prelude::*;

use super::super::query::{DataFolder, Engine, Limits, Partitions, Strays, scan, told};
use super::super::tag::{Evaluation, Judged, Scratch, TagInput, evaluate};
use super::super::write::table;
use super::escape::escape;
use super::tools::Tools;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::persona::{Category, Registry, split_tag};
use crate::progress::Progress;
use crate::seed::Seed;

/// Examples that are judged, at most: drawn with a seed where there are more. A share of them has a standard error of 0.002 or
/// less.
const MOST: usize = 100_000;

/// Tells labelled examples as if they had no label.
///
/// Labelled are those with a control tag, or with a `_persona`, of a known persona. The source never decides.
///
/// # Errors
/// The folder cannot be read, or none of its examples is labelled.
pub fn evaluate_tags(
    from: &DataFolder,
    tools: &Tools,
    registry: &Registry,
    threshold: Option<f32>,
    seed: Seed,
    progress: &dyn Progress,
) -> Result<Evaluation> {
    let engine = Engine::new(Limits::default(), Partitions::One)?;
    let mut drawn = Drawn { all: Vec::new(), seen: 0, random: seed.child("examples").rng() };
    let mut places: HashMap<String, usize> = HashMap::new();
    progress.start("telling the labelled examples", Some(from.files.iter().map(|f| f.bytes).sum()));
    let read = engine.wait(async {
        for file in &from.files {
            let strays: Arc<Mutex<Strays>> = Arc::default();
            let mut batches = scan(&engine, file, &strays).await?.execute_stream().await.map_err(told)?;
            while let Some(batch) = batches.next().await {
                interrupt::check()?;
                let batch = batch.map_err(told)?;
                for (name, judged) in tell(&batch, tools, registry) {
                    let next = places.len();
                    let place = *places.entry(name).or_insert(next);
                    drawn.add(Judged { source: place, ..judged });
                }
            }
            progress.advance(file.bytes);
        }
        Ok(())
    });
    progress.finish();
    read?;
    if drawn.all.is_empty() {
        return Err(Error::input("none of the examples has a persona to hold the tagger's against")
            .in_file(&from.path)
            .expected("a control tag or a `_persona` of the registry"));
    }
    let threshold = threshold.unwrap_or_else(|| tools.tagger().classifier().threshold());
    let mut sources: Vec<(String, usize)> = places.into_iter().collect();
    sources.sort_by_key(|(_, place)| *place);
    let sources: Vec<String> = sources.into_iter().map(|(name, _)| name).collect();
    evaluate(&drawn.all, &sources, threshold, seed)
}

/// A sample of a stream, each of which has the same chance (Vitter 1985, algorithm R).
struct Drawn<R> {
    all: Vec<Judged>,
    seen: usize,
    random: R,
}

impl<R: Rng> Drawn<R> {
    fn add(&mut self, judged: Judged) {
        self.seen += 1;
        if self.all.len() < MOST {
            self.all.push(judged);
        } else if let Some(place) = self.all.get_mut(self.random.random_range(0..self.seen)) {
            *place = judged;
        }
    }
}

/// What is said of the labelled examples of a batch, with the names of their sources.
fn tell(batch: &RecordBatch, tools: &Tools, registry: &Registry) -> Vec<(String, Judged)> {
    let text = |column: usize| batch.column(column).as_string::<i32>();
    let (instructions, inputs, outputs, personas, sources) = (text(0), text(1), text(2), text(3), text(7));
    let turns = batch.column(5).as_list::<i32>();
    let category = |id: &str| {
        let of = registry.get(id)?.category;
        Category::ALL.iter().position(|category| *category == of)
    };
    let one = |scratch: &mut Scratch, i: usize| {
        let tag = split_tag(instructions.value(i)).filter(|(id, _)| tools.knows(id));
        let named = personas.is_valid(i).then(|| personas.value(i));
        let label = category(tag.map(|(id, _)| id).or(named)?)?;
        // The same texts as `data tag` shows it.
        let (instruction, _) = escape(tag.map_or(instructions.value(i), |(_, text)| text));
        let (input, _) = escape(inputs.value(i));
        let before = table::turns_of(turns, i);
        let example =
            TagInput { instruction: &instruction, input: &input, output: outputs.value(i), turns: &before };
        let said = tools.tagger().find(&example, scratch);
        // Of a text without words nothing is said: it counts as the label's neighbour, with no confidence.
        let predicted = said.persona.and_then(category).unwrap_or((label + 1) % Category::ALL.len());
        let judged = Judged {
            source: 0,
            category: label,
            predicted,
            confidence: f64::from(said.confidence),
            by: said.by,
        };
        Some((sources.value(i).to_owned(), judged))
    };
    let all: Vec<_> = (0..batch.num_rows()).into_par_iter().map_init(Scratch::default, one).collect();
    all.into_iter().flatten().collect()
}
