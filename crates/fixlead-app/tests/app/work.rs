//! Lists, reminders, files, who knew, erasing; and what may never be seen.

use fixlead_app::case::act::Act;
use fixlead_app::case::attachments::MOST_FILE;
use fixlead_app::case::inbox::Shelf;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::Role;
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::event::Room;
use fixlead_core::id::{BlobId, CaseId, MessageId, PersonId};
use fixlead_core::time::Span;

use crate::house::*;

#[tokio::test]
async fn what_exposes_users_stands_before_what_is_due() {
    let house = House::under("opentelemetry").await;
    let one = house.reported().await.case;
    house.world.wait(Span::hours(1));
    let two = house.reported().await.case;
    house.lead(house.ana, two).await;
    let ana = house.caller(house.ana);
    let listed = async || {
        let page = house.desk.inbox(&ana, Shelf::Open, None, None, 10).await.unwrap();
        page.items.into_iter().map(|item| (item.case, item.exposed_since)).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [(one, None), (two, None)]);
    let since = house.world.now();
    house
        .record(house.ana, two, event(EventKind::PublicAppeared).with(Field::Where, text("a list")))
        .await
        .unwrap();
    assert_eq!(listed().await, [(two, Some(since)), (one, None)]);
    // It goes on from the same instant.
    house.world.wait(Span::hours(5));
    assert_eq!(listed().await, [(two, Some(since)), (one, None)]);
}

#[tokio::test]
async fn a_list_is_paged_without_a_gap_and_shows_each_what_they_may_see() {
    let house = House::under("opentelemetry").await;
    let mut cases: Vec<CaseId> = Vec::new();
    for _ in 0..25 {
        cases.push(house.reported().await.case);
        house.world.wait(Span::minutes(1));
    }
    let ana = house.caller(house.ana);
    // Ana leads some: these stand in two lists, and are shown once.
    for case in &cases[3..6] {
        house.lead(house.ana, *case).await;
    }
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = house.desk.inbox(&ana, Shelf::Open, None, after.as_deref(), 7).await.unwrap();
        assert!(page.items.len() <= 7);
        seen.extend(page.items.iter().map(|item| item.case));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), sorted.len()), (25, 25));

    // A restricted case is in nobody's list but those who have a grant for it.
    let hidden = cases[3];
    house.act(house.ana, hidden, Command::Restrict { reason: line("about Bo") }).await.unwrap();
    let bo = house.caller(house.bo);
    let listed = |page: fixlead_app::case::inbox::Listed| page.items.iter().any(|item| item.case == hidden);
    assert!(listed(house.desk.inbox(&ana, Shelf::Open, None, None, 200).await.unwrap()));
    assert!(!listed(house.desk.inbox(&bo, Shelf::Open, None, None, 200).await.unwrap()));
    assert_eq!(house.desk.read(&bo, hidden).await.err(), Some(Problem::NotFound));

    // Others see only what they were asked into, and an operator nothing.
    let guest = house.give(house.ana, cases[4], house.eli, Role::Guest).await;
    let eli = house.caller(house.eli);
    let page = house.desk.inbox(&eli, Shelf::Open, None, None, 200).await.unwrap();
    assert_eq!(page.items.iter().map(|item| item.case).collect::<Vec<_>>(), [cases[4]]);
    assert_eq!((&page.items[0].title, &page.items[0].due), (&None, &None));
    let olga = house.caller(house.olga);
    assert!(house.desk.inbox(&olga, Shelf::Open, None, None, 200).await.unwrap().items.is_empty());
    house.act(house.ana, cases[4], Command::Revoke { grant: guest, reason: line("done") }).await.unwrap();
    assert!(house.desk.inbox(&eli, Shelf::Open, None, None, 200).await.unwrap().items.is_empty());
    let wrong = house.desk.inbox(&ana, Shelf::Open, None, Some("next"), 10).await;
    assert!(matches!(wrong, Err(Problem::Invalid { .. })));
}

