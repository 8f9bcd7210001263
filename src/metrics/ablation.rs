//! Texts bare of what could be taken for a voice: the control where a difference cannot decide.

use unicode_segmentation::UnicodeSegmentation;

use super::Labels;
use super::content::is_content_word;
use crate::error::Result;

/// Fewest words that a text must be left with to say anything of a voice.
const FEWEST: usize = 4;

/// The texts with neither subject nor length: function words, numbers and the marks between them, all texts of a prompt
/// with equally many words.
///
/// Content words are taken out (text distortion, Stamatatos 2017, with nothing in their places); of what is left, every
/// text of a prompt is cut after half the words of its shortest one, right behind a word, so that no text shows that it came
/// to its end. None where a text would be left with fewer than four words: one without function words, of which English
/// ones alone are known.
///
/// # Errors
/// When texts and prompts are not equally many.
pub fn bare<S: AsRef<str>>(texts: &[S], prompts: &Labels) -> Result<Option<Vec<String>>> {
    prompts.check_rows(texts.len(), "texts")?;
    let without: Vec<String> = texts.iter().map(|text| without_content(text.as_ref())).collect();
    let mut shortest = vec![usize::MAX; prompts.count()];
    for (text, &prompt) in without.iter().zip(prompts.index()) {
        shortest[prompt] = shortest[prompt].min(text.unicode_words().count());
    }
    if shortest.iter().any(|words| words / 2 < FEWEST) {
        return Ok(None);
    }
    let cut = |(text, &prompt): (&String, &usize)| {
        let last = text.unicode_word_indices().nth(shortest[prompt] / 2 - 1);
        text[..last.map_or(0, |(start, word)| start + word.len())].to_owned()
    };
    Ok(Some(without.iter().zip(prompts.index()).map(cut).collect()))
}

fn without_content(text: &str) -> String {
    let about = |word: &str| is_content_word(&word.to_lowercase().replace('’', "'"));
    let mut left = String::with_capacity(text.len());
    let mut end = 0;
    for (start, word) in text.unicode_word_indices().filter(|(_, word)| about(word)) {
        keep(&mut left, &text[end..start]);
        end = start + word.len();
    }
    keep(&mut left, &text[end..]);
    left
}

/// Appends what stands between two words that were taken out, without a second space.
fn keep(left: &mut String, between: &str) {
    let open = left.is_empty() || left.ends_with(char::is_whitespace);
    left.push_str(if open { between.trim_start_matches(' ') } else { between });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_words_numbers_marks_and_lines_are_left() {
        let text = "I don’t know the garden, but 3 of them\n- rollback **now**: it’s done!";
        assert_eq!(without_content(text), "I don’t the , but 3 of them\n- **now**: it’s done!");
        assert_eq!(without_content("Sailing boats"), "");
        assert_eq!(without_content(""), "");
    }

    #[test]
    fn all_texts_of_a_prompt_end_behind_as_many_words() {
        let of = |texts: &[&str]| {
            let prompts = Labels::new("prompt", &["a", "a", "b"]).unwrap();
            bare(texts, &prompts).unwrap()
        };
        let short = "It is to be the one, of all.";
        let long = "Boats! And then: you, and you, and you, and all of the others, too";
        let cut = of(&[short, long, "So. ".repeat(9).as_str()]).unwrap();
        assert_eq!(cut, ["It is to be", "! And then: you, and", "So. So. So. So"]);
        assert_eq!(of(&[short, "Sailing boats, garden tools", short]), None);
        assert_eq!(of(&["…", long, long]), None);
    }
}
