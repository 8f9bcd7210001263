//! Raw scores of the answers to the shared prompts.

use super::style::hits;
use crate::error::Result;
use crate::persona::Registry;
use crate::record::{Item, SeparabilityFigures};
use crate::response::Response;
use crate::style::Text;

/// ln(1 + words) of an answer.
pub(super) fn length(text: &str) -> f64 {
    (Text::new(text).words().len() as f64).ln_1p()
}

/// To a millionth, as a baseline keeps it: the same answers then have the same scores in both.
fn rounded(score: f64) -> f64 {
    (score * 1e6).round() / 1e6
}

/// One item an answer, in the answers' order, which is the order of the figures' rows and of `fidelity`.
///
/// # Errors
/// When a persona is unknown.
pub(super) fn items(
    trained: &[Response],
    figures: Option<&SeparabilityFigures>,
    fidelity: &[f64],
    registry: &Registry,
) -> Result<Vec<Item>> {
    let share = |right: bool| f64::from(u8::from(right));
    let group = figures.and_then(|f| f.group.as_ref()).map(|g| &g.leave_prompt_out.margins);
    let one = |(i, r): (usize, &Response)| {
        Ok(Item {
            persona: r.persona.clone(),
            prompt_id: r.prompt_id.clone(),
            sample: r.sample,
            named: figures.map(|f| share(f.persona.predicted[i] == f.persona.actual[i])),
            group_named: group.map(|margins| share(margins[i] > 0.0)),
            margin: figures.map(|f| rounded(f.persona.margins[i])),
            fidelity: fidelity.get(i).copied().map(rounded),
            nearest: figures.map(|f| f.persona.labels[f.persona.others[i]].clone()),
            traits: hits(registry.persona(&r.persona)?, &r.text)?.map(rounded),
            length: Some(rounded(length(&r.text))),
        })
    };
    trained.iter().enumerate().map(one).collect()
}
