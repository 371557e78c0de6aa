//! The tables as they are dumped: for exports, for backups of PostgreSQL and
//! for verification. Both engines have the same tables and columns.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Bytes,
    Text,
}

/// A table: its name, its columns, and by what its rows are ordered.
pub(crate) struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    pub order: &'static str,
}

use Kind::{Bytes, Number, Text};

/// Every table, in the order of a dump: entries before the events that they
/// cover, so that a reader can check as it goes.
pub(crate) const TABLES: &[Table] = &[
    Table { name: "setting", columns: &[("name", Text), ("value", Bytes)], order: "name" },
    Table {
        name: "chain",
        columns: &[("one", Number), ("number", Number), ("position", Number), ("hash", Bytes)],
        order: "one",
    },
    Table {
        name: "head",
        columns: &[
            ("number", Number),
            ("position", Number),
            ("at", Number),
            ("hash", Bytes),
            ("signature", Bytes),
        ],
        order: "number",
    },
    Table {
        name: "entry",
        columns: &[
            ("number", Number),
            ("at", Number),
            ("position", Number),
            ("previous", Bytes),
            ("extras", Bytes),
            ("hash", Bytes),
        ],
        order: "number",
    },
    Table {
        name: "event",
        columns: &[
            ("position", Number),
            ("stream", Bytes),
            ("version", Number),
            ("at", Number),
            ("hash", Bytes),
            ("sealed", Bytes),
        ],
        order: "position",
    },
    Table {
        name: "stream",
        columns: &[("id", Bytes), ("version", Number), ("hash", Bytes), ("key", Bytes), ("key_id", Number)],
        order: "id",
    },
    Table {
        name: "blob",
        columns: &[("id", Bytes), ("stream", Bytes), ("parts", Number), ("hash", Bytes)],
        order: "id",
    },
    Table {
        name: "blob_part",
        columns: &[("blob", Bytes), ("part", Number), ("sealed", Bytes)],
        order: "blob, part",
    },
    Table {
        name: "work",
        columns: &[
            ("id", Bytes),
            ("stream", Bytes),
            ("lane", Number),
            ("wake", Number),
            ("due", Number),
            ("ready", Number),
            ("attempts", Number),
            ("lease", Bytes),
            ("sealed", Bytes),
        ],
        order: "id",
    },
    Table {
        name: "list",
        columns: &[("list", Bytes), ("sort", Bytes), ("stream", Bytes), ("sealed", Bytes)],
        order: "list, sort, stream",
    },
    Table {
        name: "record",
        columns: &[("row", Bytes), ("version", Number), ("expires", Number), ("sealed", Bytes)],
        order: "row",
    },
];

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Nothing,
    Number(i64),
    Bytes(Vec<u8>),
    Text(String),
}

impl Value {
    /// A number; 0 for what is none, which no check takes for right.
    pub(crate) fn number(&self) -> i64 {
        if let Value::Number(number) = self { *number } else { 0 }
    }

    /// Bytes; none for what is none.
    pub(crate) fn bytes(&self) -> &[u8] {
        if let Value::Bytes(bytes) = self { bytes } else { &[] }
    }
}

/// Takes the rows of a dump, table by table.
pub(crate) trait Sink {
    /// One row, with its values in the order of the table's columns.
    fn row(&mut self, table: &'static Table, row: Vec<Value>) -> Result<()>;
}

impl Table {
    /// The query that reads all of it.
    pub(crate) fn select(&self, cast: bool) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind)| match kind {
                Number if cast => format!("{name}::bigint"),
                _ => (*name).to_owned(),
            })
            .collect();
        format!("SELECT {} FROM {} ORDER BY {}", columns.join(", "), self.name, self.order)
    }

    /// The statement that puts one row into it.
    pub(crate) fn insert(&self, cast: bool) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = (1..)
            .zip(self.columns)
            .map(|(place, (_, kind))| match kind {
                Number if cast => format!("${place}::bigint"),
                _ if cast => format!("${place}"),
                _ => format!("?{place}"),
            })
            .collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.name, names.join(", "), values.join(", "))
    }

    /// A row as JSON: `table`, then its columns; bytes in base64.
    pub(crate) fn to_json(&self, row: &[Value]) -> Json {
        let mut object = Map::new();
        object.insert("table".into(), self.name.into());
        for ((name, _), value) in self.columns.iter().zip(row) {
            let value = match value {
                Value::Nothing => Json::Null,
                Value::Number(number) => (*number).into(),
                Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
                Value::Text(text) => text.as_str().into(),
            };
            object.insert((*name).into(), value);
        }
        Json::Object(object)
    }

    /// A row out of JSON.
    pub(crate) fn parse_row(&self, object: &Map<String, Json>) -> Result<Vec<Value>> {
        let unfit = |name: &str| Error::Refused(format!("a row of `{}` has no fit `{name}`", self.name));
        let read = |(name, kind): &(&str, Kind)| {
            let value = object.get(*name).ok_or_else(|| unfit(name))?;
            Ok(match (value, kind) {
                (Json::Null, _) => Value::Nothing,
                (Json::Number(number), Number) => Value::Number(number.as_i64().ok_or_else(|| unfit(name))?),
                (Json::String(text), Bytes) => Value::Bytes(STANDARD.decode(text).map_err(|_| unfit(name))?),
                (Json::String(text), Text) => Value::Text(text.clone()),
                _ => return Err(unfit(name)),
            })
        };
        self.columns.iter().map(read).collect()
    }
}
