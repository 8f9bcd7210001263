//! Training on the tiny model: agreement with candle's own autograd, with separate trainings, and what is written.

use candle_core::{DType, Device, Tensor};
use persona_eval::blend::Blend;
use persona_eval::curriculum::{Decay, Training};
use persona_eval::example::Turn;
use persona_eval::generate::Engine;
use persona_eval::model::kernel::Precision;
use persona_eval::model::{Adapter, BaseModel, Layout, Message, Module};
use persona_eval::train::{
    PhaseOrder, Stepped, TextPair, TokenPair, TrainableAdapters, Trainer, save_adapter,
};
use std::path::{Path, PathBuf};

const PACKED: Layout = Layout::Packed(Precision::F32);

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
        persona: *a,
        file: (*p).into(),
        line: 1,
    })
    .collect()
}

fn training() -> Training {
    Training { rank: 2, alpha: 4.0, batch_tokens: 100_000, clip: 0.5, ..Training::default() }
}

/// Six times all examples in one batch, in a phase with this learning rate.
fn trainer(layout: Layout, names: &[&str], adapters: &[usize], training: &Training) -> Trainer {
    let base = open(layout);
    let pairs: Vec<TokenPair> =
        texts(adapters).iter().map(|t| TokenPair::new(&base, t).expect("a pair")).collect();
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let all: Vec<usize> = (0..pairs.len()).collect();
    // A phase for each pass: no step holds examples of two.
    let phases: Vec<PhaseOrder> =
        (0..6).map(|i| PhaseOrder { name: i.to_string(), learning_rate: 1e-2, order: all.clone() }).collect();
    Trainer::new(base, &names, pairs, &phases, training, 7).expect("a valid training")
}

fn run(trainer: &mut Trainer) -> Vec<Stepped> {
    let mut all = Vec::new();
    while !trainer.is_done() {
        // A step fails where any factor has no gradient.
        all.push(trainer.step().expect("a step"));
    }
    all
}

fn losses(steps: &[Stepped]) -> Vec<Vec<f64>> {
    let both = |s: &Stepped| s.losses.iter().map(|l| l.expect("every adapter in every step")).collect();
    steps.iter().map(both).collect()
}

/// The largest difference of the factors of two trainings' adapters.
fn gap(one: (&TrainableAdapters, usize), other: (&TrainableAdapters, usize)) -> f32 {
    let mut most = 0f32;
    for layer in 0..2 {
        for module in Module::ALL {
            let pair = |(adapters, i): (&TrainableAdapters, usize)| {
                adapters.pair(i, layer, module).expect("reads").expect("is targeted")
            };
            let ((a, b), (a2, b2)) = (pair(one), pair(other));
            for (x, y) in [(a, a2), (b, b2)] {
                let gap = (x - y).and_then(|d| d.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>());
                most = most.max(gap.expect("compares"));
            }
        }
    }
    most
}

#[test]
fn fused_training_follows_candles_autograd_step_by_step() {
    for dropout in [0.0, 0.25] {
        let training = Training { dropout, ..training() };
        let fused = losses(&run(&mut trainer(PACKED, &["a", "b"], &[0, 1], &training)));
        let plain = losses(&run(&mut trainer(Layout::Dense(DType::F32), &["a", "b"], &[0, 1], &training)));
        for (step, (x, y)) in fused.iter().flatten().zip(plain.iter().flatten()).enumerate() {
            assert!((x - y).abs() < 2e-3, "step {}: {x} and {y}", step / 2);
        }
        assert!(fused[5][0] < fused[0][0] && fused[5][1] < fused[0][1], "the loss falls: {fused:?}");
    }
}

#[test]
fn training_in_bf16_follows_f32() {
    let f32 = losses(&run(&mut trainer(PACKED, &["a", "b"], &[0, 1], &training())));
    let bf16 = Layout::Packed(Precision::Bf16);
    let bf16 = losses(&run(&mut trainer(bf16, &["a", "b"], &[0, 1], &training())));
    for (x, y) in f32.iter().flatten().zip(bf16.iter().flatten()) {
        assert!((x - y).abs() < 0.05, "{x} and {y}");
    }
    assert!(bf16[5][0] < bf16[0][0] && bf16[5][1] < bf16[0][1] && bf16 != f32, "{bf16:?}");
}

