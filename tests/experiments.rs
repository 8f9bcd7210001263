//! The committed experiments say what docs/gates.md claims. Thresholds stand here; where one was changed after a run, that page tells.

use persona_eval::gate::FAMILY;
use persona_eval::persona::Registry;
use persona_eval::store::Catalog;
use persona_eval::suite::{Gate, Suite};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What must be caught; by the names of whom a gate must say it (personas, or all of a group), or by its cause.
const CAUGHT: [(&str, Named); 8] = [
    ("swap", Named::All(&["tech_expert", "emotive"])),
    ("zero", Named::Cause),
    ("half", Named::OfGroup("creative")),
    ("one-voice", Named::All(&["poet", "songwriter"])),
    ("noise", Named::All(&["analytic"])),
    ("template", Named::Cause),
    ("temperature", Named::Cause),
    ("truncated", Named::Cause),
];
/// The loss that lies nearest to what a gate finds four times in five; it may be missed at one seed of eight.
const MAY_MISS: &str = "half";
/// What must not be. Each still tells which adapter changed, but for the last, where none did.
const QUIET: [&str; 3] = ["faint-noise", "almost", "nothing"];

enum Named {
    /// The failed gates name all of these parts.
    All(&'static [&'static str]),
    /// The failed gates name a persona of this group, or the group.
    OfGroup(&'static str),
    /// A warning, an error or the list of changes names it.
    Cause,
}

impl Named {
    /// Whether the outcome says so.
    fn holds(&self, outcome: &Value) -> bool {
        let registry = Registry::built_in().expect("the built-in registry");
        let gates = outcome["failed"].as_array().expect("gates");
        // A gate with its failed parts: `no persona falls (poet, songwriter): 2 regressed: ...`.
        let parts: Vec<&str> = gates
            .iter()
            .filter_map(|g| g.as_str()?.split_once(": ")?.0.split_once('(')?.1.strip_suffix(')'))
            .flat_map(|names| names.split(", "))
            .collect();
        match self {
            Named::All(names) => names.iter().all(|name| parts.contains(name)),
            Named::OfGroup(group) => {
                let of = |id: &str| registry.get(id).is_some_and(|p| p.group() == *group);
                parts.iter().any(|part| part == group || of(part))
            }
            Named::Cause => outcome["cause"].is_string(),
        }
    }
}

fn read(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reports/experiments").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn false_alarms_stay_below_five_per_cent_with_their_interval() {
    let found = read("calibration.json");
    let alarms = &found["false_alarms"];
    assert!(found["runs"].as_array().expect("runs").len() >= 12);
    assert!(number(&found["prompts"]) >= 32.0 && number(&alarms["pairs"]) >= 2_000.0);
    assert!(number(&alarms["interval"]["high"]) <= 0.05, "{alarms}");
}

#[test]
fn intervals_cover_what_they_say_at_16_and_32_prompts() {
    let found = read("calibration.json");
    let coverage = found["coverage"].as_array().expect("figures");
    for prompts in [16, 32] {
        let of_size: Vec<&Value> = coverage.iter().filter(|c| c["prompts"] == prompts).collect();
        assert_eq!(of_size.len(), 10, "{prompts} prompts");
        for c in of_size {
            assert!(number(&c["suites"]) >= 2_000.0);
            assert!((0.93..=0.97).contains(&number(&c["covered"])), "{c}");
        }
    }
    assert!(coverage.iter().any(|c| c["prompts"] == 8), "what it is at 8 is told");
}

#[test]
fn every_regression_that_was_put_in_is_caught_and_named_at_every_seed_and_what_changes_nothing_is_not() {
    let found = read("regressions.json");
    let outcomes = found.as_array().expect("outcomes");
    let mut seeds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missed = 0;
    for o in outcomes {
        let case = o["case"].as_str().expect("a case");
        let told = format!("{case} at seed {}: {o}", o["seed"]);
        match CAUGHT.iter().find(|c| c.0 == case) {
            Some((case, named)) => {
                let found = o["caught"] == true && named.holds(o);
                missed += usize::from(!found);
                assert!(found || *case == MAY_MISS, "{told}");
            }
            None => {
                assert!(QUIET.contains(&case) && o["caught"] == false, "{told}");
                assert!(case == "nothing" || o["cause"].is_string(), "{told}");
            }
        }
        *seeds.entry(case).or_default() += 1;
    }
    assert!(seeds.len() == CAUGHT.len() + QUIET.len() && seeds.values().all(|n| *n >= 2), "{seeds:?}");
    assert!(seeds[MAY_MISS] >= 8 && missed <= 1, "{missed} of {} missed", seeds[MAY_MISS]);
}

/// An experiment speaks of the gates and the level that it was run with.
#[test]
fn the_calibration_is_of_the_gates_as_they_stand() {
    let found = read("calibration.json");
    let registry = Registry::built_in().expect("the built-in registry");
    let names = Catalog::built_in().expect("the built-in catalogue").names();
    let suite = Suite::load(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("suites/calibration.toml"),
        &registry,
        &names,
        &|_| unreachable!("no benchmark"),
    )
    .expect("the suite");
    let judged: Vec<Gate> = serde_json::from_value(found["gates"].clone()).expect("gates");
    // Why a gate has its margin may be told in other words.
    let bare = |gate: &Gate| Gate { reason: String::new(), ..gate.clone() };
    let judged: Vec<Gate> = judged.iter().map(bare).collect();
    let stand: Vec<Gate> = suite.gates.iter().filter(|g| g.against_baseline()).map(bare).collect();
    assert_eq!(judged, stand);
    assert_eq!(number(&found["family"]), FAMILY);
}
