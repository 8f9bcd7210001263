//! `train --dry-run`: what would be done, and about how long it takes.

use super::print::say;
use crate::course::{Material, PhaseTokens, Reject, Syllabus, foreseen};
use crate::curriculum::{Config, Mixture, Training};
use crate::error::Result;
use crate::list::{duration, grouped};
use crate::model::BaseModel;
use crate::train::{PhaseOrder, Trainer};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// What a token costs that is only looked at, against one that is learned: no gradient, which costs about twice the forward pass.
const LOOK: f64 = 1.0 / 3.0;

/// Lines set aside that the plan shows.
const SHOWN: usize = 5;

/// A training before it is done.
#[derive(Debug, Serialize)]
pub(super) struct Plan {
    adapters: Vec<String>,
    examples: usize,
    heldout: usize,
    rejects: usize,
    /// All that a training would set aside, and the first of it.
    set_aside: usize,
    first_set_aside: Vec<Reject>,
    unlearned: usize,
    too_long: (usize, usize),
    warnings: Vec<String>,
    phases: Vec<PhaseTokens>,
    personas: BTreeMap<String, PersonaPlan>,
    mixture: Mixture,
    steps: usize,
    tokens: u64,
    /// By a trial of one batch on this machine.
    seconds: f64,
    /// Likewise, the trial's most.
    memory_mib: u64,
}

#[derive(Debug, Default, Serialize)]
struct PersonaPlan {
    adapter: String,
    examples: usize,
    /// Repeats counted.
    seen: u64,
    /// Tokens of these.
    tokens: u64,
    /// Their share of all tokens.
    share: f64,
}

/// Makes the plan; a training of one batch says how long a token takes, and how much memory a step.
pub(super) fn plan(
    base: BaseModel,
    config: &Config,
    material: &Material,
    syllabus: &Syllabus,
) -> Result<Plan> {
    let phases = syllabus.phases(config);
    let tokens: u64 = phases.iter().map(|p| p.tokens).sum();
    let mut personas: Vec<PersonaPlan> = Vec::new();
    personas.resize_with(material.personas.len(), PersonaPlan::default);
    for pair in &syllabus.pairs {
        let persona = &mut personas[pair.persona];
        persona.examples += 1;
        persona.adapter.clone_from(&material.adapters[pair.adapter]);
    }
    for pair in syllabus.draws.iter().flat_map(|d| &d.order).map(|i| &syllabus.pairs[*i]) {
        let persona = &mut personas[pair.persona];
        persona.seen += 1;
        persona.tokens += pair.tokens.len() as u64;
    }
    personas.iter_mut().for_each(|p| p.share = p.tokens as f64 / tokens.max(1) as f64);
    let personas = material.personas.iter().cloned().zip(personas).collect();
    let orders = syllabus.orders();
    let (pairs, t) = (syllabus.pairs.clone(), &config.training);
    let steps = crate::train::steps(&pairs, &orders, t.batch_tokens, t.accumulation).len();
    // Each adapter needs an example; the trial is its first two steps, of which the first only warms up, where there is another.
    let order: Vec<usize> = orders.iter().flat_map(|o| o.order.iter().copied()).collect();
    let trial = PhaseOrder { name: String::new(), learning_rate: 1e-9, order };
    let mut trainer = Trainer::new(base, &material.adapters, pairs, &[trial], t, config.seed)?;
    let timed = |trainer: &mut Trainer| -> Result<f64> {
        let begun = Instant::now();
        let stepped = trainer.step()?;
        Ok(begun.elapsed().as_secs_f64() / stepped.tokens.max(1) as f64)
    };
    let mut seconds_a_token = timed(&mut trainer)?;
    if !trainer.is_done() {
        seconds_a_token = timed(&mut trainer)?;
    }
    let aside = || material.set_aside().chain(&syllabus.aside);
    let seconds = seconds_a_token * (tokens as f64 + LOOK * looked_at(syllabus, t, steps) as f64);
    Ok(Plan {
        adapters: material.adapters.clone(),
        examples: syllabus.pairs.len(),
        heldout: syllabus.heldout.len(),
        rejects: material.rejects.len(),
        set_aside: aside().count(),
        first_set_aside: aside().take(SHOWN).cloned().collect(),
        unlearned: material.unlearned.len(),
        too_long: syllabus.too_long,
        warnings: foreseen(config, material, syllabus),
        phases,
        personas,
        mixture: Mixture { phases: syllabus.draws.iter().map(|d| d.report.clone()).collect() },
        steps,
        tokens,
        seconds,
        memory_mib: crate::course::peak_mib(),
    })
}

/// Tokens of the looks: base and end on all held-out examples, those in between on some.
fn looked_at(syllabus: &Syllabus, training: &Training, steps: usize) -> u64 {
    let all: usize = syllabus.heldout.iter().map(|p| p.tokens.len()).sum();
    let between = steps.checked_div(training.evaluate_every).unwrap_or(0);
    let share = training.evaluate_examples as f64 / syllabus.heldout.len().max(1) as f64;
    (all as f64 * (2.0 + between as f64 * share.min(1.0))) as u64
}

impl Plan {
    pub(super) fn print(&self) -> Result<()> {
        say!(
            "{} examples, {} held out, for {}: {}",
            grouped(self.examples as u64),
            self.heldout,
            if self.adapters.len() == 1 { "one adapter" } else { "the adapters" },
            self.adapters.join(", ")
        )?;
        for warning in &self.warnings {
            say!("warning: {warning}")?;
        }
        if self.set_aside > 0 {
            say!("set aside, {} of {}:", self.first_set_aside.len(), self.set_aside)?;
        }
        for reject in &self.first_set_aside {
            say!("  {}", reject.line())?;
        }
        say!("")?;
        for (phase, report) in self.phases.iter().zip(&self.mixture.phases) {
            say!(
                "{:<22} {:>7} of {:>7} wanted ({} different), {:>9} tokens ({:.0} %), learning rate {:.2e}",
                phase.name,
                grouped(phase.examples as u64),
                grouped(report.wanted),
                grouped(phase.different as u64),
                grouped(phase.tokens),
                100.0 * phase.tokens as f64 / self.tokens.max(1) as f64,
                phase.learning_rate
            )?;
            for note in &report.notes {
                say!("  {note}")?;
            }
        }
        say!("")?;
        let several = self.adapters.len() > 1;
        let adapter = |name: &str| if several { format!("  {name}") } else { String::new() };
        let (adapters, share) = (adapter("adapter"), "share");
        say!("{:<24} {:>8} {:>8} {:>9} {share:>8}{adapters}", "persona", "examples", "seen", "tokens")?;
        for (id, p) in &self.personas {
            let (tokens, share) = (grouped(p.tokens), 100.0 * p.share);
            let adapter = adapter(&p.adapter);
            say!("{id:<24} {:>8} {:>8} {tokens:>9} {share:>6.1} %{adapter}", p.examples, p.seen)?;
        }
        say!("")?;
        say!(
            "{} steps, {} tokens; about {} here, with about {} MiB of memory",
            grouped(self.steps as u64),
            grouped(self.tokens),
            duration(self.seconds),
            grouped(self.memory_mib)
        )
    }
}
