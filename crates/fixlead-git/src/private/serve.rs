//! Fetching over HTTP: git's own `http-backend`, under our settings, which does
//! nothing but what `git fetch` and `git clone` need.

use std::io::BufRead;

use super::Private;
use crate::error::{Error, Result};

/// A request of a git that fetches (gitprotocol-http).
#[derive(Clone, Debug)]
pub struct Fetch {
    /// What it sends; nothing where it asks which branches there are.
    pub body: Option<Vec<u8>>,
    /// Whether the body is packed with gzip.
    pub gzip: bool,
    /// The version of the protocol that it speaks, as in the header `Git-Protocol`.
    pub protocol: String,
}

/// How much is read at a time, in bytes.
const PART: usize = 64 * 1024;

impl Private {
    /// Answers it: the type of the answer first, then its bytes, part by part, until
    /// the reader wants no more.
    ///
    /// # Errors
    /// When git does not answer, or nobody reads on.
    pub fn serve(
        &self,
        fetch: &Fetch,
        head: impl FnOnce(&str) -> bool,
        mut part: impl FnMut(Vec<u8>) -> bool,
    ) -> Result<()> {
        let (method, path, query) = match fetch.body {
            None => ("GET", "/info/refs", "service=git-upload-pack"),
            Some(_) => ("POST", "/git-upload-pack", ""),
        };
        let body = fetch.body.as_deref().unwrap_or_default();
        let protocol: String = fetch
            .protocol
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || "=:".contains(*letter))
            .take(64)
            .collect();
        let git = self
            .git
            .told("GIT_PROJECT_ROOT", &self.directory)
            .told("GIT_HTTP_EXPORT_ALL", "1")
            .told("REQUEST_METHOD", method)
            .told("PATH_INFO", path)
            .told("QUERY_STRING", query)
            .told("CONTENT_TYPE", "application/x-git-upload-pack-request")
            .told("CONTENT_LENGTH", body.len().to_string())
            .told("HTTP_CONTENT_ENCODING", if fetch.gzip { "gzip" } else { "" })
            .told("GIT_PROTOCOL", &protocol)
            .told("HTTP_GIT_PROTOCOL", protocol);
        git.stream(&["http-backend"], body, |out| {
            let kind = headers(out)?;
            let gone = || Error::Start(std::io::ErrorKind::BrokenPipe.into());
            if !head(&kind) {
                return Err(gone());
            }
            let mut buffer = vec![0; PART];
            loop {
                match out.read(&mut buffer).map_err(Error::Start)? {
                    0 => return Ok(()),
                    read if part(buffer[..read].to_vec()) => {}
                    _ => return Err(gone()),
                }
            }
        })
    }
}

/// Reads the headers of a CGI program to their end, and gives the type of what
/// follows (RFC 3875, section 6).
pub(crate) fn headers(out: &mut dyn BufRead) -> Result<String> {
    let unexpected =
        |detail: &str| Error::Unexpected { what: "http-backend".to_owned(), detail: detail.to_owned() };
    let mut kind = String::new();
    for _ in 0..32 {
        let mut line = String::new();
        let mut limited = std::io::Read::take(&mut *out, 4096);
        limited.read_line(&mut line).map_err(Error::Start)?;
        let line = line.trim_end();
        match line.split_once(": ") {
            Some(("Status", status)) if !status.starts_with("200") => return Err(unexpected(status)),
            Some(("Content-Type", value)) => kind = value.to_owned(),
            Some(_) => {}
            None if line.is_empty() && !kind.is_empty() => return Ok(kind),
            None => break,
        }
    }
    Err(unexpected("no headers"))
}
