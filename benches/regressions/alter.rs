//! What each case alters, in copies of the shipped files.

use persona_eval::store::{Cache, Catalog, fetch};
use rand::Rng;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A regression, or a change that is none.
pub struct Case {
    /// Short name.
    pub name: &'static str,
    /// What is altered.
    pub about: &'static str,
    /// Whether it must be caught.
    pub caught: bool,
    make: fn(&Path) -> Altered,
}

/// The files and flags of an altered run.
pub struct Altered {
    /// The suite that is run.
    pub suite: PathBuf,
    /// Flags besides.
    pub flags: Vec<String>,
    /// Words of which one must be named: the personas, the group, or the cause.
    pub named: Vec<String>,
}

/// All cases: the regressions, then what must stay quiet.
pub const CASES: [Case; 11] = [
    Case { name: "swap", about: "tech_expert and emotive in each other's place", caught: true, make: swap },
    Case {
        name: "zero",
        about: "analytic with all of B zero",
        caught: true,
        make: |f| scaled(f, "analytic", 0.0),
    },
    Case {
        name: "half",
        about: "creative at half its strength",
        caught: true,
        make: |f| scaled(f, "creative", 0.5),
    },
    Case {
        name: "one-voice",
        about: "poet with the tag and blend of songwriter",
        caught: true,
        make: one_voice,
    },
    Case {
        name: "noise",
        about: "noise of each tensor's own norm in analytic",
        caught: true,
        make: |f| noise(f, 1.0),
    },
    Case { name: "template", about: "a base with another chat template", caught: true, make: template },
    Case { name: "temperature", about: "temperature 1.4 instead of 0.7", caught: true, make: temperature },
    Case { name: "truncated", about: "24 new tokens instead of 48", caught: true, make: truncated },
    // Moves real text by half of what `almost` does, and makes it no less likely.
    Case {
        name: "faint-noise",
        about: "noise of a tenth of each tensor's norm in analytic",
        caught: false,
        make: |f| noise(f, 0.1),
    },
    Case {
        name: "almost",
        about: "creative at 0.97 of its strength",
        caught: false,
        make: |f| scaled(f, "creative", 0.97),
    },
    Case { name: "nothing", about: "nothing but the seed", caught: false, make: nothing },
];

impl Case {
    /// Root seeds of its runs. None of them has been seen while gates or levels were chosen; the case that is hardest to find
    /// has eight, so that a share can be told.
    pub fn seeds(&self) -> Vec<u64> {
        let count = if self.name == "half" { 8 } else { 2 };
        (201..201 + count).collect()
    }
}

const ADAPTERS: &str = "fixtures/adapters";
const SUITE: &str = "suites/all.toml";

impl Altered {
    /// Makes the case's files below `folder`.
    pub fn new(case: &Case, folder: &Path) -> Self {
        (case.make)(folder)
    }

    fn with(flags: Vec<String>, named: &[&str]) -> Self {
        let named = named.iter().map(|n| (*n).to_owned()).collect();
        Self { suite: SUITE.into(), flags, named }
    }
}

fn nothing(_: &Path) -> Altered {
    Altered::with(Vec::new(), &[])
}

fn swap(_: &Path) -> Altered {
    let flag = |name: &str, from: &str| ["--adapter".to_owned(), format!("{name}={ADAPTERS}/{from}")];
    let flags = [flag("tech_expert", "emotive"), flag("emotive", "tech_expert")].concat();
    Altered::with(flags, &["tech_expert", "emotive"])
}

/// B times `factor`: the adapter's whole change is.
fn scaled(folder: &Path, adapter: &str, factor: f32) -> Altered {
    rewritten(folder, adapter, &mut |name, values| {
        if name.contains("lora_B") {
            values.iter_mut().for_each(|v| *v *= factor);
        }
    })
}

