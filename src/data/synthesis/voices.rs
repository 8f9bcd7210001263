//! The mean style of each persona's real answers, and whose an answer is nearest to.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::metrics::{Points, Scale};
use crate::style::{STYLE_DIMENSIONS, Text, style_matrix, vector_of};

/// Answers from which a persona has a mean style.
pub(super) const LEAST_ANSWERS: usize = 8;
/// Personas from which a voice can be told from others.
const LEAST_PERSONAS: usize = 3;

/// Mean style vectors, in the scale of all the answers that they were taken from.
///
/// Features are less their mean over their standard deviation; answers are directions in that scale, and compared with the
/// means of directions by their cosine, as the instrument `style` of a run does.
pub(super) struct Voices {
    scale: Scale,
    /// Sum of the directions of each persona's answers, and how many they are.
    sums: BTreeMap<String, ([f64; STYLE_DIMENSIONS], usize)>,
}

impl Voices {
    /// The voices of personas with answers enough; none where too few have them.
    ///
    /// # Errors
    /// A feature is no finite number: a mistake of the program.
    pub fn of(answers: &BTreeMap<String, Vec<String>>) -> Result<Option<Self>> {
        let enough: Vec<(&String, &Vec<String>)> =
            answers.iter().filter(|(_, all)| all.len() >= LEAST_ANSWERS).collect();
        if enough.len() < LEAST_PERSONAS {
            return Ok(None);
        }
        let texts: Vec<&String> = enough.iter().flat_map(|(_, all)| all.iter()).collect();
        let points = Points::new(style_matrix(&texts))?;
        let scale = Scale::of(&points);
        let scaled = scale.apply(&points)?;
        let mut sums = BTreeMap::new();
        let mut row = 0;
        for (id, all) in enough {
            let mut sum = [0.0; STYLE_DIMENSIONS];
            for _ in all {
                let direction = direction(scaled.row(row).iter().copied());
                sum.iter_mut().zip(direction).for_each(|(s, d)| *s += d);
                row += 1;
            }
            sums.insert(id.clone(), (sum, all.len()));
        }
        Ok(Some(Self { scale, sums }))
    }

    /// Whether a persona's voice is known.
    pub fn know(&self, id: &str) -> bool {
        self.sums.contains_key(id)
    }

    /// The persona that an answer is nearest to; `without` names one whose mean the answer is in, and is taken out of.
    ///
    /// # Errors
    /// As [`Voices::of`].
    pub fn nearest(&self, text: &Text<'_>, without: Option<&str>) -> Result<&str> {
        let vector = vector_of(text);
        let point = ndarray::Array2::from_shape_fn((1, STYLE_DIMENSIONS), |(_, column)| vector[column]);
        let scaled = self.scale.apply(&Points::new(point)?)?;
        let own = direction(scaled.row(0).iter().copied());
        let mut best: Option<(f64, &str)> = None;
        for (id, (sum, count)) in &self.sums {
            let mut mean = *sum;
            if without == Some(id) && *count > 1 {
                mean.iter_mut().zip(own).for_each(|(m, o)| *m -= o);
            }
            let near = dot(&own, &mean) / dot(&mean, &mean).sqrt().max(f64::MIN_POSITIVE);
            // The first of equals, in the order of the ids.
            if best.is_none_or(|(most, _)| near > most) {
                best = Some((near, id));
            }
        }
        Ok(best.map_or("", |(_, id)| id))
    }
}

/// A vector of length 1, or zeros where it has no direction.
fn direction(values: impl Iterator<Item = f32>) -> [f64; STYLE_DIMENSIONS] {
    let mut vector = [0.0; STYLE_DIMENSIONS];
    vector.iter_mut().zip(values).for_each(|(v, value)| *v = f64::from(value));
    let length = dot(&vector, &vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
    vector
}

fn dot(a: &[f64; STYLE_DIMENSIONS], b: &[f64; STYLE_DIMENSIONS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(of: &[&str]) -> Vec<String> {
        (0..LEAST_ANSWERS).map(|i| format!("{} {}", of[i % of.len()], of[(i + 1) % of.len()])).collect()
    }

    #[test]
    fn an_answer_is_nearest_to_those_who_write_like_it() {
        let all: BTreeMap<String, Vec<String>> = [
            ("asker", answers(&["Why? And who told you?", "What then? Where did it go?", "Is that so?"])),
            ("caller", answers(&["STOP! Go NOW!", "LOOK out! Run!", "NO! Never! Jump!"])),
            (
                "teller",
                answers(&["Once, long ago, the sea was a girl.", "She sang, and slept, and was gone."]),
            ),
        ]
        .map(|(id, all)| (id.to_owned(), all))
        .into();
        let voices = Voices::of(&all).unwrap().unwrap();
        let nearest = |text: &str| voices.nearest(&Text::new(text), None).unwrap().to_owned();
        assert_eq!(nearest("Who is there? What do you want?"), "asker");
        assert_eq!(nearest("WAIT! Hold on! STOP!"), "caller");
        assert_eq!(nearest("Once the moon, old and kind, was a queen of the sea."), "teller");
        assert!(voices.know("asker") && !voices.know("poet"));
        let few = all.into_iter().take(2).collect();
        assert!(Voices::of(&few).unwrap().is_none(), "two voices are too few");
    }

    #[test]
    fn an_answer_is_taken_out_of_its_own_mean() {
        let mut all: BTreeMap<String, Vec<String>> = [
            ("asker", answers(&["Why? And who told you?", "What then? Where did it go?"])),
            ("caller", answers(&["STOP! Go NOW!", "LOOK out! Run!"])),
            (
                "teller",
                answers(&["Once, long ago, the sea was a girl.", "She sang, and slept, and was gone."]),
            ),
        ]
        .map(|(id, all)| (id.to_owned(), all))
        .into();
        // One that is the teller's only in name: its own mean holds it, and must not speak for it.
        let odd = "WAIT! Hold on! STOP!".to_owned();
        all.get_mut("teller").unwrap().push(odd.clone());
        let voices = Voices::of(&all).unwrap().unwrap();
        assert_eq!(voices.nearest(&Text::new(&odd), Some("teller")).unwrap(), "caller");
    }
}
