//! What a course is taught from: examples by adapter, persona and cell, and those that are held out.

use super::examples::{Found, Reject, read_folder};
use crate::curriculum::{Cell, Config, Heldout};
use crate::error::{Error, Result};
use crate::model::Message;
use crate::persona::{Persona, Registry};
use crate::seed::Seed;
use crate::suite::normalized;
use crate::train::{DataFile, TextPair};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which adapters are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapters {
    /// One, on all personas.
    Single,
    /// One for each group, on the personas of the group.
    Groups,
}

/// The name of the one adapter of all personas.
const SINGLE: &str = "all_personas";

/// The examples of a course.
#[derive(Debug)]
pub struct Material {
    /// Names of the adapters.
    pub adapters: Vec<String>,
    /// Ids of the personas that have examples, in the registry's order.
    pub personas: Vec<String>,
    /// What is trained on.
    pub training: Vec<TextPair>,
    /// What each of these is.
    pub cells: Vec<Cell>,
    /// The phase that each is for, counted from 0, where the folder is a mixture of `data mix`: its plan is then made already.
    pub mixed: Option<Vec<usize>>,
    /// What is only looked at.
    pub heldout: Vec<TextPair>,
    /// The files of the training examples.
    pub files: Vec<DataFile>,
    /// Those of the held-out ones, where they come from a folder.
    pub heldout_files: Vec<DataFile>,
    /// SHA-256 of the registry: it says who trains which adapter.
    pub registry: String,
    /// Lines that are no examples.
    pub rejects: Vec<Reject>,
}

impl Material {
    /// Reads and splits the examples of a folder.
    ///
    /// # Errors
    /// A folder cannot be read; a persona that a phase or a weight names has no example; a prompt is both trained on and held out.
    pub fn read(config: &Config, folder: &Path, adapters: Adapters, registry: &Registry) -> Result<Self> {
        let (mut found, mut rejects, files) = read_folder(folder)?;
        set_aside_strangers(&mut found, &mut rejects, &files, registry)?;
        check_personas(config, &found, folder)?;
        let (heldout, heldout_files) = match &config.training.heldout {
            Heldout::Nothing => (Vec::new(), Vec::new()),
            Heldout::Folder(path) => {
                let (mut held, mut aside, files) = read_folder(path)?;
                set_aside_strangers(&mut held, &mut aside, &files, registry)?;
                check_disjoint(&found, &files, &held)?;
                rejects.append(&mut aside);
                (held, files)
            }
            Heldout::Share(share) => (split(&mut found, *share, Seed(config.seed))?, Vec::new()),
        };
        let known: BTreeSet<&str> = found.iter().map(|f| f.example.persona.as_str()).collect();
        let personas: Vec<&Persona> =
            registry.personas().iter().filter(|p| known.contains(p.id.as_str())).collect();
        let adapter = |persona: &Persona| match adapters {
            Adapters::Single => SINGLE.to_owned(),
            Adapters::Groups => config.adapter(persona).to_owned(),
        };
        let trained: BTreeSet<String> = personas.iter().map(|p| adapter(p)).collect();
        let names: Vec<String> = match adapters {
            Adapters::Single => vec![SINGLE.to_owned()],
            Adapters::Groups => {
                registry.adapters().iter().filter(|a| trained.contains(*a)).cloned().collect()
            }
        };
        let place: BTreeMap<&str, (usize, usize, &Persona)> = personas
            .iter()
            .enumerate()
            .filter_map(|(i, p)| {
                let own = adapter(p);
                Some((p.id.as_str(), (names.iter().position(|n| *n == own)?, i, *p)))
            })
            .collect();
        let pair = |found: &Found, files: &[DataFile]| {
            let (adapter, persona, entry) = *place.get(found.example.persona.as_str())?;
            let example = &found.example;
            let file = files.get(found.file).map_or("", |f| f.name.as_str());
            Some(TextPair {
                messages: Message::conversation(&entry.tag(), &example.turns, &example.user_text()),
                completion: example.output.clone(),
                adapter,
                persona,
                origin: format!("{file}:{}", found.line),
            })
        };
        let held_from = if heldout_files.is_empty() { &files } else { &heldout_files };
        Ok(Self {
            training: found.iter().filter_map(|f| pair(f, &files)).collect(),
            mixed: mixed(&found, &files, config)?,
            cells: found.iter().map(|f| config.cell(&f.example.persona, &f.example.traits)).collect(),
            heldout: heldout.iter().filter_map(|f| pair(f, held_from)).collect(),
            personas: personas.iter().map(|p| p.id.clone()).collect(),
            adapters: names,
            registry: registry.sha256().to_owned(),
            files,
            heldout_files,
            rejects,
        })
    }
}

