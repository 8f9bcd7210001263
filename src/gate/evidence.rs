//! What gates look at.

use crate::compare::{Matched, Part, incomparable};
use crate::record::{Noise, Qualification, Scores};
use crate::stats::{Estimate, Resampling};
use crate::suite::{Gate, Scope};
use std::collections::BTreeMap;

/// Everything that a run knows when its gates are judged.
pub struct Evidence<'a> {
    /// Estimates of the whole run, by the metric's dotted name.
    pub estimates: &'a BTreeMap<String, Estimate>,
    /// The instrument's controls.
    pub qualification: &'a [Qualification],
    /// The run's raw scores.
    pub scores: &'a Scores,
    /// What the run is held against; none where there is no baseline.
    pub reference: Option<Reference<'a>>,
    /// Resampling of intervals and sign flips.
    pub resampling: Resampling,
}

/// A baseline's raw scores, and what its repeats differed by.
#[derive(Clone, Copy)]
pub struct Reference<'a> {
    /// Raw scores.
    pub scores: &'a Scores,
    /// Spread over repeats; none where the baseline was made once.
    pub noise: Option<&'a Noise>,
}

impl Evidence<'_> {
    /// Why the gate's instrument may not judge; none where it may.
    pub(super) fn refusal(&self, gate: &Gate) -> Option<String> {
        let by_instrument = ["separability.", "fidelity.", "blend."].iter().any(|of| gate.metric.starts_with(of))
            // Likelihoods need no instrument.
            && gate.metric != "blend.cost";
        let mut failed =
            self.qualification.iter().filter(|q| by_instrument && !q.passed && !q.is_of_answers());
        failed.next().map(|control| format!("the instrument may not judge: {}", control.finding))
    }

    /// Why a pass of this gate would be no proof of voices; none where it would.
    pub(super) fn explained(&self, gate: &Gate) -> Option<String> {
        let by_voice = gate.metric.starts_with("separability.");
        let mut failed = self.qualification.iter().filter(|q| by_voice && !q.passed && q.is_of_answers());
        failed.next().map(|control| format!(", but is no proof of voices: {}", control.finding))
    }

    /// Why the run cannot be held against the baseline in what the gate judges; none where it can.
    pub(super) fn incomparable(
        &self,
        gate: &Gate,
        reference: &Reference<'_>,
        matched: &Matched<'_>,
    ) -> Option<String> {
        let told = incomparable(reference.scores, self.scores, matched, &gate.metric);
        (!told.is_empty())
            .then(|| format!("the baseline was measured otherwise ({}): accept a new one", told.join("; ")))
    }
}

/// The parts that a gate judges, each with its name; the run as a whole is one without.
pub(super) fn parts<'a>(
    scope: &'a Scope,
    personas: impl IntoIterator<Item = &'a str>,
    groups: impl IntoIterator<Item = &'a str>,
) -> Vec<(&'a str, Part<'a>)> {
    match scope {
        Scope::Whole => vec![("", Part::Whole)],
        Scope::EachPersona => personas.into_iter().map(|id| (id, Part::Persona(id))).collect(),
        Scope::EachGroup => groups.into_iter().map(|name| (name, Part::Group(name))).collect(),
        Scope::Persona(id) => vec![(id.as_str(), Part::Persona(id))],
        Scope::Pair(a, b) => vec![("", Part::Pair(a, b))],
    }
}
