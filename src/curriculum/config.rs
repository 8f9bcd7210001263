//! The training configuration: `persona_weights`, `trait_requirements`, `synthetic_upsampling`, adapter groups and phases.

use std::collections::BTreeMap;
use std::path::Path;

use super::phase::{ALL, NEAR, PHASE_KEYS, Phase, known_persona, read_personas, read_phases};
use super::supply::Cell;
use super::training::Training;
use super::tree::{Node, Section};
use crate::document;
use crate::error::{Error, Place, Result};
use crate::persona::{Persona, Registry, StyleTrait};

/// The keys of the file.
const KEYS: [&str; 8] = [
    "total",
    "seed",
    "persona_weights",
    "trait_requirements",
    "synthetic_upsampling",
    "adapter_groups",
    "phases",
    "training",
];
/// Most examples of a mixture; more is a slip of the pen.
const MOST_EXAMPLES: u64 = 1_000_000_000;
/// Largest factor of upsampling, likewise.
const MOST_FACTOR: f64 = 100.0;
/// Endings of files that are taken for a configuration by mistake, and what to give instead.
const OTHERS: [(&[&str], &str); 3] = [
    (
        &["jsonl", "parquet"],
        "`train` learns a folder of examples without a configuration, in one phase: name the folder",
    ),
    (&["csv"], "`data import` makes examples of tables"),
    (&["toml"], "suites and registries are TOML: `run` takes a suite, --registry a registry"),
];
/// Learning rate of a training without a configuration.
const PLAIN_RATE: f64 = 1.5e-3;
/// The seed where none is given.
const DEFAULT_SEED: u64 = 7;

/// What a mixture is made to.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Examples of all phases of a mixture together; a training has a total of its own.
    pub total: Option<u64>,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Share of a persona, as cap and as floor, in 0..=1; their sum is at most 1.
    pub persona_weights: BTreeMap<String, f64>,
    /// Traits and the share of the examples that show each, in the order of the file: the `i`-th is bit `i` of a cell.
    pub trait_requirements: Vec<(StyleTrait, f64)>,
    /// How many times its examples a persona may have with synthetic ones; from 1.
    pub synthetic_upsampling: BTreeMap<String, f64>,
    /// Adapter → personas that train it, for those that the file names.
    pub adapter_groups: BTreeMap<String, Vec<String>>,
    /// The curriculum; one phase at least.
    pub phases: Vec<Phase>,
    /// What a training does with its examples.
    pub training: Training,
    /// Where the file names personas of which there must be examples: persona and place.
    pub named: Vec<(String, Place)>,
}

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// The file cannot be read or is of another kind, a key, a persona or a trait is not known or given twice, a number is out
    /// of range, weights sum to more than 1, or the shares of the phases do not sum to 1: with file, line, key and the known
    /// names.
    pub fn read(path: &Path, registry: &Registry) -> Result<Self> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if let Some((_, help)) =
            OTHERS.iter().find(|(others, _)| path.is_file() && others.contains(&&*ending))
        {
            return Err(Error::input("this is no training configuration")
                .in_file(path)
                .expected("a YAML file, such as suites/persona_training_config.yaml")
                .help(*help));
        }
        Self::parse(path, &document::read_text(path)?, registry)
    }

    /// A configuration given as text; errors name `path`.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(path: &Path, text: &str, registry: &Registry) -> Result<Self> {
        let root = Node::parse(path, text)?;
        let section = root.section(&KEYS)?;
        let phases = section.need("phases", "a list of phases")?;
        Ok(Self {
            total: section.get("total").map(|node| node.whole(1, MOST_EXAMPLES)).transpose()?,
            seed: section.get("seed").map_or(Ok(DEFAULT_SEED), |node| node.whole(0, u64::MAX))?,
            persona_weights: read_weights(&section, registry)?,
            trait_requirements: read_traits(&section)?,
            synthetic_upsampling: read_factors(&section, registry)?,
            adapter_groups: read_groups(&section, registry)?,
            phases: read_phases(phases, registry)?,
            training: match section.get("training") {
                Some(node) => Training::read(node, path.parent().unwrap_or(Path::new("")))?,
                None => Training::default(),
            },
            named: named(&section, phases)?,
        })
    }

    /// One phase of all personas, with the learning rate that suits small adapters: what a folder without a configuration gets.
    pub fn plain(registry: &Registry, training: Training) -> Self {
        let phase = Phase {
            name: ALL.to_owned(),
            personas: registry.ids().map(str::to_owned).collect(),
            learning_rate: PLAIN_RATE,
            share: 1.0,
        };
        Self {
            total: None,
            seed: DEFAULT_SEED,
            persona_weights: BTreeMap::new(),
            trait_requirements: Vec::new(),
            synthetic_upsampling: BTreeMap::new(),
            adapter_groups: BTreeMap::new(),
            phases: vec![phase],
            training,
            named: Vec::new(),
        }
    }

    /// The adapter that a persona trains: its group here, else the one of its category.
    pub fn adapter<'a>(&'a self, persona: &'a Persona) -> &'a str {
        let named = self.adapter_groups.iter().find(|(_, personas)| personas.contains(&persona.id));
        named.map_or(persona.group(), |(name, _)| name)
    }

    /// The cell of an example: its persona, and which of the required traits it shows.
    pub fn cell(&self, persona: &str, traits: &[String]) -> Cell {
        let shown = |(t, _): &(StyleTrait, f64)| traits.iter().any(|shown| shown == t.id());
        let bits = (0..).zip(&self.trait_requirements).filter(|(_, t)| shown(t));
        Cell { persona: persona.to_owned(), traits: bits.fold(0, |all, (bit, _)| all | 1 << bit) }
    }

    /// The upsampling factor of a persona.
    pub fn factor(&self, persona: &str) -> f64 {
        self.synthetic_upsampling.get(persona).copied().unwrap_or(1.0)
    }
}

