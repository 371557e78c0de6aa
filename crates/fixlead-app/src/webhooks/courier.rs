//! The port behind which somebody really calls. What an answer means is for
//! [`super::deliver`]; here it is only told.

use std::future::Future;
use std::pin::Pin;

use super::address::Address;

/// What is to be brought somewhere, once.
#[derive(Clone)]
pub struct Letter {
    /// Where.
    pub address: Address,
    /// The id of the message, the same each time it is sent.
    pub id: String,
    /// When this is tried, in seconds since 1970-01-01T00:00:00Z.
    pub timestamp: i64,
    /// The signatures over id, timestamp and body.
    pub signature: String,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Somebody answered.
    Answered {
        /// The status of HTTP.
        status: u16,
        /// After how many seconds they want to be asked again.
        retry_after: Option<u32>,
    },
    /// It was sent, and nobody said that it came.
    Unknown,
    /// Nobody was there: it was not sent.
    Unreachable,
    /// Whoever was there could not show that it is them: it was not sent.
    Untrusted,
    /// The name stands for nothing: it was not sent.
    Unresolved,
    /// The address is not one that may be called: it was not sent.
    Forbidden,
}

/// Whoever brings letters. It follows nobody elsewhere, takes its time only up
/// to [`super::deliver::PATIENCE`], and asks nobody twice.
pub trait Courier: Send + Sync + 'static {
    /// Brings one.
    fn bring(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Sent> + Send + '_>>;
}
