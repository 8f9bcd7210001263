//! How consistent a style is: spread between personas against spread within each one, prompts crossed with both.

use crate::error::{Error, Result};
use crate::stats::{Intraclass, MeanSquares, intraclass};

/// What a crossed table of style vectors shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Consistency {
    /// Of the whole vector: one value a prompt, whose mean is the estimate (see [`consistency`]).
    pub whole: Vec<f64>,
    /// The same of each persona.
    pub personas: Vec<Vec<f64>>,
    /// Of each feature alone; none for one that never varies.
    pub features: Vec<Option<Intraclass>>,
}

/// Consistency of `cells[persona][prompt][feature]`, features in one scale (standard deviations of real text).
///
/// The whole is an intraclass correlation of vectors: ICC(C,1) (McGraw & Wong 1996) with the mean squares summed over the
/// features, so the share of the variance that is the personas', after what a prompt does to all of them is taken away. Of
/// persona i it is B/(B + W): W is the mean squared distance of its answers, centred by prompt, to their mean (divisor n − 1),
/// B the squared distance of that mean to the middle of all, less W/n. Values are jackknife pseudo-values over prompts
/// (Tukey 1958), n·θ − (n − 1)·θ without the prompt: what intervals over prompts are made from. `level` is the intervals'
/// of the single features. Cost: O(prompts · personas · prompts · features).
///
/// # Errors
/// Fewer than two personas or three prompts, or a cell that is missing.
pub fn consistency(cells: &[Vec<Vec<f64>>], level: f64) -> Result<Consistency> {
    let prompts = cells.first().map_or(0, Vec::len);
    let width = cells.first().and_then(|row| row.first()).map_or(0, Vec::len);
    let whole_table =
        cells.iter().all(|row| row.len() == prompts && row.iter().all(|cell| cell.len() == width));
    if cells.len() < 2 || prompts < 3 || width == 0 || !whole_table {
        return Err(Error::input(format!(
            "{} personas on {prompts} prompts show no consistency",
            cells.len()
        ))
        .expected("two personas and three prompts or more, every persona on every prompt"));
    }
    let all: Vec<usize> = (0..prompts).collect();
    let mut features = Vec::with_capacity(width);
    for f in 0..width {
        let table: Vec<Vec<f64>> = cells.iter().map(|row| row.iter().map(|cell| cell[f]).collect()).collect();
        features.push(intraclass(&table, level)?);
    }
    let full = (whole(cells, &all)?, shares(cells, &all));
    let mut pseudo = Consistency {
        whole: Vec::with_capacity(prompts),
        personas: vec![Vec::with_capacity(prompts); cells.len()],
        features,
    };
    let n = prompts as f64;
    for left_out in 0..prompts {
        let rest: Vec<usize> = all.iter().copied().filter(|p| *p != left_out).collect();
        pseudo.whole.push(n * full.0 - (n - 1.0) * whole(cells, &rest)?);
        for ((values, full), without) in pseudo.personas.iter_mut().zip(&full.1).zip(shares(cells, &rest)) {
            values.push(n * full - (n - 1.0) * without);
        }
    }
    Ok(pseudo)
}

/// ICC(C,1) of the vectors over some prompts.
fn whole(cells: &[Vec<Vec<f64>>], prompts: &[usize]) -> Result<f64> {
    let mut sum = MeanSquares { rows: 0.0, rest: 0.0 };
    for f in 0..cells[0][0].len() {
        let table: Vec<Vec<f64>> =
            cells.iter().map(|row| prompts.iter().map(|p| row[*p][f]).collect()).collect();
        let one = MeanSquares::of(&table)?;
        sum = MeanSquares { rows: sum.rows + one.rows, rest: sum.rest + one.rest };
    }
    Ok(sum.correlation(prompts.len()))
}

/// B/(B + W) of each persona over some prompts.
fn shares(cells: &[Vec<Vec<f64>>], prompts: &[usize]) -> Vec<f64> {
    let (width, n) = (cells[0][0].len(), prompts.len() as f64);
    let middle = |p: usize, f: usize| cells.iter().map(|row| row[p][f]).sum::<f64>() / cells.len() as f64;
    let middles: Vec<Vec<f64>> =
        prompts.iter().map(|p| (0..width).map(|f| middle(*p, f)).collect()).collect();
    cells
        .iter()
        .map(|row| {
            let (mut within, mut between) = (0.0, 0.0);
            for f in 0..width {
                let centred: Vec<f64> =
                    prompts.iter().zip(&middles).map(|(p, m)| row[*p][f] - m[f]).collect();
                let mean = centred.iter().sum::<f64>() / n;
                within += centred.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
                between += mean * mean;
            }
            between -= within / n;
            if between + within > 0.0 { between / (between + within) } else { 0.0 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::mean;
    use rand::Rng;

    /// Persona effects of spread `effect` and rest of spread 1, both uniform, on top of what a prompt does to all.
    fn cells(effect: f64, noisy: usize) -> Vec<Vec<Vec<f64>>> {
        let mut rng = Seed(5).rng();
        let mut draw = |spread: f64| spread * 12f64.sqrt() * (rng.random::<f64>() - 0.5);
        let prompts: Vec<f64> = (0..16).map(|_| draw(4.0)).collect();
        (0..30)
            .map(|p| {
                let own: Vec<f64> = (0..8).map(|_| draw(effect)).collect();
                let rest = if p == noisy { 6.0 } else { 1.0 };
                prompts.iter().map(|prompt| own.iter().map(|o| prompt + o + draw(rest)).collect()).collect()
            })
            .collect()
    }

    #[test]
    fn the_share_of_the_personas_variance_is_found() {
        let found = consistency(&cells(1.0, usize::MAX), 0.95).unwrap();
        assert!((mean(&found.whole) - 0.5).abs() < 0.06, "{}", mean(&found.whole));
        assert!(found.features.iter().flatten().all(|f| f.low < 0.5 + 0.15 && f.high > 0.5 - 0.15));
        let none = consistency(&cells(0.0, usize::MAX), 0.95).unwrap();
        assert!(mean(&none.whole).abs() < 0.03 && none.personas.iter().all(|p| mean(p) < 0.2));
    }

    #[test]
    fn a_persona_that_wavers_is_the_least_consistent() {
        let found = consistency(&cells(1.0, 3), 0.95).unwrap();
        let shares: Vec<f64> = found.personas.iter().map(|p| mean(p)).collect();
        assert!(shares.iter().enumerate().all(|(i, s)| i == 3 || *s > shares[3] + 0.1), "{shares:?}");
        assert!(consistency(&cells(1.0, 3)[..1], 0.95).is_err());
        assert!(consistency(&[vec![vec![1.0]; 3], vec![vec![1.0]; 2]], 0.95).is_err());
    }
}
