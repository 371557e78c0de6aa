//! Whoever can write to the database changes the log, and is found out: where,
//! and what.

use fixlead_core::id::BlobId;
use fixlead_store::log::verify::{database, export};
use fixlead_store::log::{Fault, SignedHead, Verified};
use fixlead_store::*;

use crate::ground::{Ground, case, may, may_erase, on_both_engines};

on_both_engines! {
    an_untouched_log_verifies_and_so_does_its_export
    a_changed_event_is_located
    exchanged_events_are_located
    an_event_rolled_back_to_an_older_one_is_located
    a_removed_event_is_located
    a_removed_end_is_noticed_by_its_signed_head
    a_chain_rewritten_whole_is_noticed_by_the_witness
    a_key_that_vanished_is_no_erasure
    a_changed_or_removed_attachment_is_noticed
    ciphertext_that_was_moved_does_not_open
    erased_content_is_gone_and_the_log_still_verifies
    a_flipped_bit_anywhere_in_the_log_is_noticed
}

/// Twelve events in four cases, an attachment, and a signed head after each
/// append.
async fn history(ground: &Ground) -> (Store, Vec<SignedHead>) {
    let store = ground.open().await;
    let mut heads = Vec::new();
    for version in 0..3 {
        for number in 0..4 {
            let mut append = Append::to(case(number), version).event(format!("{number}.{version}"));
            if number == 0 && version == 1 {
                append.blobs = vec![NewBlob { id: BlobId::from_bytes([9; 16]), bytes: vec![5; 100_000] }];
            }
            assert!(store.append(&may(case(number)), append).await.unwrap().is_written());
            heads.push(store.sign_head().await.unwrap());
        }
    }
    (store, heads)
}

async fn verify(ground: &Ground, witness: &[SignedHead]) -> std::result::Result<Verified, Fault> {
    database(&ground.location, witness).await.expect("the database can be read")
}

async fn fault(ground: &Ground) -> Fault {
    verify(ground, &[]).await.expect_err("the log was changed")
}

async fn an_untouched_log_verifies_and_so_does_its_export(ground: Ground) {
    let (store, heads) = history(&ground).await;
    let verified = verify(&ground, &heads).await.unwrap();
    let expected = Verified {
        entries: 12,
        events: 12,
        streams: (4, 0),
        heads: 12,
        witnessed: 12,
        key: store.public_key(),
    };
    assert_eq!(verified, expected);

    let path = ground.path().join("export");
    backup::export(&ground.location, std::fs::File::create(&path).unwrap()).await.unwrap();
    assert_eq!(export(&path, &heads).unwrap().unwrap(), expected);
    // Cut off, it is no export any more, whatever is missing.
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for keep in [0, 1, lines.len() / 2, lines.len() - 1] {
        std::fs::write(&path, lines[..keep].iter().map(|line| format!("{line}\n")).collect::<String>())
            .unwrap();
        assert!(export(&path, &[]).is_err(), "{keep} lines");
    }
    // The witness's file says the same as the heads did.
    let file = ground.path().join("witness");
    heads.iter().for_each(|head| head.append_to(&file).unwrap());
    assert_eq!(SignedHead::read_all(&file).unwrap(), heads);
}

async fn a_changed_event_is_located(ground: Ground) {
    let _store = history(&ground).await;
    ground.change("event", "sealed", "position = 7", |sealed| sealed[40] ^= 1).await;
    let fault = fault(&ground).await;
    let expected = (Some(7), Some(7), Some(case(2)), Some(2));
    assert_eq!((fault.entry, fault.position, fault.stream, fault.version), expected, "{fault}");
    // Neither does it open.
    let store = ground.open().await;
    let error = store.load(&may(case(2)), case(2), 0).await.unwrap_err();
    assert!(matches!(error, Error::Tampered(_)), "{error}");
}

