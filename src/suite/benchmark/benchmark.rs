//! `[[benchmark]]`: which published file, and how its rows are asked.

use std::path::{Path, PathBuf};

use super::rows::{Row, read_rows, spread};
use super::{bfcl, gsm8k, human_eval, mt_bench};
use crate::document::{Field, Section};
use crate::error::Result;
use crate::persona::Registry;
use crate::suite::outcome::Outcome;
use crate::suite::prompt::{Prompt, is_name};
use crate::suite::score::Score;
use crate::suite::task::{Judge, Task, read_persona};

/// A published benchmark's file, and how it is asked.
#[derive(Debug)]
pub(in crate::suite) struct Benchmark {
    data: String,
    format: Format,
    file: String,
    answers: Option<String>,
    persona: Option<String>,
    prompt: Option<String>,
    items: Option<usize>,
    max_new_tokens: Option<usize>,
    at: Field,
}

/// What a file's rows look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gsm8k,
    HumanEval,
    Bfcl,
    MtBench,
}

/// Where a row's question stands in a prompt.
const QUESTION: &str = "{question}";
/// Where the functions' descriptions stand in a prompt of BFCL.
const FUNCTIONS: &str = "{functions}";
/// Most rows that may be asked for.
const MAX_ITEMS: usize = 1_000_000;

impl Format {
    const ALL: [Format; 4] = [Format::Gsm8k, Format::HumanEval, Format::Bfcl, Format::MtBench];

    fn id(self) -> &'static str {
        match self {
            Format::Gsm8k => "gsm8k",
            Format::HumanEval => "human-eval",
            Format::Bfcl => "bfcl",
            Format::MtBench => "mt-bench",
        }
    }

    fn prompt(self) -> &'static str {
        match self {
            Format::Gsm8k => gsm8k::PROMPT,
            Format::HumanEval => human_eval::PROMPT,
            Format::Bfcl => bfcl::PROMPT,
            Format::MtBench => mt_bench::PROMPT,
        }
    }

    /// What a prompt must hold.
    fn places(self) -> &'static [&'static str] {
        if self == Format::Bfcl { &[FUNCTIONS, QUESTION] } else { &[QUESTION] }
    }
}

/// What a benchmark adds to a suite.
#[derive(Debug)]
pub(in crate::suite) struct Items {
    /// Scored items.
    pub tasks: Vec<Task>,
    /// Prompts that every persona answers.
    pub prompts: Vec<Prompt>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

const KEYS: [&str; 8] = ["data", "format", "file", "answers", "persona", "prompt", "items", "max_new_tokens"];

impl Benchmark {
    /// Reads a checked `[[benchmark]]`; `known` are the data sets of the catalogue.
    pub(in crate::suite) fn read(item: &Field, registry: &Registry, known: &[String]) -> Result<Self> {
        let section = item.section(&KEYS)?;
        let field = section.need("data", "a data set of models.toml")?;
        let data = field.text()?.to_owned();
        if !known.contains(&data) {
            return Err(field
                .error(format!("unknown data `{data}`"))
                .expected("the name of an entry of models.toml whose kind is `data`")
                .known(&data, known));
        }
        let field = section.need("format", "how the file's rows are to be read")?;
        let format = field.one_of("format", &Format::ALL, Format::id)?;
        let read = Self {
            data,
            format,
            file: section.need("file", "one of the data set's files")?.text()?.to_owned(),
            answers: section.get("answers").map(|f| f.text().map(str::to_owned)).transpose()?,
            persona: section.get("persona").map(|f| read_persona(f, registry)).transpose()?,
            prompt: section.get("prompt").map(|f| read_prompt(f, format)).transpose()?,
            items: section.get("items").map(|f| f.count_in(1..=MAX_ITEMS)).transpose()?,
            max_new_tokens: section.get("max_new_tokens").map(crate::persona::max_tokens).transpose()?,
            at: item.clone(),
        };
        read.check(&section)?;
        Ok(read)
    }

