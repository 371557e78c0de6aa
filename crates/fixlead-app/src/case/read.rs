//! What somebody may see of a case.
//!
//! A view holds what its reader may see and nothing else: each part is asked
//! of the gate on its own. That somebody read is recorded before they see it,
//! once in an hour.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fixlead_core::access::{Action, Denied, Needs, Place, Role, Within};
use fixlead_core::case::event::Field;
use fixlead_core::case::write;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::{By as Author, DeskEvent, Happening, Room, Run};
use fixlead_core::desk::form::{CreditWish, Detail};
use fixlead_core::id::{BlobId, CaseId, GrantId, MessageId, OfferId, OrganisationId, PersonId, ProjectId};
use fixlead_core::time::{Instant, Span};
use serde::Serialize;
use serde_json::{Value, json};

use super::act::Writing;
use super::kept::Kept;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::openpgp;
use crate::problem::{Problem, Result};

/// How often a record of a read is tried beside others who write.
const TRIES: usize = 50;

/// A case, as far as its reader may see it.
#[derive(Clone, Serialize)]
pub struct View {
    /// The case.
    pub case: CaseId,
    /// Its version, for whoever wants to change what they have seen.
    pub version: u64,
    /// What it is about; for those in the case and its reporter.
    pub about: Option<About>,
    /// What was reported.
    pub report: Option<ReportView>,
    /// How it stands; for those who work on it.
    pub standing: Option<StandingView>,
    /// The rooms they may read.
    pub rooms: Vec<RoomView>,
    /// What happened; for those who work on it.
    pub timeline: Vec<Step>,
    /// The names of those whom it names by their ids, for those who work on the
    /// case.
    pub names: BTreeMap<PersonId, String>,
    /// What they may do now, by the names of the actions; whether the policy
    /// lets them is another question.
    pub may: Vec<&'static str>,
}

/// What a case is about.
#[derive(Clone, Serialize)]
pub struct About {
    /// Its title.
    pub title: String,
    /// Embargoed, public or closed.
    pub state: &'static str,
    /// When it was opened.
    pub opened: Instant,
}

/// What was reported.
#[derive(Clone, Serialize)]
pub struct ReportView {
    /// When it was recorded.
    pub at: Instant,
    /// The text.
    pub body: String,
    /// Who reported it, for those who may read the reporter's room.
    pub reporter: Option<PersonId>,
    /// The name to thank, for the same.
    pub credit: Option<String>,
    /// How whoever reported wants to be thanked, for the same; nothing, where
    /// they said no more than a name or nothing.
    pub wish: Option<CreditWish>,
    /// What was answered to the questions of the project.
    pub details: Vec<Detail>,
    /// Whether the text is an OpenPGP message, and whom it is for.
    pub encrypted: Option<Encrypted>,
}

/// That a report is an OpenPGP message. The desk cannot open it.
#[derive(Clone, Serialize)]
pub struct Encrypted {
    /// The ids or fingerprints of the keys that open it.
    pub keys: Vec<String>,
    /// Whether the key of the project is one of them.
    pub own: bool,
}

/// How a case stands.
#[derive(Clone, Serialize)]
pub struct StandingView {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The project.
    pub project: ProjectId,
    /// The policy it runs under.
    pub policy: String,
    /// The version of the policy.
    pub policy_version: String,
    /// Whether standing grants do not reach it.
    pub restricted: bool,
    /// Who leads it.
    pub lead: Option<PersonId>,
    /// The offer of the lead that stands: its id, and to whom.
    pub handoff: Option<(OfferId, PersonId)>,
    /// Who has which role in it.
    pub people: Vec<Member>,
    /// Who has a conflict of interest.
    pub recused: Vec<PersonId>,
    /// What waits for a second person.
    pub waiting: Vec<(OfferId, &'static str)>,
    /// The case it was merged into.
    pub merged_into: Option<String>,
    /// The cases that were merged into it, and when they were reported.
    pub absorbed: Vec<(CaseId, Instant)>,
    /// Whether a public change resembles the fix, and nobody has said what it is.
    #[serde(skip)]
    pub leaks: bool,
}

/// Somebody with a role in a case.
#[derive(Clone, Serialize)]
pub struct Member {
    /// The grant.
    pub grant: GrantId,
    /// Who.
    pub person: PersonId,
    /// Their name, where the directory has one.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// Until when.
    pub until: Option<Instant>,
    /// Since when.
    #[serde(skip)]
    pub from: Instant,
    /// Who gave it, if not the desk itself.
    #[serde(skip)]
    pub given_by: Option<PersonId>,
    /// Why.
    #[serde(skip)]
    pub reason: String,
}

/// A room.
#[derive(Clone, Serialize)]
pub struct RoomView {
    /// Which one.
    pub room: Room,
    /// What was written.
    pub messages: Vec<MessageView>,
    /// Its files.
    pub files: Vec<FileView>,
}

/// A message.
#[derive(Clone, Serialize)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// When it was written.
    pub at: Instant,
    /// By whom; nobody, where the desk wrote it.
    pub by: Option<PersonId>,
    /// What it says.
    pub body: String,
    /// The message it answers.
    pub answers: Option<MessageId>,
}

