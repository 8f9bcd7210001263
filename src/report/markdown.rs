//! `summary.md`: the verdict for a CI job page or a pull request.

use super::blends;
use super::gates::{found, says, sorted, word};
use super::headline::{answer, sentence};
use super::judge::opinion;
use super::since::{confusers, since};
use super::write::files;
use crate::list::duration;
use crate::record::{Record, Verdict, Warning};
use std::fmt::Write;

/// Lines of what lost its distance, and of warnings: a comment stays short.
const SHOWN: usize = 8;

/// The record as Markdown: verdict, what changed since the baseline, gates (failures first), who lost its distance,
/// warnings, files. At most about 60 lines for a run with 14 gates.
pub fn markdown(record: &Record) -> String {
    let mut out = String::new();
    let verdict = if record.gates.is_empty() { "not judged" } else { word(record.verdict) };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "## {} {verdict}: persona-eval, suite {}\n", sign(record), plain(&record.suite));
    let _ = writeln!(out, "**May I ship this adapter?** {}\n", plain(&answer(record)));
    for sentence in [since(record), sentence(record), opinion(record)].into_iter().flatten() {
        let _ = writeln!(out, "{}\n", plain(&sentence));
    }
    if !record.caveat.is_empty() {
        let _ = writeln!(out, "> {}\n", plain(&record.caveat));
    }
    if !record.gates.is_empty() {
        out.push_str("| verdict | gate | found | threshold | because |\n| --- | --- | --- | --- | --- |\n");
        for gate in sorted(record) {
            let cells = [&gate.name, &found(gate), &gate.bound, &gate.because].map(|cell| plain(cell));
            let _ = writeln!(out, "| {} {} | {} |", mark(gate.verdict), says(gate), cells.join(" | "));
        }
        out.push('\n');
    }
    if let Some(found) = &record.comparison {
        if !found.adapters.is_empty() {
            let _ = writeln!(out, "**Adapters changed:** {}\n", plain(&found.adapters.join("; ")));
        }
        let lost = found.collapsed.iter().map(|c| format!("{} {}", c.persona, confusers(c)));
        listed(&mut out, "Lost their distance:", lost.collect());
    }
    listed(&mut out, "Blends, as the weight moves from one adapter to the other:", blends::lines(record));
    let failed = record.qualification.iter().filter(|q| !q.passed);
    let failed = failed.map(|q| format!("{}: {}", q.name, q.finding)).collect();
    listed(&mut out, "The instrument may not judge:", failed);
    let not_run = record.tasks.iter().flat_map(|t| &t.not_run);
    listed(&mut out, "Not run, and in no mean:", not_run.map(|t| format!("{}: {}", t.id, t.why)).collect());
    let warnings = record.warnings.iter().map(told).collect();
    listed(&mut out, "Warnings", warnings);
    let files: Vec<String> = files(record).iter().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(
        out,
        "Run {}, {}. In its folder: {}.",
        plain(&record.id),
        duration(record.seconds),
        files.join(", ")
    );
    out
}

/// A warning in one line, whether or not its first part ends as a sentence does.
fn told(w: &Warning) -> String {
    let end = if w.what.ends_with(['.', '!', '?']) { "" } else { ":" };
    format!("{}{end} {}", w.what, w.help)
}

/// A list under a title; nothing where it is empty, and no more than [`SHOWN`] lines.
fn listed(out: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "**{title}**\n");
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(out, "- {}", plain(line));
    }
    if lines.len() > SHOWN {
        let _ = writeln!(out, "- and {} more, in `report.html`", lines.len() - SHOWN);
    }
    out.push('\n');
}

fn sign(record: &Record) -> &'static str {
    if record.gates.is_empty() { "➖" } else { mark(record.verdict) }
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Inconclusive => "⚠️",
    }
}

