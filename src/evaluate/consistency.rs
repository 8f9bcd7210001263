//! Style over the shared prompts: consistency, and the distance to each persona's own text.

use super::shift::{Found, shifts};
use crate::error::Result;
use crate::example::Example;
use crate::metrics::{Points, Scale, consistency};
use crate::record::{ConsistencyFigures, PersonaConsistency};
use crate::response::{Finish, Response};
use crate::stats::{Resampling, mean};
use crate::style::style_matrix;
use std::collections::BTreeMap;

/// Fewest prompts that every persona answered.
const FEWEST_PROMPTS: usize = 3;
/// Features that an answer's end decides.
const OF_THE_END: [&str; 4] = ["log_words", "log_sentences", "open_ends", "type_token_ratio"];
/// How many standard deviations a feature can lie from the mean: one that is rare in real text has hardly any spread there,
/// and an answer that shows it would decide every figure alone.
const FARTHEST: f64 = 3.0;
/// Features told for each persona.
const TOLD: usize = 5;

/// Rows of features by persona and prompt; several samples are averaged.
type Rows = BTreeMap<(String, String), Vec<f64>>;

fn rows_of<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>, vectors: &Points) -> Rows {
    let mut sums: BTreeMap<(String, String), (Vec<f64>, f64)> = BTreeMap::new();
    for (i, (persona, prompt)) in texts.enumerate() {
        let place = (persona.to_owned(), prompt.to_owned());
        let (sum, n) = sums.entry(place).or_insert_with(|| (vec![0.0; vectors.dimensions()], 0.0));
        sum.iter_mut().zip(vectors.row(i)).for_each(|(s, v)| *s += f64::from(*v));
        *n += 1.0;
    }
    sums.into_iter().map(|(place, (sum, n))| (place, sum.into_iter().map(|s| s / n).collect())).collect()
}

/// The same vectors, no value farther out than [`FARTHEST`].
fn held(vectors: &Points) -> Result<Points> {
    Points::new(vectors.view().mapv(|v| v.clamp(-FARTHEST as f32, FARTHEST as f32)))
}

fn of_persona<'a>(rows: &'a Rows, persona: &'a str) -> Vec<&'a Vec<f64>> {
    rows.iter().filter(|((p, _), _)| p == persona).map(|(_, row)| row).collect()
}

