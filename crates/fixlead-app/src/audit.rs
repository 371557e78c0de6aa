//! The tamper-evident log, for those who check it: who recorded what, and where.
//!
//! What concerns a case names it, and what was recorded there, for those who
//! may read its log; nothing of what it says. For others it is an entry
//! somewhere, since the chain without it could not be checked.

use std::collections::BTreeMap;

use fixlead_core::access::{Action, Permit, Within};
use fixlead_core::desk::directory::{DirectoryEntry, DirectoryEvent};
use fixlead_core::desk::event::{By as Author, DeskEvent, Happening};
use fixlead_core::id::{CaseId, PersonId, StreamKind};
use fixlead_core::time::{Instant, format_day};
use fixlead_store::Followed;
use fixlead_store::log::SignedHead;
use serde_json::Value;

use crate::accounts::Caller;
use crate::case::kept::Kept;
use crate::case::read::kind;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};

/// Most entries on a page.
pub const MOST: usize = 200;
/// Most entries that are looked at for a page.
const LOOKED_AT: u64 = 2_000;
/// How many signed heads are shown.
const HEADS: usize = 5;
/// How far back signed heads are looked for, in entries of the chain.
const HEADS_BACK: u64 = 10_000;

/// The end of the log.
pub struct End {
    /// The number of the last entry of the chain.
    pub number: u64,
    /// The position of the last event.
    pub position: u64,
    /// The hash of the last entry.
    pub hash: [u8; 32],
    /// The last heads that were signed, the newest first.
    pub heads: Vec<SignedHead>,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// In the directory.
    Directory,
    /// In a case that whoever asks may check.
    Case(CaseId),
    /// In a case that is not theirs to check, or was erased.
    Elsewhere,
}

/// An entry of the log.
pub struct Entry {
    /// Its place in the installation.
    pub position: u64,
    /// When it was recorded.
    pub at: Instant,
    /// Where it stands.
    pub stands: Stands,
    /// By whom, where that may be told: nobody when the desk itself did.
    pub by: Option<Option<PersonId>>,
    /// What it is, by its name.
    pub what: String,
    /// The same in words, where its name alone does not say it.
    pub words: &'static str,
    /// Particulars of the directory's entries, and what was read.
    pub about: Vec<(String, String)>,
}

/// A page of the log, the newest entry first.
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Before which place the next page begins, if there is one.
    pub older: Option<u64>,
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those whose name begins so.
    pub what: String,
    /// Those that somebody recorded.
    pub by: Option<PersonId>,
}

impl Desk {
    async fn audits(&self, caller: &Caller) -> Result<Permit> {
        let snapshot = self.directory().await?;
        let within = Within::Installation;
        Ok(self.directory_permit(&snapshot, caller, Action::InstallationLogRead, within)?)
    }

    /// The end of the log, for those who check it.
    pub async fn log_end(&self, caller: &Caller) -> Result<End> {
        self.audits(caller).await?;
        let head = self.inner.store.head().await?;
        let after = head.number.saturating_sub(HEADS_BACK);
        let mut heads = self.inner.store.heads(after, HEADS_BACK as u32).await?;
        heads.reverse();
        heads.truncate(HEADS);
        Ok(End { number: head.number, position: head.position, hash: head.hash, heads })
    }

    /// A page of the log, before a place, for those who check it.
    pub async fn audit(&self, caller: &Caller, before: Option<u64>, wanted: &Wanted) -> Result<Page> {
        let permit = self.audits(caller).await?;
        let end = self.inner.store.head().await?.position + 1;
        let before = before.unwrap_or(end).min(end);
        // Without a wish every entry is shown, so that no more are read.
        let narrows = !wanted.what.is_empty() || wanted.by.is_some();
        let most = if narrows { LOOKED_AT } else { MOST as u64 };
        let from = before.saturating_sub(most + 1);
        let mut follow = self.inner.store.follow(from);
        let mut found = follow.now(most as u32).await?;
        found.retain(|event| event.position < before);
        let own = found.iter().filter(|event| event.stream.kind() == StreamKind::Installation);
        let mut directory = BTreeMap::new();
        if let Some(first) = own.map(|event| event.version).min() {
            let stream = self.inner.installation.into();
            for event in self.inner.store.load(&permit, stream, first - 1).await?.events {
                let entry =
                    std::str::from_utf8(&event.body).ok().and_then(|text| DirectoryEntry::read(text).ok());
                directory.extend(entry.map(|entry| (event.version, entry)));
            }
        }
        let snapshot = self.directory().await?;
        let older = (from > 0).then_some(from + 1);
        let mut entries = Vec::new();
        found.reverse();
        for some in found.chunks(MOST) {
            let cases: Vec<CaseId> = some.iter().filter_map(case_of).collect();
            let mut cases = self.kept_of(&cases).await?.into_iter();
            for event in some {
                let entry = match (case_of(event), event.stream.kind()) {
                    (Some(case), _) => match cases.next().unwrap_or(Err(Problem::NotFound)) {
                        Ok(kept) => Some(self.of_case(caller, &snapshot, case, &kept, event)),
                        Err(Problem::NotFound) => Some(elsewhere(event)),
                        Err(problem) => return Err(problem),
                    },
                    (None, StreamKind::Installation) => {
                        directory.get(&event.version).map(|entry| of_directory(event.position, entry))
                    }
                    (None, _) => None,
                };
                let fits = |entry: &Entry| {
                    entry.what.starts_with(&wanted.what)
                        && wanted.by.is_none_or(|by| entry.by == Some(Some(by)))
                };
                if entries.len() == MOST {
                    return Ok(Page { entries, older: Some(event.position + 1) });
                }
                entries.extend(entry.filter(fits));
            }
        }
        Ok(Page { entries, older })
    }

