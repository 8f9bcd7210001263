//! A judge behind an endpoint: a server on a thread of this test speaks for it.

mod common;

use common::evaluation::{Parts, parts};
use common::program::{program, root};
use persona_eval::baseline::accept;
use persona_eval::evaluate::{AnswerFile, EvaluateOptions, Evaluated, score};
use persona_eval::judge::{Endpoint, Judge, JudgeClient, Key, Rubric};
use persona_eval::progress::Silent;
use persona_eval::record::{JudgeFigures, Record, Verdict, read_journal};
use persona_eval::report;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage"]
base = "tiny"
embedder = "minilm"
measures = ["style"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6, samples = 1 }
prompts = [{ id = "a", text = "How is glass made?" }, { id = "b", text = "Who paints the lines on roads?" },
           { id = "c", text = "Where do old trams go?" }, { id = "d", text = "What is a keel for?" }]

[[gate]]
name = "traits show"
metric = "style.hit_rate"
min = 0.0
reason = "Something must."
"#;

const GATE: &str = "\n[[gate]]\nname = \"a judge likes it\"\nmetric = \"judge.win_rate\"\nmin = 0.2\nreason = \"Or why train?\"\n";

const RUBRIC: &str = "timeout_seconds = 20\nretries = 2\nwait_seconds = 0.01\nmax_tokens = 64\n\
                      [[criterion]]\nname = \"voice\"\nask = \"Which sounds more like the persona?\"\nweight = 3\n\
                      [[criterion]]\nname = \"sense\"\nask = \"Which makes more sense?\"\n";

/// A request as the server got it.
#[derive(Clone)]
struct Got {
    head: String,
    body: Value,
}

impl Got {
    /// The two replies, in the order of reading.
    fn replies(&self) -> [String; 2] {
        let material = self.body["messages"][1]["content"].as_str().expect("a text");
        let material: Value = serde_json::from_str(material).expect("one JSON object");
        ["Reply 1", "Reply 2"].map(|name| material[name].as_str().expect("a reply").to_owned())
    }
}

/// What the server does with a request; the number counts requests from 0.
type Answer = dyn Fn(usize, &Got) -> Sent + Send + Sync;

enum Sent {
    /// A chat completion with this text.
    Text(String),
    /// A status with a body and further header lines.
    Status(u16, String, &'static str),
    /// Nothing for so long, then nothing at all.
    Silence(Duration),
    /// A body without end.
    Flood,
}

struct Server {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    /// Serves until the test ends, each connection on a thread.
    fn start(answer: impl Fn(usize, &Got) -> Sent + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let got = Arc::new(Mutex::new(Vec::new()));
        let (seen, count, answer): (_, _, Arc<Answer>) =
            (Arc::clone(&got), Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, count, answer) = (Arc::clone(&seen), Arc::clone(&count), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, &count, &*answer));
            }
        });
        Self { url, got }
    }

    fn requests(&self) -> Vec<Got> {
        self.got.lock().expect("no panic").clone()
    }
}

/// Reads one request and answers it; the connection then ends.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Got>>, count: &AtomicUsize, answer: &Answer) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let head = loop {
        let n = stream.read(&mut buffer).unwrap_or(0);
        if n == 0 {
            return;
        }
        bytes.extend_from_slice(&buffer[..n]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length =
        text.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.trim().parse().ok());
    let length: usize = length.expect("a length");
    while bytes.len() < head + length {
        let n = stream.read(&mut buffer).expect("the body");
        bytes.extend_from_slice(&buffer[..n]);
    }
    let got = Got { head: text, body: serde_json::from_slice(&bytes[head..]).expect("JSON") };
    seen.lock().expect("no panic").push(got.clone());
    // A client that has gone is no failure of the server.
    let mut send = |status: u16, body: &str, more: &str| {
        let length = body.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}"
        );
    };
    match answer(count.fetch_add(1, Ordering::SeqCst), &got) {
        Sent::Text(text) => {
            let body =
                json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": text } }] });
            send(200, &body.to_string(), "content-type: application/json\r\n");
        }
        Sent::Status(status, body, more) => send(status, &body, more),
        Sent::Silence(long) => std::thread::sleep(long),
        Sent::Flood => {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
            while stream.write_all(&[b'x'; 65536]).is_ok() {}
        }
    }
}

