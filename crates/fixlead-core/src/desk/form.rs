//! What a project asks of whoever reports, and how reports reach it: the
//! questions of its form, the key that reports can be encrypted to, a pause.
//!
//! A project chooses from a short list of typed questions, so that answers mean
//! the same in every project. What a reporter answers stands in the case as
//! [`Detail`]s, beside the text that everybody writes.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::wire::{Body, Line};
use crate::case::event::vocabulary;
use crate::severity::Vector;
use crate::text;
use crate::time::Instant;

vocabulary! {
    /// Something that a form can ask.
    Question {
        Versions = "versions",
        Component = "component",
        Platform = "platform",
        Impact = "impact",
        Steps = "steps",
        ProofOfConcept = "proof-of-concept",
        Vector = "vector",
        Weakness = "weakness",
        Workaround = "workaround",
        Disclosure = "disclosure",
    }
}

vocabulary! {
    /// How a reporter wants to be thanked.
    Thanks {
        Named = "named",
        Anonymous = "anonymous",
        Nobody = "nobody",
    }
}

/// What an answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Line,
    /// As many as it takes, in Markdown.
    Text,
    /// A CVSS vector.
    Vector,
}

impl Question {
    /// What an answer looks like.
    pub const fn shape(self) -> Shape {
        match self {
            Question::Versions | Question::Component | Question::Platform | Question::Weakness => Shape::Line,
            Question::Vector => Shape::Vector,
            _ => Shape::Text,
        }
    }
}

/// Most choices of a question.
pub const MOST_CHOICES: usize = 100;

/// A question as a project asks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Which.
    pub question: Question,
    /// Whether a report needs an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// What helps to answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Line>,
    /// The answers to choose from; any where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Line>,
}

/// The questions of a project, each at most once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuestionList(Vec<Asked>);

impl Default for QuestionList {
    /// What is asked where a project has chosen nothing.
    fn default() -> Self {
        let asked = Asked { question: Question::Versions, required: false, help: None, choices: Vec::new() };
        QuestionList(vec![asked])
    }
}

impl<'de> Deserialize<'de> for QuestionList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        QuestionList::new(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl QuestionList {
    /// Questions in the order in which they are asked.
    ///
    /// # Errors
    /// What does not make sense about them.
    pub fn new(asked: Vec<Asked>) -> Result<QuestionList, &'static str> {
        for (place, one) in asked.iter().enumerate() {
            if asked[..place].iter().any(|other| other.question == one.question) {
                return Err("a question is asked twice; ask each once");
            }
            if one.choices.len() > MOST_CHOICES {
                return Err("a question has more than 100 choices; leave some out");
            }
            if !one.choices.is_empty() && one.question.shape() != Shape::Line {
                return Err("only questions that are answered in a line can have choices");
            }
            if one.question == Question::Component && one.choices.is_empty() {
                return Err("the question for the component needs choices; name the components");
            }
        }
        Ok(QuestionList(asked))
    }

    /// The questions, in their order.
    pub fn asked(&self) -> &[Asked] {
        &self.0
    }

    /// The answers of a report: pairs of the name of a question and what was
    /// written. What is empty was not answered. Where the report itself cannot
    /// be read, being encrypted, nothing is required.
    ///
    /// # Errors
    /// Each name whose answer is missing or does not fit, and what to do.
    pub fn answers<'a>(
        &self,
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
        encrypted: bool,
    ) -> Result<Vec<Detail>, Vec<(String, String)>> {
        let mut wrong: Vec<(String, String)> = Vec::new();
        let mut details: Vec<Detail> = Vec::new();
        for (name, answer) in given {
            let asked = self.0.iter().find(|asked| asked.question.name() == name);
            let Some(asked) = asked else {
                let known: Vec<&str> = self.0.iter().map(|asked| asked.question.name()).collect();
                let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                let message = format!("this project does not ask for it; it asks for {known}");
                wrong.push((text::short(name, 60), message));
                continue;
            };
            if answer.trim().is_empty() {
                continue;
            }
            match fits(asked, answer.trim()) {
                Ok(answer) if details.iter().all(|known| known.question != asked.question) => {
                    details.push(Detail { question: asked.question, answer });
                }
                Ok(_) => wrong.push((name.to_owned(), "it is answered twice; answer once".to_owned())),
                Err(message) => wrong.push((name.to_owned(), message)),
            }
        }
        for asked in self.0.iter().filter(|asked| asked.required && !encrypted) {
            let name = asked.question.name();
            let answered = details.iter().any(|detail| detail.question == asked.question);
            if !answered && wrong.iter().all(|(known, _)| known != name) {
                wrong.push((name.to_owned(), "the project needs an answer to this".to_owned()));
            }
        }
        // In the order in which the project asks.
        let place = |detail: &Detail| self.0.iter().position(|asked| asked.question == detail.question);
        details.sort_by_key(place);
        if wrong.is_empty() { Ok(details) } else { Err(wrong) }
    }
}

fn fits(asked: &Asked, answer: &str) -> Result<Body, String> {
    match asked.question.shape() {
        Shape::Line => {
            Line::new(answer)?;
            if !asked.choices.is_empty() && asked.choices.iter().all(|choice| **choice != *answer) {
                return Err("choose one of those that the project names".to_owned());
            }
        }
        Shape::Vector => {
            Vector::parse(answer).map_err(|error| error.to_string())?;
        }
        Shape::Text => {}
    }
    Ok(Body::new(answer)?)
}

