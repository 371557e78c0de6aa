//! The texts of a rehearsal: what is written to whom, in our own words and
//! with all that the clauses ask for.

use fixlead_core::time::Instant;

use super::clock::stamp;
use super::scene::Scene;

/// What a writer knows.
#[derive(Clone, Debug)]
pub struct Brief<'a> {
    /// The stage.
    pub scene: &'a Scene,
    /// The name of the Fix Lead.
    pub lead: &'a str,
    /// The planned or actual release.
    pub release: Option<Instant>,
    /// Whether the case is public already.
    pub public: bool,
}

/// Subject and text.
pub type Text = (String, String);

impl Brief<'_> {
    fn release_words(&self) -> String {
        self.release.map_or_else(|| "an hour still to be named".to_owned(), stamp)
    }

    fn affected(&self) -> String {
        let lines: Vec<_> = self
            .scene
            .branches
            .iter()
            .map(|branch| {
                format!("  {}: up to {}, fixed in {}\n", branch.name, branch.affected, branch.fixed)
            })
            .collect();
        lines.concat()
    }

    fn facts(&self) -> String {
        let (scene, flaw) = (self.scene, self.scene.flaw);
        format!(
            "Id: {}\nSeverity: {} (CVSS {} score {:.1}, {})\nWeakness: {}\n\nWhat is wrong: {}\nImpact: {}\n\nAffected and fixed versions:\n{}\nUntil you upgrade: {}\n",
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
pub fn acknowledgement(brief: &Brief, reporter: &str, by: &str) -> Text {
    (
        format!("Re: Suspected vulnerability in {}", brief.scene.flaw.component),
        format!(
            "Dear {reporter},\n\nthank you, your report has arrived and a person has read it. We will tell you whether we can reproduce it, who leads the fix, and the day of the release. Please keep it to yourself until then; you will be credited as you asked.\n\n{by}\nfor the {} security team\n",
            brief.scene.project
        ),
    )
}

/// The overview of the process for the Fix Team.
pub fn overview(brief: &Brief, team: &[String]) -> Text {
    (
        "Fix Team: what happens now, and your part in it".to_owned(),
        format!(
            "You are in this thread because you own the affected code or make our releases: {}.\n\n\
1. Now: the flaw is private. The report is in this thread. Talk about it here and nowhere else.\n\
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
    (
        // A subject is never encrypted, so it says nothing about the flaw.
        format!("Advance notice of a security release: {}", brief.release_words()),
        format!(
            "To {distributor}. This copy is marked as yours.\n\n{} will publish a security release on {}. Until then everything below is embargoed: prepare your packages, publish nothing, and tell only those who build them.\n\n{}\nPatches for {} are attached, one mailbox each; they will be merged unchanged. To reproduce: take the test {} from the patch without the rest, and run `{}`.\n\nTimeline: a last notice with the public wording follows at least a day before the release. Public disclosure: {}.\nPlease confirm that this arrived, and tell us at once if anything leaks.\n\n{}, Fix Lead\n",
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
    let (_, public) = announcement(brief);
    (
        format!("Release notice: {}", brief.release_words()),
        format!(
            "To {distributor}.\n\nThe release is announced on {}. Nothing of it may be public before that hour.\n\nThe public wording will be:\n\n{}\n\n{}, Fix Lead\n",
            brief.release_words(),
            indent(&public),
            brief.lead
        ),
    )
}

/// A correction of an earlier notice.
pub fn correction(brief: &Brief, reason: &str) -> Text {
    (
        format!("Correction: the release is now {}", brief.release_words()),
        format!(
            "The release date in our earlier notice no longer holds. The new date and hour: {}.\n\nReason: {reason}\n\nEverything else in the notice stands.\n\n{}, Fix Lead\n",
            brief.release_words(),
            brief.lead
        ),
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
    let known = if brief.public {
        format!("The flaw is public: {}.", brief.scene.flaw.title)
    } else {
        "Details follow with the release.".to_owned()
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
    (
        format!("{} security release {} - {}", scene.project, fixed_versions(scene), scene.cve),
        format!(
            "New releases of {} fix a vulnerability: {}.\n\n{}\nHow to apply the fix: replace the running version by the fixed one of your release branch and restart; no configuration changes. If you run a package of a distributor, take theirs.\n\nDownloads: https://{}/downloads/\nRelease notes: {}\nAdvisory: {}\nTracking issue: {}\nRecord: https://www.cve.org/CVERecord?id={}\n\nThanks to the reporter, who told us first.\n\n{}, Fix Lead\n",
            scene.project,
            scene.flaw.title,
            brief.facts(),
            scene.domain,
            scene.notes_url(),
            scene.advisory_url(),
            scene.tracking_url(),
            scene.cve,
            brief.lead
        ),
    )
}

/// The announcement, short enough for a chat.
pub fn chat_announcement(brief: &Brief) -> String {
    let (scene, flaw) = (brief.scene, brief.scene.flaw);
    format!(
        "{} {} are out and fix {} ({}, {:.1}): {}.\nWho is affected: everyone on an earlier version of these branches.\nUpgrade: {} - replace and restart. Until then: {}\nhttps://{}/downloads/ and {}\n{}, Fix Lead",
        scene.project,
        fixed_versions(scene),
        scene.cve,
        flaw.severity,
        flaw.score,
        flaw.title,
        fixed_versions(scene),
        flaw.mitigation,
        scene.domain,
        scene.advisory_url(),
        brief.lead
    )
}

/// The entry in the release notes.
pub fn release_notes(brief: &Brief) -> String {
    let scene = brief.scene;
    format!(
        "# {} {}\n\n## Security\n\n- {}: {}. {} ({})\n",
        scene.project,
        fixed_versions(scene),
        scene.cve,
        scene.flaw.title,
        scene.flaw.summary,
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
