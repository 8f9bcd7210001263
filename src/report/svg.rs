//! Drawings as inline SVG; colours are classes, so that the page's theme decides.

use super::drawing::{Anchor, Drawing, Label, Shape};
use super::palette::Marker;
use std::fmt::Write;

/// plotters counts a letter's size from the lowest to the highest point of the font, CSS by the em: DejaVu Sans.
const SIZE_OF_EM: f64 = 1.164;

/// The five characters that have a meaning in markup, escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The drawing as an `<svg>` element that says in words what it shows; the only one with markers on its page.
pub(super) fn svg(drawing: &Drawing, class: &str, description: &str) -> String {
    svg_named(drawing, class, "m", description)
}

/// The same for a page with several drawings: `name` starts the ids of its markers, which a page may hold once.
pub(super) fn svg_named(drawing: &Drawing, class: &str, name: &str, description: &str) -> String {
    let (w, h) = (short(drawing.width), short(drawing.height));
    let mut out = format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(description)
    );
    let marker = |shape: &Shape| match shape {
        Shape::Mark { marker, .. } => Some(*marker),
        _ => None,
    };
    let used = Marker::ALL.into_iter().filter(|m| drawing.shapes.iter().filter_map(marker).any(|u| u == *m));
    let symbols: String = used.map(|m| format!("<path id=\"{name}-{m:?}\" d=\"{}\"/>", outline(m))).collect();
    if !symbols.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "<defs>{symbols}</defs>");
    }
    for shape in &drawing.shapes {
        element(&mut out, shape, name);
    }
    out.push_str("</svg>");
    out
}

/// A marker alone, as a small `<svg>` for a legend.
pub(super) fn legend_mark(marker: Marker, class: &str) -> String {
    format!(
        "<svg class=\"mark\" viewBox=\"-1.6 -1.6 3.2 3.2\" aria-hidden=\"true\"><path class=\"{class}\" d=\"{}\"/></svg>",
        outline(marker)
    )
}

fn element(out: &mut String, shape: &Shape, name: &str) {
    // Writing to a String cannot fail.
    let _ = match shape {
        Shape::Line { from, to, ink, width, dashed } => writeln!(
            out,
            "<path class=\"stroke {}\" d=\"M{} {}L{} {}\" stroke-width=\"{}\"{}/>",
            ink.class(),
            short(from.0),
            short(from.1),
            short(to.0),
            short(to.1),
            short(*width),
            if *dashed { " stroke-dasharray=\"4 3\"" } else { "" }
        ),
        Shape::Rect { at, size, ink, opacity, title } => writeln!(
            out,
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}{}",
            ink.class(),
            short(at.0),
            short(at.1),
            short(size.0),
            short(size.1),
            faded(*opacity),
            titled(title.as_deref(), "rect")
        ),
        Shape::Mark { marker, at, radius, ink, opacity, title } => writeln!(
            out,
            "<use class=\"{}\" href=\"#{name}-{marker:?}\" transform=\"translate({} {})scale({})\"{}{}",
            ink.class(),
            short(at.0),
            short(at.1),
            short(*radius),
            faded(*opacity),
            titled(title.as_deref(), "use")
        ),
        Shape::Label(label) => text(out, label),
        Shape::Open(persona) => writeln!(out, "<g data-persona=\"{}\">", escaped(persona)),
        Shape::Close => writeln!(out, "</g>"),
    };
}

fn text(out: &mut String, label: &Label) -> std::fmt::Result {
    let (x, y) = (short(label.at.0), short(label.at.1));
    let anchor = match label.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let turn = if label.upright { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    writeln!(
        out,
        "<text class=\"{}\" x=\"{x}\" y=\"{y}\" font-size=\"{}\" text-anchor=\"{anchor}\" dy=\".35em\"{}{turn}>{}</text>",
        label.ink.class(),
        short(label.size / SIZE_OF_EM),
        if label.bold { " font-weight=\"600\"" } else { "" },
        escaped(&label.text)
    )
}

fn titled(title: Option<&str>, element: &str) -> String {
    match title {
        Some(title) => format!("><title>{}</title></{element}>", escaped(title)),
        None => "/>".to_owned(),
    }
}

fn faded(opacity: f64) -> String {
    if opacity < 1.0 { format!(" fill-opacity=\"{}\"", short(opacity)) } else { String::new() }
}

fn outline(marker: Marker) -> String {
    if marker == Marker::Circle {
        return "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z".to_owned();
    }
    let corners: Vec<String> =
        marker.outline().iter().map(|(x, y)| format!("{} {}", short(*x), short(*y))).collect();
    format!("M{}z", corners.join("L"))
}

/// At most two decimals, none that are zero.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::palette::Ink;
    use super::*;

    #[test]
    fn names_in_a_drawing_stay_text() {
        let mut drawing = Drawing::new(100.0, 50.0);
        drawing.shapes.push(Shape::Open("\"><script>".to_owned()));
        drawing.text("<img onerror='x'>", (1.0, 2.5), Ink::Text, Anchor::Start);
        drawing.shapes.push(Shape::Close);
        let svg = svg(&drawing, "map", "a & b");
        assert!(
            svg.contains("data-persona=\"&quot;&gt;&lt;script&gt;\"")
                && svg.contains("aria-label=\"a &amp; b\"")
        );
        assert!(svg.contains("&lt;img onerror=&#39;x&#39;&gt;</text>") && svg.contains("y=\"2.5\""), "{svg}");
    }
}
