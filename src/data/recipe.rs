//! The recipe: which sources there are, where their files lie, and how their records look.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::convert::{Answers, Format, Mapping, Origin};
use super::files::{matching, matching_of};
use super::read::{Container, Encoding, Reading};
use crate::document::{self, Field, Section};
use crate::error::{Error, IoContext, Result};
use crate::persona::Registry;

/// The keys of a `[[source]]`.
const KEYS: [&str; 15] = [
    "name",
    "about",
    "files",
    "data",
    "answers",
    "format",
    "columns",
    "container",
    "encoding",
    "within",
    "columns_are",
    "licence",
    "persona",
    "personas",
    "expect",
];

/// Sources of examples, in the order of the file.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// SHA-256 of its text, and of the answer files that its sources name.
    pub sha256: String,
    /// One at least.
    pub sources: Vec<Source>,
}

/// Files whose records look alike.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, which begins the names of its shards.
    pub name: Arc<str>,
    /// Its files, sorted.
    pub files: Vec<SourceFile>,
    /// How its records look.
    pub format: Format,
    /// How its files are read.
    pub reading: Reading,
    /// Its licence.
    pub licence: Arc<str>,
    /// How many records it must have, where the recipe says so.
    pub expect: Option<u64>,
    /// What second files say about its records.
    pub answers: Option<Arc<Answers>>,
    /// The personas that its records may name.
    personas: Arc<BTreeSet<String>>,
}

/// One file, and the persona that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Id of the persona; none where tagging is to find it.
    pub persona: Option<Arc<str>>,
}

/// A data set of the catalogue, on this machine.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// Where it lies.
    pub folder: PathBuf,
    /// Names of its files there.
    pub files: Vec<String>,
    /// Its licence.
    pub licence: String,
}

/// Brings a data set of the catalogue by its name, fetched where it is not here.
pub type DataOf<'a> = &'a dyn Fn(&str) -> Result<DataSet>;

impl Recipe {
    /// Reads and checks a recipe, the `only` sources of it where some are named; `data` brings data sets of the catalogue.
    ///
    /// # Errors
    /// A key or a value is not known, a pattern meets no file, a persona is not in the registry: with file, line and key.
    pub fn load(path: &Path, registry: &Registry, only: &[String], data: DataOf<'_>) -> Result<Self> {
        let text = document::read_text(path)?;
        let root = document::parse(path, &text)?;
        let root = root.section(&["source"])?;
        root.need("source", "one [[source]] entry for each source")?;
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut sources = Vec::new();
        let mut digest = Sha256::new_with_prefix(&text);
        for item in root.items("source")? {
            let section = item.section(&KEYS)?;
            let name = section.need("name", "a name for its shards, e.g. \"gsm8k\"")?;
            let id = checked_name(name)?;
            if !names.insert(id.to_owned()) {
                return Err(name.error(format!("the source `{id}` is given twice")));
            }
            if only.is_empty() || only.iter().any(|wanted| wanted == id) {
                sources.push(read_source(&section, id, registry, data, &mut digest)?);
            }
        }
        if let Some(unknown) = only.iter().find(|o| !names.contains(*o)) {
            return Err(Error::input(format!("the recipe has no source `{unknown}`"))
                .in_file(path)
                .known(unknown, &names));
        }
        let sha256 = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(Self { sha256, sources })
    }
}

impl Source {
    /// What the examples of one of its files share.
    pub fn origin(&self, file: &SourceFile) -> Origin {
        Origin {
            source: Arc::clone(&self.name),
            licence: Arc::clone(&self.licence),
            persona: file.persona.clone(),
            personas: Arc::clone(&self.personas),
            answers: self.answers.clone(),
        }
    }
}

fn checked_name(field: &Field) -> Result<&str> {
    let name = field.text()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if name.chars().all(plain) {
        return Ok(name);
    }
    Err(field
        .error(format!("`{name}` cannot begin the names of files"))
        .expected("small letters, digits, `_` and `-`"))
}

