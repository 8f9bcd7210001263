//! One LoRA adapter: its pairs of thin matrices, read from PEFT's files and checked against the base.

use super::peft::PeftConfig;
use super::write::ADAPTER_FILES;
use crate::error::{Error, IoContext, Result};
use crate::model::{ModelConfig, Module};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// The two factors of one module: ΔW = scale · B·A.
#[derive(Debug, Clone)]
pub struct LoraPair {
    /// `r × k`, row-major.
    pub a: Vec<f32>,
    /// `n × r`, row-major.
    pub b: Vec<f32>,
    /// Rank.
    pub r: usize,
    /// α/r or α/√r.
    pub scale: f32,
}

/// A named adapter.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// The name blends use.
    pub name: String,
    /// SHA-256 of the weights' file and of the configuration, hexadecimal.
    pub sha256: String,
    /// Its configuration.
    pub config: PeftConfig,
    /// The pairs by layer and module.
    pub pairs: BTreeMap<(usize, Module), LoraPair>,
}

impl Adapter {
    /// Reads `adapter_config.json` and `adapter_model.safetensors` from a folder.
    ///
    /// # Errors
    /// When a file is missing or broken, a tensor has no use or no partner, a rank differs from the
    /// configuration's, a targeted module has no tensors, or shapes do not fit the base.
    pub fn load(name: &str, folder: &Path, base: &ModelConfig) -> Result<Self> {
        let config_path = folder.join(ADAPTER_FILES[0]);
        let weights_path = folder.join(ADAPTER_FILES[1]);
        if !config_path.exists() {
            return Err(Error::cannot_run(format!("adapter `{name}` has no adapter_config.json"))
                .in_file(folder)
                .expected("a folder in PEFT's layout: adapter_config.json and adapter_model.safetensors"));
        }
        let config = PeftConfig::read(&config_path)?;
        let bytes = std::fs::read(&weights_path).doing("read the adapter's weights", &weights_path)?;
        let mut hash = Sha256::new();
        hash.update(&bytes);
        hash.update(std::fs::read(&config_path).doing("read", &config_path)?);
        let sha256 = hex(&hash.finalize());
        let file = SafeTensors::deserialize(&bytes).map_err(|e| {
            Error::cannot_run("the adapter's weights are not a readable safetensors file")
                .in_file(&weights_path)
                .because(e)
        })?;
        let pairs = read_pairs(&file, &config, base, &weights_path)?;
        Ok(Self { name: name.to_owned(), sha256, config, pairs })
    }

    /// The base that the adapter names as its own, where `base` (a file or folder) seems to be another one.
    ///
    /// Names are compared by their letters and digits, the folder's or the hub's owner left out; one may be a part of
    /// the other, as `SmolLM2-135M-Instruct` is of `SmolLM2-135M-Instruct.Q4_1.gguf`. A doubt, no proof: weights
    /// are not named in an adapter.
    pub fn doubts(&self, base: &Path) -> Option<&str> {
        let letters = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let named = self.config.base.as_deref()?;
        let own = letters(named.rsplit(['/', '\\']).find(|part| !part.is_empty())?);
        let known = |name: &std::ffi::OsStr| {
            let name = letters(&name.to_string_lossy());
            !name.is_empty() && (name.contains(&own) || own.contains(&name))
        };
        let folder = base.parent().and_then(Path::file_name);
        let fits = own.is_empty() || base.file_name().is_some_and(known) || folder.is_some_and(known);
        (!fits).then_some(named)
    }

    /// Tensors that were matched to modules of the base: two for each pair.
    pub fn matched_tensors(&self) -> usize {
        2 * self.pairs.len()
    }

    /// ΔW of a module, `n × k` row-major, or nothing where the adapter does not sit.
    pub fn delta(&self, layer: usize, module: Module, base: &ModelConfig) -> Option<Vec<f32>> {
        let pair = self.pairs.get(&(layer, module))?;
        let (n, k) = module.shape(base);
        let mut delta = vec![0f32; n * k];
        for (row, out) in delta.chunks_exact_mut(k).enumerate() {
            for j in 0..pair.r {
                let factor = pair.scale * pair.b[row * pair.r + j];
                for (o, a) in out.iter_mut().zip(&pair.a[j * k..][..k]) {
                    *o += factor * a;
                }
            }
        }
        Some(delta)
    }
}

