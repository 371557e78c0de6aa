//! What is new to somebody since they last looked.

use fixlead_app::case::inbox::{Item, Shelf, Wanted, Whose};
use fixlead_app::case::unread::{Extent, New};
use fixlead_app::problem::Problem;
use fixlead_core::access::Role;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::id::{CaseId, MessageId, PersonId};
use fixlead_core::time::Span;

use crate::house::*;

async fn say(house: &House, who: PersonId, case: CaseId, room: Room) {
    let id = MessageId::from_bytes(house.grant().bytes());
    house.act(who, case, Command::Post { id, room, body: body("said"), answers: None }).await.unwrap();
}

async fn new(house: &House, who: PersonId, case: CaseId) -> Vec<(Room, usize)> {
    let (new, _) = house.desk.unread(&house.caller(who), case).await.unwrap();
    new.into_iter().map(|New { room, count }| (room, count)).collect()
}

fn all(shelf: Shelf) -> Wanted<'static> {
    Wanted { shelf, whose: Whose::All, project: None, severity: None, after: None, limit: 200 }
}

async fn row(house: &House, who: PersonId, case: CaseId) -> Item {
    let listed = house.desk.listed(&house.caller(who), &all(Shelf::Open)).await.unwrap();
    listed.items.into_iter().find(|item| item.case == case).unwrap()
}

async fn look(house: &House, who: PersonId, case: CaseId, room: Room, messages: u32) {
    let extent = Extent { messages, files: 0 };
    house.desk.mark_seen(&house.caller(who), case, Some((room, extent))).await.unwrap();
}

#[tokio::test]
async fn what_others_write_is_new_until_it_was_read_and_ones_own_never_is() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    // Nobody has looked yet; that is new by itself.
    assert!(!row(&house, house.ana, case).await.seen);
    house.desk.mark_seen(&house.caller(house.ana), case, None).await.unwrap();
    assert!(row(&house, house.ana, case).await.seen && !row(&house, house.bo, case).await.seen);
    say(&house, house.bo, case, Room::Internal).await;
    say(&house, house.bo, case, Room::Internal).await;
    say(&house, house.ana, case, Room::Reporter).await;
    assert_eq!(new(&house, house.ana, case).await, [(Room::Internal, 2)]);
    assert_eq!(new(&house, house.bo, case).await, [(Room::Reporter, 1)]);
    assert_eq!(row(&house, house.ana, case).await.unread, [Room::Internal]);
    assert_eq!(row(&house, house.bo, case).await.unread, [Room::Reporter]);
    // She answers without having looked at what he wrote last: his is still new.
    look(&house, house.ana, case, Room::Internal, 1).await;
    say(&house, house.ana, case, Room::Internal).await;
    assert_eq!(new(&house, house.ana, case).await, [(Room::Internal, 1)]);
    assert_eq!(row(&house, house.ana, case).await.unread, [Room::Internal]);
    look(&house, house.ana, case, Room::Internal, 3).await;
    assert!(new(&house, house.ana, case).await.is_empty());
    assert!(row(&house, house.ana, case).await.unread.is_empty());
    // A file is new too, and reading messages does not read it.
    let bo = house.caller(house.bo);
    house.desk.attach(&bo, case, Room::Internal, "core", vec![1, 2], None).await.unwrap();
    assert_eq!(new(&house, house.ana, case).await, [(Room::Internal, 1)]);
    assert_eq!(row(&house, house.ana, case).await.unread, [Room::Internal]);
    let whole = Extent { messages: 3, files: 1 };
    house.desk.mark_seen(&house.caller(house.ana), case, Some((Room::Internal, whole))).await.unwrap();
    assert!(row(&house, house.ana, case).await.unread.is_empty());
}

#[tokio::test]
async fn two_devices_and_two_nodes_agree_and_a_start_forgets_nothing() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    for _ in 0..4 {
        say(&house, house.bo, case, Room::Internal).await;
    }
    // One device has read all of it; the other, which shows an older page, takes nothing back.
    look(&house, house.ana, case, Room::Internal, 4).await;
    look(&house, house.ana, case, Room::Internal, 2).await;
    // Nobody has read what was not written yet.
    look(&house, house.ana, case, Room::Internal, 4_000).await;
    say(&house, house.bo, case, Room::Internal).await;
    assert_eq!(new(&house, house.ana, case).await, [(Room::Internal, 1)]);
    let before = house.desk.store().head().await.unwrap().number;
    let other = open(&house.world).await;
    let ana = house.caller(house.ana);
    assert_eq!(other.unread(&ana, case).await.unwrap().0, [New { room: Room::Internal, count: 1 }]);
    let seen = Extent { messages: 5, files: 0 };
    other.mark_seen(&ana, case, Some((Room::Internal, seen))).await.unwrap();
    assert!(new(&house, house.ana, case).await.is_empty());
    assert_eq!(house.desk.store().head().await.unwrap().number, before, "it is no entry of the log");
}

#[tokio::test]
async fn nobody_learns_of_a_room_that_they_may_not_read() {
    let house = House::under("opentelemetry").await;
    let taken = house.reported().await;
    let case = taken.case;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    say(&house, house.ana, case, Room::Internal).await;
    say(&house, house.ana, case, Room::Reporter).await;
    // The Fix Team does not read the reporter's room, nor the reporter the team's.
    assert_eq!(new(&house, house.eli, case).await, [(Room::Internal, 1)]);
    assert_eq!(row(&house, house.eli, case).await.unread, [Room::Internal]);
    let (gus, _) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    let (unread, _) = house.desk.unread(&gus, case).await.unwrap();
    assert_eq!(unread, [New { room: Room::Reporter, count: 1 }]);
    let extent = Extent { messages: 1, files: 0 };
    let refused = house.desk.mark_seen(&house.caller(house.eli), case, Some((Room::Reporter, extent))).await;
    assert_eq!(refused, Err(Problem::NotFound));
    let olga = house.caller(house.olga);
    assert_eq!(house.desk.unread(&olga, case).await.err(), Some(Problem::NotFound));
    assert_eq!(house.desk.mark_seen(&olga, case, None).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn a_list_is_narrowed_to_what_one_leads_and_to_what_nobody_does() {
    let house = House::under("opentelemetry").await;
    let mut cases = Vec::new();
    for _ in 0..9 {
        cases.push(house.reported().await.case);
        house.world.wait(Span::minutes(1));
    }
    for case in &cases[..4] {
        house.lead(house.ana, *case).await;
    }
    house.lead(house.bo, cases[4]).await;
    let ana = house.caller(house.ana);
    let listed = async |whose: Whose, severity: Option<&'static str>| {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let wanted = Wanted { whose, severity, after: after.as_deref(), limit: 2, ..all(Shelf::Open) };
            let page = house.desk.listed(&ana, &wanted).await.unwrap();
            assert!(page.items.len() <= 2);
            found.extend(page.items.into_iter().map(|item| item.case));
            after = page.next;
            if after.is_none() {
                found.sort();
                return found;
            }
        }
    };
    let sorted = |cases: &[CaseId]| {
        let mut cases = cases.to_vec();
        cases.sort();
        cases
    };
    assert_eq!(listed(Whose::Mine, None).await, sorted(&cases[..4]));
    assert_eq!(listed(Whose::Nobodys, None).await, sorted(&cases[5..]));
    assert_eq!(listed(Whose::All, None).await, sorted(&cases));
    assert_eq!(listed(Whose::All, Some("unscored")).await, sorted(&cases));
    assert!(listed(Whose::All, Some("critical")).await.is_empty());
}
