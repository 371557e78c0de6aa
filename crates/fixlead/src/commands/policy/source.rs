//! Where the text of a policy comes from: built in, or a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use fixlead_core::policy::{Document, Policy, compile, document, library};

/// Reads a whole file of at most so many bytes, without waiting on anything
/// that is not a file.
pub fn read_file(path: &Path, most: usize) -> Result<String, String> {
    let name = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("{name}: is not a file"));
    }
    if metadata.len() > most as u64 {
        return Err(format!("{name}: {} bytes, at most {most} are read", metadata.len()));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    let file = File::open(path).map_err(|error| format!("{name}: cannot be opened: {error}"))?;
    file.take(most as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{name}: cannot be read: {error}"))?;
    if bytes.len() > most {
        return Err(format!("{name}: more than {most} bytes, at most that many are read"));
    }
    String::from_utf8(bytes).map_err(|error| {
        format!("{name}: byte {} is not UTF-8; save the file as UTF-8", error.utf8_error().valid_up_to())
    })
}

/// A policy's document by its built-in id, or from the file of that name.
pub fn document(id: &str) -> Result<Document, String> {
    if let Some(text) = library::built_in(id) {
        return Document::parse(text).map_err(|error| format!("{id}: {error}"));
    }
    let path = Path::new(id);
    if !path.exists() {
        let known: Vec<&str> = library::BUILT_IN.iter().map(|(id, _)| *id).collect();
        return Err(format!("`{id}` is neither a built-in policy ({}) nor a file", known.join(", ")));
    }
    let text = read_file(path, document::MOST_BYTES)?;
    Document::parse(&text).map_err(|error| format!("{id}: {error}"))
}

/// A policy with overlays and parameter values.
pub fn policy(id: &str, overlays: &[String], values: &[(String, String)]) -> Result<Policy, String> {
    let base = document(id)?;
    let overlays: Vec<Document> = overlays.iter().map(|id| document(id)).collect::<Result<_, _>>()?;
    let overlays: Vec<&Document> = overlays.iter().collect();
    compile(&base, &overlays, values).map_err(|error| format!("{id}: {error}"))
}
