//! The rehearsal itself: one case from report to retrospective. Each turn asks
//! the engine where the case stands, lets whoever is first take the next step,
//! and writes down what they did.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fixlead_core::time::{Instant, Span};
use serde_json::{Value, json};

use super::Engine;
use super::answer::{Answer, Verdict};
use super::boards::Boards;
use super::clock::{Clock, Dice};
use super::delays::Delays;
use super::history::{History, Question};
use super::injects::{Inject, Surprises};
use super::letters::{Brief, Text};
use super::mail::{Letter, Mailbox, PostOffice, Secrecy};
use super::merging::Pair;
use super::people::{Cast, Person, Pressure};
use super::repository::{Conflict, Repository};
use super::scene::{Habit, Scene};
use super::steps::{self, Start, Step};
use super::timeline::Timeline;

/// A rehearsal that has not ended by then never will.
const LONGEST: Span = Span::days(120);
/// More turns than this mean that people go in circles.
const MOST_TURNS: usize = 1500;

/// What people know and remember.
#[derive(Debug, Default)]
pub struct Facts {
    /// The message id of the report.
    pub report: String,
    /// Who leads the fix.
    pub lead: Option<String>,
    /// Who led it before.
    pub former_leads: Vec<String>,
    /// Who was asked to take over and has not accepted yet.
    pub handing_to: Option<String>,
    /// The handles of the Fix Team.
    pub team: Vec<String>,
    /// A commit was rewritten after its review.
    pub needs_second_review: bool,
    /// The commits whose review is void.
    pub unreviewed: Vec<String>,
    /// The cherry-pick that had to be resolved by hand.
    pub conflict: Option<Conflict>,
    /// The release instant in force.
    pub plan: Option<Instant>,
    /// The circumstances under which it was chosen.
    pub plan_basis: String,
    /// Why those who were told owe a correction.
    pub correction_owed: Option<String>,
    /// When users were told of the forthcoming fix: the instant stated.
    pub forthcoming: Option<Instant>,
    /// When the advance notice went out, and the release it stated.
    pub advance: Option<(Instant, Instant)>,
    /// When the pre-release notice went out, and the release it stated.
    pub prerelease: Option<(Instant, Instant)>,
    /// Whether an embargo was broken.
    pub leaked: bool,
    /// What became public before the release, and since when.
    pub public: Vec<(Instant, String)>,
    /// Whether the Fix Lead sees reason to hurry beyond what the mode says.
    pub hurry: bool,
    /// The date another project named.
    pub upstream: Option<Instant>,
    /// Whether that project has published.
    pub upstream_published: bool,
    /// Merged commits beside the prepared ones.
    pub pairs: Vec<Pair>,
    /// The branch whose download is broken.
    pub broken: Option<String>,
    /// The instant of the release.
    pub released_at: Option<Instant>,
    /// Channels on which it was announced.
    pub announced: Vec<String>,
    /// Whether the case is closed.
    pub closed: bool,
}

/// A rehearsal while it runs.
pub struct Rehearsal<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) scene: Scene,
    pub(super) cast: Cast,
    pub(super) clock: Clock,
    pub(super) dice: Dice,
    pub(super) history: History,
    pub(super) repository: Repository,
    pub(super) post: PostOffice,
    pub(super) boards: Boards,
    pub(super) timeline: Timeline<'a>,
    pub(super) surprises: Surprises,
    pub(super) facts: Facts,
    pub(super) out: PathBuf,
    /// Whether the Fix Lead wants to tell people before there is a fix.
    pub(super) impatient: bool,
    pub(super) retrospective_hour: i64,
    done: BTreeMap<Step, Instant>,
    agenda: BTreeMap<Step, Instant>,
    held: BTreeMap<Step, Instant>,
    /// The steps on the agenda that wait for an instant, not for a person.
    timed: BTreeSet<Step>,
    delays: Delays,
    /// The steps that somebody is kept from, and why.
    kept: BTreeMap<Step, &'static str>,
    hurried: bool,
}

/// The next thing that happens.
#[derive(Clone, Copy)]
enum Next {
    Step(Step),
    Inject(Inject),
    UpstreamPublishes(Instant),
}

