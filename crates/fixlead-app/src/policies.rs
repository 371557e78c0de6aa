//! Policies: kept by what they say, compiled once.
//!
//! A case is pinned to the text of its policy and its overlays by their hash.
//! The texts are kept as a record, so that a case still runs under its own
//! policy when a later version of Fixlead brings another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fixlead_core::access::Action;
use fixlead_core::desk::event::Pin;
use fixlead_core::desk::wire::{Line, Sha256};
use fixlead_core::id::ProjectId;
use fixlead_core::policy::lint::{Finding, lint};
use fixlead_core::policy::{Document, Policy, compile, library, render};
use serde::{Deserialize, Serialize};

use crate::accounts::{Caller, kept};
use crate::desk::{Desk, lock};
use crate::directory::Directed;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// The kind of the records that hold the texts.
const KIND: &str = "policy";
/// Compiled policies in memory.
const MOST: usize = 64;

/// A policy to run cases under: its texts, or ids of built-in ones.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// Its text, or the id of a built-in one.
    pub policy: String,
    /// The same of its overlays.
    pub overlays: Vec<String>,
    /// Values for its parameters.
    pub parameters: BTreeMap<String, Line>,
}

impl NewPolicy {
    /// A built-in policy without overlays.
    pub fn built_in(id: &str) -> NewPolicy {
        NewPolicy { policy: id.to_owned(), overlays: Vec::new(), parameters: BTreeMap::new() }
    }
}

#[derive(Serialize, Deserialize)]
struct Texts {
    policy: String,
    overlays: Vec<String>,
}

/// The hash of a policy, and values for its parameters.
type Key = (String, BTreeMap<String, Line>);
type Compiled = BTreeMap<Key, Arc<Policy>>;
/// With where reports go.
type Documents = BTreeMap<(Key, String), Arc<Rendered>>;

/// Policies that were compiled, rendered, and looked through.
#[derive(Default)]
pub(crate) struct Policies {
    compiled: Mutex<Compiled>,
    rendered: Mutex<Documents>,
    examined: Mutex<BTreeMap<Key, Arc<Examined>>>,
}

/// What is known of something, or what is found out now.
fn known_or<K: Ord, T>(
    all: &Mutex<BTreeMap<K, Arc<T>>>,
    key: K,
    find: impl FnOnce() -> Result<T>,
) -> Result<Arc<T>> {
    if let Some(known) = lock(all).get(&key) {
        return Ok(Arc::clone(known));
    }
    let found = Arc::new(find()?);
    let mut all = lock(all);
    if all.len() >= MOST {
        all.clear();
    }
    all.insert(key, Arc::clone(&found));
    Ok(found)
}

/// A policy as documents for people, in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// All of it.
    pub whole: String,
    /// The short text that a repository carries.
    pub security_md: String,
}

/// The parameter that every policy keeps its private channel in.
const INTAKE: &str = "intake";

/// A policy as its texts say it, over which nobody has to think any more.
struct Read {
    base: Document,
    overlays: Vec<Document>,
    policy: Policy,
}

fn compiled(texts: &Texts, parameters: &BTreeMap<String, Line>) -> Result<Policy> {
    read(texts, parameters).map(|read| read.policy)
}

fn read(texts: &Texts, parameters: &BTreeMap<String, Line>) -> Result<Read> {
    let invalid = |place: &str, what: &dyn std::fmt::Display| Problem::invalid(place, what.to_string());
    let base = Document::parse(&texts.policy).map_err(|error| invalid("/policy", &error))?;
    let mut overlays = Vec::new();
    for text in &texts.overlays {
        overlays.push(Document::parse(text).map_err(|error| invalid("/overlays", &error))?);
    }
    let over: Vec<&Document> = overlays.iter().collect();
    let values: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    let policy = compile(&base, &over, &values).map_err(|error| invalid("/policy", &error))?;
    Ok(Read { base, overlays, policy })
}

impl Texts {
    fn of(new: NewPolicy) -> Texts {
        let text = |text: String| library::built_in(&text).map_or(text, str::to_owned);
        Texts { policy: text(new.policy), overlays: new.overlays.into_iter().map(text).collect() }
    }
}

impl Desk {
    /// Keeps a policy, and says how cases name it.
    pub(crate) async fn keep_policy(&self, new: NewPolicy) -> Result<Pin> {
        let parameters = new.parameters.clone();
        let texts = Texts::of(new);
        let policy = compiled(&texts, &parameters)?;
        let line = |text: &str| Line::new(text).map_err(|message| Problem::invalid("/policy", message));
        let sha256 = Sha256::new(&policy.sha256).map_err(|message| Problem::invalid("/policy", message))?;
        let pin = Pin {
            policy: line(&policy.id)?,
            version: line(&policy.version)?,
            overlays: policy.overlays.iter().map(|id| line(id)).collect::<Result<_>>()?,
            parameters,
            sha256,
        };
        // What is kept already under this hash says the same.
        kept::put(&self.inner.store, KIND, pin.sha256.as_bytes(), 0, Some(&texts), None).await?;
        Ok(pin)
    }

