//! What a project published elsewhere, taken in, so that it begins with its history.
//!
//! What has long been public comes in by one person. What may be recent waits until another
//! person, who could have proposed it as well, has confirmed it: until then its texts are kept
//! sealed, and the directory's log has their hashes. Nothing else than what these say becomes
//! public, and the log says so in the same commit.

use fixlead_core::access::{Action, Denied, Needs, Permit};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::import::{ImportCommand, WAITS};
use fixlead_core::desk::directory::{Import, Incoming};
use fixlead_core::desk::wire::{Line, Sha256};
use fixlead_core::id::{OfferId, PersonId, ProjectId};
use fixlead_core::time::{Instant, Span, parse_day};
use fixlead_formats::source;
use fixlead_store::{Append, Outcome, Record, RecordChange};
use serde::{Deserialize, Serialize};

use super::{Kept, Site, TRIES, all, change, full, key_of_import, looked_through, record_of, same_file};
use super::{sound, taken};
use crate::accounts::{Caller, kept};
use crate::case::act::without_secrets;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Fault, Problem, Result};
use crate::repeat::Repeat;

/// Most advisories that come into a project at once.
pub const MOST_AT_ONCE: usize = 50;
/// The kind of record of a source that waits.
const WAITING: &str = "import";

/// What became of advisories that somebody wanted to take in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Came {
    /// Their public ids.
    pub ids: Vec<String>,
    /// What a second person confirms; nothing where they are public now.
    pub waits: Option<OfferId>,
}

/// An advisory that could come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Its public id.
    pub id: String,
    /// Whether a second person has to confirm it.
    pub recent: bool,
}

/// Advisories that wait for a second person.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// What is confirmed or declined.
    pub offer: OfferId,
    /// Who proposed them, when, and what they are.
    pub import: Import,
    /// Whether whoever asks can be the second person.
    pub confirms: bool,
}

/// What is done with advisories that were published elsewhere.
enum Doing<'a> {
    TakeIn { offer: OfferId, sources: Vec<String>, site: &'a dyn Site },
    Confirm { offer: OfferId, site: &'a dyn Site },
    Decline { offer: OfferId, reason: Line },
}

/// A source on its way, and what is written for it.
struct Coming {
    incoming: Incoming,
    id: String,
    record: RecordChange,
    new: bool,
}

/// The latest instant that an advisory names: by its dates, and by the year of an id that
/// others gave it. Dates are only what whoever wrote the document says; an id like
/// `CVE-2026-12345` says by itself that it is not older than that.
pub(super) fn latest(advisory: &source::Advisory) -> Instant {
    let years = ids_of(advisory).filter_map(|id| {
        // `DEBIAN-CVE-2026-1` and `RHSA-2026:1` say it as well: what comes last is a number.
        let parts: Vec<&str> = id.split(|sign: char| !sign.is_ascii_alphanumeric()).collect();
        let (_, parts) = parts.split_last()?;
        let years = parts.iter().filter(|year| year.len() == 4 && year.starts_with("20"));
        let ends = years.filter_map(|year| parse_day(&format!("{year}-12-31")).ok());
        ends.max().map(|day| Instant::midnight(day) + Span::days(1))
    });
    years.fold(advisory.changed(), Instant::max)
}

/// What an advisory is called by anybody.
pub(crate) fn ids_of(advisory: &source::Advisory) -> impl Iterator<Item = &String> {
    [&advisory.id].into_iter().chain(&advisory.cve).chain(&advisory.aliases)
}

/// Whether an id names another one, as `DEBIAN-CVE-2026-1` does `CVE-2026-1`: whole, in
/// letters of any size.
pub(crate) fn names(id: &str, other: &str) -> bool {
    let (id, other) = (id.to_ascii_uppercase(), other.to_ascii_uppercase());
    let apart = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_ascii_alphanumeric());
    id.match_indices(&other).any(|(at, found)| {
        apart(id[..at].chars().next_back()) && apart(id[at + found.len()..].chars().next())
    })
}

