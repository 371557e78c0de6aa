//! Reading every table of one moment, and writing them into an empty database.

use std::path::Path;

use tokio_postgres::types::ToSql;

use crate::error::{Error, Result};
use crate::sqlite;
use crate::tables::{Kind, Sink, TABLES, Table, Value};

/// Rows that PostgreSQL gives at once.
const PAGE: i32 = 500;

/// Every row of an SQLite file.
pub(crate) fn sqlite(path: &Path, sink: &mut dyn Sink) -> Result<()> {
    let mut connection = sqlite::open_reader(path)?;
    let moment = connection.transaction()?;
    for table in TABLES {
        let mut query = moment.prepare(&table.select(false))?;
        let mut rows = query.query(())?;
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(table.columns.len());
            for (place, (_, kind)) in table.columns.iter().enumerate() {
                values.push(match kind {
                    Kind::Number => row.get::<_, Option<i64>>(place)?.map(Value::Number),
                    Kind::Bytes => row.get::<_, Option<Vec<u8>>>(place)?.map(Value::Bytes),
                    Kind::Text => row.get::<_, Option<String>>(place)?.map(Value::Text),
                });
            }
            sink.row(table, values.into_iter().map(|value| value.unwrap_or(Value::Nothing)).collect())?;
        }
    }
    Ok(())
}

/// Every row of a PostgreSQL database.
pub(crate) async fn postgres(client: &mut tokio_postgres::Client, sink: &mut dyn Sink) -> Result<()> {
    let moment = client
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    for table in TABLES {
        let portal = moment.bind(&table.select(true), &[]).await?;
        loop {
            let rows = moment.query_portal(&portal, PAGE).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let mut values = Vec::with_capacity(table.columns.len());
                for (place, (_, kind)) in table.columns.iter().enumerate() {
                    values.push(match kind {
                        Kind::Number => row.try_get::<_, Option<i64>>(place)?.map(Value::Number),
                        Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(place)?.map(Value::Bytes),
                        Kind::Text => row.try_get::<_, Option<String>>(place)?.map(Value::Text),
                    });
                }
                let row = values.into_iter().map(|value| value.unwrap_or(Value::Nothing)).collect();
                sink.row(table, row)?;
            }
        }
    }
    Ok(())
}

/// Where the rows of a dump come from.
pub(crate) type Rows<'a> = &'a mut dyn Iterator<Item = Result<(&'static Table, Vec<Value>)>>;

/// Writes rows into an SQLite file that has no events yet.
pub(crate) fn into_sqlite(directory: &Path, rows: Rows<'_>) -> Result<()> {
    let mut connection = sqlite::migrate_file(&sqlite::make_file(directory)?)?;
    let transaction = connection.transaction()?;
    let known: i64 = transaction.query_row("SELECT count(*) FROM setting", (), |row| row.get(0))?;
    refuse_unless_empty(known)?;
    transaction.execute("DELETE FROM chain", ())?;
    for row in rows {
        let (table, values) = row?;
        let values = values.into_iter().map(|value| match value {
            Value::Nothing => rusqlite::types::Value::Null,
            Value::Number(number) => number.into(),
            Value::Bytes(bytes) => bytes.into(),
            Value::Text(text) => text.into(),
        });
        transaction.prepare_cached(&table.insert(false))?.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(transaction.commit()?)
}

/// Writes rows into a PostgreSQL database that has no events yet.
pub(crate) async fn into_postgres(client: &mut tokio_postgres::Client, rows: Rows<'_>) -> Result<()> {
    let transaction = client.transaction().await?;
    let known = transaction.query_one("SELECT count(*) FROM setting", &[]).await?;
    refuse_unless_empty(known.try_get(0)?)?;
    transaction.execute("DELETE FROM chain", &[]).await?;
    let mut inserts = Vec::new();
    for table in TABLES {
        inserts.push((table.name, transaction.prepare(&table.insert(true)).await?));
    }
    for row in rows {
        let (table, values) = row?;
        let Some((_, insert)) = inserts.iter().find(|(name, _)| *name == table.name) else { continue };
        let values: Vec<Box<dyn ToSql + Sync + Send>> = table
            .columns
            .iter()
            .zip(values)
            .map(|((_, kind), value)| -> Box<dyn ToSql + Sync + Send> {
                match (value, kind) {
                    (Value::Number(number), _) => Box::new(number),
                    (Value::Bytes(bytes), _) => Box::new(bytes),
                    (Value::Text(text), _) => Box::new(text),
                    (Value::Nothing, Kind::Number) => Box::new(None::<i64>),
                    (Value::Nothing, Kind::Bytes) => Box::new(None::<Vec<u8>>),
                    (Value::Nothing, Kind::Text) => Box::new(None::<String>),
                }
            })
            .collect();
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| -> &(dyn ToSql + Sync) { &**value }).collect();
        transaction.execute(insert, &values).await?;
    }
    Ok(transaction.commit().await?)
}

fn refuse_unless_empty(known: i64) -> Result<()> {
    if known == 0 {
        Ok(())
    } else {
        Err(Error::Refused("the database is not empty; restore into a new one".into()))
    }
}
