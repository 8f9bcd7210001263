//! What all pages share: a policy that lets nothing in, and rendering that escapes every text.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The content-security policy of a page: nothing is loaded from anywhere, and only this script runs.
pub(super) fn policy(script: &str) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}

/// Renders the first of the templates, which may include the others; their names end in `.html`, which turns escaping on.
pub(super) fn render(
    templates: &[(&'static str, &'static str)],
    page: &impl Serialize,
) -> std::result::Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in templates {
        environment.add_template(name, text)?;
    }
    let first = templates.first().map_or("", |(name, _)| name);
    environment.get_template(first)?.render(Serde(page))
}
