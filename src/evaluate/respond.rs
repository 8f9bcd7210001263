//! Making the planned responses, with the journal as their memory.

use super::plan::{Plan, Planned, task_place};
use crate::error::{Error, Result};
use crate::generate::{Engine, Event};
use crate::progress::Progress;
use crate::record::Journal;
use crate::response::{Finish, Place, Response, read_journal};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Answers what is planned, and what an earlier start of the same run has answered already.
pub(super) struct Respondent<'a> {
    engine: &'a Engine,
    rows: usize,
    progress: &'a dyn Progress,
    journal: Journal,
    known: HashMap<Place, Response>,
}

/// Responses and what they cost.
pub(super) struct Responded {
    /// In the order of the plan.
    pub responses: Vec<Response>,
    /// How many came from the journal.
    pub reused: usize,
    /// Tokens generated now.
    pub tokens: usize,
}

impl Responded {
    /// A note for the record, with what was not made anew.
    pub(super) fn note(&self, made: String) -> String {
        match self.reused {
            0 => made,
            reused => format!("{made}; {reused} from the journal"),
        }
    }
}

impl<'a> Respondent<'a> {
    /// Opens the journal and reads what it holds; `rows` are generated together.
    ///
    /// # Errors
    /// When the journal is broken or another process writes it.
    pub(super) fn open(
        engine: &'a Engine,
        rows: usize,
        journal: &Path,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let open = Journal::open(journal)?;
        let known = read_journal(journal)?.into_iter().map(|r| (r.place(), r)).collect();
        Ok(Self { engine, rows, progress, journal: open, known })
    }

    /// Refuses a journal with answers that the plan does not ask for: its report would not be this run's.
    ///
    /// # Errors
    /// Names the first such answer.
    pub(super) fn check(&self, plan: &Plan) -> Result<()> {
        let planned = plan.trained.iter().chain(&plan.floor).chain(&plan.tasks).chain(&plan.sweeps);
        let given = plan.asked.iter().filter(|t| !t.generates()).map(task_place);
        let asked: HashSet<Place> =
            planned.map(Planned::place).chain(plan.again.places()).chain(given).collect();
        match self.known.values().find(|line| !asked.contains(&line.place())) {
            None => Ok(()),
            Some(line) => Err(Error::input(format!(
                "the journal holds an answer of `{}` to `{}` ({}) that this command would not ask for",
                line.persona, line.prompt_id, line.arm
            ))
            .expected("the same suite, --limit and --no-floor as the run to be resumed")
            .help("start a new run without --resume")),
        }
    }

    /// Makes what the journal does not hold yet; every finished response is written at once.
    ///
    /// # Errors
    /// When the journal belongs to other settings, or the engine, the disk or the user stops the work.
    pub(super) fn answer(&mut self, planned: &[Planned]) -> Result<Responded> {
        let mut responses = planned
            .iter()
            .map(|p| self.remembered(&p.place(), |line| p.made(self.engine, line)))
            .collect::<Result<Vec<_>>>()?;
        // What is known of one answer is known of all that ask for the same.
        let (mut alike, mut copied) = (alike(planned), Vec::new());
        for of in &mut alike {
            if let Some(known) = of.iter().find_map(|i| responses[*i].clone()) {
                of.retain(|i| responses[*i].is_none());
                copied.extend(of.drain(..).map(|i| (i, known.clone())));
            }
        }
        alike.retain(|of| !of.is_empty());
        let reused = planned.len() - alike.iter().map(Vec::len).sum::<usize>();
        for (i, known) in copied {
            let finish = known.finish.unwrap_or(Finish::Stop);
            let response = planned[i].response(self.engine, known.text, known.tokens, finish);
            self.journal.append(&response)?;
            responses[i] = Some(response);
        }
        self.progress.advance(reused as u64);
        let requests =
            alike.iter().map(|of| planned[of[0]].request(self.engine)).collect::<Result<Vec<_>>>()?;
        let mut tokens = 0;
        self.engine.generate(&requests, self.rows, &mut |event| {
            let Event::Done(request, made) = event else { return Ok(()) };
            tokens += made.tokens.len();
            for &i in &alike[request] {
                let response =
                    planned[i].response(self.engine, made.text.clone(), made.tokens.len(), made.finish);
                self.journal.append(&response)?;
                responses[i] = Some(response);
                self.progress.advance(1);
            }
            Ok(())
        })?;
        let responses = responses
            .into_iter()
            .map(|r| r.ok_or_else(|| Error::cannot_run("the engine lost a response: this is a bug")))
            .collect::<Result<_>>()?;
        Ok(Responded { responses, reused, tokens })
    }

