//! Naming a response's group; personas are nested in groups.

use ndarray::{Array2, s};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::folds::Folds;
use super::nearest_centroid::best_of;
use super::{Confusion, Labels, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::{Estimate, Resampling, mean, p_value};

/// Identification of groups, with and without the response's own persona among the teachers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupIdentification {
    /// Group names, sorted.
    pub labels: Vec<String>,
    /// 1/groups.
    pub chance: f64,
    /// Leave-one-prompt-out.
    pub leave_prompt_out: GroupFigure,
    /// The prompt *and* the persona left out: does the group speak in one voice, or only its members in theirs?
    /// `None` when a group has one persona only.
    pub leave_persona_out: Option<GroupFigure>,
}

/// One way of holding rows out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupFigure {
    /// Mean over groups of the share of rows named right; the interval is over prompts, for these personas.
    pub balanced_accuracy: Estimate,
    /// (hits + 1)/(permutations + 1) with group labels permuted over whole personas.
    pub p: f64,
    /// Mean balanced accuracy over the permutations.
    pub shuffled: f64,
    /// One score a prompt whose mean is the balanced accuracy.
    pub prompt_scores: Vec<f64>,
    /// Each row's own-group cosine minus the best other group's.
    pub margins: Vec<f64>,
    /// True against predicted groups.
    pub confusion: Confusion,
}

/// Names every row's group by the nearest group centroid (cosine) of the other prompts.
///
/// `vectors` is n × d, usually centred by prompt. Because personas are nested in groups, rows of one persona are not
/// independent evidence about its group: the null permutes group labels over whole personas and reruns everything.
/// The interval resamples prompts and so speaks of these personas; the p-value speaks of the grouping.
/// Cost: O(n·K·d + G·K²·d) once, then O(n·K + G·K²) a permutation for K personas and G prompts.
///
/// # Errors
/// Row counts that differ, a persona in two groups or on one prompt only, or bad `resampling`.
pub fn group_identification(
    vectors: &UnitVectors,
    personas: &Labels,
    prompts: &Labels,
    groups: &Labels,
    resampling: &Resampling,
) -> Result<GroupIdentification> {
    resampling.check()?;
    personas.check_rows(vectors.rows(), "vectors")?;
    groups.check_rows(vectors.rows(), "vectors")?;
    let folds = Folds::by_prompt(personas, prompts)?;
    let group_of = nesting(personas, groups)?;
    let products = Products::new(vectors, personas, &folds);
    let mut members = vec![0usize; groups.count()];
    group_of.iter().for_each(|&g| members[g] += 1);
    let figure = |leave_persona: bool| -> Result<GroupFigure> {
        let name = if leave_persona { "leave persona out" } else { "group" };
        let null: Vec<f64> = (0..resampling.permutations)
            .into_par_iter()
            .map(|i| {
                let mut permuted = group_of.clone();
                permuted.shuffle(&mut resampling.seed("group permutation").child(&i.to_string()).rng());
                let (predicted, _) = products.classify(&permuted, groups.count(), leave_persona);
                let actual: Vec<usize> = products.personas.iter().map(|&p| permuted[p]).collect();
                let hits: Vec<bool> = predicted.iter().zip(&actual).map(|(a, b)| a == b).collect();
                Folds::balanced_accuracy(&actual, &hits, groups.count())
            })
            .collect();
        let (predicted, margins) = products.classify(&group_of, groups.count(), leave_persona);
        let actual: Vec<usize> = products.personas.iter().map(|&p| group_of[p]).collect();
        let hits: Vec<bool> = predicted.iter().zip(&actual).map(|(a, b)| a == b).collect();
        let prompt_scores = folds.balanced_scores(&actual, &hits, groups.count());
        let bootstrap = resampling.bootstrap(&format!("{name} bootstrap")).within(0.0, 1.0);
        let balanced_accuracy = bootstrap.estimate(&prompt_scores, "share", true)?;
        Ok(GroupFigure {
            p: p_value(balanced_accuracy.point, &null),
            balanced_accuracy,
            shuffled: mean(&null),
            prompt_scores,
            margins: folds.unsorted(&margins),
            confusion: Confusion::new(groups, &folds.unsorted(&predicted))?,
        })
    };
    Ok(GroupIdentification {
        labels: groups.names().to_vec(),
        chance: 1.0 / groups.count() as f64,
        leave_prompt_out: figure(false)?,
        leave_persona_out: if members.iter().all(|&m| m >= 2) { Some(figure(true)?) } else { None },
    })
}

/// Each persona's group.
fn nesting(personas: &Labels, groups: &Labels) -> Result<Vec<usize>> {
    let mut group_of = vec![usize::MAX; personas.count()];
    for (&persona, &group) in personas.index().iter().zip(groups.index()) {
        if group_of[persona] != usize::MAX && group_of[persona] != group {
            let (name, names) = (&personas.names()[persona], groups.names());
            let (one, two) = (&names[group_of[persona]], &names[group]);
            return Err(Error::input(format!("persona `{name}` is in the groups `{one}` and `{two}`"))
                .expected("exactly one group a persona"));
        }
        group_of[persona] = group;
    }
    Ok(group_of)
}

/// Dot products with persona sums outside each row's prompt: all that any grouping of personas needs.
struct Products {
    /// Persona of each row, in fold order.
    personas: Vec<usize>,
    /// Row i · (sum of persona p outside i's prompt): n × K, in fold order.
    with_rows: Array2<f64>,
    /// For each fold, products of those persona sums: K × K.
    among: Vec<Array2<f64>>,
    ranges: Vec<std::ops::Range<usize>>,
}

