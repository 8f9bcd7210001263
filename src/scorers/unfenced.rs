//! Fenced blocks.

/// The inside of a fenced block that is the whole text, else the text.
pub(super) fn unfenced(text: &str) -> &str {
    let fenced = text.strip_prefix("```").and_then(|t| t.strip_suffix("```")).filter(|t| !t.contains("```"));
    let named = |t: &&str| t.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '+');
    fenced
        .and_then(|t| t.split_once('\n'))
        .filter(|(language, _)| named(&language.trim()))
        .map_or(text, |(_, inside)| inside.trim())
}

#[cfg(test)]
mod tests {
    use super::unfenced;

    #[test]
    fn only_one_block_around_everything_is_taken_off() {
        assert_eq!(unfenced("```json\n{}\n```"), "{}");
        for whole in ["{}", "```json\n{}\n``` so", "```\na\n```\n```\nb\n```", "```", "```f(a=1)\n```"] {
            assert_eq!(unfenced(whole), whole);
        }
    }
}
