//! Sweeps: the shared prompts answered by blends of two adapters, from one alone to the other alone.

use std::collections::{BTreeMap, BTreeSet};

use super::prompt::{Prompt, read_id};
use crate::blend::Blend;
use crate::document::{Field, Placed, Section};
use crate::error::Result;
use crate::persona::{Persona, Registry};

/// Blends of two adapters at several weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Its name.
    pub id: String,
    /// The adapter that speaks alone at weight 0.
    pub from: String,
    /// The adapter that speaks alone at weight 1.
    pub to: String,
    /// Weights of `to`, ascending from 0 to 1, four decimals.
    pub weights: Vec<f64>,
    /// How many of the shared prompts are asked, from the first on; none asks all.
    pub prompts: Option<usize>,
    /// Under whose tag.
    pub asked: SweepTag,
}

/// Under whose control tag a sweep's prompts are asked.
#[derive(Debug, Clone, PartialEq)]
pub enum SweepTag {
    /// Each prompt under a persona of either end.
    OfEnds,
    /// Under none: the adapters speak alone.
    None,
    /// Under one persona's, whose declared mixture is swept.
    Persona {
        /// Its id.
        id: String,
        /// The weight of `to` that the registry declares.
        declared: f64,
    },
}

const KEYS: [&str; 7] = ["id", "from", "to", "persona", "steps", "prompts", "tags"];
/// Weights of a sweep that says nothing of them.
const STEPS: usize = 5;
/// Fewest prompts: the ends need a mean without any one of them, and that a spread.
pub(super) const FEWEST_PROMPTS: usize = 3;
/// Weights are kept to four decimals: what an id and a blend are written with.
const DECIMALS: f64 = 1e4;

impl Sweep {
    /// Reads a checked `[[sweep]]`.
    pub(super) fn read(item: &Field, registry: &Registry) -> Result<Self> {
        let section = item.section(&KEYS)?;
        let id = read_id(&section)?;
        let steps = section.get("steps").map_or(Ok(STEPS), |f| f.count_in(3..=21))?;
        let prompts = section.get("prompts").map(|f| f.count_in(FEWEST_PROMPTS..=100_000)).transpose()?;
        let mut weights: Vec<f64> = (0..steps).map(|i| rounded(i as f64 / (steps - 1) as f64)).collect();
        let tags = section.get("tags").map_or(Ok(true), Field::flag)?;
        if let Some(field) = section.get("persona") {
            let (from, to, declared) = mixture(&section, field, registry)?;
            if !weights.contains(&declared) {
                weights.push(declared);
                weights.sort_by(f64::total_cmp);
            }
            let asked = SweepTag::Persona { id: field.text()?.to_owned(), declared };
            return Ok(Self { id, from, to, weights, prompts, asked });
        }
        let end = |key: &str| -> Result<String> {
            let field =
                section.need(key, "the name of an adapter; or persona = \"..\" in place of both ends")?;
            let name = field.text()?;
            if !registry.adapters().iter().any(|a| a == name) {
                return Err(field
                    .error(format!("unknown adapter `{name}`"))
                    .expected("the name of an adapter group, or of an adapter that the registry declares")
                    .known(name, registry.adapters()));
            }
            Ok(name.to_owned())
        };
        let (from, to) = (end("from")?, end("to")?);
        if from == to {
            return Err(section
                .error(format!("both ends of the sweep are `{from}`"))
                .expected("two adapters"));
        }
        let asked = if tags { SweepTag::OfEnds } else { SweepTag::None };
        Ok(Self { id, from, to, weights, prompts, asked })
    }

    /// What speaks at this weight of `to`.
    ///
    /// # Errors
    /// Never for the weights of a sweep, which are finite and name adapters.
    pub fn blend(&self, weight: f64) -> Result<Blend> {
        let parts = [(&self.from, rounded(1.0 - weight)), (&self.to, weight)];
        Blend::new(parts.map(|(adapter, weight)| (adapter.clone(), weight as f32)))
    }

