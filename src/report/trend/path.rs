//! Links from one file to another.

use std::path::{Component, Path, PathBuf};

/// The address of `target` in a page that lies in `folder`, percent-encoded; none where there is no way without a
/// drive's name.
///
/// Always starts with `./` or `../`: a folder's name can then be neither a scheme nor a host.
pub(super) fn link(folder: &Path, target: &Path) -> Option<String> {
    let (from, to) = (absolute(folder)?, absolute(target)?);
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().count() - common;
    let mut parts = if up == 0 { vec![".".to_owned()] } else { vec!["..".to_owned(); up] };
    for component in to.components().skip(common) {
        match component {
            Component::Normal(name) => parts.push(encoded(&name.to_string_lossy())),
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

fn absolute(path: &Path) -> Option<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().ok()
}

/// All bytes but those that no address gives a meaning to (RFC 3986, 2.3), as `%XX`.
fn encoded(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative_and_no_name_becomes_a_scheme() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("javascript:alert(1) #%ü");
        std::fs::create_dir_all(&run).unwrap();
        std::fs::create_dir_all(folder.path().join("pages/here")).unwrap();
        let name = "javascript%3Aalert%281%29%20%23%25%C3%BC";
        assert_eq!(link(folder.path(), &run), Some(format!("./{name}")));
        assert_eq!(link(&folder.path().join("pages/here"), &run), Some(format!("../../{name}")));
        assert_eq!(link(folder.path(), &folder.path().join("gone")), None);
    }
}
