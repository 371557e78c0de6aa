//! Reading `CASE.toml`: what is not known is refused with its place.

use std::collections::BTreeMap;
use std::fmt;

use fixlead_core::case::nearest;
use fixlead_core::severity::Vector;
use fixlead_core::text::{Spot, echo, is_harmful, short};
use fixlead_core::time::Instant;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    Advisory, Affected, Category, Credit, Justification, Kind, Publisher, Range, Reference, Revision, Role,
    Score, Status,
};

/// The largest source that is read, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;
/// The longest list.
const MOST_ITEMS: usize = 500;
/// The longest text, in bytes.
const MOST_TEXT: usize = 64 * 1024;
/// The longest text that stands on one line, in bytes.
const MOST_LINE: usize = 2_000;
/// How many complaints are told at once.
const MOST_COMPLAINTS: usize = 50;
/// The longest message, in characters.
const MOST_MESSAGE: usize = 500;

/// A complaint about the source, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where, or nothing when it concerns no single place.
    pub spot: Option<Spot>,
    /// The part of the source, as the lint names it; empty when it is none.
    pub path: String,
    /// What is wrong, and the remedy.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(spot) = &self.spot else { return f.write_str(&self.message) };
        writeln!(f, "line {}, column {}: {}", spot.line, spot.column, self.message)?;
        let number = spot.line.to_string();
        writeln!(f, "  {number} | {}", spot.excerpt)?;
        write!(f, "  {:width$} | {:mark$}^", "", "", width = number.len(), mark = spot.mark)
    }
}

impl std::error::Error for Complaint {}

/// An advisory and where each part of it was written.
#[derive(Clone, Debug)]
pub struct Source {
    /// What was read.
    pub advisory: Advisory,
    text: String,
    places: BTreeMap<String, usize>,
}

impl Source {
    /// A complaint about a part, which is named as the lint does:
    /// `affected/0/range/1/fixed`. What is not written there is looked for
    /// around it.
    pub fn complaint(&self, path: &str, message: &str) -> Complaint {
        let whole = path;
        let mut path = path;
        let place = loop {
            match self.places.get(path) {
                Some(place) => break *place,
                None => path = path.rsplit_once('/').map_or("", |(outer, _)| outer),
            }
            if path.is_empty() {
                break 0;
            }
        };
        complaint(&self.text, place, whole, message)
    }
}

fn complaint(text: &str, place: usize, path: &str, message: &str) -> Complaint {
    let message = short(message, MOST_MESSAGE);
    Complaint { spot: Some(Spot::of(text, place)), path: path.to_owned(), message }
}

/// Reads a source.
///
/// # Errors
/// Every complaint about it, in the order of the file.
pub fn read(text: &str) -> Result<Source, Vec<Complaint>> {
    if text.len() > MOST_BYTES {
        let message =
            format!("{} bytes, at most {MOST_BYTES} are read; a file holds one advisory", text.len());
        return Err(vec![Complaint { spot: None, path: String::new(), message }]);
    }
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or(0, |span| span.start);
        let hint = if error.message().contains("duplicate key") {
            "; a key stands once, and what repeats, like [[reference]], has double brackets wherever it stands"
        } else {
            ""
        };
        vec![complaint(text, place, "", &format!("not readable as TOML: {}{hint}", error.message()))]
    })?;
    let mut reader = Reader { places: BTreeMap::new(), complaints: Vec::new() };
    let advisory = advisory(&mut reader, table.get_ref());
    let Reader { places, mut complaints } = reader;
    complaints.sort_by_key(|(place, ..)| *place);
    complaints.truncate(MOST_COMPLAINTS);
    // What stands at a place is the innermost part that begins there.
    let path_of = |place: usize| {
        let here = places.iter().filter(|(_, known)| **known == place).map(|(path, _)| path.as_str());
        here.max_by_key(|path| path.len()).unwrap_or_default()
    };
    match advisory {
        Some(advisory) if complaints.is_empty() => Ok(Source { advisory, text: text.to_owned(), places }),
        _ => Err(complaints
            .iter()
            .map(|(place, path, message)| {
                complaint(text, *place, path.as_deref().unwrap_or_else(|| path_of(*place)), message)
            })
            .collect()),
    }
}

