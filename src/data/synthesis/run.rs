//! `data synthesise` from beginning to end: read, make ready, write and judge, leave.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::super::query::DataFolder;
use super::super::tag::{Scratch, Tagger};
use super::super::write::{Found, OutFolder, open};
use super::checks::Checks;
use super::demand::Demand;
use super::journal::Journal;
use super::known::Known;
use super::leave::leave;
use super::material::Material;
use super::options::SynthesisOptions;
use super::order::Order;
use super::people::people;
use super::person::Person;
use super::report::{Ended, FromFile, PersonaResult, Synthesised};
use super::speaker::Speaker;
use super::voices::Voices;
use super::work::Work;
use crate::error::{Error, Result};
use crate::model::hex;
use crate::overlap::LEAST;
use crate::overlap::Passage;
use crate::persona::Registry;
use crate::progress::Progress;

/// Writes examples for the personas of a demand, from the prompts of a folder of tagged examples.
///
/// # Errors
/// The folder cannot be read or has nothing to write from, nothing is wanted, the speaker lacks an adapter or fails, the folder to
/// write to holds something else, the disk is full, or the user stops the work. What was judged until then stays, and `resume`
/// goes on behind it.
pub fn synthesise(
    from: &DataFolder,
    demand: &Demand,
    registry: &Registry,
    passages: Vec<Passage>,
    speaker: &dyn Speaker,
    options: &SynthesisOptions,
    progress: &dyn Progress,
) -> Result<Synthesised> {
    from.not_into(&options.out)?;
    let settings = &options.settings;
    if !(LEAST..=1.0).contains(&settings.near) {
        return Err(Error::input(format!("{} is no Jaccard index to tell near-copies by", settings.near))
            .expected(format!("a number from {LEAST} to 1")));
    }
    let stamp = stamp_of(&passages);
    let known = Known::new(settings.near, passages);
    let material = Material::read(from, demand, registry, settings.seed, known, progress)?;
    let tagger = Tagger::built_in(registry)?;
    let voices = Voices::of(&material.answers)?;
    let scratch = Scratch::default();
    let mut checks = Checks { registry, tagger: &tagger, voices, trait_share: settings.trait_share, scratch };
    let people = people(&material, demand, settings, registry, &mut checks, speaker)?;
    let mut fresh = Synthesised {
        version: Synthesised::VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_by: "data synthesise: answers of a model to prompts of real examples".to_owned(),
        speaker: speaker.stamp(),
        settings: settings.clone(),
        format: options.format.id().to_owned(),
        config_sha256: options.config_sha256.clone(),
        registry_sha256: registry.sha256().to_owned(),
        tagger_sha256: tagger.sha256().to_owned(),
        passages: stamp,
        from: from.files.iter().map(|f| FromFile { path: f.name.clone(), bytes: f.bytes }).collect(),
        prompts_left_out: material.left_out,
        personas: results(&people),
        ended: None,
        shards: Vec::new(),
    };
    let used = |name: &String| people.iter().any(|p| p.blend.adapters().any(|adapter| adapter == name));
    fresh.speaker.adapters_sha256.retain(|name, _| used(name));
    let (folder, before) = match begin(options, &fresh)? {
        Begun::Done(finished) => return Ok(*finished),
        Begun::Open(folder, before) => (folder, before),
    };
    let (mut journal, there) = Journal::open(folder.path())?;
    let order = Order::new(people.iter().map(|p| p.prompts.len()).collect(), settings.attempts);
    let mut work = Work {
        checks,
        known: material.known,
        people,
        settings,
        budget: options.budget,
        order,
        judged: Vec::new(),
    };
    work.take_up(there).map_err(|e| e.in_file(folder.path()))?;
    if work.judged.len() as u64 != before.unwrap_or(work.judged.len() as u64) {
        return Err(Error::input("the candidates that were judged before are gone")
            .in_file(folder.path())
            .expected(".judged.jsonl, as it was written")
            .help("write into a new folder"));
    }
    let wanted: u64 = work.people.iter().map(|p| p.plan.wanted).sum();
    progress.start("writing examples", Some(options.budget.examples.unwrap_or(wanted).min(wanted)));
    progress.advance(work.people.iter().map(|p| p.kept).sum());
    let ended = work.run(speaker, options.rows.max(1), &mut journal, progress);
    progress.finish();
    let ended =
        ended.map_err(|e| e.or_help("what was judged stays: go on with the same command and --resume"))?;
    let shards = leave(folder.path(), options.format, settings.seed, &work.people, &work.judged)?;
    let written = Synthesised { personas: results(&work.people), ended: Some(ended), shards, ..fresh };
    folder.finish(&written)?;
    Ok(written)
}

/// The folder to work in, or what lies there finished.
enum Begun {
    /// With the number of candidates that the work which goes on has judged, where that is known.
    Open(OutFolder, Option<u64>),
    Done(Box<Synthesised>),
}

/// Opens the folder. What a budget ended goes on like what was stopped.
fn begin(options: &SynthesisOptions, fresh: &Synthesised) -> Result<Begun> {
    let out = &options.out;
    let found = open::<Synthesised, Synthesised>(out, options.resume, "set of synthetic examples")?;
    match found {
        Found::Nothing(folder) => {
            folder.save(fresh)?;
            Ok(Begun::Open(folder, Some(0)))
        }
        Found::Unfinished(folder, state) => {
            alike(&state, fresh, out)?;
            Ok(Begun::Open(folder, None))
        }
        Found::Finished(finished) => {
            alike(&finished, fresh, out)?;
            finished.shards.iter().try_for_each(|shard| shard.verify(out))?;
            if !matches!(finished.ended, Some(Ended::Examples | Ended::Time)) {
                return Ok(Begun::Done(Box::new(finished)));
            }
            let folder = OutFolder::reopen(out)?;
            folder.save(fresh)?;
            Ok(Begun::Open(folder, Some(finished.sum(|p| p.judged))))
        }
    }
}

/// What was begun must be what would be begun now.
fn alike(found: &Synthesised, fresh: &Synthesised, out: &Path) -> Result<()> {
    if found.begun() == fresh.begun() {
        return Ok(());
    }
    let parts = [
        ("examples", found.from == fresh.from),
        ("base model, adapters or engine", found.speaker == fresh.speaker),
        ("options", found.settings == fresh.settings && found.format == fresh.format),
        ("configuration", found.config_sha256 == fresh.config_sha256),
        ("registry", found.registry_sha256 == fresh.registry_sha256),
        ("suites", found.passages == fresh.passages),
    ];
    let other: Vec<&str> = parts.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    let what = if other.is_empty() { "personas or program".to_owned() } else { other.join("; ") };
    Err(Error::input(format!("the work was begun with other {what}"))
        .in_file(out)
        .help("take them back, or write into a new folder"))
}

fn stamp_of(passages: &[Passage]) -> (u64, String) {
    let mut hash = Sha256::new();
    for passage in passages {
        hash.update((passage.text.len() as u64).to_le_bytes());
        hash.update(passage.text.as_bytes());
    }
    (passages.len() as u64, hex(&hash.finalize()))
}

fn results(people: &[Person<'_>]) -> std::collections::BTreeMap<String, PersonaResult> {
    let result = |person: &Person<'_>| PersonaResult {
        plan: person.plan.clone(),
        judged: person.judged,
        kept: person.kept,
        refused: person.refused.clone(),
    };
    people.iter().map(|p| (p.persona.id.clone(), result(p))).collect()
}
