//! Whose voice is still heard under each condition.

use super::ask::condition_of;
use super::control::{Cells, control};
use crate::error::Result;
use crate::evaluate::qualify::Chosen;
use crate::evaluate::separability::Instruments;
use crate::evaluate::style::hits;
use crate::evaluate::texts::{Texts, View};
use crate::metrics::{Labelled, Retention};
use crate::record::{ConditionFigures, ConditionRow};
use crate::response::Response;
use crate::stats::{Estimate, balanced_scores, mean};
use crate::style::Text;
use crate::suite::{PLAIN, Suite};
use std::collections::BTreeMap;

/// What the conditions are held against.
pub(in crate::evaluate) struct Material<'a> {
    pub suite: &'a Suite,
    pub instruments: &'a Instruments<'a>,
    pub chosen: &'a Chosen,
    /// Plain answers, rows as in `texts`.
    pub trained: &'a [Response],
    pub texts: &'a Texts,
}

/// Figures of all conditions, and the estimates that gates may judge; none where nothing was asked again.
///
/// # Errors
/// When a text cannot be embedded, or a persona lacks answers.
pub(in crate::evaluate) fn measure(
    with: &Material<'_>,
    again: &[Response],
) -> Result<Option<(ConditionFigures, BTreeMap<String, Estimate>)>> {
    let suite = with.suite;
    let of = |id: &str| again.iter().filter(|r| condition_of(&r.arm) == Some(id)).collect::<Vec<_>>();
    let answered: Vec<_> =
        suite.conditions.iter().map(|c| (c, of(&c.id))).filter(|(_, a)| !a.is_empty()).collect();
    if answered.is_empty() {
        return Ok(None);
    }
    let asked = |r: &Response| suite.condition_personas.contains(&r.persona);
    let rows: Vec<usize> = (0..with.trained.len()).filter(|i| asked(&with.trained[*i])).collect();
    let plain_texts = with.texts.rows(&rows)?;
    let plain_view = seen(with, &plain_texts)?;
    let plain = labelled(&plain_view);
    let resampling = with.instruments.resampling;
    let share = |name: &str, scores: &[f64]| {
        resampling.bootstrap(name).within(0.0, 1.0).estimate(scores, "share", true)
    };
    let plain_answers: Vec<&Response> = with.trained.iter().filter(|r| asked(r)).collect();
    let plain_rates = trait_rates(with, &plain_answers)?;

    let (mut rows, mut shares) = (Vec::new(), Vec::new());
    for (condition, answers) in &answered {
        let of = |part: fn(&Response) -> &str| answers.iter().map(|r| part(r)).collect::<Vec<&str>>();
        let (said, by) = (of(|r| &r.text), of(|r| &r.persona));
        let texts = Texts::new(with.instruments, &said, &by, &of(|r| &r.prompt_id))?;
        let view = seen(with, &texts)?;
        let found = Retention::new(plain, labelled(&view))?;
        let name = format!("condition {}", condition.id);
        let free = suite.free_conditions().any(|c| c.id == condition.id);
        let shown = traits(&trait_rates(with, answers)?, &found.prompts);
        let plain_shown = traits(&plain_rates, &found.prompts);
        let words: Vec<f64> = answers.iter().map(|r| Text::new(&r.text).words().len() as f64).collect();
        let persona = |id: &String| {
            let place = found.labels.iter().position(|l| l == id).unwrap_or_default();
            mean(&found.changes[place])
        };
        rows.push(ConditionRow {
            id: condition.id.clone(),
            ask: condition.ask.clone(),
            turns: condition.turns.clone(),
            follow_up: condition.follow_up,
            max_new_tokens: condition.max_new_tokens,
            alike: view.alike.clone(),
            tag: condition.tag,
            free,
            named: share(&name, &found.shifted)?,
            change: with.instruments.difference(&name, &found.plain, &found.shifted)?,
            traits: shown.as_ref().map(|s| share(&format!("{name} traits"), s)).transpose()?,
            traits_change: shown
                .iter()
                .zip(&plain_shown)
                .map(|(after, before)| with.instruments.difference(&format!("{name} traits"), before, after))
                .next()
                .transpose()?,
            words: mean(&words),
            by_persona: suite.condition_personas.iter().map(persona).collect(),
        });
        shares.push((free, found));
    }
    // Every condition counts the same on the same prompts: those that all of them asked.
    let any_free = shares.iter().any(|(free, _)| *free);
    let counted: Vec<&Retention> =
        shares.iter().filter(|(free, _)| *free || !any_free).map(|(_, found)| found).collect();
    let prompts: Vec<String> = {
        let by_all = |id: &&String| counted.iter().all(|found| found.prompts.contains(id));
        suite.prompts.iter().map(|p| &p.id).filter(by_all).cloned().collect()
    };
    let on = |found: &Retention, scores: &[f64]| -> Vec<f64> {
        let place = |id: &String| found.prompts.iter().position(|p| p == id);
        prompts.iter().filter_map(place).map(|p| scores[p]).collect()
    };
    let plain_shares = counted.first().map_or(Vec::new(), |found| on(found, &found.plain));
    let mut estimates = BTreeMap::new();
    let kept = if any_free {
        let kept: Vec<Vec<f64>> = counted.iter().map(|found| on(found, &found.shifted)).collect();
        let means: Vec<f64> =
            (0..prompts.len()).map(|p| mean(&kept.iter().map(|k| k[p]).collect::<Vec<_>>())).collect();
        let kept = with.instruments.difference("conditions kept", &plain_shares, &means)?;
        estimates.insert("conditions.kept".to_owned(), kept.clone());
        Some(kept)
    } else {
        None
    };
    let mut controls = Vec::new();
    for tried in &suite.controls {
        let cells = |id: &str| -> Option<Cells<'_>> {
            let of: Vec<&Response> = match id {
                PLAIN => plain_answers.iter().copied().filter(|r| r.sample == 0).collect(),
                id => answered.iter().find(|(c, _)| c.id == id)?.1.clone(),
            };
            Some(of.into_iter().map(|r| ((r.persona.as_str(), r.prompt_id.as_str()), r)).collect())
        };
        let (Some(less), Some(more)) = (cells(&tried.less), cells(&tried.more)) else { continue };
        let row = control(tried, (&less, &more), with.instruments.registry, &resampling)?;
        estimates.insert(format!("control.{}", tried.lever), row.effect.clone());
        controls.push(row);
    }
    let figures = ConditionFigures {
        personas: suite.condition_personas.clone(),
        prompts,
        chance: 1.0 / plain_texts.personas.count() as f64,
        plain: share("condition plain", &plain_shares)?,
        conditions: rows,
        kept,
        controls,
    };
    Ok(Some((figures, estimates)))
}

