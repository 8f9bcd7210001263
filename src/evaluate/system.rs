//! The system that answered, as far as it is known.

use super::options::EvaluateOptions;
use super::plan::Arm;
use super::warnings::caveat;
use crate::error::Result;
use crate::generate::Engine;
use crate::persona::Registry;
use crate::record::{AdapterProof, BatchIdentity, FileStamp, Warning};
use crate::response::Response;
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};

/// What is told where the lines say nothing.
const UNKNOWN: &str = "unknown";
/// Role of the stamp of an adapter that lines name by its hash; nothing was proven of it.
const ADAPTER: &str = "adapter";

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

    /// Whatever wrote the lines of a file, as far as the lines say.
    pub(super) fn of_responses<'a>(
        file: FileStamp,
        responses: impl Iterator<Item = &'a Response> + Clone,
    ) -> Self {
        fn said<'a>(values: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
            values.filter(|v| !v.is_empty()).collect()
        }
        let told = |values: &BTreeSet<&str>| match values.len() {
            0 => UNKNOWN.to_owned(),
            _ => values.iter().copied().collect::<Vec<_>>().join(" | "),
        };
        let models = said(responses.clone().map(|r| r.model.as_str()));
        let engines = said(responses.clone().map(|r| r.engine.as_str()));
        let adapters: BTreeSet<(&str, &str)> = responses
            .clone()
            .flat_map(|r| r.adapters.iter().map(|(name, sha256)| (name.as_str(), sha256.as_str())))
            .collect();
        let stamp = |role: &str, name: &str, sha256: &str| FileStamp {
            role: role.to_owned(),
            name: name.to_owned(),
            sha256: sha256.to_owned(),
        };
        let mut files = vec![file];
        files.extend(models.iter().map(|sha256| stamp("base", UNKNOWN, sha256)));
        files.extend(adapters.iter().map(|(name, sha256)| stamp(ADAPTER, name, sha256)));
        let mut blends: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for r in responses.filter(|r| r.arm == Arm::Trained.id().as_ref()) {
            blends.entry(&r.persona).or_default().extend(said(std::iter::once(r.blend.as_str())));
        }
        let all = told(&engines);
        let (arithmetic, device) = own_engine(&all).unwrap_or((&all, UNKNOWN));
        let (arithmetic, device) = (arithmetic.to_owned(), device.to_owned());
        Self {
            notes: Vec::new(),
            base: match models.is_empty() {
                true => UNKNOWN.to_owned(),
                false => told(&models.iter().map(|sha256| sha256.get(..12).unwrap_or(sha256)).collect()),
            },
            files,
            tokenizer: UNKNOWN.to_owned(),
            template: UNKNOWN.to_owned(),
            arithmetic,
            device,
            adapters: Vec::new(),
            batch_identity: None,
            blends: blends.into_iter().map(|(id, blends)| (id.to_owned(), told(&blends))).collect(),
            caveat:
                "The answers were read from a file: who made them is known only as far as the lines say. \
                     Separability says that voices differ, not that they are good; read some answers below."
                    .to_owned(),
        }
    }

    /// Names and hashes of the adapters, proven or told.
    pub(super) fn adapter_hashes(&self) -> Vec<(&str, &str)> {
        let proven = self.adapters.iter().map(|a| (a.name.as_str(), a.sha256.as_str()));
        let told = self.files.iter().filter(|f| f.role == ADAPTER);
        proven.chain(told.map(|f| (f.name.as_str(), f.sha256.as_str()))).collect()
    }

    /// What a reader must know when the answers are not of one making.
    pub(super) fn mixed(&self) -> Option<Warning> {
        let bases = self.files.iter().filter(|f| f.role == "base").count();
        let engines = self.arithmetic.split(" | ").count();
        let names: BTreeSet<&str> = self.adapter_hashes().into_iter().map(|(name, _)| name).collect();
        let versions = self.adapter_hashes().len() - names.len();
        (bases > 1 || engines > 1 || versions > 0).then(|| Warning {
            what: format!(
                "the lines are not of one making: {bases} base models, {engines} engines, {versions} adapters in more \
                 than one version"
            ),
            help: "figures of a mixture speak of no one system".to_owned(),
        })
    }
}

/// Arithmetic and device of a line that this program's own engine wrote.
fn own_engine(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split("; ");
    let own = parts.next()?.starts_with("persona-eval ");
    parts.next().filter(|_| own && !text.contains(" | "))?.split_once(" on ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn system(lines: &[Value]) -> System {
        let responses: Vec<Response> =
            lines.iter().map(|l| serde_json::from_value(l.clone()).unwrap()).collect();
        let file = FileStamp { role: "answers".into(), name: "a.jsonl".into(), sha256: "0".into() };
        System::of_responses(file, responses.iter())
    }

    #[test]
    fn what_lines_do_not_say_is_unknown_and_what_they_say_is_told_once() {
        let bare = json!({"persona": "poet", "prompt_id": "a", "sample": 0, "text": "t"});
        let silent = system(std::slice::from_ref(&bare));
        assert_eq!((silent.base.as_str(), silent.arithmetic.as_str()), (UNKNOWN, UNKNOWN));
        assert_eq!((silent.files.len(), silent.blends["poet"].as_str()), (1, UNKNOWN));
        assert!(silent.mixed().is_none());
        let with = |model: &str, sha256: &str| {
            let mut line = bare.clone();
            line["model"] = json!(model);
            line["engine"] = json!("e; bf16");
            line["blend"] = json!("creative=1");
            line["adapters"] = json!({"creative": sha256});
            line
        };
        let told = system(&[with("0123456789abcdef", "aa"), with("0123456789abcdef", "aa")]);
        assert_eq!((told.base.as_str(), told.arithmetic.as_str()), ("0123456789ab", "e; bf16"));
        assert_eq!((told.files.len(), told.blends["poet"].as_str()), (3, "creative=1"));
        assert!(told.adapters.is_empty() && told.mixed().is_none(), "nothing was proven");
        let mixed = system(&[with("0123456789abcdef", "aa"), with("f", "bb")]).mixed().unwrap();
        assert!(mixed.what.contains("2 base models, 1 engines, 1 adapters"), "{}", mixed.what);
    }
}
