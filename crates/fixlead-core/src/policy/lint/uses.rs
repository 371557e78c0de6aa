//! What is unset, what nothing uses, and roles that stand for nobody.

use super::{Kind, Lint, clauses_of, conditions, label, words};
use crate::policy::document::{Entry, Written};

pub(super) fn look(lint: &mut Lint<'_>) {
    unset(lint);
    unused(lint);
    without_roster(lint);
}

/// Parameters without a value, and who needs one.
fn unset(lint: &mut Lint<'_>) {
    for parameter in &lint.policy.parameters {
        let id = &*parameter.heading.id;
        let Some(own) = lint.entry("parameter", id).filter(|_| parameter.value.is_none()) else { continue };
        let users: Vec<&Entry> =
            lint.entries.iter().copied().filter(|entry| uses_parameter(entry, id)).collect();
        let neighbours: Vec<&Entry> = lint
            .entries
            .iter()
            .copied()
            .filter(|entry| {
                let shared = |clause: &str| own.texts("clauses").any(|(known, _)| known == clause);
                !std::ptr::eq(*entry, own) && entry.texts("clauses").any(|(clause, _)| shared(clause))
            })
            .collect();
        let needed = match (users.as_slice(), neighbours.as_slice()) {
            ([], []) if id == "lgtm-rule" => "until then LGTMs are read strictly".to_owned(),
            ([], []) => "no rule names it, readers of the policy miss it".to_owned(),
            ([], list) => format!("no rule names it; rules of the same clause: {}", labels(list)),
            (list, _) => format!("needed by {}", labels(list)),
        };
        let why = own.text("why").unwrap_or_default().trim_end_matches('.');
        let text = format!(
            "`{id}` has no value: {why}; {needed}. Give it a `default`, or set it where the policy is used."
        );
        let mut clauses = clauses_of([own]);
        for clause in clauses_of(users) {
            if !clauses.contains(&clause) {
                clauses.push(clause);
            }
        }
        lint.add(Kind::UnsetParameter, clauses, text);
    }
}

fn labels(entries: &[&Entry]) -> String {
    entries.iter().map(|entry| label(entry)).collect::<Vec<_>>().join(", ")
}

/// What is declared and never asked for.
fn unused(lint: &mut Lint<'_>) {
    let declared: Vec<&Entry> = lint.entries.clone();
    for entry in declared {
        let Some(id) = entry.text("id") else { continue };
        let remedy = match entry.section.name {
            // One without a value is a finding already, with who needs it.
            "parameter" if lint.policy.parameter(id).is_none() || id == "lgtm-rule" => continue,
            "parameter" if lint.entries.iter().any(|user| uses_parameter(user, id)) => continue,
            "parameter" => format!("write {{{id}}} in a sentence or ${id} in a rule"),
            "role" if lint.entries.iter().any(|user| uses_role(user, id)) => continue,
            "role" => "name it as the `who` of a duty, in a condition or in a roster".to_owned(),
            "excuse" if names(lint, &["excuses"], id) => continue,
            "excuse" => "list it under the `excuses` of the duties it shortens".to_owned(),
            "anchor"
                if names(lint, &["after", "before", "missed", "until", "by", "known", "earliest"], id) =>
            {
                continue;
            }
            "anchor" => "count a window or a gate from it".to_owned(),
            _ => continue,
        };
        let text = format!("nothing uses the {} `{id}`: {remedy}, or leave it out", entry.section.name);
        lint.add(Kind::Unused, clauses_of([entry]), text);
    }
}

/// Whether a key of any section has this text, or lists it.
fn names(lint: &Lint<'_>, keys: &[&str], id: &str) -> bool {
    lint.entries.iter().any(|entry| {
        keys.iter().any(|key| match entry.get(key) {
            Some((Written::Text(text), _)) => text == id,
            Some((Written::Texts(list), _)) => list.iter().any(|(text, _)| text == id),
            None => false,
        })
    })
}

/// Whether a section fills a parameter into a sentence or a rule.
pub(super) fn uses_parameter(entry: &Entry, id: &str) -> bool {
    let (dollar, brace) = (format!("${id}"), format!("{{{id}}}"));
    entry.values.iter().any(|(_, value, _)| match value {
        Written::Text(text) => text.contains(&brace) || words(text).any(|word| word == dollar),
        Written::Texts(list) => list.iter().any(|(text, _)| text.contains(&brace)),
    })
}

/// Whether a section names a role.
fn uses_role(entry: &Entry, id: &str) -> bool {
    let in_condition = || {
        conditions(entry).any(|condition| {
            let mut before = "";
            words(condition).any(|word| {
                let asked = matches!(before, "by" | "from") && word == id;
                before = word;
                asked
            })
        })
    };
    entry.text("who") == Some(id)
        || (entry.section.name == "policy" && entry.text("body") == Some(id))
        || entry.texts("roster").any(|(role, _)| role == id)
        || in_condition()
}

/// Roles that have to act and have no roster to take people from.
fn without_roster(lint: &mut Lint<'_>) {
    let body = lint.all("policy").find_map(|entry| entry.text("body")).unwrap_or_default();
    let roles: Vec<&Entry> = lint.all("role").collect();
    for role in roles {
        let id = role.text("id").unwrap_or_default();
        if id == body || role.texts("roster").next().is_some() {
            continue;
        }
        let users: Vec<&Entry> = lint.entries.iter().copied().filter(|entry| uses_role(entry, id)).collect();
        if users.is_empty() {
            continue;
        }
        let text = format!(
            "the role `{id}` has no roster, so nobody is known who does {}; give it one of maintainers, responders, added or another role",
            labels(&users)
        );
        let mut clauses = clauses_of([role]);
        clauses.extend(
            clauses_of(users)
                .into_iter()
                .filter(|clause| !role.texts("clauses").any(|(own, _)| own == clause)),
        );
        lint.add(Kind::NoRoster, clauses, text);
    }
}
