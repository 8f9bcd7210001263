//! Which examples there are: the cell and the content of each, once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use datafusion::prelude::col;
use futures::StreamExt;

use super::super::mix::Cell;
use super::super::query::{DataFolder, Engine, Strays, content, scan_all, told};
use crate::error::Result;
use crate::interrupt;

/// The unique examples of a data set.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Contents by cell, ascending.
    pub cells: BTreeMap<Cell, Vec<u64>>,
    /// Examples without a persona, which are in no mixture.
    pub unassigned: u64,
    /// Examples that say what another one says, word for word: they count once.
    pub copies: u64,
}

/// Reads personas, traits and contents; `required` are the traits that cells tell apart.
pub(super) async fn gather(
    engine: &Engine,
    folder: &DataFolder,
    required: &[String],
    strays: &Arc<Mutex<Strays>>,
) -> Result<Gathered> {
    let hash = content().call(["instruction", "input", "output", "turns"].map(col).into());
    let plan = scan_all(engine, folder, strays)
        .await?
        .select(vec![col("_persona"), col("_traits"), hash.alias("content")])
        .map_err(told)?;
    let mut found = Gathered::default();
    let mut batches = plan.execute_stream().await.map_err(told)?;
    while let Some(batch) = batches.next().await {
        interrupt::check()?;
        add(&mut found, &batch.map_err(told)?, required);
    }
    for contents in found.cells.values_mut() {
        contents.sort_unstable();
        let before = contents.len();
        contents.dedup();
        found.copies += (before - contents.len()) as u64;
    }
    found.copies += one_cell_each(&mut found.cells);
    Ok(found)
}

fn add(found: &mut Gathered, batch: &RecordBatch, required: &[String]) {
    let personas = batch.column(0).as_string::<i32>();
    let traits = batch.column(1).as_list::<i32>();
    let contents = batch.column(2).as_primitive::<UInt64Type>();
    for i in 0..batch.num_rows() {
        if personas.is_null(i) {
            found.unassigned += 1;
            continue;
        }
        let shown = traits.value(i);
        let shows = |name: &String| shown.as_string::<i32>().iter().flatten().any(|t| t == name);
        let bits =
            required.iter().enumerate().filter(|(_, t)| shows(t)).fold(0, |bits, (k, _)| bits | 1 << k);
        let cell = Cell { persona: personas.value(i).to_owned(), traits: bits };
        match found.cells.get_mut(&cell) {
            Some(all) => all.push(contents.value(i)),
            None => _ = found.cells.insert(cell, vec![contents.value(i)]),
        }
    }
}

/// The same words may stand under two personas: the first cell keeps them, or an example would be drawn twice.
fn one_cell_each(cells: &mut BTreeMap<Cell, Vec<u64>>) -> u64 {
    let mut all: Vec<u64> = cells.values().flatten().copied().collect();
    all.sort_unstable();
    let mut twice: Vec<u64> = all.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect();
    twice.dedup();
    if twice.is_empty() {
        return 0;
    }
    let (mut seen, mut dropped) = (vec![false; twice.len()], 0);
    for contents in cells.values_mut() {
        contents.retain(|content| match twice.binary_search(content) {
            Ok(at) if std::mem::replace(&mut seen[at], true) => {
                dropped += 1;
                false
            }
            _ => true,
        });
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_under_two_personas_is_kept_once() {
        let cell = |persona: &str| Cell { persona: persona.into(), traits: 0 };
        let mut cells: BTreeMap<Cell, Vec<u64>> =
            [(cell("a"), vec![1, 2, 3]), (cell("b"), vec![2, 3, 4]), (cell("c"), vec![3])].into();
        assert_eq!(one_cell_each(&mut cells), 3);
        let left: Vec<Vec<u64>> = cells.into_values().collect();
        assert_eq!(left, [vec![1, 2, 3], vec![4], vec![]]);
    }
}
