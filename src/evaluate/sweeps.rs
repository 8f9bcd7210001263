//! Sweeps: blends of two adapters at several weights, planned and measured.

use super::plan::{Arm, Planned};
use super::qualify::Chosen;
use super::separability::Instruments;
use super::texts::{directions, seen_by_all};
use crate::error::{Error, Result};
use crate::generate::Engine;
use crate::list::few;
use crate::metrics::{BlendCost, BlendResponse, Labels, SweptAnswers, UnitVectors, rooted};
use crate::model::Message;
use crate::persona::{Persona, Registry};
use crate::record::{BlendFigures, SweepFigures, Warning};
use crate::response::Response;
use crate::seed::Seed;
use crate::stats::{Estimate, balanced_scores};
use crate::suite::{Metric, Needs, Suite, Sweep, SweepTag};
use std::collections::{BTreeMap, BTreeSet};

/// Parts a sweep's place: prompt, sweep and weight, none of which holds it.
const MARK: char = '@';

/// Takes sweeps and their gates out of a suite whose personas all speak with one blend; what a reader must then know.
pub fn leave_out_sweeps(suite: &mut Suite, flag: &str) -> Option<Warning> {
    let ids: Vec<String> = std::mem::take(&mut suite.sweeps).into_iter().map(|s| s.id).collect();
    let of_sweeps = |metric: &str| Metric::named(metric).is_some_and(|m| m.needs == Needs::Sweeps);
    suite.gates.retain(|g| !of_sweeps(&g.metric));
    (!ids.is_empty()).then(|| Warning {
        what: format!("the suite's sweeps ({}) and their gates are left out ({flag})", few(&ids, 5)),
        help: "everybody speaks with one blend here, and a sweep with two adapters of its own".to_owned(),
    })
}

/// Every answer of the suite's sweeps, `limit` prompts each.
///
/// All weights of a prompt share the seed: their difference is the blend's, not the draw's.
///
/// # Errors
/// When an adapter is not loaded, or the chat template fails.
pub(super) fn plan(
    suite: &Suite,
    registry: &Registry,
    engine: &Engine,
    limit: usize,
    root: Seed,
) -> Result<Vec<Planned>> {
    let mut planned = Vec::new();
    for sweep in &suite.sweeps {
        let blends = sweep.weights.iter().map(|w| sweep.blend(*w)).collect::<Result<Vec<_>>>()?;
        blends.iter().try_for_each(|blend| engine.check(blend))?;
        let prompts = sweep.prompts(&suite.prompts);
        let prompts = &prompts[..limit.max(crate::metrics::FEWEST_SWEPT).min(prompts.len())];
        for (number, prompt) in prompts.iter().enumerate() {
            for speaker in speakers(sweep, suite, registry, number, prompts.len())? {
                let tag = speaker.map(Persona::tag).unwrap_or_default();
                let persona = speaker.map(|p| p.id.clone()).unwrap_or_default();
                let rendered = engine.render(&[Message::user(format!("{tag}{}", prompt.text))])?;
                for sample in 0..suite.generation.samples {
                    let seed = root.child(&format!("{}/{persona}/{}/{sample}", sweep.id, prompt.id)).0;
                    planned.extend(sweep.weights.iter().zip(&blends).map(|(weight, blend)| Planned {
                        arm: Arm::Sweep,
                        persona: persona.clone(),
                        prompt_id: place_id(&prompt.id, &sweep.id, *weight),
                        sample,
                        tag: tag.clone(),
                        prompt: rendered.clone(),
                        blend: blend.clone(),
                        sampling: suite.generation.sampling.clone(),
                        seed,
                    }));
                }
            }
        }
    }
    Ok(planned)
}

/// Under whose tags the sweep's prompt of that number is asked; none is without a tag.
///
/// With the tags of both ends, the prompts go through either end's personas at even steps, so that all kinds are heard.
pub(super) fn speakers<'r>(
    sweep: &Sweep,
    suite: &Suite,
    registry: &'r Registry,
    number: usize,
    prompts: usize,
) -> Result<Vec<Option<&'r Persona>>> {
    match &sweep.asked {
        SweepTag::None => Ok(vec![None]),
        SweepTag::Persona { id, .. } => Ok(vec![Some(registry.persona(id)?)]),
        SweepTag::OfEnds => [&sweep.from, &sweep.to]
            .into_iter()
            .map(|end| {
                let of_end = members(suite, registry, end);
                // The loader refuses an end without personas.
                let place = number * of_end.len() / prompts.max(1);
                Ok(of_end.get(place).copied())
            })
            .collect(),
    }
}