fn key_of_waiting(offer: OfferId, place: usize) -> Vec<u8> {
    [offer.bytes().as_slice(), &(place as u64).to_be_bytes()].concat()
}

/// Whether somebody may, with a fresh proof where it needs one.
fn may(permit: std::result::Result<Permit, Denied>) -> Result<()> {
    match permit {
        Ok(_) | Err(Denied::Forbidden { needs: Needs::StepUp }) => Ok(()),
        Err(denied) => Err(denied.into()),
    }
}

impl Desk {
    /// Whether somebody may take in what a project has published elsewhere: asked before the
    /// documents are read.
    pub async fn may_take_in_advisories(&self, caller: &Caller, project: ProjectId) -> Result<()> {
        let snapshot = self.directory().await?;
        Ok(self.permit_to_take_in(&snapshot, caller, project).map(|_| ())?)
    }

    fn permit_to_take_in(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        project: ProjectId,
    ) -> std::result::Result<Permit, Denied> {
        let within = snapshot.directory.within(project).map_err(|_| Denied::NotFound)?;
        self.directory_permit(snapshot, caller, Action::ProjectPolicy, within)
    }

    /// Looks through what a project has published elsewhere, before it is taken in: what is
    /// wrong with each source, or what would become of it.
    pub async fn look_through_advisories(
        &self,
        caller: &Caller,
        project: ProjectId,
        sources: &[String],
        site: &dyn Site,
    ) -> Result<Vec<std::result::Result<Fit, Vec<Fault>>>> {
        let snapshot = self.directory().await?;
        self.permit_to_take_in(&snapshot, caller, project)?;
        let (_, found) = self.coming_in(&snapshot, caller, project, sources, site).await?;
        let now = self.now_after(snapshot.latest);
        let told = |one: Result<Coming>| match one {
            Ok(coming) => Ok(Ok(Fit { recent: coming.incoming.is_recent(now), id: coming.id })),
            Err(Problem::Invalid { errors }) => Ok(Err(errors)),
            Err(problem) => Err(problem),
        };
        found.into_iter().map(told).collect()
    }

    /// Takes in what a project has published elsewhere, so that it begins with
    /// its history: all of it or nothing. One that is here already is replaced. Where one of
    /// them may be recent, all of them wait for a second person.
    pub async fn take_in_advisories(
        &self,
        caller: &Caller,
        project: ProjectId,
        sources: Vec<String>,
        site: &dyn Site,
        repeat: Option<&Repeat>,
    ) -> Result<Came> {
        let offer = match repeat {
            Some(repeat) => OfferId::from_bytes(repeat.id(caller.person, "import")),
            None => OfferId::from_bytes(self.draw()),
        };
        self.come_in(caller, project, repeat, Doing::TakeIn { offer, sources, site }).await
    }

    /// Has what somebody else proposed become public, exactly as they proposed it.
    pub async fn confirm_import(
        &self,
        caller: &Caller,
        project: ProjectId,
        offer: OfferId,
        site: &dyn Site,
        repeat: Option<&Repeat>,
    ) -> Result<Came> {
        self.come_in(caller, project, repeat, Doing::Confirm { offer, site }).await
    }

    /// Says no to what somebody proposed, or takes back what one proposed oneself.
    pub async fn decline_import(
        &self,
        caller: &Caller,
        project: ProjectId,
        offer: OfferId,
        reason: Line,
        repeat: Option<&Repeat>,
    ) -> Result<Came> {
        self.come_in(caller, project, repeat, Doing::Decline { offer, reason }).await
    }

