//! Multiple choice by likelihood, and preference between two replies.

use crate::suite::Normalisation;

/// What a model gave one option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptionLikelihood {
    /// Natural log-likelihood after the prompt, summed over tokens.
    pub sum: f64,
    /// Tokens of the option, at least 1; none where they are not known.
    pub tokens: Option<usize>,
    /// Characters of the option, at least 1.
    pub characters: usize,
    /// The sum by the plain base model that was asked nothing; none where it is not known.
    pub unasked: Option<f64>,
}

impl OptionLikelihood {
    /// What options are held against each other by; none where what it takes is not known.
    pub fn score(&self, by: Normalisation) -> Option<f64> {
        match by {
            Normalisation::Sum => Some(self.sum),
            Normalisation::Tokens => Some(self.sum / self.tokens?.max(1) as f64),
            Normalisation::Characters => Some(self.sum / self.characters.max(1) as f64),
            Normalisation::Unconditional => Some(self.sum - self.unasked?),
        }
    }
}

/// Which option a model finds most likely.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceResult {
    /// 1 where it is the right one, else 0.
    pub score: f64,
    /// Index of the chosen option.
    pub chosen: usize,
    /// What was compared, by option.
    pub scores: Vec<f64>,
    /// Softmax of `scores` at the chosen option, in [1/options, 1]: how sure the choice is.
    pub confidence: f64,
}

/// Chooses the option with the largest score; the first among equals. None where an option has no score.
pub fn score_choice(options: &[OptionLikelihood], answer: usize, by: Normalisation) -> Option<ChoiceResult> {
    let scores: Vec<f64> = options.iter().map(|o| o.score(by)).collect::<Option<_>>()?;
    scores.first()?;
    let mut chosen = 0;
    for (i, score) in scores.iter().enumerate() {
        if *score > scores[chosen] {
            chosen = i;
        }
    }
    let total: f64 = scores.iter().map(|s| (s - scores[chosen]).exp()).sum();
    Some(ChoiceResult {
        score: f64::from(u8::from(chosen == answer)),
        chosen,
        scores,
        confidence: 1.0 / total,
    })
}

/// How much further towards the first of two replies a persona leans than the plain base model, in nats:
/// (log p(a) − log p(b)) under the persona's tag and blend, less the same under the base without either.
///
/// What the replies owe to their own words and length is on both sides and cancels. It is the margin of the implicit reward of
/// direct preference optimisation (Rafailov et al. 2023, eq. 7 without β), with the plain base as the reference.
pub fn log_odds_shift(persona: [f64; 2], base: [f64; 2]) -> f64 {
    (persona[0] - persona[1]) - (base[0] - base[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// lm-eval 0.4.13 on the same four figures an option: `acc` takes the largest sum, `acc_norm` the largest sum a character,
    /// `acc_mutual_info` the largest difference.
    #[test]
    fn each_normalisation_can_choose_another_option() {
        let option = |sum, tokens, characters, unasked| OptionLikelihood {
            sum,
            tokens: Some(tokens),
            characters,
            unasked: Some(unasked),
        };
        let options = [
            option(-1.0, 1, 2, -1.5),
            option(-1.5, 3, 6, -1.6),
            option(-2.0, 3, 20, -2.1),
            option(-9.0, 4, 8, -20.0),
        ];
        let chosen = |by| score_choice(&options, 1, by).unwrap().chosen;
        assert_eq!(chosen(Normalisation::Sum), 0);
        assert_eq!(chosen(Normalisation::Tokens), 1);
        assert_eq!(chosen(Normalisation::Characters), 2);
        assert_eq!(chosen(Normalisation::Unconditional), 3);
        let result = score_choice(&options[..2], 1, Normalisation::Tokens).unwrap();
        assert_eq!((result.score, result.scores.clone()), (1.0, vec![-1.0, -0.5]));
        assert!((result.confidence - 1.0 / (1.0 + (-0.5f64).exp())).abs() < 1e-12);
    }

    #[test]
    fn without_what_a_normalisation_takes_there_is_no_choice_by_it() {
        let whole = OptionLikelihood { sum: -1.0, tokens: Some(1), characters: 2, unasked: Some(-2.0) };
        for (other, unknown) in [
            (OptionLikelihood { tokens: None, ..whole }, Normalisation::Tokens),
            (OptionLikelihood { unasked: None, ..whole }, Normalisation::Unconditional),
        ] {
            for by in Normalisation::ALL {
                assert_eq!(score_choice(&[whole, other], 0, by).is_none(), by == unknown, "{by}");
            }
        }
        assert!(score_choice(&[], 0, Normalisation::Sum).is_none());
    }

    #[test]
    fn a_persona_that_hears_replies_as_the_base_does_prefers_neither() {
        assert_eq!(log_odds_shift([-3.0, -9.0], [-3.0, -9.0]), 0.0);
        assert_eq!(log_odds_shift([-3.0, -9.0], [-3.0, -3.0]), 6.0);
    }
}
