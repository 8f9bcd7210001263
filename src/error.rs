//! The one error type: what went wrong, where, what was expected, the known values, how to mend it.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Which side has to act; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The user's input is wrong: usage, a suite, a registry, a data file (exit 2).
    Input,
    /// A model, an adapter, a file or the engine is missing or broken (exit 3).
    CannotRun,
    /// The user stopped the work; what was done can be resumed (exit 130).
    Interrupted,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// Key or tensor name inside the file; empty where none is meant.
    pub key: String,
}

/// An error a user can act on.
///
/// Built in steps: `Error::input("unknown persona `poeet`").at(path, 12).known("poeet", ids).help("…")`.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    what: String,
    place: Option<Place>,
    expected: Option<String>,
    known: Option<String>,
    help: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of the given kind; `what` is a sentence without a full stop.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            what: what.into(),
            place: None,
            expected: None,
            known: None,
            help: None,
            source: None,
        }))
    }

    /// The user's input is wrong (exit 2).
    pub fn input(what: impl Into<String>) -> Self {
        Self::new(Kind::Input, what)
    }

    /// Something needed to run is missing or broken (exit 3).
    pub fn cannot_run(what: impl Into<String>) -> Self {
        Self::new(Kind::CannotRun, what)
    }

    /// The user stopped the work (exit 130).
    pub fn interrupted(what: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, what)
    }

    /// Names the file, and the line where one is known (from 1; 0 for the whole file).
    #[must_use]
    pub fn at(mut self, path: impl AsRef<Path>, line: usize) -> Self {
        let key = self.0.place.take().map(|p| p.key).unwrap_or_default();
        self.0.place = Some(Place { path: path.as_ref().to_path_buf(), line, key });
        self
    }

    /// Names the file only.
    #[must_use]
    pub fn in_file(self, path: impl AsRef<Path>) -> Self {
        self.at(path, 0)
    }

    /// Names the key or tensor inside the file.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        match &mut self.0.place {
            Some(place) => place.key = key.into(),
            None => self.0.place = Some(Place { path: PathBuf::new(), line: 0, key: key.into() }),
        }
        self
    }

    /// Names file, line and key.
    #[must_use]
    pub fn at_place(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// Says what was expected instead.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// Lists the known values, the one nearest to `given` first.
    #[must_use]
    pub fn known<S: AsRef<str>>(mut self, given: &str, values: impl IntoIterator<Item = S>) -> Self {
        const SHOWN: usize = 12;
        let mut values: Vec<String> = values.into_iter().map(|v| v.as_ref().to_owned()).collect();
        if values.is_empty() {
            return self;
        }
        values.sort_by(|a, b| {
            strsim::jaro_winkler(given, b).total_cmp(&strsim::jaro_winkler(given, a)).then_with(|| a.cmp(b))
        });
        let near = values.first().filter(|v| strsim::jaro_winkler(given, v) > CLOSE).cloned();
        let more = values.len().saturating_sub(SHOWN);
        values.truncate(SHOWN);
        let mut text = values.join(", ");
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        if let Some(near) = near {
            text = format!("{text}\n  did you mean: {near}?");
        }
        self.0.known = Some(text);
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Says how to mend it where nothing says so yet.
    #[must_use]
    pub fn or_help(self, help: impl Into<String>) -> Self {
        if self.0.help.is_some() { self } else { self.help(help) }
    }

    /// Adds to how it can be mended.
    #[must_use]
    pub fn and_help(mut self, more: &str) -> Self {
        self.0.help = Some(self.0.help.map_or(more.to_owned(), |help| format!("{help}; {more}")));
        self
    }

    /// Keeps the underlying error.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error once more; of what lies under it only the text stays.
    #[cfg(feature = "data")]
    pub(crate) fn copy(&self) -> Self {
        let Inner { kind, what, place, expected, known, help, source } = &*self.0;
        Self(Box::new(Inner {
            kind: *kind,
            what: what.clone(),
            place: place.clone(),
            expected: expected.clone(),
            known: known.clone(),
            help: help.clone(),
            source: source.as_ref().map(|s| s.to_string().into()),
        }))
    }

    /// Which side has to act.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The first line without place or help.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What and which key and why in one line, for lists that name the place themselves.
    pub fn brief(&self) -> String {
        let e = &*self.0;
        let key = e.place.as_ref().map(|p| p.key.as_str()).filter(|k| !k.is_empty() && !e.what.contains(k));
        let mut text = e.what.clone();
        if let Some(key) = key {
            text.push_str(&format!(" (`{key}`)"));
        }
        if let Some(cause) = &e.source {
            text.push_str(&format!(": {cause}"));
        }
        text.replace('\n', " ")
    }

    /// Where it happened, if that is known.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        write!(f, "{}", e.what)?;
        if let Some(place) = &e.place {
            let mut at = place.path.display().to_string();
            if place.line > 0 {
                at.push_str(&format!(":{}", place.line));
            }
            if !place.key.is_empty() {
                at.push_str(&format!("{}`{}`", if at.is_empty() { "" } else { " " }, place.key));
            }
            write!(f, "\n  at: {at}")?;
        }
        if let Some(expected) = &e.expected {
            write!(f, "\n  expected: {expected}")?;
        }
        if let Some(known) = &e.known {
            write!(f, "\n  known: {known}")?;
        }
        let mut cause = e.source.as_ref().map(|s| s.as_ref() as &dyn std::error::Error);
        while let Some(err) = cause {
            write!(f, "\n  cause: {}", without_backtrace(&err.to_string()).replace('\n', "\n    "))?;
            cause = err.source();
        }
        if let Some(help) = &e.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// The text up to where a captured backtrace begins: candle prints its own inside the message.
fn without_backtrace(text: &str) -> &str {
    let frame = |line: &str| {
        let line = line.trim_start();
        line.starts_with("0: ") || line == "stack backtrace:"
    };
    match text.lines().find(|l| frame(l)) {
        Some(line) => text[..line.as_ptr() as usize - text.as_ptr() as usize].trim_end(),
        None => text,
    }
}

impl std::error::Error for Error {}

/// How alike (Jaro–Winkler) a name must be to be offered for another.
const CLOSE: f64 = 0.8;

/// Adds a place to errors of the file system.
pub trait IoContext<T> {
    /// Turns an I/O error into one that says what was being done to which file.
    fn doing(self, what: &str, path: impl AsRef<Path>) -> Result<T>;

    /// As [`IoContext::doing`], for a file that the user named as input: that it is not there, or is a folder where a
    /// file was meant, is the input's fault.
    fn asked(self, what: &str, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> IoContext<T> for std::io::Result<T> {
    fn doing(self, what: &str, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|e| could_not(what, path.as_ref(), e, &[]))
    }

    fn asked(self, what: &str, path: impl AsRef<Path>) -> Result<T> {
        const MISNAMED: [ErrorKind; 3] =
            [ErrorKind::NotFound, ErrorKind::IsADirectory, ErrorKind::NotADirectory];
        self.map_err(|e| could_not(what, path.as_ref(), e, &MISNAMED))
    }
}

/// A missing path with its first part that is not there put right: what lies in its place and has nearly its name.
fn nearest(path: &Path) -> Option<PathBuf> {
    let missing = path.ancestors().take_while(|part| part.symlink_metadata().is_err()).last()?;
    let given = missing.file_name()?.to_str()?;
    let folder = missing.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let close =
        names.map(|name| (strsim::jaro_winkler(given, &name), name)).filter(|(near, _)| *near > CLOSE);
    let (_, name) = close.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))?;
    let rest = path.strip_prefix(missing).ok().filter(|rest| !rest.as_os_str().is_empty());
    let near = missing.with_file_name(name);
    Some(rest.map_or(near.clone(), |rest| near.join(rest)))
}

fn could_not(what: &str, path: &Path, e: std::io::Error, misnamed: &[ErrorKind]) -> Error {
    // Bytes that are no UTF-8 are the input's fault, not the machine's.
    let input = e.kind() == ErrorKind::InvalidData || misnamed.contains(&e.kind());
    let kind = if input { Kind::Input } else { Kind::CannotRun };
    let missing = e.kind() == ErrorKind::NotFound;
    let error = Error::new(kind, format!("could not {what}")).in_file(path).because(e);
    match missing.then(|| nearest(path)).flatten() {
        Some(near) => error.help(format!("did you mean {}?", near.display())),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_of_the_user_is_told_with_the_nearest_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("adapters")).expect("a folder");
        let told = |name: &str| {
            let path = folder.path().join(name);
            std::fs::read_dir(&path).asked("list", &path).expect_err("missing").to_string()
        };
        assert!(told("adaptrs").contains("adapters?") && told("adaptrs").contains("did you mean"));
        assert!(told("adaptrs/poet").contains("adapters/poet?"));
        assert!(!told("corpus").contains("did you mean"));
    }

    #[test]
    fn an_error_says_what_where_expected_known_and_help() {
        let text = Error::input("unknown persona `poeet`")
            .at("suites/all.toml", 12)
            .key("personas")
            .expected("the id of a persona in the registry")
            .known("poeet", ["code_expert", "poet"])
            .help("correct the spelling")
            .to_string();
        assert_eq!(
            text,
            "unknown persona `poeet`\n  at: suites/all.toml:12 `personas`\n  \
             expected: the id of a persona in the registry\n  known: poet, code_expert\n  \
             did you mean: poet?\n  help: correct the spelling"
        );
    }

    #[test]
    fn a_file_that_the_user_named_wrongly_is_bad_input_and_any_other_cannot_run() {
        let kind = |result: Result<()>| result.map_or_else(|e| e.kind(), |()| panic!("an error"));
        for e in [ErrorKind::NotFound, ErrorKind::IsADirectory, ErrorKind::NotADirectory] {
            assert_eq!(kind(Err(e.into()).asked("read the texts", "a.txt")), Kind::Input, "{e}");
            assert_eq!(kind(Err(e.into()).doing("read the model", "a.gguf")), Kind::CannotRun, "{e}");
        }
        for (e, expected) in
            [(ErrorKind::InvalidData, Kind::Input), (ErrorKind::PermissionDenied, Kind::CannotRun)]
        {
            assert_eq!(kind(Err(e.into()).asked("read the texts", "a.txt")), expected, "{e}");
            assert_eq!(kind(Err(e.into()).doing("read the texts", "a.txt")), expected, "{e}");
        }
    }
}
