//! The database fails, for real; afterwards the store goes on.

use fixlead_core::id::WorkId;
use fixlead_core::time::{Instant, Span};
use fixlead_store::*;

use crate::cluster;
use crate::ground::{Ground, MORNING, case, may, may_erase, on_both_engines, run};

on_both_engines! {
    a_store_that_is_closed_has_written_what_was_asked_and_takes_nothing_more
    what_is_recorded_never_goes_back_in_time
}

async fn append(store: &Store, number: u64, size: usize) -> Result<Outcome> {
    store.append(&may(case(number)), Append::to(case(number), 0).event(vec![b'x'; size])).await
}

#[test]
fn a_full_disk_is_refused_plainly_and_heals() {
    let ground = Ground::sqlite("full");
    run(async {
        let store = ground.open().await;
        append(&store, 0, 10).await.unwrap();
        let pages = ground.number("SELECT page_count FROM pragma_page_count").await;
        store.limit_pages(pages as u32 + 40).await.unwrap();
        let mut refused = Vec::new();
        let mut written = vec![0];
        for number in 1..60 {
            match append(&store, number, 10_000).await {
                Ok(_) => written.push(number),
                Err(error) => {
                    assert!(matches!(&error, Error::Unavailable(why) if why.contains("full")), "{error}");
                    assert!(error.is_retryable());
                    refused.push(number);
                }
            }
            if !refused.is_empty() {
                break;
            }
        }
        assert!(written.len() > 1 && refused.len() == 1, "{written:?} {refused:?}");
        // The connection was thrown away, and with it the limit.
        assert!(append(&store, refused[0], 10_000).await.unwrap().is_written());
        written.extend(refused);
        for number in written {
            assert_eq!(store.load(&may(case(number)), case(number), 0).await.unwrap().version, 1);
        }
        assert!(log::verify::database(&ground.location, &[]).await.unwrap().is_ok());
    });
}

#[test]
fn a_killed_connection_loses_nothing_that_was_answered() {
    let ground = Ground::postgres("killed");
    run(async {
        let store = ground.open().await;
        let Location::Postgres(address) = &ground.location else { unreachable!() };
        let killer = cluster::connect(address).await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8_u64 {
            let store = store.clone();
            writers.spawn(async move {
                let (mut written, mut lost) = (Vec::new(), 0);
                for number in 0..40 {
                    let number = writer * 1000 + number;
                    match append(&store, number, 100).await {
                        Ok(outcome) => {
                            assert!(outcome.is_written());
                            written.push(number);
                        }
                        Err(error) => {
                            assert!(error.is_retryable(), "{error}");
                            lost += 1;
                        }
                    }
                }
                (written, lost)
            });
        }
        let mut killed = 0;
        for _ in 0..10 {
            let query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
            killed += killer.query_one(query, &[]).await.unwrap().get::<_, i64>(0);
            tokio::time::sleep(std::time::Duration::from_millis(15)).await;
        }
        let (mut written, mut lost) = (Vec::new(), 0);
        while let Some(joined) = writers.join_next().await {
            let (some, missed) = joined.unwrap();
            written.extend(some);
            lost += missed;
        }
        assert!(killed > 0 && lost > 0, "{killed} connections were killed, {lost} appends failed");
        assert!(append(&store, 999_999, 10).await.unwrap().is_written());
        // A pooled connection may still be a dead one; the next is not.
        let mut found = 0;
        for number in &written {
            match store.load(&may(case(*number)), case(*number), 0).await {
                Ok(loaded) => found += usize::from(loaded.version == 1),
                Err(error) => {
                    assert!(error.is_retryable());
                    let again = store.load(&may(case(*number)), case(*number), 0).await.unwrap();
                    found += usize::from(again.version == 1);
                }
            }
        }
        assert_eq!(found, written.len());
        assert!(log::verify::database(&ground.location, &[]).await.unwrap().is_ok());
    });
}

