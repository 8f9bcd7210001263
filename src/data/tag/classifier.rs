//! The learned classifier: multinomial logistic regression over hashed features, and its file.
//!
//! It gives the category first, among eight, and then the persona within that category: outside texts exist for few of the 57
//! personas, while every category has several sources, so that the sources that a category does not share with a persona
//! cannot pull towards that persona. The confidence is the probability of the category after temperature scaling (Guo et al.
//! 2017); the persona within it is the likeliest one and has no confidence of its own.
//!
//! The file, little-endian: `PTAGGER1`; format, version of the features, categories and personas as u16; buckets as u32;
//! temperature and threshold as f32; SHA-256 of the recipe that it learned from; for each persona its category and the length
//! of its id as bytes, and the id; the biases as f32; the weights as f16, bucket by bucket, categories before personas; and
//! SHA-256 of all that.

use std::ops::Range;

use half::f16;
use sha2::{Digest, Sha256};

use super::features::{BUCKETS, FEATURES_VERSION, Sparse};
use crate::error::{Error, Result};
use crate::persona::{Category, Registry};

const MAGIC: &[u8; 8] = b"PTAGGER1";
const FORMAT: u16 = 1;
/// Number of categories.
pub const CATEGORIES: usize = Category::ALL.len();
/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// Weights for categories and personas.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    /// Ids with the place of their category, category by category.
    pub(super) personas: Vec<(String, usize)>,
    /// A bias a category, then a persona.
    pub(super) bias: Vec<f32>,
    /// `[bucket][category or persona]`, row by row.
    pub(super) weights: Vec<f32>,
    /// Divides the scores of the categories.
    pub(super) temperature: f32,
    /// Below this confidence an example is unassigned.
    pub(super) threshold: f32,
    /// SHA-256 of the recipe.
    pub(super) recipe: [u8; DIGEST],
}

/// What the classifier says of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess<'a> {
    /// Place of the category in [`Category::ALL`].
    pub category: usize,
    /// Probability of the category.
    pub confidence: f32,
    /// The likeliest persona within it; none where the category has none.
    pub persona: Option<&'a str>,
}

impl Classifier {
    /// The confidence below which an example is unassigned.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// What the scores of the categories are divided by.
    pub fn temperature(&self) -> f32 {
        self.temperature
    }

    /// SHA-256 of the recipe that it learned from, in hexadecimal digits.
    pub fn recipe_sha256(&self) -> String {
        self.recipe.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The persona of an example's features. Cost: one row of weights a feature.
    pub fn guess(&self, features: &Sparse) -> Guess<'_> {
        let scores = self.scores(features);
        let category = largest(&scores);
        let share = |s: &f32| ((s - scores[category]) / self.temperature).exp();
        let confidence = 1.0 / scores.iter().map(share).sum::<f32>();
        Guess { category, confidence, persona: self.within(features, category) }
    }

    /// Scores of the categories, before the temperature.
    pub(super) fn scores(&self, features: &Sparse) -> [f32; CATEGORIES] {
        let mut scores: [f32; CATEGORIES] = std::array::from_fn(|i| self.bias[i]);
        let width = self.bias.len();
        for &(bucket, value) in features {
            let start = usize::from(bucket) * width;
            let row = &self.weights[start..start + CATEGORIES];
            scores.iter_mut().zip(row).for_each(|(score, weight)| *score += value * weight);
        }
        scores
    }

    fn within(&self, features: &Sparse, category: usize) -> Option<&str> {
        let range = self.range(category);
        if range.is_empty() {
            return None;
        }
        let (width, columns) = (self.bias.len(), range.start + CATEGORIES..range.end + CATEGORIES);
        let mut scores: Vec<f32> = self.bias[columns.clone()].to_vec();
        for &(bucket, value) in features {
            let start = usize::from(bucket) * width;
            let row = &self.weights[start + columns.start..start + columns.end];
            scores.iter_mut().zip(row).for_each(|(score, weight)| *score += value * weight);
        }
        Some(&self.personas[range.start + largest(&scores)].0)
    }

