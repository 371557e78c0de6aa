//! Makes a [`Policy`] of a document, its overlays and parameter values.
//!
//! Here names meet their meanings: anchors, duties, excuses, roles and
//! parameters are looked up, and what dangles is an error at its place.

mod anchors;
mod ladders;
mod rules;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::document::{Document, Entry, PolicyError};
use super::expression::{self, Expression, Names};
use super::model::*;
use crate::case::event::{Action, EventKind};
use crate::case::json::nearest;
use crate::text::echo;
use crate::time::Span;

pub use anchors::BUILT_IN as BUILT_IN_ANCHORS;

/// The most clauses a policy and its overlays may cite.
pub const MOST_CLAUSES: usize = 10_000;

type Outcome<T> = Result<T, PolicyError>;

/// A document and its overlays read as one policy.
///
/// `values` set parameters, as they are written in TOML.
pub fn compile(base: &Document, overlays: &[&Document], values: &[(String, String)]) -> Outcome<Policy> {
    Compiler::new(base, overlays, values)?.run()
}

struct Compiler<'d> {
    base: &'d Document,
    overlays: &'d [&'d Document],
    /// Every section with the document it stands in.
    entries: Vec<(&'d Document, &'d Entry)>,
    /// The place of each in that list, by section and id.
    places: BTreeMap<(&'static str, &'d str), usize>,
    parameters: Vec<Parameter>,
    clauses: Vec<Box<str>>,
    /// The place of each in that list.
    clause_places: BTreeMap<String, usize>,
    duty_ids: Vec<&'d str>,
    gate_ids: Vec<&'d str>,
    excuse_ids: Vec<&'d str>,
    role_ids: Vec<&'d str>,
}

/// Looks names up for one condition.
struct Lookup<'c> {
    parameters: &'c [Parameter],
    roles: &'c [&'c str],
}

impl Names for Lookup<'_> {
    fn parameter(&mut self, id: &str) -> Result<String, String> {
        value_of(self.parameters, id)
    }

    fn role(&mut self, id: &str) -> Result<(), String> {
        if self.roles.contains(&id) {
            return Ok(());
        }
        Err(format!(
            "`{}` is not a role of this policy{}; declare it as [[role]]",
            echo(id),
            nearest(id, self.roles.iter().copied())
        ))
    }
}

fn value_of(parameters: &[Parameter], id: &str) -> Result<String, String> {
    let Some(parameter) = parameters.iter().find(|parameter| &*parameter.heading.id == id) else {
        let known = parameters.iter().map(|parameter| &*parameter.heading.id);
        return Err(format!("`{}` is not a parameter of this policy{}", echo(id), nearest(id, known)));
    };
    match &parameter.value {
        Some(value) => Ok(value.to_string()),
        None => Err(format!("the parameter `{}` has no value; give it a `default` or set it", echo(id))),
    }
}

impl<'d> Compiler<'d> {
    fn new(base: &'d Document, overlays: &'d [&'d Document], values: &[(String, String)]) -> Outcome<Self> {
        let mut entries = Vec::new();
        for document in std::iter::once(&base).chain(overlays) {
            entries.extend(document.entries.iter().map(|entry| (*document, entry)));
        }
        let ids = |name: &str| -> Vec<&'d str> {
            entries
                .iter()
                .filter(|(_, entry)| entry.section.name == name)
                .filter_map(|(_, entry)| entry.text("id"))
                .collect()
        };
        let places = entries
            .iter()
            .enumerate()
            .filter_map(|(place, (_, entry))| Some(((entry.section.name, entry.text("id")?), place)))
            .collect();
        let mut compiler = Compiler {
            base,
            overlays,
            places,
            duty_ids: ids("duty"),
            gate_ids: ids("gate"),
            excuse_ids: ids("excuse"),
            role_ids: ids("role"),
            entries,
            parameters: Vec::new(),
            clauses: Vec::new(),
            clause_places: BTreeMap::new(),
        };
        compiler.check_kinds()?;
        compiler.check_twice()?;
        compiler.read_parameters(values)?;
        Ok(compiler)
    }

