//! Tagging: which of the registry's personas an example is for, and which traits its answer shows.
//!
//! A persona comes from the source of the example; else from a rule, a marker that is near-certain; else from a classifier
//! that learned from labelled texts ([`Tagger`]). Below a confidence the example is unassigned. What matters is how the
//! classifier fares on *sources* that it has not seen, so [`leave_one_source_out`] leaves each out in turn; rows of one source
//! look alike, and held-out rows would only show that. Nothing here reads or writes shards.

mod classifier;
mod evaluation;
mod features;
mod input;
mod labelled;
mod regression;
mod rule_precision;
mod rules;
mod samples;
mod tagger;
mod temperature;
mod training;
mod traits;

pub use classifier::{CATEGORIES, Classifier, Guess};
pub use evaluation::{Evaluation, Figure, Judged, SourceLine, evaluate};
pub use features::{BUCKETS, FEATURES_VERSION, Featurizer, Sparse};
pub use input::{Assigned, By, TagInput};
pub use labelled::{Labelled, read_rows};
pub use regression::{Case, Fitted, fit};
pub use rule_precision::{RulePrecision, rule_precisions};
pub use rules::{LEAST_PRECISION, Rule, Rules};
pub use samples::{Sample, Samples};
pub use tagger::{Scratch, Tagger};
pub use training::{HeldOut, TrainOptions, judged, leave_one_source_out, samples_of, train};
pub use traits::traits;
