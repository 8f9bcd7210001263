//! What a gate against the baseline could detect with more prompts or samples.

use super::power::{alpha, found_by};
use crate::record::Noise;
use crate::suite::{Bound, Gate, Metric, Scope};

/// A gate's noise on the baseline's design, from which other designs follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The gate.
    pub gate: Gate,
    /// The declared margin; none is the noise itself.
    pub margin: Option<f64>,
    /// Prompts of the baseline.
    pub prompts: usize,
    /// Samples of each persona and prompt in the baseline.
    pub samples: usize,
    /// Standard deviation of the difference between two runs.
    spread: f64,
    /// Its degrees of freedom.
    degrees: usize,
    /// This test's part of the level that all gates and parts share.
    alpha: f64,
}

/// Most prompts that are planned for.
const MOST: usize = 10_000;

/// The gates against the baseline on answers to shared prompts whose noise is known and not 0, for a run of so many personas
/// and adapter groups.
pub fn designs(gates: &[Gate], noise: &Noise, samples: usize, personas: usize, groups: usize) -> Vec<Design> {
    let all = gates.iter().filter(|g| g.against_baseline()).count();
    let one = |gate: &Gate| {
        let Bound::NoLoss { margin } = gate.bound else { return None };
        let (table, pooled) = match gate.scope {
            Scope::Whole | Scope::Pair(..) => (&noise.metrics, 1),
            Scope::EachPersona | Scope::Persona(_) => (&noise.personas, personas),
            Scope::EachGroup => (&noise.groups, groups),
        };
        let tests = if gate.scope.takes_parts() { pooled } else { 1 };
        // More prompts do not repeat a task, and a held-out text has no noise.
        let asked = Metric::is_of_answers(&gate.metric);
        let spread = *table.get(&gate.metric).filter(|s| asked && **s > 0.0)?;
        Some(Design {
            gate: gate.clone(),
            margin,
            prompts: noise.prompts,
            samples,
            spread,
            degrees: noise.degrees(pooled),
            alpha: alpha(gate, all * tests),
        })
    };
    gates.iter().filter_map(one).collect()
}

impl Design {
    /// The loss that is found four times in five on so many prompts and samples; none where so few prompts find none.
    ///
    /// The noise of a mean falls with the square root of the answers it rests on. A shift that differs from prompt to
    /// prompt adds to it, and only more prompts help against that: a figure for more samples is the best case.
    pub fn detectable(&self, prompts: usize, samples: usize) -> Option<f64> {
        let answers = |prompts: usize, samples: usize| (prompts * samples).max(1) as f64;
        let spread = self.spread * (answers(self.prompts, self.samples) / answers(prompts, samples)).sqrt();
        // The noise is the error where the margin is declared, and the margin where it is not.
        let degrees = self.margin.map(|_| self.degrees);
        found_by(&self.gate, self.margin.unwrap_or(spread), spread, prompts, degrees, self.alpha)
    }

    /// The fewest prompts, with one sample each, that find this loss; none where the margin alone is as large.
    pub fn prompts_for(&self, loss: f64) -> Option<usize> {
        let finds = |prompts: usize| self.detectable(prompts, 1).is_some_and(|found| found <= loss);
        if !finds(MOST) {
            return None;
        }
        let (mut low, mut high) = (1, MOST);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if finds(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn four_times_the_prompts_halve_the_noise_and_the_plan_inverts_the_power() {
        let noise = Noise {
            seeds: vec![0, 1],
            rows: vec![48; 2],
            threads: vec![2; 2],
            identical: Some(1.0),
            prompts: 16,
            metrics: BTreeMap::from([("style.hit_rate".to_owned(), 0.01), ("task.own".to_owned(), 0.01)]),
            personas: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        let gate = |metric: &str, margin| Gate {
            name: "g".into(),
            metric: metric.into(),
            bound: Bound::NoLoss { margin },
            two_sided: false,
            scope: Scope::Whole,
            alarm: false,
            reason: "r".into(),
        };
        let gates =
            [gate("style.hit_rate", None), gate("style.hit_rate", Some(0.02)), gate("task.own", None)];
        let found = designs(&gates, &noise, 1, 57, 5);
        assert_eq!(found.len(), 2);
        let plain = &found[0];
        let large = |n| plain.detectable(n, 1).expect("prompts enough");
        assert!((large(4_000) / large(16_000) - 2.0).abs() < 0.01);
        let needed = plain.prompts_for(0.02).unwrap();
        assert!(large(needed) <= 0.02 && large(needed - 1) > 0.02, "{needed}");
        assert_eq!(found[1].prompts_for(0.02), None, "the margin alone is as large");
        assert!(found[1].detectable(16, 1).unwrap() > 0.02 + 2.0 * 0.01);
        assert_eq!(plain.detectable(5, 1), None, "32 sign patterns reach no level of 2.5 %");
    }
}
