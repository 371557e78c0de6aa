//! The advisory of a case: begun from what the case knows, written over what was
//! read, made public by two people.

use fixlead_core::access::Action as Right;
use fixlead_core::case::{EventKind, Field};
use fixlead_core::desk::command::{Command, Overriding};
use fixlead_core::desk::event::{By as Author, Second};
use fixlead_core::desk::form::Thanks;
use fixlead_core::desk::state::Proposal;
use fixlead_core::desk::wire::{Body, Line, MOST_BODY, Sha256};
use fixlead_core::id::{CaseId, OfferId, PersonId};
use fixlead_core::text::echo;
use fixlead_core::time::Instant;
use fixlead_formats::check::Checked;
use fixlead_formats::lint::{Insiders, Level};
use fixlead_formats::source::draft::Draft;
use fixlead_formats::source::{self, Role};

use super::act::{Act, Acted, Although, Writing, without_secrets};
use super::kept::Kept;
use super::read::View;
use crate::accounts::Caller;
use crate::advisory::{self, Site};
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// How often a publication is tried beside others who write.
const TRIES: usize = 50;

/// The advisory of a case, as somebody who works on it sees it.
pub struct CaseAdvisory {
    /// The case.
    pub view: View,
    /// The instant it is for.
    pub at: Instant,
    /// How often it was written; 0 where nobody has, and the source is a beginning.
    pub version: u64,
    /// The source.
    pub source: String,
    /// When it was written last, and by whom.
    pub written: Option<(Instant, Option<PersonId>)>,
    /// When it was made public last.
    pub published: Option<Instant>,
    /// Whether it is public exactly as it stands.
    pub is_published: bool,
    /// What waits for a second person: what they confirm, who asked, and
    /// whether it is for what the source says now.
    pub asked: Option<(OfferId, Option<PersonId>, bool)>,
    /// Why whoever asked wants it public although the policy holds it.
    pub although: Option<String>,
    /// What it is held against.
    pub ground: Ground,
}

fn person(by: Author) -> Option<PersonId> {
    match by {
        Author::Person(person) => Some(person),
        Author::System => None,
    }
}

/// What a case knows that its advisory is held against.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// Addresses of the case that only insiders open: where it is tracked in private.
    pub insiders: Vec<String>,
    /// The CVE ids that were assigned to it and not rejected.
    pub cves: Vec<String>,
}

impl Ground {
    fn of(kept: &Kept) -> Ground {
        let all = |kind: EventKind, field: Field| {
            let events = kept.file.history.iter().filter(move |event| event.kind == kind);
            events.filter_map(move |event| event.text(field)).map(str::to_owned)
        };
        let mut cves: Vec<String> = all(EventKind::CveAssigned, Field::Id).collect();
        for rejected in all(EventKind::CveRejected, Field::Id) {
            cves.retain(|cve| *cve != rejected);
        }
        cves.dedup();
        Ground { insiders: all(EventKind::TrackingOpened, Field::Url).collect(), cves }
    }

    /// Everything that is to be said of a source, for this case and the site.
    pub fn looked_through(&self, source: &str, site: &dyn Site) -> Checked {
        let insiders = Insiders(site.insiders().0.iter().chain(&self.insiders).cloned().collect());
        let mut checked = advisory::looked_through(source, &insiders, site);
        let Some(advisory) = &checked.advisory else { return checked };
        let known = self.cves.join(", ");
        let (level, message) = match &advisory.cve {
            Some(cve) if self.cves.contains(cve) => return checked,
            Some(cve) if self.cves.is_empty() => {
                let message = format!(
                    "the case knows no CVE id: record that {} was assigned, so that its clocks know it too",
                    echo(cve)
                );
                (Level::Warning, message)
            }
            Some(cve) => {
                let message = format!(
                    "{} is not the case's, which has {known}; write that, or record `cve.assigned` or \
                     `cve.rejected` in the case first",
                    echo(cve)
                );
                (Level::Error, message)
            }
            None if self.cves.is_empty() => return checked,
            None => (Level::Warning, format!("the case has {known}; write it, or no CVE record is made")),
        };
        checked.say(level, "case", "cve", message);
        checked
    }
}

