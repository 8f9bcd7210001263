//! Intraclass correlation: how much of a score's variance is that of the rows.

use super::distribution::f_quantile;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// ICC(C,1) with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Intraclass {
    /// The correlation; at most 1, below 0 where rows differ less than chance would have it.
    pub point: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Mean squares of a crossed table with one value a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquares {
    /// Between rows, n − 1 degrees of freedom.
    pub rows: f64,
    /// What neither rows nor columns explain, (n − 1)(k − 1) degrees of freedom.
    pub rest: f64,
}

impl MeanSquares {
    /// Of n rows with k values each, two or more of both.
    ///
    /// # Errors
    /// Fewer than two rows or columns, rows of different lengths, or a value that is not finite.
    pub fn of(table: &[Vec<f64>]) -> Result<Self> {
        let (n, k) = (table.len(), table.first().map_or(0, Vec::len));
        if n < 2 || k < 2 || table.iter().any(|row| row.len() != k) {
            return Err(Error::input(format!("a table of {n} x {k} has no variance between and within"))
                .expected("two rows and two columns or more, every cell filled"));
        }
        if table.iter().flatten().any(|v| !v.is_finite()) {
            return Err(Error::input("a table holds a value that is not finite"));
        }
        let mean = |values: &mut dyn Iterator<Item = f64>, count: usize| values.sum::<f64>() / count as f64;
        let rows: Vec<f64> = table.iter().map(|row| mean(&mut row.iter().copied(), k)).collect();
        let columns: Vec<f64> = (0..k).map(|j| mean(&mut table.iter().map(|row| row[j]), n)).collect();
        let whole = mean(&mut rows.iter().copied(), n);
        let between: f64 = rows.iter().map(|r| (r - whole).powi(2)).sum::<f64>() * k as f64;
        let rest: f64 = table
            .iter()
            .zip(&rows)
            .flat_map(|(row, r)| row.iter().zip(&columns).map(move |(v, c)| (v - r - c + whole).powi(2)))
            .sum();
        Ok(Self { rows: between / (n - 1) as f64, rest: rest / ((n - 1) * (k - 1)) as f64 })
    }

    /// Whether anything differs between rows, or within them by more than columns do.
    pub fn vary(self) -> bool {
        self.rows + self.rest > 0.0
    }

    /// (MS_R − MS_E)/(MS_R + (k − 1)·MS_E) over k columns; 0 for a table without any variance.
    pub fn correlation(self, columns: usize) -> f64 {
        let whole = self.rows + (columns - 1) as f64 * self.rest;
        if whole > 0.0 { (self.rows - self.rest) / whole } else { 0.0 }
    }
}

/// ICC(C,1) of n rows (personas) over k columns (prompts): the consistency of single values in the two-way model, columns crossed
/// with rows (McGraw & Wong 1996, case 3; Shrout & Fleiss's ICC(3,1)), with its F interval at `level`; none where
/// nothing varies.
///
/// # Errors
/// As [`MeanSquares::of`].
pub fn intraclass(table: &[Vec<f64>], level: f64) -> Result<Option<Intraclass>> {
    let squares = MeanSquares::of(table)?;
    let (n, k) = (table.len(), table[0].len());
    if !squares.vary() {
        return Ok(None);
    }
    let point = squares.correlation(k);
    if squares.rest <= 0.0 {
        return Ok(Some(Intraclass { point, low: point, high: point }));
    }
    let ratio = squares.rows / squares.rest;
    let (d1, d2) = ((n - 1) as f64, ((n - 1) * (k - 1)) as f64);
    let upper = 1.0 - (1.0 - level) / 2.0;
    let of = |f: f64| (f - 1.0) / (f + (k - 1) as f64);
    let (low, high) = (of(ratio / f_quantile(upper, d1, d2)), of(ratio * f_quantile(upper, d2, d1)));
    Ok(Some(Intraclass { point, low, high }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By pingouin's `intraclass_corr`, ICC(C,1): `fixtures/golden/metrics/icc.py`.
    #[test]
    fn correlation_and_interval_are_pingouins() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/golden/metrics/icc.json")).unwrap();
        for case in golden["cases"].as_array().unwrap() {
            let table: Vec<Vec<f64>> = serde_json::from_value(case["table"].clone()).unwrap();
            let found = intraclass(&table, 0.95).unwrap().unwrap();
            let expected = |key: &str| case[key].as_f64().unwrap();
            assert!((found.point - expected("icc")).abs() < 1e-9, "{found:?}");
            assert!((found.low - expected("low")).abs() < 1e-6, "{found:?} {case}");
            assert!((found.high - expected("high")).abs() < 1e-6, "{found:?} {case}");
        }
    }

    #[test]
    fn equal_rows_have_none_and_constant_columns_all() {
        let table = vec![vec![1.0, 2.0, 3.0]; 4];
        assert_eq!(MeanSquares::of(&table).unwrap().correlation(3), 0.0);
        let table: Vec<Vec<f64>> = (0..4).map(|i| vec![f64::from(i); 3]).collect();
        assert_eq!(intraclass(&table, 0.95).unwrap().unwrap().point, 1.0);
        assert_eq!(intraclass(&vec![vec![0.3; 4]; 3], 0.95).unwrap(), None, "nothing varies");
        assert!(
            intraclass(&[vec![1.0, 2.0]], 0.95).is_err()
                && intraclass(&[vec![1.0], vec![2.0]], 0.95).is_err()
        );
    }
}
