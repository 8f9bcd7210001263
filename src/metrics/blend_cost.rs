//! What a blend costs: real text of its two ends, less likely than the straight line between them says.

use crate::error::{Error, Result};
use crate::stats::{Estimate, Resampling, cluster_scores, mean};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Log-likelihoods of one real text under the blend at each weight.
#[derive(Debug, Clone, PartialEq)]
pub struct SweptText {
    /// The held-out prompt that it answers.
    pub prompt: String,
    /// Whether it is of the `to` end.
    pub of_to: bool,
    /// Mean log p a token at each weight, in nats, in the order of the weights.
    pub scores: Vec<f64>,
}

/// Likelihood of the two ends' real text over the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlendCost {
    /// Mean over the `from` end's texts at each weight, nats a token.
    pub from: Vec<f64>,
    /// The same of the `to` end's.
    pub to: Vec<f64>,
    /// At each weight: mean over all texts less the straight line between weights 0 and 1; below 0 the blend costs.
    pub by_weight: Vec<Estimate>,
    /// Mean over the inner weights.
    pub cost: Estimate,
    /// The scores by prompt that `cost` is the mean of.
    #[serde(skip)]
    pub by_prompt: Vec<f64>,
    /// Those prompts, in the same order.
    #[serde(skip)]
    pub prompts: Vec<String>,
}

impl BlendCost {
    /// Holds each text's scores against the line between its own at weight 0 and at weight 1; `name` names the generators.
    ///
    /// Intervals are bootstrap-t over held-out prompts.
    ///
    /// # Errors
    /// A text without a score at each weight, an end without text, or fewer than two prompts.
    pub fn new(weights: &[f64], texts: &[SweptText], name: &str, resampling: &Resampling) -> Result<Self> {
        if let Some(text) = texts.iter().position(|t| t.scores.len() != weights.len()) {
            return Err(Error::input(format!(
                "text {text} has no score at each of {} weights",
                weights.len()
            )));
        }
        if weights.len() < 3 || texts.iter().all(|t| t.of_to) || texts.iter().all(|t| !t.of_to) {
            return Err(Error::input(format!("{} texts at {} weights", texts.len(), weights.len()))
                .expected("text of both ends, at three weights or more"));
        }
        let last = weights.len() - 1;
        let off = |text: &SweptText, step: usize| {
            let (w, s) = (weights[step], &text.scores);
            s[step] - ((1.0 - w) * s[0] + w * s[last])
        };
        let prompts: Vec<&str> =
            BTreeSet::from_iter(texts.iter().map(|t| t.prompt.as_str())).into_iter().collect();
        let place = |t: &SweptText| prompts.partition_point(|prompt| *prompt < t.prompt.as_str());
        let clusters: Vec<usize> = texts.iter().map(place).collect();
        let scores = |value: &dyn Fn(&SweptText) -> f64| {
            cluster_scores(&texts.iter().map(value).collect::<Vec<_>>(), &clusters, prompts.len())
        };
        let estimate = |what: String, by_prompt: &[f64]| {
            resampling.bootstrap(&format!("{what} {name}")).estimate(by_prompt, "nats/token", true)
        };
        let by_prompt = scores(&|t| mean(&(1..last).map(|step| off(t, step)).collect::<Vec<_>>()))?;
        let of = |of_to: bool| -> Vec<f64> {
            let side: Vec<&SweptText> = texts.iter().filter(|t| t.of_to == of_to).collect();
            (0..=last).map(|i| mean(&side.iter().map(|t| t.scores[i]).collect::<Vec<_>>())).collect()
        };
        Ok(Self {
            from: of(false),
            to: of(true),
            by_weight: (0..=last)
                .map(|step| estimate(format!("cost {step}"), &scores(&|t| off(t, step))?))
                .collect::<Result<_>>()?,
            cost: estimate("cost".to_owned(), &by_prompt)?,
            by_prompt,
            prompts: prompts.into_iter().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::quick;
    use super::*;

    fn text(prompt: usize, of_to: bool, scores: [f64; 3]) -> SweptText {
        SweptText { prompt: format!("h{prompt}"), of_to, scores: scores.to_vec() }
    }

    #[test]
    fn the_cost_is_the_distance_from_the_line_between_the_ends() {
        let texts = [
            text(0, false, [-1.0, -1.6, -2.0]),
            text(0, true, [-3.0, -2.3, -1.0]),
            text(1, false, [-1.0, -1.7, -2.0]),
            text(1, true, [-2.0, -1.9, -1.4]),
        ];
        let found = BlendCost::new(&[0.0, 0.5, 1.0], &texts, "t", &quick()).unwrap();
        // Off by -0.1, -0.3, -0.2 and -0.2.
        assert!((found.cost.point + 0.2).abs() < 1e-12, "{:?}", found.cost);
        assert!((found.by_weight[1].point + 0.2).abs() < 1e-12 && found.by_weight[2].point.abs() < 1e-12);
        assert_eq!((found.from[0], found.to[0]), (-1.0, -2.5));
        assert_eq!((found.by_prompt.len(), found.prompts.join(" ")), (2, "h0 h1".to_owned()));
    }

    #[test]
    fn a_missing_score_and_an_end_without_text_are_refused() {
        let whole = text(0, false, [-1.0, -1.0, -1.0]);
        let cut = SweptText { scores: vec![-1.0], of_to: true, ..whole.clone() };
        let refused = |texts: &[SweptText]| {
            BlendCost::new(&[0.0, 0.5, 1.0], texts, "t", &quick()).expect_err("refused").to_string()
        };
        assert!(refused(&[whole.clone(), cut]).contains("text 1 has no score"));
        assert!(refused(&[whole.clone(), whole]).contains("text of both ends"));
    }
}
