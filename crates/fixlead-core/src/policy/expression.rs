//! The conditions of the policy language.
//!
//! ```text
//! condition := any
//! any       := all { "or" all }
//! all       := one { "and" one }
//! one       := "not" one | "(" any ")" | atom
//! atom      := FACT                       a fact of the case, see `Fact`
//!            | "seen" EVENT               such an event is on record
//!            | "score" ORDER NUMBER       the final score, not when there is none
//!            | "severity" ORDER WORD      the class in force
//!            | "class" "is" CLASS         which branches are affected
//!            | "has" FIELD                the event at hand carries the field
//!            | "the" FIELD "is" WORD      it carries this word (or includes it)
//!            | "by" ROLE                  it names no actor, or one of this role
//!            | "who" "from" ROLE          everybody it appoints holds this role
//! ORDER     := "<" | ">="
//! ```
//!
//! A number may be a parameter: `score < $slow-down-below`.

use crate::case::event::{EventKind, Field, vocabulary};
use crate::case::json::nearest;
use crate::text::echo;

vocabulary! {
    /// What a condition can ask about a case without naming an event.
    Fact {
        AllAnnounced = "all-announced",
        ApplyLink = "apply-link",
        Binaries = "binaries",
        BranchesApproved = "branches-approved",
        BranchesMerged = "branches-merged",
        CveAssigned = "cve-assigned",
        CveInTitle = "cve-in-title",
        CveLink = "cve-link",
        CvePublished = "cve-published",
        Disclosed = "disclosed",
        DistributorLink = "distributor-link",
        DutiesDone = "duties-done",
        EarlyWarningStands = "early-warning-stands",
        EmergencyStands = "emergency-stands",
        ExceptionStands = "exception-stands",
        FixReady = "fix-ready",
        FixTeamAuthor = "fix-team-author",
        Identical = "identical",
        InSlot = "in-slot",
        LateAwareness = "late-awareness",
        LeakContinued = "leak-continued",
        Lgtms = "lgtms",
        OwnersAsked = "owners-asked",
        PatchesForAll = "patches-for-all",
        PathKept = "path-kept",
        PlanKept = "plan-kept",
        Public = "public",
        PubliclyReported = "publicly-reported",
        QuietTitle = "quiet-title",
        ReleaseManagerAdded = "release-manager-added",
        ReleaseNotesLink = "release-notes-link",
        ScoreTimely = "score-timely",
        Scored = "scored",
        SemiPublic = "semi-public",
        Slowed = "slowed",
        UnsupportedFix = "unsupported-fix",
        UpstreamDay = "upstream-day",
        UpstreamPending = "upstream-pending",
        UserInteraction = "user-interaction",
        VersionNamed = "version-named",
    }
}

vocabulary! {
    /// Severity in words, from nothing to the worst.
    Severity {
        None = "none",
        Low = "low",
        Medium = "medium",
        High = "high",
        Critical = "critical",
    }
}

vocabulary! {
    /// Which branches a case affects, as far as the policy tells them apart.
    Class {
        Supported = "supported",
        MainOnly = "main-only",
        UnsupportedOnly = "unsupported-only",
        Undetermined = "undetermined",
        PolicySilent = "policy-silent",
    }
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Holds always; what an absent condition means.
    Always,
    /// All of them.
    All(Vec<Expression>),
    /// At least one.
    Any(Vec<Expression>),
    /// Not this.
    Not(Box<Expression>),
    /// A fact.
    Fact(Fact),
    /// An event of this type is on record.
    Seen(EventKind),
    /// The final score is below so many hundredths.
    ScoreBelow(u16),
    /// The final score is at least so many hundredths.
    ScoreAtLeast(u16),
    /// The severity in force is below this.
    SeverityBelow(Severity),
    /// The severity in force is at least this.
    SeverityAtLeast(Severity),
    /// The case has this class.
    Class(Class),
    /// The event carries the field.
    Has(Field),
    /// The event's field is, or includes, this word.
    Is(Field, Box<str>),
    /// The event names no actor, or one who acts in this role.
    By(Box<str>),
    /// Everybody the event appoints holds this role.
    WhoFrom(Box<str>),
}

/// What a name is looked up for while a condition is read.
pub trait Names {
    /// The value of a parameter.
    fn parameter(&mut self, id: &str) -> Result<String, String>;
    /// Notes that a role is used, and refuses one that is not declared.
    fn role(&mut self, id: &str) -> Result<(), String>;
}

/// Reads a condition. A complaint carries the byte offset it is about.
pub fn parse(text: &str, names: &mut dyn Names) -> Result<Expression, (usize, String)> {
    let mut reader = Reader { words: words(text), next: 0, end: text.len(), names, depth: 0 };
    let expression = reader.any()?;
    match reader.peek() {
        None => Ok(expression),
        Some(word) => {
            let word = echo(word);
            Err(reader.complain(format!("`{word}` is not expected here; join conditions with `and` or `or`")))
        }
    }
}

