//! A made-up judge's opinion.

use super::{guess, response};
use crate::record::{
    JudgeComparison, JudgeCriterion, JudgeExample, JudgeFigures, JudgeVerdict, JudgedCriterion,
    JudgedPersona, PersonaRow,
};

const CRITERIA: [(&str, &str, f64); 3] = [
    ("voice", "Which reply sounds more like the described persona?", 2.0),
    ("helpfulness", "Which reply does more for the one who wrote the prompt?", 1.0),
    ("coherence", "Which reply makes more sense as it stands?", 1.0),
];

pub(super) fn judge(rows: &[PersonaRow]) -> JudgeFigures {
    let criterion = |(name, ask, weight): (&str, &str, f64)| JudgeCriterion {
        name: name.to_owned(),
        ask: ask.to_owned(),
        weight,
    };
    JudgeFigures {
        model: "a-judge-of-70b".to_owned(),
        rubric: "4c".repeat(32),
        criteria: CRITERIA.map(criterion).to_vec(),
        sent: 640,
        known: 156,
        not_measured: None,
        comparisons: vec![
            comparison(rows, None, 0.71),
            comparison(rows, Some("2026-01-01T030405Z-all"), 0.48),
        ],
    }
}

fn comparison(rows: &[PersonaRow], baseline: Option<&str>, won: f64) -> JudgeComparison {
    let criterion = |(i, (name, _, _)): (usize, (&str, &str, f64))| JudgedCriterion {
        name: name.to_owned(),
        win_rate: guess(won - 0.07 * i as f64, 0.06, 16, "share"),
        consistency: Some(guess(0.82 - 0.05 * i as f64, 0.05, 16, "share")),
        won_tied_lost: [110 - 20 * i, 60 + 10 * i, 29 + 10 * i],
    };
    let persona = |(i, row): (usize, &PersonaRow)| JudgedPersona {
        persona: row.id.clone(),
        pairs: 3 + i % 2,
        win_rate: guess(0.3 + 0.01 * (i % 60) as f64, 0.2, 3, "share"),
    };
    let example = |row: &PersonaRow, orders: [&str; 2]| JudgeExample {
        persona: row.id.clone(),
        prompt_id: "s03".to_owned(),
        prompt: "How does rain form?".to_owned(),
        own: response(row, 2, "trained").text,
        other: response(row, 2, "floor").text,
        verdicts: CRITERIA
            .iter()
            .map(|(name, _, _)| JudgeVerdict {
                criterion: (*name).to_owned(),
                orders: orders.map(str::to_owned),
            })
            .collect(),
        reasons: ["It keeps the voice throughout.", "It is the fuller of the two."].map(str::to_owned),
    };
    JudgeComparison {
        baseline: baseline.map(str::to_owned),
        pairs: 199,
        same: 2,
        unread: 1,
        unread_replies: 1,
        unread_examples: vec!["Both replies are fine, but I would say".to_owned()],
        win_rate: guess(won, 0.05, 16, "share"),
        consistency: Some(guess(0.79, 0.04, 16, "share")),
        position: Some(guess(0.56, 0.03, 16, "share")),
        criteria: CRITERIA.into_iter().enumerate().map(criterion).collect(),
        personas: rows.iter().enumerate().map(persona).collect(),
        agreed: rows.iter().take(2).map(|row| example(row, ["own", "own"])).collect(),
        swapped: rows.iter().skip(2).take(1).map(|row| example(row, ["own", "other"])).collect(),
    }
}
