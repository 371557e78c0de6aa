//! The directory as a document for whoever may read it: what concerns projects
//! that they may not read of is left out.

use std::collections::BTreeSet;

use fixlead_core::access::{Grant, Scope, Standing};
use fixlead_core::case::write;
use fixlead_core::desk::directory::event::{Reach, Turns};
use fixlead_core::desk::directory::{Person, ProjectRecord, Proposed, Team, rota};
use fixlead_core::desk::event::By as Author;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{OfferId, OrganisationId, PersonId, ProjectId, TeamId};
use fixlead_core::time::format_day;
use serde_json::{Value, json};

use crate::directory::Seen;

/// What of the directory is for whoever reads it.
pub struct Parts<'d> {
    /// The organisations.
    pub organisations: Vec<(OrganisationId, &'d Line)>,
    /// The projects.
    pub projects: Vec<(ProjectId, &'d ProjectRecord)>,
    /// The people.
    pub people: Vec<(PersonId, &'d Person)>,
    /// Their standing roles that count now.
    pub grants: Vec<&'d Grant>,
    /// The sub-teams.
    pub teams: Vec<(TeamId, &'d Team)>,
    /// What waits for a second person.
    pub proposed: Vec<(OfferId, &'d Proposed)>,
}

impl Parts<'_> {
    /// What somebody is called; their id where that is not for whoever reads.
    pub fn name(&self, person: PersonId) -> String {
        let known = self.people.iter().find(|(id, _)| *id == person);
        known.map_or_else(|| person.to_string(), |(_, record)| record.name.to_string())
    }

    /// What a project is called.
    pub fn project(&self, project: ProjectId) -> String {
        let known = self.projects.iter().find(|(id, _)| *id == project);
        known.map_or_else(|| project.to_string(), |(_, record)| record.name.to_string())
    }

    /// What an organisation is called.
    pub fn organisation(&self, organisation: OrganisationId) -> String {
        let known = self.organisations.iter().find(|(id, _)| *id == organisation);
        known.map_or_else(|| organisation.to_string(), |(_, name)| name.to_string())
    }
}

impl Seen {
    /// What of it is for whoever reads it.
    pub fn parts(&self) -> Parts<'_> {
        let directory = self.directory();
        let projects: Vec<(ProjectId, &ProjectRecord)> = directory
            .projects
            .iter()
            .filter(|(id, _)| self.projects.contains(id))
            .map(|(id, record)| (*id, record))
            .collect();
        let own: BTreeSet<OrganisationId> = projects.iter().map(|(_, record)| record.organisation).collect();
        let reaches = |scope: Scope| match scope {
            Scope::Project(id) => self.projects.contains(&id),
            Scope::Organisation(id) => own.contains(&id),
            Scope::Installation | Scope::Case(_) => false,
        };
        let grants: Vec<&Grant> = directory
            .grants
            .values()
            .filter(|grant| self.whole || reaches(grant.scope))
            .filter(|grant| grant.is_active(self.at))
            .collect();
        let mut known: BTreeSet<PersonId> = grants.iter().map(|grant| grant.person).collect();
        for (_, record) in &projects {
            known.extend(record.rota.iter().chain(&record.maintainers));
        }
        let is_for = |proposed: &Proposed| match proposed {
            Proposed::Role { grant, .. } => self.whole || reaches(grant.scope),
            Proposed::Team { record, .. } => self.projects.contains(&record.project),
        };
        let proposed: Vec<(OfferId, &Proposed)> = directory
            .proposed
            .iter()
            .filter(|(offer, proposed)| is_for(proposed) || self.confirms(**offer))
            .map(|(offer, proposed)| (*offer, proposed))
            .collect();
        for (_, proposed) in &proposed {
            if let Proposed::Role { grant, .. } = proposed {
                known.insert(grant.person);
            }
            // Who confirms has to know who asks.
            if let Author::Person(by) = proposed.by() {
                known.insert(by);
            }
        }
        let teams: Vec<(TeamId, &Team)> = directory
            .teams
            .iter()
            .filter(|(_, team)| self.projects.contains(&team.project))
            .map(|(id, team)| (*id, team))
            .collect();
        known.extend(teams.iter().flat_map(|(_, team)| team.members.keys()));
        let people = directory.people.iter().filter(|(id, _)| self.whole || known.contains(id));
        let organisations = directory.organisations.iter().filter(|(id, _)| self.whole || own.contains(id));
        Parts {
            organisations: organisations.map(|(id, name)| (*id, name)).collect(),
            people: people.map(|(id, person)| (*id, person)).collect(),
            projects,
            grants,
            teams,
            proposed,
        }
    }

    /// Organisations, projects with their rota, people, standing roles, and what
    /// waits for a second person.
    pub fn document(&self) -> Value {
        let parts = self.parts();
        let proposed = parts.proposed.iter().map(|(offer, proposed)| match proposed {
            Proposed::Role { grant, .. } => {
                let mut shown = self.grant(grant);
                shown["offer"] = json!(offer);
                shown
            }
            Proposed::Team { team, record, .. } => json!({
                "offer": offer, "team": team, "project": record.project, "name": record.name,
            }),
        });
        let teams = parts.teams.iter().map(|(id, team)| {
            json!({
                "team": id, "project": team.project, "name": team.name,
                "members": team.members.keys().collect::<Vec<_>>(),
            })
        });
        json!({
            "organisations": parts.organisations.iter()
                .map(|(id, name)| json!({ "organisation": id, "name": name }))
                .collect::<Vec<_>>(),
            "projects": parts.projects.iter().map(|(id, record)| self.project(*id, record)).collect::<Vec<_>>(),
            "people": parts.people.iter().map(|(id, person)| json!({
                "person": id, "name": person.name, "standing": person.standing, "leave": days(&person.leave),
                "logins": person.logins,
            })).collect::<Vec<_>>(),
            "teams": teams.collect::<Vec<_>>(),
            "roles": parts.grants.iter().map(|grant| self.grant(grant)).collect::<Vec<_>>(),
            "proposed": proposed.collect::<Vec<_>>(),
        })
    }

    /// The people of the document who may act, by name.
    pub fn names(&self) -> Vec<(PersonId, String)> {
        let people = self.parts().people.into_iter();
        let active = people.filter(|(_, person)| person.standing == Standing::Active);
        let mut names: Vec<_> = active.map(|(id, person)| (id, person.name.to_string())).collect();
        names.sort_by(|(_, one), (_, other)| one.cmp(other));
        names
    }

    fn project(&self, id: ProjectId, record: &ProjectRecord) -> Value {
        let people = &self.directory().people;
        let today = self.at.day();
        let away =
            |person: PersonId| people.get(&person).is_some_and(|person| rota::is_away(&person.leave, today));
        json!({
            "project": id,
            "organisation": record.organisation,
            "name": record.name,
            "policy": record.policy,
            "facts": write::project(&record.facts),
            "maintainers": record.maintainers,
            "questions": *record.questions,
            "key": record.key.as_ref().map(|key| &key.fingerprint),
            "pause": record.pause.as_ref().filter(|pause| pause.lasts(self.at)).map(|pause| json!({
                "since": pause.since, "until": pause.until, "reason": pause.reason, "instead": pause.instead,
            })),
            "rota": {
                "people": record.rota,
                "turns": match record.turns {
                    Turns::RoundRobin => json!("round-robin"),
                    Turns::Weekly { first } => json!({ "weekly": format_day(first) }),
                },
                "next": rota::order(record, self.at, away),
                "away": record.rota.iter().filter(|person| away(**person)).collect::<Vec<_>>(),
                "owed": record.owed,
            },
        })
    }

    fn grant(&self, grant: &Grant) -> Value {
        let reach = match grant.scope {
            Scope::Organisation(id) => Some(Reach::Organisation(id)),
            Scope::Project(id) => Some(Reach::Project(id)),
            Scope::Installation => Some(Reach::Installation),
            Scope::Case(_) => None,
        };
        json!({
            "grant": grant.id, "person": grant.person, "role": grant.role, "reach": reach,
            "reason": grant.reason, "from": grant.from, "until": grant.until,
        })
    }
}

fn days(leave: &[(i64, i64)]) -> Vec<[String; 2]> {
    leave.iter().map(|(first, last)| [format_day(*first), format_day(*last)]).collect()
}
