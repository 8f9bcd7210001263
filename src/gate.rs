//! Gates: an estimate against a threshold, with a three-way verdict.

use crate::record::{GateVerdict, Qualification, Verdict};
use crate::stats::{Estimate, Method};
use crate::suite::{Bound, Gate, Metric};
use std::collections::BTreeMap;

/// Judges every gate.
///
/// Pass needs the whole interval beyond the threshold, fail the whole interval on the other side. A gate on
/// separability or fidelity is inconclusive when its instrument failed a control, or was not measured. One on
/// separability does not pass, though it may fail, when the answers themselves failed a control: length or content alone
/// would do as well.
pub fn judge(
    gates: &[Gate],
    estimates: &BTreeMap<String, Estimate>,
    qualification: &[Qualification],
) -> Vec<GateVerdict> {
    gates
        .iter()
        .map(|gate| {
            let (bound, threshold) = match gate.bound {
                Bound::Min(t) => (format!("> {t}"), t),
                Bound::Max(t) => (format!("< {t}"), t),
            };
            let embedded = gate.metric.starts_with("separability.") || gate.metric.starts_with("fidelity.");
            let failed = qualification.iter().find(|q| embedded && !q.passed && !q.is_of_answers());
            let explained = qualification
                .iter()
                .find(|q| gate.metric.starts_with("separability.") && !q.passed && q.is_of_answers());
            let estimate = estimates.get(&gate.metric);
            let (verdict, because) = match (failed, estimate) {
                (Some(control), _) => {
                    (Verdict::Inconclusive, format!("the instrument may not judge: {}", control.finding))
                }
                (None, None) => (Verdict::Inconclusive, "the run did not measure it".to_owned()),
                (None, Some(e)) => verdict(gate.bound, e),
            };
            let (verdict, because) = match (explained, verdict) {
                (Some(control), Verdict::Pass) => (
                    Verdict::Inconclusive,
                    format!("{because}, but is no proof of voices: {}", control.finding),
                ),
                _ => (verdict, because),
            };
            GateVerdict {
                name: gate.name.clone(),
                metric: gate.metric.clone(),
                about: Metric::named(&gate.metric).map_or("", |m| m.about).to_owned(),
                estimate: estimate.cloned(),
                bound,
                threshold,
                reason: gate.reason.clone(),
                verdict,
                because,
            }
        })
        .collect()
}

fn verdict(bound: Bound, e: &Estimate) -> (Verdict, String) {
    let (passes, fails, t) = match bound {
        Bound::Min(t) => (e.low > t, e.high <= t, t),
        Bound::Max(t) => (e.high < t, e.low >= t, t),
    };
    let note = e.method.note().map(|n| format!(" ({n})")).unwrap_or_default();
    let interval = format!("the interval [{:.3}, {:.3}]{note}", e.low, e.high);
    if e.method == Method::NoSpread {
        // Equal scores on a few prompts are no certainty about others.
        (
            Verdict::Inconclusive,
            format!("all prompts scored {:.3} alike: there is no spread to judge by", e.point),
        )
    } else if passes {
        (Verdict::Pass, format!("{interval} lies beyond {t}"))
    } else if fails {
        (Verdict::Fail, format!("{interval} lies on the wrong side of {t}"))
    } else {
        (Verdict::Inconclusive, format!("{interval} holds {t}: more prompts would narrow it"))
    }
}

/// The run's verdict: fail if a gate failed, else inconclusive if one was, else pass.
pub fn overall(gates: &[GateVerdict]) -> Verdict {
    if gates.iter().any(|g| g.verdict == Verdict::Fail) {
        Verdict::Fail
    } else if gates.iter().any(|g| g.verdict == Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: f64, high: f64) -> Estimate {
        let point = (low + high) / 2.0;
        Estimate {
            point,
            low,
            high,
            n: 16,
            unit: "share".into(),
            higher_is_better: true,
            method: Method::Student,
        }
    }

    fn judged(bound: Bound, e: Option<Estimate>, qualified: bool) -> Verdict {
        let metric = "separability.persona.balanced_accuracy";
        let gate = Gate { name: "g".into(), metric: metric.into(), bound, reason: "r".into() };
        let control = Qualification { name: "c".into(), finding: "found".into(), passed: qualified };
        let estimates = e.map(|e| (metric.to_owned(), e)).into_iter().collect();
        judge(&[gate], &estimates, &[control])[0].verdict
    }

    #[test]
    fn only_a_whole_interval_decides() {
        assert_eq!(judged(Bound::Min(0.5), Some(estimate(0.51, 0.7)), true), Verdict::Pass);
        assert_eq!(judged(Bound::Min(0.5), Some(estimate(0.5, 0.7)), true), Verdict::Inconclusive);
        assert_eq!(judged(Bound::Min(0.5), Some(estimate(0.3, 0.5)), true), Verdict::Fail);
        assert_eq!(judged(Bound::Max(0.5), Some(estimate(0.3, 0.49)), true), Verdict::Pass);
        assert_eq!(judged(Bound::Max(0.5), Some(estimate(0.5, 0.6)), true), Verdict::Fail);
    }

    #[test]
    fn a_point_without_spread_decides_nothing() {
        let e = Estimate { method: Method::NoSpread, ..estimate(0.7, 0.7) };
        assert_eq!(judged(Bound::Min(0.5), Some(e), true), Verdict::Inconclusive);
    }

    #[test]
    fn an_instrument_that_failed_a_control_does_not_judge() {
        assert_eq!(judged(Bound::Min(0.5), Some(estimate(0.6, 0.7)), false), Verdict::Inconclusive);
        assert_eq!(judged(Bound::Min(0.5), None, true), Verdict::Inconclusive);
    }

    #[test]
    fn answers_that_differ_in_subject_only_do_not_pass_and_answers_that_do_not_differ_still_fail() {
        let control = Qualification {
            name: crate::record::ANSWERS_NOT_CONTENT.into(),
            finding: "by content alone as well".into(),
            passed: false,
        };
        let of = |metric: &str, e: Estimate| {
            let gate =
                Gate { name: "g".into(), metric: metric.into(), bound: Bound::Min(0.5), reason: "r".into() };
            judge(&[gate], &[(metric.to_owned(), e)].into(), std::slice::from_ref(&control)).remove(0)
        };
        let high = of("separability.persona.balanced_accuracy", estimate(0.6, 0.7));
        assert_eq!(high.verdict, Verdict::Inconclusive);
        assert!(high.because.contains("by content alone as well"), "{}", high.because);
        let low = of("separability.persona.balanced_accuracy", estimate(0.1, 0.2));
        assert_eq!(low.verdict, Verdict::Fail);
        assert_eq!(of("fidelity.group.weakest", estimate(0.6, 0.7)).verdict, Verdict::Pass);
        assert_eq!(of("style.hit_rate", estimate(0.6, 0.7)).verdict, Verdict::Pass);
    }
}