impl<'a> Rehearsal<'a> {
    /// Sets the stage: people, repository, empty mailboxes.
    pub fn prepare(
        engine: &'a dyn Engine,
        scene: Scene,
        seed: u64,
        injects: Vec<Inject>,
        out: &Path,
        timeline: Timeline<'a>,
    ) -> Result<Self, String> {
        let cast = Cast::choose(seed, &scene.domain);
        let repository = Repository::create(&out.join("repository"), &scene, &cast)?;
        let label = format!("drill-{}-{seed}", super::files::plain_name(&scene.policy));
        let mut dice = Dice::new(seed, "story");
        Ok(Rehearsal {
            engine,
            clock: Clock::starting(scene.start),
            history: History::begin(&scene, &cast),
            repository,
            post: PostOffice::open(&out.join("mail"), &scene.domain, &label),
            boards: Boards::open(out),
            timeline,
            surprises: Surprises::prepare(seed, injects),
            facts: Facts::default(),
            out: out.to_owned(),
            impatient: dice.chance(60),
            retrospective_hour: dice.between(8, 15),
            dice,
            done: BTreeMap::new(),
            agenda: BTreeMap::new(),
            held: BTreeMap::new(),
            timed: BTreeSet::new(),
            delays: Delays::choose(seed, scene.habit),
            kept: BTreeMap::new(),
            hurried: false,
            scene,
            cast,
        })
    }

    /// Plays it to the end; false when the case could not be closed.
    pub fn play(&mut self) -> Result<bool, String> {
        self.report()?;
        for _ in 0..MOST_TURNS {
            let answer = self.replay()?;
            self.timeline.compare(self.clock.now(), &answer)?;
            if self.facts.closed {
                return Ok(true);
            }
            self.make_agenda(&answer);
            let Some((at, next)) = self.next() else { break };
            if at - self.scene.start > LONGEST {
                break;
            }
            self.clock.advance_to(at);
            match next {
                Next::Step(step) => {
                    self.agenda.remove(&step);
                    self.held.remove(&step);
                    if let Some(why) = self.kept.remove(&step) {
                        self.timeline.delay(self.clock.now(), why)?;
                    }
                    self.take(step, &answer)?;
                }
                Next::Inject(inject) => {
                    self.surprises.strike(inject);
                    self.surprise(inject)?;
                }
                Next::UpstreamPublishes(date) => self.upstream_publishes(date)?,
            }
        }
        Ok(false)
    }

    fn take(&mut self, step: Step, answer: &Answer) -> Result<(), String> {
        match step {
            Step::Acknowledge => self.acknowledge(),
            Step::Triage => self.triage(),
            Step::TakeLead => self.take_lead(answer),
            Step::AcceptLead => self.accept_lead(),
            Step::AskPrivate => self.ask_private(),
            Step::FixTeam => self.add_fix_team(),
            Step::Overview => self.send_overview(),
            Step::Score => self.score(),
            Step::AssignCve => self.assign_cve(),
            Step::AskTooEarly => self.ask_too_early(answer),
            Step::Mitigation => self.develop_mitigation(),
            Step::WriteFix => self.write_fix(),
            Step::Review => self.review(),
            Step::ReviewAgain => self.review_again(),
            Step::Backport => self.backport(),
            Step::ReviewBackports => self.review_backports(),
            Step::CompleteFix => self.complete_fix(),
            Step::PlanCommunication => self.plan_communication(),
            Step::Plan => self.plan_release(answer),
            Step::Replan => self.replan(answer),
            Step::Correct => self.correct(),
            Step::Forthcoming => self.announce_forthcoming(),
            Step::Advance => self.notify_in_advance(),
            Step::UnrelatedWork => self.work_on_something_else(),
            Step::LeakAssess => self.assess_leak(),
            Step::LeakDecide => self.decide_on_leak(answer),
            Step::Prerelease => self.notify_before_release(),
            Step::Approve => self.approve(),
            Step::Merge => self.merge(),
            Step::Build => self.build(),
            Step::Rebuild => self.rebuild(),
            Step::Release => self.release(answer),
            Step::Announce => self.announce(answer),
            Step::PopulateCve => self.populate_cve(),
            Step::CloseTracking => self.close_tracking(),
            Step::RevokeTeam => self.revoke_team(),
            Step::Retrospective => self.send_retrospective(answer),
            Step::Feedback => self.send_feedback(),
            Step::CloseCase => self.close_case(),
        }
    }

