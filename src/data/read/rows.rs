//! The rows of a table, cut as RFC 4180 says: a quote that is left open costs its own row, not those behind it.

use std::path::Path;

use super::window::{LONGEST, Window};
use crate::error::Result;

/// The cells of a row, without their quotes.
#[derive(Debug, Default)]
pub(super) struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all cells together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.bytes[begin..*end])
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

/// A row that was cut out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// Its cells are there.
    Whole,
    /// Why it is no row, in a clause; reading goes on behind its first line.
    Broken(String),
}

/// Where in a row the next byte stands.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// At the begin of a cell.
    Begin,
    Plain,
    Quoted,
    /// Behind a quote that closes a cell, or is the first of two that stand for one.
    Closed,
}

/// Walks over a table's rows.
pub(super) struct Rows<'a> {
    window: Window<'a>,
    delimiter: u8,
    quoting: bool,
    /// Whether the last rows were parts of a broken one, as far as can be seen.
    recovering: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(mut window: Window<'a>, delimiter: u8, quoting: bool) -> Result<Self> {
        window.pass_mark()?;
        Ok(Self { window, delimiter, quoting, recovering: false })
    }

    pub(super) fn path(&self) -> &'a Path {
        self.window.path()
    }

    /// The last row was a good one.
    pub(super) fn recovered(&mut self) {
        self.recovering = false;
    }

    /// The next row and its line; blank lines are passed over. None at the file's end.
    pub(super) fn next(&mut self, cells: &mut Cells) -> Result<Option<(u64, Row)>> {
        while let Some(b'\n' | b'\r') = self.window.at(0)? {
            self.window.pass(1);
        }
        if self.window.at(0)?.is_none() {
            return Ok(None);
        }
        let line = self.window.line();
        Ok(Some((line, self.cut(cells)?)))
    }

    fn cut(&mut self, cells: &mut Cells) -> Result<Row> {
        cells.clear();
        let (mut at, mut place, mut stray) = (At::Begin, 0, None);
        loop {
            if place > LONGEST {
                return self.too_long(at, place, cells);
            }
            let Some(byte) = self.window.at(place)? else {
                if at == At::Quoted {
                    return self.broken(format!("a quote is left open: field {}", cells.len() + 1));
                }
                break;
            };
            let held = self.window.held();
            let rest = &held[place..held.len().min(LONGEST + 1)];
            match (at, byte) {
                (At::Quoted, b'"') => at = At::Closed,
                (At::Quoted, _) => {
                    let n = rest.iter().position(|b| *b == b'"').unwrap_or(rest.len());
                    cells.bytes.extend_from_slice(&rest[..n]);
                    place += n;
                    continue;
                }
                (At::Begin, b'"') if self.quoting => at = At::Quoted,
                (At::Closed, b'"') => {
                    cells.bytes.push(b'"');
                    at = At::Quoted;
                }
                (_, b'\n' | b'\r') => break,
                (_, byte) if byte == self.delimiter => {
                    cells.end();
                    at = At::Begin;
                }
                (At::Closed, _) => {
                    return self
                        .broken(format!("text stands behind a closing quote: field {}", cells.len() + 1));
                }
                (At::Begin | At::Plain, _) => {
                    let delimiter = self.delimiter;
                    let end = |b: &u8| matches!(b, b'\n' | b'\r') || *b == delimiter;
                    let n = rest.iter().position(end).unwrap_or(rest.len());
                    if self.quoting && self.recovering && rest[..n].contains(&b'"') {
                        stray = Some(cells.len() + 1);
                    }
                    cells.bytes.extend_from_slice(&rest[..n]);
                    place += n;
                    at = At::Plain;
                    continue;
                }
            }
            place += 1;
        }
        cells.end();
        if let Some(field) = stray {
            // Rows in front of it were broken by a quote: this one may be the end of theirs.
            return self.broken(format!(
                "a quote stands within a cell, behind a row with a broken one: field {field}"
            ));
        }
        let crlf = self.window.at(place)? == Some(b'\r') && self.window.at(place + 1)? == Some(b'\n');
        let end = usize::from(self.window.at(place)?.is_some()) + usize::from(crlf);
        self.window.pass(place + end);
        Ok(Row::Whole)
    }

    /// Passes over the first line of a row that is none.
    fn broken(&mut self, why: String) -> Result<Row> {
        self.recovering = true;
        self.window.pass_line()?;
        Ok(Row::Broken(why))
    }

    fn too_long(&mut self, at: At, place: usize, cells: &Cells) -> Result<Row> {
        let several_lines = self.window.held()[..place].iter().any(|b| matches!(b, b'\n' | b'\r'));
        if several_lines && matches!(at, At::Quoted | At::Closed) {
            return self.broken(format!(
                "a quote is left open, or its cell is longer than {LONGEST} bytes: field {}",
                cells.len() + 1
            ));
        }
        let bytes = self.window.pass_line()?;
        Ok(Row::Broken(format!("the row is longer than {LONGEST} bytes: {bytes}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and cells (or reason) of every row.
    fn rows(text: &str, quoting: bool) -> Vec<(u64, Vec<String>)> {
        let window = Window::new(Path::new("a"), Box::new(text.as_bytes()));
        let mut rows = Rows::new(window, b',', quoting).unwrap();
        let (mut cells, mut found) = (Cells::default(), Vec::new());
        while let Some((line, row)) = rows.next(&mut cells).unwrap() {
            let told = match row {
                Row::Whole => cells.iter().map(|c| String::from_utf8(c.to_vec()).unwrap()).collect(),
                Row::Broken(why) => vec![format!("no: {why}")],
            };
            found.push((line, told));
        }
        found
    }

    fn told(text: &str) -> Vec<String> {
        rows(text, true).into_iter().map(|(line, cells)| format!("{line} {}", cells.join("|"))).collect()
    }

    #[test]
    fn what_is_whole_has_the_cells_that_the_csv_crate_finds() {
        let letters = ['a', ',', '"', '\n', '\r'];
        let mut compared = 0;
        for code in 0..letters.len().pow(7) {
            let text: String = (0..7).map(|i| letters[code / letters.len().pow(i) % letters.len()]).collect();
            let found = rows(&text, true);
            if found.iter().any(|(_, cells)| cells[0].starts_with("no: ")) {
                continue;
            }
            compared += 1;
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let wanted: Vec<Vec<String>> =
                reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
            let found: Vec<Vec<String>> = found.into_iter().map(|(_, cells)| cells).collect();
            assert_eq!(found, wanted, "{text:?}");
        }
        assert!(compared > 40_000, "{compared}");
    }

    #[test]
    fn a_quote_that_is_left_open_costs_its_own_row() {
        for (text, wanted) in [
            ("a,\"b\n1,2\n3,4\n", vec!["1 no: a quote is left open: field 2", "2 1|2", "3 3|4"]),
            (
                "a,\"b\r\n1,\"2\"\r\n3,4",
                vec!["1 no: text stands behind a closing quote: field 2", "2 1|2", "3 3|4"],
            ),
            (
                "\"He said \"hi\" twice\",b\n1,2\n",
                vec!["1 no: text stands behind a closing quote: field 1", "2 1|2"],
            ),
            (
                "\"two\nlines \"x\" y\nend\",b\n5\" pipe,2\n",
                vec![
                    "1 no: text stands behind a closing quote: field 1",
                    "2 no: a quote stands within a cell, behind a row with a broken one: field 1",
                    "3 no: a quote stands within a cell, behind a row with a broken one: field 1",
                    "4 no: a quote stands within a cell, behind a row with a broken one: field 1",
                ],
            ),
            ("5\" pipe,2\n1,2", vec!["1 5\" pipe|2", "2 1|2"]),
            ("\"a\"\"b\",\"\",c", vec!["1 a\"b||c"]),
        ] {
            assert_eq!(told(text), wanted, "{text}");
        }
        assert_eq!(rows("a,\"b\n\"c\",d", false)[1], (2, vec!["\"c\"".to_owned(), "d".to_owned()]));
    }

    #[test]
    fn lines_are_counted_through_every_kind_of_line_end() {
        for (text, wanted) in [
            ("a\r\n\"b\r\nc\"\r\n\r\nd\r\n", ["1 a", "2 b\r\nc", "5 d"]),
            ("a\r\"b\rc\"\r\rd\r", ["1 a", "2 b\rc", "5 d"]),
            ("a\n\"b\nc\"\n\nd", ["1 a", "2 b\nc", "5 d"]),
        ] {
            assert_eq!(told(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_long_row_is_passed_over() {
        let long = "x".repeat(LONGEST + 70_000);
        let found = told(&format!("1,{long}\n2,b\n\"{long}\",3\n4,\"{long}\n5,c\n6,d\n"));
        let bytes = long.len();
        assert_eq!(
            found,
            [
                format!("1 no: the row is longer than {LONGEST} bytes: {}", bytes + 2),
                "2 2|b".to_owned(),
                format!("3 no: the row is longer than {LONGEST} bytes: {}", bytes + 4),
                format!("4 no: the row is longer than {LONGEST} bytes: {}", bytes + 3),
                "5 5|c".to_owned(),
                "6 6|d".to_owned(),
            ]
        );
        let lines = "7,word\n".repeat(LONGEST / 7 + 1);
        let found = rows(&format!("1,\"open\n{lines}"), true);
        assert_eq!(found.len(), LONGEST / 7 + 2);
        assert!(found[0].1[0].starts_with("no: a quote is left open, or"), "{:?}", found[0]);
    }
}
