//! A house to tell stories in: an installation that was set up, a project with
//! a policy, people with roles.

use fixlead_app::accounts::{By, Caller};
use fixlead_app::case::act::{Act, Acted, Although};
use fixlead_app::intake::{More, Report, Taken};
use fixlead_app::policies::NewPolicy;
use fixlead_app::problem::Result;
use fixlead_app::{Desk, Settings};
use fixlead_core::access::{Presence, Role};
use fixlead_core::case::event::{Event, EventKind, Value};
use fixlead_core::case::{Branch, BranchClass, Project};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::{Reach, Turns};
use fixlead_core::desk::event::Visibility;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, GrantId, OfferId, OrganisationId, PersonId, ProjectId, SessionId};
use fixlead_core::time::Instant;

use crate::accounts::enrol;
use crate::world::World;

pub const ORGANISATION: OrganisationId = OrganisationId::from_bytes([21; 16]);
pub const PROJECT: ProjectId = ProjectId::from_bytes([22; 16]);

pub fn line(text: &str) -> Line {
    Line::new(text).unwrap()
}

pub fn body(text: &str) -> Body {
    Body::new(text).unwrap()
}

pub fn text(text: impl ToString) -> Value {
    Value::Text(text.to_string().into())
}

pub fn texts(list: &[&str]) -> Value {
    Value::Texts(list.iter().map(|one| (*one).into()).collect())
}

/// An event of now; when it is recorded as done, the desk sets the instant.
pub fn event(kind: EventKind) -> Event {
    Event::new(Instant::from_millis(0), kind)
}

pub struct House {
    pub world: World,
    pub desk: Desk,
    /// Operator, and nothing else.
    pub olga: PersonId,
    /// Responders.
    pub ana: PersonId,
    pub bo: PersonId,
    pub chen: PersonId,
    /// A maintainer without a standing role.
    pub eli: PersonId,
    next: std::cell::Cell<u128>,
}

impl House {
    pub async fn under(policy: &str) -> House {
        Self::in_world(World::new().await, policy).await
    }

    pub async fn in_world(world: World, policy: &str) -> House {
        let desk = open(&world).await;
        let link = desk.set_up().await.unwrap().expect("a link for the first");
        let olga = enrol(&world, &desk, &link, "olga").await;
        let house = House {
            olga,
            ana: olga,
            bo: olga,
            chen: olga,
            eli: olga,
            world,
            desk,
            next: std::cell::Cell::new(100),
        };
        let add = DirectoryCommand::AddOrganisation { organisation: ORGANISATION, name: line("Example") };
        house.direct(olga, add).await.unwrap();
        let pin = NewPolicy::built_in(policy);
        let caller = house.caller(olga);
        house.desk.add_project(&caller, PROJECT, ORGANISATION, line("tool"), pin, None).await.unwrap();
        let mut people = Vec::new();
        for name in ["ana", "bo", "chen", "eli"] {
            let (person, _) = house.desk.invite(&caller, line(name), None).await.unwrap();
            house.desk.join(person).await.unwrap();
            people.push(person);
        }
        let (ana, bo, chen, eli) = (people[0], people[1], people[2], people[3]);
        // The first operator goes on alone as long as there is nobody else;
        // the second role is confirmed by who has the first.
        let mut second = None;
        for person in [ana, bo, chen] {
            let offer = OfferId::from_bytes(house.count().to_be_bytes());
            let propose = DirectoryCommand::ProposeRole {
                offer,
                grant: GrantId::from_bytes(house.count().to_be_bytes()),
                person,
                role: Role::Responder,
                reach: Reach::Project(PROJECT),
                reason: line("on the team"),
                until: None,
            };
            house.direct(olga, propose).await.unwrap();
            if let Some(second) = second {
                house.direct(second, DirectoryCommand::Confirm { offer }).await.unwrap();
            }
            second = Some(ana);
        }
        let turns = Turns::RoundRobin;
        let rota = DirectoryCommand::SetRota { project: PROJECT, people: vec![ana, bo, chen], turns };
        house.direct(ana, rota).await.unwrap();
        let maintainers = DirectoryCommand::SetMaintainers { project: PROJECT, people: vec![ana, eli] };
        house.direct(ana, maintainers).await.unwrap();
        let branch = |name: &str, class| Branch { name: name.into(), class, since: None };
        let facts = Project {
            branches: vec![
                branch("main", BranchClass::Development),
                branch("release-1", BranchClass::Supported),
            ],
            owners: vec![("".into(), [ana, eli].map(|person| person.to_string().into()).to_vec())],
            ..Project::default()
        };
        let facts = DirectoryCommand::SetFacts { project: PROJECT, facts: Box::new(facts) };
        house.direct(ana, facts).await.unwrap();
        House { ana, bo, chen, eli, ..house }
    }

    fn count(&self) -> u128 {
        let next = self.next.get();
        self.next.set(next + 1);
        next
    }

    /// Somebody who has just proved that it is them.
    pub fn caller(&self, person: PersonId) -> Caller {
        let presence = Presence::Session { stepped_up: Some(self.world.now()) };
        Caller { person, presence, by: By::Session(SessionId::from_bytes([1; 16])) }
    }

    pub async fn direct(&self, person: PersonId, command: DirectoryCommand) -> Result<u64> {
        let done = self.desk.direct(&self.caller(person), command, None, None).await?;
        Ok(done.version)
    }

    pub fn report(&self) -> Report {
        Report {
            project: PROJECT,
            title: "a flaw in the parser".into(),
            body: "steps to reproduce: canary-body".into(),
            visibility: Visibility::Private,
            channel: Some("web".into()),
            credit: Some("Gus Canary-Credit".into()),
            more: More::default(),
        }
    }

    pub async fn reported(&self) -> Taken {
        self.desk.take_report(None, self.report(), None).await.unwrap()
    }

    pub async fn act(&self, person: PersonId, case: CaseId, command: Command) -> Result<Acted> {
        self.desk.act(&self.caller(person), case, Act::new(command)).await
    }

    pub async fn record(&self, person: PersonId, case: CaseId, event: Event) -> Result<Acted> {
        self.act(person, case, Command::Record { event, source: Source::Done, overriding: None }).await
    }

    pub async fn record_although(
        &self,
        person: PersonId,
        case: CaseId,
        event: Event,
        reason: &str,
    ) -> Result<Acted> {
        let command = Command::Record { event, source: Source::Done, overriding: None };
        let although = Some(Although { reason: line(reason), subject: None });
        self.desk.act(&self.caller(person), case, Act { although, ..Act::new(command) }).await
    }

    pub fn grant(&self) -> GrantId {
        GrantId::from_bytes(self.count().to_be_bytes())
    }

    /// Has somebody lead the case.
    pub async fn lead(&self, person: PersonId, case: CaseId) {
        self.act(person, case, Command::Volunteer { grant: self.grant() }).await.unwrap();
    }

    pub async fn give(&self, by: PersonId, case: CaseId, person: PersonId, role: Role) -> GrantId {
        let grant = self.grant();
        let give = Command::Give { grant, person, role, reason: line("helps"), until: None };
        self.act(by, case, give).await.unwrap();
        grant
    }
}

/// A desk of its own on the world's store, as another node has.
pub async fn open(world: &World) -> Desk {
    let (store, clock, random) = (world.store.clone(), world.clock.clone(), world.random.clone());
    Desk::open(store, clock, random, Settings::default()).await.unwrap()
}
