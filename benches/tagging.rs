//! Tagging of texts of about 60 words: rules and classifier, traits, and both on two threads.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use persona_eval::data::tag::{Featurizer, Rules, Scratch, Sparse, TagInput, Tagger, traits};
use persona_eval::persona::Registry;
use rayon::prelude::*;

/// Rows of one measurement.
const ROWS: usize = 4000;
/// Words of an answer.
const WORDS: usize = 60;

fn rows() -> Vec<(String, String)> {
    let text = include_str!("../fixtures/corpus/train/conversational.jsonl").to_owned()
        + include_str!("../fixtures/corpus/train/technical.jsonl")
        + include_str!("../fixtures/corpus/train/factual.jsonl");
    let words: Vec<String> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .flat_map(|line| {
            let output = line["output"].as_str().unwrap_or_default();
            output.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let answer =
        |i: usize| words.iter().cycle().skip(i * 13).take(WORDS).cloned().collect::<Vec<_>>().join(" ");
    (0..ROWS)
        .map(|i| ("How do I find a good place to work near here?".to_owned(), answer(i % words.len())))
        .collect()
}

fn tagging(c: &mut Criterion) {
    let rows = rows();
    let registry = Registry::built_in().expect("it is checked");
    let tagger = Tagger::built_in(&registry).expect("it is shipped");
    let rules = Rules::built_in(&registry).expect("they are checked");
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    let mut group = c.benchmark_group("tagging");
    group.throughput(Throughput::Elements(ROWS as u64)).sample_size(10);
    group.bench_function("rules/4000", |b| {
        b.iter(|| {
            rows.iter()
                .filter(|(instruction, output)| {
                    rules.first(&TagInput { instruction, output, ..TagInput::default() }).is_some()
                })
                .count()
        });
    });
    group.bench_function("features/4000", |b| {
        let (mut featurizer, mut into) = (Featurizer::default(), Sparse::new());
        b.iter(|| {
            for (instruction, output) in &rows {
                featurizer.features(&TagInput { instruction, output, ..TagInput::default() }, &mut into);
                black_box(&into);
            }
        });
    });
    group.bench_function("persona/4000", |b| {
        let mut scratch = Scratch::default();
        b.iter(|| {
            for (instruction, output) in &rows {
                let example = TagInput { instruction, output, ..TagInput::default() };
                black_box(tagger.persona(&example, None, &mut scratch));
            }
        });
    });
    group.bench_function("traits/4000", |b| {
        b.iter(|| rows.iter().map(|(_, output)| traits(output).len()).sum::<usize>());
    });
    group.bench_function("persona and traits, two threads/4000", |b| {
        b.iter(|| {
            two.install(|| {
                rows.par_iter()
                    .map_init(Scratch::default, |scratch, (instruction, output)| {
                        let example = TagInput { instruction, output, ..TagInput::default() };
                        let found = tagger.persona(&example, None, scratch).persona.is_some();
                        usize::from(found) + traits(output).len()
                    })
                    .sum::<usize>()
            })
        });
    });
    group.finish();
}

criterion_group!(benches, tagging);
criterion_main!(benches);
