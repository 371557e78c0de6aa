//! OSV entries.

use fixlead_core::text::echo;
use serde_json::Value;

use super::{Draft, of, text};
use crate::purl::{ECOSYSTEMS, Purl};
use crate::source::{Kind, Range, Reference};
use crate::validate::shape::{items, text as under};

pub fn read(value: &Value, draft: &mut Draft) -> Result<(), String> {
    if value.get("id").is_none() || value.get("modified").is_none() {
        return Err("this is no OSV entry: it has no id or no modified".to_owned());
    }
    draft.id(under(value, "id"));
    for (_, alias) in items(value, "aliases") {
        draft.id(alias.as_str().unwrap_or_default());
    }
    draft.advisory.title = under(value, "summary").to_owned();
    let details = under(value, "details");
    let (details, mitigation) = details.split_once("\n## Mitigation\n").unwrap_or((details, ""));
    draft.advisory.description = details.to_owned();
    draft.advisory.mitigations.extend(Some(text(mitigation)).filter(|mitigation| !mitigation.is_empty()));
    draft.published = draft.date("published", under(value, "published"));
    draft.advisory.modified = draft.date("modified", under(value, "modified"));
    draft.advisory.withdrawn = draft.date("withdrawn", under(value, "withdrawn"));
    for (_, score) in items(value, "severity") {
        draft.score(under(score, "score"));
    }
    // Some databases shout.
    let quiet = |word: &str| match word.chars().any(|letter| letter.is_ascii_lowercase()) {
        true => word.to_owned(),
        false => word.to_ascii_lowercase(),
    };
    draft.advisory.severity = value.pointer("/database_specific/severity").and_then(Value::as_str).map(quiet);
    for (_, id) in items(value.get("database_specific").unwrap_or(&Value::Null), "cwe_ids") {
        draft.weakness(id.as_str().unwrap_or_default());
    }
    for (_, one) in items(value, "references") {
        let kind = match under(one, "type") {
            "ARTICLE" | "DISCUSSION" | "DETECTION" | "INTRODUCED" | "GIT" => Kind::Web,
            other => Kind::parse(&other.to_ascii_lowercase()).unwrap_or(Kind::Web),
        };
        draft.reference(Reference { kind, url: under(one, "url").to_owned() });
    }
    for (_, one) in items(value, "credits") {
        let contact =
            items(one, "contact").filter_map(|(_, contact)| contact.as_str().map(str::to_owned)).collect();
        draft.credit(under(one, "name"), under(one, "type"), None, contact);
    }
    for (_, affected) in items(value, "affected") {
        package(affected, draft);
        for (_, score) in items(affected, "severity") {
            draft.score(under(score, "score"));
        }
    }
    Ok(())
}

fn package(affected: &Value, draft: &mut Draft) {
    let (ecosystem, name) = (of(affected, "/package/ecosystem"), of(affected, "/package/name"));
    let written =
        affected.pointer("/package/purl").or_else(|| affected.pointer("/database_specific/package"));
    let known = ECOSYSTEMS.iter().find(|known| known.osv == ecosystem);
    let purl = match (written.and_then(Value::as_str).map(Purl::parse), known) {
        (Some(Ok(purl)), _) => purl,
        (_, Some(known)) => Purl::of(known, name),
        _ => {
            let package = if name.is_empty() { "a package without a name" } else { name };
            return draft.note(format!(
                "{} is left out: no package URL is known for {}",
                echo(package),
                echo(ecosystem)
            ));
        }
    };
    let mut commits: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for (_, range) in items(affected, "ranges") {
        let git = under(range, "type") == "GIT";
        if git {
            let repo = under(range, "repo").to_owned();
            draft.package(&purl, crate::source::Status::Affected).repo =
                Some(repo).filter(|repo| !repo.is_empty());
        }
        let mut open: Option<String> = None;
        let mut ends: Vec<String> = Vec::new();
        for (_, event) in items(range, "events") {
            let owned = |key: &str| Some(under(event, key).to_owned()).filter(|text| !text.is_empty());
            if let Some(introduced) = owned("introduced") {
                if let Some(earlier) = open.replace(introduced).filter(|_| !git) {
                    draft.range(&purl, Range { introduced: earlier, ..Range::default() });
                }
                continue;
            }
            let (fixed, last_affected) = (owned("fixed"), owned("last_affected"));
            if git {
                ends.extend(fixed);
            } else if let Some(introduced) =
                open.take().filter(|_| fixed.is_some() || last_affected.is_some())
            {
                draft.range(&purl, Range { introduced, fixed, last_affected, ..Range::default() });
            }
        }
        match open {
            open if git => commits.push((open.filter(|commit| commit != "0"), ends)),
            Some(introduced) => draft.range(&purl, Range { introduced, ..Range::default() }),
            None => {}
        }
    }
    if affected.get("ranges").is_none_or(|ranges| ranges.as_array().is_some_and(Vec::is_empty)) {
        for (_, version) in items(affected, "versions") {
            draft.range(&purl, super::single(version.as_str().unwrap_or_default()));
        }
    }
    with_commits(&purl, commits, draft);
}

/// Commits belong to ranges; which to which is told only by their number.
fn with_commits(purl: &Purl, commits: Vec<(Option<String>, Vec<String>)>, draft: &mut Draft) {
    if commits.is_empty() {
        return;
    }
    let fixes: Vec<(Option<String>, String)> = commits
        .iter()
        .flat_map(|(introduced, fixes)| fixes.iter().map(|fixed| (introduced.clone(), fixed.clone())))
        .collect();
    let affected = draft.package(purl, crate::source::Status::Affected);
    let fixed: Vec<&mut Range> = affected.ranges.iter_mut().filter(|range| range.fixed.is_some()).collect();
    if fixed.len() == fixes.len() && commits.iter().all(|(_, fixes)| !fixes.is_empty()) {
        for (range, (introduced, fix)) in fixed.into_iter().zip(fixes) {
            range.introduced_commit = introduced;
            range.fixed_commit = Some(fix);
        }
    } else {
        draft.note(format!("the commits of {purl} are left out: nothing says which belong to which range"));
    }
}
