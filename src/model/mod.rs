//! The engine's models: weights, decoder, tokenizer, chat template, adapters and their blends.

pub mod adapter;
mod attention;
mod base;
mod config;
mod decoder;
mod frozen;
mod gguf_header;
pub(crate) mod host;
pub mod kernel;
mod kv_cache;
mod modules;
pub(crate) mod ops;
mod template;
mod tokenizer;
mod weights;

pub use adapter::{Adapter, RowWeights, Stack};
pub(crate) use attention::{Angles, attend_composed, rotate_composed};
pub use base::{Arithmetic, BaseModel, sha256_file};
pub use config::{ModelConfig, RopeScaling};
pub(crate) use decoder::{Attend, Project};
pub use decoder::{Decoder, Merge};
pub use frozen::{Frozen, Layout};
pub use kv_cache::{KvCache, Segment};
pub use modules::{Group, Module};
pub use template::{ChatTemplate, Message};
pub use tokenizer::Tokenizer;
pub use weights::Weights;

pub use candle_core::Device;

pub(crate) use adapter::hex;
