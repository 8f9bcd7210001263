//! What a cluster cannot do is said, with a way out.

use super::examples;
use super::processes::{Cluster, program};

/// Exit code and message.
fn error(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program(folder, arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn lines_of_json_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("a.jsonl"), "{\"instruction\": \"Hi\", \"output\": \"Ho\"}\n").unwrap();
    let cluster = Cluster::start(folder, 1);
    let (code, told) = error(folder, &["data", "tag", "a.jsonl", "out", "--cluster", &cluster.address]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("reads Parquet only") && told.contains("a.jsonl"), "{told}");
}

#[test]
fn a_scheduler_that_is_not_there_or_has_no_executor_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    examples(folder, 10);
    let cluster = Cluster::start(folder, 0);
    let stats = |address: &str| error(folder, &["data", "stats", "in", "--cluster", address]);
    let (code, told) = stats(&cluster.address);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("no executor"), "{told}");
    let (code, told) = stats("127.0.0.1:1");
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("no scheduler answers at 127.0.0.1:1"), "{told}");
    let (code, told) = stats("nowhere");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("HOST:PORT"), "{told}");
}

#[test]
fn an_executor_with_another_registry_of_personas_refuses_to_tag() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    examples(folder, 10);
    let registry = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/personas.toml");
    let text = std::fs::read_to_string(registry).unwrap();
    std::fs::write(folder.join("personas.toml"), text + "\n# Another one.\n").unwrap();
    let mut cluster = Cluster::start(folder, 0);
    cluster.add(folder, &["--registry", "personas.toml"]);
    let (code, told) = error(folder, &["data", "tag", "in", "out", "--cluster", &cluster.address]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("another registry of personas"), "{told}");
}
