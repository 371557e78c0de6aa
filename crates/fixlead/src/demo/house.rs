//! Who works in the demonstration, and on what.

use std::collections::BTreeMap;

use fixlead_app::Desk;
use fixlead_app::accounts::{By, Caller};
use fixlead_app::policies::NewPolicy;
use fixlead_core::access::{Presence, Role};
use fixlead_core::case::Project;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::{Reach, Turns};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{self, GrantId, OfferId, OrganisationId, PersonId, ProjectId, SessionId};
use fixlead_core::time::Instant;

use super::script::{ProjectText, Script};
use crate::serve::world;

/// Everybody, and their projects, by the words of the script.
pub struct House {
    people: BTreeMap<String, PersonId>,
    projects: BTreeMap<String, ProjectId>,
}

impl House {
    /// Somebody by their first name.
    pub fn person(&self, name: &str) -> Result<PersonId, String> {
        self.people.get(name).copied().ok_or_else(|| format!("there is nobody called `{name}`"))
    }

    /// A project by its word.
    pub fn project(&self, name: &str) -> Result<ProjectId, String> {
        self.projects.get(name).copied().ok_or_else(|| format!("there is no project `{name}`"))
    }

    /// Somebody as if they had just signed in.
    pub fn caller(&self, person: PersonId, now: Instant) -> Caller {
        let by = By::Session(SessionId::from_bytes(draw()));
        Caller { person, presence: Presence::Session { stepped_up: Some(now) }, by }
    }

    fn all(&self, names: &[String]) -> Result<Vec<PersonId>, String> {
        names.iter().map(|name| self.person(name)).collect()
    }
}

/// Random bytes, for an id.
pub fn draw() -> [u8; id::BYTES] {
    let mut bytes = [0; id::BYTES];
    world::random(&mut bytes);
    bytes
}

/// Settles the house, as of the instant at which the script begins.
pub async fn settle(desk: &Desk, script: &Script) -> Result<House, String> {
    let said = |problem: fixlead_app::problem::Problem| problem.to_string();
    let at = script.begins;
    let link = desk.set_up().await.map_err(said)?.ok_or("somebody is there already")?;
    let first = desk.accounts().welcome(&link, "demonstration", "demonstration").await.map_err(said)?.person;
    desk.join(first).await.map_err(said)?;
    desk.accounts().end_links(first).await.map_err(said)?;
    let mut house = House { people: BTreeMap::new(), projects: BTreeMap::new() };
    let olga = house.caller(first, at);
    for (place, person) in script.people.iter().enumerate() {
        let name = Line::tamed(&person.called);
        let id = if place == 0 {
            let rename = DirectoryCommand::Rename { person: first, name };
            desk.direct(&olga, rename, None, None).await.map_err(said)?;
            first
        } else {
            let (id, _) = desk.invite(&olga, name, None).await.map_err(said)?;
            desk.join(id).await.map_err(said)?;
            desk.accounts().end_links(id).await.map_err(said)?;
            id
        };
        if !person.logins.is_empty() {
            let logins = DirectoryCommand::SetLogins { person: id, logins: person.logins.clone() };
            desk.direct(&olga, logins, None, None).await.map_err(said)?;
        }
        house.people.insert(person.name.clone(), id);
    }
    let organisation = OrganisationId::from_bytes(draw());
    let name = Line::tamed(&script.organisation);
    let add = DirectoryCommand::AddOrganisation { organisation, name };
    desk.direct(&olga, add, None, None).await.map_err(said)?;
    // The first role needs no second person; who has it is the second of the others.
    let trusted =
        script.people.iter().find(|person| person.everywhere).ok_or("nobody is responder everywhere")?;
    let trusted = house.person(&trusted.name)?;
    give(desk, &olga, None, trusted, Role::Responder, Reach::Organisation(organisation)).await?;
    let keepers = Keepers { olga, trusted: house.caller(trusted, at), organisation };
    for project in &script.projects {
        let added = add_project(desk, &mut house, &keepers, project).await;
        added.map_err(|why| format!("project `{}`: {why}", project.name))?;
    }
    for person in &script.people {
        let id = house.person(&person.name)?;
        if person.auditor {
            give(
                desk,
                &keepers.olga,
                Some(&keepers.trusted),
                id,
                Role::Auditor,
                Reach::Organisation(organisation),
            )
            .await?;
        }
        if let Some((from, to)) = person.away {
            let day = script.now.day();
            let leave = DirectoryCommand::SetLeave { person: id, days: vec![(day + from, day + to)] };
            desk.direct(&house.caller(id, at), leave, None, None).await.map_err(said)?;
        }
    }
    Ok(house)
}

/// Who makes projects and gives roles.
struct Keepers {
    /// The operator.
    olga: Caller,
    /// The second person.
    trusted: Caller,
    organisation: OrganisationId,
}

async fn add_project(
    desk: &Desk,
    house: &mut House,
    keepers: &Keepers,
    text: &ProjectText,
) -> Result<(), String> {
    let said = |problem: fixlead_app::problem::Problem| problem.to_string();
    let Keepers { olga, trusted, organisation } = keepers;
    let project = ProjectId::from_bytes(draw());
    house.projects.insert(text.name.clone(), project);
    let parameters = text.parameters.iter().map(|(name, value)| (name.clone(), Line::tamed(value)));
    let policy = NewPolicy { parameters: parameters.collect(), ..NewPolicy::built_in(&text.policy) };
    let name = Line::tamed(&text.called);
    desk.add_project(olga, project, *organisation, name, policy, None).await.map_err(said)?;
    let responders = house.all(&text.responders)?;
    for person in responders.iter().filter(|person| **person != trusted.person) {
        give(desk, olga, Some(trusted), *person, Role::Responder, Reach::Project(project)).await?;
    }
    let mut owners = Vec::new();
    for (place, names) in &text.owners {
        let names = house.all(names)?.into_iter().map(|person| person.to_string().into());
        let place = if place == "/" { "" } else { place };
        owners.push((place.into(), names.collect()));
    }
    let branches = text.branches.iter().map(|branch| branch.branch()).collect::<Result<_, _>>()?;
    let facts = Project { branches, owners, ..Project::default() };
    let maintainers = house.all(&text.maintainers)?;
    for command in [
        DirectoryCommand::SetRota { project, people: responders, turns: Turns::RoundRobin },
        DirectoryCommand::SetMaintainers { project, people: maintainers },
        DirectoryCommand::SetFacts { project, facts: Box::new(facts) },
    ] {
        desk.direct(trusted, command, None, None).await.map_err(said)?;
    }
    Ok(())
}

/// Gives a role, with the second person that it needs.
async fn give(
    desk: &Desk,
    by: &Caller,
    second: Option<&Caller>,
    person: PersonId,
    role: Role,
    reach: Reach,
) -> Result<(), String> {
    let said = |problem: fixlead_app::problem::Problem| format!("{}: {problem}", role.name());
    let offer = OfferId::from_bytes(draw());
    let grant = GrantId::from_bytes(draw());
    let reason = Line::tamed("on the security team");
    let propose = DirectoryCommand::ProposeRole { offer, grant, person, role, reach, reason, until: None };
    desk.direct(by, propose, None, None).await.map_err(said)?;
    if let Some(second) = second {
        desk.direct(second, DirectoryCommand::Confirm { offer }, None, None).await.map_err(said)?;
    }
    Ok(())
}
