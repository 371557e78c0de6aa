//! Reads `fixlead-history/1`: a case as one JSON document.
//!
//! The format stands in `docs/formats/history.md`. Unknown fields, types and
//! branches are errors, never silent skips; each names its JSON pointer.

use super::event::{Action, Ask, BranchSet, Event, EventKind, Field, FieldType, Value};
pub use super::json::HistoryError;
use super::json::{At, MOST_ITEMS, Node, Read, nearest};
use super::project::{Branch, BranchClass, MOST_BRANCHES, OwnersRule, Project};
use crate::severity::Vector;
use crate::text::{echo, short};
use crate::time::{Instant, When, parse_day};

/// The format's name and version.
pub const FORMAT: &str = "fixlead-history/1";
/// The largest history that is read, in bytes.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The most asks that are read.
pub const MOST_ASKS: usize = 1_000;

/// The most events of a type that are read. Those that the plan weighs against
/// each other are fewer, so that no file keeps it busy.
pub const fn most_of(kind: EventKind) -> usize {
    use EventKind as K;
    match kind {
        K::NoticeForthcoming | K::NoticeAdvance | K::NoticePrerelease | K::NoticeCorrection => 250,
        K::CommitProposed | K::CommitRewritten => 500,
        K::Lgtm => 1_000,
        K::SlowdownDecided
        | K::SemipublicDecided
        | K::EarlyWarningDecided
        | K::EmergencyDeclared
        | K::ExceptionExtreme
        | K::ScheduleAdjusted
        | K::Override => 250,
        _ => MOST_ITEMS,
    }
}

/// A case history: what happened, under which policy, in which project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// A line for people.
    pub title: Option<String>,
    /// The id of the policy.
    pub policy: String,
    /// The ids of the overlays that tighten it.
    pub overlays: Vec<String>,
    /// Values for the policy's parameters, as they are written in TOML.
    pub parameters: Vec<(String, String)>,
    /// The project.
    pub project: Project,
    /// What happened, in order of time; equal instants keep the file's order.
    pub events: Vec<Event>,
    /// Questions, in the file's order.
    pub asks: Vec<Ask>,
    /// The instant of the evaluation; the last event's when it is not given.
    pub evaluate_at: Option<Instant>,
}

impl History {
    /// Reads a document.
    pub fn parse(text: &str) -> Read<History> {
        if text.len() > MOST_BYTES {
            return Err(HistoryError {
                place: String::new(),
                message: format!(
                    "{} bytes, at most {MOST_BYTES} are read; a history holds one case",
                    text.len()
                ),
            });
        }
        // Some editors put a byte order mark in front of what they save. It says
        // nothing in UTF-8, and RFC 8259 lets a reader pass over it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let node: Node = serde_json::from_str(text).map_err(|error| HistoryError {
            place: format!("line {} column {}", error.line(), error.column()),
            message: format!("not readable as JSON: {}", short(without_place(&error.to_string()), 200)),
        })?;
        read_history(At::root(&node))
    }
}

/// The message of a JSON error without the place that is already named.
fn without_place(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text)
}

/// Complains about a key that is not known.
fn unknown<T>(at: At<'_>, kind: &str, key: &str, known: &[&str]) -> Read<T> {
    at.error(not_known(kind, key, known))
}

/// What to say of a name that is not known.
fn not_known(kind: &str, name: &str, known: &[&str]) -> String {
    let hint = nearest(name, known.iter().copied());
    format!("unknown {kind} `{}`{hint}; known are {}", echo(name), known.join(", "))
}

