//! Shifts of style in plain words: "sentences 40 % longer", "half the hedges".

use crate::record::StyleShift;

/// How a feature is spoken of.
enum Said {
    /// What grows or shrinks: "sentences 40 % longer".
    Longer(&'static str),
    /// What is more or less frequent: "half the hedges".
    More(&'static str),
    /// Two words for up and down: "easier to read".
    Either(&'static str, &'static str),
}

use Said::{Either, Longer, More};

/// Every feature of the style vector.
const WORDS: [(&str, Said); 52] = [
    ("log_words", Longer("answers")),
    ("log_sentences", More("sentences")),
    ("sentence_length", Longer("sentences")),
    ("sentence_length_spread", Either("sentences of more uneven length", "sentences of more even length")),
    ("short_sentences", More("very short sentences")),
    ("word_length", Longer("words")),
    ("long_words", More("long words")),
    ("syllables", Either("words of more syllables", "words of fewer syllables")),
    ("reading_ease", Either("easier to read", "harder to read")),
    ("type_token_ratio", Either("fewer repeated words", "more repeated words")),
    ("questions", More("questions")),
    ("exclamations", More("exclamations")),
    ("imperatives", More("commands")),
    ("lower_case_starts", More("sentences in lower case")),
    ("open_ends", More("lines without closing punctuation")),
    ("first_person", More("“I”")),
    ("first_person_plural", More("“we”")),
    ("second_person", More("“you”")),
    ("third_person", More("“he”, “she” and “it”")),
    ("contractions", More("contractions")),
    ("hedges", More("hedges")),
    ("boosters", More("boosters")),
    ("connectives", More("connectives")),
    ("analysis_words", More("words of analysis")),
    ("technical_words", More("technical words")),
    ("caution_words", More("words of caution")),
    ("casual_words", More("casual words")),
    ("play_words", More("playful words")),
    ("positive_words", More("positive words")),
    ("negative_words", More("negative words")),
    ("support_words", More("words of support")),
    ("image_words", More("images")),
    ("archaic_words", More("archaic words")),
    ("interjections", More("interjections")),
    ("articles", More("articles")),
    ("be_forms", More("forms of “to be”")),
    ("negations", More("negations")),
    ("prepositions", More("prepositions")),
    ("past_words", More("words in the past tense")),
    ("similes", More("similes")),
    ("list_lines", More("list items")),
    ("label_lines", More("labels and headings")),
    ("line_breaks", More("line breaks")),
    ("code_marks", More("marks of code")),
    ("json", More("JSON")),
    ("capitals", More("words in capitals")),
    ("digits", More("digits")),
    ("quotes", More("quotation marks")),
    ("commas", More("commas")),
    ("colons", More("colons and semicolons")),
    ("pauses", More("dashes and ellipses")),
    ("formality", Either("more formal", "less formal")),
];

/// What moved, for people; the feature's name where nobody has words for it.
pub(super) fn told(shift: &StyleShift) -> String {
    let said = WORDS.iter().find(|(name, _)| *name == shift.feature).map(|(_, said)| said);
    // Logarithms are of one more than what was counted.
    let (before, after) = match shift.feature.starts_with("log_") {
        true => (shift.before.exp_m1(), shift.after.exp_m1()),
        false => (shift.before, shift.after),
    };
    match said {
        Some(Either(up, down)) => (if shift.deviations > 0.0 { up } else { down }).to_string(),
        Some(Longer(what)) if before <= 1e-9 => format!("{what} where there were none"),
        Some(Longer(what)) => {
            format!(
                "{what} {:.0} % {}",
                percent(before, after),
                if after > before { "longer" } else { "shorter" }
            )
        }
        Some(More(what)) => amount(what, before, after),
        None => format!("{} {before:.3} → {after:.3}", shift.feature),
    }
}

fn percent(before: f64, after: f64) -> f64 {
    100.0 * (after / before - 1.0).abs()
}

fn amount(what: &str, before: f64, after: f64) -> String {
    let ratio = after / before;
    match ratio {
        _ if before <= 1e-9 => format!("{what} where there were none"),
        _ if after <= 1e-9 => format!("no {what} any more"),
        r if r >= 10.0 => format!("more than ten times the {what}"),
        r if r >= 2.75 => format!("{r:.0} times the {what}"),
        r if r >= 1.75 => format!("twice the {what}"),
        r if r >= 1.0 => format!("{:.0} % more {what}", percent(before, after)),
        r if r > 0.6 => format!("{:.0} % less of {what}", percent(before, after)),
        r if r > 0.4 => format!("half the {what}"),
        r if r > 0.28 => format!("a third of the {what}"),
        r if r > 0.2 => format!("a quarter of the {what}"),
        _ => format!("hardly any {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::FEATURES;

    fn shift(feature: &str, before: f64, after: f64) -> String {
        let (persona, feature) = (String::new(), feature.to_owned());
        told(&StyleShift { persona, feature, before, after, deviations: after - before, q: 0.0 })
    }

    #[test]
    fn every_feature_has_words() {
        let names: Vec<&str> = FEATURES.iter().map(|f| f.name).collect();
        assert_eq!(names, WORDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }

    #[test]
    fn shifts_are_told_as_people_would() {
        assert_eq!(shift("sentence_length", 10.0, 14.0), "sentences 40 % longer");
        assert_eq!(shift("hedges", 0.04, 0.02), "half the hedges");
        assert_eq!(shift("questions", 0.1, 0.32), "3 times the questions");
        assert_eq!(shift("commas", 0.05, 0.06), "20 % more commas");
        assert_eq!(shift("json", 0.0, 0.5), "JSON where there were none");
        assert_eq!(shift("similes", 0.1, 0.0), "no similes any more");
        assert_eq!(shift("log_words", 40f64.ln_1p(), 20f64.ln_1p()), "answers 50 % shorter");
        assert_eq!(shift("formality", 0.5, 0.3), "less formal");
    }
}
