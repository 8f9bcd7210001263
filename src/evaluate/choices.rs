//! Likelihoods of the options of choices.

use super::answers::Likelihoods;
use super::options::EvaluateOptions;
use super::plan::{task_blend, task_messages};
use crate::error::Result;
use crate::generate::{Engine, Scored};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::suite::{Judge, Score, Task};

/// Log-likelihoods of every choice's options, by task; tasks that generate are passed over.
///
/// # Errors
/// When the engine fails or the user stops the work.
pub(super) fn likelihoods(
    engine: &Engine,
    registry: &Registry,
    tasks: &[Task],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Likelihoods> {
    let mut scored = Vec::new();
    let mut owners = Vec::new();
    for task in tasks {
        let Judge::Outcome { score: Score::Choice { options: texts, .. }, .. } = &task.judge else {
            continue;
        };
        let persona = task.persona.as_deref().map(|id| registry.persona(id)).transpose()?;
        let prompt = engine.base().tokenizer.encode(&engine.render(&task_messages(task, persona))?)?;
        for text in texts {
            scored.push(Scored {
                prompt: prompt.clone(),
                continuation: engine.base().tokenizer.encode(text)?,
                blend: task_blend(persona, options),
            });
            owners.push(task.id.clone());
        }
    }
    let made = engine.log_likelihoods(&scored, |n| progress.advance(n as u64))?;
    let mut by_task = Likelihoods::new();
    for (owner, tokens) in owners.into_iter().zip(made) {
        by_task.entry(owner).or_default().push(tokens);
    }
    Ok(by_task)
}
