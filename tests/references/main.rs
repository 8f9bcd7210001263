//! Scorers, indices of style and published benchmarks against the field's own.
//!
//! `fixtures/golden/{calls,code,numbers,style}/make.py` fetch the packages, whose content is not committed, and write what they say to
//! `target/golden`, which these tests read; so they run only where they are named: `just references`, and in CI. The tables of
//! agreement are committed beside the scripts.

mod calls;
mod code;
mod external;
mod numbers;
mod style;

use serde_json::Value;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What a script wrote, a line of JSON each.
fn lines(name: &str) -> Vec<Value> {
    let path = root().join(format!("target/golden/{name}.jsonl"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; make it with fixtures/golden/{name}/make.py", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Holds a table against the committed one; `GOLDEN_UPDATE=1` writes it.
fn committed(name: &str, table: &Value) {
    let path = root().join(format!("fixtures/golden/{name}/agreement.json"));
    let found = format!("{}\n", serde_json::to_string_pretty(table).expect("plain data"));
    if std::env::var_os("GOLDEN_UPDATE").is_some() {
        std::fs::write(&path, &found).expect("writes");
    }
    assert_eq!(found, std::fs::read_to_string(&path).expect("the committed table"));
}
