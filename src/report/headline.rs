//! The answer first: may this adapter be shipped, and how far apart are the personas?

use super::gates::how_many;
use super::number::{self, count, p_value, percent};
use super::scale::{Scale, Span};
use crate::record::{Record, Verdict};
use crate::stats::Estimate;
use serde::Serialize;

/// One bar: floor, trained or ceiling.
#[derive(Serialize)]
pub(super) struct Bar {
    class: &'static str,
    name: &'static str,
    about: &'static str,
    percent: String,
    interval: String,
    span: Span,
}

/// Floor, trained and ceiling of one question, with chance.
#[derive(Serialize)]
pub(super) struct Bars {
    title: String,
    bars: Vec<Bar>,
    chance: f64,
    chance_text: String,
    /// What training gained, and what the test says.
    notes: Vec<String>,
}

/// "May I ship this adapter?", answered in one sentence.
pub(super) fn answer(record: &Record) -> String {
    let total = count(record.gates.len(), "gate");
    let failed = how_many(record, Verdict::Fail);
    let open = how_many(record, Verdict::Inconclusive);
    let named = |verdict: Verdict| {
        let names: Vec<&str> =
            record.gates.iter().filter(|g| g.verdict == verdict).map(|g| g.name.as_str()).collect();
        let more = names.len().saturating_sub(3);
        let shown = names[..names.len() - more].join("”, “");
        if more > 0 { format!("“{shown}” and {more} more") } else { format!("“{shown}”") }
    };
    let (of_answers, controls): (Vec<_>, Vec<_>) =
        record.qualification.iter().partition(|q| q.is_of_answers());
    let unqualified = controls.iter().filter(|q| !q.passed).count();
    let confounds: Vec<&str> = of_answers.iter().filter(|q| !q.passed).filter_map(|q| q.means()).collect();
    match record.verdict {
        _ if record.gates.is_empty() => "Not judged: the suite declares no gate.".to_owned(),
        Verdict::Pass => format!("Yes: {total} passed."),
        Verdict::Fail => {
            let regressed = record.gates.iter().filter(|g| g.regressed()).count();
            let how = match (failed - regressed, regressed) {
                (_, 0) => format!("{failed} of {total} failed"),
                (0, _) => format!("{failed} of {total} regressed since the baseline"),
                (own, _) => format!("{own} of {total} failed and {regressed} regressed since the baseline"),
            };
            format!("No: {how}, {}.", named(Verdict::Fail))
        }
        Verdict::Inconclusive if unqualified > 0 => format!(
            "Not decided: the instrument failed {} of {} on real text, so {} may not judge.",
            unqualified,
            count(controls.len(), "control"),
            count(open, "gate")
        ),
        Verdict::Inconclusive if !confounds.is_empty() => format!(
            "Not decided: {}, as far as can be shown, so {} {} inconclusive.",
            confounds.join(", and "),
            count(open, "gate"),
            if open == 1 { "is" } else { "are" }
        ),
        Verdict::Inconclusive => format!(
            "Not decided: none of {total} failed, but {open} {} inconclusive, {}.",
            if open == 1 { "is" } else { "are" },
            named(Verdict::Inconclusive)
        ),
    }
}

/// The headline figure in one sentence; none without separability.
pub(super) fn sentence(record: &Record) -> Option<String> {
    let found = &record.separability.as_ref()?.persona;
    let e = &found.balanced_accuracy;
    Some(format!(
        "An answer alone names the right one of {} {} % of the time (interval {} to {} %, {}; chance {} %, {}).",
        count(found.labels.len(), "persona"),
        percent(e.point),
        percent(e.low),
        percent(e.high),
        count(e.n, "prompt"),
        percent(found.chance),
        p_value(found.p)
    ))
}

