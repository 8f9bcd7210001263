//! Adapters that are refused, with the words that the user reads: fields and tensors that the engine cannot apply,
//! adapters of another base, and broken files.

mod common;

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use common::fixture;
use persona_eval::error::Kind;
use persona_eval::model::{Adapter, Arithmetic, BaseModel};
use serde_json::{Value, json};

/// A copy of the tiny adapter whose files may be broken.
fn copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(fixture("tiny-llama/adapters/plain").join(file), dir.path().join(file))
            .expect("a copy");
    }
    dir
}

/// Why the tiny base refuses an adapter; paths are replaced by their last part.
fn refusal(folder: &Path) -> String {
    let base = common::open(&fixture("tiny-llama"), Arithmetic::F32);
    refusal_of(&base, folder)
}

fn refusal_of(base: &BaseModel, folder: &Path) -> String {
    let error = Adapter::load("mine", folder, base.decoder.config()).expect_err("a refusal");
    assert_eq!(error.kind(), Kind::CannotRun, "{error}");
    error.to_string().replace(&format!("{}/", folder.display()), "")
}

fn edit_config(folder: &Path, edit: impl FnOnce(&mut Value)) {
    let path = folder.join("adapter_config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
    edit(&mut config);
    std::fs::write(path, config.to_string()).expect("written");
}

fn edit_tensors(folder: &Path, edit: impl FnOnce(&mut HashMap<String, Tensor>)) {
    let path = folder.join("adapter_model.safetensors");
    let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).expect("tensors");
    edit(&mut tensors);
    candle_core::safetensors::save(&tensors, path).expect("written");
}

