//! What a run was made from, and on what machine.

use super::options::EvaluateOptions;
use crate::embed::Embedder;
use crate::error::Result;
use crate::generate::{ENGINE_VERSION, Engine};
use crate::persona::Registry;
use crate::record::{AdapterProof, FileStamp, Machine, Provenance};
use crate::suite::Suite;

/// Stamps every file that was read, and names the machine.
///
/// # Errors
/// When a file is no longer there.
pub(super) fn provenance(
    suite: &Suite,
    registry: &Registry,
    engine: &Engine,
    embedder: &Embedder,
    options: &EvaluateOptions,
    adapters: Vec<AdapterProof>,
) -> Result<Provenance> {
    let mut files = Vec::new();
    let mut stamp = |role: &str, path: &std::path::Path| -> Result<()> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        files.push(FileStamp { role: role.to_owned(), name, sha256: crate::model::sha256_file(path)? });
        Ok(())
    };
    for path in &suite.sources {
        stamp("suite", path)?;
    }
    stamp("registry", registry.path())?;
    for path in &suite.heldout {
        stamp("held-out text", path)?;
    }
    for path in &suite.training {
        stamp("training text", path)?;
    }
    if let Some(path) = &options.catalog {
        stamp("catalogue", path)?;
    }
    let base = options.base.as_ref().unwrap_or(&suite.base);
    let embedder_name = options.embedder.as_ref().unwrap_or(&suite.embedder);
    files.push(FileStamp { role: "base".into(), name: base.clone(), sha256: engine.base().sha256.clone() });
    files.push(FileStamp {
        role: "embedder".into(),
        name: embedder_name.clone(),
        sha256: embedder.sha256().to_owned(),
    });
    files.push(FileStamp {
        role: "embedder's tokenizer".into(),
        name: embedder_name.clone(),
        sha256: embedder.tokenizer_sha256().to_owned(),
    });
    Ok(Provenance {
        version: ENGINE_VERSION.to_owned(),
        files,
        base: base.clone(),
        tokenizer: engine.base().tokenizer.sha256().to_owned(),
        template: engine.base().template.sha256().to_owned(),
        embedder: embedder_name.clone(),
        arithmetic: engine.arithmetic(),
        device: engine.device_name().to_owned(),
        seed: options.seed,
        adapters,
        machine: Machine::here(),
    })
}
