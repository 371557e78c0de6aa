//! Attacks on whoever calls webhooks: addresses of our own under every name,
//! names that change while they are looked at, receivers that lead astray, do
//! not answer, or answer without end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// Says that names stand for these numbers, one answer after the other.
struct Changing(Vec<Vec<IpAddr>>, AtomicUsize);

impl Names for Changing {
    fn look_up<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Vec<IpAddr>> + Send + 'a>> {
        let asked = self.1.fetch_add(1, Ordering::SeqCst);
        let numbers = self.0[asked.min(self.0.len() - 1)].clone();
        Box::pin(async move { numbers })
    }
}

fn names(answers: &[&[&str]]) -> Arc<Changing> {
    let read = |numbers: &&[&str]| numbers.iter().map(|number| number.parse().unwrap()).collect();
    Arc::new(Changing(answers.iter().map(read).collect(), AtomicUsize::new(0)))
}

fn courier(names: Arc<dyn Names>, allowed: &[&str]) -> HttpCourier {
    let allowed = allowed.iter().map(|network| Network::parse(network).unwrap()).collect();
    let line = Line { names, allowed, tls: connector(&[]).unwrap() };
    HttpCourier { line, patience: Duration::from_millis(1500) }
}

fn letter(url: &str) -> Letter {
    Letter {
        address: Address::parse(url).unwrap(),
        id: "msg_1".into(),
        timestamp: 1_800_000_000,
        signature: "v1,c2lnbmF0dXJl".into(),
        body: br#"{"type":"webhook.test"}"#.to_vec(),
    }
}

/// A receiver on an address of this machine: what it was sent, and its port.
struct Receiver {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn on(address: &str, answer: &'static str) -> Receiver {
        Self::start(TcpListener::bind((address, 0)).await.unwrap(), answer, None)
    }

