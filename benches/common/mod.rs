//! What the engine's benches share: the default models, fetched where needed.

use candle_core::Device;
use persona_eval::bench::random_adapters;
use persona_eval::generate::Engine;
use persona_eval::model::{Arithmetic, BaseModel};
use persona_eval::progress::Silent;
use persona_eval::seed::Seed;
use persona_eval::store::{Cache, Catalog, FetchedModel, fetch};

/// A model of the built-in catalogue.
pub fn model(name: &str) -> FetchedModel {
    let catalog = Catalog::built_in().expect("the built-in catalogue is valid");
    let cache = Cache::from_env().expect("the cache has a place");
    fetch(catalog.entry(name).expect("a default model"), &cache, &Silent).expect("the model can be had")
}

/// The default base with five random rank-8 adapters `a0`..`a4` on all linear modules.
#[allow(dead_code, reason = "not every bench needs it")]
pub fn engine() -> Engine {
    let files = model("smollm2-135m-instruct").files;
    let gguf = files.values().next().expect("one file");
    let base = BaseModel::open(gguf, Arithmetic::Auto, &Device::Cpu, &[]).expect("the model opens");
    let adapters = random_adapters(&base, 5, 8, Seed(1));
    let mut engine = Engine::new(base, &[]).expect("no adapters to load");
    engine.replace_adapters(adapters);
    engine
}
