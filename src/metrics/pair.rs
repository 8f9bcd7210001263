//! Two personas against one another: does each sound like itself rather than like the other?

use super::{Labels, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::mean;

/// Mean margin of two personas on every prompt that both answered, leave-one-prompt-out.
///
/// `vectors` is n × d. A row's margin is its cosine to the centroid of its own persona's rows on the *other* prompts less
/// that to the other persona's; a prompt's value is the mean over both personas of their rows' means, in prompt order.
/// Twice as sensitive as a margin against the best of all personas, since only one confuser is asked for.
/// Cost: O(rows of both · d).
///
/// # Errors
/// Row counts that differ, an unknown persona, or a persona that answered one prompt only.
pub fn pair_margins(
    vectors: &UnitVectors,
    personas: &Labels,
    prompts: &Labels,
    pair: (&str, &str),
) -> Result<Vec<(String, f64)>> {
    personas.check_rows(vectors.rows(), "vectors")?;
    prompts.check_rows(vectors.rows(), "vectors")?;
    let rows_of = |id: &str| -> Result<Vec<usize>> {
        let place =
            personas.names().iter().position(|n| n == id).ok_or_else(|| {
                Error::input(format!("`{id}` answered nothing")).known(id, personas.names())
            })?;
        Ok((0..vectors.rows()).filter(|&row| personas.index()[row] == place).collect())
    };
    let (a, b) = (rows_of(pair.0)?, rows_of(pair.1)?);
    let centroid = |rows: &[usize], without: usize| -> Vec<f64> {
        let mut sum = vec![0f64; vectors.dimensions()];
        for &row in rows.iter().filter(|&&row| prompts.index()[row] != without) {
            sum.iter_mut().zip(vectors.row(row)).for_each(|(s, v)| *s += f64::from(*v));
        }
        let norm = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 0.0 {
            sum.iter_mut().for_each(|v| *v /= norm);
        }
        sum
    };
    for (rows, id) in [(&a, pair.0), (&b, pair.1)] {
        if rows.windows(2).all(|w| prompts.index()[w[0]] == prompts.index()[w[1]]) {
            return Err(Error::input(format!("`{id}` answered one prompt only"))
                .expected("two prompts or more: one is held out, the others teach"));
        }
    }
    let mut margins = Vec::new();
    for (prompt, name) in prompts.names().iter().enumerate() {
        let here = |rows: &[usize]| -> Vec<usize> {
            rows.iter().copied().filter(|&row| prompts.index()[row] == prompt).collect()
        };
        let (mine, others) = (here(&a), here(&b));
        if mine.is_empty() || others.is_empty() {
            continue;
        }
        let (first, second) = (centroid(&a, prompt), centroid(&b, prompt));
        let cosine = |row: usize, c: &[f64]| -> f64 {
            vectors.row(row).iter().zip(c).map(|(v, c)| f64::from(*v) * c).sum()
        };
        let side = |rows: &[usize], own: &[f64], other: &[f64]| {
            mean(&rows.iter().map(|&row| cosine(row, own) - cosine(row, other)).collect::<Vec<_>>())
        };
        let both = side(&mine, &first, &second) + side(&others, &second, &first);
        margins.push((name.clone(), both / 2.0));
    }
    Ok(margins)
}

#[cfg(test)]
mod tests {
    use super::super::testing::crossed;
    use super::*;

    #[test]
    fn a_pair_apart_has_margins_and_one_voice_has_none() {
        let (points, personas, prompts) = crossed(4, 10, 8, 2.0, 3);
        let unit = points.centred_unit(&prompts).expect("directions");
        let margins = pair_margins(&unit, &personas, &prompts, ("p00", "p02")).expect("both answered");
        assert_eq!(margins.len(), 10);
        assert!(margins.iter().all(|(_, m)| *m > 0.0), "{margins:?}");
        let (points, personas, prompts) = crossed(4, 40, 8, 0.0, 4);
        let unit = points.centred_unit(&prompts).expect("directions");
        let margins = pair_margins(&unit, &personas, &prompts, ("p00", "p02")).expect("both answered");
        let middle = mean(&margins.iter().map(|m| m.1).collect::<Vec<_>>());
        assert!(middle.abs() < 0.2, "{middle}");
        let error = pair_margins(&unit, &personas, &prompts, ("p00", "p09")).expect_err("unknown");
        assert!(error.to_string().contains("`p09` answered nothing"), "{error}");
    }
}
