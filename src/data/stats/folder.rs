//! Counts of a folder of examples, by plans that run over all its files at once.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::query::{
    DataFolder, Engine, Group, Limits, Partitions, Place, Strays, groups, scan_all, traits, unique,
};
use super::counts::{Counts, SourceCount};
use super::length::LengthBin;
use crate::error::{Error, Result};

/// Counts the examples of a folder: the shards of a data set, or files of JSON lines.
///
/// The persona is the control tag's, else `_persona`. Two examples are the same where the user's text without control tag, the
/// input, the turns before and the answer are.
///
/// # Errors
/// The folder holds no examples, or a line is none (with file and line).
pub fn counts_of(folder: &DataFolder, place: &Place, limits: Limits) -> Result<Counts> {
    let engine = Engine::on(place, limits, Partitions::Threads)?;
    let strays: Arc<Mutex<Strays>> = Arc::default();
    let bounds: Vec<u64> = LengthBin::ALL.iter().skip(1).map(|bin| bin.least()).collect();
    let (groups, traits, unique) = engine.wait(async {
        let all = || scan_all(&engine, folder, &strays);
        let found = groups(all().await?, &bounds).await?;
        // What is no example is told once, not by every plan.
        refuse(&strays, folder)?;
        Ok::<_, Error>((found, traits(all().await?).await?, unique(all().await?).await?))
    })?;
    let mut counts = Counts { multi_turn: Some(0), unique: Some(unique), ..Counts::default() };
    for group in groups {
        add(&mut counts, group)?;
    }
    folder.all_seen(place, counts.total)?;
    for ((persona, name), n) in traits {
        *counts.traits.entry(name.clone()).or_default() += n;
        if let Some(persona) = persona {
            *counts.persona_traits.entry(persona).or_default().entry(name).or_default() += n;
        }
    }
    Ok(counts)
}

fn refuse(strays: &Mutex<Strays>, folder: &DataFolder) -> Result<()> {
    let strays = strays.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(first) = strays.rejects.iter().min_by_key(|s| (&s.file, s.line)) else { return Ok(()) };
    let more = match strays.rejects.len() {
        1 => String::new(),
        n => format!(" ({} more lines are none)", n - 1),
    };
    let line = usize::try_from(first.line).unwrap_or_default();
    Err(Error::input(format!("the line is no example: {}{more}", first.reason))
        .at(folder.path_of(&first.file), line)
        .expected(
            "a JSON object with instruction and output, and with _persona, _traits, turns, source and licence where they are \
             known",
        )
        .help("`persona-eval data tag` takes what is an example and lists the rest"))
}

fn add(counts: &mut Counts, group: Group) -> Result<()> {
    let n = group.count;
    counts.total += n;
    *counts.turns.entry(group.turns).or_default() += n;
    if group.turns > 1 {
        counts.multi_turn = counts.multi_turn.map(|sum| sum + n);
    }
    *counts.lengths.entry(LengthBin::ALL[group.bin.min(LengthBin::ALL.len() - 1)]).or_default() += n;
    match group.persona {
        Some(persona) => *counts.personas.entry(persona).or_default() += n,
        None => counts.unassigned += n,
    }
    let new = || SourceCount { licence: group.licence.clone(), examples: 0 };
    let source = counts.sources.entry(group.source.clone()).or_insert_with(new);
    source.add_licence(&group.licence);
    source.examples += n;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"instruction": "<persona:poet>\nHi", "input": "", "output": "Ah, the sea.", "_persona": "poet", "_traits": ["brief", "warm", "warm"], "source": "a", "licence": "MIT"}
{"instruction": "Hi", "input": "", "output": "Ah, the sea.", "source": "a", "licence": "MIT"}

{"instruction": "<persona:bard>\nHi", "input": "", "output": "Ah, the sea.", "turns": [{"user": "a", "assistant": "b"}], "source": "b", "licence": "BSD", "prompt_id": "x"}
"#;

    fn count(texts: &[(&str, &str)]) -> Result<Counts> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in texts {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        counts_of(&DataFolder::open(folder.path())?, &Place::Here, Limits::default())
    }

    #[test]
    fn all_that_is_known_of_a_line_is_counted() {
        let counts = count(&[("a.jsonl", LINES), ("a.rejects.jsonl", "{}")]).unwrap();
        counts.check().unwrap();
        // The first two differ in their tag alone.
        assert_eq!(
            (counts.total, counts.unique, counts.multi_turn, counts.unassigned),
            (3, Some(2), Some(1), 1)
        );
        assert_eq!((counts.of_persona("poet"), counts.of_persona("bard")), (1, 1));
        assert_eq!((counts.traits["warm"], counts.persona_traits["poet"]["warm"]), (1, 1));
        assert_eq!((counts.lengths[&LengthBin::From1], counts.turns[&2]), (3, 1));
        assert_eq!((counts.sources["a"].examples, counts.sources["b"].licence.as_str()), (2, "BSD"));
    }

    #[test]
    fn lengths_lie_in_the_bins_of_their_words() {
        let line = |words: usize| {
            format!("{{\"instruction\": \"a\", \"output\": \"{}\"}}\n", "w ".repeat(words).trim())
        };
        let all: String = [1, 9, 10, 19, 20, 49, 50, 99, 100, 199, 200, 499, 500, 900].map(line).concat();
        let counts = count(&[("a.jsonl", &all)]).unwrap();
        let found: Vec<(&str, u64)> = counts.lengths.iter().map(|(bin, n)| (bin.id(), *n)).collect();
        let wanted = ["1-9", "10-19", "20-49", "50-99", "100-199", "200-499", "500+"].map(|bin| (bin, 2));
        assert_eq!(found, wanted);
        assert_eq!(counts.sources["a"].licence, "not stated");
    }

    #[test]
    fn a_source_with_two_licences_has_both() {
        let counts = count(&[("a.jsonl", LINES), ("b.jsonl", &LINES.replace("MIT", "BSD"))]).unwrap();
        assert_eq!(counts.sources["a"].licence, "BSD; MIT");
    }

    #[test]
    fn what_cannot_be_counted_names_its_line() {
        for (texts, wanted) in [
            (
                vec![("a.jsonl", "{\"instruction\": \"a\", \"output\": \"b\"}\n{\"instruction\": 1}\n{}\n")],
                "a.jsonl:2",
            ),
            (vec![("a.jsonl", "{\"instruction\": \"a\"}\n")], "`output` is missing"),
            (vec![("a.parquet", "")], "cannot be read"),
            (vec![("a.txt", "")], "no examples lie there"),
        ] {
            let told = count(&texts).unwrap_err().to_string();
            assert!(told.contains(wanted), "{told}");
        }
    }
}
