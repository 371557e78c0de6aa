//! The desk from its set-up to the first steps of a case.

use fixlead_app::accounts::{By, Caller};
use fixlead_app::case::act::Act;
use fixlead_app::case::inbox::Shelf;
use fixlead_app::policies::NewPolicy;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::{Presence, Role, Standing};
use fixlead_core::case::event::{EventKind, Field, Value};
use fixlead_core::desk::command::Command;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::event::Room;
use fixlead_core::id::{BlobId, CaseId, MessageId, OfferId, PersonId, SessionId};
use fixlead_core::time::Span;

use crate::house::*;
use crate::world::World;

#[tokio::test]
async fn the_first_person_sets_up_once_and_is_operator() {
    let world = World::new().await;
    let desk = open(&world).await;
    let link = desk.set_up().await.unwrap().expect("nobody has joined yet");
    let again = desk.set_up().await.unwrap().expect("still nobody");
    let person = crate::accounts::enrol(&world, &desk, &link, "olga").await;
    assert_eq!(desk.set_up().await.unwrap(), None, "somebody has joined");
    let presence = Presence::Session { stepped_up: None };
    let caller = Caller { person, presence, by: By::Session(SessionId::from_bytes([1; 16])) };
    let seen = desk.read_directory(&caller).await.unwrap();
    let roles: Vec<Role> = seen.directory().grants_of(person).iter().map(|grant| grant.role).collect();
    assert_eq!(roles, [Role::Operator]);
    // The other link was for the same person; it takes nothing over and makes
    // nobody else an operator.
    let version = seen.version;
    desk.join(person).await.unwrap();
    assert_eq!(desk.read_directory(&caller).await.unwrap().version, version);
    let other = desk.accounts().welcome(&again, "Fixlead", "x").await;
    assert_eq!(other.err(), Some(Problem::NotFound), "whoever finds it does not become them");
}

#[tokio::test]
async fn a_report_becomes_a_case_that_responders_read_and_others_do_not_find() {
    let house = House::under("opentelemetry").await;
    let taken = house.reported().await;
    let view = house.desk.read(&house.caller(house.ana), taken.case).await.unwrap();
    assert_eq!(view.about.as_ref().map(|about| about.title.as_str()), Some("a flaw in the parser"));
    assert_eq!(view.report.as_ref().map(|report| report.body.contains("canary-body")), Some(true));
    assert!(view.may.contains(&"lead.volunteer"));
    for stranger in [house.olga, house.eli, PersonId::from_bytes([99; 16])] {
        let caller = house.caller(stranger);
        assert_eq!(house.desk.read(&caller, taken.case).await.err(), Some(Problem::NotFound));
        let missing = CaseId::from_bytes([77; 16]);
        assert_eq!(house.desk.read(&caller, missing).await.err(), Some(Problem::NotFound));
        let volunteer = Command::Volunteer { grant: house.grant() };
        assert_eq!(house.act(stranger, taken.case, volunteer).await, Err(Problem::NotFound));
        assert_eq!(house.desk.evaluation(&caller, taken.case).await, Err(Problem::NotFound));
        assert_eq!(house.desk.export_history(&caller, taken.case).await, Err(Problem::NotFound));
        assert_eq!(house.desk.log(&caller, taken.case).await.err(), Some(Problem::NotFound));
    }
}

#[tokio::test]
async fn a_receipt_opens_its_reporters_room_and_nothing_else() {
    let house = House::under("opentelemetry").await;
    let (taken, other) = (house.reported().await, house.reported().await);
    let (gus, case) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    assert_eq!(case, taken.case);
    let view = house.desk.read(&gus, case).await.unwrap();
    assert!(view.standing.is_none() && view.timeline.is_empty());
    assert_eq!(view.rooms.iter().map(|room| room.room).collect::<Vec<_>>(), [Room::Reporter]);
    let id = MessageId::from_bytes([3; 16]);
    let post = |room| Command::Post { id, room, body: body("one more thing"), answers: None };
    assert!(house.desk.act(&gus, case, Act::new(post(Room::Internal))).await.is_err());
    house.desk.act(&gus, case, Act::new(post(Room::Reporter))).await.unwrap();
    assert_eq!(house.desk.read(&gus, other.case).await.err(), Some(Problem::NotFound));
    let mut forged = taken.receipt.clone();
    forged.replace_range(20..21, if &forged[20..21] == "0" { "1" } else { "0" });
    assert_eq!(house.desk.by_receipt(&forged).await.err(), Some(Problem::NotFound));
    // The Fix Team works with the report and does not learn whose it is.
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let seen =
        serde_json::to_string(&house.desk.read(&house.caller(house.eli), case).await.unwrap()).unwrap();
    assert!(seen.contains("canary-body"));
    assert!(!seen.contains(&gus.person.to_string()) && !seen.contains("Canary-Credit"), "{seen}");
    let seen = serde_json::to_string(&house.desk.read(&house.caller(house.bo), case).await.unwrap()).unwrap();
    assert!(seen.contains(&gus.person.to_string()) && seen.contains("Canary-Credit"));
}

