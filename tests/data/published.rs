//! Small files in the layouts of published sets (fixtures/data): what their notes say comes out of them, comes out.

use std::path::Path;

use serde_json::{Value, json};

use super::{error, json as printed, lines, write};

/// As schema.md of each folder counts them: records, examples, trimmed.
const COUNTS: [(&str, u64, u64, u64); 25] = [
    ("mental_health_counseling", 8, 7, 0),
    ("empathetic_dialogues", 7, 6, 1),
    ("emotional_support", 6, 5, 1),
    ("mental_health_chatbot", 8, 6, 0),
    ("mental_health_faq", 8, 7, 0),
    ("sentiment140", 10, 9, 0),
    ("persona_chat", 6, 5, 1),
    ("daily_dialog", 7, 6, 1),
    ("berkeley_function_calling", 10, 6, 0),
    ("toolbench", 8, 6, 0),
    ("glaive_code_assistant", 8, 6, 0),
    ("hermes_function_calling", 8, 6, 1),
    ("wizardlm", 10, 8, 0),
    ("sharegpt", 10, 7, 2),
    ("openorca", 8, 7, 0),
    ("ethics_commonsense", 8, 7, 0),
    ("ethics_virtue", 10, 9, 0),
    ("ethics_justice", 9, 8, 0),
    ("moral_stories", 8, 7, 0),
    ("persuasion", 9, 7, 0),
    ("cot_collection", 8, 6, 0),
    ("causal_reasoning", 8, 7, 0),
    ("mmlu", 7, 6, 0),
    ("mmlu_shots", 4, 4, 0),
    ("arc_challenge", 8, 7, 0),
];

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data").join(name)
}

fn sum(source: &Value, key: &str) -> u64 {
    source["files"].as_array().unwrap().iter().map(|f| f[key].as_u64().unwrap()).sum()
}

#[test]
fn every_set_gives_the_examples_that_its_notes_say() {
    let folder = tempfile::tempdir().unwrap();
    let (out, recipe) = (folder.path().join("out"), fixture("recipe.toml").display().to_string());
    let into = out.display().to_string();
    let manifest =
        printed(folder.path(), &["data", "import", &recipe, "-o", &into, "--shards", "jsonl", "--json"]);
    let mut found = Vec::new();
    for source in manifest["sources"].as_array().unwrap() {
        let name = source["name"].as_str().unwrap().to_owned();
        found.push((name, sum(source, "records"), sum(source, "rows"), sum(source, "trimmed")));
    }
    assert_eq!(found, COUNTS.map(|(name, records, rows, trimmed)| (name.to_owned(), records, rows, trimmed)));
    let (records, rows) = COUNTS.iter().fold((0, 0), |(a, b), (_, records, rows, _)| (a + records, b + rows));
    assert_eq!(lines(&out.join("rejects.jsonl")).len() as u64, records - rows);

    // expected.py mapped every record by the notes, with Python's own readers.
    let all = lines(&fixture("expected.jsonl"));
    for (name, ..) in COUNTS {
        let wanted: Vec<&Value> = all.iter().filter(|line| line["source"] == name).collect();
        let found = lines(&out.join(format!("{name}-00000.jsonl")));
        assert_eq!(wanted.len(), found.len(), "{name}");
        for (found, wanted) in found.iter().zip(wanted) {
            let turns = found.get("turns").and_then(Value::as_array).into_iter().flatten();
            let turns: Vec<Value> = turns.map(|turn| json!([turn["user"], turn["assistant"]])).collect();
            let found = json!({
                "source": found["source"],
                "_persona": found["_persona"],
                "instruction": found["instruction"],
                "input": found["input"],
                "output": found["output"],
                "turns": turns,
            });
            assert_eq!(found, *wanted, "{name}");
        }
    }
}

