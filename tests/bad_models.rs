//! Broken base models: each is refused with an error that the user can act on, and nothing panics.

mod common;

use std::path::Path;

use candle_core::Device;
use candle_core::quantized::gguf_file::Value;
use common::gguf::{TinyGguf, values};
use common::{base_path, fixture};
use persona_eval::error::Kind;
use persona_eval::model::{Arithmetic, BaseModel, ChatTemplate, Message};

fn open(path: &Path) -> Result<BaseModel, String> {
    BaseModel::open(path, Arithmetic::F32, &Device::Cpu, &[]).map_err(|e| {
        assert_eq!(e.kind(), Kind::CannotRun, "{e}");
        let text = e.to_string();
        let named = path.file_name().and_then(|n| n.to_str()).expect("a name");
        assert!(text.contains(named), "the error names no file: {text}");
        text
    })
}

/// Why a file of these bytes is refused.
fn refusal(bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("model.gguf");
    std::fs::write(&path, bytes).expect("written");
    let text = open(&path).err().unwrap_or_else(|| panic!("{} bytes were taken for a model", bytes.len()));
    // candle's errors carry a backtrace where RUST_BACKTRACE asks for one.
    let lines = text.lines().filter(|l| !l.starts_with("      ") && !l.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n").replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn a_truncated_gguf_is_refused_at_every_length() {
    let whole = TinyGguf::new().bytes();
    for length in (0..whole.len() - 32).step_by(7) {
        refusal(&whole[..length]);
    }
    insta::assert_snapshot!(refusal(&whole[..300]), @r"
    the model is not a readable GGUF file
      at: model.gguf
      cause: gguf: header declares 11 tensors and 17 metadata entries, needs at least 485 bytes, only 276 remaining
      help: the file may be truncated: fetch it again with `persona-eval models fetch`
    ");
}

#[test]
fn the_real_model_truncated_is_refused() {
    let whole = std::fs::read(base_path()).expect("a file");
    for length in [0, 3, 4, 23, 24, 1000, 1_000_000, 4_000_000, whole.len() - 1] {
        let text = refusal(&whole[..length]);
        println!("{length} bytes: {}", text.lines().last().unwrap_or_default());
        assert!(text.contains("fetch it again") || text.contains("cannot be read"), "{length}: {text}");
    }
}

#[test]
fn a_header_that_lies_about_its_counts_is_refused() {
    let whole = TinyGguf::new().bytes();
    // After magic and version: the tensors' count, then the metadata's.
    for at in [8, 16] {
        let honest = u64::from_le_bytes(whole[at..at + 8].try_into().expect("8 bytes"));
        for count in [honest + 1, honest + 1000, 1 << 29, 1 << 31, u64::MAX / 2, u64::MAX] {
            let mut bytes = whole.clone();
            bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
            refusal(&bytes);
        }
        let mut bytes = whole.clone();
        bytes[at..at + 8].copy_from_slice(&(honest - 1).to_le_bytes());
        refusal(&bytes);
    }
}

#[test]
fn files_that_are_no_gguf_are_refused() {
    let zip = [b"PK\x03\x04".to_vec(), vec![0; 500]].concat();
    let page = b"<!DOCTYPE html><title>404</title>".repeat(20);
    for bytes in
        [vec![], vec![0; 4096], vec![0xff; 4096], zip, page, b"GGUF".to_vec(), b"GGUF\x09\0\0\0".repeat(9)]
    {
        refusal(&bytes);
    }
    assert!(open(Path::new("no/such/model.gguf")).is_err());
}

#[test]
fn a_missing_key_or_tensor_is_named() {
    for key in [
        "general.architecture",
        "llama.embedding_length",
        "llama.block_count",
        "llama.feed_forward_length",
        "llama.attention.head_count",
        "llama.attention.layer_norm_rms_epsilon",
        "llama.context_length",
        "tokenizer.ggml.model",
        "tokenizer.ggml.tokens",
        "tokenizer.ggml.merges",
        "tokenizer.chat_template",
    ] {
        let mut model = TinyGguf::new();
        model.metadata.remove(key).expect("a key of the fixture");
        let text = refusal(&model.bytes());
        assert!(text.contains(&format!("`{key}`")), "{text}");
    }
    for name in TinyGguf::new().tensors.into_keys().filter(|n| n != "token_embd.weight") {
        let mut model = TinyGguf::new();
        model.tensors.remove(&name);
        let text = refusal(&model.bytes());
        assert!(text.contains("lacks a tensor") && text.contains(&format!("`{name}`")), "{name}: {text}");
    }
    let mut model = TinyGguf::new();
    model.tensors.remove("blk.0.ffn_up.weight");
    insta::assert_snapshot!(refusal(&model.bytes()), @r"
    the model lacks a tensor
      at: model.gguf `blk.0.ffn_up.weight`
      help: the file may be truncated or made for another architecture
    ");
}

#[test]
fn values_that_make_no_sense_are_refused() {
    let number = |n: u32| Value::U32(n);
    let text = |s: &str| Value::String(s.to_owned());
    for (key, value, part) in [
        ("general.architecture", text("gpt2"), "architecture `gpt2`"),
        ("general.alignment", number(0), "not a readable GGUF"),
        ("llama.attention.head_count", number(0), "heads"),
        ("llama.attention.head_count", number(3), ""),
        ("llama.attention.head_count_kv", number(0), "key-value heads"),
        ("llama.block_count", number(0), "layers"),
        ("llama.block_count", number(2), "lacks a tensor"),
        ("llama.block_count", number(u32::MAX), "layers"),
        ("llama.block_count", text("one"), "`llama.block_count`"),
        ("llama.embedding_length", number(u32::MAX), "hidden size"),
        ("llama.embedding_length", number(16), "shape"),
        ("llama.feed_forward_length", number(8), "shape"),
        ("llama.rope.freq_base", Value::F32(0.0), "rope"),
        ("llama.rope.freq_base", Value::F32(f32::NAN), "rope"),
        ("llama.rope.scaling.type", text("yarn"), "`yarn`"),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(f32::NAN), "norm"),
        ("tokenizer.ggml.model", text("llama"), "tokenizer model"),
        ("tokenizer.ggml.pre", text("smolm"), "did you mean: smollm?"),
        ("tokenizer.ggml.merges", Value::Array(vec![text("ab")]), "`tokenizer.ggml.merges`"),
        ("tokenizer.ggml.merges", Value::Array(vec![text("x y")]), "`tokenizer.ggml.merges`"),
        ("tokenizer.chat_template", text("{% for m in messages %}"), "template does not parse"),
    ] {
        let mut model = TinyGguf::new();
        model.metadata.insert(key.to_owned(), value.clone());
        let text = refusal(&model.bytes());
        assert!(text.contains(part), "{key} = {value:?}: {text}");
    }
    let mut model = TinyGguf::new();
    model.tensors.insert("blk.0.attn_k.weight".into(), values(&[4, 16]));
    insta::assert_snapshot!(refusal(&model.bytes()), @r"
    a tensor has the shape [4, 16]
      at: model.gguf `blk.0.attn_k.weight`
      expected: [4, 8], from the model's own configuration
    ");
}

#[test]
fn no_byte_of_the_header_can_make_the_reader_panic() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("model.gguf");
    let whole = TinyGguf::new().bytes();
    let data: usize = TinyGguf::new().tensors.values().map(|t| t.elem_count() * 4).sum();
    let mut refused = 0;
    for at in 0..whole.len() - data {
        for change in [0x00, 0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = if change == 0x01 { bytes[at] ^ 1 } else { change };
            std::fs::write(&path, &bytes).expect("written");
            let opened = std::panic::catch_unwind(|| open(&path));
            refused += usize::from(opened.expect("no panic").is_err());
        }
    }
    println!("{refused} changed files refused");
    assert!(refused > 1000);
}

#[test]
fn broken_folders_are_refused_by_the_name_of_the_broken_file() {
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for file in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
            std::fs::copy(fixture("tiny-llama").join(file), dir.path().join(file)).expect("a copy");
        }
        let path = dir.path().join(name);
        let whole = std::fs::read(&path).expect("a file");
        for length in [0, 1, 8, whole.len() / 2, whole.len() - 3] {
            std::fs::write(&path, &whole[..length]).expect("written");
            let text =
                open(dir.path()).err().unwrap_or_else(|| panic!("{length} bytes of {name} were enough"));
            assert!(text.contains(name), "{text}");
        }
        std::fs::remove_file(&path).expect("it was there");
        let text = open(dir.path()).err().expect("a file is missing");
        assert!(text.contains(if name == "model.safetensors" { "*.safetensors" } else { name }), "{text}");
    }
}

