//! Holds the invariants of `ARCHITECTURE.md` against the sources and against
//! what `cargo metadata` says about dependencies.
//!
//! An exception stands in [`EXCEPTIONS`] with its reason. The list is a
//! ratchet: a new offence fails, and so does an exception nobody needs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which crates of the workspace each may import. A crate exists for a heavy
/// dependency or for purity.
const CRATES: &[(&str, &[&str])] = &[
    (
        "fixlead",
        &[
            "fixlead-app",
            "fixlead-core",
            "fixlead-formats",
            "fixlead-git",
            "fixlead-publish",
            "fixlead-store",
        ],
    ),
    ("fixlead-app", &["fixlead-core", "fixlead-formats", "fixlead-store"]),
    ("fixlead-core", &[]),
    ("fixlead-formats", &["fixlead-core"]),
    ("fixlead-git", &["fixlead-core"]),
    ("fixlead-publish", &["fixlead-core", "fixlead-formats"]),
    ("fixlead-store", &["fixlead-core"]),
];

/// Everything that the core imports from outside; all of it is arithmetic or
/// reading of text.
const CORE_IMPORTS: &[&str] = &["jiff", "serde", "serde_json", "sha2", "toml"];

/// What the core must not even reach through others: I/O, clocks, chance,
/// threads, logs.
const NEVER_IN_CORE: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "clap",
    "fastrand",
    "getrandom",
    "hyper",
    "mio",
    "postgres",
    "rand",
    "rand_core",
    "reqwest",
    "rusqlite",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "time",
    "tokio",
    "tokio-postgres",
    "tracing",
    "ureq",
    "uuid",
];

/// A folder and what its code never names.
struct Absence {
    name: &'static str,
    /// The folder or file, from the root of the tree.
    place: &'static str,
    never: &'static [&'static str],
    why: &'static str,
}

const ABSENCES: &[Absence] = &[
    Absence {
        name: "pure core",
        place: "crates/fixlead-core/src",
        never: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "std::io",
            "SystemTime",
            "::now(",
            "print!",
            "println!",
            "dbg!",
            "log::",
            "async fn",
            "fs::",
            "env::var",
            "env::args",
            "File::open",
            "static mut",
            "thread_local!",
            "OnceLock",
        ],
        why: "the same input always gives the same answer, and asking leaves no trace",
    },
    Absence {
        name: "no order by chance",
        place: "crates/fixlead-core/src",
        never: &["HashMap", "HashSet"],
        why: "they are seeded at random, so that walking one gives another order every time",
    },
    Absence {
        name: "JSON only where it is read or written",
        place: "crates/fixlead-core/src",
        never: &["serde_json", "serde::"],
        why: "formats stay at the edge; what the engine works with knows none",
    },
    Absence {
        name: "TOML only where it is read",
        place: "crates/fixlead-core/src",
        never: &["toml::"],
        why: "formats stay at the edge; what the engine works with knows none",
    },
    Absence {
        name: "time knows nothing else",
        place: "crates/fixlead-core/src/time.rs",
        never: &["crate::case", "crate::plan", "crate::policy", "crate::replay", "crate::severity"],
        why: "it is the ground that everything else stands on",
    },
    Absence {
        name: "text knows nothing else",
        place: "crates/fixlead-core/src/text.rs",
        never: &["crate::"],
        why: "it is the ground that everything else stands on",
    },
    Absence {
        name: "severity knows no case",
        place: "crates/fixlead-core/src/severity",
        never: &["crate::case", "crate::plan", "crate::policy", "crate::replay"],
        why: "a vector has the same score in every case",
    },
    Absence {
        name: "a case knows no policy",
        place: "crates/fixlead-core/src/case",
        never: &["crate::plan", "crate::policy", "crate::replay"],
        why: "what happened does not depend on what was promised",
    },
    Absence {
        name: "a policy knows no plan",
        place: "crates/fixlead-core/src/policy",
        never: &["crate::plan", "crate::replay"],
        why: "a promise can be read and checked before anything happens",
    },
    Absence {
        name: "access knows no policy",
        place: "crates/fixlead-core/src/access",
        never: &["crate::plan", "crate::policy", "crate::replay", "crate::desk"],
        why: "who may is one question, and whether the time has come another",
    },
    Absence {
        name: "reasons are data",
        place: "crates/fixlead-core/src/plan",
        never: &["format!", "to_string()", "crate::replay"],
        why: "sentences are made at the edge, for who asks and in their words",
    },
    Absence {
        name: "no rule in the drill",
        place: "crates/fixlead/src/drill",
        never: &[
            "fixlead_core::{",
            "fixlead_core::case",
            "fixlead_core::plan",
            "fixlead_core::policy",
            "fixlead_core::replay",
            "fixlead_core::severity",
        ],
        why: "people in a drill do what the engine tells them through its public formats, and nothing else",
    },
    Absence {
        name: "no socket",
        place: "crates",
        never: &[
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "UnixStream",
            "UnixListener",
            "UnixDatagram",
            "ureq::",
        ],
        why: "who listens and who calls out stands in few places, so that nothing leaves a desk unseen",
    },
    Absence {
        name: "no wire below the wire",
        place: "crates/fixlead-app/src",
        never: &["axum", "hyper", "tower", "ureq", "utoipa", "StatusCode"],
        why: "a use case is the same whoever asks: a page, a program, the clock",
    },
    Absence {
        name: "no wire below the wire",
        place: "crates/fixlead-store/src",
        never: &["axum", "hyper", "tower", "ureq", "utoipa", "StatusCode"],
        why: "what is kept does not depend on how it was sent",
    },
    Absence {
        name: "git in a closed world",
        place: "crates/fixlead-git/src",
        never: &["Command::new", "env::var", "serde_json", "println!"],
        why: "settings of repositories and users run commands; one place starts git without them",
    },
    Absence {
        name: "formats reach nothing",
        place: "crates/fixlead-formats/src",
        never: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "SystemTime",
            "::now(",
            "println!",
            "HashMap",
        ],
        why: "the same source always gives the same bytes, whoever makes them and wherever",
    },
    Absence {
        name: "publishing reaches nothing",
        place: "crates/fixlead-publish/src",
        never: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "SystemTime",
            "::now(",
            "println!",
            "HashMap",
            "getrandom",
        ],
        why: "the same sources always give the same tree, signatures included",
    },
    Absence {
        name: "no store in the handlers",
        place: "crates/fixlead/src/api",
        never: &["fixlead_store", "crate::serve::installation"],
        why: "a handler calls use cases, which ask whether it may be done",
    },
];

