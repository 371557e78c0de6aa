//! Everything that can be recorded by hand, in the order of the process.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_core::case::EventKind;
use fixlead_core::id::CaseId;

use super::head::Head;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words;

#[derive(Template)]
#[template(path = "recordable.html")]
struct Page {
    frame: Frame,
    head: Head,
    parts: Vec<(&'static str, Vec<(&'static str, String)>)>,
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Trouble> {
    let board = wire.desk.board(&visitor.caller, case).await?;
    let page = Page {
        frame: Frame::desk("Record something", "inbox", &visitor),
        head: Head::of(&board.view, ""),
        parts: parts(),
    };
    Ok(page::show(StatusCode::OK, &page))
}

/// Everything that can be recorded by hand, in the order of the process.
fn parts() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let mut parts: Vec<(&'static str, Vec<(&'static str, String)>)> = Vec::new();
    for kind in EventKind::ALL {
        let Some(part) = part(*kind) else { continue };
        let line = (kind.name(), words::happening(*kind));
        match parts.iter_mut().find(|(name, _)| *name == part) {
            Some((_, lines)) => lines.push(line),
            None => parts.push((part, vec![line])),
        }
    }
    parts
}

/// Which part of the process an event belongs to; none for what has a form of
/// its own on the page of the case.
const fn part(kind: EventKind) -> Option<&'static str> {
    use EventKind as K;
    Some(match kind {
        K::CaseClosed
        | K::CaseReopened
        | K::CaseMerged
        | K::CaseSplit
        | K::FixLeadHandedOff
        | K::FixLeadAccepted
        | K::Override => return None,
        K::ReportReceived
        | K::ReportAcknowledged
        | K::PublicAppeared
        | K::ProjectAware
        | K::ExploitPublic
        | K::ExploitationAware
        | K::ReporterAskedPrivate
        | K::ReporterAnsweredPrivate
        | K::IssueDeletionAsked
        | K::TriageStarted
        | K::TriageDecided
        | K::AffectedSet => "The report and its triage",
        K::FixLeadAssigned
        | K::FixLeadVolunteered
        | K::FixTeamAdded
        | K::FixTeamRevoked
        | K::OverviewSent => "People",
        K::ScoreSet | K::SeverityClassified | K::CveAssigned | K::CvePublished | K::CveRejected => {
            "Severity and CVE"
        }
        K::MitigationDeveloped | K::CommitProposed | K::CommitRewritten | K::Lgtm | K::FixComplete => {
            "The fix"
        }
        K::SlowdownDiscussed
        | K::SlowdownDecided
        | K::SemipublicDetermined
        | K::SemipublicDecided
        | K::EarlyWarningDecided
        | K::ExceptionExtreme
        | K::EmergencyDeclared
        | K::ScheduleAdjusted
        | K::UpstreamTimeline => "Decisions and dates",
        K::CommsPlanned
        | K::PublicWarning
        | K::NoticeForthcoming
        | K::NoticeAdvance
        | K::NoticePrerelease
        | K::NoticeCorrection
        | K::NoticeChannel => "Notices",
        K::EmbargoLeaked | K::LeakKnown | K::LeakAssessed | K::LeakDecided | K::PatchDiffers => {
            "What went wrong"
        }
        K::ReleaseScheduled
        | K::Approved
        | K::Merged
        | K::BinariesVerified
        | K::Released
        | K::Announced
        | K::TrackingOpened
        | K::TrackingReopened
        | K::TrackingClosed
        | K::ListPosted => "The release",
        K::RetroSent | K::FeedbackSent => "Afterwards",
        K::CraEarlyWarning | K::CraNotification | K::CraFinal => "Authorities",
    })
}
