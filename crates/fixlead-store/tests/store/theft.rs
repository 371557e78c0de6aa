//! A thief has the database, its write-ahead log, a backup and an export: none
//! of what was planted is in them. The same search finds what was not sealed.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use fixlead_core::id::BlobId;
use fixlead_core::time::Instant;
use fixlead_store::*;

use crate::cluster;
use crate::ground::{Ground, case, may};

/// Strings that are planted, and their length.
const PLANTED: usize = 5000;
const LENGTH: usize = 12;

fn planted(number: usize) -> String {
    let hash = blake3::hash(&number.to_le_bytes()).to_hex();
    format!("Pl{}", &hash.as_str()[..LENGTH - 2])
}

/// Which planted strings bytes contain.
fn search(bytes: &[u8], strings: &HashSet<String>) -> HashSet<String> {
    bytes
        .windows(LENGTH)
        .filter(|window| window.starts_with(b"Pl"))
        .filter_map(|window| std::str::from_utf8(window).ok())
        .filter(|text| strings.contains(*text))
        .map(str::to_owned)
        .collect()
}

fn search_files(place: &Path, strings: &HashSet<String>) -> (u64, HashSet<String>) {
    let (mut size, mut found) = (0, HashSet::new());
    let mut open = vec![place.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            size += bytes.len() as u64;
            found.extend(search(&bytes, strings));
        }
    }
    (size, found)
}

/// Plants strings in every place that content goes to.
async fn plant(ground: &Ground) -> (Store, HashSet<String>) {
    let store = ground.open().await;
    let mut numbers = (0..PLANTED).map(planted);
    let mut next = || numbers.next().unwrap_or_default();
    for number in 0..(PLANTED as u64 / 10) {
        let now = Instant::from_millis(number as i64);
        let mut append = Append::to(case(number), 0).event(next()).event(next());
        append.work = vec![WorkChange::Wake { lane: Lane(1), due: now, body: next().into() }];
        append.lists = vec![ListChange { list: next(), row: Some((now, next().into())) }];
        append.records = vec![RecordChange {
            kind: next(),
            key: next().into(),
            expected: 0,
            value: Some(next().into()),
            expires: None,
        }];
        let id = BlobId::from_bytes(*blake3::hash(&number.to_le_bytes()).as_bytes().first_chunk().unwrap());
        append.blobs = vec![NewBlob { id, bytes: next().into() }];
        append.idempotency =
            Some(Idempotency { key: now.millis().to_le_bytes().to_vec(), answer: next().into(), until: now });
        assert!(store.append(&may(case(number)), append).await.unwrap().is_written());
    }
    store.sign_head().await.unwrap();
    (store, (0..PLANTED).map(planted).collect())
}

async fn finds_nothing(ground: Ground, files: &Path, unsealed: &str) {
    let (store, strings) = plant(&ground).await;
    assert_eq!(strings.len(), PLANTED);
    ground.keyring.write_new(&ground.path().join("key")).unwrap();
    backup::backup(&ground.location, &ground.path().join("backup")).await.unwrap();
    let export = std::fs::File::create(ground.path().join("export")).unwrap();
    backup::export(&ground.location, export).await.unwrap();
    let copy = ground.path().join("copy");
    let moment = Moment { position: 1, entry: 1 };
    let all: String = (0..PLANTED).map(planted).collect();
    let key = store.copy_key().await.unwrap();
    let size = key.write(&copy, "search", moment, |out| out.write_all(all.as_bytes())).unwrap();
    assert!(size > (PLANTED * LENGTH) as u64);
    for place in [files, ground.path()] {
        let (size, found) = search_files(place, &strings);
        assert!(size > 500_000, "{} has only {size} bytes", place.display());
        assert!(found.is_empty(), "{} of {PLANTED}: {found:?}", found.len());
    }
    // The key without the database holds nothing either, but is found there.
    assert_eq!(std::fs::read(ground.path().join("key")).unwrap().len(), 45);
    // The search would find them in such a file.
    std::fs::write(&copy, &all).unwrap();
    assert_eq!(search_files(ground.path(), &strings).1, strings);
    std::fs::remove_file(&copy).unwrap();
    // The search would find it: one string beside the store, not sealed.
    ground.execute(&unsealed.replace("TEXT", &planted(4321))).await;
    let (_, found) = search_files(files, &strings);
    assert_eq!(found, HashSet::from([planted(4321)]));
    drop(store);
}

#[test]
fn a_stolen_sqlite_file_log_and_backup_hold_nothing_readable() {
    let ground = Ground::sqlite("theft");
    let data = ground.path().join("data");
    let insert = "INSERT INTO setting VALUES ('x', 'TEXT')";
    crate::ground::run(async move {
        finds_nothing(ground, &data, insert).await;
    });
}

#[test]
fn a_stolen_postgresql_cluster_and_backup_hold_nothing_readable() {
    let ground = Ground::postgres("theft");
    let place = cluster::data();
    // What is only in memory yet is written out, so that the search sees it.
    let insert = "INSERT INTO setting VALUES ('x', 'TEXT'); CHECKPOINT";
    crate::ground::run(async move {
        ground.execute("CHECKPOINT").await;
        finds_nothing(ground, &place, insert).await;
    });
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let ground = Ground::sqlite("key file");
    let path = ground.path().join("key");
    let made = Keyring::create(&path, &*crate::ground::Seeded::new("key file")).unwrap();
    let read = Keyring::read(&path, Readers::Owner).unwrap();
    assert_eq!(read.ids().collect::<Vec<_>>(), made.ids().collect::<Vec<_>>());
    assert!(Keyring::create(&path, &*crate::ground::Seeded::new("again")).is_err(), "never written over");
    for mode in ["640", "604", "660"] {
        assert!(Command::new("chmod").arg(mode).arg(&path).status().unwrap().success());
        assert!(matches!(Keyring::read(&path, Readers::Owner), Err(Error::Key(_))), "{mode}");
    }
    for text in ["", "abc", "AAAA", &"A".repeat(44), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        assert!(matches!(Keyring::parse(text), Err(Error::Key(_))), "{text}");
    }
}

#[test]
fn an_erased_key_is_on_no_page_of_the_sqlite_files() {
    let ground = Ground::sqlite("erased key");
    let data = ground.path().join("data");
    crate::ground::run(async {
        let store = ground.open().await;
        for number in 0..20 {
            store.append(&may(case(number)), Append::to(case(number), 0).event("x")).await.unwrap();
        }
        let key = ground.query("SELECT key FROM stream ORDER BY id LIMIT 1").await.remove(0);
        let of = ground.query("SELECT id FROM stream ORDER BY id LIMIT 1").await.remove(0);
        let erased = (0..20).map(case).find(|case| case.bytes() == of[1..]).unwrap();
        let holds = || {
            std::fs::read_dir(&data).unwrap().any(|file| {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                bytes.windows(key.len()).any(|window| window == key)
            })
        };
        assert!(holds());
        assert!(store.erase(&crate::ground::may_erase(erased), erased).await.unwrap());
        assert!(!holds());
    });
}
