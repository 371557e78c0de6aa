//! The verbs. Here bodies are sealed and opened, on the caller's task; below
//! this line there is only ciphertext.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use fixlead_core::access::{Access, Action, Permit};
use fixlead_core::id::{BlobId, StreamId, WorkId};
use fixlead_core::time::{Instant, Span};

use crate::append::{Lane, Lease, Outcome, RecordChange, Sort};
use crate::batch::Verdict;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::follow::Follow;
use crate::log::{SignedHead, hash, head};
use crate::prepare::IDEMPOTENCY;
use crate::seal::keyring::Keyring;
use crate::seal::vault::{DatabaseKeys, Vault, Wrapped};
use crate::seal::{self, Place, Secret};

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::world::{Clock, Random, draw};

/// Most events that one load reads.
const MOST_LOADED: u32 = 100_000;
/// Keys that are wrapped anew in one commit.
const KEYS_AT_ONCE: u32 = 500;

pub(crate) mod setting {
    /// The random id of the installation; in the clear.
    pub(crate) const INSTALLATION: &str = "installation";
    /// The public half of the signing key; in the clear.
    pub(crate) const PUBLIC_KEY: &str = "public-key";
    /// The wrapped key of the database.
    pub(crate) const DATABASE_KEY: &str = "database-key";
    /// The sealed secret that keys of copies are made with.
    pub(crate) const COPIES: &str = "copies";
    /// The sealed signing key.
    pub(crate) const SIGNING_KEY: &str = "signing-key";
}

/// Where the database is.
#[derive(Clone)]
pub enum Location {
    /// SQLite, in a file below this directory.
    Directory(PathBuf),
    /// PostgreSQL at this address, like `postgres://user@host/name`.
    Postgres(String),
}

/// The store. Clones share it.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub engine: Engine,
    pub vault: Vault,
    pub keys: DatabaseKeys,
    pub signing: Secret,
    pub installation: [u8; 16],
    pub public: [u8; 32],
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// An event, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in its stream, from 1.
    pub version: u64,
    /// Its place in the installation, from 1.
    pub position: u64,
    /// When it was recorded.
    pub at: Instant,
    /// What it says.
    pub body: Vec<u8>,
}

/// A stream, or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its version; 0 when it does not exist.
    pub version: u64,
    /// Its events after the version that was asked for.
    pub events: Vec<Event>,
}

/// Which page of a list.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    /// From the beginning.
    First,
    /// What comes after a row.
    After(Sort),
    /// What comes before a row; nearest first.
    Before(Sort),
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Whose row it is.
    pub stream: StreamId,
    /// Where it stands.
    pub sort: Sort,
    /// What it says.
    pub body: Vec<u8>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How often it was written.
    pub version: u64,
    /// What it says.
    pub value: Vec<u8>,
    /// From when on it counts as gone.
    pub expires: Option<Instant>,
}

/// Work that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The right to do it.
    pub lease: Lease,
    /// Its stream.
    pub stream: StreamId,
    /// When it was due.
    pub due: Instant,
    /// How often it has been claimed, this time included.
    pub attempts: u32,
    /// What to do.
    pub body: Vec<u8>,
}

/// When work that was given back may be claimed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// From this instant on.
    At(Instant),
    /// Not until somebody puts it anew: a person has to decide.
    Held,
}

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry.
    pub number: u64,
    /// The position of the last event.
    pub position: u64,
    /// The hash of the last entry.
    pub hash: hash::Hash,
}

impl Store {
    /// Opens or makes a database. The keyring has to hold the key that sealed
    /// it.
    pub async fn open(
        location: Location,
        keyring: Keyring,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let engine = match location {
            Location::Postgres(url) => Engine::Postgres(Postgres::open(&url, Arc::clone(&clock)).await?),
            Location::Directory(directory) => Engine::Sqlite(Sqlite::open(&directory, Arc::clone(&clock))?),
        };
        let vault = Vault::new(keyring);
        if engine.setting(setting::DATABASE_KEY).await?.is_none() {
            engine.set_new(first_settings(&vault, &*random)).await?;
        }
        let get = async |name| {
            engine.setting(name).await?.ok_or_else(|| {
                Error::Schema(format!("the database lacks its setting `{name}`; restore a backup"))
            })
        };
        let database = vault.unwrap(None, Wrapped::decode(&get(setting::DATABASE_KEY).await?)?)?;
        let keys = DatabaseKeys::derive(&database);
        let signing = seal::open(
            &keys.settings,
            Place::Setting(setting::SIGNING_KEY),
            get(setting::SIGNING_KEY).await?,
        )
        .and_then(|bytes| bytes.try_into().ok())
        .map(Secret::from_bytes)
        .ok_or_else(|| Error::Tampered("the signing key".into()))?;
        let installation = get(setting::INSTALLATION).await?;
        let installation =
            installation.try_into().map_err(|_| Error::Tampered("the installation's id".into()))?;
        let public = head::public(&signing);
        if get(setting::PUBLIC_KEY).await? != public {
            return Err(Error::Tampered("the public key of the log".into()));
        }
        Ok(Store {
            inner: Arc::new(Inner { engine, vault, keys, signing, installation, public, clock, random }),
        })
    }

