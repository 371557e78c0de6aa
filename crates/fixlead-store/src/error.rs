//! What can go wrong, in words for whoever runs the desk. No message holds
//! content of a case, a key, or a password.

use std::fmt;

/// A verb of the store that did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database did not take it or did not answer. Whether it happened may
    /// be unknown; the same request with its idempotency key may be repeated.
    #[error("the database is not available: {0}; try again")]
    Unavailable(String),
    /// The stream was erased.
    #[error("the content of {0} was erased")]
    Erased(String),
    /// There is no such thing.
    #[error("there is no {0}")]
    Missing(String),
    /// What is stored is not what was stored: somebody or something changed it.
    #[error("{0} does not open with its key: it was changed, moved or exchanged; run `fixlead log verify`")]
    Tampered(String),
    /// The installation key is missing, unfit or not the one that sealed this.
    #[error("{0}")]
    Key(String),
    /// The permit does not reach so far.
    #[error("the permit does not cover {0}")]
    NotPermitted(String),
    /// The request contradicts itself or is beyond a limit.
    #[error("{0}")]
    Refused(String),
    /// The database is of another kind or version than this program.
    #[error("{0}")]
    Schema(String),
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
}

impl Error {
    /// About a file.
    pub(crate) fn file(path: &std::path::Path, reason: impl fmt::Display) -> Self {
        Error::File { path: path.display().to_string(), reason: reason.to_string() }
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Unavailable(_))
    }

    /// A copy, for the others of a batch that failed together.
    pub(crate) fn again(&self) -> Self {
        match self {
            Error::Unavailable(why) => Error::Unavailable(why.clone()),
            other => Error::Unavailable(other.to_string()),
        }
    }
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, Error>;
