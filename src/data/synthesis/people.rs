//! The personas of a demand, made ready from what the folder gives.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::checks::Checks;
use super::demand::Demand;
use super::material::{Material, Own};
use super::options::Settings;
use super::person::Person;
use super::report::PersonaPlan;
use super::seed_prompt::SeedPrompt;
use super::speaker::Speaker;
use crate::error::{Error, Result};
use crate::persona::{Category, Registry};
use crate::stats::quantile;

/// Quantiles of the real answers' words between which an answer's words should be.
const QUANTILES: (f64, f64) = (0.05, 0.95);
/// How much fewer and how much more they may be: a few real answers do not show how short and how long one may be.
const WIDENED: (f64, f64) = (0.75, 1.5);
/// What an answer of a persona without real ones may have.
const ANY_WORDS: (usize, usize) = (8, 300);

/// The personas, in the order of their ids.
///
/// # Errors
/// Nothing is wanted, nobody has a prompt, the speaker lacks an adapter, or the words that are asked for make no range.
pub(super) fn people<'a>(
    material: &Material,
    demand: &Demand,
    settings: &Settings,
    registry: &'a Registry,
    checks: &mut Checks<'_>,
    speaker: &dyn Speaker,
) -> Result<Vec<Person<'a>>> {
    let mut all = Vec::new();
    for (id, wanted) in demand.iter() {
        let persona = registry.persona(id)?;
        let Some(own) = material.own.get(id) else { continue };
        speaker.can(&persona.blend)?;
        let mut sampling = persona.sampling.clone();
        sampling.temperature = settings.temperature.unwrap_or(sampling.temperature);
        sampling.max_tokens = settings.max_tokens.unwrap_or(sampling.max_tokens);
        sampling.check()?;
        let prompts = prompts(material, own, settings.category_prompts.then_some(persona.category));
        let words = words(own, settings)?;
        let none = Vec::new();
        let (instruments, uses) = checks.tried(persona, material.answers.get(id).unwrap_or(&none))?;
        let own_prompts = own.prompts.iter().count();
        let plan = PersonaPlan {
            real: own.real,
            synthetic: own.synthetic,
            wanted: wanted.missing(own.real, own.synthetic),
            own_prompts: own_prompts as u64,
            category_prompts: (prompts.len() - own_prompts) as u64,
            blend: persona.blend.to_string(),
            sampling: sampling.clone(),
            words: (*words.start() as u64, *words.end() as u64),
            instruments,
        };
        all.push(Person {
            persona,
            blend: persona.blend.clone(),
            sampling,
            kept_of: vec![0; prompts.len()],
            prompts,
            words,
            uses,
            plan,
            judged: 0,
            kept: 0,
            refused: BTreeMap::new(),
        });
    }
    if all.iter().all(Person::is_done) {
        return Err(Error::input("nothing is missing: the folder has what is wanted of every persona")
            .expected(
                "a factor above 1 of a persona that has real examples, fewer synthetic ones, or a number",
            )
            .help("name personas and a number: --persona ID --per-persona N"));
    }
    if all.iter().all(|p| p.prompts.is_empty()) {
        return Err(Error::input("the folder has no prompt to answer anew")
            .expected("real examples of the personas, or with --category-prompts of others of their category")
            .help("prompts that stand in a suite, are long or not English are not asked"));
    }
    Ok(all)
}

/// A persona's own prompts, then those of a category that are not its own.
fn prompts(material: &Material, own: &Own, category: Option<Category>) -> Vec<SeedPrompt> {
    let ids: BTreeSet<&str> = own.prompts.iter().map(|p| p.id.as_str()).collect();
    let others = category.and_then(|c| material.categories.get(&c)).into_iter().flat_map(|pool| pool.iter());
    own.prompts.iter().chain(others.filter(|p| !ids.contains(p.id.as_str()))).cloned().collect()
}

fn words(own: &Own, settings: &Settings) -> Result<RangeInclusive<usize>> {
    let real: Vec<f64> = own.words.iter().map(|w| f64::from(*w)).collect();
    let (least, most) = if real.is_empty() {
        ANY_WORDS
    } else {
        let (low, high) = (quantile(&real, QUANTILES.0)?, quantile(&real, QUANTILES.1)?);
        // Counts of words, above 0: the casts cut nothing off.
        ((low * WIDENED.0).floor().max(1.0) as usize, (high * WIDENED.1).ceil() as usize)
    };
    let (least, most) = (settings.least_words.unwrap_or(least), settings.most_words.unwrap_or(most));
    if least > most {
        return Err(Error::input(format!("an answer would have at least {least} and at most {most} words"))
            .expected("the fewest words not above the most")
            .help("give both: --least-words and --most-words"));
    }
    Ok(least..=most)
}

#[cfg(test)]
mod tests {
    use super::super::prompt_pool::PromptPool;
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn words_are_those_of_the_real_answers_widened_unless_the_user_says() {
        let own = |words: &[u32]| Own {
            real: 0,
            synthetic: 0,
            prompts: PromptPool::new(Seed(0), 1),
            words: words.to_vec(),
        };
        let none = Settings::default();
        let hundred: Vec<u32> = (0..=100).collect();
        assert_eq!(words(&own(&hundred), &none).unwrap(), 3..=143);
        assert_eq!(words(&own(&[]), &none).unwrap(), 8..=300);
        assert_eq!(words(&own(&[1]), &none).unwrap(), 1..=2);
        let given = Settings { least_words: Some(7), most_words: Some(9), ..Settings::default() };
        assert_eq!(words(&own(&hundred), &given).unwrap(), 7..=9);
        let told = words(&own(&[1]), &Settings { least_words: Some(9), ..none }).unwrap_err().to_string();
        assert!(told.contains("at least 9 and at most 2"), "{told}");
    }
}
