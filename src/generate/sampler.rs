//! Drawing the next token.

use crate::model::kernel::softmax_in_place;
use crate::persona::{LOWEST_TEMPERATURE, Sampling};
use crate::seed::Seed;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Candidates sorted first; more are sorted only where the nucleus is wider.
const FIRST_CANDIDATES: usize = 64;

/// One response's sampling state: its settings and its own generator.
pub struct Sampler {
    sampling: Sampling,
    rng: ChaCha8Rng,
}

impl Sampler {
    /// A sampler whose draws depend on `seed` alone.
    pub fn new(sampling: Sampling, seed: u64) -> Self {
        Self { sampling, rng: Seed(seed).rng() }
    }

    /// The next token for `logits` over the vocabulary (overwritten); `seen` are prompt and response so far. None
    /// where a logit is NaN or infinite.
    ///
    /// Order as in transformers: repetition penalty (Keskar et al. 2019), temperature, top-k, top-p (Holtzman
    /// et al. 2020) among what top-k left. A temperature of 0, or too near to divide by, takes the largest logit, the
    /// lowest id among equals.
    pub fn next(&mut self, logits: &mut [f32], seen: &[u32]) -> Option<u32> {
        // No early end: so the compiler vectorises the pass.
        if logits.iter().fold(false, |bad, l| bad | !l.is_finite()) {
            return None;
        }
        let s = &self.sampling;
        if s.repetition_penalty != 1.0 {
            let mut unique = seen.to_vec();
            unique.sort_unstable();
            unique.dedup();
            for id in unique {
                if let Some(l) = logits.get_mut(id as usize) {
                    *l = if *l > 0.0 { *l / s.repetition_penalty } else { *l * s.repetition_penalty };
                }
            }
        }
        if s.temperature < LOWEST_TEMPERATURE {
            return Some(argmax(logits));
        }
        let inverse = 1.0 / s.temperature;
        logits.iter_mut().for_each(|l| *l *= inverse);
        softmax_in_place(logits);
        let candidates = nucleus(logits, s.top_p, s.top_k.unwrap_or(usize::MAX));
        let total: f64 = candidates.iter().map(|(p, _)| f64::from(*p)).sum();
        let mut left = self.rng.random::<f64>() * total;
        for (p, id) in &candidates {
            left -= f64::from(*p);
            if left <= 0.0 {
                return Some(*id);
            }
        }
        candidates.last().map(|(_, id)| *id)
    }
}

/// Index of the largest value, the first among equals.
fn argmax(values: &[f32]) -> u32 {
    let mut best = 0;
    for (i, v) in values.iter().enumerate() {
        if *v > values[best] {
            best = i;
        }
    }
    best as u32
}

/// The most likely tokens, most likely first: at most `top_k`, and of those no more than needed to hold `top_p` of
/// their probability.
fn nucleus(probabilities: &[f32], top_p: f32, top_k: usize) -> Vec<(f32, u32)> {
    let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let limit = top_k.clamp(1, probabilities.len());
    let mut all: Vec<(f32, u32)> = probabilities.iter().zip(0u32..).map(|(p, i)| (*p, i)).collect();
    let mut count = FIRST_CANDIDATES.min(limit);
    let mut needed = f64::from(top_p);
    if limit < all.len() {
        all.select_nth_unstable_by(limit - 1, order);
        all.truncate(limit);
        needed *= all.iter().map(|(p, _)| f64::from(*p)).sum::<f64>();
    }
    loop {
        if count < all.len() {
            all.select_nth_unstable_by(count - 1, order);
        }
        all[..count].sort_unstable_by(order);
        let mut sum = 0.0;
        for (i, (p, _)) in all[..count].iter().enumerate() {
            sum += f64::from(*p);
            if sum >= needed && top_p < 1.0 {
                all.truncate(i + 1);
                return all;
            }
        }
        if count == limit {
            return all;
        }
        count = (count * 8).min(limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(temperature: f32, top_p: f32, top_k: Option<usize>) -> Sampling {
        Sampling { temperature, top_p, top_k, repetition_penalty: 1.0, max_tokens: 8 }
    }

    #[test]
    fn the_nucleus_is_the_smallest_set_that_reaches_top_p() {
        let p = [0.1, 0.5, 0.15, 0.25];
        assert_eq!(nucleus(&p, 0.7, 9), vec![(0.5, 1), (0.25, 3)]);
        assert_eq!(nucleus(&p, 0.5, 9), vec![(0.5, 1)]);
        assert_eq!(nucleus(&p, 1.0, 2), vec![(0.5, 1), (0.25, 3)]);
        // As transformers' warpers in turn: of the two that top-k leaves, 0.5 of 0.75 is two thirds.
        assert_eq!(nucleus(&p, 0.66, 2), vec![(0.5, 1)]);
        assert_eq!(nucleus(&p, 0.67, 2), vec![(0.5, 1), (0.25, 3)]);
        let flat = vec![1.0 / 1000.0; 1000];
        assert_eq!(nucleus(&flat, 0.9, usize::MAX).len(), 900);
    }

    #[test]
    fn draws_follow_the_probabilities_and_the_seed() {
        let logits = [0.0f32, 1.0, 2.0, -1.0];
        let z: f64 = logits.iter().map(|l| f64::from(*l).exp()).sum();
        let mut counts = [0usize; 4];
        let mut sampler = Sampler::new(sampling(1.0, 1.0, None), 11);
        let n = 20_000;
        for _ in 0..n {
            counts[sampler.next(&mut logits.clone(), &[]).unwrap() as usize] += 1;
        }
        for (count, l) in counts.iter().zip(logits) {
            let p = f64::from(l).exp() / z;
            let sd = (p * (1.0 - p) / n as f64).sqrt();
            assert!((*count as f64 / n as f64 - p).abs() < 5.0 * sd);
        }
        let draw = |seed| {
            let mut s = Sampler::new(sampling(1.0, 0.95, None), seed);
            (0..20).map(|_| s.next(&mut logits.clone(), &[])).collect::<Vec<_>>()
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn temperature_zero_is_greedy_and_the_penalty_counts_every_token_once() {
        let mut greedy = Sampler::new(sampling(0.0, 1.0, None), 0);
        assert_eq!(greedy.next(&mut [1.0, 3.0, 3.0], &[]), Some(1));
        for tiny in [1e-40, f32::MIN_POSITIVE, 0.009] {
            let mut sampler = Sampler::new(sampling(tiny, 1.0, None), 0);
            assert_eq!(sampler.next(&mut [1.0, 3.0, -3.0], &[]), Some(1), "{tiny}");
        }
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(greedy.next(&mut [1.0, bad, 3.0], &[]), None);
        }
        let mut penal = Sampler::new(Sampling { repetition_penalty: 2.0, ..sampling(0.0, 1.0, None) }, 0);
        assert_eq!(penal.next(&mut [1.4, 3.0, -1.0], &[1, 1, 2]), Some(1));
        assert_eq!(penal.next(&mut [1.6, 3.0, -1.0], &[1, 1, 2]), Some(0));
    }
}
