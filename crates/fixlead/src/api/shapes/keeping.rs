//! Witnesses, timestamps, and what was kept long enough; docs/formats/witness.md
//! says what is signed.

use utoipa::ToSchema;

use super::{Bytes16, Bytes32, Bytes64, Id, Moment};

/// The end of a log, signed.
#[derive(ToSchema)]
pub struct HeadShape {
    /// Whose log.
    installation: Bytes16,
    /// The number of the last entry.
    number: u64,
    /// The position of the last event.
    position: u64,
    /// When it was signed, in milliseconds since 1970.
    at: i64,
    /// The hash of the last entry.
    hash: Bytes32,
    /// The public key that verifies the signature.
    key: Bytes32,
    /// The signature.
    signature: Bytes64,
}

/// A letter with signed heads.
#[derive(ToSchema)]
pub struct LetterShape {
    /// Who sends.
    installation: Bytes16,
    /// The public key of their log.
    key: Bytes32,
    /// The public URL of whom it is for.
    to: String,
    /// When it was signed, in milliseconds since 1970.
    at: i64,
    /// The heads, by number; at most 100.
    heads: Vec<HeadShape>,
    /// The number of a kept head that the sender's log does not know.
    disputes: Option<u64>,
    /// The signature.
    signature: Bytes64,
}

/// A signed timestamp of a report.
#[derive(ToSchema)]
pub struct TimestampShape {
    /// SHA-256 over the title, a line feed and the text of the report.
    report: Bytes32,
    /// When it was recorded, in milliseconds since 1970.
    recorded: i64,
    /// Its place in the log.
    position: u64,
    /// The hash of its event.
    event: Bytes32,
    /// The first signed head that covers it.
    head: HeadShape,
    /// The signature.
    signature: Bytes64,
}

/// Closed cases that were kept long enough, or soon will be.
#[derive(ToSchema)]
pub struct Ending {
    /// All of them, at most 200; the one that may go first before all.
    items: Vec<EndingCase>,
}

/// A closed case that was kept long enough, or soon will be.
#[derive(ToSchema)]
pub struct EndingCase {
    /// The case.
    case: Id,
    /// Its project.
    project: Id,
    /// Since when it is closed.
    closed: Moment,
    /// Until when it is kept.
    until: Moment,
    /// Whether that is over, and was announced in time.
    is_due: bool,
    /// Whether a hold keeps it all the same.
    held: bool,
    /// Who has asked that it be erased: `you`, or `another`, whom you can confirm.
    #[schema(required)]
    asked: Option<String>,
}

/// What became of each case.
#[derive(ToSchema)]
pub struct Erasures {
    /// In the order in which they were named.
    items: Vec<ErasureDone>,
}

/// What became of a case.
#[derive(ToSchema)]
pub struct ErasureDone {
    /// The case.
    case: Id,
    /// Whether it was done.
    done: bool,
    /// Why not.
    why: Option<String>,
}
