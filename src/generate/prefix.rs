//! Caches of prompt beginnings that several requests share.

use super::batch::Request;
use super::engine::{Engine, engine_error};
use crate::error::Result;
use crate::model::{KvCache, Segment, Stack};
use std::collections::HashMap;

/// What a shared beginning is kept by: two personas never share one unless their blends are equal.
type Key = (String, Vec<u32>);

/// Shared beginnings and how many requests still need each.
pub(super) struct Prefixes {
    left: HashMap<Key, usize>,
    made: HashMap<Key, KvCache>,
}

fn key(request: &Request) -> Key {
    (request.blend.to_string(), request.tokens[..request.shared].to_vec())
}

impl Prefixes {
    /// Counts the beginnings that more than one request shares.
    pub(super) fn new(requests: &[Request]) -> Self {
        let mut left: HashMap<Key, usize> = HashMap::new();
        for request in requests.iter().filter(|r| r.shared > 0) {
            *left.entry(key(request)).or_default() += 1;
        }
        left.retain(|_, n| *n > 1);
        Self { left, made: HashMap::new() }
    }

    /// Feeds the beginnings of newly admitted requests that are not there yet, all in one pass.
    pub(super) fn make(
        &mut self,
        engine: &Engine,
        stack: Option<&Stack>,
        admitted: &[&Request],
    ) -> Result<()> {
        let mut new: Vec<(Key, &Request)> = Vec::new();
        for request in admitted.iter().filter(|r| r.shared > 0) {
            let key = key(request);
            let wanted = self.left.contains_key(&key) && !self.made.contains_key(&key);
            if wanted && !new.iter().any(|(k, _)| *k == key) {
                new.push((key, request));
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let decoder = &engine.base().decoder;
        let mut caches = new
            .iter()
            .map(|(_, r)| decoder.cache(r.shared))
            .collect::<candle_core::Result<Vec<_>>>()
            .map_err(engine_error)?;
        let blends = new.iter().flat_map(|(_, r)| std::iter::repeat_n(&r.blend, r.shared));
        let weights = stack.map(|s| Engine::weights(s, blends));
        let mut segments: Vec<Segment<'_>> = caches
            .iter_mut()
            .zip(&new)
            .map(|(cache, (_, r))| Segment { cache, tokens: &r.tokens[..r.shared] })
            .collect();
        decoder.hidden(&mut segments, stack.zip(weights.as_ref())).map_err(engine_error)?;
        self.made.extend(new.into_iter().map(|(key, _)| key).zip(caches));
        Ok(())
    }

    /// A request's own cache, filled with its beginning where that is shared; dropped once nobody needs it.
    pub(super) fn cache(&mut self, engine: &Engine, request: &Request) -> Result<KvCache> {
        let capacity = request.tokens.len() + request.sampling.max_tokens;
        let key = key(request);
        let Some(shared) = self.made.get(&key) else {
            return engine.base().decoder.cache(capacity).map_err(engine_error);
        };
        let cache = shared.fork(capacity).map_err(engine_error)?;
        if let Some(left) = self.left.get_mut(&key) {
            *left -= 1;
            if *left == 0 {
                self.made.remove(&key);
            }
        }
        Ok(cache)
    }
}
