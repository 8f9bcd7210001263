//! JSON lines.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::record::{Content, Record};
use super::walk::Take;
use crate::error::{IoContext, Result};

/// Longest line that is taken: a longer one is no example, and would only fill memory.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;

/// Every line that is not blank as a record.
pub(super) fn walk(path: &Path, bytes: impl Read, take: &mut Take<'_>) -> Result<()> {
    let mut reader = BufReader::with_capacity(256 * 1024, bytes);
    let (mut number, mut at, mut line) = (0, 0, Vec::new());
    loop {
        line.clear();
        at += 1;
        let read = (&mut reader).take(LONGEST as u64 + 1).read_until(b'\n', &mut line).doing("read", path)?;
        if read == 0 {
            return Ok(());
        }
        let content = if line.len() > LONGEST && !line.ends_with(b"\n") {
            let rest = skip_line(&mut reader).doing("read", path)?;
            Content::Unreadable(format!(
                "the line has {} bytes, more than {LONGEST}, the most that is taken",
                line.len() as u64 + rest
            ))
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            Content::Json(line.trim_ascii().to_vec())
        };
        number += 1;
        take(Record { number, line: Some(at), content })?;
    }
}

/// Passes over the rest of a line; how many bytes it had, without its end.
fn skip_line(reader: &mut impl BufRead) -> std::io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|b| *b == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        skipped += end.unwrap_or(buffer.len()) as u64;
        let last = buffer.is_empty() || end.is_some();
        reader.consume(used);
        if last {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_passed_over_and_an_endless_one_is_no_record_of_use() {
        let long = "x".repeat(LONGEST + 70_000);
        let text = format!("{{\"a\": 1}}\r\n\n  \n{long}\n[2]");
        let mut records = Vec::new();
        walk(Path::new("a.jsonl"), text.as_bytes(), &mut |record| {
            records.push(record);
            Ok(())
        })
        .unwrap();
        let places: Vec<(u64, Option<u64>)> = records.iter().map(|r| (r.number, r.line)).collect();
        assert_eq!(places, [(1, Some(1)), (2, Some(4)), (3, Some(5))]);
        assert_eq!(records[0].content, Content::Json(b"{\"a\": 1}".to_vec()));
        let Content::Unreadable(why) = &records[1].content else { panic!("{:?}", records[1].number) };
        assert!(why.contains(&long.len().to_string()), "{why}");
        assert_eq!(records[2].content, Content::Json(b"[2]".to_vec()));
    }
}
