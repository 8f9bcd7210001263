//! Where the personas' answers lay before, on this run's map.

use super::qualify::Chosen;
use super::separability::Instruments;
use super::texts::Texts;
use crate::baseline::Baseline;
use crate::error::Result;
use crate::metrics::Map;
use crate::record::{Centre, Comparison};
use crate::response::Response;
use std::collections::{BTreeMap, BTreeSet};

impl Instruments<'_> {
    /// The middles of every persona's answers in the baseline and in this run, on this run's axes; nothing where the
    /// baseline's answers do not suffice.
    ///
    /// The baseline's answers are embedded again, so that one instrument sees both; only prompts and samples that both
    /// answered count, so that both are centred alike. `trained` are the rows of `axes`.
    ///
    /// # Errors
    /// When a text cannot be embedded.
    pub(super) fn centres(
        &self,
        chosen: &Chosen,
        axes: &Map,
        trained: &[Response],
        baseline: &Baseline,
        found: &Comparison,
    ) -> Result<Vec<Centre>> {
        let reworded: BTreeSet<&str> = found.reworded.iter().map(String::as_str).collect();
        let said = |r: &Response| {
            let place = (r.persona.clone(), r.prompt_id.clone(), r.sample);
            baseline.answers.get(&place).filter(|_| !reworded.contains(r.prompt_id.as_str()))
        };
        let both: Vec<(usize, &String)> =
            trained.iter().enumerate().filter_map(|(row, r)| Some((row, said(r)?))).collect();
        let distinct = |name: fn(&Response) -> &str| {
            both.iter().map(|(row, _)| name(&trained[*row])).collect::<BTreeSet<&str>>().len()
        };
        if distinct(|r| &r.persona) < 2 || distinct(|r| &r.prompt_id) < 2 {
            return Ok(Vec::new());
        }
        let texts: Vec<&str> = both.iter().map(|(_, text)| text.as_str()).collect();
        let personas: Vec<&str> = both.iter().map(|(row, _)| trained[*row].persona.as_str()).collect();
        let prompts: Vec<&str> = both.iter().map(|(row, _)| trained[*row].prompt_id.as_str()).collect();
        self.progress.start("baseline", Some(texts.len() as u64));
        let texts = Texts::new(self, &texts, &personas, &prompts)?;
        self.progress.finish();
        let view = texts.seen(chosen.instrument, chosen.real.as_ref().map(|r| &r.scale))?;
        let before = axes.place(&view.centred);
        let mut sums: BTreeMap<&str, ([f64; 4], f64)> = BTreeMap::new();
        for ((row, _), old) in both.iter().zip(&before) {
            let (sum, n) = sums.entry(trained[*row].persona.as_str()).or_default();
            let new = axes.coordinates[*row];
            sum.iter_mut().zip(old.iter().chain(&new)).for_each(|(sum, value)| *sum += value);
            *n += 1.0;
        }
        let centre = |(persona, (sum, n)): (&str, ([f64; 4], f64))| {
            let [a, b, c, d] = sum.map(|v| (v / n) as f32);
            Centre { persona: persona.to_owned(), before: [a, b], after: [c, d] }
        };
        Ok(sums.into_iter().map(centre).collect())
    }
}
