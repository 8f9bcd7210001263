//! What to add to all categories at once, or to leave out of them, so that every target is met.

use serde::Serialize;

use super::gaps::{Gap, Status};
use super::share::Share;

/// Rounds after which a whole that still moves has no end: with every share below 99 % it takes some 2,000.
const ROUNDS: usize = 100_000;

/// Numbers by name.
type Named = Vec<(String, u64)>;

/// Every category in its range at once.
///
/// Filling one gap opens another, since every share is of the whole. *Adding*, nothing left out: the whole T′ must be so large
/// that none is above its most, T′ ≥ nᵢ/hᵢ (the largest of these decides: the method of the largest share), and that there is
/// room for every least, T′ ≥ Σ max(nᵢ, lᵢ·T′) + what has no target. With A those below their least, the second one is
/// T′ = Σ_{i∉A} nᵢ / (1 − Σ_{i∈A} lᵢ), and A grows until nobody joins. *Leaving out*, nothing added: with B those above their
/// most, T′ = Σ_{i∉B} nᵢ / (1 − Σ_{i∈B} hᵢ), and B grows likewise; of each in B ⌊hᵢ·T′⌋ are kept. In whole examples both are the
/// least, and the greatest, T′ that this leaves unchanged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Together {
    /// Examples after adding; none where no number of additions would do.
    pub total: Option<u64>,
    /// What to add to whom.
    pub add: Vec<(String, u64)>,
    /// Examples besides, of whatever is below its most: without them somebody would stay above.
    pub besides: u64,
    /// Examples after leaving out; none where nobody is above its most, or nothing would be left.
    pub total_left: Option<u64>,
    /// What to keep of whom.
    pub keep: Vec<(String, u64)>,
}

impl Together {
    /// Solves for gaps that part `total` examples; what no gap counts is left as it is.
    pub(super) fn new(total: u64, gaps: &[Gap]) -> Self {
        let (grown, add, besides) = match add(total, gaps) {
            Some((grown, add, besides)) => (Some(grown), add, besides),
            None => (None, Vec::new(), 0),
        };
        let (total_left, keep) = keep(total, gaps).unzip();
        Self { total: grown, add, besides, total_left, keep: keep.unwrap_or_default() }
    }
}

fn add(total: u64, gaps: &[Gap]) -> Option<(u64, Named, u64)> {
    let targets: Vec<(&Gap, Share, Share)> =
        gaps.iter().filter_map(|g| g.target.map(|r| (g, r.low, r.high))).collect();
    // The largest share decides how large the whole must be.
    let mut whole = total;
    for (gap, _, high) in &targets {
        whole = whole.max(over(u128::from(gap.count) * 10_000, u128::from(high.as_hundredths()))?);
    }
    // As many rounds as there are gaps that can join.
    for _ in 0..=targets.len() {
        let (mut rest, mut lows) = (u128::from(total), 0u128);
        for (gap, low, _) in targets.iter().filter(|(g, low, _)| low.of(whole) > g.count) {
            rest -= u128::from(gap.count);
            lows += u128::from(low.as_hundredths());
        }
        if lows >= 10_000 && (lows > 10_000 || rest > 0) {
            return None;
        }
        let needed = if lows == 10_000 { whole } else { over(rest * 10_000, 10_000 - lows)? };
        if needed <= whole {
            break;
        }
        whole = needed;
    }
    // In whole examples the least of each may ask for one more, and then the whole does.
    for _ in 0..ROUNDS {
        let added: Vec<u64> =
            targets.iter().map(|(g, low, _)| low.of(whole).saturating_sub(g.count)).collect();
        let sum = added.iter().try_fold(total, |sum, n| sum.checked_add(*n))?;
        if sum <= whole {
            let named = targets.iter().zip(&added).filter(|(_, n)| **n > 0);
            let add = named.map(|((g, _, _), n)| (g.subject.to_string(), *n)).collect();
            return Some((whole, add, whole - sum));
        }
        whole = sum;
    }
    None
}

