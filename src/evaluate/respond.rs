//! Making the planned responses, with the journal as their memory.

use super::plan::{Plan, Planned, task_place};
use crate::error::{Error, Result};
use crate::generate::{Engine, Event};
use crate::progress::Progress;
use crate::record::Journal;
use crate::response::{Place, Response, read_journal};
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
        let missing: Vec<usize> = (0..planned.len()).filter(|i| responses[*i].is_none()).collect();
        let reused = planned.len() - missing.len();
        self.progress.advance(reused as u64);
        let alike = alike(planned, &missing);
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

/// The `missing` places of a plan, those together that ask the engine for one and the same answer: conversations that begin
/// alike.
fn alike(planned: &[Planned], missing: &[usize]) -> Vec<Vec<usize>> {
    let mut alike: Vec<Vec<usize>> = Vec::new();
    let mut first: HashMap<(u64, &str), usize> = HashMap::new();
    for &i in missing {
        let own = &planned[i];
        let place = *first.entry((own.seed, &own.prompt)).or_insert(alike.len());
        let same = |other: &Planned| other.blend == own.blend && other.sampling == own.sampling;
        match alike.get_mut(place).filter(|of| same(&planned[of[0]])) {
            Some(of) => of.push(i),
            None => alike.push(vec![i]),
        }
    }
    alike
}
