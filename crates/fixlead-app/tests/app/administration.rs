//! What operators, auditors and responders see of an installation, and what no
//! number tells them.

use fixlead_app::accounts::{Caller, NewToken};
use fixlead_app::audit::{Stands, Wanted};
use fixlead_app::overview::Numbers;
use fixlead_app::problem::Problem;
use fixlead_core::access::{Action, Role, TokenScope, Within};
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::desk::command::Command;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::id::{GrantId, OfferId, PersonId};
use fixlead_core::time::Span;

use crate::house::*;

async fn numbers(house: &House, person: PersonId) -> Numbers {
    let seen = house.desk.overview(&house.caller(person)).await.unwrap();
    assert_eq!(seen.len(), 1);
    seen.into_iter().next().unwrap()
}

/// Somebody who checks the installation.
async fn auditor(house: &House) -> Caller {
    let offer = OfferId::from_bytes([77; 16]);
    let propose = DirectoryCommand::ProposeRole {
        offer,
        grant: GrantId::from_bytes([78; 16]),
        person: house.eli,
        role: Role::Auditor,
        reach: Reach::Installation,
        reason: line("checks the desk"),
        until: None,
    };
    house.direct(house.olga, propose).await.unwrap();
    // A responder who can be the second person sees what waits, and who asks.
    let desk = house.desk.administration(&house.caller(house.ana)).await.unwrap();
    let parts = desk.parts();
    let (_, proposed) = parts.proposed.iter().find(|(known, _)| *known == offer).unwrap();
    assert!(desk.may_confirm(offer, proposed));
    assert!(parts.people.iter().any(|(person, _)| *person == house.olga));
    house.direct(house.ana, DirectoryCommand::Confirm { offer }).await.unwrap();
    house.caller(house.eli)
}

#[tokio::test]
async fn an_overview_follows_the_log_and_counts_only_what_its_reader_may_know() {
    let house = House::under("opentelemetry").await;
    assert_eq!(numbers(&house, house.ana).await.open, 0);
    let (one, two) = (house.reported().await.case, house.reported().await.case);
    let seen = numbers(&house, house.ana).await;
    assert_eq!((seen.open, seen.embargoed, seen.unled, seen.overdue), (2, 2, 2, 0));
    assert!(seen.next.is_some() && seen.exposure.is_none());

    // What is overdue is so by the clock alone; what becomes public is exposed from then on.
    house.world.wait(Span::days(3));
    assert_eq!(numbers(&house, house.ana).await.overdue, 2);
    let public = event(EventKind::PublicAppeared).with(Field::Where, text("a list"));
    house.lead(house.ana, one).await;
    house.record(house.ana, one, public).await.unwrap();
    house.world.wait(Span::days(2));
    let seen = numbers(&house, house.ana).await;
    assert_eq!((seen.embargoed, seen.public, seen.unled), (1, 1, 1));
    assert_eq!(seen.exposure, Some((Span::days(2), 1)));

    // A restricted case is in nobody's number who cannot reach it, a conflict of interest likewise.
    house.act(house.ana, one, Command::Restrict { reason: line("few should know") }).await.unwrap();
    let recuse = Command::Recuse { person: house.bo, reason: line("wrote the code") };
    house.act(house.bo, two, recuse).await.unwrap();
    assert_eq!(numbers(&house, house.bo).await.open, 0);
    assert_eq!(numbers(&house, house.chen).await.open, 1);

    // Who lists no case has no overview; an auditor has the number of cases and nothing of them.
    let operator = house.desk.overview(&house.caller(house.olga)).await;
    assert_eq!(operator, Err(Problem::NotFound));
    let auditor = auditor(&house).await;
    let seen = house.desk.overview(&auditor).await.unwrap().remove(0);
    assert_eq!((seen.open, seen.embargoed, seen.overdue, seen.next), (1, 0, 0, None));
}