    /// Places of a category's personas.
    fn range(&self, category: usize) -> Range<usize> {
        let start = self.personas.partition_point(|(_, of)| *of < category);
        start..self.personas.partition_point(|(_, of)| *of <= category)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.weights.len() * 2 + 4096);
        out.extend_from_slice(MAGIC);
        for number in [FORMAT, FEATURES_VERSION, CATEGORIES as u16, self.personas.len() as u16] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&(BUCKETS as u32).to_le_bytes());
        out.extend_from_slice(&self.temperature.to_le_bytes());
        out.extend_from_slice(&self.threshold.to_le_bytes());
        out.extend_from_slice(&self.recipe);
        for (id, category) in &self.personas {
            out.extend_from_slice(&[*category as u8, id.len() as u8]);
            out.extend_from_slice(id.as_bytes());
        }
        self.bias.iter().for_each(|b| out.extend_from_slice(&b.to_le_bytes()));
        self.weights.iter().for_each(|w| out.extend_from_slice(&f16::from_f32(*w).to_le_bytes()));
        let digest = Sha256::digest(&out);
        out.extend_from_slice(&digest);
        out
    }

    /// Reads a file's bytes; the personas must be the registry's, with their categories.
    ///
    /// # Errors
    /// It is no such file, of another format or other features, cut off or changed, or names personas that the registry
    /// lacks or has elsewhere.
    pub fn from_bytes(bytes: &[u8], registry: &Registry) -> Result<Self> {
        let mut left = Bytes(bytes);
        if left.take(MAGIC.len())? != MAGIC {
            return Err(Error::input("the file is no tagger").expected("what `data train-tagger` wrote"));
        }
        let [format, version, categories, personas] = [left.u16()?, left.u16()?, left.u16()?, left.u16()?];
        let buckets = left.u32()? as usize;
        let found = (format, version, usize::from(categories), buckets);
        if found != (FORMAT, FEATURES_VERSION, CATEGORIES, BUCKETS) {
            return Err(Error::input(format!(
                "the tagger has format {format}, features {version}, {categories} categories and {buckets} buckets"
            ))
            .expected(format!(
                "format {FORMAT}, features {FEATURES_VERSION}, {CATEGORIES} categories and {BUCKETS} buckets"
            ))
            .help("train it again with `data train-tagger`"));
        }
        let (body, digest) = bytes.split_at(bytes.len().saturating_sub(DIGEST));
        if Sha256::digest(body)[..] != *digest {
            return Err(
                Error::input("the tagger's file was cut off or changed").help("fetch or train it again")
            );
        }
        let (temperature, threshold) = (left.f32()?, left.f32()?);
        let mut recipe = [0; DIGEST];
        recipe.copy_from_slice(left.take(DIGEST)?);
        let personas = (0..personas).map(|_| persona(&mut left, registry)).collect::<Result<Vec<_>>>()?;
        let width = CATEGORIES + personas.len();
        let bias = (0..width).map(|_| left.f32()).collect::<Result<Vec<_>>>()?;
        let weights: Vec<f32> = left
            .take(BUCKETS * width * 2)?
            .chunks_exact(2)
            .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
            .collect();
        let usable = bias.iter().chain(&weights).all(|w| w.is_finite()) && (0.0..=1.0).contains(&threshold);
        if !usable || !temperature.is_finite() || temperature <= 0.0 || left.0.len() != DIGEST {
            return Err(Error::input("the tagger's numbers make no sense").help("train it again"));
        }
        if !personas.is_sorted_by_key(|(_, category)| *category) {
            return Err(Error::input("the tagger's personas are not in the order of their categories"));
        }
        Ok(Self { personas, bias, weights, temperature, threshold, recipe })
    }
}

fn persona(left: &mut Bytes<'_>, registry: &Registry) -> Result<(String, usize)> {
    let head = left.take(2)?;
    let (category, length) = (usize::from(head[0]), usize::from(head[1]));
    let id = String::from_utf8_lossy(left.take(length)?).into_owned();
    let known = registry.get(&id).map(|p| p.category);
    if known.is_none() || known != Category::ALL.get(category).copied() {
        return Err(Error::input(format!("the tagger knows a persona `{id}` of another registry"))
            .known(&id, registry.ids())
            .help("train it again with this registry"));
    }
    Ok((id, category))
}

/// Place of the largest; the first of equals.
pub(super) fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (i, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = i;
        }
    }
    best
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| {
            Error::input("the tagger's file is cut off").help("fetch it again, or train it again")
        })?;
        self.0 = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16> {
        let b = self.take(2)?;
        Ok(u16::from_le_bytes([b[0], b[1]]))
    }

    fn u32(&mut self) -> Result<u32> {
        let b = self.take(4)?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn f32(&mut self) -> Result<f32> {
        Ok(f32::from_bits(self.u32()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Classifier {
        let personas =
            vec![("code_expert".to_owned(), 0), ("poet".to_owned(), 3), ("songwriter".to_owned(), 3)];
        let width = CATEGORIES + personas.len();
        let mut weights = vec![0.0; BUCKETS * width];
        // Bucket 5 speaks for creative and its second persona.
        weights[5 * width + 3] = 2.0;
        weights[5 * width + CATEGORIES + 2] = 1.0;
        let (bias, recipe) = (vec![0.0; width], [7; DIGEST]);
        Classifier { personas, bias, weights, temperature: 2.0, threshold: 0.5, recipe }
    }

    #[test]
    fn the_category_comes_first_and_the_persona_within_it() {
        let classifier = small();
        let guess = classifier.guess(&vec![(5, 1.0)]);
        assert_eq!((guess.category, guess.persona), (3, Some("songwriter")));
        let e = 1f32.exp();
        assert!((guess.confidence - e / (e + 7.0)).abs() < 1e-6);
        assert_eq!(classifier.guess(&vec![]).confidence, 0.125);
    }

    #[test]
    fn the_file_reads_back_and_mistakes_are_told() {
        let registry = Registry::built_in().unwrap();
        let (classifier, bytes) = (small(), small().to_bytes());
        assert_eq!(Classifier::from_bytes(&bytes, &registry).unwrap(), classifier);
        let told = |bytes: &[u8]| Classifier::from_bytes(bytes, &registry).unwrap_err().to_string();
        assert!(told(b"").contains("cut off"));
        assert!(told(b"GGUF    ").contains("no tagger"));
        assert!(told(&bytes[..bytes.len() - 1]).contains("cut off or changed"));
        let mut other = bytes.clone();
        other[10] = 9;
        assert!(told(&other).contains("features 9"));
        other = bytes;
        other[100] ^= 1;
        assert!(told(&other).contains("changed"));
    }
}
