//! Seeded records for the tests: real metrics on made-up vectors of the 57 personas.

use crate::gate::{self, Evidence};
use crate::persona::Sampling;
use crate::record::{
    AdapterProof, BatchIdentity, FileStamp, Finish, GateVerdict, Machine, PersonaFigures, PersonaRow,
    Provenance, Qualification, Record, Response, SCHEMA_VERSION, SeparabilityFigures, Stage, StyleFigures,
    StyleOfPersona, Verdict, Warning,
};
use crate::seed::Seed;
use crate::stats::{Estimate, Resampling};
use crate::style::{FEATURES, style_vector};
use crate::suite::{Bound, Gate, Scope};
use rand::Rng;
use std::sync::LazyLock;

mod blends;
mod comparison;
mod conditions;
mod consistency;
mod judge;
mod likelihood;
mod profile;
mod tasks;
mod vectors;

const REGISTRY: &str = include_str!("../../suites/personas.toml");
const QUICK: Resampling = Resampling { permutations: 39, resamples: 200, level: 0.95, seed: 3 };

/// A full record of 57 personas on 16 prompts.
pub(crate) fn record() -> Record {
    static RECORD: LazyLock<Record> = LazyLock::new(|| build(usize::MAX, 16));
    RECORD.clone()
}

/// Six personas on five prompts, without floor, ceiling, style or tasks.
pub(crate) fn small() -> Record {
    static RECORD: LazyLock<Record> = LazyLock::new(|| build(6, 5));
    let mut record = RECORD.clone();
    let separability = record.separability.as_mut().expect("built above");
    (separability.floor, separability.ceiling, separability.group) = (None, None, None);
    (record.style, record.tasks, record.batch_identity) = (None, None, None);
    (record.likelihood, record.texts, record.judge) = (None, Vec::new(), None);
    (record.conditions, record.blends) = (None, None);
    for figures in &mut record.persona_figures {
        (figures.floor_margin, figures.trait_hit_rate, figures.confused_with) = (None, None, None);
    }
    record
}

/// A record in which nothing was measured.
pub(crate) fn bare() -> Record {
    let mut record = small();
    (record.separability, record.gates, record.persona_figures) = (None, Vec::new(), Vec::new());
    (record.personas, record.qualification, record.warnings) = (Vec::new(), Vec::new(), Vec::new());
    (record.verdict, record.caveat) = (Verdict::Pass, String::new());
    (record.stages, record.provenance.adapters) = (Vec::new(), Vec::new());
    (record.comparison, record.noise, record.items) = (None, None, Vec::new());
    record
}

/// The responses of [`record`]: both arms, 16 prompts.
pub(crate) fn responses() -> Vec<Response> {
    let personas = personas(usize::MAX);
    let mut responses = Vec::new();
    for arm in ["trained", "floor"] {
        for prompt in 0..16 {
            responses.extend(personas.iter().map(|p| response(p, prompt, arm)));
        }
    }
    responses
}

fn personas(most: usize) -> Vec<PersonaRow> {
    let table: toml::Table = REGISTRY.parse().expect("the registry is TOML");
    let text = |p: &toml::Value, key: &str| p.get(key).and_then(|v| v.as_str()).unwrap_or("").to_owned();
    let list = table["persona"].as_array().expect("personas").iter();
    let row = |p: &toml::Value| {
        let id = text(p, "category");
        let (category, group) = match id.as_str() {
            "technical" => ("Technical", "tech_expert"),
            "tool_api" => ("Tool/API", "tech_expert"),
            "analytical" => ("Analytical", "analytic"),
            "factual" => ("Factual", "analytic"),
            "empathetic" => ("Empathetic", "emotive"),
            "conversational" => ("Conversational", "emotive"),
            "creative" => ("Creative", "creative"),
            _ => ("Specialized", "esoteric"),
        };
        let blend = p.get("blend").and_then(|b| b.as_table()).map(|b| {
            let parts: Vec<String> = b.iter().map(|(name, weight)| format!("{name}={weight}")).collect();
            parts.join(",")
        });
        PersonaRow {
            id: text(p, "id"),
            category: category.to_owned(),
            group: group.to_owned(),
            blend: blend.unwrap_or(format!("{group}=1")),
            voice: text(p, "voice"),
            traits: p["traits"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|t| Some(t.as_str()?.to_owned()))
                .collect(),
        }
    };
    // Evenly from the whole list, so that few personas still are of several groups.
    let step = list.len().div_ceil(most.min(list.len()));
    list.step_by(step).map(row).collect()
}

