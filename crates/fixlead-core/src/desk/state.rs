//! What a case log adds up to: a fold that takes any entry at any time.
//!
//! What makes no sense where it stands changes nothing, so that a log can
//! always be read to its end; [`super::command`] sees to it that nothing of
//! the kind is written.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{By, DeskEvent, Entry, Happening, Pin, Reminder, Room, Run, Second, Sighting};
use super::form::{CreditWish, Detail, Thanks};
use super::wire::Line;
use crate::access::{CaseStanding, CaseState, Grant, Role, Scope};
use crate::case::event::Field;
use crate::case::{self, EventKind, Project};
use crate::id::{BlobId, CaseId, GrantId, MessageId, OfferId, OrganisationId, PersonId, ProjectId};
use crate::plan;
use crate::policy::Policy;
use crate::time::Instant;

/// A message in a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// When it was written.
    pub at: Instant,
    /// By whom.
    pub by: By,
    /// What it says.
    pub body: super::wire::Body,
    /// The message it answers.
    pub answers: Option<MessageId>,
}

/// A file in a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Where its bytes are.
    pub blob: BlobId,
    /// When it was added.
    pub at: Instant,
    /// By whom.
    pub by: By,
    /// Its room.
    pub room: Room,
    /// Its name.
    pub name: Line,
    /// Its size in bytes.
    pub size: u64,
}

/// An offer of the lead that nobody has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Handoff {
    /// Its id.
    pub offer: OfferId,
    /// Who offers.
    pub from: PersonId,
    /// To whom.
    pub to: PersonId,
    /// Since when.
    pub at: Instant,
}

/// Something that a second person has to confirm.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What it is.
    pub what: Second,
    /// Who asked.
    pub by: By,
    /// Exactly what was asked for.
    pub sha256: super::wire::Sha256,
    /// Why it is done although the policy holds it.
    pub although: Option<Line>,
    /// Who confirmed.
    pub confirmed: Option<PersonId>,
}

/// Where a case belongs and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The case.
    pub case: CaseId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// The project.
    pub project: ProjectId,
    /// Its title.
    pub title: Line,
    /// When it was opened.
    pub at: Instant,
}

/// Somebody who is thanked.
#[derive(Clone, Debug, PartialEq)]
pub struct Credit {
    /// Their name as they want it.
    pub name: Line,
    /// What for.
    pub role: Line,
    /// Who they are here.
    pub person: Option<PersonId>,
    /// The case they reported, if another.
    pub case: Option<CaseId>,
}

/// The advisory of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// How often it was written.
    pub version: u64,
    /// When it was written last.
    pub at: Instant,
    /// By whom.
    pub by: By,
    /// Its source.
    pub source: super::wire::Body,
    /// What of it was made public last, and when.
    pub published: Option<(Instant, super::wire::Sha256)>,
}

impl Written {
    /// Whether it is public exactly as it stands.
    pub fn is_published(&self) -> bool {
        let now = super::wire::Sha256::of(&self.source);
        self.published.as_ref().is_some_and(|(_, sha256)| *sha256 == now)
    }
}

/// A case that was merged into this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorbed {
    /// Which.
    pub case: CaseId,
    /// When it was opened.
    pub reported: Instant,
    /// Who reported it, as far as they are known by an id.
    pub reporters: Vec<PersonId>,
}

