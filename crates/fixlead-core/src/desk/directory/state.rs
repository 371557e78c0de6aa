//! What the directory's log adds up to. Like a case's, it takes any entry at
//! any time; what makes no sense changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{DirectoryEntry, DirectoryEvent, Turns};
use super::import::{self, Import};
use super::login::Login;
use super::rota;
use super::webhook::Webhook;
use crate::access::{Grant, Role, Scope, Standing};
use crate::case::Project;
use crate::desk::event::{By, Pin};
use crate::desk::form::{Pause, QuestionList, ReportKey};
use crate::desk::wire::Line;
use crate::id::{GrantId, OfferId, OrganisationId, PersonId, ProjectId, TeamId, WebhookId};
use crate::time::Instant;

/// Somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// What they are called.
    pub name: Line,
    /// Whether they may act.
    pub standing: Standing,
    /// When they are away: first and last day, counted from 1970-01-01.
    pub leave: Vec<(i64, i64)>,
    /// How files of projects name them, and commits.
    pub logins: Vec<Login>,
    /// When they were last removed. Nothing that they were given before counts
    /// any more, in no case either, even when they come back.
    pub removed: Option<Instant>,
}

/// An invitation that nobody has accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    /// Whom it is for.
    pub person: PersonId,
    /// Until when it can be accepted, exclusive.
    pub until: Instant,
}

/// A project.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectRecord {
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// What it is called.
    pub name: Line,
    /// The policy that new cases run under.
    pub policy: Pin,
    /// Branches, OWNERS, holidays.
    pub facts: Project,
    /// Who takes turns, in their order.
    pub rota: Vec<PersonId>,
    /// How they take them.
    pub turns: Turns,
    /// Whose turn is next, as a place in the rota.
    pub pointer: usize,
    /// Who was passed over for being away, in order.
    pub owed: Vec<PersonId>,
    /// The maintainers.
    pub maintainers: Vec<PersonId>,
    /// What its form asks; the same copy in every snapshot of the directory.
    pub questions: Arc<QuestionList>,
    /// The key that reports can be encrypted to.
    pub key: Option<Arc<ReportKey>>,
    /// The pause of its intake that was last decided, over or not.
    pub pause: Option<Pause>,
}

/// A sub-team that work is delegated to.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// Its project.
    pub project: ProjectId,
    /// What it is called.
    pub name: Line,
    /// Who belongs to it, and by which grant they have its role.
    pub members: BTreeMap<PersonId, GrantId>,
}

/// Something that waits for a second person.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposed {
    /// A standing grant.
    Role {
        /// Who proposed it.
        by: By,
        /// The grant as it will be.
        grant: Box<Grant>,
    },
    /// A sub-team.
    Team {
        /// Who proposed it.
        by: By,
        /// Its id.
        team: TeamId,
        /// It as it will be.
        record: Team,
    },
}

impl Proposed {
    /// Who proposed it.
    pub fn by(&self) -> By {
        match self {
            Proposed::Role { by, .. } | Proposed::Team { by, .. } => *by,
        }
    }
}

/// The directory of an installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directory {
    /// Organisations by id.
    pub organisations: BTreeMap<OrganisationId, Line>,
    /// Projects by id.
    pub projects: BTreeMap<ProjectId, ProjectRecord>,
    /// People by id.
    pub people: BTreeMap<PersonId, Person>,
    /// Invitations that stand.
    pub invitations: BTreeMap<OfferId, Invitation>,
    /// What waits for a second person.
    pub proposed: BTreeMap<OfferId, Proposed>,
    /// Standing grants, ended ones too.
    pub grants: BTreeMap<GrantId, Grant>,
    /// Sub-teams that stand.
    pub teams: BTreeMap<TeamId, Team>,
    /// Webhooks that stand.
    pub webhooks: BTreeMap<WebhookId, Webhook>,
    /// Advisories that wait for a second person to be taken in.
    pub imports: BTreeMap<OfferId, Import>,
}

