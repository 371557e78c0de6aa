//! Advisories that are public: what stands on the site, in feeds and in trees of
//! documents comes from here and nowhere else.
//!
//! | kind | key | value |
//! |---|---|---|
//! | `advisory` | `case` and the case, or `project`, the project and the public id | `Kept` |
//! | `advisories` | `changed` | nothing: its version tells that one of them changed |
//! | `import` | the offer and a place | the source of an advisory that waits for a second person |
//!
//! A record has no key of its case: what was published stays when the case is erased.

pub mod import;

use std::collections::BTreeSet;

use fixlead_core::access::{Action, CaseState};
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::desk::directory::Incoming;
use fixlead_core::desk::wire::{Line, Sha256};
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_core::time::Instant;
use fixlead_formats::check::{Checked, check};
use fixlead_formats::format::csaf_file_name;
use fixlead_formats::import::UNKNOWN;
use fixlead_formats::lint::{Insiders, Level};
use fixlead_formats::source;
use fixlead_store::{Record, RecordChange};
use serde::{Deserialize, Serialize};

use crate::accounts::{Caller, kept};
use crate::case::rows::{Row, Shelf};
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Fault, Problem, Result};

/// The kind of record.
const KIND: &str = "advisory";
/// The record that is written with each of them, so that nobody has to read all of them to
/// know that none has changed.
const CHANGED: (&str, &[u8]) = ("advisories", b"changed");
pub use import::MOST_AT_ONCE;
pub(crate) use import::{ids_of, names};

/// How often something is tried beside others who publish.
const TRIES: usize = 20;

/// An advisory that is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its source, `CASE.toml`.
    pub source: String,
    /// When it was published here, or published anew.
    pub at: Instant,
    /// Whether two people published it from a case. Otherwise it was taken in.
    pub of_case: bool,
}

/// The place where advisories become public, as far as it decides what may.
pub trait Site: Sync {
    /// Addresses that stand in nothing public.
    fn insiders(&self) -> &Insiders;

    /// Why an advisory has no place there, each with the part of the source it is about.
    fn refuses(&self, _advisory: &source::Advisory) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Whether a file of the operator's is published there under an id.
    fn has_file(&self, _id: &str) -> bool {
        false
    }

    /// How many more advisories have a place there.
    fn room(&self) -> usize {
        usize::MAX
    }

    /// Who publishes there.
    fn publisher(&self) -> Option<source::Publisher> {
        None
    }
}

/// Nowhere: it is known which addresses stand in nothing public, and no more.
impl Site for Insiders {
    fn insiders(&self) -> &Insiders {
        self
    }
}

/// As it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub source: String,
    pub at: i64,
    pub project: ProjectId,
    pub id: String,
    #[serde(default)]
    pub of_case: bool,
}

/// Every advisory that is public, in the order in which they were published.
///
/// # Errors
/// When the store cannot be read.
pub async fn published(desk: &Desk) -> Result<Vec<Published>> {
    let records = desk.inner.store.records(KIND).await?;
    let mut all = Vec::with_capacity(records.len());
    for record in &records {
        let Kept { source, at, of_case, .. } = read(&record.value)?;
        all.push(Published { source, at: Instant::from_millis(at), of_case });
    }
    all.sort_by(|one, other| (one.at, &one.source).cmp(&(other.at, &other.source)));
    Ok(all)
}

/// A number that is another one after any of them has changed, on whatever node.
///
/// # Errors
/// When the store cannot be read.
pub async fn mark(desk: &Desk) -> Result<u64> {
    let (kind, key) = CHANGED;
    Ok(desk.inner.store.record(kind, key).await?.map_or(0, |record| record.version))
}

/// Waits until an advisory was made public by this process, since the last time.
pub async fn changed(desk: &Desk) {
    desk.inner.published.notified().await;
}

fn read(value: &[u8]) -> Result<Kept> {
    serde_json::from_slice(value).map_err(|_| Problem::Unavailable { retry_after: 60 })
}

async fn all(desk: &Desk) -> Result<Vec<Kept>> {
    desk.inner.store.records(KIND).await?.iter().map(|record| read(&record.value)).collect()
}

/// What is written with any of them.
async fn change(desk: &Desk) -> Result<RecordChange> {
    let (kind, key) = (CHANGED.0.to_owned(), CHANGED.1.to_vec());
    Ok(RecordChange { kind, key, expected: mark(desk).await?, value: Some(Vec::new()), expires: None })
}

fn record_of(key: Vec<u8>, expected: u64, kept: &Kept) -> Result<RecordChange> {
    let value = serde_json::to_vec(kept).map_err(|_| Problem::Unavailable { retry_after: 60 })?;
    Ok(RecordChange { kind: KIND.to_owned(), key, expected, value: Some(value), expires: None })
}

fn key_of_import(project: ProjectId, id: &str) -> Vec<u8> {
    [b"project".as_slice(), &project.bytes(), id.as_bytes()].concat()
}

/// What takes an advisory away that was taken in.
fn gone(record: &Record, import: &Kept) -> RecordChange {
    let key = key_of_import(import.project, &import.id);
    RecordChange { kind: KIND.to_owned(), key, expected: record.version, value: None, expires: None }
}

/// What the log says of an advisory that was taken in.
fn incoming(import: &Kept) -> Incoming {
    let latest = source::read(&import.source).map(|source| import::latest(&source.advisory));
    let latest = latest.unwrap_or(Instant::from_millis(import.at));
    Incoming { id: Line::tamed(&import.id), sha256: Sha256::of(&import.source), latest }
}

