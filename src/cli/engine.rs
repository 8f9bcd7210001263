//! Flags that say what runs: base, adapters, registry; and the embedder.

use super::bars::Bars;
use super::base::{BaseArgs, catalog_path, load_catalog, named_or};
use crate::embed::Embedder;
use crate::error::{Error, IoContext, Result};
use crate::generate::Engine;
use crate::model::Device;
use crate::model::adapter::ADAPTER_FILES;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::store::{Cache, Catalog, ModelKind, fetch};
use crate::suite::Suite;
use std::path::{Path, PathBuf};

/// The embedder that commands use where none is named.
pub(super) const DEFAULT_EMBEDDER: &str = "all-minilm-l6-v2";
/// The adapters that ship with the project.
const DEFAULT_ADAPTERS: &str = "fixtures/adapters";

/// The registry of personas.
#[derive(Debug, clap::Args)]
pub(super) struct RegistryArgs {
    /// The registry of personas [default: suites/personas.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
}

impl RegistryArgs {
    /// The named file, or the project's, or the built-in one.
    pub(super) fn load(&self) -> Result<Registry> {
        match named_or(self.registry.as_deref(), "suites/personas.toml") {
            Some(path) => Registry::load(path),
            None => Registry::built_in(),
        }
    }
}

/// What a suite is read with.
#[derive(Debug, clap::Args)]
pub(super) struct SuiteArgs {
    #[command(flatten)]
    registry: RegistryArgs,
    /// The catalogue of models [default: suites/models.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

impl SuiteArgs {
    /// The personas.
    #[cfg(feature = "data")]
    pub(super) fn registry(&self) -> Result<Registry> {
        self.registry.load()
    }

    /// The suite of that file, with the personas and the models that it may name.
    pub(super) fn load(&self, file: &Path) -> Result<(Suite, Registry, Catalog)> {
        let (registry, catalog) = (self.registry.load()?, load_catalog(self.models.as_deref())?);
        let suite = load_suite(file, &registry, &catalog)?;
        Ok((suite, registry, catalog))
    }

    /// The catalogue's file; none where it is the built-in one.
    pub(super) fn catalog_path(&self) -> Option<&Path> {
        catalog_path(self.models.as_deref())
    }
}

/// What runs.
#[derive(Debug, clap::Args)]
pub(super) struct EngineArgs {
    #[command(flatten)]
    pub(super) base: BaseArgs,
    /// Folder of adapters, one sub-folder each in PEFT's layout [default: fixtures/adapters, for the default base]
    #[arg(long, value_name = "DIR")]
    adapters: Option<PathBuf>,
    /// One adapter by name and folder; may be repeated, and replaces one of the same name in --adapters
    #[arg(long = "adapter", value_name = "NAME=DIR", value_parser = parse_adapter)]
    named: Vec<(String, PathBuf)>,
    #[command(flatten)]
    pub(super) registry: RegistryArgs,
}

fn parse_adapter(text: &str) -> std::result::Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, dir)) if !name.is_empty() && !dir.is_empty() => Ok((name.to_owned(), PathBuf::from(dir))),
        _ => Err("expected NAME=DIR, for instance tech_expert=adapters/tech_expert".to_owned()),
    }
}

impl EngineArgs {
    /// Names and folders of the adapters; `base` is used where the user names none.
    pub(super) fn adapter_folders(&self, base: &str) -> Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        // The shipped adapters were trained on the default base: another base does not get them unasked.
        let default = Path::new(DEFAULT_ADAPTERS);
        let implied = self.base.is_default(base) && default.is_dir();
        let folder = self.adapters.as_deref().or_else(|| implied.then_some(default));
        if let Some(folder) = folder {
            for entry in std::fs::read_dir(folder).doing("list the adapters in", folder)? {
                let path = entry.doing("list the adapters in", folder)?.path();
                if path.join(ADAPTER_FILES[0]).exists()
                    && let Some(name) = path.file_name().and_then(|n| n.to_str())
                {
                    found.push((name.to_owned(), path.clone()));
                }
            }
            if found.is_empty() {
                if folder.join(ADAPTER_FILES[0]).exists() {
                    let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or("NAME");
                    return Err(Error::cannot_run("this is the folder of one adapter")
                        .in_file(folder)
                        .expected("a folder that holds one sub-folder an adapter")
                        .help(format!(
                            "name the folder above it, or --adapter {name}={}",
                            folder.display()
                        )));
                }
                return Err(Error::cannot_run("the folder holds no adapter")
                    .in_file(folder)
                    .expected("sub-folders with adapter_config.json and adapter_model.safetensors"));
            }
        }
        found.retain(|(name, _)| !self.named.iter().any(|(n, _)| n == name));
        found.extend(self.named.iter().cloned());
        found.sort();
        Ok(found)
    }

    /// Whether the user gave a folder of adapters.
    pub(super) fn gives_folder(&self) -> bool {
        self.adapters.is_some()
    }

    /// Whether the user named this adapter by `--adapter`.
    pub(super) fn names(&self, adapter: &str) -> bool {
        self.named.iter().any(|(name, _)| name == adapter)
    }

    /// The engine, with `default` as its base where the user names none.
    pub(super) fn open(&self, default: &str, bars: &Bars) -> Result<Engine> {
        let path = self.base.path(default, bars)?;
        let adapters = self.adapter_folders(default)?;
        let engine = Engine::open(&path, &adapters, self.base.arithmetic(), &self.base.device()?)?;
        for doubt in engine.doubts() {
            bars.note(&format!("warning: {doubt}"));
        }
        Ok(engine)
    }
}

/// The suite of that file; the data sets of its benchmarks are fetched where they are not here.
pub(super) fn load_suite(file: &Path, registry: &Registry, catalog: &Catalog) -> Result<Suite> {
    let data = |name: &str| {
        Ok(fetch(catalog.of_kind(ModelKind::Data, name)?, &Cache::from_env()?, &Bars::default())?.dir)
    };
    Suite::load(file, registry, &catalog.names(), &data)
}

/// Opens an embedder: a folder, or a name of the catalogue, fetched where needed.
pub(super) fn open_embedder(name: &str, catalog: &Catalog, bars: &Bars) -> Result<Embedder> {
    let dir = if Path::new(name).is_dir() {
        PathBuf::from(name)
    } else {
        fetch(catalog.of_kind(ModelKind::Embedder, name)?, &Cache::from_env()?, bars)?.dir
    };
    let file = |f: &str| dir.join(f);
    Embedder::open(&file("config.json"), &file("tokenizer.json"), &file("model.safetensors"), &Device::Cpu)
}
