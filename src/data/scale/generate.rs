//! The rows, in blocks: each hangs on the seed and its place alone, so that the number of threads changes nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::Row;
use super::super::query::{DataFolder, Engine, Limits, Partitions, Strays, scan, told};
use super::super::write::{OutFolder, Shard, ShardFormat, ShardWriter, open_new, table};
use super::pieces::Pieces;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::progress::Progress;

/// Rows of a block.
const BLOCK: usize = 4096;
/// Spread of the answers' lengths: of their logarithm, as of chat answers in published sets, whose quarters lie about a factor
/// of two around the median.
const SPREAD: f64 = 0.7;
/// Longest answer in words.
const LONGEST: f64 = 2000.0;

/// What is made.
#[derive(Debug, Clone)]
pub struct ScaleOptions {
    /// Folder of the shards, a new or an empty one.
    pub out: PathBuf,
    /// How they are written.
    pub format: ShardFormat,
    /// Rows.
    pub rows: u64,
    /// Median of the answers' words.
    pub words: usize,
    /// Rows of a shard.
    pub rows_per_shard: usize,
    /// Seed: the same gives the same bytes.
    pub seed: u64,
    /// Whether rows keep the persona of the examples that they are made of.
    pub with_personas: bool,
    /// Share of the rows that are an earlier one with few words changed.
    pub near_copies: f64,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaled {
    /// Version of this file's layout.
    pub version: u32,
    /// That nobody may take it for data.
    pub made_by: String,
    /// Seed.
    pub seed: u64,
    /// Examples that it was made of.
    pub made_of: u64,
    /// Files written.
    pub shards: Vec<Shard>,
}

/// Makes rows from the examples of a folder.
///
/// # Errors
/// The folder has no examples, the other one is not empty, or the disk is full.
pub fn make_scale(from: &DataFolder, options: &ScaleOptions, progress: &dyn Progress) -> Result<Scaled> {
    from.not_into(&options.out)?;
    let (pieces, made_of) = pieces(from)?;
    if pieces.is_empty() {
        return Err(Error::input("the folder holds no examples to make rows of").in_file(&from.path));
    }
    let folder = open_new(&options.out, "data set")?;
    let mut scaled = Scaled {
        version: 1,
        made_by: "data make-scale: sentences in random order, to measure with".to_owned(),
        seed: options.seed,
        made_of,
        shards: Vec::new(),
    };
    folder.save(&scaled)?;
    progress.start("making rows", Some(options.rows));
    let done = write(&folder, &pieces, options, &mut scaled, progress);
    progress.finish();
    done?;
    folder.finish(&scaled)?;
    Ok(scaled)
}

fn pieces(from: &DataFolder) -> Result<(Pieces, u64)> {
    let engine = Engine::new(Limits::default(), Partitions::One)?;
    let (mut pieces, mut count) = (Pieces::default(), 0);
    engine.wait(async {
        for file in &from.files {
            let strays = Arc::new(Mutex::new(Strays::default()));
            let mut batches = scan(&engine, file, &strays).await?.execute_stream().await.map_err(told)?;
            while let Some(batch) = batches.next().await {
                interrupt::check()?;
                let batch = batch.map_err(told)?;
                count += batch.num_rows() as u64;
                table::rows(&batch).iter().for_each(|row| pieces.add(row));
            }
        }
        Ok(())
    })?;
    Ok((pieces, count))
}

fn write(
    folder: &OutFolder,
    pieces: &Pieces,
    options: &ScaleOptions,
    scaled: &mut Scaled,
    progress: &dyn Progress,
) -> Result<()> {
    let (source, licence): (Arc<str>, Arc<str>) = ("make-scale".into(), "not for training".into());
    let made = |place: u64| -> Row {
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        random.set_stream(place);
        // The sum of twelve even numbers is as good as normal here.
        let normal: f64 = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let words = (options.words as f64 * (SPREAD * normal).exp()).clamp(1.0, LONGEST) as usize;
        let mut row = pieces.row(words, &mut random, &source, &licence);
        if !options.with_personas {
            row.persona = None;
        }
        row
    };
    let copied = |place: u64| -> (Option<u64>, ChaCha8Rng) {
        let mut random = ChaCha8Rng::seed_from_u64(!options.seed);
        random.set_stream(place);
        let copies = place > 0 && random.random::<f64>() < options.near_copies;
        (copies.then(|| random.random_range(0..place)), random)
    };
    let row = |block: u64, i: usize| -> Row {
        let place = block * BLOCK as u64 + i as u64;
        let (first, mut random) = copied(place);
        let Some(mut of) = first else { return made(place) };
        while let (Some(earlier), _) = copied(of) {
            of = earlier;
        }
        let mut row = made(of);
        change(&mut row.output, &mut random);
        row
    };
    let (mut done, mut block) = (0, 0);
    let mut shard: Option<ShardWriter> = None;
    while done < options.rows {
        interrupt::check()?;
        let wanted = usize::try_from(options.rows - done).unwrap_or(BLOCK).min(BLOCK);
        let rows: Vec<Row> = (0..wanted).into_par_iter().map(|i| row(block, i)).collect();
        for row in rows {
            let open = match shard.take() {
                Some(open) => open,
                None => {
                    let name = format!("scale-{:05}.{}", scaled.shards.len(), options.format.id());
                    ShardWriter::new(folder.path(), name, options.format)?
                }
            };
            let open = shard.insert(open);
            open.add(row)?;
            if open.rows() >= options.rows_per_shard
                && let Some(full) = shard.take()
            {
                scaled.shards.push(full.close()?);
            }
        }
        done += wanted as u64;
        block += 1;
        progress.advance(wanted as u64);
    }
    scaled.shards.extend(shard.map(ShardWriter::close).transpose()?);
    Ok(())
}

/// Puts another word in the place of every fiftieth, on average.
fn change(text: &mut String, random: &mut impl Rng) {
    let words = text.split(' ').map(|word| if random.random_range(0..50) == 0 { "otherwise" } else { word });
    *text = words.collect::<Vec<_>>().join(" ");
}
