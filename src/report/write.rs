//! All outputs of a record, each whole or not there.

use super::order::Order;
use super::{
    blends, canvas, conditions, confusion, confusion_change, forest, html, junit, likelihood_matrix,
};
use super::{map, map_change, margins, markdown};
use crate::atomic;
use crate::error::{IoContext, Result};
use crate::record::{Record, Response};
use std::path::Path;

/// The files that [`write_all`] writes for `record`.
pub(super) fn files(record: &Record) -> Vec<&'static str> {
    let map = record.separability.as_ref().is_some_and(|s| !s.map.is_empty());
    let all = [
        ("report.html", true),
        ("summary.md", true),
        ("junit.xml", true),
        ("map.png", map),
        ("map-change.png", map_change::drawn(record)),
        ("confusion.png", record.separability.is_some()),
        ("confusion-change.png", confusion_change::drawn(record)),
        ("likelihood.png", record.likelihood.is_some()),
        ("conditions.png", record.conditions.is_some()),
        ("blends.png", record.blends.is_some()),
        ("gates.png", !record.gates.is_empty()),
        ("personas.png", !record.persona_figures.is_empty()),
    ];
    all.into_iter().filter(|(_, written)| *written).map(|(name, _)| name).collect()
}

/// Writes report, summary, JUnit file and the pictures of a record to `folder`, which must exist; each is written to a temporary
/// name, then renamed.
///
/// The page comes last: where it lies, everything else does too.
///
/// A picture of something that the run did not measure is not written; an older one of that name is removed.
///
/// # Errors
/// When the disk is full or the folder is gone.
pub fn write_all(record: &Record, responses: &[Response], folder: &Path) -> Result<()> {
    let order = Order::new(record);
    text(folder, "summary.md", &markdown(record))?;
    text(folder, "junit.xml", &junit(record)?)?;
    let pictures = [
        ("map.png", map::framed(record, &order)),
        ("map-change.png", map_change::framed(record, &order)),
        ("confusion.png", confusion::framed(record, &order)),
        ("confusion-change.png", confusion_change::framed(record, &order)),
        ("likelihood.png", likelihood_matrix::framed(record, &order)),
        ("conditions.png", conditions::framed(record)),
        ("blends.png", blends::framed(record)),
        ("gates.png", forest::framed(record)),
        ("personas.png", margins::framed(record, &order)),
    ];
    for (name, drawing) in pictures {
        let path = folder.join(name);
        match drawing {
            Some(drawing) => canvas::write_png(&drawing, &path)?,
            None if path.exists() => std::fs::remove_file(&path).doing("remove the outdated", &path)?,
            None => {}
        }
    }
    text(folder, "report.html", &html(record, responses)?)
}

fn text(folder: &Path, name: &str, content: &str) -> Result<()> {
    atomic::write(&folder.join(name), content.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_file_is_written_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let record = sample::record();
        write_all(&record, &sample::responses(), folder.path()).unwrap();
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let mut expected = files(&record);
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert_eq!(names.len(), 12);
        for name in expected.iter().filter(|name| name.ends_with(".png")) {
            let bytes = std::fs::read(folder.path().join(name)).unwrap();
            assert!(bytes.starts_with(b"\x89PNG") && bytes[16..20] == 1600u32.to_be_bytes(), "{name}");
        }
    }

    #[test]
    fn a_record_without_figures_is_written_without_pictures_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("map.png"), "old").unwrap();
        write_all(&sample::bare(), &[], folder.path()).unwrap();
        assert_eq!(files(&sample::bare()), ["report.html", "summary.md", "junit.xml"]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_it() {
        let error = write_all(&sample::bare(), &[], Path::new("/nonexistent/run")).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/run"), "{error}");
    }
}
