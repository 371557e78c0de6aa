//! The command line as a client of a desk: the only place that calls out.
//!
//! A token goes over TLS or stays on the machine. What a desk answers is read
//! up to a bound, and shown without anything that a terminal would obey.

mod error;
pub mod kept;
pub mod services;
pub mod session;

use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::configuration::values::Origin;
use crate::configuration::{Environment, secret};
pub use error::ClientError;

/// The desk that is asked if nobody names one.
const USUAL_SERVER: &str = "http://127.0.0.1:8470";
/// The largest answer that is read, in bytes.
const MOST_ANSWER: u64 = 16 * 1024 * 1024;
/// The largest file that is read, in bytes.
const MOST_FILE: u64 = 26 * 1024 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What asks a server. A secret is for that one and not for wherever it points to; what stays
/// on the machine goes through no proxy, which would read it.
fn agent(origin: &Origin) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .timeout_connect(Some(Duration::from_secs(10)))
        .user_agent(concat!("fixlead/", env!("CARGO_PKG_VERSION")));
    if origin.is_loopback() { config.proxy(None) } else { config }.build().new_agent()
}

/// Which desk to ask.
#[derive(Args, Clone, Debug, Default)]
pub struct ServerArgs {
    /// The desk to ask [default: FIXLEAD_SERVER, else http://127.0.0.1:8470].
    #[arg(long, value_name = "URL", value_parser = Origin::parse)]
    pub server: Option<Origin>,
}

/// What shows who asks.
enum Shows {
    /// A token, or the receipt of a report.
    Bearer(String),
    /// The cookie of a session, by name and secret.
    Session(String),
}

/// A desk that can be asked.
pub struct Server {
    origin: Origin,
    shows: Option<Shows>,
    agent: ureq::Agent,
}

/// What a desk answered.
#[derive(Debug)]
pub struct Answer {
    /// The body.
    pub body: Value,
    /// The version of what was read, for `If-Match`.
    pub etag: Option<String>,
    /// The cookie of a session that has begun.
    pub cookie: Option<String>,
}

