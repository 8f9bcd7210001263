//! Writing an adapter in PEFT's layout.

use super::peft::PeftConfig;
use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::model::Module;
use half::bf16;
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The files of an adapter in PEFT's layout: configuration and weights.
pub const ADAPTER_FILES: [&str; 2] = ["adapter_config.json", "adapter_model.safetensors"];

/// The factors of one module, as they are written.
#[derive(Debug, Clone)]
pub struct WrittenPair {
    /// The layer.
    pub layer: usize,
    /// The module.
    pub module: Module,
    /// `r × k`, row-major.
    pub a: Vec<f32>,
    /// `n × r`, row-major.
    pub b: Vec<f32>,
    /// `(n, r, k)`.
    pub shape: (usize, usize, usize),
}

/// What numbers are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Rounded to bfloat16.
    Bf16,
    /// As they are.
    F32,
}

/// Writes `adapter_config.json` and `adapter_model.safetensors`.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_adapter(
    folder: &Path,
    config: &PeftConfig,
    dropout: f64,
    pairs: &[WrittenPair],
    stored: Stored,
) -> Result<()> {
    std::fs::create_dir_all(folder).doing("make the adapter's folder", folder)?;
    let mut tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for pair in pairs {
        let (n, r, k) = pair.shape;
        for (values, shape, name) in [(&pair.a, [r, k], "lora_A"), (&pair.b, [n, r], "lora_B")] {
            let key = format!("base_model.model.{}.{name}.weight", pair.module.full_path(pair.layer));
            let bytes = match stored {
                Stored::Bf16 => values.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect(),
                Stored::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            };
            tensors.insert(key, (shape.to_vec(), bytes));
        }
    }
    let dtype = if stored == Stored::Bf16 { Dtype::BF16 } else { Dtype::F32 };
    let views = tensors
        .iter()
        .map(|(name, (shape, bytes))| {
            let view = TensorView::new(dtype, shape.clone(), bytes)
                .map_err(|e| Error::cannot_run("a tensor cannot be written").key(name).because(e))?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<Vec<_>>>()?;
    let metadata = [("format".to_owned(), "pt".to_owned())].into_iter().collect();
    let bytes = serialize(views, Some(metadata))
        .map_err(|e| Error::cannot_run("the adapter cannot be written").in_file(folder).because(e))?;
    let json = serde_json::to_string_pretty(&config.to_json(dropout))
        .map_err(|e| Error::cannot_run("the configuration cannot be written").because(e))?;
    atomic::write(&folder.join(ADAPTER_FILES[1]), &bytes)?;
    atomic::write(&folder.join(ADAPTER_FILES[0]), format!("{json}\n").as_bytes())
}
