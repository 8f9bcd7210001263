//! What was said in turn, as an instruction with its answer and the turns before.

use super::field::Why;
use crate::example::Turn;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Sets the scene: its text is material for the instruction.
    System,
    User,
    Assistant,
}

/// One utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub who: Speaker,
    pub text: String,
}

/// An example before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spoken {
    pub instruction: String,
    pub input: String,
    pub output: String,
    pub turns: Vec<Turn>,
    pub persona: Option<String>,
    pub trimmed: bool,
}

/// The last answer with the words that it answers, and the turns before.
///
/// What one side says in several pieces is joined by line feeds. What the assistant opens with, and a user's words that
/// nobody answers, are left out.
pub(super) fn spoken(said: Vec<Said>) -> Why<Spoken> {
    let (mut input, mut pieces): (Vec<String>, Vec<Said>) = (Vec::new(), Vec::new());
    for piece in said.into_iter().filter(|piece| !piece.text.trim().is_empty()) {
        match (piece.who, pieces.last_mut()) {
            (Speaker::System, _) => input.push(piece.text),
            (who, Some(last)) if last.who == who => {
                last.text.push('\n');
                last.text.push_str(&piece.text);
            }
            _ => pieces.push(piece),
        }
    }
    let opens = pieces.first().is_some_and(|first| first.who == Speaker::Assistant);
    let unanswered = pieces.last().is_some_and(|last| last.who == Speaker::User);
    if opens {
        pieces.remove(0);
    }
    if unanswered {
        pieces.pop();
    }
    let mut turns = Vec::with_capacity(pieces.len() / 2);
    let mut pieces = pieces.into_iter();
    while let (Some(user), Some(assistant)) = (pieces.next(), pieces.next()) {
        turns.push(Turn { user: user.text, assistant: assistant.text });
    }
    let last = turns.pop().ok_or("nobody answers a user's words")?;
    Ok(Spoken {
        instruction: last.user,
        input: input.join("\n"),
        output: last.assistant,
        turns,
        persona: None,
        trimmed: opens || unanswered,
    })
}
