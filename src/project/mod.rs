//! A project to begin with: personas, a suite, and texts to train and to judge on.

mod files;

pub use files::{ProjectFile, create};
