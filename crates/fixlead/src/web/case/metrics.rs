//! What the metrics of CVSS mean, in plain words, each with its values from the
//! mildest to the worst. The specifications have the exact definitions.

use fixlead_core::severity::Version;

/// A metric's title, its question, and its values with their words.
pub struct Meaning {
    pub title: &'static str,
    pub question: &'static str,
    /// From the mildest to the worst; "not defined" is left out.
    pub values: &'static [(&'static str, &'static str)],
}

const fn meaning(
    title: &'static str,
    question: &'static str,
    values: &'static [(&'static str, &'static str)],
) -> Meaning {
    Meaning { title, question, values }
}

const LEVELS: &[(&str, &str)] = &[("N", "none"), ("L", "some"), ("H", "all of it")];
const LEVELS_SAFETY: &[(&str, &str)] =
    &[("N", "none"), ("L", "some"), ("H", "all of it"), ("S", "people can be hurt")];
const LEVELS_2: &[(&str, &str)] = &[("N", "none"), ("P", "some"), ("C", "all of it")];
const NEED: &[(&str, &str)] = &[("L", "little"), ("M", "medium"), ("H", "much")];

/// What a metric means; a modified one means what its base metric does.
pub fn of(version: Version, name: &str) -> Meaning {
    match version {
        Version::V2 => v2(name),
        Version::V30 | Version::V31 => v3(name),
        Version::V40 => v4(name),
    }
}

fn v2(name: &str) -> Meaning {
    match name {
        "AV" => meaning(
            "Access vector",
            "From where is it reached?",
            &[("L", "on the machine itself"), ("A", "from the network next to it"), ("N", "from anywhere")],
        ),
        "AC" => meaning(
            "Access complexity",
            "How special do circumstances have to be?",
            &[("H", "very special"), ("M", "somewhat special"), ("L", "not at all")],
        ),
        "Au" => meaning(
            "Authentication",
            "How often does the attacker have to sign in?",
            &[("M", "several times"), ("S", "once"), ("N", "never")],
        ),
        "C" => meaning("Confidentiality", "What can be read?", LEVELS_2),
        "I" => meaning("Integrity", "What can be changed?", LEVELS_2),
        "A" => meaning("Availability", "What can be stopped?", LEVELS_2),
        "E" => meaning(
            "Exploitability",
            "How far are exploits?",
            &[
                ("U", "nobody has shown one"),
                ("POC", "a proof of concept"),
                ("F", "one that works"),
                ("H", "widespread or automatic"),
            ],
        ),
        "RL" => meaning(
            "Remediation level",
            "What can users do?",
            &[
                ("OF", "there is an official fix"),
                ("TF", "a temporary fix"),
                ("W", "a workaround"),
                ("U", "nothing"),
            ],
        ),
        "RC" => meaning(
            "Report confidence",
            "How sure is it?",
            &[("UC", "unconfirmed"), ("UR", "others say so too"), ("C", "confirmed")],
        ),
        "CDP" => meaning(
            "Collateral damage potential",
            "What is lost beyond the system?",
            &[("N", "nothing"), ("L", "little"), ("LM", "some"), ("MH", "much"), ("H", "lives or fortunes")],
        ),
        "TD" => meaning(
            "Target distribution",
            "How many systems are concerned?",
            &[("N", "none"), ("L", "up to a quarter"), ("M", "up to three quarters"), ("H", "more")],
        ),
        "CR" => meaning("Confidentiality requirement", "How much does secrecy matter here?", NEED),
        "IR" => meaning("Integrity requirement", "How much does correctness matter here?", NEED),
        _ => meaning("Availability requirement", "How much does running matter here?", NEED),
    }
}

const REACH: &[(&str, &str)] = &[
    ("P", "with hands on the device"),
    ("L", "from an account on the machine"),
    ("A", "from the network next to it"),
    ("N", "from anywhere"),
];
const DIFFICULTY: &[(&str, &str)] = &[("H", "needs luck or preparation"), ("L", "works every time")];
const PRIVILEGES: &[(&str, &str)] =
    &[("H", "an administrator's"), ("L", "an ordinary account's"), ("N", "none")];

