//! Adapters against PEFT, on the numbers of `fixtures/golden/engine/make_peft.py` and `make_tiny_llama.py`; the
//! laws of blending that no golden number shows.

mod common;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use candle_core::Device;
use common::{assert_same, base_path, f32_layouts, fixture, ids, indices, json, largest_difference, matrix};
use ndarray::{Array2, s};
use persona_eval::blend::Blend;
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
        let alone = hidden(base, std::slice::from_ref(&plain), [&[1.0]; 3]);
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
            to_length: false,
        })
        .collect();
    let together = engine.generate_all(&requests, 3).expect("responses");
    for (request, together) in requests.iter().zip(&together) {
        let alone = engine.generate_all(std::slice::from_ref(request), 1).expect("a response");
        // A draw may fall otherwise where sums are only near.
        if common::is_exact(engine.base()) {
            assert_eq!(&alone[0], together, "{}", request.blend);
        }
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
