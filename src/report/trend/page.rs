//! The page of a trend: one file that needs no network and no script.

use super::super::forest::look;
use super::super::gates::word;
use super::super::number::{self, count, figure, signed};
use super::super::palette::{Ink, Marker};
use super::super::svg::{legend_mark, svg_named};
use super::chart::{chart, numbered};
use super::path::link;
use crate::compare::{changed_adapters, changed_setup};
use crate::error::{Error, Result};
use crate::record::Verdict;
use crate::trend::{ALPHA, LeftOut, Run, Series, Step, SuiteHistory, Trend};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use std::path::Path;

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = concat!(include_str!("../style.css"), include_str!("style.css"));
/// Nothing is loaded and nothing runs.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

#[derive(Serialize)]
struct Page<'a> {
    policy: &'static str,
    css: &'static str,
    title: String,
    suites: Vec<Suite<'a>>,
    left_out: Vec<(String, &'a str)>,
    legend: Vec<(String, &'static str)>,
    level: String,
}

#[derive(Serialize)]
struct Suite<'a> {
    name: &'a str,
    verdict: &'static str,
    about: String,
    answer: String,
    steps: Vec<StepRow<'a>>,
    charts: Vec<Chart<'a>>,
    runs: Vec<RunRow<'a>>,
}

/// All steps at one run.
#[derive(Serialize)]
struct StepRow<'a> {
    number: usize,
    id: &'a str,
    link: Option<String>,
    date: String,
    moved: Vec<Moved<'a>>,
    changed: Vec<String>,
}

#[derive(Serialize)]
struct Moved<'a> {
    name: &'a str,
    before: String,
    after: String,
    change: String,
    worse: bool,
}

#[derive(Serialize)]
struct Chart<'a> {
    name: &'a str,
    metric: &'a str,
    svg: String,
    verdict: Option<&'static str>,
    figure: String,
    bound: &'a str,
    /// Whether it shows the worst persona or group of each run.
    parts: bool,
    steps: Vec<(usize, String)>,
}

#[derive(Serialize)]
struct RunRow<'a> {
    id: &'a str,
    link: Option<String>,
    date: String,
    verdict: &'static str,
    trial: bool,
    gates: String,
    base: &'a str,
    seed: u64,
    version: &'a str,
    changed: Option<Vec<String>>,
}

/// The page of a trend, for a file in `folder`. Every text is escaped.
///
/// # Errors
/// When the template does not fit the trend, which is a bug.
pub(super) fn html(trend: &Trend, folder: &Path) -> Result<String> {
    let suites: Vec<Suite<'_>> =
        trend.suites.iter().enumerate().map(|(place, history)| suite(place, history, folder)).collect();
    let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive];
    let entry = |(ink, marker): (Ink, Marker), text| (legend_mark(marker, &ink.class()), text);
    let mut legend: Vec<(String, &str)> = verdicts.into_iter().map(|v| entry(look(v), word(v))).collect();
    legend.push(entry((Ink::Right, Marker::Circle), "a figure that no gate judges"));
    let page = Page {
        policy: POLICY,
        css: STYLE,
        title: trend.suites.iter().map(|s| s.suite.as_str()).collect::<Vec<_>>().join(", "),
        left_out: trend.left_out.iter().map(|l| left_out(l, folder)).collect(),
        suites,
        legend,
        level: format!("{:.0}", 100.0 * ALPHA),
    };
    render(page).map_err(|e| Error::cannot_run("trend.html cannot be rendered").because(e))
}

/// The folder as it lies from the page's own, where it lies below, and why it was left out.
fn left_out<'a>(left_out: &'a LeftOut, folder: &Path) -> (String, &'a str) {
    let shown = left_out.folder.strip_prefix(folder).unwrap_or(&left_out.folder);
    (shown.display().to_string(), left_out.why.as_str())
}

fn render(page: Page<'_>) -> std::result::Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // The name's ending turns escaping on.
    environment.add_template("trend.html", TEMPLATE)?;
    environment.get_template("trend.html")?.render(Serde(page))
}

