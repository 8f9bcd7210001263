//! Made-up vectors with effects of groups, personas and topics, and the real metrics on them.

use super::{QUICK, guess, response};
use crate::metrics::{
    ClusterMetrics, GroupIdentification, Identification, Labels, Map, Points, UnitVectors, content_baseline,
    energy_table, group_identification, identification, k_nearest, length_baseline, principal_components,
};
use crate::record::{
    Ceiling, Floor, GroupFidelity, InstrumentFigures, MapPoint, PersonaRow, Qualification,
    SeparabilityFigures,
};
use crate::seed::Seed;
use crate::stats::{Resampling, normal_quantile};
use ndarray::Array2;
use rand::Rng;

const DIMENSIONS: usize = 24;

/// Vectors and labels of one arm: group and persona effects of the given sizes, topic, noise.
struct Arm {
    points: Points,
    unit: UnitVectors,
    personas: Labels,
    prompts: Labels,
    groups: Labels,
}

fn arm(rows: &[PersonaRow], prompts: usize, name: &str, (group, persona): (f64, f64)) -> Arm {
    let direction = |what: &str, size: f64| -> Vec<f64> {
        let mut rng = Seed(5).child(what).rng();
        (0..DIMENSIONS).map(|_| size * normal_quantile(rng.random_range(1e-9..1.0))).collect()
    };
    let mut matrix = Array2::zeros((rows.len() * prompts, DIMENSIONS));
    let (mut ids, mut topics, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for (i, mut values) in matrix.rows_mut().into_iter().enumerate() {
        let (row, topic) = (&rows[i % rows.len()], format!("s{:02}", i / rows.len() + 1));
        let parts = [
            direction(&format!("group {}", row.group), group),
            direction(&format!("persona {}", row.id), persona),
            direction(&topic, 1.5),
            direction(&format!("noise {name} {i}"), 1.0),
        ];
        for (j, value) in values.iter_mut().enumerate() {
            *value = parts.iter().map(|part| part[j] as f32).sum();
        }
        ids.push(row.id.clone());
        topics.push(topic);
        kinds.push(row.group.clone());
    }
    let labels = |what, names: &[String]| Labels::new(what, names).expect("two labels or more");
    let prompts = labels("prompt", &topics);
    let points = Points::new(matrix).expect("finite");
    Arm {
        unit: points.centred_unit(&prompts).expect("directions"),
        points,
        personas: labels("persona", &ids),
        groups: labels("group", &kinds),
        prompts,
    }
}

impl Arm {
    fn persona(&self) -> Identification {
        identification(&self.unit, &self.personas, &self.prompts, &QUICK).expect("crossed")
    }

    fn group(&self) -> GroupIdentification {
        group_identification(&self.unit, &self.personas, &self.prompts, &self.groups, &QUICK).expect("nested")
    }

    fn map(&self) -> Vec<MapPoint> {
        let Map { coordinates, .. } =
            principal_components(&Points::new(self.unit.view().to_owned()).expect("finite"));
        let point = |(i, [x, y]): (usize, [f64; 2])| MapPoint {
            persona: self.personas.name_of(i).to_owned(),
            prompt_id: self.prompts.name_of(i).to_owned(),
            x: x as f32,
            y: y as f32,
        };
        coordinates.into_iter().enumerate().map(point).collect()
    }
}

/// Separability of trained answers, a floor and a ceiling.
pub(super) fn separability(rows: &[PersonaRow], prompts: usize) -> SeparabilityFigures {
    let (trained, floor) = (arm(rows, prompts, "t", (0.34, 0.3)), arm(rows, prompts, "f", (0.06, 0.12)));
    let real = arm(rows, 6, "c", (0.9, 0.9));
    let (persona, floor_persona) = (trained.persona(), floor.persona());
    let (group, floor_group) = (trained.group(), floor.group());
    let scores = |g: &GroupIdentification| g.leave_prompt_out.prompt_scores.clone();
    let difference = |before: &[f64], after: &[f64]| {
        QUICK.bootstrap("difference").difference(before, after, "share", true).expect("paired")
    };
    let texts: Vec<String> =
        (0..prompts).flat_map(|p| rows.iter().map(move |row| response(row, p, "trained").text)).collect();
    let few = Resampling { permutations: 19, ..QUICK };
    let mut pairs =
        energy_table(&trained.points, &trained.personas, &trained.prompts, &few).expect("crossed");
    pairs.sort_by(|a, b| a.energy.total_cmp(&b.energy));
    let clusters =
        |points: &Points| ClusterMetrics::new(points, &trained.personas, 1, &QUICK).expect("clusters");
    let ceiling = real.persona();
    let fidelity = |(i, group): (usize, &String)| GroupFidelity {
        group: group.clone(),
        fidelity: guess(0.31 + 0.05 * i as f64, 0.08, 16, "share"),
    };
    SeparabilityFigures {
        floor: Some(Floor {
            persona_gain: difference(&floor_persona.prompt_scores, &persona.prompt_scores),
            group_gain: Some(difference(&scores(&floor_group), &scores(&group))),
            persona: floor_persona,
            group: Some(floor_group),
        }),
        ceiling: Some(Ceiling {
            persona_fidelity: guess(0.19, 0.03, 16, "share"),
            group_fidelity: Some(guess(0.41, 0.05, 16, "share")),
            fidelity_of_groups: trained.groups.names().iter().enumerate().map(fidelity).collect(),
            group: Some(real.group()),
            persona: ceiling,
            texts: 6 * rows.len(),
        }),
        length_only: length_baseline(&texts, &trained.personas, &trained.prompts, &QUICK).expect("texts"),
        content_only: Some(
            content_baseline(&texts, &trained.personas, &trained.prompts, &few).expect("texts"),
        ),
        after_length: Some(guess(0.3, 0.03, 16, "share")),
        raw: clusters(&trained.points),
        centred: Some(clusters(&Points::new(trained.unit.view().to_owned()).expect("finite"))),
        knn_accuracy: k_nearest(&trained.unit, &trained.personas, Some(&trained.prompts), 5)
            .expect("rows")
            .accuracy,
        pairs,
        map: trained.map(),
        group: Some(group),
        persona,
    }
}

/// Three instruments, of which the first hears no more than subjects.
pub(super) fn instruments(s: &SeparabilityFigures) -> Vec<InstrumentFigures> {
    let one = |(name, real, minus_content): (&str, f64, f64)| InstrumentFigures {
        name: name.to_owned(),
        accuracy: guess(real, 0.04, 6, "share"),
        chance: s.persona.chance,
        p: 0.001,
        shuffled: s.persona.chance,
        minus_length: guess(real - 0.19, 0.06, 6, "share"),
        minus_content: guess(minus_content, 0.05, 6, "share"),
        bare: None,
        controls: vec![Qualification {
            name: "not content alone".to_owned(),
            finding: "as the figures beside it".to_owned(),
            passed: minus_content > 0.05,
        }],
        qualified: minus_content > 0.05,
        answers: Some(guess(0.5 * real, 0.04, 16, "share")),
        floor: Some(guess(0.05, 0.02, 16, "share")),
    };
    [("embedding", 0.64, 0.03), ("style", 0.71, 0.1), ("joined", 0.78, 0.17)].map(one).into()
}
