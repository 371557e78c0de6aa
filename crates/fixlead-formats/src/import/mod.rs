//! Documents of others as a source: as much of them as it has words for. What
//! could not be taken over is told, so that whoever imports completes it.

mod csaf;
mod cve;
mod ghsa;
mod osv;

use fixlead_core::severity::Vector;
use fixlead_core::text::{echo, is_harmful};
use fixlead_core::time::Instant;
use serde_json::Value;

use crate::json;
use crate::purl::Purl;
use crate::source::{Advisory, Affected, Category, Credit, Publisher, Range, Reference, Role, Score, Status};
use crate::words::words;

words! {
    /// What can be imported.
    From, "format to import":
    /// A security advisory of a GitHub repository, or of the GitHub Advisory Database.
    Ghsa = "ghsa",
    /// An OSV entry.
    Osv = "osv",
    /// A CVE record.
    Cve = "cve",
    /// A CSAF document.
    Csaf = "csaf",
}

impl From {
    /// What a document is, by the fields that it has.
    pub fn of(text: &str) -> Option<From> {
        let value = json::read(text).ok()?;
        let has = |field: &str| value.get(field).is_some();
        match () {
            () if has("dataType") || has("cveMetadata") => Some(From::Cve),
            () if has("document") => Some(From::Csaf),
            () if has("ghsa_id") => Some(From::Ghsa),
            () if has("affected") || has("schema_version") => Some(From::Osv),
            () if has("vulnerabilities") && has("summary") => Some(From::Ghsa),
            () => None,
        }
    }
}

/// A source, and what it lacks.
#[derive(Clone, Debug)]
pub struct Import {
    /// The source, to be completed.
    pub advisory: Advisory,
    /// What could not be taken over, or has to be written.
    pub notes: Vec<String>,
    /// Whether it says who publishes, and when it was.
    pub is_whole: bool,
}

/// Reads a document of others.
///
/// # Errors
/// Why it cannot be read, or is not what it should be.
pub fn import(from: From, text: &str) -> Result<Import, String> {
    let value = json::read(text)?;
    let mut draft = Draft::new();
    match from {
        From::Osv => osv::read(&value, &mut draft)?,
        // The GitHub Advisory Database publishes OSV.
        From::Ghsa if value.get("affected").is_some() => osv::read(&value, &mut draft)?,
        From::Ghsa => ghsa::read(&value, &mut draft)?,
        From::Cve => cve::read(&value, &mut draft)?,
        From::Csaf => csaf::read(&value, &mut draft)?,
    }
    Ok(draft.finish())
}

/// An advisory as far as it was read.
struct Draft {
    advisory: Advisory,
    published: Option<Instant>,
    notes: Vec<String>,
}

/// The name of a publisher that the document does not name; nothing is published with it.
pub const UNKNOWN: &str = "Unknown publisher";

impl Draft {
    fn new() -> Draft {
        Draft {
            advisory: Advisory {
                id: String::new(),
                cve: None,
                aliases: Vec::new(),
                title: String::new(),
                summary: String::new(),
                description: String::new(),
                published: Instant::EPOCH,
                modified: None,
                withdrawn: None,
                severity: None,
                cwe: Vec::new(),
                scores: Vec::new(),
                affected: Vec::new(),
                mitigations: Vec::new(),
                references: Vec::new(),
                credits: Vec::new(),
                revisions: Vec::new(),
                publisher: Publisher {
                    name: UNKNOWN.to_owned(),
                    namespace: "https://example.org".to_owned(),
                    category: Category::Other,
                    cna_org: None,
                },
            },
            published: None,
            notes: Vec::new(),
        }
    }

    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// An id of any kind.
    fn id(&mut self, id: &str) {
        let id = line(id);
        if id.is_empty() || self.advisory.cve.as_deref() == Some(&id) || self.advisory.aliases.contains(&id) {
            return;
        }
        if self.advisory.id.is_empty() {
            self.advisory.id.clone_from(&id);
        }
        if fixlead_core::id::is_cve_id(&id) && self.advisory.cve.is_none() {
            self.advisory.cve = Some(id);
        } else {
            self.advisory.aliases.push(id);
        }
    }

