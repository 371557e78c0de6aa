//! Keeping the signed heads of other installations' logs.
//!
//! Who may send is set by whoever runs this desk: an installation with its
//! public key, and nobody else. A head is kept for good; one that contradicts
//! what is kept is refused and kept beside it, so that both can be shown.
//!
//! | kind | key | value |
//! |---|---|---|
//! | `witness` | the installation | how much is kept of it, and its last head |
//! | `witness-head/…` | the number | the head |
//! | `witness-contradiction/…` | from 0 | a head that was refused |

use fixlead_core::text::hex;
use fixlead_core::time::{Instant, Span};
pub use fixlead_store::log::{Sending, SignedHead};
use fixlead_store::{RecordChange, Store};
use serde::{Deserialize, Serialize};

use crate::accounts::kept;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

const KEPT: &str = "witness";
/// Most heads in one letter.
pub const MOST_SENT: usize = 100;
/// Most heads that are kept of an installation: one a minute for seven years.
const MOST_KEPT: u64 = 4_000_000;
/// Most refused heads that are kept as evidence; all are counted.
const MOST_EVIDENCE: u64 = 100;
/// How far a sender's clock may be from ours.
const MOST_SKEW: Span = Span::minutes(15);
/// How often a letter is tried beside another of the same sender.
const TRIES: usize = 20;

/// An installation whose heads are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its random id.
    pub installation: [u8; 16],
    /// The public key of its log.
    pub key: [u8; 32],
}

/// What is kept of an installation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The head of the highest number.
    pub last: Option<SignedHead>,
    /// How many heads are kept.
    pub heads: u64,
    /// How many were refused because they contradict those.
    pub contradictions: u64,
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What is kept now.
    pub holding: Holding,
    /// How many of its heads were not known before.
    pub new: u64,
    /// The numbers of the heads that were refused.
    pub refused: Vec<u64>,
}

fn heads_of(installation: &[u8; 16]) -> String {
    format!("witness-head/{}", hex(installation))
}

fn contradictions_of(installation: &[u8; 16]) -> String {
    format!("witness-contradiction/{}", hex(installation))
}

fn change(kind: String, key: Vec<u8>, expected: u64, value: &impl Serialize) -> Result<RecordChange> {
    let value = serde_json::to_vec(value).map_err(|_| Problem::Unavailable { retry_after: 60 })?;
    Ok(RecordChange { kind, key, expected, value: Some(value), expires: None })
}

/// Whether two heads say the same of the chain. When they were signed does not
/// matter.
fn agree(one: &SignedHead, other: &SignedHead) -> bool {
    (one.number, one.position, one.hash) == (other.number, other.position, other.hash)
}

impl Desk {
    /// Keeps the heads of a letter that is for `to`. Whoever is not known, or is
    /// not who they say, finds nothing here.
    pub async fn keep_heads(&self, to: &str, sending: &Sending) -> Result<Taken> {
        let from = Known { installation: sending.installation, key: sending.key };
        if !self.inner.settings.witnessed.contains(&from) || !sending.is_signed() {
            return Err(Problem::NotFound);
        }
        if sending.to != to {
            return Err(Problem::invalid("/to", "this is for another desk; name this one by its public URL"));
        }
        let skew = self.now() - Instant::from_millis(sending.at);
        if skew.millis().unsigned_abs() > MOST_SKEW.millis().unsigned_abs() {
            return Err(Problem::invalid(
                "/at",
                "this was signed too long ago or is to come; set the clocks",
            ));
        }
        if sending.heads.len() > MOST_SENT {
            return Err(Problem::invalid("/heads", "a letter has at most 100 heads; send more of them"));
        }
        let own = |head: &SignedHead| {
            (head.installation, head.key) == (from.installation, from.key) && head.is_signed()
        };
        if let Some(place) = sending.heads.iter().position(|head| !own(head)) {
            return Err(Problem::invalid(format!("/heads/{place}"), "this is no head of the sender's log"));
        }
        for _ in 0..TRIES {
            if let Some(taken) = self.try_to_keep(sending).await? {
                return Ok(taken);
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    async fn try_to_keep(&self, sending: &Sending) -> Result<Option<Taken>> {
        let store = &self.inner.store;
        let installation = &sending.installation;
        let found = kept::get::<Holding>(store, KEPT, installation).await?;
        let (version, before) = found.map_or((0, Holding::default()), |found| (found.version, found.value));
        let mut holding = before.clone();
        let mut changes = Vec::new();
        let mut refused = Vec::new();
        for head in &sending.heads {
            let last = holding.last.as_ref();
            let later = last.is_none_or(|last| last.number < head.number);
            let contradicts = if sending.disputes.is_some() {
                true
            } else if later {
                last.is_some_and(|last| head.position < last.position)
            } else {
                // An earlier one that was never sent is covered by those after it.
                let (kind, key) = (heads_of(installation), head.number.to_be_bytes());
                let known = kept::get::<SignedHead>(store, &kind, &key).await?.map(|found| found.value);
                let same_letter = last.filter(|last| last.number == head.number).cloned();
                known.or(same_letter).is_some_and(|known| !agree(&known, head))
            };
            if contradicts {
                refused.push(head.number);
                if holding.contradictions < MOST_EVIDENCE {
                    let key = holding.contradictions.to_be_bytes().to_vec();
                    changes.push(change(contradictions_of(installation), key, 0, head)?);
                }
                holding.contradictions += 1;
            } else if later {
                if holding.heads >= MOST_KEPT {
                    return Err(Problem::invalid("/heads", "no more heads of this installation are kept"));
                }
                let key = head.number.to_be_bytes().to_vec();
                changes.push(change(heads_of(installation), key, 0, head)?);
                holding.heads += 1;
                holding.last = Some(head.clone());
            }
        }
        if holding != before {
            changes.push(change(KEPT.to_owned(), installation.to_vec(), version, &holding)?);
            if !store.put_records(changes).await? {
                return Ok(None);
            }
        }
        Ok(Some(Taken { new: holding.heads - before.heads, holding, refused }))
    }
}

/// What is kept of an installation.
pub async fn holding(store: &Store, installation: &[u8; 16]) -> Result<Holding> {
    let found = kept::get::<Holding>(store, KEPT, installation).await?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

/// The heads that are kept of an installation, in the order of their numbers,
/// and those that were refused, in the order in which they came.
pub async fn heads(store: &Store, installation: &[u8; 16]) -> Result<(Vec<SignedHead>, Vec<SignedHead>)> {
    let broken = |_| Problem::Unavailable { retry_after: 60 };
    let mut heads = Vec::new();
    for record in store.records(&heads_of(installation)).await? {
        heads.push(serde_json::from_slice::<SignedHead>(&record.value).map_err(broken)?);
    }
    heads.sort_by_key(|head| head.number);
    let mut refused = Vec::new();
    let many = holding(store, installation).await?.contradictions.min(MOST_EVIDENCE);
    for place in 0..many {
        let kind = contradictions_of(installation);
        let found = kept::get::<SignedHead>(store, &kind, &place.to_be_bytes()).await?;
        refused.extend(found.map(|found| found.value));
    }
    Ok((heads, refused))
}