/// Examples of personas that the registry does not have are no examples of this course.
fn set_aside_strangers(
    found: &mut Vec<Found>,
    rejects: &mut Vec<Reject>,
    files: &[DataFile],
    registry: &Registry,
) -> Result<()> {
    let (known, strange): (Vec<Found>, Vec<Found>) =
        found.drain(..).partition(|f| registry.get(&f.example.persona).is_some());
    if let Some(first) = strange.first().filter(|_| known.is_empty()) {
        return Err(Error::input(format!("unknown persona `{}`", first.example.persona))
            .expected(format!("examples of the personas in {}", registry.path().display()))
            .known(&first.example.persona, registry.ids()));
    }
    rejects.extend(strange.into_iter().map(|f| Reject {
        file: files.get(f.file).map(|file| file.name.clone()).unwrap_or_default(),
        line: f.line,
        reason: format!("unknown persona `{}`", f.example.persona),
    }));
    *found = known;
    Ok(())
}

/// A persona that the configuration names must have examples.
fn check_personas(config: &Config, found: &[Found], folder: &Path) -> Result<()> {
    let have: BTreeSet<&str> = found.iter().map(|f| f.example.persona.as_str()).collect();
    let named = config
        .phases
        .iter()
        .filter(|phase| phase.named)
        .flat_map(|phase| phase.personas.iter().map(move |p| (p, format!("phases.{}", phase.name))))
        .chain(config.persona_weights.keys().map(|p| (p, format!("persona_weights.{p}"))));
    for (persona, key) in named {
        if !have.contains(persona.as_str()) {
            return Err(Error::input(format!("the persona `{persona}` has no example"))
                .in_file(folder)
                .key(key)
                .known(persona, have)
                .help(format!(
                    "add examples with `_persona` \"{persona}\", write some (`data synthesise --persona {persona}`), or take it out"
                )));
        }
    }
    Ok(())
}

/// The phases of the examples, where each lies in a folder of a phase: `1-Foundation`, as `data mix` names them.
fn mixed(found: &[Found], files: &[DataFile], config: &Config) -> Result<Option<Vec<usize>>> {
    let number = |found: &Found| -> Option<usize> {
        let name = &files.get(found.file)?.name;
        let (folder, _) = name.split_once(['/', '\\'])?;
        folder.split_once('-')?.0.parse().ok().filter(|n| *n > 0)
    };
    let Some(all) = found.iter().map(number).collect::<Option<Vec<usize>>>() else { return Ok(None) };
    match all.iter().max() {
        Some(most) if *most > config.phases.len() => Err(Error::input(format!(
            "the mixture has a phase {most}, the configuration {} phases",
            config.phases.len()
        ))
        .expected("the configuration that the mixture was made with")
        .key("phases")),
        _ => Ok(Some(all.into_iter().map(|n| n - 1).collect())),
    }
}

/// What was asked, in one spelling; with what was said before.
fn question(found: &Found) -> String {
    let before = found.example.turns.iter().map(|t| t.user.as_str());
    let asked = found.example.user_text();
    normalized(&before.chain([asked.as_str()]).collect::<Vec<_>>().join("\n"))
}

fn check_disjoint(found: &[Found], files: &[DataFile], held: &[Found]) -> Result<()> {
    let trained: BTreeMap<String, &Found> = found.iter().map(|f| (question(f), f)).collect();
    for one in held {
        if let Some(twin) = trained.get(&question(one)) {
            let file = files.get(one.file).map(|f| f.name.clone()).unwrap_or_default();
            return Err(Error::input("a held-out prompt is also trained on")
                .key(format!("held-out {file}:{}", one.line))
                .because(format!(
                    "“{}” stands in the training examples, line {}",
                    one.example.user_text(),
                    twin.line
                ))
                .help("take it out of one of them: a loss on known prompts says nothing about new ones"));
        }
    }
    Ok(())
}

