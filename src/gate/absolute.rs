//! Gates with a threshold of their own.

use super::evidence::{Evidence, parts};
use super::power::POWER;
use crate::compare::{Matched, Part, unit_of};
use crate::error::Result;
use crate::list::few;
use crate::record::{GatePart, GateVerdict, Verdict};
use crate::stats::{Bootstrap, Estimate, Method, detectable_loss};
use crate::suite::{Bound, Gate, Metric, Scope};

/// Judges one gate with `min` or `max`.
///
/// Pass needs the whole interval beyond the threshold, fail the whole interval on the other side. Where every persona
/// or group is judged by itself, a fail needs an interval that allows for their number (Bonferroni).
///
/// # Errors
/// When an interval cannot be made.
pub(super) fn judge(gate: &Gate, evidence: &Evidence<'_>, matched: &Matched<'_>) -> Result<GateVerdict> {
    let whole = evidence.estimates.get(&gate.metric);
    if let Some(why) = evidence.refusal(gate) {
        return Ok(verdict_of(gate, whole.cloned(), Verdict::Inconclusive, why));
    }
    let asked = parts(&gate.scope, matched.personas(), matched.groups());
    let mut asked = asked.into_iter().map(|(name, part)| Asked { gate, name, part, evidence, matched });
    if gate.scope.takes_parts() {
        let asked: Vec<Asked<'_>> = asked.collect();
        return Ok(of_parts(gate, asked.iter().map(|a| a.judge(asked.len())).collect::<Result<_>>()?));
    }
    let known = whole.filter(|_| gate.scope == Scope::Whole).cloned();
    let estimate = match (known, asked.next()) {
        (None, Some(asked)) => asked.estimate(1)?,
        (known, _) => known,
    };
    let (verdict, because) = match &estimate {
        Some(e) => (decide(gate.bound, e), because(gate.bound, e)),
        None => (Verdict::Inconclusive, "the run did not measure it".to_owned()),
    };
    Ok(verdict_of(gate, estimate, verdict, because))
}

/// A part of the run that a gate asks for.
struct Asked<'a> {
    gate: &'a Gate,
    name: &'a str,
    part: Part<'a>,
    evidence: &'a Evidence<'a>,
    matched: &'a Matched<'a>,
}

impl Asked<'_> {
    /// From the raw scores, at a level that allows for `count` parts; none where they do not suffice.
    fn estimate(&self, count: usize) -> Result<Option<Estimate>> {
        let metric = &self.gate.metric;
        let scores: Vec<f64> = self.matched.units(metric, self.part).iter().map(|u| u.after).collect();
        if scores.len() < 2 {
            return Ok(None);
        }
        let unit = unit_of(metric);
        let range = (unit == "share").then_some((0.0, 1.0));
        let one = self.evidence.resampling.bootstrap(&format!("{metric} {}", self.name));
        let level = 1.0 - (1.0 - one.level) / count as f64;
        Bootstrap { range, level, ..one }.estimate(&scores, unit, true).map(Some)
    }

    /// To fail, a part must lie on the wrong side at a level that allows for all `count` of them.
    fn judge(&self, count: usize) -> Result<GatePart> {
        let own = self.estimate(1)?;
        let mut verdict = own.as_ref().map_or(Verdict::Inconclusive, |e| decide(self.gate.bound, e));
        if verdict == Verdict::Fail {
            let allowing = self.estimate(count)?;
            let fails = allowing.is_some_and(|e| decide(self.gate.bound, &e) == Verdict::Fail);
            verdict = if fails { Verdict::Fail } else { Verdict::Inconclusive };
        }
        let detectable = own.as_ref().and_then(|e| detectable(e, count));
        Ok(GatePart { name: self.name.to_owned(), estimate: own, verdict, against: None, detectable })
    }
}

/// The verdict over all parts, the worst first.
fn of_parts(gate: &Gate, mut found: Vec<GatePart>) -> GateVerdict {
    let distance = |p: &GatePart| {
        let e = p.estimate.as_ref();
        e.map_or(f64::INFINITY, |e| if matches!(gate.bound, Bound::Max(_)) { -e.point } else { e.point })
    };
    found.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let verdict = match found.is_empty() {
        true => Verdict::Inconclusive,
        false => Verdict::worst(found.iter().map(|p| p.verdict)),
    };
    let because = summary(&found, "beyond the threshold", "on the wrong side");
    let worst = found.first().cloned();
    let (estimate, detectable) = worst.map_or((None, None), |p| (p.estimate, p.detectable));
    GateVerdict { parts: found, detectable, ..verdict_of(gate, estimate, verdict, because) }
}

