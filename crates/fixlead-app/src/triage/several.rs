//! The same thing for several cases: each for itself, in one commit of its own,
//! and each with what became of it. One that is held keeps none of the others.

use fixlead_core::access::Action;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, GrantId, PersonId, ProjectId};

use super::Decision;
use super::decide::{Original, Triage};
use crate::accounts::Caller;
use crate::case::act::Act;
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// Most cases at once.
pub const MOST: usize = 100;

/// What is done to each.
#[derive(Clone)]
pub enum Deed {
    /// It is triaged.
    Triage {
        /// What is decided.
        decision: Decision,
        /// Of duplicates, what they are the same as.
        of: Option<Original>,
        /// What each reporter is told, with variables that are filled in case by
        /// case; nothing, if there is no text.
        answer: Option<Body>,
        /// Whether each is closed with it.
        close: bool,
    },
    /// Somebody leads it.
    Assign {
        /// Who.
        person: PersonId,
        /// Why.
        reason: Line,
    },
}

/// A case as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The case.
    pub case: CaseId,
    /// Its project.
    pub project: ProjectId,
    /// What it is about.
    pub title: String,
}

/// What became of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Each {
    /// The case.
    pub case: CaseId,
    /// What it is about, for those who may see it.
    pub title: Option<String>,
    /// Nothing, or why it was not done.
    pub refused: Option<Problem>,
    /// Whether its reporter was answered.
    pub answered: bool,
}

impl Desk {
    /// Those of these cases that somebody works on, by what a list shows of them.
    pub async fn chosen(&self, caller: &Caller, cases: &[CaseId]) -> Result<Vec<Chosen>> {
        let snapshot = self.directory().await?;
        let mut chosen: Vec<Chosen> = Vec::new();
        for case in cases.iter().take(MOST) {
            let kept = match self.kept(*case).await {
                Err(Problem::NotFound) => continue,
                other => other?,
            };
            let works = self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead).is_ok();
            let Some(opened) = kept.file.opened.as_ref().filter(|_| works) else { continue };
            if chosen.iter().all(|known| known.case != *case) {
                chosen.push(Chosen { case: *case, project: opened.project, title: opened.title.to_string() });
            }
        }
        Ok(chosen)
    }

    /// Does the same to each of several cases, and says of each what became of
    /// it. `key` makes a repetition of the whole recognisable case by case.
    ///
    /// # Errors
    /// That there are too many, or that the key is none. What is wrong with one case
    /// is said with it.
    pub async fn each(
        &self,
        caller: &Caller,
        cases: &[CaseId],
        deed: &Deed,
        key: &str,
        content: &[u8],
    ) -> Result<Vec<Each>> {
        if cases.is_empty() || cases.len() > MOST {
            return Err(Problem::invalid("/cases", "choose from 1 to 100 cases"));
        }
        let mut all: Vec<Each> = Vec::new();
        for case in cases {
            if all.iter().any(|each| each.case == *case) {
                continue;
            }
            let repeat = Repeat::new(&format!("{key}.{case}"), content)?;
            let done = self.one(caller, *case, deed, repeat).await;
            let title = self.chosen(caller, &[*case]).await?.pop().map(|chosen| chosen.title);
            let (answered, refused) = match done {
                Ok(answered) => (answered, None),
                Err(problem) => (false, Some(problem)),
            };
            all.push(Each { case: *case, title, refused, answered });
        }
        Ok(all)
    }

    /// Whether the reporter was answered.
    async fn one(&self, caller: &Caller, case: CaseId, deed: &Deed, repeat: Repeat) -> Result<bool> {
        match deed.clone() {
            Deed::Triage { decision, of, answer, close } => {
                let answer = match answer {
                    None => None,
                    Some(text) => {
                        let filled = self.filled(caller, case, &text, decision).await?;
                        Some(Body::new(&filled).map_err(|message| Problem::invalid("/answer", message))?)
                    }
                };
                let triage = Triage {
                    decision,
                    of,
                    answer,
                    issue: None,
                    close,
                    expected: None,
                    although: None,
                    repeat: Some(repeat),
                };
                Ok(self.triage(caller, case, triage).await?.answered)
            }
            Deed::Assign { person, reason } => {
                let grant = GrantId::from_bytes(repeat.id(caller.person, "grant"));
                let command = Command::Assign { person, grant, by_rotation: false, reason };
                let act = Act { repeat: Some(repeat), ..Act::new(command) };
                self.act(caller, case, act).await?;
                Ok(false)
            }
        }
    }
}
