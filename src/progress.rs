//! How long work tells that it goes on; the library prints nothing itself.

/// Receives the progress of one piece of work after the other.
pub trait Progress: Sync {
    /// A piece of work begins; `total` counts its units (bytes, tokens, responses) where that is known.
    fn start(&self, what: &str, total: Option<u64>);
    /// `n` more units are done.
    fn advance(&self, n: u64);
    /// The piece of work that was started last has ended.
    fn finish(&self);
    /// Something that the user should read, such as a warning.
    fn note(&self, message: &str) {
        let _ = message;
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _n: u64) {}
    fn finish(&self) {}
}
