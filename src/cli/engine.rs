//! Flags that say what runs: base, adapters, embedder, device.

use super::bars::Bars;
use crate::embed::Embedder;
use crate::error::{Error, IoContext, Result};
use crate::generate::Engine;
use crate::model::{Arithmetic, Device};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::store::{Cache, Catalog, fetch};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// The base that commands use where none is named.
pub(super) const DEFAULT_BASE: &str = "smollm2-135m-instruct";
/// The embedder that commands use where none is named.
pub(super) const DEFAULT_EMBEDDER: &str = "all-minilm-l6-v2";
/// The adapters that ship with the project.
const DEFAULT_ADAPTERS: &str = "fixtures/adapters";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Dtype {
    /// bf16 where the processor or card is made for it, else f32.
    Auto,
    /// The reference.
    F32,
    /// Factors rounded to bf16, sums in f32.
    Bf16,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DeviceName {
    /// The processor.
    Cpu,
    /// The first NVIDIA card (needs a build with `--features cuda`).
    Cuda,
    /// Apple's GPU (needs a build with `--features metal`).
    Metal,
}

/// What runs.
#[derive(Debug, clap::Args)]
pub(super) struct EngineArgs {
    /// Base model: a name from models.toml, a GGUF file, or a folder with config.json and safetensors
    #[arg(long, value_name = "NAME|FILE|DIR")]
    base: Option<String>,
    /// Folder of adapters, one sub-folder each in PEFT's layout [default: fixtures/adapters, for the default base]
    #[arg(long, value_name = "DIR")]
    adapters: Option<PathBuf>,
    /// One adapter by name and folder; may be repeated, and replaces one of the same name in --adapters
    #[arg(long = "adapter", value_name = "NAME=DIR", value_parser = parse_adapter)]
    named: Vec<(String, PathBuf)>,
    /// Arithmetic of the linear modules
    #[arg(long, value_enum, default_value = "auto")]
    dtype: Dtype,
    /// Where the model runs
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceName,
    /// The registry of personas [default: suites/personas.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// The catalogue of models [default: suites/models.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

fn parse_adapter(text: &str) -> std::result::Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, dir)) if !name.is_empty() && !dir.is_empty() => Ok((name.to_owned(), PathBuf::from(dir))),
        _ => Err("expected NAME=DIR, for instance tech_expert=adapters/tech_expert".to_owned()),
    }
}

impl EngineArgs {
    /// The registry: the named file, or the project's, or the built-in one.
    pub(super) fn registry(&self) -> Result<Registry> {
        match named_or(self.registry.as_deref(), "suites/personas.toml") {
            Some(path) => Registry::load(path),
            None => Registry::built_in(),
        }
    }

    /// The catalogue of models.
    pub(super) fn catalog(&self) -> Result<Catalog> {
        load_catalog(self.models.as_deref())
    }

    /// The catalogue's file; none where it is the built-in one.
    pub(super) fn catalog_path(&self) -> Option<&Path> {
        catalog_path(self.models.as_deref())
    }

    /// The base that the user named, if any: a file or folder by its last part.
    pub(super) fn named_base(&self) -> Option<String> {
        let name = self.base.as_deref()?;
        Some(
            Path::new(name).file_name().map_or_else(|| name.to_owned(), |n| n.to_string_lossy().into_owned()),
        )
    }

    /// The base's name, for records.
    pub(super) fn base_name(&self, default: &str) -> String {
        self.base.clone().unwrap_or_else(|| default.to_owned())
    }

    /// The device.
    pub(super) fn device(&self) -> Result<Device> {
        let (device, name) = match self.device {
            DeviceName::Cpu => (Ok(Device::Cpu), "cpu"),
            DeviceName::Cuda => (Device::new_cuda(0), "cuda"),
            DeviceName::Metal => (Device::new_metal(0), "metal"),
        };
        device.map_err(|e| {
            Error::cannot_run(format!("the device `{name}` cannot be used")).because(e).help(format!(
                "build with `--features {name}` on a machine that has one, or use --device cpu"
            ))
        })
    }

