//! Policies: kept by what they say, compiled once.
//!
//! A case is pinned to the text of its policy and its overlays by their hash.
//! The texts are kept as a record, so that a case still runs under its own
//! policy when a later version of Fixlead brings another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fixlead_core::desk::event::Pin;
use fixlead_core::desk::wire::{Line, Sha256};
use fixlead_core::policy::{Document, Policy, compile, library, render};
use serde::{Deserialize, Serialize};

use crate::accounts::kept;
use crate::desk::{Desk, lock};
use crate::problem::{Problem, Result};

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

type Compiled = BTreeMap<(String, BTreeMap<String, Line>), Arc<Policy>>;

/// Policies that were compiled.
#[derive(Default)]
pub(crate) struct Policies(Mutex<Compiled>);

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

fn compiled(texts: &Texts, parameters: &BTreeMap<String, Line>) -> Result<Policy> {
    let invalid = |place: &str, what: &dyn std::fmt::Display| Problem::invalid(place, what.to_string());
    let base = Document::parse(&texts.policy).map_err(|error| invalid("/policy", &error))?;
    let mut overlays = Vec::new();
    for text in &texts.overlays {
        overlays.push(Document::parse(text).map_err(|error| invalid("/overlays", &error))?);
    }
    let overlays: Vec<&Document> = overlays.iter().collect();
    let values: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    compile(&base, &overlays, &values).map_err(|error| invalid("/policy", &error))
}

impl Desk {
    /// Keeps a policy, and says how cases name it.
    pub(crate) async fn keep_policy(&self, new: NewPolicy) -> Result<Pin> {
        let text = |text: String| library::built_in(&text).map_or(text, str::to_owned);
        let texts =
            Texts { policy: text(new.policy), overlays: new.overlays.into_iter().map(text).collect() };
        let policy = compiled(&texts, &new.parameters)?;
        let line = |text: &str| Line::new(text).map_err(|message| Problem::invalid("/policy", message));
        let sha256 = Sha256::new(&policy.sha256).map_err(|message| Problem::invalid("/policy", message))?;
        let pin = Pin {
            policy: line(&policy.id)?,
            version: line(&policy.version)?,
            overlays: policy.overlays.iter().map(|id| line(id)).collect::<Result<_>>()?,
            parameters: new.parameters,
            sha256,
        };
        // What is kept already under this hash says the same.
        kept::put(&self.inner.store, KIND, pin.sha256.as_bytes(), 0, Some(&texts), None).await?;
        Ok(pin)
    }

    /// The policy that a case is pinned to.
    pub(crate) async fn policy(&self, pin: &Pin) -> Result<Arc<Policy>> {
        let key = (pin.sha256.to_string(), pin.parameters.clone());
        if let Some(policy) = lock(&self.inner.policies.0).get(&key) {
            return Ok(Arc::clone(policy));
        }
        let lost = Problem::Unavailable { retry_after: 60 };
        let texts = kept::get::<Texts>(&self.inner.store, KIND, pin.sha256.as_bytes()).await?;
        let policy = compiled(&texts.ok_or_else(|| lost.clone())?.value, &pin.parameters)?;
        if policy.sha256 != *pin.sha256 {
            return Err(lost);
        }
        let policy = Arc::new(policy);
        let mut known = lock(&self.inner.policies.0);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, Arc::clone(&policy));
        Ok(policy)
    }

    /// The same policy as documents for people. Where it leaves open where
    /// reports go, they say this place.
    pub(crate) async fn policy_documents(&self, pin: &Pin, intake: &str) -> Result<Rendered> {
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
