//! Calls in Python's notation: `f(a=1, b=["x"])`, one or a list of them.

use super::argument::{Argument, Call};

/// Values nested deeper than this are no answer to anything, and must not exhaust the stack.
const DEEPEST: usize = 64;

/// Nor are more arguments of a call, or entries of a dictionary, than this.
const MOST: usize = 1_000;

/// The calls of a text that is nothing but calls, separated by commas, with or without square brackets around.
///
/// Literals are read as Python reads them; nothing is computed. A bare name stands for itself, as a text, and a call without named
/// arguments for its source. None where the text is anything else, and for some that Python would read: comments, binary and octal
/// numbers, bytes, arithmetic, subscripts, and calls with a dot in a value.
pub(super) fn read(text: &str) -> Option<Vec<Call>> {
    let mut reader = Reader { rest: text.trim() };
    let bracketed = reader.takes('[');
    let mut calls = Vec::new();
    while !(reader.rest.is_empty() || bracketed && reader.peeks(']')) {
        let name = reader.dotted_name()?;
        calls.push(reader.call(name, 0)?);
        if !reader.takes(',') {
            break;
        }
    }
    let closed = !bracketed || reader.takes(']');
    (closed && reader.rest.is_empty()).then_some(calls)
}

/// What has not been read yet; never starts with white space.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start();
    }

    fn peeks(&self, mark: char) -> bool {
        self.rest.starts_with(mark)
    }

    fn takes(&mut self, mark: char) -> bool {
        let found = self.peeks(mark);
        if found {
            self.skip(mark.len_utf8());
        }
        found
    }

    fn name(&mut self) -> Option<&'a str> {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        let starts = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        starts.then(|| {
            self.skip(end);
            name
        })
    }

    fn dotted_name(&mut self) -> Option<String> {
        let mut name = self.name()?.to_owned();
        while self.takes('.') {
            name.push('.');
            name.push_str(self.name()?);
        }
        Some(name)
    }

    /// From the opening bracket on. An argument without a name has an empty one, which no function knows.
    fn call(&mut self, name: String, depth: usize) -> Option<Call> {
        let mut arguments: Vec<(String, Argument)> = Vec::new();
        if !self.takes('(') || depth > DEEPEST {
            return None;
        }
        while !self.takes(')') {
            let before = self.rest;
            let named = self.name().filter(|_| self.peeks('=') && !self.rest.starts_with("=="));
            let key = match named {
                Some(key) => {
                    self.skip(1);
                    key
                }
                None => {
                    self.rest = before;
                    ""
                }
            };
            let twice = !key.is_empty() && arguments.iter().any(|(k, _)| k == key);
            if twice || arguments.len() == MOST {
                return None;
            }
            arguments.push((key.to_owned(), self.value(depth + 1)?));
            if !self.takes(',') && !self.peeks(')') {
                return None;
            }
        }
        Some(Call { name, arguments })
    }

    fn value(&mut self, depth: usize) -> Option<Argument> {
        if depth > DEEPEST {
            return None;
        }
        match self.rest.chars().next()? {
            '[' => self.items(']', depth).map(|(items, _)| Argument::List(items)),
            '(' => {
                let (mut items, comma) = self.items(')', depth)?;
                // Round brackets around one value, without a comma, only group.
                if items.len() == 1 && !comma { items.pop() } else { Some(Argument::Tuple(items)) }
            }
            '{' => self.map(depth),
            '"' | '\'' => self.texts(),
            '-' | '+' | '.' | '0'..='9' => self.number(),
            _ => self.word(depth),
        }
    }

    /// The values up to `close`, and whether a comma ended the last.
    fn items(&mut self, close: char, depth: usize) -> Option<(Vec<Argument>, bool)> {
        self.skip(1);
        let (mut items, mut comma) = (Vec::new(), false);
        while !self.takes(close) {
            items.push(self.value(depth + 1)?);
            comma = self.takes(',');
            if !comma && !self.peeks(close) {
                return None;
            }
        }
        Some((items, comma))
    }

    fn map(&mut self, depth: usize) -> Option<Argument> {
        self.skip(1);
        let mut entries: Vec<(String, Argument)> = Vec::new();
        while !self.takes('}') {
            let Argument::Text(key) = self.value(depth + 1)? else { return None };
            if !self.takes(':') {
                return None;
            }
            let value = self.value(depth + 1)?;
            if entries.len() == MOST {
                return None;
            }
            // The last of equal keys stands.
            entries.retain(|(k, _)| *k != key);
            entries.push((key, value));
            if !self.takes(',') && !self.peeks('}') {
                return None;
            }
        }
        Some(Argument::Map(entries))
    }

    fn number(&mut self) -> Option<Argument> {
        let negative = self.peeks('-');
        if negative || self.peeks('+') {
            self.skip(1);
        }
        let hexadecimal = self.rest.get(..2).is_some_and(|p| p.eq_ignore_ascii_case("0x"));
        let mut end = 0;
        for (place, c) in self.rest.char_indices() {
            let sign = matches!(c, '-' | '+') && self.rest[..place].ends_with(['e', 'E']) && !hexadecimal;
            if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || sign) {
                break;
            }
            end = place + c.len_utf8();
        }
        let digits = self.rest[..end].replace('_', "");
        self.skip(end);
        // Python has no number that begins with an idle zero.
        let idle = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        if idle && digits.bytes().any(|b| b != b'0') {
            return None;
        }
        let whole = if hexadecimal {
            i128::from_str_radix(&digits[2..], 16).ok()
        } else {
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        };
        if let Some(value) = whole {
            return Some(Argument::Integer(if negative { -value } else { value }));
        }
        let spelled = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let value: f64 = digits.parse().ok().filter(|_| spelled)?;
        Some(Argument::Float(if negative { -value } else { value }))
    }

    fn word(&mut self, depth: usize) -> Option<Argument> {
        let before = self.rest;
        let name = self.name()?;
        if self.peeks('"') || self.peeks('\'') {
            return match name {
                "r" | "R" => self.literal(true).map(Argument::Text),
                "u" | "U" => self.texts(),
                // Bytes are no text, and an f-string would have to be computed.
                _ => None,
            };
        }
        if self.peeks('(') {
            let call = self.call(name.to_owned(), depth + 1)?;
            // A call as a value: without named arguments its source, else what it says.
            return Some(if call.arguments.iter().all(|(key, _)| key.is_empty()) {
                Argument::Text(before[..before.len() - self.rest.len()].trim_end().to_owned())
            } else {
                Argument::Map(vec![(call.name, Argument::Map(call.arguments))])
            });
        }
        Some(match name {
            "True" => Argument::Flag(true),
            "False" => Argument::Flag(false),
            "None" => Argument::Nothing,
            _ => Argument::Text(name.to_owned()),
        })
    }

    /// Literals that stand side by side are one text.
    fn texts(&mut self) -> Option<Argument> {
        let mut text = self.literal(false)?;
        while self.peeks('"') || self.peeks('\'') {
            text.push_str(&self.literal(false)?);
        }
        Some(Argument::Text(text))
    }

    fn literal(&mut self, raw: bool) -> Option<String> {
        let mark = self.rest.chars().next()?;
        let triple = self.rest.starts_with(&mark.to_string().repeat(3));
        let close = mark.to_string().repeat(if triple { 3 } else { 1 });
        let inside = &self.rest[close.len()..];
        let mut text = String::new();
        let mut chars = inside.char_indices();
        while let Some((place, c)) = chars.next() {
            if inside[place..].starts_with(&close) {
                let used = close.len() + place + close.len();
                self.skip(used);
                return Some(text);
            }
            match c {
                '\n' if !triple => return None,
                '\\' if raw => {
                    text.push(c);
                    text.push(chars.next()?.1);
                }
                '\\' => escape(&mut chars, &mut text)?,
                c => text.push(c),
            }
        }
        None
    }
}

