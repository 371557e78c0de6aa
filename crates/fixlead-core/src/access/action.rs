//! Everything that somebody may ask to do, in one closed list, and which
//! action records which event of a case.

use crate::case::EventKind;
use crate::case::event::vocabulary;

vocabulary! {
    /// Something that is allowed or not.
    Action {
        // A case: reading.
        CaseRead = "case.read",
        TimelineRead = "timeline.read",
        InternalRead = "internal.read",
        InternalDownload = "internal.download",
        ReporterRead = "reporter.read",
        ReporterDownload = "reporter.download",
        GuestRead = "guest.read",
        GuestDownload = "guest.download",
        LogRead = "log.read",
        WhoKnewRead = "who-knew.read",
        CaseExport = "case.export",
        CaseEvaluate = "case.evaluate",
        CaseCalendar = "case.calendar",
        // A case: rooms.
        InternalPost = "internal.post",
        InternalAttach = "internal.attach",
        ReporterPost = "reporter.post",
        ReporterAttach = "reporter.attach",
        GuestPost = "guest.post",
        GuestAttach = "guest.attach",
        NoteAdd = "note.add",
        // A case: who works on it.
        CaseOpen = "case.open",
        LeadAssign = "lead.assign",
        LeadVolunteer = "lead.volunteer",
        LeadHandOff = "lead.hand-off",
        LeadAccept = "lead.accept",
        TeamAdd = "team.add",
        TeamRevoke = "team.revoke",
        AccessGive = "access.give",
        AccessRevoke = "access.revoke",
        RecuseSelf = "recuse.self",
        RecuseOther = "recuse.other",
        RecusalLift = "recusal.lift",
        CaseRestrict = "case.restrict",
        CaseUnrestrict = "case.unrestrict",
        // A case: what happened in it.
        ReportAcknowledge = "report.acknowledge",
        Triage = "triage",
        RecordWorld = "record.world",
        RecordScore = "record.score",
        RecordSeverity = "record.severity",
        RecordCve = "record.cve",
        RecordFix = "record.fix",
        FixRead = "fix.read",
        FixPush = "fix.push",
        Lgtm = "lgtm",
        Approve = "approve",
        RecordDecision = "record.decision",
        EmergencyDeclare = "emergency.declare",
        Override = "override",
        RecordPlan = "record.plan",
        RecordNotice = "record.notice",
        RecordRelease = "record.release",
        Announce = "announce",
        Publish = "publish",
        PublishConfirm = "publish.confirm",
        RecordTracking = "record.tracking",
        RecordRetrospective = "record.retrospective",
        RecordAuthority = "record.authority",
        CaseClose = "case.close",
        CaseReopen = "case.reopen",
        CaseMerge = "case.merge",
        CaseSplit = "case.split",
        CaseErase = "case.erase",
        CaseEraseConfirm = "case.erase-confirm",
        PolicyMove = "policy.move",
        FactsMove = "facts.move",
        ReadRecord = "read.record",
        ReminderRecord = "reminder.record",
        // The directory.
        DirectoryRead = "directory.read",
        CaseList = "case.list",
        InstallationRead = "installation.read",
        InstallationLogRead = "installation-log.read",
        InstallationManage = "installation.manage",
        InstallationExport = "installation.export",
        KeysManage = "keys.manage",
        TokensManage = "tokens.manage",
        OrganisationManage = "organisation.manage",
        ProjectManage = "project.manage",
        ProjectFacts = "project.facts",
        ProjectPolicy = "project.policy",
        PeopleInvite = "people.invite",
        PeopleStanding = "people.standing",
        PeopleLogins = "people.logins",
        RolesGive = "roles.give",
        RolesConfirm = "roles.confirm",
        RolesRevoke = "roles.revoke",
        TeamDelegate = "team.delegate",
        RotaManage = "rota.manage",
        DistributorsManage = "distributors.manage",
        WebhooksRead = "webhooks.read",
        WebhooksManage = "webhooks.manage",
        WebhooksRun = "webhooks.run",
        ReadStop = "read.stop",
        ImportReplace = "import.replace",
        InvitationAccept = "invitation.accept",
        OwnRead = "own.read",
        OwnProfile = "own.profile",
        OwnLeave = "own.leave",
        OwnKeys = "own.keys",
    }
}

