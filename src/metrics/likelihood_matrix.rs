//! How much likelier a persona's real text is under its own voice than under others'.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{Labels, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::{Estimate, Resampling, cluster_scores, mean, spearman};

/// Unit of all likelihoods here: natural logarithm, mean over a text's tokens.
const UNIT: &str = "nats/token";

/// One text with its score under its own persona and under others.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardText {
    /// The persona that wrote it, as an index.
    pub persona: usize,
    /// The prompt that it answers, as an index.
    pub prompt: usize,
    /// Mean log-probability a token under its own persona, in nats.
    pub own: f64,
    /// The same under other personas, each by its index.
    pub others: Vec<(usize, f64)>,
}

impl HeardText {
    /// Own score less the mean of the others', in nats a token: what base and topic give to all cancels.
    pub fn margin(&self) -> f64 {
        self.own - mean(&self.others.iter().map(|(_, score)| *score).collect::<Vec<_>>())
    }

    /// Whether it is likeliest under its own persona; a tie is not.
    pub fn own_is_best(&self) -> bool {
        self.others.iter().all(|(_, score)| *score < self.own)
    }

    /// Mean over all personas that scored it.
    fn mean(&self) -> f64 {
        let sum: f64 = self.others.iter().map(|(_, score)| score).sum();
        (self.own + sum) / (1 + self.others.len()) as f64
    }
}

/// Row: whose text; column: under whom. Mean over the row's texts of the score less the text's own mean over all that
/// scored it, nats a token; none where no text of the row was scored under the column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LikelihoodMatrix {
    /// The personas.
    pub labels: Vec<String>,
    /// `cells[row][column]`.
    pub cells: Vec<Vec<Option<f64>>>,
}

/// The texts of one persona, or of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelLikelihood {
    /// The persona's or group's name.
    pub label: String,
    /// How many texts.
    pub texts: usize,
    /// Mean score under the own persona, nats a token, interval over prompts.
    pub own: Estimate,
    /// Mean margin, nats a token, interval over prompts.
    pub margin: Estimate,
    /// Share of the texts that are likeliest under their own persona.
    pub best: f64,
}

/// Everything that texts heard by several personas tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Likelihoods {
    /// Mean score under the own persona.
    pub own: Estimate,
    /// Mean margin.
    pub margin: Estimate,
    /// Share of the texts that are likeliest under their own persona.
    pub best: Estimate,
    /// That share if all that score a text were alike: the mean of 1/(number that scored it).
    pub chance: f64,
    /// By persona, in the order of the labels; those with texts on two prompts or more.
    pub personas: Vec<LabelLikelihood>,
    /// By group, in the order of their first persona; empty where all personas are of one group.
    pub groups: Vec<LabelLikelihood>,
    /// Who hears whom.
    pub matrix: LikelihoodMatrix,
}

