//! A number as a plan writes it, as exact as it is written.

use serde::{Serialize, Serializer};

use crate::document::Field;
use crate::error::Result;
use crate::list::grouped;

/// A number with what it leaves open.
///
/// `4,473` is exact; `50k` is known to half a thousand, `3.4M` to half of 0.1 M; `~237k` and `~237,000` to one of their last
/// place that is not 0; `57+` has no upper end; `1-1.5M` lies between its ends. Two such numbers contradict each other where no
/// value could be both.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// The least it can mean.
    pub low: f64,
    /// The most it can mean; infinite where it says "or more".
    pub high: f64,
    /// As it is written.
    pub text: String,
}

/// A part of a number: its value, and what one of its last place is worth.
struct Digits {
    value: f64,
    unit: f64,
    scale: Option<f64>,
}

impl Stated {
    /// A number in TOML, or as text.
    ///
    /// # Errors
    /// Neither, or less than 0.
    pub fn from_field(field: &Field) -> Result<Self> {
        let wrong = |text: &str| {
            field
                .error(format!("`{text}` is no number"))
                .expected("e.g. 4473, \"4,473\", \"50k\", \"~3.4M\", \"1-1.5M\" or \"57+\", from 0")
        };
        if field.is_text() {
            let text = field.text()?;
            return Self::parse(text).ok_or_else(|| wrong(text));
        }
        let n = field.count_in(0..=usize::MAX)? as u64;
        Ok(Self::exact(n))
    }

    /// An exact number.
    #[allow(clippy::cast_precision_loss)]
    pub fn exact(n: u64) -> Self {
        Self { low: n as f64, high: n as f64, text: grouped(n) }
    }

    fn parse(text: &str) -> Option<Self> {
        let bare = text.trim();
        let (about, bare) = bare.strip_prefix('~').map_or((false, bare), |rest| (true, rest));
        let bare = bare.strip_prefix('+').unwrap_or(bare);
        let (open, bare) = bare.strip_suffix('+').map_or((false, bare), |rest| (true, rest));
        let (low, high) = match bare.split_once(['-', '–']) {
            Some((from, to)) => {
                let (from, to) = (digits(from)?, digits(to)?);
                // `5.5-6M` means millions at both ends.
                let scale = if from.scale.is_none() { to.scale.unwrap_or(1.0) } else { 1.0 };
                let slack = if about { (from.unit * scale).min(to.unit) } else { 0.0 };
                (from.value * scale - slack, to.value + slack)
            }
            None => {
                let one = digits(bare)?;
                let slack = match (about, one.scale) {
                    (true, Some(_)) => one.unit,
                    (true, None) => last_place(one.value),
                    (false, Some(_)) => one.unit / 2.0,
                    (false, None) => 0.0,
                };
                (one.value - slack, one.value + slack)
            }
        };
        let high = if open { f64::INFINITY } else { high };
        (low <= high).then(|| Self { low: low.max(0.0), high, text: text.trim().to_owned() })
    }

    /// The sum of several.
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Stated>) -> Self {
        let ends = all.into_iter().fold((0.0, 0.0), |(low, high), s| (low + s.low, high + s.high));
        Self::between(ends.0, ends.1)
    }

    /// A number that was worked out.
    pub fn between(low: f64, high: f64) -> Self {
        let middle = if high.is_finite() { f64::midpoint(low, high) } else { low };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let text = grouped(middle.round().max(0.0) as u64);
        Self { low, high, text }
    }

    /// Whether some value could be both.
    pub fn agrees(&self, other: &Stated) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// The value it is written for.
    pub fn middle(&self) -> f64 {
        if self.high.is_finite() { f64::midpoint(self.low, self.high) } else { self.low }
    }
}

fn digits(text: &str) -> Option<Digits> {
    let text = text.trim();
    let (number, scale) = match text.strip_suffix(['k', 'K']) {
        Some(rest) => (rest, Some(1e3)),
        None => match text.strip_suffix(['m', 'M']) {
            Some(rest) => (rest, Some(1e6)),
            None => (text, None),
        },
    };
    let number = number.replace([',', '_'], "");
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let decimals = number.split_once('.').map_or(0, |(_, d)| d.len().min(9));
    let value: f64 = number.parse().ok().filter(|_| plain)?;
    let unit = scale.unwrap_or(1.0) / 10f64.powi(i32::try_from(decimals).ok()?);
    Some(Digits { value: value * scale.unwrap_or(1.0), unit, scale })
}

/// What one of the last place that is not 0 is worth.
fn last_place(value: f64) -> f64 {
    let mut place = 1.0;
    while value >= place * 10.0 && value % (place * 10.0) == 0.0 {
        place *= 10.0;
    }
    place
}

/// In JSON as it is written.
impl Serialize for Stated {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Stated;

    #[test]
    fn a_number_is_as_exact_as_it_is_written() {
        for (text, low, high) in [
            ("4,473", 4473.0, 4473.0),
            ("50k", 49_500.0, 50_500.0),
            ("+300k", 299_500.0, 300_500.0),
            ("3.4M", 3_350_000.0, 3_450_000.0),
            ("~237k", 236_000.0, 238_000.0),
            ("~237,000", 236_000.0, 238_000.0),
            ("~98,000", 97_000.0, 99_000.0),
            ("57+", 57.0, f64::INFINITY),
            ("550k+", 549_500.0, f64::INFINITY),
            ("1-1.5M", 1_000_000.0, 1_500_000.0),
            ("~5.5-6M", 5_400_000.0, 6_100_000.0),
            ("900k-1M", 900_000.0, 1_000_000.0),
        ] {
            let stated = Stated::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert!((stated.low - low).abs() < 1e-6, "{text}: {}", stated.low);
            assert!(stated.high == high || (stated.high - high).abs() < 1e-6, "{text}: {}", stated.high);
        }
        for text in ["", "k", "-5", "five", "1e9", "6-5M", "nan", "1.2.3"] {
            assert!(Stated::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn numbers_contradict_each_other_where_no_value_could_be_both() {
        let stated = |text: &str| Stated::parse(text).unwrap();
        // Five parts of 674 k, each known to half a thousand: 675 k can be meant.
        let parts = ["350k", "107k", "100k", "97k", "20k"].map(stated);
        assert!(Stated::sum(&parts).agrees(&stated("675k")));
        assert!(!stated("~237k").agrees(&stated("164,473")));
        assert_eq!(Stated::sum(&[stated("4,473"), stated("160k")]).text, "164,473");
    }
}
