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

impl Spoken {
    /// Without what is blank around its texts.
    pub(super) fn stripped(mut self) -> Self {
        let turns = self.turns.iter_mut().flat_map(|turn| [&mut turn.user, &mut turn.assistant]);
        for text in [&mut self.instruction, &mut self.input, &mut self.output].into_iter().chain(turns) {
            *text = text.trim().to_owned();
        }
        self
    }
}

/// What two sides say in turn, the user first. A blank part at an end says nothing; between others, it is not known who says
/// what comes next.
pub(super) fn in_turn(texts: Vec<String>) -> Why<Vec<Said>> {
    let said = |i: usize| !texts[i].trim().is_empty();
    let (first, last) = ((0..texts.len()).find(|i| said(*i)), (0..texts.len()).rfind(|i| said(*i)));
    if let Some(blank) = first.zip(last).and_then(|(first, last)| (first..last).find(|i| !said(*i))) {
        return Err(format!("a part between others is blank: part {}", blank + 1));
    }
    let who = |i: usize| if i.is_multiple_of(2) { Speaker::User } else { Speaker::Assistant };
    Ok(texts.into_iter().enumerate().map(|(i, text)| Said { who: who(i), text }).collect())
}

/// What two people say, each with a name; whoever speaks first is the user.
pub(super) fn two_people(said: impl IntoIterator<Item = (String, String)>) -> Why<Vec<Said>> {
    let mut names: Vec<String> = Vec::with_capacity(2);
    let mut all = Vec::new();
    for (name, text) in said {
        let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        let who = match place {
            0 => Speaker::User,
            1 => Speaker::Assistant,
            _ => return Err(format!("more than two people speak: `{}`", names[place])),
        };
        all.push(Said { who, text });
    }
    Ok(all)
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