    fn start(listener: TcpListener, answer: &'static str, tls: Option<TlsAcceptor>) -> Receiver {
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, tls) = (Arc::clone(&theirs), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => hear(stream, answer, &heard).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                hear(stream, answer, &heard).await;
                            }
                        }
                    }
                });
            }
        });
        Receiver { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// Reads one request, and answers as it was told; `WITHOUT END` goes on.
async fn hear(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str, heard: &Mutex<Vec<String>>) {
    let (mut text, mut bytes) = (Vec::new(), [0; 4096]);
    while !text.ends_with(b"}") {
        match stream.read(&mut bytes).await {
            Ok(read) if read > 0 => text.extend_from_slice(&bytes[..read]),
            _ => break,
        }
    }
    heard.lock().unwrap().push(String::from_utf8_lossy(&text).into_owned());
    if let Some(head) = answer.strip_suffix("WITHOUT END") {
        let _ = stream.write_all(head.as_bytes()).await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    } else if answer.is_empty() {
        std::future::pending::<()>().await;
    } else {
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

const FINE: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
const CAME: Sent = Sent::Answered { status: 204, retry_after: None };

#[tokio::test]
async fn an_address_of_our_own_is_called_under_no_name() {
    let own = Receiver::on("127.0.0.1", FINE).await;
    let port = own.port;
    for number in [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "0.0.0.0",
        "168.63.129.16",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::127.0.0.1",
    ] {
        let courier = courier(names(&[&[number]]), &[]);
        let named = letter(&format!("https://hooks.example.org:{port}/"));
        assert_eq!(courier.bring(named).await, Sent::Forbidden, "a name that stands for {number}");
        let number = if number.contains(':') { format!("[{number}]") } else { number.to_owned() };
        let bare = letter(&format!("https://{number}:{port}/"));
        assert_eq!(courier.bring(bare).await, Sent::Forbidden, "{number}");
    }
    // One bad number among good ones is enough, wherever it stands.
    for mixed in [["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"]] {
        let courier = courier(names(&[&mixed]), &[]);
        let named = letter(&format!("https://hooks.example.org:{port}/"));
        assert_eq!(courier.bring(named).await, Sent::Forbidden);
    }
    // Public, but unencrypted, or a port of something else.
    for url in ["http://hooks.example.org/", "https://hooks.example.org:25/", "http://93.184.216.34/"] {
        assert_eq!(
            courier(names(&[&["93.184.216.34"]]), &[]).bring(letter(url)).await,
            Sent::Forbidden,
            "{url}"
        );
    }
    assert_eq!(
        courier(names(&[&[]]), &[]).bring(letter("https://hooks.example.org/")).await,
        Sent::Unresolved
    );
    assert!(own.heard().is_empty());
}

#[tokio::test]
async fn a_name_that_changes_after_it_was_looked_at_is_not_followed() {
    // Two numbers of this machine: one that is allowed, and one that is not.
    let inner = Receiver::on("127.0.0.1", FINE).await;
    let listener = TcpListener::bind(("127.0.0.2", inner.port)).await.unwrap();
    let allowed = Receiver::start(listener, FINE, None);
    let url = format!("http://hooks.example.org:{}/", inner.port);
    let rebinding = || names(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let asked = rebinding();
    let strict = courier(asked.clone(), &["127.0.0.2"]);
    assert_eq!(strict.bring(letter(&url)).await, CAME);
    assert_eq!((allowed.heard().len(), inner.heard().len()), (1, 0));
    assert_eq!(asked.1.load(Ordering::SeqCst), 1, "a name is looked up once for a call");
    // The next call looks again, and finds what may not be called.
    assert_eq!(strict.bring(letter(&url)).await, Sent::Forbidden);

    // The attack works on whoever looks first and lets somebody else look again:
    // this is what would be caught.
    let asked = rebinding();
    let naive = courier(asked.clone(), &["127.0.0.2"]);
    let address = Address::parse(&url).unwrap();
    assert!(naive.line.numbers(&address).await.is_ok(), "looked at, and found to be allowed");
    let again = asked.look_up("hooks.example.org").await[0];
    let stream = TcpStream::connect((again, inner.port)).await.unwrap();
    let _ = post(stream, letter(&url), &AtomicBool::new(false)).await;
    assert_eq!(inner.heard().len(), 1, "the receiver that may not be called would have been");
}

#[tokio::test]
async fn nobody_is_followed_elsewhere_and_no_answer_is_too_long() {
    let inner = Receiver::on("127.0.0.1", FINE).await;
    let moved = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\n\r\n",
        inner.port
    );
    let outer = Receiver::on("127.0.0.2", moved.leak()).await;
    let to = |receiver: &Receiver| letter(&format!("http://hooks.example.org:{}/in?a=b", receiver.port));
    let courier = courier(names(&[&["127.0.0.2"]]), &["127.0.0.2"]);
    let sent = courier.bring(to(&outer)).await;
    assert_eq!(sent, Sent::Answered { status: 307, retry_after: None });
    assert!(inner.heard().is_empty());
    let heard = outer.heard().remove(0);
    assert!(heard.starts_with("POST /in?a=b HTTP/1.1\r\n"), "{heard}");
    for line in ["webhook-id: msg_1", "webhook-timestamp: 1800000000", "webhook-signature: v1,c2lnbmF0dXJl"] {
        assert!(heard.contains(&format!("\r\n{line}\r\n")), "{heard}");
    }
    assert!(heard.ends_with("\r\n\r\n{\"type\":\"webhook.test\"}"), "{heard}");

    let flood = Receiver::on("127.0.0.2", "HTTP/1.1 200 OK\r\n\r\nWITHOUT END").await;
    assert_eq!(courier.bring(to(&flood)).await, Sent::Answered { status: 200, retry_after: None });
    let heads = Receiver::on("127.0.0.2", "HTTP/1.1 200 OK\r\nx: WITHOUT END").await;
    assert_eq!(courier.bring(to(&heads)).await, Sent::Unknown, "a head without end is none");
    let silent = Receiver::on("127.0.0.2", "").await;
    assert_eq!(courier.bring(to(&silent)).await, Sent::Unknown, "it was sent, and nobody said that it came");
    assert_eq!(silent.heard().len(), 1);
    let nonsense = Receiver::on("127.0.0.2", "nonsense\r\n\r\n").await;
    assert_eq!(courier.bring(to(&nonsense)).await, Sent::Unknown);
    let busy =
        Receiver::on("127.0.0.2", "HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(courier.bring(to(&busy)).await, Sent::Answered { status: 503, retry_after: Some(120) });
    // The port was free a moment ago, and nobody listens there now.
    assert_eq!(courier.bring(letter("http://hooks.example.org:1/")).await, Sent::Unreachable);
}

/// An authority, and a certificate of it for a name.
fn authority(name: &str) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate.der().to_vec())],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (issuer.pem(), TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn whoever_cannot_show_that_it_is_them_is_told_nothing() {
    let (pem, acceptor) = authority("hooks.example.org");
    let file = std::env::temp_dir().join(format!("fixlead-courier-{}.pem", std::process::id()));
    std::fs::write(&file, pem).unwrap();
    let listener = TcpListener::bind(("127.0.0.2", 0)).await.unwrap();
    let receiver = Receiver::start(listener, FINE, Some(acceptor));
    let at = |name: &str| letter(&format!("https://{name}:{}/", receiver.port));
    let strict = courier(names(&[&["127.0.0.2"]]), &["127.0.0.2"]);
    assert_eq!(strict.bring(at("hooks.example.org")).await, Sent::Untrusted, "an authority nobody named");
    let tls = connector(std::slice::from_ref(&file)).unwrap();
    let mut trusting = courier(names(&[&["127.0.0.2"]]), &["127.0.0.2"]);
    trusting.line.tls = tls;
    assert_eq!(
        trusting.bring(at("other.example.org")).await,
        Sent::Untrusted,
        "a certificate of somebody else"
    );
    assert!(receiver.heard().is_empty());
    assert_eq!(trusting.bring(at("hooks.example.org")).await, CAME);
    assert!(receiver.heard()[0].contains("webhook-id: msg_1"));

    std::fs::write(&file, "no certificate").unwrap();
    let why = connector(std::slice::from_ref(&file)).err().unwrap();
    assert!(why.contains("there is no certificate in it"), "{why}");
    let _ = std::fs::remove_file(&file);
    assert!(connector(&[file]).err().unwrap().contains("cannot be read"));
}
