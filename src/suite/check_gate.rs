//! What must hold between a gate and the rest of its suite.

use std::collections::{BTreeMap, BTreeSet};

use super::gate::{Gate, Scope};
use super::measure::Measure;
use super::metric::{Metric, Needs};
use super::suite::Suite;
use super::task::Judge;
use crate::document::Placed;
use crate::error::Result;
use crate::persona::Registry;

impl Suite {
    /// A gate that could never be judged is refused, or it would look like one that passed.
    pub(super) fn check_gate(&self, gate: &Placed<Gate>, registry: &Registry) -> Result<()> {
        let Some(metric) = Metric::named(&gate.value.metric) else { return Ok(()) };
        let groups = || {
            let of = self.personas.iter().filter_map(|id| registry.get(id).map(|p| p.group()));
            (2..self.personas.len()).contains(&of.collect::<BTreeSet<_>>().len())
        };
        let named: Vec<&String> = match &gate.value.scope {
            Scope::Persona(id) => vec![id],
            Scope::Pair(a, b) => vec![a, b],
            Scope::Whole | Scope::EachPersona | Scope::EachGroup => Vec::new(),
        };
        if let Some(id) = named.into_iter().find(|id| !self.personas.contains(id)) {
            return Err(gate
                .error(format!("the gate `{}` judges `{id}`, who is not in the suite", gate.value.name))
                .expected("the id of a persona of the suite")
                .known(id, &self.personas));
        }
        let separability = self.measures(Measure::Separability);
        let (met, expected) = match metric.needs {
            Needs::Nothing => (true, String::new()),
            Needs::Separability => (separability, "measures = [\"separability\"]".to_owned()),
            Needs::Groups => (
                separability && groups(),
                "separability over personas of at least two adapter groups, one with two personas".to_owned(),
            ),
            Needs::Heldout => {
                (separability && !self.heldout.is_empty(), "separability and a [heldout] corpus".to_owned())
            }
            Needs::Style => (self.measures(Measure::Style), "measures = [\"style\"]".to_owned()),
            Needs::Likelihood => {
                (self.measures(Measure::Likelihood), "measures = [\"likelihood\"]".to_owned())
            }
            Needs::Conditions => {
                let free = self.free_conditions().next().is_some();
                (
                    free,
                    "at least one [[condition]] with the tag, of which no [[control]] makes use".to_owned(),
                )
            }
            Needs::Control(lever) => {
                let tried = self.controls.iter().any(|c| c.lever == lever);
                (tried, format!("a [[control]] with lever = \"{lever}\""))
            }
            Needs::Sweeps => (!self.sweeps.is_empty(), "at least one [[sweep]]".to_owned()),
            Needs::Tasks => (!self.tasks.is_empty(), "at least one [[task]]".to_owned()),
            Needs::OwnPrompts => {
                let own = self.tasks.iter().any(|t| matches!(t.judge, Judge::Own(_)));
                (own, "at least one [[task]] with a persona's own prompt".to_owned())
            }
            Needs::Judge => {
                (self.asks_prompts(), "shared `prompts`, and a measure on their answers".to_owned())
            }
            Needs::Outcome(outcome) => {
                let items = self.tasks.iter().any(|t| t.outcome() == Some(outcome));
                (items, format!("at least one [[task]] with outcome = \"{outcome}\""))
            }
        };
        if met {
            return Ok(());
        }
        Err(gate
            .error(format!(
                "the gate `{}` judges `{}`, which this suite does not measure",
                gate.value.name, metric.name
            ))
            .expected(expected))
    }
}

/// A judge never decides alone: its opinion is no measurement, and a text can please it that no other gate would pass.
pub(super) fn check_judge_gates(gates: &[Placed<Gate>]) -> Result<()> {
    match gates.iter().all(|g| Metric::is_of_judge(&g.value.metric)).then(|| gates.first()).flatten() {
        None => Ok(()),
        Some(first) => {
            Err(first.error("the judge's opinion would be the suite's only gate").expected(BESIDE_JUDGE))
        }
    }
}

/// What a gate on a judge stands beside.
pub(super) const BESIDE_JUDGE: &str = "at least one gate on something that is measured: a model's opinion stands beside measurements, never in their place";

/// Gates have names of their own.
pub(super) fn check_gate_names(gates: &[Placed<Gate>]) -> Result<()> {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for gate in gates {
        if let Some(first) = seen.insert(&gate.value.name, gate.spot()) {
            return Err(gate
                .error(format!("the gate `{}` is given twice", gate.value.name))
                .expected(format!("a name of its own; the first stands at {first}")));
        }
    }
    Ok(())
}
