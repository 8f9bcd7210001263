//! Items as columns: a thousand rows of the same keys would be mostly keys.

use crate::compare::Texts;
use crate::error::{Error, Result};
use crate::record::Item;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Raw scores of the answers, a column each; row i of all columns is one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    /// Ids that `persona` and `nearest` count into.
    personas: Vec<String>,
    /// Ids that `prompt` counts into.
    prompts: Vec<String>,
    persona: Vec<usize>,
    prompt: Vec<usize>,
    sample: Vec<usize>,
    named: Vec<Option<f64>>,
    group_named: Vec<Option<f64>>,
    margin: Vec<Option<f64>>,
    fidelity: Vec<Option<f64>>,
    nearest: Vec<Option<usize>>,
    traits: Vec<Option<f64>>,
    length: Vec<Option<f64>>,
    /// What was said; none where it is not known.
    answer: Vec<Option<String>>,
}

/// Digits after the point that are kept: a millionth of a cosine.
const SCALE: f64 = 1e6;

impl Columns {
    pub(super) fn new(items: &[Item], answers: &Texts) -> Self {
        let names = items.iter().map(|i| &i.persona).chain(items.iter().filter_map(|i| i.nearest.as_ref()));
        let personas: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let prompts: BTreeSet<&String> = items.iter().map(|i| &i.prompt_id).collect();
        let prompts: Vec<String> = prompts.into_iter().cloned().collect();
        let place = |names: &[String], id: &str| names.binary_search_by(|n| n.as_str().cmp(id)).unwrap_or(0);
        let column = |score: fn(&Item) -> Option<f64>| -> Vec<Option<f64>> {
            items.iter().map(|i| score(i).map(|v| (v * SCALE).round() / SCALE)).collect()
        };
        Self {
            persona: items.iter().map(|i| place(&personas, &i.persona)).collect(),
            prompt: items.iter().map(|i| place(&prompts, &i.prompt_id)).collect(),
            sample: items.iter().map(|i| i.sample).collect(),
            named: column(|i| i.named),
            group_named: column(|i| i.group_named),
            margin: column(|i| i.margin),
            fidelity: column(|i| i.fidelity),
            nearest: items.iter().map(|i| i.nearest.as_deref().map(|n| place(&personas, n))).collect(),
            traits: column(|i| i.traits),
            length: column(|i| i.length),
            answer: items
                .iter()
                .map(|i| answers.get(&(i.persona.clone(), i.prompt_id.clone(), i.sample)).cloned())
                .collect(),
            personas,
            prompts,
        }
    }

    /// The rows, with what was said.
    ///
    /// # Errors
    /// Columns of different lengths, or a number that stands for no persona or prompt.
    pub(super) fn rows(&self) -> Result<(Vec<Item>, Texts)> {
        let n = self.persona.len();
        let lengths = [
            ("prompt", self.prompt.len()),
            ("sample", self.sample.len()),
            ("named", self.named.len()),
            ("group_named", self.group_named.len()),
            ("margin", self.margin.len()),
            ("fidelity", self.fidelity.len()),
            ("nearest", self.nearest.len()),
            ("traits", self.traits.len()),
            ("length", self.length.len()),
            ("answer", self.answer.len()),
        ];
        if let Some((name, length)) = lengths.into_iter().find(|(_, length)| *length != n) {
            return Err(Error::input(format!("the column `{name}` has {length} rows, `persona` has {n}"))
                .key("items")
                .expected("columns of the same length"));
        }
        let name = |names: &[String], at: usize, row: usize| {
            names.get(at).cloned().ok_or_else(|| {
                Error::input(format!("row {row} of `items` names number {at} of {}", names.len()))
                    .key("items")
            })
        };
        let mut answers = Texts::new();
        let mut items = Vec::with_capacity(n);
        for i in 0..n {
            let persona = name(&self.personas, self.persona[i], i)?;
            let prompt_id = name(&self.prompts, self.prompt[i], i)?;
            if let Some(answer) = &self.answer[i] {
                answers.insert((persona.clone(), prompt_id.clone(), self.sample[i]), answer.clone());
            }
            items.push(Item {
                persona,
                prompt_id,
                sample: self.sample[i],
                named: self.named[i],
                group_named: self.group_named[i],
                margin: self.margin[i],
                fidelity: self.fidelity[i],
                nearest: self.nearest[i].map(|at| name(&self.personas, at, i)).transpose()?,
                traits: self.traits[i],
                length: self.length[i],
            });
        }
        Ok((items, answers))
    }
}
