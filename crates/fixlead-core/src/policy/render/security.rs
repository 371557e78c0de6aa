//! The short SECURITY.md that a repository carries.

use std::fmt::Write;

use super::Page;
use crate::case::event::EventKind;
use crate::policy::document::{Document, Entry};
use crate::policy::model::Policy;

/// A SECURITY.md, and what it still needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityMd {
    /// The text, Markdown.
    pub text: String,
    /// The parameters that it needs and that have no value, each once.
    pub unset: Vec<String>,
}

/// The short text that a repository carries: how to report, what happens by
/// when, and what the world hears.
pub fn security_md(base: &Document, overlays: &[&Document], policy: &Policy) -> SecurityMd {
    let page = Page::new(base, overlays, policy);
    let mut text = "# Security policy\n".to_owned();
    if let Some(about) = base.one("policy") {
        let of = |key: &str| about.text(key).unwrap_or_default();
        let _ = write!(
            text,
            "\n{} The whole policy: [{}]({})\n",
            page.filled(of("about")),
            page.filled(of("title")).replace(['[', ']'], ""),
            of("source").replace(['(', ')', ' ', '<', '>'], "")
        );
    }
    chapter(&mut text, "Reporting a vulnerability", reporting(&page));
    chapter(&mut text, "What happens then", page.tell(&["duty"], STEPS));
    chapter(&mut text, "Embargo and distributors", embargo(&page));
    chapter(&mut text, "Public disclosure", disclosure(&page));
    chapter(&mut text, "Supported versions", supported(&page));
    chapter(&mut text, "CVE ids and severity", severity(&page));
    let credit =
        "Reporters are credited as they wish: say in your report which name to use, or that you want none.";
    chapter(&mut text, "Credits", vec![credit.to_owned()]);
    SecurityMd { text, unset: page.unset.into_inner() }
}

/// What a reporter can expect, by the events that discharge it.
const STEPS: &[EventKind] = &[
    EventKind::ReportAcknowledged,
    EventKind::FixLeadAssigned,
    EventKind::FixTeamAdded,
    EventKind::FixComplete,
    EventKind::NoticeForthcoming,
    EventKind::RetroSent,
];

fn chapter(text: &mut String, title: &str, lines: Vec<String>) {
    let _ = write!(text, "\n## {title}\n\n");
    if lines.is_empty() {
        text.push_str("The policy says nothing about this.\n");
    }
    let mut told: Vec<&String> = Vec::new();
    for line in &lines {
        if !told.contains(&line) {
            let _ = writeln!(text, "- {line}");
            told.push(line);
        }
    }
}

impl Page<'_> {
    /// The sentences of rules about these events.
    fn tell(&self, sections: &[&str], events: &[EventKind]) -> Vec<String> {
        let concerns = |entry: &&Entry| {
            let first = entry.texts("done").chain(entry.texts("on")).next();
            first.and_then(|(name, _)| EventKind::parse(name)).is_some_and(|kind| events.contains(&kind))
        };
        let sections = self.entries().filter(|entry| sections.contains(&entry.section.name));
        sections.filter(concerns).map(|entry| self.say(entry)).collect()
    }

    /// The sentences of gates that hold one of these actions.
    fn tell_gates(&self, actions: &[&str]) -> Vec<String> {
        let holds = |gate: &&Entry| gate.texts("actions").any(|(action, _)| actions.contains(&action));
        self.all("gate").filter(holds).map(|gate| self.say(gate)).collect()
    }

    /// The sentences of a whole section.
    fn tell_all(&self, section: &'static str) -> Vec<String> {
        self.all(section).map(|entry| self.say(entry)).collect()
    }

    /// Whether the policy has the parameter at all.
    fn has(&self, parameter: &str) -> bool {
        self.all("parameter").any(|entry| entry.text("id") == Some(parameter))
    }
}

fn reporting(page: &Page<'_>) -> Vec<String> {
    // `intake` is the parameter that every policy keeps its private channel in.
    let mut lines =
        vec![format!("Report a suspected vulnerability in private, to {}.", page.parameter("intake"))];
    lines.push("Please do not open a public issue for it.".to_owned());
    lines.extend(page.tell(&["check"], &[EventKind::ProjectAware]));
    lines.extend(page.tell(&["duty"], &[EventKind::ReporterAskedPrivate]));
    lines
}

fn embargo(page: &Page<'_>) -> Vec<String> {
    let mut lines = page.tell(
        &["duty"],
        &[
            EventKind::NoticeAdvance,
            EventKind::NoticePrerelease,
            EventKind::ListPosted,
            EventKind::LeakAssessed,
            EventKind::LeakDecided,
        ],
    );
    let only_notices = ["notice.advance", "notice.prerelease", "list.post"];
    let prohibits = |gate: &&Entry| {
        let mut actions = gate.texts("actions").peekable();
        actions.peek().is_some() && actions.all(|(action, _)| only_notices.contains(&action))
    };
    lines.extend(page.all("gate").filter(prohibits).map(|gate| page.say(gate)));
    lines.extend(page.tell_gates(&["merge"]));
    if page.has("distributors-terms") {
        lines.push(format!("How to join the distributors list: {}.", page.parameter("distributors-terms")));
    }
    lines
}

fn disclosure(page: &Page<'_>) -> Vec<String> {
    let about_upstream = |gate: &&Entry| gate.text("until") == Some("upstream");
    let mut lines: Vec<String> = page.all("gate").filter(about_upstream).map(|gate| page.say(gate)).collect();
    let fast = |mode: &&Entry| mode.text("id") == Some("asap");
    lines.extend(page.all("mode").filter(fast).map(|mode| page.say(mode)));
    lines.extend(page.tell_all("slot"));
    lines.extend(page.tell(&["duty"], &[EventKind::Announced]));
    lines.extend(page.tell_all("channel"));
    lines
}

fn supported(page: &Page<'_>) -> Vec<String> {
    let mut lines = page.tell_all("class");
    lines.extend(page.tell_gates(&["fix.release"]));
    lines.extend(page.tell(&["duty"], &[EventKind::Merged, EventKind::CommitProposed]));
    lines
}

fn severity(page: &Page<'_>) -> Vec<String> {
    let mut lines = page.tell(&["duty"], &[EventKind::ScoreSet]);
    lines.extend(page.tell_all("scoring"));
    let bands: Vec<String> = page
        .all("band")
        .filter_map(|band| Some(format!("{} from {}", band.text("id")?, band.text("from")?)))
        .collect();
    if !bands.is_empty() {
        lines.push(format!("Severity by score: {}.", bands.join(", ")));
    }
    lines.extend(page.tell(&["duty"], &[EventKind::CveAssigned, EventKind::CvePublished]));
    lines
}