fn response(persona: &PersonaRow, prompt: usize, arm: &str) -> Response {
    let mut rng = Seed(11).child(arm).child(&persona.id).child(&prompt.to_string()).rng();
    let words: Vec<&str> = persona.voice.split_whitespace().collect();
    let long = rng.random_range(24..44);
    let picked = (0..long).map(|_| words[rng.random_range(0..words.len())]).collect::<Vec<_>>();
    let text = if arm == "floor" { picked[..long / 2].join(" ") } else { picked.join(" ") };
    Response {
        persona: persona.id.clone(),
        prompt_id: format!("s{:02}", prompt + 1),
        sample: 0,
        text,
        arm: arm.to_owned(),
        blend: if arm == "floor" { String::new() } else { persona.blend.clone() },
        seed: rng.random(),
        sampling: Some(Sampling { temperature: 0.7, top_p: 0.9, ..Sampling::greedy(48) }),
        prompt: format!(
            "<|im_start|>user\n<persona:{}>\nQuestion {prompt} of the suite?<|im_end|>\n<|im_start|>assistant\n",
            persona.id
        ),
        finish: Some(if prompt.is_multiple_of(5) { Finish::Stop } else { Finish::Length }),
        tokens: 48,
        model: "5f".repeat(32),
        adapters: std::collections::BTreeMap::new(),
        engine: "persona-eval 0.1.0; bf16 (avx512) on cpu; tokenizer 9ca9acddb652".to_owned(),
        likelihoods: None,
    }
}

fn guess(point: f64, half: f64, n: usize, unit: &str) -> Estimate {
    Estimate {
        point,
        low: point - half,
        high: point + half,
        n,
        unit: unit.to_owned(),
        higher_is_better: true,
        method: Default::default(),
        standard_error: Some(half / 2.13),
        degrees: None,
    }
}

fn persona_figures(s: &SeparabilityFigures) -> Vec<PersonaFigures> {
    let margins = s.persona.margin_estimates(&QUICK).expect("prompts");
    let floors = s.floor.as_ref().map(|f| f.persona.margin_estimates(&QUICK).expect("prompts"));
    let recalls = s.persona.confusion.recalls();
    let row = |(i, margin): (usize, Estimate)| {
        let counts = s.persona.confusion.counts[i].iter().enumerate().filter(|(j, c)| *j != i && **c > 0);
        let most = counts.max_by_key(|(j, c)| (**c, usize::MAX - j));
        PersonaFigures {
            persona: s.persona.labels[i].clone(),
            margin,
            floor_margin: floors.as_ref().map(|f| f[i].clone()),
            recall: recalls[i],
            confused_with: most.map(|(j, _)| s.persona.labels[j].clone()),
            confused: most.map_or(0, |(_, c)| *c),
            trait_hit_rate: Some(guess(0.3 + 0.5 * recalls[i], 0.12, 16, "share")),
        }
    };
    margins.into_iter().enumerate().map(row).collect()
}

