//! Which pairs of replies the judge compares.

use super::plan::{Plan, Planned};
use crate::baseline::Baseline;
use crate::error::{Error, Result};
use crate::judge::{Cost, Judge, Question, spread};
use crate::persona::{Persona, Registry};
use crate::response::Response;
use crate::seed::Seed;
use crate::suite::{Prompt, Suite};
use std::collections::BTreeMap;

/// Texts by persona, prompt and sample.
pub(super) type Said<'a> = BTreeMap<(&'a str, &'a str, usize), &'a str>;

/// The texts of responses.
pub(super) fn said(responses: &[Response]) -> Said<'_> {
    responses
        .iter()
        .map(|r| ((r.persona.as_str(), r.prompt_id.as_str(), r.sample), r.text.as_str()))
        .collect()
}

/// Two replies to one prompt: the run's, and another system's.
pub(super) struct Pair<'a> {
    pub persona: &'a Persona,
    pub prompt: &'a Prompt,
    pub own: &'a str,
    pub other: &'a str,
}

impl Pair<'_> {
    /// The pair as the judge is asked: with the run's reply first, and second.
    pub(super) fn bodies(&self, judge: &Judge) -> [String; 2] {
        let body = |replies| {
            let traits = self.persona.traits.iter().map(|t| t.id()).collect();
            let question =
                Question { voice: &self.persona.voice, traits, prompt: &self.prompt.text, replies };
            question.body(&judge.rubric, &judge.model)
        };
        [body([self.own, self.other]), body([self.other, self.own])]
    }
}

/// Pairs with the replies of one other system.
pub(super) struct Opponent<'a> {
    /// The baseline's run; none is the floor.
    pub baseline: Option<&'a str>,
    pub pairs: Vec<Pair<'a>>,
}

/// The pairs against the floor and against the baseline, as far as there are any; of each at most as many as the rubric
/// asks for, spread evenly over personas and prompts, the same ones for both where both have them.
///
/// # Errors
/// When a persona is unknown.
pub(super) fn opponents<'a>(
    judge: &Judge,
    (suite, registry): (&'a Suite, &'a Registry),
    (own, floor): (&Said<'a>, &Said<'a>),
    baseline: Option<&'a Baseline>,
    seed: u64,
) -> Result<Vec<Opponent<'a>>> {
    let personas = suite.personas.iter().map(|id| registry.persona(id)).collect::<Result<Vec<_>>>()?;
    let samples = own.keys().map(|(_, _, sample)| sample + 1).max().unwrap_or(0);
    let root = Seed(seed).child("judge");
    let order: Vec<(&Persona, &Prompt, usize)> = (0..samples)
        .flat_map(|sample| {
            let cells = spread(personas.len(), suite.prompts.len(), root.child(&sample.to_string()));
            cells.into_iter().map(move |(row, column)| (row, column, sample))
        })
        .map(|(row, column, sample)| (personas[row], &suite.prompts[column], sample))
        .collect();
    let against = |baseline: Option<&'a str>, other: &Said<'a>| {
        let pair = |&(persona, prompt, sample): &(&'a Persona, &'a Prompt, usize)| {
            let place = (persona.id.as_str(), prompt.id.as_str(), sample);
            Some(Pair { persona, prompt, own: own.get(&place)?, other: other.get(&place)? })
        };
        let pairs: Vec<Pair<'a>> = order.iter().filter_map(pair).take(judge.rubric.pairs).collect();
        (!pairs.is_empty()).then_some(Opponent { baseline, pairs })
    };
    let before = baseline.map(|b| (b.scores.id.as_str(), of_baseline(b, suite)));
    let since = before.and_then(|(id, texts)| against(Some(id), &texts));
    Ok(against(None, floor).into_iter().chain(since).collect())
}

/// What was said in the baseline to prompts that still ask the same.
fn of_baseline<'a>(baseline: &'a Baseline, suite: &Suite) -> Said<'a> {
    let asked = |id: &str| baseline.scores.prompts.iter().find(|p| p.id == id).map(|p| p.text.as_str());
    let same: Vec<&str> =
        suite.prompts.iter().filter(|p| asked(&p.id) == Some(&p.text)).map(|p| p.id.as_str()).collect();
    let kept = baseline.answers.iter().filter(|((_, prompt, _), _)| same.contains(&prompt.as_str()));
    kept.map(|((persona, prompt, sample), text)| {
        ((persona.as_str(), prompt.as_str(), *sample), text.as_str())
    })
    .collect()
}

/// Refuses a judge that would have nothing to compare, before any work.
///
/// # Errors
/// The suite asks no shared prompts, or there is neither a floor nor a baseline with answers to them.
pub(super) fn check(suite: &Suite, floor: bool, baseline: Option<&Baseline>) -> Result<()> {
    let nothing = |what: &str, expected: &str| {
        Err(Error::input(format!("the judge has nothing to compare: {what}"))
            .in_file(&suite.path)
            .key("--judge")
            .expected(expected))
    };
    if !suite.asks_prompts() {
        return nothing(
            "no shared prompts are answered",
            "a suite with shared `prompts` and a measure on their answers",
        );
    }
    if !floor && baseline.is_none_or(|b| of_baseline(b, suite).is_empty()) {
        let expected =
            "the floor's answers (no --no-floor), or a baseline that holds answers to the same prompts";
        return nothing("there is neither a floor nor a baseline", expected);
    }
    Ok(())
}

/// What a judge of planned answers will cost, before there are any.
///
/// # Errors
/// When a persona is unknown.
pub fn planned_cost(
    judge: &Judge,
    suite: &Suite,
    registry: &Registry,
    plan: &Plan,
    baseline: Option<&Baseline>,
) -> Result<Cost> {
    let (own, floor) = (unsaid(&plan.trained), unsaid(&plan.floor));
    let found = opponents(judge, (suite, registry), (&own, &floor), baseline, 0)?;
    let bodies: Vec<String> = found.iter().flat_map(|o| &o.pairs).flat_map(|p| p.bodies(judge)).collect();
    Ok(Cost::of(&bodies, 2 * suite.generation.sampling.max_tokens, &judge.rubric))
}

/// The places of answers that nobody has given yet.
fn unsaid(planned: &[Planned]) -> Said<'_> {
    planned.iter().map(|p| ((p.persona.as_str(), p.prompt_id.as_str(), p.sample), "")).collect()
}
