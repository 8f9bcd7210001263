//! What a plan says of the future: rules on what comes of each persona, and on whether that is enough.

use super::inconsistencies::Inconsistency;
use super::plan::{Plan, PlannedPersona, Step};
use super::stated::Stated;

/// Sets and parts that a hint lists.
const NAMED: usize = 3;

/// What comes of each persona, against what there is with all rows that are for it; and steps that begin with another number
/// than there is.
pub(super) fn of_personas(plan: &Plan) -> Vec<Inconsistency> {
    let mut all = Vec::new();
    for step in &plan.steps {
        let Some(impact) = &step.impact else { continue };
        let row = plan.personas.iter().find(|p| p.id == impact.persona);
        if let Some(row) = row.filter(|row| !row.before.agrees(&impact.from)) {
            all.push(Inconsistency {
                rule: "before_against_before",
                place: step.place.clone(),
                what: format!(
                    "{} is said to have {} here and {} there ({})",
                    row.id, impact.from.text, row.before.text, row.place
                ),
                stated: impact.from.text.clone(),
                found: row.before.text.clone(),
                hint: None,
            });
        }
        let told = (&impact.from, &impact.to, step.place.as_str());
        all.extend(of_persona(plan, &impact.persona, told, Some(step)));
    }
    for row in &plan.personas {
        let Some(after) = &row.after else { continue };
        let impact = |s: &Step| s.impact.as_ref().is_some_and(|i| i.persona == row.id && i.to.agrees(after));
        // A table that repeats a step's number repeats its mistake.
        if !plan.steps.iter().any(impact) {
            all.extend(of_persona(plan, &row.id, (&row.before, after, &row.place), None));
        }
    }
    all
}

fn of_persona(
    plan: &Plan,
    id: &str,
    (from, to, place): (&Stated, &Stated, &str),
    step: Option<&Step>,
) -> Option<Inconsistency> {
    let mine = plan.steps.iter().flat_map(|s| &s.sets).filter(|set| set.persona == id);
    let rows: Vec<&Stated> = mine.map(|set| &set.count).collect();
    let sum = Stated::sum(rows.iter().copied().chain([from]));
    if sum.agrees(to) {
        return None;
    }
    Some(Inconsistency {
        rule: "after_against_rows",
        place: place.to_owned(),
        what: format!(
            "{id} is said to come from {} to {}; with the {} of the rows for it there would be {}",
            from.text,
            to.text,
            Stated::sum(rows.iter().copied()).text,
            sum.text
        ),
        stated: to.text.clone(),
        found: sum.text.clone(),
        hint: hint(plan, id, (from, to), &sum, step),
    })
}

/// What would make the number right: the rows of this step whatever their persona, its rows for this persona alone, or one of its sets
/// twice or a phase's part more.
fn hint(
    plan: &Plan,
    id: &str,
    (from, to): (&Stated, &Stated),
    sum: &Stated,
    step: Option<&Step>,
) -> Option<String> {
    let mut fits = Vec::new();
    if let Some(step) = step {
        let sum_of = |all: bool| {
            let rows = step.sets.iter().filter(move |s| all || s.persona == id).map(|s| &s.count);
            Stated::sum(rows.chain([from]))
        };
        let mixed = step.sets.iter().any(|s| s.persona != id);
        if mixed && sum_of(true).agrees(to) {
            fits.push(format!("all rows of `{}` were counted, whatever their persona", step.name));
        }
        if sum_of(false).agrees(to) {
            fits.push(format!("no rows but those of `{}` were counted", step.name));
        }
    }
    let sets = plan.steps.iter().flat_map(|s| &s.sets).filter(|s| s.persona == id);
    let sets = sets.map(|s| (&s.name, &s.count, "twice"));
    // A phase's part names no persona.
    let parts = plan.phases.iter().flat_map(|p| &p.parts).map(|p| (&p.name, &p.count, "too"));
    let more = sets.chain(parts).filter(|(_, count, _)| Stated::sum([sum, *count]).agrees(to));
    fits.extend(
        more.take(NAMED).map(|(name, count, how)| format!("`{name}` ({}) was counted {how}", count.text)),
    );
    (!fits.is_empty()).then(|| format!("it fits if {}", fits.join(", or if ")))
}

/// Personas that are said to have enough, though their share of all that the table projects is below their target, or their
/// examples below what is needed. The table's own sum is the smallest whole, so that no other makes the share larger.
pub(super) fn of_status(plan: &Plan) -> Vec<Inconsistency> {
    let total: f64 = plan.personas.iter().filter_map(|p| p.after.as_ref()).map(Stated::middle).sum();
    let enough = plan.personas.iter().filter(|p| p.enough);
    enough.flat_map(|p| [of_share(p, total), of_need(plan, p)]).flatten().collect()
}

fn of_share(persona: &PlannedPersona, total: f64) -> Option<Inconsistency> {
    let (after, target) = (persona.after.as_ref()?, persona.target?);
    // Read as kindly as it can be: this one at its most, the whole with it.
    let share = after.high / (total - after.middle() + after.high);
    (share < target.value()).then(|| Inconsistency {
        rule: "enough_against_target",
        place: persona.place.clone(),
        what: format!(
            "{} is said to have enough; {} of the {} that the table projects are {:.1} %, its target is {target}",
            persona.id,
            after.text,
            Stated::between(total, total).text,
            100.0 * after.middle() / total
        ),
        stated: target.to_string(),
        found: format!("{:.1} %", 100.0 * after.middle() / total),
        hint: None,
    })
}

fn of_need(plan: &Plan, persona: &PlannedPersona) -> Option<Inconsistency> {
    let after = persona.after.as_ref()?;
    let need = plan.needs.iter().find(|n| n.persona == persona.id)?;
    let count = need.count.as_ref().filter(|count| after.high < count.low)?;
    Some(Inconsistency {
        rule: "enough_against_need",
        place: persona.place.clone(),
        what: format!(
            "{} is said to have enough with {}, and to need {} ({})",
            persona.id, after.text, count.text, need.place
        ),
        stated: count.text.clone(),
        found: after.text.clone(),
        hint: None,
    })
}