/// A file.
#[derive(Clone, Serialize)]
pub struct FileView {
    /// Its id.
    pub blob: BlobId,
    /// When it was added.
    pub at: Instant,
    /// By whom.
    pub by: Option<PersonId>,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Something that happened.
#[derive(Clone, Serialize)]
pub struct Step {
    /// When it was recorded.
    pub at: Instant,
    /// By whom.
    pub by: Option<PersonId>,
    /// The event, as a history has it; of what only the desk looks at, its
    /// type and who or what it names.
    pub event: Value,
}

/// A line of the log without what it says.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    /// Its version.
    pub version: u64,
    /// When it was recorded.
    pub at: Instant,
    /// By whom.
    pub by: Option<PersonId>,
    /// Their name, for those who work on the case or may read the directory.
    pub name: Option<String>,
    /// The type of the event.
    pub event: String,
}

impl View {
    /// Everybody whom it names by an id.
    fn named(&self) -> BTreeSet<PersonId> {
        let mut named: BTreeSet<PersonId> = self.report.iter().filter_map(|report| report.reporter).collect();
        if let Some(standing) = &self.standing {
            named.extend(standing.lead);
            named.extend(standing.handoff.map(|(_, to)| to));
            named.extend(standing.people.iter().map(|member| member.person));
            named.extend(standing.people.iter().filter_map(|member| member.given_by));
            named.extend(&standing.recused);
        }
        for room in &self.rooms {
            named.extend(room.messages.iter().filter_map(|message| message.by));
            named.extend(room.files.iter().filter_map(|file| file.by));
        }
        for step in &self.timeline {
            named.extend(step.by);
            for field in PEOPLE {
                let said = &step.event[field];
                let texts = said.as_array().map_or(std::slice::from_ref(said), Vec::as_slice);
                let person = |text: &Value| PersonId::parse(text.as_str()?).ok();
                named.extend(texts.iter().filter_map(person));
            }
        }
        named
    }
}

/// The fields of events that can name people.
const PEOPLE: [&str; 9] =
    ["who", "by", "from", "to", "author", "person", "reporter", "reporters", "given_by"];

fn author(by: Author) -> Option<PersonId> {
    match by {
        Author::System => None,
        Author::Person(person) => Some(person),
    }
}

impl Desk {
    /// A case, as far as somebody may see it.
    pub async fn read(&self, caller: &Caller, case: CaseId) -> Result<View> {
        let content = [Action::CaseRead, Action::ReporterRead, Action::GuestRead];
        let (snapshot, kept) = self.read_as(caller, case, &content).await?;
        Ok(self.view(caller, &snapshot, &kept))
    }

