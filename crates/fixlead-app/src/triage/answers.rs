//! Canned answers: the texts that a project answers reporters with.
//!
//! They are kept as one sealed record for each project, by those who may keep
//! the project's facts. A project that has none of its own begins with the
//! desk's. Names in braces are filled in for a case; what comes of it is shown,
//! and can be changed, before anybody sends it.

use fixlead_core::access::{Action, Within};
use fixlead_core::case::EventKind;
use fixlead_core::case::event::{Event, Field, Value};
use fixlead_core::desk::event::DeskEvent;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, PersonId, ProjectId};
use fixlead_core::plan::duties::State;
use fixlead_core::time::{Instant, format_day};
use serde::{Deserialize, Serialize};

use super::{Decision, report_of};
use crate::accounts::{Caller, kept};
use crate::case::act::without_secrets;
use crate::case::kept::Kept;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Fault, Problem, Result};

/// Most answers of a project.
pub const MOST: usize = 50;
/// The longest answer, in bytes.
pub const LONGEST: usize = 8 * 1024;
/// The kind of record.
const ANSWERS: &str = "answers";

/// What can stand in braces, and what it is filled with.
pub const VARIABLES: [(&str, &str); 6] = [
    ("reporter", "the name to thank, else what the reporter is called here, else “there”"),
    ("report", "the title of the report"),
    ("project", "what the project is called"),
    ("policy", "what its policy is called"),
    ("next", "what the policy promises next, and until when"),
    ("me", "whoever sends it"),
];

/// A canned answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it is called in lists.
    pub name: Line,
    /// The decision it goes with; any, if nothing.
    pub with: Option<Decision>,
    /// What it says.
    pub text: Body,
}

/// The canned answers of a project.
#[derive(Clone)]
pub struct Answers {
    /// How often they were changed; 0 when they are the desk's.
    pub version: u64,
    /// The answers, in the project's order.
    pub items: Vec<Answer>,
    /// Who changed them last, and when.
    pub changed: Option<(PersonId, Instant)>,
    /// Whether whoever asks may change them.
    pub may_change: bool,
}

/// As they are kept.
#[derive(Serialize, Deserialize)]
struct KeptAnswers {
    items: Vec<KeptAnswer>,
    by: PersonId,
    at: i64,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct KeptAnswer {
    name: Line,
    with: Option<String>,
    text: Body,
}

/// What the desk begins with.
fn starting() -> Vec<Answer> {
    let texts = [
        (
            "Thank you, we have it",
            Decision::Acknowledge,
            "Hello {reporter},\n\nthank you for reporting “{report}” to {project}. We have it, and somebody of the security team is looking at it.\n\nWhat comes next: {next}. You will hear from us here, and you can add to your report here at any time. Please keep it private until we have agreed on a date.\n\n{me}",
        ),
        (
            "Confirmed",
            Decision::Valid,
            "Hello {reporter},\n\nwe can confirm what you reported: it is a vulnerability in {project}, and we are working on a fix.\n\nWhat comes next: {next}. Please keep it private until the fix is released; we will tell you the date here.\n\n{me}",
        ),
        (
            "Reported before",
            Decision::Duplicate,
            "Hello {reporter},\n\nthank you for “{report}”. Somebody reported the same flaw before you, and we are working on it. When you reported it is kept, and you are named with the others if you like. You can go on writing to us here.\n\n{me}",
        ),
        (
            "Hardening",
            Decision::DefenseInDepth,
            "Hello {reporter},\n\nthank you for “{report}”. By itself it crosses no security boundary of {project}, so we do not handle it as a vulnerability. It would make the project harder to attack all the same, and we would like to improve it in the open. Tell us here if you see a way to use it that we have missed.\n\n{me}",
        ),
        (
            "Works as intended",
            Decision::NotAVulnerability,
            "Hello {reporter},\n\nthank you for “{report}”. We have looked at it and think that {project} behaves there as it should, so we do not handle it as a vulnerability. If we have misunderstood something, write to us here: nothing of what you sent is lost, and the case can be opened again.\n\n{me}",
        ),
        (
            "Not part of this project",
            Decision::OutOfScope,
            "Hello {reporter},\n\nthank you for “{report}”. It concerns something that {project} does not answer for under its policy ({policy}), so we cannot handle it here. Please report it to those who maintain that part; if you cannot find out who they are, write to us here and we help.\n\n{me}",
        ),
        (
            "We cannot reproduce it",
            Decision::NotReproducible,
            "Hello {reporter},\n\nthank you for “{report}”. We have tried, and do not see what you describe. Could you send us here the exact version, the configuration, and the steps or a file that shows it? We look again as soon as we have them.\n\n{me}",
        ),
        (
            "Public already",
            Decision::AlreadyPublic,
            "Hello {reporter},\n\nthank you for “{report}”. It is public already, so there is no embargo to keep. We are handling it in the open.\n\nWhat comes next: {next}.\n\n{me}",
        ),
    ];
    let answer = |(name, with, text): (&str, Decision, &str)| {
        Some(Answer { name: Line::tamed(name), with: Some(with), text: Body::new(text).ok()? })
    };
    texts.into_iter().filter_map(answer).collect()
}

/// What is wrong with the names in braces of a text, if anything.
fn unknown_variable(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        // A brace of somebody's code is no variable.
        let is_name =
            !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-');
        if is_name && VARIABLES.iter().all(|(known, _)| *known != name) {
            return Some(name);
        }
        rest = if is_name { behind } else { after };
    }
    None
}

