//! Quantiles of the normal, of Student's t and of the F distribution.

/// Standard normal quantile for 0 < p < 1, to about 1e-16 relative.
///
/// Wichura (1988), Algorithm AS 241, PPND16. Gives ∓∞ at 0 and 1.
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_545,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_7e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let tail = if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    };
    tail.copysign(q)
}

/// P(Z > z) of the standard normal for z ≥ 1, to about 1e-12 relative, by the continued fraction of Mills' ratio
/// (Abramowitz & Stegun 1964, 26.2.14).
pub(super) fn normal_upper_tail(z: f64) -> f64 {
    // It converges the faster, the larger z is.
    let terms = 20 + (400.0 / (z * z)) as i32;
    let fraction = (1..=terms).rev().fold(z, |below, k| z + f64::from(k) / below);
    (-0.5 * z * z).exp() / (std::f64::consts::TAU.sqrt() * fraction)
}

/// Student's t quantile for 0 < p < 1 and `freedom` ≥ 1 degrees of freedom, to about 1e-10.
///
/// Bisection on the distribution function, which is a regularised incomplete beta function.
pub fn student_quantile(p: f64, freedom: f64) -> f64 {
    if p == 0.5 {
        return 0.0;
    }
    if p <= 0.0 || p >= 1.0 {
        return normal_quantile(p);
    }
    let upper_tail = p.min(1.0 - p);
    let (mut low, mut high) = (0.0, 1.0);
    while student_upper_tail(high, freedom) > upper_tail {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if student_upper_tail(middle, freedom) > upper_tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    (0.5 * (low + high)).copysign(p - 0.5)
}

/// P(T > t) of Student's t distribution for t ≥ 0 and `freedom` ≥ 1 degrees of freedom.
pub fn student_upper_tail(t: f64, freedom: f64) -> f64 {
    0.5 * regularised_beta(freedom / (freedom + t * t), 0.5 * freedom, 0.5)
}

/// Quantile of the F distribution with `d1` and `d2` degrees of freedom, for 0 < p < 1, to about 1e-10 relative.
///
/// Bisection: P(F ≤ x) is the regularised incomplete beta function at d1·x/(d1·x + d2).
pub(super) fn f_quantile(p: f64, d1: f64, d2: f64) -> f64 {
    let below = |x: f64| regularised_beta(d1 * x / (d1 * x + d2), 0.5 * d1, 0.5 * d2);
    let (mut low, mut high) = (0.0, 1.0);
    while below(high) < p && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if below(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Regularised incomplete beta function I_x(a, b) (Press et al., Numerical Recipes, §6.4).
fn regularised_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

/// Continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let keep = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / keep(1.0 + term * d);
            c = keep(1.0 + term / c);
            value *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// ln Γ(x) for x > 0 (Lanczos, g = 7, nine terms).
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let series =
        TERMS[1..].iter().enumerate().fold(TERMS[0], |sum, (i, term)| sum + term / (x + i as f64 + 1.0));
    let t = x + G + 0.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + series.ln()
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_match_the_tables() {
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-13);
        assert!((normal_quantile(1e-10) + 6.361_340_902_404_056).abs() < 1e-11);
        assert_eq!(normal_quantile(0.5), 0.0);
    }

    #[test]
    fn normal_tails_are_the_quantiles_turned_round() {
        for z in [1.0, 1.959_963_984_540_054, 4.0, 8.0] {
            assert!((normal_quantile(normal_upper_tail(z)) + z).abs() < 1e-9, "{z}");
        }
    }

    #[test]
    fn student_quantiles_match_the_tables() {
        for (freedom, expected) in [(1.0, 12.706_204_736), (5.0, 2.570_581_836), (15.0, 2.131_449_546)] {
            let found = student_quantile(0.975, freedom);
            assert!((found - expected).abs() < 1e-8, "{freedom}: {found}");
            assert!((student_quantile(0.025, freedom) + expected).abs() < 1e-8);
        }
        assert!((student_quantile(0.975, 1e6) - 1.959_966).abs() < 1e-5);
    }
}
