//! Made-up indices, and the real calibration of traits on made-up texts.

use super::{QUICK, response};
use crate::record::{PersonaIndices, PersonaRow, ProfileFigures};
use crate::style::{INDICES, LabelledText, Profile, Text, calibrate_traits};

pub(super) fn profile(rows: &[PersonaRow]) -> ProfileFigures {
    let said: Vec<(&PersonaRow, String)> =
        rows.iter().flat_map(|row| (0..4).map(move |i| (row, response(row, i, "trained").text))).collect();
    let persona = |row: &PersonaRow| {
        let profile = Profile::of(&Text::new(&response(row, 0, "trained").text));
        let means = profile.iter().map(|(_, value, _)| value).collect();
        PersonaIndices { persona: row.id.clone(), means, foreign: 0 }
    };
    let labelled: Vec<LabelledText<'_>> =
        said.iter().map(|(row, text)| LabelledText { text, persona: &row.id, traits: &row.traits }).collect();
    ProfileFigures {
        indices: INDICES.iter().map(|i| i.name.to_owned()).collect(),
        personas: rows.iter().map(persona).collect(),
        foreign: 0,
        answers: 16 * rows.len(),
        traits: calibrate_traits(&labelled, &QUICK).expect("texts"),
        labelled: labelled.len(),
    }
}
