//! A trained adapter in PEFT's layout.

use super::lora::TrainableAdapters;
use crate::error::{Error, Result};
use crate::model::adapter::{PeftConfig, Stored, WrittenPair, write_adapter};
use crate::model::{ModelConfig, Module, host};
use std::path::Path;

/// Writes adapter number `index` to `folder`: `adapter_config.json` and `adapter_model.safetensors` in bf16.
///
/// # Errors
/// When the folder cannot be written.
pub fn save_adapter(
    adapters: &TrainableAdapters,
    index: usize,
    config: &ModelConfig,
    base_name: &str,
    dropout: f64,
    folder: &Path,
) -> Result<()> {
    let engine = |e: candle_core::Error| Error::cannot_run("the factors cannot be read").because(e);
    let mut pairs = Vec::new();
    for layer in 0..config.layers {
        for module in Module::ALL {
            let Some((a, b)) = adapters.pair(index, layer, module).map_err(engine)? else { continue };
            let (r, k) = a.dims2().map_err(engine)?;
            let shape = (b.dim(0).map_err(engine)?, r, k);
            let (a, b) = (host::to_vec(&a).map_err(engine)?, host::to_vec(&b).map_err(engine)?);
            pairs.push(WrittenPair { layer, module, a, b, shape });
        }
    }
    let shape = adapters.shape();
    let mut peft = PeftConfig::of(shape.r, shape.alpha, shape.rslora, &shape.targets);
    peft.base = Some(base_name.to_owned());
    write_adapter(folder, &peft, dropout, &pairs, Stored::Bf16)
}
