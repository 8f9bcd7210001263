//! Schedulers and executors, which end with the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The program, run in `folder`.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_persona-eval"));
    command.args(arguments).current_dir(folder);
    command
}

/// What a command that must end well prints.
pub fn end_well(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("UTF-8")
}

/// A process that is killed when it is no longer wanted.
pub struct Process(Child);

impl Process {
    /// Ends it at once, as the loss of its machine would.
    pub fn kill(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }

    /// Sends a signal; the exit code.
    #[cfg(unix)]
    pub fn end(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args(["-s", signal, &self.0.id().to_string()]).status();
        assert!(sent.expect("kill").success());
        self.0.wait().expect("its end").code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A scheduler with its executors.
pub struct Cluster {
    /// `HOST:PORT` of the scheduler.
    pub address: String,
    pub executors: Vec<Process>,
    pub scheduler: Process,
}

impl Cluster {
    /// Starts one with so many executors of one core each.
    pub fn start(folder: &Path, executors: usize) -> Self {
        let mut scheduler = program(folder, &["data", "scheduler", "--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a scheduler");
        let mut line = String::new();
        let printed = scheduler.stdout.take().expect("its output");
        let scheduler = Process(scheduler);
        BufReader::new(printed).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit(' ').next().expect("an address").to_owned();
        let mut cluster = Self { address, executors: Vec::new(), scheduler };
        (0..executors).for_each(|_| cluster.add(folder, &[]));
        cluster
    }

    /// Starts one more executor.
    pub fn add(&mut self, folder: &Path, flags: &[&str]) {
        let arguments = [&["data", "executor", &self.address, "--cores", "1"], flags].concat();
        let started = program(folder, &arguments).stdout(Stdio::null()).spawn().expect("an executor");
        self.executors.push(Process(started));
    }
}