    /// The public key that verifies signed heads.
    pub fn public_key(&self) -> [u8; 32] {
        self.inner.public
    }

    /// The random id of the installation.
    pub fn installation(&self) -> [u8; 16] {
        self.inner.installation
    }

    /// The ids of the installation keys that this store was given, the one
    /// that wraps first.
    pub fn key_ids(&self) -> Vec<u64> {
        self.inner.vault.keyring.ids().collect()
    }

    /// Reads a stream after a version; all of it after 0. A gap or an event
    /// that was changed is an error.
    pub async fn load(&self, permit: &Permit, stream: StreamId, after: u64) -> Result<Loaded> {
        demand(permit, stream, Access::Read)?;
        let Some((head, sealed)) = self.inner.engine.load(stream, after, MOST_LOADED).await? else {
            return Ok(Loaded { version: 0, events: Vec::new() });
        };
        let key = self.key(stream, head.key)?;
        let mut events = Vec::with_capacity(sealed.len());
        let mut version = after;
        for event in sealed {
            version += 1;
            let body = seal::open(&key, Place::Event(stream, version), event.sealed)
                .filter(|_| event.version == version)
                .ok_or_else(|| Error::Tampered(format!("event {version} of {stream}")))?;
            events.push(Event { version, position: event.position, at: event.at, body });
        }
        if version < head.version && events.len() < MOST_LOADED as usize {
            return Err(Error::Tampered(format!("the end of {stream} after event {version}")));
        }
        Ok(Loaded { version: version.max(head.version), events })
    }

