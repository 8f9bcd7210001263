//! Cases × gates, as a picture: a stripe in each cell for every seed.

use super::Outcome;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Width of the column of cases, and of one gate.
const LEFT: i32 = 620;
const CELL: (i32, i32) = (84, 46);
const TOP: i32 = 330;

/// Draws what every gate said of every case.
pub fn draw(outcomes: &[Outcome], path: &Path) {
    // The first call wins in a process; the library registers the same font.
    for (style, data) in
        [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())]
    {
        let _ = plotters::style::register_font("DejaVu Sans", style, data);
    }
    let mut gates: Vec<&str> = Vec::new();
    for (name, _) in outcomes.iter().flat_map(|o| &o.gates) {
        if !gates.contains(&name.as_str()) {
            gates.push(name);
        }
    }
    let width = (LEFT + CELL.0 * gates.len() as i32 + 60).max(900);
    let mut cases: Vec<Vec<&Outcome>> = Vec::new();
    for o in outcomes {
        match cases.iter_mut().find(|c| c[0].case == o.case) {
            Some(case) => case.push(o),
            None => cases.push(vec![o]),
        }
    }
    let height = TOP + CELL.1 * cases.len() as i32 + 90;
    let root = BitMapBackend::new(path, (width as u32, height as u32)).into_drawing_area();
    root.fill(&WHITE).expect("fills");
    let text = |size: f64, bold: bool, color: RGBColor| {
        let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
        ("DejaVu Sans", size, style).into_font().color(&color)
    };
    let (ink, muted) = (RGBColor(30, 34, 42), RGBColor(96, 102, 112));
    root.draw_text("Regressions put in on purpose", &text(30.0, true, ink), (28, 24)).expect("draws");
    let about = "Rows: suites/all.toml against the baseline; columns: gates; stripes: seeds.";
    root.draw_text(about, &text(19.0, false, muted), (28, 64)).expect("draws");
    for (i, gate) in gates.iter().enumerate() {
        let x = LEFT + CELL.0 * i as i32 + CELL.0 / 2;
        let style = text(17.0, false, ink)
            .transform(FontTransform::Rotate270)
            .pos(Pos::new(HPos::Left, VPos::Center));
        root.draw_text(gate, &style, (x, TOP - 12)).expect("draws");
    }
    for (row, runs) in cases.iter().enumerate() {
        let o = runs[0];
        let y = TOP + CELL.1 * row as i32;
        let right = Pos::new(HPos::Left, VPos::Center);
        root.draw_text(&o.about, &text(18.0, false, ink).pos(right), (28, y + CELL.1 / 2)).expect("draws");
        let caught = runs.iter().filter(|r| r.caught).count();
        let word = if o.refused.is_some() { "refused" } else { "caught" };
        let said = match caught {
            0 => format!("quiet, {} of {}", runs.len(), runs.len()),
            _ => format!("{word}, {caught} of {}", runs.len()),
        };
        let right = runs.iter().all(|r| r.caught == r.expected);
        let color = if right { RGBColor(24, 110, 62) } else { RGBColor(176, 42, 42) };
        let place = (LEFT - 16, y + CELL.1 / 2);
        let style = text(18.0, true, color).pos(Pos::new(HPos::Right, VPos::Center));
        root.draw_text(&said, &style, place).expect("draws");
        for (i, gate) in gates.iter().enumerate() {
            let (x, gap) = (LEFT + CELL.0 * i as i32, 3);
            let width = (CELL.0 - 2 * gap) / runs.len() as i32;
            for (stripe, run) in runs.iter().enumerate() {
                let verdict = run.gates.iter().find(|(name, _)| name == gate).map_or("", |(_, v)| v);
                let fill = match verdict {
                    "pass" => RGBColor(206, 234, 214),
                    "fail" => RGBColor(200, 62, 62),
                    "inconclusive" => RGBColor(246, 226, 170),
                    _ => RGBColor(238, 240, 243),
                };
                let left = x + gap + width * stripe as i32;
                let cell = Rectangle::new(
                    [(left, y + gap), (left + width - 1, y + CELL.1 - gap)],
                    ShapeStyle::from(&fill).filled(),
                );
                root.draw(&cell).expect("draws");
            }
        }
    }
    let mut x = LEFT;
    let y = TOP + CELL.1 * cases.len() as i32 + 44;
    for (word, fill) in [
        ("pass", RGBColor(206, 234, 214)),
        ("inconclusive", RGBColor(246, 226, 170)),
        ("regressed or failed", RGBColor(200, 62, 62)),
    ] {
        let mark = Rectangle::new([(x, y - 9), (x + 18, y + 9)], ShapeStyle::from(&fill).filled());
        root.draw(&mark).expect("draws");
        let style = text(18.0, false, muted).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw_text(word, &style, (x + 26, y)).expect("draws");
        x += 60 + 11 * word.len() as i32;
    }
    root.present().expect("the picture is written");
}
