//! Continuous batching: a finished row leaves and the next request takes its place.

use super::engine::{Engine, engine_error, not_finite};
use super::prefix::Prefixes;
use super::sampler::Sampler;
use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::model::{KvCache, Segment, host};
use crate::persona::Sampling;
use crate::response::Finish;
use candle_core::Tensor;
use rayon::prelude::*;

/// One response to make.
#[derive(Debug, Clone)]
pub struct Request {
    /// The rendered prompt's tokens.
    pub tokens: Vec<u32>,
    /// Leading tokens that other requests of the same blend begin with too; they are fed once. 0 shares nothing.
    pub shared: usize,
    /// What the row speaks with.
    pub blend: Blend,
    /// How its tokens are drawn.
    pub sampling: Sampling,
    /// Seed of its own generator.
    pub seed: u64,
    /// Goes on to `max_tokens` where the model would end its turn; for measuring throughput.
    pub to_length: bool,
}

/// One response, made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The text, special tokens left out.
    pub text: String,
    /// The generated tokens, the ending one left out.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub finish: Finish,
}

/// What the caller is told while rows run.
pub enum Event<'a> {
    /// Request number `.0` has a new token: its text so far.
    Token(usize, &'a [u32]),
    /// Request number `.0` is done.
    Done(usize, Generated),
}

struct Row {
    request: usize,
    cache: KvCache,
    /// Prompt and response so far.
    seen: Vec<u32>,
    prompt: usize,
    /// Tokens the cache does not hold yet.
    fresh: usize,
    sampler: Sampler,
}

impl Engine {
    /// Makes every request's response, at most `rows` at a time; `on` is told of tokens and of finished rows.
    ///
    /// A response depends on its request alone, not on its neighbours or on `rows`.
    ///
    /// # Errors
    /// When a blend is unknown, a sampling out of range, a prompt empty or longer than the model's context, `on` fails,
    /// or the user stopped the work.
    pub fn generate(
        &self,
        requests: &[Request],
        rows: usize,
        on: &mut dyn FnMut(Event<'_>) -> Result<()>,
    ) -> Result<()> {
        let stack = self.stack(requests.iter().map(|r| &r.blend))?;
        let decoder = &self.base().decoder;
        let config = decoder.config();
        for r in requests {
            r.sampling.check()?;
            if r.tokens.len() <= r.shared {
                return Err(Error::input("a prompt has no tokens of its own"));
            }
            let needed = r.tokens.len() + r.sampling.max_tokens;
            if needed > config.max_positions {
                return Err(Error::input(format!("prompt and response need {needed} positions"))
                    .expected(format!("at most {}, the model's context", config.max_positions)));
            }
        }
        let mut waiting = requests.iter().enumerate();
        let mut active: Vec<Row> = Vec::new();
        let mut prefixes = Prefixes::new(requests);
        loop {
            interrupt::check()?;
            let admitted: Vec<(usize, &Request)> =
                waiting.by_ref().take(rows.max(1) - active.len()).collect();
            let new: Vec<&Request> = admitted.iter().map(|(_, r)| *r).collect();
            prefixes.make(self, stack.as_deref(), &new)?;
            for (index, request) in admitted {
                active.push(Row::new(index, request, prefixes.cache(self, request)?));
            }
            if active.is_empty() {
                return Ok(());
            }
            let fresh: Vec<usize> = active.iter().map(|r| r.fresh).collect();
            let blends = active.iter().flat_map(|r| std::iter::repeat_n(&requests[r.request].blend, r.fresh));
            let weights = stack.as_ref().map(|s| Self::weights(s, blends));
            let mut segments: Vec<Segment<'_>> = active
                .iter_mut()
                .map(|r| Segment { tokens: &r.seen[r.seen.len() - r.fresh..], cache: &mut r.cache })
                .collect();
            let adapters = stack.as_deref().zip(weights.as_ref());
            let mut logits = decoder
                .hidden(&mut segments, adapters)
                .and_then(|h| last_rows(&h, &fresh))
                .and_then(|h| host::to_vec(&decoder.logits(&h)?))
                .map_err(engine_error)?;
            active.par_iter_mut().zip(logits.par_chunks_mut(config.vocab)).try_for_each(
                |(row, logits)| {
                    let drawn = row.sampler.next(logits, &row.seen);
                    row.seen.push(drawn.ok_or_else(|| not_finite(&requests[row.request].blend))?);
                    row.fresh = 1;
                    Ok(())
                },
            )?;
            let mut kept = Vec::with_capacity(active.len());
            for row in active {
                let request = &requests[row.request];
                let made = &row.seen[row.prompt..];
                let stopped = !request.to_length && made.last().is_some_and(|t| config.eos.contains(t));
                if stopped || made.len() >= request.sampling.max_tokens {
                    let tokens = made[..made.len() - usize::from(stopped)].to_vec();
                    let text = self.base().tokenizer.decode(&tokens)?;
                    let finish = if stopped { Finish::Stop } else { Finish::Length };
                    on(Event::Done(row.request, Generated { text, tokens, finish }))?;
                } else {
                    on(Event::Token(row.request, made))?;
                    kept.push(row);
                }
            }
            active = kept;
        }
    }

    /// All responses, in the order of the requests.
    ///
    /// # Errors
    /// As [`Engine::generate`].
    pub fn generate_all(&self, requests: &[Request], rows: usize) -> Result<Vec<Generated>> {
        let mut made: Vec<Option<Generated>> = vec![None; requests.len()];
        self.generate(requests, rows, &mut |event| {
            if let Event::Done(i, generated) = event {
                made[i] = Some(generated);
            }
            Ok(())
        })?;
        made.into_iter()
            .map(|g| g.ok_or_else(|| Error::cannot_run("the engine lost a response: this is a bug")))
            .collect()
    }
}

impl Row {
    fn new(index: usize, request: &Request, cache: KvCache) -> Self {
        Self {
            request: index,
            seen: request.tokens.clone(),
            prompt: request.tokens.len(),
            fresh: request.tokens.len() - cache.len(),
            sampler: Sampler::new(request.sampling.clone(), request.seed),
            cache,
        }
    }
}

/// The last row of each segment.
fn last_rows(hidden: &Tensor, lengths: &[usize]) -> candle_core::Result<Tensor> {
    let mut end = 0u32;
    let rows: Vec<u32> = lengths
        .iter()
        .map(|n| {
            end += *n as u32;
            end - 1
        })
        .collect();
    if rows.len() == hidden.dim(0)? {
        return Ok(hidden.clone());
    }
    hidden.index_select(&Tensor::new(rows, hidden.device())?, 0)
}
