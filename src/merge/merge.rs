//! One module of several adapters, merged.

use super::factors::{Factors, Part};
use super::masks::{agreeing, as_large, drawn, elected, largest};
use super::method::{Majority, Method, Rules};
use super::truncate::{of_factors, of_weight};
use crate::error::{Error, Result};
use crate::seed::Seed;
use ndarray::Array2;
use rand::Rng;

/// How modules are merged.
#[derive(Debug, Clone, Copy)]
pub struct Merge {
    /// The method.
    pub method: Method,
    /// The rank to cut to; for methods on `ΔW` the largest of the parts' where none is given, for the exact one none.
    pub rank: Option<usize>,
    /// Share of the numbers that pruning keeps, above 0, up to 1.
    pub density: f64,
    /// How signs are elected.
    pub majority: Majority,
    /// Whose rules.
    pub rules: Rules,
    /// Seed of what is drawn.
    pub seed: Seed,
}

impl Merge {
    /// Merges the parts of one module; `module` names it, so that each draws its own.
    ///
    /// # Errors
    /// The ranks differ and the method works number by number; or a number is none.
    pub fn merge(&self, parts: &[Part], module: &str) -> Result<Factors> {
        let mut rng = self.seed.child(module).rng();
        self.merge_with(parts, &mut |density| rng.random::<f64>() < density)
    }

    /// As [`Merge::merge`], with what is kept drawn by `keep`.
    pub(super) fn merge_with(&self, parts: &[Part], keep: &mut dyn FnMut(f64) -> bool) -> Result<Factors> {
        let largest_rank = parts.iter().map(|p| p.a.nrows()).max().unwrap_or(0);
        if self.method.works_on_factors() && parts.iter().any(|p| p.a.nrows() != largest_rank) {
            let ranks: Vec<String> = parts.iter().map(|p| p.a.nrows().to_string()).collect();
            return Err(Error::input(format!("the adapters' ranks differ: {}", ranks.join(", ")))
                .expected(format!("one rank for `{}`, which adds factors number by number", self.method.id()))
                .help("take exact, svd, or a method that ends in _svd"));
        }
        match self.method {
            Method::Exact => match self.rank {
                Some(rank) => of_factors(&Factors::exact(parts), rank),
                None => Ok(Factors::exact(parts)),
            },
            Method::Svd => of_factors(&Factors::exact(parts), self.rank.unwrap_or(largest_rank)),
            _ if self.method.works_on_weights() => {
                let deltas: Vec<Array2<f64>> = parts.iter().map(|p| p.b.dot(&p.a) * p.scale).collect();
                let weights: Vec<f64> = parts.iter().map(|p| p.weight).collect();
                let merged = self.combined(&deltas, &weights, keep);
                of_weight(&merged, self.rank.unwrap_or(largest_rank))
            }
            _ => {
                // The root of the weight on either side, its sign on one (PEFT).
                let root = |p: &Part| (p.weight * p.scale).abs().sqrt();
                let of_a: Vec<f64> = parts.iter().map(|p| root(p) * (p.weight * p.scale).signum()).collect();
                let of_b: Vec<f64> = parts.iter().map(root).collect();
                let a: Vec<Array2<f64>> = parts.iter().map(|p| p.a.clone()).collect();
                let b: Vec<Array2<f64>> = parts.iter().map(|p| p.b.clone()).collect();
                let a = self.combined(&a, &of_a, keep);
                Ok(Factors { a, b: self.combined(&b, &of_b, keep) })
            }
        }
    }

