//! What one example looks like by itself: its sketch, and whether it has leaks or personal data.

use arrow::array::{AsArray, RecordBatch, StringArray, StructArray};
use rayon::prelude::*;

use super::super::query::hash_texts;
use super::personal::personal;
use crate::overlap::{Leak, LeakRoom, Leaks, Room, Sketch, Sketcher};
use crate::persona::split_tag;

/// One example's look.
#[derive(Debug)]
pub(super) struct Look {
    /// Hash of all that it says, its control tag aside.
    pub content: u64,
    pub sketch: Sketch,
    /// Whether a passage of a suite is in it.
    pub leaks: bool,
    /// Whether personal data are in it.
    pub personal: bool,
}

/// Names of an example's texts; those of turns follow.
const NAMES: [&str; 4] = ["instruction", "input", "instruction and input", "output"];
/// Place of the answer among the names: what stands before is asked.
pub(super) const ANSWER: usize = 3;

/// The name of an example's text: `turns[1].user` of one said before.
pub(super) fn name(text: usize) -> String {
    match text.checked_sub(NAMES.len()) {
        None => NAMES[text].to_owned(),
        Some(turn) => format!("turns[{}].{}", turn / 2, if turn % 2 == 0 { "user" } else { "assistant" }),
    }
}

/// A batch of examples, as its texts.
pub(super) struct Texts<'a> {
    columns: [&'a StringArray; 3],
    offsets: &'a [i32],
    users: &'a StringArray,
    assistants: &'a StringArray,
}

impl<'a> Texts<'a> {
    /// The texts of a batch of the schema.
    pub(super) fn of(batch: &'a RecordBatch) -> Self {
        let turns = batch.column(5).as_list::<i32>();
        let said: &StructArray = turns.values().as_struct();
        Self {
            columns: [0, 1, 2].map(|i| batch.column(i).as_string::<i32>()),
            offsets: turns.value_offsets(),
            users: said.column(0).as_string::<i32>(),
            assistants: said.column(1).as_string::<i32>(),
        }
    }

    /// The texts of one example with the places of their names: the user's without its control tag, the input, the answer, what
    /// was said before.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let [asked, input, answer] = self.columns.map(|column| column.value(row));
        let asked = split_tag(asked).map_or(asked, |(_, text)| text);
        let (users, assistants) = (self.users, self.assistants);
        // Offsets are never negative.
        let before = self.offsets[row] as usize..self.offsets[row + 1] as usize;
        [(0, asked), (1, input), (ANSWER, answer)].into_iter().chain(
            (NAMES.len()..).zip(before.flat_map(move |turn| [users.value(turn), assistants.value(turn)])),
        )
    }

    /// What is asked in one, where a prompt may be cut into instruction and input.
    pub(super) fn joined(&self, row: usize) -> String {
        let [asked, input] = [0, 1].map(|i| self.columns[i].value(row));
        if input.is_empty() {
            return String::new();
        }
        format!("{}\n{input}", split_tag(asked).map_or(asked, |(_, text)| text))
    }
}

/// Looks at all examples of a batch.
pub(super) fn look(batch: &RecordBatch, sketcher: &Sketcher, leaks: &Leaks) -> Vec<Look> {
    let texts = Texts::of(batch);
    let one = |(room, leak_room): &mut (Room, LeakRoom), row: usize| {
        let answer = texts.row(row).find(|(name, _)| *name == ANSWER).map_or("", |(_, text)| text);
        let asked = texts.row(row).filter(|(name, _)| *name != ANSWER).map(|(_, text)| text);
        Look {
            content: hash_texts(texts.row(row).map(|(_, text)| text)),
            sketch: sketcher.sketch(asked, answer, room),
            leaks: !found(&texts, row, leaks, leak_room).is_empty(),
            personal: texts.row(row).any(|(_, text)| !personal(text).is_empty()),
        }
    };
    (0..batch.num_rows()).into_par_iter().map_init(Default::default, one).collect()
}

/// The passages that an example has.
pub(super) fn found<'l>(
    texts: &Texts<'_>,
    row: usize,
    leaks: &'l Leaks,
    room: &mut LeakRoom,
) -> Vec<Leak<'l>> {
    let joined = texts.joined(row);
    leaks.find(texts.row(row).chain([(2, joined.as_str())]), ANSWER, room)
}
