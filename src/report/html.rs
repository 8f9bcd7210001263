//! `report.html`: one file that needs no network and runs no script but its own.

use super::frame;
use super::gates::word;
use super::number::count;
use super::order::Order;
use super::svg::{svg, svg_named};
use super::{
    blends, by_prompt, changes, choices, conditions, confusion, confusion_change, gates, headline,
    instruments, likelihood,
};
use super::{
    judge, likelihood_matrix, map, map_change, origin, personas, profile, responses, separability, style,
    tasks,
};
use crate::error::{Error, Result};
use crate::list::duration;
use crate::record::{Qualification, Record, Response, Warning};
use serde::Serialize;

const TEMPLATE: &str = include_str!("template.html");
const CHANGES: &str = include_str!("changes.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = concat!(include_str!("page.js"), include_str!("script.js"));

/// Everything the template shows.
#[derive(Serialize)]
struct Page<'a> {
    policy: String,
    css: &'static str,
    script: &'static str,
    suite: &'a str,
    id: &'a str,
    started: &'a str,
    took: String,
    verdict: &'static str,
    answer: String,
    sentence: Option<String>,
    bars: Vec<headline::Bars>,
    caveat: &'a str,
    changes: Option<changes::Section<'a>>,
    warnings: &'a [Warning],
    gates: Vec<gates::GateRow<'a>>,
    qualification: &'a [Qualification],
    instruments: Vec<instruments::Row>,
    legend: Vec<personas::Legend<'a>>,
    map: Option<String>,
    map_change: Option<String>,
    confusion: Option<String>,
    confusion_change: Option<String>,
    separability: Option<separability::Section<'a>>,
    likelihood: Option<likelihood::Section<'a>>,
    likelihood_matrix: Option<String>,
    blends: Option<blends::Section<'a>>,
    personas: Vec<personas::Row<'a>>,
    measured: bool,
    strips: bool,
    style: Option<style::Section<'a>>,
    profile: Option<profile::Section<'a>>,
    conditions: Option<conditions::Section<'a>>,
    tasks: Option<tasks::Section<'a>>,
    choices: Option<choices::Section>,
    judge: Option<judge::Section<'a>>,
    responses: usize,
    responses_text: String,
    shown: usize,
    data: String,
    origin: origin::Section<'a>,
}

