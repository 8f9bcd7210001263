//! The work: count, plan, draw, and write each phase in its order.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::datatypes::{UInt32Type, UInt64Type};
use datafusion::common::JoinType;
use datafusion::prelude::{DataFrame, Expr, col};
use futures::StreamExt;
use serde::Serialize;

use super::super::query::{DataFolder, Engine, Limits, Partitions, Place, Strays, give, scan_all, told};
use super::super::write::{OutFolder, Shard, ShardFormat, ShardWriter, open_new, table};
use super::draw::{Drawn, draw};
use super::gather::{gather, key};
use crate::curriculum::{Config, Mixture, PhasePlan, phase_folder, plan};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::progress::Progress;

/// How a mixture is made.
#[derive(Debug, Clone)]
pub struct MixOptions {
    /// Folder of the phases' shards, a new or an empty one.
    pub out: PathBuf,
    /// How they are written.
    pub format: ShardFormat,
    /// Rows of a shard.
    pub rows_per_shard: usize,
    /// Where it is made.
    pub place: Place,
    /// Memory and threads.
    pub limits: Limits,
    /// SHA-256 of the configuration's file, for the manifest.
    pub config_sha256: String,
}

/// What was mixed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mixed {
    /// Version of this file's layout.
    pub version: u32,
    /// SHA-256 of the configuration.
    pub config_sha256: String,
    /// Seed of the draw.
    pub seed: u64,
    /// Examples without a control tag: in no mixture.
    pub untagged: u64,
    /// Examples that say what another one says, word for word: counted once.
    pub copies: u64,
    /// Lines that are no examples.
    pub rejected: u64,
    /// What was wanted of each phase, and what could be had.
    pub mixture: Mixture,
    /// The files written, phase by phase.
    pub shards: Vec<Shard>,
}

/// Mixes the tagged examples of a folder into the phases of a configuration.
///
/// # Errors
/// The examples cannot be read, there are none for a phase, the folder to write to is not empty, or the disk is full.
pub fn mix(
    from: &DataFolder,
    config: &Config,
    options: &MixOptions,
    progress: &dyn Progress,
) -> Result<Mixed> {
    from.not_into(&options.out)?;
    let engine = Engine::on(&options.place, options.limits, Partitions::Threads)?;
    let strays = Arc::new(Mutex::new(Strays::default()));
    progress.start("counting the examples", None);
    let required: Vec<String> = config.trait_requirements.iter().map(|(t, _)| t.id().to_owned()).collect();
    let gathered = engine.wait(gather(&engine, from, &required, &strays));
    progress.finish();
    let gathered = gathered?;
    let counts = gathered.cells.iter().map(|(cell, all)| (cell.clone(), all.len() as u64)).collect();
    let plans = plan(config, &counts, &gathered.synthetic)?;
    let mut drawn = Vec::new();
    for (phase, plan) in (0..).zip(&plans) {
        drawn.extend(draw(&gathered.cells, &plan.cells, config.seed, phase));
    }
    let rejected = strays.lock().unwrap_or_else(PoisonError::into_inner).rejects.len() as u64;
    let mut mixed = Mixed {
        version: 1,
        config_sha256: options.config_sha256.clone(),
        seed: config.seed,
        untagged: gathered.untagged,
        copies: gathered.copies,
        rejected,
        mixture: Mixture::of(&plans),
        shards: Vec::new(),
    };
    drop(gathered);
    // Not before: a configuration that cannot be met should leave no folder.
    let folder = open_new(&options.out, "mixture")?;
    folder.save(&mixed)?;
    progress.start("writing the phases", Some(drawn.len() as u64));
    let written = engine.wait(write(&engine, from, drawn, (&plans, options), &folder, progress));
    progress.finish();
    mixed.shards = written?;
    folder.finish(&mixed)?;
    Ok(mixed)
}

