//! Cheap features of an example: hashed words, pieces of words and marks, of the answer, of the instruction and of both.
//!
//! Three groups are counted apart: the answer (`output`), the instruction with its input, and words of either. A feature is a
//! lower-cased word, four bytes in a row within a word padded with blanks, a mark, or a line feed. Its bucket is FNV-1a of 64
//! bits (offset basis 14695981039346656037, prime 1099511628211) of the group's letter, the kind's letter and the feature,
//! folded by xor of the upper into the lower half, modulo [`BUCKETS`]. Numbers are one word, for a number says little of a
//! persona. Each group becomes 1 + ln(count), is scaled to length 1 and to the group's weight, and the groups are added.
//! Length itself is no feature: sources differ in it more than personas do.

use super::input::TagInput;

/// Number of buckets, a power of two.
pub const BUCKETS: usize = 8192;
/// Changes whenever the features do: a model that was trained on others is refused.
pub const FEATURES_VERSION: u16 = 1;
/// Bytes of a group that are read; the rest of a long text says the same again.
const MOST_BYTES: usize = 4096;
/// Weights of the answer, the instruction, and words of either.
const WEIGHTS: [f32; 3] = [1.0, 0.7, 1.0];

const OFFSET: u64 = 14_695_981_039_346_656_037;
const PRIME: u64 = 1_099_511_628_211;

/// Buckets with their values, each bucket once.
pub type Sparse = Vec<(u16, f32)>;

/// Counts features; kept between examples so that none allocates.
#[derive(Debug, Clone)]
pub struct Featurizer {
    counts: [Vec<u16>; 3],
    touched: [Vec<u16>; 3],
    values: Vec<f32>,
    seen: Vec<u16>,
    word: Vec<u8>,
}

impl Default for Featurizer {
    fn default() -> Self {
        Self {
            counts: std::array::from_fn(|_| vec![0; BUCKETS]),
            touched: Default::default(),
            values: vec![0.0; BUCKETS],
            seen: Vec::new(),
            word: Vec::new(),
        }
    }
}

impl Featurizer {
    /// The features of an example; `into` is emptied first. Cost: about one hash a byte.
    pub fn features(&mut self, example: &TagInput<'_>, into: &mut Sparse) {
        into.clear();
        self.read(0, example.output);
        self.read(1, example.instruction);
        self.read(1, example.input);
        for (group, group_weight) in WEIGHTS.into_iter().enumerate() {
            let counts = &mut self.counts[group];
            let weigh = |count: u16| LOGS.get(usize::from(count)).copied().unwrap_or_else(|| log_of(count));
            let squares: f32 =
                self.touched[group].iter().map(|b| weigh(counts[usize::from(*b)]).powi(2)).sum();
            let scale = group_weight / squares.sqrt().max(f32::MIN_POSITIVE);
            for bucket in self.touched[group].drain(..) {
                let count = std::mem::take(&mut counts[usize::from(bucket)]);
                let value = &mut self.values[usize::from(bucket)];
                if *value == 0.0 {
                    self.seen.push(bucket);
                }
                *value += scale * weigh(count);
            }
        }
        into.extend(self.seen.drain(..).map(|b| (b, std::mem::take(&mut self.values[usize::from(b)]))));
    }

    fn read(&mut self, group: usize, text: &str) {
        let letter = [b'o', b'i'][group];
        let mut number = false;
        self.word.clear();
        for &byte in text.as_bytes().iter().take(MOST_BYTES) {
            // Bytes of letters beyond ASCII are parts of words: no table of Unicode is needed.
            if byte.is_ascii_alphabetic() || byte == b'\'' || byte >= 0x80 {
                if number {
                    self.end_word(group, letter, &mut number);
                }
                self.word.push(byte.to_ascii_lowercase());
            } else if byte.is_ascii_digit() {
                if !number {
                    self.end_word(group, letter, &mut number);
                    self.word.push(b'#');
                    number = true;
                }
            } else {
                self.end_word(group, letter, &mut number);
                if byte == b'\n' || byte.is_ascii_punctuation() {
                    self.count(group, hash(&[letter, b'm', byte]));
                }
            }
        }
        self.end_word(group, letter, &mut number);
    }

    fn end_word(&mut self, group: usize, letter: u8, number: &mut bool) {
        *number = false;
        if self.word.is_empty() {
            return;
        }
        let mut word = std::mem::take(&mut self.word);
        self.count(group, hash_on(hash(&[letter, b'w']), &word));
        self.count(2, hash_on(hash(b"bw"), &word));
        let start = hash(&[letter, b'c']);
        word.insert(0, b' ');
        word.push(b' ');
        for piece in word.windows(4) {
            self.count(group, hash_on(start, piece));
        }
        word.clear();
        self.word = word;
    }

    fn count(&mut self, group: usize, hash: u64) {
        let bucket = ((hash ^ (hash >> 32)) as usize % BUCKETS) as u16;
        let count = &mut self.counts[group][usize::from(bucket)];
        if *count == 0 {
            self.touched[group].push(bucket);
        }
        *count = count.saturating_add(1);
    }
}

fn hash(bytes: &[u8]) -> u64 {
    hash_on(OFFSET, bytes)
}

fn hash_on(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

fn log_of(count: u16) -> f32 {
    1.0 + f32::from(count.max(1)).ln()
}

/// 1 + ln(count) of small counts, which nearly all are.
static LOGS: std::sync::LazyLock<[f32; 64]> =
    std::sync::LazyLock::new(|| std::array::from_fn(|n| log_of(n as u16)));

#[cfg(test)]
mod tests {
    use super::*;

    fn of(instruction: &str, output: &str) -> Sparse {
        let mut into = Vec::new();
        let example = TagInput { instruction, output, ..TagInput::default() };
        Featurizer::default().features(&example, &mut into);
        into
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_featurizer_leaves_nothing_behind_for_the_next_example() {
        let (mut used, mut into) = (Featurizer::default(), Vec::new());
        used.features(
            &TagInput { instruction: "Añade 12 €!", output: "Sí.\n", ..TagInput::default() },
            &mut into,
        );
        used.features(
            &TagInput { instruction: "How?", output: "Like this.", ..TagInput::default() },
            &mut into,
        );
        assert_eq!(into, of("How?", "Like this."));
        assert!(of("", "").is_empty());
    }

    #[test]
    fn case_and_figures_do_not_count_and_sides_do() {
        assert_eq!(of("SUM 12", "1"), of("sum 7777", "23"));
        assert_ne!(of("sum", "poem"), of("poem", "sum"));
    }
}
