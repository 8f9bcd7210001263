//! The folder that is written to: empty, or that of the import which goes on.

use std::path::Path;

use super::super::recipe::Recipe;
use super::super::write::{Found, MANIFEST, Manifest, OutFolder, Shard, UNFINISHED, open};
use super::differences::Differences;
use super::run::ImportOptions;
use super::unfinished::{Unfinished, state_of};
use crate::error::{Error, IoContext, Result};

/// What lies in the folder.
pub(super) enum Begun {
    /// Work that is to be done, all of it or the rest.
    Open(OutFolder, Box<Unfinished>),
    /// A whole import.
    Finished(Manifest),
}

/// Makes the folder, or finds what lies there.
pub(super) fn begin(recipe: &Recipe, options: &ImportOptions) -> Result<Begun> {
    let out = &options.out;
    not_into_itself(recipe, out)?;
    let fresh = Unfinished::new(recipe, options.format.id(), options.rows_per_shard)?;
    match open::<Unfinished, Manifest>(out, options.resume, "import")? {
        // A kill may come between the manifest and the exit: going on then ends well.
        Found::Finished(manifest) if manifest.is_of(&fresh.manifest) => Ok(Begun::Finished(manifest)),
        Found::Finished(_) => Err(Error::input("an import lies there already")
            .in_file(out.join(MANIFEST))
            .help("it is whole, and of another recipe or other files: choose another folder")),
        Found::Nothing(folder) => {
            // From here on there is something to go on with.
            folder.save(&fresh)?;
            Ok(Begun::Open(folder, Box::new(fresh)))
        }
        Found::Unfinished(folder, found) => {
            let state = go_on(recipe, found, fresh, &folder)?;
            folder.save(&state)?;
            Ok(Begun::Open(folder, Box::new(state)))
        }
    }
}

/// The state to go on from, with the files and the recipe as they are now.
fn go_on(recipe: &Recipe, found: Unfinished, now: Unfinished, folder: &OutFolder) -> Result<Unfinished> {
    let differences = Differences::between(&found, &now);
    let begun: Vec<usize> =
        (0..found.sources.len()).filter(|s| found.sources[*s].rejects_from.is_some()).collect();
    let last = begun.last().copied();
    // A source is begun anew where its files were changed, if nothing stands behind it.
    let anew = differences.files.iter().map(|(place, _)| *place).max().filter(|place| Some(*place) == last);
    let earlier = differences.files.iter().filter(|(place, _)| Some(*place) != anew).map(|(_, what)| what);
    let refused: Vec<&String> = differences.whole.iter().chain(earlier).collect();
    if !refused.is_empty() {
        let told: Vec<&str> = refused.iter().map(|s| s.as_str()).collect();
        return Err(Error::input(format!("the import was begun otherwise: {}", told.join("; ")))
            .in_file(folder.path().join(UNFINISHED))
            .help("take these back, or import into a new folder"));
    }
    let mut state = found;
    state.manifest.recipe_sha256 = now.manifest.recipe_sha256;
    for (place, (progress, new)) in state.sources.iter_mut().zip(now.sources).enumerate() {
        let source = &mut state.manifest.sources[place];
        if Some(place) == anew {
            remove(folder.path(), &source.shards)?;
            state.rejects_bytes = progress.rejects_from.unwrap_or(state.rejects_bytes);
            *source = state_of(&recipe.sources[place])?;
            *progress = new;
            continue;
        }
        for (file, new) in progress.files.iter_mut().zip(new.files) {
            file.modified = new.modified;
        }
        for (file, new) in source.files.iter_mut().zip(&now.manifest.sources[place].files) {
            file.bytes = new.bytes;
        }
    }
    for shard in state.manifest.sources.iter().flat_map(|s| &s.shards) {
        shard.verify(folder.path())?;
    }
    Ok(state)
}

fn remove(folder: &Path, shards: &[Shard]) -> Result<()> {
    for shard in shards {
        let path = folder.join(&shard.file);
        if path.exists() {
            std::fs::remove_file(&path).doing("remove", &path)?;
        }
    }
    Ok(())
}

/// Its own shards would be read as sources.
fn not_into_itself(recipe: &Recipe, out: &Path) -> Result<()> {
    // A folder that is not there yet holds no source.
    let Ok(into) = out.canonicalize() else { return Ok(()) };
    for file in recipe.sources.iter().flat_map(|s| &s.files) {
        let Ok(path) = file.path.canonicalize() else { continue };
        if path.starts_with(&into) {
            return Err(Error::input("a source lies in the folder that is written to")
                .in_file(&file.path)
                .help("choose another folder"));
        }
    }
    Ok(())
}
