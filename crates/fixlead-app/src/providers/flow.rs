//! The authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect
//! Core section 3.1, and what RFC 9700 asks for).
//!
//! What a browser brings back counts once, for a few minutes, in the browser
//! that left, from the provider it was sent to, and for what it was wanted: a
//! sealed record says all that. Each provider has an address of its own to come
//! back to, and says who it is (RFC 9207) where it can; both keep the answer of
//! one from being taken for that of another.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fixlead_core::id::{PersonId, SessionId};
use fixlead_core::text::percent_encoded;
use fixlead_core::time::{Instant, Span};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Answer, Ask, Known, Provider, Providers, pairs};
use crate::accounts::kept::{self, Found};
use crate::accounts::{Accounts, By, Caller, SignedIn};
use crate::problem::{Problem, Result};
use crate::signin::id_token::{self, Claims, Expected, Flaw};
use crate::webhooks::address::Address;

/// How long somebody may be away.
const STANDS: Span = Span::minutes(10);
/// Most links of one person.
const MOST: usize = 10;
/// The longest code that is handed on, in bytes.
const MOST_CODE: usize = 4096;

/// What somebody goes to a provider for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// To sign in, and then go on at this address.
    SignIn(String),
    /// To link it with their account.
    Link(Caller),
    /// To show again that it is them, and then go on at this address.
    StepUp(Caller, String),
    /// To come in by a link.
    Enrol(String),
}

/// The same, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Kept {
    SignIn(String),
    Link(SessionId),
    StepUp(SessionId, String),
    Enrol([u8; 32]),
}

/// Somebody who left for a provider.
#[derive(Serialize, Deserialize)]
struct Away {
    provider: String,
    nonce: String,
    verifier: String,
    browser: [u8; 32],
    left: i64,
    wanted: Kept,
}

/// Where somebody goes, and what their browser keeps until they are back.
#[derive(Clone, Debug)]
pub struct Leaving {
    /// The address at the provider.
    pub address: String,
    /// What the provider is called.
    pub name: String,
    /// A secret for the browser's cookie.
    pub browser: String,
}

/// What a browser brings back.
#[derive(Clone, Debug, Default)]
pub struct Back {
    /// The provider by whose address it came back.
    pub provider: String,
    /// What the desk gave it.
    pub state: String,
    /// What the provider gave it.
    pub code: Option<String>,
    /// Who the provider says it is.
    pub issuer: Option<String>,
    /// The cookie from when it left.
    pub browser: String,
    /// The session, if somebody is signed in.
    pub session: Option<String>,
    /// What the browser calls itself.
    pub agent: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Finished {
    /// A session has begun; on to this address.
    SignedIn(SignedIn, String),
    /// It is linked.
    Linked,
    /// It was shown again; on to this address.
    SteppedUp(String),
    /// A person came in by their link, and a session has begun.
    Enrolled(SignedIn),
}

/// A person somewhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The issuer.
    pub issuer: String,
    /// Whom it means.
    pub subject: String,
    /// How they are called there; for eyes only.
    pub called: String,
    /// When it was linked, in milliseconds since 1970.
    pub since: i64,
}

/// An issuer and a subject, as they are looked up.
fn identity(issuer: &str, subject: &str) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for part in [issuer, subject] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

fn failed<T>(why: &'static str) -> Result<T> {
    Err(Problem::ProviderFailed(why))
}

const NOT_OURS: &str = "this was not begun in this browser, or too long ago; begin again";
const NOT_BELIEVED: &str = "what the provider sent does not fit to what was asked; begin again, and tell whoever runs this desk if it \
     happens again";

