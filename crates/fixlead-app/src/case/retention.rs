//! How long closed cases are kept, and what happens when they were kept long
//! enough: it is announced to those who respond, and then two people may erase
//! them, one asking and one confirming, many cases at once. The clock alone
//! erases nothing (docs/adr/0009).

use fixlead_core::access::{Action, Within};
use fixlead_core::case::EventKind;
use fixlead_core::case::event::Field;
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::{By as Author, Reminder, Second};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, OfferId, ProjectId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::Page;
use serde::Serialize;

use super::act::Writing;
use super::rows;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// The name under which an announcement stands among reminders.
pub const ERASURE: &str = "erasure";
/// Cases that are read at once.
const PAGE: u32 = 200;
/// Most cases that one request asks for or confirms.
pub const MOST: usize = 200;
/// Expired records that are deleted at once.
const SWEPT: u32 = 500;

/// How long closed cases are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// All of them; for ever without it.
    pub closed_cases: Option<Span>,
    /// Those whose report was found to be no vulnerability; as all others
    /// without it.
    pub rejected_reports: Option<Span>,
    /// How long before its end that is announced.
    pub announce: Span,
}

impl Default for Retention {
    fn default() -> Self {
        Retention { closed_cases: None, rejected_reports: None, announce: Span::days(30) }
    }
}

impl Retention {
    /// Until when a case is kept at least; nothing while it is open, and where it is kept
    /// for ever.
    pub fn until(&self, file: &CaseFile) -> Option<Instant> {
        let since = file.closed_since.filter(|_| file.closed)?;
        let own = self.rejected_reports.filter(|_| is_rejected(file));
        own.or(self.closed_cases).map(|length| since + length)
    }

    /// The shortest of its lengths.
    fn shortest(&self) -> Option<Span> {
        [self.closed_cases, self.rejected_reports].into_iter().flatten().min()
    }
}

/// The instant that was announced for a case which is kept until another: none
/// that lies before it, since it may be kept for longer now.
fn announced(file: &CaseFile, until: Instant) -> Option<Instant> {
    let known = file.reminded.get(&(Line::tamed(ERASURE), None)).into_iter().flatten();
    known.map(|reminder| reminder.due).filter(|due| *due >= until).min()
}

/// Whether the last decision of triage was that there is no vulnerability.
fn is_rejected(file: &CaseFile) -> bool {
    let decided = file.history.iter().rev().find(|event| event.kind == EventKind::TriageDecided);
    decided.and_then(|event| event.text(Field::Disposition)) == Some("not-a-vulnerability")
}

/// A closed case that was kept long enough, or soon will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The case.
    pub case: CaseId,
    /// Its project.
    pub project: ProjectId,
    /// Since when it is closed.
    pub closed: Instant,
    /// Until when it is kept.
    pub until: Instant,
    /// Whether that is over, and was announced in time.
    pub is_due: bool,
    /// Whether a hold keeps it all the same.
    pub held: bool,
    /// Whether somebody has asked that it be erased, and whether that was
    /// whoever reads this.
    pub asked: Option<AskedBy>,
}

/// Who has asked that a case be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedBy {
    /// Whoever reads this; another one has to confirm.
    You,
    /// Somebody else; whoever reads this can confirm.
    Another,
}

