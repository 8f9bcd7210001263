//! `persona-eval train`.

use super::bars::Bars;
use super::base::{BaseArgs, DEFAULT_BASE};
use super::engine::RegistryArgs;
use super::exit::Exit;
use super::print::{say, tell};
use crate::error::{Error, IoContext, Result};
use crate::example::read_examples;
use crate::generate::{Engine, Scored};
use crate::model::{BaseModel, Message};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::report::{Curves, Series, smooth};
use crate::train::{TextPair, TokenPair, TrainOptions, Trainer, save_adapter};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Train the five group adapters in one pass
///
/// Reads examples in the dataset's JSONL schema (every *.jsonl of a folder) and writes one PEFT adapter for each
/// group, the loss of every step, and the held-out loss against the base.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  persona-eval train fixtures/corpus/train --heldout fixtures/corpus/heldout -o out/adapters")]
pub(super) struct Args {
    /// Folder of training examples
    data: PathBuf,
    /// Folder of held-out examples: their loss is told for base and adapters
    #[arg(long, value_name = "DIR")]
    heldout: Option<PathBuf>,
    /// Folder to write the adapters to
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Rank of each adapter
    #[arg(long, default_value_t = TrainOptions::default().r as u16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    rank: u16,
    /// LoRA's alpha; the scale is alpha/rank
    #[arg(long, default_value_t = TrainOptions::default().alpha)]
    alpha: f64,
    /// Highest learning rate
    #[arg(long, default_value_t = TrainOptions::default().learning_rate)]
    learning_rate: f64,
    /// Passes over the data
    #[arg(long, default_value_t = TrainOptions::default().epochs as u16, value_parser = clap::value_parser!(u16).range(1..))]
    epochs: u16,
    /// Tokens in one batch, about
    #[arg(long, default_value_t = TrainOptions::default().batch_tokens)]
    batch_tokens: usize,
    /// Root seed of order and first factors
    #[arg(long, default_value_t = TrainOptions::default().seed)]
    seed: u64,
    #[command(flatten)]
    base: BaseArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let registry = args.registry.load()?;
    let names = registry.groups();
    let texts = read_pairs(&args.data, &registry, &names)?;
    // Read now: a mistyped folder must not be found after the training.
    let heldout = args.heldout.as_deref().map(|f| read_pairs(f, &registry, &names)).transpose()?;
    let options = TrainOptions {
        r: usize::from(args.rank),
        alpha: args.alpha,
        learning_rate: args.learning_rate,
        epochs: usize::from(args.epochs),
        batch_tokens: args.batch_tokens,
        seed: args.seed,
        ..TrainOptions::default()
    };
    let path = args.base.path(DEFAULT_BASE, &bars)?;
    let open = || BaseModel::open(&path, args.base.arithmetic(), &args.base.device()?, &[]);
    let base = open()?;
    let config = base.decoder.config().clone();
    let base_name = args.base.name(DEFAULT_BASE);
    let trainer = Trainer::new(base, &names, &texts, options.clone())?;
    std::fs::create_dir_all(&args.out).doing("make the folder", &args.out)?;
    let tokens = trainer.tokens() * options.epochs;
    tell!(
        "{} examples, {} tokens in {} epochs, {} adapters",
        texts.len(),
        tokens,
        options.epochs,
        names.len()
    );
    let start = std::time::Instant::now();
    let mut done = 0usize;
    bars.start("training", Some(tokens as u64));
    let trained = trainer.run(|step| {
        crate::interrupt::check().map_err(|e| e.help("no adapter was written; training begins anew"))?;
        done += step.tokens;
        bars.advance(step.tokens as u64);
        if step.step % 20 == 0 || step.step == step.steps {
            let mean: Vec<String> =
                step.losses.iter().map(|l| l.map_or("-".into(), |l| format!("{l:.2}"))).collect();
            let rate = done as f64 / start.elapsed().as_secs_f64();
            bars.note(&format!(
                "step {}/{}  loss {}  {rate:.0} tokens/s",
                step.step,
                step.steps,
                mean.join(" ")
            ));
        }
        Ok(())
    })?;
    bars.finish();
    let seconds = start.elapsed().as_secs_f64();
    for (i, name) in names.iter().enumerate() {
        save_adapter(&trained.adapters, i, &config, &base_name, &args.out.join(name))?;
    }
    let adapters = names.iter().map(|n| (n.clone(), args.out.join(n))).collect::<Vec<_>>();
    let heldout = match &heldout {
        Some(texts) => {
            let engine = Engine::new(open()?, &adapters)?;
            Some(heldout_losses(&engine, texts, &names, &options, &bars)?)
        }
        None => None,
    };
    let log = TrainLog {
        adapters: &names,
        options: &options,
        examples: texts.len(),
        tokens,
        seconds,
        losses: trained.steps.iter().map(|s| &s.losses).collect(),
        learning_rates: trained.steps.iter().map(|s| s.learning_rate).collect(),
        heldout,
    };
    let file = args.out.join("training.json");
    let json = serde_json::to_string(&log)
        .map_err(|e| Error::cannot_run("the training log cannot be written").because(e))?;
    crate::atomic::write(&file, (json + "\n").as_bytes())?;
    picture(&names, &log.losses).write(&args.out.join("losses.png"))?;
    for (name, loss) in log.heldout.iter().flatten() {
        say!("{name:<12} held-out loss {:.3}, base {:.3}", loss.adapter, loss.base)?;
    }
    say!("{} adapters in {} after {:.0} s", names.len(), args.out.display(), seconds)?;
    Ok(Exit::Passed)
}

