//! An accepted run: its raw scores, answers, estimates and noise.

use super::columns::Columns;
use crate::compare::Texts;
use crate::error::{Error, IoContext, Result};
use crate::record::{Noise, Scores};
use crate::stats::Estimate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Version of a baseline's layout; a reader of this version reads all earlier ones.
pub const BASELINE_VERSION: u32 = 1;

/// A run that was accepted: what later runs are held against.
///
/// It holds the raw scores, so that it can be judged again whatever the gates say then, and the answers themselves, so that
/// a persona that collapsed can be read beside what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// When it was accepted, RFC 3339, UTC.
    pub accepted: String,
    /// When the run was made.
    pub made: String,
    /// Differences to the baseline before it that were accepted with `--force`, as sentences.
    pub forced: Vec<String>,
    /// Raw scores.
    pub scores: Scores,
    /// What was answered to the shared prompts.
    pub answers: Texts,
    /// Estimates of the whole run, by the metric's dotted name.
    pub estimates: BTreeMap<String, Estimate>,
    /// Spread over repeats; none where the run was made once.
    pub noise: Option<Noise>,
    /// Seconds that one answer took, all stages counted; none for a run that was resumed.
    pub seconds_per_answer: Option<f64>,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    schema_version: u32,
    /// SHA-256 of this file with an empty checksum: scores are not edited by hand.
    checksum: String,
    accepted: String,
    made: String,
    forced: Vec<String>,
    estimates: BTreeMap<String, Estimate>,
    noise: Option<Noise>,
    seconds_per_answer: Option<f64>,
    /// Without its items, which stand in columns.
    scores: Scores,
    items: Columns,
}

