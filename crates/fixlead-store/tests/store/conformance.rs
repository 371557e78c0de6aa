//! What every engine does, verb by verb.

use fixlead_core::id::{BlobId, WorkId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::*;

use crate::ground::{Ground, MORNING, case, key, may, may_erase, may_read, on_both_engines};

on_both_engines! {
    what_was_appended_is_loaded_again
    a_writer_who_has_not_seen_the_end_gets_a_conflict
    nothing_is_written_that_was_decided_on_what_has_moved
    of_many_writers_at_once_one_wins_and_the_others_know
    a_repeated_request_gets_the_first_answer
    a_permit_for_another_case_opens_nothing
    the_same_content_never_looks_the_same
    records_have_versions_and_expire
    an_append_takes_its_records_along_or_leaves_them
    appends_that_belong_together_are_written_together_or_not_at_all
    lists_are_paged_by_key
    work_is_leased_finished_and_given_back
    a_lease_that_ran_out_finishes_nothing
    what_came_of_work_is_kept_with_its_end_or_neither_is
    a_wake_up_replaces_the_one_before
    attachments_come_back_byte_by_byte
    a_follower_sees_every_event_once_and_in_order
    what_is_beyond_a_limit_is_refused_before_it_is_written
    another_key_opens_nothing
    keys_are_rotated_by_wrapping_them_anew
}

fn at(seconds: i64) -> Instant {
    Instant::from_millis(MORNING + 1000 * seconds)
}

fn record(kind: &str, key: &[u8], expected: u64, value: Option<&[u8]>) -> RecordChange {
    RecordChange {
        kind: kind.into(),
        key: key.to_vec(),
        expected,
        value: value.map(<[u8]>::to_vec),
        expires: None,
    }
}

async fn append(store: &Store, append: Append) -> Outcome {
    store.append(&may(append.stream), append).await.expect("the append is judged")
}

fn bodies(loaded: &Loaded) -> Vec<&[u8]> {
    loaded.events.iter().map(|event| event.body.as_slice()).collect()
}

async fn what_was_appended_is_loaded_again(ground: Ground) {
    let store = ground.open().await;
    let one = case(1);
    assert_eq!(store.load(&may(one), one, 0).await.unwrap(), Loaded { version: 0, events: vec![] });
    let outcome = append(&store, Append::to(one, 0).event("opened").event("")).await;
    assert_eq!(outcome, Outcome::Appended { version: 2, position: 2, at: at(0) });
    ground.clock.set(MORNING + 5000);
    append(&store, Append::to(case(2), 0).event("another")).await;
    let outcome = append(&store, Append::to(one, 2).event(vec![7; 100_000])).await;
    assert_eq!(outcome, Outcome::Appended { version: 3, position: 4, at: at(5) });

    drop(store);
    let store = ground.open().await;
    let loaded = store.load(&may_read(one), one, 0).await.unwrap();
    assert_eq!(bodies(&loaded), [b"opened".as_slice(), b"", &[7; 100_000]]);
    let places: Vec<_> =
        loaded.events.iter().map(|event| (event.version, event.position, event.at)).collect();
    assert_eq!(places, [(1, 1, at(0)), (2, 2, at(0)), (3, 4, at(5))]);
    let end = store.load(&may_read(one), one, 2).await.unwrap();
    assert_eq!((end.version, end.events.len()), (3, 1));
    assert_eq!(store.load(&may_read(one), one, 3).await.unwrap(), Loaded { version: 3, events: vec![] });
    // In the order of the question, whatever is asked twice or is not there.
    let asked = [case(2), case(9), one, case(2)];
    assert_eq!(store.versions(&asked).await.unwrap(), [1, 0, 3, 1]);
    assert!(store.versions(&[]).await.unwrap().is_empty());
    let many: Vec<_> = (0..300).map(|number| case(number % 200)).collect();
    let versions = store.versions(&many).await.unwrap();
    assert_eq!((versions.len(), versions[1], versions[202], versions[203]), (300, 3, 1, 0));
}

async fn a_writer_who_has_not_seen_the_end_gets_a_conflict(ground: Ground) {
    let store = ground.open().await;
    append(&store, Append::to(case(1), 0).event("one").event("two")).await;
    for expected in [0, 1, 3] {
        let outcome = append(&store, Append::to(case(1), expected).event("late")).await;
        assert_eq!(outcome, Outcome::Conflict { actual: 2 }, "expected {expected}");
    }
    assert_eq!(append(&store, Append::to(case(9), 4).event("?")).await, Outcome::Conflict { actual: 0 });
    assert_eq!(store.load(&may(case(1)), case(1), 0).await.unwrap().version, 2);
    assert_eq!(store.head().await.unwrap().position, 2);
}

async fn nothing_is_written_that_was_decided_on_what_has_moved(ground: Ground) {
    let store = ground.open().await;
    append(&store, Append::to(case(1), 0).event("one").event("two")).await;
    let on = |stream, version| {
        let mut append = Append::to(case(2), 0).event("opened");
        append.seen.push((stream, version));
        append
    };
    for (stream, version) in [(case(1), 1), (case(1), 3), (case(1), 0), (case(7), 1)] {
        assert_eq!(append(&store, on(stream, version)).await, Outcome::Outdated);
    }
    assert_eq!(store.load(&may(case(2)), case(2), 0).await.unwrap().version, 0);
    let mut both = on(case(1), 2);
    both.seen.push((case(7), 0));
    assert!(append(&store, both).await.is_written());
    // Of two at once that each stand on the other, one at most is written.
    let one = |stream, other| {
        let mut append = Append::to(stream, 0).event("opened");
        append.seen.push((other, 0));
        append
    };
    let (permits, (here, there)) =
        ((may(case(3)), may(case(4))), (one(case(3), case(4)), one(case(4), case(3))));
    let (here, there) = tokio::join!(store.append(&permits.0, here), store.append(&permits.1, there));
    let written = [here.unwrap(), there.unwrap()].iter().filter(|outcome| outcome.is_written()).count();
    assert_eq!(written, 1);
}

async fn of_many_writers_at_once_one_wins_and_the_others_know(ground: Ground) {
    let store = ground.open().await;
    append(&store, Append::to(case(1), 0).event("opened")).await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..100_u64 {
        let store = store.clone();
        writers.spawn(async move {
            // Beside the race, everybody opens a case that nobody else opens.
            let own = Append::to(case(100 + number), 0).event("own");
            assert!(append(&store, own).await.is_written());
            let outcome = append(&store, Append::to(case(1), 1).event(number.to_le_bytes())).await;
            (number, outcome)
        });
    }
    let mut winners = Vec::new();
    while let Some(joined) = writers.join_next().await {
        match joined.unwrap() {
            (number, Outcome::Appended { version: 2, .. }) => winners.push(number),
            (_, outcome) => assert_eq!(outcome, Outcome::Conflict { actual: 2 }),
        }
    }
    assert_eq!(winners.len(), 1);
    let loaded = store.load(&may(case(1)), case(1), 1).await.unwrap();
    assert_eq!(bodies(&loaded), [winners[0].to_le_bytes()]);
    // Positions have no gaps although ninety-nine appends were refused.
    assert_eq!(store.head().await.unwrap().position, 102);
}

async fn a_repeated_request_gets_the_first_answer(ground: Ground) {
    let store = ground.open().await;
    let request = |answer: &str| {
        let mut append = Append::to(case(1), 0).event("report");
        let answer = answer.as_bytes().to_vec();
        append.idempotency = Some(Idempotency { key: b"abc".to_vec(), answer, until: at(60) });
        append
    };
    assert!(matches!(append(&store, request("first")).await, Outcome::Appended { version: 1, .. }));
    let again = append(&store, request("second")).await;
    assert_eq!(again, Outcome::Repeated { answer: b"first".to_vec() });
    assert_eq!(store.load(&may(case(1)), case(1), 0).await.unwrap().version, 1);
    // Once it is forgotten, the same key is a new request.
    ground.clock.set(MORNING + 60_000);
    let mut later = request("third");
    later.expected = 1;
    assert!(matches!(append(&store, later).await, Outcome::Appended { version: 2, .. }));
}

async fn a_permit_for_another_case_opens_nothing(ground: Ground) {
    let store = ground.open().await;
    let (one, two) = (case(1), case(2));
    let refused = |error: Error| assert!(matches!(error, Error::NotPermitted(_)), "{error}");
    refused(store.append(&may(two), Append::to(one, 0).event("x")).await.unwrap_err());
    refused(store.append(&may_read(one), Append::to(one, 0).event("x")).await.unwrap_err());
    append(&store, Append::to(one, 0).event("x")).await;
    refused(store.load(&may(two), one, 0).await.unwrap_err());
    refused(store.erase(&may(one), one).await.unwrap_err());
    refused(store.erase(&may_erase(two), one).await.unwrap_err());
    refused(store.blob(&may(two), one, BlobId::from_bytes([1; 16])).await.err().unwrap());
    assert_eq!(store.load(&may_read(one), one, 0).await.unwrap().version, 1);
}

async fn the_same_content_never_looks_the_same(ground: Ground) {
    let store = ground.open().await;
    append(&store, Append::to(case(1), 0).event("same").event("same")).await;
    append(&store, Append::to(case(2), 0).event("same")).await;
    let rows = ground.query("SELECT sealed FROM event").await;
    assert_eq!(rows.len(), 3);
    assert!(rows[0] != rows[1] && rows[1] != rows[2] && rows[0] != rows[2]);
    // A length of 4 and one of 50 look alike too.
    append(&store, Append::to(case(3), 0).event([b'x'; 50])).await;
    let rows = ground.query("SELECT sealed FROM event").await;
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
}

async fn records_have_versions_and_expire(ground: Ground) {
    let store = ground.open().await;
    let put = async |change| store.put_record(change).await.unwrap();
    assert_eq!(store.record("session", b"a").await.unwrap(), None);
    assert_eq!(put(record("session", b"a", 0, Some(b"one"))).await, Ok(1));
    assert_eq!(put(record("session", b"a", 0, Some(b"other"))).await, Err(1));
    assert_eq!(put(record("session", b"a", 1, Some(b"two"))).await, Ok(2));
    assert_eq!(put(record("token", b"a", 0, Some(b"no session"))).await, Ok(1));
    let found = store.record("session", b"a").await.unwrap().unwrap();
    assert_eq!((found.version, found.value.as_slice()), (2, b"two".as_slice()));

    let mut brief = record("session", b"b", 0, Some(b"brief"));
    brief.expires = Some(at(10));
    assert_eq!(put(brief).await, Ok(1));
    let values = async || {
        let mut values: Vec<_> =
            store.records("session").await.unwrap().into_iter().map(|record| record.value).collect();
        values.sort();
        values
    };
    assert_eq!(values().await, [b"brief".to_vec(), b"two".to_vec()]);
    ground.clock.set(MORNING + 10_000);
    assert_eq!(store.record("session", b"b").await.unwrap(), None);
    assert_eq!(values().await, [b"two".to_vec()]);
    assert_eq!(store.sweep(100).await.unwrap(), 1);
    assert_eq!(store.sweep(100).await.unwrap(), 0);
    assert_eq!(put(record("session", b"b", 0, Some(b"again"))).await, Ok(1));

    assert_eq!(put(record("session", b"a", 1, None)).await, Err(2));
    assert_eq!(put(record("session", b"a", 2, None)).await, Ok(3));
    assert_eq!(store.record("session", b"a").await.unwrap(), None);
}

async fn an_append_takes_its_records_along_or_leaves_them(ground: Ground) {
    let store = ground.open().await;
    let with = |stream, change| {
        let mut append = Append::to(stream, 0).event("invited");
        append.records = vec![record("other", b"x", 0, Some(b"x")), change];
        append
    };
    store.put_record(record("login", b"ann", 0, Some(b"1"))).await.unwrap().unwrap();
    let outcome = append(&store, with(case(1), record("login", b"ann", 0, Some(b"2")))).await;
    assert_eq!(outcome, Outcome::RecordConflict { index: 1, actual: 1 });
    assert_eq!(store.load(&may(case(1)), case(1), 0).await.unwrap().version, 0);
    assert_eq!(store.record("other", b"x").await.unwrap(), None);
    assert!(append(&store, with(case(1), record("login", b"ann", 1, Some(b"2")))).await.is_written());
    assert_eq!(store.record("login", b"ann").await.unwrap().unwrap().value, b"2");
    assert_eq!(store.record("other", b"x").await.unwrap().unwrap().value, b"x");
}

async fn appends_that_belong_together_are_written_together_or_not_at_all(ground: Ground) {
    let store = ground.open().await;
    let (one, two, new) = (case(1), case(2), case(3));
    append(&store, Append::to(one, 0).event("one")).await;
    append(&store, Append::to(two, 0).event("two")).await;
    let together = async |appends: Vec<Append>| {
        let permits: Vec<_> = appends.iter().map(|append| may(append.stream)).collect();
        store.append_together(permits.iter().zip(appends).collect()).await
    };
    let versions = async || {
        let mut versions = Vec::new();
        for stream in [one, two, new] {
            versions.push(store.load(&may(stream), stream, 0).await.unwrap().version);
        }
        versions
    };
    let row = |list: &str| ListChange { list: list.into(), row: Some((at(9), b"row".to_vec())) };
    let halves = |seen: u64, answer: &str| {
        let mut first = Append::to(one, 1).event("merged").event("closed");
        first.lists.push(row("first"));
        let answer = answer.as_bytes().to_vec();
        first.idempotency = Some(Idempotency { key: b"merge".to_vec(), answer, until: at(60) });
        let mut second = Append::to(two, seen).event("absorbed");
        second.lists.push(row("second"));
        second.records.push(record("receipt", b"r", 0, Some(b"kept")));
        vec![first, second, Append::to(new, 0).event("opened")]
    };
    // One of them has seen an older version: nothing of any is written.
    let joint = together(halves(0, "")).await.unwrap();
    assert_eq!(joint, Joint { index: 1, outcome: Outcome::Conflict { actual: 1 } });
    assert_eq!(versions().await, [1, 1, 0]);
    assert_eq!(store.head().await.unwrap().position, 2);
    assert!(store.list("first", Page::First, 10).await.unwrap().is_empty());
    assert_eq!(store.record("receipt", b"r").await.unwrap(), None);

    let joint = together(halves(1, "done")).await.unwrap();
    assert_eq!(joint, Joint { index: 0, outcome: Outcome::Appended { version: 3, position: 4, at: at(0) } });
    assert_eq!(versions().await, [3, 2, 1]);
    assert_eq!(store.head().await.unwrap().position, 6);
    for list in ["first", "second"] {
        assert_eq!(store.list(list, Page::First, 10).await.unwrap().len(), 1, "{list}");
    }
    // The same again is answered as the first time.
    let joint = together(halves(1, "other")).await.unwrap();
    assert_eq!(joint, Joint { index: 0, outcome: Outcome::Repeated { answer: b"done".to_vec() } });
    assert_eq!(versions().await, [3, 2, 1]);
    // A record that somebody has changed holds all of them back.
    let mut second = Append::to(two, 2).event("late");
    second.records.push(record("receipt", b"r", 0, Some(b"other")));
    let joint = together(vec![Append::to(one, 3).event("late"), second]).await.unwrap();
    assert_eq!(joint, Joint { index: 1, outcome: Outcome::RecordConflict { index: 0, actual: 1 } });
    assert_eq!(versions().await, [3, 2, 1]);
    // What does not belong together, or is not allowed, is refused as a whole.
    let twice = vec![Append::to(one, 3).event("a"), Append::to(one, 4).event("b")];
    assert!(matches!(together(twice).await, Err(Error::Refused(_))));
    let (mine, other) = (may(one), may(new));
    let both = vec![(&mine, Append::to(one, 3).event("a")), (&other, Append::to(two, 2).event("b"))];
    assert!(matches!(store.append_together(both).await, Err(Error::NotPermitted(_))));
    assert!(store.erase(&may_erase(two), two).await.is_ok());
    let gone = together(vec![Append::to(one, 3).event("a"), Append::to(two, 2).event("b")]).await;
    assert!(matches!(gone, Err(Error::Erased(_))), "{gone:?}");
    assert_eq!(store.load(&may(one), one, 0).await.unwrap().version, 3);
    // What was written together is as whole as anything else.
    drop(store);
    let store = ground.open().await;
    assert_eq!(store.load(&may(one), one, 1).await.unwrap().events.len(), 2);
}

async fn lists_are_paged_by_key(ground: Ground) {
    let store = ground.open().await;
    let row = |list: &str, row: Option<(Instant, &str)>| ListChange {
        list: list.into(),
        row: row.map(|(at, body)| (at, body.as_bytes().to_vec())),
    };
    for number in 0..25 {
        let mut append_one = Append::to(case(number), 0).event("opened");
        // Five share an instant, and some lie before 1970.
        let due = Instant::from_millis(number as i64 / 5 * 1000 - 2000);
        append_one.lists =
            vec![row("open", Some((due, &format!("case {number}")))), row("all", Some((at(0), "x")))];
        append(&store, append_one).await;
    }
    let mut seen: Vec<ListRow> = Vec::new();
    let mut page = Page::First;
    loop {
        let rows = store.list("open", page, 4).await.unwrap();
        let Some(last) = rows.last() else { break };
        page = Page::After(last.sort);
        seen.extend(rows);
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by_key(|row| row.sort));
    assert!(seen.is_sorted_by_key(|row| row.sort.at));
    let number = |row: &ListRow| String::from_utf8(row.body.clone()).unwrap();
    assert!(
        seen.iter().all(|row| (0..25).any(|n| row.stream == case(n) && number(row) == format!("case {n}")))
    );
    let back = store.list("open", Page::Before(seen[10].sort), 3).await.unwrap();
    assert_eq!(back, [seen[9].clone(), seen[8].clone(), seen[7].clone()]);

    // A row moves, and goes; the other list does not mind.
    let mut later = Append::to(case(3), 1).event("due later");
    later.lists = vec![row("open", Some((at(9), "moved")))];
    append(&store, later).await;
    let mut closed = Append::to(case(4), 1).event("closed");
    closed.lists = vec![row("open", None)];
    append(&store, closed).await;
    let rows = store.list("open", Page::First, 100).await.unwrap();
    assert_eq!(rows.len(), 24);
    assert_eq!((rows[23].stream, rows[23].body.as_slice()), (case(3), b"moved".as_slice()));
    assert!(rows.iter().all(|row| row.stream != case(4)));
    assert_eq!(store.list("all", Page::First, 100).await.unwrap().len(), 25);
    assert_eq!(store.list("none", Page::First, 100).await.unwrap(), []);

    // Written afresh, a stream has the rows that were brought and no others.
    let (open, all) = (store.list_name("open"), store.list_name("all"));
    let kept = store.beside(&may(case(3)), case(3)).await.unwrap();
    assert_eq!(kept.rows[&open], (Sort::new(at(9), case(3)), b"moved".to_vec()));
    assert_eq!((kept.rows.len(), kept.unreadable), (2, 0));
    let mut afresh = Append::to(case(3), 2);
    (afresh.afresh, afresh.lists) = (true, vec![row("open", Some((at(1), "afresh")))]);
    afresh.work = vec![WorkChange::Wake { lane: DUTIES, due: at(7), body: b"look".to_vec() }];
    append(&store, afresh).await;
    let kept = store.beside(&may(case(3)), case(3)).await.unwrap();
    assert_eq!(kept.rows.keys().copied().collect::<Vec<_>>(), [open]);
    assert_eq!(kept.wakes[&DUTIES], (at(7), b"look".to_vec()));
    assert_eq!(store.beside(&may(case(5)), case(5)).await.unwrap().rows[&all].1, b"x");
    assert_eq!(store.list("all", Page::First, 100).await.unwrap().len(), 24);
    let mut late = Append::to(case(3), 1);
    late.afresh = true;
    assert_eq!(store.append(&may(case(3)), late).await.unwrap(), Outcome::Conflict { actual: 2 });
    assert_eq!(store.strays().await.unwrap(), 0);
}

const MAIL: Lane = Lane(1);
const DUTIES: Lane = Lane(2);

fn work(number: u8, due: Instant) -> WorkChange {
    WorkChange::Put {
        id: WorkId::from_bytes([number; 16]),
        lane: MAIL,
        due,
        body: format!("mail {number}").into(),
    }
}

fn minutes(count: i64) -> Span {
    Span::from_millis(count * 60_000)
}

async fn work_is_leased_finished_and_given_back(ground: Ground) {
    let store = ground.open().await;
    let mut opened = Append::to(case(1), 0).event("opened");
    opened.work = vec![work(1, at(0)), work(2, at(30)), work(3, at(10))];
    append(&store, opened).await;
    let claim = async |now, most| store.claim(MAIL, now, minutes(5), most).await.unwrap();
    assert_eq!(claim(at(-1), 10).await, []);
    let first = claim(at(20), 1).await;
    assert_eq!((first.len(), first[0].body.as_slice(), first[0].attempts), (1, b"mail 1".as_slice(), 1));
    assert_eq!((first[0].stream, first[0].due), (case(1), at(0)));
    let second = claim(at(20), 10).await;
    assert_eq!((second.len(), second[0].body.as_slice()), (1, b"mail 3".as_slice()));
    assert_eq!(claim(at(25), 10).await, []);

    assert!(store.finish(first[0].lease).await.unwrap());
    assert!(!store.finish(first[0].lease).await.unwrap());
    assert!(store.release(second[0].lease, Again::At(at(40))).await.unwrap());
    assert!(!store.release(second[0].lease, Again::At(at(20))).await.unwrap());
    let later = claim(at(40), 10).await;
    assert_eq!(later.iter().map(|work| work.attempts).collect::<Vec<_>>(), [2, 1], "longest due first");
    assert!(store.release(later[1].lease, Again::Held).await.unwrap());
    // It is done in the same commit as the event that says so.
    let mut sent = Append::to(case(1), 1).event("sent");
    sent.work = vec![WorkChange::Finish(later[0].lease)];
    assert!(append(&store, sent).await.is_written());
    assert_eq!(claim(at(100_000), 10).await, []);
    // What was held comes back when somebody puts it anew.
    let mut again = Append::to(case(1), 2).event("again");
    again.work = vec![work(2, at(50))];
    append(&store, again).await;
    assert_eq!(claim(at(50), 10).await.len(), 1);
}

async fn a_lease_that_ran_out_finishes_nothing(ground: Ground) {
    let store = ground.open().await;
    let mut opened = Append::to(case(1), 0).event("opened");
    opened.work = vec![work(1, at(0))];
    append(&store, opened).await;
    let slow = store.claim(MAIL, at(0), minutes(1), 1).await.unwrap().remove(0);
    assert_eq!(store.claim(MAIL, at(59), minutes(1), 1).await.unwrap(), []);
    let quick = store.claim(MAIL, at(60), minutes(1), 1).await.unwrap().remove(0);
    assert_eq!(quick.attempts, 2);
    let mut late = Append::to(case(1), 1).event("sent, says the slow one");
    late.work = vec![WorkChange::Finish(slow.lease)];
    assert_eq!(append(&store, late).await, Outcome::LeaseLost { work: slow.lease.work });
    assert!(!store.finish(slow.lease).await.unwrap());
    assert!(!store.release(slow.lease, Again::Held).await.unwrap());
    assert_eq!(store.load(&may(case(1)), case(1), 0).await.unwrap().version, 1);
    assert!(store.finish(quick.lease).await.unwrap());
}

async fn what_came_of_work_is_kept_with_its_end_or_neither_is(ground: Ground) {
    let store = ground.open().await;
    append(&store, Append::to(case(1), 0).event("opened")).await;
    // Work needs no event of its own, but the version that was seen.
    let mut more = Append::to(case(1), 1);
    more.work = vec![work(1, at(0))];
    assert!(append(&store, more.clone()).await.is_written());
    more.expected = 2;
    assert_eq!(append(&store, more).await, Outcome::Conflict { actual: 1 });
    let slow = store.claim(MAIL, at(0), minutes(1), 1).await.unwrap().remove(0);
    let quick = store.claim(MAIL, at(60), minutes(1), 1).await.unwrap().remove(0);
    let came = |expected, text: &[u8]| vec![record("came", b"1", expected, Some(text))];
    assert!(!store.finish_with(slow.lease, came(0, b"of the slow one")).await.unwrap());
    assert_eq!(store.record("came", b"1").await.unwrap(), None, "whose lease had run out");
    assert!(!store.finish_with(quick.lease, came(7, b"unseen")).await.unwrap(), "over what nobody read");
    assert!(store.finish_with(quick.lease, came(0, b"of the quick one")).await.unwrap());
    assert_eq!(store.record("came", b"1").await.unwrap().unwrap().value, b"of the quick one");
    assert_eq!(store.claim(MAIL, at(9999), minutes(1), 10).await.unwrap(), []);
    assert_eq!(store.load(&may_read(case(1)), case(1), 0).await.unwrap().version, 1);
}

async fn a_wake_up_replaces_the_one_before(ground: Ground) {
    let store = ground.open().await;
    let wake = |lane, seconds, body: &str| WorkChange::Wake { lane, due: at(seconds), body: body.into() };
    let mut opened = Append::to(case(1), 0).event("opened");
    opened.work = vec![wake(DUTIES, 10, "first"), wake(MAIL, 10, "other lane")];
    append(&store, opened).await;
    let stale = store.claim(DUTIES, at(10), minutes(5), 10).await.unwrap().remove(0);
    let mut moved = Append::to(case(1), 1).event("triaged");
    moved.work = vec![wake(DUTIES, 20, "second")];
    append(&store, moved).await;
    assert!(!store.finish(stale.lease).await.unwrap());
    let due = store.claim(DUTIES, at(20), minutes(5), 10).await.unwrap();
    assert_eq!(due.iter().map(|work| work.body.as_slice()).collect::<Vec<_>>(), [b"second"]);
    let mut closed = Append::to(case(1), 2).event("closed");
    closed.work = vec![WorkChange::Sleep { lane: DUTIES }];
    append(&store, closed).await;
    assert_eq!(store.claim(DUTIES, at(9999), minutes(5), 10).await.unwrap(), []);
    assert_eq!(store.claim(MAIL, at(9999), minutes(5), 10).await.unwrap().len(), 1);
}

async fn attachments_come_back_byte_by_byte(ground: Ground) {
    let store = ground.open().await;
    let sizes = [0, 1, 65_532, 65_533, 200_000];
    let bytes = |size: usize| (0..size).map(|at| (at % 251) as u8).collect::<Vec<_>>();
    let id = |number: usize| BlobId::from_bytes([number as u8 + 1; 16]);
    let mut opened = Append::to(case(1), 0).event("with attachments");
    opened.blobs =
        sizes.iter().enumerate().map(|(n, size)| NewBlob { id: id(n), bytes: bytes(*size) }).collect();
    append(&store, opened).await;
    for (number, size) in sizes.iter().enumerate() {
        let blob = store.blob(&may_read(case(1)), case(1), id(number)).await.unwrap();
        assert_eq!(blob.parts() as usize, size.div_ceil(65_532).max(1));
        assert_eq!(blob.bytes().await.unwrap(), bytes(*size));
        assert!(matches!(blob.part(blob.parts()).await, Err(Error::Missing(_))));
    }
    let mut twice = Append::to(case(2), 0).event("the same id");
    twice.blobs = vec![NewBlob { id: id(0), bytes: vec![1] }];
    let taken = store.append(&may(case(2)), twice).await;
    assert!(matches!(taken, Err(Error::Refused(_))), "{taken:?}");
    // Through another case it does not exist.
    append(&store, Append::to(case(2), 0).event("x")).await;
    let foreign = store.blob(&may_read(case(2)), case(2), id(0)).await;
    assert!(matches!(foreign, Err(Error::Missing(_))));
}

async fn a_follower_sees_every_event_once_and_in_order(ground: Ground) {
    let store = ground.open().await;
    append(&store, Append::to(case(1), 0).event("before")).await;
    let mut follow = store.follow(0);
    assert_eq!(follow.next(10).await.unwrap().len(), 1);
    assert_eq!(follow.now(10).await.unwrap(), []);
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 2..42 {
                append(&store, Append::to(case(number), 0).event("a").event("b")).await;
            }
        })
    };
    let mut seen = Vec::new();
    while seen.len() < 80 {
        seen.extend(follow.next(7).await.unwrap());
    }
    writer.await.unwrap();
    assert_eq!(seen.iter().map(|event| event.position).collect::<Vec<_>>(), (2..82).collect::<Vec<_>>());
    assert!(seen.chunks(2).zip(2..).all(|(pair, n)| pair[0].stream == case(n) && pair[1].version == 2));
    assert_eq!(follow.position(), 81);
}

