//! What two executors make is what is made here, byte for byte.

use std::path::Path;

use super::processes::{Cluster, end_well, program};
use super::{assert_same, examples};

#[test]
fn tag_stats_and_mix_give_the_same_bytes_on_two_executors() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    examples(folder, 6_000);
    let cluster = Cluster::start(folder, 2);
    let there = ["--cluster", cluster.address.as_str()];
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/persona_training_config.yaml");
    let config = config.to_str().unwrap();

    let tag = |to: &str, place: &[&str]| {
        end_well(program(folder, &[&["data", "tag", "in", to, "--retag"], place].concat()));
    };
    tag("here", &[]);
    tag("there", &there);
    assert_same(&folder.join("here"), &folder.join("there"));

    let stats =
        |place: &[&str]| end_well(program(folder, &[&["data", "stats", "here", "--json"], place].concat()));
    assert_eq!(stats(&[]), stats(&there));

    let mix = |to: &str, place: &[&str]| {
        let arguments = ["data", "mix", config, "--from", "here", "-o", to, "--total", "1500"];
        end_well(program(folder, &[&arguments, place].concat()));
    };
    mix("mixed-here", &[]);
    mix("mixed-there", &there);
    assert_same(&folder.join("mixed-here"), &folder.join("mixed-there"));
}
