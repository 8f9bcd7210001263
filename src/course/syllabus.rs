//! What the phases make of the material: examples in their order, and how many tokens that is.

use super::examples::Reject;
use super::material::{HELD, Material};
use crate::curriculum::{Cell, Config, PersonaReport, Phase, PhaseDraws, PhaseReport, TooLong, draws};
use crate::error::{Error, Result};
use crate::list::few;
use crate::model::{BaseModel, hex};
use crate::train::{PhaseOrder, TextPair, TokenPair};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Personas that an error names.
const SHOWN: usize = 6;

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
    /// Which these are.
    pub aside: Vec<Reject>,
}

impl Syllabus {
    /// Tokenizes the material, and draws the phases.
    ///
    /// # Errors
    /// An example is too long and none may be, an adapter gets no example, the chat template cannot be used, or the configuration
    /// cannot be met by anything.
    pub fn new(base: &BaseModel, config: &Config, material: &Material) -> Result<Self> {
        let mut long = Long::new(base, config);
        let mut pairs = Vec::with_capacity(material.training.len());
        let mut cells = Vec::with_capacity(material.training.len());
        let mut mixed = Vec::new();
        for (i, (text, cell)) in material.training.iter().zip(&material.cells).enumerate() {
            if let Some(pair) = long.fitted(base, text, "")? {
                pairs.push(pair);
                cells.push(cell.clone());
                mixed.extend(material.mixed.as_ref().and_then(|m| m.get(i)));
            }
        }
        check_fitting(material, &pairs)?;
        let mut heldout = Vec::with_capacity(material.heldout.len());
        for text in &material.heldout {
            heldout.extend(long.fitted(base, text, HELD)?);
        }
        let draws =
            if material.mixed.is_some() { as_mixed(config, &cells, &mixed) } else { draws(config, &cells)? };
        let syllabus = Self { draws, pairs, heldout, too_long: (long.skipped, long.cut), aside: long.aside };
        syllabus.check_adapters(material)?;
        Ok(syllabus)
    }

    /// Each adapter needs an example in some phase.
    fn check_adapters(&self, material: &Material) -> Result<()> {
        let drawn: BTreeSet<usize> =
            self.draws.iter().flat_map(|d| &d.order).map(|i| self.pairs[*i].adapter).collect();
        let Some((idle, name)) = material.adapters.iter().enumerate().find(|(i, _)| !drawn.contains(i))
        else {
            return Ok(());
        };
        let own: BTreeSet<usize> =
            material.training.iter().filter(|t| t.adapter == idle).map(|t| t.persona).collect();
        let own: Vec<&String> = own.iter().filter_map(|i| material.personas.get(*i)).collect();
        Err(would_learn_nothing(name)
            .because(format!("no phase draws an example of its personas: {}", few(&own, SHOWN)))
            .expected("a phase that names one of them, and weights of others that leave it a share")
            .help("name one in a phase, give them to another adapter with `adapter_groups`, or take their examples out"))
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

    /// SHA-256 of all examples in tokens, of the held-out ones and of the draws: text, template, tokenizer and order are in it.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |n: usize| hash.update((n as u64).to_le_bytes());
        for pairs in [&self.pairs, &self.heldout] {
            add(pairs.len());
            for pair in pairs {
                [pair.tokens.len(), pair.prompt, pair.adapter, pair.persona].into_iter().for_each(&mut add);
                pair.tokens.iter().for_each(|token| add(*token as usize));
            }
        }
        for draws in &self.draws {
            add(draws.order.len());
            draws.order.iter().for_each(|i| add(*i));
        }
        hex(&hash.finalize())
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

fn would_learn_nothing(adapter: &str) -> Error {
    Error::input(format!("the adapter `{adapter}` would learn nothing"))
}

/// Each adapter needs an example that is not too long.
fn check_fitting(material: &Material, pairs: &[TokenPair]) -> Result<()> {
    let fitting: BTreeSet<usize> = pairs.iter().map(|p| p.adapter).collect();
    let Some((_, name)) = material.adapters.iter().enumerate().find(|(i, _)| !fitting.contains(i)) else {
        return Ok(());
    };
    Err(would_learn_nothing(name)
        .because("all examples of its personas are too long and left out")
        .help("raise `max_tokens`, or cut them: `too_long: cut` (--too-long cut)"))
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

/// What becomes of examples that are longer than they may be.
struct Long {
    most: usize,
    expected: String,
    policy: TooLong,
    skipped: usize,
    cut: usize,
    aside: Vec<Reject>,
}

impl Long {
    fn new(base: &BaseModel, config: &Config) -> Self {
        let (asked, read) = (config.training.max_tokens, base.decoder.config().max_positions);
        let expected = match asked <= read {
            true => format!("at most {asked} (`max_tokens`)"),
            false => format!("at most {read}, which is all that the base reads"),
        };
        let policy = config.training.too_long;
        Self { most: asked.min(read), expected, policy, skipped: 0, cut: 0, aside: Vec::new() }
    }

    /// The example in tokens, as far as it fits; `mark` stands before its file in the list of what did not.
    fn fitted(&mut self, base: &BaseModel, text: &TextPair, mark: &str) -> Result<Option<TokenPair>> {
        let mut pair = TokenPair::new(base, text)?;
        let tokens = pair.tokens.len();
        if tokens <= self.most {
            return Ok(Some(pair));
        }
        let cut = match self.policy {
            TooLong::Refuse => {
                return Err(Error::input(format!("an example has {tokens} tokens"))
                    .key(format!("{mark}{}", text.place()))
                    .expected(&self.expected)
                    .help(
                        "shorten it, or say what becomes of such ones: `too_long: skip` or `cut` (--too-long); up to what the base reads, \
                         `max_tokens` can be raised",
                    ));
            }
            TooLong::Cut => pair.prompt < self.most,
            TooLong::Skip => false,
        };
        let what = if cut { "its answer was cut" } else { "it was left out" };
        self.aside.push(Reject {
            file: format!("{mark}{}", text.file),
            line: text.line,
            reason: format!("too long, {what}: {tokens} tokens, {}", self.expected),
        });
        if !cut {
            self.skipped += 1;
            return Ok(None);
        }
        self.cut += 1;
        pair.tokens.truncate(self.most);
        Ok(Some(pair))
    }
}
