//! Whether a condition of the policy language holds in a case.

use super::facts::{Facts, Mode};
use super::{Record, owners, planner};
use crate::case::event::{BranchSet, Event, EventKind, Field, Value};
use crate::case::project::BranchClass;
use crate::policy::expression::{Class, Expression, Fact, Severity};
use crate::policy::model::{Each, Roster, Window};
use crate::time::{Instant, Truth, When};

/// Where a condition is looked at: a case, an instant, perhaps an event.
#[derive(Clone, Copy)]
pub struct View<'a, 'p> {
    /// The case.
    pub case: &'a Record<'p>,
    /// What is known of it.
    pub facts: &'a Facts,
    /// The instant at which the question is put.
    pub at: When,
    /// The event at hand.
    pub event: Option<&'a Event>,
    /// The branches concerned; none named means all.
    pub branches: BranchSet,
    /// The release that is being planned, when that is the question.
    pub planned: Option<Instant>,
    /// The channel or list concerned, in a question about one.
    pub channel: Option<&'a str>,
    /// Whether publicity by what is done at this very instant is left out of account.
    pub leaves_out_own: bool,
    /// The release that leads run to, when it is not the instant of the
    /// question.
    pub release: Option<Instant>,
}

impl<'a, 'p> View<'a, 'p> {
    /// Everything that is known at an instant.
    pub fn new(case: &'a Record<'p>, facts: &'a Facts, at: impl Into<When>) -> Self {
        View {
            case,
            facts,
            at: at.into(),
            event: None,
            branches: 0,
            planned: None,
            release: None,
            channel: None,
            leaves_out_own: false,
        }
    }

    /// The same view of an event.
    pub fn of(case: &'a Record<'p>, facts: &'a Facts, event: &'a Event) -> Self {
        let named = event.branches(Field::Branches).or(event.branches(Field::Branch));
        View {
            case,
            facts,
            at: event.at,
            event: Some(event),
            branches: named.unwrap_or(0),
            planned: None,
            release: None,
            channel: None,
            leaves_out_own: false,
        }
    }

    /// Whether something happened at or before the instant of the question.
    /// What happened on the same day, of which no more is known, counts
    /// together, as what happened at the same instant does.
    pub fn passed(&self, when: Option<When>) -> Truth {
        when.map_or(Truth::No, |when| if when == self.at { Truth::Yes } else { when.at_or_before(self.at) })
    }

    /// Whether an event counts as having happened: not if a check of the policy
    /// finds it without effect, like a discussion whose message id is missing.
    pub fn counts(&self, event: &Event) -> bool {
        let policy = self.case.policy;
        policy.index.voids[event.kind as usize].iter().all(|check| {
            let rule = &policy.checks[usize::from(*check)];
            !self.holds(&rule.when).is_yes() || !self.holds(&rule.needs).is_no()
        })
    }

    /// Whether what is done goes to this channel or list and to no other.
    pub fn is_only_about(&self, name: &str) -> bool {
        let by_event = self
            .event
            .into_iter()
            .flat_map(|event| event.texts(Field::Channels).chain(event.text(Field::List)));
        let mut all = by_event.chain(self.channel).peekable();
        all.peek().is_some() && all.all(|channel| channel == name)
    }

