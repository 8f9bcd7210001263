//! One run in brief: what its gates said, and what it was made from.

use crate::error::{Error, IoContext, Result};
use crate::record::{GateVerdict, Provenance, SCHEMA_VERSION, Verdict, Warning};
use crate::stats::Estimate;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A finished run in brief.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The run's folder, as it was found.
    pub folder: PathBuf,
    /// Name of the run.
    pub id: String,
    /// The suite's name.
    pub suite: String,
    /// Start.
    pub started: DateTime<Utc>,
    /// Its verdict; none where the suite declares no gate.
    pub verdict: Option<Verdict>,
    /// Whether it asked only the first prompts (`--limit`): its level says nothing of the others'.
    pub trial: bool,
    /// Gates as the suite declares them, then the headline figures.
    pub figures: Vec<Figure>,
    /// What it was made from.
    pub provenance: Provenance,
}

/// A gate's figure in one run, or a headline figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The gate's name, or what the headline figure is.
    pub name: String,
    /// The metric's dotted name.
    pub metric: String,
    /// What was measured; none where it was not, or where its instrument failed a control.
    pub estimate: Option<Estimate>,
    /// The gate's threshold as its suite writes it, its value and what the gate said; none for a headline figure.
    pub gate: Option<Judged>,
}

/// What a gate said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// The threshold as a reader would write it, for instance `> 0.43`.
    pub bound: String,
    /// The threshold's value.
    pub threshold: f64,
    /// The margin on the other side, where a gain counts like a loss.
    pub other: Option<f64>,
    /// The run that its change is measured from; none for a threshold.
    pub baseline: Option<String>,
    /// Whether the figure is a change since a baseline, and no level.
    pub change: bool,
    /// Whether the figure is that of the worst persona or group, which need not be the same in another run.
    pub worst_part: bool,
    /// The verdict.
    pub verdict: Verdict,
}

/// The part of a record that is read; everything else is passed over.
#[derive(Deserialize)]
struct Brief {
    schema_version: u32,
    id: String,
    suite: String,
    started: String,
    verdict: Verdict,
    gates: Vec<GateVerdict>,
    warnings: Vec<Warning>,
    #[serde(default)]
    trial: bool,
    separability: Option<Separability>,
    style: Option<Style>,
    tasks: Option<Tasks>,
    provenance: Provenance,
}

#[derive(Deserialize)]
struct Named {
    balanced_accuracy: Estimate,
}

#[derive(Deserialize)]
struct Group {
    leave_prompt_out: Named,
}

#[derive(Deserialize)]
struct Separability {
    persona: Named,
    group: Option<Group>,
}

#[derive(Deserialize)]
struct Style {
    hit_rate: Estimate,
}

#[derive(Deserialize)]
struct Tasks {
    /// None where no item could be run.
    score: Option<Estimate>,
}

#[derive(Deserialize)]
struct Version {
    schema_version: u64,
}

impl Run {
    /// Reads the `run.json` of a run's folder.
    ///
    /// # Errors
    /// When the file is missing, broken, or of a later schema version.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("run.json");
        let bytes = std::fs::read(&path).asked("read the record", &path)?;
        let brief: Brief = serde_json::from_slice(&bytes).map_err(|e| {
            // A later layout may lack what is read here: its version says more than what is missing.
            let later =
                serde_json::from_slice::<Version>(&bytes).ok().and_then(|v| version(v.schema_version).err());
            later
                .unwrap_or_else(|| Error::input("the file is not a record of a run").because(e))
                .in_file(&path)
        })?;
        version(u64::from(brief.schema_version)).map_err(|e| e.in_file(&path))?;
        let started = DateTime::parse_from_rfc3339(&brief.started).map_err(|e| {
            Error::input("the record's start is no time").in_file(&path).key("started").because(e)
        })?;
        Ok(Self {
            folder: folder.to_path_buf(),
            started: started.to_utc(),
            verdict: (!brief.gates.is_empty()).then_some(brief.verdict),
            // Earlier records tell it in a warning alone.
            trial: brief.trial || brief.warnings.iter().any(|w| w.help.contains("without --limit")),
            figures: figures(brief.gates, brief.separability, brief.style, brief.tasks),
            id: brief.id,
            suite: brief.suite,
            provenance: brief.provenance,
        })
    }
}

fn version(version: u64) -> Result<()> {
    if (1..=u64::from(SCHEMA_VERSION)).contains(&version) {
        return Ok(());
    }
    Err(Error::input(format!("the record has schema version {version}"))
        .expected(format!("1 to {SCHEMA_VERSION}"))
        .help("use the version of persona-eval that wrote it, or a later one"))
}

/// Gates, then the headline figures, those too that a gate judges.
fn figures(
    gates: Vec<GateVerdict>,
    separability: Option<Separability>,
    style: Option<Style>,
    tasks: Option<Tasks>,
) -> Vec<Figure> {
    let (persona, group) = match separability {
        Some(s) => (Some(s.persona.balanced_accuracy), s.group.map(|g| g.leave_prompt_out.balanced_accuracy)),
        None => (None, None),
    };
    let headline = [
        ("persona named right", "separability.persona.balanced_accuracy", persona),
        ("group named right", "separability.group.balanced_accuracy", group),
        ("traits that show", "style.hit_rate", style.map(|s| s.hit_rate)),
        ("tasks", "task.score", tasks.and_then(|t| t.score)),
    ];
    let gate = |g: GateVerdict| {
        let (change, other) = (g.is_change(), g.other_threshold());
        Figure {
            name: g.name,
            metric: g.metric,
            estimate: g.estimate,
            gate: Some(Judged {
                change,
                threshold: g.threshold,
                other,
                baseline: g.against.map(|a| a.baseline),
                worst_part: !g.parts.is_empty(),
                verdict: g.verdict,
                bound: g.bound,
            }),
        }
    };
    let mut figures: Vec<Figure> = gates.into_iter().map(gate).collect();
    for (name, metric, estimate) in headline {
        if estimate.is_some() {
            figures.push(Figure { name: name.to_owned(), metric: metric.to_owned(), estimate, gate: None });
        }
    }
    figures
}
