//! What tagging found in all: the manifest of a tagged folder.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Float32Type, UInt32Type};
use datafusion::error::Result;
use serde::{Deserialize, Serialize};

use super::super::write::Shard;
use super::columns::{How, column};

/// Widths of the confidence's histogram: ten.
const BINS: usize = 10;

/// A tagged data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// Version of this file's layout.
    pub version: u32,
    /// Version of the program that tagged.
    pub program: String,
    /// SHA-256 of the classifier.
    pub tagger_sha256: String,
    /// SHA-256 of the persona registry.
    pub registry_sha256: String,
    /// Confidence from which the classifier's persona is taken.
    pub threshold: String,
    /// Whether tags that were there were found anew.
    pub retagged: bool,
    /// How the files are written.
    pub format: String,
    /// What was found, file by file.
    pub files: Vec<TaggedFile>,
    /// The files written, in the same order; none of a file without examples.
    pub shards: Vec<Shard>,
}

/// What was found in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaggedFile {
    /// Its path from the folder that was tagged.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its examples.
    pub examples: u64,
    /// Lines that are no examples.
    pub rejected: u64,
    /// Examples by what gave them their persona: `tag`, `source`, `rule`, `classifier`, `unassigned`.
    pub by: BTreeMap<String, u64>,
    /// Examples by persona.
    pub personas: BTreeMap<String, u64>,
    /// Examples by trait; one may have several.
    pub traits: BTreeMap<String, u64>,
    /// Examples by what the classifier would take where it is not sure enough.
    pub guesses: BTreeMap<String, u64>,
    /// Examples that the classifier was asked about, by its confidence in tenths.
    pub confidence: Vec<u64>,
    /// Imitated tags that were escaped.
    pub escaped: u64,
    /// Examples whose `_persona` names nobody of the registry, by what it says.
    pub unknown_personas: BTreeMap<String, u64>,
    /// Examples whose tag and `_persona` named different personas.
    pub disagreements: u64,
    /// Keys of lines that no example has, with how many lines have them: they are left out.
    pub left_out: BTreeMap<String, u64>,
}

impl Tagged {
    /// The layout that this program writes.
    pub(super) const VERSION: u32 = 2;

    /// Sums a count over the files.
    pub fn sum(&self, of: impl Fn(&TaggedFile) -> u64) -> u64 {
        self.files.iter().map(of).sum()
    }

    /// Adds a count by name over the files.
    pub fn by_name<'a>(
        &'a self,
        of: impl Fn(&'a TaggedFile) -> &'a BTreeMap<String, u64>,
    ) -> BTreeMap<&'a str, u64> {
        let mut all = BTreeMap::new();
        for (name, count) in self.files.iter().flat_map(of) {
            *all.entry(name.as_str()).or_default() += count;
        }
        all
    }
}

impl TaggedFile {
    /// A file of which nothing was read.
    pub(super) fn new(path: &str, bytes: u64) -> Self {
        Self { path: path.to_owned(), bytes, confidence: vec![0; BINS], ..Self::default() }
    }

    /// Counts the rows of a plan's result.
    pub(super) fn count(&mut self, batch: &RecordBatch) -> Result<()> {
        self.examples += batch.num_rows() as u64;
        for (name, counts) in [
            ("_how", &mut self.by),
            ("_persona", &mut self.personas),
            ("_guess", &mut self.guesses),
            ("_unknown_persona", &mut self.unknown_personas),
        ] {
            let column = column(batch, name)?;
            for value in column.as_string::<i32>().iter().flatten() {
                add(counts, value);
            }
        }
        let traits = column(batch, "_traits")?;
        for name in traits.as_list::<i32>().values().as_string::<i32>().iter().flatten() {
            add(&mut self.traits, name);
        }
        let (how, confidence) = (column(batch, "_how")?, column(batch, "_confidence")?);
        let how = how.as_string::<i32>();
        for (i, confidence) in confidence.as_primitive::<Float32Type>().values().iter().enumerate() {
            if [How::Classifier, How::Nobody].iter().any(|h| h.id() == how.value(i)) {
                // The cast rounds down and keeps within the range.
                let bin = ((confidence * BINS as f32) as usize).min(BINS - 1);
                self.confidence[bin] += 1;
            }
        }
        let escaped = column(batch, "_escaped")?;
        self.escaped +=
            escaped.as_primitive::<UInt32Type>().values().iter().map(|n| u64::from(*n)).sum::<u64>();
        self.disagreements += column(batch, "_disagrees")?.as_boolean().true_count() as u64;
        Ok(())
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => _ = counts.insert(name.to_owned(), 1),
    }
}
