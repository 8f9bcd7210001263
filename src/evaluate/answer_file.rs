//! A file of answers that something else made, sorted into a suite's questions.

use super::answers::Answers;
use super::conditions::{AgainLines, condition_of};
use super::coverage::Coverage;
use super::excluded::Excluded;
use super::gates::{Material, PARTIAL, SHOWN, Source, leave_out};
use super::paired;
use super::plan::Arm;
use super::swept_lines::SweptLines;
use super::task_lines::TaskLines;
use crate::baseline::Baseline;
use crate::error::{Error, Result};
use crate::judge::Judge;
use crate::list::few;
use crate::persona::Registry;
use crate::record::Warning;
use crate::response::{Line, Response, read_lines};
use crate::suite::{Generation, Measure, Suite, Task};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Answers that something else made, checked against a suite.
pub struct AnswerFile {
    /// The file.
    pub(super) path: PathBuf,
    pub(super) answers: Answers,
    /// The judged lines as they stand in the file, in its order.
    pub(super) lines: Vec<Vec<u8>>,
    /// What was left out and what is missing.
    pub(super) warnings: Vec<Warning>,
    /// Gates that this file cannot decide, where they may be left out.
    undecided: BTreeSet<String>,
}

impl AnswerFile {
    /// Reads and sorts a file; nothing is left out in silence.
    ///
    /// Every line needs `persona`, `prompt_id`, `sample` and `text`. Lines of personas and prompts that the suite does
    /// not have are counted and named in a warning, and so is what the file lacks.
    ///
    /// # Errors
    /// A line that cannot be read or says something twice, an unknown persona or arm, a file without an answer, too few
    /// answers for what the suite measures, or a gate that this file could not decide; with `partial` such gates are
    /// left for [`AnswerFile::leave_out_undecided`]. `judged` says whether a judge is asked, which its gates need.
    pub fn read(
        path: &Path,
        suite: &Suite,
        registry: &Registry,
        partial: bool,
        judged: bool,
    ) -> Result<Self> {
        let read = read_lines(path)?;
        let mut sorting = Sorting::new(path, suite, registry);
        for line in &read.lines {
            sorting.take(line)?;
        }
        if read.lines.is_empty() || sorting.is_empty() {
            return Err(sorting.nothing(read.lines.len()));
        }
        sorting.leave_out_lone_prompts();
        sorting.check_crossing()?;
        let floor_lacks = sorting.pair_floor();
        let mut warnings = sorting.warnings();
        if let Some(line) = read.cut {
            warnings.push(Warning {
                what: format!("the last line ({line}) is cut short and was left out"),
                help: "a stop leaves such a line; let what wrote the file finish".to_owned(),
            });
        }
        let (tasks, unanswered) = sorting.tasks.parted();
        warnings.extend(sorting.tasks.warnings());
        let prompts: Vec<String> = sorting.coverage().prompts().into_iter().map(str::to_owned).collect();
        let tasks_scored: Vec<Task> = tasks.iter().map(|t| (*t).clone()).collect();
        let (source, name) = (Source::File, path.display().to_string());
        let again = sorting.again.whole();
        warnings.extend(again.warnings);
        let swept = sorting.swept.whole()?;
        warnings.extend(swept.warnings);
        let material = Material {
            source,
            name,
            prompts: prompts.len(),
            judged,
            short_conditions: again.short,
            swept_lacks: swept.lacks,
            floor_lacks,
            tasks,
            unanswered,
            // What is not run is told when it is judged: the gate is inconclusive.
            code_off: None,
        };
        let undecided = if partial { material.undecided(suite, registry) } else { BTreeSet::new() };
        if !partial {
            material.check(suite, registry)?;
        }
        let judged = sorting.judged();
        let lines =
            read.lines.iter().filter(|l| judged.contains(&l.number)).map(|l| l.bytes.clone()).collect();
        let responses = |lines: Vec<&Line>| lines.into_iter().map(|l| l.response.clone()).collect();
        let answers = Answers {
            generation: sorting.generation(),
            heard: None,
            swept: swept.responses,
            costs: BTreeMap::new(),
            prompts,
            tasks: tasks_scored,
            task_answers: responses(sorting.tasks.lines(true)),
            given: responses(sorting.tasks.lines(false)),
            again: again.responses,
            trained: responses(sorting.trained.values().copied().collect()),
            floor: responses(sorting.floor.values().copied().collect()),
        };
        Ok(Self { path: path.to_path_buf(), answers, lines, warnings, undecided })
    }