    /// Takes responses that were made before: the journal holds every answer of the run, wherever it came from.
    ///
    /// # Errors
    /// When the disk is full.
    pub(super) fn take(&mut self, responses: &[Response]) -> Result<()> {
        for response in responses.iter().filter(|r| !self.known.contains_key(&r.place())) {
            self.journal.append(response)?;
        }
        Ok(())
    }

    /// What the journal holds for this place, if anything; `made` says whether it answers what is asked now.
    ///
    /// # Errors
    /// When it answers something else.
    pub(super) fn remembered(
        &self,
        place: &Place,
        made: impl Fn(&Response) -> bool,
    ) -> Result<Option<Response>> {
        match self.known.get(place) {
            Some(line) if !made(line) => Err(Error::input(format!(
                "the journal holds an answer of `{}` to `{}` that was made with other settings",
                line.persona, line.prompt_id
            ))
            .expected("the same engine, base, adapters, blends, sampling and seed as the run to be resumed")
            .help("start a new run without --resume")),
            line => Ok(line.cloned()),
        }
    }
}

/// The places of a plan, those together that ask the engine for one and the same answer: conversations that begin alike.
fn alike(planned: &[Planned]) -> Vec<Vec<usize>> {
    let mut alike: Vec<Vec<usize>> = Vec::new();
    let mut of_prompt: HashMap<(u64, &str), Vec<usize>> = HashMap::new();
    for (i, own) in planned.iter().enumerate() {
        let groups = of_prompt.entry((own.seed, &own.prompt)).or_default();
        let same = |other: &Planned| other.blend == own.blend && other.sampling == own.sampling;
        match groups.iter().find(|group| same(&planned[alike[**group][0]])) {
            Some(group) => alike[*group].push(i),
            None => {
                groups.push(alike.len());
                alike.push(vec![i]);
            }
        }
    }
    alike
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blend::Blend;
    use crate::evaluate::plan::Arm;
    use crate::persona::Sampling;

    #[test]
    fn only_requests_that_differ_in_nothing_are_alike() {
        let sampling = Sampling::greedy(8);
        let one = Planned {
            arm: Arm::Condition("a".to_owned()),
            persona: "poet".to_owned(),
            prompt_id: "s1@turn 1".to_owned(),
            sample: 0,
            tag: String::new(),
            prompt: "Good morning!".to_owned(),
            blend: Blend::base(),
            sampling: sampling.clone(),
            seed: 7,
        };
        let longer = Sampling { max_tokens: 9, ..sampling };
        let other = |change: &dyn Fn(&mut Planned)| {
            let mut other = Planned { arm: Arm::Condition("b".to_owned()), ..one.clone() };
            change(&mut other);
            other
        };
        let planned = [
            one.clone(),
            other(&|p| p.sampling = longer.clone()),
            other(&|_| {}),
            other(&|p| p.seed = 8),
            other(&|p| p.sampling = longer.clone()),
            other(&|p| p.prompt.push('?')),
            other(&|p| p.blend = "emotive=0.5".parse().expect("a blend")),
        ];
        assert_eq!(alike(&planned), [vec![0, 2], vec![1, 4], vec![3], vec![5], vec![6]]);
    }
}
