//! Sentences on where a phase is not what was wanted, and what would help.

use super::config::Config;
use super::phase::Phase;
use super::report::{PhaseReport, TraitReport};
use crate::list::grouped;

/// The notes on a phase.
pub(super) fn of(config: &Config, phase: &Phase, report: &PhaseReport) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    notes.extend(smaller(config, report));
    let weight = |id: &str| config.persona_weights.get(id).copied();
    for (id, persona) in report.personas.iter().filter(|(_, p)| p.taken < p.wanted && p.taken == p.available)
    {
        if weight(id).is_some() {
            let (taken, wanted) = (grouped(persona.taken), grouped(persona.wanted));
            notes.push(format!("`{id}` is short: {taken} of the {wanted} that its weight asks for"));
        }
    }
    for (id, persona) in report.personas.iter().filter(|(_, p)| p.synthetic_needed > 0) {
        let (needed, factor) = (grouped(persona.synthetic_needed), config.factor(id));
        notes.push(format!(
            "`{id}` wants {needed} synthetic examples, within its factor of {factor}: data synthesise"
        ));
    }
    let mut without: Vec<&str> =
        phase.personas.iter().map(String::as_str).filter(|id| !report.personas.contains_key(*id)).collect();
    without.sort_unstable();
    if !without.is_empty() {
        notes.push(format!("no examples of {}", listed(&without)));
    }
    notes.extend(report.traits.iter().filter(|(_, t)| !t.feasible).map(|(name, t)| unmet(name, t)));
    notes
}

/// Why the phase is smaller than wanted.
fn smaller(config: &Config, report: &PhaseReport) -> Option<String> {
    if report.size >= report.wanted {
        return None;
    }
    let capped: Vec<&str> = report
        .personas
        .iter()
        .filter(|(id, p)| config.persona_weights.contains_key(*id) && p.taken < p.available)
        .map(|(id, _)| id.as_str())
        .collect();
    let (size, wanted) = (grouped(report.size), grouped(report.wanted));
    let why = if report.personas.values().all(|p| p.available == 0) {
        "because its personas have no examples".to_owned()
    } else if report.personas.values().all(|p| p.wanted == 0) {
        "because its personas have no share: the weights of others leave them none".to_owned()
    } else if capped.is_empty() {
        "because that is every example of its personas that have a share".to_owned()
    } else {
        format!("because more would pass the weight of {}, and the others have no more", listed(&capped))
    };
    Some(format!("the phase has {size} of {wanted}, {why}"))
}

/// Why a trait's demand is not met.
fn unmet(name: &str, report: &TraitReport) -> String {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let mut text = format!(
        "`{name}` cannot be met: {} wanted, {} at the nearest feasible point",
        percent(report.wanted_share),
        percent(report.reached_share)
    );
    let (least, most) = report.possible_shares;
    if report.wanted_share > most {
        text.push_str(&format!("; the persona counts allow {} at most", percent(most)));
    } else if report.wanted_share < least {
        text.push_str(&format!("; the persona counts allow {} at least", percent(least)));
    }
    if !report.bound_by.is_empty() {
        let ids: Vec<&str> = report.bound_by.iter().map(String::as_str).collect();
        let few = report.reached_share < report.wanted_share;
        text.push_str(&format!("; {} too {} that show it", of_whom(&ids), if few { "few" } else { "many" }));
    }
    if !report.against.is_empty() {
        let names: Vec<&str> = report.against.iter().map(String::as_str).collect();
        text.push_str(&format!("; against it stands the demand for {}", listed(&names)));
    }
    text
}

fn of_whom(ids: &[&str]) -> String {
    format!("{} {}", listed(ids), if ids.len() == 1 { "has" } else { "have" })
}

/// Names in a sentence, the first few of them.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 6;
    let mut text = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
