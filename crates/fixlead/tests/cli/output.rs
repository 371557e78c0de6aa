//! What people see: lines that fit, colours, streams and exit codes.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fixlead(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fixlead"));
    command.args(arguments).current_dir(root()).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Standard output, messages and exit code.
fn run(arguments: &[&str]) -> (String, String, i32) {
    let Output { status, stdout, stderr } = fixlead(arguments).output().unwrap();
    (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), status.code().unwrap())
}

/// A file that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn with(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fixlead-output-{name}-{}", std::process::id()));
        fs::write(&path, text).unwrap();
        Scratch(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn every_example_fits_in_eighty_columns() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            seen += 1;
            let (out, messages, code) = run(&[
                "policy",
                "replay",
                "--zone",
                "America/Argentina/Buenos_Aires",
                path.to_str().unwrap(),
            ]);
            assert_eq!((code, messages.as_str()), (0, ""));
            fits(&out);
        }
    }
    assert!(seen > 5, "{seen}");
    fits(&run(&["policy", "list"]).0);
    for policy in ["vitess", "opentelemetry", "linux-distros"] {
        fits(&run(&["policy", "check", policy]).0);
    }
}

#[test]
fn long_names_are_wrapped_and_never_lost() {
    let long = format!("release/{}-end", "very-long-branch-name-".repeat(12));
    let history = json!({
        "format": "fixlead-history/1",
        "title": "x ".repeat(200),
        "policy": "opentelemetry",
        "project": {"branches": [{"name": long, "class": "supported"}, {"name": "main", "class": "development"}]},
        "events": [
            {"at": "2027-03-22T09:00:00Z", "type": "report.received", "visibility": "public"},
            {"at": "2027-03-22T09:00:00Z", "type": "affected.set", "branches": [long, "main"]},
            {"at": "2027-03-24T09:00:00Z", "type": "released", "branches": [long]},
        ],
        "asks": [{"id": long, "at": "2027-03-23T09:00:00Z", "action": "merge", "branch": long}],
        "evaluate_at": "2027-03-29T00:00:00Z",
    });
    let scratch = Scratch::with("long", &history.to_string());
    let (out, messages, code) = run(&["policy", "replay", scratch.path()]);
    assert_eq!((code, messages.as_str()), (0, ""));
    fits(&out);
    // Put together again, the name stands whole with its duty, ask and exposure.
    let whole: String = out.split_whitespace().collect();
    assert!(whole.contains(&format!("cherry-pick{long}")), "{out}");
    assert!(whole.contains(&format!("{long}mergeat")), "{out}");
    assert!(whole.contains(&format!("on{long}")), "{out}");
}

#[test]
fn no_colour_reaches_what_is_no_terminal() {
    let (out, ..) = run(&["policy", "replay", "examples/xz-backdoor-2024.json"]);
    assert!(!out.contains('\u{1b}'));
}

#[test]
fn whoever_has_read_enough_may_go() {
    for arguments in [
        &["policy", "show", "opentelemetry"][..],
        &["policy", "render", "opentelemetry"],
        &["policy", "replay", "examples/xz-backdoor-2024.json", "examples/xz-backdoor-2024.json"],
        &["policy", "replay", "--json", "examples/xz-backdoor-2024.json"],
        &["--help"],
    ] {
        let mut child = fixlead(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut messages = String::new();
        child.stderr.take().unwrap().read_to_string(&mut messages).unwrap();
        assert_eq!(messages, "", "{arguments:?}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_no_success() {
    for arguments in [&["--help"][..], &["policy", "list"], &["policy", "show", "vitess"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let Output { status, stderr, .. } = fixlead(arguments).stdout(full).output().unwrap();
        assert_eq!(status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(stderr).unwrap().contains("writing failed"), "{arguments:?}");
    }
}

#[test]
fn wrong_usage_is_two_and_says_so_on_the_stream_for_messages() {
    let nasty = "2027\u{1b}[31m\u{202e}".repeat(5_000);
    for arguments in [
        &["policy", "replay"][..],
        &["policy", "nonsense"],
        &["nonsense"],
        &[],
        &["policy", "replay", "--at", &nasty, "examples/xz-backdoor-2024.json"],
        &["policy", "replay", "--zone", &nasty, "examples/xz-backdoor-2024.json"],
        &["policy", &nasty],
        &["policy", "check", "vitess", "--set", &nasty],
        &["drill", "vitess", "--seed", &nasty],
        &["drill", "vitess", "--inject", &nasty],
        &["drill", &nasty],
        &["cvss", "score", &nasty],
        &["cvss", "score", "--nonsense"],
    ] {
        let (out, messages, code) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{messages}");
        assert!(!messages.is_empty() && messages.len() < 2_500, "{messages}");
        assert!(!messages.contains(['\u{1b}', '\u{202e}']), "{messages}");
    }
    let (_, messages, _) =
        run(&["policy", "replay", "--at", "2027-01-01T00:00Z", "examples/xz-backdoor-2024.json"]);
    assert!(messages.contains("--at") && messages.contains("has no seconds"), "{messages}");
    let (_, messages, code) = run(&["drill", "vitess", "--seed", "-1"]);
    assert!(code == 2 && messages.contains("write a whole number from 0 to"), "{messages}");
    let (_, messages, code) = run(&["policy", "show", ""]);
    assert!(code == 2 && messages.starts_with("fixlead: (empty): neither a built-in policy"), "{messages}");
}

#[test]
fn help_is_data_and_fits() {
    for arguments in [
        &["--help"][..],
        &["help", "policy"],
        &["cvss", "score", "--help"],
        &["policy", "replay", "--help"],
        &["policy", "check", "--help"],
        &["policy", "render", "--help"],
        &["policy", "show", "--help"],
        &["policy", "list", "--help"],
        &["drill", "--help"],
    ] {
        let (out, messages, code) = run(arguments);
        assert_eq!((code, messages.as_str()), (0, ""));
        assert!(out.contains("Usage: "), "{out}");
        fits(&out);
    }
}

#[test]
fn a_complaint_about_an_overlay_points_to_it() {
    let history =
        r#"{"format": "fixlead-history/1", "policy": "vitess", "overlays": ["cra-art14", "cra-art14"]}"#;
    let scratch = Scratch::with("overlays", history);
    let (_, messages, code) = run(&["policy", "replay", scratch.path()]);
    assert_eq!(code, 2);
    assert!(messages.contains(": /overlays/1: cra-art14: line "), "{messages}");
}

#[test]
fn a_history_that_cannot_be_read_has_its_line_of_json_too() {
    let scratch = Scratch::with("bad", r#"{"format": "fixlead-history/1", "policy": "vitess", "evnts": []}"#);
    let good = "examples/xz-backdoor-2024.json";
    let (out, messages, code) = run(&["policy", "replay", "--json", good, scratch.path(), good]);
    assert_eq!(code, 2);
    assert_eq!(messages.lines().count(), 1, "{messages}");
    let lines: Vec<Value> = out.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], lines[2]);
    assert_eq!(lines[1]["history"], scratch.path());
    let error = lines[1]["error"].as_str().unwrap();
    assert!(error.starts_with("/evnts: unknown field `evnts`; did you mean `events`?"), "{error}");
}
