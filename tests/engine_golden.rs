//! The engine against transformers: tokens, chat templates, logits and greedy continuations, on the numbers of
//! `fixtures/golden/engine/make_smollm2.py` and `make_tiny_llama.py`; and what no golden number shows: that
//! caches and neighbours in a batch change nothing.

mod common;

use std::sync::OnceLock;

use candle_core::Device;
use common::{
    argmax, assert_same, f32_layouts, fixture, ids, indices, json, largest_difference, logits, matrix,
};
use ndarray::{Array2, s};
use persona_eval::blend::Blend;
use persona_eval::generate::{Engine, Request};
use persona_eval::model::{Arithmetic, BaseModel, KvCache, Message, Segment};
use persona_eval::persona::Sampling;
use persona_eval::response::Finish;
use serde_json::Value;

/// f32 sums of some 10⁴ terms in another order than torch's, on logits of size 20.
const F32_TOLERANCE: f32 = 1e-3;
/// The tiny models: logits of size 10, sums of some 10² terms.
const TINY_TOLERANCE: f32 = 1e-4;

/// SmolLM2's special tokens are its first 17: decoding leaves them out.
const SPECIAL: u32 = 17;

/// The real base in the reference arithmetic, opened once.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        Engine::new(common::open(&common::base_path(), Arithmetic::F32), &[])
            .expect("no adapter can be broken")
    })
}

fn base() -> &'static BaseModel {
    engine().base()
}

fn messages(value: &Value) -> Vec<Message> {
    serde_json::from_value(value.clone()).expect("messages")
}

struct Prompt {
    ids: Vec<u32>,
    offset: usize,
    argmax: Vec<usize>,
    continuation: Vec<u32>,
    eos_masked_steps: Vec<usize>,
}

fn prompts(golden: &Value) -> Vec<Prompt> {
    let read = |p: &Value| Prompt {
        ids: ids(&p["ids"]),
        offset: p["offset"].as_u64().expect("a row") as usize,
        argmax: indices(&p["argmax"]),
        continuation: ids(&p["continuation"]),
        eos_masked_steps: indices(&p["eos_masked_steps"]),
    };
    golden["prompts"].as_array().expect("prompts").iter().map(read).collect()
}

fn sequences(prompts: &[Prompt]) -> Vec<&[u32]> {
    prompts.iter().map(|p| &p.ids[..]).collect()
}

#[test]
fn tokens_of_200_texts_are_those_of_the_models_own_tokenizer() {
    let golden = json("engine/tokens.json");
    let texts = golden["texts"].as_array().expect("texts");
    assert_eq!(texts.len(), 200);
    for item in texts {
        let text = item["text"].as_str().expect("a text");
        let ours = base().tokenizer.encode(text).expect("every text can be tokenized");
        assert_eq!(ours, ids(&item["ids"]), "{text:?}");
        // Byte-level tokens lose nothing else.
        if ours.iter().all(|id| *id >= SPECIAL) {
            assert_eq!(base().tokenizer.decode(&ours).expect("known ids"), text);
        }
    }
}

#[test]
fn chats_are_rendered_as_transformers_renders_them() {
    for chat in json("engine/tokens.json")["chats"].as_array().expect("chats") {
        let generate = chat["add_generation_prompt"].as_bool().expect("a flag");
        let ours = base().template.render(&messages(&chat["messages"]), generate).expect("roles it knows");
        assert_eq!(ours, chat["rendered"].as_str().expect("a text"));
        assert_eq!(base().tokenizer.encode(&ours).expect("tokens"), ids(&chat["ids"]));
    }
}

