//! Landlock: which files the process may touch.

use crate::sandbox::protection::Wall;
use crate::sandbox::python::Python;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, Scope,
};
use std::os::fd::OwnedFd;
use std::path::Path;

/// The newest ABI whose rights are known here; of a later kernel these are used.
const NEWEST: i32 = 7;
/// Flag of `landlock_create_ruleset` that asks for the version.
const VERSION: libc::c_long = 1;
/// What else may be read: the loader's index, time zones, random bytes.
const READABLE: [&str; 4] = ["/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom"];

/// The ABI that this kernel has; 0 where it has none.
pub(super) fn abi() -> i32 {
    // SAFETY: asks for the version; no pointer is read.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0usize, VERSION) };
    i32::try_from(version).unwrap_or(0).clamp(0, NEWEST)
}

/// What the ABI gives, for people.
pub(super) fn wall(abi: i32) -> Wall {
    match abi {
        0 => Wall::off("the kernel has none, or it is not among its security modules"),
        1..=3 => Wall::on(format!("ABI {abi}: files")),
        4 | 5 => Wall::on(format!("ABI {abi}: files, TCP")),
        _ => Wall::on(format!("ABI {abi}: files, TCP, signals, abstract sockets")),
    }
}

/// The right to read a folder of files and to list it.
fn read() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

/// What may be done in the private folder, as bits of the kernel: regular files and folders, nothing else.
pub(super) fn in_folder(abi: i32) -> u64 {
    let wanted = read()
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir;
    (wanted & AccessFs::from_all(ABI::from(abi))).bits()
}

/// A ruleset in which Python can start and nothing can be written; the private folder is added where it exists.
///
/// # Errors
/// When the kernel refuses a rule.
pub(super) fn ruleset(abi: i32, python: &Python) -> Result<Option<OwnedFd>, RulesetError> {
    let abi = ABI::from(abi);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?;
    let (net, scopes) = (AccessNet::from_all(abi), Scope::from_all(abi));
    if !net.is_empty() {
        rules = rules.handle_access(net)?;
    }
    if !scopes.is_empty() {
        rules = rules.scope(scopes)?;
    }
    let mut rules = rules.create()?;
    let mut allow = |path: &Path, access: BitFlags<AccessFs>| -> Result<(), RulesetError> {
        // What is not there needs no right.
        let Ok(place) = PathFd::new(path) else { return Ok(()) };
        let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
        (&mut rules).add_rule(PathBeneath::new(place, access)).map(|_| ())
    };
    for folder in &python.folders {
        allow(folder, read())?;
    }
    for file in &python.files {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // The loader (`ld-linux-x86-64.so.2`, `ld-musl-x86_64.so.1`) is started by the kernel.
        let loader = name.starts_with("ld-") || name.starts_with("ld.so");
        allow(file, if loader { read() | AccessFs::Execute } else { read() })?;
    }
    allow(&python.executable, read() | AccessFs::Execute)?;
    for path in READABLE {
        allow(Path::new(path), read())?;
    }
    allow(Path::new("/dev/null"), read() | AccessFs::WriteFile | AccessFs::Truncate)?;
    Ok(rules.into())
}