#[test]
fn two_nodes_on_one_database_do_everything_once() {
    let ground = Ground::postgres("nodes");
    run(async {
        let nodes = [ground.open().await, ground.open().await];
        let at = |seconds: i64| Instant::from_millis(MORNING + seconds * 1000);
        // Work for both, then a race for it.
        for number in 0..40_u64 {
            let mut opened = Append::to(case(number), 0).event("opened");
            opened.work = vec![WorkChange::Put {
                id: WorkId::from_bytes([number as u8; 16]),
                lane: Lane(1),
                due: at(0),
                body: vec![number as u8],
            }];
            nodes[number as usize % 2].append(&may(case(number)), opened).await.unwrap();
        }
        let mut workers = tokio::task::JoinSet::new();
        for worker in 0..8 {
            let node = nodes[worker % 2].clone();
            workers.spawn(async move {
                let mut got = Vec::new();
                loop {
                    let work = node.claim(Lane(1), at(1), Span::from_millis(60_000), 3).await.unwrap();
                    if work.is_empty() {
                        return got;
                    }
                    got.extend(work);
                }
            });
        }
        let mut claimed = workers.join_all().await.concat();
        claimed.sort_by_key(|work| work.body.clone());
        assert_eq!(claimed.iter().map(|work| work.body[0]).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());

        // One node dies with its leases; the other takes them when they end.
        let [dying, other] = nodes;
        drop(dying);
        let again = other.claim(Lane(1), at(61), Span::from_millis(60_000), 100).await.unwrap();
        assert_eq!(again.len(), 40);
        assert!(again.iter().all(|work| work.attempts == 2));
        assert!(!other.finish(claimed[0].lease).await.unwrap());

        // Both append to one stream: one wins each version.
        let third = ground.open().await;
        let mut racers = tokio::task::JoinSet::new();
        for node in [other.clone(), third.clone()] {
            racers.spawn(async move {
                let (mut won, mut version) = (0, 1);
                while version < 60 {
                    match node.append(&may(case(0)), Append::to(case(0), version).event("x")).await.unwrap() {
                        Outcome::Appended { version: now, .. } => {
                            won += 1;
                            version = now;
                        }
                        Outcome::Conflict { actual } => version = actual,
                        outcome => panic!("{outcome:?}"),
                    }
                }
                won
            });
        }
        assert_eq!(racers.join_all().await.iter().sum::<u32>() as u64 + 1, {
            third.load(&may(case(0)), case(0), 0).await.unwrap().version
        });
        // What one appends, the other's followers are told of.
        let mut follow = third.follow(third.head().await.unwrap().position);
        let told = tokio::spawn(async move { follow.next(10).await.unwrap() });
        other.append(&may(case(777)), Append::to(case(777), 0).event("news")).await.unwrap();
        assert_eq!(told.await.unwrap()[0].stream, case(777));
        // And an erasure by one holds for the other, which remembers the key.
        other.erase(&may_erase(case(777)), case(777)).await.unwrap();
        assert!(matches!(third.load(&may(case(777)), case(777), 0).await, Err(Error::Erased(_))));
        assert!(log::verify::database(&ground.location, &[]).await.unwrap().is_ok());
    });
}

/// Everything that was asked before is on the disk when it is closed, and whoever
/// comes later is told.
async fn a_store_that_is_closed_has_written_what_was_asked_and_takes_nothing_more(ground: Ground) {
    let store = ground.open().await;
    let others: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                store.append(&may(case(number)), Append::to(case(number), 0).event("before")).await
            })
        })
        .collect();
    // At least one of them has come before.
    store.append(&may(case(99)), Append::to(case(99), 0).event("before")).await.unwrap();
    store.close().await;
    let mut written = 1;
    for other in others {
        match other.await.unwrap() {
            Ok(outcome) => written += u64::from(outcome.is_written()),
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
    for late in [
        store.append(&may(case(98)), Append::to(case(98), 0).event("after")).await.err(),
        store.load(&may(case(99)), case(99), 0).await.err(),
        store.head().await.err(),
    ] {
        assert!(matches!(late, Some(Error::Unavailable(_))), "{late:?}");
    }
    // Closed twice is closed.
    store.close().await;
    if let Location::Directory(directory) = &ground.location {
        let names = std::fs::read_dir(directory).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["fixlead.db"], "no write-ahead log is left, the file may be replaced");
    }
    let again = ground.open().await;
    assert_eq!(again.head().await.unwrap().position, written);
}

/// A node whose clock is behind writes after one whose clock is ahead.
async fn what_is_recorded_never_goes_back_in_time(ground: Ground) {
    let store = ground.open().await;
    let mut instants = Vec::new();
    for (number, hour) in [0, 5, 1, 6, -3].into_iter().enumerate() {
        ground.clock.set(MORNING + hour * 3_600_000);
        let number = number as u64;
        match store.append(&may(case(number)), Append::to(case(number), 0).event("x")).await.unwrap() {
            Outcome::Appended { at, .. } => instants.push((at.millis() - MORNING) / 3_600_000),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(instants, [0, 5, 5, 6, 6]);
    assert!(store.erase(&may_erase(case(0)), case(0)).await.unwrap());
    assert_eq!(store.latest().await.unwrap().map(|at| at.millis() - MORNING), Some(6 * 3_600_000));
    assert!(log::verify::database(&ground.location, &[]).await.unwrap().is_ok());
}
