//! The counts of a data set, by plans that run over all its files at once.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, UInt64Type};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::expr_fn::{count, count_distinct};
use datafusion::functions_nested::expr_fn::{array_distinct, array_length};
use datafusion::logical_expr::cast;
use datafusion::prelude::{DataFrame, Expr, col, lit, when};

use super::engine::told;
use super::functions::{content, tagged, words};
use crate::error::{Error, Result};

/// Examples that share persona, source, licence, number of turns and length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::data) struct Group {
    pub persona: Option<String>,
    pub source: String,
    pub licence: String,
    /// The last one among them.
    pub turns: u32,
    /// Place of the answer's length among `bounds`: how many of them it reaches.
    pub bin: usize,
    pub count: u64,
}

/// The control tag's, else `_persona`: as `data tag` takes them.
fn persona() -> Expr {
    coalesce(vec![tagged().call(vec![col("instruction")]), col("_persona")]).alias("_persona")
}

/// All groups; a length is told by how many of the ascending `bounds` (in words) it reaches.
pub(in crate::data) async fn groups(all: DataFrame, bounds: &[u64]) -> Result<Vec<Group>> {
    let length = words().call(vec![col("output")]);
    let mut bin = lit(0_u64);
    for (i, bound) in bounds.iter().enumerate() {
        bin = when(length.clone().gt_eq(lit(*bound)), lit(i as u64 + 1)).otherwise(bin).map_err(told)?;
    }
    let turns = cast(array_length(col("turns")), arrow::datatypes::DataType::UInt64).alias("n");
    let keys = ["_persona", "source", "licence", "n", "bin"];
    let found = all
        .select(vec![persona(), col("source"), col("licence"), turns, bin.alias("bin")])
        .and_then(|frame| frame.aggregate(keys.map(col).into(), vec![count(lit(1)).alias("count")]))
        .map_err(told)?
        .collect()
        .await
        .map_err(told)?;
    let mut groups = Vec::new();
    for batch in &found {
        let (personas, sources, licences) = (text(batch, 0)?, text(batch, 1)?, text(batch, 2)?);
        let (turns, bins) = (number(batch, 3)?, number(batch, 4)?);
        let counts = batch.column(5).as_primitive::<Int64Type>();
        for i in 0..batch.num_rows() {
            groups.push(Group {
                persona: personas.is_valid(i).then(|| personas.value(i).to_owned()),
                source: sources.value(i).to_owned(),
                licence: licences.value(i).to_owned(),
                // An empty list has no length for DataFusion.
                turns: 1 + if turns.is_valid(i) {
                    u32::try_from(turns.value(i)).unwrap_or(u32::MAX - 1)
                } else {
                    0
                },
                bin: usize::try_from(bins.value(i)).unwrap_or_default(),
                count: u64::try_from(counts.value(i)).unwrap_or_default(),
            });
        }
    }
    Ok(groups)
}

/// Examples by persona (none where they have none) and trait.
pub(in crate::data) async fn traits(all: DataFrame) -> Result<BTreeMap<(Option<String>, String), u64>> {
    let found = all
        .select(vec![persona(), array_distinct(col("_traits")).alias("_traits")])
        .and_then(|frame| frame.unnest_columns(&["_traits"]))
        .and_then(|frame| frame.filter(col("_traits").is_not_null()))
        .and_then(|frame| {
            frame.aggregate(vec![col("_persona"), col("_traits")], vec![count(lit(1)).alias("count")])
        })
        .map_err(told)?
        .collect()
        .await
        .map_err(told)?;
    let mut counts = BTreeMap::new();
    for batch in &found {
        let (personas, traits) = (text(batch, 0)?, text(batch, 1)?);
        for i in 0..batch.num_rows() {
            let persona = personas.is_valid(i).then(|| personas.value(i).to_owned());
            let count = batch.column(2).as_primitive::<Int64Type>().value(i);
            counts.insert((persona, traits.value(i).to_owned()), u64::try_from(count).unwrap_or_default());
        }
    }
    Ok(counts)
}

/// Examples that differ in what they say.
pub(in crate::data) async fn unique(all: DataFrame) -> Result<u64> {
    let hash = content().call(["instruction", "input", "output", "turns"].map(col).into());
    let found = all
        .select(vec![hash.alias("content")])
        .and_then(|frame| frame.aggregate(vec![], vec![count_distinct(col("content"))]))
        .map_err(told)?
        .collect()
        .await
        .map_err(told)?;
    let one = found.iter().find(|batch| batch.num_rows() > 0);
    let counted = one.map(|batch| batch.column(0).as_primitive::<Int64Type>().value(0));
    Ok(counted.and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
}

fn text(batch: &RecordBatch, place: usize) -> Result<&arrow::array::StringArray> {
    batch.column(place).as_string_opt::<i32>().ok_or_else(|| misshapen(batch, place))
}

fn number(batch: &RecordBatch, place: usize) -> Result<&arrow::array::UInt64Array> {
    batch.column(place).as_primitive_opt::<UInt64Type>().ok_or_else(|| misshapen(batch, place))
}

fn misshapen(batch: &RecordBatch, place: usize) -> Error {
    Error::cannot_run(format!("a plan gave {} in column {place}", batch.column(place).data_type()))
}
