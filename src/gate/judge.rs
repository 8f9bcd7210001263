//! All gates of a run.

use super::evidence::Evidence;
use super::{absolute, baseline};
use crate::compare::Matched;
use crate::error::Result;
use crate::record::{GateVerdict, Verdict};
use crate::suite::Gate;

/// Judges every gate, in the suite's order.
///
/// A gate with a threshold passes when the whole interval lies beyond it, and fails when the whole interval lies on
/// the other side. A gate against a baseline passes when the whole interval of the change rules out a loss of the
/// margin; it regresses when the whole interval lies beyond the margin and the p of that, adjusted for the gate's parts
/// (Holm) and for the number of gates against the baseline (Bonferroni), is at most 5 %. All others are inconclusive,
/// as are those whose instrument failed a control; a gate on separability does not pass, though it may fail, when the answers
/// failed one: length or content alone would do as well.
///
/// # Errors
/// When an interval cannot be made.
pub fn judge(gates: &[Gate], evidence: &Evidence<'_>) -> Result<Vec<GateVerdict>> {
    // All gates look at the same pairs of scores: they are matched once.
    let own = Matched::new(evidence.scores, evidence.scores);
    let since = evidence.reference.as_ref().map(|r| (r, Matched::new(r.scores, evidence.scores)));
    let mut candidates = Vec::new();
    for gate in gates.iter().filter(|g| g.against_baseline()) {
        candidates.push(baseline::measure(gate, evidence, since.as_ref().map(|(r, matched)| (*r, matched)))?);
    }
    let count = candidates.len();
    let mut settled = candidates.into_iter().map(|candidate| baseline::settle(candidate, count));
    let judged = gates.iter().map(|gate| match gate.against_baseline() {
        true => settled.next().map_or_else(|| absolute::judge(gate, evidence, &own), Ok),
        false => absolute::judge(gate, evidence, &own),
    });
    gates.iter().zip(judged).map(|(gate, judged)| Ok(doubted(gate, judged?, evidence))).collect()
}

/// Length and content could only have helped: a pass that they explain is no proof, what fails in spite of them fails.
fn doubted(gate: &Gate, judged: GateVerdict, evidence: &Evidence<'_>) -> GateVerdict {
    match evidence.explained(gate).filter(|_| judged.verdict == Verdict::Pass) {
        Some(why) => GateVerdict {
            verdict: Verdict::Inconclusive,
            because: format!("{}{why}", judged.because),
            ..judged
        },
        None => judged,
    }
}