    /// Puts every wanted step on the agenda and takes off what is no longer
    /// wanted. What is there keeps its instant, unless the clock presses.
    fn make_agenda(&mut self, answer: &Answer) {
        let now = self.clock.now();
        let wanted = steps::wanted(self, answer);
        self.agenda.retain(|step, _| wanted.iter().any(|(other, _)| other == step));
        let hurries = self.hurries(answer);
        if hurries && !self.hurried {
            for at in self.agenda.values_mut() {
                let rest = Span::from_millis((*at - now).millis().max(0) / 4);
                *at = (now + rest).max(now);
            }
        }
        self.hurried = hurries;
        let pressure = if hurries { Pressure::Pressing } else { Pressure::Usual };
        // Nobody goes to bed between the merge and the release.
        let on_release_day = self.is_done(Step::Merge) && self.facts.released_at.is_none();
        for (step, start) in wanted {
            let who = self.who(step, answer);
            let at = match start {
                Start::At(instant) => {
                    self.timed.insert(step);
                    instant
                }
                _ if self.agenda.contains_key(&step) && !self.timed.remove(&step) => continue,
                Start::Soon => who.reacts(now, pressure, &mut self.dice),
                Start::Work(least, most) if hurries => {
                    now + Span::minutes(self.dice.between(least / 3, most / 3).max(1))
                }
                Start::Work(least, most) if on_release_day || step == Step::Correct => {
                    now + Span::minutes(self.dice.between(least, most))
                }
                Start::Work(least, most) => {
                    let ready = now + Span::minutes(self.dice.between(least, most));
                    who.awake(ready, &mut self.dice)
                }
            };
            // Whoever is paged is not kept; nor is what was put off before.
            let delay = if hurries { None } else { self.delays.strike(step) };
            let at = match delay {
                Some((delay, span)) => {
                    self.kept.insert(step, delay.why);
                    self.who(step, answer).awake(at + span, &mut self.dice)
                }
                None if self.kept.contains_key(&step) => at,
                None => before_half_time(at, now, step, answer),
            };
            let held = self.held.get(&step).copied().unwrap_or(at);
            self.agenda.insert(step, whole_minute(at.max(held)));
        }
    }

    /// What happens first.
    fn next(&mut self) -> Option<(Instant, Next)> {
        let step = self.agenda.iter().map(|(step, at)| (*at, *step)).min();
        let step = step.map(|(at, step)| (at, Next::Step(step)));
        let over = self.is_done(Step::Merge);
        let embargo = self.facts.advance.map(|(at, _)| at).zip(self.facts.plan);
        let mut first = step;
        for inject in Inject::ALL.iter().copied() {
            if !self.surprises.awaits(inject) {
                continue;
            }
            let too_late = over || (inject == Inject::HandOver && self.is_done(Step::CompleteFix));
            if too_late && self.surprises.instant(inject, self.scene.start, embargo).is_some() {
                self.surprises.strike(inject);
                continue;
            }
            if inject == Inject::HandOver && self.facts.lead.is_none() {
                continue;
            }
            if let Some(at) = self.surprises.instant(inject, self.scene.start, embargo)
                && first.is_none_or(|(earliest, _)| at < earliest)
            {
                first = Some((at, Next::Inject(inject)));
            }
        }
        if let Some(date) = self.facts.upstream.filter(|_| !self.facts.upstream_published)
            && first.is_none_or(|(earliest, _)| date <= earliest)
        {
            first = Some((date, Next::UpstreamPublishes(date)));
        }
        first
    }

