//! Likelihoods of given replies, and what choices and preferences make of them.

use super::answers::{GivenReplies, Likelihoods};
use super::options::EvaluateOptions;
use super::plan::{task_blend, task_messages};
use crate::blend::Blend;
use crate::error::Result;
use crate::generate::{Engine, Prompted};
use crate::model::Message;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{ChoiceFigures, NormalisedChoices, PreferenceFigures};
use crate::scorers::{OptionLikelihood, log_odds_shift, score_choice};
use crate::stats::{CalibrationError, Resampling};
use crate::suite::{Choice, Judge, Normalisation, Preference, Score, Task};
use std::collections::BTreeMap;

/// The replies that a task's likelihoods are taken of; none for a task that generates.
fn replies(task: &Task) -> Option<Vec<&str>> {
    match &task.judge {
        Judge::Outcome { score: Score::Choice(choice), .. } => {
            Some(choice.options.iter().map(String::as_str).collect())
        }
        Judge::Outcome { score: Score::Prefers(pair), .. } => Some(vec![&pair.text, &pair.over]),
        _ => None,
    }
}

fn choice(task: &Task) -> Option<&Choice> {
    match &task.judge {
        Judge::Outcome { score: Score::Choice(choice), .. } => Some(choice),
        _ => None,
    }
}

