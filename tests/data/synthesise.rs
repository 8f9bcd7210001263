//! Synthetic examples, written by a speaker that has them ready, and by the program on a model that can say nothing.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use persona_eval::blend::Blend;
use persona_eval::data::{
    Asked, Budget, DataFolder, Demand, Ended, Settings, ShardFormat, Speaker, Spoken, Stamp,
    SynthesisOptions, Synthesised, synthesise,
};
use persona_eval::overlap::Passage;
use persona_eval::persona::{Registry, split_tag};
use persona_eval::progress::Silent;
use persona_eval::{Error, Result};
use serde_json::{Value, json as value};

use super::{error, json, lines, run, write};

fn corpus(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus").join(part)
}

const GERMAN: &str = "Der Traum zeigt ein Haus, in dem niemand wohnt, und doch brennt ein Licht. Was heißt das für dich? Vielleicht \
    wartet dort ein Kind, das du warst, auf einen Brief, der nie kam. Ich sehe einen Schatten an der Tür und frage mich, ob er dir \
    Angst macht oder dich ruft. Geh hin, sieh ihn an und sag mir, wie er heißt.";

/// Speaks with the real answers that nobody trains on, and now and then with something else.
struct Reader {
    answers: BTreeMap<String, Vec<String>>,
    /// Answers after which it stops.
    most: Cell<usize>,
}

impl Reader {
    fn new() -> Self {
        let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entry in std::fs::read_dir(corpus("heldout")).unwrap() {
            for line in lines(&entry.unwrap().path()) {
                let text = |key: &str| line[key].as_str().unwrap().to_owned();
                answers.entry(text("_persona")).or_default().push(text("output"));
            }
        }
        answers.values_mut().for_each(|all| all.sort());
        Self { answers, most: Cell::new(usize::MAX) }
    }

    fn say(&self, asked: &Asked) -> Spoken {
        let (persona, _) = split_tag(&asked.messages[0].content).expect("a tag");
        let own = &self.answers[persona];
        let pick = asked.seed as usize / 16 % own.len();
        match asked.seed % 16 {
            0 => Spoken::Cut(own[pick].clone()),
            1 => Spoken::Ended("Too short.".to_owned()),
            2 => Spoken::Ended(format!("As an AI language model, I say: {}", own[pick])),
            3 => Spoken::Ended(format!("{} <persona:{persona}>", own[pick])),
            4 => Spoken::Ended(GERMAN.to_owned()),
            5 => Spoken::Ended("And so on and on it goes, ".repeat(10)),
            6 => Spoken::NoRoom,
            7 => Spoken::Ended(self.answers["data_query_agent"][pick].clone()),
            _ => Spoken::Ended(format!("  {}\n", own[pick])),
        }
    }
}

impl Speaker for Reader {
    fn stamp(&self) -> Stamp {
        Stamp {
            engine: "the corpus".to_owned(),
            base_sha256: "0".to_owned(),
            adapters_sha256: [("creative", "1"), ("esoteric", "2"), ("emotive", "3")]
                .map(|(name, sha256)| (name.to_owned(), sha256.to_owned()))
                .into(),
            tokenizer_sha256: "3".to_owned(),
            template_sha256: "4".to_owned(),
        }
    }

    fn can(&self, _: &Blend) -> Result<()> {
        Ok(())
    }

    fn answer(
        &self,
        asked: &[Asked],
        rows: usize,
        on: &mut dyn FnMut(usize, Spoken) -> Result<()>,
    ) -> Result<()> {
        // As an engine does: what is written together ends in another order.
        for (block, together) in asked.chunks(rows).enumerate() {
            for (i, one) in together.iter().enumerate().rev() {
                if self.most.get() == 0 {
                    return Err(Error::interrupted("stopped by the user"));
                }
                self.most.set(self.most.get() - 1);
                on(block * rows + i, self.say(one))?;
            }
        }
        Ok(())
    }
}

fn options(out: &Path) -> SynthesisOptions {
    SynthesisOptions {
        out: out.to_owned(),
        format: ShardFormat::Jsonl,
        settings: Settings {
            answers: 1,
            category_prompts: true,
            least_words: Some(20),
            ..Settings::default()
        },
        budget: Budget::default(),
        rows: 8,
        config_sha256: None,
        resume: false,
    }
}

fn registry() -> Registry {
    Registry::built_in().unwrap()
}

fn of(number: u64) -> Demand {
    let ids = ["esoteric_scholar", "noir_detective", "poet"].map(str::to_owned);
    Demand::of_number(&ids, number, &registry()).unwrap()
}

