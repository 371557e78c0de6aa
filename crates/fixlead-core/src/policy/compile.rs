//! Makes a [`Policy`] of a document, its overlays and parameter values.
//!
//! Here names meet their meanings: anchors, duties, excuses, roles and
//! parameters are looked up, and what dangles is an error at its place.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::document::{Document, Entry, PolicyError, Written};
use super::expression::{self, Class, Expression, Names, Severity, hundredths};
use super::model::*;
use crate::case::event::{Action, EventKind};
use crate::case::json::nearest;
use crate::case::project::{BranchClass, OwnersRule};
use crate::time::Span;

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
    parameters: Vec<Parameter>,
    clauses: Vec<Box<str>>,
    duty_ids: Vec<&'d str>,
    gate_ids: Vec<&'d str>,
    excuse_ids: Vec<&'d str>,
    role_ids: Vec<&'d str>,
    /// Parameters and roles that something uses.
    used: BTreeSet<String>,
}

/// Looks names up for one condition.
struct Lookup<'c> {
    parameters: &'c [Parameter],
    roles: &'c [&'c str],
    used: &'c mut BTreeSet<String>,
}

impl Names for Lookup<'_> {
    fn parameter(&mut self, id: &str) -> Result<String, String> {
        self.used.insert(id.to_owned());
        value_of(self.parameters, id)
    }

    fn role(&mut self, id: &str) -> Result<(), String> {
        if self.roles.contains(&id) {
            return Ok(());
        }
        Err(format!(
            "`{id}` is not a role of this policy{}; declare it as [[role]]",
            nearest(id, self.roles.iter().copied())
        ))
    }
}

