//! How a text is written: style vector and profile of many texts, on all cores.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use persona_eval::stats::Resampling;
use persona_eval::style::{LabelledText, Profile, Text, calibrate_traits, profiles, style_matrix, vector_of};
use rayon::prelude::*;
use serde_json::Value;
use std::hint::black_box;
use std::path::Path;

/// Answer, persona and traits of the corpus' training texts, 60 words each on average.
fn corpus() -> Vec<(String, String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/train");
    let files = std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file").path());
    let lines: Vec<String> = files.map(|file| std::fs::read_to_string(file).expect("UTF-8")).collect();
    let string = |value: &Value| value.as_str().expect("a text").to_owned();
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let traits = line["_traits"].as_array().expect("a list").iter().map(string).collect();
        (string(&line["output"]), string(&line["_persona"]), traits)
    };
    lines.iter().flat_map(|text| text.lines().map(read).collect::<Vec<_>>()).collect()
}

fn style(c: &mut Criterion) {
    let corpus = corpus();
    let texts: Vec<&str> = corpus.iter().map(|(text, ..)| text.as_str()).collect();
    let mut group = c.benchmark_group("style");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("vectors", |b| b.iter(|| style_matrix(black_box(&texts))));
    group.bench_function("profiles", |b| b.iter(|| profiles(black_box(&texts))));
    group.bench_function("vectors and profiles", |b| {
        b.iter(|| {
            let both = |text: &&str| {
                let text = Text::new(text);
                (vector_of(&text), Profile::of(&text))
            };
            black_box(&texts).par_iter().map(both).collect::<Vec<_>>()
        });
    });
    group.sample_size(10);
    group.bench_function("calibration of the traits", |b| {
        let labelled: Vec<LabelledText<'_>> =
            corpus.iter().map(|(text, persona, traits)| LabelledText { text, persona, traits }).collect();
        let resampling = Resampling { resamples: 2_000, ..Resampling::default() };
        b.iter(|| calibrate_traits(black_box(&labelled), &resampling).expect("texts"));
    });
    group.finish();
}

criterion_group!(benches, style);
criterion_main!(benches);
