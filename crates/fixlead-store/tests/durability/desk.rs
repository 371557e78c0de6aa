//! The desk that is tormented: what it writes follows from a client's number
//! and how many appends it has made, so whoever looks afterwards knows what has
//! to be there without having been told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use fixlead_core::access::{Action, Actor, CaseStanding, CaseState, Permit, Target, decide};
use fixlead_core::id::{BlobId, CaseId, OrganisationId, ProjectId, StreamId, WorkId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::log::SignedHead;
use fixlead_store::{
    Again, Append, Clock, Idempotency, Keyring, Lane, ListChange, Location, NewBlob, Page, Random,
    RecordChange, Secret, Store, WorkChange, log,
};

use crate::chance::Chance;

/// Appends to one stream before the next is begun.
const IN_STREAM: u64 = 8;
/// The lane of wake-ups, of which each stream has one.
const WAKES: Lane = Lane(1);
/// The lane of what is to be done once.
const ERRANDS: Lane = Lane(2);
/// When everything begins, and when work is due, in milliseconds.
const BEGIN: i64 = 1_790_000_000_000;
pub const DUE: i64 = BEGIN + 400 * 86_400_000;

const SAID: &str = "the store says: ";

/// A clock that goes on by a millisecond each time somebody looks.
struct Steps(AtomicI64);

impl Clock for Steps {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

struct Dice(Mutex<Chance>);

impl Random for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill(bytes);
    }
}

/// Opens the store below a directory. The seed must differ from opening to
/// opening: nonces come from it.
pub async fn open(directory: &Path, seed: u64) -> Result<Store, String> {
    open_at(directory, seed, Arc::new(Steps(AtomicI64::new(BEGIN)))).await
}

/// The same with a clock.
pub async fn open_at(directory: &Path, seed: u64, clock: Arc<dyn Clock>) -> Result<Store, String> {
    let keyring = Keyring::new(Secret::from_bytes([7; 32]));
    let random = Arc::new(Dice(Mutex::new(Chance::new(seed))));
    Store::open(Location::Directory(directory.to_owned()), keyring, clock, random).await.map_err(said)
}

fn id(client: u64, what: u8, number: u64) -> [u8; 16] {
    let mut bytes = [what; 16];
    let mut chance = Chance::new(client << 40 ^ u64::from(what) << 32 ^ number);
    chance.fill(&mut bytes[1..]);
    bytes
}

/// The stream of an append, counted from 1.
fn stream_of(client: u64, append: u64) -> StreamId {
    CaseId::from_bytes(id(client, 1, (append - 1) / IN_STREAM)).into()
}

fn events_in(client: u64, append: u64) -> usize {
    1 + Chance::new(client << 32 ^ append).below(4)
}

/// What an event says: who wrote it, which of how many, and much else.
fn body(client: u64, append: u64, index: usize) -> Vec<u8> {
    let mut chance = Chance::new(client << 48 ^ append << 8 ^ index as u64);
    let long = if chance.of(0.2) { 12_000 } else { 900 };
    let mut bytes = vec![0; 40 + chance.below(long)];
    chance.fill(&mut bytes);
    let head = format!("{client}/{append}/{index}/");
    bytes[..head.len()].copy_from_slice(head.as_bytes());
    bytes
}

fn attachment(client: u64, append: u64) -> Option<Vec<u8>> {
    append.is_multiple_of(7).then(|| {
        let mut chance = Chance::new(!(client << 32 ^ append));
        let mut bytes = vec![0; chance.below(150_000)];
        chance.fill(&mut bytes);
        bytes
    })
}

fn has_errand(append: u64) -> bool {
    append.is_multiple_of(3)
}

/// What the installation may do with a case by itself.
fn permit(stream: StreamId) -> Permit {
    let standing = CaseStanding {
        case: CaseId::from_bytes(stream.bytes()),
        project: ProjectId::from_bytes([1; 16]),
        organisation: OrganisationId::from_bytes([2; 16]),
        state: CaseState::Embargoed,
        restricted: false,
        recused: Vec::new(),
    };
    let now = Instant::from_millis(BEGIN);
    decide(&Actor::System, &[], Action::ReminderRecord, Target::Case(&standing), now)
        .expect("the installation may record a reminder")
}

