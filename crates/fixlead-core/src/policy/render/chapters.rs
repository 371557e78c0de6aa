//! Where in the document a rule belongs.

use crate::case::event::EventKind;
use crate::policy::document::Entry;

/// A chapter of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chapter {
    General,
    Who,
    Reports,
    Process,
    Timelines,
    Fix,
    Notices,
    ReleaseDay,
    Announcements,
    Afterwards,
    Holds,
    Otherwise,
    Parameters,
}

impl Chapter {
    pub(super) const ALL: &[Chapter] = &[
        Chapter::General,
        Chapter::Who,
        Chapter::Reports,
        Chapter::Process,
        Chapter::Timelines,
        Chapter::Fix,
        Chapter::Notices,
        Chapter::ReleaseDay,
        Chapter::Announcements,
        Chapter::Afterwards,
        Chapter::Holds,
        Chapter::Otherwise,
        Chapter::Parameters,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Chapter::General => "In general",
            Chapter::Who => "Who",
            Chapter::Reports => "Reports",
            Chapter::Process => "Which process",
            Chapter::Timelines => "Timelines",
            Chapter::Fix => "The fix",
            Chapter::Notices => "Embargo and notices",
            Chapter::ReleaseDay => "Release day",
            Chapter::Announcements => "Announcements",
            Chapter::Afterwards => "Afterwards",
            Chapter::Holds => "What holds what",
            Chapter::Otherwise => "Who may decide otherwise",
            Chapter::Parameters => "Parameters",
        }
    }
}

/// The chapter that a section's sentence stands in; none for what stands in
/// tables alone.
pub(super) fn of(entry: &Entry) -> Option<Chapter> {
    Some(match entry.section.name {
        "policy" | "band" | "gate" | "parameter" => return None,
        "role" | "rotation" => Chapter::Who,
        "class" | "scoring" => Chapter::Process,
        "windows" | "mode" | "anchor" | "ladder" => Chapter::Timelines,
        "path" | "slot" => Chapter::ReleaseDay,
        "channel" => Chapter::Announcements,
        "excuse" | "permission" => Chapter::Otherwise,
        "duty" => first_event(entry, "done").map_or(Chapter::General, of_event),
        "check" => first_event(entry, "on").map_or(Chapter::General, of_event),
        _ => Chapter::General,
    })
}

fn first_event(entry: &Entry, key: &str) -> Option<EventKind> {
    entry.texts(key).next().and_then(|(name, _)| EventKind::parse(name))
}

/// The chapter that tells of an event.
fn of_event(kind: EventKind) -> Chapter {
    use EventKind as K;
    match kind {
        K::FixLeadAssigned | K::FixLeadVolunteered | K::FixLeadHandedOff | K::FixLeadAccepted => Chapter::Who,
        K::ReportReceived
        | K::ReportAcknowledged
        | K::PublicAppeared
        | K::ProjectAware
        | K::ExploitPublic
        | K::ExploitationAware
        | K::ReporterAskedPrivate
        | K::ReporterAnsweredPrivate
        | K::IssueDeletionAsked
        | K::CaseMerged
        | K::CaseSplit => Chapter::Reports,
        K::TriageStarted | K::TriageDecided | K::AffectedSet | K::ExceptionExtreme => Chapter::Process,
        K::ScheduleAdjusted | K::Override | K::UpstreamTimeline => Chapter::Timelines,
        K::FixTeamAdded
        | K::OverviewSent
        | K::ScoreSet
        | K::SeverityClassified
        | K::CveAssigned
        | K::CveRejected
        | K::MitigationDeveloped
        | K::CommitRewritten
        | K::Lgtm
        | K::FixComplete
        | K::SlowdownDiscussed
        | K::SlowdownDecided
        | K::SemipublicDetermined
        | K::SemipublicDecided => Chapter::Fix,
        K::EarlyWarningDecided
        | K::PublicWarning
        | K::EmergencyDeclared
        | K::CommsPlanned
        | K::NoticeForthcoming
        | K::NoticeAdvance
        | K::NoticePrerelease
        | K::NoticeCorrection
        | K::NoticeChannel
        | K::EmbargoLeaked
        | K::LeakKnown
        | K::LeakAssessed
        | K::LeakDecided
        | K::ListPosted
        | K::CraEarlyWarning
        | K::CraNotification
        | K::CraFinal => Chapter::Notices,
        K::CommitProposed
        | K::ReleaseScheduled
        | K::PatchDiffers
        | K::Approved
        | K::Merged
        | K::BinariesVerified
        | K::Released => Chapter::ReleaseDay,
        K::CvePublished | K::Announced | K::TrackingOpened | K::TrackingReopened | K::TrackingClosed => {
            Chapter::Announcements
        }
        K::FixTeamRevoked | K::RetroSent | K::FeedbackSent | K::CaseClosed | K::CaseReopened => {
            Chapter::Afterwards
        }
    }
}
