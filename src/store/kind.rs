//! What an entry of the catalog is for.

/// What a model is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// Writes text.
    Language,
    /// Turns text into vectors.
    Embedder,
    /// Rows of a published benchmark.
    Data,
}

impl ModelKind {
    /// All of them.
    pub const ALL: [ModelKind; 3] = [ModelKind::Language, ModelKind::Embedder, ModelKind::Data];

    /// The name in the catalog.
    pub fn id(self) -> &'static str {
        match self {
            ModelKind::Language => "language",
            ModelKind::Embedder => "embedder",
            ModelKind::Data => "data",
        }
    }
}
