//! Bins of an answer's length in words.

use serde::{Deserialize, Serialize};

/// How many words an answer has: what white space parts. Each bin holds both its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LengthBin {
    /// No word.
    #[serde(rename = "0")]
    None,
    /// A word or a short sentence.
    #[serde(rename = "1-9")]
    From1,
    /// A sentence.
    #[serde(rename = "10-19")]
    From10,
    /// Some sentences.
    #[serde(rename = "20-49")]
    From20,
    /// A paragraph.
    #[serde(rename = "50-99")]
    From50,
    /// Some paragraphs.
    #[serde(rename = "100-199")]
    From100,
    /// A page.
    #[serde(rename = "200-499")]
    From200,
    /// More.
    #[serde(rename = "500+")]
    From500,
}

impl LengthBin {
    /// All bins, shortest first.
    pub const ALL: [LengthBin; 8] = [
        LengthBin::None,
        LengthBin::From1,
        LengthBin::From10,
        LengthBin::From20,
        LengthBin::From50,
        LengthBin::From100,
        LengthBin::From200,
        LengthBin::From500,
    ];

    /// The least number of words in it.
    pub fn least(self) -> u64 {
        [0, 1, 10, 20, 50, 100, 200, 500][self as usize]
    }

    /// Its name in a count file.
    pub fn id(self) -> &'static str {
        ["0", "1-9", "10-19", "20-49", "50-99", "100-199", "200-499", "500+"][self as usize]
    }

    /// The bin of a number of words.
    pub fn of(words: u64) -> Self {
        Self::ALL.into_iter().rev().find(|bin| bin.least() <= words).unwrap_or(LengthBin::None)
    }
}

#[cfg(test)]
mod tests {
    use super::LengthBin;

    #[test]
    fn bins_hold_both_their_ends_and_read_back() {
        for (words, bin) in
            [(0, "0"), (1, "1-9"), (9, "1-9"), (10, "10-19"), (499, "200-499"), (500, "500+"), (9999, "500+")]
        {
            assert_eq!(LengthBin::of(words).id(), bin, "{words}");
        }
        for bin in LengthBin::ALL {
            assert_eq!(serde_json::to_string(&bin).unwrap(), format!("\"{}\"", bin.id()));
            assert_eq!(LengthBin::of(bin.least()), bin);
        }
    }
}