fn key(of_case: CaseId) -> Vec<u8> {
    [b"case".as_slice(), &of_case.bytes()].concat()
}

/// Everything that is to be said of a source that is to become public at a site.
pub fn looked_through(text: &str, insiders: &Insiders, site: &dyn Site) -> Checked {
    let mut checked = check(text, insiders);
    if let Some(advisory) = &checked.advisory {
        let mut refusals = site.refuses(advisory);
        if advisory.publisher.name == UNKNOWN {
            let message = format!("it still says `{}`: write who publishes it", UNKNOWN);
            refusals.push(("publisher/name".to_owned(), message));
        }
        for (path, message) in refusals {
            checked.say(Level::Error, "site", &path, message);
        }
    }
    checked
}

/// The advisory, if nothing keeps it from becoming public; otherwise why, as what is wrong
/// with a request.
pub(crate) fn sound(checked: Checked, pointer: &str) -> Result<source::Advisory> {
    let errors: Vec<Fault> = checked
        .errors()
        .map(|remark| {
            let place = if remark.path.is_empty() { String::new() } else { format!("{}: ", remark.path) };
            Fault { pointer: pointer.to_owned(), message: format!("{place}{}", remark.message) }
        })
        .collect();
    match checked.advisory {
        Some(advisory) if errors.is_empty() => Ok(advisory),
        _ => Err(Problem::Invalid { errors }),
    }
}

impl Desk {
    /// The records that make the advisory of a case public, for the commit that says so in its
    /// log; and what had been taken in and makes room for it.
    pub(crate) async fn publication(
        &self,
        case: CaseId,
        project: ProjectId,
        advisory: &source::Advisory,
        text: &str,
        site: &dyn Site,
    ) -> Result<(Vec<RecordChange>, Vec<(ProjectId, Incoming)>)> {
        let (key, id) = (key(case), advisory.public_id());
        let before = kept::get::<Kept>(&self.inner.store, KIND, &key).await?;
        let own = before.as_ref().map(|found| found.value.id.as_str());
        // A CVE id goes when it was rejected, or never was this one's: that is no other name of it.
        let lasts = |old: &&str| !old.starts_with("CVE-") && *old != id;
        if let Some(old) = own.filter(lasts).filter(|old| !ids_of(advisory).any(|id| id == old)) {
            return Err(nameless(old));
        }
        let (mut changes, mut replaced) = (Vec::new(), Vec::new());
        if own != Some(id.as_str()) {
            for record in self.inner.store.records(KIND).await? {
                let other = read(&record.value)?;
                match same_file(&other.id, &id) {
                    true if other.of_case => return Err(taken("/source", &id)),
                    // What was only taken in holds up no release: the case counts more.
                    true => {
                        changes.push(gone(&record, &other));
                        replaced.push((other.project, incoming(&other)));
                    }
                    false => {}
                }
            }
        }
        if before.is_none() && changes.is_empty() && site.room() == 0 {
            return Err(full("/source"));
        }
        let (source, at, of_case) = (text.to_owned(), self.now().millis(), true);
        let record = Kept { source, at, project, id, of_case };
        let record = record_of(key, before.map_or(0, |found| found.version), &record)?;
        changes.extend([record, change(self).await?]);
        Ok((changes, replaced))
    }

    /// The CVE ids of cases under embargo that somebody may know, of all projects, but for one
    /// case. Of others nothing is asked: a refusal would tell that there is one.
    pub(crate) async fn ids_under_embargo(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        but: Option<CaseId>,
    ) -> Result<BTreeSet<String>> {
        let mut ids = BTreeSet::new();
        for project in snapshot.directory.projects.keys() {
            let rows = self.rows_of(Shelf::Open, *project, usize::MAX).await?;
            let embargoed = |row: &&Row| row.state == CaseState::Embargoed.name() && Some(row.case) != but;
            for row in rows.iter().filter(embargoed) {
                let kept = self.looked_at(row.case).await;
                let kept = kept.map_err(|_| Problem::Unavailable { retry_after: 5 })?;
                if self.case_permit(caller, snapshot, &kept.file, Action::CaseRead).is_err() {
                    continue;
                }
                let events = kept.file.history.iter().filter(|event| event.kind == EventKind::CveAssigned);
                ids.extend(events.filter_map(|event| event.text(Field::Id)).map(str::to_ascii_uppercase));
            }
        }
        Ok(ids)
    }

    /// What a project published last; who publishes stands in it.
    pub(crate) async fn last_of(&self, project: ProjectId) -> Result<Option<source::Advisory>> {
        let own = all(self).await?.into_iter().filter(|kept| kept.project == project);
        let last = own.max_by_key(|kept| kept.at);
        Ok(last.and_then(|kept| source::read(&kept.source).ok()).map(|source| source.advisory))
    }
}

/// Whether two ids would share a file where advisories are published.
fn same_file(one: &str, other: &str) -> bool {
    csaf_file_name(one) == csaf_file_name(other)
}

fn taken(pointer: &str, id: &str) -> Problem {
    let id = fixlead_core::text::echo(id);
    Problem::invalid(
        pointer,
        format!("`{id}` is in use here already; give this one its own id, or leave it out"),
    )
}

/// Why an advisory that was published is not published under an id that nobody could find it by.
fn nameless(old: &str) -> Problem {
    let old = fixlead_core::text::echo(old);
    Problem::invalid(
        "/source",
        format!(
            "aliases: this was published as `{old}`; name that there, so that whoever looks for it finds it"
        ),
    )
}

fn full(pointer: &str) -> Problem {
    Problem::invalid(
        pointer,
        "the public site is full; take advisories of other projects to a site of their own",
    )
}
