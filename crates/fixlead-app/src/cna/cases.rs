//! The CVE ids of a case: reserved, published, written anew and rejected at CVE Services, each
//! with its event in the log. An id that somebody reserved elsewhere is recorded by hand as
//! ever.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use fixlead_core::access::{Action as Right, Denied, Needs};
use fixlead_core::case::event::{Event, EventKind, Field, Value};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, ProjectId, is_cve_id};
use fixlead_core::time::{Instant, When};
use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::source;
use fixlead_store::RecordChange;

use super::{Quota, Told, Wish};
use crate::accounts::Caller;
use crate::case::act::{Act, Acted};
use crate::case::kept::Kept;
use crate::desk::{Desk, lock};
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// The kind of record that says which case an id was reserved for, by the id.
const RESERVED: &str = "cve-id";

/// An id of nobody, to ask whether the case would take one.
const NOBODYS: &str = "CVE-1999-0000";

/// What became of a CVE id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It belongs to the case, and there is no record.
    Assigned,
    /// Its record is public.
    Published,
    /// It is none any more.
    Rejected,
}

impl State {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            State::Assigned => "assigned",
            State::Published => "published",
            State::Rejected => "rejected",
        }
    }
}

/// The CVE ids of a case, and who could ask for more.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// In the order in which the case heard of them.
    pub ids: Vec<(String, State)>,
    /// Those that were reserved for it from here, which alone can be rejected from here.
    pub reserved: Vec<String>,
    /// The CNA of the project, if one is set.
    pub organisation: Option<String>,
    /// How many ids it may reserve, as it was told last, and when.
    pub quota: Option<(Quota, Instant)>,
    /// The id whose record may be published from the advisory as it is public now.
    pub publishable: Option<String>,
    /// Whether whoever looks may ask for any of it, with a fresh proof.
    pub may: bool,
}

/// A case that is being asked about, so that nobody asks twice at once.
struct Busy(Desk, CaseId);

impl Drop for Busy {
    fn drop(&mut self) {
        lock(&self.0.inner.asking).remove(&self.1);
    }
}

fn states(kept: &Kept) -> Vec<(String, State)> {
    let mut order = Vec::new();
    let mut states: BTreeMap<&str, State> = BTreeMap::new();
    for event in &kept.file.history {
        let state = match event.kind {
            EventKind::CveAssigned => State::Assigned,
            EventKind::CvePublished => State::Published,
            EventKind::CveRejected => State::Rejected,
            _ => continue,
        };
        let Some(id) = event.text(Field::Id) else { continue };
        if !states.contains_key(id) {
            order.push(id);
        }
        states.insert(id, state);
    }
    order.into_iter().map(|id| (id.to_owned(), states[id])).collect()
}

/// What is public of the advisory, if that is what it says now.
fn public(kept: &Kept) -> Option<source::Advisory> {
    let written = kept.file.advisory.as_ref().filter(|written| written.is_published())?;
    source::read(&written.source).ok().map(|source| source.advisory)
}

fn not_here() -> Problem {
    let why = "this id was not reserved for this case from here; ask CVE Services with `fixlead cve`, and record by hand what came of it";
    Problem::invalid("/id", why)
}

/// Does all of it: what was asked outside is recorded, also when nobody waits any more.
async fn to_its_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(|_| Problem::Unavailable { retry_after: 1 })?
}

fn of(kind: EventKind, id: &str, now: Instant) -> Event {
    Event { at: When::at(now), ..Event::new(now, kind) }.with(Field::Id, Value::Text(id.into()))
}

