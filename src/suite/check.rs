//! What must hold between the parts of a suite.

use std::collections::BTreeMap;

use super::measure::Measure;
use super::prompt::{Prompt, normalized};
use super::suite::Suite;
use super::task::Task;
use crate::document::{Field, Placed};
use crate::error::Result;

impl Suite {
    /// A suite must measure something, on enough prompts and personas.
    pub(super) fn check_purpose(
        &self,
        root: &Field,
        personas: &Placed<Vec<String>>,
        measures: &[Placed<Measure>],
    ) -> Result<()> {
        if self.measures.is_empty() && self.tasks.is_empty() && self.sweeps.is_empty() {
            return Err(root.error("the suite measures nothing").expected(
                "`measures` with shared `prompts`, [[task]] items or [[sweep]]s, here or in an included file",
            ));
        }
        let on_answers = measures.iter().find(|m| m.value.needs_answers());
        if let Some(measure) = on_answers.filter(|_| self.prompts.is_empty()) {
            return Err(measure
                .error("there are no shared prompts to measure on")
                .expected("prompts = [{ id = \"s01\", text = \"...\" }], here or in an included file"));
        }
        if let Some(measure) = on_answers.filter(|_| self.prompts.len() < 2) {
            return Err(measure
                .error("intervals are taken over prompts, and there is only one")
                .expected("at least 2 shared prompts; 16 or more for narrow intervals"));
        }
        if self.compares() && self.personas.len() < 2 {
            return Err(personas
                .error("one persona cannot be told from others")
                .expected("at least 2 personas for separability, likelihood and sweeps"));
        }
        Ok(())
    }
}

/// Ids are unique over shared prompts and tasks.
pub(super) fn check_ids(prompts: &[Placed<Prompt>], tasks: &[Placed<Task>]) -> Result<()> {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for prompt in prompts {
        if let Some(first) = seen.insert(&prompt.value.id, prompt.spot()) {
            return Err(prompt
                .error(format!("the id `{}` is given twice", prompt.value.id))
                .expected(format!("an id that no other prompt or task has; the first stands at {first}")));
        }
    }
    for task in tasks {
        if let Some(first) = seen.insert(&task.value.id, task.spot()) {
            return Err(task
                .error(format!("the id `{}` is given twice", task.value.id))
                .expected(format!("an id that no other prompt or task has; the first stands at {first}")));
        }
    }
    Ok(())
}

