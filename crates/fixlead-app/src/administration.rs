//! What somebody may administer, and what of it waits for them.
//!
//! A page that offers something asks here first, so that nobody is offered
//! what is refused. Deciding stays with the gate: whatever is done is asked
//! again then, with the proof that it may need.

use fixlead_core::access::{Action, Denied, Grant, Needs, Role, Standing, Within};
use fixlead_core::desk::directory::Proposed;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::rota;
use fixlead_core::desk::event::{By as Author, Pin};
use fixlead_core::id::{CaseId, OfferId, PersonId, ProjectId};

use crate::accounts::Caller;
use crate::case::inbox::{self, Shelf, Wanted, Whose};
use crate::desk::Desk;
use crate::directory::Seen;
use crate::problem::{Problem, Result};
use crate::seen::Parts;

/// What somebody reads of the directory, and what they may do with it.
pub struct Administration {
    desk: Desk,
    caller: Caller,
    /// The part of the directory that they read.
    pub seen: Seen,
}

impl Desk {
    /// What somebody may administer. Who may read nothing of the directory finds nothing.
    pub async fn administration(&self, caller: &Caller) -> Result<Administration> {
        match self.read_directory(caller).await {
            Ok(seen) => Ok(Administration { desk: self.clone(), caller: caller.clone(), seen }),
            Err(Problem::Forbidden { .. }) => Err(Problem::NotFound),
            Err(problem) => Err(problem),
        }
    }
}

impl Desk {
    /// Whether administration has something for somebody: whether they have a standing
    /// role that counts now.
    pub async fn administers(&self, caller: &Caller) -> Result<bool> {
        let snapshot = self.directory().await?;
        let now = self.now_after(snapshot.latest);
        let directory = &snapshot.directory;
        let active = directory.standing(caller.person) == Some(Standing::Active);
        let stands = |grant: &Grant| grant.person == caller.person && grant.is_active(now);
        Ok(active && directory.grants.values().any(stands))
    }
}

impl Administration {
    /// Who it is.
    pub fn person(&self) -> PersonId {
        self.caller.person
    }

    /// What of the directory is for them.
    pub fn parts(&self) -> Parts<'_> {
        self.seen.parts()
    }

    /// Whether they may do something in a part of the directory, with a fresh
    /// proof where it needs one.
    pub fn may(&self, action: Action, within: Within) -> bool {
        match self.desk.directory_permit(self.seen.snapshot(), &self.caller, action, within) {
            Ok(_) | Err(Denied::Forbidden { needs: Needs::StepUp }) => true,
            Err(_) => false,
        }
    }

    /// The same in the whole installation.
    pub fn may_everywhere(&self, action: Action) -> bool {
        self.may(action, Within::Installation)
    }

    /// The same in a project.
    pub fn may_in(&self, action: Action, project: ProjectId) -> bool {
        self.seen.directory().within(project).is_ok_and(|within| self.may(action, within))
    }

    /// Whether they may do something anywhere they look.
    pub fn may_anywhere(&self, action: Action) -> bool {
        self.may_everywhere(action) || self.seen.projects.iter().any(|project| self.may_in(action, *project))
    }

    /// Whether they may do what a command does, as far as that is a question of who.
    pub fn may_direct(&self, command: &DirectoryCommand) -> bool {
        command
            .needs(self.seen.directory(), Some(self.caller.person))
            .is_ok_and(|(action, within)| self.may(action, within))
    }

    /// Whether they can be the second person of a proposal: nobody confirms what
    /// they asked for or are given.
    pub fn may_confirm(&self, offer: OfferId, proposed: &Proposed) -> bool {
        let me = self.caller.person;
        let given = matches!(proposed, Proposed::Role { grant, .. } if grant.person == me);
        proposed.by() != Author::Person(me) && !given && self.may_direct(&DirectoryCommand::Confirm { offer })
    }

    /// Those who take turns as Fix Lead of a project, whose turn it is first, and
    /// whether each is away.
    pub fn turns(&self, project: ProjectId) -> Vec<(PersonId, bool)> {
        let Some(record) = self.seen.directory().projects.get(&project) else { return Vec::new() };
        let (people, today) = (&self.seen.directory().people, self.seen.at.day());
        let away =
            |person: PersonId| people.get(&person).is_some_and(|person| rota::is_away(&person.leave, today));
        rota::order(record, self.seen.at, away).into_iter().map(|person| (person, away(person))).collect()
    }

    /// Who leads the next case of a project, if somebody takes turns and is here.
    pub fn next_lead(&self, project: ProjectId) -> Option<PersonId> {
        self.turns(project).into_iter().find(|(_, away)| !away).map(|(person, _)| person)
    }

    /// Whether nobody but them is operator: then nobody can confirm a role for an
    /// operator, and losing their account loses the installation.
    pub fn is_only_operator(&self) -> bool {
        let operators = self.seen.directory().grants.values();
        let active = operators.filter(|grant| grant.role == Role::Operator && grant.is_active(self.seen.at));
        let mut people: Vec<PersonId> = active.map(|grant| grant.person).collect();
        people.sort_unstable();
        people.dedup();
        people == [self.caller.person]
    }
}

