//! The curves of a training.

use super::super::curves::{Curves, Series, smooth};
use crate::train::{AdapterRecord, JournalLine, Stepped, TrainingRecord};

/// Steps over which a drawn curve is averaged: a batch holds few examples of each adapter.
const SMOOTHED: usize = 15;
/// Points of a curve; more than these nobody sees apart.
const POINTS: usize = 400;

/// The steps of a journal.
pub(super) fn steps(journal: &[JournalLine]) -> Vec<&Stepped> {
    let mut all = Vec::new();
    for line in journal {
        if let JournalLine::Step { stepped, .. } = line {
            all.push(stepped);
        }
    }
    all
}

/// Training losses, and the held-out ones where there were looks.
pub(super) fn losses(record: &TrainingRecord, journal: &[JournalLine]) -> Curves {
    let all = steps(journal);
    Curves {
        from_zero: false,
        ..curves(
            "Training loss",
            &format!(
                "mean negative log-likelihood of a learned token in nats, running mean over {SMOOTHED} steps"
            ),
            "loss",
            of_adapters(record, &all, |s, i| *s.losses.get(i)?),
            neighbours(all.len()),
        )
    }
}

/// Held-out losses at the looks, all of the same texts; none where nothing is held out.
pub(super) fn heldout(record: &TrainingRecord, journal: &[JournalLine]) -> Option<Curves> {
    let series = record.adapters.iter().enumerate().map(|(i, adapter)| {
        let look = |line: &JournalLine| match line {
            JournalLine::Look { look } => Some((look.step as f64, (*look.losses.get(i)?)?)),
            _ => None,
        };
        Series { name: adapter.name.clone(), points: journal.iter().filter_map(look).collect() }
    });
    let series: Vec<Series> = series.collect();
    series.iter().any(|s| !s.points.is_empty()).then(|| Curves {
        marked: true,
        from_zero: false,
        ..curves(
            "Held-out loss",
            "of the same texts at every look; at step 0: the base without adapters",
            "loss",
            series,
            usize::MAX,
        )
    })
}

/// Norms of the gradients, before clipping.
pub(super) fn norms(record: &TrainingRecord, journal: &[JournalLine]) -> Curves {
    let all = steps(journal);
    curves(
        "Gradient norms",
        &format!("Euclidean, before clipping, running mean over {SMOOTHED} steps"),
        "norm",
        of_adapters(record, &all, |s, i| *s.gradient_norms.get(i)?),
        neighbours(all.len()),
    )
}

/// Learning rates.
pub(super) fn rates(record: &TrainingRecord, journal: &[JournalLine]) -> Curves {
    let all = steps(journal);
    let series = |(i, adapter): (usize, &AdapterRecord)| {
        // As it was, not smoothed: a phase's rate begins at once.
        let rate = |s: &&Stepped| Some((s.step as f64, (*s.learning_rates.get(i)?)? * 1e3));
        Series { name: adapter.name.clone(), points: thinned(all.iter().filter_map(rate).collect()) }
    };
    let series = record.adapters.iter().enumerate().map(series).collect();
    // An adapter without an example in a batch makes no step; without one in many, it does not learn.
    let joined = SMOOTHED.max(neighbours(all.len()));
    curves("Learning rates", "of A; in thousandths", "rate × 1000", series, joined)
}

fn of_adapters(
    record: &TrainingRecord,
    all: &[&Stepped],
    value: impl Fn(&Stepped, usize) -> Option<f64>,
) -> Vec<Series> {
    let series = |(i, adapter): (usize, &AdapterRecord)| {
        let own: Vec<Option<f64>> = all.iter().map(|s| value(s, i)).collect();
        Series { name: adapter.name.clone(), points: thinned(smooth(&own, SMOOTHED)) }
    };
    record.adapters.iter().enumerate().map(series).collect()
}

/// How many steps apart the points of a curve are.
fn spacing(steps: usize) -> usize {
    steps.div_ceil(POINTS).max(1)
}

/// The farthest that two points of a curve, where none is missing, lie apart: the last one may come early.
fn neighbours(steps: usize) -> usize {
    2 * spacing(steps)
}

/// Some of the points, the last one among them.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let every = spacing(points.len());
    let last = points.len().saturating_sub(1);
    points.into_iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last).map(|(_, p)| p).collect()
}

fn curves(title: &str, about: &str, up: &str, series: Vec<Series>, joined: usize) -> Curves {
    Curves {
        title: title.to_owned(),
        about: about.to_owned(),
        across: "step".to_owned(),
        up: up.to_owned(),
        series,
        marked: false,
        from_zero: true,
        joined: Some(joined as f64),
    }
}