/// An append of a client with all that changes with it.
pub fn append(client: u64, number: u64) -> (Permit, Append) {
    let stream = stream_of(client, number);
    let first = (number - 1) / IN_STREAM * IN_STREAM + 1;
    let before: usize = (first..number).map(|earlier| events_in(client, earlier)).sum();
    let text = number.to_string().into_bytes();
    let due = Instant::from_millis(DUE);
    let mut append = Append::to(stream, before as u64);
    append.events = (0..events_in(client, number)).map(|index| body(client, number, index)).collect();
    append.lists.push(ListChange { list: "open".into(), row: Some((due, text.clone())) });
    append.records.push(RecordChange {
        kind: "reached".into(),
        key: client.to_be_bytes().to_vec(),
        expected: number - 1,
        value: Some(text.clone()),
        expires: None,
    });
    append.work.push(WorkChange::Wake { lane: WAKES, due, body: text.clone() });
    if has_errand(number) {
        let id = WorkId::from_bytes(id(client, 2, number));
        append.work.push(WorkChange::Put { id, lane: ERRANDS, due, body: text.clone() });
    }
    if let Some(bytes) = attachment(client, number) {
        append.blobs.push(NewBlob { id: BlobId::from_bytes(id(client, 3, number)), bytes });
    }
    let mut key = client.to_be_bytes().to_vec();
    key.extend(number.to_be_bytes());
    append.idempotency = Some(Idempotency { key, answer: text, until: Instant::from_millis(DUE) });
    (permit(stream), append)
}

/// How many appends of a client the store says it has.
pub async fn reached(store: &Store, client: u64) -> Result<u64, String> {
    let record = store.record("reached", &client.to_be_bytes()).await.map_err(said)?;
    let Some(record) = record else { return Ok(0) };
    let text = String::from_utf8(record.value).map_err(|_| "a record is no text")?;
    let number: u64 = text.parse().map_err(|_| "a record is no number")?;
    if number == record.version { Ok(number) } else { Err("a record has the version of another".into()) }
}

/// What the store or the database said, as against what a test found.
fn said(error: impl std::fmt::Display) -> String {
    format!("{SAID}{error}")
}

/// Whether the store said it.
pub fn is_said(why: &str) -> bool {
    why.starts_with(SAID)
}

/// What was acknowledged to each client.
pub type Acknowledged = BTreeMap<u64, u64>;

