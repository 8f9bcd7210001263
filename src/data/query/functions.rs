//! Functions of texts for plans: they hang on their arguments only, so that a plan gives the same wherever it runs.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array, UInt64Array};
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use rayon::prelude::*;
use twox_hash::XxHash64;

use super::super::write::table;
use crate::persona::split_tag;

/// The name that a function has in plans: an executor of another version, which may count otherwise, does not know it.
pub(in crate::data) fn versioned(name: &str) -> String {
    format!("{name}_{}", env!("CARGO_PKG_VERSION").replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

/// `words(text)`: how many pieces between white space a text has.
pub(in crate::data) fn words() -> ScalarUDF {
    ScalarUDF::from(OfText {
        name: versioned("words"),
        signature: Signature::any(1, Volatility::Immutable),
        returns: DataType::UInt32,
        of: count_words,
    })
}

/// `content(instruction, input, output, turns)`: the XXH64 of what an example says, its control tag aside.
///
/// Two examples with the same text have the same; that two of ten million others have is as likely as one in 370,000.
pub(in crate::data) fn content() -> ScalarUDF {
    ScalarUDF::from(OfText {
        name: versioned("content"),
        signature: Signature::any(4, Volatility::Immutable),
        returns: DataType::UInt64,
        of: hash_contents,
    })
}

/// `copy(instruction, _persona, _traits, prompt_id, source, licence)`: the XXH64 of all that two examples may differ in which say
/// the same.
pub(in crate::data) fn copy() -> ScalarUDF {
    ScalarUDF::from(OfText {
        name: versioned("copy"),
        signature: Signature::any(6, Volatility::Immutable),
        returns: DataType::UInt64,
        of: hash_copies,
    })
}

/// `tagged(instruction)`: the id in the control tag; null where there is none.
pub(in crate::data) fn tagged() -> ScalarUDF {
    ScalarUDF::from(OfText {
        name: versioned("tagged"),
        signature: Signature::any(1, Volatility::Immutable),
        returns: DataType::Utf8,
        of: ids_of_tags,
    })
}

#[derive(Debug)]
struct OfText {
    name: String,
    signature: Signature,
    returns: DataType,
    of: fn(&[ArrayRef]) -> Result<ArrayRef>,
}

impl PartialEq for OfText {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for OfText {}

impl Hash for OfText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for OfText {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let given: Vec<ArrayRef> =
            args.args.iter().map(|a| a.to_array(args.number_rows)).collect::<Result<_>>()?;
        (self.of)(&given).map(ColumnarValue::Array)
    }
}

fn text(given: &[ArrayRef], place: usize) -> Result<&StringArray> {
    given[place].as_string_opt::<i32>().ok_or_else(|| {
        DataFusionError::Execution(format!("place {} is no text but {}", place + 1, given[place].data_type()))
    })
}

fn count_words(given: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = text(given, 0)?;
    let count = |i: usize| -> Option<u32> {
        texts
            .is_valid(i)
            .then(|| u32::try_from(texts.value(i).split_whitespace().count()).unwrap_or(u32::MAX))
    };
    Ok(Arc::new((0..texts.len()).map(count).collect::<UInt32Array>()))
}

fn ids_of_tags(given: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = text(given, 0)?;
    let id = |text: Option<&'_ str>| text.and_then(split_tag).map(|(id, _)| id.to_owned());
    Ok(Arc::new(texts.iter().map(id).collect::<StringArray>()))
}

fn hash_copies(given: &[ArrayRef]) -> Result<ArrayRef> {
    if given[2].data_type() != &table::traits_type() {
        return Err(DataFusionError::Execution("place 3 holds no traits".into()));
    }
    let traits = given[2].as_list::<i32>();
    let texts = [0, 1, 3, 4, 5].map(|place| text(given, place));
    let texts = texts.into_iter().collect::<Result<Vec<_>>>()?;
    let hash = |i: usize| {
        let mut hash = XxHash64::with_seed(0);
        for column in &texts {
            // Nothing is another thing than an empty text.
            hash.write_u8(u8::from(column.is_valid(i)));
            add(&mut hash, column.value(i));
        }
        for name in traits.value(i).as_string::<i32>().iter().flatten() {
            add(&mut hash, name);
        }
        hash.finish()
    };
    let all: Vec<u64> = (0..traits.len()).into_par_iter().map(hash).collect();
    Ok(Arc::new(UInt64Array::from(all)))
}

/// The length comes first, so that no text runs into the next.
fn add(hash: &mut XxHash64, text: &str) {
    hash.write_u64(text.len() as u64);
    hash.write(text.as_bytes());
}

/// Of an example's instruction without its tag, its input, its answer, and what was said before.
pub(in crate::data) fn hash_texts<'a>(texts: impl Iterator<Item = &'a str>) -> u64 {
    let mut hash = XxHash64::with_seed(0);
    texts.for_each(|text| add(&mut hash, text));
    hash.finish()
}

fn hash_contents(given: &[ArrayRef]) -> Result<ArrayRef> {
    let (instruction, input, output) = (text(given, 0)?, text(given, 1)?, text(given, 2)?);
    if given[3].data_type() != &table::turns_type() {
        return Err(DataFusionError::Execution("place 4 holds no turns".into()));
    }
    let turns = given[3].as_list::<i32>();
    let hash = |i: usize| {
        let asked = instruction.value(i);
        let asked = split_tag(asked).map_or(asked, |(_, text)| text);
        let before = table::turns_of(turns, i);
        let before = before.iter().flat_map(|turn| [turn.user.as_str(), turn.assistant.as_str()]);
        hash_texts([asked, input.value(i), output.value(i)].into_iter().chain(before))
    };
    let all: Vec<u64> = (0..instruction.len()).into_par_iter().map(hash).collect();
    Ok(Arc::new(UInt64Array::from(all)))
}
