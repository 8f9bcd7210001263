//! Texts with their labels, and what each instrument sees of them.

use super::separability::Instruments;
use crate::error::Result;
use crate::metrics::{Labels, Points, Scale, UnitVectors};
use crate::response::Response;
use crate::style::style_matrix;
use crate::suite::Instrument;
use ndarray::Axis;

/// What is embedded for an empty answer: it has no voice, but its place is kept.
const EMPTY_ANSWER: &str = "(no answer)";

/// One set of texts with all that is measured of them before an instrument is chosen; rows are texts.
pub(super) struct Texts {
    pub texts: Vec<String>,
    /// Sentence vectors, n × 384 of length 1.
    pub embedding: Points,
    /// Style vectors as counted, n × 52, not scaled.
    pub style: Points,
    pub personas: Labels,
    pub prompts: Labels,
    /// None where there is one group, or one persona a group.
    pub groups: Option<Labels>,
}

/// What an instrument sees of a set of texts.
pub(super) struct View<'a> {
    pub of: &'a Texts,
    /// Directions, centred by prompt: n × d. Zero where all answers to a prompt are alike.
    pub centred: UnitVectors,
    /// Prompts whose answers are all alike.
    pub alike: Vec<String>,
}

/// None where all are of one group: there is nothing to tell apart. (Groups of one persona each are the personas once more.)
fn labels_of_groups(groups: &[&str]) -> Result<Option<Labels>> {
    let several = groups.iter().any(|group| *group != groups[0]);
    several.then(|| Labels::new("group", groups)).transpose()
}

impl Texts {
    pub fn new(with: &Instruments<'_>, texts: &[&str], personas: &[&str], prompts: &[&str]) -> Result<Self> {
        let (embedding, style) = seen_by_all(with, texts)?;
        let groups: Vec<&str> =
            personas.iter().map(|id| with.registry.persona(id).map(|p| p.group())).collect::<Result<_>>()?;
        let personas = Labels::new("persona", personas)?;
        let groups = labels_of_groups(&groups)?.filter(|g| g.count() < personas.count());
        let prompts = Labels::new("prompt", prompts)?;
        let texts = texts.iter().map(|t| (*t).to_owned()).collect();
        Ok(Self { texts, embedding, style, personas, prompts, groups })
    }

    pub fn of_responses(with: &Instruments<'_>, responses: &[Response]) -> Result<Self> {
        let texts: Vec<&str> = responses.iter().map(|r| r.text.as_str()).collect();
        let personas: Vec<&str> = responses.iter().map(|r| r.persona.as_str()).collect();
        let prompts: Vec<&str> = responses.iter().map(|r| r.prompt_id.as_str()).collect();
        Self::new(with, &texts, &personas, &prompts)
    }

    /// Some of the rows, in the order given, without their texts: for judging vectors that are known already.
    pub fn rows(&self, rows: &[usize]) -> Result<Self> {
        let of = |labels: &Labels| -> Result<Labels> {
            let names: Vec<&str> = rows.iter().map(|row| labels.name_of(*row)).collect();
            Labels::new(labels.what(), &names)
        };
        let some = |points: &Points| Points::new(points.view().select(Axis(0), rows));
        Ok(Self {
            texts: Vec::new(),
            embedding: some(&self.embedding)?,
            style: some(&self.style)?,
            personas: of(&self.personas)?,
            prompts: of(&self.prompts)?,
            groups: match &self.groups {
                Some(all) => labels_of_groups(&rows.iter().map(|row| all.name_of(*row)).collect::<Vec<_>>())?,
                None => None,
            },
        })
    }

    /// Other texts in the places of some rows; only those that differ are embedded.
    pub fn replaced(&self, with: &Instruments<'_>, rows: &[usize], texts: &[&str]) -> Result<Self> {
        let mut now = self.rows(rows)?;
        let other: Vec<usize> = (0..rows.len()).filter(|i| self.texts[rows[*i]] != texts[*i]).collect();
        if !other.is_empty() {
            let shown: Vec<&str> = other.iter().map(|i| shown(texts[*i])).collect();
            let (mut embedding, mut style) = (now.embedding.into_inner(), now.style.into_inner());
            let embedded = with.embedder.embed(&shown, |n| with.progress.advance(n as u64))?;
            let counted = Points::new(style_matrix(&shown))?;
            for (row, i) in other.into_iter().enumerate() {
                embedding.row_mut(i).assign(&embedded.row(row));
                style.row_mut(i).assign(&counted.row(row));
            }
            (now.embedding, now.style) = (Points::new(embedding)?, Points::new(style)?);
        }
        now.texts = texts.iter().map(|t| (*t).to_owned()).collect();
        Ok(now)
    }

    /// The texts as the instrument sees them; style in the scale of the real text, without any in their own.
    pub fn seen(&self, instrument: Instrument, scale: Option<&Scale>) -> Result<View<'_>> {
        let (centred, without) = directions(&self.embedding, &self.style, &self.prompts, instrument, scale)?;
        let name = |row: &usize| self.prompts.name_of(*row).to_owned();
        let mut alike: Vec<String> = without.iter().map(name).collect();
        alike.dedup();
        Ok(View { of: self, centred, alike })
    }
}

/// Sentence vectors (n × 384) and style vectors as counted (n × 52) of texts: what every instrument is made of.
///
/// # Errors
/// When a text cannot be embedded.
pub(super) fn seen_by_all(with: &Instruments<'_>, texts: &[&str]) -> Result<(Points, Points)> {
    let shown: Vec<&str> = texts.iter().map(|t| shown(t)).collect();
    let embedding = Points::new(with.embedder.embed(&shown, |n| with.progress.advance(n as u64))?)?;
    Ok((embedding, Points::new(style_matrix(&shown))?))
}

/// The instrument's directions of texts, centred by the labels, and the rows that have none; style in `scale`, without any
/// in the texts' own.
pub(super) fn directions(
    embedding: &Points,
    style: &Points,
    by: &Labels,
    instrument: Instrument,
    scale: Option<&Scale>,
) -> Result<(UnitVectors, Vec<usize>)> {
    let directions = |points: &Points| points.centred_directions(by);
    let style = || match scale {
        Some(scale) => directions(&scale.apply(style)?),
        None => directions(&style.standardised()),
    };
    match instrument {
        Instrument::Embedding => directions(embedding),
        Instrument::Style => style(),
        Instrument::Joined => directions(embedding)?.0.evenly_joined(&style()?.0),
    }
}

/// An empty answer as the instruments see it.
fn shown(text: &str) -> &str {
    if text.trim().is_empty() { EMPTY_ANSWER } else { text }
}
