//! Personas that lost their distance: for whom they are taken, and what they said.

use super::matched::Matched;
use crate::record::{Collapse, Item, Moved, Place, Response, Scores};
use std::collections::BTreeMap;

/// What was said, by persona, prompt and sample.
pub type Texts = BTreeMap<Place, String>;

/// The answers to the shared prompts among `responses`: what the trained personas said.
pub fn said<'a>(responses: impl IntoIterator<Item = &'a Response>) -> Texts {
    let trained = responses.into_iter().filter(|r| r.arm == "trained" && !r.is_given());
    trained.map(|r| ((r.persona.clone(), r.prompt_id.clone(), r.sample), r.text.clone())).collect()
}

/// Confusers that are named.
const CONFUSERS: usize = 3;
/// Prompts that are shown.
const PROMPTS: usize = 3;

/// The story of each of `personas`: nearest others before and after, and the prompts that moved most with what was said.
pub(super) fn collapses(
    personas: &[&str],
    matched: &Matched<'_>,
    after: &Scores,
    said: (&Texts, &Texts),
) -> Vec<Collapse> {
    personas.iter().map(|persona| collapse(persona, matched, after, said)).collect()
}

fn collapse(persona: &str, matched: &Matched<'_>, after: &Scores, said: (&Texts, &Texts)) -> Collapse {
    let own: Vec<(&Item, &Item)> =
        matched.items.iter().filter(|(i, _)| i.persona == persona).copied().collect();
    let mut moved: Vec<(f64, &Item, &Item)> =
        own.iter().filter_map(|(old, new)| Some((new.margin? - old.margin?, *old, *new))).collect();
    moved.sort_by(|a, b| a.0.total_cmp(&b.0));
    let prompts =
        moved.into_iter().take(PROMPTS).filter(|(change, ..)| *change < 0.0).map(|(_, old, new)| {
            let place = |who: &str| (who.to_owned(), new.prompt_id.clone(), new.sample);
            let asked = after.prompts.iter().find(|p| p.id == new.prompt_id);
            Moved {
                prompt_id: new.prompt_id.clone(),
                prompt: asked.map(|p| p.text.clone()).unwrap_or_default(),
                before: old.margin.unwrap_or_default(),
                after: new.margin.unwrap_or_default(),
                said_before: said.0.get(&place(persona)).cloned(),
                said_after: said.1.get(&place(persona)).cloned(),
                nearest: new.nearest.clone(),
                nearest_said: new.nearest.as_deref().and_then(|who| said.1.get(&place(who)).cloned()),
            }
        });
    Collapse {
        persona: persona.to_owned(),
        prompts: prompts.collect(),
        before: confusers(own.iter().map(|(old, _)| *old)),
        after: confusers(own.iter().map(|(_, new)| *new)),
    }
}

/// The personas that are nearest most often.
fn confusers<'a>(items: impl Iterator<Item = &'a Item>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for nearest in items.filter_map(|i| i.nearest.as_deref()) {
        *counts.entry(nearest).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().map(|(who, n)| (who.to_owned(), n)).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(CONFUSERS);
    counts
}
