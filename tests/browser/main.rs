//! The pages in a real browser: `cargo test --release --test browser`.
//!
//! Needs chromium and chromedriver, and so is left out of a plain `cargo test`. Pictures of all pages, in both
//! widths and both colours and on paper, are written to `target/browser/`: look at them after every change.

mod before;
mod checks;
mod driver;

use before::held_against_a_baseline;
use driver::{Browser, ENTER};
use persona_eval::course;
use persona_eval::record::{Record, read_journal};
use persona_eval::report;
use persona_eval::train::TrainingRecord;
use persona_eval::trend::{Runs, trend};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const NASTY: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sample() -> Record {
    let mut record = Record::read(&root().join("reports/sample")).expect("the sample's record");
    record.gates[0].name = format!("gate {NASTY}");
    record
}

/// The report of the committed sample, held against a made-up baseline, with hostile text in one response, one gate and
/// what a lost persona said.
fn write_report(folder: &Path) -> PathBuf {
    let mut responses =
        read_journal(&root().join("reports/sample/responses.jsonl")).expect("the sample's journal");
    responses[0].text = NASTY.to_owned();
    let mut record = sample();
    held_against_a_baseline(&mut record, &responses, NASTY);
    report::write_all(&record, &responses, folder).expect("writes");
    folder.join("report.html")
}

/// The trend of twelve runs made of the sample: the first gate falls with another adapter; one run is broken.
fn write_trend(folder: &Path) -> PathBuf {
    for i in 0..12usize {
        let mut record = sample();
        record.id = format!("2026110{}T0{}0000Z-all", 1 + i / 6, i % 6);
        record.started = format!("2026-11-0{}T0{}:00:00Z", 1 + i / 6, i % 6);
        let scatter = [0.0, 0.4, -0.3][i % 3];
        for (place, gate) in record.gates.iter_mut().enumerate() {
            let Some(e) = gate.estimate.as_mut() else { continue };
            let by = (scatter - if place == 0 && i >= 8 { 6.0 } else { 0.0 }) * e.half_width() / 1.96;
            (e.point, e.low, e.high) = (e.point + by, e.low + by, e.high + by);
        }
        if i >= 8 {
            record.provenance.adapters[0].sha256 = "0d433b0b5a".to_owned();
        }
        let run = folder.join(&record.id);
        std::fs::create_dir_all(&run).expect("a folder");
        record.write(&run.join("run.json")).expect("writes");
        std::fs::write(run.join("report.html"), "a report").expect("writes");
    }
    std::fs::create_dir_all(folder.join("broken")).expect("a folder");
    std::fs::write(folder.join("broken/run.json"), "{").expect("writes");
    let file = folder.join("trend.html");
    let found = trend(Runs::under(folder).expect("runs"), None).expect("a trend");
    report::write_trend(&found, &file).expect("writes");
    file
}

/// The committed training, with hostile text in a name and in a warning.
fn write_training(folder: &Path) -> PathBuf {
    let from = root().join("reports/training");
    let mut record = TrainingRecord::read(&from.join(course::RECORD)).expect("the training's record");
    record.warnings.push(format!("look at {NASTY}"));
    record.adapters[0].name = NASTY.to_owned();
    let journal = course::read_journal(&from.join(course::JOURNAL)).expect("the training's journal");
    report::write_training(&record, &journal, folder).expect("writes");
    folder.join("training.html")
}

/// What holds for every page, and its pictures.
fn page(browser: &Browser, file: &Path, name: &str) {
    browser.resize(1180, 1000);
    let address = browser.open(file);
    assert!(checks::quiet(browser, &address), "the log of requests is kept");
    checks::text_stays_text(browser, NASTY);
    checks::skip_link(browser);
    browser.open(file);
    checks::everything_is_reached_by_keyboard(browser);
    let pictures = root().join("target/browser");
    std::fs::create_dir_all(&pictures).expect("a folder");
    let mut backgrounds = Vec::new();
    for colours in ["light", "dark"] {
        browser.show_as("screen", colours);
        for (width, height) in [(1180, 1000), (390, 844)] {
            browser.resize(width, height);
            browser.open(file);
            checks::fits(browser, width);
            checks::contrast(browser, &format!("{name}, {colours}, {width} px"));
            browser.picture(&pictures.join(format!("{name}-{width}-{colours}.png")));
        }
        backgrounds.push(browser.run("return getComputedStyle(document.body).backgroundColor;"));
    }
    assert_ne!(backgrounds[0], backgrounds[1], "light and dark");
    for colours in ["light", "dark"] {
        // A4 without margins of 1 cm, in CSS pixels.
        browser.resize(718, 1000);
        browser.show_as("print", colours);
        browser.open(file);
        checks::paper(browser);
        checks::contrast(browser, &format!("{name}, printed, {colours}"));
        browser.picture(&pictures.join(format!("{name}-print-{colours}.png")));
    }
    browser.paper(&pictures.join(format!("{name}.pdf")));
    browser.show_as("screen", "light");
    browser.resize(1180, 1000);
    browser.open(file);
    checks::quiet(browser, &address);
}

