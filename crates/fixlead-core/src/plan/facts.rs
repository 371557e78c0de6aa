//! What the events of a case add up to.
//!
//! [`Facts`] is the fold over the events: small, cheap to copy, and without
//! any text of its own: where text matters it keeps the place of the event.

use crate::case::event::{BranchSet, EventKind};
use crate::policy::expression::Severity;
pub use crate::policy::model::Mode;
use crate::policy::model::{ClauseIndex, FindingKind};
use crate::time::{Instant, When};

/// How many event types there are.
pub const KINDS: usize = EventKind::ALL.len();

/// The place of an event in its case.
pub type EventIndex = u32;

/// The final score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Final {
    /// In hundredths.
    pub hundredths: u16,
    /// The event that set it.
    pub event: EventIndex,
}

/// A decision whose effect lasts while its conditions hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The permission it uses.
    pub permission: u16,
    /// The event that records it.
    pub event: EventIndex,
    /// Since when it has an effect.
    pub since: Option<When>,
}

/// A due that was moved by a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The duty.
    pub duty: u16,
    /// When it was moved.
    pub at: When,
    /// The new due.
    pub due: Instant,
    /// Whether a slow-down moved it.
    pub slowed: bool,
}

/// A notice to distributors or users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Notice {
    /// When it was sent.
    pub at: When,
    /// `notice.forthcoming`, `.advance`, `.prerelease` or `.correction`.
    pub kind: EventKind,
    /// The release it states.
    pub states: Option<Instant>,
}

/// A commit of the fix: the event that proposed it, and the event that names
/// its present id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commit {
    /// Author and paths stand there.
    pub proposed: EventIndex,
    /// The present id stands there.
    pub named: EventIndex,
    /// Whether it belongs to a branch.
    pub on_branch: bool,
}

/// What is known of one branch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BranchFacts {
    /// Approved for the release.
    pub approved: Option<When>,
    /// Merged in public.
    pub merged: Option<When>,
    /// Binaries public and working.
    pub binaries: Option<When>,
    /// Released.
    pub released: Option<When>,
}

/// To what a finding belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The case.
    None,
    /// A branch of the project.
    Branch(u8),
    /// A channel of the policy.
    Channel(u16),
    /// A duty of the policy.
    Duty(u16),
    /// A parameter of the policy.
    Parameter(u16),
    /// Whoever the event names as its actor.
    Actor(EventIndex),
}

/// Why there is a finding; put into words at the edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// A check of the policy found it.
    Check(u16),
    /// A gate was passed while it was closed.
    Gate(u16),
    /// A permission's conditions do not hold.
    Permission(u16),
    /// The policy has no word about such a decision.
    Silent(EventKind),
    /// The policy has no word about such a case.
    SilentClass,
    /// Scores of two versions fall on different sides of a threshold.
    Straddle {
        /// The threshold, in hundredths.
        threshold: u16,
        /// The two scores, in hundredths.
        scores: (u16, u16),
    },
    /// The stated score is not what its vector gives.
    ScoreDiffers {
        /// Stated, in hundredths.
        stated: u16,
        /// Computed, in hundredths.
        computed: u16,
    },
    /// Somebody other than the next in turn became Fix Lead.
    OutOfTurn,
    /// A notice was sent longer before than the policy wishes.
    TooEarly(u16),
    /// A window was missed under a policy that holds them.
    WindowMissed(u16),
    /// A parameter has no value.
    Unset,
}

/// Something that somebody should know about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// When it arose.
    pub at: When,
    /// Its kind.
    pub kind: FindingKind,
    /// The clause it is about.
    pub clause: Option<ClauseIndex>,
    /// To what it belongs.
    pub subject: Subject,
    /// Why.
    pub note: Note,
}

