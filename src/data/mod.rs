//! The dataset behind the adapters: from published files to examples in the dataset specification's schema.
//!
//! Built with the feature `data`, so that evaluating does not pay for columnar storage. A [`Recipe`] lists sources; [`import`]
//! reads their files as records, turns each record into examples or says why it cannot, and writes shards.

mod audit;
#[cfg(feature = "cluster")]
pub mod cluster;
mod convert;
mod examples;
mod files;
mod import;
mod mixing;
mod query;
mod read;
mod recipe;
mod row;
mod scale;
pub mod stats;
mod synthesis;
pub mod tag;
mod tagging;
mod write;

pub use audit::{Audit, AuditOptions, AuditedFile, FindingKind, audit};
pub use convert::{Answers, Format, Mapping, Origin, Published};
pub use examples::read_examples;
pub use import::{ImportOptions, Imported, import};
pub use mixing::{MixOptions, Mixed, mix};
#[cfg(feature = "cluster")]
pub use query::SchedulerAddress;
pub use query::{DataFolder, Limits, Place};
pub use read::{Container, Encoding, Reading, Records};
pub use recipe::{DataSet, Recipe, Source, SourceFile};
pub use row::Row;
pub use scale::{ScaleOptions, Scaled, make_scale};
pub use synthesis::{
    Asked, Budget, Demand, Ended, FromFile, Instrument, PersonaPlan, PersonaResult, Reason, Settings,
    Speaker, Spoken, Stamp, SynthesisOptions, Synthesised, Wanted, synthesise,
};
pub use tagging::{TagOptions, Tagged, TaggedFile, Tools, evaluate_tags, tag};
pub use write::{FileState, Manifest, Shard, ShardFormat, SourceState};
