//! Reads a suite file and everything that it includes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::benchmark::Benchmark;
use super::condition::{Condition, Control};
use super::corpus::read_files;
use super::gate::Gate;
use super::measure::Measure;
use super::prompt::{Prompt, is_name};
use super::settings::Settings;
use super::suite::Data;
use super::sweep::Sweep;
use super::task::Task;
use crate::document::{self, Field, Placed, Section};
use crate::error::{Error, Result};
use crate::persona::Registry;

const KEYS: [&str; 13] = [
    "name",
    "about",
    "include",
    "measures",
    "prompts",
    "heldout",
    "training",
    "task",
    "benchmark",
    "gate",
    "condition",
    "control",
    "sweep",
];

/// Everything that a suite and its included files say, in the order of reading: included files first.
pub(super) struct Loader<'a> {
    registry: &'a Registry,
    known_data: &'a [String],
    data: &'a Data<'a>,
    open: Vec<PathBuf>,
    done: BTreeMap<PathBuf, Settings>,
    pub(super) sources: Vec<PathBuf>,
    pub(super) measures: Vec<Placed<Measure>>,
    pub(super) prompts: Vec<Placed<Prompt>>,
    pub(super) tasks: Vec<Placed<Task>>,
    pub(super) sweeps: Vec<Placed<Sweep>>,
    pub(super) gates: Vec<Placed<Gate>>,
    pub(super) conditions: Vec<Placed<Condition>>,
    pub(super) controls: Vec<Placed<Control>>,
    pub(super) heldout: Vec<PathBuf>,
    pub(super) training: Vec<PathBuf>,
}

/// What only the file that was asked for decides.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) about: Option<String>,
    pub(super) root: Field,
    pub(super) settings: Settings,
}

impl<'a> Loader<'a> {
    pub(super) fn new(registry: &'a Registry, known_data: &'a [String], data: &'a Data<'a>) -> Self {
        Self {
            registry,
            known_data,
            data,
            open: Vec::new(),
            done: BTreeMap::new(),
            sources: Vec::new(),
            measures: Vec::new(),
            prompts: Vec::new(),
            tasks: Vec::new(),
            sweeps: Vec::new(),
            gates: Vec::new(),
            conditions: Vec::new(),
            controls: Vec::new(),
            heldout: Vec::new(),
            training: Vec::new(),
        }
    }

    /// Reads a file with its included ones.
    pub(super) fn load(&mut self, path: &Path) -> Result<Head> {
        let missing = |e: Error| {
            let known = if path.exists() { Vec::new() } else { neighbours(path) };
            let further = known.iter().any(|name| name.starts_with(FOLDER));
            let given = if further { format!("{FOLDER}/{}", file_name(path)) } else { file_name(path) };
            e.known(&given, known)
        };
        let root = document::read(path).map_err(missing)?;
        let known: Vec<&str> = KEYS.into_iter().chain(Settings::KEYS).collect();
        let section = root.section(&known)?;
        let field = section.need("name", "the name of the suite")?;
        let name = field.text()?.to_owned();
        if !is_name(&name) {
            return Err(field
                .error(format!("`{name}` cannot name a suite"))
                .expected("letters, digits, `_`, `-` and `.`"));
        }
        let about = section.get("about").map(Field::text).transpose()?.map(str::to_owned);
        let own = Settings::read(&section, self.registry)?;
        self.open.push(identity(path));
        let mut included = Vec::new();
        for item in section
            .get("include")
            .map_or(Ok(Vec::new()), |f| f.texts().and_then(|_| Ok(f.list()?.to_vec())))?
        {
            included.push(self.include(&item)?);
        }
        self.open.pop();
        self.sources.push(path.to_path_buf());
        self.collect(&section)?;
        let settings = own.over(&included)?;
        self.done.insert(identity(path), settings.clone());
        Ok(Head { name, about, settings, root })
    }

    fn include(&mut self, item: &Field) -> Result<Settings> {
        let path = item.relative_path()?;
        let identity = identity(&path);
        if let Some(start) = self.open.iter().position(|open| *open == identity) {
            let names: Vec<String> =
                self.open[start..].iter().chain([&identity]).map(|p| file_name(p)).collect();
            return Err(item
                .error(format!("the suites include one another: {}", names.join(" -> ")))
                .expected("includes without a loop"));
        }
        // A file that two others include is read once; its prompts would otherwise count twice.
        if let Some(settings) = self.done.get(&identity) {
            return Ok(settings.clone());
        }
        if !path.is_file() {
            let known = neighbours(&path);
            return Err(item
                .error(format!("there is no file {}", path.display()))
                .expected("a suite, by its path relative to this file")
                .known(item.text()?, known));
        }
        Ok(self.load(&path)?.settings)
    }

    fn collect(&mut self, section: &Section<'_>) -> Result<()> {
        if let Some(field) = section.get("measures") {
            field.texts()?;
            for item in field.list()? {
                self.measures.push(Placed::new(item.one_of("measure", &Measure::ALL, Measure::id)?, item));
            }
        }
        for item in section.items("prompts")? {
            self.prompts.push(Placed::new(Prompt::read(item)?, item));
        }
        for item in section.items("task")? {
            self.tasks.push(Placed::new(Task::read(item, self.registry)?, item));
        }
        for item in section.items("benchmark")? {
            let benchmark = Benchmark::read(item, self.registry, self.known_data)?;
            let found = benchmark.items(&(self.data)(benchmark.data())?)?;
            self.tasks.extend(found.tasks.into_iter().map(|task| Placed::new(task, item)));
            self.prompts.extend(found.prompts.into_iter().map(|prompt| Placed::new(prompt, item)));
            self.sources.extend(found.files);
        }
        for item in section.items("condition")? {
            self.conditions.push(Placed::new(Condition::read(item)?, item));
        }
        for item in section.items("control")? {
            self.controls.push(Placed::new(Control::read(item)?, item));
        }
        for item in section.items("sweep")? {
            self.sweeps.push(Placed::new(Sweep::read(item, self.registry)?, item));
        }
        for item in section.items("gate")? {
            self.gates.push(Placed::new(Gate::read(item)?, item));
        }
        for (key, files) in [("heldout", &mut self.heldout), ("training", &mut self.training)] {
            for file in section.get(key).map_or(Ok(Vec::new()), read_files)? {
                if !files.iter().any(|known| identity(known) == identity(&file)) {
                    files.push(file);
                }
            }
        }
        Ok(())
    }
}

/// A path that is the same for the same file, however it was written.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Suites in the folder where one was looked for.
fn neighbours(path: &Path) -> Vec<String> {
    let beside = path.parent().unwrap_or_else(|| Path::new(""));
    let mut names = suites_in(beside, "");
    // In the root of a project suites lie one folder further down, and the files beside are none.
    let further = suites_in(&beside.join(FOLDER), FOLDER);
    if !further.is_empty() {
        names = further;
    }
    names.sort();
    names
}

/// Where a project keeps its suites.
const FOLDER: &str = "suites";

fn suites_in(folder: &Path, prefix: &str) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.map(|e| if prefix.is_empty() { String::new() } else { format!("{prefix}/") } + &e.file_name().to_string_lossy());
    named.filter(|name| name.ends_with(".toml")).collect()
}
