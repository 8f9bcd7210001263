//! Brings models into the cache: hit, or the sources one after the other, every file verified.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::cache::{Cache, PART, hashed, lock, recorded_sha256, stamped_sha256, sweep, write_stamp};
use super::catalog::{Entry, Source, SourceFile};
use super::origin::Opened;
use super::place::place;
use crate::error::{Error, IoContext, Result};
use crate::progress::Progress;

/// A model whose files all lie in the cache and are what the catalog says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedModel {
    /// The folder of the files.
    pub dir: PathBuf,
    /// File name → path.
    pub files: BTreeMap<String, PathBuf>,
    /// File name → sha256 in hex.
    pub sha256: BTreeMap<String, String>,
}

/// Gives the model's files, from the cache where they are whole, else from the first source that works.
///
/// A second process waits for the first. Files are written under a temporary name in the same folder, checked and
/// renamed, so that an interrupted fetch leaves nothing that looks whole.
///
/// # Errors
/// No source worked: the error lists each with its cause, and where the files may be put by hand.
pub fn fetch(entry: &Entry, cache: &Cache, progress: &dyn Progress) -> Result<FetchedModel> {
    if let Some(model) = cached(entry, cache, progress)? {
        return Ok(model);
    }
    let dir = cache.model_dir(&entry.name);
    std::fs::create_dir_all(&dir).doing("make the model's folder", &dir)?;
    let _lock = lock(&dir, progress)?;
    if let Some(model) = cached(entry, cache, progress)? {
        return Ok(model);
    }
    sweep(&dir);
    let mut causes = misfits(entry, cache, progress)?;
    for source in &entry.sources {
        let taken =
            take(entry, source, &dir, progress).and_then(|()| cached(entry, cache, progress)).and_then(
                |model| model.ok_or_else(|| Error::cannot_run("the files changed while they were read")),
            );
        match taken {
            Ok(model) => return Ok(model),
            Err(e) => causes.push(format!("{}: {e}", source.origin)),
        }
    }
    Err(no_source(entry, cache, &causes))
}

/// The sha256 that the sources give for a file.
pub(super) fn pinned<'a>(entry: &'a Entry, name: &str) -> impl Iterator<Item = &'a str> {
    let files = entry.sources.iter().flat_map(|s| &s.files).filter(move |f| f.name == name);
    files.filter_map(|f| f.sha256.as_deref()).collect::<Vec<_>>().into_iter()
}

/// Whether a file with this sha256 may stand under this name.
pub(super) fn accepted(entry: &Entry, name: &str, sha256: &str) -> bool {
    let mut files = entry.sources.iter().flat_map(|s| &s.files).filter(|f| f.name == name);
    files.any(|f| f.sha256.as_deref().is_none_or(|s| s == sha256))
}

/// The model as it lies in the cache, if all its files are those of one source. Files without a valid stamp
/// are hashed; one that was put there by hand for an unpinned source is taken on trust.
pub(super) fn cached(entry: &Entry, cache: &Cache, progress: &dyn Progress) -> Result<Option<FetchedModel>> {
    let dir = cache.model_dir(&entry.name);
    let mut model = FetchedModel { dir, files: BTreeMap::new(), sha256: BTreeMap::new() };
    for name in entry.file_names() {
        let path = cache.file(&entry.name, name);
        if !path.is_file() {
            return Ok(None);
        }
        let sha256 = match stamped_sha256(&path) {
            Some(sha256) => sha256,
            None => {
                let sha256 = hashed(&path, progress)?;
                if accepted(entry, name, &sha256) {
                    warn_if_changed(entry, name, &path, &sha256, progress);
                    write_stamp(&path, &sha256);
                }
                sha256
            }
        };
        model.files.insert(name.to_owned(), path);
        model.sha256.insert(name.to_owned(), sha256);
    }
    let fits = |f: &SourceFile| f.sha256.as_ref().is_none_or(|s| model.sha256.get(&f.name) == Some(s));
    let whole = entry.sources.iter().any(|source| source.files.iter().all(fits));
    Ok(whole.then_some(model))
}

fn warn_if_changed(entry: &Entry, name: &str, path: &Path, sha256: &str, progress: &dyn Progress) {
    if pinned(entry, name).next().is_some() {
        return;
    }
    match recorded_sha256(path) {
        Some(known) if known == sha256 => {}
        Some(known) => progress.note(&format!(
            "warning: {} has changed: sha256 {sha256}, before {known}; no sha256 is pinned for it",
            path.display()
        )),
        None => progress.note(&format!(
            "warning: no sha256 is pinned for {}; taken on trust with sha256 {sha256}",
            path.display()
        )),
    }
}

