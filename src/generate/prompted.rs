//! Log-likelihoods of several texts after one prompt, which is computed once.

use super::engine::{Engine, engine_error, not_finite};
use super::likelihood::BATCH_TOKENS;
use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::model::{KvCache, Segment, Stack};
use candle_core::Tensor;
use std::collections::BTreeMap;

/// A prompt under a blend, and the texts that are scored after it, all as tokens.
#[derive(Debug, Clone)]
pub struct Prompted {
    /// What comes before each of the texts; its tokens are not scored. At least one token.
    pub prompt: Vec<u32>,
    /// What the prompt and the texts are heard with.
    pub blend: Blend,
    /// The texts, each with at least one token.
    pub texts: Vec<Vec<u32>>,
}

impl Prompted {
    /// What is fed once; the prompt's last token gives the first score and goes before each text.
    fn kept(&self) -> usize {
        self.prompt.len() - 1
    }
}

impl Engine {
    /// Natural log-probability of every token of every text, by item and text.
    ///
    /// The scores are those of [`Engine::log_likelihoods`]; less is computed. What all prompts of one blend begin
    /// with is fed once, then the rest of each prompt once, and every text goes on from a copy of its prompt's keys
    /// and values. The output layer runs on scored tokens alone. `done` is told of the texts of each pass.
    ///
    /// # Errors
    /// When a blend is unknown, a prompt or a text is empty, or both together are longer than the model's context.
    pub fn log_likelihoods_after(
        &self,
        items: &[Prompted],
        mut done: impl FnMut(usize),
    ) -> Result<Vec<Vec<Vec<f32>>>> {
        let stack = self.stack(items.iter().map(|i| &i.blend))?;
        let stack = stack.as_deref();
        for (i, item) in items.iter().enumerate() {
            if item.prompt.is_empty() {
                return Err(
                    Error::input("there is no prompt before the texts").key(format!("prompt {}", i + 1))
                );
            }
            for text in &item.texts {
                self.can_score_tokens(item.prompt.len(), text.len())
                    .map_err(|e| e.key(format!("prompt {}", i + 1)))?;
            }
        }
        let beginnings = Beginnings::new(self, stack, items)?;
        let texts: Vec<(usize, &[u32])> = items
            .iter()
            .enumerate()
            .flat_map(|(i, item)| item.texts.iter().map(move |t| (i, &t[..])))
            .collect();
        let mut scores: Vec<Vec<Vec<f32>>> = vec![Vec::new(); items.len()];
        // Prompts whose texts are not all scored yet.
        let mut prompts: BTreeMap<usize, KvCache> = BTreeMap::new();
        let mut rest = &texts[..];
        while let Some(&(first, _)) = rest.first() {
            interrupt::check()?;
            let (batch, later) = rest.split_at(fitting(rest));
            prompts.retain(|i, _| *i >= first);
            let mut new: Vec<usize> =
                batch.iter().map(|(i, _)| *i).filter(|i| !prompts.contains_key(i)).collect();
            new.dedup();
            prompts.extend(beginnings.prompts(self, stack, items, &new)?);
            for (&(i, _), row) in batch.iter().zip(self.score_after(stack, items, &prompts, batch)?) {
                if row.iter().any(|v| !v.is_finite()) {
                    return Err(not_finite(&items[i].blend));
                }
                scores[i].push(row);
            }
            done(batch.len());
            rest = later;
        }
        Ok(scores)
    }

    /// Scores of texts that all fit into one pass, each after a copy of its prompt.
    fn score_after(
        &self,
        stack: Option<&Stack>,
        items: &[Prompted],
        prompts: &BTreeMap<usize, KvCache>,
        batch: &[(usize, &[u32])],
    ) -> Result<Vec<Vec<f32>>> {
        let fork = |(i, text): &(usize, &[u32])| prompts[i].fork(items[*i].kept() + text.len());
        let run = || -> candle_core::Result<Vec<f32>> {
            let mut caches = batch.iter().map(fork).collect::<candle_core::Result<Vec<_>>>()?;
            // Each text shifted by one: every row that is fed predicts a token that is scored.
            let fed: Vec<Vec<u32>> = batch
                .iter()
                .map(|(i, text)| [&items[*i].prompt[items[*i].kept()..], &text[..text.len() - 1]].concat())
                .collect();
            let hidden =
                self.pass(stack, batch.iter().map(|(i, _)| &items[*i].blend).zip(&mut caches).zip(&fed))?;
            let targets = batch.iter().map(|(_, text)| *text).collect::<Vec<_>>().concat();
            let rows: Vec<u32> = (0..targets.len() as u32).collect();
            self.score_targets(&hidden, &rows, &targets)
        };
        let mut flat = run().map_err(engine_error)?.into_iter();
        Ok(batch.iter().map(|(_, text)| flat.by_ref().take(text.len()).collect()).collect())
    }

