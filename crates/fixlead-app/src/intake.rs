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
use fixlead_core::desk::form::{Claims, CreditWish, Detail, Pause, QuestionList, Thanks, Told};
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
use crate::openpgp;
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
    /// What else it says.
    pub more: More,
}

/// What a report says beside its text.
#[derive(Clone, Default)]
pub struct More {
    /// Answers to the questions of the project, by their names.
    pub details: Vec<(String, String)>,
    /// How the reporter wants to be thanked; by the name, if there is one,
    /// where they say nothing.
    pub thanks: Option<Thanks>,
    /// An address on the web that goes with the name.
    pub link: Option<String>,
    /// Where it is public already.
    pub public: Option<String>,
    /// That it is being exploited, and how that is known.
    pub exploited: Option<String>,
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
    wish: Option<CreditWish>,
    claims: Claims,
    /// Whether the body is a message that only the team's key opens.
    encrypted: bool,
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
        let more = &report.more;
        let link = more.link.as_deref().map(|text| line("/link", text)).unwrap_or_default();
        let public = more.public.as_deref().map(|text| line("/public", text)).unwrap_or_default();
        let exploited = more.exploited.as_deref().map(|text| line("/exploited", text)).unwrap_or_default();
        let body = Body::new(&report.body).map_err(|message| fault("/body", message)).ok();
        let encrypted = openpgp::message::is_armored(&report.body);
        if encrypted && let Err(message) = openpgp::message::read(&report.body) {
            fault("/body", message);
        }
        let name = credit.clone().flatten();
        // A name alone is no more than a name.
        let says_more = more.thanks.is_some_and(|thanks| thanks != Thanks::Named) || link.is_some();
        let wish = says_more.then(|| CreditWish::new(more.thanks.unwrap_or(Thanks::Named), name, link));
        let wish =
            wish.and_then(|wish| wish.map_err(|(place, message)| fault(&format!("/{place}"), message)).ok());
        if more.thanks == Some(Thanks::Named) && report.credit.is_none() && wish.is_none() {
            fault("/credit", "write the name to thank, or choose to stay unnamed");
        }
        let texts = [
            ("/title", Some(&report.title)),
            ("/body", Some(&report.body)),
            ("/channel", report.channel.as_ref()),
            ("/credit", report.credit.as_ref()),
            ("/link", more.link.as_ref()),
            ("/public", more.public.as_ref()),
            ("/exploited", more.exploited.as_ref()),
        ];
        let details = more.details.iter().map(|(_, answer)| ("/details", Some(answer)));
        for (pointer, text) in texts.into_iter().chain(details) {
            if text.is_some_and(|text| bearer::pasted(text).is_some()) {
                let message =
                    "this holds a secret of this desk that lets its holder in; take it out, and revoke it";
                fault(pointer, message);
            }
        }
        match (title, body) {
            (Some(title), Some(body)) if errors.is_empty() => {
                let (channel, claims) = (channel.flatten(), Claims { public, exploited });
                let named = wish.as_ref().is_none_or(|wish| wish.thanks == Thanks::Named);
                let credit = credit.flatten().filter(|_| named);
                Ok(Texts { title, body, channel, credit, wish, claims, encrypted })
            }
            _ => Err(Problem::Invalid { errors }),
        }
    }
}

/// What a report answers to the questions of its project.
fn details(questions: &QuestionList, report: &Report, encrypted: bool) -> Result<Vec<Detail>> {
    let given = report.more.details.iter().map(|(name, answer)| (&**name, &**answer));
    questions.answers(given, encrypted).map_err(|wrong| {
        let fault = |(name, message): (String, String)| {
            // As RFC 6901 writes a name in a pointer.
            let name = name.replace('~', "~0").replace('/', "~1");
            Fault { pointer: format!("/details/{name}"), message }
        };
        Problem::Invalid { errors: wrong.into_iter().map(fault).collect() }
    })
}

