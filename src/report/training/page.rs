//! The page of a training: one file that needs no network and runs no script but its own.

use super::super::frame;
use super::super::palette::Ink;
use super::super::svg::svg;
use super::curves;
use crate::error::{Error, Result};
use crate::list::{duration, grouped};
use crate::train::{
    AdapterRecord, DataFile, Halves, JournalLine, Losses, PersonaRecord, PhaseRecord, TrainingRecord,
};
use serde::Serialize;

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = concat!(include_str!("../style.css"), include_str!("style.css"));
const SCRIPT: &str = include_str!("../page.js");

#[derive(Serialize)]
struct Page<'a> {
    policy: String,
    css: &'static str,
    script: &'static str,
    title: String,
    base: &'a str,
    engine: &'a str,
    ended: &'a str,
    facts: Vec<(&'static str, String)>,
    sentences: Vec<String>,
    warnings: &'a [String],
    adapters: Vec<AdapterRow<'a>>,
    phases: Vec<PhaseRow<'a>>,
    personas: Vec<PersonaRow<'a>>,
    pictures: Vec<String>,
    files: &'a [DataFile],
    made_of: String,
}

#[derive(Serialize)]
struct AdapterRow<'a> {
    name: &'a str,
    personas: usize,
    examples: String,
    steps: String,
    first: String,
    last: String,
    heldout: Option<[String; 3]>,
    neutral: Option<[String; 3]>,
    memorised: Option<String>,
    norm: String,
    early: bool,
}

#[derive(Serialize)]
struct PhaseRow<'a> {
    name: &'a str,
    rate: String,
    steps: String,
    taken: String,
    wanted: String,
    short: bool,
    traits: Vec<(&'a str, String, String, bool)>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct PersonaRow<'a> {
    id: &'a str,
    adapter: &'a str,
    class: String,
    examples: usize,
    planned: u64,
    seen: u64,
    width: f64,
    /// Mean losses of the first and of the second half of the steps that it is in.
    trained: Option<[String; 2]>,
    heldout: Option<[String; 3]>,
    change: f64,
}

/// The page. Every text is escaped.
///
/// # Errors
/// When the template does not fit the record, which is a bug.
pub(super) fn html(record: &TrainingRecord, journal: &[JournalLine]) -> Result<String> {
    let drawn = [
        Some(curves::losses(record, journal)),
        curves::heldout(record, journal),
        Some(curves::norms(record, journal)),
        Some(curves::rates(record, journal)),
    ];
    let pictures = drawn
        .into_iter()
        .flatten()
        .filter(|c| c.series.iter().any(|s| !s.points.is_empty()))
        .map(|c| Ok(svg(&c.drawing()?, "curves", &format!("{} over the steps", c.title))))
        .collect::<Result<Vec<_>>>()?;
    let count = record.adapters.len();
    let page = Page {
        policy: frame::policy(SCRIPT),
        css: STYLE,
        script: SCRIPT,
        title: match &record.adapters[..] {
            [one] => format!("{} was trained", one.name),
            _ => format!("{count} adapters were trained in one pass"),
        },
        base: &record.base.0,
        engine: &record.base.2,
        ended: &record.ended,
        facts: facts(record, journal),
        sentences: sentences(record),
        warnings: &record.warnings,
        adapters: record.adapters.iter().map(adapter).collect(),
        phases: record.phases.iter().map(phase).collect(),
        personas: personas(record, journal),
        pictures,
        files: &record.files,
        made_of: serde_json::to_string_pretty(&record.made_of["training"]).unwrap_or_default(),
    };
    frame::render(&[("training.html", TEMPLATE)], &page)
        .map_err(|e| Error::cannot_run("training.html cannot be rendered").because(e))
}

fn facts(record: &TrainingRecord, journal: &[JournalLine]) -> Vec<(&'static str, String)> {
    let cost = &record.cost;
    let examples: u64 = record.personas.iter().map(|p| p.examples as u64).sum();
    let mut facts = vec![
        ("Examples", grouped(examples)),
        ("Seen, repeats counted", grouped(record.personas.iter().map(|p| p.seen).sum())),
        ("Steps", grouped(curves::steps(journal).len() as u64)),
        ("Tokens", grouped(cost.tokens)),
        ("Time", duration(cost.seconds)),
        ("Tokens a second", format!("{:.0}", cost.tokens as f64 / cost.seconds.max(1e-9))),
    ];
    if cost.peak_mib > 0 {
        facts.push(("Most memory", format!("{} MiB", grouped(cost.peak_mib))));
    }
    facts
}

fn sentences(record: &TrainingRecord) -> Vec<String> {
    let (mut base, mut adapter, mut tokens) = (0.0, 0.0, 0.0);
    for h in record.adapters.iter().filter_map(|a| a.heldout) {
        let n = h.tokens as f64;
        (base, adapter, tokens) = (base + h.base * n, adapter + h.adapter * n, tokens + n);
    }
    if tokens == 0.0 {
        return vec!["Nothing was held out: this says nothing about new prompts.".to_owned()];
    }
    vec![format!(
        "Held-out text costs {:.3} nats a token with the adapters and {:.3} with the base alone.",
        adapter / tokens,
        base / tokens
    )]
}

/// Base, adapter and their difference.
fn three(losses: &Losses) -> [String; 3] {
    let change = losses.adapter - losses.base;
    let sign = if change < 0.0 { "−" } else { "+" };
    [format!("{:.3}", losses.base), format!("{:.3}", losses.adapter), format!("{sign}{:.3}", change.abs())]
}

fn adapter(a: &AdapterRecord) -> AdapterRow<'_> {
    AdapterRow {
        name: &a.name,
        personas: a.personas.len(),
        examples: grouped(a.examples as u64),
        steps: grouped(a.steps),
        first: format!("{:.3}", a.training_loss.0),
        last: format!("{:.3}", a.training_loss.1),
        heldout: a.heldout.as_ref().map(three),
        neutral: a.neutral.as_ref().map(three),
        memorised: a.memorised.map(|m| format!("{} of {} ({})", m.adapter, m.of, m.base)),
        norm: format!("{:.2}", a.update_norm),
        early: a.stopped_early,
    }
}