fn read_pairs(
    file: &SafeTensors<'_>,
    config: &PeftConfig,
    base: &ModelConfig,
    path: &Path,
) -> Result<BTreeMap<(usize, Module), LoraPair>> {
    let mut names: BTreeMap<String, ()> = file.names().into_iter().map(|n| (n.to_string(), ())).collect();
    let mut pairs = BTreeMap::new();
    for layer in 0..base.layers {
        for module in Module::ALL {
            let prefix = format!("base_model.model.{}", module.full_path(layer));
            let (name_a, name_b) = (format!("{prefix}.lora_A.weight"), format!("{prefix}.lora_B.weight"));
            let (has_a, has_b) = (names.remove(&name_a).is_some(), names.remove(&name_b).is_some());
            let targeted = config.targets(layer, module);
            let fail = |what: &str, key: &str| Error::cannot_run(what).in_file(path).key(key);
            match (has_a, has_b) {
                (false, false) if targeted => {
                    return Err(fail("a module that the adapter targets has no tensors", &name_a)
                        .help("the file may be truncated, or the configuration belongs to another adapter"));
                }
                (false, false) => continue,
                (true, false) => return Err(fail("a lora_A has no lora_B", &name_b)),
                (false, true) => return Err(fail("a lora_B has no lora_A", &name_a)),
                (true, true) if config.declares_targets() && !targeted => {
                    return Err(fail(
                        "the file holds a module that the configuration does not target",
                        &name_a,
                    ));
                }
                (true, true) => {}
            }
            let (r, scale) = config.rank_and_scale(layer, module);
            let (n, k) = module.shape(base);
            let a = read_tensor(file, &name_a, &[r, k], config, path)?;
            let b = read_tensor(file, &name_b, &[n, r], config, path)?;
            pairs.insert((layer, module), LoraPair { a, b, r, scale });
        }
    }
    if let Some(name) = names.keys().next() {
        return Err(Error::cannot_run(format!(
            "{} tensors of the adapter have no place in the base",
            names.len()
        ))
        .in_file(path)
        .key(name)
        .expected(format!(
            "base_model.model.model.layers.0..{}.<module>.lora_A.weight and lora_B.weight",
            base.layers.saturating_sub(1)
        ))
        .help(format!("{}, or adapts modules that this engine does not", another_base(config))));
    }
    if pairs.is_empty() {
        return Err(Error::cannot_run("the adapter holds no LoRA tensor").in_file(path));
    }
    Ok(pairs)
}

/// The likely reason why tensors do not fit.
fn another_base(config: &PeftConfig) -> String {
    let own = config.base.as_ref().map(|name| format!(" (it names `{name}` as its own)")).unwrap_or_default();
    format!("the adapter belongs to another base{own}")
}

fn read_tensor(
    file: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
    config: &PeftConfig,
    path: &Path,
) -> Result<Vec<f32>> {
    let fail = |what: String| Error::cannot_run(what).in_file(path).key(name);
    let view = file.tensor(name).map_err(|e| fail("a tensor cannot be read".into()).because(e))?;
    if view.shape() != shape {
        return Err(fail(format!("a tensor of the adapter has the shape {:?}", view.shape()))
            .expected(format!("{shape:?}, from the base and the adapter's rank"))
            .help(format!("{}, or its configuration to another adapter", another_base(config))));
    }
    let values = to_f32(&view).ok_or_else(|| {
        fail(format!("a tensor has the type {:?}", view.dtype())).expected("F32, F16 or BF16")
    })?;
    if values.iter().any(|v| !v.is_finite()) {
        return Err(fail("a tensor of the adapter holds NaN or infinity".into()));
    }
    Ok(values)
}

fn to_f32(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    let halves = |convert: fn(u16) -> f32| {
        data.chunks_exact(2).map(|b| convert(u16::from_le_bytes([b[0], b[1]]))).collect()
    };
    match view.dtype() {
        Dtype::F32 => {
            Some(data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
        Dtype::F16 => Some(halves(|b| f16::from_bits(b).to_f32())),
        Dtype::BF16 => Some(halves(|b| bf16::from_bits(b).to_f32())),
        _ => None,
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_that_names_another_base_is_doubted() {
        let adapter = |base: Option<&str>| {
            let mut config = PeftConfig::of(4, 8.0, false, &Module::ALL);
            config.base = base.map(str::to_owned);
            Adapter { name: "a".into(), sha256: String::new(), config, pairs: BTreeMap::new() }
        };
        let doubted = |named: &str, base: &str| adapter(Some(named)).doubts(Path::new(base)).is_some();
        let gguf = "cache/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
        assert!(!doubted("HuggingFaceTB/SmolLM2-135M-Instruct", gguf));
        assert!(!doubted("smollm2-135m-instruct", gguf));
        assert!(!doubted("/data/models/SmolLM2-135M-Instruct/", gguf));
        assert!(doubted("HuggingFaceTB/SmolLM2-360M-Instruct", gguf));
        assert!(doubted("meta-llama/Llama-3.2-1B", gguf));
        assert!(adapter(None).doubts(Path::new(gguf)).is_none());
    }
}
