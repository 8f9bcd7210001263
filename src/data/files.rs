//! The files that a recipe's patterns meet.

use std::path::{Path, PathBuf};

use super::recipe::DataSet;
use super::write::{Manifest, UNFINISHED};
use crate::document::Field;
use crate::error::Result;

/// The files of a data set that a pattern meets.
pub(super) fn matching_of(set: &DataSet, field: &Field) -> Result<Vec<(String, PathBuf)>> {
    let text = field.text()?;
    let pattern = glob::Pattern::new(text)
        .map_err(|e| field.error(format!("`{text}` is no pattern of files")).because(e))?;
    let found: Vec<(String, PathBuf)> =
        set.files.iter().filter(|name| pattern.matches(name)).map(|name| set.named(name)).collect();
    if found.is_empty() {
        return Err(field.error(format!("the data set has no file `{text}`")).known(text, &set.files));
    }
    Ok(found)
}

/// The files that a pattern meets, relative to the recipe.
pub(super) fn matching(field: &Field) -> Result<Vec<(String, PathBuf)>> {
    let pattern = field.text()?;
    let base = field.path().parent().unwrap_or(Path::new("."));
    // Brackets of the folder's own name are no pattern.
    let whole = Path::new(&glob::Pattern::escape(&base.to_string_lossy())).join(pattern);
    // What begins with a dot is no data.
    let how = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
    let paths = glob::glob_with(&whole.to_string_lossy(), how)
        .map_err(|e| field.error(format!("`{pattern}` is no pattern of files")).because(e))?;
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for path in paths {
        let path = path.map_err(|e| field.error(format!("`{pattern}` cannot be looked for")).because(e))?;
        if path.is_dir() {
            continue;
        }
        if !path.is_file() {
            let what = if path.exists() { "is no file" } else { "is a link to what is not there" };
            return Err(field
                .error(format!("{} {what}", path.display()))
                .help("take it away, or name the files so that it is not among them"));
        }
        if path.parent().is_some_and(holds_import) {
            return Err(field
                .error(format!("{} lies in the folder of an import", path.display()))
                .help("its records are examples already: name the files more narrowly"));
        }
        found.push((name_of(&path, base), path));
    }
    if found.is_empty() {
        return Err(field.error(format!("no file is named `{pattern}`")).expected(format!(
            "a file below {}; `*` stands for a part of a name, `**` for folders",
            base.display()
        )));
    }
    Ok(found)
}

/// Whether a folder was written by an import, finished or not.
fn holds_import(folder: &Path) -> bool {
    folder.join(UNFINISHED).exists() || Manifest::lies_in(folder)
}

/// A file's path from the recipe's folder, with `/` on every system.
fn name_of(path: &Path, base: &Path) -> String {
    let from_base = path.strip_prefix(base).unwrap_or(path);
    let parts: Vec<_> = from_base.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