    fn check(&self, section: &Section<'_>) -> Result<()> {
        if let Some(field) = section.get("answers").filter(|_| self.format != Format::Bfcl) {
            return Err(field.error("only `bfcl` keeps what is right in a file of its own"));
        }
        for key in ["persona", "max_new_tokens"] {
            if let Some(field) = section.get(key).filter(|_| self.format == Format::MtBench) {
                return Err(field
                    .error("the questions of `mt-bench` are shared prompts, which every persona of the suite answers")
                    .expected("`personas` and `generation` of the suite"));
            }
        }
        Ok(())
    }

    /// The data set that must be at hand.
    pub(in crate::suite) fn data(&self) -> &str {
        &self.data
    }

    /// Reads the items out of the data set's folder.
    ///
    /// # Errors
    /// A file is missing or cannot be read, or a row has not the format's form: with file and line.
    pub(in crate::suite) fn items(&self, folder: &Path) -> Result<Items> {
        let path = self.path(folder, &self.file)?;
        let rows: Vec<(usize, Row)> = read_rows(&path)?.into_iter().enumerate().collect();
        let rows = spread(rows, self.items);
        let mut found = Items { tasks: Vec::new(), prompts: Vec::new(), files: vec![path] };
        let answers = match &self.answers {
            None => None,
            Some(name) => {
                let path = self.path(folder, name)?;
                let read = bfcl::read_answers(&path)?;
                found.files.push(path);
                Some(read)
            }
        };
        for (place, row) in &rows {
            let id = self.id(*place, row)?;
            let task = match self.format {
                Format::MtBench => {
                    let prompt = mt_bench::prompt(row, id)?;
                    found.prompts.push(Prompt { text: self.asked(&prompt.text, ""), ..prompt });
                    continue;
                }
                Format::Bfcl => {
                    let question = bfcl::item(row, answers.as_ref())?;
                    let text = self.asked(&question.text, &question.functions);
                    Task { turns: question.turns, ..self.task(id, Outcome::Tools, text, question.score) }
                }
                Format::Gsm8k => {
                    let (question, score) = gsm8k::item(row)?;
                    self.task(id, Outcome::Reasoning, self.asked(&question, ""), score)
                }
                Format::HumanEval => {
                    let (question, score) = human_eval::item(row)?;
                    self.task(id, Outcome::Technical, self.asked(&question, ""), score)
                }
            };
            found.tasks.push(task);
        }
        Ok(found)
    }

    fn path(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        let path = folder.join(name);
        let known = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let known: Vec<String> = known.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        // A name and no path: the data set's folder is not left.
        if known.iter().any(|k| k == name) {
            return Ok(path);
        }
        let files = known.iter().filter(|k| !k.starts_with('.') && !k.ends_with(".sha256"));
        Err(self
            .at
            .error(format!("the data `{}` has no file `{name}`", self.data))
            .expected("a file of its entry in models.toml")
            .known(name, files))
    }

    /// The row's own id where it has one, after the format's name; else its place, from 0.
    fn id(&self, place: usize, row: &Row) -> Result<String> {
        let id = match self.format {
            Format::Gsm8k => place.to_string(),
            Format::HumanEval => row.text("task_id")?.rsplit('/').next().unwrap_or_default().to_owned(),
            Format::Bfcl => row.text("id")?.to_owned(),
            Format::MtBench => row.get("question_id")?.to_string(),
        };
        let id = format!("{}-{id}", self.format.id());
        if is_name(&id) { Ok(id) } else { Err(row.error(format!("`{id}` cannot be an id"))) }
    }

    fn asked(&self, question: &str, functions: &str) -> String {
        let prompt = self.prompt.as_deref().unwrap_or(self.format.prompt());
        // Split first: what a question or a function says of itself is not read as a place.
        let (before, after) = prompt.split_once(QUESTION).unwrap_or((prompt, ""));
        let filled =
            |part: &str| part.replacen(FUNCTIONS, functions, usize::from(self.format == Format::Bfcl));
        format!("{}{question}{}", filled(before), filled(after))
    }

