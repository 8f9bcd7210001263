//! The raw scores of two runs, compared.

use super::between::noise_between;
use super::collapse::{Texts, collapses};
use super::effect::effect;
use super::matched::{Matched, Part};
use super::paired::{Paired, unit_of};
use super::setup::{changed_adapters, differences, same_base, unlike};
use super::taken::taken;
use crate::error::{Error, Result};
use crate::record::{Change, Comparison, Noise, PersonaChange, Scores};
use crate::stats::{Resampling, benjamini_hochberg, holm};
use crate::suite::{METRICS, Raw};
use std::collections::BTreeMap;

/// The metric that tells how far a persona stands apart.
const DISTANCE: &str = "separability.persona.margin";

/// False-discovery rate up to which a persona's loss is told as one.
pub const FOUND: f64 = 0.05;

/// Compares two runs on what both answered; `said` are the texts before and after, where they are kept, and `noise` is what
/// two runs differ by as wholes, where that was measured: without it, intervals speak of prompts alone.
///
/// Answers are matched by persona, prompt and sample, tasks by their id. Prompts are the units: intervals are
/// studentized bootstraps of the paired differences, p flips their signs; Holm over the metrics, Benjamini–Hochberg
/// over the personas. No run is made and nothing is refitted: the raw scores of both sides are used as they are.
///
/// # Errors
/// When a side holds no raw scores, or the two have nothing in common.
pub fn compare(
    before: &Scores,
    after: &Scores,
    said: (&Texts, &Texts),
    noise: Option<&Noise>,
    resampling: &Resampling,
) -> Result<Comparison> {
    for scores in [before, after] {
        if scores.items.is_empty() && scores.tasks.is_empty() && scores.texts.is_empty() {
            return Err(Error::input(format!("the run `{}` holds no raw scores", scores.id))
                .expected("a run that answered shared prompts or tasks")
                .help("records before raw scores were kept cannot be compared: run the suite again"));
        }
    }
    let matched = Matched::new(before, after);
    let mut found: Vec<(&str, Paired)> = Vec::new();
    let mut left_out: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for metric in METRICS.iter().filter(|m| !matches!(m.raw, Raw::None | Raw::Pair)) {
        let units = matched.units(metric.name, Part::Whole);
        let why = unlike(before, after, metric.name);
        if !why.is_empty() && !units.is_empty() {
            left_out.entry(why.join("; ")).or_default().push(metric.name);
            continue;
        }
        let between = noise.and_then(|n| noise_between(n, metric.name, Part::Whole, units.len(), &matched));
        let paired = Paired::new(metric.name, &units, unit_of(metric.name), between, resampling)?;
        found.extend(paired.map(|paired| (metric.name, paired)));
    }
    if found.is_empty() && left_out.is_empty() {
        return Err(Error::input(format!(
            "the runs `{}` and `{}` have no two prompts or tasks in common",
            before.id, after.id
        ))
        .expected("two runs of the same suite"));
    }
    let adjusted = holm(&found.iter().map(|(_, paired)| paired.p).collect::<Vec<_>>())?;
    let metrics = found.into_iter().zip(adjusted).map(|((metric, f), holm)| Change {
        metric: metric.to_owned(),
        before: f.before,
        after: f.after,
        difference: f.difference,
        p: f.p,
        holm,
    });
    let metrics = metrics.collect();
    let alike = unlike(before, after, DISTANCE).is_empty();
    let personas = if alike { personas(&matched, noise, resampling)? } else { Vec::new() };
    let lost = |p: &&PersonaChange| p.q <= FOUND && p.difference.high < 0.0;
    let lost: Vec<&str> = personas.iter().filter(lost).map(|p| p.persona.as_str()).collect();
    // Another base or tokenizer scores text otherwise, whatever the adapter does.
    let same_text = unlike(before, after, "likelihood.own").is_empty() && same_base(before, after);
    let adapters = changed_adapters(&before.provenance, &after.provenance)
        .into_iter()
        .map(|told| {
            let name = told.split(':').next().unwrap_or_default();
            let effect = effect(name, &matched, after).filter(|_| same_text);
            effect.map_or(told.clone(), |effect| format!("{told} ({effect})"))
        })
        .collect();
    Ok(Comparison {
        before: before.id.clone(),
        after: after.id.clone(),
        adapters,
        setup: differences(before, after, &matched),
        matched: matched.items.len(),
        prompts: matched.prompts(),
        collapsed: collapses(&lost, &matched, after, said),
        taken: if alike { taken(&matched.items) } else { Vec::new() },
        left_out: left_out
            .into_iter()
            .map(|(why, metrics)| format!("{} ({why})", metrics.join(", ")))
            .collect(),
        // Needs the embedder: a run fills it in.
        centres: Vec::new(),
        shifts: Vec::new(),
        metrics,
        personas,
        only_before: matched.only_before,
        only_after: matched.only_after,
        reworded: matched.reworded,
    })
}

/// Margins of every persona, paired by prompt.
fn personas(
    matched: &Matched<'_>,
    noise: Option<&Noise>,
    resampling: &Resampling,
) -> Result<Vec<PersonaChange>> {
    let mut changes = Vec::new();
    for persona in matched.personas() {
        let units = matched.units(DISTANCE, Part::Persona(persona));
        let between =
            noise.and_then(|n| noise_between(n, DISTANCE, Part::Persona(persona), units.len(), matched));
        if let Some(f) = Paired::new(&format!("margin {persona}"), &units, "cosine", between, resampling)? {
            let (before, after, difference, p) = (f.before, f.after, f.difference, f.p);
            changes.push(PersonaChange { persona: persona.to_owned(), before, after, difference, p, q: p });
        }
    }
    let q = benjamini_hochberg(&changes.iter().map(|c| c.p).collect::<Vec<_>>())?;
    changes.iter_mut().zip(q).for_each(|(change, q)| change.q = q);
    changes.sort_by(|a, b| a.difference.point.total_cmp(&b.difference.point));
    Ok(changes)
}
