//! Likelihood of real text: own voice against others, by group and by persona.

use super::number::{count, estimate, figure, percent};
use super::order::Order;
use crate::metrics::LabelLikelihood;
use crate::record::{LikelihoodFigures, Record};
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    reading: String,
    design: String,
    agreement: Option<String>,
    groups: Vec<Row<'a>>,
    personas: Vec<Row<'a>>,
}

/// A group or a persona.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    class: String,
    texts: usize,
    own: String,
    margin: String,
    best: String,
}

/// The section; none where likelihoods were not measured.
pub(super) fn section<'a>(record: &'a Record, order: &Order<'_>) -> Option<Section<'a>> {
    let found = record.likelihood.as_ref()?;
    let row = |l: &'a LabelLikelihood, class: String| Row {
        name: &l.label,
        class,
        texts: l.texts,
        own: estimate(&l.own),
        margin: estimate(&l.margin),
        best: percent(l.best),
    };
    let mut personas: Vec<&LabelLikelihood> = found.personas.iter().collect();
    personas.sort_by(|a, b| a.margin.point.total_cmp(&b.margin.point));
    Some(Section {
        reading: reading(found),
        design: design(found),
        agreement: found.agreement.map(|a| {
            format!(
                "The embedder, which knows neither adapter nor tag, ranks the same {} by their real text: Spearman's \
                 ρ = {}.",
                count(a.pairs, "pair"),
                figure(a.spearman)
            )
        }),
        groups: found.groups.iter().map(|g| row(g, order.ink_of_group(&g.label).class())).collect(),
        personas: personas.into_iter().map(|p| row(p, order.look(&p.label).0.class())).collect(),
    })
}

/// What the figures say, in one line.
fn reading(found: &LikelihoodFigures) -> String {
    let margin = &found.margin;
    let what = match () {
        () if margin.low > 0.0 => "is likelier in its own persona's voice than in others'",
        () if margin.high < 0.0 => "is less likely in its own persona's voice than in others'",
        () => "is not surely likelier in its own persona's voice than in others'",
    };
    format!(
        "Real text {what}: {} nats a token over {}; {} % of the texts are likeliest in their own ({} % if all were \
         alike). Under its own voice a text has {} nats a token.",
        estimate(margin),
        count(margin.n, "prompt"),
        percent(found.best.point),
        percent(found.chance),
        estimate(&found.own)
    )
}

fn design(found: &LikelihoodFigures) -> String {
    let d = &found.design;
    let whom = match d.full {
        true => "all personas".to_owned(),
        false => format!("their own persona and {} others", d.others),
    };
    let nearest = match d.nearest_total {
        0 => String::new(),
        all => format!("; {} of {all} nearest neighbours are among them", d.nearest_scored),
    };
    format!(
        "{} under {whom}: {} of {} pairs were scored{nearest}. Texts are real, nothing is drawn: the same adapters give \
         the same figures.",
        count(d.texts, "held-out text"),
        d.cells,
        d.cells_total
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_reading_follows_the_interval_and_the_weakest_persona_comes_first() {
        let mut record = sample::record();
        let order = Order::new(&record);
        let shown = section(&record, &order).expect("measured");
        assert!(shown.reading.contains("Real text is likelier in its own"), "{}", shown.reading);
        assert!(shown.design.contains("57 of 57 nearest"), "{}", shown.design);
        assert!(shown.agreement.is_some_and(|a| a.contains("ρ = ")));
        assert_eq!((shown.groups.len(), shown.personas.len()), (5, 57));
        let found = record.likelihood.as_ref().expect("measured");
        let least = found.personas.iter().map(|p| p.margin.point).fold(f64::INFINITY, f64::min);
        assert!(shown.personas[0].margin.starts_with(&figure(least)));
        let found = record.likelihood.as_mut().expect("measured");
        (found.margin.low, found.design.full) = (-0.1, true);
        assert!(reading(found).contains("not surely"));
        assert!(design(found).contains("under all personas"));
        found.margin.high = -0.05;
        assert!(reading(found).contains("less likely"));
    }
}
