use std::net::IpAddr;
use std::path::PathBuf;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use fixlead_store::{Keyring, Location, Secret, Store};
use http_body_util::BodyExt as _;

use super::caller::Shown;
use super::extract::{IdempotencyKey, IfMatch, Page, query};
use super::source::{Peer, Source};
use super::*;
use crate::serve::clock::WatchedClock;
use crate::serve::installation::{DeskReadiness, SystemRandom};
use crate::serve::listen::answer;
use crate::serve::witnesses::Witnesses;

/// A desk's wire around a new database.
async fn wire(name: &str, requests: usize) -> Wire {
    let directory: PathBuf = std::env::temp_dir().join(format!("fixlead-api-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    let keyring = Keyring::new(Secret::from_bytes([7; 32]));
    let (clock, random) = (Arc::new(WatchedClock::default()), Arc::new(SystemRandom));
    let store =
        Store::open(Location::Directory(directory), keyring, clock.clone(), random.clone()).await.unwrap();
    let limits = Limits {
        body: 1024,
        attachment: 1024,
        body_time: Duration::from_millis(200),
        request_time: Duration::from_millis(200),
        requests,
    };
    let witnesses = Witnesses::of(&settings(), Arc::default()).unwrap();
    Wire {
        about: Arc::new(About::of(&settings(), &store, witnesses.board())),
        live: Arc::default(),
        room: Arc::new(Semaphore::new(requests)),
        limits: Arc::new(limits),
        public: Arc::new(Origin::parse("https://desk.example.org").unwrap()),
        trusted: vec![Network::parse("10.0.0.0/8").unwrap()].into(),
        metrics: Arc::default(),
        rates: Arc::new(Rates::of(&settings())),
        providers: Arc::new(crate::serve::installation::providers(&settings().keys).unwrap()),
        demonstration: None,
        advisories: None,
        desk: Desk::open(store.clone(), clock.clone(), random, fixlead_app::Settings::default())
            .await
            .unwrap(),
        readiness: Arc::new(DeskReadiness { store, clock }),
        notice: Arc::default(),
        fixes: Arc::new(crate::serve::fixes::Fixes::of(&settings())),
    }
}

/// A desk's settings, as they are by default.
fn settings() -> Settings {
    Settings { keys: Default::default(), file: None, database: None }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_handler_that_breaks_or_hangs_is_answered_for() {
    let wire = wire("breaks", 1).await;
    let (entered, mut is_in) = tokio::sync::mpsc::channel::<()>(1);
    let routes = Router::new().route("/breaks", get(async || -> String { panic!("CANARY") })).route(
        "/hangs",
        post(move || {
            let entered = entered.clone();
            async move {
                let _ = entered.send(()).await;
                std::future::pending::<()>().await;
            }
        }),
    );
    let router = dress(routes.merge(Router::from(health::routes())), wire.clone());
    let broken = answer(router.clone(), request("GET", "/breaks", &[])).await;
    assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(broken.headers()["x-content-type-options"], "nosniff");
    assert!(broken.headers().contains_key("x-request-id"));
    let said = text(broken).await;
    assert!(said.contains("/problems/internal") && !said.contains("CANARY"), "{said}");

    // While the only place is taken, others are told to come back, and whether
    // the desk is well is still said.
    let hanging = tokio::spawn(answer(router.clone(), request("POST", "/hangs", &[])));
    is_in.recv().await.unwrap();
    let turned_away = answer(router.clone(), request("GET", "/breaks", &[])).await;
    assert_eq!(turned_away.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(turned_away.headers()["retry-after"], "2");
    assert_eq!(answer(router.clone(), request("GET", "/readyz", &[])).await.status(), StatusCode::OK);
    assert_eq!(hanging.await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer(router, request("GET", "/breaks", &[])).await.status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let numbers = wire.metrics.text(100);
    assert!(numbers.contains("fixlead_http_requests_turned_away_total 1"), "{numbers}");
    assert!(numbers.contains("method=\"POST\",route=\"/hangs\",status=\"503\"} 1"), "{numbers}");
    assert!(numbers.contains("fixlead_http_requests_running 0"), "{numbers}");
}

#[tokio::test]
async fn headers_and_queries_are_read_strictly() {
    let wire = wire("headers", 8).await;
    let parts = |path: &str, headers: &[(&str, &str)]| request("POST", path, headers).into_parts().0;

    let mut good = parts("/", &[("idempotency-key", "\"8e03978e-40d5\""), ("if-match", "\"17\"")]);
    let key = IdempotencyKey::from_request_parts(&mut good, &wire).await.unwrap();
    assert_eq!(key.0, "8e03978e-40d5");
    assert_eq!(IfMatch::from_request_parts(&mut good, &wire).await.unwrap(), IfMatch(17));
    for bad in ["", "short", &"x".repeat(65), "with space inside"] {
        let mut bad = parts("/", &[("idempotency-key", bad)]);
        assert!(IdempotencyKey::from_request_parts(&mut bad, &wire).await.is_err());
    }
    let mut missing = parts("/", &[]);
    assert!(IdempotencyKey::from_request_parts(&mut missing, &wire).await.is_err());
    let refused = IfMatch::from_request_parts(&mut missing, &wire).await.unwrap_err();
    assert_eq!(refused.kind().2, StatusCode::PRECONDITION_REQUIRED);
    for bad in ["*", "17", "W/\"17\"", "\"1\", \"2\"", "\"-1\"", "\"99999999999999999999\""] {
        let mut bad = parts("/", &[("if-match", bad)]);
        assert!(IfMatch::from_request_parts(&mut bad, &wire).await.is_err(), "{bad:?}");
    }

    let page = |path: &str| {
        let parts = parts(path, &[]);
        query(&parts, &["after", "limit"]).and_then(|pairs| Page::of(&pairs))
    };
    assert_eq!(page("/?after=a.b&limit=200").unwrap(), Page { after: Some("a.b".into()), limit: 200 });
    for bad in ["limit=0", "limit=201", "limit=ten", "limit=1&limit=1", "offset=5"] {
        assert!(page(&format!("/?{bad}")).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_proxy_is_believed_only_if_it_is_trusted() {
    let wire = wire("source", 8).await;
    let from = async |peer: &str, forwarded: &str| -> IpAddr {
        let mut parts = request("GET", "/", &[("x-forwarded-for", forwarded)]).into_parts().0;
        parts.extensions.insert(Peer(peer.parse().unwrap()));
        let Ok(Source(source)) = Source::from_request_parts(&mut parts, &wire).await;
        source.unwrap()
    };
    let is = |text: &str| text.parse::<IpAddr>().unwrap();
    assert_eq!(from("192.0.2.1", "198.51.100.7").await, is("192.0.2.1"), "nobody trusts this peer");
    assert_eq!(from("10.0.0.1", "198.51.100.7").await, is("198.51.100.7"));
    assert_eq!(from("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2").await, is("198.51.100.7"));
    assert_eq!(from("::ffff:10.0.0.1", "198.51.100.7").await, is("198.51.100.7"));
    assert_eq!(from("10.0.0.1", "nonsense").await, is("10.0.0.1"));
    assert_eq!(from("10.0.0.1", "198.51.100.7:4711").await, is("198.51.100.7"), "some add the port");
    assert_eq!(from("10.0.0.1", "[2001:db8::7]:4711").await, is("2001:db8::7"));
    assert_eq!(from("10.0.0.1", "[2001:db8::7]").await, is("2001:db8::7"));
    assert_eq!(from("10.0.0.1", "\u{fffd}, 198.51.100.7").await, is("198.51.100.7"), "junk hides nobody");
}

#[tokio::test]
async fn a_secret_counts_in_its_own_place_and_alone() {
    use fixlead_app::signin::bearer;
    let token = bearer::text(bearer::Purpose::Token, &[1; 32]);
    let session = bearer::text(bearer::Purpose::Session, &[2; 32]);
    let shown = |lines: &[(&str, &str)]| {
        let headers = request("GET", "/", lines).into_parts().0.headers;
        match caller::shown(&headers, true) {
            None => "none",
            Some(Shown::Session(secret)) if secret == session => "session",
            Some(Shown::Token(secret)) if secret == token => "token",
            Some(_) => "another",
        }
    };
    let bearer = format!("Bearer {token}");
    let cookie = format!("a=b; __Host-fixlead={session}");
    assert_eq!(shown(&[("authorization", &bearer)]), "token");
    assert_eq!(shown(&[("cookie", &cookie)]), "session");
    assert_eq!(shown(&[("cookie", &cookie), ("authorization", &bearer)]), "token");
    assert_eq!(shown(&[("cookie", &cookie), ("authorization", "Basic eA==")]), "none");
    assert_eq!(shown(&[("authorization", &bearer), ("authorization", &bearer)]), "none");
    assert_eq!(shown(&[("cookie", &format!("{cookie}; __Host-fixlead=x"))]), "none");
    assert_eq!(shown(&[("cookie", &format!("fixlead={session}"))]), "none", "that name is for plain HTTP");
    assert_eq!(shown(&[("authorization", &format!("Bearer {session}"))]), "none");
    assert_eq!(shown(&[("cookie", &format!("__Host-fixlead={token}"))]), "none");
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let wire = wire("cross", 8).await;
    let crosses = |method: &str, lines: &[(&str, &str)]| {
        let parts = request(method, "/", lines).into_parts().0;
        caller::is_cross_site(&parts.method, &parts.headers, &wire)
    };
    assert!(!crosses("GET", &[("sec-fetch-site", "cross-site")]), "reading changes nothing");
    assert!(!crosses("POST", &[("sec-fetch-site", "same-origin")]));
    assert!(!crosses("POST", &[("origin", "https://desk.example.org")]));
    assert!(crosses("POST", &[("sec-fetch-site", "cross-site")]));
    assert!(crosses("POST", &[("sec-fetch-site", "same-site")]), "a neighbour on the same domain");
    assert!(crosses("DELETE", &[("origin", "https://desk.example.org.evil.example")]));
    assert!(crosses("POST", &[("origin", "null")]));
    assert!(crosses("POST", &[]));
}