impl Desk {
    /// The CVE ids of a case, for those who work on it.
    pub async fn cve_ids(&self, caller: &Caller, case: CaseId) -> Result<Ids> {
        let (snapshot, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        let project = kept.file.opened.as_ref().ok_or(Problem::NotFound)?.project;
        let cna = match self.inner.registry.get() {
            Some(_) => self.kept_cna(project).await?.map(|found| found.value),
            None => None,
        };
        let may = |action| {
            let permit = self.case_permit(caller, &snapshot, &kept.file, action);
            matches!(permit, Ok(_) | Err(Denied::Forbidden { needs: Needs::StepUp }))
        };
        let ids = states(&kept);
        let mut reserved = Vec::new();
        for (id, _) in &ids {
            if self.owner(id).await? == Some(case) {
                reserved.push(id.clone());
            }
        }
        Ok(Ids {
            ids,
            reserved,
            quota: cna
                .as_ref()
                .and_then(|cna| cna.quota)
                .map(|(quota, at)| (quota, Instant::from_millis(at))),
            organisation: cna.map(|cna| cna.account.organisation),
            publishable: public(&kept).and_then(|advisory| advisory.cve),
            may: may(Right::Publish) && may(Right::RecordCve),
        })
    }

    /// Reserves an id for a case and records it, also when nobody waits for that any more.
    pub async fn reserve_cve(
        &self,
        caller: &Caller,
        case: CaseId,
        repeat: Option<Repeat>,
    ) -> Result<(Acted, Option<String>)> {
        let (desk, caller) = (self.clone(), caller.clone());
        to_its_end(async move { desk.reserve(&caller, case, repeat).await }).await
    }

    async fn reserve(
        &self,
        caller: &Caller,
        case: CaseId,
        repeat: Option<Repeat>,
    ) -> Result<(Acted, Option<String>)> {
        let begun = self.begin_asking(caller, case, repeat.as_ref()).await?;
        let Begun::Now { kept, project, busy } = begun else { return begun.done() };
        let now = self.now_after(kept.file.latest);
        // What the case would not take is not asked for.
        self.would_record(caller, &kept, of(EventKind::CveAssigned, NOBODYS, now)).await?;
        let text = now.to_string();
        let year = text.get(..4).and_then(|year| year.parse().ok()).unwrap_or(2026);
        let account = self.account(project).await?;
        let Told::Reserved(id, left) = self.asked(account, Wish::Reserve { year }).await? else {
            return Err(Problem::Elsewhere(
                "CVE Services named no id; list them before you reserve more".into(),
            ));
        };
        let event = of(EventKind::CveAssigned, &id, self.now_after(kept.file.latest));
        let acted = match self.belong(case, &id).await {
            Ok(()) => self.recorded(caller, case, event, repeat).await,
            Err(problem) => Err(problem),
        };
        let acted = acted.map_err(|problem| {
            Problem::Elsewhere(format!(
                "{id} was reserved and could not be recorded here ({problem}): record it as `cve.assigned` by hand"
            ))
        })?;
        if acted.repeated {
            return Err(Problem::Elsewhere(format!(
                "the case had got an id meanwhile, and {id} was reserved beside it: reject it with `fixlead cve reject`"
            )));
        }
        drop(busy);
        if let (Some(left), Some(known)) = (left, self.kept_cna(project).await?)
            && let Some((quota, _)) = known.value.quota
        {
            let reserved = quota.most.saturating_sub(left);
            self.remember_quota(project, Quota { available: left, reserved, ..quota }).await?;
        }
        Ok((acted, Some(id)))
    }

    /// Publishes the record of an id, or writes it anew: exactly what two people made public.
    pub async fn publish_cve(
        &self,
        caller: &Caller,
        case: CaseId,
        id: &str,
        anew: bool,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        let (desk, caller, id) = (self.clone(), caller.clone(), id.to_owned());
        to_its_end(async move { desk.publish_record(&caller, case, &id, anew, repeat).await }).await
    }

    async fn publish_record(
        &self,
        caller: &Caller,
        case: CaseId,
        id: &str,
        anew: bool,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        let begun = self.begin_asking(caller, case, repeat.as_ref()).await?;
        let Begun::Now { kept, project, busy } = begun else { return Ok(begun.done()?.0) };
        self.belongs(&kept, id)?;
        if self.owner(id).await?.is_some_and(|owner| owner != case) {
            return Err(not_here());
        }
        let advisory = public(&kept).ok_or_else(|| {
            Problem::invalid(
                "/id",
                "the record says what the advisory says: make that public first, as it stands now, by two people",
            )
        })?;
        if advisory.cve.as_deref() != Some(id) {
            return Err(Problem::invalid("/id", "the advisory that is public is about another CVE id"));
        }
        let record = build(&advisory, Format::Cve, Options::default());
        let record = record.map_err(|wrong| Problem::invalid("/id", wrong))?;
        let wish = Wish::Publish { id: id.to_owned(), record, anew };
        let acted =
            self.carried_out(caller, &kept, project, (EventKind::CvePublished, id), wish, repeat).await;
        drop(busy);
        acted
    }

    /// Rejects an id that was reserved for a case. The reason is public.
    pub async fn reject_cve(
        &self,
        caller: &Caller,
        case: CaseId,
        id: &str,
        reason: Line,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        let (desk, caller, id) = (self.clone(), caller.clone(), id.to_owned());
        to_its_end(async move { desk.reject_id(&caller, case, &id, reason, repeat).await }).await
    }

    async fn reject_id(
        &self,
        caller: &Caller,
        case: CaseId,
        id: &str,
        reason: Line,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        let begun = self.begin_asking(caller, case, repeat.as_ref()).await?;
        let Begun::Now { kept, project, busy } = begun else { return Ok(begun.done()?.0) };
        self.belongs(&kept, id)?;
        // Anybody who leads a case can record an id in it; the CNA's key is not lent for that.
        if self.owner(id).await? != Some(case) {
            return Err(not_here());
        }
        let wish = Wish::Reject { id: id.to_owned(), reason: reason.to_string() };
        let acted =
            self.carried_out(caller, &kept, project, (EventKind::CveRejected, id), wish, repeat).await;
        drop(busy);
        acted
    }

    /// Asks for what happens to an id, and records that it has.
    async fn carried_out(
        &self,
        caller: &Caller,
        kept: &Kept,
        project: ProjectId,
        (kind, id): (EventKind, &str),
        wish: Wish,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        let case = kept.file.opened.as_ref().ok_or(Problem::NotFound)?.case;
        let event = of(kind, id, self.now_after(kept.file.latest));
        self.would_record(caller, kept, event.clone()).await?;
        self.asked(self.account(project).await?, wish).await?;
        self.recorded(caller, case, event, repeat).await.map_err(|problem| {
            Problem::Elsewhere(format!(
                "CVE Services have done it, and it could not be recorded here ({problem}): record {id} as `{}` by hand",
                kind.name()
            ))
        })
    }

    /// What every one of these begins with: it was done before, or may be now and nobody else
    /// is at it.
    async fn begin_asking(&self, caller: &Caller, case: CaseId, repeat: Option<&Repeat>) -> Result<Begun> {
        let snapshot = self.directory().await?;
        self.case_permit(caller, &snapshot, &self.kept(case).await?.file, Right::CaseRead)?;
        if !lock(&self.inner.asking).insert(case) {
            return Err(Problem::TooMany { retry_after: 10 });
        }
        let busy = Busy(self.clone(), case);
        // What somebody else has just done here is seen, now that nobody else is at it.
        let kept = self.kept(case).await?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, Right::Publish);
        if let Some(done) = self.done(caller, permit.as_ref().err(), repeat).await? {
            return Ok(Begun::Before(done));
        }
        permit?;
        let project = kept.file.opened.as_ref().ok_or(Problem::NotFound)?.project;
        Ok(Begun::Now { kept, project, busy })
    }

