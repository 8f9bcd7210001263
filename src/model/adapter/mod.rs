//! LoRA adapters in PEFT's layout, and their exact blend for every row of a batch.

mod lora;
mod peft;
mod stack;
mod write;

pub(crate) use lora::hex;
pub use lora::{Adapter, LoraPair};
pub use peft::PeftConfig;
pub use stack::{RowWeights, Stack};
pub(crate) use stack::{StackCache, project_base};
pub use write::{ADAPTER_FILES, Stored, WrittenPair, write_adapter};
