//! What the description says of every operation alike, so that a route that is
//! added is described by the same rules: who may ask, which headers it takes
//! and gives, how ids and pages are bounded, and how it refuses.
//!
//! A route says what only it knows: its answers, and a status that is not
//! implied. What is written here is compared with a running desk by
//! `tests/oracle/api.sh`.

use fixlead_core::desk::wire::MOST_LINE;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::json::{MOST_DEPTH, MOST_VALUES};
use super::{extract, shapes};

/// The methods of an address that the description names.
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// What is sent without an idempotency key: what is answered with a secret that
/// is shown once, signing in, and what does nothing when it is sent again.
const WITHOUT_KEY: &[&str] = &[
    "/api/v1/session",
    "/api/v1/session/step-up",
    "/api/v1/tokens",
    "/api/v1/enrolment",
    "/api/v1/cases/{case}/advisory/check",
    "/api/v1/projects/{project}/cna",
    "/api/v1/projects/{project}/cna/quota",
    "/api/v1/retention/ask",
    "/api/v1/retention/confirm",
    "/api/v1/witness/heads",
];

/// Every refusal that more than one route gives: its status, and when.
const REFUSALS: &[(u16, &str)] = &[
    (401, "Nobody is signed in, or what was shown counts for nothing."),
    (403, "It may not be done by whoever asks, or not like this."),
    (404, "There is nothing there, as far as whoever asks may know."),
    (408, "The body took too long to arrive; nothing was done."),
    (
        409,
        "It cannot be done as things stand: changed since the version that `If-Match` names, held by the policy, or in the wrong state.",
    ),
    (413, "The body is too large."),
    (415, "The body is not what it has to be."),
    (422, "It does not make sense; `errors` names each place."),
    (428, "It does not say which version was read."),
    (429, "Too often; `Retry-After` says how long to wait."),
    (500, "It broke here; the log of the desk names it by `X-Request-Id`."),
    (502, "A service outside says no, or does not answer; the text says what it said."),
    (503, "It cannot be done right now; `Retry-After` says how long to wait."),
];

/// What a field of this name is wherever a route says of it only that it is a
/// text: one word stands for one thing.
const EVERYWHERE: &[(&str, &str)] = &[
    ("at", "Moment"),
    ("case", "Id"),
    ("grant", "Id"),
    ("into", "Id"),
    ("offer", "Id"),
    ("organisation", "Id"),
    ("person", "Id"),
    ("project", "Id"),
    ("team", "Id"),
    ("to", "Id"),
];

/// The same, of what is read.
const READ: &[(&str, &str)] = &[
    ("body", "Text"),
    ("name", "Line"),
    ("reason", "Line"),
    ("role", "RoleName"),
    ("text", "Text"),
    ("title", "Line"),
    ("until", "Moment"),
];

/// The whole description: what the routes say, completed.
pub fn complete(description: &OpenApi, cookie: &str) -> Value {
    let mut document = serde_json::to_value(description).unwrap_or_default();
    for (name, shape) in shapes::written() {
        document["components"]["schemas"][name] = shape;
    }
    for (name, fields) in shapes::ONE_OF {
        let alone =
            |field: &&str| json!({ "required": [field], "properties": { *field: { "type": "string" } } });
        document["components"]["schemas"][*name]["oneOf"] = fields.iter().map(alone).collect();
    }
    document["components"]["securitySchemes"] = security_schemes(cookie);
    document["components"]["responses"] =
        REFUSALS.iter().map(|(status, about)| (status.to_string(), refusal(*status, about))).collect();
    document["components"]["headers"] = headers();
    document["security"] = json!([{ "token": [] }, { "session": [] }]);
    let schemas = document["components"]["schemas"].clone();
    let mut read = Vec::new();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for method in METHODS {
                if let Some(operation) = item.get_mut(method) {
                    operation_of(operation, path, method, &schemas);
                    references(&operation["requestBody"], &mut read);
                }
            }
        }
    }
    let schemas = &mut document["components"]["schemas"];
    close(schemas, &mut read);
    name_fields(schemas, &read);
    document
}

fn security_schemes(cookie: &str) -> Value {
    let bearer = |what: &str, about: &str| json!({ "type": "http", "scheme": "bearer", "bearerFormat": what, "description": about });
    json!({
        "token": bearer("fixlead_token_…", "A token for programs; its scopes and its owner's roles bound it."),
        "session": {
            "type": "apiKey", "in": "cookie", "name": cookie,
            "description": "A session of a browser. What changes something also needs `Sec-Fetch-Site: same-origin`, \
                            or an `Origin` that is the desk's own.",
        },
        "receipt": bearer("fixlead_receipt_…", "What a reporter was given; it opens their report and nothing else."),
        "link": bearer("fixlead_link_…", "The secret of a set-up link or an invitation; it counts once."),
    })
}

