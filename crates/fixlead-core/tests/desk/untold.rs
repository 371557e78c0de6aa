//! What is printed for those who look for a mistake tells no title, text or
//! name: it would get into logs.

use std::collections::BTreeMap;
use std::fmt::Debug;

use fixlead_core::access::{Action, Grant, Role, Scope, Standing};
use fixlead_core::case::event::{Event, EventKind, Field, Value};
use fixlead_core::case::{Branch, BranchClass, Project};
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::command::{Command, Refused, Source, Thing};
use fixlead_core::desk::directory::cna::CnaCommand;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::{Reach, Turns};
use fixlead_core::desk::directory::import::ImportCommand;
use fixlead_core::desk::directory::webhook::{WebhookCommand, WebhookEnd};
use fixlead_core::desk::directory::{Directory, DirectoryEntry, DirectoryEvent, Incoming, Login};
use fixlead_core::desk::event::{
    By, DeskEvent, Entry, Pin, Push, Reminder, Room, Run, RunOutcome, Second, Sighting, Visibility,
};
use fixlead_core::desk::form::{
    Asked, Claims, CreditWish, Detail, Question, QuestionList, ReportKey, Thanks, Told,
};
use fixlead_core::desk::state::Credit;
use fixlead_core::id::{BlobId, GrantId, MessageId, OfferId, TeamId, WebhookId};

use super::office::*;

/// Planted wherever a type has room for a text.
const CANARY: &str = "canary-7f3a";

/// A value of every variant of an enum. Whoever adds a variant has to plant a
/// canary in it here, or this does not build.
macro_rules! every {
    ($type:ident { $($variant:ident $fields:tt)* }) => {{
        #[allow(dead_code, reason = "it is there to be complete")]
        fn complete(value: &$type) {
            match value { $($type::$variant { .. } => (),)* }
        }
        vec![$($type::$variant $fields),*]
    }};
}

fn canary() -> fixlead_core::desk::wire::Line {
    line(CANARY)
}

fn told(value: &impl Debug) -> String {
    let told = format!("{value:?} {value:#?}");
    assert!(!told.contains("canary"), "{told}");
    told
}

fn planted_pin() -> Pin {
    let parameters = BTreeMap::from([("within".to_owned(), canary())]);
    Pin { policy: canary(), version: canary(), sha256: sha('a'), overlays: vec![canary()], parameters }
}

fn planted_facts() -> Project {
    let people = || vec![CANARY.into()];
    Project {
        branches: vec![Branch { name: CANARY.into(), class: BranchClass::Supported, since: Some(START) }],
        responders: people(),
        served: vec![(CANARY.into(), 1)],
        leave: vec![(CANARY.into(), (1, 2))],
        owners: vec![(CANARY.into(), people())],
        owners_rule: None,
        maintainers: people(),
        holidays: vec![1],
    }
}

fn planted_reminder() -> Reminder {
    Reminder { duty: canary(), subject: Some(canary()), due: START, rung: 0, to: canary() }
}

fn planted_push() -> Push {
    Push {
        branch: canary(),
        from: Some(canary()),
        to: canary(),
        commits: vec![canary()],
        picked: vec![(canary(), canary())],
    }
}

fn planted_run() -> Run {
    let output = Some(body(CANARY));
    Run { branch: canary(), commit: canary(), outcome: RunOutcome::Failed, code: Some(1), output }
}

fn planted_sighting() -> Sighting {
    Sighting { commit: canary(), of: canary(), place: canary(), how: canary() }
}

fn planted_credit() -> Credit {
    Credit { name: canary(), role: canary(), person: Some(GUS), case: Some(CASE) }
}

fn planted_details() -> Vec<Detail> {
    vec![Detail { question: Question::Impact, answer: body(CANARY) }]
}

fn planted_wish() -> CreditWish {
    CreditWish { thanks: Thanks::Named, name: Some(canary()), link: Some(canary()) }
}

fn planted_questions() -> QuestionList {
    let asked = Asked {
        question: Question::Component,
        required: true,
        help: Some(canary()),
        choices: vec![canary()],
    };
    QuestionList::new(vec![asked]).unwrap()
}

fn planted_key() -> ReportKey {
    ReportKey { fingerprint: canary(), armored: body(CANARY) }
}

fn planted_login() -> Login {
    Login::new(CANARY).unwrap()
}

const GRANT: GrantId = GrantId::from_bytes([31; 16]);
const OFFER: OfferId = OfferId::from_bytes([32; 16]);
const WEBHOOK: WebhookId = WebhookId::from_bytes([34; 16]);
const TEAM: TeamId = TeamId::from_bytes([33; 16]);