/// One escape, whose backslash has been read.
fn escape(chars: &mut std::str::CharIndices<'_>, text: &mut String) -> Option<()> {
    let c = chars.next()?.1;
    let code = |chars: &mut std::str::CharIndices<'_>, digits: usize| {
        let number: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
        let whole = number.len() == digits && number.bytes().all(|b| b.is_ascii_hexdigit());
        whole.then(|| u32::from_str_radix(&number, 16).ok()).flatten().and_then(char::from_u32)
    };
    match c {
        '\n' => {}
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        // Up to three octal digits.
        '0'..='7' => {
            let mut number = c.to_digit(8)?;
            for _ in 0..2 {
                let Some(digit) = chars.clone().next().and_then(|(_, c)| c.to_digit(8)) else { break };
                number = number * 8 + digit;
                chars.next();
            }
            text.push(char::from_u32(number)?);
        }
        'a' => text.push('\u{7}'),
        'b' => text.push('\u{8}'),
        'f' => text.push('\u{c}'),
        'v' => text.push('\u{b}'),
        'x' => text.push(code(chars, 2)?),
        'u' => text.push(code(chars, 4)?),
        'U' => text.push(code(chars, 8)?),
        '\\' | '\'' | '"' => text.push(c),
        // Python keeps the backslash of what is no escape.
        other => text.extend(['\\', other]),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Argument {
        let calls = read(&format!("f(a={text})")).unwrap_or_else(|| panic!("unreadable: {text}"));
        calls[0].arguments[0].1.clone()
    }

    #[test]
    fn literals_are_read_as_python_reads_them() {
        let text = |t: &str| Argument::Text(t.to_owned());
        for (source, value) in [
            ("1", Argument::Integer(1)),
            ("-1_000", Argument::Integer(-1000)),
            ("0x1F", Argument::Integer(31)),
            ("1.", Argument::Float(1.0)),
            (".5e-3", Argument::Float(0.0005)),
            ("1e3", Argument::Float(1000.0)),
            ("True", Argument::Flag(true)),
            ("None", Argument::Nothing),
            ("'it\\'s'", text("it's")),
            ("\"a\\n\\u00e9\\q\"", text("a\né\\q")),
            ("'''a\n'b'''", text("a\n'b")),
            ("'a' \"b\"", text("ab")),
            ("'\\101\\0'", text("A\0")),
            ("00", Argument::Integer(0)),
            ("r'\\d'", text("\\d")),
            ("name", text("name")),
            ("g(1)", text("g(1)")),
            ("(1)", Argument::Integer(1)),
            ("(1,)", Argument::Tuple(vec![Argument::Integer(1)])),
            ("()", Argument::Tuple(vec![])),
            ("[1, 'x',]", Argument::List(vec![Argument::Integer(1), text("x")])),
            ("{'k': [1]}", Argument::Map(vec![("k".into(), Argument::List(vec![Argument::Integer(1)]))])),
        ] {
            assert_eq!(only(source), value, "{source}");
        }
    }

    #[test]
    fn one_call_or_several_with_or_without_brackets() {
        for (text, names) in [
            ("f()", vec!["f"]),
            ("[a.b(x=1), c()]", vec!["a.b", "c"]),
            ("f(x=1), g(y=2)", vec!["f", "g"]),
            (" [ ] ", vec![]),
        ] {
            let calls = read(text).unwrap();
            assert_eq!(calls.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), names, "{text}");
        }
    }

    #[test]
    fn what_is_no_call_is_not_read() {
        for text in [
            "I cannot do that.",
            "f(a=1",
            "f(a=1))",
            "[f()",
            "f(a=1 b=2)",
            "f(a='x)",
            "f(a=1, a=2)",
            "f(a=1+1)",
            "f(a=inf.x)",
            "f(a=\"\\u12\")",
            "f(a=--1)",
            "f g()",
            "f(a={1: 2})",
            "f(a=007)",
            "f(a=b'x')",
            "f(a=f'x')",
            "f(a='\\x+1')",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for mark in ["[", "(", "{'a':", "g("] {
            assert_eq!(read(&format!("f(a={}", mark.repeat(10_000))), None);
        }
    }

    #[test]
    fn an_argument_without_a_name_is_kept_as_such() {
        assert_eq!(read("f(1, b=2)").unwrap()[0].arguments[0], (String::new(), Argument::Integer(1)));
    }
}
