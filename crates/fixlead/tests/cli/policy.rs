//! `fixlead policy`: list, show, check and render.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fixlead-policy-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        run_in(&self.0, arguments)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a command said, and its exit code.
struct Answer {
    out: String,
    messages: String,
    code: i32,
}

impl Answer {
    /// One JSON object a line.
    fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn run_in(directory: &Path, arguments: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fixlead"));
    let Output { status, stdout, stderr } =
        command.arg("policy").args(arguments).current_dir(directory).output().unwrap();
    Answer {
        out: String::from_utf8(stdout).unwrap(),
        messages: String::from_utf8(stderr).unwrap(),
        code: status.code().unwrap(),
    }
}

fn run(arguments: &[&str]) -> Answer {
    run_in(&std::env::temp_dir(), arguments)
}

const BUILT_IN: [&str; 4] = ["vitess", "opentelemetry", "linux-distros", "cra-art14"];

/// The least that is a policy, with one duty.
const SMALL: &str = concat!(
    include_str!("../../../fixlead-core/tests/policy_language/small.toml"),
    r#"
[[duty]]
id = "ack"
clauses = ["S-02"]
who = "lead"
done = ["report.acknowledged"]
say = "A report is acknowledged."
"#
);

#[test]
fn the_list_has_every_built_in_policy() {
    let answer = run(&["list", "--json"]);
    assert_eq!((answer.code, answer.messages.as_str()), (0, ""));
    let list = &answer.lines()[0]["policies"];
    let ids: Vec<&Value> = list.as_array().unwrap().iter().map(|policy| &policy["id"]).collect();
    for id in BUILT_IN {
        assert!(ids.contains(&&json!(id)), "{id}");
    }
    let vitess = list.as_array().unwrap().iter().find(|policy| policy["id"] == "vitess").unwrap();
    assert_eq!(vitess["kind"], "base");
    assert_eq!(vitess["clauses"], 45);
    assert_eq!(vitess["title"], "Vitess Security Release Process");

    let answer = run(&["list"]);
    assert!(answer.out.starts_with("ID "), "{}", answer.out);
    assert!(answer.out.lines().all(|line| line == line.trim_end()));
    assert!(answer.out.lines().count() > BUILT_IN.len());
}

#[test]
fn a_policy_is_shown_byte_for_byte() {
    let scratch = Scratch::new("show");
    let text = format!("# Ours.\r\n{SMALL}# The end, without a line end");
    scratch.file("ours.toml", &text);
    let answer = scratch.run(&["show", "ours.toml"]);
    assert_eq!((answer.code, answer.out), (0, text));
    let built_in = scratch.run(&["show", "cra-art14"]);
    assert!(built_in.out.starts_with("# Reporting duties"), "{}", built_in.out);
}

#[test]
fn a_policy_is_shown_as_data() {
    let answer = run(&["show", "vitess", "--json"]);
    assert_eq!(answer.code, 0);
    let shown = &answer.lines()[0];
    assert_eq!(shown["policy"], "vitess");
    let parameters = shown["parameters"].as_array().unwrap();
    let find = |id: &str| parameters.iter().find(|parameter| parameter["id"] == id).unwrap();
    assert_eq!(find("window")["value"], "P7D");
    assert_eq!(find("intake")["value"], Value::Null);
    assert_eq!(find("intake")["clauses"], json!(["VT-07"]));
    let sections = shown["sections"].as_array().unwrap();
    assert_eq!(sections[0]["section"], "policy");
    assert_eq!(sections[0]["keys"]["body"], "maintainers");
}

#[test]
fn a_check_answers_for_each_policy() {
    let answer = run(&["check", "vitess", "cra-art14", "--json"]);
    assert_eq!((answer.code, answer.messages.as_str()), (1, ""));
    let lines = answer.lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["policy"], "vitess");
    let finding = &lines[0]["findings"][0];
    let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["kind", "clauses", "text", "history"]);
    assert_eq!(finding["kind"], "unset-parameter");
    assert_eq!(finding["clauses"], json!(["VT-07"]));
    assert_eq!(finding["history"], Value::Null);
    assert_eq!(lines[1], json!({"policy": "cra-art14", "findings": []}));
}

