//! The passages of a suite.

use super::passage::Passage;
use crate::error::Result;
use crate::example::ExampleReader;
use crate::suite::{Judge, Score, Suite};

/// All that a suite asks, and what it holds answers against: prompts, their follow-ups, tasks with what was said before, right
/// answers, given replies, tests of code, and the real answers to held-out prompts.
///
/// # Errors
/// A file of held-out text cannot be read.
pub fn passages(suite: &Suite) -> Result<Vec<Passage>> {
    let mut all = Vec::new();
    let mut add = |place: &str, text: &str| {
        if !text.trim().is_empty() {
            let (suite, place, text) = (suite.name.clone(), place.to_owned(), text.to_owned());
            all.push(Passage { suite, place, text });
        }
    };
    for prompt in &suite.prompts {
        add(&prompt.id, &prompt.text);
        telling(prompt.follow_up.iter()).for_each(|text| add(&prompt.id, text));
    }
    for task in &suite.tasks {
        // "What is my name?" asks nothing without what was said before.
        let short = task.prompt.split_whitespace().count() < super::leaks::RUN;
        if task.turns.is_empty() || !short {
            add(&task.id, &task.prompt);
        }
        telling(task.turns.iter().flat_map(|t| [&t.user, &t.assistant])).for_each(|text| add(&task.id, text));
        if let Judge::Outcome { score, .. } = &task.judge {
            telling(references(score).into_iter()).for_each(|text| add(&task.id, text));
        }
    }
    for path in &suite.heldout {
        for item in ExampleReader::open(path)? {
            let (line, example) = item?;
            let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
            let place = format!("held-out {name}:{line}");
            add(&place, &example.user_text());
            telling([&example.output].into_iter()).for_each(|text| add(&place, text));
        }
    }
    Ok(all)
}

/// Texts that are long enough to be nobody else's: "Thanks." is said in any talk, and "Paris" is no leak.
fn telling<'a>(texts: impl Iterator<Item = &'a String>) -> impl Iterator<Item = &'a str> {
    texts.map(String::as_str).filter(|text| text.split_whitespace().count() >= super::leaks::RUN)
}

/// The texts of a rule that an answer is held against.
fn references(score: &Score) -> Vec<&String> {
    match score {
        Score::Exact(text) => vec![text],
        Score::Choice(choice) => choice.options.iter().collect(),
        Score::Prefers(pair) => vec![&pair.text, &pair.over],
        Score::Python(rule) => vec![&rule.tests, &rule.before],
        Score::Regex(_)
        | Score::Numeric { .. }
        | Score::ContainsAny(_)
        | Score::ContainsAll(_)
        | Score::Words { .. }
        | Score::Schema(_)
        | Score::Calls(_) => Vec::new(),
    }
}