fn value_of(parameters: &[Parameter], id: &str) -> Result<String, String> {
    let Some(parameter) = parameters.iter().find(|parameter| &*parameter.heading.id == id) else {
        let known = parameters.iter().map(|parameter| &*parameter.heading.id);
        return Err(format!("`{id}` is not a parameter of this policy{}", nearest(id, known)));
    };
    match &parameter.value {
        Some(value) => Ok(value.to_string()),
        None => Err(format!("the parameter `{id}` has no value; give it a `default` or set it")),
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
        let mut compiler = Compiler {
            base,
            overlays,
            duty_ids: ids("duty"),
            gate_ids: ids("gate"),
            excuse_ids: ids("excuse"),
            role_ids: ids("role"),
            entries,
            parameters: Vec::new(),
            clauses: Vec::new(),
            used: BTreeSet::new(),
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
                return Err(document
                    .error(policy.place("kind"), format!("`{kind}` is not a kind; write base or overlay")));
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
                        "there is already a `{}` `{id}`; an overlay adds rules under names of its own",
                        entry.section.name
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
            if let Some(value) = value {
                let holds = entry.text("holds").unwrap_or_default();
                if let Err(message) = fits(holds, value) {
                    // A value from outside the file has no place in it.
                    return Err(if set.is_some() {
                        PolicyError {
                            line: 0,
                            column: 0,
                            excerpt: String::new(),
                            message: format!("parameter `{id}`: {message}"),
                        }
                    } else {
                        document.error(entry.place("default"), message)
                    });
                }
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
                return Err(PolicyError {
                    line: 0,
                    column: 0,
                    excerpt: String::new(),
                    message: format!("the policy has no parameter `{name}`{}", nearest(name, known)),
                });
            }
        }
        Ok(())
    }

    fn of(&self, name: &str) -> Vec<(&'d Document, &'d Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.section.name == name).copied().collect()
    }

    fn heading(&mut self, document: &'d Document, entry: &'d Entry) -> Outcome<Heading> {
        let mut clauses = Vec::new();
        for (clause, place) in entry.texts("clauses") {
            let plain = !clause.is_empty()
                && clause.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
            if !plain {
                return Err(
                    document.error(place, format!("`{clause}` is not a clause id; write one like VT-25"))
                );
            }
            let index = self.clauses.iter().position(|known| &**known == clause).unwrap_or_else(|| {
                self.clauses.push(clause.into());
                self.clauses.len() - 1
            });
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
    fn fill(&mut self, document: &Document, entry: &Entry) -> Outcome<String> {
        let say = entry.text("say").unwrap_or_default();
        let mut filled = String::new();
        let mut rest = say;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                return Err(document.error(entry.place("say"), "a `{` has no `}`".to_owned()));
            };
            let parameter =
                self.of("parameter").into_iter().find(|(_, entry)| entry.text("id") == Some(name));
            let band = self.of("band").into_iter().find(|(_, entry)| entry.text("id") == Some(name));
            match (parameter, band) {
                (Some((_, parameter)), _) => {
                    self.used.insert(name.to_owned());
                    let set = self.parameters.iter().find(|parameter| &*parameter.heading.id == name);
                    let value =
                        set.and_then(|parameter| parameter.value.as_deref()).or(parameter.text("default"));
                    filled.push_str(value.unwrap_or("(not set)"));
                }
                (None, Some((_, band))) => filled.push_str(band.text("from").unwrap_or_default()),
                (None, None) => {
                    return Err(document.error(
                        entry.place("say"),
                        format!("`{{{name}}}` is neither a parameter nor a band"),
                    ));
                }
            }
            rest = tail;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The text of a key, a `$parameter` replaced by its value.
    fn value(&mut self, document: &Document, entry: &Entry, key: &str) -> Outcome<Option<String>> {
        let Some(text) = entry.text(key) else { return Ok(None) };
        match text.strip_prefix('$') {
            Some(id) => {
                self.used.insert(id.to_owned());
                let value = value_of(&self.parameters, id)
                    .map_err(|message| document.error(entry.place(key), message))?;
                Ok(Some(value))
            }
            None => Ok(Some(text.to_owned())),
        }
    }

    fn span(&mut self, document: &Document, entry: &Entry, key: &str) -> Outcome<Option<Span>> {
        let Some(text) = self.value(document, entry, key)? else { return Ok(None) };
        Span::parse(&text).map(Some).map_err(|message| document.error(entry.place(key), message))
    }

    fn condition(&mut self, document: &Document, entry: &Entry, key: &str) -> Outcome<Expression> {
        let Some(text) = entry.text(key) else { return Ok(Expression::Always) };
        let mut names = Lookup { parameters: &self.parameters, roles: &self.role_ids, used: &mut self.used };
        expression::parse(text, &mut names)
            // The value begins with its quotation mark.
            .map_err(|(offset, message)| document.error(entry.place(key) + 1 + offset, message))
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
        entry
            .texts(key)
            .map(|(text, place)| {
                find(text).ok_or_else(|| {
                    document.error(
                        place,
                        format!("`{text}` is not {what}{}", nearest(text, known.iter().copied())),
                    )
                })
            })
            .collect()
    }

    fn events(&self, document: &Document, entry: &Entry, key: &str) -> Outcome<Box<[EventKind]>> {
        let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
        self.list(document, entry, key, "an event type", EventKind::parse, &known)
    }

    fn word<T>(
        &self,
        document: &Document,
        entry: &Entry,
        key: &str,
        what: &str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Outcome<T> {
        let text = entry.text(key).unwrap_or_default();
        find(text).ok_or_else(|| document.error(entry.place(key), format!("`{text}` is not {what}")))
    }

    /// The anchor with this name. `trail` holds the anchors and duties that
    /// lead here, so that a cycle is found.
    fn anchor(
        &self,
        document: &Document,
        place: usize,
        name: &str,
        trail: &mut Vec<String>,
    ) -> Outcome<Anchor> {
        let built_in = match name {
            "disclosure" => Some(Anchor::Disclosure),
            "plan" => Some(Anchor::Plan),
            "mitigated" => Some(Anchor::Mitigated),
            "first-notice" => Some(Anchor::FirstNotice),
            "upstream" => Some(Anchor::Upstream),
            "warned" => Some(Anchor::Warned),
            "announced" => Some(Anchor::Announced),
            "released" => Some(Anchor::Released),
            _ => EventKind::parse(name).map(Anchor::Event),
        };
        if let Some(anchor) = built_in {
            return Ok(anchor);
        }
        if trail.iter().any(|passed| passed == name) {
            trail.push(name.to_owned());
            return Err(document.error(
                place,
                format!(
                    "this anchor leads back to itself: {}; let one of them stand on an event",
                    trail.join(" → ")
                ),
            ));
        }
        trail.push(name.to_owned());
        let found = if let Some(duty) = self.duty_ids.iter().position(|id| *id == name) {
            // A duty that waits for another must not be waited for by it.
            for (document, entry) in self.of("duty").into_iter().skip(duty).take(1) {
                for key in ["after", "before"] {
                    if let Some(next) = entry.text(key) {
                        self.anchor(document, entry.place(key), next, trail)?;
                    }
                }
            }
            Anchor::Duty(duty)
        } else if let Some((document, entry)) =
            self.of("anchor").into_iter().find(|(_, entry)| entry.text("id") == Some(name))
        {
            let mut parts = Vec::new();
            let key = if entry.get("known").is_some() { "known" } else { "earliest" };
            for (part, place) in entry.texts(key) {
                parts.push(self.anchor(document, place, part, trail)?);
            }
            if parts.is_empty() || (entry.get("known").is_some() && entry.get("earliest").is_some()) {
                return Err(document.error(
                    entry.start,
                    "an anchor needs either `known` or `earliest`, with at least one anchor".to_owned(),
                ));
            }
            if key == "known" { Anchor::Known(parts.into()) } else { Anchor::Earliest(parts.into()) }
        } else {
            let own = self.of("anchor").into_iter().filter_map(|(_, entry)| entry.text("id"));
            let known = [
                "disclosure",
                "plan",
                "mitigated",
                "first-notice",
                "upstream",
                "warned",
                "announced",
                "released",
            ];
            let hint = nearest(name, known.into_iter().chain(own).chain(self.duty_ids.iter().copied()));
            return Err(document.error(
                place,
                format!(
                    "`{name}` is not an anchor{hint}; known are {}, event types, duties and [[anchor]]s",
                    known.join(", ")
                ),
            ));
        };
        trail.pop();
        Ok(found)
    }

    fn anchor_of(
        &self,
        document: &Document,
        entry: &Entry,
        key: &str,
    ) -> Outcome<Option<(Anchor, Box<str>)>> {
        let Some(name) = entry.text(key) else { return Ok(None) };
        let mut trail = match entry.section.name {
            "duty" => vec![entry.text("id").unwrap_or_default().to_owned()],
            _ => Vec::new(),
        };
        Ok(Some((self.anchor(document, entry.place(key), name, &mut trail)?, name.into())))
    }

    fn run(mut self) -> Outcome<Policy> {
        let about = self.base.one("policy");
        let text = |key: &str| about.and_then(|entry| entry.text(key)).unwrap_or_default().to_owned();
        let mut hash = Sha256::new();
        for document in std::iter::once(&self.base).chain(self.overlays) {
            hash.update((document.source.len() as u64).to_be_bytes());
            hash.update(document.source.as_bytes());
        }
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let (id, version, title) = (text("id"), text("version"), text("title"));
        let roles = self.roles()?;
        let duties = self.duties()?;
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

    fn roles(&mut self) -> Outcome<Vec<Role>> {
        let known = self.role_ids.clone();
        let mut roles: Vec<Role> = Vec::new();
        for (document, entry) in self.of("role") {
            let rosters = self.list(
                document,
                entry,
                "roster",
                "a roster; known are maintainers, responders, added and the roles before this one",
                |name| match name {
                    _ if roles.iter().any(|role| &*role.heading.id == name) => {
                        Some(Roster::Role(name.into()))
                    }
                    "maintainers" => Some(Roster::Maintainers),
                    "responders" => Some(Roster::Responders),
                    "added" => Some(Roster::Added),
                    _ => None,
                },
                &known,
            )?;
            roles.push(Role { heading: self.heading(document, entry)?, rosters });
        }
        Ok(roles)
    }

    fn duties(&mut self) -> Outcome<Vec<Duty>> {
        let mut duties = Vec::new();
        for (document, entry) in self.of("duty") {
            let who = entry.text("who").unwrap_or_default();
            if !self.role_ids.contains(&who) {
                let hint = nearest(who, self.role_ids.iter().copied());
                return Err(document.error(
                    entry.place("who"),
                    format!("`{who}` is not a role of this policy{hint}; declare it as [[role]]"),
                ));
            }
            let each = match entry.text("each") {
                None => Each::Case,
                Some(_) => self.word(
                    document,
                    entry,
                    "each",
                    "one of supported, development, maintained, channel",
                    |word| match word {
                        "supported" => Some(Each::Supported),
                        "development" => Some(Each::Development),
                        "maintained" => Some(Each::Maintained),
                        "channel" => Some(Each::Channel),
                        _ => None,
                    },
                )?,
            };
            let within = self.span(document, entry, "within")?;
            let lead = self.span(document, entry, "lead")?;
            let most = self.span(document, entry, "most")?;
            let window = match (
                self.anchor_of(document, entry, "after")?,
                within,
                self.anchor_of(document, entry, "before")?,
                lead,
            ) {
                (None, None, None, None) => Window::None,
                (Some((anchor, name)), Some(span), None, None) => Window::After { anchor, name, span },
                (None, None, Some((anchor, name)), Some(span)) => Window::Before { anchor, name, span, most },
                _ => {
                    return Err(document.error(
                        entry.start,
                        "a duty has `after` with `within`, or `before` with `lead`, or none of them"
                            .to_owned(),
                    ));
                }
            };
            let excuse_ids = self.excuse_ids.clone();
            let find = |name: &str| excuse_ids.iter().position(|id| *id == name);
            let excuses =
                self.list(document, entry, "excuses", "an excuse of this policy", find, &excuse_ids)?;
            let states_bind = match entry.text("states") {
                None => false,
                Some(_) => self.word(document, entry, "states", "binding, the only value", |word| {
                    (word == "binding").then_some(true)
                })?,
            };
            duties.push(Duty {
                who: who.into(),
                when: self.condition(document, entry, "when")?,
                each,
                done: self.events(document, entry, "done")?,
                filter: self.condition(document, entry, "where")?,
                window,
                excuses,
                states_bind,
                missed: self.anchor_of(document, entry, "missed")?.map(|(anchor, _)| anchor),
                action: match entry.text("action") {
                    None => None,
                    Some(_) => Some(self.word(document, entry, "action", "an action", Action::parse)?),
                },
                heading: self.heading(document, entry)?,
            });
        }
        Ok(duties)
    }

    fn gates(&mut self) -> Outcome<Vec<Gate>> {
        let mut gates = Vec::new();
        for (document, entry) in self.of("gate") {
            let known: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
            let actions = self.list(document, entry, "actions", "an action", Action::parse, &known)?;
            let kinds = ["needs", "until", "by", "lead-of", "step-of"];
            if kinds.iter().filter(|key| entry.get(key).is_some()).count() != 1 {
                return Err(document
                    .error(entry.start, format!("a gate waits for exactly one of {}", kinds.join(", "))));
            }
            let wait = if entry.get("needs").is_some() {
                Wait::Needs(self.condition(document, entry, "needs")?)
            } else if let Some((anchor, name)) = self.anchor_of(document, entry, "until")? {
                Wait::Until(anchor, name)
            } else if let Some((anchor, name)) = self.anchor_of(document, entry, "by")? {
                let Some(span) = self.span(document, entry, "within")? else {
                    return Err(document.error(entry.place("by"), "`by` needs `within`".to_owned()));
                };
                Wait::Within(anchor, name, span)
            } else if entry.get("lead-of").is_some() {
                let duty_ids = self.duty_ids.clone();
                Wait::Lead(self.word(document, entry, "lead-of", "a duty of this policy", |name| {
                    duty_ids.iter().position(|id| *id == name)
                })?)
            } else {
                let gate_ids = self.gate_ids.clone();
                let find = |name: &str| gate_ids.iter().position(|id| *id == name);
                let apart =
                    self.list(document, entry, "apart-from", "a gate of this policy", find, &gate_ids)?;
                Wait::StepOf(self.word(document, entry, "step-of", "an action", Action::parse)?, apart)
            };
            gates.push(Gate {
                actions,
                when: self.condition(document, entry, "when")?,
                wait,
                finding: match entry.text("finding") {
                    None => FindingKind::Violation,
                    Some(_) => {
                        self.word(document, entry, "finding", "a kind of finding", FindingKind::parse)?
                    }
                },
                heading: self.heading(document, entry)?,
            });
        }
        // A lead is a span before an anchor.
        let leads: Vec<&str> = self
            .of("duty")
            .into_iter()
            .filter(|(_, entry)| entry.get("lead").is_some())
            .filter_map(|(_, entry)| entry.text("id"))
            .collect();
        for (document, entry) in self.of("gate") {
            if let Some(duty) = entry.text("lead-of") {
                if !leads.contains(&duty) {
                    return Err(
                        document.error(entry.place("lead-of"), format!("the duty `{duty}` has no `lead`"))
                    );
                }
            }
        }
        Ok(gates)
    }

    fn permissions(&mut self) -> Outcome<Vec<Permission>> {
        let mut permissions = Vec::new();
        for (document, entry) in self.of("permission") {
            let duty_ids = self.duty_ids.clone();
            let find = |name: &str| duty_ids.iter().position(|id| *id == name);
            permissions.push(Permission {
                event: self.word(document, entry, "event", "an event type", EventKind::parse)?,
                when: self.condition(document, entry, "when")?,
                after: match entry.text("after") {
                    None => None,
                    Some(_) => {
                        Some(self.word(document, entry, "after", "an event type", EventKind::parse)?)
                    }
                },
                duties: self.list(document, entry, "duties", "a duty of this policy", find, &duty_ids)?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(permissions)
    }

    fn checks(&mut self) -> Outcome<Vec<Check>> {
        let mut checks = Vec::new();
        for (document, entry) in self.of("check") {
            checks.push(Check {
                on: self.events(document, entry, "on")?,
                when: self.condition(document, entry, "when")?,
                needs: self.condition(document, entry, "needs")?,
                finding: self.word(document, entry, "finding", "a kind of finding", FindingKind::parse)?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(checks)
    }

    fn named(&mut self, section: &str) -> Outcome<Vec<Named>> {
        let mut rules = Vec::new();
        for (document, entry) in self.of(section) {
            rules.push(Named {
                when: self.condition(document, entry, "when")?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(rules)
    }

    fn modes(&mut self) -> Outcome<Vec<ModeRule>> {
        let mut modes = Vec::new();
        for (document, entry) in self.of("mode") {
            let known = "a mode; known are asap, asap-provisional, slowed, upstream-bound";
            let find = |name: &str| Mode::parse(name).filter(|mode| *mode != Mode::Normal);
            modes.push(ModeRule {
                mode: self.word(document, entry, "id", known, find)?,
                when: self.condition(document, entry, "when")?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(modes)
    }

    fn windows(&mut self) -> Outcome<Option<(Heading, bool)>> {
        let Some((document, entry)) = self.of("windows").into_iter().next() else { return Ok(None) };
        let holding =
            self.word(document, entry, "level", "a level; known are advisory, holding", |word| match word {
                "advisory" => Some(false),
                "holding" => Some(true),
                _ => None,
            })?;
        Ok(Some((self.heading(document, entry)?, holding)))
    }

    fn bands(&mut self) -> Outcome<Vec<(Severity, u16, Clauses)>> {
        let mut bands: Vec<(Severity, u16, Clauses)> = Vec::new();
        for (document, entry) in self.of("band") {
            let severity = self.word(
                document,
                entry,
                "id",
                "a severity; known are none, low, medium, high, critical",
                Severity::parse,
            )?;
            let from = self.word(document, entry, "from", "a score from 0.0 to 10.0", hundredths)?;
            if bands.last().is_some_and(|(below, start, _)| *below >= severity || *start >= from) {
                return Err(document.error(
                    entry.place("from"),
                    "bands rise from one to the next; put them in order".to_owned(),
                ));
            }
            bands.push((severity, from, self.heading(document, entry)?.clauses));
        }
        Ok(bands)
    }

    fn scoring(&mut self) -> Outcome<Option<Scoring>> {
        let Some((document, entry)) = self.of("scoring").into_iter().next() else { return Ok(None) };
        let versions = ["2.0", "3.0", "3.1", "4.0"];
        let find = |name: &str| versions.contains(&name).then(|| Box::from(name));
        Ok(Some(Scoring {
            versions: self.list(document, entry, "versions", "a CVSS version", find, &versions)?,
            thresholds: self.list(
                document,
                entry,
                "thresholds",
                "a score from 0.0 to 10.0",
                hundredths,
                &[],
            )?,
            heading: self.heading(document, entry)?,
        }))
    }

    fn classes(&mut self) -> Outcome<Vec<ClassRule>> {
        let mut classes = Vec::new();
        for (document, entry) in self.of("class") {
            let find = |name: &str| {
                Class::parse(name).filter(|class| !matches!(class, Class::Undetermined | Class::PolicySilent))
            };
            classes.push(ClassRule {
                class: self.word(
                    document,
                    entry,
                    "id",
                    "a class; known are supported, main-only, unsupported-only",
                    find,
                )?,
                affects: self.word(
                    document,
                    entry,
                    "affects",
                    "a class of branch; known are development, supported, unsupported",
                    BranchClass::parse,
                )?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(classes)
    }

    fn slot(&mut self) -> Outcome<Option<Slot>> {
        let Some((document, entry)) = self.of("slot").into_iter().next() else { return Ok(None) };
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let find = |name: &str| names.iter().position(|day| *day == name);
        let mut days = [false; 7];
        for day in self.list(document, entry, "days", "a day of the week", find, &names)? {
            days[day] = true;
        }
        if !days.contains(&true) {
            return Err(document.error(entry.place("days"), "a slot needs a day of the week".to_owned()));
        }
        let at = self.word(document, entry, "at", "a time of day in UTC like 16:00", |text| {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
            ((0..24).contains(&hour) && (0..60).contains(&minute)).then(|| Span::minutes(hour * 60 + minute))
        })?;
        Ok(Some(Slot { heading: self.heading(document, entry)?, at, days }))
    }

    fn rotation(&mut self) -> Outcome<Option<Heading>> {
        let Some((document, entry)) = self.of("rotation").into_iter().next() else { return Ok(None) };
        self.word(document, entry, "rule", "a rule; known is round-robin", |word| {
            (word == "round-robin").then_some(())
        })?;
        self.heading(document, entry).map(Some)
    }

    /// The reading of LGTMs is a parameter, because both documents leave it open.
    fn lgtm(&mut self) -> Outcome<LgtmRule> {
        self.used.insert("lgtm-rule".to_owned());
        let set = self.parameters.iter().find(|parameter| &*parameter.heading.id == "lgtm-rule");
        let value = set.and_then(|parameter| parameter.value.as_deref());
        Ok(value.and_then(lgtm_rule).unwrap_or(LgtmRule::Owners(OwnersRule::Strict)))
    }
}

/// Reads `strict`, `lenient` or `2 of maintainers`.
fn lgtm_rule(text: &str) -> Option<LgtmRule> {
    if let Some(rule) = OwnersRule::parse(text) {
        return Some(LgtmRule::Owners(rule));
    }
    let count = text.strip_suffix(" of maintainers")?.parse().ok()?;
    (1..=20).contains(&count).then_some(LgtmRule::Maintainers(count))
}

/// Whether a value is of the kind its parameter holds.
fn fits(holds: &str, value: &str) -> Result<(), String> {
    let fits = match holds {
        "span" => return Span::parse(value).map(|_| ()),
        "score" => hundredths(value).is_some(),
        "lgtm" => lgtm_rule(value).is_some(),
        "address" => !value.trim().is_empty() && !value.contains(char::is_whitespace),
        "text" => !value.trim().is_empty(),
        other => {
            return Err(format!(
                "a parameter cannot hold `{other}`; known are address, text, span, score, lgtm"
            ));
        }
    };
    let wanted = match holds {
        "score" => "a score like 4.0",
        "lgtm" => "strict, lenient, or a number like `1 of maintainers`",
        "address" => "an address (mail, link or channel) without spaces",
        _ => "some text",
    };
    if fits { Ok(()) } else { Err(format!("`{value}` is not {wanted}")) }
}

/// Sorts rules by what they look at.
fn index(policy: &Policy) -> Index {
    let kinds = EventKind::ALL.len();
    let mut index = Index {
        duties: vec![Vec::new(); kinds],
        checks: vec![Vec::new(); kinds],
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

/// Whether a written value refers to a parameter.
pub(super) fn refers(value: &Written, id: &str) -> bool {
    let dollar = format!("${id}");
    let brace = format!("{{{id}}}");
    let names = |text: &str| text.contains(&brace) || text.split_whitespace().any(|word| word == dollar);
    match value {
        Written::Text(text) => names(text),
        Written::Texts(list) => list.iter().any(|(text, _)| names(text)),
    }
}
