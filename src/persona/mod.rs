//! Personas: the registry that declares them, their categories, traits and sampling, and the control tag.

mod category;
#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod persona;
mod registry;
mod sampling;
mod style_trait;

pub use category::{Category, GROUPS};
pub use persona::{Nearest, Persona, control_tag, split_tag};
pub use registry::Registry;
pub use sampling::Sampling;
pub(crate) use sampling::{LOWEST_TEMPERATURE, TEMPERATURES, is_temperature};
pub(crate) use sampling::{max_tokens, repetition_penalty, temperature, top_k, top_p};
pub use style_trait::StyleTrait;
