//! Which walls stand between the code of answers and this machine.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One wall.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wall {
    /// Whether it stands.
    pub on: bool,
    /// What it consists of, or why it does not stand.
    pub told: String,
}

impl Wall {
    pub(super) fn on(told: impl Into<String>) -> Self {
        Self { on: true, told: told.into() }
    }

    pub(super) fn off(told: impl Into<String>) -> Self {
        Self { on: false, told: told.into() }
    }
}

/// What held the code that was run, and what ran it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Python's version.
    pub python: String,
    /// Namespaces, with the private folder in memory.
    pub namespaces: Wall,
    /// Landlock.
    pub landlock: Wall,
    /// The list of system calls.
    pub seccomp: Wall,
    /// Resource limits.
    pub limits: Wall,
}

impl Protection {
    fn walls(&self) -> [(&'static str, &Wall); 4] {
        [
            ("namespaces", &self.namespaces),
            ("landlock", &self.landlock),
            ("seccomp", &self.seccomp),
            ("resource limits", &self.limits),
        ]
    }

    /// What is missing of the least that code is run under: landlock, seccomp and resource limits; empty where nothing is.
    ///
    /// Landlock alone keeps files from being read and written, and its first ABI suffices: what later ones add to files
    /// (truncation, device controls) is refused by the list of system calls, which also keeps the network, other processes
    /// and the kernel's rarely used parts away. Namespaces are a second wall behind both and may be missing.
    pub fn missing(&self) -> Vec<String> {
        let needed = self.walls().into_iter().skip(1).filter(|(_, wall)| !wall.on);
        needed.map(|(name, wall)| format!("{name}: {}", wall.told)).collect()
    }
}

/// `Python 3.11.7; namespaces (user, pid); landlock (ABI 7); without seccomp (…)`.
impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Python {}", self.python)?;
        for (name, wall) in self.walls() {
            write!(f, "; {}{name} ({})", if wall.on { "" } else { "without " }, wall.told)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_may_be_missing_and_nothing_else() {
        let wall = || Wall::on("x");
        let all = Protection {
            python: "3".into(),
            namespaces: Wall::off("not allowed"),
            landlock: wall(),
            seccomp: wall(),
            limits: wall(),
        };
        assert!(all.missing().is_empty());
        assert_eq!(
            all.to_string(),
            "Python 3; without namespaces (not allowed); landlock (x); seccomp (x); resource limits (x)"
        );
        let bare = Protection { landlock: Wall::off("the kernel has none"), ..all };
        assert_eq!(bare.missing(), ["landlock: the kernel has none"]);
    }
}