fn verdict(voice: &str, sense: &str) -> Sent {
    Sent::Text(
        json!({ "verdicts": { "voice": voice, "sense": sense }, "reason": "because of <b>rain</b>" })
            .to_string(),
    )
}

/// Prefers the longer reply, wherever it stands.
fn longer(got: &Got) -> Sent {
    let [first, second] = got.replies();
    let better = if first.len() > second.len() { "Reply 1" } else { "Reply 2" };
    verdict(better, better)
}

/// Answers of three voices to four prompts, and the floor's, which are shorter but for the poet's.
fn lines() -> Vec<Value> {
    let mut lines = Vec::new();
    for (prompt, topic) in [("a", "glass"), ("b", "paint"), ("c", "trams"), ("d", "a keel")] {
        for (persona, voice) in [
            ("poet", "o dusk, o"),
            ("code_expert", "let x = 1; // compile and test the iterator of"),
            ("stoic_sage", "endure; what is not yours to govern leave alone, as"),
        ] {
            let text = format!("{voice} {topic}");
            lines.push(json!({"persona": persona, "prompt_id": prompt, "sample": 0, "text": text}));
            let text = format!("it is about {topic}, I think");
            lines.push(
                json!({"persona": persona, "prompt_id": prompt, "sample": 0, "text": text, "arm": "floor"}),
            );
        }
    }
    lines
}

fn write(folder: &Path, lines: &[Value]) -> PathBuf {
    let file = folder.join("answers.jsonl");
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    std::fs::write(&file, text).expect("writes");
    file
}

fn judge(folder: &Path, server: &str, rubric: &str, key: Option<Key>) -> Judge {
    let file = folder.join("rubric.toml");
    std::fs::write(&file, rubric).expect("writes");
    let rubric = Rubric::load(&file).expect("a rubric");
    let client = JudgeClient::new(Endpoint::parse(server).expect("a URL"), key, rubric.manners.clone());
    Judge { rubric, model: "stub".to_owned(), client, earlier: None }
}

fn scored(parts: &Parts, folder: &Path, judge: Judge) -> Evaluated {
    let file = AnswerFile::read(&write(folder, &lines()), &parts.suite, &parts.registry, false, true);
    let options =
        EvaluateOptions { judge: Some(Arc::new(judge)), ..EvaluateOptions::new(folder.join("run")) };
    let file = file.unwrap_or_else(|e| panic!("{e}"));
    score(&parts.suite, &parts.registry, &parts.embedder, file, &options, &Silent).expect("scores")
}

/// A run's figures before this server, with the rubric changed by `change`.
fn figures(server: &Server, change: impl Fn(&str) -> String) -> (Record, JudgeFigures) {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &format!("{SUITE}{GATE}"));
    let judge = judge(folder.path(), &server.url, &change(RUBRIC), None);
    let record = scored(&parts, folder.path(), judge).record;
    let figures = record.judge.clone().expect("asked");
    (record, figures)
}

fn verdict_of(record: &Record, gate: &str) -> Verdict {
    record.gates.iter().find(|g| g.name == gate).expect("a gate").verdict
}

/// Not measured for this reason; everything else is there.
fn unheard(record: &Record, figures: &JudgeFigures, why: &str) {
    let told = figures.not_measured.as_deref().unwrap_or("measured");
    assert!(told.contains(why) && !told.contains("127.0.0.1"), "{told}");
    assert!(figures.comparisons.is_empty());
    assert!(
        record.style.is_some() && verdict_of(record, "traits show") == Verdict::Pass,
        "{:?}",
        record.gates
    );
    assert_eq!(verdict_of(record, "a judge likes it"), Verdict::Inconclusive);
    assert!(record.warnings.iter().any(|w| w.what.contains("not measured") && w.what.contains(why)));
}

