//! The Python code of an answer.

/// Names of a fenced block that Python may stand in.
const NAMES: [&str; 4] = ["", "python", "py", "python3"];

/// The inside of the first fenced block that is named as Python or not at all, else the whole answer.
///
/// A block that is not closed, as in an answer that met its limit, reaches to the end. White space stays: an answer may go on
/// inside a function.
pub(super) fn answer_code(answer: &str) -> &str {
    let (mut from, mut place) = (None, 0);
    // Whether a line is inside a block of another language.
    let mut other = false;
    for line in answer.split_inclusive('\n') {
        let after = place + line.len();
        if let Some(name) = line.trim().strip_prefix("```") {
            match from {
                Some(from) => return &answer[from..place],
                None if other => other = false,
                None if NAMES.contains(&name.trim().to_lowercase().as_str()) => from = Some(after),
                None => other = true,
            }
        }
        place = after;
    }
    from.map_or(answer, |from| &answer[from..])
}

#[cfg(test)]
mod tests {
    use super::answer_code;

    #[test]
    fn the_first_block_of_python_is_taken_else_the_whole_answer() {
        for (answer, code) in [
            ("```python\nx = 1\n```", "x = 1\n"),
            ("Here:\n\n```\nx = 1\n```\nIt works.\n```python\ny\n```", "x = 1\n"),
            ("```sh\npip\n```\n\n```Python\nx = 1\n```", "x = 1\n"),
            ("```py\ndef f():\n    return 1", "def f():\n    return 1"),
            ("  ```python\nx = 1\n  ```", "x = 1\n"),
            ("    return 1\n", "    return 1\n"),
            ("```json\n{}\n```", "```json\n{}\n```"),
            ("x = '```'", "x = '```'"),
            ("```python", ""),
        ] {
            assert_eq!(answer_code(answer), code, "{answer}");
        }
    }
}
