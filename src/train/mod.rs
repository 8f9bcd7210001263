//! Training LoRA adapters: all groups in one pass over the frozen base.
//!
//! Examples become [`TokenPair`]s, phases [`steps()`]: batches without padding, each example a segment that sees no other. A
//! [`Trainer`] makes one step after another. Adapters that are trained together share every product with the base; a mask of
//! zeros and scales keeps each example to its own adapter's ranks, so that gradients are those of separate trainings.

mod adamw;
mod attention;
mod batch;
mod checkpoint;
mod dropout;
mod linear;
mod looking;
mod lora;
mod loss;
mod pass;
mod record;
mod save;
mod schedule;
mod steps;
mod trainer;

pub use batch::{TextPair, TokenPair};
pub use checkpoint::differences;
pub use lora::{LoraShape, TrainableAdapters};
pub use record::{
    AdapterRecord, Cost, DataFile, JournalLine, Look, Losses, Memorised, PersonaRecord, PhaseRecord,
    RECORD_VERSION, TrainingRecord,
};
pub use save::save_adapter;
pub use schedule::Schedule;
pub use steps::{PhaseOrder, Step, steps};
pub use trainer::{Progress, Stepped, Trainer};
