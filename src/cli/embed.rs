//! `persona-eval embed`.

use super::bars::Bars;
use super::base::load_catalog;
use super::engine::{DEFAULT_EMBEDDER, open_embedder};
use super::exit::Exit;
use super::print::tell;
use super::texts::{JsonLine, read_texts};
use crate::embed::MAX_TOKENS;
use crate::error::{Error, Result};
use crate::progress::Progress;
use std::path::{Path, PathBuf};

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
    crate::atomic::check(&args.out)?;
    let texts = read(&args.file)?;
    let embedder = open_embedder(&args.embedder, &load_catalog(args.models.as_deref())?, &bars)?;
    let views: Vec<&str> = texts.iter().map(String::as_str).collect();
    let cut = embedder.cut(&views)?;
    if cut > 0 {
        tell!("warning: {cut} of {} texts embed by their first {MAX_TOKENS} tokens alone", views.len());
    }
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

/// The texts of the file; blank lines at its end are none.
fn read(file: &Path) -> Result<Vec<String>> {
    let content = read_texts(file)?;
    let json_lines = file.extension().is_some_and(|e| e == "jsonl");
    let mut lines: Vec<&str> = content.lines().collect();
    while lines.last().is_some_and(|l| l.trim().is_empty()) {
        lines.pop();
    }
    let text_of = |(i, line): (usize, &str)| {
        let text = match json_lines && !line.trim().is_empty() {
            true => JsonLine::parse(line, file, i + 1)?.text()?.to_owned(),
            false => line.to_owned(),
        };
        if text.trim().is_empty() {
            return Err(Error::input("a text is empty: its vector would mean nothing")
                .at(file, i + 1)
                .help("leave the line out, with its label"));
        }
        Ok(text)
    };
    lines.into_iter().enumerate().map(text_of).collect()
}
