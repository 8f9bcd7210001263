//! Sentence vectors: a BERT encoder (all-MiniLM-L6-v2), mean pooling, unit length.

use crate::error::{Error, IoContext, Result};
use crate::interrupt;
use crate::model::{host, sha256_file};
use crate::pool;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use ndarray::Array2;
use std::path::Path;
use tokenizers::{Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

/// Tokens after which sentence-transformers cuts a text for this model (`sentence_bert_config.json`).
pub const MAX_TOKENS: usize = 256;
/// Texts of similar length that run together.
const BATCH: usize = 32;

/// A sentence embedder.
pub struct Embedder {
    model: BertModel,
    tokenizer: Tokenizer,
    device: Device,
    width: usize,
    sha256: String,
    tokenizer_sha256: String,
    config_sha256: String,
}

impl Embedder {
    /// Opens `config.json`, `tokenizer.json` and `model.safetensors`.
    ///
    /// # Errors
    /// When a file is missing or broken.
    pub fn open(config: &Path, tokenizer: &Path, weights: &Path, device: &Device) -> Result<Self> {
        let text = std::fs::read_to_string(config).doing("read the embedder's configuration", config)?;
        let parsed: Config = serde_json::from_str(&text).map_err(|e| {
            Error::cannot_run("the embedder's configuration cannot be read").at(config, e.line()).because(e)
        })?;
        let width = parsed.hidden_size;
        let fail = |what: &str, path: &Path, e: String| Error::cannot_run(what).in_file(path).because(e);
        let mut encoder = Tokenizer::from_file(tokenizer)
            .map_err(|e| fail("the embedder's tokenizer cannot be read", tokenizer, e.to_string()))?;
        encoder.with_padding(None);
        encoder
            .with_truncation(Some(TruncationParams {
                max_length: MAX_TOKENS,
                strategy: TruncationStrategy::LongestFirst,
                stride: 0,
                direction: TruncationDirection::Right,
            }))
            .map_err(|e| fail("the embedder's tokenizer cannot truncate", tokenizer, e.to_string()))?;
        let broken =
            |e: candle_core::Error| fail("the embedder's weights cannot be read", weights, e.to_string());
        let tensors = candle_core::safetensors::load(weights, device).map_err(broken)?;
        let builder = VarBuilder::from_tensors(tensors, DType::F32, device);
        let model = BertModel::load(builder, &parsed).map_err(broken)?;
        Ok(Self {
            model,
            tokenizer: encoder,
            device: device.clone(),
            width,
            sha256: sha256_file(weights)?,
            tokenizer_sha256: sha256_file(tokenizer)?,
            config_sha256: sha256_file(config)?,
        })
    }

    /// SHA-256 of the weights.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// SHA-256 of the tokenizer.
    pub fn tokenizer_sha256(&self) -> &str {
        &self.tokenizer_sha256
    }

    /// SHA-256 of the configuration.
    pub fn config_sha256(&self) -> &str {
        &self.config_sha256
    }

    /// Length of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Unit vectors of the texts, `texts × width`; `done` is told how many more are finished.
    ///
    /// Mean over tokens of the last hidden states (padding left out), then scaled to length 1, as
    /// sentence-transformers does for this model.
    ///
    /// # Errors
    /// When a text cannot be tokenized or the user stopped the work.
    pub fn embed(&self, texts: &[&str], mut done: impl FnMut(usize)) -> Result<Array2<f32>> {
        let encoded = encode(&self.tokenizer, texts)?;
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|i| encoded[*i].len());
        let mut vectors = Array2::zeros((texts.len(), self.width));
        for batch in order.chunks(BATCH) {
            interrupt::check()?;
            let ids: Vec<&[u32]> = batch.iter().map(|i| &encoded[*i][..]).collect();
            let flat = pool::run(|| self.forward(&ids))
                .map_err(|e| Error::cannot_run("the embedder failed").because(e))?;
            for (i, vector) in batch.iter().zip(flat.chunks_exact(self.width)) {
                for (to, from) in vectors.row_mut(*i).iter_mut().zip(vector) {
                    *to = *from;
                }
            }
            done(batch.len());
        }
        Ok(vectors)
    }

    /// How many of the texts are longer than [`MAX_TOKENS`]: their vectors are those of their beginnings.
    ///
    /// # Errors
    /// When a text cannot be tokenized.
    pub fn cut(&self, texts: &[&str]) -> Result<usize> {
        let mut whole = self.tokenizer.clone();
        whole.with_truncation(None).map_err(cannot_tokenize)?;
        Ok(encode(&whole, texts)?.iter().filter(|tokens| tokens.len() > MAX_TOKENS).count())
    }

    /// Unit vectors of token sequences, padded to the longest; row-major.
    fn forward(&self, batch: &[&[u32]]) -> candle_core::Result<Vec<f32>> {
        let rows = batch.len();
        let longest = batch.iter().map(|t| t.len()).max().unwrap_or(0);
        let mut ids = vec![0u32; rows * longest];
        let mut mask = vec![0f32; rows * longest];
        for (i, tokens) in batch.iter().enumerate() {
            ids[i * longest..][..tokens.len()].copy_from_slice(tokens);
            mask[i * longest..][..tokens.len()].fill(1.0);
        }
        let shape = (rows, longest);
        let ids = Tensor::from_vec(ids, shape, &self.device)?;
        let mask = Tensor::from_vec(mask, shape, &self.device)?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let wide = mask.unsqueeze(2)?;
        let mean = hidden.broadcast_mul(&wide)?.sum(1)?.broadcast_div(&wide.sum(1)?)?;
        let unit = mean.broadcast_div(&mean.sqr()?.sum_keepdim(1)?.sqrt()?)?;
        host::to_vec(&unit)
    }
}

/// Token ids of the texts, what the model adds to them included.
fn encode(tokenizer: &Tokenizer, texts: &[&str]) -> Result<Vec<Vec<u32>>> {
    let ids =
        |text: &&str| Ok(tokenizer.encode_fast(*text, true).map_err(cannot_tokenize)?.get_ids().to_vec());
    texts.iter().map(ids).collect()
}

fn cannot_tokenize(e: tokenizers::Error) -> Error {
    Error::input("a text cannot be tokenized").because(e.to_string())
}