    /// The tensors pruned, and added as the method does.
    fn combined(
        &self,
        tensors: &[Array2<f64>],
        weights: &[f64],
        keep: &mut dyn FnMut(f64) -> bool,
    ) -> Array2<f64> {
        let pruned: Vec<Array2<f64>> = tensors
            .iter()
            .map(|x| match self.method {
                _ if !self.method.prunes() || self.density >= 1.0 => x.clone(),
                _ if self.method.draws() => {
                    let kept = drawn(x, self.density, keep);
                    // Either way the expectation stays: the sum of all, or of these.
                    if self.rules == Rules::Peft { kept / self.density } else { as_large(kept, x) }
                }
                _ => largest(x, self.density, usize::from(self.rules != Rules::Peft)),
            })
            .collect();
        let weighted: Vec<Array2<f64>> = pruned.iter().zip(weights).map(|(x, w)| x * *w).collect();
        if self.method.elects() {
            let held = if self.rules == Rules::Peft { &pruned } else { &weighted };
            let divisors: Vec<f64> = match self.rules {
                Rules::Peft => vec![1.0; weights.len()],
                Rules::Mergekit { normalize: true } => weights.to_vec(),
                Rules::Mergekit { normalize: false } => vec![0.0; weights.len()],
            };
            return agreeing(&weighted, held, &divisors, &elected(held, self.majority));
        }
        let mut sum = Array2::zeros(pruned.first().map_or((0, 0), Array2::dim));
        weighted.iter().for_each(|x| sum += x);
        let all: f64 = weights.iter().sum();
        let divides = self.rules == Rules::Mergekit { normalize: true };
        // A sum of weights near nothing divides nothing (mergekit).
        if divides && all.abs() >= 1e-8 { sum / all } else { sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::Error2;
    use safetensors::SafeTensors;
    use serde::Deserialize;
    use std::collections::BTreeMap;
    use std::path::Path;

    /// What `fixtures/golden/merge/make.py` had PEFT do.
    #[derive(Deserialize)]
    struct Golden {
        density: f64,
        weights: BTreeMap<String, f64>,
        scales: BTreeMap<String, f64>,
    }

    const NAMES: [&str; 3] = ["one", "two", "three"];

    fn golden() -> (Golden, BTreeMap<String, Array2<f64>>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/merge");
        let bytes = std::fs::read(folder.join("merged.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let read = |name: &str| {
            let view = tensors.tensor(name).unwrap();
            let (fours, _) = view.data().as_chunks::<4>();
            let values = fours.iter().map(|four| f64::from(f32::from_le_bytes(*four))).collect();
            Array2::from_shape_vec((view.shape()[0], view.shape()[1]), values).unwrap()
        };
        let all = tensors.names().into_iter().map(|name| (name.to_owned(), read(name))).collect();
        let text = std::fs::read_to_string(folder.join("merged.json")).unwrap();
        (serde_json::from_str(&text).unwrap(), all)
    }

    fn parts(golden: &Golden, tensors: &BTreeMap<String, Array2<f64>>, module: &str) -> Vec<Part> {
        let part = |name: &&str| Part {
            a: tensors[&format!("{module}/{name}/A")].clone(),
            b: tensors[&format!("{module}/{name}/B")].clone(),
            scale: golden.scales[*name],
            weight: golden.weights[*name],
        };
        NAMES.iter().map(part).collect()
    }

    fn merge(method: Method, density: f64) -> Merge {
        Merge { method, rank: None, density, majority: Majority::Total, rules: Rules::Peft, seed: Seed(1) }
    }

    /// The script's masks: the j-th number of the c-th tensor.
    fn keep(method: Method, parts: &[Part]) -> impl FnMut(f64) -> bool {
        let mut sizes: Vec<usize> = match method.works_on_weights() {
            true => parts.iter().map(|p| p.b.nrows() * p.a.ncols()).collect(),
            false => parts.iter().map(|p| p.a.len()).chain(parts.iter().map(|p| p.b.len())).collect(),
        };
        sizes.reverse();
        let (mut c, mut j) = (0, 0);
        move |density| {
            if sizes.last() == Some(&j) {
                sizes.pop();
                (c, j) = (c + 1, 0);
            }
            j += 1;
            ((7 * (j - 1) + 13 * c) % 10) as f64 <= 10.0 * density - 0.5
        }
    }

    fn distance(got: &Array2<f64>, wanted: &Array2<f64>) -> f64 {
        ((got - wanted).mapv(|v| v * v).sum() / wanted.mapv(|v| v * v).sum()).sqrt()
    }

    #[test]
    fn every_method_gives_what_peft_gives() {
        let (golden, tensors) = golden();
        let mut seen = 0;
        let module = "k";
        let parts = parts(&golden, &tensors, module);
        for method in Method::ALL {
            for (majority, name) in [(Majority::Total, "total"), (Majority::Frequency, "frequency")] {
                let peft = if method == Method::Exact { "cat" } else { method.id() };
                let Some(wanted) = tensors.get(&format!("{module}/{peft}/{name}")) else { continue };
                let merge = Merge { majority, ..merge(method, golden.density) };
                let got = merge.merge_with(&parts, &mut keep(method, &parts)).unwrap();
                let off = distance(&got.product(), wanted);
                assert!(off < 1e-5, "{module} {peft} {name}: {off}");
                seen += 1;
            }
        }
        assert_eq!(seen, 11 + 4);
    }

    #[test]
    fn methods_by_mergekits_rules_give_what_mergekit_gives() {
        let (golden, tensors) = golden();
        let module = "k";
        let parts = parts(&golden, &tensors, module);
        let mut seen = 0;
        for method in Method::ALL {
            for (majority, name) in [(Majority::Total, "total"), (Majority::Frequency, "frequency")] {
                for (normalize, rule) in [(None, "default"), (Some(true), "normalized"), (Some(false), "sum")]
                {
                    let key = format!("{module}/mergekit_{}/{name}/{rule}", method.id());
                    let Some(wanted) = tensors.get(&key) else { continue };
                    let rules = Rules::mergekit(method, normalize);
                    let merge = Merge { majority, rules, ..merge(method, golden.density) };
                    let got = merge.merge_with(&parts, &mut keep(method, &parts)).unwrap();
                    let off = distance(&got.product(), wanted);
                    assert!(off < 1e-5, "{key}: {off}");
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 3 * (2 + 2 + 1 + 1));
    }

    #[test]
    fn errors_are_those_of_the_whole_weights_and_the_best_of_a_rank_is_the_least() {
        let (golden, tensors) = golden();
        let parts = parts(&golden, &tensors, "k");
        let exact: Array2<f64> =
            parts.iter().map(|p| p.b.dot(&p.a) * (p.weight * p.scale)).reduce(|a, b| a + b).unwrap();
        let mut errors = BTreeMap::new();
        for method in Method::ALL {
            let got = merge(method, golden.density).merge(&parts, "q").unwrap();
            let error: Error2 = got.error(&parts);
            let wanted = distance(&got.product(), &exact);
            assert!(
                (error.relative() - wanted).abs() < 1e-7,
                "{}: {} {wanted}",
                method.id(),
                error.relative()
            );
            errors.insert(method.id(), error.relative());
        }
        assert!(errors["exact"] < 1e-7, "{errors:?}");
        assert!(errors.iter().all(|(id, e)| *id == "exact" || *e >= errors["svd"] - 1e-9), "{errors:?}");
        let cut = Merge { rank: Some(2), ..merge(Method::Exact, 1.0) }.merge(&parts, "q").unwrap();
        assert_eq!(cut.rank(), 2);
        assert!(cut.error(&parts).relative() > errors["svd"]);
        let padded = cut.padded(5);
        assert_eq!((padded.rank(), distance(&padded.product(), &cut.product())), (5, 0.0));
    }

    #[test]
    fn what_is_drawn_hangs_on_the_seed_and_the_module_and_ranks_must_agree() {
        let (golden, tensors) = golden();
        let mut parts = parts(&golden, &tensors, "k");
        let dare = merge(Method::DareLinear, 0.5);
        assert_eq!(dare.merge(&parts, "q").unwrap(), dare.merge(&parts, "q").unwrap());
        assert_ne!(dare.merge(&parts, "q").unwrap(), dare.merge(&parts, "k").unwrap());
        assert_ne!(
            dare.merge(&parts, "q").unwrap(),
            Merge { seed: Seed(2), ..dare }.merge(&parts, "q").unwrap()
        );
        parts[0].a = parts[0].a.slice(ndarray::s![..2, ..]).to_owned();
        parts[0].b = parts[0].b.slice(ndarray::s![.., ..2]).to_owned();
        let told = dare.merge(&parts, "q").unwrap_err().to_string();
        assert!(told.contains("ranks differ: 2, 3, 3") && told.contains("_svd"), "{told}");
        assert_eq!(merge(Method::Exact, 1.0).merge(&parts, "q").unwrap().rank(), 8);
    }
}
