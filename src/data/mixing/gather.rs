//! Which examples there are: the cell of each, once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use datafusion::prelude::{Expr, col};
use futures::StreamExt;

use super::super::query::{DataFolder, Engine, Strays, content, copy, scan_all, tagged, told};
use super::super::row::SYNTHETIC;
use crate::curriculum::Cell;
use crate::error::Result;
use crate::interrupt;

/// What an example is known by: what it says, and which of those it is that say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub content: u64,
    pub copy: u64,
}

/// The unique examples of a data set.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Examples by cell, ascending.
    pub cells: BTreeMap<Cell, Vec<Key>>,
    /// Examples without a control tag, which are in no mixture.
    pub untagged: u64,
    /// Examples that say what another one says, word for word: they count once.
    pub copies: u64,
    /// Examples of a persona that were written by a machine.
    pub synthetic: BTreeMap<String, u64>,
}

/// Both parts of a key, as columns.
pub(super) fn key() -> [Expr; 2] {
    let said = ["instruction", "input", "output", "turns"].map(col).into();
    let rest = ["instruction", "_persona", "_traits", "prompt_id", "source", "licence"].map(col).into();
    [content().call(said).alias("content"), copy().call(rest).alias("copy")]
}

/// Reads tags, traits and keys; `required` are the traits that cells tell apart.
pub(super) async fn gather(
    engine: &Engine,
    folder: &DataFolder,
    required: &[String],
    strays: &Arc<Mutex<Strays>>,
) -> Result<Gathered> {
    let tag = tagged().call(vec![col("instruction")]).alias("tag");
    let plan = scan_all(engine, folder, strays)
        .await?
        .select([&[tag, col("_traits")][..], &key(), &[col("source")]].concat())
        .map_err(told)?;
    let (mut found, mut all) = (Gathered::default(), All::default());
    let mut batches = plan.execute_stream().await.map_err(told)?;
    while let Some(batch) = batches.next().await {
        interrupt::check()?;
        found.untagged += all.add(&batch.map_err(told)?, required);
    }
    // Of those that say the same, the least key stays, wherever they stand.
    all.keys.sort_unstable();
    let before = all.keys.len();
    folder.all_seen(engine.place(), before as u64 + found.untagged)?;
    all.keys.dedup_by_key(|(key, ..)| key.content);
    found.copies = (before - all.keys.len()) as u64;
    let mut cells: Vec<Vec<Key>> = vec![Vec::new(); all.places.len()];
    let mut personas = vec![""; all.places.len()];
    all.places.iter().for_each(|(cell, at)| personas[*at as usize] = &cell.persona);
    for (key, place, synthetic) in all.keys {
        cells[place as usize].push(key);
        if synthetic {
            *found.synthetic.entry(personas[place as usize].to_owned()).or_default() += 1;
        }
    }
    found.cells =
        all.places.into_iter().map(|(cell, at)| (cell, std::mem::take(&mut cells[at as usize]))).collect();
    found.cells.retain(|_, keys| !keys.is_empty());
    Ok(found)
}

/// All examples, copies too, with the place of their cell and whether they were written by a machine.
#[derive(Debug, Default)]
struct All {
    places: BTreeMap<Cell, u32>,
    keys: Vec<(Key, u32, bool)>,
}

impl All {
    /// Adds a batch; how many of it have no tag.
    fn add(&mut self, batch: &RecordBatch, required: &[String]) -> u64 {
        let tags = batch.column(0).as_string::<i32>();
        let traits = batch.column(1).as_list::<i32>();
        let contents = batch.column(2).as_primitive::<UInt64Type>();
        let copies = batch.column(3).as_primitive::<UInt64Type>();
        let sources = batch.column(4).as_string::<i32>();
        let mut untagged = 0;
        for i in 0..batch.num_rows() {
            if tags.is_null(i) {
                untagged += 1;
                continue;
            }
            let shown = traits.value(i);
            let shows = |name: &String| shown.as_string::<i32>().iter().flatten().any(|t| t == name);
            let bits =
                required.iter().enumerate().filter(|(_, t)| shows(t)).fold(0, |bits, (k, _)| bits | 1 << k);
            let cell = Cell { persona: tags.value(i).to_owned(), traits: bits };
            let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
            let place = *self.places.entry(cell).or_insert(next);
            let key = Key { content: contents.value(i), copy: copies.value(i) };
            self.keys.push((key, place, sources.value(i).starts_with(SYNTHETIC)));
        }
        untagged
    }
}
