//! Replays the histories that were worked out by hand.

use std::path::{Path, PathBuf};

use fixlead_core::case::History;
use fixlead_core::replay::{built_in_policy, replay, to_json};
use serde_json::Value;

/// The kinds of which a history names all there are.
const EXCLUSIVE: [&str; 4] = ["violation", "override", "strike", "wrong-channel"];

fn histories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of histories")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// Whatever of `expected` the answer does not have.
fn compare(expected: &Value, answer: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut differ = |what: String, expected: &Value, found: &Value| {
        if expected != found {
            wrong.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    for duty in expected["duties"].as_array().into_iter().flatten() {
        let name = format!("{} {}", duty["id"], duty["subject"]);
        let subject = duty.get("subject").unwrap_or(&Value::Null);
        let found = answer["duties"].as_array().and_then(|duties| {
            duties.iter().find(|row| row["id"] == duty["id"] && row["subject"] == *subject)
        });
        match found {
            Some(found) => {
                for (key, value) in duty.as_object().expect("a duty") {
                    // Of what does not apply, only that is said.
                    if key != "why" {
                        differ(format!("{name} {key}"), value, &found[key]);
                    }
                }
            }
            None if duty["state"] == "not-applicable" => {}
            None => differ(name, duty, &Value::Null),
        }
    }
    for expected in expected["answers"].as_array().into_iter().flatten() {
        let found =
            answer["answers"].as_array().and_then(|all| all.iter().find(|row| row["id"] == expected["id"]));
        let found = found.cloned().unwrap_or_default();
        for (key, value) in expected.as_object().expect("an answer") {
            if key == "clauses" {
                for clause in value.as_array().expect("clauses") {
                    let named = found["clauses"].as_array().is_some_and(|clauses| clauses.contains(clause));
                    differ(format!("{} names {clause}", expected["id"]), &true.into(), &named.into());
                }
            } else if key != "why" {
                differ(format!("{} {key}", expected["id"]), value, &found[key]);
            }
        }
    }
    let kinds: Vec<&str> =
        answer["findings"].as_array().into_iter().flatten().filter_map(|f| f["kind"].as_str()).collect();
    if let Some(wanted) = expected["finding_kinds"].as_array() {
        for kind in wanted {
            differ(
                format!("a finding {kind}"),
                &true.into(),
                &kinds.contains(&kind.as_str().unwrap_or("")).into(),
            );
        }
        for kind in EXCLUSIVE {
            if !wanted.contains(&kind.into()) {
                differ(format!("a finding {kind}"), &false.into(), &kinds.contains(&kind).into());
            }
        }
    }
    for kind in expected["absent_kinds"].as_array().into_iter().flatten() {
        differ(
            format!("a finding {kind}"),
            &false.into(),
            &kinds.contains(&kind.as_str().unwrap_or("")).into(),
        );
    }
    if let Some(exposure) = expected.get("public_exposure") {
        differ("public exposure".into(), exposure, &answer["exposure"]["public"]);
    }
    for (key, value) in expected["exposure"].as_object().into_iter().flatten() {
        if key == "branches" {
            for (branch, value) in value.as_object().expect("branches") {
                differ(format!("exposure of {branch}"), value, &answer["exposure"]["branches"][branch]);
            }
        } else {
            differ(format!("exposure {key}"), value, &answer["exposure"][key]);
        }
    }
    for key in ["class", "release_path"] {
        if let Some(value) = expected.get(key) {
            differ(key.into(), value, &answer[key]);
        }
    }
    for (key, value) in expected["rotation"].as_object().into_iter().flatten() {
        differ(format!("rotation {key}"), value, &answer["rotation"][key]);
    }
    for (key, value) in expected["anchors"].as_object().into_iter().flatten() {
        differ(format!("anchor {key}"), value, &answer["anchors"][key]);
    }
    if let Some(modes) = expected["modes"].as_array() {
        let found: Vec<Value> = answer["modes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|mode| serde_json::json!({"from": mode["from"], "mode": mode["mode"]}))
            .collect();
        differ("modes".into(), &Value::from(modes.clone()), &Value::from(found));
    }
    wrong
}

#[test]
fn every_worked_history_matches() {
    let mut wrong = Vec::new();
    let files = histories();
    assert!(files.len() >= 30, "only {} histories are there", files.len());
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let document: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).expect("readable")).expect("JSON");
        let known = ["title", "input", "expect"];
        assert!(
            document.as_object().expect("an object").keys().all(|key| known.contains(&key.as_str())),
            "{name}"
        );
        let history = match History::parse(&document["input"].to_string()) {
            Ok(history) => history,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let policy = built_in_policy(&history.policy, &history.overlays, &history.parameters).expect(&name);
        let answer = to_json(&replay(&policy, &history, None));
        for line in compare(&document["expect"], &answer) {
            wrong.push(format!("{name}: {line}"));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
