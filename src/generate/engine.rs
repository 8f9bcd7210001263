//! A base model with its named adapters.

use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::model::adapter::{RowWeights, StackCache};
use crate::model::{Adapter, Arithmetic, BaseModel, Layout, Message, Segment, Stack, host};
use candle_core::Device;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// This program's version and a fingerprint of the code that generates: what was kept on disk under another one is
/// made anew.
pub const ENGINE_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("PERSONA_EVAL_ENGINE"));

/// The text on which an adapter must change the base's logits.
const PROOF_TEXT: &str = "Tell me, in your own way, about a quiet morning by the sea.";

/// A base model and the adapters that blends may name.
pub struct Engine {
    base: BaseModel,
    adapters: BTreeMap<String, Arc<Adapter>>,
    stacks: StackCache,
}

/// Proof that an adapter is applied: it changes the logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Root mean square change of the logits on a fixed text.
    pub logit_change: f64,
    /// Tensors that found their module.
    pub matched_tensors: usize,
}

impl Engine {
    /// Opens the base and loads the adapters, each a name and a folder in PEFT's layout.
    ///
    /// # Errors
    /// When the base or an adapter is missing, broken, or made for another base.
    pub fn open(
        base: &Path,
        adapters: &[(String, PathBuf)],
        arithmetic: Arithmetic,
        device: &Device,
    ) -> Result<Self> {
        Self::new(BaseModel::open(base, arithmetic, device, &[])?, adapters)
    }

