//! Numbers as text: one way of writing each kind, everywhere.

pub(super) use crate::list::count;
use crate::stats::Estimate;

/// Three decimals below ten, fewer above; a true minus sign; a dash for what is no number.
pub(super) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let decimals = match value.abs() {
        v if v < 10.0 => 3,
        v if v < 100.0 => 2,
        v if v < 1000.0 => 1,
        _ => 0,
    };
    minus(format!("{value:.decimals$}"))
}

/// `0.314 [0.280, 0.349]`.
pub(super) fn estimate(e: &Estimate) -> String {
    format!("{} {}", figure(e.point), interval(e))
}

/// `[0.280, 0.349]`, with the method's name where it is not the usual one: `[0.794, 1.000] Wilson`.
pub(super) fn interval(e: &Estimate) -> String {
    let note = e.method.note().map(|n| format!(" {n}")).unwrap_or_default();
    format!("[{}, {}]{note}", figure(e.low), figure(e.high))
}

/// A difference with its sign: `+0.041`, `−0.041`.
pub(super) fn signed(value: f64) -> String {
    let text = figure(value);
    if value > 0.0 && text.chars().any(|c| matches!(c, '1'..='9')) { format!("+{text}") } else { text }
}

/// A difference with its interval, all signed: `−0.041 [−0.050, −0.034]`.
pub(super) fn change(e: &Estimate) -> String {
    format!("{} {}", signed(e.point), change_interval(e))
}

/// `[−0.050, −0.034]`, with the method's name where it is not the usual one.
pub(super) fn change_interval(e: &Estimate) -> String {
    let note = e.method.note().map(|n| format!(" {n}")).unwrap_or_default();
    format!("[{}, {}]{note}", signed(e.low), signed(e.high))
}

/// `a`, `a and b`, `a, b, c and 2 more`.
pub(super) fn list(names: &[&str], most: usize) -> String {
    match names.len() {
        0 => String::new(),
        1 => names[0].to_owned(),
        n if n <= most => format!("{} and {}", names[..n - 1].join(", "), names[n - 1]),
        n => format!("{} and {} more", names[..most].join(", "), n - most),
    }
}

/// A share as per cent, without the sign: `31.4`.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() { minus(format!("{:.1}", 100.0 * share)) } else { "–".to_owned() }
}

/// `p = 0.005`, or `p < 0.001`.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { format!("p {}", probability(p)) } else { format!("p = {}", probability(p)) }
}

/// `0.005`, or `< 0.001`: a p under its own head.
pub(super) fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// Round numbers that span `low..=high`, at most about `most` of them: an axis's ticks.
pub(super) fn ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let raw = (high - low) / most.max(1) as f64;
    if !(raw.is_finite() && raw > 0.0) {
        return vec![low];
    }
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// A tick's label with as many decimals as the step between ticks needs.
pub(super) fn tick(value: f64, ticks: &[f64]) -> String {
    let step = ticks.get(1).map_or(1.0, |second| second - ticks[0]);
    let decimals = (0..6usize).find(|d| {
        let scaled = step * 10f64.powi(*d as i32);
        (scaled - scaled.round()).abs() < 1e-6
    });
    minus(format!("{value:.*}", decimals.unwrap_or(3)))
}

fn minus(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_three_digits_a_true_minus_and_no_minus_zero() {
        let shown = [0.3141, -0.25, -0.0001, 47.126, 1234.5, f64::NAN].map(figure);
        assert_eq!(shown, ["0.314", "−0.250", "0.000", "47.13", "1234", "–"]);
        assert_eq!([0.0413, -0.0413, 0.0001, 0.0].map(signed), ["+0.041", "−0.041", "0.000", "0.000"]);
        assert_eq!(list(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(list(&["a", "b", "c", "d", "e"], 3), "a, b, c and 2 more");
        assert_eq!(percent(0.0175), "1.8");
        assert_eq!((p_value(0.005), p_value(0.0001)), ("p = 0.005".into(), "p < 0.001".into()));
        assert_eq!(count(1596, "pair"), "1,596 pairs");
    }

    #[test]
    fn ticks_are_round_and_lie_inside() {
        assert_eq!(ticks(0.0, 1.0, 5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        let signed = ticks(-0.13, 0.31, 5);
        assert_eq!(
            signed.iter().map(|t| tick(*t, &signed)).collect::<Vec<_>>(),
            ["−0.1", "0.0", "0.1", "0.2", "0.3"]
        );
        assert_eq!(ticks(1.0, 1.0, 5), [1.0]);
    }
}
