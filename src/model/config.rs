//! The shape of a Llama-like decoder, read from GGUF metadata or from `config.json`.

use crate::error::{Error, Result};
use candle_core::quantized::gguf_file::{Content, Value};
use serde::Deserialize;
use std::path::Path;

/// Scaling of rope's frequencies beyond the context of pre-training.
#[derive(Debug, Clone, PartialEq)]
pub enum RopeScaling {
    /// Frequencies as they are.
    None,
    /// All positions divided by a factor.
    Linear(f32),
    /// Llama 3.1: low frequencies divided by `factor`, high ones kept, a ramp between.
    Llama3 {
        /// Divisor of the low frequencies.
        factor: f32,
        /// Wavelengths above `original / low_freq_factor` count as low frequencies.
        low_freq_factor: f32,
        /// Wavelengths below `original / high_freq_factor` count as high frequencies.
        high_freq_factor: f32,
        /// Context of pre-training, in positions.
        original: usize,
    },
}

/// What the decoder must know about a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// Family name as the file gives it (`llama`, `mistral`).
    pub architecture: String,
    /// Entries of the vocabulary.
    pub vocab: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Width of the feed-forward part.
    pub intermediate: usize,
    /// Added under the root in RMSNorm.
    pub rms_eps: f64,
    /// Base of rope's frequencies.
    pub rope_theta: f64,
    /// Rope's scaling.
    pub rope_scaling: RopeScaling,
    /// Longest sequence that the model was made for, and within its attention's sliding window where it has one:
    /// there, and only there, full attention is the same.
    pub max_positions: usize,
    /// Tokens that end a text.
    pub eos: Vec<u32>,
    /// Whether the output head is the embedding.
    pub tied: bool,
    /// Whether query, key, value and output projections have a bias.
    pub attention_bias: bool,
    /// Whether gate, up and down projections have a bias.
    pub mlp_bias: bool,
}

impl ModelConfig {
    /// Reads the metadata of a GGUF file; `path` only names it in errors.
    ///
    /// # Errors
    /// When the architecture is not one of the Llama shapes or a key is missing.
    pub fn from_gguf(content: &Content, path: &Path) -> Result<Self> {
        let meta = Meta { content, path };
        let architecture = meta.string("general.architecture")?;
        check_architecture(&architecture, path)?;
        let key = |name: &str| format!("{architecture}.{name}");
        let hidden = meta.size(&key("embedding_length"))?;
        let heads = meta.size(&key("attention.head_count"))?;
        let embedding = content.tensor_infos.get("token_embd.weight").map(|t| t.shape.dims().to_vec());
        let vocab = match embedding.as_deref() {
            Some([rows, _]) => *rows,
            _ => meta.size(&key("vocab_size"))?,
        };
        let scaling = match meta.optional(&key("rope.scaling.type")).and_then(|v| v.to_string().ok()) {
            Some(kind) if kind == "linear" => {
                RopeScaling::Linear(meta.float(&key("rope.scaling.factor"))? as f32)
            }
            Some(kind) if kind != "none" => {
                return Err(Error::cannot_run(format!("rope scaling `{kind}` is not supported in GGUF"))
                    .in_file(path)
                    .expected("none or linear")
                    .help("load the model from config.json and safetensors"));
            }
            _ => RopeScaling::None,
        };
        if content.tensor_infos.contains_key("rope_freqs.weight") {
            return Err(Error::cannot_run("a GGUF with its own rope frequencies is not supported")
                .in_file(path)
                .key("rope_freqs.weight")
                .help("load the model from config.json and safetensors, where the scaling is declared"));
        }
        Self {
            vocab,
            hidden,
            layers: meta.size(&key("block_count"))?,
            heads,
            kv_heads: meta.size(&key("attention.head_count_kv")).unwrap_or(heads),
            head_dim: meta.size(&key("rope.dimension_count")).unwrap_or(hidden / heads.max(1)),
            intermediate: meta.size(&key("feed_forward_length"))?,
            rms_eps: meta.float(&key("attention.layer_norm_rms_epsilon"))?,
            rope_theta: meta.float(&key("rope.freq_base")).unwrap_or(10_000.0),
            rope_scaling: scaling,
            max_positions: meta
                .size(&key("context_length"))?
                .min(meta.size(&key("attention.sliding_window")).unwrap_or(usize::MAX)),
            eos: meta.size("tokenizer.ggml.eos_token_id").map(|id| vec![id as u32]).unwrap_or_default(),
            // GGUF has no keys for these: the tensors themselves tell.
            tied: !content.tensor_infos.contains_key("output.weight"),
            attention_bias: content.tensor_infos.contains_key("blk.0.attn_q.bias"),
            mlp_bias: content.tensor_infos.contains_key("blk.0.ffn_up.bias"),
            architecture,
        }
        .checked(path)
    }

