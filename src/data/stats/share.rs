//! Shares that targets name, exact to a hundredth of a per cent.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::document::Field;
use crate::error::Result;

/// A share in hundredths of a per cent, so that what is needed comes out in whole examples and not in roundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

/// The shares that are allowed, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The least.
    pub low: Share,
    /// The most.
    pub high: Share,
}

/// Hundredths of a per cent in a whole.
const WHOLE: u32 = 10_000;

impl Share {
    /// Everything.
    pub const WHOLE: Share = Share(WHOLE);

    /// A share of so many hundredths of a per cent.
    pub fn hundredths(n: u32) -> Self {
        Self(n.min(WHOLE))
    }

    /// A share given in per cent.
    ///
    /// # Errors
    /// Less than 0, more than 100, or more than two decimals.
    pub fn from_field(field: &Field) -> Result<Self> {
        let percent = field.number_in(0.0..=100.0)?;
        let hundredths = percent * 100.0;
        if (hundredths - hundredths.round()).abs() > 1e-6 {
            return Err(field.error(format!("`{percent}` has too many decimals")).expected("two at most"));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(Self(hundredths.round() as u32))
    }

    /// In hundredths of a per cent.
    pub fn as_hundredths(self) -> u32 {
        self.0
    }

    /// As a number from 0 to 1.
    pub fn value(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// The least number of examples that is this share of `n`.
    pub fn of(self, n: u64) -> u64 {
        whole((u128::from(self.0) * u128::from(n)).div_ceil(u128::from(WHOLE)))
    }

    /// The least x with n + x ≥ share · (total + x): x = ⌈(share · total − n) / (1 − share)⌉. None where nothing else may
    /// be there, and is.
    pub fn to_reach(self, n: u64, total: u64) -> Option<u64> {
        let missing =
            (u128::from(self.0) * u128::from(total)).saturating_sub(u128::from(WHOLE) * u128::from(n));
        match u128::from(WHOLE - self.0) {
            _ if missing == 0 => Some(0),
            0 => None,
            rest => Some(whole(missing.div_ceil(rest))),
        }
    }

    /// The least y with n − y ≤ share · (total − y): y = ⌈(n − share · total) / (1 − share)⌉.
    pub fn to_come_down(self, n: u64, total: u64) -> u64 {
        let more = (u128::from(WHOLE) * u128::from(n)).saturating_sub(u128::from(self.0) * u128::from(total));
        match u128::from(WHOLE - self.0) {
            0 => 0,
            rest => whole(more.div_ceil(rest)).min(n),
        }
    }

    /// How `n` of `total` stands to it.
    pub fn compare(self, n: u64, total: u64) -> std::cmp::Ordering {
        (u128::from(WHOLE) * u128::from(n)).cmp(&(u128::from(self.0) * u128::from(total)))
    }
}

fn whole(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Range {
    /// `[low, high]` in per cent, or one number.
    ///
    /// # Errors
    /// No number or pair of numbers from 0 to 100, the first not above the second.
    pub fn from_field(field: &Field) -> Result<Self> {
        let Ok(ends) = field.list() else {
            let only = Share::from_field(field)?;
            return Ok(Self { low: only, high: only });
        };
        let [low, high] = ends else {
            return Err(field
                .error(format!("{} numbers", ends.len()))
                .expected("[least, most], in per cent"));
        };
        let range = Self { low: Share::from_field(low)?, high: Share::from_field(high)? };
        if range.low > range.high {
            return Err(field
                .error(format!("the least, {}, is above the most, {}", range.low, range.high))
                .expected("[least, most], in per cent"));
        }
        Ok(range)
    }

    /// Whether `n` of `total` is in it, or on which side it lies.
    pub fn compare(self, n: u64, total: u64) -> std::cmp::Ordering {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match (self.low.compare(n, total), self.high.compare(n, total)) {
            (Less, _) => Less,
            (_, Greater) => Greater,
            _ => Equal,
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", f64::from(self.0) / 100.0)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.low == self.high {
            true => write!(f, "{}", self.low),
            false => write!(f, "{}–{}", f64::from(self.low.0) / 100.0, self.high),
        }
    }
}

/// In JSON a number from 0 to 1, as every share.
impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn what_is_missing_and_what_is_too_much_comes_out_in_whole_examples() {
        let quarter = Share::hundredths(2500);
        // 10 of 100: (25 − 10) / 0.75 = 20, and 30 of 120 is a quarter.
        assert_eq!(quarter.to_reach(10, 100), Some(20));
        // 11 of 100: 14 / 0.75 = 18.67, so 19: 30 of 119.
        assert_eq!(quarter.to_reach(11, 100), Some(19));
        assert_eq!(quarter.to_reach(25, 100), Some(0));
        assert_eq!(Share::WHOLE.to_reach(1, 2), None);
        // 40 of 100: 15 / 0.75 = 20, and 20 of 80 is a quarter.
        assert_eq!(quarter.to_come_down(40, 100), 20);
        // 41 of 100: 16 / 0.75 = 21.33, so 22: 19 of 78 is less, 20 of 79 would be more.
        assert_eq!(quarter.to_come_down(41, 100), 22);
        assert_eq!((quarter.to_come_down(5, 100), quarter.of(101)), (0, 26));
        assert_eq!(Share::hundredths(0).to_come_down(7, 100), 7);
    }

    #[test]
    fn the_ends_of_a_range_belong_to_it() {
        let range = Range { low: Share::hundredths(1000), high: Share::hundredths(2000) };
        let sides = [99, 100, 200, 201].map(|n| range.compare(n, 1000));
        assert_eq!(sides, [Less, Equal, Equal, Greater]);
        assert_eq!(range.to_string(), "10–20 %");
        assert_eq!(Range { low: Share::hundredths(1250), ..range }.to_string(), "12.5–20 %");
    }
}
