//! The program as a user runs it, in the project's folder, and the files that it is given.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// The tiny base, as the program is told of it.
pub const TINY: &str = "fixtures/tiny-llama";

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program in the project's folder, with a cache that holds nothing.
pub fn program() -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("persona-eval");
    command.current_dir(root()).env_remove("COLUMNS").env_remove("XDG_CACHE_HOME");
    command.env("PERSONA_EVAL_HOME", root().join("target/no-models")).env("RUST_BACKTRACE", "0");
    command
}

/// Exit code, standard output and standard error.
pub fn run(args: &[&str]) -> (i32, String, String) {
    let output = program().args(args).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
}

/// The error of a command, with places of this machine replaced, and its exit code.
pub fn error(args: &[&str], folder: &Path) -> String {
    let (code, out, err) = run(args);
    assert_eq!(out, "", "an error leaves standard output empty");
    let err = err.replace(&folder.display().to_string(), "[folder]");
    format!("exit code {code}\n{}", err.replace(&root().display().to_string(), "[project]"))
}

/// The path of a name in the folder.
pub fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// Writes a file to the folder and gives its path.
pub fn file(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    std::fs::write(folder.path().join(name), content).expect("a file");
    path(folder, name)
}

/// A folder with the tiny model's one adapter `plain`; the project's own adapters are for another base.
pub fn tiny_adapters(folder: &tempfile::TempDir) -> String {
    let to = folder.path().join("adapters/plain");
    std::fs::create_dir_all(&to).expect("a folder");
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(root().join(TINY).join("adapters/plain").join(name), to.join(name)).expect("a copy");
    }
    path(folder, "adapters")
}
