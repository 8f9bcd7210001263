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
fn a_port_that_is_taken_is_told_by_scheduler_and_executor() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let cluster = Cluster::start(folder, 0);
    let (code, told) = error(folder, &["data", "scheduler", "--bind", &cluster.address]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains(&format!("{} cannot be listened at", cluster.address)), "{told}");
    let port = cluster.address.rsplit(':').next().unwrap();
    let (code, told) = error(folder, &["data", "executor", &cluster.address, "--port", port]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains(&format!("{} cannot be listened at", cluster.address)), "{told}");
}

#[test]
fn a_file_of_counts_is_not_sent_to_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("counts.json"), "{}").unwrap();
    let (code, told) = error(folder.path(), &["data", "stats", "counts.json", "--cluster", "127.0.0.1:1"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("nothing for a cluster to count"), "{told}");
}

/// What Ctrl-C in a terminal, or a service's manager, sends.
#[cfg(unix)]
#[test]
fn a_scheduler_and_an_executor_end_when_they_are_told_to() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["INT", "TERM"] {
        let mut cluster = Cluster::start(folder.path(), 0);
        cluster.add(folder.path(), &["--folder", "."]);
        std::thread::sleep(std::time::Duration::from_secs(2));
        for process in [&mut cluster.executors[0], &mut cluster.scheduler] {
            assert_eq!(process.end(signal), Some(130), "SIG{signal}");
        }
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
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