#[test]
fn f32_logits_of_the_real_model_are_those_of_transformers() {
    let golden = json("engine/smollm2.json");
    let prompts = prompts(&golden);
    let (strided, full) = (matrix("engine/logits_strided.npy"), matrix("engine/logits_full.npy"));
    let stride = golden["stride"].as_u64().expect("a step") as usize;
    let ours = logits(base(), &sequences(&prompts));
    let mut worst = 0f32;
    for (prompt, ours) in prompts.iter().zip(&ours) {
        let theirs = strided.slice(s![prompt.offset..prompt.offset + prompt.ids.len(), ..]);
        worst = worst.max(largest_difference(ours.slice(s![.., ..;stride]), theirs));
        let best: Vec<usize> = ours.rows().into_iter().map(argmax).collect();
        assert_eq!(best, prompt.argmax);
    }
    let mut worst_full = 0f32;
    for (k, theirs) in indices(&golden["full_prompts"]).into_iter().zip(full.rows()) {
        worst_full = worst_full
            .max(largest_difference(ours[k].rows().into_iter().next_back().expect("a row"), theirs));
    }
    println!(
        "f32: largest difference {worst:.2e} at {} positions, {worst_full:.2e} of whole rows",
        strided.nrows()
    );
    assert!(worst < F32_TOLERANCE && worst_full < F32_TOLERANCE);
}

/// Products of bf16 factors (8 bits of mantissa) through 30 blocks, against f32 on logits of size 20: measured 0.47
/// at most and 0.08 root mean square. The bound is twice that; a product of wrong inputs is off by more than 5.
const BF16_LOGIT_TOLERANCE: f32 = 1.0;
/// The best token may change where two are nearly as likely (measured: 1 % of positions); one in ten is no tie.
const BF16_ARGMAX_AGREEMENT: f64 = 0.9;

#[test]
fn bf16_logits_stay_near_those_of_f32() {
    let golden = json("engine/smollm2.json");
    let prompts = prompts(&golden);
    let strided = matrix("engine/logits_strided.npy");
    let model = common::open(&common::base_path(), Arithmetic::Bf16);
    let ours = logits(&model, &sequences(&prompts));
    let (mut worst, mut sum, mut equal) = (0f32, 0f64, 0);
    for (prompt, ours) in prompts.iter().zip(&ours) {
        let theirs = strided.slice(s![prompt.offset..prompt.offset + prompt.ids.len(), ..]);
        let ours_strided = ours.slice(s![.., ..;97]);
        worst = worst.max(largest_difference(ours_strided.view(), theirs.view()));
        sum += ours_strided.iter().zip(&theirs).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        equal +=
            ours.rows().into_iter().zip(&prompt.argmax).filter(|(row, best)| argmax(row) == **best).count();
    }
    let agreement = equal as f64 / strided.nrows() as f64;
    let rms = (sum / strided.len() as f64).sqrt();
    println!(
        "bf16: largest difference {worst:.3}, root mean square {rms:.4}, same best token {agreement:.3}"
    );
    assert!(worst < BF16_LOGIT_TOLERANCE && agreement >= BF16_ARGMAX_AGREEMENT);
}

/// Continues all prompts at once, greedily; `masked` can never be chosen, as transformers' `min_new_tokens` has it.
fn greedy(base: &BaseModel, prompts: &[&[u32]], steps: usize, masked: u32) -> Vec<Vec<u32>> {
    let decoder = &base.decoder;
    let mut caches: Vec<KvCache> =
        prompts.iter().map(|p| decoder.cache(p.len() + steps).expect("memory")).collect();
    let mut made: Vec<Vec<u32>> = vec![Vec::new(); prompts.len()];
    for step in 0..steps {
        let fresh: Vec<&[u32]> = prompts
            .iter()
            .zip(&made)
            .map(|(p, made)| if step == 0 { p } else { &made[step - 1..] })
            .collect();
        let mut segments: Vec<Segment<'_>> =
            caches.iter_mut().zip(&fresh).map(|(cache, tokens)| Segment { cache, tokens }).collect();
        let hidden = decoder.hidden(&mut segments, None).expect("a forward pass");
        let mut end = 0;
        let last: Vec<u32> = fresh
            .iter()
            .map(|f| {
                end += f.len() as u32;
                end - 1
            })
            .collect();
        let last =
            candle_core::Tensor::new(last, &Device::Cpu).and_then(|rows| hidden.index_select(&rows, 0));
        let mut logits: Vec<Vec<f32>> = last.and_then(|h| decoder.logits(&h)?.to_vec2()).expect("logits");
        for (logits, made) in logits.iter_mut().zip(&mut made) {
            logits[masked as usize] = f32::NEG_INFINITY;
            made.push(argmax(&*logits) as u32);
        }
    }
    made
}

