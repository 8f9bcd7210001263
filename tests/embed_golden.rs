//! The embedder against sentence-transformers, on the numbers of `fixtures/golden/embed/make_minilm.py`.

mod common;

use candle_core::Device;
use common::{indices, json, largest_difference, matrix};
use ndarray::{Array2, s};
use persona_eval::embed::Embedder;
use persona_eval::error::Kind;
use persona_eval::seed::Seed;
use rand::seq::SliceRandom;

/// Less than this between two vectors is rounding; another text, or another pooling, is far below.
const COSINE: f32 = 0.9999;
/// Components of unit vectors of length 384 are about 0.05.
const COMPONENT_TOLERANCE: f32 = 1e-3;

fn embedder() -> Embedder {
    let files = common::model("all-minilm-l6-v2").files;
    let open = Embedder::open(
        &files["config.json"],
        &files["tokenizer.json"],
        &files["model.safetensors"],
        &Device::Cpu,
    );
    open.unwrap_or_else(|e| panic!("{e}"))
}

fn texts() -> Vec<String> {
    serde_json::from_value(json("embed/minilm.json")["texts"].clone()).expect("texts")
}

fn embed(embedder: &Embedder, texts: &[&str]) -> Array2<f32> {
    let mut told = 0;
    let vectors = embedder.embed(texts, |n| told += n).expect("vectors");
    assert_eq!(told, texts.len(), "progress counts every text once");
    vectors
}

#[test]
fn vectors_are_those_of_sentence_transformers() {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let ours = embed(&embedder(), &texts);
    let (vectors, heads) = (matrix("embed/minilm_vectors.npy"), matrix("embed/minilm_heads.npy"));
    assert_eq!((ours.dim(), vectors.dim(), heads.dim()), ((200, 384), (20, 384), (200, 8)));
    let whole = indices(&json("embed/minilm.json")["vector_texts"]);
    let mut lowest = 1f32;
    for (i, theirs) in whole.into_iter().zip(vectors.rows()) {
        lowest = lowest.min(ours.row(i).dot(&theirs));
    }
    let worst = largest_difference(ours.slice(s![.., ..8]), &heads);
    println!("lowest cosine {lowest:.7}, largest difference of a component {worst:.2e}");
    assert!(lowest > COSINE && worst < COMPONENT_TOLERANCE);
    for row in ours.rows() {
        assert!((row.dot(&row) - 1.0).abs() < 1e-5, "unit length");
    }
}

#[test]
fn the_order_of_texts_and_their_company_do_not_matter() {
    let texts = texts();
    let embedder = embedder();
    let all: Vec<&str> = texts.iter().map(String::as_str).collect();
    let sorted = embed(&embedder, &all);
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.shuffle(&mut Seed(3).rng());
    // Half of the texts: other batches, other padding.
    order.truncate(100);
    let some: Vec<&str> = order.iter().map(|i| all[*i]).collect();
    let mut worst = 0f32;
    for (i, row) in order.iter().zip(embed(&embedder, &some).rows()) {
        worst = worst.max(largest_difference(row, sorted.row(*i)));
    }
    println!("largest difference {worst:.2e}");
    assert!(worst < 1e-6);
    assert_eq!(embed(&embedder, &[]).dim(), (0, 384));
}

#[test]
fn broken_files_of_an_embedder_are_named() {
    let files = common::model("all-minilm-l6-v2").files;
    let dir = tempfile::tempdir().expect("a temporary folder");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let whole = std::fs::read(&files[name]).expect("a file");
        let broken = dir.path().join(name);
        for length in [0, 1, 60, whole.len() / 3] {
            std::fs::write(&broken, &whole[..length]).expect("written");
            let path = |n: &str| if n == name { &broken } else { &files[n] };
            let open = Embedder::open(
                path("config.json"),
                path("tokenizer.json"),
                path("model.safetensors"),
                &Device::Cpu,
            );
            let Err(error) = open else { panic!("{length} bytes of {name} were enough") };
            assert_eq!(error.kind(), Kind::CannotRun);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
