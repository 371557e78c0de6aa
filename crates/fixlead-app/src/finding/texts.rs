//! Which text of a case stands in which field of the index, and what somebody
//! must be allowed to see it: the same as in a view of the case.

use std::borrow::Cow;

use fixlead_core::access::{Action, CaseStanding, Grant, Role};
use fixlead_core::case::event::{self, EventKind};
use fixlead_core::desk::event::{DeskEvent, Entry, Happening, Room};
use fixlead_core::id::PersonId;

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::openpgp;
use crate::search::{self, Field, Sight};

/// Counts the ways in which texts have been taken out of cases: a copy that was
/// made in another way is not taken.
pub(super) const WAY: u8 = 1;

const fn room(room: Room) -> search::Room {
    match room {
        Room::Internal => search::Room::Team,
        Room::Reporter => search::Room::Reporter,
        Room::Guest => search::Room::Guest,
    }
}

/// The texts of an entry, each with its field. A person stands in the log by
/// their id; the name is the one that the directory has when this is asked.
pub(super) fn of_entry<'a>(
    entry: &'a Entry,
    name: impl Fn(PersonId) -> Option<String>,
) -> Vec<(Field, Cow<'a, str>)> {
    match &entry.event {
        Happening::Case(event) => of_event(event),
        Happening::Desk(event) => of_desk(event, name),
    }
}

fn of_desk<'a>(
    event: &'a DeskEvent,
    name: impl Fn(PersonId) -> Option<String>,
) -> Vec<(Field, Cow<'a, str>)> {
    let team = Field::Message(search::Room::Team);
    let text = |field: Field, text: &'a str| (field, Cow::Borrowed(text));
    match event {
        DeskEvent::CaseOpened { title, .. } => vec![text(Field::Title, title)],
        DeskEvent::ReportContent { title, body, reporter, credit, details, wish } => {
            let mut texts = vec![text(Field::Report, title)];
            // Nobody looks for words in what is encrypted.
            texts.extend(Some(text(Field::Report, body)).filter(|_| !openpgp::message::is_armored(body)));
            texts.extend(details.iter().map(|detail| text(Field::Report, &detail.answer)));
            texts.extend(
                wish.as_ref().and_then(|wish| wish.link.as_ref()).map(|link| text(Field::People, link)),
            );
            texts.extend(credit.as_ref().map(|credit| text(Field::People, credit)));
            let named = reporter.and_then(name);
            texts.extend(named.map(|name| (Field::People, Cow::Owned(name))));
            texts
        }
        DeskEvent::MessagePosted { room: of, body, .. } => vec![text(Field::Message(room(*of)), body)],
        DeskEvent::AttachmentAdded { room: of, name, .. } => {
            vec![text(Field::Attachment(room(*of)), name)]
        }
        DeskEvent::NoteAdded { text: note } => vec![text(team, note)],
        DeskEvent::EvidenceAdded { text: said, reference, .. } => {
            let reference = reference.as_ref().map(|reference| text(Field::Alias, reference));
            [text(team, said)].into_iter().chain(reference).collect()
        }
        DeskEvent::CreditWished { wish, .. } => {
            wish.name.iter().chain(&wish.link).map(|said| text(Field::People, said)).collect()
        }
        DeskEvent::CreditGiven { name, .. } => vec![text(Field::People, name)],
        // Who came in as the reporter is not for everybody.
        DeskEvent::GrantGiven { role: Role::Reporter, reason, .. } => {
            vec![text(Field::Message(search::Room::Reporter), reason)]
        }
        DeskEvent::GrantGiven { reason, .. }
        | DeskEvent::GrantMoved { reason, .. }
        | DeskEvent::GrantRevoked { reason, .. }
        | DeskEvent::PersonRecused { reason, .. }
        | DeskEvent::RecusalLifted { reason, .. }
        | DeskEvent::CaseRestricted { reason }
        | DeskEvent::CaseUnrestricted { reason }
        | DeskEvent::HandoffOffered { reason, .. }
        | DeskEvent::HandoffDeclined { reason, .. }
        | DeskEvent::CaseAbsorbed { reason, .. }
        | DeskEvent::PolicyMoved { reason, .. }
        | DeskEvent::FactsMoved { reason, .. }
        | DeskEvent::HoldPlaced { reason }
        | DeskEvent::LeakDismissed { reason, .. }
        | DeskEvent::HoldLifted { reason }
            => vec![text(team, reason)],
        DeskEvent::SecondAsked { reason, although, .. } => {
            std::iter::once(reason).chain(although).map(|reason| text(team, reason)).collect()
        }
        DeskEvent::HandoffAccepted { .. }
        | DeskEvent::DutyReminded(_)
        | DeskEvent::DutyEscalated(_)
        | DeskEvent::ReadRecorded { .. }
        // Each version says most of what the one before said.
        | DeskEvent::AdvisoryWritten { .. }
        | DeskEvent::AdvisoryPublished { .. }
        | DeskEvent::FixOpened { .. }
        // What a program writes says little of what people look for.
        | DeskEvent::FixChecked(_)
        | DeskEvent::LeakSuspected(_)
        | DeskEvent::SecondConfirmed { .. } => Vec::new(),
        DeskEvent::FixPushed(push) => push.commits.iter().map(|id| text(Field::Alias, id)).collect(),
    }
}

/// The texts of an event that the policy looks at. Who is left out: people stand
/// there by their ids.
fn of_event(event: &event::Event) -> Vec<(Field, Cow<'_, str>)> {
    use event::Field as F;
    let cve = matches!(event.kind, EventKind::CveAssigned | EventKind::CvePublished | EventKind::CveRejected);
    let mut found = Vec::new();
    for (field, value) in &event.fields {
        let into = match field {
            F::Id if cve || event.kind == EventKind::CommitProposed => Field::Alias,
            F::Reference | F::Url | F::Links | F::MessageId | F::Vector | F::Versions => Field::Alias,
            F::Paths | F::Project => Field::Component,
            F::Content
            | F::Mitigation
            | F::Reason
            | F::Subject
            | F::Text
            | F::Title
            | F::Via
            | F::What
            | F::Where => Field::Message(search::Room::Team),
            _ => continue,
        };
        match value {
            event::Value::Text(text) => found.push((into, Cow::Borrowed(&**text))),
            event::Value::Texts(texts) => {
                found.extend(texts.iter().map(|text| (into, Cow::Borrowed(&**text))));
            }
            _ => {}
        }
    }
    found
}

impl Desk {
    /// The fields of a case that somebody may see now.
    pub(super) fn sight(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        standing: &CaseStanding,
        own: Vec<Grant>,
    ) -> Sight {
        let grants = Self::with_own(caller, snapshot, own);
        let may = |action| self.standing_permit(caller, snapshot, standing, &grants, action).is_ok();
        let (works, reporters) = (may(Action::CaseRead), may(Action::ReporterRead));
        let (internal, guests) = (may(Action::InternalRead), may(Action::GuestRead));
        let timeline = may(Action::TimelineRead);
        Sight::of(Field::ALL.into_iter().filter(|field| match field {
            Field::Title => works || reporters,
            Field::Report => internal || reporters,
            // Notes and reasons are seen in the timeline, messages in the room.
            Field::Message(search::Room::Team) => internal && timeline,
            Field::Attachment(search::Room::Team) => internal,
            Field::Message(search::Room::Reporter)
            | Field::Attachment(search::Room::Reporter)
            | Field::People => reporters,
            Field::Message(search::Room::Guest) | Field::Attachment(search::Room::Guest) => guests,
            Field::Component | Field::Alias => timeline,
        }))
    }
}