/// The entries of a table that may be left out.
fn entries<'a>(section: &Section<'a>, key: &str) -> Result<&'a [(String, Node)]> {
    section.get(key).map_or(Ok(&[]), Node::table)
}

/// The personas that weights, factors and phases name, each with its place.
fn named(section: &Section<'_>, phases: &Node) -> Result<Vec<(String, Place)>> {
    let mut all: Vec<(String, Place)> = Vec::new();
    for key in ["persona_weights", "synthetic_upsampling"] {
        all.extend(entries(section, key)?.iter().map(|(id, node)| (id.clone(), node.place())));
    }
    for phase in phases.list()? {
        let personas = phase.section(&PHASE_KEYS)?.need("personas", "a list of personas, or `all`")?;
        if !personas.is_text() {
            for item in personas.list()? {
                all.push((item.text()?.to_owned(), item.place()));
            }
        }
    }
    Ok(all)
}

fn read_weights(section: &Section<'_>, registry: &Registry) -> Result<BTreeMap<String, f64>> {
    let mut weights = BTreeMap::new();
    for (id, node) in entries(section, "persona_weights")? {
        let weight = node.number("a share from 0 to 1", |w| (0.0..=1.0).contains(&w))?;
        weights.insert(known_persona(node, id, registry)?.to_owned(), weight);
    }
    let sum: f64 = weights.values().sum();
    match section.get("persona_weights") {
        Some(node) if sum > 1.0 + NEAR => {
            Err(node.error(format!("the weights sum to {sum:.4}")).expected("1 at most"))
        }
        _ => Ok(weights),
    }
}

