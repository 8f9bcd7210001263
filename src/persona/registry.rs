//! The registry: all personas, read from one TOML file and checked.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::persona::is_id;
use super::{Category, GROUPS, Nearest, Persona, Sampling, StyleTrait};
use crate::blend::Blend;
use crate::document::{self, Field, Section};
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};

/// The registry that is built in: the project's own `suites/personas.toml`.
const BUILT_IN: &str = include_str!("../../suites/personas.toml");
/// Largest weight of an adapter that a registry may declare; more is a slip of the pen.
const MAX_WEIGHT: f64 = 4.0;

/// All personas, in the order of the file.
///
/// The file holds `[[persona]]` entries with the keys `id`, `category`, `voice`, `traits`, `sampling`,
/// `nearest`, and optionally `tag` (the name in the control tag, where it is not the id), `blend` and `spec`; and, before them, optionally `adapters`: names of adapters
/// besides the five groups that blends may use.
#[derive(Debug, Clone)]
pub struct Registry {
    path: PathBuf,
    name: String,
    sha256: String,
    adapters: Vec<String>,
    personas: Vec<Persona>,
}

impl Registry {
    /// Reads and checks a registry.
    ///
    /// # Errors
    /// The file cannot be read, a key or a value is not known, an id is given twice, a weight is bad, or
    /// `nearest` names no other persona: with file, line, key and the known names.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self::from_text(path, name, &document::read_text(path)?)
    }

    /// The registry that is built into the program.
    ///
    /// # Errors
    /// Never in a released build; a test reads it.
    pub fn built_in() -> Result<Self> {
        Self::from_text(Path::new("the built-in personas.toml"), "built-in".to_owned(), BUILT_IN)
    }

    /// A registry given as text; errors name `path`.
    ///
    /// # Errors
    /// As [`Registry::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        Self::from_text(path, path.display().to_string(), text)
    }

    fn from_text(path: &Path, name: String, text: &str) -> Result<Self> {
        let root = document::parse(path, text)?;
        let root = root.section(&["adapters", "persona"])?;
        let mut adapters: Vec<String> = GROUPS.map(str::to_owned).to_vec();
        if let Some(field) = root.get("adapters") {
            for item in field.filled_list()? {
                let name = item.text()?;
                Blend::single(name).map_err(|e| item.error(e.what()))?;
                if adapters.iter().any(|a| a == name) {
                    return Err(item.error(format!("the adapter `{name}` is known already")));
                }
                adapters.push(name.to_owned());
            }
        }
        root.need("persona", "one [[persona]] entry for each persona")?;
        let items = root.items("persona")?;
        let mut personas: Vec<Persona> = Vec::with_capacity(items.len());
        for item in items {
            let persona = read_persona(item, &adapters)?;
            if let Some(first) = personas.iter().position(|p| p.id == persona.id) {
                let line = items[first].line();
                return Err(item
                    .error(format!("the persona `{}` is declared twice", persona.id))
                    .expected(format!("each id once; the first stands in line {line}")));
            }
            if let Some(twin) = personas.iter().find(|p| p.voice == persona.voice) {
                return Err(item
                    .error(format!("`{}` has the same voice as `{}`", persona.id, twin.id))
                    .expected("a voice that no other persona has"));
            }
            personas.push(persona);
        }
        let sha256 = Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect();
        let registry = Self { path: path.to_path_buf(), name, sha256, adapters, personas };
        for (persona, item) in registry.personas.iter().zip(items) {
            registry.check_nearest(persona, item)?;
        }
        Ok(registry)
    }

    fn check_nearest(&self, persona: &Persona, item: &Field) -> Result<()> {
        let nearest = &persona.nearest.persona;
        let place = |what: String| {
            let field = item.section(&KEYS).ok().and_then(|s| s.get("nearest"));
            field.unwrap_or(item).error(what)
        };
        if *nearest == persona.id {
            return Err(place(format!("the nearest persona of `{nearest}` is itself"))
                .expected("the id of another persona"));
        }
        if self.get(nearest).is_none() {
            return Err(place(format!("unknown persona `{nearest}`"))
                .expected("the id of another persona of this registry")
                .known(nearest, self.ids()));
        }
        Ok(())
    }

    /// The file it was read from, for errors; words where it is the built-in one.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of its file, or `built-in`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its text.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// All personas, in the order of the file.
    pub fn personas(&self) -> &[Persona] {
        &self.personas
    }

    /// The ids, in the order of the file.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.personas.iter().map(|p| p.id.as_str())
    }

    /// The adapter groups that the personas train, in the order of [`GROUPS`].
    pub fn groups(&self) -> Vec<String> {
        let trained = |group: &&&str| self.personas.iter().any(|p| p.group() == **group);
        GROUPS.iter().filter(trained).map(|group| (*group).to_owned()).collect()
    }

    /// Adapter names that blends may use: the five groups and those that the file adds.
    pub fn adapters(&self) -> &[String] {
        &self.adapters
    }

    /// The persona of that id.
    pub fn get(&self, id: &str) -> Option<&Persona> {
        self.personas.iter().find(|p| p.id == id)
    }

    /// The persona of that id.
    ///
    /// # Errors
    /// There is none; the error lists the known ids, the nearest first.
    pub fn persona(&self, id: &str) -> Result<&Persona> {
        self.get(id).ok_or_else(|| {
            Error::input(format!("unknown persona `{id}`"))
                .expected(format!("the id of a persona in {}", self.path.display()))
                .known(id, self.ids())
        })
    }
}

