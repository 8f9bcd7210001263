//! Gates that could not be judged are refused before work starts, or left out by name.

use crate::error::{Error, Result};
use crate::list::few;
use crate::persona::Registry;
use crate::record::Warning;
use crate::suite::{Gate, Judge, Measure, Metric, Needs, Suite, Task};
use std::collections::{BTreeMap, BTreeSet};

/// What leaves a gate out.
pub const WITHOUT_GATE: &str = "--without-gate";
/// What leaves out every gate that a file of answers cannot decide.
pub(super) const PARTIAL: &str = "--partial";

/// The one metric of sweeps that takes likelihoods.
const COST: &str = "blend.cost";

/// Who answers: it decides how a lack is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// This program's engine.
    Engine,
    /// A file of texts.
    File,
}

/// What there will be to measure on.
pub(super) struct Material<'a> {
    pub source: Source,
    /// What it is, as an error says it: `this run`, or the file's path.
    pub name: String,
    /// Shared prompts with answers.
    pub prompts: usize,
    /// Whether a judge is asked.
    pub judged: bool,
    /// What the floor lacks; none where it is whole.
    pub floor_lacks: Option<String>,
    /// Conditions that lack answers.
    pub short_conditions: BTreeSet<String>,
    /// What the answers of sweeps lack; none where all are there.
    pub swept_lacks: Option<String>,
    /// Tasks that will be scored.
    pub tasks: Vec<&'a Task>,
    /// Tasks of the suite that should be scored, and have no answer.
    pub unanswered: Vec<&'a Task>,
    /// Why no code of answers is run; none where it is.
    pub code_off: Option<&'a str>,
}

/// What a gate lacks, and how to mend it.
struct Lack {
    what: String,
    mend: String,
}

