//! Making the planned responses, with the journal as their memory.

use super::plan::Planned;
use crate::error::{Error, Result};
use crate::generate::{Engine, Event, Request};
use crate::progress::Progress;
use crate::record::Journal;
use crate::response::Response;
use std::collections::HashMap;

/// Responses and what they cost.
pub(super) struct Responded {
    /// In the order of the plan.
    pub responses: Vec<Response>,
    /// How many came from the journal.
    pub reused: usize,
    /// Tokens generated now.
    pub tokens: usize,
}

/// Leading tokens up to the end of the control tag: all prompts of a persona begin with them.
fn shared_tokens(engine: &Engine, planned: &Planned, tokens: &[u32]) -> Result<usize> {
    let tag = crate::persona::control_tag(&planned.persona);
    let Some(at) = planned.prompt.find(&tag) else { return Ok(0) };
    let prefix = engine.base().tokenizer.encode(&planned.prompt[..at + tag.len()])?;
    // The tag's end and the text's beginning could be one token; then nothing is shared.
    Ok(if prefix.len() < tokens.len() && tokens.starts_with(&prefix) { prefix.len() } else { 0 })
}

/// Makes what the journal does not hold yet; every finished response is written at once.
///
/// # Errors
/// When the journal belongs to other settings, or the engine, the disk or the user stops the work.
pub(super) fn respond(
    engine: &Engine,
    planned: &[Planned],
    known: &HashMap<(String, String, String, usize), Response>,
    journal: &mut Journal,
    rows: usize,
    progress: &dyn Progress,
) -> Result<Responded> {
    let mut responses: Vec<Option<Response>> = Vec::with_capacity(planned.len());
    for p in planned {
        let place = (p.arm.id().to_owned(), p.persona.clone(), p.prompt_id.clone(), p.sample);
        let line = known.get(&place);
        if let Some(line) = line
            && !p.made(engine, line)
        {
            return Err(Error::input(format!(
                "the journal holds an answer of `{}` to `{}` that was made with other settings",
                p.persona, p.prompt_id
            ))
            .expected("the same base, adapters, blends, sampling and seed as the run to be resumed")
            .help("start a new run without --resume"));
        }
        responses.push(line.cloned());
    }
    let missing: Vec<usize> = (0..planned.len()).filter(|i| responses[*i].is_none()).collect();
    let reused = planned.len() - missing.len();
    progress.advance(reused as u64);
    let requests = missing
        .iter()
        .map(|i| {
            let p = &planned[*i];
            let tokens = engine.base().tokenizer.encode(&p.prompt)?;
            Ok(Request {
                shared: shared_tokens(engine, p, &tokens)?,
                tokens,
                blend: p.blend.clone(),
                sampling: p.sampling.clone(),
                seed: p.seed,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let mut tokens = 0;
    engine.generate(&requests, rows, &mut |event| {
        if let Event::Done(i, made) = event {
            let response = planned[missing[i]].response(engine, made.text, made.tokens.len(), made.finish);
            tokens += response.tokens;
            journal.append(&response)?;
            responses[missing[i]] = Some(response);
            progress.advance(1);
        }
        Ok(())
    })?;
    let responses = responses
        .into_iter()
        .map(|r| r.ok_or_else(|| Error::cannot_run("the engine lost a response: this is a bug")))
        .collect::<Result<_>>()?;
    Ok(Responded { responses, reused, tokens })
}