    /// Whether the condition holds.
    pub fn holds(&self, expression: &Expression) -> Truth {
        match expression {
            Expression::Always => Truth::Yes,
            Expression::All(list) => list.iter().fold(Truth::Yes, |truth, one| match truth {
                Truth::No => Truth::No,
                _ => truth.and(self.holds(one)),
            }),
            Expression::Any(list) => list.iter().fold(Truth::No, |truth, one| match truth {
                Truth::Yes => Truth::Yes,
                _ => truth.or(self.holds(one)),
            }),
            Expression::Not(inner) => self.holds(inner).negate(),
            Expression::Fact(fact) => self.fact(*fact),
            Expression::Seen(kind) => self.passed(self.facts.first(*kind)),
            Expression::ScoreBelow(below) => {
                Truth::of(self.facts.score.is_some_and(|score| score.hundredths < *below))
            }
            Expression::ScoreAtLeast(least) => {
                Truth::of(self.facts.score.is_some_and(|score| score.hundredths >= *least))
            }
            Expression::SeverityBelow(severity) => {
                Truth::of(self.severity().is_some_and(|own| own < *severity))
            }
            Expression::SeverityAtLeast(severity) => {
                Truth::of(self.severity().is_some_and(|own| own >= *severity))
            }
            Expression::Class(class) => Truth::of(self.class() == *class),
            Expression::Has(field) => Truth::of(self.event.is_some_and(|event| present(event, *field))),
            Expression::Is(field, word) => {
                Truth::of(self.event.is_some_and(|event| match event.get(*field) {
                    Some(Value::Flag(flag)) => (if *flag { "true" } else { "false" }) == &**word,
                    _ => event.texts(*field).any(|text| text == &**word),
                }))
            }
            Expression::By(role) => Truth::of(
                self.event.is_some_and(|event| event.texts(Field::By).all(|who| self.acts_as(who, role))),
            ),
            Expression::WhoFrom(role) => Truth::of(
                self.event.is_some_and(|event| event.texts(Field::Who).all(|who| self.is_member(who, role))),
            ),
        }
    }

    /// The class in force: the Fix Lead's word, else the score's band.
    pub fn severity(&self) -> Option<Severity> {
        if self.facts.classified.is_some() {
            return self.facts.classified;
        }
        let score = self.facts.score?;
        let bands = &self.case.policy.bands;
        bands.iter().rev().find(|(_, from, _)| score.hundredths >= *from).map(|(severity, _, _)| *severity)
    }

    /// Which branches the case affects, as far as the policy tells them apart.
    pub fn class(&self) -> Class {
        if self.facts.affected == 0 {
            return Class::Undetermined;
        }
        let at = self.at.first();
        let classes = &self.case.policy.classes;
        let found = classes
            .iter()
            .find(|rule| self.facts.affected & self.case.project.of_class(rule.affects, at) != 0);
        found.map_or(Class::PolicySilent, |rule| rule.class)
    }

    /// Affected branches that are kept: supported and under development.
    pub fn maintained(&self) -> BranchSet {
        self.facts.affected & !self.case.project.of_class(BranchClass::Unsupported, self.at.first())
    }

    /// Affected branches whose users wait for a fix: the supported ones, or
    /// the development branch if there are none.
    pub fn waiting(&self) -> BranchSet {
        let supported =
            self.facts.affected & self.case.project.of_class(BranchClass::Supported, self.at.first());
        if supported != 0 {
            return supported;
        }
        self.facts.affected & self.case.project.of_class(BranchClass::Development, self.at.first())
    }

    /// Whether somebody named as an actor acts in a role: by the role's own
    /// name, as one of its people, or as the present Fix Lead. While nobody
    /// leads, or nobody is listed, any person may.
    pub fn acts_as(&self, who: &str, role: &str) -> bool {
        if who == role {
            return true;
        }
        // A body is not one of its people.
        let is_body = self.case.policy.roles.iter().any(|role| &*role.heading.id == who)
            || ["maintainers", "fix-team", "fix-lead", "src", "reporter"].contains(&who);
        if role == "fix-lead" {
            return match self.facts.lead {
                Some(lead) => self.case.events[lead as usize].text(Field::Who) == Some(who),
                None => !is_body,
            };
        }
        match self.members(role) {
            Some(mut members) => members.any(|member| member == who),
            None => !is_body,
        }
    }

    /// Whether somebody holds a role; so does everybody where nobody is listed.
    fn is_member(&self, who: &str, role: &str) -> bool {
        match self.members(role) {
            Some(mut members) => members.any(|member| member == who),
            None => true,
        }
    }

