//! Real text under the personas' voices: the likelihood matrix.

use super::likeness::Likeness;
use super::listeners::{Listeners, nearest_heard};
use super::options::EvaluateOptions;
use crate::blend::Blend;
use crate::error::Result;
use crate::example::Example;
use crate::generate::{Engine, Prompted, Scored};
use crate::metrics::{HeardText, Likelihoods, rank_agreement};
use crate::model::Message;
use crate::persona::{Persona, Registry};
use crate::progress::Progress;
use crate::record::{LikelihoodDesign, LikelihoodFigures, TextScore};
use crate::stats::Estimate;
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};

/// Personas that hear a text besides its own, unless all are asked for: 57 × 6 texts take about a minute on two
/// cores, and every persona's nearest neighbour is among them.
const OTHERS: usize = 3;
/// Fewest prompts that make an interval.
const FEWEST_PROMPTS: usize = 2;

/// What the likelihoods show.
pub(super) struct Heard {
    pub figures: LikelihoodFigures,
    pub texts: Vec<TextScore>,
    /// What gates may judge, by the metric's dotted name.
    pub estimates: BTreeMap<String, Estimate>,
    /// What was done, for the table of stages, without the rate.
    pub note: String,
    /// Tokens scored.
    pub tokens: usize,
}

/// A real text and who hears it, its own persona first.
struct Planned<'a> {
    example: &'a Example,
    prompt_id: &'a str,
    persona: usize,
    prompt: usize,
    heard_by: Vec<usize>,
    tokens: Vec<u32>,
}

/// Scores held-out text under its own persona and others; `likeness` is the embedder's view of the same text.
///
/// # Errors
/// When a text does not fit into the model's context, there are fewer than two personas or prompts, or the engine
/// fails.
pub(super) fn measure(
    suite: &Suite,
    registry: &Registry,
    engine: &Engine,
    heldout: &[Example],
    likeness: Option<&Likeness>,
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Heard> {
    let personas: Vec<&Persona> =
        suite.personas.iter().map(|id| registry.persona(id)).collect::<Result<_>>()?;
    let nearest: Vec<Option<usize>> =
        personas.iter().map(|p| suite.personas.iter().position(|id| *id == p.nearest.persona)).collect();
    let others = if options.full_likelihood { personas.len() } else { OTHERS };
    let planned = plan(suite, engine, heldout, &nearest, others, options)?;
    progress.start("likelihoods", Some(planned.iter().map(|p| p.heard_by.len() as u64).sum()));
    let heard = hear(engine, &personas, &planned, options, progress)?;
    progress.finish();

    let groups: Vec<String> = personas.iter().map(|p| p.group().to_owned()).collect();
    let found = Likelihoods::new(&suite.personas, &groups, &heard, &options.resampling())?;
    let pairs: BTreeSet<(usize, usize)> =
        planned.iter().flat_map(|p| p.heard_by.iter().map(|j| (p.persona, *j))).collect();
    let (nearest_scored, nearest_total) = nearest_heard(&nearest, &pairs);
    let others = others.min(personas.len() - 1);
    let design = LikelihoodDesign {
        texts: planned.len(),
        others,
        full: others + 1 == personas.len(),
        cells: pairs.len(),
        cells_total: personas.len().pow(2),
        nearest_scored,
        nearest_total,
    };
    let agreement = match likeness {
        Some(likeness) => rank_agreement(&heard, &likeness.in_order_of(&suite.personas))?,
        None => None,
    };
    let estimates = BTreeMap::from([
        ("likelihood.own".to_owned(), found.own.clone()),
        ("likelihood.margin".to_owned(), found.margin.clone()),
    ]);
    let score = |(p, h): (&Planned<'_>, &HeardText)| TextScore {
        persona: p.example.persona.clone(),
        prompt_id: p.prompt_id.to_owned(),
        tokens: p.tokens.len(),
        own: h.own,
        margin: h.margin(),
    };
    Ok(Heard {
        texts: planned.iter().zip(&heard).map(score).collect(),
        estimates,
        note: format!("{} texts under {} of {} personas each", planned.len(), others + 1, personas.len()),
        tokens: planned.iter().map(|p| p.tokens.len() * p.heard_by.len()).sum(),
        figures: LikelihoodFigures::new(found, design, agreement),
    })
}

/// The texts that are scored: those with a prompt's id, under `--limit` on each persona's first prompts alone.
fn plan<'a>(
    suite: &Suite,
    engine: &Engine,
    heldout: &'a [Example],
    nearest: &[Option<usize>],
    others: usize,
    options: &EvaluateOptions,
) -> Result<Vec<Planned<'a>>> {
    let limit = options.limit.map_or(usize::MAX, |n| n.max(FEWEST_PROMPTS));
    let mut prompts: Vec<&str> = Vec::new();
    let mut of_persona: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut planned = Vec::new();
    for example in heldout {
        let Some(prompt_id) = example.prompt_id.as_deref() else { continue };
        let Some(persona) = suite.personas.iter().position(|id| *id == example.persona) else { continue };
        let own = of_persona.entry(&example.persona).or_default();
        if !own.contains(&prompt_id) {
            if own.len() >= limit {
                continue;
            }
            own.push(prompt_id);
        }
        let place = prompts.iter().position(|p| *p == prompt_id);
        let prompt = place.unwrap_or_else(|| {
            prompts.push(prompt_id);
            prompts.len() - 1
        });
        let tokens = engine.base().tokenizer.encode(&example.output)?;
        planned.push(Planned { example, prompt_id, persona, prompt, heard_by: vec![persona], tokens });
    }
    let listeners = Listeners::new(nearest, prompts.len(), others);
    for text in &mut planned {
        text.heard_by.extend(listeners.of(text.persona, text.prompt));
    }
    Ok(planned)
}

