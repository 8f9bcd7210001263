//! Which cells of a table are taken when not all can be.

use crate::seed::Seed;
use rand::seq::SliceRandom;

/// All cells of a table of `rows` × `columns`, in an order of which every beginning is spread evenly: two rows, or two
/// columns, never differ by more than one cell.
///
/// Cell k stands in row k mod R and column (k + ⌊k/lcm(R, C)⌋) mod C, which meets every cell once; rows and columns are
/// shuffled by the seed.
pub fn spread(rows: usize, columns: usize, seed: Seed) -> Vec<(usize, usize)> {
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    let shuffled = |n: usize, name: &str| {
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut seed.child(name).rng());
        order
    };
    let (row, column) = (shuffled(rows, "rows"), shuffled(columns, "columns"));
    let turn = rows / common_divisor(rows, columns) * columns;
    (0..rows * columns).map(|k| (row[k % rows], column[(k + k / turn) % columns])).collect()
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_cell_comes_once_and_every_beginning_is_even() {
        for (rows, columns) in [(1, 1), (4, 4), (57, 32), (6, 4), (3, 5), (8, 2)] {
            let cells = spread(rows, columns, Seed(3));
            assert_eq!(cells.iter().collect::<BTreeSet<_>>().len(), rows * columns);
            let (mut by_row, mut by_column) = (vec![0; rows], vec![0; columns]);
            for (row, column) in cells {
                by_row[row] += 1;
                by_column[column] += 1;
                for counts in [&by_row, &by_column] {
                    let (least, most) = (counts.iter().min(), counts.iter().max());
                    assert!(most.unwrap() - least.unwrap() <= 1, "{rows} x {columns}: {counts:?}");
                }
            }
        }
        assert!(spread(0, 4, Seed(0)).is_empty());
        assert_ne!(spread(5, 7, Seed(1)), spread(5, 7, Seed(2)));
    }
}
