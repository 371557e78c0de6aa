//! Single changes to a policy, each of which a maintainer could make by
//! mistake: a rule or a key that is missing, a number that is looser, two
//! rules in the other order.

use fixlead_core::policy::Document;
use fixlead_core::policy::document::{Entry, Written};
use fixlead_core::time::Span;

/// A policy with one change.
pub struct Mutant {
    /// What was changed, like `gate advance-lead: actions without release`.
    pub name: String,
    /// The clauses of the rule that was changed.
    pub clauses: Vec<String>,
    /// The changed policy.
    pub text: String,
    /// Whether the rules keep their places and clauses.
    pub in_place: bool,
}

/// Holds in every case.
const ALWAYS: &str = "has by or not has by";
/// Keys that hold a condition.
const CONDITIONS: [&str; 3] = ["when", "where", "needs"];
/// Keys that name or explain a rule.
const NAMES: [&str; 7] = ["id", "clauses", "say", "why", "holds", "who", "finding"];
/// Sections whose clauses an answer names.
const ANSWERED: [&str; 7] = ["duty", "gate", "check", "permission", "mode", "channel", "rotation"];
/// Instants that a window may count from.
const ANCHORS: [&str; 7] =
    ["disclosure", "plan", "mitigated", "first-notice", "upstream", "announced", "released"];
/// Sections of which the first that applies counts.
const ORDERED: [&str; 3] = ["mode", "class", "path"];
/// Lists of which the first that applies counts.
const ORDERED_LISTS: [&str; 2] = ["excuses", "known"];
/// How much a span is changed by, in milliseconds.
const STEP: i64 = 1000;

/// Every single change of a policy.
pub fn of(document: &Document) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for place in 0..document.entries.len() {
        let entry = &document.entries[place];
        if !entry.section.is_rule {
            continue;
        }
        let roles: Vec<&str> = document.all("role").filter_map(|role| role.text("id")).collect();
        let mut add = |what: String, in_place: bool, change: &dyn Fn(&mut Vec<Entry>)| {
            let mut changed = document.clone();
            change(&mut changed.entries);
            mutants.push(Mutant {
                name: format!("{} {}: {what}", entry.section.name, entry.name()),
                clauses: entry.texts("clauses").map(|(clause, _)| clause.to_owned()).collect(),
                text: changed.to_string(),
                in_place,
            });
        };
        add("deleted".to_owned(), false, &|entries| {
            entries.remove(place);
        });
        let follows = document.entries.iter().skip(place + 1).position(|next| next.section == entry.section);
        if let Some(next) = follows.filter(|_| ORDERED.contains(&entry.section.name)) {
            add("after the next".to_owned(), false, &|entries| entries.swap(place, place + 1 + next));
        }
        for (key, value, _) in &entry.values {
            let required = entry.section.keys.iter().any(|(name, _, required)| name == key && *required);
            if !required {
                add(format!("without {key}"), true, &|entries| {
                    entries[place].values.retain(|(name, _, _)| name != key);
                });
            }
            let several = entry.texts("clauses").count() > 1 && ANSWERED.contains(&entry.section.name);
            if NAMES.contains(key) && !(*key == "clauses" && several) {
                continue;
            }
            let changes = match value {
                Written::Text(text) => {
                    texts(entry, key, text, &roles).into_iter().map(Written::Text).collect()
                }
                Written::Texts(list) => {
                    let list: Vec<&str> = list.iter().map(|(text, _)| text.as_str()).collect();
                    lists(key, &list)
                }
            };
            for changed in changes {
                let what = match &changed {
                    Written::Text(text) => format!("{key} = {text}"),
                    Written::Texts(list) => {
                        let texts: Vec<&str> = list.iter().map(|(text, _)| text.as_str()).collect();
                        format!("{key} = [{}]", texts.join(", "))
                    }
                };
                add(what, *key != "clauses", &|entries| {
                    for (name, value, _) in &mut entries[place].values {
                        if name == key {
                            *value = changed.clone();
                        }
                    }
                });
            }
        }
    }
    mutants
}

