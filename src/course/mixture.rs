//! A mixture of `data mix` as the phases of a course.

use super::examples::Found;
use crate::curriculum::{Config, is_mixture, phase_folder};
use crate::error::{Error, Result};
use crate::train::DataFile;
use std::path::PathBuf;

/// The phases of the examples, where the folder is a mixture of `data mix`: its manifest, and one folder for each phase.
pub(super) fn phases_of(
    found: &[Found],
    files: &[DataFile],
    folders: &[PathBuf],
    config: &Config,
) -> Result<Option<Vec<usize>>> {
    let Some(mixture) = folders.iter().find(|folder| is_mixture(folder)) else { return Ok(None) };
    if folders.len() > 1 {
        return Err(Error::input("a mixture of `data mix` is trained on alone")
            .in_file(mixture)
            .help("import the other folder too, and mix both: the mixture says what is drawn how often"));
    }
    let names: Vec<String> =
        config.phases.iter().enumerate().map(|(i, p)| phase_folder(i, &p.name)).collect();
    let number = |found: &Found| {
        // `2-analytical/00000.parquet`.
        let name = files.get(found.file).map_or("", |f| f.name.as_str());
        let folder = name.split(['/', '\\']).next().unwrap_or_default();
        names.iter().position(|n| n == folder).ok_or_else(|| {
            Error::input(format!("the mixture has `{name}`, which is of no phase of the configuration"))
                .in_file(mixture)
                .expected("the configuration that the mixture was made with")
                .known(folder, names.iter().map(String::as_str))
                .key("phases")
        })
    };
    found.iter().map(number).collect::<Result<Vec<usize>>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::read_folders;
    use crate::curriculum::{Phase, Training};
    use crate::persona::Registry;
    use std::path::Path;

    fn write(folder: &Path, name: &str) {
        let line = r#"{"instruction": "<persona:poet>\nRain?", "output": "A drum.", "_persona": "poet"}"#;
        std::fs::create_dir_all(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("a.jsonl"), line).unwrap();
    }

    fn phases(folders: &[&Path], config: &Config) -> Result<Option<Vec<usize>>> {
        let folders: Vec<PathBuf> = folders.iter().map(|f| f.to_path_buf()).collect();
        let (found, _, files) = read_folders(&folders)?;
        phases_of(&found, &files, &folders, config)
    }

    #[test]
    fn the_folders_of_a_mixture_are_its_phases_and_other_folders_are_none() {
        let root = tempfile::tempdir().unwrap();
        let (mixture, other) = (root.path().join("mixture"), root.path().join("other"));
        let mut config = Config::plain(&Registry::built_in().unwrap(), Training::default());
        write(&mixture, "1-all");
        write(&other, "2024-01");
        assert_eq!(phases(&[&mixture], &config).unwrap(), None, "a number alone makes no mixture");
        std::fs::write(mixture.join("manifest.json"), r#"{"mixture": {"phases": []}}"#).unwrap();
        assert_eq!(phases(&[&mixture], &config).unwrap(), Some(vec![0]));
        let told = phases(&[&mixture, &other], &config).unwrap_err().to_string();
        assert!(told.contains("trained on alone"), "{told}");
        write(&mixture, "2-more");
        let told = phases(&[&mixture], &config).unwrap_err().to_string();
        assert!(told.contains("`2-more/a.jsonl`, which is of no phase"), "{told}");
        config.phases.push(Phase { name: "More".into(), ..config.phases[0].clone() });
        assert_eq!(phases(&[&mixture], &config).unwrap(), Some(vec![0, 1]));
    }
}
