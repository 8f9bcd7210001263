//! What a call says: function, arguments, values.

use serde_json::Value;

/// One call as an answer wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub name: String,
    /// Arguments by name, in the order written.
    pub arguments: Vec<(String, Argument)>,
}

/// A value as Python or JSON tell it apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// `None`, `null`.
    Nothing,
    /// `True`, `true`.
    Flag(bool),
    /// A number without point or exponent.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Text; a bare name (a variable) too.
    Text(String),
    /// `[…]`.
    List(Vec<Argument>),
    /// `(…)`; JSON has none.
    Tuple(Vec<Argument>),
    /// `{…}`; keys are texts.
    Map(Vec<(String, Argument)>),
}

impl Call {
    /// The argument of that name.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }
}

impl From<&Value> for Argument {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Number(number) => {
                let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
                whole.map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Integer)
            }
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Map(map.iter().map(|(k, v)| (k.clone(), Self::from(v))).collect()),
        }
    }
}

impl Argument {
    /// As numbers compare in Python, where `True == 1 == 1.0`.
    fn number(&self) -> Option<f64> {
        match self {
            Self::Flag(flag) => Some(f64::from(u8::from(*flag))),
            #[allow(clippy::cast_precision_loss)]
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// Equality in Python's sense: numbers by value, dictionaries in any order, no tuple equal to a list.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Nothing, Self::Nothing) => true,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                let same = |(key, value): &(String, Self)| b.iter().any(|(k, v)| k == key && v.equals(value));
                a.len() == b.len() && a.iter().all(same)
            }
            (a, b) => matches!((a.number(), b.number()), (Some(a), Some(b)) if a == b),
        }
    }
}
