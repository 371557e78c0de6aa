//! The documents about the configuration, made from the table of keys.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use toml::de::DeTable;

use super::keys::KEYS;

const INTRODUCTION: &str = "\
# Configuration

`fixlead serve` works without a configuration. What should differ is written into one TOML file: the one that
`--config FILE` names, else `fixlead.toml` in the data directory. Flags are worth more than the file. An unknown key or a
wrong value is an error with its line and column. `fixlead doctor` says what is set up badly.

Spans are ISO-8601 durations (`PT30S`, `P7D`). Paths are meant from the directory of the file.
[configuration.schema.json](configuration.schema.json), also printed by `fixlead doctor --schema`, lets an editor help.
This page is made from the table of keys in the sources.

| key | value | default | what it does |
|---|---|---|---|
";

const SECRETS: &str = "
## Secrets

No secret stands in this file, and none is ever printed.

- **The installation key** seals everything that is kept. It is read from `FIXLEAD_KEY` in the environment, else from
  `$CREDENTIALS_DIRECTORY/fixlead-key` (a systemd credential), else from `key-file`. The first start makes that file.
  Keep a copy of it apart from the copies of the database: without the key the database opens for nobody, with both it
  opens for whoever holds them.
- **The URL of a PostgreSQL database** is read from `--database-url`, else from `FIXLEAD_DATABASE_URL`, else from
  `database.url-file`.
- **The token of the command line** (`fixlead case …`) is read from `FIXLEAD_TOKEN`, else from the file that
  `FIXLEAD_TOKEN_FILE` names. Such files have mode 0600.
";

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for key in KEYS {
        let default = if key.default.is_empty() { "–".to_owned() } else { format!("`{}`", key.default) };
        // Writing into a text cannot fail.
        let _ = writeln!(text, "| `{}` | {} | {default} | {} |", key.path, (key.kind)(), key.about);
    }
    text + SECRETS
}

/// `docs/configuration.schema.json` (JSON Schema 2020-12).
pub fn schema() -> Value {
    let mut tables: Map<String, Value> = Map::new();
    for key in KEYS {
        let mut schema = (key.schema)();
        schema["description"] = json!(key.about);
        if let Some(default) = default(key.default) {
            schema["default"] = default;
        }
        let (table, name) =
            key.path.split_once('.').map_or((None, key.path), |(table, name)| (Some(table), name));
        let place = match table {
            None => &mut tables,
            Some(table) => {
                let table = tables.entry(table).or_insert_with(
                    || json!({ "type": "object", "additionalProperties": false, "properties": {} }),
                );
                match table["properties"].as_object_mut() {
                    Some(properties) => properties,
                    None => continue,
                }
            }
        };
        place.insert(name.to_owned(), schema);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Fixlead's configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": tables,
    })
}

/// A default, as JSON.
fn default(toml: &str) -> Option<Value> {
    let text = format!("key = {toml}");
    let table = DeTable::parse(&text).ok()?;
    match table.get_ref().get("key")?.get_ref() {
        toml::de::DeValue::String(text) => Some(json!(text)),
        toml::de::DeValue::Integer(number) => Some(json!(number.as_str().parse::<u64>().ok()?)),
        toml::de::DeValue::Array(_) => Some(json!([])),
        _ => None,
    }
}
