//! A tiny Llama in GGUF, written by candle: small enough to break it at every byte.

use std::collections::BTreeMap;
use std::io::Cursor;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

const VOCAB: usize = 12;
const HIDDEN: usize = 8;
const FEED_FORWARD: usize = 16;

/// Metadata and tensors of a model, to be changed before they are written.
pub struct TinyGguf {
    /// Metadata by key.
    pub metadata: BTreeMap<String, Value>,
    /// f32 tensors by llama.cpp's name.
    pub tensors: BTreeMap<String, Tensor>,
}

impl TinyGguf {
    /// One block, two query heads over one key-value head, every value a small number that is no multiple of another.
    pub fn new() -> Self {
        let shapes: [(&str, &[usize]); 11] = [
            ("token_embd.weight", &[VOCAB, HIDDEN]),
            ("output_norm.weight", &[HIDDEN]),
            ("blk.0.attn_norm.weight", &[HIDDEN]),
            ("blk.0.ffn_norm.weight", &[HIDDEN]),
            ("blk.0.attn_q.weight", &[HIDDEN, HIDDEN]),
            ("blk.0.attn_k.weight", &[HIDDEN / 2, HIDDEN]),
            ("blk.0.attn_v.weight", &[HIDDEN / 2, HIDDEN]),
            ("blk.0.attn_output.weight", &[HIDDEN, HIDDEN]),
            ("blk.0.ffn_gate.weight", &[FEED_FORWARD, HIDDEN]),
            ("blk.0.ffn_up.weight", &[FEED_FORWARD, HIDDEN]),
            ("blk.0.ffn_down.weight", &[HIDDEN, FEED_FORWARD]),
        ];
        let tensors = shapes.iter().map(|(name, shape)| ((*name).to_owned(), values(shape))).collect();
        let text = |s: &str| Value::String(s.to_owned());
        let texts = |list: &[&str]| Value::Array(list.iter().map(|s| text(s)).collect());
        let metadata = [
            ("general.architecture", text("llama")),
            ("general.alignment", Value::U32(32)),
            ("llama.embedding_length", Value::U32(HIDDEN as u32)),
            ("llama.block_count", Value::U32(1)),
            ("llama.feed_forward_length", Value::U32(FEED_FORWARD as u32)),
            ("llama.attention.head_count", Value::U32(2)),
            ("llama.attention.head_count_kv", Value::U32(1)),
            ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
            ("llama.rope.freq_base", Value::F32(10_000.0)),
            ("llama.context_length", Value::U32(64)),
            ("tokenizer.ggml.model", text("gpt2")),
            ("tokenizer.ggml.pre", text("smollm")),
            (
                "tokenizer.ggml.tokens",
                texts(&["<eos>", "a", "b", "c", "d", "e", "f", "g", "h", "ab", "cd", "abcd"]),
            ),
            ("tokenizer.ggml.merges", texts(&["a b", "c d", "ab cd"])),
            (
                "tokenizer.ggml.token_type",
                Value::Array((0..12).map(|i| Value::I32(if i == 0 { 3 } else { 1 })).collect()),
            ),
            ("tokenizer.ggml.eos_token_id", Value::U32(0)),
            ("tokenizer.chat_template", text("{% for m in messages %}{{ m.content }}{% endfor %}")),
        ];
        Self { metadata: metadata.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(), tensors }
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let quantized: Vec<(&str, QTensor)> = self
            .tensors
            .iter()
            .map(|(name, t)| (name.as_str(), QTensor::quantize(t, GgmlDType::F32).expect("f32 stays f32")))
            .collect();
        let tensors: Vec<(&str, &QTensor)> = quantized.iter().map(|(name, t)| (*name, t)).collect();
        let metadata: Vec<(&str, &Value)> = self.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let mut out = Cursor::new(Vec::new());
        gguf_file::write(&mut out, &metadata, &tensors).expect("written to memory");
        out.into_inner()
    }
}

/// Deterministic values between -0.5 and 0.5.
pub fn values(shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    let values: Vec<f32> = (0..n).map(|i| ((i * 37 + n) % 101) as f32 / 101.0 - 0.5).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).expect("as many values as the shape says")
}
