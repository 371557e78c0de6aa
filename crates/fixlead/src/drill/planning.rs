//! The acts around the release date: choosing it, telling those who must know,
//! and choosing again when something happens.

use fixlead_core::time::{Instant, Span};
use serde_json::json;

use super::answer::{Answer, Verdict};
use super::clock::{next_hour, on, stamp};
use super::files;
use super::history::Question;
use super::injects::Inject;
use super::letters;
use super::mail::{Letter, Secrecy};
use super::rehearsal::{Rehearsal, mailbox};
use super::scene::Habit;
use super::steps::Step;

/// Merging and building take this long when everything is prepared.
const MERGE_TO_RELEASE: Span = Span::hours(1);

impl Rehearsal<'_> {
    pub(super) fn plan_communication(&mut self) -> Result<(), String> {
        self.record("comms.planned", json!({"by": self.lead().handle}));
        self.finish(Step::PlanCommunication);
        let lead = self.lead_name();
        self.act(&lead, "writes down who is told what, when and where")
    }

    pub(super) fn plan_release(&mut self, answer: &Answer) -> Result<(), String> {
        let Some(release) = self.choose_release(Step::Plan, answer)? else {
            return Ok(());
        };
        self.schedule(release, answer);
        self.finish(Step::Plan);
        self.report_progress(false)?;
        let lead = self.lead_name();
        let now = self.clock.now();
        self.act(&lead, &format!("schedules the release for {}, and tells the reporter", on(now, release)))
    }

    /// Looks at the date again under new circumstances. An earlier date is
    /// taken when it is lawful; a later one only when the old one is not.
    pub(super) fn replan(&mut self, answer: &Answer) -> Result<(), String> {
        let Some(before) = self.facts.plan else {
            return Ok(());
        };
        let Some(release) = self.choose_release(Step::Replan, answer)? else {
            return Ok(());
        };
        let now = self.clock.now();
        let kept = release >= before && before > now && {
            let question = Question::with("release.schedule", "for", before.to_string());
            self.ask_one(question)?.allowed
        };
        let lead = self.lead_name();
        if kept || release == before {
            self.facts.plan_basis = self.circumstances(answer);
            let bound =
                if self.bound_by_upstream() { "; the upstream project publishes no earlier" } else { "" };
            return self.act(&lead, &format!("keeps the release date, {}{bound}", on(now, before)));
        }
        self.schedule(release, answer);
        let reason = if release < before {
            if self.facts.public.is_empty() {
                "we have learned that users cannot wait"
            } else {
                "the flaw is public, so that waiting no longer protects anybody"
            }
        } else if self.bound_by_upstream() {
            "we keep to the date of another project that is affected too"
        } else {
            "what has to come before the release needs more time"
        };
        self.owe_correction(reason);
        self.report_progress(true)?;
        self.act(&lead, &format!("moves the release to {}", on(now, release)))
    }

    /// Whether another project's date still holds everything.
    fn bound_by_upstream(&self) -> bool {
        self.facts.upstream.is_some_and(|date| date > self.clock.now())
    }

    /// The reporter hears every date, whoever else does.
    pub(super) fn report_progress(&mut self, another: bool) -> Result<(), String> {
        let lead = self.lead().name.clone();
        let text = letters::progress(&self.brief(&lead), another);
        self.tell_reporter("progress", text)
    }

    fn schedule(&mut self, release: Instant, answer: &Answer) {
        self.record("release.scheduled", json!({"for": release.to_string()}));
        self.facts.plan = Some(release);
        self.facts.plan_basis = self.circumstances(answer);
    }

    /// Notes that those who were told an earlier date must hear the new one.
    pub(super) fn owe_correction(&mut self, reason: &str) {
        let told = self.facts.advance.is_some()
            || self.facts.prerelease.is_some()
            || self.facts.forthcoming.is_some();
        if told {
            self.facts.correction_owed = Some(reason.to_owned());
        }
    }

    /// Takes the planner's proposal, leaves people time for what has to be
    /// done before, and asks whether that date is lawful.
    fn choose_release(&mut self, step: Step, answer: &Answer) -> Result<Option<Instant>, String> {
        let hurries = self.hurries(answer);
        let proposal = self.ask_one(Question::plain("release.propose"))?;
        let now = self.clock.now();
        let (lead, mut margin) = match (hurries, self.scene.habit) {
            (true, Habit::Lists) => (Span::hours(4), Span::minutes(90)),
            (true, Habit::Chat) => (Span::hours(3), Span::minutes(75)),
            (false, Habit::Lists) => (Span::hours(5), Span::hours(4)),
            (false, Habit::Chat) => (Span::hours(26), Span::hours(2)),
        };
        if self.bound_by_upstream() {
            // All is prepared before the date; merging begins with it.
            margin = MERGE_TO_RELEASE;
        }
        let base = proposal.proposed.or(proposal.earliest).unwrap_or(now);
        let mut release = base;
        if base < now + lead {
            release = settle(now + lead, hurries);
        }
        for _ in 0..4 {
            // Merging and building happen before the hour that is announced,
            // and have to be lawful by then.
            let probe = Question::with("release.schedule", "for", (release - margin).to_string());
            let room = self.ask_one(probe)?;
            let earliest = room.earliest.filter(|earliest| !room.allowed && *earliest + margin > release);
            if let Some(earliest) = earliest {
                release = settle(earliest + margin, hurries || self.bound_by_upstream());
            }
            let question = Question::with("release.schedule", "for", release.to_string());
            if earliest.is_none() && self.may(step, &[question])? {
                return Ok(Some(release));
            }
            self.clock.pass_minutes(5);
        }
        Ok(None)
    }

    pub(super) fn announce_forthcoming(&mut self) -> Result<(), String> {
        if !self.may(Step::Forthcoming, &[Question::plain("notice.forthcoming")])? {
            return Ok(());
        }
        let Some(plan) = self.facts.plan else {
            return Ok(());
        };
        let lead = self.lead().name.clone();
        let text = letters::forthcoming(&self.brief(&lead));
        let now = self.clock.now();
        let channel = self.announcements();
        self.boards.post(channel, &lead, &text, now)?;
        self.record(
            "notice.forthcoming",
            json!({
                "states": plan.to_string(),
                "mitigation": self.scene.flaw.mitigation,
                "channel": channel,
            }),
        );
        self.facts.forthcoming = Some(plan);
        let (subject, body) = (format!("Forthcoming fix: {}", stamp(plan)), text);
        let letter = Letter {
            kind: "forthcoming",
            from: mailbox(self.lead()),
            to: vec![self.response_list()],
            subject,
            body: format!("For your information, this now stands in {channel}:\n\n{body}"),
            attachments: Vec::new(),
            secrecy: Secrecy::Public,
            answers: None,
        };
        self.send(&letter)?;
        let lead = self.lead_name();
        let text = format!("tells users in {channel}: a fix comes on {}", on(now, plan));
        self.act(&lead, &text)
    }

    /// The channel on which users read.
    pub(super) fn announcements(&self) -> &'static str {
        match self.scene.habit {
            Habit::Lists => "#announcements",
            Habit::Chat => "#general",
        }
    }

    /// One message for each distributor, so that none sees the others and a
    /// copy that turns up elsewhere tells where it came from.
    pub(super) fn tell_distributors(
        &mut self,
        kind: &'static str,
        attachments: &[(String, String)],
        text: impl Fn(&letters::Brief, &str) -> letters::Text,
    ) -> Result<(), String> {
        let lead = self.lead().clone();
        for distributor in self.cast.distributors.clone() {
            let (subject, body) = text(&self.brief(&lead.name), &distributor.name);
            let letter = Letter {
                kind,
                from: mailbox(&lead),
                to: vec![mailbox(&distributor)],
                subject,
                body,
                attachments: attachments.to_vec(),
                secrecy: self.secrecy(),
                answers: None,
            };
            self.send(&letter)?;
        }
        Ok(())
    }

    pub(super) fn notify_in_advance(&mut self) -> Result<(), String> {
        if !self.may(Step::Advance, &[Question::plain("notice.advance")])? {
            return Ok(());
        }
        let Some(plan) = self.facts.plan else {
            return Ok(());
        };
        let affected = self.scene.all_branches();
        let mut attachments = Vec::new();
        for branch in &affected {
            let patch = self.repository.patches(branch)?;
            let name = format!("{}.mbox", files::plain_name(branch));
            files::write(&self.out.join("patches").join(&name), &patch)?;
            attachments.push((name, patch));
        }
        self.tell_distributors("advance", &attachments, letters::advance)?;
        self.record(
            "notice.advance",
            json!({
                "states": plan.to_string(),
                "to": "distributors",
                "includes": ["description", "patches", "reproduction", "mitigation", "timeline"],
                "patches": affected,
            }),
        );
        let now = self.clock.now();
        self.facts.advance = Some((now, plan));
        let lead = self.lead_name();
        let text = format!(
            "sends {} distributors the advance notice with the patches; release {}",
            self.cast.distributors.len(),
            on(now, plan)
        );
        self.act(&lead, &text)
    }

    pub(super) fn notify_before_release(&mut self) -> Result<(), String> {
        if !self.may(Step::Prerelease, &[Question::plain("notice.prerelease")])? {
            return Ok(());
        }
        let Some(plan) = self.facts.plan else {
            return Ok(());
        };
        self.tell_distributors("prerelease", &[], letters::prerelease)?;
        self.record(
            "notice.prerelease",
            json!({
                "states": plan.to_string(),
                "to": "distributors",
                "includes": ["messaging", "date", "time"],
            }),
        );
        let now = self.clock.now();
        self.facts.prerelease = Some((now, plan));
        let lead = self.lead_name();
        let text = format!("sends the distributors date, hour and public wording; release {}", on(now, plan));
        self.act(&lead, &text)
    }

    pub(super) fn correct(&mut self) -> Result<(), String> {
        let (Some(reason), Some(plan)) = (self.facts.correction_owed.take(), self.facts.plan) else {
            return Ok(());
        };
        let mut told: Vec<&str> = Vec::new();
        if self.facts.advance.is_some() || self.facts.prerelease.is_some() {
            let reason = reason.clone();
            self.tell_distributors("correction", &[], |brief, _| letters::correction(brief, &reason))?;
            told.push("distributors");
        }
        let now = self.clock.now();
        if self.facts.forthcoming.is_some() {
            let lead = self.lead().name.clone();
            let text = letters::correction_for_users(&self.brief(&lead));
            let channel = self.announcements();
            self.boards.post(channel, &lead, &text, now)?;
            self.facts.forthcoming = Some(plan);
            told.push(channel);
        }
        self.record("notice.correction", json!({"states": plan.to_string(), "to": told}));
        self.finish(Step::Correct);
        let lead = self.lead_name();
        let text = format!("corrects the date for {}: {}", told.join(" and "), on(now, plan));
        self.act(&lead, &text)
    }

    pub(super) fn assess_leak(&mut self) -> Result<(), String> {
        let by = self.cast.responders.last().unwrap_or(self.lead()).clone();
        self.record("leak.assessed", json!({"by": by.handle}));
        self.finish(Step::LeakAssess);
        let text = "assesses the damage: the description is out, the patches are not";
        self.act(&by.name, text)
    }

    pub(super) fn decide_on_leak(&mut self, answer: &Answer) -> Result<(), String> {
        let now = self.clock.now();
        // When in doubt, push forward; only just before the release it is
        // quicker to stay with the plan.
        let near = self.facts.plan.is_some_and(|plan| plan - now < Span::hours(8));
        let held = if near { None } else { self.holds_a_release_soon()? };
        let (decision, words) = match &held {
            Some(_) => ("continue", "decides to stay with the plan, which is as early as may be"),
            None if near => ("continue", "decides to stay with the plan, it is close enough"),
            None => ("release-early", "decides to release as soon as possible"),
        };
        if let Some(verdict) = &held {
            self.hold("release.schedule", verdict)?;
        }
        self.record("leak.decided", json!({"decision": decision, "by": self.lead().handle}));
        if decision == "continue" {
            self.facts.plan_basis = self.circumstances(answer);
        }
        self.finish(Step::LeakDecide);
        let lead = self.lead_name();
        self.act(&lead, words)
    }

    /// What keeps the release from being much earlier than planned, if
    /// anything does.
    fn holds_a_release_soon(&mut self) -> Result<Option<Verdict>, String> {
        let now = self.clock.now();
        let soon = (now + Span::hours(4)).to_string();
        let verdict = self.ask_one(Question::with("release.schedule", "for", soon))?;
        let worth = self
            .facts
            .plan
            .is_some_and(|plan| verdict.earliest.is_some_and(|earliest| earliest + Span::hours(8) < plan));
        Ok(if verdict.allowed || worth { None } else { Some(verdict) })
    }

    /// What the world does to the plan.
    pub(super) fn surprise(&mut self, inject: Inject) -> Result<(), String> {
        match inject {
            Inject::ReporterGoesPublic => {
                let place = "a conference talk, recorded and linked";
                self.record("public.appeared", json!({"where": place}));
                self.becomes_public("a description of the flaw, in a recorded conference talk");
                let reporter = self.cast.reporter.name.clone();
                self.happens(&format!("{reporter} describes the flaw in {place}"))?;
                self.clock.pass_minutes(self.dice.between(10, 70));
                self.record("project.aware", json!({"via": "a user asks in the chat"}));
                self.happens("a user asks about it in the chat; the project knows now")
            }
            Inject::DistributorLeak => {
                let place = self.dice.place(self.cast.distributors.len());
                let leaker = self.cast.distributors.get(place).unwrap_or(&self.cast.reporter).clone();
                let what = "the description from the advance notice, in a public ticket";
                self.record("embargo.leaked", json!({"by": leaker.handle, "what": what}));
                self.becomes_public(what);
                self.happens(&format!("{} leaks {what}", leaker.name))?;
                self.clock.pass_minutes(self.dice.between(10, 50));
                self.record("leak.known", json!({}));
                self.facts.leaked = true;
                self.happens("the leak is noticed; the marked copy tells where it came from")
            }
            Inject::UpstreamDate => {
                let date = self.surprises.upstream_date(self.scene.start);
                self.record(
                    "upstream.timeline",
                    json!({"until": date.to_string(), "project": "an upstream library", "reference": "mail from its maintainers"}),
                );
                self.facts.upstream = Some(date);
                let text = format!(
                    "an upstream library has the same flaw and publishes on {}; until then we publish nothing",
                    stamp(date)
                );
                self.happens(&text)
            }
            Inject::Exploitation => {
                self.record("exploitation.aware", json!({"where": "logs of a user"}));
                self.facts.hurry = true;
                self.happens("a user's logs show that somebody exploits the flaw")?;
                if matches!(self.scene.flaw.severity, "high" | "critical") && self.scene.habit == Habit::Lists
                {
                    self.clock.pass_minutes(self.dice.between(15, 60));
                    let by = self.lead().handle.clone();
                    self.record("emergency.declared", json!({"by": by, "reason": "the flaw is exploited"}));
                    let lead = self.lead_name();
                    self.act(&lead, "declares an emergency")?;
                }
                Ok(())
            }
            Inject::HandOver => {
                let from = self.lead().handle.clone();
                let to = self.cast.responders.iter().find(|who| who.handle != from).cloned();
                let Some(to) = to.filter(|_| self.facts.lead.is_some()) else {
                    return Ok(());
                };
                self.record("fixlead.handed-off", json!({"from": from, "to": to.handle}));
                let text = format!(
                    "{} falls ill and asks {} to take over; it counts when accepted",
                    self.lead().name,
                    to.name
                );
                self.facts.handing_to = Some(to.handle);
                self.happens(&text)
            }
            // These strike in the step that they spoil.
            Inject::FailingBinary | Inject::RewrittenCommit | Inject::DifferingMerge => Ok(()),
        }
    }

    /// The other project keeps its date, whatever people are at just then,
    /// and with that the flaw is public.
    pub(super) fn upstream_publishes(&mut self, date: Instant) -> Result<(), String> {
        let place = "the advisory of the upstream library";
        self.history.record(date, "public.appeared", json!({"where": place}));
        let news = if self.facts.public.is_empty() { ", and the flaw is public" } else { "" };
        self.facts.public.push((date, format!("the flaw, in {place}")));
        self.facts.public.sort_by_key(|(since, _)| *since);
        self.facts.upstream_published = true;
        self.timeline.inject(date, &format!("the upstream library publishes, as agreed{news}"))?;
        let now = self.clock.now();
        // Nobody looks for another date when the release was planned for this.
        if self.facts.plan.is_some_and(|plan| plan > now && plan - now < Span::hours(8)) {
            let answer = self.replay()?;
            self.facts.plan_basis = self.circumstances(&answer);
        }
        Ok(())
    }

    /// The world does not stop for an embargo.
    pub(super) fn work_on_something_else(&mut self) -> Result<(), String> {
        let author = self.cast.owners.last().unwrap_or(self.cast.engineer()).clone();
        self.repository.unrelated_work(&author, self.clock.now())?;
        self.finish(Step::UnrelatedWork);
        let text = "pushes unrelated work to the public main, as on any other day";
        self.act(&author.name, text)
    }
}

