//! How far apart personas are, and how each one writes: pure functions of vectors, labels and text.
//!
//! Rows are responses. Vectors enter as [`Points`] (n × d, finite) or [`UnitVectors`] (rows of length 1), labels as
//! [`Labels`]; both are checked once, so the metrics themselves cannot meet a NaN or a lone label. The prompt is
//! the fold of every cross-validation and the unit of every resampling.

mod agreement;
mod blend_cost;
mod blend_response;
mod calinski_harabasz;
mod confusion;
mod content;
mod davies_bouldin;
mod energy;
mod fidelity;
mod folds;
mod function_words;
mod groups;
mod identification;
mod kmeans;
mod knn;
mod labels;
mod length;
mod lexicon;
mod likelihood_matrix;
mod midpoint;
mod nearest_centroid;
mod pair;
mod pca;
mod scale;
mod separability;
mod silhouette;
mod style;
mod superposition;
#[cfg(test)]
mod testing;
mod text;
mod traits;
mod vectors;
mod word_lists;

pub use agreement::Agreement;
pub use blend_cost::{BlendCost, SweptText};
pub use blend_response::{BlendResponse, FEWEST_SWEPT, SweptAnswers};
pub use calinski_harabasz::calinski_harabasz;
pub use confusion::{Confusion, Mistake};
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
pub use lexicon::Lexicon;
pub use likelihood_matrix::{
    HeardText, LabelLikelihood, LikelihoodMatrix, Likelihoods, RankAgreement, centroid_cosines,
    rank_agreement,
};
pub use pair::pair_margins;
pub use pca::{Map, principal_components};
pub use scale::Scale;
pub use separability::{
    ClusterMetrics, IdentificationSummary, KMeansAgreement, Separability, SeparabilityOptions, separability,
};
pub use silhouette::{silhouette_cosine, silhouette_samples};
pub use style::{FEATURES, Feature, STYLE_DIMENSIONS, style_matrix, style_vector};
pub use superposition::{Superposition, rooted};
pub use text::Text;
pub use traits::{TRAITS, Trait, trait_hit, trait_score};
pub use vectors::{Points, UnitVectors};
