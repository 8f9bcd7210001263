//! Target shares by category and by persona, and whether any data set could have them all.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::share::{Range, Share};
use crate::document::{self, Field};
use crate::error::Result;
use crate::persona::{Category, Registry};

/// What a target is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// All personas of a category.
    Category(Category),
    /// One persona.
    Persona(String),
}

/// The share that a category or a persona should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is of.
    pub subject: Subject,
    /// What it may be.
    pub range: Range,
    /// Where it stands in its file, from 1.
    pub line: usize,
}

/// Target shares, from a TOML file with the tables `[categories]` and `[personas]`: id = [least, most] in per cent, or one
/// number, from which a share may be `tolerance` percentage points away (0.5 where the file says nothing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// The name of the file.
    pub file: String,
    /// Categories in the order of the specification, then personas in the order of the file.
    pub all: Vec<Target>,
}

/// How far a share may be from a target of one number, in hundredths of a per cent.
const TOLERANCE: u32 = 50;

impl Targets {
    /// Reads and checks target shares.
    ///
    /// # Errors
    /// The file cannot be read, a key, a category or a persona is not known, a share is none: with file, line and key.
    pub fn load(path: &Path, registry: &Registry) -> Result<Self> {
        let root = document::read(path)?;
        let root = root.section(&["about", "tolerance", "categories", "personas"])?;
        root.get("about").map(Field::text).transpose()?;
        let tolerance = root.get("tolerance").map(Share::from_field).transpose()?;
        let tolerance = tolerance.map_or(TOLERANCE, Share::as_hundredths);
        let target = |subject: Subject, field: &Field| -> Result<Target> {
            let given = Range::from_field(field)?;
            let range = match field.list() {
                Ok(_) => given,
                Err(_) => around(given.low, tolerance),
            };
            Ok(Target { subject, range, line: field.line() })
        };
        let mut all = Vec::new();
        if let Some(table) = root.get("categories") {
            for (id, field) in table.table()? {
                let category = Category::from_str(id).map_err(|e| field.place(e))?;
                all.push(target(Subject::Category(category), field)?);
            }
        }
        all.sort_by(|a, b| a.subject.cmp(&b.subject));
        if let Some(table) = root.get("personas") {
            for (id, field) in table.table()? {
                registry.persona(id).map_err(|e| field.place(e))?;
                all.push(target(Subject::Persona(id.to_owned()), field)?);
            }
        }
        if all.is_empty() {
            return Err(root.error("no target is named").expected("[categories], [personas], or both"));
        }
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { file, all })
    }

    /// The target of a category or a persona.
    pub fn of(&self, subject: &Subject) -> Option<&Target> {
        self.all.iter().find(|t| t.subject == *subject)
    }
}

fn around(share: Share, tolerance: u32) -> Range {
    let at = share.as_hundredths();
    Range { low: Share::hundredths(at.saturating_sub(tolerance)), high: Share::hundredths(at + tolerance) }
}

impl Subject {
    /// The category, or that of the persona; none where the registry does not know it.
    pub fn category(&self, registry: &Registry) -> Option<Category> {
        match self {
            Subject::Category(category) => Some(*category),
            Subject::Persona(id) => registry.get(id).map(|p| p.category),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Category(category) => f.write_str(category.label()),
            Subject::Persona(id) => f.write_str(id),
        }
    }
}

/// In JSON the id.
impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Subject::Category(category) => serializer.serialize_str(category.id()),
            Subject::Persona(id) => serializer.serialize_str(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Targets> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("targets.toml");
        std::fs::write(&path, text).unwrap();
        Targets::load(&path, &Registry::built_in().unwrap())
    }

    #[test]
    fn a_single_share_is_a_range_of_the_tolerance() {
        let targets =
            load("[personas]\npoet = 8\n[categories]\nfactual = [8, 12.5]\ntechnical = 25\n").unwrap();
        let told: Vec<String> = targets.all.iter().map(|t| format!("{} {}", t.subject, t.range)).collect();
        assert_eq!(told, ["Technical 24.5–25.5 %", "Factual 8–12.5 %", "poet 7.5–8.5 %"]);
        let strict = load("tolerance = 0\n[personas]\npoet = 8\n").unwrap();
        assert_eq!(strict.all[0].range.to_string(), "8 %");
    }

    #[test]
    fn every_mistake_names_its_place() {
        for (text, wanted) in [
            ("[personas]\npoeet = 8\n", "targets.toml:2 `personas.poeet`|did you mean: poet?"),
            ("[categories]\ntecnical = 8\n", "targets.toml:2 `categories.tecnical`|did you mean: technical?"),
            ("[category]\ntechnical = 8\n", "unknown key `category`|did you mean: categories?"),
            ("[personas]\npoet = -1\n", "`-1` is out of range|from 0 to 100"),
            ("[personas]\npoet = [8]\n", "1 numbers|[least, most]"),
            ("[personas]\npoet = [9, 8]\n", "the least, 9 %, is above the most, 8 %"),
            ("[personas]\npoet = 8.123\n", "too many decimals"),
            ("[personas]\npoet = \"8\"\n", "this is text"),
            ("about = 'x'\n", "no target is named"),
        ] {
            let told = load(text).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(told.contains(part), "`{text}` should say `{part}`:\n{told}");
            }
        }
    }
}