/// An open case that runs under another policy than new ones of its project.
pub struct Elsewhere {
    /// The case.
    pub case: CaseId,
    /// What it is about.
    pub title: String,
    /// What it runs under.
    pub pin: Pin,
    /// Its version.
    pub version: u64,
    /// Whether whoever asks may move it.
    pub may_move: bool,
}

impl Elsewhere {
    /// The beginning of the hash of its policy.
    pub fn short(&self) -> &str {
        self.pin.sha256.get(..12).unwrap_or_default()
    }
}

impl Desk {
    /// The open cases of a project that whoever asks works on and that run
    /// under another policy than new ones; of the two hundred that are due
    /// next.
    pub async fn cases_elsewhere(&self, caller: &Caller, project: ProjectId) -> Result<Vec<Elsewhere>> {
        self.cases_under(caller, project, None).await
    }

    /// The same of those under the policy with a hash; without one, of those
    /// that run under another than new ones.
    pub async fn cases_under(
        &self,
        caller: &Caller,
        project: ProjectId,
        sha256: Option<&str>,
    ) -> Result<Vec<Elsewhere>> {
        let snapshot = self.directory().await?;
        let now = snapshot.directory.projects.get(&project).ok_or(Problem::NotFound)?.policy.clone();
        let fits = |pin: &Pin| match sha256 {
            Some(sha256) => *pin.sha256 == *sha256,
            None => *pin != now,
        };
        let (shelf, whose, limit) = (Shelf::Open, Whose::All, inbox::MOST);
        let wanted = Wanted { shelf, whose, project: Some(project), severity: None, after: None, limit };
        let listed = self.page_of(caller, &wanted).await?;
        let cases: Vec<CaseId> = listed.items.iter().map(|item| item.case).collect();
        let mut elsewhere = Vec::new();
        for (item, kept) in listed.items.into_iter().zip(self.kept_of(&cases).await?) {
            let kept = kept?;
            let Some((_, pin)) = kept.file.pins.last().filter(|(_, pin)| fits(pin)) else { continue };
            // Only what their reading of the case would show as well.
            if self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead).is_err() {
                continue;
            }
            let may_move = match self.case_permit(caller, &snapshot, &kept.file, Action::PolicyMove) {
                Ok(_) | Err(Denied::Forbidden { needs: Needs::StepUp }) => true,
                Err(_) => false,
            };
            elsewhere.push(Elsewhere {
                case: item.case,
                title: item.title.unwrap_or_default(),
                pin: pin.clone(),
                version: kept.revision,
                may_move,
            });
        }
        Ok(elsewhere)
    }
}

impl Desk {
    /// The title of a case, for those who may read it; its id for others who know of it.
    pub async fn title_of(&self, caller: &Caller, case: CaseId) -> Result<String> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        let read = self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead).is_ok();
        let title = kept.file.opened.as_ref().filter(|_| read).map(|opened| opened.title.to_string());
        Ok(title.unwrap_or_else(|| case.to_string()))
    }
}
