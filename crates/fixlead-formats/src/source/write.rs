//! Writing `CASE.toml`: what [`super::read()`] reads as the same advisory.

use std::fmt::Write;

use fixlead_core::text::toml_string;
use fixlead_core::time::Instant;

use super::Advisory;

/// The source of an advisory.
pub fn write(advisory: &Advisory) -> String {
    let mut out = String::new();
    let publisher = &advisory.publisher;
    line(&mut out, "id", &advisory.id);
    optional(&mut out, "cve", advisory.cve.as_deref());
    list(&mut out, "aliases", &advisory.aliases);
    line(&mut out, "title", &advisory.title);
    line(&mut out, "summary", &advisory.summary);
    lines(&mut out, "description", &advisory.description);
    instant(&mut out, "published", Some(advisory.published));
    instant(&mut out, "modified", advisory.modified);
    instant(&mut out, "withdrawn", advisory.withdrawn);
    optional(&mut out, "severity", advisory.severity.as_deref());
    list(&mut out, "cwe", &advisory.cwe);
    for score in &advisory.scores {
        out.push_str("\n[[score]]\n");
        line(&mut out, "vector", &score.vector.canonical());
        optional(&mut out, "by", score.by.as_deref());
    }
    for affected in &advisory.affected {
        out.push_str("\n[[affected]]\n");
        line(&mut out, "package", &affected.package);
        optional(&mut out, "repo", affected.repo.as_deref());
        line(&mut out, "status", affected.status.as_str());
        optional(
            &mut out,
            "justification",
            affected.justification.map(|justification| justification.as_str()),
        );
        if let Some(impact) = &affected.impact {
            lines(&mut out, "impact", impact);
        }
        for range in &affected.ranges {
            out.push_str("[[affected.range]]\n");
            line(&mut out, "introduced", &range.introduced);
            optional(&mut out, "fixed", range.fixed.as_deref());
            optional(&mut out, "last_affected", range.last_affected.as_deref());
            optional(&mut out, "introduced_commit", range.introduced_commit.as_deref());
            optional(&mut out, "fixed_commit", range.fixed_commit.as_deref());
        }
    }
    for text in &advisory.mitigations {
        out.push_str("\n[[mitigation]]\n");
        lines(&mut out, "text", text);
    }
    for reference in &advisory.references {
        out.push_str("\n[[reference]]\n");
        line(&mut out, "kind", reference.kind.as_str());
        line(&mut out, "url", &reference.url);
    }
    for credit in &advisory.credits {
        out.push_str("\n[[credit]]\n");
        line(&mut out, "name", &credit.name);
        line(&mut out, "role", credit.role.as_str());
        list(&mut out, "contact", &credit.contact);
        optional(&mut out, "login", credit.login.as_deref());
    }
    for revision in &advisory.revisions {
        out.push_str("\n[[revision]]\n");
        instant(&mut out, "date", Some(revision.date));
        line(&mut out, "number", &revision.number);
        line(&mut out, "summary", &revision.summary);
    }
    out.push_str("\n[publisher]\n");
    line(&mut out, "name", &publisher.name);
    line(&mut out, "namespace", &publisher.namespace);
    line(&mut out, "category", publisher.category.as_str());
    optional(&mut out, "cna_org", publisher.cna_org.as_deref());
    out
}

// Writing to a text cannot fail.
fn line(out: &mut String, key: &str, text: &str) {
    let _ = writeln!(out, "{key} = {}", toml_string(text));
}

fn optional(out: &mut String, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        line(out, key, text);
    }
}

fn list(out: &mut String, key: &str, texts: &[String]) {
    if !texts.is_empty() {
        let texts: Vec<String> = texts.iter().map(|text| toml_string(text)).collect();
        let _ = writeln!(out, "{key} = [{}]", texts.join(", "));
    }
}

fn instant(out: &mut String, key: &str, instant: Option<Instant>) {
    if let Some(instant) = instant {
        let _ = writeln!(out, "{key} = {instant}");
    }
}

/// A text of several lines as people write one, where it can be.
fn lines(out: &mut String, key: &str, text: &str) {
    if text.contains('\n') && !text.contains("\"\"\"") && !text.ends_with('"') {
        let quoted = text.replace('\\', "\\\\");
        let _ = writeln!(out, "{key} = \"\"\"\n{quoted}\"\"\"");
    } else {
        line(out, key, text);
    }
}
