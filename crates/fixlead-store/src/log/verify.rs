//! Checks the log, and says where it is wrong. No key is needed: an export is
//! enough.
//!
//! It goes through the rows in the order of a dump: entries first, then events
//! by position, which close one entry after the other.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::path::Path;

use fixlead_core::id::StreamId;
use fixlead_core::time::Instant;

use super::hash::{self, BlobHasher, EntryHasher, EventPlace, Extra, Hash};
use super::{SignedHead, Timestamp};
use crate::backup::{every_row, rows};
use crate::error::Result;
use crate::store::{Location, setting};
use crate::stream;
use crate::tables::{Sink, Table, Value};

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Entries of the chain.
    pub entries: u64,
    /// Events.
    pub events: u64,
    /// Streams, and how many of them were erased.
    pub streams: (u64, u64),
    /// Signed heads of the installation itself.
    pub heads: u64,
    /// Heads that the witness kept.
    pub witnessed: u64,
    /// The public key that signed the heads.
    pub key: [u8; 32],
}

/// The first thing that is wrong, as far as it can be located.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// The number of the chain's entry.
    pub entry: Option<u64>,
    /// The stream.
    pub stream: Option<StreamId>,
    /// The place in the stream.
    pub version: Option<u64>,
    /// The place in the installation.
    pub position: Option<u64>,
    /// What differs.
    pub what: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(entry) = self.entry {
            write!(f, "entry {entry}, ")?;
        }
        if let Some(position) = self.position {
            write!(f, "position {position}, ")?;
        }
        if let Some(stream) = self.stream {
            write!(f, "{stream}, ")?;
        }
        if let Some(version) = self.version {
            write!(f, "version {version}, ")?;
        }
        f.write_str(self.what)
    }
}

/// Verifies a database. An error means that it could not be read; a fault that
/// it was changed.
pub async fn database(
    location: &Location,
    witness: &[SignedHead],
) -> Result<std::result::Result<Verified, Fault>> {
    database_with(location, witness, None).await
}

/// Verifies a database, and that it holds what a timestamp says.
pub async fn database_with(
    location: &Location,
    witness: &[SignedHead],
    timestamp: Option<&Timestamp>,
) -> Result<std::result::Result<Verified, Fault>> {
    let verifier = every_row(location, Verifier::new(witness, timestamp)).await?;
    Ok(verifier.finish())
}

/// Verifies an export.
pub fn export(path: &Path, witness: &[SignedHead]) -> Result<std::result::Result<Verified, Fault>> {
    export_with(path, witness, None)
}

/// Verifies an export, and that it holds what a timestamp says.
pub fn export_with(
    path: &Path,
    witness: &[SignedHead],
    timestamp: Option<&Timestamp>,
) -> Result<std::result::Result<Verified, Fault>> {
    let mut verifier = Verifier::new(witness, timestamp);
    for row in rows(path)? {
        let (table, row) = row?;
        verifier.row(table, row)?;
    }
    Ok(verifier.finish())
}

/// Somebody's word that an entry has a hash.
struct Claim {
    position: u64,
    hash: Hash,
    by_witness: bool,
}

struct Entry {
    number: u64,
    position: u64,
    extras: Vec<u8>,
    hash: Hash,
    hasher: EntryHasher,
}

/// A blob whose parts are coming.
struct Parts {
    id: [u8; 16],
    hasher: BlobHasher,
}

#[derive(Default)]
struct Verifier {
    fault: Option<Fault>,
    counts: Verified,
    installation: [u8; 16],
    witness: Vec<SignedHead>,
    /// The position and the hash of the event that a timestamp names.
    stamped: Option<(u64, Hash)>,
    claims: BTreeMap<u64, Vec<Claim>>,
    chain: (u64, u64, Hash),
    last: (u64, u64, Hash),
    open: VecDeque<Entry>,
    position: u64,
    streams: HashMap<StreamId, (u64, Hash)>,
    seen: u64,
    erased: HashSet<StreamId>,
    blobs: HashMap<[u8; 16], (StreamId, Hash)>,
    blobs_seen: HashMap<[u8; 16], (StreamId, Hash)>,
    parts: Option<Parts>,
    whole: HashSet<[u8; 16]>,
}

type Check = std::result::Result<(), Fault>;

fn array<const N: usize>(value: &Value) -> [u8; N] {
    value.bytes().try_into().unwrap_or([0; N])
}

fn about(what: &'static str) -> Fault {
    Fault { what, ..Fault::default() }
}

fn about_entry(entry: u64, what: &'static str) -> Fault {
    Fault { entry: Some(entry), ..about(what) }
}

impl Sink for Verifier {
    fn row(&mut self, table: &'static Table, row: Vec<Value>) -> Result<()> {
        if self.fault.is_none() {
            let check = match table.name {
                "setting" => self.setting(&row),
                "chain" => self.chain(&row),
                "head" => self.head(&row),
                "entry" => self.entry(row),
                "event" => self.event(&row),
                "stream" => self.stream(&row),
                "blob" => self.blob(&row),
                "blob_part" => self.blob_part(&row),
                // Not part of the log.
                _ => Ok(()),
            };
            self.fault = check.err();
        }
        Ok(())
    }
}

