//! What the desk does.
//!
//! A use case a file: who asks, whether they may, what the core decides, what
//! is appended. Nothing here speaks HTTP or SQL, reads a clock or draws a
//! random number of its own; all of that comes in from whoever calls and from the
//! store.
//!
//! - [`accounts`]: who signs in, sessions, tokens, links that work once.
//! - [`problem`]: why a use case was refused.
//! - [`search`]: an index in memory over what cases say.
//! - [`signin`]: passwords, second factors, recovery codes, bearer secrets.

pub mod accounts;
pub mod problem;
pub mod search;
pub mod signin;