impl Accounts {
    /// Sends somebody to a provider.
    pub async fn leave(
        &self,
        providers: &Providers,
        provider: &str,
        public: &str,
        wanted: Wanted,
    ) -> Result<Leaving> {
        let provider = providers.find(provider)?;
        let now = self.clock.now();
        let known = providers.know(provider, now, false).await?;
        let session = |caller: &Caller| match caller.by {
            By::Session(session) => Ok(session),
            By::Token(_) | By::Receipt(_) => Err(Problem::Unauthenticated),
        };
        let again = matches!(wanted, Wanted::StepUp(..));
        let wanted = match wanted {
            Wanted::SignIn(to) => Kept::SignIn(to),
            Wanted::Link(caller) => Kept::Link(session(&caller)?),
            Wanted::StepUp(caller, to) => Kept::StepUp(session(&caller)?, to),
            Wanted::Enrol(link) => Kept::Enrol(self.link(&link).await?.0),
        };
        let secret = || URL_SAFE_NO_PAD.encode(self.draw::<32>());
        let (state, nonce, verifier, browser) = (secret(), secret(), secret(), secret());
        let away = Away {
            provider: provider.id.clone(),
            nonce: nonce.clone(),
            verifier: verifier.clone(),
            browser: Sha256::digest(&browser).into(),
            left: now.millis(),
            wanted,
        };
        let ends = Some(now + STANDS);
        kept::put(&self.store, "away", &Sha256::digest(&state), 0, Some(&away), ends).await?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let redirect = back_to(public, provider);
        let mut query = vec![
            ("response_type", "code"),
            ("client_id", &provider.client),
            ("redirect_uri", &redirect),
            ("scope", "openid profile"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if again {
            query.extend([("max_age", "0"), ("prompt", "login")]);
        }
        let at = &known.document.authorization_endpoint;
        // A browser goes there, so what it shows has to be an address.
        Address::parse(at).map_err(|_| Problem::ProviderFailed(NOT_BELIEVED))?;
        let sign = if at.contains('?') { '&' } else { '?' };
        Ok(Leaving { address: format!("{at}{sign}{}", pairs(&query)), name: provider.name.clone(), browser })
    }

    /// Takes what a browser brought back.
    pub async fn come_back(&self, providers: &Providers, public: &str, back: Back) -> Result<Finished> {
        let key = Sha256::digest(&back.state);
        let found = kept::get::<Away>(&self.store, "away", &key).await?;
        let Found { version, value: away } = found.ok_or(Problem::ProviderFailed(NOT_OURS))?;
        let browser: [u8; 32] = Sha256::digest(&back.browser).into();
        if browser != away.browser {
            // Somebody else's browser takes nothing away from whose it is.
            return failed(NOT_OURS);
        }
        if !kept::put::<Away>(&self.store, "away", &key, version, None, None).await? {
            return failed(NOT_OURS);
        }
        if back.provider != away.provider {
            return failed(NOT_BELIEVED);
        }
        let provider = providers.find(&away.provider)?;
        let now = self.clock.now();
        let known = providers.know(provider, now, false).await?;
        let says = known.document.authorization_response_iss_parameter_supported;
        match &back.issuer {
            Some(issuer) if *issuer != provider.issuer => return failed(NOT_BELIEVED),
            None if says => return failed(NOT_BELIEVED),
            _ => {}
        }
        let Some(code) = back.code.as_deref().filter(|code| !code.is_empty() && code.len() <= MOST_CODE)
        else {
            return failed("the provider did not sign you in; try again, or sign in another way");
        };
        let left = Instant::from_millis(away.left);
        let since = matches!(away.wanted, Kept::StepUp(..)).then_some(left);
        let token = redeem(providers, provider, &known, public, code, &away.verifier).await?;
        let expected =
            Expected { issuer: &provider.issuer, client: &provider.client, nonce: &away.nonce, since };
        let mut claims = id_token::check(&token, &known.keys, &expected, now);
        if claims == Err(Flaw::Key) {
            // The provider may have changed its keys since they were fetched.
            let anew = providers.know(provider, now, true).await?;
            claims = id_token::check(&token, &anew.keys, &expected, now);
        }
        let claims = claims.map_err(|flaw| {
            Problem::ProviderFailed(match flaw {
                Flaw::AuthTime => {
                    "the provider did not ask you again who you are; prove it with a passkey or a password instead"
                }
                Flaw::Time => "the clocks of the provider and of this desk do not agree; try again",
                _ => NOT_BELIEVED,
            })
        })?;
        self.finish(provider, away.wanted, claims, &back, now).await
    }

    async fn finish(
        &self,
        provider: &Provider,
        wanted: Kept,
        claims: Claims,
        back: &Back,
        now: Instant,
    ) -> Result<Finished> {
        let key = identity(&provider.issuer, &claims.subject);
        let owner = kept::get::<PersonId>(&self.store, "identity", &key).await?.map(|found| found.value);
        match wanted {
            Kept::SignIn(to) => {
                let Some(person) = owner else {
                    return failed(
                        "nobody here has linked this account; sign in another way and link it on the page of your \
                         account, or use the link of your invitation",
                    );
                };
                let signed_in = self.begin(person, &back.agent, 0, claims.shown).await?;
                Ok(Finished::SignedIn(signed_in, to))
            }
            Kept::StepUp(session, to) => {
                let secret = back.session.as_deref().ok_or(Problem::Unauthenticated)?;
                let live = self.live(secret).await?;
                if live.id != session || owner != Some(live.person) {
                    return failed("this is not the account that is linked with yours; nothing was proved");
                }
                self.stepped_up(secret, claims.shown.unwrap_or(now)).await?;
                Ok(Finished::SteppedUp(to))
            }
            Kept::Link(session) => {
                let secret = back.session.as_deref().ok_or(Problem::Unauthenticated)?;
                let live = self.live(secret).await?;
                if live.id != session {
                    return failed(NOT_OURS);
                }
                self.link_identity(live.person, provider, claims, now).await?;
                Ok(Finished::Linked)
            }
            Kept::Enrol(hash) => {
                let found = kept::get::<kept::Link>(&self.store, "link", &hash).await?;
                let Found { version, value: link } = found.ok_or(Problem::NotFound)?;
                if owner.is_some_and(|owner| owner != link.person) {
                    return failed("this account is somebody else's here; use another one");
                }
                if !kept::put::<kept::Link>(&self.store, "link", &hash, version, None, None).await? {
                    return Err(Problem::NotFound);
                }
                self.forget(link.person).await?;
                let shown = claims.shown;
                self.link_identity(link.person, provider, claims, now).await?;
                self.end_links(link.person).await?;
                let signed_in = self.begin(link.person, &back.agent, 0, shown).await?;
                Ok(Finished::Enrolled(signed_in))
            }
        }
    }

    async fn link_identity(
        &self,
        person: PersonId,
        provider: &Provider,
        claims: Claims,
        now: Instant,
    ) -> Result<()> {
        let key = identity(&provider.issuer, &claims.subject);
        let Found { version, value: mut all } = self.linked_of(person).await?;
        if all.len() >= MOST {
            return Err(Problem::invalid("", "a person has at most 10 linked accounts; unlink one"));
        }
        if !kept::put(&self.store, "identity", &key, 0, Some(&person), None).await? {
            return failed("this account is linked already, with you or with somebody else");
        }
        let called = claims.called.unwrap_or_else(|| claims.subject.clone());
        all.push(Linked {
            issuer: provider.issuer.clone(),
            subject: claims.subject,
            called: fixlead_core::text::plain(&called.chars().take(100).collect::<String>()),
            since: now.millis(),
        });
        if !kept::put(&self.store, "identities", &person.bytes(), version, Some(&all), None).await? {
            self.delete("identity", &key).await?;
            return Err(Problem::TooMany { retry_after: 1 });
        }
        Ok(())
    }

    /// The accounts elsewhere that are linked with a person.
    pub async fn linked(&self, person: PersonId) -> Result<Vec<Linked>> {
        Ok(self.linked_of(person).await?.value)
    }

    /// Unlinks one; not the last way in.
    pub(crate) async fn unlink(&self, person: PersonId, issuer: &str, subject: &str) -> Result<()> {
        let Found { version, value: mut all } = self.linked_of(person).await?;
        let place = all.iter().position(|one| one.issuer == issuer && one.subject == subject);
        all.remove(place.ok_or(Problem::NotFound)?);
        if all.is_empty() {
            self.has_another_way(person, None, true).await?;
        }
        if !kept::put(&self.store, "identities", &person.bytes(), version, Some(&all), None).await? {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        self.delete("identity", &identity(issuer, subject)).await
    }

    /// Forgets what is linked with a person.
    pub(crate) async fn forget_linked(&self, person: PersonId) -> Result<()> {
        for one in self.linked_of(person).await?.value {
            self.delete("identity", &identity(&one.issuer, &one.subject)).await?;
        }
        self.delete("identities", &person.bytes()).await
    }

    async fn linked_of(&self, person: PersonId) -> Result<Found<Vec<Linked>>> {
        let found = kept::get::<Vec<Linked>>(&self.store, "identities", &person.bytes()).await?;
        Ok(found.unwrap_or(Found { version: 0, value: Vec::new() }))
    }
}

/// The address to which a provider sends browsers back: its own.
fn back_to(public: &str, provider: &Provider) -> String {
    format!("{public}/sign-in/back/{}", provider.id)
}

/// Gives a code for an ID token.
async fn redeem(
    providers: &Providers,
    provider: &Provider,
    known: &Known,
    public: &str,
    code: &str,
    verifier: &str,
) -> Result<String> {
    #[derive(Deserialize)]
    struct Tokens {
        id_token: String,
    }
    let redirect = back_to(public, provider);
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &redirect),
        ("code_verifier", verifier),
    ];
    let methods = known.document.token_endpoint_auth_methods_supported.as_deref();
    let by_form = methods.is_some_and(|methods| {
        let knows = |name: &str| methods.iter().any(|method| method == name);
        knows("client_secret_post") && !knows("client_secret_basic")
    });
    let mut authorization = None;
    match &provider.secret {
        Some(secret) if by_form => {
            form.extend([("client_id", provider.client.as_str()), ("client_secret", secret)]);
        }
        // RFC 6749 section 2.3.1: both are encoded like a form first.
        Some(secret) => {
            let both = format!("{}:{}", percent_encoded(&provider.client), percent_encoded(secret));
            authorization = Some(format!("Basic {}", STANDARD.encode(both)));
        }
        None => form.push(("client_id", &provider.client)),
    }
    let address =
        Address::parse(&known.document.token_endpoint).map_err(|_| Problem::ProviderFailed(NOT_BELIEVED))?;
    let ask = Ask { address, form: Some(pairs(&form)), authorization };
    match providers.fetcher.fetch(ask).await {
        Some(Answer { status: 200, body }) => serde_json::from_slice::<Tokens>(&body)
            .map(|tokens| tokens.id_token)
            .map_err(|_| Problem::ProviderFailed(NOT_BELIEVED)),
        Some(_) => failed("the provider does not know this sign-in any more; begin again"),
        None => failed("the provider does not answer; try again later, or sign in another way"),
    }
}