/// How many parts pass, and who does not.
pub(super) fn summary(parts: &[GatePart], passed: &str, failed: &str) -> String {
    let of = |verdict: Verdict| -> Vec<&str> {
        parts.iter().filter(|p| p.verdict == verdict).map(|p| p.name.as_str()).collect()
    };
    let (fails, unsure) = (of(Verdict::Fail), of(Verdict::Inconclusive));
    let mut told = Vec::new();
    if !fails.is_empty() {
        told.push(format!("{} {failed}: {}", fails.len(), few(&fails, 3)));
    }
    if !unsure.is_empty() {
        told.push(format!("{} undecided: {}", unsure.len(), few(&unsure, 3)));
    }
    told.push(format!("{} of {} {passed}", of(Verdict::Pass).len(), parts.len()));
    told.join("; ")
}

pub(super) fn verdict_of(
    gate: &Gate,
    estimate: Option<Estimate>,
    verdict: Verdict,
    because: String,
) -> GateVerdict {
    let (bound, threshold) = match gate.bound {
        Bound::Min(t) => (format!("> {t}"), t),
        Bound::Max(t) => (format!("< {t}"), t),
        Bound::NoLoss { margin: Some(m) } => (no_loss(gate, &m.to_string()), -m),
        Bound::NoLoss { margin: None } => (no_loss(gate, "noise"), 0.0),
    };
    GateVerdict {
        name: gate.name.clone(),
        metric: gate.metric.clone(),
        about: Metric::named(&gate.metric).map_or("", |m| m.about).to_owned(),
        detectable: estimate.as_ref().and_then(|e| detectable(e, 1)),
        estimate,
        bound,
        threshold,
        reason: gate.reason.clone(),
        verdict,
        because,
        against: None,
        parts: Vec::new(),
    }
}

/// The threshold of a gate against a baseline, as a reader would write it.
pub(super) fn no_loss(gate: &Gate, margin: &str) -> String {
    format!("{} < {margin}", if gate.two_sided { "|change|" } else { "loss" })
}

/// The distance from the threshold that is found four times in five.
fn detectable(e: &Estimate, parts: usize) -> Option<f64> {
    let alpha = 0.025 / parts.max(1) as f64;
    Some(detectable_loss(0.0, e.standard_error?, e.freedom(), alpha, POWER))
        .filter(|d| d.is_finite() && *d > 0.0)
}

fn decide(bound: Bound, e: &Estimate) -> Verdict {
    let (passes, fails) = match bound {
        Bound::Min(t) => (e.low > t, e.high <= t),
        Bound::Max(t) => (e.high < t, e.low >= t),
        Bound::NoLoss { .. } => (false, false),
    };
    // Equal scores on a few prompts are no certainty about others.
    match (e.method, passes, fails) {
        (Method::NoSpread, ..) | (_, false, false) => Verdict::Inconclusive,
        (_, true, _) => Verdict::Pass,
        (_, _, true) => Verdict::Fail,
    }
}

fn because(bound: Bound, e: &Estimate) -> String {
    let (Bound::Min(t) | Bound::Max(t)) = bound else { return String::new() };
    let note = e.method.note().map(|n| format!(" ({n})")).unwrap_or_default();
    let interval = format!("the interval [{:.3}, {:.3}]{note}", e.low, e.high);
    match (e.method, decide(bound, e)) {
        (Method::Exact, Verdict::Pass) => format!("{:.4} lies beyond {t}", e.point),
        (Method::Exact, _) => format!("{:.4} lies on the wrong side of {t}", e.point),
        (Method::NoSpread, _) => {
            format!("all prompts scored {:.3} alike: there is no spread to judge by", e.point)
        }
        (_, Verdict::Pass) => format!("{interval} lies beyond {t}"),
        (_, Verdict::Fail) => format!("{interval} lies on the wrong side of {t}"),
        (_, Verdict::Inconclusive) => format!("{interval} holds {t}: more prompts would narrow it"),
    }
}