/// The page of a record and its responses.
///
/// Every text is escaped; the content-security policy names the script by its hash, so markup that slipped through
/// could still run nothing and load nothing. Without scripts all figures are there; only responses need them.
///
/// # Errors
/// When the template does not fit the record, which is a bug.
pub fn html(record: &Record, responses: &[Response]) -> Result<String> {
    let order = Order::new(record);
    let data = responses::data(responses);
    let strips = by_prompt::Strips::new(record);
    let page = Page {
        policy: frame::policy(SCRIPT),
        css: STYLE,
        script: SCRIPT,
        suite: &record.suite,
        id: &record.id,
        started: &record.started,
        took: duration(record.seconds),
        verdict: if record.gates.is_empty() { "open" } else { word(record.verdict) },
        answer: headline::answer(record),
        sentence: headline::sentence(record),
        bars: headline::bars(record),
        caveat: &record.caveat,
        changes: changes::section(record, &order),
        warnings: &record.warnings,
        gates: gates::rows(record),
        qualification: &record.qualification,
        instruments: instruments::rows(record),
        legend: personas::legend(&order),
        map: map::plain(record, &order)
            .map(|d| svg(&d, "map", "Map of personas on two axes; the tables below hold the figures")),
        map_change: map_change::plain(record, &order).map(|d| {
            svg_named(&d, "map", "w", "Where personas stood in the baseline and where they stand now")
        }),
        confusion_change: confusion_change::plain(record, &order).map(|d| {
            svg(
                &d,
                "confusion",
                "Change of the confusion matrix since the baseline; the tables hold the figures",
            )
        }),
        confusion: confusion::plain(record, &order).map(|d| {
            svg(&d, "confusion", "Confusion matrix of personas; its largest mistakes are in the table below")
        }),
        separability: separability::section(record, &order),
        likelihood: likelihood::section(record, &order),
        likelihood_matrix: likelihood_matrix::plain(record, &order).map(|d| {
            svg(
                &d,
                "confusion likelihood",
                "Likelihood matrix of personas; the tables below hold their figures",
            )
        }),
        blends: blends::section(record),
        personas: personas::rows(record, &order, &strips),
        strips: !strips.is_empty(),
        measured: !record.persona_figures.is_empty(),
        style: style::section(record, &order),
        profile: profile::section(record, &order),
        conditions: conditions::section(record),
        tasks: tasks::section(record),
        choices: choices::section(record),
        judge: judge::section(record),
        responses: responses.len(),
        responses_text: count(responses.len(), "response"),
        shown: data.shown,
        data: data.json,
        origin: origin::section(record),
    };
    frame::render(&[("report.html", TEMPLATE), ("changes.html", CHANGES)], &page)
        .map_err(|e| Error::cannot_run("report.html cannot be rendered").because(e))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    const NASTY: &str =
        "</script><script>alert(1)</script><img src=x onerror=alert(2)> \" onload='x' {{ 11111 * 11111 }}";

    /// The page's markup without the data block and the page's own script.
    fn markup(page: &str) -> String {
        let (before, rest) = page.split_once("<script type=\"application/json\"").expect("a data block");
        let (_, after) = rest.split_once("</script>").expect("its end");
        let (middle, rest) = after.split_once("<script>").expect("the script");
        let (script, after) = rest.split_once("</script>").expect("its end");
        assert_eq!(script, SCRIPT);
        format!("{before}{middle}{after}")
    }

    #[test]
    fn nothing_that_a_model_or_a_user_wrote_becomes_markup() {
        let mut record = sample::record();
        let nasty = || NASTY.to_owned();
        (record.id, record.suite, record.caveat, record.command) = (nasty(), nasty(), nasty(), nasty());
        record.warnings.push(Warning { what: nasty(), help: nasty() });
        for gate in &mut record.gates {
            (gate.name, gate.about, gate.bound) = (nasty(), nasty(), nasty());
            (gate.because, gate.reason, gate.metric) = (nasty(), nasty(), nasty());
        }
        for row in &mut record.personas {
            (row.category, row.blend, row.voice) = (nasty(), nasty(), nasty());
            row.group.push_str(NASTY);
        }
        for figures in &mut record.persona_figures {
            figures.confused_with = Some(nasty());
        }
        record.provenance.files[0].name = nasty();
        record.provenance.adapters[0].name = nasty();
        record.stages[0].note = nasty();
        record.qualification[0].finding = nasty();
        let separability = record.separability.as_mut().expect("a full sample");
        separability.map[0].prompt_id = nasty();
        separability.map[1].persona = nasty();
        separability.persona.confusion.labels[0] = nasty();
        let likelihood = record.likelihood.as_mut().expect("likelihood");
        (likelihood.matrix.labels[0], likelihood.personas[0].label) = (nasty(), nasty());
        likelihood.groups[0].label = nasty();
        let sweep = &mut record.blends.as_mut().expect("sweeps").sweeps[0];
        (sweep.id, sweep.from, sweep.to, sweep.asked) = (nasty(), nasty(), nasty(), nasty());
        record.style.as_mut().expect("style").features[0] = nasty();
        for gate in &mut record.gates {
            for part in &mut gate.parts {
                part.name = nasty();
            }
            for against in
                gate.against.iter_mut().chain(gate.parts.iter_mut().filter_map(|p| p.against.as_mut()))
            {
                (against.baseline, against.margin_from) = (nasty(), nasty());
            }
        }
        let found = record.comparison.as_mut().expect("compared");
        (found.before, found.after) = (nasty(), nasty());
        (found.adapters, found.setup, found.reworded) = (vec![nasty()], vec![nasty()], vec![nasty()]);
        found.only_before = vec![(nasty(), nasty(), 0)];
        found.only_after = vec![(nasty(), nasty(), 0)];
        found.metrics[0].metric = nasty();
        found.metrics[0].difference.unit = nasty();
        found.personas[0].persona = nasty();
        (found.taken[0].persona, found.taken[0].named) = (nasty(), nasty());
        found.centres[0].persona = nasty();
        assert!(!found.collapsed.is_empty());
        for lost in &mut found.collapsed {
            (lost.persona, lost.before[0].0, lost.after[0].0) = (nasty(), nasty(), nasty());
            for moved in &mut lost.prompts {
                (moved.prompt_id, moved.prompt) = (nasty(), nasty());
                (moved.said_before, moved.said_after) = (Some(nasty()), Some(nasty()));
                (moved.nearest, moved.nearest_said) = (Some(nasty()), Some(nasty()));
            }
        }
        let tasks = record.tasks.as_mut().expect("tasks");
        for item in &mut tasks.items {
            (item.answer, item.prompt, item.expected) = (nasty(), nasty(), nasty());
            (item.outcome, item.kind) = (nasty(), nasty());
        }
        let judge = record.judge.as_mut().expect("a judge");
        (judge.model, judge.rubric, judge.not_measured) = (nasty(), nasty(), Some(nasty()));
        judge.criteria[0].ask = nasty();
        for compared in &mut judge.comparisons {
            compared.baseline = Some(nasty());
            compared.unread_examples = vec![nasty()];
            (compared.criteria[1].name, compared.personas[0].persona) = (nasty(), nasty());
            for example in compared.agreed.iter_mut().chain(&mut compared.swapped) {
                (example.persona, example.prompt, example.own) = (nasty(), nasty(), nasty());
                (example.other, example.reasons) = (nasty(), [nasty(), nasty()]);
                example.verdicts[0].criterion = nasty();
            }
        }
        let mut responses = sample::responses();
        (responses[0].text, responses[0].persona, responses[0].prompt) = (nasty(), nasty(), nasty());
        let page = html(&record, &responses).expect("a page");
        let markup = markup(&page);
        assert!(!markup.contains("<script") && !markup.contains("<img"), "a tag came through");
        for tag in markup.split('<').skip(1).filter_map(|t| t.split_once('>')).map(|(tag, _)| tag) {
            // Every second piece between quotes is a value.
            let names: String = tag.split('"').step_by(2).collect();
            assert!(
                !names.contains("onerror") && !names.contains("onload"),
                "an attribute came through: {tag}"
            );
        }
        assert!(!markup.contains("123454321"), "a template in a text was run");
    }

    #[test]
    fn the_policy_names_the_script_that_the_page_holds() {
        let page = html(&sample::record(), &sample::responses()).expect("a page");
        let (_, rest) = page.split_once("<script>").expect("a script");
        let (script, _) = rest.split_once("</script>").expect("its end");
        let hash = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
        assert!(page.contains(&format!("sha256-{hash}").replace('/', "&#x2f;")) || page.contains(&hash));
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("</"), "the script writes text only");
        for scheme in ["http://", "https://", "url(", "@import"] {
            assert!(!page.contains(scheme), "{scheme} would need a network");
        }
    }

    #[test]
    fn all_figures_are_there_without_scripts() {
        let record = sample::record();
        let page = markup(&html(&record, &[]).expect("a page"));
        for figures in &record.persona_figures {
            assert!(
                page.contains(&super::super::number::figure(figures.margin.point)),
                "{}",
                figures.persona
            );
        }
        for gate in &record.gates {
            assert!(page.contains(&gate.because) && page.contains(&gate.reason), "{}", gate.name);
        }
    }

    #[test]
    fn a_record_with_nothing_measured_and_a_partial_one_render() {
        let bare = html(&sample::bare(), &[]).expect("a page");
        assert!(bare.contains("Not judged: the suite declares no gate."));
        assert!(bare.contains("persona-eval baseline accept RUN") && !bare.contains("id=\"changes\""));
        let partial = html(&sample::small(), &[]).expect("a page");
        assert!(!partial.contains("Ceiling") && partial.contains("Trained"));
    }

    #[test]
    fn a_page_of_five_thousand_responses_stays_below_six_megabytes() {
        let mut many = Vec::new();
        for sample in 0..3 {
            many.extend(sample::responses().into_iter().map(|r| Response { sample, ..r }));
        }
        many.truncate(5_000);
        let page = html(&sample::record(), &many).expect("a page");
        assert!(page.len() < 6_000_000, "{} bytes", page.len());
    }
}