/// A report on its way in.
struct Taking {
    permit: Permit,
    append: Append,
    taken: Taken,
    kept: Kept,
}

/// Why nothing is taken in during a pause.
pub(crate) fn paused(pause: &Pause, now: Instant) -> Problem {
    let seconds = (pause.until - now).millis().max(0) / 1_000;
    Problem::Paused {
        reason: pause.reason.to_string(),
        until: pause.until,
        instead: pause.instead.to_string(),
        retry_after: u32::try_from(seconds).unwrap_or(u32::MAX).max(1),
    }
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
        let texts = match Texts::read(&report) {
            // All that is wrong is said at once, answers included.
            Err(Problem::Invalid { mut errors }) => {
                let snapshot = self.directory().await?;
                let asked = snapshot.directory.projects.get(&report.project);
                let asked = asked.ok_or(Problem::NotFound)?;
                let encrypted = openpgp::message::is_armored(&report.body);
                if let Err(Problem::Invalid { errors: more }) = details(&asked.questions, &report, encrypted)
                {
                    errors.extend(more);
                }
                return Err(Problem::Invalid { errors });
            }
            texts => texts?,
        };
        // Nothing is asked of the store before: that would cost more than all
        // the rest. The commit compares the directory, and knows a repetition.
        let mut snapshot = self.remembered_directory();
        if !snapshot.directory.projects.contains_key(&report.project) {
            snapshot = self.directory().await?;
        }
        let mut fresh = false;
        for _ in 0..TRIES {
            let taking = match self.taking(&snapshot, reporter, &report, &texts, repeat).await {
                // Nobody is turned away by what stood in the directory before.
                Err(Problem::Invalid { .. } | Problem::Paused { .. }) if !fresh => {
                    (snapshot, fresh) = (self.directory().await?, true);
                    continue;
                }
                taking => taking?,
            };
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
        let details = details(&project.questions, report, texts.encrypted)?;
        let outsider = PersonId::from_bytes(self.draw());
        let person = reporter.map_or(outsider, |caller| caller.person);
        // Requests from outside share one space of keys; a repetition has to
        // bring the whole report again to be answered.
        let sender = reporter.map_or(PersonId::from_bytes([0; 16]), |caller| caller.person);
        let case = CaseId::opened(self.now(), self.draw());
        let standing = CaseStanding {
            case,
            project: report.project,
            organisation: project.organisation,
            state: CaseState::Embargoed,
            restricted: false,
            recused: Vec::new(),
        };
        let now = self.now();
        // What burns is taken in whenever it comes, and so is what was taken in
        // before and is sent again.
        let burns = texts.claims.public.is_some() || texts.claims.exploited.is_some();
        let pause = project.pause.as_ref().filter(|pause| pause.lasts(now) && reporter.is_none() && !burns);
        if let Some(pause) = pause
            && self.repeated::<Taken>(sender, repeat).await?.is_none()
        {
            return Err(paused(pause, now));
        }
        let permit = access::decide(&Actor::System, &[], Action::CaseOpen, Target::Case(&standing), now)?;
        let command = Command::Open {
            case,
            organisation: project.organisation,
            project: report.project,
            title: texts.title.clone(),
            policy: project.policy.clone(),
            facts: Box::new(self.facts_of(snapshot, report.project, now).unwrap_or_default()),
            body: texts.body.clone(),
            visibility: report.visibility,
            channel: texts.channel.clone(),
            reporter: Some((person, GrantId::from_bytes(self.draw()))),
            credit: texts.credit.clone(),
            told: Box::new(Told { details, claims: texts.claims.clone(), wish: texts.wish.clone() }),
            credits: Vec::new(),
        };
        let policy = self.policy(&project.policy).await?;
        let opened = {
            let people = |person: PersonId| snapshot.directory.standing(person);
            let responds = |_: PersonId| false;
            let context = Context { policy: &policy, people: &people, responds: &responds, now };
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
