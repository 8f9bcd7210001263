//! `trend.html` and `trend.png`: every gate over the runs of a folder.

mod chart;
mod page;
mod path;
mod sparkline;

pub use sparkline::sparkline;

use super::canvas;
use super::drawing::{Anchor, Drawing, Label};
use super::font;
use super::number::count;
use super::palette::Ink;
use crate::atomic;
use crate::error::{Error, Result};
use crate::trend::{SuiteHistory, Trend};
use std::path::Path;

/// Gates of the picture.
const PICTURED: usize = 6;
/// Columns of the picture.
const COLUMNS: usize = 2;

/// Writes the page to `file`, which ends in `.html`, and the picture beside it, with the ending `.png`.
///
/// Links to the runs' reports are relative to the page.
///
/// # Errors
/// When `file` has another ending, its folder is gone or the disk is full.
pub fn write_trend(trend: &Trend, file: &Path) -> Result<()> {
    if file.extension().is_none_or(|e| e != "html") {
        return Err(Error::input("a trend is written to an .html file, its picture beside it").in_file(file));
    }
    let picture = file.with_extension("png");
    match trend.suites.first().filter(|s| !s.series.is_empty()) {
        Some(history) => canvas::write_png(&framed(history), &picture)?,
        None if picture.exists() => {
            std::fs::remove_file(&picture).map_err(|e| {
                Error::cannot_run("an outdated picture cannot be removed").in_file(&picture).because(e)
            })?;
        }
        None => {}
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    atomic::write(file, page::html(trend, folder)?.as_bytes())
}

/// `trend.png`: the first gates of a suite.
fn framed(history: &SuiteHistory) -> Drawing {
    let shown = &history.series[..history.series.len().min(PICTURED)];
    let (cell, gap) = ((chart::SIZE.0 + 20.0, chart::SIZE.1 + 44.0), 20.0);
    let rows = shown.len().div_ceil(COLUMNS);
    let mut drawing = Drawing::new(2.0 * gap + COLUMNS as f64 * cell.0, 84.0 + rows as f64 * cell.1);
    let runs = count(history.runs.len(), "run");
    drawing.title(
        &font::fitted(&format!("Trend of the suite {}", history.suite), 19.0, drawing.width - 2.0 * gap),
        &format!("{runs}, earliest left; dashed: threshold; shaded: where the whole interval must lie; numbered: steps"),
    );
    for (i, series) in shown.iter().enumerate() {
        let corner = (gap + (i % COLUMNS) as f64 * cell.0, 74.0 + (i / COLUMNS) as f64 * cell.1);
        drawing.label(Label {
            text: font::fitted(&series.name, 13.0, 0.92 * chart::SIZE.0),
            at: (corner.0, corner.1 + 12.0),
            size: 13.0,
            ink: Ink::Text,
            anchor: Anchor::Start,
            bold: true,
            upright: false,
        });
        drawing.place(&chart::chart(series, history), (corner.0, corner.1 + 22.0));
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::record::{Against, GatePart, Record, Verdict, Warning};
    use crate::trend::{Runs, trend};
    use std::path::PathBuf;

    const NASTY: &str =
        "</style><script>alert(1)</script><img src=x onerror=alert(2)> \" onload='x' {{ 11111 * 11111 }}";
    const DROP: usize = 9;

    /// Writes `record` as the run of a day in March.
    fn write(folder: &Path, day: usize, record: &Record) -> PathBuf {
        let run = folder.join(&record.id);
        std::fs::create_dir_all(&run).unwrap();
        let started = format!("2026-03-{day:02}T03:04:05Z");
        Record { started, ..record.clone() }.write(&run.join("run.json")).unwrap();
        std::fs::write(run.join("report.html"), "").unwrap();
        run
    }

    /// Fourteen runs, a day each; from the tenth on another adapter speaks, and the first gate's level is lower.
    fn runs(folder: &Path) {
        for i in 0..14usize {
            let mut record = sample::small();
            record.id = format!("day-{:02}", i + 1);
            let scatter = [0.0, 0.3, -0.2, 0.1][i % 4];
            for (place, gate) in record.gates.iter_mut().enumerate() {
                let Some(e) = gate.estimate.as_mut() else { continue };
                let down = if place == 0 && i >= DROP { 4.0 } else { 0.0 };
                let by = (scatter - down) * e.half_width() / 1.96;
                (e.point, e.low, e.high) = (e.point + by, e.low + by, e.high + by);
            }
            if i >= DROP {
                record.provenance.adapters[2].sha256 = "0d433b0b5a".repeat(6);
            }
            write(folder, i + 1, &record);
        }
    }

    #[test]
    fn a_step_is_marked_at_its_run_with_what_changed() {
        let folder = tempfile::tempdir().unwrap();
        runs(folder.path());
        let found = trend(Runs::under(folder.path()).unwrap(), None).unwrap();
        let [history] = &found.suites[..] else { panic!("one suite") };
        let steps: Vec<(usize, usize)> = history
            .series
            .iter()
            .enumerate()
            .flat_map(|(i, s)| s.steps.iter().map(move |t| (i, t.run)))
            .collect();
        assert_eq!(steps, [(0, DROP)]);
        let step = &history.series[0].steps[0];
        assert!(step.worse && step.change() < 0.0 && step.previous == DROP - 1, "{step:?}");
        assert_eq!(step.changed, ["adapter emotive: 2a2a2a2a before, 0d433b0b after"]);
        let file = folder.path().join("trend.html");
        write_trend(&found, &file).unwrap();
        let page = std::fs::read_to_string(&file).unwrap();
        assert!(page.contains("1 of") && page.contains("adapter emotive: 2a2a2a2a before, 0d433b0b after"));
        assert!(
            page.contains("href=\".&#x2f;day-10&#x2f;report.html\"")
                || page.contains("href=\"./day-10/report.html\"")
        );
        assert!(page.contains("↓1</text>") && !page.contains("<script"));
        for scheme in ["http://", "https://", "url(", "@import"] {
            assert!(!page.contains(scheme), "{scheme} would need a network");
        }
        assert!(std::fs::read(folder.path().join("trend.png")).unwrap().starts_with(b"\x89PNG"));
    }

    #[test]
    fn a_new_baseline_is_no_step_and_the_worst_of_parts_has_none() {
        let against = |i: usize| Against {
            baseline: if i < DROP { "old" } else { "new" }.into(),
            before: 0.5,
            after: 0.5,
            margin: 0.05,
            two_sided: true,
            margin_from: "declared".into(),
            p: 1.0,
        };
        let part = GatePart {
            name: "poet".into(),
            estimate: None,
            verdict: Verdict::Pass,
            against: None,
            detectable: None,
        };
        for parts in [Vec::new(), vec![part]] {
            let folder = tempfile::tempdir().unwrap();
            runs(folder.path());
            for i in 0..14usize {
                let mut record = Record::read(&folder.path().join(format!("day-{:02}", i + 1))).unwrap();
                record.gates[0].against = Some(against(if parts.is_empty() { i } else { 0 }));
                record.gates[0].parts = parts.clone();
                write(folder.path(), i + 1, &record);
            }
            let found = trend(Runs::under(folder.path()).unwrap(), None).unwrap();
            let first = &found.suites[0].series[0];
            assert!(first.steps.is_empty(), "{:?}", first.steps);
            let file = folder.path().join("trend.html");
            write_trend(&found, &file).unwrap();
            let page = std::fs::read_to_string(&file).unwrap();
            if parts.is_empty() {
                assert_eq!(first.rebased, [DROP]);
                // The level is a series of its own, and a run without the gate lends it no point.
                let level = |s: &&crate::trend::Series| s.metric == first.metric && s.name != first.name;
                assert_eq!(found.suites[0].series.iter().filter(level).count(), 1);
                assert!(page.contains(">new baseline</text>"));
            } else {
                assert!(first.rebased.is_empty() && page.contains("last worst part "));
            }
        }
    }

    #[test]
    fn trial_runs_are_shown_and_no_step_rests_on_them() {
        let folder = tempfile::tempdir().unwrap();
        runs(folder.path());
        for day in DROP + 1..=14 {
            let path = folder.path().join(format!("day-{day:02}"));
            let mut record = Record::read(&path).unwrap();
            record.warnings.push(Warning {
                what: "only the first 4 prompts and tasks were asked".into(),
                help: "a trial run: run without --limit before you judge".into(),
            });
            write(folder.path(), day, &record);
        }
        let found = trend(Runs::under(folder.path()).unwrap(), None).unwrap();
        let first = &found.suites[0].series[0];
        assert!(first.steps.is_empty() && first.points.len() == 14, "{:?}", first.steps);
        assert_eq!(first.last().map(|p| p.run), Some(DROP - 1), "the last full run");
    }

    #[test]
    fn broken_unfinished_and_later_runs_are_left_out_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = sample::small();
        record.id = "whole".into();
        let whole = write(folder.path(), 1, &record);
        let text = std::fs::read_to_string(whole.join("run.json")).unwrap();
        for (name, file, content) in [
            ("cut", "run.json", &text[..text.len() / 2]),
            ("stopped", "responses.jsonl", ""),
            ("later", "run.json", "{\"schema_version\": 99}"),
            ("timeless", "run.json", &text.replace("2026-03-01T03:04:05Z", "yesterday")),
        ] {
            let run = folder.path().join("more").join(name);
            std::fs::create_dir_all(&run).unwrap();
            std::fs::write(run.join(file), content).unwrap();
        }
        let found = trend(Runs::under(folder.path()).unwrap(), None).unwrap();
        let told: Vec<String> = found
            .left_out
            .iter()
            .map(|l| format!("{} {}", l.folder.file_name().unwrap().display(), l.why))
            .collect();
        for (told, expected) in told.iter().zip([
            "cut the file is not",
            "later the record has schema version 99",
            "stopped unfinished",
            "timeless the record's start",
        ]) {
            assert!(told.starts_with(expected), "{told}");
        }
        assert_eq!((told.len(), found.suites[0].runs.len()), (4, 1));
        write_trend(&found, &folder.path().join("trend.html")).unwrap();
        let page = std::fs::read_to_string(folder.path().join("trend.html")).unwrap();
        assert!(page.contains("Left out: 4 folders") && page.contains("schema version 99"));
        std::fs::remove_dir_all(whole).unwrap();
        let error = trend(Runs::under(folder.path()).unwrap(), None).unwrap_err().to_string();
        assert!(error.contains("no finished run") && error.contains("left out: 4"), "{error}");
    }

    #[test]
    fn suites_are_parted_and_an_unknown_one_names_those_there_are() {
        let folder = tempfile::tempdir().unwrap();
        for (day, suite) in [(1, "all"), (2, "smoke"), (3, "all"), (4, "bare")] {
            let record = if suite == "bare" { sample::bare() } else { sample::small() };
            write(folder.path(), day, &Record { id: format!("r{day}"), suite: suite.into(), ..record });
        }
        let read = || Runs::under(folder.path()).unwrap();
        let all = trend(read(), None).unwrap();
        let names: Vec<(&str, usize)> = all.suites.iter().map(|s| (s.suite.as_str(), s.runs.len())).collect();
        assert_eq!(names, [("bare", 1), ("all", 2), ("smoke", 1)], "the one that ran last comes first");
        assert_eq!((all.suites[0].series.len(), all.suites[0].runs[0].verdict), (0, None));
        write_trend(&all, &folder.path().join("trend.html")).unwrap();
        assert_eq!(trend(read(), Some("smoke")).unwrap().suites.len(), 1);
        let error = trend(read(), Some("smok")).unwrap_err().to_string();
        assert!(error.contains("did you mean: smoke"), "{error}");
        assert!(write_trend(&all, &folder.path().join("trend.png")).is_err(), "the picture has this name");
    }

    #[test]
    fn nothing_that_a_user_wrote_becomes_markup() {
        let folder = tempfile::tempdir().unwrap();
        runs(folder.path());
        for day in 1..=14 {
            let path = folder.path().join(format!("day-{day:02}"));
            let mut record = Record::read(&path).unwrap();
            record.suite = NASTY.into();
            for gate in &mut record.gates {
                gate.name.push_str(NASTY);
                (gate.metric, gate.bound) = (NASTY.into(), NASTY.into());
            }
            (record.provenance.base, record.provenance.version) = (format!("{day}{NASTY}"), NASTY.into());
            record.provenance.adapters[0].name = NASTY.into();
            record.verdict = Verdict::Fail;
            record.id = format!("day-{day:02}");
            let run = write(folder.path(), day, &record);
            // The folder's name is the id above; what stands in the record is the nasty one.
            Record { id: format!("{day}{NASTY}"), ..Record::read(&run).unwrap() }
                .write(&run.join("run.json"))
                .unwrap();
        }
        let found = trend(Runs::under(folder.path()).unwrap(), None).unwrap();
        let page = page::html(&found, folder.path()).unwrap();
        assert!(!page.contains("<script") && !page.contains("<img"), "a tag came through");
        assert_eq!(page.matches("</style>").count(), 1);
        for tag in page.split('<').skip(1).filter_map(|t| t.split_once('>')).map(|(tag, _)| tag) {
            let names: String = tag.split('"').step_by(2).collect();
            assert!(
                !names.contains("onerror") && !names.contains("onload"),
                "an attribute came through: {tag}"
            );
        }
        assert!(!page.contains("123454321"), "a template in a text was run");
    }
}
