//! A part of a case that becomes a case of its own, and a case that another
//! project takes over: what the new case begins with.

use super::{Command, Context, Decided, Happening, Wrong, decide, happened, people, text, wrong};
use crate::access::{Grant, Permit, Role, Standing};
use crate::case::Project;
use crate::case::event::{EventKind, Field, Value};
use crate::desk::event::{DeskEvent, Pin, Visibility};
use crate::desk::form::Told;
use crate::desk::state::{CaseFile, Credit};
use crate::desk::wire::{Body, Line};
use crate::id::{CaseId, GrantId, OrganisationId, PersonId, ProjectId};

/// A new case that comes out of another one.
#[derive(Clone, Debug)]
pub struct Part {
    /// The case it comes out of.
    pub from: CaseId,
    /// Its id.
    pub case: CaseId,
    /// Its organisation.
    pub organisation: OrganisationId,
    /// Its project. Where it is another one, nobody who works on the old case
    /// has a role in the new one by that.
    pub project: ProjectId,
    /// What it is called.
    pub title: Line,
    /// What it is about.
    pub body: Body,
    /// The policy it runs under.
    pub policy: Pin,
    /// The facts of its project.
    pub facts: Box<Project>,
    /// Why.
    pub reason: Line,
}

/// What the new case begins with: the report, everybody who reported and is
/// thanked, conflicts of interest; within the project also who leads it, who
/// works on it, and that it is restricted. The permit is to open it.
///
/// # Errors
/// When it cannot be opened, or nobody would reach it.
pub fn open_part(
    old: &CaseFile,
    context: &Context<'_>,
    permit: &Permit,
    part: Part,
    next: &mut dyn FnMut() -> GrantId,
) -> Decided {
    let now = context.now;
    let same = old.opened.as_ref().is_some_and(|opened| opened.project == part.project);
    if old.restricted && !same {
        return wrong(Wrong::Restricted);
    }
    let mut reporters: Vec<PersonId> = old.active(Role::Reporter, now).map(|grant| grant.person).collect();
    reporters.dedup();
    let mut reporters = reporters.into_iter();
    let credits = old.credits.iter().cloned();
    let credits = credits.map(|credit| Credit { case: credit.case.or(Some(part.from)), ..credit });
    let report = old.history.iter().find(|event| event.kind == EventKind::ReportReceived);
    let visibility = report.and_then(|event| Visibility::parse(event.text(Field::Visibility)?));
    let visibility = visibility.unwrap_or(Visibility::Private);
    let opening = Command::Open {
        case: part.case,
        organisation: part.organisation,
        project: part.project,
        title: part.title,
        policy: part.policy,
        facts: part.facts,
        body: part.body,
        visibility,
        channel: None,
        reporter: reporters.next().map(|person| (person, next())),
        credit: None,
        told: Box::new(Told { details: old.details.clone(), ..Told::default() }),
        credits: credits.collect(),
    };
    let mut events = decide(&CaseFile::default(), context, permit, opening)?;
    // It was reported when the old case was: nothing that is due begins anew.
    for event in &mut events {
        if let (Happening::Case(event), Some(report)) = (event, report) {
            event.at = report.at;
        }
    }
    // What was known to everybody is so for another project too; a part of a
    // public case need not be.
    if let Some(public) = old.history.iter().find(|event| event.kind == EventKind::PublicAppeared)
        && !same
    {
        events.push(public.clone().into());
    }
    let mut give = |person: PersonId, role: Role, until| -> Happening {
        let (grant, reason, from) = (next(), part.reason.clone(), now);
        DeskEvent::GrantGiven { grant, person, role, reason, from, until }.into()
    };
    for person in reporters {
        events.push(give(person, Role::Reporter, None));
    }
    for person in &old.recused {
        let (person, reason) = (*person, part.reason.clone());
        events.push(DeskEvent::PersonRecused { person, reason }.into());
    }
    if !same {
        return Ok(events);
    }
    let able = |grant: &&Grant| (context.people)(grant.person) == Some(Standing::Active);
    let lead = old.active(Role::FixLead, now).find(able).map(|grant| grant.person);
    if let Some(person) = lead {
        let assigned = happened(EventKind::FixLeadAssigned, permit, now)
            .with(Field::Who, text(person))
            .with(Field::How, text("appointed"));
        events.push(assigned.into());
        events.push(give(person, Role::FixLead, None));
    }
    for role in [Role::FixTeam, Role::ReleaseManager] {
        for member in old.active(role, now).filter(able) {
            if let Some(post) = people::post(role) {
                let added = happened(EventKind::FixTeamAdded, permit, now)
                    .with(Field::Who, Value::Texts(vec![member.person.to_string().into()]))
                    .with(Field::Role, text(post));
                events.push(added.into());
            }
            events.push(give(member.person, role, member.until));
        }
    }
    if old.restricted {
        if lead.is_none() {
            return wrong(Wrong::NobodyLeft);
        }
        events.push(DeskEvent::CaseRestricted { reason: part.reason.clone() }.into());
    }
    Ok(events)
}
