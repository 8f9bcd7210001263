//! Which personas' real text is alike.

use super::qualify::Chosen;
use super::separability::Instruments;
use super::texts::{Texts, View};
use crate::error::Result;
use crate::example::Example;
use crate::metrics::centroid_cosines;
use crate::suite::Instrument;

/// Cosines between the personas' centroids in real text, centred by prompt.
pub(super) struct Likeness {
    personas: Vec<String>,
    cosines: Vec<Vec<f64>>,
}

impl Likeness {
    /// What the run's instrument sees; without one, what the sentence vectors of the text say.
    ///
    /// # Errors
    /// When the text cannot be embedded, or is of one persona or one prompt.
    pub(super) fn new(with: &Instruments<'_>, chosen: Option<&Chosen>, heldout: &[Example]) -> Result<Self> {
        if let Some((real, chosen)) = chosen.and_then(|c| Some((c.real.as_ref()?, c))) {
            return Self::of(&real.texts.seen(chosen.instrument, Some(&real.scale))?);
        }
        let shared: Vec<&Example> = heldout.iter().filter(|e| e.prompt_id.is_some()).collect();
        let texts: Vec<&str> = shared.iter().map(|e| e.output.as_str()).collect();
        let personas: Vec<&str> = shared.iter().map(|e| e.persona.as_str()).collect();
        let prompts: Vec<&str> = shared.iter().filter_map(|e| e.prompt_id.as_deref()).collect();
        let texts = Texts::new(with, &texts, &personas, &prompts)?;
        Self::of(&texts.seen(Instrument::Embedding, None)?)
    }

    fn of(view: &View<'_>) -> Result<Self> {
        let cosines = centroid_cosines(&view.centred, &view.of.personas)?;
        Ok(Self { personas: view.of.personas.names().to_vec(), cosines })
    }

    /// Cosines of those personas; those without real text are like nobody.
    pub(super) fn in_order_of(&self, personas: &[String]) -> Vec<Vec<f64>> {
        let places: Vec<Option<usize>> =
            personas.iter().map(|id| self.personas.iter().position(|p| p == id)).collect();
        let cosine = |a: &Option<usize>, b: &Option<usize>| match (a, b) {
            (Some(a), Some(b)) => self.cosines[*a][*b],
            _ => 0.0,
        };
        places.iter().map(|a| places.iter().map(|b| cosine(a, b)).collect()).collect()
    }
}
