//! Signing in elsewhere, with providers that enforce the protocol, and with what
//! an attacker can put between them and the desk.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fixlead_app::accounts::{By, Caller, Proof};
use fixlead_app::problem::Problem;
use fixlead_app::providers::{Answer, Ask, Back, Fetcher, Finished, Leaving, Provider, Providers, Wanted};
use fixlead_app::signin::totp;
use fixlead_app::{Desk, Settings};
use fixlead_core::time::Span;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::world::World;

const PUBLIC: &str = "https://desk.example.org";
const AGENT: &str = "Firefox";

/// What a provider remembers of somebody who came by.
struct Came {
    query: BTreeMap<String, String>,
    subject: String,
}

struct Kept {
    pair: EcdsaKeyPair,
    kid: String,
    codes: BTreeMap<String, Came>,
    /// What its tokens say beside, or instead of, what is right.
    lies: Value,
    header: Value,
    /// What its document says instead.
    document: Value,
    fetched: usize,
}

/// A provider, and the network that leads to it.
struct Elsewhere {
    world: Arc<World>,
    all: BTreeMap<String, Mutex<Kept>>,
}

fn pair() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Pairs out of a query or a form.
fn read(text: &str) -> BTreeMap<String, String> {
    let plain = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let hex = |byte: Option<u8>| char::from(byte.unwrap()).to_digit(16).unwrap() as u8;
            bytes.push(if byte == b'%' { hex(rest.next()) << 4 | hex(rest.next()) } else { byte });
        }
        String::from_utf8(bytes).unwrap()
    };
    text.split('&').map(|pair| pair.split_once('=').unwrap()).map(|(a, b)| (plain(a), plain(b))).collect()
}

/// One document over another.
fn laid(mut under: Value, over: &Value) -> Value {
    for (name, value) in over.as_object().unwrap() {
        under[name] = value.clone();
    }
    under
}

impl Elsewhere {
    fn at(&self, issuer: &str) -> std::sync::MutexGuard<'_, Kept> {
        self.all[issuer].lock().unwrap()
    }

    /// Somebody comes by with the address that the desk gave, and is let through: a code.
    fn visit(&self, leaving: &Leaving, subject: &str) -> (String, String) {
        let (at, query) = leaving.address.split_once('?').unwrap();
        let issuer = at.strip_suffix("/authorize").unwrap();
        let query = read(query);
        assert_eq!((query["response_type"].as_str(), query["client_id"].as_str()), ("code", "desk"));
        assert_eq!(
            (query["code_challenge_method"].as_str(), query["scope"].as_str()),
            ("S256", "openid profile")
        );
        let ours = if issuer.contains("one") { "one" } else { "two" };
        assert_eq!(query["redirect_uri"], format!("{PUBLIC}/sign-in/back/{ours}"));
        let mut kept = self.at(issuer);
        let code = format!("code-{}", kept.codes.len());
        let state = query["state"].clone();
        kept.codes.insert(code.clone(), Came { query, subject: subject.to_owned() });
        (code, state)
    }

    fn answer(&self, ask: &Ask) -> Option<Answer> {
        let issuer = format!("https://{}", ask.address.authority());
        let mut kept = self.all.get(&issuer)?.lock().unwrap();
        let body = match ask.address.path() {
            "/.well-known/openid-configuration" => {
                let document = json!({
                    "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
                    "authorization_response_iss_parameter_supported": true,
                });
                laid(document, &kept.document)
            }
            "/keys" => {
                kept.fetched += 1;
                let point = kept.pair.public_key().as_ref();
                json!({ "keys": [{
                    "kty": "EC", "crv": "P-256", "kid": kept.kid, "use": "sig",
                    "x": encode(&point[1..33]), "y": encode(&point[33..]),
                }] })
            }
            "/token" => {
                let form = read(ask.form.as_deref()?);
                let refused = Some(Answer { status: 400, body: br#"{"error":"invalid_grant"}"#.to_vec() });
                let Some(came) = kept.codes.remove(form.get("code")?) else { return refused };
                let challenge = encode(Sha256::digest(form.get("code_verifier")?));
                if challenge != came.query["code_challenge"]
                    || form["redirect_uri"] != came.query["redirect_uri"]
                    || form["grant_type"] != "authorization_code"
                    || ask.authorization.as_deref() != Some("Basic ZGVzazpzJTNBY3JldA==")
                {
                    return refused;
                }
                let now = self.world.now().millis() / 1_000;
                let claims = json!({
                    "iss": issuer, "sub": came.subject, "aud": "desk", "iat": now, "exp": now + 300,
                    "nonce": came.query["nonce"],
                });
                let claims = laid(claims, &kept.lies);
                let header = laid(json!({ "alg": "ES256", "kid": kept.kid }), &kept.header);
                let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
                let signature = kept.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
                let signature = if header["alg"] == "none" { String::new() } else { encode(signature) };
                json!({ "id_token": format!("{signed}.{signature}"), "access_token": "x", "token_type": "Bearer" })
            }
            _ => return Some(Answer { status: 404, body: Vec::new() }),
        };
        Some(Answer { status: 200, body: body.to_string().into_bytes() })
    }
}

struct Network(Arc<Elsewhere>);

impl Fetcher for Network {
    fn fetch(&self, ask: Ask) -> Pin<Box<dyn Future<Output = Option<Answer>> + Send + '_>> {
        Box::pin(async move { self.0.answer(&ask) })
    }
}

