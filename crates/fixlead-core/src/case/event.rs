//! What can happen in a case: the event types and their fields.
//!
//! One vocabulary everywhere: a history file, the case log and the policy
//! files all use these names. [`EventKind::fields`] is the single list of what each
//! event may carry; the reader, the printer and the policy language obey it.

use std::fmt;

use crate::text::Untold;
use crate::time::{Instant, When};

/// Declares an enum whose variants have one fixed name in files.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant is the name it stands for")]
        pub enum $name { $($variant,)+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The name of every value, in the same order.
            pub fn names() -> Vec<&'static str> {
                Self::ALL.iter().map(|value| value.name()).collect()
            }

            /// The name in files.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The value with this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// The type of an event.
    EventKind {
        ReportReceived = "report.received",
        ReportAcknowledged = "report.acknowledged",
        PublicAppeared = "public.appeared",
        ProjectAware = "project.aware",
        ExploitPublic = "exploit.public",
        ExploitationAware = "exploitation.aware",
        ReporterAskedPrivate = "reporter.asked-private",
        ReporterAnsweredPrivate = "reporter.answered-private",
        IssueDeletionAsked = "issue.deletion-asked",
        TriageStarted = "triage.started",
        TriageDecided = "triage.decided",
        AffectedSet = "affected.set",
        FixLeadAssigned = "fixlead.assigned",
        FixLeadVolunteered = "fixlead.volunteered",
        FixLeadHandedOff = "fixlead.handed-off",
        FixLeadAccepted = "fixlead.accepted",
        FixTeamAdded = "fixteam.added",
        FixTeamRevoked = "fixteam.revoked",
        OverviewSent = "overview.sent",
        ScoreSet = "score.set",
        SeverityClassified = "severity.classified",
        CveAssigned = "cve.assigned",
        CvePublished = "cve.published",
        CveRejected = "cve.rejected",
        MitigationDeveloped = "mitigation.developed",
        CommitProposed = "commit.proposed",
        CommitRewritten = "commit.rewritten",
        Lgtm = "lgtm",
        FixComplete = "fix.complete",
        SlowdownDiscussed = "slowdown.discussed",
        SlowdownDecided = "slowdown.decided",
        SemipublicDetermined = "semipublic.determined",
        SemipublicDecided = "semipublic.decided",
        EarlyWarningDecided = "earlywarning.decided",
        PublicWarning = "public.warning",
        ExceptionExtreme = "exception.extreme",
        EmergencyDeclared = "emergency.declared",
        CommsPlanned = "comms.planned",
        ScheduleAdjusted = "schedule.adjusted",
        Override = "override",
        UpstreamTimeline = "upstream.timeline",
        ReleaseScheduled = "release.scheduled",
        NoticeForthcoming = "notice.forthcoming",
        NoticeAdvance = "notice.advance",
        NoticePrerelease = "notice.prerelease",
        NoticeCorrection = "notice.correction",
        NoticeChannel = "notice.channel",
        EmbargoLeaked = "embargo.leaked",
        LeakKnown = "leak.known",
        LeakAssessed = "leak.assessed",
        LeakDecided = "leak.decided",
        PatchDiffers = "patch.differs",
        Approved = "approved",
        Merged = "merged",
        BinariesVerified = "binaries.verified",
        Released = "released",
        Announced = "announced",
        TrackingOpened = "tracking.opened",
        TrackingReopened = "tracking.reopened",
        TrackingClosed = "tracking.closed",
        RetroSent = "retro.sent",
        FeedbackSent = "feedback.sent",
        ListPosted = "list.posted",
        CraEarlyWarning = "cra.early-warning",
        CraNotification = "cra.notification",
        CraFinal = "cra.final",
        CaseClosed = "case.closed",
        CaseReopened = "case.reopened",
        CaseMerged = "case.merged",
        CaseSplit = "case.split",
    }
}

