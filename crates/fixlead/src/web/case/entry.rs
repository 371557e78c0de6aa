//! The fields of an event as a form has them, and the event that a form
//! describes. Which fields there are comes from the vocabulary, what may be
//! chosen from the case and its policy.

use fixlead_app::case::paper::Paper;
use fixlead_app::problem::Problem;
use fixlead_core::case::event::FieldType;
use fixlead_core::case::{EventKind, Field};
use serde_json::{Map, Value, json};

use super::act::instant;
use crate::web::form::Form;
use crate::web::trouble::Trouble;
use crate::web::words;

/// What can be chosen: the value, and its words.
type Choices = Vec<(String, String)>;

/// What a field is entered with.
pub enum Input {
    /// A line, with suggestions.
    Text(Vec<String>),
    /// One a line.
    Lines,
    /// One of these.
    Choice(Choices),
    /// Any of these, and others one a line if there can be others.
    Several(Choices, bool),
    /// One of these people, or a name.
    Person(Choices),
    Tick,
    Score,
    Instant,
    /// A new instant for any of these duties.
    Dues(Vec<(String, String, String)>),
}

/// A field of the form.
pub struct Entry {
    pub name: &'static str,
    pub label: String,
    pub hint: &'static str,
    pub required: bool,
    /// Whether the policy expects it.
    pub wanted: bool,
    pub input: Input,
    pub value: String,
    pub chosen: Vec<String>,
    pub other: String,
}

impl Entry {
    pub fn has(&self, value: &str) -> bool {
        self.chosen.iter().any(|chosen| chosen == value)
    }
}

/// What a field is called on a form.
fn label(field: Field, kind: EventKind) -> String {
    let text = match (field, kind) {
        (Field::Id, EventKind::CommitProposed) => "Commit",
        (Field::Id, _) => "CVE id",
        (Field::Author, _) => "Author",
        (Field::Paths, _) => "Paths it touches",
        (Field::On, _) => "Commits that were read",
        (Field::MessageId, _) => "Message id",
        (Field::For, _) => "Release at",
        (Field::States, _) => "Release that it states",
        (Field::NewDue, _) => "New due",
        (Field::Until, _) => "Their disclosure date",
        (Field::Project, _) => "Upstream project",
        (Field::Of, _) => "Duplicate of",
        (Field::Who, EventKind::FixLeadAssigned | EventKind::FixLeadVolunteered) => "Fix Lead",
        (Field::Who, _) => "Who",
        (Field::From, EventKind::CommitRewritten) => "Old commit",
        (Field::To, EventKind::CommitRewritten) => "New commit",
        (Field::To, _) => "Sent to",
        (Field::Has, _) => "What it says",
        (Field::Parts, _) => "What it covers",
        (Field::Includes, _) => "What it carries",
        (Field::Patches, _) => "Patches for",
        (Field::Final, _) => "This score",
        (Field::Group, _) => "Metric group that counts",
        (Field::Version, _) => "CVSS version",
        (Field::Dues, _) => "New dues",
        (Field::Mitigation, _) => "What users can do until then",
        (Field::Text, EventKind::SemipublicDetermined) => "Harm to users weighed against working in the open",
        (Field::Text, EventKind::MitigationDeveloped) => "The mitigation",
        (Field::Where, _) => "Where it can be seen",
        (Field::Via, _) => "How the project heard",
        (Field::Repo, _) => "Repository",
        (Field::Kind, _) => "Kind of release",
        (Field::By, EventKind::EmbargoLeaked) => "Who leaked it, if that is known",
        (Field::By, _) => "Who did it",
        (Field::Url, _) => "Address",
        (Field::How, _) => "How they came to it",
        _ => return capital(&words::name(field.name())),
    };
    text.to_owned()
}

/// A word with a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What helps to fill a field in.
fn hint(field: Field, kind: EventKind) -> &'static str {
    match field {
        Field::Vector => "a CVSS vector, such as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        Field::Score => "from 0.0 to 10.0; left out, it comes from the vector",
        Field::MessageId => "the Message-ID of the mail, or its address in the archive",
        Field::Url | Field::Links => "permanent addresses",
        Field::Reference => "where it can be read: a message, an issue, a ticket",
        Field::Id if kind != EventKind::CommitProposed => "such as CVE-2027-12345",
        Field::Id => "its full hash",
        Field::States => "day and hour in UTC, so that whoever reads it can block time",
        Field::By if kind != EventKind::EmbargoLeaked => {
            "for a body, whoever wrote its decision down; left empty, you, if it is done now"
        }
        _ => "",
    }
}

