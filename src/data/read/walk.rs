//! All records of a file, in its order.

use std::io::Read;
use std::path::Path;

use super::container::Container;
use super::input::{Heard, is_packed, open};
use super::reading::{Reading, empty};
use super::record::Record;
use super::rows::Rows;
use super::window::Window;
use super::{group, json, lines, parquet, table, yaml};
use crate::error::{Error, IoContext, Result};
use crate::interrupt;

/// Takes one record; an error ends the walk.
pub(super) type Take<'a> = dyn FnMut(Record) -> Result<()> + 'a;

/// Gives every record of a file to `take`, readable or not; `heard` is told of the bytes that were read.
///
/// # Errors
/// The file cannot be read, holds no record, or breaks off in a way that leaves no next record; and what `take` returns.
pub(in crate::data) fn walk(path: &Path, how: &Reading, heard: Heard<'_>, take: &mut Take<'_>) -> Result<()> {
    let mut none = true;
    let take = &mut |record: Record| {
        interrupt::check()?;
        none = false;
        take(record)
    };
    match &how.grouped_by {
        Some(key) => group::walk(key, take, |take| rows(path, how, heard, take))?,
        None => rows(path, how, heard, take)?,
    }
    if none { Err(empty(path)) } else { Ok(()) }
}

fn rows(path: &Path, how: &Reading, heard: Heard<'_>, take: &mut Take<'_>) -> Result<()> {
    let container = how.container(path)?;
    let window = || Ok(Window::new(path, open(path, how.encoding, heard)?));
    let rows = |delimiter, quoting| Rows::new(window()?, delimiter, how.quoting.unwrap_or(quoting));
    match container {
        Container::Lines => lines::walk(path, open(path, how.encoding, heard)?, take),
        Container::Document => json::walk(window()?, how, take),
        Container::Csv => table::walk(rows(b',', true)?, &how.columns_are, take),
        Container::Tsv => table::walk(rows(b'\t', false)?, &how.columns_are, take),
        Container::Parquet if is_packed(path)? => {
            Err(Error::input("a Parquet file is packed within and cannot be read packed")
                .in_file(path)
                .help("unpack it first"))
        }
        Container::Parquet => parquet::walk(path, heard, take),
        Container::Yaml => {
            let mut text = String::new();
            open(path, how.encoding, heard)?.read_to_string(&mut text).doing("read", path)?;
            yaml::walk(path, &text, how, take)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{BufWriter, Write};

    use super::super::input::Encoding;
    use super::*;

    type Found = Vec<(Option<u64>, std::result::Result<String, String>)>;

    fn read(name: &str, bytes: impl AsRef<[u8]>, how: &Reading) -> Result<Found> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut found = Vec::new();
        walk(&path, how, &|_| (), &mut |record| {
            found.push((record.line, record.content.value().map(|value| value.to_string())));
            Ok(())
        })?;
        Ok(found)
    }

    fn ok(line: u64, value: &str) -> (Option<u64>, std::result::Result<String, String>) {
        (Some(line), Ok(value.to_owned()))
    }

    fn no(line: u64, why: &str) -> (Option<u64>, std::result::Result<String, String>) {
        (Some(line), Err(why.to_owned()))
    }

    #[test]
    fn a_table_gives_objects_and_a_ragged_row_is_told_apart() {
        let text = b"\xef\xbb\xbfq,a\n\"one\nline, two\",1\nx\ny,\xff\nlast,2\n";
        let found = read("a.csv", text, &Reading::default()).unwrap();
        assert_eq!(
            found,
            [
                ok(2, r#"{"q":"one\nline, two","a":"1"}"#),
                no(4, "the row has other columns than the table: 1 fields for 2 columns"),
                no(5, "not UTF-8 text in column `a`"),
                ok(6, r#"{"q":"last","a":"2"}"#),
            ]
        );
        let headless = Reading {
            columns_are: vec!["q".into(), "a".into()],
            encoding: Encoding::Latin1,
            ..Reading::default()
        };
        assert_eq!(read("a.csv", b"y,\xe9\n", &headless).unwrap(), [ok(1, r#"{"q":"y","a":"é"}"#)]);
        let found = read("a.tsv", "q\ta\n\"x\ty\n", &Reading::default()).unwrap();
        assert_eq!(found, [ok(2, r#"{"q":"\"x","a":"y"}"#)]);
        let quoting = Reading { quoting: Some(true), ..Reading::default() };
        let found = read("a.tsv", "q\ta\n\"x\tz\"\ty\n", &quoting).unwrap();
        assert_eq!(found, [ok(2, r#"{"q":"x\tz","a":"y"}"#)]);
    }

    #[test]
    fn a_column_that_stands_twice_is_named() {
        for (text, wanted) in [
            ("q,a,q\n1,2,3\n", "a.csv:1|the column `q` stands twice: columns 1 and 3|columns_are"),
            ("q,\"a\n1,2\n", "a quote is left open: field 2|a.csv:1"),
        ] {
            let told = read("a.csv", text, &Reading::default()).unwrap_err().to_string();
            assert!(wanted.split('|').all(|part| told.contains(part)), "{told}");
        }
        assert!(
            read("a.csv", "q,,\n1,2,3\n", &Reading::default()).is_ok(),
            "nobody asks for what has no name"
        );
    }

    #[test]
    fn a_file_without_a_record_is_named() {
        for (name, text) in [
            ("a.jsonl", "\n \n"),
            ("a.csv", "q,a\r\n"),
            ("b.csv", ""),
            ("a.json", " "),
            ("b.json", "[]"),
            ("a.yml", ""),
            ("b.yml", "[]"),
        ] {
            let told = read(name, text, &Reading::default()).unwrap_err().to_string();
            assert!(told.contains("the file holds no records") && told.contains(name), "{told}");
        }
    }

    #[test]
    fn records_of_many_kinds_and_bytes_that_are_no_text_stand_beside_each_other() {
        let text = b"{\"a\": 1}\n[\"b\", 3.10]\n{\"a\": \"\xc3\x28\"}\n{\"b\": {\"a\": null}}\n\xff\n\"c\"\n{\"a\": 1, \"a\": 2}\n7";
        let wanted = [
            ok(1, r#"{"a":1}"#),
            ok(2, r#"["b","3.10"]"#),
            no(3, "not UTF-8 text: byte 8 of the record"),
            ok(4, r#"{"b":{"a":null}}"#),
            no(5, "not UTF-8 text: byte 1 of the record"),
            ok(6, r#""c""#),
            no(7, "a key stands twice: `a`"),
            ok(8, "7"),
        ];
        assert_eq!(read("a.jsonl", text, &Reading::default()).unwrap(), wanted);
        let document =
            [&b"["[..], &text.split(|b| *b == b'\n').collect::<Vec<_>>().join(&b",\n"[..]), b"]"].concat();
        assert_eq!(read("a.json", document, &Reading::default()).unwrap(), wanted);
    }

    #[test]
    fn a_record_of_a_hundred_megabytes_is_a_reject_and_takes_no_memory() {
        const LONG: usize = 100 * 1024 * 1024;
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, begin: &str, end: &str| {
            let path = folder.path().join(name);
            let mut file = BufWriter::new(File::create(&path).unwrap());
            file.write_all(begin.as_bytes()).unwrap();
            for _ in 0..LONG / 1024 {
                file.write_all(&[b'x'; 1024]).unwrap();
            }
            file.write_all(end.as_bytes()).unwrap();
            file.flush().unwrap();
            path
        };
        let before = peak();
        for path in [
            write("a.jsonl", "{\"a\": 1}\n{\"a\": \"", "\"}\n{\"a\": 3}\n"),
            write("a.json", "[{\"a\": 1},\n{\"a\": \"", "\"},\n{\"a\": 3}]\n"),
            write("a.csv", "a,b\n1,2\n", ",2\n3,2\n"),
            write("b.csv", "a,b\n1,2\n\"", "\",2\n3,2\n"),
        ] {
            let mut found = Vec::new();
            walk(&path, &Reading::default(), &|_| (), &mut |record| {
                found.push(
                    record.content.value().map_err(|why| why.split(": ").next().unwrap_or("").to_owned()),
                );
                Ok(())
            })
            .unwrap();
            assert!(found.len() == 3 && found[0].is_ok() && found[2].is_ok(), "{found:?}");
            let why = found[1].as_ref().unwrap_err();
            assert!(why.ends_with(" is longer than 16777216 bytes"), "{why}");
        }
        // Other tests of this process take memory at the same time.
        assert!(peak() - before < 400 * 1024, "{} KiB more", peak() - before);
    }

    /// Most memory that this process has held, in KiB; 0 where the system does not tell.
    fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
    }

    #[test]
    fn yaml_gives_records_below_their_keys() {
        let within = Reading { within: vec!["conversations".into()], ..Reading::default() };
        let text = "categories:\n- x\nconversations:\n- - Hi\n  - No\n- - 3\n  - Bye\n";
        let found = read("a.yml", text, &within).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1, Ok(r#"["Hi","No"]"#.to_owned()));
    }
}
