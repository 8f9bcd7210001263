//! Gates against a baseline: non-inferiority, paired by prompt.

use super::absolute::{no_loss, summary, verdict_of};
use super::evidence::{Evidence, Reference, parts};
use super::power::{FAMILY, alpha, detectable};
use crate::compare::{Matched, Part, Unit, difference, noise_between, unit_of};
use crate::error::Result;
use crate::record::{Against, GatePart, GateVerdict, Noise, Verdict};
use crate::stats::{Estimate, Method, holm, least_units, mean, sign_flip_below, student_upper_tail};
use crate::suite::{Bound, Gate, Scope};

/// A gate on its way to a verdict: its parts with their own p values.
pub(super) struct Candidate<'a> {
    gate: &'a Gate,
    parts: Vec<GatePart>,
    /// The parts' own p values.
    raw: Vec<f64>,
    refusal: Option<String>,
    baseline: String,
}

/// Measures one gate against the baseline; [`settle`] decides it once the p values of all gates are known.
///
/// A part's loss is judged by the paired interval of after less before. Noise between repeats counts once: a margin that
/// the suite declares leaves it to the interval, which is widened where repeats differ by more than the prompts show;
/// without a declared margin the noise is the margin, and the interval stays as the prompts give it.
///
/// # Errors
/// When an interval cannot be made.
pub(super) fn measure<'a>(
    gate: &'a Gate,
    evidence: &Evidence<'_>,
    since: Option<(&Reference<'_>, &Matched<'_>)>,
) -> Result<Candidate<'a>> {
    let none = |refusal: String, baseline: String| Candidate {
        gate,
        parts: Vec::new(),
        raw: Vec::new(),
        refusal: Some(refusal),
        baseline,
    };
    let Some((reference, matched)) = since else {
        let why = "the run is held against no baseline: accept one with `persona-eval baseline accept RUN`";
        return Ok(none(why.to_owned(), String::new()));
    };
    let id = reference.scores.id.clone();
    if let Some(why) = evidence.refusal(gate).or_else(|| evidence.incomparable(gate, reference, matched)) {
        return Ok(none(why, id));
    }
    let mut found = Vec::new();
    for (name, part) in parts(&gate.scope, matched.personas(), matched.groups()) {
        // A part that one side lacks stays in the table: nothing was shown of it.
        let lacking = GatePart {
            name: name.to_owned(),
            estimate: None,
            verdict: Verdict::Inconclusive,
            against: None,
            detectable: None,
        };
        found.push(measure_part(gate, name, part, matched, evidence, reference)?.unwrap_or(lacking));
    }
    if found.iter().all(|p| p.estimate.is_none()) {
        return Ok(none("the baseline and the run have no two prompts or tasks of it in common".into(), id));
    }
    let raw: Vec<f64> = found.iter().map(|p| p.against.as_ref().map_or(1.0, |a| a.p)).collect();
    let adjusted = holm(&raw)?;
    for (part, p) in found.iter_mut().zip(&adjusted) {
        if let Some(against) = &mut part.against {
            against.p = *p;
        }
    }
    Ok(Candidate { gate, parts: found, raw, refusal: None, baseline: id })
}

