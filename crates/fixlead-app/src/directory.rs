//! The directory: who is who, projects, standing roles.
//!
//! It is kept in memory, and every request first asks the store whether it has
//! grown: what was revoked anywhere is revoked here with the next request. A
//! report does not ask before, but has its commit compare.

use std::collections::BTreeMap;
use std::sync::Arc;

use fixlead_core::access::{self, Action, Actor, Denied, Permit, Target, Within};
use fixlead_core::desk::directory::command::{self, DirectoryCommand};
use fixlead_core::desk::directory::webhook::WebhookEvent;
use fixlead_core::desk::directory::{Directory, DirectoryEntry};
use fixlead_core::desk::event::By as Author;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{OfferId, OrganisationId, PersonId, ProjectId};
use fixlead_core::time::Instant;
use fixlead_store::{Append, Outcome, RecordChange};

use crate::accounts::Caller;
use crate::desk::{Desk, lock};
use crate::policies::NewPolicy;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// How often a command is tried that does not say what it was decided on.
const TRIES: usize = 50;

/// The directory as it stood at a version.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    pub version: u64,
    pub directory: Directory,
    /// When the last of it was recorded.
    pub latest: Option<Instant>,
}

/// A command on its way, and the records that change with it.
struct Directing {
    by: Author,
    command: DirectoryCommand,
    records: Vec<RecordChange>,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directed {
    /// The version of the directory after it.
    pub version: u64,
    /// Whether it had been carried out before, and nothing was done again.
    pub repeated: bool,
}

/// The part of the directory that somebody may read.
#[derive(Clone)]
pub struct Seen {
    /// Its version.
    pub version: u64,
    snapshot: Arc<Snapshot>,
    /// The projects that they may read of.
    pub projects: Vec<ProjectId>,
    /// Whether they may read all of it.
    pub whole: bool,
    /// What of that which waits for a second person they can confirm, wherever it counts.
    confirms: Vec<OfferId>,
    /// When it was read.
    pub at: Instant,
}

impl Seen {
    /// The directory; what concerns other projects is not for them.
    pub fn directory(&self) -> &Directory {
        &self.snapshot.directory
    }

    /// Whether they can confirm what waits for a second person.
    pub(crate) fn confirms(&self, offer: OfferId) -> bool {
        self.confirms.contains(&offer)
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl Desk {
    /// The directory as it was when it was last read. What is decided on it has
    /// to be written with its version, so that nothing comes of an older one.
    pub(crate) fn remembered_directory(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.inner.directory))
    }

    /// The directory as it is now.
    pub(crate) async fn directory(&self) -> Result<Arc<Snapshot>> {
        let known = Arc::clone(&lock(&self.inner.directory));
        let permit = self.system(Action::DirectoryRead, Within::Installation)?;
        let stream = self.inner.installation.into();
        let loaded = self.inner.store.load(&permit, stream, known.version).await?;
        if loaded.events.is_empty() {
            return Ok(known);
        }
        let mut snapshot = Snapshot::clone(&known);
        for event in &loaded.events {
            let entry =
                std::str::from_utf8(&event.body).ok().and_then(|text| DirectoryEntry::read(text).ok());
            // Nothing else is written there; a line that cannot be read must
            // not be passed over, for it may be a revocation.
            let entry = entry.ok_or(Problem::Unavailable { retry_after: 60 })?;
            snapshot.directory.apply(&entry);
            snapshot.version = event.version;
            snapshot.latest = snapshot.latest.max(Some(entry.at));
        }
        let snapshot = Arc::new(snapshot);
        let mut kept = lock(&self.inner.directory);
        if kept.version < snapshot.version {
            *kept = Arc::clone(&snapshot);
        }
        Ok(snapshot)
    }

    /// An entry of the directory's log, by its version.
    pub(crate) async fn directory_entry(&self, version: u64) -> Result<Option<DirectoryEntry>> {
        let permit = self.system(Action::DirectoryRead, Within::Installation)?;
        let stream = self.inner.installation.into();
        let loaded = self.inner.store.load(&permit, stream, version.saturating_sub(1)).await?;
        let text = loaded.events.first().and_then(|event| std::str::from_utf8(&event.body).ok());
        Ok(text.and_then(|text| DirectoryEntry::read(text).ok()))
    }

