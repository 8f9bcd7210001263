//! A suite: what is asked, of whom, how it is measured, and what must come out.

use std::path::{Path, PathBuf};

use super::check::{check_ids, check_texts};
use super::check_conditions::check_conditions;
use super::check_gate::{BESIDE_JUDGE, check_gate_names, check_judge_gates};
use super::condition::{Condition, Control};
use super::gate::Gate;
use super::generation::Generation;
use super::instrument::Instrument;
use super::loader::Loader;
use super::measure::Measure;
use super::metric::Metric;
use super::prompt::Prompt;
use super::settings::Settings;
use super::sweep::{Sweep, check_sweeps};
use super::task::Task;
use crate::document::{Field, Placed};
use crate::error::{Error, Result};
use crate::persona::Registry;

/// The models that a suite may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelNames {
    /// Language models.
    pub bases: Vec<String>,
    /// Sentence embedders.
    pub embedders: Vec<String>,
    /// Data sets of benchmarks.
    pub data: Vec<String>,
}

/// Brings a data set of [`ModelNames::data`] here, and says in which folder its files lie.
pub type Data<'a> = dyn Fn(&str) -> Result<PathBuf> + 'a;

/// A suite with everything that it includes, flattened and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Its name: of run folders and of the baseline.
    pub name: String,
    /// What it is for.
    pub about: Option<String>,
    /// The file that was asked for.
    pub path: PathBuf,
    /// All files of the suite, in the order of reading: included ones first, then what benchmarks are read from.
    pub sources: Vec<PathBuf>,
    /// Ids of the personas, in the order of the registry.
    pub personas: Vec<String>,
    /// The base model, by its name in the model catalog.
    pub base: String,
    /// The embedder, by its name in the model catalog.
    pub embedder: String,
    /// The instrument of separability and fidelity; none leaves the choice to the real text.
    pub instrument: Option<Instrument>,
    /// How the shared prompts are answered.
    pub generation: Generation,
    /// What is measured on these answers.
    pub measures: Vec<Measure>,
    /// Prompts that every persona answers.
    pub prompts: Vec<Prompt>,
    /// Longest answer to a task that does not set its own limit, in new tokens.
    pub task_max_new_tokens: usize,
    /// Scored prompts.
    pub tasks: Vec<Task>,
    /// Ids of tasks that are left out because their persona is not among [`Suite::personas`].
    pub tasks_left_out: Vec<String>,
    /// Blends of two adapters at several weights.
    pub sweeps: Vec<Sweep>,
    /// Other ways in which shared prompts are asked again.
    pub conditions: Vec<Condition>,
    /// What instructions should move.
    pub controls: Vec<Control>,
    /// Who is asked under conditions, in the order of the registry.
    pub condition_personas: Vec<String>,
    /// How many of the shared prompts are asked again, from the first, by conditions that set no number of their own.
    pub condition_prompts: usize,
    /// What must come out.
    pub gates: Vec<Gate>,
    /// Files of real answers on other prompts: ceiling and reference.
    pub heldout: Vec<PathBuf>,
    /// Files of training examples; only read to check that no prompt leaks.
    pub training: Vec<PathBuf>,
}

/// Longest answer to a task where neither task nor suite says.
const TASK_MAX_NEW_TOKENS: usize = 96;

