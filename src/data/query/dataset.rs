//! A folder of examples: the shards of an import, or files of JSON lines and Parquet.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use parquet::file::reader::{FileReader, SerializedFileReader};

use super::super::write::{
    FINDINGS, MANIFEST, PROVENANCE, REFUSED, Shard, ShardFormat, UNFINISHED, shard_name, shards_in,
};
use super::place::Place;
use crate::error::{Error, IoContext, Result};

/// How a file holds its examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum Kind {
    /// Columns of the schema.
    Parquet,
    /// One object of the specification's schema a line.
    Lines,
}

/// One file of examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::data) struct DataFile {
    /// Its path from the folder, with `/`.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// How it is read.
    pub kind: Kind,
}

/// A folder of examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder {
    /// Where it lies.
    pub path: PathBuf,
    /// Its files, sorted by name.
    pub(in crate::data) files: Vec<DataFile>,
}

/// Names of lists that lie beside shards where there is a manifest; elsewhere they may be anybody's.
const LISTS: [&str; 3] = [FINDINGS, PROVENANCE, REFUSED];

/// Whether a file of that name lies beside shards and holds no examples.
fn lies_beside(name: &str) -> bool {
    name == "rejects.jsonl"
        || LISTS.contains(&name)
        || name.ends_with(".rejects.jsonl")
        || name.ends_with(".unassigned.jsonl")
}

impl DataFolder {
    /// Finds the examples below a folder, or in one file.
    ///
    /// # Errors
    /// There is no folder, none of its files holds examples, or it is being written.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(Error::input("there is no such folder").in_file(path));
        }
        let mut files = Vec::new();
        if path.is_file() {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            files.extend(file_of(path, name)?);
        } else {
            walk(path, "", &mut files)?;
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        if files.is_empty() {
            return Err(Error::input("no examples lie there")
                .in_file(path)
                .expected("files that end in .parquet, .jsonl, .jsonl.gz or .jsonl.zst")
                .help("other files become examples by `persona-eval data import`"));
        }
        Ok(Self { path: path.to_owned(), files })
    }

    /// When each of its files was last changed, in nanoseconds since 1970; none where the file system does not say.
    pub(in crate::data) fn modified(&self) -> Vec<Option<u64>> {
        let of = |file: &DataFile| {
            let modified = file.path.metadata().ok()?.modified().ok()?;
            u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
        };
        self.files.iter().map(of).collect()
    }

    /// Where one of its files lies.
    pub(in crate::data) fn path_of(&self, name: &str) -> PathBuf {
        self.files.iter().find(|f| f.name == name).map_or_else(|| self.path.join(name), |f| f.path.clone())
    }

    /// Refuses two files of one name but another ending: they would become the same shard.
    ///
    /// # Errors
    /// There are such files.
    pub(in crate::data) fn one_shard_each(&self, format: ShardFormat) -> Result<()> {
        let mut names = BTreeSet::new();
        for file in &self.files {
            let name = shard_name(&file.name, format);
            if lies_beside(name.rsplit('/').next().unwrap_or(&name)) {
                return Err(Error::input(format!(
                    "the file would become {name}, which is no name of a shard"
                ))
                .in_file(&file.path)
                .help("rename it"));
            }
            if let Some(name) = names.replace(name) {
                return Err(Error::input(format!("another file becomes {name} too"))
                    .in_file(&file.path)
                    .help("rename one of them"));
            }
        }
        Ok(())
    }

    /// Refuses to write into the folder itself.
    ///
    /// # Errors
    /// `out` is the folder, lies in it, or holds it.
    pub(in crate::data) fn not_into(&self, out: &Path) -> Result<()> {
        let (Ok(from), Ok(into)) = (self.path.canonicalize(), whole(out)) else { return Ok(()) };
        if into.starts_with(&from) || from.starts_with(&into) {
            return Err(Error::input(
                "the folder that is read and the one that is written lie in each other",
            )
            .in_file(out)
            .help("choose another folder"));
        }
        Ok(())
    }
}

