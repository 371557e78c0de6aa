//! The limit of the disk: what SQLite itself can commit with the same
//! promise that an answered report is on it, one report a commit.

use std::path::Path;
use std::time::{Duration, Instant as Watch};

use rusqlite::{Connection, params};

/// The schema that the desk has.
const SCHEMA: &str = concat!(
    include_str!("../../../fixlead-store/migrations/sqlite/0001.sql"),
    include_str!("../../../fixlead-store/migrations/sqlite/0002.sql"),
);

fn open(place: &Path, name: &str, schema: &str) -> Connection {
    let path = place.join(name);
    let fresh = !path.exists();
    let connection = Connection::open(path).unwrap();
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000;
        PRAGMA cache_size = -16384;";
    connection.execute_batch(settings).unwrap();
    if fresh {
        connection.execute_batch(schema).unwrap();
    }
    connection
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// Commits for so long; how many a second.
fn commits(connection: &Connection, length: Duration, mut write: impl FnMut(u64)) -> f64 {
    let began = Watch::now();
    let mut count = 0;
    while began.elapsed() < length {
        connection.prepare_cached("BEGIN IMMEDIATE").unwrap().execute(()).unwrap();
        write(count);
        connection.prepare_cached("COMMIT").unwrap().execute(()).unwrap();
        count += 1;
    }
    count as f64 / began.elapsed().as_secs_f64()
}

/// One table of the shape that events have, a row of so many bytes a commit.
pub fn one_table(place: &Path, bytes: u64, length: Duration) -> f64 {
    let connection = open(
        place,
        "one-table.db",
        "CREATE TABLE event (position INTEGER PRIMARY KEY, stream BLOB NOT NULL, version INTEGER NOT NULL,
           at INTEGER NOT NULL, hash BLOB NOT NULL, sealed BLOB NOT NULL);
         CREATE UNIQUE INDEX event_of_stream ON event (stream, version);",
    );
    let sealed = vec![0x5a_u8; usize::try_from(bytes).unwrap()];
    commits(&connection, length, |_| {
        connection
            .prepare_cached(
                "INSERT INTO event (stream, version, at, hash, sealed) VALUES (?1, 1, ?2, ?3, ?4)",
            )
            .unwrap()
            .execute(params![random::<17>(), 1_800_000_000_000_i64, [7_u8; 32], sealed])
            .unwrap();
    })
}

/// Every row that a report becomes, in the tables that the desk has, a report
/// a commit: what neither sealing nor HTTP could make slower.
pub fn same_rows(place: &Path, length: Duration) -> f64 {
    let connection = open(place, "same-rows.db", SCHEMA);
    let first: i64 =
        connection.query_row("SELECT coalesce(max(position), 0) FROM event", (), |row| row.get(0)).unwrap();
    let execute = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql).unwrap().execute(values).unwrap();
    };
    commits(&connection, length, |number| {
        let (stream, at, hash) = (random::<17>(), 1_800_000_000_000_i64, [7_u8; 32]);
        let mut position = first + 4 * number as i64;
        execute("INSERT INTO stream VALUES (?1, 4, ?2, ?3, 1)", &[&stream, &hash, &[1_u8; 77].as_slice()]);
        for (version, length) in [(1, 745), (2, 361), (3, 1833), (4, 361)] {
            position += 1;
            let sealed = vec![0x5a_u8; length];
            let row: [&dyn rusqlite::ToSql; 6] = [&position, &stream, &version, &at, &hash, &sealed];
            execute("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &row);
        }
        let entry: [&dyn rusqlite::ToSql; 4] = [&at, &position, &hash, &hash];
        execute(
            "INSERT INTO entry (at, position, previous, extras, hash) VALUES (?1, ?2, ?3, x'', ?4)",
            &entry,
        );
        let work: [&dyn rusqlite::ToSql; 4] = [&random::<16>(), &stream, &at, &[1_u8; 105].as_slice()];
        execute(
            "INSERT INTO work (id, stream, lane, wake, due, ready, sealed) VALUES (?1, ?2, 1, 1, ?3, ?3, ?4)",
            &work,
        );
        let sort = [&at.to_be_bytes()[..], &stream[1..]].concat();
        let row: [&dyn rusqlite::ToSql; 4] = [&[1_u8; 16], &stream, &sort, &[1_u8; 617].as_slice()];
        execute("INSERT INTO list VALUES (?1, ?2, ?3, ?4)", &row);
        for expires in [None, Some(at)] {
            let record: [&dyn rusqlite::ToSql; 3] = [&random::<32>(), &expires, &[1_u8; 233].as_slice()];
            execute("INSERT INTO record VALUES (?1, 1, ?2, ?3)", &record);
        }
    })
}
