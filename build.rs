//! Gives engine and trainer their fingerprints: answers and checkpoints on disk are used again only by the code that made them.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What decides a generated text besides model, adapters and settings: this code,
const DECIDES: [&str; 3] = ["src/model", "src/generate", "src/seed.rs"];
/// and the crates that compute, read words, render templates and draw.
const CRATES: [&str; 17] = [
    "candle-core",
    "candle-nn",
    "candle-transformers",
    "gemm",
    "gemm-common",
    "gemm-f16",
    "gemm-f32",
    "half",
    "safetensors",
    "tokenizers",
    "fancy-regex",
    "minijinja",
    "minijinja-contrib",
    "rand",
    "rand_chacha",
    "rand_core",
    "rayon",
];

/// What decides an adapter that is trained, besides these: a checkpoint is gone on with only by the code that wrote it.
const TRAINS: [&str; 4] = ["src/train", "src/course", "src/curriculum", "src/splitmix.rs"];

fn main() {
    let mut engine = Sha256::new();
    add(&mut engine, &DECIDES);
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    for package in lock.split("[[package]]").filter(|package| computes(package)) {
        engine.update(code(package));
    }
    println!("cargo:rustc-env=PERSONA_EVAL_ENGINE={}", short(engine));
    let mut trainer = Sha256::new();
    add(&mut trainer, &TRAINS);
    println!("cargo:rustc-env=PERSONA_EVAL_TRAINER={}", short(trainer));
}

/// Takes the names and the bytes of all files below these places.
fn add(hash: &mut Sha256, places: &[&str]) {
    for place in places {
        println!("cargo:rerun-if-changed={place}");
        for file in files(Path::new(place)) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            hash.update(file.to_string_lossy().replace('\\', "/"));
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
}

/// Eight hexadecimal digits.
fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// A package's name, version and checksum: what it depends on hangs on features that other parts ask for.
fn code(package: &str) -> &str {
    package.split("dependencies = [").next().unwrap_or(package).trim()
}

/// Whether a package of the lock file is among [`CRATES`].
fn computes(package: &str) -> bool {
    let name = package.split_once("name = \"").map_or("", |(_, rest)| rest.split('"').next().unwrap_or(""));
    CRATES.contains(&name)
}

/// The file, or all files below the folder, sorted.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_path_buf()] };
    let mut children: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    children.sort();
    children.iter().flat_map(|child| files(child)).collect()
}
