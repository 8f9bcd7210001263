//! The best approximation of a rank (Eckart and Young 1936).

use super::factors::Factors;
use crate::error::{Error, Result};
use crate::seed::Seed;
use linfa_linalg::Order;
use linfa_linalg::eigh::{EigSort, Eigh};
use linfa_linalg::qr::QR;
use linfa_linalg::svd::{SVD, SvdSort};
use ndarray::{Array2, s};
use rand::Rng;

/// Of a product of factors: the singular vectors of a small core between their orthogonal bases.
///
/// # Errors
/// The factors hold something that is no number.
pub(super) fn of_factors(x: &Factors, rank: usize) -> Result<Factors> {
    let (n, k, r) = (x.b.nrows(), x.a.ncols(), x.rank());
    if r <= rank {
        return Ok(x.clone());
    }
    if r > n || r > k {
        return of_weight(&x.product(), rank);
    }
    let (basis_b, core_b) = x.b.qr().map_err(failed)?.into_decomp();
    let (basis_a, core_a) = x.a.t().to_owned().qr().map_err(failed)?.into_decomp();
    let core = core_b.dot(&core_a.t());
    let (u, values, vt) = core.svd(true, true).map_err(failed)?.sort_svd_desc();
    let (Some(u), Some(vt)) = (u, vt) else {
        return Err(Error::cannot_run("no singular vectors were found"));
    };
    let b = basis_b.dot(&(&u.slice(s![.., ..rank]) * &values.slice(s![..rank])));
    let a = vt.slice(s![..rank, ..]).dot(&basis_a.t());
    Ok(Factors { a, b })
}

/// Of a whole weight: with U the first eigenvectors of `W·Wᵀ`, `U·(Uᵀ·W)` is the truncated singular value decomposition.
///
/// # Errors
/// The weight holds something that is no number.
pub(super) fn of_weight(w: &Array2<f64>, rank: usize) -> Result<Factors> {
    let (n, k) = w.dim();
    let rank = rank.min(n).min(k);
    if n > k {
        let turned = of_weight(&w.t().to_owned(), rank)?;
        return Ok(Factors { a: turned.b.t().to_owned(), b: turned.a.t().to_owned() });
    }
    if n > SMALL && rank + EXTRA < n {
        return subspace(w, rank);
    }
    let (_, vectors) = w.dot(&w.t()).eigh().map_err(failed)?.sort_eig(Order::Largest);
    let b = vectors.slice(s![.., ..rank]).to_owned();
    let a = b.t().dot(w);
    Ok(Factors { a, b })
}

/// Rows up to which all eigenvectors are computed.
const SMALL: usize = 128;
/// Directions that are followed besides those that are wanted.
const EXTRA: usize = 12;
/// Most iterations, and the change of what is held, of all that is there, below which another one brings nothing.
const ITERATIONS: (usize, f64) = (60, 1e-9);

/// Subspace iteration from random directions (Halko, Martinsson and Tropp 2011, algorithm 4.4), until what the wanted directions hold
/// grows no more: what is then lacking to the best approximation is less than rounding to f32 changes.
fn subspace(w: &Array2<f64>, rank: usize) -> Result<Factors> {
    let (n, k) = w.dim();
    let mut rng = Seed(0).rng();
    let start = Array2::from_shape_fn((k, rank + EXTRA), |_| rng.random::<f64>() - 0.5);
    let whole = w.iter().map(|v| v * v).sum::<f64>();
    let mut basis = w.dot(&start).qr().map_err(failed)?.generate_q();
    let mut held = 0.0;
    for _ in 0..ITERATIONS.0 {
        let back = w.t().dot(&basis).qr().map_err(failed)?.generate_q();
        let image = w.dot(&back);
        // The singular values of the image are what the directions hold, largest first.
        let (_, values, _) = image.t().dot(&image).svd(false, false).map_err(failed)?.sort_svd_desc();
        basis = image.qr().map_err(failed)?.generate_q();
        let now: f64 = values.iter().take(rank).sum();
        let settled = (now - held).abs() <= ITERATIONS.1 * whole;
        held = now;
        if settled {
            break;
        }
    }
    let core = basis.t().dot(w);
    let (_, vectors) = core.dot(&core.t()).eigh().map_err(failed)?.sort_eig(Order::Largest);
    let b = basis.dot(&vectors.slice(s![.., ..rank]));
    let a = b.t().dot(w);
    debug_assert_eq!(b.nrows(), n);
    Ok(Factors { a, b })
}

fn failed(e: linfa_linalg::LinalgError) -> Error {
    Error::cannot_run("the singular values cannot be found").because(e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng;

    #[test]
    fn factors_and_their_product_have_one_best_approximation_whichever_side_is_longer() {
        let mut rng = Seed(3).rng();
        let mut random = |n: usize, k: usize| Array2::from_shape_fn((n, k), |_| rng.random::<f64>() - 0.5);
        for (n, r, k) in [(20, 5, 9), (9, 5, 20), (6, 8, 7), (12, 3, 12)] {
            let x = Factors { a: random(r, k), b: random(n, r) };
            let (few, whole) = (of_factors(&x, 2).unwrap(), of_weight(&x.product(), 2).unwrap());
            assert_eq!((few.rank(), whole.rank()), (2, 2));
            let gap = (few.product() - whole.product()).mapv(f64::abs).fold(0.0, |a: f64, b| a.max(*b));
            assert!(gap < 1e-9, "{n} {r} {k}: {gap}");
            // No other direction of the rank is better: the rest is orthogonal to what was kept (Eckart and Young).
            let rest = x.product() - few.product();
            assert!(few.b.t().dot(&rest).mapv(f64::abs).sum() < 1e-9);
            assert!(rest.dot(&few.a.t()).mapv(f64::abs).sum() < 1e-9);
        }
        let whole = Factors { a: random(2, 4), b: random(5, 2) };
        assert_eq!(of_factors(&whole, 3).unwrap(), whole);
    }

    #[test]
    fn a_large_weight_of_noise_alone_is_cut_as_well_as_all_its_eigenvectors_would() {
        let mut rng = Seed(4).rng();
        let (n, k, rank) = (160, 200, 6);
        let w = Array2::from_shape_fn((n, k), |_| rng.random::<f64>() - 0.5);
        let all = w.dot(&w.t()).eigh().unwrap().sort_eig(Order::Largest).0;
        let best: f64 = all.iter().take(rank).sum();
        let found = of_weight(&w, rank).unwrap();
        let held: f64 = found.a.iter().map(|v| v * v).sum();
        // Of what is left out, a thousandth of a percent at most is lacking.
        assert!(held <= best * (1.0 + 1e-9) && best - held < 1e-5 * (all.sum() - best), "{held} of {best}");
    }
}
