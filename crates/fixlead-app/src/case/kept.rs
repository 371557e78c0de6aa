//! A case in memory.
//!
//! What was read once is kept with its version; every use asks the store for
//! what came since. Reading is the installation's own: who may see what is
//! decided afterwards, from the case's own grants and standing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fixlead_core::access::{
    self, Action, Actor, CaseStanding, CaseState, Denied, Grant, Permit, Presence, Target,
};
use fixlead_core::desk::event::{By as Author, DeskEvent, Entry, Happening};
use fixlead_core::desk::state::Proposal;
use fixlead_core::desk::{CaseFile, entry};
use fixlead_core::id::{CaseId, OrganisationId, PersonId, ProjectId, StreamId};
use fixlead_core::time::Instant;

use crate::accounts::{By, Caller};
use crate::desk::{Desk, lock};
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};

/// A case as it stood at a version.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    /// The version of its stream.
    pub version: u64,
    /// The version of the last entry that somebody else's decision can depend
    /// on: that somebody read it, or was reminded, is none.
    pub revision: u64,
    pub file: CaseFile,
    pub entries: Vec<Arc<Entry>>,
    /// When somebody last read it, by what they did.
    pub reads: BTreeMap<(PersonId, String), Instant>,
    bytes: usize,
}

impl Kept {
    /// Takes an entry in that stands at the next version.
    pub fn apply(&mut self, entry: Entry, bytes: usize) {
        self.version += 1;
        self.bytes += bytes;
        self.file.apply(&entry);
        match &entry.event {
            Happening::Desk(event) => match &**event {
                DeskEvent::ReadRecorded { person, action } => {
                    self.reads.insert((*person, action.to_string()), entry.at);
                }
                DeskEvent::DutyReminded(_) | DeskEvent::DutyEscalated(_) => {}
                _ => self.revision = self.version,
            },
            Happening::Case(_) => self.revision = self.version,
        }
        self.entries.push(Arc::new(entry));
    }
}

/// Cases that were used lately, up to so many bytes of their logs.
pub(crate) struct Cases {
    most: usize,
    bytes: usize,
    clock: u64,
    known: HashMap<CaseId, (u64, Arc<Kept>)>,
}

impl Cases {
    pub fn new(most: usize) -> Cases {
        Cases { most, bytes: 0, clock: 0, known: HashMap::new() }
    }

    fn get(&mut self, case: CaseId) -> Option<Arc<Kept>> {
        self.clock += 1;
        let clock = self.clock;
        self.known.get_mut(&case).map(|(used, kept)| {
            *used = clock;
            Arc::clone(kept)
        })
    }

    /// A case, without it counting as used.
    fn peek(&self, case: CaseId) -> Option<Arc<Kept>> {
        self.known.get(&case).map(|(_, kept)| Arc::clone(kept))
    }

    pub fn forget(&mut self, case: CaseId) {
        if let Some((_, kept)) = self.known.remove(&case) {
            self.bytes -= kept.bytes;
        }
    }

    fn put(&mut self, case: CaseId, kept: Arc<Kept>) {
        if self.known.get(&case).is_some_and(|(_, known)| known.version >= kept.version) {
            return;
        }
        self.forget(case);
        self.bytes += kept.bytes;
        self.clock += 1;
        self.known.insert(case, (self.clock, kept));
        while self.bytes > self.most && self.known.len() > 1 {
            // The quarter that was used longest ago goes at once, so that the
            // search for it is rare.
            let mut ages: Vec<(u64, CaseId)> =
                self.known.iter().map(|(case, (used, _))| (*used, *case)).collect();
            ages.sort_unstable();
            for (_, case) in &ages[..ages.len().div_ceil(4)] {
                self.forget(*case);
            }
        }
    }
}

/// Why a case could not be read.
pub(crate) enum Unread {
    /// There is none.
    Missing,
    /// A line of it is none that this program can read.
    Strange,
    /// The store said so.
    Refused(fixlead_store::Error),
}

