//! Training LoRA adapters: all groups in one pass over the frozen base.

mod attention;
mod batch;
mod linear;
mod lora;
mod loss;
mod save;
mod schedule;
mod trainer;

pub use batch::{TextPair, TokenPair};
pub use lora::{LoraShape, TrainableAdapters};
pub use save::save_adapter;
pub use schedule::Schedule;
pub use trainer::{Progressed, TrainOptions, Trained, Trainer};
