//! How far apart personas are: pure functions of vectors, labels and texts.
//!
//! Rows are responses. Vectors enter as [`Points`] (n × d, finite) or [`UnitVectors`] (rows of length 1), labels as
//! [`Labels`]; both are checked once, so the metrics themselves cannot meet a NaN or a lone label. The prompt is
//! the fold of every cross-validation and the unit of every resampling.

mod ablation;
mod agreement;
mod blend_cost;
mod blend_response;
mod calinski_harabasz;
mod confusion;
mod consistency;
mod content;
mod davies_bouldin;
mod energy;
mod fidelity;
mod folds;
mod groups;
mod identification;
mod kmeans;
mod knn;
mod labels;
mod length;
mod likelihood_matrix;
mod midpoint;
mod nearest_centroid;
mod pair;
mod pca;
mod retention;
mod scale;
mod separability;
mod silhouette;
mod superposition;
#[cfg(test)]
mod testing;
mod vectors;

pub use ablation::bare;
pub use agreement::Agreement;
pub use blend_cost::{BlendCost, SweptText};
pub use blend_response::{BlendResponse, FEWEST_SWEPT, SweptAnswers};
pub use calinski_harabasz::calinski_harabasz;
pub use confusion::{Confusion, Mistake};
pub use consistency::{Consistency, consistency};
pub use content::{CONTENT_DIMENSIONS, content_baseline, content_features, content_words};
pub use davies_bouldin::davies_bouldin;
pub use energy::{PairDistance, energy_distance, energy_table};
pub use fidelity::Fidelity;
pub use groups::{GroupFigure, GroupIdentification, group_identification};
pub use identification::{Identification, identification};
pub use kmeans::{Clustering, KMeans};
pub use knn::{KNearest, k_nearest};
pub use labels::Labels;
pub use length::{length_baseline, length_features, without_length};
pub use likelihood_matrix::{
    HeardText, LabelLikelihood, LikelihoodMatrix, Likelihoods, RankAgreement, centroid_cosines,
    rank_agreement,
};
pub use pair::pair_margins;
pub use pca::{Map, principal_components};
pub use retention::{Labelled, Retention};
pub use scale::Scale;
pub use separability::{
    ClusterMetrics, IdentificationSummary, KMeansAgreement, Separability, SeparabilityOptions, separability,
};
pub use silhouette::{silhouette_cosine, silhouette_samples};
pub use superposition::{Superposition, rooted};
pub use vectors::{Points, UnitVectors};
