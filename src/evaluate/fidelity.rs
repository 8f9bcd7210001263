//! How true the answers are to the real text of their personas and groups.

use super::qualify::RealText;
use super::separability::Instruments;
use super::texts::View;
use crate::error::Result;
use crate::metrics::{Fidelity, Labels};
use crate::record::{Ceiling, GroupFidelity};
use crate::stats::{Bootstrap, Estimate};

/// How true the answers are to the real text.
pub(super) struct Compared {
    pub ceiling: Ceiling,
    /// The least of the groups.
    pub weakest: Option<Estimate>,
    /// Each answer's margin between its own group and the best other.
    pub margins: Vec<f64>,
}

impl Instruments<'_> {
    /// Answers named by the centroids of real text; with the least of the groups. Both as the same instrument sees them.
    pub(super) fn compare(
        &self,
        real: &RealText,
        reference: &View<'_>,
        answers: &View<'_>,
    ) -> Result<Compared> {
        let fidelity = |own: &Labels, labels: &Labels| {
            Fidelity::new(&answers.centred, own, &answers.of.prompts, &reference.centred, labels)
        };
        let bootstrap = |name: &str| self.resampling.bootstrap(name).within(0.0, 1.0);
        let of_personas = fidelity(&answers.of.personas, &reference.of.personas)?;
        let (mut group_fidelity, mut margins) = (None, Vec::new());
        let (mut fidelity_of_groups, mut allowing) = (Vec::new(), Vec::new());
        if let (Some(own), Some(labels)) = (&answers.of.groups, &reference.of.groups) {
            let of_groups = fidelity(own, labels)?;
            group_fidelity =
                Some(bootstrap("group fidelity").estimate(&of_groups.by_prompt(), "share", true)?);
            for (i, group) in of_groups.labels.iter().enumerate() {
                let one = bootstrap(&format!("fidelity {group}"));
                let scores = of_groups.of_label(i);
                let fidelity = one.estimate(&scores, "share", true)?;
                fidelity_of_groups.push(GroupFidelity { group: group.clone(), fidelity });
                let level = 1.0 - (1.0 - one.level) / of_groups.labels.len() as f64;
                allowing.push(Bootstrap { level, ..one }.estimate(&scores, "share", true)?);
            }
            margins = of_groups.margins;
        }
        let persona_fidelity =
            bootstrap("persona fidelity").estimate(&of_personas.by_prompt(), "share", true)?;
        let ceiling = Ceiling {
            group: real.group.clone(),
            persona_fidelity,
            group_fidelity,
            fidelity_of_groups,
            texts: real.texts.texts.len(),
            persona: real.persona.clone(),
        };
        Ok(Compared { ceiling, weakest: weakest(allowing), margins })
    }
}

/// The smallest point and the smallest ends over groups: beyond a threshold only if every group is.
///
/// `groups` come at a level that allows for their number (Bonferroni), for the worst of several is picked.
fn weakest(groups: Vec<Estimate>) -> Option<Estimate> {
    groups.into_iter().reduce(|a, b| {
        let (point, low, high) = (a.point.min(b.point), a.low.min(b.low), a.high.min(b.high));
        let method = if b.low < a.low { b.method } else { a.method };
        Estimate { point, low, high, method, ..a }
    })
}
