//! What a person can do with a case, decided before it happens.
//!
//! [`decide`] takes a permit, which says who may, and asks the policy whether
//! the time has come. It answers with the events to append, or with why not:
//! the gate, its clauses, the arithmetic, the earliest instant, and who may
//! override it. Nothing else writes events of a case.

mod advisory;
mod fix;
mod overriding;
mod part;
mod people;
mod record;
mod second;

use std::fmt;

pub use advisory::held as publication_held;
pub use overriding::Overriding;
pub use part::{Part, open_part};

use super::event::{DeskEvent, Happening, Pin, Push, Reminder, Room, Run, Second, Sighting, Visibility};
use super::form::{CreditWish, Told};
use super::state::{CaseFile, Credit};
use super::wire::{Body, Line, Sha256};
use crate::access::{Access, Action, Permit, Role, Standing};
use crate::case::Project;
use crate::case::event::{Event, EventKind, Field, Value};
use crate::id::{BlobId, CaseId, GrantId, MessageId, OfferId, OrganisationId, PersonId, ProjectId};
use crate::policy::Policy;
use crate::text::Untold;
use crate::time::{Instant, When};

/// What a decision is made with, beside the case.
pub struct Context<'a> {
    /// The policy that the case is pinned to.
    pub policy: &'a Policy,
    /// Whether somebody may act; nothing for whom the directory does not know.
    pub people: &'a dyn Fn(PersonId) -> Option<Standing>,
    /// Whether somebody answers the reports of the project now, whatever its
    /// facts said when the case was opened.
    pub responds: &'a dyn Fn(PersonId) -> bool,
    /// Now.
    pub now: Instant,
}

/// Whether somebody does something now, or found that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// They do it now; a gate can hold it.
    Done,
    /// It happened, whoever did it, at the instant it names: nothing can hold
    /// it any more, and the policy's finding stands beside it.
    Found,
}

