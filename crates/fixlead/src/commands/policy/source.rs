//! Where the text of a policy comes from: built in, or a file.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use fixlead_core::policy::{Document, Policy, PolicyError, compile, document, library};
use fixlead_core::text;

/// A policy that cannot be read: which one, where and why.
#[derive(Debug)]
pub struct Unreadable {
    /// The policy as it was named: an id or a file.
    pub policy: String,
    /// What is wrong with it.
    pub error: PolicyError,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", text::file(&self.policy), self.error)
    }
}

impl From<Unreadable> for String {
    fn from(unreadable: Unreadable) -> String {
        unreadable.to_string()
    }
}

/// A policy with the documents it was made from.
pub struct Source {
    /// The policy itself.
    pub base: Document,
    /// What is laid over it.
    pub overlays: Vec<Document>,
    /// What they come to.
    pub policy: Policy,
}

/// Reads a whole file of at most so many bytes, without waiting on anything
/// that is not a file. A complaint does not name the file.
pub fn read_text(path: &Path, most: usize) -> Result<String, String> {
    if path.as_os_str() == "-" {
        let input = std::io::stdin().lock();
        return read_whole(input, most);
    }
    let metadata = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
    if metadata.is_dir() {
        return Err("is a directory; name a file in it".to_owned());
    }
    if !metadata.is_file() {
        return Err("is not a file; save its text to one first".to_owned());
    }
    if metadata.len() > most as u64 {
        return Err(format!("{} bytes, at most {most} are read", metadata.len()));
    }
    let file = File::open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    read_whole(file, most)
}

/// Everything up to a bound, as text.
fn read_whole(source: impl Read, most: usize) -> Result<String, String> {
    let mut bytes = Vec::new();
    source
        .take(most as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > most {
        return Err(format!("more than {most} bytes, at most that many are read"));
    }
    String::from_utf8(bytes).map_err(|error| {
        format!("byte {} is not UTF-8; save the file as UTF-8", error.utf8_error().valid_up_to())
    })
}

/// The text of a policy by its built-in id, or from the file of that name.
pub fn text(id: &str) -> Result<String, Unreadable> {
    if let Some(text) = library::built_in(id) {
        return Ok(text.to_owned());
    }
    let unreadable =
        |message: String| Unreadable { policy: id.to_owned(), error: PolicyError::anywhere(message) };
    let path = Path::new(id);
    if !path.exists() {
        let known: Vec<&str> = library::BUILT_IN.iter().map(|(id, _)| *id).collect();
        return Err(unreadable(format!(
            "neither a built-in policy ({}) nor a file{}",
            known.join(", "),
            library::hint(id)
        )));
    }
    read_text(path, document::MOST_BYTES).map_err(unreadable)
}

/// A policy's document by its built-in id, or from the file of that name.
pub fn document(id: &str) -> Result<Document, Unreadable> {
    Document::parse(&text(id)?).map_err(|error| Unreadable { policy: id.to_owned(), error })
}

/// A policy with overlays and parameter values.
pub fn policy(id: &str, overlays: &[String], values: &[(String, String)]) -> Result<Policy, Unreadable> {
    read(id, overlays, values).map(|source| source.policy)
}

/// A policy with overlays and parameter values, and its documents.
pub fn read(id: &str, overlays: &[String], values: &[(String, String)]) -> Result<Source, Unreadable> {
    let base = document(id)?;
    let documents = overlays.iter().map(|id| document(id)).collect::<Result<Vec<_>, _>>()?;
    laid_over(id, base, overlays, documents, values)
}

/// Lays overlays over a policy; a complaint names the one it is about.
pub fn laid_over(
    id: &str,
    base: Document,
    names: &[String],
    overlays: Vec<Document>,
    values: &[(String, String)],
) -> Result<Source, Unreadable> {
    let over: Vec<&Document> = overlays.iter().collect();
    match compile(&base, &over, values) {
        Ok(policy) => Ok(Source { base, overlays, policy }),
        Err(error) => {
            let own = |document: &Document| {
                let its_id = document.one("policy").and_then(|policy| policy.text("id"));
                its_id == Some(error.policy.as_str())
            };
            let concerned = names.iter().zip(&overlays).find(|(_, document)| own(document) && !own(&base));
            let policy = concerned.map_or(id, |(name, _)| name.as_str()).to_owned();
            Err(Unreadable { policy, error })
        }
    }
}