fn desk_events() -> Vec<DeskEvent> {
    let (reason, blob, id) = (canary, BlobId::from_bytes([1; 16]), MessageId::from_bytes([2; 16]));
    every!(DeskEvent {
        CaseOpened {
            case: CASE, organisation: ORGANISATION, project: PROJECT, title: canary(), policy: planted_pin(),
            facts: planted_facts()
        }
        ReportContent { title: canary(), body: body(CANARY), reporter: Some(GUS), credit: Some(canary()),
            details: planted_details(), wish: Some(planted_wish()) }
        CreditWished { person: GUS, wish: planted_wish() }
        MessagePosted { id, room: Room::Internal, body: body(CANARY), answers: None }
        AttachmentAdded { blob, room: Room::Guest, name: canary(), size: 7, sha256: sha('b') }
        GrantGiven { grant: GRANT, person: ANA, role: Role::FixLead, reason: reason(), from: START, until: None }
        GrantMoved { grant: GRANT, reason: reason(), until: Some(START) }
        GrantRevoked { grant: GRANT, reason: reason() }
        PersonRecused { person: BO, reason: reason() }
        RecusalLifted { person: BO, reason: reason() }
        CaseRestricted { reason: reason() }
        CaseUnrestricted { reason: reason() }
        HandoffOffered { offer: OFFER, to: BO, reason: reason() }
        HandoffAccepted { offer: OFFER }
        HandoffDeclined { offer: OFFER, reason: reason() }
        DutyReminded(planted_reminder())
        DutyEscalated(planted_reminder())
        PolicyMoved { policy: planted_pin(), reason: reason() }
        FactsMoved { facts: planted_facts(), reason: reason() }
        ReadRecorded { person: BO, action: canary() }
        NoteAdded { text: body(CANARY) }
        EvidenceAdded { duty: canary(), text: canary(), reference: Some(canary()) }
        SecondAsked { offer: OFFER, what: Second::Erasure, sha256: sha('c'), reason: reason(), although: Some(canary()) }
        SecondConfirmed { offer: OFFER }
        HoldPlaced { reason: reason() }
        HoldLifted { reason: reason() }
        CaseAbsorbed { case: CASE, reported: START, reporters: vec![GUS], reason: reason() }
        CreditGiven { name: canary(), role: canary(), person: None, case: None }
        AdvisoryWritten { source: body(CANARY) }
        AdvisoryPublished { sha256: sha('d') }
        FixOpened { from: canary() }
        FixPushed(planted_push())
        FixChecked(planted_run())
        LeakSuspected(planted_sighting())
        LeakDismissed { commit: canary(), reason: reason() }
    })
}

/// An event of the policy's vocabulary with every kind of value.
fn planted_event(kind: EventKind) -> Event {
    let text: Box<str> = CANARY.into();
    let values = every!(Value {
        Text(text.clone())
        Texts(vec![text.clone(), text.clone()])
        Flag(true)
        Score(987)
        Instant(START)
        Branches(5)
        Dues(vec![(text.clone(), START)])
    });
    values.into_iter().fold(event(kind), |event, value| event.with(Field::Into, value))
}

