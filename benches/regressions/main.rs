//! A/B: regressions put in on purpose, each by altering adapter files, registry, suite or base, then judged by the real
//! command against the committed baseline. What is caught, what names it, and what must stay quiet.
//!
//! `cargo bench --bench regressions` takes about 80 seconds a case and seed; it writes
//! `reports/experiments/regressions.json` and its picture. `-- --seeds 1,2,3` chooses other seeds for all cases;
//! `-- --only swap,noise` tries some cases and writes nothing; `-- --redraw` draws the picture again.

mod alter;
mod picture;

use alter::{Altered, CASES, Case};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Gates that need the floor, which no regression touches.
const WITHOUT: [&str; 3] = [
    "personas: more than the tag gives",
    "groups: more than the tag gives",
    "traits: more than the tag gives",
];

/// What the command said of one altered run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The case's short name.
    pub case: String,
    /// What was altered.
    pub about: String,
    /// Root seed; the baseline has another.
    pub seed: u64,
    /// Exit code of `persona-eval run`.
    pub exit: i32,
    /// Every gate's name and verdict.
    pub gates: Vec<(String, String)>,
    /// Gates that failed, with the parts that did.
    pub failed: Vec<String>,
    /// Whether it is meant to be caught.
    pub expected: bool,
    /// Whether it was: a gate failed, or the command refused to run for the reason that was put in.
    pub caught: bool,
    /// The persona or group that was altered, where a failed gate or the list of collapsed personas names it.
    pub named: Option<String>,
    /// The cause, where a warning, an error or the list of what changed names it.
    pub cause: Option<String>,
    /// The command's last words, where it refused.
    pub refused: Option<String>,
}

fn main() {
    // `cargo bench` adds a flag of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let value = |flag: &str| args.iter().position(|a| a == flag).and_then(|i| args.get(i + 1)).cloned();
    let seeds: Option<Vec<u64>> = value("--seeds")
        .map(|seeds| seeds.split(',').map(|s| s.parse().expect("--seeds is numbers, with commas")).collect());
    let only = value("--only");
    let folder = Path::new("reports/experiments");
    let (json, picture) = (folder.join("regressions.json"), folder.join("regressions.png"));
    if args.iter().any(|a| a == "--redraw") {
        let text = std::fs::read(&json).expect("the outcomes of an earlier run");
        picture::draw(&serde_json::from_slice::<Vec<Outcome>>(&text).expect("outcomes"), &picture);
        return;
    }
    let work = tempfile::tempdir().expect("a folder for altered files");
    let mut outcomes = Vec::new();
    for case in CASES.iter().filter(|c| only.as_ref().is_none_or(|o| o.split(',').any(|n| n == c.name))) {
        for seed in seeds.clone().unwrap_or_else(|| case.seeds()) {
            let outcome = run(case, seed, work.path());
            println!(
                "{:<14} seed {seed}  exit {}  {}  {}",
                outcome.case,
                outcome.exit,
                if outcome.caught { "caught" } else { "quiet" },
                outcome.named.as_ref().or(outcome.cause.as_ref()).map_or("-", String::as_str)
            );
            for failed in &outcome.failed {
                println!("    {failed}");
            }
            outcomes.push(outcome);
        }
    }
    if only.is_some() {
        println!("a choice of cases alone is not written");
        return;
    }
    std::fs::create_dir_all(folder).expect("the folder of experiments");
    let text = serde_json::to_string_pretty(&outcomes).expect("plain data");
    std::fs::write(&json, format!("{text}\n")).expect("writes");
    picture::draw(&outcomes, &picture);
    let wrong = outcomes.iter().filter(|o| o.caught != o.expected).count();
    println!("{} of {} as expected", outcomes.len() - wrong, outcomes.len());
}

fn run(case: &Case, seed: u64, work: &Path) -> Outcome {
    let folder = work.join(format!("{}-{seed}", case.name));
    std::fs::create_dir_all(&folder).expect("a folder for the case");
    let altered = Altered::new(case, &folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_persona-eval"));
    command.arg("run").arg(&altered.suite).args(&altered.flags);
    command.args(["--baseline", "suites/baselines/all.json", "--no-floor", "--seed", &seed.to_string()]);
    for gate in WITHOUT {
        command.args(["--without-gate", gate]);
    }
    let done = command.arg("--out").arg(folder.join("runs")).output().expect("the command starts");
    let exit = done.status.code().unwrap_or(-1);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let mut outcome = Outcome {
        case: case.name.to_owned(),
        about: case.about.to_owned(),
        seed,
        exit,
        gates: Vec::new(),
        failed: Vec::new(),
        expected: case.caught,
        caught: exit == 1,
        named: None,
        cause: None,
        refused: None,
    };
    let Some(record) = record(&folder.join("runs")) else {
        let error = said.lines().skip_while(|l| !l.starts_with("error")).collect::<Vec<_>>().join(" ");
        outcome.cause = altered.named.iter().find(|n| error.contains(n.as_str())).cloned();
        // Any other reason to refuse would be the experiment's own fault.
        outcome.caught = exit == 3 && outcome.cause.is_some();
        outcome.refused = Some(error);
        return outcome;
    };
    read(&record, &altered, &mut outcome);
    outcome
}

/// The record of the one run below the folder.
fn record(runs: &Path) -> Option<serde_json::Value> {
    let run: PathBuf = std::fs::read_dir(runs).ok()?.flatten().next()?.path();
    serde_json::from_slice(&std::fs::read(run.join("run.json")).ok()?).ok()
}

fn read(record: &serde_json::Value, altered: &Altered, outcome: &mut Outcome) {
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let list = |v: &serde_json::Value| v.as_array().cloned().unwrap_or_default();
    let personas = list(&record["personas"]);
    let of = |id: &String| personas.iter().find(|p| p["id"] == id.as_str());
    let (mut names, mut causes): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for gate in list(&record["gates"]) {
        outcome.gates.push((text(&gate["name"]), text(&gate["verdict"])));
        if gate["verdict"] != "fail" {
            continue;
        }
        let failed = list(&gate["parts"]).into_iter().filter(|p| p["verdict"] == "fail");
        let parts: Vec<String> = failed.map(|p| text(&p["name"])).collect();
        names.extend(parts.iter().cloned());
        // A persona that lost speaks for its group's adapter.
        names.extend(parts.iter().filter_map(|p| Some(text(&of(p)?["group"]))));
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        outcome.failed.push(format!("{}{parts}: {}", text(&gate["name"]), text(&gate["because"])));
    }
    for persona in list(&record["comparison"]["collapsed"]) {
        names.push(text(&persona["persona"]));
    }
    for warning in list(&record["warnings"]) {
        causes.push(text(&warning["what"]));
    }
    for change in list(&record["comparison"]["adapters"]).iter().chain(&list(&record["comparison"]["setup"]))
    {
        causes.push(text(change));
    }
    let found = |words: &[String]| {
        altered.named.iter().find(|n| words.iter().any(|w| w.contains(n.as_str()))).cloned()
    };
    (outcome.named, outcome.cause) = (found(&names), found(&causes));
}