    /// A base stands alone; what is laid over it is an overlay.
    fn check_kinds(&self) -> Outcome<()> {
        for (document, wanted) in std::iter::once((&self.base, "base"))
            .chain(self.overlays.iter().map(|overlay| (overlay, "overlay")))
        {
            let Some(policy) = document.one("policy") else { continue };
            let kind = policy.text("kind").unwrap_or_default();
            if !["base", "overlay"].contains(&kind) {
                return Err(document.error(
                    policy.place("kind"),
                    format!("`{}` is not a kind; write base or overlay", echo(kind)),
                ));
            }
            if kind != wanted {
                let message = if wanted == "base" {
                    "an overlay tightens another policy; name that one first, and this one as an overlay of it"
                } else {
                    "this policy stands alone; only a policy of kind overlay can be laid over another"
                };
                return Err(document.error(policy.place("kind"), message.to_owned()));
            }
        }
        Ok(())
    }

    /// An overlay only adds, so no id may stand twice.
    fn check_twice(&self) -> Outcome<()> {
        let mut seen = BTreeSet::new();
        for (document, entry) in &self.entries {
            let once = !entry.section.repeats && entry.section.name != "policy";
            let id = entry.text("id").unwrap_or_default();
            if (once || (!id.is_empty() && entry.section.name != "policy"))
                && !seen.insert((entry.section.name, id))
            {
                return Err(document.error(
                    entry.place("id"),
                    format!(
                        "there is already a `{}` `{}`; an overlay adds rules under names of its own",
                        entry.section.name,
                        echo(id)
                    ),
                ));
            }
        }
        Ok(())
    }

    fn read_parameters(&mut self, values: &[(String, String)]) -> Outcome<()> {
        for (document, entry) in self.of("parameter") {
            let id = entry.text("id").unwrap_or_default();
            let set = values.iter().rev().find(|(name, _)| name == id).map(|(_, value)| value.as_str());
            let value = set.or(entry.text("default"));
            let holds = entry.text("holds").unwrap_or_default();
            if !settings::KINDS.contains(&holds) {
                let (holds, known) = (echo(holds), settings::KINDS.join(", "));
                let message = format!("a parameter cannot hold `{holds}`; known are {known}");
                return Err(document.error(entry.place("holds"), message));
            }
            if let Some(value) = value
                && let Err(message) = settings::fits(holds, value)
            {
                // A value from outside the file has no place in it.
                return Err(if set.is_some() {
                    PolicyError::anywhere(format!("parameter `{}`: {message}", echo(id)))
                } else {
                    document.error(entry.place("default"), message)
                });
            }
            let heading = Heading {
                say: entry.text("why").unwrap_or_default().into(),
                ..self.heading(document, entry)?
            };
            self.parameters.push(Parameter { heading, value: value.map(Into::into) });
        }
        for (name, _) in values {
            if !self.parameters.iter().any(|parameter| &*parameter.heading.id == name) {
                let known = self.parameters.iter().map(|parameter| &*parameter.heading.id);
                return Err(PolicyError::anywhere(format!(
                    "the policy has no parameter `{}`{}",
                    echo(name),
                    nearest(name, known)
                )));
            }
        }
        Ok(())
    }