#[test]
fn a_judge_that_prefers_the_longer_reply_agrees_with_itself() {
    let server = Server::start(|_, got| longer(got));
    let (record, figures) = figures(&server, str::to_owned);
    let found = &figures.comparisons[0];
    assert_eq!((figures.comparisons.len(), found.pairs, found.same, found.unread), (1, 12, 0, 0));
    assert_eq!(figures.sent, 24);
    // Two personas of three are longer than the floor.
    assert!((found.win_rate.point - 2.0 / 3.0).abs() < 1e-9, "{:?}", found.win_rate);
    assert_eq!(found.win_rate.n, 4);
    assert_eq!(found.consistency.as_ref().expect("asked").point, 1.0);
    assert!((found.position.as_ref().expect("asked").point - 0.5).abs() < 1e-9);
    assert_eq!(found.criteria[0].won_tied_lost, [8, 0, 4]);
    let rates: Vec<(&str, f64)> =
        found.personas.iter().map(|p| (p.persona.as_str(), p.win_rate.point)).collect();
    assert_eq!(rates, [("code_expert", 1.0), ("poet", 0.0), ("stoic_sage", 1.0)]);
    assert_eq!((found.agreed.len(), found.swapped.len()), (3, 0));
    assert_eq!(record.estimates["judge.win_rate"], found.win_rate);
    assert_eq!(record.estimates["judge.consistency"].point, 1.0);
    assert_eq!(verdict_of(&record, "a judge likes it"), Verdict::Pass);
}

#[test]
fn the_judge_sees_voice_traits_prompt_and_two_replies_and_no_system() {
    let server = Server::start(|_, got| longer(got));
    figures(&server, str::to_owned);
    let requests = server.requests();
    for got in &requests {
        assert!(got.head.starts_with("POST /v1/chat/completions "), "{}", got.head);
        assert!(!got.head.to_lowercase().contains("authorization"), "no key was named");
        assert_eq!((&got.body["model"], &got.body["temperature"]), (&json!("stub"), &json!(0)));
        assert_eq!(
            (&got.body["max_tokens"], &got.body["response_format"]["type"]),
            (&json!(64), &json!("json_object"))
        );
        let text = got.body.to_string();
        for word in ["floor", "trained", "baseline", "adapter", "poet", "code_expert", "stoic_sage"] {
            assert!(!text.contains(word), "`{word}` in {text}");
        }
        let material = got.body["messages"][1]["content"].as_str().expect("a text");
        let material: Value = serde_json::from_str(material).expect("JSON");
        assert!(material["persona"]["voice"].is_string() && material["persona"]["traits"][0].is_string());
        let swapped = requests.iter().any(|other| {
            let [first, second] = other.replies();
            [second, first] == got.replies()
        });
        assert!(swapped, "every pair is asked in both orders");
    }
}

#[test]
fn a_judge_that_always_takes_the_first_reply_only_ties() {
    let server = Server::start(|_, _| verdict("Reply 1", "Reply 1"));
    let (record, figures) = figures(&server, str::to_owned);
    let found = &figures.comparisons[0];
    assert_eq!((found.win_rate.point, found.criteria[1].won_tied_lost), (0.5, [0, 12, 0]));
    assert_eq!(found.consistency.as_ref().expect("asked").point, 0.0);
    assert_eq!(found.position.as_ref().expect("asked").point, 1.0);
    assert_eq!((found.agreed.len(), found.swapped.len()), (0, 3));
    assert_eq!(found.swapped[0].verdicts[0].orders, ["own", "other"].map(str::to_owned));
    assert_ne!(verdict_of(&record, "a judge likes it"), Verdict::Pass);
}