    /// The log of a case: who recorded which event when, not what it says.
    pub async fn log(&self, caller: &Caller, case: CaseId) -> Result<Vec<LogLine>> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::LogRead)?;
        let within = kept.file.opened.as_ref().map(|of| Within::Project(of.organisation, of.project));
        let directory = |within| self.directory_permit(&snapshot, caller, Action::DirectoryRead, within);
        let names = self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead).is_ok()
            || within.is_some_and(|within| directory(within).is_ok());
        let lines = (1..).zip(&kept.entries).map(|(version, entry)| {
            let (event, by) = (kind(&entry.event), author(entry.by));
            let name = by.filter(|_| names).and_then(|person| Desk::name_of(&snapshot, person));
            LogLine { version, at: entry.at, by, name, event }
        });
        Ok(lines.collect())
    }

    /// A case that somebody may read by one of these actions, after it was
    /// recorded that they did.
    pub(crate) async fn read_as(
        &self,
        caller: &Caller,
        case: CaseId,
        actions: &[Action],
    ) -> Result<(Arc<Snapshot>, Arc<Kept>)> {
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let kept = self.kept(case).await?;
            let mut denied = Denied::NotFound;
            let mut allowed = None;
            for action in actions {
                match self.case_permit(caller, &snapshot, &kept.file, *action) {
                    Ok(_) => {
                        allowed = Some(*action);
                        break;
                    }
                    Err(Denied::NotFound) => {}
                    Err(other) if denied == Denied::NotFound => denied = other,
                    Err(_) => {}
                }
            }
            let Some(action) = allowed else { return Err(denied.into()) };
            // A reporter reads what they wrote themselves.
            let own = action == Action::ReporterRead;
            if own || self.was_recorded(&kept, caller.person, action) {
                return Ok((snapshot, kept));
            }
            self.pace(&snapshot, caller.person, case, &kept).await?;
            let permit = self.own_permit(&kept.file, Action::ReadRecord)?;
            let command = Command::RecordRead { person: caller.person, action };
            let happened = self.decided(&snapshot, &kept, &permit, command).await?;
            self.write(case, &kept, happened, Writing::itself(&permit)).await?;
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// Whether it was recorded in this hour that somebody read.
    fn was_recorded(&self, kept: &Kept, person: PersonId, action: Action) -> bool {
        let last = kept.reads.get(&(person, action.name().to_owned()));
        let now = self.now();
        last.is_some_and(|at| *at <= now && now < *at + Span::hours(1))
    }

    pub(crate) fn view(&self, caller: &Caller, snapshot: &Snapshot, kept: &Kept) -> View {
        let file = &kept.file;
        let decided = |action: Action| self.case_permit(caller, snapshot, file, action);
        let may = |action: Action| decided(action).is_ok();
        let (works, reporters) = (may(Action::CaseRead), may(Action::ReporterRead));
        let opened = file.opened.as_ref();
        let about = opened.filter(|_| works || reporters).map(|opened| About {
            title: opened.title.to_string(),
            state: file.state().name(),
            opened: opened.at,
        });
        let report = may(Action::InternalRead) || reporters;
        let report = kept.entries.iter().filter(|_| report).find_map(|entry| match &entry.event {
            Happening::Desk(event) => match &**event {
                DeskEvent::ReportContent { body, reporter, credit, details, .. } => {
                    let wish = reporter.and_then(|person| file.wishes.get(&person)).filter(|_| reporters);
                    // The latest wish counts.
                    let credit = wish.map_or(credit.as_ref(), |wish| wish.name.as_ref());
                    Some(ReportView {
                        at: entry.at,
                        body: body.to_string(),
                        reporter: reporter.filter(|_| reporters),
                        credit: credit.filter(|_| reporters).map(ToString::to_string),
                        wish: wish.cloned(),
                        details: details.clone(),
                        encrypted: encrypted(snapshot, kept, body),
                    })
                }
                _ => None,
            },
            Happening::Case(_) => None,
        });
        let rooms = [
            (Room::Internal, Action::InternalRead),
            (Room::Reporter, Action::ReporterRead),
            (Room::Guest, Action::GuestRead),
        ];
        let rooms = rooms.into_iter().filter(|(_, action)| may(*action)).map(|(room, _)| room_of(kept, room));
        let can = |action: Action| !matches!(decided(action), Err(denied) if denied != Denied::Forbidden { needs: Needs::StepUp });
        let mut view = View {
            case: opened.map_or(CaseId::from_bytes([0; 16]), |opened| opened.case),
            version: kept.revision,
            about,
            report,
            standing: works.then(|| self.standing_view(snapshot, kept, reporters)).flatten(),
            rooms: rooms.collect(),
            timeline: if may(Action::TimelineRead) { timeline(kept, reporters) } else { Vec::new() },
            may: Action::ALL
                .iter()
                .filter(|action| action.place() == Place::Case && can(**action))
                .map(|action| action.name())
                .collect(),
            names: BTreeMap::new(),
        };
        if works {
            view.names = Desk::names_of(snapshot, view.named());
        }
        view
    }

    fn standing_view(&self, snapshot: &Snapshot, kept: &Kept, reporters: bool) -> Option<StandingView> {
        let file = &kept.file;
        let (opened, pin) = (file.opened.as_ref()?, file.pin()?);
        let now = self.now();
        // Who reported it is seen by those who may read the reporter's room.
        let people = file
            .grants
            .values()
            .map(|grant| snapshot.directory.as_it_counts(grant.clone()))
            .filter(|grant| grant.is_active(now) && (reporters || grant.role != Role::Reporter));
        let people = people.map(|grant| Member {
            grant: grant.id,
            person: grant.person,
            name: Desk::name_of(snapshot, grant.person),
            role: grant.role,
            until: grant.until,
            from: grant.from,
            given_by: grant.given_by,
            reason: grant.reason.to_string(),
        });
        let waiting = file.proposals.iter().filter(|(_, proposal)| proposal.confirmed.is_none());
        Some(StandingView {
            organisation: opened.organisation,
            project: opened.project,
            policy: pin.policy.to_string(),
            policy_version: pin.version.to_string(),
            restricted: file.restricted,
            leaks: !file.public && file.sightings.values().any(|(_, dismissed)| !dismissed),
            lead: file.lead,
            handoff: file
                .handoff
                .as_ref()
                .filter(|handoff| file.lead == Some(handoff.from))
                .map(|handoff| (handoff.offer, handoff.to)),
            people: people.collect(),
            recused: file.recused.iter().copied().collect(),
            waiting: waiting.map(|(offer, proposal)| (*offer, proposal.what.name())).collect(),
            merged_into: file.merged_into.as_ref().map(ToString::to_string),
            absorbed: file.absorbed.iter().map(|other| (other.case, other.reported)).collect(),
        })
    }
}