/// The suite's personas that train this adapter, in the order of the registry.
pub(super) fn members<'r>(suite: &Suite, registry: &'r Registry, adapter: &str) -> Vec<&'r Persona> {
    let asked = suite.personas.iter().filter_map(|id| registry.get(id));
    asked.filter(|p| p.group() == adapter).collect()
}

/// What the sweeps show.
pub(super) struct Swept {
    pub figures: BlendFigures,
    /// What gates may judge, by the metric's dotted name.
    pub estimates: BTreeMap<String, Estimate>,
    /// Metrics that decide nothing here, and why.
    pub withheld: BTreeMap<String, String>,
}

/// The `prompt_id` of an answer to a sweep's prompt at this weight.
pub(super) fn place_id(prompt: &str, sweep: &str, weight: f64) -> String {
    format!("{prompt}{MARK}{sweep}{MARK}{weight}")
}

/// An answer and where its place says that it belongs.
pub(super) struct Placed<'a> {
    response: &'a Response,
    /// The prompt's id.
    pub prompt: &'a str,
    /// The weight of the `to` end.
    pub weight: f64,
}

impl<'a> Placed<'a> {
    /// The sweep's id, and the answer's place in it.
    pub(super) fn of(response: &'a Response) -> Option<(&'a str, Self)> {
        let (rest, weight) = response.prompt_id.rsplit_once(MARK)?;
        let (prompt, sweep) = rest.rsplit_once(MARK)?;
        Some((sweep, Self { response, prompt, weight: weight.parse().ok()? }))
    }
}

