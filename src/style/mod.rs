//! How a text is written, whatever it is about: pure functions of the text alone.
//!
//! [`Text`] takes a text apart once. From it come the style vector ([`FEATURES`]), which is an instrument; the [`Profile`] of
//! indices that are reported and judge nothing ([`INDICES`]); and the scores of the traits that personas declare
//! ([`TRAITS`]).

mod calibration;
mod diversity;
mod features;
mod function_words;
mod indices;
mod json_spans;
mod language;
mod lexicon;
mod markup;
mod profile;
mod readability;
mod repetition;
mod sentiment;
mod syllables;
mod text;
mod threshold;
mod traits;
mod valence;
mod vector;
mod word_lists;

pub use calibration::{LabelledText, TraitCalibration, calibrate_traits};
pub use diversity::{LEAST_WORDS, hd_d, mtld};
pub use features::{FEATURES, Feature, STYLE_DIMENSIONS};
pub use function_words::is_function_word;
pub use indices::{INDEX_COUNT, INDICES, Index};
pub use language::{Language, language};
pub use markup::Markup;
pub use profile::{Profile, profiles};
pub use readability::Counts;
pub use sentiment::{Sentiment, sentiment};
pub use syllables::syllables;
pub use text::Text;
pub use threshold::Parting;
pub use traits::{TRAITS, Trait, trait_hit, trait_score, trait_scores};
pub use vector::{style_matrix, style_vector, vector_of};