#[tokio::test]
async fn what_comes_in_is_bounded_and_holds_no_secret() {
    let house = House::under("opentelemetry").await;
    let taken = house.reported().await;
    let refused = |report| async {
        match house.desk.take_report(None, report, None).await {
            Err(Problem::Invalid { errors }) => {
                errors.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was taken in"),
        }
    };
    let mut pasted = house.report();
    pasted.body = format!("my receipt is {} thanks", taken.receipt);
    assert_eq!(refused(pasted.clone()).await, ["/body"]);
    let problem = house.desk.take_report(None, pasted, None).await.err().unwrap();
    assert!(!format!("{problem} {problem:?}").contains(&taken.receipt));
    let mut long = house.report();
    (long.title, long.body) = ("t".repeat(301), "b".repeat(256 * 1024 + 1));
    assert_eq!(refused(long).await, ["/title", "/body"]);
    let note = Command::Note { text: body(&format!("see {}", taken.receipt)) };
    let Err(Problem::Invalid { .. }) = house.act(house.ana, taken.case, note).await else { panic!() };
}

#[tokio::test]
async fn a_repeated_request_is_done_once_and_a_used_key_is_noticed() {
    let house = House::under("opentelemetry").await;
    let repeat = Repeat::new("k1", b"a report").unwrap();
    let first = house.desk.take_report(None, house.report(), Some(&repeat)).await.unwrap();
    let second = house.desk.take_report(None, house.report(), Some(&repeat)).await.unwrap();
    assert!(second.repeated && !first.repeated);
    assert_eq!((first.case, &first.receipt), (second.case, &second.receipt));
    let other = Repeat::new("k1", b"another report").unwrap();
    let reused = house.desk.take_report(None, house.report(), Some(&other)).await;
    assert_eq!(reused.err(), Some(Problem::KeyReused));

    let volunteer = Act {
        repeat: Some(Repeat::new("k2", b"volunteer").unwrap()),
        ..Act::new(Command::Volunteer { grant: house.grant() })
    };
    let ana = house.caller(house.ana);
    let first_time = house.desk.act(&ana, first.case, volunteer.clone()).await.unwrap();
    house.world.wait(Span::minutes(1));
    let again = house.desk.act(&ana, first.case, volunteer.clone()).await.unwrap();
    assert!(again.repeated && (again.version, again.at) == (first_time.version, first_time.at));
    // The same key of somebody else is another key.
    let bo = house.caller(house.bo);
    assert!(matches!(house.desk.act(&bo, first.case, volunteer).await, Err(Problem::Invalid { .. })));
}

#[tokio::test]
async fn a_report_is_opened_under_what_another_node_has_just_changed() {
    let house = House::under("opentelemetry").await;
    let other = open(&house.world).await;
    let before = other.take_report(None, house.report(), None).await.unwrap();
    // The other node has the directory in memory and is told of nothing.
    let caller = house.caller(house.ana);
    let policy = NewPolicy::built_in("vitess");
    house.desk.set_policy(&caller, PROJECT, policy, line("we moved"), None, None).await.unwrap();
    let after = other.take_report(None, house.report(), None).await.unwrap();
    let pinned = async |case| {
        let view = house.desk.read(&caller, case).await.unwrap();
        view.standing.unwrap().policy
    };
    assert_eq!(pinned(before.case).await, "opentelemetry");
    assert_eq!(pinned(after.case).await, "vitess");
}

#[tokio::test]
async fn a_step_on_an_old_version_is_a_conflict_and_a_reading_is_none() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let version = house.desk.read(&house.caller(house.ana), case).await.unwrap().version;
    // Others read meanwhile, which is written down and changes nothing.
    assert_eq!(house.desk.read(&house.caller(house.bo), case).await.unwrap().version, version);
    let on = |expected, command| Act { expected: Some(expected), ..Act::new(command) };
    let ana = house.caller(house.ana);
    let done = house.desk.act(&ana, case, on(version, Command::Note { text: body("one") })).await.unwrap();
    assert!(done.version > version);
    let late = house.desk.act(&ana, case, on(version, Command::Note { text: body("two") })).await;
    assert_eq!(late, Err(Problem::Conflict { actual: done.version }));
}

#[tokio::test]
async fn what_the_policy_holds_is_told_with_its_reason_and_can_be_overridden_by_the_fix_lead() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let affected = event(EventKind::AffectedSet).with(Field::Branches, Value::Branches(0b11));
    house.record(house.ana, case, affected).await.unwrap();
    let assigned = event(EventKind::CveAssigned).with(Field::Id, Value::Text("CVE-2027-4444".into()));
    house.record(house.ana, case, assigned).await.unwrap();
    let soon = Value::Instant(house.world.now() + Span::days(2));
    let plan = event(EventKind::ReleaseScheduled).with(Field::For, soon);
    let Err(Problem::Held { held }) = house.record(house.ana, case, plan.clone()).await else { panic!() };
    assert!(held.clauses.contains(&"OT-49".to_owned()), "{held:?}");
    assert_eq!(held.earliest, Some(house.world.now() + Span::days(7)));
    assert_eq!(held.may_override, ["fix-lead"]);
    // A responder may know, and may not.
    let denied = house.record_although(house.bo, case, plan.clone(), "no").await;
    assert!(matches!(denied, Err(Problem::Forbidden { .. })), "{denied:?}");
    house.record_although(house.ana, case, plan, "exploited already").await.unwrap();
}

