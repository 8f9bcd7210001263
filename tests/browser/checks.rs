//! What must hold for every page.

use super::driver::{Browser, ENTER, TAB};
use serde_json::{Value, json};

/// What the focus can stand on: shown, enabled, and not inside something closed.
const FOCUSABLE: &str = "[...document.querySelectorAll('a[href], button, select, input, summary, [tabindex=\"0\"]')]
    .filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))";

/// An element in words.
const NAMED: &str = "(e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + ' '
    + (e.getAttribute('aria-label') || e.textContent).trim().slice(0, 40)";

fn strings(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|v| v.as_str().unwrap_or("").to_owned()).collect()
}

/// Nothing but the page itself was asked for, and the browser complains of nothing; whether the page was.
pub fn quiet(browser: &Browser, address: &str) -> bool {
    let complaints: Vec<Value> =
        browser.log("browser").into_iter().filter(|m| m["level"] != "DEBUG").collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    let mut asked = Vec::new();
    for entry in browser.log("performance") {
        let message: Value = serde_json::from_str(entry["message"].as_str().expect("text")).expect("JSON");
        if message["message"]["method"] == "Network.requestWillBeSent" {
            asked.push(
                message["message"]["params"]["request"]["url"].as_str().expect("an address").to_owned(),
            );
        }
    }
    let other = |url: &&String| url.split('#').next() != Some(address) && !url.starts_with("data:");
    let other: Vec<&String> = asked.iter().filter(other).collect();
    assert!(other.is_empty(), "{other:?}");
    assert_eq!(browser.alert(), None);
    asked.iter().any(|url| url == address)
}

/// Hostile text stands on the page as text and is no element.
pub fn text_stays_text(browser: &Browser, nasty: &str) {
    let script = format!(
        "return [document.body.innerText.includes({}), document.querySelectorAll('img, iframe, object, [onerror]').length];",
        json!(nasty)
    );
    assert_eq!(browser.run(&script), json!([true, 0]));
}

/// The first key leads to a link that shows itself and goes past the navigation.
pub fn skip_link(browser: &Browser) {
    browser.press(TAB);
    let seen = browser.run(
        "const e = document.activeElement, box = e.getBoundingClientRect();
         return [e.className, box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.height > 0];",
    );
    assert_eq!(seen, json!(["skip", true]));
    browser.press(ENTER);
    browser.press(TAB);
    let inside = browser.run("return [location.hash, document.activeElement.closest('main') !== null];");
    assert_eq!(inside, json!(["#content", true]));
}

/// The tabulator passes through everything that can be used, in order, and the focus can be seen on each.
pub fn everything_is_reached_by_keyboard(browser: &Browser) {
    let all = strings(&browser.run(&format!("return {FOCUSABLE}.map({NAMED});")));
    assert!(all.len() > 10, "{all:?}");
    let mut reached = Vec::new();
    for _ in 0..all.len() {
        browser.press(TAB);
        let now = browser.run(&format!(
            "const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
             const seen = e.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
               && box.bottom > 0 && box.top < innerHeight;
             return [({NAMED})(e), seen];"
        ));
        assert_eq!(now[1], true, "the focus is not seen: {now}");
        reached.push(now[0].as_str().expect("text").to_owned());
    }
    assert_eq!(reached, all);
}

/// Space opens what is closed, and closes it.
pub fn details_open_by_keyboard(browser: &Browser) {
    browser.run("document.querySelector('main details:not([open]) > summary').focus();");
    let open = "return document.activeElement.parentElement.open;";
    browser.press(' ');
    assert_eq!(browser.run(open), true);
    browser.press(ENTER);
    assert_eq!(browser.run(open), false);
}

/// The page is not wider than the window; what is wider scrolls inside.
pub fn fits(browser: &Browser, width: u32) {
    let found = browser.run("return [innerWidth, document.scrollingElement.scrollWidth];");
    assert_eq!(found[0], width);
    assert!(found[1].as_u64() <= Some(u64::from(width)), "{found}");
    nothing_spills(browser);
}