    /// Refuses a judge that would have nothing to compare in this file, or would decide alone.
    ///
    /// # Errors
    /// As told.
    pub fn check_judge(
        &self,
        judge: Option<&Judge>,
        suite: &Suite,
        baseline: Option<&Baseline>,
    ) -> Result<()> {
        suite.check_judge()?;
        judge.map_or(Ok(()), |_| paired::check(suite, !self.answers.floor.is_empty(), baseline))
    }

    /// Takes the gates out of the suite that the file cannot decide; what a reader must then know.
    pub fn leave_out_undecided(&self, suite: &mut Suite) -> Option<Warning> {
        leave_out(suite, |g| self.undecided.contains(&g.name), PARTIAL)
    }
}

/// The place of an answer to a shared prompt in the suite's order: prompt, persona, sample.
type Spot = (usize, usize, usize);

struct Sorting<'a> {
    path: &'a Path,
    suite: &'a Suite,
    registry: &'a Registry,
    prompts: HashMap<&'a str, usize>,
    personas: HashMap<&'a str, usize>,
    trained: BTreeMap<Spot, &'a Line>,
    floor: BTreeMap<Spot, &'a Line>,
    tasks: TaskLines<'a>,
    swept: SweptLines<'a>,
    again: AgainLines<'a>,
    excluded: BTreeMap<Excluded, Vec<&'a Line>>,
}

impl<'a> Sorting<'a> {
    /// How the answers were drawn, where all lines say the same.
    fn generation(&self) -> Option<Generation> {
        let mut drawn = self.trained.values().map(|line| line.response.sampling.as_ref());
        let first = drawn.next()??;
        let samples = 1 + self.trained.keys().map(|(_, _, sample)| *sample).max()?;
        drawn.all(|other| other == Some(first)).then(|| Generation { sampling: first.clone(), samples })
    }

    fn new(path: &'a Path, suite: &'a Suite, registry: &'a Registry) -> Self {
        Self {
            path,
            suite,
            registry,
            prompts: suite.prompts.iter().enumerate().map(|(i, p)| (p.id.as_str(), i)).collect(),
            personas: suite.personas.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect(),
            trained: BTreeMap::new(),
            floor: BTreeMap::new(),
            tasks: TaskLines::new(suite),
            swept: SweptLines::new(suite, registry),
            again: AgainLines::new(suite),
            excluded: BTreeMap::new(),
        }
    }

    /// Puts one line where it belongs.
    fn take(&mut self, line: &'a Line) -> Result<()> {
        let r = &line.response;
        let (floor, swept) = (r.arm == Arm::Floor.id(), r.arm == Arm::Sweep.id());
        let arms = [Arm::Trained.id(), Arm::Floor.id(), Arm::Sweep.id()];
        let again = condition_of(&r.arm).is_some();
        if !again && !arms.contains(&r.arm.as_str().into()) {
            return Err(Error::input(format!("unknown arm `{}`", r.arm))
                .at(self.path, line.number)
                .key("arm")
                .expected("`trained` (also where the line says nothing), `floor` for the base with the tag alone, `sweep` for \
                           a sweep's blend, or `condition ID`")
                .known(&r.arm, arms.iter().map(AsRef::as_ref)));
        }
        let task = self.suite.tasks.iter().find(|t| t.id == r.prompt_id);
        // Items that no persona is asked are answered by the plain base model: its lines name nobody.
        let nobody = r.persona.is_empty() && (swept || task.is_some_and(|t| t.persona.is_none()));
        if !nobody && self.registry.get(&r.persona).is_none() {
            return Err(Error::input(format!("unknown persona `{}`", r.persona))
                .at(self.path, line.number)
                .key("persona")
                .expected(format!(
                    "the id of a persona in {}, or \"\" where nobody's tag is given",
                    self.registry.path().display()
                ))
                .known(&r.persona, self.registry.ids()));
        }
        let here = |e: Error| e.at(self.path, line.number);
        if again || swept {
            let why = if again { self.again.take(line) } else { self.swept.take(line).map_err(here)? };
            if let Some(why) = why {
                self.excluded.entry(why).or_default().push(line);
            }
            return Ok(());
        }
        let prompt = self.prompts.get(r.prompt_id.as_str());
        let why = match (self.personas.get(r.persona.as_str()), prompt, task) {
            (None, _, _) if !nobody => Excluded::OtherPersona,
            (Some(&persona), Some(&prompt), _) => {
                let arm = if floor { &mut self.floor } else { &mut self.trained };
                arm.insert((prompt, persona, r.sample), line);
                return Ok(());
            }
            (_, _, Some(t)) => match self.tasks.take(t, line, floor).map_err(here)? {
                Some(why) => why,
                None => return Ok(()),
            },
            (_, _, None) => Excluded::UnknownPrompt,
        };
        self.excluded.entry(why).or_default().push(line);
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.trained.is_empty() && self.tasks.is_empty() && self.swept.is_empty()
    }