impl Likelihoods {
    /// Means over texts with studentized bootstraps over prompts; `groups[i]` is the group of persona `labels[i]`.
    ///
    /// Cost: O(texts · others) and the resamples of two estimates a persona.
    ///
    /// # Errors
    /// A text without others, an index out of range, fewer than two prompts, or bad `resampling`.
    pub fn new(
        labels: &[String],
        groups: &[String],
        texts: &[HeardText],
        resampling: &Resampling,
    ) -> Result<Self> {
        let known = |i: usize| i < labels.len().min(groups.len());
        for text in texts {
            if text.others.is_empty() {
                return Err(Error::input("a text was scored under one persona alone").expected("two or more"));
            }
            if !known(text.persona) || !text.others.iter().all(|(i, _)| known(*i)) {
                return Err(Error::input("a text names a persona that is not there"));
            }
        }
        let all: Vec<&HeardText> = texts.iter().collect();
        let best: Vec<f64> = all.iter().map(|t| f64::from(u8::from(t.own_is_best()))).collect();
        let shares: Vec<f64> = all.iter().map(|t| 1.0 / (1 + t.others.len()) as f64).collect();
        let mut names: Vec<&String> = Vec::new();
        groups.iter().for_each(|g| {
            if !names.contains(&g) {
                names.push(g)
            }
        });
        let of = |label: &String, wanted: &dyn Fn(usize) -> bool| {
            of_label(
                label,
                &all.iter().copied().filter(|t| wanted(t.persona)).collect::<Vec<_>>(),
                resampling,
            )
        };
        let personas = labels.iter().enumerate().map(|(i, label)| of(label, &|p| p == i));
        let grouped = names.iter().filter(|_| names.len() > 1).map(|name| of(name, &|p| groups[p] == **name));
        let bootstrap = resampling.bootstrap("likelihood best").within(0.0, 1.0);
        Ok(Self {
            own: estimate("own", &all, |t| t.own, resampling)?,
            margin: estimate("margin", &all, HeardText::margin, resampling)?,
            best: bootstrap.estimate(&by_prompt(&all, &best)?, "share", true)?,
            chance: mean(&shares),
            personas: personas.filter_map(Result::transpose).collect::<Result<_>>()?,
            groups: grouped.filter_map(Result::transpose).collect::<Result<_>>()?,
            matrix: matrix(labels, texts),
        })
    }
}

/// One score a prompt whose mean is the mean over the texts.
fn by_prompt(texts: &[&HeardText], values: &[f64]) -> Result<Vec<f64>> {
    let mut prompts: Vec<usize> = texts.iter().map(|t| t.prompt).collect();
    prompts.sort_unstable();
    prompts.dedup();
    let places: Vec<usize> = texts.iter().map(|t| prompts.partition_point(|p| *p < t.prompt)).collect();
    cluster_scores(values, &places, prompts.len())
}

fn estimate(
    name: &str,
    texts: &[&HeardText],
    value: impl Fn(&HeardText) -> f64,
    resampling: &Resampling,
) -> Result<Estimate> {
    let values: Vec<f64> = texts.iter().map(|t| value(t)).collect();
    resampling.bootstrap(&format!("likelihood {name}")).estimate(&by_prompt(texts, &values)?, UNIT, true)
}

/// None where the texts answer fewer than two prompts: nothing tells how much they vary.
fn of_label(label: &str, texts: &[&HeardText], resampling: &Resampling) -> Result<Option<LabelLikelihood>> {
    if texts.iter().all(|t| t.prompt == texts[0].prompt) {
        return Ok(None);
    }
    let best = texts.iter().filter(|t| t.own_is_best()).count();
    Ok(Some(LabelLikelihood {
        label: label.to_owned(),
        texts: texts.len(),
        own: estimate(&format!("own {label}"), texts, |t| t.own, resampling)?,
        margin: estimate(&format!("margin {label}"), texts, HeardText::margin, resampling)?,
        best: best as f64 / texts.len() as f64,
    }))
}

/// Means of `value(text, score)` over the texts of each pair that was scored.
fn pairs(texts: &[HeardText], value: impl Fn(&HeardText, f64) -> f64) -> BTreeMap<(usize, usize), f64> {
    let mut sums: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    for text in texts {
        for (listener, score) in text.others.iter().copied().chain([(text.persona, text.own)]) {
            let (sum, count) = sums.entry((text.persona, listener)).or_default();
            *sum += value(text, score);
            *count += 1.0;
        }
    }
    sums.into_iter().map(|(pair, (sum, count))| (pair, sum / count)).collect()
}

fn matrix(labels: &[String], texts: &[HeardText]) -> LikelihoodMatrix {
    let found = pairs(texts, |text, score| score - text.mean());
    let row = |i| (0..labels.len()).map(|j| found.get(&(i, j)).copied()).collect();
    LikelihoodMatrix { labels: labels.to_vec(), cells: (0..labels.len()).map(row).collect() }
}

