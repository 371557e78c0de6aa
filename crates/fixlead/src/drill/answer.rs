//! What comes back from the engine: a `fixlead-replay/1` document, read.

use fixlead_core::time::{Instant, Span};
use serde_json::Value;

/// A replay answer.
#[derive(Clone, Debug)]
pub struct Answer(pub Value);

/// A duty as the engine sees it.
#[derive(Clone, Debug)]
pub struct Duty {
    /// Its id.
    pub id: String,
    /// The branch or channel it is about.
    pub subject: Option<String>,
    /// The state in the contract's words.
    pub state: String,
    /// When it is due, or was before the case turned public.
    pub due: Option<Instant>,
    /// How long before its due it was done.
    pub margin: Option<String>,
    /// The clauses behind it.
    pub clauses: Vec<String>,
    /// The arithmetic or the reason.
    pub because: String,
    /// The reason the policy accepts for a shorter lead.
    pub excuse: Option<String>,
}

/// A verdict on a question.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether it may be done.
    pub allowed: bool,
    /// The clauses behind a hold.
    pub clauses: Vec<String>,
    /// The reason in words.
    pub because: String,
    /// The first instant at which it would be allowed.
    pub earliest: Option<Instant>,
    /// The instant the planner recommends.
    pub proposed: Option<Instant>,
}

/// Something the engine noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind in the contract's words.
    pub kind: String,
    /// The clause, if any.
    pub clause: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// The words.
    pub text: String,
}

fn text(value: &Value, field: &str) -> Option<String> {
    value.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn instant(value: &Value, field: &str) -> Option<Instant> {
    value.get(field).and_then(Value::as_str).and_then(|text| Instant::parse(text).ok())
}

fn texts(value: &Value, field: &str) -> Vec<String> {
    let list = value.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

impl Duty {
    /// Whether somebody still has to do it.
    pub fn is_undone(&self) -> bool {
        matches!(self.state.as_str(), "open" | "overdue" | "held")
    }

    /// `backport (release-24.0)`.
    pub fn label(&self) -> String {
        match &self.subject {
            Some(subject) => format!("{} ({subject})", self.id),
            None => self.id.clone(),
        }
    }
}

impl Answer {
    /// All duties.
    pub fn duties(&self) -> Vec<Duty> {
        list(&self.0, "duties")
            .map(|duty| Duty {
                id: text(duty, "id").unwrap_or_default(),
                subject: text(duty, "subject"),
                state: text(duty, "state").unwrap_or_default(),
                due: instant(duty, "due").or_else(|| instant(duty, "reference_due")),
                margin: text(duty, "margin"),
                clauses: texts(duty, "clauses"),
                because: text(duty, "because").unwrap_or_default(),
                excuse: text(duty, "excuse"),
            })
            .collect()
    }

    /// The undone duties with this id.
    pub fn undone(&self, id: &str) -> Vec<Duty> {
        let mut duties = self.duties();
        duties.retain(|duty| duty.id == id && duty.is_undone());
        duties
    }

    /// Whether the policy knows this duty for this case.
    pub fn knows(&self, id: &str) -> bool {
        self.duties().iter().any(|duty| duty.id == id && duty.state != "not-applicable")
    }

    /// The mode that is in force.
    pub fn mode(&self) -> String {
        list(&self.0, "modes").last().and_then(|mode| text(mode, "mode")).unwrap_or_default()
    }

    /// Whether everything is to be done as soon as possible.
    pub fn presses(&self) -> bool {
        self.mode().starts_with("asap")
    }

    /// When the case became public, if it did.
    pub fn public_at(&self) -> Option<Instant> {
        self.0.get("anchors").and_then(|anchors| instant(anchors, "public_at"))
    }

    /// Whose turn it is to lead.
    pub fn expected_lead(&self) -> Option<String> {
        self.0.get("rotation").and_then(|rotation| text(rotation, "expected"))
    }

    /// How the fix is released.
    pub fn release_path(&self) -> Option<String> {
        text(&self.0, "release_path")
    }

    /// Everything it noticed.
    pub fn findings(&self) -> Vec<Finding> {
        list(&self.0, "findings")
            .map(|finding| Finding {
                kind: text(finding, "kind").unwrap_or_default(),
                clause: text(finding, "clause"),
                subject: text(finding, "subject"),
                text: text(finding, "text").unwrap_or_default(),
            })
            .collect()
    }

    /// A span among the measures of exposure.
    pub fn exposure(&self, measure: &str) -> Option<Span> {
        let exposure = self.0.get("exposure")?;
        text(exposure, measure).and_then(|text| Span::parse(&text).ok())
    }

    /// The verdict on the question with this id.
    pub fn verdict(&self, id: &str) -> Result<Verdict, String> {
        let answer = list(&self.0, "answers")
            .find(|answer| answer.get("id").and_then(Value::as_str) == Some(id))
            .ok_or_else(|| format!("the engine left the question {id} without an answer"))?;
        Ok(Verdict {
            allowed: answer.get("verdict").and_then(Value::as_str) == Some("allow"),
            clauses: texts(answer, "clauses"),
            because: text(answer, "because").unwrap_or_default(),
            earliest: instant(answer, "earliest"),
            proposed: instant(answer, "proposed"),
        })
    }
}