    /// The versions of streams, in the same order, 0 for one that there is not; in one
    /// question to the database. Whoever has read a stream learns so whether it is still that.
    pub async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let found: HashMap<StreamId, u64> =
            self.inner.engine.versions(streams.to_vec()).await?.into_iter().collect();
        Ok(streams.iter().map(|stream| found.get(stream).copied().unwrap_or(0)).collect())
    }

    /// Reads a page of a list, by key and never by offset.
    pub async fn list(&self, name: &str, page: Page, most: u32) -> Result<Vec<ListRow>> {
        let list = self.inner.keys.list(name);
        let (from, backwards) = match page {
            Page::First => (([0; 24], true), false),
            Page::After(sort) => ((sort.to_bytes(), false), false),
            Page::Before(sort) => ((sort.to_bytes(), false), true),
        };
        let rows = self.inner.engine.list(list, from, backwards, most).await?;
        rows.into_iter()
            .map(|row| {
                let place = Place::List(&list, &row.sort, row.stream);
                let body = seal::open(&self.inner.keys.lists, place, row.sealed)
                    .ok_or_else(|| Error::Tampered(format!("the row of {} in a list", row.stream)))?;
                Ok(ListRow { stream: row.stream, sort: Sort::from_bytes(&row.sort), body })
            })
            .collect()
    }

    /// Reads a record, unless it has expired.
    pub async fn record(&self, kind: &str, key: &[u8]) -> Result<Option<Record>> {
        let row = self.inner.keys.record(kind, key);
        let Some(sealed) = self.inner.engine.record(row).await? else { return Ok(None) };
        let now = self.inner.clock.now();
        if sealed.expires.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        self.open_record(sealed).map(Some)
    }

    /// The records of a kind with these keys, in the same order, unless they have
    /// expired; in one question to the database.
    pub async fn records_at(&self, kind: &str, keys: &[Vec<u8>]) -> Result<Vec<Option<Record>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<[u8; 32]> = keys.iter().map(|key| self.inner.keys.record(kind, key)).collect();
        let now = self.inner.clock.now();
        let mut found: BTreeMap<[u8; 32], Record> = BTreeMap::new();
        for sealed in self.inner.engine.records_at(rows.clone()).await? {
            if sealed.expires.is_none_or(|expires| now < expires) {
                found.insert(sealed.row, self.open_record(sealed)?);
            }
        }
        Ok(rows.iter().map(|row| found.remove(row)).collect())
    }

    /// The answer to a request with this idempotency key, if it was carried
    /// out and is still remembered.
    pub async fn repeated(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.record(IDEMPOTENCY, key).await?.map(|record| record.value))
    }

    /// Every record of a kind that has not expired, in no order that means
    /// anything.
    pub async fn records(&self, kind: &str) -> Result<Vec<Record>> {
        let mut after = self.inner.keys.record(kind, &[]);
        after[16..].fill(0);
        let mut last = after;
        last[16..].fill(0xff);
        let now = self.inner.clock.now();
        let mut found = Vec::new();
        loop {
            let page = self.inner.engine.records(after, last, 500).await?;
            let Some(end) = page.last() else { return Ok(found) };
            after = end.row;
            for sealed in page {
                if sealed.expires.is_none_or(|expires| now < expires) {
                    found.push(self.open_record(sealed)?);
                }
            }
        }
    }

    fn open_record(&self, sealed: crate::rows::SealedRecord) -> Result<Record> {
        let place = Place::Record(&sealed.row, sealed.version);
        let value = seal::open(&self.inner.keys.records, place, sealed.sealed)
            .ok_or_else(|| Error::Tampered("a record".into()))?;
        Ok(Record { version: sealed.version, value, expires: sealed.expires })
    }

    /// Writes or deletes a record that has the expected version. What became
    /// of it: its new version, or the actual one.
    pub async fn put_record(&self, change: RecordChange) -> Result<std::result::Result<u64, u64>> {
        let version = change.expected + 1;
        let prepared = self.prepare_records(vec![change])?;
        match self.inner.engine.commit(prepared).await? {
            Verdict::Done(Outcome::RecordConflict { actual, .. }) => Ok(Err(actual)),
            Verdict::Done(_) => Ok(Ok(version)),
            _ => Err(Error::Refused("a record on its own repeats nothing".into())),
        }
    }

    /// Writes or deletes records together, each of the version that it expects.
    /// Whether nobody else had written one of them in between.
    pub async fn put_records(&self, changes: Vec<RecordChange>) -> Result<bool> {
        let prepared = self.prepare_records(changes)?;
        let verdict = self.inner.engine.commit(prepared).await?;
        Ok(matches!(verdict, Verdict::Done(outcome) if !matches!(outcome, Outcome::RecordConflict { .. })))
    }

    /// Deletes records that have expired, at most so many. How many.
    pub async fn sweep(&self, most: u32) -> Result<usize> {
        self.inner.engine.sweep(self.inner.clock.now(), most).await
    }

    /// Takes work of a lane that is due, at most so many pieces. Nobody else
    /// gets it before the lease is over.
    pub async fn claim(&self, lane: Lane, now: Instant, lease: Span, most: usize) -> Result<Vec<Work>> {
        let tokens: Vec<[u8; 16]> = (0..most.min(1000)).map(|_| draw(&*self.inner.random)).collect();
        let mut sealed = self.inner.engine.claim(lane.0, now, lease, tokens).await?;
        sealed.sort_by_key(|work| work.due);
        sealed
            .into_iter()
            .map(|work| {
                let key = self.key(work.stream, work.key)?;
                let body = seal::open(&key, Place::Work(work.stream, &work.id.bytes()), work.sealed)
                    .ok_or_else(|| Error::Tampered(format!("work {} of {}", work.id, work.stream)))?;
                let lease = Lease { work: work.id, token: work.token, until: now + lease };
                Ok(Work { lease, stream: work.stream, due: work.due, attempts: work.attempts, body })
            })
            .collect()
    }

    /// Takes work that is done away. Whether the lease still held.
    pub async fn finish(&self, lease: Lease) -> Result<bool> {
        self.finish_with(lease, Vec::new()).await
    }

    /// The same, together with records that say what came of it: either both
    /// or neither. Whether the lease still held and no record had changed.
    pub async fn finish_with(&self, lease: Lease, records: Vec<RecordChange>) -> Result<bool> {
        let mut prepared = self.prepare_records(records)?;
        prepared.finish.push((lease.work, lease.token));
        let verdict = self.inner.engine.commit(prepared).await?;
        Ok(matches!(verdict, Verdict::Done(Outcome::Appended { .. })))
    }

    /// Gives work back. Whether the lease still held.
    pub async fn release(&self, lease: Lease, again: Again) -> Result<bool> {
        let again = match again {
            Again::At(instant) => Some(instant),
            Again::Held => None,
        };
        self.inner.engine.release(lease, again).await
    }

    /// Opens an attachment of a stream for reading.
    pub async fn blob(&self, permit: &Permit, stream: StreamId, id: BlobId) -> Result<Blob> {
        demand(permit, stream, Access::Read)?;
        let missing = || Error::Missing(format!("attachment {id} in {stream}"));
        let (owner, parts, _) = self.inner.engine.blob(id.bytes()).await?.ok_or_else(missing)?;
        if owner != stream {
            return Err(missing());
        }
        let head = self.inner.engine.stream(stream).await?.ok_or_else(missing)?;
        let key = self.key(stream, head.key)?;
        Ok(Blob { store: self.clone(), stream, id, parts, key })
    }

    /// Follows all events after a position, as caches do.
    pub fn follow(&self, position: u64) -> Follow {
        Follow::new(self.clone(), position)
    }

    /// Destroys the key of a stream with its attachments, list rows and work.
    /// Its events stay as ciphertext that nobody can open, so that the log can
    /// still be verified. No copy of before opens any more. Demands the permit of an erasure that nobody has to
    /// confirm any more. Whether there was anything left to erase.
    pub async fn erase(&self, permit: &Permit, stream: StreamId) -> Result<bool> {
        demand(permit, stream, Access::Write)?;
        let erases = matches!(permit.action(), Action::CaseErase | Action::CaseEraseConfirm);
        if !erases || permit.needs_second() {
            return Err(Error::NotPermitted(format!("the erasure of {stream}")));
        }
        self.inner.vault.forget(stream);
        let erased = self.inner.engine.erase(stream, self.inner.clock.now(), self.other_copies()).await?;
        self.inner.vault.forget(stream);
        Ok(erased)
    }

    /// Wraps every key that an older key of the keyring wraps with the current
    /// one. How many keys. Afterwards the older one opens nothing any more.
    pub async fn rewrap(&self, older: u64) -> Result<u64> {
        let inner = &self.inner;
        let current = inner.vault.keyring.current();
        if older == current {
            return Err(Error::Refused("the current key cannot take its own place".into()));
        }
        if inner.vault.keyring.find(older).is_none() {
            return Err(Error::Key(format!("the keyring does not hold the key {older:016x}")));
        }
        let mut done = 0;
        loop {
            let keys = inner.engine.wrapped_by(older, KEYS_AT_ONCE).await?;
            if keys.is_empty() {
                break;
            }
            done += keys.len() as u64;
            let keys = keys.into_iter().map(|mut row| {
                let key = inner.vault.unwrap(Some(row.stream), row.key)?;
                row.key = inner.vault.wrap(Some(row.stream), &key, &*inner.random);
                Ok(row)
            });
            inner.engine.rewrap(keys.collect::<Result<_>>()?, older).await?;
        }
        let stored = inner.engine.setting(setting::DATABASE_KEY).await?.unwrap_or_default();
        let stored = Wrapped::decode(&stored)?;
        if stored.by == older {
            let key = inner.vault.unwrap(None, stored)?;
            let wrapped = inner.vault.wrap(None, &key, &*inner.random);
            inner.engine.set(setting::DATABASE_KEY, wrapped.encode()).await?;
            done += 1;
        }
        inner.engine.settle().await?;
        Ok(done)
    }

    /// Whether a key of the keyring wraps anything still.
    pub async fn wraps(&self, key: u64) -> Result<bool> {
        let engine = &self.inner.engine;
        let stored = engine.setting(setting::DATABASE_KEY).await?.unwrap_or_default();
        Ok(Wrapped::decode(&stored)?.by == key || !engine.wrapped_by(key, 1).await?.is_empty())
    }

    /// Whether the database answers and is whole, as far as it can tell itself.
    /// Whether its content was changed is for [`crate::log::verify`] to say.
    pub async fn check(&self) -> Result<()> {
        self.inner.engine.check().await
    }

    /// Lets the database file of SQLite grow to so many pages and no further,
    /// until the connection is made anew; 0 asks. PostgreSQL knows no such
    /// limit.
    pub async fn limit_pages(&self, pages: u32) -> Result<()> {
        self.inner.engine.limit_pages(pages).await
    }

    /// When the last entry of the chain was written, if there is one.
    pub async fn latest(&self) -> Result<Option<Instant>> {
        Ok(Some(self.inner.engine.latest().await?).filter(|at| *at > Instant::EPOCH))
    }

    /// What time it is where the database is: a server has a clock of its own,
    /// a file has none.
    pub async fn database_time(&self) -> Result<Option<Instant>> {
        self.inner.engine.time().await
    }

    /// Has everything that was asked written, and closes the database. Whoever
    /// asks for more, of this store or a clone, is told that it is closed.
    /// When this returns, the files may be replaced.
    pub async fn close(&self) {
        self.inner.engine.close().await;
    }

    /// The end of the chain.
    pub async fn head(&self) -> Result<Head> {
        let chain = self.inner.engine.chain().await?;
        Ok(Head { number: chain.number, position: chain.position, hash: chain.hash })
    }

    /// Signs the end of the chain and stores the signature.
    pub async fn sign_head(&self) -> Result<SignedHead> {
        let chain = self.inner.engine.chain().await?;
        let at = self.inner.clock.now();
        let inner = &self.inner;
        let head = SignedHead::sign(
            &inner.signing,
            inner.installation,
            chain.number,
            chain.position,
            at,
            chain.hash,
        );
        self.inner.engine.put_head(head.clone()).await?;
        Ok(head)
    }

    /// Signed heads of entries after a number.
    pub async fn heads(&self, after: u64, most: u32) -> Result<Vec<SignedHead>> {
        self.inner.engine.heads(self.inner.installation, self.inner.public, after, most).await
    }

    /// The key of a stream from its row.
    pub(crate) fn key(&self, stream: StreamId, wrapped: Option<Wrapped>) -> Result<Secret> {
        let vault = &self.inner.vault;
        let Some(wrapped) = wrapped else {
            vault.forget(stream);
            return Err(Error::Erased(stream.to_string()));
        };
        if let Some(key) = vault.cached(stream) {
            return Ok(key);
        }
        let key = vault.unwrap(Some(stream), wrapped)?;
        vault.remember(stream, &key);
        Ok(key)
    }
}

