//! Floor responses do not depend on adapters: they are kept between runs, by the content that made them.

use super::plan::Planned;
use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::generate::Engine;
use crate::response::{Finish, Response, read_journal};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The file that holds exactly these responses.
pub(super) fn path(folder: &Path, planned: &[Planned], engine: &Engine) -> PathBuf {
    let mut hash = Sha256::new();
    for p in planned {
        let line =
            serde_json::to_vec(&p.response(engine, String::new(), 0, Finish::Stop)).unwrap_or_default();
        hash.update(line);
    }
    let name: String = hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect();
    folder.join(format!("{name}.jsonl"))
}

/// The cached responses; none where there is no whole and fitting file.
pub(super) fn read(path: &Path, planned: &[Planned], engine: &Engine) -> Option<Vec<Response>> {
    let lines = read_journal(path).ok()?;
    let fits = lines.len() == planned.len() && planned.iter().zip(&lines).all(|(p, l)| p.made(engine, l));
    fits.then_some(lines)
}

/// Keeps the responses.
pub(super) fn write(path: &Path, responses: &[Response]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).doing("make the cache's folder", folder)?;
    }
    let mut lines = Vec::new();
    for response in responses {
        let line = serde_json::to_vec(response)
            .map_err(|e| Error::cannot_run("a response cannot be written").in_file(path).because(e))?;
        lines.extend(line);
        lines.push(b'\n');
    }
    atomic::write(path, &lines)
}
