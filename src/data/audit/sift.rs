//! Example after example, in the folder's order: what is found, and who stays.

use std::collections::{BTreeSet, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};

use super::super::query::Strays;
use super::finding::{Detail, Finding, Findings, Place, rounded};
use super::finding_kind::FindingKind;
use super::look::{Look, Texts, found, look, name};
use super::personal::{masked, personal};
use super::report::{Audit, AuditOptions, AuditedFile};
use crate::error::Result;
use crate::overlap::{LeakRoom, Leaks, NearIndex, Sketcher};
use crate::persona::split_tag;

/// What was kept of an example that others may copy.
#[derive(Debug, Clone, Copy)]
struct Seen {
    file: u32,
    row: u32,
    /// Places of its source and its persona among the names; 0 is no persona.
    source: u32,
    persona: u32,
}

/// Looks at examples in their order.
pub(super) struct Sift<'a> {
    options: &'a AuditOptions,
    sketcher: Sketcher,
    leaks: &'a Leaks,
    near: NearIndex,
    /// What stands at each place of the index.
    seen: Vec<Seen>,
    /// The first example of each content, and what it nearly copies itself.
    contents: HashMap<u64, (Seen, Option<(u32, f64)>)>,
    names: Names,
    files: Vec<String>,
    findings: Findings,
    /// Which examples of each file are removed, a bit each.
    removed: Vec<Vec<u64>>,
    found: Audit,
}

impl<'a> Sift<'a> {
    pub(super) fn new(options: &'a AuditOptions, leaks: &'a Leaks, found: Audit, findings: Findings) -> Self {
        Self {
            options,
            sketcher: Sketcher::new(options.near),
            leaks,
            near: NearIndex::new(options.near),
            seen: Vec::new(),
            contents: HashMap::new(),
            names: Names::default(),
            files: Vec::new(),
            findings,
            removed: Vec::new(),
            found,
        }
    }

    /// Goes on with another file.
    pub(super) fn begin(&mut self, file: &str) {
        self.files.push(file.to_owned());
        self.removed.push(Vec::new());
        self.found.files.push(AuditedFile { path: file.to_owned(), ..AuditedFile::default() });
    }

    /// Lists lines of the file that are no examples, and counts keys that no example has.
    pub(super) fn strays(&mut self, strays: Strays) -> Result<()> {
        let Some(file) = self.found.files.last_mut() else { return Ok(()) };
        file.rejected = strays.rejects.len() as u64;
        file.left_out = strays.keys;
        strays.rejects.iter().try_for_each(|stray| self.findings.reject(stray))
    }