    fn who(&self, step: Step, answer: &Answer) -> Person {
        let person = match step {
            Step::WriteFix | Step::Backport => self.cast.engineer(),
            Step::Review | Step::ReviewAgain | Step::ReviewBackports | Step::Approve => {
                self.cast.reviewers().first().copied().unwrap_or(self.cast.engineer())
            }
            Step::Merge | Step::Build | Step::Rebuild | Step::Feedback => self.cast.release_manager(),
            Step::Acknowledge | Step::Triage | Step::TakeLead => self.cast.person(&self.on_duty(answer)),
            _ => self.lead(),
        };
        person.clone()
    }

    /// Whose turn it is before there is a Fix Lead.
    pub(super) fn on_duty(&self, answer: &Answer) -> String {
        let first = self.cast.responders.first().map(|who| who.handle.clone());
        answer
            .expected_lead()
            .filter(|handle| self.cast.responders.iter().any(|who| who.handle == *handle))
            .or(first)
            .unwrap_or_default()
    }

    /// The Fix Lead, or the first responder while there is none.
    pub(super) fn lead(&self) -> &Person {
        match &self.facts.lead {
            Some(handle) => self.cast.person(handle),
            None => self.cast.responders.first().unwrap_or(&self.cast.reporter),
        }
    }

    /// `Bo Lindqvist (Fix Lead)`.
    pub(super) fn lead_name(&self) -> String {
        format!("{} (Fix Lead)", self.lead().name)
    }

    /// Whether a step has been taken.
    pub fn is_done(&self, step: Step) -> bool {
        self.done.contains_key(&step)
    }

    pub(super) fn finish(&mut self, step: Step) {
        self.done.insert(step, self.clock.now());
    }

    /// Whether everything is to be done as soon as possible.
    pub fn hurries(&self, answer: &Answer) -> bool {
        answer.presses() || self.facts.hurry
    }

    /// What the release date depends on, in one word; a change asks for a new
    /// look at the date.
    pub fn circumstances(&self, answer: &Answer) -> String {
        format!(
            "{}/{:?}/{:?}/{}",
            self.hurries(answer),
            answer.public_at().map(Instant::millis),
            self.facts.upstream.map(Instant::millis),
            self.facts.leaked
        )
    }

    /// Tells what somebody does. What is told and what is recorded get their
    /// instant from the same clock, so that they cannot disagree.
    pub(super) fn act(&mut self, who: &str, text: &str) -> Result<(), String> {
        self.timeline.act(self.clock.now(), who, text)
    }

    /// Tells what the world does.
    pub(super) fn happens(&mut self, text: &str) -> Result<(), String> {
        self.timeline.inject(self.clock.now(), text)
    }

    /// Tells what is held.
    pub(super) fn hold(&mut self, action: &str, verdict: &Verdict) -> Result<(), String> {
        self.timeline.hold(self.clock.now(), action, verdict)
    }

    pub(super) fn record(&mut self, kind: &str, fields: Value) {
        self.history.record(self.clock.now(), kind, fields);
    }

    /// Where the case stands.
    pub(super) fn replay(&self) -> Result<Answer, String> {
        self.engine.replay(&self.history.at(self.clock.now())).map(Answer)
    }

    /// Puts questions to the engine.
    pub(super) fn ask(&mut self, questions: &[Question]) -> Result<Vec<Verdict>, String> {
        let (document, ids) = self.history.ask(self.clock.now(), questions);
        let answer = Answer(self.engine.replay(&document)?);
        ids.iter().map(|id| answer.verdict(id)).collect()
    }

    /// Puts one question to the engine.
    pub(super) fn ask_one(&mut self, question: Question) -> Result<Verdict, String> {
        let mut verdicts = self.ask(&[question])?;
        verdicts.pop().ok_or_else(|| "the engine gave no answer".to_owned())
    }

