//! One run's figures, verdicts and provenance: `run.json`, and the journal of responses beside it.

mod blends;
mod calibration;
mod choices;
mod comparison;
mod conditions;
mod consistency;
mod figures;
mod instrument;
mod item;
mod journal;
mod judge;
mod likelihood;
mod noise;
mod profile;
mod provenance;
mod run;
mod scores;
mod verdict;

pub use crate::response::{Finish, Response, read_journal};
pub use blends::{BlendFigures, SweepFigures};
pub use calibration::{Calibration, Coverage, FalseAlarms, GateAlarms};
pub use choices::{ChoiceFigures, NormalisedChoices, PreferenceFigures};
pub use comparison::{Centre, Change, Collapse, Comparison, Moved, PersonaChange, Place, Taken};
pub use conditions::{ConditionFigures, ConditionRow, ControlRow};
pub use consistency::{ConsistencyFigures, PersonaConsistency, StyleShift};
pub use figures::{
    Ceiling, Floor, GroupFidelity, MapPoint, PersonaFigures, SeparabilityFigures, StyleFigures,
    StyleOfPersona, TaskFigures, TaskItem, TaskNotRun, TaskOutcome,
};
pub use instrument::InstrumentFigures;
pub use item::Item;
pub use journal::Journal;
pub use judge::{
    JudgeComparison, JudgeCriterion, JudgeExample, JudgeFigures, JudgeVerdict, JudgedCriterion, JudgedPersona,
};
pub use likelihood::{LikelihoodDesign, LikelihoodFigures, TextScore};
pub use noise::Noise;
pub use profile::{PersonaIndices, ProfileFigures};
pub use provenance::{AdapterProof, BatchIdentity, FileStamp, Machine, Provenance, Stage};
pub use run::{PersonaRow, Record, SCHEMA_VERSION, Warning};
pub use scores::{PairScore, Scores, TaskScore};
pub use verdict::{
    ANSWERS_NOT_CONTENT, ANSWERS_NOT_LENGTH, Against, GatePart, GateVerdict, Qualification, Verdict,
};
