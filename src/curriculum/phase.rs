//! The phases of a training configuration, and the personas that a configuration names.

use super::tree::Node;
use crate::error::Result;
use crate::persona::Registry;

pub(super) const PHASE_KEYS: [&str; 4] = ["name", "personas", "learning_rate", "share"];
/// The word that stands for every persona of the registry.
pub(super) const ALL: &str = "all";
/// How far shares that are written with a few digits may be from their sum.
pub(super) const NEAR: f64 = 1e-6;

/// One phase of the curriculum.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// Ids of its personas, in the order of the file, or of the registry for `all`.
    pub personas: Vec<String>,
    /// The learning rate of the trainer.
    pub learning_rate: f64,
    /// Its share of the total; those of all phases sum to 1.
    pub share: f64,
}

/// The id, if a persona of the registry has it.
pub(super) fn known_persona<'a>(node: &Node, id: &'a str, registry: &Registry) -> Result<&'a str> {
    if registry.get(id).is_some() {
        return Ok(id);
    }
    Err(node
        .error(format!("unknown persona `{id}`"))
        .expected(format!("the id of a persona in {}", registry.path().display()))
        .known(id, registry.ids()))
}

/// The personas of a list, each known and given once.
pub(super) fn read_personas(node: &Node, registry: &Registry) -> Result<Vec<String>> {
    let mut personas: Vec<String> = Vec::new();
    for item in node.list()? {
        let id = known_persona(item, item.text()?, registry)?;
        if personas.iter().any(|p| p == id) {
            return Err(item.error(format!("`{id}` is given twice")).expected("each persona once"));
        }
        personas.push(id.to_owned());
    }
    Ok(personas)
}

/// The phases of the list, each with a name of its own; their shares sum to 1.
pub(super) fn read_phases(node: &Node, registry: &Registry) -> Result<Vec<Phase>> {
    let mut phases: Vec<Phase> = Vec::new();
    let items = node.list()?;
    // Shares are given to all or to none, which makes them equal.
    let any = items.iter().any(|item| item.section(&PHASE_KEYS).is_ok_and(|s| s.get("share").is_some()));
    for item in items {
        let section = item.section(&PHASE_KEYS)?;
        let name = section.need("name", "the name of the phase")?;
        let personas = section.need("personas", "a list of personas, or `all`")?;
        if phases.iter().any(|p| name.text().is_ok_and(|n| n == p.name)) {
            return Err(name.error(format!("the phase `{}` is given twice", name.text()?)));
        }
        let rate = section.need("learning_rate", "e.g. 2e-5")?;
        let share = match any {
            true => section
                .need("share", "the phase's share of the total; leave it out of all phases for equal ones")?
                .number("a share above 0, up to 1", |s| s > 0.0 && s <= 1.0)?,
            false => 1.0 / items.len() as f64,
        };
        phases.push(Phase {
            name: name.text()?.to_owned(),
            personas: match personas.is_text() {
                true if personas.text()? == ALL => registry.ids().map(str::to_owned).collect(),
                true => return Err(personas.error("this is text").expected("a list of personas, or `all`")),
                false => read_personas(personas, registry)?,
            },
            learning_rate: rate.number("a number above 0, up to 1", |r| r > 0.0 && r <= 1.0)?,
            share,
        });
    }
    let sum: f64 = phases.iter().map(|p| p.share).sum();
    if (sum - 1.0).abs() > NEAR {
        let told = format!("the shares of the phases sum to {sum:.4}");
        return Err(node.error(told).expected("1, so that the phases take up the total"));
    }
    Ok(phases)
}
