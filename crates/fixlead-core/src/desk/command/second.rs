//! What two people decide: one asks, another confirms.

use super::{Command, Decided, Refused, Thing, Wrong, advisory, wrong};
use crate::access::Permit;
use crate::desk::event::{By, DeskEvent, Second};
use crate::desk::state::CaseFile;

fn done(event: DeskEvent) -> Decided {
    Ok(vec![event.into()])
}

pub(super) fn decide(file: &CaseFile, permit: &Permit, command: Command) -> Decided {
    match command {
        Command::AskSecond { what: Second::Erasure, .. } if file.hold.is_some() => wrong(Wrong::Kept),
        Command::AskSecond { what: Second::Publication, sha256, .. } if !advisory::says(file, &sha256) => {
            wrong(if file.advisory.is_none() { Wrong::NoAdvisory } else { Wrong::NotWhatWasAsked })
        }
        Command::AskSecond { offer, what, sha256, reason, overriding } => {
            if file.proposals.contains_key(&offer) {
                return wrong(Wrong::Repeated);
            }
            if overriding.as_ref().is_some_and(|lift| what != Second::Publication || !lift.fits(permit)) {
                return Err(Refused::Permit);
            }
            let although = overriding.map(|overriding| overriding.reason);
            done(DeskEvent::SecondAsked { offer, what, sha256, reason, although })
        }
        Command::ConfirmSecond { offer } => match file.proposals.get(&offer) {
            None => Err(Refused::Unknown(Thing::Offer, offer.to_string())),
            Some(proposal) if proposal.confirmed.is_some() => wrong(Wrong::Repeated),
            // It is confirmed by being carried out.
            Some(proposal) if proposal.what == Second::Publication => wrong(Wrong::OwnCommand),
            Some(proposal) if permit.person().map(By::Person) == Some(proposal.by) => {
                wrong(Wrong::SamePerson)
            }
            Some(proposal) if proposal.what == Second::Erasure && file.hold.is_some() => wrong(Wrong::Kept),
            Some(_) => done(DeskEvent::SecondConfirmed { offer }),
        },
        _ => Err(Refused::Permit),
    }
}
