//! Gaps, tables and changes as rows of text.

use super::super::number::percent;
use crate::data::stats::{Change, Changes, Counts, Gap, LengthBin, Measured, Status};
use crate::list::grouped;
use crate::persona::Category;
use serde::Serialize;

/// A category or a persona.
#[derive(Serialize)]
pub(super) struct GapRow {
    name: String,
    count: u64,
    count_text: String,
    share: String,
    raw_share: f64,
    before: Option<String>,
    raw_change: f64,
    change: Option<String>,
    target: Option<String>,
    status: &'static str,
    order: u8,
    add: Option<String>,
    raw_add: u64,
    keep: Option<String>,
    raw_keep: u64,
    needed: Option<String>,
    raw_needed: u64,
}

/// A trait, a source, a number of turns or a length.
#[derive(Serialize)]
pub(super) struct PartRow {
    name: String,
    note: String,
    count: String,
    share: String,
    /// Width of its bar, in per cent of the widest.
    width: f64,
    before: Option<String>,
}

/// The rows of the categories and of the personas.
pub(super) fn gaps(measured: &Measured) -> (Vec<GapRow>, Vec<GapRow>) {
    let changes = measured.changes.as_ref();
    let category = |(gap, category): (&Gap, Category)| {
        let id = category.id();
        row(gap, changes.map(|c| &c.categories), id)
    };
    let gaps = &measured.gaps;
    let categories = gaps.categories.iter().zip(Category::ALL).map(category).collect();
    let persona = |gap: &Gap| row(gap, changes.map(|c| &c.personas), &gap.subject.to_string());
    (categories, gaps.personas.iter().map(persona).collect())
}

fn row(gap: &Gap, changes: Option<&Vec<Change>>, id: &str) -> GapRow {
    let change = changes.map(|all| all.iter().find(|c| c.id == id));
    let moved = change.map(|c| c.map_or(0.0, |c| c.share_after - c.share_before));
    GapRow {
        name: gap.subject.to_string(),
        count: gap.count,
        count_text: grouped(gap.count),
        share: percent(gap.share),
        raw_share: gap.share,
        before: change.map(|c| before(c)),
        raw_change: moved.unwrap_or_default(),
        change: moved.map(points),
        target: gap.target.map(|t| t.to_string()),
        status: gap.status.map_or("", Status::id),
        order: match gap.status {
            Some(Status::Under) => 3,
            Some(Status::Over) => 2,
            Some(Status::Within) => 1,
            None => 0,
        },
        add: gap.add.filter(|n| *n > 0).map(grouped),
        raw_add: gap.add.unwrap_or_default(),
        keep: gap.keep.filter(|_| gap.leave_out.is_some_and(|n| n > 0)).map(grouped),
        raw_keep: gap.leave_out.unwrap_or_default(),
        needed: gap.needed_at_size.map(grouped),
        raw_needed: gap.needed_at_size.unwrap_or_default(),
    }
}

fn before(change: Option<&Change>) -> String {
    change.map_or("0".to_owned(), |c| format!("{} ({} %)", grouped(c.before), percent(c.share_before)))
}

/// A difference of shares in percentage points, with its sign.
fn points(share: f64) -> String {
    let text = percent(share);
    if share > 0.0 && text != "0.0" { format!("+{text}") } else { text }
}

/// Names with counts as rows, the widest bar full.
fn parts(
    counts: &Counts,
    parts: impl Iterator<Item = (String, String, u64)>,
    changes: fn(&Changes) -> &[Change],
    measured: &Measured,
) -> Vec<PartRow> {
    let parts: Vec<(String, String, u64)> = parts.collect();
    let widest = parts.iter().map(|(_, _, n)| *n).max().unwrap_or(1).max(1);
    // What one of the two did not count has no rows there.
    let changed = measured.changes.as_ref().map(changes).filter(|c| !c.is_empty());
    let row = |(name, note, n): (String, String, u64)| PartRow {
        count: grouped(n),
        share: percent(counts.share(n)),
        #[allow(clippy::cast_precision_loss)]
        width: (1e4 * n as f64 / widest as f64).round() / 100.0,
        before: changed.map(|all| before(all.iter().find(|c| c.id == name))),
        name,
        note,
    };
    parts.into_iter().map(row).collect()
}

/// Traits, the commonest first.
pub(super) fn traits(measured: &Measured) -> Vec<PartRow> {
    let counts = &measured.counts;
    let mut all: Vec<_> = counts.traits.iter().map(|(id, n)| (id.clone(), String::new(), *n)).collect();
    all.sort_by_key(|row| std::cmp::Reverse(row.2));
    parts(counts, all.into_iter(), |c| &c.traits, measured)
}

/// Sources with their licences, the largest first.
pub(super) fn sources(measured: &Measured) -> Vec<PartRow> {
    let counts = &measured.counts;
    let mut all: Vec<_> =
        counts.sources.iter().map(|(id, s)| (id.clone(), s.licence.clone(), s.examples)).collect();
    all.sort_by_key(|row| std::cmp::Reverse(row.2));
    parts(counts, all.into_iter(), |c| &c.sources, measured)
}

/// Bins of length with their examples.
pub(super) fn by_length(counts: &Counts) -> Vec<(String, u64)> {
    if counts.lengths.is_empty() {
        return Vec::new();
    }
    let bin = |b: LengthBin| (b.id().replace('-', "–"), counts.lengths.get(&b).copied().unwrap_or_default());
    LengthBin::ALL.into_iter().map(bin).collect()
}

/// A histogram as rows.
pub(super) fn histogram(measured: &Measured, bins: Vec<(String, u64)>) -> Vec<PartRow> {
    parts(&measured.counts, bins.into_iter().map(|(bin, n)| (bin, String::new(), n)), |_| &[], measured)
}