fn read_source(
    section: &Section<'_>,
    name: &str,
    registry: &Registry,
    data: DataOf<'_>,
    digest: &mut Sha256,
) -> Result<Source> {
    let known = |field: &Field| -> Result<Arc<str>> {
        let id = field.text()?;
        registry
            .persona(id)
            .map(|_| Arc::from(id))
            .map_err(|_| field.error(format!("unknown persona `{id}`")).known(id, registry.ids()))
    };
    let format = read_format(section)?;
    let persona = match (section.get("persona"), format.published()) {
        (Some(field), _) => Some(known(field)?),
        (None, Some(set)) if registry.persona(set.persona).is_ok() => Some(set.persona.into()),
        (None, Some(set)) => {
            return Err(section
                .error(format!("`{}` is for the persona `{}`, which is not known", set.id, set.persona))
                .help("name another one: persona = \"…\"")
                .known(set.persona, registry.ids()));
        }
        (None, None) => None,
    };
    let fetched = match section.get("data") {
        Some(field) => {
            Some(data(field.text()?).map_err(|e| if e.place().is_some() { e } else { field.place(e) })?)
        }
        None => None,
    };
    let mut files: Vec<SourceFile> = Vec::new();
    let mut add = |paths: Vec<PathBuf>| {
        for path in paths {
            if !files.iter().any(|f| f.path == path) {
                files.push(SourceFile { path, persona: persona.clone() });
            }
        }
    };
    match (section.get("files"), &fetched) {
        (None, None) => return Err(section.error("no files are named").expected("`files`, `data`, or both")),
        (None, Some(set)) => add(set.files.iter().map(|name| set.folder.join(name)).collect()),
        (Some(field), set) => {
            for item in field.filled_list()? {
                add(match set {
                    Some(set) => matching_of(set, item)?,
                    None => matching(item)?,
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let reading = read_reading(section, &format)?;
    let answers = read_answers(section, &format, &reading, fetched.as_ref(), digest)?;
    if let Some(field) = section.get("personas") {
        for (file, id) in field.table()? {
            let named = files.iter_mut().filter(|f| f.path.file_name().is_some_and(|n| n == file));
            let id_of = known(id)?;
            if named.map(|f| f.persona = Some(Arc::clone(&id_of))).count() == 0 {
                let names = files.iter().filter_map(|f| f.path.file_name()?.to_str());
                return Err(id.error(format!("the source has no file `{file}`")).known(file, names));
            }
        }
    }
    let licence = match (section.get("licence"), fetched) {
        (Some(field), _) => field.text()?.to_owned(),
        (None, Some(set)) => set.licence,
        (None, None) => {
            return Err(section
                .error("the key `licence` is missing")
                .expected("e.g. \"MIT\", or \"not stated\""));
        }
    };
    Ok(Source {
        name: name.into(),
        files,
        reading,
        format,
        licence: licence.into(),
        expect: section.get("expect").map(|f| f.count_in(1..=usize::MAX)).transpose()?.map(|n| n as u64),
        answers: answers.map(Arc::new),
        personas: Arc::new(registry.ids().map(str::to_owned).collect()),
    })
}

fn read_format(section: &Section<'_>) -> Result<Format> {
    match (section.get("format"), section.get("columns")) {
        (None, Some(columns)) => Ok(Format::Columns(Mapping::from_field(columns)?)),
        (Some(format), Some(_)) => Err(format.error("`format` and `columns` both say how the records look")),
        (Some(field), None) => {
            let all = Format::named();
            field.one_of("format", &all.iter().collect::<Vec<_>>(), Format::id).cloned()
        }
        (None, None) => Err(section.error("nothing says how the records look").expected(format!(
            "format = {}, a published set by name, or columns = {{ instruction = …, output = … }}",
            Format::GENERAL.each_ref().map(Format::id).join(" | ")
        ))),
    }
}

/// Second files whose records are found by id: held in memory, for they are small.
fn read_answers(
    section: &Section<'_>,
    format: &Format,
    reading: &Reading,
    set: Option<&DataSet>,
    digest: &mut Sha256,
) -> Result<Option<Answers>> {
    let Some(field) = section.get("answers") else {
        return match format.published().filter(|set| set.answers) {
            None => Ok(None),
            Some(set) => Err(section
                .error("the key `answers` is missing")
                .expected(format!("the files with the answers of `{}`, found by id", set.id))),
        };
    };
    let mut paths = Vec::new();
    for item in field.filled_list()? {
        paths.extend(match set {
            Some(set) => matching_of(set, item)?,
            None => matching(item)?,
        });
    }
    paths.sort();
    paths.dedup();
    for path in &paths {
        // An import that goes on must find the same answers.
        digest.update(std::fs::read(path).asked("read", path)?);
    }
    let how = Reading { container: reading.container, encoding: reading.encoding, ..Reading::default() };
    Answers::load(&paths, &how).map(Some)
}

fn read_reading(section: &Section<'_>, format: &Format) -> Result<Reading> {
    let set = format.published();
    let container = section.get("container").map(|f| f.one_of("container", &Container::ALL, Container::id));
    let encoding = section.get("encoding").map(|f| f.one_of("encoding", &Encoding::ALL, Encoding::id));
    let within = section.get("within").map(Field::text).transpose()?;
    Ok(Reading {
        container: container.transpose()?.or(set.and_then(|set| set.container)),
        encoding: encoding.transpose()?.or(set.map(|set| set.encoding)).unwrap_or_default(),
        within: within.map(|path| path.split('.').map(str::to_owned).collect()).unwrap_or_default(),
        columns_are: match (section.get("columns_are"), set) {
            (Some(field), _) => field.texts()?,
            (None, Some(set)) => set.columns.iter().map(|name| (*name).to_owned()).collect(),
            (None, None) => Vec::new(),
        },
        grouped_by: set.and_then(|set| set.grouped_by).map(str::to_owned),
        literal_quotes: set.is_some_and(|set| set.literal_quotes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, only: &[&str]) -> Result<Recipe> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jsonl", "b.jsonl", "c.yml", ".lock.yml"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let path = folder.path().join("data.toml");
        std::fs::write(&path, text).unwrap();
        let only: Vec<String> = only.iter().map(|s| (*s).to_owned()).collect();
        let data = |name: &str| match name {
            "set" => Ok(DataSet {
                folder: folder.path().to_path_buf(),
                files: vec!["c.yml".to_owned(), "d.json".to_owned()],
                licence: "BSD".to_owned(),
            }),
            _ => Err(Error::input("unknown data set")),
        };
        Recipe::load(&path, &Registry::built_in().unwrap(), &only, &data)
    }

    #[test]
    fn a_source_says_where_its_files_lie_and_how_they_look() {
        let text = "[[source]]\nname = 'x'\nfiles = ['*.jsonl', 'a.*']\nformat = 'alpaca'\nlicence = 'MIT'\n\
                    persona = 'poet'\npersonas = { 'b.jsonl' = 'songwriter' }\nexpect = 3\n\
                    [[source]]\nname = 'y'\ndata = 'set'\nfiles = ['*.yml']\ncolumns = { instruction = 'q', output = 'a' }\nwithin = 'a.b'\n";
        let recipe = load(text, &[]).unwrap();
        let [x, y] = &recipe.sources[..] else { panic!("{recipe:?}") };
        let personas: Vec<_> = x.files.iter().map(|f| f.persona.as_deref().unwrap()).collect();
        assert_eq!((personas, x.expect), (vec!["poet", "songwriter"], Some(3)));
        assert_eq!((y.files.len(), &*y.licence, y.reading.within.len()), (1, "BSD", 2));
        assert_eq!(load(text, &["y"]).unwrap().sources.len(), 1);
        let told = load(text, &["z"]).unwrap_err().to_string();
        assert!(told.contains("no source `z`") && told.contains("known: x, y"), "{told}");
    }

    #[test]
    fn every_mistake_names_its_place() {
        let good = "[[source]]\nname = 'x'\nfiles = ['a.jsonl']\nformat = 'alpaca'\nlicence = 'MIT'\n";
        assert!(load(good, &[]).is_ok());
        for (from, to, wanted) in [
            (
                "format = 'alpaca'",
                "format = 'alpacca'",
                "data.toml:4 `source.0.format`|did you mean: alpaca?",
            ),
            ("format = 'alpaca'", "", "nothing says how the records look"),
            ("format = 'alpaca'", "format = 'alpaca'\ncolumns = {}", "both say"),
            ("format = 'alpaca'", "columns = { instruction = 'a' }", "`output` is missing"),
            ("files = ['a.jsonl']", "", "no files are named"),
            ("files = ['a.jsonl']", "files = ['q*']", "no file is named `q*`"),
            ("files = ['a.jsonl']", "files = ['[']", "no pattern"),
            (
                "files = ['a.jsonl']",
                "data = 'set'\nfiles = ['c.yaml']",
                "no file `c.yaml`|did you mean: c.yml?",
            ),
            ("files = ['a.jsonl']", "data = 'sett'", "data.toml:3 `source.0.data`|unknown data set"),
            ("licence = 'MIT'", "", "`licence` is missing"),
            ("licence", "license", "unknown key `license`|did you mean: licence?"),
            ("name = 'x'", "name = 'X/y'", "cannot begin the names of files"),
            ("licence = 'MIT'", "licence = 'MIT'\npersona = 'poeet'", "did you mean: poet?"),
            ("licence = 'MIT'", "licence = 'MIT'\npersonas = { 'z.jsonl' = 'poet' }", "no file `z.jsonl`"),
            ("licence = 'MIT'", "licence = 'MIT'\nexpect = 0", "out of range"),
            ("licence = 'MIT'", "licence = 'MIT'\ncontainer = 'line'", "did you mean: lines?"),
            ("licence = 'MIT'\n", &format!("licence = 'MIT'\n{good}"), "given twice"),
        ] {
            let told = load(&good.replace(from, to), &[]).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(told.contains(part), "`{to}` should say `{part}`:\n{told}");
            }
        }
    }
}
