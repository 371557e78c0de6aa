//! Ladders of reminders.

use super::{Compiler, Outcome, value_of};
use crate::policy::document::{Document, Entry};
use crate::policy::model::*;
use crate::time::Span;

/// The most rungs of a ladder.
pub const MOST_RUNGS: usize = 16;

impl Compiler<'_> {
    pub(super) fn ladders(&mut self) -> Outcome<Vec<LadderRule>> {
        let duty_ids = self.duty_ids.clone();
        let role_ids = self.role_ids.clone();
        let mut ladders = Vec::new();
        for (document, entry) in self.of("ladder") {
            let find = |name: &str| duty_ids.iter().position(|id| *id == name);
            let duties = self.list(document, entry, "duties", "a duty of this policy", find, &duty_ids)?;
            let encouraged = match entry.text("modality") {
                None => None,
                Some(_) => Some(self.word(
                    document,
                    entry,
                    "modality",
                    "a modality; known are required, encouraged",
                    |word| match word {
                        "required" => Some(false),
                        "encouraged" => Some(true),
                        _ => None,
                    },
                    &[],
                )?),
            };
            let to = match entry.text("to") {
                None => None,
                Some(_) => {
                    let find = |name: &str| role_ids.contains(&name).then(|| Box::from(name));
                    Some(self.word(document, entry, "to", "a role of this policy", find, &role_ids)?)
                }
            };
            let mut rungs: Vec<(Span, Option<Box<str>>)> = Vec::new();
            for (key, sign, to) in [("before", -1, None), ("after", 1, None), ("escalate", 1, to)] {
                // An escalation to nobody is for `policy check` to find.
                if key == "escalate" && to.is_none() {
                    self.spans(document, entry, key)?;
                    continue;
                }
                for (span, place) in self.spans(document, entry, key)? {
                    let span = Span::from_millis(sign * span.millis());
                    if rungs.iter().any(|(known, _)| *known == span) {
                        return Err(document.error(place, "two rungs lie at the same instant; leave one out"));
                    }
                    if rungs.len() == MOST_RUNGS {
                        return Err(document.error(place, "a ladder has at most 16 rungs; leave some out"));
                    }
                    rungs.push((span, to.clone()));
                }
            }
            rungs.sort_by_key(|(after, _)| *after);
            let every = self.span(document, entry, "every")?;
            if every.is_some_and(|every| every < Span::hours(1)) {
                let message = "nobody is reminded more often than once in an hour; write a longer span";
                return Err(document.error(entry.place("every"), message));
            }
            let heading = self.heading(document, entry)?;
            ladders.push(LadderRule { heading, duties, encouraged, rungs: rungs.into(), every });
        }
        Ok(ladders)
    }

    /// The spans of a key, each with its place.
    fn spans(&self, document: &Document, entry: &Entry, key: &str) -> Outcome<Vec<(Span, usize)>> {
        let read = |(text, place): (&str, usize)| {
            let value = match text.strip_prefix('$') {
                Some(id) => value_of(&self.parameters, id),
                None => Ok(text.to_owned()),
            };
            let span = value.and_then(|value| Span::parse(&value));
            span.map(|span| (span, place)).map_err(|message| document.error(place, message))
        };
        entry.texts(key).map(read).collect()
    }
}