    fn of(&self, name: &str) -> Vec<(&'d Document, &'d Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.section.name == name).copied().collect()
    }

    /// The section with this id.
    fn find(&self, section: &'static str, id: &str) -> Option<(&'d Document, &'d Entry)> {
        self.places.get(&(section, id)).and_then(|place| self.entries.get(*place)).copied()
    }

    fn heading(&mut self, document: &'d Document, entry: &'d Entry) -> Outcome<Heading> {
        let mut clauses = Vec::new();
        for (clause, place) in entry.texts("clauses") {
            let plain = !clause.is_empty()
                && clause.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
            if !plain {
                let clause = echo(clause);
                let message = format!("`{clause}` is not a clause id; write one like VT-25");
                return Err(document.error(place, message));
            }
            let next = self.clauses.len();
            let index = *self.clause_places.entry(clause.to_owned()).or_insert(next);
            if index == next {
                if next == MOST_CLAUSES {
                    return Err(document.error(place, format!("more than {MOST_CLAUSES} clauses are cited")));
                }
                self.clauses.push(clause.into());
            }
            clauses.push(index as ClauseIndex);
        }
        let say = self.fill(document, entry)?;
        Ok(Heading {
            id: entry.text("id").unwrap_or_default().into(),
            clauses: clauses.into(),
            say: say.into(),
        })
    }

    /// Fills `{parameter}` into a sentence; a band's name gives its lower end.
    fn fill(&self, document: &Document, entry: &Entry) -> Outcome<String> {
        let say = entry.text("say").unwrap_or_default();
        let mut filled = String::new();
        let mut rest = say;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                return Err(document.error(entry.place("say"), "a `{` has no `}`"));
            };
            let parameter = self.find("parameter", name);
            let band = self.find("band", name);
            match (parameter, band) {
                (Some((_, parameter)), _) => {
                    let set = self.parameters.iter().find(|parameter| &*parameter.heading.id == name);
                    let value =
                        set.and_then(|parameter| parameter.value.as_deref()).or(parameter.text("default"));
                    filled.push_str(value.unwrap_or("(not set)"));
                }
                (None, Some((_, band))) => filled.push_str(band.text("from").unwrap_or_default()),
                (None, None) => {
                    return Err(document.error(
                        entry.place("say"),
                        format!("`{{{}}}` is neither a parameter nor a band", echo(name)),
                    ));
                }
            }
            rest = tail;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The text of a key, a `$parameter` replaced by its value.
    fn value(&self, document: &Document, entry: &Entry, key: &str) -> Outcome<Option<String>> {
        let Some(text) = entry.text(key) else { return Ok(None) };
        match text.strip_prefix('$') {
            Some(id) => {
                let value = value_of(&self.parameters, id)
                    .map_err(|message| document.error(entry.place(key), message))?;
                Ok(Some(value))
            }
            None => Ok(Some(text.to_owned())),
        }
    }

    fn span(&self, document: &Document, entry: &Entry, key: &str) -> Outcome<Option<Span>> {
        let Some(text) = self.value(document, entry, key)? else { return Ok(None) };
        Span::parse(&text).map(Some).map_err(|message| document.error(entry.place(key), message))
    }

    fn condition(&self, document: &Document, entry: &Entry, key: &str) -> Outcome<Expression> {
        let Some(text) = entry.text(key) else { return Ok(Expression::Always) };
        let mut names = Lookup { parameters: &self.parameters, roles: &self.role_ids };
        expression::parse(text, &mut names).map_err(|(offset, message)| {
            document.error(document.place_within(entry.place(key), offset), message)
        })
    }

    /// Looks every text of a key up.
    fn list<T>(
        &self,
        document: &Document,
        entry: &Entry,
        key: &str,
        what: &str,
        find: impl Fn(&str) -> Option<T>,
        known: &[&str],
    ) -> Outcome<Box<[T]>> {
        let texts = entry.texts(key);
        texts.map(|(text, place)| look_up(document, place, text, what, &find, known)).collect()
    }

    /// Looks the one text of a key up.
    fn word<T>(
        &self,
        document: &Document,
        entry: &Entry,
        key: &str,
        what: &str,
        find: impl Fn(&str) -> Option<T>,
        known: &[&str],
    ) -> Outcome<T> {
        look_up(document, entry.place(key), entry.text(key).unwrap_or_default(), what, find, known)
    }

    fn events(&self, document: &Document, entry: &Entry, key: &str) -> Outcome<Box<[EventKind]>> {
        self.list(document, entry, key, "an event type", EventKind::parse, &EventKind::names())
    }

    fn run(mut self) -> Outcome<Policy> {
        let about = self.base.one("policy");
        let text = |key: &str| about.and_then(|entry| entry.text(key)).unwrap_or_default().to_owned();
        let mut hash = Sha256::new();
        for document in std::iter::once(&self.base).chain(self.overlays) {
            hash.update((document.source.len() as u64).to_be_bytes());
            hash.update(document.source.as_bytes());
        }
        let sha256 = crate::text::hex(&hash.finalize());
        let (id, version, title) = (text("id"), text("version"), text("title"));
        let roles = self.roles()?;
        let duties = self.duties()?;
        let ladders = self.ladders()?;
        let gates = self.gates()?;
        let excuses = self
            .named("excuse")?
            .into_iter()
            .map(|rule| Excuse { heading: rule.heading, when: rule.when })
            .collect();
        let permissions = self.permissions()?;
        let checks = self.checks()?;
        // Every anchor is read, used or not, so that a cycle cannot hide.
        for (document, entry) in self.of("anchor") {
            self.heading(document, entry)?;
            self.anchor(document, entry.start, entry.text("id").unwrap_or_default(), &mut Vec::new())?;
        }
        let mut policy = Policy {
            id,
            version,
            sha256,
            title,
            overlays: self
                .overlays
                .iter()
                .filter_map(|overlay| overlay.one("policy")?.text("id").map(str::to_owned))
                .collect(),
            roles,
            windows: self.windows()?,
            bands: self.bands()?,
            scoring: self.scoring()?,
            classes: self.classes()?,
            modes: self.modes()?,
            slot: self.slot()?,
            channels: self.named("channel")?,
            duties,
            ladders,
            gates,
            excuses,
            permissions,
            checks,
            paths: self.named("path")?,
            rotation: self.rotation()?,
            lgtm: self.lgtm()?,
            parameters: Vec::new(),
            clauses: Vec::new(),
            index: Index::default(),
        };
        policy.parameters = self.parameters;
        policy.clauses = self.clauses;
        policy.index = index(&policy);
        Ok(policy)
    }
}