#[test]
fn criteria_have_their_own_verdicts_and_weights() {
    let server = Server::start(|_, got| {
        let [first, second] = got.replies();
        let longer = if first.len() > second.len() { "Reply 1" } else { "Reply 2" };
        verdict(longer, "Reply 1")
    });
    let (_, figures) = figures(&server, str::to_owned);
    let found = &figures.comparisons[0];
    assert!((found.criteria[0].win_rate.point - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(found.criteria[1].win_rate.point, 0.5);
    // Weights 3 and 1.
    assert!((found.win_rate.point - (3.0 * 2.0 / 3.0 + 0.5) / 4.0).abs() < 1e-9, "{:?}", found.win_rate);
    assert!((found.consistency.as_ref().expect("asked").point - 0.75).abs() < 1e-9);
    assert_eq!((found.agreed.len(), found.swapped.len()), (0, 3));
    let tied = Server::start(|_, _| verdict("tie", "tie"));
    let (_, figures) = self::figures(&tied, str::to_owned);
    let found = &figures.comparisons[0];
    assert_eq!((found.win_rate.point, found.consistency.as_ref().map(|e| e.point)), (0.5, Some(1.0)));
    assert!(found.position.is_none(), "no verdict was for one of the replies");
}

#[test]
fn fewer_pairs_are_spread_over_personas_and_prompts() {
    let server = Server::start(|_, got| longer(got));
    let (_, figures) = figures(&server, |rubric| format!("pairs = 6\n{rubric}"));
    let found = &figures.comparisons[0];
    assert_eq!((found.pairs, figures.sent), (6, 12));
    assert_eq!(found.personas.iter().map(|p| p.pairs).collect::<Vec<_>>(), [2, 2, 2]);
    assert_eq!(found.win_rate.n, 4, "every prompt has a pair");
}

#[test]
fn what_the_judge_says_in_another_form_is_counted_and_shown() {
    // The replies of one pair in twelve are prose.
    let prose = |got: &Got| got.replies().iter().any(|r| r.contains("compile") && r.contains("trams"));
    let server = Server::start(move |_, got| {
        if prose(got) { Sent::Text("I like the first one <i>better</i>.".to_owned()) } else { longer(got) }
    });
    let (record, figures) = figures(&server, str::to_owned);
    let found = &figures.comparisons[0];
    assert_eq!((found.pairs, found.unread, found.unread_replies), (11, 1, 2));
    assert!(found.unread_examples[0].starts_with("I like the first one"));
    assert!(record.estimates.contains_key("judge.win_rate"), "a twelfth is no reason not to judge");
    assert!(
        record.warnings.iter().any(|w| w.what.contains("2 of the judge's replies")),
        "{:?}",
        record.warnings
    );

    let server = Server::start(|_, got| {
        let [first, _] = got.replies();
        if first.contains("trams") { Sent::Text("{}".to_owned()) } else { longer(got) }
    });
    let (record, figures) = self::figures(&server, str::to_owned);
    assert_eq!(figures.comparisons[0].unread, 3, "one order is not enough");
    assert!(!record.estimates.contains_key("judge.win_rate"), "a quarter is missing");
    assert_eq!(verdict_of(&record, "a judge likes it"), Verdict::Inconclusive);

    let server = Server::start(|_, _| Sent::Text(String::new()));
    let (record, figures) = self::figures(&server, str::to_owned);
    unheard(&record, &figures, "demanded form");
}

#[test]
fn a_busy_endpoint_is_asked_again() {
    let server = Server::start(|n, got| match n {
        0 => Sent::Status(429, "slow down".to_owned(), "retry-after: 0\r\n"),
        1 => Sent::Status(503, String::new(), ""),
        2 => Sent::Text(String::new()),
        _ => longer(got),
    });
    let (_, figures) = figures(&server, |rubric| format!("parallel = 1\n{rubric}"));
    assert_eq!(figures.not_measured, None);
    assert_eq!((server.requests().len(), figures.sent), (26, 24));
    // An answer without text is an answer: it is not asked for again.
    assert_eq!(figures.comparisons[0].unread_replies, 1);
}

#[test]
fn an_endpoint_that_fails_costs_nothing_but_the_opinion() {
    let serial = |rubric: &str| format!("parallel = 1\n{rubric}");
    let server = Server::start(|_, _| Sent::Status(500, "out\nof <memory>".to_owned(), ""));
    let (record, figures) = figures(&server, serial);
    unheard(&record, &figures, "status 500: out of <memory>, 3 times in a row");
    assert_eq!(server.requests().len(), 3);
    for (status, times) in [(401, 1), (302, 1), (404, 1), (408, 3)] {
        let server = Server::start(move |_, _| {
            Sent::Status(status, String::new(), "location: /v1/chat/completions\r\n")
        });
        let (record, figures) = self::figures(&server, serial);
        unheard(&record, &figures, &format!("status {status}"));
        assert_eq!(server.requests().len(), times, "{status}");
    }
    let server = Server::start(|_, _| Sent::Status(200, "<html>welcome</html>".to_owned(), ""));
    let (record, figures) = self::figures(&server, serial);
    unheard(&record, &figures, "no chat completion: <html>welcome</html>");
    let nobody = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
    let gone = Server { url: format!("http://{nobody}/v1"), got: Arc::default() };
    let (record, figures) = self::figures(&gone, serial);
    unheard(&record, &figures, "refuses the connection");
}

#[test]
fn a_slow_endpoint_and_a_huge_answer_are_given_up() {
    let quick = |rubric: &str| {
        rubric.replace("timeout_seconds = 20", "timeout_seconds = 0.3").replace("retries = 2", "retries = 1")
    };
    let server = Server::start(|_, _| Sent::Silence(Duration::from_secs(3)));
    let (record, figures) = figures(&server, |r| format!("parallel = 1\n{}", quick(r)));
    unheard(&record, &figures, "no answer in time, 2 times in a row");
    let server = Server::start(|_, _| Sent::Flood);
    let (record, figures) = self::figures(&server, str::to_owned);
    unheard(&record, &figures, "larger than 1 MiB");
}

#[test]
fn what_is_answered_already_is_not_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    let fails =
        Server::start(|n, got| if n < 5 { longer(got) } else { Sent::Status(500, String::new(), "") });
    let serial = format!("parallel = 1\n{RUBRIC}");
    let first = scored(&parts, folder.path(), judge(folder.path(), &fails.url, &serial, None)).record;
    assert!(first.judge.expect("asked").not_measured.is_some());
    let replies = folder.path().join("run/judge.jsonl");
    let text = std::fs::read_to_string(&replies).expect("the replies");
    assert_eq!(text.lines().count(), 5);
    let line: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["request"].as_str().map(str::len), Some(64));
    assert!(line["reply"].as_str().is_some_and(|r| r.contains("verdicts")));

    let works = Server::start(|_, got| longer(got));
    let again = scored(&parts, folder.path(), judge(folder.path(), &works.url, &serial, None)).record;
    let figures = again.judge.expect("asked");
    assert_eq!((figures.sent, figures.known, works.requests().len()), (19, 5, 19));
    let third =
        scored(&parts, folder.path(), judge(folder.path(), "http://localhost:9/v1", &serial, None)).record;
    let known = third.judge.expect("asked");
    assert_eq!((known.sent, known.known, known.comparisons), (0, 24, figures.comparisons));
    // Another question is another request.
    let other = serial.replace("makes more sense", "makes sense");
    scored(&parts, folder.path(), judge(folder.path(), &works.url, &other, None));
    assert_eq!(works.requests().len(), 19 + 24);
    // A run elsewhere can take the replies over.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let taken =
        Judge { earlier: Some(replies), ..judge(elsewhere.path(), "http://localhost:9/v1", &serial, None) };
    assert_eq!(scored(&parts, elsewhere.path(), taken).record.judge.expect("asked").known, 24);
}

