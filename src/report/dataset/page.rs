//! The page of a data set: one file that needs no network and runs no script but its own.

use super::super::frame;
use super::super::number::{list, percent};
use super::super::svg::svg;
use super::{bars, rows};
use crate::data::stats::{Inconsistency, Measured, Status};
use crate::error::{Error, Result};
use crate::list::{count, grouped};
use serde::Serialize;

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = concat!(include_str!("../style.css"), include_str!("style.css"));
const SCRIPT: &str = include_str!("../page.js");

/// Names that a sentence lists.
const NAMED: usize = 8;

#[derive(Serialize)]
struct Page<'a> {
    policy: String,
    css: &'static str,
    script: &'static str,
    name: &'a str,
    about: Option<&'a str>,
    total: String,
    facts: Vec<(&'static str, String)>,
    sentences: Vec<String>,
    advice: Vec<String>,
    impossible: &'a [Inconsistency],
    targets: Option<&'a str>,
    size: Option<String>,
    chart: String,
    categories: Vec<rows::GapRow>,
    personas: Vec<rows::GapRow>,
    unregistered: Vec<(&'a str, String)>,
    traits: Vec<rows::PartRow>,
    sources: Vec<rows::PartRow>,
    turns: Vec<rows::PartRow>,
    lengths: Vec<rows::PartRow>,
    against: Option<&'a str>,
    plan: Option<&'a str>,
    inconsistencies: &'a [Inconsistency],
}

/// The page of a data set. Every text is escaped.
///
/// # Errors
/// When the template does not fit the data set, which is a bug.
pub(super) fn html(measured: &Measured) -> Result<String> {
    let counts = &measured.counts;
    let (categories, personas) = rows::gaps(measured);
    let strangers = measured.not_in_registry.iter();
    let page = Page {
        policy: frame::policy(SCRIPT),
        css: STYLE,
        script: SCRIPT,
        name: &measured.name,
        about: counts.about.as_deref(),
        total: grouped(counts.total),
        facts: facts(measured),
        sentences: sentences(measured),
        advice: measured.gaps.advice(),
        impossible: &measured.gaps.impossible,
        targets: measured.targets.as_deref(),
        size: measured.gaps.size.map(grouped),
        chart: svg(
            &bars::plain(measured),
            "shares",
            "Shares of the categories; the table below holds the figures",
        ),
        categories,
        personas,
        unregistered: strangers.map(|(id, n)| (id.as_str(), grouped(*n))).collect(),
        traits: rows::traits(measured),
        sources: rows::sources(measured),
        turns: rows::histogram(measured, counts.by_turns()),
        lengths: rows::histogram(measured, rows::by_length(counts)),
        against: measured.against.as_deref(),
        plan: measured.plan.as_deref(),
        inconsistencies: &measured.inconsistencies,
    };
    frame::render(&[("stats.html", TEMPLATE)], &page)
        .map_err(|e| Error::cannot_run("stats.html cannot be rendered").because(e))
}

fn facts(measured: &Measured) -> Vec<(&'static str, String)> {
    let counts = &measured.counts;
    let part = |n: Option<u64>| {
        n.map_or("not counted".to_owned(), |n| format!("{} ({} %)", grouped(n), percent(counts.share(n))))
    };
    let mut facts = vec![
        ("Examples", grouped(counts.total)),
        ("Unique", part(counts.unique)),
        ("Multi-turn", part(counts.multi_turn)),
        ("Personas", format!("{} of {}", measured.seen, measured.registered)),
        ("Without a persona", part(Some(counts.unassigned + counts.categories.values().sum::<u64>()))),
    ];
    if !counts.sources.is_empty() {
        facts.push(("Sources", grouped(counts.sources.len() as u64)));
    }
    if let Some(changes) = &measured.changes {
        facts.push(("Examples before", grouped(changes.total.0)));
    }
    facts
}

/// Who is under and who over, the categories and then the personas.
fn sentences(measured: &Measured) -> Vec<String> {
    let gaps = &measured.gaps;
    let mut all = Vec::new();
    for (rows, noun) in [(&gaps.categories, "categories"), (&gaps.personas, "personas")] {
        let set = rows.iter().filter(|g| g.target.is_some()).count();
        if set == 0 {
            continue;
        }
        let of = |status| {
            let names = rows.iter().filter(|g| g.status == Some(status)).map(|g| g.subject.to_string());
            names.collect::<Vec<_>>()
        };
        let told = |names: &[String]| list(&names.iter().map(String::as_str).collect::<Vec<_>>(), NAMED);
        let (under, over) = (of(Status::Under), of(Status::Over));
        let within = set - under.len() - over.len();
        let mut text = format!("{within} of {set} {noun} with a target are within it.");
        if !under.is_empty() {
            text.push_str(&format!(" Under: {}.", told(&under)));
        }
        if !over.is_empty() {
            text.push_str(&format!(" Over: {}.", told(&over)));
        }
        all.push(text);
    }
    if measured.plan.is_some() {
        all.push(match measured.inconsistencies.len() {
            0 => "The plan's numbers agree with each other.".to_owned(),
            n => format!("The plan contradicts itself in {}.", count(n, "place")),
        });
    }
    all
}