#[test]
fn what_the_engine_cannot_apply_is_refused_by_name() {
    insta::assert_snapshot!(refusal(&fixture("tiny-llama/adapters/dora")), @r"
    the adapter sets `use_dora`, which this engine cannot apply
      at: adapter_config.json `use_dora`
      expected: the field absent, null, false or empty
      help: merge the adapter into its base with PEFT, or retrain it as a plain LoRA
    ");
    insta::assert_snapshot!(refusal(&fixture("tiny-llama/adapters/bias")), @r"
    the adapter sets `lora_bias`, which this engine cannot apply
      at: adapter_config.json `lora_bias`
      expected: the field absent, null, false or empty
      help: merge the adapter into its base with PEFT, or retrain it as a plain LoRA
    ");
    insta::assert_snapshot!(refusal(&fixture("tiny-llama/adapters/head")), @r"
    4 tensors of the adapter have no place in the base
      at: adapter_model.safetensors `base_model.model.lm_head.lora_A.weight`
      expected: base_model.model.model.layers.0..1.<module>.lora_A.weight and lora_B.weight
      help: the adapter belongs to another base (it names `tiny-llama` as its own), or adapts modules that this engine does not
    ");
}

#[test]
fn an_adapter_of_another_base_is_refused_with_both_shapes() {
    let mistral = common::open(&fixture("tiny-mistral"), Arithmetic::F32);
    insta::assert_snapshot!(refusal_of(&mistral, &fixture("tiny-llama/adapters/plain")), @r"
    a tensor of the adapter has the shape [3, 64]
      at: adapter_model.safetensors `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`
      expected: [3, 32], from the base and the adapter's rank
      help: the adapter belongs to another base (it names `tiny-llama` as its own), or its configuration to another adapter
    ");
    insta::assert_snapshot!(refusal(&fixture("golden/engine/adapters/regex")), @r"
    12 tensors of the adapter have no place in the base
      at: adapter_model.safetensors `base_model.model.model.layers.2.mlp.gate_proj.lora_A.weight`
      expected: base_model.model.model.layers.0..1.<module>.lora_A.weight and lora_B.weight
      help: the adapter belongs to another base (it names `HuggingFaceTB/SmolLM2-135M-Instruct` as its own), or adapts modules that this engine does not
    ");
}

#[test]
fn a_missing_tensor_is_named() {
    let dir = copy();
    let lost = "base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight";
    edit_tensors(dir.path(), |t| drop(t.remove(lost).expect("a tensor of the fixture")));
    insta::assert_snapshot!(refusal(dir.path()), @r"
    a lora_A has no lora_B
      at: adapter_model.safetensors `base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight`
    ");
    edit_tensors(dir.path(), |t| drop(t.remove(&lost.replace("lora_B", "lora_A")).expect("its partner")));
    let text = refusal(dir.path());
    assert!(text.contains("layers.1.self_attn.v_proj.lora_A.weight"), "{text}");
}

#[test]
fn tensors_that_no_configuration_explains_are_refused() {
    let dir = copy();
    let add = |name: &str, shape: &[usize]| {
        let tensor = Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).expect("a tensor");
        edit_tensors(dir.path(), |t| drop(t.insert(name.to_owned(), tensor)));
    };
    add("base_model.model.model.layers.0.mlp.down_proj.lora_A.weight", &[3, 96]);
    add("base_model.model.model.layers.0.mlp.down_proj.lora_B.weight", &[64, 3]);
    let text = refusal(dir.path());
    assert!(text.contains("does not target") && text.contains("layers.0.mlp.down_proj.lora_A"), "{text}");
    let dir = copy();
    edit_config(dir.path(), |c| c["r"] = json!(4));
    let text = refusal(dir.path());
    assert!(text.contains("[3, 64]") && text.contains("[4, 64]"), "{text}");
    let dir = copy();
    edit_tensors(dir.path(), |t| {
        let name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
        let broken = (t[name].ones_like().expect("a tensor") / 0.0).expect("infinity");
        t.insert(name.to_owned(), broken);
    });
    let text = refusal(dir.path());
    assert!(text.contains("NaN or infinity") && text.contains("layers.0.self_attn.q_proj.lora_A"), "{text}");
}

#[test]
fn a_configuration_that_is_no_lora_is_refused() {
    let dir = copy();
    edit_config(dir.path(), |c| c["peft_type"] = json!("IA3"));
    insta::assert_snapshot!(refusal(dir.path()), @r"
    the adapter's peft_type is IA3
      at: adapter_config.json `peft_type`
      expected: LORA
    ");
    for (text, part) in [
        ("[]", "not a JSON object"),
        ("{", "not a JSON object"),
        ("{}", "peft_type is missing"),
        (r#"{"peft_type":"LORA","r":0}"#, "`r`"),
        (r#"{"peft_type":"LORA","r":-3}"#, "`r`"),
        (r#"{"peft_type":"LORA","r":"eight"}"#, "`r`"),
        (r#"{"peft_type":"LORA","r":1e300}"#, "`r`"),
        (r#"{"peft_type":"LORA","rank_pattern":{"q_proj":0.5}}"#, "`rank_pattern`"),
        (r#"{"peft_type":"LORA","rank_pattern":{"q_proj":1e18}}"#, "`rank_pattern`"),
        (r#"{"peft_type":"LORA","rank_pattern":{"(":2}}"#, "`rank_pattern`"),
        (r#"{"peft_type":"LORA","alpha_pattern":3}"#, "`alpha_pattern`"),
        (r#"{"peft_type":"LORA","target_modules":"(q_proj"}"#, "`target_modules`"),
        (r#"{"peft_type":"LORA","target_modules":[7]}"#, "`target_modules`"),
        (r#"{"peft_type":"LORA","layers_to_transform":["one"]}"#, "`layers_to_transform`"),
        (r#"{"peft_type":"LORA","layers_to_transform":[-1]}"#, "`layers_to_transform`"),
        (r#"{"peft_type":"LORA","use_rslora":"yes"}"#, "`use_rslora`"),
        (r#"{"peft_type":"LORA","bias":3}"#, "`bias`"),
    ] {
        std::fs::write(dir.path().join("adapter_config.json"), text).expect("written");
        let message = refusal(dir.path());
        assert!(message.contains(part), "{text}: {message}");
    }
    std::fs::remove_file(dir.path().join("adapter_config.json")).expect("it was there");
    assert!(refusal(dir.path()).contains("no adapter_config.json"));
}

#[test]
fn a_truncated_file_is_refused_at_any_length() {
    let dir = copy();
    let path = dir.path().join("adapter_model.safetensors");
    let whole = std::fs::read(&path).expect("a file");
    let base = common::open(&fixture("tiny-llama"), Arithmetic::F32);
    for length in (0..whole.len()).step_by(97).chain([1, 7, 8, 9, whole.len() - 1]) {
        std::fs::write(&path, &whole[..length]).expect("written");
        let text = refusal_of(&base, dir.path());
        assert!(text.contains("adapter_model.safetensors"), "{length} bytes: {text}");
    }
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("written");
    insta::assert_snapshot!(refusal_of(&base, dir.path()), @r"
    the adapter's weights are not a readable safetensors file
      at: adapter_model.safetensors
      cause: incomplete metadata, file not fully covered
    ");
    std::fs::remove_file(&path).expect("it was there");
    assert!(refusal_of(&base, dir.path()).contains("adapter_model.safetensors"));
}
