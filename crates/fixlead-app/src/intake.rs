//! Taking a report in.
//!
//! One append makes the case: the report, the reporter's grant, the rows of
//! lists, the first wake-up and the receipt stand together or not at all. What
//! comes in is not judged here; that is for people.

use fixlead_core::access::{
    self, Action, Actor, CaseStanding, CaseState, Permit, Presence, Role, Target, TokenScope,
};
use fixlead_core::desk::command::{self, Command, Context};
use fixlead_core::desk::event::{By as Author, Visibility};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::desk::{CaseFile, Entry, entry};
use fixlead_core::id::{CaseId, GrantId, PersonId, ProjectId};
use fixlead_core::time::Instant;
use fixlead_store::{Append, Outcome, RecordChange};
use serde::{Deserialize, Serialize};

use crate::accounts::{By, Caller, kept};
use crate::case::kept::Kept;
use crate::case::rows;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Fault, Problem, Result};
use crate::repeat::{self, Repeat};
use crate::signin::bearer::{self, Purpose};

/// How often a case can have been taken over for its receipts to follow.
const MOST_MOVES: usize = 8;
/// The kind of the records that receipts are found by.
const RECEIPT: &str = "receipt";
/// How often a report is tried while the directory changes.
const TRIES: usize = 50;

/// A report as it comes in.
#[derive(Clone)]
pub struct Report {
    /// The project it is for.
    pub project: ProjectId,
    /// A line that says what it is about.
    pub title: String,
    /// Everything else.
    pub body: String,
    /// Whether it came in private or in public.
    pub visibility: Visibility,
    /// How it came in, such as `web` or `mail`.
    pub channel: Option<String>,
    /// The name to thank, as the reporter wants it.
    pub credit: Option<String>,
}

/// What a reporter is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The case. It is told only to those who may read it.
    pub case: CaseId,
    /// When it was recorded.
    pub at: Instant,
    /// The way back to the report; shown once, to the reporter.
    pub receipt: String,
    /// Whether it had been taken in before, and no second case was made.
    #[serde(skip)]
    pub repeated: bool,
}

/// Who a receipt was given to.
#[derive(Serialize, Deserialize)]
struct Receipt {
    case: CaseId,
    person: PersonId,
}

/// Every text of a report, read; all that is wrong at once.
struct Texts {
    title: Line,
    body: Body,
    channel: Option<Line>,
    credit: Option<Line>,
}

impl Texts {
    fn read(report: &Report) -> Result<Texts> {
        let mut errors = Vec::new();
        let mut fault = |pointer: &str, message: &str| {
            errors.push(Fault { pointer: pointer.to_owned(), message: message.to_owned() });
        };
        let mut line =
            |pointer: &str, text: &str| Line::new(text).map_err(|message| fault(pointer, message)).ok();
        let title = line("/title", &report.title);
        let channel = report.channel.as_deref().map(|text| line("/channel", text));
        let credit = report.credit.as_deref().map(|text| line("/credit", text));
        let body = Body::new(&report.body).map_err(|message| fault("/body", message)).ok();
        let texts = [
            ("/title", Some(&report.title)),
            ("/body", Some(&report.body)),
            ("/channel", report.channel.as_ref()),
            ("/credit", report.credit.as_ref()),
        ];
        for (pointer, text) in texts {
            if text.is_some_and(|text| bearer::pasted(text).is_some()) {
                let message =
                    "this holds a secret of this desk that lets its holder in; take it out, and revoke it";
                fault(pointer, message);
            }
        }
        match (title, body) {
            (Some(title), Some(body)) if errors.is_empty() => {
                Ok(Texts { title, body, channel: channel.flatten(), credit: credit.flatten() })
            }
            _ => Err(Problem::Invalid { errors }),
        }
    }
}

/// A report on its way in.
struct Taking {
    permit: Permit,
    append: Append,
    taken: Taken,
    kept: Kept,
}

