//! A policy made ready for the plan: names resolved, parameters filled in.

use super::expression::{Class, Expression, Severity};
use crate::case::event::{Action, EventKind};
use crate::case::project::{BranchClass, OwnersRule};
use crate::time::Span;

/// Place of a clause id in [`Policy::clauses`].
pub type ClauseIndex = u16;

/// The clauses a rule cites; the first is the one a finding names.
pub type Clauses = Box<[ClauseIndex]>;

/// What every rule has.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    /// Its id.
    pub id: Box<str>,
    /// The clauses it executes.
    pub clauses: Clauses,
    /// It in a sentence, parameters filled in.
    pub say: Box<str>,
}

/// For what a duty arises once each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// The case.
    Case,
    /// Affected supported branches.
    Supported,
    /// Affected development branches.
    Development,
    /// Affected branches other than those out of support.
    Maintained,
    /// The channels of the policy.
    Channel,
}

/// An instant that deadlines are counted from.
#[derive(Clone, Debug, PartialEq)]
pub enum Anchor {
    /// The disclosure of the case.
    Disclosure,
    /// The plan in force.
    Plan,
    /// The first measure made available to users.
    Mitigated,
    /// The first notice of any kind.
    FirstNotice,
    /// The upstream project's date.
    Upstream,
    /// The first public warning.
    Warned,
    /// The first announcement.
    Announced,
    /// The first release.
    Released,
    /// The first event of this type.
    Event(EventKind),
    /// When the duty at this place was done.
    Duty(usize),
    /// The first of these that is known.
    Known(Box<[Anchor]>),
    /// The earliest of those that are known.
    Earliest(Box<[Anchor]>),
}

/// When a duty is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// Never; elapsed time is reported.
    None,
    /// At most so long after the anchor.
    After {
        /// What it counts from.
        anchor: Anchor,
        /// Its name in the policy.
        name: Box<str>,
        /// How long after.
        span: Span,
    },
    /// At least so long before the anchor.
    Before {
        /// What it counts back from.
        anchor: Anchor,
        /// Its name in the policy.
        name: Box<str>,
        /// How long before.
        span: Span,
        /// Longer before than this is shown as a preference.
        most: Option<Span>,
    },
}

/// A duty.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// Who discharges it.
    pub who: Box<str>,
    /// When it applies.
    pub when: Expression,
    /// For what it arises.
    pub each: Each,
    /// Events that discharge it.
    pub done: Box<[EventKind]>,
    /// What must hold of such an event.
    pub filter: Expression,
    /// When it is due.
    pub window: Window,
    /// The span of its window as the policy or a parameter writes it, `PT24H`
    /// and not `P1D`; empty without a window.
    pub written: Box<str>,
    /// Excuses that shorten it, by place.
    pub excuses: Box<[usize]>,
    /// Whether a notice counts only for a release at or after what it states.
    pub states_bind: bool,
    /// Whether it is only encouraged: a case can be closed without it.
    pub encouraged: bool,
    /// The anchor after which it can no longer be done.
    pub missed: Option<Anchor>,
    /// The action that a closed gate would hold.
    pub action: Option<Action>,
}

/// Who is reminded of a duty, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct LadderRule {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// The duties it is for, by place; every duty if none is named.
    pub duties: Box<[usize]>,
    /// Whether it is only for duties that are encouraged, or that are not.
    pub encouraged: Option<bool>,
    /// In order of time, counted from the due: when, and who is told if it is
    /// not the holder.
    pub rungs: Box<[(Span, Option<Box<str>>)]>,
    /// How often the holder of a duty without a due is reminded, counted from
    /// the opening of the case.
    pub every: Option<Span>,
}

/// What a gate waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// A condition.
    Needs(Expression),
    /// An instant; the name is the anchor's.
    Until(Anchor, Box<str>),
    /// Not later than so long after the anchor.
    Within(Anchor, Box<str>, Span),
    /// The lead of the duty at this place.
    Lead(usize),
    /// The other gates of an action, apart from those at these places, and a
    /// plan for the same UTC day.
    StepOf(Action, Box<[usize]>),
}

/// A gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// What it holds.
    pub actions: Box<[Action]>,
    /// When it stands.
    pub when: Expression,
    /// What it waits for.
    pub wait: Wait,
    /// What a recorded event in its way is called.
    pub finding: FindingKind,
}

crate::case::event::vocabulary! {
    /// What kind of finding it is.
    FindingKind {
        Violation = "violation",
        Override = "override",
        Preference = "preference",
        Deviation = "deviation",
        StaleNotice = "stale-notice",
        Straddle = "straddle",
        WrongChannel = "wrong-channel",
        NoEffect = "no-effect",
        PolicySilent = "policy-silent",
        Strike = "strike",
        UnsetParameter = "unset-parameter",
    }
}

/// A reason that the policy itself accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Excuse {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// When it stands.
    pub when: Expression,
}

/// A decision that somebody may take under a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// The event that records it.
    pub event: EventKind,
    /// What must hold for it to have an effect.
    pub when: Expression,
    /// What must be on record before it has an effect.
    pub after: Option<EventKind>,
    /// The duties whose due it replaces, by place.
    pub duties: Box<[usize]>,
}

/// What is expected of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// The events it looks at.
    pub on: Box<[EventKind]>,
    /// When it looks.
    pub when: Expression,
    /// What it expects.
    pub needs: Expression,
    /// What it is called otherwise.
    pub finding: FindingKind,
}

