//! Named tensors of a base model, from one GGUF file or from safetensors.

use super::config::ModelConfig;
use super::gguf_header::sets_alignment_to_zero;
use super::modules::Module;
use crate::error::{Error, IoContext, Result};
use candle_core::quantized::gguf_file::Content;
use candle_core::{DType, Device, Tensor};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Where a model's tensors come from. Names are those of transformers (`model.layers.0.mlp.up_proj.weight`).
pub enum Weights {
    /// One GGUF file; quantized tensors are dequantized to f32 as they are read.
    Gguf {
        /// The file.
        path: PathBuf,
        /// Its header.
        content: Content,
        /// Open for reading tensors.
        reader: BufReader<File>,
    },
    /// One or more safetensors files, memory-mapped.
    SafeTensors {
        /// The folder.
        folder: PathBuf,
        /// The files' tensors.
        tensors: HashMap<String, Tensor>,
    },
}

impl Weights {
    /// Opens a GGUF file and checks its header.
    ///
    /// # Errors
    /// When the file cannot be read or its header lies about its size.
    pub fn open_gguf(path: &Path) -> Result<Self> {
        let file = File::open(path).doing("open the model", path)?;
        let mut reader = BufReader::new(file);
        let broken = || {
            Error::cannot_run("the model is not a readable GGUF file")
                .in_file(path)
                .help("the file may be truncated: fetch it again with `persona-eval models fetch`")
        };
        if sets_alignment_to_zero(&mut reader).doing("read the model", path)? {
            return Err(broken()
                .key("general.alignment")
                .expected("a power of 2, as a rule 32; the file says 0"));
        }
        let content = Content::read(&mut reader).map_err(|e| broken().because(e))?;
        Ok(Self::Gguf { path: path.to_path_buf(), content, reader })
    }

    /// Opens every `*.safetensors` of a folder.
    ///
    /// # Errors
    /// When there is none or one cannot be read.
    pub fn open_folder(folder: &Path) -> Result<Self> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .doing("list the model's folder", folder)?
            .filter_map(|e| e.ok().map(|e| e.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "safetensors"))
            .collect();
        files.sort();
        if files.is_empty() {
            return Err(Error::cannot_run("the folder holds no *.safetensors file").in_file(folder));
        }
        let mut tensors = HashMap::new();
        for file in files {
            let read = candle_core::safetensors::load(&file, &Device::Cpu)
                .map_err(|e| Error::cannot_run("the weights cannot be read").in_file(&file).because(e))?;
            tensors.extend(read);
        }
        Ok(Self::SafeTensors { folder: folder.to_path_buf(), tensors })
    }

    /// The tensor as f32 on the CPU, checked against the shape it must have.
    ///
    /// # Errors
    /// When it is missing, truncated, or of another shape.
    pub fn get(&mut self, name: &str, shape: &[usize], config: &ModelConfig) -> Result<Tensor> {
        let (place, key, read) = match self {
            Self::Gguf { path, content, reader } => {
                let native = gguf_name(name).unwrap_or_else(|| name.to_owned());
                let Some(info) = content.tensor_infos.get(&native) else {
                    return Err(missing(&native, path));
                };
                let found = info.shape.dims();
                if found != shape {
                    return Err(wrong_shape(&native, path, found, shape));
                }
                let tensor = content
                    .tensor(reader, &native, &Device::Cpu)
                    .and_then(|q| q.dequantize(&Device::Cpu))
                    .and_then(|t| match name.rsplit('.').nth(1) {
                        Some("q_proj") => unpermute(&t, config.heads),
                        Some("k_proj") => unpermute(&t, config.kv_heads),
                        _ => Ok(t),
                    });
                (path.clone(), native, tensor)
            }
            Self::SafeTensors { folder, tensors } => {
                let Some(tensor) = tensors.remove(name) else {
                    return Err(missing(name, folder));
                };
                if tensor.dims() != shape {
                    return Err(wrong_shape(name, folder, tensor.dims(), shape));
                }
                (folder.clone(), name.to_owned(), tensor.to_dtype(DType::F32))
            }
        };
        read.map_err(|e| {
            Error::cannot_run("a tensor cannot be read")
                .in_file(place)
                .key(key)
                .because(e)
                .help("the file may be truncated: fetch it again with `persona-eval models fetch`")
        })
    }
}

fn missing(name: &str, path: &Path) -> Error {
    Error::cannot_run("the model lacks a tensor")
        .in_file(path)
        .key(name)
        .help("the file may be truncated or made for another architecture")
}

fn wrong_shape(name: &str, path: &Path, found: &[usize], expected: &[usize]) -> Error {
    Error::cannot_run(format!("a tensor has the shape {found:?}"))
        .in_file(path)
        .key(name)
        .expected(format!("{expected:?}, from the model's own configuration"))
}

/// Undoes llama.cpp's order of q and k rows in files of architecture `llama`: pairs (2i, 2i+1) of a head become
/// (i, i + head/2), the half-split form that rope uses here. A bias is permuted as the rows of its weight are.
fn unpermute(w: &Tensor, heads: usize) -> candle_core::Result<Tensor> {
    let rows = w.dim(0)?;
    let inputs = w.elem_count() / rows;
    w.reshape((heads, rows / heads / 2, 2, inputs))?.transpose(1, 2)?.reshape(w.shape())
}

/// transformers' name in llama.cpp's naming.
fn gguf_name(name: &str) -> Option<String> {
    match name {
        "model.embed_tokens.weight" => return Some("token_embd.weight".into()),
        "model.norm.weight" => return Some("output_norm.weight".into()),
        "lm_head.weight" => return Some("output.weight".into()),
        _ => {}
    }
    let rest = name.strip_prefix("model.layers.")?;
    let (layer, rest) = rest.split_once('.')?;
    let (part, kind) = rest.rsplit_once('.').filter(|(_, kind)| ["weight", "bias"].contains(kind))?;
    let native = match part {
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" => "ffn_norm",
        _ => Module::ALL.iter().find(|m| m.path() == part)?.gguf(),
    };
    Some(format!("blk.{layer}.{native}.{kind}"))
}