#[test]
fn greedy_continuations_of_64_tokens_are_those_of_transformers() {
    let golden = json("engine/smollm2.json");
    let prompts = prompts(&golden);
    let eos = golden["eos_id"].as_u64().expect("an id") as u32;
    assert_eq!(base().decoder.config().eos, [eos]);
    let ours = greedy(base(), &sequences(&prompts), 64, eos);
    for (i, (ours, prompt)) in ours.iter().zip(&prompts).enumerate() {
        assert_eq!(ours, &prompt.continuation, "prompt {i}");
    }
}

fn request(tokens: &[u32], shared: usize, max_tokens: usize) -> Request {
    let sampling = Sampling::greedy(max_tokens);
    Request { tokens: tokens.to_vec(), shared, blend: Blend::base(), sampling, seed: 0, to_length: false }
}

#[test]
fn generated_texts_are_the_golden_continuations_up_to_the_first_end_of_text() {
    let prompts = prompts(&json("engine/smollm2.json"));
    let requests: Vec<Request> = prompts.iter().map(|p| request(&p.ids, 0, 64)).collect();
    // Fewer rows than requests: rows leave and others take their place.
    for (made, prompt) in engine().generate_all(&requests, 5).expect("responses").iter().zip(&prompts) {
        let end = prompt.eos_masked_steps.first();
        assert_eq!(made.tokens, prompt.continuation[..end.copied().unwrap_or(64)]);
        assert_eq!(made.finish, if end.is_some() { Finish::Stop } else { Finish::Length });
    }
}

#[test]
fn a_beginning_that_prompts_share_is_fed_once_and_changes_nothing() {
    let golden = json("engine/smollm2.json");
    let beginning = ids(&golden["prompts"][8]["ids"]);
    let engine = Engine::open(&fixture("tiny-llama"), &[], Arithmetic::F32, &Device::Cpu).expect("an engine");
    let make = |shared: usize| {
        let requests: Vec<Request> = (0..7u32)
            .map(|i| {
                let tokens: Vec<u32> = beginning.iter().chain(&[i, 2 * i, 40]).map(|t| t % 256).collect();
                request(&tokens[..tokens.len() - i as usize % 3], shared, 20)
            })
            .collect();
        engine.generate_all(&requests, 3).expect("responses")
    };
    assert_eq!(make(beginning.len()), make(0));
}

#[test]
fn a_token_by_token_pass_over_the_cache_equals_the_pass_at_once() {
    let golden = json("engine/smollm2.json");
    let tokens = ids(&golden["prompts"][8]["ids"]);
    for model in [base(), &common::open(&fixture("tiny-llama"), Arithmetic::F32)] {
        let vocab = model.decoder.config().vocab as u32;
        let tokens: Vec<u32> = tokens.iter().map(|t| t % vocab).collect();
        let once = &logits(model, &[&tokens])[0];
        let mut cache = model.decoder.cache(tokens.len()).expect("memory");
        for (position, row) in once.rows().into_iter().enumerate() {
            let tokens = &tokens[position..position + 1];
            let hidden =
                model.decoder.hidden(&mut [Segment { cache: &mut cache, tokens }], None).expect("a pass");
            let step = model
                .decoder
                .logits(&hidden)
                .and_then(|l| l.flatten_all()?.to_vec1::<f32>())
                .expect("logits");
            assert_same(model, &step, row, &format!("position {position}"));
        }
        // What was forgotten leaves no trace.
        cache.truncate(4);
        let segment = Segment { cache: &mut cache, tokens: &tokens[4..] };
        let again = model
            .decoder
            .hidden(&mut [segment], None)
            .and_then(|h| model.decoder.logits(&h))
            .expect("a pass");
        let again = again.flatten_all().and_then(|l| l.to_vec1::<f32>()).expect("logits");
        assert_same(model, &again, once.slice(s![4.., ..]), "after truncation");
    }
}