    fn nothing(&self, lines: usize) -> Error {
        let what = match lines {
            0 => "the file holds no answer".to_owned(),
            n => {
                format!("none of the {n} lines of the file can be judged by the suite `{}`", self.suite.name)
            }
        };
        let found: Vec<String> = self.warnings().into_iter().map(|w| w.what).collect();
        let error = Error::input(what)
            .in_file(self.path)
            .expected("one answer a line: {\"persona\": .., \"prompt_id\": .., \"sample\": 0, \"text\": ..}");
        if found.is_empty() { error } else { error.help(found.join("\n  ")) }
    }

    fn coverage(&self) -> Coverage<'a> {
        Coverage::new(self.suite, self.trained.values().map(|l| &l.response))
    }

    /// Moves lines of an arm to those that are not judged.
    fn exclude(&mut self, arm: Arm, why: Excluded, unfit: impl Fn(&Spot, &Response) -> bool) {
        let lines = if arm == Arm::Floor { &mut self.floor } else { &mut self.trained };
        let out = lines.extract_if(.., |spot, line| unfit(spot, &line.response));
        let out: Vec<&Line> = out.map(|(_, line)| line).collect();
        if !out.is_empty() {
            self.excluded.entry(why).or_default().extend(out);
        }
    }

    fn leave_out_lone_prompts(&mut self) {
        if !self.suite.measures(Measure::Separability) {
            return;
        }
        let lone: BTreeSet<String> = self.coverage().lone_prompts().into_iter().map(str::to_owned).collect();
        self.exclude(Arm::Trained, Excluded::LonePrompt, |_, r| lone.contains(&r.prompt_id));
    }

    /// Separability needs every persona on two prompts, and any two on one that both answered.
    fn check_crossing(&self) -> Result<()> {
        if self.trained.is_empty() {
            return Ok(());
        }
        let coverage = self.coverage();
        let lacks = |what: String| {
            Error::input(what)
                .in_file(self.path)
                .expected("every persona of the suite on the same shared prompts, two or more")
                .help("add the missing answers, or score a suite whose `personas` leaves them out")
        };
        if self.suite.measures(Measure::Separability) {
            let thin = coverage.thin_personas();
            if !thin.is_empty() {
                return Err(lacks(format!(
                    "{} personas have answers on fewer than two shared prompts: {}",
                    thin.len(),
                    few(&thin, SHOWN)
                )));
            }
            if let Some((a, b)) = coverage.strangers() {
                return Err(lacks(format!("`{a}` and `{b}` have no shared prompt in common")));
            }
        }
        if self.suite.measures(Measure::Style) && coverage.prompts().len() < 2 {
            return Err(lacks("the file has answers to one shared prompt only".to_owned()));
        }
        Ok(())
    }

    /// Keeps the floor where it pairs with every answer; what it lacks where it does not.
    fn pair_floor(&mut self) -> Option<String> {
        let trained: BTreeSet<Spot> = self.trained.keys().copied().collect();
        self.exclude(Arm::Floor, Excluded::FloorAlone, |spot, _| !trained.contains(spot));
        let missing: Vec<String> = self
            .trained
            .iter()
            .filter(|(spot, _)| !self.floor.contains_key(*spot))
            .map(|(_, l)| format!("{}/{}/{}", l.response.persona, l.response.prompt_id, l.response.sample))
            .collect();
        if missing.is_empty() {
            return None;
        }
        if self.floor.is_empty() {
            return Some("the file has no answers of the floor".to_owned());
        }
        self.exclude(Arm::Floor, Excluded::FloorNotWhole, |_, _| true);
        Some(format!(
            "{} of {} answers of the floor are missing ({})",
            missing.len(),
            trained.len(),
            few(&missing, SHOWN)
        ))
    }

    /// Numbers of the lines that are judged.
    fn judged(&self) -> BTreeSet<usize> {
        self.trained
            .values()
            .chain(self.floor.values())
            .map(|l| l.number)
            .chain(self.tasks.numbers())
            .chain(self.again.numbers())
            .chain(self.swept.numbers())
            .collect()
    }

    /// Lines that were left out, by reason, and what is missing.
    fn warnings(&self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> =
            self.excluded.iter().map(|(why, lines)| why.warning(lines)).collect();
        if self.trained.is_empty() && !self.suite.measures.is_empty() {
            warnings.push(Warning {
                what: "the file has no answers to the shared prompts".to_owned(),
                help: "separability and style are measured on the shared prompts".to_owned(),
            });
        } else if self.suite.asks_prompts() {
            warnings.extend(self.coverage().warnings());
        }
        warnings
    }
}