fn v3(name: &str) -> Meaning {
    match name {
        "AV" | "MAV" => meaning("Attack vector", "From where is it reached?", REACH),
        "AC" | "MAC" => meaning("Attack complexity", "How hard is it beyond that?", DIFFICULTY),
        "PR" | "MPR" => {
            meaning("Privileges required", "Which rights does the attacker need first?", PRIVILEGES)
        }
        "UI" | "MUI" => meaning(
            "User interaction",
            "Does somebody else have to do something?",
            &[("R", "yes: open, click, install"), ("N", "no")],
        ),
        "S" | "MS" => meaning(
            "Scope",
            "Does it reach beyond the component's own authority?",
            &[("U", "no, it stays within"), ("C", "yes, others are harmed")],
        ),
        "C" | "MC" => meaning("Confidentiality", "What can be read?", LEVELS),
        "I" | "MI" => meaning("Integrity", "What can be changed?", LEVELS),
        "A" | "MA" => meaning("Availability", "What can be stopped?", LEVELS),
        "E" => meaning(
            "Exploit code maturity",
            "How far are exploits?",
            &[
                ("U", "nobody has shown one"),
                ("P", "a proof of concept"),
                ("F", "one that works"),
                ("H", "widespread or automatic"),
            ],
        ),
        "RL" => meaning(
            "Remediation level",
            "What can users do?",
            &[
                ("O", "there is an official fix"),
                ("T", "a temporary fix"),
                ("W", "a workaround"),
                ("U", "nothing"),
            ],
        ),
        "RC" => meaning(
            "Report confidence",
            "How sure is it?",
            &[("U", "unknown"), ("R", "reasonable"), ("C", "confirmed")],
        ),
        "CR" => meaning("Confidentiality requirement", "How much does secrecy matter here?", NEED),
        "IR" => meaning("Integrity requirement", "How much does correctness matter here?", NEED),
        _ => meaning("Availability requirement", "How much does running matter here?", NEED),
    }
}

fn v4(name: &str) -> Meaning {
    match name {
        "AV" | "MAV" => meaning("Attack vector", "From where is it reached?", REACH),
        "AC" | "MAC" => meaning(
            "Attack complexity",
            "Is there a defence to get round?",
            &[("H", "yes, one that is meant to stop it"), ("L", "no")],
        ),
        "AT" | "MAT" => meaning(
            "Attack requirements",
            "Does it need a certain set-up or a race?",
            &[("P", "yes"), ("N", "no, it works every time")],
        ),
        "PR" | "MPR" => {
            meaning("Privileges required", "Which rights does the attacker need first?", PRIVILEGES)
        }
        "UI" | "MUI" => meaning(
            "User interaction",
            "Does somebody else have to do something?",
            &[("A", "something unusual"), ("P", "what they do anyway"), ("N", "nothing")],
        ),
        "VC" | "MVC" => meaning("Confidentiality, vulnerable system", "What of it can be read?", LEVELS),
        "VI" | "MVI" => meaning("Integrity, vulnerable system", "What of it can be changed?", LEVELS),
        "VA" | "MVA" => meaning("Availability, vulnerable system", "What of it can be stopped?", LEVELS),
        "SC" | "MSC" => meaning("Confidentiality, systems behind it", "What of others can be read?", LEVELS),
        "SI" => meaning("Integrity, systems behind it", "What of others can be changed?", LEVELS),
        "SA" => meaning("Availability, systems behind it", "What of others can be stopped?", LEVELS),
        "MSI" => meaning("Integrity, systems behind it", "What of others can be changed?", LEVELS_SAFETY),
        "MSA" => meaning("Availability, systems behind it", "What of others can be stopped?", LEVELS_SAFETY),
        "E" => meaning(
            "Exploit maturity",
            "How far are exploits?",
            &[("U", "nobody knows of one"), ("P", "a proof of concept"), ("A", "it is attacked")],
        ),
        "CR" => meaning("Confidentiality requirement", "How much does secrecy matter here?", NEED),
        "IR" => meaning("Integrity requirement", "How much does correctness matter here?", NEED),
        _ => meaning("Availability requirement", "How much does running matter here?", NEED),
    }
}

#[cfg(test)]
mod tests {
    use fixlead_core::severity::{Version, asked};

    #[test]
    fn every_metric_has_words_for_each_of_its_values() {
        for version in Version::ALL {
            for metric in asked(version).into_iter().filter(|metric| metric.group.is_some()) {
                let mut known: Vec<&str> =
                    super::of(version, metric.name).values.iter().map(|(value, _)| *value).collect();
                let mut wanted: Vec<&str> =
                    metric.values.iter().copied().filter(|value| !matches!(*value, "X" | "ND")).collect();
                known.sort_unstable();
                wanted.sort_unstable();
                assert_eq!(known, wanted, "{version} {}", metric.name);
            }
        }
    }
}
