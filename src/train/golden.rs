//! Losses and gradients held against PEFT's: `fixtures/golden/train`.

use super::batch::TokenPair;
use super::lora::{LoraShape, TrainableAdapters};
use super::pass::Pass;
use crate::model::kernel::Precision;
use crate::model::{BaseModel, Decoder, Layout, Module};
use crate::seed::Seed;
use candle_core::{DType, Device};
use safetensors::SafeTensors;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest difference of a factor's gradient, as a share of its largest value: f32 sums in another order.
const NEAR: f32 = 1e-4;
const LAYOUTS: [Layout; 2] = [Layout::Packed(Precision::F32), Layout::Dense(DType::F32)];
/// The dense one is that of graphics cards.
const BF16: [Layout; 2] = [Layout::Packed(Precision::Bf16), Layout::Dense(DType::BF16)];

/// What `make_gradients.py` had transformers and PEFT do.
#[derive(Deserialize)]
struct Golden {
    cases: BTreeMap<String, Case>,
}

/// One adapter, and the texts that it is trained on.
#[derive(Deserialize)]
struct Case {
    r: usize,
    alpha: f64,
    rslora: bool,
    targets: Vec<String>,
    sequences: Vec<Vec<u32>>,
    prompts: Vec<usize>,
    nll: Vec<Vec<f32>>,
    /// How far off PyTorch is in bf16.
    bf16: Rough,
}

/// The largest difference of a loss, and of the gradient as a share of its norm.
#[derive(Clone, Copy, Deserialize)]
struct Rough {
    nll: f32,
    gradient: f32,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../fixtures/golden/train/gradients.json")).unwrap()
}

fn tiny(layout: Layout) -> Arc<Decoder> {
    Arc::new(BaseModel::open_with(&fixtures().join("tiny-llama"), layout, &Device::Cpu, &[]).unwrap().decoder)
}

