//! How many cases somebody opens in an hour. Whoever leads a few and triages what
//! comes in opens dozens; whoever opens everything takes it along, and is stopped
//! while those who watch over the desk are told: it stands in the log, on their
//! account, and goes to the webhooks that listen for it.
//!
//! What was opened already in this hour is not counted again, so nobody is kept
//! from the case they work on. Counted in memory, by each process.

use std::collections::BTreeMap;

use fixlead_core::access::{Role, Scope, Standing};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::id::{CaseId, PersonId};
use fixlead_core::time::{Instant, Span};

use super::kept::Kept;
use crate::desk::{Desk, lock};
use crate::directory::Snapshot;
use crate::pasted::What;
use crate::problem::{Problem, Result};

const HOUR: Span = Span::hours(1);

/// What somebody has opened lately.
#[derive(Default)]
struct Hour {
    opened: Vec<(Instant, CaseId)>,
    /// Until when it was told that they were stopped.
    told: Option<Instant>,
}

/// What people have opened lately.
#[derive(Default)]
pub(crate) struct Opened(BTreeMap<PersonId, Hour>);

impl Opened {
    /// Notes that somebody opens a case; or says when they may again, if that
    /// would be more than so many in an hour.
    fn open(&mut self, person: PersonId, case: CaseId, most: usize, now: Instant) -> Option<Instant> {
        let opened = &mut self.0.entry(person).or_default().opened;
        opened.retain(|(at, _)| *at <= now && now < *at + HOUR);
        if opened.iter().any(|(_, known)| *known == case) {
            return None;
        }
        if opened.len() >= most {
            return opened.first().map(|(at, _)| *at + HOUR);
        }
        opened.push((now, case));
        None
    }

    /// Whether it is still to be told that somebody was stopped: once, until
    /// they could open another.
    fn tell(&mut self, person: PersonId, until: Instant, now: Instant) -> bool {
        let told = &mut self.0.entry(person).or_default().told;
        let new = told.is_none_or(|told| told <= now);
        if new {
            *told = Some(until);
        }
        new
    }

    /// So that it is told at the next occasion.
    fn untold(&mut self, person: PersonId) {
        self.0.entry(person).or_default().told = None;
    }
}

impl Desk {
    /// Whether somebody may open one more case now.
    pub(super) async fn pace(
        &self,
        snapshot: &Snapshot,
        person: PersonId,
        case: CaseId,
        kept: &Kept,
    ) -> Result<()> {
        let (now, most) = (self.now(), self.inner.settings.cases_per_hour);
        let again = lock(&self.inner.opened).open(person, case, most, now);
        let Some(again) = again else { return Ok(()) };
        // Told once: trying again and again pushes nothing else out of sight.
        if lock(&self.inner.opened).tell(person, again, now)
            && let Err(problem) = self.tell_stopped(snapshot, person, kept, (most, again)).await
        {
            lock(&self.inner.opened).untold(person);
            return Err(problem);
        }
        let wait = ((again - now).millis() + 999) / 1_000;
        Err(Problem::TooMany { retry_after: u32::try_from(wait).unwrap_or(u32::MAX).max(1) })
    }

    /// Tells the log, from there those who listen, and whoever watches over the
    /// case that somebody was stopped, after so many and until when.
    async fn tell_stopped(
        &self,
        snapshot: &Snapshot,
        person: PersonId,
        kept: &Kept,
        (most, until): (usize, Instant),
    ) -> Result<()> {
        let now = self.now();
        let cases = u32::try_from(most).unwrap_or(u32::MAX);
        self.direct_itself(DirectoryCommand::StopReading { person, cases, until }).await?;
        let of = kept.file.opened.as_ref();
        let directory = &snapshot.directory;
        let watches = directory.grants.values().filter(|grant| {
            matches!(grant.role, Role::Operator | Role::Auditor)
                && grant.is_active(now)
                && grant.person != person
                && match grant.scope {
                    Scope::Installation => true,
                    Scope::Organisation(id) => of.is_some_and(|of| of.organisation == id),
                    Scope::Project(id) => of.is_some_and(|of| of.project == id),
                    Scope::Case(_) => false,
                }
        });
        let mut told: Vec<PersonId> = watches.map(|grant| grant.person).collect();
        told.sort_unstable();
        told.dedup();
        told.retain(|person| directory.standing(*person) == Some(Standing::Active));
        let name = Self::name_of(snapshot, person).unwrap_or_default();
        for watcher in told {
            let what = What::ManyOpened { name: name.clone(), cases: most as u64 };
            self.inner.accounts.notice(watcher, what).await?;
        }
        Ok(())
    }
}
