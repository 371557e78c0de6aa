//! Why git could not be asked, or what it could not answer.

use std::io;
use std::path::PathBuf;

use fixlead_core::text::{echo, file};

/// A result whose error is this crate's.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no repository at a path.
    #[error("{}: no git repository; name the directory that holds `.git`, or a bare repository", shown(.0))]
    NotARepository(PathBuf),
    /// History was cut off, so that no answer about it would be right.
    #[error(
        "{}: a shallow clone, whose history is cut off; fetch the rest with `git -C {} fetch --unshallow`",
        shown(.0), shown(.0)
    )]
    Shallow(PathBuf),
    /// Repositories of one question name objects differently.
    #[error("{}: names objects with {}, the other repositories with {}; ask about them one by one", shown(.0), .1, .2)]
    Formats(PathBuf, &'static str, &'static str),
    /// A revision names nothing.
    #[error("`{}`: no commit of that name in the repositories given; `git log` shows what there is", echo(.0))]
    UnknownRevision(String),
    /// A revision names different commits in different repositories.
    #[error("`{}`: names different commits in {} and {}; write the commit's id", echo(.0), shown(.1), shown(.2))]
    Ambiguous(String, PathBuf, PathBuf),
    /// A series is not written `A..B`.
    #[error("`{}`: {}", echo(.0), .1)]
    Series(String, String),
    /// No branch has the name or fits the pattern.
    #[error("`{}`: no branch of that name in the repositories given; `git branch --all` shows what there is", echo(.0))]
    UnknownBranch(String),
    /// An object is not there, as in a partial clone.
    #[error(
        "object {0} is missing, as in a partial clone; nothing is fetched on the way: \
         `git fetch --refetch --no-filter` brings everything, or use a full clone"
    )]
    MissingObject(String),
    /// git could not be started.
    #[error("git cannot be started: {0}; install git 2.40 or later")]
    Start(io::Error),
    /// git said no.
    #[error("`git {what}` failed: {message}")]
    Git {
        /// The subcommand.
        what: String,
        /// The first line that it wrote about it.
        message: String,
    },
    /// git took too long.
    #[error("`git {what}` took longer than {seconds} s and was stopped; give it more time with --timeout")]
    TooLong {
        /// The subcommand.
        what: String,
        /// The bound, in seconds.
        seconds: u64,
    },
    /// git wrote too much.
    #[error("`git {what}` wrote more than {most} bytes and was stopped; ask about less at once")]
    TooMuch {
        /// The subcommand.
        what: String,
        /// The bound, in bytes.
        most: usize,
    },
    /// git wrote what this version does not know.
    #[error("`git {what}` wrote what cannot be read: {detail}")]
    Unexpected {
        /// The subcommand.
        what: String,
        /// What was there.
        detail: String,
    },
    /// A commit graph is damaged.
    #[error("{}: {}; `git commit-graph verify` says more, `git commit-graph write --reachable` makes it anew", shown(.0), .1)]
    Graph(PathBuf, String),
    /// A file or directory cannot be read or written.
    #[error("{}: {}", shown(.0), .1)]
    File(PathBuf, io::Error),
    /// A file does not say what it should.
    #[error("{}:{line}: {message}", shown(.file))]
    Line {
        /// Which.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// What was expected.
        message: String,
    },
}

fn shown(path: &std::path::Path) -> String {
    file(&path.display().to_string())
}

impl Error {
    /// An error about a file or directory.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        move |error| Error::File(path.into(), error)
    }

    /// What git wrote on its standard error when it failed.
    pub(crate) fn from_git(what: &str, messages: &[u8]) -> Error {
        let messages = String::from_utf8_lossy(messages);
        if let Some(object) = missing_object(&messages) {
            return Error::MissingObject(object);
        }
        let says = |line: &&str| !line.trim().is_empty() && !line.starts_with("hint:");
        let line = messages.lines().find(says).unwrap_or("it said nothing");
        let line = line.trim_start_matches("fatal: ").trim_start_matches("error: ");
        Error::Git { what: what.to_owned(), message: fixlead_core::text::short(line, 300) }
    }
}

/// The id in a message of git's that an object cannot be read.
fn missing_object(messages: &str) -> Option<String> {
    const SIGNS: &[&str] = &[
        "unable to read ",
        "missing blob",
        "missing object",
        "bad object",
        "Could not read",
        "could not fetch",
        "lazy fetching disabled",
        "unable to find",
    ];
    let line = messages.lines().find(|line| SIGNS.iter().any(|sign| line.contains(sign)))?;
    let mut words = line.split(|letter: char| !letter.is_ascii_hexdigit());
    words.find(|word| word.len() == 40 || word.len() == 64).map(str::to_owned)
}
