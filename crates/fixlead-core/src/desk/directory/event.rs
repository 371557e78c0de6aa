//! The log of the directory.

use serde::{Deserialize, Serialize};

use super::login::Login;
use super::webhook::{WebhookEnd, WebhookEvent};
use crate::access::{Breadth, Role, Scope, Standing};
use crate::case::Project;
use crate::case::json::HistoryError;
use crate::desk::entry::{complaint, envelope, line};
use crate::desk::event::{By, Pin};
use crate::desk::form::{QuestionList, ReportKey};
use crate::desk::wire::{Line, Sha256};
use crate::id::{GrantId, OfferId, OrganisationId, PersonId, ProjectId, TeamId, WebhookId};
use crate::time::Instant;

/// Where a standing grant counts, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Reach {
    /// Everywhere.
    Installation,
    /// In an organisation.
    Organisation(OrganisationId),
    /// In a project.
    Project(ProjectId),
}

impl Reach {
    /// As a scope.
    pub const fn scope(self) -> Scope {
        match self {
            Reach::Installation => Scope::Installation,
            Reach::Organisation(id) => Scope::Organisation(id),
            Reach::Project(id) => Scope::Project(id),
        }
    }

    /// How wide it is.
    pub const fn breadth(self) -> Breadth {
        self.scope().breadth()
    }
}

/// How the role of Fix Lead goes round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Turns {
    /// One after the other, case by case.
    #[default]
    RoundRobin,
    /// A week each, from a Monday on (counted in days since 1970-01-01).
    Weekly {
        /// The Monday of the first week.
        first: i64,
    },
}

/// An advisory that comes in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incoming {
    /// Its public id.
    pub id: Line,
    /// The hash of its source.
    pub sha256: Sha256,
    /// The latest instant that it names, by its dates and the years of its ids.
    pub latest: Instant,
}

