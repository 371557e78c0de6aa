//! What may be done with the directory, decided before it happens.
//!
//! A standing role takes effect when a second person confirms it, so that
//! nobody who keeps an installation running lets themselves into its cases.
//! Only where there has never been anybody else does the first person go on alone.

use super::cna::CnaCommand;
use super::event::{DirectoryEvent, Reach, Turns};
use super::import::ImportCommand;
use super::login::{Login, MOST_LOGINS};
use super::state::{Directory, Proposed};
use super::webhook::WebhookCommand;
use crate::access::{self, Access, Action, Grant, Permit, Role, Scope, Standing, Within};
use crate::case::Project;
use crate::desk::command::{Refused, Thing, Wrong};
use crate::desk::event::{By, Pin};
use crate::desk::form::{QuestionList, ReportKey};
use crate::desk::wire::Line;
use crate::id::{GrantId, InstallationId, OfferId, OrganisationId, PersonId, ProjectId, TeamId};
use crate::time::{Instant, Span};

/// Something to do with the directory.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are those of the events they become")]
pub enum DirectoryCommand {
    AddOrganisation {
        organisation: OrganisationId,
        name: Line,
    },
    AddProject {
        project: ProjectId,
        organisation: OrganisationId,
        name: Line,
        policy: Pin,
    },
    SetFacts {
        project: ProjectId,
        facts: Box<Project>,
    },
    SetPolicy {
        project: ProjectId,
        policy: Pin,
        reason: Line,
    },
    SetMaintainers {
        project: ProjectId,
        people: Vec<PersonId>,
    },
    SetQuestions {
        project: ProjectId,
        questions: QuestionList,
    },
    SetKey {
        project: ProjectId,
        key: Option<ReportKey>,
        reason: Line,
    },
    PauseIntake {
        project: ProjectId,
        until: Instant,
        reason: Line,
        instead: Line,
    },
    ResumeIntake {
        project: ProjectId,
    },
    Invite {
        person: PersonId,
        name: Line,
        offer: OfferId,
        until: Instant,
    },
    Accept {
        offer: OfferId,
    },
    Rename {
        person: PersonId,
        name: Line,
    },
    /// All of them, in place of what was.
    SetLogins {
        person: PersonId,
        logins: Vec<Login>,
    },
    /// They have opened more cases than anybody opens who works on some.
    StopReading {
        person: PersonId,
        cases: u32,
        until: Instant,
    },
    SetStanding {
        person: PersonId,
        standing: Standing,
        reason: Line,
    },
    ProposeRole {
        offer: OfferId,
        grant: GrantId,
        person: PersonId,
        role: Role,
        reach: Reach,
        reason: Line,
        until: Option<Instant>,
    },
    ProposeTeam {
        offer: OfferId,
        team: TeamId,
        project: ProjectId,
        name: Line,
        reason: Line,
    },
    /// Be the second person.
    Confirm {
        offer: OfferId,
    },
    RevokeRole {
        grant: GrantId,
        reason: Line,
    },
    EndTeam {
        team: TeamId,
        reason: Line,
    },
    JoinTeam {
        team: TeamId,
        person: PersonId,
        grant: GrantId,
    },
    LeaveTeam {
        team: TeamId,
        person: PersonId,
    },
    SetRota {
        project: ProjectId,
        people: Vec<PersonId>,
        turns: Turns,
    },
    Serve {
        project: ProjectId,
        person: PersonId,
    },
    SetLeave {
        person: PersonId,
        days: Vec<(i64, i64)>,
    },
    Webhook(WebhookCommand),
    Import(ImportCommand),
    Cna(CnaCommand),
}

/// The most periods of leave that are kept of somebody.
pub const MOST_LEAVE: usize = 200;
/// The longest pause of an intake, in days.
pub const LONGEST_PAUSE: i64 = 93;
/// The most people on a list.
pub const MOST_PEOPLE: usize = 500;

pub(super) fn wrong<T>(wrong: Wrong) -> Result<T, Refused> {
    Err(Refused::Wrong(wrong))
}

