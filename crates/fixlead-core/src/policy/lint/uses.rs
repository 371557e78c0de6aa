//! What is unset, what nothing uses, and roles that stand for nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, Lint, MOST_NAMED, clauses_of, conditions, labels, words};
use crate::policy::document::{Entry, Written};

pub(super) fn look(lint: &mut Lint<'_>) {
    let users = users_of_parameters(lint);
    unset(lint, &users);
    unused(lint, &users);
    without_roster(lint);
}

/// Who uses each parameter.
type Users<'p> = BTreeMap<&'p str, Vec<&'p Entry>>;

/// The sections that fill a parameter into a sentence or a rule.
fn users_of_parameters<'p>(lint: &Lint<'p>) -> Users<'p> {
    let mut users: Users<'p> = BTreeMap::new();
    for entry in lint.entries.iter().copied() {
        let mut note = |id: &'p str| {
            let list = users.entry(id).or_default();
            if !list.last().is_some_and(|last| std::ptr::eq(*last, entry)) {
                list.push(entry);
            }
        };
        for text in entry.values.iter().flat_map(|(_, value, _)| match value {
            Written::Text(text) => vec![text.as_str()],
            Written::Texts(list) => list.iter().map(|(text, _)| text.as_str()).collect(),
        }) {
            words(text).filter_map(|word| word.strip_prefix('$')).for_each(&mut note);
            text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).for_each(&mut note);
        }
    }
    users
}

/// Parameters without a value, and who needs one.
fn unset(lint: &mut Lint<'_>, users: &Users<'_>) {
    for parameter in &lint.policy.parameters {
        let id = &*parameter.heading.id;
        let is_open = parameter.value.is_none() && !lint.is_full();
        let Some(own) = lint.entry("parameter", id).filter(|_| is_open) else { continue };
        let users: &[&Entry] = users.get(id).map_or(&[], Vec::as_slice);
        let needed = match users {
            [] if id == "lgtm-rule" => "until then LGTMs are read strictly".to_owned(),
            [] => match neighbours(lint, own).as_slice() {
                [] => "no rule names it, readers of the policy miss it".to_owned(),
                list => format!("no rule names it; rules of the same clause: {}", labels(list)),
            },
            list => format!("needed by {}", labels(list)),
        };
        let why = own.text("why").unwrap_or_default().trim_end_matches('.');
        let text = format!(
            "`{id}` has no value: {why}; {needed}. Give it a `default`, or set it where the policy is used."
        );
        let mut clauses = clauses_of([own]);
        for clause in clauses_of(users.iter().copied().take(MOST_NAMED)) {
            if !clauses.contains(&clause) {
                clauses.push(clause);
            }
        }
        lint.add(Kind::UnsetParameter, clauses, text);
    }
}

/// Other sections that cite a clause of this one.
fn neighbours<'p>(lint: &Lint<'p>, own: &Entry) -> Vec<&'p Entry> {
    let clauses: BTreeSet<&str> = own.texts("clauses").map(|(clause, _)| clause).collect();
    let others = lint.entries.iter().copied().filter(|entry| !std::ptr::eq(*entry, own));
    others.filter(|entry| entry.texts("clauses").any(|(clause, _)| clauses.contains(clause))).collect()
}

/// What is declared and never asked for.
fn unused(lint: &mut Lint<'_>, users: &Users<'_>) {
    let declared: Vec<&Entry> = lint.entries.clone();
    for entry in declared {
        let Some(id) = entry.text("id") else { continue };
        let remedy = match entry.section.name {
            // One without a value is a finding already, with who needs it.
            "parameter" if lint.policy.parameter(id).is_none() || id == "lgtm-rule" => continue,
            "parameter" if users.contains_key(id) => continue,
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
        || (entry.section.name == "ladder" && entry.text("to") == Some(id))
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
        // The body decides as one, and who leads a case its events say.
        if id == body || id == "fix-lead" || role.texts("roster").next().is_some() {
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
