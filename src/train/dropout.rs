//! Dropout whose masks hang on nothing but a key, so that a backward pass and a resumed training make the same ones again.

use crate::seed::Seed;
use crate::splitmix::mixed;
use rayon::prelude::*;

/// Drops a share of a tensor's numbers and scales the others up, as `torch.nn.Dropout` does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropout {
    /// Share that is dropped, below 1.
    pub share: f64,
    /// What decides which.
    pub key: u64,
}

/// Numbers that one task makes: a multiple of four.
const CHUNK: usize = 1 << 14;

impl Dropout {
    /// The same share with a key of its own.
    pub fn child(self, name: &str) -> Self {
        Self { key: Seed(self.key).child(name).0, ..self }
    }

    /// Multiplies each number by 0 or by 1/(1 − share).
    pub fn apply(self, x: &mut [f32]) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share below 1 of 65,536"
        )]
        let dropped = (self.share * 65_536.0).round() as u64;
        #[allow(clippy::cast_possible_truncation, reason = "an f32 is asked for")]
        let scale = (1.0 / (1.0 - self.share)) as f32;
        x.par_chunks_mut(CHUNK).enumerate().for_each(|(part, x)| {
            for (i, four) in x.chunks_mut(4).enumerate() {
                // Sixteen bits decide one number.
                let mut bits = mixed(mixed(self.key) ^ ((part * CHUNK / 4 + i) as u64));
                for value in four {
                    *value *= if bits & 0xffff < dropped { 0.0 } else { scale };
                    bits >>= 16;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_dropped_the_mean_stays_and_a_key_gives_one_mask() {
        let dropout = Dropout { share: 0.3, key: 11 };
        let mut x = vec![1f32; 100_003];
        dropout.apply(&mut x);
        let zero = x.iter().filter(|v| **v == 0.0).count() as f64 / x.len() as f64;
        // Four standard errors of a share of 100,003.
        assert!((zero - 0.3).abs() < 4.0 * (0.3f64 * 0.7 / 100_003.0).sqrt(), "{zero}");
        let mean = x.iter().map(|v| f64::from(*v)).sum::<f64>() / x.len() as f64;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        let again = |dropout: Dropout| {
            let mut x = vec![1f32; 100_003];
            dropout.apply(&mut x);
            x
        };
        assert_eq!(x, again(dropout));
        let other = again(dropout.child("another"));
        let same = x.iter().zip(&other).filter(|(a, b)| a == b).count() as f64 / x.len() as f64;
        assert!((same - (0.49 + 0.09)).abs() < 0.01, "{same}");
    }
}