fn refusal(status: u16, about: &str) -> Value {
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
    if matches!(status, 429 | 503) {
        headers["Retry-After"] = json!({ "$ref": "#/components/headers/Retry-After" });
    }
    if status == 401 {
        headers["WWW-Authenticate"] = json!({ "$ref": "#/components/headers/WWW-Authenticate" });
    }
    json!({
        "description": about,
        "headers": headers,
        "content": { "application/problem+json": { "schema": { "allOf": [
            { "$ref": "#/components/schemas/ProblemDocument" },
            { "type": "object", "properties": { "status": { "const": status } } },
        ] } } },
    })
}

fn headers() -> Value {
    let header =
        |about: &str, schema: Value| json!({ "description": about, "required": true, "schema": schema });
    json!({
        "X-Request-Id": header(
            "The random id of this request, as it stands in the desk's log.",
            json!({ "type": "string", "pattern": shapes::ID }),
        ),
        "ETag": header(
            "The version of what was answered, for `If-Match`.",
            json!({ "type": "string", "pattern": "^\"[0-9]+\"$", "examples": ["\"7\""] }),
        ),
        "Retry-After": header("Seconds to wait.", json!({ "type": "integer", "minimum": 1 })),
        "WWW-Authenticate": header("How to prove who asks.", json!({ "type": "string" })),
    })
}

fn operation_of(operation: &mut Value, path: &str, method: &str, schemas: &Value) {
    // A name counts once in a description, and handlers of two subjects may share one.
    let (tag, id) = (operation["tags"][0].as_str(), operation["operationId"].as_str());
    let of_directory = tag == Some("directory");
    operation["operationId"] = json!(format!("{}.{}", tag.unwrap_or_default(), id.unwrap_or_default()));
    let has_body = operation.get("requestBody").is_some();
    let is_api = path.starts_with("/api/");
    let own_security = operation.get("security").is_some();
    let statuses: Vec<u16> = operation["responses"]
        .as_object()
        .map(|responses| responses.keys().filter_map(|status| status.parse().ok()).collect())
        .unwrap_or_default();
    // What changes the directory may say what it was decided on, and needs not.
    let may = of_directory && method != "get" && statuses.contains(&409);
    let versioned = if statuses.contains(&428) { Some(true) } else { may.then_some(false) };
    parameters(operation, path, method, versioned);
    let has_query = operation["parameters"]
        .as_array()
        .is_some_and(|all| all.iter().any(|parameter| parameter["in"] == "query"));
    let keyed = takes_key(path, method);
    let mut refused: Vec<u16> = statuses.into_iter().filter(|status| *status >= 400).collect();
    if is_api {
        refused.extend([500, 503]);
        refused.extend((!own_security).then_some([401, 403]).into_iter().flatten());
        refused.extend(path.contains('{').then_some(404));
        refused.extend(has_body.then_some([408, 413, 415, 422]).into_iter().flatten());
        refused.extend((keyed || has_query).then_some(422));
        refused.extend(path.contains("{case}").then_some(409));
    }
    if has_body {
        let about = format!(
            "JSON in UTF-8, no key twice, no unknown field, at most {MOST_DEPTH} levels deep and {MOST_VALUES} values; \
             its size is bounded by `limits.body` of the desk, 1 MiB unless that is set."
        );
        let body = &mut operation["requestBody"];
        if body["content"].get("application/json").is_some() {
            body["description"] = json!(about);
        }
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for status in refused {
        // A refusal that is no problem document says so itself.
        let stated = responses.get(&status.to_string());
        let is_problem = stated.is_none_or(|stated| {
            let schema = &stated["content"]["application/json"]["schema"]["$ref"];
            *schema == "#/components/schemas/ProblemDocument" || stated.get("content").is_none()
        });
        if is_problem {
            let shared = json!({ "$ref": format!("#/components/responses/{status}") });
            responses.insert(status.to_string(), shared);
        }
    }
    responses.sort_keys();
    for (status, response) in responses.iter_mut() {
        if response.get("$ref").is_some() {
            continue;
        }
        response["headers"]["X-Request-Id"] = json!({ "$ref": "#/components/headers/X-Request-Id" });
        let schema = &response["content"]["application/json"]["schema"];
        if is_api && status.starts_with('2') && has_version(schema, schemas) {
            response["headers"]["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
        }
    }
}

fn takes_key(path: &str, method: &str) -> bool {
    matches!(method, "post" | "put") && path.starts_with("/api/") && !WITHOUT_KEY.contains(&path)
}

/// Whether an answer says which version it shows; then `ETag` says it, too.
fn has_version(schema: &Value, schemas: &Value) -> bool {
    let named = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next());
    let schema = named.map_or(schema, |name| &schemas[name]);
    schema["properties"]["version"]["type"] == "integer"
}

/// Bounds of ids and pages, and the headers that a command takes.
/// With a version, whether it has to be said.
fn parameters(operation: &mut Value, path: &str, method: &str, versioned: Option<bool>) {
    let mut all = operation["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in &mut all {
        let plain = ["pattern", "$ref"].iter().all(|said| parameter["schema"].get(said).is_none());
        match (parameter["in"].as_str(), parameter["name"].as_str()) {
            (Some("path"), _) if plain => parameter["schema"] = json!({ "$ref": "#/components/schemas/Id" }),
            // A list that has other bounds says so itself.
            (Some("query"), Some("limit")) if parameter["schema"].get("maximum").is_none() => {
                parameter["description"] = json!("How many rows a page has at most.");
                parameter["schema"] = json!({
                    "type": "integer", "minimum": 1, "maximum": extract::MOST_LIMIT, "default": extract::USUAL_LIMIT,
                });
            }
            (Some("query"), Some("after")) => {
                parameter["description"] = json!("`next` of the page before; from the beginning without it.");
                parameter["schema"] = json!({ "type": "string", "minLength": 1, "maxLength": MOST_LINE });
            }
            _ => {}
        }
    }
    if takes_key(path, method) {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Random, new with each request; the same request with the same key is done once, and answered alike.",
            "schema": {
                "type": "string", "minLength": 8, "maxLength": extract::LONGEST_KEY, "pattern": "^[!#-~]+$",
                "examples": ["8e03978e-40d5-43e8-bc93-6894a57f9324"],
            },
        }));
    }
    if let Some(required) = versioned {
        let about = match required {
            true => "The version that was read, as `ETag` gave it.",
            false => {
                "The version that was read, as `ETag` gave it; without it, it is done to whatever stands."
            }
        };
        all.push(json!({
            "name": "If-Match", "in": "header", "required": required,
            "description": about,
            "schema": { "type": "string", "pattern": "^\"[0-9]{1,18}\"$", "examples": ["\"7\""] },
        }));
    }
    if !all.is_empty() {
        operation["parameters"] = Value::Array(all);
    }
}