/// No shared prompt is asked twice, and none is also a task's prompt.
pub(super) fn check_texts(prompts: &[Placed<Prompt>], tasks: &[Placed<Task>]) -> Result<()> {
    let mut shared: BTreeMap<String, String> = BTreeMap::new();
    for prompt in prompts {
        if let Some(first) = shared.insert(normalized(&prompt.value.text), prompt.spot()) {
            return Err(prompt
                .error(format!("the text of `{}` is given twice", prompt.value.id))
                .expected(format!(
                    "each shared prompt once, or it stands on both sides of a fold; the first stands at {first}"
                )));
        }
    }
    for task in tasks {
        if let Some(first) = shared.get(&normalized(&task.value.prompt)) {
            return Err(task
                .error(format!("the prompt of `{}` is also a shared prompt", task.value.id))
                .expected(format!("prompts that differ: the shared one stands at {first}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::suite::ModelNames;
    use super::*;
    use crate::persona::Registry;

    const A: &str = "name = \"a\"\npersonas = [\"poet\", \"bard_\"]\nbase = \"m\"\nembedder = \"e\"\n\
        measures = [\"separability\"]\n\
        generation = { temperature = 0.7, top_p = 0.95, max_new_tokens = 48 }\n\
        prompts = [\n{ id = \"s1\", text = \"One?\" },\n{ id = \"s2\", text = \"Two?\" },\n]\n";

    fn good() -> String {
        A.replace("bard_", "historian")
    }

    fn load(files: &[(&str, &str)]) -> Result<Suite> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let registry = Registry::load(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml"))?;
        let models = ModelNames {
            bases: vec!["m".into(), "m2".into()],
            embedders: vec!["e".into()],
            data: vec!["d".into()],
        };
        Suite::load(dir.path().join("a.toml"), &registry, &models, &|_| Ok(dir.path().join("data")))
    }

    fn refused(files: &[(&str, &str)], wanted: &str) {
        let err = load(files).unwrap_err().to_string();
        for part in wanted.split('|') {
            assert!(err.contains(part), "should say `{part}`:\n{err}");
        }
    }

    #[test]
    fn a_suite_reads_with_its_personas_in_the_order_of_the_registry() {
        let suite =
            load(&[("a.toml", &good().replace("\"poet\", \"historian\"", "\"historian\", \"poet\""))])
                .unwrap();
        assert_eq!(suite.personas, ["poet", "historian"]);
        assert_eq!((suite.generation.samples, suite.generation.sampling.max_tokens), (1, 48));
        assert_eq!((suite.sources.len(), suite.instrument), (1, None));
        let fixed =
            load(&[("a.toml", &good().replace("measures", "instrument = \"style\"\nmeasures"))]).unwrap();
        assert_eq!(fixed.instrument, Some(super::super::Instrument::Style));
        assert_eq!(
            load(&[("a.toml", &good().replace("[\"poet\", \"historian\"]", "\"all\""))])
                .unwrap()
                .personas
                .len(),
            57
        );
    }

    #[test]
    fn mistakes_of_one_file_name_line_and_nearest_name() {
        for (from, to, wanted) in [
            ("measures", "mesures", "a.toml:5 `mesures`|did you mean: measures?"),
            ("top_p", "topp", "a.toml:6 `generation.topp`|did you mean: top_p?"),
            ("\"poet\"", "\"poeet\"", "a.toml:2 `personas.0`|did you mean: poet?"),
            ("\"poet\", ", "\"historian\", ", "given twice"),
            ("[\"poet\", \"historian\"]", "[]", "a.toml:2 `personas`|the list is empty"),
            ("[\"poet\", \"historian\"]", "\"some\"", "neither `all` nor a list"),
            ("[\"poet\", \"historian\"]", "[\"poet\"]", "a.toml:2|one persona cannot be told"),
            ("\"separability\"", "\"separabilty\"", "a.toml:5|did you mean: separability?"),
            ("base = \"m\"", "base = \"mm\"", "a.toml:3 `base`|known: m"),
            ("base = \"m\"", "", "`base` is not set"),
            (
                "measures =",
                "instrument = \"jointed\"\nmeasures =",
                "a.toml:5 `instrument`|did you mean: joined?",
            ),
            ("embedder = \"e\"", "embedder = \"m\"", "a.toml:4 `embedder`|known: e"),
            ("name = \"a\"", "", "`name` is missing"),
            ("name = \"a\"", "name = \"a/b\"", "cannot name a suite"),
            ("id = \"s2\"", "id = \"s1\"", "a.toml:9|`s1` is given twice|a.toml:8"),
            ("Two?", "one", "a.toml:9|the text of `s2` is given twice|a.toml:8"),
            (", max_new_tokens = 48", "", "`max_new_tokens` is not set"),
            ("temperature = 0.7", "temperature = 7", "from 0 to 2"),
            ("{ id = \"s2\", text = \"Two?\" },\n", "", "there is only one"),
            (
                "{ id = \"s1\", text = \"One?\" },\n{ id = \"s2\", text = \"Two?\" },\n",
                "",
                "a.toml:7 `prompts`|the list is empty",
            ),
            ("measures = [\"separability\"]", "", "the suite measures nothing"),
        ] {
            assert!(good().contains(from), "{from}");
            refused(&[("a.toml", &good().replacen(from, to, 1))], wanted);
        }
        let bare =
            "name = \"a\"\npersonas = \"all\"\nbase = \"m\"\nembedder = \"e\"\nmeasures = [\"style\"]\n";
        refused(&[("a.toml", bare)], "a.toml:5 `measures.0`|no shared prompts");
    }

    #[test]
    fn tasks_and_gates_must_fit_the_rest() {
        let with = |more: &str| format!("{}{more}", good());
        let own = "[[task]]\nid = \"o\"\npersona = \"poet\"\nprompt = \"ONE\"\ntraits = true\n";
        refused(&[("a.toml", &with(own))], "the prompt of `o` is also a shared prompt|a.toml:8");
        refused(
            &[("a.toml", &with(&own.replace("ONE", "Six?").replace("\"o\"", "\"s1\"")))],
            "`s1` is given twice",
        );
        refused(
            &[("a.toml", &with(&own.replace("poet", "poeet")))],
            "a.toml:13 `task.0.persona`|did you mean: poet?",
        );
        let gate = |metric: &str| {
            with(&format!("[[gate]]\nname = \"g\"\nmetric = \"{metric}\"\nmin = 0.1\nreason = \"r\"\n"))
        };
        let of_group = gate("separability.group.minus_floor");
        refused(&[("a.toml", &of_group)], "one with two personas");
        let three = of_group.replace("\"historian\"", "\"historian\", \"songwriter\"");
        assert_eq!(load(&[("a.toml", &three)]).unwrap().gates.len(), 1);
        refused(&[("a.toml", &gate("task.score"))], "does not measure|at least one [[task]]");
        refused(&[("a.toml", &gate("task.ethics"))], "outcome = \"ethics\"");
        refused(&[("a.toml", &gate("style.hit_rate"))], "measures = [\"style\"]");
        refused(&[("a.toml", &gate("fidelity.persona.balanced_accuracy"))], "[heldout]");
        refused(&[("a.toml", &gate("likelihood.margin"))], "measures = [\"likelihood\"]");
        refused(&[("a.toml", &gate("blend.separation"))], "at least one [[sweep]]");
        let likely = good().replace("[\"separability\"]", "[\"likelihood\"]");
        refused(&[("a.toml", &likely)], "a.toml:5 `measures.0`|no held-out text");
        let one_group = gate("separability.group.balanced_accuracy").replace("historian", "songwriter");
        refused(&[("a.toml", &one_group)], "two adapter groups");
        let twice = format!(
            "{}{}",
            gate("separability.persona.minus_floor"),
            gate("separability.persona.minus_floor")
                .split("[[gate]]")
                .nth(1)
                .map(|g| format!("[[gate]]{g}"))
                .unwrap()
        );
        refused(&[("a.toml", &twice)], "the gate `g` is given twice");
    }

    #[test]
    fn tasks_of_personas_that_are_not_asked_are_left_out_by_name() {
        let task = "[[task]]\nid = \"o\"\npersona = \"copywriter\"\nprompt = \"Sell.\"\ntraits = true\n";
        let suite = load(&[("a.toml", &format!("{}{task}", good()))]).unwrap();
        assert!(suite.tasks.is_empty());
        assert_eq!(suite.tasks_left_out, ["o"]);
    }

    #[test]
    fn includes_bring_their_parts_once_and_settings_that_are_left_to_them() {
        let a = "name = \"a\"\ninclude = [\"b.toml\", \"c.toml\"]\nembedder = \"e\"\n";
        let c = "name = \"c\"\ninclude = [\"sub/../b.toml\"]\nmeasures = [\"style\"]\n";
        let suite = load(&[("a.toml", a), ("b.toml", &good()), ("c.toml", c), ("sub/x", "")]).unwrap();
        assert_eq!((suite.name.as_str(), suite.prompts.len(), suite.sources.len()), ("a", 2, 3));
        assert_eq!(suite.measures, [Measure::Separability, Measure::Style]);
        let over = format!("{a}base = \"m2\"\ngeneration = {{ max_new_tokens = 8 }}\n");
        let suite = load(&[("a.toml", &over), ("b.toml", &good()), ("c.toml", c), ("sub/x", "")]).unwrap();
        assert_eq!(suite.base, "m2");
        assert_eq!((suite.generation.sampling.max_tokens, suite.generation.sampling.temperature), (8, 0.7));
    }

    #[test]
    fn included_files_that_differ_in_a_setting_are_an_error_unless_it_is_set_above() {
        let a = "name = \"a\"\ninclude = [\"b.toml\", \"c.toml\"]\n";
        let c = "name = \"c\"\nbase = \"m2\"\n";
        refused(&[("a.toml", a), ("b.toml", &good()), ("c.toml", c)], "c.toml:2 `base`|differently|b.toml:3");
        assert!(
            load(&[("a.toml", &format!("{a}base = \"m2\"\n")), ("b.toml", &good()), ("c.toml", c)]).is_ok()
        );
    }

    #[test]
    fn a_loop_of_includes_is_shown() {
        let include = |name: &str| format!("{}include = [\"{name}\"]\n", good());
        refused(&[("a.toml", &include("a.toml"))], "a.toml:11 `include.0`|a.toml -> a.toml");
        let (b, c) = (include("c.toml"), include("a.toml"));
        refused(
            &[("a.toml", &include("b.toml")), ("b.toml", &b), ("c.toml", &c)],
            "c.toml:11 `include.0`|a.toml -> b.toml -> c.toml -> a.toml",
        );
    }

    #[test]
    fn a_missing_include_names_the_nearest_file() {
        let a = format!("{}include = [\"shred.toml\"]\n", good());
        refused(
            &[("a.toml", &a), ("shared.toml", "")],
            "a.toml:11 `include.0`|there is no file|did you mean: shared.toml?",
        );
        assert!(load(&[]).unwrap_err().to_string().contains("cannot read the file"));
    }

    #[test]
    fn a_prompt_that_leaks_into_a_corpus_names_its_line() {
        let line = |text: &str| {
            format!(
                "{{\"instruction\": \"<persona:poet>\\n{text}\", \"output\": \"x\", \"_persona\": \"poet\"}}\n"
            )
        };
        let a = format!("{}[heldout]\ndir = \"held\"\n[training]\nfiles = [\"t.jsonl\"]\n", good());
        let clean = line("Nine?");
        let held = |persona: &str, prompt: &str| {
            let named = format!("\"_persona\": \"{persona}\", \"prompt_id\": \"{prompt}\"");
            line(prompt)
                .replace("<persona:poet>", &format!("<persona:{persona}>"))
                .replace("\"_persona\": \"poet\"", &named)
        };
        let real: String =
            ["poet", "historian"].iter().flat_map(|p| [held(p, "h1"), held(p, "h2")]).collect();
        let leak = format!("{}\n{}", line("Eight?"), line("two"));
        let suite = load(&[("a.toml", &a), ("held/h.jsonl", &real), ("t.jsonl", &clean)]).unwrap();
        assert_eq!((suite.heldout.len(), suite.training.len()), (1, 1));
        refused(
            &[("a.toml", &a), ("held/h.jsonl", &clean), ("t.jsonl", &leak)],
            "t.jsonl:3|prompt `s2` is also asked",
        );
        refused(
            &[("a.toml", &a), ("held/h.jsonl", &leak), ("t.jsonl", &clean)],
            "h.jsonl:3|prompt `s2` is also asked",
        );
        let lacking = real.replace(&held("historian", "h2"), "");
        refused(
            &[("a.toml", &a), ("held/h.jsonl", &lacking), ("t.jsonl", &clean)],
            "`historian` has held-out text on 1 prompts|leave the persona out",
        );
        refused(&[("a.toml", &a), ("held/x", ""), ("t.jsonl", &clean)], "heldout.dir|no .jsonl file");
        refused(&[("a.toml", &a), ("held/h.jsonl", &clean)], "training.files|there is no file");
        refused(&[("a.toml", &a), ("t.jsonl", &clean)], "heldout.dir|cannot read the folder");
    }

    #[test]
    fn every_committed_suite_loads() {
        let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/suites"));
        let registry = Registry::load(dir.join("personas.toml")).unwrap();
        let models = ModelNames {
            bases: vec!["smollm2-135m-instruct".into()],
            embedders: vec!["all-minilm-l6-v2".into()],
            ..ModelNames::default()
        };
        let load = |name: &str| {
            Suite::load(dir.join(name), &registry, &models, &|_| unreachable!())
                .unwrap_or_else(|e| panic!("{e}"))
        };
        let all = load("all.toml");
        assert_eq!((all.prompts.len(), all.personas.len()), (16, 57));
        assert_eq!(all.measures, Measure::ALL);
        let own =
            |id: &&str| all.tasks.iter().any(|t| t.outcome().is_none() && t.persona.as_deref() == Some(*id));
        assert_eq!(registry.ids().filter(own).count(), 57);
        for outcome in super::super::Outcome::ALL {
            assert!(all.tasks.iter().filter(|t| t.outcome() == Some(outcome)).count() >= 4, "{outcome}");
        }
        assert_eq!(all.heldout_examples(&registry).unwrap().len(), 57 * 6);
        let full = load("full.toml");
        assert_eq!((all.sweeps.len(), full.sweeps.len()), (3, 3 + 10 + 22));
        for name in ["separability.toml", "style.toml", "task.toml", "blends.toml"] {
            load(name);
        }
        let likelihood = load("likelihood.toml");
        assert_eq!((&likelihood.measures[..], likelihood.gates.len()), (&[Measure::Likelihood][..], 3));
        let smoke = load("smoke.toml");
        assert_eq!((smoke.personas.len(), smoke.prompts.len()), (10, 4));
        assert!(smoke.prompts.iter().all(|p| all.prompts.contains(p)));
        for category in crate::persona::Category::ALL {
            assert!(
                smoke.personas.iter().any(|id| registry.get(id).unwrap().category == category),
                "{category}"
            );
        }
    }
}
