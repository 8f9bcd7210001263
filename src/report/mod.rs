//! A record as people and machines read it: `report.html`, pictures, `summary.md` and `junit.xml`.
//!
//! This module only formats. A picture is a `Drawing`, laid out once and then written as SVG for the page or as
//! PNG. Whatever a model or a user wrote is escaped where it is written; the page allows no script but its own.

mod blend_panel;
mod blends;
mod by_prompt;
mod calibration;
mod canvas;
mod changes;
mod choices;
mod conditions;
mod confusion;
mod confusion_change;
mod curves;
#[cfg(feature = "data")]
mod dataset;
mod drawing;
mod drift;
mod feature_words;
mod font;
mod forest;
mod frame;
mod gates;
mod headline;
mod html;
mod instruments;
mod judge;
mod junit;
mod likelihood;
mod likelihood_matrix;
mod map;
mod map_change;
mod margins;
mod markdown;
mod matrix;
mod number;
mod order;
mod origin;
mod palette;
mod personas;
mod profile;
mod reliability;
mod responses;
#[cfg(test)]
pub(crate) mod sample;
mod scale;
mod separability;
mod since;
mod style;
mod svg;
mod tasks;
mod training;
mod trend;
mod write;

pub use calibration::calibration_png;
pub use curves::{Curves, Series, smooth};
#[cfg(feature = "data")]
pub use dataset::{dataset_files, write_dataset};
pub use html::html;
pub use judge::opinion;
pub use junit::junit;
pub use markdown::markdown;
pub use since::{confusers, since};
pub use training::write_training;
pub use trend::{sparkline, write_trend};
pub use write::write_all;