/// Notes an acknowledgement: `ack CLIENT NUMBER`.
pub fn note(acknowledged: &mut Acknowledged, line: &str) -> bool {
    let mut words = line.split_whitespace();
    let (Some("ack"), Some(client), Some(number)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let (Ok(client), Ok(number)) = (client.parse(), number.parse::<u64>()) else { return false };
    let known = acknowledged.entry(client).or_default();
    *known = number.max(*known);
    true
}

/// Looks at everything that clients have written: what was acknowledged is
/// there, complete and readable; of what was not, each append is there as a
/// whole or not at all. What is wrong first.
pub async fn inspect(
    store: &Store,
    clients: u64,
    acknowledged: &Acknowledged,
    recent: Option<u64>,
) -> Result<u64, String> {
    let mut streams = BTreeMap::new();
    let mut errands = BTreeSet::new();
    let mut all = 0;
    for client in 0..clients {
        let reached = reached(store, client).await?;
        let least = acknowledged.get(&client).copied().unwrap_or(0);
        if reached < least {
            return Err(format!("client {client} was told of {least} appends, {reached} are there"));
        }
        if reached > least + 1 {
            return Err(format!("client {client} has {reached} appends and was told of {least}"));
        }
        let first = recent.map_or(1, |recent| reached.saturating_sub(recent).max(1));
        let first = (first - 1) / IN_STREAM * IN_STREAM + 1;
        for begin in (first..=reached).step_by(IN_STREAM as usize) {
            let last = reached.min(begin + IN_STREAM - 1);
            inspect_stream(store, client, begin, last).await?;
            streams.insert(stream_of(client, begin), last);
        }
        errands.extend(
            (first..=reached).filter(|number| has_errand(*number)).map(|number| id(client, 2, number)),
        );
        // The stream after the last one must not have begun.
        if reached.is_multiple_of(IN_STREAM) {
            let next = stream_of(client, reached + 1);
            let loaded = store.load(&permit(next), next, 0).await.map_err(said)?;
            if loaded.version != 0 {
                return Err(format!("client {client} has half of append {}", reached + 1));
            }
        }
        all += reached;
    }
    if recent.is_none() {
        inspect_lists(store, &streams).await?;
        inspect_work(store, &streams, &errands).await?;
    }
    Ok(all)
}

async fn inspect_stream(store: &Store, client: u64, first: u64, last: u64) -> Result<(), String> {
    let stream = stream_of(client, first);
    let loaded = store.load(&permit(stream), stream, 0).await.map_err(said)?;
    let mut events = loaded.events.iter();
    for number in first..=last {
        for index in 0..events_in(client, number) {
            let name = || format!("event {index} of append {number} of client {client}");
            let event = events.next().ok_or_else(|| format!("{} is missing", name()))?;
            if event.body != body(client, number, index) {
                return Err(format!("{} says something else", name()));
            }
        }
        if let Some(expected) = attachment(client, number) {
            let id = BlobId::from_bytes(id(client, 3, number));
            let blob = store.blob(&permit(stream), stream, id).await.map_err(said)?;
            if blob.bytes().await.map_err(said)? != expected {
                return Err(format!("the attachment of append {number} of client {client} is another"));
            }
        }
    }
    match events.next() {
        None => Ok(()),
        Some(_) => Err(format!("client {client} has events beyond append {last}")),
    }
}

async fn inspect_lists(store: &Store, streams: &BTreeMap<StreamId, u64>) -> Result<(), String> {
    let mut found = BTreeMap::new();
    let mut page = Page::First;
    loop {
        let rows = store.list("open", page, 500).await.map_err(said)?;
        let Some(last) = rows.last() else { break };
        page = Page::After(last.sort);
        for row in &rows {
            if found.insert(row.stream, row.body.clone()).is_some() {
                return Err(format!("{} stands twice in a list", row.stream));
            }
        }
    }
    let expected: BTreeMap<StreamId, Vec<u8>> =
        streams.iter().map(|(stream, last)| (*stream, last.to_string().into_bytes())).collect();
    if found == expected { Ok(()) } else { Err("a list does not agree with the events".into()) }
}

/// Nobody may take work at this instant.
pub async fn nothing_due(store: &Store, now: Instant) -> Result<(), String> {
    for lane in [WAKES, ERRANDS] {
        let claimed = store.claim(lane, now, Span::from_millis(1000), 1000).await.map_err(said)?;
        if !claimed.is_empty() {
            return Err("work could be taken before it was due".into());
        }
    }
    Ok(())
}

/// Takes all work and gives it back.
async fn inspect_work(
    store: &Store,
    streams: &BTreeMap<StreamId, u64>,
    errands: &BTreeSet<[u8; 16]>,
) -> Result<(), String> {
    nothing_due(store, Instant::from_millis(DUE - 1)).await?;
    let late = Instant::from_millis(DUE);
    for lane in [WAKES, ERRANDS] {
        let most = streams.len() + errands.len() + 1;
        let mut found = Vec::new();
        loop {
            let some =
                store.claim(lane, late, Span::from_millis(1000), most.min(1000)).await.map_err(said)?;
            if some.is_empty() {
                break;
            }
            found.extend(some);
        }
        for work in &found {
            let again = Again::At(work.due);
            store.release(work.lease, again).await.map_err(said)?;
        }
        let agrees = if lane == WAKES {
            let expected: BTreeMap<StreamId, Vec<u8>> =
                streams.iter().map(|(stream, last)| (*stream, last.to_string().into_bytes())).collect();
            let woken: BTreeMap<StreamId, Vec<u8>> =
                found.iter().map(|work| (work.stream, work.body.clone())).collect();
            woken == expected && found.len() == expected.len()
        } else {
            let ids: BTreeSet<[u8; 16]> = found.iter().map(|work| work.lease.work.bytes()).collect();
            ids == *errands && found.len() == errands.len()
        };
        if !agrees {
            return Err("work does not agree with the events".into());
        }
    }
    Ok(())
}

/// The database's own check, and the log's, against what a witness has.
pub async fn verify(directory: &Path, witness: &[SignedHead]) -> Result<(), String> {
    let file = directory.join("fixlead.db");
    let connection = rusqlite::Connection::open(file).map_err(said)?;
    let found: String = connection.query_row("PRAGMA integrity_check", (), |row| row.get(0)).map_err(said)?;
    if found != "ok" {
        return Err(said(format!("the database is damaged: {found}")));
    }
    drop(connection);
    let location = Location::Directory(directory.to_owned());
    match log::verify::database(&location, witness).await.map_err(said)? {
        Ok(_) => Ok(()),
        Err(fault) => Err(said(fault)),
    }
}

/// Appends something that no client wrote, to see that it still takes it.
pub async fn is_alive(store: &Store, number: u64) -> Result<(), String> {
    let stream = CaseId::from_bytes(id(99, 9, number)).into();
    let append = Append::to(stream, 0).event("alive");
    match store.append(&permit(stream), append).await {
        Ok(outcome) if outcome.is_written() => Ok(()),
        Ok(outcome) => Err(format!("it does not take what is new: {outcome:?}")),
        Err(error) => Err(format!("it does not take what is new: {error}")),
    }
}