async fn exchanged_events_are_located(ground: Ground) {
    history(&ground).await;
    let sealed = ground.query("SELECT sealed FROM event ORDER BY position").await;
    ground.change("event", "sealed", "position = 6", |place| place.clone_from(&sealed[9])).await;
    ground.change("event", "sealed", "position = 10", |place| place.clone_from(&sealed[5])).await;
    assert_eq!(fault(&ground).await.position, Some(6));
}

async fn an_event_rolled_back_to_an_older_one_is_located(ground: Ground) {
    history(&ground).await;
    let rows = ground.query("SELECT sealed FROM event WHERE position IN (2, 6) ORDER BY position").await;
    let hashes = ground.query("SELECT hash FROM event WHERE position IN (2, 6) ORDER BY position").await;
    ground.change("event", "sealed", "position = 6", |place| place.clone_from(&rows[0])).await;
    ground.change("event", "hash", "position = 6", |place| place.clone_from(&hashes[0])).await;
    let fault = fault(&ground).await;
    assert_eq!((fault.position, fault.stream, fault.version), (Some(6), Some(case(1)), Some(2)));
}

async fn a_removed_event_is_located(ground: Ground) {
    history(&ground).await;
    ground.execute("DELETE FROM event WHERE position = 5").await;
    assert_eq!(fault(&ground).await.position, Some(5));
    ground.execute("DELETE FROM entry WHERE number = 5").await;
    assert_eq!(fault(&ground).await.entry, Some(5));
}

/// Takes the last appends away so cleanly that what is left fits together.
async fn cut_off(ground: &Ground) {
    ground
        .execute(
            "DELETE FROM event WHERE position > 10;
             DELETE FROM entry WHERE number > 10;
             UPDATE chain SET number = 10, position = 10, hash = (SELECT hash FROM entry WHERE number = 10);
             UPDATE stream SET version = (SELECT max(version) FROM event WHERE event.stream = stream.id);
             UPDATE stream SET hash = (SELECT hash FROM event
               WHERE event.stream = stream.id AND event.version = stream.version)",
        )
        .await;
}

async fn a_removed_end_is_noticed_by_its_signed_head(ground: Ground) {
    let (_, heads) = history(&ground).await;
    cut_off(&ground).await;
    assert_eq!(fault(&ground).await.entry, Some(11));
    // Without the heads in the database it looks whole, but not to a witness.
    ground.execute("DELETE FROM head WHERE number > 10").await;
    assert_eq!(verify(&ground, &[]).await.unwrap().events, 10);
    let fault = verify(&ground, &heads).await.unwrap_err();
    assert_eq!(fault.entry, Some(11), "{fault}");
}

async fn a_chain_rewritten_whole_is_noticed_by_the_witness(ground: Ground) {
    let (store, heads) = history(&ground).await;
    drop(store);
    // With the installation key and the program, somebody makes a history in
    // which one event says something else, and signs it with the same key.
    let settings = ground.query("SELECT value FROM setting ORDER BY name").await;
    ground
        .execute(
            "DELETE FROM event; DELETE FROM entry; DELETE FROM head; DELETE FROM stream;
             DELETE FROM blob; DELETE FROM blob_part; UPDATE chain SET number = 0, position = 0",
        )
        .await;
    ground.change("chain", "hash", "one = 1", |hash| hash.fill(0)).await;
    let store = ground.open().await;
    for version in 0..3 {
        for number in 0..4 {
            let text = if (number, version) == (1, 1) { "another" } else { "as before" };
            store.append(&may(case(number)), Append::to(case(number), version).event(text)).await.unwrap();
            store.sign_head().await.unwrap();
        }
    }
    assert_eq!(ground.query("SELECT value FROM setting ORDER BY name").await, settings);
    assert_eq!(verify(&ground, &[]).await.unwrap().events, 12, "by itself it is in order");
    let fault = verify(&ground, &heads[6..]).await.unwrap_err();
    assert_eq!(fault.entry, Some(7), "{fault}");
    // A witness of another installation or with another key is no witness.
    let mut foreign = heads[0].clone();
    foreign.installation[0] ^= 1;
    assert!(verify(&ground, &[foreign]).await.is_err());
}