const KEYS: [&str; 9] = ["id", "tag", "category", "voice", "traits", "sampling", "blend", "nearest", "spec"];

fn read_persona(item: &Field, adapters: &[String]) -> Result<Persona> {
    let section = item.section(&KEYS)?;
    let id = section.need("id", "the name in the control tag")?;
    for field in [Some(id), section.get("tag")].into_iter().flatten() {
        if !is_id(field.text()?) {
            return Err(field
                .error(format!("`{}` cannot be an id", field.text()?))
                .expected("lower-case letters, digits, `_` and `-`, as in <persona:code_expert>"));
        }
    }
    let category: Category = parsed(section.need("category", "one of the eight categories")?, |text| {
        (Category::from_str(text).ok(), Category::ALL.map(Category::id).to_vec(), "category")
    })?;
    let traits = section.need("traits", "a list of traits")?;
    traits.texts()?;
    let traits = traits.list()?.iter().map(|t| {
        parsed(t, |text| {
            let known = StyleTrait::ALL.iter().map(|t| t.id()).collect();
            (StyleTrait::from_str(text).ok(), known, "trait")
        })
    });
    let sampling = section.need("sampling", "{ temperature, top_p, max_tokens }")?;
    Ok(Persona {
        id: id.text()?.to_owned(),
        tag: section.get("tag").map(Field::text).transpose()?.map(str::to_owned),
        category,
        voice: section.need("voice", "one line on what a reader must recognise")?.text()?.to_owned(),
        traits: traits.collect::<Result<_>>()?,
        sampling: Sampling::read(&sampling.section(&Sampling::KEYS)?)?,
        blend: match section.get("blend") {
            Some(field) => read_blend(field, adapters)?,
            None => Blend::single(category.group())?,
        },
        nearest: read_nearest(&section)?,
        spec: section.get("spec").map_or(Ok(false), Field::flag)?,
    })
}

fn parsed<'k, T>(
    field: &Field,
    parse: impl Fn(&str) -> (Option<T>, Vec<&'k str>, &'static str),
) -> Result<T> {
    let text = field.text()?;
    let (value, known, what) = parse(text);
    value.ok_or_else(|| {
        field.error(format!("unknown {what} `{text}`")).expected(format!("a known {what}")).known(text, known)
    })
}

fn read_blend(field: &Field, adapters: &[String]) -> Result<Blend> {
    let mut weights = Vec::new();
    for (adapter, value) in field.table()? {
        if !adapters.iter().any(|a| a == adapter) {
            return Err(value
                .error(format!("unknown adapter `{adapter}`"))
                .expected("an adapter group, or a name of the registry's `adapters`")
                .known(adapter, adapters));
        }
        let weight = value.number()?;
        if weight <= 0.0 || weight > MAX_WEIGHT {
            return Err(value
                .error(format!("`{weight}` is no weight for `{adapter}`"))
                .expected(format!("a number above 0, up to {MAX_WEIGHT}")));
        }
        #[allow(clippy::cast_possible_truncation, reason = "weights are f32 everywhere")]
        weights.push((adapter.to_owned(), weight as f32));
    }
    if weights.is_empty() {
        return Err(field
            .error("the blend is empty")
            .expected("adapter = weight; leave `blend` out for the group's own adapter"));
    }
    Blend::new(weights).map_err(|e| field.error(e.what()))
}

