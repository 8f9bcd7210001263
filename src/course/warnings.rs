//! What a user should look at: before a training, while it goes on, and at its end.

use super::material::Material;
use super::syllabus::Syllabus;
use crate::curriculum::{Config, PhaseReport};
use crate::list::{count, few};
use crate::persona::StyleTrait;
use crate::train::{JournalLine, Look, TrainingRecord};

/// Loss of neutral text, in nats a token, from which an adapter has lost general ability: a tenth of a nat is a perplexity ten
/// percent higher.
const DRIFT: f64 = 0.1;
/// Share of the answers asked for from which an adapter says its training text by heart.
const BY_HEART: f64 = 0.25;
/// Held-out loss above its best, in nats a token, from which it rises: one percent of perplexity.
const RISE: f64 = 0.01;
/// Names in a warning.
const SHOWN: usize = 6;

/// What the examples and the plan tell already.
pub fn foreseen(config: &Config, material: &Material, syllabus: &Syllabus) -> Vec<String> {
    let mut all = Vec::new();
    if !material.rejects.is_empty() {
        let lines = count(material.rejects.len(), "line");
        all.push(format!("{lines} cannot be used"));
    }
    if !material.unlearned.is_empty() {
        let examples = count(material.unlearned.len(), "held-out example");
        all.push(format!("{examples} left out, of personas that nothing trains"));
    }
    let (skipped, cut) = syllabus.too_long;
    if skipped + cut > 0 {
        let skipped = count(skipped, "example");
        all.push(format!("too long: {skipped} left out, {cut} cut"));
    }
    if !material.unknown_traits.is_empty() {
        let known: Vec<&str> = StyleTrait::ALL.iter().map(|t| t.id()).collect();
        all.push(format!(
            "traits that nothing knows, and that count for none: {} (known are {})",
            few(&material.unknown_traits, SHOWN),
            known.join(", ")
        ));
    }
    let seen = syllabus.seen(&syllabus.pairs, material.personas.len());
    let never: Vec<&String> =
        material.personas.iter().zip(seen).filter(|(_, seen)| *seen == 0).map(|(id, _)| id).collect();
    if !never.is_empty() {
        all.push(format!(
            "no phase draws an example of {}: no phase names them, or the weights of others leave them no share",
            few(&never, SHOWN)
        ));
    }
    let missed: Vec<String> = syllabus.draws.iter().filter_map(|d| missed(config, &d.report)).collect();
    if !missed.is_empty() {
        all.push(format!(
            "what the configuration asks for cannot be had of these examples: {}",
            missed.join("; ")
        ));
    }
    all
}

/// How many weights and trait shares a phase misses.
fn missed(config: &Config, report: &PhaseReport) -> Option<String> {
    let short = |(id, p): &(&String, &crate::curriculum::PersonaReport)| {
        config.persona_weights.contains_key(*id) && p.taken < p.wanted
    };
    let weights = report.personas.iter().filter(short).count();
    let traits = report.traits.values().filter(|t| !t.feasible).count();
    let parts: Vec<String> = [(weights, "persona weight"), (traits, "trait share")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| count(n, noun))
        .collect();
    (!parts.is_empty()).then(|| format!("`{}` misses {}", report.name, parts.join(" and ")))
}

/// Adapters whose held-out loss at a look is above their best one before: they learn their examples and no more what these have in
/// common. Each with the adapter's place.
pub(super) fn rising(names: &[String], lines: &[JournalLine], now: &Look) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (adapter, name) in names.iter().enumerate() {
        let loss = |look: &Look| look.losses.get(adapter).copied().flatten();
        let before = lines.iter().filter_map(|line| match line {
            JournalLine::Look { look } if look.step < now.step => Some((look.step, loss(look)?)),
            _ => None,
        });
        let best = before.min_by(|a, b| a.1.total_cmp(&b.1));
        let (Some((step, best)), Some(loss)) = (best, loss(now)) else { continue };
        if loss > best + RISE {
            let told = format!(
                "the held-out loss of `{name}` is {loss:.3} after step {}, above the {best:.3} after step {step}",
                now.step
            );
            all.push((adapter, told));
        }
    }
    all
}