    /// The people of a role; none when nobody is listed anywhere.
    fn members(&self, role: &str) -> Option<impl Iterator<Item = &'a str>> {
        let mut people: Vec<&str> = Vec::new();
        let mut roles = vec![role];
        while let Some(id) = roles.pop() {
            let Some(role) = self.case.policy.roles.iter().find(|role| &*role.heading.id == id) else {
                continue;
            };
            for roster in &role.rosters {
                match roster {
                    Roster::Maintainers => {
                        people.extend(self.case.project.maintainers.iter().map(|name| &**name))
                    }
                    Roster::Responders => {
                        people.extend(self.case.project.responders.iter().map(|name| &**name))
                    }
                    Roster::Added => people.extend(self.team_names()),
                    Roster::Role(role) => roles.push(role),
                }
            }
        }
        (!people.is_empty()).then(|| people.into_iter())
    }

    /// The names of the Fix Team, as far as events tell them.
    fn team_names(&self) -> impl Iterator<Item = &'a str> {
        let events = &self.case.events;
        self.facts.team.iter().flat_map(|index| events[*index as usize].texts(Field::Who))
    }

    /// Since when a lasting decision of this kind has an effect.
    pub fn decided(&self, kind: EventKind) -> Option<When> {
        let permissions = &self.case.policy.permissions;
        self.facts
            .decisions
            .iter()
            .filter(|decision| permissions[usize::from(decision.permission)].event == kind)
            .filter_map(|decision| decision.since)
            .min_by_key(|since| since.first())
    }

    fn links(&self, wanted: impl Fn(&str) -> bool) -> Truth {
        Truth::of(self.event.is_some_and(|event| event.texts(Field::Links).any(wanted)))
    }

    fn fact(&self, fact: Fact) -> Truth {
        let facts = self.facts;
        match fact {
            Fact::AllAnnounced => self.all_announced(),
            Fact::ApplyLink => self.links(|link| !link.contains("CVE-") && !link.starts_with("distributor:")),
            Fact::Binaries => self.binaries(),
            Fact::BranchesApproved => {
                self.every_branch(self.branches & self.maintained(), |index| facts.branches[index].approved)
            }
            Fact::BranchesMerged => {
                let approved = set_of(facts, |branch| branch.approved.is_some());
                self.every_branch(approved, |index| facts.branches[index].merged)
            }
            Fact::CveAssigned => self.passed(facts.cve),
            Fact::CveInTitle => Truth::of(self.title_names_cve()),
            Fact::CveLink => self.links(|link| link.contains("CVE-")),
            Fact::CvePublished => {
                self.passed(facts.cve).negate().or(self.passed(facts.first(EventKind::CvePublished)))
            }
            Fact::Disclosed => self.passed(facts.public_at),
            Fact::DistributorLink => self.links(|link| link.starts_with("distributor:")),
            Fact::DutiesDone => Truth::of(self.case.undone(facts, self.at).is_empty()),
            Fact::EarlyWarningStands => self.passed(self.decided(EventKind::EarlyWarningDecided)),
            Fact::EmergencyStands => self.passed(self.decided(EventKind::EmergencyDeclared)),
            Fact::ExceptionStands => self.passed(self.decided(EventKind::ExceptionExtreme)),
            Fact::FixReady => self.passed(facts.ready).and(Truth::of(facts.reviewed)),
            Fact::FixTeamAuthor => {
                let author = self.event.and_then(|event| event.text(Field::Author));
                let mut team = self.team_names().peekable();
                Truth::of(team.peek().is_none() || team.any(|name| Some(name) == author))
            }
            Fact::Identical => {
                let concerned = if self.branches == 0 { BranchSet::MAX } else { self.branches };
                Truth::of(facts.differs & concerned == 0)
            }
            Fact::InSlot => {
                let instant = self.planned.unwrap_or(self.at.first());
                let fits = planner::in_slot(self.case.policy, instant);
                if self.planned.is_none() && !self.at.is_exact() { Truth::Unknown } else { Truth::of(fits) }
            }
            Fact::LateAwareness => match facts.publicity {
                Some(public) => public.before(self.at),
                None => Truth::No,
            },
            Fact::LeakContinued => Truth::of(facts.leak_continued),
            Fact::Lgtms => Truth::of(facts.reviewed),
            Fact::OwnersAsked => {
                let team: Vec<&str> = self.team_names().collect();
                Truth::of(
                    team.is_empty() || owners::invited(self.case, facts).all(|owner| team.contains(&owner)),
                )
            }
            Fact::PatchesForAll => {
                let sent = self.event.and_then(|event| event.branches(Field::Patches)).unwrap_or(0);
                let supported = self.case.project.of_class(BranchClass::Supported, self.at.first());
                Truth::of(facts.affected & supported & !sent == 0)
            }
            Fact::PathKept => {
                let kind = self.event.and_then(|event| event.text(Field::Kind));
                Truth::of(kind.is_none_or(|kind| self.path().is_none_or(|path| path == kind)))
            }
            Fact::PlanKept => self.plan_kept(),
            Fact::Public if self.leaves_out_own => Truth::No,
            Fact::Public => self.passed(facts.publicity),
            Fact::PubliclyReported => Truth::of(
                facts.public_report.is_some()
                    || (facts.first(EventKind::PublicAppeared).is_some() && facts.public_from_start()),
            ),
            Fact::QuietTitle => {
                Truth::of(self.event.and_then(|event| event.text(Field::Title)).is_none_or(is_quiet))
            }
            Fact::ReleaseManagerAdded => {
                let roles: Vec<_> = facts
                    .team
                    .iter()
                    .filter_map(|index| self.case.events[*index as usize].text(Field::Role))
                    .collect();
                Truth::of(roles.is_empty() || roles.contains(&"release-manager"))
            }
            Fact::ReleaseNotesLink => self.links(|link| link.contains("release")),
            Fact::ScoreTimely => self.score_timely(),
            Fact::Scored => Truth::of(facts.score.is_some()),
            Fact::SemiPublic => self.passed(self.decided(EventKind::SemipublicDecided)),
            Fact::Slowed => self.passed(self.decided(EventKind::SlowdownDecided)),
            Fact::UnsupportedFix => {
                let unsupported = self.case.project.of_class(BranchClass::Unsupported, self.at.first());
                let concerned = self.branches == 0 || self.branches & unsupported != 0;
                Truth::of(concerned && self.class() == Class::UnsupportedOnly)
            }
            Fact::UpstreamDay => {
                let release = self.planned.unwrap_or(self.at.first());
                Truth::of(facts.upstream.is_some_and(|date| release >= date && release.day() == date.day()))
            }
            Fact::UpstreamPending => Truth::of(facts.upstream.is_some_and(|date| self.at.first() < date)),
            Fact::UserInteraction => Truth::of(facts.user_interaction),
            Fact::VersionNamed => {
                let version = self.event.and_then(version_of);
                let named = self.case.policy.scoring.as_ref().map(|scoring| &scoring.versions);
                Truth::of(match (version, named) {
                    (Some(version), Some(named)) => named.iter().any(|name| &**name == version),
                    _ => true,
                })
            }
        }
    }

    /// Whether a time is known, and passed, for every branch of a set.
    fn every_branch(&self, set: BranchSet, time: impl Fn(usize) -> Option<When>) -> Truth {
        let mut truth = Truth::Yes;
        for index in bits(set) {
            truth = truth.and(self.passed(time(index)));
        }
        truth
    }

    /// The binaries of what is being released are public and work.
    fn binaries(&self) -> Truth {
        let waiting = self.waiting();
        let required = match self.branches & waiting {
            0 if self.branches != 0 => self.branches,
            0 => waiting,
            some => some,
        };
        if required == 0 {
            return self.passed(self.facts.first(EventKind::BinariesVerified));
        }
        self.every_branch(required, |index| self.facts.branches[index].binaries)
    }

    /// Every channel that applies has its announcement.
    fn all_announced(&self) -> Truth {
        let mut truth = Truth::Yes;
        for (duty, rule) in self.case.policy.duties.iter().enumerate() {
            if rule.each != Each::Channel {
                continue;
            }
            for (channel, named) in self.case.policy.channels.iter().enumerate() {
                let missing = self.holds(&named.when).is_yes();
                let done = self.facts.done[self.case.slot(duty) + channel];
                truth = truth.and(if missing { self.passed(done) } else { Truth::Yes });
            }
        }
        truth
    }

    /// The release path that the policy asks for.
    pub fn path(&self) -> Option<&'p str> {
        let policy: &'p crate::policy::Policy = self.case.policy;
        policy.paths.iter().find(|path| self.holds(&path.when).is_yes()).map(|path| &*path.heading.id)
    }

    /// Whoever was told an instant that passed was told the new one before.
    fn plan_kept(&self) -> Truth {
        let (release, mut stated, mut has_moved) = (self.at.first(), None::<Instant>, false);
        for notice in &self.facts.notices {
            let Some(states) = notice.states.filter(|_| notice.kind != EventKind::NoticeAdvance) else {
                continue;
            };
            // A correction that came when the stated instant was over.
            if stated.is_some_and(|passed| notice.at.first() >= passed && release > passed) {
                return Truth::No;
            }
            has_moved |= states < release;
            stated = Some(states);
        }
        match stated {
            None => Truth::Yes,
            Some(stated) if !self.at.is_exact() && self.at.last() > stated => Truth::Unknown,
            // What moved must have been corrected to the instant that came.
            Some(stated) => Truth::of(if has_moved { stated == release } else { stated >= release }),
        }
    }

    /// The final score did not come late although an estimate was there in time.
    fn score_timely(&self) -> Truth {
        let is_final = self.event.is_some_and(|event| event.flag(Field::Final, true));
        let Some(estimate) = self.facts.estimate.filter(|_| is_final) else { return Truth::Yes };
        let score = self.case.policy.duties.iter().find(|duty| duty.done.contains(&EventKind::ScoreSet));
        let (Some(Window::After { span, .. }), Some(disclosure)) =
            (score.map(|duty| &duty.window), self.facts.disclosure())
        else {
            return Truth::Yes;
        };
        let due = disclosure + *span;
        estimate.at_or_before(due).and(due.before(self.at)).negate()
    }

    /// The title begins with the CVE id, if both are there.
    fn title_names_cve(&self) -> bool {
        let id = self.facts.cve_event.and_then(|index| self.case.events[index as usize].text(Field::Id));
        let title = self.event.and_then(|event| event.text(Field::Title));
        match (id, title) {
            (Some(id), Some(title)) => title.trim_start_matches('[').starts_with(id),
            _ => true,
        }
    }

    /// The mode that the policy's rules give, and whether the rules for speed
    /// hold, whatever beats them.
    pub fn mode(&self) -> (Mode, bool) {
        let (mut mode, mut is_asap) = (Mode::Normal, false);
        for rule in &self.case.policy.modes {
            let is_fast = matches!(rule.mode, Mode::Asap | Mode::AsapProvisional);
            if mode != Mode::Normal && (!is_fast || is_asap) {
                continue;
            }
            // What the day leaves open ends no mode that has begun.
            let has_begun = rule.mode == self.facts.mode || (is_fast && self.facts.asap_since.is_some());
            let holds = self.holds(&rule.when);
            if holds.is_yes() || (has_begun && !holds.is_no()) {
                is_asap |= is_fast;
                if mode == Mode::Normal {
                    mode = rule.mode;
                }
            }
        }
        (mode, is_asap)
    }
}

