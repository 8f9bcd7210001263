//! A browser, driven by W3C WebDriver: JSON over HTTP to chromedriver.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The tabulator key.
pub const TAB: char = '\u{E004}';
/// The enter key.
pub const ENTER: char = '\u{E007}';

/// What answers to WebDriver's element keys (W3C WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Chromium in a session of its own; both end with it.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    /// The browser's profile.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts chromedriver on a free port and a browser with a fresh profile.
    pub fn start() -> Self {
        let help = "install chromium and chromium-driver (Debian's names), or leave this target out";
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("chromedriver does not start: {e}; {help}"));
        let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port: u16 = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|l| l.split_once("on port ")?.1.trim_end_matches('.').parse().ok().filter(|p| *p != 0))
            .unwrap_or_else(|| panic!("chromedriver tells no port; {help}"));
        // What it says later is read away, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .into();
        let profile = tempfile::tempdir().expect("a folder");
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--window-size=1180,1000",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut options = json!({ "args": arguments });
        if let Some(binary) = binary() {
            options["binary"] = json!(binary);
        }
        let mut browser = Self {
            driver,
            agent,
            session: format!("http://{}:{port}/session", Ipv4Addr::LOCALHOST),
            _profile: profile,
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "unhandledPromptBehavior": "ignore",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let started = browser.post("", &wanted);
        let id = started["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {started}")).to_owned();
        browser.session = format!("{}/{id}", browser.session);
        // The browser's own first page loads much; its entries are no page's.
        browser.post("/url", &json!({ "url": "about:blank" }));
        browser.log("performance");
        browser
    }

    /// A request below the session's address; a body makes it a POST.
    fn call(&self, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let answer = match body {
            Some(body) => {
                self.agent.post(&url).header("content-type", "application/json").send(body.to_string())
            }
            None => self.agent.get(&url).call(),
        };
        let mut answer = answer.map_err(|e| format!("{url}: {e}"))?;
        let failed = answer.status().as_u16() >= 400;
        let text =
            answer.body_mut().with_config().limit(64 << 20).read_to_string().map_err(|e| e.to_string())?;
        let mut value: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text:.200}"))?;
        let value = value["value"].take();
        if failed {
            Err(value["error"].as_str().unwrap_or(&text).to_owned() + ": " + &text)
        } else {
            Ok(value)
        }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call(path, Some(body)).unwrap_or_else(|e| panic!("{path} {body:.200}: {e:.600}"))
    }

    /// Opens a file.
    pub fn open(&self, file: &Path) -> String {
        let address = format!("file://{}", file.display());
        self.post("/url", &json!({ "url": address }));
        address
    }

    /// What the body of a function gives.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// A command of the DevTools protocol.
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Presses and releases one key where the focus is.
    pub fn press(&self, key: char) {
        let keys = ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }));
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": keys }] }));
    }

    /// Types a text into the first element that `selector` names.
    pub fn write(&self, selector: &str, text: &str) {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = found[ELEMENT].as_str().unwrap_or_else(|| panic!("no {selector}: {found}"));
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// The text of an alert that is open.
    pub fn alert(&self) -> Option<String> {
        match self.call("/alert/text", None) {
            Ok(text) => Some(text.to_string()),
            Err(e) if e.starts_with("no such alert") => None,
            Err(e) => panic!("{e}"),
        }
    }

    /// Messages of a log (`browser`, `performance`) since it was last asked for.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let messages = self.post("/se/log", &json!({ "type": kind }));
        messages.as_array().expect("a list").clone()
    }

    /// Width and height of the window's inside, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// The medium (`screen`, `print`) and the colours that the reader prefers (`light`, `dark`).
    pub fn show_as(&self, medium: &str, colours: &str) {
        let feature = json!([{ "name": "prefers-color-scheme", "value": colours }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": medium, "features": feature }));
    }

    /// The whole page as PNG.
    pub fn picture(&self, file: &Path) {
        let size = self.run("const e = document.documentElement; return [e.clientWidth, e.scrollHeight];");
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        save(file, &self.devtools("Page.captureScreenshot", wanted));
    }

    /// The page as a printer would get it, A4.
    pub fn paper(&self, file: &Path) {
        let wanted = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": true });
        save(file, &self.devtools("Page.printToPDF", wanted));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session ends the browser; its driver is this test's own child.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn save(file: &Path, answer: &Value) {
    use base64::Engine as _;
    let data = answer["data"].as_str().unwrap_or_else(|| panic!("no data: {answer:.200}"));
    let bytes = base64::prelude::BASE64_STANDARD.decode(data).expect("base64");
    std::fs::write(file, bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}

/// Chromium under the names it has; without one chromedriver looks for Chrome.
fn binary() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let names = ["chromium", "chromium-browser"];
    names.iter().flat_map(|name| folders.iter().map(move |f| f.join(name))).find(|p| p.is_file())
}
