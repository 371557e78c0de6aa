//! How severe a case is held to be: everybody's opinion, and what another score
//! would change under the policy, before it is recorded.

use fixlead_core::access::Action as Right;
use fixlead_core::case::event::{Event, Value};
use fixlead_core::case::{Action, EventKind, Field};
use fixlead_core::id::{CaseId, PersonId};
use fixlead_core::plan::{self, words};
use fixlead_core::severity::{Score, Vector};
use fixlead_core::time::{Instant, When};

use super::board::{Board, plain};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// A score that somebody gave.
#[derive(Clone)]
pub struct Given {
    /// When.
    pub at: When,
    /// Who, by name.
    pub by: Vec<String>,
    /// The vector.
    pub vector: Option<String>,
    /// The score that was stated, or that the vector has.
    pub score: Option<String>,
    /// Which group it is of, if that was said.
    pub group: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether it was given as the final one.
    pub is_final: bool,
    /// Whether it is the one that counts.
    pub counts: bool,
}

/// Something that is otherwise with another score.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is.
    pub what: String,
    /// How it is now, or with the score before; nothing if it is not there.
    pub before: String,
    /// How it would be.
    pub after: String,
    /// The clauses that say so.
    pub clauses: Vec<String>,
}

/// Scores between two thresholds.
pub struct Step {
    /// The lowest of them, in hundredths.
    pub from: u16,
    /// The severity.
    pub severity: Option<&'static str>,
    /// What is otherwise than one tenth below.
    pub changes: Vec<Change>,
    /// The rules that compare with this score: sentences and clauses.
    pub law: Vec<(String, Vec<String>)>,
    /// Whether the score in force lies here.
    pub here: bool,
}

/// How severe a case is held to be.
pub struct Severity {
    /// The case.
    pub board: Board,
    /// The opinions, the latest first.
    pub given: Vec<Given>,
    /// The versions that the policy names.
    pub versions: Vec<String>,
    /// What would be otherwise with the score that was asked about.
    pub changes: Option<Vec<Change>>,
    /// What follows from the policy's thresholds.
    pub steps: Vec<Step>,
}

/// A statement about a case: what it is, how it stands, and the clauses.
type Statement = (String, String, Vec<String>);

/// What a score decides in a case.
fn statements(case: &plan::Case<'_>, now: Instant) -> Vec<Statement> {
    let evaluation = case.evaluate(now);
    let record = &case.record;
    let owned = |clauses: Vec<&str>| clauses.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut list: Vec<Statement> = Vec::new();
    let severity = evaluation.severity.map_or("not known", |severity| severity.name());
    let band = record.policy.bands.iter().find(|(word, ..)| Some(*word) == evaluation.severity);
    let named = band.map(|(.., named)| words::clauses(record, named)).unwrap_or_default();
    list.push(("severity".to_owned(), severity.to_owned(), owned(named)));
    if let Some((_, mode)) = evaluation.modes.last() {
        list.push(("pace".to_owned(), mode.name().to_owned(), owned(words::mode_clauses(record, *mode))));
    }
    if let Some(path) = evaluation.release_path.and_then(|path| record.policy.paths.get(usize::from(path))) {
        let clauses = owned(words::clauses(record, &path.heading.clauses));
        list.push(("release".to_owned(), path.heading.id.to_string(), clauses));
    }
    let actions = [Action::SemipublicPr, Action::SemipublicMerge, Action::Merge, Action::PublicWarning];
    for action in actions {
        let answer = case.answer(&plain(action, now));
        let clauses = owned(words::clauses(record, &answer.clauses));
        // Held by another clause is another thing.
        let verdict =
            if answer.allowed { "allowed".to_owned() } else { format!("held by {}", clauses.join(" ")) };
        list.push((action.name().to_owned(), verdict, clauses));
    }
    for duty in &evaluation.duties {
        let rule = &record.policy.duties[usize::from(duty.rule)];
        let subject = words::subject(record, duty.subject).map(|subject| format!(" {subject}"));
        let due = duty.due.map(|due| format!(", due {due}")).unwrap_or_default();
        let what = format!("{}{}", rule.heading.id, subject.unwrap_or_default());
        list.push((what, format!("{}{due}", duty.state.name()), owned(words::duty_clauses(record, duty))));
    }
    list
}

