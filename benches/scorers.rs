//! Function calls read and checked, as they come from a model: Python, JSON and tags.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
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

criterion_group!(benches, calls);
criterion_main!(benches);
