//! The embedded font: pictures look alike on every machine, also where no font is installed.

use plotters::style::{FontStyle, IntoFont, register_font};
use std::sync::Once;

/// The family's name in plotters.
pub(super) const FAMILY: &str = "DejaVu Sans";

/// Registers DejaVu Sans, once a process.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The fonts are part of the program; were they broken, drawing would say that the family is missing.
        let _ = register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular());
        let _ = register_font(FAMILY, FontStyle::Bold, dejavu::sans::bold());
    });
}

/// Width of `text` at `size`, in the unit of `size`.
pub(super) fn width(text: &str, size: f64) -> f64 {
    register();
    // Measured large, because plotters rounds to whole pixels.
    (FAMILY, 100.0).into_font().box_size(text).map_or(0.0, |(w, _)| f64::from(w) * size / 100.0)
}

/// `text`, cut with an ellipsis where it is wider than `most`.
pub(super) fn fitted(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut cut: String = text.to_owned();
    while cut.pop().is_some() {
        let shown = format!("{}…", cut.trim_end());
        if width(&shown, size) <= most {
            return shown;
        }
    }
    "…".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_too_wide_ends_with_an_ellipsis_inside_its_room() {
        assert_eq!(fitted("poet", 13.0, 200.0), "poet");
        let cut = fitted("empathetic_counselor", 13.0, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 13.0) <= 60.0, "{cut}");
    }
}