vocabulary! {
    /// A field of an event.
    Field {
        Answer = "answer",
        Author = "author",
        Branch = "branch",
        Branches = "branches",
        By = "by",
        Channel = "channel",
        Channels = "channels",
        Content = "content",
        Decision = "decision",
        Disposition = "disposition",
        Dues = "dues",
        Final = "final",
        For = "for",
        From = "from",
        Gate = "gate",
        Group = "group",
        Has = "has",
        How = "how",
        Id = "id",
        Includes = "includes",
        Into = "into",
        Kind = "kind",
        Links = "links",
        List = "list",
        MessageId = "message_id",
        Mitigation = "mitigation",
        NewDue = "new_due",
        Of = "of",
        On = "on",
        Parts = "parts",
        Patches = "patches",
        Paths = "paths",
        Project = "project",
        Reason = "reason",
        Reference = "reference",
        Repo = "repo",
        Reporter = "reporter",
        Role = "role",
        Route = "route",
        Score = "score",
        Severity = "severity",
        Since = "since",
        States = "states",
        Subject = "subject",
        Text = "text",
        Title = "title",
        To = "to",
        Until = "until",
        Url = "url",
        Vector = "vector",
        Version = "version",
        Versions = "versions",
        Via = "via",
        Visibility = "visibility",
        What = "what",
        Where = "where",
        Who = "who",
    }
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Any text.
    Text,
    /// One text or a list of texts.
    Texts,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A score from 0.0 to 10.0.
    Score,
    /// An instant.
    Instant,
    /// The name of one of the project's branches.
    Branch,
    /// A list of the project's branches.
    Branches,
    /// A table from duty to instant.
    Dues,
}

/// Branches of a project by their place in its list; at most 128.
pub type BranchSet = u128;

/// The value of a field. Its `Debug` tells of texts and scores only what kind they
/// are.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// A text or word.
    Text(Box<str>),
    /// Several texts.
    Texts(Vec<Box<str>>),
    /// True or false.
    Flag(bool),
    /// A score in hundredths.
    Score(u16),
    /// An instant.
    Instant(Instant),
    /// One branch or several.
    Branches(BranchSet),
    /// New dues by duty.
    Dues(Vec<(Box<str>, Instant)>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => write!(f, "Text({:?})", Untold(text)),
            Value::Texts(texts) => write!(f, "Texts({})", texts.len()),
            Value::Flag(flag) => write!(f, "Flag({flag})"),
            Value::Score(_) => f.write_str("Score"),
            Value::Instant(instant) => write!(f, "Instant({instant:?})"),
            Value::Branches(set) => write!(f, "Branches({})", set.count_ones()),
            Value::Dues(dues) => write!(f, "Dues({})", dues.len()),
        }
    }
}

/// Something that happened, with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it happened.
    pub at: When,
    /// What happened.
    pub kind: EventKind,
    /// The fields it carries; few, so a list beats a map.
    pub fields: Vec<(Field, Value)>,
}

impl Event {
    /// An event without fields.
    pub fn new(at: impl Into<When>, kind: EventKind) -> Self {
        Event { at: at.into(), kind, fields: Vec::new() }
    }

    /// The same event with one more field.
    #[must_use]
    pub fn with(mut self, field: Field, value: Value) -> Self {
        self.fields.push((field, value));
        self
    }

    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }

    /// A text field.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Texts(list)) => list.first().map(|text| &**text),
            _ => None,
        }
    }

    /// The texts of a field, none when it is absent.
    pub fn texts(&self, field: Field) -> impl Iterator<Item = &str> {
        let (one, many): (Option<&str>, &[Box<str>]) = match self.get(field) {
            Some(Value::Text(text)) => (Some(text), &[]),
            Some(Value::Texts(list)) => (None, list),
            _ => (None, &[]),
        };
        one.into_iter().chain(many.iter().map(|text| &**text))
    }

    /// The instant in a field.
    pub fn instant(&self, field: Field) -> Option<Instant> {
        match self.get(field) {
            Some(Value::Instant(instant)) => Some(*instant),
            _ => None,
        }
    }

    /// The branches in a field.
    pub fn branches(&self, field: Field) -> Option<BranchSet> {
        match self.get(field) {
            Some(Value::Branches(set)) => Some(*set),
            _ => None,
        }
    }

    /// A flag, or what holds when it is absent.
    pub fn flag(&self, field: Field, absent: bool) -> bool {
        match self.get(field) {
            Some(Value::Flag(flag)) => *flag,
            _ => absent,
        }
    }
}

const VISIBILITY: FieldType = FieldType::Word(&["private", "public"]);
const ANSWER: FieldType = FieldType::Word(&["accepted", "declined", "none"]);
const DISPOSITION: FieldType = FieldType::Word(&[
    "valid",
    "duplicate",
    "defense-in-depth",
    "not-a-vulnerability",
    "out-of-scope",
    "not-reproducible",
    "already-public",
]);
const HOW: FieldType = FieldType::Word(&["rotation", "appointed", "volunteer"]);
const ROLE: FieldType = FieldType::Word(&["engineer", "release-manager"]);
const GROUP: FieldType = FieldType::Word(&["base", "temporal", "environmental", "threat"]);
const VERSION: FieldType = FieldType::Word(&["2.0", "3.0", "3.1", "4.0"]);
const SEVERITY: FieldType = FieldType::Word(&["none", "low", "medium", "high", "critical"]);
const DECISION: FieldType = FieldType::Word(&["release-early", "continue"]);
const REPO: FieldType = FieldType::Word(&["public", "private"]);
const KIND: FieldType = FieldType::Word(&["out-of-band", "patch"]);
const CHANNELS: &[&str] = &["general", "oss-security", "slack", "tracking-issue", "release-notes"];