/// A case, as its log tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseFile {
    /// How many entries it was made from.
    pub entries: u64,
    /// When the last of them was recorded.
    pub latest: Option<Instant>,
    /// Where it belongs; nothing before the first entry.
    pub opened: Option<Opened>,
    /// The policies it has run under, the last one now.
    pub pins: Vec<(Instant, Pin)>,
    /// The facts of its project. Branches keep their places.
    pub facts: Project,
    /// The events that the policy looks at, in the order they were recorded.
    pub history: Vec<case::Event>,
    /// Grants for this case.
    pub grants: BTreeMap<GrantId, Grant>,
    /// Who has a conflict of interest.
    pub recused: BTreeSet<PersonId>,
    /// Whether standing grants do not reach it.
    pub restricted: bool,
    /// The messages of each room.
    pub rooms: BTreeMap<Room, Vec<Message>>,
    /// Files of all rooms.
    pub attachments: Vec<Attachment>,
    /// The offer of the lead that stands.
    pub handoff: Option<Handoff>,
    /// Reminders and escalations, by duty and subject.
    pub reminded: BTreeMap<(Line, Option<Line>), Vec<Reminder>>,
    /// What waits or waited for a second person.
    pub proposals: BTreeMap<OfferId, Proposal>,
    /// What the reporter answered to the questions of the project.
    pub details: Vec<Detail>,
    /// How reporters want to be thanked, where they have said so.
    pub wishes: BTreeMap<PersonId, CreditWish>,
    /// Who is thanked.
    pub credits: Vec<Credit>,
    /// Its advisory, once somebody has written one.
    pub advisory: Option<Written>,
    /// Evidence by duty.
    pub evidence: Vec<(Line, Line, Option<Line>)>,
    /// How often somebody read.
    pub reads: BTreeMap<PersonId, u64>,
    /// Whether it is closed.
    pub closed: bool,
    /// Since when, by the instant at which that was recorded.
    pub closed_since: Option<Instant>,
    /// Why it may not be erased, while a hold is on it.
    pub hold: Option<Line>,
    /// Whether it has become public.
    pub public: bool,
    /// The case it was merged into.
    pub merged_into: Option<Line>,
    /// The cases that were merged into it.
    pub absorbed: Vec<Absorbed>,
    /// Who leads it.
    pub lead: Option<PersonId>,
    /// What the private repository of its fix was made from, once there is one.
    pub fix: Option<Line>,
    /// Who put a commit into it first.
    pub brought: BTreeMap<Line, By>,
    /// What a commit of it was made from for its branch.
    pub picked: BTreeMap<Line, BTreeSet<Line>>,
    /// What the project's own checks said last to a commit of it, and when.
    pub runs: BTreeMap<Line, (Instant, Run)>,
    /// Public changes that resemble the fix, and whether somebody said that one
    /// is no leak.
    pub sightings: BTreeMap<Line, (Sighting, bool)>,
}