impl Instruments<'_> {
    /// Measures every sweep that has answers among `responses`, with the run's instrument; `costs` are by the sweep's id.
    ///
    /// # Errors
    /// When there is no real text of an end, an answer is missing, or a text cannot be embedded.
    pub(super) fn sweeps(
        &self,
        suite: &Suite,
        responses: &[Response],
        chosen: &Chosen,
        costs: &BTreeMap<String, BlendCost>,
    ) -> Result<Swept> {
        let mut by_sweep: BTreeMap<&str, Vec<Placed<'_>>> = BTreeMap::new();
        for response in responses {
            let (sweep, placed) = Placed::of(response).ok_or_else(|| {
                Error::cannot_run(format!("`{}` is no place in a sweep: this is a bug", response.prompt_id))
            })?;
            by_sweep.entry(sweep).or_default().push(placed);
        }
        let mut sweeps = Vec::new();
        for sweep in &suite.sweeps {
            let Some(placed) = by_sweep.remove(sweep.id.as_str()) else { continue };
            sweeps.push(self.sweep(sweep, &placed, chosen, costs.get(&sweep.id))?);
        }
        self.pooled(sweeps)
    }

    fn sweep(
        &self,
        sweep: &Sweep,
        placed: &[Placed<'_>],
        chosen: &Chosen,
        cost: Option<&BlendCost>,
    ) -> Result<SweepFigures> {
        let texts: Vec<&str> = placed.iter().map(|p| p.response.text.as_str()).collect();
        let (embedding, style) = seen_by_all(self, &texts)?;
        // Topic and tag are taken away together: what stays is what the weight changes.
        let asked: Vec<String> =
            placed.iter().map(|p| format!("{}{MARK}{}", p.prompt, p.response.persona)).collect();
        let prompts: Vec<&str> = placed.iter().map(|p| p.prompt).collect();
        let weights: Vec<f64> = placed.iter().map(|p| p.weight).collect();
        let scale = chosen.real.as_ref().map(|real| &real.scale);
        let asked = Labels::new("asking", &asked)?;
        let (vectors, _) = directions(&embedding, &style, &asked, chosen.instrument, scale)?;
        let (reference, labels) = self.real_text(sweep, chosen)?;
        let prompts = Labels::new("prompt", &prompts)?;
        let ends = (sweep.from.as_str(), sweep.to.as_str());
        let answers = SweptAnswers::new(&vectors, &prompts, &weights, &reference, &labels, ends)?;
        let (asked, declared) = match &sweep.asked {
            SweepTag::OfEnds => ("under a persona of either end".to_owned(), None),
            SweepTag::None => ("without a tag".to_owned(), None),
            SweepTag::Persona { id, declared } => (format!("as {id}"), Some(*declared)),
        };
        Ok(SweepFigures {
            id: sweep.id.clone(),
            from: sweep.from.clone(),
            to: sweep.to.clone(),
            asked,
            declared,
            prompts: prompts.count(),
            prompt_ids: prompts.names().to_vec(),
            answers: placed.len(),
            response: BlendResponse::new(&answers, &sweep.id, &self.resampling)?,
            cost: cost.cloned(),
        })
    }

    /// Real text of the two ends, centred by prompt over both, with their adapters as labels.
    fn real_text(&self, sweep: &Sweep, chosen: &Chosen) -> Result<(UnitVectors, Labels)> {
        let lacking = || Error::input(format!("the sweep `{}` has no real text of its ends", sweep.id));
        let real = chosen.real.as_ref().ok_or_else(lacking)?;
        let persona = |row: usize| self.registry.persona(real.texts.personas.name_of(row));
        let (mut rows, mut groups) = (Vec::new(), Vec::new());
        for row in 0..real.texts.personas.rows() {
            let persona = persona(row)?;
            if sweep.has(persona) {
                rows.push(row);
                groups.push(persona.group());
            }
        }
        let texts = real.texts.rows(&rows)?;
        let view = texts.seen(chosen.instrument, Some(&real.scale))?;
        Ok((view.centred, Labels::new("group", &groups)?))
    }

    /// Means over the sweeps, every sweep weighing the same; intervals over prompts, which the sweeps share.
    fn pooled(&self, sweeps: Vec<SweepFigures>) -> Result<Swept> {
        let bootstrap = |metric: &str| self.resampling.bootstrap(metric);
        let mut estimates = BTreeMap::new();
        let separations = pool(&sweeps, |s| Some((&s.prompt_ids, &s.response.separations)));
        let correlations = pool(&sweeps, |s| Some((&s.prompt_ids, &s.response.correlations)));
        for (metric, unit, scores) in
            [("blend.separation", "share", separations), ("blend.monotonicity", "rho", correlations)]
        {
            if let Some(scores) = scores {
                let e = bootstrap(metric).within(-1.0, 1.0).estimate(&scores, unit, true)?;
                estimates.insert(metric.to_owned(), e);
            }
        }
        if let Some(squares) =
            pool(&sweeps, |s| Some((&s.prompt_ids, &s.response.superposition.as_ref()?.squares)))
        {
            let metric = "blend.superposition";
            estimates.insert(metric.to_owned(), rooted(&squares, &bootstrap(metric))?);
        }
        if let Some(costs) = pool(&sweeps, |s| s.cost.as_ref().map(|c| (&c.prompts, &c.by_prompt))) {
            let metric = "blend.cost";
            estimates.insert(metric.to_owned(), bootstrap(metric).estimate(&costs, "nats/token", true)?);
        }
        let mut withheld = BTreeMap::new();
        let alike: Vec<&str> = sweeps.iter().filter(|s| !s.response.apart()).map(|s| s.id.as_str()).collect();
        if !alike.is_empty() {
            for metric in ["blend.monotonicity", "blend.superposition"] {
                let why = format!("the ends are not told apart, or swapped, in {}", few(&alike, 3));
                withheld.insert(metric.to_owned(), why);
            }
        }
        let figures = BlendFigures {
            separation: estimates.get("blend.separation").cloned(),
            monotonicity: estimates.get("blend.monotonicity").cloned(),
            superposition: estimates.get("blend.superposition").cloned(),
            cost: estimates.get("blend.cost").cloned(),
            sweeps,
        };
        Ok(Swept { figures, estimates, withheld })
    }
}

/// Scores of a sweep, and the prompt that each belongs to.
type ByPrompt<'s> = (&'s Vec<String>, &'s Vec<f64>);

/// One score a prompt whose mean is the mean over the sweeps of their own means; none where a sweep has no scores.
fn pool(sweeps: &[SweepFigures], scores: impl Fn(&SweepFigures) -> Option<ByPrompt<'_>>) -> Option<Vec<f64>> {
    let (mut values, mut labels, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for (number, sweep) in sweeps.iter().enumerate() {
        let (prompts, scores) = scores(sweep)?;
        for (prompt, value) in prompts.iter().zip(scores) {
            values.push(*value);
            labels.push(number);
            asked.push(prompt.as_str());
        }
    }
    let prompts: Vec<&str> = BTreeSet::from_iter(asked.iter().copied()).into_iter().collect();
    let clusters: Vec<usize> =
        asked.iter().map(|prompt| prompts.partition_point(|other| other < prompt)).collect();
    (!values.is_empty()).then(|| balanced_scores(&values, &labels, sweeps.len(), &clusters, prompts.len()))
}
