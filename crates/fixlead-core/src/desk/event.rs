//! The case log: what the desk records of a case beside the events that the
//! policy looks at.
//!
//! An [`Entry`] says when something was recorded, by whom, and what. Events of
//! [`crate::case`] stand in it in their own form, with their own `at`: when
//! they happened is one thing, when somebody wrote it down another. People
//! are named by their ids throughout, so that a log holds no names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::form::{CreditWish, Detail};
use super::wire::{Body, Line, Sha256};
use crate::access::Role;
use crate::case::event::vocabulary;
use crate::case::{self, Project};
use crate::id::{BlobId, CaseId, GrantId, MessageId, OfferId, OrganisationId, PersonId, ProjectId};
use crate::time::Instant;

vocabulary! {
    /// A room of a case.
    Room {
        Internal = "internal",
        Reporter = "reporter",
        Guest = "guest",
    }
}

vocabulary! {
    /// Whether a report came in private or in public.
    Visibility {
        Private = "private",
        Public = "public",
    }
}

vocabulary! {
    /// What a second person has to confirm.
    Second {
        Publication = "publication",
        Erasure = "erasure",
    }
}

/// Who recorded something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The installation itself.
    System,
    /// A person.
    Person(PersonId),
}

/// A policy, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Its id.
    pub policy: Line,
    /// Its version.
    pub version: Line,
    /// The SHA-256 over its text and those of its overlays.
    pub sha256: Sha256,
    /// Its overlays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<Line>,
    /// Values for its parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Line>,
}

