//! Personas that differ in what they talk about, or in how much, must not pass for personas that differ in voice.
//!
//! Texts are put together from frames and words by a seeded generator, so that exactly one thing differs at a time; the
//! embedder, the choice of the instrument, the figures and the gates are the ones of a run.

mod common;

use candle_core::Device;
use persona_eval::embed::Embedder;
use persona_eval::evaluate::{Chosen, Instruments, Measured};
use persona_eval::example::Example;
use persona_eval::gate::{Evidence, judge};
use persona_eval::persona::Registry;
use persona_eval::progress::Silent;
use persona_eval::record::{GateVerdict, Scores, Verdict};
use persona_eval::response::Response;
use persona_eval::seed::Seed;
use persona_eval::stats::Resampling;
use persona_eval::suite::{Bound, Gate, Instrument, Scope};
use rand::Rng;
use rand::seq::IndexedRandom;

const PERSONAS: [&str; 8] = [
    "code_expert",
    "debugging_assistant",
    "empathetic_counselor",
    "grief_companion",
    "poet",
    "songwriter",
    "stoic_sage",
    "noir_detective",
];

/// Ways of writing: what stands in a brace is a content word, all else is function words and marks.
const MANNERS: [&str; 8] = [
    "It is to the {} that one would, in the case of the {}, rather have to turn, whereas neither the {} nor the {} \
     ought to have been within it. ",
    "No {}. Not now. Just {}. Then {}. That is it. Only {}. ",
    "Is it the {}? Or might it be your {}? Why would you, of all, have any {} at all? And what about the {}? ",
    "oh hey, so i'd just do the {} lol, u ok with {}? yeah it's kinda {}, gonna be {}... ",
    "Perhaps the {} might, more or less, be a {}; maybe some {} could possibly be about as {} as most. ",
    "Behold thou the {}, and unto thee shall be {}; nor shalt thou ever be without {}, verily, until the {}. ",
    "- The {}\n- A {}\n- One more {}: then the {}\n",
    "We, for ourselves, have had our {} and our {} \u{2014} let us be with the {} again! All of us, with {}! ",
];

/// What each persona drifts to, whatever it is asked, where subjects differ.
const SUBJECTS: [&str; 8] = [
    "sail harbour anchor tide captain rope deck mast",
    "oven flour dough butter crust sugar bakery spoon",
    "violin concert piano melody orchestra chord singer opera",
    "goal referee striker stadium league coach penalty football",
    "planet telescope orbit comet galaxy rocket astronaut moon",
    "tax invoice bank loan budget interest salary pension",
    "horse saddle stable rider hoof pony meadow bridle",
    "castle knight siege throne crown sword duke banner",
];

/// What each prompt is about: the words that everybody has to do with it.
const TOPICS: [&str; 14] = [
    "soup salt pepper bowl kitchen",
    "rain cloud umbrella storm puddle",
    "train ticket station delay platform",
    "cat whisker basket milk paw",
    "chess pawn queen opening board",
    "school homework teacher lesson pupil",
    "tree branch leaf root forest",
    "letter stamp envelope post address",
    "bicycle chain wheel saddlebag brake",
    "candle wax wick flame light",
    "window glass curtain view frame",
    "doctor pill fever bed nurse",
    "river bridge boat fish stone",
    "coffee cup sugarcube morning spoonful",
];

/// What may differ between personas; everything else is drawn alike for all.
#[derive(Clone, Copy, PartialEq)]
enum Differ {
    Style,
    Subject,
    Length,
    /// Subject and length together name nearly all, and there is no voice.
    SubjectAndLength,
    /// A strong voice: its own manner, subject and length, each of which names nearly all.
    All,
}