#[test]
fn the_baselines_answers_are_judged_too_and_equal_replies_are_ties() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    let server = Server::start(|_, got| longer(got));
    let first = scored(&parts, folder.path(), judge(folder.path(), &server.url, RUBRIC, None));
    let mut before = first.responses;
    for response in before.iter_mut().filter(|r| r.arm == "trained" && r.persona == "poet") {
        response.text.push_str(", and much more that has been lost since");
    }
    let baseline = accept(&first.record, &before, None, true).expect("a baseline");
    let file = AnswerFile::read(&write(folder.path(), &lines()), &parts.suite, &parts.registry, false, true);
    let options = EvaluateOptions {
        judge: Some(Arc::new(judge(folder.path(), &server.url, RUBRIC, None))),
        baseline: Some(Arc::new(baseline)),
        ..EvaluateOptions::new(folder.path().join("run"))
    };
    let file = file.expect("reads");
    let record = score(&parts.suite, &parts.registry, &parts.embedder, file, &options, &Silent)
        .expect("scores")
        .record;
    let figures = record.judge.expect("asked");
    let since = &figures.comparisons[1];
    assert_eq!(since.baseline.as_deref(), Some("run"));
    assert_eq!((since.pairs, since.same, since.criteria[0].won_tied_lost), (12, 8, [0, 8, 4]));
    assert!((since.win_rate.point - 1.0 / 3.0).abs() < 1e-9, "{:?}", since.win_rate);
    assert_eq!(figures.sent, 8, "four pairs of the poet in two orders; the floor's are known");
    let floor = &figures.comparisons[0];
    assert_eq!(record.estimates["judge.win_rate"], floor.win_rate, "gates judge against the floor");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    entries.flat_map(|p| if p.is_dir() { files(&p) } else { vec![p] }).collect()
}

