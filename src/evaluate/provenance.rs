//! What a run was made from, and on what machine.

use super::options::EvaluateOptions;
use super::system::System;
use crate::embed::Embedder;
use crate::error::Result;
use crate::generate::ENGINE_VERSION;
use crate::persona::Registry;
use crate::record::{FileStamp, Machine, Provenance};
use crate::suite::Suite;
use std::path::{Path, PathBuf};

/// Stamps every file that was read, and names the machine.
///
/// # Errors
/// When a file is no longer there.
pub(super) fn provenance(
    suite: &Suite,
    registry: &Registry,
    embedder: &Embedder,
    options: &EvaluateOptions,
    system: System,
) -> Result<Provenance> {
    let embedder_name = options.embedder.as_ref().unwrap_or(&suite.embedder);
    let known = |role: &str, name: &str, sha256: &str| FileStamp {
        role: role.to_owned(),
        name: name.to_owned(),
        sha256: sha256.to_owned(),
    };
    let read = |role: &str, path: &Path| -> Result<FileStamp> {
        let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        Ok(known(role, &name, &crate::model::sha256_file(path)?))
    };
    let all = |role: &str, paths: &[PathBuf]| paths.iter().map(|p| read(role, p)).collect::<Result<Vec<_>>>();
    let mut files = all("suite", &suite.sources)?;
    files.push(known("registry", registry.name(), registry.sha256()));
    files.extend(all("held-out text", &suite.heldout)?);
    files.extend(all("training text", &suite.training)?);
    if let Some(path) = &options.catalog {
        files.push(read("catalogue", path)?);
    }
    if let Some(judge) = &options.judge {
        let rubric = &judge.rubric;
        let name = rubric.path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        files.push(known("judge's rubric", &name, &rubric.sha256));
    }
    files.extend(system.files);
    files.push(known("embedder", embedder_name, embedder.sha256()));
    files.push(known("embedder's tokenizer", embedder_name, embedder.tokenizer_sha256()));
    files.push(known("embedder's configuration", embedder_name, embedder.config_sha256()));
    Ok(Provenance {
        version: ENGINE_VERSION.to_owned(),
        files,
        base: system.base,
        tokenizer: system.tokenizer,
        template: system.template,
        embedder: embedder_name.clone(),
        arithmetic: system.arithmetic,
        device: system.device,
        seed: options.seed,
        adapters: system.adapters,
        machine: Machine::here(),
        sandbox: options.code.protection().cloned(),
    })
}
