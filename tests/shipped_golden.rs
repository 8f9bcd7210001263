//! The shipped adapters: PEFT and this engine give the same logits, and each wins on its own group's held-out text.

mod common;

use common::{base_path, fixture, ids, json};
use persona_eval::blend::Blend;
use persona_eval::course::{Found, read_folder};
use persona_eval::generate::{Engine, Scored};
use persona_eval::model::{Arithmetic, Message};
use persona_eval::persona::Registry;
use persona_eval::train::{TextPair, TokenPair};
use std::collections::BTreeMap;
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

/// One in so many held-out texts is read.
const EVERY: usize = 11;

#[test]
fn every_shipped_adapter_wins_on_its_own_groups_heldout_text() {
    let registry = Registry::built_in().expect("the registry");
    let folders: Vec<(String, PathBuf)> =
        registry.groups().into_iter().map(|n| (n.clone(), fixture("adapters").join(n))).collect();
    let engine =
        Engine::open(&base_path(), &folders, Arithmetic::Auto, &candle_core::Device::Cpu).expect("opens");
    let (examples, ..) = read_folder(&fixture("corpus/heldout")).expect("examples");
    let (mut groups, mut items) = (Vec::new(), Vec::new());
    for Found { example, line, .. } in examples.iter().step_by(EVERY) {
        let persona = registry.persona(&example.persona).expect("a persona");
        let text = TextPair {
            messages: Message::conversation(&persona.tag(), &example.turns, &example.user_text()),
            completion: example.output.clone(),
            adapter: 0,
            persona: 0,
            file: example.persona.clone(),
            line: *line,
        };
        let pair = TokenPair::new(engine.base(), &text).expect("tokens");
        let (prompt, continuation) = pair.tokens.split_at(pair.prompt);
        for blend in [Blend::base(), Blend::single(persona.group()).expect("a name")] {
            items.push(Scored { prompt: prompt.to_vec(), continuation: continuation.to_vec(), blend });
        }
        groups.push(persona.group());
    }
    let scores = engine.log_likelihoods(&items, |_| {}).expect("scores");
    // Losses a token by group: base, adapter.
    let mut losses: BTreeMap<&str, [(f64, usize); 2]> = BTreeMap::new();
    for (group, both) in groups.iter().zip(scores.chunks_exact(2)) {
        for (sum, scores) in losses.entry(group).or_default().iter_mut().zip(both) {
            *sum = (sum.0 - scores.iter().map(|s| f64::from(*s)).sum::<f64>(), sum.1 + scores.len());
        }
    }
    assert_eq!(losses.len(), 5);
    for (group, both) in losses {
        let [base, adapter] = both.map(|(sum, tokens)| sum / tokens as f64);
        assert!(adapter < base - 0.5, "{group}: {adapter} nats a token, the base {base}");
    }
}
