//! Adapters against PEFT, on the numbers of `fixtures/golden/engine/make_peft.py` and `make_tiny_llama.py`; the
//! laws of blending that no golden number shows; and what is refused, with the words that the user reads.

mod common;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use candle_core::{Device, Tensor};
use common::{assert_same, base_path, f32_layouts, fixture, ids, indices, json, largest_difference, matrix};
use ndarray::{Array2, s};
use persona_eval::blend::Blend;
use persona_eval::error::Kind;
use persona_eval::generate::{Engine, Request, Scored};
use persona_eval::model::{Adapter, Arithmetic, BaseModel, Module, RowWeights, Segment, Stack};
use persona_eval::persona::Sampling;
use serde_json::{Value, json};

/// As for the base alone; the adapters' thin products add little to the rounding.
const F32_TOLERANCE: f32 = 1e-3;
const TINY_TOLERANCE: f32 = 1e-4;
const NAMES: [&str; 6] = ["plain", "rslora", "patterns", "regex", "alllinear", "bf16"];

fn folder(name: &str) -> PathBuf {
    fixture("golden/engine/adapters").join(name)
}

/// The golden adapter of that name, for the real base.
fn adapter(name: &str) -> Arc<Adapter> {
    let loaded = Adapter::load(name, &folder(name), base().decoder.config());
    Arc::new(loaded.unwrap_or_else(|e| panic!("{e}")))
}

/// The real base with all golden adapters, in the reference arithmetic.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let adapters: Vec<_> = NAMES.iter().map(|n| ((*n).to_owned(), folder(n))).collect();
        let opened = Engine::open(&base_path(), &adapters, Arithmetic::F32, &Device::Cpu);
        opened.unwrap_or_else(|e| panic!("{e}"))
    })
}

fn base() -> &'static BaseModel {
    engine().base()
}

/// Tokens of the golden prompts.
fn prompts() -> Vec<Vec<u32>> {
    let golden = json("engine/peft.json");
    golden["prompts"].as_array().expect("prompts").iter().map(|p| ids(&p["ids"])).collect()
}

fn blend(case: &Value) -> Blend {
    let names = case["adapters"].as_array().expect("names").iter();
    let weights = case["weights"].as_array().expect("weights").iter();
    let of = |(name, weight): (&Value, &Value)| {
        (name.as_str().expect("a name").to_owned(), weight.as_f64().expect("a weight") as f32)
    };
    Blend::new(names.zip(weights).map(of)).expect("a blend")
}

/// Logits of all golden prompts, one after the other, of every 97th entry of the vocabulary.
fn strided(engine: &Engine, blend: &Blend) -> Vec<f32> {
    let vocab = engine.base().decoder.config().vocab;
    let of = |tokens: &Vec<u32>| engine.logits(tokens, blend).expect("logits");
    let rows = prompts().iter().map(of).collect::<Vec<_>>().concat();
    rows.chunks_exact(vocab).flat_map(|row| row.iter().step_by(97).copied()).collect()
}

