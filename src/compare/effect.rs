//! What a changed adapter does otherwise to real text.

use super::matched::Matched;
use crate::blend::Blend;
use crate::record::Scores;
use crate::stats::mean;
use std::collections::BTreeSet;

/// By how much the real text of those who speak with the adapter is scored otherwise, as a sentence; none where no such text
/// was scored in both runs.
///
/// The mean tells a loss or a gain; the root mean square also tells a change that is neither: another file may speak as the
/// one before it did.
pub(super) fn effect(adapter: &str, matched: &Matched<'_>, after: &Scores) -> Option<String> {
    let speaks = |blend: &str| {
        blend.parse::<Blend>().is_ok_and(|b| {
            let mut names = b.adapters();
            names.any(|name| name == adapter)
        })
    };
    let voices: BTreeSet<&str> =
        after.personas.iter().filter(|p| speaks(&p.blend)).map(|p| p.id.as_str()).collect();
    let changes: Vec<f64> = matched
        .texts()
        .filter(|(old, _)| voices.contains(old.persona.as_str()))
        .map(|(old, new)| new.own - old.own)
        .collect();
    if changes.is_empty() {
        return None;
    }
    let spread = mean(&changes.iter().map(|c| c * c).collect::<Vec<_>>()).sqrt();
    Some(format!(
        "real text in its voices: {:+.4} nats/token on average, {spread:.4} root mean square, {} texts",
        mean(&changes),
        changes.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PersonaRow, TextScore};

    fn scores(own: [f64; 3]) -> Scores {
        let persona = |id: &str, blend: &str| PersonaRow {
            id: id.into(),
            category: "Creative".into(),
            group: "creative".into(),
            blend: blend.into(),
            voice: String::new(),
            traits: Vec::new(),
        };
        let text = |(persona, own): (&str, f64)| TextScore {
            persona: persona.into(),
            prompt_id: "h1".into(),
            tokens: 9,
            own,
            margin: 0.5,
        };
        Scores {
            personas: vec![persona("poet", "creative=0.7,emotive=0.3"), persona("sage", "esoteric")],
            texts: ["poet", "sage", "bard"].into_iter().zip(own).map(text).collect(),
            ..Scores::default()
        }
    }

    #[test]
    fn only_text_of_those_who_speak_with_the_adapter_counts() {
        let (before, after) = (scores([-3.0, -4.0, -5.0]), scores([-3.5, -3.8, -9.0]));
        let matched = Matched::new(&before, &after);
        let told = effect("emotive", &matched, &after).expect("the poet's text");
        assert!(told.contains("-0.5000 nats/token on average, 0.5000 root mean square, 1 texts"), "{told}");
        assert!(effect("esoteric", &matched, &after).expect("the sage's").contains("+0.2000"));
        assert_eq!(effect("analytic", &matched, &after), None);
    }
}
