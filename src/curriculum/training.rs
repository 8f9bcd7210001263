//! What a training does with its examples: the section `training` of the configuration.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::tree::{Node, Section};
use crate::error::{Error, Result};

const KEYS: [&str; 27] = [
    "data",
    "heldout",
    "epochs",
    "total",
    "rank",
    "alpha",
    "rslora",
    "targets",
    "dropout",
    "learning_rate_factor",
    "lora_plus",
    "warmup",
    "schedule",
    "weight_decay",
    "clip",
    "batch_tokens",
    "accumulation",
    "max_tokens",
    "too_long",
    "evaluate_every",
    "evaluate_examples",
    "patience",
    "checkpoint_every",
    "gradient_checkpointing",
    "base",
    "dtype",
    "device",
];

/// The seven linear modules of a block, by the names that PEFT's `target_modules` has for them.
const TARGETS: [&str; 7] = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
/// The word that stands for all of them.
const ALL_LINEAR: &str = "all-linear";
/// Steps, tokens and the like; more is a slip of the pen.
const MOST: u64 = 100_000_000;
/// Most epochs: more examples than memory holds would be drawn.
pub const MOST_EPOCHS: u32 = 10_000;

/// How the learning rate falls after its warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// Not at all: each phase has its own rate.
    Constant,
    /// On a straight line.
    Linear,
    /// On half a cosine.
    Cosine,
}

/// What becomes of an example with more than `max_tokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TooLong {
    /// The training does not begin.
    Refuse,
    /// It is left out, counted and listed.
    Skip,
    /// The end of its answer is cut off, which is counted; an example whose prompt alone is too long is left out.
    Cut,
}

impl TooLong {
    /// All of them, with the words for them.
    pub const ALL: [(&str, Self); 3] = [("refuse", Self::Refuse), ("skip", Self::Skip), ("cut", Self::Cut)];
}

/// Where held-out examples come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Heldout {
    /// None are held out.
    Nothing,
    /// A folder of them.
    Folder(PathBuf),
    /// This share of the prompts, with all answers to them.
    Share(f64),
}

/// How adapters are trained; what a file leaves out is [`Training::default`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Training {
    /// Folders of the examples; a flag may name others.
    pub data: Vec<PathBuf>,
    /// Examples that are only looked at.
    pub heldout: Heldout,
    /// How often an example may come in one phase; `synthetic_upsampling` multiplies it for its personas.
    pub epochs: u32,
    /// Examples of all phases together, shared by the phases' shares; where none, a phase takes all that `epochs` gives of its
    /// personas.
    pub total: Option<u64>,
    /// Rank of each adapter.
    pub rank: usize,
    /// LoRA's α; the scale is α/r, or α/√r with `rslora`.
    pub alpha: f64,
    /// Rank-stabilised scale (Kalajdzievski 2023, arXiv 2312.03732).
    pub rslora: bool,
    /// Names of the modules that are trained, as PEFT's `target_modules`.
    pub targets: Vec<String>,
    /// Share of the inputs of the adapters' factors that is dropped, as PEFT's `lora_dropout`.
    pub dropout: f64,
    /// What the phases' learning rates are multiplied by.
    pub learning_rate_factor: f64,
    /// How many times the learning rate B has (LoRA+, Hayou et al. 2024, arXiv 2402.12354).
    pub lora_plus: f64,
    /// Share of an adapter's steps in which its learning rate rises.
    pub warmup: f64,
    /// How it falls.
    pub schedule: Decay,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// Largest norm of an adapter's gradient; 0 clips nothing.
    pub clip: f64,
    /// Tokens that are in one forward pass, about.
    pub batch_tokens: usize,
    /// Forward passes of one step.
    pub accumulation: usize,
    /// Tokens of the longest example.
    pub max_tokens: usize,
    /// What becomes of longer ones.
    pub too_long: TooLong,
    /// Steps between two looks at the held-out examples; 0 looks at the end alone.
    pub evaluate_every: usize,
    /// Held-out examples of a look, taken evenly; at the end all are looked at.
    pub evaluate_examples: usize,
    /// Looks without a better loss after which an adapter stops, with its best factors kept; 0 never stops one.
    pub patience: usize,
    /// Steps between two checkpoints; 0 writes none.
    pub checkpoint_every: usize,
    /// Blocks are computed again in the backward pass instead of being kept: less memory, more time.
    pub gradient_checkpointing: bool,
    /// The base model, where no flag names one.
    pub base: Option<String>,
    /// Its arithmetic: `f32` or `bf16`.
    pub dtype: Option<String>,
    /// `cpu`, `cuda` or `metal`.
    pub device: Option<String>,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            data: Vec::new(),
            heldout: Heldout::Nothing,
            epochs: 3,
            total: None,
            rank: 4,
            alpha: 8.0,
            rslora: false,
            targets: TARGETS.map(str::to_owned).to_vec(),
            dropout: 0.0,
            learning_rate_factor: 1.0,
            lora_plus: 1.0,
            warmup: 0.06,
            schedule: Decay::Cosine,
            weight_decay: 0.01,
            clip: 1.0,
            batch_tokens: 1536,
            accumulation: 1,
            max_tokens: 1024,
            too_long: TooLong::Refuse,
            evaluate_every: 0,
            evaluate_examples: 114,
            patience: 0,
            checkpoint_every: 50,
            gradient_checkpointing: false,
            base: None,
            dtype: None,
            device: None,
        }
    }
}