/// Fields that must be there, and fields that may.
type FieldLists = (&'static [Field], &'static [Field]);

impl EventKind {
    /// The fields that must be there, then those that may. Every event may
    /// also say who did it (`by`).
    pub fn fields(self) -> FieldLists {
        use EventKind as K;
        use Field as F;
        match self {
            K::ReportReceived => (&[F::Visibility], &[F::Channel, F::Reporter, F::Route]),
            K::PublicAppeared => (&[], &[F::Where]),
            K::ProjectAware => (&[], &[F::Via]),
            K::ExploitPublic => (&[], &[F::Where]),
            K::ExploitationAware => (&[], &[F::Where, F::Since]),
            K::ReporterAnsweredPrivate => (&[F::Answer], &[]),
            K::IssueDeletionAsked => (&[], &[F::Reference, F::Reason]),
            K::TriageDecided => (&[F::Disposition], &[F::Of]),
            K::AffectedSet => (&[F::Branches], &[]),
            K::FixLeadAssigned | K::FixLeadVolunteered => (&[F::Who], &[F::How]),
            K::FixLeadHandedOff => (&[F::From, F::To], &[]),
            K::FixLeadAccepted => (&[F::Who], &[]),
            K::FixTeamAdded => (&[], &[F::Who, F::Role]),
            K::FixTeamRevoked => (&[], &[F::Who, F::Role]),
            K::OverviewSent => (&[], &[F::MessageId]),
            K::ScoreSet => (&[], &[F::Vector, F::Score, F::Version, F::Group, F::Final, F::Reason]),
            K::CommsPlanned => (&[], &[F::Parts]),
            K::SeverityClassified => (&[F::Severity], &[F::Reason]),
            K::CveAssigned | K::CvePublished | K::CveRejected => (&[], &[F::Id]),
            K::MitigationDeveloped => (&[], &[F::Text]),
            K::CommitProposed => (&[F::Id, F::Author, F::Paths], &[F::Branch, F::Title]),
            K::CommitRewritten => (&[F::From, F::To], &[]),
            K::Lgtm => (&[F::On], &[]),
            K::SlowdownDiscussed => (&[], &[F::MessageId]),
            K::SlowdownDecided => (&[F::NewDue], &[F::Reason]),
            K::SemipublicDetermined => (&[], &[F::Text]),
            K::EarlyWarningDecided => (&[], &[F::Reason]),
            K::PublicWarning => (&[], &[F::Content]),
            K::ExceptionExtreme | K::EmergencyDeclared => (&[], &[F::Reason]),
            K::ScheduleAdjusted => (&[F::Dues], &[F::Reason]),
            K::Override => (&[F::Gate], &[F::Reason, F::Subject]),
            K::UpstreamTimeline => (&[F::Until], &[F::Project, F::Reference]),
            K::ReleaseScheduled => (&[F::For], &[]),
            K::NoticeForthcoming => (&[], &[F::States, F::Mitigation, F::Channel]),
            K::NoticeAdvance | K::NoticePrerelease => (&[], &[F::States, F::To, F::Includes, F::Patches]),
            K::NoticeCorrection => (&[F::States], &[F::To]),
            K::NoticeChannel => (&[F::Channel], &[F::Has]),
            K::EmbargoLeaked => (&[], &[F::What]),
            K::LeakDecided => (&[F::Decision], &[]),
            K::PatchDiffers => (&[F::Branch], &[F::What]),
            K::Approved => (&[F::Branches], &[]),
            K::Merged => (&[F::Branches], &[F::Repo]),
            K::BinariesVerified => (&[F::Branches], &[]),
            K::Released => (&[], &[F::Branches, F::Versions, F::Kind]),
            K::Announced => (&[F::Channels], &[F::Links]),
            K::TrackingOpened | K::TrackingReopened | K::TrackingClosed => (&[], &[F::Url, F::Title]),
            K::RetroSent | K::FeedbackSent => (&[], &[F::To, F::Parts]),
            K::ListPosted => (&[F::List], &[]),
            K::CraEarlyWarning | K::CraNotification | K::CraFinal => (&[], &[F::Reference]),
            K::CaseClosed | K::CaseReopened => (&[], &[F::Reason]),
            K::CaseMerged => (&[F::Into], &[F::Reason]),
            K::CaseSplit => (&[], &[F::Into, F::Reason]),
            K::ReportAcknowledged
            | K::ReporterAskedPrivate
            | K::TriageStarted
            | K::FixComplete
            | K::SemipublicDecided
            | K::LeakKnown
            | K::LeakAssessed => (&[], &[]),
        }
    }

