//! Cosine silhouette, exact in O(n·K·d).

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut1, Axis};
use rayon::prelude::*;

use super::{Labels, Points};
use crate::error::{Error, Result};

/// Rows a task: their f64 copy (256 × 384 × 8 bytes) stays in a core's cache.
const BLOCK: usize = 256;

/// Mean distances below this are rounding of f64 sums over equal directions.
const ZERO_DISTANCE: f64 = 1e-12;

/// Mean cosine silhouette over all rows, in −1..=1, higher is better; see [`silhouette_samples`].
///
/// Not comparable across numbers of labels or dimensions: show it beside identification, do not gate on it.
///
/// # Errors
/// As [`silhouette_samples`].
pub fn silhouette_cosine(points: &Points, labels: &Labels) -> Result<f64> {
    let samples = silhouette_samples(points, labels)?;
    Ok(samples.iter().sum::<f64>() / samples.len() as f64)
}

/// Cosine silhouette of each row: s = (b − a)/max(a, b), n values (Rousseeuw 1987).
///
/// a is the row's mean cosine distance to the other rows of its label, b the smallest mean cosine distance to
/// another label. For unit vectors the mean distance to a cluster is 1 − x·mean; the row's own cluster, which must not
/// count the row itself, is corrected by n/(n − 1). Singletons, and rows with a = b = 0, get 0, as in scikit-learn.
/// Rows need not have length 1: they are scaled in f64 here.
/// Cost: O(n·K·d) time for K labels, where the pairwise definition takes O(n²·d).
///
/// # Errors
/// Another number of labels than rows, a label for every row, or a zero row (it has no direction; the row is named).
pub fn silhouette_samples(points: &Points, labels: &Labels) -> Result<Vec<f64>> {
    labels.check_clusters(points.rows())?;
    let scales = row_scales(points)?;
    let sums = unit_class_sums(points, labels, &scales);
    let sizes: Vec<f64> = labels.sizes().into_iter().map(|s| s as f64).collect();
    let mut samples = vec![0.0; points.rows()];
    samples.par_chunks_mut(BLOCK).enumerate().for_each(|(block, out)| {
        let first = block * BLOCK;
        let unit = unit_block(points, first, out.len(), &scales);
        let mut dots = Array2::zeros((out.len(), sizes.len()));
        general_mat_mul(1.0, &unit, &sums.t(), 0.0, &mut dots);
        for (i, value) in out.iter_mut().enumerate() {
            *value = one_row(
                dots.row(i).as_slice().expect("a row of a fresh matrix"),
                &sizes,
                labels.index()[first + i],
            );
        }
    });
    Ok(samples)
}

/// Silhouette of a row from its dot products with every label's sum of unit vectors.
fn one_row(dots: &[f64], sizes: &[f64], own: usize) -> f64 {
    if sizes[own] < 2.0 {
        return 0.0;
    }
    // The row's product with itself is 1, its distance to itself 0: both leave the sum with the row.
    let a = (1.0 - (dots[own] - 1.0) / (sizes[own] - 1.0)).max(0.0);
    let b = dots
        .iter()
        .zip(sizes)
        .enumerate()
        .filter(|(label, _)| *label != own)
        .map(|(_, (dot, size))| 1.0 - dot / size)
        .fold(f64::INFINITY, f64::min)
        .max(0.0);
    let larger = a.max(b);
    if larger < ZERO_DISTANCE { 0.0 } else { (b - a) / larger }
}

/// 1/|x| of each row.
fn row_scales(points: &Points) -> Result<Vec<f64>> {
    let matrix = points.view();
    let squares: Vec<f64> = (0..points.rows())
        .into_par_iter()
        .with_min_len(BLOCK)
        .map(|i| matrix.row(i).as_slice().map_or(0.0, squared_norm))
        .collect();
    if let Some(row) = squares.iter().position(|&s| s == 0.0) {
        return Err(Error::input(format!("vector {row} is the zero vector, so it has no direction"))
            .expected("vectors that are not zero for a cosine silhouette"));
    }
    Ok(squares.into_iter().map(|s| s.sqrt().recip()).collect())
}

