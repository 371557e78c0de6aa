//! How the connection to a server is protected: what `sslmode` and
//! `sslrootcert` of its address ask for, with TLS that knows no fallback.
//!
//! The words are libpq's; `allow` and `prefer` are refused, because whoever sits
//! on the way decides what becomes of them.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

use crate::error::{Error, Result};

/// The option that says how much protection is asked for.
pub(super) const MODE: &str = "sslmode";
/// The option that names the file with certificate authorities.
pub(super) const AUTHORITIES: &str = "sslrootcert";
/// The authorities that are compiled in, by the word that libpq has for it.
const SYSTEM: &str = "system";

/// How much protection is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// None.
    Disable,
    /// Encrypted. Whose certificate it is, is looked at only when authorities
    /// are named.
    Require,
    /// A certificate of a known authority, whatever name it bears.
    Authority,
    /// And it bears the name that was connected to.
    Full,
}

/// What an address asks for besides what the driver reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub mode: Option<String>,
    pub authorities: Option<String>,
}

/// Makes connections of the kind that an address asks for.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Nothing where there is to be no TLS.
    client: Option<Arc<ClientConfig>>,
}

/// Why a server was not talked to, with what to do about it.
#[derive(Debug)]
pub(crate) struct Distrust(String);

impl fmt::Display for Distrust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Distrust {}

impl Tls {
    /// As an address asks, and the driver told what it has to do.
    ///
    /// # Errors
    /// An option that is not known, or authorities that cannot be read.
    pub(super) fn new(config: &mut Config, asked: &Asked) -> Result<Self> {
        let mode = mode(config, asked)?;
        if mode == Mode::Disable {
            config.ssl_mode(SslMode::Disable);
            return Ok(Tls { client: None });
        }
        config.ssl_mode(SslMode::Require);
        let provider = Arc::new(ring::default_provider());
        let authorities = match (asked.authorities.as_deref(), mode) {
            (None, Mode::Require) => None,
            (None | Some(SYSTEM), _) => Some(compiled_in()),
            (Some(path), _) => Some(read(path)?),
        };
        let checks = Checks::new(authorities, mode == Mode::Full, Arc::clone(&provider))?;
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut client = versions
            .map_err(|error| Error::Refused(format!("TLS cannot be set up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(checks))
            .with_no_client_auth();
        if config.get_ssl_negotiation() == SslNegotiation::Direct {
            client.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(Tls { client: Some(Arc::new(client)) })
    }
}

fn mode(config: &Config, asked: &Asked) -> Result<Mode> {
    let refused = |why: String| Err(Error::Refused(why));
    // Nobody sits between a process and a socket of its own machine's files.
    let hosts = config.get_hosts();
    let socket = |host: &Host| matches!(host, Host::Unix(_));
    if !hosts.is_empty() && hosts.iter().all(socket) && config.get_hostaddrs().is_empty() {
        return Ok(Mode::Disable);
    }
    match asked.mode.as_deref() {
        Some("disable") if asked.authorities.is_some() => {
            refused("sslrootcert says whom to trust, and sslmode=disable not to look; take one out".into())
        }
        Some("disable") => Ok(Mode::Disable),
        Some("require") if asked.authorities.is_some() => Ok(Mode::Authority),
        Some("require") => Ok(Mode::Require),
        Some("verify-ca") => Ok(Mode::Authority),
        Some("verify-full") => Ok(Mode::Full),
        Some("allow" | "prefer") => refused(
            "sslmode=allow and sslmode=prefer send in the clear whenever they are asked to; write verify-full, or \
             disable where the network is yours"
                .into(),
        ),
        Some(_) => refused(
            "sslmode is none of disable, require, verify-ca and verify-full; write verify-full".into(),
        ),
        None if asked.authorities.is_none() && stays_here(config) => Ok(Mode::Disable),
        None => Ok(Mode::Full),
    }
}

/// Whether every host is this machine.
fn stays_here(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(here) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn compiled_in() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// The authorities of a file in PEM.
fn read(path: &str) -> Result<RootCertStore> {
    let path = PathBuf::from(path);
    let fail = |reason: &dyn fmt::Display| {
        Error::file(
            &path,
            format_args!("the certificate authorities of the database cannot be read: {reason}"),
        )
    };
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(&path).map_err(|error| fail(&error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| fail(&error))?;
        store.add(certificate).map_err(|error| fail(&error))?;
    }
    if store.is_empty() {
        return Err(fail(&"there is no certificate in it; it holds them in PEM"));
    }
    Ok(store)
}

/// What is asked of a server's certificate.
#[derive(Debug)]
struct Checks {
    /// Nothing where any certificate does.
    known: Option<Arc<WebPkiServerVerifier>>,
    name: bool,
    provider: Arc<CryptoProvider>,
}

impl Checks {
    fn new(authorities: Option<RootCertStore>, name: bool, provider: Arc<CryptoProvider>) -> Result<Self> {
        let known = authorities.map(|authorities| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(&provider)).build()
        });
        let known =
            known.transpose().map_err(|error| Error::Refused(format!("TLS cannot be set up: {error}")));
        Ok(Checks { known: known?, name, provider })
    }
}

impl ServerCertVerifier for Checks {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(known) = &self.known else { return Ok(ServerCertVerified::assertion()) };
        match known.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is what is looked at last, after authority and time.
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
                if !self.name =>
            {
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What went wrong with a handshake, and what to do.
fn distrust(name: &str, error: &io::Error) -> Distrust {
    use CertificateError as Bad;
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let why = match cause {
        Some(rustls::Error::InvalidCertificate(bad)) => match bad {
            Bad::UnknownIssuer | Bad::BadSignature => {
                "its certificate is of no authority that is trusted; name the right file with sslrootcert in the \
                 address, or database.certificate-authorities"
                    .to_owned()
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                "its certificate bears another name; connect to the name that it bears, or give it a certificate for \
                 this one"
                    .to_owned()
            }
            Bad::Expired | Bad::ExpiredContext { .. } => {
                "its certificate has expired, or the clock here is wrong; renew it".to_owned()
            }
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                "its certificate does not count yet, or the clock here is wrong; set the clock".to_owned()
            }
            other => format!("its certificate cannot be used ({other}); give it one of version 3 with its name"),
        },
        _ => format!("the TLS handshake failed ({error}); see the server's own log"),
    };
    Distrust(format!("the database at {name} was not talked to: {why}"))
}

/// What an error of the driver says about protection, if it does.
pub(super) fn explain(error: &tokio_postgres::Error) -> Option<String> {
    let source = std::error::Error::source(error)?;
    if let Some(Distrust(why)) = source.downcast_ref() {
        return Some(why.clone());
    }
    match source.to_string().as_str() {
        "server does not support TLS" => Some(
            "the database was not talked to: its server offers no TLS; switch it on there (ssl = on), or write \
             sslmode=disable into its address where the network is yours"
                .to_owned(),
        ),
        "no hostname provided for TLS handshake" => {
            Some("the address of the database has no name to compare a certificate with; write its host".to_owned())
        }
        _ => None,
    }
}

/// A connection that is about to be protected.
pub(crate) struct Handshake {
    client: Option<Arc<ClientConfig>>,
    name: String,
}

impl<S> MakeTlsConnect<S> for Tls
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Protected<S>;
    type TlsConnect = Handshake;
    type Error = Distrust;

    fn make_tls_connect(&mut self, name: &str) -> std::result::Result<Handshake, Distrust> {
        Ok(Handshake { client: self.client.clone(), name: name.to_owned() })
    }
}

impl<S> TlsConnect<S> for Handshake
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Protected<S>;
    type Error = Distrust;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Protected<S>, Distrust>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let Handshake { client, name } = self;
            // The driver asks for it only where it was told to.
            let client = client.ok_or_else(|| Distrust("TLS was not asked for".to_owned()))?;
            let server = ServerName::try_from(name.clone())
                .map_err(|_| Distrust(format!("the database at {name}: no certificate bears such a name")))?;
            let connected = tokio_rustls::TlsConnector::from(client).connect(server, stream).await;
            connected.map(Protected).map_err(|error| distrust(&name, &error))
        })
    }
}

