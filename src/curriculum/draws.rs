//! Which examples a training sees, phase by phase, in which order.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::SliceRandom;

use super::config::Config;
use super::plan::plan;
use super::report::PhaseReport;
use super::supply::Cell;
use crate::error::Result;
use crate::seed::Seed;

/// What a training does in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseDraws {
    /// Its name.
    pub name: String,
    /// The highest learning rate, without the training's factor.
    pub learning_rate: f64,
    /// Places of examples in their list, in the order in which they are seen; one may come several times.
    pub order: Vec<usize>,
    /// What was wanted, and what became of it; an example counts as often as it may come.
    pub report: PhaseReport,
}

/// Draws the examples of all phases; `cells` says what each example is.
///
/// An example comes at most `epochs` times in a phase, times the upsampling factor of its persona: that is all there is to draw
/// from, and [`plan`] shares it out by weights and traits. Where `training.total` is not given, a phase is as large as what there
/// is of its personas. Each example of a cell is seen once before one is seen again, and a phase's personas are spread evenly over it.
///
/// # Errors
/// As [`plan`].
pub fn draws(config: &Config, cells: &[Cell]) -> Result<Vec<PhaseDraws>> {
    let mut members: BTreeMap<&Cell, Vec<usize>> = BTreeMap::new();
    for (i, cell) in cells.iter().enumerate() {
        members.entry(cell).or_default().push(i);
    }
    let mut supply: BTreeMap<Cell, u64> = BTreeMap::new();
    let mut repeated: BTreeMap<String, u64> = BTreeMap::new();
    for (cell, own) in &members {
        let once = own.len() as u64 * u64::from(config.training.epochs);
        // Factors are from 1 to 100.
        let all = (once as f64 * config.factor(&cell.persona)).round() as u64;
        supply.insert((*cell).clone(), all);
        *repeated.entry(cell.persona.clone()).or_default() += all - once;
    }
    let plans = plan(&sized(config, &supply), &supply, &repeated)?;
    let root = Seed(config.seed);
    let drawn = plans.into_iter().map(|plan| {
        let seed = root.child(&format!("phase {}", plan.name));
        let mut places: Vec<(f64, usize)> = Vec::new();
        for (cell, count) in &plan.cells {
            let own = members.get(cell).map_or(&[][..], Vec::as_slice);
            let mut rng = seed.child(&format!("{} {}", cell.persona, cell.traits)).rng();
            places.extend(spread(&rounds(own, *count, &mut rng), &mut rng));
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        PhaseDraws {
            name: plan.name,
            learning_rate: plan.learning_rate,
            order: places.into_iter().map(|(_, i)| i).collect(),
            report: plan.report,
        }
    });
    Ok(drawn.collect())
}

/// The configuration with the size of its phases.
fn sized(config: &Config, supply: &BTreeMap<Cell, u64>) -> Config {
    let mut sized = config.clone();
    if let Some(total) = config.training.total {
        sized.total = Some(total);
        return sized;
    }
    let available = |personas: &[String]| -> u64 {
        let personas: BTreeSet<&str> = personas.iter().map(String::as_str).collect();
        supply.iter().filter(|(cell, _)| personas.contains(cell.persona.as_str())).map(|(_, n)| n).sum()
    };
    let sizes: Vec<u64> = config.phases.iter().map(|phase| available(&phase.personas)).collect();
    // Nothing at all is `plan`'s error to tell.
    let total = sizes.iter().sum::<u64>().max(1);
    sized.total = Some(total);
    for (phase, size) in sized.phases.iter_mut().zip(sizes) {
        phase.share = size as f64 / total as f64;
    }
    sized
}

/// `count` of the examples, all of them once before one comes again, each round in its own order.
fn rounds(own: &[usize], count: u64, rng: &mut impl Rng) -> Vec<usize> {
    let mut all = Vec::new();
    let mut left = usize::try_from(count).unwrap_or(usize::MAX);
    while left > 0 && !own.is_empty() {
        let mut round = own.to_vec();
        round.shuffle(rng);
        round.truncate(left);
        left -= round.len();
        all.append(&mut round);
    }
    all
}

/// Places in 0..1 for examples in their order, one in each of as many equal parts: evenly spread, and not in step with others.
fn spread(order: &[usize], rng: &mut impl Rng) -> Vec<(f64, usize)> {
    let n = order.len() as f64;
    order.iter().enumerate().map(|(rank, i)| ((rank as f64 + rng.random::<f64>()) / n, *i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::Registry;
    use std::path::Path;

    fn config(training: &str) -> Config {
        let text = format!(
            "total: 1000\nseed: 7\npersona_weights: {{ poet: 0.25 }}\nsynthetic_upsampling: {{ historian: 2.0x }}\n\
             phases:\n  - {{ name: first, personas: [poet], learning_rate: 2e-5, share: 0.25 }}\n  \
             - {{ name: second, personas: all, learning_rate: 1e-5, share: 0.75 }}\ntraining:\n  {training}\n"
        );
        Config::parse(Path::new("c.yaml"), &text, &Registry::built_in().unwrap()).unwrap()
    }

    fn cells(counts: &[(&str, usize)]) -> Vec<Cell> {
        let of = |(persona, n): &(&str, usize)| vec![Cell { persona: (*persona).to_owned(), traits: 0 }; *n];
        counts.iter().flat_map(of).collect()
    }

    fn times(order: &[usize], examples: usize) -> Vec<usize> {
        let mut times = vec![0; examples];
        order.iter().for_each(|i| times[*i] += 1);
        times
    }

    #[test]
    fn without_a_total_a_phase_takes_all_examples_of_its_personas_as_often_as_they_may_come() {
        let cells = cells(&[("poet", 10), ("historian", 6), ("economist", 24)]);
        let drawn = draws(&config("epochs: 3"), &cells).unwrap();
        assert_eq!((drawn[0].name.as_str(), drawn[0].learning_rate), ("first", 2e-5));
        assert_eq!(times(&drawn[0].order, 40), [vec![3; 10], vec![0; 30]].concat());
        // The poet's weight is cap and floor, but there are no more than 30 of its examples; the historian comes twice as often.
        assert_eq!(times(&drawn[1].order, 40), [vec![3; 10], vec![6; 6], vec![3; 24]].concat());
    }

    #[test]
    fn a_weight_caps_what_a_persona_gives_and_a_total_what_all_give() {
        let cells = cells(&[("poet", 60), ("economist", 40)]);
        let drawn = draws(&config("epochs: 2"), &cells).unwrap();
        // The economist's 80 are three quarters of 106.
        let times = times(&drawn[1].order, 100);
        let (poet, economist) = (times[..60].iter().sum::<usize>(), times[60..].iter().sum::<usize>());
        assert_eq!((poet, economist), (26, 80));
        assert!(times[..60].iter().all(|n| *n <= 1), "none comes again before all have come");
        let drawn = draws(&config("{ epochs: 2, total: 80 }"), &cells).unwrap();
        assert_eq!(drawn.iter().map(|d| d.order.len()).collect::<Vec<_>>(), [20, 60]);
        assert_eq!(drawn[1].order.iter().filter(|i| **i < 60).count(), 15);
    }

    #[test]
    fn the_seed_decides_the_order_and_every_part_of_a_phase_has_every_persona() {
        let cells = cells(&[("poet", 30), ("historian", 30), ("economist", 60)]);
        let drawn = draws(&config("epochs: 1"), &cells).unwrap();
        assert_eq!(drawn, draws(&config("epochs: 1"), &cells).unwrap());
        let mut other = config("epochs: 1");
        other.seed = 8;
        assert_ne!(drawn, draws(&other, &cells).unwrap());
        let order = &drawn[1].order;
        for part in order.chunks(order.len() / 5) {
            let seen: BTreeSet<&str> = part.iter().map(|i| cells[*i].persona.as_str()).collect();
            assert_eq!(seen.len(), 3, "{part:?}");
        }
    }
}