impl Directory {
    /// A directory from the whole of its log.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a DirectoryEntry>) -> Directory {
        let mut directory = Directory::default();
        for entry in entries {
            directory.apply(entry);
        }
        directory
    }

    /// Adds an entry.
    pub fn apply(&mut self, entry: &DirectoryEntry) {
        use DirectoryEvent as E;
        let at = entry.at;
        match &entry.event {
            E::OrganisationAdded { organisation, name } => {
                self.organisations.entry(*organisation).or_insert_with(|| name.clone());
            }
            E::ProjectAdded { project, organisation, name, policy } => {
                self.projects.entry(*project).or_insert_with(|| ProjectRecord {
                    organisation: *organisation,
                    name: name.clone(),
                    policy: policy.clone(),
                    facts: Project::default(),
                    rota: Vec::new(),
                    turns: Turns::RoundRobin,
                    pointer: 0,
                    owed: Vec::new(),
                    maintainers: Vec::new(),
                    questions: Arc::default(),
                    key: None,
                    pause: None,
                });
            }
            E::ProjectFacts { project, facts } => {
                if let Some(record) = self.projects.get_mut(project) {
                    record.facts.clone_from(facts);
                }
            }
            E::ProjectPolicy { project, policy, .. } => {
                if let Some(record) = self.projects.get_mut(project) {
                    record.policy.clone_from(policy);
                }
            }
            E::PersonInvited { person, name, offer, until } => {
                let standing = Standing::Invited;
                let (name, leave, logins) = (name.clone(), Vec::new(), Vec::new());
                let record = Person { name, standing, leave, logins, removed: None };
                let known = self.people.entry(*person).or_insert(record);
                // Somebody who was removed can be asked again; nobody who is
                // there loses anything by an invitation.
                if known.standing == Standing::Removed {
                    known.standing = Standing::Invited;
                }
                if known.standing == Standing::Invited {
                    self.invitations.insert(*offer, Invitation { person: *person, until: *until });
                }
            }
            E::PersonJoined { person, offer } => {
                let invited = self.invitations.get(offer).is_some_and(|known| known.person == *person);
                if let Some(record) = self.people.get_mut(person).filter(|_| invited) {
                    record.standing = Standing::Active;
                    self.invitations.retain(|_, known| known.person != *person);
                }
            }
            E::PersonRenamed { person, name } => {
                if let Some(record) = self.people.get_mut(person) {
                    record.name.clone_from(name);
                }
            }
            E::PersonLogins { person, logins } => {
                if let Some(record) = self.people.get_mut(person) {
                    record.logins.clone_from(logins);
                }
            }
            E::PersonStanding { person, standing, .. } => {
                if let Some(record) = self.people.get_mut(person) {
                    record.standing = *standing;
                    if *standing == Standing::Removed {
                        record.removed = record.removed.max(Some(at));
                        record.logins.clear();
                    }
                }
                if *standing == Standing::Removed {
                    import::apply(&mut self.imports, entry);
                    self.invitations.retain(|_, known| known.person != *person);
                    // Neither what was to be theirs nor what they wanted others to have.
                    self.proposed.retain(|_, proposed| {
                        proposed.by() != By::Person(*person)
                            && !matches!(proposed, Proposed::Role { grant, .. } if grant.person == *person)
                    });
                    // Who comes back begins with nothing.
                    self.revoke(at, |grant| grant.person == *person);
                    for team in self.teams.values_mut() {
                        team.members.remove(person);
                    }
                }
            }
            E::RoleProposed { offer, grant, person, role, reach, reason, until } => {
                let grant = Box::new(Grant {
                    id: *grant,
                    person: *person,
                    role: *role,
                    scope: reach.scope(),
                    reason: (&**reason).into(),
                    given_by: author(entry.by),
                    team: None,
                    from: at,
                    until: *until,
                    revoked: None,
                });
                self.proposed.entry(*offer).or_insert(Proposed::Role { by: entry.by, grant });
            }
            E::RoleGiven { offer } => {
                if let Some(Proposed::Role { grant, .. }) = self.proposed.get(offer).cloned() {
                    self.proposed.remove(offer);
                    self.grants.entry(grant.id).or_insert(Grant { from: at, ..*grant });
                }
            }
            E::RoleRevoked { grant, .. } => self.revoke(at, |known| known.id == *grant),
            E::TeamProposed { offer, team, project, name, .. } => {
                let record = Team { project: *project, name: name.clone(), members: BTreeMap::new() };
                let (by, team) = (entry.by, *team);
                self.proposed.entry(*offer).or_insert(Proposed::Team { by, team, record });
            }
            E::TeamDelegated { offer } => {
                if let Some(Proposed::Team { team, record, .. }) = self.proposed.get(offer).cloned() {
                    self.proposed.remove(offer);
                    self.teams.entry(team).or_insert(record);
                }
            }
            E::TeamEnded { team, .. } => {
                self.teams.remove(team);
                self.revoke(at, |grant| grant.team == Some(*team));
            }
            E::TeamJoined { team, person, grant } => {
                let Some(record) = self.teams.get_mut(team) else { return };
                if record.members.contains_key(person) || self.grants.contains_key(grant) {
                    return;
                }
                record.members.insert(*person, *grant);
                let given = Grant {
                    id: *grant,
                    person: *person,
                    role: Role::Responder,
                    scope: Scope::Project(record.project),
                    reason: (&*record.name).into(),
                    given_by: author(entry.by),
                    team: Some(*team),
                    from: at,
                    until: None,
                    revoked: None,
                };
                self.grants.insert(*grant, given);
            }
            E::TeamLeft { team, person } => {
                if let Some(record) = self.teams.get_mut(team) {
                    record.members.remove(person);
                }
                self.revoke(at, |grant| grant.team == Some(*team) && grant.person == *person);
            }
            E::RotaSet { project, people, turns } => {
                if let Some(record) = self.projects.get_mut(project) {
                    // Whose turn it is stays so, as long as they take turns.
                    let next = record.rota.get(record.pointer).copied();
                    record.rota.clear();
                    for person in people {
                        if !record.rota.contains(person) {
                            record.rota.push(*person);
                        }
                    }
                    record.turns = *turns;
                    record.pointer = record.rota.iter().position(|person| Some(*person) == next).unwrap_or(0);
                    record.owed.retain(|person| people.contains(person));
                }
            }
            E::RotaServed { project, person, day } => {
                let people = &self.people;
                let away = |person: PersonId| {
                    people.get(&person).is_some_and(|known| rota::is_away(&known.leave, *day))
                };
                if let Some(record) = self.projects.get_mut(project) {
                    rota::serve(record, *person, away);
                }
            }
            E::LeaveSet { person, days } => {
                if let Some(record) = self.people.get_mut(person) {
                    record.leave.clone_from(days);
                }
            }
            E::MaintainersSet { project, people } => {
                if let Some(record) = self.projects.get_mut(project) {
                    record.maintainers.clone_from(people);
                }
            }
            E::ProjectQuestions { project, questions } => {
                if let Some(record) = self.projects.get_mut(project) {
                    record.questions = Arc::new(questions.clone());
                }
            }
            E::ProjectKey { project, key, .. } => {
                if let Some(record) = self.projects.get_mut(project) {
                    record.key = key.clone().map(Arc::new);
                }
            }
            E::IntakePaused { project, until, reason, instead } => {
                if let Some(record) = self.projects.get_mut(project) {
                    let (until, reason, instead) = (*until, reason.clone(), instead.clone());
                    record.pause = Some(Pause { since: at, until, reason, instead });
                }
            }
            // What they say is for those who watch; it changes nothing here.
            E::ReadingStopped { .. }
            | E::CnaSet { .. }
            | E::CnaRemoved { .. }
            | E::AdvisoriesReplaced { .. } => {}
            E::AdvisoriesProposed { .. } | E::AdvisoriesTakenIn { .. } | E::AdvisoriesDeclined { .. } => {
                import::apply(&mut self.imports, entry);
            }
            E::IntakeResumed { project } => {
                if let Some(record) = self.projects.get_mut(project) {
                    record.pause = None;
                }
            }
            E::WebhookAdded { .. }
            | E::WebhookChanged { .. }
            | E::WebhookSecret { .. }
            | E::WebhookPaused { .. }
            | E::WebhookResumed { .. }
            | E::WebhookDisabled { .. }
            | E::WebhookRemoved { .. } => super::webhook::apply(&mut self.webhooks, entry),
        }
    }

    fn revoke(&mut self, at: Instant, which: impl Fn(&Grant) -> bool) {
        for grant in self.grants.values_mut().filter(|grant| which(grant)) {
            grant.revoked = Some(grant.revoked.map_or(at, |known| known.min(at)));
        }
    }

    /// The grants by which reports of a project are answered at an instant, of
    /// people who can act.
    fn answering(&self, project: ProjectId, at: Instant) -> impl Iterator<Item = &Grant> {
        let organisation = self.projects.get(&project).map(|record| record.organisation);
        self.grants.values().filter(move |grant| {
            let reaches = match grant.scope {
                Scope::Organisation(id) => Some(id) == organisation,
                Scope::Project(id) => id == project,
                // Of the whole installation nobody is a responder, and of a case
                // nobody by the directory.
                Scope::Installation | Scope::Case(_) => false,
            };
            let able = || self.standing(grant.person) == Some(Standing::Active);
            grant.role == Role::Responder && reaches && grant.is_active(at) && able()
        })
    }

    /// Whether somebody answers the reports of a project.
    pub fn responds(&self, person: PersonId, project: ProjectId, at: Instant) -> bool {
        self.answering(project, at).any(|grant| grant.person == person)
    }

    /// Whether somebody may act; nothing for whom nobody knows.
    pub fn standing(&self, person: PersonId) -> Option<Standing> {
        self.people.get(&person).map(|record| record.standing)
    }

    /// A grant for a case, as it counts: it ended when whoever has it was
    /// removed, whatever the case itself says.
    pub fn as_it_counts(&self, mut grant: Grant) -> Grant {
        let removed = self.people.get(&grant.person).and_then(|record| record.removed);
        if let Some(removed) = removed.filter(|removed| grant.from <= *removed) {
            grant.revoked = Some(grant.revoked.map_or(removed, |revoked| revoked.min(removed)));
        }
        grant
    }

    /// Whom a name in a file of a project means, whose upstream is at a host.
    pub fn meant(&self, name: &str, host: Option<&str>) -> Option<PersonId> {
        // Facts name people by their ids as well; no login takes the place of one.
        if PersonId::parse(name).is_ok() {
            return None;
        }
        let meant = |known: &Person| known.logins.iter().any(|login| login.is_meant(name, host));
        let mut people = self.people.iter().filter(|(_, known)| meant(known)).map(|(id, _)| *id);
        let person = people.next()?;
        people.next().is_none().then_some(person)
    }

    /// The standing grants of a person, ended ones too.
    pub fn grants_of(&self, person: PersonId) -> Vec<Grant> {
        self.grants.values().filter(|grant| grant.person == person).cloned().collect()
    }

    /// The facts of a project that its policy works with, at an instant.
    ///
    /// People stand by their ids, owners too where they have the login that is named;
    /// `host` is where the project's upstream is, if that is known. The list of responders begins with whose turn
    /// it is, so that nobody has to know how turns are counted.
    pub fn facts(&self, project: ProjectId, at: Instant, host: Option<&str>) -> Option<Project> {
        let record = self.projects.get(&project)?;
        let name = |person: &PersonId| -> Box<str> { person.to_string().into() };
        let turns = rota::order(record, at, |person| {
            self.people.get(&person).is_some_and(|known| rota::is_away(&known.leave, at.day()))
        });
        let leave = turns.iter().flat_map(|person| {
            let days = self.people.get(person).map_or(&[][..], |known| &known.leave);
            days.iter().map(move |days| (name(person), *days))
        });
        // Whoever takes no turns can lead all the same, after those who do.
        let mut others: Vec<(Instant, PersonId)> =
            self.answering(project, at).map(|grant| (grant.from, grant.person)).collect();
        others.sort_unstable();
        let mut responders = turns.clone();
        for (_, person) in others {
            if !responders.contains(&person) {
                responders.push(person);
            }
        }
        let mut facts = record.facts.clone();
        for owner in facts.owners.iter_mut().flat_map(|(_, owners)| owners) {
            if let Some(person) = self.meant(owner, host) {
                *owner = name(&person);
            }
        }
        Some(Project {
            leave: leave.collect(),
            responders: responders.iter().map(name).collect(),
            served: Vec::new(),
            maintainers: record.maintainers.iter().map(name).collect(),
            ..facts
        })
    }
}

pub(super) fn author(by: By) -> Option<PersonId> {
    match by {
        By::System => None,
        By::Person(person) => Some(person),
    }
}
