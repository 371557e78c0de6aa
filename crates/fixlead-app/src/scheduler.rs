//! What the clock does in cases: reminders, escalations, and the end of the
//! Fix Team's access when the policy asks for it.
//!
//! A case is woken at the instant that its last append has named. Any number of
//! nodes may ask: a wake-up is leased to one of them, and what it appends
//! expects the version it has seen and gives the lease back in the same
//! commit, so that every reminder is told once.

use fixlead_core::access::Action;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Reminder;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, StreamKind};
use fixlead_core::time::Span;
use fixlead_store::{Again, Work};
use tokio::task::JoinSet;

use crate::case::act::Writing;
use crate::case::rows;
use crate::desk::{DUTIES, Desk};
use crate::problem::{Problem, Result};

/// How long a node has for a wake-up before another takes it.
const LEASE: Span = Span::minutes(1);
/// How soon a wake-up that failed is tried again.
const AGAIN: Span = Span::minutes(5);
/// Most wake-ups that are claimed at once.
const MOST: usize = 100;

/// What a round of the scheduler came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// How many cases were looked at.
    pub woken: usize,
    /// Who was reminded of which duty in which case; `true` for escalations.
    pub reminded: Vec<(CaseId, Reminder, bool)>,
    /// The cases whose Fix Team has no access any more.
    pub dismissed: Vec<CaseId>,
    /// How many could not be looked at and are tried again.
    pub failed: usize,
}

/// What a look at one case came to.
#[derive(Default)]
struct Seen {
    reminded: Vec<(CaseId, Reminder, bool)>,
    dismissed: Option<CaseId>,
}

impl Desk {
    /// Looks at the cases that are due to be looked at, once; at all of them at
    /// the same time, so that what they have to write shares commits.
    pub async fn wake(&self) -> Result<Round> {
        let mut round = Round::default();
        let mut looks = JoinSet::new();
        for work in self.inner.store.claim(DUTIES, self.now(), LEASE, MOST).await? {
            let desk = self.clone();
            looks.spawn(async move {
                let lease = work.lease;
                let seen = desk.look(work).await;
                if seen.as_ref().is_err_and(|problem| !matches!(problem, Problem::NotFound)) {
                    // If this fails too, the lease runs out by itself.
                    let _ = desk.inner.store.release(lease, Again::At(desk.now() + AGAIN)).await;
                }
                seen
            });
        }
        while let Some(seen) = looks.join_next().await {
            match seen {
                Ok(Ok(seen)) => {
                    round.woken += 1;
                    round.reminded.extend(seen.reminded);
                    round.dismissed.extend(seen.dismissed);
                }
                // What was erased meanwhile took its wake-ups along.
                Ok(Err(Problem::NotFound)) => {}
                Ok(Err(_)) | Err(_) => round.failed += 1,
            }
        }
        Ok(round)
    }

    async fn look(&self, work: Work) -> Result<Seen> {
        if work.stream.kind() != StreamKind::Case {
            return Err(Problem::NotFound);
        }
        let case = CaseId::from_bytes(work.stream.bytes());
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let now = self.now();
        let due = rows::follows(&kept.file, &policy, &self.inner.settings.ladder, None, now).due;
        let permit = self.own_permit(&kept.file, Action::ReminderRecord)?;
        let mut happened = Vec::new();
        for (reminder, escalated) in due.reminders.iter().cloned() {
            let command = Command::Remind { reminder, escalated };
            happened.extend(self.decided(&snapshot, &kept, &permit, command).await?);
        }
        if due.dismiss_team {
            let permit = self.own_permit(&kept.file, Action::TeamRevoke)?;
            let reason = Line::tamed("the release is done, and the policy ends the access of the Fix Team");
            let command = Command::DismissTeam { reason };
            happened.extend(self.decided(&snapshot, &kept, &permit, command).await?);
        }
        // Nothing is written when somebody else has the lease, or has appended
        // meanwhile: that append has named the next wake-up.
        let writing = Writing { finish: Some(work.lease), ..Writing::itself(&permit) };
        let mut seen = Seen::default();
        if self.write(case, &kept, happened, writing).await?.is_some() {
            let told = |(reminder, escalated)| (case, reminder, escalated);
            seen.reminded = due.reminders.into_iter().map(told).collect();
            seen.dismissed = due.dismiss_team.then_some(case);
        }
        Ok(seen)
    }
}
