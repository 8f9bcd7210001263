//! Mixtures.
mod config;
#[cfg(test)]
mod golden;
mod projection;
mod quota;
mod rounding;
mod spread;
mod supply;
mod tree;
pub use config::{Config, Phase};
pub use supply::Cell;
