//! The order of personas in tables and pictures: by group, by category, then as in the registry.

use super::palette::{Ink, Marker};
use crate::record::{PersonaRow, Record};

/// The personas of a run, group by group.
pub(super) struct Order<'a> {
    /// Groups in the order of their first persona.
    pub(super) groups: Vec<&'a str>,
    /// Categories, each with the place of its group.
    pub(super) categories: Vec<(&'a str, usize)>,
    /// Personas, group by group.
    pub(super) personas: Vec<&'a PersonaRow>,
}

impl<'a> Order<'a> {
    /// The order of a record's personas.
    pub(super) fn new(record: &'a Record) -> Self {
        let mut groups: Vec<&str> = Vec::new();
        let mut categories: Vec<(&str, usize)> = Vec::new();
        for row in &record.personas {
            if !groups.contains(&row.group.as_str()) {
                groups.push(&row.group);
            }
            let group = place(&groups, &row.group);
            if !categories.iter().any(|(c, g)| *c == row.category && *g == group) {
                categories.push((&row.category, group));
            }
        }
        categories.sort_by_key(|(_, group)| *group);
        let mut order = Self { groups, categories, personas: record.personas.iter().collect() };
        let mut personas = std::mem::take(&mut order.personas);
        personas.sort_by_key(|row| (order.group(row), order.category(row)));
        Self { personas, ..order }
    }

    /// Place of a persona's group.
    pub(super) fn group(&self, row: &PersonaRow) -> usize {
        place(&self.groups, &row.group)
    }

    /// Place of a persona's category.
    pub(super) fn category(&self, row: &PersonaRow) -> usize {
        let group = self.group(row);
        self.categories.iter().position(|(c, g)| *c == row.category && *g == group).unwrap_or(0)
    }

    /// The colour of a group by name; groups that no persona trains are muted.
    pub(super) fn ink_of_group(&self, group: &str) -> Ink {
        self.groups.iter().position(|g| *g == group).map_or(Ink::Muted, Ink::Group)
    }

    /// The persona of that id.
    pub(super) fn find(&self, id: &str) -> Option<&'a PersonaRow> {
        self.personas.iter().copied().find(|row| row.id == id)
    }

    /// A persona's colour and shape; muted circles for unknown ones.
    pub(super) fn look(&self, id: &str) -> (Ink, Marker) {
        self.find(id).map_or((Ink::Muted, Marker::Circle), |row| {
            (Ink::Group(self.group(row)), Marker::nth(self.category(row)))
        })
    }

    /// `labels` in this order, as their places; labels that are no persona of the run come last.
    pub(super) fn arrange(&self, labels: &[String]) -> Vec<usize> {
        let rank = |id: &String| self.personas.iter().position(|p| p.id == *id).unwrap_or(usize::MAX);
        let mut places: Vec<usize> = (0..labels.len()).collect();
        places.sort_by_key(|i| rank(&labels[*i]));
        places
    }
}

fn place(groups: &[&str], group: &str) -> usize {
    groups.iter().position(|g| *g == group).unwrap_or(0)
}
