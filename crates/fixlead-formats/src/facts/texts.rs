//! Facts read back from what people read: mail, the page, an entry of a feed.

use super::Fact::*;
use super::records::thanked;
use super::{Facts, fixed, range, reference, status, words_of};
use crate::source::{Kind, Status};

pub fn mail(document: &str) -> Facts {
    let mut facts = Facts::default();
    let mut chapter = "";
    let mut package = String::new();
    let mut actions = String::new();
    let lines: Vec<&str> = document.lines().collect();
    let mut pending = String::new();
    for (place, line) in lines.iter().enumerate() {
        let is_heading = |at: usize| {
            lines.get(at + 1).is_some_and(|next| {
                next.len() == lines[at].len() && next.len() > 3 && next.bytes().all(|byte| byte == b'-')
            })
        };
        if is_heading(place) {
            chapter = line;
            continue;
        }
        if place > 0 && is_heading(place - 1) {
            continue;
        }
        if *line == "-- " {
            break;
        }
        match chapter {
            "" => head(line, &mut facts),
            "Affected" => {
                // A long line goes on further inside.
                let goes_on = lines.get(place + 1).is_some_and(|next| next.starts_with("    "));
                match line.strip_prefix("  ") {
                    Some(part) => {
                        pending.push_str(part.trim());
                        pending.push(' ');
                        if !goes_on {
                            known(&package, pending.trim(), &mut facts);
                            pending.clear();
                        }
                    }
                    None => package = (*line).to_owned(),
                }
            }
            "What to do" | "What it advised" => {
                actions.push_str(line);
                actions.push('\n');
            }
            "References" => {
                let parts = line.split_once(':').map(|(kind, url)| (Kind::parse(kind), url.trim()));
                facts.say(References, parts.and_then(|(kind, url)| Some(reference(kind.ok()?, url))));
            }
            "Thanks to" => facts.say(Credits, thanked(line)),
            _ => {}
        }
    }
    facts.say(Mitigations, what_helps(&actions));
    facts
}

fn head(line: &str, facts: &mut Facts) {
    let Some((name, value)) = line.split_once(':') else { return };
    let value = value.trim();
    let first = value.split(' ').next().unwrap_or_default().to_owned();
    match name {
        "Subject" => facts.say(Title, value.split_once(": ").map(|(_, title)| title.to_owned())),
        "Id" | "Also" => facts.say(Ids, [value.to_owned()]),
        "Published" => {
            facts.say(Dates, [format!("published {value}"), format!("changed {value}")]);
        }
        "Changed" => {
            changed(facts, value);
        }
        "Withdrawn" => facts.say(Dates, [format!("withdrawn {value}")]),
        "Severity" => facts.say(Severity, [value.to_owned()]),
        "Score" => facts.say(Scores, value.split(' ').next_back().map(str::to_owned)),
        "Weakness" => facts.say(Weaknesses, [first]),
        _ => {}
    }
}

/// A later change takes the place of the publication as the last one.
fn changed(facts: &mut Facts, date: &str) {
    for (fact, said) in &mut facts.said {
        if *fact == Dates {
            said.retain(|text| !text.starts_with("changed "));
        }
    }
    facts.say(Dates, [format!("changed {date}")]);
}

/// What is said of a package on a line.
fn known(package: &str, line: &str, facts: &mut Facts) {
    if line == "under investigation" {
        return facts.say(Packages, [status(package, Status::UnderInvestigation)]);
    }
    if line.starts_with("not affected") {
        return facts.say(Packages, [status(package, Status::NotAffected)]);
    }
    let (affected, version) = match line.split_once("; fixed in ") {
        Some((affected, version)) => (affected, Some(version)),
        None => (line, None),
    };
    // Anything else is why something is not affected, in a sentence.
    if affected.starts_with(['<', '>']) {
        facts.say(Packages, [status(package, Status::Affected)]);
        facts.say(Ranges, [range(package, affected)]);
        facts.say(Ranges, version.map(|version| fixed(package, version)));
    }
}

/// What helps beside upgrading; several things are compared as one text.
fn what_helps(actions: &str) -> Option<String> {
    let own = actions.split("\n\n").map(words_of).filter(|text| !text.is_empty());
    let own: Vec<String> = own
        .filter(|text| !(text.starts_with("Upgrade ") && text.ends_with(", or to a later version.")))
        .filter(|text| text != crate::tell::NO_REMEDY && !text.starts_with("Nothing: "))
        .collect();
    (!own.is_empty()).then(|| own.join(" "))
}

