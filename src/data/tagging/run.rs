//! The work itself: file by file, several at once, each written as one shard.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::{DataFrame, col, lit};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::super::query::{DataFile, DataFolder, Engine, Limits, Partitions, Strays, scan, told};
use super::super::write::{Found, OutFolder, Shard, ShardFormat, ShardWriter, open, shard_name};
use super::aside::Aside;
use super::columns::{FOUND, apart, examples};
use super::function::function;
use super::options::TagOptions;
use super::report::{Tagged, TaggedFile};
use super::tools::Tools;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::progress::Progress;

/// What a stopped tagging goes on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Unfinished {
    /// When each file of the folder was last changed, in nanoseconds since 1970.
    modified: Vec<Option<u64>>,
    /// What is done.
    tagged: Tagged,
}

/// Tags the examples of a folder; each file becomes one shard of the same name.
///
/// # Errors
/// A file cannot be read, the folder to write to holds something else, or the disk is full. What was written until then stays,
/// and `resume` goes on behind it.
pub fn tag(
    from: &DataFolder,
    tools: &Arc<Tools>,
    options: &TagOptions,
    limits: Limits,
    progress: &dyn Progress,
) -> Result<Tagged> {
    from.not_into(&options.out)?;
    from.one_shard_each(options.format)?;
    let fresh = fresh(tools, options);
    let modified = from.modified();
    let found = open::<Unfinished, Tagged>(&options.out, options.resume, "tagged data set")?;
    let (folder, mut state) = match found {
        Found::Finished(tagged) => {
            begun_alike(&tagged, &fresh, from, &options.out)?;
            if let Some(more) = from.files.get(tagged.files.len()) {
                return Err(Error::input("the file came after the tagging was finished")
                    .in_file(&more.path)
                    .help("tag into a new folder"));
            }
            tagged.shards.iter().try_for_each(|shard| shard.verify(&options.out))?;
            return Ok(tagged);
        }
        Found::Nothing(folder) => {
            let state = Unfinished { modified, tagged: fresh };
            folder.save(&state)?;
            (folder, state)
        }
        Found::Unfinished(folder, mut state) => {
            begun_alike(&state.tagged, &fresh, from, &options.out)?;
            for (i, file) in from.files.iter().take(state.tagged.files.len()).enumerate() {
                if state.modified.get(i) != modified.get(i) {
                    return Err(changed(&file.name, from));
                }
            }
            state.tagged.shards.iter().try_for_each(|shard| shard.verify(folder.path()))?;
            state.modified = modified;
            (folder, state)
        }
    };
    let engine = Engine::on(&options.place, limits, Partitions::One)?;
    let threshold = options.threshold_of(tools);
    let function = function(Arc::clone(tools));
    let work = Work { engine, function, tools: tools.digest(), folder, options, threshold };
    let left = &from.files[state.tagged.files.len()..];
    progress.start("tagging", Some(left.iter().map(|f| f.bytes).sum()));
    let done = work.all(left, &mut state, progress);
    progress.finish();
    done.map_err(|e| e.or_help("what was written stays: go on with the same command and --resume"))?;
    work.folder.finish(&state.tagged)?;
    Ok(state.tagged)
}

fn changed(file: &str, from: &DataFolder) -> Error {
    Error::input(format!("{file} was changed since the tagging was begun"))
        .in_file(&from.path)
        .help("tag into a new folder")
}

fn fresh(tools: &Tools, options: &TagOptions) -> Tagged {
    Tagged {
        version: Tagged::VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        tagger_sha256: tools.sha256().to_owned(),
        registry_sha256: tools.registry_sha256().to_owned(),
        threshold: options.threshold_of(tools).to_string(),
        retagged: options.retag,
        format: options.format.id().to_owned(),
        files: Vec::new(),
        shards: Vec::new(),
    }
}

/// What was begun must be what would be begun now.
fn begun_alike(found: &Tagged, fresh: &Tagged, from: &DataFolder, out: &Path) -> Result<()> {
    if (Tagged { files: Vec::new(), shards: Vec::new(), ..found.clone() }) != *fresh {
        return Err(Error::input(
            "the tagging was begun with other options, another classifier or another registry",
        )
        .in_file(out)
        .help("take them back, or tag into a new folder"));
    }
    for (i, done) in found.files.iter().enumerate() {
        let now = from.files.get(i);
        if now.is_none_or(|file| (&file.name, file.bytes) != (&done.path, done.bytes)) {
            return Err(changed(&done.path, from));
        }
    }
    Ok(())
}

