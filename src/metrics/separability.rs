//! Every separability metric of one set of vectors: the JSON of `persona-eval separability`.

use serde::{Deserialize, Serialize};

use super::identification::identify;
use super::nearest_centroid::Rule;
use super::{
    Agreement, Confusion, KMeans, Labels, Points, UnitVectors, calinski_harabasz, davies_bouldin, k_nearest,
    silhouette_cosine,
};
use crate::error::Result;
use crate::stats::Resampling;

/// Settings of [`separability`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeparabilityOptions {
    /// Identify on the vectors as they come (scaled to length 1) instead of centred by prompt.
    pub raw: bool,
    /// Neighbours that vote in k-NN; fewer when there are fewer rows.
    pub neighbours: usize,
    /// Starts of k-means.
    pub restarts: usize,
    /// Permutations, resamples, level, seed.
    pub resampling: Resampling,
}

impl Default for SeparabilityOptions {
    /// Centred vectors, 5 neighbours, 10 starts.
    fn default() -> Self {
        Self { raw: false, neighbours: 5, restarts: 10, resampling: Resampling::default() }
    }
}

/// The separability metrics of n vectors; its JSON keys are an interface (DESIGN.md, "Commands").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Separability {
    /// Number of vectors.
    pub n: usize,
    /// Label names, sorted.
    pub labels: Vec<String>,
    /// Number of prompts by which folds are made and, unless raw was asked for, vectors centred; none where no prompts
    /// are given: topic is then not controlled for.
    pub groups: Option<usize>,
    /// Naming the label by nearest centroid, leave-one-prompt-out, on centred vectors unless raw was asked for.
    pub identification: IdentificationSummary,
    /// Cosine silhouette of the vectors as they come; the three other cluster metrics follow.
    #[serde(flatten)]
    pub clusters: ClusterMetrics,
    /// Share named right by k nearest neighbours, leave-one-prompt-out, on the same vectors as `identification`.
    pub knn_accuracy: f64,
    /// How many neighbours voted.
    pub knn_neighbours: usize,
    /// Counts of true (rows) against predicted (columns) labels, in the order of `labels`.
    pub confusion: Vec<Vec<usize>>,
    /// Cluster metrics of the vectors centred by prompt and renormalised; absent without prompts, and under `raw` when
    /// a vector equals its prompt's mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centred: Option<ClusterMetrics>,
}

/// Headline figure with interval, chance and permutation p.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct IdentificationSummary {
    /// Mean over labels of the share named right, 0..=1.
    pub balanced_accuracy: f64,
    /// Lower end of the interval over prompts.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// 1/labels.
    pub chance: f64,
    /// Permutation p.
    pub p: f64,
}

/// Metrics of the labels as clusters, and of k-means against the labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClusterMetrics {
    /// Mean cosine silhouette, −1..=1, higher is better.
    pub silhouette_cosine: f64,
    /// Davies–Bouldin index, lower is better.
    pub davies_bouldin: f64,
    /// Calinski–Harabasz index, higher is better.
    pub calinski_harabasz: f64,
    /// Agreement of k-means, as many clusters as labels, with the labels.
    pub kmeans: KMeansAgreement,
}

/// Agreement of k-means with the labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KMeansAgreement {
    /// Adjusted Rand index.
    pub ari: f64,
    /// Normalised mutual information.
    pub nmi: f64,
    /// V-measure.
    pub v_measure: f64,
}

impl ClusterMetrics {
    /// The cluster metrics of `points`, n × d, under `labels`.
    ///
    /// # Errors
    /// Row counts that differ, a label for every row, or a zero row.
    pub fn new(points: &Points, labels: &Labels, restarts: usize, resampling: &Resampling) -> Result<Self> {
        let kmeans = KMeans { restarts, ..KMeans::new(labels.count(), resampling.seed("k-means")) };
        let agreement = Agreement::between(labels.index(), &kmeans.fit(points)?.clusters)?;
        Ok(Self {
            silhouette_cosine: silhouette_cosine(points, labels)?,
            davies_bouldin: davies_bouldin(points, labels)?,
            calinski_harabasz: calinski_harabasz(points, labels)?,
            kmeans: KMeansAgreement {
                ari: agreement.ari,
                nmi: agreement.nmi,
                v_measure: agreement.v_measure,
            },
        })
    }
}