pub(super) fn unknown<T>(thing: Thing, name: impl ToString) -> Result<T, Refused> {
    Err(Refused::Unknown(thing, name.to_string()))
}

impl Directory {
    /// The part of the directory that a project is.
    pub fn within(&self, project: ProjectId) -> Result<Within, Refused> {
        match self.projects.get(&project) {
            Some(record) => Ok(Within::Project(record.organisation, project)),
            None => unknown(Thing::Project, project),
        }
    }

    pub(super) fn within_reach(&self, reach: Scope) -> Result<Within, Refused> {
        match reach {
            Scope::Organisation(id) if self.organisations.contains_key(&id) => Ok(Within::Organisation(id)),
            Scope::Organisation(id) => unknown(Thing::Organisation, id),
            Scope::Project(id) => self.within(id),
            _ => Ok(Within::Installation),
        }
    }

    fn within_team(&self, team: TeamId) -> Result<Within, Refused> {
        match self.teams.get(&team) {
            Some(record) => self.within(record.project),
            None => unknown(Thing::Team, team),
        }
    }

    fn able(&self, person: PersonId) -> Result<(), Refused> {
        match self.standing(person) {
            None => unknown(Thing::Person, person),
            Some(Standing::Active) => Ok(()),
            Some(_) => wrong(Wrong::NotActive),
        }
    }

    fn able_all(&self, people: &[PersonId]) -> Result<(), Refused> {
        if people.len() > MOST_PEOPLE {
            return wrong(Wrong::TooMany);
        }
        people.iter().try_for_each(|person| self.able(*person))
    }

    /// Where somebody can be the second person for a reach: all of it, or a
    /// project in it that they have a grant for.
    fn within_confirming(&self, reach: Scope, me: Option<PersonId>) -> Result<Within, Refused> {
        let whole = self.within_reach(reach)?;
        let wide = |grant: &Grant| match (grant.scope, reach) {
            (Scope::Installation, _) => true,
            (Scope::Organisation(own), Scope::Project(id)) => {
                self.projects.get(&id).is_some_and(|record| record.organisation == own)
            }
            (own, reach) => own == reach,
        };
        let inside = |id: &ProjectId| match reach {
            Scope::Installation => true,
            Scope::Organisation(own) => {
                self.projects.get(id).is_some_and(|record| record.organisation == own)
            }
            Scope::Project(own) => own == *id,
            Scope::Case(_) => false,
        };
        let mine =
            || self.grants.values().filter(|grant| Some(grant.person) == me && grant.revoked.is_none());
        if mine().any(wide) {
            return Ok(whole);
        }
        let project = mine().find_map(|grant| match grant.scope {
            Scope::Project(id) if inside(&id) => Some(id),
            Scope::Organisation(own) => {
                let of = self.projects.iter().find(|(id, record)| record.organisation == own && inside(id));
                of.map(|(id, _)| *id)
            }
            _ => None,
        });
        project.map_or(Ok(whole), |project| self.within(project))
    }

    /// The logins that somebody is to have, in order and each once. They decide whose
    /// LGTM counts, so nobody claims one, and none belongs to two people.
    fn logins(
        &self,
        permit: &Permit,
        person: PersonId,
        mut logins: Vec<Login>,
    ) -> Result<Vec<Login>, Refused> {
        let Some(known) = self.people.get(&person) else { return unknown(Thing::Person, person) };
        if permit.person() == Some(person) && !self.is_first(permit, None) {
            return wrong(Wrong::SamePerson);
        }
        logins.sort_unstable();
        logins.dedup();
        if logins.len() > MOST_LOGINS {
            return wrong(Wrong::TooMany);
        }
        if known.standing == Standing::Removed {
            return wrong(Wrong::NotActive);
        }
        if known.logins == logins {
            return wrong(Wrong::Unchanged);
        }
        let others = self.people.iter().filter(|(id, _)| **id != person);
        if others.into_iter().any(|(_, other)| Login::any_overlaps(&logins, &other.logins)) {
            return wrong(Wrong::LoginTaken);
        }
        Ok(logins)
    }