/// Whom a report is encrypted for, if it is.
fn encrypted(snapshot: &Snapshot, kept: &Kept, body: &str) -> Option<Encrypted> {
    if !openpgp::message::is_armored(body) {
        return None;
    }
    let keys = openpgp::message::read(body).map(|message| message.keys).unwrap_or_default();
    let project = kept.file.opened.as_ref().and_then(|of| snapshot.directory.projects.get(&of.project));
    let own = project.and_then(|record| openpgp::key::read(&record.key.as_ref()?.armored).ok());
    let own = own.is_some_and(|own| keys.iter().any(|key| own.goes_by(key)));
    Some(Encrypted { keys, own })
}

fn room_of(kept: &Kept, room: Room) -> RoomView {
    let messages = kept.file.rooms.get(&room).into_iter().flatten().map(|message| MessageView {
        id: message.id,
        at: message.at,
        by: author(message.by),
        body: message.body.to_string(),
        answers: message.answers,
    });
    let files = kept.file.attachments.iter().filter(|file| file.room == room).map(|file| FileView {
        blob: file.blob,
        at: file.at,
        by: author(file.by),
        name: file.name.to_string(),
        size: file.size,
    });
    RoomView { room, messages: messages.collect(), files: files.collect() }
}

/// The type of an event.
pub(crate) fn kind(event: &Happening) -> String {
    match event {
        Happening::Case(event) => event.kind.name().to_owned(),
        Happening::Desk(event) => {
            let value = serde_json::to_value(&**event).unwrap_or_default();
            value["type"].as_str().unwrap_or_default().to_owned()
        }
    }
}

/// What happened, for those who work on the case.
fn timeline(kept: &Kept, reporters: bool) -> Vec<Step> {
    let step = |entry: &Arc<fixlead_core::desk::Entry>| {
        let event = match &entry.event {
            Happening::Case(event) => {
                let mut event = event.clone();
                event.fields.retain(|(field, _)| reporters || *field != Field::Reporter);
                write::event(&event, &kept.file.facts)
            }
            Happening::Desk(event) => match &**event {
                // These stand elsewhere in the view, or are not for everybody.
                DeskEvent::CaseOpened { .. }
                | DeskEvent::ReportContent { .. }
                | DeskEvent::MessagePosted { .. }
                | DeskEvent::AttachmentAdded { .. }
                | DeskEvent::CreditGiven { .. }
                | DeskEvent::CreditWished { .. }
                | DeskEvent::ReadRecorded { .. }
                | DeskEvent::FactsMoved { .. } => return None,
                DeskEvent::GrantGiven { role: Role::Reporter, .. } if !reporters => return None,
                DeskEvent::CaseAbsorbed { case, reported, reason, .. } if !reporters => {
                    let (case, reported, reason) = (*case, *reported, reason.clone());
                    let event = DeskEvent::CaseAbsorbed { case, reported, reporters: Vec::new(), reason };
                    serde_json::to_value(event).ok()?
                }
                // The whole of it stands on its own page.
                DeskEvent::AdvisoryWritten { source } => {
                    json!({ "type": kind(&entry.event), "bytes": source.len() })
                }
                // What a check wrote stands beside the commit, for those who may read that.
                DeskEvent::FixChecked(run) => {
                    serde_json::to_value(DeskEvent::FixChecked(Run { output: None, ..run.clone() })).ok()?
                }
                event => serde_json::to_value(event).ok()?,
            },
        };
        // Who came in as the reporter is nobody's name to the others.
        let first = matches!(&entry.event, Happening::Case(event) if event.get(Field::Reporter).is_some());
        let by = author(entry.by).filter(|_| reporters || !first);
        Some(Step { at: entry.at, by, event })
    };
    kept.entries.iter().filter_map(step).collect()
}
