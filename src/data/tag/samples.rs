//! The labelled examples that a tagger learns from: distinct, capped, with their features.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rand::seq::SliceRandom;

use super::features::{Featurizer, Sparse};
use super::input::TagInput;
use crate::data::Row;
use crate::error::{Error, Result};
use crate::persona::{Category, Registry, split_tag};
use crate::seed::Seed;

/// Labelled examples, with their sources and personas.
#[derive(Debug)]
pub struct Samples<'a> {
    /// The examples.
    pub list: Vec<Sample<'a>>,
    /// Names of the sources, sorted.
    pub sources: Vec<String>,
    /// Ids of all personas with the place of their category, category by category.
    pub personas: Vec<(String, usize)>,
}

/// A labelled example.
#[derive(Debug)]
pub struct Sample<'a> {
    /// The example.
    pub row: &'a Row,
    /// Place of its source.
    pub source: usize,
    /// Place of its persona.
    pub persona: usize,
    /// Place of the persona's category.
    pub category: usize,
    /// Its features.
    pub features: Sparse,
}

impl<'a> TagInput<'a> {
    /// What tagging reads of a row; a control tag before the instruction is left out.
    pub fn of(row: &'a Row) -> Self {
        let instruction = split_tag(&row.instruction).map_or(&row.instruction[..], |(_, rest)| rest);
        Self { instruction, input: &row.input, output: &row.output, turns: &row.turns }
    }
}

impl<'a> Samples<'a> {
    /// Of each source and category `cap` different rows at most, drawn by `seed`; rows without a persona are left out.
    ///
    /// # Errors
    /// A row names a persona that the registry does not know, or no row has one.
    pub fn of(rows: &'a [Row], registry: &Registry, cap: usize, seed: Seed) -> Result<Self> {
        let mut personas: Vec<(String, usize)> = registry
            .personas()
            .iter()
            .map(|p| (p.id.clone(), Category::ALL.iter().position(|c| *c == p.category).unwrap_or(0)))
            .collect();
        personas.sort_by_key(|(_, category)| *category);
        let places: BTreeMap<&str, usize> =
            personas.iter().enumerate().map(|(i, (id, _))| (id.as_str(), i)).collect();
        let sources: Vec<String> =
            rows.iter().map(|r| r.source.to_string()).collect::<BTreeSet<_>>().into_iter().collect();
        let mut seen = HashSet::new();
        let mut cells: BTreeMap<(usize, usize), Vec<(&Row, usize)>> = BTreeMap::new();
        for row in rows {
            let Some(id) = row.persona.as_deref() else { continue };
            let &persona = places.get(id).ok_or_else(|| {
                Error::input(format!("the source `{}` has an unknown persona `{id}`", row.source))
                    .known(id, registry.ids())
            })?;
            let source = sources.partition_point(|name| name.as_str() < &*row.source);
            if seen.insert((source, &row.instruction, &row.input, &row.output)) {
                cells.entry((source, personas[persona].1)).or_default().push((row, persona));
            }
        }
        if cells.is_empty() {
            return Err(Error::input("no example has a persona to learn from")
                .expected("sources with `persona`, `personas`, or a column of ids"));
        }
        let mut featurizer = Featurizer::default();
        let mut list = Vec::new();
        for ((source, category), mut cell) in cells {
            let name = format!("{} {category}", sources[source]);
            cell.shuffle(&mut seed.child(&name).rng());
            for (row, persona) in cell.into_iter().take(cap) {
                let mut features = Sparse::new();
                featurizer.features(&TagInput::of(row), &mut features);
                list.push(Sample { row, source, persona, category, features });
            }
        }
        Ok(Self { list, sources, personas })
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A row of a source with a persona.
    pub fn row(source: &str, persona: &str, instruction: &str, output: &str) -> Row {
        Row {
            traits: Vec::new(),
            prompt_id: None,
            instruction: instruction.into(),
            input: String::new(),
            output: output.into(),
            persona: (!persona.is_empty()).then(|| persona.into()),
            turns: Vec::new(),
            source: source.into(),
            licence: "MIT".into(),
        }
    }

    #[test]
    fn the_same_text_counts_once_and_cells_are_capped() {
        let registry = Registry::built_in().unwrap();
        let mut rows: Vec<Row> =
            (0..9).map(|i| row("b", "poet", "Write", &format!("rose {}", "x".repeat(i)))).collect();
        rows.push(row("b", "poet", "Write", "rose "));
        rows.push(row("a", "", "Hi", "no persona"));
        rows.push(row("a", "math_tutor", "<persona:math_tutor>\n2 + 2", "4"));
        let samples = Samples::of(&rows, &registry, 5, Seed(0)).unwrap();
        assert_eq!((samples.list.len(), &samples.sources[..]), (6, &["a".to_owned(), "b".to_owned()][..]));
        assert_eq!(samples.personas[samples.list[0].persona], ("math_tutor".to_owned(), 2));
        assert_eq!(TagInput::of(samples.list[0].row).instruction, "2 + 2");
        assert!(Samples::of(&rows[9..11], &registry, 5, Seed(0)).is_ok());
        assert!(Samples::of(&rows[10..11], &registry, 5, Seed(0)).is_err());
        let wrong = [row("a", "poeet", "x", "y")];
        let told = Samples::of(&wrong, &registry, 5, Seed(0)).unwrap_err().to_string();
        assert!(told.contains("did you mean: poet?"), "{told}");
    }
}
