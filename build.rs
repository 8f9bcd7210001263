//! Gives the engine a fingerprint: answers kept on disk are used again only by the code that made them.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What decides a generated text besides model, adapters and settings.
const DECIDES: [&str; 4] = ["src/model", "src/generate", "src/seed.rs", "Cargo.lock"];

fn main() {
    let mut hash = Sha256::new();
    for path in DECIDES {
        println!("cargo:rerun-if-changed={path}");
        for file in files(Path::new(path)) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            hash.update(file.to_string_lossy().replace('\\', "/"));
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    let fingerprint: String = hash.finalize().iter().take(4).map(|b| format!("{b:02x}")).collect();
    println!("cargo:rustc-env=PERSONA_EVAL_ENGINE={fingerprint}");
}

/// The file, or all files below the folder, sorted.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_path_buf()] };
    let mut children: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    children.sort();
    children.iter().flat_map(|child| files(child)).collect()
}
