//! Real text of a sweep's two ends under its blends: what blending costs.

use super::options::EvaluateOptions;
use super::sweeps::members;
use crate::blend::Blend;
use crate::error::Result;
use crate::example::Example;
use crate::generate::{Engine, Prompted, Scored};
use crate::metrics::{BlendCost, SweptText};
use crate::model::Message;
use crate::persona::{Persona, Registry};
use crate::progress::Progress;
use crate::suite::{Suite, Sweep, SweepTag};
use std::collections::BTreeMap;

/// Fewest held-out prompts that make an interval.
const FEWEST_PROMPTS: usize = 2;

/// What each sweep's blends cost, by its id; and how many texts were scored.
pub(super) struct Costs {
    pub by_sweep: BTreeMap<String, BlendCost>,
    pub scored: usize,
}

/// Scores, for each sweep, one text of either end on every held-out prompt at every weight.
///
/// A text is asked for as in training, with its own persona's tag; without any where the sweep has none.
///
/// # Errors
/// When a text does not fit into the model's context, the ends have text on fewer than two common prompts, or the engine
/// fails.
pub(super) fn costs(
    suite: &Suite,
    registry: &Registry,
    engine: &Engine,
    heldout: &[Example],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Costs> {
    let limit = options.limit.map_or(usize::MAX, |n| n.max(FEWEST_PROMPTS));
    let mut items: Vec<Prompted> = Vec::new();
    let mut texts_of: Vec<Vec<SweptText>> = Vec::new();
    for sweep in &suite.sweeps {
        let chosen = texts(sweep, suite, registry, heldout, limit);
        let blends = sweep.weights.iter().map(|w| sweep.blend(*w)).collect::<Result<Vec<_>>>()?;
        let mut texts = Vec::new();
        for (prompt, persona, example) in chosen {
            let tag = if sweep.asked == SweepTag::None { String::new() } else { persona.tag() };
            let said = Message::conversation(&tag, &example.turns, &example.user_text());
            let tokenizer = &engine.base().tokenizer;
            let (asked, text) =
                (tokenizer.encode(&engine.render(&said)?)?, tokenizer.encode(&example.output)?);
            let alone = Scored { prompt: asked.clone(), continuation: text.clone(), blend: Blend::base() };
            engine.can_score(&alone).map_err(|e| e.key(format!("{}, {}", persona.id, sweep.id)))?;
            let item = |blend: &Blend| Prompted {
                prompt: asked.clone(),
                blend: blend.clone(),
                texts: vec![text.clone()],
            };
            items.extend(blends.iter().map(item));
            texts.push(SweptText {
                prompt: prompt.to_owned(),
                of_to: persona.group() == sweep.to,
                scores: Vec::new(),
            });
        }
        texts_of.push(texts);
    }
    progress.start("blends' likelihoods", Some(items.len() as u64));
    let scored = engine.log_likelihoods_after(&items, |n| progress.advance(n as u64))?;
    progress.finish();
    let mean = |scores: &Vec<Vec<f32>>| {
        let tokens = scores.iter().flatten();
        tokens.clone().map(|v| f64::from(*v)).sum::<f64>() / tokens.count().max(1) as f64
    };
    let mut means = scored.iter().map(mean);
    let mut by_sweep = BTreeMap::new();
    for (sweep, mut texts) in suite.sweeps.iter().zip(texts_of) {
        for text in &mut texts {
            text.scores = means.by_ref().take(sweep.weights.len()).collect();
        }
        let name = format!("{} likelihood", sweep.id);
        let cost = BlendCost::new(&sweep.weights, &texts, &name, &options.resampling())?;
        by_sweep.insert(sweep.id.clone(), cost);
    }
    Ok(Costs { by_sweep, scored: items.len() })
}

/// One text of either end for every held-out prompt that both answered; the prompts go through either end's personas at
/// even steps.
fn texts<'a>(
    sweep: &Sweep,
    suite: &Suite,
    registry: &'a Registry,
    heldout: &'a [Example],
    limit: usize,
) -> Vec<(&'a str, &'a Persona, &'a Example)> {
    let mut prompts: Vec<&'a str> = Vec::new();
    for prompt in heldout.iter().filter_map(|e| e.prompt_id.as_deref()) {
        if !prompts.contains(&prompt) {
            prompts.push(prompt);
        }
    }
    let of = |persona: &'a Persona, prompt: &str| {
        let own = heldout.iter().find(|e| e.persona == persona.id && e.prompt_id.as_deref() == Some(prompt));
        own.map(|example| (persona, example))
    };
    let ends = [&sweep.from, &sweep.to].map(|end| members(suite, registry, end));
    let all = prompts.len().max(1);
    let pick = |number: usize, prompt: &str, end: &Vec<&'a Persona>| {
        let first = number * end.len() / all;
        (0..end.len()).find_map(|step| of(end[(first + step) % end.len()], prompt))
    };
    let both = |(number, prompt): (usize, &&'a str)| {
        Some((*prompt, [pick(number, prompt, &ends[0])?, pick(number, prompt, &ends[1])?]))
    };
    let pairs = prompts.iter().enumerate().filter_map(both).take(limit);
    pairs.flat_map(|(prompt, pair)| pair.map(|(persona, example)| (prompt, persona, example))).collect()
}
