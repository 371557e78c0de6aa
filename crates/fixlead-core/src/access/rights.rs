//! Who may do what: the decision's data, role by role.
//!
//! `docs/access.md` says the same action by action, for people. The two were
//! written apart and a test holds them against each other; whoever changes
//! one on purpose changes the other too.

use super::action::{ACTIONS, Action};
use super::grant::{Breadth, Role};
use super::{CaseState, TokenScope};

use Action as A;

/// A set of states of a case, a bit for each.
type States = u8;

const EMBARGOED: States = 1 << CaseState::Embargoed as u8;
const PUBLIC: States = 1 << CaseState::Public as u8;
const CLOSED: States = 1 << CaseState::Closed as u8;
const RUNNING: States = EMBARGOED | PUBLIC;
const ALWAYS: States = EMBARGOED | PUBLIC | CLOSED;
const OVER: States = PUBLIC | CLOSED;

const ROLES: usize = Role::ALL.len();

/// What a role may do in some states of a case; in the directory, where no
/// case has a state, always.
type Lists = &'static [(States, &'static [Action])];

/// Whoever answers reports: everything that has to be possible when nobody
/// leads the case yet, or when the Fix Lead is not there.
const RESPONDER: Lists = &[
    (
        ALWAYS,
        &[
            A::CaseRead,
            A::CaseCalendar,
            A::TimelineRead,
            A::InternalRead,
            A::InternalDownload,
            A::FixRead,
            A::ReporterRead,
            A::ReporterDownload,
            A::ReporterPost,
            A::ReporterAttach,
            A::GuestRead,
            A::GuestDownload,
            A::LogRead,
            A::WhoKnewRead,
            A::NoteAdd,
            A::TeamRevoke,
            A::AccessRevoke,
            A::RecuseSelf,
            A::RecordWorld,
            A::RecordRetrospective,
            A::RecordAuthority,
            A::DirectoryRead,
            A::CaseList,
            A::ProjectFacts,
            A::ProjectPolicy,
            A::RolesConfirm,
            A::TeamDelegate,
            A::RotaManage,
            A::DistributorsManage,
            A::WebhooksRead,
            A::WebhooksManage,
            A::WebhooksRun,
        ],
    ),
    (
        RUNNING,
        &[
            A::CaseOpen,
            A::InternalPost,
            A::InternalAttach,
            A::GuestPost,
            A::GuestAttach,
            A::LeadAssign,
            A::LeadVolunteer,
            A::LeadAccept,
            A::RecuseOther,
            A::RecusalLift,
            A::CaseRestrict,
            A::CaseUnrestrict,
            A::ReportAcknowledge,
            A::Triage,
            A::RecordScore,
            A::Lgtm,
            A::RecordDecision,
            A::EmergencyDeclare,
            A::PublishConfirm,
            A::RecordTracking,
            A::CaseClose,
            A::CaseMerge,
            A::CaseSplit,
            A::FactsMove,
        ],
    ),
    (OVER, &[A::CaseExport]),
    (CLOSED, &[A::CaseReopen, A::CaseErase, A::CaseEraseConfirm]),
];

/// Whoever leads the case: all of it.
const FIX_LEAD: Lists = &[
    (
        ALWAYS,
        &[
            A::CaseRead,
            A::CaseCalendar,
            A::TimelineRead,
            A::InternalRead,
            A::InternalDownload,
            A::FixRead,
            A::ReporterRead,
            A::ReporterDownload,
            A::ReporterPost,
            A::ReporterAttach,
            A::GuestRead,
            A::GuestDownload,
            A::LogRead,
            A::WhoKnewRead,
            A::CaseExport,
            A::NoteAdd,
            A::TeamRevoke,
            A::AccessRevoke,
            A::RecuseSelf,
            A::RecordWorld,
            A::RecordRetrospective,
            A::RecordAuthority,
        ],
    ),
    (
        RUNNING,
        &[
            A::InternalPost,
            A::InternalAttach,
            A::GuestPost,
            A::GuestAttach,
            A::LeadHandOff,
            A::TeamAdd,
            A::AccessGive,
            A::RecuseOther,
            A::CaseRestrict,
            A::CaseUnrestrict,
            A::ReportAcknowledge,
            A::Triage,
            A::RecordScore,
            A::RecordSeverity,
            A::RecordCve,
            A::RecordFix,
            A::FixPush,
            A::Lgtm,
            A::Approve,
            A::RecordDecision,
            A::EmergencyDeclare,
            A::Override,
            A::RecordPlan,
            A::RecordNotice,
            A::RecordRelease,
            A::Announce,
            A::Publish,
            A::PublishConfirm,
            A::RecordTracking,
            A::CaseClose,
            A::CaseMerge,
            A::CaseSplit,
            A::PolicyMove,
            A::FactsMove,
        ],
    ),
    (CLOSED, &[A::CaseReopen, A::CaseErase, A::CaseEraseConfirm]),
];