#[test]
fn rejects_of_grouped_rows_stand_in_the_line_of_their_first_row() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = "[[source]]\nname = 'talk'\nfiles = ['train.csv']\nformat = 'empathetic_dialogues'\n\
                  licence = 'CC-BY-NC-4.0'\npersona = 'supportive'\n";
    write(folder, "data.toml", recipe);
    let head = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n";
    let row =
        |id: &str, i: usize, text: &str| format!("hit:{id},{i},sad,p,{},{text},5|5|5_5|5|5,\n", 7 + i % 2);
    let rows = [
        row("0", 1, "\"a"),
        row("0", 2, "b"),
        row("1", 1, "lonely"),
        row("2", 1, "c"),
        "hit:2,2,sad,p,7,d\n".to_owned(),
        row("2", 3, "e"),
        row("2", 4, "f"),
    ];
    write(folder, "train.csv", head.to_owned() + &rows.concat());
    let manifest =
        printed(folder, &["data", "import", "data.toml", "-o", "out", "--shards", "jsonl", "--json"]);
    let source = &manifest["sources"][0];
    assert_eq!((sum(source, "records"), sum(source, "rows")), (4, 1));
    let examples = lines(&folder.join("out/talk-00000.jsonl"));
    // A bare quotation mark opens no field of many lines; the recipe's persona goes before the importer's.
    assert_eq!(
        (&examples[0]["instruction"], &examples[0]["_persona"]),
        (&json!("\"a"), &json!("supportive"))
    );
    let told: Vec<String> = lines(&folder.join("out/rejects.jsonl"))
        .iter()
        .map(|r| format!("{} {} {}", r["record"], r["line"], r["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "2 4 nobody answers a user's words",
            "3 6 the row has other columns than the table: 6 fields for 8 columns",
            "4 5 the rows are no whole conversation: utterance 2 is missing or stands there twice",
        ]
    );
}

#[test]
fn json_lines_of_one_record_are_told_from_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = "[[source]]\nname = 'calls'\nfiles = ['q.json']\nanswers = ['a.json']\nlicence = 'Apache-2.0'\n\
                  format = 'berkeley_function_calling'\nexpect = 1\n";
    write(folder, "data.toml", recipe);
    let question =
        r#"{"id": "x", "question": [[{"role": "user", "content": "Now?"}]], "function": [{"name": "f"}]}"#;
    write(folder, "q.json", question);
    write(folder, "a.json", r#"{"id": "x", "ground_truth": [{"f": {}}]}"#);
    printed(folder, &["data", "import", "data.toml", "-o", "out", "--shards", "jsonl", "--json"]);
    let example = &lines(&folder.join("out/calls-00000.jsonl"))[0];
    assert_eq!(example["output"], r#"<tool_call>{"name":"f","arguments":{}}</tool_call>"#);
    assert_eq!(example["input"], r#"{"name":"f"}"#);
}

#[test]
fn an_import_does_not_go_on_with_other_answers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = "[[source]]\nname = 'calls'\nfiles = ['q.json']\nanswers = ['a.json']\nlicence = 'MIT'\n\
                  columns = { instruction = 'q', output = 'a' }\ncontainer = 'lines'\nexpect = 2\n";
    write(folder, "data.toml", recipe);
    write(folder, "q.json", "{\"id\": 1, \"q\": \"Q\"}\n");
    write(folder, "a.json", "{\"id\": 1, \"a\": \"A\"}\n");
    let (_, told) = error(folder, &["data", "import", "data.toml", "-o", "out"]);
    assert!(told.contains("the recipe expects 2"), "{told}");
    write(folder, "a.json", "{\"id\": 1, \"a\": \"B\"}\n");
    let (code, told) = error(folder, &["data", "import", "data.toml", "-o", "out", "--resume"]);
    assert!(code == 2 && told.contains("begun otherwise"), "{told}");
}

#[test]
fn mistakes_about_importers_name_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "q.json", "{\"id\": \"a\"}\n{\"id\": \"b\"}\n");
    write(folder, "a.json", "{\"id\": \"a\"}\n{\"id\": \"a\"}\n");
    let source = "[[source]]\nname = 'calls'\nfiles = ['q.json']\nlicence = 'MIT'\n";
    for (rest, wanted) in [
        ("format = 'berkeley_function_calling'", "the key `answers` is missing"),
        ("format = 'berkeley_function_calling'\nanswers = ['b.json']", "no file is named `b.json`"),
        (
            "format = 'berkeley_function_calling'\nanswers = ['a.json']",
            "a.json:2|two answers have the id `a`",
        ),
        ("format = 'empathetic_dialogue'", "did you mean: empathetic_dialogues?"),
        ("columns = { instruction = '*.q', output = 'a' }", "no key stands before the `*`"),
        (
            "columns = { instruction = 'q', output = 'a.*_text' }",
            "source.0.columns.output|`*_text` is neither",
        ),
    ] {
        write(folder, "data.toml", format!("{source}{rest}\n"));
        let (code, told) = error(folder, &["data", "import", "data.toml", "-o", "out"]);
        assert_eq!(code, 2, "{told}");
        for part in wanted.split('|') {
            assert!(told.contains(part), "`{rest}` should say `{part}`:\n{told}");
        }
    }
}