/// A protected connection.
pub(crate) struct Protected<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Protected<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Protected<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Protected<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::Server;

    #[test]
    fn only_what_leaves_the_machine_has_to_be_protected_unless_it_is_asked() {
        let mode = |address: &str| {
            let (config, asked) = Server::split(address).unwrap();
            mode(&config, &asked).map_err(|error| error.to_string())
        };
        for (address, expected) in [
            ("host=/run/postgresql user=x", Mode::Disable),
            ("postgres://u@%2Frun%2Fpostgresql/x?sslmode=verify-full", Mode::Disable),
            ("postgres://u@localhost/x", Mode::Disable),
            ("postgres://u@127.0.0.1/x", Mode::Disable),
            ("postgres://u@[::1]/x?sslmode=verify-full", Mode::Full),
            ("postgres://u@localhost/x?sslrootcert=%2Fca.pem", Mode::Full),
            ("postgres://u@db.example.org/x", Mode::Full),
            ("postgres://u@127.0.0.1.example.org/x", Mode::Full),
            ("postgres://u@localhost,db.example.org/x", Mode::Full),
            ("postgres://u@db.example.org/x?sslmode=disable", Mode::Disable),
            ("postgres://u@db.example.org/x?sslmode=require", Mode::Require),
            ("postgres://u@db.example.org/x?sslmode=require&sslrootcert=a", Mode::Authority),
            ("postgres://u@db.example.org/x?sslmode=verify-ca", Mode::Authority),
            ("postgres://u@db.example.org/x?application_name=a&sslmode=verify-full", Mode::Full),
        ] {
            assert_eq!(mode(address), Ok(expected), "{address}");
        }
        for word in ["prefer", "allow", "verify", "", "disable&sslrootcert=a"] {
            assert!(mode(&format!("postgres://u@db.example.org/x?sslmode={word}")).is_err(), "{word}");
        }
        for wrong in ["sslcert=a", "sslmode=require&sslmode=disable", "sslmode=%zz", "ssl=1"] {
            let refused = Server::split(&format!("postgres://u:secret@db.example.org/x?{wrong}"));
            let why = refused.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!why.is_empty() && !why.contains("secret"), "{wrong}: {why}");
        }
    }
}