    fn date(&mut self, what: &str, text: &str) -> Option<Instant> {
        // Finer than a millisecond is not told.
        let cut = match text.split_once('.') {
            Some((whole, rest)) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                format!("{whole}.{}{}", &rest[..digits.min(3)], &rest[digits..])
            }
            None => text.to_owned(),
        };
        let own = Instant::parse(&cut).or_else(|_| Instant::parse(&format!("{cut}Z")));
        match own {
            Ok(date) => Some(date),
            Err(_) if text.is_empty() => None,
            Err(_) => {
                self.note(format!("the date {what} is `{}`, which is no instant", echo(text)));
                None
            }
        }
    }

    fn score(&mut self, vector: &str) {
        match Vector::parse(&crate::validate::ordered(vector)) {
            Ok(vector) => {
                if !self.advisory.scores.iter().any(|score| score.vector == vector) {
                    self.advisory.scores.push(Score { vector, by: None });
                }
            }
            Err(wrong) => self.note(format!("the vector `{}` is left out: {wrong}", echo(vector))),
        }
    }

    fn weakness(&mut self, id: &str) {
        if crate::cwe::name(id).is_none() {
            self.note(format!("`{}` is left out: it is no weakness of CWE 4.20", echo(id)));
        } else if !self.advisory.cwe.iter().any(|known| known == id) {
            self.advisory.cwe.push(id.to_owned());
        }
    }

    fn credit(&mut self, name: &str, role: &str, login: Option<&str>, contact: Vec<String>) {
        let name = line(name);
        if name.is_empty() {
            return;
        }
        let word = role.to_ascii_lowercase().replace([' ', '_'], "-");
        let role = Role::parse(&word).unwrap_or(Role::Other);
        self.advisory.credits.push(Credit { name, role, contact, login: login.map(line) });
    }

    fn reference(&mut self, reference: Reference) {
        let reference = Reference { url: line(&reference.url), ..reference };
        if !reference.url.is_empty()
            && !self.advisory.references.iter().any(|known| known.url == reference.url)
        {
            self.advisory.references.push(reference);
        }
    }

    /// The entry of a package, which is made when there is none.
    fn package(&mut self, purl: &Purl, status: Status) -> &mut Affected {
        let package = Purl { version: None, ..purl.clone() }.to_string();
        let known = self.advisory.affected.iter().position(|affected| affected.package == package);
        let place = known.unwrap_or_else(|| {
            self.advisory.affected.push(Affected {
                package,
                repo: None,
                status,
                justification: None,
                impact: None,
                ranges: Vec::new(),
            });
            self.advisory.affected.len() - 1
        });
        &mut self.advisory.affected[place]
    }

    fn range(&mut self, purl: &Purl, range: Range) {
        let affected = self.package(purl, Status::Affected);
        affected.status = Status::Affected;
        if !affected.ranges.contains(&range) {
            affected.ranges.push(range);
        }
    }

    /// Fills what every source has, and says what to write.
    fn finish(mut self) -> Import {
        let advisory = &mut self.advisory;
        advisory.description = text(&advisory.description);
        advisory.title = line(&advisory.title);
        advisory.summary = line(&advisory.summary);
        if advisory.description.is_empty() {
            advisory.description =
                if advisory.summary.is_empty() { advisory.title.clone() } else { advisory.summary.clone() };
        }
        if advisory.summary.is_empty() {
            advisory.summary = first_sentence(&advisory.description);
        }
        if advisory.title.is_empty() {
            advisory.title = advisory.summary.trim_end_matches('.').to_owned();
        }
        for place in [&mut advisory.title, &mut advisory.summary, &mut advisory.description, &mut advisory.id]
        {
            if place.is_empty() {
                place.push_str("unknown");
            }
        }
        let unknown = advisory.publisher.name == UNKNOWN;
        let published = self.published;
        self.advisory.published = published.or(self.advisory.modified).unwrap_or(Instant::EPOCH);
        if self.advisory.modified == Some(self.advisory.published) {
            self.advisory.modified = None;
        }
        if published.is_none() {
            self.note("the document does not say when it was published: write `published`");
        }
        if unknown {
            self.note("the document names no publisher: write [publisher]");
        }
        if self.advisory.affected.is_empty() {
            self.note("no package could be taken over: write an [[affected]] section for each");
        }
        let is_whole = published.is_some() && !unknown;
        Import { advisory: self.advisory, notes: self.notes, is_whole }
    }
}

/// A text on one line that everybody sees.
fn line(text: &str) -> String {
    let shown: String = text.chars().map(|letter| if is_harmful(letter) { ' ' } else { letter }).collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(400).collect()
}

/// A text of several lines.
fn text(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let shown: String = text.chars().filter(|letter| *letter == '\n' || !is_harmful(*letter)).collect();
    let mut shown = shown.trim().to_owned();
    let most = (0..=60_000.min(shown.len())).rev().find(|at| shown.is_char_boundary(*at)).unwrap_or(0);
    shown.truncate(most);
    shown
}

fn first_sentence(text: &str) -> String {
    let plain = line(text.split("\n\n").find(|part| !part.starts_with('#')).unwrap_or_default());
    match plain.find(". ") {
        Some(end) => plain[..=end].to_owned(),
        None => plain,
    }
}

/// A single version, as a range.
fn single(version: &str) -> Range {
    Range { introduced: version.to_owned(), last_affected: Some(version.to_owned()), ..Range::default() }
}

/// A range like `>= 1.2, < 1.4`, as GitHub writes them.
fn constraints(text: &str) -> Option<Range> {
    let mut range = Range { introduced: "0".to_owned(), ..Range::default() };
    for constraint in text.split(',').map(str::trim).filter(|constraint| !constraint.is_empty()) {
        let (sign, version) = constraint.split_once(' ')?;
        let version = line(version);
        match sign {
            ">=" => range.introduced = version,
            "<" => range.fixed = Some(version),
            "<=" => range.last_affected = Some(version),
            "=" => range = single(&version),
            // The first version above is not known.
            _ => return None,
        }
    }
    Some(range)
}

/// The text under a key of a value.
fn of<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