/// What the figures of a training that has ended tell.
pub(super) fn at_the_end(record: &TrainingRecord, lines: &[JournalLine]) -> Vec<String> {
    let mut all = Vec::new();
    for a in &record.adapters {
        let (first, last) = a.training_loss;
        if a.update_norm == 0.0 {
            all.push(format!("`{}` ended as it began: it does nothing to the base", a.name));
        }
        if a.fall.is_some_and(|fall| fall <= 0.0) {
            all.push(format!(
                "the loss of `{}` did not fall: its personas' later examples cost as much as their earlier ones ({first:.3} nats a \
                 token in the first tenth of its steps, {last:.3} in the last)",
                a.name
            ));
        }
        if let Some(h) = a.heldout.filter(|h| h.adapter >= h.base) {
            all.push(format!(
                "`{}` tells held-out text no better than the base: {:.3} nats a token, the base {:.3}",
                a.name, h.adapter, h.base
            ));
        }
        if let Some(n) = a.neutral.filter(|n| n.adapter - n.base > DRIFT) {
            all.push(format!(
                "`{}` tells neutral text worse than the base by {:.3} nats a token: it lost general ability",
                a.name,
                n.adapter - n.base
            ));
        }
        if let Some(m) = a.memorised.filter(|m| m.adapter as f64 > BY_HEART * m.of as f64) {
            all.push(format!(
                "`{}` says {} of {} training answers by heart after their first words",
                a.name, m.adapter, m.of
            ));
        }
    }
    let names: Vec<String> = record.adapters.iter().map(|a| a.name.clone()).collect();
    let last = lines.iter().rev().find_map(|line| match line {
        JournalLine::Look { look } => Some(look),
        _ => None,
    });
    let risen = last.map(|look| rising(&names, lines, look)).unwrap_or_default();
    all.extend(
        risen.into_iter().map(|(_, told)| format!("{told}: fewer `epochs`, or `patience`, keeps the best")),
    );
    let stopped = |name: &String| record.adapters.iter().any(|a| a.name == *name && a.stopped_early);
    let never = record.personas.iter().filter(|p| p.seen == 0 && p.planned > 0 && stopped(&p.adapter));
    let never: Vec<&str> = never.map(|p| p.id.as_str()).collect();
    if !never.is_empty() {
        all.push(format!("never seen, because their adapter stopped before: {}", few(&never, SHOWN)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Stepped;
    use serde_json::{Value, json};

    /// One adapter, `a`, with nothing to be told of it, but for what is changed.
    fn record(change: &Value) -> TrainingRecord {
        let mut adapter = json!({
            "name": "a", "personas": ["poet"], "examples": 9, "steps": 30, "stopped_early": false, "training_loss": [4.0, 3.0],
            "fall": 0.5, "heldout": { "tokens": 9, "base": 4.0, "adapter": 3.0 }, "neutral": { "tokens": 9, "base": 3.0, "adapter": 3.09 },
            "memorised": { "of": 24, "adapter": 6, "base": 0 }, "update_norm": 1.0,
        });
        let persona = json!({ "id": "poet", "adapter": "a", "examples": 9, "planned": 18, "seen": 18, "heldout": null });
        for (key, value) in change.as_object().unwrap() {
            adapter[key] = value.clone();
        }
        serde_json::from_value(json!({
            "version": 1, "program": "p", "ended": "", "base": ["b", "", ""], "made_of": {}, "files": [], "heldout_files": [],
            "phases": [], "adapters": [adapter], "personas": [persona], "warnings": [],
            "cost": { "seconds": 1.0, "tokens": 9, "peak_mib": 0, "resumed": false },
        }))
        .unwrap()
    }

    fn looks(losses: &[f64]) -> Vec<JournalLine> {
        let look = |(i, loss): (usize, &f64)| Look { step: 100 * i, losses: vec![Some(*loss), None] };
        losses.iter().enumerate().map(look).map(|look| JournalLine::Look { look }).collect()
    }

    #[test]
    fn a_training_without_trouble_has_no_warning_and_each_trouble_its_own() {
        let told = |change: Value| at_the_end(&record(&change), &looks(&[4.0, 3.0]));
        assert_eq!(told(json!({})), Vec::<String>::new());
        for (change, wanted) in [
            (json!({ "update_norm": 0.0 }), "`a` ended as it began"),
            (json!({ "fall": -0.1 }), "the loss of `a` did not fall"),
            (
                json!({ "heldout": { "tokens": 9, "base": 4.0, "adapter": 4.0 } }),
                "no better than the base: 4.000",
            ),
            (
                json!({ "neutral": { "tokens": 9, "base": 3.0, "adapter": 3.11 } }),
                "worse than the base by 0.110",
            ),
            (
                json!({ "memorised": { "of": 24, "adapter": 7, "base": 0 } }),
                "says 7 of 24 training answers by heart",
            ),
        ] {
            let all = told(change);
            assert!(all.len() == 1 && all[0].contains(wanted), "{wanted}: {all:?}");
        }
        let mut unseen = record(&json!({ "stopped_early": true }));
        unseen.personas[0].seen = 0;
        let all = at_the_end(&unseen, &[]);
        assert!(all.len() == 1 && all[0].contains("stopped before: poet"), "{all:?}");
    }

    #[test]
    fn a_held_out_loss_above_its_best_is_told_at_the_look_and_at_the_end() {
        let names = ["a".to_owned(), "b".to_owned()];
        let lines = looks(&[4.0, 3.0, 3.2]);
        let JournalLine::Look { look } = &lines[2] else { panic!() };
        let wanted = "the held-out loss of `a` is 3.200 after step 200, above the 3.000 after step 100";
        assert_eq!(rising(&names, &lines[..2], look), [(0, wanted.to_owned())]);
        let end = at_the_end(&record(&json!({})), &lines);
        assert!(end.len() == 1 && end[0].starts_with(wanted) && end[0].contains("`patience`"), "{end:?}");
        // As much as one percent of perplexity is no rise, nor is the first look.
        let JournalLine::Look { look } = &looks(&[4.0, 3.0, 3.009])[2] else { panic!() };
        assert!(rising(&names, &lines, look).is_empty() && rising(&names, &[], look).is_empty());
        let step = Stepped {
            step: 1,
            phase: 0,
            losses: Vec::new(),
            learning_rates: Vec::new(),
            gradient_norms: Vec::new(),
            personas: Vec::new(),
            tokens: 0,
        };
        assert!(
            at_the_end(&record(&json!({})), &[JournalLine::Step { stepped: step, seconds: 0.0 }]).is_empty()
        );
    }
}
