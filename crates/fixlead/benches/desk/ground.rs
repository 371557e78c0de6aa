//! Databases to measure on, filled through the desk itself: every case is a
//! report that was taken in, sealed and logged like any other. What makes it
//! quick is that many are taken in at a time, so that they share commits.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use fixlead_app::accounts::{By, Caller, NewToken};
use fixlead_app::case::act::Act;
use fixlead_app::intake::{More, Report};
use fixlead_app::policies::NewPolicy;
use fixlead_app::{Desk, Settings};
use fixlead_core::access::{Presence, Role, TokenScope};
use fixlead_core::case::{Branch, BranchClass, Project};
use fixlead_core::desk::command::Command;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::event::{Room, Visibility};
use fixlead_core::desk::reminders::{Ladder, Rung, Told};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, GrantId, MessageId, OfferId, OrganisationId, PersonId, ProjectId, SessionId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::{Clock, Keyring, Location, Random, Secret, Store};
use serde_json::json;

use crate::load;

/// Reports that are taken in at the same time while a database is filled: two
/// commits of the most that one may hold.
const AT_ONCE: u64 = 512;
/// What looks at pages.
const BROWSER: &str = "bench";
/// Messages of the case that is read.
const MESSAGES: u64 = 50;
/// Over how long the cases of a database were opened, in milliseconds.
const YEAR: i64 = 365 * 24 * 3600 * 1000;

/// A clock that is set: cases are opened in the course of a year.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Relaxed))
    }
}

struct System;

impl Random for System {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).unwrap();
    }
}

/// A database of a desk.
pub struct Ground {
    /// Where the desk runs.
    pub place: PathBuf,
    /// How many cases it was filled with.
    pub cases: u64,
    /// A case with fifty messages.
    pub talk: CaseId,
    /// Its project.
    pub project: ProjectId,
    token: String,
    /// Of the responder, and of the operator.
    sessions: [String; 2],
    added: Cell<u64>,
    number: Arc<AtomicU64>,
}

fn line(text: &str) -> Line {
    Line::new(text).unwrap()
}

fn caller(person: PersonId, at: Instant) -> Caller {
    let presence = Presence::Session { stepped_up: Some(at) };
    Caller { person, presence, by: By::Session(SessionId::from_bytes([1; 16])) }
}

/// What reports say: 1,500 bytes that differ a little.
fn text(number: u64) -> String {
    let mut text = format!("Report {number}: the parser reads past the end of its input.\n\n");
    while text.len() < 1500 {
        text.push_str("A header of 4,096 bytes with no end makes the next read begin after the buffer. ");
    }
    text.truncate(1500);
    text
}

fn report(project: ProjectId, number: u64) -> Report {
    Report {
        project,
        title: format!("the parser reads past the end of its input ({number})"),
        body: text(number),
        visibility: Visibility::Private,
        channel: Some("web".to_owned()),
        credit: None,
        more: More::default(),
    }
}