/// How two instruments rank the same pairs of personas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RankAgreement {
    /// Spearman's ρ; 1 where both find the same pairs near.
    pub spearman: f64,
    /// Ordered pairs of different personas that were scored.
    pub pairs: usize,
}

/// Agreement over the scored pairs (i, j), i ≠ j, of two views: the mean over i's texts of the score under j less the
/// one under i, and `similarity[i][j]` of the two personas. None with fewer than three pairs or where a side is
/// constant.
///
/// # Errors
/// A pair outside `similarity`, or a similarity that is not finite.
pub fn rank_agreement(texts: &[HeardText], similarity: &[Vec<f64>]) -> Result<Option<RankAgreement>> {
    let (mut heard, mut seen) = (Vec::new(), Vec::new());
    for ((i, j), difference) in pairs(texts, |text, score| score - text.own) {
        if i != j {
            let cosine = similarity.get(i).and_then(|row| row.get(j)).copied();
            seen.push(cosine.ok_or_else(|| Error::input(format!("the pair {i}, {j} has no similarity")))?);
            heard.push(difference);
        }
    }
    let constant = |values: &[f64]| values.iter().all(|v| *v == values[0]);
    if heard.len() < 3 || constant(&heard) || constant(&seen) {
        return Ok(None);
    }
    Ok(Some(RankAgreement { spearman: spearman(&heard, &seen)?, pairs: heard.len() }))
}

