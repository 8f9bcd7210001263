//! A judge's opinion: which replies it prefers, how far it agrees with itself, and in what words.

use super::number::{count, estimate, figure, interval, percent};
use super::scale::{Scale, Span};
use crate::record::{JudgeComparison, JudgeExample, JudgeFigures, JudgedCriterion, Record};
use crate::stats::Estimate;
use serde::Serialize;

const SHARE: Scale = Scale { low: 0.0, high: 1.0 };

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    model: &'a str,
    rubric: &'a str,
    not_measured: Option<&'a str>,
    comparisons: Vec<Compared<'a>>,
}

/// Against one other system.
#[derive(Serialize)]
struct Compared<'a> {
    title: String,
    other: &'static str,
    win_rate: String,
    trust: String,
    left_out: Option<String>,
    criteria: Vec<Criterion<'a>>,
    personas: Vec<Persona<'a>>,
    agreed: Vec<Example<'a>>,
    swapped: Vec<Example<'a>>,
    unread: &'a [String],
}

/// One criterion.
#[derive(Serialize)]
struct Criterion<'a> {
    name: &'a str,
    ask: &'a str,
    score: String,
    interval: String,
    span: Span,
    told: String,
}

/// One persona's pairs.
#[derive(Serialize)]
struct Persona<'a> {
    id: &'a str,
    pairs: usize,
    win_rate: String,
}

/// One pair with the judge's words.
#[derive(Serialize)]
struct Example<'a> {
    place: String,
    prompt: &'a str,
    own: &'a str,
    other: &'a str,
    verdicts: String,
    reasons: &'a [String; 2],
}

/// The section; none where nobody was asked.
pub(super) fn section(record: &Record) -> Option<Section<'_>> {
    let figures = record.judge.as_ref()?;
    Some(Section {
        model: &figures.model,
        rubric: figures.rubric.get(..12).unwrap_or(&figures.rubric),
        not_measured: figures.not_measured.as_deref(),
        comparisons: figures.comparisons.iter().map(|c| compared(figures, c)).collect(),
    })
}

/// The opinion in one sentence; none where nobody was asked.
pub fn opinion(record: &Record) -> Option<String> {
    let figures = record.judge.as_ref()?;
    let mut told: Vec<String> = figures
        .comparisons
        .iter()
        .map(|c| {
            format!(
                "prefers these replies to {} in {} of {}, ties half{}",
                against(c),
                estimate(&c.win_rate),
                count(c.pairs, "pair"),
                c.consistency.as_ref().map_or(String::new(), |e| format!(
                    " ({} % of its verdicts stay when the replies change places)",
                    percent(e.point)
                ))
            )
        })
        .collect();
    told.extend(figures.not_measured.as_ref().map(|why| format!("was not heard: {why}")));
    Some(format!("The judge {} {}.", figures.model, told.join("; ")))
}

fn against(c: &JudgeComparison) -> String {
    c.baseline.as_ref().map_or("the floor's".to_owned(), |id| format!("those of {id}"))
}

fn compared<'a>(figures: &'a JudgeFigures, c: &'a JudgeComparison) -> Compared<'a> {
    let other = if c.baseline.is_some() { "the baseline's" } else { "the floor's" };
    let part = |e: &Option<Estimate>| e.as_ref().map_or("not measured".to_owned(), estimate);
    let left_out = (c.unread_replies > 0).then(|| {
        let (answers, pairs) = (count(c.unread_replies, "answer"), count(c.unread, "pair"));
        let are = if c.unread == 1 { "is" } else { "are" };
        format!("{answers} of the judge could not be read, so {pairs} {are} left out.")
    });
    let criterion = |j: &'a JudgedCriterion| Criterion {
        name: &j.name,
        ask: figures.criteria.iter().find(|k| k.name == j.name).map_or("", |k| &k.ask),
        score: figure(j.win_rate.point),
        interval: interval(&j.win_rate),
        span: SHARE.span(&j.win_rate),
        told: {
            let [won, tied, lost] = j.won_tied_lost;
            format!("{won} won, {tied} tied, {lost} lost; the same in both orders: {}", part(&j.consistency))
        },
    };
    Compared {
        title: c
            .baseline
            .as_ref()
            .map_or("Against the floor".to_owned(), |id| format!("Against the baseline {id}")),
        other,
        win_rate: estimate(&c.win_rate),
        trust: format!(
            "{}{}. Verdicts that stay when the replies change places: {}. First places among the verdicts for one reply: {} \
             (½ without bias).",
            count(c.pairs, "pair"),
            if c.same > 0 {
                format!(", {} of them with the same text twice, which are ties", c.same)
            } else {
                String::new()
            },
            part(&c.consistency),
            part(&c.position)
        ),
        left_out,
        criteria: c.criteria.iter().map(criterion).collect(),
        personas: c
            .personas
            .iter()
            .map(|p| Persona { id: &p.persona, pairs: p.pairs, win_rate: estimate(&p.win_rate) })
            .collect(),
        agreed: c.agreed.iter().map(|e| example(e, other)).collect(),
        swapped: c.swapped.iter().map(|e| example(e, other)).collect(),
        unread: &c.unread_examples,
    }
}

fn example<'a>(e: &'a JudgeExample, other: &str) -> Example<'a> {
    let named = |who: &str| match who {
        "own" => "this run's".to_owned(),
        "other" => other.to_owned(),
        _ => "a tie".to_owned(),
    };
    let told = e.verdicts.iter().map(|v| match &v.orders {
        [first, second] if first == second => format!("{}: {}", v.criterion, named(first)),
        [first, second] => format!("{}: {}, swapped {}", v.criterion, named(first), named(second)),
    });
    Example {
        place: format!("{} · {}", e.persona, e.prompt_id),
        prompt: &e.prompt,
        own: &e.own,
        other: &e.other,
        verdicts: told.collect::<Vec<_>>().join("; "),
        reasons: &e.reasons,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_opinion_is_one_sentence_and_says_why_there_is_none() {
        let mut record = sample::record();
        let told = opinion(&record).expect("asked");
        assert!(
            told.starts_with("The judge a-judge-of-70b prefers these replies to the floor's in 0.710 ["),
            "{told}"
        );
        assert!(told.contains("of 199 pairs, ties half (79.0 % of its verdicts stay"), "{told}");
        let judge = record.judge.as_mut().expect("asked");
        (judge.comparisons, judge.not_measured) = (Vec::new(), Some("status 500".to_owned()));
        assert_eq!(opinion(&record).expect("asked"), "The judge a-judge-of-70b was not heard: status 500.");
        assert_eq!(opinion(&sample::bare()), None);
    }
}