#[test]
fn the_report_works_in_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write_report(folder.path());
    let browser = Browser::start();
    page(&browser, &file, "report");

    let shown =
        |what: &str| browser.run(&format!("return document.getElementById('found').textContent{what};"));
    let cards = |script: &str| {
        browser
            .run(&format!("return [...document.querySelectorAll('.answer-card')].map((card) => {script});"))
    };
    let all = shown("");
    browser.write("#by-persona", "poet");
    let names = cards("card.querySelector('h3 span').textContent");
    let names = names.as_array().expect("a list");
    assert!(!names.is_empty() && names.iter().all(|n| n == "poet"), "{names:?}");
    let mine = browser.run(
        "const data = JSON.parse(document.getElementById('data').textContent); const poet = data.personas.indexOf('poet');
         return data.rows.filter((row) => row[0] === poet).length + ' of ' + data.rows.length + ' responses';",
    );
    assert_eq!(shown(""), mine);
    assert_ne!(mine, all);

    browser.run("document.querySelector('#filters button[type=reset]').click();");
    browser.write("#by-text", "alert(1)");
    assert_eq!(
        cards("card.querySelector('p.text').textContent"),
        json!([NASTY]),
        "the answer is shown as text"
    );
    assert_eq!(cards("card.querySelector('p.text').childElementCount"), json!([0]));
    assert!(shown("").as_str().is_some_and(|s| s.starts_with("1 of ")), "{}", shown(""));
    browser.write("#by-text", " no such words");
    assert_eq!(cards("0"), json!([]));
    assert_eq!(browser.alert(), None);

    // The names of personas lead to their answers, also by keyboard.
    browser.run("document.querySelector('a[data-persona=stoic_sage]').focus();");
    browser.press(ENTER);
    let chosen = browser
        .run("const s = document.getElementById('by-persona'); return s.selectedOptions[0].textContent;");
    assert_eq!(chosen, "stoic_sage");

    // A head sorts, by keyboard.
    let order = "return [...document.querySelectorAll('.personas tbody tr')].map((row) => Number(row.cells[2].dataset.value));";
    browser.run("document.querySelectorAll('.personas thead button')[2].focus();");
    browser.press(ENTER);
    let values: Vec<f64> =
        browser.run(order).as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    assert!(values.len() > 50 && values.is_sorted_by(|a, b| a >= b), "{values:?}");

    // What lost personas said: side by side, on a phone below each other; as text.
    for (width, columns) in [(1180, 3), (390, 1)] {
        browser.resize(width, 844);
        browser.open(&file);
        browser.run("document.querySelectorAll('#changes details, .parts details').forEach((d) => { d.open = true; });");
        let places = browser.run(
            "return [...document.querySelectorAll('.said')].map((s) =>
               new Set([...s.children].map((c) => Math.round(c.getBoundingClientRect().left))).size);",
        );
        let places = places.as_array().expect("a list");
        assert!(places.len() > 3 && places.iter().all(|n| *n == columns), "{width} px: {places:?}");
        checks::fits(&browser, width);
        checks::contrast(&browser, "what changed, opened");
        let pictures = root().join("target/browser");
        browser.picture(&pictures.join(format!("report-opened-{width}.png")));
    }
    let said =
        browser.run("return [...document.querySelectorAll('.said p')].map((p) => p.textContent.trim());");
    assert!(said.as_array().expect("a list").contains(&json!(NASTY)), "{said}");
    browser.resize(1180, 1000);
    browser.open(&file);

    checks::details_open_by_keyboard(&browser);
    browser.run(
        "const p = document.querySelector('main').appendChild(document.createElement('p'));
         p.textContent = 'faint'; p.style.color = '#999';",
    );
    let faint = checks::faint(&browser);
    assert!(
        faint.len() == 1 && faint[0].ends_with(" p faint"),
        "the check of contrast sees what it should: {faint:?}"
    );
    checks::quiet(&browser, &format!("file://{}", file.display()));
}

#[test]
fn the_trend_works_in_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write_trend(folder.path());
    let browser = Browser::start();
    page(&browser, &file, "trend");
    let steps =
        browser.run("return [...document.querySelectorAll('.steps > li')].map((li) => li.textContent);");
    let steps = steps.as_array().expect("a list");
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert!(steps[0].as_str().is_some_and(|s| s.contains("0d433b0b after")), "{steps:?}");
    let doubled = browser.run(
        "const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return ids.length - new Set(ids).size;",
    );
    assert_eq!(doubled, 0, "every id stands once");
    browser.run("document.querySelector('.runs tbody a').focus();");
    browser.press(ENTER);
    let opened = browser.run("return document.body.textContent;");
    assert_eq!(opened, "a report", "the link leads to the run's report");
}

#[test]
fn the_training_works_in_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write_training(folder.path());
    let browser = Browser::start();
    page(&browser, &file, "training");
    let rows = browser.run("return document.querySelectorAll('#personas tbody tr').length;");
    assert_eq!(rows, 57);
    // Training and held-out losses, norms and rates, each with its five curves' names.
    let pictures = browser.run(
        "return [...document.querySelectorAll('#curves svg')].map((s) => [...s.querySelectorAll('text')].map((t) => t.textContent));",
    );
    let pictures = pictures.as_array().expect("a list");
    assert_eq!(pictures.len(), 4);
    assert!(pictures.iter().all(|texts| texts.as_array().is_some_and(|t| t.contains(&json!("esoteric")))));
    assert_eq!(browser.alert(), None);
}
