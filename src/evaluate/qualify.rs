//! Which instrument may judge: decided on real text, before the first answer is made.

use super::separability::Instruments;
use super::texts::Texts;
use crate::error::Result;
use crate::example::Example;
use crate::metrics::{GroupIdentification, Identification, Scale, content_baseline, length_baseline};
use crate::record::{InstrumentFigures, Qualification};
use crate::stats::Estimate;
use crate::suite::Instrument;

/// Largest p at which texts count as told apart: real ones, bare ones, and answers by a confound.
pub(super) const SIGNIFICANT: f64 = 0.01;
/// Shuffled labels must reach chance within so many standard errors of their mean over permutations ...
pub(super) const SHUFFLED_ERRORS: f64 = 4.0;
/// ... and this share of chance: leaving a prompt out takes a little more of its own label than of the others.
pub(super) const SHUFFLED_SLACK: f64 = 0.1;

/// Controls on real text that a confound can fail.
const NOT_LENGTH: &str = "not length alone";
const NOT_CONTENT: &str = "not content alone";

/// Real text of the personas, measured and named by the chosen instrument.
pub(super) struct RealText {
    pub texts: Texts,
    pub persona: Identification,
    pub group: Option<GroupIdentification>,
    /// Mean and spread of its style: the scale of every style vector of the run.
    pub scale: Scale,
}

/// The run's instrument.
pub struct Chosen {
    /// What all separability and fidelity figures are measured with.
    pub instrument: Instrument,
    /// Every instrument on the real text; empty without any.
    pub figures: Vec<InstrumentFigures>,
    /// Controls of the instrument; gates on separability and fidelity need all of them.
    pub qualification: Vec<Qualification>,
    pub(super) real: Option<RealText>,
}

impl Instruments<'_> {
    /// Judges the instruments on real text and chooses one, or looks whether the `fixed` one qualifies.
    ///
    /// Of those that pass all controls the best (balanced accuracy) is chosen, of equal ones the simplest. Where none
    /// passes, or not the fixed one, because a confound names so many that nothing could be shown to beat it, as of few
    /// personas with strong voices, each is heard again on bare texts. Where none passes so either, the embedding is shown,
    /// and the failed controls keep its gates from counting.
    ///
    /// # Errors
    /// When the text cannot be embedded, or a persona answers one prompt only.
    pub fn choose(&self, heldout: &[Example], fixed: Option<Instrument>) -> Result<Chosen> {
        let shared: Vec<&Example> = heldout.iter().filter(|e| e.prompt_id.is_some()).collect();
        if shared.is_empty() {
            let finding =
                "the suite names no held-out text, so nothing shows that the instrument hears a voice";
            let missing = Qualification {
                name: "real text above chance".into(),
                finding: finding.into(),
                passed: false,
            };
            let instrument = fixed.unwrap_or(Instrument::Embedding);
            return Ok(Chosen { instrument, figures: Vec::new(), qualification: vec![missing], real: None });
        }
        let texts: Vec<&str> = shared.iter().map(|e| e.output.as_str()).collect();
        let personas: Vec<&str> = shared.iter().map(|e| e.persona.as_str()).collect();
        let prompts: Vec<&str> = shared.iter().filter_map(|e| e.prompt_id.as_deref()).collect();
        let texts = Texts::new(self, &texts, &personas, &prompts)?;
        let scale = Scale::of(&texts.style);
        let length = length_baseline(&texts.texts, &texts.personas, &texts.prompts, &self.resampling)?;
        let content = content_baseline(&texts.texts, &texts.personas, &texts.prompts, &self.resampling)?;
        let (mut found, mut figures) = (Vec::new(), Vec::new());
        for instrument in Instrument::ALL {
            let persona = self.persona(&texts.seen(instrument, Some(&scale))?)?;
            figures.push(self.judged(instrument, &persona, &length, &content)?);
            found.push(persona);
        }
        let place =
            |instrument: Instrument| Instrument::ALL.iter().position(|i| *i == instrument).unwrap_or(0);
        let decided = fixed.map_or_else(
            || figures.iter().any(|f| f.qualified),
            |instrument| figures[place(instrument)].qualified,
        );
        if !decided {
            self.hear_again(&texts, &found, [&length, &content], &mut figures)?;
        }
        let judge = fixed.unwrap_or_else(|| best(&figures));
        let qualification = figures[place(judge)].controls.clone();
        let instrument = if figures[place(judge)].qualified { judge } else { Instrument::Embedding };
        let persona = found.swap_remove(place(instrument));
        let group = self.group(&texts.seen(instrument, Some(&scale))?)?;
        let real = Some(RealText { texts, persona, group, scale });
        Ok(Chosen { instrument, figures, qualification, real })
    }

    /// Gives the instruments that failed on nothing but unbeatable confounds their second way.
    fn hear_again(
        &self,
        texts: &Texts,
        found: &[Identification],
        [length, content]: [&Identification; 2],
        figures: &mut [InstrumentFigures],
    ) -> Result<()> {
        let mut unbeatable = Vec::new();
        for (name, confound) in [(NOT_LENGTH, length), (NOT_CONTENT, content)] {
            if self.is_unbeatable(confound)? {
                unbeatable.push(name);
            }
        }
        let open = |c: &Qualification| c.passed || unbeatable.contains(&c.name.as_str());
        if !figures.iter().any(|f| f.controls.iter().all(open)) {
            return Ok(());
        }
        let bare = self.bare(texts)?;
        for ((instrument, whole), figures) in Instrument::ALL.into_iter().zip(found).zip(figures) {
            if figures.controls.iter().all(open) {
                let named = bare.as_ref().map(|bare| self.name_bare(bare, instrument, whole)).transpose()?;
                figures.controls.iter_mut().filter(|c| !c.passed).for_each(|c| c.judge_bare(named.as_ref()));
                figures.bare = named.map(|named| named.accuracy().clone());
                figures.qualified = figures.controls.iter().all(|c| c.passed);
            }
        }
        Ok(())
    }

    fn judged(
        &self,
        instrument: Instrument,
        persona: &Identification,
        length: &Identification,
        content: &Identification,
    ) -> Result<InstrumentFigures> {
        let less = |name: &str, baseline: &Identification| {
            self.difference(name, &baseline.prompt_scores, &persona.prompt_scores)
        };
        let minus_length = less("real minus length", length)?;
        let minus_content = less("real minus content", content)?;
        let controls = controls(persona, &minus_length, &minus_content, self.resampling.permutations);
        Ok(InstrumentFigures {
            name: instrument.to_string(),
            accuracy: persona.balanced_accuracy.clone(),
            chance: persona.chance,
            p: persona.p,
            shuffled: persona.shuffled,
            minus_length,
            minus_content,
            bare: None,
            qualified: controls.iter().all(|c| c.passed),
            controls,
            answers: None,
            floor: None,
        })
    }
}

