//! Checkpoints: everything that a training changes, in one file that is whole or not there.
//!
//! Factors, moments and counts are written as they are in memory. The order of the examples and the masks of dropout follow from
//! seed and step, so there is no other state: a training that goes on from a checkpoint makes the numbers that it would have made.

use super::trainer::{Progress, Trainer};
use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::model::hex;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// Version of the layout.
const VERSION: u32 = 1;
/// The key of the metadata that holds the state.
const STATE: &str = "persona-eval";

#[derive(Serialize, Deserialize)]
struct State {
    version: u32,
    progress: Progress,
    /// What the training was made of; see [`Trainer::restore`].
    made_of: Value,
    /// SHA-256 of the two above and of all tensors, in their order.
    sha256: String,
}

/// The counts and what the training is made of, as the digest takes them.
fn head(progress: &Progress, made_of: &Value) -> String {
    // Both are plain values, which always can be written.
    serde_json::to_string(&(progress, made_of)).unwrap_or_default()
}

/// The factors and moments of one adapter's stack, by name.
fn parts(name: &str) -> [String; 4] {
    ["", ".first", ".second", ".best"].map(|part| format!("{name}{part}"))
}

impl Trainer {
    /// Writes a checkpoint; until it is whole and on the disk, what was at `path` stays. `made_of` says what must be the same
    /// for the training to go on.
    ///
    /// # Errors
    /// The disk is full, or the folder is gone.
    pub fn save(&self, path: &Path, made_of: &Value) -> Result<()> {
        let engine = |e: candle_core::Error| Error::cannot_run("the factors cannot be read").because(e);
        let factors = self.adapters.values().map_err(engine)?;
        let mut tensors: Vec<(String, &[f32])> = Vec::new();
        for (i, name) in self.names.iter().enumerate() {
            let [factor, first, second, best] = parts(name);
            let moments = &self.adam.moments[i];
            tensors.extend([(factor, &factors[i][..]), (first, &moments[0]), (second, &moments[1])]);
            if let Some(kept) = &self.best {
                tensors.push((best, &kept[i]));
            }
        }
        let bytes: Vec<(String, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, values)| (name, values.iter().flat_map(|v| v.to_le_bytes()).collect()))
            .collect();
        let state = State {
            version: VERSION,
            progress: self.progress.clone(),
            made_of: made_of.clone(),
            sha256: digest(
                &head(&self.progress, made_of),
                bytes.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])),
            ),
        };
        let cannot =
            |e: String| Error::cannot_run("the checkpoint cannot be written").in_file(path).because(e);
        let state = serde_json::to_string(&state).map_err(|e| cannot(e.to_string()))?;
        let views: Vec<(&str, TensorView<'_>)> = bytes
            .iter()
            .map(|(name, bytes)| {
                let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes);
                view.map(|view| (name.as_str(), view)).map_err(|e| cannot(e.to_string()))
            })
            .collect::<Result<_>>()?;
        let metadata = HashMap::from([(STATE.to_owned(), state)]);
        let file = serialize(views, Some(metadata)).map_err(|e| cannot(e.to_string()))?;
        atomic::write_durable(path, &file)
    }

    /// Goes on from a checkpoint, if it was made of the same.
    ///
    /// # Errors
    /// The file is damaged, or is of a training that differs in `made_of`: each difference is told.
    pub fn restore(&mut self, path: &Path, made_of: &Value) -> Result<()> {
        let bytes = std::fs::read(path).asked("read the checkpoint", path)?;
        let damaged = |what: String| {
            Error::input("the checkpoint is damaged")
                .in_file(path)
                .because(what)
                .help("begin anew without --resume, into another folder")
        };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
        let text = header.metadata().as_ref().and_then(|m| m.get(STATE));
        let text = text.ok_or_else(|| damaged("it holds no state of a training".to_owned()))?;
        let state: State = serde_json::from_str(text).map_err(|e| damaged(e.to_string()))?;
        if state.version != VERSION {
            return Err(damaged(format!("its layout is version {}, not {VERSION}", state.version)));
        }
        let differences = differences(&state.made_of, made_of);
        if !differences.is_empty() {
            return Err(Error::input("the checkpoint is of another training")
                .in_file(path)
                .because(differences.join("\n  "))
                .help("give the same configuration, data and base, or begin anew into another folder"));
        }
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        let mut read = Vec::new();
        for name in self.names.iter().flat_map(|name| parts(name)) {
            if let Ok(view) = tensors.tensor(&name) {
                read.push((name, view.data()));
            }
        }
        if digest(
            &head(&state.progress, &state.made_of),
            read.iter().map(|(name, bytes)| (name.as_str(), *bytes)),
        ) != state.sha256
        {
            return Err(damaged("its numbers are not those that were written".to_owned()));
        }
        let get = |name: &str, length: usize| -> Result<Vec<f32>> {
            let view = tensors.tensor(name).map_err(|e| damaged(e.to_string()))?;
            let (fours, _) = view.data().as_chunks::<4>();
            if fours.len() != length {
                return Err(damaged(format!("`{name}` has {} numbers, not {length}", fours.len())));
            }
            Ok(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
        };
        let lengths: Vec<usize> = self.adam.moments.iter().map(|m| m[0].len()).collect();
        let all = |part: usize| -> Result<Vec<Vec<f32>>> {
            self.names.iter().zip(&lengths).map(|(name, n)| get(&parts(name)[part], *n)).collect()
        };
        let (factors, first, second) = (all(0)?, all(1)?, all(2)?);
        let kept = self.names.first().is_some_and(|name| tensors.tensor(&parts(name)[3]).is_ok());
        self.best = if kept { Some(all(3)?) } else { None };
        self.adam.moments = first.into_iter().zip(second).map(|(a, b)| [a, b]).collect();
        self.adam.steps.clone_from(&state.progress.steps);
        self.progress = state.progress;
        let engine = |e: candle_core::Error| Error::cannot_run("the factors cannot be set").because(e);
        self.adapters.set(factors).map_err(engine)
    }
}

