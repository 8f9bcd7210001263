//! Every gate over all finished runs of a folder, in the order of time, with the runs at which its level changed.
//!
//! Of each `run.json` only the verdicts, the headline figures and the provenance are read.

mod folder;
mod history;
mod run;
mod series;

pub use folder::{LeftOut, Runs};
pub use history::{SuiteHistory, Trend, trend};
pub use run::{Figure, Judged, Run};
pub use series::{ALPHA, Point, Series, Step};
