//! One model in two formats: GGUF and safetensors give the same numbers, and what a file leaves out is what
//! transformers takes for granted.

mod common;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use common::fixture;
use common::gguf::{TinyGguf, values};
use persona_eval::model::{Arithmetic, BaseModel, ModelConfig};

fn open(path: &Path) -> Result<BaseModel, String> {
    BaseModel::open(path, Arithmetic::F32, &candle_core::Device::Cpu, &[]).map_err(|e| e.to_string())
}

fn written(model: &TinyGguf) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("model.gguf");
    std::fs::write(&path, model.bytes()).expect("written");
    (dir, path)
}

/// `config.json` of the tiny model, with one more field.
fn config(field: &str) -> String {
    let fields = r#""model_type":"llama","vocab_size":12,"hidden_size":8,"num_hidden_layers":1,"rms_norm_eps":1e-5,
        "num_attention_heads":2,"num_key_value_heads":1,"intermediate_size":16,"tie_word_embeddings":true"#;
    format!("{{{fields},{field}}}")
}

/// The model's tensors as transformers saves them; `config.json` is still to be written.
fn folder(gguf: &TinyGguf) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for file in ["tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(fixture("tiny-llama").join(file), dir.path().join(file)).expect("a copy");
    }
    let transformers = [
        ("token_embd", "embed_tokens"),
        ("output_norm", "norm"),
        ("blk.0.attn_norm", "layers.0.input_layernorm"),
        ("blk.0.ffn_norm", "layers.0.post_attention_layernorm"),
        ("blk.0.attn_q", "layers.0.self_attn.q_proj"),
        ("blk.0.attn_k", "layers.0.self_attn.k_proj"),
        ("blk.0.attn_v", "layers.0.self_attn.v_proj"),
        ("blk.0.attn_output", "layers.0.self_attn.o_proj"),
        ("blk.0.ffn_gate", "layers.0.mlp.gate_proj"),
        ("blk.0.ffn_up", "layers.0.mlp.up_proj"),
        ("blk.0.ffn_down", "layers.0.mlp.down_proj"),
    ];
    let renamed = gguf.tensors.iter().map(|(name, t)| {
        let (part, kind) = name.rsplit_once('.').expect("a kind");
        let (_, theirs) = transformers.iter().find(|(ours, _)| *ours == part).expect("a known tensor");
        (format!("model.{theirs}.{kind}"), t.clone())
    });
    let renamed: HashMap<String, Tensor> = renamed.collect();
    candle_core::safetensors::save(&renamed, dir.path().join("model.safetensors")).expect("written");
    dir
}

#[test]
fn a_gguf_brings_its_own_tokenizer_and_template() {
    let (_dir, path) = written(&TinyGguf::new());
    let base = open(&path).expect("a model");
    let tokens = base.tokenizer.encode("abcdab<eos>").expect("tokens");
    assert_eq!(tokens, [11, 9, 0]);
    let hello = persona_eval::model::Message::user("ab cd");
    assert_eq!(base.template.render(&[hello], true).expect("a text"), "ab cd");
    let logits = &common::logits(&base, &[&tokens])[0];
    assert!(logits.iter().all(|l| l.is_finite()) && logits.nrows() == 3);
}

#[test]
fn biases_of_a_gguf_are_those_of_the_same_model_in_safetensors() {
    // llama.cpp permutes the biases of query and key as it permutes the rows of their weights.
    let mut gguf = TinyGguf::new();
    for (name, n) in [("q", 8), ("k", 4), ("v", 4), ("output", 8)] {
        gguf.tensors.insert(format!("blk.0.attn_{name}.bias"), values(&[n]));
    }
    let permute = |heads: usize, name: &str| {
        let t = &gguf.tensors[name];
        let rows = t.dim(0).expect("rows");
        let split = t.reshape((heads, 2, rows / heads / 2, t.elem_count() / rows)).expect("a shape");
        split.transpose(1, 2).and_then(|turned| turned.reshape(t.shape())).expect("a shape")
    };
    let mut permuted = TinyGguf { metadata: gguf.metadata.clone(), tensors: gguf.tensors.clone() };
    for (heads, letter) in [(2, "q"), (1, "k")] {
        for kind in ["weight", "bias"] {
            let name = format!("blk.0.attn_{letter}.{kind}");
            permuted.tensors.insert(name.clone(), permute(heads, &name));
        }
    }
    let (_dir, path) = written(&permuted);
    let from_gguf = open(&path).expect("a model");
    assert!(from_gguf.decoder.config().attention_bias && !from_gguf.decoder.config().mlp_bias);

    let dir = folder(&gguf);
    std::fs::write(dir.path().join("config.json"), config(r#""attention_bias":true"#)).expect("written");
    let from_folder = open(dir.path()).expect("a model");
    let tokens = [1, 5, 11, 0, 3];
    assert_eq!(common::logits(&from_gguf, &[&tokens]), common::logits(&from_folder, &[&tokens]));

    std::fs::write(dir.path().join("config.json"), config(r#""mlp_bias":true"#)).expect("written");
    let error = open(dir.path()).err().expect("there are no such biases");
    assert!(error.contains("model.layers.0.mlp.gate_proj.bias"), "{error}");
}

#[test]
fn a_head_of_its_own_must_be_in_the_file_and_a_tied_one_is_the_embedding() {
    let dir = folder(&TinyGguf::new());
    let path = dir.path().join("config.json");
    std::fs::write(&path, config(r#""use_cache":true"#)).expect("written");
    assert!(open(dir.path()).is_ok());
    let untied = config(r#""use_cache":true"#).replace(r#""tie_word_embeddings":true,"#, "");
    std::fs::write(&path, untied).expect("written");
    let error = open(dir.path()).err().expect("transformers would leave the head random");
    assert!(error.contains("lm_head.weight"), "{error}");
    // A GGUF has no flag: its head is its own where it holds one.
    let mut gguf = TinyGguf::new();
    let run = |gguf: &TinyGguf| {
        let (_dir, path) = written(gguf);
        common::logits(&open(&path).expect("a model"), &[&[3, 1, 4]]).remove(0)
    };
    let tied = run(&gguf);
    let doubled = (&gguf.tensors["token_embd.weight"] * 2.0).expect("a tensor");
    gguf.tensors.insert("output.weight".into(), doubled);
    for (own, tied) in run(&gguf).iter().zip(&tied) {
        assert!((own - 2.0 * tied).abs() < 1e-5, "{own} is not twice {tied}");
    }
}

#[test]
fn a_sliding_window_bounds_the_context_within_which_full_attention_is_exact() {
    let read = |field: &str| {
        ModelConfig::from_json(&config(field), Path::new("config.json")).expect("a configuration")
    };
    assert_eq!(read(r#""max_position_embeddings":512,"sliding_window":128"#).max_positions, 128);
    assert_eq!(read(r#""max_position_embeddings":512,"sliding_window":null"#).max_positions, 512);
    assert_eq!(read(r#""max_position_embeddings":512"#).max_positions, 512);
}
