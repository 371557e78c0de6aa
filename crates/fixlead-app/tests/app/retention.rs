//! How long closed cases are kept, by a clock that the test drives.

use fixlead_app::case::retention::{AskedBy, Kept, Retention};
use fixlead_app::problem::Problem;
use fixlead_app::{Desk, Settings};
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::desk::command::Command;
use fixlead_core::id::CaseId;
use fixlead_core::time::Span;

use crate::house::*;

/// A desk on the house's store that keeps closed cases for so many days.
async fn keeping(house: &House, days: Option<i64>) -> Desk {
    let retention = Retention { closed_cases: days.map(Span::days), ..Retention::default() };
    let world = &house.world;
    let (store, clock, random) = (world.store.clone(), world.clock.clone(), world.random.clone());
    Desk::open(store, clock, random, Settings { retention, ..Settings::default() }).await.unwrap()
}

async fn closed(house: &House) -> CaseId {
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let dismiss = event(EventKind::TriageDecided).with(Field::Disposition, text("not-a-vulnerability"));
    house.record(house.ana, case, dismiss).await.unwrap();
    house.act(house.ana, case, Command::Close { reason: line("no flaw"), overriding: None }).await.unwrap();
    case
}

/// Whether each case was dealt with.
fn done(outcomes: &[fixlead_app::case::retention::Outcome]) -> Vec<bool> {
    outcomes.iter().map(|outcome| outcome.done).collect()
}

#[tokio::test]
async fn what_was_kept_long_enough_is_announced_and_erased_by_two() {
    let house = House::under("vitess").await;
    let desk = keeping(&house, Some(365)).await;
    let (old, open) = (closed(&house).await, house.reported().await.case);
    house.world.wait(Span::days(200));
    let young = closed(&house).await;
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    let look = async |desk: &Desk| -> Vec<Kept> { desk.ending(&house.caller(house.ana)).await.unwrap() };

    // Nothing before the announcement, 30 days ahead; then once, and once only.
    house.world.wait(Span::days(134));
    assert_eq!((desk.tidy().await.unwrap(), look(&desk).await), (0, vec![]));
    house.world.wait(Span::days(1));
    let other = keeping(&house, Some(365)).await;
    let (one, two) = (desk.tidy().await.unwrap(), other.tidy().await.unwrap());
    assert_eq!((one, two, desk.tidy().await.unwrap()), (1, 0, 0));
    let listed = look(&desk).await;
    assert!(listed.len() == 1 && listed[0].case == old && !listed[0].is_due, "{listed:?}");
    assert_eq!(listed[0].until, listed[0].closed + Span::days(365));
    let early = desk.ask_erasures(&ana, &[old, young, open], &line("kept long enough")).await.unwrap();
    assert_eq!(done(&early), [false, false, false], "{early:?}");
    assert!(early[0].why.as_deref().unwrap().contains("long enough"));

    // Due: the clock alone erases nothing, nor does one person.
    house.world.wait(Span::days(30));
    desk.tidy().await.unwrap();
    desk.wake().await.unwrap();
    assert!(desk.read(&house.caller(house.ana), old).await.is_ok());
    let ana = fresh(ana, &house);
    assert_eq!(done(&desk.ask_erasures(&ana, &[old], &line("kept long enough")).await.unwrap()), [true]);
    assert_eq!(done(&desk.confirm_erasures(&ana, &[old]).await.unwrap()), [false]);
    assert_eq!(look(&desk).await[0].asked, Some(AskedBy::You));
    let bo = fresh(bo, &house);
    assert_eq!(desk.ending(&bo).await.unwrap()[0].asked, Some(AskedBy::Another));
    assert_eq!(done(&desk.confirm_erasures(&bo, &[old, young]).await.unwrap()), [true, false]);
    assert_eq!(desk.read(&bo, old).await.err(), Some(Problem::NotFound));
    assert!(desk.read(&bo, young).await.is_ok() && desk.read(&bo, open).await.is_ok());
    assert!(look(&desk).await.is_empty());
}

