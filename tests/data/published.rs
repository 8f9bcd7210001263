//! Small files in the layouts of published sets (fixtures/data): what their notes say comes out of them, comes out.

use std::path::Path;

use super::{json, lines};

#[test]
fn sets_that_the_general_formats_read_give_the_examples_that_their_notes_say() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let recipe =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data/recipe.toml").display().to_string();
    let manifest =
        json(folder.path(), &["data", "import", &recipe, "-o", &out, "--shards", "jsonl", "--json"]);
    let mut found = Vec::new();
    for source in manifest["sources"].as_array().unwrap() {
        let sum = |key: &str| -> u64 {
            source["files"].as_array().unwrap().iter().map(|f| f[key].as_u64().unwrap()).sum()
        };
        let name = source["name"].as_str().unwrap().to_owned();
        found.push((name, sum("records"), sum("rows"), sum("trimmed")));
    }
    // As schema.md of each folder counts them: records, examples, trimmed.
    let wanted = [
        ("mental_health_counseling", 8, 7, 0),
        ("mental_health_faq", 8, 7, 0),
        ("wizardlm_v2", 6, 5, 0),
        ("wizardlm_70k", 4, 3, 0),
        ("sharegpt", 10, 7, 2),
        ("openorca", 8, 7, 0),
        ("toolbench", 8, 6, 0),
        ("glaive_code_assistant", 8, 6, 0),
        ("hermes_function_calling", 8, 6, 1),
        ("mmlu_shots", 4, 4, 0),
    ];
    assert_eq!(found, wanted.map(|(name, records, rows, trimmed)| (name.to_owned(), records, rows, trimmed)));
    let rejects = lines(&folder.path().join("out/rejects.jsonl"));
    assert_eq!(rejects.len(), 72 - 58, "{rejects:?}");

    let first = |source: &str, number: usize| {
        lines(&folder.path().join(format!("out/{source}-00000.jsonl")))[number].clone()
    };
    let orca = first("openorca", 1);
    assert_eq!(orca["input"], "You are a patient helper. Put the steps before the result.");
    assert_eq!(orca["_persona"], "conversational_agent");
    let talk = first("sharegpt", 0);
    assert_eq!(talk["turns"][0]["user"], "Suggest a name for a shop that sells only buttons.");
    assert_eq!(talk["output"], "Then \"Button & Hearth\".");
    let tool = first("toolbench", 0);
    assert!(tool["input"].as_str().unwrap().contains("You have access of the following tools:"), "{tool}");
}
