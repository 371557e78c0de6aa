//! Why a desk did not do what it was asked, as people read it.

use std::fmt;

use fixlead_core::text::short;
use serde_json::Value;

use crate::configuration::values::Origin;

/// The longest text of a desk that is repeated, in characters.
const MOST_TEXT: usize = 500;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// It could not be asked.
    Unreachable {
        /// Which desk.
        server: String,
        /// What the network said.
        why: String,
    },
    /// Whoever answered is no desk, or none of this kind.
    Strange {
        /// Which.
        server: String,
        /// The status of the answer.
        status: u16,
    },
    /// It refused, and said why.
    Refused(Box<Refused>),
    /// It was not asked: what was typed names nothing, or not one thing.
    Unclear(String),
}

/// What a desk said when it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The kind of the problem, like `held`.
    pub kind: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened, and what to do.
    pub detail: String,
    /// Places of the request, and what is wrong with them.
    pub places: Vec<(String, String)>,
    /// Clauses that hold it.
    pub clauses: Vec<String>,
    /// From when on it would be allowed.
    pub earliest: Option<String>,
    /// Who may override it.
    pub may_override: Vec<String>,
    /// Seconds to wait.
    pub retry_after: Option<u64>,
}

impl ClientError {
    pub(super) fn unreachable(server: &Origin, error: &ureq::Error) -> Self {
        ClientError::Unreachable { server: server.as_str().to_owned(), why: short(&error.to_string(), 200) }
    }

    /// Reads a problem document (RFC 9457).
    pub(super) fn refused(status: u16, document: &Value) -> Self {
        let text = |value: &Value| short(value.as_str().unwrap_or_default(), MOST_TEXT);
        let list = |key: &str| document[key].as_array().cloned().unwrap_or_default();
        let texts = |key: &str| list(key).iter().take(20).map(text).collect();
        let kind = text(&document["type"]);
        ClientError::Refused(Box::new(Refused {
            kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
            status,
            detail: text(&document["detail"]),
            places: list("errors")
                .iter()
                .take(20)
                .map(|place| (text(&place["pointer"]), text(&place["message"])))
                .collect(),
            clauses: texts("clauses"),
            earliest: document["earliest"].as_str().map(|instant| short(instant, 40)),
            may_override: texts("may_override"),
            retry_after: document["retry_after"].as_u64(),
        }))
    }

    /// Whether the answer is "no", and not that it could not be asked. A service outside that the
    /// desk has asked can say no as well (502).
    pub fn is_answer(&self) -> bool {
        matches!(self, ClientError::Refused(refused) if refused.status < 500 || refused.status == 502)
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Unreachable { server, why } => {
                write!(f, "{server} cannot be reached: {why}; is the desk running? --server names another")
            }
            ClientError::Strange { server, status } => write!(
                f,
                "{server} answered with status {status}, but not as a desk does; name the desk with --server"
            ),
            ClientError::Unclear(why) => f.write_str(why),
            ClientError::Refused(refused) => {
                let Refused { detail, places, clauses, earliest, may_override, retry_after, .. } = &**refused;
                match places.as_slice() {
                    [] => f.write_str(detail)?,
                    places => {
                        f.write_str("this does not make sense:")?;
                        for (pointer, message) in places {
                            let gap = if pointer.is_empty() { "" } else { ": " };
                            write!(f, "\n  {pointer}{gap}{message}")?;
                        }
                    }
                }
                match refused.kind.as_str() {
                    "step-up" => f.write_str("\n  on the command line, run `fixlead sign-in` again")?,
                    "unauthenticated" => {
                        f.write_str("\n  on the command line, run `fixlead sign-in`, or set FIXLEAD_TOKEN")?;
                    }
                    "forbidden" if detail.contains("with a token") => {
                        f.write_str(
                            "\n  on the command line, unset FIXLEAD_TOKEN and run `fixlead sign-in`",
                        )?;
                    }
                    _ => {}
                }
                if !clauses.is_empty() {
                    write!(f, "\n  held by {}", clauses.join(", "))?;
                }
                if let Some(earliest) = earliest {
                    write!(f, "\n  allowed from {earliest} on, if nothing else changes")?;
                }
                if !may_override.is_empty() {
                    write!(f, "\n  {} may override it with a reason", may_override.join(" or "))?;
                }
                if let Some(seconds) = retry_after {
                    write!(f, "\n  try again in {seconds} s")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ClientError {}