/// What a reporter answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// To which question.
    pub question: Question,
    /// The answer.
    pub answer: Body,
}

/// What a reporter says has happened in the world. Others may find that it has
/// not; until then the clocks run as if it had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// It is public, and where.
    pub public: Option<Line>,
    /// It is being exploited, and how that is known.
    pub exploited: Option<Line>,
}

/// What a report tells beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What the project asked for.
    pub details: Vec<Detail>,
    /// What has happened.
    pub claims: Claims,
    /// How the reporter wants to be thanked, where it is more than a name.
    pub wish: Option<CreditWish>,
}

/// How a reporter wants to be thanked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditWish {
    /// By name, without one, or not at all.
    pub thanks: Thanks,
    /// The name, where it is by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// An address on the web that goes with the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Line>,
}

impl CreditWish {
    /// A wish, if it makes sense.
    ///
    /// # Errors
    /// The field that does not, and what to do.
    pub fn new(
        thanks: Thanks,
        name: Option<Line>,
        link: Option<Line>,
    ) -> Result<CreditWish, (&'static str, &'static str)> {
        let (name, link) = if thanks == Thanks::Named { (name, link) } else { (None, None) };
        if thanks == Thanks::Named && name.is_none() {
            return Err(("credit", "write the name to thank, or choose to stay unnamed"));
        }
        let web = |link: &Line| {
            let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty()) && link.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if link.as_ref().is_some_and(|link| !web(link)) {
            return Err(("link", "write an address on the web, like https://example.org/you"));
        }
        Ok(CreditWish { thanks, name, link })
    }
}

/// The public key of a project, to which reports can be encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportKey {
    /// Its fingerprint in hexadecimal.
    pub fingerprint: Line,
    /// It itself, in ASCII armor.
    pub armored: Body,
}

/// For so long reports from outside wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub since: Instant,
    /// Until when, exclusive. Then it is over by itself.
    pub until: Instant,
    /// Why, for everybody to read.
    pub reason: Line,
    /// How to reach the team when it cannot wait.
    pub instead: Line,
}

impl Pause {
    /// Whether it lasts at an instant.
    pub fn lasts(&self, now: Instant) -> bool {
        now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: Question) -> Asked {
        Asked { question, required: false, help: None, choices: Vec::new() }
    }

    fn line(text: &str) -> Line {
        Line::new(text).unwrap()
    }

    fn list() -> QuestionList {
        let component = Asked {
            required: true,
            choices: vec![line("parser"), line("exporter")],
            ..asked(Question::Component)
        };
        QuestionList::new(vec![component, asked(Question::Versions), asked(Question::Vector)]).unwrap()
    }

    #[test]
    fn answers_stand_in_the_order_of_the_questions() {
        let given = [("versions", " 1.4 "), ("component", "parser"), ("vector", "")];
        let details = list().answers(given, false).unwrap();
        let told: Vec<_> = details.iter().map(|detail| (detail.question.name(), &*detail.answer)).collect();
        assert_eq!(told, [("component", "parser"), ("versions", "1.4")]);
    }

    #[test]
    fn everything_that_does_not_fit_is_said_at_once_with_its_place() {
        let given = [("vector", "CVSS:9"), ("component", "engine"), ("colour", "red")];
        let wrong = list().answers(given, false).unwrap_err();
        let places: Vec<&str> = wrong.iter().map(|(place, _)| &**place).collect();
        assert_eq!(places, ["vector", "component", "colour"]);
        assert!(wrong[2].1.contains("component, versions, vector"), "{}", wrong[2].1);
        let wrong = list().answers([("versions", "1")], false).unwrap_err();
        assert_eq!(wrong[0].0, "component", "what is required is missed");
        assert!(list().answers([("versions", "1")], true).is_ok(), "but not of what nobody here can read");
        let wrong = list().answers([("component", "parser"), ("component", "exporter")], false).unwrap_err();
        assert_eq!(wrong.len(), 1);
    }

    #[test]
    fn questions_that_make_no_sense_are_refused() {
        let with = |choices: Vec<Line>, question| Asked { choices, ..asked(question) };
        assert!(QuestionList::new(vec![asked(Question::Component)]).is_err(), "which components?");
        assert!(QuestionList::new(vec![asked(Question::Steps), asked(Question::Steps)]).is_err());
        assert!(QuestionList::new(vec![with(vec![line("one")], Question::Steps)]).is_err());
        assert!(QuestionList::new(vec![with(vec![line("x"); 101], Question::Platform)]).is_err());
        assert!(QuestionList::new(Vec::new()).is_ok(), "a project may ask nothing");
    }

    #[test]
    fn a_wish_has_a_name_or_none_and_a_link_to_the_web() {
        let named = |name: Option<&str>, link: Option<&str>| {
            CreditWish::new(Thanks::Named, name.map(line), link.map(line)).map_err(|(place, _)| place)
        };
        assert_eq!(named(None, None), Err("credit"));
        assert_eq!(named(Some("Gus"), Some("javascript:alert(1)")), Err("link"));
        assert_eq!(named(Some("Gus"), Some("https://")), Err("link"));
        assert!(named(Some("Gus"), Some("https://gus.example/~gus")).is_ok());
        let silent = CreditWish::new(Thanks::Nobody, Some(line("Gus")), None).unwrap();
        assert_eq!(silent.name, None, "who wants no thanks leaves no name behind");
    }
}
