//! Who somebody is to a case: roles, grants of them, standing.

use std::fmt;

use crate::case::event::vocabulary;
use crate::id::{CaseId, GrantId, OrganisationId, PersonId, ProjectId, TeamId};
use crate::text::Untold;
use crate::time::Instant;

vocabulary! {
    /// What a grant makes of somebody.
    Role {
        Operator = "operator",
        Auditor = "auditor",
        Responder = "responder",
        FixLead = "fix-lead",
        FixTeam = "fix-team",
        ReleaseManager = "release-manager",
        Distributor = "distributor",
        Reporter = "reporter",
        Guest = "guest",
    }
}

vocabulary! {
    /// Whether somebody may act at all.
    Standing {
        Invited = "invited",
        Active = "active",
        Suspended = "suspended",
        Removed = "removed",
    }
}

vocabulary! {
    /// How wide a grant reaches.
    Breadth {
        Installation = "installation",
        Organisation = "organisation",
        Project = "project",
        Case = "case",
    }
}

/// What a grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The whole installation.
    Installation,
    /// An organisation and its projects.
    Organisation(OrganisationId),
    /// A project.
    Project(ProjectId),
    /// One case.
    Case(CaseId),
}

impl Scope {
    /// How wide it reaches.
    pub const fn breadth(self) -> Breadth {
        match self {
            Scope::Installation => Breadth::Installation,
            Scope::Organisation(_) => Breadth::Organisation,
            Scope::Project(_) => Breadth::Project,
            Scope::Case(_) => Breadth::Case,
        }
    }
}

/// A role given to somebody, for a reason and, if wanted, with an end. Its `Debug`
/// keeps the reason to itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Who has it.
    pub person: PersonId,
    /// What it makes of them.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// Why; never empty.
    pub reason: Box<str>,
    /// Who gave it; nobody when the installation did.
    pub given_by: Option<PersonId>,
    /// The sub-team through which they have it.
    pub team: Option<TeamId>,
    /// From when on, inclusive.
    pub from: Instant,
    /// Until when, exclusive.
    pub until: Option<Instant>,
    /// When it was taken back.
    pub revoked: Option<Instant>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { id, person, role, scope, reason, given_by, team, from, until, revoked } = self;
        f.debug_struct("Grant")
            .field("id", id)
            .field("person", person)
            .field("role", role)
            .field("scope", scope)
            .field("reason", &Untold(reason))
            .field("given_by", given_by)
            .field("team", team)
            .field("from", from)
            .field("until", until)
            .field("revoked", revoked)
            .finish()
    }
}

impl Grant {
    /// Whether it counts at an instant.
    pub fn is_active(&self, now: Instant) -> bool {
        self.from <= now
            && self.until.is_none_or(|until| now < until)
            && self.revoked.is_none_or(|revoked| now < revoked)
    }
}
