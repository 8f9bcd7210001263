//! `persona-eval separability`.

use super::exit::Exit;
use super::npy::read_matrix;
use super::print::print_json;
use crate::error::{Error, IoContext, Result};
use crate::metrics::{Labels, Points, SeparabilityOptions, separability};
use crate::stats::Resampling;
use std::path::{Path, PathBuf};

/// The separability metrics of any vectors, as JSON
///
/// Reads an .npy of n × d (float32 or float64) and a CSV with the header `label,group`; the group is the prompt, by
/// which vectors are centred and folds are made. Leave the group column empty throughout where there is none.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  persona-eval separability vectors.npy labels.csv")]
pub(super) struct Args {
    /// Vectors, n × d
    vectors: PathBuf,
    /// Labels, n rows under the header `label,group`
    labels: PathBuf,
    /// Identify on the vectors as they come instead of centred by group
    #[arg(long)]
    raw: bool,
    /// Label permutations of the p-value
    #[arg(long, value_name = "N", default_value_t = 999)]
    permutations: usize,
    /// Root seed of permutation, bootstrap and k-means
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let vectors = read_matrix(&args.vectors)?;
    let (labels, groups) = read_labels(&args.labels)?;
    if labels.len() != vectors.nrows() {
        return Err(Error::input(format!("{} rows of labels for {} vectors", labels.len(), vectors.nrows()))
            .in_file(&args.labels)
            .expected(format!("one row for each vector of {}, in the same order", args.vectors.display())));
    }
    let points = Points::new(vectors)?;
    let labels = Labels::new("label", &labels)?;
    let grouped = groups.iter().any(|g| !g.is_empty());
    let groups = grouped.then(|| Labels::new("group", &groups)).transpose()?;
    let options = SeparabilityOptions {
        raw: args.raw,
        resampling: Resampling { permutations: args.permutations, seed: args.seed, ..Resampling::default() },
        ..SeparabilityOptions::default()
    };
    let result = separability(&points, &labels, groups.as_ref(), &options)?;
    print_json(&result)?;
    Ok(Exit::Passed)
}

/// The columns that the CSV may have.
const COLUMNS: [&str; 2] = ["label", "group"];

/// Labels and groups of the rows; a group is empty throughout where there is none.
fn read_labels(path: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let fail = |line: u64, what: String| {
        Error::input(what)
            .at(path, line as usize)
            .expected("the header `label,group` or `label`, and one row a vector")
    };
    let file = std::fs::File::open(path).asked("read the labels", path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let unread = |e: csv::Error| {
        let line = e.position().map_or(0, csv::Position::line);
        fail(line, "the labels cannot be read".into()).because(e)
    };
    let header = reader.headers().map_err(unread)?.clone();
    for (i, name) in header.iter().enumerate() {
        if !COLUMNS.contains(&name) {
            return Err(fail(1, format!("unknown column `{name}`")).known(name, COLUMNS));
        }
        if header.iter().take(i).any(|n| n == name) {
            return Err(fail(1, format!("the column `{name}` occurs twice")));
        }
    }
    let column = |name: &str| header.iter().position(|h| h == name);
    let label = column("label").ok_or_else(|| fail(1, "there is no column `label`".into()))?;
    let group = column("group");
    let (mut labels, mut groups) = (Vec::new(), Vec::new());
    let mut ungrouped = None;
    for row in reader.records() {
        let row = row.map_err(unread)?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |column: Option<usize>| column.and_then(|c| row.get(c)).unwrap_or_default().to_owned();
        let (label, group) = (cell(Some(label)), cell(group));
        if label.is_empty() {
            return Err(fail(line, "a row has no label".into()));
        }
        if group.is_empty() {
            ungrouped = ungrouped.or(Some(line));
        }
        labels.push(label);
        groups.push(group);
    }
    match ungrouped {
        Some(line) if groups.iter().any(|g| !g.is_empty()) => {
            Err(fail(line, "a row has no group although others have one".into()))
        }
        _ => Ok((labels, groups)),
    }
}
