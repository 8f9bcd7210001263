//! Multiple choice by likelihood.

/// Which option a model finds most likely.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceResult {
    /// 1 where it is the right one, else 0.
    pub score: f64,
    /// Index of the chosen option.
    pub chosen: usize,
    /// Mean natural log-likelihood a token, by option.
    pub means: Vec<f64>,
}

/// Chooses the option with the largest mean log-likelihood a token (length-normalised); the first among equals.
///
/// `log_likelihoods` holds each option's tokens.
pub fn score_choice(log_likelihoods: &[Vec<f32>], answer: usize) -> ChoiceResult {
    let means: Vec<f64> = log_likelihoods
        .iter()
        .map(|tokens| tokens.iter().map(|v| f64::from(*v)).sum::<f64>() / tokens.len().max(1) as f64)
        .collect();
    let mut chosen = 0;
    for (i, mean) in means.iter().enumerate() {
        if *mean > means[chosen] {
            chosen = i;
        }
    }
    ChoiceResult { score: f64::from(u8::from(chosen == answer)), chosen, means }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_does_not_decide_a_choice() {
        let result = score_choice(&[vec![-1.0], vec![-0.5, -0.5, -0.5]], 1);
        assert_eq!((result.score, result.chosen), (1.0, 1));
        assert_eq!(result.means, vec![-1.0, -0.5]);
    }
}