/// Something to do.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are those of the events they become")]
#[allow(clippy::large_enum_variant, reason = "a command is made, decided and gone; none is kept")]
pub enum Command {
    /// Open a case for a report.
    Open {
        case: CaseId,
        organisation: OrganisationId,
        project: ProjectId,
        title: Line,
        policy: Pin,
        facts: Box<Project>,
        body: Body,
        visibility: Visibility,
        channel: Option<Line>,
        /// Who reported it, and the grant that lets them follow it.
        reporter: Option<(PersonId, GrantId)>,
        credit: Option<Line>,
        /// What they tell beside the text.
        told: Box<Told>,
        /// Who is thanked already, where it was split off another case.
        credits: Vec<Credit>,
    },
    /// Record an event that the policy looks at.
    Record { event: Event, source: Source, overriding: Option<Box<Overriding>> },
    /// Say how whoever reported wants to be thanked.
    Wish { person: PersonId, wish: CreditWish },
    /// Write into a room.
    Post { id: MessageId, room: Room, body: Body, answers: Option<MessageId> },
    /// Put a file into a room.
    Attach { blob: BlobId, room: Room, name: Line, size: u64, sha256: Sha256 },
    /// Write a note.
    Note { text: Body },
    /// Let nobody erase it.
    Hold { reason: Line },
    /// Let it be erased again, by those who may.
    LiftHold { reason: Line },
    /// Give evidence that a duty was done.
    Evidence { duty: Line, text: Line, reference: Option<Line> },
    /// Lead the case.
    Volunteer { grant: GrantId },
    /// Have somebody lead the case.
    Assign { person: PersonId, grant: GrantId, by_rotation: bool, reason: Line },
    /// Offer the lead to somebody.
    OfferLead { offer: OfferId, to: PersonId, reason: Line },
    /// Take the lead that is offered. Only now does it change hands.
    AcceptLead { offer: OfferId, grant: GrantId },
    /// Do not take it.
    DeclineLead { offer: OfferId, reason: Line },
    /// Let somebody in.
    Give { grant: GrantId, person: PersonId, role: Role, reason: Line, until: Option<Instant> },
    /// Have a grant end at another time, or at none.
    MoveEnd { grant: GrantId, reason: Line, until: Option<Instant> },
    /// Take a grant back.
    Revoke { grant: GrantId, reason: Line },
    /// Take back what the Fix Team and the Release Managers have.
    DismissTeam { reason: Line },
    /// Keep somebody out who has a conflict of interest.
    Recuse { person: PersonId, reason: Line },
    /// Let them in again.
    LiftRecusal { person: PersonId, reason: Line },
    /// Let standing grants no longer reach the case.
    Restrict { reason: Line },
    /// Let them reach it again.
    Unrestrict { reason: Line },
    /// Go on under another policy.
    MovePolicy { policy: Pin, reason: Line },
    /// Go on with other facts of the project.
    MoveFacts { facts: Box<Project>, reason: Line },
    /// Close it.
    Close { reason: Line, overriding: Option<Box<Overriding>> },
    /// Open it again.
    Reopen { reason: Line },
    /// Close it in favour of another case.
    Merge { into: CaseId, reason: Line },
    /// Take note of a case that is merged into this: who reported it when, and
    /// who is thanked for it.
    Absorb { case: CaseId, reported: Instant, reporters: Vec<PersonId>, credits: Vec<Credit>, reason: Line },
    /// Take a part of it to a case of its own.
    Split { into: CaseId, reason: Line },
    /// Ask for a second person.
    AskSecond {
        offer: OfferId,
        what: Second,
        sha256: Sha256,
        reason: Line,
        /// Done although the policy holds it, if it does when it is confirmed.
        overriding: Option<Box<Overriding>>,
    },
    /// Make a private repository for the fix.
    OpenFix { from: Line },
    /// Put commits into it: the branches that move, and the events of the
    /// policy's vocabulary about their commits.
    PushFix { pushes: Vec<Push>, events: Vec<Event> },
    /// Take note of what the project's own checks say to a commit of it.
    RecordRun { run: Box<Run> },
    /// Take note of a public change that resembles the fix.
    SuspectLeak { sighting: Sighting },
    /// Say that it is no leak.
    DismissLeak { commit: Line, reason: Line },
    /// Be the second person.
    ConfirmSecond { offer: OfferId },
    /// Write the advisory, over the version that was read; 0 where there was none.
    WriteAdvisory { over: u64, source: Body },
    /// Be the second person for a publication of the advisory, and make it public.
    PublishAdvisory {
        offer: OfferId,
        has_cve: bool,
        /// Done although the policy holds it, by whoever asks or confirms.
        overriding: Option<Box<Overriding>>,
    },
    /// Write down that somebody read it.
    RecordRead { person: PersonId, action: Action },
    /// Write down that somebody was told of a duty.
    Remind { reminder: Reminder, escalated: bool },
}

/// Something that a command names and that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is what it says")]
pub enum Thing {
    Person,
    Branch,
    Commit,
    Grant,
    Offer,
    Message,
    Duty,
    Organisation,
    Project,
    Team,
    Webhook,
}

