//! Checked matrices: finite points, unit vectors, centring and scaling.

use std::ops::Deref;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::{Labels, Scale};
use crate::error::{Error, Result};

/// Below this share of a row's length, what centring leaves is rounding, not direction.
const SMALLEST_SHARE: f64 = 1e-6;

/// A finite n × d matrix with n ≥ 1 and d ≥ 1; rows are responses.
#[derive(Debug, Clone, PartialEq)]
pub struct Points(Array2<f32>);

impl Points {
    /// Checks and takes the matrix; its rows become contiguous.
    ///
    /// # Errors
    /// No rows, no columns, or a value that is NaN or infinite (the row and column are named).
    pub fn new(matrix: Array2<f32>) -> Result<Self> {
        let (n, d) = matrix.dim();
        if n == 0 || d == 0 {
            return Err(Error::input(format!("the vectors are an empty {n} x {d} matrix"))
                .expected("at least one row and one column"));
        }
        let matrix =
            if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() };
        let values = matrix.as_slice().expect("the layout was made standard above");
        let bad = values.par_chunks(d).position_first(|row| !all_finite(row));
        if let Some(row) = bad {
            let column = values[row * d..].iter().position(|v| !v.is_finite()).unwrap_or(0);
            return Err(Error::input(format!(
                "vector {row} has {} in column {column}",
                matrix[[row, column]]
            ))
            .expected("finite numbers only")
            .help("leave a missing response out altogether, with its label"));
        }
        Ok(Self(matrix))
    }

    /// The matrix, n × d.
    pub fn view(&self) -> ArrayView2<'_, f32> {
        self.0.view()
    }

    /// Row `i`, d values.
    pub fn row(&self, i: usize) -> ArrayView1<'_, f32> {
        self.0.row(i)
    }

    /// All values, row by row: n·d.
    pub(super) fn as_flat(&self) -> &[f32] {
        self.0.as_slice().expect("`new` makes the layout standard and nothing changes it")
    }

    /// Number of rows n.
    pub fn rows(&self) -> usize {
        self.0.nrows()
    }

    /// Number of columns d.
    pub fn dimensions(&self) -> usize {
        self.0.ncols()
    }

    /// The matrix itself, n × d.
    pub fn into_inner(self) -> Array2<f32> {
        self.0
    }

    /// Rows scaled to Euclidean length 1.
    ///
    /// # Errors
    /// A zero row has no direction; the row is named.
    pub fn normalised(&self) -> Result<UnitVectors> {
        unit_rows(self.0.mapv(f64::from), &vec![0.0; self.rows()], "the zero vector")
    }

    /// Column means subtracted within each label of `by`, not renormalised: n × d.
    ///
    /// With prompts this removes topic: from each response its prompt's mean over personas. The mean is over the
    /// rows present and uses no persona label, so permuting personas within prompts leaves the result as it is.
    ///
    /// # Errors
    /// Another number of labels than rows.
    pub fn centred(&self, by: &Labels) -> Result<Points> {
        Points::new(self.centred_f64(by)?.mapv(|v| v as f32))
    }

    /// [`Points::centred`], then rows scaled to length 1: what identification works on.
    ///
    /// # Errors
    /// Another number of labels than rows, or a row that equals its label's mean (a prompt with one response, or
    /// with equal responses): it has no direction left, and the row is named.
    pub fn centred_unit(&self, by: &Labels) -> Result<UnitVectors> {
        let norms: Vec<f64> = self.0.rows().into_iter().map(|r| norm(&r.mapv(f64::from))).collect();
        let what = format!("equal to the mean of its {}", by.what());
        unit_rows(self.centred_f64(by)?, &norms, &what)
    }

    /// As [`Points::centred_unit`], but a row that equals its label's mean stays the zero vector and is listed: it is
    /// as near to every persona as to any, so a classifier names it no better than chance.
    ///
    /// # Errors
    /// Another number of labels than rows.
    pub fn centred_directions(&self, by: &Labels) -> Result<(UnitVectors, Vec<usize>)> {
        let mut matrix = self.centred_f64(by)?;
        let mut without = Vec::new();
        for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
            let length = norm(&row.to_owned());
            if length <= SMALLEST_SHARE * norm(&self.0.row(i).mapv(f64::from)) {
                without.push(i);
                row.fill(0.0);
            } else {
                row /= length;
            }
        }
        Ok((UnitVectors(Points(matrix.mapv(|v| v as f32))), without))
    }

    /// Columns scaled to mean 0 and standard deviation 1 (divisor n); constant columns become 0. n × d.
    pub fn standardised(&self) -> Points {
        Scale::of(self).apply(self).expect("the scale is of these columns")
    }

    /// Columns of both side by side: n × (d₁ + d₂).
    ///
    /// # Errors
    /// The numbers of rows differ.
    pub fn joined(&self, other: &Points) -> Result<Points> {
        let both = ndarray::concatenate(Axis(1), &[self.view(), other.view()]).map_err(|_| {
            Error::input(format!("{} and {} rows cannot be joined", self.rows(), other.rows()))
                .expected("vectors of the same responses")
        })?;
        Points::new(both)
    }

    /// Rows of both below each other: (n₁ + n₂) × d.
    ///
    /// # Errors
    /// The numbers of columns differ.
    pub fn stacked(&self, other: &Points) -> Result<Points> {
        let both = ndarray::concatenate(Axis(0), &[self.view(), other.view()]).map_err(|_| {
            let (own, others) = (self.dimensions(), other.dimensions());
            Error::input(format!("vectors of {own} and of {others} columns cannot be stacked"))
        })?;
        Points::new(both)
    }

    /// Sum of the rows of each label: labels × d.
    pub(super) fn class_sums(&self, labels: &Labels) -> Array2<f64> {
        let mut sums = Array2::zeros((labels.count(), self.dimensions()));
        for (row, &label) in self.0.rows().into_iter().zip(labels.index()) {
            sums.row_mut(label).zip_mut_with(&row, |s, &v| *s += f64::from(v));
        }
        sums
    }

    /// Mean of the rows of each label: labels × d.
    pub(super) fn class_means(&self, labels: &Labels) -> Array2<f64> {
        let mut means = self.class_sums(labels);
        for (mut mean, size) in means.rows_mut().into_iter().zip(labels.sizes()) {
            mean /= size as f64;
        }
        means
    }

    fn centred_f64(&self, by: &Labels) -> Result<Array2<f64>> {
        by.check_rows(self.rows(), "vectors")?;
        let means = self.class_means(by);
        let mut matrix = self.0.mapv(f64::from);
        for (mut row, &label) in matrix.rows_mut().into_iter().zip(by.index()) {
            row -= &means.row(label);
        }
        Ok(matrix)
    }
}

