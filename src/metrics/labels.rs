//! String labels as dense indices.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// One label a row: names in sorted order, and each row's index into them.
///
/// Holds at least two different labels and at least one row of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    what: String,
    names: Vec<String>,
    index: Vec<usize>,
}

impl Labels {
    /// Labels of rows; `what` names them in errors (`persona`, `prompt`, `group`).
    ///
    /// # Errors
    /// No rows, an empty label, or fewer than two different labels.
    pub fn new<S: AsRef<str>>(what: &str, rows: &[S]) -> Result<Self> {
        if let Some(row) = rows.iter().position(|r| r.as_ref().trim().is_empty()) {
            return Err(Error::input(format!("row {row} has no {what} label"))
                .expected("a label on every row")
                .help("leave a missing response out altogether, with its vector"));
        }
        let mut names: Vec<&str> = rows.iter().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() < 2 {
            return Err(Error::input(format!("all {} rows have one and the same {what}", rows.len()))
                .expected(format!("at least 2 different values of {what}")));
        }
        let place = |row: &S| names.partition_point(|name| *name < row.as_ref());
        let index = rows.iter().map(place).collect();
        let names = names.into_iter().map(str::to_owned).collect();
        Ok(Self { what: what.to_owned(), names, index })
    }

    /// What the labels are, for errors: `persona`, `prompt` or `group`.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The label names, sorted by bytes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Each row's label, as an index into [`Labels::names`].
    pub fn index(&self) -> &[usize] {
        &self.index
    }

    /// Name of the label of row `row`.
    pub fn name_of(&self, row: usize) -> &str {
        &self.names[self.index[row]]
    }

    /// Number of different labels, at least 2.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.index.len()
    }

    /// Number of rows of each label, each at least 1.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count()];
        self.index.iter().for_each(|&label| sizes[label] += 1);
        sizes
    }

    /// Checks that there is one label for each of `rows` rows of `of` (`vectors`, `prompt labels`).
    ///
    /// # Errors
    /// The numbers differ.
    pub fn check_rows(&self, rows: usize, of: &str) -> Result<()> {
        if self.rows() == rows {
            return Ok(());
        }
        Err(Error::input(format!("{} {} labels for {rows} {of}", self.rows(), self.what))
            .expected("one label a row, in the same order"))
    }

    /// Checks that a cluster metric is defined: 2 ≤ labels ≤ rows − 1, as in scikit-learn.
    pub(super) fn check_clusters(&self, rows: usize) -> Result<()> {
        self.check_rows(rows, "vectors")?;
        if self.count() < rows {
            return Ok(());
        }
        Err(Error::input(format!("every one of {rows} rows has its own {} label", self.what))
            .expected("at least one label with two rows or more"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_counted() {
        let labels = Labels::new("persona", &["poet", "coder", "poet"]).expect("two labels");
        assert_eq!(labels.names(), ["coder", "poet"]);
        assert_eq!(labels.index(), [1, 0, 1]);
        assert_eq!(labels.sizes(), [1, 2]);
        assert_eq!(labels.name_of(0), "poet");
    }

    #[test]
    fn one_label_an_empty_label_and_a_wrong_length_are_refused() {
        assert!(Labels::new("persona", &["poet", "poet"]).is_err());
        assert!(Labels::new::<&str>("persona", &[]).is_err());
        let error = Labels::new("persona", &["poet", " "]).expect_err("an empty label");
        assert!(error.to_string().contains("row 1"), "{error}");
        let labels = Labels::new("persona", &["a", "b"]).expect("two labels");
        assert!(labels.check_rows(3, "vectors").is_err());
        assert!(labels.check_clusters(2).is_err());
    }
}