    /// The prompts that it asks.
    pub fn prompts<'p>(&self, shared: &'p [Prompt]) -> &'p [Prompt] {
        &shared[..self.prompts.unwrap_or(shared.len()).min(shared.len())]
    }

    /// Whether a persona's real text belongs to one of the ends: its group trains that adapter.
    pub fn has(&self, persona: &Persona) -> bool {
        [&self.from, &self.to].into_iter().any(|end| end == persona.group())
    }
}

/// The two adapters of a persona's declared mixture, the heavier first, and the weight of the other.
fn mixture(section: &Section<'_>, field: &Field, registry: &Registry) -> Result<(String, String, f64)> {
    if let Some(key) = ["from", "to", "tags"].into_iter().find_map(|key| section.get(key)) {
        return Err(key
            .error("a persona's sweep has the ends of its mixture and its own tag")
            .expected("`persona`, or `from` and `to`"));
    }
    let id = field.text()?;
    let Some(persona) = registry.get(id) else {
        return Err(field
            .error(format!("unknown persona `{id}`"))
            .expected("the id of a persona with a mixture of two adapters")
            .known(id, registry.ids()));
    };
    let mut parts: Vec<(&str, f32)> = persona.blend.iter().collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    match parts[..] {
        [(from, a), (to, b)] if b > 0.0 && (a + b - 1.0).abs() < 1e-3 => {
            Ok((from.to_owned(), to.to_owned(), rounded(f64::from(b))))
        }
        _ => Err(field
            .error(format!("`{id}` speaks with `{}`, which is no point between two adapters", persona.blend))
            .expected("a persona whose declared `blend` has two adapters with weights that add up to 1")),
    }
}

fn rounded(weight: f64) -> f64 {
    (weight * DECIMALS).round() / DECIMALS
}

