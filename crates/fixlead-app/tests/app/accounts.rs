//! Who gets in, and who does not any more.

use fixlead_app::accounts::{Accounts, By, Enrolment, NewToken, Proof};
use fixlead_app::problem::Problem;
use fixlead_app::signin::session::Lengths;
use fixlead_app::signin::totp;
use fixlead_core::access::{Presence, TokenScope};
use fixlead_core::id::PersonId;
use fixlead_core::time::Span;

use crate::world::World;

pub const PASSWORD: &str = "four unrelated words here";

fn accounts(world: &World) -> Accounts {
    Accounts::new(world.store.clone(), world.clock.clone(), world.random.clone(), Lengths::default())
}

/// The secret that an authenticator was told, read back from its text.
pub fn secret(text: &str) -> [u8; 20] {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<bool> = text
        .chars()
        .flat_map(|letter| {
            let value = letters.find(letter).unwrap();
            (0..5).rev().map(move |bit| value >> bit & 1 == 1)
        })
        .collect();
    let bytes = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit)));
    bytes.collect::<Vec<u8>>().try_into().unwrap()
}

/// Opens a link for a person of this name, and lets them in.
pub async fn enrol(world: &World, desk: &fixlead_app::Desk, link: &str, name: &str) -> PersonId {
    let welcome = desk.accounts().welcome(link, "Fixlead", name).await.unwrap();
    let code = totp::code(&secret(&welcome.secret), world.now()).unwrap();
    let enrolment = Enrolment { login: name.to_owned(), password: PASSWORD.to_owned(), code };
    let (person, _) = desk.enrol(link, enrolment).await.unwrap();
    person
}

struct Ana {
    person: PersonId,
    totp: [u8; 20],
    recovery: Vec<String>,
}

impl Ana {
    async fn enrol(world: &World, accounts: &Accounts) -> Ana {
        let person = PersonId::from_bytes([1; 16]);
        let link = accounts.make_link(person, true).await.unwrap();
        let welcome = accounts.welcome(&link, "Fixlead", "ana@example.org").await.unwrap();
        let totp = secret(&welcome.secret);
        let enrolment = Enrolment {
            login: "Ana@example.org ".to_owned(),
            password: PASSWORD.to_owned(),
            code: totp::code(&totp, world.now()).unwrap(),
        };
        let (who, recovery) = accounts.enrol(&link, enrolment.clone(), &["Ana"]).await.unwrap();
        assert_eq!(who, person);
        assert_eq!(accounts.enrol(&link, enrolment, &["Ana"]).await, Err(Problem::NotFound), "a second time");
        world.wait(Span::minutes(1));
        Ana { person, totp, recovery }
    }

    fn code(&self, world: &World) -> Proof {
        Proof::Code(totp::code(&self.totp, world.now()).unwrap())
    }
}

#[tokio::test]
async fn a_link_enrols_one_person_once_and_only_in_its_time() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    assert_eq!(ana.recovery.len(), 10);
    let link = accounts.make_link(PersonId::from_bytes([2; 16]), false).await.unwrap();
    let taken =
        Enrolment { login: "ana@example.org".into(), password: PASSWORD.into(), code: "000000".into() };
    let Err(Problem::Invalid { errors }) = accounts.enrol(&link, taken.clone(), &[]).await else { panic!() };
    assert_eq!(errors[0].pointer, "/code");
    let theirs = secret(&accounts.welcome(&link, "Fixlead", "x").await.unwrap().secret);
    let code = totp::code(&theirs, world.now()).unwrap();
    let Err(Problem::Invalid { errors }) = accounts.enrol(&link, Enrolment { code, ..taken }, &[]).await
    else {
        panic!()
    };
    assert_eq!(errors[0].pointer, "/login", "the name is taken, and the link still works");
    assert!(accounts.welcome(&link, "Fixlead", "x").await.is_ok());
    world.wait(Span::days(3));
    assert_eq!(accounts.welcome(&link, "Fixlead", "x").await, Err(Problem::NotFound), "three days later");
    assert_eq!(accounts.welcome("fixlead_link_guess", "Fixlead", "x").await, Err(Problem::NotFound));
}

