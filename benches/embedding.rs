//! Sentence vectors of 64 texts of 15 to 60 words.

mod common;

use candle_core::Device;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use persona_eval::embed::Embedder;

const TEXTS: usize = 64;

fn embedding(c: &mut Criterion) {
    let model = common::model("all-minilm-l6-v2");
    let file = |name: &str| model.dir.join(name);
    let embedder = Embedder::open(
        &file("config.json"),
        &file("tokenizer.json"),
        &file("model.safetensors"),
        &Device::Cpu,
    )
    .expect("the embedder opens");
    let words: Vec<&str> =
        "the model answered with warmth and then explained how binary search halves the interval \
                            while the dragon slept over the old town"
            .split_whitespace()
            .collect();
    let texts: Vec<String> = (0..TEXTS)
        .map(|i| {
            (0..15 + (i * 7) % 46).map(|j| words[(i * 5 + j * 3) % words.len()]).collect::<Vec<_>>().join(" ")
        })
        .collect();
    let views: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut group = c.benchmark_group("embedding");
    group.sample_size(10).throughput(Throughput::Elements(TEXTS as u64));
    group.bench_function(BenchmarkId::from_parameter(format!("{TEXTS}_texts")), |b| {
        b.iter(|| embedder.embed(&views, |_| ()).expect("embeds"));
    });
    group.finish();
}

criterion_group!(benches, embedding);
criterion_main!(benches);