/// Cosines between the labels' centroids (directions of the sums of their rows), in the order of the label names.
///
/// # Errors
/// Labels that are not one a row.
pub fn centroid_cosines(vectors: &UnitVectors, labels: &Labels) -> Result<Vec<Vec<f64>>> {
    labels.check_rows(vectors.rows(), "vectors")?;
    let centroids = super::fidelity::centroids(vectors, labels);
    let cosine = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(x, y)| x * y).sum();
    Ok(centroids.iter().map(|a| centroids.iter().map(|b| cosine(a, b)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::Points;
    use super::*;
    use crate::stats::Method;
    use ndarray::arr2;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    /// Three personas on two prompts; `b` is near `a`, `c` is far, and `a` hears `b` as itself on the second prompt.
    fn texts() -> Vec<HeardText> {
        let text = |persona, prompt, own, others: [(usize, f64); 2]| HeardText {
            persona,
            prompt,
            own,
            others: others.to_vec(),
        };
        vec![
            text(0, 0, -1.0, [(1, -1.5), (2, -3.0)]),
            text(0, 1, -2.0, [(1, -1.9), (2, -4.1)]),
            text(1, 0, -1.0, [(0, -1.2), (2, -2.8)]),
            text(1, 1, -1.0, [(0, -1.4), (2, -3.2)]),
            text(2, 0, -2.0, [(0, -4.0), (1, -3.0)]),
            text(2, 1, -2.0, [(0, -4.0), (1, -3.0)]),
        ]
    }

    fn measured() -> Likelihoods {
        let (labels, groups) = (names(&["a", "b", "c"]), names(&["g", "g", "h"]));
        Likelihoods::new(&labels, &groups, &texts(), &Resampling::default()).expect("two prompts")
    }

    #[test]
    fn own_margin_and_best_are_means_over_texts_with_intervals_over_prompts() {
        let found = measured();
        assert!((found.own.point + 1.5).abs() < 1e-12, "{:?}", found.own);
        let margins = [1.25, 1.0, 1.0, 1.3, 1.5, 1.5];
        assert!((found.margin.point - mean(&margins)).abs() < 1e-12);
        assert_eq!((found.margin.n, found.margin.unit.as_str()), (2, "nats/token"));
        // Two prompts leave half of the resamples without spread.
        assert_eq!(found.margin.method, Method::Student);
        assert!((found.best.point - 5.0 / 6.0).abs() < 1e-12 && (found.chance - 1.0 / 3.0).abs() < 1e-12);
        let a = &found.personas[0];
        assert_eq!((a.label.as_str(), a.texts, a.best), ("a", 2, 0.5));
        assert!((a.margin.point - 1.125).abs() < 1e-12);
        let groups: Vec<_> = found.groups.iter().map(|g| (g.label.as_str(), g.texts)).collect();
        assert_eq!(groups, [("g", 4), ("h", 2)]);
    }

    #[test]
    fn a_constant_added_to_all_scores_of_a_text_changes_nothing_but_own() {
        let mut shifted = texts();
        for (i, text) in shifted.iter_mut().enumerate() {
            let add = 0.7 * i as f64;
            text.own += add;
            text.others.iter_mut().for_each(|(_, score)| *score += add);
        }
        let labels = names(&["a", "b", "c"]);
        let after =
            Likelihoods::new(&labels, &labels, &shifted, &Resampling::default()).expect("two prompts");
        let before = measured();
        assert!((after.margin.point - before.margin.point).abs() < 1e-12);
        for (a, b) in after.matrix.cells.iter().flatten().zip(before.matrix.cells.iter().flatten()) {
            assert!((a.expect("scored") - b.expect("scored")).abs() < 1e-12);
        }
        assert!(after.own.point > before.own.point + 1.0);
    }

    #[test]
    fn rows_of_the_matrix_are_centred_and_pairs_that_were_not_scored_are_empty() {
        let found = measured().matrix;
        for row in &found.cells {
            assert!(row.iter().map(|c| c.expect("all scored")).sum::<f64>().abs() < 1e-12, "{row:?}");
        }
        let mut few = texts();
        few.iter_mut().for_each(|t| t.others.truncate(1));
        let labels = names(&["a", "b", "c"]);
        let cells = matrix(&labels, &few).cells;
        assert_eq!(cells[0].iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
        // Half of −0.5 and of 0.1, averaged: the text's mean is over those that scored it.
        assert!((cells[0][1].expect("scored") + 0.1).abs() < 1e-12);
    }

    #[test]
    fn pairs_that_both_views_find_near_agree() {
        let near = |ab: f64, ac: f64, bc: f64| vec![vec![1.0, ab, ac], vec![ab, 1.0, bc], vec![ac, bc, 1.0]];
        let same = rank_agreement(&texts(), &near(0.9, 0.1, 0.2)).expect("all pairs").expect("varied");
        assert!(same.pairs == 6 && same.spearman > 0.7, "{same:?}");
        let other = rank_agreement(&texts(), &near(0.1, 0.9, 0.8)).expect("all pairs").expect("varied");
        assert!(other.spearman < -0.7, "{other:?}");
        assert_eq!(rank_agreement(&texts(), &near(0.5, 0.5, 0.5)).expect("all pairs"), None);
        assert!(rank_agreement(&texts(), &[]).is_err());
    }

    #[test]
    fn centroids_of_rows_in_one_direction_have_cosine_one() {
        let rows = Points::new(arr2(&[[1.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, -2.0]])).expect("finite");
        let labels = Labels::new("persona", &["a", "b", "c", "d"]).expect("four");
        let cosines = centroid_cosines(&rows.normalised().expect("directions"), &labels).expect("one a row");
        assert_eq!(cosines[0], [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(cosines[1][3], -1.0);
    }

    #[test]
    fn a_text_without_others_and_unknown_personas_are_refused() {
        let labels = names(&["a", "b", "c"]);
        let new = |texts: &[HeardText]| Likelihoods::new(&labels, &labels, texts, &Resampling::default());
        let mut alone = texts();
        alone[2].others.clear();
        assert!(new(&alone).unwrap_err().to_string().contains("one persona alone"));
        let mut unknown = texts();
        unknown[0].others[0].0 = 3;
        assert!(new(&unknown).is_err());
        assert!(new(&texts()[..1]).is_err(), "one prompt makes no interval");
    }
}
