//! What a reader must know before the figures.

use super::options::EvaluateOptions;
use super::plan::Plan;
use super::qualify::{SHUFFLED_ERRORS, SHUFFLED_SLACK};
use crate::generate::Engine;
use crate::metrics::Identification;
use crate::record::{Comparison, Qualification, SeparabilityFigures, Warning};
use crate::response::Response;
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};

/// Share of empty answers from which the instrument may not judge.
const MOST_EMPTY: f64 = 0.02;

/// Empty answers of a persona are all alike and would pass for a voice.
pub(super) fn not_empty(trained: &[Response]) -> Qualification {
    let empty = trained.iter().filter(|r| r.text.trim().is_empty()).count();
    Qualification {
        name: "answers are not empty".into(),
        finding: format!("{empty} of {} answers are empty", trained.len()),
        passed: empty as f64 <= MOST_EMPTY * trained.len() as f64,
    }
}

/// Who answered what must not tell personas apart: with missing answers, shuffled labels can do better than chance.
///
/// None where every persona answered every prompt equally often, for there the design tells nothing.
pub(super) fn balance(persona: &Identification, permutations: usize) -> Option<Qualification> {
    let mut cells = vec![0usize; persona.labels.len() * persona.prompts.len()];
    for (label, prompt) in persona.actual.iter().zip(&persona.prompt) {
        cells[label * persona.prompts.len() + prompt] += 1;
    }
    if cells.windows(2).all(|pair| pair[0] == pair[1]) {
        return None;
    }
    let error = persona.shuffled_spread / (permutations as f64).sqrt();
    Some(Qualification {
        name: "missing answers tell nothing".into(),
        finding: format!(
            "with shuffled labels the answers are named right {:.4} of the time (standard error {error:.4}), chance {:.4}",
            persona.shuffled, persona.chance
        ),
        passed: persona.shuffled - persona.chance
            <= SHUFFLED_ERRORS * error + SHUFFLED_SLACK * persona.chance,
    })
}

/// Prompts to which all personas gave the same answer: nothing tells them apart there.
pub(super) fn alike(prompts: &[String], asked: usize) -> Option<Warning> {
    (!prompts.is_empty()).then(|| Warning {
        what: format!(
            "all personas gave the same answer to {} of {asked} prompts ({})",
            prompts.len(),
            prompts.join(", ")
        ),
        help: "on these nobody can be told apart, and they count as chance; was the adapter trained, or every answer \
               empty?"
            .to_owned(),
    })
}

/// What else than the adapters differs from the baseline: a cause to look at first.
pub(super) fn changed(found: &Comparison) -> Option<Warning> {
    // Another seed is what a second run has.
    let told: Vec<&str> = found.setup.iter().map(String::as_str).filter(|d| !d.starts_with("seed")).collect();
    (!told.is_empty()).then(|| Warning {
        what: format!("the setup differs from the baseline's: {}", told.join("; ")),
        help: "a change since the baseline may come from that and not from the adapters".to_owned(),
    })
}

/// Personas that are asked in the same words and speak with the same blend: one voice under two names.
pub(super) fn doubles(plan: &Plan) -> Vec<Warning> {
    let mut voices: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    for p in &plan.trained {
        voices.entry((&p.prompt, p.blend.to_string())).or_default().insert(&p.persona);
    }
    let doubled: BTreeSet<&BTreeSet<&str>> = voices.values().filter(|v| v.len() > 1).collect();
    let told = doubled.into_iter().map(|names| {
        let names: Vec<&str> = names.iter().copied().collect();
        Warning {
            what: format!("{} get the same tag and the same blend", names.join(" and ")),
            help: "they are one voice under several names; give each its own tag or blend in the registry"
                .to_owned(),
        }
    });
    told.collect()
}

/// Adapters, by name and sha256, of two names and the same bytes: a wrong copy looks like this.
pub(super) fn twins(adapters: &[(&str, &str)]) -> Vec<Warning> {
    let later = |i: usize| adapters[i + 1..].iter().map(move |b| (&adapters[i], b));
    let equal = (0..adapters.len()).flat_map(later).filter(|(a, b)| a.0 != b.0 && a.1 == b.1);
    let told = equal.map(|(a, b)| Warning {
        what: format!("the adapters `{}` and `{}` are the same files", a.0, b.0),
        help: "one of them may be a wrong copy: their groups speak in one voice".to_owned(),
    });
    told.collect()
}

