//! One layer's feed-forward input (gate and up) for 32 rows: base, 1 adapter, 5 adapters, and 57 distinct blends.

mod common;

use candle_core::{Device, Tensor};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use persona_eval::model::{Group, RowWeights, Stack};

fn blended_linear(c: &mut Criterion) {
    let engine = common::engine();
    let decoder = &engine.base().decoder;
    let all: Vec<_> = engine.adapters().values().cloned().collect();
    let mut group = c.benchmark_group("blended_linear");
    for (adapters, blends, rows) in
        [(0, 0, 32usize), (1, 1, 32), (5, 1, 32), (5, 32, 32), (0, 0, 57), (5, 57, 57)]
    {
        let x =
            Tensor::rand(-1f32, 1.0, (rows, decoder.config().hidden), &Device::Cpu).expect("random input");
        let stack = Stack::new(&all[..adapters], decoder.config(), decoder.layout(), decoder.device());
        let stack = stack.expect("adapters stack");
        let values = (0..rows * adapters).map(|i| 0.1 + (i % blends.max(1)) as f32 / 60.0).collect();
        let weights = RowWeights { values, adapters };
        group.throughput(Throughput::Elements(rows as u64));
        let id = BenchmarkId::new(format!("{adapters}_adapters_{blends}_blends"), format!("{rows}_rows"));
        group.bench_function(id, |b| {
            b.iter(|| {
                let adapters = (adapters > 0).then_some((&stack, &weights));
                decoder.linear(3, Group::FeedForward, &x, adapters).expect("computes")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, blended_linear);
criterion_main!(benches);
