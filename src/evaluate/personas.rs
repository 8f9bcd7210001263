//! The personas of a run, and each one's figures.

use super::options::EvaluateOptions;
use super::system::System;
use crate::error::Result;
use crate::persona::Registry;
use crate::record::{PersonaFigures, PersonaRow, SeparabilityFigures};
use crate::stats::Estimate;
use crate::suite::Suite;
use std::collections::BTreeMap;

/// Who took part, in registry order.
pub(super) fn persona_rows(suite: &Suite, registry: &Registry, system: &System) -> Result<Vec<PersonaRow>> {
    suite
        .personas
        .iter()
        .map(|id| {
            let p = registry.persona(id)?;
            Ok(PersonaRow {
                id: id.clone(),
                category: p.category.label().to_owned(),
                group: p.group().to_owned(),
                blend: system.blends.get(id).cloned().unwrap_or_default(),
                voice: p.voice.clone(),
                traits: p.traits.iter().map(|t| t.id().to_owned()).collect(),
            })
        })
        .collect()
}

/// Margin, recall, confusion and traits of each persona; none where separability was not measured.
pub(super) fn persona_figures(
    figures: Option<&SeparabilityFigures>,
    hit_rates: &BTreeMap<String, Estimate>,
    options: &EvaluateOptions,
) -> Result<Vec<PersonaFigures>> {
    let Some(figures) = figures else { return Ok(Vec::new()) };
    let resampling = options.resampling();
    let margins = figures.persona.margin_estimates(&resampling)?;
    let floor = figures.floor.as_ref().map(|f| f.persona.margin_estimates(&resampling)).transpose()?;
    let recalls = figures.persona.confusion.recalls();
    let rows = figures.persona.labels.iter().enumerate().map(|(i, id)| {
        let counts = &figures.persona.confusion.counts[i];
        let taken = counts.iter().enumerate().filter(|(j, n)| *j != i && **n > 0);
        let most = taken.max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(&a.0)));
        PersonaFigures {
            persona: id.clone(),
            margin: margins[i].clone(),
            floor_margin: floor.as_ref().and_then(|f| f.get(i)).cloned(),
            recall: recalls[i],
            confused_with: most.map(|(j, _)| figures.persona.labels[j].clone()),
            confused: most.map_or(0, |(_, n)| *n),
            trait_hit_rate: hit_rates.get(id).cloned(),
        }
    });
    Ok(rows.collect())
}
