//! A tiny sentence embedder: its vectors mean nothing, but texts become tokens and tokens vectors.

use super::gguf::values;
use candle_core::Tensor;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;

const WORDS: [&str; 6] = ["[UNK]", "the", "sea", "is", "wide", "blue"];
const HIDDEN: usize = 8;
const INNER: usize = 16;
const POSITIONS: usize = 300;

/// Writes the three files of an embedder of 6 words to the folder.
pub fn write(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let config = json!({
        "vocab_size": WORDS.len(), "hidden_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": INNER, "hidden_act": "gelu", "hidden_dropout_prob": 0.0, "model_type": "bert",
        "max_position_embeddings": POSITIONS, "type_vocab_size": 1, "initializer_range": 0.02,
        "layer_norm_eps": 1e-12, "pad_token_id": 0,
    });
    let vocab: HashMap<&str, usize> = WORDS.iter().enumerate().map(|(i, w)| (*w, i)).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"},
    });
    for (name, content) in [("config.json", config), ("tokenizer.json", tokenizer)] {
        std::fs::write(folder.join(name), content.to_string()).expect("a file");
    }
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    let mut put = |name: &str, shape: &[usize]| tensors.insert(name.to_owned(), values(shape));
    for (name, rows) in [("word", WORDS.len()), ("position", POSITIONS), ("token_type", 1)] {
        put(&format!("embeddings.{name}_embeddings.weight"), &[rows, HIDDEN]);
    }
    let layer = "encoder.layer.0";
    for (name, (rows, columns)) in [
        ("attention.self.query", (HIDDEN, HIDDEN)),
        ("attention.self.key", (HIDDEN, HIDDEN)),
        ("attention.self.value", (HIDDEN, HIDDEN)),
        ("attention.output.dense", (HIDDEN, HIDDEN)),
        ("intermediate.dense", (INNER, HIDDEN)),
        ("output.dense", (HIDDEN, INNER)),
    ] {
        put(&format!("{layer}.{name}.weight"), &[rows, columns]);
        put(&format!("{layer}.{name}.bias"), &[rows]);
    }
    for name in [
        "embeddings.LayerNorm".to_owned(),
        format!("{layer}.attention.output.LayerNorm"),
        format!("{layer}.output.LayerNorm"),
    ] {
        put(&format!("{name}.weight"), &[HIDDEN]);
        put(&format!("{name}.bias"), &[HIDDEN]);
    }
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).expect("a file");
}