fn plain(words: &[impl AsRef<str>]) -> Choices {
    words.iter().map(|word| (word.as_ref().to_owned(), word.as_ref().to_owned())).collect()
}

/// Everybody a form can name: who is in the case, and whom its reader may ask.
fn people(paper: &Paper) -> Choices {
    let board = &paper.board;
    let standing = board.view.standing.iter().flat_map(|standing| &standing.people);
    let mut people: Choices = standing
        .filter_map(|member| Some((member.person.to_string(), member.name.clone()?)))
        .chain(board.candidates.iter().map(|(id, name)| (id.to_string(), name.clone())))
        .collect();
    people.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    people.dedup();
    people
}

fn input(field: Field, kind: EventKind, paper: &Paper) -> Input {
    let board = &paper.board;
    let branches = || plain(&board.branches.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    let words = paper.words.get(&field).cloned().unwrap_or_default();
    let commits = || plain(&paper.commits);
    let standing = board.view.standing.as_ref();
    match (field, kind) {
        (Field::Final, _) => {
            let choices =
                [("true", "is the final one, and counts"), ("false", "is an estimate or an opinion")];
            return Input::Choice(
                choices.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec(),
            );
        }
        (Field::Who, EventKind::FixLeadAssigned | EventKind::FixLeadVolunteered) => {
            let lead = standing.and_then(|standing| standing.lead).map(|lead| lead.to_string());
            return Input::Choice(
                people(paper).into_iter().filter(|(id, _)| Some(id) == lead.as_ref()).collect(),
            );
        }
        (Field::Who, EventKind::FixTeamAdded | EventKind::FixTeamRevoked) => {
            let team = standing.into_iter().flat_map(|standing| &standing.people);
            let team = team.filter(|member| matches!(member.role.name(), "fix-team" | "release-manager"));
            let mut team: Choices =
                team.filter_map(|member| Some((member.person.to_string(), member.name.clone()?))).collect();
            team.dedup();
            return Input::Several(team, false);
        }
        (Field::Author, _) => return Input::Person(people(paper)),
        (Field::By, EventKind::EmbargoLeaked) => return Input::Text(Vec::new()),
        (Field::By, _) => {
            let roles =
                paper.roles.iter().map(|role| (role.id.clone(), format!("the {}", words::name(&role.id))));
            return Input::Choice(people(paper).into_iter().chain(roles).collect());
        }
        (Field::On, _) if !paper.commits.is_empty() => return Input::Several(commits(), false),
        (Field::From, EventKind::CommitRewritten) if !paper.commits.is_empty() => {
            return Input::Choice(commits());
        }
        (Field::Dues, _) => {
            let open = board.duties.iter().filter(|duty| duty.due.is_some() && duty.done_at.is_none());
            let mut rows: Vec<(String, String, String)> = Vec::new();
            for duty in open {
                if rows.iter().all(|(id, ..)| *id != duty.id) {
                    let due = duty.due.map(|due| words::Moment::of(due, board.at).text).unwrap_or_default();
                    rows.push((duty.id.clone(), capital(&words::name(&duty.id)), due));
                }
            }
            return Input::Dues(rows);
        }
        _ => {}
    }
    match field.holds(kind) {
        FieldType::Text => Input::Text(words),
        FieldType::Texts => match field.words() {
            Some(known) => Input::Several(plain(known), false),
            None if words.is_empty() => Input::Lines,
            None => Input::Several(plain(&words), true),
        },
        FieldType::Word(words) => Input::Choice(plain(words)),
        FieldType::Flag => Input::Tick,
        FieldType::Score => Input::Score,
        FieldType::Instant => Input::Instant,
        FieldType::Branch => Input::Choice(branches()),
        FieldType::Branches => Input::Several(branches(), false),
        FieldType::Dues => Input::Dues(Vec::new()),
    }
}

/// Whether an event of this type may say who did it on a form.
fn names_actor(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Lgtm
            | EventKind::ReportReceived
            | EventKind::FixLeadAssigned
            | EventKind::FixLeadVolunteered
            | EventKind::FixTeamAdded
            | EventKind::FixTeamRevoked
    )
}

