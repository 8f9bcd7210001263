//! Cosine silhouette of n responses in 384 dimensions under 57 labels; ids carry the sizes.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use persona_eval::metrics::{Labels, Points, silhouette_cosine};
use persona_eval::seed::Seed;
use rand::Rng;
use std::hint::black_box;

const DIMENSIONS: usize = 384;
const LABELS: usize = 57;

fn data(n: usize) -> (Points, Labels) {
    let mut rng = Seed(n as u64).rng();
    let matrix = Array2::from_shape_simple_fn((n, DIMENSIONS), || rng.random_range(-1.0f32..1.0));
    let labels: Vec<String> = (0..n).map(|_| format!("p{:02}", rng.random_range(0..LABELS))).collect();
    (Points::new(matrix).expect("finite"), Labels::new("persona", &labels).expect("57 labels"))
}

fn silhouette(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("silhouette");
    group.sample_size(10);
    for n in [1_000, 5_000, 20_000] {
        let (points, labels) = data(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(
            BenchmarkId::new("cosine", format!("{n}x{DIMENSIONS}x{LABELS}")),
            &n,
            |bencher, _| {
                bencher.iter(|| silhouette_cosine(black_box(&points), black_box(&labels)).expect("defined"));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, silhouette);
criterion_main!(benches);