/// What is wrong with a command, whatever the policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the sentences stand below")]
pub enum Wrong {
    SelfApproval,
    InAnothersName,
    SamePerson,
    NotYours,
    HasLead,
    Recused,
    NotActive,
    NoResponder,
    NoCveId,
    RoleNotHere,
    Ended,
    Repeated,
    Future,
    ClockWentBack,
    OwnCommand,
    BranchGone,
    TooManyBranches,
    Itself,
    NotOpened,
    AlreadyOpened,
    Unchanged,
    Expired,
    TooMany,
    TooLong,
    Kept,
    NobodyLeft,
    Restricted,
    OfferOver,
    /// It has this version now.
    Overtaken(u64),
    NoAdvisory,
    NotWhatWasAsked,
    NotWhatWasProposed,
    ProposerGone,
    WaitOver,
    TooManyWait,
    LoginTaken,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::SelfApproval => "nobody approves their own commit; ask somebody else to review it",
            Wrong::InAnothersName => "this is recorded in one's own name; let them do it themselves",
            Wrong::SamePerson => "this needs a second person; ask somebody else",
            Wrong::NotYours => "only the one whom it concerns can do this",
            Wrong::HasLead => "the case has a Fix Lead; they can hand it over, or somebody else be assigned",
            Wrong::Recused => "they have a conflict of interest in this case; choose somebody else",
            Wrong::NotActive => {
                "they cannot act here; they have to accept their invitation first, or to be let in again"
            }
            Wrong::NoResponder => {
                "they answer no reports of this project and maintain none of it; give them the role first"
            }
            Wrong::NoCveId => "name the CVE id, like CVE-2026-12345, as the CNA gave it",
            Wrong::RoleNotHere => "this role is not given in a case; the directory gives it",
            Wrong::Ended => "it would end before it begins; choose a later instant",
            Wrong::Repeated => "this is on record already",
            Wrong::Future => "what has not happened yet cannot be recorded",
            Wrong::ClockWentBack => "the clock stands before the last entry of the case; set it right first",
            Wrong::OwnCommand => "this changes who may do what; use the command made for it",
            Wrong::BranchGone => {
                "a branch that the case knows is missing from the new facts; keep it, as out of support"
            }
            Wrong::TooManyBranches => {
                "a case can name at most 128 branches; leave out those it does not affect"
            }
            Wrong::Itself => "a case cannot be merged with itself",
            Wrong::NotOpened => "the case is not opened yet",
            Wrong::AlreadyOpened => "the case is open already",
            Wrong::Unchanged => "nothing would change by this",
            Wrong::Expired => "the invitation has expired; ask for another",
            Wrong::TooMany => "the list is too long; shorten it",
            Wrong::TooLong => "a pause lasts 93 days at most; choose an earlier end, and prolong it then",
            Wrong::Kept => "a hold is on the case, so nobody erases it; lift the hold first",
            Wrong::NobodyLeft => {
                "a restricted case is reached only by those who have a role in it; have somebody lead it first"
            }
            Wrong::OfferOver => {
                "whoever offered the lead does not lead the case any more; somebody can be assigned, or volunteer"
            }
            Wrong::Overtaken(version) => {
                return write!(f, "somebody has written it since (it is at version {version}); read it again and repeat what still applies");
            }
            Wrong::NoAdvisory => "nobody has written an advisory yet; write it first",
            Wrong::NotWhatWasAsked => {
                "the advisory was changed after its publication was asked for; ask for what it says now"
            }
            Wrong::NotWhatWasProposed => {
                "this is not what was proposed, by its hash; decline it, and have it proposed anew"
            }
            Wrong::ProposerGone => {
                "whoever asked for this may not ask for it any more; ask yourself, and have another person confirm it"
            }
            Wrong::WaitOver => "nobody confirmed it in time; have it proposed anew",
            Wrong::TooManyWait => {
                "too much waits for a second person already; have that confirmed or declined first"
            }
            Wrong::LoginTaken => "somebody else has one of these logins, or the same at a host; take it from them first",
            Wrong::Restricted => "the case is restricted; lift that first, or nobody of the other project reaches it",
        })
    }
}