fn write_with(speaker: &Reader, demand: &Demand, options: &SynthesisOptions) -> Result<Synthesised> {
    let from = DataFolder::open(&corpus("train")).unwrap();
    synthesise(&from, demand, &registry(), Vec::new(), speaker, options, &Silent)
}

/// Every file of a folder, by name.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| {
            let name = p.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&p).unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn kept_examples_say_who_wrote_them_and_every_candidate_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let written = write_with(&Reader::new(), &of(3), &options(&out)).unwrap();
    assert_eq!(written.ended, Some(Ended::Complete), "{:?}", written.personas);
    let rows = lines(&out.join("synthetic-00000.jsonl"));
    assert_eq!(rows.len(), 9);
    let provenance = lines(&out.join("provenance.jsonl"));
    let refused = lines(&out.join("refused.jsonl"));
    assert_eq!(provenance.len(), rows.len());
    let reader = Reader::new();
    for (i, (row, from)) in rows.iter().zip(&provenance).enumerate() {
        let id = row["_persona"].as_str().unwrap();
        let instruction = row["instruction"].as_str().unwrap();
        assert!(instruction.starts_with(&format!("<persona:{id}>\n")), "{row}");
        let output = row["output"].as_str().unwrap().to_owned();
        assert!(reader.answers[id].contains(&output), "of this persona, and trimmed: {output}");
        assert!(!row["_traits"].as_array().unwrap().is_empty());
        let source = row["source"].as_str().unwrap().strip_prefix("synthetic:").expect("a mark");
        assert_eq!((&from["source"], &from["persona"]), (&value!(source), &row["_persona"]));
        assert_eq!((&from["row"], &from["shard"]), (&value!(i + 1), &value!("synthetic-00000.jsonl")));
        assert_eq!(from["prompt_id"], row["prompt_id"]);
        assert!(from["seed"].is_u64() && from["blend"].is_string(), "{from}");
    }
    let mut prompts: Vec<String> =
        provenance.iter().map(|p| format!("{}{}", p["persona"], p["prompt"])).collect();
    prompts.sort();
    prompts.dedup();
    assert_eq!(prompts.len(), rows.len(), "one kept answer to a prompt");
    for (id, result) in &written.personas {
        let lines = refused.iter().filter(|l| l["persona"] == **id).count() as u64;
        assert_eq!(result.judged, result.kept + lines, "{id}");
        assert_eq!(result.refused.values().sum::<u64>(), lines, "{id}");
        assert_eq!(result.kept, 3, "{id}");
        assert!(result.plan.real >= 10 && result.plan.category_prompts > 0, "{:?}", result.plan);
    }
    let adapters: Vec<&String> = written.speaker.adapters_sha256.keys().collect();
    assert_eq!(adapters, ["creative", "esoteric"], "those that somebody spoke with");
    // The folder is one of examples like any other.
    let stats = json(folder.path(), &["data", "stats", "out", "--json"]);
    assert_eq!(stats["counts"]["total"], 9, "{stats}");
}

#[test]
fn each_check_refuses_what_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    // More than there are answers: every prompt is tried as often as may be.
    let written = write_with(&Reader::new(), &of(1000), &options(&out)).unwrap();
    assert_eq!(written.ended, Some(Ended::Prompts));
    let told: Vec<Value> =
        written.personas.values().flat_map(|p| p.refused.keys()).map(|r| value!(r.id())).collect();
    for reason in [
        "no_room",
        "cut",
        "short",
        "markup",
        "boilerplate",
        "repetition",
        "language",
        "voice",
        "near_duplicate",
    ] {
        assert!(told.contains(&value!(reason)), "{reason} of {told:?}");
    }
    // What stands in a suite is neither asked nor kept.
    let reader = Reader::new();
    let passage =
        |place: &str, text: &str| Passage { suite: "s".into(), place: place.into(), text: text.into() };
    let mut passages: Vec<Passage> = reader.answers["poet"].iter().map(|a| passage("answer", a)).collect();
    passages.push(passage("t02", "How do I start learning something new?"));
    let from = DataFolder::open(&corpus("train")).unwrap();
    let other = folder.path().join("other");
    let demand = Demand::of_number(&["poet".to_owned()], 3, &registry()).unwrap();
    let written =
        synthesise(&from, &demand, &registry(), passages, &reader, &options(&other), &Silent).unwrap();
    assert_eq!(written.sum(|p| p.kept), 0);
    assert!(written.personas["poet"].refused.keys().any(|r| r.id() == "leak"), "{written:?}");
    assert!(written.prompts_left_out["leak"] > 0);
    assert!(!other.join("synthetic-00000.jsonl").exists(), "no example, no shard");
}