impl CaseFile {
    /// A case from the whole of its log.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> CaseFile {
        let mut file = CaseFile::default();
        for entry in entries {
            file.apply(entry);
        }
        file
    }

    /// Adds an entry.
    pub fn apply(&mut self, entry: &Entry) {
        self.entries = self.entries.saturating_add(1);
        self.latest = self.latest.max(Some(entry.at));
        match &entry.event {
            Happening::Case(event) => self.happen(entry.at, event),
            Happening::Desk(event) => self.note(entry, event),
        }
    }

    fn happen(&mut self, at: Instant, event: &case::Event) {
        let who = || event.text(Field::Who).and_then(|who| PersonId::parse(who).ok());
        match event.kind {
            EventKind::PublicAppeared | EventKind::PublicWarning | EventKind::Announced => self.public = true,
            EventKind::ReportReceived => self.public |= event.text(Field::Visibility) == Some("public"),
            EventKind::FixLeadAssigned | EventKind::FixLeadVolunteered | EventKind::FixLeadAccepted => {
                // That somebody has led it for longer takes no offer back.
                let lead = who();
                if self.lead != lead || event.kind == EventKind::FixLeadAccepted {
                    self.handoff = None;
                }
                self.lead = lead;
            }
            EventKind::CaseClosed => self.close(at),
            EventKind::CaseReopened => {
                (self.closed, self.closed_since) = (false, None);
                self.merged_into = None;
            }
            EventKind::CaseMerged => {
                self.close(at);
                self.merged_into = event.text(Field::Into).map(Line::tamed);
            }
            _ => {}
        }
        self.history.push(event.clone());
    }

    fn close(&mut self, at: Instant) {
        self.closed = true;
        self.closed_since.get_or_insert(at);
    }

    fn note(&mut self, entry: &Entry, event: &DeskEvent) {
        match event {
            DeskEvent::CaseOpened { case, organisation, project, title, policy, facts } => {
                if self.opened.is_none() {
                    self.opened = Some(Opened {
                        case: *case,
                        organisation: *organisation,
                        project: *project,
                        title: title.clone(),
                        at: entry.at,
                    });
                    self.pins.push((entry.at, policy.clone()));
                    self.move_facts(facts);
                }
            }
            DeskEvent::ReportContent { reporter, credit, details, wish, .. } => {
                self.details.clone_from(details);
                if let Some((person, wish)) = reporter.zip(wish.as_ref()) {
                    self.wishes.insert(person, wish.clone());
                }
                if let Some(name) = credit {
                    let role = Line::tamed("finder");
                    self.credits.push(Credit { name: name.clone(), role, person: *reporter, case: None });
                }
            }
            DeskEvent::CreditWished { person, wish } => self.wish(*person, wish),
            DeskEvent::MessagePosted { id, room, body, answers } => {
                let messages = self.rooms.entry(*room).or_default();
                if messages.iter().all(|message| message.id != *id) {
                    let (at, by) = (entry.at, entry.by);
                    messages.push(Message { id: *id, at, by, body: body.clone(), answers: *answers });
                }
            }
            DeskEvent::AttachmentAdded { blob, room, name, size, .. } => {
                let (at, by) = (entry.at, entry.by);
                let name = name.clone();
                self.attachments.push(Attachment { blob: *blob, at, by, room: *room, name, size: *size });
            }
            DeskEvent::GrantGiven { grant, person, role, reason, from, until } => {
                let Some(opened) = &self.opened else { return };
                let given_by = match entry.by {
                    By::System => None,
                    By::Person(person) => Some(person),
                };
                let scope = Scope::Case(opened.case);
                // An id that was given once stays what it was.
                self.grants.entry(*grant).or_insert_with(|| Grant {
                    id: *grant,
                    person: *person,
                    role: *role,
                    scope,
                    reason: (&**reason).into(),
                    given_by,
                    team: None,
                    from: *from,
                    until: *until,
                    revoked: None,
                });
            }
            DeskEvent::GrantMoved { grant, until, .. } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    grant.until = *until;
                }
            }
            DeskEvent::GrantRevoked { grant, .. } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    grant.revoked = Some(grant.revoked.map_or(entry.at, |at| at.min(entry.at)));
                }
            }
            DeskEvent::PersonRecused { person, .. } => {
                self.recused.insert(*person);
            }
            DeskEvent::RecusalLifted { person, .. } => {
                self.recused.remove(person);
            }
            DeskEvent::CaseRestricted { .. } => self.restricted = true,
            DeskEvent::CaseUnrestricted { .. } => self.restricted = false,
            DeskEvent::HandoffOffered { offer, to, .. } => {
                if let By::Person(from) = entry.by {
                    self.handoff = Some(Handoff { offer: *offer, from, to: *to, at: entry.at });
                }
            }
            DeskEvent::HandoffAccepted { offer } | DeskEvent::HandoffDeclined { offer, .. } => {
                if self.handoff.as_ref().is_some_and(|standing| standing.offer == *offer) {
                    self.handoff = None;
                }
            }
            DeskEvent::DutyReminded(reminder) | DeskEvent::DutyEscalated(reminder) => {
                let key = (reminder.duty.clone(), reminder.subject.clone());
                self.reminded.entry(key).or_default().push(reminder.clone());
            }
            DeskEvent::PolicyMoved { policy, .. } => self.pins.push((entry.at, policy.clone())),
            DeskEvent::FactsMoved { facts, .. } => self.move_facts(facts),
            DeskEvent::ReadRecorded { person, .. } => {
                let count = self.reads.entry(*person).or_default();
                *count = count.saturating_add(1);
            }
            DeskEvent::NoteAdded { .. } => {}
            DeskEvent::HoldPlaced { reason } => self.hold = Some(reason.clone()),
            DeskEvent::HoldLifted { .. } => self.hold = None,
            DeskEvent::EvidenceAdded { duty, text, reference } => {
                self.evidence.push((duty.clone(), text.clone(), reference.clone()));
            }
            DeskEvent::SecondAsked { offer, what, sha256, although, .. } => {
                let (what, by, sha256, although) = (*what, entry.by, sha256.clone(), although.clone());
                let proposal = Proposal { what, by, sha256, although, confirmed: None };
                self.proposals.entry(*offer).or_insert(proposal);
            }
            DeskEvent::SecondConfirmed { offer } => {
                // Nobody is the second person to themselves.
                if let (Some(proposal), By::Person(person)) = (self.proposals.get_mut(offer), entry.by)
                    && proposal.by != entry.by
                {
                    proposal.confirmed.get_or_insert(person);
                }
            }
            DeskEvent::AdvisoryWritten { source } => {
                let before = self.advisory.take();
                self.advisory = Some(Written {
                    version: before.as_ref().map_or(0, |before| before.version).saturating_add(1),
                    at: entry.at,
                    by: entry.by,
                    source: source.clone(),
                    published: before.and_then(|before| before.published),
                });
            }
            DeskEvent::AdvisoryPublished { sha256 } => {
                if let Some(advisory) = &mut self.advisory {
                    self.public = true;
                    advisory.published = Some((entry.at, sha256.clone()));
                }
            }
            DeskEvent::CaseAbsorbed { case, reported, reporters, .. } => {
                if self.absorbed.iter().all(|known| known.case != *case) {
                    let (case, reported, reporters) = (*case, *reported, reporters.clone());
                    self.absorbed.push(Absorbed { case, reported, reporters });
                }
            }
            DeskEvent::FixOpened { from } => {
                self.fix = Some(from.clone());
            }
            DeskEvent::FixPushed(push) => {
                for (from, to) in &push.picked {
                    self.picked.entry(to.clone()).or_default().insert(from.clone());
                }
                for commit in &push.commits {
                    self.brought.entry(commit.clone()).or_insert(entry.by);
                }
            }
            DeskEvent::FixChecked(run) => {
                self.runs.insert(run.commit.clone(), (entry.at, run.clone()));
            }
            DeskEvent::LeakSuspected(sighting) => {
                let known = self.sightings.entry(sighting.commit.clone());
                known.or_insert_with(|| (sighting.clone(), false));
            }
            DeskEvent::LeakDismissed { commit, .. } => {
                if let Some((_, dismissed)) = self.sightings.get_mut(commit) {
                    *dismissed = true;
                }
            }
            DeskEvent::CreditGiven { name, role, person, case } => {
                let credit = Credit { name: name.clone(), role: role.clone(), person: *person, case: *case };
                if !self.credits.contains(&credit) {
                    self.credits.push(credit);
                }
            }
        }
    }

    /// Whoever reported is thanked as they wish now, for whichever case it was.
    fn wish(&mut self, person: PersonId, wish: &CreditWish) {
        self.wishes.insert(person, wish.clone());
        let case =
            self.credits.iter().find(|known| known.person == Some(person)).and_then(|known| known.case);
        // A case that was absorbed has the credit of its own reporter.
        let absorbed = self.absorbed.iter().find(|other| other.reporters.contains(&person));
        let case = case.or(absorbed.map(|other| other.case));
        self.credits.retain(|known| known.person != Some(person));
        if let Some(name) = wish.name.clone().filter(|_| wish.thanks == Thanks::Named) {
            let role = Line::tamed("finder");
            self.credits.push(Credit { name, role, person: Some(person), case });
        }
    }

    /// Takes over other facts. Branches that events may name keep their places
    /// and are never forgotten; new ones come behind them.
    fn move_facts(&mut self, facts: &Project) {
        let mut branches = self.facts.branches.clone();
        for branch in &facts.branches {
            match branches.iter().position(|known| known.name == branch.name) {
                Some(place) => branches[place].clone_from(branch),
                None if branches.len() < case::project::MOST_BRANCHES => branches.push(branch.clone()),
                None => {}
            }
        }
        self.facts = Project { branches, ..facts.clone() };
    }

    /// The policy it runs under.
    pub fn pin(&self) -> Option<&Pin> {
        self.pins.last().map(|(_, pin)| pin)
    }

    /// What it is to those who ask about it.
    pub fn state(&self) -> CaseState {
        if self.closed {
            CaseState::Closed
        } else if self.public {
            CaseState::Public
        } else {
            CaseState::Embargoed
        }
    }

    /// What a decision about access has to know; nothing before it is opened.
    pub fn standing(&self) -> Option<CaseStanding> {
        let opened = self.opened.as_ref()?;
        Some(CaseStanding {
            case: opened.case,
            project: opened.project,
            organisation: opened.organisation,
            state: self.state(),
            restricted: self.restricted,
            recused: self.recused.iter().copied().collect(),
        })
    }

    /// The grants of somebody for this case.
    pub fn grants_of(&self, person: PersonId) -> Vec<Grant> {
        self.grants.values().filter(|grant| grant.person == person).cloned().collect()
    }

    /// Grants of a role that count at an instant.
    pub fn active(&self, role: Role, now: Instant) -> impl Iterator<Item = &Grant> {
        self.grants.values().filter(move |grant| grant.role == role && grant.is_active(now))
    }

    /// The case as its policy sees it.
    pub fn plan<'a>(&'a self, policy: &'a Policy) -> plan::Case<'a> {
        plan::Case::with_events(policy, &self.facts, self.history.iter().cloned())
    }

    /// Whether a second person has confirmed exactly this.
    pub fn is_confirmed(&self, what: Second, sha256: &str) -> bool {
        self.proposals.values().any(|proposal| {
            proposal.what == what && *proposal.sha256 == *sha256 && proposal.confirmed.is_some()
        })
    }

    /// The author of a commit that stands or stood.
    pub fn author(&self, commit: &str) -> Option<&str> {
        self.proposal(commit).and_then(|event| event.text(Field::Author))
    }

    /// Whether somebody wrote a commit, or a part of what it became or was made
    /// from, or put any of that into the repository of the fix: who an author is
    /// can be claimed there, who pushed cannot.
    pub fn wrote(&self, commit: &str, who: &str) -> bool {
        let origins = self.origins(commit);
        let pushed = self.brought.iter().any(|(id, by)| {
            matches!(by, By::Person(person) if person.to_string() == who) && origins.contains(&**id)
        });
        pushed
            || self.history.iter().any(|event| {
                if event.kind != EventKind::CommitProposed
                    || !event.text(Field::Id).is_some_and(|id| origins.contains(id))
                {
                    return false;
                }
                let author = event.text(Field::Author).unwrap_or_default();
                // An author whom nobody knows here may be who brought it.
                let unknown = PersonId::parse(author).is_err();
                author == who || (unknown && event.texts(Field::By).any(|by| by == who))
            })
    }

    /// A commit, and all that it was before it was rewritten or made for another
    /// branch, in whatever order that went.
    fn origins<'a>(&'a self, commit: &'a str) -> BTreeSet<&'a str> {
        let mut before: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for event in self.history.iter().filter(|event| event.kind == EventKind::CommitRewritten) {
            if let (Some(from), Some(to)) = (event.text(Field::From), event.text(Field::To)) {
                before.entry(to).or_default().push(from);
            }
        }
        for (to, from) in &self.picked {
            before.entry(to).or_default().extend(from.iter().map(|id| &**id));
        }
        let (mut found, mut open) = (BTreeSet::from([commit]), vec![commit]);
        while let Some(next) = open.pop() {
            let new = before.get(next).into_iter().flatten().copied();
            open.extend(new.filter(|id| found.insert(id)));
        }
        found
    }

    /// How a commit that stands or stood was proposed. One that was rewritten
    /// is the one before, written anew.
    pub fn proposal(&self, commit: &str) -> Option<&case::Event> {
        let mut wanted = commit;
        for event in self.history.iter().rev() {
            match event.kind {
                EventKind::CommitProposed if event.text(Field::Id) == Some(wanted) => return Some(event),
                EventKind::CommitRewritten if event.text(Field::To) == Some(wanted) => {
                    wanted = event.text(Field::From)?;
                }
                _ => {}
            }
        }
        None
    }
}