    /// Adds adapters to a base that is already open.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn new(base: BaseModel, adapters: &[(String, PathBuf)]) -> Result<Self> {
        let mut loaded = BTreeMap::new();
        for (name, folder) in adapters {
            let adapter = Adapter::load(name, folder, base.decoder.config())?;
            if loaded.insert(name.clone(), Arc::new(adapter)).is_some() {
                return Err(Error::input(format!("the adapter `{name}` is given twice"))
                    .expected("each name once in --adapter and --adapters"));
            }
        }
        Ok(Self { base, adapters: loaded, stacks: StackCache::default() })
    }

    /// The base model.
    pub fn base(&self) -> &BaseModel {
        &self.base
    }

    /// The adapters by name.
    pub fn adapters(&self) -> &BTreeMap<String, Arc<Adapter>> {
        &self.adapters
    }

    /// Speaks with these adapters instead of those it was opened with.
    pub fn replace_adapters(&mut self, adapters: Vec<Adapter>) {
        self.adapters = adapters.into_iter().map(|a| (a.name.clone(), Arc::new(a))).collect();
        self.stacks = StackCache::default();
    }

    /// What the linear modules' factors are rounded to, and the kernel: `bf16 (avx512)`, `f32 (candle)`.
    pub fn arithmetic(&self) -> String {
        match self.base.decoder.layout() {
            Layout::Packed(precision) => precision.name().to_owned(),
            Layout::Dense(dtype) => format!("{} (candle)", format!("{dtype:?}").to_lowercase()),
        }
    }

    /// Adapters that name another base than this one as their own, as sentences.
    pub fn doubts(&self) -> Vec<String> {
        let base = &self.base.path;
        let name = base.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        let told = |a: &Arc<Adapter>| {
            a.doubts(base).map(|own| {
                format!("the adapter `{}` names `{own}` as its base, and runs on `{name}`", a.name)
            })
        };
        self.adapters.values().filter_map(told).collect()
    }

    /// `cpu`, `cuda` or `metal`.
    pub fn device_name(&self) -> &'static str {
        match self.base.decoder.device() {
            Device::Cpu => "cpu",
            Device::Cuda(_) => "cuda",
            Device::Metal(_) => "metal",
        }
    }

    /// Fails where a blend names an adapter that is not loaded.
    ///
    /// # Errors
    /// Names the blend's unknown adapter and the known ones.
    pub fn check(&self, blend: &Blend) -> Result<()> {
        match blend.adapters().find(|name| !self.adapters.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(Error::input(format!(
                "the blend `{blend}` names the adapter `{name}`, which is not loaded"
            ))
            .known(name, self.adapters.keys())
            .help(
                "pass its folder with --adapter NAME=DIR, or one folder with all of them with --adapters DIR; without \
                 either, fixtures/adapters serves the default base in the clone",
            )),
        }
    }

    /// The rendered prompt of a conversation, up to where the model's turn begins.
    ///
    /// # Errors
    /// When the chat template refuses the conversation.
    pub fn render(&self, messages: &[Message]) -> Result<String> {
        self.base.template.render(messages, true)
    }

    /// The adapters that any of the blends uses, stacked; none when all are the base.
    pub(super) fn stack<'a>(&self, blends: impl Iterator<Item = &'a Blend>) -> Result<Option<Arc<Stack>>> {
        let mut active = BTreeSet::new();
        for blend in blends {
            self.check(blend)?;
            active.extend(blend.adapters());
        }
        if active.is_empty() {
            return Ok(None);
        }
        let adapters: Vec<Arc<Adapter>> = active.iter().map(|n| self.adapters[*n].clone()).collect();
        let d = &self.base.decoder;
        self.stacks.get(&adapters, d.config(), d.layout(), d.device()).map(Some).map_err(engine_error)
    }

    /// The weights of rows, each with its blend, for a stack.
    pub(super) fn weights<'a>(stack: &Stack, blends: impl Iterator<Item = &'a Blend>) -> RowWeights {
        let adapters = stack.adapters();
        let values = blends.flat_map(|b| adapters.iter().map(|a| b.weight(&a.name))).collect();
        RowWeights { values, adapters: adapters.len() }
    }

    /// Logits of every position of a token sequence under a blend, `(tokens, vocabulary)` row-major.
    ///
    /// # Errors
    /// When the blend is unknown or the sequence too long for memory.
    pub fn logits(&self, tokens: &[u32], blend: &Blend) -> Result<Vec<f32>> {
        let stack = self.stack(std::iter::once(blend))?;
        let weights = stack.as_ref().map(|s| Self::weights(s, tokens.iter().map(|_| blend)));
        let decoder = &self.base.decoder;
        let run = || {
            let mut cache = decoder.cache(tokens.len())?;
            let segment = Segment { cache: &mut cache, tokens };
            let adapters = stack.as_deref().zip(weights.as_ref());
            host::to_vec(&decoder.logits(&decoder.hidden(&mut [segment], adapters)?)?)
        };
        run().map_err(engine_error)
    }

    /// Shows that an adapter changes the base's logits.
    ///
    /// # Errors
    /// When the adapter is unknown, or changes nothing: then it was not applied or is empty.
    pub fn prove(&self, name: &str) -> Result<Proof> {
        let blend = Blend::single(name)?;
        self.check(&blend)?;
        let text = self.render(&[Message::user(PROOF_TEXT)])?;
        let tokens = self.base.tokenizer.encode(&text)?;
        let with = self.logits(&tokens, &blend)?;
        let without = self.logits(&tokens, &Blend::base())?;
        let squares: f64 = with.iter().zip(&without).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        let logit_change = (squares / with.len() as f64).sqrt();
        if !logit_change.is_finite() {
            return Err(Error::cannot_run(format!(
                "the adapter `{name}` makes the model's logits NaN or infinite"
            )));
        }
        if logit_change == 0.0 {
            return Err(Error::cannot_run(format!("the adapter `{name}` changes nothing"))
                .expected("different logits with and without it")
                .help("its B factors may all be zero: was it saved before training?"));
        }
        Ok(Proof { logit_change, matched_tensors: self.adapters[name].matched_tensors() })
    }
}

/// Logits that are no numbers decide nothing; whoever reads them must not go on.
pub(super) fn not_finite(blend: &Blend) -> Error {
    Error::cannot_run(format!("the model's logits are NaN or infinite under the blend `{blend}`"))
        .expected("finite logits")
        .help("a weight of the blend or the adapter's alpha may be too large; --dtype f32 rules out rounding")
}

/// An error of candle, told as ours.
pub(super) fn engine_error(e: candle_core::Error) -> Error {
    Error::cannot_run("the engine failed").because(e)
}
