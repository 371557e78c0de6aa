//! A question, answered as far as whoever asks may see.
//!
//! A hit without an excerpt says no more than a list of cases does, and is
//! recorded no more than one. An excerpt is content: who is shown one has read
//! the case, and that is recorded before they see it, once in an hour, like any
//! other reading.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use fixlead_core::access::{Action, CaseState, Presence, TokenScope};
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_core::time::Instant;
use serde::Serialize;
use tokio::task::JoinSet;

use super::{PATIENCE, fill, texts};
use crate::accounts::Caller;
use crate::case::kept::Kept;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::search::query::Flag;
use crate::search::{self, Field, Found, Order, Page, Query, Sight, snippet};

/// Most hits on a page.
pub const MOST: usize = 200;
/// Most hits on a page that shows excerpts: each may be a reading to record.
const MOST_READ: usize = 50;
/// Most hits that are looked up by one thread: so many take less time than to wake another.
const MOST_TOGETHER: usize = 10;
/// Most excerpts of a hit.
const MOST_EXCERPTS: usize = 3;
/// The longest excerpt, in bytes.
const LONGEST_EXCERPT: usize = 240;

/// What somebody asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// In the language of [`crate::search::query`].
    pub query: String,
    /// What stands first.
    pub order: Order,
    /// Where the page begins: `next` of the one before.
    pub after: Option<String>,
    /// How many hits it has at most.
    pub limit: usize,
    /// Whether the places are shown where the words are. That is a reading.
    pub excerpts: bool,
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// How many of the cases that somebody may know of match.
    pub total: usize,
    /// Those of this page, in order.
    pub items: Vec<Hit>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Whether every case was looked through. Not yet, for a while after a start.
    pub complete: bool,
    /// How many of a hundred cases were, about.
    pub percent: u8,
}

/// A case that matches.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The case.
    pub case: CaseId,
    /// Its project.
    pub project: ProjectId,
    /// When it was opened.
    pub opened: Instant,
    /// What it is about, for those who may see it.
    pub title: Option<String>,
    /// Embargoed, public or closed, for the same.
    pub state: Option<&'static str>,
    /// When the last of what they may see was written.
    pub latest: Instant,
    /// Where the words are, if that was asked for.
    pub excerpts: Vec<Excerpt>,
}

/// A part of a text that holds what was looked for.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The part of the case: `title`, `report`, `message`, `people`, `component`,
    /// `alias` or `attachment`.
    pub field: &'static str,
    /// The room, of what is in one.
    pub room: Option<&'static str>,
    /// The text, cut where it was found.
    pub parts: Vec<Part>,
}

/// A piece of an excerpt.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it says.
    pub text: String,
    /// Whether it was looked for.
    pub found: bool,
}

/// What comes after `is:`.
#[derive(Clone, Copy)]
enum Is {
    Open,
    State(CaseState),
}

impl Is {
    fn read(flag: &Flag) -> Option<(Is, bool)> {
        let is = match flag.value.as_str() {
            "open" => Is::Open,
            word => Is::State(CaseState::parse(word)?),
        };
        Some((is, flag.negated))
    }

    fn holds(self, state: CaseState) -> bool {
        match self {
            Is::Open => state != CaseState::Closed,
            Is::State(wanted) => wanted == state,
        }
    }
}

/// A question that makes sense.
struct Read {
    query: Query,
    flags: Vec<(Is, bool)>,
    page: Page,
    excerpts: bool,
}

impl Read {
    fn of(question: &Question) -> Result<Read> {
        let query = Query::parse(&question.query);
        let query = query.map_err(|error| Problem::invalid("", format!("`q`, {error}")))?;
        let flags = query.flags().iter().map(Is::read).collect::<Option<_>>().ok_or_else(|| {
            let known: Vec<&str> = CaseState::ALL.iter().map(|state| state.name()).collect();
            Problem::invalid("", format!("`q`: after `is:` comes open, {}", known.join(", ")))
        })?;
        let wrong = || Problem::invalid("", "`after` is no cursor; take `next` of the page before");
        let skip = question.after.as_deref().map_or(Ok(0), |after| {
            let skip = after.strip_prefix('s').and_then(|skip| skip.parse().ok());
            skip.filter(|skip| *skip < search::MOST_HITS).ok_or_else(wrong)
        })?;
        let most = question.limit.clamp(1, if question.excerpts { MOST_READ } else { MOST });
        Ok(Read {
            query,
            flags,
            page: Page { order: question.order, skip, most },
            excerpts: question.excerpts,
        })
    }

