//! Who works on a case: lead, team, guests, conflicts of interest.

use super::{Command, Context, Decided, Happening, Refused, Thing, Wrong, happened, text, wrong};
use crate::access::{Grant, Permit, Role, Standing};
use crate::case::event::{EventKind, Field, Value};
use crate::desk::event::DeskEvent;
use crate::desk::state::CaseFile;
use crate::desk::wire::Line;
use crate::id::{GrantId, PersonId};

/// Refuses whoever cannot act, or must not here.
pub(super) fn able(file: &CaseFile, context: &Context<'_>, person: PersonId) -> Result<(), Refused> {
    match (context.people)(person) {
        None => Err(Refused::Unknown(Thing::Person, person.to_string())),
        Some(_) if file.recused.contains(&person) => wrong(Wrong::Recused),
        Some(Standing::Active) => Ok(()),
        Some(_) => wrong(Wrong::NotActive),
    }
}

/// Refuses whoever is no responder or maintainer of the project.
fn may_lead(file: &CaseFile, context: &Context<'_>, person: PersonId) -> Result<(), Refused> {
    able(file, context, person)?;
    let name = person.to_string();
    let listed = file.facts.responders.iter().chain(&file.facts.maintainers).any(|known| **known == *name);
    if listed || (context.responds)(person) { Ok(()) } else { wrong(Wrong::NoResponder) }
}

/// Whether somebody leads the case and can still act in it: neither removed
/// since, nor kept out by a conflict of interest.
fn leads(file: &CaseFile, context: &Context<'_>, person: PersonId) -> bool {
    let granted = file.active(Role::FixLead, context.now).any(|grant| grant.person == person);
    file.lead == Some(person) && granted && able(file, context, person).is_ok()
}

/// A new Fix Lead: the grant for them, and none any more for whoever had it.
fn lead(
    file: &CaseFile,
    context: &Context<'_>,
    person: PersonId,
    grant: GrantId,
    reason: Line,
) -> Result<Vec<Happening>, Refused> {
    if file.grants.contains_key(&grant) {
        return wrong(Wrong::Repeated);
    }
    let over = Line::tamed("somebody else leads the case");
    let mut events: Vec<Happening> = file
        .active(Role::FixLead, context.now)
        .map(|had| DeskEvent::GrantRevoked { grant: had.id, reason: over.clone() }.into())
        .collect();
    let (from, until) = (context.now, None);
    events.push(DeskEvent::GrantGiven { grant, person, role: Role::FixLead, reason, from, until }.into());
    Ok(events)
}

/// How a case names a member of its Fix Team.
pub(super) fn post(role: Role) -> Option<&'static str> {
    match role {
        Role::FixTeam => Some("engineer"),
        Role::ReleaseManager => Some("release-manager"),
        _ => None,
    }
}

/// Takes grants back, and says of the Fix Team what the policy looks for.
fn revoke<'a>(
    context: &Context<'_>,
    permit: &Permit,
    grants: impl Iterator<Item = &'a Grant>,
    reason: &Line,
) -> Vec<Happening> {
    let mut events: Vec<Happening> = Vec::new();
    let mut gone: Vec<Box<str>> = Vec::new();
    for grant in grants {
        events.push(DeskEvent::GrantRevoked { grant: grant.id, reason: reason.clone() }.into());
        let name: Box<str> = grant.person.to_string().into();
        if post(grant.role).is_some() && !gone.contains(&name) {
            gone.push(name);
        }
    }
    if !gone.is_empty() {
        let event = happened(EventKind::FixTeamRevoked, permit, context.now);
        events.push(event.with(Field::Who, Value::Texts(gone)).into());
    }
    events
}

