//! Writing a trained adapter in PEFT's layout.

use super::lora::TrainableAdapters;
use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::model::adapter::PeftConfig;
use crate::model::{ModelConfig, Module, host};
use half::bf16;
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::collections::BTreeMap;
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
    folder: &Path,
) -> Result<()> {
    std::fs::create_dir_all(folder).doing("make the adapter's folder", folder)?;
    let engine = |e: candle_core::Error| Error::cannot_run("the factors cannot be read").because(e);
    let mut tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for layer in 0..config.layers {
        for module in Module::ALL {
            let (a, b) = adapters.pair(index, layer, module).map_err(engine)?;
            for (factor, name) in [(a, "lora_A"), (b, "lora_B")] {
                let key = format!("base_model.model.{}.{name}.weight", module.full_path(layer));
                let values = host::to_vec(&factor).map_err(engine)?;
                let bytes = values.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect();
                tensors.insert(key, (factor.dims().to_vec(), bytes));
            }
        }
    }
    let views = tensors
        .iter()
        .map(|(name, (shape, bytes))| {
            let view = TensorView::new(Dtype::BF16, shape.clone(), bytes)
                .map_err(|e| Error::cannot_run("a tensor cannot be written").key(name).because(e))?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<Vec<_>>>()?;
    let metadata = [("format".to_owned(), "pt".to_owned())].into_iter().collect();
    let bytes = serialize(views, Some(metadata))
        .map_err(|e| Error::cannot_run("the adapter cannot be written").in_file(folder).because(e))?;
    let mut peft = PeftConfig::all_linear(adapters.shape().r, adapters.shape().alpha);
    peft.base = Some(base_name.to_owned());
    let json = serde_json::to_string_pretty(&peft.to_json())
        .map_err(|e| Error::cannot_run("the configuration cannot be written").because(e))?;
    atomic::write(&folder.join("adapter_model.safetensors"), &bytes)?;
    atomic::write(&folder.join("adapter_config.json"), format!("{json}\n").as_bytes())
}
