//! What concerns two cases at once: merged, split, taken over by another project.
//! Both sides are written in one commit, or neither is.

use std::sync::Arc;

use fixlead_core::access::{self, Action, Actor, CaseStanding, CaseState, Permit, Role, Target};
use fixlead_core::desk::command::{self, Command, Context, Part};
use fixlead_core::desk::event::{By as Author, DeskEvent, Happening, Pin};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, GrantId, OrganisationId, PersonId, ProjectId};
use fixlead_store::{Append, NewBlob};

use super::act::{Acted, Writing};
use super::kept::Kept;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// How often it is tried beside others who write.
const TRIES: usize = 50;

/// What is done to a case that concerns another one.
#[derive(Clone)]
pub struct Joining {
    /// What.
    pub what: Join,
    /// Why.
    pub reason: Line,
    /// The version that it was decided on; without one it is done to whatever
    /// stands.
    pub expected: Option<u64>,
    /// Makes a repetition recognisable.
    pub repeat: Option<Repeat>,
}

/// Which.
#[derive(Clone)]
pub enum Join {
    /// It is the same as another case, which keeps everybody who reported it.
    Merge(CaseId),
    /// The same, after these things were recorded in it, in the same commit.
    Duplicate {
        /// The case that it is the same as.
        of: CaseId,
        /// What is recorded first.
        first: Vec<Command>,
    },
    /// A part of it becomes a case of its own.
    Split {
        /// What the new case is called.
        title: Line,
        /// What it is about.
        body: Body,
    },
    /// Another project answers it.
    TakeOver(ProjectId),
}

/// The other case as it is to be written.
struct Other {
    case: CaseId,
    permit: Permit,
    kept: Arc<Kept>,
    happened: Vec<Happening>,
}

