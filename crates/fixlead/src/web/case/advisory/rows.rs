//! The outline of an advisory as a form: a row a field, with what it is for and
//! what is wrong with it.

use fixlead_formats::source::draft::{Draft, Form, Key, OUTLINE, Outline, choices};

/// A part of the form.
pub enum Row {
    /// A section begins: its place, its name.
    Begin(String, String),
    /// It ends: the place that its button takes out, where it has one.
    End(Option<String>),
    /// Another section of a path can be added: the path, what it is called, and where it would
    /// stand.
    Add(String, &'static str, String),
    /// Something to write.
    Field(Field),
}

/// Something to write.
pub struct Field {
    /// Its place, which is its name.
    pub path: String,
    pub label: &'static str,
    pub hint: &'static str,
    pub required: bool,
    pub value: String,
    pub form: Form,
    /// Words to choose from, with the one that is chosen.
    pub words: Vec<(&'static str, bool)>,
    /// Whether it takes a whole row.
    pub wide: bool,
    /// How many lines are shown.
    pub lines: usize,
    /// What is wrong with it.
    pub wrong: Vec<String>,
}

/// What a section is called, alone and when another one is added.
fn section(name: &str) -> &'static str {
    match name {
        "score" => "Score",
        "affected" => "Package",
        "range" => "Range of versions",
        "mitigation" => "Mitigation",
        "reference" => "Reference",
        "credit" => "Credit",
        "revision" => "Revision",
        _ => "Publisher",
    }
}

/// What a key is called, and what to write there.
fn label(section: &str, key: &str) -> (&'static str, &'static str) {
    match (section, key) {
        ("", "id") => ("Our id", "What you call it; public only where there is no other id."),
        ("", "cve") => ("CVE id", "Like CVE-2026-12345, as the CNA gave it."),
        ("", "aliases") => ("Other ids", "One a line, like GHSA-c74f-6mfw-mm4v."),
        ("", "title") => ("Title", "One line."),
        ("", "summary") => ("Summary", "One whole sentence: what can happen to whom."),
        ("", "description") => {
            ("Description", "Markdown: what the flaw is, what it allows, who is affected.")
        }
        ("", "published") => ("Becomes public", "In UTC, like 2026-11-30T16:00:00Z."),
        ("", "modified") => ("Changed", "When it was changed last after that."),
        ("", "withdrawn") => ("Withdrawn", "When it was found to be none; it stays public and says so."),
        ("", "severity") => ("Severity", "In the words of your policy."),
        ("", "cwe") => ("Weaknesses", "One a line, like CWE-409."),
        ("score", "vector") => ("Vector", "Whole, like CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H."),
        ("score", "by") => ("Scored by", "Stands in no document."),
        ("affected", "package") => ("Package URL", "Without a version, like pkg:cargo/name."),
        ("affected", "repo") => ("Repository", "Its address; needed for commits."),
        ("affected", "status") => ("Status", ""),
        ("affected", "justification") => ("Why it is not affected", "Or say it in a sentence below."),
        ("affected", "impact") => ("The same in a sentence", ""),
        ("range", "introduced") => ("First affected version", "0 where it was never otherwise."),
        ("range", "fixed") => {
            ("First fixed version", "Or the last affected one beside it; neither where nothing ends it.")
        }
        ("range", "last_affected") => ("Last affected version", "Only where there is no fixed one."),
        ("range", "introduced_commit") => ("Introduced by commit", "The whole id."),
        ("range", "fixed_commit") => ("Fixed by commit", "The whole id."),
        ("mitigation", _) => ("What helps before an upgrade", "Markdown, the exact steps."),
        ("reference", "kind") => ("What is there", ""),
        ("reference", _) => ("Address", "One that everybody can open."),
        ("credit", "name") => ("Name", "As they want to be called."),
        ("credit", "role") => ("What for", ""),
        ("credit", "contact") => ("Addresses", "One a line; public like everything here."),
        ("credit", _) => ("GitHub name", ""),
        ("revision", "date") => ("When", "In UTC, like 2026-11-30T16:00:00Z."),
        ("revision", "number") => ("Number", "1, 2, 3 or 1.0.0, 1.1.0."),
        ("revision", _) => ("What changed", ""),
        (_, "name") => ("Name", "Who publishes."),
        (_, "namespace") => ("Address", "One that is theirs and names no other publisher."),
        (_, "category") => ("What they are to the product", ""),
        _ => ("CNA", "The id of the organisation that assigned the CVE id."),
    }
}

/// The rows of a draft. `wrong` says what is wrong at a place.
pub fn rows(draft: &Draft, wrong: &dyn Fn(&str) -> Vec<String>) -> Vec<Row> {
    let mut rows = Vec::new();
    put(&OUTLINE, draft, "", wrong, &mut rows);
    rows
}

fn put(
    outline: &Outline,
    draft: &Draft,
    path: &str,
    wrong: &dyn Fn(&str) -> Vec<String>,
    rows: &mut Vec<Row>,
) {
    let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    for key in outline.keys {
        rows.push(Row::Field(field(outline.name, key, draft, within(key.name), wrong)));
    }
    for inner in outline.sections {
        let place = within(inner.name);
        let name = section(inner.name);
        if !inner.repeats {
            rows.push(Row::Begin(place.clone(), name.to_owned()));
            let empty = Draft::default();
            put(inner, draft.sections(inner.name).first().unwrap_or(&empty), &place, wrong, rows);
            rows.push(Row::End(None));
            continue;
        }
        for (number, one) in draft.sections(inner.name).iter().enumerate() {
            let place = format!("{place}/{number}");
            rows.push(Row::Begin(place.clone(), format!("{name} {}", number + 1)));
            put(inner, one, &place, wrong, rows);
            rows.push(Row::End(Some(place)));
        }
        let next = format!("{place}/{}", draft.sections(inner.name).len());
        rows.push(Row::Add(place, name, next));
    }
}

fn field(
    section: &str,
    key: &Key,
    draft: &Draft,
    path: String,
    wrong: &dyn Fn(&str) -> Vec<String>,
) -> Field {
    let (label, hint) = label(section, key.name);
    let value = draft.get(key.name).to_owned();
    let most = if key.name == "description" { 24 } else { 10 };
    let lines = (value.lines().count() + 1).clamp(if key.form == Form::Lines { 2 } else { 4 }, most);
    Field {
        label,
        hint,
        required: key.required,
        words: choices(key.name).into_iter().map(|word| (word, word == value)).collect(),
        form: key.form,
        wide: key.form == Form::Text
            || matches!(key.name, "id" | "title" | "summary" | "vector" | "url" | "package"),
        wrong: wrong(&path),
        lines,
        value,
        path,
    }
}