/// A factor (`what` is "factor") or its gradient of a case.
fn value(tensors: &SafeTensors<'_>, case: &str, what: &str, name: &str) -> Vec<f32> {
    let (path, factor) = name.rsplit_once('.').unwrap();
    let key = format!("{case}/{what}/base_model.model.{path}.lora_{factor}.weight");
    let (fours, _) = tensors.tensor(&key).unwrap().data().as_chunks::<4>();
    fours.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

impl Case {
    fn shape(&self) -> LoraShape {
        let targets =
            Module::ALL.into_iter().filter(|m| self.targets.iter().any(|t| t == m.name())).collect();
        LoraShape { r: self.r, alpha: self.alpha, rslora: self.rslora, targets }
    }

    fn pairs(&self, adapter: usize) -> Vec<TokenPair> {
        let pair = |(tokens, prompt): (&Vec<u32>, &usize)| TokenPair {
            tokens: tokens.clone(),
            prompt: *prompt,
            adapter,
            persona: 0,
        };
        self.sequences.iter().zip(&self.prompts).map(pair).collect()
    }

    fn learned(&self) -> usize {
        self.nll.iter().map(Vec::len).sum()
    }
}

/// Several adapters' values as they lie side by side in one stack of factors.
fn stacked(own: &[Vec<f32>], block: usize) -> Vec<f32> {
    let blocks = own[0].len() / block;
    (0..blocks).flat_map(|i| own.iter().flat_map(move |v| v[i * block..][..block].to_vec())).collect()
}

/// The gradients of adapters that are trained in one pass, by the names of their factors, beside what PEFT has for each alone.
fn gradients(layout: Layout, names: &[&str], mixed: bool, again: bool) -> Vec<(String, Vec<f32>, Vec<f32>)> {
    let (golden, decoder) = (golden(), tiny(layout));
    let bytes = std::fs::read(fixtures().join("golden/train/gradients.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let cases: Vec<&Case> = names.iter().map(|name| &golden.cases[*name]).collect();
    let own: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let adapters = TrainableAdapters::new(&decoder, &own, cases[0].shape(), Seed(1)).unwrap();
    let layout = adapters.layout();
    let of = |what: &str, (key, blocks): &(String, super::adamw::Blocks)| {
        let own: Vec<Vec<f32>> = names.iter().map(|name| value(&tensors, name, what, key)).collect();
        stacked(&own, blocks.block)
    };
    adapters.set(layout.iter().map(|factor| of("factor", factor)).collect()).unwrap();
    let all: Vec<(TokenPair, f32, &[f32])> = cases
        .iter()
        .enumerate()
        .flat_map(|(i, case)| {
            let weight = 1.0 / case.learned() as f32;
            case.pairs(i).into_iter().zip(&case.nll).map(move |(pair, nll)| (pair, weight, &nll[..]))
        })
        .collect();
    // In a batch the examples of an adapter stand together; nothing hangs on it.
    let (even, odd): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(i, _)| !mixed || i % 2 == 0);
    let all: Vec<&(TokenPair, f32, &[f32])> = even.into_iter().chain(odd).map(|(_, x)| x).collect();
    let pairs: Vec<&TokenPair> = all.iter().map(|(pair, ..)| pair).collect();
    let weights: Vec<f32> = all.iter().map(|(_, weight, _)| *weight).collect();
    let pass = Pass { decoder: &decoder, adapters: &adapters, pairs: &pairs };
    let (gradients, nll) = pass.gradients(&weights, None, again).unwrap();
    let bf16 = BF16.contains(&decoder.layout());
    let near = if bf16 { cases.iter().map(|c| c.bf16.nll).fold(0.0, f32::max) } else { NEAR };
    for (got, wanted) in nll.iter().flatten().zip(all.iter().flat_map(|(.., nll)| nll.iter())) {
        assert!((got - wanted).abs() < near, "{names:?}: a loss of {got}, not {wanted}");
    }
    let both = layout.iter().zip(gradients).map(|(factor, got)| {
        let wanted = of("gradient", factor);
        assert_eq!(got.len(), wanted.len(), "{}", factor.0);
        (factor.0.clone(), got, wanted)
    });
    both.collect()
}

/// Every value near PEFT's.
fn check(layout: Layout, names: &[&str], mixed: bool, again: bool) {
    for (key, got, wanted) in gradients(layout, names, mixed, again) {
        let size = wanted.iter().fold(0f32, |most, w| most.max(w.abs()));
        let worst = got.iter().zip(&wanted).map(|(g, w)| (g - w).abs()).fold(0.0, f32::max);
        assert!(worst < NEAR * size, "{names:?} {key} ({layout:?}, {again}): off by {worst} of {size}");
    }
}

#[test]
fn losses_and_gradients_are_those_of_peft() {
    for (layout, again) in LAYOUTS.into_iter().flat_map(|layout| [(layout, false), (layout, true)]) {
        check(layout, &["all"], false, again);
        check(layout, &["some"], false, again);
    }
}

#[test]
fn gradients_of_adapters_in_one_pass_are_those_of_each_alone() {
    let names = ["several.0", "several.1", "several.2"];
    // More learned tokens than a chunk of the loss holds.
    let golden = golden();
    assert!(names.iter().map(|n| golden.cases[*n].learned()).sum::<usize>() > 2 * super::loss::CHUNK);
    for (layout, again) in LAYOUTS.into_iter().flat_map(|layout| [(layout, false), (layout, true)]) {
        check(layout, &names, false, again);
        check(layout, &names, true, again);
    }
}

#[test]
fn losses_and_gradients_in_bf16_are_no_farther_off_than_pytorchs() {
    let golden = golden();
    let all = [&["all"][..], &["several.0", "several.1", "several.2"]];
    for (layout, names) in BF16.into_iter().flat_map(|layout| all.map(|names| (layout, names))) {
        let (mut off, mut size) = (0f32, 0f32);
        for (_, got, wanted) in gradients(layout, names, false, false) {
            off += got.iter().zip(&wanted).map(|(g, w)| (g - w).powi(2)).sum::<f32>();
            size += wanted.iter().map(|w| w * w).sum::<f32>();
        }
        let (off, size) = (off.sqrt(), size.sqrt());
        let rough = names.iter().map(|n| golden.cases[*n].bf16.gradient).fold(0.0, f32::max);
        assert!(
            off < rough * size && off > NEAR * size,
            "{names:?} ({layout:?}): off by {off} of {size}, PyTorch by {rough}"
        );
    }
}
