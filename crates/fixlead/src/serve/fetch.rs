//! Asking providers of sign-in: over the same line as webhooks, which calls no
//! number that is not public unless the configuration allows it, with an answer
//! that is read, and bounded.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use fixlead_app::providers::{Answer, Ask, Fetcher};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;

use super::courier::{Driver, Line};
use crate::configuration::Configuration;

/// How long an answer may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is read of an answer's head, in bytes; hyper takes no less.
const MOST_HEAD: usize = 16 * 1024;
/// The most that is read of an answer, in bytes.
const MOST_BODY: usize = 256 * 1024;

/// Asks over HTTP.
pub struct HttpFetcher {
    line: Line,
    patience: Duration,
}

impl HttpFetcher {
    /// As it is set.
    ///
    /// # Errors
    /// Which file of certificate authorities cannot be read, and what to do.
    pub fn new(keys: &Configuration) -> Result<Self, String> {
        let line = Line::new(&keys.sign_in_certificate_authorities, keys.sign_in_allowed_networks.clone())?;
        Ok(HttpFetcher { line, patience: PATIENCE })
    }

    async fn ask(&self, ask: Ask) -> Option<Answer> {
        let stream = self.line.open(&ask.address).await.ok()?;
        let request = match ask.form {
            Some(form) => Request::post(ask.address.path())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Full::new(Bytes::from(form))),
            None => Request::get(ask.address.path()).body(Full::default()),
        };
        let mut request = request.ok()?;
        let headers = request.headers_mut();
        headers.insert(HOST, ask.address.authority().try_into().ok()?);
        headers.insert(USER_AGENT, concat!("fixlead/", env!("CARGO_PKG_VERSION")).try_into().ok()?);
        headers.insert(ACCEPT, "application/json".try_into().ok()?);
        if let Some(authorization) = ask.authorization {
            headers.insert(AUTHORIZATION, authorization.try_into().ok()?);
        }
        let shake = http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shake.ok()?;
        let _driver = Driver::of(async move {
            let _ = connection.await;
        });
        let response = sender.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        let mut body = Body::new(response.into_body());
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Some(data) = frame.ok()?.data_ref() {
                if read.len() + data.len() > MOST_BODY {
                    return None;
                }
                read.extend_from_slice(data);
            }
        }
        Some(Answer { status, body: read })
    }
}

impl Fetcher for HttpFetcher {
    fn fetch(&self, ask: Ask) -> Pin<Box<dyn Future<Output = Option<Answer>> + Send + '_>> {
        Box::pin(async move { tokio::time::timeout(self.patience, self.ask(ask)).await.ok().flatten() })
    }
}
