//! Separability of the answers: trained, floor and real text under one classifier.

use super::confounds::confounds;
use super::qualify::Chosen;
use super::texts::{Texts, View};
use super::warnings::not_empty;
use crate::embed::Embedder;
use crate::error::Result;
use crate::metrics::{
    ClusterMetrics, GroupIdentification, Identification, Map, Points, content_baseline, energy_table,
    group_identification, identification, k_nearest, length_baseline, length_features, pair_margins,
    principal_components, without_length,
};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{
    Floor, InstrumentFigures, MapPoint, PairScore, Qualification, SeparabilityFigures, Warning,
};
use crate::response::Response;
use crate::stats::{Estimate, Resampling};
use crate::suite::Instrument;
use std::collections::BTreeMap;

/// Neighbours that vote in k-NN.
const NEIGHBOURS: usize = 5;
/// Starts of k-means.
const RESTARTS: usize = 10;

/// What the answers show.
pub struct Measured {
    /// The figures.
    pub figures: SeparabilityFigures,
    /// What gates may judge, by the metric's dotted name.
    pub estimates: BTreeMap<String, Estimate>,
    /// The instruments, with what each would have said of the answers.
    pub instruments: Vec<InstrumentFigures>,
    /// Controls on the answers; gates on separability need them besides the instrument's own.
    pub qualification: Vec<Qualification>,
    /// What could be taken for voices.
    pub warnings: Vec<Warning>,
    /// Prompts to which all personas answered alike.
    pub alike: Vec<String>,
    /// Each answer's margin of group fidelity; empty without real text or groups.
    pub fidelity: Vec<f64>,
    /// Margins of the pairs that gates name.
    pub pairs: Vec<PairScore>,
    /// The answers as they were measured, and the axes of their map.
    pub(super) seen: (Texts, Map),
}

/// What is measured with, and where it tells of its work.
pub struct Instruments<'a> {
    /// The personas and their groups.
    pub registry: &'a Registry,
    /// Makes the sentence vectors.
    pub embedder: &'a Embedder,
    /// Permutations, resamples, seed.
    pub resampling: Resampling,
    /// Pairs of personas that gates name.
    pub pairs: Vec<(String, String)>,
    /// Hears of every embedded text.
    pub progress: &'a dyn Progress,
}