/// Text that stays text in Markdown: no markup, no link, no mention, no new line.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => safe.push(' '),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // An entity: a backslash would not stop a mention or a reference.
            '@' => safe.push_str("&#64;"),
            '#' => safe.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn text_stays_text_in_markdown() {
        assert_eq!(
            plain("a|b\n<img> [x](y) @all #1 `c`"),
            "a\\|b &lt;img&gt; \\[x\\](y) &#64;all &#35;1 \\`c\\`"
        );
    }

    #[test]
    fn a_comment_stays_short() {
        let mut record = sample::record();
        let more = record.gates[..4].to_vec();
        record.gates.extend(more);
        let lost = record.comparison.as_mut().expect("compared");
        lost.collapsed = (0..20).map(|_| lost.collapsed[0].clone()).collect();
        record.warnings = vec![record.warnings[0].clone(); 20];
        let text = markdown(&record);
        assert_eq!(record.gates.len(), 14);
        assert!(text.lines().count() <= 70, "{}", text.lines().count());
        assert!(text.contains("| ❌ regressed | no persona falls |"), "{text}");
    }

    #[test]
    fn a_record_without_gates_says_so() {
        insta::assert_snapshot!(markdown(&sample::bare()), @r"
        ## ➖ not judged: persona-eval, suite all

        **May I ship this adapter?** Not judged: the suite declares no gate.

        Run 2026-01-02T030405Z-all, 6 min 42 s. In its folder: `report.html`, `summary.md`, `junit.xml`.
        ");
    }

    #[test]
    fn the_summary_holds_verdict_headline_gates_and_warnings() {
        insta::assert_snapshot!(markdown(&sample::small()), @r"
        ## ❌ fail: persona-eval, suite all

        **May I ship this adapter?** No: 1 of 10 gates failed, “right adapter”.

        Since 2026-01-01T030405Z-all the adapter emotive changed. Personas stand 0.151 closer together \[0.143, 0.158\] (margin, cosine). None of 6 personas lost its distance to the others.

        An answer alone names the right one of 6 personas 56.7 % of the time (interval 25.3 to 88.1 %, 5 prompts; chance 16.7 %, p = 0.025).

        > The base model has 135 million parameters: these figures show that the method works, not that its answers are good.

        | verdict | gate | found | threshold | because |
        | --- | --- | --- | --- | --- |
        | ❌ fail | right adapter | 0.410 \[0.360, 0.460\] | &gt; 0.5 | the interval \[0.360, 0.460\] lies on the wrong side of 0.5 |
        | ⚠️ inconclusive | groups are distinct | 0.580 \[0.235, 0.925\] Student's t | &gt; 0.3 | the interval \[0.235, 0.925\] (Student's t) holds 0.3: more prompts would narrow it |
        | ⚠️ inconclusive | style shows | 0.550 \[0.490, 0.610\] | &gt; 0.5 | the interval \[0.490, 0.610\] holds 0.5: more prompts would narrow it |
        | ⚠️ inconclusive | personas keep their distance | 0.191 → 0.040: −0.151 \[−0.170, −0.132\] Student's t | loss &lt; 0.05 | the change \[-0.170, -0.132\] (Student's t) lies beyond a loss of 0.05, but may be chance among so many gates (p = 0.094) |
        | ⚠️ inconclusive | no persona falls | esoteric\_scholar 0.510 → 0.063: −0.447 \[−0.472, −0.422\] Student's t | loss &lt; 0.02 | 3 undecided: esoteric\_scholar, workflow\_automator, grief\_companion; 3 of 6 shown to have lost no more than the margin; 2 would have regressed alone, which among so many comparisons may be chance |
        | ⚠️ inconclusive | every group keeps its distance | esoteric 0.510 → 0.063: −0.447 \[−0.475, −0.420\] Student's t | loss &lt; 0.03 | 3 undecided: esoteric, tech\_expert, emotive; 2 of 5 shown to have lost no more than the margin; 2 would have regressed alone, which among so many comparisons may be chance |
        | ✅ pass | personas are distinct | 0.567 \[0.253, 0.881\] Student's t | &gt; 0.0526 | the interval \[0.253, 0.881\] (Student's t) lies beyond 0.0526 |
        | ✅ pass | training adds to the tag | 0.333 \[0.080, 0.587\] Student's t | &gt; 0 | the interval \[0.080, 0.587\] (Student's t) lies beyond 0 |
        | ✅ pass | training separates groups | 0.340 \[0.005, 0.675\] Student's t | &gt; 0 | the interval \[0.005, 0.675\] (Student's t) lies beyond 0 |
        | ✅ pass | tasks are still done | 0.620 \[0.570, 0.670\] | &gt; 0.5 | the interval \[0.570, 0.670\] lies beyond 0.5 |

        **Adapters changed:** emotive: 77777777 before, 2a2a2a2a after (real text in its voices: +0.0000 nats/token on average, 0.0000 root mean square, 6 texts)

        **Warnings**

        - Most answers (80 %) end at the length limit of 48 tokens. Raise max\_new\_tokens in \[generation\] where endings matter.

        Run 2026-01-02T030405Z-all, 6 min 42 s. In its folder: `report.html`, `summary.md`, `junit.xml`, `map.png`, `map-change.png`, `confusion.png`, `confusion-change.png`, `gates.png`, `personas.png`.
        ");
    }
}
