//! The tamper-evident log. Hashes go over ciphertext, so whoever checks them
//! needs no key, and they outlive the erasure of content.
//!
//! An event's hash covers the event before it in its stream. Each commit adds
//! one entry to the chain of the installation; the entry covers the entry
//! before it and every event of the commit. Heads of that chain are signed and
//! given to witnesses.
//!
//! - `hash`: what exactly is hashed.
//! - [`head`]: signed heads, and the witness file.
//! - [`verify`](mod@verify): checks all of it, and says where it is wrong.

pub(crate) mod hash;
pub mod head;
pub mod timestamp;
pub mod verify;
pub mod witness;

pub use head::SignedHead;
pub use timestamp::Timestamp;
pub use verify::{Fault, Verified};
pub use witness::{Sending, WitnessFile};
