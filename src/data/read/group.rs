//! Consecutive rows that belong together as one record.

use serde_json::{Map, Value};

use super::record::{Content, Record};
use super::walk::Take;
use crate::error::Result;

/// Rows of one group that are kept: a longer one is no conversation, and would only fill memory.
const LONGEST: usize = 10_000;

/// Gives rows that have the same value below `key` to `take` as one record `{"rows": [..]}`, in the order of their last rows.
///
/// Records are numbered by groups, and stand in the line of their first row. A row without a value, or one that cannot be
/// read, is a record of its own: what it belongs to is not known.
///
/// # Errors
/// What `rows` returns, and what `take` does.
pub(super) fn walk(
    key: &str,
    take: &mut Take<'_>,
    rows: impl FnOnce(&mut Take<'_>) -> Result<()>,
) -> Result<()> {
    let mut state = Groups { number: 0, open: None, take };
    rows(&mut |record| {
        let value = match record.content.value() {
            Ok(value) => value,
            Err(why) => return state.give(record.line, Content::Unreadable(why)),
        };
        match value.get(key).cloned().filter(|group| !is_blank(group)) {
            Some(group) => state.row(group, record.line, value),
            None => state.give(
                record.line,
                Content::Unreadable(format!("`{key}` is missing: the row belongs to no conversation")),
            ),
        }
    })?;
    state.close()
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

struct Groups<'a, 'b> {
    number: u64,
    open: Option<Group>,
    take: &'a mut Take<'b>,
}

struct Group {
    value: Value,
    line: Option<u64>,
    rows: Vec<Value>,
    /// How many rows it has, kept or not.
    count: usize,
}

impl Groups<'_, '_> {
    fn row(&mut self, value: Value, line: Option<u64>, row: Value) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.value != value) {
            self.close()?;
        }
        let open = self.open.get_or_insert(Group { value, line, rows: Vec::new(), count: 0 });
        open.count += 1;
        if open.rows.len() < LONGEST {
            open.rows.push(row);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let Some(group) = self.open.take() else { return Ok(()) };
        let content = match group.count {
            count if count > LONGEST => Content::Unreadable(format!(
                "the conversation has {count} rows, more than {LONGEST}, the most that is taken"
            )),
            _ => {
                Content::Value(Value::Object(Map::from_iter([("rows".to_owned(), Value::Array(group.rows))])))
            }
        };
        self.give(group.line, content)
    }

    fn give(&mut self, line: Option<u64>, content: Content) -> Result<()> {
        self.number += 1;
        (self.take)(Record { number: self.number, line, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(rows: &[std::result::Result<Value, String>]) -> Vec<(u64, Option<u64>, String)> {
        let mut found = Vec::new();
        walk(
            "id",
            &mut |record| {
                let told = record.content.value().map_or_else(|why| why, |value| value.to_string());
                found.push((record.number, record.line, told));
                Ok(())
            },
            |take| {
                rows.iter().enumerate().try_for_each(|(i, row)| {
                    let content = match row {
                        Ok(value) => Content::Value(value.clone()),
                        Err(why) => Content::Unreadable(why.clone()),
                    };
                    take(Record { number: i as u64 + 1, line: Some(i as u64 + 2), content })
                })
            },
        )
        .expect("walked");
        found
    }

    #[test]
    fn rows_are_grouped_by_their_key_and_stand_in_their_first_line() {
        let row = |id: &str, n: u64| Ok(serde_json::json!({"id": id, "n": n}));
        let found = grouped(&[
            row("a", 1),
            row("a", 2),
            row("b", 1),
            Err("ragged".to_owned()),
            row("b", 2),
            Ok(serde_json::json!({"n": 3})),
            row("a", 9),
        ]);
        let told: Vec<String> = found
            .iter()
            .map(|(number, line, told)| format!("{number} {} {told}", line.unwrap_or(0)))
            .collect();
        assert_eq!(
            told,
            [
                r#"1 2 {"rows":[{"id":"a","n":1},{"id":"a","n":2}]}"#,
                "2 5 ragged",
                "3 7 `id` is missing: the row belongs to no conversation",
                r#"4 4 {"rows":[{"id":"b","n":1},{"id":"b","n":2}]}"#,
                r#"5 8 {"rows":[{"id":"a","n":9}]}"#,
            ]
        );
        assert_eq!(grouped(&[]), []);
    }

    #[test]
    fn an_endless_group_is_no_record_of_use() {
        let rows: Vec<_> = (0..LONGEST + 5).map(|_| Ok(serde_json::json!({"id": 1}))).collect();
        let found = grouped(&rows);
        assert_eq!(found.len(), 1);
        assert!(found[0].2.starts_with("the conversation has 10005 rows"), "{}", found[0].2);
    }
}