impl Ground {
    /// Makes a database below a place: a project with a responder who has a
    /// token, a case with fifty messages, and so many cases.
    pub fn lay(place: &Path, cases: u64) -> Ground {
        std::fs::create_dir_all(place).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let end = i64::try_from(since.as_millis()).unwrap();
            let clock = Arc::new(Hand(AtomicI64::new(end - YEAR)));
            let location = Location::Directory(place.join("fixlead-data"));
            let keyring = Keyring::new(Secret::from_bytes([9; 32]));
            let store = Store::open(location, keyring, clock.clone(), Arc::new(System)).await.unwrap();
            // Nobody has to be reminded of these cases: a desk that has slept for a
            // year would be at work on that while it is measured.
            let rung = Rung { after: Span::days(3650), told: Told::Holder };
            let ladder = Ladder::new(vec![rung]).unwrap();
            // Nor does anybody prove who they are to look at pages.
            let settings = Settings { ladder, demonstration: true, ..Settings::default() };
            let desk = Desk::open(store, clock.clone(), Arc::new(System), settings).await.unwrap();
            let (project, olga, ana) = people(&desk, clock.now()).await;
            let ends = clock.now() + Span::days(366);
            let scopes = vec![TokenScope::Read, TokenScope::Intake];
            let new = NewToken { name: "bench".to_owned(), scopes, within: None, ends };
            let (token, _) = desk.accounts().make_token(ana, new).await.unwrap();
            let talk = talk(&desk, project, &caller(ana, clock.now())).await;
            fill(&desk, &clock, project, cases - 1).await;
            let sessions = [
                desk.let_in(ana, BROWSER).await.unwrap().secret,
                desk.let_in(olga, BROWSER).await.unwrap().secret,
            ];
            let (added, number) = (Cell::new(0), Arc::new(AtomicU64::new(0)));
            Ground { place: place.to_owned(), cases, talk, project, token, sessions, added, number }
        })
    }

    /// The header that shows who asks.
    pub fn shows(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token)
    }

    /// The same as a browser shows it, the responder's or the operator's.
    pub fn browser(&self, operator: bool) -> String {
        let session = &self.sessions[usize::from(operator)];
        format!("cookie: fixlead={session}\r\nuser-agent: {BROWSER}\r\n")
    }

    /// Requests that each send a report.
    pub fn reports(&self) -> impl Fn() -> Vec<u8> + 'static {
        let (number, project) = (Arc::clone(&self.number), self.project);
        let path = format!("/api/v1/projects/{project}/reports");
        move || {
            let number = number.fetch_add(1, Relaxed);
            let report = report(project, number);
            let body = json!({ "title": report.title, "body": report.body, "channel": "web" }).to_string();
            load::post(&path, &format!("idempotency-key: bench-{number:016}\r\n"), &body)
        }
    }

    /// A page in the middle of the inbox.
    pub fn middle(&self) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let half = i64::try_from(since.as_millis()).unwrap() - YEAR / 2;
        format!("/api/v1/inbox?limit=50&after={half}.{}", self.talk)
    }

    /// Reports were taken in.
    pub fn add(&self, taken: u64) {
        self.added.set(self.added.get() + taken);
    }

    /// How many cases there have to be.
    pub fn expected(&self) -> u64 {
        self.cases + self.added.get()
    }

    fn file(&self) -> PathBuf {
        self.place.join("fixlead-data/fixlead.db")
    }

    /// How large the database is, in bytes.
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(self.file()).unwrap().len()
    }

    fn ask(&self, sql: &str) -> u64 {
        let connection = rusqlite::Connection::open(self.file()).unwrap();
        connection.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap() as u64
    }

    /// How many commits have added an entry to the log.
    pub fn commits(&self) -> u64 {
        self.ask("SELECT number FROM chain")
    }

    /// How many sealed bytes there are.
    pub fn sealed(&self) -> u64 {
        self.ask(
            "SELECT (SELECT sum(length(sealed)) FROM event) + (SELECT sum(length(sealed)) FROM list)
             + (SELECT sum(length(sealed)) FROM record) + (SELECT sum(length(key)) FROM stream)",
        )
    }
}

/// A project, an operator and a responder.
async fn people(desk: &Desk, now: Instant) -> (ProjectId, PersonId, PersonId) {
    let link = desk.set_up().await.unwrap().unwrap();
    let olga = desk.accounts().welcome(&link, "Fixlead", "olga").await.unwrap().person;
    desk.join(olga).await.unwrap();
    let operator = caller(olga, now);
    let (organisation, project) = (OrganisationId::from_bytes([21; 16]), ProjectId::from_bytes([22; 16]));
    let add = DirectoryCommand::AddOrganisation { organisation, name: line("Example") };
    desk.direct(&operator, add, None, None).await.unwrap();
    let policy = NewPolicy::built_in("opentelemetry");
    desk.add_project(&operator, project, organisation, line("tool"), policy, None).await.unwrap();
    let (ana, _) = desk.invite(&operator, line("ana"), None).await.unwrap();
    desk.join(ana).await.unwrap();
    let propose = DirectoryCommand::ProposeRole {
        offer: OfferId::from_bytes([23; 16]),
        grant: GrantId::from_bytes([24; 16]),
        person: ana,
        role: Role::Responder,
        reach: Reach::Project(project),
        reason: line("on the team"),
        until: None,
    };
    desk.direct(&operator, propose, None, None).await.unwrap();
    let branch = |name: &str, class| Branch { name: name.into(), class, since: None };
    let branches =
        vec![branch("main", BranchClass::Development), branch("release-1", BranchClass::Supported)];
    let facts = Box::new(Project { branches, ..Project::default() });
    let facts = DirectoryCommand::SetFacts { project, facts };
    desk.direct(&caller(ana, now), facts, None, None).await.unwrap();
    (project, olga, ana)
}

/// A case with fifty messages in two rooms.
async fn talk(desk: &Desk, project: ProjectId, ana: &Caller) -> CaseId {
    let case = desk.take_report(None, report(project, 0), None).await.unwrap().case;
    for number in 0..MESSAGES {
        let room = if number % 2 == 0 { Room::Reporter } else { Room::Internal };
        let (id, body) =
            (MessageId::from_bytes([number as u8; 16]), Body::new(&text(number)[..400]).unwrap());
        let command = Command::Post { id, room, body, answers: None };
        desk.act(ana, case, Act::new(command)).await.unwrap();
    }
    case
}

async fn fill(desk: &Desk, clock: &Arc<Hand>, project: ProjectId, cases: u64) {
    let begin = clock.now().millis();
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE.min(cases) {
        let (desk, clock, next) = (desk.clone(), Arc::clone(clock), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= cases {
                    return;
                }
                clock.0.fetch_max(begin + YEAR / cases as i64 * number as i64, Relaxed);
                desk.take_report(None, report(project, number), None).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
}
