//! Advisories as mail: plain text in lines of 72 letters, as lists such as
//! oss-security take it. The first line is the subject.

use crate::cwe;
use crate::source::{Advisory, Affected, Status};
use crate::tell;

/// The longest line that is made, in characters; what has no spaces is longer.
const WIDTH: usize = 72;

pub fn build(advisory: &Advisory) -> String {
    let mut out = format!("Subject: {}: {}\n\n", advisory.public_id(), advisory.title);
    if let Some(why) = tell::withdrawn(advisory) {
        paragraph(&mut out, "", "", &format!("This advisory was withdrawn. {why} It said:"));
        out.push('\n');
    }
    paragraph(&mut out, "", "", &advisory.summary);
    out.push('\n');
    field(&mut out, "Id", &advisory.public_id());
    for alias in advisory.other_ids() {
        field(&mut out, "Also", alias);
    }
    field(&mut out, "Published", &advisory.published.to_string());
    if advisory.changed() != advisory.published {
        field(&mut out, "Changed", &advisory.changed().to_string());
    }
    if let Some(date) = advisory.withdrawn {
        field(&mut out, "Withdrawn", &date.to_string());
    }
    if let Some(severity) = &advisory.severity {
        field(&mut out, "Severity", severity);
    }
    for score in &advisory.scores {
        let version = score.vector.version();
        let overall = score.vector.scores().overall().1;
        field(&mut out, "Score", &format!("{overall} of CVSS {version}: {}", score.vector.canonical()));
    }
    for id in &advisory.cwe {
        field(&mut out, "Weakness", &format!("{id} {}", cwe::name(id).unwrap_or_default()));
    }
    heading(&mut out, "Affected");
    for affected in &advisory.affected {
        out.push_str(&format!("{}\n", affected.package));
        for line in lines(affected) {
            paragraph(&mut out, "  ", "    ", &line);
        }
    }
    heading(&mut out, tell::remedy_heading(advisory));
    let mut actions = tell::upgrades(advisory);
    actions.extend(advisory.mitigations.iter().cloned());
    if actions.is_empty() {
        actions.push(nothing_to_do(advisory).to_owned());
    }
    blocks(&mut out, &actions.join("\n\n"));
    heading(&mut out, "Description");
    blocks(&mut out, &advisory.description);
    if !advisory.references.is_empty() {
        heading(&mut out, "References");
        for reference in &advisory.references {
            field(&mut out, reference.kind.as_str(), &reference.url);
        }
    }
    if !advisory.credits.is_empty() {
        heading(&mut out, "Thanks to");
        for credit in &advisory.credits {
            out.push_str(&format!("{} ({})\n", credit.name, credit.role.as_str()));
        }
    }
    out.push_str(&format!("\n-- \n{}\n{}\n", advisory.publisher.name, advisory.publisher.namespace));
    out
}

/// What is said to do where nothing is affected, or nothing helps.
pub fn nothing_to_do(advisory: &Advisory) -> &'static str {
    let affected = advisory.affected.iter().any(Affected::has_affected_versions);
    if affected { tell::NO_REMEDY } else { "Nothing: no affected version is known." }
}

/// What is known about a package, a line for each branch.
fn lines(affected: &Affected) -> Vec<String> {
    match affected.status {
        Status::Affected | Status::Fixed => affected
            .ranges
            .iter()
            .map(|range| {
                let fixed =
                    range.fixed.as_ref().map(|fixed| format!("; fixed in {fixed}")).unwrap_or_default();
                format!("{}{fixed}", tell::range(range))
            })
            .collect(),
        Status::UnderInvestigation => vec!["under investigation".to_owned()],
        Status::NotAffected => {
            let reason =
                affected.justification.map(|reason| format!(": {}", reason.as_str().replace('_', " ")));
            let mut lines = vec![format!("not affected{}", reason.unwrap_or_default())];
            lines.extend(affected.impact.clone());
            lines
        }
    }
}

fn heading(out: &mut String, text: &str) {
    out.push_str(&format!("\n{text}\n{}\n\n", "-".repeat(text.len())));
}

/// A name and a value, which stays on its line: vectors and addresses are copied whole.
fn field(out: &mut String, name: &str, value: &str) {
    out.push_str(&format!("{:<11}{value}\n", format!("{name}:")));
}

/// Markdown as it is, with its paragraphs wrapped and its code and lists left alone.
fn blocks(out: &mut String, text: &str) {
    let mut fenced = false;
    let mut words: Vec<&str> = Vec::new();
    let flush = |out: &mut String, words: &mut Vec<&str>| {
        if !words.is_empty() {
            paragraph(out, "", "", &words.join(" "));
            words.clear();
        }
    };
    for line in text.trim().lines() {
        let fence = line.trim_start().starts_with("```");
        let own = fenced
            || fence
            || line.trim().is_empty()
            || line.starts_with([' ', '\t', '|', '#', '>', '-', '*', '+'])
            || line.starts_with(|first: char| first.is_ascii_digit());
        fenced ^= fence;
        if !own {
            words.push(line.trim());
            continue;
        }
        flush(out, &mut words);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    flush(out, &mut words);
}

fn paragraph(out: &mut String, first: &str, rest: &str, text: &str) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = rest.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}
