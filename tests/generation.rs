//! Generation on the tiny model: a response depends on its request alone.

use candle_core::Device;
use persona_eval::bench::{distinct_blends, random_adapters};
use persona_eval::blend::Blend;
use persona_eval::generate::{Engine, Event, Request, Scored};
use persona_eval::model::kernel::Precision;
use persona_eval::model::{BaseModel, Layout};
use persona_eval::persona::Sampling;
use persona_eval::seed::Seed;
use std::path::Path;

fn engine(precision: Precision) -> Engine {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama");
    let base = BaseModel::open_with(&folder, Layout::Packed(precision), &Device::Cpu, &[]).expect("opens");
    let adapters = random_adapters(&base, 3, 3, Seed(5));
    let mut engine = Engine::new(base, &[]).expect("no adapters to load");
    engine.replace_adapters(adapters);
    engine
}

/// 20 requests of different lengths, blends, settings and seeds; the first 6 tokens are the same for all.
fn requests(shared: usize) -> Vec<Request> {
    let blends = distinct_blends(4, 3).expect("valid blends");
    (0..20usize)
        .map(|i| Request {
            tokens: [5, 9, 17, 33, 65, 129]
                .into_iter()
                .chain((0..1 + i % 7).map(|j| (7 * i + j) as u32 % 250))
                .collect(),
            shared,
            blend: if i % 5 == 4 { Blend::base() } else { blends[i % 4].clone() },
            sampling: Sampling {
                temperature: if i % 3 == 0 { 0.0 } else { 0.9 },
                top_p: 0.95,
                top_k: (i % 4 == 1).then_some(20),
                repetition_penalty: if i % 6 == 2 { 1.2 } else { 1.0 },
                max_tokens: 4 + i % 9,
            },
            seed: i as u64,
            to_length: false,
        })
        .collect()
}

#[test]
fn texts_are_the_same_at_any_batch_size_and_in_any_company() {
    for precision in [Precision::F32, Precision::Bf16] {
        let engine = engine(precision);
        let requests = requests(0);
        let alone = engine.generate_all(&requests, 1).expect("generates");
        for rows in [2, 8, 32] {
            assert_eq!(
                engine.generate_all(&requests, rows).expect("generates"),
                alone,
                "{precision:?} {rows}"
            );
        }
        let mut turned = requests.clone();
        turned.reverse();
        let mut made = engine.generate_all(&turned, 7).expect("generates");
        made.reverse();
        assert_eq!(made, alone);
    }
}

#[test]
fn a_shared_beginning_is_fed_once_and_changes_nothing() {
    for precision in [Precision::F32, Precision::Bf16] {
        let engine = engine(precision);
        let plain = engine.generate_all(&requests(0), 8).expect("generates");
        for shared in [1, 6] {
            assert_eq!(engine.generate_all(&requests(shared), 8).expect("generates"), plain);
        }
    }
}

#[test]
fn events_tell_every_token_and_every_end_once() {
    let engine = engine(Precision::F32);
    let requests = requests(0);
    let mut ends = vec![0; requests.len()];
    let mut longest = vec![0; requests.len()];
    engine
        .generate(&requests, 4, &mut |event| {
            match event {
                Event::Token(i, tokens) => longest[i] = tokens.len(),
                Event::Done(i, made) => {
                    ends[i] += 1;
                    assert!(
                        made.tokens.len() >= longest[i]
                            && made.tokens.len() <= requests[i].sampling.max_tokens
                    );
                }
            }
            Ok(())
        })
        .expect("generates");
    assert!(ends.iter().all(|n| *n == 1), "{ends:?}");
}

#[test]
fn likelihoods_do_not_depend_on_the_batch_and_greedy_text_is_the_likeliest_step() {
    let engine = engine(Precision::F32);
    let items: Vec<Scored> = requests(0)
        .into_iter()
        .map(|r| Scored { continuation: vec![1, 2, 3], prompt: r.tokens, blend: r.blend })
        .collect();
    let together = engine.log_likelihoods(&items, |_| ()).expect("scores");
    for (item, scores) in items.iter().zip(&together) {
        let alone = engine.log_likelihoods(std::slice::from_ref(item), |_| ()).expect("scores");
        assert_eq!(&alone[0], scores);
        assert!(scores.iter().all(|s| *s < 0.0));
    }
    assert!(engine.log_likelihoods(&[Scored { continuation: vec![], ..items[0].clone() }], |_| ()).is_err());
}

#[test]
fn requests_that_cannot_be_answered_are_refused() {
    let engine = engine(Precision::F32);
    let refuse = |request: Request| engine.generate_all(&[request], 1).expect_err("refused").to_string();
    let good = requests(0).remove(1);
    assert!(refuse(Request { tokens: vec![], ..good.clone() }).contains("no tokens"));
    let unknown = Blend::single("nobody").expect("a name");
    assert!(refuse(Request { blend: unknown, ..good.clone() }).contains("nobody"));
    let long = Sampling { max_tokens: 100_000, ..good.sampling.clone() };
    assert!(refuse(Request { sampling: long, ..good.clone() }).contains("positions"));
    for (key, sampling) in [
        ("temperature", Sampling { temperature: 1e-40, ..good.sampling.clone() }),
        ("temperature", Sampling { temperature: f32::NAN, ..good.sampling.clone() }),
        ("top_p", Sampling { top_p: 0.0, ..good.sampling.clone() }),
        ("repetition_penalty", Sampling { repetition_penalty: 1e-40, ..good.sampling.clone() }),
    ] {
        let told = refuse(Request { sampling, ..good.clone() });
        assert!(told.contains(key) && told.contains("out of range"), "{told}");
    }
}