impl Material<'_> {
    /// Refuses a suite with a gate that this material could not judge, for it would look like one that was.
    ///
    /// # Errors
    /// Names every such gate, its metric, what is missing and how to mend it.
    pub(super) fn check(&self, suite: &Suite, registry: &Registry) -> Result<()> {
        let lacking = self.lacking(suite, registry);
        if lacking.is_empty() {
            return Ok(());
        }
        let told = lacking.iter().map(|(g, lack)| format!("\n  `{}` ({}): {}", g.name, g.metric, lack.what));
        let mut mends: Vec<&str> = lacking.iter().map(|(_, lack)| lack.mend.as_str()).collect();
        mends.dedup();
        let flags: Vec<String> =
            lacking.iter().map(|(g, _)| format!("{WITHOUT_GATE} {}", quoted(&g.name))).collect();
        let number =
            if lacking.len() == 1 { "a gate".to_owned() } else { format!("{} gates", lacking.len()) };
        Err(Error::input(format!("{number} cannot be judged from {}{}", self.name, told.collect::<String>()))
            .in_file(&suite.path)
            .expected(mends.join("; "))
            .help(match self.source {
                Source::Engine => format!("or leave out by name: {}", flags.join(" ")),
                Source::File => {
                    format!("or leave them out: {PARTIAL}, or by name: {}", flags.join(" "))
                }
            }))
    }

    /// Names of the gates that this material could not judge.
    pub(super) fn undecided(&self, suite: &Suite, registry: &Registry) -> BTreeSet<String> {
        self.lacking(suite, registry).into_iter().map(|(gate, _)| gate.name.clone()).collect()
    }

    fn lacking<'s>(&self, suite: &'s Suite, registry: &Registry) -> Vec<(&'s Gate, Lack)> {
        let lack = |gate: &'s Gate| Some((gate, self.lack(Metric::named(&gate.metric)?, suite, registry)?));
        suite.gates.iter().filter_map(lack).collect()
    }

    /// Conditions that a metric rests on and that lack answers.
    fn short_of<'s>(&self, needs: Needs, suite: &'s Suite) -> Vec<&'s str> {
        let ends = suite.controls.iter().filter(|c| needs == Needs::Control(c.lever));
        let ends: Vec<&str> = ends.flat_map(|c| [c.less.as_str(), c.more.as_str()]).collect();
        let counts = |id: &str| match needs {
            Needs::Conditions => suite.free_conditions().any(|c| c.id == id),
            _ => ends.contains(&id),
        };
        let ids = suite.conditions.iter().map(|c| c.id.as_str());
        ids.filter(|id| self.short_conditions.contains(*id) && counts(id)).collect()
    }

    fn lack(&self, metric: &Metric, suite: &Suite, registry: &Registry) -> Option<Lack> {
        let lack = |what: &str, mend: &str| Some(Lack { what: what.to_owned(), mend: mend.to_owned() });
        let file = self.source == Source::File;
        // Whatever is computed from likelihoods needs the model itself, not its texts.
        if file && metric.name.starts_with("likelihood.") {
            return lack("texts do not tell a model's likelihoods", "`run` with the model");
        }
        let shared = match metric.needs {
            Needs::Nothing => return None,
            Needs::Separability | Needs::Groups | Needs::Heldout => suite.measures(Measure::Separability),
            Needs::Style => suite.measures(Measure::Style),
            Needs::Conditions | Needs::Control(_) => {
                let short = self.short_of(metric.needs, suite);
                if !short.is_empty() {
                    let what = format!("answers under conditions are missing: {}", few(&short, SHOWN));
                    return lack(&what, "answers of all personas and prompts under these conditions");
                }
                true
            }
            Needs::Judge if !self.judged => return lack("no judge is asked", "--judge RUBRIC.toml"),
            Needs::Judge => suite.asks_prompts(),
            Needs::Likelihood => return None,
            Needs::Sweeps if file && metric.name == COST => {
                return lack("texts do not tell how likely real text is to a blend", "`run` with the model");
            }
            Needs::Sweeps => {
                let what = self.swept_lacks.as_ref()?;
                return lack(what, "answers of every sweep to all of its prompts at all weights");
            }
            Needs::Tasks | Needs::OwnPrompts | Needs::Outcome(_) => return self.tasks_lack(metric),
        };
        if !shared || self.prompts < 2 {
            let what = format!("there are answers to {} shared prompts", self.prompts);
            let mend =
                if file { "lines with answers to shared prompts of the suite" } else { "--limit 2 or more" };
            return lack(&what, mend);
        }
        if (metric.name.ends_with(".minus_floor") || metric.needs == Needs::Judge)
            && let Some(what) = &self.floor_lacks
        {
            let mend = if file {
                "for every answer the floor's too: a line with \"arm\": \"floor\", by the base with the tag alone"
            } else {
                "a run without --no-floor"
            };
            return lack(what, mend);
        }
        let mut members: BTreeMap<&str, usize> = BTreeMap::new();
        for persona in suite.personas.iter().filter_map(|id| registry.get(id)) {
            *members.entry(persona.group()).or_default() += 1;
        }
        let of_groups = metric.needs == Needs::Groups || metric.name.starts_with("fidelity.group.");
        if of_groups && !(2..suite.personas.len()).contains(&members.len()) {
            return lack(
                "the personas are not of two groups, one of them with two personas",
                "personas of at least two adapter groups in the suite",
            );
        }
        let lone = members.iter().find(|(_, n)| **n < 2);
        match lone.filter(|_| metric.name == "separability.group.leave_persona_out") {
            Some((group, _)) => lack(
                &format!("the group `{group}` has one persona, and leaving it out leaves none"),
                "two personas or more of every group in the suite",
            ),
            None => None,
        }
    }

    fn tasks_lack(&self, metric: &Metric) -> Option<Lack> {
        let of = |task: &&&Task| match metric.needs {
            Needs::OwnPrompts => matches!(task.judge, Judge::Own(_)),
            Needs::Outcome(outcome) => task.outcome() == Some(outcome),
            _ => true,
        };
        let scored = self.tasks.iter().filter(of).count();
        // A mean over the tasks that happen to be answered is not the mean that the threshold was set for.
        let unanswered: Vec<&str> = self.unanswered.iter().filter(of).map(|t| t.id.as_str()).collect();
        let code = self.tasks.iter().filter(of).filter(|t| t.runs_code()).count();
        if let Some(why) = self.code_off.filter(|_| scored > 0 && code == scored) {
            return Some(Lack {
                what: format!("all of its tasks run code, and that is not done: {why}"),
                mend: "a machine that runs code of answers (Linux, landlock, seccomp, `python3`)".to_owned(),
            });
        }
        match self.source {
            Source::Engine if scored == 0 => Some(Lack {
                what: "none of its tasks is asked".to_owned(),
                mend: "a larger --limit, or none".to_owned(),
            }),
            Source::File if !unanswered.is_empty() => {
                let choices = self.unanswered.iter().filter(of).filter(|t| !t.generates()).count();
                let all = scored + unanswered.len();
                let mut what = format!(
                    "{} of its {all} tasks have no answer ({})",
                    unanswered.len(),
                    few(&unanswered, SHOWN)
                );
                if choices > 0 {
                    what.push_str(&format!("; {choices} are choices, which need the model's likelihoods"));
                }
                let mend = match choices {
                    0 => "lines with answers to these tasks",
                    _ => {
                        "lines with answers to these tasks, choices with `likelihoods`; or `run` with the model"
                    }
                };
                Some(Lack { what, mend: mend.to_owned() })
            }
            Source::Engine | Source::File => None,
        }
    }
}

/// Takes gates out of a suite; what a reader must then know.
///
/// # Errors
/// When the suite has no gate of that name.
pub fn leave_out_gates(suite: &mut Suite, names: &[String]) -> Result<Option<Warning>> {
    for name in names {
        if !suite.gates.iter().any(|g| g.name == *name) {
            return Err(Error::input(format!("the suite has no gate `{name}`"))
                .in_file(&suite.path)
                .key(WITHOUT_GATE)
                .expected("the name of a gate, as the suite writes it")
                .known(name, suite.gates.iter().map(|g| &g.name)));
        }
    }
    Ok(leave_out(suite, |g| names.contains(&g.name), WITHOUT_GATE))
}

/// Takes the gates out of a suite that `which` asks for; what a reader must then know.
pub fn leave_out(suite: &mut Suite, which: impl Fn(&Gate) -> bool, flag: &str) -> Option<Warning> {
    let (out, kept): (Vec<Gate>, Vec<Gate>) = std::mem::take(&mut suite.gates).into_iter().partition(which);
    suite.gates = kept;
    let told: Vec<String> = out.iter().map(|g| format!("{} ({})", g.name, g.metric)).collect();
    let gates = if out.len() == 1 { "gate" } else { "gates" };
    (!out.is_empty()).then(|| Warning {
        what: format!("{} {gates} of the suite left out ({flag}): {}", out.len(), told.join(", ")),
        help: format!("they judge nothing here; without {flag} they do"),
    })
}

/// Names of a list that a warning or an error shows.
pub(super) const SHOWN: usize = 5;

/// A name as a shell reads it.
pub fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', r"'\''"))
}