    /// Whether nobody else has ever been in a position to be the second
    /// person. Who was and left still counts: otherwise an operator would only
    /// have to suspend everybody first.
    fn is_first(&self, permit: &Permit, person: Option<PersonId>) -> bool {
        self.grants.values().all(|grant| {
            Some(grant.person) == permit.person()
                || Some(grant.person) == person
                || !matches!(grant.role, Role::Operator | Role::Responder)
        })
    }
}

impl DirectoryCommand {
    /// What a permit for it has to allow, and where.
    pub fn needs(&self, directory: &Directory, me: Option<PersonId>) -> Result<(Action, Within), Refused> {
        use DirectoryCommand as C;
        Ok(match self {
            C::AddOrganisation { .. } => (Action::OrganisationManage, Within::Installation),
            C::AddProject { organisation, .. } => {
                let within = directory.within_reach(Scope::Organisation(*organisation))?;
                (Action::ProjectManage, within)
            }
            C::SetFacts { project, .. }
            | C::SetMaintainers { project, .. }
            | C::SetQuestions { project, .. }
            | C::PauseIntake { project, .. }
            | C::ResumeIntake { project } => (Action::ProjectFacts, directory.within(*project)?),
            // Whoever changes the key reads what is encrypted from then on.
            C::SetPolicy { project, .. } | C::SetKey { project, .. } => {
                (Action::ProjectPolicy, directory.within(*project)?)
            }
            C::StopReading { .. } => (Action::ReadStop, Within::Installation),
            C::Invite { .. } => (Action::PeopleInvite, Within::Installation),
            C::Accept { offer } => match directory.invitations.get(offer) {
                Some(invitation) => (Action::InvitationAccept, Within::Person(invitation.person)),
                None => return unknown(Thing::Offer, offer),
            },
            C::Rename { person, .. } if Some(*person) == me => (Action::OwnProfile, Within::Person(*person)),
            C::Rename { .. } => (Action::PeopleInvite, Within::Installation),
            C::SetLogins { .. } => (Action::PeopleLogins, Within::Installation),
            C::SetStanding { .. } => (Action::PeopleStanding, Within::Installation),
            C::ProposeRole { reach, .. } => (Action::RolesGive, directory.within_reach(reach.scope())?),
            C::ProposeTeam { project, .. } => (Action::TeamDelegate, directory.within(*project)?),
            C::Confirm { offer } => match directory.proposed.get(offer) {
                Some(Proposed::Role { grant, .. }) => {
                    (Action::RolesConfirm, directory.within_confirming(grant.scope, me)?)
                }
                Some(Proposed::Team { record, .. }) => {
                    (Action::RolesConfirm, directory.within_confirming(Scope::Project(record.project), me)?)
                }
                None => return unknown(Thing::Offer, offer),
            },
            C::RevokeRole { grant, .. } => match directory.grants.get(grant) {
                Some(grant) => (Action::RolesRevoke, directory.within_reach(grant.scope)?),
                None => return unknown(Thing::Grant, grant),
            },
            C::EndTeam { team, .. } | C::JoinTeam { team, .. } => {
                (Action::TeamDelegate, directory.within_team(*team)?)
            }
            C::LeaveTeam { team, .. } => (Action::RotaManage, directory.within_team(*team)?),
            C::SetRota { project, .. } | C::Serve { project, .. } => {
                (Action::RotaManage, directory.within(*project)?)
            }
            C::SetLeave { person, .. } if Some(*person) == me => (Action::OwnLeave, Within::Person(*person)),
            C::SetLeave { person, .. } => {
                let rota = directory.projects.iter().find(|(_, record)| record.rota.contains(person));
                match rota {
                    Some((project, _)) => (Action::RotaManage, directory.within(*project)?),
                    None => return unknown(Thing::Person, person),
                }
            }
            C::Webhook(command) => command.needs(directory)?,
            C::Import(command) => command.needs(directory)?,
            C::Cna(_) => (Action::KeysManage, Within::Installation),
        })
    }
}