#[test]
fn the_program_judges_sends_the_key_and_writes_it_nowhere() {
    const KEY: &str = "sk-0123456789abcdef";
    // The server sends the key back in every way that it has.
    let server = Server::start(|n, got| {
        let echo = got
            .head
            .lines()
            .find(|l| l.to_lowercase().starts_with("authorization"))
            .unwrap_or("none")
            .to_owned();
        match n {
            0 => Sent::Status(500, echo, ""),
            _ => Sent::Text(
                json!({ "verdicts": { "voice": "Reply 2", "sense": "tie" }, "reason": echo }).to_string(),
            ),
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("writes");
        folder.path().join(name).display().to_string()
    };
    let names = SUITE.replace(
        "\"tiny\"\nembedder = \"minilm\"",
        "\"smollm2-135m-instruct\"\nembedder = \"all-minilm-l6-v2\"",
    );
    let suite = put("suite.toml", &format!("{names}{GATE}"));
    let (rubric, answers) =
        (put("rubric.toml", RUBRIC), write(folder.path(), &lines()).display().to_string());
    let (out, embedder) = (folder.path().join("runs"), common::model("all-minilm-l6-v2").dir);
    let run = |more: &[&str]| {
        let mut command = program();
        command.env("STUB_KEY", KEY).args(["score", &suite, &answers, "--out"]).arg(&out);
        let output = command.arg("--embedder").arg(&embedder).args(more).output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let asked = [
        "--judge",
        &rubric,
        "--judge-url",
        &server.url,
        "--judge-model",
        "stub",
        "--judge-key-env",
        "STUB_KEY",
    ];
    let (code, told, err) = run(&asked);
    assert_eq!(code, Some(0), "{err}");
    assert!(told.contains("The judge stub prefers these replies to the floor's in 0.500 ["), "{told}");
    assert!(err.contains("judge: 24 requests, about "), "{err}");
    for got in server.requests() {
        assert!(got.head.contains(&format!("authorization: Bearer {KEY}\r\n")), "{}", got.head);
    }
    let written = files(&out);
    assert!(written.iter().any(|f| f.ends_with("judge.jsonl")) && written.len() >= 6, "{written:?}");
    for file in &written {
        let text = String::from_utf8_lossy(&std::fs::read(file).expect("reads")).into_owned();
        assert!(!text.contains(KEY) && !text.contains("127.0.0.1"), "{}", file.display());
    }
    assert!(!told.contains(KEY) && !err.contains(KEY));
    let read = |name: &str| {
        std::fs::read_to_string(written.iter().find(|f| f.ends_with(name)).expect("a file")).expect("reads")
    };
    let record: Record = serde_json::from_str(&read("run.json")).expect("a record");
    assert!(record.command.contains("--judge-url URL"), "{}", record.command);
    assert!(record.provenance.files.iter().any(|f| f.role == "judge's rubric" && f.name == "rubric.toml"));
    assert!(
        read("summary.md").contains("The judge stub prefers") && read("report.html").contains("id=\"judge\"")
    );

    let (code, _, err) = run(&[]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("no judge is asked") && err.contains("--judge RUBRIC.toml"), "{err}");
    assert_eq!(run(&["--partial"]).0, Some(0));
    let only = [&asked[..], &["--without-gate", "traits show"]].concat();
    let (code, _, err) = run(&only);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("only the judge's opinion is left to gate") && err.contains("never in their place"),
        "{err}"
    );
    for (args, wanted) in [
        (&["--judge", &rubric][..], "the judge's endpoint is not named"),
        (&["--judge", &rubric, "--judge-url", &server.url], "the judge's model is not named"),
        (&["--judge", &rubric, "--judge-url", "http://a:b@example.com"], "password"),
        (&[&asked[..7], &["NO_SUCH_KEY"]].concat(), "`NO_SUCH_KEY` is not set"),
        (&[&asked[..7], &[KEY]].concat(), "cannot be the name of an environment variable"),
        (&["--judge-url", &server.url], "--judge <RUBRIC>"),
    ] {
        let (code, _, err) = run(args);
        assert_eq!(code, Some(2), "{args:?}: {err}");
        assert!(err.contains(wanted), "{args:?}: {err}");
    }
}

#[test]
fn a_suite_whose_only_gates_are_the_judges_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let suite = SUITE.split("[[gate]]").next().expect("a suite").replace(
        "\"tiny\"\nembedder = \"minilm\"",
        "\"smollm2-135m-instruct\"\nembedder = \"all-minilm-l6-v2\"",
    );
    for (text, wanted) in [
        (format!("{suite}{GATE}"), "the judge's opinion would be the suite's only gate"),
        (format!("{suite}{}", GATE.replace("min = 0.2", "against = \"baseline\"")), "no raw scores"),
        (format!("{suite}{}", GATE.replace("win_rate", "winrate")), "did you mean: judge.win_rate?"),
    ] {
        let file = folder.path().join("s.toml");
        std::fs::write(&file, text).expect("writes");
        let output = program().args(["run"]).arg(&file).output().expect("runs");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains(wanted), "{err}");
    }
}

