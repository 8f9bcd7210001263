//! The shipped adapters: PEFT and this engine give the same logits, and each wins on its own group's held-out text.

mod common;

use common::{base_path, fixture, ids, json};
use persona_eval::blend::Blend;
use persona_eval::generate::Engine;
use persona_eval::model::Arithmetic;
use std::path::PathBuf;

const STRIDE: usize = 97;

#[test]
fn peft_gives_the_shipped_adapters_the_same_logits() {
    let truth = json("engine/shipped.json");
    let names: Vec<String> = truth["adapters"]
        .as_array()
        .expect("names")
        .iter()
        .map(|n| n.as_str().expect("a name").to_owned())
        .collect();
    let folders: Vec<(String, PathBuf)> =
        names.iter().map(|n| (n.clone(), fixture("adapters").join(n))).collect();
    let engine =
        Engine::open(&base_path(), &folders, Arithmetic::F32, &candle_core::Device::Cpu).expect("opens");
    let tokens = ids(&truth["ids"]);
    let expected = ndarray_npy::read_npy::<_, ndarray::Array3<f32>>(fixture("golden/engine/shipped.npy"));
    let expected = expected.expect("an array of adapters, positions, logits");
    for (i, name) in names.iter().enumerate() {
        let own = engine.logits(&tokens, &Blend::single(name.clone()).expect("a name")).expect("computes");
        let vocabulary = engine.base().decoder.config().vocab;
        for (position, row) in own.chunks_exact(vocabulary).enumerate() {
            for (j, logit) in row.iter().step_by(STRIDE).enumerate() {
                let want = expected[[i, position, j]];
                assert!((logit - want).abs() < 1e-3, "{name} at {position}: {logit}, PEFT {want}");
            }
        }
        assert!(engine.prove(name).expect("applied").logit_change > 0.1);
    }
}

#[test]
fn every_shipped_adapter_wins_on_its_own_groups_heldout_text() {
    let training = json("../adapters/training.json");
    for (name, loss) in training["heldout"].as_object().expect("losses by adapter") {
        let (base, adapter) =
            (loss["base"].as_f64().expect("a loss"), loss["adapter"].as_f64().expect("a loss"));
        assert!(adapter < base, "{name}: {adapter} against {base}");
    }
    assert_eq!(training["heldout"].as_object().map(serde_json::Map::len), Some(5));
}
