//! Passkeys, with an authenticator made of software: what lets in, and what an
//! attacker can change without getting in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use fixlead_app::accounts::{Asked, Caller, Proof};
use fixlead_app::problem::Problem;
use fixlead_app::signin::passkey::{self, Flaw, Making, Relying, Using};
use fixlead_app::{Desk, Settings};
use fixlead_core::time::Span;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256};

use crate::world::World;

const ORIGIN: &str = "https://desk.example.org";

fn relying() -> Relying {
    Relying::of(ORIGIN).unwrap()
}

/// What an authenticator says about itself and the moment.
#[derive(Clone)]
struct Says {
    kind: &'static str,
    origin: String,
    cross: bool,
    relying: String,
    flags: u8,
    count: u32,
    algorithm: i64,
    format: &'static str,
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const ATTESTED: u8 = 64;

impl Default for Says {
    fn default() -> Self {
        Says {
            kind: "",
            origin: ORIGIN.to_owned(),
            cross: false,
            relying: "desk.example.org".to_owned(),
            flags: PRESENT | VERIFIED,
            count: 0,
            algorithm: -7,
            format: "none",
        }
    }
}

impl Says {
    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let kind = if self.kind.is_empty() { kind } else { self.kind };
        let data = serde_json::json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross,
        });
        data.to_string().into_bytes()
    }

    fn authenticator(&self, flags: u8) -> Vec<u8> {
        let mut bytes = Sha256::digest(self.relying.as_bytes()).to_vec();
        bytes.push(self.flags | flags);
        bytes.extend(self.count.to_be_bytes());
        bytes
    }
}

