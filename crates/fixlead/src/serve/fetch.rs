//! Asking providers of sign-in: over the same line as webhooks, which calls no
//! number that is not public unless the configuration allows it, with an answer
//! that is read, and bounded.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use fixlead_app::providers::{Answer, Ask, Fetcher};
use fixlead_app::webhooks::address::Address;
use fixlead_app::webhooks::courier::Sent;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
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
        let request = match ask.form {
            Some(form) => Request::post(ask.address.path())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Full::new(Bytes::from(form))),
            None => Request::get(ask.address.path()).body(Full::default()),
        };
        let mut request = request.ok()?;
        if let Some(authorization) = ask.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.try_into().ok()?);
        }
        let (status, body) = exchange(&self.line, &ask.address, request, MOST_BODY).await.ok()?;
        Some(Answer { status, body })
    }
}

/// Asks at an address and reads the answer, up to so many bytes.
///
/// # Errors
/// Why there is none.
pub(super) async fn exchange(
    line: &Line,
    address: &Address,
    mut request: Request<Full<Bytes>>,
    most: usize,
) -> Result<(u16, Vec<u8>), Sent> {
    let stream = line.open(address).await?;
    let headers = request.headers_mut();
    let host = HeaderValue::try_from(address.authority()).map_err(|_| Sent::Forbidden)?;
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("fixlead/", env!("CARGO_PKG_VERSION"))));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let shake = http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shake.map_err(|_| Sent::Unreachable)?;
    let _driver = Driver::of(async move {
        let _ = connection.await;
    });
    let response = sender.send_request(request).await.map_err(|_| Sent::Unknown)?;
    let status = response.status().as_u16();
    let mut body = Body::new(response.into_body());
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.map_err(|_| Sent::Unknown)?.data_ref() {
            if read.len() + data.len() > most {
                return Err(Sent::Unknown);
            }
            read.extend_from_slice(data);
        }
    }
    Ok((status, read))
}

impl Fetcher for HttpFetcher {
    fn fetch(&self, ask: Ask) -> Pin<Box<dyn Future<Output = Option<Answer>> + Send + '_>> {
        Box::pin(async move { tokio::time::timeout(self.patience, self.ask(ask)).await.ok().flatten() })
    }
}