/// Every text's scores; what one persona hears after one prompt shares that prompt.
fn hear(
    engine: &Engine,
    personas: &[&Persona],
    planned: &[Planned<'_>],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Vec<HeardText>> {
    let mut asked: BTreeMap<(usize, Vec<u32>), Vec<usize>> = BTreeMap::new();
    for (number, text) in planned.iter().enumerate() {
        for listener in &text.heard_by {
            let e = text.example;
            let said = Message::conversation(&personas[*listener].tag(), &e.turns, &e.user_text());
            let prompt = engine.base().tokenizer.encode(&engine.render(&said)?)?;
            let item = Scored { prompt, continuation: text.tokens.clone(), blend: Blend::base() };
            engine
                .can_score(&item)
                .map_err(|e| e.key(format!("{}, {}", text.example.persona, text.prompt_id)))?;
            asked.entry((*listener, item.prompt)).or_default().push(number);
        }
    }
    let items: Vec<Prompted> = asked
        .iter()
        .map(|((listener, prompt), texts)| Prompted {
            prompt: prompt.clone(),
            blend: options.blend.clone().unwrap_or_else(|| personas[*listener].blend.clone()),
            texts: texts.iter().map(|number| planned[*number].tokens.clone()).collect(),
        })
        .collect();
    let scores = engine.log_likelihoods_after(&items, |n| progress.advance(n as u64))?;
    let heard = |text: &Planned<'_>| HeardText {
        persona: text.persona,
        prompt: text.prompt,
        own: 0.0,
        others: Vec::new(),
    };
    let mut heard: Vec<HeardText> = planned.iter().map(heard).collect();
    for (((listener, _), texts), scores) in asked.iter().zip(scores) {
        for (number, tokens) in texts.iter().zip(scores) {
            let mean = tokens.iter().map(|v| f64::from(*v)).sum::<f64>() / tokens.len() as f64;
            let text = &mut heard[*number];
            if *listener == text.persona {
                text.own = mean;
            } else {
                text.others.push((*listener, mean));
            }
        }
    }
    Ok(heard)
}