/// Why a command is refused. What it names is for whoever asked; its `Debug` keeps
/// that, and the arithmetic, to itself.
#[derive(Clone, PartialEq)]
pub enum Refused {
    /// The permit is for something else.
    Permit,
    /// The policy holds it.
    Held {
        /// The gate, or the rule that would be violated.
        gate: String,
        /// The clauses of everything that holds it.
        clauses: Vec<String>,
        /// The arithmetic.
        because: String,
        /// From when on it would be allowed, if everything else stands still.
        earliest: Option<Instant>,
        /// Who may override it with a reason; nobody, if it is empty.
        override_by: Vec<Role>,
    },
    /// It names what is not there.
    Unknown(Thing, String),
    /// It cannot be done at all.
    Wrong(Wrong),
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Permit => f.write_str("Permit"),
            Refused::Held { gate, clauses, because, earliest, override_by } => f
                .debug_struct("Held")
                .field("gate", gate)
                .field("clauses", clauses)
                .field("because", &Untold(because))
                .field("earliest", earliest)
                .field("override_by", override_by)
                .finish(),
            Refused::Unknown(thing, name) => write!(f, "Unknown({thing:?}, {:?})", Untold(name)),
            Refused::Wrong(wrong) => write!(f, "Wrong({wrong:?})"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Permit => f.write_str("the permit is for something else; ask again"),
            Refused::Held { clauses, because, earliest, override_by, .. } => {
                write!(f, "held by {}: {because}", clauses.join(", "))?;
                if let Some(earliest) = earliest {
                    write!(f, "; allowed from {earliest}")?;
                }
                let roles: Vec<&str> = override_by.iter().map(|role| role.name()).collect();
                if !roles.is_empty() {
                    write!(f, "; with a reason, {} may override it", roles.join(" or "))?;
                }
                Ok(())
            }
            Refused::Unknown(thing, name) => {
                let (what, remedy) = match thing {
                    Thing::Person => ("person", "invite them first"),
                    Thing::Branch => ("branch", "add it to the project's facts"),
                    Thing::Commit => ("commit", "record that it was proposed"),
                    Thing::Grant => ("grant", "it may be another case's"),
                    Thing::Offer => ("offer", "it may have been answered or replaced"),
                    Thing::Message => ("message", "it may stand in another room"),
                    Thing::Duty => ("duty", "the policy names its duties"),
                    Thing::Organisation => ("organisation", "add it first"),
                    Thing::Project => ("project", "add it first"),
                    Thing::Team => ("team", "it may have ended"),
                    Thing::Webhook => ("webhook", "it may have been removed"),
                };
                write!(f, "there is no {what} `{}` here; {remedy}", crate::text::short(name, 60))
            }
            Refused::Wrong(wrong) => wrong.fmt(f),
        }
    }
}

/// What a command leads to.
pub type Decided = Result<Vec<Happening>, Refused>;

fn wrong<T>(wrong: Wrong) -> Result<T, Refused> {
    Err(Refused::Wrong(wrong))
}

/// An event of now, by whoever holds the permit.
fn happened(kind: EventKind, permit: &Permit, now: Instant) -> Event {
    let event = Event::new(now, kind);
    match permit.person() {
        Some(person) => event.with(Field::By, Value::Texts(vec![person.to_string().into()])),
        None => event,
    }
}

fn text(text: impl fmt::Display) -> Value {
    Value::Text(text.to_string().into())
}