pub(super) fn decide(file: &CaseFile, context: &Context<'_>, permit: &Permit, command: Command) -> Decided {
    let now = context.now;
    match command {
        Command::Volunteer { grant } => {
            let Some(me) = permit.person() else { return Err(Refused::Permit) };
            // Who was removed, or has a conflict of interest, leads nobody.
            if file.lead.is_some_and(|lead| leads(file, context, lead)) {
                return wrong(Wrong::HasLead);
            }
            may_lead(file, context, me)?;
            let event = happened(EventKind::FixLeadVolunteered, permit, now)
                .with(Field::Who, text(me))
                .with(Field::How, text("volunteer"));
            let mut events = vec![event.into()];
            events.extend(lead(file, context, me, grant, Line::tamed("volunteered to lead the case"))?);
            Ok(events)
        }
        Command::Assign { person, grant, by_rotation, reason } => {
            if file.lead == Some(person) {
                return wrong(Wrong::Unchanged);
            }
            may_lead(file, context, person)?;
            let how = if by_rotation { "rotation" } else { "appointed" };
            let event = happened(EventKind::FixLeadAssigned, permit, now)
                .with(Field::Who, text(person))
                .with(Field::How, text(how));
            let mut events = vec![event.into()];
            events.extend(lead(file, context, person, grant, reason)?);
            Ok(events)
        }
        Command::OfferLead { offer, to, reason } => {
            if permit.person().is_none() || permit.person() != file.lead {
                return wrong(Wrong::NotYours);
            }
            if file.lead == Some(to) {
                return wrong(Wrong::SamePerson);
            }
            may_lead(file, context, to)?;
            Ok(vec![DeskEvent::HandoffOffered { offer, to, reason }.into()])
        }
        Command::AcceptLead { offer, grant } => {
            let Some(standing) = file.handoff.as_ref().filter(|standing| standing.offer == offer) else {
                return Err(Refused::Unknown(Thing::Offer, offer.to_string()));
            };
            if permit.person() != Some(standing.to) {
                return wrong(Wrong::NotYours);
            }
            // What somebody offered who does not lead any more is nobody's to take.
            if !leads(file, context, standing.from) {
                return wrong(Wrong::OfferOver);
            }
            may_lead(file, context, standing.to)?;
            let handed = happened(EventKind::FixLeadHandedOff, permit, now)
                .with(Field::From, text(standing.from))
                .with(Field::To, text(standing.to));
            let accepted =
                happened(EventKind::FixLeadAccepted, permit, now).with(Field::Who, text(standing.to));
            let mut events =
                vec![DeskEvent::HandoffAccepted { offer }.into(), handed.into(), accepted.into()];
            events.extend(lead(file, context, standing.to, grant, Line::tamed("took the lead over"))?);
            Ok(events)
        }
        Command::DeclineLead { offer, reason } => {
            let standing = file.handoff.as_ref().filter(|standing| standing.offer == offer);
            match standing {
                None => Err(Refused::Unknown(Thing::Offer, offer.to_string())),
                Some(standing) if permit.person() != Some(standing.to) => wrong(Wrong::NotYours),
                Some(_) => Ok(vec![DeskEvent::HandoffDeclined { offer, reason }.into()]),
            }
        }
        Command::Give { grant, person, role, reason, until } => {
            let given_here = matches!(
                role,
                Role::FixTeam | Role::ReleaseManager | Role::Distributor | Role::Reporter | Role::Guest
            );
            if !given_here {
                return wrong(Wrong::RoleNotHere);
            }
            able(file, context, person)?;
            if until.is_some_and(|until| until <= now) {
                return wrong(Wrong::Ended);
            }
            let has = file.active(role, now).any(|known| known.person == person && known.until == until);
            if has || file.grants.contains_key(&grant) {
                return wrong(Wrong::Repeated);
            }
            let mut events: Vec<Happening> = Vec::new();
            if let Some(post) = post(role) {
                let event = happened(EventKind::FixTeamAdded, permit, now)
                    .with(Field::Who, Value::Texts(vec![person.to_string().into()]))
                    .with(Field::Role, text(post));
                events.push(event.into());
            }
            events.push(DeskEvent::GrantGiven { grant, person, role, reason, from: now, until }.into());
            Ok(events)
        }
        Command::MoveEnd { grant, reason, until } => {
            let Some(known) = file.grants.get(&grant) else {
                return Err(Refused::Unknown(Thing::Grant, grant.to_string()));
            };
            // What is over is given anew. Who leads the case does so until somebody
            // else does, and who reported it, as long as it is kept.
            if !known.is_active(now) || matches!(known.role, Role::FixLead | Role::Reporter) {
                return wrong(Wrong::OwnCommand);
            }
            if until.is_some_and(|until| until <= now) {
                return wrong(Wrong::Ended);
            }
            if known.until == until {
                return wrong(Wrong::Unchanged);
            }
            able(file, context, known.person)?;
            Ok(vec![DeskEvent::GrantMoved { grant, reason, until }.into()])
        }
        Command::Revoke { grant, reason } => {
            let Some(known) = file.grants.get(&grant) else {
                return Err(Refused::Unknown(Thing::Grant, grant.to_string()));
            };
            if known.revoked.is_some() {
                return wrong(Wrong::Repeated);
            }
            // A case does not lose its lead by the way.
            if known.role == Role::FixLead && file.lead == Some(known.person) {
                return wrong(Wrong::OwnCommand);
            }
            Ok(revoke(context, permit, std::iter::once(known), &reason))
        }
        Command::DismissTeam { reason } => {
            let team = file.active(Role::FixTeam, now).chain(file.active(Role::ReleaseManager, now));
            let events = revoke(context, permit, team, &reason);
            if events.is_empty() { wrong(Wrong::Unchanged) } else { Ok(events) }
        }
        Command::Recuse { person, reason } => {
            if file.recused.contains(&person) {
                return wrong(Wrong::Repeated);
            }
            if (context.people)(person).is_none() {
                return Err(Refused::Unknown(Thing::Person, person.to_string()));
            }
            let mut events = vec![DeskEvent::PersonRecused { person, reason: reason.clone() }.into()];
            let theirs = file.grants.values().filter(|grant| grant.person == person && grant.is_active(now));
            events.extend(revoke(context, permit, theirs, &reason));
            Ok(events)
        }
        Command::LiftRecusal { person, reason } => {
            if !file.recused.contains(&person) {
                return wrong(Wrong::Unchanged);
            }
            Ok(vec![DeskEvent::RecusalLifted { person, reason }.into()])
        }
        _ => Err(Refused::Permit),
    }
}