/// Judged as in a run.
fn gates(record: &Record) -> Vec<GateVerdict> {
    let s = record.separability.as_ref().expect("built");
    let (floor, ceiling) = (s.floor.as_ref().expect("built"), s.ceiling.as_ref().expect("built"));
    let group = s.group.as_ref().expect("built");
    let all = [
        (
            "personas are distinct",
            "separability.persona.balanced_accuracy",
            0.0526,
            Some(&s.persona.balanced_accuracy),
        ),
        ("training adds to the tag", "separability.persona.minus_floor", 0.0, Some(&floor.persona_gain)),
        (
            "groups are distinct",
            "separability.group.balanced_accuracy",
            0.3,
            Some(&group.leave_prompt_out.balanced_accuracy),
        ),
        ("training separates groups", "separability.group.minus_floor", 0.0, floor.group_gain.as_ref()),
        ("right adapter", "fidelity.group.balanced_accuracy", 0.5, ceiling.group_fidelity.as_ref()),
        ("style shows", "style.hit_rate", 0.5, Some(&guess(0.55, 0.06, 16, "share"))),
        ("tasks are still done", "task.score", 0.5, Some(&guess(0.62, 0.05, 154, "share"))),
    ];
    let gate = |(name, metric, min, _): &(&str, &str, f64, Option<&Estimate>)| Gate {
        name: (*name).to_owned(),
        metric: (*metric).to_owned(),
        bound: Bound::Min(*min),
        scope: Scope::Whole,
        two_sided: false,
        alarm: false,
        reason: "Three times chance: fewer, and users cannot tell the personas apart.".to_owned(),
    };
    let estimates: std::collections::BTreeMap<_, _> =
        all.iter().filter_map(|(_, metric, _, e)| Some(((*metric).to_owned(), (*e)?.clone()))).collect();
    let evidence = Evidence {
        estimates: &estimates,
        qualification: &[],
        scores: &record.scores(),
        reference: None,
        resampling: QUICK,
    };
    gate::judge(&all.iter().map(gate).collect::<Vec<_>>(), &evidence).expect("judges")
}

fn style(rows: &[PersonaRow]) -> StyleFigures {
    let persona = |row: &PersonaRow| {
        let mut rng = Seed(8).child(&row.id).rng();
        let traits =
            ["technical", "brief", "formal"].map(|t| (t.to_owned(), rng.random_range(0..17) as f64 / 16.0));
        StyleOfPersona {
            persona: row.id.clone(),
            means: style_vector(&response(row, 0, "trained").text).to_vec(),
            traits: traits.to_vec(),
        }
    };
    StyleFigures {
        hit_rate: guess(0.55, 0.06, 16, "share"),
        floor_hit_rate: Some(guess(0.41, 0.05, 16, "share")),
        gain: Some(guess(0.14, 0.04, 16, "share")),
        features: FEATURES.iter().map(|f| f.name.to_owned()).collect(),
        personas: rows.iter().map(persona).collect(),
        consistency: Some(consistency::consistency(rows)),
        profile: Some(profile::profile(rows)),
    }
}