    /// What the installation does itself in the directory.
    pub(crate) fn system(&self, action: Action, within: Within) -> Result<Permit> {
        let target = Target::Directory(self.inner.installation, within);
        Ok(access::decide(&Actor::System, &[], action, target, self.now())?)
    }

    pub(crate) fn directory_permit(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        action: Action,
        within: Within,
    ) -> std::result::Result<Permit, Denied> {
        let actor = self.actor(caller, snapshot);
        let grants = snapshot.directory.grants_of(caller.person);
        access::decide(
            &actor,
            &grants,
            action,
            Target::Directory(self.inner.installation, within),
            self.now_after(snapshot.latest),
        )
    }

    /// What somebody may read of the directory.
    pub async fn read_directory(&self, caller: &Caller) -> Result<Seen> {
        let snapshot = self.directory().await?;
        let reads = |within| self.directory_permit(&snapshot, caller, Action::DirectoryRead, within);
        let projects: Vec<ProjectId> = snapshot
            .directory
            .projects
            .iter()
            .filter(|(id, record)| reads(Within::Project(record.organisation, **id)).is_ok())
            .map(|(id, _)| *id)
            .collect();
        let whole = reads(Within::Installation);
        if projects.is_empty() {
            whole.clone()?;
        }
        let whole = whole.is_ok();
        let second = |offer: &OfferId| {
            let confirm = DirectoryCommand::Confirm { offer: *offer };
            let needs = confirm.needs(&snapshot.directory, Some(caller.person));
            needs.is_ok_and(|(action, within)| {
                let permit = self.directory_permit(&snapshot, caller, action, within);
                matches!(permit, Ok(_) | Err(Denied::Forbidden { needs: access::Needs::StepUp }))
            })
        };
        let confirms = snapshot.directory.proposed.keys().copied().filter(second).collect();
        Ok(Seen { version: snapshot.version, snapshot, projects, whole, confirms, at: self.now() })
    }

    /// Does something with the directory. With an expected version it is done
    /// only to that; without, to whatever stands.
    pub async fn direct(
        &self,
        caller: &Caller,
        command: DirectoryCommand,
        expected: Option<u64>,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        self.direct_with(caller, command, expected, repeat, Vec::new()).await
    }