/// Rule, file, and why it may.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "JSON only where it is read or written",
        "crates/fixlead-core/src/case/history.rs",
        "the history's reader",
    ),
    ("JSON only where it is read or written", "crates/fixlead-core/src/case/json.rs", "JSON with its place"),
    ("JSON only where it is read or written", "crates/fixlead-core/src/replay.rs", "the answer's writer"),
    ("JSON only where it is read or written", "crates/fixlead-core/src/case/write.rs", "the events' writer"),
    (
        "JSON only where it is read or written",
        "crates/fixlead-core/src/desk/directory/event.rs",
        "the directory's lines",
    ),
    (
        "JSON only where it is read or written",
        "crates/fixlead-core/src/desk/entry.rs",
        "the case log's lines",
    ),
    ("JSON only where it is read or written", "crates/fixlead-core/src/desk/event.rs", "what they hold"),
    (
        "JSON only where it is read or written",
        "crates/fixlead-core/src/desk/form.rs",
        "what forms ask and reporters answer",
    ),
    (
        "JSON only where it is read or written",
        "crates/fixlead-core/src/desk/wire.rs",
        "how their texts are written",
    ),
    ("JSON only where it is read or written", "crates/fixlead-core/src/id.rs", "ids stand in every document"),
    ("TOML only where it is read", "crates/fixlead-core/src/policy/document.rs", "the policy's reader"),
    ("no order by chance", "crates/fixlead-core/src/case/json.rs", "finds repeated keys and is never walked"),
    ("reasons are data", "crates/fixlead-core/src/plan/words.rs", "puts reasons into words"),
    ("no socket", "crates/fixlead/src/serve/mod.rs", "listens"),
    ("no socket", "crates/fixlead/src/serve/listen.rs", "accepts"),
    ("no socket", "crates/fixlead/src/serve/stream.rs", "gives up on who does not read"),
    ("no socket", "crates/fixlead/src/serve/process.rs", "tells the service manager that it is ready"),
    ("no socket", "crates/fixlead/src/serve/courier.rs", "calls webhooks, at numbers it has looked at"),
    ("no socket", "crates/fixlead/src/serve/courier/tests.rs", "is called, and attacks who calls"),
    ("no socket", "crates/fixlead/src/client/mod.rs", "asks a desk"),
    ("no socket", "crates/fixlead/src/client/services.rs", "asks CVE Services"),
    ("no socket", "crates/fixlead/src/client/error.rs", "says why it could not"),
    (
        "git in a closed world",
        "crates/fixlead-git/src/run.rs",
        "the one place; it takes PATH alone from the environment",
    ),
    ("no store in the handlers", "crates/fixlead/src/api/tests.rs", "makes a database for its handlers"),
];

