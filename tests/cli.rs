//! The program as users and CI meet it: help texts, errors, exit codes. Runs on the tiny fixtures; no model is fetched.

mod common;

use common::program::{TINY, error, file, path, program, root, run, tiny_adapters};
use ndarray::Array2;
use persona_eval::seed::Seed;
use rand::Rng;
use serde_json::{Value, json};
use std::fmt::Write as _;

const COMMANDS: [&[&str]; 26] = [
    &[],
    &["init"],
    &["run"],
    &["score"],
    &["baseline"],
    &["baseline", "accept"],
    &["baseline", "show"],
    &["plan"],
    &["calibrate"],
    &["report"],
    &["compare"],
    &["trend"],
    &["generate"],
    &["chat"],
    &["nll"],
    &["embed"],
    &["separability"],
    &["train"],
    &["blend"],
    &["data"],
    &["bench"],
    &["models"],
    &["models", "list"],
    &["models", "fetch"],
    &["models", "verify"],
    &["models", "path"],
];

#[test]
fn help_texts() {
    // What `data` can do hangs on the build; tests/data asks the other one.
    for command in COMMANDS.iter().filter(|c| !cfg!(feature = "data") || **c != ["data"]) {
        let args: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let (code, out, err) = run(&args);
        assert_eq!((code, err.as_str()), (0, ""), "{command:?}");
        let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(
            format!("help {}", command.join(" ")).trim().replace(' ', "_"),
            lines.join("\n")
        );
    }
}

#[test]
fn help_names_every_command_and_version_is_told() {
    let (_, help, _) = run(&["--help"]);
    for command in COMMANDS.iter().filter(|c| c.len() == 1) {
        assert!(help.contains(&format!("\n  {} ", command[0])), "{command:?}");
    }
    let listed = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty()).count();
    assert_eq!(
        listed,
        COMMANDS.iter().filter(|c| c.len() == 1).count() + 1,
        "COMMANDS of this test, and help"
    );
    assert_eq!(run(&["--version"]).1, format!("persona-eval {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_usage_exits_with_2() {
    for args in [
        &[][..],
        &["bogus"],
        &["run"],
        &["run", "suites/smoke.toml", "--bogus"],
        &["run", "suites/smoke.toml", "--limit", "1"],
        &["run", "suites/smoke.toml", "--single", "a", "--blend", "b"],
        &["generate", "hi", "--blend", "tech_expert=much"],
        &["generate", "hi", "--temperature", "-1"],
        &["generate", "hi", "--temperature", "1e-40"],
        &["generate", "hi", "--temperature", "0.009"],
        &["generate", "hi", "--adapter", "tech_expert"],
        &["generate"],
        &["generate", "hi", "--replay", "responses.jsonl:1"],
        &["generate", "--replay", "responses.jsonl"],
        &["generate", "--replay", "responses.jsonl:0"],
        &["bench", "--rows", "0", "--base", TINY],
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}\n{err}");
        assert!(!err.is_empty() && !err.contains("panicked"), "{args:?}\n{err}");
    }
}

#[test]
fn errors_in_a_suite_name_file_line_and_nearest_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = "name = \"mine\"\npersonas = [\"poet\", \"code_expert\"]\nbase = \"smollm2-135m-instruct\"\n\
                embedder = \"all-minilm-l6-v2\"\nmeasures = [\"separability\"]\n\
                generation = { temperature = 0.7, top_p = 0.95, max_new_tokens = 8, samples = 1 }\n\
                prompts = [{ id = \"a\", text = \"Why is it so?\" }, { id = \"b\", text = \"And that?\" }]\n";
    let mut report = String::new();
    for (name, from, to) in [
        ("a mistyped key", "measures", "mesures"),
        ("an unknown persona", "\"poet\"", "\"poeet\""),
        ("an unknown model", "\"smollm2-135m-instruct\"", "\"smollm2-135m\""),
        ("an unknown measure", "[\"separability\"]", "[\"seperability\"]"),
        ("no prompts", "prompts = [", "prompts = []\n# ["),
        ("a loop of includes", "name = \"mine\"", "name = \"mine\"\ninclude = [\"mine.toml\"]"),
        ("not TOML", "personas = [", "personas = "),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{name}");
        let suite = file(&folder, "mine.toml", bad);
        writeln!(report, "# {name}\n{}", error(&["run", &suite], folder.path())).expect("a string");
    }
    insta::assert_snapshot!("errors_in_a_suite", report);
}

