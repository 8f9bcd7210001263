//! A checked value that remembers where it was written.

use std::path::Path;
use std::sync::Arc;

use super::field::Field;
use crate::error::Error;

/// A value with its place, for errors that only show once several values are compared.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    path: Arc<Path>,
    line: usize,
    key: String,
}

impl<T> Placed<T> {
    /// A value that was read from a field.
    pub fn new(value: T, field: &Field) -> Self {
        Self { value, path: Arc::clone(&field.path), line: field.line, key: field.key.clone() }
    }

    /// A user's error at this place.
    pub fn error(&self, what: impl Into<String>) -> Error {
        let error = Error::input(what).at(&self.path, self.line);
        if self.key.is_empty() { error } else { error.key(self.key.clone()) }
    }

    /// `file:line`, to point to it from another place's error.
    pub fn spot(&self) -> String {
        format!("{}:{}", self.path.display(), self.line)
    }
}
