//! The acts of release day and after it.

use fixlead_core::time::Span;
use serde_json::{Value, json};

use super::advisory;
use super::answer::Answer;
use super::clock::on;
use super::files;
use super::history::Question;
use super::injects::Inject;
use super::letters;
use super::mail::{Letter, Mailbox, Secrecy};
use super::rehearsal::{Rehearsal, branches, mailbox};
use super::response::short;
use super::retrospective;
use super::scene::Habit;
use super::steps::Step;

impl Rehearsal<'_> {
    pub(super) fn approve(&mut self) -> Result<(), String> {
        let all = self.scene.all_branches();
        for reviewer in self.cast.reviewers().into_iter().cloned().collect::<Vec<_>>() {
            self.record("approved", json!({"branches": all, "by": reviewer.handle}));
            let text = "approves the cherry-picks for all branches";
            self.act(&reviewer.name, text)?;
            self.clock.pass_minutes(4);
        }
        self.finish(Step::Approve);
        Ok(())
    }

    pub(super) fn merge(&mut self) -> Result<(), String> {
        let all = self.scene.all_branches();
        let questions: Vec<_> =
            all.iter().map(|branch| Question::with("merge", "branch", branch.as_str())).collect();
        if !self.may(Step::Merge, &questions)? {
            return Ok(());
        }
        let manager = self.cast.release_manager().clone();
        let unlucky = self.surprises.awaits(Inject::DifferingMerge).then(|| self.unlucky_branch());
        for branch in &all {
            let now = self.clock.now();
            let tidied = unlucky.as_ref() == Some(branch);
            let pairs = self.repository.merge(branch, &manager, now, tidied)?;
            if self.facts.pairs.is_empty() {
                self.becomes_public("the fix, in our public branches");
            }
            self.record("merged", json!({"branches": [branch], "repo": "public"}));
            let ids: Vec<_> = pairs.iter().map(|pair| short(&pair.merged)).collect();
            let same = if pairs.iter().all(|pair| pair.is_same()) {
                "patch ids equal those that were reviewed"
            } else {
                "merged"
            };
            let text = format!("merges {} into {branch}: {same}", ids.join(", "));
            self.act(&manager.name, &text)?;
            self.facts.pairs.extend(pairs);
            self.clock.pass_minutes(2);
        }
        self.finish(Step::Merge);
        if unlucky.is_some() {
            self.surprises.strike(Inject::DifferingMerge);
            self.report_difference()?;
        }
        Ok(())
    }

    /// The comparison of patch ids found a merged commit that nobody was
    /// sent. It is public and cannot be taken back: the distributors get the
    /// patch as it was merged, and the Fix Lead answers for going on.
    fn report_difference(&mut self) -> Result<(), String> {
        let differing: Vec<_> = self.facts.pairs.iter().filter(|pair| !pair.is_same()).cloned().collect();
        for pair in differing {
            let what = format!(
                "{} has patch id {}, the one sent out {}",
                short(&pair.merged),
                short(&pair.merged_patch),
                short(&pair.sent_patch)
            );
            self.record("patch.differs", json!({"branch": pair.branch, "what": what}));
            let text = format!("the commit merged into {} is not the one that was sent: {what}", pair.branch);
            self.happens(&text)?;
            self.clock.pass_minutes(1);
            let verdict = self.ask_one(Question::plain("release"))?;
            if !verdict.allowed {
                self.hold("release", &verdict)?;
            }
            self.clock.pass_minutes(1);
            let name = format!("{}-as-merged.mbox", files::plain_name(&pair.branch));
            let attachments = [(name, self.repository.merged_patch(&pair)?)];
            self.tell_distributors("difference", &attachments, |brief, _| {
                letters::difference(brief, &pair.branch)
            })?;
            let reason =
                "the difference is a comment in a test; the distributors have the patch as it was merged";
            let by = self.lead().handle.clone();
            self.record("override", json!({"gate": "OT-60", "by": by, "reason": reason}));
            let lead = self.lead_name();
            self.act(&lead, &format!("sends the distributors the patch as merged, and goes on: {reason}"))?;
        }
        Ok(())
    }

    fn unlucky_branch(&self) -> String {
        let place = self.surprises.unlucky_branch;
        self.scene.branches.get(place).map_or_else(|| "main".to_owned(), |branch| branch.name.clone())
    }

    /// What is built from a branch: its release, or the branch itself.
    fn version(&self, branch: &str) -> String {
        self.scene
            .branches
            .iter()
            .find(|release| release.name == branch)
            .map_or_else(|| branch.to_owned(), |release| release.fixed.clone())
    }

    pub(super) fn build(&mut self) -> Result<(), String> {
        let manager = self.cast.release_manager().clone();
        let downloads = self.out.join("downloads");
        let unlucky = self.surprises.awaits(Inject::FailingBinary).then(|| self.unlucky_branch());
        for branch in self.scene.all_branches() {
            let now = self.clock.now();
            let version = self.version(&branch);
            if version != branch {
                self.repository.tag_release(&branch, &version, &manager, now)?;
            }
            let broken = unlucky.as_ref() == Some(&branch);
            let download = self.repository.build(&version, &downloads, broken)?;
            match self.repository.probe(&version, &download)? {
                None => {
                    self.record("binaries.verified", branches(std::slice::from_ref(&branch)));
                    let text = format!("builds {version}, downloads it and finds it whole");
                    self.act(&manager.name, &text)?;
                }
                Some(fault) => {
                    let text = format!("the download of {version} does not work: {fault}");
                    self.happens(&text)?;
                    self.facts.broken = Some(branch);
                }
            }
            self.clock.pass_minutes(2);
        }
        self.finish(Step::Build);
        if unlucky.is_some() {
            self.surprises.strike(Inject::FailingBinary);
            self.postpone()?;
        }
        Ok(())
    }

    /// A rebuild does not fit before the announced hour: the release waits,
    /// and those who were told hear of it before that hour.
    fn postpone(&mut self) -> Result<(), String> {
        let verdict = self.ask_one(Question::plain("release"))?;
        let now = self.clock.now();
        if !verdict.allowed {
            self.hold("release", &verdict)?;
        }
        let Some(plan) = self.facts.plan else {
            return Ok(());
        };
        let later = plan.max(now) + Span::hours(2);
        let question = Question::with("release.schedule", "for", later.to_string());
        let verdict = self.ask_one(question)?;
        let release = if verdict.allowed { later } else { verdict.earliest.unwrap_or(later) };
        if !verdict.allowed {
            self.hold("release.schedule", &verdict)?;
        }
        self.record("release.scheduled", json!({"for": release.to_string()}));
        self.facts.plan = Some(release);
        self.owe_correction("a download did not work and is built again");
        self.report_progress(true)?;
        let lead = self.lead_name();
        self.act(&lead, &format!("postpones the release to {}", on(now, release)))
    }

    pub(super) fn rebuild(&mut self) -> Result<(), String> {
        let Some(branch) = self.facts.broken.take() else {
            return Ok(());
        };
        let manager = self.cast.release_manager().clone();
        let version = self.version(&branch);
        let download = self.repository.build(&version, &self.out.join("downloads"), false)?;
        if let Some(fault) = self.repository.probe(&version, &download)? {
            return Err(format!("the rebuilt {version} is broken, too: {fault}; see {}", download.display()));
        }
        self.record("binaries.verified", branches(std::slice::from_ref(&branch)));
        self.finish(Step::Rebuild);
        let text = format!("builds {version} again, downloads it and finds it whole");
        self.act(&manager.name, &text)
    }

    pub(super) fn release(&mut self, answer: &Answer) -> Result<(), String> {
        let channels = self.channels(answer);
        if !self.may(Step::Release, &[Question::plain("release")])? {
            return Ok(());
        }
        let now = self.clock.now();
        self.repository.publish_tags()?;
        let versions: Vec<_> = self.scene.branches.iter().map(|branch| branch.fixed.clone()).collect();
        let mut fields = json!({"versions": versions});
        if let (Some(path), Value::Object(fields)) = (answer.release_path(), &mut fields) {
            fields.insert("kind".to_owned(), json!(path));
        }
        self.record("released", fields);
        self.facts.released_at = Some(now);
        self.facts.plan = Some(now);
        self.finish(Step::Release);
        let manager = self.cast.release_manager().name.clone();
        self.act(&manager, &format!("releases {}", letters::fixed_versions(&self.scene)))?;
        let (lead, reporter) = (&self.lead().name, &self.cast.reporter.name);
        advisory::write(&self.out, &self.scene, &self.facts, lead, reporter, now)?;
        // Whoever may release may announce at the same instant. That cannot be
        // asked first: a question sees only what lies before it.
        self.announce_on(&channels)
    }

    /// Where the release is announced: where the policy says, or where the
    /// project usually does.
    fn channels(&self, answer: &Answer) -> Vec<String> {
        let mut channels: Vec<String> = answer
            .duties()
            .into_iter()
            .filter(|duty| duty.id == "announce" && duty.state != "not-applicable")
            .filter_map(|duty| duty.subject)
            .collect();
        if channels.is_empty() {
            let usual: &[&str] = match self.scene.habit {
                Habit::Lists => &["general", "oss-security", "slack", "tracking-issue"],
                Habit::Chat => &["slack"],
            };
            channels = usual.iter().map(|channel| (*channel).to_owned()).collect();
        }
        if answer.release_path().as_deref() == Some("patch") {
            channels.push("release-notes".to_owned());
        }
        channels.sort();
        channels.dedup();
        channels
    }

    pub(super) fn announce(&mut self, answer: &Answer) -> Result<(), String> {
        let mut missing = self.channels(answer);
        missing.retain(|channel| !self.facts.announced.contains(channel));
        if missing.is_empty() {
            missing.push("slack".to_owned());
        }
        let questions: Vec<_> =
            missing.iter().map(|channel| Question::with("announce", "channel", channel.as_str())).collect();
        if self.may(Step::Announce, &questions)? { self.announce_on(&missing) } else { Ok(()) }
    }

    fn announce_on(&mut self, channels: &[String]) -> Result<(), String> {
        let now = self.clock.now();
        let lead = self.lead().clone();
        let (subject, body) = letters::announcement(&self.brief(&lead.name));
        let chat = letters::chat_announcement(&self.brief(&lead.name));
        for channel in channels {
            match channel.as_str() {
                "slack" => self.boards.post(self.announcements(), &lead.name, &chat, now)?,
                "tracking-issue" => {
                    let title = format!("{}: {}", self.scene.cve, self.scene.flaw.title);
                    self.boards.track(&lead.name, &format!("# {title}\n\n{body}"), now)?;
                    let fields = json!({"url": self.scene.tracking_url(), "title": title});
                    self.record("tracking.opened", fields);
                }
                "release-notes" => {
                    let notes = letters::release_notes(&self.brief(&lead.name));
                    files::write(&self.out.join("release-notes.md"), notes)?;
                }
                other => {
                    let to = if other == "general" { self.list("announce") } else { oss_security() };
                    let letter = Letter {
                        kind: "announcement",
                        from: mailbox(&lead),
                        to: vec![to],
                        subject: subject.clone(),
                        body: body.clone(),
                        attachments: Vec::new(),
                        secrecy: Secrecy::Public,
                        answers: None,
                    };
                    self.send(&letter)?;
                }
            }
            self.facts.announced.push(channel.clone());
        }
        let mut links = vec![self.scene.advisory_url(), self.scene.notes_url()];
        if self.scene.habit == Habit::Lists {
            links.push(self.scene.tracking_url());
        }
        self.record("announced", json!({"channels": channels, "links": links}));
        if !self.is_done(Step::Announce) {
            let thanks = letters::thanks(&self.brief(&lead.name));
            self.tell_reporter("thanks", thanks)?;
            self.finish(Step::Announce);
        }
        let lead = self.lead_name();
        self.act(&lead, &format!("announces the release on {}", channels.join(", ")))
    }

    pub(super) fn populate_cve(&mut self) -> Result<(), String> {
        if !self.may(Step::PopulateCve, &[Question::plain("cve.publish")])? {
            return Ok(());
        }
        self.record("cve.published", json!({"id": self.scene.cve}));
        self.finish(Step::PopulateCve);
        let lead = self.lead_name();
        let text = format!("fills in the record of {}", self.scene.cve);
        self.act(&lead, &text)
    }

    pub(super) fn close_tracking(&mut self) -> Result<(), String> {
        if !self.may(Step::CloseTracking, &[Question::plain("tracking.close")])? {
            return Ok(());
        }
        let now = self.clock.now();
        let lead = self.lead().name.clone();
        self.boards.track(&lead, "Announced, released and recorded. Closed.", now)?;
        self.record("tracking.closed", json!({"url": self.scene.tracking_url()}));
        self.finish(Step::CloseTracking);
        let lead = self.lead_name();
        self.act(&lead, "closes the tracking issue")
    }

    pub(super) fn revoke_team(&mut self) -> Result<(), String> {
        for who in self.facts.team.clone() {
            self.record("fixteam.revoked", json!({"who": who}));
        }
        if self.facts.team.is_empty() {
            self.record("fixteam.revoked", json!({}));
        }
        self.finish(Step::RevokeTeam);
        let lead = self.lead_name();
        let text = "removes the Fix Team from the private fork";
        self.act(&lead, text)
    }

    pub(super) fn send_retrospective(&mut self, answer: &Answer) -> Result<(), String> {
        let lead = self.lead().clone();
        let text = retrospective::draft(self, answer)?;
        let to = self.response_list();
        let letter = Letter {
            kind: "retrospective",
            from: mailbox(&lead),
            to: vec![to.clone()],
            subject: format!("Retrospective of {}", self.scene.cve),
            body: text,
            attachments: Vec::new(),
            secrecy: Secrecy::Public,
            answers: None,
        };
        self.send(&letter)?;
        self.record(
            "retro.sent",
            json!({"to": to.address, "parts": ["people", "timeline", "introduced-by", "critique"]}),
        );
        self.finish(Step::Retrospective);
        let lead = self.lead_name();
        let text = "sends the retrospective: people, timeline, where it came from, critique";
        self.act(&lead, text)
    }

    pub(super) fn send_feedback(&mut self) -> Result<(), String> {
        let by = self.cast.release_manager().clone();
        let to = self.response_list();
        let letter = Letter {
            kind: "feedback",
            from: mailbox(&by),
            to: vec![to.clone()],
            subject: format!("Feedback on {}", self.scene.cve),
            body: "What helped: the prepared patches went in unchanged wherever we left them alone.\nWhat to change: I would like to build the release candidates a day earlier, in private.\n".to_owned(),
            attachments: Vec::new(),
            secrecy: Secrecy::Public,
            answers: None,
        };
        self.send(&letter)?;
        self.record("feedback.sent", json!({"by": by.handle, "to": to.address, "parts": ["critique"]}));
        self.finish(Step::Feedback);
        self.act(&by.name, "sends feedback on the process")
    }

    pub(super) fn close_case(&mut self) -> Result<(), String> {
        if !self.may(Step::CloseCase, &[Question::plain("case.close")])? {
            return Ok(());
        }
        self.record("case.closed", json!({"reason": "released, announced and looked back on"}));
        self.facts.closed = true;
        self.finish(Step::CloseCase);
        let lead = self.lead_name();
        self.act(&lead, "closes the case")
    }
}

/// The public list for announcements of this kind, as the rehearsal has it.
fn oss_security() -> Mailbox {
    Mailbox { name: "oss-security".to_owned(), address: "oss-security@lists.example".to_owned() }
}