#[test]
fn errors_of_input_exit_with_2_and_what_cannot_run_with_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = file(&folder, "no-text.jsonl", "{\"text\": \"a\"}\n{\"txt\": \"b\"}\n");
    let truncated = file(&folder, "truncated.gguf", b"GGUF\x03\x00\x00\x00\xff\xff");
    let lying = file(&folder, "lying.gguf", [b"GGUF\x03\x00\x00\x00".as_slice(), &[0xff; 16]].concat());
    let latin = file(&folder, "latin.jsonl", b"{\"text\": \"caf\xe9\"}\n");
    let record = file(&folder, "run.json", "{\"schema_version\": 99}\n");
    let nothing = path(&folder, "nothing.gguf");
    let catalogue = "[[model]]\nname = \"gone\"\nkind = \"language\"\nabout = \"a\"\nlicense = \"MIT\"\n\
                     [[model.source]]\npath = \"gone\"\nfiles = [{ path = \"gone.gguf\", sha256 = \"SHA\" }]\n";
    let catalogue = file(&folder, "models.toml", catalogue.replace("SHA", &"0".repeat(64)));
    let bias = format!("bias={TINY}/adapters/bias");
    let adapters = tiny_adapters(&folder);
    let mut report = String::new();
    for (name, base, args) in [
        ("a persona that is not in the registry", TINY, &["generate", "hi", "--persona", "poeet"][..]),
        ("a base that is not in the catalogue", "smollm", &["generate", "hi"]),
        ("a blend of an adapter that is not loaded", TINY, &["generate", "hi", "--blend", "plane=1"]),
        ("a line without text", TINY, &["nll", &line]),
        ("a text that is not UTF-8", TINY, &["nll", &latin]),
        (
            "a run that is not there",
            TINY,
            &["run", "suites/smoke.toml", "--blend", "plain", "--resume", "nowhere"],
        ),
        ("a base file that is not there", &nothing, &["generate", "hi"]),
        ("a truncated base", &truncated, &["generate", "hi"]),
        ("a base with a lying header", &lying, &["generate", "hi"]),
        ("an adapter for another base", TINY, &["generate", "hi", "--adapters", "fixtures/adapters"]),
        ("an adapter that cannot be honoured", TINY, &["generate", "hi", "--adapter", &bias]),
        ("a record of a later version", "", &["report", &record]),
        ("a suite that is not there", "", &["run", "suites/al.toml"]),
        ("a gate without its floor", "", &["run", "suites/separability.toml", "--no-floor"]),
        ("a gate that the suite does not have", "", &["run", "suites/style.toml", "--without-gate", "trait"]),
        ("a model that no source brings", "", &["models", "fetch", "gone", "--models", &catalogue]),
    ] {
        let mut args = args.to_vec();
        if !base.is_empty() {
            args.extend(["--base", base]);
            if !args.contains(&"--adapters") {
                args.extend(["--adapters", &adapters]);
            }
        }
        writeln!(report, "# {name}\n{}", error(&args, folder.path())).expect("a string");
    }
    insta::assert_snapshot!("errors", report);
}

#[test]
fn a_tiny_model_generates_and_scores_with_a_blend() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapters = tiny_adapters(&folder);
    let answer = |blend: &str| -> Value {
        let args = [
            "generate",
            "hi",
            "--base",
            TINY,
            "--adapters",
            &adapters,
            "--blend",
            blend,
            "--temperature",
            "0",
        ];
        let (code, out, err) = run(&[&args[..], &["--max-tokens", "8", "--json"]].concat());
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).expect("JSON")
    };
    let (base, none, blended) = (answer("base"), answer("plain=0"), answer("plain=0.5"));
    assert_eq!((&base["tokens"], &base["blend"]), (&none["tokens"], &json!("base")));
    assert_eq!(blended["blend"], "plain=0.5");
    assert_ne!(base["tokens"], blended["tokens"]);

    let texts = file(
        &folder,
        "texts.jsonl",
        "{\"id\": 7, \"prompt\": \"a\", \"text\": \"b c\"}\n\n{\"text\": \"d\"}\n",
    );
    let (code, out, err) = run(&["nll", &texts, "--base", TINY, "--adapters", &adapters]);
    assert_eq!(code, 0, "{err}");
    let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["id"]), (2, &json!(7)), "lines come back whole");
    let logprobs: Vec<f64> =
        lines[0]["logprobs"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    assert_eq!(logprobs.len(), lines[0]["tokens"].as_array().expect("a list").len());
    assert!(logprobs.iter().all(|v| *v < 0.0), "{logprobs:?}");
    assert!((lines[0]["sum"].as_f64().expect("a number") - logprobs.iter().sum::<f64>()).abs() < 1e-9);
}