fn seen<'t>(with: &Material<'_>, texts: &'t Texts) -> Result<View<'t>> {
    texts.seen(with.chosen.instrument, with.chosen.real.as_ref().map(|r| &r.scale))
}

fn labelled<'a>(view: &'a View<'_>) -> Labelled<'a> {
    Labelled { vectors: &view.centred, labels: &view.of.personas, prompts: &view.of.prompts }
}

/// The persona's place, the prompt and the share of declared traits that show, of answers by personas that declare any.
fn trait_rates<'a>(with: &Material<'_>, answers: &[&'a Response]) -> Result<Vec<(usize, &'a str, f64)>> {
    let mut rates = Vec::new();
    for r in answers {
        let persona = with.suite.condition_personas.iter().position(|id| *id == r.persona);
        let rate = hits(with.instruments.registry.persona(&r.persona)?, &r.text)?;
        if let (Some(persona), Some(rate)) = (persona, rate) {
            rates.push((persona, r.prompt_id.as_str(), rate));
        }
    }
    Ok(rates)
}

/// Share of declared traits that show, by prompt; none where no persona declares any.
fn traits(rates: &[(usize, &str, f64)], prompts: &[String]) -> Option<Vec<f64>> {
    let (mut scores, mut personas, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for (persona, prompt, rate) in rates {
        let Some(prompt) = prompts.iter().position(|id| id == prompt) else { continue };
        scores.push(*rate);
        personas.push(*persona);
        asked.push(prompt);
    }
    let mut distinct = personas.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let of: Vec<usize> = personas.iter().filter_map(|p| distinct.binary_search(p).ok()).collect();
    let count = distinct.len();
    (count > 0).then(|| balanced_scores(&scores, &of, count, &asked, prompts.len()))
}