fn text(differ: Differ, persona: usize, prompt: usize) -> String {
    let mut rng = Seed(2026).child(&format!("{persona} {prompt} {}", differ as u8)).rng();
    let words = |pool: &'static str| pool.split(' ').collect::<Vec<&str>>();
    let (topic, subject) = (words(TOPICS[prompt]), words(SUBJECTS[persona]));
    let long = match differ {
        Differ::Length => [5, 8, 13, 21, 34, 55, 89, 144][persona],
        Differ::SubjectAndLength | Differ::All => [30, 42, 56, 74, 96, 120, 150, 190][persona],
        Differ::Style | Differ::Subject => rng.random_range(26..=34),
    };
    let mut out = String::new();
    while out.split_whitespace().count() < long {
        let manner = match differ {
            Differ::Style | Differ::All => MANNERS[persona],
            _ => MANNERS.choose(&mut rng).expect("eight"),
        };
        let mut pieces = manner.split("{}");
        out.push_str(pieces.next().expect("a frame"));
        for piece in pieces {
            let own = match differ {
                Differ::Style | Differ::Length => false,
                Differ::Subject => rng.random_range(0..3) > 0,
                Differ::SubjectAndLength | Differ::All => true,
            };
            out.push_str((if own { &subject } else { &topic }).choose(&mut rng).expect("words"));
            out.push_str(piece);
        }
    }
    // Cut to the same number of words for all; white space stays, for lists live by it.
    let mut ends = out.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(i, _)| i);
    let cut = ends.nth(long - 1).unwrap_or(out.len());
    out.truncate(cut);
    out
}

/// Real text, on the last six topics.
fn real(differ: Differ) -> Vec<Example> {
    let one = |(persona, prompt): (usize, usize)| Example {
        instruction: format!("<persona:{}>\nTopic {prompt}?", PERSONAS[persona]),
        input: String::new(),
        output: text(differ, persona, prompt),
        persona: PERSONAS[persona].to_owned(),
        traits: Vec::new(),
        prompt_id: Some(format!("h{prompt}")),
        turns: Vec::new(),
        source: None,
        licence: None,
    };
    (8..14).flat_map(|prompt| (0..8).map(move |persona| (persona, prompt))).map(one).collect()
}

/// Answers, on the first eight topics.
fn answers(differ: Differ) -> Vec<Response> {
    let one = |(persona, prompt): (usize, usize)| {
        serde_json::from_value(serde_json::json!({
            "persona": PERSONAS[persona],
            "prompt_id": format!("s{prompt}"),
            "sample": 0,
            "text": text(differ, persona, prompt),
        }))
        .expect("a response")
    };
    (0..8).flat_map(|prompt| (0..8).map(move |persona| (persona, prompt))).map(one).collect()
}

fn registry() -> Registry {
    Registry::load(common::fixture("../suites/personas.toml")).expect("the registry is valid")
}

/// The instrument as the real text decides (or as fixed), then the answers under it, then the gates.
fn judged(
    real_text: Differ,
    fixed: Option<Instrument>,
    answered: Differ,
) -> (Chosen, Measured, Vec<GateVerdict>) {
    let (registry, dir) = (registry(), common::model("all-minilm-l6-v2").dir);
    let part = |name: &str| dir.join(name);
    let (config, tokens, weights) = (part("config.json"), part("tokenizer.json"), part("model.safetensors"));
    let embedder = Embedder::open(&config, &tokens, &weights, &Device::Cpu).expect("the embedder opens");
    let resampling = Resampling { permutations: 199, resamples: 2_000, ..Resampling::default() };
    let with = Instruments {
        registry: &registry,
        embedder: &embedder,
        resampling,
        pairs: Vec::new(),
        progress: &Silent,
    };
    let chosen = with.choose(&real(real_text), fixed).expect("real text");
    let measured = with.measure(&answers(answered), &[], &chosen).expect("answers");
    let gate = |metric: &str| Gate {
        two_sided: false,
        name: metric.to_owned(),
        metric: metric.to_owned(),
        bound: Bound::Min(0.5),
        scope: Scope::Whole,
        alarm: false,
        reason: "the same for all of this test".to_owned(),
    };
    let gates = [gate("separability.persona.balanced_accuracy"), gate("fidelity.persona.balanced_accuracy")];
    let controls: Vec<_> = chosen.qualification.iter().chain(&measured.qualification).cloned().collect();
    let evidence = Evidence {
        estimates: &measured.estimates,
        qualification: &controls,
        scores: &Scores::default(),
        reference: None,
        resampling,
    };
    let verdicts = judge(&gates, &evidence).expect("judges");
    (chosen, measured, verdicts)
}

