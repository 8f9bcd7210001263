//! Likelihoods of given replies: what a line holds for a task that is decided without a generated text.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Natural log-likelihoods that a model gave the replies of one task, each summed over the reply's tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenReplies {
    /// Of a choice's options, in the suite's order.
    Options(Vec<GivenOption>),
    /// Of a preference's two replies.
    Preference(GivenPair),
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenOption {
    /// The option, so that a suite with other options or in another order is noticed; none trusts the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// log p(option | prompt), in nats, at most 0.
    pub log_likelihood: f64,
    /// Tokens of the option, at least 1; `by = "tokens"` divides by them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
    /// log p(option) by the plain base model that was asked nothing, in nats; `by = "unconditional"` takes it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconditional: Option<f64>,
}

/// Two replies, the one that fits the persona first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenPair {
    /// The replies, as in [`GivenOption::text`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<[String; 2]>,
    /// log p(reply | prompt) under the persona's tag and blend, in nats.
    pub persona: [f64; 2],
    /// The same by the plain base model after the same prompt without a tag.
    pub base: [f64; 2],
}

/// What `likelihoods` may be, as an error says it.
pub(super) const FORM: &str = "{\"options\": [{\"log_likelihood\": -12.3, \"tokens\": 9, \"unconditional\": -15.1}, ..]} \
                               for a choice, {\"preference\": {\"persona\": [-10.2, -14.0], \"base\": [-11.0, -13.0]}} \
                               for a preference";
/// The key in a line.
pub(super) const KEY: &str = "likelihoods";

impl GivenReplies {
    /// Refuses numbers that cannot be what they are called.
    ///
    /// # Errors
    /// A log-likelihood that is not finite or above 0, or an option without tokens; names the key, not the place.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Options(options) => options.iter().enumerate().try_for_each(|(i, option)| {
                let key = |name: &str| format!("{KEY}.options[{i}].{name}");
                check_nats(option.log_likelihood, || key("log_likelihood"))?;
                option.unconditional.map_or(Ok(()), |v| check_nats(v, || key("unconditional")))?;
                match option.tokens {
                    Some(0) => Err(Error::input("an option has 0 tokens")
                        .key(key("tokens"))
                        .expected("the number of tokens that were scored, at least 1")),
                    _ => Ok(()),
                }
            }),
            Self::Preference(pair) => {
                [("persona", pair.persona), ("base", pair.base)].into_iter().try_for_each(|(name, values)| {
                    let check =
                        |(i, v): (usize, f64)| check_nats(v, || format!("{KEY}.preference.{name}[{i}]"));
                    values.into_iter().enumerate().try_for_each(check)
                })
            }
        }
    }
}

fn check_nats(value: f64, key: impl Fn() -> String) -> Result<()> {
    if value.is_finite() && value <= 0.0 {
        return Ok(());
    }
    Err(Error::input(format!("{value} is no log-likelihood"))
        .key(key())
        .expected("a finite number of nats, at most 0: the natural logarithm of a probability"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> std::result::Result<GivenReplies, String> {
        let given: GivenReplies = serde_json::from_value(value).map_err(|e| e.to_string())?;
        given.check().map_err(|e| e.to_string())?;
        Ok(given)
    }

    #[test]
    fn what_is_written_is_what_is_read_and_what_is_not_known_is_left_out() {
        for value in [
            json!({"options": [{"log_likelihood": -1.5}, {"log_likelihood": 0.0, "tokens": 1}]}),
            json!({"options": [{"text": "a", "log_likelihood": -1.5, "tokens": 2, "unconditional": -7.25}]}),
            json!({"preference": {"persona": [-1.0, -2.0], "base": [-3.0, -4.0]}}),
            json!({"preference": {"texts": ["a", "b"], "persona": [-1.0, -2.0], "base": [-3.0, -4.0]}}),
        ] {
            let given = read(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(given).unwrap(), value);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_key() {
        for (value, wanted) in [
            (
                json!({"options": [{"log_likelihood": -1.0}, {"log_likelihood": 0.1}]}),
                "0.1 is no log-likelihood|`likelihoods.options[1].log_likelihood`|at most 0",
            ),
            (
                json!({"options": [{"log_likelihood": -1.0, "unconditional": 2.0}]}),
                "`likelihoods.options[0].unconditional`",
            ),
            (
                json!({"options": [{"log_likelihood": -1.0, "tokens": 0}]}),
                "0 tokens|`likelihoods.options[0].tokens`|at least 1",
            ),
            (
                json!({"preference": {"persona": [-1.0, 1.0], "base": [-1.0, -1.0]}}),
                "`likelihoods.preference.persona[1]`",
            ),
            (
                json!({"preference": {"persona": [-1.0, -1.0], "base": [3.0, -1.0]}}),
                "`likelihoods.preference.base[0]`",
            ),
            (json!({"options": [{"log_likelihood": null}]}), "invalid type: null"),
            (json!({"options": [{"tokens": 3}]}), "missing field `log_likelihood`"),
            (json!({"options": [{"log_likelihood": -1.0, "tokns": 3}]}), "unknown field `tokns`"),
            (json!({"options": [{"log_likelihood": -1.0, "tokens": 1.5}]}), "floating point"),
            (json!({"options": [{"log_likelihood": -1.0, "tokens": -1}]}), "integer `-1`"),
            (json!({"preference": {"persona": [-1.0], "base": [-1.0, -1.0]}}), "length"),
            (json!({"option": []}), "unknown variant `option`"),
            (json!([-1.0, -2.0]), "invalid type"),
        ] {
            let error = read(value.clone()).expect_err("refused");
            assert!(
                wanted.split('|').all(|part| error.contains(part)),
                "{value} should say `{wanted}`: {error}"
            );
        }
        let nothing = GivenOption { text: None, log_likelihood: f64::NAN, tokens: None, unconditional: None };
        let error = GivenReplies::Options(vec![nothing]).check().unwrap_err().to_string();
        assert!(error.contains("NaN is no log-likelihood"), "{error}");
    }
}