fn measure_part(
    gate: &Gate,
    name: &str,
    part: Part<'_>,
    matched: &Matched<'_>,
    evidence: &Evidence<'_>,
    reference: &Reference<'_>,
) -> Result<Option<GatePart>> {
    let seed = format!("{} {name} since baseline", gate.metric);
    let change = |units: &[Unit]| difference(&seed, units, unit_of(&gate.metric), &evidence.resampling);
    let mut units = matched.units(&gate.metric, part);
    let Some(mut estimate) = change(&units)? else { return Ok(None) };
    // A handful of held-out prompts has too few sign patterns to decide anything. Where personas are more, they are the
    // units, and the error over prompts is the least that is believed.
    let personas = matched.text_units(&gate.metric, part);
    let texts = !personas.is_empty();
    if personas.len() > units.len()
        && let Some(over_personas) = change(&personas)?
    {
        estimate = over_personas.widened_to(estimate.standard_error.unwrap_or(0.0), estimate.freedom());
        units = personas;
    }
    let units = &units[..];
    let noise = reference.noise.and_then(|n| noise_between(n, &gate.metric, part, units.len(), matched));
    // The same answers again are no draw of the noise.
    let drawn = units.iter().any(|u| u.after != u.before);
    let declared = match gate.bound {
        Bound::NoLoss { margin } => margin,
        Bound::Min(_) | Bound::Max(_) => None,
    };
    let (estimate, margin, margin_from) = match (declared, noise) {
        (Some(margin), Some(noise)) => {
            let repeats = reference.noise.map_or(0, Noise::repeats);
            let from = format!("declared; the noise of {repeats} repeats is counted in the interval");
            let wide = if drawn { estimate.widened_to(noise.deviation, noise.degrees) } else { estimate };
            (wide, margin, from)
        }
        (Some(margin), None) => (estimate, margin, "declared; noise is what the prompts show".to_owned()),
        (None, Some(noise)) => {
            let repeats = reference.noise.map_or(0, Noise::repeats);
            let from = format!("noise: what two of {repeats} repeats differ by (standard deviation)");
            (estimate, noise.deviation, from)
        }
        (None, None) => (estimate, 0.0, "none: the baseline holds no repeats".to_owned()),
    };
    let seen = Seen::of(&estimate, gate);
    let each: Vec<f64> = units.iter().map(|u| seen.sign * (u.after - u.before)).collect();
    let by_student = student_p(&estimate, seen.point + margin);
    let p = match (seen.high < -margin, by_student) {
        (false, _) => 1.0,
        // Eight personas have 256 sign patterns, too few to stand among many tests.
        (true, Some(by_student)) if texts => by_student,
        (true, by_student) => {
            let flips = evidence.resampling.seed(&format!("{seed} sign flips"));
            sign_flip_below(&each, -margin, flips)?.max(by_student.unwrap_or(0.0))
        }
    };
    // To which side it went was not known beforehand.
    let p = if gate.two_sided { (2.0 * p).min(1.0) } else { p };
    let side = |score: fn(&Unit) -> f64| mean(&units.iter().map(score).collect::<Vec<_>>());
    Ok(Some(GatePart {
        name: name.to_owned(),
        verdict: if passes(&estimate, &seen, margin) { Verdict::Pass } else { Verdict::Inconclusive },
        against: Some(Against {
            baseline: reference.scores.id.clone(),
            before: side(|u| u.before),
            after: side(|u| u.after),
            margin,
            two_sided: gate.two_sided,
            margin_from,
            p,
        }),
        estimate: Some(estimate),
        // Told once it is known how many tests share the level.
        detectable: None,
    }))
}

/// A change as its gate sees it: negative is for the worse.
///
/// Where a gain counts like a loss, a gain is mirrored.
struct Seen {
    sign: f64,
    point: f64,
    low: f64,
    high: f64,
    two_sided: bool,
}

impl Seen {
    fn of(e: &Estimate, gate: &Gate) -> Self {
        let two_sided = gate.two_sided;
        if two_sided && e.point > 0.0 {
            Self { sign: -1.0, point: -e.point, low: -e.high, high: -e.low, two_sided }
        } else {
            Self { sign: 1.0, point: e.point, low: e.low, high: e.high, two_sided }
        }
    }

    fn within(&self, margin: f64) -> bool {
        self.low > -margin && (!self.two_sided || self.high < margin)
    }
}

/// One-sided p of Student's t that a change `beyond` the margin (negative) is none, by the estimate's own standard error.
///
/// Sign flips see only what differs between prompts. Two runs also differ as wholes, since every answer of a run is
/// judged by the same centroids; where that noise is in the standard error, this p holds it and theirs does not. None
/// where nothing varies: then sign flips decide alone.
fn student_p(e: &Estimate, beyond: f64) -> Option<f64> {
    let error = e.standard_error.filter(|error| *error > 0.0)?;
    let t = -beyond / error;
    Some(if t > 0.0 && e.freedom() > 0 { student_upper_tail(t, e.freedom() as f64) } else { 1.0 })
}

/// Whether the interval alone rules a loss of the margin out.
fn passes(e: &Estimate, seen: &Seen, margin: f64) -> bool {
    let alike = e.method == Method::NoSpread;
    // Nothing changed at all: the same answers.
    let same = alike && e.point == 0.0;
    // The same change on every unit has no interval but a p: of all sign patterns none is as far from the margin.
    same || (seen.within(margin) && (!alike || e.n >= least_units(0.025)))
}

