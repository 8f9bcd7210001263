//! Are the calls of an answer the right ones? In the sense of the Berkeley Function-Calling Leaderboard.
//!
//! By structure, as BFCL's AST checker does (Patil et al. 2025; `bfcl-eval`): right function, every required argument, no
//! argument that is not described, each value of the declared type and among the accepted ones. Texts are compared without
//! case, spaces and the marks `, . / - _ * ^`. Three things differ. Calls are paired with accepted calls by a matching,
//! where the package takes the first that fits and may then find none for the next. And the empty text that lets an argument
//! be left out accepts, besides, an empty text alone, where the package lets it stand for an empty list too. An argument without a
//! name is unexpected here, and passed over there.

use super::argument::{Argument, Call};
use crate::suite::{AcceptedCall, CallRule, Kind, Parameter, Tool, may_be_left_out};
use serde_json::Value;

/// Whether the calls are those of the rule.
///
/// # Errors
/// What is wrong with the first call that is.
pub fn check_calls(rule: &CallRule, calls: &[Call]) -> std::result::Result<(), String> {
    if calls.len() != rule.accepted.len() {
        let calls_of = |count: usize| if count == 1 { "1 call".to_owned() } else { format!("{count} calls") };
        return Err(format!("{}, expected {}", calls_of(calls.len()), rule.accepted.len()));
    }
    let judge = |accepted: &AcceptedCall, call: &Call| match rule.tool(&accepted.name) {
        Some(tool) => check(tool, accepted, call),
        None => Err(format!("`{}` is not described", accepted.name)),
    };
    let verdicts: Vec<Vec<std::result::Result<(), String>>> =
        rule.accepted.iter().map(|a| calls.iter().map(|call| judge(a, call)).collect()).collect();
    let fits = |wanted: usize, given: usize| verdicts[wanted][given].is_ok();
    let mut owner = vec![None; calls.len()];
    let Some(wanted) = unmatched(&mut owner, fits) else { return Ok(()) };
    let accepted = &rule.accepted[wanted];
    // Of the calls that are left over, one of its name tells most.
    let left: Vec<usize> = (0..calls.len()).filter(|given| owner[*given].is_none()).collect();
    let named = left.iter().find(|given| calls[**given].name == accepted.name).or(left.first());
    Err(named.and_then(|given| verdicts[wanted][*given].clone().err()).unwrap_or_default())
}

/// An accepted call that no matching gives a call of its own (augmenting paths, Kuhn 1955); none where all have one. `owner` is,
/// of each call, the accepted one that has it.
fn unmatched(owner: &mut [Option<usize>], fits: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let count = owner.len();
    (0..count).find(|wanted| !augment(*wanted, &fits, &mut vec![false; count], owner))
}

fn augment(
    wanted: usize,
    fits: &impl Fn(usize, usize) -> bool,
    tried: &mut [bool],
    owner: &mut [Option<usize>],
) -> bool {
    for given in 0..tried.len() {
        if tried[given] || !fits(wanted, given) {
            continue;
        }
        tried[given] = true;
        if owner[given].is_none_or(|other| augment(other, fits, tried, owner)) {
            owner[given] = Some(wanted);
            return true;
        }
    }
    false
}

/// One call against one accepted call.
fn check(tool: &Tool, accepted: &AcceptedCall, call: &Call) -> std::result::Result<(), String> {
    if call.name != tool.name {
        return Err(format!("`{}` is called, expected `{}`", call.name, tool.name));
    }
    if let Some(lacking) = tool.parameters.iter().find(|p| p.required && call.argument(&p.name).is_none()) {
        return Err(format!("`{}`: the required argument `{}` is missing", tool.name, lacking.name));
    }
    for (name, value) in &call.arguments {
        let (Some(parameter), Some(values)) = (tool.parameter(name), accepted.values(name)) else {
            let which = if name.is_empty() { "without a name".to_owned() } else { format!("`{name}`") };
            return Err(format!("`{}`: unexpected argument {which}", tool.name));
        };
        check_value(parameter, value, values).map_err(|why| format!("`{}`, `{name}`: {why}", tool.name))?;
    }
    let lacking =
        |(name, values): &&(String, Vec<Value>)| !may_be_left_out(values) && call.argument(name).is_none();
    match accepted.arguments.iter().find(lacking) {
        Some((name, _)) => Err(format!("`{}`: the argument `{name}` is missing", tool.name)),
        None => Ok(()),
    }
}

/// The type that a value has; none for `None`.
fn kind_of(value: &Argument) -> Option<Kind> {
    match value {
        Argument::Nothing => None,
        Argument::Flag(_) => Some(Kind::Boolean),
        Argument::Integer(_) => Some(Kind::Integer),
        Argument::Float(_) => Some(Kind::Float),
        Argument::Text(_) => Some(Kind::Text),
        Argument::List(_) => Some(Kind::List),
        Argument::Tuple(_) => Some(Kind::Tuple),
        Argument::Map(_) => Some(Kind::Map),
    }
}