impl Command {
    /// What a permit for it has to allow.
    pub fn action(&self, file: &CaseFile) -> Action {
        match self {
            Command::Open { .. } => Action::CaseOpen,
            Command::Record { event, .. } => Action::recording(event.kind),
            Command::Post { room, .. } => match room {
                Room::Internal => Action::InternalPost,
                Room::Reporter => Action::ReporterPost,
                Room::Guest => Action::GuestPost,
            },
            Command::Wish { .. } => Action::ReporterPost,
            Command::Attach { room, .. } => match room {
                Room::Internal => Action::InternalAttach,
                Room::Reporter => Action::ReporterAttach,
                Room::Guest => Action::GuestAttach,
            },
            // To keep something is for everybody who works on the case; to let go of
            // it, for those who may ask that it be erased.
            Command::Note { .. } | Command::Evidence { .. } | Command::Hold { .. } => Action::NoteAdd,
            Command::LiftHold { .. } => Action::CaseErase,
            Command::Volunteer { .. } => Action::LeadVolunteer,
            Command::Assign { .. } => Action::LeadAssign,
            Command::OfferLead { .. } => Action::LeadHandOff,
            Command::AcceptLead { .. } | Command::DeclineLead { .. } => Action::LeadAccept,
            Command::Give { role: Role::FixTeam | Role::ReleaseManager, .. } => Action::TeamAdd,
            Command::Give { .. } => Action::AccessGive,
            // Longer is as much as giving it.
            Command::MoveEnd { grant, .. } => match file.grants.get(grant).map(|grant| grant.role) {
                Some(Role::FixTeam | Role::ReleaseManager) => Action::TeamAdd,
                _ => Action::AccessGive,
            },
            Command::Revoke { grant, .. } => match file.grants.get(grant).map(|grant| grant.role) {
                Some(Role::FixTeam | Role::ReleaseManager) => Action::TeamRevoke,
                _ => Action::AccessRevoke,
            },
            Command::DismissTeam { .. } => Action::TeamRevoke,
            // Who recuses whom is seen by the permit: see `people`.
            Command::Recuse { .. } => Action::RecuseSelf,
            Command::LiftRecusal { .. } => Action::RecusalLift,
            Command::Restrict { .. } => Action::CaseRestrict,
            Command::Unrestrict { .. } => Action::CaseUnrestrict,
            Command::MovePolicy { .. } => Action::PolicyMove,
            Command::MoveFacts { .. } => Action::FactsMove,
            Command::Close { .. } => Action::CaseClose,
            Command::Reopen { .. } => Action::CaseReopen,
            Command::Merge { .. } | Command::Absorb { .. } => Action::CaseMerge,
            Command::Split { .. } => Action::CaseSplit,
            Command::AskSecond { what: Second::Publication, .. } => Action::Publish,
            Command::AskSecond { what: Second::Erasure, .. } => Action::CaseErase,
            Command::ConfirmSecond { offer } => match file.proposals.get(offer).map(|proposal| proposal.what)
            {
                Some(Second::Erasure) => Action::CaseEraseConfirm,
                _ => Action::PublishConfirm,
            },
            Command::WriteAdvisory { .. } => Action::RecordFix,
            Command::PublishAdvisory { .. } => Action::PublishConfirm,
            Command::OpenFix { .. } | Command::PushFix { .. } => Action::FixPush,
            Command::SuspectLeak { .. } | Command::RecordRun { .. } => Action::ReminderRecord,
            Command::DismissLeak { .. } => Action::RecordDecision,
            Command::RecordRead { .. } => Action::ReadRecord,
            Command::Remind { .. } => Action::ReminderRecord,
        }
    }
}

