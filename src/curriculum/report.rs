//! What a mixture became, and where it is not what was wanted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::list::grouped;

/// A mixture by its phases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mixture {
    /// In the order of the curriculum.
    pub phases: Vec<PhaseReport>,
}

/// What one phase takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseReport {
    /// Its name.
    pub name: String,
    /// Examples wanted: its share of the total.
    pub wanted: u64,
    /// Examples taken.
    pub size: u64,
    /// By id; those that have examples or a weight.
    pub personas: BTreeMap<String, PersonaReport>,
    /// By name of the required trait.
    pub traits: BTreeMap<String, TraitReport>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

/// What one persona gives to a phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonaReport {
    /// Examples that its share of the phase comes to.
    pub wanted: u64,
    /// Examples taken.
    pub taken: u64,
    /// Examples that there are.
    pub available: u64,
    /// Synthetic examples to generate: what is wanted beyond the available ones, as far as its upsampling factor goes.
    pub synthetic_needed: u64,
}

/// How far a phase meets the demand for one trait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraitReport {
    /// Share of the phase's examples that were to show it.
    pub wanted_share: f64,
    /// Share that does, of the whole numbers taken; where infeasible, of the nearest feasible point.
    pub reached_share: f64,
    /// The least and the largest share that the persona counts allow, this trait taken alone.
    pub possible_shares: (f64, f64),
    /// Whether the demand can be met together with the others.
    pub feasible: bool,
    /// Where it cannot: personas that give all that they have towards it and still miss the share.
    pub bound_by: Vec<String>,
    /// Where it cannot: other traits without whose demand more of this one could be met.
    pub against: Vec<String>,
}

impl Mixture {
    /// Tables for the terminal: personas and traits of each phase, and the notes.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for phase in &self.phases {
            let (size, wanted) = (grouped(phase.size), grouped(phase.wanted));
            let _ = writeln!(text, "{}: {size} of {wanted} examples", phase.name);
            let rows = phase.personas.iter().map(|(id, p)| {
                let counts = [p.wanted, p.taken, p.available, p.synthetic_needed].map(grouped);
                std::iter::once(id.clone()).chain(counts).collect()
            });
            columns(&mut text, &["persona", "wanted", "taken", "available", "to synthesise"], rows.collect());
            let rows = phase.traits.iter().map(|(name, t)| {
                let percent = [t.wanted_share, t.reached_share, t.possible_shares.0, t.possible_shares.1];
                let shares = percent.map(|share| format!("{:.2} %", 100.0 * share));
                std::iter::once(name.clone()).chain(shares).collect()
            });
            columns(&mut text, &["trait", "wanted", "reached", "at least", "at most"], rows.collect());
            for note in &phase.notes {
                let _ = writeln!(text, "  note: {note}");
            }
            text.push('\n');
        }
        text
    }
}

/// Rows below their heads, the first column to the left and the others to the right; nothing where there are no rows.
fn columns(text: &mut String, heads: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let heads: Vec<String> = heads.iter().map(|h| (*h).to_owned()).collect();
    let wide =
        |column: usize| rows.iter().chain([&heads]).map(|r| r[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(wide).collect();
    for row in std::iter::once(&heads).chain(&rows) {
        let _ = write!(text, "  {:<width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_aligns_its_columns_and_parts_thousands() {
        let persona = PersonaReport { wanted: 1_234_567, taken: 12, available: 12, synthetic_needed: 0 };
        let reached = TraitReport {
            wanted_share: 0.15,
            reached_share: 0.1,
            possible_shares: (0.0, 0.1),
            feasible: false,
            bound_by: vec!["poet".to_owned()],
            against: Vec::new(),
        };
        let phase = PhaseReport {
            name: "Foundation".to_owned(),
            wanted: 1000,
            size: 999,
            personas: [("poet".to_owned(), persona)].into(),
            traits: [("formal".to_owned(), reached)].into(),
            notes: vec!["a note".to_owned()],
        };
        assert_eq!(
            Mixture { phases: vec![phase] }.table(),
            "Foundation: 999 of 1,000 examples\n  \
             persona     wanted  taken  available  to synthesise\n  \
             poet     1,234,567     12         12              0\n  \
             trait    wanted  reached  at least  at most\n  \
             formal  15.00 %  10.00 %    0.00 %  10.00 %\n  \
             note: a note\n\n"
        );
        assert_eq!([0, 999, 1000, 1_000_000].map(grouped), ["0", "999", "1,000", "1,000,000"]);
    }
}
