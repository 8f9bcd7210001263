//! Sums that differ from their rows: rules on steps, phases, the final total, and numbers that are named twice.

use super::inconsistencies::Inconsistency;
use super::plan::{Plan, Step};
use super::stated::Stated;

/// Steps that bring something else than their rows.
pub(super) fn of_steps(plan: &Plan) -> Vec<Inconsistency> {
    let differs = |step: &Step| {
        let adds = step.adds.as_ref().filter(|_| !step.sets.is_empty())?;
        let sum = Stated::sum(step.sets.iter().map(|s| &s.count));
        (!sum.agrees(adds)).then(|| Inconsistency {
            rule: "step_against_rows",
            place: step.place.clone(),
            what: format!("`{}` is said to bring {}, its rows add up to {}", step.name, adds.text, sum.text),
            stated: adds.text.clone(),
            found: sum.text,
            hint: None,
        })
    };
    plan.steps.iter().filter_map(differs).collect()
}

/// Phases that bring something else than their parts or than the rows of their steps, and a final total that is not the start
/// with its phases.
pub(super) fn of_phases(plan: &Plan) -> Vec<Inconsistency> {
    let mut all = Vec::new();
    for phase in &plan.phases {
        let parts = Stated::sum(phase.parts.iter().map(|p| &p.count));
        let steps = plan.steps.iter().filter(|s| s.phase.as_ref() == Some(&phase.name));
        let rows: Vec<&Stated> = steps.flat_map(|s| s.sets.iter().map(|set| &set.count)).collect();
        let sums = [
            ("its parts", parts, phase.parts.is_empty()),
            ("the rows of its steps", Stated::sum(rows.iter().copied()), rows.is_empty()),
        ];
        for (of, sum, _) in sums.into_iter().filter(|(_, sum, empty)| !empty && !sum.agrees(&phase.total)) {
            all.push(Inconsistency {
                rule: "phase_against_parts",
                place: phase.place.clone(),
                what: format!(
                    "{} is said to bring {}, {of} add up to {}",
                    phase.name, phase.total.text, sum.text
                ),
                stated: phase.total.text.clone(),
                found: sum.text,
                hint: None,
            });
        }
    }
    all.extend(of_final(plan));
    all
}

fn of_final(plan: &Plan) -> Option<Inconsistency> {
    let last = plan.last.as_ref()?;
    let start = last.start.as_ref()?;
    // What the parts say is nearer to what will be there than a phase's own range.
    let phases = plan.phases.iter().filter(|p| last.phases.contains(&p.name));
    let brought = phases.map(|p| match p.parts.is_empty() {
        true => p.total.clone(),
        false => Stated::sum(p.parts.iter().map(|part| &part.count)),
    });
    let brought: Vec<Stated> = brought.collect();
    let sum = Stated::sum(brought.iter().chain([start]));
    (!sum.agrees(&last.total)).then(|| Inconsistency {
        rule: "total_against_phases",
        place: last.place.clone(),
        what: format!(
            "{} are said to be there in the end; {} and {} add up to {}",
            last.total.text,
            start.text,
            last.phases.join(", "),
            sum.text
        ),
        stated: last.total.text.clone(),
        found: sum.text,
        hint: None,
    })
}

/// One thing with two numbers.
pub(super) fn of_repeated(plan: &Plan) -> Vec<Inconsistency> {
    let mut all = Vec::new();
    for (i, later) in plan.stated.iter().enumerate() {
        let first = plan.stated[..i].iter().find(|s| s.what == later.what);
        if let Some(first) = first.filter(|first| !first.number.agrees(&later.number)) {
            all.push(Inconsistency {
                rule: "one_thing_two_numbers",
                place: later.place.clone(),
                what: format!(
                    "{} are {} here and {} there ({})",
                    later.what, later.number.text, first.number.text, first.place
                ),
                stated: later.number.text.clone(),
                found: first.number.text.clone(),
                hint: None,
            });
        }
    }
    all
}