/// The part of [`Facts`] that has a fixed size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fixed {
    /// The instant up to which everything is folded in.
    pub until: Instant,
    /// The first event of each type.
    pub first: [Option<When>; KINDS],
    /// The first private report.
    pub private_report: Option<When>,
    /// The first public report.
    pub public_report: Option<When>,
    /// The first public appearance of any kind.
    pub public_at: Option<When>,
    /// The first public appearance, if the release did not bring it.
    pub publicity: Option<When>,
    /// Affected branches.
    pub affected: BranchSet,
    /// The final score.
    pub score: Option<Final>,
    /// The first estimate that was not final.
    pub estimate: Option<When>,
    /// The latest score of each CVSS version, in hundredths: 2.0, 3.0, 3.1, 4.0.
    pub by_version: [Option<u16>; 4],
    /// What the latest vector scores when another version reads it.
    pub read_again: [Option<u16>; 4],
    /// The vector says that a user has to act.
    pub user_interaction: bool,
    /// The Fix Lead's classification.
    pub classified: Option<Severity>,
    /// Since when a CVE id is assigned and not rejected.
    pub cve: Option<When>,
    /// The event that named the CVE id.
    pub cve_event: Option<EventIndex>,
    /// A completion that stands.
    pub complete: Option<When>,
    /// Commits from here on came after the completion that stands.
    pub commits_complete: usize,
    /// When the completion stood and every commit had its LGTMs.
    pub ready: Option<When>,
    /// Whether every commit that the completion covers has its LGTMs.
    pub reviewed: bool,
    /// The plan in force.
    pub plan: Option<Instant>,
    /// The upstream project's date.
    pub upstream: Option<Instant>,
    /// The first measure made available to users.
    pub mitigated: Option<When>,
    /// Since when the vulnerability is exploited, as far as is stated.
    pub exploited: Option<When>,
    /// Branches whose release-day commit is not what was sent.
    pub differs: BranchSet,
    /// A closing of the tracking issue that stands.
    pub tracking_closed: Option<When>,
    /// The Fix Lead decided to go on as planned after a leak.
    pub leak_continued: bool,
    /// The event that made the present Fix Lead.
    pub lead: Option<EventIndex>,
    /// The event that made the first one.
    pub first_lead: Option<EventIndex>,
    /// The report turned out to be nothing to fix here.
    pub dismissed: bool,
    /// The mode.
    pub mode: Mode,
    /// Since when everything is as soon as possible.
    pub asap_since: Option<When>,
    /// Whether something was merged in public.
    pub merged: bool,
}

/// The fold over the events of a case.
///
/// It is copied with every event, so that the events of one instant can be
/// taken together; the lists keep their memory then.
#[derive(Debug, PartialEq)]
pub struct Facts {
    /// What has a fixed size; its fields are reached as if they stood here.
    pub fixed: Fixed,
    /// Commits of the fix.
    pub commits: Vec<Commit>,
    /// LGTM events.
    pub lgtms: Vec<EventIndex>,
    /// Decisions with a lasting effect.
    pub decisions: Vec<Decision>,
    /// Dues moved by decisions.
    pub moved: Vec<Moved>,
    /// Notices sent.
    pub notices: Vec<Notice>,
    /// Each branch.
    pub branches: Vec<BranchFacts>,
    /// People added to the Fix Team, as events.
    pub team: Vec<EventIndex>,
    /// Overrides with an effect.
    pub overrides: Vec<EventIndex>,
    /// CVE ids that are assigned and not rejected, as events.
    pub cves: Vec<EventIndex>,
    /// When each duty was done, by slot.
    pub done: Vec<Option<When>>,
    /// Slots of which a day leaves open whether what was done counts.
    pub unsure: Vec<u16>,
    /// Every change of mode.
    pub modes: Vec<(When, Mode)>,
    /// What was found on the way.
    pub findings: Vec<Finding>,
    /// Date-only events that are judged when their day is over, because what
    /// happened earlier that day may come later in the list.
    pub deferred: Vec<EventIndex>,
}

impl std::ops::Deref for Facts {
    type Target = Fixed;
    fn deref(&self) -> &Fixed {
        &self.fixed
    }
}