#[test]
fn nothing_found_is_zero() {
    let scratch = Scratch::new("clean");
    scratch.file("small.toml", SMALL);
    let answer = scratch.run(&["check", "small.toml"]);
    assert_eq!(
        (answer.code, answer.out.as_str(), answer.messages.as_str()),
        (0, "small.toml: nothing found\n", "")
    );
    assert_eq!(run(&["check", "vitess", "--set", "intake=security@example.org"]).code, 0);
}

#[test]
fn a_check_reads_well() {
    let answer = run(&["check", "vitess", "--overlay", "linux-distros", "--set", "intake=x@example.org"]);
    assert_eq!(answer.code, 1);
    assert_eq!(
        answer.out,
        "vitess: 1 finding

  contradiction  VT-43, LD-03, LD-01
    `list.post` is held by the gate `no-advance-notice` (VT-43) until
    `disclosed` and by the gate `linux-distros-not-public` (LD-03) until `not
    disclosed`: the duty `linux-distros-post` (LD-01) can never be discharged.
    The strictest holds; only an override (VT-13) leads past it
"
    );
}

#[test]
fn an_overlay_alone_is_checked_over_the_built_in_policies() {
    let answer = run(&["check", "linux-distros", "--json"]);
    assert_eq!(answer.code, 1);
    let findings = answer.lines()[0]["findings"].clone();
    assert_eq!(findings.as_array().unwrap().len(), 1);
    assert!(findings[0]["text"].as_str().unwrap().starts_with("over vitess: `list.post` is held"));

    let scratch = Scratch::new("overlay");
    scratch.file(
        "own.toml",
        SMALL.replace("\"base\"", "\"overlay\"").replace("who = \"lead\"", "who = \"boss\""),
    );
    let answer = scratch.run(&["check", "own.toml"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.messages.contains("fixlead: own.toml: line 18, column 7: `boss` is not a role"),
        "{}",
        answer.messages
    );
    assert!(
        answer.messages.contains("fixlead policy check POLICY --overlay own.toml"),
        "{}",
        answer.messages
    );
}

#[test]
fn a_mistake_is_shown_in_its_line() {
    let scratch = Scratch::new("mistake");
    scratch.file("ours.toml", SMALL.replace("\"report.acknowledged\"", "\"report.acknowleged\""));
    let answer = scratch.run(&["check", "ours.toml", "cra-art14"]);
    assert_eq!(answer.code, 2);
    assert_eq!(
        answer.messages,
        "fixlead: ours.toml: line 19, column 9: `report.acknowleged` is not an event type; did you mean \
         `report.acknowledged`?\n  19 | done = [\"report.acknowleged\"]\n     |         ^\n"
    );
    // The others are checked all the same.
    assert!(answer.out.contains("cra-art14: nothing found"));

    let answer = scratch.run(&["check", "ours.toml", "--json"]);
    assert_eq!(answer.code, 2);
    assert_eq!(
        answer.lines()[0],
        json!({"policy": "ours.toml", "error": {
            "line": 19, "column": 9,
            "message": "`report.acknowleged` is not an event type; did you mean `report.acknowledged`?",
        }})
    );
    for command in [&["show", "ours.toml"][..], &["render", "ours.toml"]] {
        // A dangling name is no matter of the text.
        let expected = if command[0] == "show" { 0 } else { 2 };
        assert_eq!(scratch.run(command).code, expected);
    }
}

#[test]
fn a_mistake_in_an_overlay_names_the_overlay() {
    let scratch = Scratch::new("overlay-mistake");
    let overlay = SMALL.replace("\"base\"", "\"overlay\"").replace("who = \"lead\"", "who = \"boss\"");
    scratch.file("over.toml", overlay.replace("id = \"small\"", "id = \"over\""));
    let answer = scratch.run(&["check", "vitess", "--overlay", "over.toml"]);
    assert_eq!(answer.code, 2);
    assert!(answer.messages.starts_with("fixlead: over.toml: line 18, column 7: "), "{}", answer.messages);
}

#[test]
fn what_is_no_policy_file_is_refused_in_one_line() {
    let scratch = Scratch::new("no-file");
    fs::create_dir(scratch.0.join("directory")).unwrap();
    scratch.file("latin.toml", b"# caf\xe9\n");
    scratch.file("empty.toml", "");
    let big = fs::File::create(scratch.0.join("big.toml")).unwrap();
    big.set_len(100 * 1024 * 1024).unwrap();
    let expected = [
        ("missing.toml", "neither a built-in policy (vitess, "),
        ("directory", "is a directory; name a file in it"),
        ("latin.toml", "byte 5 is not UTF-8; save the file as UTF-8"),
        ("big.toml", "104857600 bytes, at most 1048576 are read"),
        ("/dev/null", "is not a file; save its text to one first"),
    ];
    for (name, message) in expected {
        let answer = scratch.run(&["check", name, "--json"]);
        assert_eq!(answer.code, 2, "{name}");
        assert_eq!(answer.messages.lines().count(), 1, "{}", answer.messages);
        assert!(answer.messages.starts_with(&format!("fixlead: {name}: {message}")), "{}", answer.messages);
        let error = answer.lines()[0]["error"].clone();
        assert_eq!((&error["line"], &error["column"]), (&Value::Null, &Value::Null));
        assert!(error["message"].as_str().unwrap().starts_with(message));
    }
    let answer = scratch.run(&["show", "vites"]);
    assert_eq!(answer.code, 2);
    assert!(answer.messages.ends_with(") nor a file; did you mean `vitess`?\n"), "{}", answer.messages);
    let answer = scratch.run(&["check", "empty.toml"]);
    assert_eq!(answer.code, 2);
    assert!(answer.messages.contains("the section [policy] is missing"), "{}", answer.messages);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_on() {
    let scratch = Scratch::new("pipe");
    let made = Command::new("mkfifo").arg(scratch.0.join("pipe.toml")).status().unwrap();
    assert!(made.success());
    let answer = scratch.run(&["show", "pipe.toml"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert_eq!(answer.messages, "fixlead: pipe.toml: is not a file; save its text to one first\n");
}

#[test]
fn settings_are_checked() {
    let answer = run(&["check", "vitess", "--set", "windw=P5D"]);
    assert_eq!(answer.code, 2);
    assert_eq!(
        answer.messages,
        "fixlead: vitess: the policy has no parameter `windw`; did you mean `window`?\n"
    );
    let answer = run(&["check", "vitess", "--set", "window"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.messages.contains("write a parameter and its value like window=P5D"),
        "{}",
        answer.messages
    );
}

#[test]
fn a_policy_is_rendered_for_people() {
    let answer = run(&["render", "vitess", "--set", "window=P5D", "--overlay", "cra-art14"]);
    assert_eq!((answer.code, answer.messages.as_str()), (0, ""));
    assert!(answer.out.starts_with("# Vitess Security Release Process\n"));
    assert!(answer.out.contains("- Within 5 days (`P5D`) of disclosure the Fix Lead scores"));
    assert!(answer.out.contains("## Parameters\n"));
}

#[test]
fn a_security_md_with_gaps_warns() {
    let answer = run(&["render", "vitess", "--format", "security-md"]);
    assert_eq!(answer.code, 1);
    assert_eq!(
        answer.messages,
        "fixlead: vitess: warning: not ready to be published, these parameters have no value: intake; give \
         each with --set NAME=VALUE\n"
    );
    assert!(answer.out.contains("_not set: intake_"));
    let whole = run(&["render", "vitess", "--format", "security-md", "--set", "intake=security@example.org"]);
    assert_eq!((whole.code, whole.messages.as_str()), (0, ""));
    assert!(whole.out.contains("in private, to security@example.org."));
    assert!(!whole.out.contains("not set"));
}

#[test]
fn a_name_is_repeated_on_one_short_line() {
    let nasty = "a\nb\u{1b}[31m\u{202e}".repeat(5_000);
    let answer = run(&["show", &nasty]);
    assert_eq!(answer.code, 2);
    assert_eq!(answer.messages.lines().count(), 1, "{}", answer.messages);
    assert!(answer.messages.starts_with(r"fixlead: a\nb\u{1b}[31m\u{202e}a\nb"), "{}", answer.messages);
    assert!(answer.messages.len() < 500, "{}", answer.messages);
    let scratch = Scratch::new("names");
    let history = json!({"format": "fixlead-history/1", "policy": nasty, "events": []});
    scratch.file("case.json", history.to_string());
    let answer = scratch.run(&["replay", "case.json"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.messages.starts_with(r"fixlead: case.json: /policy: a\nb\u{1b}"), "{}", answer.messages);
    assert_eq!(answer.messages.lines().count(), 1);
    assert!(answer.messages.len() < 500, "{}", answer.messages);
}
