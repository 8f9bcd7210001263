//! Tables: every row as an object of texts by column.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::record::{Content, Record};
use super::rows::{Cells, Row, Rows};
use super::walk::Take;
use crate::error::{Error, Result};

/// Every row as a record, the first one as the names of the columns where `columns_are` holds none.
///
/// # Errors
/// The table cannot be read, or its head line is no use.
pub(super) fn walk(mut rows: Rows<'_>, columns_are: &[String], take: &mut Take<'_>) -> Result<()> {
    let mut cells = Cells::default();
    let columns = if columns_are.is_empty() {
        match rows.next(&mut cells)? {
            None => return Ok(()),
            Some((line, Row::Broken(why))) => return Err(head_error(&rows, line, why)),
            Some((line, Row::Whole)) => head(&cells).map_err(|why| head_error(&rows, line, why))?,
        }
    } else {
        columns_are.to_vec()
    };
    let mut number = 0;
    while let Some((line, row)) = rows.next(&mut cells)? {
        number += 1;
        let content = match row {
            Row::Whole => object(&columns, &cells),
            Row::Broken(why) => Content::Unreadable(why),
        };
        if matches!(content, Content::Value(..)) {
            rows.recovered();
        }
        take(Record { number, line: Some(line), content })?;
    }
    Ok(())
}

fn head_error(rows: &Rows<'_>, line: u64, why: String) -> Error {
    Error::input(why)
        .at(rows.path(), usize::try_from(line).unwrap_or(0))
        .expected("a head line that names each column once")
        .help("mend the head line; for a table without one, name its columns in the recipe: columns_are = [\"…\"]")
}

/// The names of the columns; one without a name holds what nobody can ask for.
fn head(cells: &Cells) -> std::result::Result<Vec<String>, String> {
    let mut columns: Vec<String> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (i, cell) in cells.iter().enumerate() {
        let name = std::str::from_utf8(cell)
            .map_err(|_| format!("the name of column {} is no UTF-8 text", i + 1))?
            .to_owned();
        if let Some(first) = places.insert(name.clone(), i).filter(|_| !name.is_empty()) {
            return Err(format!("the column `{name}` stands twice: columns {} and {}", first + 1, i + 1));
        }
        columns.push(name);
    }
    Ok(columns)
}

fn object(columns: &[String], cells: &Cells) -> Content {
    if cells.len() != columns.len() {
        return Content::Unreadable(format!(
            "the row has other columns than the table: {} fields for {} columns",
            cells.len(),
            columns.len()
        ));
    }
    let mut object = Map::with_capacity(columns.len());
    for (column, cell) in columns.iter().zip(cells.iter()) {
        match std::str::from_utf8(cell) {
            Ok(text) => _ = object.insert(column.clone(), Value::String(text.to_owned())),
            Err(_) => return Content::Unreadable(format!("not UTF-8 text in column `{column}`")),
        }
    }
    Content::Value(Value::Object(object), cells.bytes())
}