fn phase(p: &PhaseRecord) -> PhaseRow<'_> {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let traits = p
        .report
        .traits
        .iter()
        .map(|(name, t)| (name.as_str(), percent(t.wanted_share), percent(t.reached_share), t.feasible));
    PhaseRow {
        name: &p.report.name,
        rate: format!("{:.2e}", p.learning_rate),
        steps: match p.steps {
            (0, _) => "none".to_owned(),
            (first, last) => format!("{} to {}", grouped(first as u64), grouped(last as u64)),
        },
        taken: grouped(p.report.size),
        wanted: grouped(p.report.wanted),
        short: p.report.size < p.report.wanted,
        traits: traits.collect(),
        notes: &p.report.notes,
    }
}

fn personas<'a>(record: &'a TrainingRecord, journal: &[JournalLine]) -> Vec<PersonaRow<'a>> {
    let most = record.personas.iter().map(|p| p.seen.max(p.planned)).max().unwrap_or(1).max(1) as f64;
    let halves = Halves::by_persona(curves::steps(journal).into_iter(), record.personas.len());
    let row = |(i, p): (usize, &'a PersonaRecord)| persona(p, record, most, halves.get(i).copied().flatten());
    record.personas.iter().enumerate().map(row).collect()
}

fn persona<'a>(
    p: &'a PersonaRecord,
    record: &TrainingRecord,
    most: f64,
    halves: Option<Halves>,
) -> PersonaRow<'a> {
    let group = record.adapters.iter().position(|a| a.name == p.adapter).unwrap_or(0);
    PersonaRow {
        id: &p.id,
        adapter: &p.adapter,
        class: Ink::Group(group).class(),
        examples: p.examples,
        planned: p.planned,
        seen: p.seen,
        width: 100.0 * p.seen as f64 / most,
        trained: halves.map(|h| [h.earlier, h.later].map(|loss| format!("{loss:.3}"))),
        heldout: p.heldout.as_ref().map(three),
        change: p.heldout.map_or(0.0, |h| h.adapter - h.base),
    }
}