/// Other texts for a key.
fn texts(entry: &Entry, key: &str, text: &str, roles: &[&str]) -> Vec<String> {
    if CONDITIONS.contains(&key) {
        return conditions(text, roles);
    }
    match (entry.section.name, key) {
        ("duty", "after" | "before" | "missed") | ("gate", "until" | "by") => {
            ANCHORS.into_iter().filter(|anchor| *anchor != text).map(str::to_owned).collect()
        }
        (_, "within" | "most" | "lead" | "default") if Span::parse(text).is_ok() => {
            let span = Span::parse(text).expect("a span").millis();
            [span + STEP, span - STEP].map(|span| Span::from_millis(span).to_string()).into()
        }
        ("band", "from") => scores(text),
        ("parameter", "default") => match entry.text("holds") {
            Some("score") => scores(text),
            Some("lgtm") => ["strict", "lenient", "1 of maintainers", "2 of maintainers"]
                .into_iter()
                .filter(|rule| *rule != text)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        },
        ("slot", "at") => {
            let hour: u32 = text[..2].parse().expect("an hour");
            [hour - 1, hour + 1].map(|hour| format!("{hour:02}{}", &text[2..])).into()
        }
        ("windows", "level") => {
            vec![if text == "advisory" { "holding" } else { "advisory" }.to_owned()]
        }
        _ => Vec::new(),
    }
}

/// A tenth more, a tenth less.
fn scores(text: &str) -> Vec<String> {
    let tenths = (text.parse::<f64>().expect("a score") * 10.0).round() as i64;
    [tenths + 1, tenths - 1].map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)).into()
}

/// The list without one of its texts, in another order, or longer.
fn lists(key: &str, list: &[&str]) -> Vec<Written> {
    let written = |texts: Vec<String>| Written::Texts(texts.into_iter().map(|text| (text, 0)).collect());
    let mut changed = Vec::new();
    for place in 0..list.len() {
        let mut rest: Vec<String> = list.iter().map(|text| (*text).to_owned()).collect();
        rest.remove(place);
        changed.push(written(rest));
        if ORDERED_LISTS.contains(&key) && place > 0 {
            let mut swapped: Vec<String> = list.iter().map(|text| (*text).to_owned()).collect();
            swapped.swap(place - 1, place);
            changed.push(written(swapped));
        }
        if key == "thresholds" {
            for score in scores(list[place]) {
                let mut moved: Vec<String> = list.iter().map(|text| (*text).to_owned()).collect();
                moved[place] = score;
                changed.push(written(moved));
            }
        }
    }
    if key == "days" {
        for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
            if !list.contains(&day) {
                let more = list.iter().copied().chain([day]).map(str::to_owned);
                changed.push(written(more.collect()));
            }
        }
    }
    changed
}

/// The condition always true; without one of its terms; the other way round;
/// with another severity or role.
fn conditions(text: &str, roles: &[&str]) -> Vec<String> {
    let mut changed = vec![ALWAYS.to_owned()];
    let words: Vec<&str> = text.split_whitespace().collect();
    for (place, word) in words.iter().enumerate() {
        let mut replace = |other: &str| {
            let mut moved: Vec<&str> = words.clone();
            moved[place] = other;
            changed.push(moved.join(" ").trim_start().replace("  ", " "));
        };
        match *word {
            "not" => replace(""),
            "<" => replace(">="),
            ">=" => replace("<"),
            _ => {}
        }
        if place > 0 && ["by", "from"].contains(&words[place - 1]) {
            roles.iter().filter(|role| *role != word).for_each(|role| replace(role));
        }
        let severities = ["none", "low", "medium", "high", "critical"];
        let rank = severities.iter().position(|severity| severity == word);
        let compared = place > 0 && ["<", ">="].contains(&words[place - 1]);
        if let Some(rank) = rank.filter(|_| compared) {
            for other in [rank.wrapping_sub(1), rank + 1] {
                if let Some(severity) = severities.get(other) {
                    replace(severity);
                }
            }
        }
    }
    for term in terms(&words) {
        // The joining word goes with the term.
        let (start, end) = term;
        let joined = |place: usize| words.get(place).is_some_and(|word| ["and", "or"].contains(word));
        let (start, end) = if joined(end) {
            (start, end + 1)
        } else if start > 0 && joined(start - 1) {
            (start - 1, end)
        } else {
            continue;
        };
        let rest: Vec<&str> = words[..start].iter().chain(&words[end..]).copied().collect();
        changed.push(rest.join(" "));
    }
    changed
}

/// The places of the terms that `and` and `or` join, brackets included.
fn terms(words: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // Where the terms begin that are open, the innermost last.
    let mut open = vec![0];
    for (place, word) in words.iter().enumerate() {
        match *word {
            "(" => open.push(place + 1),
            "and" | "or" | ")" => {
                let start = open.pop().expect("a term");
                found.push((start, place));
                if *word != ")" {
                    open.push(place + 1);
                }
            }
            _ => {}
        }
    }
    if let Some(start) = open.pop() {
        found.push((start, words.len()));
    }
    found
}
