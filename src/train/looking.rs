//! Looks at texts under a training's adapters, without learning from them.

use super::batch::TokenPair;
use super::pass::Pass;
use super::trainer::{RUINED, Trainer};
use crate::error::{Error, Result};
use crate::model::{Module, host};
use crate::pool;

impl Trainer {
    /// The negative log-likelihood of every learned token, in nats, under base and adapters or under the base alone; `watch` is
    /// told how many pairs are done.
    ///
    /// # Errors
    /// The engine fails, a loss is not a number, or the user stops the work.
    pub fn nll(&self, pairs: &[TokenPair], adapted: bool, watch: &dyn Fn(u64)) -> Result<Vec<Vec<f32>>> {
        let nll = self.by_batches(pairs, watch, |pass| pass.nll(adapted))?;
        if all_finite(&nll) {
            return Ok(nll);
        }
        // Every comparison with such a loss is false: none would ever be told as too high.
        Err(match adapted {
            true => Error::cannot_run(format!(
                "a loss that is only looked at is not a number after step {}",
                self.progress.step
            ))
            .help(RUINED),
            false => Error::cannot_run("a loss under the base alone is not a number")
                .help("its weights are damaged, or too large for the arithmetic: try --dtype f32"),
        })
    }

    /// Whether each learned token is the likeliest one there.
    ///
    /// # Errors
    /// As [`Trainer::nll`].
    pub fn likeliest(&self, pairs: &[TokenPair], adapted: bool) -> Result<Vec<Vec<bool>>> {
        self.by_batches(pairs, &|_| {}, |pass| pass.likeliest(adapted))
    }

    fn by_batches<T: Send>(
        &self,
        pairs: &[TokenPair],
        watch: &dyn Fn(u64),
        look: impl Fn(&Pass<'_>) -> candle_core::Result<Vec<Vec<T>>> + Sync,
    ) -> Result<Vec<Vec<T>>> {
        let most = self.batch_tokens();
        let mut all = Vec::with_capacity(pairs.len());
        let mut rest = pairs;
        while !rest.is_empty() {
            crate::interrupt::check()?;
            let mut tokens = 0;
            let fits = |p: &&TokenPair| {
                tokens += p.tokens.len();
                tokens <= most
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let batch: Vec<&TokenPair> = rest[..count].iter().collect();
            let pass = Pass { decoder: &self.decoder, adapters: &self.adapters, pairs: &batch };
            let seen = pool::run(|| look(&pass));
            all.extend(seen.map_err(|e| Error::cannot_run("the training engine failed").because(e))?);
            rest = &rest[count..];
            watch(count as u64);
        }
        Ok(all)
    }

    /// Whether the factors still give the last step's examples a loss: an update can ruin them while the loss before it was fine.
    ///
    /// # Errors
    /// They do not.
    pub fn check_last_step(&self) -> Result<()> {
        let Some(step) = self.progress.step.checked_sub(1).and_then(|i| self.steps().get(i)) else {
            return Ok(());
        };
        let batch = step.batches.first().map_or(&[][..], Vec::as_slice);
        let pairs: Vec<&TokenPair> = batch.iter().map(|i| &self.pairs()[*i]).collect();
        let pass = Pass { decoder: &self.decoder, adapters: &self.adapters, pairs: &pairs };
        let nll = pool::run(|| pass.nll(true));
        let nll = nll.map_err(|e| Error::cannot_run("the training engine failed").because(e))?;
        if all_finite(&nll) {
            return Ok(());
        }
        Err(Error::cannot_run(format!("the loss is not a number after step {}", self.progress.step))
            .help(RUINED))
    }

    /// Euclidean norm of all `s·B·A` of each adapter; 0 of one that does nothing.
    ///
    /// # Errors
    /// The factors cannot be read.
    pub fn update_norms(&self) -> Result<Vec<f64>> {
        let engine = |e: candle_core::Error| Error::cannot_run("the factors cannot be read").because(e);
        let (r, scale) = (self.adapters.shape().r, self.adapters.shape().scale());
        let mut norms = Vec::new();
        for adapter in 0..self.adapters.names().len() {
            let mut sum = 0f64;
            for layer in 0..self.decoder.config().layers {
                for module in Module::ALL {
                    let pair = self.adapters.pair(adapter, layer, module).map_err(engine)?;
                    let Some((a, b)) = pair else { continue };
                    let (k, a) = (a.dims()[1], host::to_vec(&a).map_err(engine)?);
                    let b = host::to_vec(&b).map_err(engine)?;
                    sum += squared_norm(&a, &b, r, k);
                }
            }
            norms.push(scale * sum.max(0.0).sqrt());
        }
        Ok(norms)
    }
}

fn all_finite(nll: &[Vec<f32>]) -> bool {
    nll.iter().flatten().all(|loss| loss.is_finite())
}

/// `‖B·A‖² = tr((BᵀB)(AAᵀ))` of A `(r, k)` and B `(n, r)`.
fn squared_norm(a: &[f32], b: &[f32], r: usize, k: usize) -> f64 {
    let dot =
        |x: &mut dyn Iterator<Item = (f32, f32)>| x.map(|(x, y)| f64::from(x) * f64::from(y)).sum::<f64>();
    let mut sum = 0.0;
    for i in 0..r {
        for j in 0..r {
            let of_a = dot(&mut a[i * k..][..k].iter().copied().zip(a[j * k..][..k].iter().copied()));
            let of_b = dot(&mut b.chunks_exact(r).map(|row| (row[i], row[j])));
            sum += of_a * of_b;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_of_a_product_is_found_without_making_it() {
        // B·A of (3, 2)·(2, 2), by hand.
        let (a, b) = ([1.0, 2.0, 0.5, -1.0], [1.0, 0.0, 2.0, 1.0, -1.0, 3.0]);
        let product = [1.0, 2.0, 2.5, 3.0, 0.5, -5.0];
        let wanted: f64 = product.iter().map(|v| v * v).sum();
        assert!((squared_norm(&a, &b, 2, 2) - wanted).abs() < 1e-12);
    }
}
