//! Patterns that are all looked for at once.

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder, SetMatches};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

/// Bytes that the matcher may keep of what it has worked out; when they are full it forgets all of it.
const CACHE_BYTES: usize = 16 * 1024 * 1024;
/// Repetitions that the set counts; beyond them each count would be a state of its own, in every combination with the others.
const COUNTED: u32 = 16;

/// Patterns without Unicode: word ends of it would keep texts with a single curly quote from the fast automaton.
#[derive(Debug, Clone)]
pub(super) struct Patterns {
    /// Each meets at least what the pattern meets: long counts (`.{1,300}`) have no end.
    loose: RegexSet,
    /// The pattern itself where that is another.
    exact: Vec<Option<Regex>>,
}

/// What a text meets.
pub(super) struct Met<'p, 't> {
    patterns: &'p Patterns,
    text: &'t [u8],
    loose: SetMatches,
}

/// Whether a pattern can be read.
pub(super) fn check(pattern: &str) -> Result<(), regex::Error> {
    RegexBuilder::new(pattern).unicode(false).build().map(|_| ())
}

impl Patterns {
    /// # Errors
    /// One of them cannot be read, or they are too large together.
    pub(super) fn new(patterns: &[String]) -> Result<Self, regex::Error> {
        let (mut loose, mut exact) = (Vec::new(), Vec::new());
        for pattern in patterns {
            let own = RegexBuilder::new(pattern).unicode(false).build()?;
            let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
            match parsed.map(|hir| (loosened(&hir), hir)) {
                Ok((wider, hir)) if wider != hir => {
                    // What is printed says itself where it means bytes.
                    loose.push(format!("(?u){wider}"));
                    exact.push(Some(own));
                }
                _ => {
                    loose.push(pattern.clone());
                    exact.push(None);
                }
            }
        }
        let loose = RegexSetBuilder::new(loose).unicode(false).dfa_size_limit(CACHE_BYTES).build()?;
        Ok(Self { loose, exact })
    }

    /// What a text meets. Cost: one pass over it, and one for each pattern with long counts that it may meet.
    pub(super) fn met<'t>(&self, text: &'t str) -> Met<'_, 't> {
        let text = text.as_bytes();
        Met { patterns: self, text, loose: self.loose.matches(text) }
    }
}

impl Met<'_, '_> {
    /// Whether it meets the pattern at a place.
    pub(super) fn has(&self, place: usize) -> bool {
        let exact = self.patterns.exact[place].as_ref();
        self.loose.matched(place) && exact.is_none_or(|pattern| pattern.is_match(self.text))
    }
}

/// The same pattern with all long counts open.
fn loosened(hir: &Hir) -> Hir {
    let all = |parts: &[Hir]| parts.iter().map(loosened).collect();
    match hir.kind() {
        HirKind::Repetition(of) => Hir::repetition(Repetition {
            min: of.min.min(COUNTED),
            max: of.max.filter(|most| *most <= COUNTED),
            greedy: of.greedy,
            sub: Box::new(loosened(&of.sub)),
        }),
        HirKind::Capture(of) => {
            Hir::capture(Capture { index: of.index, name: of.name.clone(), sub: Box::new(loosened(&of.sub)) })
        }
        HirKind::Concat(parts) => Hir::concat(all(parts)),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => hir.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_counts_hold_though_the_set_does_not_count_them() {
        let all = [r"(?s)\bWHEN\b.{1,300}\bTHEN\b", r"(?m)^if .{1,80}:$", "rose{2,3}", "a{20,}b"]
            .map(str::to_owned);
        let patterns = Patterns::new(&all).unwrap();
        assert!(patterns.exact[0].is_some() && patterns.exact[2].is_none());
        let met = |text: &str| (0..all.len()).map(|i| patterns.met(text).has(i)).collect::<Vec<_>>();
        assert_eq!(met("WHEN it rains\nTHEN stay"), [true, false, false, false]);
        assert_eq!(met(&format!("WHEN {} THEN", "x".repeat(298))), [true, false, false, false]);
        assert_eq!(met(&format!("WHEN {} THEN", "x".repeat(299))), [false; 4]);
        assert_eq!(met("x\nif y:\nroseee"), [false, true, true, false]);
        assert_eq!(met(&format!("{}b", "a".repeat(19))), [false; 4]);
        assert_eq!(met(&format!("{}b", "a".repeat(20))), [false, false, false, true]);
        assert_eq!(met("“naïve” WHEN – THEN"), [true, false, false, false]);
    }
}
