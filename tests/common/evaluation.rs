//! A run of the main job on the tiny base and the real embedder.

use super::{fixture, model};
use candle_core::Device;
use persona_eval::blend::Blend;
use persona_eval::embed::Embedder;
use persona_eval::evaluate::{EvaluateOptions, Evaluated, evaluate};
use persona_eval::generate::Engine;
use persona_eval::model::{Arithmetic, BaseModel};
use persona_eval::persona::Registry;
use persona_eval::progress::Silent;
use persona_eval::suite::{ModelNames, Suite};
use std::path::Path;

/// What a run is made of.
pub struct Parts {
    pub registry: Registry,
    pub suite: Suite,
    pub engine: Engine,
    pub embedder: Embedder,
}

/// The tiny base without adapters, the real embedder, and the suite of that text, written to the folder.
pub fn parts(folder: &Path, suite: &str) -> Parts {
    let registry = Registry::load(fixture("../suites/personas.toml")).expect("the registry is valid");
    let file = folder.join("tiny.toml");
    std::fs::write(&file, suite).expect("writes");
    let names = ModelNames { bases: vec!["tiny".into()], embedders: vec!["minilm".into()], data: Vec::new() };
    let suite =
        Suite::load(&file, &registry, &names, &|_| unreachable!("no benchmark")).expect("the suite is valid");
    let base = BaseModel::open(&fixture("tiny-llama"), Arithmetic::F32, &Device::Cpu, &[]).expect("opens");
    let dir = model("all-minilm-l6-v2").dir;
    let part = |name: &str| dir.join(name);
    let embedder = Embedder::open(
        &part("config.json"),
        &part("tokenizer.json"),
        &part("model.safetensors"),
        &Device::Cpu,
    )
    .expect("the embedder opens");
    Parts { registry, suite, engine: Engine::new(base, &[]).expect("no adapters"), embedder }
}

/// The same with the adapters `tech_expert`, `emotive` and `analytic`.
pub fn with_adapters(parts: Parts, folder: &Path) -> Parts {
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

/// Runs into `run` below the folder, the base alone speaking, without a floor.
pub fn evaluated(parts: &Parts, folder: &Path, seed: u64) -> persona_eval::Result<Evaluated> {
    let options = EvaluateOptions {
        blend: Some(Blend::base()),
        floor: false,
        permutations: 9,
        seed,
        ..EvaluateOptions::new(folder.join("run"))
    };
    evaluate(&parts.suite, &parts.registry, &parts.engine, &parts.embedder, &options, &Silent)
}
