//! What a plan says of the present: rules on counts by category, by persona, and on what is missing.

use std::collections::BTreeSet;

use super::gaps::Status;
use super::inconsistencies::Inconsistency;
use super::plan::{Need, Plan, PlannedCategory};
use super::share::Range;
use super::stated::Stated;
use crate::list::few;

/// Names that a sentence lists.
const NAMED: usize = 6;

/// Counts by category against the whole and against their personas, and personas that are named against how many there are said
/// to be.
pub(super) fn of_present(plan: &Plan) -> Vec<Inconsistency> {
    let mut all = Vec::new();
    if let Some(present) = &plan.present {
        let sum = Stated::sum(plan.categories.iter().map(|c| &c.count));
        if !plan.categories.is_empty() && !sum.agrees(&present.total) {
            all.push(Inconsistency {
                rule: "categories_of_the_whole",
                place: present.place.clone(),
                what: format!(
                    "the categories add up to {}, there are said to be {}",
                    sum.text, present.total.text
                ),
                stated: present.total.text.clone(),
                found: sum.text.clone(),
                hint: (sum.high < present.total.low).then(|| {
                    format!("{:.1} % of them have a category", 100.0 * sum.middle() / present.total.middle())
                }),
            });
        }
        let named: BTreeSet<&str> =
            plan.categories.iter().flat_map(|c| c.personas.iter().map(String::as_str)).collect();
        let told = present.personas.as_ref().filter(|_| !named.is_empty());
        if let Some(told) = told.filter(|told| !told.agrees(&Stated::exact(named.len() as u64))) {
            all.push(Inconsistency {
                rule: "personas_named",
                place: present.place.clone(),
                what: format!(
                    "{} personas are said to be there, the categories name {}",
                    told.text,
                    named.len()
                ),
                stated: told.text.clone(),
                found: named.len().to_string(),
                hint: None,
            });
        }
    }
    all.extend(plan.categories.iter().filter_map(|c| of_category(plan, c)));
    all
}

/// Personas of a row with more examples than the row; or with all of them, so that nothing is left for the others it names.
fn of_category(plan: &Plan, row: &PlannedCategory) -> Option<Inconsistency> {
    let counted = row.personas.iter().filter_map(|id| plan.personas.iter().find(|p| p.id == *id));
    let counted: Vec<_> = counted.collect();
    let sum = Stated::sum(counted.iter().map(|p| &p.before));
    let others: Vec<&String> =
        row.personas.iter().filter(|id| !counted.iter().any(|p| p.id == **id)).collect();
    let name = row.category.label();
    let (rule, what) = if counted.is_empty() {
        return None;
    } else if sum.low > row.count.high || (others.is_empty() && !sum.agrees(&row.count)) {
        let what = format!("the personas of {name} have {}, the category {}", sum.text, row.count.text);
        ("personas_of_a_category", what)
    } else if !others.is_empty() && sum.low >= row.count.high {
        let told: Vec<String> = counted.iter().map(|p| format!("{} {}", p.id, p.before.text)).collect();
        let what = format!(
            "{name} names {} too, but {} is all of its {}",
            few(&others, NAMED),
            few(&told, NAMED),
            row.count.text
        );
        ("nothing_is_left", what)
    } else {
        return None;
    };
    Some(Inconsistency {
        rule,
        place: row.place.clone(),
        what,
        stated: row.count.text.clone(),
        found: sum.text,
        hint: None,
    })
}

/// What is said to be missing or there already, against the shares now, and what is needed, against what comes.
pub(super) fn of_needs(plan: &Plan) -> Vec<Inconsistency> {
    plan.needs.iter().flat_map(|need| [of_now(plan, need), of_size(plan, need)]).flatten().collect()
}

fn of_now(plan: &Plan, need: &Need) -> Option<Inconsistency> {
    let persona = plan.personas.iter().find(|p| p.id == need.persona)?;
    let (share, now) = (need.share.or(persona.target)?, need.now?);
    if plan.categories.is_empty() {
        return None;
    }
    let total = Stated::sum(plan.categories.iter().map(|c| &c.count));
    let found = persona.before.middle() / total.middle();
    let range = Range { low: share, high: share };
    let contradicted = match now {
        Status::Under => found >= range.low.value(),
        Status::Over => found <= range.high.value(),
        Status::Within => false,
    };
    let side = match now {
        Status::Over => "over",
        _ => "under",
    };
    contradicted.then(|| Inconsistency {
        rule: "status_of_the_present",
        place: need.place.clone(),
        what: format!(
            "{} is said to be {side}represented; {} of the {} that are counted are {:.1} %, its target is {share}",
            need.persona,
            persona.before.text,
            total.text,
            100.0 * found
        ),
        stated: share.to_string(),
        found: format!("{:.1} %", 100.0 * found),
        hint: None,
    })
}

/// The examples needed are not the share of what there will be.
fn of_size(plan: &Plan, need: &Need) -> Option<Inconsistency> {
    let (count, share, last) = (need.count.as_ref()?, need.share?, plan.last.as_ref()?);
    let of_total = Stated::between(share.value() * last.total.low, share.value() * last.total.high);
    (!count.agrees(&of_total)).then(|| Inconsistency {
        rule: "need_against_size",
        place: need.place.clone(),
        what: format!(
            "{} is said to need {}; {share} of {} are {}",
            need.persona, count.text, last.total.text, of_total.text
        ),
        stated: count.text.clone(),
        found: of_total.text,
        hint: None,
    })
}