struct Reader {
    places: BTreeMap<String, usize>,
    /// Where, which part if it is not what stands there, and what.
    complaints: Vec<(usize, Option<String>, String)>,
}

/// A table with its place in the file and in the source.
struct Section<'a, 'i> {
    table: &'a DeTable<'i>,
    path: String,
    place: usize,
}

/// What stands in the source beside the keys with a single value.
const TABLES: &[&str] = &["score", "affected", "mitigation", "reference", "credit", "revision", "publisher"];

fn advisory(reader: &mut Reader, table: &DeTable<'_>) -> Option<Advisory> {
    let root = Section { table, path: String::new(), place: 0 };
    let keys = [
        "id",
        "cve",
        "aliases",
        "title",
        "summary",
        "description",
        "published",
        "modified",
        "withdrawn",
        "severity",
        "cwe",
    ];
    let known: Vec<&str> = keys.iter().chain(TABLES).copied().collect();
    reader.only(&root, &known);
    let scores = reader.tables(&root, "score", |reader, section| {
        reader.only(section, &["vector", "by"]);
        let vector =
            reader.parsed(section, "vector", |text| Vector::parse(text).map_err(|error| error.to_string()));
        let by = reader.optional_line(section, "by");
        Some(Score { vector: vector?, by })
    });
    let affected = reader.tables(&root, "affected", |reader, section| {
        reader.only(section, &["package", "repo", "status", "justification", "impact", "range"]);
        let package = reader.line(section, "package");
        let repo = reader.optional_line(section, "repo");
        let status = reader.parsed(section, "status", Status::parse);
        let justification = reader.optional_parsed(section, "justification", Justification::parse);
        let impact = reader.optional_text(section, "impact");
        let ranges = reader.tables(section, "range", range);
        Some(Affected { package: package?, repo, status: status?, justification, impact, ranges })
    });
    let mitigations = reader.tables(&root, "mitigation", |reader, section| {
        reader.only(section, &["text"]);
        reader.whole_text(section, "text")
    });
    let references = reader.tables(&root, "reference", |reader, section| {
        reader.only(section, &["kind", "url"]);
        let kind = reader.parsed(section, "kind", Kind::parse);
        let url = reader.line(section, "url");
        Some(Reference { kind: kind?, url: url? })
    });
    let credits = reader.tables(&root, "credit", |reader, section| {
        reader.only(section, &["name", "role", "contact", "login"]);
        let name = reader.line(section, "name");
        let role = reader.parsed(section, "role", Role::parse);
        let contact = reader.lines(section, "contact");
        let login = reader.optional_line(section, "login");
        Some(Credit { name: name?, role: role?, contact, login })
    });
    let revisions = reader.tables(&root, "revision", |reader, section| {
        reader.only(section, &["date", "number", "summary"]);
        let date = reader.instant(section, "date");
        let number = reader.line(section, "number");
        let summary = reader.line(section, "summary");
        Some(Revision { date: date?, number: number?, summary: summary? })
    });
    let publisher = publisher(reader, &root);
    let id = reader.line(&root, "id");
    let cve = reader.optional_line(&root, "cve");
    let aliases = reader.lines(&root, "aliases");
    let title = reader.line(&root, "title");
    let summary = reader.line(&root, "summary");
    let description = reader.whole_text(&root, "description");
    let published = reader.instant(&root, "published");
    let modified = reader.optional_instant(&root, "modified");
    let withdrawn = reader.optional_instant(&root, "withdrawn");
    let severity = reader.optional_line(&root, "severity");
    let cwe = reader.lines(&root, "cwe");
    Some(Advisory {
        id: id?,
        cve,
        aliases,
        title: title?,
        summary: summary?,
        description: description?,
        published: published?,
        modified,
        withdrawn,
        severity,
        cwe,
        scores,
        affected,
        mitigations,
        references,
        credits,
        revisions,
        publisher: publisher?,
    })
}

