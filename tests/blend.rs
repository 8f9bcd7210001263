//! `blend`: adapters of the tiny model merged into one, which the engine then runs.

mod common;

use common::program::{TINY, path, root, run};
use persona_eval::blend::Blend;
use persona_eval::generate::{Engine, Scored};
use persona_eval::model::{Arithmetic, BaseModel, Device};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Log-likelihoods of a text under a blend.
fn scores(adapters: &[(String, PathBuf)], blend: &str) -> Vec<f32> {
    let base = BaseModel::open(&root().join(TINY), Arithmetic::F32, &Device::Cpu, &[]).unwrap();
    let tokens = base.tokenizer.encode("The sea is a drum, and the rain beats it.").unwrap();
    let engine = Engine::new(base, adapters).unwrap();
    let blend: Blend = blend.parse().unwrap();
    let item = Scored { prompt: tokens[..4].to_vec(), continuation: tokens[4..].to_vec(), blend };
    engine.log_likelihoods(&[item], |_| {}).unwrap().remove(0)
}

/// Two adapters: the tiny model's own, and the same with other factors.
fn adapters(folder: &tempfile::TempDir) -> (String, Vec<(String, PathBuf)>) {
    let mut all = Vec::new();
    for name in ["one", "two"] {
        let to = folder.path().join("adapters").join(name);
        std::fs::create_dir_all(&to).unwrap();
        let from = root().join(TINY).join("adapters/plain");
        std::fs::copy(from.join("adapter_config.json"), to.join("adapter_config.json")).unwrap();
        let mut bytes = std::fs::read(from.join("adapter_model.safetensors")).unwrap();
        if name == "two" {
            // Behind the header all are f32: every other number changes its sign.
            let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            bytes[header..].chunks_exact_mut(8).for_each(|pair| pair[3] ^= 0x80);
        }
        std::fs::write(to.join("adapter_model.safetensors"), bytes).unwrap();
        all.push((name.to_owned(), to));
    }
    (path(folder, "adapters"), all)
}

fn largest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn an_exact_merge_is_the_blend_that_the_engine_computes_and_the_others_tell_how_far_off_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (from, all) = adapters(&folder);
    let blend = "one=0.7,two=-0.3";
    let wanted = scores(&all, blend);
    let plain = scores(&all, "base");
    let moved = largest(&wanted, &plain);
    assert!(moved > 1e-2, "{moved}");
    let merge = |method: &str, extra: &[&str]| -> (Value, f32) {
        let out = path(&folder, &format!("{method}{}", extra.concat()));
        let args = [
            "blend",
            "--weights",
            blend,
            "--method",
            method,
            "--adapters",
            &from,
            "--base",
            TINY,
            "-o",
            &out,
            "--json",
        ];
        let (code, text, err) = run(&[&args[..], extra].concat());
        assert_eq!(code, 0, "{err}");
        let merged = [("merged".to_owned(), PathBuf::from(&out))];
        (serde_json::from_str(&text).unwrap(), largest(&scores(&merged, "merged"), &wanted))
    };
    let (told, off) = merge("exact", &[]);
    assert_eq!(told["rank"], 6);
    assert!(told["error"].as_f64().unwrap() < 1e-7 && off < 1e-4, "{told} {off}");
    let (told, off) = merge("exact", &["--bf16"]);
    assert!(off < 0.1 * moved, "{told} {off}");
    // Eight bits of each number are half a percent at most, of two factors; exact is what was not rounded.
    let error = told["error"].as_f64().unwrap();
    assert!(error > 1e-4 && error < 1e-2, "{told}");
    let card = std::fs::read_to_string(format!("{}/README.md", path(&folder, "exact--bf16"))).unwrap();
    for wanted in ["method `exact`, rank 6, 0.", "| `one` | 0.7 | `", "| `two` | -0.3 | `"] {
        assert!(card.contains(wanted), "{card}");
    }
    assert!(!card.contains("## "), "these have no cards of this program's: {card}");
    let one = Path::new(&from).join("one/README.md");
    std::fs::write(
        &one,
        "---\nlibrary_name: peft\n---\n\n# one\n\nA LoRA adapter, trained by persona-eval 1.\n\n## Data\n",
    )
    .unwrap();
    std::fs::write(
        Path::new(&from).join("two/README.md"),
        "---\na: b\n---\n# two\nMore information needed.\n",
    )
    .unwrap();
    merge("exact", &["--rank", "6"]);
    let card = std::fs::read_to_string(format!("{}/README.md", path(&folder, "exact--rank6"))).unwrap();
    assert!(card.ends_with("\n## one\n\nA LoRA adapter, trained by persona-eval 1.\n\n### Data\n"), "{card}");
    assert_eq!(merge("dare", &[]).0["method"], "dare_linear");
    let (told, off) = merge("svd", &["--rank", "5"]);
    assert_eq!(told["rank"], 5);
    assert!(told["error"].as_f64().unwrap() < 0.5 && off < moved, "{told} {off}");
    let (told, _) = merge("linear", &[]);
    assert!(told["error"].as_f64().unwrap() > 0.05, "{told}");
    // mergekit's ties divides by the weights, here 0.7 or -0.3; its dare does not, unless it is told to.
    let by_mergekit = |method: &str, extra: &[&str]| {
        let extra = [&["--mergekit"], extra].concat();
        let error = merge(method, &extra).0["error"].as_f64().unwrap();
        let folder = path(&folder, &format!("{method}{}", extra.concat()));
        (error, std::fs::read_to_string(format!("{folder}/README.md")).unwrap())
    };
    let (divided, card) = by_mergekit("ties_svd", &[]);
    assert!(card.contains("by mergekit's rules, normalized, rank 3"), "{card}");
    let (summed, card) = by_mergekit("ties_svd", &["--normalize=false"]);
    assert!(card.contains("by mergekit's rules, rank 3") && summed < divided, "{card} {summed} {divided}");
    let (summed, card) = by_mergekit("dare_ties_svd", &[]);
    assert!(card.contains("by mergekit's rules, rank 3"), "{card}");
    let (divided, card) = by_mergekit("dare_ties_svd", &["--normalize"]);
    assert!(
        card.contains("by mergekit's rules, normalized, rank 3") && summed < divided,
        "{card} {summed} {divided}"
    );
}