/// Elements that carry a fact: their kind, their attributes and their text.
fn marked(document: &str) -> impl Iterator<Item = (&str, &str, String)> {
    document.match_indices(" data-fact=\"").filter_map(move |(at, found)| {
        let rest = &document[at + found.len()..];
        let (fact, rest) = rest.split_once('"')?;
        let (attributes, rest) = rest.split_once('>')?;
        let name = document[..at].rsplit_once('<')?.1.split(' ').next()?;
        let (inner, _) = rest.split_once(&format!("</{name}>"))?;
        Some((fact, attributes, inner.to_owned()))
    })
}

/// A text without its escapes.
fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (escape, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        text = text.replace(escape, letter);
    }
    text
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.split_once(start)?.1.split_once(end).map(|(inner, _)| inner)
}

pub fn html(document: &str) -> Facts {
    let mut facts = Facts::default();
    facts.say(Title, between(document, "<h1>", "</h1>").map(plain));
    for (fact, attributes, inner) in marked(document) {
        let date = between(attributes, "datetime=\"", "\"");
        match fact {
            "id" => facts.say(Ids, [plain(&inner)]),
            "severity" => facts.say(Severity, [plain(&inner)]),
            "score" => facts.say(Scores, [plain(&inner)]),
            "cwe" => facts.say(Weaknesses, [plain(&inner)]),
            "credit" => facts.say(Credits, thanked(&plain(&inner))),
            "published" => {
                facts.say(
                    Dates,
                    date.into_iter()
                        .flat_map(|date| [format!("published {date}"), format!("changed {date}")]),
                );
            }
            "changed" => changed(&mut facts, date.unwrap_or_default()),
            "withdrawn" => facts.say(Dates, date.map(|date| format!("withdrawn {date}"))),
            "package" => {
                let mut cells = inner.split("<td>").skip(1).map(|cell| plain(cell.trim_end_matches("</td>")));
                let package = cells.next().unwrap_or_default().replace("<code>", "").replace("</code>", "");
                let versions = cells.next().unwrap_or_default();
                known(&package, &versions, &mut facts);
                let version = cells.next().filter(|cell| !cell.is_empty() && cell != "none yet");
                facts.say(Ranges, version.map(|version| fixed(&package, &version)));
            }
            _ => {}
        }
    }
    for line in document.lines() {
        let Some((before, rest)) = line.split_once(": <a data-fact=\"reference\" href=\"") else { continue };
        let kind = before.strip_prefix("<li>").and_then(|word| Kind::parse(word).ok());
        let url = rest.split('"').next().map(plain);
        facts.say(References, kind.zip(url).map(|(kind, url)| reference(kind, &url)));
    }
    let actions = ["<h2>What to do</h2>\n", "<h2>What it advised</h2>\n"]
        .into_iter()
        .find_map(|heading| between(document, heading, "<h2>Description</h2>"))
        .unwrap_or_default();
    // Each block of the page ends its line.
    let own = |line: &&str| {
        !(line.starts_with("<p>Upgrade ") && line.ends_with(", or to a later version.</p>"))
            && *line != "<h3>Until then</h3>"
            && *line != format!("<p>{}</p>", crate::tell::NO_REMEDY)
            && !line.starts_with("<p>Nothing: ")
    };
    let actions = words_of(&actions.lines().filter(own).collect::<Vec<_>>().join("\n"));
    facts.say(Mitigations, (!actions.is_empty()).then_some(actions));
    facts
}

pub fn atom(document: &str) -> Facts {
    let mut facts = Facts::default();
    let title = between(document, "<title>", "</title>").map(plain).unwrap_or_default();
    if let Some((id, title)) = title.split_once(": ") {
        facts.say(Ids, [id.to_owned()]);
        facts.say(Title, [title.to_owned()]);
    }
    for part in document.split("<category term=\"").skip(1) {
        facts.say(Ids, part.split('"').next().map(plain));
    }
    for (name, tag) in [("published", "published"), ("changed", "updated")] {
        let date = between(document, &format!("<{tag}>"), &format!("</{tag}>"));
        facts.say(Dates, date.map(|date| format!("{name} {date}")));
    }
    facts
}
