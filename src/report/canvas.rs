//! Drawings as PNG, by plotters' bitmap backend.

use super::drawing::{Anchor, Drawing, Label, Shape};
use super::font;
use super::palette::{Ink, Marker};
use crate::atomic;
use crate::error::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Pixels of the file for one unit of the drawing.
const PIXELS: u32 = 2;

/// Drawn so much larger and averaged: smooth edges.
const OVERSAMPLED: u32 = 2;

/// One unit of the drawing on the large bitmap.
const SCALE: f64 = (PIXELS * OVERSAMPLED) as f64;

/// Writes `drawing` to `path`, which ends in `.png`.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write_png(drawing: &Drawing, path: &Path) -> Result<()> {
    font::register();
    let size = ((drawing.width * f64::from(PIXELS)) as u32, (drawing.height * f64::from(PIXELS)) as u32);
    let large = (size.0 * OVERSAMPLED, size.1 * OVERSAMPLED);
    let mut pixels = vec![255u8; (large.0 * large.1 * 3) as usize];
    let failed = |e: String| Error::cannot_run("a picture cannot be drawn").in_file(path).because(e);
    {
        let area = BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area();
        for shape in &drawing.shapes {
            draw(&area, shape).map_err(|e| failed(e.to_string()))?;
        }
        area.present().map_err(|e| failed(e.to_string()))?;
    }
    let pixels = averaged(&pixels, large.0 as usize);
    atomic::write_with(path, |file| {
        let mut bitmap = BitMapBackend::new(file, size);
        bitmap.blit_bitmap((0, 0), size, &pixels).map_err(|e| failed(e.to_string()))?;
        bitmap.present().map_err(|e| failed(e.to_string()))
    })
}

/// Means of blocks of [`OVERSAMPLED`]² pixels.
fn averaged(pixels: &[u8], width: usize) -> Vec<u8> {
    let k = OVERSAMPLED as usize;
    let stride = width * 3;
    let mut small = Vec::with_capacity(pixels.len() / (k * k));
    for block in pixels.chunks_exact(stride * k) {
        for x in 0..width / k {
            for channel in 0..3 {
                let place = |i: usize| (i / k) * stride + (x * k + i % k) * 3 + channel;
                let sum: usize = (0..k * k).map(|i| usize::from(block[place(i)])).sum();
                small.push((sum / (k * k)) as u8);
            }
        }
    }
    small
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw(area: &Area<'_>, shape: &Shape) -> Drawn {
    match shape {
        Shape::Line { from, to, ink, width, dashed } => {
            for (a, b) in if *dashed { dashes(*from, *to) } else { vec![(*from, *to)] } {
                line(area, a, b, *ink, *width)?;
            }
        }
        Shape::Rect { at, size, ink, opacity, .. } => {
            let corner = (at.0 + size.0, at.1 + size.1);
            area.draw(&Rectangle::new([pixel(*at), pixel(corner)], fill(*ink, *opacity)))?;
        }
        Shape::Mark { marker, at, radius, ink, opacity, .. } => {
            mark(area, *marker, *at, *radius, fill(*ink, *opacity))?;
        }
        Shape::Label(label) => write(area, label)?,
        Shape::Open(_) | Shape::Close => {}
    }
    Ok(())
}

fn pixel(at: (f64, f64)) -> (i32, i32) {
    ((at.0 * SCALE).round() as i32, (at.1 * SCALE).round() as i32)
}

fn fill(ink: Ink, opacity: f64) -> ShapeStyle {
    let (r, g, b) = ink.on_white();
    RGBColor(r, g, b).mix(opacity).filled()
}

/// Level and upright lines as rectangles, which are exact; slanted ones as paths.
fn line(area: &Area<'_>, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) -> Drawn {
    let half = width / 2.0;
    let straight = (from.0 - to.0).abs() < 1e-9 || (from.1 - to.1).abs() < 1e-9;
    if straight {
        let low = (from.0.min(to.0), from.1.min(to.1));
        let high = (from.0.max(to.0), from.1.max(to.1));
        let grow = if low.0 < high.0 { (0.0, half) } else { (half, 0.0) };
        let corners = [pixel((low.0 - grow.0, low.1 - grow.1)), pixel((high.0 + grow.0, high.1 + grow.1))];
        area.draw(&Rectangle::new(corners, fill(ink, 1.0)))?;
    } else {
        let style = fill(ink, 1.0).stroke_width((width * SCALE).round().max(1.0) as u32);
        area.draw(&PathElement::new([pixel(from), pixel(to)], style))?;
    }
    Ok(())
}

/// Pieces of 4 units with gaps of 3.
fn dashes(from: (f64, f64), to: (f64, f64)) -> Vec<((f64, f64), (f64, f64))> {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    let at = |t: f64| {
        let share = (t / length).min(1.0);
        (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1))
    };
    (0..(length / 7.0).ceil() as usize).map(|i| (at(i as f64 * 7.0), at(i as f64 * 7.0 + 4.0))).collect()
}

fn mark(area: &Area<'_>, marker: Marker, at: (f64, f64), radius: f64, style: ShapeStyle) -> Drawn {
    if marker == Marker::Circle {
        area.draw(&Circle::new(pixel(at), (radius * SCALE).round() as i32, style))?;
    } else {
        let corner = |(x, y): (f64, f64)| pixel((at.0 + radius * x, at.1 + radius * y));
        let corners: Vec<(i32, i32)> = marker.outline().into_iter().map(corner).collect();
        area.draw(&Polygon::new(corners, style))?;
    }
    Ok(())
}

fn write(area: &Area<'_>, label: &Label) -> Drawn {
    let horizontal = match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let style = if label.bold { FontStyle::Bold } else { FontStyle::Normal };
    let mut font = FontDesc::new(FontFamily::Name(font::FAMILY), label.size * SCALE, style);
    if label.upright {
        font = font.transform(FontTransform::Rotate270);
    }
    let (r, g, b) = label.ink.on_white();
    let colour = RGBColor(r, g, b);
    let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Center));
    // plotters centres the room above the line; letters stand lower by this share of their size.
    let drop = 0.14 * label.size;
    let at = if label.upright { (label.at.0 + drop, label.at.1) } else { (label.at.0, label.at.1 + drop) };
    area.draw(&Text::new(label.text.clone(), pixel(at), style))?;
    Ok(())
}