/// The words of a condition with their offsets.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (index, letter) in text.char_indices() {
        let alone = matches!(letter, '(' | ')' | '<');
        if letter.is_whitespace() || alone {
            if let Some(from) = start.take() {
                words.push((from, &text[from..index]));
            }
            if alone {
                words.push((index, &text[index..index + 1]));
            }
        } else if start.is_none() {
            start = Some(index);
        }
    }
    if let Some(from) = start {
        words.push((from, &text[from..]));
    }
    words
}

struct Reader<'a, 'n> {
    words: Vec<(usize, &'a str)>,
    next: usize,
    end: usize,
    names: &'n mut dyn Names,
    depth: usize,
}

type Step<T> = Result<T, (usize, String)>;

impl<'a> Reader<'a, '_> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).map(|(_, word)| *word)
    }

    fn offset(&self) -> usize {
        self.words.get(self.next).map_or(self.end, |(offset, _)| *offset)
    }

    fn complain(&self, message: String) -> (usize, String) {
        (self.offset(), message)
    }

    fn take(&mut self, what: &str) -> Step<&'a str> {
        let word = self
            .peek()
            .ok_or_else(|| self.complain(format!("the condition ends where {what} is expected")))?;
        self.next += 1;
        Ok(word)
    }

    /// Looks up the word that comes next, so that a complaint points at it.
    fn look<T>(&mut self, what: &str, find: impl FnOnce(&str) -> Option<T>) -> Step<T> {
        let offset = self.offset();
        let word = self.take(what)?;
        find(word).ok_or_else(|| (offset, format!("`{}` is not {what}", echo(word))))
    }

    fn any(&mut self) -> Step<Expression> {
        self.depth += 1;
        if self.depth > 32 {
            return Err(self.complain("conditions nest deeper than 32; split the rule".to_owned()));
        }
        let mut list = vec![self.all()?];
        while self.peek() == Some("or") {
            self.next += 1;
            list.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if list.len() == 1 { list.remove(0) } else { Expression::Any(list) })
    }

    fn all(&mut self) -> Step<Expression> {
        let mut list = vec![self.one()?];
        while self.peek() == Some("and") {
            self.next += 1;
            list.push(self.one()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Expression::All(list) })
    }

    fn one(&mut self) -> Step<Expression> {
        let offset = self.offset();
        let word = self.take("a condition")?;
        Ok(match word {
            "not" => {
                let mut turns = 1;
                while self.peek() == Some("not") {
                    self.next += 1;
                    turns += 1;
                }
                let inner = self.one()?;
                if turns % 2 == 0 { inner } else { Expression::Not(Box::new(inner)) }
            }
            "(" => {
                let inner = self.any()?;
                if self.take("`)`")? != ")" {
                    self.next -= 1;
                    return Err(self.complain("expected `)`".to_owned()));
                }
                inner
            }
            "seen" => Expression::Seen(self.look("an event type", EventKind::parse)?),
            "has" => Expression::Has(self.look("an event field", Field::parse)?),
            "the" => {
                let field = self.look("an event field", Field::parse)?;
                self.look("`is`", |word| (word == "is").then_some(()))?;
                Expression::Is(field, self.take("a word")?.into())
            }
            "by" => Expression::By(self.role()?),
            "who" => {
                self.look("`from`", |word| (word == "from").then_some(()))?;
                Expression::WhoFrom(self.role()?)
            }
            "class" => {
                self.look("`is`", |word| (word == "is").then_some(()))?;
                Expression::Class(self.look("a class of case", Class::parse)?)
            }
            "score" => {
                let below = self.order()?;
                let offset = self.offset();
                let word = self.take("a score")?;
                let number = match word.strip_prefix('$') {
                    Some(id) => self.names.parameter(id).map_err(|message| (offset, message))?,
                    None => word.to_owned(),
                };
                let number = hundredths(&number).ok_or_else(|| {
                    (offset, format!("`{}` is not a score from 0.0 to 10.0", echo(&number)))
                })?;
                if below { Expression::ScoreBelow(number) } else { Expression::ScoreAtLeast(number) }
            }
            "severity" => {
                let below = self.order()?;
                let severity = self.look("a severity", Severity::parse)?;
                if below {
                    Expression::SeverityBelow(severity)
                } else {
                    Expression::SeverityAtLeast(severity)
                }
            }
            other => match Fact::parse(other) {
                Some(fact) => Expression::Fact(fact),
                None => {
                    let known = Fact::ALL.iter().map(|fact| fact.name());
                    return Err((
                        offset,
                        format!("`{}` is not a condition{}", echo(other), nearest(other, known)),
                    ));
                }
            },
        })
    }

    /// `<` answers true, `>=` false.
    fn order(&mut self) -> Step<bool> {
        self.look("`<` or `>=`", |word| match word {
            "<" => Some(true),
            ">=" => Some(false),
            _ => None,
        })
    }

    fn role(&mut self) -> Step<Box<str>> {
        let offset = self.offset();
        let role = self.take("a role")?;
        self.names.role(role).map_err(|message| (offset, message))?;
        Ok(role.into())
    }
}

/// A score like `4.0` in hundredths.
pub fn hundredths(text: &str) -> Option<u16> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 10)?;
    let tenth: u16 = tenth.parse().ok().filter(|digit| tenth.len() == 1 && *digit <= 9)?;
    Some(whole * 100 + tenth * 10).filter(|sum| *sum <= 1000)
}
