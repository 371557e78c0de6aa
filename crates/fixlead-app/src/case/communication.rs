//! Who is told what, where and when: what the policy asks for, how far it is,
//! and the plan that was recorded.

use fixlead_core::access::Action as Right;
use fixlead_core::case::{EventKind, Field};
use fixlead_core::id::CaseId;
use fixlead_core::plan::duties::State;
use fixlead_core::time::{Instant, When};

use super::board::{Board, Obligation};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// Something that the policy has people told.
#[derive(Clone)]
pub struct Told {
    /// The duty.
    pub duty: Obligation,
    /// The event that tells them.
    pub kind: EventKind,
    /// The channel, where the policy names one.
    pub channel: Option<String>,
    /// When it is due, or planned with the release.
    pub planned: Option<When>,
}

/// A line of the plan that was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Who is told.
    pub audience: String,
    /// Where.
    pub channel: String,
    /// When: an instant in UTC, or in words.
    pub at: String,
    /// What.
    pub message: String,
}

impl Line {
    /// A line as the log has it: its parts between bars.
    pub fn written(&self) -> String {
        let part = |text: &str| text.replace(['|', '\n', '\r'], " ").trim().to_owned();
        [&self.audience, &self.channel, &self.at, &self.message].map(|text| part(text)).join(" | ")
    }

    /// The same, read.
    pub fn read(text: &str) -> Line {
        let mut parts = text.splitn(4, '|').map(|part| part.trim().to_owned());
        let mut next = || parts.next().unwrap_or_default();
        Line { audience: next(), channel: next(), at: next(), message: next() }
    }
}

/// Who is told what, where and when.
pub struct Communication {
    /// The case.
    pub board: Board,
    /// What the policy asks for.
    pub told: Vec<Told>,
    /// The plan that was recorded last.
    pub lines: Vec<Line>,
    /// When it was.
    pub planned: Option<When>,
    /// The release that is planned.
    pub release: Option<Instant>,
}

/// Events by which people outside the team are told something.
const TELLING: [EventKind; 11] = [
    EventKind::NoticeForthcoming,
    EventKind::NoticeAdvance,
    EventKind::NoticePrerelease,
    EventKind::NoticeChannel,
    EventKind::ListPosted,
    EventKind::Announced,
    EventKind::CvePublished,
    EventKind::RetroSent,
    EventKind::CraEarlyWarning,
    EventKind::CraNotification,
    EventKind::CraFinal,
];

impl Desk {
    /// Who is told what about a case, where and when.
    pub async fn communication(&self, caller: &Caller, case: CaseId) -> Result<Communication> {
        let board = self.board(caller, case).await?;
        let (_, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = kept.file.plan(&policy);
        let release = plan.facts().plan;
        let told = board.duties.iter().filter(|duty| duty.state != State::NotApplicable).filter_map(|duty| {
            let kind = duty.done_by.iter().find(|kind| TELLING.contains(kind)).copied()?;
            let words = policy.words(kind, Field::Channel, &duty.id);
            let list = policy.words(kind, Field::Channels, &duty.id);
            let named = words.first().or(list.first()).map(|word| (*word).to_owned());
            let with_release = matches!(kind, EventKind::Announced | EventKind::CvePublished);
            let planned = duty.due.or(release.filter(|_| with_release).map(When::at));
            Some(Told { channel: duty.subject.clone().or(named), planned, kind, duty: duty.clone() })
        });
        let told = told.collect();
        let last = plan.record.events.iter().rev().find(|event| event.kind == EventKind::CommsPlanned);
        let lines = last.into_iter().flat_map(|event| event.texts(Field::Parts)).map(Line::read).collect();
        Ok(Communication { told, lines, planned: last.map(|event| event.at), release, board })
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn a_line_of_the_plan_is_read_as_it_was_written() {
        let line = Line {
            audience: "users".into(),
            channel: "#announcements".into(),
            at: "2027-01-22T16:00Z".into(),
            message: "a fix comes | on Friday".into(),
        };
        let read = Line::read(&line.written());
        assert_eq!(read, Line { message: "a fix comes   on Friday".into(), ..line });
        assert_eq!(Line::read("users"), Line { audience: "users".into(), ..Line::default() });
    }
}
