//! Estimates with uncertainty: intervals, permutation p-values, corrections for many tests.
//!
//! Everything here takes plain numbers and gives plain numbers; no files, no models. Clusters are prompts:
//! answers to one prompt are not independent, so prompts are what is resampled (Miller, arXiv 2411.00640).

mod balanced;
mod bootstrap;
mod calibration_error;
mod distribution;
mod estimate;
mod fdr;
mod holm;
mod icc;
mod permutation;
mod power;
mod proportion;
mod reliability;
mod resampling;
mod roc;
mod spearman;
mod steps;
mod summary;

pub use balanced::balanced_scores;
pub use bootstrap::{Bootstrap, cluster_scores};
pub use calibration_error::CalibrationError;
pub use distribution::{normal_quantile, student_quantile, student_upper_tail};
pub use estimate::{Estimate, Interval, Method};
pub use fdr::benjamini_hochberg;
pub use holm::holm;
pub use icc::{Intraclass, MeanSquares, intraclass};
pub use permutation::{p_value, sign_flip, sign_flip_below};
pub use power::{detectable_by_both, detectable_loss, least_units};
pub use proportion::wilson;
pub use reliability::{ReliabilityBin, calibration_error, reliability};
pub use resampling::Resampling;
pub use roc::roc_auc;
pub use spearman::{ranks, spearman};
pub use steps::{Level, levels};
pub use summary::{mean, quantile, standard_deviation};
