//! What follows from a case's log: its rows in lists, and when it is looked at
//! again.
//!
//! A case stands in the list of its project and in those of the people here who
//! have a grant for it, open ones in one list and closed ones in another. Open ones
//! stand by their next due, or by the instant since which users are exposed to what
//! is publicly known, if that is earlier; of closed ones the last comes first. Whoever
//! reads a list is asked again for every row.

use std::collections::BTreeMap;

use fixlead_core::access::{CaseStanding, CaseState, Grant, Role, Scope};
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::reminders::{self, Due, Ladder};
use fixlead_core::id::{CaseId, GrantId, OrganisationId, PersonId, ProjectId};
use fixlead_core::plan::Evaluation;
use fixlead_core::plan::duties::State;
use fixlead_core::policy::Policy;
use fixlead_core::time::{Instant, Span};
use fixlead_store::{ListChange, WorkChange};
use serde::{Deserialize, Serialize};

use super::unread::{self, RoomNews};
use crate::desk::DUTIES;

/// Which cases a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Those that are open, by the next due or the beginning of an exposure.
    Open,
    /// Those that are closed, the last one closed first.
    Closed,
}

impl Shelf {
    const fn name(self) -> &'static str {
        match self {
            Shelf::Open => "open",
            Shelf::Closed => "closed",
        }
    }
}

/// Where a case without a due stands: behind all others.
const NO_DUE: Instant = Instant::from_millis(253_402_300_799_000);
/// How long a case is left alone in which something is held: when a gate
/// opens by time alone, nobody appends anything.
const HELD_AT_MOST: Span = Span::hours(24);

/// The list of a project.
pub(crate) fn of_project(shelf: Shelf, project: ProjectId) -> String {
    format!("{}/project/{project}", shelf.name())
}

/// The closed cases of a project, the one closed first before all.
pub(crate) fn closed_since(project: ProjectId) -> String {
    format!("closed-since/project/{project}")
}

/// The list of a person.
pub(crate) fn of_person(shelf: Shelf, person: PersonId) -> String {
    format!("{}/person/{person}", shelf.name())
}

/// What a row says.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub case: CaseId,
    pub project: ProjectId,
    pub organisation: OrganisationId,
    pub state: String,
    pub restricted: bool,
    pub recused: Vec<PersonId>,
    pub title: String,
    pub lead: Option<PersonId>,
    pub severity: Option<String>,
    pub opened: i64,
    pub due: Option<i64>,
    pub duty: Option<String>,
    /// How long users were exposed, where the case is or was public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed: Option<Exposed>,
    /// What stands in its rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub news: Vec<RoomNews>,
    /// In the list of a person, the grants they have for the case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<RowGrant>,
}

/// How long users were exposed, in milliseconds, written so that it stays true
/// while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Exposed {
    /// It goes on, since this instant.
    Since(i64),
    /// It lasted so long.
    Lasted(i64),
}

impl Exposed {
    fn of(evaluation: &Evaluation, now: Instant) -> Option<Exposed> {
        let length = evaluation.exposure.public?;
        Some(match length.running {
            true => Exposed::Since((now - length.least).millis()),
            false => Exposed::Lasted(length.least.millis()),
        })
    }

    /// Since when, while it goes on.
    pub fn since(self) -> Option<Instant> {
        match self {
            Exposed::Since(since) => Some(Instant::from_millis(since)),
            Exposed::Lasted(_) => None,
        }
    }

    /// How long it is at an instant.
    pub fn at(self, now: Instant) -> Option<Span> {
        match self {
            Exposed::Since(since) => {
                Some(now - Instant::from_millis(since)).filter(|span| *span >= Span::ZERO)
            }
            Exposed::Lasted(millis) => Some(Span::from_millis(millis)),
        }
    }
}

/// A grant in a row.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowGrant {
    pub id: GrantId,
    pub role: String,
    pub from: i64,
    pub until: Option<i64>,
    pub revoked: Option<i64>,
}

impl Row {
    /// What the decision has to know of the case.
    pub fn standing(&self) -> Option<CaseStanding> {
        Some(CaseStanding {
            case: self.case,
            project: self.project,
            organisation: self.organisation,
            state: CaseState::parse(&self.state)?,
            restricted: self.restricted,
            recused: self.recused.clone(),
        })
    }

    /// The grants of the person whose list it stands in.
    pub fn grants(&self, person: PersonId) -> Vec<Grant> {
        let instant = |millis: Option<i64>| millis.map(Instant::from_millis);
        let grant = |kept: &RowGrant| {
            Some(Grant {
                id: kept.id,
                person,
                role: Role::parse(&kept.role)?,
                scope: Scope::Case(self.case),
                reason: "".into(),
                given_by: None,
                team: None,
                from: Instant::from_millis(kept.from),
                until: instant(kept.until),
                revoked: instant(kept.revoked),
            })
        };
        self.grants.iter().filter_map(grant).collect()
    }
}