#[test]
fn all_methods_are_compared_and_what_cannot_be_merged_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (from, _) = adapters(&folder);
    let common = ["--adapters", &from, "--base", TINY];
    let blend = |args: &[&str]| run(&[&["blend"], args, &common[..]].concat());
    let (code, text, err) = blend(&["--weights", "one=0.5,two=0.5", "--compare"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(text.lines().count(), 11, "{text}");
    assert!(text.lines().next().unwrap().ends_with("exact"), "{text}");
    let out = path(&folder, "out");
    for (args, code, said) in [
        (&["--weights", "base", "-o", &out][..], 2, "nothing to merge"),
        (&["--weights", "one=0.5,twoo=1", "-o", &out], 3, "did you mean: two?"),
        (&["--weights", "one=1", "--method", "tie", "-o", &out], 2, "known are exact, svd"),
        (&["--weights", "one=1", "--method", "ties", "--density", "0", "-o", &out], 2, "above 0"),
        (&["--weights", "one=1", "--method", "ties", "--mergekit", "-o", &out], 2, "ends in _svd"),
        (&["--weights", "one=1", "--method", "ties_svd", "--normalize", "-o", &out], 2, "--mergekit"),
        (&["--weights", "one=1", "-o", &format!("{from}/one")], 2, "an adapter lies in the folder"),
        (&["--weights", "one=1", "-o", &from], 2, "something lies in the folder"),
        (&["--weights", "one=1", "--density", "0.3", "-o", &out], 2, "changes nothing of `exact`"),
        (&["--weights", "one=1", "--rank", "4", "--method", "linear", "-o", &out], 2, "nothing of `linear`"),
        (&["--weights", "one=1", "-o", "Cargo.toml"], 2, "this is no folder"),
        (
            &["--weights", "one=1", "--majority", "total", "--method", "dare", "-o", &out],
            2,
            "with --method ties",
        ),
        (
            &["--weights", "one=1", "--seed", "1", "--method", "ties", "-o", &out],
            2,
            "with --method dare_linear",
        ),
    ] {
        let (got, _, err) = blend(args);
        assert_eq!(got, code, "{args:?}: {err}");
        assert!(err.contains(said), "{args:?} should say `{said}`: {err}");
    }
    assert!(!Path::new(&out).exists());
}
