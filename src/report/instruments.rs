//! The instruments on real text: which may judge, and which one did.

use super::number::percent;
use crate::record::{InstrumentFigures, Record};
use crate::stats::Estimate;
use serde::Serialize;

/// A row of the table of instruments.
#[derive(Serialize)]
pub(super) struct Row {
    name: &'static str,
    about: &'static str,
    chosen: bool,
    real: Figure,
    minus_length: Figure,
    minus_content: Figure,
    answers: Figure,
    floor: Figure,
    qualified: bool,
    why: String,
}

/// A figure in per cent or points, with its interval.
#[derive(Serialize)]
struct Figure {
    point: String,
    interval: String,
}

/// The rows, simplest first; none in records without real text.
pub(super) fn rows(record: &Record) -> Vec<Row> {
    record.instruments.iter().map(|figures| row(figures, &record.instrument)).collect()
}

fn row(f: &InstrumentFigures, chosen: &str) -> Row {
    let (name, about) = match f.name.as_str() {
        "style" => ("Style", "counted habits of writing"),
        "joined" => ("Joined", "both, with equal weight"),
        _ => ("Embedding", "sentence vectors"),
    };
    let failed: Vec<&str> = f.controls.iter().filter(|c| !c.passed).map(|c| c.name.as_str()).collect();
    let mut why = match failed.is_empty() {
        true => "all controls passed".to_owned(),
        false => format!("failed: {}", failed.join(", ")),
    };
    if let Some(bare) = &f.bare {
        why.push_str(&format!(
            "; of texts without content words and cut to equal length {} %",
            percent(bare.point)
        ));
    }
    Row {
        name,
        about,
        chosen: f.name == chosen,
        real: figure(Some(&f.accuracy)),
        minus_length: figure(Some(&f.minus_length)),
        minus_content: figure(Some(&f.minus_content)),
        answers: figure(f.answers.as_ref()),
        floor: figure(f.floor.as_ref()),
        qualified: f.qualified,
        why,
    }
}

fn figure(e: Option<&Estimate>) -> Figure {
    Figure {
        point: e.map_or("–".to_owned(), |e| percent(e.point)),
        interval: e.map_or(String::new(), |e| format!("[{}, {}]", percent(e.low), percent(e.high))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_chosen_one_is_marked_and_a_refusal_names_its_control() {
        let record = sample::record();
        let rows = rows(&record);
        let chosen: Vec<&str> = rows.iter().filter(|r| r.chosen).map(|r| r.name).collect();
        assert_eq!((rows.len(), chosen), (3, vec!["Joined"]));
        assert!(!rows[0].qualified && rows[0].why == "failed: not content alone", "{}", rows[0].why);
        let bare = InstrumentFigures {
            bare: Some(record.instruments[2].accuracy.clone()),
            ..record.instruments[2].clone()
        };
        assert!(row(&bare, "joined").why.starts_with("all controls passed; of texts without content words"));
        assert!(rows[2].qualified && rows[2].real.interval.starts_with('['));
    }
}
