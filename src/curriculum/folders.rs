//! How a mixture lies in its folder, for `data mix` that writes it and `train` that learns from it.

use std::path::Path;

/// The file in a folder of `data` commands that says what lies there; it comes when all of it is whole.
pub const MANIFEST: &str = "manifest.json";

/// The folder of a phase, counted from 0: `1-foundation`.
pub fn phase_folder(place: usize, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let name: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    format!("{}-{}", place + 1, name.join("-"))
}

/// Whether a folder is a mixture: its manifest says so.
pub fn is_mixture(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|manifest| manifest["mixture"].is_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_lies_in_a_folder_of_plain_letters() {
        assert_eq!(phase_folder(2, "Empathic & Creative"), "3-empathic-creative");
    }
}
