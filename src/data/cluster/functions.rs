//! The functions that our plans call, by whose names scheduler and executors find them.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::super::query::{content, copy, tagged, words};
use super::super::tagging::{Tools, function};

/// All of them.
pub(super) fn functions(tools: Arc<Tools>) -> Vec<Arc<ScalarUDF>> {
    [words(), content(), copy(), tagged(), function(tools)].map(Arc::new).into()
}
