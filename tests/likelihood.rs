//! Likelihoods of texts after shared prompts: those of the plain way, those of PEFT's logits; and a run that measures
//! nothing else.

mod common;

use candle_core::Device;
use common::evaluation::parts;
use common::{assert_same, f32_layouts, fixture, ids, indices, json, matrix};
use ndarray::s;
use persona_eval::blend::Blend;
use persona_eval::evaluate::{EvaluateOptions, evaluate};
use persona_eval::generate::{Engine, Prompted, Scored};
use persona_eval::model::BaseModel;
use persona_eval::progress::Silent;
use persona_eval::record::Record;
use serde_json::json;

/// The tiny models: logits of size 10, sums of some 10² terms.
const TOLERANCE: f32 = 1e-4;

/// Tiny models with an adapter, one for each way in which f32 products are computed.
fn engines() -> Vec<Engine> {
    let open = |layout| {
        let base = BaseModel::open_with(&fixture("tiny-llama"), layout, &Device::Cpu, &[]).expect("opens");
        Engine::new(base, &[("plain".to_owned(), fixture("tiny-llama/adapters/plain"))]).expect("an adapter")
    };
    f32_layouts().map(open).into()
}

fn tokens(seed: u32, length: usize) -> Vec<u32> {
    (0..length as u32).map(|i| (seed * 31 + i * i * 7 + i) % 250).collect()
}

#[test]
fn texts_after_a_shared_prompt_score_as_they_do_alone() {
    let (head, blends) = (tokens(1, 9), [Blend::base(), "plain=0.6".parse().expect("a blend")]);
    let mut items = Vec::new();
    for blend in &blends {
        for (i, own) in [0usize, 1, 5].into_iter().enumerate() {
            let texts = (0..4usize).map(|k| tokens((i * 4 + k) as u32, 1 + 6 * k)).collect();
            items.push(Prompted {
                prompt: [&head[..], &tokens(20 + i as u32, own)].concat(),
                blend: blend.clone(),
                texts,
            });
        }
    }
    // Alone with its blend, one token of prompt, and more text than one pass takes.
    let texts = (0..30).map(|k| tokens(k, 100)).collect();
    items.push(Prompted { prompt: vec![3], blend: "plain=1".parse().expect("a blend"), texts });
    let scored: Vec<Scored> = items
        .iter()
        .flat_map(|i| {
            i.texts.iter().map(|t| Scored {
                prompt: i.prompt.clone(),
                continuation: t.clone(),
                blend: i.blend.clone(),
            })
        })
        .collect();
    for engine in engines() {
        let plain = engine.log_likelihoods(&scored, |_| ()).expect("scores");
        let mut done = 0;
        let shared = engine.log_likelihoods_after(&items, |n| done += n).expect("scores");
        assert_eq!(done, scored.len());
        let shared: Vec<Vec<f32>> = shared.into_iter().flatten().collect();
        assert_eq!(
            shared.iter().map(Vec::len).collect::<Vec<_>>(),
            plain.iter().map(Vec::len).collect::<Vec<_>>()
        );
        let worst = common::largest_difference(shared.iter().flatten(), plain.iter().flatten());
        println!("{:?}: largest difference {worst:.2e}", engine.base().decoder.layout());
        assert!(worst < TOLERANCE, "{worst}");
        assert_same(engine.base(), shared.iter().flatten(), plain.iter().flatten(), "shared and alone");
        // The adapter is heard: the same prompt and text under another blend.
        assert!(common::largest_difference(&shared[3], &shared[12 + 3]) > 1e-3);
    }
}

#[test]
fn scores_are_those_of_pefts_logits() {
    let golden = json("engine/tiny_llama.json");
    let cases = golden["cases"].as_array().expect("cases");
    let case =
        cases.iter().find(|c| c["adapters"] == json!(["plain"])).expect("a case with the plain adapter");
    let row = case["row"].as_u64().expect("a row") as usize;
    let tokens = ids(&golden["texts"][indices(&case["texts"])[0]]["ids"]);
    let logits = matrix("engine/tiny_llama.npy").slice_move(s![row..row + tokens.len(), ..]);
    let theirs: Vec<f32> = tokens[1..]
        .iter()
        .zip(logits.rows())
        .map(|(token, row)| {
            let most = row.fold(f32::MIN, |m, v| m.max(*v));
            let sum: f64 = row.iter().map(|v| f64::from(v - most).exp()).sum();
            row[*token as usize] - most - sum.ln() as f32
        })
        .collect();
    let blend = Blend::single("plain").expect("a name");
    for engine in engines() {
        // Every place of the border between prompt and text.
        for border in 1..tokens.len() {
            let (prompt, text) = tokens.split_at(border);
            let item = Prompted { prompt: prompt.to_vec(), blend: blend.clone(), texts: vec![text.to_vec()] };
            let ours = engine.log_likelihoods_after(&[item], |_| ()).expect("scores");
            let worst = common::largest_difference(&ours[0][0], &theirs[border - 1..]);
            assert!(worst < TOLERANCE, "border {border}: {worst}");
        }
    }
}

