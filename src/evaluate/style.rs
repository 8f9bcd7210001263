//! Whether the declared traits show in the answers.

use crate::error::{Error, Result};
use crate::persona::{Persona, Registry};
use crate::record::{StyleFigures, StyleOfPersona};
use crate::response::Response;
use crate::stats::{Estimate, Resampling, balanced_scores, mean};
use crate::style::{FEATURES, style_vector, trait_hit};
use std::collections::{BTreeMap, BTreeSet};

/// Style of the answers to the shared prompts, each persona's hit rate, and the estimates that gates may judge.
pub(super) struct Styled {
    pub figures: StyleFigures,
    pub by_persona: BTreeMap<String, Estimate>,
    pub estimates: BTreeMap<String, Estimate>,
}

/// Share of declared traits that an answer shows; none for a persona that declares none.
pub(super) fn hits(persona: &Persona, text: &str) -> Result<Option<f64>> {
    let shown = persona
        .traits
        .iter()
        .map(|t| {
            trait_hit(t.id(), text).map(|hit| f64::from(u8::from(hit))).ok_or_else(|| {
                Error::cannot_run(format!("the trait `{}` has no scorer: this is a bug", t.id()))
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((!shown.is_empty()).then(|| mean(&shown)))
}

/// One hit rate a prompt, in the order of `prompts`; every persona that declares traits counts alike, whichever prompts
/// it answered. A prompt that none of these answered has no rate; where nobody declares traits, all rates are 0.
fn by_prompt(responses: &[Response], prompts: &[String], registry: &Registry) -> Result<Vec<f64>> {
    let (mut rates, mut personas, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for r in responses {
        if let Some(rate) = hits(registry.persona(&r.persona)?, &r.text)? {
            rates.push(rate);
            personas.push(r.persona.as_str());
            asked.push(r.prompt_id.as_str());
        }
    }
    let index = |names: &[&str], rows: &[&str]| -> Vec<usize> {
        rows.iter().filter_map(|row| names.iter().position(|name| name == row)).collect()
    };
    let distinct: Vec<&str> = BTreeSet::from_iter(personas.iter().copied()).into_iter().collect();
    let answered: Vec<&str> = prompts.iter().map(String::as_str).filter(|p| asked.contains(p)).collect();
    if answered.is_empty() {
        return Ok(vec![0.0; prompts.len()]);
    }
    let (labels, clusters) = (index(&distinct, &personas), index(&answered, &asked));
    Ok(balanced_scores(&rates, &labels, distinct.len(), &clusters, answered.len()))
}

/// Measures style.
///
/// # Errors
/// When there are fewer than two prompts.
pub(super) fn measure(
    registry: &Registry,
    prompts: &[String],
    trained: &[Response],
    floor: &[Response],
    resampling: &Resampling,
) -> Result<Styled> {
    let bootstrap = |name: &str| resampling.bootstrap(name).within(0.0, 1.0);
    let scores = by_prompt(trained, prompts, registry)?;
    let hit_rate = bootstrap("style").estimate(&scores, "share", true)?;
    let mut estimates = BTreeMap::from([("style.hit_rate".to_owned(), hit_rate.clone())]);
    let (mut floor_hit_rate, mut gain) = (None, None);
    if !floor.is_empty() {
        let before = by_prompt(floor, prompts, registry)?;
        floor_hit_rate = Some(bootstrap("style floor").estimate(&before, "share", true)?);
        let difference = bootstrap("style gain").difference(&before, &scores, "share", true)?;
        estimates.insert("style.minus_floor".to_owned(), difference.clone());
        gain = Some(difference);
    }
    let mut of_persona: BTreeMap<&str, Vec<&Response>> = BTreeMap::new();
    for r in trained {
        of_persona.entry(&r.persona).or_default().push(r);
    }
    let mut by_persona = BTreeMap::new();
    let mut personas = Vec::new();
    for (id, responses) in of_persona {
        let persona = registry.persona(id)?;
        let mut of_prompt: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for r in &responses {
            if let Some(rate) = hits(persona, &r.text)? {
                of_prompt.entry(&r.prompt_id).or_default().push(rate);
            }
        }
        // Samples of one prompt are not independent: the prompt is the unit.
        let rates: Vec<f64> = of_prompt.values().map(|rates| mean(rates)).collect();
        if !rates.is_empty() {
            let name = format!("style {id}");
            by_persona.insert(id.to_owned(), bootstrap(&name).estimate(&rates, "share", true)?);
        }
        let mut means = vec![0f32; FEATURES.len()];
        for r in &responses {
            for (sum, value) in means.iter_mut().zip(style_vector(&r.text)) {
                *sum += value / responses.len() as f32;
            }
        }
        let traits = persona
            .traits
            .iter()
            .map(|t| {
                let shown = responses.iter().filter(|r| trait_hit(t.id(), &r.text) == Some(true)).count();
                (t.id().to_owned(), shown as f64 / responses.len() as f64)
            })
            .collect();
        personas.push(StyleOfPersona { persona: id.to_owned(), means, traits });
    }
    let features = FEATURES.iter().map(|f| f.name.to_owned()).collect();
    let figures =
        StyleFigures { hit_rate, floor_hit_rate, gain, features, personas, consistency: None, profile: None };
    Ok(Styled { figures, by_persona, estimates })
}