fn read_traits(section: &Section<'_>) -> Result<Vec<(StyleTrait, f64)>> {
    let read = |(id, node): &(String, Node)| {
        let known = StyleTrait::ALL.iter().find(|t| t.id() == id).ok_or_else(|| {
            node.error(format!("unknown trait `{id}`"))
                .expected("a trait that the style scorers know")
                .known(id, StyleTrait::ALL.iter().map(|t| t.id()))
        })?;
        Ok((*known, node.number("a share from 0 to 1", |q| (0.0..=1.0).contains(&q))?))
    };
    entries(section, "trait_requirements")?.iter().map(read).collect()
}

fn read_factors(section: &Section<'_>, registry: &Registry) -> Result<BTreeMap<String, f64>> {
    let expected = format!("a factor from 1 to {MOST_FACTOR}, as 2.0x or 2.0");
    let fits = |f: f64| (1.0..=MOST_FACTOR).contains(&f);
    let read = |(id, node): &(String, Node)| {
        let id = known_persona(node, id, registry)?;
        let factor = match node.text().ok().and_then(|text| text.strip_suffix('x')) {
            Some(number) => number
                .trim_end()
                .parse()
                .ok()
                .filter(|f| fits(*f))
                .ok_or_else(|| node.error(format!("`{number}x` is no factor")).expected(&expected))?,
            None => node.number(&expected, fits)?,
        };
        Ok((id.to_owned(), factor))
    };
    entries(section, "synthetic_upsampling")?.iter().map(read).collect()
}

