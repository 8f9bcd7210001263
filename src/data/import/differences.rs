//! What a stopped import was begun from, against what it would be begun from now.

use super::super::write::SourceState;
use super::unfinished::Unfinished;

/// What changed since.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    /// What forbids to go on, each in a clause.
    pub whole: Vec<String>,
    /// Files of which examples were made and that were changed: the source's place, and the clause.
    pub files: Vec<(usize, String)>,
}

impl Differences {
    /// Files of which nothing was made yet may change as they like.
    pub(super) fn between(found: &Unfinished, now: &Unfinished) -> Self {
        let mut all = Self::default();
        if found.program != now.program {
            all.whole.push(format!("by version {}, this is {}", found.program, now.program));
        }
        let (before, after) = (&found.manifest, &now.manifest);
        if before.format != after.format {
            all.whole.push(format!("shards in {}, now {}", before.format, after.format));
        }
        if before.rows_per_shard != after.rows_per_shard {
            all.whole.push(format!("{} rows a shard, now {}", before.rows_per_shard, after.rows_per_shard));
        }
        let names =
            |u: &Unfinished| -> Vec<String> { u.manifest.sources.iter().map(|s| s.name.clone()).collect() };
        if names(found) != names(now) {
            all.whole.push(format!("from {}, now {}", names(found).join(", "), names(now).join(", ")));
            return all;
        }
        for (place, (source, new)) in before.sources.iter().zip(&after.sources).enumerate() {
            let files = |s: &SourceState| -> Vec<String> { s.files.iter().map(|f| f.path.clone()).collect() };
            let (had, has) = (files(source), files(new));
            if had != has {
                let gone = had.iter().filter(|f| !has.contains(f)).map(|f| format!("{f} is gone"));
                let more = has.iter().filter(|f| !had.contains(f)).map(|f| format!("{f} is new"));
                all.whole.extend(gone.chain(more));
                continue;
            }
            if found.sources[place].fingerprint != now.sources[place].fingerprint {
                all.whole.push(format!("the source `{}` was described otherwise", source.name));
                continue;
            }
            for (file, (earlier, later)) in source.files.iter().zip(&new.files).enumerate() {
                let changed = earlier.bytes != later.bytes
                    || found.sources[place].files[file].modified != now.sources[place].files[file].modified;
                if changed && (earlier.records > 0 || found.sources[place].files[file].finished) {
                    all.files.push((place, format!("{} was changed since", earlier.path)));
                }
            }
        }
        all
    }
}