impl Desk {
    /// Takes a report in from outside, or from somebody who is signed in and
    /// follows it as its reporter.
    pub async fn take_report(
        &self,
        reporter: Option<&Caller>,
        report: Report,
        repeat: Option<&Repeat>,
    ) -> Result<Taken> {
        if let Some(Presence::Token { scopes, .. }) = reporter.map(|caller| &caller.presence)
            && !scopes.contains(&TokenScope::Intake)
        {
            return Err(Problem::Forbidden { roles: Vec::new(), scope: Some(TokenScope::Intake) });
        }
        let texts = Texts::read(&report)?;
        // Nothing is asked of the store before: that would cost more than all
        // the rest. The commit compares the directory, and knows a repetition.
        let mut snapshot = self.remembered_directory();
        if !snapshot.directory.projects.contains_key(&report.project) {
            snapshot = self.directory().await?;
        }
        for _ in 0..TRIES {
            let taking = self.taking(&snapshot, reporter, &report, &texts, repeat).await?;
            match self.inner.store.append(&taking.permit, taking.append).await? {
                Outcome::Appended { .. } => {
                    self.inner.finder.opened(taking.taken.case, taking.kept);
                    return Ok(taking.taken);
                }
                Outcome::Repeated { answer } => {
                    return Ok(Taken { repeated: true, ..repeat::answer(repeat, &answer)? });
                }
                Outcome::Outdated => snapshot = self.directory().await?,
                _ => break,
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// All that a report becomes, under the directory as it stood.
    async fn taking(
        &self,
        snapshot: &Snapshot,
        reporter: Option<&Caller>,
        report: &Report,
        texts: &Texts,
        repeat: Option<&Repeat>,
    ) -> Result<Taking> {
        let project = snapshot.directory.projects.get(&report.project).ok_or(Problem::NotFound)?;
        let outsider = PersonId::from_bytes(self.draw());
        let person = reporter.map_or(outsider, |caller| caller.person);
        // Requests from outside share one space of keys; a repetition has to
        // bring the whole report again to be answered.
        let sender = reporter.map_or(PersonId::from_bytes([0; 16]), |caller| caller.person);
        let case = CaseId::from_bytes(self.draw());
        let standing = CaseStanding {
            case,
            project: report.project,
            organisation: project.organisation,
            state: CaseState::Embargoed,
            restricted: false,
            recused: Vec::new(),
        };
        let now = self.now();
        let permit = access::decide(&Actor::System, &[], Action::CaseOpen, Target::Case(&standing), now)?;
        let command = Command::Open {
            case,
            organisation: project.organisation,
            project: report.project,
            title: texts.title.clone(),
            policy: project.policy.clone(),
            facts: Box::new(snapshot.directory.facts(report.project, now).unwrap_or_default()),
            body: texts.body.clone(),
            visibility: report.visibility,
            channel: texts.channel.clone(),
            reporter: Some((person, GrantId::from_bytes(self.draw()))),
            credit: texts.credit.clone(),
            credits: Vec::new(),
        };
        let policy = self.policy(&project.policy).await?;
        let opened = {
            let people = |person: PersonId| snapshot.directory.standing(person);
            let context = Context { policy: &policy, people: &people, now };
            command::decide(&CaseFile::default(), &context, &permit, command)?
        };
        let mut kept = Kept::default();
        let mut append = Append::to(case.into(), 0);
        append.seen.push((self.inner.installation.into(), snapshot.version));
        let by = reporter.map_or(Author::System, |caller| Author::Person(caller.person));
        for event in opened {
            let entry = Entry { at: now, by, event };
            let text = entry::write(&entry, &kept.file.facts);
            if text.len() > entry::MOST_BYTES {
                return Err(Problem::TooLarge { what: "a report", most: entry::MOST_BYTES as u64 });
            }
            kept.apply(entry, text.len());
            append = append.event(text);
        }
        let follows = rows::follows(&kept.file, &policy, &self.inner.settings.ladder, None, now);
        append.lists = follows.lists;
        append.work.push(follows.wake);
        append.work.extend(self.announced(&kept, 0));
        let receipt = bearer::text(Purpose::Receipt, &self.draw());
        let hash =
            bearer::lookup(Purpose::Receipt, &receipt).ok_or(Problem::Unavailable { retry_after: 1 })?;
        let value = serde_json::to_vec(&Receipt { case, person }).ok();
        let (kind, key) = (RECEIPT.to_owned(), hash.to_vec());
        append.records.push(RecordChange { kind, key, expected: 0, value, expires: None });
        let taken = Taken { case, at: now, receipt, repeated: false };
        append.idempotency = self.remember(sender, repeat, &taken);
        Ok(Taking { permit, append, taken, kept })
    }

    /// The project of a case, for what is counted by project; whether somebody
    /// may know of the case is another question.
    pub async fn project_of(&self, case: CaseId) -> Result<ProjectId> {
        let kept = self.kept(case).await?;
        kept.file.opened.as_ref().map(|opened| opened.project).ok_or(Problem::NotFound)
    }

    /// Whoever holds a receipt, and the case it opens. What they may do there
    /// is decided like everybody's.
    pub async fn by_receipt(&self, receipt: &str) -> Result<(Caller, CaseId)> {
        let hash = bearer::lookup(Purpose::Receipt, receipt.trim()).ok_or(Problem::NotFound)?;
        let found = kept::get::<Receipt>(&self.inner.store, RECEIPT, &hash).await?;
        let Receipt { mut case, person } = found.ok_or(Problem::NotFound)?.value;
        // Where another project has taken the case over, the reporter has been
        // let into the new one, and the receipt opens that.
        for _ in 0..MOST_MOVES {
            let Ok(kept) = self.kept(case).await else { break };
            let into = kept.file.merged_into.as_deref().and_then(|into| CaseId::parse(into).ok());
            let Some(into) = into else { break };
            let Ok(next) = self.kept(into).await else { break };
            let now = self.now();
            if !next.file.active(Role::Reporter, now).any(|grant| grant.person == person) {
                break;
            }
            case = into;
        }
        let presence = Presence::Session { stepped_up: None };
        Ok((Caller { person, presence, by: By::Receipt(case) }, case))
    }
}
