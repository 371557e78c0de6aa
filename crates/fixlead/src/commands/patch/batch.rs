//! Questions in a file, one JSON object a line.

use std::fs;
use std::path::Path;

use fixlead_core::text::{echo, file};
use fixlead_git::affected::Query;
use serde_json::Value;

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;

const SHAPE: &str = r#"one JSON object a line like {"id":"a","introduced":["1234abc"],"fixed":[]}"#;

/// Reads a file of queries; blank lines are passed over.
pub fn read(path: &Path) -> Result<Vec<Query>, String> {
    let name = file(&path.display().to_string());
    let size = fs::metadata(path).map_err(|error| format!("{name}: {error}"))?.len();
    if size > MOST_BYTES {
        return Err(format!("{name}: {size} bytes; at most {MOST_BYTES} are read, so divide it"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let mut queries = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if !line.trim().is_empty() {
            queries.push(query(line).map_err(|error| format!("{name}:{}: {error}", number + 1))?);
        }
    }
    if queries.is_empty() {
        return Err(format!("{name}: holds no question; write {SHAPE}"));
    }
    Ok(queries)
}

/// Reads one question.
pub(crate) fn query(line: &str) -> Result<Query, String> {
    let value: Value =
        serde_json::from_str(line).map_err(|error| format!("no JSON: {error}; write {SHAPE}"))?;
    let object = value.as_object().ok_or_else(|| format!("no object; write {SHAPE}"))?;
    let mut query = Query::default();
    for (key, value) in object {
        match key.as_str() {
            "id" => query.id = value.as_str().ok_or("/id: write a text")?.to_owned(),
            "introduced" => query.introduced = revisions(key, value)?,
            "fixed" => query.fixed = revisions(key, value)?,
            other => return Err(format!("/{}: unknown; there are id, introduced and fixed", echo(other))),
        }
    }
    if query.id.is_empty() {
        return Err("/id: is missing, by which the answer is known".to_owned());
    }
    if query.introduced.is_empty() {
        return Err(
            "/introduced: names no commit; write \"0\" if the flaw was there from the beginning".to_owned()
        );
    }
    Ok(query)
}

fn revisions(key: &str, value: &Value) -> Result<Vec<String>, String> {
    let texts =
        value.as_array().and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<&str>>>());
    let texts = texts.ok_or_else(|| format!("/{key}: write a list of texts like [\"1234abc\"]"))?;
    Ok(texts.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn a_line_is_a_question() {
        let read = query(r#"{"id":"a","introduced":["x","y"]}"#).unwrap();
        assert_eq!((read.id.as_str(), read.introduced.len(), read.fixed.len()), ("a", 2, 0));
    }

    #[test]
    fn a_line_that_is_none_says_what_is_wrong() {
        let cases = [
            ("{", "no JSON"),
            ("[]", "no object"),
            (r#"{"introduced":["x"]}"#, "/id"),
            (r#"{"id":"a","fixed":["x"]}"#, "/introduced"),
            (r#"{"id":"a","introduced":"x"}"#, "/introduced: write a list"),
            (r#"{"id":"a","introduced":["x"],"fix":[]}"#, "/fix: unknown"),
        ];
        for (line, wanted) in cases {
            let error = query(line).unwrap_err();
            assert!(error.starts_with(wanted), "{line}: {error}");
        }
    }
}
