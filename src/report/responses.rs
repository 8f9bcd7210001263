//! Every response as data for the page's script: names once, texts as they are, nothing that ends a script.

use crate::record::{Finish, Response};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Most bytes of data in a page; what does not fit is counted on the page.
const MOST_BYTES: usize = 4_500_000;

/// The data block of a page.
pub(super) struct Data {
    /// JSON that is safe inside a `<script>` element.
    pub(super) json: String,
    /// Responses in it.
    pub(super) shown: usize,
}

/// Names and texts that many rows share; a row holds their places.
#[derive(Default, Serialize)]
struct Table<'a> {
    personas: Names<'a>,
    prompts: Names<'a>,
    arms: Names<'a>,
    blends: Names<'a>,
    /// What was fed to the model, with the persona's id as U+FFFC.
    fed: Vec<String>,
    rows: Vec<Row<'a>>,
}

/// persona, prompt, arm, blend, fed, sample, tokens, finish (0 unknown, 1 stop, 2 length), seed, text.
#[derive(Serialize)]
struct Row<'a>(usize, usize, usize, usize, usize, usize, usize, u8, String, &'a str);

/// Stands for the persona's id in a prompt, so that a prompt is kept once for all personas.
const PERSONA: &str = "\u{fffc}";

/// Distinct names in the order of their first use.
#[derive(Default)]
struct Names<'a> {
    list: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn place(&mut self, name: &'a str) -> usize {
        let next = self.list.len();
        *self.places.entry(name).or_insert_with(|| {
            self.list.push(name);
            next
        })
    }
}

impl Serialize for Names<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

/// The data block of `responses`; first samples first where not all fit.
pub(super) fn data(responses: &[Response]) -> Data {
    let mut all: Vec<&Response> = responses.iter().collect();
    if fitting(&all) < all.len() {
        all.sort_by_key(|r| (r.sample, r.arm != "trained"));
        all.truncate(fitting(&all));
    }
    let mut table = Table::default();
    let mut fed: HashMap<String, usize> = HashMap::new();
    for r in &all {
        let next = fed.len();
        let prompt = *fed.entry(shared(r)).or_insert(next);
        let row = Row(
            table.personas.place(&r.persona),
            table.prompts.place(&r.prompt_id),
            table.arms.place(&r.arm),
            table.blends.place(&r.blend),
            prompt,
            r.sample,
            r.tokens,
            match r.finish {
                None => 0,
                Some(Finish::Stop) => 1,
                Some(Finish::Length) => 2,
            },
            r.seed.to_string(),
            &r.text,
        );
        table.rows.push(row);
    }
    table.fed = vec![String::new(); fed.len()];
    for (prompt, place) in fed {
        table.fed[place] = prompt;
    }
    // Plain strings and numbers always serialise.
    let json = serde_json::to_string(&table).unwrap_or_else(|_| "null".to_owned());
    Data { json: harmless(&json), shown: all.len() }
}

/// How many of `responses`, from the first on, fit into [`MOST_BYTES`].
fn fitting(responses: &[&Response]) -> usize {
    let mut prompts = HashSet::new();
    let mut bytes = 0;
    let fits = |r: &&&Response| {
        let prompt = shared(r);
        bytes += 96 + written(&r.text);
        if !prompts.contains(&prompt) {
            bytes += written(&prompt);
            prompts.insert(prompt);
        }
        bytes <= MOST_BYTES
    };
    responses.iter().take_while(fits).count()
}

/// What was fed to the model, the same for all personas that were asked the same.
fn shared(r: &Response) -> String {
    r.prompt.replace(&format!("<persona:{}>", r.persona), PERSONA)
}

/// Bytes of a text in the data block.
fn written(text: &str) -> usize {
    let bytes = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    };
    text.chars().map(bytes).sum()
}

/// JSON without a character that could end the `<script>` element or start a comment in it.
fn harmless(json: &str) -> String {
    let mut safe = String::with_capacity(json.len() + json.len() / 64);
    for c in json.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(text: &str, sample: usize) -> Response {
        serde_json::from_value(serde_json::json!({
            "persona": "poet", "prompt_id": "s01", "sample": sample, "text": text,
            "prompt": "<|user|><persona:poet>\nHello", "seed": u64::MAX
        }))
        .expect("a response")
    }

    #[test]
    fn no_text_can_end_the_script_that_holds_it_and_every_text_reads_back() {
        let text = "</script><script>alert(1)</script><!-- \u{2028} \\u003c \"&quot;";
        let data = data(&[response(text, 0), response("fine", 1)]);
        assert!(!data.json.contains(['<', '>', '&', '\u{2028}']), "{}", data.json);
        let value: serde_json::Value = serde_json::from_str(&data.json).expect("JSON");
        assert_eq!(value["rows"][0][9], text);
        assert_eq!(value["rows"][0][8], u64::MAX.to_string());
        assert_eq!(value["fed"], serde_json::json!([format!("<|user|>{PERSONA}\nHello")]));
        assert_eq!(data.shown, 2);
    }

    #[test]
    fn where_not_all_fit_first_samples_are_kept_and_counted() {
        let long = "a".repeat(1_000_000);
        let many: Vec<Response> = (0..8).rev().map(|sample| response(&long, sample)).collect();
        let data = data(&many);
        assert_eq!(data.shown, 4);
        assert!(data.json.len() <= MOST_BYTES);
        let value: serde_json::Value = serde_json::from_str(&data.json).expect("JSON");
        assert_eq!(value["rows"][0][5], 0);
    }

    #[test]
    fn texts_full_of_markup_stay_within_the_room_too() {
        let markup = "<\u{1}&\"\n".repeat(100_000);
        let many: Vec<Response> = (0..8).map(|sample| response(&markup, sample)).collect();
        let data = data(&many);
        assert!(data.shown < 8 && data.json.len() <= MOST_BYTES, "{} bytes", data.json.len());
    }
}