/// An instant to the minute.
fn minute(at: Instant) -> String {
    let minutes = at.time_of_day().millis() / 60_000;
    format!("{} {:02}:{:02} UTC", format_day(at.day()), minutes / 60, minutes % 60)
}

impl Desk {
    /// The canned answers of a project, for those who may read of it.
    pub async fn answers_of(&self, caller: &Caller, project: ProjectId) -> Result<Answers> {
        let snapshot = self.directory().await?;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        self.directory_permit(&snapshot, caller, Action::DirectoryRead, within)?;
        self.kept_answers(caller, &snapshot, project, within).await
    }

    /// Those that can be sent in a case, for those who may write to its reporter.
    pub async fn answers_in(&self, caller: &Caller, case: CaseId) -> Result<Answers> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::ReporterPost)?;
        self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead)?;
        let project = kept.file.opened.as_ref().ok_or(Problem::NotFound)?.project;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        self.kept_answers(caller, &snapshot, project, within).await
    }

    async fn kept_answers(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        project: ProjectId,
        within: Within,
    ) -> Result<Answers> {
        let may_change = self.directory_permit(snapshot, caller, Action::ProjectFacts, within).is_ok();
        let found = kept::get::<KeptAnswers>(&self.inner.store, ANSWERS, &project.bytes()).await?;
        let Some(found) = found else {
            return Ok(Answers { version: 0, items: starting(), changed: None, may_change });
        };
        let KeptAnswers { items, by, at } = found.value;
        let items = items.into_iter().map(|kept| Answer {
            name: kept.name,
            with: kept.with.as_deref().and_then(Decision::parse),
            text: kept.text,
        });
        let changed = Some((by, Instant::from_millis(at)));
        Ok(Answers { version: found.version, items: items.collect(), changed, may_change })
    }

    /// Sets all canned answers of a project, over the version that was read. The
    /// new version.
    pub async fn set_answers(
        &self,
        caller: &Caller,
        project: ProjectId,
        items: Vec<Answer>,
        expected: u64,
    ) -> Result<u64> {
        let snapshot = self.directory().await?;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        self.directory_permit(&snapshot, caller, Action::ProjectFacts, within)?;
        if items.len() > MOST {
            return Err(Problem::invalid("/items", "a project has at most 50 canned answers; take some out"));
        }
        let mut errors = Vec::new();
        for (place, answer) in items.iter().enumerate() {
            let mut fault = |message: String| {
                errors.push(Fault { pointer: format!("/items/{place}/text"), message });
            };
            if let Some(name) = unknown_variable(&answer.text) {
                let known: Vec<String> = VARIABLES.iter().map(|(name, _)| format!("{{{name}}}")).collect();
                fault(format!("{{{name}}} stands for nothing; known are {}", known.join(", ")));
            }
            if answer.text.len() > LONGEST {
                fault("the answer is longer than 8 KiB; shorten it".to_owned());
            }
            if without_secrets(&answer.text).is_err() {
                fault("the text holds a secret of this desk; take it out, and revoke it".to_owned());
            }
        }
        if !errors.is_empty() {
            return Err(Problem::Invalid { errors });
        }
        let items = items.into_iter().map(|answer| KeptAnswer {
            name: answer.name,
            with: answer.with.map(|with| with.name().to_owned()),
            text: answer.text,
        });
        let value = KeptAnswers { items: items.collect(), by: caller.person, at: self.now().millis() };
        let store = &self.inner.store;
        if kept::put(store, ANSWERS, &project.bytes(), expected, Some(&value), None).await? {
            return Ok(expected + 1);
        }
        let actual = kept::get::<KeptAnswers>(store, ANSWERS, &project.bytes()).await?;
        // A request that is sent again finds what it has set.
        if let Some(found) = actual.as_ref().filter(|found| found.version == expected + 1)
            && found.value.by == caller.person
            && found.value.items == value.items
        {
            return Ok(found.version);
        }
        Err(Problem::Conflict { actual: actual.map_or(0, |found| found.version) })
    }

    /// A text with its variables filled in for a case, as it stands once a decision
    /// was recorded. What it cannot know it leaves to whoever sends it.
    pub async fn filled(
        &self,
        caller: &Caller,
        case: CaseId,
        text: &str,
        decision: Decision,
    ) -> Result<String> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::ReporterPost)?;
        self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead)?;
        self.fill_in(caller, &snapshot, &kept, text, decision).await
    }

    pub(super) async fn fill_in(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        kept: &Kept,
        text: &str,
        decision: Decision,
    ) -> Result<String> {
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        let (credit, person) = match report_of(kept) {
            Some(DeskEvent::ReportContent { credit, reporter, .. }) => {
                (credit.as_ref().map(ToString::to_string), *reporter)
            }
            _ => (None, None),
        };
        let reporter = credit
            .or_else(|| person.and_then(|person| Desk::name_of(snapshot, person)))
            .unwrap_or_else(|| "there".to_owned());
        let project = snapshot.directory.projects.get(&opened.project);
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let value = |name: &str| {
            Some(match name {
                "reporter" => reporter.clone(),
                "report" => opened.title.to_string(),
                "project" => project.map(|record| record.name.to_string()).unwrap_or_default(),
                "policy" => policy.title.to_string(),
                "next" => self.next_promise(kept, &policy, decision),
                "me" => Desk::name_of(snapshot, caller.person).unwrap_or_default(),
                _ => return None,
            })
        };
        let mut filled = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            match after.split_once('}').and_then(|(name, behind)| Some((value(name)?, behind))) {
                Some((said, behind)) => {
                    filled.push_str(&said);
                    rest = behind;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// What the policy promises next once this was decided: the duty that is due
    /// first of those whose time has not come.
    fn next_promise(&self, kept: &Kept, policy: &fixlead_core::policy::Policy, decision: Decision) -> String {
        let now = self.now_after(kept.file.latest);
        let mut plan = kept.file.plan(policy);
        let event = match decision {
            Decision::Acknowledge => Event::new(now, EventKind::ReportAcknowledged),
            decided => Event::new(now, EventKind::TriageDecided)
                .with(Field::Disposition, Value::Text(decided.name().into())),
        };
        plan.extend([event]);
        let evaluation = plan.evaluate(now);
        let open = evaluation.duties.iter().filter(|duty| matches!(duty.state, State::Open | State::Held));
        let next = open
            .filter_map(|duty| {
                let rule = &policy.duties[usize::from(duty.rule)];
                Some((duty.due?.first(), rule.done.iter().find_map(|kind| outside(*kind))?))
            })
            .filter(|(due, _)| *due > now)
            .min();
        match next {
            Some((due, what)) => format!("{what}, by {}", minute(due)),
            None => "we write to you here as soon as there is something to say".to_owned(),
        }
    }
}

/// What is promised to whoever reported, in words that they know; nothing for
/// what concerns the team alone.
fn outside(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::ReportAcknowledged => Some("that we have it"),
        EventKind::TriageDecided => Some("what we found"),
        EventKind::CveAssigned => Some("a CVE id"),
        EventKind::FixComplete => Some("a fix"),
        EventKind::Released => Some("the release of the fix"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{VARIABLES, starting, unknown_variable};
    use crate::triage::Decision;

    #[test]
    fn every_decision_has_an_answer_to_begin_with_and_it_names_only_what_there_is() {
        let answers = starting();
        for decision in Decision::ALL {
            assert!(answers.iter().any(|answer| answer.with == Some(decision)), "{decision:?}");
        }
        for answer in answers {
            assert_eq!(unknown_variable(&answer.text), None, "{}", answer.name);
        }
    }

    #[test]
    fn a_brace_of_code_is_no_variable_and_a_wrong_name_is_said() {
        assert_eq!(unknown_variable("fn main() { return; } {reporter}"), None);
        assert_eq!(unknown_variable("{a{b}"), Some("b"));
        assert_eq!(unknown_variable("Dear {name},"), Some("name"));
        assert!(VARIABLES.iter().all(|(name, _)| unknown_variable(&format!("{{{name}}}")).is_none()));
    }
}