async fn what_is_beyond_a_limit_is_refused_before_it_is_written(ground: Ground) {
    let store = ground.open().await;
    let one = case(1);
    let mut twice = Append::to(one, 0).event("x");
    twice.records = vec![record("a", b"k", 0, Some(b"1")), record("a", b"k", 1, Some(b"2"))];
    let mut blobs = Append::to(one, 0).event("x");
    blobs.blobs = vec![NewBlob { id: BlobId::from_bytes([1; 16]), bytes: vec![] }; 2];
    let mut many = Append::to(one, 0);
    many.events = vec![Vec::new(); 1001];
    for refused in [Append::to(one, 0), twice, blobs, many, Append::to(one, 0).event(vec![0; (1 << 20) + 1])]
    {
        let error = store.append(&may(one), refused).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
    }
    assert_eq!(store.head().await.unwrap().number, 0);
}

async fn another_key_opens_nothing(ground: Ground) {
    let store = ground.open().await;
    append(&store, Append::to(case(1), 0).event("secret")).await;
    drop(store);
    let error = ground.open_with(Keyring::new(key(2))).await.err().unwrap();
    assert!(matches!(error, Error::Key(_)), "{error}");
}

async fn keys_are_rotated_by_wrapping_them_anew(ground: Ground) {
    let store = ground.open().await;
    let old = store.key_ids()[0];
    for number in 0..1200 {
        append(&store, Append::to(case(number), 0).event(number.to_le_bytes())).await;
    }
    store.put_record(record("session", b"a", 0, Some(b"one"))).await.unwrap().unwrap();
    let before = ground.query("SELECT sealed FROM event ORDER BY position").await;
    drop(store);

    let both = Keyring::new(key(1)).with_newer(key(2));
    let store = ground.open_with(both).await.unwrap();
    append(&store, Append::to(case(5000), 0).event("with the new key")).await;
    assert_eq!(store.rewrap(old).await.unwrap(), 1201);
    assert_eq!(store.rewrap(old).await.unwrap(), 0);
    assert!(matches!(store.rewrap(store.key_ids()[0]).await, Err(Error::Refused(_))));
    drop(store);

    let store = ground.open_with(Keyring::new(key(2))).await.unwrap();
    for number in [0, 600, 1199] {
        let loaded = store.load(&may(case(number)), case(number), 0).await.unwrap();
        assert_eq!(bodies(&loaded), [number.to_le_bytes()]);
    }
    assert_eq!(store.record("session", b"a").await.unwrap().unwrap().value, b"one");
    let after = ground.query("SELECT sealed FROM event ORDER BY position").await;
    assert_eq!(after[..1200], before[..], "what is sealed stays as it is");
    drop(store);
    assert!(ground.open_with(Keyring::new(key(1))).await.is_err());
}