impl Suite {
    /// Reads and checks a suite; `models` are the names that `base`, `embedder` and a benchmark's `data` may take, and `data`
    /// is asked for the data sets that the suite's benchmarks read.
    ///
    /// # Errors
    /// Whatever a user can get wrong, with file, line, key, what was expected and the nearest known name:
    /// keys and values that are not known, a loop of includes, an empty list, an id or a prompt given twice, an own
    /// prompt that is also a shared one, a gate on something that the suite does not measure, a prompt that is also asked in
    /// the held-out or training text.
    pub fn load(
        path: impl AsRef<Path>,
        registry: &Registry,
        models: &ModelNames,
        data: &Data<'_>,
    ) -> Result<Self> {
        let path = path.as_ref();
        let mut loader = Loader::new(registry, &models.data, data);
        let head = loader.load(path)?;
        let (settings, root) = (&head.settings, &head.root);
        let personas = settings.personas.as_ref().ok_or_else(|| unset(root, "personas"))?;
        check_ids(&loader.prompts, &loader.tasks)?;
        check_texts(&loader.prompts, &loader.tasks)?;
        check_gate_names(&loader.gates)?;
        check_conditions(&loader.conditions, &loader.controls)?;
        check_judge_gates(&loader.gates)?;
        let heldout = !loader.heldout.is_empty();
        check_sweeps(&loader.sweeps, loader.prompts.len(), &personas.value, heldout, registry)?;
        let mut measures: Vec<Measure> = loader.measures.iter().map(|m| m.value).collect();
        measures.sort_unstable();
        measures.dedup();
        let (tasks, left_out): (Vec<Task>, Vec<Task>) = loader
            .tasks
            .into_iter()
            .map(|t| t.value)
            .partition(|task| task.persona.as_ref().is_none_or(|id| personas.value.contains(id)));
        let suite = Self {
            name: head.name,
            about: head.about,
            path: path.to_path_buf(),
            sources: loader.sources,
            base: model_name(settings.base.as_ref(), "base", &models.bases, root)?,
            embedder: model_name(settings.embedder.as_ref(), "embedder", &models.embedders, root)?,
            instrument: settings.instrument.as_ref().map(|s| s.value),
            generation: match loader.prompts.is_empty() {
                true => Generation::default(),
                false => settings.generation(root)?,
            },
            measures,
            prompts: loader.prompts.into_iter().map(|p| p.value).collect(),
            task_max_new_tokens: task_limit(settings),
            tasks,
            tasks_left_out: left_out.into_iter().map(|t| t.id).collect(),
            condition_personas: match &settings.condition_personas {
                Some(chosen) => {
                    personas.value.iter().filter(|id| chosen.value.contains(id)).cloned().collect()
                }
                None => personas.value.clone(),
            },
            condition_prompts: settings.condition_prompts.as_ref().map_or(usize::MAX, |n| n.value),
            conditions: loader.conditions.iter().map(|c| c.value.clone()).collect(),
            controls: loader.controls.iter().map(|c| c.value.clone()).collect(),
            sweeps: loader.sweeps.into_iter().map(|s| s.value).collect(),
            gates: loader.gates.iter().map(|g| g.value.clone()).collect(),
            heldout: loader.heldout,
            training: loader.training,
            personas: personas.value.clone(),
        };
        suite.check_purpose(root, personas, &loader.measures)?;
        suite.check_likelihood(&loader.measures)?;
        suite.check_asked_again(&loader.conditions, &loader.controls)?;
        for gate in &loader.gates {
            suite.check_gate(gate, registry)?;
        }
        suite.check_leaks()?;
        suite.check_heldout(registry)?;
        Ok(suite)
    }

    /// Whether the answers to the shared prompts are measured in this way.
    pub fn measures(&self, measure: Measure) -> bool {
        self.measures.contains(&measure)
    }

    /// Conditions that only ask in another way: the tag stays, and no control is tried with them.
    pub fn free_conditions(&self) -> impl Iterator<Item = &Condition> {
        let tried = |c: &Condition| self.controls.iter().any(|t| t.less == c.id || t.more == c.id);
        self.conditions.iter().filter(move |c| c.tag && !tried(c))
    }

    /// The shared prompts that a condition asks again.
    pub fn prompts_of(&self, condition: &Condition) -> &[Prompt] {
        let count = condition.prompts.unwrap_or(self.condition_prompts);
        &self.prompts[..count.min(self.prompts.len())]
    }

    /// Refuses gates of which all judge a judge's opinion, as [`Suite::load`] does: others may have been left out since.
    ///
    /// # Errors
    /// There are such gates, and no others.
    pub fn check_judge(&self) -> Result<()> {
        if self.gates.is_empty() || self.gates.iter().any(|g| !Metric::is_of_judge(&g.metric)) {
            return Ok(());
        }
        let names: Vec<&str> = self.gates.iter().map(|g| g.name.as_str()).collect();
        Err(Error::input(format!("only the judge's opinion is left to gate: {}", names.join(", ")))
            .in_file(&self.path)
            .expected(BESIDE_JUDGE)
            .help("leave these out too, or keep another gate"))
    }

    /// Whether the shared prompts are asked: nobody asks for answers that nothing is measured on.
    pub fn asks_prompts(&self) -> bool {
        let unmeasured = self.measures.is_empty() && self.sweeps.is_empty();
        let measured = unmeasured || self.measures.iter().any(|m| m.needs_answers());
        measured && !self.prompts.is_empty()
    }

    /// Whether personas are told from each other, which takes two, and real text of each where there is any.
    pub(super) fn compares(&self) -> bool {
        self.measures(Measure::Separability) || self.measures(Measure::Likelihood) || !self.sweeps.is_empty()
    }
}

fn unset(root: &Field, key: &str) -> crate::Error {
    root.error(format!("`{key}` is not set")).expected(format!("`{key}`, here or in an included file"))
}

fn task_limit(settings: &Settings) -> usize {
    settings.task_max_new_tokens.as_ref().map_or(TASK_MAX_NEW_TOKENS, |s| s.value)
}

fn model_name(setting: Option<&Placed<String>>, key: &str, known: &[String], root: &Field) -> Result<String> {
    let setting = setting.ok_or_else(|| unset(root, key))?;
    if known.contains(&setting.value) {
        return Ok(setting.value.clone());
    }
    Err(setting
        .error(format!("unknown model `{}`", setting.value))
        .expected(format!("the name of a model in models.toml that can be the {key}"))
        .known(&setting.value, known))
}
