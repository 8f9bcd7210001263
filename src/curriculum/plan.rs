//! The plan: how many examples of which cell each phase takes.

use std::collections::BTreeMap;

use super::config::Config;
use super::demand::{self, Shares};
use super::note;
use super::phase::Phase;
use super::quota::{Claim, fill, renormalised, target_shares};
use super::report::{Mixture, PersonaReport, PhaseReport};
use super::rounding::{Drift, Part, round};
use super::supply::{Cell, Supply};
use crate::error::{Error, Result};

/// What one phase takes.
#[derive(Debug, Clone, PartialEq)]
pub struct PhasePlan {
    /// Its name.
    pub name: String,
    /// The learning rate of the trainer.
    pub learning_rate: f64,
    /// Examples of all its cells together.
    pub size: u64,
    /// Examples to take from each cell, one at least and never more than there are.
    pub cells: BTreeMap<Cell, u64>,
    /// What was wanted, and what became of it.
    pub report: PhaseReport,
}

impl Mixture {
    /// The reports of all phases.
    pub fn of(plans: &[PhasePlan]) -> Self {
        Self { phases: plans.iter().map(|p| p.report.clone()).collect() }
    }
}

/// Plans all phases from how many unique examples each cell has.
///
/// `synthetic` says how many of a persona's examples were written by a machine: upsampling factors count the others.
///
/// Each phase draws from all examples: one may come again in a later phase, but never twice in one. The plan follows from the
/// counts alone; the seed decides which examples of a cell are taken.
///
/// # Errors
/// The configuration has no total, a cell shows a trait that is not required, there are no examples, or no phase has any of
/// them.
pub fn plan(
    config: &Config,
    counts: &BTreeMap<Cell, u64>,
    synthetic: &BTreeMap<String, u64>,
) -> Result<Vec<PhasePlan>> {
    let supply = Supply::new(counts, config.trait_requirements.len(), synthetic)?;
    if supply.personas().next().is_none() {
        return Err(Error::input("there are no examples to mix").help("tag the data first: data tag"));
    }
    let total = config.total.ok_or_else(|| {
        Error::input("nothing says how many examples the phases have together")
            .key("total")
            .help("write `total: N` into the configuration, or give --total N")
    })?;
    let targets = target_shares(config, &supply);
    let shares: f64 = config.phases.iter().map(|p| p.share).sum();
    let part = |phase: &Phase| Part { share: total as f64 * phase.share / shares, most: total, traits: 0 };
    let parts: Vec<Part> = config.phases.iter().map(part).collect();
    let sizes = round(&parts, total, &mut Drift::none(0));
    let plans: Vec<PhasePlan> = config
        .phases
        .iter()
        .zip(sizes)
        .map(|(phase, wanted)| plan_phase(config, &supply, &targets, phase, wanted))
        .collect();
    if plans.iter().all(|p| p.size == 0) {
        return Err(Error::input("no phase has a single example")
            .expected("examples of personas that the phases name")
            .known("", supply.personas()));
    }
    Ok(plans)
}