fn suite<'a>(place: usize, history: &'a SuiteHistory, folder: &Path) -> Suite<'a> {
    let runs = &history.runs;
    let last = runs.iter().rev().find(|r| !r.trial).or(runs.last());
    let trials = runs.iter().filter(|r| r.trial).count();
    let date = |run: Option<&Run>| run.map_or(String::new(), |r| r.started.format("%Y-%m-%d").to_string());
    let mut about =
        format!("{} from {} to {}", count(runs.len(), "run"), date(runs.first()), date(runs.last()));
    if trials > 0 {
        about.push_str(&format!(", {} with --limit", count(trials, "trial run")));
    }
    let steps = steps(history, folder);
    let answer = match steps.first() {
        None if runs.len() < 2 => "One run has no trend yet.".to_owned(),
        None => "No gate changed its level.".to_owned(),
        Some(latest) => {
            let stepped = history.series.iter().filter(|s| !s.steps.is_empty()).count();
            let of = history.series.len();
            format!(
                "{stepped} of {} changed level; the latest step is of {}.",
                count(of, "figure"),
                latest.date
            )
        }
    };
    Suite {
        name: &history.suite,
        verdict: last.map_or("open", verdict),
        about,
        answer,
        charts: history
            .series
            .iter()
            .enumerate()
            .map(|(i, s)| card(&format!("c{place}-{i}"), s, history))
            .collect(),
        runs: (0..runs.len()).rev().map(|i| row(runs, i, folder)).collect(),
        steps,
    }
}

fn verdict(run: &Run) -> &'static str {
    run.verdict.map_or("open", word)
}

fn report(run: &Run, folder: &Path) -> Option<String> {
    link(folder, &run.folder.join("report.html"))
}

/// Steps by run, the latest first.
fn steps<'a>(history: &'a SuiteHistory, folder: &Path) -> Vec<StepRow<'a>> {
    let at = |(i, run): (usize, usize)| {
        let mine: Vec<(&Series, &Step)> = history
            .series
            .iter()
            .flat_map(|series| series.steps.iter().map(move |step| (series, step)))
            .filter(|(_, step)| step.run == run)
            .collect();
        let moved = |(series, step): &(&'a Series, &Step)| Moved {
            name: &series.name,
            before: figure(step.before),
            after: figure(step.after),
            change: signed(step.change()),
            worse: step.worse,
        };
        StepRow {
            number: i + 1,
            id: &history.runs[run].id,
            link: report(&history.runs[run], folder),
            date: history.runs[run].started.format("%Y-%m-%d").to_string(),
            moved: mine.iter().map(moved).collect(),
            changed: mine.first().map(|(_, step)| step.changed.clone()).unwrap_or_default(),
        }
    };
    numbered(history).into_iter().enumerate().rev().map(at).collect()
}

fn card<'a>(name: &str, series: &'a Series, history: &'a SuiteHistory) -> Chart<'a> {
    let last = series.last();
    let gate = last.and_then(|p| p.gate.as_ref());
    let figure = last.and_then(|p| p.estimate.as_ref()).map_or("not judged".to_owned(), number::estimate);
    let steps = series.steps.len();
    let parts = gate.is_some_and(|g| g.worst_part);
    let description = format!(
        "{} over {}: last {figure}, {}",
        series.name,
        count(series.points.len(), "run"),
        match (parts, steps) {
            (true, _) => "the worst of its parts".to_owned(),
            (false, 0) => "no step".to_owned(),
            (false, steps) => count(steps, "step"),
        }
    );
    let numbers = numbered(history);
    let told = |step: &Step| {
        let number = numbers.iter().position(|run| *run == step.run).map_or(0, |i| i + 1);
        let levels = (number::figure(step.before), number::figure(step.after));
        (number, format!("{} → {} ({})", levels.0, levels.1, signed(step.change())))
    };
    Chart {
        name: &series.name,
        metric: &series.metric,
        svg: svg_named(&chart(series, history), "chart", name, &description),
        verdict: gate.map(|g| word(g.verdict)),
        figure,
        bound: gate.map_or("", |g| g.bound.as_str()),
        parts,
        steps: series.steps.iter().map(told).collect(),
    }
}

fn row<'a>(runs: &'a [Run], place: usize, folder: &Path) -> RunRow<'a> {
    let run = &runs[place];
    let said = |verdict: Verdict| {
        run.figures.iter().filter(|f| f.gate.as_ref().is_some_and(|g| g.verdict == verdict)).count()
    };
    let counts =
        [(Verdict::Pass, "passed"), (Verdict::Fail, "failed"), (Verdict::Inconclusive, "inconclusive")];
    let told = counts.into_iter().map(|(v, word)| (said(v), word)).filter(|(n, _)| *n > 0);
    let changed = place.checked_sub(1).map(|before| {
        let (a, b) = (&runs[before].provenance, &run.provenance);
        let mut changed: Vec<String> =
            changed_adapters(a, b).into_iter().map(|c| format!("adapter {c}")).collect();
        changed.extend(changed_setup(a, b));
        changed
    });
    RunRow {
        id: &run.id,
        link: report(run, folder),
        date: run.started.format("%Y-%m-%d %H:%M").to_string(),
        verdict: verdict(run),
        trial: run.trial,
        gates: told.map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", "),
        base: &run.provenance.base,
        seed: run.provenance.seed,
        version: &run.provenance.version,
        changed,
    }
}