async fn a_key_that_vanished_is_no_erasure(ground: Ground) {
    history(&ground).await;
    ground.execute("UPDATE stream SET key = NULL, key_id = NULL").await;
    assert!(fault(&ground).await.stream.is_some());
}

async fn a_changed_or_removed_attachment_is_noticed(ground: Ground) {
    let (store, _) = history(&ground).await;
    ground.change("blob_part", "sealed", "part = 1", |sealed| sealed[100] ^= 4).await;
    assert_eq!(fault(&ground).await.stream, Some(case(0)));
    let blob = store.blob(&may(case(0)), case(0), BlobId::from_bytes([9; 16])).await.unwrap();
    assert_eq!(blob.part(0).await.unwrap().len(), 65_532);
    assert!(matches!(blob.part(1).await, Err(Error::Tampered(_))));
    ground.execute("DELETE FROM blob_part; DELETE FROM blob").await;
    assert_eq!(fault(&ground).await.stream, Some(case(0)));
}

async fn ciphertext_that_was_moved_does_not_open(ground: Ground) {
    let store = ground.open().await;
    let mut append = Append::to(case(1), 0).event("one");
    append.lists = ["a", "b"]
        .map(|list| ListChange {
            list: list.into(),
            row: Some((fixlead_core::time::Instant::EPOCH, b"row".into())),
        })
        .into();
    append.records = [b"x", b"y"]
        .map(|key| RecordChange {
            kind: "login".into(),
            key: key.to_vec(),
            expected: 0,
            value: Some(key.to_vec()),
            expires: None,
        })
        .into();
    store.append(&may(case(1)), append).await.unwrap();
    let tampered = |result: Option<Error>| assert!(matches!(result, Some(Error::Tampered(_))), "{result:?}");

    let rows = ground.query("SELECT sealed FROM list ORDER BY list").await;
    ground.change("list", "sealed", "sealed IS NOT NULL", |place| place.clone_from(&rows[0])).await;
    let pages = (store.list("a", Page::First, 9).await, store.list("b", Page::First, 9).await);
    tampered(pages.0.err().or(pages.1.err()));

    let sealed = ground.query("SELECT sealed FROM record ORDER BY row").await;
    ground.change("record", "sealed", "version = 1", |place| place.clone_from(&sealed[0])).await;
    let read = (store.record("login", b"x").await, store.record("login", b"y").await);
    assert_ne!(read.0.is_ok(), read.1.is_ok(), "only the one in its own place opens");
    tampered(read.0.err().or(read.1.err()));
    // An older version of a record under a newer number.
    ground.execute("UPDATE record SET version = 2").await;
    tampered(store.record("login", b"x").await.err());

    // A whole stream's key under another's name.
    store.append(&may(case(2)), Append::to(case(2), 0).event("two")).await.unwrap();
    drop(store);
    let keys = ground.query("SELECT key FROM stream ORDER BY id").await;
    ground.change("stream", "key", "version = 1", |key| key.clone_from(&keys[0])).await;
    let store = ground.open().await;
    let loads = (store.load(&may(case(1)), case(1), 0).await, store.load(&may(case(2)), case(2), 0).await);
    assert_ne!(loads.0.is_ok(), loads.1.is_ok());
    tampered(loads.0.err().or(loads.1.err()));
}

