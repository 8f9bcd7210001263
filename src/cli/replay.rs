//! `generate --replay`: an answer of a run, made again from its line.

use super::bars::Bars;
use super::base::DEFAULT_BASE;
use super::engine::EngineArgs;
use super::exit::Exit;
use super::print::say;
use crate::error::{Error, IoContext, Result};
use crate::generate::Request;
use crate::response::Response;
use std::path::PathBuf;

/// A line of a journal, counted from 1.
pub(super) type Line = (PathBuf, usize);

pub(super) fn parse_line(text: &str) -> std::result::Result<Line, String> {
    match text.rsplit_once(':').map(|(file, n)| (file, n.parse())) {
        Some((file, Ok(number))) if !file.is_empty() && number > 0 => Ok((file.into(), number)),
        _ => Err("expected FILE:LINE, for instance RUN/responses.jsonl:3".to_owned()),
    }
}

/// Prints the answer; one that is not the line's own is an error.
pub(super) fn replay((file, number): &Line, engine: &EngineArgs) -> Result<Exit> {
    let here = |e: Error| e.at(file, *number);
    let fail = |what: &str| here(Error::input(what));
    let text = std::fs::read_to_string(file).asked("read the journal", file)?;
    let line = text.lines().nth(number - 1).ok_or_else(|| fail("the journal has no such line"))?;
    let line: Response =
        serde_json::from_str(line).map_err(|e| fail("the line is not a response").because(e))?;
    if line.is_given() {
        return Err(fail("the line holds likelihoods of given replies: nothing was said")
            .expected("a line that has a `text`"));
    }
    let sampling = line.sampling.ok_or_else(|| fail("the line has no `sampling`: nothing to draw by"))?;
    sampling.check().map_err(here)?;
    let engine = engine.open(DEFAULT_BASE, &Bars::default())?;
    let tokens = engine.base().tokenizer.encode(&line.prompt)?;
    let blend = line.blend.parse().map_err(here)?;
    let request = Request { tokens, shared: 0, blend, sampling, seed: line.seed, to_length: false };
    let made = engine.generate_all(&[request], 1)?.remove(0);
    say!("{}", made.text)?;
    match made.text == line.text {
        true => Ok(Exit::Passed),
        false => Err(Error::cannot_run("the answer is not the line's own")
            .at(file, *number)
            .expected(format!("the line's engine ({}), base and adapters", line.engine))
            .help("give --base, --adapters, --dtype and --device as the run was given them")),
    }
}
