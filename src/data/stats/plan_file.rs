//! A plan's file.

use std::path::Path;
use std::str::FromStr;

use super::gaps::Status;
use super::plan::{
    Final, Impact, Need, Part, Phase, Plan, PlannedCategory, PlannedPersona, PlannedSet, Present, Repeated,
    Step, Weight,
};
use super::share::{Range, Share};
use super::stated::Stated;
use crate::document::{self, Field, Section};
use crate::error::Result;
use crate::persona::{Category, Registry};

/// The keys of a step.
const STEP: [&str; 6] = ["name", "phase", "adds", "impact", "sets", "where"];
/// The keys of what there will be.
const FINAL: [&str; 5] = ["total", "start", "phases", "balance", "where"];

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// The file cannot be read, a key, a category or a persona is not known, a value is no number: with file, line and key.
    pub fn load(path: &Path, registry: &Registry) -> Result<Self> {
        let root = document::read(path)?;
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let reader = Reader { registry, file };
        let keys =
            ["about", "present", "category", "persona", "need", "weight", "phase", "step", "final", "stated"];
        let root = root.section(&keys)?;
        root.get("about").map(Field::text).transpose()?;
        let each = |key| root.items(key).map(|items| items.iter());
        let plan = Self {
            present: root.get("present").map(|f| reader.present(f)).transpose()?,
            categories: each("category")?.map(|f| reader.category(f)).collect::<Result<_>>()?,
            personas: each("persona")?.map(|f| reader.persona(f)).collect::<Result<_>>()?,
            needs: each("need")?.map(|f| reader.need(f)).collect::<Result<_>>()?,
            weights: each("weight")?.map(|f| reader.weight(f)).collect::<Result<_>>()?,
            phases: each("phase")?.map(|f| reader.phase(f)).collect::<Result<_>>()?,
            steps: each("step")?.map(|f| reader.step(f)).collect::<Result<_>>()?,
            last: root.get("final").map(|f| reader.last(f)).transpose()?,
            stated: each("stated")?.map(|f| reader.repeated(f)).collect::<Result<_>>()?,
        };
        let steps = root.items("step")?.iter().filter_map(|f| f.section(&STEP).ok()?.get("phase"));
        let last = root.get("final").and_then(|f| f.section(&FINAL).ok()?.get("phases"));
        for field in steps.chain(last.into_iter().flat_map(|f| f.list().unwrap_or_default())) {
            let name = field.text()?;
            if !plan.phases.iter().any(|p| p.name == name) {
                let known = plan.phases.iter().map(|p| &p.name);
                return Err(field.error(format!("unknown phase `{name}`")).known(name, known));
            }
        }
        Ok(plan)
    }
}

struct Reader<'a> {
    registry: &'a Registry,
    file: String,
}

impl Reader<'_> {
    fn place(&self, section: &Section<'_>) -> Result<String> {
        let spot = format!("{}:{}", self.file, section.field().line());
        Ok(match section.get("where") {
            Some(field) => format!("{spot}, {}", field.text()?),
            None => spot,
        })
    }

    fn id(&self, field: &Field) -> Result<String> {
        let id = field.text()?;
        self.registry.persona(id).map_err(|e| field.place(e))?;
        Ok(id.to_owned())
    }

    fn number(&self, section: &Section<'_>, key: &str) -> Result<Stated> {
        Stated::from_field(section.need(key, "a number, as the plan writes it")?)
    }

    fn persona_of(&self, section: &Section<'_>, key: &str) -> Result<String> {
        self.id(section.need(key, "the id of a persona")?)
    }

    fn present(&self, field: &Field) -> Result<Present> {
        let s = field.section(&["total", "personas", "where"])?;
        let personas = s.get("personas").map(Stated::from_field).transpose()?;
        Ok(Present { total: self.number(&s, "total")?, personas, place: self.place(&s)? })
    }

    fn category(&self, field: &Field) -> Result<PlannedCategory> {
        let s = field.section(&["id", "count", "target", "personas", "where"])?;
        let id = s.need("id", "the id of a category")?;
        let personas = s.get("personas").map(|f| {
            f.texts()?;
            f.list()?.iter().map(|p| self.id(p)).collect::<Result<Vec<_>>>()
        });
        Ok(PlannedCategory {
            category: Category::from_str(id.text()?).map_err(|e| id.place(e))?,
            count: self.number(&s, "count")?,
            target: s.get("target").map(Range::from_field).transpose()?,
            personas: personas.transpose()?.unwrap_or_default(),
            place: self.place(&s)?,
            line: field.line(),
        })
    }

    fn persona(&self, field: &Field) -> Result<PlannedPersona> {
        let s = field.section(&["id", "before", "after", "target", "enough", "where"])?;
        Ok(PlannedPersona {
            id: self.persona_of(&s, "id")?,
            before: self.number(&s, "before")?,
            after: s.get("after").map(Stated::from_field).transpose()?,
            target: s.get("target").map(Share::from_field).transpose()?,
            enough: s.get("enough").map_or(Ok(false), Field::flag)?,
            place: self.place(&s)?,
            line: field.line(),
        })
    }

    fn need(&self, field: &Field) -> Result<Need> {
        let s = field.section(&["persona", "now", "share", "count", "where"])?;
        Ok(Need {
            persona: self.persona_of(&s, "persona")?,
            now: s.get("now").map(|f| f.one_of("status", &Status::ALL, Status::id)).transpose()?,
            share: s.get("share").map(Share::from_field).transpose()?,
            count: s.get("count").map(Stated::from_field).transpose()?,
            place: self.place(&s)?,
        })
    }

    fn weight(&self, field: &Field) -> Result<Weight> {
        let s = field.section(&["persona", "share", "where"])?;
        let share = Share::from_field(s.need("share", "a share in per cent")?)?;
        Ok(Weight { persona: self.persona_of(&s, "persona")?, share, place: self.place(&s)? })
    }

    fn phase(&self, field: &Field) -> Result<Phase> {
        let s = field.section(&["name", "total", "parts", "where"])?;
        let part = |f: &Field| -> Result<Part> {
            let s = f.section(&["name", "count"])?;
            Ok(Part { name: name(&s)?, count: self.number(&s, "count")? })
        };
        let parts = s.items("parts")?.iter().map(part).collect::<Result<_>>()?;
        Ok(Phase { name: name(&s)?, total: self.number(&s, "total")?, parts, place: self.place(&s)? })
    }

    fn step(&self, field: &Field) -> Result<Step> {
        let s = field.section(&STEP)?;
        let set = |f: &Field| -> Result<PlannedSet> {
            let s = f.section(&["name", "count", "persona"])?;
            let count = self.number(&s, "count")?;
            Ok(PlannedSet { name: name(&s)?, count, persona: self.persona_of(&s, "persona")? })
        };
        let impact = |f: &Field| -> Result<Impact> {
            let s = f.section(&["persona", "from", "to"])?;
            let persona = self.persona_of(&s, "persona")?;
            Ok(Impact { persona, from: self.number(&s, "from")?, to: self.number(&s, "to")? })
        };
        Ok(Step {
            name: name(&s)?,
            phase: s.get("phase").map(Field::text).transpose()?.map(str::to_owned),
            adds: s.get("adds").map(Stated::from_field).transpose()?,
            impact: s.get("impact").map(impact).transpose()?,
            sets: s.items("sets")?.iter().map(set).collect::<Result<_>>()?,
            place: self.place(&s)?,
        })
    }

    fn last(&self, field: &Field) -> Result<Final> {
        let s = field.section(&FINAL)?;
        Ok(Final {
            total: self.number(&s, "total")?,
            start: s.get("start").map(Stated::from_field).transpose()?,
            phases: s.get("phases").map(Field::texts).transpose()?.unwrap_or_default(),
            balance: s.get("balance").map(Range::from_field).transpose()?,
            place: self.place(&s)?,
        })
    }

    fn repeated(&self, field: &Field) -> Result<Repeated> {
        let s = field.section(&["what", "number", "where"])?;
        let what = s.need("what", "what the number is of")?.text()?.to_owned();
        Ok(Repeated { what, number: self.number(&s, "number")?, place: self.place(&s)? })
    }
}

