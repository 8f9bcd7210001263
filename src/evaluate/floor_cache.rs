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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blend::Blend;
    use crate::evaluate::Arm;
    use crate::model::{Arithmetic, Device};
    use crate::persona::Sampling;

    #[test]
    fn another_way_of_drawing_is_another_file_and_no_answer_of_it_is_taken() {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama");
        let engine = Engine::open(&tiny, &[], Arithmetic::F32, &Device::Cpu).unwrap();
        let planned = |sampling: Sampling| Planned {
            arm: Arm::Floor,
            tag: String::new(),
            persona: "poet".to_owned(),
            prompt_id: "a".to_owned(),
            sample: 0,
            prompt: "Hello".to_owned(),
            blend: Blend::base(),
            sampling,
            seed: 7,
        };
        let good = Sampling { temperature: 0.7, top_p: 0.9, ..Sampling::greedy(8) };
        let folder = tempfile::tempdir().unwrap();
        let own = path(folder.path(), &[planned(good.clone())], &engine);
        let line = planned(good.clone()).response(&engine, "Hi".to_owned(), 1, Finish::Stop);
        write(&own, std::slice::from_ref(&line)).unwrap();
        assert_eq!(read(&own, &[planned(good.clone())], &engine), Some(vec![line]));
        for other in [
            Sampling { temperature: 0.8, ..good.clone() },
            Sampling { top_p: 0.8, ..good.clone() },
            Sampling { top_k: Some(40), ..good.clone() },
            Sampling { repetition_penalty: 1.1, ..good.clone() },
            Sampling { max_tokens: 9, ..good.clone() },
        ] {
            let other = [planned(other)];
            assert_ne!(path(folder.path(), &other, &engine), own, "{other:?}");
            assert_eq!(read(&own, &other, &engine), None, "{other:?}");
        }
    }
}