/// Files that lie in the cache and are something else: a user who put one there by hand wants to know.
fn misfits(entry: &Entry, cache: &Cache, progress: &dyn Progress) -> Result<Vec<String>> {
    let mut causes = Vec::new();
    for name in entry.file_names() {
        let path = cache.file(&entry.name, name);
        if !path.is_file() {
            continue;
        }
        let sha256 = match stamped_sha256(&path) {
            Some(sha256) => sha256,
            None => hashed(&path, progress)?,
        };
        if !accepted(entry, name, &sha256) {
            let message = format!("{} in the cache has another sha256: {sha256}", path.display());
            progress.note(&format!("warning: {message}; it will be replaced"));
            causes.push(message);
        }
    }
    Ok(causes)
}

/// Brings all files of a source that are not there already.
fn take(entry: &Entry, source: &Source, dir: &Path, progress: &dyn Progress) -> Result<()> {
    let staging = tempfile::Builder::new().prefix(PART).tempdir_in(dir).doing("make a folder", dir)?;
    let mut opened = Opened::open(&source.origin, entry.kind, staging.path(), progress)?;
    for file in &source.files {
        let path = dir.join(&file.name);
        if file.sha256.is_some() && stamped_sha256(&path) == file.sha256 {
            continue;
        }
        let mut sha256 = String::new();
        opened.read(&file.path, progress, &mut |reader| {
            sha256 = place(reader, file, &path, progress)?;
            Ok(())
        })?;
        if file.sha256.is_none() {
            warn_if_changed(entry, &file.name, &path, &sha256, progress);
        }
        write_stamp(&path, &sha256);
    }
    Ok(())
}

