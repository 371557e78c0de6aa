//! The first project of an installation, out of what its first operator knows:
//! where the code is, who owns it, which branches are kept, which policy holds.
//!
//! Nothing here is fetched: texts are pasted by whoever asks. [`code`] reads them.

pub mod code;

use std::collections::BTreeMap;

use fixlead_core::access::{Action, Role, Standing, Within};
use fixlead_core::case::{Branch, Project};
use fixlead_core::desk::directory::Proposed;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{GrantId, OfferId, OrganisationId, PersonId, ProjectId};
use fixlead_core::policy::lint::{Kind, lint};
use fixlead_core::policy::{Document, compile, library};

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Seen;
use crate::policies::NewPolicy;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;
use code::Owners;

/// A policy looked at before a project runs under it.
#[derive(Debug)]
pub struct Considered {
    /// What it is called.
    pub title: String,
    /// Its parameters that have no value of their own: id, what it is for.
    pub open: Vec<(String, String)>,
    /// What the linter found beside those: clauses and text.
    pub findings: Vec<(String, String)>,
}

/// What a project begins with.
pub struct Beginning {
    /// The organisation, by its name; one that is there already is taken.
    pub organisation: Line,
    /// What the project is called.
    pub project: Line,
    /// Its policy.
    pub policy: NewPolicy,
    /// Its branches.
    pub branches: Vec<Branch>,
    /// Who owns what, by the names in its repository.
    pub owners: Owners,
    /// Whom to invite: what they are called, and their name in the repository.
    pub people: Vec<(Line, String)>,
}

/// What it came to.
pub struct Begun {
    /// The project.
    pub project: ProjectId,
    /// Everybody who was invited, with the link for them alone.
    pub links: Vec<(String, String)>,
}

/// Somebody who could answer reports, and how far that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// They have not opened their link yet.
    Invited,
    /// They have joined, and have no role in the project.
    Joined,
    /// A second person has to confirm their role.
    Proposed,
    /// They answer reports.
    Responder,
}

/// A project, and what is left to do until it can answer reports.
pub struct Progress {
    /// The project.
    pub project: ProjectId,
    /// What it is called.
    pub name: String,
    /// Whether it has branches.
    pub has_branches: bool,
    /// Whether somebody takes turns as Fix Lead.
    pub has_rota: bool,
    /// Everybody who is no operator, and how far they are.
    pub people: Vec<(PersonId, String, Stage)>,
}

/// Looks at a policy as a project would run under it.
pub fn consider(new: &NewPolicy) -> Result<Considered> {
    let text = |text: &str| library::built_in(text).map_or_else(|| text.to_owned(), str::to_owned);
    let wrong = |place: &str, error: &dyn std::fmt::Display| Problem::invalid(place, error.to_string());
    let base = Document::parse(&text(&new.policy)).map_err(|error| wrong("/policy", &error))?;
    let mut overlays = Vec::new();
    for overlay in &new.overlays {
        overlays.push(Document::parse(&text(overlay)).map_err(|error| wrong("/overlays", &error))?);
    }
    let overlays: Vec<&Document> = overlays.iter().collect();
    let compiled = |parameters: &BTreeMap<String, Line>| {
        let values: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        compile(&base, &overlays, &values)
    };
    let plain = compiled(&BTreeMap::new()).map_err(|error| wrong("/policy", &error))?;
    // Which of the values is wrong is found by setting one at a time.
    for (name, value) in &new.parameters {
        let one = BTreeMap::from([(name.clone(), value.clone())]);
        compiled(&one).map_err(|error| wrong(&format!("/parameters/{name}"), &error))?;
    }
    let policy = compiled(&new.parameters).map_err(|error| wrong("/policy", &error))?;
    let open = plain.parameters.iter().filter(|parameter| parameter.value.is_none());
    let found = lint(&base, &overlays, &policy);
    let found = found.into_iter().filter(|finding| finding.kind != Kind::UnsetParameter);
    Ok(Considered {
        title: policy.title.clone(),
        open: open
            .map(|parameter| (parameter.heading.id.to_string(), parameter.heading.say.to_string()))
            .collect(),
        findings: found.map(|finding| (finding.clauses.join(" "), finding.text)).collect(),
    })
}

impl Desk {
    /// Whether somebody may make organisations and projects here.
    pub async fn may_begin(&self, caller: &Caller) -> Result<bool> {
        let snapshot = self.directory().await?;
        let permit =
            self.directory_permit(&snapshot, caller, Action::OrganisationManage, Within::Installation);
        Ok(permit.is_ok())
    }

    /// Whether somebody holds any role now, of an installation, an organisation or a
    /// project.
    pub async fn has_role(&self, caller: &Caller) -> Result<bool> {
        let (snapshot, now) = (self.directory().await?, self.now());
        Ok(snapshot.directory.grants_of(caller.person).iter().any(|grant| grant.is_active(now)))
    }

