//! Texts to token pairs, and pairs to batches without padding.

use crate::error::{Error, Result};
use crate::model::{BaseModel, Message};
use crate::seed::Seed;
use rand::seq::SliceRandom;

/// A conversation and the answer to learn, with the adapter that learns it.
#[derive(Debug, Clone)]
pub struct TextPair {
    /// What stands before the answer: control tag, earlier turns, the user's last text. None of it is learned.
    pub messages: Vec<Message>,
    /// What the persona answers.
    pub completion: String,
    /// The adapter's place in the training's list.
    pub adapter: usize,
    /// A name for errors: file and line.
    pub origin: String,
}

/// A tokenized pair: loss is taken on the tokens from `prompt` on.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// Conversation and completion, as the chat template renders them.
    pub tokens: Vec<u32>,
    /// Tokens before the completion, earlier answers included.
    pub prompt: usize,
    /// The adapter's place.
    pub adapter: usize,
}

impl TokenPair {
    /// Renders the pair with the model's chat template; the completion ends with the template's end of turn.
    ///
    /// # Errors
    /// When the completion is empty, the pair is longer than `max_tokens`, or the template rewrites the prompt
    /// once an answer follows.
    pub fn new(base: &BaseModel, pair: &TextPair, max_tokens: usize) -> Result<Self> {
        let fail = |what: String| Error::input(what).key(&pair.origin);
        if pair.completion.trim().is_empty() {
            return Err(fail("an example has an empty completion".into()));
        }
        let asked = base.template.render(&pair.messages, true)?;
        let mut messages = pair.messages.clone();
        messages.push(Message::assistant(&pair.completion));
        let whole = base.template.render(&messages, false)?;
        let Some(completion) = whole.strip_prefix(&asked) else {
            return Err(fail("the chat template changes the prompt once an answer follows".into()));
        };
        let mut tokens = base.tokenizer.encode(&asked)?;
        let prompt = tokens.len();
        tokens.extend(base.tokenizer.encode(completion.trim_end_matches('\n'))?);
        if tokens.len() > max_tokens {
            return Err(fail(format!("an example has {} tokens", tokens.len()))
                .expected(format!("at most {max_tokens}"))
                .help("shorten it or raise the length limit"));
        }
        Ok(Self { tokens, prompt, adapter: pair.adapter })
    }

    /// Tokens that are learned.
    pub fn learned(&self) -> usize {
        self.tokens.len() - self.prompt
    }
}

/// The order of one epoch: every pair once, adapters spread evenly, cut into batches of about `batch_tokens`.
pub(crate) fn epoch(pairs: &[TokenPair], batch_tokens: usize, seed: Seed) -> Vec<Vec<usize>> {
    let mut rng = seed.rng();
    let adapters = pairs.iter().map(|p| p.adapter + 1).max().unwrap_or(0);
    let mut order: Vec<(f64, usize)> = Vec::with_capacity(pairs.len());
    for adapter in 0..adapters {
        let mut own: Vec<usize> = (0..pairs.len()).filter(|i| pairs[*i].adapter == adapter).collect();
        own.shuffle(&mut rng);
        let n = own.len() as f64;
        order.extend(own.into_iter().enumerate().map(|(rank, i)| ((rank as f64 + 0.5) / n, i)));
    }
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut batches = Vec::new();
    let (mut batch, mut tokens) = (Vec::new(), 0);
    for (_, i) in order {
        let n = pairs[i].tokens.len();
        if !batch.is_empty() && tokens + n > batch_tokens {
            batches.push(std::mem::take(&mut batch));
            tokens = 0;
        }
        batch.push(i);
        tokens += n;
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches.shuffle(&mut rng);
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_holds_every_pair_once_and_every_batch_most_adapters() {
        let pairs: Vec<TokenPair> = (0..200)
            .map(|i| TokenPair { tokens: vec![0; 50 + i % 30], prompt: 20, adapter: i % 5 })
            .collect();
        let batches = epoch(&pairs, 640, Seed(3));
        let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
        for batch in &batches[..batches.len() - 1] {
            let adapters: std::collections::BTreeSet<_> = batch.iter().map(|i| pairs[*i].adapter).collect();
            assert!(adapters.len() >= 4 || batch.len() < 5, "{batch:?}");
        }
        assert_eq!(batches, epoch(&pairs, 640, Seed(3)));
        assert_ne!(batches, epoch(&pairs, 640, Seed(4)));
    }
}