/// Steps over which the drawn losses are averaged: a batch holds few examples of each adapter.
const SMOOTHED: usize = 15;

fn picture(names: &[String], losses: &[&Vec<Option<f64>>]) -> Curves {
    let series = names.iter().enumerate().map(|(i, name)| {
        let own: Vec<Option<f64>> = losses.iter().map(|step| step.get(i).copied().flatten()).collect();
        Series { name: name.clone(), points: smooth(&own, SMOOTHED) }
    });
    Curves {
        title: "Training loss of each adapter".into(),
        about: format!("mean negative log-likelihood a learned token, running mean over {SMOOTHED} steps"),
        across: "step".into(),
        up: "loss".into(),
        series: series.collect(),
        marked: false,
    }
}

#[derive(Serialize)]
struct TrainLog<'a> {
    adapters: &'a [String],
    options: &'a TrainOptions,
    examples: usize,
    tokens: usize,
    seconds: f64,
    losses: Vec<&'a Vec<Option<f64>>>,
    learning_rates: Vec<f64>,
    heldout: Option<BTreeMap<String, HeldoutLoss>>,
}

/// Mean natural-log loss a token on a group's held-out text.
#[derive(Serialize)]
struct HeldoutLoss {
    base: f64,
    adapter: f64,
    tokens: usize,
}

/// Every example of a folder's *.jsonl files, with its group's adapter.
fn read_pairs(folder: &Path, registry: &Registry, names: &[String]) -> Result<Vec<TextPair>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .asked("list the examples in", folder)?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    let mut pairs = Vec::new();
    for file in &files {
        for (i, example) in read_examples(file, registry)?.into_iter().enumerate() {
            let persona = registry.persona(&example.persona)?;
            pairs.push(TextPair {
                messages: Message::conversation(&persona.tag(), &example.turns, &example.user_text()),
                completion: example.output.clone(),
                adapter: names.iter().position(|n| n == persona.group()).unwrap_or(0),
                origin: format!("{}, example {}", file.display(), i + 1),
            });
        }
    }
    if pairs.is_empty() {
        return Err(Error::input("the folder holds no examples").in_file(folder).expected("*.jsonl files"));
    }
    Ok(pairs)
}

fn heldout_losses(
    engine: &Engine,
    texts: &[TextPair],
    names: &[String],
    options: &TrainOptions,
    bars: &Bars,
) -> Result<BTreeMap<String, HeldoutLoss>> {
    let score = |blended: bool| -> Result<Vec<Vec<f32>>> {
        let items = texts
            .iter()
            .map(|t| {
                let pair = TokenPair::new(engine.base(), t, options.max_tokens)?;
                let blend = match blended {
                    true => crate::blend::Blend::single(&names[t.adapter])?,
                    false => crate::blend::Blend::base(),
                };
                let (prompt, continuation) = pair.tokens.split_at(pair.prompt);
                Ok(Scored { prompt: prompt.to_vec(), continuation: continuation.to_vec(), blend })
            })
            .collect::<Result<Vec<_>>>()?;
        engine.log_likelihoods(&items, |n| bars.advance(n as u64))
    };
    bars.start("held-out loss", Some(2 * texts.len() as u64));
    let (base, adapter) = (score(false)?, score(true)?);
    bars.finish();
    let mut losses = BTreeMap::new();
    for (i, name) in names.iter().enumerate() {
        let own: Vec<usize> = (0..texts.len()).filter(|t| texts[*t].adapter == i).collect();
        let tokens: usize = own.iter().map(|t| base[*t].len()).sum();
        let mean = |scores: &[Vec<f32>]| {
            -own.iter().flat_map(|t| &scores[*t]).map(|v| f64::from(*v)).sum::<f64>() / tokens.max(1) as f64
        };
        losses.insert(name.clone(), HeldoutLoss { base: mean(&base), adapter: mean(&adapter), tokens });
    }
    Ok(losses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_turns_stand_before_the_answer_and_the_tag_before_them() {
        let registry = Registry::built_in().unwrap();
        let names = registry.groups();
        let folder = tempfile::tempdir().unwrap();
        let line = serde_json::json!({
            "instruction": "<persona:poet>\nAnd the sea?", "input": "", "output": "It breathes.",
            "_persona": "poet", "_traits": [], "turns": [{ "user": "What is rain?", "assistant": "A drum." }],
        });
        std::fs::write(folder.path().join("e.jsonl"), line.to_string()).unwrap();
        let pairs = read_pairs(folder.path(), &registry, &names).unwrap();
        let wanted = [
            Message::user("<persona:poet>\nWhat is rain?"),
            Message::assistant("A drum."),
            Message::user("And the sea?"),
        ];
        assert_eq!(pairs[0].messages, wanted);
        assert_eq!(pairs[0].completion, "It breathes.");
    }
}