#[test]
fn a_text_or_a_prompt_without_tokens_and_what_is_too_long_are_refused() {
    let engine = engines().remove(0);
    let long = engine.base().decoder.config().max_positions;
    let blend = Blend::base();
    for (prompt, text, wanted) in
        [(vec![], vec![1], "no prompt"), (vec![1], vec![], "no token"), (vec![1], vec![2; long], "context")]
    {
        let item = Prompted { prompt, blend: blend.clone(), texts: vec![text] };
        let error = engine.log_likelihoods_after(&[item], |_| ()).expect_err(wanted).to_string();
        assert!(error.contains(wanted) && error.contains("prompt 1"), "{error}");
    }
}

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage", "casual_texter", "math_tutor"]
base = "tiny"
embedder = "minilm"
measures = ["likelihood"]

[heldout]
dir = "HELDOUT"

[[gate]]
name = "own voice"
metric = "likelihood.margin"
min = 0.0
reason = "a test"
"#;

#[test]
fn a_run_of_likelihoods_alone_generates_nothing_and_says_the_same_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let heldout = fixture("corpus/heldout").display().to_string().replace('\\', "/");
    let parts = parts(folder.path(), &SUITE.replace("HELDOUT", &heldout));
    let run = |name: &str, full: bool, limit: Option<usize>| -> Record {
        let options = EvaluateOptions {
            blend: Some(Blend::base()),
            full_likelihood: full,
            limit,
            permutations: 9,
            ..EvaluateOptions::new(folder.path().join(name))
        };
        let made = evaluate(&parts.suite, &parts.registry, &parts.engine, &parts.embedder, &options, &Silent);
        let made = made.expect("runs");
        assert!(made.responses.is_empty());
        made.record
    };
    let few = run("few", false, None);
    let found = few.likelihood.as_ref().expect("measured");
    assert_eq!((found.design.texts, found.design.others, found.design.full), (30, 3, false));
    assert_eq!((few.texts.len(), found.personas.len(), found.groups.len()), (30, 5, 5));
    let mean =
        |value: fn(&persona_eval::record::TextScore) -> f64| few.texts.iter().map(value).sum::<f64>() / 30.0;
    assert!((mean(|t| t.own) - found.own.point).abs() < 1e-9);
    assert!((mean(|t| t.margin) - found.margin.point).abs() < 1e-9);
    assert!(few.texts.iter().all(|t| t.own < 0.0 && t.tokens > 10));
    assert_eq!(found.agreement.expect("several pairs").pairs, found.design.cells - 5);
    assert_eq!(few.gates[0].estimate.as_ref().expect("measured").point, found.margin.point);
    assert!(few.stages.iter().any(|s| s.name == "likelihood" && s.note.starts_with("30 texts under 4 of 5")));

    let again = run("again", false, None);
    assert_eq!((again.likelihood.as_ref(), &again.texts), (few.likelihood.as_ref(), &few.texts));
    let full = run("full", true, None);
    let all = full.likelihood.as_ref().expect("measured");
    assert_eq!((all.design.full, all.design.cells, all.design.others), (true, 25, 4));
    // The base's own score does not depend on who else hears the text.
    let allowed = if common::is_exact(parts.engine.base()) { 0.0 } else { 1e-6 };
    assert!((all.own.point - found.own.point).abs() <= allowed);
    let trial = run("trial", false, Some(2));
    assert_eq!(trial.texts.len(), 10);
    persona_eval::report::write_all(&few, &[], folder.path()).expect("the report is written");
    assert!(folder.path().join("likelihood.png").is_file());
}
