//! Readability indices: how many years of school, or what ease, the lengths of words and sentences ask for.

/// What readability is made of, counted in one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    /// Words.
    pub words: f64,
    /// Sentences.
    pub sentences: f64,
    /// Letters and digits.
    pub letters: f64,
    /// Characters that are not white space.
    pub characters: f64,
    /// Syllables.
    pub syllables: f64,
    /// Words of three syllables or more.
    pub polysyllables: f64,
}

/// Sentences below which SMOG is absent; McLaughlin normed it on 30, and scales fewer to as many.
const LEAST_SENTENCES: f64 = 3.0;

impl Counts {
    fn any(&self) -> bool {
        self.words > 0.0 && self.sentences > 0.0
    }

    /// Flesch reading ease (Flesch 1948): 206.835 − 1.015·words/sentence − 84.6·syllables/word; up to 121.22, the
    /// higher the easier. Absent without words, as the others are.
    pub fn flesch_reading_ease(&self) -> Option<f64> {
        self.any().then(|| 206.835 - 1.015 * self.words / self.sentences - 84.6 * self.syllables / self.words)
    }

    /// Flesch–Kincaid grade (Kincaid et al. 1975): 0.39·words/sentence + 11.8·syllables/word − 15.59, in US school
    /// years; from −3.4 on.
    pub fn flesch_kincaid_grade(&self) -> Option<f64> {
        self.any().then(|| 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59)
    }

    /// SMOG grade (McLaughlin 1969): 1.043·√(30·polysyllables/sentences) + 3.1291, in US school years; from 3.13 on.
    ///
    /// Normed on 30 sentences; of fewer, it scales what it finds, and below three it is absent.
    pub fn smog(&self) -> Option<f64> {
        (self.any() && self.sentences >= LEAST_SENTENCES)
            .then(|| 1.043 * (30.0 * self.polysyllables / self.sentences).sqrt() + 3.1291)
    }

    /// Coleman–Liau index (Coleman & Liau 1975): 0.058·L − 0.296·S − 15.8, with L letters and S sentences
    /// in 100 words; in US school years.
    pub fn coleman_liau(&self) -> Option<f64> {
        self.any().then(|| {
            0.058 * 100.0 * self.letters / self.words - 0.296 * 100.0 * self.sentences / self.words - 15.8
        })
    }

    /// Automated readability index (Smith & Senter 1967): 4.71·characters/words + 0.5·words/sentences − 21.43, in US
    /// school years.
    pub fn automated_readability(&self) -> Option<f64> {
        self.any().then(|| 4.71 * self.characters / self.words + 0.5 * self.words / self.sentences - 21.43)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_readability_and_two_sentences_have_no_smog() {
        let none = Counts {
            words: 0.0,
            sentences: 0.0,
            letters: 0.0,
            characters: 3.0,
            syllables: 0.0,
            polysyllables: 0.0,
        };
        assert_eq!((none.flesch_reading_ease(), none.smog(), none.coleman_liau()), (None, None, None));
        let two = Counts {
            words: 10.0,
            sentences: 2.0,
            letters: 40.0,
            characters: 44.0,
            syllables: 15.0,
            polysyllables: 2.0,
        };
        assert_eq!(two.smog(), None);
        assert!(
            (Counts { sentences: 3.0, ..two }.smog().expect("three") - (1.043 * 20f64.sqrt() + 3.1291)).abs()
                < 1e-12
        );
    }

    #[test]
    fn coleman_liau_counts_in_hundreds_of_words() {
        let counts = Counts {
            words: 100.0,
            sentences: 5.0,
            letters: 450.0,
            characters: 480.0,
            syllables: 150.0,
            polysyllables: 9.0,
        };
        // 0.058·450 − 0.296·5 − 15.8
        assert!((counts.coleman_liau().expect("words") - 8.82).abs() < 1e-9);
    }
}
