//! Tasks: answers against their rules, choices by likelihood.

use super::answers::Answers;
use super::choices::{self, told_choice, told_preference};
use crate::error::{Error, Result};
use crate::persona::Registry;
use crate::record::{TaskFigures, TaskItem, TaskNotRun, TaskOutcome};
use crate::response::GivenReplies;
use crate::scorers::{Judged, Mark, score_answer, score_content};
use crate::seed::Seed;
use crate::stats::{Estimate, Resampling};
use crate::suite::{Judge, Outcome, Score, Task};
use std::collections::BTreeMap;

/// Name of a persona's own prompt in place of an outcome.
const OWN: &str = "own";

/// Scores every task of `answers` by its text, its likelihoods or what became of its code, by the task's id in `programs`.
///
/// # Errors
/// When a rule cannot be applied, or a task has neither text nor likelihoods.
pub(super) fn measure(
    registry: &Registry,
    answers: &Answers,
    programs: &BTreeMap<String, Judged>,
    resampling: &Resampling,
) -> Result<(TaskFigures, BTreeMap<String, Estimate>)> {
    let texts: BTreeMap<&str, &str> =
        answers.task_answers.iter().map(|r| (r.prompt_id.as_str(), r.text.as_str())).collect();
    let missing = |id: &str| Error::cannot_run(format!("the task `{id}` was not answered: this is a bug"));
    let likelihoods = answers.likelihoods();
    let (mut items, mut not_run) = (Vec::with_capacity(answers.tasks.len()), Vec::new());
    for task in &answers.tasks {
        let text = || texts.get(task.id.as_str()).copied().ok_or_else(|| missing(&task.id));
        let asked = fingerprint(task, registry)?;
        let item = |outcome: &str, kind: &str, mark: Mark, answer: String, expected: String| TaskItem {
            id: task.id.clone(),
            persona: task.persona.clone().unwrap_or_else(|| "base".into()),
            outcome: outcome.to_owned(),
            kind: kind.to_owned(),
            score: mark.score,
            why: mark.why,
            prompt: task.prompt.clone(),
            answer,
            expected,
            asked: asked.clone(),
        };
        items.push(match &task.judge {
            Judge::Own(content) => {
                let id = task.persona.as_deref().unwrap_or_default();
                let traits: Vec<&str> = registry.persona(id)?.traits.iter().map(|t| t.id()).collect();
                let answer = text()?;
                let score = score_content(content, &traits, answer)?;
                item(OWN, "traits and content", score, answer.to_owned(), expected_content(content, &traits))
            }
            Judge::Outcome { outcome, score: rule } if rule.by_likelihood() => {
                let told = match (rule, likelihoods.get(task.id.as_str())) {
                    (Score::Choice(choice), Some(GivenReplies::Options(given))) => told_choice(choice, given),
                    (Score::Prefers(pair), Some(GivenReplies::Preference(given))) => {
                        Some(told_preference(pair, given))
                    }
                    _ => None,
                };
                let (score, told) = told.ok_or_else(|| missing(&task.id))?;
                let mark = Mark { score, why: String::new() };
                item(outcome.id(), rule.kind(), mark, told, expected_rule(rule))
            }
            Judge::Outcome { outcome, score: rule @ Score::Python(_) } => {
                let answer = text()?.to_owned();
                match programs.get(&task.id).cloned().ok_or_else(|| missing(&task.id))? {
                    Judged::Marked(mark) => {
                        item(outcome.id(), rule.kind(), mark, answer, expected_rule(rule))
                    }
                    Judged::NotRun(why) => {
                        let persona = task.persona.clone().unwrap_or_else(|| "base".into());
                        let (id, prompt, outcome) =
                            (task.id.clone(), task.prompt.clone(), outcome.id().to_owned());
                        not_run.push(TaskNotRun { id, persona, outcome, prompt, answer, why });
                        continue;
                    }
                }
            }
            Judge::Outcome { outcome, score: rule } => {
                let (answer, expected) = (text()?, expected_rule(rule));
                item(outcome.id(), rule.kind(), score_answer(rule, answer)?, answer.to_owned(), expected)
            }
        });
    }
    let (mut figures, estimates) = summarise(items, not_run, resampling)?;
    figures.choices = choices::figures(&answers.tasks, &likelihoods, resampling)?;
    Ok((figures, estimates))
}

/// Of everything that decides a task's score besides the answer.
fn fingerprint(task: &Task, registry: &Registry) -> Result<String> {
    let persona = task.persona.as_deref().map(|id| registry.persona(id)).transpose()?;
    let traits: Vec<&str> = persona.into_iter().flat_map(|p| &p.traits).map(|t| t.id()).collect();
    let own = matches!(&task.judge, Judge::Own(content) if content.traits);
    let text = serde_json::to_string(&(task, if own { traits } else { Vec::new() }))
        .map_err(|e| Error::cannot_run("a task cannot be written").because(e))?;
    Ok(format!("{:016x}", Seed(0).child(&text).0))
}

fn summarise(
    items: Vec<TaskItem>,
    not_run: Vec<TaskNotRun>,
    resampling: &Resampling,
) -> Result<(TaskFigures, BTreeMap<String, Estimate>)> {
    let estimate = |name: &str, scores: &[f64]| {
        resampling.bootstrap(name).within(0.0, 1.0).estimate(scores, "share", true)
    };
    let scores_of = |outcome: Option<&str>| -> Vec<f64> {
        items.iter().filter(|i| outcome.is_none_or(|o| i.outcome == o)).map(|i| i.score).collect()
    };
    let mut estimates = BTreeMap::new();
    let score = if items.is_empty() { None } else { Some(estimate("task.score", &scores_of(None))?) };
    if let Some(score) = &score {
        estimates.insert("task.score".to_owned(), score.clone());
    }
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
    Ok((TaskFigures { score, own, outcomes, items, not_run, choices: None }, estimates))
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
        Score::Numeric { value, tolerance, units } => {
            let within = if *tolerance > 0.0 { format!(" ± {tolerance}") } else { String::new() };
            let unit = units.iter().find(|(_, factor)| (*factor - 1.0).abs() < f64::EPSILON);
            format!("{value}{within} {}", unit.map_or("", |(name, _)| name)).trim_end().to_owned()
        }
        Score::Choice(choice) => choice.options.get(choice.answer).cloned().unwrap_or_default(),
        Score::Prefers(pair) => pair.text.clone(),
        Score::ContainsAny(words) => format!("one of {}", words.join(" | ")),
        Score::ContainsAll(words) => format!("all of {}", words.join(" & ")),
        Score::Schema(schema) => format!("JSON: {schema}"),
        Score::Calls(rule) if rule.accepted.is_empty() => "no call".to_owned(),
        Score::Calls(rule) => rule.accepted.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Score::Python(rule) => rule.tests.trim().to_owned(),
        Score::Words { min, max: Some(max) } => format!("{min} to {max} words"),
        Score::Words { min, max: None } => format!("at least {min} words"),
    }
}
