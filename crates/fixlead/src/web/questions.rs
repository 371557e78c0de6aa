//! The questions that a form can ask, and ways to be thanked, in words; what a
//! reporter answered, as a page shows it.

use fixlead_core::desk::form::{Asked, Detail, Question, Shape, Thanks};

use super::markdown::{Inert, inert};

/// What a question is called on a form, and what helps to answer it.
pub fn words(question: Question) -> (&'static str, &'static str) {
    match question {
        Question::Versions => {
            ("Which versions are affected?", "As exactly as you know; a commit is fine too.")
        }
        Question::Component => ("Which component is it in?", "The one that is nearest, if you are not sure."),
        Question::Platform => ("On which platform?", "Operating system, architecture, settings that matter."),
        Question::Impact => {
            ("What does an attacker gain?", "What they can read, change or stop, and from where.")
        }
        Question::Steps => ("How can it be reproduced?", "Step by step, from a fresh installation."),
        Question::ProofOfConcept => ("A proof of concept", "Code or commands; larger ones as files."),
        Question::Vector => (
            "Your estimate as a CVSS vector",
            "Like CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N; the team scores it too.",
        ),
        Question::Weakness => ("What kind of weakness is it?", "A CWE id, like CWE-125, if you know one."),
        Question::Workaround => ("What helps until there is a fix?", "A setting, a feature to switch off."),
        Question::Disclosure => {
            ("Your own plans to publish", "A date or a talk, and whom else you have told.")
        }
    }
}

/// A question, as a form asks it.
pub struct Ask {
    /// The name of its field.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What helps to answer it.
    pub hint: String,
    /// Whether an answer is needed.
    pub required: bool,
    /// The answers to choose from.
    pub choices: Vec<String>,
    /// Whether the answer takes more than a line.
    pub long: bool,
    /// What was typed.
    pub typed: String,
}

impl Ask {
    /// With what was typed before.
    pub fn of(asked: &Asked, typed: &str) -> Ask {
        let (label, hint) = words(asked.question);
        Ask {
            name: asked.question.name(),
            label,
            hint: asked.help.as_ref().map_or_else(|| hint.to_owned(), ToString::to_string),
            required: asked.required,
            choices: asked.choices.iter().map(ToString::to_string).collect(),
            long: asked.question.shape() == Shape::Text,
            typed: typed.to_owned(),
        }
    }
}

/// An answer.
pub struct Answer {
    /// What was asked.
    pub label: &'static str,
    /// What was answered.
    pub text: Inert,
}

/// What a reporter answered, in the order of the questions.
pub fn answers(details: &[Detail]) -> Vec<Answer> {
    let answer = |detail: &Detail| Answer { label: short(detail.question), text: inert(&detail.answer) };
    details.iter().map(answer).collect()
}

/// What a question is called beside its answer.
pub fn short(question: Question) -> &'static str {
    match question {
        Question::Versions => "Versions",
        Question::Component => "Component",
        Question::Platform => "Platform",
        Question::Impact => "Impact",
        Question::Steps => "Steps to reproduce",
        Question::ProofOfConcept => "Proof of concept",
        Question::Vector => "CVSS, as the reporter estimates",
        Question::Weakness => "Weakness",
        Question::Workaround => "Workaround",
        Question::Disclosure => "The reporter's plans to publish",
    }
}

/// How somebody is thanked, as they read it.
pub fn thanks(wish: Option<Thanks>, name: &str) -> String {
    match wish {
        Some(Thanks::Named) => name.to_owned(),
        Some(Thanks::Anonymous) => "an anonymous reporter".to_owned(),
        Some(Thanks::Nobody) | None => "nobody by name".to_owned(),
    }
}