/// Log-likelihoods of all given replies, by task; tasks that generate are passed over.
///
/// # Errors
/// When the engine fails or the user stops the work.
pub(super) fn likelihoods(
    engine: &Engine,
    registry: &Registry,
    tasks: &[Task],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Likelihoods> {
    let asked: Vec<(&Task, Vec<&str>)> = tasks.iter().filter_map(|t| Some((t, replies(t)?))).collect();
    if asked.is_empty() {
        return Ok(Likelihoods::new());
    }
    let encode = |text: &str| engine.base().tokenizer.encode(text);
    let encoded = |texts: &[&str]| texts.iter().map(|t| encode(t)).collect::<Result<Vec<_>>>();
    let mut items = Vec::new();
    for (task, texts) in &asked {
        let persona = task.persona.as_deref().map(|id| registry.persona(id)).transpose()?;
        items.push(Prompted {
            prompt: encode(&engine.render(&task_messages(task, persona))?)?,
            blend: task_blend(persona, options),
            texts: encoded(texts)?,
        });
    }
    let preferences: Vec<usize> = (0..asked.len()).filter(|i| choice(asked[*i].0).is_none()).collect();
    for i in &preferences {
        let (task, texts) = &asked[*i];
        items.push(Prompted {
            prompt: encode(&engine.render(&task_messages(task, None))?)?,
            blend: Blend::base(),
            texts: encoded(texts)?,
        });
    }
    let distinct: BTreeMap<&str, usize> = {
        let mut texts: Vec<&str> =
            asked.iter().filter(|(t, _)| choice(t).is_some()).flat_map(|(_, t)| t.clone()).collect();
        texts.sort_unstable();
        texts.dedup();
        texts.into_iter().enumerate().map(|(i, text)| (text, i)).collect()
    };
    if !distinct.is_empty() {
        items.push(Prompted {
            prompt: encode(&engine.render(&[Message::user(String::new())])?)?,
            blend: Blend::base(),
            texts: encoded(&distinct.keys().copied().collect::<Vec<_>>())?,
        });
    }
    progress.start("scoring choices", Some(items.iter().map(|i| i.texts.len() as u64).sum()));
    let made = engine.log_likelihoods_after(&items, |n| progress.advance(n as u64))?;
    progress.finish();

    let total = |tokens: &[f32]| tokens.iter().map(|v| f64::from(*v)).sum::<f64>();
    let unasked = |text: &str| match (made.last(), distinct.get(text)) {
        (Some(texts), Some(place)) => total(&texts[*place]),
        _ => f64::NAN,
    };
    let mut by_task = Likelihoods::new();
    for (i, (task, texts)) in asked.iter().enumerate() {
        let given = made[i].iter().zip(texts);
        let replies = if choice(task).is_some() {
            let option = |(tokens, text): (&Vec<f32>, &&str)| OptionLikelihood {
                sum: total(tokens),
                tokens: tokens.len(),
                characters: text.chars().count(),
                unasked: unasked(text),
            };
            GivenReplies::Options(given.map(option).collect())
        } else {
            let place = preferences.iter().position(|p| *p == i).unwrap_or_default();
            let pair = |texts: &[Vec<f32>]| [total(&texts[0]), total(&texts[1])];
            GivenReplies::Pair { persona: pair(&made[i]), base: pair(&made[asked.len() + place]) }
        };
        by_task.insert(task.id.clone(), replies);
    }
    Ok(by_task)
}

/// What all choices and preferences show together; none where there are neither.
///
/// # Errors
/// When an interval cannot be made.
pub(super) fn figures(
    tasks: &[Task],
    made: &Likelihoods,
    resampling: &Resampling,
) -> Result<Option<ChoiceFigures>> {
    let (mut choices, mut shifts) = (Vec::new(), Vec::new());
    for task in tasks {
        match (made.get(&task.id), choice(task)) {
            (Some(GivenReplies::Options(options)), Some(choice)) => choices.push((choice, options)),
            (Some(GivenReplies::Pair { persona, base }), _) => shifts.push(log_odds_shift(*persona, *base)),
            _ => {}
        }
    }
    if choices.is_empty() && shifts.is_empty() {
        return Ok(None);
    }
    let mut normalisations = Vec::new();
    for by in Normalisation::ALL.into_iter().filter(|_| !choices.is_empty()) {
        let results: Vec<_> =
            choices.iter().map(|(c, options)| score_choice(options, c.answer, by)).collect();
        let right: Vec<f64> = results.iter().map(|r| r.score).collect();
        let name = format!("choices {by}");
        normalisations.push(NormalisedChoices {
            normalisation: by.id().to_owned(),
            used: choices.iter().filter(|(c, _)| c.by == by).count(),
            right: resampling.bootstrap(&name).within(0.0, 1.0).estimate(&right, "share", true)?,
            chance: choices.iter().map(|(c, _)| 1.0 / c.options.len() as f64).sum::<f64>()
                / choices.len() as f64,
            calibration: CalibrationError::of(
                &results.iter().map(|r| r.confidence).collect::<Vec<_>>(),
                &right.iter().map(|r| *r > 0.5).collect::<Vec<_>>(),
                resampling.seed(&format!("calibration of {name}")),
            )?,
        });
    }
    let preferences = if shifts.len() > 1 {
        let shares: Vec<f64> = shifts.iter().map(|s| f64::from(u8::from(*s > 0.0))).collect();
        Some(PreferenceFigures {
            share: resampling.bootstrap("preferences").within(0.0, 1.0).estimate(&shares, "share", true)?,
            shift: resampling.bootstrap("preference shifts").estimate(&shifts, "nats", true)?,
        })
    } else {
        None
    };
    Ok(Some(ChoiceFigures { normalisations, preferences }))
}

/// A choice as a report tells it: every option with what was compared, the chosen one marked.
pub(super) fn told_choice(choice: &Choice, options: &[OptionLikelihood]) -> (f64, String) {
    let result = score_choice(options, choice.answer, choice.by);
    let lines = choice.options.iter().zip(&result.scores).enumerate().map(|(i, (option, score))| {
        format!("{}{option} ({score:.2})", if i == result.chosen { "→ " } else { "" })
    });
    (result.score, lines.collect::<Vec<_>>().join("\n"))
}

/// A preference as a report tells it: the reply that the persona shifts to, and by how much.
pub(super) fn told_preference(pair: &Preference, persona: [f64; 2], base: [f64; 2]) -> (f64, String) {
    let shift = log_odds_shift(persona, base);
    let chosen = if shift > 0.0 { &pair.text } else { &pair.over };
    (f64::from(u8::from(shift > 0.0)), format!("→ {chosen} ({shift:+.2} nats)"))
}
