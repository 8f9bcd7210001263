//! The tagger: the source's persona, then rules, then the classifier.

use super::classifier::Classifier;
use super::features::{Featurizer, Sparse};
use super::input::{Assigned, By, TagInput};
use super::rules::Rules;
use crate::error::Result;
use crate::model::hex;
use crate::persona::Registry;
use sha2::{Digest, Sha256};

/// The classifier that is built in; `data train-tagger suites/data_tagger.toml` makes it.
const BUILT_IN: &[u8] = include_bytes!("model.bin");

/// Gives examples their persona.
#[derive(Debug, Clone)]
pub struct Tagger {
    rules: Rules,
    classifier: Classifier,
    sha256: String,
}

/// What is kept between examples, one a thread.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    featurizer: Featurizer,
    features: Sparse,
}

impl Tagger {
    /// A tagger of these parts.
    pub fn new(rules: Rules, classifier: Classifier) -> Self {
        let mut hash = Sha256::new_with_prefix(classifier.to_bytes());
        hash.update(rules.source());
        Self { rules, classifier, sha256: hex(&hash.finalize()) }
    }

    /// The rules and the classifier that are built in.
    ///
    /// # Errors
    /// The registry is another one and lacks a persona that they name.
    pub fn built_in(registry: &Registry) -> Result<Self> {
        Ok(Self::new(Rules::built_in(registry)?, Classifier::from_bytes(BUILT_IN, registry)?))
    }

    /// Its rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Its classifier.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// The persona of an example: `source`, where its source is for one; else what the first rule says that meets; else what
    /// the classifier says, none where it is not sure enough.
    pub fn persona<'a>(
        &'a self,
        example: &TagInput<'_>,
        source: Option<&'a str>,
        scratch: &mut Scratch,
    ) -> Assigned<'a> {
        if source.is_some() {
            return Assigned { persona: source, confidence: 1.0, by: By::Source };
        }
        let mut found = self.find(example, scratch);
        if found.by == By::Classifier && found.confidence < self.classifier.threshold() {
            found.persona = None;
        }
        found
    }

    /// What the first rule says that meets, else whom the classifier would take, however sure it is.
    pub fn find<'a>(&'a self, example: &TagInput<'_>, scratch: &mut Scratch) -> Assigned<'a> {
        if let Some(rule) = self.rules.first(example).map(|i| &self.rules.list()[i]) {
            return Assigned {
                persona: Some(&rule.persona),
                confidence: rule.confidence() as f32,
                by: By::Rule,
            };
        }
        scratch.featurizer.features(example, &mut scratch.features);
        if scratch.features.is_empty() {
            // Of no text the bias alone would speak, and it can be sure of itself.
            return Assigned { persona: None, confidence: 0.0, by: By::Classifier };
        }
        let guess = self.classifier.guess(&scratch.features);
        Assigned { persona: guess.persona, confidence: guess.confidence, by: By::Classifier }
    }

    /// SHA-256 of the classifier and the rules: what an assignment hangs on.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}