fn check_value(parameter: &Parameter, value: &Argument, values: &[Value]) -> std::result::Result<(), String> {
    let value = match (parameter.kind, value) {
        (Kind::Tuple, Argument::Tuple(items)) => &Argument::List(items.clone()),
        #[allow(clippy::cast_precision_loss)]
        (Kind::Float, Argument::Integer(whole)) => &Argument::Float(*whole as f64),
        (_, value) => value,
    };
    // Accepted tuples have become lists on their way through a file.
    let kind = if parameter.kind == Kind::Tuple { Kind::List } else { parameter.kind };
    let accepted: Vec<Argument> = values.iter().map(Argument::from).collect();
    let variable = typed(value, &accepted, kind, parameter.of).ok_or_else(|| {
        let of = parameter.of.map_or_else(String::new, |of| format!(" of {of}"));
        format!("{} is not of the type {}{of}", told(value), parameter.kind)
    })?;
    let right = match (value, kind) {
        _ if variable => accepted.iter().any(|a| a.equals(value)),
        (Argument::Map(entries), Kind::Map) => accepted.iter().any(|a| is_map(a, entries)),
        (Argument::List(items), Kind::List) if parameter.of == Some(Kind::Map) => {
            accepted.iter().any(|a| is_list_of_maps(a, items))
        }
        (Argument::List(items), Kind::List) => accepted.iter().any(|a| is_list(a, items)),
        _ => accepted.iter().any(|a| a.equals_plainly(value)),
    };
    if right {
        return Ok(());
    }
    let options: Vec<String> = accepted.iter().map(told).collect();
    Err(format!("{} is none of {}", told(value), options.join(", ")))
}

/// Whether a value is of the type asked for, or of that of the accepted values, which then are names of variables: `Some` of
/// whether they are. None where it is of neither.
fn typed(value: &Argument, accepted: &[Argument], kind: Kind, of: Option<Kind>) -> Option<bool> {
    let accepted_kind = accepted.iter().find(|a| !is_empty_text(a)).map(kind_of);
    let variable = accepted_kind.is_some_and(|k| k != Some(kind));
    if kind_of(value) == Some(kind) {
        let (Argument::List(items), Some(of)) = (value, of) else { return Some(variable) };
        let of = if of == Kind::Tuple { Kind::List } else { of };
        let all = |options: &[Argument]| items.iter().all(|i| typed(i, options, of, None).is_some());
        let one = |a: &Argument| if let Argument::List(options) = a { all(options) } else { true };
        return accepted.iter().any(one).then_some(variable);
    }
    // `None` agrees with `None` alone.
    accepted_kind.is_some_and(|k| k == kind_of(value)).then_some(true)
}

fn is_empty_text(value: &Argument) -> bool {
    matches!(value, Argument::Text(text) if text.is_empty())
}

/// A text without what the checker forgives.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | ',' | '.' | '/' | '-' | '_' | '*' | '^'));
    kept.collect::<String>().to_lowercase().replace('\'', "\"")
}

impl Argument {
    /// The same, texts compared without case and marks.
    fn equals_plainly(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => plain(a) == plain(b),
            _ => self.equals(other),
        }
    }
}

fn is_list(accepted: &Argument, items: &[Argument]) -> bool {
    let Argument::List(options) = accepted else { return false };
    options.len() == items.len() && options.iter().zip(items).all(|(a, b)| a.equals_plainly(b))
}

fn is_list_of_maps(accepted: &Argument, items: &[Argument]) -> bool {
    let Argument::List(options) = accepted else { return false };
    let same = |(option, item): (&Argument, &Argument)| match item {
        Argument::Map(entries) => is_map(option, entries),
        _ => false,
    };
    options.len() == items.len() && options.iter().zip(items).all(same)
}

/// The values of an accepted dictionary are lists of accepted values.
fn is_map(accepted: &Argument, entries: &[(String, Argument)]) -> bool {
    let Argument::Map(options) = accepted else { return false };
    let values = |key: &str| match options.iter().find(|(k, _)| k == key) {
        Some((_, Argument::List(values))) => Some(values),
        _ => None,
    };
    entries.iter().all(|(key, value)| values(key).is_some_and(|v| v.iter().any(|a| a.equals_plainly(value))))
        && options.iter().all(|(key, _)| {
            entries.iter().any(|(k, _)| k == key) || values(key).is_some_and(|v| v.iter().any(is_empty_text))
        })
}

/// A value for people.
fn told(value: &Argument) -> String {
    let inside = |items: &[Argument]| items.iter().map(told).collect::<Vec<_>>().join(", ");
    match value {
        Argument::Nothing => "null".to_owned(),
        Argument::Flag(flag) => flag.to_string(),
        Argument::Integer(value) => value.to_string(),
        Argument::Float(value) => format!("{value:?}"),
        Argument::Text(text) => format!("\"{text}\""),
        Argument::List(items) => format!("[{}]", inside(items)),
        Argument::Tuple(items) => format!("({})", inside(items)),
        Argument::Map(entries) => {
            let entries: Vec<String> = entries.iter().map(|(k, v)| format!("\"{k}\": {}", told(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
