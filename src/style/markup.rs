//! Code and headings in a text, as CommonMark reads them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^ {0,3}#{1,6}(?:[ \t]|$)").expect("a pattern of this file, compiled in its tests")
});
static UNDERLINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^ {0,3}(?:=+|--+)[ \t]*$").expect("a pattern of this file, compiled in its tests")
});

/// A text's lines and code, found once.
#[derive(Debug, Clone, PartialEq)]
pub struct Markup {
    /// Bytes of code: fenced blocks with their fences (CommonMark §4.5), spans between backticks (§6.1).
    pub code: Vec<Range<usize>>,
    /// Headings: lines that start with one to six `#` (§4.2), and lines underlined with `=` or `--` (§4.3).
    pub headings: usize,
}

impl Markup {
    /// Reads a text. Cost: O(n).
    pub fn of(raw: &str) -> Self {
        let mut found = Self { code: Vec::new(), headings: 0 };
        // The open fence: its character, its length, where it starts.
        let mut fence: Option<(u8, usize, usize)> = None;
        let (mut at, mut paragraph, mut may_be_heading) = (0, 0, false);
        for line in raw.split_inclusive('\n') {
            let end = at + line.len();
            let text = line.trim_end_matches(['\n', '\r']);
            match (fence, fence_of(text)) {
                (Some((mark, length, start)), Some((closing, count, true)))
                    if closing == mark && count >= length =>
                {
                    found.code.push(start..at + text.len());
                    (fence, paragraph, may_be_heading) = (None, end, false);
                }
                (Some(_), _) => {}
                (None, Some((mark, count, _))) => {
                    spans(raw, paragraph..at, &mut found.code);
                    fence = Some((mark, count, at));
                }
                (None, None) => {
                    let blank = text.trim().is_empty();
                    let underlined =
                        may_be_heading && text.starts_with([' ', '=', '-']) && UNDERLINE.is_match(text);
                    let heading = text.trim_start_matches(' ').starts_with('#') && HEADING.is_match(text);
                    found.headings += usize::from(heading || underlined);
                    if blank {
                        spans(raw, paragraph..at, &mut found.code);
                        paragraph = end;
                    }
                    may_be_heading = !(blank || heading || underlined);
                }
            }
            at = end;
        }
        match fence {
            Some((_, _, start)) => found.code.push(start..raw.len()),
            None => spans(raw, paragraph..raw.len(), &mut found.code),
        }
        found
    }

    /// Share of the characters that are not white space which stand in code, 0..=1; absent where there are none.
    pub fn code_share(&self, raw: &str) -> Option<f64> {
        let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let all = dense(raw);
        let code: usize = self.code.iter().map(|range| dense(&raw[range.clone()])).sum();
        (all > 0).then(|| code as f64 / all as f64)
    }
}

/// A fence's character and length, and whether it may close a block: nothing but white space follows.
fn fence_of(line: &str) -> Option<(u8, usize, bool)> {
    let inner = line.trim_start_matches(' ');
    let mark = *inner.as_bytes().first().filter(|mark| matches!(mark, b'`' | b'~'))?;
    let count = inner.bytes().take_while(|byte| *byte == mark).count();
    let info = &inner[count..];
    let fits = line.len() - inner.len() <= 3 && count >= 3 && !(mark == b'`' && info.contains('`'));
    fits.then(|| (mark, count, info.trim().is_empty()))
}

/// Spans between runs of as many backticks, within one paragraph.
fn spans(raw: &str, within: Range<usize>, code: &mut Vec<Range<usize>>) {
    let bytes = &raw.as_bytes()[within.clone()];
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'`') {
        match runs.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    // The next run of the same length, by run.
    let mut partners: Vec<Option<usize>> = Vec::with_capacity(runs.len());
    let mut nearest: HashMap<usize, usize> = HashMap::new();
    for (place, run) in runs.iter().enumerate().rev() {
        partners.push(nearest.insert(run.len(), place));
    }
    partners.reverse();
    let mut open = 0;
    while open < runs.len() {
        if let Some(close) = partners[open] {
            code.push(within.start + runs[open].start..within.start + runs[close].end);
            open = close;
        }
        open += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(raw: &str) -> Vec<&str> {
        Markup::of(raw).code.into_iter().map(|range| &raw[range]).collect()
    }

    #[test]
    fn fences_and_spans_are_code_and_lone_backticks_are_not() {
        assert_eq!(code("Use `x` or ``a`b``, not ` this"), ["`x`", "``a`b``"]);
        assert_eq!(code("a\n```python\nx = 1\n```\nb `y`"), ["```python\nx = 1\n```", "`y`"]);
        assert_eq!(code("~~~\n```\nopen to the end"), ["~~~\n```\nopen to the end"]);
        assert_eq!(code("`one\n\ntwo`"), Vec::<&str>::new());
        assert_eq!(Markup::of("`ab`cd").code_share("`ab`cd"), Some(4.0 / 6.0));
        assert_eq!(Markup::of(" \n").code_share(" \n"), None);
    }

    #[test]
    fn headings_start_with_marks_or_are_underlined() {
        let headings = |raw: &str| Markup::of(raw).headings;
        assert_eq!(headings("# One\ntext\n## Two\n####### seven\n#tag"), 2);
        assert_eq!(headings("Title\n=====\n\nOther\n---\n\n---\n"), 2);
        assert_eq!(headings("```\n# a comment\n```\n"), 0);
    }
}