#[tokio::test]
async fn a_session_is_gone_with_the_next_request_after_it_was_revoked() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    let first = accounts.sign_in("ANA@example.org", PASSWORD, &ana.code(&world), "Firefox").await.unwrap();
    world.wait(Span::minutes(1));
    let second =
        accounts.sign_in("ana@example.org", PASSWORD, &ana.code(&world), "curl\u{202e}").await.unwrap();
    let caller = accounts.caller(&first.secret).await.unwrap();
    assert_eq!((caller.person, caller.by), (ana.person, By::Session(first.session.id)));
    let listed = accounts.sessions(ana.person).await.unwrap();
    assert_eq!(
        listed.iter().map(|session| session.id).collect::<Vec<_>>(),
        [second.session.id, first.session.id]
    );
    assert!(!listed[0].browser.contains('\u{202e}'), "what a terminal would obey is shown, not sent");

    assert_eq!(accounts.revoke_sessions(ana.person, Some(first.session.id)).await, Ok(1));
    assert_eq!(accounts.caller(&first.secret).await, Err(Problem::Unauthenticated));
    assert!(accounts.caller(&second.secret).await.is_ok());
    assert_eq!(accounts.revoke_sessions(ana.person, None).await, Ok(1));
    assert_eq!(accounts.caller(&second.secret).await, Err(Problem::Unauthenticated));
}

#[tokio::test]
async fn a_session_in_use_lives_on_and_an_idle_one_ends() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    let used = accounts.sign_in("ana@example.org", PASSWORD, &ana.code(&world), "").await.unwrap();
    world.wait(Span::minutes(1));
    let idle = accounts.sign_in("ana@example.org", PASSWORD, &ana.code(&world), "").await.unwrap();
    world.wait(Span::hours(11));
    assert!(accounts.caller(&used.secret).await.is_ok());
    world.wait(Span::hours(11));
    assert!(accounts.caller(&used.secret).await.is_ok());
    assert_eq!(accounts.caller(&idle.secret).await, Err(Problem::Unauthenticated));
    for _ in 0..20 {
        world.wait(Span::hours(11));
        let _ = accounts.caller(&used.secret).await;
    }
    assert_eq!(accounts.caller(&used.secret).await, Err(Problem::Unauthenticated), "a week in all");
}

#[tokio::test]
async fn a_code_and_a_recovery_code_count_once() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    let code = ana.code(&world);
    assert!(accounts.sign_in("ana@example.org", PASSWORD, &code, "").await.is_ok());
    assert_eq!(
        accounts.sign_in("ana@example.org", PASSWORD, &code, "").await.err(),
        Some(Problem::SignInFailed)
    );
    let recovery = Proof::Recovery(ana.recovery[3].to_uppercase());
    let signed_in = accounts.sign_in("ana@example.org", PASSWORD, &recovery, "").await.unwrap();
    assert_eq!(signed_in.recovery_left, 9);
    assert_eq!(
        accounts.sign_in("ana@example.org", PASSWORD, &recovery, "").await.err(),
        Some(Problem::SignInFailed)
    );
}

#[tokio::test]
async fn one_code_at_the_same_moment_lets_one_in() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    let code = ana.code(&world);
    let tries = (0..8).map(|_| {
        let (accounts, code) = (accounts.clone(), code.clone());
        tokio::spawn(async move { accounts.sign_in("ana@example.org", PASSWORD, &code, "").await.is_ok() })
    });
    let mut inside = 0;
    for one in tries.collect::<Vec<_>>() {
        inside += u32::from(one.await.unwrap());
    }
    assert_eq!(inside, 1);
}