/// Points whose rows have Euclidean length 1, to f32 rounding; rows of [`Points::centred_directions`] may be zero.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitVectors(Points);

impl Deref for UnitVectors {
    type Target = Points;

    fn deref(&self) -> &Points {
        &self.0
    }
}

impl UnitVectors {
    /// Both side by side with equal weight, n × (d₁ + d₂), scaled to length 1 again; and the rows that are zero in both.
    ///
    /// A row that is zero in one of them speaks by the other alone.
    ///
    /// # Errors
    /// The numbers of rows differ.
    pub fn evenly_joined(&self, other: &UnitVectors) -> Result<(UnitVectors, Vec<usize>)> {
        let mut matrix = self.joined(other)?.into_inner();
        let mut without = Vec::new();
        for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
            let length = norm(&row.mapv(f64::from));
            if length > 0.0 {
                row.mapv_inplace(|v| (f64::from(v) / length) as f32);
            } else {
                without.push(i);
            }
        }
        Ok((UnitVectors(Points(matrix)), without))
    }
}

/// Scales rows to length 1; a row not longer than [`SMALLEST_SHARE`] of its `reference` is an error.
fn unit_rows(mut matrix: Array2<f64>, reference: &[f64], what: &str) -> Result<UnitVectors> {
    for (i, (mut row, reference)) in matrix.rows_mut().into_iter().zip(reference).enumerate() {
        let length = norm(&row.to_owned());
        if length <= SMALLEST_SHARE * reference || length == 0.0 {
            return Err(Error::input(format!("vector {i} is {what}, so it has no direction"))
                .expected("a vector that differs from the rest of its prompt")
                .help(
                    "look at the response: an empty text, or one that equals the others, cannot be compared",
                ));
        }
        row /= length;
    }
    Ok(UnitVectors(Points(matrix.mapv(|v| v as f32))))
}