    fn of_case(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        case: CaseId,
        kept: &Kept,
        event: &Followed,
    ) -> Entry {
        if self.case_permit(caller, snapshot, &kept.file, Action::LogRead).is_err() {
            return elsewhere(event);
        }
        let entry =
            usize::try_from(event.version).ok().and_then(|version| kept.entries.get(version.checked_sub(1)?));
        let Some(entry) = entry else { return elsewhere(event) };
        let read = match &entry.event {
            Happening::Desk(event) => match &**event {
                DeskEvent::ReadRecorded { person, action } => Some((*person, action.to_string())),
                _ => None,
            },
            Happening::Case(_) => None,
        };
        let about = read.map(|(person, action)| {
            vec![("person".to_owned(), person.to_string()), ("read".to_owned(), action)]
        });
        Entry {
            stands: Stands::Case(case),
            by: Some(author(entry.by)),
            what: kind(&entry.event),
            about: about.unwrap_or_default(),
            ..elsewhere(event)
        }
    }
}

/// The case that an entry is of.
fn case_of(event: &Followed) -> Option<CaseId> {
    (event.stream.kind() == StreamKind::Case).then(|| CaseId::from_bytes(event.stream.bytes()))
}

/// An entry that stands where whoever asks may not check it.
fn elsewhere(event: &Followed) -> Entry {
    let (position, at) = (event.position, event.at);
    Entry {
        position,
        at,
        stands: Stands::Elsewhere,
        by: None,
        what: String::new(),
        words: "",
        about: Vec::new(),
    }
}

fn author(by: Author) -> Option<PersonId> {
    match by {
        Author::System => None,
        Author::Person(person) => Some(person),
    }
}

/// What is done in the directory that a name alone does not say.
fn words(event: &DirectoryEvent) -> &'static str {
    use DirectoryEvent as E;
    match event {
        E::AdvisoriesProposed { .. } => {
            "asked that advisories published elsewhere be taken in; another person has to confirm it"
        }
        E::AdvisoriesTakenIn { offer: Some(_), .. } => {
            "confirmed that advisories published elsewhere become public here"
        }
        E::AdvisoriesTakenIn { offer: None, .. } => {
            "alone took in advisories that were published elsewhere; they are public here"
        }
        E::AdvisoriesDeclined { .. } => "declined or took back advisories that were to be taken in",
        E::AdvisoriesReplaced { .. } => {
            "took back an advisory that had been taken in, for a case published one of its id"
        }
        E::CnaSet { new_key: true, .. } => "entered the key of a CNA at CVE Services",
        E::CnaSet { new_key: false, .. } => "changed who asks at CVE Services, with the key that was kept",
        E::CnaRemoved { .. } => "removed a CNA, key and all",
        _ => "",
    }
}

/// An entry of the directory. Facts and lists are named and not written out, but for what
/// became public and for logins, which decide whose LGTM counts.
fn of_directory(position: u64, entry: &DirectoryEntry) -> Entry {
    let event = serde_json::to_value(&entry.event).unwrap_or_default();
    let fields = event.as_object().into_iter().flatten();
    let said = |name: &&String| !matches!(name.as_str(), "type" | "advisories" | "new_key");
    let advisories = match &entry.event {
        DirectoryEvent::AdvisoriesProposed { advisories, .. }
        | DirectoryEvent::AdvisoriesTakenIn { advisories, .. }
        | DirectoryEvent::AdvisoriesReplaced { advisories, .. } => advisories.as_slice(),
        _ => &[],
    };
    let advisories = advisories.iter().map(|one| {
        let latest = format_day(one.latest.day());
        (one.id.to_string(), format!("of {latest} at the latest, SHA-256 {}", &*one.sha256))
    });
    let told = fields.filter(|(name, _)| said(name)).map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => match number.as_i64().filter(|_| name == "day") {
                Some(day) => format_day(day),
                None => number.to_string(),
            },
            Value::Array(list) if name == "logins" && list.is_empty() => "none".to_owned(),
            Value::Array(list) if name == "logins" => {
                list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            Value::Array(list) => format!("{} of them", list.len()),
            Value::Object(parts) => match (parts.get("policy"), parts.iter().next()) {
                (Some(Value::String(policy)), _) => policy.clone(),
                (_, Some((place, Value::String(id)))) if parts.len() == 1 => format!("{place} {id}"),
                _ => "set".to_owned(),
            },
            other => other.to_string(),
        };
        // Of a webhook's secret the log has this and no more.
        let name = if name == "secret" { "SHA-256 of the secret" } else { name };
        (name.to_owned(), value)
    });
    Entry {
        position,
        at: entry.at,
        stands: Stands::Directory,
        by: Some(author(entry.by)),
        what: event["type"].as_str().unwrap_or_default().to_owned(),
        words: words(&entry.event),
        about: told.chain(advisories).collect(),
    }
}