crate::case::event::vocabulary! {
    /// How fast the case has to go.
    Mode {
        Normal = "normal",
        Asap = "asap",
        AsapProvisional = "asap-provisional",
        Slowed = "slowed",
        UpstreamBound = "upstream-bound",
    }
}

/// When a case is in a mode.
#[derive(Clone, Debug, PartialEq)]
pub struct ModeRule {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// The mode.
    pub mode: Mode,
    /// When it holds.
    pub when: Expression,
}

/// A rule that names something under a condition: a release path, a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// When it holds.
    pub when: Expression,
}

/// A class of cases.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassRule {
    /// Clauses and sentence.
    pub heading: Heading,
    /// What such a case is called.
    pub class: Class,
    /// Which branches it affects.
    pub affects: BranchClass,
}

/// The recommended instants of an announcement.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Clauses and sentence.
    pub heading: Heading,
    /// Time of day, UTC.
    pub at: Span,
    /// Whether each day of the week, Monday first, has one.
    pub days: [bool; 7],
}

/// How scores are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Scoring {
    /// Clauses and sentence.
    pub heading: Heading,
    /// The CVSS versions the policy names.
    pub versions: Box<[Box<str>]>,
    /// Thresholds that decide something, in hundredths.
    pub thresholds: Box<[u16]>,
}

/// Who must have given an LGTM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LgtmRule {
    /// So many of the maintainers for each commit.
    Maintainers(u8),
    /// People listed in OWNERS.
    Owners(OwnersRule),
}

/// Where the names of a role come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Roster {
    /// The project's maintainers.
    Maintainers,
    /// The project's responders.
    Responders,
    /// The people added to the case.
    Added,
    /// Everybody of another role.
    Role(Box<str>),
}

/// A role.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Id, clauses, sentence.
    pub heading: Heading,
    /// Where its names come from.
    pub rosters: Box<[Roster]>,
}

/// A parameter as it is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Id and clauses; the sentence is the reason.
    pub heading: Heading,
    /// Its value, if it has one.
    pub value: Option<Box<str>>,
}

/// A policy with its overlays, ready for the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over the texts of the policy and its overlays, in hexadecimal.
    pub sha256: String,
    /// Its title.
    pub title: String,
    /// The ids of its overlays.
    pub overlays: Vec<String>,
    /// All clause ids that rules cite.
    pub clauses: Vec<Box<str>>,
    /// Parameters in the order of the file.
    pub parameters: Vec<Parameter>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Whether a missed window is a violation, and the clauses that say so.
    pub windows: Option<(Heading, bool)>,
    /// Severity bands from the lowest: where each begins, in hundredths.
    pub bands: Vec<(Severity, u16, Clauses)>,
    /// How scores are read.
    pub scoring: Option<Scoring>,
    /// Classes, the first that applies counts.
    pub classes: Vec<ClassRule>,
    /// Modes, the first that applies counts.
    pub modes: Vec<ModeRule>,
    /// Recommended instants.
    pub slot: Option<Slot>,
    /// Channels of the announcement.
    pub channels: Vec<Named>,
    /// Duties.
    pub duties: Vec<Duty>,
    /// Ladders of reminders.
    pub ladders: Vec<LadderRule>,
    /// Gates.
    pub gates: Vec<Gate>,
    /// Excuses, the first that stands counts.
    pub excuses: Vec<Excuse>,
    /// Permissions.
    pub permissions: Vec<Permission>,
    /// Checks.
    pub checks: Vec<Check>,
    /// Release paths, the first that applies counts.
    pub paths: Vec<Named>,
    /// Whether the role of Fix Lead goes round, and the clauses that say so.
    pub rotation: Option<Heading>,
    /// Who must have given an LGTM.
    pub lgtm: LgtmRule,
    /// Which rules look at an event of a type.
    pub index: Index,
}

/// Which rules look at an event of a type, by `EventKind as usize`, and which
/// gates hold an action, by `Action as usize`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    /// Duties that the event may discharge.
    pub duties: Vec<Vec<u16>>,
    /// Checks on the event.
    pub checks: Vec<Vec<u16>>,
    /// Those of them that leave an event without effect.
    pub voids: Vec<Vec<u16>>,
    /// The permission that the event uses.
    pub permissions: Vec<Option<u16>>,
    /// Gates of the action.
    pub gates: Vec<Vec<u16>>,
}

impl Policy {
    /// The id of a clause.
    pub fn clause(&self, index: ClauseIndex) -> &str {
        self.clauses.get(usize::from(index)).map_or("", |clause| clause)
    }

    /// The ladder of a duty: the first that names it, else the first that names
    /// none and is for duties of its modality.
    pub fn ladder(&self, duty: usize) -> Option<&LadderRule> {
        let encouraged = self.duties.get(duty)?.encouraged;
        let mut fitting =
            self.ladders.iter().filter(|ladder| ladder.encouraged.is_none_or(|is| is == encouraged));
        let naming = fitting.clone().find(|ladder| ladder.duties.contains(&duty));
        naming.or_else(|| fitting.find(|ladder| ladder.duties.is_empty()))
    }

    /// The value of a parameter that is set.
    pub fn parameter(&self, id: &str) -> Option<&str> {
        let parameter = self.parameters.iter().find(|parameter| &*parameter.heading.id == id)?;
        parameter.value.as_deref()
    }
}
