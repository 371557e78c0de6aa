//! Advisories as a tree of files that any web server can give to everybody.
//!
//! [`tree`] makes it: who publishes ([`provider`]) and the sources of all
//! advisories go in, paths with their bytes come out, and of what was made
//! before only what changed. [`checker`] answers whether a version is affected.
//! [`verify`] holds a tree against its own hashes and signatures. [`openpgp`]
//! makes and checks signatures.
//!
//! Nothing in this crate reads a file, a clock or a socket, or draws a random
//! number. The same sources give the same bytes, signatures included.

pub mod checker;
pub mod content;
pub mod csaf;
pub mod openpgp;
pub mod provider;
pub mod site;
pub mod tree;
pub mod verify;
pub mod zip;

mod entry;
mod feeds;
mod osv;