    /// Whether a case in this state is meant.
    fn means(&self, state: CaseState) -> bool {
        self.flags.iter().all(|(is, negated)| is.holds(state) != *negated)
    }

    /// What counts of what somebody sees of a case in this state. Whether it
    /// is open says something to those alone who may see that.
    fn narrow(&self, sight: Sight, state: CaseState) -> Sight {
        let tells = self.flags.is_empty() || sight.sees(Field::Title) && self.means(state);
        if tells { sight } else { Sight::NOTHING }
    }
}

impl Desk {
    /// Looks for cases.
    ///
    /// # Errors
    /// What is wrong with the question, and where; that somebody asks too much at
    /// once; that the database does not answer.
    pub async fn search(&self, caller: &Caller, question: &Question) -> Result<Answer> {
        if matches!(&caller.presence, Presence::Token { scopes, .. } if !scopes.contains(&TokenScope::Read)) {
            return Err(Problem::Forbidden { roles: Vec::new(), scope: Some(TokenScope::Read) });
        }
        let read = Arc::new(Read::of(question)?);
        let finder = &self.inner.finder;
        let _turn = finder.turn(caller.person)?;
        let room = tokio::time::timeout(PATIENCE, Arc::clone(&finder.room).acquire_owned()).await;
        let Ok(Ok(room)) = room else { return Err(Problem::Unavailable { retry_after: 2 }) };
        // Whoever fills the index looks through the whole log first, and nobody
        // waits for that.
        if finder.tended.load(Ordering::Acquire) && !finder.begun.load(Ordering::Acquire) {
            return Ok(Answer { total: 0, items: Vec::new(), next: None, complete: false, percent: 0 });
        }
        {
            let mut progress = finder.progress.lock().await;
            self.notice(&mut progress, usize::MAX).await?;
            self.absorb(fill::AT_ONCE).await?;
        }
        let snapshot = self.directory().await?;
        let (desk, asks, seen, asked) =
            (self.clone(), caller.clone(), Arc::clone(&snapshot), Arc::clone(&read));
        let look = tokio::task::spawn_blocking(move || {
            // It holds its room until it is done, also when nobody waits any more.
            let _room = room;
            desk.found(&asks, &seen, &asked)
        });
        let found = look.await.map_err(|_| Problem::Unavailable { retry_after: 1 })?;
        let state = finder.state();
        let mut total = found.total;
        let end = read.page.skip + found.hits.len();
        let mut items = Vec::with_capacity(found.hits.len());
        for hit in self.shown(caller, &snapshot, &read, found).await? {
            match hit {
                Some(hit) => items.push(hit),
                // It has changed hands in this very moment.
                None => total -= 1,
            }
        }
        let next = (end < total.min(search::MOST_HITS)).then(|| format!("s{end}"));
        Ok(Answer { total, items, next, complete: state.ready, percent: state.percent })
    }

    /// The cases that match, as somebody sees them now.
    fn found(&self, caller: &Caller, snapshot: &Snapshot, read: &Read) -> Found {
        let body = self.inner.finder.read();
        let sights = body.sights(self, caller, snapshot, |sight, state| read.narrow(sight, state));
        body.index.search(&read.query, &read.page, sights)
    }

    /// The hits of a page, each asked of the gate once more as its case stands in
    /// the store.
    async fn shown(
        &self,
        caller: &Caller,
        snapshot: &Arc<Snapshot>,
        read: &Arc<Read>,
        found: Found,
    ) -> Result<Vec<Option<Hit>>> {
        let mut tasks = JoinSet::new();
        for (place, some) in found.hits.chunks(MOST_TOGETHER).enumerate() {
            let (desk, caller, hits) = (self.clone(), caller.clone(), some.to_vec());
            let (snapshot, read) = (Arc::clone(snapshot), Arc::clone(read));
            let look = async move {
                let mut shown = Vec::with_capacity(hits.len());
                for hit in &hits {
                    shown.push(match desk.hit(&caller, &snapshot, &read, hit).await {
                        Ok(hit) => hit,
                        Err(Problem::NotFound) => None,
                        Err(problem) => return Err(problem),
                    });
                }
                Ok((place, shown))
            };
            tasks.spawn(look);
        }
        let mut shown = BTreeMap::new();
        while let Some(done) = tasks.join_next().await {
            shown.extend([done.map_err(|_| Problem::Unavailable { retry_after: 1 })??]);
        }
        Ok(shown.into_values().flatten().collect())
    }