/// Whether an event carries a field with something in it.
fn present(event: &Event, field: Field) -> bool {
    match event.get(field) {
        None => false,
        Some(Value::Text(text)) => !text.trim().is_empty(),
        Some(Value::Texts(list)) => list.iter().any(|text| !text.trim().is_empty()),
        Some(_) => true,
    }
}

/// Whether a title says nothing of security.
fn is_quiet(title: &str) -> bool {
    let title = title.to_lowercase();
    let loud = ["secur", "vulnerab", "exploit", "cve-", "attack", "embargo", "malicious"];
    !loud.iter().any(|word| title.contains(word))
}

/// The CVSS version of a score, stated or by its vector.
pub fn version_of(event: &Event) -> Option<&str> {
    let by_vector = event.text(Field::Vector).map(|vector| {
        let head = vector.split('/').next().unwrap_or_default();
        head.strip_prefix("CVSS:").unwrap_or("2.0")
    });
    event.text(Field::Version).or(by_vector)
}

/// The places of the branches in a set.
pub fn bits(set: BranchSet) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        let next = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(next)
    })
}

/// The branches of which something is known.
fn set_of(facts: &Facts, known: impl Fn(&super::facts::BranchFacts) -> bool) -> BranchSet {
    facts
        .branches
        .iter()
        .enumerate()
        .filter(|(_, branch)| known(branch))
        .fold(0, |set, (index, _)| set | 1 << index)
}