/// What an append to a case has to bring beside its events.
pub(crate) struct Follows {
    pub lists: Vec<ListChange>,
    pub wake: WorkChange,
    pub due: Due,
}

/// What follows from a case as it stands now. `was_closed` says on which shelf
/// it stood before, if it did.
pub(crate) fn follows(
    file: &CaseFile,
    policy: &Policy,
    ladder: &Ladder,
    was_closed: Option<bool>,
    now: Instant,
) -> Follows {
    let plan = file.plan(policy);
    let evaluation = plan.evaluate(now);
    let mut due = reminders::due(&plan.record, &evaluation, file, ladder);
    if !file.closed && evaluation.duties.iter().any(|duty| duty.state == State::Held) {
        due.wake = Some(due.wake.map_or(now + HELD_AT_MOST, |wake| wake.min(now + HELD_AT_MOST)));
    }
    let wake = if due.reminders.is_empty() && !due.dismiss_team { due.wake } else { Some(now) };
    let wake = match wake {
        Some(due) => WorkChange::Wake { lane: DUTIES, due, body: Vec::new() },
        None => WorkChange::Sleep { lane: DUTIES },
    };
    let first = |state: fn(State) -> bool| {
        let duties = evaluation.duties.iter().filter(|duty| state(duty.state));
        duties.filter_map(|duty| Some((duty.due?.first(), duty.rule))).min()
    };
    // What is held has a due as well, and whoever holds it back has to know.
    let next = first(|state| matches!(state, State::Open | State::Overdue | State::Indeterminate))
        .or_else(|| first(|state| state == State::Held));
    let lists = match &file.opened {
        None => Vec::new(),
        Some(opened) => {
            let row = Row {
                case: opened.case,
                project: opened.project,
                organisation: opened.organisation,
                state: file.state().name().to_owned(),
                restricted: file.restricted,
                recused: file.recused.iter().copied().collect(),
                title: opened.title.to_string(),
                lead: file.lead,
                severity: evaluation.severity.map(|severity| severity.name().to_owned()),
                opened: opened.at.millis(),
                due: next.map(|(due, _)| due.millis()),
                duty: next.map(|(_, rule)| policy.duties[usize::from(rule)].heading.id.to_string()),
                exposed: Exposed::of(&evaluation, now),
                news: unread::news(file),
                grants: Vec::new(),
            };
            let at = if file.closed {
                // The last one closed stands first.
                Instant::from_millis(file.latest.map_or(0, |latest| -latest.millis()))
            } else {
                let due = next.map_or(NO_DUE, |(due, _)| due);
                // Where users are exposed to what is publicly known, nothing is more urgent.
                row.exposed.and_then(Exposed::since).map_or(due, |since| due.min(since))
            };
            lists(file, row, at, was_closed, now)
        }
    };
    Follows { lists, wake, due }
}

fn lists(file: &CaseFile, row: Row, at: Instant, was_closed: Option<bool>, now: Instant) -> Vec<ListChange> {
    let (shelf, other) =
        if file.closed { (Shelf::Closed, Shelf::Open) } else { (Shelf::Open, Shelf::Closed) };
    let moved = was_closed.is_some_and(|was| was != file.closed);
    let body = |row: &Row| serde_json::to_vec(row).unwrap_or_default();
    let mut changes = vec![ListChange { list: of_project(shelf, row.project), row: Some((at, body(&row))) }];
    if moved {
        changes.push(ListChange { list: of_project(other, row.project), row: None });
    }
    if file.closed || moved {
        let kept = file.closed_since.map(|since| (since, Vec::new()));
        changes.push(ListChange { list: closed_since(row.project), row: kept });
    }
    let mut people: BTreeMap<PersonId, Vec<RowGrant>> = BTreeMap::new();
    // Who reported from outside follows it with a receipt, and reads no list.
    let reads = |grant: &&Grant| grant.role != Role::Reporter || grant.given_by.is_some();
    for grant in file.grants.values().filter(reads) {
        let grants = people.entry(grant.person).or_default();
        if grant.revoked.is_none_or(|revoked| now < revoked) {
            grants.push(RowGrant {
                id: grant.id,
                role: grant.role.name().to_owned(),
                from: grant.from.millis(),
                until: grant.until.map(Instant::millis),
                revoked: grant.revoked.map(Instant::millis),
            });
        }
    }
    for (person, grants) in people {
        let theirs = Row { grants, ..row.clone() };
        let kept = (!theirs.grants.is_empty()).then(|| (at, body(&theirs)));
        changes.push(ListChange { list: of_person(shelf, person), row: kept });
        if moved {
            changes.push(ListChange { list: of_person(other, person), row: None });
        }
    }
    changes
}