/// An attachment that is being read.
pub struct Blob {
    store: Store,
    stream: StreamId,
    id: BlobId,
    parts: u32,
    key: Secret,
}

impl Blob {
    /// How many parts it has.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// Reads a part, counted from 0. All but the last are equally long.
    pub async fn part(&self, part: u32) -> Result<Vec<u8>> {
        let name = || format!("part {part} of attachment {} in {}", self.id, self.stream);
        let sealed = self.store.inner.engine.blob_part(self.id.bytes(), part).await?;
        let sealed = sealed.ok_or_else(|| Error::Missing(name()))?;
        let place = Place::Blob(self.stream, &self.id.bytes(), part, part + 1 == self.parts);
        seal::open(&self.key, place, sealed).ok_or_else(|| Error::Tampered(name()))
    }

    /// Reads all of it.
    pub async fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for part in 0..self.parts {
            bytes.extend(self.part(part).await?);
        }
        Ok(bytes)
    }
}

/// The verbs on a stream are for those who have a permit for it.
pub(crate) fn demand(permit: &Permit, stream: StreamId, access: Access) -> Result<()> {
    if permit.fits(stream, access) { Ok(()) } else { Err(Error::NotPermitted(stream.to_string())) }
}

/// What a new database begins with.
fn first_settings(vault: &Vault, random: &dyn Random) -> Vec<(&'static str, Vec<u8>)> {
    let database = Secret::random(random);
    let signing = Secret::random(random);
    let keys = DatabaseKeys::derive(&database);
    let place = Place::Setting(setting::SIGNING_KEY);
    vec![
        (setting::INSTALLATION, draw::<16>(random).to_vec()),
        (setting::PUBLIC_KEY, head::public(&signing).to_vec()),
        (setting::DATABASE_KEY, vault.wrap(None, &database, random).encode()),
        (setting::SIGNING_KEY, seal::seal(&keys.settings, place, signing.expose(), random)),
    ]
}

/// An id for a wake-up of a stream: beginning as that does, so that what is
/// written together lies together.
pub(crate) fn new_wake(stream: StreamId, random: &dyn Random) -> WorkId {
    let mut id = stream.bytes();
    id[5..].copy_from_slice(&draw::<11>(random));
    WorkId::from_bytes(id)
}
