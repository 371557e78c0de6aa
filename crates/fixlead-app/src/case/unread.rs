//! What is new to somebody since they last looked: by case and room.
//!
//! How far somebody has read is a sealed record of theirs for each case, so that
//! it is the same on every device and after every start. It is no entry of the
//! log: it says nothing to anybody else, and grows nothing. What stands in a room
//! is counted in its order (messages, and files by themselves), and never taken
//! out, so that two counts say what was seen. A row of a list says the same of a
//! case without reading it.

use std::collections::BTreeMap;

use fixlead_core::access::{Action, Denied};
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::event::{By as Author, Room};
use fixlead_core::id::{CaseId, PersonId};
use serde::{Deserialize, Serialize};

use crate::accounts::{Caller, kept};
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// The kind of record.
const LOOKED: &str = "looked";
/// How often a mark is tried beside another device's.
const TRIES: usize = 20;

/// How much of a room somebody has seen, or how much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Messages, from the first on.
    pub messages: u32,
    /// Files, from the first on.
    pub files: u32,
}

/// A room in which something is new to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct New {
    /// The room.
    pub room: Room,
    /// How many messages and files of others they have not seen.
    pub count: usize,
}

/// How far somebody has read a case, by the names of its rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Looked {
    rooms: BTreeMap<String, Extent>,
}

impl Looked {
    pub fn of(&self, room: Room) -> Extent {
        self.rooms.get(room.name()).copied().unwrap_or_default()
    }
}

/// What a row says of a room: how much stands in it, and who wrote the last.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomNews {
    pub room: String,
    messages: Last,
    files: Last,
}

/// The last of several things in their order.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    /// How many there are.
    all: u32,
    /// Who wrote the last one; nobody, if the desk did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<PersonId>,
    /// Up to which one somebody else has written.
    #[serde(default)]
    other: u32,
}

impl Last {
    fn of(authors: impl Iterator<Item = Author>) -> Last {
        let mut last = Last::default();
        let mut before = None;
        for author in authors {
            let by = match author {
                Author::System => None,
                Author::Person(person) => Some(person),
            };
            if last.all > 0 && before != Some(by) {
                last.other = last.all;
            }
            last.all += 1;
            last.by = by;
            before = Some(by);
        }
        last
    }

    /// Up to which one others have written, for somebody.
    fn by_others(&self, me: PersonId) -> u32 {
        if self.by == Some(me) { self.other } else { self.all }
    }
}

impl RoomNews {
    /// Whether something of others is new to somebody who has seen so much.
    pub fn is_new_to(&self, me: PersonId, seen: Extent) -> bool {
        self.messages.by_others(me) > seen.messages || self.files.by_others(me) > seen.files
    }
}

/// What a row says of the rooms of a case; nothing of those that are empty.
pub(crate) fn news(file: &CaseFile) -> Vec<RoomNews> {
    let of = |room: Room| RoomNews {
        room: room.name().to_owned(),
        messages: Last::of(file.rooms.get(&room).into_iter().flatten().map(|message| message.by)),
        files: Last::of(file.attachments.iter().filter(|file| file.room == room).map(|file| file.by)),
    };
    Room::ALL.iter().map(|room| of(*room)).filter(|news| news.messages.all + news.files.all > 0).collect()
}

/// What lets somebody read a room.
pub(crate) const fn reading(room: Room) -> Action {
    match room {
        Room::Internal => Action::InternalRead,
        Room::Reporter => Action::ReporterRead,
        Room::Guest => Action::GuestRead,
    }
}

fn key(person: PersonId, case: CaseId) -> Vec<u8> {
    [person.bytes(), case.bytes()].concat()
}

impl Desk {
    /// What is new to somebody in the rooms of a case that they may read, and
    /// whether they have looked at it before.
    pub async fn unread(&self, caller: &Caller, case: CaseId) -> Result<(Vec<New>, bool)> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        let me = caller.person;
        let may = |room| self.case_permit(caller, &snapshot, &kept.file, reading(room));
        let rooms: Vec<Room> = Room::ALL.iter().copied().filter(|room| may(*room).is_ok()).collect();
        if rooms.is_empty() {
            return Err(Problem::NotFound);
        }
        let found = kept::get::<Looked>(&self.inner.store, LOOKED, &key(me, case)).await?;
        let before = found.is_some();
        let looked = found.map(|found| found.value).unwrap_or_default();
        let by_others = |author: Author| author != Author::Person(me);
        let new = rooms.into_iter().map(|room| {
            let seen = looked.of(room);
            let messages = kept.file.rooms.get(&room).into_iter().flatten();
            let messages = messages.skip(seen.messages as usize).filter(|message| by_others(message.by));
            let files = kept.file.attachments.iter().filter(|file| file.room == room);
            let files = files.skip(seen.files as usize).filter(|file| by_others(file.by));
            New { room, count: messages.count() + files.count() }
        });
        Ok((new.filter(|new| new.count > 0).collect(), before))
    }

    /// Notes that somebody has seen so much of a room, or the case alone. What was
    /// seen before stays seen.
    pub async fn mark_seen(&self, caller: &Caller, case: CaseId, room: Option<(Room, Extent)>) -> Result<()> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        let action = room.map_or(Action::CaseRead, |(room, _)| reading(room));
        self.case_permit(caller, &snapshot, &kept.file, action).map_err(|denied| match denied {
            // A room that somebody may not read is none.
            Denied::Forbidden { .. } if room.is_some() => Problem::NotFound,
            denied => denied.into(),
        })?;
        for _ in 0..TRIES {
            let key = key(caller.person, case);
            let found = kept::get::<Looked>(&self.inner.store, LOOKED, &key).await?;
            let version = found.as_ref().map_or(0, |found| found.version);
            let mut looked = found.map(|found| found.value).unwrap_or_default();
            if let Some((room, seen)) = room {
                // Nobody has seen more than there is.
                let messages = kept.file.rooms.get(&room).map_or(0, Vec::len);
                let files = kept.file.attachments.iter().filter(|file| file.room == room).count();
                let known = looked.of(room);
                let now = Extent {
                    messages: known
                        .messages
                        .max(seen.messages.min(u32::try_from(messages).unwrap_or(u32::MAX))),
                    files: known.files.max(seen.files.min(u32::try_from(files).unwrap_or(u32::MAX))),
                };
                if now == known && version > 0 {
                    return Ok(());
                }
                looked.rooms.insert(room.name().to_owned(), now);
            } else if version > 0 {
                return Ok(());
            }
            if kept::put(&self.inner.store, LOOKED, &key, version, Some(&looked), None).await? {
                return Ok(());
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// How far somebody has read each of these cases, where they have looked at
    /// it at all; in one question to the store.
    pub(crate) async fn looks(&self, person: PersonId, cases: &[CaseId]) -> Result<BTreeMap<CaseId, Looked>> {
        let keys: Vec<Vec<u8>> = cases.iter().map(|case| key(person, *case)).collect();
        let found = self.inner.store.records_at(LOOKED, &keys).await?;
        let read = |(case, record): (&CaseId, Option<fixlead_store::Record>)| {
            Some((*case, serde_json::from_slice(&record?.value).ok()?))
        };
        Ok(cases.iter().zip(found).filter_map(read).collect())
    }
}
