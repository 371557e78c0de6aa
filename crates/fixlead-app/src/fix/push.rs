//! Commits come into the private repository of a fix, and what that means: each is
//! proposed, or takes the place of one that was, whose LGTMs it does not inherit.

use std::collections::BTreeSet;

use fixlead_core::access::Action;
use fixlead_core::case::BranchClass;
use fixlead_core::case::event::{Event, EventKind, Field, Value};
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Push;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, PersonId};

use super::lint::{remarks, told};
use super::{Commit, Fault, Update};
use crate::accounts::Caller;
use crate::case::act::Act;
use crate::case::kept::Kept;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// Most paths that a commit of a fix changes. Each stands in the log.
pub const MOST_PATHS: usize = 200;

impl Desk {
    /// Takes in what git pushed, and answers it. `host` is the address of the desk,
    /// which belongs in no message.
    pub async fn push_fix(
        &self,
        caller: &Caller,
        case: CaseId,
        body: Vec<u8>,
        host: String,
    ) -> Result<Vec<u8>> {
        self.may_push(caller, case).await?;
        let turn = self.fix_turn(case).await?;
        let (desk, caller, handle) = (self.clone(), caller.clone(), tokio::runtime::Handle::current());
        let pushed = self.with_fix(turn, move |fixes| {
            fixes.push(case, &body, &mut |updates| {
                handle.block_on(desk.decide_push(&caller, case, updates, &host, None))
            })
        });
        let answer = pushed.await?;
        self.inner.pushed.notify_one();
        Ok(answer)
    }

    /// Makes the private branch for one more public branch out of what another holds.
    pub async fn carry_fix(
        &self,
        caller: &Caller,
        case: CaseId,
        from: String,
        onto: String,
        host: String,
        repeat: Repeat,
    ) -> Result<()> {
        let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
        let permit = self.case_permit(caller, &snapshot, &kept.file, Action::FixPush);
        // Sent twice at once, the second finds what the first has done.
        let turn = if permit.is_ok() { Some(self.fix_turn(case).await?) } else { None };
        if self.done(caller, permit.as_ref().err(), Some(&repeat)).await?.is_some() {
            return Ok(());
        }
        self.may_push(caller, case).await?;
        let turn = turn.ok_or(Problem::NotFound)?;
        let (desk, caller, handle) = (self.clone(), caller.clone(), tokio::runtime::Handle::current());
        let carried = self.with_fix(turn, move |fixes| {
            fixes.carry(case, &from, &onto, &mut |updates| {
                handle.block_on(desk.decide_push(&caller, case, updates, &host, Some(repeat.clone())))
            })
        });
        carried.await?;
        self.inner.pushed.notify_one();
        Ok(())
    }

    /// Whether somebody may push.
    pub async fn may_push(&self, caller: &Caller, case: CaseId) -> Result<()> {
        let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
        self.case_permit(caller, &snapshot, &kept.file, Action::FixPush)?;
        if kept.file.fix.is_none() { Err(Fault::Absent.into()) } else { Ok(()) }
    }

    /// What a push says and does, or why it is refused, in words for whoever pushes.
    async fn decide_push(
        &self,
        caller: &Caller,
        case: CaseId,
        updates: &[Update],
        host: &str,
        repeat: Option<Repeat>,
    ) -> std::result::Result<String, String> {
        let said = |problem: Problem| problem.to_string();
        let (snapshot, kept) = (self.directory().await.map_err(said)?, self.kept(case).await.map_err(said)?);
        let id = case.to_string();
        let (mut remarked, mut refused) = (Vec::new(), false);
        for update in updates {
            if update.after.is_empty() {
                return Err(format!("fix/{}: holds nothing that is not public; push commits", update.branch));
            }
            for commit in &update.after {
                if commit.parents != 1 {
                    return Err(format!(
                        "{}: is no commit with one parent; rebase instead of merging",
                        commit.id
                    ));
                }
                for remark in remarks(&commit.message, &[&id, host]) {
                    refused |= remark.refused;
                    remarked.push(told(commit.subject(), &remark));
                }
            }
        }
        if refused {
            return Err(remarked.join("\n"));
        }
        let (pushes, events) = changes(&kept, &snapshot, caller.person, updates)?;
        let count: usize = pushes.iter().map(|push| push.commits.len()).sum();
        let command = Command::PushFix { pushes, events };
        self.act(caller, case, Act { repeat, ..Act::new(command) }).await.map_err(said)?;
        remarked.push(format!("{count} new commits are in the log of the case; each now needs its LGTMs"));
        Ok(remarked.join("\n"))
    }
}