const ONE: &str = "https://one.example";
const TWO: &str = "https://two.example";

struct House {
    world: Arc<World>,
    desk: Desk,
    providers: Providers,
    elsewhere: Arc<Elsewhere>,
    secret: String,
    caller: Caller,
}

impl House {
    async fn new() -> House {
        let world = Arc::new(World::new().await);
        let (store, clock, random) = (world.store.clone(), world.clock.clone(), world.random.clone());
        let desk = Desk::open(store, clock, random, Settings::default()).await.unwrap();
        let kept = || {
            Mutex::new(Kept {
                pair: pair(),
                kid: "first".into(),
                codes: BTreeMap::new(),
                lies: json!({}),
                header: json!({}),
                document: json!({}),
                fetched: 0,
            })
        };
        let all = BTreeMap::from([(ONE.to_owned(), kept()), (TWO.to_owned(), kept())]);
        let elsewhere = Arc::new(Elsewhere { world: Arc::clone(&world), all });
        let provider = |id: &str, issuer: &str| Provider {
            id: id.into(),
            name: id.into(),
            issuer: issuer.into(),
            client: "desk".into(),
            secret: Some("s:cret".into()),
        };
        let providers = Providers::new(
            vec![provider("one", ONE), provider("two", TWO)],
            Arc::new(Network(Arc::clone(&elsewhere))),
        );
        let link = desk.set_up().await.unwrap().unwrap();
        let welcome = desk.accounts().welcome(&link, "Fixlead", "x").await.unwrap();
        let totp = crate::accounts::secret(&welcome.secret);
        crate::accounts::enrol(&world, &desk, &link, "ana@example.org").await;
        world.wait(Span::minutes(1));
        let code = Proof::Code(totp::code(&totp, world.now()).unwrap());
        let begun =
            desk.accounts().sign_in("ana@example.org", crate::accounts::PASSWORD, &code, "").await.unwrap();
        let caller = desk.accounts().caller(&begun.secret).await.unwrap();
        House { world, desk, providers, elsewhere, secret: begun.secret, caller }
    }

    async fn leave(&self, provider: &str, wanted: Wanted) -> Leaving {
        self.desk.accounts().leave(&self.providers, provider, PUBLIC, wanted).await.unwrap()
    }

    async fn come_back(&self, back: Back) -> Result<Finished, Problem> {
        self.desk.accounts().come_back(&self.providers, PUBLIC, back).await
    }

