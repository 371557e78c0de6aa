//! An office to test in: people, a project, and a case whose log is kept as
//! text, so that every step also goes through writing and reading.

use std::collections::BTreeMap;

use fixlead_core::access::{self, Action, Actor, Grant, Presence, Role, Scope, Standing, Target};
use fixlead_core::case::event::{Event, EventKind, Field, Value};
use fixlead_core::case::{Branch, BranchClass, Project};
use fixlead_core::desk::command::{self, Command, Context, Overriding, Refused, Source};
use fixlead_core::desk::event::{By, Entry, Happening, Pin, Visibility};
use fixlead_core::desk::wire::{Body, Line, Sha256};
use fixlead_core::desk::{CaseFile, entry};
use fixlead_core::id::{CaseId, GrantId, OfferId, OrganisationId, PersonId, ProjectId};
use fixlead_core::policy::{Document, Policy, compile, library};
use fixlead_core::time::{Instant, Span};

pub const ANA: PersonId = PersonId::from_bytes([1; 16]);
pub const BO: PersonId = PersonId::from_bytes([2; 16]);
pub const CHEN: PersonId = PersonId::from_bytes([3; 16]);
pub const ELI: PersonId = PersonId::from_bytes([4; 16]);
pub const GUS: PersonId = PersonId::from_bytes([5; 16]);
pub const INVITED: PersonId = PersonId::from_bytes([6; 16]);
pub const STRANGER: PersonId = PersonId::from_bytes([99; 16]);
pub const CASE: CaseId = CaseId::from_bytes([20; 16]);
pub const ORGANISATION: OrganisationId = OrganisationId::from_bytes([21; 16]);
pub const PROJECT: ProjectId = ProjectId::from_bytes([22; 16]);
pub const START: Instant = Instant::from_millis(1_799_366_400_000);

pub fn policy(id: &str) -> Policy {
    let document = Document::parse(library::built_in(id).unwrap()).unwrap();
    compile(&document, &[], &[]).unwrap()
}

pub fn line(text: &str) -> Line {
    Line::new(text).unwrap()
}

pub fn body(text: &str) -> Body {
    Body::new(text).unwrap()
}

pub fn sha(letter: char) -> Sha256 {
    Sha256::new(&letter.to_string().repeat(64)).unwrap()
}

pub fn pin(policy: &Policy) -> Pin {
    Pin {
        policy: line(&policy.id),
        version: line(&policy.version),
        sha256: Sha256::new(&policy.sha256).unwrap(),
        overlays: Vec::new(),
        parameters: BTreeMap::new(),
    }
}

pub fn facts() -> Project {
    let branch = |name: &str, class| Branch { name: name.into(), class, since: None };
    let people = |list: &[PersonId]| list.iter().map(|person| person.to_string().into()).collect();
    Project {
        branches: vec![branch("main", BranchClass::Development), branch("release-1", BranchClass::Supported)],
        responders: people(&[ANA, BO, CHEN]),
        maintainers: people(&[ANA, ELI]),
        owners: vec![("".into(), people(&[ANA, ELI]))],
        ..Project::default()
    }
}

pub fn event(kind: EventKind) -> Event {
    Event::new(START, kind)
}

pub fn text(text: impl ToString) -> Value {
    Value::Text(text.to_string().into())
}

pub fn texts(list: &[&str]) -> Value {
    Value::Texts(list.iter().map(|one| (*one).into()).collect())
}

/// A case at work.
pub struct Office {
    pub policy: Policy,
    pub file: CaseFile,
    pub now: Instant,
    pub lines: Vec<String>,
    ids: u16,
}

impl Office {
    pub fn new(id: &str) -> Office {
        let policy = policy(id);
        let mut office =
            Office { policy, file: CaseFile::default(), now: START, lines: Vec::new(), ids: 1000 };
        let command = office.opening(Visibility::Private);
        office.act(Actor::System, command).unwrap();
        office
    }

    pub fn opening(&self, visibility: Visibility) -> Command {
        Command::Open {
            case: CASE,
            organisation: ORGANISATION,
            project: PROJECT,
            title: line("a flaw"),
            policy: pin(&self.policy),
            facts: Box::new(facts()),
            body: body("steps\nto reproduce"),
            visibility,
            channel: Some(line("mail")),
            reporter: Some((GUS, GrantId::from_bytes([50; 16]))),
            credit: Some(line("Gus")),
            told: Box::default(),
            credits: Vec::new(),
        }
    }

    pub fn grant_id(&mut self) -> GrantId {
        self.ids = self.ids.wrapping_add(1);
        GrantId::from_bytes(u128::from(self.ids).to_be_bytes())
    }

