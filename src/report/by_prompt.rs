//! A persona's margin prompt by prompt, as a strip of small bars.

use super::scale::Scale;
use crate::record::{Item, Record};
use crate::stats::mean;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Width of a bar's place and height of a strip, in units of the drawing.
const BAR: usize = 6;
const HEIGHT: f64 = 24.0;

/// The strips of all personas on one scale.
pub(super) struct Strips<'a> {
    /// Means over a prompt's samples, by persona and prompt.
    margins: BTreeMap<&'a str, BTreeMap<&'a str, f64>>,
    scale: Scale,
}

impl<'a> Strips<'a> {
    /// The margins of a record that keeps its raw scores.
    pub(super) fn new(record: &'a Record) -> Self {
        let mut all: BTreeMap<&str, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
        let told = |i: &'a Item| Some((i.persona.as_str(), i.prompt_id.as_str(), i.margin?));
        for (persona, prompt, margin) in record.items.iter().filter_map(told) {
            all.entry(persona).or_default().entry(prompt).or_default().push(margin);
        }
        let margins: BTreeMap<&str, BTreeMap<&str, f64>> = all
            .into_iter()
            .map(|(persona, prompts)| (persona, prompts.into_iter().map(|(p, v)| (p, mean(&v))).collect()))
            .collect();
        let scale = Scale::around(margins.values().flat_map(|m| m.values().copied()).chain([0.0]));
        Self { margins, scale }
    }

    /// Whether there is any.
    pub(super) fn is_empty(&self) -> bool {
        self.margins.is_empty()
    }

    /// One persona's strip: a bar a prompt, above or below zero, and the baseline's mean as a line; empty where nothing is
    /// known of it.
    pub(super) fn strip(&self, persona: &str, baseline: Option<f64>) -> String {
        let Some(prompts) = self.margins.get(persona) else { return String::new() };
        let height = |value: f64| HEIGHT * (1.0 - self.scale.place(value));
        let zero = height(0.0);
        let (mut above, mut below) = (String::new(), String::new());
        for (i, margin) in prompts.values().enumerate() {
            let bars = if *margin >= 0.0 { &mut above } else { &mut below };
            // Writing to a String cannot fail.
            let _ = write!(bars, "M{} {zero:.1}V{:.1}", BAR * i + BAR / 2, height(*margin));
        }
        let width = BAR * prompts.len();
        let line = baseline
            .map(|b| height(b))
            .map_or(String::new(), |y| format!("<path class=\"was\" d=\"M0 {y:.1}H{width}\"/>"));
        format!(
            "<svg class=\"strip\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <path class=\"nil\" d=\"M0 {zero:.1}H{width}\"/><path class=\"up\" d=\"{above}\"/>\
             <path class=\"down\" d=\"{below}\"/>{line}</svg>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_prompt_has_a_bar_and_the_baseline_a_line() {
        let record = sample::record();
        let strips = Strips::new(&record);
        let strip = strips.strip("poet", Some(0.1));
        assert_eq!(strip.matches('V').count(), 16, "{strip}");
        assert!(strip.contains("class=\"was\"") && !strips.strip("poet", None).contains("class=\"was\""));
        assert_eq!(strips.strip("nobody", None), "");
        assert!(Strips::new(&sample::bare()).is_empty());
    }
}
