//! Signing in with OpenID Connect: what is known of providers, and how the
//! desk asks them.
//!
//! A person is an issuer and a subject, linked by that person while signed in or
//! by their invitation, and never found by an e-mail address. What is fetched
//! from a provider is bounded, comes from the addresses of its own document
//! alone, and is asked through a port that decides which numbers may be called.

mod flow;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use fixlead_core::text::percent_encoded;
use fixlead_core::time::{Instant, Span};
use serde::Deserialize;

pub use flow::{Back, Finished, Leaving, Linked, Wanted};

use crate::desk::lock;
use crate::problem::{Problem, Result};
use crate::signin::id_token::Keys;
use crate::webhooks::address::Address;

/// How long a provider's document and keys are believed.
const KEPT: Span = Span::minutes(10);
/// How soon keys are fetched again when a token names one that is not known.
const AGAIN_AFTER: Span = Span::minutes(1);

/// A provider, as it is configured.
#[derive(Clone)]
pub struct Provider {
    /// Its name in addresses of this desk.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its issuer, exactly as it names itself.
    pub issuer: String,
    /// What this desk is called there.
    pub client: String,
    /// The secret that the desk shows there, if it was given one.
    pub secret: Option<String>,
}

/// What is asked of a provider.
#[derive(Clone)]
pub struct Ask {
    /// Where.
    pub address: Address,
    /// A form to send, if it is not only read.
    pub form: Option<String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
}

/// What a provider answered.
#[derive(Clone)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The body, which is bounded.
    pub body: Vec<u8>,
}

/// Whoever really asks. It follows nobody elsewhere, calls no number that is
/// not public unless that is allowed, and bounds time and size.
pub trait Fetcher: Send + Sync + 'static {
    /// Asks; nothing if nobody answered.
    fn fetch(&self, ask: Ask) -> Pin<Box<dyn Future<Output = Option<Answer>> + Send + '_>>;
}

/// The document of a provider (OpenID Connect Discovery section 3), as far as
/// it is needed.
#[derive(Clone, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Clone)]
struct Known {
    document: Arc<Document>,
    keys: Arc<Keys>,
    fetched: Instant,
}

/// The providers of an installation.
pub struct Providers {
    all: Vec<Provider>,
    fetcher: Arc<dyn Fetcher>,
    known: Mutex<BTreeMap<String, Known>>,
}

impl Providers {
    /// These, asked by somebody.
    pub fn new(all: Vec<Provider>, fetcher: Arc<dyn Fetcher>) -> Providers {
        Providers { all, fetcher, known: Mutex::default() }
    }

    /// All of them: their ids, and what people call them.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|provider| (provider.id.as_str(), provider.name.as_str()))
    }

    /// What people call the provider of an issuer.
    pub fn called(&self, issuer: &str) -> Option<&str> {
        self.all.iter().find(|provider| provider.issuer == issuer).map(|provider| provider.name.as_str())
    }

    fn find(&self, id: &str) -> Result<&Provider> {
        self.all.iter().find(|provider| provider.id == id).ok_or(Problem::NotFound)
    }

    /// What is known of a provider; fetched anew when that is old, or once more
    /// because a token was signed with a key that was not in it.
    async fn know(&self, provider: &Provider, now: Instant, anew: bool) -> Result<Known> {
        let known = lock(&self.known).get(&provider.id).cloned();
        if let Some(known) = known {
            let age = now - known.fetched;
            let stands = if anew { AGAIN_AFTER } else { KEPT };
            if age >= Span::ZERO && age < stands {
                return Ok(known);
            }
        }
        let silent = Problem::ProviderFailed("the provider does not answer as it should; try again later");
        let at = format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'));
        let document: Document =
            serde_json::from_slice(&self.read(&at).await?).map_err(|_| silent.clone())?;
        // Discovery section 4.3: who answers for another issuer is not believed.
        if document.issuer != provider.issuer {
            return Err(silent);
        }
        let keys = Keys::read(&self.read(&document.jwks_uri).await?).ok_or(silent)?;
        let known = Known { document: Arc::new(document), keys: Arc::new(keys), fetched: now };
        lock(&self.known).insert(provider.id.clone(), known.clone());
        Ok(known)
    }

    async fn read(&self, address: &str) -> Result<Vec<u8>> {
        let silent = || Problem::ProviderFailed("the provider does not answer as it should; try again later");
        let address = Address::parse(address).map_err(|_| silent())?;
        let ask = Ask { address, form: None, authorization: None };
        match self.fetcher.fetch(ask).await {
            Some(Answer { status: 200, body }) => Ok(body),
            _ => Err(silent()),
        }
    }
}

/// Pairs as a query or a form has them.
fn pairs(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    pairs.join("&")
}