    fn task(&self, id: String, outcome: Outcome, prompt: String, score: Score) -> Task {
        Task {
            id,
            persona: self.persona.clone(),
            turns: Vec::new(),
            prompt,
            max_new_tokens: self.max_new_tokens,
            judge: Judge::Outcome { outcome, score },
        }
    }
}

fn read_prompt(field: &Field, format: Format) -> Result<String> {
    let text = field.text()?;
    match format.places().iter().find(|place| text.matches(**place).count() != 1) {
        None => Ok(text.to_owned()),
        Some(place) => Err(field
            .error(format!("the prompt has no place for `{place}`, or two"))
            .expected(format!("for instance {:?}", format.prompt()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    const SUITE: &str =
        "data = 'd'\nformat = 'bfcl'\nfile = 'q.jsonl'\nanswers = 'a.jsonl'\npersona = 'poet'\n";
    const BFCL: &str = r#"{"id": "s_0", "question": [[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Add {question} 2."}]], "function": [{"name": "add", "description": "Adds.", "parameters": {"type": "dict", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}]}"#;
    const RIGHT: &str = r#"{"id": "s_0", "ground_truth": [{"add": {"a": [2]}}]}"#;

    fn read(suite: &str) -> Result<Benchmark> {
        let registry = Registry::load(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml"))?;
        Benchmark::read(&parse(Path::new("s.toml"), suite)?, &registry, &["d".to_owned()])
    }

    fn items(suite: &str, files: &[(&str, &str)]) -> Result<Items> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        read(suite)?.items(folder.path())
    }

    fn told(error: crate::Error, wanted: &str) {
        let error = error.to_string();
        assert!(wanted.split('|').all(|part| error.contains(part)), "should say `{wanted}`:\n{error}");
    }

    #[test]
    fn rows_of_every_format_become_items() {
        let found = items(SUITE, &[("q.jsonl", BFCL), ("a.jsonl", RIGHT)]).unwrap();
        let task = &found.tasks[0];
        assert_eq!((task.id.as_str(), task.persona.as_deref()), ("bfcl-s_0", Some("poet")));
        // What a row says of itself is no place for anything.
        assert!(task.prompt.contains("\n\nBe brief.\n\nAdd {question} 2.\n\nReply"), "{}", task.prompt);
        assert!(task.prompt.contains(r#"{"name":"add","description":"Adds.""#), "{}", task.prompt);
        let Judge::Outcome { outcome: Outcome::Tools, score: Score::Calls(rule) } = &task.judge else {
            panic!()
        };
        assert_eq!(rule.accepted[0].to_string(), "add(a=2)");
        assert_eq!(found.files.len(), 2);
        let none = items(&SUITE.replace("answers = 'a.jsonl'\n", ""), &[("q.jsonl", BFCL)]).unwrap();
        assert!(
            matches!(&none.tasks[0].judge, Judge::Outcome { score: Score::Calls(r), .. } if r.accepted.is_empty())
        );

        let of = |format: &str, row: &str| {
            items(&format!("data = 'd'\nformat = '{format}'\nfile = 'q.jsonl'\n"), &[("q.jsonl", row)])
        };
        let sums = of(
            "gsm8k",
            r#"{"question": "How many?", "answer": "1000+319=<<1000+319=1319>>1319\n#### 1,319"}"#,
        );
        let task = &sums.unwrap().tasks[0];
        assert!(
            matches!(&task.judge, Judge::Outcome { score: Score::Numeric { value, .. }, .. } if *value == 1319.0)
        );
        assert_eq!((task.id.as_str(), task.persona.as_deref()), ("gsm8k-0", None));
        let code = of(
            "human-eval",
            r#"{"task_id": "HumanEval/7", "prompt": "def f():\n", "entry_point": "f", "test": "def check(c): pass"}"#,
        );
        let task = &code.unwrap().tasks[0];
        let Judge::Outcome { score: Score::Python(rule), .. } = &task.judge else { panic!() };
        assert_eq!((task.id.as_str(), rule.before.as_str()), ("human-eval-7", "def f():\n"));
        assert!(rule.tests.ends_with("\ncheck(f)\n"), "{}", rule.tests);
        let talk =
            of("mt-bench", r#"{"question_id": 81, "category": "writing", "turns": ["Write.", "Again."]}"#)
                .unwrap();
        let prompt = &talk.prompts[0];
        assert_eq!((prompt.id.as_str(), prompt.text.as_str()), ("mt-bench-81", "Write."));
        assert_eq!(prompt.follow_up.as_deref(), Some("Again."));
    }

    #[test]
    fn a_row_that_has_not_its_formats_form_is_named() {
        let two =
            BFCL.replace("}]], \"function", "}], [{\"role\": \"user\", \"content\": \"And?\"}]], \"function");
        for (question, answers, wanted) in [
            (two.as_str(), RIGHT, "q.jsonl:1|more than one turn"),
            (&BFCL.replace("\"user\"", "\"assistant\""), RIGHT, "q.jsonl:1|no conversation"),
            (&BFCL.replace("integer", "hashmap"), RIGHT, "q.jsonl:1|hashmap"),
            (BFCL, &RIGHT.replace("s_0", "s_1"), "q.jsonl:1|no answer has the id `s_0`|did you mean: s_1?"),
            (&BFCL.replace("\"function\"", "\"functions\""), RIGHT, "q.jsonl:1|no `function`|functions"),
            (BFCL, &RIGHT.replace("ground_truth", "truth"), "a.jsonl:1|no `ground_truth`"),
        ] {
            told(items(SUITE, &[("q.jsonl", question), ("a.jsonl", answers)]).unwrap_err(), wanted);
        }
        let of = |format: &str, row: &str, wanted: &str| {
            let suite = format!("data = 'd'\nformat = '{format}'\nfile = 'q.jsonl'\n");
            told(items(&suite, &[("q.jsonl", row)]).unwrap_err(), wanted);
        };
        of("gsm8k", r#"{"question": "?", "answer": "18"}"#, "q.jsonl:1|does not end in a number");
        of(
            "human-eval",
            r#"{"task_id": "a/1", "prompt": "x", "entry_point": "f()", "test": ""}"#,
            "cannot name a function",
        );
        of("mt-bench", r#"{"question_id": 1, "turns": ["One."]}"#, "q.jsonl:1|not two texts");
        told(
            items(SUITE, &[("q.json", BFCL)]).unwrap_err(),
            "s.toml|no file `q.jsonl`|did you mean: q.json?",
        );
    }

    #[test]
    fn bad_entries_are_refused() {
        for (from, to, wanted) in [
            ("data = 'd'", "data = 'dd'", "s.toml:1 `data`|did you mean: d?"),
            ("'bfcl'", "'bfc'", "s.toml:2 `format`|did you mean: bfcl?"),
            ("'bfcl'", "'gsm8k'", "s.toml:4 `answers`|only `bfcl`"),
            ("'poet'", "'poett'", "did you mean: poet?"),
            ("file", "fil", "did you mean: file?"),
            ("persona = 'poet'", "prompt = 'x'", "no place for `{functions}`"),
            ("persona = 'poet'", "prompt = '{functions} {question} {question}'", "`{question}`, or two"),
            ("persona = 'poet'", "items = 0", "out of range"),
        ] {
            assert!(SUITE.contains(from), "{from}");
            told(read(&SUITE.replacen(from, to, 1)).unwrap_err(), wanted);
        }
        let asked = SUITE.replace("bfcl", "mt-bench").replace("answers = 'a.jsonl'\n", "");
        told(read(&asked).unwrap_err(), "s.toml:4 `persona`|every persona of the suite");
    }
}
