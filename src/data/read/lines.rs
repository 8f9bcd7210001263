//! JSON lines.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::record::{Content, Record};
use super::walk::Take;
use super::window::LONGEST;
use crate::error::{IoContext, Result};
use crate::interrupt;

/// Every line that is not blank as a record.
pub(super) fn walk(path: &Path, bytes: impl Read, take: &mut Take<'_>) -> Result<()> {
    let mut reader = BufReader::with_capacity(256 * 1024, bytes);
    let end = line_end(reader.fill_buf().doing("read", path)?);
    let (mut number, mut at, mut line) = (0, 0, Vec::new());
    loop {
        line.clear();
        at += 1;
        let read = (&mut reader).take(LONGEST as u64 + 1).read_until(end, &mut line).doing("read", path)?;
        if read == 0 {
            return Ok(());
        }
        let content = if line.len() > LONGEST && line.last() != Some(&end) {
            let rest = skip_line(path, &mut reader, end)?;
            let bytes = line.len() as u64 + rest;
            Content::Unreadable(format!("the line is longer than {LONGEST} bytes: {bytes}"))
        } else {
            let text =
                line.strip_prefix("\u{feff}".as_bytes()).filter(|_| at == 1).unwrap_or(&line).trim_ascii();
            if text.is_empty() {
                interrupt::check()?;
                continue;
            }
            Content::Json(text.to_vec())
        };
        number += 1;
        take(Record { number, line: Some(at), content })?;
    }
}

/// What ends the lines of a file that begins so: on old systems `\r` alone.
fn line_end(begin: &[u8]) -> u8 {
    if begin.contains(&b'\r') && !begin.contains(&b'\n') { b'\r' } else { b'\n' }
}

/// Passes over the rest of a line; how many bytes it had, without its end.
fn skip_line(path: &Path, reader: &mut impl BufRead, line_end: u8) -> Result<u64> {
    let mut skipped = 0;
    loop {
        interrupt::check()?;
        let buffer = reader.fill_buf().doing("read", path)?;
        let end = buffer.iter().position(|b| *b == line_end);
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
        assert_eq!(*why, format!("the line is longer than {LONGEST} bytes: {}", long.len()));
        assert_eq!(records[2].content, Content::Json(b"[2]".to_vec()));
    }

    #[test]
    fn lines_that_end_as_on_old_systems_are_lines() {
        let mut found = Vec::new();
        walk(Path::new("a.jsonl"), &b"\xef\xbb\xbf[1]\r{\r[3]\r"[..], &mut |record| {
            found.push((record.line, record.content.value().is_ok()));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [(Some(1), true), (Some(2), false), (Some(3), true)]);
    }
}
