//! The work: look at all examples in their order, then write those that stay.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;

use super::super::query::{DataFile, DataFolder, Engine, Partitions, Strays, scan, told};
use super::super::write::{OutFolder, Shard, open_new};
use super::finding::Findings;
use super::kept::Kept;
use super::report::{Audit, AuditOptions};
use super::sift::Sift;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::overlap::{LEAST, Leaks, Passage};
use crate::progress::Progress;

/// Audits the examples of a folder against the passages of suites.
///
/// # Errors
/// The examples cannot be read, the folder to write to is not empty, or the disk is full.
pub fn audit(
    from: &DataFolder,
    passages: Vec<Passage>,
    options: &AuditOptions,
    progress: &dyn Progress,
) -> Result<Audit> {
    from.not_into(&options.out)?;
    for (name, value, least) in [
        ("the Jaccard index of near-copies", options.near, LEAST),
        ("the share of a leak", options.leak_share, 0.01),
    ] {
        if !(least..=1.0).contains(&value) {
            return Err(Error::input(format!("{name} is {value}")).expected(format!("{least} to 1")));
        }
    }
    if !options.remove.is_empty() {
        from.one_shard_each(options.format)?;
    }
    let mut suites = BTreeMap::new();
    passages.iter().for_each(|p| *suites.entry(p.suite.clone()).or_default() += 1);
    let leaks = Leaks::new(passages, options.leak_share);
    let engine = Engine::new(options.limits, Partitions::One)?;
    let folder = open_new(&options.out, "audit")?;
    let found = Audit::new(options, suites);
    folder.save(&found)?;
    let sift = Sift::new(options, &leaks, found, Findings::new(folder.path())?);
    progress.start("looking at the examples", Some(from.files.iter().map(|f| f.bytes).sum()));
    let looked = engine.wait(looked(&engine, from, sift, progress));
    progress.finish();
    let (mut found, removed) = looked?;
    if !options.remove.is_empty() {
        progress.start("writing what is kept", Some(from.files.iter().map(|f| f.bytes).sum()));
        let shards = engine.wait(kept(&engine, from, (&found, removed), (&folder, options), progress));
        progress.finish();
        found.shards = shards?;
    }
    folder.finish(&found)?;
    Ok(found)
}

async fn looked(
    engine: &Engine,
    from: &DataFolder,
    mut sift: Sift<'_>,
    progress: &dyn Progress,
) -> Result<(Audit, Vec<Vec<u64>>)> {
    for file in &from.files {
        sift.begin(&file.name);
        let strays = Arc::new(Mutex::new(Strays::default()));
        let mut batches = scan(engine, file, &strays).await?.execute_stream().await.map_err(told)?;
        while let Some(batch) = batches.next().await {
            interrupt::check()?;
            sift.add(&batch.map_err(told)?)?;
        }
        sift.strays(std::mem::take(&mut *strays.lock().unwrap_or_else(PoisonError::into_inner)))?;
        progress.advance(file.bytes);
    }
    sift.end()
}

/// Several files at once; their shards stand in the folder's order.
async fn kept(
    engine: &Engine,
    from: &DataFolder,
    (found, removed): (&Audit, Vec<Vec<u64>>),
    (folder, options): (&OutFolder, &AuditOptions),
    progress: &dyn Progress,
) -> Result<Vec<Shard>> {
    let one = |((file, bits), examples): ((&DataFile, Vec<u64>), u64)| {
        let kept = Kept {
            folder: folder.path().to_owned(),
            format: options.format,
            file: file.clone(),
            removed: bits,
            examples,
        };
        async move {
            let batches =
                scan(engine, &kept.file, &Arc::default()).await?.execute_stream().await.map_err(told)?;
            let (path, bytes) = (kept.file.path.clone(), kept.file.bytes);
            // In a task of its own: plans of one partition run where they are asked.
            let shard = tokio::spawn(kept.write(batches)).await.map_err(|e| {
                Error::cannot_run("the writing of a file broke down").in_file(&path).because(e)
            })?;
            Ok::<_, Error>((shard?, bytes))
        }
    };
    let examples = found.files.iter().map(|f| f.examples);
    let all = from.files.iter().zip(removed).zip(examples);
    let mut results = futures::stream::iter(all).map(one).buffered(options.limits.threads.max(1));
    let mut shards = Vec::new();
    while let Some(result) = results.next().await {
        let (shard, bytes) = result?;
        shards.extend(shard);
        progress.advance(bytes);
    }
    Ok(shards)
}