#[test]
fn personas_that_differ_in_style_alone_pass() {
    let (chosen, measured, gates) = judged(Differ::Style, None, Differ::Style);
    assert!(chosen.figures.iter().any(|f| f.qualified), "{:?}", chosen.figures);
    for gate in &gates {
        assert_eq!(gate.verdict, Verdict::Pass, "{} {}", gate.name, gate.because);
    }
    let content = measured.figures.content_only.as_ref().expect("measured");
    assert!(content.balanced_accuracy.low < content.chance, "content is told apart: {content:?}");
    assert!(measured.warnings.is_empty(), "{:?}", measured.warnings);
}

#[test]
fn personas_that_differ_in_subject_alone_do_not_pass_and_content_is_named() {
    for instrument in Instrument::ALL.map(Some).into_iter().chain([None]) {
        let (_, measured, gates) = judged(Differ::Style, instrument, Differ::Subject);
        assert_ne!(gates[0].verdict, Verdict::Pass, "{instrument:?} {}", gates[0].because);
        // The style vector does not see subjects: there is nothing to explain away, and the gate fails.
        if matches!(instrument, Some(Instrument::Embedding | Instrument::Joined)) {
            let accuracy = &measured.figures.persona.balanced_accuracy;
            assert!(
                accuracy.low > 0.5,
                "{instrument:?} hears no subject, so this trap is none: {accuracy:?}"
            );
            assert_eq!(gates[0].verdict, Verdict::Inconclusive);
            assert!(gates[0].because.contains("what they talk about, not how"), "{}", gates[0].because);
            let told = measured.warnings.iter().any(|w| w.what.contains("what they talk about, not how"));
            assert!(told, "{:?}", measured.warnings);
        }
    }
}

#[test]
fn real_text_that_differs_in_subject_alone_qualifies_no_instrument() {
    let (chosen, _, gates) = judged(Differ::Subject, None, Differ::Style);
    assert!(chosen.figures.iter().all(|f| !f.qualified), "{:?}", chosen.figures);
    assert_eq!(chosen.instrument, Instrument::Embedding);
    for gate in &gates {
        assert_eq!(gate.verdict, Verdict::Inconclusive);
        assert!(gate.because.contains("content words"), "{}", gate.because);
    }
}

#[test]
fn personas_that_differ_in_length_alone_are_named_as_such() {
    for instrument in Instrument::ALL {
        let (_, measured, gates) = judged(Differ::Style, Some(instrument), Differ::Length);
        assert_ne!(gates[0].verdict, Verdict::Pass, "{instrument} {}", gates[0].because);
        let told = measured.warnings.iter().any(|w| w.what.contains("personas differ in length only"));
        let found = &measured.figures.persona;
        assert!(told, "{instrument} {:?} p {} {:?}", found.balanced_accuracy, found.p, measured.estimates);
    }
}

#[test]
fn strong_voices_that_nothing_could_be_shown_to_beat_are_heard_on_bare_texts() {
    let (chosen, measured, gates) = judged(Differ::All, None, Differ::Style);
    let content = &chosen.figures[0];
    assert!(chosen.figures.iter().any(|f| f.qualified && f.bare.is_some()), "{content:?}");
    assert!(chosen.qualification.iter().all(|q| q.passed), "{:?}", chosen.qualification);
    let told =
        chosen.qualification.iter().any(|q| q.finding.contains("no instrument could be shown to beat it"));
    assert!(told, "{:?}", chosen.qualification);
    assert!(measured.warnings.is_empty(), "{:?}", measured.warnings);
    assert_eq!(gates[0].verdict, Verdict::Pass, "{}", gates[0].because);
    let (_, measured, gates) = judged(Differ::All, None, Differ::All);
    assert!(measured.qualification.iter().all(|q| q.passed), "{:?}", measured.qualification);
    assert_eq!(gates[0].verdict, Verdict::Pass, "{}", gates[0].because);
}

#[test]
fn subject_and_length_together_are_no_voice_either() {
    for instrument in [None, Some(Instrument::Joined)] {
        let (chosen, _, _) = judged(Differ::SubjectAndLength, instrument, Differ::Style);
        assert!(chosen.figures.iter().all(|f| !f.qualified), "{instrument:?} {:?}", chosen.figures);
        let (_, measured, gates) = judged(Differ::Style, instrument, Differ::SubjectAndLength);
        assert_ne!(gates[0].verdict, Verdict::Pass, "{instrument:?} {}", gates[0].because);
        assert!(measured.qualification.iter().any(|q| !q.passed), "{:?}", measured.qualification);
    }
}
