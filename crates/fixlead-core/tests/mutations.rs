//! Every word of a built-in policy matters: change one, and some history is
//! answered differently.
//!
//! Each single change (see [`mutants`]) is written, read and compiled again,
//! and every history in the project is replayed under it: the worked ones, the
//! two of each clause, and the public cases. A change that nothing notices is
//! either a rule nobody needs or a history that is missing.

mod mutants;
mod stories;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use fixlead_core::case::History;
use fixlead_core::plan::Evaluation;
use fixlead_core::plan::planner::Answer;
use fixlead_core::policy::{Document, Policy, compile, library};
use fixlead_core::replay::{replay, to_json};
use serde_json::Value;

use mutants::Mutant;

/// A history and how the policy as it stands answers it.
struct Tale {
    name: String,
    history: History,
    /// In the engine's own terms, and in words.
    outcome: Outcome,
    answer: Value,
    /// The clauses that its answer names.
    clauses: BTreeSet<String>,
}

/// Everything the engine says of a history; rules stand in it by their places.
type Outcome = (Vec<Answer>, Evaluation);

/// Changes that say the same in other words.
const SAME: [(&str, &str); 3] = [
    ("vitess: mode asap: after the next", "a case has a score or has none, so these two never meet"),
    (
        "opentelemetry: check lead-from-committee: needs = who from src",
        "whoever may lead is whoever is in the committee",
    ),
    ("opentelemetry: path patch: when = severity < critical", "the path before it takes what is high"),
];

/// How a change was noticed.
enum Fate {
    /// The linter refuses it.
    Refused,
    /// A history is answered differently.
    Noticed,
    /// Nothing notices.
    Survives,
}

#[test]
fn no_single_change_of_a_policy_goes_unnoticed() {
    let mut survivors = Vec::new();
    let (mut refused, mut noticed) = (0, 0);
    let library: Library = library::BUILT_IN
        .iter()
        .map(|(id, text)| (*id, Document::parse(text).unwrap_or_else(|error| panic!("{id}: {error}"))))
        .collect();
    let tales = tales(&library);
    for (id, document) in &library {
        let mutants = mutants::of(document);
        let own: Vec<&Tale> = tales.iter().filter(|tale| concerns(tale, id)).collect();
        let fates = fates(&library, id, &mutants, &own);
        let (mut here_refused, mut here_noticed) = (0, 0);
        for (mutant, fate) in mutants.iter().zip(fates) {
            match fate {
                Fate::Refused => here_refused += 1,
                Fate::Noticed => here_noticed += 1,
                Fate::Survives => survivors.push(format!("{id}: {}", mutant.name)),
            }
        }
        println!(
            "{id}: {} changes, {here_refused} refused by the linter, {here_noticed} noticed by {} histories",
            mutants.len(),
            own.len()
        );
        refused += here_refused;
        noticed += here_noticed;
    }
    for (same, why) in SAME {
        let place = survivors.iter().position(|name| name == same);
        survivors.remove(place.unwrap_or_else(|| panic!("`{same}` is noticed, though {why}")));
    }
    println!(
        "{refused} refused, {noticed} noticed, {} the same in other words, {} unnoticed",
        SAME.len(),
        survivors.len()
    );
    assert!(survivors.is_empty(), "{} changes go unnoticed:\n{}", survivors.len(), survivors.join("\n"));
}

fn concerns(tale: &Tale, id: &str) -> bool {
    tale.history.policy == id || tale.history.overlays.iter().any(|overlay| overlay == id)
}

