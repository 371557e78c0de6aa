//! Several commands to one case in one commit: all of them are done, or none.

use fixlead_core::access::Permit;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::{By as Author, Entry, Happening};
use fixlead_core::id::CaseId;

use super::act::{Acted, Although, Writing, action_of};
use super::kept::Kept;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// How often it is tried beside others who write.
const TRIES: usize = 50;

/// Commands that belong together.
pub(crate) struct Together {
    /// What to do, in this order.
    pub commands: Vec<Command>,
    /// The version that it was decided on; without one it is done to whatever
    /// stands.
    pub expected: Option<u64>,
    /// Why it is done although the policy holds some of it.
    pub although: Option<Although>,
    /// Makes a repetition recognisable.
    pub repeat: Option<Repeat>,
}

/// What commands lead to, one after the other.
pub(super) struct Decided {
    /// The permit for the first of them.
    pub permit: Permit,
    pub happened: Vec<Happening>,
}

impl Desk {
    /// Does several things with a case in one commit.
    pub(crate) async fn act_together(
        &self,
        caller: &Caller,
        case: CaseId,
        together: Together,
    ) -> Result<Acted> {
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let kept = self.kept(case).await?;
            let Some(first) = together.commands.first() else {
                return Err(Problem::invalid("", "there is nothing to do; choose something"));
            };
            let first =
                self.case_permit(caller, &snapshot, &kept.file, action_of(first, &kept, caller.person));
            if let Some(done) = self.done(caller, first.as_ref().err(), together.repeat.as_ref()).await? {
                return Ok(done);
            }
            first?;
            if together.expected.is_some_and(|expected| expected != kept.revision) {
                return Err(Problem::Conflict { actual: kept.revision });
            }
            let although = together.although.as_ref();
            let decided = self.decided_all(caller, &snapshot, &kept, &together.commands, although).await?;
            let writing = Writing {
                permit: &decided.permit,
                by: Author::Person(caller.person),
                repeat: together.repeat.as_ref().map(|repeat| (caller.person, repeat)),
                blobs: Vec::new(),
                made: None,
                finish: None,
            };
            if let Some(acted) = self.write(case, &kept, decided.happened, writing).await? {
                return Ok(acted);
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// What commands lead to when each is decided on what the one before has
    /// left. Each is asked of the gate by itself.
    pub(super) async fn decided_all(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        kept: &Kept,
        commands: &[Command],
        although: Option<&Although>,
    ) -> Result<Decided> {
        let mut after = kept.clone();
        let (mut permit, mut all) = (None, Vec::new());
        for command in commands {
            let allowed =
                self.case_permit(caller, snapshot, &after.file, action_of(command, &after, caller.person))?;
            let mut command = command.clone();
            if let (Some(although), Command::Record { .. } | Command::Close { .. }) = (although, &command) {
                self.override_by(caller, snapshot, &after, &mut command, although)?;
            }
            let happened = self.decided(snapshot, &after, &allowed, command).await?;
            let at = self.now_after(after.file.latest);
            for event in &happened {
                after.apply(Entry { at, by: Author::Person(caller.person), event: event.clone() }, 0);
            }
            all.extend(happened);
            permit.get_or_insert(allowed);
        }
        let permit =
            permit.ok_or_else(|| Problem::invalid("", "there is nothing to do; choose something"))?;
        Ok(Decided { permit, happened: all })
    }
}
