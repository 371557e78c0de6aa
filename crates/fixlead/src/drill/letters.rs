//! The texts of a rehearsal: what is written to whom, in our own words and
//! with all that the clauses ask for.

use fixlead_core::time::Instant;

use super::clock::stamp;
use super::scene::{Habit, Scene};

/// What a writer knows.
#[derive(Clone, Debug)]
pub struct Brief<'a> {
    /// The stage.
    pub scene: &'a Scene,
    /// The name of the Fix Lead.
    pub lead: &'a str,
    /// The planned or actual release.
    pub release: Option<Instant>,
    /// The name of the reporter, who asked to be credited by it.
    pub reporter: &'a str,
    /// What is public before the release, and since when.
    pub public: &'a [(Instant, String)],
    /// Whether somebody is known to exploit the flaw.
    pub exploited: bool,
}

/// Subject and text.
pub type Text = (String, String);

impl Brief<'_> {
    fn release_words(&self) -> String {
        self.release.map_or_else(|| "an hour still to be named".to_owned(), stamp)
    }

    /// What is public already, and what is still asked; nothing before that.
    /// What everybody can read is under no embargo any more.
    fn publicity(&self) -> Option<String> {
        let lines: Vec<_> =
            self.public.iter().map(|(since, what)| format!("- {what}, since {}\n", stamp(*since))).collect();
        if lines.is_empty() {
            return None;
        }
        Some(format!(
            "Public already:\n\n{}\nThat needs no secrecy any more. We still ask you to add nothing to it before the release: whatever else stands here would help attackers until users can upgrade.",
            lines.concat()
        ))
    }

    fn affected(&self) -> String {
        let lines: Vec<_> = self
            .scene
            .branches
            .iter()
            .map(|branch| {
                format!("- {}: up to {}, fixed in {}\n", branch.name, branch.affected, branch.fixed)
            })
            .collect();
        lines.concat()
    }

    fn facts(&self) -> String {
        let (scene, flaw) = (self.scene, self.scene.flaw);
        let exploited = if self.exploited { "- Exploitation: seen in the logs of a user\n" } else { "" };
        format!(
            "- Id: {}\n- Severity: {} (CVSS {} score {:.1}, {})\n- Weakness: {}\n{exploited}\nWhat is wrong: {}\n\nImpact: {}\n\nAffected and fixed versions:\n\n{}\nUntil you upgrade: {}\n",
            scene.cve,
            flaw.severity,
            scene.cvss_version(),
            flaw.score,
            scene.vector(),
            flaw.weakness,
            flaw.summary,
            flaw.impact,
            self.affected(),
            flaw.mitigation
        )
    }
}

/// The report that starts it all.
pub fn report(brief: &Brief, reporter: &str) -> Text {
    let flaw = brief.scene.flaw;
    (
        format!("Suspected vulnerability in {}", flaw.component),
        format!(
            "Hello,\n\nI believe {} has a security problem: {}.\n\n{}\n{}\n\nSteps: see {}, the line with `{}`. I saw it in {}.\nI would like to be credited as {reporter}, and have told nobody else.\n\n{reporter}\n",
            brief.scene.project,
            flaw.title,
            flaw.summary,
            flaw.impact,
            flaw.path(),
            flaw.trace,
            brief.scene.branches.first().map_or("main", |branch| branch.affected.as_str()),
        ),
    )
}

/// The answer to the reporter.
pub fn acknowledgement(brief: &Brief, by: &str) -> Text {
    let asked = match brief.publicity() {
        None => "Please keep it to yourself until then".to_owned(),
        Some(publicity) => format!("{publicity}\n\nWhen it is fixed"),
    };
    (
        format!("Re: Suspected vulnerability in {}", brief.scene.flaw.component),
        format!(
            "Dear {0},\n\nthank you, your report has arrived and a person has read it. We will tell you whether we can reproduce it, who leads the fix, and the day of the release.\n\n{asked}; you will be credited as {0}.\n\n{by}\nfor the {1} security team\n",
            brief.reporter, brief.scene.project
        ),
    )
}

/// What the reporter hears when the release has a date, or `another` one.
pub fn progress(brief: &Brief, another: bool) -> Text {
    let asked = brief.publicity().unwrap_or_else(|| "Please keep it to yourself until then.".to_owned());
    let news = if another {
        format!("the release has another date: {}.", brief.release_words())
    } else {
        format!(
            "we have reproduced what you reported, and there is a fix. It has the id {}, and is to be released on {}. {} leads the fix.",
            brief.scene.cve,
            brief.release_words(),
            brief.lead
        )
    };
    (
        format!("Re: Suspected vulnerability in {}", brief.scene.flaw.component),
        format!(
            "Dear {0},\n\n{news}\n\n{asked}\n\nThe announcement will say that {0} found it. Tell us if that should read otherwise.\n\n{1}, Fix Lead\n",
            brief.reporter, brief.lead
        ),
    )
}

