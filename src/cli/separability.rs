//! `persona-eval separability`.

use super::exit::Exit;
use super::print::say;
use crate::error::{Error, Result};
use crate::metrics::{Labels, Points, SeparabilityOptions, separability};
use crate::stats::Resampling;
use ndarray::Array2;
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
    let points = Points::new(read_npy(&args.vectors)?)?;
    let (labels, groups) = read_labels(&args.labels)?;
    let labels = Labels::new("label", &labels)?;
    let grouped = groups.iter().any(|g| !g.is_empty());
    let groups = grouped.then(|| Labels::new("group", &groups)).transpose()?;
    let options = SeparabilityOptions {
        raw: args.raw,
        resampling: Resampling { permutations: args.permutations, seed: args.seed, ..Resampling::default() },
        ..SeparabilityOptions::default()
    };
    let result = separability(&points, &labels, groups.as_ref(), &options)?;
    let json = serde_json::to_string_pretty(&result)
        .map_err(|e| Error::cannot_run("the figures cannot be printed").because(e))?;
    say!("{json}")?;
    Ok(Exit::Passed)
}

fn read_npy(path: &Path) -> Result<Array2<f32>> {
    let fail = |e: ndarray_npy::ReadNpyError| {
        Error::input("the file is not an .npy of n × d floats")
            .in_file(path)
            .expected("float32 or float64 in two dimensions")
            .because(e)
    };
    match ndarray_npy::read_npy::<_, Array2<f32>>(path) {
        Ok(vectors) => Ok(vectors),
        Err(ndarray_npy::ReadNpyError::WrongDescriptor(_)) => {
            Ok(ndarray_npy::read_npy::<_, Array2<f64>>(path).map_err(fail)?.mapv(|v| v as f32))
        }
        Err(e) => Err(fail(e)),
    }
}

fn read_labels(path: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let fail = |line: usize, what: &str| {
        Error::input(what.to_owned()).at(path, line).expected("the header `label,group` and one row a vector")
    };
    let mut reader =
        csv::Reader::from_path(path).map_err(|e| fail(0, "the labels cannot be read").because(e))?;
    let header = reader.headers().map_err(|e| fail(1, "the labels have no header").because(e))?.clone();
    let column = |name: &str| header.iter().position(|h| h.trim() == name);
    let label = column("label").ok_or_else(|| fail(1, "there is no column `label`"))?;
    let group = column("group");
    let (mut labels, mut groups) = (Vec::new(), Vec::new());
    for (i, row) in reader.records().enumerate() {
        let row = row.map_err(|e| fail(i + 2, "a row cannot be read").because(e))?;
        let value = row.get(label).unwrap_or_default();
        if value.is_empty() {
            return Err(fail(i + 2, "a row has no label"));
        }
        labels.push(value.to_owned());
        groups.push(group.and_then(|g| row.get(g)).unwrap_or_default().to_owned());
    }
    if let Some(i) = groups.iter().position(String::is_empty)
        && groups.iter().any(|g| !g.is_empty())
    {
        return Err(fail(i + 2, "a row has no group although others have one"));
    }
    Ok((labels, groups))
}
