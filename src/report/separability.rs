//! Separability beside the headline: groups, clusters, mistakes and nearest pairs.

use super::number::{figure, p_value, percent};
use super::order::Order;
use crate::metrics::{ClusterMetrics, Mistake};
use crate::record::{Record, SeparabilityFigures};
use serde::Serialize;

/// Most rows of the tables of mistakes and of pairs.
const SHOWN: usize = 15;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    groups: Vec<GroupRow<'a>>,
    mistakes: Vec<MistakeRow>,
    others: Vec<Other>,
    pairs: Vec<PairRow<'a>>,
    pairs_total: usize,
    pairs_alike: usize,
}

/// An adapter group.
#[derive(Serialize)]
struct GroupRow<'a> {
    group: &'a str,
    class: String,
    personas: usize,
    recall: String,
    floor: String,
    ceiling: String,
    unseen: String,
    fidelity: String,
    fidelity_interval: String,
}

/// Two personas that are taken for each other.
#[derive(Serialize)]
struct MistakeRow {
    actual: String,
    predicted: String,
    count: usize,
    share: String,
}

/// A metric with its value on the vectors as they come and centred by prompt.
#[derive(Serialize)]
struct Other {
    name: &'static str,
    better: &'static str,
    raw: String,
    centred: String,
}

/// Two personas and how far apart they lie.
#[derive(Serialize)]
struct PairRow<'a> {
    a: &'a str,
    b: &'a str,
    energy: String,
    cosine: String,
    q: String,
}

/// The section; none without separability.
pub(super) fn section<'a>(record: &'a Record, order: &Order<'_>) -> Option<Section<'a>> {
    let s = record.separability.as_ref()?;
    Some(Section {
        groups: groups(s, order),
        mistakes: s.persona.confusion.mistakes(SHOWN).into_iter().map(mistake).collect(),
        others: others(s),
        pairs: s
            .pairs
            .iter()
            .take(SHOWN)
            .map(|pair| PairRow {
                a: &pair.a,
                b: &pair.b,
                energy: figure(pair.energy),
                cosine: figure(pair.centroid_cosine_distance),
                q: p_value(pair.q).replacen('p', "q", 1),
            })
            .collect(),
        pairs_total: s.pairs.len(),
        pairs_alike: s.pairs.iter().filter(|pair| pair.q > 0.05).count(),
    })
}

fn mistake(m: Mistake) -> MistakeRow {
    MistakeRow { actual: m.actual, predicted: m.predicted, count: m.count, share: percent(m.share) }
}

fn groups<'a>(s: &'a SeparabilityFigures, order: &Order<'_>) -> Vec<GroupRow<'a>> {
    let Some(found) = &s.group else { return Vec::new() };
    let recall = |recalls: Option<Vec<f64>>, labels: Option<&Vec<String>>, group: &String| {
        let place = labels.and_then(|l| l.iter().position(|name| name == group));
        recalls.zip(place).and_then(|(r, i)| r.get(i).copied()).map_or("–".to_owned(), percent)
    };
    let floor = s.floor.as_ref().and_then(|f| f.group.as_ref());
    let ceiling = s.ceiling.as_ref().and_then(|c| c.group.as_ref());
    let fidelity = |group: &String| {
        let all = s.ceiling.as_ref().map_or(&[][..], |c| &c.fidelity_of_groups);
        all.iter().find(|f| f.group == *group).map(|f| &f.fidelity)
    };
    let row = |(i, group): (usize, &'a String)| GroupRow {
        group,
        class: order.ink_of_group(group).class(),
        personas: order.personas.iter().filter(|p| p.group == *group).count(),
        recall: found.leave_prompt_out.confusion.recalls().get(i).copied().map_or("–".to_owned(), percent),
        floor: recall(floor.map(|g| g.leave_prompt_out.confusion.recalls()), floor.map(|g| &g.labels), group),
        ceiling: recall(
            ceiling.map(|g| g.leave_prompt_out.confusion.recalls()),
            ceiling.map(|g| &g.labels),
            group,
        ),
        unseen: recall(
            found.leave_persona_out.as_ref().map(|g| g.confusion.recalls()),
            Some(&found.labels),
            group,
        ),
        fidelity: fidelity(group).map_or("–".to_owned(), |e| percent(e.point)),
        fidelity_interval: fidelity(group)
            .map_or(String::new(), |e| format!("[{}, {}]", percent(e.low), percent(e.high))),
    };
    found.labels.iter().enumerate().map(row).collect()
}

fn others(s: &SeparabilityFigures) -> Vec<Other> {
    let both = |name, better, value: fn(&ClusterMetrics) -> f64| Other {
        name,
        better,
        raw: figure(value(&s.raw)),
        centred: s.centred.as_ref().map_or("–".to_owned(), |m| figure(value(m))),
    };
    let named = |name, value: Option<f64>| Other {
        name,
        better: "higher",
        raw: "–".to_owned(),
        centred: value.map_or("–".to_owned(), figure),
    };
    let by_content = s.content_only.as_ref().map(|c| c.balanced_accuracy.point);
    vec![
        both("Silhouette, cosine", "higher", |m| m.silhouette_cosine),
        both("Davies–Bouldin", "lower", |m| m.davies_bouldin),
        both("Calinski–Harabasz", "higher", |m| m.calinski_harabasz),
        both("k-means, adjusted Rand", "higher", |m| m.kmeans.ari),
        both("k-means, mutual information", "higher", |m| m.kmeans.nmi),
        both("k-means, V-measure", "higher", |m| m.kmeans.v_measure),
        Other {
            name: "k nearest neighbours, leave-one-prompt-out",
            better: "higher",
            raw: "–".to_owned(),
            centred: figure(s.knn_accuracy),
        },
        named("Persona named, length taken out of the vectors", s.after_length.as_ref().map(|e| e.point)),
        named("Persona named by content words alone", by_content),
        named("Persona named by length alone", Some(s.length_only.balanced_accuracy.point)),
    ]
}