/// Whoever works on the fix, while there is something to work on: what the
/// team says and knows, not who reported it.
const FIX_TEAM: Lists = &[(
    RUNNING,
    &[
        A::CaseRead,
        A::CaseCalendar,
        A::TimelineRead,
        A::InternalRead,
        A::InternalDownload,
        A::FixRead,
        A::InternalPost,
        A::InternalAttach,
        A::GuestRead,
        A::GuestDownload,
        A::NoteAdd,
        A::RecuseSelf,
        A::RecordWorld,
        A::RecordScore,
        A::RecordFix,
        A::FixPush,
        A::Lgtm,
        A::Approve,
    ],
)];

/// Whoever builds and publishes the releases.
const RELEASE_MANAGER: Lists = &[(
    RUNNING,
    &[
        A::CaseRead,
        A::CaseCalendar,
        A::TimelineRead,
        A::InternalRead,
        A::InternalDownload,
        A::FixRead,
        A::InternalPost,
        A::InternalAttach,
        A::GuestRead,
        A::GuestDownload,
        A::NoteAdd,
        A::RecuseSelf,
        A::RecordWorld,
        A::Approve,
        A::RecordRelease,
        A::Publish,
        A::PublishConfirm,
    ],
)];

/// Whoever was asked in for a part of the case: one room.
const ONE_ROOM: Lists = &[(RUNNING, &[A::GuestRead, A::GuestDownload, A::GuestPost, A::GuestAttach])];

/// Whoever reported: their own room, as long as the case is kept.
const REPORTER: Lists =
    &[(ALWAYS, &[A::ReporterRead, A::ReporterDownload, A::ReporterPost, A::ReporterAttach])];

/// Whoever keeps the installation running; never what a case says.
const OPERATOR: Lists = &[(
    ALWAYS,
    &[
        A::DirectoryRead,
        A::InstallationRead,
        A::InstallationLogRead,
        A::InstallationManage,
        A::InstallationExport,
        A::KeysManage,
        A::TokensManage,
        A::OrganisationManage,
        A::ProjectManage,
        A::ProjectFacts,
        A::PeopleInvite,
        A::PeopleStanding,
        A::PeopleLogins,
        A::RolesGive,
        A::RolesConfirm,
        A::RolesRevoke,
        A::WebhooksRead,
        A::WebhooksManage,
        A::WebhooksRun,
    ],
)];

/// Whoever checks afterwards who did and knew what; never what a case says.
const AUDITOR: Lists = &[(
    ALWAYS,
    &[
        A::LogRead,
        A::WhoKnewRead,
        A::DirectoryRead,
        A::CaseList,
        A::InstallationRead,
        A::InstallationLogRead,
        A::WebhooksRead,
    ],
)];

const fn lists(role: Role) -> Lists {
    match role {
        Role::Operator => OPERATOR,
        Role::Auditor => AUDITOR,
        Role::Responder => RESPONDER,
        Role::FixLead => FIX_LEAD,
        Role::FixTeam => FIX_TEAM,
        Role::ReleaseManager => RELEASE_MANAGER,
        Role::Distributor | Role::Guest => ONE_ROOM,
        Role::Reporter => REPORTER,
    }
}

/// How wide a grant of a role may reach and still count. Who works on a case
/// or was told about it is so for that case alone.
const fn breadths(role: Role) -> &'static [Breadth] {
    match role {
        Role::Operator | Role::Auditor => &[Breadth::Installation, Breadth::Organisation, Breadth::Project],
        Role::Responder => &[Breadth::Organisation, Breadth::Project, Breadth::Case],
        _ => &[Breadth::Case],
    }
}

/// What the installation does by itself: take reports in, act on the clock,
/// carry out what people decided, and write down who read what.
const SYSTEM: Lists = &[
    (
        ALWAYS,
        &[
            A::CaseEvaluate,
            A::ReporterPost,
            A::ReporterAttach,
            A::TeamRevoke,
            A::AccessRevoke,
            A::ReadRecord,
            A::ReminderRecord,
            // Whoever opens everything is stopped, and it is written down.
            A::ReadStop,
            // What was only taken in makes room for a release, and it is written down.
            A::ImportReplace,
            // To begin with there is nobody else: it invites the first person
            // and makes them operator.
            A::DirectoryRead,
            A::PeopleInvite,
            A::RolesGive,
            // An address that nobody answers at is no longer called, and what
            // happens is put where it is sent from.
            A::WebhooksRun,
        ],
    ),
    (
        RUNNING,
        &[
            A::CaseOpen,
            A::ReportAcknowledge,
            A::RecordCve,
            A::RecordFix,
            A::RecordNotice,
            A::RecordRelease,
            A::Announce,
            A::Publish,
            A::RecordTracking,
        ],
    ),
];