impl Server {
    /// The desk that the arguments or the environment name, with the token of
    /// the environment: `FIXLEAD_TOKEN`, else the file of `FIXLEAD_TOKEN_FILE`;
    /// else with the session of whoever has signed in here.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn find(args: &ServerArgs, environment: Environment<'_>) -> Result<Self, String> {
        Self::look(args, environment, None)
    }

    /// The same desk, asked with a receipt instead of a token.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn find_with(
        args: &ServerArgs,
        environment: Environment<'_>,
        receipt: String,
    ) -> Result<Self, String> {
        Self::look(args, environment, Some(receipt))
    }

    fn look(args: &ServerArgs, environment: Environment<'_>, shows: Option<String>) -> Result<Self, String> {
        let text = |name: &str| match environment(name).map(std::ffi::OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(_)) => Err(format!("{name} is not UTF-8")),
        };
        let origin = match (&args.server, text("FIXLEAD_SERVER")?) {
            (Some(origin), _) => origin.clone(),
            (None, Some(url)) => Origin::parse(&url).map_err(|why| format!("FIXLEAD_SERVER: {why}"))?,
            (None, None) => Origin::parse(USUAL_SERVER)?,
        };
        let shows = match (shows, text("FIXLEAD_TOKEN")?, environment("FIXLEAD_TOKEN_FILE")) {
            (Some(shows), _, _) => Some(Shows::Bearer(shows.trim().to_owned())),
            (None, Some(token), _) => Some(Shows::Bearer(token.trim().to_owned())),
            (None, None, Some(path)) => Some(Shows::Bearer(secret::read(Path::new(&path))?)),
            (None, None, None) => kept::session(environment, &origin)?.map(Shows::Session),
        };
        if shows.is_some() && !origin.is_https() && !origin.is_loopback() {
            return Err(format!(
                "{} is not encrypted: a token would be read on its way; use https://",
                origin.as_str()
            ));
        }
        Ok(Self::with(origin, shows))
    }

    /// The desk that the arguments or the environment name, without saying who
    /// asks.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn anonymous(args: &ServerArgs, environment: Environment<'_>) -> Result<Self, String> {
        let silent = |name: &str| if name == "FIXLEAD_SERVER" { environment(name) } else { None };
        Self::look(args, &silent, None)
    }

    /// A desk and a token.
    pub fn new(origin: Origin, token: Option<String>) -> Self {
        Self::with(origin, token.map(Shows::Bearer))
    }

    fn with(origin: Origin, shows: Option<Shows>) -> Self {
        let agent = agent(&origin);
        Server { origin, shows, agent }
    }

    /// Which desk it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether it is shown who asks.
    pub fn is_shown(&self) -> bool {
        self.shows.is_some()
    }

    /// Whether a session shows it, and no token.
    pub fn is_session(&self) -> bool {
        matches!(self.shows, Some(Shows::Session(_)))
    }

    /// The same desk, without saying who asks.
    pub fn without(&self) -> Server {
        Server { origin: self.origin.clone(), shows: None, agent: self.agent.clone() }
    }

    /// Says who asks, with what follows from it.
    fn dressed<B>(&self, mut request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.shows {
            None => {}
            Some(Shows::Bearer(secret)) => {
                request = request.header("authorization", format!("Bearer {secret}"));
            }
            Some(Shows::Session(cookie)) => request = request.header("cookie", cookie),
        }
        // No page of another site asks here: somebody typed it.
        request.header("sec-fetch-site", "none")
    }

    /// Reads something.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.read(self.dressed(self.agent.get(self.url(path))).call())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn download(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let unreachable = |error: ureq::Error| ClientError::unreachable(&self.origin, &error);
        let answered = self.dressed(self.agent.get(self.url(path))).call();
        if !answered.as_ref().is_ok_and(|response| response.status().is_success()) {
            // What is no file is read as any other answer.
            let said = self.read(answered)?;
            return Ok(said.body.to_string().into_bytes());
        }
        let mut response = answered.map_err(unreachable)?;
        response.body_mut().with_config().limit(MOST_FILE).read_to_vec().map_err(unreachable)
    }

    /// Sends a file. With the same idempotency key it is done once.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn upload(&self, path: &str, bytes: &[u8], idempotency_key: &str) -> Result<Answer, ClientError> {
        let request = self.dressed(self.agent.post(self.url(path)));
        let request = request.header("content-type", "application/octet-stream");
        self.read(request.header("idempotency-key", idempotency_key).send(bytes))
    }

    /// Ends something.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn delete(&self, path: &str) -> Result<Answer, ClientError> {
        self.read(self.dressed(self.agent.delete(self.url(path))).call())
    }

    /// Sends something. With the same idempotency key it is done once.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn post(
        &self,
        path: &str,
        body: &Value,
        idempotency_key: Option<&str>,
        if_match: Option<&str>,
    ) -> Result<Answer, ClientError> {
        let request = self.dressed(self.agent.post(self.url(path)));
        let mut request = request.header("content-type", "application/json");
        let headers = [("idempotency-key", idempotency_key), ("if-match", if_match)];
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        self.read(request.send(body.to_string()))
    }

    /// Writes something over the version that was read.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn put(
        &self,
        path: &str,
        body: &Value,
        idempotency_key: &str,
        if_match: &str,
    ) -> Result<Answer, ClientError> {
        let request = self.dressed(self.agent.put(self.url(path)));
        let request = request.header("content-type", "application/json").header("if-match", if_match);
        self.read(request.header("idempotency-key", idempotency_key).send(body.to_string()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin.as_str())
    }

    fn read(
        &self,
        answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, ClientError> {
        let unreachable = |error: ureq::Error| ClientError::unreachable(&self.origin, &error);
        let mut response = answered.map_err(unreachable)?;
        let status = response.status().as_u16();
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let etag = header("etag");
        let cookie = header("set-cookie").and_then(|line| Some(line.split(';').next()?.to_owned()));
        let kind = header("content-type").unwrap_or_default();
        let bytes =
            response.body_mut().with_config().limit(MOST_ANSWER).read_to_vec().map_err(unreachable)?;
        let body: Option<Value> = serde_json::from_slice(&bytes).ok();
        match body {
            Some(body) if status < 300 => Ok(Answer { body, etag, cookie }),
            Some(body) if kind.starts_with("application/problem+json") => {
                Err(ClientError::refused(status, &body))
            }
            None if status == 204 => Ok(Answer { body: Value::Null, etag, cookie }),
            _ => Err(ClientError::Strange { server: self.origin.as_str().to_owned(), status }),
        }
    }
}

#[cfg(test)]
mod tests;
