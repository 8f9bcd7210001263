//! SplitMix64: numbers that look drawn at random and hang on nothing but their seed.

/// The difference of two states that follow each other.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer (Steele, Lea and Flood 2014): each number has one image, and no pattern is left.
pub(crate) fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The whole generator.
#[cfg_attr(not(any(feature = "data", test)), allow(dead_code, reason = "only the data commands draw many"))]
pub(crate) fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    (1_u64..).map(move |n| mixed(seed.wrapping_add(STEP.wrapping_mul(n))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        // The first ones of the authors' own program (splitmix64.c, Vigna 2015) with the seed 1234567.
        let wanted = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(numbers(1_234_567).take(3).collect::<Vec<_>>(), wanted);
    }
}
