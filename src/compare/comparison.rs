//! Two records, compared.

use super::change::{Change, Paired, PersonaChange};
use super::matched::{Matched, Place};
use super::setup::{adapters, differences};
use crate::error::{Error, Result};
use crate::record::{Item, Record};
use crate::stats::{Resampling, benjamini_hochberg, holm};
use serde::Serialize;
use std::collections::BTreeMap;

/// What changed from one run to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The first run's id.
    pub before: String,
    /// The second run's id.
    pub after: String,
    /// Adapters whose files differ, as sentences with the beginnings of their hashes.
    pub adapters: Vec<String>,
    /// What else differs between the two, as sentences; adapters are expected to.
    pub setup: Vec<String>,
    /// Answers that both runs have.
    pub matched: usize,
    /// Answers that only the first run has.
    pub only_before: Vec<Place>,
    /// Answers that only the second run has.
    pub only_after: Vec<Place>,
    /// The metrics.
    pub metrics: Vec<Change>,
    /// The personas' margins, the largest loss first.
    pub personas: Vec<PersonaChange>,
}

type Score = fn(&Item) -> Option<f64>;

/// Compares two runs on what both answered.
///
/// Answers are matched by persona, prompt and sample, tasks by their id. Prompts are the units: intervals are
/// studentized bootstraps of the paired differences, p flips their signs; Holm over the metrics, Benjamini–Hochberg
/// over the personas. No run is made and nothing is refitted: the raw scores of both records are used as they are.
///
/// # Errors
/// When a record holds no raw scores, or the two have nothing in common.
pub fn compare(before: &Record, after: &Record, resampling: &Resampling) -> Result<Comparison> {
    for record in [before, after] {
        if record.items.is_empty() && record.tasks.is_none() {
            return Err(Error::input(format!("the run `{}` holds no raw scores", record.id))
                .expected("a run that answered shared prompts or tasks")
                .help("records before raw scores were kept cannot be compared: run the suite again"));
        }
    }
    let matched = Matched::new(before, after);
    let groups: BTreeMap<&str, &str> =
        before.personas.iter().map(|p| (p.id.as_str(), p.group.as_str())).collect();
    let mut found: Vec<(String, Paired)> = Vec::new();
    let of_items: [(&str, Score, bool, &str); 4] = [
        ("separability.persona.balanced_accuracy", |i| i.named, false, "share"),
        ("separability.persona.margin", |i| i.margin, false, "cosine"),
        ("separability.group.balanced_accuracy", |i| i.group_named, true, "share"),
        ("style.hit_rate", |i| i.traits, false, "share"),
    ];
    for (name, score, by_group, unit) in of_items {
        let units = matched.by_prompt(score, |id| groups.get(id).copied().filter(|_| by_group));
        found.extend(Paired::new(name, &units, unit, resampling)?.map(|paired| (name.to_owned(), paired)));
    }
    for (name, units) in task_units(before, after) {
        found.extend(Paired::new(&name, &units, "share", resampling)?.map(|paired| (name, paired)));
    }
    if found.is_empty() {
        return Err(Error::input(format!(
            "the runs `{}` and `{}` have no two prompts or tasks in common",
            before.id, after.id
        ))
        .expected("two runs of the same suite"));
    }
    let adjusted = holm(&found.iter().map(|(_, paired)| paired.p).collect::<Vec<_>>())?;
    let metrics = found.into_iter().zip(adjusted).map(|((metric, f), holm)| Change {
        metric,
        before: f.before,
        after: f.after,
        difference: f.difference,
        p: f.p,
        holm,
    });
    let metrics = metrics.collect();
    Ok(Comparison {
        before: before.id.clone(),
        after: after.id.clone(),
        adapters: adapters(before, after),
        setup: differences(before, after),
        matched: matched.pairs.len(),
        metrics,
        personas: personas(&matched, resampling)?,
        only_before: matched.only_before,
        only_after: matched.only_after,
    })
}

/// Scores of the tasks that both runs have, by the metric's name.
fn task_units(before: &Record, after: &Record) -> BTreeMap<String, Vec<(f64, f64)>> {
    let mut units: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let (Some(old), Some(new)) = (&before.tasks, &after.tasks) else { return units };
    let scores: BTreeMap<&str, f64> = new.items.iter().map(|i| (i.id.as_str(), i.score)).collect();
    for item in &old.items {
        if let Some(score) = scores.get(item.id.as_str()) {
            for name in ["task.score".to_owned(), format!("task.{}", item.outcome)] {
                units.entry(name).or_default().push((item.score, *score));
            }
        }
    }
    units
}

/// Margins of every persona, paired by prompt.
fn personas(matched: &Matched<'_>, resampling: &Resampling) -> Result<Vec<PersonaChange>> {
    let mut changes = Vec::new();
    for (persona, own) in matched.by_persona() {
        let units = own.by_prompt(|i| i.margin, |_| None);
        if let Some(f) = Paired::new(&format!("margin {persona}"), &units, "cosine", resampling)? {
            let (before, after, difference, p) = (f.before, f.after, f.difference, f.p);
            changes.push(PersonaChange { persona: persona.to_owned(), before, after, difference, p, q: p });
        }
    }
    let q = benjamini_hochberg(&changes.iter().map(|c| c.p).collect::<Vec<_>>())?;
    changes.iter_mut().zip(q).for_each(|(change, q)| change.q = q);
    changes.sort_by(|a, b| a.difference.point.total_cmp(&b.difference.point));
    Ok(changes)
}
