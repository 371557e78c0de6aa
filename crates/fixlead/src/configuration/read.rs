//! Reading the file: strict, and with the place of what is wrong.

use std::path::Path;

use fixlead_core::case::nearest;
use fixlead_core::text::short;
use toml::de::{DeTable, DeValue};

use super::keys::{Configuration, KEYS};

/// The largest file that is read, in bytes.
const MOST_BYTES: usize = 256 * 1024;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1; 0 for the whole file.
    pub line: usize,
    /// Column in characters, from 1; 0 for the whole file.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Fault {
    /// One message.
    pub fn about(&self, file: &str) -> String {
        match self.line {
            0 => format!("{file}: {}", self.message),
            line => format!("{file}: line {line}, column {}: {}", self.column, self.message),
        }
    }

    fn at(text: &str, place: usize, message: String) -> Self {
        let before = text.get(..place).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Fault {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message,
        }
    }
}

/// Reads a file into a configuration, and says which keys it set. Paths are
/// meant from `base`.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(text: &str, base: &Path, configuration: &mut Configuration) -> Result<Vec<&'static str>, Fault> {
    if text.len() > MOST_BYTES {
        let message = format!("{} bytes, at most {MOST_BYTES} are read", text.len());
        return Err(Fault { line: 0, column: 0, message });
    }
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or(0, |span| span.start);
        let message = format!("this is not TOML: {}", short(&error.message().replace('\n', "; "), 200));
        Fault::at(text, place, message)
    })?;
    let mut set = Vec::new();
    walk(text, table.get_ref(), "", base, configuration, &mut set)?;
    Ok(set)
}

fn walk(
    text: &str,
    table: &DeTable<'_>,
    above: &str,
    base: &Path,
    configuration: &mut Configuration,
    set: &mut Vec<&'static str>,
) -> Result<(), Fault> {
    for (name, value) in table {
        let place = name.span().start;
        let path =
            if above.is_empty() { name.get_ref().to_string() } else { format!("{above}.{}", name.get_ref()) };
        if let Some(key) = KEYS.iter().find(|key| key.path == path) {
            (key.set)(configuration, value.get_ref(), base)
                .map_err(|message| Fault::at(text, value.span().start, format!("`{path}`: {message}")))?;
            set.push(key.path);
            continue;
        }
        let below = format!("{path}.");
        match value.get_ref() {
            DeValue::Table(inner) if KEYS.iter().any(|key| key.path.starts_with(&below)) => {
                walk(text, inner, &path, base, configuration, set)?;
            }
            _ if KEYS.iter().any(|key| key.path.starts_with(&below)) => {
                return Err(Fault::at(
                    text,
                    value.span().start,
                    format!("`{path}` is a table of keys; write [{path}]"),
                ));
            }
            _ => {
                let meant = nearest(&path, KEYS.iter().map(|key| key.path));
                let remedy = if meant.is_empty() {
                    "; docs/configuration.md lists the keys".to_owned()
                } else {
                    meant
                };
                return Err(Fault::at(text, place, format!("unknown key `{}`{remedy}", short(&path, 60))));
            }
        }
    }
    Ok(())
}