#[test]
fn adapters_trained_in_one_pass_equal_adapters_trained_alone() {
    let mut both = trainer(PACKED, &["a", "b"], &[0, 1], &training());
    let together = losses(&run(&mut both));
    for (index, name) in ["a", "b"].iter().enumerate() {
        let mut alone = trainer(PACKED, &[name], &[index], &training());
        let apart = losses(&run(&mut alone));
        for (x, y) in together.iter().zip(&apart) {
            assert!((x[index] - y[0]).abs() < 1e-5, "{name}: {x:?} {y:?}");
        }
        // Adam hides a factor of the gradient, as a wrong mean of the loss would be: its size tells.
        let first = |trainer: &mut Trainer| trainer.step().expect("a step").gradient_norms;
        let own = first(&mut trainer(PACKED, &[name], &[index], &training()))[0].expect("a norm");
        for other in [training(), Training { batch_tokens: 40, accumulation: 100, ..training() }] {
            let both = first(&mut trainer(PACKED, &["a", "b"], &[0, 1], &other));
            let norm = both[index].expect("a norm");
            assert!((norm - own).abs() < 1e-5 * own, "{name}: {norm} and {own}");
        }
        // Adam makes a step of its full size of the smallest gradient, rounding included.
        assert!(gap((both.adapters(), index), (alone.adapters(), 0)) < 2e-3, "{name}");
    }
}

#[test]
fn blocks_computed_again_and_batches_in_parts_give_the_same_training() {
    let dropped = Training { dropout: 0.25, ..training() };
    for (plain, other) in [
        (training(), Training { gradient_checkpointing: true, ..training() }),
        // What is dropped is dropped again.
        (dropped.clone(), Training { gradient_checkpointing: true, ..dropped }),
        (training(), Training { batch_tokens: 40, accumulation: 100, ..training() }),
    ] {
        let mut whole = trainer(PACKED, &["a", "b"], &[0, 1], &plain);
        let wanted = losses(&run(&mut whole));
        let mut trainer = trainer(PACKED, &["a", "b"], &[0, 1], &other);
        assert_eq!(trainer.steps().len(), 6);
        for (x, y) in losses(&run(&mut trainer)).iter().flatten().zip(wanted.iter().flatten()) {
            assert!((x - y).abs() < 1e-5, "{x} and {y}");
        }
        assert!(gap((whole.adapters(), 0), (trainer.adapters(), 0)) < 2e-3);
    }
}

#[test]
fn a_look_under_ruined_factors_is_an_error_and_no_loss() {
    let ruinous =
        Training { learning_rate_factor: 1e30, warmup: 0.0, schedule: Decay::Constant, ..training() };
    let mut trainer = trainer(PACKED, &["a", "b"], &[0, 1], &ruinous);
    let pairs = trainer.pairs().to_vec();
    assert!(trainer.nll(&pairs, true, &|_| {}).is_ok());
    // Its loss was one still; what it made of the factors is not.
    trainer.step().expect("a first step");
    let told = trainer.nll(&pairs, true, &|_| {}).unwrap_err().to_string();
    assert!(told.contains("is not a number after step 1") && told.contains("learning_rate_factor"), "{told}");
    assert!(trainer.nll(&pairs, false, &|_| {}).is_ok(), "the base is whole");
}

#[test]
fn each_adapter_has_its_own_clipping_schedule_and_end() {
    let training = Training { patience: 1, schedule: Decay::Linear, warmup: 0.5, clip: 1e-3, ..training() };
    let mut trainer = trainer(PACKED, &["a", "b"], &[0, 1], &training);
    let first = trainer.step().unwrap();
    assert!(first.gradient_norms.iter().flatten().all(|n| *n > 1e-3), "{first:?}");
    // A third of 1e-2: the first of three steps of warm-up.
    assert!(first.learning_rates.iter().flatten().all(|r| (r - 1e-2 / 3.0).abs() < 1e-12), "{first:?}");
    trainer.look(&[Some(1.0), Some(1.0)]).unwrap();
    let best = trainer.adapters().pair(1, 0, Module::Q).unwrap().unwrap().1;
    trainer.step().unwrap();
    trainer.look(&[Some(0.9), Some(1.1)]).unwrap();
    assert_eq!(trainer.progress().stopped, [false, true]);
    let third = trainer.step().unwrap();
    assert!(third.losses[0].is_some() && third.losses[1].is_none());
    assert_eq!(trainer.progress().steps, [3, 2]);
    trainer.finish().unwrap();
    let kept = trainer.adapters().pair(1, 0, Module::Q).unwrap().unwrap().1;
    let gap = (kept - best).and_then(|d| d.abs()?.sum_all()?.to_scalar::<f32>()).unwrap();
    assert_eq!(gap, 0.0, "the stopped adapter has the factors of its best look");
}