fn read_history(root: At<'_>) -> Read<History> {
    let mut history = History::default();
    let (mut has_format, mut has_policy) = (false, false);
    let mut counts = [0_usize; EventKind::ALL.len()];
    let mut approvals = 0;
    // Branches must be known before the events that name them.
    root.entries(|key, at| {
        if key == "project" {
            history.project = read_project(at)?;
        }
        Ok(())
    })?;
    let project = history.project.clone();
    root.entries(|key, at| {
        match key {
            "format" => {
                let format = at.text()?;
                if format != FORMAT {
                    return at.error(format!("expected `{FORMAT}`, found `{}`", echo(format)));
                }
                has_format = true;
            }
            "title" => history.title = Some(at.text()?.to_owned()),
            "about" => {
                at.text()?;
            }
            "sources" => read_sources(at)?,
            "policy" => {
                history.policy = at.text()?.to_owned();
                has_policy = true;
            }
            "overlays" => history.overlays = at.texts()?.iter().map(|id| id.to_string()).collect(),
            "parameters" => at.entries(|key, at| {
                let value = match at.node() {
                    Node::Text(text) => text.clone(),
                    Node::Flag(flag) => flag.to_string(),
                    Node::Number(number) => number.to_string(),
                    _ => return at.expected("a text, a number or a flag"),
                };
                history.parameters.push((key.to_owned(), value));
                Ok(())
            })?,
            "project" => {}
            "events" => at.items(MOST_ITEMS, |at| {
                let event = read_event(at, &project)?;
                let count = &mut counts[event.kind as usize];
                *count += 1;
                approvals += if event.kind == EventKind::Lgtm { event.texts(Field::On).count() } else { 0 };
                if approvals > MOST_ITEMS {
                    return at.error(format!(
                        "the LGTMs name more than {MOST_ITEMS} commits; a history holds one case"
                    ));
                }
                if *count > most_of(event.kind) {
                    let (most, name) = (most_of(event.kind), event.kind.name());
                    return at.error(format!("more than {most} events `{name}`; a history holds one case"));
                }
                history.events.push(event);
                Ok(())
            })?,
            "asks" => at.items(MOST_ASKS, |at| {
                let ask = read_ask(at, &project)?;
                if history.asks.iter().rev().take(1_000).any(|known| known.id == ask.id) {
                    let id = echo(&ask.id);
                    return at.error(format!("there is already an ask `{id}`; each needs an id of its own"));
                }
                history.asks.push(ask);
                Ok(())
            })?,
            "evaluate_at" => history.evaluate_at = Some(at.parse(Instant::parse)?),
            _ => {
                return unknown(
                    at,
                    "field",
                    key,
                    &[
                        "format",
                        "title",
                        "about",
                        "sources",
                        "policy",
                        "overlays",
                        "parameters",
                        "project",
                        "events",
                        "asks",
                        "evaluate_at",
                    ],
                );
            }
        }
        Ok(())
    })?;
    if !has_format {
        return root.error(format!("`format` is missing; write \"format\": \"{FORMAT}\""));
    }
    if !has_policy {
        return root.error("`policy` is missing; name one, for example \"policy\": \"vitess\"");
    }
    history.events.sort_by_key(|event| event.at.first());
    Ok(history)
}

/// Sources are for readers; only their shape is checked.
fn read_sources(at: At<'_>) -> Read<()> {
    at.items(MOST_ITEMS, |at| {
        at.entries(|key, at| match key {
            "url" | "says" => at.text().map(|_| ()),
            _ => unknown(at, "field", key, &["url", "says"]),
        })
    })
}

pub(crate) fn read_project(at: At<'_>) -> Read<Project> {
    let mut project = Project::default();
    at.entries(|key, at| {
        match key {
            "branches" => at.items(MOST_BRANCHES, |at| {
                let branch = read_branch(at)?;
                if project.branch(&branch.name).is_some() {
                    let name = echo(&branch.name);
                    return at.error(format!("the branch `{name}` stands twice; keep one"));
                }
                project.branches.push(branch);
                Ok(())
            })?,
            "responders" => project.responders = at.texts()?,
            "maintainers" => project.maintainers = at.texts()?,
            "served" => at.entries(|who, at| {
                project.served.push((who.into(), at.parse(parse_day)?));
                Ok(())
            })?,
            "leave" => at.entries(|who, at| {
                at.items(MOST_ITEMS, |at| {
                    let mut days = Vec::new();
                    at.items(2, |at| {
                        days.push(at.parse(parse_day)?);
                        Ok(())
                    })?;
                    match days[..] {
                        [first, last] if first <= last => {
                            project.leave.push((who.into(), (first, last)));
                            Ok(())
                        }
                        [_, _] => at.error("the leave ends before it begins"),
                        _ => at.error(
                            "expected the first and the last day, like [\"2026-11-20\", \"2026-12-15\"]",
                        ),
                    }
                })
            })?,
            "rotation" => {
                let rotation = at.text()?;
                if rotation != "round-robin" {
                    return unknown(at, "rotation", rotation, &["round-robin"]);
                }
            }
            "owners" => at.entries(|directory, at| {
                let mut path = directory.trim_matches('/').to_owned();
                if !path.is_empty() {
                    path.push('/');
                }
                project.owners.push((path.into(), at.texts()?));
                Ok(())
            })?,
            "owners_rule" => {
                project.owners_rule = Some(at.parse(|word| {
                    OwnersRule::parse(word).ok_or_else(|| not_known("rule", word, &["strict", "lenient"]))
                })?);
            }
            "holidays" => at.items(MOST_ITEMS, |at| {
                project.holidays.push(at.parse(parse_day)?);
                Ok(())
            })?,
            _ => {
                return unknown(
                    at,
                    "field",
                    key,
                    &[
                        "branches",
                        "responders",
                        "served",
                        "leave",
                        "rotation",
                        "owners",
                        "owners_rule",
                        "maintainers",
                        "holidays",
                    ],
                );
            }
        }
        Ok(())
    })?;
    Ok(project)
}