#[test]
fn every_blend_gives_the_logits_of_peft() {
    let golden = json("engine/peft.json");
    let expected: Array2<f32> = {
        let all: ndarray::Array3<f32> =
            ndarray_npy::read_npy(fixture("golden/engine/peft.npy")).expect("a table");
        let (cases, rows, columns) = all.dim();
        all.into_shape_with_order((cases, rows * columns)).expect("the same values")
    };
    let cases = golden["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), expected.nrows());
    let base_logits = expected.row(0).to_owned();
    let mut all_worst = 0f32;
    for (case, theirs) in cases.iter().zip(expected.rows()) {
        let blend = blend(case);
        let worst = largest_difference(&strided(engine(), &blend), theirs);
        println!("{blend}: largest difference {worst:.2e}");
        assert!(worst < F32_TOLERANCE, "{blend}: {worst}");
        // The golden numbers themselves say that the adapter matters.
        assert!(blend.is_base() || largest_difference(theirs, &base_logits) > 0.5, "{blend}");
        all_worst = all_worst.max(worst);
    }
    println!("all blends: largest difference {all_worst:.2e}");
}

#[test]
fn ranks_and_scales_of_all_modules_are_those_that_peft_resolved() {
    let golden = json("engine/peft.json");
    for name in NAMES {
        let adapter = adapter(name);
        let theirs = golden["modules"][name].as_array().expect("modules");
        assert_eq!(adapter.matched_tensors(), 2 * theirs.len(), "{name}");
        for entry in theirs {
            let path = entry[0].as_str().expect("a path");
            let place =
                (0..30).flat_map(|l| Module::ALL.map(|m| (l, m))).find(|(l, m)| m.full_path(*l) == path);
            let pair = &adapter.pairs[&place.unwrap_or_else(|| panic!("{path} is no module"))];
            assert_eq!(pair.r as u64, entry[1].as_u64().expect("a rank"), "{name} {path}");
            let scale = entry[2].as_f64().expect("a scale");
            assert!((f64::from(pair.scale) - scale).abs() < 1e-6 * scale, "{name} {path}: {}", pair.scale);
        }
    }
}

#[test]
fn a_tiny_models_adapter_gives_the_logits_of_peft() {
    let golden = json("engine/tiny_llama.json");
    let cases = golden["cases"].as_array().expect("cases");
    let case =
        cases.iter().find(|c| c["adapters"] == json!(["plain"])).expect("a case with the plain adapter");
    let (row, rows) =
        (case["row"].as_u64().expect("a row") as usize, case["rows"].as_u64().expect("rows") as usize);
    let expected = matrix("engine/tiny_llama.npy").slice_move(s![row..row + rows, ..]);
    let tokens = ids(&golden["texts"][indices(&case["texts"])[0]]["ids"]);
    for layout in f32_layouts() {
        let base =
            BaseModel::open_with(&fixture("tiny-llama"), layout, &Device::Cpu, &[]).expect("a tiny model");
        let adapters = [("plain".to_owned(), fixture("tiny-llama/adapters/plain"))];
        let engine = Engine::new(base, &adapters).expect("an adapter");
        let ours = engine.logits(&tokens, &Blend::single("plain").expect("a name")).expect("logits");
        let worst = largest_difference(&ours, &expected);
        println!("{layout:?}: largest difference {worst:.2e}");
        assert!(worst < TINY_TOLERANCE);
    }
}

/// Final hidden states of the golden prompts in one batch, each prompt with its own row of weights over `stack`.
fn hidden(base: &BaseModel, stack: &[Arc<Adapter>], weights: [&[f32]; 3]) -> Vec<Vec<f32>> {
    let prompts = prompts();
    let d = &base.decoder;
    let stack = Stack::new(stack, d.config(), d.layout(), d.device()).expect("memory");
    let rows = prompts.iter().zip(weights).flat_map(|(p, w)| p.iter().flat_map(|_| w.iter().copied()));
    let weights = RowWeights { values: rows.collect(), adapters: stack.adapters().len() };
    let mut caches: Vec<_> = prompts.iter().map(|p| d.cache(p.len()).expect("memory")).collect();
    let mut segments: Vec<Segment<'_>> =
        caches.iter_mut().zip(&prompts).map(|(cache, tokens)| Segment { cache, tokens }).collect();
    let hidden =
        d.hidden(&mut segments, Some((&stack, &weights))).and_then(|h| h.to_vec2::<f32>()).expect("a pass");
    let mut rest = hidden.into_iter();
    prompts.iter().map(|p| rest.by_ref().take(p.len()).flatten().collect()).collect()
}

#[test]
fn blends_that_mean_the_same_are_the_same_bit_for_bit() {
    let bf16 = common::open(&base_path(), Arithmetic::Bf16);
    for base in [base(), &bf16] {
        let (plain, rslora, bf16) = (adapter("plain"), adapter("rslora"), adapter("bf16"));
        let alone = hidden(base, &[plain.clone()], [&[1.0]; 3]);
        let three = [bf16.clone(), plain.clone(), rslora.clone()];
        let same = |ours: &Vec<f32>, theirs: &Vec<f32>, law| assert_same(base, ours, theirs, law);
        let of_three = hidden(base, &three, [&[0.0, 1.0, 0.0]; 3]);
        let none = hidden(base, &three, [&[0.0, 0.0, 0.0]; 3]);
        let empty = hidden(base, &[], [&[]; 3]);
        for i in 0..3 {
            same(&of_three[i], &alone[i], "weight 1 of one is that one alone");
            assert_eq!(empty[i], none[i], "the empty blend is the base");
        }
        // Odd ranks beside even ones, a neighbour without any adapter, and a third with all three.
        let mixed = hidden(base, &three, [&[0.0, 1.0, 0.0], &[0.0, 0.0, 0.0], &[0.2, 0.3, 0.5]]);
        same(&mixed[0], &alone[0], "neighbours' blends change nothing");
        same(&mixed[1], &none[1], "a row of the base stays the base beside adapters");
        same(&mixed[2], &hidden(base, &three, [&[0.2, 0.3, 0.5]; 3])[2], "a blend of three");
    }
}

#[test]
fn the_engines_responses_and_scores_do_not_depend_on_neighbours() {
    let engine = engine();
    let blends = ["plain", "base", "rslora=0.5,patterns=0.3,alllinear=0.2", "regex=-0.5"];
    let prompts = prompts();
    let requests: Vec<Request> = blends
        .iter()
        .enumerate()
        .map(|(i, blend)| Request {
            tokens: prompts[i % prompts.len()].clone(),
            shared: i % 2,
            blend: blend.parse().expect("a blend"),
            sampling: Sampling { temperature: 0.8, ..Sampling::greedy(6) },
            seed: i as u64,
        })
        .collect();
    let together = engine.generate_all(&requests, 3).expect("responses");
    for (request, together) in requests.iter().zip(&together) {
        let alone = engine.generate_all(std::slice::from_ref(request), 1).expect("a response");
        assert_eq!(&alone[0], together, "{}", request.blend);
    }
    let items: Vec<Scored> = requests
        .iter()
        .map(|r| Scored {
            prompt: r.tokens.clone(),
            continuation: prompts[1].clone(),
            blend: r.blend.clone(),
        })
        .collect();
    let together = engine.log_likelihoods(&items, |_| ()).expect("scores");
    for (item, together) in items.iter().zip(&together) {
        let alone = engine.log_likelihoods(std::slice::from_ref(item), |_| ()).expect("scores");
        assert_same(engine.base(), &alone[0], together, &item.blend.to_string());
    }
}

#[test]
fn adapters_merged_into_the_weights_speak_as_those_beside_them() {
    let (plain, patterns, alllinear) = (adapter("plain"), adapter("patterns"), adapter("alllinear"));
    let merged = [(&*plain, 0.7), (&*patterns, -0.4), (&*alllinear, 1.0)];
    let base = BaseModel::open(&base_path(), Arithmetic::F32, &Device::Cpu, &merged).expect("a merged base");
    let merged = strided(&Engine::new(base, &[]).expect("an engine"), &Blend::base());
    let beside = strided(engine(), &"plain=0.7,patterns=-0.4,alllinear=1".parse().expect("a blend"));
    let worst = largest_difference(&merged, &beside);
    println!("merged: largest difference {worst:.2e}");
    assert!(worst < F32_TOLERANCE);
    assert!(largest_difference(&merged, &strided(engine(), &Blend::base())) > 1.0, "it was merged");
}

#[test]
fn every_golden_adapter_proves_that_it_is_applied() {
    for name in NAMES {
        let proof = engine().prove(name).expect("a change");
        println!("{name}: {proof:?}");
        assert!(proof.logit_change > 0.01 && proof.matched_tensors == 2 * adapter(name).pairs.len());
    }
    let error = engine().prove("plaim").expect_err("no such adapter").to_string();
    assert!(error.contains("did you mean: plain?"), "{error}");
}

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

fn edit_tensors(folder: &Path, edit: impl FnOnce(&mut std::collections::HashMap<String, Tensor>)) {
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
    insta::assert_snapshot!(refusal_of(base(), &fixture("tiny-llama/adapters/plain")), @r"
    a tensor of the adapter has the shape [3, 64]
      at: adapter_model.safetensors `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`
      expected: [3, 576], from the base and the adapter's rank
      help: the adapter belongs to another base (it names `tiny-llama` as its own), or its configuration to another adapter
    ");
    insta::assert_snapshot!(refusal(&folder("regex")), @r"
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