impl Instruments<'_> {
    pub(super) fn persona(&self, view: &View<'_>) -> Result<Identification> {
        identification(&view.centred, &view.of.personas, &view.of.prompts, &self.resampling)
    }

    pub(super) fn group(&self, view: &View<'_>) -> Result<Option<GroupIdentification>> {
        let one = |groups| {
            let (personas, prompts) = (&view.of.personas, &view.of.prompts);
            group_identification(&view.centred, personas, prompts, groups, &self.resampling)
        };
        view.of.groups.as_ref().map(one).transpose()
    }

    pub(super) fn difference(&self, name: &str, before: &[f64], after: &[f64]) -> Result<Estimate> {
        self.resampling.bootstrap(name).within(0.0, 1.0).difference(before, after, "share", true)
    }

    /// All separability figures of given answers under the chosen instrument, the estimates that gates may judge, and
    /// the controls on the answers.
    ///
    /// `floor` may be empty. Every persona answers at least two prompts, and prompts are shared.
    ///
    /// # Errors
    /// An unknown persona, one without real text, or a design in which nothing can be held out.
    pub fn measure(&self, trained: &[Response], floor: &[Response], chosen: &Chosen) -> Result<Measured> {
        let (texts, scale) = (Texts::of_responses(self, trained)?, chosen.real.as_ref().map(|r| &r.scale));
        let floor_texts = if floor.is_empty() { None } else { Some(Texts::of_responses(self, floor)?) };
        let view = texts.seen(chosen.instrument, scale)?;
        let floor_view = floor_texts.as_ref().map(|f| f.seen(chosen.instrument, scale)).transpose()?;
        let persona = self.persona(&view)?;
        let group = self.group(&view)?;
        let (personas, prompts) = (&texts.personas, &texts.prompts);
        let length_only = length_baseline(&texts.texts, personas, prompts, &self.resampling)?;
        let content_only = content_baseline(&texts.texts, personas, prompts, &self.resampling)?;
        let floor = floor_view.as_ref().map(|f| self.floor(f, &persona, group.as_ref())).transpose()?;
        let compared = chosen
            .real
            .as_ref()
            .map(|real| self.compare(real, &real.texts.seen(chosen.instrument, scale)?, &view));
        let compared = compared.transpose()?;
        let minus_length =
            self.difference("minus length", &length_only.prompt_scores, &persona.prompt_scores)?;
        let minus_content =
            self.difference("minus content", &content_only.prompt_scores, &persona.prompt_scores)?;
        let mut estimates = BTreeMap::new();
        let mut tell = |name: &str, e: &Estimate| {
            estimates.insert(name.to_owned(), e.clone());
        };
        tell("separability.persona.balanced_accuracy", &persona.balanced_accuracy);
        tell("separability.persona.minus_length", &minus_length);
        tell("separability.persona.minus_content", &minus_content);
        if let Some(g) = &group {
            tell("separability.group.balanced_accuracy", &g.leave_prompt_out.balanced_accuracy);
            if let Some(figure) = &g.leave_persona_out {
                tell("separability.group.leave_persona_out", &figure.balanced_accuracy);
            }
        }
        if let Some(f) = &floor {
            tell("separability.persona.minus_floor", &f.persona_gain);
            if let Some(gain) = &f.group_gain {
                tell("separability.group.minus_floor", gain);
            }
        }
        if let Some(c) = &compared {
            tell("fidelity.persona.balanced_accuracy", &c.ceiling.persona_fidelity);
            if let Some(fidelity) = &c.ceiling.group_fidelity {
                tell("fidelity.group.balanced_accuracy", fidelity);
            }
            if let Some(weakest) = &c.weakest {
                tell("fidelity.group.weakest", weakest);
            }
        }
        let pair_scores = self.pair_scores(&view)?;
        let mut pairs = energy_table(&view.centred, personas, prompts, &self.resampling)?;
        pairs.sort_by(|a, b| a.energy.total_cmp(&b.energy));
        let knn = k_nearest(&view.centred, personas, Some(prompts), NEIGHBOURS)?;
        let clusters = |points: &Points| ClusterMetrics::new(points, personas, RESTARTS, &self.resampling);
        let axes = principal_components(&view.centred);
        let (ceiling, fidelity) = compared.map(|c| (c.ceiling, c.margins)).unzip();
        let figures = SeparabilityFigures {
            group,
            floor,
            ceiling,
            length_only,
            content_only: Some(content_only),
            after_length: Some(self.after_length(&view)?),
            raw: clusters(&texts.embedding)?,
            centred: view.alike.is_empty().then(|| clusters(&view.centred)).transpose()?,
            knn_accuracy: knn.accuracy,
            pairs,
            map: map(trained, &axes),
            persona,
        };
        let unbeatable = |confound: &Identification| self.is_unbeatable(confound);
        let bare = || {
            let name = |bare| self.name_bare(&bare, chosen.instrument, &figures.persona);
            self.bare(&texts)?.map(name).transpose()
        };
        let (controls, warnings) = confounds(&figures, &minus_length, &minus_content, &unbeatable, &bare)?;
        Ok(Measured {
            instruments: self.beside(chosen, &texts, floor_texts.as_ref())?,
            qualification: std::iter::once(not_empty(trained)).chain(controls).collect(),
            warnings,
            figures,
            estimates,
            alike: view.alike,
            fidelity: fidelity.unwrap_or_default(),
            pairs: pair_scores,
            seen: (texts, axes),
        })
    }

    fn pair_scores(&self, view: &View<'_>) -> Result<Vec<PairScore>> {
        let mut scores = Vec::new();
        for (a, b) in &self.pairs {
            for (prompt_id, margin) in
                pair_margins(&view.centred, &view.of.personas, &view.of.prompts, (a, b))?
            {
                scores.push(PairScore { a: a.clone(), b: b.clone(), prompt_id, margin });
            }
        }
        Ok(scores)
    }

    /// What is left of the headline when the part of the vectors that length explains is taken out of them.
    fn after_length(&self, view: &View<'_>) -> Result<Estimate> {
        let prompts = &view.of.prompts;
        let rest = without_length(&view.centred, &length_features(&view.of.texts)?, prompts)?;
        let (directions, _) = rest.centred_directions(prompts)?;
        self.accuracy(&View { of: view.of, centred: directions, alike: Vec::new() })
    }

    /// Accuracy with its interval alone: one permutation, since no p is asked for.
    fn accuracy(&self, view: &View<'_>) -> Result<Estimate> {
        let without_p = Resampling { permutations: 1, ..self.resampling };
        let found = identification(&view.centred, &view.of.personas, &view.of.prompts, &without_p)?;
        Ok(found.balanced_accuracy)
    }

    /// The instruments' figures on real text, with their accuracy on the answers and the floor beside.
    fn beside(
        &self,
        chosen: &Chosen,
        texts: &Texts,
        floor: Option<&Texts>,
    ) -> Result<Vec<InstrumentFigures>> {
        let scale = chosen.real.as_ref().map(|r| &r.scale);
        let of = |texts: &Texts, instrument| self.accuracy(&texts.seen(instrument, scale)?);
        let one = |(instrument, figures): (Instrument, &InstrumentFigures)| {
            Ok(InstrumentFigures {
                answers: Some(of(texts, instrument)?),
                floor: floor.map(|floor| of(floor, instrument)).transpose()?,
                ..figures.clone()
            })
        };
        Instrument::ALL.into_iter().zip(&chosen.figures).map(one).collect()
    }

    fn floor(
        &self,
        view: &View<'_>,
        persona: &Identification,
        group: Option<&GroupIdentification>,
    ) -> Result<Floor> {
        let floor_persona = self.persona(view)?;
        let floor_group = self.group(view)?;
        let group_gain = match (&floor_group, group) {
            (Some(before), Some(after)) => Some(self.difference(
                "group minus floor",
                &before.leave_prompt_out.prompt_scores,
                &after.leave_prompt_out.prompt_scores,
            )?),
            _ => None,
        };
        Ok(Floor {
            persona_gain: persona.difference(&floor_persona, &self.resampling)?,
            group_gain,
            persona: floor_persona,
            group: floor_group,
        })
    }
}

/// One point an answer on the two main axes of what the instrument sees.
fn map(trained: &[Response], axes: &Map) -> Vec<MapPoint> {
    let point = |(r, xy): (&Response, &[f64; 2])| MapPoint {
        persona: r.persona.clone(),
        prompt_id: r.prompt_id.clone(),
        x: xy[0] as f32,
        y: xy[1] as f32,
    };
    trained.iter().zip(&axes.coordinates).map(point).collect()
}