fn plan_phase(
    config: &Config,
    supply: &Supply,
    targets: &BTreeMap<String, f64>,
    phase: &Phase,
    wanted: u64,
) -> PhasePlan {
    // By id, so that the order in which a file names its personas changes nothing.
    let claims: BTreeMap<&str, Claim> = phase
        .personas
        .iter()
        .filter_map(|id| {
            let weighted = config.persona_weights.contains_key(id);
            Some((id.as_str(), Claim { share: *targets.get(id)?, weighted, available: supply.of(id) }))
        })
        .collect();
    let ids: Vec<&str> = claims.keys().copied().collect();
    let claims = renormalised(claims.into_values().collect());
    let (size, taken) = whole_counts(&claims, wanted);
    let mut personas: BTreeMap<String, PersonaReport> = BTreeMap::new();
    let due: Vec<Part> =
        claims.iter().map(|c| Part { share: c.share * wanted as f64, most: u64::MAX, traits: 0 }).collect();
    let due = match claims.iter().any(|c| c.share > 0.0) {
        true => round(&due, wanted, &mut Drift::none(0)),
        false => vec![0; claims.len()],
    };
    for (((id, claim), taken), wanted) in ids.iter().zip(&claims).zip(&taken).zip(due) {
        let available = claim.available;
        // At most a hundred times a count: the cast cuts nothing off.
        let grown = supply.grown(id, config.factor(id)).ceil() as u64;
        let synthetic_needed = grown.min(wanted).saturating_sub(available);
        personas
            .insert((*id).to_owned(), PersonaReport { wanted, taken: *taken, available, synthetic_needed });
    }
    let shares = Shares::of(config, supply, ids.iter().copied().zip(taken.iter().copied()));
    let cells = shares.whole_numbers();
    let traits = demand::report(config, &shares, &cells, size);
    let mut report =
        PhaseReport { name: phase.name.clone(), wanted, size, personas, traits, notes: Vec::new() };
    report.notes = note::of(config, phase, &report);
    if !shares.settled() {
        report
            .notes
            .push("the search for the trait shares stopped early: a nearer point may exist".to_owned());
    }
    PhasePlan { name: phase.name.clone(), learning_rate: phase.learning_rate, size, cells, report }
}

