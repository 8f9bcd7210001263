//! What finished work leaves: shards, a line of provenance for every example, and what was refused.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::super::row::{Row, SYNTHETIC};
use super::super::write::{PROVENANCE, REFUSED, Shard, ShardFormat, ShardWriter};
use super::journal::Judged;
use super::order::Place;
use super::person::Person;
use super::reason::Reason;
use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::persona::control_tag;

/// Examples from which a shard is full.
const ROWS_PER_SHARD: usize = 250_000;

/// Where an example comes from.
#[derive(Serialize)]
struct Provenance<'a> {
    shard: &'a str,
    /// From 1.
    row: usize,
    persona: &'a str,
    prompt: &'a str,
    prompt_id: Option<&'a str>,
    /// Source of the prompt.
    source: &'a str,
    attempt: u32,
    seed: u64,
    blend: String,
    temperature: f32,
    category: Option<&'static str>,
    /// The tagger's confidence.
    confidence: f64,
    voice: Option<&'a str>,
    sha256: &'a str,
}

/// A candidate that is not kept.
#[derive(Serialize)]
struct Refused<'a> {
    persona: &'a str,
    prompt: &'a str,
    attempt: u32,
    seed: u64,
    reason: Reason,
    sha256: &'a str,
}

/// The example of a kept candidate.
fn row(person: &Person<'_>, place: Place, judged: &Judged) -> Row {
    let prompt = &person.prompts[place.prompt];
    Row {
        instruction: control_tag(&person.persona.id) + &prompt.text,
        input: prompt.input.clone(),
        output: judged.output.clone().unwrap_or_default(),
        persona: Some(person.persona.id.as_str().into()),
        traits: judged.traits.iter().map(|t| Arc::from(t.as_str())).collect(),
        turns: prompt.turns(),
        prompt_id: prompt.prompt_id.clone(),
        source: format!("{SYNTHETIC}{}", prompt.source).into(),
        licence: Arc::clone(&prompt.licence),
    }
}

/// Writes all that was judged, in its order. Files that lie there from an earlier end are replaced.
pub(super) fn leave(
    folder: &Path,
    format: ShardFormat,
    seed: u64,
    people: &[Person<'_>],
    judged: &[(Place, Judged)],
) -> Result<Vec<Shard>> {
    let mut shards: Vec<Shard> = Vec::new();
    let kept: Vec<&(Place, Judged)> = judged.iter().filter(|(_, j)| j.refused.is_none()).collect();
    let name = |number: usize| format!("synthetic-{number:05}.{}", format.id());
    for part in kept.chunks(ROWS_PER_SHARD) {
        let mut writer = ShardWriter::new(folder, name(shards.len()), format)?;
        for (place, judged) in part {
            writer.add(row(&people[place.person], *place, judged))?;
        }
        shards.push(writer.close()?);
    }
    let shard_of = |number: usize| (name(number / ROWS_PER_SHARD), number % ROWS_PER_SHARD + 1);
    lines(&folder.join(PROVENANCE), kept.iter().enumerate(), |(number, (place, judged))| {
        let (shard, row) = shard_of(number);
        let person = &people[place.person];
        let prompt = &person.prompts[place.prompt];
        json(&Provenance {
            shard: &shard,
            row,
            persona: &judged.persona,
            prompt: &judged.prompt,
            prompt_id: prompt.prompt_id.as_deref(),
            source: &prompt.source,
            attempt: judged.attempt,
            seed: person.seed(seed, *place),
            blend: person.blend.to_string(),
            temperature: person.sampling.temperature,
            category: judged.category.map(|c| c.id()),
            confidence: f64::from(judged.confidence) / 1000.0,
            voice: judged.voice.as_deref(),
            sha256: &judged.sha256,
        })
    })?;
    let refused = judged.iter().filter_map(|(place, judged)| Some((place, judged, judged.refused?)));
    lines(&folder.join(REFUSED), refused, |(place, judged, reason)| {
        json(&Refused {
            persona: &judged.persona,
            prompt: &judged.prompt,
            attempt: judged.attempt,
            seed: people[place.person].seed(seed, *place),
            reason,
            sha256: &judged.sha256,
        })
    })?;
    Ok(shards)
}

fn json(line: &impl Serialize) -> Result<String> {
    serde_json::to_string(line).map_err(|e| Error::cannot_run("a candidate cannot be written").because(e))
}

/// A file with a line for each item.
fn lines<T>(
    path: &Path,
    mut items: impl Iterator<Item = T>,
    line: impl Fn(T) -> Result<String>,
) -> Result<()> {
    atomic::write_with(path, |temporary| {
        let mut file = BufWriter::new(File::create(temporary).doing("open", temporary)?);
        items.try_for_each(|item| writeln!(file, "{}", line(item)?).doing("write", path))?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).doing("write", path)?;
        file.sync_all().doing("write", path)
    })
}
