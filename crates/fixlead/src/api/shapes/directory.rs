//! The part of the directory that somebody may read.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::documents::ProjectFacts;
use super::{Days, Id, Line, Moment, QuestionName, ReachName, RoleName, Sha256, StandingName, Turns};

/// Organisations, projects, people, standing roles.
#[derive(ToSchema)]
pub struct DirectoryView {
    /// The organisations.
    organisations: Vec<OrganisationView>,
    /// The projects.
    projects: Vec<ProjectView>,
    /// The people.
    people: Vec<PersonView>,
    /// Their standing roles.
    roles: Vec<RoleView>,
    /// Sub-teams that work is delegated to.
    teams: Vec<TeamView>,
    /// What waits for a second person.
    proposed: Vec<ProposedItem>,
}

/// A sub-team.
#[derive(ToSchema)]
pub struct TeamView {
    /// Its id.
    team: Id,
    /// The project it works for.
    project: Id,
    /// What it is called.
    name: String,
    /// Who belongs to it.
    members: Vec<Id>,
}

/// A sub-team that waits for a second person.
#[derive(ToSchema)]
pub struct ProposedTeam {
    /// What the second person confirms.
    offer: Id,
    /// Its id.
    team: Id,
    /// The project it is to work for.
    project: Id,
    /// What it is called.
    name: String,
}

/// What waits for a second person: a standing role, or a sub-team.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum ProposedItem {
    /// A standing role.
    Role(ProposedRole),
    /// A sub-team.
    Team(ProposedTeam),
}

/// An organisation.
#[derive(ToSchema)]
pub struct OrganisationView {
    /// Its id.
    organisation: Id,
    /// What it is called.
    name: String,
}

/// A project.
#[derive(ToSchema)]
pub struct ProjectView {
    /// Its id.
    project: Id,
    /// The organisation it belongs to.
    organisation: Id,
    /// What it is called.
    name: String,
    /// The policy that new cases run under.
    policy: PolicyPin,
    /// Branches, owners, holidays.
    facts: ProjectFacts,
    /// Its maintainers.
    maintainers: Vec<Id>,
    /// Who takes turns as Fix Lead.
    rota: RotaView,
    /// What its form asks beside a line and a text.
    questions: Vec<AskedView>,
    /// The fingerprint of the key that reports can be encrypted to.
    #[schema(required)]
    key: Option<String>,
    /// The pause of its intake, while it lasts.
    #[schema(required)]
    pause: Option<PauseView>,
}

/// A question as a project asks it.
#[derive(ToSchema)]
pub struct AskedView {
    /// Which.
    question: QuestionName,
    /// Whether a report needs an answer; no, if left out.
    #[schema(required = false)]
    required: bool,
    /// What helps to answer it.
    #[schema(value_type = Option<Line>)]
    help: Option<String>,
    /// The answers to choose from; any, where there are none.
    #[schema(value_type = Vec<Line>, required = false, max_items = 100)]
    choices: Vec<String>,
}

/// A pause of an intake.
#[derive(ToSchema)]
pub struct PauseView {
    /// Since when.
    since: Moment,
    /// Until when.
    until: Moment,
    /// Why.
    reason: String,
    /// How to reach the team when it cannot wait.
    instead: String,
}

/// A policy, exactly.
#[derive(ToSchema)]
pub struct PolicyPin {
    /// Its id.
    policy: String,
    /// Its version.
    version: String,
    /// The SHA-256 over its text and those of its overlays.
    sha256: Sha256,
    /// Its overlays.
    #[schema(value_type = Vec<String>, required = false)]
    overlays: Vec<String>,
    /// Values for its parameters.
    #[schema(required = false)]
    parameters: BTreeMap<String, String>,
}

/// Who takes turns as Fix Lead.
#[derive(ToSchema)]
pub struct RotaView {
    /// Who, in their order.
    people: Vec<Id>,
    /// How it goes round.
    turns: Turns,
    /// The same people, the one whose turn it is first.
    next: Vec<Id>,
    /// Who of them is away.
    away: Vec<Id>,
    /// Who is owed a turn.
    owed: Vec<Id>,
}

/// Somebody.
#[derive(ToSchema)]
pub struct PersonView {
    /// Their id.
    person: Id,
    /// What they are called.
    name: String,
    /// Whether they may act.
    standing: StandingName,
    /// When they are away.
    leave: Vec<Days>,
    /// How files of projects name them, and commits.
    logins: Vec<String>,
}

/// A standing role.
#[derive(ToSchema)]
pub struct RoleView {
    /// The grant, by which it is taken back.
    grant: Id,
    /// Who.
    person: Id,
    /// Which.
    role: RoleName,
    /// Where.
    reach: ReachName,
    /// Why.
    reason: String,
    /// From when on.
    from: Moment,
    /// Until when.
    #[schema(required)]
    until: Option<Moment>,
}

/// A standing role that waits for a second person.
#[derive(ToSchema)]
pub struct ProposedRole {
    /// The grant that it is then.
    grant: Id,
    /// Who.
    person: Id,
    /// Which.
    role: RoleName,
    /// Where.
    reach: ReachName,
    /// Why.
    reason: String,
    /// From when on.
    from: Moment,
    /// Until when.
    #[schema(required)]
    until: Option<Moment>,
    /// What the second person confirms.
    offer: Id,
}