    /// The grant of somebody in the case.
    pub fn active_of(&self, person: PersonId) -> GrantId {
        self.file.grants.values().find(|grant| grant.person == person).unwrap().id
    }

    pub fn offer(&mut self) -> OfferId {
        self.ids = self.ids.wrapping_add(1);
        OfferId::from_bytes(u128::from(self.ids).to_be_bytes())
    }

    pub fn wait(&mut self, span: Span) {
        self.now = self.now + span;
    }

    /// Standing grants: the responders of the project.
    fn grants(&self) -> Vec<Grant> {
        let responder = |person: PersonId| Grant {
            id: GrantId::from_bytes([person.bytes()[0] + 200; 16]),
            person,
            role: Role::Responder,
            scope: Scope::Project(PROJECT),
            reason: "on the team".into(),
            given_by: None,
            team: None,
            from: START - Span::days(100),
            until: None,
            revoked: None,
        };
        let own = self.file.grants.values().cloned();
        [ANA, BO, CHEN].map(responder).into_iter().chain(own).collect()
    }

    pub fn permit(&self, actor: &Actor, action: Action) -> Result<access::Permit, access::Denied> {
        let standing = self.file.standing().unwrap_or(access::CaseStanding {
            case: CASE,
            project: PROJECT,
            organisation: ORGANISATION,
            state: access::CaseState::Embargoed,
            restricted: false,
            recused: Vec::new(),
        });
        access::decide(actor, &self.grants(), action, Target::Case(&standing), self.now)
    }

    /// Somebody who has just proved that it is them.
    pub fn actor(&self, person: PersonId) -> Actor {
        let presence = Presence::Session { stepped_up: Some(self.now) };
        Actor::Person { person, standing: Standing::Active, presence }
    }

    pub fn decide(&self, permit: &access::Permit, command: Command) -> command::Decided {
        let people = |person: PersonId| match person {
            ANA | BO | CHEN | ELI | GUS => Some(Standing::Active),
            INVITED => Some(Standing::Invited),
            _ => None,
        };
        let context = Context { policy: &self.policy, people: &people, responds: &|_| false, now: self.now };
        command::decide(&self.file, &context, permit, command)
    }

    pub fn act(&mut self, actor: Actor, command: Command) -> Result<Vec<Happening>, Refused> {
        let mut action = command.action(&self.file);
        if let Command::Recuse { person, .. } = &command
            && actor.person() != Some(*person)
        {
            action = Action::RecuseOther;
        }
        let permit = self.permit(&actor, action).map_err(|_| Refused::Permit)?;
        let events = self.decide(&permit, command)?;
        let by = actor.person().map_or(By::System, By::Person);
        for event in events.clone() {
            let written = Entry { at: self.now, by, event };
            let text = entry::write(&written, &self.file.facts);
            let read = entry::read(&text, &self.file.facts).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(read, written, "{text}");
            self.lines.push(text);
            self.file.apply(&read);
        }
        Ok(events)
    }

    pub fn by(&mut self, person: PersonId, command: Command) -> Result<Vec<Happening>, Refused> {
        self.act(self.actor(person), command)
    }

    pub fn record(&mut self, person: PersonId, event: Event) -> Result<Vec<Happening>, Refused> {
        self.by(person, Command::Record { event, source: Source::Done, overriding: None })
    }

    pub fn overriding(&self, person: PersonId, reason: &str) -> Option<Box<Overriding>> {
        let permit = self.permit(&self.actor(person), Action::Override).ok()?;
        Some(Box::new(Overriding { permit, reason: line(reason), subject: None }))
    }

    /// Ana leads, Eli is on the Fix Team.
    pub fn led(id: &str) -> Office {
        let mut office = Office::new(id);
        let grant = office.grant_id();
        office.by(ANA, Command::Volunteer { grant }).unwrap();
        let grant = office.grant_id();
        let role = Role::FixTeam;
        let reason = line("owns the code");
        office.by(ANA, Command::Give { grant, person: ELI, role, reason, until: None }).unwrap();
        office
    }

    /// The same, with a supported branch affected and a commit of Eli's.
    pub fn with_fix(id: &str) -> Office {
        let mut office = Office::led(id);
        office
            .record(ANA, event(EventKind::AffectedSet).with(Field::Branches, Value::Branches(0b11)))
            .unwrap();
        let commit = event(EventKind::CommitProposed)
            .with(Field::Id, text("c1"))
            .with(Field::Author, text(ELI))
            .with(Field::Paths, texts(&["src/lib.rs"]));
        office.record(ELI, commit).unwrap();
        office
    }
}
