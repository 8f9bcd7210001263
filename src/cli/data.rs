//! `persona-eval data`.

#[cfg(not(feature = "data"))]
pub(super) use without::{Args, run};

#[cfg(feature = "data")]
pub(super) use with::{Args, run};

#[cfg(feature = "data")]
mod with {
    use super::super::exit::Exit;
    use super::super::{audit, data_stats, import, make_scale, mix, synthesise, tag, train_tagger};
    #[cfg(feature = "cluster")]
    use super::super::{executor, scheduler};
    use crate::error::Result;
    use clap::Subcommand;

    /// Make the data set that adapters are trained on
    #[derive(Debug, clap::Args)]
    #[command(after_help = "Examples:
  persona-eval data import suites/data.toml -o out/data
  persona-eval data stats out/data --targets suites/data_targets.toml")]
    pub(in crate::cli) struct Args {
        #[command(subcommand)]
        action: Action,
    }

    #[derive(Debug, Subcommand)]
    enum Action {
        Import(import::Args),
        Tag(tag::Args),
        Audit(audit::Args),
        Stats(data_stats::Args),
        Synthesise(synthesise::Args),
        Mix(mix::Args),
        MakeScale(make_scale::Args),
        TrainTagger(train_tagger::Args),
        #[cfg(feature = "cluster")]
        Scheduler(scheduler::Args),
        #[cfg(feature = "cluster")]
        Executor(executor::Args),
    }

    pub(in crate::cli) fn run(args: &Args) -> Result<Exit> {
        match &args.action {
            Action::Import(args) => import::run(args),
            Action::Tag(args) => tag::run(args),
            Action::Audit(args) => audit::run(args),
            Action::Stats(args) => data_stats::run(args),
            Action::Synthesise(args) => synthesise::run(args),
            Action::Mix(args) => mix::run(args),
            Action::MakeScale(args) => make_scale::run(args),
            Action::TrainTagger(args) => train_tagger::run(args),
            #[cfg(feature = "cluster")]
            Action::Scheduler(args) => scheduler::run(args),
            #[cfg(feature = "cluster")]
            Action::Executor(args) => executor::run(args),
        }
    }
}

#[cfg(not(feature = "data"))]
mod without {
    use super::super::exit::Exit;
    use crate::error::{Error, Result};

    /// Make the data set that adapters are trained on
    #[derive(Debug, clap::Args)]
    #[command(after_help = "Example:
  cargo run --release --features data -- data import suites/data.toml -o out/data")]
    pub(in crate::cli) struct Args {
        /// What that build takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    }

    pub(in crate::cli) fn run(args: &Args) -> Result<Exit> {
        let rest = args.rest.join(" ");
        Err(Error::input("this build has no data commands: they are behind the feature `data`")
            .help(format!("cargo run --release --features data -- data {rest}")))
    }
}
