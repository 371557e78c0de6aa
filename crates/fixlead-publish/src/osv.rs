//! When OSV entries changed, in the layout of OSV's own bucket.

use crate::entry::{Entry, instant};

/// What a reader looks at to fetch only what is new: newest first, a line each.
/// That of all entries names each with the folder it is in.
pub fn modified(entries: &[&Entry], ecosystem: Option<&str>) -> Vec<u8> {
    let mut out = String::new();
    for entry in entries {
        let at = instant(entry.changed);
        let mut line = |folder: &str| {
            out.push_str(&at);
            out.push(',');
            out.push_str(folder);
            out.push_str(&entry.id);
            out.push('\n');
        };
        match ecosystem {
            Some(_) => line(""),
            None if entry.ecosystems.is_empty() => line(""),
            None => entry.ecosystems.iter().for_each(|ecosystem| line(&format!("{ecosystem}/"))),
        }
    }
    out.into_bytes()
}