/// Gaussian noise whose Frobenius norm is `share` of each tensor's.
fn noise(folder: &Path, share: f32) -> Altered {
    let mut rng = persona_eval::seed::Seed(7).rng();
    let mut normal = move || (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
    rewritten(folder, "analytic", &mut |_, values| {
        let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        let drawn: Vec<f32> = values.iter().map(|_| normal()).collect();
        let length = drawn.iter().map(|v| v * v).sum::<f32>().sqrt();
        values.iter_mut().zip(drawn).for_each(|(v, d)| *v += share * norm * d / length);
    })
}

/// A copy of a shipped adapter with its tensors changed.
fn rewritten(folder: &Path, adapter: &str, change: &mut dyn FnMut(&str, &mut [f32])) -> Altered {
    let (from, to) = (Path::new(ADAPTERS).join(adapter), folder.join(adapter));
    std::fs::create_dir_all(&to).expect("a folder for the adapter");
    std::fs::copy(from.join("adapter_config.json"), to.join("adapter_config.json")).expect("copies");
    let bytes = std::fs::read(from.join("adapter_model.safetensors")).expect("a shipped adapter");
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    let mut changed: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (name, view) in tensors.tensors() {
        let mut values: Vec<f32> = match view.dtype() {
            Dtype::F32 => {
                view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
            }
            Dtype::F16 => {
                view.data().chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
            }
            Dtype::BF16 => view
                .data()
                .chunks_exact(2)
                .map(|b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32())
                .collect(),
            other => panic!("{name} is {other:?}"),
        };
        change(&name, &mut values);
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        changed.insert(name, (Dtype::F32, view.shape().to_vec(), bytes));
    }
    let views = changed.iter().map(|(name, (dtype, shape, bytes))| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).expect("the same shape"))
    });
    let file = serialize(views, None).expect("safetensors");
    std::fs::write(to.join("adapter_model.safetensors"), file).expect("writes");
    Altered::with(vec!["--adapter".to_owned(), format!("{adapter}={}", to.display())], &[adapter])
}

/// The registry gives the poet the songwriter's tag; both speak with `creative` anyway.
fn one_voice(folder: &Path) -> Altered {
    let registry = std::fs::read_to_string("suites/personas.toml").expect("the registry");
    let changed = registry.replacen("id = \"poet\"\n", "id = \"poet\"\ntag = \"songwriter\"\n", 1);
    assert_ne!(changed, registry, "the registry has a poet");
    let file = folder.join("personas.toml");
    std::fs::write(&file, changed).expect("writes");
    Altered::with(vec!["--registry".to_owned(), file.display().to_string()], &["poet", "songwriter"])
}

/// The base's own file with the turns' marks of its template replaced, byte for byte of the same length.
fn template(folder: &Path) -> Altered {
    let catalog = Catalog::built_in().expect("the built-in catalogue is valid");
    let cache = Cache::from_env().expect("the cache has a place");
    let entry = catalog.entry("smollm2-135m-instruct").expect("the default base");
    let fetched = fetch(entry, &cache, &persona_eval::progress::Silent).expect("the base can be had");
    let gguf = fetched.files.values().next().expect("one file");
    let mut bytes = std::fs::read(gguf).expect("reads");
    let key = find(&bytes, b"tokenizer.chat_template").expect("the base has a template");
    let end = (key + 4_096).min(bytes.len());
    for (from, to) in [(&b"<|im_start|>"[..], &b"### Message:"[..]), (b"<|im_end|>", b"[/message]")] {
        let mut at = key;
        while let Some(place) = find(&bytes[at..end], from) {
            bytes[at + place..at + place + from.len()].copy_from_slice(to);
            at += place + from.len();
        }
    }
    let file = folder.join("base.gguf");
    std::fs::write(&file, bytes).expect("writes");
    // Another base than the default gets the shipped adapters only when asked.
    let flags =
        ["--base".to_owned(), file.display().to_string(), "--adapters".to_owned(), ADAPTERS.to_owned()];
    Altered::with(flags.to_vec(), &["the chat template"])
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

fn temperature(folder: &Path) -> Altered {
    suite(folder, "temperature = 1.4", "temperature: 0.7 before, 1.4 after")
}

fn truncated(folder: &Path) -> Altered {
    suite(folder, "max_new_tokens = 24", "max_new_tokens: 48 before, 24 after")
}

/// A suite that includes the shipped one and sets generation otherwise.
fn suite(folder: &Path, setting: &str, named: &str) -> Altered {
    let own = std::fs::canonicalize(SUITE).expect("the shipped suite");
    let text = format!("name = \"all\"\ninclude = ['{}']\ngeneration = {{ {setting} }}\n", own.display());
    let file = folder.join("all.toml");
    std::fs::write(&file, text).expect("writes");
    Altered { suite: file, flags: Vec::new(), named: vec![named.to_owned()] }
}
