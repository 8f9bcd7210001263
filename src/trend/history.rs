//! The runs of a folder, by suite.

use super::folder::{LeftOut, Runs};
use super::run::{Figure, Run};
use super::series::Series;
use crate::error::{Error, Result};
use serde::Serialize;
use std::collections::BTreeSet;

/// Everything that a trend tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trend {
    /// By suite, the one that ran last first.
    pub suites: Vec<SuiteHistory>,
    /// Folders of runs that could not be read.
    pub left_out: Vec<LeftOut>,
}

/// The runs of one suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuiteHistory {
    /// The suite's name.
    pub suite: String,
    /// Its runs, earliest first.
    pub runs: Vec<Run>,
    /// Gates of the latest run, gates of earlier runs, headline figures.
    pub series: Vec<Series>,
}

/// Groups `runs` by suite and finds the steps of every series; `suite` keeps one suite alone.
///
/// # Errors
/// When no run is finished, `suite` is none of theirs, or an estimate is not finite.
pub fn trend(runs: Runs, suite: Option<&str>) -> Result<Trend> {
    let Runs { mut finished, left_out } = runs;
    if finished.is_empty() {
        let error =
            Error::input("there is no finished run").help("`persona-eval run SUITE --out FOLDER` makes one");
        return Err(match left_out.first() {
            Some(first) => error.expected(format!(
                "a run.json that can be read; left out: {}, for instance {}, {}",
                left_out.len(),
                first.folder.display(),
                first.why
            )),
            None => error.expected("folders that hold a run.json"),
        });
    }
    if let Some(wanted) = suite {
        let known: BTreeSet<String> = finished.iter().map(|r| r.suite.clone()).collect();
        finished.retain(|r| r.suite == wanted);
        if finished.is_empty() {
            return Err(Error::input(format!("no run is of the suite `{wanted}`")).known(wanted, known));
        }
    }
    let mut suites: Vec<SuiteHistory> = Vec::new();
    for run in finished {
        match suites.iter_mut().find(|s| s.suite == run.suite) {
            Some(history) => history.runs.push(run),
            None => {
                suites.push(SuiteHistory { suite: run.suite.clone(), runs: vec![run], series: Vec::new() })
            }
        }
    }
    for history in &mut suites {
        let figures = figures(&history.runs);
        history.series = figures.iter().map(|f| Series::of(f, &history.runs)).collect::<Result<_>>()?;
    }
    suites.sort_by_key(|s| std::cmp::Reverse(s.runs.last().map(|r| r.started)));
    Ok(Trend { suites, left_out })
}

/// Every gate of any run once, those of the latest run first, then the headline figures that no threshold judges: a gate on
/// the change since a baseline does not show the level.
fn figures(runs: &[Run]) -> Vec<Figure> {
    let mut all: Vec<Figure> = Vec::new();
    for figure in runs.iter().rev().flat_map(|r| &r.figures) {
        if all.iter().all(|f| (&f.name, &f.metric) != (&figure.name, &figure.metric)) {
            all.push(figure.clone());
        }
    }
    let judged: BTreeSet<String> =
        all.iter().filter(|f| f.gate.as_ref().is_some_and(|g| !g.change)).map(|f| f.metric.clone()).collect();
    all.retain(|f| f.gate.is_some() || !judged.contains(&f.metric));
    all.sort_by_key(|f| f.gate.is_none());
    all
}
