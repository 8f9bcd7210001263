//! `persona-eval data stats`.

use super::engine::RegistryArgs;
use super::exit::Exit;
use super::place::PlaceArgs;
use super::print::{print_json, say, tell};
use crate::data::stats::{
    Change, Counts, Gap, Gaps, Inconsistency, Measured, Plan, Status, Targets, changes, counts_of,
    inconsistencies,
};
use crate::data::{DataFolder, Limits, Place};
use crate::error::{Error, Result};
use crate::list::grouped;
use crate::persona::Registry;
use crate::report;
use std::path::{Path, PathBuf};

/// What a data set holds, and what it lacks
///
/// Counts and shares by persona, category, trait, source, turns and length, of a folder of examples or of a count file. Against
/// targets: who is under and who over, what to add and what to leave out. Against another data set: what changed. A plan is
/// held against its own arithmetic: shares, sums and totals that cannot be true together are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data stats out/data --targets suites/data_targets.toml --size 6000000
  persona-eval data stats out/new --against out/old/counts.json -o out/stats
  persona-eval data stats suites/data_counts.json --targets suites/data_targets.toml --plan suites/data_plan.toml")]
pub(super) struct Args {
    /// Folder of examples, or a count file
    #[arg(value_name = "DIR|COUNTS.json")]
    data: PathBuf,
    /// What it was before: a folder or a count file
    #[arg(long, value_name = "DIR|COUNTS.json")]
    against: Option<PathBuf>,
    /// Target shares by category and persona
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,
    /// A plan's numbers, to be held against each other
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Examples that the data set is to have: tells what is missing until then
    #[arg(long, value_name = "N", requires = "targets", value_parser = clap::value_parser!(u64).range(1..))]
    size: Option<u64>,
    /// Write stats.html, its pictures and counts.json there
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Columns of a name.
const NAME: usize = 24;

pub(super) fn run(args: &Args) -> Result<Exit> {
    let registry = args.registry.load()?;
    let targets = args.targets.as_deref().map(|path| Targets::load(path, &registry)).transpose()?;
    let plan = args.plan.as_deref().map(|path| Plan::load(path, &registry)).transpose()?;
    let place = args.place.place()?;
    let against = args.against.as_deref().map(|path| read(path, &place)).transpose()?;
    let counts = read(&args.data, &place)?;
    let plan_name = args.plan.as_deref().map(name);
    let measured = Measured {
        name: name(&args.data),
        seen: counts.seen(&registry),
        registered: registry.personas().len(),
        not_in_registry: counts.unregistered(&registry).map(|(id, n)| (id.to_owned(), n)).collect(),
        gaps: Gaps::new(&counts, targets.as_ref(), &registry, args.size),
        targets: targets.map(|t| t.file),
        against: args.against.as_deref().map(name),
        changes: against.map(|before| changes(&before, &counts, &registry)),
        inconsistencies: contradictions(plan.as_ref(), plan_name.as_deref(), &registry),
        plan: plan_name,
        counts,
    };
    if let Some(out) = &args.out {
        report::write_dataset(&measured, out)?;
    }
    match args.json {
        true => {
            print_json(&measured)?;
        }
        false => print(&measured)?,
    }
    if let Some(out) = &args.out {
        tell!("written: {}", out.join("stats.html").display());
    }
    Ok(Exit::Passed)
}

fn contradictions(plan: Option<&Plan>, file: Option<&str>, registry: &Registry) -> Vec<Inconsistency> {
    plan.zip(file).map(|(plan, file)| inconsistencies(plan, file, registry)).unwrap_or_default()
}

/// A count file, or a folder that is counted.
fn read(path: &Path, place: &Place) -> Result<Counts> {
    if path.is_dir() {
        counts_of(&DataFolder::open(path)?, place, Limits::default())
    } else if place == &Place::Here {
        Counts::load(path)
    } else {
        Err(Error::input("a count file is only read: there is nothing for a cluster to count")
            .in_file(path)
            .help("leave --cluster out, or give a folder of examples"))
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

fn print(measured: &Measured) -> Result<()> {
    let counts = &measured.counts;
    let part = |n: Option<u64>| n.map_or("not counted".to_owned(), grouped);
    say!("{}: {} examples", measured.name, grouped(counts.total))?;
    if let Some(about) = &counts.about {
        say!("{about}")?;
    }
    say!(
        "unique {}, multi-turn {}, personas {} of {}, without a persona {}",
        part(counts.unique),
        part(counts.multi_turn),
        measured.seen,
        measured.registered,
        grouped(counts.unassigned + counts.categories.values().sum::<u64>())
    )?;
    let gaps = &measured.gaps;
    let changes = measured.changes.as_ref();
    let heads = Heads { targets: measured.targets.is_some(), size: gaps.size };
    table("category", &gaps.categories, &heads, |place, _| changes.map(|c| c.categories.get(place)))?;
    table("persona", &gaps.personas, &heads, |_, gap| {
        let id = gap.subject.to_string();
        changes.map(|c| c.personas.iter().find(|c| c.id == id))
    })?;
    for (id, n) in &measured.not_in_registry {
        say!("not in the registry: {id} ({})", grouped(*n))?;
    }
    let traits = counts.traits.iter().map(|(id, n)| (id.clone(), *n, String::new()));
    parts(counts, "trait", traits)?;
    let sources = counts.sources.iter().map(|(id, s)| (id.clone(), s.examples, s.licence.clone()));
    parts(counts, "source", sources)?;
    parts(counts, "turns", counts.by_turns().into_iter().map(|(turns, n)| (turns, n, String::new())))?;
    let lengths = counts.lengths.iter().map(|(bin, n)| (bin.id().to_owned(), *n, String::new()));
    parts(counts, "words of the answer", lengths)?;
    let advice = gaps.advice();
    if !advice.is_empty() {
        say!("\nwhat to do")?;
    }
    for line in advice {
        say!("- {line}")?;
    }
    if !gaps.impossible.is_empty() {
        say!("\nno data set can have all these shares")?;
        listed(&gaps.impossible)?;
    }
    if let Some(plan) = &measured.plan {
        match measured.inconsistencies.len() {
            0 => say!("\n{plan}: its numbers agree with each other")?,
            n => say!("\n{plan}: {n} of its claims contradict others")?,
        }
        listed(&measured.inconsistencies)?;
    }
    Ok(())
}

fn listed(all: &[Inconsistency]) -> Result<()> {
    for found in all {
        say!("- {}\n    {}", found.what, found.place)?;
        if let Some(hint) = &found.hint {
            say!("    {hint}")?;
        }
    }
    Ok(())
}

struct Heads {
    targets: bool,
    size: Option<u64>,
}

/// Categories or personas; `before` gives the change where there is another data set.
fn table<'a>(
    head: &str,
    gaps: &[Gap],
    heads: &Heads,
    before: impl Fn(usize, &Gap) -> Option<Option<&'a Change>>,
) -> Result<()> {
    let Some(first) = gaps.first() else { return Ok(()) };
    let mut line = format!("\n{head:<NAME$} {:>11} {:>7}", "examples", "share");
    if before(0, first).is_some() {
        line.push_str(&format!(" {:>11} {:>7}", "before", "share"));
    }
    if heads.targets {
        line.push_str(&format!(" {:>12} {:<6} {:>11} {:>11}", "target", "", "add", "or keep"));
    }
    if let Some(size) = heads.size {
        line.push_str(&format!("  missing at {}", grouped(size)));
    }
    say!("{line}")?;
    for (place, gap) in gaps.iter().enumerate() {
        let share = percent(gap.share);
        let mut line = format!("{:<NAME$} {:>11} {share:>7}", gap.subject.to_string(), grouped(gap.count));
        if let Some(change) = before(place, gap) {
            let (n, share) = change.map_or((0, 0.0), |c| (c.before, c.share_before));
            line.push_str(&format!(" {:>11} {:>7}", grouped(n), percent(share)));
        }
        if let Some(target) = gap.target {
            let add = gap.add.filter(|n| *n > 0).map_or("-".to_owned(), grouped);
            let keep = gap.keep.filter(|_| gap.status == Some(Status::Over)).map_or("-".to_owned(), grouped);
            let status = gap.status.map_or("", Status::id);
            line.push_str(&format!(" {:>12} {status:<6} {add:>11} {keep:>11}", target.to_string()));
            if let Some(needed) = gap.needed_at_size {
                line.push_str(&format!("  {}", grouped(needed)));
            }
        }
        say!("{}", line.trim_end())?;
    }
    Ok(())
}

fn parts(counts: &Counts, head: &str, parts: impl Iterator<Item = (String, u64, String)>) -> Result<()> {
    for (place, (name, n, note)) in parts.enumerate() {
        if place == 0 {
            say!("\n{head:<NAME$} {:>11} {:>7}", "examples", "share")?;
        }
        let line = format!("{name:<NAME$} {:>11} {:>7}  {note}", grouped(n), percent(counts.share(n)));
        say!("{}", line.trim_end())?;
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
