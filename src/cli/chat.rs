//! `persona-eval chat`.

use super::bars::Bars;
use super::base::DEFAULT_BASE;
use super::engine::EngineArgs;
use super::exit::Exit;
use super::generate::{Draw, Voice, speak};
use super::print;
use crate::error::{IoContext, Result};
use crate::interrupt;
use crate::model::Message;
use std::io::{BufRead, IsTerminal};

/// Talk with a persona, turn by turn
///
/// One message a line; an empty line or the end of input ends the talk.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  persona-eval chat --persona empathetic_counselor")]
pub(super) struct Args {
    #[command(flatten)]
    voice: Voice,
    #[command(flatten)]
    draw: Draw,
    #[command(flatten)]
    engine: EngineArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let speaker = args.voice.speaker(&args.engine.registry.load()?)?;
    let engine = args.engine.open(DEFAULT_BASE, &Bars::default())?;
    let mut messages: Vec<Message> = Vec::new();
    let mut lines = std::io::stdin().lock().lines();
    loop {
        interrupt::check()?;
        if std::io::stdin().is_terminal() {
            print::err(format_args!("> "));
        }
        let Some(line) = lines.next() else { return Ok(Exit::Passed) };
        let line = line.doing("read a message from", "standard input")?;
        if line.trim().is_empty() {
            return Ok(Exit::Passed);
        }
        // As in training, the tag stands before the first message only.
        let tag = if messages.is_empty() { speaker.tag.as_str() } else { "" };
        messages.push(Message::user(format!("{tag}{line}")));
        let made = speak(&engine, &messages, &speaker, &args.draw, messages.len() as u64, true)?;
        messages.push(Message::assistant(made.text));
    }
}