/// What differs between two lists of statements.
fn differ(before: &[Statement], after: &[Statement]) -> Vec<Change> {
    let find = |list: &[Statement], what: &str| list.iter().find(|(known, ..)| known == what).cloned();
    let mut changes: Vec<Change> = Vec::new();
    for (what, ..) in before.iter().chain(after) {
        let (old, new) = (find(before, what), find(after, what));
        let same = match (&old, &new) {
            (Some(old), Some(new)) => old.1 == new.1,
            _ => old.is_none() && new.is_none(),
        };
        if same || changes.iter().any(|change| change.what == *what) {
            continue;
        }
        let clauses = new.as_ref().or(old.as_ref()).map(|(.., clauses)| clauses.clone());
        changes.push(Change {
            what: what.clone(),
            before: old.map(|(_, text, _)| text).unwrap_or_default(),
            after: new.map(|(_, text, _)| text).unwrap_or_default(),
            clauses: clauses.unwrap_or_default(),
        });
    }
    changes
}

/// A case as if a score were final now.
fn with_score<'p>(
    case: &plan::Case<'p>,
    score: u16,
    vector: Option<&str>,
    by: PersonId,
    now: Instant,
) -> plan::Case<'p> {
    let mut case = case.clone();
    let mut event = Event::new(now, EventKind::ScoreSet)
        .with(Field::Score, Value::Score(score))
        .with(Field::Final, Value::Flag(true))
        .with(Field::By, Value::Texts(vec![by.to_string().into()]));
    if let Some(vector) = vector {
        event = event.with(Field::Vector, Value::Text(vector.into()));
    }
    case.push(event);
    case
}

/// Hundredths as people write a score.
pub fn text(hundredths: u16) -> String {
    format!("{}.{}", hundredths / 100, hundredths / 10 % 10)
}

impl Desk {
    /// How severe a case is held to be, and what a score would change.
    pub async fn severity(
        &self,
        caller: &Caller,
        case: CaseId,
        asked: Option<(Score, Option<&Vector>)>,
    ) -> Result<Severity> {
        let board = self.board(caller, case).await?;
        let (snapshot, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = kept.file.plan(&policy);
        let now = board.at.max(plan.facts().until);
        // The score of somebody else may have no effect; the lead's has.
        let by = kept.file.lead.unwrap_or(caller.person);
        let stands = plan.facts().score;
        let name = |who: &str| {
            let person = PersonId::parse(who).ok();
            person.and_then(|person| Desk::name_of(&snapshot, person)).unwrap_or_else(|| who.to_owned())
        };
        let events = plan.record.events.iter().enumerate();
        let mut given: Vec<Given> = events
            .filter(|(_, event)| event.kind == EventKind::ScoreSet)
            .map(|(place, event)| {
                let stated = match event.get(Field::Score) {
                    Some(Value::Score(score)) => Some(text(*score)),
                    _ => None,
                };
                let vector = event.text(Field::Vector);
                let computed = vector.and_then(|vector| Vector::parse(vector).ok());
                let computed = computed.map(|vector| vector.scores().overall().1.to_string());
                Given {
                    at: event.at,
                    by: event.texts(Field::By).map(name).collect(),
                    vector: vector.map(str::to_owned),
                    score: stated.or(computed),
                    group: event.text(Field::Group).map(str::to_owned),
                    reason: event.text(Field::Reason).map(str::to_owned),
                    is_final: event.flag(Field::Final, true),
                    counts: stands.is_some_and(|stands| stands.event as usize == place),
                }
            })
            .collect();
        given.reverse();
        let present = statements(&plan, now);
        let changes = asked.map(|(score, vector)| {
            let vector = vector.map(Vector::canonical);
            let other = with_score(&plan, u16::from(score.tenths()) * 10, vector.as_deref(), by, now);
            differ(&present, &statements(&other, now))
        });
        let mut thresholds = policy.thresholds();
        if thresholds.first() != Some(&0) {
            thresholds.insert(0, 0);
        }
        let current = stands.map(|stands| stands.hundredths);
        let steps = thresholds.iter().enumerate().map(|(place, from)| {
            let at = |score: u16| with_score(&plan, score, None, by, now);
            let below = at(from.saturating_sub(10));
            let above = at(*from);
            let next = thresholds.get(place + 1).copied().unwrap_or(u16::MAX);
            let mut changes = differ(&statements(&below, now), &statements(&above, now));
            changes.retain(|change| change.what != "severity");
            let law = policy.rules_at(*from).into_iter().map(|heading| {
                let clauses = heading.clauses.iter().map(|clause| policy.clause(*clause).to_owned());
                (heading.say.to_string(), clauses.collect())
            });
            Step {
                from: *from,
                severity: above.evaluate(now).severity.map(|severity| severity.name()),
                changes,
                law: law.collect(),
                here: current.is_some_and(|score| (*from..next).contains(&score)),
            }
        });
        let steps = steps.collect();
        let versions = policy.scoring.iter().flat_map(|scoring| scoring.versions.iter());
        let versions = versions.map(ToString::to_string).collect();
        Ok(Severity { board, given, versions, changes, steps })
    }
}