/// What somebody has to prove again that it is them for: publishing, taking
/// out, destroying, giving access, keys.
const STEP_UP: &[Action] = &[
    A::CaseExport,
    A::TeamAdd,
    A::AccessGive,
    A::RecuseOther,
    A::RecusalLift,
    A::CaseUnrestrict,
    A::Announce,
    A::Publish,
    A::PublishConfirm,
    A::CaseErase,
    A::CaseEraseConfirm,
    A::PolicyMove,
    A::InstallationManage,
    A::InstallationExport,
    A::KeysManage,
    A::ProjectPolicy,
    A::PeopleStanding,
    A::RolesGive,
    A::RolesConfirm,
    A::TeamDelegate,
    A::WebhooksManage,
    A::OwnKeys,
];

/// What takes effect only when another person has confirmed it.
const SECOND: &[Action] = &[A::Publish, A::CaseErase, A::RolesGive, A::TeamDelegate];

/// What changes nothing.
const READS: &[Action] = &[
    A::CaseRead,
    A::TimelineRead,
    A::InternalRead,
    A::InternalDownload,
    A::FixRead,
    A::ReporterRead,
    A::ReporterDownload,
    A::GuestRead,
    A::GuestDownload,
    A::LogRead,
    A::WhoKnewRead,
    A::CaseExport,
    A::CaseCalendar,
    A::CaseEvaluate,
    A::DirectoryRead,
    A::CaseList,
    A::InstallationRead,
    A::InstallationLogRead,
    A::InstallationExport,
    A::WebhooksRead,
    A::OwnRead,
];

/// What tokens can be made for.
const fn token_actions(scope: TokenScope) -> &'static [Action] {
    match scope {
        TokenScope::Read => &[
            A::CaseRead,
            A::TimelineRead,
            A::InternalRead,
            A::InternalDownload,
            A::ReporterRead,
            A::ReporterDownload,
            A::GuestRead,
            A::GuestDownload,
            A::CaseList,
        ],
        TokenScope::Post => &[
            A::InternalPost,
            A::InternalAttach,
            A::ReporterPost,
            A::ReporterAttach,
            A::GuestPost,
            A::GuestAttach,
            A::NoteAdd,
        ],
        TokenScope::Record => &[
            A::ReportAcknowledge,
            A::Triage,
            A::RecordWorld,
            A::RecordScore,
            A::RecordCve,
            A::RecordFix,
            A::Lgtm,
            A::RecordNotice,
            A::RecordRelease,
            A::RecordTracking,
            A::RecordRetrospective,
            A::RecordAuthority,
        ],
        TokenScope::Intake => &[A::CaseOpen],
        TokenScope::Directory => {
            &[A::DirectoryRead, A::ProjectFacts, A::WebhooksRead, A::WebhooksRun, A::OwnRead, A::OwnLeave]
        }
        TokenScope::Audit => &[A::LogRead, A::WhoKnewRead, A::InstallationRead, A::InstallationLogRead],
        TokenScope::Calendar => &[A::CaseCalendar],
        TokenScope::Fix => &[A::FixRead, A::FixPush],
    }
}

/// The lists above as tables, so that a decision is a look-up. A test flips
/// each single entry.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) roles: [[States; ACTIONS]; ROLES],
    pub(super) breadths: [[bool; Breadth::ALL.len()]; ROLES],
    pub(super) system: [States; ACTIONS],
    pub(super) step_up: [bool; ACTIONS],
    pub(super) second: [bool; ACTIONS],
    pub(super) reads: [bool; ACTIONS],
    pub(super) tokens: [[bool; ACTIONS]; TokenScope::ALL.len()],
}

/// The rules that are decided by.
pub(super) static RULES: Rules = Rules::new();

const fn spread(lists: Lists) -> [States; ACTIONS] {
    let mut table = [0; ACTIONS];
    let mut list = 0;
    while list < lists.len() {
        let (states, actions) = lists[list];
        let mut place = 0;
        while place < actions.len() {
            table[actions[place] as usize] |= states;
            place += 1;
        }
        list += 1;
    }
    table
}

const fn marked(actions: &[Action]) -> [bool; ACTIONS] {
    let mut table = [false; ACTIONS];
    let mut place = 0;
    while place < actions.len() {
        table[actions[place] as usize] = true;
        place += 1;
    }
    table
}

impl Rules {
    const fn new() -> Rules {
        let mut rules = Rules {
            roles: [[0; ACTIONS]; ROLES],
            breadths: [[false; Breadth::ALL.len()]; ROLES],
            system: spread(SYSTEM),
            step_up: marked(STEP_UP),
            second: marked(SECOND),
            reads: marked(READS),
            tokens: [[false; ACTIONS]; TokenScope::ALL.len()],
        };
        let mut role = 0;
        while role < ROLES {
            rules.roles[role] = spread(lists(Role::ALL[role]));
            let reach = breadths(Role::ALL[role]);
            let mut place = 0;
            while place < reach.len() {
                rules.breadths[role][reach[place] as usize] = true;
                place += 1;
            }
            role += 1;
        }
        let mut scope = 0;
        while scope < TokenScope::ALL.len() {
            rules.tokens[scope] = marked(token_actions(TokenScope::ALL[scope]));
            scope += 1;
        }
        rules
    }
}
