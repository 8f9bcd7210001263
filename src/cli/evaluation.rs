//! How well labelled examples are told, as tables.

use super::print::say;
use crate::data::tag::{CATEGORIES, Evaluation, Figure};
use crate::error::Result;
use crate::persona::Category;

/// By source, in all, by confidence, and which category was taken for which.
pub(super) fn print_evaluation(found: &Evaluation) -> Result<()> {
    say!("{:<14} {:>6} {:>9} {:>6} {:>9}  categories", "source", "n", "accuracy", "F1", "assigned")?;
    for line in &found.sources {
        let categories =
            if line.categories.len() == CATEGORIES { "all".into() } else { line.categories.join(", ") };
        say!(
            "{:<14} {:>6} {:>9.3} {:>6.3} {:>9.3}  {categories}",
            line.name,
            line.n,
            line.accuracy,
            line.f1,
            line.coverage
        )?;
    }
    let figure = |f: &Figure| {
        format!(
            "{:.3} (rows {:.3} to {:.3}; sources {:.3} to {:.3})",
            f.point, f.rows.0, f.rows.1, f.sources.0, f.sources.1
        )
    };
    say!("macro-F1  {}", figure(&found.macro_f1))?;
    say!("accuracy  {}", figure(&found.accuracy))?;
    say!(
        "assigned  {:.3}, of these right {:.3}; unassigned as wrong: macro-F1 {:.3}, accuracy {:.3}",
        found.coverage,
        found.selective_accuracy,
        found.macro_f1_unassigned_wrong,
        found.accuracy_unassigned_wrong
    )?;
    say!("by rule   {:.3}, of these right {:.3}", found.by_rule, found.rule_accuracy)?;
    let c = &found.calibration;
    say!("ECE       {:.3} (by chance {:.3}, p {:.3})", c.error, c.by_chance, c.p)?;
    for bin in &c.bins {
        say!(
            "  {:.1} to {:.1}  n {:>5}  said {:.3}  right {:.3}",
            bin.low,
            bin.high,
            bin.n,
            bin.score,
            bin.share
        )?;
    }
    let names: Vec<&str> = Category::ALL.iter().map(|c| &c.id()[..c.id().len().min(6)]).collect();
    say!(
        "{:<14} {:>6} {}",
        "true \\ said",
        "F1",
        names.iter().map(|n| format!("{n:>7}")).collect::<String>()
    )?;
    for ((name, f1), row) in found.f1.iter().zip(&found.confusion) {
        say!("{name:<14} {f1:>6.3} {}", row.iter().map(|n| format!("{n:>7}")).collect::<String>())?;
    }
    Ok(())
}
