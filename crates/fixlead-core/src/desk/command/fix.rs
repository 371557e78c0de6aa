//! The private repository of a fix: made, pushed to, checked, and watched for.

use super::{
    Command, Context, Decided, DeskEvent, Happening, Permit, Push, Refused, Thing, When, Wrong, record, wrong,
};
use crate::case::event::{Event, EventKind, Field, Value};
use crate::desk::state::CaseFile;

pub(super) fn decide(file: &CaseFile, context: &Context<'_>, permit: &Permit, command: Command) -> Decided {
    let desk = |event: DeskEvent| Ok(vec![event.into()]);
    match command {
        Command::OpenFix { from } => desk(DeskEvent::FixOpened { from }),
        Command::PushFix { pushes, events } => push(file, context, permit, pushes, events),
        Command::RecordRun { run } => {
            if file.proposal(&run.commit).is_none() {
                return Err(Refused::Unknown(Thing::Commit, run.commit.to_string()));
            }
            desk(DeskEvent::FixChecked(*run))
        }
        Command::SuspectLeak { sighting } => {
            if file.sightings.contains_key(&sighting.commit) {
                return wrong(Wrong::Repeated);
            }
            desk(DeskEvent::LeakSuspected(sighting))
        }
        Command::DismissLeak { commit, reason } => match file.sightings.get(&commit) {
            None => Err(Refused::Unknown(Thing::Commit, commit.to_string())),
            Some((_, true)) => wrong(Wrong::Repeated),
            Some((_, false)) => desk(DeskEvent::LeakDismissed { commit, reason }),
        },
        _ => Err(Refused::Permit),
    }
}

/// Commits that come into the repository of the fix. Each is proposed once, or
/// takes the place of one that was.
fn push(
    file: &CaseFile,
    context: &Context<'_>,
    permit: &Permit,
    pushes: Vec<Push>,
    events: Vec<Event>,
) -> Decided {
    let mut happened: Vec<Happening> = Vec::new();
    for mut event in events {
        if !matches!(event.kind, EventKind::CommitProposed | EventKind::CommitRewritten) {
            return wrong(Wrong::OwnCommand);
        }
        event.at = When::at(context.now);
        record::exists(file, context, &event)?;
        if event.kind == EventKind::CommitProposed
            && let Some(person) = permit.person()
        {
            event = event.with(Field::By, Value::Texts(vec![person.to_string().into()]));
        }
        happened.extend(record::guarded(file, context, permit, event, None)?);
    }
    happened.extend(pushes.into_iter().map(|push| DeskEvent::FixPushed(push).into()));
    Ok(happened)
}
