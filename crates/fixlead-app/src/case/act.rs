//! A command to a case, from the permit to the append.

use std::sync::Arc;

use fixlead_core::access::{Action, Denied, Permit};
use fixlead_core::case::event::Event;
use fixlead_core::desk::command::{self, Command, Context, Overriding, Refused, Thing, Wrong};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::entry;
use fixlead_core::desk::event::{By as Author, Entry, Happening};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, PersonId};
use fixlead_core::time::Instant;
use fixlead_store::{Append, Lease, NewBlob, Outcome, WorkChange};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kept::Kept;
use super::rows;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Held, Problem, Result};
use crate::repeat::{self, Repeat};
use crate::signin::bearer;

/// How often a command is tried that does not say what it was decided on.
const TRIES: usize = 200;

/// A command, and what it comes with.
#[derive(Clone)]
pub struct Act {
    /// What to do.
    pub command: Command,
    /// The version that it was decided on; without one it is done to
    /// whatever stands.
    pub expected: Option<u64>,
    /// Why it is done although the policy holds it.
    pub although: Option<Although>,
    /// Makes a repetition recognisable.
    pub repeat: Option<Repeat>,
    /// What is given as evidence with it, in the same append.
    pub evidence: Option<Evidence>,
}

/// Evidence that a duty was done.
#[derive(Clone)]
pub struct Evidence {
    /// The duty, by its id in the policy.
    pub duty: Line,
    /// What it is.
    pub text: Line,
    /// Where it can be read.
    pub reference: Option<Line>,
}

impl Act {
    /// A command to whatever stands.
    pub fn new(command: Command) -> Act {
        Act { command, expected: None, although: None, repeat: None, evidence: None }
    }
}

/// Why something is done although the policy holds it.
#[derive(Clone, Debug)]
pub struct Although {
    /// The reason; it stands in the log.
    pub reason: Line,
    /// The one branch or channel it is for.
    pub subject: Option<Line>,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// The version of the case after it.
    pub version: u64,
    /// When it was recorded.
    pub at: Instant,
    /// The id of the message, file, grant or offer that was made.
    pub made: Option<String>,
    /// Whether it had been carried out before, and nothing was done again.
    #[serde(skip)]
    pub repeated: bool,
}

/// Who writes, and with what right.
pub(crate) struct Writing<'a> {
    pub permit: &'a Permit,
    pub by: Author,
    pub repeat: Option<(PersonId, &'a Repeat)>,
    pub blobs: Vec<NewBlob>,
    pub made: Option<String>,
    pub finish: Option<Lease>,
}

/// An append to a case, and what it leads to.
pub(super) struct Drafted {
    pub case: CaseId,
    pub append: Append,
    pub after: Kept,
    pub acted: Acted,
}

impl<'a> Writing<'a> {
    pub fn itself(permit: &'a Permit) -> Self {
        Writing { permit, by: Author::System, repeat: None, blobs: Vec::new(), made: None, finish: None }
    }
}

impl Desk {
    /// Does something with a case.
    pub async fn act(&self, caller: &Caller, case: CaseId, act: Act) -> Result<Acted> {
        self.act_with(caller, case, act, Vec::new()).await
    }