#[tokio::test]
async fn a_suspended_member_reads_nothing_any_more_not_even_on_another_node() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let other_node = open(&house.world).await;
    let bo = house.caller(house.bo);
    assert!(other_node.read(&bo, case).await.is_ok());
    let suspend = DirectoryCommand::SetStanding {
        person: house.bo,
        standing: Standing::Suspended,
        reason: line("left the team"),
    };
    house.direct(house.olga, suspend).await.unwrap();
    assert_eq!(other_node.read(&bo, case).await.err(), Some(Problem::NotFound));
    assert_eq!(house.desk.read(&bo, case).await.err(), Some(Problem::NotFound));

    // A grant for the case ends in the same way.
    house.lead(house.ana, case).await;
    let grant = house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let eli = house.caller(house.eli);
    assert!(other_node.read(&eli, case).await.is_ok());
    let revoke = Command::Revoke { grant, reason: line("done") };
    house.act(house.ana, case, revoke).await.unwrap();
    house.act(house.ana, case, Command::Note { text: body("canary-new") }).await.unwrap();
    assert_eq!(other_node.read(&eli, case).await.err(), Some(Problem::NotFound));
}

#[tokio::test]
async fn of_a_hundred_who_want_to_lead_one_does() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let nodes = [open(&house.world).await, open(&house.world).await];
    let race = (0..100_u8).map(|number| {
        let desk = nodes[usize::from(number) % 2].clone();
        let person = [house.ana, house.bo, house.chen][usize::from(number) % 3];
        let (caller, grant) = (house.caller(person), house.grant());
        tokio::spawn(async move { desk.act(&caller, case, Act::new(Command::Volunteer { grant })).await })
    });
    let mut won = 0;
    for task in race.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(Problem::Invalid { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
}

/// Every use case can wait on any thread; a server asks for that.
#[tokio::test]
async fn use_cases_may_move_between_threads() {
    fn movable<T: Send>(future: T) -> T {
        future
    }
    let house = House::under("vitess").await;
    let (desk, ana) = (&house.desk, house.caller(house.ana));
    let taken = movable(desk.take_report(Some(&ana), house.report(), None)).await.unwrap();
    let case = taken.case;
    assert!(movable(desk.by_receipt(&taken.receipt)).await.is_ok());
    assert!(movable(desk.read(&ana, case)).await.is_ok());
    assert!(movable(desk.log(&ana, case)).await.is_ok());
    assert!(movable(desk.evaluation(&ana, case)).await.is_ok());
    assert!(movable(desk.who_knew(&ana, case)).await.is_ok());
    assert!(movable(desk.inbox(&ana, Shelf::Open, None, None, 10)).await.is_ok());
    assert!(movable(desk.read_directory(&ana)).await.is_ok());
    assert!(movable(desk.wake()).await.is_ok());
    assert!(movable(desk.set_up()).await.is_ok());
    let note = Act::new(Command::Note { text: body("a note") });
    assert!(movable(desk.act(&ana, case, note)).await.is_ok());
    assert!(movable(desk.attach(&ana, case, Room::Reporter, "a.txt", vec![1], None)).await.is_ok());
    assert!(movable(desk.export_history(&ana, case)).await.is_err(), "it is embargoed, and nobody leads it");
    assert!(movable(desk.attachment(&ana, case, BlobId::from_bytes([1; 16]))).await.is_err());
    assert!(movable(desk.ask_erasure(&ana, case, line("x"), None)).await.is_err());
    let offer = OfferId::from_bytes([1; 16]);
    assert!(movable(desk.confirm_erasure(&ana, case, offer)).await.is_err());
    assert!(movable(desk.invite(&ana, line("x"), None)).await.is_err());
    assert!(movable(desk.read_event(&ana, case, serde_json::json!({"type": "lgtm"}))).await.is_err());
    let policy = NewPolicy::built_in("vitess");
    assert!(movable(desk.set_policy(&ana, PROJECT, policy, line("x"), None, None)).await.is_ok());
}

#[tokio::test]
async fn whoever_takes_the_lead_has_had_their_turn() {
    let house = House::under("opentelemetry").await;
    let next = async || {
        let seen = house.desk.read_directory(&house.caller(house.bo)).await.unwrap();
        let facts = seen.directory().facts(PROJECT, house.world.now(), None).unwrap();
        PersonId::parse(&facts.responders[0]).unwrap()
    };
    assert_eq!(next().await, house.ana);
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    assert_eq!(next().await, house.bo);
    // Not when it was refused, and not a second time.
    let late = house.act(house.ana, case, Command::Volunteer { grant: house.grant() }).await;
    assert!(matches!(late, Err(Problem::Invalid { .. })));
    assert_eq!(next().await, house.bo);
}