#[test]
fn outside_the_clone_the_registry_is_the_built_in_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = root().join(TINY).display().to_string();
    let generate = |args: &[&str]| {
        let tail = ["--base", &base, "--blend", "base", "--max-tokens", "4"];
        program().current_dir(folder.path()).args([&["generate", "hi"], args, &tail].concat()).assert()
    };
    generate(&[]).success();
    generate(&["--persona", "poet"]).success();
    let told = |args: &[&str]| String::from_utf8(generate(args).code(2).get_output().stderr.clone());
    let unknown = told(&["--persona", "poeet"]).expect("UTF-8");
    assert!(unknown.contains("in the built-in personas.toml") && unknown.contains("poet?"), "{unknown}");
    let named = told(&["--registry", "suites/personas.toml"]).expect("UTF-8");
    assert!(named.contains("suites/personas.toml"), "a file that is asked for must be there: {named}");
    std::fs::create_dir(folder.path().join("suites")).expect("a folder");
    let own = std::fs::read_to_string(root().join("suites/personas.toml")).expect("the registry");
    std::fs::write(folder.path().join("suites/personas.toml"), own.replace("poet", "bard")).expect("writes");
    generate(&["--persona", "bard"]).success();
}

#[test]
fn a_line_of_a_journal_makes_its_own_text_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapters = tiny_adapters(&folder);
    let mut line = json!({
        "persona": "poet", "prompt_id": "a", "sample": 0, "text": "", "prompt": "Say: ", "seed": 5,
        "blend": "plain=0.5", "sampling": {
            "temperature": 0.9, "top_p": 0.95, "top_k": null, "repetition_penalty": 1.0, "max_tokens": 8,
        },
    });
    let replay = |line: &Value| {
        let journal = file(&folder, "responses.jsonl", format!("\n{line}\n"));
        run(&["generate", "--replay", &format!("{journal}:2"), "--base", TINY, "--adapters", &adapters])
    };
    let (code, text, err) = replay(&line);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("not the line's own") && err.contains("responses.jsonl:2"), "{err}");
    line["text"] = json!(text.strip_suffix('\n').expect("a line"));
    assert_eq!(replay(&line), (0, text.clone(), String::new()));
    line["sampling"]["temperature"] = json!(1e-40);
    let err = replay(&line).2;
    assert!(err.contains("responses.jsonl:2 `temperature`") && err.contains("0.01 to 2"), "{err}");
    line["sampling"]["temperature"] = json!(0.9);
    line["seed"] = json!(6);
    assert_ne!(replay(&line).1, text, "the seed is the line's");
    line.as_object_mut().expect("an object").remove("sampling");
    let (code, _, err) = replay(&line);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("no `sampling`") && err.contains("responses.jsonl:2"), "{err}");
    line["text"] = json!("");
    line["likelihoods"] =
        json!({"preference": {"texts": ["a", "b"], "persona": [-1.0, -2.0], "base": [-1.0, -2.0]}});
    let (code, _, err) = replay(&line);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("likelihoods of given replies"), "{err}");
}

#[test]
fn a_new_project_trains_as_it_lies() {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, adapters) = (path(&folder, "mine"), path(&folder, "adapters"));
    assert_eq!(run(&["init", &project]).0, 0);
    let registry = format!("{project}/suites/personas.toml");
    let train = format!("{project}/train");
    let (code, text, err) = run(&[
        "train",
        &train,
        "--multi-adapter",
        "--registry",
        &registry,
        "-o",
        &adapters,
        "--base",
        TINY,
        "--epochs",
        "1",
        // The tiny model spells words out, and reads 512 tokens.
        "--too-long",
        "cut",
    ]);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("3 adapters in"), "{text}");
}