/// The run's verdict: fail if a gate failed, else inconclusive if one was, else pass.
pub fn overall(gates: &[GateVerdict]) -> Verdict {
    Verdict::worst(gates.iter().map(|g| g.verdict))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ANSWERS_NOT_CONTENT, Item, Qualification, Scores};
    use crate::stats::{Estimate, Method, Resampling};
    use crate::suite::{Bound, Scope};
    use std::collections::BTreeMap;

    const ACCURACY: &str = "separability.persona.balanced_accuracy";

    fn estimate(low: f64, high: f64) -> Estimate {
        Estimate {
            point: (low + high) / 2.0,
            low,
            high,
            n: 16,
            unit: "share".into(),
            higher_is_better: true,
            method: Method::Student,
            standard_error: Some((high - low) / 4.26),
            degrees: None,
        }
    }

    fn gate(metric: &str, bound: Bound, scope: Scope) -> Gate {
        Gate {
            name: "g".into(),
            metric: metric.into(),
            bound,
            two_sided: false,
            scope,
            alarm: false,
            reason: "r".into(),
        }
    }

    fn judged(gate: Gate, e: Option<Estimate>, control: &Qualification) -> GateVerdict {
        let estimates: BTreeMap<String, Estimate> = e.map(|e| (gate.metric.clone(), e)).into_iter().collect();
        let (scores, resampling) = (Scores::default(), Resampling::default());
        let qualification = std::slice::from_ref(control);
        let evidence =
            Evidence { estimates: &estimates, qualification, scores: &scores, reference: None, resampling };
        judge(&[gate], &evidence).expect("judges").remove(0)
    }

    fn control(name: &str, passed: bool) -> Qualification {
        Qualification { name: name.into(), finding: "by content alone as well".into(), passed }
    }

    #[test]
    fn only_a_whole_interval_decides() {
        let of = |bound: Bound, e: Estimate| {
            judged(gate(ACCURACY, bound, Scope::Whole), Some(e), &control("c", true)).verdict
        };
        assert_eq!(of(Bound::Min(0.5), estimate(0.51, 0.7)), Verdict::Pass);
        assert_eq!(of(Bound::Min(0.5), estimate(0.5, 0.7)), Verdict::Inconclusive);
        assert_eq!(of(Bound::Min(0.5), estimate(0.3, 0.5)), Verdict::Fail);
        assert_eq!(of(Bound::Max(0.5), estimate(0.3, 0.49)), Verdict::Pass);
        assert_eq!(of(Bound::Max(0.5), estimate(0.5, 0.6)), Verdict::Fail);
        let same = Estimate { method: Method::NoSpread, ..estimate(0.7, 0.7) };
        assert_eq!(of(Bound::Min(0.5), same), Verdict::Inconclusive, "no spread decides nothing");
        assert_eq!(of(Bound::Min(0.5), Estimate::exact(0.7, 3, "share", true)), Verdict::Pass);
        assert_eq!(of(Bound::Min(0.8), Estimate::exact(0.7, 3, "share", true)), Verdict::Fail);
    }

    #[test]
    fn an_instrument_that_failed_a_control_does_not_judge() {
        let whole = || gate(ACCURACY, Bound::Min(0.5), Scope::Whole);
        let failed = judged(whole(), Some(estimate(0.6, 0.7)), &control("c", false));
        assert_eq!(failed.verdict, Verdict::Inconclusive);
        assert!(failed.because.contains("may not judge"), "{}", failed.because);
        assert_eq!(judged(whole(), None, &control("c", true)).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn answers_that_differ_in_subject_only_do_not_pass_and_answers_that_do_not_differ_still_fail() {
        let of = |metric: &str, e: Estimate| {
            judged(gate(metric, Bound::Min(0.5), Scope::Whole), Some(e), &control(ANSWERS_NOT_CONTENT, false))
        };
        let high = of(ACCURACY, estimate(0.6, 0.7));
        assert_eq!(high.verdict, Verdict::Inconclusive);
        assert!(high.because.contains("by content alone as well"), "{}", high.because);
        assert_eq!(of(ACCURACY, estimate(0.1, 0.2)).verdict, Verdict::Fail);
        assert_eq!(of("fidelity.group.weakest", estimate(0.6, 0.7)).verdict, Verdict::Pass);
        assert_eq!(of("style.hit_rate", estimate(0.6, 0.7)).verdict, Verdict::Pass);
    }

    #[test]
    fn each_persona_must_pass_a_threshold_by_itself_and_the_worst_is_named() {
        let item = |persona: &str, prompt: usize, margin: f64| Item {
            persona: persona.into(),
            prompt_id: format!("s{prompt}"),
            sample: 0,
            named: None,
            group_named: None,
            margin: Some(margin + 0.01 * (prompt % 3) as f64),
            fidelity: None,
            nearest: None,
            traits: None,
            length: None,
        };
        let items = (0..8).flat_map(|p| [item("a", p, 0.3), item("b", p, -0.2), item("c", p, -0.005)]);
        let scores = Scores { items: items.collect(), ..Scores::default() };
        let evidence = Evidence {
            estimates: &BTreeMap::new(),
            qualification: &[],
            scores: &scores,
            reference: None,
            resampling: Resampling::default(),
        };
        let each = gate("separability.persona.margin", Bound::Min(0.0), Scope::EachPersona);
        let found = judge(&[each], &evidence).expect("judges").remove(0);
        assert_eq!(found.verdict, Verdict::Fail);
        let parts: Vec<(&str, Verdict)> = found.parts.iter().map(|p| (p.name.as_str(), p.verdict)).collect();
        assert_eq!(parts, [("b", Verdict::Fail), ("c", Verdict::Inconclusive), ("a", Verdict::Pass)]);
        assert!(found.because.contains("1 on the wrong side: b; 1 undecided: c"), "{}", found.because);
        assert!(found.detectable.expect("told") > 0.0);
    }
}