impl std::ops::DerefMut for Facts {
    fn deref_mut(&mut self) -> &mut Fixed {
        &mut self.fixed
    }
}

impl Clone for Facts {
    fn clone(&self) -> Self {
        Facts {
            fixed: self.fixed,
            commits: self.commits.clone(),
            lgtms: self.lgtms.clone(),
            decisions: self.decisions.clone(),
            moved: self.moved.clone(),
            notices: self.notices.clone(),
            branches: self.branches.clone(),
            team: self.team.clone(),
            overrides: self.overrides.clone(),
            cves: self.cves.clone(),
            done: self.done.clone(),
            unsure: self.unsure.clone(),
            modes: self.modes.clone(),
            findings: self.findings.clone(),
            deferred: self.deferred.clone(),
        }
    }

    fn clone_from(&mut self, other: &Self) {
        self.fixed = other.fixed;
        self.commits.clone_from(&other.commits);
        self.lgtms.clone_from(&other.lgtms);
        self.decisions.clone_from(&other.decisions);
        self.moved.clone_from(&other.moved);
        self.notices.clone_from(&other.notices);
        self.branches.clone_from(&other.branches);
        self.team.clone_from(&other.team);
        self.overrides.clone_from(&other.overrides);
        self.cves.clone_from(&other.cves);
        self.done.clone_from(&other.done);
        self.unsure.clone_from(&other.unsure);
        self.modes.clone_from(&other.modes);
        self.findings.clone_from(&other.findings);
        self.deferred.clone_from(&other.deferred);
    }
}

impl Facts {
    /// Nothing has happened yet.
    pub fn new(branches: usize, slots: usize) -> Self {
        Facts {
            fixed: Fixed {
                until: Instant::from_millis(i64::MIN),
                first: [None; KINDS],
                private_report: None,
                public_report: None,
                public_at: None,
                publicity: None,
                affected: 0,
                score: None,
                estimate: None,
                by_version: [None; 4],
                read_again: [None; 4],
                user_interaction: false,
                classified: None,
                cve: None,
                cve_event: None,
                complete: None,
                commits_complete: 0,
                ready: None,
                reviewed: true,
                plan: None,
                upstream: None,
                mitigated: None,
                exploited: None,
                differs: 0,
                tracking_closed: None,
                leak_continued: false,
                lead: None,
                first_lead: None,
                dismissed: false,
                mode: Mode::Normal,
                asap_since: None,
                merged: false,
            },
            commits: Vec::new(),
            lgtms: Vec::new(),
            decisions: Vec::new(),
            moved: Vec::new(),
            notices: Vec::new(),
            branches: vec![BranchFacts::default(); branches],
            team: Vec::new(),
            overrides: Vec::new(),
            cves: Vec::new(),
            done: vec![None; slots],
            unsure: Vec::new(),
            modes: Vec::new(),
            findings: Vec::new(),
            deferred: Vec::new(),
        }
    }

    /// The first event of a type.
    pub fn first(&self, kind: EventKind) -> Option<When> {
        self.first[kind as usize]
    }

    /// Whether the case was public before anybody reported it in private.
    pub fn public_from_start(&self) -> bool {
        match (self.publicity, self.private_report) {
            (Some(public), Some(private)) => !private.before(public).is_yes(),
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// The disclosure of the case: the first private report; for a case that
    /// was public before, the instant the project learned of it.
    pub fn disclosure(&self) -> Option<When> {
        if !self.public_from_start() {
            return self.private_report.or_else(|| self.first(EventKind::ReportReceived));
        }
        self.first(EventKind::ProjectAware)
            .or_else(|| self.first(EventKind::ReportReceived))
            .or(self.publicity)
    }
}

/// Sets a first time, once.
pub fn note_first(slot: &mut Option<When>, at: When) {
    if slot.is_none() {
        *slot = Some(at);
    }
}