    /// What a browser brings back from a provider.
    fn back(&self, provider: &str, leaving: &Leaving, subject: &str) -> Back {
        let (code, state) = self.elsewhere.visit(leaving, subject);
        Back {
            provider: provider.into(),
            state,
            code: Some(code),
            issuer: Some(if provider == "one" { ONE } else { TWO }.into()),
            browser: leaving.browser.clone(),
            session: Some(self.secret.clone()),
            agent: AGENT.into(),
        }
    }

    /// There and back.
    async fn go(&self, provider: &str, subject: &str, wanted: Wanted) -> Result<Finished, Problem> {
        let leaving = self.leave(provider, wanted).await;
        self.come_back(self.back(provider, &leaving, subject)).await
    }

    async fn sign_in(&self, provider: &str, subject: &str) -> Result<Caller, Problem> {
        match self.go(provider, subject, Wanted::SignIn("/inbox".into())).await? {
            Finished::SignedIn(begun, to) => {
                assert_eq!(to, "/inbox");
                self.desk.accounts().caller(&begun.secret).await
            }
            other => panic!("{other:?}"),
        }
    }

    async fn linked(&self) -> Result<Finished, Problem> {
        self.go("one", "ana", Wanted::Link(self.caller.clone())).await
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Problem>, why: &str) {
    assert!(matches!(result, Err(Problem::ProviderFailed(_))), "{why}: {result:?}");
}

#[tokio::test]
async fn an_account_elsewhere_lets_in_only_whom_it_was_linked_with() {
    let house = House::new().await;
    refused(house.sign_in("one", "ana").await, "nobody has linked it");
    assert!(matches!(house.linked().await, Ok(Finished::Linked)));
    let signed_in = house.sign_in("one", "ana").await.unwrap();
    assert_eq!(signed_in.person, house.caller.person);

    // Rights by an address, a name or the same subject of another issuer: none.
    house.elsewhere.at(TWO).lies = json!({
        "email": "ana@example.org", "email_verified": true, "preferred_username": "ana@example.org",
    });
    refused(house.sign_in("two", "ana").await, "the same subject of another issuer");
    refused(house.sign_in("two", "ana@example.org").await, "a subject that looks like somebody's name");
    refused(house.sign_in("one", "ANA").await, "subjects are compared letter by letter");
    refused(house.linked().await, "an account is linked once");

    // Unlinked, it is nobody's; and the last way in stays.
    house.desk.unlink(&house.caller, ONE, "ana").await.unwrap();
    refused(house.sign_in("one", "ana").await, "unlinked");
    assert_eq!(house.desk.unlink(&house.caller, ONE, "ana").await, Err(Problem::NotFound));
}

#[tokio::test]
async fn a_token_that_is_not_right_in_everything_lets_nobody_in() {
    let house = House::new().await;
    house.linked().await.unwrap();
    let now = house.world.now().millis() / 1_000;
    let lies = [
        ("for another client", json!({ "aud": "another" })),
        ("for others too", json!({ "aud": ["desk", "another"] })),
        ("handed on by another", json!({ "azp": "another" })),
        ("by another issuer", json!({ "iss": TWO })),
        ("in answer to another request", json!({ "nonce": "x" })),
        ("in answer to none", json!({ "nonce": null })),
        ("over", json!({ "exp": now - 61 })),
        ("from yesterday", json!({ "iat": now - 86_400 })),
        ("from tomorrow", json!({ "iat": now + 86_400, "exp": now + 90_000 })),
        ("not yet valid", json!({ "nbf": now + 3_600 })),
        ("about nobody", json!({ "sub": "" })),
    ];
    for (why, lie) in lies {
        house.elsewhere.at(ONE).lies = lie;
        refused(house.sign_in("one", "ana").await, why);
    }
    house.elsewhere.at(ONE).lies = json!({});
    let headers = [
        ("unsigned", json!({ "alg": "none" })),
        ("signed with what everybody knows", json!({ "alg": "HS256" })),
        ("of another kind of key", json!({ "alg": "RS256" })),
        ("by a key that is not in the set", json!({ "kid": "another" })),
        ("with something that has to be understood", json!({ "crit": ["b64"] })),
    ];
    for (why, header) in headers {
        house.elsewhere.at(ONE).header = header;
        refused(house.sign_in("one", "ana").await, why);
    }
    // Where its key is found is not for a token to say.
    house.elsewhere.at(ONE).header = json!({ "jku": "https://evil.example/keys", "jwk": { "kty": "EC" } });
    assert!(house.sign_in("one", "ana").await.is_ok(), "what is not read does no harm");
    house.elsewhere.at(ONE).header = json!({});
    // A clock that is a little off is forgiven.
    house.elsewhere.at(ONE).lies = json!({ "iat": now + 30, "exp": now - 30 });
    assert!(house.sign_in("one", "ana").await.is_ok());
}

#[tokio::test]
async fn what_a_browser_brings_back_counts_once_where_it_left_and_from_where_it_went() {
    let house = House::new().await;
    house.linked().await.unwrap();
    let wanted = || Wanted::SignIn("/inbox".into());

    // Sent again; with an invented state; to a browser that did not leave.
    let leaving = house.leave("one", wanted()).await;
    let back = house.back("one", &leaving, "ana");
    refused(house.come_back(Back { browser: "another".into(), ..back.clone() }).await, "another browser");
    refused(house.come_back(Back { browser: String::new(), ..back.clone() }).await, "no cookie");
    assert!(house.come_back(back.clone()).await.is_ok(), "whose it is takes no harm");
    refused(house.come_back(back.clone()).await, "sent again");
    refused(house.come_back(Back { state: "x".into(), ..back }).await, "invented");

    // Too late.
    let leaving = house.leave("one", wanted()).await;
    let back = house.back("one", &leaving, "ana");
    house.world.wait(Span::minutes(10));
    refused(house.come_back(back).await, "too late");

    // A code of somebody else, put into the answer: the provider knows another verifier.
    let theirs = house.leave("one", wanted()).await;
    let stolen = house.back("one", &theirs, "ana").code;
    let leaving = house.leave("one", wanted()).await;
    let back = house.back("one", &leaving, "eve");
    refused(house.come_back(Back { code: stolen, ..back }).await, "an injected code");

    // Mixed up: the answer of one for that of the other, however it is dressed.
    let leaving = house.leave("two", wanted()).await;
    let code = house.back("two", &leaving, "ana").code;
    let honest = house.leave("one", wanted()).await;
    let back = house.back("one", &honest, "ana");
    for (why, mixed) in [
        ("it says so", Back { code: code.clone(), issuer: Some(TWO.into()), ..back.clone() }),
        ("it says nothing", Back { code: code.clone(), issuer: None, ..back.clone() }),
        ("by the address of the other", Back { provider: "two".into(), ..back.clone() }),
    ] {
        // Each with a state of its own, for a state counts once.
        let leaving = house.leave("one", wanted()).await;
        let (_, state) = house.elsewhere.visit(&leaving, "ana");
        let mixed = Back { state, browser: leaving.browser, ..mixed };
        refused(house.come_back(mixed).await, why);
    }
    refused(house.come_back(Back { code: None, ..back }).await, "the provider said no");
}

#[tokio::test]
async fn keys_may_change_and_a_document_for_somebody_else_is_not_believed() {
    let house = House::new().await;
    house.linked().await.unwrap();
    assert_eq!(house.elsewhere.at(ONE).fetched, 1, "keys are kept");
    {
        let mut kept = house.elsewhere.at(ONE);
        kept.pair = pair();
        kept.kid = "second".into();
    }
    refused(house.sign_in("one", "ana").await, "fetched a moment ago: a flood of tokens fetches nothing");
    assert_eq!(house.elsewhere.at(ONE).fetched, 1);
    house.world.wait(Span::minutes(1));
    assert!(house.sign_in("one", "ana").await.is_ok(), "the new key is found");
    assert_eq!(house.elsewhere.at(ONE).fetched, 2);
    // Another key under the same name: the signature is not of the one that is known.
    house.elsewhere.at(ONE).pair = pair();
    refused(house.sign_in("one", "ana").await, "a forged key");
    house.world.wait(Span::minutes(10));
    house.elsewhere.at(ONE).document = json!({ "issuer": TWO });
    let left = house.desk.accounts().leave(&house.providers, "one", PUBLIC, Wanted::SignIn("/".into())).await;
    refused(left, "it answers for another issuer");
    house.elsewhere.at(ONE).document = json!({ "token_endpoint": "file:///etc/passwd", "jwks_uri": "x" });
    let left = house.desk.accounts().leave(&house.providers, "one", PUBLIC, Wanted::SignIn("/".into())).await;
    refused(left, "its keys are nowhere");
}

#[tokio::test]
async fn a_proof_from_elsewhere_is_new_and_of_the_same_person() {
    let house = House::new().await;
    house.linked().await.unwrap();
    house.world.wait(Span::minutes(30));
    let fresh = async || {
        let caller = house.desk.accounts().caller(&house.secret).await.unwrap();
        house.desk.may_link(&caller).await.is_ok()
    };
    assert!(!fresh().await);
    let wanted = || Wanted::StepUp(house.caller.clone(), "/account".into());
    let now = house.world.now().millis() / 1_000;
    refused(house.go("one", "ana", wanted()).await, "it does not say when it asked");
    house.elsewhere.at(ONE).lies = json!({ "auth_time": now - 120 });
    refused(house.go("one", "ana", wanted()).await, "it asked before");
    house.elsewhere.at(ONE).lies = json!({ "auth_time": now + 3_600 });
    refused(house.go("one", "ana", wanted()).await, "it asked in the future");
    house.elsewhere.at(ONE).lies = json!({ "auth_time": now });
    refused(house.go("one", "eve", wanted()).await, "somebody else showed it");
    // For another session.
    let caller =
        Caller { by: By::Session(fixlead_core::id::SessionId::from_bytes([9; 16])), ..house.caller.clone() };
    refused(house.go("one", "ana", Wanted::StepUp(caller, "/".into())).await, "for another session");
    assert!(!fresh().await, "none of it counted");
    assert!(matches!(house.go("one", "ana", wanted()).await, Ok(Finished::SteppedUp(_))));
    assert!(fresh().await);
    // Signing in without saying when it asked is no fresh proof.
    house.elsewhere.at(ONE).lies = json!({});
    let caller = house.sign_in("one", "ana").await.unwrap();
    assert_eq!(house.desk.may_link(&caller).await, Err(Problem::StepUp));
}

#[tokio::test]
async fn an_invitation_lets_in_by_an_account_elsewhere_and_ends_with_that() {
    let house = House::new().await;
    house.linked().await.unwrap();
    let name = fixlead_core::desk::wire::Line::new("Bo").unwrap();
    let (bo, link) = house.desk.invite(&house.caller, name, None).await.unwrap();
    refused(house.go("one", "ana", Wanted::Enrol(link.clone())).await, "it is somebody else's");
    let Ok(Finished::Enrolled(begun)) = house.go("one", "bo", Wanted::Enrol(link.clone())).await else {
        panic!()
    };
    assert_eq!(begun.session.person, bo);
    house.desk.join(bo).await.unwrap();
    assert_eq!(house.sign_in("one", "bo").await.unwrap().person, bo);
    let again = house.desk.accounts().leave(&house.providers, "one", PUBLIC, Wanted::Enrol(link)).await;
    assert_eq!(again.unwrap_err(), Problem::NotFound);
}
