//! Made-up figures of tasks and choices.

use super::{guess, response};
use crate::record::{
    ChoiceFigures, NormalisedChoices, PersonaRow, PreferenceFigures, TaskFigures, TaskItem, TaskNotRun,
    TaskOutcome,
};
use crate::seed::Seed;
use crate::stats::CalibrationError;
use crate::suite::Normalisation;

pub(super) fn tasks(rows: &[PersonaRow]) -> TaskFigures {
    let outcomes =
        ["switching", "tone", "length", "empathy", "technical", "creative", "reasoning", "tools", "memory"];
    let kinds = ["exact", "regex", "numeric", "choice"];
    let item = |(i, row): (usize, &PersonaRow)| TaskItem {
        id: format!("t{:02}", i + 1),
        persona: row.id.clone(),
        outcome: if i % 3 == 0 { "own" } else { outcomes[i % outcomes.len()] }.to_owned(),
        kind: kinds[i % kinds.len()].to_owned(),
        score: [1.0, 0.0, 0.5, 1.0][i % 4],
        prompt: "A train leaves at 9:10 and arrives at 11:45. How long does it take?".to_owned(),
        answer: response(row, i, "trained").text,
        expected: "155 minutes, or 2 h 35 min".to_owned(),
        why: ["", "the answer gives 145", "not brief", ""][i % 4].to_owned(),
        asked: String::new(),
    };
    let score = |(i, outcome): (usize, &&str)| TaskOutcome {
        outcome: (*outcome).to_owned(),
        score: guess(0.4 + 0.06 * i as f64, 0.09, 6, "share"),
    };
    TaskFigures {
        score: Some(guess(0.62, 0.05, 154, "share")),
        own: Some(guess(0.58, 0.07, 57, "share")),
        outcomes: outcomes.iter().enumerate().map(score).collect(),
        items: rows.iter().enumerate().map(item).collect(),
        not_run: vec![TaskNotRun {
            id: "technical-py-1".to_owned(),
            persona: "code_expert".to_owned(),
            outcome: "technical".to_owned(),
            prompt: "Write a Python function `double(n)` that returns twice n.".to_owned(),
            answer: "def double(n):\n    return 2 * n".to_owned(),
            why: "`python3` cannot be started".to_owned(),
        }],
        choices: Some(choices()),
    }
}

fn choices() -> ChoiceFigures {
    let one = |(i, by): (usize, Normalisation)| {
        let confidences: Vec<f64> = (0..37).map(|k| 0.35 + 0.017 * f64::from(k)).collect();
        let right: Vec<bool> = (0..37).map(|k| (k * 7 + i) % 5 > 1).collect();
        NormalisedChoices {
            normalisation: by.id().to_owned(),
            used: if by == Normalisation::Tokens { 37 } else { 0 },
            right: guess(0.6, 0.16, 37, "share"),
            chance: 0.48,
            calibration: CalibrationError::of(&confidences, &right, Seed(0)).expect("forecasts"),
        }
    };
    ChoiceFigures {
        normalisations: Normalisation::ALL.into_iter().enumerate().map(one).collect(),
        preferences: Some(PreferenceFigures {
            share: guess(0.75, 0.2, 12, "share"),
            shift: guess(3.1, 1.4, 12, "nats"),
        }),
    }
}
