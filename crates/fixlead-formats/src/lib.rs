//! One advisory, every format.
//!
//! A person writes one file, `CASE.toml`; [`source`] reads it strictly and
//! [`lint`] says what no schema can: versions out of order, a score that is
//! none, links that nobody outside may see. Each document is made from it and
//! nothing else, by the module of its format. [`validate`] judges documents,
//! whoever made them, and [`facts`] reads them back: what one of them says
//! is what the source says. [`import`] goes the other way.
//!
//! Nothing in this crate reads a file, a clock or a socket, and the same
//! source always gives the same bytes.

pub mod atom;
pub mod check;
pub mod cwe;
pub mod facts;
pub mod format;
pub mod html;
pub mod import;
pub mod lint;
pub mod purl;
pub mod source;
pub mod tell;
pub mod validate;
pub mod version;

mod csaf;
mod cve;
mod ghsa;
mod json;
mod mail;
mod openvex;
mod osv;
mod words;
