//! Security advisories of GitHub repositories, as the REST API gives or takes
//! them.

use fixlead_core::text::echo;
use serde_json::Value;

use super::{Draft, constraints, of, text};
use crate::ghsa::{CREDITS, REFERENCES, WORKAROUNDS};
use crate::purl::{ECOSYSTEMS, Purl};
use crate::source::{Kind, Reference};
use crate::validate::shape::{items, text as under};

pub fn read(value: &Value, draft: &mut Draft) -> Result<(), String> {
    if value.get("vulnerabilities").is_none() || value.get("summary").is_none() {
        return Err(
            "this is no security advisory of GitHub: it has no summary or no vulnerabilities".to_owned()
        );
    }
    draft.id(under(value, "cve_id"));
    draft.id(under(value, "ghsa_id"));
    for (_, identifier) in items(value, "identifiers") {
        draft.id(under(identifier, "value"));
    }
    draft.advisory.title = under(value, "summary").to_owned();
    description(under(value, "description"), draft);
    draft.published = draft.date("published_at", under(value, "published_at"));
    draft.advisory.modified = draft.date("updated_at", under(value, "updated_at"));
    draft.advisory.withdrawn = draft.date("withdrawn_at", under(value, "withdrawn_at"));
    let vectors = [
        under(value, "cvss_vector_string"),
        of(value, "/cvss/vector_string"),
        of(value, "/cvss_severities/cvss_v3/vector_string"),
        of(value, "/cvss_severities/cvss_v4/vector_string"),
    ];
    for vector in vectors.into_iter().filter(|vector| !vector.is_empty()) {
        draft.score(vector);
    }
    draft.advisory.severity =
        Some(under(value, "severity").to_owned()).filter(|word| !word.is_empty() && word != "unknown");
    for (_, id) in items(value, "cwe_ids") {
        draft.weakness(id.as_str().unwrap_or_default());
    }
    for (_, weakness) in items(value, "cwes") {
        draft.weakness(under(weakness, "cwe_id"));
    }
    for (_, one) in items(value, "credits") {
        let login = if under(one, "login").is_empty() { of(one, "/user/login") } else { under(one, "login") };
        draft.credit(login, under(one, "type"), Some(login), Vec::new());
    }
    let own = under(value, "html_url");
    if !own.is_empty() {
        draft.reference(Reference { kind: Kind::Advisory, url: own.to_owned() });
    }
    for (_, url) in items(value, "references") {
        draft.reference(Reference { kind: Kind::Web, url: url.as_str().unwrap_or_default().to_owned() });
    }
    for (_, one) in items(value, "vulnerabilities") {
        vulnerability(one, draft);
    }
    Ok(())
}

/// The chapters for which a source has sections of its own.
fn description(description: &str, draft: &mut Draft) {
    let mut chapter = String::new();
    let mut own = String::new();
    let mut workarounds = String::new();
    for part in description.split_inclusive('\n') {
        let line = part.trim_end();
        if line.starts_with("### ") {
            chapter = line.to_owned();
            if ![WORKAROUNDS, REFERENCES, CREDITS].contains(&line) {
                own.push_str(part);
            }
            continue;
        }
        match chapter.as_str() {
            WORKAROUNDS => workarounds.push_str(part),
            REFERENCES => {
                for url in crate::lint::urls(line) {
                    let kind = line
                        .strip_prefix("- ")
                        .and_then(|line| line.split_once(':'))
                        .map(|(word, _)| Kind::parse(word));
                    let kind = kind.and_then(Result::ok).unwrap_or(Kind::Web);
                    draft.reference(Reference { kind, url: url.to_owned() });
                }
            }
            CREDITS => {
                if let Some((name, role)) =
                    line.strip_prefix("- ").and_then(|line| line.strip_suffix(')')?.rsplit_once(" ("))
                {
                    draft.credit(name, role, None, Vec::new());
                }
            }
            _ => own.push_str(part),
        }
    }
    draft.advisory.description = own;
    draft.advisory.mitigations.extend(Some(text(&workarounds)).filter(|text| !text.is_empty()));
}

fn vulnerability(one: &Value, draft: &mut Draft) {
    let (ecosystem, name) = (of(one, "/package/ecosystem"), of(one, "/package/name"));
    let known = ECOSYSTEMS.iter().find(|known| known.ghsa == ecosystem && known.ghsa != "other");
    let purl = match (known, Purl::parse(name)) {
        (Some(known), _) => Purl::of(known, name),
        (None, Ok(purl)) => purl,
        (None, Err(_)) => {
            return draft.note(format!(
                "{} is left out: no package URL is known for {}",
                echo(name),
                echo(ecosystem)
            ));
        }
    };
    let written = under(one, "vulnerable_version_range");
    let Some(mut range) = constraints(written) else {
        return draft.note(format!(
            "the range `{}` of {purl} is left out: write it as introduced and fixed",
            echo(written)
        ));
    };
    let patched = [
        under(one, "patched_versions"),
        of(one, "/first_patched_version"),
        of(one, "/first_patched_version/identifier"),
    ];
    let patched = patched.into_iter().find(|version| !version.is_empty());
    if range.fixed.is_none()
        && range.last_affected.as_deref() != Some(&range.introduced)
        && let Some(version) = patched.filter(|version| !version.contains([' ', ',', '<', '>', '=']))
    {
        range.last_affected = None;
        range.fixed = Some(version.to_owned());
    }
    draft.range(&purl, range);
}