/// Bars for personas, and for groups where there are several.
pub(super) fn bars(record: &Record) -> Vec<Bars> {
    let Some(s) = &record.separability else { return Vec::new() };
    let (floor, ceiling) = (s.floor.as_ref(), s.ceiling.as_ref());
    let mut all = vec![question(
        format!("Naming the persona, {} to choose from", s.persona.labels.len()),
        floor.map(|f| &f.persona.balanced_accuracy),
        &s.persona.balanced_accuracy,
        ceiling.map(|c| &c.persona.balanced_accuracy),
        s.persona.chance,
        notes(
            s.persona.p,
            floor.map(|f| &f.persona_gain),
            ceiling.map(|c| &c.persona_fidelity),
            "persona",
            &[
                ("length of the answer", Some(s.length_only.balanced_accuracy.point)),
                ("content words of the answer", s.content_only.as_ref().map(|c| c.balanced_accuracy.point)),
            ],
        ),
    )];
    if let Some(group) = &s.group {
        let mut lines = notes(
            group.leave_prompt_out.p,
            floor.and_then(|f| f.group_gain.as_ref()),
            ceiling.and_then(|c| c.group_fidelity.as_ref()),
            "group",
            &[],
        );
        if let Some(unseen) = &group.leave_persona_out {
            lines.push(format!(
                "{} when the persona itself was never seen ({})",
                in_percent(&unseen.balanced_accuracy),
                p_value(unseen.p)
            ));
        }
        all.push(question(
            format!("Naming the adapter group, {} to choose from", group.labels.len()),
            floor.and_then(|f| f.group.as_ref()).map(|g| &g.leave_prompt_out.balanced_accuracy),
            &group.leave_prompt_out.balanced_accuracy,
            ceiling.and_then(|c| c.group.as_ref()).map(|g| &g.leave_prompt_out.balanced_accuracy),
            group.chance,
            lines,
        ));
    }
    all
}

fn question(
    title: String,
    floor: Option<&Estimate>,
    trained: &Estimate,
    ceiling: Option<&Estimate>,
    chance: f64,
    notes: Vec<String>,
) -> Bars {
    let scale = Scale { low: 0.0, high: 1.0 };
    let bar = |class, name, about, e: &Estimate| Bar {
        class,
        name,
        about,
        percent: percent(e.point),
        interval: format!("[{}, {}]", percent(e.low), percent(e.high)),
        span: scale.span(e),
    };
    let bars = [
        floor.map(|e| bar("floor", "Floor", "base model with the tag, no adapter", e)),
        Some(bar("trained", "Trained", "this run", trained)),
        ceiling.map(|e| bar("ceiling", "Ceiling", "real held-out text", e)),
    ];
    Bars {
        title,
        bars: bars.into_iter().flatten().collect(),
        chance: scale.percent(chance),
        chance_text: percent(chance),
        notes,
    }
}

fn notes(
    p: f64,
    gain: Option<&Estimate>,
    fidelity: Option<&Estimate>,
    noun: &str,
    alone: &[(&str, Option<f64>)],
) -> Vec<String> {
    let mut notes = vec![format!("against shuffled labels: {}", p_value(p))];
    if let Some(gain) = gain {
        notes.push(format!(
            "trained less floor: {} points [{}, {}], paired by prompt",
            signed(gain.point),
            signed(gain.low),
            signed(gain.high)
        ));
    }
    if let Some(fidelity) = fidelity {
        notes.push(format!("{} when matched to the {noun}s' real text", in_percent(fidelity)));
    }
    let by =
        |(what, share): &(&str, Option<f64>)| Some(format!("{} % by the {what} alone", percent((*share)?)));
    notes.extend(alone.iter().filter_map(by));
    notes
}

fn in_percent(e: &Estimate) -> String {
    format!("{} % [{}, {}]", percent(e.point), percent(e.low), percent(e.high))
}

fn signed(difference: f64) -> String {
    let text = number::percent(difference);
    if text.starts_with('\u{2212}') { text } else { format!("+{text}") }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::record::ANSWERS_NOT_CONTENT;

    #[test]
    fn personas_that_differ_in_subject_only_are_told_so_in_the_first_line() {
        let mut record = sample::record();
        record.verdict = Verdict::Inconclusive;
        for gate in &mut record.gates {
            gate.verdict =
                if gate.metric.starts_with("separability.") { Verdict::Inconclusive } else { Verdict::Pass };
        }
        let control =
            record.qualification.iter_mut().find(|q| q.name == ANSWERS_NOT_CONTENT).expect("in the sample");
        control.passed = false;
        assert_eq!(
            answer(&record),
            "Not decided: personas differ in what they talk about, not how, as far as can be shown, so 7 gates are \
             inconclusive."
        );
        record.qualification[0].passed = false;
        assert!(
            answer(&record).contains("the instrument failed 1 of 4 controls on real text"),
            "{}",
            answer(&record)
        );
    }
}
