//! The function of a plan that finds an example's persona and traits and writes its tag.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use rayon::prelude::*;

use super::super::query::versioned;
use super::super::tag::{By, Scratch, TagInput, traits};
use super::super::write::table;
use super::columns::{self, How, Outcome};
use super::escape::escape;
use super::tools::Tools;
use crate::persona::{control_tag, split_tag};

/// The function's name in messages.
const NAME: &str = "persona_tag";

/// `persona_tag(instruction, input, output, _persona, _traits, turns, retag, threshold, tools)`: a struct of what is new in
/// the example. It hangs on its arguments only, so that a plan with it gives the same wherever it runs: `tools` is the digest
/// of those that are meant, and an executor with others refuses.
pub(in crate::data) fn function(tools: Arc<Tools>) -> ScalarUDF {
    let signature = Signature::any(9, Volatility::Immutable);
    ScalarUDF::from(PersonaTag { name: versioned(NAME), signature, tools })
}

thread_local! {
    /// Its tables are large: made anew for each batch's parts, clearing them would cost more than the work.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

#[derive(Debug)]
struct PersonaTag {
    name: String,
    signature: Signature,
    tools: Arc<Tools>,
}

impl PartialEq for PersonaTag {
    fn eq(&self, other: &Self) -> bool {
        self.tools == other.tools
    }
}

impl Eq for PersonaTag {}

impl Hash for PersonaTag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tools.sha256().hash(state);
    }
}

impl ScalarUDFImpl for PersonaTag {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(columns::data_type())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let (retag, threshold, meant) = match &args.args[6..] {
            [
                ColumnarValue::Scalar(ScalarValue::Boolean(Some(retag))),
                ColumnarValue::Scalar(ScalarValue::Float32(Some(threshold))),
                ColumnarValue::Scalar(ScalarValue::Utf8(Some(meant))),
            ] => (*retag, *threshold, meant),
            _ => return plan_err!("{NAME} wants a yes or no, a number and a digest in its last places"),
        };
        if *meant != self.tools.digest() {
            return exec_err!(
                "an executor has another tagger or another registry of personas: start it from the same version, with the \
                 same --registry"
            );
        }
        let given: Vec<_> = args.args[..6].iter().map(|a| a.to_array(rows)).collect::<Result<_>>()?;
        let text = |i: usize| {
            given[i]
                .as_string_opt::<i32>()
                .ok_or_else(|| DataFusionError::Execution(format!("{NAME} wants text in place {}", i + 1)))
        };
        let (instruction, input, output, persona) = (text(0)?, text(1)?, text(2)?, text(3)?);
        if given[4].data_type() != &table::traits_type() || given[5].data_type() != &table::turns_type() {
            return plan_err!("{NAME} wants traits and turns in places 5 and 6");
        }
        let (shown, turns) = (given[4].as_list::<i32>(), given[5].as_list::<i32>());
        let all: Vec<Outcome> = (0..rows)
            .into_par_iter()
            .map(|i| {
                let before = table::turns_of(turns, i);
                let known: Vec<String> =
                    shown.value(i).as_string::<i32>().iter().flatten().map(str::to_owned).collect();
                let row = Given {
                    instruction: instruction.value(i),
                    input: input.value(i),
                    output: output.value(i),
                    persona: persona.is_valid(i).then(|| persona.value(i)),
                    traits: known,
                };
                let mut scratch = SCRATCH.take().unwrap_or_default();
                let found = outcome((&self.tools, &mut scratch), row, before, retag, threshold);
                // Not put back after a panic, which would leave it half filled.
                SCRATCH.set(Some(scratch));
                found
            })
            .collect();
        Ok(ColumnarValue::Array(columns::array(&all)?))
    }
}

/// One example as it comes.
struct Given<'a> {
    instruction: &'a str,
    input: &'a str,
    output: &'a str,
    persona: Option<&'a str>,
    traits: Vec<String>,
}

fn outcome(
    (tools, scratch): (&Tools, &mut Scratch),
    row: Given<'_>,
    mut turns: Vec<crate::example::Turn>,
    retag: bool,
    threshold: f32,
) -> Outcome {
    // A tag of a persona that nobody knows is a user's text like any other.
    let tag = split_tag(row.instruction).filter(|(id, _)| tools.knows(id));
    let asked = tag.map_or(row.instruction, |(_, text)| text);
    let known = row.persona.filter(|id| tools.knows(id));
    // Where there is a tag, a `_persona` that is the same came with it: both are found anew then.
    let given = match (tag, retag) {
        (Some((tag, _)), true) => known.filter(|id| *id != tag).map(|id| (id, How::Source)),
        (Some((id, _)), false) => Some((id, How::Tag)),
        (None, _) => known.map(|id| (id, How::Source)),
    };
    let unknown_persona = row.persona.filter(|_| known.is_none()).map(str::to_owned);
    let mut found = Outcome { unknown_persona, ..Outcome::default() };
    found.disagrees = !retag && tag.is_some_and(|(id, _)| row.persona.is_some_and(|persona| persona != id));
    // Before the classifier looks: what it says must not change when the example is tagged again.
    let (text, mut escaped) = escape(asked);
    let (input, more) = escape(row.input);
    escaped += more;
    for turn in &mut turns {
        let (user, more) = escape(&turn.user);
        if more > 0 {
            turn.user = user.into_owned();
            escaped += more;
        }
    }
    match given {
        Some((id, how)) => {
            found.persona = Some(id.to_owned());
            found.how = how;
            found.confidence = 1.0;
        }
        None => {
            let text = TagInput { instruction: &text, input: &input, output: row.output, turns: &turns };
            let assigned = tools.tagger().find(&text, scratch);
            found.confidence = assigned.confidence;
            let sure = assigned.confidence >= threshold && assigned.persona.is_some();
            found.how = match assigned.by {
                By::Rule | By::Source => How::Rule,
                By::Classifier if sure => How::Classifier,
                By::Classifier => How::Nobody,
            };
            let id = assigned.persona.map(str::to_owned);
            if found.how == How::Nobody { found.guess = id } else { found.persona = id }
        }
    }
    found.instruction = match &found.persona {
        Some(id) => control_tag(id) + &text,
        None => text.into_owned(),
    };
    found.input = input.into_owned();
    found.escaped = escaped;
    found.turns = turns;
    found.traits = if row.traits.is_empty() || retag {
        traits(row.output).into_iter().map(str::to_owned).collect()
    } else {
        row.traits
    };
    found
}
