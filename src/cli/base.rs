//! Flags that say which base model runs, and where.

use super::bars::Bars;
use crate::error::{Error, Result};
use crate::model::{Arithmetic, Device};
use crate::store::{Cache, Catalog, ModelKind, fetch};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// The base that commands use where none is named.
pub(super) const DEFAULT_BASE: &str = "smollm2-135m-instruct";

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

/// The base model, its arithmetic and its device.
#[derive(Debug, clap::Args)]
pub(super) struct BaseArgs {
    /// Base model: a name from models.toml, a GGUF file, or a folder with config.json and safetensors
    #[arg(long, value_name = "NAME|FILE|DIR")]
    base: Option<String>,
    /// Arithmetic of the linear modules [default: auto]
    #[arg(long, value_enum)]
    dtype: Option<Dtype>,
    /// Where the model runs [default: cpu]
    #[arg(long, value_enum)]
    device: Option<DeviceName>,
    /// The catalogue of models [default: suites/models.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

impl BaseArgs {
    /// What a file says, where no flag says it.
    pub(super) fn or(&self, base: Option<&str>, dtype: Option<&str>, device: Option<&str>) -> Self {
        Self {
            base: self.base.clone().or_else(|| base.map(str::to_owned)),
            dtype: self.dtype.or_else(|| Dtype::from_str(dtype?, true).ok()),
            device: self.device.or_else(|| DeviceName::from_str(device?, true).ok()),
            models: self.models.clone(),
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
    pub(super) fn named(&self) -> Option<String> {
        let name = self.base.as_deref()?;
        Some(
            Path::new(name).file_name().map_or_else(|| name.to_owned(), |n| n.to_string_lossy().into_owned()),
        )
    }

    /// The base's name, for records.
    pub(super) fn name(&self, default: &str) -> String {
        self.base.clone().unwrap_or_else(|| default.to_owned())
    }

    /// The device.
    pub(super) fn device(&self) -> Result<Device> {
        let (device, name) = match self.device.unwrap_or(DeviceName::Cpu) {
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
        match self.dtype.unwrap_or(Dtype::Auto) {
            Dtype::Auto => Arithmetic::Auto,
            Dtype::F32 => Arithmetic::F32,
            Dtype::Bf16 => Arithmetic::Bf16,
        }
    }

    /// Where the base's files lie, fetched where needed.
    pub(super) fn path(&self, default: &str, bars: &Bars) -> Result<PathBuf> {
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
        let entry = catalog
            .of_kind(ModelKind::Language, name)
            .map_err(|e| e.help("or give the path of a GGUF file or a model's folder"))?;
        let fetched = fetch(entry, &Cache::from_env()?, bars)?;
        Ok(match fetched.files.values().find(|p| p.extension().is_some_and(|e| e == "gguf")) {
            Some(gguf) => gguf.clone(),
            None => fetched.dir,
        })
    }

    /// Whether the base is the one that the shipped adapters were trained on; `default` is it where none is named.
    pub(super) fn is_default(&self, default: &str) -> bool {
        self.base.as_deref().unwrap_or(default) == DEFAULT_BASE
    }
}

/// The file that the user named, or the project's own where it exists.
pub(super) fn named_or<'a>(named: Option<&'a Path>, own: &'static str) -> Option<&'a Path> {
    let own = Path::new(own);
    named.or_else(|| own.exists().then_some(own))
}

/// The catalogue's file: the named one, or the project's; none is the built-in one.
pub(super) fn catalog_path(path: Option<&Path>) -> Option<&Path> {
    named_or(path, "suites/models.toml")
}

/// The catalogue at `path`, or the project's, or the built-in one.
pub(super) fn load_catalog(path: Option<&Path>) -> Result<Catalog> {
    match catalog_path(path) {
        Some(path) => Catalog::load(path),
        None => Catalog::built_in(),
    }
}
