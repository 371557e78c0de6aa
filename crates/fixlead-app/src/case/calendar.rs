//! When something is due, for the calendar of one person: instants of the cases
//! they work on, and of a case nothing else while it is under embargo.

use fixlead_core::access::{Action, Presence, TokenScope};
use fixlead_core::id::CaseId;
use fixlead_core::plan::duties::State;
use fixlead_core::plan::words;
use fixlead_core::text::hex;
use fixlead_core::time::Instant;
use sha2::{Digest as _, Sha256};

use super::inbox::{MOST, Shelf};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// Something with an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// A name that stays the same however often it is asked for, and tells no
    /// case.
    pub uid: String,
    /// When.
    pub at: Instant,
    /// What it is, of a case that is public: the duty, or `release`. Nothing of one
    /// that is under embargo.
    pub what: Option<String>,
    /// Whether it is the release itself.
    pub release: bool,
}

fn uid(caller: &Caller, case: CaseId, what: &str) -> String {
    let digest = Sha256::digest(format!("{}\n{case}\n{what}", caller.person));
    hex(&digest[..16])
}

impl Desk {
    /// What is due for somebody, and when the releases are that they work on. Each
    /// case is asked for by the right to its calendar, which is all that a
    /// calendar's token has.
    pub async fn calendar(&self, caller: &Caller) -> Result<Vec<Appointment>> {
        // A session or another token stands in no address.
        let Presence::Token { scopes, .. } = &caller.presence else { return Err(Problem::NotFound) };
        if !scopes.contains(&TokenScope::Calendar) {
            return Err(Problem::NotFound);
        }
        let snapshot = self.directory().await?;
        // Which cases there are is looked up as their owner would; each is
        // decided with the token below.
        let owner = Caller { presence: Presence::Session { stepped_up: None }, ..caller.clone() };
        let listed = self.inbox(&owner, Shelf::Open, None, None, MOST).await?;
        let mut found = Vec::new();
        for item in listed.items {
            let kept = self.kept(item.case).await?;
            if self.case_permit(caller, &snapshot, &kept.file, Action::CaseCalendar).is_err() {
                continue;
            }
            let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
            let plan = kept.file.plan(&policy);
            let now = self.now().max(plan.facts().until);
            let evaluation = plan.evaluate(now);
            let is_public = kept.file.public;
            let mut add = |at: Instant, what: String, release: bool| {
                let uid = uid(caller, item.case, &what);
                found.push(Appointment { uid, at, what: is_public.then_some(what), release });
            };
            if let Some(release) = plan.facts().plan.filter(|_| evaluation.anchors[2].is_none()) {
                add(release, "release".to_owned(), true);
            }
            let open = evaluation.duties.iter().filter(|duty| {
                matches!(duty.state, State::Open | State::Held | State::Overdue) && duty.due.is_some()
            });
            for duty in open {
                let Some(due) = duty.due else { continue };
                let id = &policy.duties[usize::from(duty.rule)].heading.id;
                let subject = words::subject(&plan.record, duty.subject).map(|subject| format!(" {subject}"));
                add(due.first(), format!("{id}{}", subject.unwrap_or_default()), false);
            }
        }
        found.sort_by(|one, other| one.at.cmp(&other.at).then_with(|| one.uid.cmp(&other.uid)));
        Ok(found)
    }
}
