//! Settings that a suite may take from the files that it includes.

use super::condition::read_count;
use super::generation::Generation;
use super::instrument::Instrument;
use crate::document::{Field, Placed, Section};
use crate::error::{Error, Result};
use crate::persona::{self, Registry, Sampling};

/// Settings of one file: each may be left to the files that it includes.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) personas: Option<Placed<Vec<String>>>,
    pub(super) base: Option<Placed<String>>,
    pub(super) embedder: Option<Placed<String>>,
    pub(super) instrument: Option<Placed<Instrument>>,
    pub(super) task_max_new_tokens: Option<Placed<usize>>,
    pub(super) condition_personas: Option<Placed<Vec<String>>>,
    pub(super) condition_prompts: Option<Placed<usize>>,
    temperature: Option<Placed<f32>>,
    top_p: Option<Placed<f32>>,
    top_k: Option<Placed<usize>>,
    repetition_penalty: Option<Placed<f32>>,
    max_new_tokens: Option<Placed<usize>>,
    samples: Option<Placed<usize>>,
}

/// Most answers for each persona and prompt.
const MAX_SAMPLES: usize = 100;

impl Settings {
    /// The keys that [`Settings::read`] takes from a suite's top level.
    pub(super) const KEYS: [&'static str; 7] =
        ["personas", "base", "embedder", "instrument", "generation", "task_max_new_tokens", "conditions"];

    pub(super) fn read(root: &Section<'_>, registry: &Registry) -> Result<Self> {
        let mut settings = Self {
            personas: root.get("personas").map(|f| read_personas(f, registry)).transpose()?,
            base: placed(root, "base", |f| f.text().map(str::to_owned))?,
            embedder: placed(root, "embedder", |f| f.text().map(str::to_owned))?,
            instrument: placed(root, "instrument", Instrument::read)?,
            task_max_new_tokens: placed(root, "task_max_new_tokens", persona::max_tokens)?,
            ..Self::default()
        };
        if let Some(field) = root.get("conditions") {
            let table = field.section(&["personas", "prompts"])?;
            settings.condition_personas =
                table.get("personas").map(|f| read_personas(f, registry)).transpose()?;
            settings.condition_prompts = placed(&table, "prompts", read_count)?;
        }
        if let Some(field) = root.get("generation") {
            let table = field.section(&[
                "temperature",
                "top_p",
                "top_k",
                "repetition_penalty",
                "max_new_tokens",
                "samples",
            ])?;
            settings.temperature = placed(&table, "temperature", persona::temperature)?;
            settings.top_p = placed(&table, "top_p", persona::top_p)?;
            settings.top_k = placed(&table, "top_k", persona::top_k)?;
            settings.repetition_penalty = placed(&table, "repetition_penalty", persona::repetition_penalty)?;
            settings.max_new_tokens = placed(&table, "max_new_tokens", persona::max_tokens)?;
            settings.samples = placed(&table, "samples", |f| f.count_in(1..=MAX_SAMPLES))?;
        }
        Ok(settings)
    }

    /// These settings, and for those that are not set the ones of the included files.
    ///
    /// # Errors
    /// Two included files differ in a setting that this file leaves to them.
    pub(super) fn over(self, included: &[Settings]) -> Result<Self> {
        Ok(Self {
            personas: settle("personas", self.personas, included.iter().map(|s| &s.personas))?,
            base: settle("base", self.base, included.iter().map(|s| &s.base))?,
            embedder: settle("embedder", self.embedder, included.iter().map(|s| &s.embedder))?,
            instrument: settle("instrument", self.instrument, included.iter().map(|s| &s.instrument))?,
            task_max_new_tokens: settle(
                "task_max_new_tokens",
                self.task_max_new_tokens,
                included.iter().map(|s| &s.task_max_new_tokens),
            )?,
            condition_personas: settle(
                "conditions.personas",
                self.condition_personas,
                included.iter().map(|s| &s.condition_personas),
            )?,
            condition_prompts: settle(
                "conditions.prompts",
                self.condition_prompts,
                included.iter().map(|s| &s.condition_prompts),
            )?,
            temperature: settle("temperature", self.temperature, included.iter().map(|s| &s.temperature))?,
            top_p: settle("top_p", self.top_p, included.iter().map(|s| &s.top_p))?,
            top_k: settle("top_k", self.top_k, included.iter().map(|s| &s.top_k))?,
            repetition_penalty: settle(
                "repetition_penalty",
                self.repetition_penalty,
                included.iter().map(|s| &s.repetition_penalty),
            )?,
            max_new_tokens: settle(
                "max_new_tokens",
                self.max_new_tokens,
                included.iter().map(|s| &s.max_new_tokens),
            )?,
            samples: settle("samples", self.samples, included.iter().map(|s| &s.samples))?,
        })
    }

    /// The sampling of the shared prompts, complete.
    pub(super) fn generation(&self, root: &Field) -> Result<Generation> {
        let missing = |key: &str| {
            root.error(format!("the suite has shared prompts, and `{key}` is not set"))
                .expected(format!("[generation] with `{key}`, here or in an included file"))
        };
        let value = |setting: &Option<Placed<f32>>| setting.as_ref().map(|s| s.value);
        Ok(Generation {
            sampling: Sampling {
                temperature: value(&self.temperature).ok_or_else(|| missing("temperature"))?,
                top_p: value(&self.top_p).ok_or_else(|| missing("top_p"))?,
                top_k: self.top_k.as_ref().map(|s| s.value),
                repetition_penalty: value(&self.repetition_penalty).unwrap_or(1.0),
                max_tokens: self
                    .max_new_tokens
                    .as_ref()
                    .map(|s| s.value)
                    .ok_or_else(|| missing("max_new_tokens"))?,
            },
            samples: self.samples.as_ref().map_or(1, |s| s.value),
        })
    }
}

fn placed<T>(
    section: &Section<'_>,
    key: &str,
    read: impl Fn(&Field) -> Result<T>,
) -> Result<Option<Placed<T>>> {
    section.get(key).map(|field| Ok(Placed::new(read(field)?, field))).transpose()
}

fn read_personas(field: &Field, registry: &Registry) -> Result<Placed<Vec<String>>> {
    if field.is_text() {
        return match field.text()? {
            "all" => Ok(Placed::new(registry.ids().map(str::to_owned).collect(), field)),
            other => Err(field
                .error(format!("`{other}` is neither `all` nor a list"))
                .expected("personas = \"all\", or a list of ids in square brackets")),
        };
    }
    let chosen = field.texts()?;
    for item in field.list()? {
        let id = item.text()?;
        if registry.get(id).is_none() {
            return Err(item
                .error(format!("unknown persona `{id}`"))
                .expected(format!("the id of a persona in {}", registry.path().display()))
                .known(id, registry.ids()));
        }
    }
    // In the order of the registry, so that equal choices are equal runs.
    let ids = registry.ids().filter(|id| chosen.iter().any(|c| c == id)).map(str::to_owned);
    Ok(Placed::new(ids.collect(), field))
}

fn settle<'a, T: Clone + PartialEq + 'a>(
    key: &str,
    own: Option<Placed<T>>,
    included: impl Iterator<Item = &'a Option<Placed<T>>>,
) -> Result<Option<Placed<T>>> {
    if own.is_some() {
        return Ok(own);
    }
    let mut settled: Option<&Placed<T>> = None;
    for setting in included.flatten() {
        match settled {
            Some(first) if first.value != setting.value => return Err(conflict(key, first, setting)),
            Some(_) => {}
            None => settled = Some(setting),
        }
    }
    Ok(settled.cloned())
}

fn conflict<T>(key: &str, first: &Placed<T>, second: &Placed<T>) -> Error {
    second
        .error(format!("two included files set `{key}` differently"))
        .expected(format!("the value of {}", first.spot()))
        .help(format!("set `{key}` in the file that includes both"))
}
