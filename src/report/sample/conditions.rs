//! Made-up figures of conditions and controls.

use super::guess;
use crate::record::{ConditionFigures, ConditionRow, ControlRow, PersonaRow};

pub(super) fn conditions(rows: &[PersonaRow]) -> ConditionFigures {
    let personas: Vec<String> = rows.iter().step_by(7).map(|r| r.id.clone()).collect();
    let texts: [(&str, &str, &[&str], bool); 5] = [
        ("email", "Write it as an e-mail.", &[], true),
        ("turn-3", "", &["Good morning! How are you?", "What have you been busy with?"], true),
        ("brief", "Answer in one short sentence.", &[], true),
        ("detailed", "Answer in detail.", &[], true),
        ("untagged", "", &[], false),
    ];
    let prompts = |i: usize| if i < 2 { 8 } else { 16 };
    let row = |(i, (id, ask, turns, tag)): (usize, &(&str, &str, &[&str], bool))| ConditionRow {
        follow_up: false,
        max_new_tokens: None,
        alike: Vec::new(),
        id: (*id).to_owned(),
        ask: (*ask).to_owned(),
        turns: turns.iter().map(|t| (*t).to_owned()).collect(),
        tag: *tag,
        free: i < 2,
        named: guess(0.52 - 0.08 * i as f64, 0.08, prompts(i), "share"),
        // Less plainly: 0.57 on the prompts of the first two, up to 0.63 on those of the others.
        change: guess(-0.05 - 0.08 * i as f64 - 0.02 * i.saturating_sub(1) as f64, 0.07, prompts(i), "share"),
        traits: Some(guess(0.5 - 0.03 * i as f64, 0.05, prompts(i), "share")),
        traits_change: Some(guess(-0.03 * i as f64, 0.05, prompts(i), "share")),
        words: 31.0 + 4.0 * i as f64,
        by_persona: (0..personas.len()).map(|p| -0.1 * ((p + i) % 4) as f64).collect(),
    };
    let control = |lever: &str, less: &str, more: &str, effect, means: (f64, f64)| ControlRow {
        lever: lever.to_owned(),
        less: less.to_owned(),
        more: more.to_owned(),
        effect,
        d: Some(0.8),
        moved: guess(0.7, 0.1, 16, "share"),
        mean_less: means.0,
        mean_more: means.1,
    };
    ConditionFigures {
        prompts: (1..=8).map(|i| format!("s{i:02}")).collect(),
        chance: 1.0 / personas.len() as f64,
        plain: guess(0.57, 0.07, 8, "share"),
        conditions: texts.iter().enumerate().map(row).collect(),
        kept: Some(guess(-0.09, 0.05, 8, "share")),
        controls: vec![
            control("length", "brief", "detailed", guess(0.45, 0.15, 16, "ln words"), (21.0, 35.5)),
            control("tone", "casual", "formal", guess(0.06, 0.03, 16, "formality"), (0.38, 0.44)),
            control("traits", "untagged", "plain", guess(0.21, 0.06, 16, "share"), (0.36, 0.57)),
        ],
        personas,
    }
}
