//! An executor is lost while it works.

use std::time::{Duration, Instant};

use super::processes::{Cluster, end_well, program};
use super::{assert_same, examples};

#[test]
fn a_killed_executor_costs_time_or_a_clean_failure_but_no_example() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    examples(folder, 60_000);
    end_well(program(folder, &["data", "tag", "in", "here", "--retag"]));
    let mut cluster = Cluster::start(folder, 2);
    let address = cluster.address.clone();
    let tag = ["data", "tag", "in", "there", "--retag", "--cluster", &address];

    let mut tagging = program(folder, &tag).stdout(std::process::Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !folder.join("there/scale-00003.parquet").exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing was tagged");
        assert!(tagging.try_wait().unwrap().is_none(), "it ended before an executor was lost");
        std::thread::sleep(Duration::from_millis(5));
    }
    cluster.executors[0].kill();
    assert!(folder.join("there/unfinished.json").exists(), "the executor was lost after the end");
    let status = tagging.wait().unwrap();
    if !status.success() {
        // Results that nobody fetched were lost with it: the files that were written stay, and the rest is done again.
        assert_eq!(status.code(), Some(3));
        end_well(program(folder, &[&tag[..], &["--resume"]].concat()));
    }
    assert_same(&folder.join("here"), &folder.join("there"));
}
