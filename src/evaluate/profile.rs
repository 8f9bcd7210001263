//! Indices of the answers by persona, answers that are not English, and how far the trait scores can be believed.

use crate::error::Result;
use crate::example::Example;
use crate::persona::Registry;
use crate::record::{PersonaIndices, ProfileFigures, Warning};
use crate::response::Response;
use crate::stats::{Resampling, mean};
use crate::style::{INDICES, LabelledText, Language, Markup, Text, calibrate_traits, language, profiles};

/// Resamples of the areas under the curve: their intervals are read, not judged.
const RESAMPLES: usize = 1_000;
/// Share of answers in another language from which a reader is warned.
const FOREIGN: f64 = 0.02;

/// Indices of every persona's answers, their means over the answers that have them; traits are calibrated on `real`.
///
/// # Errors
/// An unknown persona.
pub(super) fn measure(
    registry: &Registry,
    personas: &[String],
    trained: &[Response],
    real: &[Example],
    resampling: &Resampling,
) -> Result<ProfileFigures> {
    let texts: Vec<&str> = trained.iter().map(|r| r.text.as_str()).collect();
    let measured = profiles(&texts);
    let other = |text: &&str| language(&Text::new(text), &Markup::of(text)) == Some(Language::Other);
    let foreign: Vec<bool> = texts.iter().map(other).collect();
    let of = |id: &str| {
        let own: Vec<usize> = (0..trained.len()).filter(|i| trained[*i].persona == id).collect();
        let index = |name: &str| {
            let values: Vec<f64> = own.iter().filter_map(|i| measured[*i].get(name)).collect();
            (!values.is_empty()).then(|| mean(&values))
        };
        PersonaIndices {
            persona: id.to_owned(),
            means: INDICES.iter().map(|i| index(i.name)).collect(),
            foreign: own.iter().filter(|i| foreign[**i]).count(),
        }
    };
    // What a persona declares is what its texts are asked for, whatever single examples are marked with.
    let declared: Vec<Vec<String>> = real
        .iter()
        .map(|e| Ok(registry.persona(&e.persona)?.traits.iter().map(|t| t.id().to_owned()).collect()))
        .collect::<Result<_>>()?;
    let labelled: Vec<LabelledText<'_>> = real
        .iter()
        .zip(&declared)
        .map(|(e, traits)| LabelledText { text: &e.output, persona: &e.persona, traits })
        .collect();
    let traits = if labelled.is_empty() {
        Vec::new()
    } else {
        calibrate_traits(&labelled, &Resampling { resamples: RESAMPLES, ..*resampling })?
    };
    Ok(ProfileFigures {
        indices: INDICES.iter().map(|i| i.name.to_owned()).collect(),
        personas: personas.iter().map(|id| of(id)).collect(),
        foreign: foreign.iter().filter(|f| **f).count(),
        answers: trained.len(),
        traits,
        labelled: labelled.len(),
    })
}

/// What a reader must know of answers that are not English: word lists and readability speak of English alone.
pub(super) fn foreign(figures: &ProfileFigures) -> Option<Warning> {
    let share = figures.foreign as f64 / figures.answers.max(1) as f64;
    (share > FOREIGN).then(|| Warning {
        what: format!("{} of {} answers are not in English", figures.foreign, figures.answers),
        help: "style, traits and readability are measured for English; of these answers they say little"
            .to_owned(),
    })
}
