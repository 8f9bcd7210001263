//! AdamW on factors that several adapters share, each with its own steps, rates and clipping.
//!
//! The arithmetic is that of `torch.optim.AdamW` (Loshchilov and Hutter 2019, arXiv 1711.05101: decay apart from the gradient), so
//! that a training here is what PEFT's would be. Moments are plain numbers on the CPU, so that a checkpoint holds them exactly.

use rayon::prelude::*;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Which adapter each number of a stacked factor belongs to: blocks of `block` numbers belong to the adapters in turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocks {
    /// Numbers of one block: r·k of A `(adapters·r, k)`, r of B `(n, adapters·r)`.
    pub block: usize,
    /// Whether it is a B.
    pub is_b: bool,
}

/// What one adapter's step is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    /// Learning rate of A.
    pub a: f64,
    /// Learning rate of B.
    pub b: f64,
    /// What the gradient is multiplied by.
    pub clip: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

/// The moments of all factors, and how many steps each adapter has made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AdamW {
    /// First and second moments of each factor.
    pub moments: Vec<[Vec<f32>; 2]>,
    /// Steps of each adapter.
    pub steps: Vec<u64>,
}

/// A step's numbers for one adapter and one kind of factor.
#[derive(Clone, Copy)]
struct Update {
    clip: f32,
    keep: f32,
    size: f32,
    root: f32,
}

impl AdamW {
    /// Zero moments for factors of these lengths.
    pub fn new(lengths: impl Iterator<Item = usize>, adapters: usize) -> Self {
        Self { moments: lengths.map(|n| [vec![0.0; n], vec![0.0; n]]).collect(), steps: vec![0; adapters] }
    }

    /// One step; an adapter without rates stays as it is, moments and all.
    pub fn step(
        &mut self,
        factors: &mut [Vec<f32>],
        gradients: &[Vec<f32>],
        blocks: &[Blocks],
        rates: &[Option<Rates>],
    ) {
        for (steps, _) in self.steps.iter_mut().zip(rates).filter(|(_, rates)| rates.is_some()) {
            *steps += 1;
        }
        let updates: Vec<Option<[Update; 2]>> = rates
            .iter()
            .zip(&self.steps)
            .map(|(rates, steps)| rates.map(|r| [r.a, r.b].map(|rate| update(rate, &r, *steps))))
            .collect();
        self.moments.par_iter_mut().zip(factors).zip(gradients).zip(blocks).for_each(
            |(((moments, factor), gradient), blocks)| {
                let [first, second] = moments;
                let parts = factor
                    .chunks_mut(blocks.block)
                    .zip(gradient.chunks(blocks.block))
                    .zip(first.chunks_mut(blocks.block).zip(second.chunks_mut(blocks.block)));
                for (i, ((factor, gradient), (first, second))) in parts.enumerate() {
                    if let Some(both) = updates[i % updates.len()] {
                        both[usize::from(blocks.is_b)].apply(factor, gradient, first, second);
                    }
                }
            },
        );
    }
}

#[allow(clippy::cast_possible_truncation, reason = "factors are f32, as torch's scalars are rounded to them")]
fn update(rate: f64, rates: &Rates, steps: u64) -> Update {
    let steps = steps as f64;
    Update {
        clip: rates.clip as f32,
        keep: (1.0 - rate * rates.weight_decay) as f32,
        size: (rate / (1.0 - BETA_1.powf(steps))) as f32,
        root: (1.0 - BETA_2.powf(steps)).sqrt() as f32,
    }
}

impl Update {
    fn apply(self, factor: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        const B1: f32 = (1.0 - BETA_1) as f32;
        const B2: f32 = BETA_2 as f32;
        const REST: f32 = (1.0 - BETA_2) as f32;
        const EPS: f32 = EPSILON as f32;
        for (((p, g), m), v) in factor.iter_mut().zip(gradient).zip(first).zip(second) {
            let g = g * self.clip;
            *p *= self.keep;
            *m += (g - *m) * B1;
            *v = *v * B2 + g * g * REST;
            *p -= self.size * (*m / (v.sqrt() / self.root + EPS));
        }
    }
}

/// Squared norm of each adapter's part of the gradients, in double precision.
pub(crate) fn squared_norms(gradients: &[Vec<f32>], blocks: &[Blocks], adapters: usize) -> Vec<f64> {
    let of_factor = |(gradient, blocks): (&Vec<f32>, &Blocks)| {
        let mut sums = vec![0f64; adapters];
        for (i, block) in gradient.chunks(blocks.block).enumerate() {
            sums[i % adapters] += block.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>();
        }
        sums
    };
    // Collected in order: the sum is the same on any number of threads.
    let all: Vec<Vec<f64>> = gradients.par_iter().zip(blocks).map(of_factor).collect();
    let mut sums = vec![0f64; adapters];
    all.iter().for_each(|of| sums.iter_mut().zip(of).for_each(|(sum, s)| *sum += s));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// What `fixtures/golden/train/make_adamw.py` had torch do.
    #[derive(Deserialize)]
    struct Golden {
        clip: f64,
        weight_decay: f64,
        rates: Vec<f64>,
        start: Vec<f32>,
        gradients: Vec<Vec<f32>>,
        norms: Vec<f64>,
        factors: Vec<Vec<f32>>,
    }

    #[test]
    fn steps_are_those_of_torch_with_its_clipping() {
        let golden: Golden =
            serde_json::from_str(include_str!("../../fixtures/golden/train/adamw.json")).unwrap();
        let n = golden.start.len();
        // A second adapter beside it, which makes no step, and half of the numbers in a B.
        let beside = |own: &[f32]| {
            let (a, b) = own.split_at(n / 2);
            let b = b.chunks(2).flat_map(|own| [own, &[9.0, 9.0]].concat()).collect();
            vec![[a, &vec![7.0; n / 2]].concat(), b]
        };
        let blocks = [Blocks { block: n / 2, is_b: false }, Blocks { block: 2, is_b: true }];
        let mut factors = beside(&golden.start);
        let mut adam = AdamW::new(factors.iter().map(Vec::len), 2);
        for (i, gradient) in golden.gradients.iter().enumerate() {
            let gradients = beside(gradient);
            let norm = squared_norms(&gradients, &blocks, 2)[0].sqrt();
            assert!((norm - golden.norms[i]).abs() < 1e-5 * norm, "{norm}");
            let clip = (golden.clip / (norm + 1e-6)).min(1.0);
            let own =
                Rates { a: golden.rates[i], b: golden.rates[i], clip, weight_decay: golden.weight_decay };
            adam.step(&mut factors, &gradients, &blocks, &[Some(own), None]);
            for (got, wanted) in factors.iter().zip(beside(&golden.factors[i])) {
                for (g, w) in got.iter().zip(wanted) {
                    assert!((g - w).abs() <= 1e-6 * w.abs().max(0.1), "step {i}: {g} and {w}");
                }
            }
        }
        assert_eq!(adam.steps, [golden.gradients.len() as u64, 0]);
    }
}
