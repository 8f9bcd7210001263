//! What a training is made of: a checkpoint goes on only where all of it is the same.

use super::material::Material;
use super::syllabus::Syllabus;
use crate::curriculum::{Config, Heldout};
use crate::generate::ENGINE_VERSION;
use crate::model::{BaseModel, Layout};
use crate::train::{DataFile, TOKENS, TRAINER_VERSION};
use serde_json::{Value, json};

/// The program and the device that compute.
pub(super) fn arithmetic(base: &BaseModel) -> String {
    let device = match base.decoder.device() {
        d if d.is_cuda() => "cuda",
        d if d.is_metal() => "metal",
        _ => "cpu",
    };
    let layout = match base.decoder.layout() {
        Layout::Packed(precision) => precision.name().to_owned(),
        Layout::Dense(dtype) => format!("{} (candle)", dtype.as_str()),
    };
    format!("persona-eval {ENGINE_VERSION}; {layout} on {device}")
}

/// What must be the same for a training to go on.
pub(super) fn made_of(
    config: &Config,
    material: &Material,
    syllabus: &Syllabus,
    base: &(String, String, String),
) -> Value {
    let t = &config.training;
    let traits: serde_json::Map<String, Value> =
        config.trait_requirements.iter().map(|(t, share)| (t.id().to_owned(), json!(share))).collect();
    let phases: Vec<Value> = config
        .phases
        .iter()
        .map(|p| json!({ "name": p.name, "personas": p.personas, "learning_rate": p.learning_rate, "share": p.share }))
        .collect();
    let files = |files: &[DataFile]| -> serde_json::Map<String, Value> {
        files.iter().map(|f| (f.name.clone(), json!(f.sha256))).collect()
    };
    let mut training = json!(t);
    if let Value::Object(keys) = &mut training {
        // Where things lie and how often they are written changes no number.
        for key in ["data", "checkpoint_every", "base", "dtype", "device"] {
            keys.remove(key);
        }
        if !matches!(t.heldout, Heldout::Share(_)) {
            keys.remove("heldout");
        }
    }
    json!({
        "seed": config.seed,
        "persona_weights": config.persona_weights,
        "trait_requirements": traits,
        "synthetic_upsampling": config.synthetic_upsampling,
        "adapter_groups": config.adapter_groups,
        "phases": phases,
        "training": training,
        "adapters": material.adapters,
        "registry": material.registry,
        "data": files(&material.files),
        "heldout": files(&material.heldout_files),
        TOKENS: syllabus.sha256(),
        "base": base.1,
        "engine": base.2,
        "trainer": TRAINER_VERSION,
    })
}