async fn erased_content_is_gone_and_the_log_still_verifies(ground: Ground) {
    let (store, heads) = history(&ground).await;
    let mut append = Append::to(case(0), 3).event("listed");
    append.lists = vec![ListChange {
        list: "open".into(),
        row: Some((fixlead_core::time::Instant::EPOCH, b"title".into())),
    }];
    append.work = vec![WorkChange::Wake {
        lane: Lane(1),
        due: fixlead_core::time::Instant::EPOCH,
        body: b"wake".into(),
    }];
    store.append(&may(case(0)), append).await.unwrap();
    let other = store.clone();
    assert!(store.erase(&may_erase(case(0)), case(0)).await.unwrap());
    assert!(!store.erase(&may_erase(case(0)), case(0)).await.unwrap());
    let erased = |error: Error| assert!(matches!(error, Error::Erased(_)), "{error}");
    for store in [other, ground.open().await] {
        erased(store.load(&may(case(0)), case(0), 0).await.unwrap_err());
        let late = Append::to(case(0), 4).event("late");
        erased(store.append(&may(case(0)), late).await.unwrap_err());
        assert!(store.blob(&may(case(0)), case(0), BlobId::from_bytes([9; 16])).await.is_err());
        assert_eq!(store.list("open", Page::First, 10).await.unwrap(), []);
        let now = fixlead_core::time::Instant::from_millis(1);
        let lease = fixlead_core::time::Span::from_millis(1);
        assert_eq!(store.claim(Lane(1), now, lease, 10).await.unwrap(), []);
        // The others are as they were.
        assert_eq!(store.load(&may(case(1)), case(1), 0).await.unwrap().events.len(), 3);
    }
    // The ciphertext is there, its key is nowhere.
    assert_eq!(ground.query("SELECT sealed FROM event").await.len(), 13);
    assert_eq!(ground.query("SELECT key FROM stream WHERE key IS NOT NULL").await.len(), 3);
    assert_eq!(ground.query("SELECT sealed FROM blob_part").await.len(), 0);
    let verified = verify(&ground, &heads).await.unwrap();
    assert_eq!((verified.events, verified.streams), (13, (4, 1)));
}

async fn a_flipped_bit_anywhere_in_the_log_is_noticed(ground: Ground) {
    history(&ground).await;
    let columns = [
        ("event", &["sealed", "hash", "stream"][..], "position"),
        ("entry", &["hash", "previous"], "number"),
        ("head", &["hash", "signature"], "number"),
        ("stream", &["hash", "id"], "version"),
        ("chain", &["hash"], "one"),
        ("blob", &["hash", "stream", "id"], "parts"),
        ("blob_part", &["sealed", "blob"], "part"),
    ];
    let mut tried = 0;
    for (table, names, key) in columns {
        for name in names {
            let row = ground.number(&format!("SELECT max({key}) FROM {table}")).await;
            let mut condition = format!("{key} = {row}");
            if table == "stream" {
                let last = "(SELECT stream FROM event WHERE position = 12)";
                condition = format!("hash = (SELECT hash FROM event WHERE position = 12) OR id = {last}");
            }
            for bit in [0, 7] {
                let flip = |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1 << bit;
                ground.change(table, name, &condition, flip).await;
                let result = verify(&ground, &[]).await;
                assert!(result.is_err(), "{table}.{name}, bit {bit}: {result:?}");
                if table != "stream" || *name == "hash" {
                    ground.change(table, name, &condition, flip).await;
                } else {
                    let back = "hash = (SELECT hash FROM event WHERE position = 12)";
                    ground.change(table, name, back, flip).await;
                }
                assert!(verify(&ground, &[]).await.is_ok(), "put right again: {table}.{name}");
                tried += 1;
            }
        }
    }
    for (table, column) in [("event", "version"), ("event", "at"), ("entry", "at"), ("entry", "position")] {
        let key = if table == "event" { "position" } else { "number" };
        ground.execute(&format!("UPDATE {table} SET {column} = {column} + 1000 WHERE {key} = 4")).await;
        assert!(verify(&ground, &[]).await.is_err(), "{table}.{column}");
        ground.execute(&format!("UPDATE {table} SET {column} = {column} - 1000 WHERE {key} = 4")).await;
        tried += 1;
    }
    assert!(verify(&ground, &[]).await.is_ok());
    assert_eq!(tried, 34);
}
