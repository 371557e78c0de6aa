//! Lists of cases: those of the projects somebody may list, and those they have
//! a grant for.
//!
//! Every list is read by key from where the last page ended, and they are
//! merged by their order, so that a page costs the same however many cases
//! there are. Each row is asked of the gate before it is shown.

use std::collections::BTreeMap;

use fixlead_core::access::{self, Action, Actor, Grant, Target, Within};
use fixlead_core::desk::event::Room;
use fixlead_core::id::{CaseId, PersonId, ProjectId};
use fixlead_core::text::hex;
use fixlead_core::time::Instant;
use fixlead_store::{Page, Sort};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use super::rows::Shelf;
use super::rows::{self, Exposed, Row};
use super::unread::{RoomNews, reading};
use crate::accounts::{By, Caller};
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};

/// Most items on a page.
pub const MOST: usize = 200;
/// Most rows that are looked through for one page of what is left out of a list.
const MOST_LOOKED: usize = 400;

/// A case in a list.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The case.
    pub case: CaseId,
    /// Its project.
    pub project: ProjectId,
    /// When it was opened.
    pub opened: Instant,
    /// What it is about, for those who may see it.
    pub title: Option<String>,
    /// Embargoed, public or closed, for the same.
    pub state: Option<String>,
    /// How severe it is, as the policy says it; for those who work on it, like
    /// everything below.
    pub severity: Option<String>,
    /// Who leads it.
    pub lead: Option<PersonId>,
    /// Their name.
    pub lead_name: Option<String>,
    /// The next due of a duty.
    pub due: Option<Instant>,
    /// The duty.
    pub duty: Option<String>,
    /// Since when users are exposed to what is publicly known, while they are.
    pub exposed_since: Option<Instant>,
    /// Whether whoever asks works on it.
    #[serde(skip)]
    pub works: bool,
    /// Whether they have looked at it before.
    pub seen: bool,
    /// The rooms in which something of others is new to them.
    pub unread: Vec<Room>,
    #[serde(skip)]
    pub(crate) news: Vec<RoomNews>,
}

/// Whose cases a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// Those that whoever asks leads.
    Mine,
    /// Those that nobody leads.
    Nobodys,
}

/// Which part of which list.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Open or closed cases.
    pub shelf: Shelf,
    /// Whose.
    pub whose: Whose,
    /// Of one project alone.
    pub project: Option<ProjectId>,
    /// Of one severity alone, as the policy says it; `unscored` for what has none yet.
    pub severity: Option<&'a str>,
    /// Where the page begins: `next` of the one before.
    pub after: Option<&'a str>,
    /// How many it has at most.
    pub limit: usize,
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its cases.
    pub items: Vec<Item>,
    /// Where the next page begins, if there is one. A page can have fewer cases and
    /// still have a next one: so many were looked through for it.
    pub next: Option<String>,
}

impl Listed {
    /// Tells whether two pages show the same. It says nothing about what.
    pub fn digest(&self) -> String {
        let shown = serde_json::to_vec(self).unwrap_or_default();
        hex(&Sha256::digest(shown)[..12])
    }
}

/// Where a page begins, as it is written: an instant and a case.
fn cursor(sort: Sort, case: CaseId) -> String {
    format!("{}.{case}", sort.at.millis())
}

fn read_cursor(text: &str) -> Result<Sort> {
    let wrong = || Problem::invalid("/after", "this is no cursor; take `next` of the page before");
    let (at, case) = text.split_once('.').ok_or_else(wrong)?;
    let at = at.parse().map_err(|_| wrong())?;
    let case = CaseId::parse(case).map_err(|_| wrong())?;
    Ok(Sort::new(Instant::from_millis(at), case.into()))
}

/// A list that is being merged with others.
struct Source {
    name: String,
    /// Where its next page begins.
    from: Page,
    rows: std::vec::IntoIter<(Sort, Row)>,
    next: Option<(Sort, Row)>,
    ended: bool,
}

impl Source {
    async fn advance(&mut self, desk: &Desk, most: usize) -> Result<()> {
        self.next = self.rows.next();
        if self.next.is_none() && !self.ended {
            let rows = desk.inner.store.list(&self.name, self.from, most as u32).await?;
            self.ended = rows.len() < most;
            if let Some(last) = rows.last() {
                self.from = Page::After(last.sort);
            }
            let rows = rows.into_iter().map(|row| {
                let body: Row = serde_json::from_slice(&row.body)
                    .map_err(|_| Problem::Unavailable { retry_after: 60 })?;
                Ok((row.sort, body))
            });
            self.rows = rows.collect::<Result<Vec<_>>>()?.into_iter();
            self.next = self.rows.next();
        }
        Ok(())
    }
}

/// Who asks, with the grants that are for more than one case.
struct Whom {
    actor: Actor,
    grants: Vec<Grant>,
}

