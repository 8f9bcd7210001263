//! What `run` prints at its end.

use super::print::{say, tell};
use crate::error::Result;
use crate::record::{Record, Verdict};
use crate::report;
use crate::stats::Estimate;
use std::path::Path;

/// Personas without distance that are named.
const COLLAPSED: usize = 5;

/// Warnings on standard error, figures and verdicts on standard output.
pub(super) fn print_summary(record: &Record, folder: &Path) -> Result<()> {
    let mark = |v: Verdict| match v {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "inconclusive",
    };
    for warning in &record.warnings {
        tell!("warning: {}\n  help: {}", warning.what, warning.help);
    }
    if let Some(s) = &record.separability {
        let b = &s.persona.balanced_accuracy;
        say!(
            "persona named right  {:.3} [{:.3}, {:.3}]   chance {:.3}   p {:.3}",
            b.point,
            b.low,
            b.high,
            s.persona.chance,
            s.persona.p
        )?;
        if let Some(g) = &s.group {
            let b = &g.leave_prompt_out.balanced_accuracy;
            say!(
                "group named right    {:.3} [{:.3}, {:.3}]   chance {:.3}   p {:.3}",
                b.point,
                b.low,
                b.high,
                g.chance,
                g.leave_prompt_out.p
            )?;
        }
        if let Some(f) = &s.floor {
            let (floor, gain) = (&f.persona.balanced_accuracy, &f.persona_gain);
            say!(
                "floor                {:.3} [{:.3}, {:.3}]   gain {:+.3} [{:+.3}, {:+.3}]",
                floor.point,
                floor.low,
                floor.high,
                gain.point,
                gain.low,
                gain.high
            )?;
        }
        if let Some(c) = &s.ceiling {
            let b = &c.persona.balanced_accuracy;
            say!("real text            {:.3} [{:.3}, {:.3}]", b.point, b.low, b.high)?;
        }
    }
    if let Some(l) = &record.likelihood {
        let (own, margin) = (&l.own, &l.margin);
        say!(
            "real text, own voice {:.3} [{:.3}, {:.3}] nats a token   over others {:+.3} [{:+.3}, {:+.3}]",
            own.point,
            own.low,
            own.high,
            margin.point,
            margin.low,
            margin.high
        )?;
    }
    if let Some(blends) = &record.blends {
        let figure = |e: &Option<Estimate>| match e {
            Some(e) => format!("{:.3} [{:.3}, {:.3}]", e.point, e.low, e.high),
            None => "not measured".to_owned(),
        };
        say!(
            "blends follow weight {} rank correlation   ends apart {}   {} sweeps",
            figure(&blends.monotonicity),
            figure(&blends.separation),
            blends.sweeps.len()
        )?;
    }
    if let Some(style) = &record.style {
        let e = &style.hit_rate;
        say!("traits that show     {:.3} [{:.3}, {:.3}]", e.point, e.low, e.high)?;
    }
    if let Some(tasks) = &record.tasks {
        if let Some(e) = &tasks.score {
            let (point, low, high, items) = (e.point, e.low, e.high, tasks.items.len());
            say!("tasks                {point:.3} [{low:.3}, {high:.3}]   {items} items")?;
        }
        if !tasks.not_run.is_empty() {
            say!("tasks not run        {}   their code could not be run", tasks.not_run.len())?;
        }
    }
    if let Some(opinion) = report::opinion(record) {
        say!("{opinion}")?;
    }
    if let Some(found) = &record.comparison {
        say!("{}", report::since(record).unwrap_or_default())?;
        for lost in found.collapsed.iter().take(COLLAPSED) {
            say!("  {} {}", lost.persona, report::confusers(lost))?;
        }
        if found.collapsed.len() > COLLAPSED {
            say!("  and {} more, in the report", found.collapsed.len() - COLLAPSED)?;
        }
    }
    for gate in &record.gates {
        let mark = if gate.regressed() { "REGRESSED" } else { mark(gate.verdict) };
        say!("{mark:<13} {}: {}", gate.name, gate.because)?;
    }
    match record.gates.is_empty() {
        true => say!("verdict: none, the suite declares no gate")?,
        false => say!("verdict: {}", mark(record.verdict))?,
    }
    say!("report:  {}", folder.join("report.html").display())
}