fn read_branch(at: At<'_>) -> Read<Branch> {
    let (mut name, mut class, mut since) = (None, None, None);
    at.entries(|key, at| {
        match key {
            "name" => match at.text()? {
                "" => return at.error("the name is empty; name the branch"),
                text => name = Some(text.into()),
            },
            "class" => {
                class = Some(at.parse(|word| {
                    let known = ["development", "supported", "unsupported"];
                    BranchClass::parse(word).ok_or_else(|| not_known("class", word, &known))
                })?);
            }
            "since" => {
                since = Some(Instant::midnight(at.parse(parse_day)?));
            }
            _ => return unknown(at, "field", key, &["name", "class", "since"]),
        }
        Ok(())
    })?;
    match (name, class) {
        (Some(name), Some(class)) => Ok(Branch { name, class, since }),
        _ => at.error("a branch needs `name` and `class`"),
    }
}

/// Reads a single event of a project.
pub fn read_one(text: &str, project: &Project) -> Read<Event> {
    let node: Node = serde_json::from_str(text).map_err(|error| HistoryError {
        place: String::new(),
        message: format!("not readable as JSON: {}", short(without_place(&error.to_string()), 200)),
    })?;
    read_event(At::root(&node), project)
}

pub(crate) fn read_event(at: At<'_>, project: &Project) -> Read<Event> {
    let (mut when, mut kind) = (None, None);
    at.entries(|key, at| {
        match key {
            "at" => when = Some(at.parse(When::parse)?),
            "type" => {
                kind = Some(at.parse(|name| {
                    EventKind::parse(name).ok_or_else(|| {
                        let hint = nearest(name, EventKind::ALL.iter().map(|kind| kind.name()));
                        format!(
                            "unknown event type `{}`{hint}; expected one of the {} types of fixlead-history/1, \
                             such as report.received, triage.decided or released",
                            echo(name),
                            EventKind::ALL.len()
                        )
                    })
                })?);
            }
            _ => {}
        }
        Ok(())
    })?;
    let Some(kind) = kind else {
        return at.error("`type` is missing; an event needs `at` and `type`");
    };
    let Some(when) = when else {
        return at.error("`at` is missing; an event needs `at` and `type`");
    };
    let mut event = Event::new(when, kind);
    at.entries(|key, at| {
        if key == "at" || key == "type" {
            return Ok(());
        }
        let Some(field) = Field::parse(key).filter(|field| kind.allows(*field)) else {
            let (required, optional) = kind.fields();
            let known: Vec<&str> = ["at", "type"]
                .into_iter()
                .chain(required.iter().chain(optional).chain(&[Field::By]).map(|field| field.name()))
                .collect();
            return unknown(at, &format!("field of `{}`", kind.name()), key, &known);
        };
        // `null` says that there is none, which is what absence says.
        if !matches!(at.node(), Node::Null) {
            event.fields.push((field, read_value(at, field, kind, project)?));
        }
        Ok(())
    })?;
    if kind == EventKind::ScoreSet && event.get(Field::Score).is_none() {
        let Some(vector) = event.text(Field::Vector) else {
            return at.error("`score.set` needs `vector`, `score` or both");
        };
        if let Err(error) = Vector::parse(vector) {
            return at.error(format!("the vector cannot be read, and no `score` is given: {error}"));
        }
    }
    for field in kind.fields().0 {
        if event.get(*field).is_none() {
            return at.error(format!("`{}` needs `{}`", kind.name(), field.name()));
        }
    }
    Ok(event)
}

