//! A table that is made here and read by plans, wherever these run.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use datafusion::prelude::DataFrame;
use parquet::arrow::ArrowWriter;
use tempfile::NamedTempFile;

use super::engine::{Engine, told};
use super::scan::read;
use crate::error::{Error, IoContext, Result};

/// A table, and the file that a cluster reads it from.
pub(in crate::data) struct Given {
    /// The table.
    pub frame: DataFrame,
    /// Gone with this.
    _file: Option<NamedTempFile>,
}

/// The rows as a table. Plans on a cluster cannot hold rows, so they are written to a file in `folder` for them, which the
/// executors must see.
///
/// # Errors
/// The file cannot be written.
pub(in crate::data) async fn give(engine: &Engine, rows: RecordBatch, folder: &Path) -> Result<Given> {
    if !engine.place().is_cluster() {
        let frame = engine.context().read_batch(rows).map_err(told)?;
        return Ok(Given { frame, _file: None });
    }
    let file = tempfile::Builder::new().prefix(".given-").suffix(".parquet").tempfile_in(folder);
    let file = file.doing("write into", folder)?;
    write(file.path(), &rows)?;
    let frame = read(engine.context(), &[file.path()], &rows.schema()).await?;
    Ok(Given { frame, _file: Some(file) })
}

fn write(path: &Path, rows: &RecordBatch) -> Result<()> {
    let broken =
        |e| Error::cannot_run("the table for the cluster cannot be written").in_file(path).because(e);
    let file = File::create(path).doing("write", path)?;
    let mut writer = ArrowWriter::try_new(file, rows.schema(), None).map_err(broken)?;
    writer.write(rows).map_err(broken)?;
    writer.close().map_err(broken)?;
    readable(path)
}

/// By whoever the executors run as: temporary files are their owner's alone.
#[cfg(unix)]
fn readable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).doing("share", path)
}

#[cfg(not(unix))]
fn readable(_: &Path) -> Result<()> {
    Ok(())
}
