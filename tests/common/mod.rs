//! What the tests of engine, adapters, embedder and broken files share.

#![allow(dead_code, reason = "every test file compiles this module for itself and uses a part of it")]

pub mod bert;
pub mod course;
pub mod evaluation;
pub mod gguf;
pub mod program;

use std::path::{Path, PathBuf};

use candle_core::Device;
use ndarray::Array2;
use persona_eval::model::kernel::Precision;
use persona_eval::model::{Arithmetic, BaseModel, Layout, Segment};
use persona_eval::progress::Silent;
use persona_eval::store::{Cache, Catalog, FetchedModel, fetch};
use serde_json::Value;

/// A path below `fixtures/`.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// A golden JSON file.
pub fn json(path: &str) -> Value {
    let path = fixture("golden").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A golden matrix of f32.
pub fn matrix(path: &str) -> Array2<f32> {
    let path = fixture("golden").join(path);
    ndarray_npy::read_npy(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Numbers of a JSON array.
pub fn indices(value: &Value) -> Vec<usize> {
    let items = value.as_array().expect("an array");
    items.iter().map(|v| v.as_u64().expect("an index") as usize).collect()
}

/// Token ids of a JSON array.
pub fn ids(value: &Value) -> Vec<u32> {
    indices(value).into_iter().map(|id| id as u32).collect()
}

/// A model of the built-in catalogue, fetched where the cache lacks it; a test without its model fails.
pub fn model(name: &str) -> FetchedModel {
    let catalog = Catalog::built_in().expect("the catalogue is compiled in");
    let cache = Cache::from_env().expect("a place for models");
    let entry = catalog.entry(name).expect("a model of the catalogue");
    fetch(entry, &cache, &Silent).unwrap_or_else(|e| panic!("`{name}` cannot be had: {e}"))
}

/// The file of the base whose numbers transformers and PEFT gave.
pub fn base_path() -> PathBuf {
    let model = model("smollm2-135m-instruct");
    let gguf = model.files.values().find(|p| p.extension().is_some_and(|e| e == "gguf"));
    gguf.expect("a GGUF file").clone()
}

/// Opens a model on the CPU.
pub fn open(path: &Path, arithmetic: Arithmetic) -> BaseModel {
    BaseModel::open(path, arithmetic, &Device::Cpu, &[]).unwrap_or_else(|e| panic!("{e}"))
}

/// Both ways in which f32 products are computed on a CPU: this crate's kernels, and candle's (as on a GPU).
pub fn f32_layouts() -> [Layout; 2] {
    [Layout::Packed(Precision::F32), Layout::Dense(candle_core::DType::F32)]
}

/// Logits of sequences that run as one ragged batch without adapters, one matrix for each.
pub fn logits(base: &BaseModel, sequences: &[&[u32]]) -> Vec<Array2<f32>> {
    let decoder = &base.decoder;
    let mut caches: Vec<_> = sequences.iter().map(|s| decoder.cache(s.len()).expect("memory")).collect();
    let mut segments: Vec<Segment<'_>> =
        caches.iter_mut().zip(sequences).map(|(cache, tokens)| Segment { cache, tokens }).collect();
    let hidden = decoder.hidden(&mut segments, None).expect("a forward pass");
    let flat = decoder.logits(&hidden).and_then(|l| l.flatten_all()?.to_vec1::<f32>()).expect("logits");
    split(&flat, decoder.config().vocab, sequences)
}

/// Rows of all sequences, cut into one matrix for each.
pub fn split(flat: &[f32], width: usize, sequences: &[&[u32]]) -> Vec<Array2<f32>> {
    let mut rest = flat;
    sequences
        .iter()
        .map(|s| {
            let (rows, after) = rest.split_at(s.len() * width);
            rest = after;
            Array2::from_shape_vec((s.len(), width), rows.to_vec()).expect("whole rows")
        })
        .collect()
}

/// Index of the largest value, the first among equals.
pub fn argmax<'a>(values: impl IntoIterator<Item = &'a f32>) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (i, v) in values.into_iter().enumerate() {
        if *v > best.1 {
            best = (i, *v);
        }
    }
    best.0
}

/// The largest difference of two series of the same length; a NaN on either side counts as infinite.
pub fn largest_difference<'a, 'b>(
    ours: impl IntoIterator<Item = &'a f32>,
    theirs: impl IntoIterator<Item = &'b f32>,
) -> f32 {
    let (mut ours, mut theirs) = (ours.into_iter(), theirs.into_iter());
    let mut worst = 0f32;
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return worst,
            (Some(a), Some(b)) if (a - b).is_nan() => return f32::INFINITY.max(*a).max(*b),
            (Some(a), Some(b)) => worst = worst.max((a - b).abs()),
            _ => panic!("series of different lengths"),
        }
    }
}

/// Whether this crate's kernels compute, by which a row is the same bit for bit beside any others. candle's, where there is
/// no AVX-512, may sum in another order for another number of rows.
pub fn is_exact(model: &BaseModel) -> bool {
    matches!(model.decoder.layout(), Layout::Packed(_))
}

/// Asserts the same values: bit for bit where that can be, else near.
pub fn assert_same<'a, 'b>(
    model: &BaseModel,
    ours: impl IntoIterator<Item = &'a f32>,
    theirs: impl IntoIterator<Item = &'b f32>,
    what: &str,
) {
    let allowed = if is_exact(model) { 0.0 } else { 1e-3 };
    let worst = largest_difference(ours, theirs);
    assert!(worst <= allowed, "{what}: {worst}");
}

/// Whether two values say the same: word for word and bit for bit where that can be, else numbers near.
pub fn is_like(model: &BaseModel, a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        _ if is_exact(model) => a == b,
        (Number(x), Number(y)) => {
            let [x, y] = [x, y].map(|n| n.as_f64().unwrap_or(f64::NAN));
            (x - y).abs() <= 1e-6 * x.abs().max(1.0)
        }
        (Array(x), Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| is_like(model, x, y)),
        (Object(x), Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| is_like(model, x, y)))
        }
        _ => a == b,
    }
}