fn build(most: usize, prompts: usize) -> Record {
    let personas = personas(most);
    let separability = vectors::separability(&personas, prompts);
    let (likelihood, texts) = likelihood::likelihood(&personas);
    let stage = |name: &str, seconds: f64, note: &str| Stage {
        name: name.to_owned(),
        seconds,
        note: note.to_owned(),
    };
    let control = |name: &str, finding: &str, passed: bool| Qualification {
        name: name.to_owned(),
        finding: finding.to_owned(),
        passed,
    };
    let mut record = Record {
        items: Vec::new(),
        estimates: Default::default(),
        pair_scores: Vec::new(),
        prompts: comparison::prompts(prompts),
        generation: None,
        noise: Some(comparison::noise(prompts)),
        comparison: None,
        trial: false,
        instruments: vectors::instruments(&separability),
        instrument: "joined".to_owned(),
        likelihood: Some(likelihood),
        blends: Some(blends::blends()),
        texts,
        schema_version: SCHEMA_VERSION,
        id: "2026-01-02T030405Z-all".to_owned(),
        suite: "all".to_owned(),
        suite_folder: "suites".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        seconds: 402.0,
        command: "persona-eval run suites/all.toml --adapters fixtures/adapters".to_owned(),
        verdict: Verdict::Fail,
        caveat:
            "The base model has 135 million parameters: these figures show that the method works, not that \
                 its answers are good."
                .to_owned(),
        persona_figures: persona_figures(&separability),
        gates: Vec::new(),
        style: Some(style(&personas)),
        conditions: Some(conditions::conditions(&personas)),
        tasks: Some(tasks::tasks(&personas)),
        judge: Some(judge::judge(&personas)),
        qualification: vec![
            control("real text above chance", "Real held-out text is named right 78.1 % of the time.", true),
            control("shuffled labels at chance", "Shuffled labels reach 1.8 %, chance is 1.8 %.", true),
            control("not length alone", "Length alone names 4.1 %, the instrument 31.4 %.", true),
            control("not content alone", "Content words alone name 61.0 %, the instrument 78.1 %.", true),
            control("answers: not length alone", "Length alone names 4.1 %, the instrument 31.4 %.", true),
            control(
                "answers: not content alone",
                "Content words alone name 9.8 %, the instrument 31.4 %.",
                true,
            ),
        ],
        warnings: vec![Warning {
            what: "Most answers (80 %) end at the length limit of 48 tokens.".to_owned(),
            help: "Raise max_new_tokens in [generation] where endings matter.".to_owned(),
        }],
        batch_identity: Some(BatchIdentity {
            prompts: 16,
            sizes: vec![8, 32],
            threads: vec![2, 1],
            identical: 1.0,
        }),
        stages: vec![
            stage("load", 2.1, "135 M parameters, five adapters"),
            stage("generate", 301.0, "1,824 responses, 87,552 tokens, 291 tokens/s; 0 from the journal"),
            stage("embed", 41.0, "2,166 texts"),
            stage("judge", 57.9, "999 permutations, 10,000 resamples"),
        ],
        provenance: provenance(),
        separability: Some(separability),
        personas,
    };
    record.items = comparison::items(&record);
    let (found, against) = comparison::compared(&record);
    record.comparison = Some(found);
    record.gates = gates(&record);
    record.gates.extend(against);
    record
}

fn provenance() -> Provenance {
    let groups = ["tech_expert", "analytic", "emotive", "creative", "esoteric"];
    let adapter = |(i, name): (usize, &&str)| AdapterProof {
        name: (*name).to_owned(),
        sha256: format!("{i}a").repeat(32),
        r: 4,
        alpha: 8.0,
        scale: 2.0,
        matched_tensors: 420,
        logit_change: 0.31 + 0.1 * i as f64,
        personas: 14,
    };
    let file = |role: &str, name: &str, hex: &str| FileStamp {
        role: role.to_owned(),
        name: name.to_owned(),
        sha256: hex.repeat(32),
    };
    Provenance {
        version: "0.1.0".to_owned(),
        files: vec![
            file("suite", "suites/all.toml", "1b"),
            file("registry", "suites/personas.toml", "2c"),
            file("base", "SmolLM2-135M-Instruct", "5f"),
            file("embedder", "all-MiniLM-L6-v2", "6a"),
        ],
        base: "SmolLM2-135M-Instruct".to_owned(),
        tokenizer: "7d".repeat(32),
        template: "8e".repeat(32),
        embedder: "all-MiniLM-L6-v2".to_owned(),
        arithmetic: "bf16".to_owned(),
        device: "cpu".to_owned(),
        seed: 0,
        adapters: groups.iter().enumerate().map(adapter).collect(),
        machine: Machine {
            system: "linux x86_64".to_owned(),
            processor: "a processor with AVX512-BF16".to_owned(),
            threads: 2,
            peak_memory_mib: Some(1843),
        },
        sandbox: None,
    }
}