/// The best of the qualified instruments, the simplest of equal ones; the embedding where none is.
fn best(figures: &[InstrumentFigures]) -> Instrument {
    let mut best: Option<(Instrument, f64)> = None;
    for (instrument, f) in Instrument::ALL.into_iter().zip(figures).filter(|(_, f)| f.qualified) {
        if best.is_none_or(|(_, accuracy)| f.accuracy.point > accuracy + 1e-12) {
            best = Some((instrument, f.accuracy.point));
        }
    }
    best.map_or(Instrument::Embedding, |(instrument, _)| instrument)
}

/// An instrument's controls on real text, before any adapter is judged.
fn controls(
    real: &Identification,
    over_length: &Estimate,
    over_content: &Estimate,
    permutations: usize,
) -> Vec<Qualification> {
    let b = &real.balanced_accuracy;
    let error = real.shuffled_spread / (permutations as f64).sqrt();
    let control =
        |name: &str, finding: String, passed| Qualification { name: name.to_owned(), finding, passed };
    let beats = |what: &str, e: &Estimate| {
        format!(
            "it beats a classifier that sees only {what} by {:.3} [{:.3}, {:.3}] on real text",
            e.point, e.low, e.high
        )
    };
    vec![
        control(
            "real text above chance",
            format!(
                "real text is named right {:.3} [{:.3}, {:.3}] of the time, chance {:.3}, p = {:.3}",
                b.point, b.low, b.high, real.chance, real.p
            ),
            b.low > real.chance && real.p <= SIGNIFICANT,
        ),
        control(
            "shuffled labels at chance",
            format!(
                "with shuffled labels real text is named right {:.4} of the time (standard error {error:.4}), chance \
                 {:.4}",
                real.shuffled, real.chance
            ),
            (real.shuffled - real.chance).abs() <= SHUFFLED_ERRORS * error + SHUFFLED_SLACK * real.chance,
        ),
        control(NOT_LENGTH, beats("length", over_length), over_length.low > 0.0),
        control(NOT_CONTENT, beats("content words", over_content), over_content.low > 0.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(accuracies: [(f64, bool); 3]) -> Vec<InstrumentFigures> {
        let estimate = |point: f64| Estimate {
            point,
            low: point,
            high: point,
            n: 6,
            unit: "share".into(),
            higher_is_better: true,
            method: Default::default(),
            standard_error: None,
            degrees: None,
        };
        let one = |(instrument, (accuracy, qualified)): (Instrument, (f64, bool))| InstrumentFigures {
            name: instrument.to_string(),
            accuracy: estimate(accuracy),
            chance: 0.1,
            p: 0.001,
            shuffled: 0.1,
            minus_length: estimate(0.1),
            minus_content: estimate(0.1),
            bare: None,
            controls: Vec::new(),
            qualified,
            answers: None,
            floor: None,
        };
        Instrument::ALL.into_iter().zip(accuracies).map(one).collect()
    }

    #[test]
    fn the_best_qualified_instrument_is_chosen_and_the_simplest_of_equal_ones() {
        let chosen = |accuracies| best(&figures(accuracies));
        assert_eq!(chosen([(0.8, true), (0.7, true), (0.9, true)]), Instrument::Joined);
        assert_eq!(chosen([(0.8, true), (0.85, true), (0.9, false)]), Instrument::Style);
        assert_eq!(chosen([(0.8, true), (0.8, true), (0.8, true)]), Instrument::Embedding);
        assert_eq!(chosen([(0.7, false), (0.8, true), (0.8, true)]), Instrument::Style);
        assert_eq!(chosen([(0.7, false), (0.8, false), (0.8, false)]), Instrument::Embedding);
    }
}