/// The same person, who has just proved again who they are.
fn fresh(caller: fixlead_app::accounts::Caller, house: &House) -> fixlead_app::accounts::Caller {
    house.caller(caller.person)
}

#[tokio::test]
async fn a_hold_keeps_a_case_and_a_case_that_is_open_again_is_kept() {
    let house = House::under("vitess").await;
    let desk = keeping(&house, Some(100)).await;
    let (held, reopened) = (closed(&house).await, closed(&house).await);
    house.world.wait(Span::days(80));
    assert_eq!(desk.tidy().await.unwrap(), 2);
    house.act(house.bo, held, Command::Hold { reason: line("a court asks for it") }).await.unwrap();
    house.act(house.ana, reopened, Command::Reopen { reason: line("there is a flaw") }).await.unwrap();
    house.world.wait(Span::days(40));
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    let listed = desk.ending(&ana).await.unwrap();
    assert!(listed.len() == 1 && listed[0].case == held && listed[0].held && listed[0].is_due, "{listed:?}");
    let asked = desk.ask_erasures(&ana, &[held, reopened], &line("old")).await.unwrap();
    assert_eq!(done(&asked), [false, false]);
    assert!(asked[0].why.as_deref().unwrap().contains("a hold is on the case"), "{asked:?}");
    assert!(desk.ask_erasure(&ana, held, line("old"), None).await.is_err(), "nor one by one");

    // A hold that comes between the two stops the second as well.
    house.act(house.ana, held, Command::LiftHold { reason: line("the court has it") }).await.unwrap();
    assert_eq!(done(&desk.ask_erasures(&ana, &[held], &line("old")).await.unwrap()), [true]);
    house.act(house.ana, held, Command::Hold { reason: line("once more") }).await.unwrap();
    assert_eq!(done(&desk.confirm_erasures(&bo, &[held]).await.unwrap()), [false]);
    assert!(desk.read(&bo, held).await.is_ok());
    house.act(house.ana, held, Command::LiftHold { reason: line("done") }).await.unwrap();
    assert_eq!(done(&desk.confirm_erasures(&bo, &[held]).await.unwrap()), [true]);
    assert_eq!(desk.read(&bo, held).await.err(), Some(Problem::NotFound));

    // Closed again, it is counted from then, and announced anew.
    let dismiss = event(EventKind::TriageDecided).with(Field::Disposition, text("not-a-vulnerability"));
    house.record(house.ana, reopened, dismiss).await.unwrap();
    house.act(house.ana, reopened, Command::Close { reason: line("no"), overriding: None }).await.unwrap();
    house.world.wait(Span::days(99));
    assert_eq!(desk.tidy().await.unwrap(), 1);
    assert!(!desk.ending(&house.caller(house.ana)).await.unwrap()[0].is_due);
}

#[tokio::test]
async fn without_a_schedule_everything_is_kept_and_a_new_one_is_announced_first() {
    let house = House::under("vitess").await;
    let case = closed(&house).await;
    house.world.wait(Span::days(4000));
    assert_eq!(house.desk.tidy().await.unwrap(), 0);
    assert!(house.desk.ending(&house.caller(house.ana)).await.unwrap().is_empty());
    // Who sets a schedule today erases nothing today.
    let desk = keeping(&house, Some(30)).await;
    let ana = house.caller(house.ana);
    assert_eq!(desk.tidy().await.unwrap(), 1);
    assert_eq!(done(&desk.ask_erasures(&ana, &[case], &line("old")).await.unwrap()), [false]);
    house.world.wait(Span::days(30));
    let ana = house.caller(house.ana);
    assert_eq!(done(&desk.ask_erasures(&ana, &[case], &line("old")).await.unwrap()), [true]);
    // Rejected reports can have a length of their own.
    let longer = Retention {
        closed_cases: Some(Span::days(30)),
        rejected_reports: Some(Span::days(5000)),
        announce: Span::days(30),
    };
    let world = &house.world;
    let settings = Settings { retention: longer, ..Settings::default() };
    let desk =
        Desk::open(world.store.clone(), world.clock.clone(), world.random.clone(), settings).await.unwrap();
    assert!(desk.ending(&ana).await.unwrap().is_empty());
}
