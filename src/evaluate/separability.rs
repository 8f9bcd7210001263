//! Separability of the answers: trained, floor and real text under one classifier.

use crate::embed::Embedder;
use crate::error::Result;
use crate::example::Example;
use crate::metrics::{
    ClusterMetrics, Fidelity, GroupIdentification, Identification, Labels, Points, UnitVectors,
    centroid_cosines, energy_table, group_identification, identification, k_nearest, length_baseline,
    principal_components,
};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{Ceiling, Floor, GroupFidelity, MapPoint, Qualification, SeparabilityFigures};
use crate::response::Response;
use crate::stats::{Bootstrap, Estimate, Resampling};
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
    /// Zero where all answers to a prompt are alike.
    centred: UnitVectors,
    /// Prompts whose answers are all alike.
    alike: Vec<String>,
    personas: Labels,
    prompts: Labels,
    groups: Option<Labels>,
}

/// Real text of the personas, embedded and named.
pub(super) struct RealText {
    arm: Arm,
    persona: Identification,
    group: Option<GroupIdentification>,
    texts: usize,
}

/// Cosines between the personas' centroids in real text, centred by prompt.
pub(super) struct Likeness {
    personas: Vec<String>,
    cosines: Vec<Vec<f64>>,
}

impl Likeness {
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

impl RealText {
    /// Which personas' real text is alike.
    pub(super) fn likeness(&self) -> Result<Likeness> {
        self.arm.likeness()
    }
}

impl Arm {
    fn likeness(&self) -> Result<Likeness> {
        let cosines = centroid_cosines(&self.centred, &self.personas)?;
        Ok(Likeness { personas: self.personas.names().to_vec(), cosines })
    }
}

/// What the answers show.
pub(super) struct Measured {
    pub figures: SeparabilityFigures,
    /// What gates may judge, by the metric's dotted name.
    pub estimates: BTreeMap<String, Estimate>,
    /// Prompts to which all personas answered alike.
    pub alike: Vec<String>,
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
        let points = Points::new(vectors)?;
        let personas = Labels::new("persona", personas)?;
        // Groups of one persona each are the personas once more.
        let groups =
            Some(Labels::new("group", &groups)?).filter(|g| g.count() > 1 && g.count() < personas.count());
        let (centred, without) = points.centred_directions(&prompts)?;
        let mut alike: Vec<String> =
            without.iter().map(|row| prompts.names()[prompts.index()[*row]].clone()).collect();
        alike.dedup();
        Ok(Arm { points, centred, alike, personas, groups, prompts })
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

    /// All separability figures of a run, the estimates that gates may judge, and prompts whose answers are all alike.
    pub(super) fn measure(
        &self,
        trained: &[Response],
        floor: &[Response],
        real: Option<&RealText>,
    ) -> Result<Measured> {
        let arm = self.of_responses(trained)?;
        let persona = self.persona(&arm)?;
        let group = self.group(&arm)?;
        let texts: Vec<&str> = trained.iter().map(|r| r.text.as_str()).collect();
        let length_only = length_baseline(&texts, &arm.personas, &arm.prompts, &self.resampling)?;
        let floor =
            if floor.is_empty() { None } else { Some(self.floor(floor, &persona, group.as_ref())?) };
        let compared = real.map(|real| self.compare(real, &arm)).transpose()?;
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
        if let Some((c, weakest)) = &compared {
            tell("fidelity.persona.balanced_accuracy", &c.persona_fidelity);
            if let Some(fidelity) = &c.group_fidelity {
                tell("fidelity.group.balanced_accuracy", fidelity);
            }
            if let Some(weakest) = weakest {
                tell("fidelity.group.weakest", weakest);
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
        let clusters =
            |points: &Points| ClusterMetrics::new(points, &arm.personas, RESTARTS, &self.resampling);
        let figures = SeparabilityFigures {
            group,
            floor,
            ceiling: compared.map(|(ceiling, _)| ceiling),
            length_only,
            raw: clusters(&arm.points)?,
            centred: arm.alike.is_empty().then(|| clusters(&arm.centred)).transpose()?,
            knn_accuracy: knn.accuracy,
            pairs,
            map,
            persona,
        };
        Ok(Measured { figures, estimates, alike: arm.alike })
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

    /// The real text under the same classifier, before any adapter is judged; it qualifies the instrument.
    ///
    /// # Errors
    /// When the text cannot be embedded, or a persona answers one prompt only.
    pub(super) fn real(&self, heldout: &[Example]) -> Result<(Option<RealText>, Vec<Qualification>)> {
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
        let arm = self.real_arm(&shared)?;
        let persona = self.persona(&arm)?;
        let length = length_baseline(&texts, &arm.personas, &arm.prompts, &self.resampling)?;
        let over_length =
            self.difference("real minus length", &length.prompt_scores, &persona.prompt_scores)?;
        let qualification = controls(&persona, &over_length, self.resampling.permutations);
        Ok((Some(RealText { group: self.group(&arm)?, texts: texts.len(), arm, persona }), qualification))
    }

    /// Which personas' real text is alike, where nothing else is asked of it.
    ///
    /// # Errors
    /// When the text cannot be embedded, or is of one persona or one prompt.
    pub(super) fn likeness(&self, heldout: &[Example]) -> Result<Likeness> {
        self.real_arm(&heldout.iter().filter(|e| e.prompt_id.is_some()).collect::<Vec<_>>())?.likeness()
    }

    fn real_arm(&self, shared: &[&Example]) -> Result<Arm> {
        let texts: Vec<&str> = shared.iter().map(|e| e.output.as_str()).collect();
        let personas: Vec<&str> = shared.iter().map(|e| e.persona.as_str()).collect();
        let prompts: Vec<&str> = shared.iter().filter_map(|e| e.prompt_id.as_deref()).collect();
        self.arm(&texts, &personas, &prompts)
    }

    /// Answers named by the centroids of real text; with the least of the groups.
    fn compare(&self, real: &RealText, answers: &Arm) -> Result<(Ceiling, Option<Estimate>)> {
        let fidelity = |own: &Labels, reference: &Labels| {
            Fidelity::new(&answers.centred, own, &answers.prompts, &real.arm.centred, reference)
        };
        let bootstrap = |name: &str| self.resampling.bootstrap(name).within(0.0, 1.0);
        let of_personas = fidelity(&answers.personas, &real.arm.personas)?;
        let mut group_fidelity = None;
        let (mut fidelity_of_groups, mut allowing) = (Vec::new(), Vec::new());
        if let (Some(own), Some(reference)) = (&answers.groups, &real.arm.groups) {
            let of_groups = fidelity(own, reference)?;
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
        }
        let ceiling = Ceiling {
            group: real.group.clone(),
            persona_fidelity: bootstrap("persona fidelity").estimate(
                &of_personas.by_prompt(),
                "share",
                true,
            )?,
            group_fidelity,
            fidelity_of_groups,
            texts: real.texts,
            persona: real.persona.clone(),
        };
        Ok((ceiling, weakest(allowing)))
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
