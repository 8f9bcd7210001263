//! What examples are tagged with.

use std::collections::BTreeSet;

use super::super::tag::Tagger;
use crate::error::Result;
use crate::persona::Registry;

/// A tagger, and the personas that a tag may name.
#[derive(Debug)]
pub struct Tools {
    tagger: Tagger,
    personas: BTreeSet<String>,
    registry_sha256: String,
}

impl Tools {
    /// The built-in tagger, for a registry.
    ///
    /// # Errors
    /// The registry lacks a persona that the tagger names.
    pub fn built_in(registry: &Registry) -> Result<Self> {
        Ok(Self {
            tagger: Tagger::built_in(registry)?,
            personas: registry.ids().map(str::to_owned).collect(),
            registry_sha256: registry.sha256().to_owned(),
        })
    }

    /// The tagger.
    pub fn tagger(&self) -> &Tagger {
        &self.tagger
    }

    /// SHA-256 of the tagger.
    pub fn sha256(&self) -> &str {
        self.tagger.sha256()
    }

    /// SHA-256 of the registry.
    pub fn registry_sha256(&self) -> &str {
        &self.registry_sha256
    }

    /// Both together, as a plan names them.
    pub(in crate::data) fn digest(&self) -> String {
        format!("{}/{}", self.sha256(), self.registry_sha256)
    }

    /// Whether the registry has a persona.
    pub fn knows(&self, id: &str) -> bool {
        self.personas.contains(id)
    }
}

/// By what they are made of.
impl PartialEq for Tools {
    fn eq(&self, other: &Self) -> bool {
        self.sha256() == other.sha256() && self.registry_sha256 == other.registry_sha256
    }
}