impl Verifier {
    fn new(witness: &[SignedHead], timestamp: Option<&Timestamp>) -> Self {
        let mut witness = witness.to_vec();
        // Whoever holds a timestamp is a witness of one head.
        witness.extend(timestamp.map(|timestamp| timestamp.head.clone()));
        let stamped = timestamp.map(|timestamp| (timestamp.position, timestamp.event));
        Verifier { witness, stamped, ..Verifier::default() }
    }

    fn setting(&mut self, row: &[Value]) -> Check {
        match &row[0] {
            Value::Text(name) if name == setting::INSTALLATION => self.installation = array(&row[1]),
            Value::Text(name) if name == setting::PUBLIC_KEY => self.counts.key = array(&row[1]),
            _ => {}
        }
        Ok(())
    }

    /// The end, and with it the witness's heads: whose they are is known now.
    fn chain(&mut self, row: &[Value]) -> Check {
        self.chain = (row[1].number() as u64, row[2].number() as u64, array(&row[3]));
        for head in std::mem::take(&mut self.witness) {
            if head.installation != self.installation {
                return Err(about_entry(head.number, "the witness kept a head of another installation"));
            }
            if head.key != self.counts.key {
                return Err(about_entry(head.number, "the witness knows another public key"));
            }
            if !head.is_signed() {
                return Err(about_entry(head.number, "the witness's head is not signed rightly"));
            }
            self.counts.witnessed += 1;
            self.claim(head.number, head.position, head.hash, true);
        }
        Ok(())
    }

    fn claim(&mut self, number: u64, position: u64, hash: Hash, by_witness: bool) {
        self.claims.entry(number).or_default().push(Claim { position, hash, by_witness });
    }

    fn head(&mut self, row: &[Value]) -> Check {
        let head = SignedHead {
            installation: self.installation,
            number: row[0].number() as u64,
            position: row[1].number() as u64,
            at: row[2].number(),
            hash: array(&row[3]),
            key: self.counts.key,
            signature: array(&row[4]),
        };
        if !head.is_signed() {
            return Err(about_entry(head.number, "the signature of the head is wrong"));
        }
        self.counts.heads += 1;
        self.claim(head.number, head.position, head.hash, false);
        Ok(())
    }

    fn entry(&mut self, mut row: Vec<Value>) -> Check {
        let (number, position) = (row[0].number() as u64, row[2].number() as u64);
        let at = Instant::from_millis(row[1].number());
        if number != self.last.0 + 1 {
            return Err(about_entry(self.last.0 + 1, "the entry is missing"));
        }
        if array(&row[3]) != self.last.2 {
            return Err(about_entry(number, "the entry does not follow from the one before it"));
        }
        if position < self.last.1 {
            return Err(about_entry(number, "the entry's position goes back"));
        }
        let hash = array(&row[5]);
        for claim in self.claims.remove(&number).unwrap_or_default() {
            if claim.hash != hash || claim.position != position {
                let what = if claim.by_witness {
                    "the witness kept another hash for this entry: the chain was rewritten"
                } else {
                    "the signed head has another hash than this entry"
                };
                return Err(about_entry(number, what));
            }
        }
        let hasher = EntryHasher::new(&self.last.2, number, at, position);
        let extras = if let Value::Bytes(extras) = &mut row[4] { std::mem::take(extras) } else { Vec::new() };
        self.open.push_back(Entry { number, position, extras, hash, hasher });
        self.last = (number, position, hash);
        self.counts.entries += 1;
        Ok(())
    }

