//! Likelihoods of given replies: asked of the engine, or found in the journal.

use super::choices::choice;
use super::options::EvaluateOptions;
use super::plan::{asked_alike, asked_line, task_blend, task_messages, task_place};
use super::respond::{Responded, Respondent};
use crate::blend::Blend;
use crate::error::Result;
use crate::generate::{Engine, Prompted};
use crate::model::Message;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::response::{GivenOption, GivenPair, GivenReplies, Response};
use crate::suite::{Judge, Score, Task};
use std::collections::BTreeMap;

/// A task whose replies are given, as the engine is asked it.
struct Asked<'a> {
    task: &'a Task,
    replies: Vec<&'a str>,
    blend: Blend,
    /// Its line in the journal, without likelihoods.
    line: Response,
}

impl<'a> Asked<'a> {
    /// None for a task that generates.
    fn new(
        task: &'a Task,
        engine: &Engine,
        registry: &Registry,
        options: &EvaluateOptions,
    ) -> Result<Option<Self>> {
        let replies: Vec<&str> = match &task.judge {
            Judge::Outcome { score: Score::Choice(choice), .. } => {
                choice.options.iter().map(String::as_str).collect()
            }
            Judge::Outcome { score: Score::Prefers(pair), .. } => vec![&pair.text, &pair.over],
            _ => return Ok(None),
        };
        let persona = task.persona.as_deref().map(|id| registry.persona(id)).transpose()?;
        let blend = task_blend(persona, options);
        let prompt = engine.render(&task_messages(task, persona))?;
        let line = asked_line(engine, task_place(task), &blend, prompt);
        Ok(Some(Self { task, replies, blend, line }))
    }

    fn is_choice(&self) -> bool {
        choice(self.task).is_some()
    }

    /// Whether a line of the journal holds the likelihoods of exactly these replies.
    fn made(&self, line: &Response) -> bool {
        let texts: Option<Vec<&str>> = match &line.likelihoods {
            Some(GivenReplies::Options(options)) if self.is_choice() => {
                options.iter().map(|o| o.text.as_deref()).collect()
            }
            Some(GivenReplies::Preference(GivenPair { texts: Some(texts), .. })) if !self.is_choice() => {
                Some(texts.iter().map(String::as_str).collect())
            }
            _ => None,
        };
        texts.is_some_and(|texts| texts == self.replies) && asked_alike(&self.line, line)
    }
}

/// Lines with the log-likelihoods of all given replies, in the order of the tasks; tasks that generate are passed over.
///
/// # Errors
/// When the journal belongs to other settings, or the engine, the disk or the user stops the work.
pub(super) fn given(
    engine: &Engine,
    registry: &Registry,
    tasks: &[Task],
    options: &EvaluateOptions,
    respondent: &mut Respondent<'_>,
    progress: &dyn Progress,
) -> Result<Responded> {
    let asked = tasks.iter().filter_map(|task| Asked::new(task, engine, registry, options).transpose());
    let asked = asked.collect::<Result<Vec<_>>>()?;
    let known = asked.iter().map(|a| respondent.remembered(&a.line.place(), |line| a.made(line)));
    let known = known.collect::<Result<Vec<_>>>()?;
    let missing = asked.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(a, _)| a);
    let made = scored(engine, &missing.collect::<Vec<_>>(), progress)?;
    respondent.take(&made)?;
    let reused = asked.len() - made.len();
    let mut made = made.into_iter();
    let responses = known.into_iter().filter_map(|line| line.or_else(|| made.next())).collect();
    Ok(Responded { responses, reused, tokens: 0 })
}

/// The lines of these tasks with what the engine gives their replies.
fn scored(engine: &Engine, asked: &[&Asked<'_>], progress: &dyn Progress) -> Result<Vec<Response>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let encode = |text: &str| engine.base().tokenizer.encode(text);
    let encoded = |texts: &[&str]| texts.iter().map(|t| encode(t)).collect::<Result<Vec<_>>>();
    let item = |prompt: &str, blend: &Blend, texts: &[&str]| -> Result<Prompted> {
        Ok(Prompted { prompt: encode(prompt)?, blend: blend.clone(), texts: encoded(texts)? })
    };
    let own = asked.iter().map(|a| item(&a.line.prompt, &a.blend, &a.replies));
    let mut items = own.collect::<Result<Vec<_>>>()?;
    // After them the preferences by the plain base model, in the same order.
    for a in asked.iter().filter(|a| !a.is_choice()) {
        items.push(item(&engine.render(&task_messages(a.task, None))?, &Blend::base(), &a.replies)?);
    }
    let mut distinct: Vec<&str> =
        asked.iter().filter(|a| a.is_choice()).flat_map(|a| a.replies.iter().copied()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    if !distinct.is_empty() {
        items.push(item(&engine.render(&[Message::user(String::new())])?, &Blend::base(), &distinct)?);
    }
    progress.start("scoring choices", Some(items.iter().map(|i| i.texts.len() as u64).sum()));
    let scores = engine.log_likelihoods_after(&items, |n| progress.advance(n as u64))?;
    progress.finish();

    let mut scores = scores.into_iter();
    let own: Vec<Vec<Vec<f32>>> = scores.by_ref().take(asked.len()).collect();
    let preferences = asked.iter().filter(|a| !a.is_choice()).count();
    let mut by_base = scores.by_ref().take(preferences).collect::<Vec<_>>().into_iter();
    let unasked: BTreeMap<&str, f64> = distinct
        .into_iter()
        .zip(scores.next().unwrap_or_default().iter().map(|tokens| total(tokens)))
        .collect();
    let pair = |texts: &[Vec<f32>]| [0, 1].map(|i| texts.get(i).map_or(f64::NAN, |tokens| total(tokens)));
    let lines = asked.iter().zip(own).map(|(a, own)| {
        let given = if a.is_choice() {
            let option = |(text, tokens): (&&str, &Vec<f32>)| GivenOption {
                text: Some((*text).to_owned()),
                log_likelihood: total(tokens),
                tokens: Some(tokens.len()),
                unconditional: unasked.get(text).copied(),
            };
            GivenReplies::Options(a.replies.iter().zip(&own).map(option).collect())
        } else {
            let texts = [0, 1].map(|i| a.replies.get(i).copied().unwrap_or_default().to_owned());
            let base = by_base.next().unwrap_or_default();
            GivenReplies::Preference(GivenPair { texts: Some(texts), persona: pair(&own), base: pair(&base) })
        };
        Response { likelihoods: Some(given), ..a.line.clone() }
    });
    Ok(lines.collect())
}

fn total(tokens: &[f32]) -> f64 {
    tokens.iter().map(|v| f64::from(*v)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_sum_is_read_from_its_line_as_it_was_written() {
        let mut rng = crate::seed::Seed(1).rng();
        for tokens in 1..2000 {
            let scores: Vec<f32> = (0..tokens % 40 + 1).map(|_| -9.0 * rng.random::<f32>()).collect();
            let sum = total(&scores);
            let text = serde_json::to_string(&sum).unwrap();
            assert_eq!(serde_json::from_str::<f64>(&text).unwrap(), sum, "{text}");
        }
    }
}
