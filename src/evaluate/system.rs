//! The system that answered, as far as it is known.

use super::options::EvaluateOptions;
use super::warnings::caveat;
use crate::error::Result;
use crate::generate::Engine;
use crate::persona::Registry;
use crate::record::{AdapterProof, BatchIdentity, FileStamp, Warning};
use crate::suite::Suite;
use std::collections::BTreeMap;

/// What the record tells of the system whose answers are judged. No figure depends on it.
pub(super) struct System {
    /// Name of the base model.
    pub base: String,
    /// The base model's files, and whatever else made the texts.
    pub files: Vec<FileStamp>,
    /// SHA-256 of the tokenizer.
    pub tokenizer: String,
    /// SHA-256 of the chat template.
    pub template: String,
    /// Arithmetic of the linear modules.
    pub arithmetic: String,
    /// The device.
    pub device: String,
    /// Adapters, each with the proof that it does something.
    pub adapters: Vec<AdapterProof>,
    /// Whether texts depend on the batch.
    pub batch_identity: Option<BatchIdentity>,
    /// What each persona spoke with.
    pub blends: BTreeMap<String, String>,
    /// What this system can and cannot show.
    pub caveat: String,
    /// What was seen of it before it answered.
    pub notes: Vec<Warning>,
}

impl System {
    /// This process's own engine, with what was proven of it.
    ///
    /// # Errors
    /// When a persona of the suite is unknown.
    pub(super) fn of_engine(
        engine: &Engine,
        suite: &Suite,
        registry: &Registry,
        options: &EvaluateOptions,
        adapters: Vec<AdapterProof>,
        batch_identity: Option<BatchIdentity>,
    ) -> Result<Self> {
        let base = options.base.clone().unwrap_or_else(|| suite.base.clone());
        let blend = |id: &String| {
            let persona = registry.persona(id)?;
            Ok((id.clone(), options.blend.as_ref().unwrap_or(&persona.blend).to_string()))
        };
        let sha256 = engine.base().sha256.clone();
        Ok(Self {
            files: vec![FileStamp { role: "base".into(), name: base.clone(), sha256 }],
            base,
            tokenizer: engine.base().tokenizer.sha256().to_owned(),
            template: engine.base().template.sha256().to_owned(),
            arithmetic: engine.arithmetic(),
            device: engine.device_name().to_owned(),
            adapters,
            batch_identity,
            blends: suite.personas.iter().map(blend).collect::<Result<_>>()?,
            caveat: caveat(engine),
            notes: Vec::new(),
        })
    }
}
