//! What the phases make of the material: examples in their order, and how many tokens that is.

use super::material::Material;
use crate::curriculum::{Cell, Config, PersonaReport, Phase, PhaseDraws, PhaseReport, TooLong, draws};
use crate::error::{Error, Result};
use crate::model::BaseModel;
use crate::train::{PhaseOrder, TextPair, TokenPair};
use serde::Serialize;
use std::collections::BTreeMap;

/// One phase in tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseTokens {
    /// Its name.
    pub name: String,
    /// Its highest learning rate, the factor in it.
    pub learning_rate: f64,
    /// Examples, repeats counted.
    pub examples: usize,
    /// Different ones.
    pub different: usize,
    /// Tokens, prompts included.
    pub tokens: u64,
    /// Tokens that are learned.
    pub learned: u64,
}

/// What a course does, before it does it.
#[derive(Debug)]
pub struct Syllabus {
    /// The training examples; the course's trainer takes them.
    pub pairs: Vec<TokenPair>,
    /// The held-out ones.
    pub heldout: Vec<TokenPair>,
    /// What each phase draws.
    pub draws: Vec<PhaseDraws>,
    /// Examples that were longer than they may be: left out, and cut.
    pub too_long: (usize, usize),
}

impl Syllabus {
    /// Tokenizes the material, and draws the phases.
    ///
    /// # Errors
    /// An example is too long and none may be, the chat template cannot be used, or the configuration cannot be met by anything.
    pub fn new(base: &BaseModel, config: &Config, material: &Material) -> Result<Self> {
        let mut too_long = (0, 0);
        let mut pairs = Vec::with_capacity(material.training.len());
        let mut cells = Vec::with_capacity(material.training.len());
        let mut mixed = Vec::new();
        for (i, (text, cell)) in material.training.iter().zip(&material.cells).enumerate() {
            if let Some(pair) = fitted(base, text, config, &mut too_long)? {
                pairs.push(pair);
                cells.push(cell.clone());
                mixed.extend(material.mixed.as_ref().and_then(|m| m.get(i)));
            }
        }
        let mut aside = (0, 0);
        let heldout = material.heldout.iter().map(|text| fitted(base, text, config, &mut aside));
        let heldout = heldout.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        too_long = (too_long.0 + aside.0, too_long.1 + aside.1);
        let draws =
            if material.mixed.is_some() { as_mixed(config, &cells, &mixed) } else { draws(config, &cells)? };
        Ok(Self { draws, pairs, heldout, too_long })
    }

    /// The phases as the trainer takes them.
    pub fn orders(&self) -> Vec<PhaseOrder> {
        let order = |d: &PhaseDraws| PhaseOrder {
            name: d.name.clone(),
            learning_rate: d.learning_rate,
            order: d.order.clone(),
        };
        self.draws.iter().map(order).collect()
    }

    /// The phases in tokens.
    pub fn phases(&self, config: &Config) -> Vec<PhaseTokens> {
        let sum = |d: &PhaseDraws, of: fn(&TokenPair) -> usize| -> u64 {
            d.order.iter().map(|i| of(&self.pairs[*i]) as u64).sum()
        };
        let different = |d: &PhaseDraws| {
            let mut order = d.order.clone();
            order.sort_unstable();
            order.dedup();
            order.len()
        };
        let phase = |d: &PhaseDraws| PhaseTokens {
            name: d.name.clone(),
            learning_rate: d.learning_rate * config.training.learning_rate_factor,
            examples: d.order.len(),
            different: different(d),
            tokens: sum(d, |p| p.tokens.len()),
            learned: sum(d, TokenPair::learned),
        };
        self.draws.iter().map(phase).collect()
    }

    /// How often each of so many personas is seen in the draws of these pairs.
    pub fn seen(&self, pairs: &[TokenPair], personas: usize) -> Vec<u64> {
        let mut seen = vec![0; personas];
        for i in self.draws.iter().flat_map(|d| &d.order) {
            seen[pairs[*i].persona] += 1;
        }
        seen
    }
}

/// The phases of a mixture, each in the order of its files, `epochs` times.
fn as_mixed(config: &Config, cells: &[Cell], phase_of: &[usize]) -> Vec<PhaseDraws> {
    let one = |(i, phase): (usize, &Phase)| {
        let own: Vec<usize> = (0..cells.len()).filter(|example| phase_of[*example] == i).collect();
        let mut personas: BTreeMap<String, PersonaReport> = BTreeMap::new();
        for example in &own {
            let persona = personas.entry(cells[*example].persona.clone()).or_default();
            persona.wanted += 1;
            persona.taken += 1;
            persona.available += 1;
        }
        let order = own.repeat(config.training.epochs as usize);
        let report = PhaseReport {
            name: phase.name.clone(),
            wanted: order.len() as u64,
            size: order.len() as u64,
            personas,
            traits: BTreeMap::new(),
            notes: vec!["taken as `data mix` drew it: its manifest says what was wanted".to_owned()],
        };
        PhaseDraws { name: phase.name.clone(), learning_rate: phase.learning_rate, order, report }
    };
    config.phases.iter().enumerate().map(one).collect()
}

/// The example in tokens, as far as it fits.
fn fitted(
    base: &BaseModel,
    text: &TextPair,
    config: &Config,
    too_long: &mut (usize, usize),
) -> Result<Option<TokenPair>> {
    let most = config.training.max_tokens;
    let mut pair = TokenPair::new(base, text)?;
    if pair.tokens.len() <= most {
        return Ok(Some(pair));
    }
    match config.training.too_long {
        TooLong::Refuse => Err(Error::input(format!("an example has {} tokens", pair.tokens.len()))
            .key(&text.origin)
            .expected(format!("at most {most}"))
            .help(
                "shorten it, raise `max_tokens`, or say what becomes of such ones: `too_long: skip` or `cut`",
            )),
        TooLong::Cut if pair.prompt < most => {
            pair.tokens.truncate(most);
            too_long.1 += 1;
            Ok(Some(pair))
        }
        TooLong::Cut | TooLong::Skip => {
            too_long.0 += 1;
            Ok(None)
        }
    }
}
