//! What an instruction moves: more less less, paired by persona and prompt.

use crate::error::{Error, Result};
use crate::evaluate::style::hits;
use crate::persona::Registry;
use crate::record::ControlRow;
use crate::response::Response;
use crate::stats::{Resampling, cluster_scores, mean, standard_deviation};
use crate::style::{FEATURES, style_vector};
use crate::suite::{Control, Lever};
use std::collections::BTreeMap;

/// Answers by persona and prompt.
pub(super) type Cells<'a> = BTreeMap<(&'a str, &'a str), &'a Response>;

/// How much of the lever's matter an answer shows.
fn measured(lever: Lever, response: &Response, registry: &Registry) -> Result<Option<f64>> {
    let feature = |name: &str| {
        let place = FEATURES.iter().position(|f| f.name == name).unwrap_or_default();
        Some(f64::from(style_vector(&response.text)[place]))
    };
    Ok(match lever {
        Lever::Length => feature("log_words"),
        Lever::Tone => feature("formality"),
        Lever::Traits => hits(registry.persona(&response.persona)?, &response.text)?,
    })
}

/// The effect of one control over the cells that both ends have.
///
/// # Errors
/// When the ends have fewer than two prompts in common.
pub(super) fn control(
    control: &Control,
    (less, more): (&Cells<'_>, &Cells<'_>),
    registry: &Registry,
    resampling: &Resampling,
) -> Result<ControlRow> {
    let (mut below, mut above, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    let mut prompts: Vec<&str> = Vec::new();
    for (place, response) in less {
        let Some(other) = more.get(place) else { continue };
        let pair = (measured(control.lever, response, registry)?, measured(control.lever, other, registry)?);
        let (Some(a), Some(b)) = pair else { continue };
        let prompt = prompts.iter().position(|p| *p == place.1).unwrap_or_else(|| {
            prompts.push(place.1);
            prompts.len() - 1
        });
        below.push(a);
        above.push(b);
        asked.push(prompt);
    }
    if prompts.len() < 2 {
        return Err(Error::input(format!("the control of {} has fewer than two prompts", control.lever)));
    }
    let by_prompt = |values: Vec<f64>| cluster_scores(&values, &asked, prompts.len());
    let pairs = || below.iter().zip(&above);
    let differences = by_prompt(pairs().map(|(a, b)| b - a).collect())?;
    let moved = pairs().map(|(a, b)| match b.total_cmp(a) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    let moved = by_prompt(moved.collect())?;
    let unit = match control.lever {
        Lever::Length => "ln words",
        Lever::Tone => "formality",
        Lever::Traits => "share",
    };
    let name = format!("control {}", control.lever);
    let effect = resampling.bootstrap(&name).estimate(&differences, unit, true)?;
    let variance = |values: &[f64]| standard_deviation(values).powi(2);
    let spread = ((variance(&below) + variance(&above)) / 2.0).sqrt();
    let told = |values: &[f64]| match control.lever {
        Lever::Length => mean(&values.iter().map(|v| v.exp_m1()).collect::<Vec<_>>()),
        _ => mean(values),
    };
    Ok(ControlRow {
        lever: control.lever.id().to_owned(),
        less: control.less.clone(),
        more: control.more.clone(),
        d: (spread > 1e-12).then(|| effect.point / spread),
        effect,
        moved: resampling
            .bootstrap(&format!("{name} moved"))
            .within(0.0, 1.0)
            .estimate(&moved, "share", true)?,
        mean_less: told(&below),
        mean_more: told(&above),
    })
}