#[tokio::test]
async fn two_schedulers_at_once_remind_once() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let nodes = [open(&house.world).await, open(&house.world).await];
    let mut reminded = Vec::new();
    // Round after round, through every rung of every ladder.
    for _ in 0..40 {
        house.world.wait(Span::hours(3));
        let (one, other) = (nodes[0].clone(), nodes[1].clone());
        let one = tokio::spawn(async move { one.wake().await });
        let other = tokio::spawn(async move { other.wake().await });
        for round in [one.await.unwrap().unwrap(), other.await.unwrap().unwrap()] {
            assert_eq!(round.failed, 0);
            reminded.extend(round.reminded);
        }
    }
    assert!(reminded.len() >= 3, "{reminded:?}");
    assert!(reminded.iter().any(|(_, _, escalated)| *escalated), "{reminded:?}");
    for (place, one) in reminded.iter().enumerate() {
        assert!(!reminded[place + 1..].contains(one), "twice: {one:?}");
    }
    let log = house.desk.log(&house.caller(house.ana), case).await.unwrap();
    let kept = log.iter().filter(|line| line.event.starts_with("duty.")).count();
    assert_eq!(kept, reminded.len(), "what was told stands in the log, and nothing else");
}

#[tokio::test]
async fn whoever_approves_a_commit_is_somebody_else_and_counts_once() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let commit = event(EventKind::CommitProposed)
        .with(Field::Id, text("c1"))
        .with(Field::Author, text(house.eli))
        .with(Field::Paths, texts(&["src/a.rs"]));
    let version = house.record(house.eli, case, commit).await.unwrap().version;
    let desk = open(&house.world).await;
    let race = (0..100_usize).map(|number| {
        let person = [house.ana, house.bo, house.chen, house.eli][number % 4];
        let (desk, caller) = (desk.clone(), house.caller(person));
        let event = event(EventKind::Lgtm).with(Field::On, texts(&["c1"]));
        let command = Command::Record { event, source: Source::Done, overriding: None };
        let act = Act { expected: Some(version), ..Act::new(command) };
        tokio::spawn(async move { (person, desk.act(&caller, case, act).await) })
    });
    let mut won: Vec<PersonId> = Vec::new();
    for task in race.collect::<Vec<_>>() {
        match task.await.unwrap() {
            (person, Ok(_)) => won.push(person),
            (_, Err(Problem::Conflict { actual })) => assert_eq!(actual, version + 1),
            (person, Err(Problem::Invalid { .. })) => assert_eq!(person, house.eli, "self-approval"),
            (_, Err(other)) => panic!("{other:?}"),
        }
    }
    assert_eq!(won.len(), 1);
    assert_ne!(won[0], house.eli);
}

#[tokio::test]
async fn a_file_is_for_those_who_may_read_its_room() {
    let house = House::under("opentelemetry").await;
    let taken = house.reported().await;
    let case = taken.case;
    let (gus, _) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
    let repeat = Repeat::new("k", b"file").unwrap();
    let attach =
        || house.desk.attach(&gus, case, Room::Reporter, "proof.bin", bytes.clone(), Some(repeat.clone()));
    let made = attach().await.unwrap();
    let again = attach().await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.made, made.made);
    let blob = BlobId::parse(&made.made.unwrap()).unwrap();
    let file = house.desk.attachment(&house.caller(house.bo), case, blob).await.unwrap();
    assert_eq!((file.name.as_str(), file.bytes.bytes().await.unwrap()), ("proof.bin", bytes.clone()));
    house.lead(house.ana, case).await;
    house.give(house.ana, case, house.eli, Role::FixTeam).await;
    let eli = house.desk.attachment(&house.caller(house.eli), case, blob).await.err();
    assert_eq!(eli, Some(Problem::NotFound), "it lies in the reporter's room");
    let other = house.reported().await.case;
    let moved = house.desk.attachment(&house.caller(house.bo), other, blob).await.err();
    assert_eq!(moved, Some(Problem::NotFound), "and in this case");
    let large = house.desk.attach(&gus, case, Room::Reporter, "x", vec![0; MOST_FILE + 1], None).await;
    assert!(matches!(large, Err(Problem::TooLarge { .. })));
}