/// The verdict among `gates` gates against the baseline: Holm within the gate, Bonferroni between gates, so that the chance
/// of any part of any gate being told as a loss by chance stays below [`FAMILY`], whatever else is lost.
pub(super) fn settle(candidate: Candidate<'_>, gates: usize) -> GateVerdict {
    let Candidate { gate, mut parts, raw, refusal, baseline } = candidate;
    if let Some(why) = refusal {
        return verdict_of(gate, None, Verdict::Inconclusive, why);
    }
    let mut chance = 0;
    let alpha = alpha(gate, gates * parts.len());
    for (part, raw) in parts.iter_mut().zip(raw) {
        let (Some(against), Some(e)) = (&mut part.against, &part.estimate) else { continue };
        let beyond = Seen::of(e, gate).high < -against.margin;
        against.p = (against.p * gates as f64).min(1.0);
        if beyond && against.p <= FAMILY {
            part.verdict = Verdict::Fail;
        } else if beyond && raw <= FAMILY {
            chance += 1;
        }
        part.detectable = detectable(gate, e, against.margin, alpha);
    }
    let distance = |p: &GatePart| {
        let margin = p.against.as_ref().map_or(0.0, |a| a.margin);
        p.estimate.as_ref().map_or(f64::INFINITY, |e| {
            (Seen::of(e, gate).high + margin) / e.standard_error.unwrap_or(1.0).max(1e-9)
        })
    };
    parts.sort_by(|a, b| rank(a.verdict).cmp(&rank(b.verdict)).then(distance(a).total_cmp(&distance(b))));
    let found = Verdict::worst(parts.iter().map(|p| p.verdict));
    let silent = gate.alarm && found == Verdict::Inconclusive;
    let verdict = if silent { Verdict::Pass } else { found };
    let Some(worst) = parts.first().cloned() else {
        return verdict_of(gate, None, Verdict::Inconclusive, format!("nothing in common with {baseline}"));
    };
    let mut because = match gate.scope {
        Scope::EachPersona | Scope::EachGroup => summary(
            &parts,
            if gate.two_sided {
                "shown to have changed no more than the margin"
            } else {
                "shown to have lost no more than the margin"
            },
            "regressed",
        ),
        Scope::Whole | Scope::Persona(_) | Scope::Pair(..) => sentence(&worst, gate),
    };
    if silent {
        let what = if gate.two_sided { "change" } else { "loss" };
        because = format!("no {what} is shown; {because}");
    }
    // A gate with one part has said so already.
    if chance > 0 && gate.scope.takes_parts() {
        because.push_str(&format!(
            "; {chance} would have regressed alone, which among so many comparisons may be chance"
        ));
    }
    let margin = worst.against.as_ref().map_or(0.0, |a| a.margin);
    let judged = verdict_of(gate, worst.estimate, verdict, because);
    GateVerdict {
        bound: no_loss(gate, &rounded(margin)),
        threshold: -margin,
        against: worst.against,
        detectable: worst.detectable,
        parts: if gate.scope.takes_parts() { parts } else { Vec::new() },
        ..judged
    }
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 2,
    }
}

fn sentence(part: &GatePart, gate: &Gate) -> String {
    let (Some(e), Some(a)) = (&part.estimate, &part.against) else { return "not measured".to_owned() };
    let what = if gate.two_sided { "change" } else { "loss" };
    let beyond = Seen::of(e, gate).high < -a.margin;
    let note = e.method.note().map(|n| format!(" ({n})")).unwrap_or_default();
    let interval = format!("the change [{:+.3}, {:+.3}]{note}", e.low, e.high);
    let margin = rounded(a.margin);
    match (part.verdict, e.method) {
        (_, Method::NoSpread) if e.point == 0.0 => "every score is the baseline's".to_owned(),
        (Verdict::Pass, _) => format!("{interval} rules out a {what} of {margin}"),
        (Verdict::Fail, _) => {
            format!("from {:.3} to {:.3}: {interval} lies beyond a {what} of {margin}", a.before, a.after)
        }
        (Verdict::Inconclusive, _) if beyond => {
            format!(
                "{interval} lies beyond a {what} of {margin}, but may be chance among so many gates (p = {:.3})",
                a.p
            )
        }
        (Verdict::Inconclusive, _) => {
            format!("{interval} holds a {what} of {margin}: more prompts would narrow it")
        }
    }
}

/// Three significant digits.
fn rounded(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
