//! Every clause of the ledger is executed: a rule cites it, one history
//! fulfils it, and one breaks it.
//!
//! A story shows its clause only through what the answer says: a duty, a
//! finding, an answer, a mode. Whatever it shows must cite the clause (or the
//! one named behind it), and must not be shown by the other side.

mod stories;

use std::collections::BTreeSet;

use fixlead_core::case::History;
use fixlead_core::policy::{Document, library};
use fixlead_core::replay::{built_in_policy, replay, to_json};
use serde_json::Value;

use stories::Story;

/// The clauses of one policy: id and whether it is normative.
fn ledger(policy: &str) -> Vec<(String, bool)> {
    let ledger: Value =
        serde_json::from_str(include_str!("../../../policies/ledger.json")).expect("the ledger is JSON");
    let rows = ledger[policy].as_array().unwrap_or_else(|| panic!("the ledger has no `{policy}`"));
    rows.iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_else(|| panic!("{row} lacks `{key}`"));
            assert!(!text("say").is_empty(), "{row}");
            (text("id").to_owned(), !text("modality").starts_with("informative"))
        })
        .collect()
}

fn documents() -> Vec<(&'static str, Document)> {
    library::BUILT_IN
        .iter()
        .map(|(id, text)| (*id, Document::parse(text).unwrap_or_else(|error| panic!("{id}: {error}"))))
        .collect()
}

#[test]
fn every_normative_clause_has_a_rule_and_every_citation_a_clause() {
    for (id, document) in documents() {
        let ledger = ledger(id);
        let all: BTreeSet<&str> = ledger.iter().map(|(clause, _)| clause.as_str()).collect();
        assert_eq!(all.len(), ledger.len(), "{id}: a clause stands twice in the ledger");
        let mut cited = BTreeSet::new();
        for entry in &document.entries {
            for (clause, _) in entry.texts("clauses") {
                assert!(
                    all.contains(clause),
                    "{id}: {} cites {clause}, which is no clause of it",
                    entry.name()
                );
                if entry.section.is_rule {
                    cited.insert(clause);
                }
            }
        }
        let left: Vec<&str> = ledger
            .iter()
            .filter(|(clause, normative)| *normative && !cited.contains(clause.as_str()))
            .map(|(clause, _)| clause.as_str())
            .collect();
        assert!(left.is_empty(), "{id}: no rule cites {}", left.join(", "));
    }
}

#[test]
fn a_rule_that_cites_nothing_is_refused() {
    for (id, document) in documents() {
        for place in 0..document.entries.len() {
            if !document.entries[place].section.is_rule {
                continue;
            }
            let mut silent = document.clone();
            for (key, value, _) in &mut silent.entries[place].values {
                if *key == "clauses" {
                    *value = fixlead_core::policy::document::Written::Texts(Vec::new());
                }
            }
            let error = Document::parse(&silent.to_string()).expect_err("a rule without a clause was read");
            assert!(error.message.contains("cites no clause"), "{id}: {}", error.message);
        }
    }
}

#[test]
fn every_normative_clause_has_a_history_that_fulfils_it_and_one_that_breaks_it() {
    for file in stories::FILES {
        let sides = ["fulfilled", "broken"];
        let stories = stories::read(file);
        let pairs = stories.iter().filter(|story| sides.contains(&story.side.as_str()));
        let told: Vec<String> = pairs.map(Story::name).collect();
        let wanted: Vec<String> = ledger(file)
            .into_iter()
            .filter(|(_, normative)| *normative)
            .flat_map(|(clause, _)| ["fulfilled", "broken"].map(|side| format!("{clause}.{side}")))
            .collect();
        assert_eq!(told, wanted, "the stories of {file}, in the order of the ledger");
    }
}