    /// What waits for a second person in a project, for those who could be it or proposed it.
    pub async fn waiting_imports(&self, caller: &Caller, project: ProjectId) -> Result<Vec<Waiting>> {
        let snapshot = self.directory().await?;
        may(self.permit_to_take_in(&snapshot, caller, project))?;
        let now = self.now_after(snapshot.latest);
        let waiting = snapshot.directory.importing(project, now).map(|(offer, import)| Waiting {
            offer,
            import: import.clone(),
            confirms: import.by != Some(caller.person),
        });
        Ok(waiting.collect())
    }

    /// One that waits, and its sources, which are what was proposed; or why they are not.
    pub async fn waiting_import(
        &self,
        caller: &Caller,
        project: ProjectId,
        offer: OfferId,
    ) -> Result<(Waiting, Result<Vec<String>>)> {
        let mut waiting = self.waiting_imports(caller, project).await?.into_iter();
        let waiting = waiting.find(|waiting| waiting.offer == offer).ok_or(Problem::NotFound)?;
        let sources = self.proposed_sources(offer, &waiting.import).await;
        Ok((waiting, sources))
    }

    /// The names of those who proposed what waits.
    pub async fn proposers(&self, waiting: &[Waiting]) -> Result<Vec<(PersonId, String)>> {
        let snapshot = self.directory().await?;
        let people = waiting.iter().filter_map(|waiting| waiting.import.by);
        Ok(Self::names_of(&snapshot, people).into_iter().collect())
    }

    /// The sources that were proposed, by their hashes in the log: a record can be changed by
    /// whoever writes to the database.
    async fn proposed_sources(&self, offer: OfferId, import: &Import) -> Result<Vec<String>> {
        let mut sources = Vec::new();
        for (place, incoming) in import.advisories.iter().enumerate() {
            let record = self.inner.store.record(WAITING, &key_of_waiting(offer, place)).await?;
            let text = record.and_then(|record| String::from_utf8(record.value).ok());
            let text = text.filter(|text| Sha256::of(text) == incoming.sha256);
            sources.push(text.ok_or_else(|| {
                let place = format!("/advisories/{place}");
                let message = "what is kept is not what was proposed, by its hash; decline it, and have it \
                               proposed anew";
                Problem::invalid(place, message)
            })?);
        }
        Ok(sources)
    }

    /// What takes away the sources that waited, those that are there still.
    async fn waited(&self, offer: OfferId, import: &Import) -> Result<Vec<RecordChange>> {
        let mut gone = Vec::new();
        for place in 0..import.advisories.len() {
            let (kind, key) = (WAITING.to_owned(), key_of_waiting(offer, place));
            let Some(Record { version, .. }) = self.inner.store.record(WAITING, &key).await? else {
                continue;
            };
            gone.push(RecordChange { kind, key, expected: version, value: None, expires: None });
        }
        Ok(gone)
    }

