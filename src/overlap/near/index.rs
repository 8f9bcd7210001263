//! Sketches that are kept, and which of them a new one is nearest to.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::bands::Bands;
use super::sketch::{KEPT, Sketch, shared};

/// Sketches that share one band's hash and are compared with a new one: the last so many. Thousands that agree in a band and are
/// no near-duplicates of each other come from a template, and comparing all would take the square of their number.
const MOST_COMPARED: u32 = 128;
/// Sketches whose numbers lie in one piece of the store.
const PIECE: usize = 1 << 16;
/// No sketch.
const NONE: u32 = u32::MAX;

/// The place of a sketch and the Jaccard index with it, of all shingles or of the answers', whichever is less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    /// In the order of insertion, from 0.
    pub place: u32,
    /// 0 to 1.
    pub jaccard: f64,
}

/// Sketches by their bands.
///
/// A sketch takes 4 bytes a shingle that is kept, and about 17 a band.
#[derive(Debug)]
pub(crate) struct NearIndex {
    threshold: f64,
    /// The last sketch with a band's hash, band by band.
    last: Vec<HashMap<u32, u32, BuildHasherDefault<Spread>>>,
    /// The one before with the same hash of the same band: sketch by sketch.
    before: Pieces,
    /// The shingles of each.
    least: Pieces,
    /// Where they begin in their piece, and how many shingles either part has, kept or not.
    spans: Vec<(u32, [u32; 2])>,
    /// How often there were more to compare with than are compared.
    crowded: u64,
}

impl NearIndex {
    /// For a Jaccard index from which texts count as near-duplicates; sketches must be made for the same.
    pub(crate) fn new(threshold: f64) -> Self {
        let bands = Bands::of(threshold).count;
        Self {
            threshold,
            last: vec![HashMap::default(); bands],
            before: Pieces::default(),
            least: Pieces::default(),
            spans: Vec::new(),
            crowded: 0,
        }
    }

    /// Sketches in it.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// How many sketches were compared with a part only of those that shared a band with them.
    #[cfg_attr(not(feature = "data"), allow(dead_code, reason = "only the data commands ask for it"))]
    pub(crate) fn crowded(&self) -> u64 {
        self.crowded
    }

    /// The most similar one at or above the threshold, as a whole and in its answer; of equals the first. None for an example
    /// without words.
    pub(crate) fn nearest(&mut self, sketch: &Sketch) -> Option<Near> {
        if sketch.is_empty() {
            return None;
        }
        let mut candidates = Vec::new();
        let mut crowded = false;
        for (band, (last, hash)) in self.last.iter().zip(&sketch.bands).enumerate() {
            let mut at = last.get(hash).copied().unwrap_or(NONE);
            let mut compared = 0;
            while at != NONE {
                if compared == MOST_COMPARED {
                    crowded = true;
                    break;
                }
                compared += 1;
                candidates.push(at);
                at = self.before(at)[band];
            }
        }
        self.crowded += u64::from(crowded);
        candidates.sort_unstable();
        candidates.dedup();
        let mut best: Option<Near> = None;
        for place in candidates {
            let jaccard = self.jaccard(sketch, place);
            if jaccard >= self.threshold && best.is_none_or(|best| jaccard > best.jaccard) {
                best = Some(Near { place, jaccard });
            }
        }
        best
    }

    /// Adds one, and says its place.
    pub(crate) fn insert(&mut self, sketch: &Sketch) -> u32 {
        // Two to the 32 sketches do not fit any memory; the last place means none.
        let place = u32::try_from(self.len()).unwrap_or(NONE - 1);
        let mut before = Vec::with_capacity(self.last.len());
        for (last, hash) in self.last.iter_mut().zip(&sketch.bands) {
            before.push(last.insert(*hash, place).unwrap_or(NONE));
        }
        self.before.push(place, &before);
        let [asked, answer] = &sketch.parts;
        let start = self.least.push(place, &[&asked.least[..], &answer.least].concat());
        self.spans.push((start, [asked.count, answer.count]));
        place
    }

    fn before(&self, place: u32) -> &[u32] {
        let bands = self.last.len();
        self.before.get(place, place as usize % PIECE * bands, bands)
    }

    /// The Jaccard index with a kept sketch: of all shingles, or of those of the answers, if that is less.
    fn jaccard(&self, sketch: &Sketch, place: u32) -> f64 {
        let (start, counts) = self.spans[place as usize];
        let kept = counts.map(|count| (count as usize).min(KEPT));
        let least = self.least.get(place, start as usize, kept[0] + kept[1]);
        let (asked, answer) = least.split_at(kept[0]);
        let of = |part: usize, other: &[u32]| {
            let own = &sketch.parts[part];
            shared((&own.least, own.count), (other, counts[part]))
        };
        let ((asked, asked_either), (answers, answers_either)) = (of(0, asked), of(1, answer));
        let share = |both: f64, either: f64| if either > 0.0 { both / either } else { 1.0 };
        share(asked + answers, asked_either + answers_either).min(share(answers, answers_either))
    }
}

/// Numbers in pieces, so that growing copies little.
#[derive(Debug, Default)]
struct Pieces {
    pieces: Vec<Vec<u32>>,
}

