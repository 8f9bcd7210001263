//! Where the judge answers.

use crate::error::{Error, Result};
use std::fmt;
use ureq::http::Uri;

/// What every such endpoint's path ends with.
const PATH: &str = "/chat/completions";

/// The URL of a chat completion, checked. It is never printed or recorded: a query may hold what is nobody's business.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    local: bool,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint(..)")
    }
}

impl Endpoint {
    /// Reads a URL such as `http://localhost:8000/v1`; `/chat/completions` is added where its path does not end so.
    ///
    /// # Errors
    /// No http or https URL with a host, a user name or password in it, or a fragment. The text itself is not repeated.
    pub fn parse(text: &str) -> Result<Self> {
        const FORM: &str = "http://HOST:PORT/v1 or https://HOST/v1, as the server's documentation gives it";
        let bad = |what: &str| Error::input(what).expected(FORM);
        let uri: Uri = text.trim().parse().map_err(|_| bad("the judge's endpoint is no URL"))?;
        let scheme = uri.scheme_str().unwrap_or_default();
        if !["http", "https"].contains(&scheme) {
            return Err(bad("the judge's endpoint is no http or https URL"));
        }
        let authority = uri.authority().filter(|a| !a.host().is_empty());
        let authority = authority.ok_or_else(|| bad("the judge's endpoint names no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("the judge's endpoint holds a user name or password").help(
                "name an environment variable that holds the key: key_env in the rubric, or --judge-key-env",
            ));
        }
        if text.contains('#') {
            return Err(bad("the judge's endpoint holds a fragment (`#`)"));
        }
        let path = uri.path().trim_end_matches('/');
        let path = if path.ends_with(PATH) { path.to_owned() } else { format!("{path}{PATH}") };
        let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
        let local = ["localhost", "127.0.0.1", "[::1]"].contains(&authority.host());
        Ok(Self { url: format!("{scheme}://{authority}{path}{query}"), local })
    }

    /// The whole URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is on this machine, where no proxy stands between.
    pub(super) fn is_local(&self) -> bool {
        self.local
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_completed_and_a_query_stays() {
        for (given, url) in [
            ("http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions"),
            ("https://example.com/v1/", "https://example.com/v1/chat/completions"),
            ("http://localhost:1/v1/chat/completions", "http://localhost:1/v1/chat/completions"),
            ("https://example.com/d/m?version=2", "https://example.com/d/m/chat/completions?version=2"),
            ("http://[::1]:80", "http://[::1]:80/chat/completions"),
        ] {
            let endpoint = Endpoint::parse(given).unwrap();
            assert_eq!(endpoint.url(), url);
            assert_eq!(endpoint.is_local(), !url.contains("example"));
            assert_eq!(format!("{endpoint:?}"), "Endpoint(..)");
        }
        let loopback = std::net::Ipv4Addr::LOCALHOST;
        assert!(Endpoint::parse(&format!("http://{loopback}:80")).unwrap().is_local());
    }

    #[test]
    fn what_is_no_endpoint_is_refused_and_a_password_is_not_repeated() {
        for (given, wanted) in [
            ("", "no URL"),
            ("localhost", "no http"),
            ("ftp://example.com", "no http"),
            ("/v1", "no http"),
            ("http://a b/", "no URL"),
            ("https://ann:hunter2@example.com/v1", "password"),
            ("https://example.com/v1#a", "fragment"),
        ] {
            let error = Endpoint::parse(given).unwrap_err().to_string();
            assert!(error.contains(wanted) && !error.contains("hunter2"), "`{given}`: {error}");
        }
    }
}