/// What a command leads to, or why it is refused.
pub fn decide(file: &CaseFile, context: &Context<'_>, permit: &Permit, command: Command) -> Decided {
    let by_another = matches!(&command, Command::Recuse { person, .. } if permit.person() != Some(*person));
    let action = if by_another { Action::RecuseOther } else { command.action(file) };
    let case = match (&command, &file.opened) {
        (Command::Open { .. }, Some(_)) => return wrong(Wrong::AlreadyOpened),
        (Command::Open { case, .. }, None) => *case,
        (_, Some(opened)) => opened.case,
        (_, None) => return wrong(Wrong::NotOpened),
    };
    if permit.action() != action || !permit.fits(case.into(), Access::Write) {
        return Err(Refused::Permit);
    }
    if file.latest.is_some_and(|latest| context.now < latest) {
        return wrong(Wrong::ClockWentBack);
    }
    let now = context.now;
    let desk = |event: DeskEvent| Ok(vec![Happening::from(event)]);
    match command {
        command @ Command::Open { .. } => open(context, permit, command),
        Command::Record { event, source, overriding } => {
            record::record(file, context, permit, event, source, overriding.as_deref())
        }
        Command::Post { id, room, body, answers } => {
            let known = |id: MessageId| {
                file.rooms.get(&room).is_some_and(|room| room.iter().any(|message| message.id == id))
            };
            if known(id) {
                return wrong(Wrong::Repeated);
            }
            if let Some(answers) = answers.filter(|answers| !known(*answers)) {
                return Err(Refused::Unknown(Thing::Message, answers.to_string()));
            }
            desk(DeskEvent::MessagePosted { id, room, body, answers })
        }
        Command::Wish { person, wish } => {
            if permit.person().is_some_and(|me| me != person) {
                return wrong(Wrong::InAnothersName);
            }
            if file.wishes.get(&person) == Some(&wish) {
                return wrong(Wrong::Unchanged);
            }
            desk(DeskEvent::CreditWished { person, wish })
        }
        Command::Attach { blob, room, name, size, sha256 } => {
            if file.attachments.iter().any(|known| known.blob == blob) {
                return wrong(Wrong::Repeated);
            }
            desk(DeskEvent::AttachmentAdded { blob, room, name, size, sha256 })
        }
        Command::Hold { .. } if file.hold.is_some() => wrong(Wrong::Unchanged),
        Command::Hold { reason } => desk(DeskEvent::HoldPlaced { reason }),
        Command::LiftHold { .. } if file.hold.is_none() => wrong(Wrong::Unchanged),
        Command::LiftHold { reason } => desk(DeskEvent::HoldLifted { reason }),
        Command::Note { text } => desk(DeskEvent::NoteAdded { text }),
        Command::Evidence { duty, text, reference } => {
            if !context.policy.duties.iter().any(|rule| *rule.heading.id == *duty) {
                return Err(Refused::Unknown(Thing::Duty, duty.to_string()));
            }
            desk(DeskEvent::EvidenceAdded { duty, text, reference })
        }
        Command::Restrict { .. } if file.restricted => wrong(Wrong::Unchanged),
        Command::Unrestrict { .. } if !file.restricted => wrong(Wrong::Unchanged),
        // Otherwise nobody could ever lift it.
        Command::Restrict { .. } if file.active(Role::FixLead, now).next().is_none() => {
            wrong(Wrong::NobodyLeft)
        }
        Command::Restrict { reason } => desk(DeskEvent::CaseRestricted { reason }),
        Command::Unrestrict { reason } => desk(DeskEvent::CaseUnrestricted { reason }),
        Command::MovePolicy { policy, .. } if file.pin() == Some(&policy) => wrong(Wrong::Unchanged),
        Command::MovePolicy { policy, reason } => desk(DeskEvent::PolicyMoved { policy, reason }),
        Command::MoveFacts { facts, reason } => {
            if file.facts.branches.iter().any(|branch| facts.branch(&branch.name).is_none()) {
                return wrong(Wrong::BranchGone);
            }
            if facts.branches.len() > crate::case::project::MOST_BRANCHES {
                return wrong(Wrong::TooManyBranches);
            }
            desk(DeskEvent::FactsMoved { facts: *facts, reason })
        }
        Command::Close { reason, overriding } => {
            let event = happened(EventKind::CaseClosed, permit, now).with(Field::Reason, text(reason));
            record::guarded(file, context, permit, event, overriding.as_deref())
        }
        Command::Reopen { reason } => {
            let event = happened(EventKind::CaseReopened, permit, now).with(Field::Reason, text(reason));
            Ok(vec![event.into()])
        }
        Command::Merge { into, .. } if into == case => wrong(Wrong::Itself),
        Command::Split { into, .. } if into == case => wrong(Wrong::Itself),
        Command::Absorb { case: other, .. } if other == case => wrong(Wrong::Itself),
        Command::Merge { into, reason } => {
            let event = happened(EventKind::CaseMerged, permit, now)
                .with(Field::Into, Value::Texts(vec![into.to_string().into()]))
                .with(Field::Reason, text(reason));
            Ok(vec![event.into()])
        }
        Command::Absorb { case, reported, reporters, credits, reason } => {
            let mut events: Vec<Happening> = Vec::new();
            if file.absorbed.iter().all(|known| known.case != case) {
                events.push(DeskEvent::CaseAbsorbed { case, reported, reporters, reason }.into());
            }
            let given = credits.into_iter().map(|credit| {
                let (name, role, person) = (credit.name, credit.role, credit.person);
                DeskEvent::CreditGiven { name, role, person, case: credit.case.or(Some(case)) }.into()
            });
            events.extend(given);
            Ok(events)
        }
        Command::Split { into, reason } => {
            let event = happened(EventKind::CaseSplit, permit, now)
                .with(Field::Into, Value::Texts(vec![into.to_string().into()]))
                .with(Field::Reason, text(reason));
            Ok(vec![event.into()])
        }
        command @ (Command::AskSecond { .. } | Command::ConfirmSecond { .. }) => {
            second::decide(file, permit, command)
        }
        command @ (Command::WriteAdvisory { .. } | Command::PublishAdvisory { .. }) => {
            advisory::decide(file, context, permit, command)
        }
        command @ (Command::OpenFix { .. }
        | Command::PushFix { .. }
        | Command::RecordRun { .. }
        | Command::SuspectLeak { .. }
        | Command::DismissLeak { .. }) => fix::decide(file, context, permit, command),
        Command::RecordRead { person, action } => {
            let action = Line::tamed(action.name());
            desk(DeskEvent::ReadRecorded { person, action })
        }
        Command::Remind { reminder, escalated } => {
            let key = (reminder.duty.clone(), reminder.subject.clone());
            let same = |known: &Reminder| known.due == reminder.due && known.rung >= reminder.rung;
            if file.reminded.get(&key).is_some_and(|known| known.iter().any(same)) {
                return wrong(Wrong::Repeated);
            }
            desk(if escalated {
                DeskEvent::DutyEscalated(reminder)
            } else {
                DeskEvent::DutyReminded(reminder)
            })
        }
        command => people::decide(file, context, permit, command),
    }
}

