//! Who knew of a case: who could read it, who did, and when.

use std::collections::BTreeMap;

use fixlead_core::access::{Action, Breadth, Grant, Role, Scope};
use fixlead_core::desk::event::{By as Author, DeskEvent, Happening};
use fixlead_core::id::{CaseId, PersonId};
use fixlead_core::time::Instant;
use serde::Serialize;

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// Who knew of a case.
#[derive(Clone, Serialize)]
pub struct WhoKnew {
    /// The case.
    pub case: CaseId,
    /// For which instant.
    pub at: Instant,
    /// When standing roles reached the case no more, and when they did again.
    pub restricted: Vec<(Instant, bool)>,
    /// Everybody who could read, or did.
    pub people: Vec<Knew>,
}

/// Somebody who could read, or did.
#[derive(Clone, Serialize)]
pub struct Knew {
    /// Who.
    pub person: PersonId,
    /// Their name, where the directory has one.
    pub name: Option<String>,
    /// By which roles they could.
    pub could: Vec<Could>,
    /// When they were kept out for a conflict of interest.
    pub recused: Option<Instant>,
    /// When they read, and what; once an hour.
    pub read: Vec<Read>,
    /// When they first and last wrote something, and how often.
    pub wrote: Option<(Instant, Instant, usize)>,
}

/// A role by which somebody could read.
#[derive(Clone, Debug, Serialize)]
pub struct Could {
    /// The role.
    pub role: Role,
    /// Whether it is for the case, its project or organisation.
    pub scope: Breadth,
    /// From when on; not before the case was opened.
    pub from: Instant,
    /// Until when; nothing, as long as it goes on.
    pub until: Option<Instant>,
}

/// A reading.
#[derive(Clone, Debug, Serialize)]
pub struct Read {
    /// When.
    pub at: Instant,
    /// What, by the name of the action.
    pub what: String,
}

impl Could {
    /// What a grant let somebody do since the case was opened.
    fn by(grant: &Grant, opened: Instant) -> Option<Could> {
        let from = grant.from.max(opened);
        let until = [grant.until, grant.revoked].into_iter().flatten().min();
        let lasted = until.is_none_or(|until| from < until);
        lasted.then(|| Could { role: grant.role, scope: grant.scope.breadth(), from, until })
    }
}

impl Desk {
    /// Who knew of a case.
    pub async fn who_knew(&self, caller: &Caller, case: CaseId) -> Result<WhoKnew> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::WhoKnewRead)?;
        let now = self.now();
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        let mut restricted = Vec::new();
        let of = |person: PersonId| Knew {
            person,
            name: Desk::name_of(&snapshot, person),
            could: Vec::new(),
            recused: None,
            read: Vec::new(),
            wrote: None,
        };
        let standing = snapshot.directory.grants.values().filter(|grant| {
            // Operators and auditors never read what a case says.
            grant.role == Role::Responder
                && match grant.scope {
                    Scope::Organisation(id) => id == opened.organisation,
                    Scope::Project(id) => id == opened.project,
                    Scope::Installation | Scope::Case(_) => false,
                }
        });
        let mut known: BTreeMap<PersonId, Knew> = BTreeMap::new();
        for grant in standing.chain(kept.file.grants.values()) {
            if grant.from <= now
                && let Some(could) = Could::by(&snapshot.directory.as_it_counts(grant.clone()), opened.at)
            {
                known.entry(grant.person).or_insert_with(|| of(grant.person)).could.push(could);
            }
        }
        for entry in &kept.entries {
            if let Author::Person(person) = entry.by {
                let knew = known.entry(person).or_insert_with(|| of(person));
                let (first, count) = knew.wrote.map_or((entry.at, 0), |(first, _, count)| (first, count));
                knew.wrote = Some((first, entry.at, count + 1));
            }
            let Happening::Desk(event) = &entry.event else { continue };
            match &**event {
                DeskEvent::ReadRecorded { person, action } => {
                    let read = Read { at: entry.at, what: action.to_string() };
                    known.entry(*person).or_insert_with(|| of(*person)).read.push(read);
                }
                DeskEvent::PersonRecused { person, .. } => {
                    known.entry(*person).or_insert_with(|| of(*person)).recused = Some(entry.at);
                }
                DeskEvent::RecusalLifted { person, .. } => {
                    known.entry(*person).or_insert_with(|| of(*person)).recused = None;
                }
                DeskEvent::CaseRestricted { .. } => restricted.push((entry.at, true)),
                DeskEvent::CaseUnrestricted { .. } => restricted.push((entry.at, false)),
                _ => {}
            }
        }
        Ok(WhoKnew { case, at: now, restricted, people: known.into_values().collect() })
    }
}
