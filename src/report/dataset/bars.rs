//! Shares as bars over the bands of their targets.

use super::super::drawing::{Anchor, Drawing};
use super::super::font;
use super::super::number::{percent, tick};
use super::super::palette::Ink;
use super::super::scale::Scale;
use super::rows;
use crate::data::stats::{Gap, Measured, Status};
use crate::list::grouped;

/// Where bars begin and end across.
const PLOT: (f64, f64) = (210.0, 620.0);
/// Width of a picture.
const WIDTH: f64 = 800.0;
/// Where shares and counts end.
const FIGURES: (f64, f64) = (690.0, 784.0);
/// Height of a row.
const ROW: f64 = 27.0;
/// Height of a bar, and of a band.
const BAR: (f64, f64) = (11.0, 23.0);
/// Opacity of a band.
const BAND: f64 = 0.22;
/// Personas of the picture.
const PERSONAS: usize = 30;

struct Bar {
    name: String,
    share: f64,
    count: u64,
    band: Option<(f64, f64)>,
    ink: Ink,
    before: Option<f64>,
}

/// The colour of a status.
fn ink(status: Option<Status>) -> Ink {
    match status {
        Some(Status::Under) => Ink::Unsure,
        Some(Status::Within) => Ink::Pass,
        Some(Status::Over) => Ink::Fail,
        None => Ink::Right,
    }
}

/// The bars of the categories, for the page.
pub(super) fn plain(measured: &Measured) -> Drawing {
    chart(&of_categories(measured), 8.0, 30.0)
}

/// `categories.png`.
pub(super) fn categories(measured: &Measured) -> Option<Drawing> {
    framed(measured, "Categories", &of_categories(measured))
}

/// `personas.png`; none where no persona is known.
pub(super) fn personas(measured: &Measured) -> Option<Drawing> {
    let mut gaps: Vec<&Gap> = measured.gaps.personas.iter().collect();
    gaps.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.subject.cmp(&b.subject)));
    let changes = measured.changes.as_ref().map(|c| &c.personas);
    let before = |gap: &Gap| {
        let id = gap.subject.to_string();
        changes.map(|all| all.iter().find(|c| c.id == id).map_or(0.0, |c| c.share_before))
    };
    let bars: Vec<Bar> = gaps.iter().take(PERSONAS).map(|g| bar(g, before(g))).collect();
    let title = match gaps.len() {
        n if n > PERSONAS => format!("Personas, the {PERSONAS} largest of {n}"),
        _ => "Personas".to_owned(),
    };
    framed(measured, &title, &bars)
}

/// `answers.png`: turns and lengths; none where neither was counted.
pub(super) fn answers(measured: &Measured) -> Option<Drawing> {
    let counts = &measured.counts;
    let of = |unit: &'static str, bins: Vec<(String, u64)>| {
        bins.into_iter().map(move |(bin, n)| Bar {
            name: format!("{bin} {unit}"),
            share: counts.share(n),
            count: n,
            band: None,
            ink: Ink::Right,
            before: None,
        })
    };
    let turns = of("turns", counts.by_turns()).map(|mut b| {
        if b.name == "1 turns" {
            b.name = "1 turn".to_owned();
        }
        b
    });
    let bars: Vec<Bar> = turns.chain(of("words", rows::by_length(counts))).collect();
    framed(measured, "Turns of an example, words of its answer", &bars)
}

fn of_categories(measured: &Measured) -> Vec<Bar> {
    let before = |place: usize| measured.changes.as_ref().map(|c| c.categories[place].share_before);
    measured.gaps.categories.iter().enumerate().map(|(place, gap)| bar(gap, before(place))).collect()
}

fn bar(gap: &Gap, before: Option<f64>) -> Bar {
    Bar {
        name: gap.subject.to_string(),
        share: gap.share,
        count: gap.count,
        band: gap.target.map(|t| (t.low.value(), t.high.value())),
        ink: ink(gap.status),
        before,
    }
}