#[tokio::test]
async fn who_knew_is_on_record_once_an_hour() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    let bo = house.caller(house.bo);
    for _ in 0..5 {
        house.desk.read(&bo, case).await.unwrap();
        house.world.wait(Span::minutes(10));
    }
    house.world.wait(Span::minutes(10));
    house.desk.read(&house.caller(house.bo), case).await.unwrap();
    let knew = house.desk.who_knew(&house.caller(house.ana), case).await.unwrap();
    let of = |person: PersonId| knew.people.iter().find(|knew| knew.person == person);
    assert_eq!(of(house.bo).unwrap().read.len(), 2);
    let chen = of(house.chen).unwrap();
    assert!(chen.read.is_empty() && chen.could.iter().any(|could| could.role == Role::Responder));
    assert!(of(house.olga).is_none() && of(house.eli).is_none());
    let denied = house.desk.who_knew(&house.caller(house.olga), case).await.err();
    assert_eq!(denied, Some(Problem::NotFound));
}

#[tokio::test]
async fn a_case_is_erased_by_two_and_then_it_is_nowhere() {
    let house = House::under("vitess").await;
    let taken = house.reported().await;
    let case = taken.case;
    let (ana, bo) = (house.caller(house.ana), house.caller(house.bo));
    assert!(house.desk.ask_erasure(&ana, case, line("by mistake"), None).await.is_err(), "it is open");
    let dismiss = event(EventKind::TriageDecided).with(Field::Disposition, text("not-a-vulnerability"));
    house.lead(house.ana, case).await;
    house.record(house.ana, case, dismiss).await.unwrap();
    house.act(house.ana, case, Command::Close { reason: line("no flaw"), overriding: None }).await.unwrap();
    let (_, offer) = house.desk.ask_erasure(&ana, case, line("by mistake"), None).await.unwrap();
    let alone = house.desk.confirm_erasure(&ana, case, offer).await;
    assert!(matches!(alone, Err(Problem::Invalid { .. })), "{alone:?}");
    assert!(house.desk.read(&bo, case).await.is_ok());
    house.desk.confirm_erasure(&bo, case, offer).await.unwrap();
    assert_eq!(house.desk.read(&bo, case).await.err(), Some(Problem::NotFound));
    let (gus, _) = house.desk.by_receipt(&taken.receipt).await.unwrap();
    assert_eq!(house.desk.read(&gus, case).await.err(), Some(Problem::NotFound));
    assert!(house.desk.inbox(&bo, Shelf::Closed, None, None, 50).await.unwrap().items.is_empty());
    house.world.wait(Span::days(3));
    assert_eq!(house.desk.wake().await.unwrap().failed, 0);
}

#[tokio::test]
async fn no_problem_says_what_a_case_holds() {
    let house = House::under("opentelemetry").await;
    let case = house.reported().await.case;
    house.lead(house.ana, case).await;
    let commit = event(EventKind::CommitProposed)
        .with(Field::Id, text("canary-commit"))
        .with(Field::Author, text("canary-author"))
        .with(Field::Paths, texts(&["canary-path"]));
    house.record(house.ana, case, commit.clone()).await.unwrap();
    let post = |room| Command::Post {
        id: MessageId::from_bytes([1; 16]),
        room,
        body: body("canary-message"),
        answers: Some(MessageId::from_bytes([2; 16])),
    };
    let note = Command::Note { text: body("canary-note") };
    house.act(house.ana, case, note).await.unwrap();
    let record = |event| Command::Record { event, source: Source::Done, overriding: None };
    let lgtm = |on| record(event(EventKind::Lgtm).with(Field::On, texts(&[on])));
    let commands = [
        post(Room::Internal),
        record(commit),
        lgtm("canary-commit"),
        lgtm("canary-elsewhere"),
        record(event(EventKind::Merged).with(Field::Repo, text("public"))),
        Command::Close { reason: line("canary-reason"), overriding: None },
        Command::Evidence { duty: line("canary-duty"), text: line("canary-evidence"), reference: None },
        Command::Give {
            grant: house.grant(),
            person: PersonId::from_bytes([88; 16]),
            role: Role::Guest,
            reason: line("canary-guest"),
            until: None,
        },
    ];
    let mut refused = 0;
    for command in commands {
        for person in [house.ana, house.bo, house.eli] {
            if let Err(problem) = house.act(person, case, command.clone()).await {
                refused += 1;
                let said = format!("{problem} {problem:?}").to_lowercase();
                assert!(!said.contains("canary"), "{said}");
            }
        }
    }
    assert!(refused >= 16, "{refused}");
}