/// What is to be written down about branches that move.
fn changes(
    kept: &Kept,
    snapshot: &Snapshot,
    me: PersonId,
    updates: &[Update],
) -> std::result::Result<(Vec<Push>, Vec<Event>), String> {
    let file = &kept.file;
    let (mut pushes, mut events) = (Vec::new(), Vec::new());
    let mut noted: BTreeSet<&str> = BTreeSet::new();
    let text = |text: &str| Value::Text(text.into());
    let new = |kind: EventKind| {
        Event::new(file.latest.unwrap_or(fixlead_core::time::Instant::from_millis(0)), kind)
    };
    for update in updates {
        let known = |id: &str| file.author(id).is_some();
        for (from, to) in &update.rewritten {
            if known(from) && noted.insert(from) {
                noted.insert(to);
                events.push(
                    new(EventKind::CommitRewritten).with(Field::From, text(from)).with(Field::To, text(to)),
                );
            }
        }
        let branch = file.facts.branches.iter().position(|branch| *branch.name == *update.branch);
        // What goes on the branch of development is the fix itself.
        let branch = branch.filter(|place| file.facts.branches[*place].class != BranchClass::Development);
        for commit in &update.after {
            if known(&commit.id) || !noted.insert(&commit.id) {
                continue;
            }
            let paths = update.paths.get(&commit.id).map_or(&[][..], Vec::as_slice);
            // A pick is of whoever wrote what it was made from.
            let from = update.picked.iter().find(|(_, to)| *to == commit.id);
            let from = from.and_then(|(from, _)| file.author(from)).map(str::to_owned);
            let author = from.unwrap_or_else(|| wrote(snapshot, commit).unwrap_or(me).to_string());
            let mut event = new(EventKind::CommitProposed)
                .with(Field::Id, text(&commit.id))
                .with(Field::Author, text(&author))
                .with(Field::Paths, Value::Texts(paths.iter().map(|path| path.as_str().into()).collect()));
            if let Some(place) = branch {
                event = event.with(Field::Branch, Value::Branches(1 << place));
            }
            events.push(event);
        }
        let commits = update.after.iter().filter(|commit| !file.brought.keys().any(|id| **id == *commit.id));
        pushes.push(Push {
            branch: Line::new(&update.branch).map_err(str::to_owned)?,
            from: update.from.as_deref().map(Line::tamed),
            to: Line::tamed(&update.to),
            commits: commits.map(|commit| Line::tamed(&commit.id)).collect(),
            picked: update.picked.iter().map(|(from, to)| (Line::tamed(from), Line::tamed(to))).collect(),
        });
    }
    Ok((pushes, events))
}

/// Whose address it has, or the one person who is called as its author. That a commit
/// claims to be theirs only takes from them the right to approve it; it gives nobody
/// anything.
fn wrote(snapshot: &Snapshot, commit: &Commit) -> Option<PersonId> {
    let address = commit.address.contains('@').then_some(&*commit.address);
    if let Some(person) = address.and_then(|address| snapshot.directory.meant(address, None)) {
        return Some(person);
    }
    let mut called = snapshot.directory.people.iter().filter(|(_, person)| *person.name == *commit.author);
    let (id, _) = called.next()?;
    called.next().is_none().then_some(*id)
}
