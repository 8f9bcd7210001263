//! Function calls read and checked, as they come from a model (Python, JSON and tags), and code run in the sandbox.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use persona_eval::sandbox::{Limits, Program, Sandbox};
use persona_eval::scorers::{check_calls, read_calls};
use persona_eval::suite::CallRule;
use serde_json::json;
use std::hint::black_box;

fn calls(c: &mut Criterion) {
    let tools = json!([{"name": "calendar.add", "parameters": {"type": "dict", "required": ["title", "start"], "properties": {
        "title": {"type": "string"}, "start": {"type": "string"}, "minutes": {"type": "integer"},
        "guests": {"type": "array", "items": {"type": "string"}}, "private": {"type": "boolean"}}}}]);
    let accepted = json!([{"calendar.add": {"title": ["Dentist"], "start": ["2026-11-24 09:00", "9 am"], "minutes": [30, ""],
        "guests": [["Ann", "Bo"], ""], "private": [true, ""]}}]);
    let rule = CallRule::from_json(&tools, &accepted).expect("a rule");
    let arguments = json!({"title": "dentist", "start": "2026-11-24 09:00", "minutes": 30, "guests": ["Ann", "Bo"], "private": true});
    let json = json!({"name": "calendar.add", "arguments": arguments}).to_string();
    let answers = [
        r#"[calendar.add(title="dentist", start="2026-11-24 09:00", minutes=30, guests=["Ann", "Bo"], private=True)]"#.to_owned(),
        json.clone(),
        format!("<tool_call>\n{json}\n</tool_call>"),
    ];
    let mut group = c.benchmark_group("function calls");
    group.throughput(Throughput::Elements(answers.len() as u64));
    group.bench_function("read and check", |b| {
        b.iter(|| {
            for answer in &answers {
                let read = read_calls(black_box(answer)).expect("readable");
                check_calls(&rule, &read).expect("right");
            }
        });
    });
    group.finish();
}

/// From the start of a process to its end; a machine that runs no code fails here.
fn code(c: &mut Criterion) {
    let sandbox = Sandbox::open(false).unwrap_or_else(|e| panic!("{e}"));
    let setup = "def double(n):\n    return 2 * n\n".to_owned();
    let program = Program { setup, tests: "assert double(2) == 4".to_owned() };
    let mut group = c.benchmark_group("code");
    group.throughput(Throughput::Elements(1));
    group.bench_function("one program", |b| {
        b.iter(|| assert!(sandbox.run(black_box(&program), &Limits::default()).expect("runs").finished));
    });
    group.finish();
}

criterion_group!(benches, calls, code);
criterion_main!(benches);