/// One sentence on what a base of this size can and cannot show.
pub(super) fn caveat(engine: &Engine) -> String {
    let millions = engine.base().decoder.config().parameters() as f64 / 1e6;
    if millions < 1000.0 {
        format!(
            "The base has {millions:.0} M parameters: it shows whether voices differ and hold, not whether answers \
             are true or useful; judge content with the base you ship."
        )
    } else {
        "Separability says that voices differ, not that they are good; read some answers below.".to_owned()
    }
}

/// What is no error and yet changes how the figures should be read.
pub(super) fn warnings(
    suite: &Suite,
    figures: Option<&SeparabilityFigures>,
    trained: &[Response],
    options: &EvaluateOptions,
) -> Vec<Warning> {
    let mut warnings = options.warnings.clone();
    let mut warn = |what: String, help: &str| warnings.push(Warning { what, help: help.to_owned() });
    let empty: Vec<&str> =
        trained.iter().filter(|r| r.text.trim().is_empty()).map(|r| r.persona.as_str()).collect();
    if !empty.is_empty() {
        let mut names = empty.clone();
        names.sort_unstable();
        names.dedup();
        warn(
            format!("{} of {} answers are empty ({})", empty.len(), trained.len(), names.join(", ")),
            "an adapter that ends its turn at once was trained on empty text; empty answers are alike, not a voice",
        );
    }
    if !suite.tasks_left_out.is_empty() {
        warn(
            format!(
                "{} tasks were left out: {}",
                suite.tasks_left_out.len(),
                suite.tasks_left_out.join(", ")
            ),
            "their persona is not among the suite's personas",
        );
    }
    if let Some(limit) = options.limit {
        warn(
            format!("only the first {limit} prompts and tasks were asked"),
            "a trial run: run without --limit before you judge",
        );
    }
    let Some(figures) = figures else { return warnings };
    if let Some(c) = &figures.ceiling {
        let (trained, real) = (&figures.persona.balanced_accuracy, &c.persona.balanced_accuracy);
        if trained.low > real.high {
            warn(
                format!(
                    "the answers are told apart better ({:.3}) than real text ({:.3})",
                    trained.point, real.point
                ),
                "caricature: the adapters may exaggerate a few marks of each voice",
            );
        }
    }
    let length = &figures.length_only;
    if length.balanced_accuracy.low > 2.0 * length.chance {
        warn(
            format!(
                "length alone names the persona {:.3} of the time (chance {:.3})",
                length.balanced_accuracy.point, length.chance
            ),
            "part of the separability is length; compare with the gain over length",
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Labels, Points, identification};
    use crate::stats::Resampling;
    use ndarray::Array2;
    use rand::Rng;

    /// Random vectors of four personas on `prompts`; every prompt's vary in dimensions of its own half only.
    fn random(answered: impl Fn(usize, usize) -> bool, prompts: usize) -> Identification {
        let mut rng = crate::seed::Seed(5).rng();
        let (mut personas, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for prompt in 0..prompts {
            for persona in (0..4).filter(|persona| answered(*persona, prompt)) {
                personas.push(format!("p{persona}"));
                names.push(format!("q{prompt:02}"));
                let from = if prompt < prompts / 2 { 0 } else { 2 };
                values.extend(
                    (0..4).map(|d| if (from..from + 2).contains(&d) { rng.random::<f32>() } else { 0.0 }),
                );
            }
        }
        let prompts = Labels::new("prompt", &names).unwrap();
        let points = Points::new(Array2::from_shape_vec((names.len(), 4), values).unwrap()).unwrap();
        let vectors = points.centred_unit(&prompts).unwrap();
        let resampling = Resampling { permutations: 199, ..Resampling::default() };
        identification(&vectors, &Labels::new("persona", &personas).unwrap(), &prompts, &resampling).unwrap()
    }

    #[test]
    fn who_is_missing_where_must_not_name_anybody() {
        assert!(balance(&random(|_, _| true, 16), 199).is_none(), "nobody is missing");
        let few = balance(&random(|persona, prompt| (persona + 3 * prompt) % 11 != 0, 16), 199).unwrap();
        assert!(few.passed, "{}", few.finding);
        // Two personas on one half of the prompts, two on the other, all on one: topic names the pair.
        let halves = |persona: usize, prompt: usize| prompt == 0 || (persona < 2) == (prompt < 8);
        let apart = balance(&random(halves, 16), 199).unwrap();
        assert!(!apart.passed, "{}", apart.finding);
    }
}