/// What happens in the directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are the names they stand for in the log")]
pub enum DirectoryEvent {
    #[serde(rename = "organisation.added")]
    OrganisationAdded { organisation: OrganisationId, name: Line },
    #[serde(rename = "project.added")]
    ProjectAdded { project: ProjectId, organisation: OrganisationId, name: Line, policy: Pin },
    /// Branches, OWNERS, holidays; people come from the directory itself.
    #[serde(rename = "project.facts")]
    ProjectFacts { project: ProjectId, facts: Project },
    #[serde(rename = "project.policy")]
    ProjectPolicy { project: ProjectId, policy: Pin, reason: Line },
    /// What its form asks of reporters.
    #[serde(rename = "project.questions")]
    ProjectQuestions { project: ProjectId, questions: QuestionList },
    /// The key that reports can be encrypted to; none any more without one.
    #[serde(rename = "project.key")]
    ProjectKey {
        project: ProjectId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<ReportKey>,
        reason: Line,
    },
    /// Reports from outside wait.
    #[serde(rename = "intake.paused")]
    IntakePaused { project: ProjectId, until: Instant, reason: Line, instead: Line },
    #[serde(rename = "intake.resumed")]
    IntakeResumed { project: ProjectId },
    #[serde(rename = "person.invited")]
    PersonInvited { person: PersonId, name: Line, offer: OfferId, until: Instant },
    #[serde(rename = "person.joined")]
    PersonJoined { person: PersonId, offer: OfferId },
    #[serde(rename = "person.renamed")]
    PersonRenamed { person: PersonId, name: Line },
    /// How files of projects name them, and commits: all of it, in place of what was.
    #[serde(rename = "person.logins")]
    PersonLogins { person: PersonId, logins: Vec<Login> },
    /// They opened so many cases within an hour that no other is opened to them
    /// until then.
    #[serde(rename = "reading.stopped")]
    ReadingStopped { person: PersonId, cases: u32, until: Instant },
    #[serde(rename = "person.standing")]
    PersonStanding { person: PersonId, standing: Standing, reason: Line },
    #[serde(rename = "role.proposed")]
    RoleProposed {
        offer: OfferId,
        grant: GrantId,
        person: PersonId,
        role: Role,
        reach: Reach,
        reason: Line,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// A second person has confirmed it; only now it counts.
    #[serde(rename = "role.given")]
    RoleGiven { offer: OfferId },
    #[serde(rename = "role.revoked")]
    RoleRevoked { grant: GrantId, reason: Line },
    /// Work is delegated to a sub-team; whoever belongs to it has the role.
    #[serde(rename = "team.proposed")]
    TeamProposed { offer: OfferId, team: TeamId, project: ProjectId, name: Line, reason: Line },
    #[serde(rename = "team.delegated")]
    TeamDelegated { offer: OfferId },
    #[serde(rename = "team.ended")]
    TeamEnded { team: TeamId, reason: Line },
    #[serde(rename = "team.joined")]
    TeamJoined { team: TeamId, person: PersonId, grant: GrantId },
    #[serde(rename = "team.left")]
    TeamLeft { team: TeamId, person: PersonId },
    /// Who takes turns, in which order.
    #[serde(rename = "rota.set")]
    RotaSet { project: ProjectId, people: Vec<PersonId>, turns: Turns },
    /// Somebody led a case; the pointer moves behind them.
    #[serde(rename = "rota.served")]
    RotaServed { project: ProjectId, person: PersonId, day: i64 },
    /// Days on which somebody is away, first and last included, counted from
    /// 1970-01-01.
    #[serde(rename = "leave.set")]
    LeaveSet { person: PersonId, days: Vec<(i64, i64)> },
    #[serde(rename = "maintainers.set")]
    MaintainersSet { project: ProjectId, people: Vec<PersonId> },
    /// An address outside is told of events. Its secret is kept apart; only the
    /// one with this hash counts.
    #[serde(rename = "webhook.added")]
    WebhookAdded { webhook: WebhookId, reach: Reach, url: Line, events: Vec<WebhookEvent>, secret: Sha256 },
    #[serde(rename = "webhook.changed")]
    WebhookChanged { webhook: WebhookId, url: Line, events: Vec<WebhookEvent> },
    /// A new secret; the one before it signs too until this instant.
    #[serde(rename = "webhook.secret")]
    WebhookSecret { webhook: WebhookId, secret: Sha256, until: Instant },
    #[serde(rename = "webhook.paused")]
    WebhookPaused { webhook: WebhookId, reason: Line },
    #[serde(rename = "webhook.resumed")]
    WebhookResumed { webhook: WebhookId },
    /// The desk itself has stopped calling it.
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled { webhook: WebhookId, why: WebhookEnd },
    #[serde(rename = "webhook.removed")]
    WebhookRemoved { webhook: WebhookId, reason: Line },
    /// Advisories that were published elsewhere wait for a second person.
    #[serde(rename = "advisories.proposed")]
    AdvisoriesProposed { offer: OfferId, project: ProjectId, until: Instant, advisories: Vec<Incoming> },
    /// They are public here. Without an offer one person took them in alone.
    #[serde(rename = "advisories.taken-in")]
    AdvisoriesTakenIn {
        project: ProjectId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offer: Option<OfferId>,
        advisories: Vec<Incoming>,
    },
    /// Another person says no, or whoever proposed them takes it back.
    #[serde(rename = "advisories.declined")]
    AdvisoriesDeclined { project: ProjectId, offer: OfferId, reason: Line },
    /// What had been taken in made room for what a case published under the same ids.
    #[serde(rename = "advisories.replaced")]
    AdvisoriesReplaced { project: ProjectId, advisories: Vec<Incoming> },
    /// Who asks at CVE Services for a project, with a new key or the one that was kept.
    #[serde(rename = "cna.set")]
    CnaSet { project: ProjectId, organisation: Line, user: Line, address: Line, new_key: bool },
    #[serde(rename = "cna.removed")]
    CnaRemoved { project: ProjectId, organisation: Line, user: Line, address: Line },
}

/// A line of the directory's log.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryEntry {
    /// When it was recorded.
    pub at: Instant,
    /// By whom.
    pub by: By,
    /// What.
    pub event: DirectoryEvent,
}

impl DirectoryEntry {
    /// Reads a line; nothing unknown and nothing twice.
    pub fn read(text: &str) -> Result<DirectoryEntry, HistoryError> {
        let (at, by, event) = envelope(text)?;
        let event = serde_json::from_value(event).map_err(|error| complaint("/event", &error))?;
        Ok(DirectoryEntry { at, by, event })
    }

    /// Writes it in one line.
    pub fn write(&self) -> String {
        line(self.at, self.by, &self.event)
    }
}