fn norm(row: &Array1<f64>) -> f64 {
    row.dot(row).sqrt()
}

/// Whether every value is finite; sums in a way the compiler can vectorise.
fn all_finite(row: &[f32]) -> bool {
    row.iter().map(|v| v.abs()).fold(true, |ok, v| ok & (v <= f32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn prompts() -> Labels {
        Labels::new("prompt", &["p", "p", "q", "q"]).expect("two prompts")
    }

    #[test]
    fn nan_and_empty_matrices_are_refused_and_the_place_is_named() {
        let error = Points::new(array![[1.0, 2.0], [0.5, f32::NAN]]).expect_err("NaN");
        assert!(error.to_string().contains("vector 1 has NaN in column 1"), "{error}");
        assert!(Points::new(array![[f32::INFINITY]]).is_err());
        assert!(Points::new(Array2::zeros((0, 3))).is_err());
    }

    #[test]
    fn a_zero_vector_is_an_error_that_names_the_row() {
        let points = Points::new(array![[3.0, 4.0], [0.0, 0.0]]).expect("finite");
        let error = points.normalised().expect_err("a zero row");
        assert!(error.to_string().contains("vector 1"), "{error}");
    }

    #[test]
    fn centring_takes_the_prompts_mean_away_and_unit_rows_have_length_one() {
        let points = Points::new(array![[1.0, 0.0], [3.0, 2.0], [9.0, 9.0], [9.0, 5.0]]).expect("finite");
        let centred = points.centred(&prompts()).expect("four labels");
        assert_eq!(centred.view(), array![[-1.0, -1.0], [1.0, 1.0], [0.0, 2.0], [0.0, -2.0]]);
        let unit = points.centred_unit(&prompts()).expect("no row equals its mean");
        assert!(unit.view().rows().into_iter().all(|r| (r.dot(&r) - 1.0).abs() < 1e-6));
    }

    #[test]
    fn a_row_equal_to_its_prompts_mean_has_no_direction() {
        let points = Points::new(array![[0.1, 0.7], [0.1, 0.7], [9.0, 9.0], [9.0, 5.0]]).expect("finite");
        let error = points.centred_unit(&prompts()).expect_err("equal responses");
        assert!(error.to_string().contains("equal to the mean of its prompt"), "{error}");
        let (directions, without) = points.centred_directions(&prompts()).expect("four labels");
        assert_eq!(without, [0, 1]);
        assert!(directions.view().row(0).iter().all(|v| *v == 0.0));
        assert!((directions.view().row(2).dot(&directions.view().row(2)) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn joined_halves_weigh_the_same_and_a_zero_half_leaves_the_other() {
        let labels = Labels::new("prompt", &["p", "p", "q", "q"]).expect("two prompts");
        let one = Points::new(array![[1.0, 0.0], [3.0, 2.0], [9.0, 9.0], [9.0, 9.0]]).expect("finite");
        let two = Points::new(array![[4.0], [6.0], [5.0], [7.0]]).expect("finite");
        let (one, _) = one.centred_directions(&labels).expect("four labels");
        let (two, _) = two.centred_directions(&labels).expect("four labels");
        let (both, without) = one.evenly_joined(&two).expect("four rows");
        assert!(without.is_empty());
        let half = 0.5f32.sqrt();
        for (found, wanted) in both.row(0).iter().zip([-0.5, -0.5, -half]) {
            assert!((found - wanted).abs() < 1e-6, "{found} {wanted}");
        }
        assert_eq!(both.row(2).to_vec(), [0.0, 0.0, -1.0]);
        let zero = Points::new(array![[4.0], [4.0], [5.0], [5.0]]).expect("finite");
        let (zero, _) = zero.centred_directions(&labels).expect("four labels");
        assert_eq!(one.evenly_joined(&zero).expect("four rows").1, [2, 3]);
    }

    #[test]
    fn standardised_columns_have_spread_one_and_constants_become_zero() {
        let points = Points::new(array![[1.0, 7.0], [3.0, 7.0]]).expect("finite");
        assert_eq!(points.standardised().view(), array![[-1.0, 0.0], [1.0, 0.0]]);
        assert_eq!(points.joined(&points).expect("same rows").dimensions(), 4);
    }
}
