//! `fixlead patch` as people and programs run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A repository with a flaw, its fix and two releases, which goes away with
/// the test.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fixlead-patches-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        let repository = Repository(path);
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(&self.0)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.org"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn change(&self, path: &str, text: &str, message: &str) -> String {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// Runs `fixlead patch` on it: output, messages, exit code.
    fn ask(&self, arguments: &[&str]) -> (String, String, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_fixlead"))
            .arg("patch")
            .args(arguments)
            .arg("--repo")
            .arg(self.path())
            .arg("--no-cache")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn affected_says_which_names_have_the_flaw() {
    let repository = Repository::new("affected");
    repository.change("f", "1\n", "base");
    repository.git(&["tag", "v0"]);
    let flaw = repository.change("f", "flaw\n", "a feature");
    repository.git(&["tag", "v1"]);
    repository.git(&["branch", "release-1"]);
    let fix = repository.change("f", "mended\n", "mend it");
    repository.git(&["tag", "v2"]);

    let (out, messages, code) =
        repository.ask(&["affected", "--introduced", &flaw[..12], "--fixed", "main", "--json"]);
    assert_eq!((messages.as_str(), code), ("", 0));
    let answer = json(&out);
    assert_eq!(answer["introduced"], serde_json::json!([flaw]));
    assert_eq!(answer["fixed"], serde_json::json!([fix]));
    let tags = ["affected_tags", "fixed_tags", "unaffected_tags"].map(|key| answer[key].to_string());
    assert_eq!(tags, [r#"["v1"]"#, r#"["v2"]"#, r#"["v0"]"#]);
    assert_eq!(answer["branches"], serde_json::json!({"main": "fixed", "release-1": "affected"}));

    let (out, _, code) = repository.ask(&["affected", "--introduced", &flaw, "--fixed", &fix]);
    assert_eq!(code, 0);
    assert!(
        out.contains("1 affected tags\n  v1") && out.contains("1 affected branches\n  release-1"),
        "{out}"
    );
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_batch_answers_line_by_line_and_goes_on_after_a_mistake() {
    let repository = Repository::new("batch");
    let flaw = repository.change("f", "flaw\n", "a feature");
    let file = repository.path().join("questions.jsonl");
    let lines = format!(
        "{{\"id\":\"a\",\"introduced\":[\"{flaw}\"]}}\n\n{{\"id\":\"b\",\"introduced\":[\"nowhere\"],\"fixed\":[]}}\n{{\"id\":\"c\",\"introduced\":[\"0\"],\"fixed\":[\"main\"]}}\n"
    );
    std::fs::write(&file, lines).unwrap();
    let (out, messages, code) = repository.ask(&["affected", "--batch", file.to_str().unwrap()]);
    assert_eq!(code, 2);
    let answers: Vec<Value> = out.lines().map(json).collect();
    let ids: Vec<&str> = answers.iter().map(|answer| answer["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(answers[0]["branches"]["main"], "affected");
    assert_eq!(answers[2]["branches"]["main"], "fixed");
    assert!(answers[1]["error"].as_str().unwrap().contains("`nowhere`"));
    assert!(messages.starts_with("fixlead: b: `nowhere`: no commit of that name"), "{messages}");

    std::fs::write(&file, "{\"id\":\"a\"}\n").unwrap();
    let (out, messages, code) = repository.ask(&["affected", "--batch", file.to_str().unwrap()]);
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(messages.contains("questions.jsonl:1: /introduced: names no commit"), "{messages}");
}

#[test]
fn identity_says_no_unless_every_patch_is_the_same() {
    let repository = Repository::new("identity");
    repository.change("f", "1\n2\n3\n", "base");
    let sent = repository.change("f", "one\n2\n3\n", "mend");
    repository.git(&["switch", "--quiet", "--create", "release", "main~1"]);
    repository.change("g", "x\n", "meanwhile");
    repository.git(&["cherry-pick", "main"]);
    let evidence = repository.path().join("evidence");
    let (out, messages, code) = repository.ask(&[
        "identity",
        "main~1..main",
        "release",
        "--json",
        "--evidence",
        evidence.to_str().unwrap(),
    ]);
    assert_eq!((messages.as_str(), code), ("", 0));
    let answer = json(&out);
    assert_eq!(
        (&answer["identical"], &answer["patches"][0]["status"]),
        (&Value::from(true), &Value::from("same"))
    );
    let written = std::fs::read_to_string(&evidence).unwrap();
    assert!(written.lines().any(|line| line.starts_with("sent same ") && line.ends_with(&sent)), "{written}");

    repository.change("f", "one\n2\nthree\n", "more");
    let (out, _, code) = repository.ask(&["identity", "main", "main~1..release"]);
    assert_eq!(code, 1);
    let words: Vec<&str> = out.lines().map(|line| line.split_whitespace().nth(2).unwrap()).collect();
    assert_eq!(words, ["same", "added", "added"], "{out}");
    let (_, messages, code) = repository.ask(&["identity", "main", "nowhere"]);
    assert_eq!(code, 2);
    assert!(messages.starts_with("fixlead: `nowhere`: no commit of that name"), "{messages}");
}

#[test]
fn backports_says_no_when_a_branch_does_not_take_the_fix() {
    let repository = Repository::new("backports");
    repository.change("f", "1\n2\n3\n", "base");
    repository.git(&["branch", "release-1"]);
    repository.git(&["branch", "release-2"]);
    let fix = repository.change("f", "1\ntwo\n3\n", "mend");
    let (out, messages, code) =
        repository.ask(&["backports", "--fix", "main", "--onto", "release-*", "--json"]);
    assert_eq!((messages.as_str(), code), ("", 0));
    let answer = json(&out);
    assert_eq!(answer["fix"], serde_json::json!([fix]));
    let tree = repository.git(&["rev-parse", "main^{tree}"]);
    assert_eq!(answer["branches"]["release-1"]["outcome"], "clean");
    assert_eq!(answer["branches"]["release-1"]["tree"], Value::from(tree));

    repository.git(&["switch", "--quiet", "release-2"]);
    repository.change("f", "1\n2.0\n3\n", "own");
    let (out, _, code) =
        repository.ask(&["backports", "--fix", "main", "--onto", "release-1", "release-2", "--json"]);
    assert_eq!(code, 1);
    let place = &json(&out)["branches"]["release-2"]["files"][0];
    assert_eq!((&place["path"], &place["hunks"][0]["line"]), (&Value::from("f"), &Value::from(2)));
    let (out, _, _) = repository.ask(&["backports", "--fix", "main", "--onto", "release-*"]);
    assert!(out.contains("release-2  conflict\n") && out.contains("    f: contents, at 2\n"), "{out}");
    let (_, messages, code) = repository.ask(&["backports", "--fix", "main", "--onto", "v9"]);
    assert_eq!((code, messages.contains("`v9`: no branch of that name")), (2, true));
}

#[test]
fn owners_names_people_with_file_and_line() {
    let repository = Repository::new("owners");
    repository.change("OWNERS", "approvers:\n  - ana\n", "base");
    repository.change("net/OWNERS", "reviewers: [bo]\noptions: {no_parent_owners: true}\n", "net");
    repository.change("main.go", "x\n", "change");
    let (out, messages, code) = repository.ask(&["owners", "--paths-from", "main", "--json"]);
    assert_eq!((messages.as_str(), code), ("", 0));
    let answer = json(&out);
    let path = &answer["paths"][0];
    assert_eq!((&path["path"], &path["governing"]), (&Value::from("main.go"), &Value::from("OWNERS")));
    assert_eq!(path["approvers"], serde_json::json!([{"name": "ana", "file": "OWNERS", "line": 2}]));
    let list = repository.path().join("list");
    std::fs::write(&list, "net/a.go\n").unwrap();
    let (out, _, code) = repository.ask(&["owners", "--paths-from", list.to_str().unwrap()]);
    assert_eq!((out.as_str(), code), ("net/a.go\n  reviewer  bo  net/OWNERS:1\n  nobody is named\n", 1));
}

#[test]
fn introduced_shows_candidates_and_their_lines() {
    let repository = Repository::new("introduced");
    repository.change("f", "one\ntwo\n", "base");
    let flaw = repository.change("f", "one\nflaw\n", "a feature");
    repository.change("f", "one\nmended\n", "mend");
    let (out, messages, code) = repository.ask(&["introduced", "--fix", "main", "--json"]);
    assert_eq!((messages.as_str(), code), ("", 0));
    let best = &json(&out)["candidates"][0];
    assert_eq!((&best["commit"], &best["confidence"]), (&Value::from(flaw), &Value::from("likely")));
    assert_eq!(best["lines"], serde_json::json!([{"path": "f", "line": 2, "text": "flaw"}]));
    let (out, _, _) = repository.ask(&["introduced", "--fix", "main"]);
    assert!(out.contains("a feature\n          f:2: flaw\n"), "{out}");
}

#[test]
fn watch_finds_the_patch_and_its_lines_in_public_and_nothing_else() {
    let (private, public) = (Repository::new("watch-private"), Repository::new("watch-public"));
    let body = "first line of it\nsecond line of it\nthird line of it\n";
    private.change("a.txt", body, "first");
    private.git(&["push", "-q", public.path().to_str().unwrap(), "main:refs/heads/kept"]);
    public.git(&["checkout", "-q", "kept"]);
    let added = "refuse(header.length > 64)\nreport(header.name)\nreturn Error::TooLong\n}\n";
    let fix = private.change("a.txt", &format!("{body}{added}"), "Bound it");
    let asked = ["watch", "--fix", &fix, "--fix-repo", private.path().to_str().unwrap(), "--json"];
    public.change("b.txt", "return Error::TooLong\n}\nreport(header.name)\n", "two of three lines");
    assert_eq!(public.ask(&asked), (String::new(), String::new(), 0));
    let moved = "\trefuse(header.length  >  64)\n\treport( header.name )\n\treturn Error::TooLong\n";
    let alike = public.change("c.txt", moved, "spaced otherwise");
    let same = public.change("a.txt", &format!("{body}{added}"), "the very patch");
    let (text, _, code) = public.ask(&asked);
    let found: Vec<Value> = text.lines().map(json).collect();
    assert_eq!((code, found.len()), (1, 2), "{text}");
    let of =
        |commit: &str| found.iter().find(|one| one["commit"] == commit).unwrap_or_else(|| panic!("{text}"));
    assert_eq!((&of(&same)["by"], &of(&same)["of"]), (&Value::from("patch-id"), &Value::from(fix.as_str())));
    assert_eq!(
        (&of(&alike)["by"], &of(&alike)["same"], &of(&alike)["added"]),
        (&Value::from("lines"), &Value::from(3), &Value::from(3))
    );
    // A name is the fix's own, whatever it means in public.
    let mut named = asked;
    named[2] = "HEAD";
    assert_eq!(public.ask(&named), (text.clone(), String::new(), 1));
    let known: Vec<&str> = asked.iter().copied().chain(["--known", "HEAD"]).collect();
    assert_eq!(public.ask(&known).2, 0, "what was known is passed over");
}
