//! What a course is taught from: examples by adapter, persona and cell, and those that are held out.

use super::examples::{Found, MOST_REJECTED, Reject, read_folder, read_folders};
use super::mixture::phases_of;
use crate::curriculum::{Cell, Config, Heldout};
use crate::error::{Error, Result};
use crate::model::Message;
use crate::persona::{Persona, Registry, StyleTrait};
use crate::seed::Seed;
use crate::suite::normalized;
use crate::train::{DataFile, TextPair};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which adapters are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapters {
    /// One, on all personas.
    Single,
    /// One for each group, on the personas of the group.
    Groups,
}

/// Stands before the file of a held-out example: training files often have the same names.
pub(super) const HELD: &str = "held-out ";
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
    /// Held-out examples of personas that nothing trains.
    pub unlearned: Vec<Reject>,
    /// Traits of training examples that the style scorers do not know.
    pub unknown_traits: Vec<String>,
}

impl Material {
    /// Reads and splits the examples of folders.
    ///
    /// # Errors
    /// A folder cannot be read; a persona that a phase or a weight names has no example; a prompt is both trained on and held out.
    pub fn read(
        config: &Config,
        folders: &[PathBuf],
        adapters: Adapters,
        registry: &Registry,
    ) -> Result<Self> {
        let (mut found, mut rejects, mut files) = read_folders(folders)?;
        set_aside_strangers(&mut found, &mut rejects, &mut files, registry)?;
        let (heldout, heldout_files) = match &config.training.heldout {
            Heldout::Nothing => (Vec::new(), Vec::new()),
            Heldout::Folder(path) => {
                let (mut held, mut aside, mut held_files) = read_folder(path)?;
                set_aside_strangers(&mut held, &mut aside, &mut held_files, registry)?;
                check_disjoint((&found, &files), (&held, &held_files))?;
                rejects.extend(aside.into_iter().map(|r| Reject { file: format!("{HELD}{}", r.file), ..r }));
                (held, held_files)
            }
            Heldout::Share(share) => (split(&mut found, *share, Seed(config.seed))?, Vec::new()),
        };
        let mixed = phases_of(&found, &files, folders, config)?;
        if mixed.is_none() {
            // What a mixture lacks, `data mix` has told.
            check_personas(config, &found, folders)?;
        }
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
                file: file.to_owned(),
                line: found.line,
            })
        };
        let held_from = if heldout_files.is_empty() { &files } else { &heldout_files };
        let place_of = |f: &Found| held_from.get(f.file).map_or("", |f| f.name.as_str());
        let unlearned =
            heldout.iter().filter(|f| !known.contains(f.example.persona.as_str())).map(|f| Reject {
                file: format!("{HELD}{}", place_of(f)),
                line: f.line,
                reason: format!("no example trains the persona `{}`", f.example.persona),
            });
        let unlearned = unlearned.collect();
        let traits: BTreeSet<&String> = found.iter().flat_map(|f| &f.example.traits).collect();
        let unknown_traits =
            traits.into_iter().filter(|t| t.parse::<StyleTrait>().is_err()).cloned().collect();
        Ok(Self {
            training: found.iter().filter_map(|f| pair(f, &files)).collect(),
            mixed,
            cells: found.iter().map(|f| config.cell(&f.example.persona, &f.example.traits)).collect(),
            heldout: heldout.iter().filter_map(|f| pair(f, held_from)).collect(),
            personas: personas.iter().map(|p| p.id.clone()).collect(),
            adapters: names,
            registry: registry.sha256().to_owned(),
            files,
            heldout_files,
            rejects,
            unlearned,
            unknown_traits,
        })
    }

    /// All that was set aside.
    pub fn set_aside(&self) -> impl Iterator<Item = &Reject> {
        self.rejects.iter().chain(&self.unlearned)
    }
}

