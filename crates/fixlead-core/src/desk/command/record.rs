//! Recording an event that the policy looks at: what it names has to exist,
//! and what a gate holds needs a reason of somebody who may override it.

use super::{Context, Decided, Overriding, Refused, Source, Thing, Wrong, text, wrong};
use crate::access::{Permit, Role};
use crate::case::event::{Action, Ask, Event, EventKind, Field, Value};
use crate::desk::state::CaseFile;
use crate::id::{PersonId, is_cve_id};
use crate::plan::{Case, words};
use crate::policy::model::FindingKind;
use crate::time::When;

/// Events that change who may do what, or come with others.
const OWN_COMMAND: [EventKind; 11] = [
    EventKind::FixLeadAssigned,
    EventKind::FixLeadVolunteered,
    EventKind::FixLeadHandedOff,
    EventKind::FixLeadAccepted,
    EventKind::FixTeamAdded,
    EventKind::FixTeamRevoked,
    EventKind::CaseClosed,
    EventKind::CaseReopened,
    EventKind::CaseMerged,
    EventKind::CaseSplit,
    EventKind::Override,
];

pub(super) fn record(
    file: &CaseFile,
    context: &Context<'_>,
    permit: &Permit,
    mut event: Event,
    source: Source,
    overriding: Option<&Overriding>,
) -> Decided {
    if OWN_COMMAND.contains(&event.kind)
        && !(source == Source::Found && changes_nothing(file, context, &event))
    {
        return wrong(Wrong::OwnCommand);
    }
    match source {
        // What is done is done now: nobody sends a notice last week.
        Source::Done => event.at = When::at(context.now),
        Source::Found if event.at.first() > context.now => return wrong(Wrong::Future),
        Source::Found => {}
    }
    name(context, permit, &mut event, source)?;
    exists(file, context, &event)?;
    match source {
        Source::Done => guarded(file, context, permit, event, overriding),
        Source::Found => Ok(vec![event.into()]),
    }
}

/// Whether an event only says since when somebody has done what they do in this
/// case anyway, or that a team was gathered or let go elsewhere: nobody may do
/// more, or less, by it.
fn changes_nothing(file: &CaseFile, context: &Context<'_>, event: &Event) -> bool {
    let named: Vec<Option<PersonId>> = event.texts(Field::Who).map(|who| PersonId::parse(who).ok()).collect();
    let on_team = |role: Role| matches!(role, Role::FixTeam | Role::ReleaseManager);
    let theirs = |person: PersonId, active: bool| {
        let mut grants = file.grants.values().filter(|grant| grant.person == person && on_team(grant.role));
        grants.any(|grant| !active || grant.is_active(context.now))
    };
    match event.kind {
        EventKind::FixLeadAssigned | EventKind::FixLeadVolunteered => {
            file.lead.is_some() && named == [file.lead]
        }
        EventKind::FixTeamAdded => {
            named.iter().all(|person| person.is_some_and(|person| theirs(person, false)))
        }
        EventKind::FixTeamRevoked if named.is_empty() => {
            !file.grants.values().any(|grant| on_team(grant.role) && grant.is_active(context.now))
        }
        EventKind::FixTeamRevoked => {
            named.iter().all(|person| person.is_some_and(|person| !theirs(person, true)))
        }
        _ => false,
    }
}

/// Sees to it that an event says who did it, and that nobody speaks in
/// another's name.
fn name(context: &Context<'_>, permit: &Permit, event: &mut Event, source: Source) -> Result<(), Refused> {
    let Some(me) = permit.person() else { return Ok(()) };
    let mine = me.to_string();
    let named: Vec<&str> = event.texts(Field::By).collect();
    if named.is_empty() {
        let by = if event.kind == EventKind::Lgtm { text(me) } else { Value::Texts(vec![mine.into()]) };
        // Who leaked or found something is not who writes it down; a review is
        // always one's own.
        let own = event.kind == EventKind::Lgtm;
        if own || (source == Source::Done && event.kind != EventKind::EmbargoLeaked) {
            event.fields.push((Field::By, by));
        }
        return Ok(());
    }
    if event.kind == EventKind::Lgtm {
        return if named == [mine.as_str()] { Ok(()) } else { wrong(Wrong::InAnothersName) };
    }
    if source == Source::Found || event.kind == EventKind::EmbargoLeaked {
        return Ok(());
    }
    // A body decides through whoever writes it down.
    let body = |who: &str| context.policy.roles.iter().any(|role| *role.heading.id == *who);
    if named.iter().all(|who| *who == mine || body(who)) { Ok(()) } else { wrong(Wrong::InAnothersName) }
}

