//! What the judge is asked, and how: read from one TOML file.

use super::endpoint::Endpoint;
use super::key::check_name;
use crate::document::{self, Field, Section};
use crate::error::{Error, Result};
use crate::model::hex;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One question about a pair of replies.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Its name: a key of the judge's answer.
    pub name: String,
    /// The question.
    pub ask: String,
    /// Its part in the overall figures, above 0.
    pub weight: f64,
}

/// How the endpoint is spoken to.
#[derive(Debug, Clone, PartialEq)]
pub struct Manners {
    /// Longest answer of the judge, in tokens.
    pub max_tokens: usize,
    /// How long one request may take, from connecting to the last byte.
    pub timeout: Duration,
    /// How often a request is sent again after a passing failure.
    pub retries: usize,
    /// Before the first of them; doubled for each further one, up to [`Manners::LONGEST_WAIT`].
    pub wait: Duration,
    /// Requests that are under way together.
    pub parallel: usize,
    /// Whether `response_format` asks for JSON, which some servers do not know.
    pub json_mode: bool,
}

impl Manners {
    /// The longest wait before a request is sent again, also where the server asks for more.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(60);
}

/// A rubric.
///
/// ```toml
/// endpoint = "http://localhost:8000/v1"   # optional: or --judge-url
/// model = "NAME"                          # optional: or --judge-model
/// key_env = "JUDGE_API_KEY"               # optional: the variable that holds the key; without it no key is sent
/// pairs = 200                             # optional, at most so many pairs of each comparison
/// max_tokens = 300                        # optional, as are all below
/// timeout_seconds = 60
/// retries = 5
/// wait_seconds = 1
/// parallel = 4
/// json_mode = true
///
/// [[criterion]]
/// name = "voice"
/// ask = "Which reply sounds more like the described persona?"
/// weight = 1.0                            # optional
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rubric {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of its text, hexadecimal.
    pub sha256: String,
    /// Where the judge answers, unless a flag says.
    pub endpoint: Option<Endpoint>,
    /// The model's name, unless a flag says.
    pub model: Option<String>,
    /// Name of the environment variable that holds the key, unless a flag says.
    pub key_env: Option<String>,
    /// Most pairs of each comparison; each is asked twice.
    pub pairs: usize,
    /// How the endpoint is spoken to.
    pub manners: Manners,
    /// The questions; at least one.
    pub criteria: Vec<Criterion>,
}

const KEYS: [&str; 11] = [
    "endpoint",
    "model",
    "key_env",
    "pairs",
    "max_tokens",
    "timeout_seconds",
    "retries",
    "wait_seconds",
    "parallel",
    "json_mode",
    "criterion",
];
/// Most criteria: a judge that is asked more at once answers none of them well.
const MOST_CRITERIA: usize = 12;

impl Rubric {
    /// Reads and checks a rubric.
    ///
    /// # Errors
    /// The file cannot be read, a key or a value is not known, a criterion is given twice, or there is none: with file, line
    /// and key.
    pub fn load(path: &Path) -> Result<Self> {
        let text = document::read_text(path)?;
        let root = document::parse(path, &text)?;
        let section = root.section(&KEYS)?;
        section.need("criterion", "one [[criterion]] entry for each question")?;
        let items = section.items("criterion")?;
        let mut criteria: Vec<Criterion> = Vec::new();
        for item in items {
            let criterion = read_criterion(item)?;
            if let Some(first) = criteria.iter().position(|c| c.name == criterion.name) {
                let line = items[first].line();
                return Err(item
                    .error(format!("the criterion `{}` is given twice", criterion.name))
                    .expected(format!("a name of its own; the first stands in line {line}")));
            }
            criteria.push(criterion);
        }
        if criteria.len() > MOST_CRITERIA {
            return Err(section
                .error(format!("{} criteria are too many for one question", criteria.len()))
                .expected(format!("at most {MOST_CRITERIA}")));
        }
        let placed = |field: &Field, e: Error| field.error(e.what());
        let count = |key: &str, range, default: usize| {
            section.get(key).map_or(Ok(default), |f: &Field| f.count_in(range))
        };
        Ok(Self {
            path: path.to_path_buf(),
            sha256: hex(&Sha256::digest(text.as_bytes())),
            endpoint: section
                .get("endpoint")
                .map(|f| {
                    Endpoint::parse(f.text()?).map_err(|e| {
                        placed(f, e).expected("http://HOST:PORT/v1 or https://HOST/v1, without a password")
                    })
                })
                .transpose()?,
            model: section.get("model").map(Field::text).transpose()?.map(str::to_owned),
            key_env: section
                .get("key_env")
                .map(|f| {
                    let name = f.text()?;
                    check_name(name).map_err(|e| {
                        placed(f, e).expected("letters, digits and `_`; the key stands in the variable")
                    })?;
                    Ok::<_, Error>(name.to_owned())
                })
                .transpose()?,
            pairs: count("pairs", 1..=100_000, 200)?,
            manners: Manners {
                max_tokens: count("max_tokens", 16..=32_768, 300)?,
                timeout: seconds(&section, "timeout_seconds", 0.1, 60.0)?,
                retries: count("retries", 0..=20, 5)?,
                wait: seconds(&section, "wait_seconds", 0.0, 1.0)?,
                parallel: count("parallel", 1..=64, 4)?,
                json_mode: section.get("json_mode").map_or(Ok(true), Field::flag)?,
            },
            criteria,
        })
    }
}