#[test]
fn neither_rows_nor_stops_nor_budgets_change_a_byte() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    write_with(&Reader::new(), &of(3), &options(&whole)).unwrap();
    let whole = files(&whole);
    assert!(whole.iter().any(|(name, _)| name == "synthetic-00000.jsonl"));
    for rows in [1, 3, 100] {
        let out = folder.path().join(format!("rows{rows}"));
        write_with(&Reader::new(), &of(3), &SynthesisOptions { rows, ..options(&out) }).unwrap();
        assert!(files(&out) == whole, "{rows} rows");
    }
    // Stopped again and again.
    let out = folder.path().join("torn");
    let (reader, mut resume, mut stops) = (Reader::new(), false, 0);
    loop {
        reader.most.set(7);
        let rows = 1 + stops % 3;
        match write_with(&reader, &of(3), &SynthesisOptions { resume, rows, ..options(&out) }) {
            Ok(_) => break,
            Err(e) => {
                assert!(e.to_string().contains("--resume"), "{e}");
                let told = DataFolder::open(&out).unwrap_err().to_string();
                assert!(told.contains("not finished"), "{told}");
                (resume, stops) = (true, stops + 1);
            }
        }
        assert!(stops < 100, "it never ends");
    }
    assert!(stops > 2, "{stops} stops");
    assert!(files(&out) == whole, "after {stops} stops");
    // A budget ends it cleanly, and it goes on from there.
    let out = folder.path().join("budget");
    let with = |examples: Option<u64>, time: Option<Duration>, resume: bool| {
        let budget = Budget { examples, time };
        write_with(&Reader::new(), &of(3), &SynthesisOptions { budget, resume, ..options(&out) }).unwrap()
    };
    let first = with(Some(5), None, false);
    assert_eq!((first.ended, first.sum(|p| p.kept)), (Some(Ended::Examples), 5));
    let five = lines(&out.join("synthetic-00000.jsonl"));
    assert_eq!(five.len(), 5);
    let none = with(None, Some(Duration::ZERO), true);
    assert_eq!((none.ended, none.sum(|p| p.kept)), (Some(Ended::Time), 5));
    assert_eq!(with(None, None, true).ended, Some(Ended::Complete));
    assert!(files(&out) == whole, "after two budgets");
    assert_eq!(lines(&out.join("synthetic-00000.jsonl"))[..5], five);
    // What is finished stays.
    assert_eq!(with(None, None, true).ended, Some(Ended::Complete));
    assert!(files(&out) == whole);
}

#[test]
fn work_goes_on_only_as_it_was_begun() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let reader = Reader::new();
    reader.most.set(20);
    write_with(&reader, &of(4), &options(&out)).unwrap_err();
    reader.most.set(usize::MAX);
    let told = |change: &dyn Fn(&mut SynthesisOptions)| {
        let mut options = SynthesisOptions { resume: true, ..options(&out) };
        change(&mut options);
        write_with(&reader, &of(4), &options).unwrap_err().to_string()
    };
    assert!(told(&|o| o.settings.seed = 1).contains("with other options"));
    assert!(told(&|o| o.config_sha256 = Some("1".to_owned())).contains("other configuration"));
    assert!(told(&|o| o.resume = false).contains("go on with --resume"));
    let error = write_with(&reader, &of(5), &SynthesisOptions { resume: true, ..options(&out) }).unwrap_err();
    assert!(error.to_string().contains("other personas"), "{error}");
    let journal = out.join(".judged.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.split_once('\n').unwrap().1).unwrap();
    assert!(told(&|_| ()).contains("would not have been written"));
    // A finished folder without its journal has lost what it would go on from.
    let ended = folder.path().join("ended");
    let budget = Budget { examples: Some(2), time: None };
    write_with(&reader, &of(4), &SynthesisOptions { budget, ..options(&ended) }).unwrap();
    std::fs::remove_file(ended.join(".judged.jsonl")).unwrap();
    let again = SynthesisOptions { resume: true, ..options(&ended) };
    let told = write_with(&reader, &of(4), &again).unwrap_err().to_string();
    assert!(told.contains("judged before are gone"), "{told}");
}

