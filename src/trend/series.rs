//! One gate, or one headline figure, over the runs of a suite.

use super::run::{Figure, Judged, Run};
use crate::compare::{changed_adapters, changed_setup};
use crate::error::Result;
use crate::stats::{Estimate, Method, levels, normal_quantile};
use serde::Serialize;

/// Chance that noise alone shows a step in a series.
pub const ALPHA: f64 = 0.05;

/// A figure over the runs of a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// The gate's name, or what the headline figure is.
    pub name: String,
    /// The metric's dotted name.
    pub metric: String,
    /// One point for each run that has the gate, earliest first.
    pub points: Vec<Point>,
    /// Where its level changed, earliest first; trial runs are not asked. None is looked for across a new baseline, whose
    /// changes start from elsewhere, nor in a gate on parts, whose worst one is another from run to run.
    pub steps: Vec<Step>,
    /// Runs that are the first against another baseline: their places among those of the suite.
    pub rebased: Vec<usize>,
}

/// A figure in one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The run's place among those of the suite.
    pub run: usize,
    /// Whether it is a trial run, which no step rests on.
    pub trial: bool,
    /// What was measured.
    pub estimate: Option<Estimate>,
    /// Threshold and verdict, where it is a gate.
    pub gate: Option<Judged>,
}

/// A change of a series' level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The first run of the new level: its place among those of the suite.
    pub run: usize,
    /// The last run of the old level.
    pub previous: usize,
    /// The old level, in the unit of the estimates.
    pub before: f64,
    /// The new level.
    pub after: f64,
    /// Whether the change is for the worse, as the metric counts.
    pub worse: bool,
    /// What differs between the two runs, as sentences; adapters first.
    pub changed: Vec<String>,
}

impl Step {
    /// New level less old level.
    pub fn change(&self) -> f64 {
        self.after - self.before
    }
}

impl Series {
    /// The series of `figure` over `runs`, which are of one suite and in the order of time.
    ///
    /// # Errors
    /// When an estimate is not finite.
    pub(super) fn of(figure: &Figure, runs: &[Run]) -> Result<Self> {
        let same = |f: &&Figure| f.name == figure.name && f.metric == figure.metric;
        // A run from before the gate may hold its figure all the same; the level is no change since a baseline.
        let level = figure.gate.as_ref().is_none_or(|g| !g.change);
        let alike = |f: &&Figure| level && f.gate.is_none() && f.metric == figure.metric;
        let point = |(run, r): (usize, &Run)| {
            let found = r.figures.iter().find(same).or_else(|| r.figures.iter().find(alike))?;
            Some(Point { run, trial: r.trial, estimate: found.estimate.clone(), gate: found.gate.clone() })
        };
        let points: Vec<Point> = runs.iter().enumerate().filter_map(point).collect();
        let full: Vec<Measured<'_>> = points.iter().filter_map(Measured::of).collect();
        let mut found = Vec::new();
        let stretches: Vec<&[Measured<'_>]> = full.chunk_by(|a, b| a.baseline == b.baseline).collect();
        for stretch in &stretches {
            // All stretches share the chance of a step that is none.
            found.extend(steps(stretch, runs, ALPHA / stretches.len() as f64)?);
        }
        let another = |pair: &[Measured<'_>]| (pair[0].baseline != pair[1].baseline).then_some(pair[1].run);
        let rebased = full.windows(2).filter_map(another).collect();
        Ok(Self { name: figure.name.clone(), metric: figure.metric.clone(), points, steps: found, rebased })
    }

    /// The point of the last full run, measured or not, else of the last run: an earlier run's verdict would look like its.
    pub fn last(&self) -> Option<&Point> {
        self.points.iter().rev().find(|p| !p.trial).or(self.points.last())
    }
}

/// A point of a full run that was measured.
struct Measured<'a> {
    run: usize,
    estimate: &'a Estimate,
    baseline: Option<&'a str>,
    worst_part: bool,
}

impl<'a> Measured<'a> {
    fn of(point: &'a Point) -> Option<Self> {
        let estimate = point.estimate.as_ref().filter(|_| !point.trial)?;
        let gate = point.gate.as_ref();
        Some(Self {
            run: point.run,
            estimate,
            baseline: gate.and_then(|g| g.baseline.as_deref()),
            worst_part: gate.is_some_and(|g| g.worst_part),
        })
    }
}

fn steps(stretch: &[Measured<'_>], runs: &[Run], alpha: f64) -> Result<Vec<Step>> {
    if stretch.iter().any(|m| m.worst_part) {
        return Ok(Vec::new());
    }
    let series: Vec<(f64, f64)> = stretch.iter().map(|m| (m.estimate.point, error(m.estimate))).collect();
    let levels = levels(&series, alpha)?;
    let step = |pair: &[crate::stats::Level]| {
        let (last, first) = (&stretch[pair[1].from - 1], &stretch[pair[1].from]);
        let (previous, run, e) = (last.run, first.run, first.estimate);
        let (before, after) = (pair[0].mean, pair[1].mean);
        let (a, b) = (&runs[previous].provenance, &runs[run].provenance);
        let mut changed: Vec<String> =
            changed_adapters(a, b).into_iter().map(|c| format!("adapter {c}")).collect();
        changed.extend(changed_setup(a, b));
        Step { run, previous, before, after, worse: (after < before) == e.higher_is_better, changed }
    };
    Ok(levels.windows(2).map(step).collect())
}

/// The standard error that an interval of 95 % speaks of; 0 where the interval says nothing of the noise.
fn error(e: &Estimate) -> f64 {
    if e.method == Method::NoSpread { 0.0 } else { e.half_width() / normal_quantile(0.975) }
}