#[test]
fn a_template_that_fails_says_why() {
    let raises = "{% if messages[0].role != 'user' %}{{ raise_exception('the first turn must be the user\\'s') }}{% endif %}";
    let template = ChatTemplate::new(raises, "", "", "tiny.gguf").expect("it parses");
    assert_eq!(template.render(&[Message::user("Hi")], true).expect("a user's turn"), "");
    let error = template.render(&[Message::assistant("Hi")], true).expect_err("it raises");
    assert_eq!(error.kind(), Kind::CannotRun);
    insta::assert_snapshot!(error, @r"
    the model's chat template failed
      at: tiny.gguf
      cause: invalid operation: the first turn must be the user's (in chat:1)
      help: the template may not allow these roles or their order
    ");
    for broken in ["{{ messages", "{% if %}", "{% endfor %}", "{{ 'a' | nofilter }}", "{{ nofunction() }}"] {
        let error = match ChatTemplate::new(broken, "", "", "tiny.gguf") {
            Err(error) => error,
            Ok(template) => template.render(&[Message::user("Hi")], true).expect_err("it cannot be rendered"),
        };
        assert_eq!(error.kind(), Kind::CannotRun, "{broken}");
        assert!(error.to_string().contains("tiny.gguf"), "{error}");
    }
}
