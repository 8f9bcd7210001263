//! Mean, standard deviation and quantiles.

use crate::error::{Error, Result};

/// Arithmetic mean; 0 for no values.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Sample standard deviation (divisor n − 1); 0 for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let centre = mean(values);
    let squares: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// Quantile by linear interpolation between order statistics (Hyndman & Fan 1996, type 7; NumPy's default).
///
/// # Errors
/// No values, a value that is not a number, or `q` outside 0..=1.
pub fn quantile(values: &[f64], q: f64) -> Result<f64> {
    check_finite("quantile", values)?;
    if values.is_empty() || !(0.0..=1.0).contains(&q) {
        return Err(Error::input(format!("the {q} quantile of {} values is not defined", values.len()))
            .expected("at least one value and a q between 0 and 1"));
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(quantile_of_sorted(&sorted, q))
}

/// Type 7 quantile of ascending values.
pub(super) fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// Refuses values that are not finite; `what` names the statistic.
pub(super) fn check_finite(what: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(place) => Err(Error::input(format!("{what}: value {place} is {}", values[place]))
            .expected("finite numbers")
            .help("a missing score must be left out with its prompt, not passed on as NaN")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_as_numpy_does() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&values, 0.5).expect("defined"), 2.5);
        assert_eq!(quantile(&values, 0.0).expect("defined"), 1.0);
        assert!((quantile(&values, 0.9).expect("defined") - 3.7).abs() < 1e-12);
        assert!(quantile(&[], 0.5).is_err());
        assert!(quantile(&[f64::NAN], 0.5).is_err());
    }

    #[test]
    fn the_standard_deviation_divides_by_n_minus_one() {
        assert!((standard_deviation(&[1.0, 3.0]) - 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(standard_deviation(&[5.0]), 0.0);
    }
}
