//! `data audit`: copies, near-copies, leaks and personal data, listed, and removed where that is asked for.

mod finding;
mod finding_kind;
mod kept;
mod look;
mod personal;
mod report;
mod run;
mod sift;

pub use finding_kind::FindingKind;
pub use report::{Audit, AuditOptions, AuditedFile};
pub use run::audit;