fn read_value(at: At<'_>, field: Field, kind: EventKind, project: &Project) -> Read<Value> {
    Ok(match field.holds(kind) {
        FieldType::Text => Value::Text(at.text()?.into()),
        FieldType::Word(words) => {
            let word = at.text()?;
            if !words.contains(&word) {
                return unknown(at, "word", word, words);
            }
            Value::Text(word.into())
        }
        FieldType::Texts => {
            let texts = match at.node() {
                Node::Text(_) => vec![at.text()?.into()],
                Node::List(_) => at.texts()?,
                _ => return at.expected("a text or a list of texts"),
            };
            if let Some(words) = field.words()
                && let Some(wrong) = texts.iter().find(|text| !words.contains(&&***text))
            {
                return unknown(at, "word", wrong, words);
            }
            Value::Texts(texts)
        }
        FieldType::Flag => match at.node() {
            Node::Flag(flag) => Value::Flag(*flag),
            _ => return at.expected("true or false"),
        },
        FieldType::Score => Value::Score(read_score(at)?),
        FieldType::Instant => Value::Instant(at.parse(Instant::parse)?),
        FieldType::Branch => Value::Branches(read_branches(at, project, true)?),
        FieldType::Branches => Value::Branches(read_branches(at, project, false)?),
        FieldType::Dues => {
            let mut dues: Vec<(Box<str>, Instant)> = Vec::new();
            at.entries(|duty, at| {
                dues.push((duty.into(), at.parse(Instant::parse)?));
                Ok(())
            })?;
            Value::Dues(dues)
        }
    })
}

/// A score in hundredths. CVSS gives one decimal; a project's own arithmetic
/// may give two.
fn read_score(at: At<'_>) -> Read<u16> {
    let Node::Number(number) = at.node() else {
        return at.expected("a number from 0.0 to 10.0");
    };
    let hundredths = (number * 100.0).round();
    if !(0.0..=1000.0).contains(&hundredths) || (number * 100.0 - hundredths).abs() > 1e-6 {
        return at.error("a score is a number from 0.0 to 10.0 with at most two decimals");
    }
    Ok(hundredths as u16)
}

fn read_branches(at: At<'_>, project: &Project, single: bool) -> Read<BranchSet> {
    let one = |at: At<'_>| -> Read<BranchSet> {
        let name = at.text()?;
        match project.branch(name) {
            Some(index) => Ok(1 << index),
            None => at.error(format!(
                "the project has no branch `{}`{}; add it to project.branches",
                echo(name),
                nearest(name, project.branches.iter().map(|branch| &*branch.name))
            )),
        }
    };
    if single || matches!(at.node(), Node::Text(_)) {
        return one(at);
    }
    let mut set = 0;
    at.items(MOST_ITEMS, |at| {
        set |= one(at)?;
        Ok(())
    })?;
    Ok(set)
}

fn read_ask(at: At<'_>, project: &Project) -> Read<Ask> {
    let (mut id, mut when, mut action) = (None, None, None);
    let (mut release_at, mut branches, mut channel) = (None, 0, None);
    at.entries(|key, at| {
        match key {
            "id" => id = Some(at.text()?.to_owned()),
            "at" => when = Some(at.parse(Instant::parse)?),
            "action" => {
                action = Some(at.parse(|name| {
                    Action::parse(name).ok_or_else(|| {
                        let known: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
                        not_known("action", name, &known)
                    })
                })?);
            }
            "for" => release_at = Some(at.parse(Instant::parse)?),
            "branch" | "branches" => branches |= read_branches(at, project, false)?,
            "channel" | "list" => channel = Some(at.text()?.to_owned()),
            _ => {
                return unknown(
                    at,
                    "field",
                    key,
                    &["id", "at", "action", "for", "branch", "channel", "list"],
                );
            }
        }
        Ok(())
    })?;
    let (Some(id), Some(when), Some(action)) = (id, when, action) else {
        return at.error("an ask needs `id`, `at` and `action`");
    };
    if action == Action::ReleaseSchedule && release_at.is_none() {
        return at.error("`release.schedule` needs `for`, the instant of the release");
    }
    Ok(Ask { id, at: when, action, release_at, branches, channel })
}