    /// Reads `config.json` as transformers writes it.
    ///
    /// # Errors
    /// When the JSON or the family is not understood.
    pub fn from_json(text: &str, path: &Path) -> Result<Self> {
        let raw: Raw = serde_json::from_str(text).map_err(|e| {
            Error::cannot_run("the model's configuration cannot be read").at(path, e.line()).because(e)
        })?;
        check_architecture(&raw.model_type, path)?;
        if raw.hidden_act.as_deref().is_some_and(|a| a != "silu") {
            return Err(Error::cannot_run("the activation is not supported")
                .in_file(path)
                .key("hidden_act")
                .expected("silu"));
        }
        let rope = raw.rope_parameters.or(raw.rope_scaling);
        let rope_scaling = match &rope {
            None => RopeScaling::None,
            Some(r) => r.scaling(path)?,
        };
        let rope_theta = raw.rope_theta.or(rope.as_ref().and_then(|r| r.rope_theta)).unwrap_or(10_000.0);
        Self {
            architecture: raw.model_type,
            vocab: raw.vocab_size,
            hidden: raw.hidden_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            kv_heads: raw.num_key_value_heads.unwrap_or(raw.num_attention_heads),
            head_dim: raw.head_dim.unwrap_or(raw.hidden_size / raw.num_attention_heads.max(1)),
            intermediate: raw.intermediate_size,
            rms_eps: raw.rms_norm_eps,
            rope_theta,
            rope_scaling,
            max_positions: raw
                .max_position_embeddings
                .unwrap_or(2048)
                .min(raw.sliding_window.unwrap_or(usize::MAX)),
            eos: match raw.eos_token_id {
                Some(Ids::One(id)) => vec![id],
                Some(Ids::Many(ids)) => ids,
                None => Vec::new(),
            },
            tied: raw.tie_word_embeddings.unwrap_or(false),
            attention_bias: raw.attention_bias.unwrap_or(false),
            mlp_bias: raw.mlp_bias.unwrap_or(false),
        }
        .checked(path)
    }

    fn checked(self, path: &Path) -> Result<Self> {
        let sizes = [
            ("vocabulary", self.vocab),
            ("hidden size", self.hidden),
            ("layers", self.layers),
            ("heads", self.heads),
            ("key-value heads", self.kv_heads),
            ("head size", self.head_dim),
            ("feed-forward size", self.intermediate),
        ];
        for (name, size) in sizes {
            if size == 0 || size > 1 << 24 {
                return Err(
                    Error::cannot_run(format!("the model declares {size} as its {name}")).in_file(path)
                );
            }
        }
        if !self.heads.is_multiple_of(self.kv_heads) || !self.head_dim.is_multiple_of(2) {
            return Err(Error::cannot_run(format!(
                "{} heads of {} do not divide over {} key-value heads",
                self.heads, self.head_dim, self.kv_heads
            ))
            .in_file(path));
        }
        if !self.rope_frequencies().iter().all(|f| f.is_finite()) || !self.rms_eps.is_finite() {
            return Err(Error::cannot_run("the model's rope or norm settings give NaN or infinity")
                .in_file(path)
                .expected("a positive rope_theta and factor, a finite rms_norm_eps"));
        }
        Ok(self)
    }

    /// Rope's frequency for each pair of a head's coordinates, `head_dim / 2` values.
    ///
    /// The half-split form: coordinate i turns with i + head_dim/2. Scaling as in transformers'
    /// `modeling_rope_utils` (Llama 3.1).
    pub fn rope_frequencies(&self) -> Vec<f32> {
        (0..self.head_dim / 2)
            .map(|i| {
                let base = self.rope_theta.powf(-2.0 * i as f64 / self.head_dim as f64);
                let scaled = match &self.rope_scaling {
                    RopeScaling::None => base,
                    RopeScaling::Linear(factor) => base / f64::from(*factor),
                    RopeScaling::Llama3 { factor, low_freq_factor, high_freq_factor, original } => {
                        let (low, high) = (f64::from(*low_freq_factor), f64::from(*high_freq_factor));
                        let wavelength = 2.0 * std::f64::consts::PI / base;
                        let ratio = *original as f64 / wavelength;
                        if ratio < low {
                            base / f64::from(*factor)
                        } else if ratio > high {
                            base
                        } else {
                            let smooth = (ratio - low) / (high - low);
                            (1.0 - smooth) * base / f64::from(*factor) + smooth * base
                        }
                    }
                };
                scaled as f32
            })
            .collect()
    }