impl Pieces {
    /// Adds the numbers of a sketch, and says where they begin in its piece.
    fn push(&mut self, place: u32, numbers: &[u32]) -> u32 {
        let piece = place as usize / PIECE;
        if piece == self.pieces.len() {
            // The piece before is full.
            self.pieces.last_mut().into_iter().for_each(Vec::shrink_to_fit);
            self.pieces.push(Vec::new());
        }
        let start = self.pieces[piece].len();
        self.pieces[piece].extend_from_slice(numbers);
        // At most 65,536 sketches of 128 numbers.
        u32::try_from(start).unwrap_or(u32::MAX)
    }

    fn get(&self, place: u32, start: usize, count: usize) -> &[u32] {
        &self.pieces[place as usize / PIECE][start..start + count]
    }
}

/// A hash is one already; its bits are spread, for the table takes the upper ones too.
#[derive(Debug, Clone, Copy, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, n: u32) {
        self.0 = (self.0 ^ u64::from(n)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sketcher;
    use super::*;

    fn index(texts: &[String]) -> (NearIndex, Vec<Sketch>) {
        let sketcher = Sketcher::new(0.8);
        let mut room = Default::default();
        let of = |text: &String| sketcher.sketch(std::iter::empty(), text, &mut room);
        let sketches: Vec<Sketch> = texts.iter().map(of).collect();
        let mut index = NearIndex::new(0.8);
        sketches.iter().for_each(|sketch| _ = index.insert(sketch));
        (index, sketches)
    }

    fn text(salt: usize, words: std::ops::Range<usize>) -> String {
        words.map(|i| format!("w{salt}x{i}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_most_similar_one_is_found_and_none_below_the_threshold() {
        let mut texts: Vec<String> = (0..3).map(|salt| text(salt, 0..62)).collect();
        // 60 shingles; with 5 others at either end 55 of 65 are in both: 0.846. With 8: 52 of 68, 0.765.
        texts.extend([text(1, 5..67), text(2, 8..70), String::new(), text(1, 2..64)]);
        let (mut index, sketches) = index(&texts);
        assert_eq!(index.nearest(&sketches[0]), Some(Near { place: 0, jaccard: 1.0 }));
        let mut alone = NearIndex::new(0.8);
        let mut seen = Vec::new();
        for sketch in &sketches {
            let near = alone.nearest(sketch);
            seen.push(near.map(|near| (near.place, (near.jaccard * 1000.0).round())));
            if near.is_none() {
                alone.insert(sketch);
            }
        }
        // The last one is nearer to the first (58 of 62) than to the one that was not kept.
        assert_eq!(seen, [None, None, None, Some((1, 846.0)), None, None, Some((1, 935.0))]);
        assert_eq!((alone.len(), alone.crowded()), (5, 0));
    }

    #[test]
    fn many_that_share_a_band_are_not_all_compared_and_that_is_counted() {
        // All words but one are the same: 0.9 with each other.
        let texts: Vec<String> = (0..600).map(|i| format!("{} only{i}", text(0, 0..62))).collect();
        let (mut index, sketches) = index(&texts);
        assert_eq!(index.nearest(&sketches[599]).map(|near| near.place), Some(599));
        assert_eq!(index.crowded(), 1);
    }

    /// Of the golden examples, those that are like an earlier one: `fixtures/golden/near/make.py` counted all pairs.
    #[test]
    fn nearly_all_are_found_that_brute_force_finds() {
        let texts: Vec<serde_json::Value> = include_str!("../../../fixtures/golden/near/texts.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../../fixtures/golden/near/expected.json")).unwrap();
        for (threshold, least) in [(0.5, 300), (0.8, 150), (0.9, 90)] {
            let sketcher = Sketcher::new(threshold);
            let (mut index, mut room) = (NearIndex::new(threshold), Default::default());
            let mut told = Vec::new();
            for text in &texts {
                let [asked, answer] = ["instruction", "output"].map(|key| text[key].as_str().unwrap());
                let sketch = sketcher.sketch([asked].into_iter(), answer, &mut room);
                told.push(index.nearest(&sketch).is_some());
                index.insert(&sketch);
            }
            let like = |pair: &&serde_json::Value| pair[2].as_f64().unwrap() >= threshold;
            let wanted: std::collections::BTreeSet<u64> = golden["pairs"]
                .as_array()
                .unwrap()
                .iter()
                .filter(like)
                .map(|p| p[1].as_u64().unwrap())
                .collect();
            assert!(wanted.len() >= least, "{} at {threshold}", wanted.len());
            let found = wanted.iter().filter(|row| told[**row as usize]).count();
            let recall = found as f64 / wanted.len() as f64;
            println!("{threshold}: {found} of {}", wanted.len());
            // Long texts right at the threshold may be estimated to be below it.
            assert!(recall >= 0.97, "{recall} at {threshold}");
        }
    }

    #[test]
    fn sketches_of_every_piece_are_found() {
        let count = PIECE + 10;
        let texts: Vec<String> = (0..count).map(|i| text(i, 0..4)).collect();
        let (mut index, sketches) = index(&texts);
        for place in [0, 1, PIECE - 1, PIECE, count - 1] {
            let near = index.nearest(&sketches[place]).unwrap();
            assert_eq!((near.place as usize, near.jaccard), (place, 1.0));
        }
    }
}
