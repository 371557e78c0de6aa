//! Backups are taken while the store is at work, and restored elsewhere.

use fixlead_core::id::BlobId;
use fixlead_store::log::verify::database;
use fixlead_store::*;

use crate::ground::{Ground, case, may, on_both_engines};

on_both_engines! {
    a_backup_taken_under_load_is_whole
    nothing_is_restored_over_something
    a_database_of_a_newer_program_is_left_alone
}

async fn fill(store: &Store) {
    for number in 0..50 {
        let mut append = Append::to(case(number), 0).event(format!("case {number}"));
        let id = BlobId::from_bytes([number as u8; 16]);
        append.blobs = vec![NewBlob { id, bytes: vec![number as u8; 3000] }];
        store.append(&may(case(number)), append).await.unwrap();
    }
    let record = RecordChange {
        kind: "login".into(),
        key: b"ann".to_vec(),
        expected: 0,
        value: Some(b"1".to_vec()),
        expires: None,
    };
    store.put_record(record).await.unwrap().unwrap();
    store.sign_head().await.unwrap();
}

/// Everything that was there when the backup began is there again.
async fn holds(ground: &Ground) -> u64 {
    let store = ground.open().await;
    store.check().await.unwrap();
    for number in 0..50 {
        let loaded = store.load(&may(case(number)), case(number), 0).await.unwrap();
        assert_eq!(loaded.events[0].body, format!("case {number}").into_bytes());
        let blob = store.blob(&may(case(number)), case(number), BlobId::from_bytes([number as u8; 16])).await;
        assert_eq!(blob.unwrap().bytes().await.unwrap(), vec![number as u8; 3000]);
    }
    assert_eq!(store.record("login", b"ann").await.unwrap().unwrap().value, b"1");
    let events = database(&ground.location, &[]).await.unwrap().unwrap().events;
    // And it goes on from there.
    assert!(store.append(&may(case(60)), Append::to(case(60), 0).event("on")).await.unwrap().is_written());
    assert!(database(&ground.location, &[]).await.unwrap().is_ok());
    events
}

async fn a_backup_taken_under_load_is_whole(ground: Ground) {
    let store = ground.open().await;
    fill(&store).await;
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut number = 1000;
            loop {
                let append = Append::to(case(number), 0).event(vec![1; 2000]);
                store.append(&may(case(number)), append).await.unwrap();
                number += 1;
            }
        })
    };
    let busy = store.follow(50).next(1).await.unwrap();
    assert_eq!(busy.len(), 1, "the writer is at work");
    let copy = ground.path().join("backup");
    backup::backup(&ground.location, &copy).await.unwrap();
    let export = ground.path().join("export");
    backup::export(&ground.location, std::fs::File::create(&export).unwrap()).await.unwrap();
    writer.abort();

    let (same, other) = ground.elsewhere();
    backup::restore(&copy, &same.location).await.unwrap();
    assert!(holds(&same).await > 50);
    // An export goes into the other engine.
    backup::restore(&export, &other.location).await.unwrap();
    assert!(holds(&other).await > 50);
}

async fn nothing_is_restored_over_something(ground: Ground) {
    fill(&ground.open().await).await;
    let export = ground.path().join("export");
    backup::export(&ground.location, std::fs::File::create(&export).unwrap()).await.unwrap();
    let error = backup::restore(&export, &ground.location).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    assert_eq!(holds(&ground).await, 50);
}

async fn a_database_of_a_newer_program_is_left_alone(ground: Ground) {
    drop(ground.open().await);
    // Opening again changes nothing.
    drop(ground.open().await);
    match &ground.location {
        Location::Directory(_) => ground.execute("PRAGMA user_version = 99").await,
        Location::Postgres(_) => ground.execute("UPDATE fixlead_schema SET taken = 99").await,
    }
    let error = ground.open_with(ground.keyring.clone()).await.err().unwrap();
    assert!(matches!(&error, Error::Schema(why) if why.contains("newer")), "{error}");
}

#[test]
fn a_damaged_file_does_not_pass_the_check() {
    let ground = Ground::sqlite("damaged");
    crate::ground::run(async {
        let store = ground.open().await;
        fill(&store).await;
        store.check().await.unwrap();
        ground.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        drop(store);
        let root = ground.number("SELECT rootpage FROM sqlite_schema WHERE name = 'event_of_stream'").await;
        let path = ground.path().join("data/fixlead.db");
        let mut bytes = std::fs::read(&path).unwrap();
        let page = (root as usize - 1) * 4096;
        bytes[page + 8..page + 100].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        let error = ground.open().await.check().await.unwrap_err();
        assert!(matches!(error, Error::Schema(_)), "{error}");
    });
}