/// Sweeps have ids of their own, prompts enough, and personas of both ends, whose real text names the answers.
pub(super) fn check_sweeps(
    sweeps: &[Placed<Sweep>],
    prompts: usize,
    personas: &[String],
    heldout: bool,
    registry: &Registry,
) -> Result<()> {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    let groups: BTreeSet<&str> =
        personas.iter().filter_map(|id| registry.get(id)).map(Persona::group).collect();
    for placed in sweeps {
        let sweep = &placed.value;
        let refused = |what: String, expected: &str| Err(placed.error(what).expected(expected));
        if let Some(first) = seen.insert(&sweep.id, placed.spot()) {
            return Err(placed
                .error(format!("the sweep `{}` is given twice", sweep.id))
                .expected(format!("an id of its own; the first stands at {first}")));
        }
        let asked = sweep.prompts.unwrap_or(FEWEST_PROMPTS);
        if asked > prompts {
            return refused(
                format!("the sweep `{}` asks {asked} shared prompts, and there are {prompts}", sweep.id),
                "shared `prompts`, 3 or more, here or in an included file",
            );
        }
        if !heldout {
            return refused(
                format!("no held-out text shows what the ends of `{}` sound like", sweep.id),
                "[heldout] with `dir` or `files`, here or in an included file",
            );
        }
        if let SweepTag::Persona { id, .. } = &sweep.asked
            && !personas.contains(id)
        {
            return Err(placed
                .error(format!("the sweep `{}` is of `{id}`, who is not in the suite", sweep.id))
                .expected("the id of a persona of the suite")
                .known(id, personas));
        }
        if let Some(end) = [&sweep.from, &sweep.to].into_iter().find(|end| !groups.contains(end.as_str())) {
            return Err(placed
                .error(format!(
                    "no persona of the suite trains the adapter `{end}` of the sweep `{}`",
                    sweep.id
                ))
                .expected("ends that are adapter groups with personas, and real text, in the suite")
                .known(end, groups));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document;
    use crate::persona::Registry;

    fn read(text: &str) -> Result<Placed<Sweep>> {
        let registry = Registry::built_in().unwrap();
        let root = document::parse(Path::new("a.toml"), &format!("[[sweep]]\nid = \"x\"\n{text}"))?;
        let item = &root.section(&["sweep"])?.items("sweep")?[0];
        Ok(Placed::new(Sweep::read(item, &registry)?, item))
    }

    fn refused(text: &str, wanted: &str) {
        let error = read(text).map(|s| s.value).unwrap_err().to_string();
        assert!(wanted.split('|').all(|part| error.contains(part)), "should say `{wanted}`:\n{error}");
    }

    const PAIR: &str = "from = \"tech_expert\"\nto = \"emotive\"\n";

    #[test]
    fn weights_go_from_one_adapter_alone_to_the_other_alone() {
        let sweep = read(PAIR).unwrap().value;
        assert_eq!((&sweep.weights[..], &sweep.asked), (&[0.0, 0.25, 0.5, 0.75, 1.0][..], &SweepTag::OfEnds));
        let blends: Vec<String> =
            sweep.weights.iter().map(|w| sweep.blend(*w).unwrap().to_string()).collect();
        assert_eq!(blends[0], "tech_expert=1");
        assert_eq!(blends[1], "emotive=0.25,tech_expert=0.75");
        assert_eq!(blends[4], "emotive=1");
        let thirds = read(&format!("{PAIR}steps = 4\ntags = false")).unwrap().value;
        assert_eq!((&thirds.weights[..], thirds.asked), (&[0.0, 0.3333, 0.6667, 1.0][..], SweepTag::None));
    }

    #[test]
    fn a_persona_is_swept_from_its_heavier_to_its_lighter_adapter_through_its_own_point() {
        let sweep = read("persona = \"math_tutor\"\nsteps = 3").unwrap().value;
        assert_eq!((sweep.from.as_str(), sweep.to.as_str()), ("analytic", "emotive"));
        assert_eq!(sweep.weights, [0.0, 0.2, 0.5, 1.0]);
        let own = Registry::built_in().unwrap().persona("math_tutor").unwrap().blend.clone();
        assert_eq!(sweep.blend(0.2).unwrap(), own);
    }

    #[test]
    fn mistakes_name_line_and_nearest_name() {
        refused(
            "from = \"tech\"\nto = \"emotive\"",
            "a.toml:3|unknown adapter `tech`|did you mean: tech_expert?",
        );
        refused("from = \"emotive\"\nto = \"emotive\"", "both ends of the sweep are `emotive`");
        refused("from = \"emotive\"", "`to` is missing");
        refused(&format!("{PAIR}steps = 2"), "out of range|3 to 21");
        refused(&format!("{PAIR}prompts = 2"), "out of range");
        refused(&format!("{PAIR}setps = 5"), "did you mean: steps?");
        refused("persona = \"poeet\"", "did you mean: poet?");
        refused("persona = \"poet\"", "no point between two adapters");
        refused("persona = \"math_tutor\"\nto = \"emotive\"", "a.toml:4|its own tag");
    }

    #[test]
    fn a_sweep_needs_prompts_real_text_and_personas_of_both_ends() {
        let registry = Registry::built_in().unwrap();
        let all = ["code_expert".to_owned(), "empathetic_counselor".to_owned()];
        let check = |text: &str, prompts: usize, personas: &[String], heldout: bool| {
            let found = check_sweeps(&[read(text).unwrap()], prompts, personas, heldout, &registry);
            found.map_err(|e| e.to_string())
        };
        assert!(check(PAIR, 3, &all, true).is_ok());
        for (found, wanted) in [
            (check(PAIR, 2, &all, true), "asks 3 shared prompts, and there are 2"),
            (check(&format!("{PAIR}prompts = 8"), 3, &all, true), "asks 8 shared prompts, and there are 3"),
            (check(PAIR, 3, &all, false), "no held-out text"),
            (check(PAIR, 3, &all[..1], true), "no persona of the suite trains the adapter `emotive`"),
            (check("persona = \"math_tutor\"", 3, &all, true), "who is not in the suite"),
        ] {
            let error = found.unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
        let twice = [read(PAIR).unwrap(), read(PAIR).unwrap()];
        let error = check_sweeps(&twice, 3, &all, true, &registry).unwrap_err().to_string();
        assert!(error.contains("the sweep `x` is given twice"), "{error}");
    }
}