fn seconds(section: &Section<'_>, key: &str, least: f64, default: f64) -> Result<Duration> {
    let value = section.get(key).map_or(Ok(default), |f| f.number_in(least..=3600.0))?;
    Ok(Duration::from_secs_f64(value))
}

fn read_criterion(item: &Field) -> Result<Criterion> {
    let section = item.section(&["name", "ask", "weight"])?;
    let field = section.need("name", "a name, such as `voice`")?;
    let name = field.text()?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(field
            .error(format!("`{name}` cannot name a criterion"))
            .expected("letters, digits, `_` and `-`: it is a key of the judge's answer"));
    }
    let weight = match section.get("weight") {
        None => 1.0,
        Some(field) => match field.number_in(0.0..=1e6)? {
            weight if weight > 0.0 => weight,
            _ => {
                return Err(field
                    .error("a criterion without weight has no part")
                    .expected("a number above 0"));
            }
        },
    };
    let ask = section.need("ask", "the question: which reply is better, and in what?")?.text()?.to_owned();
    Ok(Criterion { name: name.to_owned(), ask, weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "endpoint = \"http://localhost:8000/v1\"\nmodel = \"m\"\nkey_env = \"A_KEY\"\npairs = 10\n\
                        timeout_seconds = 2\n[[criterion]]\nname = \"voice\"\nask = \"Which?\"\nweight = 2\n\
                        [[criterion]]\nname = \"sense\"\nask = \"Which makes sense?\"\n";

    fn load(text: &str) -> Result<Rubric> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.toml");
        std::fs::write(&path, text).unwrap();
        Rubric::load(&path)
    }

    #[test]
    fn a_rubric_has_defaults_and_a_hash() {
        let rubric = load(GOOD).unwrap();
        assert_eq!((rubric.pairs, rubric.manners.retries, rubric.manners.json_mode), (10, 5, true));
        assert_eq!(rubric.manners.timeout, Duration::from_secs(2));
        assert_eq!(rubric.criteria.iter().map(|c| c.weight).collect::<Vec<_>>(), [2.0, 1.0]);
        assert_ne!(rubric.sha256, load(&GOOD.replace("= 10", "= 11")).unwrap().sha256);
    }

    #[test]
    fn the_committed_rubric_asks_for_voice_helpfulness_and_coherence() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/judge.toml");
        let rubric = Rubric::load(Path::new(path)).unwrap();
        let names: Vec<&str> = rubric.criteria.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["voice", "helpfulness", "coherence"]);
        assert!(rubric.endpoint.is_none() && rubric.key_env.is_none(), "nothing leaves the machine unasked");
    }

    #[test]
    fn every_bad_entry_names_file_line_and_key() {
        for (from, to, wanted) in [
            ("model =", "modle =", "j.toml:2 `modle`|did you mean: model?"),
            ("http://localhost:8000/v1", "http://a:b@localhost/v1", "j.toml:1 `endpoint`|password"),
            ("A_KEY", "sk-123", "j.toml:3 `key_env`|environment variable"),
            ("pairs = 10", "pairs = 0", "j.toml:4 `pairs`|from 1"),
            ("timeout_seconds = 2", "timeout_seconds = 0", "j.toml:5|from 0.1"),
            ("\"voice\"", "\"a b\"", "j.toml:7 `criterion.0.name`|cannot name"),
            ("ask = \"Which?\"", "", "`ask` is missing"),
            ("weight = 2", "weight = 0", "j.toml:9|above 0"),
            ("weight = 2", "weigth = 2", "`criterion.0.weigth`|did you mean: weight?"),
            ("\"sense\"", "\"voice\"", "j.toml:10|given twice|line 6"),
        ] {
            let error = load(&GOOD.replacen(from, to, 1)).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(error.contains(part), "`{to}` should say `{part}`:\n{error}");
            }
            assert!(!error.contains("sk-123"), "{error}");
        }
        assert!(load("pairs = 3\n").unwrap_err().to_string().contains("`criterion` is missing"));
    }
}
