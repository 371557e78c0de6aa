//! A case, as far as somebody may see it; lists of cases; who knew.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::{
    Absorbed, ActionName, BreadthName, Handoff, Id, Moment, QuestionName, Restriction, RoleName, RoomName,
    StateName, ThanksName, TimelineEvent, Waiting, Wrote,
};

/// A case, as far as its reader may see it.
#[derive(ToSchema)]
pub struct CaseView {
    /// The case.
    case: Id,
    /// Its version, which also stands in `ETag`.
    version: u64,
    /// What it is about; for those in the case and its reporter.
    #[schema(required)]
    about: Option<About>,
    /// What was reported.
    #[schema(required)]
    report: Option<ReportView>,
    /// How it stands; for those who work on it.
    #[schema(required)]
    standing: Option<CaseStanding>,
    /// The rooms they may read.
    rooms: Vec<RoomView>,
    /// What happened; for those who work on it.
    timeline: Vec<Step>,
    /// What they may do now; whether the policy lets them is another question.
    may: Vec<ActionName>,
    /// The names of those whom it names by their ids, for those who work on the
    /// case.
    names: BTreeMap<String, String>,
}

/// What a case is about.
#[derive(ToSchema)]
pub struct About {
    /// Its title.
    title: String,
    /// Embargoed, public or closed.
    state: StateName,
    /// When it was opened.
    opened: Moment,
}

/// What was reported.
#[derive(ToSchema)]
pub struct ReportView {
    /// When it was recorded.
    at: Moment,
    /// The text, in Markdown.
    body: String,
    /// Who reported it, for those who may read the reporter's room.
    #[schema(required)]
    reporter: Option<Id>,
    /// The name to thank, for the same.
    #[schema(required)]
    credit: Option<String>,
    /// How whoever reported wants to be thanked, for the same; nothing, where
    /// they said no more than a name or nothing.
    #[schema(required)]
    wish: Option<WishView>,
    /// What was answered to the questions of the project.
    details: Vec<DetailView>,
    /// Whether the text is an OpenPGP message, and whom it is for.
    #[schema(required)]
    encrypted: Option<EncryptedView>,
}

/// How somebody wants to be thanked.
#[derive(ToSchema)]
pub struct WishView {
    /// By name, without one, or not at all.
    thanks: ThanksName,
    /// The name, where it is by name.
    name: Option<String>,
    /// An address on the web that goes with it.
    link: Option<String>,
}

/// An answer to a question of the project.
#[derive(ToSchema)]
pub struct DetailView {
    /// The question.
    question: QuestionName,
    /// The answer, in Markdown where it is more than a line.
    answer: String,
}

/// That a report is an OpenPGP message. The desk cannot open it.
#[derive(ToSchema)]
pub struct EncryptedView {
    /// The ids or fingerprints of the keys that open it.
    keys: Vec<String>,
    /// Whether the key that the project offers now is one of them.
    own: bool,
}

/// How a case stands.
#[derive(ToSchema)]
pub struct CaseStanding {
    /// The organisation.
    organisation: Id,
    /// The project.
    project: Id,
    /// The policy it runs under.
    policy: String,
    /// The version of the policy.
    policy_version: String,
    /// Whether standing roles do not reach it.
    restricted: bool,
    /// Who leads it.
    #[schema(required)]
    lead: Option<Id>,
    /// The offer of the lead that stands.
    #[schema(required)]
    handoff: Option<Handoff>,
    /// Who has which role in it.
    people: Vec<CaseMember>,
    /// Who has a conflict of interest.
    recused: Vec<Id>,
    /// What waits for a second person.
    waiting: Vec<Waiting>,
    /// The case it was merged into.
    #[schema(required)]
    merged_into: Option<String>,
    /// The cases that were merged into it.
    absorbed: Vec<Absorbed>,
}

/// Somebody with a role in a case.
#[derive(ToSchema)]
pub struct CaseMember {
    /// The grant.
    grant: Id,
    /// Who.
    person: Id,
    /// Their name, where the directory has one.
    #[schema(required)]
    name: Option<String>,
    /// The role.
    role: RoleName,
    /// Until when.
    #[schema(required)]
    until: Option<Moment>,
}

/// A room.
#[derive(ToSchema)]
pub struct RoomView {
    /// Which one.
    room: RoomName,
    /// What was written.
    messages: Vec<MessageView>,
    /// Its files.
    files: Vec<FileView>,
}

