//! Text from the engine: ragged batches, a blend, a position and a seed for every row.

mod batch;
mod engine;
mod likelihood;
mod prefix;
mod prompted;
mod sampler;

pub use batch::{Event, Generated, Request};
pub use engine::{ENGINE_VERSION, Engine, Proof};
pub use likelihood::Scored;
pub use prompted::Prompted;
pub use sampler::Sampler;