impl Training {
    /// Reads the section; paths are taken from `folder`.
    ///
    /// # Errors
    /// A key is not known, or its value is out of range: with file, line and key.
    pub(super) fn read(node: &Node, folder: &Path) -> Result<Self> {
        let section = node.section(&KEYS)?;
        let mut t = Self::default();
        let path = |node: &Node| Ok(folder.join(node.text()?));
        t.data = match section.get("data") {
            Some(node) if node.is_text() => vec![path(node)?],
            Some(node) => node.list()?.iter().map(path).collect::<Result<_>>()?,
            None => t.data,
        };
        if let Some(node) = section.get("heldout") {
            t.heldout = match node.is_text() {
                true => Heldout::Folder(path(node)?),
                false => Heldout::Share(
                    node.number("a folder, or a share of the prompts below 1", |s| s > 0.0 && s < 1.0)?,
                ),
            };
        }
        let whole = |key: &str, least: u64, value: usize| -> Result<usize> {
            // At most a hundred million: the cast cuts nothing off.
            section.get(key).map_or(Ok(value), |node| Ok(node.whole(least, MOST)? as usize))
        };
        if let Some(node) = section.get("epochs") {
            t.epochs = node.whole(1, u64::from(MOST_EPOCHS))? as u32;
        }
        t.total = section.get("total").map(|node| node.whole(1, 1_000_000_000)).transpose()?;
        t.rank = match section.get("rank") {
            Some(node) => node.whole(1, 1024)? as usize,
            None => t.rank,
        };
        t.batch_tokens = whole("batch_tokens", 1, t.batch_tokens)?;
        t.accumulation = whole("accumulation", 1, t.accumulation)?;
        t.max_tokens = whole("max_tokens", 2, t.max_tokens)?;
        t.evaluate_every = whole("evaluate_every", 0, t.evaluate_every)?;
        t.evaluate_examples = whole("evaluate_examples", 1, t.evaluate_examples)?;
        t.patience = whole("patience", 0, t.patience)?;
        t.checkpoint_every = whole("checkpoint_every", 0, t.checkpoint_every)?;
        let number = |key: &str, value: f64, expected: &str, fits: fn(f64) -> bool| -> Result<f64> {
            section.get(key).map_or(Ok(value), |node| node.number(expected, fits))
        };
        t.alpha = number("alpha", t.alpha, "a number above 0", |v| v > 0.0)?;
        t.dropout = number("dropout", t.dropout, "a share from 0, below 1", |v| (0.0..1.0).contains(&v))?;
        t.learning_rate_factor =
            number("learning_rate_factor", t.learning_rate_factor, "a number above 0", |v| v > 0.0)?;
        t.lora_plus = number("lora_plus", t.lora_plus, "a ratio from 1", |v| v >= 1.0)?;
        t.warmup = number("warmup", t.warmup, "a share from 0 to 1", |v| (0.0..=1.0).contains(&v))?;
        t.weight_decay =
            number("weight_decay", t.weight_decay, "a number from 0, below 1", |v| (0.0..1.0).contains(&v))?;
        t.clip = number("clip", t.clip, "a norm above 0, or 0 for none", |v| v >= 0.0)?;
        let flag = |key: &str, value: bool| section.get(key).map_or(Ok(value), Node::flag);
        t.rslora = flag("rslora", t.rslora)?;
        t.gradient_checkpointing = flag("gradient_checkpointing", t.gradient_checkpointing)?;
        if let Some(node) = section.get("schedule") {
            t.schedule = one_of(
                node,
                &[("constant", Decay::Constant), ("linear", Decay::Linear), ("cosine", Decay::Cosine)],
            )?;
        }
        if let Some(node) = section.get("too_long") {
            t.too_long = one_of(node, &TooLong::ALL)?;
        }
        if let Some(node) = section.get("targets") {
            t.targets = read_targets(node)?;
        }
        t.base = section.get("base").map(|node| node.text().map(str::to_owned)).transpose()?;
        t.dtype = word(&section, "dtype", &["f32", "bf16"])?;
        t.device = word(&section, "device", &["cpu", "cuda", "metal"])?;
        Ok(t)
    }

    /// Whether keys that need each other are there, once the flags have been heard.
    ///
    /// # Errors
    /// `patience` without looks, or looks without anything to look at.
    pub fn check(&self) -> Result<()> {
        let needs = |key: &str, what: &str| {
            Err(Error::input(format!("`{key}` does nothing without {what}"))
                .key(format!("training.{key}"))
                .help(format!("give {what} too, or `{key}: 0`")))
        };
        match self {
            t if t.evaluate_every > 0 && t.heldout == Heldout::Nothing => {
                needs("evaluate_every", "`heldout`")
            }
            t if t.patience > 0 && t.evaluate_every == 0 => needs("patience", "`evaluate_every`"),
            _ => Ok(()),
        }
    }
}