/// SHA-256 of a file's text with an empty checksum.
fn checksum(text: &str) -> String {
    let key = "\"checksum\": \"";
    let bare = match text.find(key).map(|at| at + key.len()) {
        Some(from) => {
            let to = text[from..].find('"').map_or(text.len(), |length| from + length);
            format!("{}{}", &text[..from], &text[to..])
        }
        None => text.to_owned(),
    };
    Sha256::digest(bare.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

impl Baseline {
    /// Writes the file whole, columns a line each, so that a change reads well in a diff.
    ///
    /// # Errors
    /// When the disk is full or the folder cannot be made.
    pub fn write(&self, path: &Path) -> Result<()> {
        let layout = Layout {
            schema_version: BASELINE_VERSION,
            checksum: String::new(),
            accepted: self.accepted.clone(),
            made: self.made.clone(),
            forced: self.forced.clone(),
            estimates: self.estimates.clone(),
            noise: self.noise.clone(),
            seconds_per_answer: self.seconds_per_answer,
            items: Columns::new(&self.scores.items, &self.answers),
            scores: Scores { items: Vec::new(), ..self.scores.clone() },
        };
        let broken = |e| Error::cannot_run("the baseline cannot be written").in_file(path).because(e);
        let value = serde_json::to_value(&layout).map_err(broken)?;
        let mut text = String::from("{\n");
        let entries = value.as_object().into_iter().flatten();
        let mut lines: Vec<String> = Vec::new();
        for (key, value) in entries {
            match value.as_object().filter(|_| key == "items" || key == "scores") {
                Some(columns) => {
                    let inner: Vec<String> =
                        columns.iter().map(|(k, v)| format!("    \"{k}\": {v}")).collect();
                    lines.push(format!("  \"{key}\": {{\n{}\n  }}", inner.join(",\n")));
                }
                None => lines.push(format!("  \"{key}\": {value}")),
            }
        }
        text.push_str(&lines.join(",\n"));
        text.push_str("\n}\n");
        let text = text.replacen("\"checksum\": \"\"", &format!("\"checksum\": \"{}\"", checksum(&text)), 1);
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).doing("make the folder of baselines", folder)?;
        }
        crate::atomic::write(path, text.as_bytes())
    }

    /// Reads a baseline and checks it through.
    ///
    /// # Errors
    /// A file that is missing, broken, of another schema version, edited by hand, empty, or with an answer twice or a score
    /// outside its range; the place is named.
    pub fn read(path: &Path) -> Result<Self> {
        const MEND: &str = "accept a run again: persona-eval baseline accept RUN";
        let text = std::fs::read_to_string(path).asked("read the baseline", path)?;
        let broken = |e: serde_json::Error| {
            Error::input("the file is not a baseline").at(path, e.line()).because(e).help(MEND)
        };
        let version: Version = serde_json::from_str(&text).map_err(broken)?;
        if version.schema_version != BASELINE_VERSION {
            return Err(Error::input(format!("the baseline has schema version {}", version.schema_version))
                .in_file(path)
                .key("schema_version")
                .expected(format!("{BASELINE_VERSION}"))
                .help(MEND));
        }
        let layout: Layout = serde_json::from_str(&text).map_err(broken)?;
        if layout.checksum != checksum(&text) {
            return Err(Error::input("the baseline was edited: its checksum is not that of its contents")
                .in_file(path)
                .key("checksum")
                .expected("the file as `baseline accept` wrote it")
                .help(MEND));
        }
        let (items, answers) = layout.items.rows().map_err(|e| e.in_file(path).help(MEND))?;
        let scores = Scores { items, ..layout.scores };
        check(&scores).map_err(|e| e.in_file(path).help(MEND))?;
        Ok(Self {
            accepted: layout.accepted,
            made: layout.made,
            forced: layout.forced,
            scores,
            answers,
            estimates: layout.estimates,
            noise: layout.noise,
            seconds_per_answer: layout.seconds_per_answer,
        })
    }
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

/// Something is there, nothing is there twice, and every score is possible.
pub(super) fn check(scores: &Scores) -> Result<()> {
    if scores.items.is_empty() && scores.tasks.is_empty() && scores.texts.is_empty() {
        return Err(Error::input("there are no scores").expected("scores of answers, texts or tasks"));
    }
    let mut seen = BTreeSet::new();
    for i in &scores.items {
        let place = format!("{}/{}/{}", i.persona, i.prompt_id, i.sample);
        if !seen.insert((&i.persona, &i.prompt_id, i.sample)) {
            return Err(Error::input("an answer is there twice").key(place));
        }
        for (what, score, low, high) in [
            ("named", i.named, 0.0, 1.0),
            ("group_named", i.group_named, 0.0, 1.0),
            ("margin", i.margin, -2.0, 2.0),
            ("fidelity", i.fidelity, -2.0, 2.0),
            ("traits", i.traits, 0.0, 1.0),
            ("length", i.length, 0.0, 20.0),
        ] {
            if let Some(score) = score.filter(|s| !(low..=high).contains(s)) {
                return Err(Error::input(format!("`{what}` is {score}"))
                    .key(place)
                    .expected(format!("from {low} to {high}")));
            }
        }
    }
    let mut tasks = BTreeSet::new();
    for t in &scores.tasks {
        if !tasks.insert(&t.id) {
            return Err(Error::input("a task is there twice").key(&t.id));
        }
        if !(0.0..=1.0).contains(&t.score) {
            return Err(Error::input(format!("the score is {}", t.score)).key(&t.id).expected("from 0 to 1"));
        }
    }
    let mut texts = BTreeSet::new();
    for t in &scores.texts {
        let place = format!("{}/{}", t.persona, t.prompt_id);
        if !texts.insert((&t.persona, &t.prompt_id)) {
            return Err(Error::input("a held-out text is there twice").key(place));
        }
        if !(t.own.is_finite() && t.own <= 0.0 && t.margin.is_finite()) {
            return Err(Error::input(format!("the log-likelihood is {}", t.own))
                .key(place)
                .expected("a finite number, not above 0"));
        }
    }
    Ok(())
}