#[tokio::test]
async fn guesses_at_the_same_moment_do_not_pass_for_one() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    let mut looked_at = 0;
    for round in 0..6 {
        let tries = (0..8).map(|guess| {
            let accounts = accounts.clone();
            let proof = Proof::Code(format!("{:06}", round * 8 + guess));
            tokio::spawn(async move { accounts.sign_in("ana@example.org", PASSWORD, &proof, "").await })
        });
        for one in tries.collect::<Vec<_>>() {
            looked_at += u32::from(one.await.unwrap().err() == Some(Problem::SignInFailed));
        }
    }
    assert!(looked_at <= 5, "{looked_at} guesses were looked at within one instant");
    let Err(Problem::TooMany { retry_after }) =
        accounts.sign_in("ana@example.org", PASSWORD, &ana.code(&world), "").await
    else {
        panic!("the next one waits")
    };
    world.wait(Span::from_millis(i64::from(retry_after) * 1_000));
    assert!(accounts.sign_in("ana@example.org", PASSWORD, &ana.code(&world), "").await.is_ok());
}

#[tokio::test]
async fn a_stranger_without_the_password_makes_nobody_wait() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    for _ in 0..20 {
        let refused = accounts.sign_in("ana@example.org", "a wrong password", &ana.code(&world), "").await;
        assert_eq!(refused.err(), Some(Problem::SignInFailed));
    }
    assert!(accounts.sign_in("ana@example.org", PASSWORD, &ana.code(&world), "").await.is_ok());
}

#[tokio::test]
async fn who_does_not_exist_is_refused_in_the_same_words() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    let nobody = accounts.sign_in("nobody@example.org", PASSWORD, &ana.code(&world), "").await.unwrap_err();
    let wrong =
        accounts.sign_in("ana@example.org", "a wrong password", &ana.code(&world), "").await.unwrap_err();
    assert_eq!(nobody, wrong);
}

#[tokio::test]
async fn a_step_up_is_for_the_session_that_did_it() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let ana = Ana::enrol(&world, &accounts).await;
    let signed_in = accounts.sign_in("ana@example.org", PASSWORD, &ana.code(&world), "").await.unwrap();
    let began = world.now();
    let stepped = async |secret: &str| match accounts.caller(secret).await.unwrap().presence {
        Presence::Session { stepped_up } => stepped_up,
        Presence::Token { .. } => panic!("a session"),
    };
    assert_eq!(stepped(&signed_in.secret).await, Some(began));
    world.wait(Span::hours(1));
    assert!(accounts.step_up(&signed_in.secret, "a wrong password", &ana.code(&world)).await.is_err());
    assert_eq!(stepped(&signed_in.secret).await, Some(began));
    accounts.step_up(&signed_in.secret, PASSWORD, &ana.code(&world)).await.unwrap();
    assert_eq!(stepped(&signed_in.secret).await, Some(world.now()));
}

#[tokio::test]
async fn a_token_has_its_scopes_its_end_and_its_revocation() {
    let world = World::new().await;
    let accounts = accounts(&world);
    let person = PersonId::from_bytes([1; 16]);
    let new = NewToken {
        name: "nightly export".into(),
        scopes: vec![TokenScope::Read],
        within: None,
        ends: world.now() + Span::days(30),
    };
    let (secret, token) = accounts.make_token(person, new.clone()).await.unwrap();
    let caller = accounts.caller(&secret).await.unwrap();
    assert_eq!(caller.presence, Presence::Token { scopes: vec![TokenScope::Read], within: None });
    for (pointer, broken) in [
        ("/name", NewToken { name: " ".into(), ..new.clone() }),
        ("/scopes", NewToken { scopes: vec![], ..new.clone() }),
        ("/ends", NewToken { ends: world.now(), ..new.clone() }),
        ("/ends", NewToken { ends: world.now() + Span::days(367), ..new.clone() }),
    ] {
        let Err(Problem::Invalid { errors }) = accounts.make_token(person, broken).await else { panic!() };
        assert_eq!(errors[0].pointer, pointer);
    }
    let (other, _) = accounts.make_token(person, new).await.unwrap();
    assert_eq!(accounts.revoke_tokens(person, Some(token.id)).await, Ok(1));
    assert_eq!(accounts.caller(&secret).await, Err(Problem::Unauthenticated));
    assert_eq!(accounts.tokens(person).await.unwrap().len(), 1);
    world.wait(Span::days(30));
    assert_eq!(accounts.caller(&other).await, Err(Problem::Unauthenticated), "its end has come");
}
