//! Anchors: what their names mean, and that none leads back to itself.

use super::{Compiler, Outcome};
use crate::case::event::EventKind;
use crate::case::json::nearest;
use crate::policy::document::{Document, Entry};
use crate::policy::model::Anchor;
use crate::text::echo;

/// The anchors that every policy has.
pub const BUILT_IN: &[&str] =
    &["disclosure", "plan", "mitigated", "first-notice", "upstream", "warned", "announced", "released"];
/// How deep anchors may stand on one another.
const DEEPEST: usize = 32;
/// How many parts an anchor may come to.
const MOST_PARTS: usize = 1_000;

impl Compiler<'_> {
    /// The anchor with this name. `trail` holds the anchors and duties that
    /// lead here, so that a cycle is found.
    pub(super) fn anchor(
        &self,
        document: &Document,
        place: usize,
        name: &str,
        trail: &mut Vec<String>,
    ) -> Outcome<Anchor> {
        if let Some(anchor) = built_in(name) {
            return Ok(anchor);
        }
        if trail.iter().any(|passed| passed == name) {
            trail.push(name.to_owned());
            return Err(document.error(
                place,
                format!(
                    "this anchor leads back to itself: {}; let one of them stand on an event",
                    trail.iter().map(|name| echo(name)).collect::<Vec<_>>().join(" → ")
                ),
            ));
        }
        if trail.len() == DEEPEST {
            return Err(
                document.error(place, format!("anchors stand on one another more than {DEEPEST} deep"))
            );
        }
        trail.push(name.to_owned());
        let found = if let Some(duty) = self.duty_ids.iter().position(|id| *id == name) {
            // A duty that waits for another must not be waited for by it.
            if let Some((document, entry)) = self.find("duty", name) {
                for key in ["after", "before"] {
                    if let Some(next) = entry.text(key) {
                        self.anchor(document, entry.place(key), next, trail)?;
                    }
                }
            }
            Anchor::Duty(duty)
        } else if let Some((document, entry)) = self.find("anchor", name) {
            self.composed(document, entry, trail)?
        } else {
            return Err(document.error(place, self.no_anchor(name)));
        };
        trail.pop();
        Ok(found)
    }

    /// What an `[[anchor]]` is made of.
    fn composed(&self, document: &Document, entry: &Entry, trail: &mut Vec<String>) -> Outcome<Anchor> {
        let (known, earliest) = (entry.get("known").is_some(), entry.get("earliest").is_some());
        let key = if known { "known" } else { "earliest" };
        let mut parts = Vec::new();
        let mut count = 0;
        for (part, place) in entry.texts(key) {
            let part = self.anchor(document, place, part, trail)?;
            count += size(&part);
            if count > MOST_PARTS {
                let message = format!("an anchor comes to more than {MOST_PARTS} others");
                return Err(document.error(entry.start, message));
            }
            parts.push(part);
        }
        if parts.is_empty() || known == earliest {
            return Err(document.error(
                entry.start,
                "an anchor needs either `known` or `earliest`, with at least one anchor",
            ));
        }
        Ok(if known { Anchor::Known(parts.into()) } else { Anchor::Earliest(parts.into()) })
    }

    fn no_anchor(&self, name: &str) -> String {
        let own = self.of("anchor").into_iter().filter_map(|(_, entry)| entry.text("id"));
        let all = BUILT_IN.iter().copied().chain(own).chain(self.duty_ids.iter().copied());
        format!(
            "`{}` is not an anchor{}; known are {}, event types, duties and [[anchor]]s",
            echo(name),
            nearest(name, all),
            BUILT_IN.join(", ")
        )
    }

    /// The anchor that a key names, with its name.
    pub(super) fn anchor_of(
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
}

/// An anchor that every policy has.
fn built_in(name: &str) -> Option<Anchor> {
    match name {
        "disclosure" => Some(Anchor::Disclosure),
        "plan" => Some(Anchor::Plan),
        "mitigated" => Some(Anchor::Mitigated),
        "first-notice" => Some(Anchor::FirstNotice),
        "upstream" => Some(Anchor::Upstream),
        "warned" => Some(Anchor::Warned),
        "announced" => Some(Anchor::Announced),
        "released" => Some(Anchor::Released),
        _ => EventKind::parse(name).map(Anchor::Event),
    }
}

/// How many parts an anchor comes to.
fn size(anchor: &Anchor) -> usize {
    match anchor {
        Anchor::Known(parts) | Anchor::Earliest(parts) => 1 + parts.iter().map(size).sum::<usize>(),
        _ => 1,
    }
}