/// Where a folder will lie that may not be there yet.
fn whole(path: &Path) -> std::io::Result<PathBuf> {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(found), ..) => Ok(found),
        (Err(_), Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            Ok(whole(parent)?.join(name))
        }
        (Err(e), ..) => Err(e),
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<DataFile>) -> Result<()> {
    if folder.join(UNFINISHED).exists() {
        return Err(Error::input("what is written there is not finished")
            .in_file(folder)
            .help("end it first, or make it anew in another folder"));
    }
    let before = files.len();
    for entry in std::fs::read_dir(folder).asked("list", folder)? {
        let path = entry.doing("list", folder)?.path();
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else { continue };
        let beside =
            lies_beside(&name) && (!LISTS.contains(&name.as_str()) || folder.join(MANIFEST).exists());
        if name.starts_with('.') || beside {
            continue;
        }
        let whole = format!("{prefix}{name}");
        if path.is_dir() {
            // A link to a folder may lead back to one that holds it.
            if path.is_symlink() {
                continue;
            }
            walk(&path, &format!("{whole}/"), files)?;
        } else {
            files.extend(file_of(&path, whole)?);
        }
    }
    match shards_in(folder)? {
        Some(shards) => as_written(folder, &shards, prefix, &files[before..]),
        None => Ok(()),
    }
}

/// A shard that was added or lost by hand would make the manifest's counts false.
fn as_written(folder: &Path, shards: &[Shard], prefix: &str, files: &[DataFile]) -> Result<()> {
    let named = |file: &DataFile, shard: &Shard| file.name.strip_prefix(prefix) == Some(&shard.file);
    if let Some(lost) = shards.iter().find(|s| !files.iter().any(|f| named(f, s))) {
        return Err(Error::input("a shard that the manifest names is gone").in_file(folder.join(&lost.file)));
    }
    for (file, shard) in files.iter().filter_map(|f| Some((f, shards.iter().find(|s| named(f, s))?))) {
        if let Some(rows) = rows_of(file)?.filter(|rows| *rows != shard.rows) {
            return Err(Error::input(format!(
                "the file has {rows} rows, the manifest beside it says {}",
                shard.rows
            ))
            .in_file(&file.path)
            .help("it was changed since: make the folder anew"));
        }
    }
    if let Some(more) = files.iter().find(|f| !shards.iter().any(|s| named(f, s))) {
        return Err(Error::input("the manifest beside the file does not name it")
            .in_file(&more.path)
            .help("put it into a folder of its own"));
    }
    Ok(())
}

impl DataFolder {
    /// One of its files alone.
    pub(in crate::data) fn alone(file: &DataFile) -> Self {
        Self { path: file.path.clone(), files: vec![file.clone()] }
    }

    /// Refuses what a cluster gave if it is not as many rows as the files hold: a file that one of its machines does not see
    /// counts there as an empty one.
    ///
    /// # Errors
    /// There were more or fewer.
    pub(in crate::data) fn all_seen(&self, place: &Place, rows: u64) -> Result<()> {
        if !place.is_cluster() {
            return Ok(());
        }
        let mut held = 0;
        for file in &self.files {
            held += rows_of(file)?.unwrap_or(0);
        }
        if held == rows {
            return Ok(());
        }
        Err(Error::cannot_run(format!("the cluster gave {rows} rows of {held}"))
            .in_file(&self.path)
            .help("scheduler and executors must see the files by this very path, links resolved"))
    }
}

/// Rows of a Parquet file; those of other files are known when they are read.
fn rows_of(file: &DataFile) -> Result<Option<u64>> {
    if file.kind != Kind::Parquet {
        return Ok(None);
    }
    let opened = std::fs::File::open(&file.path).asked("open", &file.path)?;
    let reader = SerializedFileReader::new(opened)
        .map_err(|e| Error::input("the Parquet file cannot be read").in_file(&file.path).because(e))?;
    Ok(u64::try_from(reader.metadata().file_metadata().num_rows()).ok())
}

fn file_of(path: &Path, name: String) -> Result<Option<DataFile>> {
    let plain = name.to_lowercase();
    let plain = plain.strip_suffix(".gz").or_else(|| plain.strip_suffix(".zst")).unwrap_or(&plain);
    let kind = match plain.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "parquet" => Kind::Parquet,
        "jsonl" => Kind::Lines,
        _ => return Ok(None),
    };
    let bytes = path.metadata().asked("look at", path)?.len();
    Ok(Some(DataFile { name, path: path.to_owned(), bytes, kind }))
}
