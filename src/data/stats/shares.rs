//! Shares that no data set can have: rules on targets, weights and balance.

use super::inconsistencies::Inconsistency;
use super::plan::Plan;
use super::share::{Range, Share};
use super::targets::{Subject, Target, Targets};
use crate::list::few;
use crate::persona::{Category, Registry};

/// Names that a sentence lists.
const NAMED: usize = 9;

/// A share in hundredths of a per cent as text, 100 % and more too.
fn percent(hundredths: u32) -> String {
    format!("{} %", f64::from(hundredths) / 100.0)
}

/// Targets that cannot all be met: the leasts of all parts above 100 %, the mosts of all below; the same of the personas of a
/// category, against the category's own range.
pub(super) fn of_targets(targets: &Targets, registry: &Registry) -> Vec<Inconsistency> {
    let is_category = |t: &&Target| matches!(t.subject, Subject::Category(_));
    let categories: Vec<&Target> = targets.all.iter().filter(is_category).collect();
    let personas: Vec<&Target> = targets.all.iter().filter(|t| !is_category(t)).collect();
    let whole = Range { low: Share::WHOLE, high: Share::WHOLE };
    let mut all = Vec::new();
    let complete = categories.len() == Category::ALL.len();
    all.extend(of_parts(targets, &categories, "the categories", ("everything", whole), complete));
    let complete = personas.len() == registry.personas().len();
    all.extend(of_parts(targets, &personas, "the personas", ("everything", whole), complete));
    for category in Category::ALL {
        let Some(target) = targets.of(&Subject::Category(category)) else { continue };
        let in_category = |t: &&&Target| t.subject.category(registry) == Some(category);
        let mine: Vec<&Target> = personas.iter().filter(in_category).copied().collect();
        let there = registry.personas().iter().filter(|p| p.category == category).count();
        let name = format!("the personas of {}", category.label());
        all.extend(of_parts(targets, &mine, &name, (category.label(), target.range), mine.len() == there));
    }
    all
}

/// Parts whose leasts are above the whole's most, or, where no part is missing, whose mosts are below its least.
fn of_parts(
    targets: &Targets,
    parts: &[&Target],
    name: &str,
    (of, whole): (&str, Range),
    complete: bool,
) -> Option<Inconsistency> {
    let sum = |end: fn(&Range) -> Share| parts.iter().map(|t| end(&t.range).as_hundredths()).sum::<u32>();
    let (low, high) = (sum(|r| r.low), sum(|r| r.high));
    let first = parts.first()?;
    let single = parts.iter().all(|t| t.range.low == t.range.high);
    let (word, stated, found) = if low > whole.high.as_hundredths() {
        (if single { "shares" } else { "least shares" }, whole.high, low)
    } else if complete && high < whole.low.as_hundredths() {
        (if single { "shares" } else { "greatest shares" }, whole.low, high)
    } else {
        return None;
    };
    let listed: Vec<String> = parts
        .iter()
        .map(|t| {
            let end = if found == low { t.range.low } else { t.range.high };
            format!("{} {end}", t.subject)
        })
        .collect();
    Some(Inconsistency {
        rule: "shares_of_a_whole",
        place: format!("{}:{}", targets.file, first.line),
        what: format!("the {word} of {name} add up to {}, {of} is {stated}", percent(found)),
        stated: stated.to_string(),
        found: percent(found),
        hint: Some(few(&listed, NAMED)),
    })
}

/// Weights of sampling that are not the persona's target.
pub(super) fn of_weights(plan: &Plan) -> Vec<Inconsistency> {
    let differs = |w: &super::plan::Weight| {
        let target = plan.personas.iter().find(|p| p.id == w.persona)?.target?;
        (target != w.share).then(|| Inconsistency {
            rule: "weight_against_target",
            place: w.place.clone(),
            what: format!("sampling holds {} at {}, its target is {target}", w.persona, w.share),
            stated: w.share.to_string(),
            found: target.to_string(),
            hint: None,
        })
    };
    plan.weights.iter().filter_map(differs).collect()
}

/// Targets of categories that reach outside of the range in which all are said to lie.
pub(super) fn of_balance(plan: &Plan) -> Vec<Inconsistency> {
    let Some((last, balance)) = plan.last.as_ref().and_then(|l| l.balance.map(|b| (l, b))) else {
        return Vec::new();
    };
    let outside = |c: &super::plan::PlannedCategory| {
        let target = c.target?;
        (target.low < balance.low || target.high > balance.high).then(|| Inconsistency {
            rule: "balance_against_target",
            place: last.place.clone(),
            what: format!(
                "every category is said to lie in {balance}, the target of {} is {target}",
                c.category.label()
            ),
            stated: balance.to_string(),
            found: target.to_string(),
            hint: None,
        })
    };
    plan.categories.iter().filter_map(outside).collect()
}
