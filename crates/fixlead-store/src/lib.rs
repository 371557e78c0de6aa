//! What Fixlead keeps, on SQLite or PostgreSQL: sealed streams of events, the
//! lists and work that follow from them, attachments, small records; and a
//! tamper-evident log of it all.
//!
//! - [`Store`]: the verbs. Each is written for both engines.
//! - [`append`]: what an append brings. [`seal`]: sealing and keys.
//!   [`log`]: hashes, signed heads, verification.
//! - `batch` judges the appends of one commit for both engines; `sqlite` and
//!   `postgres` hold nothing but statements.
//!
//! The store has no clock and no randomness of its own ([`world`]), knows no
//! event's meaning, and asks for a permit before it touches a stream. Below
//! [`Store`] there is only ciphertext.

pub mod append;
pub mod backup;
mod batch;
mod check;
pub mod copy;
mod dump;
mod engine;
mod error;
mod files;
mod follow;
mod hex;
#[cfg(feature = "test-hooks")]
#[doc(hidden)]
pub mod hooks;
pub mod log;
mod postgres;
mod prepare;
mod rebuild;
mod rows;
pub mod seal;
mod sqlite;
mod store;
mod stream;
mod tables;
pub mod world;

pub use append::{
    Append, Idempotency, Joint, Lane, Lease, ListChange, NewBlob, Outcome, RecordChange, Sort, WorkChange,
};
pub use copy::{CopyKey, Moment};
pub use error::{Error, Result};
pub use follow::Follow;
pub use rebuild::{Beside, ListName};
pub use rows::Followed;
pub use seal::Secret;
pub use seal::keyring::{Keyring, Readers};

pub use store::{Again, Blob, Event, Head, ListRow, Loaded, Location, Page, Record, Store, Work};
pub use world::{Clock, Random};