/// A message.
#[derive(ToSchema)]
pub struct MessageView {
    /// Its id.
    id: Id,
    /// When it was written.
    at: Moment,
    /// By whom; nobody, where the desk wrote it.
    #[schema(required)]
    by: Option<Id>,
    /// What it says, in Markdown.
    body: String,
    /// The message it answers.
    #[schema(required)]
    answers: Option<Id>,
}

/// A file.
#[derive(ToSchema)]
pub struct FileView {
    /// Its id.
    blob: Id,
    /// When it was added.
    at: Moment,
    /// By whom.
    #[schema(required)]
    by: Option<Id>,
    /// Its name.
    name: String,
    /// Its size in bytes.
    size: u64,
}

/// Something that happened.
#[derive(ToSchema)]
pub struct Step {
    /// When it was recorded.
    at: Moment,
    /// By whom.
    #[schema(required)]
    by: Option<Id>,
    /// What.
    event: TimelineEvent,
}

/// A page of cases, by the next due or the beginning of an exposure.
#[derive(ToSchema)]
pub struct CasePage {
    /// The cases.
    items: Vec<CaseItem>,
    /// What `after` has to say for the next page, if there is one.
    #[schema(required)]
    next: Option<String>,
}

/// A case in a list.
#[derive(ToSchema)]
pub struct CaseItem {
    /// The case.
    case: Id,
    /// Its project.
    project: Id,
    /// When it was opened.
    opened: Moment,
    /// What it is about, for those who may see it.
    #[schema(required)]
    title: Option<String>,
    /// Embargoed, public or closed, for the same.
    #[schema(required)]
    state: Option<StateName>,
    /// How severe it is, as the policy says it; for those who work on it, like
    /// everything below.
    #[schema(required)]
    severity: Option<String>,
    /// Who leads it.
    #[schema(required)]
    lead: Option<Id>,
    /// Their name.
    #[schema(required)]
    lead_name: Option<String>,
    /// The next due of a duty.
    #[schema(required)]
    due: Option<Moment>,
    /// The duty.
    #[schema(required)]
    duty: Option<String>,
    /// Since when users are exposed to what is publicly known, while they are.
    #[schema(required)]
    exposed_since: Option<Moment>,
    /// Whether you have looked at it before.
    seen: bool,
    /// The rooms in which something of others is new to you.
    unread: Vec<RoomName>,
}

/// The log of a case.
#[derive(ToSchema)]
pub struct CaseLog {
    /// Its lines, the oldest first.
    items: Vec<LogLine>,
}

/// A line of the log, without what it says.
#[derive(ToSchema)]
pub struct LogLine {
    /// Its version.
    version: u64,
    /// When it was recorded.
    at: Moment,
    /// By whom.
    #[schema(required)]
    by: Option<Id>,
    /// Their name, for those who work on the case or may read the directory.
    #[schema(required)]
    name: Option<String>,
    /// The type of the event.
    event: String,
}

/// Who knew of a case.
#[derive(ToSchema)]
pub struct WhoKnew {
    /// The case.
    case: Id,
    /// For which instant.
    at: Moment,
    /// When standing roles reached the case no more, and when they did again.
    restricted: Vec<Restriction>,
    /// Everybody who could read, or did.
    people: Vec<Knew>,
}

/// Somebody who could read, or did.
#[derive(ToSchema)]
pub struct Knew {
    /// Who.
    person: Id,
    /// Their name, where the directory has one.
    #[schema(required)]
    name: Option<String>,
    /// By which roles they could.
    could: Vec<Could>,
    /// When they were kept out for a conflict of interest.
    #[schema(required)]
    recused: Option<Moment>,
    /// When they read, and what; once an hour.
    read: Vec<ReadItem>,
    /// When they first and last wrote something, and how often.
    #[schema(required)]
    wrote: Option<Wrote>,
}

/// A role by which somebody could read.
#[derive(ToSchema)]
pub struct Could {
    /// The role.
    role: RoleName,
    /// How wide it is.
    scope: BreadthName,
    /// From when on; not before the case was opened.
    from: Moment,
    /// Until when; nothing, as long as it goes on.
    #[schema(required)]
    until: Option<Moment>,
}

/// A reading.
#[derive(ToSchema)]
pub struct ReadItem {
    /// When.
    at: Moment,
    /// What.
    what: ActionName,
}
