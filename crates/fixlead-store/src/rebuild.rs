//! What stands beside the events of streams and follows from them: rows of
//! lists, wake-ups. Read here as it is stored, so that it can be compared with
//! what the events say; [`crate::Append::afresh`] writes it anew.

use std::collections::BTreeMap;

use fixlead_core::access::{Access, Permit};
use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::Instant;

use crate::append::{Lane, Sort};
use crate::error::{Error, Result};
use crate::log::hash::Extra;
use crate::rows::SealedListRow;
use crate::seal::{self, Place};
use crate::store::{Store, demand};

/// Entries that are read at once.
const ENTRIES_AT_ONCE: u32 = 10_000;

/// The name of a list as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListName(pub(crate) [u8; 16]);

/// What stands beside the events of a stream.
#[derive(Clone, Default, PartialEq)]
pub struct Beside {
    /// Its rows, by list: where they stand and what they say.
    pub rows: BTreeMap<ListName, (Sort, Vec<u8>)>,
    /// Its wake-ups: when, and what for.
    pub wakes: BTreeMap<Lane, (Instant, Vec<u8>)>,
    /// How many of either do not open: they were changed, moved or exchanged.
    pub unreadable: usize,
}

/// A wake-up still sealed: its lane, its id, its due, what for.
pub(crate) type SealedWake = (i16, WorkId, Instant, Vec<u8>);

/// The rows of a stream with their lists, and its wake-ups, still sealed.
pub(crate) type SealedBeside = (Vec<([u8; 16], SealedListRow)>, Vec<SealedWake>);

impl Store {
    /// The name of a list as it is stored.
    pub fn list_name(&self, name: &str) -> ListName {
        ListName(self.inner.keys.list(name))
    }

    /// What stands beside the events of a stream.
    pub async fn beside(&self, permit: &Permit, stream: StreamId) -> Result<Beside> {
        demand(permit, stream, Access::Read)?;
        let head = self.inner.engine.stream(stream).await?;
        let head = head.ok_or_else(|| Error::Missing(format!("stream {stream}")))?;
        let key = self.key(stream, head.key)?;
        let (rows, wakes) = self.inner.engine.beside(stream).await?;
        let mut beside = Beside::default();
        for (list, row) in rows {
            match seal::open(&self.inner.keys.lists, Place::List(&list, &row.sort, stream), row.sealed) {
                Some(body) => {
                    beside.rows.insert(ListName(list), (Sort::from_bytes(&row.sort), body));
                }
                None => beside.unreadable += 1,
            }
        }
        for (lane, id, due, sealed) in wakes {
            match seal::open(&key, Place::Work(stream, &id.bytes()), sealed) {
                Some(body) => {
                    beside.wakes.insert(Lane(lane), (due, body));
                }
                None => beside.unreadable += 1,
            }
        }
        Ok(beside)
    }

    /// How many rows and pieces of work belong to no stream that can be read.
    pub async fn strays(&self) -> Result<u64> {
        self.inner.engine.strays(false).await
    }

    /// Deletes rows and work that belong to no stream that can be read. How many.
    pub async fn drop_strays(&self) -> Result<u64> {
        self.inner.engine.strays(true).await
    }

    /// The streams that were erased after an entry of the chain, and the number
    /// of the last entry that was looked at.
    pub async fn erased_since(&self, entry: u64) -> Result<(Vec<StreamId>, u64)> {
        let last = self.inner.engine.chain().await?.number;
        let (mut erased, mut after) = (Vec::new(), entry);
        loop {
            let entries = self.inner.engine.extras(after, last, ENTRIES_AT_ONCE).await?;
            let Some((number, _)) = entries.last() else { return Ok((erased, last.max(entry))) };
            after = *number;
            for (number, extras) in entries {
                let tampered = || Error::Tampered(format!("entry {number} of the log"));
                erased.extend(Extra::decode(&extras).ok_or_else(tampered)?.into_iter().filter_map(|extra| {
                    match extra {
                        Extra::Erased { stream } => Some(stream),
                        Extra::Blob { .. } => None,
                    }
                }));
            }
        }
    }
}