    /// The arithmetic.
    pub(super) fn arithmetic(&self) -> Arithmetic {
        match self.dtype {
            Dtype::Auto => Arithmetic::Auto,
            Dtype::F32 => Arithmetic::F32,
            Dtype::Bf16 => Arithmetic::Bf16,
        }
    }

    /// Where the base's files lie, fetched where needed.
    pub(super) fn base_path(&self, default: &str, bars: &Bars) -> Result<PathBuf> {
        let name = self.base.as_deref().unwrap_or(default);
        let file = Path::new(name);
        if file.exists() {
            return Ok(file.to_path_buf());
        }
        // A name of the catalogue holds no slash and does not end like a file.
        if file.components().count() > 1 || file.extension().is_some_and(|e| e == "gguf") {
            return Err(Error::cannot_run("the base model is not there")
                .in_file(file)
                .expected("a GGUF file, or a folder with config.json and safetensors"));
        }
        let catalog = self.catalog()?;
        let entry =
            catalog.entry(name).map_err(|e| e.help("or give the path of a GGUF file or a model's folder"))?;
        let fetched = fetch(entry, &Cache::from_env()?, bars)?;
        Ok(match fetched.files.values().find(|p| p.extension().is_some_and(|e| e == "gguf")) {
            Some(gguf) => gguf.clone(),
            None => fetched.dir,
        })
    }

    /// Names and folders of the adapters; `base` is used where the user names none.
    pub(super) fn adapter_folders(&self, base: &str) -> Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        // The shipped adapters were trained on the default base: another base does not get them unasked.
        let default = Path::new(DEFAULT_ADAPTERS);
        let implied = self.base.is_none() && base == DEFAULT_BASE && default.is_dir();
        let folder = self.adapters.as_deref().or_else(|| implied.then_some(default));
        if let Some(folder) = folder {
            for entry in std::fs::read_dir(folder).doing("list the adapters in", folder)? {
                let path = entry.doing("list the adapters in", folder)?.path();
                if path.join("adapter_config.json").exists()
                    && let Some(name) = path.file_name().and_then(|n| n.to_str())
                {
                    found.push((name.to_owned(), path.clone()));
                }
            }
            if found.is_empty() {
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

    /// Whether the user named this adapter by `--adapter`.
    pub(super) fn names(&self, adapter: &str) -> bool {
        self.named.iter().any(|(name, _)| name == adapter)
    }

    /// The engine, with `default` as its base where the user names none.
    pub(super) fn open(&self, default: &str, bars: &Bars) -> Result<Engine> {
        let path = self.base_path(default, bars)?;
        let engine =
            Engine::open(&path, &self.adapter_folders(default)?, self.arithmetic(), &self.device()?)?;
        for doubt in engine.doubts() {
            bars.note(&format!("warning: {doubt}"));
        }
        Ok(engine)
    }
}

/// The file that the user named, or the project's own where it exists.
fn named_or<'a>(named: Option<&'a Path>, own: &'static str) -> Option<&'a Path> {
    let own = Path::new(own);
    named.or_else(|| own.exists().then_some(own))
}

fn catalog_path(path: Option<&Path>) -> Option<&Path> {
    named_or(path, "suites/models.toml")
}

/// The catalogue at `path`, or the project's, or the built-in one.
pub(super) fn load_catalog(path: Option<&Path>) -> Result<Catalog> {
    match catalog_path(path) {
        Some(path) => Catalog::load(path),
        None => Catalog::built_in(),
    }
}

/// Opens an embedder: a folder, or a name of the catalogue, fetched where needed.
pub(super) fn open_embedder(name: &str, catalog: &Catalog, bars: &Bars) -> Result<Embedder> {
    let dir = if Path::new(name).is_dir() {
        PathBuf::from(name)
    } else {
        fetch(catalog.entry(name)?, &Cache::from_env()?, bars)?.dir
    };
    let file = |f: &str| dir.join(f);
    Embedder::open(&file("config.json"), &file("tokenizer.json"), &file("model.safetensors"), &Device::Cpu)
}