#[test]
fn each_story_shows_its_clause_and_its_counterpart_does_not() {
    let mut wrong = Vec::new();
    for file in stories::FILES {
        let stories = stories::read(file);
        let answers: Vec<Value> = stories.iter().map(answer).collect();
        for (place, story) in stories.iter().enumerate() {
            assert!(!story.shows.is_empty(), "{} shows nothing", story.name());
            let other = match story.side.as_str() {
                "fulfilled" => Some(place + 1),
                "broken" => Some(place - 1),
                _ => None,
            };
            for line in &story.shows {
                if let Err(found) = shown(line, &story.clause, story, &answers[place]) {
                    wrong.push(format!("{}: `{line}` is not shown; {found}", story.name()));
                }
                if other
                    .is_some_and(|other| shown(line, &story.clause, &stories[other], &answers[other]).is_ok())
                {
                    wrong.push(format!("{}: `{line}` is shown by the other side too", story.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn answer(story: &Story) -> Value {
    let history = History::parse(&story.history.to_string())
        .unwrap_or_else(|error| panic!("{}: {error}", story.name()));
    let policy = built_in_policy(&history.policy, &history.overlays, &history.parameters)
        .unwrap_or_else(|error| panic!("{}: {error}", story.name()));
    to_json(&replay(&policy, &history, None))
}

/// Whether an answer shows what a line says, citing the clause; otherwise what
/// it has instead.
fn shown(line: &str, clause: &str, story: &Story, answer: &Value) -> Result<(), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let rows = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let cites = |row: &Value, clause: &str| {
        row["clauses"].as_array().is_some_and(|clauses| clauses.iter().any(|cited| cited == clause))
    };
    let found = match &words[..] {
        // A duty in this state.
        ["duty", duty, state, by @ ..] => {
            let clause = by.first().copied().unwrap_or(clause);
            let (id, subject) = duty.split_once('/').map_or((*duty, None), |(id, name)| (id, Some(name)));
            rows("duties").iter().any(|row| {
                row["id"] == id
                    && row["subject"].as_str() == subject
                    && row["state"] == *state
                    && cites(row, clause)
            })
        }
        // Nothing that names the clause; or nothing of this kind at all.
        ["no", "finding"] => !rows("findings").iter().any(|row| cites(row, clause)),
        ["no", "finding", kind] => !rows("findings").iter().any(|row| row["kind"] == *kind),
        // A finding of this kind that names the clause.
        ["finding", kind, by @ ..] => {
            let clause = by.first().copied().unwrap_or(clause);
            rows("findings").iter().any(|row| row["kind"] == *kind && cites(row, clause))
        }
        ["allow", ask @ ..] => {
            let ask = ask.first().unwrap_or(&"a1");
            rows("answers").iter().any(|row| row["id"] == *ask && row["verdict"] == "allow")
        }
        ["hold", rest @ ..] => {
            let ask = rest.iter().find(|word| word.starts_with('a')).unwrap_or(&"a1");
            let clause = rest.iter().find(|word| !word.starts_with('a')).unwrap_or(&clause);
            rows("answers")
                .iter()
                .any(|row| row["id"] == *ask && row["verdict"] == "hold" && cites(row, clause))
        }
        ["excuse", duty, excuse] => {
            rows("duties").iter().any(|row| row["id"] == *duty && row["excuse"] == *excuse)
        }
        ["mode", mode, by @ ..] => {
            let clause = by.first().copied().unwrap_or(clause);
            rows("modes").iter().any(|row| row["mode"] == *mode && cites(row, clause))
        }
        ["never", "mode", mode] => !rows("modes").iter().any(|row| row["mode"] == *mode),
        ["class", class, by @ ..] => {
            let clause = by.first().copied().unwrap_or(clause);
            answer["class"] == *class && rule_cites(story, "class", class, clause)
        }
        ["path", path, by @ ..] => {
            let clause = by.first().copied().unwrap_or(clause);
            answer["release_path"] == *path && rule_cites(story, "path", path, clause)
        }
        ["severity", band, by @ ..] => {
            let clause = by.first().copied().unwrap_or(clause);
            answer["severity"] == *band && rule_cites(story, "band", band, clause)
        }
        _ => panic!("{}: `{line}` says nothing that is known", story.name()),
    };
    if found {
        return Ok(());
    }
    let key = match words[0] {
        "duty" | "excuse" => "duties",
        "finding" | "no" => "findings",
        "allow" | "hold" => "answers",
        "mode" | "never" => "modes",
        "path" => "release_path",
        other => other,
    };
    let found = match &answer[key] {
        Value::Array(list) if key == "duties" => list
            .iter()
            .filter(|row| words[1].starts_with(row["id"].as_str().unwrap_or("-")))
            .cloned()
            .collect(),
        other => other.clone(),
    };
    Err(format!("found {found}"))
}

/// Whether the rule with this name, which the answer carries without its
/// clauses, cites the clause.
fn rule_cites(story: &Story, section: &str, id: &str, clause: &str) -> bool {
    let policy = story.history["policy"].as_str().unwrap_or_default();
    documents().into_iter().filter(|(name, _)| *name == policy).any(|(_, document)| {
        document.all(section).any(|entry| {
            entry.text("id") == Some(id) && entry.texts("clauses").any(|(cited, _)| cited == clause)
        })
    })
}