    /// Writes what is done into the directory's log, with its records in the same commit; over
    /// again where somebody else has written in between.
    async fn come_in(
        &self,
        caller: &Caller,
        project: ProjectId,
        repeat: Option<&Repeat>,
        doing: Doing<'_>,
    ) -> Result<Came> {
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            self.permit_to_take_in(&snapshot, caller, project)?;
            if let Some(came) = self.repeated::<Came>(caller.person, repeat).await? {
                return Ok(came);
            }
            let (command, records, came) = self.entry_for(&snapshot, caller, project, &doing).await?;
            let public = matches!(command, ImportCommand::TakeIn { .. });
            let (permit, append) =
                self.draft_directory(&snapshot, caller, DirectoryCommand::Import(command))?;
            let idempotency = self.remember(caller.person, repeat, &came);
            match self.inner.store.append(&permit, Append { records, idempotency, ..append }).await? {
                Outcome::Appended { .. } => {
                    if public {
                        self.inner.published.notify_one();
                    }
                    return Ok(came);
                }
                Outcome::Repeated { answer } => return crate::repeat::answer(repeat, &answer),
                _ => {}
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// What is written for what is done, with the directory as it is.
    async fn entry_for(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        project: ProjectId,
        doing: &Doing<'_>,
    ) -> Result<(ImportCommand, Vec<RecordChange>, Came)> {
        match doing {
            Doing::TakeIn { offer, sources, site } => {
                let (changed, coming) = self.all_coming_in(snapshot, caller, project, sources, *site).await?;
                let now = self.now_after(snapshot.latest);
                let (advisories, ids, mut records) = parted(coming);
                if !advisories.iter().any(|one| one.is_recent(now)) {
                    records.push(changed);
                    let command = ImportCommand::TakeIn { project, offer: None, advisories };
                    return Ok((command, records, Came { ids, waits: None }));
                }
                let sources = sources.iter().enumerate();
                let records = sources.map(|(place, text)| waiting(*offer, place, text, now)).collect();
                let command = ImportCommand::Propose { offer: *offer, project, advisories };
                Ok((command, records, Came { ids, waits: Some(*offer) }))
            }
            Doing::Confirm { offer, site } => {
                let import = proposed(snapshot, project, *offer)?;
                let take_in = |advisories| ImportCommand::TakeIn { project, offer: Some(*offer), advisories };
                // Whoever cannot confirm it is told so before anything is looked through again.
                let command = DirectoryCommand::Import(take_in(import.advisories.clone()));
                self.draft_directory(snapshot, caller, command)?;
                let sources = self.proposed_sources(*offer, import).await?;
                let (changed, coming) =
                    self.all_coming_in(snapshot, caller, project, &sources, *site).await?;
                let (advisories, ids, mut records) = parted(coming);
                records.push(changed);
                records.extend(self.waited(*offer, import).await?);
                Ok((take_in(advisories), records, Came { ids, waits: None }))
            }
            Doing::Decline { offer, reason } => {
                let records = self.waited(*offer, proposed(snapshot, project, *offer)?).await?;
                let command = ImportCommand::Decline { project, offer: *offer, reason: reason.clone() };
                Ok((command, records, Came { ids: Vec::new(), waits: None }))
            }
        }
    }

    /// All sources that come in, or everything that is wrong with one of them.
    async fn all_coming_in(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        project: ProjectId,
        sources: &[String],
        site: &dyn Site,
    ) -> Result<(RecordChange, Vec<Coming>)> {
        let (changed, found) = self.coming_in(snapshot, caller, project, sources, site).await?;
        let (mut coming, mut errors) = (Vec::new(), Vec::new());
        for one in found {
            match one {
                Ok(one) => coming.push(one),
                Err(Problem::Invalid { errors: wrong }) => errors.extend(wrong),
                Err(problem) => return Err(problem),
            }
        }
        if errors.is_empty() { Ok((changed, coming)) } else { Err(Problem::Invalid { errors }) }
    }

    /// What the directory's log says of what made room for the advisory of a case.
    pub(crate) fn draft_replaced(
        &self,
        snapshot: &Snapshot,
        replaced: Vec<(ProjectId, Incoming)>,
    ) -> Result<Vec<(Permit, Append)>> {
        let commands = replaced.into_iter().map(|(project, one)| {
            DirectoryCommand::Import(ImportCommand::Replace { project, advisories: vec![one] })
        });
        Ok(self.draft_itself(snapshot, commands)?.into_iter().collect())
    }

    /// What would be written if sources were taken in, or what is wrong with each.
    async fn coming_in(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        project: ProjectId,
        sources: &[String],
        site: &dyn Site,
    ) -> Result<(RecordChange, Vec<Result<Coming>>)> {
        if sources.is_empty() || sources.len() > MOST_AT_ONCE {
            let message = format!("send 1 to {MOST_AT_ONCE} advisories at once");
            return Err(Problem::invalid("/advisories", message));
        }
        // The mark first: whatever is written from here on makes this be done again.
        let changed = change(self).await?;
        let here = all(self).await?;
        let held = self.ids_under_embargo(caller, snapshot, None).await?;
        let (mut found, mut ids) = (Vec::new(), Vec::<String>::new());
        let mut room = site.room();
        for (place, text) in sources.iter().enumerate() {
            let pointer = format!("/advisories/{place}");
            let one = async {
                let advisory = self.fit_to_come_in(text, site, &pointer)?;
                let id = advisory.public_id();
                let key = key_of_import(project, &id);
                let before = kept::get::<Kept>(&self.inner.store, super::KIND, &key).await?;
                let known = before.is_none() && here.iter().any(|other| same_file(&other.id, &id));
                // What a case is about is published from the case, by two people.
                let held = held.iter().any(|other| ids_of(&advisory).any(|id| names(id, other)));
                if known || held || ids.iter().any(|other| same_file(other, &id)) {
                    return Err(taken(&pointer, &id));
                }
                if site.has_file(&id) {
                    let id = fixlead_core::text::echo(&id);
                    let message = format!(
                        "a file that `advisories.from` names publishes `{id}` already, and counts more; leave this \
                         one out, or take the file away first"
                    );
                    return Err(Problem::invalid(pointer.clone(), message));
                }
                if before.is_none() && room == 0 {
                    return Err(full(&pointer));
                }
                // It counts from when the world heard of it.
                let at = advisory.changed().min(self.now()).millis();
                let version = before.as_ref().map_or(0, |found| found.version);
                let (source, of_case) = (text.clone(), false);
                let record = Kept { source, at, project, id: id.clone(), of_case };
                let (latest, sha256) = (latest(&advisory), Sha256::of(text));
                let incoming = Incoming { id: Line::tamed(&id), sha256, latest };
                let (record, new) = (record_of(key, version, &record)?, before.is_none());
                Ok(Coming { incoming, id, record, new })
            };
            let one = one.await;
            // Long ones take their time; whoever else waits comes between.
            tokio::task::yield_now().await;
            if let Ok(one) = &one {
                room = room.saturating_sub(usize::from(one.new));
                ids.push(one.id.clone());
            }
            found.push(one);
        }
        Ok((changed, found))
    }

    /// The advisory of a source that comes in, if it can be public.
    fn fit_to_come_in(&self, text: &str, site: &dyn Site, pointer: &str) -> Result<source::Advisory> {
        without_secrets(text).map_err(|problem| match problem {
            Problem::Invalid { errors } => Problem::Invalid {
                errors: errors
                    .into_iter()
                    .map(|fault| Fault { pointer: pointer.to_owned(), ..fault })
                    .collect(),
            },
            other => other,
        })?;
        let advisory = sound(looked_through(text, site.insiders(), site), pointer)?;
        match advisory.published > self.now() {
            true => {
                Err(Problem::invalid(pointer, "it becomes public later than now; take in what is public"))
            }
            false => Ok(advisory),
        }
    }
}

/// What the log says of them, their public ids, and what is written for them.
fn parted(coming: Vec<Coming>) -> (Vec<Incoming>, Vec<String>, Vec<RecordChange>) {
    let mut parts = (Vec::new(), Vec::new(), Vec::new());
    for Coming { incoming, id, record, .. } in coming {
        parts.0.push(incoming);
        parts.1.push(id);
        parts.2.push(record);
    }
    parts
}

fn proposed(snapshot: &Snapshot, project: ProjectId, offer: OfferId) -> Result<&Import> {
    let import = snapshot.directory.imports.get(&offer);
    import.filter(|import| import.project == project).ok_or(Problem::NotFound)
}

/// What keeps a source until somebody has confirmed it, or nobody has in time.
fn waiting(offer: OfferId, place: usize, text: &str, now: Instant) -> RecordChange {
    let (kind, key) = (WAITING.to_owned(), key_of_waiting(offer, place));
    let (value, expires) = (Some(text.as_bytes().to_vec()), Some(now + WAITS));
    RecordChange { kind, key, expected: 0, value, expires }
}