/// Refuses what names somebody or something that is not there.
pub(super) fn exists(file: &CaseFile, context: &Context<'_>, event: &Event) -> Result<(), Refused> {
    let count = file.facts.branches.len();
    for field in [Field::Branch, Field::Branches, Field::Patches] {
        let set = event.branches(field).unwrap_or(0);
        if count < 128 && set >> count != 0 {
            return Err(Refused::Unknown(Thing::Branch, (128 - set.leading_zeros()).to_string()));
        }
    }
    if event.get(Field::Who).is_some() {
        for who in event.texts(Field::Who) {
            let known = PersonId::parse(who).ok().and_then(|person| (context.people)(person));
            if known.is_none() {
                return Err(Refused::Unknown(Thing::Person, who.to_owned()));
            }
        }
    }
    match event.kind {
        EventKind::CveAssigned | EventKind::CvePublished | EventKind::CveRejected => {
            let id = event.text(Field::Id);
            let needs = event.kind == EventKind::CveAssigned;
            if id.map_or(needs, |id| !is_cve_id(id)) {
                return wrong(Wrong::NoCveId);
            }
        }
        EventKind::Lgtm => {
            for commit in event.texts(Field::On) {
                if file.proposal(commit).is_none() {
                    return Err(Refused::Unknown(Thing::Commit, commit.to_owned()));
                }
                let wrote = |by: &str| file.wrote(commit, by);
                if event.texts(Field::By).any(wrote) {
                    return wrong(Wrong::SelfApproval);
                }
            }
        }
        EventKind::CommitRewritten => {
            let from = event.text(Field::From).unwrap_or_default();
            if file.author(from).is_none() {
                return Err(Refused::Unknown(Thing::Commit, from.to_owned()));
            }
        }
        EventKind::CommitProposed => {
            let id = event.text(Field::Id).unwrap_or_default();
            if file.author(id).is_some() {
                return wrong(Wrong::Repeated);
            }
        }
        EventKind::ScheduleAdjusted => {
            if let Some(Value::Dues(dues)) = event.get(Field::Dues) {
                for (duty, _) in dues {
                    if !context.policy.duties.iter().any(|rule| rule.heading.id == *duty) {
                        return Err(Refused::Unknown(Thing::Duty, duty.to_string()));
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// What has to be asked before such an event.
fn question(file: &CaseFile, event: &Event) -> Option<Action> {
    let semi_public = file.history.iter().any(|known| known.kind == EventKind::SemipublicDecided);
    match event.kind.records()? {
        Action::Merge if event.text(Field::Repo) == Some("private") => None,
        Action::Merge if semi_public => Some(Action::SemipublicMerge),
        action => Some(action),
    }
}

/// The questions that an event is the answer to: one for each channel it names.
fn asks(file: &CaseFile, event: &Event) -> Vec<Ask> {
    let Some(action) = question(file, event) else { return Vec::new() };
    let ask = |channel: Option<&str>| Ask {
        id: String::new(),
        at: event.at.first(),
        action,
        release_at: event.instant(Field::For),
        branches: event.branches(Field::Branches).or(event.branches(Field::Branch)).unwrap_or(0),
        channel: channel.map(str::to_owned),
    };
    let named: Vec<&str> = event.texts(Field::Channels).chain(event.text(Field::List)).collect();
    if named.is_empty() { vec![ask(None)] } else { named.into_iter().map(|name| ask(Some(name))).collect() }
}

/// What the policy has against an event, asked beforehand.
fn held(file: &CaseFile, case: &Case<'_>, event: &Event) -> Option<Refused> {
    asks(file, event).iter().find_map(|ask| answered(case, ask, vec![Role::FixLead]))
}

/// What the policy has against something that is asked for, and who may do it all
/// the same.
pub(super) fn answered(case: &Case<'_>, ask: &Ask, override_by: Vec<Role>) -> Option<Refused> {
    let answer = case.answer(ask);
    if answer.allowed {
        return None;
    }
    let gate = answer.holds.first().map(|hold| &case.record.policy.gates[usize::from(hold.gate)].heading.id);
    Some(Refused::Held {
        gate: gate.map(|id| id.to_string()).unwrap_or_default(),
        clauses: words::clauses(&case.record, &answer.clauses).into_iter().map(str::to_owned).collect(),
        because: words::answer(&case.record, &answer),
        earliest: answer.earliest.filter(|earliest| *earliest > ask.at),
        override_by,
    })
}

/// The violation that events would be, had they happened: what a question
/// beforehand can miss, such as a rule that looks at who does it.
fn violated(case: &Case<'_>, events: &[Event]) -> Option<Refused> {
    let at = events.last()?.at;
    let before = case.evaluate(at.first());
    let mut after = case.clone();
    after.extend(events.iter().cloned());
    let evaluation = after.evaluate(at.first());
    let new = evaluation.findings.iter().find(|finding| {
        finding.kind == FindingKind::Violation && finding.at == at && !before.findings.contains(finding)
    })?;
    let clauses: Vec<String> =
        words::finding_clauses(&after.record, new).into_iter().map(str::to_owned).collect();
    Some(Refused::Held {
        gate: clauses.first().cloned().unwrap_or_default(),
        clauses,
        because: words::finding(&after.record, new),
        earliest: None,
        override_by: Vec::new(),
    })
}

/// Lets an event through if nothing holds it, or with the override that lifts
/// what does.
pub(super) fn guarded(
    file: &CaseFile,
    context: &Context<'_>,
    permit: &Permit,
    event: Event,
    overriding: Option<&Overriding>,
) -> Decided {
    let case = file.plan(context.policy);
    let one = std::slice::from_ref(&event);
    let Some(refused) = held(file, &case, &event).or_else(|| violated(&case, one)) else {
        return Ok(vec![event.into()]);
    };
    let (Some(overriding), Some(action)) = (overriding, question(file, &event)) else { return Err(refused) };
    if !overriding.fits(permit) {
        return Err(Refused::Permit);
    }
    let both = [overriding.of(action, context.now), event];
    // An override that lifts nothing, or not all of it, changes nothing.
    if violated(&case, &both).is_some() {
        return Err(refused);
    }
    Ok(both.into_iter().map(Into::into).collect())
}
