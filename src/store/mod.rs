//! Models on this machine: the catalogue, the cache, and the places that bring what is missing.

mod cache;
mod catalog;
mod fetch;
mod kind;
mod origin;
mod place;
mod verify;

pub use cache::{Cache, HOME_VARIABLE};
pub use catalog::{Catalog, Entry, Origin, Source, SourceFile};
pub use fetch::{FetchedModel, fetch};
pub use kind::ModelKind;
pub use verify::{FileStatus, State, status, verify};