    /// The same, with records that change together with the directory.
    pub(crate) async fn direct_with(
        &self,
        caller: &Caller,
        command: DirectoryCommand,
        expected: Option<u64>,
        repeat: Option<&Repeat>,
        records: Vec<RecordChange>,
    ) -> Result<Directed> {
        if let Some(done) = self.repeated::<u64>(caller.person, repeat).await? {
            return Ok(Directed { version: done, repeated: true });
        }
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            // Whether something is there is told only to those who may know.
            let (action, within) =
                command.needs(&snapshot.directory, Some(caller.person)).map_err(|_| Problem::NotFound)?;
            let permit = self.directory_permit(&snapshot, caller, action, within)?;
            if expected.is_some_and(|version| version != snapshot.version) {
                return Err(Problem::Conflict { actual: snapshot.version });
            }
            let by = Author::Person(caller.person);
            let append = Directing { by, command: command.clone(), records: records.clone() };
            match self.append_directory(&snapshot, &permit, append, caller, repeat).await? {
                Ok(directed) => return Ok(directed),
                Err(actual) if expected.is_some() => return Err(Problem::Conflict { actual }),
                Err(_) => {}
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// A command to the directory as an append that stands or falls with
    /// another one.
    pub(crate) fn draft_directory(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        command: DirectoryCommand,
    ) -> Result<(Permit, Append)> {
        let (action, within) =
            command.needs(&snapshot.directory, Some(caller.person)).map_err(|_| Problem::NotFound)?;
        let permit = self.directory_permit(snapshot, caller, action, within)?;
        let append = self.drafted(snapshot, &permit, Author::Person(caller.person), command)?;
        Ok((permit, append))
    }

    /// What the installation does in the directory by itself, as an append that stands or falls
    /// with another one; nothing where there is nothing to do.
    pub(crate) fn draft_itself(
        &self,
        snapshot: &Snapshot,
        commands: impl Iterator<Item = DirectoryCommand>,
    ) -> Result<Option<(Permit, Append)>> {
        let mut drafted: Option<(Permit, Append)> = None;
        for command in commands {
            let (action, within) = command.needs(&snapshot.directory, None).map_err(|_| Problem::NotFound)?;
            let permit = self.system(action, within)?;
            let append = self.drafted(snapshot, &permit, Author::System, command)?;
            match &mut drafted {
                Some((_, before)) => before.events.extend(append.events),
                None => drafted = Some((permit, append)),
            }
        }
        Ok(drafted)
    }

    fn drafted(
        &self,
        snapshot: &Snapshot,
        permit: &Permit,
        by: Author,
        command: DirectoryCommand,
    ) -> Result<Append> {
        let now = self.now_after(snapshot.latest);
        let events = command::decide(&snapshot.directory, self.inner.installation, permit, command, now)?;
        let append = Append::to(self.inner.installation.into(), snapshot.version);
        let entries = events.into_iter().map(|event| DirectoryEntry { at: now, by, event }.write());
        Ok(entries.fold(append, Append::event))
    }

    async fn append_directory(
        &self,
        snapshot: &Snapshot,
        permit: &Permit,
        directing: Directing,
        caller: &Caller,
        repeat: Option<&Repeat>,
    ) -> Result<std::result::Result<Directed, u64>> {
        let Directing { by, command, records } = directing;
        let told = WebhookEvent::of_directory(&command);
        let mut append = self.drafted(snapshot, permit, by, command)?;
        let version = snapshot.version + append.events.len() as u64;
        append.work = told.map(|event| self.announced_itself(snapshot, event, version)).unwrap_or_default();
        append.records = records;
        append.idempotency = self.remember(caller.person, repeat, &version);
        match self.inner.store.append(permit, append).await? {
            Outcome::Appended { version, .. } => Ok(Ok(Directed { version, repeated: false })),
            Outcome::Repeated { answer } => {
                let version = crate::repeat::answer(repeat, &answer)?;
                Ok(Ok(Directed { version, repeated: true }))
            }
            Outcome::Conflict { actual } => Ok(Err(actual)),
            _ => Err(Problem::Unavailable { retry_after: 1 }),
        }
    }

    /// What the installation does in the directory by itself.
    pub(crate) async fn direct_itself(&self, command: DirectoryCommand) -> Result<u64> {
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let (action, within) = command.needs(&snapshot.directory, None)?;
            let permit = self.system(action, within)?;
            let nobody = Caller::nobody();
            let (by, command) = (Author::System, command.clone());
            let directing = Directing { by, command, records: Vec::new() };
            let done = self.append_directory(&snapshot, &permit, directing, &nobody, None).await?;
            if let Ok(directed) = done {
                return Ok(directed.version);
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// Makes a project whose cases run under a policy.
    pub async fn add_project(
        &self,
        caller: &Caller,
        project: ProjectId,
        organisation: OrganisationId,
        name: Line,
        policy: NewPolicy,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let snapshot = self.directory().await?;
        let known = snapshot.directory.organisations.contains_key(&organisation);
        let within = Within::Organisation(organisation);
        self.directory_permit(&snapshot, caller, Action::ProjectManage, within)?;
        if !known {
            return Err(Problem::NotFound);
        }
        let policy = self.keep_policy(policy).await?;
        let command = DirectoryCommand::AddProject { project, organisation, name, policy };
        self.direct(caller, command, None, repeat).await
    }

    /// Has the cases of a project that are opened from now on run under a
    /// policy.
    pub async fn set_policy(
        &self,
        caller: &Caller,
        project: ProjectId,
        policy: NewPolicy,
        reason: Line,
        expected: Option<u64>,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let snapshot = self.directory().await?;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        self.directory_permit(&snapshot, caller, Action::ProjectPolicy, within)?;
        let policy = self.keep_policy(policy).await?;
        let command = DirectoryCommand::SetPolicy { project, policy, reason };
        self.direct(caller, command, expected, repeat).await
    }

    /// The names of people, for those who see their ids.
    pub(crate) fn names_of(
        snapshot: &Snapshot,
        people: impl IntoIterator<Item = PersonId>,
    ) -> BTreeMap<PersonId, String> {
        let named = people.into_iter().filter_map(|person| Some((person, Self::name_of(snapshot, person)?)));
        named.collect()
    }

    /// The name of somebody, for those who see their id.
    pub(crate) fn name_of(snapshot: &Snapshot, person: PersonId) -> Option<String> {
        snapshot.directory.people.get(&person).map(|known| known.name.to_string())
    }
}
