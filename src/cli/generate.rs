//! `persona-eval generate`.

use super::bars::Bars;
use super::base::DEFAULT_BASE;
use super::engine::EngineArgs;
use super::exit::Exit;
use super::print::{self, say};
use super::replay::{Line, parse_line, replay};
use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::generate::{Engine, Event, Generated, Request};
use crate::model::Message;
use crate::persona::{Registry, Sampling, TEMPERATURES, is_temperature};
use std::io::IsTerminal;

/// Who speaks.
#[derive(Debug, clap::Args)]
pub(super) struct Voice {
    /// Persona whose tag, blend and sampling are used
    #[arg(long, value_name = "ID")]
    persona: Option<String>,
    /// Blend of adapters, e.g. tech_expert=0.7,emotive=0.3, or base [default: the persona's]
    #[arg(long, value_name = "BLEND")]
    blend: Option<Blend>,
}

/// How tokens are drawn.
#[derive(Debug, clap::Args)]
pub(super) struct Draw {
    /// Softmax temperature, 0 or 0.01 to 2; 0 takes the most likely token [default: the persona's, else 0.7]
    #[arg(long, value_parser = parse_temperature)]
    temperature: Option<f32>,
    /// Most new tokens [default: the persona's, else 160]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=8192))]
    max_tokens: Option<u16>,
    /// Seed of the draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// A temperature of a flag.
pub(super) fn parse_temperature(text: &str) -> std::result::Result<f32, String> {
    match text.parse::<f32>() {
        Ok(t) if is_temperature(t) => Ok(t),
        _ => Err(format!("expected {TEMPERATURES}")),
    }
}

/// A voice, resolved.
pub(super) struct Speaker {
    pub tag: String,
    pub blend: Blend,
    /// The persona's own, or a default.
    pub sampling: Sampling,
}

impl Voice {
    /// Looks the persona up and applies what the flags override.
    pub(super) fn speaker(&self, registry: &Registry) -> Result<Speaker> {
        let persona = self.persona.as_deref().map(|id| registry.persona(id)).transpose()?;
        let sampling = persona.map_or_else(
            || Sampling { temperature: 0.7, top_p: 0.95, ..Sampling::greedy(160) },
            |p| p.sampling.clone(),
        );
        let blend = self.blend.clone().or_else(|| persona.map(|p| p.blend.clone())).unwrap_or_default();
        let tag = persona.map(|p| p.tag()).unwrap_or_default();
        Ok(Speaker { tag, blend, sampling })
    }
}

impl Draw {
    /// The speaker's sampling, where the flags do not override it.
    fn sampling(&self, speaker: &Speaker) -> Sampling {
        let mut sampling = speaker.sampling.clone();
        if let Some(temperature) = self.temperature {
            sampling.temperature = temperature;
        }
        if let Some(n) = self.max_tokens {
            sampling.max_tokens = usize::from(n);
        }
        sampling
    }
}

/// Answer one message as a persona or a blend
///
/// The text streams on a terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval generate \"Write a binary search function\" --persona code_expert
  persona-eval generate \"Debug this code: x = [1, 2\" --blend tech_expert=0.7,emotive=0.3
  persona-eval generate --replay reports/20261123T101500Z-all/responses.jsonl:3")]
pub(super) struct Args {
    /// What the user says
    #[arg(required_unless_present = "replay")]
    text: Option<String>,
    /// Make a run's answer again from its line of the journal, on the run's base and adapters; another text exits with 3
    #[arg(long, value_name = "FILE:LINE", value_parser = parse_line,
        conflicts_with_all = ["text", "persona", "blend", "temperature", "max_tokens", "seed", "json"])]
    replay: Option<Line>,
    #[command(flatten)]
    voice: Voice,
    #[command(flatten)]
    draw: Draw,
    #[command(flatten)]
    engine: EngineArgs,
    /// Print one JSON object with the text, its tokens and why it ended
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    if let Some(line) = &args.replay {
        return replay(line, &args.engine);
    }
    let speaker = args.voice.speaker(&args.engine.registry.load()?)?;
    let engine = args.engine.open(DEFAULT_BASE, &Bars::default())?;
    let messages = [Message::user(format!("{}{}", speaker.tag, args.text.as_deref().unwrap_or_default()))];
    if args.json {
        let made = speak(&engine, &messages, &speaker, &args.draw, 0, false)?;
        let json = serde_json::json!({
            "text": made.text, "tokens": made.tokens, "finish": made.finish, "blend": speaker.blend.to_string(),
        });
        say!("{json}")?;
    } else {
        speak(&engine, &messages, &speaker, &args.draw, 0, true)?;
    }
    Ok(Exit::Passed)
}

/// Generates the answer of one turn (each draws with a seed of its own) and prints it as it comes where standard output is a terminal, else at the end.
pub(super) fn speak(
    engine: &Engine,
    messages: &[Message],
    speaker: &Speaker,
    draw: &Draw,
    turn: u64,
    print: bool,
) -> Result<Generated> {
    let request = Request {
        shared: 0,
        tokens: engine.base().tokenizer.encode(&engine.render(messages)?)?,
        blend: speaker.blend.clone(),
        sampling: draw.sampling(speaker),
        seed: draw.seed.wrapping_add(turn),
        to_length: false,
    };
    let stream = print && std::io::stdout().is_terminal();
    let mut shown = String::new();
    let mut result = None;
    engine.generate(&[request], 1, &mut |event| {
        match event {
            Event::Token(_, tokens) if stream => {
                let text = engine.base().tokenizer.decode(tokens)?;
                // The last character may be half a code point: wait for the rest.
                if let Some(new) = text.strip_prefix(shown.as_str())
                    && !new.ends_with('\u{fffd}')
                {
                    print::out(format_args!("{new}"))?;
                    shown = text;
                }
            }
            Event::Token(..) => {}
            Event::Done(_, made) => result = Some(made),
        }
        Ok(())
    })?;
    let made = result.ok_or_else(|| Error::cannot_run("the engine made no answer: this is a bug"))?;
    if print {
        say!("{}", made.text.strip_prefix(shown.as_str()).unwrap_or(&made.text))?;
    }
    Ok(made)
}
