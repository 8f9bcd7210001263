//! The committed experiments say what README claims: thresholds stand here, written before they were run.

use serde_json::Value;
use std::path::PathBuf;

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
