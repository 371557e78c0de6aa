//! Duties, gates, permissions and checks.

use super::{Compiler, Outcome};
use crate::case::event::{Action, EventKind};
use crate::case::json::nearest;
use crate::policy::document::{Document, Entry};
use crate::policy::model::*;
use crate::text::echo;

impl Compiler<'_> {
    pub(super) fn duties(&mut self) -> Outcome<Vec<Duty>> {
        let mut duties = Vec::new();
        for (document, entry) in self.of("duty") {
            let who = entry.text("who").unwrap_or_default();
            if !self.role_ids.contains(&who) {
                let hint = nearest(who, self.role_ids.iter().copied());
                return Err(document.error(
                    entry.place("who"),
                    format!("`{}` is not a role of this policy{hint}; declare it as [[role]]", echo(who)),
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
                    &["supported", "development", "maintained", "channel"],
                )?,
            };
            let within = self.span(document, entry, "within")?;
            let lead = self.span(document, entry, "lead")?;
            let most = self.span(document, entry, "most")?;
            let key = if lead.is_some() { "lead" } else { "within" };
            let written = self.value(document, entry, key)?.unwrap_or_default();
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
                        "a duty has `after` with `within`, or `before` with `lead`, or none of them",
                    ));
                }
            };
            let excuse_ids = self.excuse_ids.clone();
            let find = |name: &str| excuse_ids.iter().position(|id| *id == name);
            let excuses =
                self.list(document, entry, "excuses", "an excuse of this policy", find, &excuse_ids)?;
            let states_bind = match entry.text("states") {
                None => false,
                Some(_) => {
                    let find = |word: &str| (word == "binding").then_some(true);
                    self.word(document, entry, "states", "binding, the only value", find, &[])?
                }
            };
            let encouraged = match entry.text("modality") {
                None => false,
                Some(_) => {
                    let find = |word: &str| (word == "encouraged").then_some(true);
                    self.word(document, entry, "modality", "encouraged, the only value", find, &[])?
                }
            };
            duties.push(Duty {
                who: who.into(),
                when: self.condition(document, entry, "when")?,
                each,
                done: self.events(document, entry, "done")?,
                filter: self.condition(document, entry, "where")?,
                window,
                written: written.into(),
                excuses,
                states_bind,
                encouraged,
                missed: self.anchor_of(document, entry, "missed")?.map(|(anchor, _)| anchor),
                action: match entry.text("action") {
                    None => None,
                    Some(_) => {
                        let known = Action::names();
                        Some(self.word(document, entry, "action", "an action", Action::parse, &known)?)
                    }
                },
                heading: self.heading(document, entry)?,
            });
        }
        Ok(duties)
    }

    pub(super) fn gates(&mut self) -> Outcome<Vec<Gate>> {
        let mut gates = Vec::new();
        for (document, entry) in self.of("gate") {
            let known = Action::names();
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
                    return Err(document.error(entry.place("by"), "`by` needs `within`"));
                };
                Wait::Within(anchor, name, span)
            } else if entry.get("lead-of").is_some() {
                let duty_ids = self.duty_ids.clone();
                let find = |name: &str| duty_ids.iter().position(|id| *id == name);
                Wait::Lead(self.word(document, entry, "lead-of", "a duty of this policy", find, &duty_ids)?)
            } else {
                let gate_ids = self.gate_ids.clone();
                let find = |name: &str| gate_ids.iter().position(|id| *id == name);
                let apart =
                    self.list(document, entry, "apart-from", "a gate of this policy", find, &gate_ids)?;
                let step = self.word(document, entry, "step-of", "an action", Action::parse, &known)?;
                Wait::StepOf(step, apart)
            };
            gates.push(Gate {
                actions,
                when: self.condition(document, entry, "when")?,
                wait,
                finding: match entry.text("finding") {
                    None => FindingKind::Violation,
                    Some(_) => self.finding(document, entry)?,
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
            let Some(duty) = entry.text("lead-of").filter(|duty| !leads.contains(duty)) else { continue };
            let message = format!("the duty `{}` has no `lead`; give it one, or name another", echo(duty));
            return Err(document.error(entry.place("lead-of"), message));
        }
        Ok(gates)
    }

    pub(super) fn permissions(&mut self) -> Outcome<Vec<Permission>> {
        let mut permissions = Vec::new();
        let kinds = EventKind::names();
        for (document, entry) in self.of("permission") {
            let duty_ids = self.duty_ids.clone();
            let find = |name: &str| duty_ids.iter().position(|id| *id == name);
            permissions.push(Permission {
                event: self.word(document, entry, "event", "an event type", EventKind::parse, &kinds)?,
                when: self.condition(document, entry, "when")?,
                after: match entry.text("after") {
                    None => None,
                    Some(_) => Some(self.word(
                        document,
                        entry,
                        "after",
                        "an event type",
                        EventKind::parse,
                        &kinds,
                    )?),
                },
                duties: self.list(document, entry, "duties", "a duty of this policy", find, &duty_ids)?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(permissions)
    }

    pub(super) fn checks(&mut self) -> Outcome<Vec<Check>> {
        let mut checks = Vec::new();
        for (document, entry) in self.of("check") {
            checks.push(Check {
                on: self.events(document, entry, "on")?,
                when: self.condition(document, entry, "when")?,
                needs: self.condition(document, entry, "needs")?,
                finding: self.finding(document, entry)?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(checks)
    }

    /// What it is called when a rule finds something.
    fn finding(&self, document: &Document, entry: &Entry) -> Outcome<FindingKind> {
        let known = FindingKind::names();
        self.word(document, entry, "finding", "a kind of finding", FindingKind::parse, &known)
    }

    pub(super) fn named(&mut self, section: &str) -> Outcome<Vec<Named>> {
        let mut rules = Vec::new();
        for (document, entry) in self.of(section) {
            rules.push(Named {
                when: self.condition(document, entry, "when")?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(rules)
    }
}
