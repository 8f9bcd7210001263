//! `persona-eval nll`.

use super::bars::Bars;
use super::base::DEFAULT_BASE;
use super::engine::EngineArgs;
use super::exit::Exit;
use super::generate::Voice;
use super::print::say;
use super::texts::{JsonLine, read_texts};
use crate::error::Result;
use crate::generate::Scored;
use crate::model::Message;
use crate::progress::Progress;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Token log-likelihoods of given texts, JSON lines in and out
///
/// Reads {"text"} or {"prompt","text"}; only `text` is scored. Writes the line back with `tokens` (ids), `logprobs`
/// (natural, one a scored token) and `sum`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  echo '{\"prompt\": \"How are you?\", \"text\": \"Oh nice, thanks!\"}' > t.jsonl
  persona-eval nll t.jsonl --persona conversational_agent")]
pub(super) struct Args {
    /// The JSON lines
    file: PathBuf,
    #[command(flatten)]
    voice: Voice,
    #[command(flatten)]
    engine: EngineArgs,
    /// No chat template and no tag: the texts as they are
    #[arg(long)]
    raw: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let content = read_texts(&args.file)?;
    let filled = content.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    let lines =
        filled.map(|(i, line)| JsonLine::parse(line, &args.file, i + 1)).collect::<Result<Vec<_>>>()?;
    for line in &lines {
        line.text()?;
        line.string("prompt")?;
    }
    let speaker = args.voice.speaker(&args.engine.registry.load()?)?;
    let engine = args.engine.open(DEFAULT_BASE, &bars)?;
    let mut items = Vec::new();
    for line in &lines {
        let encode = |t: &str| engine.base().tokenizer.encode(t);
        let prompt = match line.string("prompt")? {
            Some(prompt) if args.raw => encode(prompt)?,
            None if args.raw => Vec::new(),
            prompt => {
                let said = format!("{}{}", speaker.tag, prompt.unwrap_or_default());
                encode(&engine.render(&[Message::user(said)])?)?
            }
        };
        let item = Scored { prompt, continuation: encode(line.text()?)?, blend: speaker.blend.clone() };
        engine.can_score(&item).map_err(|e| e.at(&args.file, line.line))?;
        items.push(item);
    }
    bars.start("scoring", Some(items.len() as u64));
    let scores = engine.log_likelihoods(&items, |n| bars.advance(n as u64))?;
    bars.finish();
    for ((line, item), logprobs) in lines.into_iter().zip(&items).zip(scores) {
        let mut line = line.object;
        let sum: f64 = logprobs.iter().map(|v| f64::from(*v)).sum();
        let first = item.continuation.len() - logprobs.len();
        line.insert("tokens".into(), json!(item.continuation[first..]));
        line.insert("logprobs".into(), json!(logprobs));
        line.insert("sum".into(), json!(sum));
        say!("{}", Value::Object(line))?;
    }
    Ok(Exit::Passed)
}