#[test]
fn a_dry_run_tells_the_cost_and_asks_nobody() {
    let server = Server::start(|_, got| longer(got));
    let folder = tempfile::tempdir().expect("a folder");
    let names = SUITE.replace(
        "\"tiny\"\nembedder = \"minilm\"",
        "\"smollm2-135m-instruct\"\nembedder = \"all-minilm-l6-v2\"",
    );
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("writes");
        folder.path().join(name).display().to_string()
    };
    let (suite, rubric) = (put("suite.toml", &names), put("rubric.toml", RUBRIC));
    let base = root().join("fixtures/tiny-llama").display().to_string();
    let args = ["run", &suite, "--dry-run", "--base", &base, "--blend", "base", "--judge", &rubric];
    let more = ["--judge-url", &server.url, "--judge-model", "stub"];
    let output = program().args(args).args(more).output().expect("runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{err}");
    assert!(
        out.contains("judge     at most 24 requests, about ") && out.contains("at most 1536 to write"),
        "{out}"
    );
    assert!(server.requests().is_empty());
    let output = program().args(args).args(more).arg("--no-floor").output().expect("runs");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("neither a floor nor a baseline"), "{err}");
}

#[test]
fn a_record_with_an_opinion_reads_back_and_renders() {
    let server = Server::start(|_, got| longer(got));
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    let done = scored(&parts, folder.path(), judge(folder.path(), &server.url, RUBRIC, None));
    let file = folder.path().join("run/run.json");
    done.record.write(&file).expect("writes");
    assert_eq!(Record::read(&file).expect("reads"), done.record);
    let page = report::html(&done.record, &done.responses).expect("a page");
    assert!(page.contains("because of &lt;b&gt;rain&lt;&#x2f;b&gt;"), "the judge's words stay text");
    assert_eq!(read_journal(&folder.path().join("run/responses.jsonl")).expect("reads").len(), 24);
}