/// Examples of personas that the registry does not have are no examples of this course.
fn set_aside_strangers(
    found: &mut Vec<Found>,
    rejects: &mut Vec<Reject>,
    files: &mut [DataFile],
    registry: &Registry,
) -> Result<()> {
    let (known, strange): (Vec<Found>, Vec<Found>) =
        found.drain(..).partition(|f| registry.get(&f.example.persona).is_some());
    let lines = known.len() + strange.len();
    if strange.len() as f64 > MOST_REJECTED * lines as f64 {
        let mut counts = BTreeMap::<&str, usize>::new();
        for one in &strange {
            *counts.entry(&one.example.persona).or_default() += 1;
        }
        let most = counts.iter().max_by_key(|(_, n)| **n).map_or("", |(persona, _)| *persona);
        return Err(Error::input(format!("unknown persona `{most}`"))
            .because(format!(
                "{} of {lines} examples are of personas that the registry has not",
                strange.len()
            ))
            .expected(format!(
                "examples of the personas in {}; at most a tenth of others",
                registry.path().display()
            ))
            .known(most, registry.ids())
            .help("`--registry` names the registry of your own personas"));
    }
    for one in &strange {
        if let Some(file) = files.get_mut(one.file) {
            file.examples -= 1;
            file.rejects += 1;
        }
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
fn check_personas(config: &Config, found: &[Found], folders: &[PathBuf]) -> Result<()> {
    let have: BTreeSet<&str> = found.iter().map(|f| f.example.persona.as_str()).collect();
    for (persona, place) in &config.named {
        if !have.contains(persona.as_str()) {
            let folder = folders.first().map_or(Path::new(""), PathBuf::as_path);
            return Err(Error::input(format!("the persona `{persona}` has no example"))
                .at_place(place.clone())
                .expected(format!("examples with `_persona` \"{persona}\" in {}", folder.display()))
                .known(persona, have)
                .help(format!(
                    "add some, write some (`data synthesise --persona {persona}`), or take the persona out of the configuration"
                )));
        }
    }
    Ok(())
}

/// What was asked, in one spelling; with what was said before.
fn question(found: &Found) -> String {
    let before = found.example.turns.iter().map(|t| t.user.as_str());
    let asked = found.example.user_text();
    normalized(&before.chain([asked.as_str()]).collect::<Vec<_>>().join("\n"))
}

fn check_disjoint(trained: (&[Found], &[DataFile]), held: (&[Found], &[DataFile])) -> Result<()> {
    let place = |found: &Found, files: &[DataFile]| {
        format!("{}:{}", files.get(found.file).map_or("", |f| f.name.as_str()), found.line)
    };
    let ((found, files), (held, held_files)) = (trained, held);
    let trained: BTreeMap<String, &Found> = found.iter().map(|f| (question(f), f)).collect();
    for one in held {
        if let Some(twin) = trained.get(&question(one)) {
            return Err(Error::input("a held-out prompt is also trained on")
                .key(format!("{HELD}{}", place(one, held_files)))
                .because(format!(
                    "“{}” stands in the training examples too, at {}",
                    one.example.user_text(),
                    place(twin, files)
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
    use crate::error::Place;
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
        Material::read(config, &[folder.to_owned()], adapters, &Registry::built_in().unwrap())
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
        write(&train, &[("poet", "Why?"), ("poet", "How does it rain?")]);
        write(&held, &[("historian", "how DOES it rain")]);
        let told = read(&plain(Heldout::Folder(held)), &train, Adapters::Single).unwrap_err().to_string();
        assert!(told.contains("also trained on") && told.contains("too, at a.jsonl:2"), "{told}");
        write(&train, &[("poet", "Why?"), ("poet", "How does it rain?"), ("nobody", "Who?")]);
        let told = read(&plain(Heldout::Nothing), &train, Adapters::Single).unwrap_err().to_string();
        assert!(told.contains("unknown persona `nobody`") && told.contains("1 of 3"), "{told}");
        let many: Vec<String> = (0..10).map(|i| format!("Why {i}?")).collect();
        let many = many.iter().map(|asked| ("poet", asked.as_str())).chain([("nobody", "Who?")]);
        write(&train, &many.collect::<Vec<_>>());
        let material = read(&plain(Heldout::Nothing), &train, Adapters::Single).unwrap();
        assert_eq!((material.training.len(), material.rejects[0].line), (10, 11));
        assert_eq!((material.files[0].examples, material.files[0].rejects), (10, 1));
        // Held-out answers of a persona that nobody trains are told, not lost.
        let held = folder.path().join("others");
        write(&held, &[("historian", "What was?"), ("poet", "What is?")]);
        let material = read(&plain(Heldout::Folder(held)), &train, Adapters::Single).unwrap();
        assert_eq!((material.heldout.len(), material.unlearned[0].file.as_str()), (1, "held-out a.jsonl"));
        assert_eq!((material.rejects.len(), material.set_aside().count()), (1, 2));
        // A persona that a phase names may not be held out whole.
        write(&train, &[("poet", "A?"), ("historian", "A?"), ("historian", "B?"), ("historian", "C?")]);
        let named = |persona: &str| {
            let place = Place { path: "c.yaml".into(), line: 3, key: format!("persona_weights.{persona}") };
            vec![(persona.to_owned(), place)]
        };
        let mut config = plain(Heldout::Share(0.25));
        config.named = named("poet");
        let told = (0..20)
            .filter_map(|seed| {
                config.seed = seed;
                read(&config, &train, Adapters::Single).err()
            })
            .map(|e| e.to_string())
            .next()
            .expect("some seed holds the only prompt of `poet` out");
        assert!(told.contains("`poet` has no example"), "{told}");
        let mut config = plain(Heldout::Nothing);
        config.named = named("folklorist");
        let told = read(&config, &train, Adapters::Single).unwrap_err().to_string();
        assert!(
            told.contains("`folklorist` has no example")
                && told.contains("c.yaml:3 `persona_weights.folklorist`"),
            "{told}"
        );
    }
}
