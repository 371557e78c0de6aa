//! Writes events and projects in the form that [`super::history`] reads.

use serde_json::{Map, Value as Json, json};

use super::event::{BranchSet, Event, Field, FieldType, Value};
use super::project::Project;
use crate::time::format_day;

/// An event as JSON.
pub fn event(event: &Event, project: &Project) -> Json {
    let mut object = Map::new();
    object.insert("at".to_owned(), Json::String(event.at.to_string()));
    object.insert("type".to_owned(), Json::String(event.kind.name().to_owned()));
    for (field, held) in &event.fields {
        let single = field.holds(event.kind) == FieldType::Branch;
        object.insert(field.name().to_owned(), value(*field, held, single, project));
    }
    Json::Object(object)
}

fn value(field: Field, value: &Value, single: bool, project: &Project) -> Json {
    match value {
        Value::Text(text) => Json::String(text.to_string()),
        Value::Texts(texts) => texts.iter().map(|text| Json::String(text.to_string())).collect(),
        Value::Flag(flag) => Json::Bool(*flag),
        Value::Score(hundredths) => json!(f64::from(*hundredths) / 100.0),
        Value::Instant(instant) => Json::String(instant.to_string()),
        Value::Branches(set) => {
            let mut names = branches(*set, project);
            match names.pop() {
                Some(name) if single && names.is_empty() && field == Field::Branch => name,
                Some(name) => names.into_iter().chain([name]).collect(),
                None => Json::Array(Vec::new()),
            }
        }
        Value::Dues(dues) => {
            dues.iter().map(|(duty, due)| (duty.to_string(), Json::String(due.to_string()))).collect()
        }
    }
}

fn branches(set: BranchSet, project: &Project) -> Vec<Json> {
    let named = project.branches.iter().enumerate().filter(|(place, _)| set >> place & 1 == 1);
    named.map(|(_, branch)| Json::String(branch.name.to_string())).collect()
}

/// A project as JSON.
pub fn project(project: &Project) -> Json {
    let branches: Vec<Json> = project
        .branches
        .iter()
        .map(|branch| {
            let mut object = json!({"name": branch.name, "class": branch.class.name()});
            if let (Some(since), Some(object)) = (branch.since, object.as_object_mut()) {
                object.insert("since".to_owned(), Json::String(format_day(since.day())));
            }
            object
        })
        .collect();
    let mut leave: Map<String, Json> = Map::new();
    for (who, (first, last)) in &project.leave {
        let days = json!([format_day(*first), format_day(*last)]);
        match leave.get_mut(&**who).and_then(Json::as_array_mut) {
            Some(list) => list.push(days),
            None => {
                leave.insert(who.to_string(), Json::Array(vec![days]));
            }
        }
    }
    let served: Map<String, Json> =
        project.served.iter().map(|(who, day)| (who.to_string(), Json::String(format_day(*day)))).collect();
    let owners: Map<String, Json> =
        project.owners.iter().map(|(path, people)| (format!("/{path}"), json!(people))).collect();
    let mut object = json!({
        "branches": branches,
        "responders": project.responders,
        "served": served,
        "leave": leave,
        "owners": owners,
        "maintainers": project.maintainers,
        "holidays": project.holidays.iter().map(|day| format_day(*day)).collect::<Vec<_>>(),
    });
    if let (Some(rule), Some(object)) = (project.owners_rule, object.as_object_mut()) {
        object.insert("owners_rule".to_owned(), Json::String(rule.name().to_owned()));
    }
    object
}