    /// Asks before a step; when it is held, tells why and comes back at the
    /// earliest instant the engine names, or a while later.
    pub(super) fn may(&mut self, step: Step, questions: &[Question]) -> Result<bool, String> {
        let verdicts = self.ask(questions)?;
        let now = self.clock.now();
        let mut again: Option<Instant> = None;
        for (question, verdict) in questions.iter().zip(&verdicts) {
            if verdict.allowed {
                continue;
            }
            let what = question.about.as_object().and_then(|about| about.values().next());
            let action = match what.and_then(Value::as_str) {
                Some(what) => format!("{} {what}", question.action),
                None => question.action.to_owned(),
            };
            self.hold(&action, verdict)?;
            let later = verdict
                .earliest
                .filter(|earliest| *earliest > now)
                .unwrap_or(now + Span::minutes(self.dice.between(20, 60)));
            again = Some(again.map_or(later, |other| other.max(later)));
        }
        if let Some(again) = again {
            self.held.insert(step, again);
        }
        Ok(again.is_none())
    }

    /// What the writer of a letter knows.
    pub(super) fn brief<'b>(&'b self, lead: &'b str) -> Brief<'b> {
        Brief {
            scene: &self.scene,
            lead,
            reporter: &self.cast.reporter.name,
            release: self.facts.released_at.or(self.facts.plan),
            public: &self.facts.public,
            exploited: self.facts.hurry,
        }
    }

    /// How far a letter about the case may be passed on now.
    pub(super) fn secrecy(&self) -> Secrecy {
        let until = self.facts.plan;
        match (self.facts.released_at, self.facts.public.first()) {
            (Some(_), _) => Secrecy::Public,
            (None, Some((since, _))) => Secrecy::PartlyPublic { since: *since, until },
            (None, None) => Secrecy::Embargoed { until },
        }
    }

    /// Notes what can be read by everyone from now on.
    pub(super) fn becomes_public(&mut self, what: &str) {
        self.facts.public.push((self.clock.now(), what.to_owned()));
    }

    /// Writes to the reporter.
    pub(super) fn tell_reporter(&mut self, kind: &'static str, (subject, body): Text) -> Result<(), String> {
        let letter = Letter {
            kind,
            from: mailbox(self.lead()),
            to: vec![mailbox(&self.cast.reporter)],
            subject,
            body,
            attachments: Vec::new(),
            secrecy: self.secrecy(),
            answers: Some(self.facts.report.clone()),
        };
        self.send(&letter).map(|_| ())
    }

    pub(super) fn send(&mut self, letter: &Letter) -> Result<String, String> {
        self.post.send(letter, self.clock.now())
    }

    pub(super) fn list(&self, local: &str) -> Mailbox {
        Mailbox { name: format!("{} {local}", self.scene.project), address: self.scene.address(local) }
    }

    /// The list where those who respond talk.
    pub(super) fn response_list(&self) -> Mailbox {
        match self.scene.habit {
            Habit::Lists => self.list("security"),
            Habit::Chat => self.list("maintainers"),
        }
    }

    /// Writes the history, the replay and the other files that come last.
    pub fn conclude(&mut self) -> Result<Answer, String> {
        let document = self.history.complete(self.clock.now());
        let replay = self.engine.replay(&document)?;
        super::files::write(&self.out.join("history.json"), pretty(&document)?)?;
        super::files::write(&self.out.join("replay.json"), pretty(&replay)?)?;
        Ok(Answer(replay))
    }
}

/// The mailbox of a person.
pub fn mailbox(person: &Person) -> Mailbox {
    Mailbox { name: person.name.clone(), address: person.mail.clone() }
}

/// Rounds up: what is allowed from an instant on is not done before it.
fn whole_minute(instant: Instant) -> Instant {
    Instant::from_millis(instant.millis() + (-instant.millis()).rem_euclid(60_000))
}

fn pretty(value: &Value) -> Result<String, String> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| format!("cannot write the document as JSON: {error}"))?;
    text.push('\n');
    Ok(text)
}

/// Nobody lets more than half of the time pass that the engine leaves.
fn before_half_time(at: Instant, now: Instant, step: Step, answer: &Answer) -> Instant {
    let due = steps::duty(step)
        .and_then(|duty| answer.undone(duty).into_iter().find_map(|duty| duty.due))
        .filter(|due| *due > now);
    match due {
        Some(due) => at.min(now + Span::from_millis((due - now).millis() / 2)),
        None => at,
    }
}

/// A list of branches as JSON.
pub fn branches(names: &[String]) -> Value {
    json!({ "branches": names })
}