/// How many actions there are.
pub(super) const ACTIONS: usize = Action::ALL.len();

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A case.
    Case,
    /// The directory of the installation.
    Directory,
    /// The actor's own record.
    Own,
}

impl Action {
    /// What it is done to.
    pub const fn place(self) -> Place {
        if (self as usize) < Action::DirectoryRead as usize {
            Place::Case
        } else if (self as usize) < Action::InvitationAccept as usize {
            Place::Directory
        } else {
            Place::Own
        }
    }

    /// The action that records an event of this type.
    ///
    /// Opening a case, closing it and the like are events too, so that every
    /// type has exactly one.
    pub const fn recording(kind: EventKind) -> Action {
        use EventKind as K;
        match kind {
            K::ReportAcknowledged => Action::ReportAcknowledge,
            K::ReportReceived
            | K::PublicAppeared
            | K::ProjectAware
            | K::ExploitPublic
            | K::ExploitationAware
            | K::ReporterAskedPrivate
            | K::ReporterAnsweredPrivate
            | K::IssueDeletionAsked
            | K::UpstreamTimeline
            | K::EmbargoLeaked
            | K::LeakKnown => Action::RecordWorld,
            K::TriageStarted | K::TriageDecided | K::AffectedSet => Action::Triage,
            K::FixLeadAssigned => Action::LeadAssign,
            K::FixLeadVolunteered => Action::LeadVolunteer,
            K::FixLeadHandedOff => Action::LeadHandOff,
            K::FixLeadAccepted => Action::LeadAccept,
            K::FixTeamAdded => Action::TeamAdd,
            K::FixTeamRevoked => Action::TeamRevoke,
            K::ScoreSet => Action::RecordScore,
            K::SeverityClassified => Action::RecordSeverity,
            K::CveAssigned | K::CvePublished | K::CveRejected => Action::RecordCve,
            K::MitigationDeveloped | K::CommitProposed | K::CommitRewritten | K::FixComplete => {
                Action::RecordFix
            }
            K::Lgtm => Action::Lgtm,
            K::Approved => Action::Approve,
            K::SlowdownDiscussed
            | K::SlowdownDecided
            | K::SemipublicDetermined
            | K::SemipublicDecided
            | K::EarlyWarningDecided
            | K::ExceptionExtreme
            | K::ScheduleAdjusted
            | K::LeakAssessed
            | K::LeakDecided => Action::RecordDecision,
            K::EmergencyDeclared => Action::EmergencyDeclare,
            K::Override => Action::Override,
            K::CommsPlanned | K::ReleaseScheduled => Action::RecordPlan,
            K::OverviewSent
            | K::NoticeForthcoming
            | K::NoticeAdvance
            | K::NoticePrerelease
            | K::NoticeCorrection
            | K::NoticeChannel
            | K::ListPosted => Action::RecordNotice,
            K::PatchDiffers | K::Merged | K::BinariesVerified | K::Released => Action::RecordRelease,
            K::Announced | K::PublicWarning => Action::Announce,
            K::TrackingOpened | K::TrackingReopened | K::TrackingClosed => Action::RecordTracking,
            K::RetroSent | K::FeedbackSent => Action::RecordRetrospective,
            K::CraEarlyWarning | K::CraNotification | K::CraFinal => Action::RecordAuthority,
            K::CaseClosed => Action::CaseClose,
            K::CaseReopened => Action::CaseReopen,
            K::CaseMerged => Action::CaseMerge,
            K::CaseSplit => Action::CaseSplit,
        }
    }
}

vocabulary! {
    /// What a token of the API was made for. A scope narrows what its owner
    /// may do; what stands in no scope is not done with a token.
    TokenScope {
        Read = "read",
        Post = "post",
        Record = "record",
        Intake = "intake",
        Directory = "directory",
        Audit = "audit",
        Calendar = "calendar",
        Fix = "fix",
    }
}