    async fn hit(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        read: &Read,
        hit: &search::Hit,
    ) -> Result<Option<Hit>> {
        let mut excerpted = read.excerpts;
        let kept = if excerpted {
            let content = [Action::CaseRead, Action::ReporterRead, Action::GuestRead];
            match self.read_as(caller, hit.case, &content).await {
                Ok((_, kept)) => kept,
                // Whoever has opened too many cases is told that there is one more.
                Err(Problem::TooMany { .. }) => {
                    excerpted = false;
                    self.kept(hit.case).await?
                }
                Err(problem) => return Err(problem),
            }
        } else {
            self.kept(hit.case).await?
        };
        let (Some(opened), Some(standing)) = (&kept.file.opened, kept.file.standing()) else {
            return Ok(None);
        };
        let own = kept.file.grants_of(caller.person);
        let sight = read.narrow(self.sight(caller, snapshot, &standing, own), standing.state);
        if sight == Sight::NOTHING {
            return Ok(None);
        }
        let seen = sight.sees(Field::Title);
        Ok(Some(Hit {
            case: hit.case,
            project: opened.project,
            opened: opened.at,
            title: seen.then(|| opened.title.to_string()),
            state: seen.then(|| standing.state.name()),
            latest: hit.latest,
            excerpts: if excerpted { excerpts(&kept, snapshot, &read.query, sight) } else { Vec::new() },
        }))
    }
}

/// The parts of a case that hold the most of what was looked for; of equals, the
/// earlier one. The title stands in the hit already.
fn excerpts(kept: &Kept, snapshot: &Snapshot, query: &Query, sight: Sight) -> Vec<Excerpt> {
    let mut best: Vec<(usize, Excerpt)> = Vec::new();
    for entry in &kept.entries {
        let name = |person| Desk::name_of(snapshot, person);
        for (field, text) in texts::of_entry(entry, name) {
            if field == Field::Title || !sight.sees(field) {
                continue;
            }
            let places = snippet::places(query, field, &text);
            if places.is_empty() {
                continue;
            }
            let part = snippet::excerpt(&text, &places, LONGEST_EXCERPT);
            let held = places.iter().filter(|place| place.start < part.end && part.start < place.end).count();
            if best.len() == MOST_EXCERPTS && best.last().is_some_and(|(least, _)| held <= *least) {
                continue;
            }
            let (name, room) = named(field);
            let excerpt = Excerpt { field: name, room, parts: cut(&text, part, &places) };
            let after = best.partition_point(|(more, _)| held <= *more);
            best.insert(after, (held, excerpt));
            best.truncate(MOST_EXCERPTS);
        }
    }
    best.into_iter().map(|(_, excerpt)| excerpt).collect()
}

/// A part of a text, cut where it was found.
fn cut(text: &str, part: std::ops::Range<usize>, places: &[std::ops::Range<usize>]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut push = |range: std::ops::Range<usize>, found| {
        if let Some(text) = text.get(range).filter(|text| !text.is_empty()) {
            parts.push(Part { text: text.to_owned(), found });
        }
    };
    let mut at = part.start;
    for place in places {
        let (start, end) = (place.start.max(at), place.end.min(part.end));
        if start < end {
            push(at..start, false);
            push(start..end, true);
            at = end;
        }
    }
    push(at..part.end, false);
    parts
}

fn named(field: Field) -> (&'static str, Option<&'static str>) {
    let room = |room| {
        Some(match room {
            search::Room::Reporter => "reporter",
            search::Room::Team => "internal",
            search::Room::Guest => "guest",
        })
    };
    match field {
        Field::Title => ("title", None),
        Field::Report => ("report", None),
        Field::Message(of) => ("message", room(of)),
        Field::People => ("people", None),
        Field::Component => ("component", None),
        Field::Alias => ("alias", None),
        Field::Attachment(of) => ("attachment", room(of)),
    }
}
