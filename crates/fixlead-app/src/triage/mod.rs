//! What is decided about a report that came in, and what its reporter is
//! answered.
//!
//! - [`answers`]: the texts that a project answers with, and what they are
//!   filled with. Nothing is sent that nobody has seen.
//! - [`decide`]: a decision, its answer and what follows from it, in one commit.
//! - [`scrub`]: a report as the text of a public issue.
//! - [`several`]: the same for several cases, and what became of each.

pub mod answers;
pub mod decide;
pub mod scrub;
pub mod several;

use fixlead_core::desk::event::{DeskEvent, Happening};

use crate::case::kept::Kept;

/// What is done about a report that came in: it is acknowledged, or it is decided
/// what it is. The names of decisions are those of the policy's vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is what it says")]
pub enum Decision {
    Acknowledge,
    Valid,
    Duplicate,
    DefenseInDepth,
    NotAVulnerability,
    OutOfScope,
    NotReproducible,
    AlreadyPublic,
}

impl Decision {
    /// All of them, in the order in which people think of them.
    pub const ALL: [Decision; 8] = [
        Decision::Acknowledge,
        Decision::Valid,
        Decision::Duplicate,
        Decision::DefenseInDepth,
        Decision::NotAVulnerability,
        Decision::OutOfScope,
        Decision::NotReproducible,
        Decision::AlreadyPublic,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Decision::Acknowledge => "acknowledge",
            Decision::Valid => "valid",
            Decision::Duplicate => "duplicate",
            Decision::DefenseInDepth => "defense-in-depth",
            Decision::NotAVulnerability => "not-a-vulnerability",
            Decision::OutOfScope => "out-of-scope",
            Decision::NotReproducible => "not-reproducible",
            Decision::AlreadyPublic => "already-public",
        }
    }

    /// The one of this name.
    pub fn parse(name: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.name() == name)
    }

    /// Whether there is nothing left to do afterwards, so that the case is
    /// usually closed with it.
    pub const fn ends(self) -> bool {
        matches!(self, Decision::NotAVulnerability | Decision::OutOfScope | Decision::NotReproducible)
    }
}

/// What was reported, if anything was.
pub(crate) fn report_of(kept: &Kept) -> Option<&DeskEvent> {
    kept.entries.iter().find_map(|entry| match &entry.event {
        Happening::Desk(event) if matches!(**event, DeskEvent::ReportContent { .. }) => Some(&**event),
        _ => None,
    })
}