impl Desk {
    /// Merges, splits or takes over a case. What became of it, and the other
    /// case.
    pub async fn relate(&self, caller: &Caller, case: CaseId, joining: Joining) -> Result<(Acted, CaseId)> {
        let repeat = joining.repeat.as_ref();
        let action = match &joining.what {
            Join::Split { .. } => Action::CaseSplit,
            Join::Merge(_) | Join::Duplicate { .. } | Join::TakeOver(_) => Action::CaseMerge,
        };
        let new = match repeat {
            Some(repeat) => CaseId::from_bytes(repeat.id(caller.person, "case")),
            None => CaseId::opened(self.now(), self.draw()),
        };
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let kept = self.kept(case).await?;
            let permit = self.case_permit(caller, &snapshot, &kept.file, action);
            if let Some(done) = self.done(caller, permit.as_ref().err(), repeat).await? {
                let other = match joining.what {
                    Join::Merge(into) | Join::Duplicate { of: into, .. } => into,
                    Join::Split { .. } | Join::TakeOver(_) => new,
                };
                return Ok((done, other));
            }
            let permit = permit?;
            if joining.expected.is_some_and(|expected| expected != kept.revision) {
                return Err(Problem::Conflict { actual: kept.revision });
            }
            let other = match &joining.what {
                Join::Merge(into) | Join::Duplicate { of: into, .. } => {
                    self.merged_with(caller, &snapshot, &kept, *into, &joining).await?
                }
                Join::Split { title, body } => {
                    let (title, body) = (title.clone(), body.clone());
                    self.part(&snapshot, &kept, new, title, body, &joining).await?
                }
                Join::TakeOver(project) => {
                    self.elsewhere(caller, &snapshot, &kept, new, *project, &joining).await?
                }
            };
            let (into, reason) = (other.case, joining.reason.clone());
            let mine = match &joining.what {
                Join::Split { .. } => Command::Split { into, reason },
                Join::Merge(_) | Join::Duplicate { .. } | Join::TakeOver(_) => {
                    Command::Merge { into, reason }
                }
            };
            let happened = match &joining.what {
                Join::Duplicate { first, .. } => {
                    let all: Vec<Command> = first.iter().cloned().chain([mine]).collect();
                    self.decided_all(caller, &snapshot, &kept, &all, None).await?.happened
                }
                _ => self.decided(&snapshot, &kept, &permit, mine).await?,
            };
            let writing = |permit| Writing {
                permit,
                by: Author::Person(caller.person),
                repeat: None,
                blobs: Vec::<NewBlob>::new(),
                made: Some(into.to_string()),
                finish: None,
            };
            let beside = self.draft(into, &other.kept, other.happened, &writing(&other.permit)).await?;
            let own = Writing { repeat: repeat.map(|repeat| (caller.person, repeat)), ..writing(&permit) };
            let drafted = self.draft(case, &kept, happened, &own).await?;
            let also: Vec<(Permit, Append)> = vec![(other.permit.clone(), beside.append)];
            if let Some(acted) = self.commit(drafted, own, also).await? {
                if !acted.repeated {
                    self.remember_case(into, Arc::new(beside.after));
                }
                return Ok((acted, into));
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// The case that another one is merged into.
    async fn merged_with(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        kept: &Kept,
        into: CaseId,
        joining: &Joining,
    ) -> Result<Other> {
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        if into == opened.case {
            return Err(Problem::invalid("/into", "a case cannot be merged with itself; name another"));
        }
        // What one may not know of is answered like what is not there.
        let unknown = || Problem::invalid("/into", "there is no such case here; look it up in the list");
        let target = match self.kept(into).await {
            Err(Problem::NotFound) => return Err(unknown()),
            other => other?,
        };
        let permit = match self.case_permit(caller, snapshot, &target.file, Action::CaseMerge) {
            Err(denied) => {
                return Err(match Problem::from(denied) {
                    Problem::NotFound => unknown(),
                    Problem::WrongState => {
                        Problem::invalid("/into", "nothing is merged into a closed case; open it again first")
                    }
                    other => other,
                });
            }
            Ok(permit) => permit,
        };
        let now = self.now();
        let command = Command::Absorb {
            case: opened.case,
            reported: opened.at,
            reporters: kept.file.active(Role::Reporter, now).map(|grant| grant.person).collect(),
            credits: kept.file.credits.clone(),
            reason: joining.reason.clone(),
        };
        let happened = self.decided(snapshot, &target, &permit, command).await?;
        Ok(Other { case: into, permit, kept: target, happened })
    }

    /// The case that a part of another becomes. Who may split a case may open
    /// what comes out of it.
    async fn part(
        &self,
        snapshot: &Snapshot,
        kept: &Kept,
        case: CaseId,
        title: Line,
        body: Body,
        joining: &Joining,
    ) -> Result<Other> {
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        let standing = new_case(case, opened.organisation, opened.project);
        let target = Target::Case(&standing);
        let permit = access::decide(&Actor::System, &[], Action::CaseOpen, target, self.now())?;
        let pin = kept.file.pin().cloned().ok_or(Problem::NotFound)?;
        self.opening(snapshot, kept, permit, &standing, (title, body, pin), joining).await
    }

    /// The case that another project answers. Whoever takes it there has to be
    /// able to open one there.
    async fn elsewhere(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        kept: &Kept,
        case: CaseId,
        project: ProjectId,
        joining: &Joining,
    ) -> Result<Other> {
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        if project == opened.project {
            return Err(Problem::invalid("/project", "the case is this project's already; name another"));
        }
        let unknown =
            || Problem::invalid("/project", "there is no such project that you could open a case in");
        let record = snapshot.directory.projects.get(&project).ok_or_else(unknown)?;
        let standing = new_case(case, record.organisation, project);
        let actor = self.actor(caller, snapshot);
        let grants = snapshot.directory.grants_of(caller.person);
        let target = Target::Case(&standing);
        let permit = access::decide(&actor, &grants, Action::CaseOpen, target, self.now());
        let permit = permit.map_err(|_| unknown())?;
        let body = kept.entries.iter().find_map(|entry| match &entry.event {
            Happening::Desk(event) => match &**event {
                DeskEvent::ReportContent { body, .. } => Some(body.clone()),
                _ => None,
            },
            Happening::Case(_) => None,
        });
        let texts = (opened.title.clone(), body.ok_or(Problem::NotFound)?, record.policy.clone());
        self.opening(snapshot, kept, permit, &standing, texts, joining).await
    }

    async fn opening(
        &self,
        snapshot: &Snapshot,
        kept: &Kept,
        permit: Permit,
        standing: &CaseStanding,
        (title, body, pin): (Line, Body, Pin),
        joining: &Joining,
    ) -> Result<Other> {
        let now = self.now();
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        let policy = self.policy(&pin).await?;
        let part = Part {
            from: opened.case,
            case: standing.case,
            organisation: standing.organisation,
            project: standing.project,
            title,
            body,
            policy: pin,
            facts: Box::new(self.facts_of(snapshot, standing.project, now).unwrap_or_default()),
            reason: joining.reason.clone(),
        };
        let happened = {
            let people = |person: PersonId| snapshot.directory.standing(person);
            let responds = |_: PersonId| false;
            let context = Context { policy: &policy, people: &people, responds: &responds, now };
            let mut next = || GrantId::from_bytes(self.draw());
            command::open_part(&kept.file, &context, &permit, part, &mut next)?
        };
        Ok(Other { case: standing.case, permit, kept: Arc::default(), happened })
    }
}

fn new_case(case: CaseId, organisation: OrganisationId, project: ProjectId) -> CaseStanding {
    let (state, restricted, recused) = (CaseState::Embargoed, false, Vec::new());
    CaseStanding { case, project, organisation, state, restricted, recused }
}
