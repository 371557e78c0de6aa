//! Many projects at a glance: how many cases are open, what is due, how long
//! users were exposed.
//!
//! Numbers come from rows of lists. What was read once is kept with the place in
//! the log it stands for; what was appended since says which projects to read
//! anew. Each row is asked of the gate for whoever looks, so that no number
//! tells of a case they may not know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fixlead_core::access::{self, Action, Target, Within};
use fixlead_core::id::{CaseId, ProjectId, StreamKind};
use fixlead_core::time::{Instant, Span};
use fixlead_store::Page;

use crate::accounts::Caller;
use crate::case::rows::{self, Row, Shelf};
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// Rows that are read at once.
const PAGE: u32 = 500;
/// Most open cases of a project that are counted.
pub const MOST_OPEN: usize = 2_000;
/// How many closed cases the exposure is measured over, the last ones.
pub const CLOSED: usize = 100;
/// After more entries than this everything is read anew.
const FAR_BEHIND: u32 = 2_000;

/// Rows as they stood at a place in the log.
#[derive(Default)]
pub(crate) struct Tally {
    position: u64,
    projects: BTreeMap<ProjectId, Arc<Vec<Row>>>,
}

/// A project in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The project.
    pub project: ProjectId,
    /// Its open cases, as far as whoever looks may know of them.
    pub open: usize,
    /// How many of them are embargoed, for those who work on them; so is everything below.
    pub embargoed: usize,
    /// How many of them are public.
    pub public: usize,
    /// How many of them nobody leads.
    pub unled: usize,
    /// How many of them have a duty that is overdue.
    pub overdue: usize,
    /// The next due that has not passed, and the duty.
    pub next: Option<(Instant, String)>,
    /// The median of how long users were exposed, and over how many cases: those
    /// that are open and public, and the last that were closed.
    pub exposure: Option<(Span, usize)>,
    /// Whether there are more open cases than were counted.
    pub more: bool,
}

impl Desk {
    /// The projects that somebody may list the cases of, in numbers.
    pub async fn overview(&self, caller: &Caller) -> Result<Vec<Numbers>> {
        let snapshot = self.directory().await?;
        let listed: Vec<ProjectId> = snapshot
            .directory
            .projects
            .iter()
            .filter(|(id, record)| {
                let within = Within::Project(record.organisation, **id);
                self.directory_permit(&snapshot, caller, Action::CaseList, within).is_ok()
            })
            .map(|(id, _)| *id)
            .collect();
        if listed.is_empty() {
            return Err(Problem::NotFound);
        }
        let rows = self.tallied(&listed).await?;
        let actor = self.actor(caller, &snapshot);
        let grants = snapshot.directory.grants_of(caller.person);
        let now = self.now_after(snapshot.latest);
        let may = |row: &Row, action: Action| {
            let standing = row.standing();
            standing.is_some_and(|standing| {
                access::decide(&actor, &grants, action, Target::Case(&standing), now).is_ok()
            })
        };
        Ok(listed
            .into_iter()
            .map(|project| {
                let rows = rows.get(&project).map_or(&[][..], |rows| rows.as_slice());
                let known = rows.iter().filter(|row| may(row, Action::CaseRead) || may(row, Action::LogRead));
                let open = known.filter(|row| row.state != "closed").count();
                let worked: Vec<&Row> = rows.iter().filter(|row| may(row, Action::CaseRead)).collect();
                let most = rows.iter().filter(|row| row.state != "closed").count() >= MOST_OPEN;
                numbers(project, open, &worked, now, most)
            })
            .collect())
    }

    /// The rows of projects as they are now.
    async fn tallied(&self, wanted: &[ProjectId]) -> Result<BTreeMap<ProjectId, Arc<Vec<Row>>>> {
        // One at a time: who comes meanwhile finds what was read.
        let mut tally = self.inner.tally.lock().await;
        let end = self.inner.store.head().await?.position;
        if tally.position != end {
            let mut follow = self.inner.store.follow(tally.position);
            let since = follow.now(FAR_BEHIND).await?;
            let mut changed: Option<BTreeSet<ProjectId>> =
                (since.len() < FAR_BEHIND as usize).then(BTreeSet::new);
            let cases: BTreeSet<CaseId> = since
                .iter()
                .filter(|event| event.stream.kind() == StreamKind::Case)
                .map(|event| CaseId::from_bytes(event.stream.bytes()))
                .collect();
            for case in cases {
                match self.kept(case).await {
                    Ok(kept) => {
                        if let (Some(changed), Some(opened)) = (&mut changed, &kept.file.opened) {
                            changed.insert(opened.project);
                        }
                    }
                    // Whose it was nobody knows any more.
                    Err(Problem::NotFound) => changed = None,
                    Err(problem) => return Err(problem),
                }
            }
            match changed {
                Some(changed) => tally.projects.retain(|project, _| !changed.contains(project)),
                None => tally.projects.clear(),
            }
            tally.position = since.last().map_or(end, |last| last.position.max(end));
        }
        for project in wanted {
            if !tally.projects.contains_key(project) {
                let mut rows = self.rows_of(Shelf::Open, *project, MOST_OPEN).await?;
                rows.extend(self.rows_of(Shelf::Closed, *project, CLOSED).await?);
                tally.projects.insert(*project, Arc::new(rows));
            }
        }
        Ok(wanted
            .iter()
            .filter_map(|project| Some((*project, Arc::clone(tally.projects.get(project)?))))
            .collect())
    }

    /// What stands in a list of a project, at most so many rows, without titles.
    pub(crate) async fn rows_of(&self, shelf: Shelf, project: ProjectId, most: usize) -> Result<Vec<Row>> {
        let (name, mut page, mut all) = (rows::of_project(shelf, project), Page::First, Vec::new());
        loop {
            let found = self.inner.store.list(&name, page, PAGE.min(most as u32)).await?;
            let Some(last) = found.last().map(|row| row.sort) else { return Ok(all) };
            for row in &found {
                let mut row: Row = serde_json::from_slice(&row.body)
                    .map_err(|_| Problem::Unavailable { retry_after: 60 })?;
                // Numbers need no titles.
                row.title = String::new();
                all.push(row);
            }
            if all.len() >= most || found.len() < PAGE.min(most as u32) as usize {
                all.truncate(most);
                return Ok(all);
            }
            page = Page::After(last);
        }
    }
}

fn numbers(project: ProjectId, open: usize, worked: &[&Row], now: Instant, more: bool) -> Numbers {
    let going: Vec<&&Row> = worked.iter().filter(|row| row.state != "closed").collect();
    let of = |state: &str| going.iter().filter(|row| row.state == state).count();
    let dues = going.iter().filter_map(|row| Some((Instant::from_millis(row.due?), row.duty.clone()?)));
    let (passed, coming): (Vec<_>, Vec<_>) = dues.partition(|(due, _)| *due < now);
    let mut exposed: Vec<Span> = worked.iter().filter_map(|row| row.exposed?.at(now)).collect();
    exposed.sort_unstable();
    let count = exposed.len();
    let median = exposed.get(count / 2).map(|upper| match count % 2 {
        1 => *upper,
        _ => Span::from_millis(i64::midpoint(exposed[count / 2 - 1].millis(), upper.millis())),
    });
    Numbers {
        project,
        open,
        embargoed: of("embargoed"),
        public: of("public"),
        unled: going.iter().filter(|row| row.lead.is_none()).count(),
        overdue: passed.len(),
        next: coming.into_iter().min(),
        exposure: median.map(|median| (median, count)),
        more,
    }
}