/// Takes out a share of the prompts, with all answers to them; which ones hangs on the seed and the words of the prompts.
fn split(found: &mut Vec<Found>, share: f64, seed: Seed) -> Result<Vec<Found>> {
    let prompts: BTreeSet<String> = found.iter().map(question).collect();
    let mut ranked: Vec<(u64, &String)> = prompts.iter().map(|p| (seed.child(p).0, p)).collect();
    ranked.sort_unstable();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
    let count = (share * ranked.len() as f64).round() as usize;
    let out: BTreeSet<&String> = ranked.iter().take(count).map(|(_, p)| *p).collect();
    let (held, kept): (Vec<Found>, Vec<Found>) = found.drain(..).partition(|f| out.contains(&question(f)));
    *found = kept;
    if held.is_empty() || found.is_empty() {
        return Err(Error::input(format!(
            "of {} prompts a share of {share} holds out all or none",
            ranked.len()
        ))
        .key("training.heldout"));
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curriculum::Training;
    use serde_json::json;

    fn write(folder: &Path, rows: &[(&str, &str)]) {
        let line = |(persona, asked): &(&str, &str)| {
            json!({ "instruction": format!("<persona:{persona}>\n{asked}"), "output": "It is so.", "_persona": persona })
                .to_string()
        };
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("a.jsonl"), rows.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    }

    fn plain(heldout: Heldout) -> Config {
        Config::plain(&Registry::built_in().unwrap(), Training { heldout, ..Training::default() })
    }

    fn read(config: &Config, folder: &Path, adapters: Adapters) -> Result<Material> {
        Material::read(config, folder, adapters, &Registry::built_in().unwrap())
    }

    #[test]
    fn earlier_turns_stand_before_the_answer_and_the_tag_before_them() {
        let folder = tempfile::tempdir().unwrap();
        let line = json!({
            "instruction": "<persona:poet>\nAnd the sea?", "input": "", "output": "It breathes.",
            "_persona": "poet", "_traits": [], "turns": [{ "user": "What is rain?", "assistant": "A drum." }],
        });
        std::fs::write(folder.path().join("e.jsonl"), line.to_string()).unwrap();
        let material = read(&plain(Heldout::Nothing), folder.path(), Adapters::Single).unwrap();
        let wanted = [
            Message::user("<persona:poet>\nWhat is rain?"),
            Message::assistant("A drum."),
            Message::user("And the sea?"),
        ];
        assert_eq!(material.training[0].messages, wanted);
        assert_eq!(material.training[0].completion, "It breathes.");
        assert_eq!(material.adapters, ["all_personas"]);
    }

    #[test]
    fn personas_train_the_adapter_of_their_group_unless_the_configuration_has_another() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("poet", "A?"), ("code_expert", "B?"), ("historian", "C?")]);
        let mut config = plain(Heldout::Nothing);
        let material = read(&config, folder.path(), Adapters::Groups).unwrap();
        assert_eq!(material.adapters, ["tech_expert", "analytic", "creative"]);
        config.adapter_groups.insert("creative".into(), vec!["historian".into()]);
        let material = read(&config, folder.path(), Adapters::Groups).unwrap();
        assert_eq!(material.adapters, ["tech_expert", "creative"]);
        let of: Vec<usize> = material.training.iter().map(|t| t.adapter).collect();
        assert_eq!(of, [1, 0, 1]);
    }

    #[test]
    fn the_folders_of_a_mixture_are_its_phases() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = plain(Heldout::Nothing);
        write(&folder.path().join("1-all"), &[("poet", "A?"), ("historian", "B?")]);
        let material = read(&config, folder.path(), Adapters::Single).unwrap();
        assert_eq!(material.mixed, Some(vec![0, 0]));
        write(&folder.path().join("2-more"), &[("poet", "A?")]);
        let told = read(&config, folder.path(), Adapters::Single).unwrap_err().to_string();
        assert!(told.contains("a phase 2, the configuration 1 phases"), "{told}");
        config.phases.push(config.phases[0].clone());
        let material = read(&config, folder.path(), Adapters::Single).unwrap();
        assert_eq!(material.mixed, Some(vec![0, 0, 1]));
        write(folder.path(), &[("poet", "C?")]);
        assert_eq!(read(&config, folder.path(), Adapters::Single).unwrap().mixed, None);
    }

    #[test]
    fn a_held_out_prompt_is_held_out_for_all_personas() {
        let folder = tempfile::tempdir().unwrap();
        let asked: Vec<String> = (0..20).map(|i| format!("Question {i}?")).collect();
        let rows: Vec<(&str, &str)> =
            ["poet", "historian"].iter().flat_map(|p| asked.iter().map(|a| (*p, a.as_str()))).collect();
        write(folder.path(), &rows);
        let material = read(&plain(Heldout::Share(0.2)), folder.path(), Adapters::Single).unwrap();
        assert_eq!((material.training.len(), material.heldout.len()), (32, 8));
        let last =
            |t: &TextPair| t.messages.last().unwrap().content.split('\n').next_back().unwrap().to_owned();
        let trained: BTreeSet<String> = material.training.iter().map(last).collect();
        assert!(material.heldout.iter().all(|t| !trained.contains(&last(t))));
        let told =
            read(&plain(Heldout::Share(0.01)), folder.path(), Adapters::Single).unwrap_err().to_string();
        assert!(told.contains("all or none"), "{told}");
    }

    #[test]
    fn a_prompt_in_both_a_persona_without_examples_and_strangers_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let (train, held) = (folder.path().join("train"), folder.path().join("held"));
        write(&train, &[("poet", "Why?"), ("poet", "How does it rain?"), ("nobody", "Who?")]);
        write(&held, &[("historian", "how DOES it rain")]);
        let told = read(&plain(Heldout::Folder(held)), &train, Adapters::Single).unwrap_err().to_string();
        assert!(told.contains("also trained on") && told.contains("a.jsonl:1"), "{told}");
        let material = read(&plain(Heldout::Nothing), &train, Adapters::Single).unwrap();
        assert_eq!((material.training.len(), material.rejects[0].line), (2, 3));
        let mut config = plain(Heldout::Nothing);
        config.persona_weights.insert("historian".into(), 0.5);
        let told = read(&config, &train, Adapters::Single).unwrap_err().to_string();
        assert!(
            told.contains("`historian` has no example") && told.contains("persona_weights.historian"),
            "{told}"
        );
    }
}