fn name(section: &Section<'_>) -> Result<String> {
    Ok(section.need("name", "a name")?.text()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"about = "a plan"
[present]
total = "10k"
personas = 57
[[category]]
id = "creative"
count = "4,000"
target = [10, 20]
personas = ["poet"]
[[persona]]
id = "poet"
before = 300
after = "~900"
target = 20
enough = true
[[need]]
persona = "poet"
now = "under"
share = 20
[[weight]]
persona = "poet"
share = 12
[[phase]]
name = "First"
total = "1k"
parts = [{ name = "a", count = "1k" }]
[[step]]
name = "Verse"
phase = "First"
adds = "600"
impact = { persona = "poet", from = 300, to = "~900" }
sets = [{ name = "x", count = 600, persona = "poet" }]
[final]
total = "11k"
start = "10k"
phases = ["First"]
balance = [8, 25]
[[stated]]
what = "poems"
number = "300+"
where = "the end"
"#;

    fn load(text: &str) -> Result<Plan> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.toml");
        std::fs::write(&path, text).unwrap();
        Plan::load(&path, &Registry::built_in().unwrap())
    }

    #[test]
    fn a_plan_reads_with_the_places_of_its_claims() {
        let plan = load(GOOD).unwrap();
        assert_eq!(plan.stated[0].place, "plan.toml:38, the end");
        assert_eq!((plan.categories[0].count.low, plan.steps[0].sets.len()), (4000.0, 1));
        assert_eq!(plan.targets("plan.toml").all.len(), 2);
        assert!(load("about = 'x'").is_ok());
    }

    #[test]
    fn every_mistake_names_its_place() {
        for (from, to, wanted) in [
            ("[[stated]]", "[[state]]", "plan.toml:38|unknown key `state`|did you mean: stated?"),
            ("id = \"poet\"", "id = \"poeet\"", "plan.toml:11 `persona.0.id`|did you mean: poet?"),
            ("id = \"creative\"", "id = \"creativ\"", "did you mean: creative?"),
            ("personas = [\"poet\"]", "personas = [\"bard\"]", "unknown persona `bard`"),
            ("before = 300", "before = -300", "`-300` is out of range"),
            ("after = \"~900\"", "after = \"many\"", "`many` is no number|\"~3.4M\""),
            ("now = \"under\"", "now = \"below\"", "unknown status `below`|under"),
            ("phase = \"First\"", "phase = \"Fist\"", "unknown phase `Fist`|did you mean: First?"),
            ("phases = [\"First\"]", "phases = [\"Second\"]", "unknown phase `Second`"),
            ("before = 300", "", "the key `before` is missing"),
            ("share = 12", "share = 120", "`120` is out of range"),
        ] {
            let bad = GOOD.replacen(from, to, 1);
            assert_ne!(bad, GOOD, "{from}");
            let told = load(&bad).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(told.contains(part), "`{to}` should say `{part}`:\n{told}");
            }
        }
    }
}