fn read_nearest(section: &Section<'_>) -> Result<Nearest> {
    let form = "{ persona = \"ID\", differs = \"what tells the two apart\" }";
    let nearest = section.need("nearest", form)?.section(&["persona", "differs"])?;
    Ok(Nearest {
        persona: nearest.need("persona", form)?.text()?.to_owned(),
        differs: nearest.need("differs", form)?.text()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Registry> {
        Registry::from_text(Path::new("p.toml"), "p.toml".to_owned(), text)
    }

    const TWO: &str = r#"
[[persona]]
id = "poet"
category = "creative"
voice = "Short lines."
traits = ["imaginative", "brief"]
sampling = { temperature = 0.9, top_p = 0.95, max_tokens = 140 }
nearest = { persona = "bard", differs = "no rhyme" }

[[persona]]
id = "bard"
category = "creative"
voice = "Long lines."
traits = ["imaginative"]
sampling = { temperature = 0.9, top_p = 0.95, max_tokens = 140 }
blend = { creative = 0.7, emotive = 0.3 }
nearest = { persona = "poet", differs = "rhymes" }
spec = true
"#;

    fn error(from: &str, to: &str) -> String {
        assert!(TWO.contains(from), "{from}");
        load(&TWO.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_persona_speaks_with_its_group_unless_a_mixture_is_declared() {
        let registry = load(TWO).unwrap();
        assert_eq!(registry.get("poet").unwrap().blend.to_string(), "creative=1");
        assert_eq!(registry.get("bard").unwrap().blend.to_string(), "creative=0.7,emotive=0.3");
        assert!(registry.get("bard").unwrap().spec && !registry.get("poet").unwrap().spec);
        assert_eq!(registry.get("poet").unwrap().tag(), "<persona:poet>\n");
        let tagged = TWO.replacen("id = \"poet\"", "id = \"poet\"\ntag = \"verse-maker\"", 1);
        assert_eq!(load(&tagged).unwrap().get("poet").unwrap().tag(), "<persona:verse-maker>\n");
    }

    #[test]
    fn every_bad_entry_names_file_line_key_and_the_nearest_name() {
        for (from, to, wanted) in [
            (
                "traits = [\"imaginative\", \"brief\"]",
                "trait = [\"brief\"]",
                "p.toml:6 `persona.0.trait`|did you mean: traits?",
            ),
            ("\"creative\"", "\"creativ\"", "p.toml:4 `persona.0.category`|did you mean: creative?"),
            ("\"brief\"", "\"breif\"", "p.toml:6 `persona.0.traits.1`|did you mean: brief?"),
            ("\"brief\"", "\"imaginative\"", "p.toml:6|given twice"),
            ("emotive", "emotiv", "p.toml:16 `persona.1.blend.emotiv`|did you mean: emotive?"),
            ("0.3 }", "nan }", "p.toml:16 `persona.1.blend.emotive`|finite"),
            ("0.3 }", "0.0 }", "p.toml:16|above 0"),
            ("0.3 }", "-0.3 }", "p.toml:16|above 0"),
            ("0.3 }", "30 }", "p.toml:16|up to 4"),
            ("blend = { creative = 0.7, emotive = 0.3 }", "blend = {}", "p.toml:16|the blend is empty"),
            ("id = \"bard\"", "id = \"poet\"", "p.toml:10|declared twice|line 2"),
            ("id = \"bard\"", "id = \"Bard!\"", "p.toml:11 `persona.1.id`|lower-case"),
            ("Long lines.", "Short lines.", "p.toml:10|same voice as `poet`"),
            ("persona = \"bard\"", "persona = \"brad\"", "p.toml:8 `persona.0.nearest`|did you mean: bard?"),
            ("persona = \"bard\"", "persona = \"poet\"", "p.toml:8|is itself"),
            (
                "temperature = 0.9",
                "temprature = 0.9",
                "p.toml:7 `persona.0.sampling.temprature`|did you mean: temperature?",
            ),
            ("max_tokens = 140", "max_tokens = \"x\"", "p.toml:7|this is text"),
            ("spec = true", "spec = 1", "p.toml:18 `persona.1.spec`|true or false"),
            ("voice = \"Long lines.\"", "", "p.toml:10|`voice` is missing"),
            ("Long lines.", " ", "p.toml:13|empty"),
        ] {
            let err = error(from, to);
            for part in wanted.split('|') {
                assert!(err.contains(part), "`{to}` should say `{part}`:\n{err}");
            }
        }
    }

    #[test]
    fn a_registry_without_personas_is_an_error() {
        assert!(load("").unwrap_err().to_string().contains("`persona` is missing"));
        assert!(load("persona = []").unwrap_err().to_string().contains("the list is empty"));
    }

    #[test]
    fn a_registry_may_name_more_adapters() {
        let text = format!("adapters = [\"pirate\"]\n{}", TWO.replace("emotive", "pirate"));
        assert_eq!(load(&text).unwrap().get("bard").unwrap().blend.weight("pirate"), 0.3);
        assert!(load("adapters = [\"creative\"]\n").unwrap_err().to_string().contains("known already"));
    }

    #[test]
    fn an_unknown_persona_is_met_with_the_nearest_id() {
        let err = load(TWO).unwrap().persona("poeet").unwrap_err().to_string();
        assert!(err.contains("did you mean: poet?"), "{err}");
    }

    #[test]
    fn the_committed_registry_holds_57_personas_of_which_the_specification_names_18() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml");
        let registry = Registry::load(path).unwrap();
        assert_eq!(registry.personas().len(), 57);
        assert_eq!(registry.personas().iter().filter(|p| p.spec).count(), 18);
        for category in Category::ALL {
            assert!(registry.personas().iter().any(|p| p.category == category), "{category}");
        }
        assert!(registry.personas().iter().filter(|p| p.blend.len() > 1).count() >= 12);
        assert!(registry.personas().iter().all(|p| p.blend.weight(p.group()) >= 0.5));
    }

    #[test]
    fn the_built_in_registry_is_the_committed_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml");
        let (file, built_in) = (Registry::load(path).unwrap(), Registry::built_in().unwrap());
        assert_eq!(built_in.personas(), file.personas());
        assert_eq!((built_in.name(), file.name()), ("built-in", "personas.toml"));
        assert_eq!(built_in.sha256(), file.sha256());
        let err = built_in.persona("poeet").unwrap_err().to_string();
        assert!(err.contains("in the built-in personas.toml"), "{err}");
    }
}
