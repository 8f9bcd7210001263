//! Counts against targets, another data set, and a plan.

use std::path::Path;

use serde_json::{Value, json as value};

use super::{error, json, run, write};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn golden() -> Value {
    let text = std::fs::read_to_string(root().join("fixtures/golden/stats/gaps.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

const TARGETS: &str = "suites/data_targets.toml";
const COUNTS: &str = "suites/data_counts.json";

/// The named figures of a gap that the script worked out.
fn assert_gap(found: &Value, expected: &Value, id: &str) {
    for (key, wanted) in expected.as_object().unwrap() {
        match wanted.as_f64().filter(|_| key == "share") {
            Some(share) => assert!((found[key].as_f64().unwrap() - share).abs() < 1e-12, "{id} {key}"),
            None => assert_eq!(&found[key], wanted, "{id} {key}"),
        }
    }
}

#[test]
fn the_gaps_of_the_specification_are_those_that_trying_every_number_finds() {
    let found = json(root(), &["data", "stats", COUNTS, "--targets", TARGETS, "--size", "6000000", "--json"]);
    let golden = golden();
    let gaps = &found["gaps"];
    for gap in gaps["categories"].as_array().unwrap() {
        let id = gap["subject"].as_str().unwrap();
        assert_gap(gap, &golden["categories"][id], id);
    }
    let personas = gaps["personas"].as_array().unwrap();
    assert_eq!(personas.len(), golden["personas"].as_object().unwrap().len());
    for gap in personas {
        let id = gap["subject"].as_str().unwrap();
        assert_gap(gap, &golden["personas"][id], id);
    }
    // The leasts are more than everything, so nothing that is added would do.
    assert_eq!(gaps["together"]["total"], Value::Null);
    let of = |key: &str| golden["leave_out"][key].clone();
    assert_eq!(gaps["together"]["total_left"], of("total_left"));
    let kept = gaps["together"]["keep"].as_array().unwrap();
    assert_eq!(kept.len(), of("keep").as_object().unwrap().len());
    for pair in kept {
        let id = pair[0].as_str().unwrap().to_lowercase();
        assert_eq!(pair[1], of("keep")[&id], "{id}");
    }
    let impossible: Vec<&str> =
        gaps["impossible"].as_array().unwrap().iter().map(|i| i["what"].as_str().unwrap()).collect();
    for wanted in [
        format!("the least shares of the categories add up to {} %", golden["least_shares"]),
        // Half a point of tolerance each: nine of them may be 4.5 points less.
        "the least shares of the personas add up to 115.5 %".to_owned(),
        "the least shares of the personas of Technical add up to 32 %, Technical is 30 %".to_owned(),
        "the least shares of the personas of Analytical add up to 24 %, Analytical is 20 %".to_owned(),
    ] {
        assert!(impossible.iter().any(|what| what.starts_with(&wanted)), "{wanted}: {impossible:?}");
    }
    assert_eq!(impossible.len(), 4);
}

#[test]
fn with_room_for_all_the_smallest_whole_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join(TARGETS)).unwrap();
    let text = text.replace("specialized = [5, 10]", "specialized = [3, 10]");
    write(folder.path(), "targets.toml", &text[..text.find("\n[personas]").unwrap()]);
    let counts = root().join(COUNTS);
    let counts = counts.to_str().unwrap();
    let found = json(folder.path(), &["data", "stats", counts, "--targets", "targets.toml", "--json"]);
    let (found, golden) = (&found["gaps"]["together"], &golden()["together_with_3_specialized"]);
    assert_eq!((&found["total"], &found["besides"]), (&golden["total"], &golden["besides"]));
    let add = found["add"].as_array().unwrap();
    assert_eq!(add.len(), golden["add"].as_object().unwrap().len());
    for pair in add {
        let id = pair[0].as_str().unwrap().to_lowercase().replace('/', "_");
        assert_eq!(pair[1], golden["add"][&id], "{id}");
    }
}

/// All that is wrong with the specification's numbers, worked out by hand from its tables: rule, what is stated, what follows.
const WRONG: [(&str, &str, &str, &str); 36] = [
    ("shares_of_a_whole", "the categories", "100 %", "101 %"),
    ("shares_of_a_whole", "the personas add", "100 %", "120 %"),
    ("shares_of_a_whole", "Technical", "30 %", "33 %"),
    ("shares_of_a_whole", "Analytical", "20 %", "25 %"),
    ("weight_against_target", "code_expert", "12 %", "25 %"),
    ("weight_against_target", "empathetic_counselor", "15 %", "20 %"),
    ("weight_against_target", "creative_storyteller", "8 %", "12 %"),
    ("balance_against_target", "Technical", "8–25 %", "25–30 %"),
    ("balance_against_target", "Specialized", "8–25 %", "5–10 %"),
    ("categories_of_the_whole", "the categories", "675k", "21,896"),
    ("personas_named", "57 personas", "57", "18"),
    ("nothing_is_left", "debugging_assistant", "9,487", "9,487"),
    ("nothing_is_left", "supportive", "4,473", "4,473"),
    ("nothing_is_left", "narrative_writer", "1,525", "1,525"),
    ("nothing_is_left", "multi_turn", "1,237", "1,237"),
    ("nothing_is_left", "api_specialist", "795", "795"),
    ("nothing_is_left", "qa_specialist", "489", "489"),
    ("status_of_the_present", "empathetic_counselor", "20 %", "20.4 %"),
    ("step_against_rows", "Psychology & Emotional", "+300k", "233,000"),
    ("phase_against_parts", "the rows of its steps", "+1-1.5M", "983,000"),
    ("total_against_phases", "in the end", "~5.5-6M", "5,124,000"),
    ("after_against_rows", "empathetic_counselor", "~237k", "164,473"),
    ("after_against_rows", "conversational_agent", "~201k", "264,237"),
    ("after_against_rows", "critical_debater", "~182k", "152,079"),
    ("after_against_rows", "analytical_reasoner", "~256k", "200,726"),
    ("after_against_rows", "creative_storyteller", "~102,000", "1,525"),
    ("after_against_rows", "factual_informant", "~98,000", "489"),
    ("enough_against_target", "code_expert", "25 %", "0.5 %"),
    ("enough_against_target", "empathetic_counselor", "20 %", "18.4 %"),
    ("enough_against_target", "creative_storyteller", "12 %", "7.9 %"),
    ("enough_against_target", "factual_informant", "8 %", "7.6 %"),
    ("enough_against_target", "problem_solver", "8 %", "0.3 %"),
    ("enough_against_need", "empathetic_counselor", "~1.2M", "~237,000"),
    ("enough_against_need", "conversational_agent", "~720k", "~201,000"),
    ("enough_against_need", "tool_orchestrator", "~600k", "~200,000"),
    ("one_thing_two_numbers", "multi-turn examples", "201k", "550k+"),
];

#[test]
fn the_specification_contradicts_itself_where_a_hand_finds_it_too() {
    let found = json(root(), &["data", "stats", COUNTS, "--plan", "suites/data_plan.toml", "--json"]);
    let found = found["inconsistencies"].as_array().unwrap();
    for (rule, part, stated, follows) in WRONG {
        let hit = |i: &&Value| {
            i["rule"] == rule
                && i["stated"] == stated
                && i["found"] == follows
                && i["what"].as_str().unwrap().contains(part)
        };
        assert_eq!(found.iter().filter(hit).count(), 1, "{rule} {part} {stated} {follows}: {found:#?}");
    }
    assert_eq!(found.len(), WRONG.len(), "{found:#?}");
    let hint = |rule: &str, part: &str| {
        let all = found.iter().filter(|i| i["rule"] == rule && i["what"].as_str().unwrap().contains(part));
        all.map(|i| i["hint"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join("|")
    };
    let rows = "after_against_rows";
    assert!(hint(rows, "empathetic").contains("all rows of `Psychology & Emotional` were counted"));
    assert!(
        hint(rows, "conversational").contains("it fits if no rows but those of `Multi-turn Advanced` were")
    );
    assert!(
        hint(rows, "critical")
            .contains("`Moral Stories` (30k) was counted twice, or if `Persuasion` (30k) was")
    );
    assert!(hint(rows, "creative").contains("`Creative narrative` (100k) was counted too"));
    assert!(hint(rows, "factual").contains("`Factual grounding` (97k) was counted too"));
    assert_eq!(hint(rows, "analytical"), "");
}

/// A plan of one contradiction a rule, of those that the specification does not break.
const PLAN: &str = r#"
[[category]]
id = "creative"
count = 100
target = [10, 20]
personas = ["poet", "songwriter"]
[[category]]
id = "factual"
count = 50
personas = ["historian"]
[[persona]]
id = "poet"
before = 70
[[persona]]
id = "songwriter"
before = 40
[[persona]]
id = "historian"
before = 30
target = 5
[[need]]
persona = "historian"
now = "over"
share = 25
count = 100
[[step]]
name = "Verse"
impact = { persona = "poet", from = 60, to = 90 }
sets = [{ name = "x", count = "30", persona = "poet" }]
[final]
total = 1000
"#;

#[test]
fn every_other_rule_finds_what_breaks_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "plan.toml", PLAN);
    write(folder, "a.json", r#"{"version": 1, "total": 0}"#);
    let found = json(folder, &["data", "stats", "a.json", "--plan", "plan.toml", "--json"]);
    let found: Vec<String> = found["inconsistencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| format!("{} {}", i["rule"].as_str().unwrap(), i["what"].as_str().unwrap()))
        .collect();
    let wanted = [
        "personas_of_a_category the personas of Creative have 110, the category 100",
        "personas_of_a_category the personas of Factual have 30, the category 50",
        "status_of_the_present historian is said to be overrepresented; 30 of the 150 that are counted are 20.0 %, its \
         target is 25 %",
        "need_against_size historian is said to need 100; 25 % of 1,000 are 250",
        "before_against_before poet is said to have 60 here and 70 there (plan.toml:11)",
    ];
    assert_eq!(found, wanted);
    // Mosts that do not fill the whole, and a number that is as exact as the other.
    let all = ["technical", "empathetic", "analytical", "creative", "conversational", "tool_api", "factual"];
    let lines: String = all.iter().map(|id| format!("{id} = [0, 10]\n")).collect();
    write(folder, "targets.toml", format!("[categories]\n{lines}specialized = [0, 20]\n"));
    let found = json(folder, &["data", "stats", "a.json", "--targets", "targets.toml", "--json"]);
    let what = found["gaps"]["impossible"][0]["what"].as_str().unwrap();
    assert_eq!(what, "the greatest shares of the categories add up to 90 %, everything is 100 %");
    write(folder, "targets.toml", format!("[categories]\n{lines}"));
    let found = json(folder, &["data", "stats", "a.json", "--targets", "targets.toml", "--json"]);
    assert_eq!(found["gaps"]["impossible"], value!([]), "what has no target can fill the rest");
}

const LINES: &str = r#"{"instruction": "<persona:poet>\nHi", "input": "", "output": "Ah.", "_persona": "poet", "_traits": ["brief"], "source": "a", "licence": "MIT"}
{"instruction": "Hi", "input": "", "output": "Ah.", "source": "a", "licence": "MIT"}
{"instruction": "<persona:bard>\nHo", "input": "", "output": "Oh.", "_persona": "bard", "turns": [{"user": "a", "assistant": "b"}], "source": "b", "licence": "BSD-3-Clause"}
"#;

#[test]
fn a_folder_is_counted_printed_and_written_as_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("new")).unwrap();
    write(folder, "new/a.jsonl", LINES);
    write(
        folder,
        "old.json",
        r#"{"version": 1, "total": 4, "personas": {"poet": 1, "code_expert": 3}, "traits": {"brief": 1}}"#,
    );
    write(folder, "targets.toml", "[personas]\npoet = [40, 50]\n[categories]\ncreative = [0, 20]\n");
    let arguments =
        ["data", "stats", "new", "--against", "old.json", "--targets", "targets.toml", "-o", "out"];
    let output = run(folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!("stats", String::from_utf8_lossy(&output.stdout));
    let page = std::fs::read_to_string(folder.join("out/stats.html")).unwrap();
    for wanted in
        ["3 examples", "Not in the registry: bard (1)", "BSD-3-Clause", "▼ under", "▲ over", "compared with"]
    {
        assert!(page.contains(wanted), "{wanted}");
    }
    for scheme in ["http://", "https://", "url(", "@import"] {
        assert!(!page.contains(scheme), "{scheme} would need a network");
    }
    for picture in ["categories.png", "personas.png", "answers.png"] {
        assert!(
            std::fs::read(folder.join("out").join(picture)).unwrap().starts_with(b"\x89PNG"),
            "{picture}"
        );
    }
    // What was written is a count file of the same numbers.
    let again = json(folder, &["data", "stats", "out/counts.json", "--json"]);
    assert_eq!(again["counts"]["personas"], value!({"bard": 1, "poet": 1}));
    assert_eq!(again["counts"]["unique"], 2);
    // Pictures of what is no longer counted go.
    assert!(run(folder, &["data", "stats", "old.json", "-o", "out"]).status.success());
    assert!(!folder.join("out/answers.png").exists());
}

#[test]
fn nothing_that_a_user_wrote_becomes_markup() {
    let nasty =
        "</script><script>alert(1)</script><img src=x onerror=alert(2)> \" onload='x' {{ 11111 * 11111 }}";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let counts = value!({
        "version": 1, "about": nasty, "total": 2, "personas": {nasty: 2}, "traits": {nasty: 1},
        "sources": {nasty: {"licence": nasty, "examples": 2}},
    });
    write(folder, "a.json", counts.to_string());
    let text = std::fs::read_to_string(root().join("suites/data_plan.toml")).unwrap();
    write(folder, "plan.toml", text.replace("\"Gap Analysis\"", &format!("'''{nasty}'''")));
    let arguments = ["data", "stats", "a.json", "--against", "a.json", "--plan", "plan.toml", "-o", "out"];
    let output = run(folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(folder.join("out/stats.html")).unwrap();
    assert_eq!((page.matches("<script").count(), page.matches("<img").count()), (1, 0));
    assert!(!page.contains("123454321") && page.contains("alert(1)"));
    for tag in page.split('<').skip(1).filter_map(|t| t.split_once('>')).map(|(tag, _)| tag) {
        let names: String = tag.split('"').step_by(2).collect();
        assert!(!names.contains("onerror") && !names.contains("onload"), "an attribute came through: {tag}");
    }
}

#[test]
fn bad_input_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "sums.json", r#"{"version": 1, "total": 3, "personas": {"poet": 2}}"#);
    write(folder, "good.json", r#"{"version": 1, "total": 2, "personas": {"poet": 2}}"#);
    write(folder, "targets.toml", "[personas]\npoeet = 8\n");
    std::fs::create_dir(folder.join("empty")).unwrap();
    for (arguments, wanted) in [
        (&["sums.json"][..], "add up to 2, `total` is 3"),
        (&["gone.json"], "cannot read the file"),
        (&["empty"], "no examples lie there"),
        (&["good.json", "--targets", "targets.toml"], "did you mean: poet?"),
        (&["good.json", "--size", "10"], "--targets"),
        (&["good.json", "--against", "sums.json"], "sums.json"),
    ] {
        let arguments: Vec<&str> = ["data", "stats"].iter().chain(arguments).copied().collect();
        let (code, told) = error(folder, &arguments);
        assert!(code == 2 && told.contains(wanted), "{arguments:?} {code}: {told}");
    }
}

#[test]
fn the_help_shows_how() {
    let output = run(root(), &["data", "stats", "--help"]);
    insta::assert_snapshot!("help_data_stats", String::from_utf8_lossy(&output.stdout));
}