fn open(context: &Context<'_>, permit: &Permit, command: Command) -> Decided {
    let Command::Open {
        case,
        organisation,
        project,
        title,
        policy,
        facts,
        body,
        visibility,
        channel,
        reporter,
        credit,
        told,
        credits,
    } = command
    else {
        return Err(Refused::Permit);
    };
    if facts.branches.len() > crate::case::project::MOST_BRANCHES {
        return wrong(Wrong::TooManyBranches);
    }
    if *policy.sha256 != *context.policy.sha256 {
        return Err(Refused::Permit);
    }
    let now = context.now;
    let mut received =
        Event::new(now, EventKind::ReportReceived).with(Field::Visibility, text(visibility.name()));
    if let Some(channel) = channel {
        received = received.with(Field::Channel, text(channel));
    }
    let mut events = vec![
        DeskEvent::CaseOpened { case, organisation, project, title: title.clone(), policy, facts: *facts }
            .into(),
    ];
    let person = reporter.map(|(person, _)| person);
    if let Some(person) = person.or(permit.person()) {
        received = received.with(Field::Reporter, text(person));
    }
    events.push(received.into());
    let Told { details, claims, wish } = *told;
    events.push(DeskEvent::ReportContent { title, body, reporter: person, credit, details, wish }.into());
    let claimed =
        [(EventKind::PublicAppeared, claims.public), (EventKind::ExploitationAware, claims.exploited)];
    for (kind, place) in claimed {
        if let Some(place) = place {
            events.push(Event::new(now, kind).with(Field::Where, text(place)).into());
        }
    }
    if let Some((person, grant)) = reporter {
        let reason = Line::tamed("reported it");
        let role = Role::Reporter;
        events.push(DeskEvent::GrantGiven { grant, person, role, reason, from: now, until: None }.into());
    }
    for credit in credits {
        let (name, role, person, case) = (credit.name, credit.role, credit.person, credit.case);
        events.push(DeskEvent::CreditGiven { name, role, person, case }.into());
    }
    Ok(events)
}
