//! Sweeps of blends on the tiny models: from the suite to the report, stopped and resumed.

mod common;

use candle_core::Device;
use common::evaluation::{Parts, evaluated, parts};
use common::fixture;
use persona_eval::evaluate::{AnswerFile, leave_out_sweeps};
use persona_eval::generate::Engine;
use persona_eval::model::{Arithmetic, BaseModel};
use persona_eval::record::Record;
use std::collections::BTreeSet;
use std::path::Path;

const SUITE: &str = r#"
name = "tiny"
personas = ["code_expert", "function_caller", "empathetic_counselor", "casual_texter", "math_tutor"]
base = "tiny"
embedder = "minilm"
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6 }
prompts = [
    { id = "a", text = "How is glass made?" },
    { id = "b", text = "Who paints the lines on roads?" },
    { id = "c", text = "What do owls eat?" },
    { id = "d", text = "Is tea better than water?" },
]

[heldout]
dir = "HELDOUT"

[[sweep]]
id = "pair"
from = "tech_expert"
to = "emotive"
steps = 3
prompts = 3

[[sweep]]
id = "plain"
from = "tech_expert"
to = "emotive"
steps = 3
prompts = 3
tags = false

[[sweep]]
id = "mixture"
persona = "math_tutor"
steps = 3

[[gate]]
name = "follows"
metric = "blend.monotonicity"
min = 0.0
reason = "a test"

[[gate]]
name = "cost"
metric = "blend.cost"
min = -100.0
reason = "a test"
"#;

/// The tiny base with three adapters.
fn swept(folder: &Path) -> Parts {
    let heldout = fixture("corpus/heldout").display().to_string().replace('\\', "/");
    let parts = parts(folder, &SUITE.replace("HELDOUT", &heldout));
    let base = BaseModel::open(&fixture("tiny-llama"), Arithmetic::F32, &Device::Cpu, &[]).expect("opens");
    // The same factors three times over: at twice and at half their scale they speak otherwise.
    let adapter = |name: &str, alpha: &str| {
        let (from, to) = (fixture("tiny-llama/adapters/plain"), folder.join(name));
        std::fs::create_dir_all(&to).expect("a folder");
        let config = std::fs::read_to_string(from.join("adapter_config.json")).expect("reads");
        let scaled = config.replace("\"lora_alpha\": 5", &format!("\"lora_alpha\": {alpha}"));
        std::fs::write(to.join("adapter_config.json"), scaled).expect("writes");
        let weights = "adapter_model.safetensors";
        std::fs::copy(from.join(weights), to.join(weights)).expect("copies");
        (name.to_owned(), to)
    };
    let adapters = [adapter("tech_expert", "5"), adapter("emotive", "10"), adapter("analytic", "2.5")];
    Parts { engine: Engine::new(base, &adapters).expect("adapters"), ..parts }
}

#[test]
fn a_run_of_sweeps_alone_answers_measures_and_reports_every_weight() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = swept(folder.path());
    let made = evaluated(&parts, folder.path(), 1).expect("runs");
    // Two tags, one without, and one persona on all four prompts with its own point 0.2.
    assert_eq!(made.responses.len(), 3 * 3 * 2 + 3 * 3 + 4 * 4);
    assert!(made.responses.iter().all(|r| r.arm == "sweep"));
    let of = |place: &str| -> Vec<(&str, &str)> {
        let found = made.responses.iter().filter(|r| r.prompt_id == place);
        found.map(|r| (r.persona.as_str(), r.blend.as_str())).collect()
    };
    assert_eq!(of("a@plain@0"), [("", "tech_expert=1")]);
    assert_eq!(of("a@plain@1"), [("", "emotive=1")]);
    assert_eq!(of("b@mixture@0.2"), [("math_tutor", "analytic=0.8,emotive=0.2")]);
    let half = of("c@pair@0.5");
    assert_eq!(half.iter().map(|(_, blend)| *blend).collect::<BTreeSet<_>>().len(), 1, "{half:?}");
    let seeds: BTreeSet<u64> = made
        .responses
        .iter()
        .filter(|r| r.prompt_id.starts_with("a@pair@") && r.persona == half[0].0)
        .map(|r| r.seed)
        .collect();
    assert!(seeds.len() <= 1, "all weights of a prompt share the draw");

    let record = made.record;
    let blends = record.blends.as_ref().expect("measured");
    assert_eq!(blends.sweeps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["pair", "plain", "mixture"]);
    assert_eq!(blends.sweeps[2].response.weights, [0.0, 0.2, 0.5, 1.0]);
    assert_eq!((blends.sweeps[2].declared, blends.sweeps[0].declared), (Some(0.2), None));
    for sweep in &blends.sweeps {
        let cost = sweep.cost.as_ref().expect("scored");
        assert_eq!(cost.by_weight.len(), sweep.response.weights.len());
        assert!(cost.from.iter().chain(&cost.to).all(|v| *v < 0.0));
        assert_eq!(cost.by_weight[0].point, 0.0);
    }
    let costs: f64 = blends.sweeps.iter().map(|s| s.cost.as_ref().map_or(0.0, |c| c.cost.point)).sum();
    let mean = record.estimates["blend.cost"].point;
    assert!((mean - costs / 3.0).abs() < 1e-9, "{mean}");
    assert_eq!(record.gates[1].estimate.as_ref().expect("measured").point, mean);
    assert!(blends.sweeps.iter().any(|s| !s.response.apart()), "noise has no voice");
    assert!(
        record.gates[0].because.contains("the instrument may not judge")
            || record.gates[0].because.contains("not told apart")
    );

    persona_eval::report::write_all(&record, &made.responses, folder.path()).expect("the report is written");
    assert!(folder.path().join("blends.png").is_file());
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).expect("the summary");
    assert!(summary.contains("mixture (analytic to emotive): rank correlation"), "{summary}");
    record.write(&folder.path().join("run.json")).expect("writes");
    let read = Record::read(&folder.path().join("run.json")).expect("reads");
    assert_eq!(read.blends.expect("kept").sweeps.len(), 3);
}

#[test]
fn a_stopped_sweep_goes_on_to_the_same_answers_and_its_lines_are_left_out_of_a_score_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = swept(folder.path());
    let whole = evaluated(&parts, folder.path(), 2).expect("runs").responses;
    let journal = folder.path().join("run/responses.jsonl");
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let kept: String = text.lines().take(20).flat_map(|line| [line, "\n"]).collect();
    std::fs::write(&journal, kept + &text[..30]).expect("cut off");
    assert_eq!(evaluated(&parts, folder.path(), 2).expect("goes on").responses, whole);

    let error = AnswerFile::read(&journal, &parts.suite, &parts.registry, true, false)
        .map(|_| ())
        .expect_err("no answer");
    assert!(error.to_string().contains("sweeps of blends are not judged from files"), "{error}");
    let mut suite = parts.suite.clone();
    let warning = leave_out_sweeps(&mut suite, "--blend").expect("there are sweeps");
    assert!(warning.what.contains("pair, plain, mixture"), "{}", warning.what);
    assert!(suite.sweeps.is_empty() && suite.gates.is_empty());
}
