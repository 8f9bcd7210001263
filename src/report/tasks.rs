//! Tasks by outcome, and every item.

use super::number::{estimate, figure, interval};
use super::scale::{Scale, Span};
use crate::record::{Record, TaskItem, TaskNotRun};
use crate::stats::Estimate;
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    /// None where no item could be run.
    score: Option<String>,
    own: Option<String>,
    outcomes: Vec<Outcome<'a>>,
    not_run: &'a [TaskNotRun],
}

/// One outcome with its items.
#[derive(Serialize)]
struct Outcome<'a> {
    name: &'a str,
    score: String,
    interval: String,
    span: Option<Span>,
    items: Vec<Item<'a>>,
}

/// One item.
#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    persona: &'a str,
    kind: &'a str,
    score: String,
    /// `full`, `part` or `none`.
    class: &'static str,
    prompt: &'a str,
    answer: &'a str,
    expected: &'a str,
    why: &'a str,
}

/// The section; none without tasks.
pub(super) fn section(record: &Record) -> Option<Section<'_>> {
    let tasks = record.tasks.as_ref()?;
    let mut outcomes: Vec<Outcome<'_>> = Vec::new();
    let open = |name, score: Option<&Estimate>| Outcome {
        name,
        score: score.map_or("–".to_owned(), |e| figure(e.point)),
        interval: score.map_or(String::new(), interval),
        span: score.map(|e| Scale { low: 0.0, high: 1.0 }.span(e)),
        items: Vec::new(),
    };
    for outcome in &tasks.outcomes {
        outcomes.push(open(outcome.outcome.as_str(), Some(&outcome.score)));
    }
    for item in &tasks.items {
        let place = outcomes.iter().position(|o| o.name == item.outcome).unwrap_or_else(|| {
            let score = tasks.own.as_ref().filter(|_| item.outcome == "own");
            outcomes.push(open(&item.outcome, score));
            outcomes.len() - 1
        });
        outcomes[place].items.push(scored(item));
    }
    let (score, own) = (tasks.score.as_ref().map(estimate), tasks.own.as_ref().map(estimate));
    Some(Section { score, own, outcomes, not_run: &tasks.not_run })
}

fn scored(item: &TaskItem) -> Item<'_> {
    Item {
        id: &item.id,
        persona: &item.persona,
        kind: &item.kind,
        score: format!("{:.2}", item.score),
        class: match item.score {
            s if s >= 1.0 => "full",
            s if s > 0.0 => "part",
            _ => "none",
        },
        prompt: &item.prompt,
        answer: &item.answer,
        expected: &item.expected,
        why: &item.why,
    }
}