fn no_source(entry: &Entry, cache: &Cache, causes: &[String]) -> Error {
    let mut list = String::from("each source was tried");
    for (i, cause) in causes.iter().enumerate() {
        list.push_str(&format!("\n{}. {}", i + 1, cause.replace('\n', "\n   ")));
    }
    let mut help = String::from("go online and try again, or put by hand:");
    for name in entry.file_names() {
        let sha256 = pinned(entry, name).next().map_or(String::new(), |s| format!(" (sha256 {s})"));
        help.push_str(&format!("\n    {}{sha256}", cache.file(&entry.name, name).display()));
    }
    Error::cannot_run(format!("the model `{}` could not be had from any source", entry.name))
        .because(list)
        .help(help)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Mutex;

    use super::super::catalog::Catalog;
    use super::super::verify::{State, status, verify};
    use super::*;
    use crate::progress::Silent;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Progress for Notes {
        fn start(&self, what: &str, _: Option<u64>) {
            self.0.lock().expect("no panic").push(what.to_owned());
        }
        fn advance(&self, _: u64) {}
        fn finish(&self) {}
        fn note(&self, message: &str) {
            self.0.lock().expect("no panic").push(message.to_owned());
        }
    }

    /// A catalog with one model `tiny` of two files, from folders `near` and `far`; `near` may be missing.
    struct Bench {
        dir: tempfile::TempDir,
        cache: Cache,
    }

    impl Bench {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let cache = Cache::new(dir.path().join("cache"));
            Self { dir, cache }
        }

        fn put(&self, path: &str, text: &str) -> PathBuf {
            let path = self.dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        }

        fn entry(&self, pinned: bool) -> Entry {
            let hash = if pinned { format!(", size = 3, sha256 = \"{ABC}\"") } else { String::new() };
            let source = |dir: &str| {
                format!(
                    "[[model.source]]\npath = \"{dir}\"\nunpinned = {}\n\
                     files = [{{ path = \"a\"{hash} }}, {{ path = \"b\"{hash} }}]\n",
                    !pinned
                )
            };
            let text = format!(
                "[[model]]\nname = \"tiny\"\nkind = \"language\"\nabout = \"x\"\nlicense = \"MIT\"\n{}{}",
                source("near"),
                source("far")
            );
            Catalog::load(self.put("m.toml", &text)).unwrap().entry("tiny").unwrap().clone()
        }

        fn in_cache(&self) -> Vec<String> {
            let dir = self.cache.model_dir("tiny");
            let mut names: Vec<String> = std::fs::read_dir(dir)
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    #[test]
    fn a_model_comes_from_the_first_source_that_works_and_then_from_the_cache() {
        let bench = Bench::new();
        let entry = bench.entry(true);
        bench.put("near/a", "abc");
        bench.put("far/a", "abc");
        bench.put("far/b", "abc");
        assert!(status(&entry, &bench.cache).iter().all(|f| f.state == State::Missing));
        let model = fetch(&entry, &bench.cache, &Silent).unwrap();
        assert_eq!(model.sha256["b"], ABC);
        assert_eq!(std::fs::read_to_string(&model.files["a"]).unwrap(), "abc");
        assert_eq!(bench.in_cache(), [".lock", "a", "a.verified", "b", "b.verified"]);
        assert!(status(&entry, &bench.cache).iter().all(|f| f.state == State::Verified));
        std::fs::remove_dir_all(bench.dir.path().join("far")).unwrap();
        let notes = Notes::default();
        assert_eq!(fetch(&entry, &bench.cache, &notes).unwrap(), model);
        assert!(notes.0.lock().expect("no panic").is_empty(), "a stamped hit hashes nothing");
    }

    #[test]
    fn when_no_source_works_each_is_listed_with_cause_place_and_sha256() {
        let bench = Bench::new();
        let entry = bench.entry(true);
        bench.put("far/a", "abd");
        let err = fetch(&entry, &bench.cache, &Silent).unwrap_err();
        assert_eq!(err.kind(), crate::error::Kind::CannotRun);
        let text = err.to_string();
        let by_hand = bench.cache.file("tiny", "b").display().to_string();
        for part in ["1. folder", "no such folder", "2. folder", "another sha256", ABC, &by_hand] {
            assert!(text.contains(part), "should say `{part}`:\n{text}");
        }
        assert_eq!(bench.in_cache(), [".lock"]);
    }

    #[test]
    fn files_put_by_hand_are_taken_if_they_are_right() {
        let bench = Bench::new();
        let entry = bench.entry(true);
        bench.put("cache/models/tiny/a", "abc");
        bench.put("cache/models/tiny/b", "abc");
        assert!(status(&entry, &bench.cache).iter().all(|f| f.state == State::Unverified));
        fetch(&entry, &bench.cache, &Silent).unwrap();
        bench.put("cache/models/tiny/b", "no!");
        let err = fetch(&entry, &bench.cache, &Silent).unwrap_err().to_string();
        assert!(err.contains("in the cache has another sha256"), "{err}");
        bench.put("far/a", "abc");
        bench.put("far/b", "abc");
        let notes = Notes::default();
        fetch(&entry, &bench.cache, &notes).unwrap();
        assert!(notes.0.lock().expect("no panic").iter().any(|n| n.contains("it will be replaced")));
        assert!(verify(&entry, &bench.cache, &Silent).is_ok());
    }

    #[test]
    fn what_an_interrupted_fetch_left_is_swept_away_and_never_read() {
        let bench = Bench::new();
        let entry = bench.entry(true);
        bench.put("cache/models/tiny/.part-x", "ab");
        bench.put("cache/models/tiny/a", "ab");
        bench.put("far/a", "abc");
        bench.put("far/b", "abc");
        fetch(&entry, &bench.cache, &Silent).unwrap();
        assert_eq!(bench.in_cache(), [".lock", "a", "a.verified", "b", "b.verified"]);
    }

    #[test]
    fn verify_notices_what_a_stamp_cannot() {
        let bench = Bench::new();
        let entry = bench.entry(true);
        assert!(verify(&entry, &bench.cache, &Silent).unwrap_err().to_string().contains("not in the cache"));
        bench.put("near/a", "abc");
        bench.put("near/b", "abc");
        let model = fetch(&entry, &bench.cache, &Silent).unwrap();
        let time = std::fs::metadata(&model.files["a"]).unwrap().modified().unwrap();
        std::fs::write(&model.files["a"], "abd").unwrap();
        std::fs::File::options().write(true).open(&model.files["a"]).unwrap().set_modified(time).unwrap();
        assert_eq!(status(&entry, &bench.cache)[0].state, State::Verified, "same size and time");
        let err = verify(&entry, &bench.cache, &Silent).unwrap_err().to_string();
        assert!(err.contains("not what it should be") && err.contains(ABC), "{err}");
        assert_eq!(status(&entry, &bench.cache)[0].state, State::Broken);
        fetch(&entry, &bench.cache, &Silent).unwrap();
        assert!(verify(&entry, &bench.cache, &Silent).is_ok());
    }

    #[test]
    fn an_unpinned_file_is_taken_on_trust_with_a_warning_and_remembered() {
        let bench = Bench::new();
        let entry = bench.entry(false);
        bench.put("near/a", "abc");
        bench.put("near/b", "xyz");
        let notes = Notes::default();
        let model = fetch(&entry, &bench.cache, &notes).unwrap();
        assert_eq!(model.sha256["a"], ABC);
        let warnings = notes
            .0
            .lock()
            .expect("no panic")
            .iter()
            .filter(|n| n.contains("taken on trust with sha256"))
            .count();
        assert_eq!(warnings, 2);
        assert!(verify(&entry, &bench.cache, &Silent).is_ok());
        std::fs::write(&model.files["b"], "other").unwrap();
        let err = verify(&entry, &bench.cache, &Silent).unwrap_err().to_string();
        assert!(err.contains("not what it should be"), "{err}");
    }

    #[test]
    fn a_second_fetch_waits_for_the_first() {
        let bench = Bench::new();
        let entry = bench.entry(true);
        bench.put("far/a", "abc");
        bench.put("far/b", "abc");
        let dir = bench.cache.model_dir("tiny");
        std::fs::create_dir_all(&dir).unwrap();
        let held = lock(&dir, &Silent).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| fetch(&entry, &bench.cache, &Silent));
            std::thread::sleep(std::time::Duration::from_millis(100));
            assert!(!second.is_finished());
            assert_eq!(bench.in_cache(), [".lock"]);
            drop(held);
            assert!(second.join().unwrap().is_ok());
        });
    }
}