    /// Makes a project with everything that is known of it. The same request
    /// again makes nothing twice, and links in place of those of before.
    pub async fn begin(&self, caller: &Caller, beginning: Beginning, repeat: &Repeat) -> Result<Begun> {
        // What is wrong with the policy comes before anything is made.
        consider(&beginning.policy)?;
        let seen = self.read_directory(caller).await?;
        let same = |name: &&Line| **name == beginning.organisation;
        let known = seen.directory().organisations.iter().find(|(_, name)| same(name)).map(|(id, _)| *id);
        let organisation = match known {
            Some(organisation) => organisation,
            None => {
                let repeat = repeat.part("organisation");
                let organisation = OrganisationId::from_bytes(repeat.id(caller.person, "organisation"));
                let name = beginning.organisation.clone();
                let add = DirectoryCommand::AddOrganisation { organisation, name };
                self.direct(caller, add, None, Some(&repeat)).await?;
                organisation
            }
        };
        let part = repeat.part("project");
        let project = ProjectId::from_bytes(part.id(caller.person, "project"));
        self.add_project(caller, project, organisation, beginning.project, beginning.policy, Some(&part))
            .await?;
        let mut links = Vec::new();
        let mut people: BTreeMap<String, PersonId> = BTreeMap::new();
        for (place, (name, known_as)) in beginning.people.into_iter().enumerate() {
            let part = repeat.part(&format!("person {place}"));
            let (person, link) = self.invite(caller, name.clone(), Some(&part)).await?;
            people.insert(known_as, person);
            links.push((name.to_string(), link));
        }
        // Who is here stands in the facts by their id, so that their word counts.
        let called = |name: &String| match people.get(name) {
            Some(person) => person.to_string().into(),
            None => name.as_str().into(),
        };
        let owners = beginning.owners.directories.iter();
        let owners = owners.map(|(place, names)| (place.as_str().into(), names.iter().map(called).collect()));
        let facts = Project { branches: beginning.branches, owners: owners.collect(), ..Project::default() };
        let facts = DirectoryCommand::SetFacts { project, facts: Box::new(facts) };
        self.direct(caller, facts, None, Some(&repeat.part("facts"))).await?;
        Ok(Begun { project, links })
    }

    /// How far each project is on the way to answering reports.
    pub async fn beginnings(&self, caller: &Caller) -> Result<Vec<Progress>> {
        let seen = self.read_directory(caller).await?;
        let all = seen.projects.iter().filter_map(|project| stands(&seen, *project));
        Ok(all.collect())
    }

    /// Proposes that somebody answers the reports of a project. The first of
    /// them needs no second person.
    pub async fn make_responder(
        &self,
        caller: &Caller,
        project: ProjectId,
        person: PersonId,
        repeat: &Repeat,
    ) -> Result<()> {
        let propose = DirectoryCommand::ProposeRole {
            offer: OfferId::from_bytes(repeat.id(caller.person, "offer")),
            grant: GrantId::from_bytes(repeat.id(caller.person, "grant")),
            person,
            role: Role::Responder,
            reach: Reach::Project(project),
            reason: Line::tamed("among the first of the project"),
            until: None,
        };
        self.direct(caller, propose, None, Some(repeat)).await.map(drop)
    }
}

fn stands(seen: &Seen, project: ProjectId) -> Option<Progress> {
    let directory = seen.directory();
    let record = directory.projects.get(&project)?;
    let reaches = |reach: fixlead_core::access::Scope| match reach {
        fixlead_core::access::Scope::Project(own) => own == project,
        fixlead_core::access::Scope::Organisation(own) => own == record.organisation,
        _ => false,
    };
    let is = |person: PersonId, role: Role| {
        let active = directory.grants.values().filter(|grant| grant.is_active(seen.at));
        active.filter(|grant| grant.person == person && grant.role == role).any(|grant| match role {
            Role::Operator => true,
            _ => reaches(grant.scope),
        })
    };
    let waits = |person: PersonId| {
        directory.proposed.values().any(|proposed| match proposed {
            Proposed::Role { grant, .. } => {
                grant.person == person && grant.role == Role::Responder && reaches(grant.scope)
            }
            Proposed::Team { .. } => false,
        })
    };
    let people = directory.people.iter().filter_map(|(id, person)| {
        let stage = match person.standing {
            Standing::Invited => Stage::Invited,
            Standing::Active if is(*id, Role::Responder) => Stage::Responder,
            Standing::Active if is(*id, Role::Operator) => return None,
            Standing::Active if waits(*id) => Stage::Proposed,
            Standing::Active => Stage::Joined,
            _ => return None,
        };
        Some((*id, person.name.to_string(), stage))
    });
    Some(Progress {
        project,
        name: record.name.to_string(),
        has_branches: !record.facts.branches.is_empty(),
        has_rota: !record.rota.is_empty(),
        people: people.collect(),
    })
}