#[test]
fn a_trend_is_printed_written_and_given_as_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = path(&folder, "trend.html");
    let (code, out, err) = run(&["trend", "reports/sample", "--out", &page]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("all: 1 run from 20"), "{out}");
    assert!(lines[1].contains('▅') && lines[1].contains("no step"), "{out}");
    assert!(out.ends_with(&format!("trend:  {page}\n")), "{out}");
    assert!(folder.path().join("trend.png").exists());
    let (code, out, err) = run(&["trend", "reports/sample", "--suite", "all", "--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&out).expect("JSON");
    let first = &json["suites"][0]["series"][0];
    assert_eq!((&json["left_out"], &first["steps"]), (&json!([]), &json!([])));
    assert!(
        first["points"][0]["estimate"]["point"].is_f64() && first["points"][0]["gate"]["verdict"].is_string()
    );
    assert!(!root().join("reports/sample/trend.html").exists(), "--json writes nothing");
    for (args, told) in [
        (&["trend", "reports/sample", "--suite", "al"][..], "did you mean: all?"),
        (&["trend", "reports/sample", "--out", "trend.png"], ".html"),
        (&["trend", "suites"], "no finished run"),
        (&["trend", "no-such-folder"], "no-such-folder"),
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

/// Vectors of 4 labels on 6 prompts, and the labels' CSV.
fn vectors(folder: &tempfile::TempDir) -> (Array2<f32>, String) {
    let mut rng = Seed(7).rng();
    let mut csv = "label,group\n".to_owned();
    let mut matrix = Array2::<f32>::zeros((24, 8));
    for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
        let (label, prompt) = (i % 4, i / 4);
        row.iter_mut().for_each(|v| *v = rng.random::<f32>() - 0.5);
        row[label] += 1.0;
        row[4 + prompt % 4] += 2.0;
        writeln!(csv, "voice {label},prompt {prompt}").expect("a string");
    }
    (matrix, file(folder, "labels.csv", csv))
}

fn write_npy(folder: &tempfile::TempDir, name: &str, matrix: &Array2<f32>) -> String {
    ndarray_npy::write_npy(folder.path().join(name), matrix).expect("an .npy");
    path(folder, name)
}

#[test]
fn separability_prints_the_promised_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let (matrix, labels) = vectors(&folder);
    let npy = write_npy(&folder, "vectors.npy", &matrix);
    let (code, out, err) = run(&["separability", &npy, &labels, "--permutations", "99"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&out).expect("JSON");
    let keys = |value: &Value, names: &[&str]| {
        for name in names {
            assert!(value.get(name).is_some(), "no `{name}` in {value}");
        }
    };
    let clusters = ["silhouette_cosine", "davies_bouldin", "calinski_harabasz", "kmeans"];
    keys(&json, &["n", "labels", "identification", "knn_accuracy", "confusion", "centred"]);
    keys(&json["identification"], &["balanced_accuracy", "low", "high", "chance", "p"]);
    for part in [&json, &json["centred"]] {
        keys(part, &clusters);
        keys(&part["kmeans"], &["ari", "nmi", "v_measure"]);
    }
    assert_eq!((json["n"].as_u64(), json["labels"].as_array().map(Vec::len)), (Some(24), Some(4)));
    assert_eq!(json["identification"]["chance"], 0.25);
    assert!(json["identification"]["balanced_accuracy"].as_f64() > Some(0.9), "{json}");
    let again = run(&["separability", &npy, &labels, "--permutations", "99"]).1;
    assert_eq!(out, again, "the same input gives the same figures");
}

#[test]
fn separability_refuses_what_has_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let (matrix, labels) = vectors(&folder);
    let good = write_npy(&folder, "good.npy", &matrix);
    let mut broken = matrix.clone();
    broken[[5, 3]] = f32::NAN;
    let nan = write_npy(&folder, "nan.npy", &broken);
    broken.row_mut(5).fill(0.0);
    let zero = write_npy(&folder, "zero.npy", &broken);
    let csv = std::fs::read_to_string(&labels).expect("the labels");
    let one = csv.lines().skip(1).fold("label,group\n".to_owned(), |all, line| {
        format!("{all}same,{}\n", line.split(',').nth(1).unwrap_or_default())
    });
    let one = file(&folder, "one-label.csv", one);
    let short = file(&folder, "short.csv", csv.lines().take(10).collect::<Vec<_>>().join("\n"));
    let header = file(&folder, "header.csv", csv.replacen("label", "persona", 1));
    let text = file(&folder, "text.npy", "not an array");
    let mut report = String::new();
    for (name, npy, csv) in [
        ("NaN", &nan, &labels),
        ("a single label", &good, &one),
        ("a zero vector", &zero, &labels),
        ("fewer labels than vectors", &good, &short),
        ("no column `label`", &good, &header),
        ("no .npy", &text, &labels),
    ] {
        let told = error(&["separability", npy, csv, "--permutations", "9"], folder.path());
        assert!(told.starts_with("exit code 2\n"), "{name}: {told}");
        writeln!(report, "# {name}\n{told}").expect("a string");
    }
    insta::assert_snapshot!("separability_refuses", report);
}
