//! A base model ready for use: decoder, tokenizer and chat template from one file or folder.

use super::config::ModelConfig;
use super::decoder::{Decoder, Merge};
use super::frozen::Layout;
use super::kernel::Precision;
use super::template::ChatTemplate;
use super::tokenizer::Tokenizer;
use super::weights::Weights;
use crate::error::{Error, IoContext, Result};
use candle_core::{DType, Device};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The arithmetic a user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arithmetic {
    /// bf16 where the hardware is made for it, else f32.
    #[default]
    Auto,
    /// f32 throughout: the reference.
    F32,
    /// Products of bf16 factors, sums in f32.
    Bf16,
}

impl Arithmetic {
    /// How linear modules compute on this device.
    pub fn layout(self, device: &Device) -> Layout {
        if !device.is_cpu() {
            return Layout::Dense(if self == Arithmetic::F32 { DType::F32 } else { DType::BF16 });
        }
        match self {
            Arithmetic::Auto if Precision::Bf16.has_fast_kernel() => Layout::Packed(Precision::Bf16),
            Arithmetic::Bf16 => Layout::Packed(Precision::Bf16),
            _ if Precision::F32.has_fast_kernel() => Layout::Packed(Precision::F32),
            _ => Layout::Dense(DType::F32),
        }
    }
}

/// Decoder, tokenizer, template and the hashes of what they were made from.
pub struct BaseModel {
    /// The decoder.
    pub decoder: Decoder,
    /// The tokenizer.
    pub tokenizer: Tokenizer,
    /// The chat template.
    pub template: ChatTemplate,
    /// SHA-256 of the weights' bytes.
    pub sha256: String,
    /// Where it was read from.
    pub path: PathBuf,
}

impl BaseModel {
    /// Opens a GGUF file, or a folder with `config.json`, `*.safetensors` and `tokenizer.json`.
    ///
    /// # Errors
    /// When a part is missing or broken.
    pub fn open(path: &Path, arithmetic: Arithmetic, device: &Device, merged: &[Merge<'_>]) -> Result<Self> {
        Self::open_with(path, arithmetic.layout(device), device, merged)
    }

    /// Opens the model with a given layout of its linear modules.
    ///
    /// # Errors
    /// As [`BaseModel::open`].
    pub fn open_with(path: &Path, layout: Layout, device: &Device, merged: &[Merge<'_>]) -> Result<Self> {
        if path.is_dir() {
            Self::from_folder(path, layout, device, merged)
        } else {
            Self::from_gguf(path, layout, device, merged)
        }
    }

    /// The shape of the model in a file or folder, without its weights.
    ///
    /// # Errors
    /// The file is none of a model.
    pub fn config(path: &Path) -> Result<ModelConfig> {
        if path.is_dir() {
            let config_path = path.join("config.json");
            let text = std::fs::read_to_string(&config_path)
                .doing("read the model's configuration", &config_path)?;
            return ModelConfig::from_json(&text, &config_path);
        }
        match &Weights::open_gguf(path)? {
            Weights::Gguf { content, .. } => ModelConfig::from_gguf(content, path),
            Weights::SafeTensors { .. } => Err(Error::cannot_run("not a GGUF file").in_file(path)),
        }
    }

    fn from_gguf(path: &Path, layout: Layout, device: &Device, merged: &[Merge<'_>]) -> Result<Self> {
        let sha256 = sha256_file(path)?;
        let mut weights = Weights::open_gguf(path)?;
        let Weights::Gguf { content, .. } = &weights else {
            return Err(Error::cannot_run("not a GGUF file").in_file(path));
        };
        let config = ModelConfig::from_gguf(content, path)?;
        let beside = path.with_file_name("tokenizer.json");
        let tokenizer = if beside.exists() {
            Tokenizer::from_file(&beside)?
        } else {
            Tokenizer::from_gguf(content, path)?
        };
        let text = |key: &str| content.metadata.get(key).and_then(|v| v.to_string().ok().cloned());
        let source = text("tokenizer.chat_template").ok_or_else(|| {
            Error::cannot_run("the model carries no chat template")
                .in_file(path)
                .key("tokenizer.chat_template")
        })?;
        let token = |key: &str| -> String {
            let id = content.metadata.get(key).and_then(|v| v.to_u64().ok());
            let tokens = content.metadata.get("tokenizer.ggml.tokens").and_then(|v| v.to_vec().ok());
            id.zip(tokens)
                .and_then(|(id, tokens)| tokens.get(id as usize)?.to_string().ok().cloned())
                .unwrap_or_default()
        };
        let (bos, eos) = (token("tokenizer.ggml.bos_token_id"), token("tokenizer.ggml.eos_token_id"));
        let template = ChatTemplate::new(&source, &bos, &eos, path)?;
        let decoder = Decoder::load(&mut weights, config, layout, device, merged)?;
        Ok(Self { decoder, tokenizer, template, sha256, path: path.to_path_buf() })
    }

    fn from_folder(path: &Path, layout: Layout, device: &Device, merged: &[Merge<'_>]) -> Result<Self> {
        let config_path = path.join("config.json");
        let text =
            std::fs::read_to_string(&config_path).doing("read the model's configuration", &config_path)?;
        let config = ModelConfig::from_json(&text, &config_path)?;
        let tokenizer = Tokenizer::from_file(&path.join("tokenizer.json"))?;
        let template = folder_template(path)?;
        let mut hash = Sha256::new();
        for file in safetensors_of(path)? {
            hash.update(sha256_file(&file)?.as_bytes());
        }
        hash.update(text.as_bytes());
        let sha256 = super::hex(&hash.finalize());
        let mut weights = Weights::open_folder(path)?;
        let decoder = Decoder::load(&mut weights, config, layout, device, merged)?;
        Ok(Self { decoder, tokenizer, template, sha256, path: path.to_path_buf() })
    }
}

fn safetensors_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .doing("list the model's folder", folder)?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "safetensors"))
        .collect();
    files.sort();
    Ok(files)
}

fn folder_template(folder: &Path) -> Result<ChatTemplate> {
    let path = folder.join("tokenizer_config.json");
    let text = std::fs::read_to_string(&path).doing("read the tokenizer's configuration", &path)?;
    let config: Value = serde_json::from_str(&text).map_err(|e| {
        Error::cannot_run("the tokenizer's configuration cannot be read").at(&path, e.line()).because(e)
    })?;
    let separate = folder.join("chat_template.jinja");
    let source = if separate.exists() {
        std::fs::read_to_string(&separate).doing("read the chat template", &separate)?
    } else {
        config.get("chat_template").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
            Error::cannot_run("the model carries no chat template").in_file(&path).key("chat_template")
        })?
    };
    let token = |key: &str| match config.get(key) {
        Some(Value::String(s)) => s.clone(),
        Some(Value::Object(o)) => o.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    ChatTemplate::new(&source, &token("bos_token"), &token("eos_token"), path)
}

/// SHA-256 of a file's bytes, hexadecimal.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_file(path: &Path) -> Result<String> {
    let mut file = std::fs::File::open(path).doing("open", path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        let n = file.read(&mut buffer).doing("read", path)?;
        if n == 0 {
            return Ok(super::hex(&hash.finalize()));
        }
        hash.update(&buffer[..n]);
    }
}