fn word(section: &Section<'_>, key: &str, known: &[&str]) -> Result<Option<String>> {
    let known: Vec<(&str, &str)> = known.iter().map(|word| (*word, *word)).collect();
    let read = |node| one_of(node, &known).map(str::to_owned);
    section.get(key).map(read).transpose()
}

fn one_of<T: Copy>(node: &Node, known: &[(&str, T)]) -> Result<T> {
    let text = node.text()?;
    let names = known.iter().map(|(name, _)| *name);
    known
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| node.error(format!("unknown word `{text}`")).known(text, names))
}

fn read_targets(node: &Node) -> Result<Vec<String>> {
    if node.is_text() {
        one_of(node, &[(ALL_LINEAR, ())])?;
        return Ok(TARGETS.map(str::to_owned).to_vec());
    }
    let mut chosen: Vec<String> = Vec::new();
    for item in node.list()? {
        let known: Vec<(&str, &str)> = TARGETS.iter().map(|name| (*name, *name)).collect();
        let name = one_of(item, &known)?;
        if chosen.iter().any(|c| c == name) {
            return Err(item.error(format!("`{name}` is given twice")).expected("each module once"));
        }
        chosen.push(name.to_owned());
    }
    // In the order of a block, so that the order of the file changes nothing.
    chosen.sort_by_key(|name| TARGETS.iter().position(|t| t == name));
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Training> {
        let node = Node::parse(Path::new("c.yaml"), text)?;
        Training::read(&node, Path::new("folder"))
    }

    #[test]
    fn every_key_is_read_and_what_is_left_out_has_its_default() {
        assert_eq!(read("rank: 4").unwrap(), Training::default());
        let t = read(
            "data: ../data\nheldout: 0.1\nepochs: 2\ntotal: 90\nrank: 16\nalpha: 32\nrslora: true\n\
             targets: [v_proj, q_proj]\ndropout: 0.05\nlearning_rate_factor: 50\nlora_plus: 4\nwarmup: 0.1\n\
             schedule: linear\nweight_decay: 0.1\nclip: 0\nbatch_tokens: 512\naccumulation: 4\nmax_tokens: 256\n\
             too_long: cut\nevaluate_every: 20\nevaluate_examples: 9\npatience: 3\ncheckpoint_every: 10\ngradient_checkpointing: true\n\
             base: mine.gguf\ndtype: f32\ndevice: cpu\n",
        )
        .unwrap();
        assert_eq!(t.data, [PathBuf::from("folder/../data")]);
        let both = read("data: [a, /b]").unwrap().data;
        assert_eq!(both, [PathBuf::from("folder/a"), PathBuf::from("/b")]);
        assert_eq!(t.heldout, Heldout::Share(0.1));
        assert_eq!(t.targets, ["q_proj", "v_proj"]);
        assert_eq!((t.epochs, t.total, t.rank, t.accumulation, t.patience), (2, Some(90), 16, 4, 3));
        assert_eq!((t.schedule, t.too_long), (Decay::Linear, TooLong::Cut));
        assert!(t.gradient_checkpointing && t.rslora);
        assert_eq!(read("heldout: there").unwrap().heldout, Heldout::Folder("folder/there".into()));
        assert_eq!(read("targets: all-linear").unwrap().targets.len(), 7);
    }

    #[test]
    fn keys_that_need_others_say_which() {
        let told = read("patience: 2").unwrap().check().unwrap_err().to_string();
        assert!(told.contains("`patience` does nothing without `evaluate_every`"), "{told}");
        let told = read("evaluate_every: 5").unwrap().check().unwrap_err().to_string();
        assert!(told.contains("`evaluate_every` does nothing without `heldout`"), "{told}");
        read("patience: 2\nevaluate_every: 5\nheldout: 0.1").unwrap().check().unwrap();
    }

    #[test]
    fn every_mistake_names_its_key() {
        for (text, wanted) in [
            ("rang: 4", "unknown key `rang`|did you mean: rank?"),
            ("rank: 0", "from 1 to 1024"),
            ("rank: four", "this is text"),
            ("heldout: 1.0", "below 1"),
            ("dropout: 1", "below 1"),
            ("schedule: cosin", "did you mean: cosine?"),
            ("targets: [q_pro]", "did you mean: q_proj?"),
            ("targets: all-linea", "did you mean: all-linear?"),
            ("targets: [q_proj, q_proj]", "given twice"),
            ("rslora: perhaps", "true or false"),
            ("lora_plus: 0.5", "from 1"),
            ("dtype: f16", "known"),
        ] {
            let told = read(text).expect_err(text).to_string();
            for part in wanted.split('|') {
                assert!(
                    told.contains(part) && told.contains("c.yaml:1"),
                    "{text} should say `{part}`:\n{told}"
                );
            }
        }
    }
}