impl Products {
    fn new(vectors: &UnitVectors, personas: &Labels, folds: &Folds) -> Self {
        let matrix = vectors.view().select(ndarray::Axis(0), &folds.order).mapv(f64::from);
        let sorted = folds.sorted(personas.index());
        let sums = vectors.class_sums(personas);
        let mut with_rows = Array2::zeros((sorted.len(), personas.count()));
        let mut among = Vec::with_capacity(folds.count());
        for range in &folds.ranges {
            let held_out = matrix.slice(s![range.clone(), ..]);
            let mut outside = sums.clone();
            for (row, &persona) in held_out.rows().into_iter().zip(&sorted[range.clone()]) {
                outside.row_mut(persona).zip_mut_with(&row, |s, v| *s -= v);
            }
            with_rows.slice_mut(s![range.clone(), ..]).assign(&held_out.dot(&outside.t()));
            among.push(outside.dot(&outside.t()));
        }
        Self { personas: sorted, with_rows, among, ranges: folds.ranges.clone() }
    }

    /// Predicted group and margin of each row, in fold order, when persona p belongs to `group_of[p]`.
    fn classify(&self, group_of: &[usize], groups: usize, leave_persona: bool) -> (Vec<usize>, Vec<f64>) {
        let (mut predicted, mut margins) = (Vec::new(), Vec::new());
        for (range, among) in self.ranges.iter().zip(&self.among) {
            // persona_group[p, g] = sum of persona p · sum of group g; squares[g] = |sum of group g|².
            let mut persona_group = Array2::<f64>::zeros((group_of.len(), groups));
            for ((p, q), value) in among.indexed_iter() {
                persona_group[[p, group_of[q]]] += value;
            }
            let mut squares = vec![0.0; groups];
            group_of.iter().enumerate().for_each(|(p, &g)| squares[g] += persona_group[[p, g]]);
            for i in range.clone() {
                let (row, persona) = (self.with_rows.row(i), self.personas[i]);
                let own = group_of[persona];
                let mut dots = vec![0.0; groups];
                group_of.iter().zip(row).for_each(|(&g, v)| dots[g] += v);
                let mut lengths = squares.clone();
                if leave_persona {
                    dots[own] -= row[persona];
                    lengths[own] += among[[persona, persona]] - 2.0 * persona_group[[persona, own]];
                }
                let cosine = |g: usize| if lengths[g] > 1e-12 { dots[g] / lengths[g].sqrt() } else { 0.0 };
                let other = (0..groups).filter(|&g| g != own).map(cosine).fold(f64::NEG_INFINITY, f64::max);
                predicted.push(best_of((0..groups).map(cosine)).unwrap_or(0));
                margins.push(cosine(own) - other);
            }
        }
        (predicted, margins)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{crossed, quick};
    use super::*;

    fn grouped(personas: &Labels, group: impl Fn(usize) -> usize) -> Labels {
        let rows: Vec<String> = personas.index().iter().map(|&p| format!("g{}", group(p))).collect();
        Labels::new("group", &rows).expect("two groups")
    }

    #[test]
    fn arbitrary_groups_of_separate_personas_are_not_a_voice() {
        let (points, personas, prompts) = crossed(9, 8, 10, 1.5, 5);
        let unit = points.centred_unit(&prompts).expect("directions");
        let groups = grouped(&personas, |p| p % 3);
        let found = group_identification(&unit, &personas, &prompts, &groups, &quick()).expect("nested");
        let without = found.leave_persona_out.expect("three personas a group");
        // Known personas carry their group's name along, which is why the second figure and this null exist.
        assert!(found.leave_prompt_out.balanced_accuracy.point > 0.6);
        assert!(found.leave_prompt_out.p > 0.02, "{}", found.leave_prompt_out.p);
        assert!(without.balanced_accuracy.point < found.leave_prompt_out.balanced_accuracy.point);
    }

    #[test]
    fn groups_that_share_a_voice_are_named_even_without_the_persona() {
        // Nine "personas" that are three voices, three times each.
        let (points, voices, topics) = crossed(3, 24, 10, 2.0, 6);
        let name = |i: usize| format!("{}-{}", voices.name_of(i), topics.index()[i] % 3);
        let personas: Vec<String> = (0..points.rows()).map(name).collect();
        let prompts: Vec<String> = topics.index().iter().map(|t| format!("q{}", t / 3)).collect();
        let personas = Labels::new("persona", &personas).expect("nine");
        let prompts = Labels::new("prompt", &prompts).expect("eight");
        let groups =
            Labels::new("group", &voices.index().iter().map(|v| format!("v{v}")).collect::<Vec<_>>());
        let unit = points.centred_unit(&topics).expect("directions");
        let found = group_identification(&unit, &personas, &prompts, &groups.expect("three"), &quick());
        let without = found.expect("nested").leave_persona_out.expect("three personas a group");
        assert!(without.balanced_accuracy.point > 0.9 && without.p < 0.05, "{without:?}");
    }

    #[test]
    fn a_persona_in_two_groups_is_an_error() {
        let (points, personas, prompts) = crossed(3, 4, 5, 1.0, 7);
        let rows: Vec<String> = (0..points.rows()).map(|i| format!("g{}", i % 2)).collect();
        let groups = Labels::new("group", &rows).expect("two");
        let unit = points.centred_unit(&prompts).expect("directions");
        let error =
            group_identification(&unit, &personas, &prompts, &groups, &quick()).expect_err("not nested");
        assert!(error.to_string().contains("in the groups"), "{error}");
    }
}