    async fn texts(&self, pin: &Pin) -> Result<Texts> {
        let texts = kept::get::<Texts>(&self.inner.store, KIND, pin.sha256.as_bytes()).await?;
        texts.map(|found| found.value).ok_or(Problem::Unavailable { retry_after: 60 })
    }

    /// The policy that new cases of a project run under, for whoever reads of the project.
    pub async fn policy_of(&self, caller: &Caller, project: ProjectId) -> Result<Arc<Examined>> {
        let desk = self.administration(caller).await?;
        let parts = desk.parts();
        let (_, record) =
            parts.projects.into_iter().find(|(id, _)| *id == project).ok_or(Problem::NotFound)?;
        let pin = &record.policy;
        let texts = self.texts(pin).await?;
        let key = (pin.sha256.to_string(), pin.parameters.clone());
        known_or(&self.inner.policies.examined, key, || examine(texts, &pin.parameters))
    }

    /// A built-in policy.
    pub fn built_in_policy(&self, id: &str) -> Result<Arc<Examined>> {
        library::built_in(id).ok_or(Problem::NotFound)?;
        let texts = Texts::of(NewPolicy::built_in(id));
        // An id is no hash.
        let key = (id.to_owned(), BTreeMap::new());
        known_or(&self.inner.policies.examined, key, || examine(texts, &BTreeMap::new()))
    }

    /// A policy that somebody thinks of setting for a project: what it says and what is
    /// found in it. Nothing is kept.
    ///
    /// Values that the project has set already for its parameters go on to count.
    pub async fn try_policy(&self, caller: &Caller, project: ProjectId, new: NewPolicy) -> Result<Examined> {
        let desk = self.administration(caller).await?;
        if !desk.seen.projects.contains(&project) {
            return Err(Problem::NotFound);
        }
        if !desk.may_in(Action::ProjectPolicy, project) {
            let within = desk.seen.directory().within(project).map_err(|_| Problem::NotFound)?;
            self.directory_permit(desk.seen.snapshot(), caller, Action::ProjectPolicy, within)?;
        }
        let new = self.with_known(project, new).await?;
        let parameters = new.parameters.clone();
        examine(Texts::of(new), &parameters)
    }

    /// A policy with the values that a project has set for its parameters, as far as it
    /// has these parameters and says nothing else of them.
    pub(crate) async fn with_known(&self, project: ProjectId, mut new: NewPolicy) -> Result<NewPolicy> {
        let snapshot = self.directory().await?;
        let record = snapshot.directory.projects.get(&project).ok_or(Problem::NotFound)?;
        let texts = Texts::of(new.clone());
        let read = read(&texts, &new.parameters)?;
        for parameter in &read.policy.parameters {
            let id = parameter.heading.id.to_string();
            if let (None, Some(value)) = (new.parameters.get(&id), record.policy.parameters.get(&id)) {
                new.parameters.insert(id, value.clone());
            }
        }
        Ok(new)
    }

    /// Has new cases of a project run under a policy; values that it has set already for
    /// its parameters go on to count.
    pub async fn set_policy_keeping(
        &self,
        caller: &Caller,
        project: ProjectId,
        new: NewPolicy,
        reason: Line,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let snapshot = self.directory().await?;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        self.directory_permit(&snapshot, caller, Action::ProjectPolicy, within)?;
        let new = self.with_known(project, new).await?;
        self.set_policy(caller, project, new, reason, None, repeat).await
    }

    /// Has new cases of a project run under the policy they have, with other values for
    /// its parameters; an empty one takes a value away.
    pub async fn set_parameters(
        &self,
        caller: &Caller,
        project: ProjectId,
        values: BTreeMap<String, Option<Line>>,
        reason: Line,
        expected: Option<u64>,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let snapshot = self.directory().await?;
        let record = snapshot.directory.projects.get(&project).ok_or(Problem::NotFound)?;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        self.directory_permit(&snapshot, caller, Action::ProjectPolicy, within)?;
        let Texts { policy, overlays } = self.texts(&record.policy).await?;
        let mut parameters = record.policy.parameters.clone();
        for (id, value) in values {
            match value {
                Some(value) => parameters.insert(id, value),
                None => parameters.remove(&id),
            };
        }
        let new = NewPolicy { policy, overlays, parameters };
        self.set_policy(caller, project, new, reason, expected, repeat).await
    }

