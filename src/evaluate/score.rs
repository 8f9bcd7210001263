//! Judging answers that something else made.

use super::answer_file::AnswerFile;
use super::assessment::{Assessment, Evaluated};
use super::clock::Clock;
use super::options::EvaluateOptions;
use super::system::System;
use crate::embed::Embedder;
use crate::error::{IoContext, Result};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::FileStamp;
use crate::suite::{Measure, Suite};

/// Judges the answers of a file as a run judges its own; the judged lines are written to the folder's journal.
///
/// Of `options` only what judging needs is used: seed, permutations, folder, embedder, catalogue, judge, warnings, command.
/// The caller writes the record and the report.
///
/// # Errors
/// When a judge has nothing to compare, a text cannot be embedded, the disk is full or the work is stopped.
pub fn score(
    suite: &Suite,
    registry: &Registry,
    embedder: &Embedder,
    file: AnswerFile,
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Evaluated> {
    let mut clock = Clock::start(progress);
    file.check_judge(options.judge.as_deref(), suite, options.baseline.as_deref())?;
    std::fs::create_dir_all(&options.folder).doing("make the run's folder", &options.folder)?;
    let mut journal = file.lines.join(&b'\n');
    journal.push(b'\n');
    crate::atomic::write(&options.folder.join("responses.jsonl"), &journal)?;
    let answers = file.answers;
    let stamp = FileStamp {
        role: "answers".to_owned(),
        name: file.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        sha256: crate::model::sha256_file(&file.path)?,
    };
    let every = answers.trained.iter().chain(&answers.floor).chain(&answers.task_answers);
    let every = every.chain(&answers.given).chain(&answers.again).chain(&answers.swept);
    let system = System::of_responses(stamp, every);
    let mut options = EvaluateOptions { limit: None, ..options.clone() };
    options.warnings.extend(system.mixed());
    options.warnings.extend(file.warnings);
    let assessment = Assessment { suite, registry, embedder, options: &options, progress };
    let separable = suite.measures(Measure::Separability) && !answers.trained.is_empty();
    let swept = !answers.swept.is_empty();
    let instrument = if separable || swept { Some(assessment.qualify(&mut clock)?) } else { None };
    assessment.judge(answers, instrument, system, clock)
}