impl Desk {
    /// A page of the cases that somebody may know of: of one project, or all.
    pub async fn inbox(
        &self,
        caller: &Caller,
        shelf: Shelf,
        project: Option<ProjectId>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed> {
        self.listed(caller, &Wanted { shelf, whose: Whose::All, project, severity: None, after, limit }).await
    }

    /// A page of the cases that somebody may know of, as far as they are wanted.
    pub async fn listed(&self, caller: &Caller, wanted: &Wanted<'_>) -> Result<Listed> {
        let mut listed = self.page_of(caller, wanted).await?;
        // How far they have read is asked once for the whole page.
        let cases: Vec<CaseId> = listed.items.iter().map(|item| item.case).collect();
        let looks = self.looks(caller.person, &cases).await?;
        for item in &mut listed.items {
            let looked = looks.get(&item.case);
            item.seen = looked.is_some();
            let seen = |room| looked.map(|looked| looked.of(room)).unwrap_or_default();
            let new = item.news.iter().filter_map(|news| Some((Room::parse(&news.room)?, news)));
            let new = new.filter(|(room, news)| news.is_new_to(caller.person, seen(*room)));
            item.unread = new.map(|(room, _)| room).collect();
        }
        Ok(listed)
    }

    /// The same without what is new in each of them.
    pub(crate) async fn page_of(&self, caller: &Caller, wanted: &Wanted<'_>) -> Result<Listed> {
        let Wanted { shelf, whose, project, severity, after, limit } = wanted.clone();
        let snapshot = self.directory().await?;
        let from = after.map(read_cursor).transpose()?.map_or(Page::First, Page::After);
        let limit = limit.clamp(1, MOST);
        let narrows = whose != Whose::All || severity.is_some();
        let at_once = if narrows { MOST_LOOKED / 4 } else { limit + 1 };
        // Whoever leads a case has a grant for it, and so a row of their own.
        let mut names = match whose {
            Whose::Mine => Vec::new(),
            Whose::All | Whose::Nobodys => self.listed_projects(caller, &snapshot, project, shelf),
        };
        if !matches!(caller.by, By::Receipt(_)) {
            names.push(rows::of_person(shelf, caller.person));
        }
        let mut sources = Vec::new();
        for name in names {
            let rows = Vec::new().into_iter();
            let mut source = Source { name, from, rows, next: None, ended: false };
            source.advance(self, at_once).await?;
            sources.push(source);
        }
        let whom = Whom {
            actor: self.actor(caller, &snapshot),
            grants: snapshot.directory.grants_of(caller.person),
        };
        let mut items: Vec<Item> = Vec::new();
        let (mut last, mut looked) = (None, 0);
        // A case that stands in two lists stands at the same place in both.
        loop {
            let heads = sources.iter().filter_map(|source| source.next.as_ref().map(|(sort, _)| *sort));
            let Some(first) = heads.min() else { return Ok(Listed { items, next: None }) };
            let mut same: Vec<Row> = Vec::new();
            for source in &mut sources {
                if source.next.as_ref().is_some_and(|(sort, _)| *sort == first) {
                    same.extend(source.next.take().map(|(_, row)| row));
                    source.advance(self, at_once).await?;
                }
            }
            let here = |row: &Row| project.is_none_or(|project| row.project == project);
            let Some(item) = self.item(caller, &snapshot, &whom, same.into_iter().filter(here).collect())
            else {
                continue;
            };
            if items.len() == limit || looked == MOST_LOOKED {
                let next = last.map(|(sort, case)| cursor(sort, case));
                return Ok(Listed { items, next });
            }
            last = Some((first, item.case));
            looked += usize::from(narrows);
            let fits = match whose {
                Whose::All => true,
                Whose::Mine => item.lead == Some(caller.person),
                Whose::Nobodys => item.works && item.lead.is_none(),
            };
            let is = item.severity.as_deref().unwrap_or("unscored");
            if fits && severity.is_none_or(|wanted| wanted == is) {
                items.push(item);
            }
        }
    }

    /// The lists of the projects that somebody may list.
    fn listed_projects(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        project: Option<ProjectId>,
        shelf: Shelf,
    ) -> Vec<String> {
        let projects = &snapshot.directory.projects;
        let wanted = projects.iter().filter(|(id, _)| project.is_none_or(|wanted| wanted == **id));
        let listed = wanted.filter(|(id, record)| {
            let within = Within::Project(record.organisation, **id);
            self.directory_permit(snapshot, caller, Action::CaseList, within).is_ok()
        });
        listed.map(|(id, _)| rows::of_project(shelf, *id)).collect()
    }

    /// What a row shows to somebody; nothing, if they may not know of the case.
    fn item(&self, caller: &Caller, snapshot: &Snapshot, whom: &Whom, same: Vec<Row>) -> Option<Item> {
        let mut own: BTreeMap<_, _> = BTreeMap::new();
        for grant in same.iter().flat_map(|row| row.grants(caller.person)) {
            own.insert(grant.id, snapshot.directory.as_it_counts(grant));
        }
        // Nearly all cases are seen by a role alone.
        let both = (!own.is_empty()).then(|| {
            let others = whom.grants.iter().filter(|grant| !own.contains_key(&grant.id)).cloned();
            others.chain(own.values().cloned()).collect::<Vec<_>>()
        });
        let grants = both.as_deref().unwrap_or(&whom.grants);
        let row = same.into_iter().next()?;
        let standing = row.standing()?;
        let now = self.now_after(snapshot.latest);
        let may = |action: Action| {
            access::decide(&whom.actor, grants, action, Target::Case(&standing), now).is_ok()
        };
        let (works, reported) = (may(Action::CaseRead), may(Action::ReporterRead));
        if !(works || reported || may(Action::GuestRead) || may(Action::LogRead)) {
            return None;
        }
        let seen = works || reported;
        // What is new in a room is for those who read it.
        let reads = |news: &RoomNews| Room::parse(&news.room).is_some_and(|room| may(reading(room)));
        Some(Item {
            case: row.case,
            project: row.project,
            opened: Instant::from_millis(row.opened),
            title: seen.then_some(row.title),
            state: seen.then_some(row.state),
            severity: row.severity.filter(|_| works),
            lead: row.lead.filter(|_| works),
            lead_name: row.lead.filter(|_| works).and_then(|lead| Desk::name_of(snapshot, lead)),
            due: row.due.map(Instant::from_millis).filter(|_| works),
            duty: row.duty.filter(|_| works),
            exposed_since: row.exposed.and_then(Exposed::since).filter(|_| works),
            works,
            seen: false,
            unread: Vec::new(),
            news: row.news.into_iter().filter(reads).collect(),
        })
    }
}