    /// The policy that a case is pinned to.
    pub(crate) async fn policy(&self, pin: &Pin) -> Result<Arc<Policy>> {
        let key = (pin.sha256.to_string(), pin.parameters.clone());
        if let Some(policy) = lock(&self.inner.policies.compiled).get(&key) {
            return Ok(Arc::clone(policy));
        }
        let lost = Problem::Unavailable { retry_after: 60 };
        let policy = compiled(&self.texts(pin).await?, &pin.parameters)?;
        if policy.sha256 != *pin.sha256 {
            return Err(lost);
        }
        known_or(&self.inner.policies.compiled, key, || Ok(policy))
    }

    /// The same policy as documents for people. Where it leaves open where
    /// reports go, they say this place.
    pub(crate) async fn policy_documents(&self, pin: &Pin, intake: &str) -> Result<Arc<Rendered>> {
        let key = ((pin.sha256.to_string(), pin.parameters.clone()), intake.to_owned());
        if let Some(rendered) = lock(&self.inner.policies.rendered).get(&key) {
            return Ok(Arc::clone(rendered));
        }
        let rendered = self.render_policy(pin, intake).await?;
        known_or(&self.inner.policies.rendered, key, || Ok(rendered))
    }

    async fn render_policy(&self, pin: &Pin, intake: &str) -> Result<Rendered> {
        let texts = kept::get::<Texts>(&self.inner.store, KIND, pin.sha256.as_bytes()).await?;
        let texts = texts.ok_or(Problem::Unavailable { retry_after: 60 })?.value;
        let read =
            |text: &String| Document::parse(text).map_err(|_| Problem::Unavailable { retry_after: 60 });
        let base = read(&texts.policy)?;
        let overlays = texts.overlays.iter().map(read).collect::<Result<Vec<_>>>()?;
        let overlays: Vec<&Document> = overlays.iter().collect();
        let set: Vec<(String, String)> =
            pin.parameters.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        let mut filled = set.clone();
        if !pin.parameters.contains_key(INTAKE) {
            filled.push((INTAKE.to_owned(), intake.to_owned()));
        }
        // A policy without that parameter refuses a value for it.
        let policy = compile(&base, &overlays, &filled).or_else(|_| compile(&base, &overlays, &set));
        let policy = policy.map_err(|error| Problem::invalid("/policy", error.to_string()))?;
        Ok(Rendered {
            whole: render::markdown(&base, &overlays, &policy),
            security_md: render::security_md(&base, &overlays, &policy).text,
        })
    }
}

/// A policy, what is found in it, and what it needs to be told.
pub struct Examined {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: String,
    /// The SHA-256 over its text and those of its overlays.
    pub sha256: String,
    /// The ids of its overlays.
    pub overlays: Vec<String>,
    /// The whole of it as a Markdown document.
    pub markdown: String,
    /// The clauses that its rules cite.
    pub clauses: Vec<String>,
    /// What the linter finds.
    pub findings: Vec<Finding>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its text.
    pub text: String,
}

/// A parameter of a policy.
pub struct Parameter {
    /// Its id.
    pub id: String,
    /// Its value, if it has one.
    pub value: Option<String>,
    /// Why it is one.
    pub why: String,
    /// What it holds, as a policy file says it.
    pub holds: String,
    /// The clauses of the rules that work with it.
    pub needed_by: Vec<String>,
}

fn examine(texts: Texts, parameters: &BTreeMap<String, Line>) -> Result<Examined> {
    let Read { base, overlays, policy } = read(&texts, parameters)?;
    let over: Vec<&Document> = overlays.iter().collect();
    let entries =
        || std::iter::once(&base).chain(over.iter().copied()).flat_map(|document| &document.entries);
    let shown = entries().filter(|entry| entry.section.name == "parameter").map(|entry| {
        let text = |key: &str| entry.text(key).unwrap_or_default().to_owned();
        let id = text("id");
        let (as_value, in_sentence) = (format!("${id}"), format!("{{{id}}}"));
        let uses =
            |text: &str| text.contains(&in_sentence) || text.split_whitespace().any(|word| word == as_value);
        let mut needed_by: Vec<String> = Vec::new();
        for user in entries().filter(|other| other.section.name != "parameter") {
            let texts = |key: &'static str| user.texts(key).map(|(text, _)| text).chain(user.text(key));
            if user.section.keys.iter().flat_map(|(key, ..)| texts(key)).any(uses) {
                needed_by.extend(user.texts("clauses").map(|(clause, _)| clause.to_owned()));
            }
        }
        needed_by.dedup();
        Parameter {
            value: policy.parameter(&id).map(str::to_owned),
            why: text("why"),
            holds: text("holds"),
            needed_by,
            id,
        }
    });
    Ok(Examined {
        parameters: shown.collect(),
        markdown: render::markdown(&base, &over, &policy),
        findings: lint(&base, &over, &policy),
        clauses: policy.clauses.iter().map(ToString::to_string).collect(),
        id: policy.id.clone(),
        version: policy.version.clone(),
        title: policy.title.clone(),
        sha256: policy.sha256.clone(),
        overlays: policy.overlays.clone(),
        text: texts.policy,
    })
}