/// Looks a text up, or complains that it is not what it should be, with the
/// known one that it probably means.
fn look_up<T>(
    document: &Document,
    place: usize,
    text: &str,
    what: &str,
    find: impl Fn(&str) -> Option<T>,
    known: &[&str],
) -> Outcome<T> {
    find(text).ok_or_else(|| {
        let hint = nearest(text, known.iter().copied());
        document.error(place, format!("`{}` is not {what}{hint}", echo(text)))
    })
}

/// Sorts rules by what they look at.
fn index(policy: &Policy) -> Index {
    let kinds = EventKind::ALL.len();
    let mut index = Index {
        duties: vec![Vec::new(); kinds],
        checks: vec![Vec::new(); kinds],
        voids: vec![Vec::new(); kinds],
        permissions: vec![None; kinds],
        gates: vec![Vec::new(); Action::ALL.len()],
    };
    for (place, duty) in policy.duties.iter().enumerate() {
        for kind in &duty.done {
            index.duties[*kind as usize].push(place as u16);
        }
    }
    for (place, check) in policy.checks.iter().enumerate() {
        for kind in &check.on {
            index.checks[*kind as usize].push(place as u16);
            if check.finding == FindingKind::NoEffect {
                index.voids[*kind as usize].push(place as u16);
            }
        }
    }
    for (place, permission) in policy.permissions.iter().enumerate() {
        index.permissions[permission.event as usize] = Some(place as u16);
    }
    for (place, gate) in policy.gates.iter().enumerate() {
        for action in &gate.actions {
            index.gates[*action as usize].push(place as u16);
        }
    }
    index
}