struct Software {
    id: Vec<u8>,
    pair: EcdsaKeyPair,
    user: String,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Software {
    fn new(id: &[u8]) -> Software {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        Software { id: id.to_vec(), pair, user: String::new() }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn make(&mut self, asked: &Asked, says: &Says) -> Making {
        self.user = asked.user.clone().unwrap();
        let client_data = says.client_data("webauthn.create", &asked.challenge);
        let point = self.pair.public_key().as_ref();
        let number = |number: i64| Value::Integer(number.into());
        let key = Value::Map(vec![
            (number(1), number(2)),
            (number(3), number(says.algorithm)),
            (number(-1), number(1)),
            (number(-2), Value::Bytes(point[1..33].to_vec())),
            (number(-3), Value::Bytes(point[33..].to_vec())),
        ]);
        let mut data = says.authenticator(ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        ciborium::into_writer(&key, &mut data).unwrap();
        let statement = match says.format {
            "packed" => {
                let signed = [&data[..], &Sha256::digest(&client_data)].concat();
                vec![
                    (Value::Text("alg".into()), number(-7)),
                    (Value::Text("sig".into()), Value::Bytes(self.sign(&signed))),
                ]
            }
            _ => Vec::new(),
        };
        let object = Value::Map(vec![
            (Value::Text("fmt".into()), Value::Text(says.format.into())),
            (Value::Text("attStmt".into()), Value::Map(statement)),
            (Value::Text("authData".into()), Value::Bytes(data)),
        ]);
        let mut attestation = Vec::new();
        ciborium::into_writer(&object, &mut attestation).unwrap();
        Making { client_data: text(&client_data), attestation: text(&attestation) }
    }

    fn answer(&self, asked: &Asked, says: &Says) -> Using {
        let client_data = says.client_data("webauthn.get", &asked.challenge);
        let data = says.authenticator(0);
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        Using {
            credential: text(&self.id),
            client_data: text(&client_data),
            authenticator: text(&data),
            signature: text(&self.sign(&signed)),
            user: self.user.clone(),
        }
    }
}

struct House {
    world: World,
    desk: Desk,
}

impl House {
    async fn new() -> House {
        let world = World::new().await;
        let settings = Settings::default();
        let (store, clock, random) = (world.store.clone(), world.clock.clone(), world.random.clone());
        let desk = Desk::open(store, clock, random, settings).await.unwrap();
        House { world, desk }
    }

    /// The first person, who came in with a passkey.
    async fn first(&self, software: &mut Software) {
        let link = self.desk.set_up().await.unwrap().unwrap();
        let asked = self.desk.accounts().ask_to_enrol(&relying(), &link).await.unwrap();
        let made = software.make(&asked, &Says::default());
        self.desk.enrol_with_passkey(&link, &relying(), "Laptop", &made).await.unwrap();
        let again = self.desk.accounts().ask_to_enrol(&relying(), &link).await;
        assert_eq!(again.unwrap_err(), Problem::NotFound, "a link works once");
    }

    async fn ask(&self) -> Asked {
        self.desk.accounts().ask_to_sign_in(&relying()).await.unwrap()
    }

    async fn sign_in(&self, sent: &Using) -> Result<(String, Caller), Problem> {
        let begun = self.desk.accounts().sign_in_with_passkey(&relying(), sent, "Firefox").await?;
        let caller = self.desk.accounts().caller(&begun.secret).await?;
        Ok((begun.secret, caller))
    }
}

#[tokio::test]
async fn a_passkey_lets_in_whoever_holds_it_and_nothing_that_was_changed_does() {
    let house = House::new().await;
    let mut software = Software::new(b"a credential");
    house.first(&mut software).await;
    let (secret, caller) =
        house.sign_in(&software.answer(&house.ask().await, &Says::default())).await.unwrap();
    assert!(
        house
            .desk
            .accounts()
            .sign_in("nobody", "four unrelated words", &Proof::Code("1".into()), "")
            .await
            .is_err()
    );

    let says = Says::default();
    let wrong: [(&str, Says); 7] = [
        ("another origin", Says { origin: "https://desk.example.org.evil.example".into(), ..says.clone() }),
        ("without TLS", Says { origin: "http://desk.example.org".into(), ..says.clone() }),
        ("another relying party", Says { relying: "example.org".into(), ..says.clone() }),
        ("in a frame", Says { cross: true, ..says.clone() }),
        ("another question", Says { kind: "webauthn.create", ..says.clone() }),
        ("nobody verified", Says { flags: PRESENT, ..says.clone() }),
        ("nobody there", Says { flags: VERIFIED, ..says.clone() }),
    ];
    for (why, says) in wrong {
        let sent = software.answer(&house.ask().await, &says);
        assert_eq!(house.sign_in(&sent).await.unwrap_err(), Problem::PasskeyFailed, "{why}");
    }
    // A passkey that could not travel does not begin to.
    let sent = software.answer(&house.ask().await, &Says { flags: PRESENT | VERIFIED | 8, ..says.clone() });
    assert_eq!(house.sign_in(&sent).await.unwrap_err(), Problem::PasskeyFailed);

    // A challenge counts once, in its time, for what it was made.
    let asked = house.ask().await;
    assert!(house.sign_in(&software.answer(&asked, &says)).await.is_ok());
    assert_eq!(house.sign_in(&software.answer(&asked, &says)).await.unwrap_err(), Problem::PasskeyFailed);
    let asked = house.ask().await;
    house.world.wait(Span::minutes(5));
    assert_eq!(house.sign_in(&software.answer(&asked, &says)).await.unwrap_err(), Problem::PasskeyFailed);
    let asked = house.desk.accounts().ask_again(&relying(), &caller).await.unwrap().unwrap();
    assert_eq!(house.sign_in(&software.answer(&asked, &says)).await.unwrap_err(), Problem::PasskeyFailed);
    let invented = Asked { challenge: text(&[7; 32]), ..house.ask().await };
    assert_eq!(house.sign_in(&software.answer(&invented, &says)).await.unwrap_err(), Problem::PasskeyFailed);
    // A user handle is needed to sign in, and is that of the owner.
    let sent = software.answer(&house.ask().await, &says);
    assert!(house.sign_in(&Using { user: String::new(), ..sent }).await.is_err());

    // A proof again is for the session that was asked.
    house.world.wait(Span::minutes(30));
    let accounts = house.desk.accounts();
    let sent = |asked: &Asked| software.answer(asked, &Says::default());
    let asked = accounts.ask_again(&relying(), &caller).await.unwrap().unwrap();
    let (other, _) = house.sign_in(&sent(&house.ask().await)).await.unwrap();
    let stolen = accounts.step_up_with_passkey(&other, &relying(), &sent(&asked)).await;
    assert_eq!(stolen.unwrap_err(), Problem::PasskeyFailed);
    let asked = accounts.ask_again(&relying(), &caller).await.unwrap().unwrap();
    assert_eq!(asked.credentials, [text(b"a credential")]);
    let at = accounts.step_up_with_passkey(&secret, &relying(), &sent(&asked)).await.unwrap();
    assert_eq!(at, house.world.now());
}

#[tokio::test]
async fn a_counter_that_does_not_grow_blocks_the_passkey_and_its_copy() {
    let house = House::new().await;
    let mut software = Software::new(b"counts");
    house.first(&mut software).await;
    let counts = |count| Says { count, ..Says::default() };
    let (_, caller) = house.sign_in(&software.answer(&house.ask().await, &counts(5))).await.unwrap();
    assert!(house.sign_in(&software.answer(&house.ask().await, &counts(6))).await.is_ok());
    assert!(house.sign_in(&software.answer(&house.ask().await, &counts(6))).await.is_err());
    let listed = house.desk.own_passkeys(&caller).await.unwrap();
    assert!(listed[0].doubted, "its owner sees it");
    let after = house.sign_in(&software.answer(&house.ask().await, &counts(7))).await;
    assert_eq!(after.unwrap_err(), Problem::PasskeyFailed, "nobody can say which of the two this is");
}

#[tokio::test]
async fn passkeys_are_added_by_whoever_has_just_proved_it_and_removed_but_for_the_last_way_in() {
    let house = House::new().await;
    let mut software = Software::new(b"first");
    house.first(&mut software).await;
    let says = Says::default();
    let (_, caller) = house.sign_in(&software.answer(&house.ask().await, &says)).await.unwrap();
    let desk = &house.desk;
    let ask = async || desk.ask_for_passkey(&caller, &relying()).await;
    let add = async |sent: Making| desk.add_passkey(&caller, &relying(), "Key", &sent).await;
    let unfit: [(&str, Says); 5] = [
        ("another origin", Says { origin: "https://evil.example".into(), ..says.clone() }),
        ("nobody verified", Says { flags: PRESENT, ..says.clone() }),
        ("an answer to another question", Says { kind: "webauthn.get", ..says.clone() }),
        ("an algorithm that was not asked for", Says { algorithm: -37, ..says.clone() }),
        ("vouched for by somebody unknown", Says { format: "fido-u2f", ..says.clone() }),
    ];
    for (why, says) in unfit {
        let sent = Software::new(b"unfit").make(&ask().await.unwrap(), &says);
        assert!(matches!(add(sent).await, Err(Problem::Invalid { .. })), "{why}");
    }
    let asked = ask().await.unwrap();
    assert_eq!(
        asked.credentials,
        [text(b"first")],
        "a browser does not make a second one on the same device"
    );
    let mut second = Software::new(b"second");
    let sent = second.make(&asked, &Says { format: "packed", ..says.clone() });
    let id = add(sent.clone()).await.unwrap();
    assert!(add(sent).await.is_err(), "sent again");
    let sent = Software::new(b"second").make(&ask().await.unwrap(), &says);
    assert!(add(sent).await.is_err(), "a credential belongs to one person, once");
    // The signature of a key over itself has to be its own.
    let mut forger = Software::new(b"forged");
    let mut sent = forger.make(&ask().await.unwrap(), &Says { format: "packed", ..says.clone() });
    sent.client_data = Software::new(b"x").make(&ask().await.unwrap(), &says).client_data;
    assert!(add(sent).await.is_err());

    let listed = desk.own_passkeys(&caller).await.unwrap();
    assert_eq!(listed.iter().map(|passkey| passkey.name.as_str()).collect::<Vec<_>>(), ["Key", "Laptop"]);
    desk.rename_passkey(&caller, id, " Ring\u{202e} ").await.unwrap();
    assert!(desk.own_passkeys(&caller).await.unwrap()[0].name.starts_with("Ring"));
    assert!(house.sign_in(&second.answer(&house.ask().await, &says)).await.is_ok());
    desk.remove_passkey(&caller, id).await.unwrap();
    let gone = house.sign_in(&second.answer(&house.ask().await, &says)).await;
    assert_eq!(gone.unwrap_err(), Problem::PasskeyFailed);
    let last = listed[1].id;
    assert!(matches!(desk.remove_passkey(&caller, last).await, Err(Problem::Invalid { .. })));
    house.world.wait(Span::minutes(11));
    assert_eq!(ask().await.unwrap_err(), Problem::StepUp, "a stolen session adds none");
    assert_eq!(desk.remove_passkey(&caller, last).await, Err(Problem::StepUp));

    // Another person's passkey is nothing that one could rename or remove.
    let (_, link) = {
        let (secret, _) = house.sign_in(&software.answer(&house.ask().await, &says)).await.unwrap();
        let fresh = desk.accounts().caller(&secret).await.unwrap();
        let name = fixlead_core::desk::wire::Line::new("Bo").unwrap();
        desk.invite(&fresh, name, None).await.unwrap()
    };
    let bo = crate::accounts::enrol(&house.world, desk, &link, "bo@example.org").await;
    let theirs = Caller { person: bo, ..caller.clone() };
    assert_eq!(desk.rename_passkey(&theirs, last, "mine").await, Err(Problem::NotFound));
}

#[test]
fn what_is_broken_is_refused_wherever_it_is_broken() {
    let mut software = Software::new(b"cut");
    let asked = Asked {
        challenge: text(&[1; 32]),
        relying: "desk.example.org".into(),
        credentials: Vec::new(),
        user: Some(text(&[2; 16])),
        algorithms: &[-7],
    };
    let whole = software.make(&asked, &Says::default());
    assert!(passkey::made(&relying(), &whole).is_ok());
    let bytes = URL_SAFE_NO_PAD.decode(&whole.attestation).unwrap();
    for end in 0..bytes.len() {
        let cut = Making { attestation: text(&bytes[..end]), ..whole.clone() };
        assert!(passkey::made(&relying(), &cut).is_err(), "cut after {end}");
    }
    let long = Making { attestation: text(&[&bytes[..], &[0]].concat()), ..whole.clone() };
    assert_eq!(passkey::made(&relying(), &long), Err(Flaw::Malformed), "with more behind it");
    let twice = whole.client_data.clone();
    let data = String::from_utf8(URL_SAFE_NO_PAD.decode(twice).unwrap()).unwrap();
    let twice = data.replacen('{', r#"{"origin":"https://evil.example","#, 1);
    let twice = Making { client_data: text(twice.as_bytes()), ..whole };
    assert_eq!(passkey::made(&relying(), &twice), Err(Flaw::Malformed), "two origins");
    // Nested without end.
    let bomb = Making { client_data: text(data.as_bytes()), attestation: text(&[0x81; 20_000]) };
    assert_eq!(passkey::made(&relying(), &bomb), Err(Flaw::Malformed));
}

#[test]
fn passkeys_are_for_names_that_are_reached_safely() {
    let id = |origin: &str| Relying::of(origin).map(|relying| relying.id);
    assert_eq!(id("https://desk.example.org:8443").as_deref(), Some("desk.example.org"));
    assert_eq!(id("http://localhost:8470").as_deref(), Some("localhost"));
    for origin in
        ["http://desk.example.org", "https://192.0.2.1", "https://[2001:db8::1]:1", "http://127.0.0.1:8470"]
    {
        assert_eq!(id(origin), None, "{origin}");
    }
}
