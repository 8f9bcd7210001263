//! The product of activations with packed weights, several weights of one input at once.

use super::packed::{Operand, Packed, Precision, WIDTH};
use super::portable;
use rayon::prelude::*;

/// Rows that pass over a panel before the next panel is read: they stay in the second-level cache.
const ROW_CHUNK: usize = 96;

/// A second, thin product whose sum continues the first: the adapters' `U·Bᵀ`.
#[derive(Clone, Copy)]
pub struct Extra<'a> {
    /// `rows × r`.
    pub u: &'a Operand<'a>,
    /// `n × r`.
    pub b: &'a Packed,
}

/// One product, and where its result goes.
pub struct Job<'a> {
    /// `rows × k`.
    pub x: &'a Operand<'a>,
    /// `n × k`.
    pub weight: &'a Packed,
    /// Added in the same accumulators.
    pub extra: Option<Extra<'a>>,
    /// `rows × n`, row-major, overwritten.
    pub out: &'a mut [f32],
}

struct Target {
    out: *mut f32,
}
// SAFETY: tasks write disjoint blocks of the slice behind the pointer, which is borrowed mutably for the call.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

/// `out = x·Wᵀ (+ u·Bᵀ)` for every job, in parallel over panels and chunks of rows of all of them.
///
/// # Panics
/// When shapes or precisions do not fit: a caller's mistake, not an input's.
pub fn matmul(jobs: &mut [Job<'_>]) {
    let mut tasks = Vec::new();
    let targets: Vec<Target> = jobs
        .iter_mut()
        .map(|job| {
            let x = job.x;
            assert_eq!(job.weight.k(), x.k, "inputs of the weight");
            assert_eq!(job.weight.precision(), x.precision, "precision of the weight");
            assert_eq!(job.out.len(), x.rows * job.weight.n(), "size of the output");
            if let Some(extra) = &job.extra {
                assert_eq!(extra.b.n(), job.weight.n(), "outputs of the adapter");
                assert_eq!(extra.b.k(), extra.u.k, "rank of the adapter");
                assert_eq!((extra.u.rows, extra.u.precision), (x.rows, x.precision), "adapter rows");
                assert_eq!(extra.b.precision(), x.precision, "precision of the adapter");
            }
            Target { out: job.out.as_mut_ptr() }
        })
        .collect();
    // Jobs of one input are told by turns: a chunk of rows meets all their panels while the cache holds it.
    let most = jobs.iter().map(|job| job.x.rows).max().unwrap_or(0);
    for first in (0..most).step_by(ROW_CHUNK) {
        for (index, job) in jobs.iter().enumerate().filter(|(_, job)| first < job.x.rows) {
            tasks.extend((0..job.weight.panels()).map(|panel| (index, panel, first)));
        }
    }
    let jobs = &*jobs;
    tasks.into_par_iter().for_each(|(index, panel, first)| {
        let job = &jobs[index];
        let rows = first..(first + ROW_CHUNK).min(job.x.rows);
        if job.x.precision.has_fast_kernel() {
            // SAFETY: the features were detected; ranges follow from the assertions above.
            unsafe { panel_fast(job, &targets[index], panel, rows) }
        } else {
            panel_portable(job, &targets[index], panel, rows);
        }
    });
}

#[cfg(target_arch = "x86_64")]
unsafe fn panel_fast(job: &Job<'_>, to: &Target, panel: usize, rows: std::ops::Range<usize>) {
    use super::avx2;
    use super::avx512::{Factor, ROWS, rows_bf16, rows_f32};
    let wide = is_x86_feature_detected!("avx512f");
    let (x, n) = (job.x, job.weight.n());
    let columns = WIDTH.min(n - panel * WIDTH);
    let main_panel = job.weight.panel(panel).as_ptr();
    let extra_panel = job.extra.map(|e| (e, e.b.panel(panel).as_ptr()));
    let mut row = rows.start;
    while row < rows.end {
        let count = ROWS.min(rows.end - row);
        // SAFETY: offsets stay inside the operands and the output, whose sizes `matmul` checked.
        unsafe {
            let main = Factor {
                x: x.words.as_ptr().add(row * x.steps()),
                stride: x.steps(),
                w: main_panel,
                steps: x.steps(),
            };
            let thin = match extra_panel {
                Some((e, w)) => Factor {
                    x: e.u.words.as_ptr().add(row * e.u.steps()),
                    stride: e.u.steps(),
                    w,
                    steps: e.u.steps(),
                },
                None => Factor { steps: 0, ..main },
            };
            let out = to.out.add(row * n + panel * WIDTH);
            match x.precision {
                Precision::Bf16 => rows_bf16(count, &[main, thin], out, n, columns),
                Precision::F32 if wide => rows_f32(count, &[main, thin], out, n, columns),
                Precision::F32 => avx2::rows_f32(count, &[main, thin], out, n, columns),
            }
        }
        row += count;
    }
}

#[cfg(not(target_arch = "x86_64"))]
unsafe fn panel_fast(job: &Job<'_>, to: &Target, panel: usize, rows: std::ops::Range<usize>) {
    panel_portable(job, to, panel, rows);
}

fn panel_portable(job: &Job<'_>, to: &Target, panel: usize, rows: std::ops::Range<usize>) {
    let (x, n) = (job.x, job.weight.n());
    let columns = WIDTH.min(n - panel * WIDTH);
    let mut sums = [0f32; WIDTH];
    for row in rows {
        let main = (&x.words[row * x.steps()..][..x.steps()], job.weight.panel(panel));
        let thin = job.extra.map_or((&[][..], &[][..]), |e| {
            (&e.u.words[row * e.u.steps()..][..e.u.steps()], e.b.panel(panel))
        });
        portable::row(x.precision, [main, thin], &mut sums);
        // SAFETY: this task alone writes this row's columns of this panel.
        unsafe {
            std::ptr::copy_nonoverlapping(sums.as_ptr(), to.out.add(row * n + panel * WIDTH), columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use half::bf16;
    use rand::Rng;

    fn random(n: usize, name: &str) -> Vec<f32> {
        let mut rng = Seed(1).child(name).rng();
        (0..n).map(|_| rng.random::<f32>() - 0.5).collect()
    }

    fn naive(x: &[f32], w: &[f32], rows: usize, k: usize, n: usize, round: bool) -> Vec<f64> {
        let r = |v: f32| f64::from(if round { bf16::from_f32(v).to_f32() } else { v });
        let mut out = vec![0f64; rows * n];
        for i in 0..rows {
            for j in 0..n {
                out[i * n + j] = (0..k).map(|p| r(x[i * k + p]) * r(w[j * k + p])).sum();
            }
        }
        out
    }

    #[test]
    fn products_of_all_shapes_agree_with_the_definition() {
        for precision in [Precision::F32, Precision::Bf16] {
            for (rows, k, n) in [(1, 4, 64), (5, 7, 65), (13, 64, 130), (100, 33, 20), (7, 576, 192)] {
                let (x, w) = (random(rows * k, "x"), random(n * k, "w"));
                let (u, b) = (random(rows * 3, "u"), random(n * 3, "b"));
                let weight = Packed::new(&w, n, k, precision);
                let thin = Packed::new(&b, n, 3, precision);
                let operand = Operand::new(&x, rows, k, precision);
                let u16 = Operand::new(&u, rows, 3, precision);
                let mut out = vec![f32::NAN; rows * n];
                let extra = Some(Extra { u: &u16, b: &thin });
                matmul(&mut [Job { x: &operand, weight: &weight, extra, out: &mut out }]);
                let round = precision == Precision::Bf16;
                let expect = naive(&x, &w, rows, k, n, round);
                let more = naive(&u, &b, rows, 3, n, round);
                for i in 0..rows * n {
                    let want = expect[i] + more[i];
                    assert!((f64::from(out[i]) - want).abs() < 1e-4, "{precision:?} {rows}×{k}×{n} at {i}");
                }
            }
        }
    }

    /// Any kernel with fused multiply-add, each sum in the order of k: what AVX-512 gives, AVX2 gives too.
    #[test]
    fn sums_are_fused_and_in_order_on_every_processor_with_a_fast_kernel() {
        if !Precision::F32.has_fast_kernel() {
            return;
        }
        let (rows, k, n) = (7, 100, 70);
        let (x, w) = (random(rows * k, "x"), random(n * k, "w"));
        let mut out = vec![0f32; rows * n];
        let weight = Packed::new(&w, n, k, Precision::F32);
        let operand = Operand::new(&x, rows, k, Precision::F32);
        matmul(&mut [Job { x: &operand, weight: &weight, extra: None, out: &mut out }]);
        for (i, got) in out.iter().enumerate() {
            let (row, column) = (i / n, i % n);
            let wanted = (0..k).fold(0f32, |sum, p| x[row * k + p].mul_add(w[column * k + p], sum));
            assert_eq!(*got, wanted, "{row} {column}");
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_neighbours() {
        let (k, n, rows) = (576, 192, 33);
        let (x, w) = (random(rows * k, "x"), random(n * k, "w"));
        for precision in [Precision::F32, Precision::Bf16] {
            let weight = Packed::new(&w, n, k, precision);
            let mut all = vec![0f32; rows * n];
            let operand = Operand::new(&x, rows, k, precision);
            matmul(&mut [Job { x: &operand, weight: &weight, extra: None, out: &mut all }]);
            for row in [0, 7, 32] {
                let mut one = vec![0f32; n];
                let operand = Operand::new(&x[row * k..][..k], 1, k, precision);
                matmul(&mut [Job { x: &operand, weight: &weight, extra: None, out: &mut one }]);
                assert_eq!(one, all[row * n..][..n]);
            }
        }
    }

    #[test]
    fn the_transposed_weight_gives_the_backward_product() {
        let (k, n) = (10, 70);
        let w = random(n * k, "w");
        let back = Packed::new_transposed(&w, k, n, Precision::F32);
        let g = random(n, "g");
        let mut out = vec![0f32; k];
        let operand = Operand::new(&g, 1, n, Precision::F32);
        matmul(&mut [Job { x: &operand, weight: &back, extra: None, out: &mut out }]);
        for i in 0..k {
            let want: f32 = (0..n).map(|j| g[j] * w[j * k + i]).sum();
            assert!((out[i] - want).abs() < 1e-4);
        }
    }
}
