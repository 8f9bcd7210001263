//! The demands for traits in one phase: the cells that meet them jointly, and who keeps one from being met.

use std::collections::BTreeMap;

use super::config::Config;
use super::projection::{MET, Projection, project};
use super::report::TraitReport;
use super::rounding::{Drift, Part, round};
use super::spread::Group;
use super::supply::{Cell, Supply};
use crate::persona::StyleTrait;

/// How the examples of each persona are spread over its cells.
#[derive(Debug)]
pub(super) struct Shares {
    ids: Vec<String>,
    groups: Vec<Group>,
    targets: Vec<f64>,
    whole: f64,
    found: Projection,
}

impl Shares {
    /// Spreads the examples that each persona gives, nearest to its own proportions, so that the demands are met.
    pub fn of<'a>(config: &Config, supply: &Supply, taken: impl Iterator<Item = (&'a str, u64)>) -> Self {
        let (mut ids, mut groups, mut whole) = (Vec::new(), Vec::new(), 0u64);
        for (id, count) in taken {
            if let (Some(kinds), true) = (supply.kinds(id), count > 0) {
                let kinds = kinds.iter().map(|(traits, n)| (*traits, *n as f64)).collect();
                groups.push(Group { count: count as f64, kinds });
                ids.push(id.to_owned());
                whole += count;
            }
        }
        let whole = whole as f64;
        let targets: Vec<f64> = config.trait_requirements.iter().map(|(_, q)| q * whole).collect();
        let found = project(&groups, &targets);
        Self { ids, groups, targets, whole, found }
    }

    /// Whether the search came to its end: to the best point, as far as floating point can tell.
    pub fn settled(&self) -> bool {
        self.found.residue <= MET * self.whole
    }

    /// Whole numbers for the cells, with every persona's sum kept.
    pub fn whole_numbers(&self) -> BTreeMap<Cell, u64> {
        let mut drift = Drift::none(self.targets.len());
        let mut cells = BTreeMap::new();
        for ((id, group), counts) in self.ids.iter().zip(&self.groups).zip(&self.found.counts) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts were whole")]
            let part =
                |(&(traits, most), &share): (&(u32, f64), &f64)| Part { share, most: most as u64, traits };
            let parts: Vec<Part> = group.kinds.iter().zip(counts).map(part).collect();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts were whole")]
            let taken = round(&parts, group.count as u64, &mut drift);
            for ((traits, _), n) in group.kinds.iter().zip(taken).filter(|(_, n)| *n > 0) {
                cells.insert(Cell { persona: id.clone(), traits: *traits }, n);
            }
        }
        cells
    }

    /// By how much a trait misses its demand; above 0 where it is shown too often.
    fn miss(&self, found: &Projection, bit: usize) -> f64 {
        found.reached[bit] - self.targets[bit]
    }

    fn is_met(&self, bit: usize) -> bool {
        self.miss(&self.found, bit).abs() <= MET * self.whole
    }

    /// The least and the most examples of one group that can show a trait.
    fn range(group: &Group, bit: usize) -> (f64, f64) {
        let all: f64 = group.kinds.iter().map(|k| k.1).sum();
        let with: f64 = group.kinds.iter().filter(|k| k.0 >> bit & 1 == 1).map(|k| k.1).sum();
        ((group.count - (all - with)).max(0.0), with.min(group.count))
    }

    /// Personas that are at the end of their range and still on the wrong side of the share.
    fn bound_by(&self, bit: usize) -> Vec<String> {
        let short = self.miss(&self.found, bit) < 0.0;
        let share = self.targets[bit] / self.whole;
        let binds = |(group, counts): (&Group, &Vec<f64>)| {
            let shown: f64 =
                group.kinds.iter().zip(counts).filter(|(k, _)| k.0 >> bit & 1 == 1).map(|(_, n)| n).sum();
            let (least, most) = Self::range(group, bit);
            let (due, hair) = (share * group.count, MET * group.count);
            if short {
                shown >= most - hair && most < due - hair
            } else {
                shown <= least + hair && least > due + hair
            }
        };
        let found = self.ids.iter().zip(self.groups.iter().zip(&self.found.counts));
        found.filter(|(_, pair)| binds(*pair)).map(|(id, _)| id.clone()).collect()
    }

    /// The same problem without the demand for one trait.
    fn without(&self, bit: usize) -> Projection {
        let cleared = |g: &Group| Group {
            count: g.count,
            kinds: g.kinds.iter().map(|(traits, n)| (traits & !(1 << bit), *n)).collect(),
        };
        let mut targets = self.targets.clone();
        targets[bit] = 0.0;
        project(&self.groups.iter().map(cleared).collect::<Vec<_>>(), &targets)
    }
}

/// What became of each demand.
pub(super) fn report(
    config: &Config,
    shares: &Shares,
    cells: &BTreeMap<Cell, u64>,
    size: u64,
) -> BTreeMap<String, TraitReport> {
    let all = 0..config.trait_requirements.len();
    let unmet: Vec<usize> = all.clone().filter(|&bit| !shares.is_met(bit)).collect();
    let without: Vec<Projection> =
        if unmet.is_empty() { Vec::new() } else { all.map(|b| shares.without(b)).collect() };
    let of = |count: f64| if size > 0 { count / size as f64 } else { 0.0 };
    let entry = |(bit, (name, wanted)): (usize, &(StyleTrait, f64))| {
        let shown: u64 = cells.iter().filter(|(cell, _)| cell.traits >> bit & 1 == 1).map(|(_, n)| n).sum();
        let ends = shares.groups.iter().map(|g| Shares::range(g, bit));
        let (least, most) = ends.fold((0.0, 0.0), |sum, end| (sum.0 + end.0, sum.1 + end.1));
        let feasible = !unmet.contains(&bit);
        let missing = shares.miss(&shares.found, bit).abs();
        let helps = |other: &usize| {
            *other != bit && shares.miss(&without[*other], bit).abs() < missing - MET * shares.whole
        };
        let against = (0..without.len()).filter(helps).map(|b| config.trait_requirements[b].0.to_string());
        let report = TraitReport {
            wanted_share: *wanted,
            reached_share: of(shown as f64),
            possible_shares: (of(least), of(most)),
            feasible,
            bound_by: if feasible { Vec::new() } else { shares.bound_by(bit) },
            against: if feasible { Vec::new() } else { against.collect() },
        };
        (name.to_string(), report)
    };
    config.trait_requirements.iter().enumerate().map(entry).collect()
}