fn digest<'a>(head: &str, tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    hash.update((head.len() as u64).to_le_bytes());
    hash.update(head);
    for (name, bytes) in tensors {
        hash.update(name);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hex(&hash.finalize())
}

/// The key of what follows from other keys: text, template, tokenizer and order are in it.
pub const TOKENS: &str = "tokens of all examples, in their order";

/// Where two values differ, by their keys; [`TOKENS`] only where nothing else does.
pub fn differences(before: &Value, now: &Value) -> Vec<String> {
    fn walk(key: &str, before: &Value, now: &Value, all: &mut Vec<String>) {
        match (before, now) {
            (Value::Object(a), Value::Object(b)) => {
                let new = b.keys().filter(|k| !a.contains_key(*k));
                for name in a.keys().chain(new) {
                    let below = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                    let get = |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or_default();
                    walk(&below, &get(a), &get(b), all);
                }
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                let both = a.iter().zip(b).enumerate();
                both.for_each(|(i, (a, b))| walk(&format!("{key}.{i}"), a, b, all));
            }
            (a, b) if a != b => all.push(format!("`{key}` was {a}, now {b}")),
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk("", before, now, &mut all);
    if all.len() > 1 {
        all.retain(|told| !told.starts_with(&format!("`{TOKENS}`")));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_named_by_their_keys() {
        let phases = |rate: f64| json!([{ "name": "a", "rate": 1.0 }, { "name": "b", "rate": rate }]);
        let before = json!({ "training": { "rank": 4, "clip": 1.0 }, "phases": phases(2.0), "seed": 7, "gone": 1, "some": [1] });
        let now = json!({ "training": { "rank": 8, "clip": 1.0 }, "phases": phases(3.0), "seed": 7, "new": [1], "some": [1, 2] });
        assert_eq!(
            differences(&before, &now),
            [
                "`training.rank` was 4, now 8",
                "`phases.1.rate` was 2.0, now 3.0",
                "`gone` was 1, now null",
                "`some` was [1], now [1,2]",
                "`new` was null, now [1]",
            ]
        );
        assert!(differences(&now, &now).is_empty());
        let [a, b] = ["a", "b"].map(|hash| json!({ TOKENS: hash }));
        assert_eq!(differences(&a, &b).len(), 1);
        let [a, b] = ["a", "b"].map(|hash| json!({ TOKENS: hash, "data": { "x.jsonl": hash } }));
        assert_eq!(differences(&a, &b), ["`data.x.jsonl` was \"a\", now \"b\""]);
    }
}
