//! The advisory of a case: written by those who work on the fix, made public by
//! two people once the policy lets them.

use super::{Command, Context, Decided, Overriding, Refused, Thing, Wrong, record, wrong};
use crate::access::{self, Permit, Role};
use crate::case::event::{Action, Ask, Event, EventKind, Field, Value};
use crate::desk::event::{By, DeskEvent, Happening, Second};
use crate::desk::state::CaseFile;
use crate::desk::wire::Sha256;
use crate::plan::Case;
use crate::policy::Policy;
use crate::time::Instant;

/// Whether the advisory is exactly this.
pub(super) fn says(file: &CaseFile, sha256: &Sha256) -> bool {
    file.advisory.as_ref().is_some_and(|advisory| Sha256::of(&advisory.source) == *sha256)
}

pub(super) fn decide(file: &CaseFile, context: &Context<'_>, permit: &Permit, command: Command) -> Decided {
    match command {
        Command::WriteAdvisory { over, source } => {
            let stands = file.advisory.as_ref();
            let version = stands.map_or(0, |advisory| advisory.version);
            if version != over {
                return wrong(Wrong::Overtaken(version));
            }
            if stands.is_some_and(|advisory| advisory.source == source) {
                return wrong(Wrong::Unchanged);
            }
            Ok(vec![DeskEvent::AdvisoryWritten { source }.into()])
        }
        Command::PublishAdvisory { offer, has_cve, overriding } => {
            let Some(proposal) = file.proposals.get(&offer).filter(|known| known.what == Second::Publication)
            else {
                return Err(Refused::Unknown(Thing::Offer, offer.to_string()));
            };
            if proposal.confirmed.is_some() {
                return wrong(Wrong::Repeated);
            }
            if permit.person().map(By::Person) == Some(proposal.by) {
                return wrong(Wrong::SamePerson);
            }
            if !says(file, &proposal.sha256) {
                return wrong(Wrong::NotWhatWasAsked);
            }
            let mut events: Vec<Happening> = vec![DeskEvent::SecondConfirmed { offer }.into()];
            if let Some(refused) = held(file, context.policy, context.now, has_cve) {
                let Some(overriding) = overriding else { return Err(refused) };
                // Of the two, whoever may override; what the first one said goes by their right.
                let of_asker = overriding.permit.action() == access::Action::Override
                    && overriding.permit.stream() == permit.stream()
                    && overriding.permit.person().map(By::Person) == Some(proposal.by)
                    && proposal.although.as_ref() == Some(&overriding.reason);
                if !of_asker && !overriding.fits(permit) {
                    return Err(Refused::Permit);
                }
                let lifting = lifting(file, context, has_cve, &overriding).ok_or(refused)?;
                events.extend(lifting.into_iter().map(Happening::from));
            }
            if !file.public {
                events.push(appeared(context.now).into());
            }
            events.push(DeskEvent::AdvisoryPublished { sha256: proposal.sha256.clone() }.into());
            Ok(events)
        }
        _ => Err(Refused::Permit),
    }
}

/// What a publication needs, with what it goes by: to publish is to announce, and with a CVE id
/// it fills the record, right after the world has heard of it by the advisory.
const NEEDS: [Action; 2] = [Action::Announce, Action::CvePublish];

/// What holds a publication now.
pub fn held(file: &CaseFile, policy: &Policy, now: Instant, has_cve: bool) -> Option<Refused> {
    held_after(file, policy, now, has_cve, &[])
}

/// The same, after what lifts a part of it.
fn held_after(
    file: &CaseFile,
    policy: &Policy,
    now: Instant,
    has_cve: bool,
    lifting: &[Event],
) -> Option<Refused> {
    let mut case = file.plan(policy);
    case.extend(lifting.iter().cloned());
    // A question sees what was strictly before it.
    let after = Instant::from_millis(now.millis().saturating_add(1));
    let ask = |action, at| {
        let ask = Ask { id: String::new(), at, action, release_at: None, branches: 0, channel: None };
        move |case: &Case<'_>| record::answered(case, &ask, vec![Role::FixLead])
    };
    let [announce, publish] = NEEDS;
    let announced = ask(announce, if lifting.is_empty() { now } else { after })(&case);
    if announced.is_some() || !has_cve {
        return announced;
    }
    case.push(appeared(now));
    ask(publish, after)(&case)
}

/// What lifts everything that holds a publication, and no more; nothing, where the policy lets
/// nobody lift it.
fn lifting(
    file: &CaseFile,
    context: &Context<'_>,
    has_cve: bool,
    overriding: &Overriding,
) -> Option<Vec<Event>> {
    let all = NEEDS.map(|action| overriding.of(action, context.now));
    let [announce, publish] = &all;
    let ways: [&[Event]; 3] = [std::slice::from_ref(announce), std::slice::from_ref(publish), &all];
    let lifts = |way: &&[Event]| held_after(file, context.policy, context.now, has_cve, way).is_none();
    ways.into_iter().find(lifts).map(<[Event]>::to_vec)
}

fn appeared(now: Instant) -> Event {
    Event::new(now, EventKind::PublicAppeared).with(Field::Where, Value::Text("the advisory".into()))
}
