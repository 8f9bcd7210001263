//! What an adapter does besides its own work: to neutral text, and word for word to its training text.

use crate::error::Result;
use crate::model::BaseModel;
use crate::train::{Losses, Memorised, TokenPair, Trainer};

/// Plain paragraphs without persona, written for this project.
const NEUTRAL: &str = include_str!("neutral.txt");
/// Training answers that are asked for of each adapter.
const ASKED: usize = 24;
/// Tokens of an answer that are given, and that must follow.
const GIVEN: usize = 16;

/// The neutral paragraphs in tokens; the first token of each is given.
pub(super) fn neutral(base: &BaseModel) -> Result<Vec<TokenPair>> {
    NEUTRAL
        .split("\n\n")
        .map(|text| {
            let tokens = base.tokenizer.encode(text.trim())?;
            Ok(TokenPair { tokens, prompt: 1, adapter: 0, persona: 0 })
        })
        .collect()
}

/// Mean losses of the neutral text under each adapter.
pub(super) fn drift(trainer: &Trainer, neutral: &[TokenPair]) -> Result<Vec<Losses>> {
    let base = trainer.nll(neutral, false, &|_| {})?;
    let mean = |nll: &[Vec<f32>]| {
        let tokens: usize = nll.iter().map(Vec::len).sum();
        let sum: f64 = nll.iter().flatten().map(|v| f64::from(*v)).sum();
        (tokens, sum / tokens.max(1) as f64)
    };
    let (tokens, base) = mean(&base);
    let under = |adapter: usize| {
        let pairs: Vec<TokenPair> = neutral.iter().map(|p| TokenPair { adapter, ..p.clone() }).collect();
        Ok(Losses { tokens, base, adapter: mean(&trainer.nll(&pairs, true, &|_| {})?).1 })
    };
    (0..trainer.adapters().names().len()).map(under).collect()
}

/// How many of an adapter's training answers are gone on with word for word, sixteen tokens after their first sixteen; none where
/// no answer is that long. A greedy text is the answer exactly where every token of it is the likeliest after the ones before it.
pub(super) fn memorised(trainer: &Trainer) -> Result<Vec<Option<Memorised>>> {
    let of = |adapter: usize| {
        let own: Vec<&TokenPair> =
            trainer.pairs().iter().filter(|p| p.adapter == adapter && p.learned() >= 2 * GIVEN).collect();
        if own.is_empty() {
            return Ok(None);
        }
        let count = ASKED.min(own.len());
        // Evenly from the whole list, so that all personas are asked for.
        let chosen = (0..count).map(|i| own[i * own.len() / count]);
        let asked: Vec<TokenPair> = chosen
            .map(|p| {
                let tokens = p.tokens[..p.prompt + 2 * GIVEN].to_vec();
                TokenPair { tokens, prompt: p.prompt + GIVEN, ..*p }
            })
            .collect();
        let given = |adapted: bool| -> Result<usize> {
            Ok(trainer.likeliest(&asked, adapted)?.iter().filter(|right| right.iter().all(|r| *r)).count())
        };
        Ok(Some(Memorised { of: count, adapter: given(true)?, base: given(false)? }))
    };
    (0..trainer.adapters().names().len()).map(of).collect()
}

/// Mean losses of pairs, parted by a number of each.
pub(super) fn means(
    pairs: &[TokenPair],
    nll: (&[Vec<f32>], &[Vec<f32>]),
    parts: usize,
    part: impl Fn(&TokenPair) -> usize,
) -> Vec<Option<Losses>> {
    let mut sums = vec![(0usize, 0f64, 0f64); parts];
    for ((pair, base), adapter) in pairs.iter().zip(nll.0).zip(nll.1) {
        let sum = |nll: &[f32]| nll.iter().map(|v| f64::from(*v)).sum::<f64>();
        let own = &mut sums[part(pair)];
        *own = (own.0 + base.len(), own.1 + sum(base), own.2 + sum(adapter));
    }
    sums.into_iter()
        .map(|(tokens, base, adapter)| {
            let n = tokens as f64;
            (tokens > 0).then(|| Losses { tokens, base: base / n, adapter: adapter / n })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curriculum::{Decay, Training};
    use crate::model::kernel::Precision;
    use crate::model::{Device, Layout};
    use crate::train::PhaseOrder;
    use std::path::Path;

    /// Two adapters, of which the first sees its one long answer again and again, and the second is trained on another one once.
    #[test]
    fn an_answer_that_was_learned_by_heart_is_found_and_one_that_was_not_is_none() {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama");
        let base =
            BaseModel::open_with(&tiny, Layout::Packed(Precision::F32), &Device::Cpu, &[]).expect("opens");
        // Tokens in no order that a model could guess, no two alike next to each other.
        let pair = |adapter: usize| TokenPair {
            tokens: (0..4 + 2 * GIVEN as u32 + 3)
                .map(|i| 20 + (i * i * 7 + i * 13 + adapter as u32) % 90)
                .collect(),
            prompt: 4,
            adapter,
            persona: 0,
        };
        let short = TokenPair { tokens: (20..20 + 2 * GIVEN as u32).collect(), ..pair(0) };
        let pairs = vec![pair(0), short, pair(1)];
        let order = |first: bool| if first { vec![0, 2] } else { vec![0] };
        let phases: Vec<PhaseOrder> = (0..150)
            .map(|i| PhaseOrder { name: i.to_string(), learning_rate: 2e-2, order: order(i == 0) })
            .collect();
        let training =
            Training { rank: 8, alpha: 16.0, schedule: Decay::Constant, warmup: 0.0, ..Training::default() };
        let names = ["learned".to_owned(), "not".to_owned()];
        let mut trainer = Trainer::new(base, &names, pairs, &phases, &training, 3).expect("a training");
        let found = |trainer: &Trainer| {
            let all = memorised(trainer).expect("asks").into_iter();
            all.map(|m| m.map(|m| (m.of, m.adapter, m.base))).collect::<Vec<_>>()
        };
        // The short answer is not asked for.
        assert_eq!(found(&trainer), [Some((1, 0, 0)), Some((1, 0, 0))]);
        while !trainer.is_done() {
            trainer.step().expect("a step");
        }
        assert_eq!(found(&trainer), [Some((1, 1, 0)), Some((1, 0, 0))]);
        // What it learned is not what neutral text is made of.
        let neutral = [TokenPair { tokens: (20..60).rev().collect(), prompt: 1, adapter: 0, persona: 0 }];
        let drift = drift(&trainer, &neutral).expect("looks");
        assert!(drift[0].adapter > drift[0].base + 0.5 && drift[0].tokens == 39, "{drift:?}");
        assert!((drift[1].adapter - drift[1].base).abs() < 0.5, "{drift:?}");
    }
}