fn framed(measured: &Measured, title: &str, bars: &[Bar]) -> Option<Drawing> {
    if bars.is_empty() {
        return None;
    }
    let with_target = bars.iter().any(|b| b.band.is_some());
    let with_before = bars.iter().any(|b| b.before.is_some());
    let mut drawing = chart(bars, 70.0, if with_target || with_before { 66.0 } else { 36.0 });
    let about = format!("{}: share of {} examples", measured.name, grouped(measured.counts.total));
    drawing.title(&font::fitted(title, 19.0, WIDTH - 40.0), &font::fitted(&about, 13.0, WIDTH - 40.0));
    let y = drawing.height - 20.0;
    let mut x = 20.0;
    let legend: [(&str, Ink, bool); 5] = [
        ("under its target", Ink::Unsure, with_target),
        ("within", Ink::Pass, with_target),
        ("over", Ink::Fail, with_target),
        ("no target", Ink::Right, with_target && bars.iter().any(|b| b.band.is_none())),
        ("target", Ink::Pass, with_target),
    ];
    for (word, ink, _) in legend.into_iter().filter(|(_, _, shown)| *shown) {
        let band = word == "target";
        let (height, opacity) = if band { (BAR.1 - 5.0, BAND) } else { (BAR.0, 1.0) };
        drawing.rect((x, y - height / 2.0), (18.0, height), ink, opacity);
        drawing.text(word, (x + 25.0, y), Ink::Text, Anchor::Start);
        x += 46.0 + font::width(word, 13.0);
    }
    if with_before {
        drawing.line((x + 4.0, y - 9.0), (x + 4.0, y + 9.0), Ink::Text, 2.4);
        let against = measured.against.as_deref().unwrap_or_default();
        let word = font::fitted(&format!("before ({against})"), 13.0, WIDTH - x - 32.0);
        drawing.text(&word, (x + 13.0, y), Ink::Text, Anchor::Start);
    }
    Some(drawing)
}

/// Bars from `top` on, with an axis of per cents and `below` units under the last row.
fn chart(bars: &[Bar], top: f64, below: f64) -> Drawing {
    let bottom = top + ROW * bars.len() as f64;
    let mut drawing = Drawing::new(WIDTH, bottom + below);
    let ends = bars.iter().flat_map(|b| [Some(b.share), b.band.map(|(_, high)| high), b.before]).flatten();
    let most = ends.fold(0.01f64, f64::max);
    // Bars begin at zero.
    let scale = Scale { low: 0.0, high: 100.0 * most * 1.02 };
    let across = |share: f64| PLOT.0 + (PLOT.1 - PLOT.0) * scale.place(100.0 * share);
    let ticks = scale.ticks(6);
    for value in &ticks {
        let x = across(value / 100.0);
        drawing.line((x, top), (x, bottom), Ink::Grid, 1.0);
        drawing.text(&format!("{} %", tick(*value, &ticks)), (x, bottom + 13.0), Ink::Muted, Anchor::Middle);
    }
    for (i, bar) in bars.iter().enumerate() {
        let y = top + ROW * (i as f64 + 0.5);
        let name = font::fitted(&bar.name, 13.0, PLOT.0 - 32.0);
        drawing.text(&name, (PLOT.0 - 10.0, y), Ink::Text, Anchor::End);
        if let Some((low, high)) = bar.band {
            // A target of one number is a line's width.
            let width = (across(high) - across(low)).max(2.0);
            drawing.rect((across(low), y - BAR.1 / 2.0), (width, BAR.1), Ink::Pass, BAND);
        }
        let width = (across(bar.share) - PLOT.0).max(if bar.share > 0.0 { 1.0 } else { 0.0 });
        drawing.rect((PLOT.0, y - BAR.0 / 2.0), (width, BAR.0), bar.ink, 1.0);
        if let Some(before) = bar.before {
            let x = across(before);
            drawing.line((x, y - 9.0), (x, y + 9.0), Ink::Text, 2.4);
        }
        let share = format!("{} %", percent(bar.share));
        drawing.text(&share, (FIGURES.0, y), Ink::Text, Anchor::End);
        drawing.text(&grouped(bar.count), (FIGURES.1, y), Ink::Muted, Anchor::End);
    }
    drawing.line((PLOT.0, top), (PLOT.0, bottom), Ink::Muted, 1.2);
    drawing
}