#[test]
fn prompts_in_one_ragged_batch_equal_prompts_alone() {
    let prompts = prompts(&json("engine/smollm2.json"));
    let sequences = sequences(&prompts);
    let together = logits(base(), &sequences);
    for (alone, together) in sequences.iter().map(|s| logits(base(), &[s])).zip(&together) {
        assert_same(base(), &alone[0], together, "alone and together");
    }
}

struct TinyCase {
    model: String,
    texts: Vec<Vec<u32>>,
    expected: Array2<f32>,
}

/// The golden cases without adapters.
fn tiny_cases() -> Vec<TinyCase> {
    let golden = json("engine/tiny_llama.json");
    let all = matrix("engine/tiny_llama.npy");
    let cases = golden["cases"].as_array().expect("cases").iter();
    cases
        .filter(|c| c["adapters"].as_array().is_some_and(Vec::is_empty))
        .map(|c| {
            let (row, rows) =
                (c["row"].as_u64().expect("a row") as usize, c["rows"].as_u64().expect("rows") as usize);
            TinyCase {
                model: c["model"].as_str().expect("a name").to_owned(),
                texts: indices(&c["texts"]).into_iter().map(|t| ids(&golden["texts"][t]["ids"])).collect(),
                expected: all.slice(s![row..row + rows, ..]).to_owned(),
            }
        })
        .collect()
}

#[test]
fn tiny_models_from_safetensors_give_the_logits_of_transformers() {
    let cases = tiny_cases();
    let models: Vec<&str> = cases.iter().map(|c| c.model.as_str()).collect();
    assert_eq!(models, ["tiny-llama", "tiny-llama-tied", "tiny-mistral"]);
    for case in &cases {
        for layout in f32_layouts() {
            let base =
                BaseModel::open_with(&fixture(&case.model), layout, &Device::Cpu, &[]).expect("a tiny model");
            let sequences: Vec<&[u32]> = case.texts.iter().map(|t| &t[..]).collect();
            let ours = logits(&base, &sequences);
            let worst = largest_difference(ours.iter().flatten(), &case.expected);
            println!("{} {layout:?}: largest difference {worst:.2e}", case.model);
            assert!(worst < TINY_TOLERANCE, "{} {layout:?}", case.model);
        }
    }
}

#[test]
fn tiny_models_have_the_tokens_template_and_rope_of_transformers() {
    let golden = json("engine/tiny_llama.json");
    for name in ["tiny-llama", "tiny-llama-tied", "tiny-mistral"] {
        let base = common::open(&fixture(name), Arithmetic::F32);
        for text in golden["texts"].as_array().expect("texts") {
            let ours = base.tokenizer.encode(text["text"].as_str().expect("a text")).expect("tokens");
            assert_eq!(ours, ids(&text["ids"]));
        }
        let chat = &golden["chat"];
        assert_eq!(
            base.template.render(&messages(&chat["messages"]), true).expect("a text"),
            chat["rendered"]
        );
    }
    let ours = common::open(&fixture("tiny-llama"), Arithmetic::F32).decoder.config().rope_frequencies();
    let theirs: Vec<f32> = serde_json::from_value(golden["inv_freq"].clone()).expect("numbers");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!((ours - theirs).abs() <= 1e-6 * theirs, "{ours} and {theirs}");
    }
    assert_eq!(ours.len(), theirs.len());
}
