//! What is kept of people who sign in, as sealed records.
//!
//! | kind | key | value |
//! |---|---|---|
//! | `login` | the name they sign in with | [`Login`] |
//! | `credentials` | the person | [`Credentials`] |
//! | `session` | hash of its secret | [`KeptSession`] |
//! | `sessions` | the person | hashes of all of them |
//! | `token` | hash of its secret | [`KeptToken`] |
//! | `tokens` | the person | hashes of all of them |
//! | `link` | hash of its secret | [`Link`] |
//! | `links` | the person | hashes of all of them |
//! | `passkeys` | the person | [`KeptPasskey`]s |
//! | `passkey` | hash of the credential's id | whose it is |
//! | `challenge` | hash of the challenge | [`Challenge`] |
//! | `identity` | hash of issuer and subject | whose it is |
//! | `identities` | the person | what is linked |
//! | `away` | hash of a state | somebody who left for a provider |
//! | `notices` | the person | what they are told of secrets of theirs |
//! | `authenticator` | the person | the secret of one that is to be theirs |

use fixlead_core::access::{Scope, TokenScope};
use fixlead_core::id::{OrganisationId, PasskeyId, PersonId, ProjectId, SessionId, TokenId};
use fixlead_core::time::Instant;
use fixlead_store::{Record, RecordChange, Store};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Result};
use crate::signin::public_key::PublicKey;
use crate::signin::session::{Attempts, Session, Token};

/// Who signs in with a name.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub person: PersonId,
}

/// How a person proves who they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub login: String,
    pub password: String,
    pub totp: [u8; 20],
    /// The step of the last code that was accepted.
    pub last_step: Option<u64>,
    /// Hashes of the recovery codes that are left.
    pub recovery: Vec<[u8; 32]>,
    pub failed: u32,
    pub last_failed: Option<i64>,
}

impl Credentials {
    pub fn attempts(&self) -> Attempts {
        Attempts { failed: self.failed, last: self.last_failed.map(Instant::from_millis) }
    }

    pub fn set_attempts(&mut self, attempts: Attempts) {
        self.failed = attempts.failed;
        self.last_failed = attempts.last.map(Instant::millis);
    }
}

/// A link that works once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Link {
    /// For whom.
    pub person: PersonId,
    /// Whether it is the installation's first.
    pub first: bool,
    /// The secret that the authenticator is told; made with the link, so that
    /// opening it twice shows the same.
    pub totp: [u8; 20],
    pub ends: i64,
}

/// A passkey as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptPasskey {
    pub id: PasskeyId,
    pub credential: Vec<u8>,
    pub key: PublicKey,
    pub count: u32,
    pub may_travel: bool,
    pub travels: bool,
    pub name: String,
    pub made: i64,
    pub used: Option<i64>,
    /// When its counter did not grow: there may be two of it.
    pub doubted: Option<i64>,
}

/// What a challenge was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Challenge {
    /// To sign in.
    SignIn,
    /// To prove again, in this session.
    StepUp(SessionId),
    /// To add a passkey, in this session.
    Add(SessionId),
    /// To come in by the link with this hash.
    Link([u8; 32]),
}

/// A session as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptSession {
    id: SessionId,
    person: PersonId,
    began: i64,
    used: i64,
    stepped_up: Option<i64>,
    browser: String,
    #[serde(default)]
    place: Option<u64>,
}

impl From<&Session> for KeptSession {
    fn from(session: &Session) -> Self {
        KeptSession {
            id: session.id,
            person: session.person,
            began: session.began.millis(),
            used: session.used.millis(),
            stepped_up: session.stepped_up.map(Instant::millis),
            browser: session.browser.clone(),
            place: session.place,
        }
    }
}

impl From<KeptSession> for Session {
    fn from(kept: KeptSession) -> Self {
        Session {
            id: kept.id,
            person: kept.person,
            began: Instant::from_millis(kept.began),
            used: Instant::from_millis(kept.used),
            stepped_up: kept.stepped_up.map(Instant::from_millis),
            browser: kept.browser,
            place: kept.place,
        }
    }
}

/// A token as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptToken {
    id: TokenId,
    person: PersonId,
    name: String,
    scopes: Vec<String>,
    within: Option<Within>,
    made: i64,
    ends: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<i64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Within {
    Organisation(OrganisationId),
    Project(ProjectId),
}

impl From<&Token> for KeptToken {
    fn from(token: &Token) -> Self {
        KeptToken {
            id: token.id,
            person: token.person,
            name: token.name.clone(),
            scopes: token.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            within: match token.within {
                Some(Scope::Organisation(id)) => Some(Within::Organisation(id)),
                Some(Scope::Project(id)) => Some(Within::Project(id)),
                _ => None,
            },
            made: token.made.millis(),
            ends: token.ends.millis(),
            used: token.used.map(Instant::millis),
        }
    }
}

impl From<KeptToken> for Token {
    fn from(kept: KeptToken) -> Self {
        Token {
            id: kept.id,
            person: kept.person,
            name: kept.name,
            scopes: kept.scopes.iter().filter_map(|scope| TokenScope::parse(scope)).collect(),
            within: kept.within.map(|within| match within {
                Within::Organisation(id) => Scope::Organisation(id),
                Within::Project(id) => Scope::Project(id),
            }),
            made: Instant::from_millis(kept.made),
            ends: Instant::from_millis(kept.ends),
            used: kept.used.map(Instant::from_millis),
        }
    }
}

/// A record with the version it has.
pub(crate) struct Found<T> {
    pub version: u64,
    pub value: T,
}

/// Reads a record.
pub(crate) async fn get<T: DeserializeOwned>(
    store: &Store,
    kind: &str,
    key: &[u8],
) -> Result<Option<Found<T>>> {
    let Some(Record { version, value, .. }) = store.record(kind, key).await? else { return Ok(None) };
    let value = serde_json::from_slice(&value).map_err(|_| Problem::Unavailable { retry_after: 60 })?;
    Ok(Some(Found { version, value }))
}

/// Writes a record over the version that was read (0 for none). Whether nobody
/// else had in between.
pub(crate) async fn put<T: Serialize>(
    store: &Store,
    kind: &str,
    key: &[u8],
    expected: u64,
    value: Option<&T>,
    expires: Option<Instant>,
) -> Result<bool> {
    let value = match value {
        Some(value) => Some(serde_json::to_vec(value).map_err(|_| Problem::Unavailable { retry_after: 60 })?),
        None => None,
    };
    let change = RecordChange { kind: kind.to_owned(), key: key.to_vec(), expected, value, expires };
    Ok(store.put_record(change).await?.is_ok())
}

/// How often a record that others write too is tried.
const TRIES: usize = 20;

/// Changes a record that others may change at the same time. What `change`
/// leaves as nothing is deleted.
pub(crate) async fn update<T: DeserializeOwned + Serialize + Default>(
    store: &Store,
    kind: &str,
    key: &[u8],
    change: impl Fn(&mut T),
) -> Result<()> {
    for _ in 0..TRIES {
        let found = get::<T>(store, kind, key).await?;
        let (version, mut value) = found.map_or((0, T::default()), |found| (found.version, found.value));
        change(&mut value);
        if put(store, kind, key, version, Some(&value), None).await? {
            return Ok(());
        }
    }
    Err(Problem::Unavailable { retry_after: 1 })
}