/// What the reporter hears when it is done.
pub fn thanks(brief: &Brief) -> Text {
    (
        format!("Re: Suspected vulnerability in {}", brief.scene.flaw.component),
        format!(
            "Dear {},\n\nthe fix is released and announced: {}\n\nYou are credited there by name. Thank you for your report; tell us what we could have done better.\n\n{}, Fix Lead\n",
            brief.reporter,
            brief.scene.advisory_url(),
            brief.lead
        ),
    )
}

/// The overview of the process for the Fix Team.
pub fn overview(brief: &Brief, team: &[String]) -> Text {
    let now = if brief.public.is_empty() {
        "the flaw is private. The report is in this thread. Talk about it here and nowhere else.".to_owned()
    } else {
        let known: Vec<_> =
            brief.public.iter().map(|(since, what)| format!("{what}, since {}", stamp(*since))).collect();
        format!(
            "public is {}. The fix is not. The report is in this thread. Talk about the fix here and nowhere else.",
            known.join("; ")
        )
    };
    (
        "Fix Team: what happens now, and your part in it".to_owned(),
        format!(
            "You are in this thread because you own the affected code or make our releases: {}.\n\n\
1. Now: {now}\n\
2. First days: we write the fix in the private fork, score it, get an id, and review every commit. An LGTM counts for the commit you read; a rewritten commit needs a new one, and never from its author.\n\
3. When it is complete: we plan the release date and prepare the patches for main and {} release branches.\n\
4. Before the release: those whom our policy lets us tell get their notices with date and hour in UTC.\n\
5. Release day: the prepared patches are approved and merged unchanged; the binaries are built, published and tried; then everything is announced at one instant.\n\
6. After it: the record is filled in, your access ends, and we write down without blame what went well and what did not.\n\n\
Ask me anything, at any hour.\n\n{}, Fix Lead\n",
            team.join(", "),
            brief.scene.branches.len(),
            brief.lead
        ),
    )
}

/// The advance notice for a distributor.
pub fn advance(brief: &Brief, distributor: &str) -> Text {
    let branches = brief.scene.all_branches();
    let secrecy = brief.publicity().map_or_else(
        || "Until then everything below is embargoed: prepare your packages, publish nothing, and tell only those who build them.".to_owned(),
        |publicity| format!("Please prepare your packages.\n\n{publicity}"),
    );
    let last = if brief.public.is_empty() {
        "Please confirm that this arrived, and tell us at once if anything leaks."
    } else {
        "Please confirm that this arrived."
    };
    (
        // A subject is never encrypted, so it says nothing about the flaw.
        format!("Advance notice of a security release: {}", brief.release_words()),
        format!(
            "To {distributor}. This copy is marked as yours.\n\n{} will publish a security release on {}. {secrecy}\n\n{}\nPatches for {} are attached, one mailbox each; they will be merged unchanged. To reproduce: take the test {} from the patch without the rest, and run `{}`.\n\nTimeline: a last notice with the public wording follows before the release. The release and the announcement: {}.\n\n{last}\n\n{}, Fix Lead\n",
            brief.scene.project,
            brief.release_words(),
            brief.facts(),
            branches.join(", "),
            brief.scene.flaw.test_path(),
            brief.scene.flaw.test_command(),
            brief.release_words(),
            brief.lead
        ),
    )
}

/// The pre-release notice for a distributor, with the public wording.
pub fn prerelease(brief: &Brief, distributor: &str) -> Text {
    let (_, wording) = announcement(brief);
    let secrecy = brief.publicity().map_or_else(
        || " Nothing of it may be public before that hour.".to_owned(),
        |it| format!("\n\n{it}"),
    );
    (
        format!("Release notice: {}", brief.release_words()),
        format!(
            "To {distributor}.\n\nThe release is announced on {}.{secrecy}\n\nThe public wording will be:\n\n{}\n\n{}, Fix Lead\n",
            brief.release_words(),
            indent(&wording),
            brief.lead
        ),
    )
}

/// A correction of an earlier notice, for those who got it in confidence.
pub fn correction(brief: &Brief, reason: &str) -> Text {
    let rest = brief.publicity().map_or_else(
        || "Everything else in the notice stands.".to_owned(),
        |publicity| format!("The patches in the notice stand; the embargo in it does not. {publicity}"),
    );
    (
        format!("Correction: the release is now {}", brief.release_words()),
        format!(
            "The release date in our earlier notice no longer holds. The new date and hour: {}.\n\nReason: {reason}.\n\n{rest}\n\n{}, Fix Lead\n",
            brief.release_words(),
            brief.lead
        ),
    )
}

