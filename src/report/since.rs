//! What changed since the baseline, in words.

use super::number::{count, figure, list};
use crate::record::{Collapse, Comparison, Record};
use crate::stats::Estimate;

/// The metric that tells how far the personas stand apart.
const DISTANCE: &str = "separability.persona.margin";
/// Names in a sentence.
const NAMED: usize = 3;

/// What changed since the baseline in a few sentences; none without a comparison.
///
/// Which adapters, whether the personas stand closer together, and who lost the distance to the others.
pub fn since(record: &Record) -> Option<String> {
    let found = record.comparison.as_ref()?;
    let mut told = vec![format!("Since {} {}.", found.before, adapters(found))];
    told.extend(found.metrics.iter().find(|m| m.metric == DISTANCE).map(|m| distance(&m.difference)));
    if found.left_out.iter().any(|l| l.contains(DISTANCE)) {
        told.push(
            "How far personas stand apart was measured otherwise then, and is not compared.".to_owned(),
        );
    }
    if !found.personas.is_empty() {
        told.push(lost(found));
    }
    Some(told.join(" "))
}

fn adapters(found: &Comparison) -> String {
    let names: Vec<&str> = found.adapters.iter().map(|a| a.split(':').next().unwrap_or(a)).collect();
    match names.len() {
        0 => "no adapter changed".to_owned(),
        1 => format!("the adapter {} changed", names[0]),
        _ => format!("the adapters {} changed", list(&names, NAMED)),
    }
}

fn distance(e: &Estimate) -> String {
    let size = |v: f64| figure(v.abs());
    match (e.high < 0.0, e.low > 0.0) {
        (true, _) => {
            format!(
                "Personas stand {} closer together [{}, {}] (margin, cosine).",
                size(e.point),
                size(e.high),
                size(e.low)
            )
        }
        (_, true) => {
            format!(
                "Personas stand {} further apart [{}, {}] (margin, cosine).",
                size(e.point),
                size(e.low),
                size(e.high)
            )
        }
        _ if e.low == 0.0 && e.high == 0.0 => "Personas stand exactly as far apart as before.".to_owned(),
        _ => format!(
            "Personas stand as far apart as before, as far as can be told (margin {}).",
            super::number::change(e)
        ),
    }
}

fn lost(found: &Comparison) -> String {
    let of = count(found.personas.len(), "persona");
    let names: Vec<&str> = found.collapsed.iter().map(|c| c.persona.as_str()).collect();
    match names.len() {
        0 => format!("None of {of} lost its distance to the others."),
        1 => format!("1 of {of} lost its distance: {}.", names[0]),
        n => format!("{n} of {of} lost their distance: {}.", list(&names, NAMED)),
    }
}

/// For whom a persona was taken, and now is: `was nearest to A (9) and B (4); now to C (14)`.
pub fn confusers(found: &Collapse) -> String {
    let named = |all: &[(String, usize)]| {
        let each: Vec<String> = all.iter().map(|(who, n)| format!("{who} ({n})")).collect();
        let each: Vec<&str> = each.iter().map(String::as_str).collect();
        if each.is_empty() { "nobody".to_owned() } else { list(&each, NAMED) }
    };
    format!("was nearest to {}; now to {}", named(&found.before), named(&found.after))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn what_changed_is_told_in_words() {
        let mut record = sample::record();
        let told = since(&record).expect("compared");
        assert!(
            told.starts_with("Since 2026-01-01T030405Z-all the adapter emotive changed. Personas stand 0.0"),
            "{told}"
        );
        assert!(
            told.contains(" closer together [0.0") && told.contains("2 of 57 personas lost their distance: "),
            "{told}"
        );
        let found = record.comparison.as_mut().expect("compared");
        assert!(confusers(&found.collapsed[0]).contains("; now to "));
        found.adapters = ["a: 1", "b: 2", "c: 3", "d: 4"].map(str::to_owned).to_vec();
        found.collapsed.clear();
        let told = since(&record).expect("compared");
        assert!(told.contains("the adapters a, b, c and 1 more changed"), "{told}");
        assert!(told.ends_with("None of 57 personas lost its distance to the others."), "{told}");
        record.comparison = None;
        assert_eq!(since(&record), None);
    }
}