/// What became of one case of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The case.
    pub case: CaseId,
    /// Whether it was done.
    pub done: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Desk {
    /// Announces what will soon have been kept long enough, each once, and
    /// deletes records that have expired: sessions, answers to repeated
    /// requests, links. How many cases were announced.
    pub async fn tidy(&self) -> Result<usize> {
        while self.inner.store.sweep(SWEPT).await? == SWEPT as usize {}
        let mut announced = 0;
        let projects: Vec<ProjectId> = self.directory().await?.directory.projects.keys().copied().collect();
        for project in projects {
            for case in self.closing(project, self.inner.settings.retention.announce).await? {
                match self.announce(case).await {
                    Ok(true) => announced += 1,
                    // What was erased meanwhile is not announced.
                    Ok(false) | Err(Problem::NotFound) => {}
                    Err(problem) => return Err(problem),
                }
            }
        }
        Ok(announced)
    }

    /// Cases of a project of which some length may be over within a span.
    async fn closing(&self, project: ProjectId, within: Span) -> Result<Vec<CaseId>> {
        let Some(shortest) = self.inner.settings.retention.shortest() else { return Ok(Vec::new()) };
        let list = rows::closed_since(project);
        let mut cases = Vec::new();
        let mut page = Page::First;
        loop {
            let rows = self.inner.store.list(&list, page, PAGE).await?;
            let Some(last) = rows.last().map(|row| row.sort) else { return Ok(cases) };
            for row in &rows {
                if self.now() + within < row.sort.at + shortest {
                    return Ok(cases);
                }
                cases.push(CaseId::from_bytes(row.stream.bytes()));
            }
            page = Page::After(last);
        }
    }

    /// Tells those who respond until when a case is kept, unless they were told.
    async fn announce(&self, case: CaseId) -> Result<bool> {
        let kept = self.kept(case).await?;
        let retention = &self.inner.settings.retention;
        let Some(until) = retention.until(&kept.file) else { return Ok(false) };
        let now = self.now();
        let is_near = until <= now + retention.announce;
        if !is_near || kept.file.hold.is_some() || announced(&kept.file, until).is_some() {
            return Ok(false);
        }
        // Where the schedule is new, nobody has been told in time.
        let due = until.max(now + retention.announce);
        let snapshot = self.directory().await?;
        let permit = self.own_permit(&kept.file, Action::ReminderRecord)?;
        let to = Line::tamed("responders");
        let reminder = Reminder { duty: Line::tamed(ERASURE), subject: None, due, rung: 0, to };
        let command = Command::Remind { reminder, escalated: false };
        let happened = self.decided(&snapshot, &kept, &permit, command).await?;
        // Another node that was first has announced it.
        Ok(self.write(case, &kept, happened, Writing::itself(&permit)).await?.is_some())
    }

    /// The closed cases that somebody may ask to erase and that were kept long
    /// enough, or will be as soon as is announced; the one closed first before
    /// all.
    pub async fn ending(&self, caller: &Caller) -> Result<Vec<Kept>> {
        let snapshot = self.directory().await?;
        let mut ending = Vec::new();
        for (project, record) in &snapshot.directory.projects {
            let within = Within::Project(record.organisation, *project);
            if self.directory_permit(&snapshot, caller, Action::CaseList, within).is_err() {
                continue;
            }
            for case in self.closing(*project, self.inner.settings.retention.announce).await? {
                match self.ends(caller, case).await {
                    Ok(kept) => ending.extend(kept),
                    Err(Problem::NotFound) => {}
                    Err(problem) => return Err(problem),
                }
                if ending.len() == MOST {
                    return Ok(ending);
                }
            }
        }
        ending.sort_by_key(|kept| (kept.until, kept.case));
        Ok(ending)
    }

    async fn ends(&self, caller: &Caller, case: CaseId) -> Result<Option<Kept>> {
        let kept = self.kept(case).await?;
        let snapshot = self.directory().await?;
        // Reading the list is no erasure: no fresh proof is asked for.
        self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead)?;
        let (file, retention) = (&kept.file, &self.inner.settings.retention);
        let (Some(opened), Some(until), Some(closed)) =
            (&file.opened, retention.until(file), file.closed_since)
        else {
            return Ok(None);
        };
        if self.now() + retention.announce < until {
            return Ok(None);
        }
        let asked = file
            .proposals
            .values()
            .filter(|proposal| proposal.what == Second::Erasure && proposal.confirmed.is_none())
            .filter(|proposal| self.asker_still_may(&snapshot, file, proposal, Action::CaseErase));
        let you = Author::Person(caller.person);
        let asked = asked.map(|proposal| if proposal.by == you { AskedBy::You } else { AskedBy::Another });
        let asked = asked.max_by_key(|asked| *asked == AskedBy::Another);
        let announced = announced(file, until);
        let until = announced.unwrap_or(until.max(self.now() + retention.announce));
        let is_due = announced.is_some_and(|due| due <= self.now());
        let held = file.hold.is_some();
        Ok(Some(Kept { case, project: opened.project, closed, until, is_due, held, asked }))
    }

    /// Asks that cases be erased that were kept long enough. Another person has
    /// to confirm each. What cannot be asked for says why, and holds up nothing.
    pub async fn ask_erasures(
        &self,
        caller: &Caller,
        cases: &[CaseId],
        reason: &Line,
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for case in bounded(cases)? {
            let asked = self.ask_one(caller, *case, reason.clone()).await;
            outcomes.push(outcome(*case, asked)?);
        }
        Ok(outcomes)
    }

    async fn ask_one(&self, caller: &Caller, case: CaseId, reason: Line) -> Result<()> {
        let kept = self.ends(caller, case).await?.filter(|kept| kept.is_due);
        let Some(kept) = kept else {
            return Err(Problem::invalid("", "it has not been kept long enough, or is kept for ever"));
        };
        match kept.asked {
            Some(_) => Err(Problem::invalid("", "somebody has asked already; another person confirms it")),
            None => self.ask_erasure(caller, case, reason, None).await.map(drop),
        }
    }

    /// Confirms that cases be erased that somebody else has asked for, and erases
    /// them.
    pub async fn confirm_erasures(&self, caller: &Caller, cases: &[CaseId]) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for case in bounded(cases)? {
            let confirmed = self.confirm_one(caller, *case).await;
            outcomes.push(outcome(*case, confirmed)?);
        }
        Ok(outcomes)
    }

    async fn confirm_one(&self, caller: &Caller, case: CaseId) -> Result<()> {
        if !self.ends(caller, case).await?.is_some_and(|kept| kept.is_due) {
            return Err(Problem::invalid("", "it has not been kept long enough, or is kept for ever"));
        }
        let kept = self.kept(case).await?;
        let (me, snapshot) = (Author::Person(caller.person), self.directory().await?);
        let fits = |(offer, proposal): (&OfferId, &fixlead_core::desk::state::Proposal)| {
            let open = proposal.confirmed.is_none() || proposal.confirmed == Some(caller.person);
            let may = || self.asker_still_may(&snapshot, &kept.file, proposal, Action::CaseErase);
            (proposal.what == Second::Erasure && proposal.by != me && open && may()).then_some(*offer)
        };
        let offer = kept.file.proposals.iter().find_map(fits);
        let offer = offer.ok_or_else(|| Problem::invalid("", "nobody else has asked for this; ask first"))?;
        self.confirm_erasure(caller, case, offer).await
    }
}

fn bounded(cases: &[CaseId]) -> Result<&[CaseId]> {
    if cases.len() > MOST {
        return Err(Problem::invalid("/cases", "a request names at most 200 cases; send several"));
    }
    Ok(cases)
}

/// What became of a case. Only what concerns whoever asks as a whole ends the
/// request.
fn outcome(case: CaseId, done: Result<()>) -> Result<Outcome> {
    match done {
        Ok(()) => Ok(Outcome { case, done: true, why: None }),
        Err(problem @ (Problem::StepUp | Problem::Unauthenticated | Problem::Unavailable { .. })) => {
            Err(problem)
        }
        Err(problem) => Ok(Outcome { case, done: false, why: Some(problem.to_string()) }),
    }
}