#[test]
fn clipping_weight_decay_and_the_ratio_of_the_rates_reach_the_step() {
    let after_one = |training: Training| {
        let mut trainer = trainer(PACKED, &["a", "b"], &[0, 1], &training);
        let before = trainer.adapters().pair(0, 0, Module::Q).unwrap().unwrap().0;
        let told = trainer.step().unwrap();
        let (a, b) = trainer.adapters().pair(0, 0, Module::Q).unwrap().unwrap();
        let values = |t: Tensor| t.flatten_all().and_then(|t| t.to_vec1::<f32>()).unwrap();
        (values(before), values(a), values(b), told.learning_rates[0].unwrap())
    };
    let constant = Training { warmup: 0.0, schedule: Decay::Constant, weight_decay: 0.25, ..training() };
    let (before, a, b, rate) = after_one(constant.clone());
    assert_eq!(rate, 1e-2);
    // A has no gradient as long as B is zero: it only decays.
    for (now, then) in a.iter().zip(&before) {
        assert!((now - then * (1.0 - 1e-2 * 0.25)).abs() < 1e-7, "{now} {then}");
    }
    // Adam's first step is the rate, wherever the gradient is far above ε.
    let most = |b: &[f32]| b.iter().fold(0f32, |most, v| most.max(v.abs()));
    assert!((most(&b) - 1e-2).abs() < 1e-4, "{}", most(&b));
    let (_, _, plus, _) = after_one(Training { lora_plus: 4.0, ..constant.clone() });
    assert!(plus.iter().zip(&b).all(|(p, b)| (p - 4.0 * b).abs() < 1e-6), "{}", most(&plus));
    // Clipped to far below ε nothing is left of it.
    let (_, _, clipped, _) = after_one(Training { clip: 1e-12, ..constant });
    assert!(most(&clipped) < 1e-5, "{}", most(&clipped));
}

#[test]
fn a_written_adapter_loads_again_and_changes_the_logits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = open(PACKED).decoder.config().clone();
    for (targets, count) in [(training().targets, 7), (vec!["q_proj".to_owned(), "down_proj".to_owned()], 2)]
    {
        let training = Training { targets, rslora: true, ..training() };
        let mut trainer = trainer(PACKED, &["a", "b"], &[0, 1], &training);
        run(&mut trainer);
        let path = folder.path().join(count.to_string());
        save_adapter(trainer.adapters(), 1, &config, "tiny", 0.1, &path).expect("writes");
        let adapter = Adapter::load("b", &path, &config).expect("loads");
        assert_eq!(adapter.matched_tensors(), 2 * count * config.layers);
        // What was trained is what is loaded: the loss under the loaded adapter is the one under the factors.
        let engine = Engine::new(open(PACKED), &[("b".to_owned(), path)]).expect("opens");
        assert!(engine.prove("b").expect("changes something").logit_change > 0.0);
        let pair = trainer.pairs()[1].clone();
        let own: f32 = trainer.nll(std::slice::from_ref(&pair), true, &|_| {}).unwrap()[0].iter().sum();
        let (prompt, continuation) = pair.tokens.split_at(pair.prompt);
        let blend = Blend::single("b").expect("a name");
        let item = persona_eval::generate::Scored {
            prompt: prompt.to_vec(),
            continuation: continuation.to_vec(),
            blend,
        };
        let loaded: f32 = engine.log_likelihoods(&[item], |_| {}).expect("scores")[0].iter().sum();
        // Factors are written in bf16.
        assert!((own + loaded).abs() < 2e-2 * own, "{own} and {loaded}");
        assert!(engine.check(&Blend::single("c").expect("a name")).is_err());
    }
}

#[test]
fn earlier_turns_are_read_and_only_the_last_answer_is_learned() {
    let base = open(PACKED);
    let turns = [Turn { user: "What is rain?".into(), assistant: "A drum.".into() }];
    let pair = TextPair {
        messages: Message::conversation("<persona:poet>\n", &turns, "And the sea?"),
        completion: "It breathes.".into(),
        adapter: 0,
        persona: 0,
        file: "here".into(),
        line: 1,
    };
    let made = TokenPair::new(&base, &pair).expect("a pair");
    let (asked, learned) = made.tokens.split_at(made.prompt);
    let before = "<|im_start|>user\n<persona:poet>\nWhat is rain?<|im_end|>\n<|im_start|>assistant\nA drum.<|im_end|>\n\
                  <|im_start|>user\nAnd the sea?<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(asked, base.tokenizer.encode(before).expect("encodes"));
    assert_eq!(learned, base.tokenizer.encode("It breathes.<|im_end|>").expect("encodes"));
}

#[test]
fn examples_that_cannot_be_learned_are_refused_by_name() {
    let base = open(PACKED);
    let mut empty = texts(&[0, 1]);
    empty[3].completion = "  ".into();
    assert!(TokenPair::new(&base, &empty[3]).unwrap_err().to_string().contains("Sing"));
    let pairs: Vec<TokenPair> =
        texts(&[0]).iter().map(|t| TokenPair::new(&base, t).expect("a pair")).collect();
    let phase = PhaseOrder { name: String::new(), learning_rate: 1e-2, order: vec![0, 1] };
    let names = ["a".to_owned(), "b".to_owned()];
    let told =
        Trainer::new(base, &names, pairs, &[phase], &training(), 7).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("`b` has no example"), "{told}");
}
