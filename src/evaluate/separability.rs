//! Separability of the answers: trained, floor and real text under one classifier.

use crate::embed::Embedder;
use crate::error::Result;
use crate::example::Example;
use crate::metrics::{
    ClusterMetrics, Fidelity, GroupIdentification, Identification, Labels, Points, UnitVectors, energy_table,
    group_identification, identification, k_nearest, length_baseline, principal_components,
};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{Ceiling, Floor, GroupFidelity, MapPoint, Qualification, SeparabilityFigures};
use crate::response::Response;
use crate::stats::{Estimate, Resampling};
use std::collections::BTreeMap;

/// Neighbours that vote in k-NN.
const NEIGHBOURS: usize = 5;
/// Starts of k-means.
const RESTARTS: usize = 10;
/// What is embedded for an empty answer: it has no voice, but its place is kept.
const EMPTY_ANSWER: &str = "(no answer)";

/// One set of texts, embedded, with its labels.
struct Arm {
    points: Points,
    centred: UnitVectors,
    personas: Labels,
    prompts: Labels,
    groups: Option<Labels>,
}

/// What is measured with, and where it tells of its work.
pub(super) struct Instruments<'a> {
    pub registry: &'a Registry,
    pub embedder: &'a Embedder,
    pub resampling: Resampling,
    pub progress: &'a dyn Progress,
}

impl Instruments<'_> {
    fn arm(&self, texts: &[&str], personas: &[&str], prompts: &[&str]) -> Result<Arm> {
        let shown: Vec<&str> =
            texts.iter().map(|t| if t.trim().is_empty() { EMPTY_ANSWER } else { t }).collect();
        let vectors = self.embedder.embed(&shown, |n| self.progress.advance(n as u64))?;
        let prompts = Labels::new("prompt", prompts)?;
        let groups: Vec<&str> =
            personas.iter().map(|id| self.registry.persona(id).map(|p| p.group())).collect::<Result<_>>()?;
        let several = groups.iter().any(|g| *g != groups[0]);
        let points = Points::new(vectors)?;
        Ok(Arm {
            centred: points.centred_unit(&prompts)?,
            points,
            personas: Labels::new("persona", personas)?,
            groups: several.then(|| Labels::new("group", &groups)).transpose()?,
            prompts,
        })
    }

    fn of_responses(&self, responses: &[Response]) -> Result<Arm> {
        let texts: Vec<&str> = responses.iter().map(|r| r.text.as_str()).collect();
        let personas: Vec<&str> = responses.iter().map(|r| r.persona.as_str()).collect();
        let prompts: Vec<&str> = responses.iter().map(|r| r.prompt_id.as_str()).collect();
        self.arm(&texts, &personas, &prompts)
    }

    fn persona(&self, arm: &Arm) -> Result<Identification> {
        identification(&arm.centred, &arm.personas, &arm.prompts, &self.resampling)
    }

    fn group(&self, arm: &Arm) -> Result<Option<GroupIdentification>> {
        let one = |groups| {
            group_identification(&arm.centred, &arm.personas, &arm.prompts, groups, &self.resampling)
        };
        arm.groups.as_ref().map(one).transpose()
    }

    fn difference(&self, name: &str, before: &[f64], after: &[f64]) -> Result<Estimate> {
        self.resampling.bootstrap(name).within(0.0, 1.0).difference(before, after, "share", true)
    }

    /// All separability figures of a run, the estimates that gates may judge, and the instrument's controls.
    pub(super) fn measure(
        &self,
        trained: &[Response],
        floor: &[Response],
        heldout: &[Example],
    ) -> Result<(SeparabilityFigures, BTreeMap<String, Estimate>, Vec<Qualification>)> {
        let arm = self.of_responses(trained)?;
        let persona = self.persona(&arm)?;
        let group = self.group(&arm)?;
        let texts: Vec<&str> = trained.iter().map(|r| r.text.as_str()).collect();
        let length_only = length_baseline(&texts, &arm.personas, &arm.prompts, &self.resampling)?;
        let floor =
            if floor.is_empty() { None } else { Some(self.floor(floor, &persona, group.as_ref())?) };
        let (ceiling, qualification) = self.ceiling(heldout, &arm)?;
        let mut estimates = BTreeMap::new();
        let mut tell = |name: &str, e: &Estimate| {
            estimates.insert(name.to_owned(), e.clone());
        };
        tell("separability.persona.balanced_accuracy", &persona.balanced_accuracy);
        let over_length =
            self.difference("minus length", &length_only.prompt_scores, &persona.prompt_scores)?;
        tell("separability.persona.minus_length", &over_length);
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
        if let Some(c) = &ceiling {
            tell("fidelity.persona.balanced_accuracy", &c.persona_fidelity);
            if let Some(fidelity) = &c.group_fidelity {
                tell("fidelity.group.balanced_accuracy", fidelity);
            }
            if let Some(weakest) = weakest(&c.fidelity_of_groups) {
                tell("fidelity.group.weakest", &weakest);
            }
        }
        let centred = arm.points.centred(&arm.prompts)?;
        let mut pairs = energy_table(&arm.centred, &arm.personas, &arm.prompts, &self.resampling)?;
        pairs.sort_by(|a, b| a.energy.total_cmp(&b.energy));
        let coordinates = principal_components(&centred).coordinates;
        let map = trained
            .iter()
            .zip(&coordinates)
            .map(|(r, xy)| MapPoint {
                persona: r.persona.clone(),
                prompt_id: r.prompt_id.clone(),
                x: xy[0] as f32,
                y: xy[1] as f32,
            })
            .collect();
        let knn = k_nearest(&arm.centred, &arm.personas, Some(&arm.prompts), NEIGHBOURS)?;
        let figures = SeparabilityFigures {
            group,
            floor,
            ceiling,
            length_only,
            raw: ClusterMetrics::new(&arm.points, &arm.personas, RESTARTS, &self.resampling)?,
            centred: ClusterMetrics::new(&arm.centred, &arm.personas, RESTARTS, &self.resampling)?,
            knn_accuracy: knn.accuracy,
            pairs,
            map,
            persona,
        };
        Ok((figures, estimates, qualification))
    }

    fn floor(
        &self,
        responses: &[Response],
        persona: &Identification,
        group: Option<&GroupIdentification>,
    ) -> Result<Floor> {
        let arm = self.of_responses(responses)?;
        let floor_persona = self.persona(&arm)?;
        let floor_group = self.group(&arm)?;
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

    /// The real text under the same classifier; it also qualifies the instrument.
    fn ceiling(&self, heldout: &[Example], answers: &Arm) -> Result<(Option<Ceiling>, Vec<Qualification>)> {
        let shared: Vec<&Example> = heldout.iter().filter(|e| e.prompt_id.is_some()).collect();
        if shared.is_empty() {
            let finding =
                "the suite names no held-out text, so nothing shows that the instrument hears a voice";
            let missing = Qualification {
                name: "real text above chance".into(),
                finding: finding.into(),
                passed: false,
            };
            return Ok((None, vec![missing]));
        }
        let texts: Vec<&str> = shared.iter().map(|e| e.output.as_str()).collect();
        let personas: Vec<&str> = shared.iter().map(|e| e.persona.as_str()).collect();
        let prompts: Vec<&str> = shared.iter().filter_map(|e| e.prompt_id.as_deref()).collect();
        let arm = self.arm(&texts, &personas, &prompts)?;
        let persona = self.persona(&arm)?;
        let length = length_baseline(&texts, &arm.personas, &arm.prompts, &self.resampling)?;
        let over_length =
            self.difference("real minus length", &length.prompt_scores, &persona.prompt_scores)?;
        let qualification = controls(&persona, &over_length, self.resampling.permutations);
        let fidelity = |own: &Labels, reference: &Labels| {
            Fidelity::new(&answers.centred, own, &answers.prompts, &arm.centred, reference)
        };
        let estimate = |scores: &[f64], name: &str| {
            self.resampling.bootstrap(name).within(0.0, 1.0).estimate(scores, "share", true)
        };
        let of_personas = fidelity(&answers.personas, &arm.personas)?;
        let mut group_fidelity = None;
        let mut fidelity_of_groups = Vec::new();
        if let (Some(own), Some(reference)) = (&answers.groups, &arm.groups) {
            let of_groups = fidelity(own, reference)?;
            group_fidelity = Some(estimate(&of_groups.by_prompt(), "group fidelity")?);
            for (i, group) in of_groups.labels.iter().enumerate() {
                let fidelity = estimate(&of_groups.of_label(i), &format!("fidelity {group}"))?;
                fidelity_of_groups.push(GroupFidelity { group: group.clone(), fidelity });
            }
        }
        let ceiling = Ceiling {
            group: self.group(&arm)?,
            persona_fidelity: estimate(&of_personas.by_prompt(), "persona fidelity")?,
            group_fidelity,
            fidelity_of_groups,
            texts: texts.len(),
            persona,
        };
        Ok((Some(ceiling), qualification))
    }
}