#[test]
fn synthetic_examples_count_towards_the_factor_and_are_never_written_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("in")).unwrap();
    let real = lines(&corpus("train/creative.jsonl"));
    let real: Vec<&Value> = real.iter().filter(|l| l["_persona"] == "poet").collect();
    let mut text: String = real.iter().map(|l| format!("{l}\n")).collect();
    for i in 0..4 {
        let line = value!({"instruction": format!("<persona:poet>\nAsked of a machine {i}"), "output": format!("Said by a machine, {i}."),
            "_persona": "poet", "source": "synthetic:creative"});
        text += &format!("{line}\n");
    }
    write(folder.path(), "in/creative.jsonl", text);
    write(
        folder.path(),
        "c.yaml",
        "total: 10\nseed: 1\nsynthetic_upsampling: {poet: 1.5x}\nphases:\n  - {name: a, personas: all, learning_rate: 1e-5, share: 1}\n",
    );
    let config = persona_eval::curriculum::Config::read(&folder.path().join("c.yaml"), &registry()).unwrap();
    let demand = Demand::of_config(&config, &[]).unwrap();
    let from = DataFolder::open(&folder.path().join("in")).unwrap();
    let mut made = options(&folder.path().join("out"));
    made.budget.time = Some(Duration::ZERO);
    let written =
        synthesise(&from, &demand, &registry(), Vec::new(), &Reader::new(), &made, &Silent).unwrap();
    let plan = &written.personas["poet"].plan;
    let count = real.len() as u64;
    assert_eq!((plan.real, plan.synthetic), (count, 4));
    assert_eq!(plan.wanted, (count as f64 * 1.5).ceil() as u64 - count - 4);
    assert_eq!(plan.own_prompts, count, "no prompt of a machine's");
    assert!(
        plan.instruments.iter().any(|i| i.name == "voice" && !i.used),
        "one persona is no choice: {plan:?}"
    );
}

/// The program on the tiny model: it runs, and nothing that a model without sense says is kept.
#[test]
fn a_model_that_can_say_nothing_gives_nothing_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (root, train) = (env!("CARGO_MANIFEST_DIR"), corpus("train").display().to_string());
    let base = format!("{root}/fixtures/tiny-llama");
    let adapter = |name: &str| format!("{name}={root}/fixtures/tiny-llama/adapters/plain");
    let adapters = [adapter("creative"), adapter("esoteric"), adapter("emotive")];
    let suite = format!("{root}/suites/smoke.toml");
    let mut shared =
        vec!["data", "synthesise", &train, "--base", &base, "--suite", &suite, "--max-tokens", "12"];
    adapters.iter().for_each(|a| shared.extend(["--adapter", a]));
    let with = |more: &[&'static str]| [&shared[..], more].concat();
    let named = ["-o", "out", "--persona", "poet", "--per-persona", "2", "--attempts", "1"];
    let manifest = json(folder, &with(&[&named[..], &["--json"]].concat()));
    let poet = &manifest["personas"]["poet"];
    assert_eq!((&poet["kept"], &manifest["ended"]), (&value!(0), &value!("prompts")));
    let refused: u64 = poet["refused"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert!(refused > 0 && poet["judged"] == refused, "{poet}");
    assert_eq!(lines(&folder.join("out/refused.jsonl")).len() as u64, refused);
    assert!(manifest["passages"][0].as_u64().unwrap() > 0);
    let shown =
        run(folder, &with(&["-o", "shown", "--persona", "poet", "--per-persona", "2", "--attempts", "1"]));
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("0 of 2 examples") && shown.contains("refused: "), "{shown}");

    let told = |more: &[&'static str]| {
        let (code, told) = error(folder, &with(more));
        assert_eq!(code, 2, "{told}");
        told
    };
    assert!(told(&["-o", "x", "--persona", "poeet", "--per-persona", "2"]).contains("did you mean: poet?"));
    assert!(told(&["-o", "x", "--per-persona", "2"]).contains("--persona"));
    assert!(told(&["-o", "x", "--near", "0"]).contains("above 0"));
    write(
        folder,
        "c.yaml",
        "total: 10\nseed: 1\nphases:\n  - {name: a, personas: all, learning_rate: 1e-5, share: 1}\n",
    );
    assert!(told(&["-o", "x", "--config", "c.yaml"]).contains("wants synthetic examples of nobody"));
    // A persona that speaks with an adapter which is not there.
    assert!(told(&["-o", "x", "--persona", "data_query_agent", "--per-persona", "1"]).contains("not loaded"));
    std::fs::create_dir(folder.join("in")).unwrap();
    let from_in = |text: &str| {
        write(folder, "in/a.jsonl", text);
        let mut arguments = with(&["-o", "x", "--persona", "poet", "--per-persona", "1"]);
        arguments[2] = "in";
        error(folder, &arguments)
    };
    assert!(from_in("").1.contains("no example there has the control tag"));
    let (code, message) = from_in("{\"instruction\": \"Hi\", \"output\": \"Ho\"}\n");
    assert!(code == 2 && message.contains("tag the data first"), "{message}");
    let (_, message) = from_in("{\"instruction\": \"<persona:code_expert>\\nHi\", \"output\": \"Ho\"}\n");
    assert!(message.contains("no prompt to answer anew"), "{message}");
    assert!(!folder.join("x").exists(), "a mistake leaves no folder");
}