    /// Whether an event of this type may carry the field.
    pub fn allows(self, field: Field) -> bool {
        let (required, optional) = self.fields();
        field == Field::By || required.contains(&field) || optional.contains(&field)
    }
}

impl Field {
    /// What the field holds in an event of the given type.
    pub fn holds(self, kind: EventKind) -> FieldType {
        match self {
            Field::Visibility => VISIBILITY,
            Field::Answer => ANSWER,
            Field::Disposition => DISPOSITION,
            Field::How => HOW,
            Field::Role => ROLE,
            Field::Group => GROUP,
            Field::Version => VERSION,
            Field::Severity => SEVERITY,
            Field::Decision => DECISION,
            Field::Repo => REPO,
            Field::Kind => KIND,
            Field::Final => FieldType::Flag,
            Field::Score => FieldType::Score,
            Field::NewDue | Field::Until | Field::For | Field::States | Field::Since => FieldType::Instant,
            Field::Branch => FieldType::Branch,
            Field::Branches | Field::Patches => FieldType::Branches,
            Field::Dues => FieldType::Dues,
            Field::Channels
            | Field::Content
            | Field::Has
            | Field::Includes
            | Field::Into
            | Field::Links
            | Field::On
            | Field::Parts
            | Field::Paths
            | Field::Versions => FieldType::Texts,
            Field::To if kind != EventKind::FixLeadHandedOff && kind != EventKind::CommitRewritten => {
                FieldType::Texts
            }
            // Whom a step is attributed to may be several people.
            Field::By if kind != EventKind::Lgtm => FieldType::Texts,
            Field::Who if kind == EventKind::FixTeamAdded || kind == EventKind::FixTeamRevoked => {
                FieldType::Texts
            }
            _ => FieldType::Text,
        }
    }

    /// The words a list may be made of, where only some are known.
    pub fn words(self) -> Option<&'static [&'static str]> {
        (self == Field::Channels).then_some(CHANNELS)
    }
}

vocabulary! {
    /// Something a person may ask whether it is allowed now.
    Action {
        ReleaseSchedule = "release.schedule",
        ReleasePropose = "release.propose",
        Release = "release",
        Merge = "merge",
        Announce = "announce",
        NoticeForthcoming = "notice.forthcoming",
        NoticeAdvance = "notice.advance",
        NoticePrerelease = "notice.prerelease",
        ListPost = "list.post",
        FixComplete = "fix.complete",
        SemipublicPr = "semipublic.pr",
        SemipublicMerge = "semipublic.merge",
        PublicWarning = "public.warning",
        FixRelease = "fix.release",
        TrackingClose = "tracking.close",
        CvePublish = "cve.publish",
        CaseClose = "case.close",
    }
}

impl EventKind {
    /// The action that such an event records. A merge is recorded alike
    /// whether it was a step of the release or semi-public.
    pub const fn records(self) -> Option<Action> {
        Some(match self {
            EventKind::ReleaseScheduled => Action::ReleaseSchedule,
            EventKind::Released => Action::Release,
            EventKind::Merged => Action::Merge,
            EventKind::Announced => Action::Announce,
            EventKind::NoticeForthcoming => Action::NoticeForthcoming,
            EventKind::NoticeAdvance => Action::NoticeAdvance,
            EventKind::NoticePrerelease => Action::NoticePrerelease,
            EventKind::ListPosted => Action::ListPost,
            EventKind::FixComplete => Action::FixComplete,
            EventKind::SemipublicDecided => Action::SemipublicPr,
            EventKind::PublicWarning => Action::PublicWarning,
            EventKind::TrackingClosed => Action::TrackingClose,
            EventKind::CvePublished => Action::CvePublish,
            EventKind::CaseClosed => Action::CaseClose,
            _ => return None,
        })
    }
}

impl Action {
    /// The event that records that it was done, if there is one.
    pub fn reported_by(self) -> Option<EventKind> {
        let recorded = if self == Action::SemipublicMerge { Action::Merge } else { self };
        EventKind::ALL.iter().copied().find(|kind| kind.records() == Some(recorded))
    }
}

/// A question put to the plan: may this be done at that instant?
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The name of the question.
    pub id: String,
    /// When it is asked; it sees what happened strictly before.
    pub at: Instant,
    /// What somebody wants to do.
    pub action: Action,
    /// For `release.schedule`: the instant of the release.
    pub release_at: Option<Instant>,
    /// For actions on one branch.
    pub branches: BranchSet,
    /// For `announce` and `list.post`.
    pub channel: Option<String>,
}