/// The built-in policies as they are written.
type Library = Vec<(&'static str, Document)>;

/// Every history of the project.
fn tales(library: &Library) -> Vec<Tale> {
    let mut documents: Vec<(String, Value)> = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, key) in [("tests/histories", Some("input")), ("../../examples", None)] {
        for entry in std::fs::read_dir(root.join(folder)).expect(folder) {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("readable");
            let document: Value = serde_json::from_str(&text).expect("JSON");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            documents.push((name, key.map_or(document.clone(), |key| document[key].clone())));
        }
    }
    documents.sort_by(|one, other| one.0.cmp(&other.0));
    for file in stories::FILES {
        documents.extend(stories::read(file).into_iter().map(|story| (story.name(), story.history)));
    }
    let tale = |(name, document): (String, Value)| {
        let history = History::parse(&document.to_string()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let policy = policy_of(library, &history, None).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (outcome, answer) = answer(&policy, &history, None);
        let answer = answer.expect("an answer in words");
        let mut clauses = BTreeSet::new();
        for row in ["findings", "answers"].iter().flat_map(|key| answer[key].as_array().into_iter().flatten())
        {
            clauses.extend(row["clauses"].as_array().into_iter().flatten().filter_map(Value::as_str));
        }
        let clauses = clauses.into_iter().map(str::to_owned).collect();
        Tale { name, history, outcome, answer, clauses }
    };
    documents.into_iter().map(tale).collect()
}

/// The policy of a history, with one of its documents changed.
fn policy_of(
    library: &Library,
    history: &History,
    changed: Option<(&str, &Document)>,
) -> Result<Policy, String> {
    let find = |id: &str| match (changed, library.iter().find(|(own, _)| *own == id)) {
        (Some((own, document)), _) if own == id => document,
        (_, Some((_, document))) => document,
        _ => panic!("there is no policy `{id}`"),
    };
    let overlays: Vec<&Document> = history.overlays.iter().map(|id| find(id)).collect();
    compile(find(&history.policy), &overlays, &history.parameters).map_err(|error| error.to_string())
}

/// An answer, and the same in words without what merely repeats the policy's
/// text; no words are lost on an answer that is known.
fn answer(policy: &Policy, history: &History, known: Option<&Outcome>) -> (Outcome, Option<Value>) {
    let replay = replay(policy, history, None);
    let answers = replay.answers.iter().map(|(_, answer)| answer.clone()).collect();
    let outcome = (answers, replay.evaluation.clone());
    if known == Some(&outcome) {
        return (outcome, None);
    }
    let mut answer = to_json(&replay);
    let object = answer.as_object_mut().expect("an object");
    for key in ["policy", "windows"] {
        object.remove(key);
    }
    for (list, key) in [("duties", "because"), ("answers", "because"), ("findings", "text")] {
        for row in object.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            row.as_object_mut().expect("a row").remove(key);
        }
    }
    (outcome, Some(answer))
}

/// What becomes of every change, on as many threads as there are cores.
fn fates(library: &Library, id: &str, mutants: &[Mutant], tales: &[&Tale]) -> Vec<Fate> {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut fates: Vec<(usize, Fate)> = std::thread::scope(|scope| {
        let worker = || {
            let mut found = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(mutant) = mutants.get(place) else { return found };
                found.push((place, fate(library, id, mutant, tales)));
            }
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a worker")).collect()
    });
    fates.sort_by_key(|(place, _)| *place);
    fates.into_iter().map(|(_, fate)| fate).collect()
}

fn fate(library: &Library, id: &str, mutant: &Mutant, tales: &[&Tale]) -> Fate {
    let Ok(document) = Document::parse(&mutant.text) else { return Fate::Refused };
    // The histories of the rule's own clauses are the likeliest to notice.
    let mut order: Vec<&&Tale> = tales.iter().collect();
    let own = |tale: &Tale| mutant.clauses.iter().any(|clause| tale.name.starts_with(&format!("{clause}.")));
    let near = |tale: &Tale| mutant.clauses.iter().any(|clause| tale.clauses.contains(clause));
    order.sort_by_key(|tale| (!own(tale), !near(tale)));
    // Histories with the same overlays and parameters share a policy.
    let mut policies: Vec<(&History, Option<Policy>)> = Vec::new();
    let (mut compiles, mut fails) = (false, false);
    for tale in order {
        let same = |known: &History| {
            known.policy == tale.history.policy
                && known.overlays == tale.history.overlays
                && known.parameters == tale.history.parameters
        };
        let place = policies.iter().position(|(known, _)| same(known)).unwrap_or_else(|| {
            policies.push((&tale.history, policy_of(library, &tale.history, Some((id, &document))).ok()));
            policies.len() - 1
        });
        let Some(policy) = &policies[place].1 else {
            fails = true;
            continue;
        };
        compiles = true;
        let known = mutant.in_place.then_some(&tale.outcome);
        let (_, answer) = answer(policy, &tale.history, known);
        if answer.is_some_and(|answer| answer != tale.answer) {
            return Fate::Noticed;
        }
    }
    match (compiles, fails) {
        (false, _) => Fate::Refused,
        // A history sets a parameter that is no longer there.
        (true, true) => Fate::Noticed,
        (true, false) => Fate::Survives,
    }
}
