//! Control tags that users wrote: only the program's own tag may look like one.

use std::borrow::Cow;

/// How a control tag begins.
const OPENS: &str = "<persona:";
/// What is written in its place in a user's text.
const ESCAPED: &str = "<\\persona:";

/// A text in which nothing begins like a control tag, and how often something did.
///
/// `<persona:` becomes `<\persona:`, which is left alone the next time.
pub(super) fn escape(text: &str) -> (Cow<'_, str>, u32) {
    let found = text.matches(OPENS).count();
    match u32::try_from(found) {
        Ok(0) => (Cow::Borrowed(text), 0),
        count => (Cow::Owned(text.replace(OPENS, ESCAPED)), count.unwrap_or(u32::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imitated_tag_is_escaped_once() {
        let text = "<persona:poet>\nHi <persona:x> and <persona";
        let (escaped, count) = escape(text);
        assert_eq!((&*escaped, count), ("<\\persona:poet>\nHi <\\persona:x> and <persona", 2));
        assert_eq!(crate::persona::split_tag(&escaped), None);
        assert_eq!(escape(&escaped), (Cow::Borrowed(&*escaped), 0));
        // Nor does an escape grow into a tag from its pieces.
        assert_eq!(escape("<<persona:persona:").0, "<<\\persona:persona:");
    }
}
