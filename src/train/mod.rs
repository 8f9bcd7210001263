//! Training LoRA adapters: all groups in one pass over the frozen base.
//!
//! Examples become [`TokenPair`]s, phases [`steps()`]: batches without padding, each example a segment that sees no other. A
//! [`Trainer`] makes one step after another. Adapters that are trained together share every product with the base; each example
//! meets its own adapter's ranks alone, so that gradients are those of separate trainings, and the work that of one adapter.

mod adamw;
mod attention;
mod batch;
mod checkpoint;
mod dropout;
mod frozen;
#[cfg(test)]
mod golden;
mod linear;
mod looking;
mod lora;
mod loss;
mod pass;
mod record;
mod rows;
mod save;
mod schedule;
mod steps;
mod trainer;

pub use batch::{TextPair, TokenPair};
pub use checkpoint::{TOKENS, differences};
pub use lora::{LoraShape, TrainableAdapters};
pub use record::{
    AdapterRecord, Cost, DataFile, Halves, JournalLine, Look, Losses, Memorised, PersonaRecord, PhaseRecord,
    RECORD_VERSION, TrainingRecord,
};
pub use save::save_adapter;
pub use schedule::Schedule;
pub use steps::{PhaseOrder, Step, steps};
pub use trainer::{Progress, Stepped, TRAINER_VERSION, Trainer};
