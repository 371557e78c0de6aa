//! The directory as a document for whoever may read it: what concerns projects
//! that they may not read of is left out.

use std::collections::BTreeSet;

use fixlead_core::access::{Grant, Scope, Standing};
use fixlead_core::case::write;
use fixlead_core::desk::directory::event::{Reach, Turns};
use fixlead_core::desk::directory::{ProjectRecord, Proposed, rota};
use fixlead_core::id::{OrganisationId, PersonId, ProjectId};
use fixlead_core::time::format_day;
use serde_json::{Value, json};

use crate::directory::Seen;

impl Seen {
    /// Organisations, projects with their rota, people, standing roles, and what
    /// waits for a second person.
    pub fn document(&self) -> Value {
        let directory = self.directory();
        let projects: Vec<(&ProjectId, &ProjectRecord)> =
            directory.projects.iter().filter(|(id, _)| self.projects.contains(id)).collect();
        let organisations: BTreeSet<OrganisationId> =
            projects.iter().map(|(_, record)| record.organisation).collect();
        let reaches = |scope: Scope| match scope {
            Scope::Project(id) => self.projects.contains(&id),
            Scope::Organisation(id) => organisations.contains(&id),
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
        let proposed = directory.proposed.iter().filter_map(|(offer, proposed)| match proposed {
            Proposed::Role { grant, .. } if self.whole || reaches(grant.scope) => {
                known.insert(grant.person);
                let mut shown = self.grant(grant);
                shown["offer"] = json!(offer);
                Some(shown)
            }
            Proposed::Team { team, record, .. } if self.projects.contains(&record.project) => Some(json!({
                "offer": offer, "team": team, "project": record.project, "name": record.name,
            })),
            _ => None,
        });
        let proposed: Vec<Value> = proposed.collect();
        let teams = directory.teams.iter().filter(|(_, team)| self.projects.contains(&team.project));
        let teams: Vec<Value> = teams
            .map(|(id, team)| {
                known.extend(team.members.keys());
                json!({
                    "team": id, "project": team.project, "name": team.name,
                    "members": team.members.keys().collect::<Vec<_>>(),
                })
            })
            .collect();
        let people = directory.people.iter().filter(|(id, _)| self.whole || known.contains(id));
        json!({
            "organisations": directory.organisations.iter()
                .filter(|(id, _)| self.whole || organisations.contains(id))
                .map(|(id, name)| json!({ "organisation": id, "name": name }))
                .collect::<Vec<_>>(),
            "projects": projects.iter().map(|(id, record)| self.project(**id, record)).collect::<Vec<_>>(),
            "people": people.map(|(id, person)| json!({
                "person": id, "name": person.name, "standing": person.standing, "leave": days(&person.leave),
            })).collect::<Vec<_>>(),
            "teams": teams,
            "roles": grants.iter().map(|grant| self.grant(grant)).collect::<Vec<_>>(),
            "proposed": proposed,
        })
    }

    /// The people of the document who may act, by name.
    pub fn names(&self) -> Vec<(PersonId, String)> {
        let document = self.document();
        let seen = document["people"].as_array().into_iter().flatten();
        let ids = seen.filter_map(|person| PersonId::parse(person["person"].as_str()?).ok());
        let people = ids.filter_map(|id| Some((id, self.directory().people.get(&id)?)));
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
