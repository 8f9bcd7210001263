//! The Python that runs the code of answers, and the files that it needs.

use crate::error::{Error, Result};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The command that is looked for.
const COMMAND: &str = "python3";

/// Asks a Python for its own files: it loads every extension module that it has, and lists what was mapped for them.
const ASK: &str = "
import importlib, json, os, sys, sysconfig
paths = sysconfig.get_paths()
tests = ('_test', '_ctypes_test', 'xx', '_xx', '_tkinter')
for place in sys.path:
    if os.path.basename(place) == 'lib-dynload':
        for name in sorted(os.listdir(place)):
            if not name.startswith(tests):
                try:
                    importlib.import_module(name.partition('.')[0])
                except Exception:
                    pass
mapped = set()
if os.path.exists('/proc/self/maps'):
    with open('/proc/self/maps') as maps:
        mapped = {line.split(None, 5)[5].strip() for line in maps if line.count('/') and len(line.split(None, 5)) == 6}
executable = os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable)
print(json.dumps({
    'executable': executable,
    'version': list(sys.version_info[:3]),
    'folders': sorted({os.path.realpath(paths[key]) for key in ('stdlib', 'platstdlib')}),
    'files': sorted(path for path in mapped if os.path.isfile(path)),
}))
";

/// A Python, as it describes itself.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Python {
    /// The program, without links on the way.
    pub executable: PathBuf,
    version: [u32; 3],
    /// Folders of its standard library.
    pub folders: Vec<PathBuf>,
    /// Libraries that it and its modules load, the loader among them.
    pub files: Vec<PathBuf>,
}

impl Python {
    /// The `python3` of the search path.
    ///
    /// # Errors
    /// When there is none, it does not start, or it is older than 3.8.
    pub(super) fn find() -> Result<Self> {
        let cannot = |what: &str| {
            Error::cannot_run(what).expected("Python 3.8 or newer as `python3` on the search path")
        };
        let asked = Command::new(COMMAND).args(["-I", "-S", "-B", "-c", ASK]).stdin(Stdio::null()).output();
        let told = asked.map_err(|e| cannot("`python3` cannot be started").because(e))?;
        if !told.status.success() {
            let stderr = String::from_utf8_lossy(&told.stderr);
            let last = stderr.lines().last().unwrap_or_default().to_owned();
            return Err(cannot("`python3` does not tell where its files are").because(last));
        }
        // Modules may print while they are loaded: the description is the last line.
        let stdout = String::from_utf8_lossy(&told.stdout);
        let python: Self = serde_json::from_str(stdout.lines().last().unwrap_or_default())
            .map_err(|e| cannot("`python3` does not tell where its files are").because(e))?;
        if python.version < [3, 8, 0] {
            return Err(cannot(&format!("`python3` is Python {}", python.version())));
        }
        Ok(python)
    }

    /// `3.11.7`.
    pub(super) fn version(&self) -> String {
        self.version.map(|n| n.to_string()).join(".")
    }
}
