//! A decision about a report: what is recorded, what its reporter is told, and
//! what follows, in one commit. Either all of it is done or none.

use fixlead_core::case::EventKind;
use fixlead_core::case::event::{Event, Field, Value};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::event::Room;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, MessageId};

use super::Decision;
use crate::accounts::Caller;
use crate::case::act::{Acted, Although};
use crate::case::joint::{Join, Joining};
use crate::case::kept::Kept;
use crate::case::together::Together;
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;
use fixlead_core::access::Action;

/// What somebody decides.
#[derive(Clone)]
pub struct Triage {
    /// What.
    pub decision: Decision,
    /// Of a duplicate, what it is the same as.
    pub of: Option<Original>,
    /// What the reporter is told; nothing, if there is no text.
    pub answer: Option<Body>,
    /// A public issue that was opened for it.
    pub issue: Option<PublicIssue>,
    /// Whether the case is closed with it.
    pub close: bool,
    /// The version that it was decided on; without one it is done to whatever
    /// stands.
    pub expected: Option<u64>,
    /// Why it is done although the policy holds it.
    pub although: Option<Although>,
    /// Makes a repetition recognisable.
    pub repeat: Option<Repeat>,
}

/// What a duplicate is the same as.
#[derive(Clone)]
pub enum Original {
    /// Another case, which it is merged into: that keeps who reported it when.
    Case(CaseId),
    /// Something elsewhere, such as a CVE number or an address.
    Elsewhere(Line),
}

/// A public issue, as somebody has posted it.
#[derive(Clone)]
pub struct PublicIssue {
    /// Its permanent address.
    pub url: Line,
    /// What it is called.
    pub title: Line,
    /// What it says; it is kept as a note.
    pub text: Body,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triaged {
    /// The case after it.
    pub acted: Acted,
    /// Whether the reporter was answered.
    pub answered: bool,
    /// Whether the case is closed now.
    pub closed: bool,
    /// The case that it was merged into.
    pub merged: Option<CaseId>,
}

fn done(kind: EventKind, fields: Vec<(Field, Value)>) -> Command {
    // Of what is done now the desk sets the instant.
    let event = Event::new(fixlead_core::time::Instant::EPOCH, kind);
    let event = fields.into_iter().fold(event, |event, (field, value)| event.with(field, value));
    Command::Record { event, source: Source::Done, overriding: None }
}

fn was_acknowledged(kept: &Kept) -> bool {
    kept.file.history.iter().any(|event| event.kind == EventKind::ReportAcknowledged)
}

impl Desk {
    /// Acknowledges a report or decides what it is, and answers its reporter.
    pub async fn triage(&self, caller: &Caller, case: CaseId, triage: Triage) -> Result<Triaged> {
        let Triage { decision, of, answer, issue, close, expected, although, repeat } = triage;
        let kept = self.kept(case).await?;
        // What is wrong with a decision is told only to those who may decide.
        let action = match decision {
            Decision::Acknowledge => Action::ReportAcknowledge,
            _ => Action::Triage,
        };
        let snapshot = self.directory().await?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, action);
        if let Some(acted) = self.done(caller, permit.as_ref().err(), repeat.as_ref()).await? {
            let merged = match of {
                Some(Original::Case(other)) if decision == Decision::Duplicate => Some(other),
                _ => None,
            };
            let answered = answer.is_some();
            return Ok(Triaged { acted, answered, closed: close || merged.is_some(), merged });
        }
        permit?;
        let mut commands = Vec::new();
        let acknowledged = was_acknowledged(&kept);
        if decision == Decision::Acknowledge && acknowledged {
            return Err(Problem::invalid("", "this report was acknowledged before; nothing was done"));
        }
        // Whoever answers a report acknowledges it.
        if decision == Decision::Acknowledge || answer.is_some() && !acknowledged {
            commands.push(done(EventKind::ReportAcknowledged, Vec::new()));
        }
        if decision != Decision::Acknowledge {
            let mut fields = vec![(Field::Disposition, Value::Text(decision.name().into()))];
            let of = match &of {
                _ if decision != Decision::Duplicate => None,
                None => {
                    return Err(Problem::invalid(
                        "/of",
                        "say what it is a duplicate of: a case, or where it stands",
                    ));
                }
                Some(Original::Case(case)) => Some(case.to_string()),
                Some(Original::Elsewhere(line)) => Some(line.to_string()),
            };
            fields.extend(of.map(|of| (Field::Of, Value::Text(of.into()))));
            commands.push(done(EventKind::TriageDecided, fields));
        }
        if let Some(PublicIssue { url, title, text }) = issue {
            if !url.starts_with("https://") {
                return Err(Problem::invalid(
                    "/url",
                    "give the permanent address of the issue, beginning with https://",
                ));
            }
            let fields = [(Field::Url, &url), (Field::Title, &title)];
            let fields = fields.map(|(field, line)| (field, Value::Text(line.to_string().into())));
            commands.push(done(EventKind::TrackingOpened, fields.to_vec()));
            let note = format!("Public issue {url}\n\n{title}\n\n{}", &*text);
            let text = Body::new(&note).map_err(|message| Problem::invalid("/text", message))?;
            commands.push(Command::Note { text });
        }
        let answered = answer.is_some();
        if let Some(body) = answer {
            let id = match &repeat {
                Some(repeat) => repeat.id(caller.person, "answer"),
                None => self.draw(),
            };
            let id = MessageId::from_bytes(id);
            commands.push(Command::Post { id, room: Room::Reporter, body, answers: None });
        }
        if let (Decision::Duplicate, Some(Original::Case(other))) = (decision, of) {
            if although.is_some() {
                let message = "nothing of the policy is overridden by a merge; leave the reason out";
                return Err(Problem::invalid("/although", message));
            }
            let what = Join::Duplicate { of: other, first: commands };
            let joining = Joining { what, reason: Line::tamed("a duplicate"), expected, repeat };
            let (acted, _) = self.relate(caller, case, joining).await?;
            return Ok(Triaged { acted, answered, closed: true, merged: Some(other) });
        }
        if close {
            let reason = Line::tamed(&decision.name().replace('-', " "));
            commands.push(Command::Close { reason, overriding: None });
        }
        let together = Together { commands, expected, although, repeat };
        let acted = self.act_together(caller, case, together).await?;
        Ok(Triaged { acted, answered, closed: close, merged: None })
    }
}
