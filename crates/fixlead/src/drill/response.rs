//! The acts from the report to the complete fix.

use serde_json::json;

use super::answer::Answer;
use super::history::Question;
use super::injects::Inject;
use super::letters;
use super::mail::{Letter, Secrecy};
use super::rehearsal::{Rehearsal, branches, mailbox};
use super::repository::Commit;
use super::scene::Habit;
use super::steps::Step;

impl Rehearsal<'_> {
    pub(super) fn report(&mut self) -> Result<(), String> {
        let reporter = self.cast.reporter.clone();
        let (subject, body) = letters::report(&self.brief(""), &reporter.name);
        let letter = Letter {
            kind: "report",
            from: mailbox(&reporter),
            to: vec![self.list("security")],
            subject,
            body,
            attachments: Vec::new(),
            secrecy: Secrecy::Embargoed { until: None },
            answers: None,
        };
        self.facts.report = self.send(&letter)?;
        self.record(
            "report.received",
            json!({"visibility": "private", "channel": "mail", "reporter": reporter.handle}),
        );
        let text = format!("reports by mail: {}", self.scene.flaw.title);
        self.act(&format!("{} (reporter)", reporter.name), &text)
    }

    pub(super) fn acknowledge(&mut self) -> Result<(), String> {
        let by = self.cast.responders.first().unwrap_or(&self.cast.reporter).clone();
        let reporter = self.cast.reporter.clone();
        let (subject, body) = letters::acknowledgement(&self.brief(""), &by.name);
        let letter = Letter {
            kind: "acknowledgement",
            from: mailbox(&by),
            to: vec![mailbox(&reporter)],
            subject,
            body,
            attachments: Vec::new(),
            secrecy: self.secrecy(),
            answers: Some(self.facts.report.clone()),
        };
        self.send(&letter)?;
        self.record("report.acknowledged", json!({"by": by.handle}));
        self.record("triage.started", json!({"by": by.handle}));
        self.finish(Step::Acknowledge);
        self.act(&by.name, "acknowledges the report and tries to reproduce it")
    }

    pub(super) fn triage(&mut self) -> Result<(), String> {
        let by = self.cast.responders.first().unwrap_or(&self.cast.reporter).clone();
        self.record("triage.decided", json!({"disposition": "valid", "by": by.handle}));
        let affected = self.scene.all_branches();
        self.record("affected.set", branches(&affected));
        self.finish(Step::Triage);
        let text = format!("reproduces it; affected: {}", affected.join(", "));
        self.act(&by.name, &text)
    }

    pub(super) fn take_lead(&mut self, answer: &Answer) -> Result<(), String> {
        let (handle, text) = match self.scene.habit {
            Habit::Lists => {
                let handle = self.on_duty(answer);
                self.record("fixlead.assigned", json!({"who": handle, "how": "rotation"}));
                (handle, "becomes Fix Lead, as the rotation says")
            }
            Habit::Chat => {
                let place = self.dice.place(self.cast.responders.len());
                let handle = self.cast.responders.get(place).unwrap_or(&self.cast.reporter).handle.clone();
                self.record("fixlead.volunteered", json!({"who": handle}));
                (handle, "volunteers as Fix Lead")
            }
        };
        self.facts.lead = Some(handle);
        self.finish(Step::TakeLead);
        let name = self.lead().name.clone();
        self.act(&name, text)
    }

    pub(super) fn accept_lead(&mut self) -> Result<(), String> {
        if let Some(handle) = self.facts.handing_to.take() {
            self.record("fixlead.accepted", json!({"who": handle}));
            let former = self.lead().name.clone();
            self.facts.former_leads.push(former);
            self.facts.lead = Some(handle);
            self.finish(Step::AcceptLead);
            let name = self.lead().name.clone();
            self.act(&name, "accepts, and leads the fix from now on")?;
        }
        Ok(())
    }

    pub(super) fn ask_private(&mut self) -> Result<(), String> {
        self.record("reporter.asked-private", json!({"by": self.lead().handle}));
        let lead = self.lead_name();
        let text = "asks the reporter to take it down and handle it privately";
        self.act(&lead, text)?;
        self.clock.pass_minutes(20);
        self.record("reporter.answered-private", json!({"answer": "declined"}));
        self.finish(Step::AskPrivate);
        let reporter = format!("{} (reporter)", self.cast.reporter.name);
        self.act(&reporter, "declines")
    }

    pub(super) fn add_fix_team(&mut self) -> Result<(), String> {
        let manager = self.cast.release_manager().handle.clone();
        // Everyone whom OWNERS names for what is affected.
        let owners = self.cast.owners.iter().chain(&self.cast.root_owners);
        let mut engineers: Vec<String> = owners.map(|who| who.handle.clone()).collect();
        for who in &engineers {
            self.record("fixteam.added", json!({"who": who, "role": "engineer"}));
        }
        self.record("fixteam.added", json!({"who": manager, "role": "release-manager"}));
        engineers.push(manager);
        let names: Vec<_> = engineers.iter().map(|who| self.cast.person(who).name.clone()).collect();
        self.facts.team = engineers;
        self.finish(Step::FixTeam);
        let lead = self.lead_name();
        let text = format!("reads OWNERS and brings in the Fix Team: {}", names.join(", "));
        self.act(&lead, &text)
    }

    pub(super) fn send_overview(&mut self) -> Result<(), String> {
        let team: Vec<_> = self.facts.team.iter().map(|who| self.cast.person(who).clone()).collect();
        let names: Vec<_> = team.iter().map(|who| who.name.clone()).collect();
        let lead = self.lead().clone();
        let (subject, body) = letters::overview(&self.brief(&lead.name), &names);
        let letter = Letter {
            kind: "overview",
            from: mailbox(&lead),
            to: team.iter().map(mailbox).collect(),
            subject,
            body,
            attachments: Vec::new(),
            secrecy: self.secrecy(),
            answers: Some(self.facts.report.clone()),
        };
        let id = self.send(&letter)?;
        self.record("overview.sent", json!({"message_id": id}));
        self.finish(Step::Overview);
        let lead = self.lead_name();
        self.act(&lead, "sends the Fix Team an overview of the process")
    }

    pub(super) fn score(&mut self) -> Result<(), String> {
        let scene = &self.scene;
        let fields = json!({
            "vector": scene.vector(),
            "score": scene.flaw.score,
            "version": scene.cvss_version(),
            "group": "base",
            "final": true,
            "by": self.lead().handle,
        });
        let text = format!(
            "makes the final call on the score: {:.1} ({}), {}",
            scene.flaw.score,
            scene.flaw.severity,
            scene.vector()
        );
        self.record("score.set", fields);
        self.finish(Step::Score);
        let lead = self.lead_name();
        self.act(&lead, &text)
    }

    pub(super) fn assign_cve(&mut self) -> Result<(), String> {
        self.record("cve.assigned", json!({"id": self.scene.cve}));
        self.finish(Step::AssignCve);
        let lead = self.lead_name();
        let text = format!("gets {} from the numbering authority", self.scene.cve);
        self.act(&lead, &text)
    }

    /// Somebody would like to tell people at once; the engine says whether
    /// that may be. Nothing is sent either way: there is no date to state.
    pub(super) fn ask_too_early(&mut self, answer: &Answer) -> Result<(), String> {
        self.finish(Step::AskTooEarly);
        let (action, words) = if answer.undone("advance-notice").is_empty() {
            ("notice.forthcoming", "users")
        } else {
            ("notice.advance", "the distributors")
        };
        let lead = self.lead_name();
        self.act(&lead, &format!("asks whether {words} may be told already"))?;
        let verdict = self.ask_one(Question::plain(action))?;
        if verdict.allowed {
            let text = "waits all the same: there is no realistic date to state yet";
            self.act(&lead, text)
        } else {
            self.hold(action, &verdict)
        }
    }

    pub(super) fn develop_mitigation(&mut self) -> Result<(), String> {
        self.record("mitigation.developed", json!({"text": self.scene.flaw.mitigation}));
        self.finish(Step::Mitigation);
        let name = self.cast.engineer().name.clone();
        self.act(&name, "finds what users can do until they upgrade")
    }

    fn propose(&mut self, commits: &[Commit]) {
        for commit in commits {
            self.record(
                "commit.proposed",
                json!({
                    "id": commit.id,
                    "author": commit.author,
                    "paths": commit.paths,
                    "branch": commit.branch,
                    "title": commit.subject,
                }),
            );
            self.facts.unreviewed.push(commit.id.clone());
        }
    }

    pub(super) fn write_fix(&mut self) -> Result<(), String> {
        let author = self.cast.engineer().clone();
        let commits = self.repository.write_fix(&author, self.clock.now())?;
        self.clock.pass_minutes(25);
        self.propose(&commits);
        self.finish(Step::WriteFix);
        let text = format!("pushes the fix to the private fork: {}", short_ids(&commits));
        self.act(&author.name, &text)
    }

    /// The reviewers give their LGTM to every commit that waits for one.
    fn approve_commits(&mut self, what: &str) -> Result<(), String> {
        let waiting = std::mem::take(&mut self.facts.unreviewed);
        let reviewers: Vec<_> = self.cast.reviewers().into_iter().cloned().collect();
        for reviewer in reviewers {
            self.record("lgtm", json!({"by": reviewer.handle, "on": waiting}));
            let count = waiting.len();
            let text = match count {
                1 => format!("gives an LGTM to {what}, 1 commit"),
                _ => format!("gives an LGTM to {what}, {count} commits"),
            };
            self.act(&reviewer.name, &text)?;
            self.clock.pass_minutes(self.dice.between(5, 40));
        }
        Ok(())
    }

    pub(super) fn review(&mut self) -> Result<(), String> {
        self.approve_commits("the fix")?;
        self.finish(Step::Review);
        if self.surprises.awaits(Inject::RewrittenCommit) {
            self.surprises.strike(Inject::RewrittenCommit);
            self.clock.pass_minutes(35);
            let author = self.cast.engineer().clone();
            let now = self.clock.now();
            let (from, to) = self.repository.rewrite_last(&author, now)?;
            self.record("commit.rewritten", json!({"from": from, "to": to}));
            self.facts.needs_second_review = true;
            let text = format!(
                "{} rewrites {} after its LGTM; it is {} now, and the LGTM is void",
                author.name,
                short(&from),
                short(&to)
            );
            self.happens(&text)?;
            self.facts.unreviewed.push(to);
            self.clock.pass_minutes(5);
            let verdict = self.ask_one(Question::plain("fix.complete"))?;
            if !verdict.allowed {
                self.hold("fix.complete", &verdict)?;
            }
        }
        Ok(())
    }

    pub(super) fn review_again(&mut self) -> Result<(), String> {
        self.facts.needs_second_review = false;
        self.finish(Step::ReviewAgain);
        self.approve_commits("the rewritten fix")
    }

    pub(super) fn backport(&mut self) -> Result<(), String> {
        let author = self.cast.engineer().clone();
        for branch in self.scene.branches.clone() {
            let now = self.clock.now();
            let (commits, conflict) = self.repository.backport(&branch.name, &author, now)?;
            let text = match &conflict {
                Some(conflict) => format!(
                    "backports the fix to {}: git stops at a conflict in {}, which is resolved by hand",
                    conflict.branch, conflict.path
                ),
                None => format!("backports the fix to {}: git picks it cleanly", branch.name),
            };
            self.clock.pass_minutes(if conflict.is_some() { 95 } else { 15 });
            if conflict.is_some() {
                self.facts.conflict = conflict;
            }
            self.propose(&commits);
            self.act(&author.name, &format!("{text} ({})", short_ids(&commits)))?;
        }
        self.finish(Step::Backport);
        Ok(())
    }

    pub(super) fn review_backports(&mut self) -> Result<(), String> {
        self.approve_commits("the backports")?;
        self.finish(Step::ReviewBackports);
        Ok(())
    }

    pub(super) fn complete_fix(&mut self) -> Result<(), String> {
        if !self.may(Step::CompleteFix, &[Question::plain("fix.complete")])? {
            return Ok(());
        }
        let engineer = self.cast.engineer().clone();
        let (by, text) = match self.scene.habit {
            Habit::Lists => (engineer.clone(), "tells the Fix Lead that the fix is complete on all branches"),
            Habit::Chat => {
                (self.lead().clone(), "tells the maintainers that the fix is complete on all branches")
            }
        };
        self.record("fix.complete", json!({"by": by.handle}));
        self.finish(Step::CompleteFix);
        self.act(&by.name, text)
    }
}

/// The first characters of a commit id.
pub fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

fn short_ids(commits: &[Commit]) -> String {
    let ids: Vec<_> = commits.iter().map(|commit| short(&commit.id)).collect();
    ids.join(", ")
}
