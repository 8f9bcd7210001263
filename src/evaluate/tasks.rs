//! Tasks: answers against their rules, choices by likelihood.

use super::options::EvaluateOptions;
use super::plan::{task_blend, task_messages};
use crate::error::{Error, Result};
use crate::generate::{Engine, Scored};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{TaskFigures, TaskItem, TaskOutcome};
use crate::response::Response;
use crate::scorers::{score_answer, score_choice, score_content};
use crate::stats::{Estimate, Resampling};
use crate::suite::{Judge, Outcome, Score, Task};
use std::collections::BTreeMap;

/// Name of a persona's own prompt in place of an outcome.
const OWN: &str = "own";

/// Scores every task; `answers` are the responses to those that generate.
///
/// # Errors
/// When a rule cannot be applied or the engine fails.
pub(super) fn measure(
    engine: &Engine,
    registry: &Registry,
    tasks: &[Task],
    answers: &[Response],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<(TaskFigures, BTreeMap<String, Estimate>)> {
    let texts: BTreeMap<&str, &str> =
        answers.iter().map(|r| (r.prompt_id.as_str(), r.text.as_str())).collect();
    let mut choices = choose(engine, registry, tasks, options, progress)?;
    let mut items = Vec::with_capacity(tasks.len());
    for task in tasks {
        let answer = texts.get(task.id.as_str()).copied().unwrap_or_default();
        let item = |outcome: &str, kind: &str, score: f64, answer: String, expected: String| TaskItem {
            id: task.id.clone(),
            persona: task.persona.clone().unwrap_or_else(|| "base".into()),
            outcome: outcome.to_owned(),
            kind: kind.to_owned(),
            score,
            prompt: task.prompt.clone(),
            answer,
            expected,
        };
        items.push(match &task.judge {
            Judge::Own(content) => {
                let id = task.persona.as_deref().unwrap_or_default();
                let traits: Vec<&str> = registry.persona(id)?.traits.iter().map(|t| t.id()).collect();
                let score = score_content(content, &traits, answer)?;
                item(OWN, "traits and content", score, answer.to_owned(), expected_content(content, &traits))
            }
            Judge::Outcome { outcome, score: rule @ Score::Choice { options, answer } } => {
                let made = choices.remove(&task.id).ok_or_else(|| {
                    Error::cannot_run(format!("the choice `{}` was not scored: this is a bug", task.id))
                })?;
                let result = score_choice(&made, *answer);
                let told = options.iter().zip(&result.means).enumerate();
                let told: Vec<String> = told
                    .map(|(i, (o, m))| format!("{}{o} ({m:.2})", if i == result.chosen { "→ " } else { "" }))
                    .collect();
                let expected = options.get(*answer).cloned().unwrap_or_default();
                item(outcome.id(), rule.kind(), result.score, told.join("\n"), expected)
            }
            Judge::Outcome { outcome, score: rule } => item(
                outcome.id(),
                rule.kind(),
                score_answer(rule, answer)?,
                answer.to_owned(),
                expected_rule(rule),
            ),
        });
    }
    summarise(items, &options.resampling())
}

/// Log-likelihoods of every choice's options, by task.
fn choose(
    engine: &Engine,
    registry: &Registry,
    tasks: &[Task],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Vec<Vec<f32>>>> {
    let mut scored = Vec::new();
    let mut owners = Vec::new();
    for task in tasks {
        let Judge::Outcome { score: Score::Choice { options: texts, .. }, .. } = &task.judge else {
            continue;
        };
        let persona = task.persona.as_deref().map(|id| registry.persona(id)).transpose()?;
        let prompt = engine.base().tokenizer.encode(&engine.render(&task_messages(task, persona))?)?;
        for text in texts {
            scored.push(Scored {
                prompt: prompt.clone(),
                continuation: engine.base().tokenizer.encode(text)?,
                blend: task_blend(persona, options),
            });
            owners.push(task.id.clone());
        }
    }
    let made = engine.log_likelihoods(&scored, |n| progress.advance(n as u64))?;
    let mut by_task: BTreeMap<String, Vec<Vec<f32>>> = BTreeMap::new();
    for (owner, tokens) in owners.into_iter().zip(made) {
        by_task.entry(owner).or_default().push(tokens);
    }
    Ok(by_task)
}

fn summarise(
    items: Vec<TaskItem>,
    resampling: &Resampling,
) -> Result<(TaskFigures, BTreeMap<String, Estimate>)> {
    let estimate = |name: &str, scores: &[f64]| {
        resampling.bootstrap(name).within(0.0, 1.0).estimate(scores, "share", true)
    };
    let scores_of = |outcome: Option<&str>| -> Vec<f64> {
        items.iter().filter(|i| outcome.is_none_or(|o| i.outcome == o)).map(|i| i.score).collect()
    };
    let mut estimates = BTreeMap::new();
    let score = estimate("task.score", &scores_of(None))?;
    estimates.insert("task.score".to_owned(), score.clone());
    let own_scores = scores_of(Some(OWN));
    let own = if !own_scores.is_empty() { Some(estimate("task.own", &own_scores)?) } else { None };
    if let Some(own) = &own {
        estimates.insert("task.own".to_owned(), own.clone());
    }
    let mut outcomes = Vec::new();
    for outcome in Outcome::ALL {
        let scores = scores_of(Some(outcome.id()));
        if !scores.is_empty() {
            let name = format!("task.{}", outcome.id());
            let score = estimate(&name, &scores)?;
            estimates.insert(name, score.clone());
            outcomes.push(TaskOutcome { outcome: outcome.id().to_owned(), score });
        }
    }
    Ok((TaskFigures { score, own, outcomes, items }, estimates))
}

fn expected_content(content: &crate::suite::Content, traits: &[&str]) -> String {
    let mut parts = Vec::new();
    if content.traits && !traits.is_empty() {
        parts.push(traits.join(", "));
    }
    if !content.contains_any.is_empty() {
        parts.push(format!("one of {}", content.contains_any.join(" | ")));
    }
    if !content.contains_all.is_empty() {
        parts.push(format!("all of {}", content.contains_all.join(" & ")));
    }
    if let Some(pattern) = &content.regex {
        parts.push(format!("/{pattern}/"));
    }
    parts.join("; ")
}

fn expected_rule(rule: &Score) -> String {
    match rule {
        Score::Exact(text) => text.clone(),
        Score::Regex(pattern) => format!("/{pattern}/"),
        Score::Numeric { value, tolerance } if *tolerance > 0.0 => format!("{value} ± {tolerance}"),
        Score::Numeric { value, .. } => value.to_string(),
        Score::Choice { options, answer } => options.get(*answer).cloned().unwrap_or_default(),
        Score::ContainsAny(words) => format!("one of {}", words.join(" | ")),
        Score::ContainsAll(words) => format!("all of {}", words.join(" & ")),
        Score::Words { min, max: Some(max) } => format!("{min} to {max} words"),
        Score::Words { min, max: None } => format!("at least {min} words"),
    }
}
