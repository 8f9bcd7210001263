//! Log-likelihoods of given texts.

use super::engine::{Engine, engine_error, not_finite};
use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::model::kernel::softmax_in_place;
use crate::model::{Segment, host};
use candle_core::Tensor;
use rayon::prelude::*;

/// A prompt and a continuation to score, as tokens, under a blend.
#[derive(Debug, Clone)]
pub struct Scored {
    /// What comes before; its tokens are not scored. The first scored token needs one token before it.
    pub prompt: Vec<u32>,
    /// The scored tokens.
    pub continuation: Vec<u32>,
    /// What the row speaks with.
    pub blend: Blend,
}

impl Scored {
    /// Tokens of prompt and continuation.
    fn length(&self) -> usize {
        self.prompt.len() + self.continuation.len()
    }
}

/// Tokens that run through the decoder at one time.
pub(super) const BATCH_TOKENS: usize = 2048;
/// Positions whose logits exist at one time.
const LOGIT_ROWS: usize = 64;

impl Engine {
    /// Fails where there is no token to score, or where the item does not fit into the model's context.
    ///
    /// # Errors
    /// Those two; neither names the item.
    pub fn can_score(&self, item: &Scored) -> Result<()> {
        self.can_score_tokens(item.prompt.len(), item.continuation.len())
    }

    /// [`Engine::can_score`] of so many tokens of prompt and text.
    pub(super) fn can_score_tokens(&self, prompt: usize, text: usize) -> Result<()> {
        let context = self.base().decoder.config().max_positions;
        let length = prompt + text;
        if text == 0 || length < 2 {
            return Err(Error::input("the text has no token to score")
                .expected("a text of one token, or of two where no prompt comes before it"));
        }
        if length > context {
            return Err(Error::input(format!("prompt and text have {length} tokens"))
                .expected(format!("at most {context}, the model's context")));
        }
        Ok(())
    }

    /// Natural log-probability of every scored token, for each item.
    ///
    /// With an empty prompt the first token has nothing before it and is not scored.
    ///
    /// # Errors
    /// When a blend is unknown, an item has nothing to score, or it is longer than the model's context.
    pub fn log_likelihoods(&self, items: &[Scored], done: impl FnMut(usize)) -> Result<Vec<Vec<f32>>> {
        self.log_likelihoods_by(items, BATCH_TOKENS, done)
    }

    /// [`Engine::log_likelihoods`] of all items in one pass through the decoder, whatever memory that takes.
    ///
    /// # Errors
    /// As [`Engine::log_likelihoods`].
    pub fn log_likelihoods_at_once(
        &self,
        items: &[Scored],
        done: impl FnMut(usize),
    ) -> Result<Vec<Vec<f32>>> {
        self.log_likelihoods_by(items, usize::MAX, done)
    }

    /// Passes of at most `limit` tokens, or of one item.
    fn log_likelihoods_by(
        &self,
        items: &[Scored],
        limit: usize,
        mut done: impl FnMut(usize),
    ) -> Result<Vec<Vec<f32>>> {
        let stack = self.stack(items.iter().map(|i| &i.blend))?;
        let decoder = &self.base().decoder;
        for (i, item) in items.iter().enumerate() {
            self.can_score(item).map_err(|e| e.key(format!("text {}", i + 1)))?;
        }
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|i| items[*i].length());
        let mut scores = vec![Vec::new(); items.len()];
        let mut at = 0;
        while at < order.len() {
            interrupt::check()?;
            let mut end = at;
            let mut tokens = 0;
            while end < order.len() {
                let n = items[order[end]].length();
                if end > at && tokens + n > limit {
                    break;
                }
                tokens += n;
                end += 1;
            }
            let batch = &order[at..end];
            let weights = stack.as_ref().map(|s| {
                let blends = batch.iter().flat_map(|i| {
                    let item = &items[*i];
                    std::iter::repeat_n(&item.blend, item.length())
                });
                Self::weights(s, blends)
            });
            let texts: Vec<Vec<u32>> =
                batch.iter().map(|i| [&items[*i].prompt[..], &items[*i].continuation[..]].concat()).collect();
            let run = || -> candle_core::Result<Vec<Vec<f32>>> {
                let mut caches =
                    texts.iter().map(|t| decoder.cache(t.len())).collect::<candle_core::Result<Vec<_>>>()?;
                let mut segments: Vec<Segment<'_>> =
                    caches.iter_mut().zip(&texts).map(|(cache, tokens)| Segment { cache, tokens }).collect();
                let hidden = decoder.hidden(&mut segments, stack.as_deref().zip(weights.as_ref()))?;
                self.score_rows(&hidden, &texts, batch.iter().map(|i| items[*i].prompt.len().max(1)))
            };
            for (i, row) in batch.iter().zip(run().map_err(engine_error)?) {
                if row.iter().any(|v| !v.is_finite()) {
                    return Err(not_finite(&items[*i].blend));
                }
                scores[*i] = row;
            }
            done(batch.len());
            at = end;
        }
        Ok(scores)
    }

    /// Log-probabilities of each text's tokens from `firsts` on.
    fn score_rows(
        &self,
        hidden: &Tensor,
        texts: &[Vec<u32>],
        firsts: impl Iterator<Item = usize>,
    ) -> candle_core::Result<Vec<Vec<f32>>> {
        let (mut rows, mut targets, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        let mut start = 0;
        for (text, first) in texts.iter().zip(firsts) {
            rows.extend((first..text.len()).map(|i| (start + i - 1) as u32));
            targets.extend_from_slice(&text[first..]);
            counts.push(text.len() - first);
            start += text.len();
        }
        let flat = self.score_targets(hidden, &rows, &targets)?;
        let mut flat = flat.into_iter();
        Ok(counts.iter().map(|n| flat.by_ref().take(*n).collect()).collect())
    }
    /// Log-probability of each target after the hidden state of its row.
    pub(super) fn score_targets(
        &self,
        hidden: &Tensor,
        rows: &[u32],
        targets: &[u32],
    ) -> candle_core::Result<Vec<f32>> {
        let decoder = &self.base().decoder;
        let vocab = decoder.config().vocab;
        let mut scores = Vec::with_capacity(targets.len());
        for (rows, targets) in rows.chunks(LOGIT_ROWS).zip(targets.chunks(LOGIT_ROWS)) {
            let picked = hidden.index_select(&Tensor::new(rows, hidden.device())?, 0)?;
            let mut logits = host::to_vec(&decoder.logits(&picked)?)?;
            let part: Vec<f32> = logits
                .par_chunks_mut(vocab)
                .zip(targets)
                .map(|(logits, target)| {
                    let logit = logits[*target as usize];
                    logit - softmax_in_place(logits)
                })
                .collect();
            scores.extend(part);
        }
        Ok(scores)
    }
}