impl Desk {
    /// What the advisory of a case is held against, for those who work on it.
    pub async fn advisory_ground(&self, caller: &Caller, case: CaseId) -> Result<Ground> {
        let (_, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        Ok(Ground::of(&kept))
    }

    /// The advisory of a case, for those who work on it. Where nobody has written one, `site` says
    /// who publishes it.
    pub async fn advisory(&self, caller: &Caller, case: CaseId, site: &dyn Site) -> Result<CaseAdvisory> {
        let (snapshot, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        let written = kept.file.advisory.as_ref();
        let source = match written {
            Some(written) => written.source.to_string(),
            None => self.begun(caller, &snapshot, &kept, site).await?,
        };
        let open = kept.file.proposals.iter().filter(|(_, proposal)| {
            proposal.what == Second::Publication
                && proposal.confirmed.is_none()
                && self.asker_still_may(&snapshot, &kept.file, proposal, Right::Publish)
        });
        let says = written.map(|written| Sha256::of(&written.source));
        // One for what it says now counts more than an older one.
        let stands = |proposal: &Proposal| says.as_ref() == Some(&proposal.sha256);
        let asked = open.rev().max_by_key(|(_, proposal)| stands(proposal));
        Ok(CaseAdvisory {
            view: self.view(caller, &snapshot, &kept),
            at: self.now(),
            version: written.map_or(0, |written| written.version),
            written: written.map(|written| (written.at, person(written.by))),
            published: written.and_then(|written| written.published.as_ref()).map(|(at, _)| *at),
            is_published: written.is_some_and(|written| written.is_published()),
            although: asked
                .and_then(|(_, proposal)| proposal.although.as_ref())
                .map(|although| although.to_string()),
            asked: asked.map(|(offer, proposal)| (*offer, person(proposal.by), stands(proposal))),
            ground: Ground::of(&kept),
            source,
        })
    }

    /// An advisory to go on from: what the case and its project know, as far as
    /// whoever asks may know it.
    async fn begun(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        kept: &Kept,
        site: &dyn Site,
    ) -> Result<String> {
        let file = &kept.file;
        let opened = file.opened.as_ref().ok_or(Problem::NotFound)?;
        let policy = self.policy(file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = file.plan(&policy);
        let facts = plan.facts();
        let now = self.now_after(file.latest).max(facts.until);
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut put = |path: &str, value: &str| fields.push((path.to_owned(), value.to_owned()));
        put("id", &opened.case.to_string());
        put("title", &opened.title);
        let last = |kind: EventKind| file.history.iter().rev().find(|event| event.kind == kind);
        if let Some(cve) = Ground::of(kept).cves.last() {
            put("cve", cve);
        }
        let released = last(EventKind::Released);
        let release = released.map(|event| event.at.first()).or(facts.plan);
        if let Some(at) = release {
            put("published", &at.to_string());
        }
        let evaluation = plan.evaluate(now);
        if let Some(severity) = evaluation.severity {
            put("severity", severity.name());
        }
        let score = facts.score.and_then(|score| plan.record.events.get(score.event as usize));
        if let Some(vector) = score.and_then(|event| event.text(Field::Vector)) {
            put("score/0/vector", vector);
        }
        put("affected/0/status", "affected");
        // Each branch that is affected has a range; what was released ends it.
        let branches = facts.affected.count_ones().max(1) as usize;
        let fixed: Vec<&str> =
            released.map(|event| event.texts(Field::Versions).collect()).unwrap_or_default();
        for place in 0..branches {
            put(&format!("affected/0/range/{place}/introduced"), if place == 0 { "0" } else { "" });
            let fixed = fixed.get(place).copied().filter(|_| fixed.len() == branches).unwrap_or_default();
            put(&format!("affected/0/range/{place}/fixed"), fixed);
        }
        let mitigations = file.history.iter().filter(|event| event.kind == EventKind::MitigationDeveloped);
        for (place, text) in mitigations.filter_map(|event| event.text(Field::Text)).enumerate() {
            put(&format!("mitigation/{place}/text"), text);
        }
        // Who reported it is known to those who may read the reporter's room.
        let reporters = self.case_permit(caller, snapshot, file, Right::ReporterRead).is_ok();
        for (place, credit) in file.credits.iter().filter(|_| reporters).enumerate() {
            put(&format!("credit/{place}/name"), &credit.name);
            let role = Role::parse(&credit.role).map_or("other", Role::as_str);
            put(&format!("credit/{place}/role"), role);
            let wish = credit.person.and_then(|person| file.wishes.get(&person));
            let link = wish.filter(|wish| wish.thanks == Thanks::Named).and_then(|wish| wish.link.as_ref());
            if let Some(link) = link {
                put(&format!("credit/{place}/contact"), link);
            }
        }
        let before = self.last_of(opened.project).await?;
        if let Some(package) = before.as_ref().and_then(|before| before.affected.first()) {
            put("affected/0/package", &package.package);
            put("affected/0/repo", package.repo.as_deref().unwrap_or_default());
        }
        match before.map(|before| before.publisher).or_else(|| site.publisher()) {
            Some(publisher) => {
                put("publisher/name", &publisher.name);
                put("publisher/namespace", &publisher.namespace);
                put("publisher/category", publisher.category.as_str());
                put("publisher/cna_org", publisher.cna_org.as_deref().unwrap_or_default());
            }
            None => {
                let project = snapshot.directory.projects.get(&opened.project);
                put("publisher/name", project.map_or("", |project| &project.name));
                put("publisher/category", "vendor");
            }
        }
        Ok(Draft::from_fields(fields.iter().map(|(path, value)| (path.as_str(), value.as_str()))).write())
    }

    /// Writes the advisory of a case over the version that was read, finished or
    /// not. The version of the advisory after it.
    pub async fn write_advisory(
        &self,
        caller: &Caller,
        case: CaseId,
        source: &str,
        over: u64,
        repeat: Option<Repeat>,
    ) -> Result<(Acted, u64)> {
        if source.len() > MOST_BODY {
            return Err(Problem::TooLarge { what: "an advisory", most: MOST_BODY as u64 });
        }
        let source = Body::new(source).map_err(|message| Problem::invalid("/source", message))?;
        let act = Act { repeat, ..Act::new(Command::WriteAdvisory { over, source }) };
        Ok((self.act(caller, case, act).await?, over + 1))
    }

    /// Asks that the advisory be made public as it stands. Nothing is, before
    /// another person confirms; `although` is why it is then, if the policy holds it.
    pub async fn ask_publication(
        &self,
        caller: &Caller,
        case: CaseId,
        (reason, although): (Line, Option<Line>),
        site: &dyn Site,
        repeat: Option<Repeat>,
    ) -> Result<(Acted, OfferId)> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, Right::Publish);
        permit?;
        let source = kept.file.advisory.as_ref().map(|advisory| advisory.source.to_string());
        if let Some(source) = &source {
            let advisory = sound(&kept, source, site)?;
            self.keeps_to_own_ids(caller, &snapshot, case, &kept, &advisory).await?;
        }
        let offer = match &repeat {
            Some(repeat) => OfferId::from_bytes(repeat.id(caller.person, "offer")),
            None => OfferId::from_bytes(self.draw()),
        };
        let sha256 = Sha256::of(source.as_deref().unwrap_or_default());
        let (what, overriding) = (Second::Publication, None);
        let ask = Command::AskSecond { offer, what, sha256, reason, overriding };
        let although = although.map(|reason| Although { reason, subject: None });
        Ok((self.act(caller, case, Act { repeat, although, ..Act::new(ask) }).await?, offer))
    }

    /// Confirms that the advisory be made public, and makes it so: the log of the
    /// case says it in the same commit. What was public before is replaced. What the policy
    /// holds is published with a reason, of whoever asked or of whoever confirms.
    pub async fn publish_advisory(
        &self,
        caller: &Caller,
        case: CaseId,
        offer: OfferId,
        although: Option<Line>,
        site: &dyn Site,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let kept = self.kept(case).await?;
            let permit = self.case_permit(caller, &snapshot, &kept.file, Right::PublishConfirm);
            if let Some(done) = self.done(caller, permit.as_ref().err(), repeat.as_ref()).await? {
                return Ok(done);
            }
            let permit = permit?;
            let file = &kept.file;
            let mut overriding = None;
            if let Some(proposal) = file.proposals.get(&offer) {
                let asked = self.asked_by_one_who_may(&snapshot, file, proposal, Right::Publish);
                asked?;
                if let Some(reason) = proposal.although.clone() {
                    // Who may not override any more has not said it.
                    let permit = self.asker_permit(&snapshot, file, proposal, Right::Override);
                    overriding = permit.map(|permit| Overriding { permit, reason, subject: None });
                }
            }
            if let Some(reason) = although.clone() {
                let permit = self.case_permit(caller, &snapshot, file, Right::Override)?;
                overriding = Some(Overriding { permit, reason, subject: None });
            }
            let source = file.advisory.as_ref().map(|advisory| advisory.source.to_string());
            let source = source
                .ok_or_else(|| Problem::invalid("", "nobody has written an advisory yet; write it first"))?;
            let advisory = sound(&kept, &source, site)?;
            let (has_cve, overriding) = (advisory.cve.is_some(), overriding.map(Box::new));
            let command = Command::PublishAdvisory { offer, has_cve, overriding };
            let happened = self.decided(&snapshot, &kept, &permit, command).await?;
            if advisory.published > self.now() {
                let message = format!(
                    "published: it says that it becomes public at {}; wait until then, or write the instant of now",
                    advisory.published
                );
                return Err(Problem::invalid("/source", message));
            }
            let project = file.opened.as_ref().ok_or(Problem::NotFound)?.project;
            self.keeps_to_own_ids(caller, &snapshot, case, &kept, &advisory).await?;
            let (records, replaced) = self.publication(case, project, &advisory, &source, site).await?;
            let also = self.draft_replaced(&snapshot, replaced)?;
            let writing = Writing {
                permit: &permit,
                by: Author::Person(caller.person),
                repeat: repeat.as_ref().map(|repeat| (caller.person, repeat)),
                blobs: Vec::new(),
                made: None,
                finish: None,
            };
            let mut drafted = self.draft(case, &kept, happened, &writing).await?;
            drafted.append.records.extend(records);
            if let Some(acted) = self.commit(drafted, writing, also).await? {
                self.inner.published.notify_one();
                return Ok(acted);
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// Refuses an advisory with a CVE id of another case under embargo that whoever asks may
    /// know of, unless its own case has that id as well.
    async fn keeps_to_own_ids(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        case: CaseId,
        kept: &Kept,
        advisory: &source::Advisory,
    ) -> Result<()> {
        let own = Ground::of(kept).cves;
        let held = self.ids_under_embargo(caller, snapshot, Some(case)).await?;
        let others = held.iter().filter(|held| !own.iter().any(|own| own.eq_ignore_ascii_case(held)));
        for other in others {
            if advisory::ids_of(advisory).any(|id| advisory::names(id, other)) {
                let message = format!(
                    "{other} is of another case under embargo, which publishes it; leave it out, or record \
                     `cve.assigned` here too if both cases share it"
                );
                return Err(Problem::invalid("/source", message));
            }
        }
        Ok(())
    }

    /// What holds the publication of an advisory now, in the policy's words: of the one that is
    /// kept, with a CVE record if it has an id for one.
    pub async fn publication_held(&self, caller: &Caller, case: CaseId) -> Result<Option<Problem>> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Right::CaseRead)?;
        let source = kept.file.advisory.as_ref().map(|advisory| advisory.source.to_string());
        let source = source.and_then(|source| source::read(&source).ok());
        let has_cve = source.is_some_and(|source| source.advisory.cve.is_some());
        Ok(self.publication_refused(&kept, has_cve).await?.map(Problem::from))
    }
}

/// The advisory that a source says, if every document can be made of it and it has a place.
fn sound(kept: &Kept, source: &str, site: &dyn Site) -> Result<source::Advisory> {
    without_secrets(source)?;
    advisory::sound(Ground::of(kept).looked_through(source, site), "/source")
}