/// The longest file, in lines.
const MOST_LINES: usize = 700;

/// Words that stand nowhere, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    ("incident", "one word a thing: case"),
    ("TODO", "do it, or write it into SHORTCOMINGS.md"),
    ("FIXME", "do it, or write it into SHORTCOMINGS.md"),
    ("/home/", "no path of anybody's machine"),
    ("/root/", "no path of anybody's machine"),
];

/// Licences under which a dependency may come.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    // For data; the list of certificate authorities.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Zlib",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file below a place with one of these endings, as paths from the root.
fn files(place: &str, endings: &[&str]) -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    let mut open = vec![root.join(place)];
    while let Some(path) = open.pop() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            let own = !name.starts_with('.') && !name.starts_with("drill-") && name != "target";
            if own || path == root {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path.strip_prefix(&root).unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The code of a line, without its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Fails with what offends and is no exception, and with exceptions of these
/// rules that nobody needs any more.
fn hold(rules: &[&str], offences: &BTreeMap<(String, String), String>) {
    let allowed: BTreeSet<(String, String)> = EXCEPTIONS
        .iter()
        .filter(|(rule, _, _)| rules.contains(rule))
        .map(|(rule, file, _)| ((*rule).to_owned(), (*file).to_owned()))
        .collect();
    let mut complaints: Vec<String> = offences
        .iter()
        .filter(|(offence, _)| !allowed.contains(offence))
        .map(|((rule, file), what)| format!("{file}: {what} [{rule}]"))
        .collect();
    complaints.extend(allowed.iter().filter(|exception| !offences.contains_key(*exception)).map(
        |(rule, file)| format!("{file}: needs no exception from \"{rule}\" any more; take it off the list"),
    ));
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Names of the packages of the workspace.
fn members(metadata: &Value) -> Vec<&Value> {
    let ids: Vec<&str> = list(metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
    list(metadata, "packages").iter().filter(|package| ids.contains(&text(package, "id"))).collect()
}

#[test]
fn crates_import_only_what_lies_below_them() {
    let metadata = metadata();
    let members = members(&metadata);
    let names: BTreeSet<&str> = members.iter().map(|package| text(package, "name")).collect();
    let known: BTreeSet<&str> = CRATES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known, "say in CRATES what each crate may import");
    for package in &members {
        let name = text(package, "name");
        let (_, may) = CRATES.iter().find(|(known, _)| *known == name).unwrap();
        for dependency in list(package, "dependencies") {
            let imported = text(dependency, "name");
            assert!(!names.contains(imported) || may.contains(&imported), "{name} imports {imported}");
        }
    }
}

#[test]
fn the_core_reaches_no_world_outside() {
    let metadata = metadata();
    let core =
        members(&metadata).into_iter().find(|package| text(package, "name") == "fixlead-core").unwrap();
    let direct: BTreeSet<&str> = list(core, "dependencies")
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| text(dependency, "name"))
        .collect();
    let expected: BTreeSet<&str> = CORE_IMPORTS.iter().copied().collect();
    assert_eq!(direct, expected, "the imports of the core are a list of their own: CORE_IMPORTS");

    let names: BTreeMap<&str, &str> = list(&metadata, "packages")
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"], "nodes").iter().map(|node| (text(node, "id"), node)).collect();
    let mut reached = BTreeSet::new();
    let mut open = vec![text(core, "id")];
    while let Some(id) = open.pop() {
        for dependency in list(nodes[id], "deps") {
            let normal = list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null());
            if normal && reached.insert(text(dependency, "pkg")) {
                open.push(text(dependency, "pkg"));
            }
        }
    }
    let reached: BTreeSet<&str> = reached.into_iter().map(|id| names[id]).collect();
    assert!(reached.contains("serde_json"), "the walk found only {reached:?}");
    let wrong: Vec<&&str> = NEVER_IN_CORE.iter().filter(|name| reached.contains(**name)).collect();
    assert!(wrong.is_empty(), "the core reaches {wrong:?}");
}