    async fn account(&self, project: ProjectId) -> Result<super::Account> {
        let none = "no CNA is set for this project: an operator enters it below Administration, CVE Services; or \
                    record by hand what was done elsewhere";
        let found = self.kept_cna(project).await?.ok_or_else(|| Problem::invalid("", none))?;
        Ok(found.value.account)
    }

    /// Keeps which case an id was reserved for.
    async fn belong(&self, case: CaseId, id: &str) -> Result<()> {
        let change = RecordChange {
            kind: RESERVED.to_owned(),
            key: id.as_bytes().to_vec(),
            expected: 0,
            value: Some(case.bytes().to_vec()),
            expires: None,
        };
        match self.inner.store.put_record(change).await? {
            Ok(_) => Ok(()),
            Err(_) => Err(not_here()),
        }
    }

    /// The case that an id was reserved for here, if it was.
    async fn owner(&self, id: &str) -> Result<Option<CaseId>> {
        let record = self.inner.store.record(RESERVED, id.as_bytes()).await?;
        Ok(record.and_then(|record| Some(CaseId::from_bytes(record.value.try_into().ok()?))))
    }

    fn belongs(&self, kept: &Kept, id: &str) -> Result<()> {
        let known = states(kept).into_iter().find(|(known, _)| known == id);
        match known {
            Some((_, State::Rejected)) => Err(Problem::invalid("/id", "this id was rejected")),
            Some(_) if is_cve_id(id) => Ok(()),
            _ => Err(Problem::invalid("/id", "the case has no such CVE id; record `cve.assigned` first")),
        }
    }

    /// Refuses what the case or its policy would not let be recorded, before anybody outside is
    /// asked.
    async fn would_record(&self, caller: &Caller, kept: &Kept, event: Event) -> Result<()> {
        let snapshot = self.directory().await?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, Right::RecordCve)?;
        let record = Command::Record { event, source: Source::Done, overriding: None };
        self.decided(&snapshot, kept, &permit, record).await.map(drop)
    }

    async fn recorded(
        &self,
        caller: &Caller,
        case: CaseId,
        event: Event,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        let record = Command::Record { event, source: Source::Done, overriding: None };
        self.act(caller, case, Act { repeat, ..Act::new(record) }).await
    }
}

/// How something begins that is asked for once.
enum Begun {
    /// It was done before.
    Before(Acted),
    /// It is done now.
    Now { kept: Arc<Kept>, project: ProjectId, busy: Busy },
}

impl Begun {
    fn done(self) -> Result<(Acted, Option<String>)> {
        match self {
            Begun::Before(acted) => Ok((acted, None)),
            Begun::Now { .. } => Err(Problem::Unavailable { retry_after: 1 }),
        }
    }
}
