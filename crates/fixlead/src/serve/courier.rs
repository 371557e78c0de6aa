//! Calling webhooks. Whoever names an address could name one of ours, so:
//!
//! - a name is looked up once, here, and the very numbers that came back are
//!   looked at and called; what it stands for a moment later does not matter;
//! - one number that is not public forbids all of them, unless its network is
//!   allowed by name in the configuration; plain HTTP goes to such networks
//!   only;
//! - no answer sends us elsewhere, and no proxy of the environment is asked;
//! - time and the size of what is read are bounded, and nothing of an answer
//!   but its status is kept.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::body::{Body, Bytes};
use fixlead_app::webhooks::address::{Address, Host, is_port_open, is_public};
use fixlead_app::webhooks::courier::{Courier, Letter, Sent};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::configuration::values::Network;
use crate::configuration::{Configuration, shown};

/// How long a call may take in all.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a number has to take the connection.
const CONNECTING: Duration = Duration::from_secs(5);
/// How many numbers of a name are tried.
const MOST_NUMBERS: usize = 3;
/// The most that is read of an answer's head, in bytes; hyper takes no less.
const MOST_HEAD: usize = 8192;
/// The most that is read of an answer's body, so that the other side is not cut
/// off in the middle of a sentence.
const MOST_BODY: usize = 8192;
/// How long that may take.
const READING: Duration = Duration::from_secs(1);

/// Whoever knows which numbers a name stands for.
pub trait Names: Send + Sync + 'static {
    /// Its numbers now; none if it stands for nothing.
    fn look_up<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = Vec<IpAddr>> + Send + 'a>>;
}

/// The system's resolver.
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = Vec<IpAddr>> + Send + 'a>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await;
            found.map(|all| all.map(|address| address.ip()).collect()).unwrap_or_default()
        })
    }
}

/// A way to addresses that may be called, and to no other.
pub struct Line {
    names: Arc<dyn Names>,
    allowed: Vec<Network>,
    tls: TlsConnector,
}

/// A connection, whatever is around it.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A courier over HTTP.
pub struct HttpCourier {
    line: Line,
    patience: Duration,
}

impl HttpCourier {
    /// As it is set.
    ///
    /// # Errors
    /// Which file of certificate authorities cannot be read, and what to do.
    pub fn new(keys: &Configuration) -> Result<Self, String> {
        let allowed = keys.webhook_allowed_networks.clone();
        let line = Line::new(&keys.webhook_certificate_authorities, allowed)?;
        Ok(HttpCourier { line, patience: PATIENCE })
    }

    /// Calls. `begun` says whether anything of the letter may have been sent.
    async fn call(&self, letter: Letter, begun: &AtomicBool) -> Result<Sent, Sent> {
        let stream = self.line.open(&letter.address).await?;
        post(stream, letter, begun).await
    }
}

impl Line {
    /// A line that believes these certificate authorities beside the usual ones,
    /// and reaches these networks beside public addresses.
    ///
    /// # Errors
    /// Which file of certificate authorities cannot be read, and what to do.
    pub fn new(authorities: &[PathBuf], allowed: Vec<Network>) -> Result<Self, String> {
        Ok(Line { names: Arc::new(SystemNames), allowed, tls: connector(authorities)? })
    }

    /// The numbers that may be called for an address.
    async fn numbers(&self, address: &Address) -> Result<Vec<SocketAddr>, Sent> {
        let numbers = match address.host() {
            Host::Number(number) => vec![*number],
            Host::Name(name) => self.names.look_up(name).await,
        };
        if numbers.is_empty() {
            return Err(Sent::Unresolved);
        }
        let may = |number: &IpAddr| {
            self.allowed.iter().any(|network| network.contains(*number))
                || (is_public(*number) && address.is_encrypted() && is_port_open(address.port()))
        };
        if !numbers.iter().all(may) {
            return Err(Sent::Forbidden);
        }
        Ok(numbers
            .into_iter()
            .take(MOST_NUMBERS)
            .map(|number| SocketAddr::new(number, address.port()))
            .collect())
    }

    /// A connection to an address, encrypted if the address says so.
    ///
    /// # Errors
    /// Why there is none; nothing was sent then.
    pub async fn open(&self, address: &Address) -> Result<Box<dyn Stream>, Sent> {
        let numbers = self.numbers(address).await?;
        let mut stream = None;
        for number in numbers {
            if let Ok(Ok(connected)) = tokio::time::timeout(CONNECTING, TcpStream::connect(number)).await {
                stream = Some(connected);
                break;
            }
        }
        let stream = stream.ok_or(Sent::Unreachable)?;
        let _ = stream.set_nodelay(true);
        if !address.is_encrypted() {
            return Ok(Box::new(stream));
        }
        let name = match address.host() {
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| Sent::Forbidden)?,
            Host::Number(number) => ServerName::IpAddress((*number).into()),
        };
        match self.tls.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            // What TLS itself did not like is about who is there.
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
                Err(Sent::Untrusted)
            }
            Err(_) => Err(Sent::Unreachable),
        }
    }
}

impl Courier for HttpCourier {
    fn bring(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Sent> + Send + '_>> {
        Box::pin(async move {
            let begun = AtomicBool::new(false);
            match tokio::time::timeout(self.patience, self.call(letter, &begun)).await {
                Ok(Ok(sent) | Err(sent)) => sent,
                Err(_) if begun.load(Relaxed) => Sent::Unknown,
                Err(_) => Sent::Unreachable,
            }
        })
    }
}

/// Sends a letter over a connection, and takes what is answered.
async fn post(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    letter: Letter,
    begun: &AtomicBool,
) -> Result<Sent, Sent> {
    let Letter { address, id, timestamp, signature, body } = letter;
    let request = Request::post(address.path())
        .header(HOST, address.authority())
        .header(USER_AGENT, concat!("fixlead/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| Sent::Forbidden)?;
    let shake = http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shake.map_err(|_| Sent::Unreachable)?;
    // The connection ends with this call, whatever the other side says.
    let driver = Driver::of(async move {
        let _ = connection.await;
    });
    begun.store(true, Relaxed);
    let response = sender.send_request(request).await.map_err(|_| Sent::Unknown)?;
    let status = response.status().as_u16();
    let retry_after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok());
    let _ = tokio::time::timeout(READING, read_some(response)).await;
    drop(driver);
    Ok(Sent::Answered { status, retry_after })
}

/// Reads the beginning of an answer's body and forgets it.
async fn read_some(response: Response<Incoming>) {
    let mut body = Body::new(response.into_body());
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MOST_BODY {
            return;
        }
    }
}

/// A task that ends with whoever holds it.
pub struct Driver(tokio::task::JoinHandle<()>);

impl Driver {
    /// Of this work.
    pub fn of(work: impl Future<Output = ()> + Send + 'static) -> Driver {
        Driver(tokio::spawn(work))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// TLS as webhooks are called with: the usual authorities, and those of the
/// configuration.
fn connector(files: &[PathBuf]) -> Result<TlsConnector, String> {
    let mut roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for path in files {
        let wrong = |why: &str| format!("{}: {why}; it holds certificate authorities as PEM", shown(path));
        let bytes = std::fs::read(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        let mut some = false;
        for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&bytes) {
            let certificate = certificate.map_err(|_| wrong("it holds something that is no certificate"))?;
            roots.add(certificate).map_err(|_| wrong("it holds a certificate that cannot be used"))?;
            some = true;
        }
        if !some {
            return Err(wrong("there is no certificate in it"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be used: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests;