fn range(reader: &mut Reader, section: &Section<'_, '_>) -> Option<Range> {
    reader.only(section, &["introduced", "fixed", "last_affected", "introduced_commit", "fixed_commit"]);
    let introduced = reader.line(section, "introduced");
    let fixed = reader.optional_line(section, "fixed");
    let last_affected = reader.optional_line(section, "last_affected");
    let introduced_commit = reader.optional_parsed(section, "introduced_commit", commit);
    let fixed_commit = reader.optional_parsed(section, "fixed_commit", commit);
    if fixed.is_some() && last_affected.is_some() {
        reader.complain(
            section.place,
            "a range ends with `fixed` or with `last_affected`; keep `fixed` when there is such a version",
        );
    }
    Some(Range { introduced: introduced?, fixed, last_affected, introduced_commit, fixed_commit })
}

/// A whole commit id: abbreviated ones stop being unique.
fn commit(text: &str) -> Result<String, String> {
    let hexadecimal = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if hexadecimal && (text.len() == 40 || text.len() == 64) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{}` is no whole commit id; write its 40 or 64 digits as `git rev-parse` prints them",
        echo(text)
    ))
}

fn publisher(reader: &mut Reader, root: &Section<'_, '_>) -> Option<Publisher> {
    let Some((_, value)) = find(root.table, "publisher") else {
        reader.complain(0, "the section [publisher] is missing; write its name, namespace and category");
        return None;
    };
    let place = value.span().start;
    let DeValue::Table(table) = value.get_ref() else {
        reader.complain(place, "write it once, as [publisher]");
        return None;
    };
    let section = Section { table, path: "publisher".to_owned(), place };
    reader.places.insert(section.path.clone(), place);
    reader.only(&section, &["name", "namespace", "category", "cna_org"]);
    let name = reader.line(&section, "name");
    let namespace = reader.line(&section, "namespace");
    let category = reader.parsed(&section, "category", Category::parse);
    let cna_org = reader.optional_line(&section, "cna_org");
    Some(Publisher { name: name?, namespace: namespace?, category: category?, cna_org })
}

fn find<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<(usize, &'a Spanned<DeValue<'i>>)> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span().start, value))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") }
}

impl Reader {
    fn complain(&mut self, place: usize, message: impl Into<String>) {
        self.complaints.push((place, None, message.into()));
    }

    /// Refuses keys that nobody would read.
    fn only(&mut self, section: &Section<'_, '_>, known: &[&str]) {
        for (name, _) in section.table.iter() {
            if !known.contains(&name.get_ref().as_ref()) {
                let hint = nearest(name.get_ref(), known.iter().copied());
                let list = known.join(", ");
                self.complain(
                    name.span().start,
                    format!("unknown key `{}`{hint}; known are {list}", echo(name.get_ref())),
                );
            }
        }
    }

    /// The value of a key, and where it is written.
    fn value<'a, 'i>(&mut self, section: &Section<'a, 'i>, key: &str) -> Option<(&'a DeValue<'i>, usize)> {
        let (_, value) = find(section.table, key)?;
        let place = value.span().start;
        self.places.insert(join(&section.path, key), place);
        Some((value.get_ref(), place))
    }

    fn missing<T>(&mut self, section: &Section<'_, '_>, key: &str) -> Option<T> {
        let whose = section.path.split('/').rfind(|part| part.parse::<usize>().is_err()).unwrap_or_default();
        let message = if whose.is_empty() {
            format!("the key `{key}` is missing; an advisory has one, before the first section")
        } else {
            format!("`{whose}` needs the key `{key}`")
        };
        self.complaints.push((section.place, Some(join(&section.path, key)), message));
        None
    }

    /// A text of one or several lines, if it is one that can be shown.
    fn checked(&mut self, key: &str, value: &DeValue<'_>, place: usize, lines: bool) -> Option<String> {
        let DeValue::String(text) = value else {
            self.complain(place, format!("`{key}` holds a text; write it in quotes"));
            return None;
        };
        let most = if lines { MOST_TEXT } else { MOST_LINE };
        let harmful = |letter: &char| is_harmful(*letter) && !(lines && *letter == '\n');
        let wrong = if text.trim().is_empty() {
            Some(format!("`{key}` is empty; write it or leave the key out"))
        } else if text.len() > most {
            Some(format!("`{key}` has {} bytes, at most {most} are read; shorten it", text.len()))
        } else if !lines && text.contains('\n') {
            Some(format!("`{key}` stands on one line; take the line break out"))
        } else {
            text.chars().find(harmful).map(|letter| {
                format!("`{key}` holds the invisible character U+{:04X}; take it out", u32::from(letter))
            })
        };
        match wrong {
            Some(wrong) => {
                self.complain(place, wrong);
                None
            }
            None => Some(text.to_string()),
        }
    }

    fn optional(&mut self, section: &Section<'_, '_>, key: &str, lines: bool) -> Option<String> {
        let (value, place) = self.value(section, key)?;
        self.checked(key, value, place, lines)
    }

    fn optional_line(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        self.optional(section, key, false)
    }

    fn optional_text(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        self.optional(section, key, true)
    }

    fn line(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        if find(section.table, key).is_none() {
            return self.missing(section, key);
        }
        self.optional_line(section, key)
    }

    fn whole_text(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        if find(section.table, key).is_none() {
            return self.missing(section, key);
        }
        self.optional_text(section, key)
    }

    fn lines(&mut self, section: &Section<'_, '_>, key: &str) -> Vec<String> {
        let Some((value, place)) = self.value(section, key) else { return Vec::new() };
        let DeValue::Array(list) = value else {
            self.complain(place, format!("`{key}` holds a list of texts, like [\"…\", \"…\"]"));
            return Vec::new();
        };
        if list.len() > MOST_ITEMS {
            self.complain(place, format!("`{key}` has {} items, at most {MOST_ITEMS} are read", list.len()));
            return Vec::new();
        }
        let mut lines = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let place = item.span().start;
            self.places.insert(format!("{}/{index}", join(&section.path, key)), place);
            lines.extend(self.checked(key, item.get_ref(), place, false));
        }
        lines
    }

    fn optional_parsed<T>(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (value, place) = self.value(section, key)?;
        let text = self.checked(key, value, place, false)?;
        match parse(&text) {
            Ok(parsed) => Some(parsed),
            Err(wrong) => {
                self.complain(place, wrong);
                None
            }
        }
    }

    fn parsed<T>(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if find(section.table, key).is_none() {
            return self.missing(section, key);
        }
        self.optional_parsed(section, key, parse)
    }

    fn optional_instant(&mut self, section: &Section<'_, '_>, key: &str) -> Option<Instant> {
        let (value, place) = self.value(section, key)?;
        let text = match value {
            DeValue::Datetime(datetime) => datetime.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.complain(place, format!("`{key}` holds an instant; write it like 2026-11-30T16:00:00Z"));
                return None;
            }
        };
        match Instant::parse(&text) {
            Ok(instant) => Some(instant),
            Err(wrong) => {
                self.complain(place, wrong);
                None
            }
        }
    }

    fn instant(&mut self, section: &Section<'_, '_>, key: &str) -> Option<Instant> {
        if find(section.table, key).is_none() {
            return self.missing(section, key);
        }
        self.optional_instant(section, key)
    }

    /// What stands in sections of a name that may repeat.
    fn tables<T>(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        read: impl Fn(&mut Self, &Section<'_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some((value, place)) = self.value(section, key) else { return Vec::new() };
        let path = join(&section.path, key);
        let written =
            path.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".");
        let DeValue::Array(list) = value else {
            self.complain(place, format!("write it as [[{written}]]"));
            return Vec::new();
        };
        if list.len() > MOST_ITEMS {
            self.complain(
                place,
                format!("{} sections [[{written}]], at most {MOST_ITEMS} are read", list.len()),
            );
            return Vec::new();
        }
        let mut found = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let place = item.span().start;
            let DeValue::Table(table) = item.get_ref() else {
                self.complain(place, format!("write it as [[{written}]]"));
                continue;
            };
            let inner = Section { table, path: format!("{path}/{index}"), place };
            self.places.insert(inner.path.clone(), place);
            // Nothing after the last complaint that is told is looked at.
            if self.complaints.len() < MOST_COMPLAINTS {
                found.extend(read(self, &inner));
            }
        }
        found
    }
}