    /// Takes the next examples of the file.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let looks = look(batch, &self.sketcher, self.leaks);
        let text = |column: usize| batch.column(column).as_string::<i32>();
        let (instructions, personas, sources) = (text(0), text(3), text(7));
        // As `data tag` takes it.
        let persona = |i: usize| match split_tag(instructions.value(i)) {
            Some((id, _)) => Some(id),
            None => personas.is_valid(i).then(|| personas.value(i)),
        };
        let texts = Texts::of(batch);
        let file = self.files.len() - 1;
        for (i, look) in looks.iter().enumerate() {
            self.found.files[file].examples += 1;
            let row = self.found.files[file].examples;
            let own = Seen {
                // Neither has four billion.
                file: file as u32,
                row: row as u32,
                source: self.names.place(sources.value(i)),
                persona: persona(i).map_or(0, |id| self.names.place(id)),
            };
            let removed = self.one(own, look, (&texts, i))?;
            let bits = &mut self.removed[file];
            let at = (row - 1) as usize;
            if at / 64 == bits.len() {
                bits.push(0);
            }
            bits[at / 64] |= u64::from(removed) << (at % 64);
            self.found.files[file].kept += u64::from(!removed);
        }
        Ok(())
    }

    /// Whether the example is removed.
    fn one(&mut self, own: Seen, look: &Look, (texts, row): (&Texts<'_>, usize)) -> Result<bool> {
        let removes = |kind: FindingKind| self.options.remove.contains(&kind);
        let spoilt =
            (look.leaks && removes(FindingKind::Leak)) || (look.personal && removes(FindingKind::Personal));
        // Copies are found among those that stay: of a spoilt example none is kept, so that a clean near-copy may be.
        let copy = self.copy_of(own, look, !spoilt);
        // Who removes near-copies removes exact ones with them.
        let as_copy = copy.is_some_and(|(kind, ..)| removes(kind) || removes(FindingKind::Near));
        let removed = spoilt || as_copy;
        if look.leaks {
            self.tell_leaks(own, removed, (texts, row))?;
        }
        if look.personal {
            self.tell_personal(own, removed, texts.row(row))?;
        }
        if let Some((kind, of, jaccard)) = copy {
            self.tell_copy(kind, (own, of), jaccard, removed)?;
        }
        Ok(removed)
    }

    /// The earlier example that this one copies; where it copies none and `keep`, others may copy it.
    fn copy_of(&mut self, own: Seen, look: &Look, keep: bool) -> Option<(FindingKind, Seen, f64)> {
        if let Some((first, near)) = self.contents.get(&look.content) {
            // The first one goes as a near-copy: this one copies what stays of both.
            let stays = near.filter(|_| self.options.remove.contains(&FindingKind::Near));
            return Some(match stays {
                Some((place, jaccard)) => (FindingKind::Near, self.seen[place as usize], jaccard),
                None => (FindingKind::Exact, *first, 1.0),
            });
        }
        let near = self.near.nearest(&look.sketch).map(|near| (near.place, near.jaccard));
        if keep {
            self.contents.insert(look.content, (own, near));
            if near.is_none() && !look.sketch.is_empty() {
                self.near.insert(&look.sketch);
                self.seen.push(own);
            }
        }
        near.map(|(place, jaccard)| (FindingKind::Near, self.seen[place as usize], jaccard))
    }

    fn tell_copy(
        &mut self,
        kind: FindingKind,
        (own, of): (Seen, Seen),
        jaccard: f64,
        removed: bool,
    ) -> Result<()> {
        self.count(kind, removed);
        let both = own.persona > 0 && of.persona > 0;
        self.found.other_persona += u64::from(both && own.persona != of.persona);
        let sources = [own, of].map(|seen| self.names.name(seen.source).to_owned());
        let [source, other] = sources;
        *self.found.copies.entry(source).or_default().entry(other).or_default() += 1;
        let (place, of) = (place(&self.files, own), place(&self.files, of));
        let detail = Detail::Copy { of, jaccard: rounded(jaccard) };
        self.findings.add(&Finding { kind, place, removed, detail })
    }

    fn tell_leaks(&mut self, own: Seen, removed: bool, (texts, row): (&Texts<'_>, usize)) -> Result<()> {
        self.count(FindingKind::Leak, removed);
        let mut prompts = BTreeSet::new();
        for leak in found(texts, row, self.leaks, &mut LeakRoom::default()) {
            let (suites, prompt) = (leak.passage.suites.as_slice(), leak.passage.prompt.as_str());
            prompts.extend(suites.iter().map(|suite| (suite.as_str(), prompt)));
            let detail = Detail::Leak { text: name(leak.text), suites, prompt, share: rounded(leak.share) };
            let place = place(&self.files, own);
            self.findings.add(&Finding { kind: FindingKind::Leak, place, removed, detail })?;
        }
        for (suite, prompt) in prompts {
            let of_suite = self.found.leaks.entry(suite.to_owned()).or_default();
            *of_suite.entry(prompt.to_owned()).or_default() += 1;
        }
        Ok(())
    }

    fn tell_personal<'t>(
        &mut self,
        own: Seen,
        removed: bool,
        texts: impl Iterator<Item = (usize, &'t str)>,
    ) -> Result<()> {
        self.count(FindingKind::Personal, removed);
        for (at, text) in texts {
            for (what, range) in personal(text) {
                *self.found.personal.entry(what.to_string()).or_default() += 1;
                let detail = Detail::Personal { text: name(at), what, looks_like: masked(&text[range]) };
                let place = place(&self.files, own);
                self.findings.add(&Finding { kind: FindingKind::Personal, place, removed, detail })?;
            }
        }
        Ok(())
    }

    fn count(&mut self, kind: FindingKind, removed: bool) {
        *self.found.found.entry(kind).or_default() += 1;
        *self.found.stay.entry(kind).or_default() += u64::from(!removed);
    }

    /// What was found, and which examples of each file are removed.
    pub(super) fn end(mut self) -> Result<(Audit, Vec<Vec<u64>>)> {
        self.findings.close()?;
        self.found.examples = self.found.files.iter().map(|f| f.examples).sum();
        self.found.kept = self.found.files.iter().map(|f| f.kept).sum();
        self.found.crowded = self.near.crowded();
        Ok((self.found, self.removed))
    }
}

fn place(files: &[String], seen: Seen) -> Place<'_> {
    Place { file: &files[seen.file as usize], row: u64::from(seen.row) }
}

/// Names by their places, from 1.
#[derive(Debug, Default)]
struct Names {
    all: Vec<String>,
    places: HashMap<String, u32>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.all.push(name.to_owned());
        // Sources and personas are few.
        let place = self.all.len() as u32;
        self.places.insert(name.to_owned(), place);
        place
    }

    fn name(&self, place: u32) -> &str {
        &self.all[place as usize - 1]
    }
}
