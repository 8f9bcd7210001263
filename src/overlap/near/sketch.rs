//! What is kept of an example: the values of its bands, and the least shingles of what it asks and of what it answers.

use super::bands::Bands;
use super::shingles::shingles;
use crate::splitmix::numbers;

/// Shingles that are kept of either part. Of a part with more, its Jaccard index is an estimate with a standard deviation of
/// √(J(1−J)/64): 0.05 at 0.8.
pub(super) const KEPT: usize = 64;

/// One part's sketch: bottom-k (Broder 1997; Cohen and Kaplan 2007).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Part {
    /// The least hashes of its different shingles, ascending, [`KEPT`] at most.
    pub least: Vec<u32>,
    /// How many different shingles it has.
    pub count: u32,
}

/// An example's sketch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sketch {
    /// A hash for each band, of all shingles together.
    pub(super) bands: Vec<u32>,
    /// What was asked and said before, and the answer.
    pub(super) parts: [Part; 2],
}

impl Sketch {
    /// Whether the texts have no word and no sign at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.count == 0)
    }
}

/// Of two parts, each its least shingles and how many it has: shingles in both, and in either.
pub(super) fn shared(a: (&[u32], u32), b: (&[u32], u32)) -> (f64, f64) {
    let whole = a.1.max(b.1) as usize <= KEPT;
    // Of larger parts the least of the union are all known, as many as are kept of one; beyond them some would be lacking.
    let most = if whole { usize::MAX } else { KEPT };
    let (mut i, mut j, mut both, mut union) = (0, 0, 0, 0);
    while union < most && (i < a.0.len() || j < b.0.len()) {
        union += 1;
        match (a.0.get(i), b.0.get(j)) {
            (Some(x), Some(y)) if x == y => {
                both += 1;
                i += 1;
                j += 1;
            }
            (Some(x), Some(y)) if x < y => i += 1,
            (Some(_), None) => i += 1,
            _ => j += 1,
        }
    }
    let (both, union) = (both as f64, union as f64);
    if whole {
        return (both, union);
    }
    // |A ∪ B| = (|A| + |B|) / (1 + J), for what is in both is counted twice.
    let jaccard = both / union.max(1.0);
    let either = (f64::from(a.1) + f64::from(b.1)) / (1.0 + jaccard);
    (jaccard * either, either)
}

/// Makes sketches.
#[derive(Debug, Clone)]
pub(crate) struct Sketcher {
    bands: Bands,
    /// A permutation of the hashes for each MinHash value: what is added bit by bit, and an odd factor.
    permutations: Vec<(u32, u32)>,
}

/// Room for work, for use again.
#[derive(Debug, Default)]
pub(crate) struct Room {
    words: Vec<u64>,
    shingles: Vec<u32>,
    values: Vec<u32>,
}

impl Sketcher {
    /// For a Jaccard index from which texts count as near-duplicates.
    pub(crate) fn new(threshold: f64) -> Self {
        let bands = Bands::of(threshold);
        // Always from the same start: the same text has the same sketch.
        let mut random = numbers(0).map(|x| (x >> 32) as u32);
        let mut pair = || Some((random.next()?, random.next()? | 1));
        Self { bands, permutations: (0..bands.values()).map_while(|_| pair()).collect() }
    }

    /// How signatures are cut.
    #[cfg(test)]
    fn bands(&self) -> Bands {
        self.bands
    }

