//! Lists, counts and times in sentences.

/// The first `shown` names, and how many more there are.
pub(crate) fn few<S: AsRef<str>>(names: &[S], shown: usize) -> String {
    let first: Vec<&str> = names.iter().take(shown).map(AsRef::as_ref).collect();
    let more = names.len().saturating_sub(shown);
    let and = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{and}", first.join(", "))
}

/// `1 gate`, `7 gates`, `1,596 pairs`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n as u64), if n == 1 { "" } else { "s" })
}

/// `1,596`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `48 s`, `7 min 12 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{:.1} s", seconds.max(0.0)),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, few};

    #[test]
    fn what_is_not_named_is_counted() {
        assert_eq!(few(&["a", "b"], 2), "a, b");
        assert_eq!(few(&["a", "b", "c", "d"], 2), "a, b and 2 more");
        assert_eq!(few::<&str>(&[], 2), "");
    }

    #[test]
    fn times_have_two_units_at_most() {
        assert_eq!([7.25, 48.0, 432.0, 7500.0].map(duration), ["7.2 s", "48 s", "7 min 12 s", "2 h 5 min"]);
    }
}
