//! Who is taken for whom more often, or less often, than in the baseline.

use super::confusion::strength;
use super::drawing::{Anchor, Drawing};
use super::font;
use super::matrix::Matrix;
use super::order::Order;
use super::palette::Ink;
use crate::record::{Record, Taken};
use std::collections::BTreeMap;

/// The picture for the page; none without a comparison that counted.
pub(super) fn plain(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    Some(matrix(taken(record)?, order, 0.0))
}

/// The picture with title, for `confusion-change.png`.
pub(super) fn framed(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let mut drawing = matrix(taken(record)?, order, 62.0);
    drawing.title(
        "Who is taken for whom: change since the baseline",
        "row: the persona that answered · column: the persona it was taken for · empty: as often as before",
    );
    Some(drawing)
}

/// Whether there is anything to draw.
pub(super) fn drawn(record: &Record) -> bool {
    taken(record).is_some()
}

fn taken(record: &Record) -> Option<&[Taken]> {
    record.comparison.as_ref().map(|c| c.taken.as_slice()).filter(|t| !t.is_empty())
}

fn matrix(taken: &[Taken], order: &Order<'_>, top: f64) -> Drawing {
    let mut answers: BTreeMap<&str, usize> = BTreeMap::new();
    for t in taken {
        *answers.entry(&t.persona).or_default() += t.before;
        // Whoever is only ever named has a row, too.
        answers.entry(&t.named).or_default();
    }
    let labels: Vec<String> = answers.keys().map(|id| (*id).to_owned()).collect();
    let mut matrix = Matrix::new(&labels, order, top);
    let places = matrix.places.clone();
    let place = |id: &str| places.iter().position(|i| labels[*i] == id).unwrap_or(0);
    let places: BTreeMap<&str, usize> = labels.iter().map(|id| (id.as_str(), place(id))).collect();
    for t in taken.iter().filter(|t| t.before != t.after) {
        let more = t.after > t.before;
        let right = t.persona == t.named;
        let of = answers[t.persona.as_str()].max(1);
        let what = if right { "named right".to_owned() } else { format!("taken for {}", t.named) };
        let title = format!("{} {what}: {} of {of} before, {} now", t.persona, t.before, t.after);
        let share = t.after.abs_diff(t.before) as f64 / of as f64;
        let ink = if more == right { Ink::Right } else { Ink::Wrong };
        let at = (places[t.persona.as_str()], places[t.named.as_str()]);
        matrix.fill(at, ink, strength(share), title);
    }
    let (mut drawing, at) = matrix.finish(order);
    scale(&mut drawing, at);
    drawing
}

/// What the colours mean.
fn scale(drawing: &mut Drawing, (left, y): (f64, f64)) {
    let mut x = left.min(60.0);
    for (ink, text) in [
        (Ink::Right, "better: right more often, mistaken less"),
        (Ink::Wrong, "worse: right less often, mistaken more"),
    ] {
        for share in [0.05, 0.3, 1.0] {
            drawing.rect((x, y - 7.0), (20.0, 14.0), ink, strength(share));
            x += 20.0;
        }
        drawing.text(text, (x + 8.0, y), Ink::Text, Anchor::Start);
        x += 24.0 + font::width(text, 13.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Shape;
    use super::super::sample;
    use super::*;

    #[test]
    fn only_what_changed_has_a_cell() {
        let mut record = sample::record();
        let row = |persona: &str, named: &str, before, after| Taken {
            persona: persona.into(),
            named: named.into(),
            before,
            after,
        };
        record.comparison.as_mut().expect("compared").taken = vec![
            row("poet", "poet", 9, 2),
            row("poet", "stoic_sage", 0, 7),
            row("poet", "storyteller", 3, 3),
        ];
        let drawing = plain(&record, &Order::new(&record)).expect("counted");
        let titles: Vec<(&str, Ink)> = drawing
            .shapes
            .iter()
            .filter_map(|s| match s {
                Shape::Rect { title, ink, .. } => Some((title.as_deref()?, *ink)),
                _ => None,
            })
            .collect();
        let wanted = [
            ("poet named right: 9 of 12 before, 2 now", Ink::Wrong),
            ("poet taken for stoic_sage: 0 of 12 before, 7 now", Ink::Wrong),
        ];
        assert_eq!(titles, wanted);
        assert!(!drawn(&sample::bare()));
    }
}
