//! The second way past length and content words: naming texts that have neither.

use super::qualify::SIGNIFICANT;
use super::separability::Instruments;
use super::texts::Texts;
use crate::error::Result;
use crate::metrics::{Identification, bare, length_baseline};
use crate::progress::Silent;
use crate::record::Qualification;
use crate::stats::Estimate;
use crate::suite::Instrument;

/// Bare texts, and how a classifier that sees only length names them.
pub(super) struct Bare {
    texts: Texts,
    length: Identification,
}

/// What an instrument names of bare texts.
pub(super) struct NamedBare {
    named: Identification,
    /// Accuracy less the middle between chance and what it names of the whole texts.
    beyond_half: Estimate,
    /// Accuracy less that by length.
    over_length: Estimate,
}

impl Instruments<'_> {
    /// Whether not even a faultless instrument could be shown to name more than this classifier does.
    ///
    /// # Errors
    /// Never on scores of an identification.
    pub(super) fn is_unbeatable(&self, confound: &Identification) -> Result<bool> {
        let faultless = vec![1.0; confound.prompt_scores.len()];
        Ok(self.difference("faultless", &confound.prompt_scores, &faultless)?.low <= 0.0)
    }

    /// The texts bare of length and content words; none where too little would be left of one.
    ///
    /// # Errors
    /// When they cannot be embedded.
    pub(super) fn bare(&self, texts: &Texts) -> Result<Option<Bare>> {
        let Some(left) = bare(&texts.texts, &texts.prompts)? else { return Ok(None) };
        // Their number is no part of what the progress counts.
        let quiet = Instruments {
            registry: self.registry,
            embedder: self.embedder,
            resampling: self.resampling,
            pairs: Vec::new(),
            progress: &Silent,
        };
        let rows: Vec<usize> = (0..left.len()).collect();
        let left: Vec<&str> = left.iter().map(String::as_str).collect();
        let texts = texts.replaced(&quiet, &rows, &left)?;
        let length = length_baseline(&texts.texts, &texts.personas, &texts.prompts, &self.resampling)?;
        Ok(Some(Bare { texts, length }))
    }

    /// Names bare texts; `whole` is what the instrument names of the whole ones.
    ///
    /// # Errors
    /// Never on texts that were embedded.
    pub(super) fn name_bare(
        &self,
        bare: &Bare,
        instrument: Instrument,
        whole: &Identification,
    ) -> Result<NamedBare> {
        // The style of bare texts is no style of whole ones: its scale is their own.
        let named = self.persona(&bare.texts.seen(instrument, None)?)?;
        let middle: Vec<f64> = whole.prompt_scores.iter().map(|score| (score + whole.chance) / 2.0).collect();
        Ok(NamedBare {
            beyond_half: self.difference("beyond half", &middle, &named.prompt_scores)?,
            over_length: self.difference(
                "bare minus length",
                &bare.length.prompt_scores,
                &named.prompt_scores,
            )?,
            named,
        })
    }
}

impl NamedBare {
    /// How many of the bare texts it names right.
    pub fn accuracy(&self) -> &Estimate {
        &self.named.balanced_accuracy
    }

    fn passed(&self) -> bool {
        let above_chance =
            self.named.balanced_accuracy.low > self.named.chance && self.named.p <= SIGNIFICANT;
        above_chance && self.beyond_half.low > 0.0 && self.over_length.low > 0.0
    }

    fn finding(&self) -> String {
        let with_interval = |e: &Estimate| format!("{:.3} [{:.3}, {:.3}]", e.point, e.low, e.high);
        format!(
            "of the texts bare of content words and of length it names {}, p = {:.3}: {} beyond half of what it names of \
             whole ones, {} more than length does",
            with_interval(&self.named.balanced_accuracy),
            self.named.p,
            with_interval(&self.beyond_half),
            with_interval(&self.over_length)
        )
    }
}

impl Qualification {
    /// Judges a control of a confound that nothing could beat by the bare texts.
    pub(super) fn judge_bare(&mut self, bare: Option<&NamedBare>) {
        self.passed = bare.is_some_and(NamedBare::passed);
        let found = bare.map_or_else(
            || "bare of content words too little is left of a text to go by".to_owned(),
            NamedBare::finding,
        );
        self.finding = format!("{}, and no instrument could be shown to beat it; {found}", self.finding);
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// What an instrument of ten personas names of bare texts: accuracy, its lower end, p, and how far beyond the two others
    /// it lies at least.
    pub fn named_bare(point: f64, low: f64, p: f64, beyond: [f64; 2]) -> NamedBare {
        let persona = crate::report::sample::record().separability.expect("a full sample").persona;
        let estimate = |point: f64, low: f64| Estimate { point, low, ..persona.balanced_accuracy.clone() };
        let [beyond_half, over_length] = beyond.map(|low| estimate(low + 0.1, low));
        let named = Identification { balanced_accuracy: estimate(point, low), p, chance: 0.1, ..persona };
        NamedBare { named, beyond_half, over_length }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::named_bare;

    #[test]
    fn all_that_is_asked_of_bare_texts_must_be_shown() {
        assert!(named_bare(0.7, 0.6, 0.001, [0.1, 0.2]).passed());
        for (what, bare) in [
            ("not above chance", named_bare(0.7, 0.1, 0.001, [0.1, 0.2])),
            ("an accident", named_bare(0.7, 0.6, 0.02, [0.1, 0.2])),
            ("less than half is left", named_bare(0.7, 0.6, 0.001, [0.0, 0.2])),
            ("length does it", named_bare(0.7, 0.6, 0.001, [0.1, 0.0])),
        ] {
            assert!(!bare.passed(), "{what}");
        }
        let finding = named_bare(0.7, 0.6, 0.001, [0.1, 0.2]).finding();
        assert!(finding.contains("it names 0.700 [0.600") && finding.contains("p = 0.001"), "{finding}");
    }
}