/// The names of the shapes that a value refers to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str)
                && let Some(name) = name.strip_prefix("#/components/schemas/")
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// What is read takes no field that is not known. Afterwards `read` holds the
/// shapes of everything that is.
fn close(schemas: &mut Value, read: &mut Vec<String>) {
    let mut place = 0;
    while let Some(name) = read.get(place).cloned() {
        references(&schemas[&name], read);
        close_one(&mut schemas[&name]);
        place += 1;
    }
}

/// Says of fields what their names say.
fn name_fields(schemas: &mut Value, read: &[String]) {
    let written: Vec<&str> = shapes::written().into_iter().map(|(name, _)| name).collect();
    let Some(schemas) = schemas.as_object_mut() else { return };
    for (name, shape) in schemas.iter_mut().filter(|(name, _)| !written.contains(&name.as_str())) {
        let known = if read.contains(name) { [EVERYWHERE, READ].concat() } else { EVERYWHERE.to_vec() };
        let Some(fields) = shape.get_mut("properties").and_then(Value::as_object_mut) else { continue };
        for (field, shape) in fields {
            let is_plain = |shape: &Value| {
                shape
                    .as_object()
                    .is_some_and(|shape| shape.keys().all(|key| key == "type" || key == "description"))
            };
            let named = known.iter().find(|(known, _)| known == field).filter(|_| is_plain(shape));
            let Some((_, kind)) = named else { continue };
            let mut kind = json!({ "$ref": format!("#/components/schemas/{kind}") });
            if let Some(about) = shape.get("description") {
                kind["description"] = about.clone();
            }
            if shape["type"] == "string" {
                *shape = kind;
            } else if shape["type"] == json!(["string", "null"]) {
                *shape = json!({ "oneOf": [kind, { "type": "null" }] });
            }
        }
    }
}

fn close_one(shape: &mut Value) {
    match shape {
        Value::Object(fields) => {
            fields.values_mut().for_each(close_one);
            if fields.get("type").is_some_and(|kind| *kind == "object") && is_shape(fields) {
                fields.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close_one),
        _ => {}
    }
}

/// Whether it is a shape with fields, and no example or field of that name.
fn is_shape(fields: &Map<String, Value>) -> bool {
    fields.get("properties").is_none_or(Value::is_object)
}
