//! `persona-eval data audit`.

use super::bars::Bars;
use super::engine::SuiteArgs;
use super::exit::Exit;
use super::passages::PassageArgs;
use super::print::{print_json, say, tell};
use crate::data::{Audit, AuditOptions, DataFolder, FindingKind, Limits, ShardFormat, audit};
use crate::error::{Error, Result};
use crate::list::grouped;
use crate::overlap::Passage;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Find copies, near-copies, leaks of suites and personal data; remove what you choose
///
/// Looks at the examples in the order of their files. exact: an earlier one says the same, word for word, control tags aside.
/// near: an earlier one has nearly the same word triples (their Jaccard index; the earlier one is kept). leak: a prompt or a
/// reference of a suite is in it. personal: it has a mail address, a phone or a card number. All findings are lines of
/// findings.jsonl, counts stand in manifest.json. With --remove the examples that stay are written, a shard for each file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data audit out/tagged -o out/audit
  persona-eval data audit out/tagged -o out/clean --remove near,leak,personal
  persona-eval data audit out/tagged -o out/audit --suite suites/all.toml --forbid leak    # exit code 1 if there is one")]
pub(super) struct Args {
    /// Folder of examples
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// Folder of the findings and of what stays, a new or an empty one
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Remove examples with these findings: exact, near (exact ones too), leak, personal
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    remove: Vec<FindingKind>,
    /// End with exit code 1 if examples with these findings stay
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    forbid: Vec<FindingKind>,
    /// Jaccard index of word triples from which an example is a near-copy
    #[arg(long, value_name = "J", default_value_t = 0.8)]
    near: f64,
    /// Share of a passage's runs of eight words from which it has leaked
    #[arg(long, value_name = "SHARE", default_value_t = crate::overlap::SHARE)]
    leak_share: f64,
    #[command(flatten)]
    passages: PassageArgs,
    /// How what stays is written
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = ["parquet", "jsonl"])]
    shards: String,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    suite: SuiteArgs,
}

/// Lines of a table that are shown.
const SHOWN: usize = 10;

fn kind(name: &str) -> std::result::Result<FindingKind, String> {
    let known = FindingKind::ALL.map(FindingKind::id).join(", ");
    FindingKind::named(name).ok_or_else(|| format!("not known; known are {known}"))
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let from = DataFolder::open(&args.from)?;
    let format = ShardFormat::ALL.into_iter().find(|f| f.id() == args.shards);
    let options = AuditOptions {
        out: args.out.clone(),
        remove: args.remove.iter().copied().collect(),
        format: format.unwrap_or(ShardFormat::Parquet),
        near: args.near,
        leak_share: args.leak_share,
        limits: Limits::default(),
    };
    let audited = audit(&from, all_passages(args)?, &options, &Bars::default())?;
    if args.json {
        print_json(&audited)?;
    } else {
        print(&audited, args)?;
    }
    let stay = |kind: FindingKind| audited.stay.get(&kind).copied().unwrap_or_default();
    let forbidden: BTreeSet<FindingKind> =
        args.forbid.iter().copied().filter(|kind| stay(*kind) > 0).collect();
    for kind in &forbidden {
        tell!("forbidden: {} ({})", kind.id(), grouped(stay(*kind)));
    }
    Ok(if forbidden.is_empty() { Exit::Passed } else { Exit::Failed })
}

/// What must not be in the data.
fn all_passages(args: &Args) -> Result<Vec<Passage>> {
    let all = args.passages.load(&args.suite.registry()?, |file| Ok(args.suite.load(file)?.0))?;
    let asked = args.remove.iter().chain(&args.forbid).any(|kind| *kind == FindingKind::Leak);
    if all.is_empty() && asked {
        return Err(Error::input("there are no suites whose passages could have leaked")
            .expected("suites in the folder suites/, or named")
            .help("name them with --suite FILE"));
    }
    Ok(all)
}

fn print(audited: &Audit, args: &Args) -> Result<()> {
    let share = |n: u64| 100.0 * n as f64 / audited.examples.max(1) as f64;
    say!("{} examples in {} files", grouped(audited.examples), audited.files.len())?;
    let suites: Vec<&str> = audited.suites.keys().map(String::as_str).collect();
    if !suites.is_empty() {
        let passages: u64 = audited.suites.values().sum();
        say!("against {} passages of {}", grouped(passages), suites.join(", "))?;
    }
    for kind in FindingKind::ALL {
        if kind == FindingKind::Leak && audited.suites.is_empty() {
            say!("  leak: not looked for, there are no suites here (--suite FILE)")?;
            continue;
        }
        let what = match kind {
            FindingKind::Leak => "have a passage of a suite",
            FindingKind::Personal => "have personal data",
            FindingKind::Exact => "say what an earlier one says",
            FindingKind::Near => "say nearly what an earlier one says",
        };
        let count = audited.of(kind);
        let gone = count - audited.stay.get(&kind).copied().unwrap_or_default();
        let removed = if gone > 0 { format!(", {} removed", grouped(gone)) } else { String::new() };
        say!("  {:<9} {:>11}  {:>5.1} %  {what}{removed}", kind.id(), grouped(count), share(count))?;
    }
    let mut pairs: Vec<(&str, &str, u64)> = Vec::new();
    for (source, others) in &audited.copies {
        pairs.extend(others.iter().map(|(other, n)| (source.as_str(), other.as_str(), *n)));
    }
    pairs.sort_by_key(|(.., n)| std::cmp::Reverse(*n));
    if !pairs.is_empty() {
        say!("copies, exact and near, by source")?;
    }
    for (source, other, count) in pairs.iter().take(SHOWN) {
        let of = if source == other { "within it" } else { other };
        say!("  {source:<24} of {of:<24} {:>11}", grouped(*count))?;
    }
    if pairs.len() > SHOWN {
        say!("  and {} more pairs in manifest.json", pairs.len() - SHOWN)?;
    }
    for (suite, prompts) in &audited.leaks {
        let ids: Vec<&str> = prompts.keys().take(SHOWN).map(String::as_str).collect();
        let more = if prompts.len() > SHOWN { ", …" } else { "" };
        say!("leaks of {suite}: {} of its prompts ({}{more})", prompts.len(), ids.join(", "))?;
    }
    let mut left_out: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, count) in audited.files.iter().flat_map(|f| &f.left_out) {
        *left_out.entry(key).or_default() += count;
    }
    for (key, count) in left_out {
        say!("the key `{key}` of {} lines is none of an example's", grouped(count))?;
    }
    for (what, count) in &audited.personal {
        say!("personal data: {} × {what}", grouped(*count))?;
    }
    let told = [
        (audited.other_persona, "copies have another persona than what they copy"),
        (audited.rejected(), "lines are no examples"),
        (
            audited.crowded,
            "examples come from a template with very many alike, of which they were compared with a part only",
        ),
    ];
    for (count, what) in told.iter().filter(|(count, _)| *count > 0) {
        say!("{} {what}", grouped(*count))?;
    }
    if !audited.remove.is_empty() {
        say!(
            "{} examples stay, {} are removed",
            grouped(audited.kept),
            grouped(audited.examples - audited.kept)
        )?;
    }
    say!("written: {}", args.out.display())
}
