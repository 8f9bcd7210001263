//! The commands.

use super::exit::Exit;
use super::print::tell;
use super::{
    baseline, bench, blend, calibrate, chat, compare, data, embed, generate, init, models, nll, plan, report,
    run, score, separability, train, trend,
};
use crate::error::Result;
use crate::interrupt;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Evaluate, benchmark and train persona adapters.
///
/// Exit codes: 0 passed, 1 a gate failed, 2 bad usage or input, 3 could not run (model, adapter or engine missing
/// or broken), 4 inconclusive under --strict, 130 stopped by Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "persona-eval", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Run(run::Args),
    Score(score::Args),
    Report(report::Args),
    Compare(compare::Args),
    Baseline(baseline::Args),
    Plan(plan::Args),
    Calibrate(calibrate::Args),
    Trend(trend::Args),
    Generate(generate::Args),
    Chat(chat::Args),
    Nll(nll::Args),
    Embed(embed::Args),
    Separability(separability::Args),
    Train(train::Args),
    Blend(blend::Args),
    Data(data::Args),
    Bench(bench::Args),
    Models(models::Args),
}

/// Parses the command line, runs the command, and tells how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // A second Ctrl-C ends the program at once; wrappers such as `timeout` send the first one twice.
    let mut first: Option<Instant> = None;
    let handler = move || {
        match first {
            Some(at) if at.elapsed() > Duration::from_millis(500) => std::process::exit(130),
            Some(_) => return,
            None => first = Some(Instant::now()),
        }
        interrupt::request_stop();
        tell!("\nstopping after this step; press Ctrl-C again to stop at once");
    };
    if let Err(e) = ctrlc::set_handler(handler) {
        tell!("warning: Ctrl-C cannot be caught: {e}");
    }
    match dispatch(cli.command) {
        Ok(exit) => exit.into(),
        Err(error) => {
            tell!("error: {error}");
            Exit::of(&error).into()
        }
    }
}

fn dispatch(command: Command) -> Result<Exit> {
    match command {
        Command::Init(args) => init::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Baseline(args) => baseline::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Trend(args) => trend::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Chat(args) => chat::run(&args),
        Command::Nll(args) => nll::run(&args),
        Command::Embed(args) => embed::run(&args),
        Command::Separability(args) => separability::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Blend(args) => blend::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Models(args) => models::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_has_an_example_and_every_flag_a_text() {
        let mut root = Cli::command();
        root.build();
        root.clone().debug_assert();
        for command in root.get_subcommands() {
            if command.get_name() == "help" {
                continue;
            }
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "`{}` has no example", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{}: `{}`", command.get_name(), argument.get_id());
            }
        }
    }
}
