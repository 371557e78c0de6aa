//! Export, backup and restore. None of them needs the installation's key, and
//! none of them opens anything: what was sealed stays sealed.

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::store::Location;
use crate::tables::{Sink, TABLES, Table, Value};
use crate::{dump, postgres, sqlite};

/// The file of an export below a backup's directory.
pub const EXPORT: &str = "fixlead.ndjson";
/// What the first line of an export says.
pub const FORMAT: &str = "fixlead-export/1";

/// Gives every row of a database to a sink, all of one moment.
pub(crate) async fn every_row<S: Sink + Send + 'static>(location: &Location, mut sink: S) -> Result<S> {
    match location {
        Location::Directory(directory) => {
            let path = directory.join(sqlite::FILE);
            tokio::task::spawn_blocking(move || {
                dump::sqlite(&path, &mut sink)?;
                Ok(sink)
            })
            .await
            .map_err(|_| Error::Unavailable("the export was broken off".into()))?
        }
        Location::Postgres(url) => {
            let mut client = postgres::connect_to(url).await?;
            dump::postgres(&mut client, &mut sink).await?;
            Ok(sink)
        }
    }
}

/// Writes rows as lines of JSON.
struct Lines<W: Write> {
    file: W,
    rows: u64,
}

impl<W: Write> Lines<W> {
    fn line(&mut self, line: &Json) -> Result<()> {
        let fail = |reason: String| Error::File { path: "the export".into(), reason };
        serde_json::to_writer(&mut self.file, line).map_err(|error| fail(error.to_string()))?;
        self.file.write_all(b"\n").map_err(|error| fail(error.to_string()))
    }
}

impl<W: Write> Sink for Lines<W> {
    fn row(&mut self, table: &'static Table, row: Vec<Value>) -> Result<()> {
        self.rows += 1;
        self.line(&table.to_json(&row))
    }
}

/// Writes every row of a database, still sealed, to `out`; how many. The
/// format is `docs/formats/export.md`.
pub async fn export<W: Write + Send + 'static>(location: &Location, out: W) -> Result<u64> {
    let mut lines = Lines { file: out, rows: 0 };
    lines.line(&serde_json::json!({ "format": FORMAT }))?;
    let mut lines = every_row(location, lines).await?;
    lines.line(&serde_json::json!({ "end": lines.rows }))?;
    lines
        .file
        .flush()
        .map_err(|error| Error::File { path: "the export".into(), reason: error.to_string() })?;
    Ok(lines.rows)
}

/// The rows of an export. An export without its last line ends in an error.
pub(crate) fn rows(
    path: &Path,
) -> Result<impl Iterator<Item = Result<(&'static Table, Vec<Value>)>> + use<>> {
    let file = fs::File::open(path).map_err(|error| Error::file(path, error))?;
    let path = path.to_owned();
    let mut lines = BufReader::with_capacity(1 << 20, file).lines();
    let mut number = 0_u64;
    let mut over = false;
    Ok(std::iter::from_fn(move || {
        if over {
            return None;
        }
        loop {
            number += 1;
            let wrong = |what: &str| Some(Err(Error::file(&path, format!("line {number}: {what}"))));
            let Some(line) = lines.next() else {
                over = true;
                return wrong("the export ends before its end; it was cut off");
            };
            let object = match line.map(|line| serde_json::from_str(&line)) {
                Ok(Ok(Json::Object(object))) => object,
                _ => {
                    over = true;
                    return wrong("this is no line of an export");
                }
            };
            if number == 1 {
                if object.get("format").and_then(Json::as_str) == Some(FORMAT) {
                    continue;
                }
                over = true;
                return wrong("this is no export of the format fixlead-export/1");
            }
            if let Some(end) = object.get("end") {
                over = true;
                return if end.as_u64() == Some(number - 2) { None } else { wrong("rows are missing") };
            }
            let name = object.get("table").and_then(Json::as_str).unwrap_or_default();
            let Some(table) = TABLES.iter().find(|table| table.name == name) else {
                over = true;
                return wrong("this is a row of no known table");
            };
            return Some(table.parse_row(&object).map(|row| (table, row)));
        }
    }))
}

/// Writes a copy of one moment into a new directory while the store is at work:
/// the database file of SQLite, an export of PostgreSQL.
pub async fn backup(location: &Location, to: &Path) -> Result<()> {
    let fail = |error| Error::file(to, error);
    fs::DirBuilder::new().mode(0o700).create(to).map_err(fail)?;
    let new = |name| {
        let path = to.join(name);
        let file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(fail)?;
        Ok::<_, Error>((path, file))
    };
    match location {
        Location::Directory(directory) => {
            let from = directory.join(sqlite::FILE);
            let (path, file) = new(sqlite::FILE)?;
            tokio::task::spawn_blocking(move || {
                sqlite::copy(&from, &path)?;
                file.sync_all().map_err(|error| Error::file(&path, error))
            })
            .await
            .map_err(|_| Error::Unavailable("the backup was broken off".into()))??;
        }
        Location::Postgres(_) => {
            let (path, file) = new(EXPORT)?;
            let copy = file.try_clone().map_err(|error| Error::file(&path, error))?;
            export(location, BufWriter::with_capacity(1 << 20, copy)).await?;
            file.sync_all().map_err(|error| Error::file(&path, error))?;
        }
    }
    fs::File::open(to).and_then(|directory| directory.sync_all()).map_err(fail)
}

/// Makes a database out of a backup's directory or an export. The database has
/// to be empty, and may be of the other engine if it is an export.
pub async fn restore(from: &Path, into: &Location) -> Result<()> {
    let file = from.join(sqlite::FILE);
    let from = if from.is_dir() { from.join(EXPORT) } else { from.to_owned() };
    match into {
        Location::Directory(directory) if file.exists() => {
            if directory.join(sqlite::FILE).exists() {
                return Err(Error::Refused("the database is not empty; restore into a new one".into()));
            }
            let path = sqlite::make_file(directory)?;
            let copy = move || {
                fs::copy(&file, &path).map_err(|error| Error::file(&path, error))?;
                fs::File::open(&path)
                    .and_then(|file| file.sync_all())
                    .map_err(|error| Error::file(&path, error))
            };
            tokio::task::spawn_blocking(copy)
                .await
                .map_err(|_| Error::Unavailable("the restore was broken off".into()))?
        }
        Location::Directory(directory) => {
            let (directory, mut rows) = (directory.clone(), rows(&from)?);
            tokio::task::spawn_blocking(move || dump::into_sqlite(&directory, &mut rows))
                .await
                .map_err(|_| Error::Unavailable("the restore was broken off".into()))?
        }
        Location::Postgres(url) if !file.exists() => {
            let mut client = postgres::connect_and_migrate(url).await?;
            dump::into_postgres(&mut client, &mut rows(&from)?).await
        }
        Location::Postgres(_) => Err(Error::Refused(
            "a copy of an SQLite file does not go into PostgreSQL; restore an export of it".into(),
        )),
    }
}