fn keep(total: u64, gaps: &[Gap]) -> Option<(u64, Named)> {
    if !gaps.iter().any(|g| g.status == Some(Status::Over)) {
        return None;
    }
    let targets: Vec<(&Gap, Share)> = gaps.iter().filter_map(|g| g.target.map(|r| (g, r.high))).collect();
    let rest = total - targets.iter().map(|(g, _)| g.count).sum::<u64>();
    let down = |(gap, high): &(&Gap, Share), whole: u64| {
        let most = u128::from(high.as_hundredths()) * u128::from(whole) / 10_000;
        u64::try_from(most).unwrap_or(u64::MAX).min(gap.count)
    };
    // From above, so that the first whole that stays is the largest.
    let mut whole = total;
    for _ in 0..ROUNDS {
        let left = rest + targets.iter().map(|t| down(t, whole)).sum::<u64>();
        if left == whole {
            let kept = targets.iter().filter(|t| down(t, whole) < t.0.count);
            let kept = kept.map(|t| (t.0.subject.to_string(), down(t, whole))).collect();
            return (whole > 0).then_some((whole, kept));
        }
        whole = left;
    }
    None
}

/// ⌈a / b⌉; none by zero, but for 0 / 0, which asks for nothing.
fn over(a: u128, b: u128) -> Option<u64> {
    match (a, b) {
        (0, 0) => Some(0),
        (_, 0) => None,
        _ => u64::try_from(a.div_ceil(b)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::counts::Counts;
    use super::super::gaps::Gaps;
    use super::super::share::Range;
    use super::super::targets::{Subject, Target, Targets};
    use super::*;
    use crate::persona::{Category, Registry};

    fn solve(counts: &[(Category, u64, u32, u32)]) -> Together {
        let all = counts.iter().map(|(c, _, low, high)| Target {
            subject: Subject::Category(*c),
            range: Range { low: Share::hundredths(low * 100), high: Share::hundredths(high * 100) },
            line: 1,
        });
        let targets = Targets { file: "t".to_owned(), all: all.collect() };
        let counted = Counts {
            total: counts.iter().map(|(_, n, ..)| n).sum(),
            categories: counts.iter().map(|(c, n, ..)| (*c, *n)).collect(),
            ..Counts::default()
        };
        let gaps = Gaps::new(&counted, Some(&targets), &Registry::built_in().unwrap(), None);
        gaps.together.unwrap()
    }

    #[test]
    fn the_largest_share_decides_and_the_rest_is_filled_up() {
        use Category::{Creative, Factual, Technical};
        // 80 technical of 50 % at most: T′ = 160; 40 % creative are 64, 54 more; 10 % factual 16, 6 more; 80 + 64 + 16 = 160.
        let found = solve(&[(Technical, 80, 40, 50), (Creative, 10, 40, 50), (Factual, 10, 10, 20)]);
        assert_eq!((found.total, found.besides), (Some(160), 0));
        assert_eq!(found.add, [("Creative".to_owned(), 54), ("Factual".to_owned(), 6)]);
        // Without a most, the leasts decide: A = {creative, factual}, T′ = 80 / (1 − 0.5) = 160 too.
        assert_eq!(
            solve(&[(Technical, 80, 0, 100), (Creative, 10, 40, 50), (Factual, 10, 10, 20)]).total,
            Some(160)
        );
        // Leaving out: B = {technical}, T′ = 20 / (1 − 0.5) = 40, of which 20 technical; creative has 10 of 40, below its most.
        let found = solve(&[(Technical, 80, 0, 50), (Creative, 10, 10, 50), (Factual, 10, 10, 30)]);
        assert_eq!((found.total_left, found.keep), (Some(40), vec![("Technical".to_owned(), 20)]));
    }

    #[test]
    fn leasts_of_more_than_everything_have_no_solution() {
        use Category::{Creative, Technical};
        assert_eq!(solve(&[(Technical, 8, 60, 70), (Creative, 2, 50, 60)]).total, None);
        // 100 % exactly: both must be met at once, 8/0.6 = 13.4, then 14 · 0.4 = 5.6, so 6 creative and 9 technical of 15.
        let found = solve(&[(Technical, 8, 60, 60), (Creative, 2, 40, 40)]);
        assert_eq!((found.total, found.besides), (Some(15), 0));
        // Nobody is above: nothing is left out.
        assert_eq!(solve(&[(Technical, 5, 40, 60), (Creative, 5, 40, 60)]).total_left, None);
    }
}