/// What a command leads to, or why it is refused.
pub fn decide(
    directory: &Directory,
    installation: InstallationId,
    permit: &Permit,
    command: DirectoryCommand,
    now: Instant,
) -> Result<Vec<DirectoryEvent>, Refused> {
    use DirectoryCommand as C;
    use DirectoryEvent as E;
    let (action, within) = command.needs(directory, permit.person())?;
    let fits = permit.action() == action
        && permit.within() == Some(within)
        && permit.fits(installation.into(), Access::Write);
    if !fits {
        return Err(Refused::Permit);
    }
    let alone = |person| permit.needs_second() && directory.is_first(permit, person);
    Ok(vec![match command {
        C::AddOrganisation { organisation, .. } if directory.organisations.contains_key(&organisation) => {
            return wrong(Wrong::Repeated);
        }
        C::AddOrganisation { organisation, name } => E::OrganisationAdded { organisation, name },
        C::AddProject { project, .. } if directory.projects.contains_key(&project) => {
            return wrong(Wrong::Repeated);
        }
        C::AddProject { project, organisation, name, policy } => {
            E::ProjectAdded { project, organisation, name, policy }
        }
        C::SetFacts { facts, .. } if facts.branches.len() > crate::case::project::MOST_BRANCHES => {
            return wrong(Wrong::TooManyBranches);
        }
        C::SetFacts { project, facts } => E::ProjectFacts { project, facts: *facts },
        C::SetPolicy { project, policy, reason } => E::ProjectPolicy { project, policy, reason },
        C::SetMaintainers { project, people } => {
            directory.able_all(&people)?;
            E::MaintainersSet { project, people }
        }
        C::SetQuestions { project, questions } => E::ProjectQuestions { project, questions },
        C::SetKey { project, key, reason } => {
            let known = directory.projects.get(&project).and_then(|record| record.key.as_deref());
            if known == key.as_ref() {
                return wrong(Wrong::Unchanged);
            }
            E::ProjectKey { project, key, reason }
        }
        C::StopReading { person, .. } if !directory.people.contains_key(&person) => {
            return unknown(Thing::Person, person);
        }
        C::StopReading { until, .. } if until <= now => return wrong(Wrong::Ended),
        C::StopReading { person, cases, until } => E::ReadingStopped { person, cases, until },
        C::PauseIntake { until, .. } if until <= now => return wrong(Wrong::Ended),
        C::PauseIntake { until, .. } if until > now + Span::days(LONGEST_PAUSE) => {
            return wrong(Wrong::TooLong);
        }
        C::PauseIntake { project, until, reason, instead } => {
            E::IntakePaused { project, until, reason, instead }
        }
        C::ResumeIntake { project } => {
            let pause = directory.projects.get(&project).and_then(|record| record.pause.as_ref());
            if !pause.is_some_and(|pause| pause.lasts(now)) {
                return wrong(Wrong::Unchanged);
            }
            E::IntakeResumed { project }
        }
        C::Invite { until, .. } if until <= now => return wrong(Wrong::Ended),
        C::Invite { person, name, offer, until } => {
            let known = matches!(directory.standing(person), Some(Standing::Active | Standing::Suspended));
            if known || directory.invitations.contains_key(&offer) {
                return wrong(Wrong::Repeated);
            }
            E::PersonInvited { person, name, offer, until }
        }
        C::Accept { offer } => match directory.invitations.get(&offer) {
            Some(invitation) if invitation.until <= now => return wrong(Wrong::Expired),
            Some(invitation) => E::PersonJoined { person: invitation.person, offer },
            None => return unknown(Thing::Offer, offer),
        },
        C::Rename { person, name } => match directory.people.get(&person) {
            None => return unknown(Thing::Person, person),
            Some(known) if known.name == name => return wrong(Wrong::Unchanged),
            Some(_) => E::PersonRenamed { person, name },
        },
        C::SetLogins { person, logins } => {
            E::PersonLogins { person, logins: directory.logins(permit, person, logins)? }
        }
        C::SetStanding { person, standing, reason } => {
            let known = directory.standing(person);
            match (known, standing) {
                (None, _) => return unknown(Thing::Person, person),
                (Some(known), new) if known == new => return wrong(Wrong::Unchanged),
                // Only an invitation that is accepted makes somebody active.
                (_, Standing::Invited) => return wrong(Wrong::OwnCommand),
                (Some(Standing::Invited | Standing::Removed), Standing::Active) => {
                    return wrong(Wrong::OwnCommand);
                }
                _ => E::PersonStanding { person, standing, reason },
            }
        }
        C::ProposeRole { offer, grant, person, role, reach, reason, until } => {
            directory.able(person)?;
            if !access::counts_for(role, reach.breadth()) {
                return wrong(Wrong::RoleNotHere);
            }
            if until.is_some_and(|until| until <= now) {
                return wrong(Wrong::Ended);
            }
            if directory.proposed.contains_key(&offer) || directory.grants.contains_key(&grant) {
                return wrong(Wrong::Repeated);
            }
            let proposed = E::RoleProposed { offer, grant, person, role, reach, reason, until };
            return Ok(if alone(Some(person)) {
                vec![proposed, E::RoleGiven { offer }]
            } else {
                vec![proposed]
            });
        }
        C::ProposeTeam { offer, team, project, name, reason } => {
            if directory.proposed.contains_key(&offer) || directory.teams.contains_key(&team) {
                return wrong(Wrong::Repeated);
            }
            let proposed = E::TeamProposed { offer, team, project, name, reason };
            return Ok(if alone(None) { vec![proposed, E::TeamDelegated { offer }] } else { vec![proposed] });
        }
        C::Confirm { offer } => {
            let Some(proposed) = directory.proposed.get(&offer) else { return unknown(Thing::Offer, offer) };
            let me = permit.person();
            if me.map(By::Person) == Some(proposed.by()) {
                return wrong(Wrong::SamePerson);
            }
            match proposed {
                // Nobody confirms what they are given.
                Proposed::Role { grant, .. } if Some(grant.person) == me => return wrong(Wrong::SamePerson),
                Proposed::Role { grant, .. } => {
                    directory.able(grant.person)?;
                    E::RoleGiven { offer }
                }
                Proposed::Team { .. } => E::TeamDelegated { offer },
            }
        }
        C::RevokeRole { grant, reason } => match directory.grants.get(&grant) {
            Some(known) if known.revoked.is_some() => return wrong(Wrong::Repeated),
            _ => E::RoleRevoked { grant, reason },
        },
        C::EndTeam { team, reason } => E::TeamEnded { team, reason },
        C::JoinTeam { team, person, grant } => {
            directory.able(person)?;
            // Whoever decides about a team does not join it by their own word.
            if permit.person() == Some(person) {
                return wrong(Wrong::SamePerson);
            }
            let member = directory.teams.get(&team).is_some_and(|known| known.members.contains_key(&person));
            if member || directory.grants.contains_key(&grant) {
                return wrong(Wrong::Repeated);
            }
            E::TeamJoined { team, person, grant }
        }
        C::LeaveTeam { team, person } => {
            if !directory.teams.get(&team).is_some_and(|known| known.members.contains_key(&person)) {
                return unknown(Thing::Person, person);
            }
            E::TeamLeft { team, person }
        }
        C::SetRota { project, people, turns } => {
            directory.able_all(&people)?;
            E::RotaSet { project, people, turns }
        }
        C::Serve { project, person } => {
            if !directory.projects.get(&project).is_some_and(|record| record.rota.contains(&person)) {
                return unknown(Thing::Person, person);
            }
            E::RotaServed { project, person, day: now.day() }
        }
        C::SetLeave { days, .. } if days.len() > MOST_LEAVE => return wrong(Wrong::TooMany),
        C::SetLeave { days, .. } if days.iter().any(|(first, last)| first > last) => {
            return wrong(Wrong::Ended);
        }
        C::SetLeave { person, days } => E::LeaveSet { person, days },
        C::Webhook(command) => command.decide(directory, now)?,
        C::Import(command) => command.decide(directory, installation, permit, now)?,
        C::Cna(command) => command.decide(directory)?,
    }])
}
