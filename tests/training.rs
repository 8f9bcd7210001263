//! Training on the tiny model: gradients, agreement with candle's own autograd, and what is written.

use candle_core::{DType, Device};
use persona_eval::blend::Blend;
use persona_eval::example::Turn;
use persona_eval::generate::Engine;
use persona_eval::model::kernel::Precision;
use persona_eval::model::{Adapter, BaseModel, Layout, Message, Module};
use persona_eval::train::{TextPair, TokenPair, TrainOptions, Trained, Trainer, save_adapter};
use std::path::{Path, PathBuf};

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama")
}

fn open(layout: Layout) -> BaseModel {
    BaseModel::open_with(&tiny(), layout, &Device::Cpu, &[]).expect("the tiny model opens")
}

fn texts(adapters: &[usize]) -> Vec<TextPair> {
    let all = [
        ("Say hello", "hello hello", 0),
        ("Say goodbye", "so long, farewell", 1),
        ("Count", "one two three four", 0),
        ("Sing", "la la la, la la", 1),
        ("Name a colour", "blue", 0),
        ("Name a fruit", "plum and pear", 1),
    ];
    let keep = all.iter().filter(|(_, _, a)| adapters.contains(a));
    keep.map(|(p, c, a)| TextPair {
        messages: vec![Message::user(*p)],
        completion: (*c).into(),
        adapter: adapters.iter().position(|x| x == a).expect("kept"),
        origin: (*p).into(),
    })
    .collect()
}

fn options() -> TrainOptions {
    TrainOptions {
        r: 2,
        alpha: 4.0,
        learning_rate: 1e-2,
        epochs: 6,
        batch_tokens: 100_000,
        ..TrainOptions::default()
    }
}

fn train(layout: Layout, names: &[&str], adapters: &[usize]) -> Trained {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let trainer = Trainer::new(open(layout), &names, &texts(adapters), options()).expect("a valid training");
    // The trainer itself fails when any A or B has no gradient, or a zero one after the first step.
    trainer.run(|_| Ok(())).expect("trains")
}

fn losses(trained: &Trained) -> Vec<Vec<Option<f64>>> {
    trained.steps.iter().map(|s| s.losses.clone()).collect()
}

#[test]
fn fused_training_follows_candles_autograd_step_by_step() {
    let fused = train(Layout::Packed(Precision::F32), &["a", "b"], &[0, 1]);
    let plain = train(Layout::Dense(DType::F32), &["a", "b"], &[0, 1]);
    for (step, (x, y)) in losses(&fused).iter().zip(losses(&plain)).enumerate() {
        for (x, y) in x.iter().zip(y) {
            let (x, y) = (x.expect("both adapters in every batch"), y.expect("both adapters in every batch"));
            assert!((x - y).abs() < 2e-3, "step {step}: {x} and {y}");
        }
    }
    let (first, last) = (&losses(&fused)[0], &losses(&fused)[5]);
    assert!(last[0] < first[0] && last[1] < first[1], "the loss falls: {first:?} to {last:?}");
}

#[test]
fn adapters_trained_in_one_pass_equal_adapters_trained_alone() {
    let layout = Layout::Packed(Precision::F32);
    let both = train(layout, &["a", "b"], &[0, 1]);
    for (index, name) in ["a", "b"].iter().enumerate() {
        let alone = train(layout, &[name], &[index]);
        for layer in 0..2 {
            for module in Module::ALL {
                let (a, b) = both.adapters.pair(index, layer, module).expect("there");
                let (a2, b2) = alone.adapters.pair(0, layer, module).expect("there");
                for (x, y) in [(a, a2), (b, b2)] {
                    let gap = (x - y).and_then(|d| d.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>());
                    assert!(gap.expect("compares") < 2e-3, "{name} {layer} {module:?}");
                }
            }
        }
    }
}

#[test]
fn a_written_adapter_loads_again_and_changes_the_logits() {
    let trained = train(Layout::Packed(Precision::F32), &["a", "b"], &[0, 1]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = open(Layout::Packed(Precision::F32));
    let config = base.decoder.config().clone();
    let path = folder.path().join("b");
    save_adapter(&trained.adapters, 1, &config, "tiny", &path).expect("writes");
    let adapter = Adapter::load("b", &path, &config).expect("loads");
    assert_eq!(adapter.matched_tensors(), 2 * 7 * config.layers);
    let engine = Engine::new(base, &[("b".to_owned(), path)]).expect("opens");
    assert!(engine.prove("b").expect("changes something").logit_change > 0.0);
    assert!(engine.check(&Blend::single("c").expect("a name")).is_err());
}

#[test]
fn earlier_turns_are_read_and_only_the_last_answer_is_learned() {
    let base = open(Layout::Packed(Precision::F32));
    let turns = [Turn { user: "What is rain?".into(), assistant: "A drum.".into() }];
    let pair = TextPair {
        messages: Message::conversation("<persona:poet>\n", &turns, "And the sea?"),
        completion: "It breathes.".into(),
        adapter: 0,
        origin: "here".into(),
    };
    let made = TokenPair::new(&base, &pair, 1000).expect("a pair");
    let (asked, learned) = made.tokens.split_at(made.prompt);
    let before = "<|im_start|>user\n<persona:poet>\nWhat is rain?<|im_end|>\n<|im_start|>assistant\nA drum.<|im_end|>\n\
                  <|im_start|>user\nAnd the sea?<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(asked, base.tokenizer.encode(before).expect("encodes"));
    assert_eq!(learned, base.tokenizer.encode("It breathes.<|im_end|>").expect("encodes"));
}

#[test]
fn examples_that_cannot_be_learned_are_refused_by_name() {
    let names = vec!["a".to_owned(), "b".to_owned()];
    let refuse = |texts: &[TextPair], options: TrainOptions| {
        let layout = Layout::Packed(Precision::F32);
        Trainer::new(open(layout), &names, texts, options).map(|_| ()).expect_err("refused").to_string()
    };
    let mut empty = texts(&[0, 1]);
    empty[3].completion = "  ".into();
    assert!(refuse(&empty, options()).contains("Sing"));
    assert!(refuse(&texts(&[0, 1]), TrainOptions { max_tokens: 8, ..options() }).contains("tokens"));
    assert!(refuse(&texts(&[0]), options()).contains("`b` has no example"));
}
