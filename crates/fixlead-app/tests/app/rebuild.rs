//! Lists and wake-ups are what the events say, and are made anew from them: on
//! both engines, byte for byte what the appends had written.

use fixlead_app::case::inbox::Shelf;
use fixlead_core::access::{self, Action, Actor, CaseStanding, CaseState, Permit, Role, Target};
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::id::{CaseId, MessageId};
use fixlead_core::time::Span;
use fixlead_store::{Append, Beside};

use crate::cluster;
use crate::house::*;
use crate::world::World;

/// What only the installation can ask for.
fn permit(house: &House, case: CaseId) -> Permit {
    let standing = CaseStanding {
        case,
        project: PROJECT,
        organisation: ORGANISATION,
        state: CaseState::Embargoed,
        restricted: false,
        recused: Vec::new(),
    };
    let action = Action::ReminderRecord;
    access::decide(&Actor::System, &[], action, Target::Case(&standing), house.world.now()).unwrap()
}

/// Cases as they can stand: new, led, with guests that came and went, restricted,
/// recused from, closed, opened again, overdue.
async fn at_work(world: World) -> (House, Vec<CaseId>) {
    let house = House::in_world(world, "opentelemetry").await;
    let mut cases = Vec::new();
    for _ in 0..6 {
        cases.push(house.reported().await.case);
        house.world.wait(Span::hours(7));
    }
    house.lead(house.ana, cases[1]).await;
    let grant = house.give(house.ana, cases[1], house.eli, Role::FixTeam).await;
    house.give(house.ana, cases[1], house.chen, Role::ReleaseManager).await;
    house.act(house.ana, cases[1], Command::Revoke { grant, reason: line("done") }).await.unwrap();
    house.lead(house.bo, cases[2]).await;
    house.act(house.bo, cases[2], Command::Restrict { reason: line("few") }).await.unwrap();
    let recuse = Command::Recuse { person: house.chen, reason: line("mine") };
    house.act(house.chen, cases[3], recuse).await.unwrap();
    for case in [cases[4], cases[5]] {
        house.lead(house.ana, case).await;
        let dismiss = event(EventKind::TriageDecided).with(Field::Disposition, text("not-a-vulnerability"));
        house.record(house.ana, case, dismiss).await.unwrap();
        house
            .act(house.ana, case, Command::Close { reason: line("no flaw"), overriding: None })
            .await
            .unwrap();
    }
    house.act(house.ana, cases[5], Command::Reopen { reason: line("it is one") }).await.unwrap();
    let id = MessageId::from_bytes([4; 16]);
    let post = Command::Post { id, room: Room::Internal, body: body("again"), answers: None };
    house.act(house.ana, cases[5], post).await.unwrap();
    // What is due is looked at by the clock, so that rows were written by it too.
    house.world.wait(Span::days(2));
    while house.desk.wake().await.unwrap().woken > 0 {}
    (house, cases)
}

async fn beside(house: &House, cases: &[CaseId]) -> Vec<Beside> {
    let mut all = Vec::new();
    for case in cases {
        all.push(house.world.store.beside(&permit(house, *case), (*case).into()).await.unwrap());
    }
    all
}

/// Whether two are the same, without printing what they say.
fn same(one: &[Beside], other: &[Beside]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| {
            one.rows == other.rows && one.unreadable == other.unreadable && one.wakes == other.wakes
        })
}

async fn rebuilds(world: World) {
    let (house, cases) = at_work(world).await;
    let written = beside(&house, &cases).await;
    assert!(written.iter().all(|beside| !beside.rows.is_empty()), "at least of the project");
    assert!(written.iter().any(|beside| beside.rows.len() > 2) && written.iter().any(|b| b.wakes.is_empty()));
    let found = house.desk.rebuild(false).await.unwrap();
    assert!(found.agrees(), "{found:?}");
    assert_eq!(found.cases, 6);
    let inbox = async || {
        let ana = house.caller(house.ana);
        let mut items = Vec::new();
        for shelf in [Shelf::Open, Shelf::Closed] {
            items.extend(house.desk.inbox(&ana, shelf, None, None, 50).await.unwrap().items);
        }
        items
    };
    let before = inbox().await;
    assert_eq!(before.len(), 5, "one is restricted to others");

    for (damage, differing) in [
        ("DELETE FROM list", 6),
        ("DELETE FROM work", written.iter().filter(|beside| !beside.wakes.is_empty()).count()),
        ("UPDATE list SET sealed = NOTHING", 6),
        (
            "UPDATE work SET sealed = NOTHING",
            written.iter().filter(|beside| !beside.wakes.is_empty()).count(),
        ),
        ("UPDATE work SET due = due + 99999999999, ready = ready + 99999999999", 4),
    ] {
        house.world.execute(damage).await;
        let found = house.desk.rebuild(false).await.unwrap();
        let wakes = damage.contains("work");
        assert!(
            found.differing.len() == differing || wakes && !found.differing.is_empty(),
            "{damage}: {found:?}"
        );
        assert!(!same(&written, &beside(&house, &cases).await));
        let mended = house.desk.rebuild(true).await.unwrap();
        assert_eq!(mended.differing, found.differing, "{damage}");
        let now = beside(&house, &cases).await;
        for (before, after) in written.iter().zip(&now) {
            assert!(before.rows == after.rows, "{damage}");
            assert!(before.wakes.keys().eq(after.wakes.keys()), "{damage}");
        }
        assert!(house.desk.rebuild(false).await.unwrap().agrees(), "{damage}");
        assert!(house.desk.rebuild(true).await.unwrap().differing.is_empty(), "nothing is written twice");
        assert!(inbox().await == before, "{damage}");
    }
    // A row that its events do not know, sealed as only the desk can.
    let version =
        house.world.store.load(&permit(&house, cases[0]), cases[0].into(), 0).await.unwrap().version;
    let mut forged = Append::to(cases[0].into(), version);
    forged.lists = vec![fixlead_store::ListChange {
        list: "open/person/of somebody".into(),
        row: Some((house.world.now(), b"forged".to_vec())),
    }];
    assert!(house.world.store.append(&permit(&house, cases[0]), forged).await.unwrap().is_written());
    assert_eq!(house.desk.rebuild(true).await.unwrap().differing, [cases[0]]);
    assert!(beside(&house, &cases).await[0].rows == written[0].rows);
    // A row of a case that does not exist.
    house
        .world
        .execute("UPDATE list SET stream = STRAY WHERE sort = (SELECT sort FROM list ORDER BY sort LIMIT 1)")
        .await;
    let found = house.desk.rebuild(false).await.unwrap();
    assert!(found.strays > 0 && !found.differing.is_empty(), "{found:?}");
    assert_eq!(house.desk.rebuild(true).await.unwrap(), found);
    assert!(house.desk.rebuild(false).await.unwrap().agrees());
    assert!(inbox().await == before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_wakes_are_rebuilt_from_events_on_sqlite() {
    rebuilds(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_wakes_are_rebuilt_from_events_on_postgresql() {
    // Making a database waits for the server, off the async threads.
    let address = std::thread::spawn(cluster::new_database).join().unwrap();
    rebuilds(World::on(fixlead_store::Location::Postgres(address)).await).await;
}
