//! What choices and preferences make of the likelihoods of given replies.

use super::answers::Likelihoods;
use crate::error::Result;
use crate::record::{ChoiceFigures, NormalisedChoices, PreferenceFigures};
use crate::response::{GivenOption, GivenPair, GivenReplies};
use crate::scorers::{OptionLikelihood, log_odds_shift, score_choice};
use crate::stats::{CalibrationError, Resampling};
use crate::suite::{Choice, Judge, Normalisation, Preference, Score, Task};

/// The choice that a task is, if it is one.
pub(super) fn choice(task: &Task) -> Option<&Choice> {
    match &task.judge {
        Judge::Outcome { score: Score::Choice(choice), .. } => Some(choice),
        _ => None,
    }
}

/// What was given the options, with what the options themselves say.
fn likelihoods(choice: &Choice, given: &[GivenOption]) -> Vec<OptionLikelihood> {
    let option = |(text, given): (&String, &GivenOption)| OptionLikelihood {
        sum: given.log_likelihood,
        tokens: given.tokens,
        characters: text.chars().count(),
        unasked: given.unconditional,
    };
    choice.options.iter().zip(given).map(option).collect()
}

/// What all choices and preferences show together; none where there are neither.
///
/// A normalisation is told where every choice has what it takes: a mean over some of them is of another set.
///
/// # Errors
/// When an interval cannot be made.
pub(super) fn figures(
    tasks: &[Task],
    made: &Likelihoods<'_>,
    resampling: &Resampling,
) -> Result<Option<ChoiceFigures>> {
    let (mut choices, mut shifts) = (Vec::new(), Vec::new());
    for task in tasks {
        match (made.get(task.id.as_str()), choice(task)) {
            (Some(GivenReplies::Options(given)), Some(choice)) => {
                choices.push((choice, likelihoods(choice, given)));
            }
            (Some(GivenReplies::Preference(pair)), None) => {
                shifts.push(log_odds_shift(pair.persona, pair.base));
            }
            _ => {}
        }
    }
    if choices.is_empty() && shifts.is_empty() {
        return Ok(None);
    }
    let mut normalisations = Vec::new();
    for by in Normalisation::ALL.into_iter().filter(|_| !choices.is_empty()) {
        let results = choices.iter().map(|(c, options)| score_choice(options, c.answer, by));
        let Some(results) = results.collect::<Option<Vec<_>>>() else { continue };
        let right: Vec<f64> = results.iter().map(|r| r.score).collect();
        let name = format!("choices {by}");
        normalisations.push(NormalisedChoices {
            normalisation: by.id().to_owned(),
            used: choices.iter().filter(|(c, _)| c.by == by).count(),
            right: resampling.bootstrap(&name).within(0.0, 1.0).estimate(&right, "share", true)?,
            chance: choices.iter().map(|(c, _)| 1.0 / c.options.len() as f64).sum::<f64>()
                / choices.len() as f64,
            calibration: CalibrationError::of(
                &results.iter().map(|r| r.confidence).collect::<Vec<_>>(),
                &right.iter().map(|r| *r > 0.5).collect::<Vec<_>>(),
                resampling.seed(&format!("calibration of {name}")),
            )?,
        });
    }
    let preferences = if shifts.len() > 1 {
        let shares: Vec<f64> = shifts.iter().map(|s| f64::from(u8::from(*s > 0.0))).collect();
        Some(PreferenceFigures {
            share: resampling.bootstrap("preferences").within(0.0, 1.0).estimate(&shares, "share", true)?,
            shift: resampling.bootstrap("preference shifts").estimate(&shifts, "nats", true)?,
        })
    } else {
        None
    };
    Ok(Some(ChoiceFigures { normalisations, preferences }))
}

/// Score of a choice, and how a report tells it: every option with what was compared, the chosen one marked. None where the
/// normalisation that it is scored by lacks something.
pub(super) fn told_choice(choice: &Choice, given: &[GivenOption]) -> Option<(f64, String)> {
    let result = score_choice(&likelihoods(choice, given), choice.answer, choice.by)?;
    let lines = choice.options.iter().zip(&result.scores).enumerate().map(|(i, (option, score))| {
        format!("{}{option} ({score:.2})", if i == result.chosen { "→ " } else { "" })
    });
    Some((result.score, lines.collect::<Vec<_>>().join("\n")))
}

/// Score of a preference, and how a report tells it: the reply that the persona shifts to, and by how much.
pub(super) fn told_preference(pair: &Preference, given: &GivenPair) -> (f64, String) {
    let shift = log_odds_shift(given.persona, given.base);
    let chosen = if shift > 0.0 { &pair.text } else { &pair.over };
    (f64::from(u8::from(shift > 0.0)), format!("→ {chosen} ({shift:+.2} nats)"))
}