/// The size and the persona counts as whole numbers.
fn whole_counts(claims: &[Claim], wanted: u64) -> (u64, Vec<u64>) {
    /// A size this little below a whole number is that number.
    const SLACK: f64 = 1e-6;
    let mut quota = fill(claims, wanted);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is at least 0")]
    let size = ((quota.size + SLACK).floor() as u64).min(wanted);
    if size < wanted {
        quota = fill(claims, size);
    }
    let part = |(claim, &share): (&Claim, &f64)| Part {
        share,
        most: if claim.share > 0.0 { claim.available } else { 0 },
        traits: 0,
    };
    let parts: Vec<Part> = claims.iter().zip(&quota.counts).map(part).collect();
    let taken = round(&parts, size, &mut Drift::none(0));
    (taken.iter().sum(), taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::persona::StyleTrait;

    fn plan(config: &Config, counts: &BTreeMap<Cell, u64>) -> Result<Vec<PhasePlan>> {
        super::plan(config, counts, &BTreeMap::new())
    }

    fn phase(name: &str, personas: &[&str], share: f64) -> Phase {
        let personas = personas.iter().map(|p| (*p).to_owned()).collect();
        Phase { name: name.to_owned(), personas, learning_rate: 1e-5, share }
    }

    fn config(
        total: u64,
        weights: &[(&str, f64)],
        traits: &[(StyleTrait, f64)],
        phases: Vec<Phase>,
    ) -> Config {
        Config {
            total: Some(total),
            seed: 1,
            persona_weights: weights.iter().map(|(p, w)| ((*p).to_owned(), *w)).collect(),
            trait_requirements: traits.to_vec(),
            synthetic_upsampling: BTreeMap::new(),
            adapter_groups: BTreeMap::new(),
            phases,
            training: crate::curriculum::Training::default(),
            named: Vec::new(),
        }
    }

    fn counts(cells: &[(&str, u32, u64)]) -> BTreeMap<Cell, u64> {
        cells.iter().map(|(p, traits, n)| (Cell { persona: (*p).to_owned(), traits: *traits }, *n)).collect()
    }

    #[test]
    fn weights_are_caps_and_floors_and_traits_are_met_within_the_persona_counts() {
        let traits = [(StyleTrait::Formal, 0.5), (StyleTrait::Brief, 0.45)];
        let config = config(100, &[("poet", 0.2)], &traits, vec![phase("all", &["poet", "bard"], 1.0)]);
        let cells = [("poet", 0, 90), ("poet", 1, 10), ("bard", 1, 100), ("bard", 2, 100), ("bard", 3, 40)];
        let plans = plan(&config, &counts(&cells)).unwrap();
        let report = &plans[0].report;
        assert_eq!((report.personas["poet"].taken, report.personas["bard"].taken), (20, 80));
        let shares = ["formal", "brief"].map(|t| report.traits[t].reached_share);
        assert!(report.traits.values().all(|t| t.feasible) && report.notes.is_empty(), "{report:?}");
        assert!((shares[0] - 0.5).abs() <= 0.011 && (shares[1] - 0.45).abs() <= 0.011, "{shares:?}");
    }

    #[test]
    fn what_cannot_be_met_is_reported_with_the_nearest_point_and_who_binds() {
        let traits = [(StyleTrait::Formal, 0.5), (StyleTrait::Brief, 0.1)];
        let config = config(100, &[("poet", 0.5)], &traits, vec![phase("all", &["bard", "poet"], 1.0)]);
        let cells = [("poet", 0, 90), ("poet", 1, 10), ("bard", 0, 100), ("bard", 3, 100)];
        let report = &plan(&config, &counts(&cells)).unwrap()[0].report;
        // The poet has 10 formal examples; each formal one of the bard is brief too, and 10 brief ones are due.
        let formal = &report.traits["formal"];
        assert_eq!((formal.feasible, &formal.bound_by), (false, &vec!["poet".to_owned()]));
        assert_eq!(formal.possible_shares, (0.0, 0.6));
        assert_eq!(formal.against, ["brief"]);
        assert!(
            report.notes.iter().any(|n| n.contains("`formal`") && n.contains("`poet` has too few")),
            "{report:?}"
        );
    }

    #[test]
    fn a_phase_that_only_a_broken_cap_would_fill_shrinks_and_synthetic_examples_are_asked_for() {
        let mut config =
            config(100, &[("poet", 0.5)], &[], vec![phase("all", &["poet", "bard", "historian"], 1.0)]);
        config.synthetic_upsampling = [("bard".to_owned(), 2.0)].into();
        let plans = plan(&config, &counts(&[("poet", 0, 1000), ("bard", 0, 20)])).unwrap();
        let report = &plans[0].report;
        assert_eq!((report.wanted, report.size), (100, 40));
        let bard = PersonaReport { wanted: 50, taken: 20, available: 20, synthetic_needed: 20 };
        assert_eq!(report.personas["bard"], bard);
        let notes = report.notes.join("\n");
        for wanted in [
            "the phase has 40 of 100",
            "weight of `poet`",
            "`bard` wants 20 synthetic",
            "no examples of `historian`",
        ] {
            assert!(notes.contains(wanted), "{wanted}: {notes}");
        }
    }

    #[test]
    fn synthetic_examples_fill_the_factor_and_do_not_raise_it() {
        let mut config = config(100, &[], &[], vec![phase("all", &["poet", "bard"], 1.0)]);
        config.synthetic_upsampling = [("bard".to_owned(), 2.0)].into();
        let of = |all: u64, synthetic: u64| {
            let synthetic = [("bard".to_owned(), synthetic)].into();
            let plans =
                super::plan(&config, &counts(&[("poet", 0, 60), ("bard", 0, all)]), &synthetic).unwrap();
            let bard = plans[0].report.personas["bard"];
            (bard.wanted, bard.synthetic_needed)
        };
        // Twice 20 of 100, however many of them are there; more than that where more were written.
        assert_eq!([of(20, 0), of(30, 10), of(40, 20)], [(40, 20), (40, 10), (40, 0)]);
        assert_eq!(of(60, 40), (50, 0));
    }

    #[test]
    fn a_weight_without_examples_is_short_and_counts_without_a_use_are_an_error() {
        let config = config(100, &[("poet", 0.5)], &[], vec![phase("all", &["poet", "bard"], 1.0)]);
        let report = &plan(&config, &counts(&[("bard", 0, 200)])).unwrap()[0].report;
        assert_eq!((report.size, report.personas["poet"].taken), (100, 0));
        assert!(report.notes[0].contains("`poet` is short: 0 of the 50"), "{:?}", report.notes);
        assert!(plan(&config, &BTreeMap::new()).unwrap_err().to_string().contains("no examples to mix"));
        let told = plan(&config, &counts(&[("historian", 0, 9)])).unwrap_err().to_string();
        assert!(told.contains("no phase has a single example"), "{told}");
        assert!(plan(&config, &counts(&[("bard", 1, 9)])).is_err());
        let told = plan(&Config { total: None, ..config }, &counts(&[("bard", 0, 9)])).unwrap_err();
        assert!(told.to_string().contains("give --total N"), "{told}");
    }

    #[test]
    fn a_phase_without_examples_or_without_a_share_is_empty_and_says_why() {
        let phases = || vec![phase("a", &["poet"], 0.4), phase("b", &["bard"], 0.6)];
        let told = |weight: f64, cells: &[(&str, u32, u64)]| {
            let plans = plan(&config(10, &[("poet", weight)], &[], phases()), &counts(cells)).unwrap();
            (plans[0].size, plans[1].size, plans[1].report.notes.join("; "))
        };
        let (a, b, notes) = told(0.5, &[("poet", 0, 9)]);
        assert!((a, b) == (4, 0) && notes.contains("no examples"), "{a} {b} {notes}");
        let (a, b, notes) = told(1.0, &[("poet", 0, 9), ("bard", 0, 9)]);
        assert!((a, b) == (4, 0) && notes.contains("have no share"), "{a} {b} {notes}");
    }

    const IDS: [&str; 6] = ["bard", "historian", "poet", "statistician", "supportive", "tarot_reader"];

    fn cells() -> impl Strategy<Value = BTreeMap<Cell, u64>> {
        let cell = (prop::sample::select(&IDS[..]), 0u32..8);
        prop::collection::btree_map(cell, 0u64..5000, 1..40).prop_map(|cells| {
            cells.into_iter().map(|((p, traits), n)| (Cell { persona: p.to_owned(), traits }, n)).collect()
        })
    }

    proptest! {
        #[test]
        fn sums_are_exact_bounds_are_kept_and_the_order_of_personas_changes_nothing(
            counts in cells(),
            total in 1u64..30_000,
            weights in prop::collection::vec(0.0f64..0.33, 3),
            wanted in prop::collection::vec(0.0f64..1.0, 3),
        ) {
            let traits = [StyleTrait::Formal, StyleTrait::Casual, StyleTrait::Brief];
            let traits: Vec<(StyleTrait, f64)> = traits.into_iter().zip(wanted).collect();
            let weights: Vec<(&str, f64)> = IDS.into_iter().zip(weights).collect();
            let mut backwards = IDS;
            backwards.reverse();
            let phases = |ids: &[&str]| vec![phase("few", &ids[..6], 0.3), phase("all", ids, 0.7)];
            let made = plan(&config(total, &weights, &traits, phases(&IDS)), &counts);
            prop_assume!(made.is_ok());
            let made = made.unwrap();
            let again = plan(&config(total, &weights, &traits, phases(&backwards)), &counts).unwrap();
            prop_assert_eq!(&made, &again);
            prop_assert_eq!(made.iter().map(|p| p.report.wanted).sum::<u64>(), total);
            for one in &made {
                prop_assert!(one.size <= one.report.wanted);
                prop_assert_eq!(one.cells.values().sum::<u64>(), one.size);
                prop_assert!(one.cells.iter().all(|(cell, n)| *n <= counts[cell]));
                for (id, persona) in &one.report.personas {
                    let taken: u64 = one.cells.iter().filter(|(c, _)| c.persona == *id).map(|(_, n)| n).sum();
                    prop_assert_eq!(taken, persona.taken);
                }
                let weighted = one.report.personas.iter().filter(|(id, _)| weights.iter().any(|(w, _)| w == id));
                let whole: f64 = target_shares(&config(total, &weights, &traits, phases(&IDS)), &Supply::new(&counts, 3, &BTreeMap::new()).unwrap()).values().sum();
                for (id, persona) in weighted {
                    let weight = weights.iter().find(|(w, _)| w == id).unwrap().1 / whole;
                    prop_assert!(persona.taken as f64 <= weight * one.size as f64 + 1.0, "{} passes its weight", id);
                }
                let rounding = 4.0 * 3.0 / one.size.max(1) as f64;
                for entry in one.report.traits.values().filter(|t| t.feasible) {
                    prop_assert!((entry.reached_share - entry.wanted_share).abs() <= rounding + 1e-6, "{:?}", entry);
                }
            }
        }
    }
}
