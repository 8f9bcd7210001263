//! Which rows of a pass belong to which adapter.
//!
//! The stacked product `((x·Aᵀ) ⊙ S)·Bᵀ` with its 0/1 mask has, in each row, one adapter's columns alone. Rows of one adapter that follow
//! each other are therefore multiplied with that adapter's block alone: the work is that of one adapter, however many there are.

use std::ops::Range;

/// Neighbouring rows of one adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub rows: Range<usize>,
    pub adapter: usize,
}

/// The runs of a pass, and what all adapters have in common.
#[derive(Debug)]
pub(crate) struct AdapterRows {
    /// They follow each other and hold all rows.
    pub runs: Vec<Run>,
    /// Adapters of the training, whether or not they have rows here.
    pub adapters: usize,
    /// Rank of each.
    pub r: usize,
    /// The scale of their products.
    pub scale: f32,
}

impl AdapterRows {
    /// From the adapter and the number of rows of each example, in order.
    pub fn new(
        examples: impl Iterator<Item = (usize, usize)>,
        adapters: usize,
        r: usize,
        scale: f32,
    ) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let mut start = 0;
        for (adapter, rows) in examples {
            let end = start + rows;
            match runs.last_mut() {
                Some(last) if last.adapter == adapter => last.rows.end = end,
                _ => runs.push(Run { rows: start..end, adapter }),
            }
            start = end;
        }
        Self { runs, adapters, r, scale }
    }

    /// Rows of the pass.
    pub fn count(&self) -> usize {
        self.runs.last().map_or(0, |run| run.rows.end)
    }

    /// S of all rows, `(rows, adapters·r)`: the scale in the columns of the row's adapter, zero elsewhere.
    pub fn mask(&self) -> Vec<f32> {
        let ranks = self.adapters * self.r;
        let mut mask = vec![0f32; self.count() * ranks];
        for run in &self.runs {
            for row in run.rows.clone() {
                mask[row * ranks + run.adapter * self.r..][..self.r].fill(self.scale);
            }
        }
        mask
    }

    /// The part of each run in row-major values of that width.
    pub fn parts<'a>(&self, values: &'a [f32], width: usize) -> Vec<&'a [f32]> {
        self.runs.iter().map(|run| &values[run.rows.start * width..run.rows.end * width]).collect()
    }

    /// As [`Self::parts`], to be written.
    pub fn parts_mut<'a>(&self, mut values: &'a mut [f32], width: usize) -> Vec<&'a mut [f32]> {
        let mut parts = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let (part, rest) = values.split_at_mut(run.rows.len() * width);
            parts.push(part);
            values = rest;
        }
        parts
    }

    /// One adapter's block of a stacked A `(adapters·r, k)`.
    pub fn block_of_a<'a>(&self, a: &'a [f32], adapter: usize) -> &'a [f32] {
        let size = a.len() / self.adapters;
        &a[adapter * size..][..size]
    }

    /// One adapter's block of a stacked B `(n, adapters·r)`, as `(n, r)`.
    pub fn block_of_b(&self, b: &[f32], adapter: usize) -> Vec<f32> {
        b.chunks_exact(self.r).skip(adapter).step_by(self.adapters).flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_adapter_are_one_run_and_the_mask_is_its_columns() {
        let rows = AdapterRows::new([(0, 1), (2, 1), (2, 1), (0, 1)].into_iter(), 3, 2, 0.5);
        let runs = [(0..1, 0), (1..3, 2), (3..4, 0)].map(|(rows, adapter)| Run { rows, adapter });
        assert_eq!(rows.runs, runs);
        let (first, last) = ([0.5, 0.5, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.5, 0.5]);
        assert_eq!(rows.mask(), [first, last, last, first].concat());
        let values: Vec<f32> = (0..4).map(|i| i as f32).collect();
        assert_eq!(rows.parts(&values, 1), [&[0.0][..], &[1.0, 2.0], &[3.0]]);
    }

    #[test]
    fn blocks_are_those_of_the_stacked_factors() {
        let rows = AdapterRows::new([(1, 1)].into_iter(), 2, 2, 1.0);
        // n = k = 3.
        let stacked: Vec<f32> = (0..12).map(|i| i as f32).collect();
        assert_eq!(rows.block_of_a(&stacked, 1), [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        assert_eq!(rows.block_of_b(&stacked, 1), [2.0, 3.0, 6.0, 7.0, 10.0, 11.0]);
    }
}