    /// Parameters of the decoder, the embedding counted once.
    pub fn parameters(&self) -> usize {
        let attention = self.hidden * self.head_dim * (2 * self.heads + 2 * self.kv_heads);
        self.vocab * self.hidden + self.layers * (attention + 3 * self.hidden * self.intermediate)
    }
}

fn check_architecture(name: &str, path: &Path) -> Result<()> {
    const KNOWN: [&str; 2] = ["llama", "mistral"];
    if KNOWN.contains(&name) {
        return Ok(());
    }
    Err(Error::cannot_run(format!("the decoder does not know the architecture `{name}`"))
        .in_file(path)
        .expected("a Llama-shaped model (SmolLM2, Llama, Mistral)")
        .known(name, KNOWN))
}

struct Meta<'a> {
    content: &'a Content,
    path: &'a Path,
}

impl Meta<'_> {
    fn optional(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.optional(key).ok_or_else(|| self.fail(key, "is missing"))
    }

    fn fail(&self, key: &str, what: &str) -> Error {
        Error::cannot_run(format!("a key of the GGUF metadata {what}"))
            .in_file(self.path)
            .key(key)
            .help("the file may be truncated or made for another kind of model; fetch it again")
    }

    fn string(&self, key: &str) -> Result<String> {
        self.value(key)?.to_string().cloned().map_err(|_| self.fail(key, "is not a text"))
    }

    fn size(&self, key: &str) -> Result<usize> {
        let v = self.value(key)?;
        v.to_u64()
            .or_else(|_| v.to_i64().map(|i| i.max(0) as u64))
            .or_else(|_| v.to_i32().map(|i| i.max(0) as u64))
            .map(|n| n as usize)
            .map_err(|_| self.fail(key, "is not a whole number"))
    }

    fn float(&self, key: &str) -> Result<f64> {
        let v = self.value(key)?;
        v.to_f32().map(f64::from).or_else(|_| v.to_f64()).map_err(|_| self.fail(key, "is not a number"))
    }
}

#[derive(Deserialize)]
struct Raw {
    model_type: String,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: usize,
    rms_norm_eps: f64,
    rope_theta: Option<f64>,
    rope_scaling: Option<RawRope>,
    rope_parameters: Option<RawRope>,
    max_position_embeddings: Option<usize>,
    eos_token_id: Option<Ids>,
    sliding_window: Option<usize>,
    tie_word_embeddings: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    hidden_act: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    One(u32),
    Many(Vec<u32>),
}

#[derive(Deserialize)]
struct RawRope {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f32>,
    low_freq_factor: Option<f32>,
    high_freq_factor: Option<f32>,
    original_max_position_embeddings: Option<usize>,
}

impl RawRope {
    fn scaling(&self, path: &Path) -> Result<RopeScaling> {
        let need = |value: Option<f32>, key: &str| {
            value.ok_or_else(|| Error::cannot_run("rope scaling lacks a value").in_file(path).key(key))
        };
        match self.rope_type.as_deref().unwrap_or("default") {
            "default" => Ok(RopeScaling::None),
            "linear" => Ok(RopeScaling::Linear(need(self.factor, "factor")?)),
            "llama3" => Ok(RopeScaling::Llama3 {
                factor: need(self.factor, "factor")?,
                low_freq_factor: need(self.low_freq_factor, "low_freq_factor")?,
                high_freq_factor: need(self.high_freq_factor, "high_freq_factor")?,
                original: self.original_max_position_embeddings.ok_or_else(|| {
                    Error::cannot_run("rope scaling lacks a value")
                        .in_file(path)
                        .key("original_max_position_embeddings")
                })?,
            }),
            other => Err(Error::cannot_run(format!("rope scaling `{other}` is not supported"))
                .in_file(path)
                .known(other, ["default", "linear", "llama3"])),
        }
    }
}
