//! One run's figures, verdicts and provenance: `run.json`, and the journal of responses beside it.

mod figures;
mod item;
mod journal;
mod likelihood;
mod provenance;
mod run;
mod verdict;

pub use crate::response::{Finish, Response, read_journal};
pub use figures::{
    Ceiling, Floor, GroupFidelity, MapPoint, PersonaFigures, SeparabilityFigures, StyleFigures,
    StyleOfPersona, TaskFigures, TaskItem, TaskOutcome,
};
pub use item::Item;
pub use journal::Journal;
pub use likelihood::{LikelihoodDesign, LikelihoodFigures, TextScore};
pub use provenance::{AdapterProof, BatchIdentity, FileStamp, Machine, Provenance, Stage};
pub use run::{PersonaRow, Record, SCHEMA_VERSION, Warning};
pub use verdict::{GateVerdict, Qualification, Verdict};
