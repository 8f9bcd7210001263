//! One step of training over 512 tokens, for one adapter and for five in one pass, with blocks kept and computed again.

mod common;

use candle_core::Device;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use persona_eval::curriculum::Training;
use persona_eval::model::{Arithmetic, BaseModel};
use persona_eval::train::{PhaseOrder, TokenPair, Trainer};

/// Examples of 128 tokens, half of them learned.
const EXAMPLES: usize = 4;
const TOKENS: usize = 128;
/// More steps than are measured.
const STEPS: usize = 1000;

fn training(c: &mut Criterion) {
    let files = common::model("smollm2-135m-instruct").files;
    let gguf = files.values().next().expect("one file");
    let mut group = c.benchmark_group("training");
    group.sample_size(10);
    group.throughput(Throughput::Elements((EXAMPLES * TOKENS) as u64));
    for (adapters, again) in [(1usize, false), (5, false), (5, true)] {
        let base = BaseModel::open(gguf, Arithmetic::Auto, &Device::Cpu, &[]).expect("the model opens");
        let names: Vec<String> = (0..adapters).map(|i| format!("a{i}")).collect();
        let pair = |i: usize| TokenPair {
            tokens: (0..TOKENS).map(|t| ((i * 7919 + t * 104_729) % 40_000) as u32).collect(),
            prompt: TOKENS / 2,
            adapter: i % adapters,
            persona: 0,
        };
        // Five adapters need five examples: the fifth comes in every other step.
        let pairs: Vec<TokenPair> = (0..EXAMPLES + 1).map(pair).collect();
        let order: Vec<usize> = (0..STEPS * EXAMPLES).map(|i| i % pairs.len()).collect();
        let phase = PhaseOrder { name: "all".into(), learning_rate: 1e-4, order };
        let training = Training {
            rank: 8,
            batch_tokens: EXAMPLES * TOKENS,
            gradient_checkpointing: again,
            ..Training::default()
        };
        let mut trainer = Trainer::new(base, &names, pairs, &[phase], &training, 1).expect("a training");
        let id = BenchmarkId::new(format!("{adapters}_adapters"), if again { "again" } else { "kept" });
        group.bench_function(id, |b| b.iter(|| trainer.step().expect("a step")));
    }
    group.finish();
}

criterion_group!(benches, training);
criterion_main!(benches);