/// What a case is to the installation, which may look at all of them.
fn any(case: CaseId) -> CaseStanding {
    CaseStanding {
        case,
        project: ProjectId::from_bytes([0; 16]),
        organisation: OrganisationId::from_bytes([0; 16]),
        state: CaseState::Embargoed,
        restricted: false,
        recused: Vec::new(),
    }
}

impl Desk {
    /// A case as it is now.
    pub(crate) async fn kept(&self, case: CaseId) -> Result<Arc<Kept>> {
        let known = lock(&self.inner.cases).get(case);
        match self.grown(case, known.clone()).await {
            Ok(kept) => {
                if known.is_none_or(|known| !Arc::ptr_eq(&known, &kept)) {
                    self.remember_case(case, Arc::clone(&kept));
                }
                Ok(kept)
            }
            Err(Unread::Refused(error)) => {
                lock(&self.inner.cases).forget(case);
                Err(error.into())
            }
            Err(Unread::Missing) => Err(Problem::NotFound),
            Err(Unread::Strange) => Err(Problem::Unavailable { retry_after: 60 }),
        }
    }

    /// Several cases as they are now, in their order, each for itself; which of them are
    /// known as they are is one question to the store.
    pub(crate) async fn kept_of(&self, cases: &[CaseId]) -> Result<Vec<Result<Arc<Kept>>>> {
        let streams: Vec<StreamId> = cases.iter().map(|case| (*case).into()).collect();
        let versions = self.inner.store.versions(&streams).await?;
        let mut all = Vec::with_capacity(cases.len());
        for (case, version) in cases.iter().zip(versions) {
            let known = lock(&self.inner.cases).get(*case);
            all.push(match known.filter(|kept| kept.version == version) {
                Some(kept) => Ok(kept),
                None => self.kept(*case).await,
            });
        }
        Ok(all)
    }

    /// A case as it is now, for somebody who looks at all of them: it is not put
    /// in the place of those that people work on.
    pub(crate) async fn looked_at(&self, case: CaseId) -> std::result::Result<Arc<Kept>, Unread> {
        let known = lock(&self.inner.cases).peek(case);
        self.grown(case, known).await
    }

    /// A case as it was known, with what came since.
    async fn grown(&self, case: CaseId, known: Option<Arc<Kept>>) -> std::result::Result<Arc<Kept>, Unread> {
        let after = known.as_ref().map_or(0, |kept| kept.version);
        let action = Action::CaseEvaluate;
        let permit = access::decide(&Actor::System, &[], action, Target::Case(&any(case)), self.now());
        let permit = permit.map_err(|_| Unread::Missing)?;
        let loaded = self.inner.store.load(&permit, case.into(), after).await.map_err(Unread::Refused)?;
        if loaded.version == 0 {
            return Err(Unread::Missing);
        }
        if let Some(kept) = known.as_ref().filter(|_| loaded.events.is_empty()) {
            return Ok(Arc::clone(kept));
        }
        let mut kept = known.map_or_else(Kept::default, |kept| Kept::clone(&kept));
        for event in loaded.events {
            let text = std::str::from_utf8(&event.body).ok();
            let entry = text.and_then(|text| entry::read(text, &kept.file.facts).ok());
            // A line that cannot be read may take somebody's access away.
            kept.apply(entry.ok_or(Unread::Strange)?, event.body.len());
        }
        Ok(Arc::new(kept))
    }

    pub(crate) fn remember_case(&self, case: CaseId, kept: Arc<Kept>) {
        lock(&self.inner.cases).put(case, kept);
    }

    /// The grants of somebody that can reach a case, with those for the case
    /// itself.
    pub(crate) fn with_own(caller: &Caller, snapshot: &Snapshot, own: Vec<Grant>) -> Vec<Grant> {
        match caller.by {
            // A receipt opens what it was given for, whoever holds it.
            By::Receipt(_) => own.into_iter().map(|grant| snapshot.directory.as_it_counts(grant)).collect(),
            By::Session(_) | By::Token(_) => Self::standing_and_own(caller.person, snapshot, own),
        }
    }

