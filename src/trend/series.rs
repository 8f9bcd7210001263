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
    /// Where its level changed, earliest first; trial runs are not asked.
    pub steps: Vec<Step>,
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
        // A run from before the gate may hold its figure all the same.
        let alike = |f: &&Figure| f.gate.is_none() && f.metric == figure.metric;
        let point = |(run, r): (usize, &Run)| {
            let found = r.figures.iter().find(same).or_else(|| r.figures.iter().find(alike))?;
            Some(Point { run, trial: r.trial, estimate: found.estimate.clone(), gate: found.gate.clone() })
        };
        let points: Vec<Point> = runs.iter().enumerate().filter_map(point).collect();
        let steps = steps(&points, runs)?;
        Ok(Self { name: figure.name.clone(), metric: figure.metric.clone(), points, steps })
    }

    /// The last point of a full run that was measured, else of any run.
    pub fn last(&self) -> Option<&Point> {
        let measured = || self.points.iter().rev().filter(|p| p.estimate.is_some());
        measured().find(|p| !p.trial).or_else(|| measured().next())
    }
}

fn steps(points: &[Point], runs: &[Run]) -> Result<Vec<Step>> {
    let full: Vec<(usize, &Estimate)> =
        points.iter().filter(|p| !p.trial).filter_map(|p| Some((p.run, p.estimate.as_ref()?))).collect();
    let series: Vec<(f64, f64)> = full.iter().map(|(_, e)| (e.point, error(e))).collect();
    let levels = levels(&series, ALPHA)?;
    let step = |pair: &[crate::stats::Level]| {
        let ((previous, _), (run, e)) = (full[pair[1].from - 1], full[pair[1].from]);
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
