//! What a verdict costs once the answers are measured: the headline's interval, and a gate on each of 57 personas.

use criterion::{Criterion, criterion_group, criterion_main};
use persona_eval::baseline::Baseline;
use persona_eval::gate::{Evidence, Reference, judge};
use persona_eval::seed::Seed;
use persona_eval::stats::{Bootstrap, Resampling};
use persona_eval::suite::{Bound, Gate, Scope};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

fn verdicts(criterion: &mut Criterion) {
    let baseline = Baseline::read(Path::new("suites/baselines/all.json")).expect("the committed baseline");
    let headline: Vec<f64> = (0..16).map(|i| 0.6 + 0.02 * f64::from(i % 7)).collect();
    criterion.bench_function("headline interval, 16 prompts, 10,000 resamples", |b| {
        let bootstrap = Bootstrap::new(Seed(1)).within(0.0, 1.0);
        b.iter(|| bootstrap.estimate(black_box(&headline), "share", true).expect("spread"));
    });
    // Every margin a little lower, and another on each prompt, so that there is a spread to resample.
    let mut after = baseline.scores.clone();
    for (i, item) in after.items.iter_mut().enumerate() {
        item.margin = item.margin.map(|m| m - 0.05 - 0.01 * (i % 13) as f64);
    }
    let gate = Gate {
        two_sided: false,
        name: "no persona falls".into(),
        metric: "separability.persona.margin".into(),
        bound: Bound::NoLoss { margin: None },
        scope: Scope::EachPersona,
        alarm: true,
        reason: "bench".into(),
    };
    let evidence = Evidence {
        estimates: &BTreeMap::new(),
        qualification: &[],
        scores: &after,
        reference: Some(Reference { scores: &baseline.scores, noise: baseline.noise.as_ref() }),
        resampling: Resampling::default(),
    };
    criterion.bench_function("gate on each of 57 personas, 16 prompts", |b| {
        b.iter(|| judge(black_box(std::slice::from_ref(&gate)), &evidence).expect("judges"));
    });
}

criterion_group!(benches, verdicts);
criterion_main!(benches);