    fn standing_and_own(person: PersonId, snapshot: &Snapshot, own: Vec<Grant>) -> Vec<Grant> {
        let own = own.into_iter().map(|grant| snapshot.directory.as_it_counts(grant));
        snapshot.directory.grants_of(person).into_iter().chain(own).collect()
    }

    /// Whether somebody may do something in a case, asked of the one gate.
    pub(crate) fn case_permit(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        file: &CaseFile,
        action: Action,
    ) -> std::result::Result<Permit, Denied> {
        let standing = file.standing().ok_or(Denied::NotFound)?;
        let grants = Self::with_own(caller, snapshot, file.grants_of(caller.person));
        self.permit_after(caller, snapshot, &standing, &grants, action, file.latest)
    }

    /// The same, of a case of which only its standing is known.
    pub(crate) fn standing_permit(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        standing: &CaseStanding,
        grants: &[Grant],
        action: Action,
    ) -> std::result::Result<Permit, Denied> {
        self.permit_after(caller, snapshot, standing, grants, action, None)
    }

    fn permit_after(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        standing: &CaseStanding,
        grants: &[Grant],
        action: Action,
        latest: Option<Instant>,
    ) -> std::result::Result<Permit, Denied> {
        if matches!(caller.by, By::Receipt(case) if case != standing.case) {
            return Err(Denied::NotFound);
        }
        let actor = self.actor(caller, snapshot);
        let now = self.now_after_all(snapshot, grants, latest);
        access::decide(&actor, grants, action, Target::Case(standing), now)
    }

    /// The instant of a decision: after everything that it is decided on.
    fn now_after_all(&self, snapshot: &Snapshot, grants: &[Grant], latest: Option<Instant>) -> Instant {
        let ended = grants.iter().filter_map(|grant| grant.revoked).max();
        self.now_after(snapshot.latest.max(ended).max(latest))
    }

    /// What somebody who has asked for what two people decide may still do: whose role has ended
    /// is not one of the two. They were there when they asked, so no fresh proof is wanted of them.
    pub(super) fn asker_permit(
        &self,
        snapshot: &Snapshot,
        file: &CaseFile,
        proposal: &Proposal,
        action: Action,
    ) -> Option<Permit> {
        let (Author::Person(person), Some(standing)) = (proposal.by, file.standing()) else { return None };
        let grants = Self::standing_and_own(person, snapshot, file.grants_of(person));
        let now = self.now_after_all(snapshot, &grants, file.latest);
        let presence = Presence::Session { stepped_up: Some(now) };
        let actor = Actor::Person { person, standing: snapshot.directory.standing(person)?, presence };
        access::decide(&actor, &grants, action, Target::Case(&standing), now).ok()
    }

    /// Whether they may still ask for it.
    pub(super) fn asker_still_may(
        &self,
        snapshot: &Snapshot,
        file: &CaseFile,
        proposal: &Proposal,
        action: Action,
    ) -> bool {
        self.asker_permit(snapshot, file, proposal, action).is_some()
    }

    /// Refuses to carry out what was asked by somebody who may not ask for it any more.
    pub(super) fn asked_by_one_who_may(
        &self,
        snapshot: &Snapshot,
        file: &CaseFile,
        proposal: &Proposal,
        action: Action,
    ) -> Result<()> {
        match self.asker_still_may(snapshot, file, proposal, action) {
            true => Ok(()),
            false => Err(Problem::invalid(
                "/offer",
                "whoever asked for this may not ask for it any more; ask yourself, and have another person \
                 confirm it",
            )),
        }
    }

    /// What the installation does itself in a case.
    pub(crate) fn own_permit(&self, file: &CaseFile, action: Action) -> Result<Permit> {
        let standing = file.standing().ok_or(Problem::NotFound)?;
        Ok(access::decide(&Actor::System, &[], action, Target::Case(&standing), self.now())?)
    }
}