#[tokio::test]
async fn the_log_names_cases_to_auditors_and_their_content_to_nobody() {
    let house = House::under("vitess").await;
    let case = house.reported().await.case;
    house.desk.read(&house.caller(house.bo), case).await.unwrap();
    let auditor = auditor(&house).await;
    let page = house.desk.audit(&auditor, None, &Wanted::default()).await.unwrap();
    assert!(page.entries.windows(2).all(|two| two[0].position > two[1].position), "the newest first");
    let read = page.entries.iter().find(|entry| entry.what == "read.recorded").unwrap();
    assert_eq!(read.stands, Stands::Case(case));
    assert!(read.about.contains(&("person".to_owned(), house.bo.to_string())), "{:?}", read.about);
    let written: Vec<String> =
        page.entries.iter().map(|entry| format!("{} {:?}", entry.what, entry.about)).collect();
    assert!(!written.join("\n").contains("parser") && !written.join("\n").contains("canary"));

    // An operator is told that something stands there, and not what or of whom.
    let operator = house.caller(house.olga);
    let page = house.desk.audit(&operator, None, &Wanted::default()).await.unwrap();
    assert!(page.entries.iter().all(|entry| !matches!(entry.stands, Stands::Case(_))));
    let hidden = page.entries.iter().filter(|entry| entry.stands == Stands::Elsewhere);
    assert!(
        hidden.clone().count() > 0 && hidden.clone().all(|entry| entry.by.is_none() && entry.what.is_empty())
    );
    let wanted = Wanted { what: "role.".to_owned(), by: Some(house.olga) };
    let roles = house.desk.audit(&operator, None, &wanted).await.unwrap().entries;
    assert!(roles.iter().any(|entry| entry.what == "role.proposed"));
    let hers = |entry: &fixlead_app::audit::Entry| {
        entry.what.starts_with("role.") && entry.by == Some(Some(house.olga))
    };
    assert!(roles.iter().all(hers));

    // Others find no log.
    assert!(house.desk.audit(&house.caller(house.ana), None, &Wanted::default()).await.is_err());
    assert!(house.desk.log_end(&house.caller(house.ana)).await.is_err());
    assert_eq!(house.desk.log_end(&operator).await.unwrap().position, page.entries[0].position);
}

#[tokio::test]
async fn an_operator_ends_what_lets_others_in_and_sees_when_it_was_used() {
    let house = House::under("vitess").await;
    let accounts = house.desk.accounts();
    let new = NewToken {
        name: "nightly".into(),
        scopes: vec![TokenScope::Read],
        within: None,
        ends: house.world.now() + Span::days(30),
    };
    let (secret, token) = accounts.make_token(house.ana, new).await.unwrap();
    let operator = house.caller(house.olga);
    let all = house.desk.everybodys(&operator).await.unwrap();
    assert_eq!((all.tokens.len(), all.tokens[0].used), (1, None));
    house.world.wait(Span::hours(1));
    accounts.caller(&secret).await.unwrap();
    let used = house.desk.everybodys(&operator).await.unwrap().tokens[0].used;
    assert_eq!(used, Some(house.world.now()));
    assert!(house.desk.everybodys(&house.caller(house.ana)).await.is_err(), "nobody else sees them");
    assert!(house.desk.end_token_of(&house.caller(house.bo), house.ana, token.id).await.is_err());
    house.desk.end_token_of(&operator, house.ana, token.id).await.unwrap();
    assert_eq!(accounts.caller(&secret).await, Err(Problem::Unauthenticated));
    let again = house.desk.end_token_of(&operator, house.ana, token.id).await;
    assert_eq!(again, Err(Problem::NotFound));
}

#[tokio::test]
async fn what_is_offered_is_what_the_gate_allows() {
    let house = House::under("vitess").await;
    let operator = house.desk.administration(&house.caller(house.olga)).await.unwrap();
    let responder = house.desk.administration(&house.caller(house.ana)).await.unwrap();
    assert!(operator.may_everywhere(Action::RolesGive) && !responder.may_everywhere(Action::RolesGive));
    assert!(
        responder.may_in(Action::ProjectPolicy, PROJECT) && !operator.may_in(Action::ProjectPolicy, PROJECT)
    );
    assert!(!operator.may(Action::CaseList, Within::Installation) && operator.is_only_operator());
    assert_eq!(responder.next_lead(PROJECT), Some(house.ana));
    let nobody = house.desk.administration(&house.caller(house.eli)).await;
    assert_eq!(nobody.err(), Some(Problem::NotFound), "who administers nothing finds nothing");
}

#[tokio::test]
async fn a_zone_is_kept_for_whoever_said_it() {
    let house = House::under("vitess").await;
    let ana = house.caller(house.ana);
    house.desk.set_own_zone(&ana, Some("Asia/Tokyo")).await.unwrap();
    assert_eq!(house.desk.own_zone(&ana).await.unwrap().as_deref(), Some("Asia/Tokyo"));
    assert_eq!(house.desk.own_zone(&house.caller(house.bo)).await.unwrap(), None);
    house.desk.set_own_zone(&ana, None).await.unwrap();
    assert_eq!(house.desk.own_zone(&ana).await.unwrap(), None);
}