    /// Closes entries that end before a position.
    fn close(&mut self, before: u64) -> Check {
        while self.open.front().is_some_and(|entry| entry.position < before) {
            let Some(entry) = self.open.pop_front() else { return Ok(()) };
            if self.position < entry.position {
                let what = "events are missing";
                return Err(Fault { position: Some(self.position + 1), ..about_entry(entry.number, what) });
            }
            if entry.hasher.finish(&entry.extras) != entry.hash {
                return Err(about_entry(entry.number, "the hash of the entry is not that of what it covers"));
            }
            let extras = Extra::decode(&entry.extras)
                .ok_or_else(|| about_entry(entry.number, "the entry covers something unknown"))?;
            for extra in extras {
                match extra {
                    Extra::Blob { stream, id, hash } => drop(self.blobs.insert(id, (stream, hash))),
                    Extra::Erased { stream } => drop(self.erased.insert(stream)),
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, row: &[Value]) -> Check {
        let (position, version) = (row[0].number() as u64, row[2].number() as u64);
        self.close(position)?;
        let id = stream::from_bytes(row[1].bytes());
        let entry = self.open.front().map(|entry| entry.number);
        let fault =
            |what| Fault { entry, stream: id, version: Some(version), position: Some(position), what };
        if position != self.position + 1 {
            let what = "the event is missing";
            return Err(Fault { entry, position: Some(self.position + 1), ..about(what) });
        }
        let stream = id.ok_or_else(|| fault("the event belongs to no stream"))?;
        let Some(entry) = self.open.front_mut() else {
            return Err(fault("no entry covers the event"));
        };
        let (last, previous) = self.streams.entry(stream).or_insert((0, hash::NOTHING));
        if version != *last + 1 {
            return Err(fault("the event does not follow the one before it in its stream"));
        }
        let at = Instant::from_millis(row[3].number());
        let hash = hash::event(previous, EventPlace { stream, version, position, at }, row[5].bytes());
        if row[4].bytes() != hash {
            return Err(fault("the event was changed, moved or exchanged"));
        }
        if self.stamped.take_if(|stamped| stamped.0 == position).is_some_and(|stamped| stamped.1 != hash) {
            return Err(fault("the timestamp names another event here: the chain was rewritten"));
        }
        (*last, *previous) = (version, hash);
        entry.hasher.event(stream, version, &hash);
        self.position = position;
        self.counts.events += 1;
        Ok(())
    }

    fn stream(&mut self, row: &[Value]) -> Check {
        self.close(u64::MAX)?;
        let id = stream::from_bytes(row[0].bytes());
        let version = row[1].number() as u64;
        let fault = |what| Fault { stream: id, version: Some(version), ..about(what) };
        let known = id.and_then(|id| self.streams.get(&id));
        let Some(id) = id.filter(|_| known == Some(&(version, array(&row[2])))) else {
            return Err(fault("the stream does not end with its last event"));
        };
        let has_key = row[3] != Value::Nothing;
        if has_key == self.erased.contains(&id) {
            return Err(fault(if has_key {
                "the stream was erased but has a key"
            } else {
                "the key is gone, and no entry says that it was erased"
            }));
        }
        self.seen += 1;
        Ok(())
    }

    fn blob(&mut self, row: &[Value]) -> Check {
        self.close(u64::MAX)?;
        let stream = stream::from_bytes(row[1].bytes());
        let stated = stream.map(|stream| (stream, array(&row[3])));
        if stated.as_ref() != self.blobs.get(&array(&row[0])) {
            return Err(Fault { stream, ..about("an attachment is not the one that an entry covers") });
        }
        self.blobs_seen.extend(stated.map(|stated| (array(&row[0]), stated)));
        Ok(())
    }

    fn blob_part(&mut self, row: &[Value]) -> Check {
        let id = array(&row[0]);
        if self.parts.as_ref().is_none_or(|parts| parts.id != id) {
            self.close_parts()?;
            let Some((stream, _)) = self.blobs_seen.get(&id) else {
                return Err(about("a part of an attachment belongs to none"));
            };
            self.parts = Some(Parts { id, hasher: BlobHasher::new(*stream, &id) });
        }
        if let Some(parts) = &mut self.parts {
            parts.hasher.part(row[2].bytes());
        }
        Ok(())
    }

    fn close_parts(&mut self) -> Check {
        let Some(parts) = self.parts.take() else { return Ok(()) };
        let known = self.blobs_seen.get(&parts.id).copied();
        let hash = parts.hasher.finish();
        match known {
            Some((_, stated)) if stated == hash => {
                self.whole.insert(parts.id);
                Ok(())
            }
            _ => Err(Fault { stream: known.map(|(stream, _)| stream), ..about("an attachment was changed") }),
        }
    }

    fn finish(mut self) -> std::result::Result<Verified, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.close(u64::MAX)?;
        self.close_parts()?;
        if let Some((position, _)) = self.stamped {
            let what = "the timestamp names an event that is later than the end: the log was cut off";
            return Err(Fault { position: Some(position), ..about(what) });
        }
        if self.seen != self.streams.len() as u64 {
            return Err(about("a stream is missing that has events"));
        }
        let lost = self
            .blobs
            .iter()
            .find(|(id, (stream, _))| !self.erased.contains(stream) && !self.whole.contains(*id));
        if let Some((_, (stream, _))) = lost {
            return Err(Fault { stream: Some(*stream), ..about("an attachment is missing") });
        }
        // A head of number 0 speaks of the empty chain.
        self.claims.remove(&0);
        if let Some((number, claims)) = self.claims.first_key_value() {
            let by_witness = claims.iter().any(|claim| claim.by_witness);
            return Err(about_entry(
                *number,
                if by_witness {
                    "the witness kept a head that is later than the end: the log was cut off"
                } else {
                    "a head was signed that is later than the end: the log was cut off"
                },
            ));
        }
        if self.chain != self.last {
            return Err(about_entry(self.chain.0, "the end of the chain is not its last entry"));
        }
        self.counts.streams = (self.streams.len() as u64, self.erased.len() as u64);
        Ok(self.counts)
    }
}
