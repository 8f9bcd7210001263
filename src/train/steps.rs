//! The steps of a training: what each phase draws, cut into batches without padding.

use super::batch::TokenPair;

/// One phase: examples in the order in which they are seen.
#[derive(Debug, Clone)]
pub struct PhaseOrder {
    /// Its name.
    pub name: String,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Places of examples; one may come several times.
    pub order: Vec<usize>,
}

/// One step of the optimizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The phase, counted from 0.
    pub phase: usize,
    /// Examples of each forward pass; their gradients are added.
    pub batches: Vec<Vec<usize>>,
}

impl Step {
    /// All examples of the step.
    pub fn examples(&self) -> impl Iterator<Item = usize> {
        self.batches.iter().flatten().copied()
    }
}

/// Cuts each phase into batches of `batch_tokens` at most, or of one example that is longer, and these into steps of `accumulation`
/// batches. No step holds examples of two phases, and in a batch the examples of an adapter stand together.
pub fn steps(
    pairs: &[TokenPair],
    phases: &[PhaseOrder],
    batch_tokens: usize,
    accumulation: usize,
) -> Vec<Step> {
    let mut all = Vec::new();
    for (phase, drawn) in phases.iter().enumerate() {
        let mut batches: Vec<Vec<usize>> = Vec::new();
        let mut room = 0;
        for &i in &drawn.order {
            let n = pairs[i].tokens.len();
            match batches.last_mut() {
                Some(batch) if n <= room => batch.push(i),
                _ => {
                    batches.push(vec![i]);
                    room = batch_tokens.max(n);
                }
            }
            room -= n;
        }
        // Rows of one adapter side by side are multiplied with its factors alone.
        batches.iter_mut().for_each(|batch| batch.sort_by_key(|i| pairs[*i].adapter));
        all.extend(batches.chunks(accumulation).map(|batches| Step { phase, batches: batches.to_vec() }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_as_many_examples_as_fit_in_their_order_and_of_one_phase() {
        let pairs: Vec<TokenPair> = [(40, 1), (50, 0), (30, 0), (200, 0), (10, 0)]
            .into_iter()
            .map(|(n, adapter)| TokenPair { tokens: vec![0; n], prompt: 5, adapter, persona: 0 })
            .collect();
        let phase =
            |order: &[usize]| PhaseOrder { name: String::new(), learning_rate: 1.0, order: order.to_vec() };
        let made = steps(&pairs, &[phase(&[0, 1, 2, 3, 4, 4]), phase(&[1, 0])], 100, 2);
        let wanted = [(0, vec![vec![1, 0], vec![2]]), (0, vec![vec![3], vec![4, 4]]), (1, vec![vec![1, 0]])];
        assert_eq!(made, wanted.map(|(phase, batches)| Step { phase, batches }));
    }
}