#[test]
fn sources_never_name_what_they_must_not_know() {
    let mut offences = BTreeMap::new();
    let mut looked = 0;
    for rule in ABSENCES {
        for file in files(rule.place, &[".rs"]).iter().filter(|file| file.contains("/src/")) {
            looked += 1;
            for (number, line) in read(file).lines().enumerate() {
                if let Some(name) = rule.never.iter().find(|name| code(line).contains(**name)) {
                    let what = format!("line {} names `{name}`; {}", number + 1, rule.why);
                    offences.entry((rule.name.to_owned(), file.clone())).or_insert(what);
                }
            }
        }
    }
    assert!(looked > 50, "only {looked} files were looked at");
    let rules: Vec<&str> = ABSENCES.iter().map(|rule| rule.name).collect();
    hold(&rules, &offences);
}

#[test]
fn files_have_one_subject_and_so_stay_short() {
    let long = files("crates", &[".rs"]).into_iter().filter_map(|file| {
        let lines = read(&file).lines().count();
        let what = format!("{lines} lines, at most {MOST_LINES}; divide it by subject");
        (lines > MOST_LINES).then(|| (("length".to_owned(), file), what))
    });
    hold(&["length"], &long.collect());
}

#[test]
fn every_crate_denies_unsafe_code() {
    let workspace = read("Cargo.toml");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for manifest in files("crates", &["Cargo.toml"]) {
        let text = read(&manifest);
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest}: takes no lints from the workspace");
        assert!(text.contains("license.workspace = true"), "{manifest}: names no licence");
    }
}

#[test]
fn words_that_stand_nowhere() {
    let mut complaints = Vec::new();
    let own = "crates/fixlead/tests/cli/architecture.rs";
    for file in files(".", &[".rs", ".md", ".toml", ".sh", ".py"]).iter().filter(|file| *file != own) {
        for (number, line) in read(file).lines().enumerate() {
            // CSAF calls one of its profiles so.
            let line = &line.replace("csaf_security_incident_response", "");
            for (word, remedy) in WORDS {
                if line.contains(word) {
                    complaints.push(format!("{file}:{}: `{word}`: {remedy}", number + 1));
                }
            }
            if names_an_issue(line) {
                complaints.push(format!("{file}:{}: a number of an issue; say what it is about", number + 1));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Whether a line has a number sign followed by a number, as in a tracker.
fn names_an_issue(line: &str) -> bool {
    line.match_indices('#').any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let number = line[at + 1..].chars().take_while(char::is_ascii_digit).count();
        (1..=6).contains(&number) && before.is_none_or(|letter| letter == ' ' || letter == '(')
    })
}

/// Whether a licence expression (SPDX, with the older `/` for `OR`) can be met
/// by permissive licences alone.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    split(&expression, " OR ").iter().any(|choice| {
        split(choice, " AND ").iter().all(|part| {
            match part.trim().strip_prefix('(').and_then(|part| part.strip_suffix(')')) {
                Some(inner) => is_permissive(inner),
                None => LICENCES.contains(&part.trim()),
            }
        })
    })
}

/// The parts of a text between separators that stand in no parentheses.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && text[at..].starts_with(separator) => {
                parts.push(&text[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[test]
fn licences_are_read_as_they_are_meant() {
    for good in ["MIT", "MIT/Apache-2.0", "Unlicense OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(is_permissive(good), "{good}");
    }
    for bad in ["GPL-3.0-only", "", "MIT AND GPL-2.0-only", "(GPL-3.0-only OR AGPL-3.0-only) AND MIT"] {
        assert!(!is_permissive(bad), "{bad}");
    }
}

#[test]
fn dependencies_come_under_permissive_licences() {
    let metadata = metadata();
    let packages = list(&metadata, "packages");
    assert!(packages.len() > 10, "only {} packages", packages.len());
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !is_permissive(text(package, "license")))
        .map(|package| {
            format!("{} {}: {:?}", text(package, "name"), text(package, "version"), package["license"])
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
