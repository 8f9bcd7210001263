//! `persona-eval embed`.

use super::bars::Bars;
use super::base::load_catalog;
use super::engine::{DEFAULT_EMBEDDER, open_embedder};
use super::exit::Exit;
use super::print::tell;
use crate::error::{Error, IoContext, Result};
use crate::progress::Progress;
use std::path::PathBuf;

/// Turn texts into an .npy file of unit vectors
///
/// Reads one text a line, or JSON lines with a `text`; writes n × d float32.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  persona-eval embed texts.txt -o vectors.npy")]
pub(super) struct Args {
    /// Texts, one a line, or a .jsonl file with `text` in each line
    file: PathBuf,
    /// The .npy file to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Embedder: a name from models.toml or a folder
    #[arg(long, value_name = "NAME|DIR", default_value = DEFAULT_EMBEDDER)]
    embedder: String,
    /// The catalogue of models [default: suites/models.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let content = std::fs::read_to_string(&args.file).doing("read", &args.file)?;
    let json_lines = args.file.extension().is_some_and(|e| e == "jsonl");
    let texts = content
        .lines()
        .enumerate()
        .map(|(number, line)| {
            if !json_lines {
                return Ok(line.to_owned());
            }
            let value: serde_json::Value = serde_json::from_str(line)
                .map_err(|e| Error::input("a line is not JSON").at(&args.file, number + 1).because(e))?;
            value
                .get("text")
                .and_then(|t| t.as_str())
                .map(str::to_owned)
                .ok_or_else(|| Error::input("a line has no `text`").at(&args.file, number + 1))
        })
        .collect::<Result<Vec<String>>>()?;
    if texts.is_empty() {
        return Err(Error::input("the file holds no text").in_file(&args.file));
    }
    let embedder = open_embedder(&args.embedder, &load_catalog(args.models.as_deref())?, &bars)?;
    let views: Vec<&str> = texts.iter().map(String::as_str).collect();
    bars.start("embedding", Some(views.len() as u64));
    let vectors = embedder.embed(&views, |n| bars.advance(n as u64))?;
    bars.finish();
    crate::atomic::write_with(&args.out, |file| {
        ndarray_npy::write_npy(file, &vectors)
            .map_err(|e| Error::cannot_run("the vectors cannot be written").in_file(&args.out).because(e))
    })?;
    tell!("{} vectors of {} in {}", vectors.nrows(), vectors.ncols(), args.out.display());
    Ok(Exit::Passed)
}