#[test]
fn a_case_and_all_that_is_recorded_in_it_are_told_by_kind_and_length() {
    assert_eq!(format!("{:?} {:?}", canary(), body("two\nlines")), "Line(11 bytes) Body(9 bytes)");
    let mut file = CaseFile::default();
    let entries = desk_events().into_iter().map(Into::into);
    let happened = EventKind::ALL.iter().map(|kind| planted_event(*kind).into());
    for event in entries.chain(happened) {
        let entry = Entry { at: START, by: By::Person(ANA), event };
        told(&entry);
        file.apply(&entry);
    }
    let whole = told(&file);
    for part in
        ["Opened", "Message", "Attachment", "Credit", "Grant", "Project", "Line(11 bytes)", "Text(11 bytes)"]
    {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert!(!whole.contains("987"), "a score says how bad it is");
    let scope = Scope::Case(CASE);
    let reason = CANARY.into();
    told(&Grant {
        id: GRANT,
        person: ANA,
        role: Role::Guest,
        scope,
        reason,
        given_by: None,
        team: None,
        from: START,
        until: None,
        revoked: None,
    });
    let held = Refused::Held {
        gate: "disclosure".into(),
        clauses: vec!["D-1".into()],
        because: CANARY.into(),
        earliest: None,
        override_by: vec![Role::FixLead],
    };
    assert!(told(&held).contains("disclosure"));
    assert!(told(&Refused::Unknown(Thing::Person, CANARY.into())).contains("Person"));
}

#[test]
fn what_is_asked_for_is_told_by_kind_and_length() {
    let (reason, blob, id) = (canary, BlobId::from_bytes([1; 16]), MessageId::from_bytes([2; 16]));
    let commands = every!(Command {
        Open {
            case: CASE, organisation: ORGANISATION, project: PROJECT, title: canary(), policy: planted_pin(),
            facts: Box::new(planted_facts()), body: body(CANARY), visibility: Visibility::Private,
            channel: Some(canary()), reporter: Some((GUS, GRANT)), credit: Some(canary()),
            told: Box::new(Told { details: planted_details(), claims: Claims { public: Some(canary()), exploited: Some(canary()) }, wish: Some(planted_wish()) }),
            credits: vec![planted_credit()]
        }
        Record { event: planted_event(EventKind::Lgtm), source: Source::Done, overriding: None }
        Wish { person: GUS, wish: planted_wish() }
        Post { id, room: Room::Internal, body: body(CANARY), answers: None }
        Attach { blob, room: Room::Guest, name: canary(), size: 7, sha256: sha('b') }
        Note { text: body(CANARY) }
        Hold { reason: reason() }
        LiftHold { reason: reason() }
        Evidence { duty: canary(), text: canary(), reference: Some(canary()) }
        Volunteer { grant: GRANT }
        Assign { person: ANA, grant: GRANT, by_rotation: false, reason: reason() }
        OfferLead { offer: OFFER, to: BO, reason: reason() }
        AcceptLead { offer: OFFER, grant: GRANT }
        DeclineLead { offer: OFFER, reason: reason() }
        Give { grant: GRANT, person: ANA, role: Role::Guest, reason: reason(), until: None }
        MoveEnd { grant: GRANT, reason: reason(), until: None }
        Revoke { grant: GRANT, reason: reason() }
        DismissTeam { reason: reason() }
        Recuse { person: BO, reason: reason() }
        LiftRecusal { person: BO, reason: reason() }
        Restrict { reason: reason() }
        Unrestrict { reason: reason() }
        MovePolicy { policy: planted_pin(), reason: reason() }
        MoveFacts { facts: Box::new(planted_facts()), reason: reason() }
        Close { reason: reason(), overriding: None }
        Reopen { reason: reason() }
        Merge { into: CASE, reason: reason() }
        Absorb {
            case: CASE, reported: START, reporters: vec![GUS], credits: vec![planted_credit()], reason: reason()
        }
        Split { into: CASE, reason: reason() }
        AskSecond { offer: OFFER, what: Second::Erasure, sha256: sha('c'), reason: reason(), overriding: None }
        OpenFix { from: canary() }
        PushFix { pushes: vec![planted_push()], events: vec![planted_event(EventKind::CommitProposed)] }
        RecordRun { run: Box::new(planted_run()) }
        SuspectLeak { sighting: planted_sighting() }
        DismissLeak { commit: canary(), reason: reason() }
        ConfirmSecond { offer: OFFER }
        WriteAdvisory { over: 1, source: body(CANARY) }
        PublishAdvisory { offer: OFFER, has_cve: true, overriding: None }
        RecordRead { person: BO, action: Action::CaseRead }
        Remind { reminder: planted_reminder(), escalated: false }
    });
    let commands: Vec<String> = commands.iter().map(told).collect();
    assert!(commands[3].starts_with("Post {") && commands[3].contains("Body(11 bytes)"), "{}", commands[3]);
}

#[test]
fn the_directory_is_told_by_kind_and_length() {
    let (standing, turns) = (Standing::Active, Turns::RoundRobin);
    let reach = Reach::Project(PROJECT);
    let (people, days) = (vec![ANA], vec![(1, 2)]);
    let incoming = || vec![Incoming { id: canary(), sha256: sha('f'), latest: START }];
    let events = every!(DirectoryEvent {
        OrganisationAdded { organisation: ORGANISATION, name: canary() }
        ProjectAdded { project: PROJECT, organisation: ORGANISATION, name: canary(), policy: planted_pin() }
        ProjectFacts { project: PROJECT, facts: planted_facts() }
        ProjectPolicy { project: PROJECT, policy: planted_pin(), reason: canary() }
        ProjectQuestions { project: PROJECT, questions: planted_questions() }
        ProjectKey { project: PROJECT, key: Some(planted_key()), reason: canary() }
        IntakeResumed { project: PROJECT }
        IntakePaused { project: PROJECT, until: START, reason: canary(), instead: canary() }
        ReadingStopped { person: ANA, cases: 200, until: START }
        PersonInvited { person: ANA, name: canary(), offer: OFFER, until: START }
        PersonJoined { person: ANA, offer: OFFER }
        PersonStanding { person: ANA, standing, reason: canary() }
        RoleProposed {
            offer: OFFER, grant: GRANT, person: ANA, role: Role::Responder, reach, reason: canary(), until: None
        }
        RoleGiven { offer: OFFER }
        RoleRevoked { grant: GRANT, reason: canary() }
        TeamProposed { offer: OFFER, team: TEAM, project: PROJECT, name: canary(), reason: canary() }
        TeamDelegated { offer: OFFER }
        TeamEnded { team: TEAM, reason: canary() }
        TeamJoined { team: TEAM, person: ANA, grant: GRANT }
        TeamLeft { team: TEAM, person: ANA }
        RotaSet { project: PROJECT, people: people.clone(), turns }
        RotaServed { project: PROJECT, person: ANA, day: 3 }
        LeaveSet { person: ANA, days: days.clone() }
        MaintainersSet { project: PROJECT, people: people.clone() }
        PersonRenamed { person: ANA, name: canary() }
        PersonLogins { person: ANA, logins: vec![planted_login()] }
        WebhookAdded { webhook: WEBHOOK, reach, url: canary(), events: Vec::new(), secret: sha('d') }
        WebhookChanged { webhook: WEBHOOK, url: canary(), events: Vec::new() }
        WebhookSecret { webhook: WEBHOOK, secret: sha('e'), until: START }
        WebhookPaused { webhook: WEBHOOK, reason: canary() }
        WebhookResumed { webhook: WEBHOOK }
        WebhookDisabled { webhook: WEBHOOK, why: WebhookEnd::Gone }
        WebhookRemoved { webhook: WEBHOOK, reason: canary() }
        AdvisoriesProposed { offer: OFFER, project: PROJECT, until: START, advisories: incoming() }
        AdvisoriesTakenIn { project: PROJECT, offer: Some(OFFER), advisories: incoming() }
        AdvisoriesDeclined { project: PROJECT, offer: OFFER, reason: canary() }
        AdvisoriesReplaced { project: PROJECT, advisories: incoming() }
        CnaSet { project: PROJECT, organisation: canary(), user: canary(), address: canary(), new_key: true }
        CnaRemoved { project: PROJECT, organisation: canary(), user: canary(), address: canary() }
    });
    let mut directory = Directory::default();
    for event in events {
        let entry = DirectoryEntry { at: START, by: By::System, event };
        told(&entry);
        directory.apply(&entry);
        told(&directory);
    }
    assert!(told(&directory).contains("Person {"));
    let commands = every!(DirectoryCommand {
        AddOrganisation { organisation: ORGANISATION, name: canary() }
        AddProject { project: PROJECT, organisation: ORGANISATION, name: canary(), policy: planted_pin() }
        SetFacts { project: PROJECT, facts: Box::new(planted_facts()) }
        SetPolicy { project: PROJECT, policy: planted_pin(), reason: canary() }
        SetMaintainers { project: PROJECT, people: people.clone() }
        SetQuestions { project: PROJECT, questions: planted_questions() }
        SetKey { project: PROJECT, key: Some(planted_key()), reason: canary() }
        PauseIntake { project: PROJECT, until: START, reason: canary(), instead: canary() }
        ResumeIntake { project: PROJECT }
        StopReading { person: ANA, cases: 200, until: START }
        Rename { person: ANA, name: canary() }
        SetLogins { person: ANA, logins: vec![planted_login()] }
        Webhook(WebhookCommand::Pause { webhook: WEBHOOK, reason: canary() })
        Invite { person: ANA, name: canary(), offer: OFFER, until: START }
        Accept { offer: OFFER }
        SetStanding { person: ANA, standing, reason: canary() }
        ProposeRole {
            offer: OFFER, grant: GRANT, person: ANA, role: Role::Responder, reach, reason: canary(), until: None
        }
        ProposeTeam { offer: OFFER, team: TEAM, project: PROJECT, name: canary(), reason: canary() }
        Confirm { offer: OFFER }
        RevokeRole { grant: GRANT, reason: canary() }
        EndTeam { team: TEAM, reason: canary() }
        JoinTeam { team: TEAM, person: ANA, grant: GRANT }
        LeaveTeam { team: TEAM, person: ANA }
        SetRota { project: PROJECT, people, turns }
        Serve { project: PROJECT, person: ANA }
        SetLeave { person: ANA, days }
        Import(ImportCommand::Propose { offer: OFFER, project: PROJECT, advisories: incoming() })
        Cna(CnaCommand::Remove { project: PROJECT, organisation: canary(), user: canary(), address: canary() })
    });
    commands.iter().for_each(|command| drop(told(command)));
}