/// Joins the drawn with their examples, sorts them into their order and writes them.
async fn write(
    engine: &Engine,
    from: &DataFolder,
    drawn: Vec<Drawn>,
    (plans, options): (&[PhasePlan], &MixOptions),
    folder: &OutFolder,
    progress: &dyn Progress,
) -> Result<Vec<Shard>> {
    let expected = drawn.len();
    let all = scan_all(engine, from, &Arc::default()).await?;
    let lots = give(engine, lots(&drawn)?, folder.path()).await?;
    let sorted = ordered(all, lots.frame.clone()).map_err(told)?;
    drop(drawn);
    let mut batches = sorted.execute_stream().await.map_err(told)?;
    let (mut shards, mut last, mut written) = (Vec::new(), None, 0);
    let mut open: Option<(u32, usize, ShardWriter)> = None;
    while let Some(batch) = batches.next().await {
        interrupt::check()?;
        let batch = batch.map_err(told)?;
        for (phase, rows) in runs(&batch, &mut last)? {
            let mut rows = rows;
            while rows.num_rows() > 0 {
                let (shard_phase, mut number, mut writer) = match open.take() {
                    Some((was, number, writer)) if was == phase => (was, number, Some(writer)),
                    Some((_, _, writer)) => {
                        shards.push(writer.close()?);
                        (phase, 0, None)
                    }
                    None => (phase, 0, None),
                };
                if let Some(full) = writer.take_if(|w| w.rows() >= options.rows_per_shard) {
                    shards.push(full.close()?);
                    number += 1;
                }
                let mut writer = match writer {
                    Some(writer) => writer,
                    None => {
                        let name = shard_name(&plans[phase as usize].name, phase, number, options.format);
                        ShardWriter::new(folder.path(), name, options.format)?
                    }
                };
                let room = (options.rows_per_shard - writer.rows()).min(rows.num_rows());
                writer.add_batch(&rows.slice(0, room))?;
                written += room;
                progress.advance(room as u64);
                rows = rows.slice(room, rows.num_rows() - room);
                open = Some((shard_phase, number, writer));
            }
        }
    }
    shards.extend(open.map(|(_, _, writer)| writer.close()).transpose()?);
    if written != expected {
        return Err(Error::cannot_run(format!("{expected} examples were drawn, {written} written"))
            .help("the data set was changed while it was mixed; if not, this is a mistake of the program"));
    }
    Ok(shards)
}

/// `1-foundation/00000.parquet`.
fn shard_name(phase: &str, place: u32, number: usize, format: ShardFormat) -> String {
    format!("{}/{number:05}.{}", phase_folder(place as usize, phase), format.id())
}

/// The drawn as a table.
fn lots(drawn: &[Drawn]) -> Result<RecordBatch> {
    let number =
        |of: fn(&Drawn) -> u64| -> ArrayRef { Arc::new(UInt64Array::from_iter_values(drawn.iter().map(of))) };
    let phases: ArrayRef = Arc::new(UInt32Array::from_iter_values(drawn.iter().map(|d| d.phase)));
    let columns: [(&str, ArrayRef); 4] = [
        ("phase", phases),
        ("order", number(|d| d.order)),
        ("lot_content", number(|d| d.key.content)),
        ("lot_copy", number(|d| d.key.copy)),
    ];
    RecordBatch::try_from_iter(columns)
        .map_err(|e| Error::cannot_run("the drawn examples make no table").because(e))
}

/// The drawn examples, in the order of their phases. Examples that are alike in every column stand beside each other.
fn ordered(all: DataFrame, lots: DataFrame) -> datafusion::error::Result<DataFrame> {
    let columns: Vec<Expr> = table::schema().fields().iter().map(|f| col(f.name())).collect();
    let all = all.select([&columns[..], &key()].concat())?;
    let by = ["phase", "order"].map(|name| col(name).sort(true, false));
    // The left side is held in memory.
    lots.join(all, JoinType::Inner, &["lot_content", "lot_copy"], &["content", "copy"], None)?.sort(by.into())
}

/// The rows of a batch by phase, of copies the first alone.
fn runs(batch: &RecordBatch, last: &mut Option<(u32, u64)>) -> Result<Vec<(u32, RecordBatch)>> {
    let named = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| Error::cannot_run(format!("the plan has no column {name}")))
    };
    let phases = named("phase")?.as_primitive::<UInt32Type>();
    let orders = named("order")?.as_primitive::<UInt64Type>();
    let keep: arrow::array::BooleanArray = (0..batch.num_rows())
        .map(|i| {
            let place = (phases.value(i), orders.value(i));
            Some(last.replace(place) != Some(place))
        })
        .collect();
    let schema = table::schema();
    let columns = schema.fields().iter().map(|f| named(f.name()).cloned()).collect::<Result<Vec<_>>>()?;
    let broken = |e| Error::cannot_run("the plan's rows do not fit the examples' columns").because(e);
    let rows = RecordBatch::try_new(schema, columns).map_err(broken)?;
    let rows = arrow::compute::filter_record_batch(&rows, &keep).map_err(broken)?;
    let kept: Vec<u32> =
        phases.values().iter().zip(keep.values().iter()).filter(|(_, keep)| *keep).map(|(p, _)| *p).collect();
    let mut parts = Vec::new();
    let mut from = 0;
    for part in kept.chunk_by(|a, b| a == b) {
        parts.push((part[0], rows.slice(from, part.len())));
        from += part.len();
    }
    Ok(parts)
}