    /// The sketch of an example: the texts that ask or were said before, and the answer. No shingle goes from one text into the
    /// next.
    pub(crate) fn sketch<'a>(
        &self,
        asked: impl Iterator<Item = &'a str>,
        answer: &str,
        room: &mut Room,
    ) -> Sketch {
        room.values.clear();
        room.values.resize(self.permutations.len(), u32::MAX);
        room.shingles.clear();
        asked.for_each(|text| shingles(text, &mut room.words, &mut room.shingles));
        let asked = self.part(0, room);
        room.shingles.clear();
        shingles(answer, &mut room.words, &mut room.shingles);
        let answered = self.part(1, room);
        let band = |values: &[u32]| {
            let all = values.iter().fold(0_u64, |hash, value| {
                (hash.rotate_left(29) ^ u64::from(*value)).wrapping_mul(0x9fb2_1c65_1e98_df25)
            });
            (all >> 32) as u32
        };
        let bands = room.values.chunks_exact(self.bands.rows).map(band).collect();
        Sketch { bands, parts: [asked, answered] }
    }

    /// The shingles in the room as a part; they count for the bands.
    fn part(&self, which: u32, room: &mut Room) -> Part {
        // What is asked is another thing than the same words in an answer.
        room.shingles.iter_mut().for_each(|shingle| *shingle = (*shingle & !1) | which);
        room.shingles.sort_unstable();
        room.shingles.dedup();
        for shingle in &room.shingles {
            for (least, (xor, factor)) in room.values.iter_mut().zip(&self.permutations) {
                // The upper bits of the product decide, and they hang on all bits of the hash.
                *least = (*least).min((shingle ^ xor).wrapping_mul(*factor));
            }
        }
        let count = u32::try_from(room.shingles.len()).unwrap_or(u32::MAX);
        Part { least: room.shingles[..room.shingles.len().min(KEPT)].to_vec(), count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_short_parts_is_exact() {
        for (a, b, wanted) in [
            (&[1, 2, 3][..], &[2, 3, 4][..], (2.0, 4.0)),
            (&[], &[], (0.0, 0.0)),
            (&[1], &[], (0.0, 1.0)),
            (&[5, 9], &[5, 9], (2.0, 2.0)),
            (&[1, 2, 3, 4], &[4], (1.0, 4.0)),
        ] {
            let (n, m) = (a.len() as u32, b.len() as u32);
            assert_eq!(shared((a, n), (b, m)), wanted);
            assert_eq!(shared((b, m), (a, n)), wanted);
        }
        // More in either than are looked at for an estimate.
        let (a, b): (Vec<u32>, Vec<u32>) = ((0..60).collect(), (50..110).collect());
        assert_eq!(shared((&a, 60), (&b, 60)), (10.0, 110.0));
    }

    #[test]
    fn the_index_of_long_parts_is_estimated_from_the_least_of_the_union() {
        // 1,000 shingles each, 900 of them in both: 900 of 1,100. Spread evenly by an odd factor.
        let all: Vec<u32> = (1..=1100_u32).map(|n| n.wrapping_mul(0x9e37_79b1)).collect();
        let least = |set: &[u32]| {
            let mut set = set.to_vec();
            set.sort_unstable();
            set.truncate(KEPT);
            set
        };
        let (both, either) = shared((&least(&all[..1000]), 1000), (&least(&all[100..]), 1000));
        assert!((both / either - 900.0 / 1100.0).abs() < 0.15, "{both} of {either}");
        assert!((either - 1100.0).abs() < 100.0, "{either}");
    }

    #[test]
    fn bands_agree_as_often_as_their_theory_says() {
        let sketcher = Sketcher::new(0.5);
        let (mut room, mut agree, mut compared) = (Room::default(), 0, 0);
        let pairs = 400;
        for pair in 0..pairs {
            // 62 words are 60 shingles; with 20 other words at the end 40 of 80 are in both.
            let word = |i: usize| format!("w{pair}x{i}");
            let a: Vec<String> = (0..62).map(word).collect();
            let b: Vec<String> = (20..82).map(word).collect();
            let mut of = |words: &[String]| sketcher.sketch(std::iter::empty(), &words.join(" "), &mut room);
            let (a, b) = (of(&a), of(&b));
            let [_, (x, y)] = [0, 1].map(|i| (&a.parts[i], &b.parts[i]));
            assert_eq!(shared((&x.least, x.count), (&y.least, y.count)), (40.0, 80.0));
            let same = a.bands.iter().zip(&b.bands).filter(|(x, y)| x == y).count();
            agree += same;
            compared += usize::from(same > 0);
        }
        let bands = sketcher.bands();
        let share = agree as f64 / (pairs * bands.count) as f64;
        let wanted = 0.5_f64.powi(bands.rows as i32);
        // Bands of one pair are nearly independent: a standard deviation of 0.003 about 0.125 (three rows) or 0.0625 (four).
        assert!((share / wanted - 1.0).abs() < 0.15, "{share} of {wanted}");
        assert!(compared as f64 >= 0.985 * pairs as f64, "{compared} of {pairs}");
    }
}
