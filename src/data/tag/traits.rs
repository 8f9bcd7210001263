//! The traits that an example's answer shows.

use crate::style::{TRAITS, Text, trait_scores};

/// Names of the traits whose calibrated threshold the score of `text` reaches, sorted; none for a text without words.
pub fn traits(text: &str) -> Vec<&'static str> {
    let scores = trait_scores(&Text::new(text));
    TRAITS.iter().zip(scores).filter(|(t, score)| *score >= t.threshold).map(|(t, _)| t.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traits_are_those_of_the_style_scorers() {
        assert_eq!(traits(""), Vec::<&str>::new());
        let found = traits("Why? And who told you? What did you do then?");
        assert!(found.contains(&"questioning") && found.is_sorted(), "{found:?}");
        for t in &TRAITS {
            let hit = crate::style::trait_hit(t.name, "Check the logs; restart the server.").unwrap();
            assert_eq!(traits("Check the logs; restart the server.").contains(&t.name), hit, "{}", t.name);
        }
    }
}
