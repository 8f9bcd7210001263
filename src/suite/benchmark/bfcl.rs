//! BFCL, the Berkeley Function Calling Leaderboard's questions of one turn.
//!
//! A row has `id`, `question` (one conversation of `role` and `content`) and `function`; what is right stands in another file, as
//! `id` and `ground_truth`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::rows::{Row, read_rows};
use crate::error::Result;
use crate::example::Turn;
use crate::suite::call::CallRule;
use crate::suite::score::Score;

/// What is asked, with `{functions}`, one description a line, and `{question}` in place of the row's.
pub(super) const PROMPT: &str = "You can call these functions:\n{functions}\n\n{question}\n\nReply with the calls alone, as \
                                 [name(argument=value)]. Where no function fits, say so and call none.";

/// A question of one turn.
pub(super) struct Question {
    /// What was said before.
    pub turns: Vec<Turn>,
    /// The last thing that is asked; what the system says stands before the first thing.
    pub text: String,
    /// Descriptions of the functions, one a line.
    pub functions: String,
    /// What must be called.
    pub score: Score,
}

/// What is right, by the question's id.
pub(super) fn read_answers(path: &Path) -> Result<BTreeMap<String, Value>> {
    read_rows(path)?
        .iter()
        .map(|row| Ok((row.text("id")?.to_owned(), row.get("ground_truth")?.clone())))
        .collect()
}

/// The question with its answer; without answers no call is right, as in the sets of irrelevant functions.
pub(super) fn item(row: &Row, answers: Option<&BTreeMap<String, Value>>) -> Result<Question> {
    let none = Value::Array(Vec::new());
    let id = row.text("id")?;
    let accepted = match answers {
        None => &none,
        Some(answers) => answers
            .get(id)
            .ok_or_else(|| row.error(format!("no answer has the id `{id}`")).known(id, answers.keys()))?,
    };
    let functions = row.get("function")?;
    let rule = CallRule::from_json(functions, accepted).map_err(|e| row.place(e))?;
    let lines = functions.as_array().into_iter().flatten().map(Value::to_string).collect::<Vec<_>>();
    let (turns, text) = conversation(row)?;
    Ok(Question { turns, text, functions: lines.join("\n"), score: Score::Calls(rule) })
}

/// The conversation, neighbours of one role as one, with what the system says before the user's first words.
fn conversation(row: &Row) -> Result<(Vec<Turn>, String)> {
    let form = || {
        row.error("`question` is no conversation")
            .expected("[[{role: .., content: ..}]], the user's words last")
    };
    let [conversation] = row.get("question")?.as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(row
            .error("`question` has more than one turn")
            .expected("a set of questions of one turn"));
    };
    let mut said: Vec<(bool, String)> = Vec::new();
    for message in conversation.as_array().ok_or_else(form)? {
        let part = |key: &str| message.get(key).and_then(Value::as_str).ok_or_else(form);
        let answer = match part("role")? {
            "user" | "system" => false,
            "assistant" => true,
            _ => return Err(form()),
        };
        match said.last_mut() {
            Some((last, text)) if *last == answer => *text = format!("{text}\n\n{}", part("content")?),
            _ => said.push((answer, part("content")?.to_owned())),
        }
    }
    let Some((false, last)) = said.pop() else { return Err(form()) };
    let pairs = said.chunks(2).map(|pair| match pair {
        [(false, user), (true, assistant)] => Ok(Turn { user: user.clone(), assistant: assistant.clone() }),
        _ => Err(form()),
    });
    Ok((pairs.collect::<Result<_>>()?, last))
}