/// A correction of what users were told.
pub fn correction_for_users(brief: &Brief) -> String {
    format!(
        "Correction: the release is now {0}.\n\nThe date in our earlier message no longer holds: the fixed versions come on {0}. Please reserve time then.{1}\n\nUntil then: {2}\n\n{3}, Fix Lead",
        brief.release_words(),
        if brief.public.is_empty() {
            String::new()
        } else {
            format!(" The flaw is public: {}.", brief.scene.flaw.title)
        },
        brief.scene.flaw.mitigation,
        brief.lead
    )
}

/// What distributors hear when a merged commit is not the one they have.
pub fn difference(brief: &Brief, branch: &str) -> Text {
    (
        format!("Changed patch on {branch}"),
        format!(
            "One commit that is now on {branch} differs from the patch we sent you. The merged one is attached; compare it with yours before you publish. The release stays on {}.\n\nWe are sorry for the extra work, and will write down how it came about.\n\n{}, Fix Lead\n",
            brief.release_words(),
            brief.lead
        ),
    )
}

/// The notice of a forthcoming fix for users: no details, but an hour.
pub fn forthcoming(brief: &Brief) -> String {
    let known = match brief.public.first() {
        Some((since, _)) => {
            format!("The flaw has been public since {}: {}.", stamp(*since), brief.scene.flaw.title)
        }
        None => "Details follow with the release.".to_owned(),
    };
    format!(
        "A security vulnerability in {} has been disclosed to us. A fix will be available in this channel on {} (the release date). {known}\n\nPlease reserve time then to upgrade to {}.\n\nUntil then: {}\n\n{}, Fix Lead",
        brief.scene.project,
        brief.release_words(),
        fixed_versions(brief.scene),
        brief.scene.flaw.mitigation,
        brief.lead
    )
}

/// The announcement of the release.
pub fn announcement(brief: &Brief) -> Text {
    let scene = brief.scene;
    let issue = match scene.habit {
        Habit::Lists => format!("- Tracking issue: {}\n", scene.tracking_url()),
        Habit::Chat => String::new(),
    };
    (
        format!("{} security release {} - {}", scene.project, fixed_versions(scene), scene.cve),
        format!(
            "New releases of {} fix a vulnerability: {}.\n\n{}\nHow to apply the fix: replace the running version by the fixed one of your release branch and restart; no configuration changes. If you run a package of a distributor, take theirs.\n\n- Downloads: https://{}/downloads/\n- Release notes: {}\n- Advisory: {}\n{issue}- Record: https://www.cve.org/CVERecord?id={}\n\nFound and reported by {}. Thank you.\n\n{}, Fix Lead\n",
            scene.project,
            scene.flaw.title,
            brief.facts(),
            scene.domain,
            scene.notes_url(),
            scene.advisory_url(),
            scene.cve,
            brief.reporter,
            brief.lead
        ),
    )
}

/// The announcement, short enough for a chat.
pub fn chat_announcement(brief: &Brief) -> String {
    let (scene, flaw) = (brief.scene, brief.scene.flaw);
    format!(
        "{} {} are out and fix {} ({}, {:.1}): {}.\nWho is affected: everyone on an earlier version of these branches.\nUpgrade: {} - replace and restart. Until then: {}\n{}https://{}/downloads/ and {}\nFound and reported by {}.\n{}, Fix Lead",
        scene.project,
        fixed_versions(scene),
        scene.cve,
        flaw.severity,
        flaw.score,
        flaw.title,
        fixed_versions(scene),
        flaw.mitigation,
        if brief.exploited { "Somebody exploits it: look into your logs.\n" } else { "" },
        scene.domain,
        scene.advisory_url(),
        brief.reporter,
        brief.lead
    )
}

/// The entry in the release notes.
pub fn release_notes(brief: &Brief) -> String {
    let scene = brief.scene;
    format!(
        "# {} {}\n\n## Security\n\n- {}: {}. {} Found and reported by {}. See {}\n",
        scene.project,
        fixed_versions(scene),
        scene.cve,
        scene.flaw.title,
        scene.flaw.summary,
        brief.reporter,
        scene.advisory_url()
    )
}

/// The versions with the fix, newest first.
pub fn fixed_versions(scene: &Scene) -> String {
    let versions: Vec<_> = scene.branches.iter().map(|branch| branch.fixed.as_str()).collect();
    versions.join(", ")
}

fn indent(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}