/// Consistency of the answers, and what real text says of them; none where too few prompts were answered by all.
///
/// # Errors
/// When an interval cannot be made.
pub(super) fn measure(
    personas: &[String],
    prompts: &[String],
    trained: &[Response],
    real: &[Example],
    resampling: &Resampling,
) -> Result<Option<ConsistencyFigures>> {
    let texts: Vec<&str> = trained.iter().map(|r| r.text.as_str()).collect();
    let answers = Points::new(style_matrix(&texts))?;
    let real_texts: Vec<&str> = real.iter().map(|e| e.output.as_str()).collect();
    let real_vectors = if real.is_empty() { None } else { Some(Points::new(style_matrix(&real_texts))?) };
    let scale = Scale::of(real_vectors.as_ref().unwrap_or(&answers));
    let asked = |r: &Response| (r.persona.clone(), r.prompt_id.clone());
    let places: Vec<(String, String)> = trained.iter().map(asked).collect();
    let named = || places.iter().map(|(a, b)| (a.as_str(), b.as_str()));
    let in_deviations = held(&scale.apply(&answers)?)?;
    let (raw, scaled) = (rows_of(named(), &answers), rows_of(named(), &in_deviations));
    // For what is told in words: a habit that no real text has has no spread there.
    let wide = match &real_vectors {
        None => scale.clone(),
        Some(real) => scale.clone().filled(&Scale::of(&real.stacked(&answers)?)),
    };
    let told = rows_of(named(), &wide.apply(&answers)?);
    let whole: Vec<&String> = prompts
        .iter()
        .filter(|prompt| personas.iter().all(|p| raw.contains_key(&(p.clone(), (*prompt).clone()))))
        .collect();
    if whole.len() < FEWEST_PROMPTS || personas.len() < 2 {
        return Ok(None);
    }
    let cell = |p: &String, prompt: &String| scaled[&(p.clone(), prompt.clone())].clone();
    let cells: Vec<Vec<Vec<f64>>> =
        personas.iter().map(|p| whole.iter().map(|prompt| cell(p, prompt)).collect()).collect();
    let found = consistency(&cells, resampling.level)?;
    if found.features.iter().all(Option::is_none) {
        return Ok(None);
    }
    // Jackknife values can lie beyond what a share can be.
    let possible = -1.0 / (whole.len() as f64 - 1.0);
    let reference = match &real_vectors {
        None => None,
        Some(vectors) => {
            let place = |(i, e): (usize, &Example)| {
                (e.persona.clone(), e.prompt_id.clone().unwrap_or_else(|| format!("#{i}")))
            };
            let places: Vec<(String, String)> = real.iter().enumerate().map(place).collect();
            let named = || places.iter().map(|(a, b)| (a.as_str(), b.as_str()));
            let scaled = rows_of(named(), &held(&scale.apply(vectors)?)?);
            Some((rows_of(named(), vectors), scaled, rows_of(named(), &wide.apply(vectors)?)))
        }
    };
    let mut from_real = Vec::new();
    if let Some((real_raw, _, real_told)) = &reference {
        let sides = personas.iter().map(|p| Found {
            persona: p.clone(),
            before: of_persona(real_raw, p),
            after: of_persona(&raw, p),
            scaled: (of_persona(real_told, p), of_persona(&told, p)),
            paired: false,
        });
        from_real = shifts(&sides.collect::<Vec<_>>());
        // Of an answer that met its limit these features tell the limit.
        from_real.retain(|shift| {
            !cut_short(&shift.persona, trained) || !OF_THE_END.contains(&shift.feature.as_str())
        });
    }
    let mut rows = Vec::new();
    for (i, id) in personas.iter().enumerate() {
        let (mut distance, mut distance_of_real) = (None, None);
        if let Some((_, real_scaled, _)) = &reference {
            let own = of_persona(real_scaled, id);
            if !own.is_empty() {
                let middle = middle(&own);
                let far = distances(trained, id, &in_deviations, &middle);
                let name = format!("distance {id}");
                distance = Some(resampling.bootstrap(&name).estimate(&far, "sd", false)?);
                distance_of_real = (own.len() > 1).then(|| {
                    let without = |k: usize| -> Vec<&Vec<f64>> {
                        own.iter().enumerate().filter(|(j, _)| *j != k).map(|(_, row)| *row).collect()
                    };
                    mean(
                        &(0..own.len())
                            .map(|k| apart(own[k], &self::middle(&without(k))))
                            .collect::<Vec<_>>(),
                    )
                });
            }
        }
        let bootstrap = resampling.bootstrap(&format!("consistency {id}")).within(possible, 1.0);
        rows.push(PersonaConsistency {
            persona: id.clone(),
            share: bootstrap.estimate(&found.personas[i], "share", true)?,
            distance,
            distance_of_real,
            from_real: from_real.iter().filter(|s| s.persona == *id).take(TOLD).cloned().collect(),
        });
    }
    let whole =
        resampling.bootstrap("consistency").within(possible, 1.0).estimate(&found.whole, "share", true)?;
    Ok(Some(ConsistencyFigures { whole, features: found.features, personas: rows }))
}

/// Whether most of the persona's answers met their limit.
fn cut_short(persona: &str, trained: &[Response]) -> bool {
    let of: Vec<_> = trained.iter().filter(|r| r.persona == persona).collect();
    2 * of.iter().filter(|r| r.finish == Some(Finish::Length)).count() > of.len()
}

/// How far a persona's answers lie from `middle`, by prompt: the mean over its samples.
fn distances(trained: &[Response], id: &str, vectors: &Points, middle: &[f64]) -> Vec<f64> {
    let mut by_prompt: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (i, r) in trained.iter().enumerate().filter(|(_, r)| r.persona == id) {
        let row: Vec<f64> = vectors.row(i).iter().map(|v| f64::from(*v)).collect();
        by_prompt.entry(&r.prompt_id).or_default().push(apart(&row, middle));
    }
    by_prompt.values().map(|of| mean(of)).collect()
}

fn middle(rows: &[&Vec<f64>]) -> Vec<f64> {
    let width = rows.first().map_or(0, |r| r.len());
    (0..width).map(|f| rows.iter().map(|r| r[f]).sum::<f64>() / rows.len() as f64).collect()
}

/// Root mean square difference.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.len() as f64).sqrt()
}
