//! The recipe of the published sets as it is shipped: nothing can be fetched here, but all of it can be read.

use std::path::Path;

use persona_eval::data::{DataSet, Published, Recipe};
use persona_eval::persona::Registry;
use persona_eval::store::{Catalog, ModelKind};

#[test]
fn the_shipped_recipe_names_every_published_set_once_with_its_persona() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/data_hub.toml");
    let recipe = folder.path().join("data_hub.toml");
    std::fs::copy(shipped, &recipe).unwrap();
    for name in [
        "empatheticdialogues/train.csv",
        "sentiment140/training.1600000.processed.noemoticon.csv",
        "daily_dialog/train.jsonl",
        "e-CARE/train_full.jsonl",
    ] {
        let path = folder.path().join("hub").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{}\n").unwrap();
    }
    let catalog = Catalog::built_in().unwrap();
    let data = |name: &str| {
        let entry = catalog.of_kind(ModelKind::Data, name)?;
        let files: Vec<String> = entry.file_names().map(str::to_owned).collect();
        for file in &files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{{\"id\": \"{file}\"}}\n")).unwrap();
        }
        Ok(DataSet {
            name: name.to_owned(),
            folder: folder.path().to_path_buf(),
            files,
            licence: entry.license.clone(),
        })
    };
    let recipe = Recipe::load(&recipe, &Registry::built_in().unwrap(), &[], &data).unwrap();
    let mut found: Vec<&str> = Vec::new();
    for source in &recipe.sources {
        let set = source.format.published().unwrap_or_else(|| panic!("{} has no importer", source.name));
        assert_eq!(*set.id, *source.name);
        assert_eq!(source.answers.is_some(), set.id == "berkeley_function_calling");
        let of_benchmark = |file: &str| ["test", "valid", "dev-"].iter().any(|split| file.contains(split));
        for file in &source.files {
            assert_eq!(file.persona.as_deref(), Some(set.persona));
            let name = file.path.file_name().unwrap().to_string_lossy();
            assert!(!of_benchmark(&name), "{name} is no training split");
        }
        found.push(set.id);
    }
    assert_eq!(found, Published::ALL.iter().map(|set| set.id).collect::<Vec<_>>());
}
