//! How a text is written, whatever it is about: pure functions of the text alone.
//!
//! [`Text`] takes a text apart once. From it come the style vector ([`FEATURES`]), which is an instrument, and the scores of
//! the traits that personas declare ([`TRAITS`]).

mod function_words;
mod lexicon;
mod text;
mod traits;
mod vector;
mod word_lists;

pub use function_words::is_function_word;
pub use lexicon::Lexicon;
pub use text::Text;
pub use traits::{TRAITS, Trait, trait_hit, trait_score};
pub use vector::{FEATURES, Feature, STYLE_DIMENSIONS, style_matrix, style_vector};
