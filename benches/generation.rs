//! Greedy generation of 16 tokens at 1, 8 and 32 rows, each row with its own blend of five rank-8 adapters.

mod common;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use persona_eval::bench::distinct_blends;
use persona_eval::generate::Request;
use persona_eval::model::Message;
use persona_eval::persona::Sampling;

const TOKENS: usize = 16;

fn generation(c: &mut Criterion) {
    let engine = common::engine();
    let mut group = c.benchmark_group("generation");
    group.sample_size(10);
    for adapters in [0, 5] {
        for rows in [1usize, 8, 32] {
            let blends = distinct_blends(rows, adapters).expect("valid blends");
            let requests: Vec<Request> = blends
                .into_iter()
                .enumerate()
                .map(|(i, blend)| {
                    let text = engine.render(&[Message::user(format!("Why is the sky blue, listener {i}?"))]);
                    Request {
                        shared: 0,
                        tokens: engine.base().tokenizer.encode(&text.expect("renders")).expect("encodes"),
                        blend,
                        sampling: Sampling::greedy(TOKENS),
                        seed: i as u64,
                        to_length: false,
                    }
                })
                .collect();
            group.throughput(Throughput::Elements((rows * TOKENS) as u64));
            let id = BenchmarkId::new(format!("{adapters}_adapters"), format!("{rows}_rows"));
            group.bench_with_input(id, &requests, |b, requests| {
                b.iter(|| engine.generate_all(requests, rows).expect("generates"));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, generation);
criterion_main!(benches);