/// What the desk adds to the vocabulary of [`case::EventKind`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are the names they stand for in the log")]
pub enum DeskEvent {
    /// The first entry of every case.
    #[serde(rename = "case.opened")]
    CaseOpened {
        case: CaseId,
        organisation: OrganisationId,
        project: ProjectId,
        title: Line,
        policy: Pin,
        facts: Project,
    },
    /// What was reported.
    #[serde(rename = "report.content")]
    ReportContent {
        title: Line,
        body: Body,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reporter: Option<PersonId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credit: Option<Line>,
        /// What the project asked for besides.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        details: Vec<Detail>,
        /// How the reporter wants to be thanked, where it is more than a name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wish: Option<CreditWish>,
    },
    /// A reporter wants to be thanked otherwise than they said before.
    #[serde(rename = "credit.wished")]
    CreditWished { person: PersonId, wish: CreditWish },
    /// A message in a room.
    #[serde(rename = "message.posted")]
    MessagePosted {
        id: MessageId,
        room: Room,
        body: Body,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<MessageId>,
    },
    /// A file in a room.
    #[serde(rename = "attachment.added")]
    AttachmentAdded { blob: BlobId, room: Room, name: Line, size: u64, sha256: Sha256 },
    /// A role in this case.
    #[serde(rename = "grant.given")]
    GrantGiven {
        grant: GrantId,
        person: PersonId,
        role: Role,
        reason: Line,
        from: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// A role that ends at another time, or at none.
    #[serde(rename = "grant.moved")]
    GrantMoved {
        grant: GrantId,
        reason: Line,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// A role taken back.
    #[serde(rename = "grant.revoked")]
    GrantRevoked { grant: GrantId, reason: Line },
    /// A conflict of interest.
    #[serde(rename = "person.recused")]
    PersonRecused { person: PersonId, reason: Line },
    /// A conflict of interest that is over.
    #[serde(rename = "recusal.lifted")]
    RecusalLifted { person: PersonId, reason: Line },
    /// Standing grants no longer reach the case.
    #[serde(rename = "case.restricted")]
    CaseRestricted { reason: Line },
    /// They do again.
    #[serde(rename = "case.unrestricted")]
    CaseUnrestricted { reason: Line },
    /// The Fix Lead offers the lead to somebody.
    #[serde(rename = "handoff.offered")]
    HandoffOffered { offer: OfferId, to: PersonId, reason: Line },
    /// They take it.
    #[serde(rename = "handoff.accepted")]
    HandoffAccepted { offer: OfferId },
    /// They do not.
    #[serde(rename = "handoff.declined")]
    HandoffDeclined { offer: OfferId, reason: Line },
    /// Somebody was reminded of a duty.
    #[serde(rename = "duty.reminded")]
    DutyReminded(Reminder),
    /// Others were told that a duty is not done.
    #[serde(rename = "duty.escalated")]
    DutyEscalated(Reminder),
    /// Another policy, or another version of it.
    #[serde(rename = "policy.moved")]
    PolicyMoved { policy: Pin, reason: Line },
    /// The facts of the project as they are now.
    #[serde(rename = "facts.moved")]
    FactsMoved { facts: Project, reason: Line },
    /// Somebody read something that a report on who knew has to name.
    #[serde(rename = "read.recorded")]
    ReadRecorded { person: PersonId, action: Line },
    /// A note of the team.
    #[serde(rename = "note.added")]
    NoteAdded { text: Body },
    /// The case may not be erased, however old it is.
    #[serde(rename = "hold.placed")]
    HoldPlaced { reason: Line },
    /// It may be again.
    #[serde(rename = "hold.lifted")]
    HoldLifted { reason: Line },
    /// Evidence that something was done.
    #[serde(rename = "evidence.added")]
    EvidenceAdded {
        duty: Line,
        text: Line,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Line>,
    },
    /// Something that a second person has to confirm.
    #[serde(rename = "second.asked")]
    SecondAsked {
        offer: OfferId,
        what: Second,
        sha256: Sha256,
        reason: Line,
        /// Why it is done although the policy holds it, if it does when it is confirmed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        although: Option<Line>,
    },
    /// A second person confirmed it.
    #[serde(rename = "second.confirmed")]
    SecondConfirmed { offer: OfferId },
    /// The advisory, as it was written: the whole of its source.
    #[serde(rename = "advisory.written")]
    AdvisoryWritten { source: Body },
    /// The advisory was made public, exactly as it stood.
    #[serde(rename = "advisory.published")]
    AdvisoryPublished { sha256: Sha256 },
    /// Another case was merged into this one. Who reported it, and when, is kept.
    #[serde(rename = "case.absorbed")]
    CaseAbsorbed {
        case: CaseId,
        reported: Instant,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reporters: Vec<PersonId>,
        reason: Line,
    },
    /// A private repository for the fix was made.
    #[serde(rename = "fix.opened")]
    FixOpened {
        /// What it was made from, as the installation names it.
        from: Line,
    },
    /// Somebody put commits into it.
    #[serde(rename = "fix.pushed")]
    FixPushed(Push),
    /// The project's own checks were run on a commit of it.
    #[serde(rename = "fix.checked")]
    FixChecked(Run),
    /// A change with the lines of an embargoed fix was found in public.
    #[serde(rename = "leak.suspected")]
    LeakSuspected(Sighting),
    /// Somebody looked at it: it is no leak.
    #[serde(rename = "leak.dismissed")]
    LeakDismissed { commit: Line, reason: Line },
    /// Somebody is thanked for this case, also when they reported another that
    /// was merged into it.
    #[serde(rename = "credit.given")]
    CreditGiven {
        name: Line,
        role: Line,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
    },
}

/// That a branch of the private repository of a fix moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The branch of the project that the commits are for.
    pub branch: Line,
    /// The commit that was its end; none where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Line>,
    /// The commit that is its end now.
    pub to: Line,
    /// The commits that came with it, parents first.
    pub commits: Vec<Line>,
    /// The commits that were made out of others of the fix for this branch, each
    /// behind the one that it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub picked: Vec<(Line, Line)>,
}

vocabulary! {
    /// How a run of a project's own checks ended.
    RunOutcome {
        Passed = "passed",
        Failed = "failed",
        TimedOut = "timed-out",
        NotRun = "not-run",
    }
}

/// That the project's own checks were run on a commit of the fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The branch of the project that it is for.
    pub branch: Line,
    /// The commit.
    pub commit: Line,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The exit code, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The end of what it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Body>,
}

/// A public change that says what an embargoed fix says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// The public commit.
    pub commit: Line,
    /// The commit of the fix that it resembles.
    pub of: Line,
    /// Where it was found: the repository as the installation names it.
    pub place: Line,
    /// How it resembles it.
    pub how: Line,
}

/// That somebody was told of a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// The duty.
    pub duty: Line,
    /// Its branch or channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Line>,
    /// The due it was told for; another due begins the ladder anew.
    pub due: Instant,
    /// Which rung of the ladder, from 0.
    pub rung: u8,
    /// The role that was told.
    pub to: Line,
}

/// Something that happened in a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// What the policy looks at.
    Case(case::Event),
    /// What only the desk looks at.
    Desk(Box<DeskEvent>),
}

/// What was recorded, by whom and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it was recorded.
    pub at: Instant,
    /// By whom.
    pub by: By,
    /// What.
    pub event: Happening,
}

impl From<case::Event> for Happening {
    fn from(event: case::Event) -> Self {
        Happening::Case(event)
    }
}

impl From<DeskEvent> for Happening {
    fn from(event: DeskEvent) -> Self {
        Happening::Desk(Box::new(event))
    }
}