    /// One pass of new tokens, each sequence with its blend and cache.
    fn pass<'a, T: AsRef<[u32]> + 'a>(
        &self,
        stack: Option<&Stack>,
        sequences: impl Iterator<Item = ((&'a Blend, &'a mut KvCache), &'a T)>,
    ) -> candle_core::Result<Tensor> {
        let (mut blends, mut segments) = (Vec::new(), Vec::new());
        for ((blend, cache), tokens) in sequences {
            let tokens = tokens.as_ref();
            blends.extend(std::iter::repeat_n(blend, tokens.len()));
            segments.push(Segment { cache, tokens });
        }
        let weights = stack.map(|s| Self::weights(s, blends.into_iter()));
        self.base().decoder.hidden(&mut segments, stack.zip(weights.as_ref()))
    }
}

/// How many of the texts, and at least one, have no more than [`BATCH_TOKENS`] tokens.
fn fitting(texts: &[(usize, &[u32])]) -> usize {
    let mut tokens = 0;
    let fits = |(_, text): &&(usize, &[u32])| {
        tokens += text.len();
        tokens <= BATCH_TOKENS
    };
    texts.iter().take_while(fits).count().max(1)
}

/// What all prompts of a blend begin with, by the blend: it stands in memory as long as prompts may need it.
struct Beginnings(BTreeMap<String, KvCache>);

impl Beginnings {
    fn new(engine: &Engine, stack: Option<&Stack>, items: &[Prompted]) -> Result<Self> {
        let mut common: BTreeMap<String, (&Blend, &[u32])> = BTreeMap::new();
        for item in items {
            let own = &item.prompt[..item.kept()];
            let (_, tokens) = common.entry(item.blend.to_string()).or_insert((&item.blend, own));
            let same = tokens.iter().zip(own).take_while(|(a, b)| a == b).count();
            *tokens = &tokens[..same];
        }
        common.retain(|_, (_, tokens)| !tokens.is_empty());
        let run = || -> candle_core::Result<BTreeMap<String, KvCache>> {
            let mut caches = common
                .values()
                .map(|(_, tokens)| engine.base().decoder.cache(tokens.len()))
                .collect::<candle_core::Result<Vec<_>>>()?;
            if !caches.is_empty() {
                let sequences = common.values().map(|(blend, _)| *blend).zip(&mut caches);
                engine.pass(stack, sequences.zip(common.values().map(|(_, tokens)| tokens)))?;
            }
            Ok(common.keys().cloned().zip(caches).collect())
        };
        run().map(Self).map_err(engine_error)
    }

    /// The prompts of those items up to their last token, in one pass.
    fn prompts(
        &self,
        engine: &Engine,
        stack: Option<&Stack>,
        items: &[Prompted],
        new: &[usize],
    ) -> Result<Vec<(usize, KvCache)>> {
        let run = || -> candle_core::Result<Vec<(usize, KvCache)>> {
            let mut caches = new
                .iter()
                .map(|i| match self.0.get(&items[*i].blend.to_string()) {
                    Some(beginning) => beginning.fork(items[*i].kept()),
                    None => engine.base().decoder.cache(items[*i].kept()),
                })
                .collect::<candle_core::Result<Vec<_>>>()?;
            let fed: Vec<&[u32]> =
                new.iter().zip(&caches).map(|(i, c)| &items[*i].prompt[c.len()..items[*i].kept()]).collect();
            let sequences = new.iter().map(|i| &items[*i].blend).zip(&mut caches).zip(&fed);
            let mut sequences = sequences.filter(|(_, tokens)| !tokens.is_empty()).peekable();
            if sequences.peek().is_some() {
                engine.pass(stack, sequences)?;
            }
            Ok(new.iter().copied().zip(caches).collect())
        };
        run().map_err(engine_error)
    }
}
