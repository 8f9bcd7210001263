//! A plan's own numbers: what it says there is, what it adds, and what it says will come of it.

use super::gaps::Status;
use super::share::{Range, Share};
use super::stated::Stated;
use super::targets::{Subject, Target, Targets};
use crate::persona::Category;

/// What a plan claims, from a TOML file: one table a claim, each with `where` it stands in the plan. Numbers are written as the
/// plan writes them; every list may be left out.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// `[present]`: what there is.
    pub present: Option<Present>,
    /// `[[category]]`: what there is of each, and its target.
    pub categories: Vec<PlannedCategory>,
    /// `[[persona]]`: before and after, and its target.
    pub personas: Vec<PlannedPersona>,
    /// `[[need]]`: what the plan finds missing.
    pub needs: Vec<Need>,
    /// `[[weight]]`: shares that sampling is to enforce.
    pub weights: Vec<Weight>,
    /// `[[phase]]`: totals with their parts.
    pub phases: Vec<Phase>,
    /// `[[step]]`: sets that are added together.
    pub steps: Vec<Step>,
    /// `[final]`: what there will be.
    pub last: Option<Final>,
    /// `[[stated]]`: one thing, with its number wherever it is named.
    pub stated: Vec<Repeated>,
}

/// How much there is.
#[derive(Debug, Clone)]
pub struct Present {
    /// Examples.
    pub total: Stated,
    /// Personas.
    pub personas: Option<Stated>,
    /// File, line, and where in the plan; so in all claims.
    pub place: String,
}

/// A row of a table of categories.
#[derive(Debug, Clone)]
pub struct PlannedCategory {
    /// Which.
    pub category: Category,
    /// Its examples.
    pub count: Stated,
    /// Its target.
    pub target: Option<Range>,
    /// The personas that the row names.
    pub personas: Vec<String>,
    /// As in [`Present`].
    pub place: String,
    pub(super) line: usize,
}

/// A row of a table of personas.
#[derive(Debug, Clone)]
pub struct PlannedPersona {
    /// Its id.
    pub id: String,
    /// Its examples now.
    pub before: Stated,
    /// Its examples when all is done.
    pub after: Option<Stated>,
    /// Its target.
    pub target: Option<Share>,
    /// Whether the plan says that it then has enough.
    pub enough: bool,
    /// As in [`Present`].
    pub place: String,
    pub(super) line: usize,
}

/// What is missing, or there already, of a persona.
#[derive(Debug, Clone)]
pub struct Need {
    /// The persona's id.
    pub persona: String,
    /// What the plan says of its share now.
    pub now: Option<Status>,
    /// The share that it needs.
    pub share: Option<Share>,
    /// The examples that it needs.
    pub count: Option<Stated>,
    /// As in [`Present`].
    pub place: String,
}

/// A share that sampling is to enforce.
#[derive(Debug, Clone)]
pub struct Weight {
    /// The persona's id.
    pub persona: String,
    /// Its share.
    pub share: Share,
    /// As in [`Present`].
    pub place: String,
}

/// A total with its parts.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// What it is said to bring.
    pub total: Stated,
    /// What it consists of.
    pub parts: Vec<Part>,
    /// As in [`Present`].
    pub place: String,
}

/// A part of a phase.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its examples.
    pub count: Stated,
}

/// Sets that are added together.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// The phase that it belongs to.
    pub phase: Option<String>,
    /// What it is said to bring.
    pub adds: Option<Stated>,
    /// What it is said to do for a persona.
    pub impact: Option<Impact>,
    /// Its rows.
    pub sets: Vec<PlannedSet>,
    /// As in [`Present`].
    pub place: String,
}

/// From how many to how many examples a persona comes.
#[derive(Debug, Clone)]
pub struct Impact {
    /// The persona's id.
    pub persona: String,
    /// Before.
    pub from: Stated,
    /// After.
    pub to: Stated,
}

/// One set that is added.
#[derive(Debug, Clone)]
pub struct PlannedSet {
    /// Its name.
    pub name: String,
    /// Its examples.
    pub count: Stated,
    /// The persona that they are for.
    pub persona: String,
}

/// How much there will be.
#[derive(Debug, Clone)]
pub struct Final {
    /// Examples.
    pub total: Stated,
    /// Examples before all phases.
    pub start: Option<Stated>,
    /// The phases that are added.
    pub phases: Vec<String>,
    /// The range that every category is said to lie in.
    pub balance: Option<Range>,
    /// As in [`Present`].
    pub place: String,
}

/// A number for something that has one in other places too.
#[derive(Debug, Clone)]
pub struct Repeated {
    /// What it is of.
    pub what: String,
    /// The number.
    pub number: Stated,
    /// As in [`Present`].
    pub place: String,
}

impl Plan {
    /// The targets in its tables.
    pub fn targets(&self, file: &str) -> Targets {
        let categories = self.categories.iter().filter_map(|c| {
            Some(Target { subject: Subject::Category(c.category), range: c.target?, line: c.line })
        });
        let personas = self.personas.iter().filter_map(|p| {
            let range = Range { low: p.target?, high: p.target? };
            Some(Target { subject: Subject::Persona(p.id.clone()), range, line: p.line })
        });
        Targets { file: file.to_owned(), all: categories.chain(personas).collect() }
    }
}