    /// Reads an event as a history has it, for somebody who works on the case;
    /// its branches are the case's. Without an instant it is of now.
    pub async fn read_event(&self, caller: &Caller, case: CaseId, event: Value) -> Result<Event> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead)?;
        let now = self.now().to_string();
        let mut event = event;
        if let Some(fields) = event.as_object_mut() {
            fields.entry("at").or_insert_with(|| Value::String(now.clone()));
        }
        let line = json!({"at": now, "by": "system", "event": event}).to_string();
        let entry = entry::read(&line, &kept.file.facts).map_err(|error| {
            let pointer = error.place.strip_prefix("/event").unwrap_or_default().to_owned();
            Problem::invalid(pointer, error.message)
        })?;
        match entry.event {
            Happening::Case(event) => Ok(event),
            Happening::Desk(_) => Err(Problem::invalid("/type", "this is recorded by a command of its own")),
        }
    }

    pub(super) async fn act_with(
        &self,
        caller: &Caller,
        case: CaseId,
        act: Act,
        blobs: Vec<NewBlob>,
    ) -> Result<Acted> {
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let kept = self.kept(case).await?;
            let action = action_of(&act.command, &kept, caller.person);
            let permit = self.case_permit(caller, &snapshot, &kept.file, action);
            if let Some(done) = self.done(caller, permit.as_ref().err(), act.repeat.as_ref()).await? {
                return Ok(done);
            }
            let permit = permit?;
            if act.expected.is_some_and(|expected| expected != kept.revision) {
                return Err(Problem::Conflict { actual: kept.revision });
            }
            let mut command = act.command.clone();
            if let Some(although) = &act.although {
                self.override_by(caller, &snapshot, &kept, &mut command, although)?;
            }
            let mut happened = self.decided(&snapshot, &kept, &permit, command).await?;
            if let Some(Evidence { duty, text, reference }) = act.evidence.clone() {
                let permit = self.case_permit(caller, &snapshot, &kept.file, Action::NoteAdd)?;
                let command = Command::Evidence { duty, text, reference };
                happened.extend(self.decided(&snapshot, &kept, &permit, command).await?);
            }
            let writing = Writing {
                permit: &permit,
                by: Author::Person(caller.person),
                repeat: act.repeat.as_ref().map(|repeat| (caller.person, repeat)),
                blobs: blobs.clone(),
                made: made(&act.command),
                finish: None,
            };
            let turn = self.turn(caller, &snapshot, &kept, &act.command);
            let drafted = self.draft(case, &kept, happened, &writing).await?;
            if let Some(acted) = self.commit(drafted, writing, turn.into_iter().collect()).await? {
                return Ok(acted);
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// What became of a request that was carried out before. What it has done
    /// may be why it could not be done again, such as closing; who may not know
    /// of the case any more is told nothing.
    pub(crate) async fn done(
        &self,
        caller: &Caller,
        denied: Option<&Denied>,
        repeat: Option<&Repeat>,
    ) -> Result<Option<Acted>> {
        if denied == Some(&Denied::NotFound) {
            return Ok(None);
        }
        let done = self.repeated::<Acted>(caller.person, repeat).await?;
        Ok(done.map(|done| Acted { repeated: true, ..done }))
    }

    /// The turn moves on behind whoever takes the lead, in the same commit.
    /// The lead is what counts: whoever does not take turns, or is assigned by
    /// somebody who may not move them, leads all the same.
    fn turn(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        kept: &Kept,
        command: &Command,
    ) -> Option<(Permit, Append)> {
        let person = match command {
            Command::Volunteer { .. } | Command::AcceptLead { .. } => caller.person,
            Command::Assign { person, .. } => *person,
            _ => return None,
        };
        let project = kept.file.opened.as_ref()?.project;
        self.draft_directory(snapshot, caller, DirectoryCommand::Serve { project, person }).ok()
    }

    /// Puts the permit to override into a command that can carry one.
    pub(super) fn override_by(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        kept: &Kept,
        command: &mut Command,
        although: &Although,
    ) -> Result<()> {
        let (Command::Record { overriding, .. }
        | Command::Close { overriding, .. }
        | Command::AskSecond { overriding, .. }) = command
        else {
            let message = "nothing of the policy is overridden by this; leave the reason out";
            return Err(Problem::invalid("/although", message));
        };
        let permit = self.case_permit(caller, snapshot, &kept.file, Action::Override)?;
        let Although { reason, subject } = although.clone();
        *overriding = Some(Box::new(Overriding { permit, reason, subject }));
        Ok(())
    }

    /// What the core makes of a command.
    pub(crate) async fn decided(
        &self,
        snapshot: &Snapshot,
        kept: &Kept,
        permit: &Permit,
        command: Command,
    ) -> Result<Vec<Happening>> {
        // A case goes on under another policy only if that can be read.
        let pin = match &command {
            Command::MovePolicy { policy, .. } => Some(policy),
            _ => kept.file.pin(),
        };
        let policy = self.policy(pin.ok_or(Problem::NotFound)?).await?;
        let people = |person: PersonId| snapshot.directory.standing(person);
        let now = self.now_after(kept.file.latest);
        let project = kept.file.opened.as_ref().map(|opened| opened.project);
        let responds = |person: PersonId| {
            project.is_some_and(|project| snapshot.directory.responds(person, project, now))
        };
        let context = Context { policy: &policy, people: &people, responds: &responds, now };
        Ok(command::decide(&kept.file, &context, permit, command)?)
    }

    /// What holds the publication of the advisory now.
    pub(super) async fn publication_refused(&self, kept: &Kept, has_cve: bool) -> Result<Option<Refused>> {
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        Ok(command::publication_held(&kept.file, &policy, self.now_after(kept.file.latest), has_cve))
    }

    /// Appends to a case what was decided on it, with its rows and its next
    /// wake-up. Nothing when somebody else has written in between.
    pub(crate) async fn write(
        &self,
        case: CaseId,
        kept: &Kept,
        happened: Vec<Happening>,
        writing: Writing<'_>,
    ) -> Result<Option<Acted>> {
        let drafted = self.draft(case, kept, happened, &writing).await?;
        self.commit(drafted, writing, Vec::new()).await
    }

    /// What an append to a case brings: what was decided on it, its rows, its
    /// next wake-up.
    pub(super) async fn draft(
        &self,
        case: CaseId,
        kept: &Kept,
        happened: Vec<Happening>,
        writing: &Writing<'_>,
    ) -> Result<Drafted> {
        let now = self.now_after(kept.file.latest);
        let mut after = kept.clone();
        let mut append = Append::to(case.into(), kept.version);
        for event in happened {
            let entry = Entry { at: now, by: writing.by, event };
            let text = entry::write(&entry, &after.file.facts);
            without_secrets(&text)?;
            // What could not be read back would close the case for good.
            let entry = entry::read(&text, &after.file.facts)
                .map_err(|error| Problem::invalid(error.place, "this cannot be kept; shorten it"))?;
            after.apply(entry, text.len());
            append = append.event(text);
        }
        if after.revision != kept.revision || writing.finish.is_some() {
            let policy = self.policy(after.file.pin().ok_or(Problem::NotFound)?).await?;
            let was_closed = kept.file.opened.as_ref().map(|_| kept.file.closed);
            let ladder = &self.inner.settings.ladder;
            let follows = rows::follows(&after.file, &policy, ladder, was_closed, now);
            append.lists = follows.lists;
            append.work.push(follows.wake);
        }
        append.work.extend(self.announced(&after, kept.version));
        append.work.extend(writing.finish.map(WorkChange::Finish));
        let made = writing.made.clone();
        let acted = Acted { version: after.revision, at: now, made, repeated: false };
        Ok(Drafted { case, append, after, acted })
    }

    /// Appends what was drafted, and with it what has to stand or fall with it.
    /// Nothing when somebody else has written in between.
    pub(super) async fn commit(
        &self,
        drafted: Drafted,
        writing: Writing<'_>,
        also: Vec<(Permit, Append)>,
    ) -> Result<Option<Acted>> {
        let Drafted { case, mut append, after, acted } = drafted;
        append.blobs = writing.blobs;
        append.idempotency =
            writing.repeat.and_then(|(person, repeat)| self.remember(person, Some(repeat), &acted));
        let mut appends = vec![(writing.permit, append)];
        let (permits, others): (Vec<_>, Vec<_>) = also.into_iter().unzip();
        appends.extend(permits.iter().zip(others));
        match self.inner.store.append_together(appends).await?.outcome {
            Outcome::Appended { .. } => {
                self.remember_case(case, Arc::new(after));
                Ok(Some(acted))
            }
            Outcome::Repeated { answer } => {
                let done: Acted = repeat::answer(writing.repeat.map(|(_, repeat)| repeat), &answer)?;
                Ok(Some(Acted { repeated: true, ..done }))
            }
            _ => Ok(None),
        }
    }
}

/// What a permit for a command has to allow.
pub(super) fn action_of(command: &Command, kept: &Kept, me: PersonId) -> Action {
    match command {
        Command::Recuse { person, .. } if *person != me => Action::RecuseOther,
        command => command.action(&kept.file),
    }
}

/// The id of what a command makes.
fn made(command: &Command) -> Option<String> {
    Some(match command {
        Command::Post { id, .. } => id.to_string(),
        Command::Attach { blob, .. } => blob.to_string(),
        Command::Volunteer { grant }
        | Command::Assign { grant, .. }
        | Command::AcceptLead { grant, .. }
        | Command::Give { grant, .. } => grant.to_string(),
        Command::OfferLead { offer, .. } | Command::AskSecond { offer, .. } => offer.to_string(),
        _ => return None,
    })
}

/// Refuses text in which somebody pasted what lets its holder in.
pub(crate) fn without_secrets(text: &str) -> Result<()> {
    match bearer::pasted(text) {
        None => Ok(()),
        Some((purpose, _)) => Err(Problem::invalid(
            "",
            format!(
                "the text holds a secret that begins with `{}`; take it out, and revoke it, for it was shown",
                purpose.prefix()
            ),
        )),
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Permit => Problem::NotFound,
            Refused::Held { gate, clauses, because, earliest, override_by } => Problem::Held {
                held: Box::new(Held {
                    gate,
                    clauses,
                    because,
                    earliest,
                    may_override: override_by.iter().map(|role| role.name().to_owned()).collect(),
                }),
            },
            // The name is left out: it may be a secret in the wrong place.
            Refused::Unknown(thing, _) => {
                let (pointer, message) = match thing {
                    Thing::Person => ("/person", "nobody here is called so; invite them first"),
                    Thing::Branch => ("/branch", "there is no such branch; add it to the project's facts"),
                    Thing::Commit => ("/commit", "there is no such commit; record that it was proposed"),
                    Thing::Grant => ("/grant", "there is no such grant here; it may be another case's"),
                    Thing::Offer => ("/offer", "there is no such offer; it was answered or replaced"),
                    Thing::Message => ("/answers", "there is no such message in this room"),
                    Thing::Duty => ("/duty", "there is no such duty; the policy names its duties"),
                    Thing::Organisation => ("/organisation", "there is no such organisation; add it first"),
                    Thing::Project => ("/project", "there is no such project; add it first"),
                    Thing::Team => ("/team", "there is no such team; it may have ended"),
                    Thing::Webhook => ("/webhook", "there is no such webhook; it may have been removed"),
                };
                Problem::invalid(pointer, message)
            }
            Refused::Wrong(Wrong::Overtaken(actual)) => Problem::Conflict { actual },
            Refused::Wrong(Wrong::ClockWentBack) => Problem::Unavailable { retry_after: 60 },
            Refused::Wrong(wrong) => Problem::invalid("", wrong.to_string()),
        }
    }
}