struct Work<'a> {
    engine: Engine,
    function: ScalarUDF,
    /// Digest of what the function tags with.
    tools: String,
    folder: OutFolder,
    options: &'a TagOptions,
    threshold: f32,
}

impl Work<'_> {
    /// Several files at once; their results are taken in the folder's order.
    fn all(&self, left: &[DataFile], state: &mut Unfinished, progress: &dyn Progress) -> Result<()> {
        self.engine.wait(async {
            let mut results =
                futures::stream::iter(left).map(|file| self.file(file)).buffered(self.engine.at_once());
            let mut at = 0;
            while let Some(result) = results.next().await {
                let (file, shard) = result?;
                progress.advance(left[at].bytes);
                at += 1;
                state.tagged.files.push(file);
                state.tagged.shards.extend(shard);
                self.folder.save(&*state)?;
            }
            Ok(())
        })
    }

    /// One file, in a task of its own: plans of one partition run where they are asked.
    async fn file(&self, file: &DataFile) -> Result<(TaggedFile, Option<Shard>)> {
        let strays = Arc::new(Mutex::new(Strays::default()));
        let plan = scan(&self.engine, file, &strays).await?;
        let plan = self.planned(plan).map_err(told)?;
        let to = Target {
            folder: self.folder.path().to_owned(),
            shard: shard_name(&file.name, self.options.format),
            format: self.options.format,
        };
        let batches = plan.execute_stream().await.map_err(told)?;
        let task = tokio::spawn(write(batches, TaggedFile::new(&file.name, file.bytes), strays, to));
        let (found, shard) = task.await.map_err(|e| {
            Error::cannot_run("the tagging of a file broke down").in_file(&file.path).because(e)
        })??;
        DataFolder::alone(file).all_seen(&self.options.place, found.examples)?;
        Ok((found, shard))
    }

    /// The plan: what the function found in each example, and the columns that it leaves alone.
    ///
    /// The struct is taken apart behind the plan: within it, the optimizer would put the function's call in the place of each
    /// of the struct's fields, and every example would be looked at eleven times.
    fn planned(&self, examples: DataFrame) -> datafusion::error::Result<DataFrame> {
        let given = ["instruction", "input", "output", "_persona", "_traits", "turns"].map(col);
        let how = [lit(self.options.retag), lit(self.threshold), lit(self.tools.as_str())];
        let found = self.function.call([&given[..], &how].concat()).alias(FOUND);
        examples.select(vec![found, col("output"), col("prompt_id"), col("source"), col("licence")])
    }
}

/// Where a file's examples go.
struct Target {
    folder: PathBuf,
    shard: String,
    format: ShardFormat,
}

async fn write(
    mut batches: SendableRecordBatchStream,
    mut found: TaggedFile,
    strays: Arc<Mutex<Strays>>,
    to: Target,
) -> Result<(TaggedFile, Option<Shard>)> {
    let mut aside = Aside::new(&to.folder, &to.shard);
    let mut writer: Option<ShardWriter> = None;
    while let Some(batch) = batches.next().await {
        interrupt::check()?;
        let batch = batch.and_then(|batch| apart(&batch)).map_err(told)?;
        aside.unassigned(&batch, found.examples)?;
        found.count(&batch).map_err(told)?;
        let open = match writer.take() {
            Some(open) => open,
            None => ShardWriter::new(&to.folder, to.shard.clone(), to.format)?,
        };
        writer.insert(open).add_batch(&examples(&batch).map_err(told)?)?;
    }
    let strays = std::mem::take(&mut *strays.lock().unwrap_or_else(PoisonError::into_inner));
    aside.rejects(&strays.rejects)?;
    found.rejected = strays.rejects.len() as u64;
    found.left_out = strays.keys;
    aside.close()?;
    Ok((found, writer.map(ShardWriter::close).transpose()?))
}