fn read_groups(section: &Section<'_>, registry: &Registry) -> Result<BTreeMap<String, Vec<String>>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, node) in entries(section, "adapter_groups")? {
        if !registry.adapters().contains(name) {
            return Err(node
                .error(format!("unknown adapter group `{name}`"))
                .known(name, registry.adapters()));
        }
        let personas = read_personas(node, registry)?;
        for (other, theirs) in &groups {
            if let Some(twice) = personas.iter().find(|p| theirs.contains(p)) {
                return Err(node
                    .error(format!("`{twice}` trains `{name}` and `{other}`"))
                    .expected("each persona in one group at most"));
            }
        }
        groups.insert(name.clone(), personas);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
total: 1000
seed: 7
persona_weights:
  code_expert: 0.12
  poet: 0.08
trait_requirements:
  formal: 0.15
  brief: 0.35
synthetic_upsampling:
  esoteric_scholar: 2.0x
  tool_orchestrator: 1.5
adapter_groups:
  tech_expert: [code_expert]
  creative: [poet]
phases:
  - name: Foundation
    personas: [code_expert, poet]
    learning_rate: 2e-5
    share: 0.4
  - name: Mixed Fluency
    personas: all
    learning_rate: 5e-6
    share: 0.6
training:
  rank: 8
";

    fn read(text: &str) -> Result<Config> {
        Config::parse(Path::new("c.yaml"), text, &Registry::built_in().unwrap())
    }

    #[test]
    fn a_configuration_is_read_in_the_specifications_own_keys() {
        let config = read(GOOD).unwrap();
        assert_eq!((config.total, config.seed), (Some(1000), 7));
        assert_eq!(config.trait_requirements, [(StyleTrait::Formal, 0.15), (StyleTrait::Brief, 0.35)]);
        assert_eq!((config.factor("esoteric_scholar"), config.factor("tool_orchestrator")), (2.0, 1.5));
        assert_eq!(config.factor("poet"), 1.0);
        assert_eq!(config.phases[1].personas.len(), Registry::built_in().unwrap().personas().len());
        assert_eq!(config.phases[0].learning_rate, 2e-5);
        assert_eq!(config.training, Training { rank: 8, ..Training::default() });
    }

    #[test]
    fn the_shipped_configuration_has_the_four_phases_of_the_specification() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/persona_training_config.yaml");
        let config = Config::read(&path, &Registry::built_in().unwrap()).unwrap();
        let phases: Vec<(&str, f64)> = config.phases.iter().map(|p| (&*p.name, p.learning_rate)).collect();
        assert_eq!(
            phases,
            [
                ("Foundation", 2e-5),
                ("Analytical", 1.5e-5),
                ("Empathic & Creative", 1e-5),
                ("Mixed Fluency", 5e-6)
            ]
        );
        assert_eq!(config.persona_weights["empathetic_counselor"], 0.15);
        assert_eq!(config.trait_requirements.len(), 4);
    }

    #[test]
    fn what_only_a_mixture_needs_may_be_left_out_and_phases_without_shares_are_equal() {
        let short = GOOD.replacen("total: 1000\nseed: 7\n", "", 1);
        let short = short.replacen("    share: 0.4\n", "", 1).replacen("    share: 0.6\n", "", 1);
        let config = read(&short).unwrap();
        assert_eq!((config.total, config.seed), (None, 7));
        assert_eq!(config.phases.iter().map(|p| p.share).collect::<Vec<_>>(), [0.5, 0.5]);
    }

    #[test]
    fn examples_and_suites_are_no_configurations() {
        for (name, wanted) in [("poems.jsonl", "name the folder"), ("all.toml", "takes a suite")] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            let told = Config::read(&path, &Registry::built_in().unwrap()).unwrap_err().to_string();
            assert!(told.contains("no training configuration") && told.contains(wanted), "{told}");
        }
    }

    #[test]
    fn every_mistake_names_its_place_and_the_nearest_name() {
        for (from, to, wanted) in [
            ("total: 1000", "total: 0", "c.yaml:1 `total`|from 1"),
            ("seed: 7", "sed: 7", "c.yaml:2 `sed`|did you mean: seed?"),
            ("seed: 7", "seed: -7", "c.yaml:2 `seed`"),
            ("  poet: 0.08", "  poeet: 0.08", "c.yaml:5 `persona_weights.poeet`|did you mean: poet?"),
            ("poet: 0.08", "poet: 1.08", "c.yaml:5|from 0 to 1"),
            ("poet: 0.08", "poet: .nan", "c.yaml:5|non-finite"),
            ("poet: 0.08", "poet: 0.9", "c.yaml:3 `persona_weights`|sum to 1.0200"),
            ("  poet: 0.08", "  code_expert: 0.08", "c.yaml:5|given twice|line 4"),
            ("formal: 0.15", "fromal: 0.15", "c.yaml:7 `trait_requirements.fromal`|did you mean: formal?"),
            ("formal: 0.15", "formal: lots", "c.yaml:7|this is text"),
            ("2.0x", "0.5x", "c.yaml:10 `synthetic_upsampling.esoteric_scholar`|as 2.0x"),
            ("2.0x", "twice", "c.yaml:10|as 2.0x"),
            ("tech_expert: [", "tech_export: [", "c.yaml:13|did you mean: tech_expert?"),
            ("creative: [poet]", "creative: [code_expert]", "c.yaml:14|`creative` and `tech_expert`"),
            ("[code_expert, poet]", "[]", "c.yaml:17 `phases.0.personas`|the list is empty"),
            ("[code_expert, poet]", "[poet, poet]", "c.yaml:17 `phases.0.personas.1`|given twice"),
            ("[code_expert, poet]", "every", "c.yaml:17|or `all`"),
            ("personas: all", "persona: all", "c.yaml:21 `phases.1.persona`|did you mean: personas?"),
            ("share: 0.6", "share: 0.5", "c.yaml:15 `phases`|sum to 0.9000"),
            ("share: 0.6\n", "\n", "c.yaml:20 `phases.1`|`share` is missing|out of all phases"),
            ("2e-5", "0", "c.yaml:18|above 0"),
            ("Mixed Fluency", "Foundation", "c.yaml:20|given twice"),
            ("rank: 8", "rang: 8", "c.yaml:25 `training.rang`|did you mean: rank?"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let told = read(&GOOD.replacen(from, to, 1)).expect_err(to).to_string();
            for part in wanted.split('|') {
                assert!(told.contains(part), "`{to}` should say `{part}`:\n{told}");
            }
        }
    }
}
