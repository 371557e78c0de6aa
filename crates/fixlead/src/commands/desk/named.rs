//! People and projects by the names that people type, and the other way round.

use serde_json::Value;

use super::{list, text};
use crate::client::{ClientError, Server};

/// The name of somebody in what a desk answered about a case; their id where
/// it has none.
pub fn name(names: &Value, id: &Value) -> String {
    match id.as_str().and_then(|id| names[id].as_str()) {
        Some(name) => name.to_owned(),
        None => text(id),
    }
}

/// Whether a text has the form of an id.
fn is_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

/// The id of the one thing of a list that is called so.
fn only(kind: &str, key: &str, all: &[Value], typed: &str) -> Result<String, ClientError> {
    let called = |item: &&Value| text(&item["name"]).to_lowercase() == typed.to_lowercase();
    let found: Vec<String> = all.iter().filter(called).map(|item| text(&item[key])).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(ClientError::Unclear(format!("no {kind} that you may see has this name; give the id"))),
        many => Err(ClientError::Unclear(format!("{} have this name; give the id", many.len()))),
    }
}

/// The id of a person: as it was typed, or of whoever has this name.
///
/// # Errors
/// When nobody has it, or several.
pub fn person(server: &Server, typed: &str) -> Result<String, ClientError> {
    if is_id(typed) {
        return Ok(typed.to_owned());
    }
    only("person", "person", list(&server.get("/api/v1/directory")?.body["people"]), typed)
}

/// The same for several.
///
/// # Errors
/// When nobody has one of the names, or several.
pub fn people(server: &Server, typed: &[String]) -> Result<Vec<String>, ClientError> {
    if typed.iter().all(|typed| is_id(typed)) {
        return Ok(typed.to_vec());
    }
    let seen = server.get("/api/v1/directory")?.body;
    let one = |typed: &String| match is_id(typed) {
        true => Ok(typed.clone()),
        false => only("person", "person", list(&seen["people"]), typed),
    };
    typed.iter().map(one).collect()
}

/// The id of a project: as it was typed, or of the one that has this name.
///
/// # Errors
/// When none has it, or several.
pub fn project(server: &Server, typed: &str) -> Result<String, ClientError> {
    if is_id(typed) {
        return Ok(typed.to_owned());
    }
    only("project", "project", list(&server.get("/api/v1/directory")?.body["projects"]), typed)
}

/// The id of an organisation, likewise.
///
/// # Errors
/// When none has it, or several.
pub fn organisation(server: &Server, typed: &str) -> Result<String, ClientError> {
    if is_id(typed) {
        return Ok(typed.to_owned());
    }
    let seen = server.get("/api/v1/directory")?.body;
    only("organisation", "organisation", list(&seen["organisations"]), typed)
}

/// The id of a sub-team, likewise.
///
/// # Errors
/// When none has it, or several.
pub fn team(server: &Server, typed: &str) -> Result<String, ClientError> {
    if is_id(typed) {
        return Ok(typed.to_owned());
    }
    only("team", "team", list(&server.get("/api/v1/directory")?.body["teams"]), typed)
}

/// Who asks.
///
/// # Errors
/// When the desk does not say.
pub fn me(server: &Server) -> Result<String, ClientError> {
    Ok(text(&server.get("/api/v1/session")?.body["person"]))
}