/// Every separability metric of `points`, n × d, under `labels`, with folds by `prompts`.
///
/// Without prompts the folds are ten, dealt in turn within each label, the null permutes over all rows, and
/// nothing is centred: topic is then not controlled for.
///
/// # Errors
/// Row counts that differ, a label seen on one prompt only, no prompt with two labels, a label for every row, a
/// zero vector or one equal to its prompt's mean (the row is named), or bad options.
pub fn separability(
    points: &Points,
    labels: &Labels,
    prompts: Option<&Labels>,
    options: &SeparabilityOptions,
) -> Result<Separability> {
    let resampling = &options.resampling;
    labels.check_rows(points.rows(), "vectors")?;
    let centred: Option<UnitVectors> = match prompts.map(|by| points.centred_unit(by)) {
        // Raw identification needs no centring, so vectors that cannot be centred only cost the extra figures.
        Some(Err(_)) if options.raw => None,
        other => other.transpose()?,
    };
    let raw = points.normalised()?;
    let vectors = centred.as_ref().filter(|_| !options.raw).unwrap_or(&raw);
    let found = identify(vectors, labels, prompts, Rule::Cosine, resampling)?;
    let knn = k_nearest(vectors, labels, prompts, options.neighbours)?;
    let Confusion { counts, .. } = found.confusion;
    Ok(Separability {
        n: points.rows(),
        labels: labels.names().to_vec(),
        groups: prompts.map(Labels::count),
        identification: IdentificationSummary {
            balanced_accuracy: found.balanced_accuracy.point,
            low: found.balanced_accuracy.low,
            high: found.balanced_accuracy.high,
            chance: found.chance,
            p: found.p,
        },
        clusters: ClusterMetrics::new(points, labels, options.restarts, resampling)?,
        knn_accuracy: knn.accuracy,
        knn_neighbours: knn.neighbours,
        confusion: counts,
        centred: match &centred {
            Some(unit) => Some(ClusterMetrics::new(unit, labels, options.restarts, resampling)?),
            None => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{crossed, quick};
    use super::*;

    #[test]
    fn the_json_has_the_promised_keys_in_order() {
        let (points, personas, prompts) = crossed(3, 6, 5, 2.0, 13);
        let options = SeparabilityOptions { resampling: quick(), ..SeparabilityOptions::default() };
        let found = separability(&points, &personas, Some(&prompts), &options).expect("crossed");
        let json = serde_json::to_value(&found).expect("plain data");
        let keys: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
        let promised = [
            "n",
            "labels",
            "groups",
            "identification",
            "silhouette_cosine",
            "davies_bouldin",
            "calinski_harabasz",
            "kmeans",
            "knn_accuracy",
            "knn_neighbours",
            "confusion",
            "centred",
        ];
        assert_eq!(keys, promised);
        assert_eq!(json["groups"], 6);
        for key in ["balanced_accuracy", "low", "high", "chance", "p"] {
            assert!(json["identification"][key].is_number(), "{key}");
        }
        assert!(json["kmeans"]["v_measure"].is_number() && json["centred"]["kmeans"]["ari"].is_number());
        assert_eq!(serde_json::from_value::<Separability>(json).expect("the same shape"), found);
    }

    #[test]
    fn centring_shows_voices_that_topic_hides() {
        let (points, personas, prompts) = crossed(4, 8, 6, 1.5, 14);
        let options = SeparabilityOptions { resampling: quick(), ..SeparabilityOptions::default() };
        let centred = separability(&points, &personas, Some(&prompts), &options).expect("crossed");
        let inner = centred.centred.expect("prompts were given");
        assert!(inner.silhouette_cosine > centred.clusters.silhouette_cosine + 0.1);
        let raw = SeparabilityOptions { raw: true, ..options };
        let raw = separability(&points, &personas, Some(&prompts), &raw).expect("crossed");
        assert!(centred.identification.balanced_accuracy > raw.identification.balanced_accuracy);
        let none = separability(&points, &personas, None, &options).expect("rows enough");
        assert!(none.centred.is_none() && none.groups.is_none());
        assert_eq!(serde_json::to_value(&none).expect("plain data")["groups"], serde_json::Value::Null);
    }
}