/// The fields of an event: required or not.
fn fields(kind: EventKind) -> impl Iterator<Item = (Field, bool)> {
    let (required, optional) = kind.fields();
    let actor = names_actor(kind).then_some((Field::By, false));
    let all = required.iter().map(|field| (*field, true)).chain(optional.iter().map(|field| (*field, false)));
    all.chain(actor)
}

/// The fields of an event, with what was sent already.
pub fn entries(kind: EventKind, paper: &Paper, form: Option<&Form>, subject: &str) -> Vec<Entry> {
    fields(kind)
        .map(|(field, required)| {
            let input = input(field, kind, paper);
            let mut value = form.map(|form| form.text(field.name()).to_owned()).unwrap_or_default();
            let mut chosen: Vec<String> =
                form.into_iter().flat_map(|form| form.all(field.name())).map(str::to_owned).collect();
            let other = form.map(|form| form.text(&format!("{}.other", field.name())).to_owned());
            if form.is_none() {
                match &input {
                    Input::Choice(words) if field == Field::Final || field == Field::Who => {
                        value = words.first().map(|(value, _)| value.clone()).unwrap_or_default();
                    }
                    // A duty that asks for one word has it filled in.
                    Input::Text(words) if paper.duties.len() == 1 && !words.is_empty() => {
                        words[0].clone_into(&mut value);
                    }
                    Input::Choice(words) if words.iter().any(|(word, _)| word == subject) => {
                        subject.clone_into(&mut value);
                    }
                    Input::Several(words, _) if words.iter().any(|(word, _)| word == subject) => {
                        chosen.push(subject.to_owned());
                    }
                    // What the policy asks for is ticked by whoever did it, but
                    // branches that are affected are those that are meant.
                    Input::Several(..) if subject.is_empty() && field == Field::Branches => {
                        chosen.clone_from(&paper.board.affected);
                    }
                    Input::Several(words, _) if field == Field::On => {
                        chosen = words.iter().map(|(word, _)| word.clone()).collect();
                    }
                    _ => {}
                }
            }
            Entry {
                name: field.name(),
                label: label(field, kind),
                hint: hint(field, kind),
                required: required && !(field == Field::Branches && kind == EventKind::AffectedSet),
                wanted: paper.wanted.contains(&field),
                input,
                value,
                chosen,
                other: other.unwrap_or_default(),
            }
        })
        .collect()
}

/// The event that the form describes.
pub fn event(kind: EventKind, form: &Form) -> Result<Value, Trouble> {
    let wrong =
        |field: Field, message: &str| Trouble::from(Problem::invalid(format!("/{}", field.name()), message));
    let mut event = Map::new();
    event.insert("type".to_owned(), json!(kind.name()));
    for (field, _) in fields(kind) {
        let text = form.text(field.name());
        let other = form.text(&format!("{}.other", field.name()));
        let value = match field.holds(kind) {
            FieldType::Flag => match text {
                "" => None,
                word => Some(json!(word != "false")),
            },
            FieldType::Texts | FieldType::Branches => {
                let lines = form.all(field.name()).flat_map(str::lines).chain(other.lines());
                let list: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
                // That no branch is affected any more is something to say.
                let says = !list.is_empty() || kind == EventKind::AffectedSet;
                says.then(|| json!(list))
            }
            FieldType::Dues => {
                let mut dues = Map::new();
                for (name, at) in form.with_prefix("dues.") {
                    let at = instant(at).ok_or_else(|| wrong(field, "write a day and an hour, in UTC"))?;
                    dues.insert(name.to_owned(), json!(at.to_string()));
                }
                if dues.is_empty() {
                    return Err(wrong(field, "give at least one duty a new due"));
                }
                Some(Value::Object(dues))
            }
            FieldType::Text if text.is_empty() && !other.is_empty() => Some(json!(other)),
            _ if text.is_empty() => None,
            FieldType::Score => {
                let score: f64 =
                    text.parse().map_err(|_| wrong(field, "a score is a number from 0.0 to 10.0"))?;
                Some(json!(score))
            }
            FieldType::Instant => {
                let at = instant(text).ok_or_else(|| wrong(field, "write a day and an hour, in UTC"))?;
                Some(json!(at.to_string()))
            }
            FieldType::Text | FieldType::Word(_) | FieldType::Branch => Some(json!(text)),
        };
        if let Some(value) = value {
            event.insert(field.name().to_owned(), value);
        }
    }
    Ok(Value::Object(event))
}