/// No text is wider than its own box, where it would cover its neighbour.
fn nothing_spills(browser: &Browser) {
    let spilled = browser.run(&format!(
        "return [...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && e.clientWidth > 0
           && !e.closest('.hidden, svg') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'visible'
           && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '')).slice(0, 5).map({NAMED});"
    ));
    assert_eq!(spilled, json!([]), "wider than their boxes");
    let covered = browser.run(
        "return [...document.querySelectorAll('summary, .row')].filter((s) => {
           const boxes = [...s.children].map((c) => { const r = document.createRange(); r.selectNodeContents(c);
             const b = r.getBoundingClientRect(); return b.width > 0 ? b : c.getBoundingClientRect(); }).filter((b) => b.width > 0);
           return boxes.some((a, i) => boxes.slice(i + 1).some((b) =>
             a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
         }).slice(0, 5).map((s) => s.textContent.trim());",
    );
    assert_eq!(covered, json!([]), "texts on top of each other");
}

/// All text has a contrast of at least 4.5 to what is behind it (WCAG 2.2, 1.4.3).
pub fn contrast(browser: &Browser, what: &str) {
    let faint = faint(browser);
    assert!(faint.is_empty(), "{what}: {} texts, {:?}", faint.len(), &faint[..faint.len().min(8)]);
}

/// Texts with less, each with its contrast.
pub fn faint(browser: &Browser) -> Vec<String> {
    let script = format!(
        "const colour = (text) => text.match(/[\\d.]+/g).map(Number);
         const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
           .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
         const behind = (e) => {{
           for (; e; e = e.parentElement) {{
             const c = colour(getComputedStyle(e).backgroundColor);
             if (c.length < 4 || c[3] > 0) return c;
           }}
           return [255, 255, 255];
         }};
         const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '');
         const faint = [];
         for (const e of document.querySelectorAll('body *')) {{
           if (!own(e) || e.disabled || !e.checkVisibility() || ['SCRIPT', 'NOSCRIPT', 'TITLE'].includes(e.tagName)) continue;
           const style = getComputedStyle(e);
           const ink = e.tagName === 'text' ? style.fill : style.color;
           const [a, b] = [light(colour(ink)), light(behind(e))].sort((x, y) => y - x);
           const ratio = (a + .05) / (b + .05);
           if (ratio < 4.5) faint.push(ratio.toFixed(2) + ' ' + ({NAMED})(e));
         }}
         return faint;"
    );
    strings(&browser.run(&script))
}

/// On paper: white, every section and what can be opened is there, and nothing is cut off at the right.
pub fn paper(browser: &Browser) {
    browser.run("window.dispatchEvent(new Event('beforeprint'));");
    let hidden = browser.run(
        "return [...document.querySelectorAll('main > section')].filter((s) => s.getBoundingClientRect().height < 20)
           .map((s) => s.id);",
    );
    assert_eq!(hidden, json!([]), "sections that are not printed");
    let closed = browser.run(
        "return [...document.querySelectorAll('main details:not(.long, .answer-card details)')].filter((d) => !d.open).length;",
    );
    assert_eq!(closed, 0, "closed on paper");
    let white = browser.run(
        "return ['html', 'body', 'section'].map((name) => getComputedStyle(document.querySelector(name)).backgroundColor)
           .filter((c) => !['rgb(255, 255, 255)', 'rgba(0, 0, 0, 0)'].includes(c));",
    );
    assert_eq!(white, json!([]), "backgrounds");
    let cut = browser.run(
        "return [...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && !e.closest('.hidden')
           && e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
           .map((e) => e.tagName + ' ' + e.className + ' ' + e.textContent.trim().slice(0, 40) + ' ' + e.getBoundingClientRect().right);",
    );
    assert_eq!(cut, json!([]), "cut off at the right");
    nothing_spills(browser);
}