/// Sum of squares in f64; eight lanes so that the compiler vectorises it.
fn squared_norm(row: &[f32]) -> f64 {
    let mut lanes = [0f64; 8];
    let (chunks, rest) = row.as_chunks::<8>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane += f64::from(v) * f64::from(v);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>()
}

/// Sum of the unit vectors of each label: K × d. Blocks are added in order, so threads do not change the result.
fn unit_class_sums(points: &Points, labels: &Labels, scales: &[f64]) -> Array2<f64> {
    let shape = (labels.count(), points.dimensions());
    let share = points.rows().div_ceil(rayon::current_num_threads()).clamp(BLOCK, 1 << 14);
    let partial: Vec<Array2<f64>> = labels
        .index()
        .par_chunks(share)
        .enumerate()
        .map(|(block, index)| {
            let mut sums = Array2::<f64>::zeros(shape);
            for (i, &label) in index.iter().enumerate() {
                let row = block * share + i;
                add_scaled(sums.row_mut(label), points.row(row).as_slice().unwrap_or(&[]), scales[row]);
            }
            sums
        })
        .collect();
    let mut blocks = partial.into_iter();
    let first = blocks.next().unwrap_or_else(|| Array2::zeros(shape));
    blocks.fold(first, |total, block| total + block)
}

fn add_scaled(mut sum: ArrayViewMut1<'_, f64>, row: &[f32], scale: f64) {
    if let Some(sum) = sum.as_slice_mut() {
        sum.iter_mut().zip(row).for_each(|(s, &v)| *s += f64::from(v) * scale);
    }
}

fn unit_block(points: &Points, first: usize, rows: usize, scales: &[f64]) -> Array2<f64> {
    let view = points.view();
    let block = view.slice_axis(Axis(0), (first..first + rows).into());
    let mut unit = block.mapv(f64::from);
    unit.rows_mut().into_iter().zip(&scales[first..]).for_each(|(mut row, &scale)| row *= scale);
    unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_pair_and_a_singleton_are_scored_by_the_definition() {
        let points = Points::new(array![[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]).expect("finite");
        let labels = Labels::new("persona", &["a", "a", "b"]).expect("two labels");
        let samples = silhouette_samples(&points, &labels).expect("defined");
        // a = 1 − 0.6 = 0.4 for both; b = 1 and 0.2.
        assert!((samples[0] - 0.6).abs() < 1e-6 && (samples[1] + 0.5).abs() < 1e-6, "{samples:?}");
        assert_eq!(samples[2], 0.0, "a singleton scores 0");
    }

    #[test]
    fn equal_rows_score_zero_and_scaling_changes_nothing() {
        let labels = Labels::new("persona", &["a", "a", "b", "b"]).expect("two labels");
        let same = Points::new(Array2::from_elem((4, 5), 0.3)).expect("finite");
        assert_eq!(silhouette_samples(&same, &labels).expect("defined"), vec![0.0; 4]);
        let rows = array![[1.0, 0.1], [2.0, 0.3], [0.1, 4.0], [0.2, 5.0]];
        let tripled = Points::new(rows.mapv(|v: f32| v * 3.0)).expect("finite");
        let points = Points::new(rows).expect("finite");
        let difference = silhouette_cosine(&points, &labels).expect("defined")
            - silhouette_cosine(&tripled, &labels).expect("defined");
        assert!(difference.abs() < 1e-6);
    }

    #[test]
    fn a_zero_vector_and_a_label_for_every_row_are_errors() {
        let labels = Labels::new("persona", &["a", "a", "b"]).expect("two labels");
        let points = Points::new(array![[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]).expect("finite");
        assert!(silhouette_cosine(&points, &labels).expect_err("zero").to_string().contains("vector 1"));
        let own = Labels::new("persona", &["a", "b", "c"]).expect("three labels");
        assert!(silhouette_cosine(&points, &own).is_err());
    }
}
