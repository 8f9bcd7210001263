//! Near-duplicates: texts as sets of word triples, found by MinHash and locality-sensitive hashing.
//!
//! The measure is the Jaccard index of two texts' shingles (Broder 1997): how many of the word triples that occur in either
//! occur in both. Pairs worth a look share all MinHash values of a band (Indyk and Motwani 1998; Leskovec, Rajaraman and Ullman,
//! *Mining of Massive Datasets*, ch. 3); what they share is then counted, exactly for answers and questions of up to 64 shingles.
//! Answers are held against each other by themselves too: two short answers to one long text are no copies.

mod bands;
mod index;
mod shingles;
mod sketch;

pub(crate) use bands::{Bands, LEAST};
pub(crate) use index::NearIndex;
pub(crate) use sketch::{Room, Sketch, Sketcher};
