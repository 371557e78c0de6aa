//! What is handed to the engine: the project's facts, the events so far and
//! the questions, as a `fixlead-history/1` document.

use fixlead_core::time::Instant;
use serde_json::{Map, Value, json};

use super::people::{Cast, Person};
use super::scene::Scene;

/// The history of a rehearsal while it grows.
#[derive(Debug)]
pub struct History {
    policy: String,
    project: Value,
    events: Vec<Value>,
    asks: Vec<Value>,
}

/// A question to the engine: the action and what it is about.
#[derive(Clone, Debug)]
pub struct Question {
    /// The action, in the contract's words.
    pub action: &'static str,
    /// Fields like `for`, `branch` or `channel`.
    pub about: Value,
}

impl Question {
    /// A question about nothing in particular.
    pub fn plain(action: &'static str) -> Self {
        Question { action, about: json!({}) }
    }

    /// A question with one field.
    pub fn with(action: &'static str, field: &str, value: impl Into<Value>) -> Self {
        let mut about = Map::new();
        about.insert(field.to_owned(), value.into());
        Question { action, about: Value::Object(about) }
    }
}

fn handles(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.handle.as_str()).collect()
}

impl History {
    /// An empty history of the project on the stage.
    pub fn begin(scene: &Scene, cast: &Cast) -> Self {
        let mut branches = vec![json!({"name": scene.main(), "class": "development"})];
        for branch in &scene.branches {
            branches.push(json!({"name": branch.name, "class": "supported"}));
        }
        let component = format!("{}/", scene.flaw.component);
        let mut owners = Map::new();
        owners.insert("/".to_owned(), json!(handles(&cast.root_owners)));
        owners.insert(component, json!(handles(&cast.owners)));
        let maintainers: Vec<_> = cast.project().map(|person| person.handle.as_str()).collect();
        let project = json!({
            "branches": branches,
            "responders": handles(&cast.responders),
            "rotation": "round-robin",
            "owners": owners,
            "owners_rule": "strict",
            "maintainers": maintainers,
        });
        History { policy: scene.policy.clone(), project, events: Vec::new(), asks: Vec::new() }
    }

    /// Writes down what happened. `fields` is an object.
    pub fn record(&mut self, at: Instant, kind: &str, fields: Value) {
        let mut event = Map::new();
        event.insert("at".to_owned(), json!(at.to_string()));
        event.insert("type".to_owned(), json!(kind));
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        self.events.push(Value::Object(event));
    }

    /// Writes down questions that are put at one instant; returns the
    /// document that holds just these, and their ids.
    pub fn ask(&mut self, at: Instant, questions: &[Question]) -> (Value, Vec<String>) {
        let first = self.asks.len();
        let mut ids = Vec::new();
        for question in questions {
            let id = format!("a{}", self.asks.len() + 1);
            let mut ask = Map::new();
            ask.insert("id".to_owned(), json!(id));
            ask.insert("at".to_owned(), json!(at.to_string()));
            ask.insert("action".to_owned(), json!(question.action));
            if let Value::Object(about) = &question.about {
                ask.extend(about.clone());
            }
            self.asks.push(Value::Object(ask));
            ids.push(id);
        }
        let new = self.asks.get(first..).unwrap_or_default().to_vec();
        (self.document(at, new), ids)
    }

    /// The document at an instant, without questions.
    pub fn at(&self, now: Instant) -> Value {
        self.document(now, Vec::new())
    }

    /// The whole document with every question that was put.
    pub fn complete(&self, now: Instant) -> Value {
        self.document(now, self.asks.clone())
    }

    fn document(&self, now: Instant, asks: Vec<Value>) -> Value {
        json!({
            "format": "fixlead-history/1",
            "policy": self.policy,
            "project": self.project,
            "events": self.events,
            "asks": asks,
            "evaluate_at": now.to_string(),
        })
    }
}