/// A release hour at or after an instant: 16:00 UTC from Monday to Thursday,
/// or, when it presses, the next full hour that leaves the day's work on one
/// UTC day.
fn settle(instant: Instant, presses: bool) -> Instant {
    if presses {
        let hour = next_hour(instant);
        let day = Instant::midnight(hour.day());
        return if hour.time_of_day() < Span::hours(2) {
            day + Span::hours(2)
        } else if hour.time_of_day() > Span::hours(21) {
            day + Span::hours(26)
        } else {
            hour
        };
    }
    let mut slot = Instant::midnight(instant.day()) + Span::hours(16);
    while slot < instant || slot.weekday() > 3 {
        slot = slot + Span::days(1);
    }
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calm_release_waits_for_the_slot_and_a_pressing_one_for_the_hour() {
        let at = |text: &str| Instant::parse(text).unwrap();
        // 2027-06-10 is a Thursday.
        assert_eq!(settle(at("2027-06-10T15:00:00Z"), false), at("2027-06-10T16:00:00Z"));
        assert_eq!(settle(at("2027-06-10T16:01:00Z"), false), at("2027-06-14T16:00:00Z"));
        assert_eq!(settle(at("2027-06-12T16:01:00Z"), true), at("2027-06-12T17:00:00Z"));
        assert_eq!(settle(at("2027-06-12T21:30:00Z"), true), at("2027-06-13T02:00:00Z"));
        assert_eq!(settle(at("2027-06-12T00:30:00Z"), true), at("2027-06-12T02:00:00Z"));
    }
}
