//! The beginning: the first person of an installation, and people who accept
//! their invitation.

use fixlead_core::access::{Action, Presence, Role, Standing, Within};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{GrantId, OfferId, PersonId};
use fixlead_core::time::Span;

use crate::accounts::{By, Caller, Enrolment};
use crate::desk::Desk;
use crate::directory::Directed;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;
use crate::signin::passkey::{Making, Relying};

/// How long an invitation stands, as long as its link.
const STANDS: Span = Span::days(3);

impl Desk {
    /// A link for the first person, as long as nobody has joined. Earlier ones
    /// go on working until somebody has.
    pub async fn set_up(&self) -> Result<Option<String>> {
        let snapshot = self.directory().await?;
        if snapshot.directory.people.values().any(|person| person.standing != Standing::Invited) {
            return Ok(None);
        }
        let person = match snapshot.directory.people.keys().next() {
            Some(person) => *person,
            None => PersonId::from_bytes(self.draw()),
        };
        // They call themselves something else once they are in.
        let name = Line::tamed("first operator");
        let offer = OfferId::from_bytes(self.draw());
        let until = self.now() + STANDS;
        self.direct_itself(DirectoryCommand::Invite { person, name, offer, until }).await?;
        self.inner.accounts.make_link(person, true).await.map(Some)
    }

    /// Invites somebody. The link is for them alone and shown once. The same
    /// request again makes another link in place of it, for the link is not
    /// kept; nobody is invited twice.
    pub async fn invite(
        &self,
        caller: &Caller,
        name: Line,
        repeat: Option<&Repeat>,
    ) -> Result<(PersonId, String)> {
        let person = match repeat {
            Some(repeat) => PersonId::from_bytes(repeat.id(caller.person, "person")),
            None => PersonId::from_bytes(self.draw()),
        };
        let invited = self.invited(caller, person, name, repeat).await?;
        if invited.repeated {
            self.still_invited(person).await?;
            self.inner.accounts.end_links(person).await?;
        }
        let link = self.inner.accounts.make_link(person, false).await?;
        Ok((person, link))
    }

    /// Makes another link for somebody who has not joined yet, or was removed
    /// and is asked again. The ones before work no more.
    pub async fn invite_again(
        &self,
        caller: &Caller,
        person: PersonId,
        repeat: Option<&Repeat>,
    ) -> Result<String> {
        let snapshot = self.directory().await?;
        self.directory_permit(&snapshot, caller, Action::PeopleInvite, Within::Installation)?;
        let known = snapshot.directory.people.get(&person).ok_or(Problem::NotFound)?;
        if matches!(known.standing, Standing::Active | Standing::Suspended) {
            let message = "they have joined already; they sign in with what they have";
            return Err(Problem::invalid("", message));
        }
        let invited = self.invited(caller, person, known.name.clone(), repeat).await?;
        if invited.repeated {
            self.still_invited(person).await?;
        }
        self.inner.accounts.end_links(person).await?;
        self.inner.accounts.make_link(person, false).await
    }

    async fn invited(
        &self,
        caller: &Caller,
        person: PersonId,
        name: Line,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let offer = OfferId::from_bytes(self.draw());
        let until = self.now() + STANDS;
        self.direct(caller, DirectoryCommand::Invite { person, name, offer, until }, None, repeat).await
    }

    async fn still_invited(&self, person: PersonId) -> Result<()> {
        match self.directory().await?.directory.standing(person) {
            Some(Standing::Invited) => Ok(()),
            _ => Err(Problem::invalid("", "whoever was invited by this has joined; they sign in")),
        }
    }

    /// Enrols the person of a link and lets them accept their invitation. The
    /// recovery codes are shown once.
    pub async fn enrol(&self, link: &str, enrolment: Enrolment) -> Result<(PersonId, Vec<String>)> {
        let (person, codes) = self.inner.accounts.enrol(link, enrolment, &[]).await?;
        self.join(person).await?;
        Ok((person, codes))
    }

    /// The same with a passkey alone.
    pub async fn enrol_with_passkey(
        &self,
        link: &str,
        relying: &Relying,
        name: &str,
        sent: &Making,
    ) -> Result<PersonId> {
        let person = self.inner.accounts.enrol_with_passkey(link, relying, name, sent).await?;
        self.join(person).await?;
        Ok(person)
    }

    /// Lets somebody accept the invitation they have, and makes the very first
    /// person operator. Does nothing for whom there is nothing to accept, so
    /// that it can be asked for at every sign-in.
    pub async fn join(&self, person: PersonId) -> Result<()> {
        let snapshot = self.directory().await?;
        let invitation = snapshot
            .directory
            .invitations
            .iter()
            .filter(|(_, invitation)| invitation.person == person)
            .max_by_key(|(_, invitation)| invitation.until);
        if let Some((offer, _)) = invitation {
            let presence = Presence::Session { stepped_up: None };
            let by = By::Session(fixlead_core::id::SessionId::from_bytes(self.draw()));
            let caller = Caller { person, presence, by };
            let command = DirectoryCommand::Accept { offer: *offer };
            self.direct(&caller, command, None, None).await?;
        }
        let snapshot = self.directory().await?;
        let directory = &snapshot.directory;
        let first = directory.people.keys().eq([&person])
            && directory.grants.is_empty()
            && directory.standing(person) == Some(Standing::Active);
        if first {
            let command = DirectoryCommand::ProposeRole {
                offer: OfferId::from_bytes(self.draw()),
                grant: GrantId::from_bytes(self.draw()),
                person,
                role: Role::Operator,
                reach: Reach::Installation,
                reason: Line::tamed("set the installation up"),
                until: None,
            };
            debug_assert!(matches!(command.needs(directory, None), Ok((_, Within::Installation))));
            self.direct_itself(command).await?;
        }
        Ok(())
    }
}