/// The smallest point and the smallest ends over groups: beyond a threshold only if every group is.
fn weakest(groups: &[GroupFidelity]) -> Option<Estimate> {
    let mut all = groups.iter().map(|g| g.fidelity.clone());
    let first = all.next()?;
    Some(all.fold(first, |a, b| Estimate {
        point: a.point.min(b.point),
        low: a.low.min(b.low),
        high: a.high.min(b.high),
        ..a
    }))
}

/// Largest p at which real text counts as told apart.
const SIGNIFICANT: f64 = 0.01;
/// Shuffled labels must reach chance within so many standard errors of their mean over permutations ...
const SHUFFLED_ERRORS: f64 = 4.0;
/// ... and this share of chance: leaving a prompt out takes a little more of its own label than of the others.
const SHUFFLED_SLACK: f64 = 0.1;

/// The instrument's controls on real text, before any adapter is judged.
fn controls(real: &Identification, over_length: &Estimate, permutations: usize) -> Vec<Qualification> {
    let b = &real.balanced_accuracy;
    let error = real.shuffled_spread / (permutations as f64).sqrt();
    vec![
        Qualification {
            name: "real text above chance".into(),
            finding: format!(
                "real text is named right {:.3} [{:.3}, {:.3}] of the time, chance {:.3}, p = {:.3}",
                b.point, b.low, b.high, real.chance, real.p
            ),
            passed: b.low > real.chance && real.p <= SIGNIFICANT,
        },
        Qualification {
            name: "shuffled labels at chance".into(),
            finding: format!(
                "with shuffled labels real text is named right {:.4} of the time (standard error {error:.4}), chance \
                 {:.4}",
                real.shuffled, real.chance
            ),
            passed: (real.shuffled - real.chance).abs()
                <= SHUFFLED_ERRORS * error + SHUFFLED_SLACK * real.chance,
        },
        Qualification {
            name: "not length alone".into(),
            finding: format!(
                "it beats a classifier that sees only length by {:.3} [{:.3}, {:.3}] on real text",
                over_length.point, over_length.low, over_length.high
            ),
            passed: over_length.low > 0.0,
        },
    ]
}
