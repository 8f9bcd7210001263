//! Controls before anything is judged: adapters are applied, texts do not depend on the batch.

use super::plan::{Plan, Planned};
use crate::error::Result;
use crate::generate::{Engine, Request};
use crate::record::{AdapterProof, BatchIdentity};
use std::collections::BTreeMap;

/// Shows for every adapter in use that it changes the logits.
///
/// # Errors
/// When one changes nothing.
pub(super) fn prove_adapters(engine: &Engine, plan: &Plan) -> Result<Vec<AdapterProof>> {
    let mut personas: BTreeMap<&str, std::collections::BTreeSet<&str>> = BTreeMap::new();
    for (persona, blend) in plan.voices() {
        for name in blend.adapters() {
            let users = personas.entry(name).or_default();
            // A sweep may speak without a tag.
            if !persona.is_empty() {
                users.insert(persona);
            }
        }
    }
    personas
        .iter()
        .map(|(name, users)| {
            let proof = engine.prove(name)?;
            let adapter = &engine.adapters()[*name];
            let first = adapter.pairs.values().next();
            Ok(AdapterProof {
                name: (*name).to_owned(),
                sha256: adapter.sha256.clone(),
                r: adapter.pairs.values().map(|p| p.r).max().unwrap_or(0),
                alpha: adapter.config.alpha,
                scale: first.map_or(0.0, |p| p.scale),
                matched_tensors: proof.matched_tensors,
                logit_change: proof.logit_change,
                personas: users.len(),
            })
        })
        .collect()
}

/// Prompts compared over batch sizes.
const PROMPTS: usize = 8;
/// Tokens compared for each.
const TOKENS: usize = 16;
/// Batch sizes compared with batch size 1.
const SIZES: [usize; 2] = [8, 32];

/// The share of texts that are the same at batch sizes 1, 8 and 32, and on one thread.
///
/// At size 32 the eight prompts stand among copies of each other, so every row has 31 neighbours.
///
/// # Errors
/// When the engine fails.
pub(super) fn batch_identity(engine: &Engine, planned: &[Planned]) -> Result<Option<BatchIdentity>> {
    // One more than an even share: personas repeat with each prompt, and the sample must mix blends.
    let step = planned.len() / PROMPTS + 1;
    let requests = planned
        .iter()
        .step_by(step)
        .take(PROMPTS)
        .map(|p| Ok(Request { sampling: p.sampling.clone().capped(TOKENS), ..p.request(engine)? }))
        .collect::<Result<Vec<_>>>()?;
    if requests.is_empty() {
        return Ok(None);
    }
    let alone = engine.generate_all(&requests, 1)?;
    let mut same = vec![true; requests.len()];
    for size in SIZES {
        let crowd: Vec<Request> = requests.iter().cycle().take(size.max(requests.len())).cloned().collect();
        for (i, made) in engine.generate_all(&crowd, size)?.iter().enumerate() {
            same[i % requests.len()] &= made.tokens == alone[i % requests.len()].tokens;
        }
    }
    // One thread against as many as there are; a card's threads are its own affair.
    let mut threads = vec![rayon::current_num_threads()];
    if engine.device_name() == "cpu"
        && let Ok(one) = rayon::ThreadPoolBuilder::new().num_threads(1).build()
    {
        let made = one.install(|| engine.generate_all(&requests, requests.len()))?;
        made.iter().zip(&alone).zip(&mut same).for_each(|((a, b), same)| *same &= a.tokens == b.tokens);
        threads.push(1);
    }
    let identical = same.iter().filter(|s| **s).count() as f64 / same.len() as f64;
    Ok(Some(BatchIdentity { prompts: requests.len(), sizes: SIZES.to_vec(), threads, identical }))
}
