//! The private repository of a fix, with a git that knows nothing of the desk but its
//! address and a token.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::house::{House, Member, Team};

mod owners;

/// git as somebody runs it, with a token as the password.
struct Hand {
    place: PathBuf,
    name: &'static str,
    token: String,
}

impl Hand {
    fn try_git(&self, arguments: &[&str]) -> Output {
        fs::create_dir_all(&self.place).unwrap();
        Command::new("git")
            .current_dir(&self.place)
            .env("HOME", &self.place)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "echo")
            .env("FIXLEAD_TEST_TOKEN", &self.token)
            .args(["-c", "credential.helper=!f() { echo username=x; echo password=$FIXLEAD_TEST_TOKEN; }; f"])
            .args(["-c", &format!("user.name={}", self.name), "-c", "user.email=x@example.org"])
            .args(arguments)
            .output()
            .unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What git says when it does not do it.
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "git {arguments:?}: {said}");
        said
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.place.join(file), text).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-qm", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

fn lines(changed: &str) -> String {
    (1..=20)
        .map(|number| if number == 10 { format!("{changed}\n") } else { format!("line {number}\n") })
        .collect()
}

/// A desk whose project has a public repository with two branches, and a case that ana
/// leads and eli works on.
fn ground(name: &str) -> (House, Team, Hand, String) {
    let mut house = House::new(name);
    let (_, team) = house.with_team();
    let public = Hand { place: house.desk.place.join("public"), name: "Public", token: String::new() };
    public.git(&["init", "-q", "--initial-branch=main"]);
    public.write("parser.txt", &lines("limit = none"));
    public.write("OWNERS", "approvers:\n- eli\n- ana\nreviewers:\n- hal\n");
    public.commit("first");
    public.git(&["branch", "release-1"]);
    house.restart(&format!(
        "fix.upstreams = [\"{}={}\"]\nfix.every = \"PT10S\"\n",
        team.project,
        public.place.display()
    ));
    let (case, _) = house.reported(&team, "a flaw in the parser", "steps");
    house.post(&team.ana.shows, &format!("/api/v1/cases/{case}/lead"), &json!({})).is(201);
    house.tells(
        &team.ana,
        &["case", "grant", &case, &team.eli.person, "fix-team", "--reason", "knows it"],
        0,
    );
    for (who, login) in [(&team.ana, "Ana"), (&team.eli, "eli")] {
        house.tells(&house.olga, &["people", "logins", &who.person, login], 0);
    }
    (house, team, public, case)
}

fn hand(house: &House, who: &Member, name: &'static str) -> Hand {
    let (header, _) = house.token(&who.shows, &["fix"]);
    let token = header.trim().strip_prefix("authorization: Bearer ").unwrap().to_owned();
    Hand { place: house.desk.place.join(name), name, token }
}

fn fix(house: &House, who: &Member, case: &str) -> Value {
    house.get(&who.shows, &format!("/api/v1/cases/{case}/fix")).is(200).json()
}

/// What was recorded of one type.
fn recorded(house: &House, who: &Member, case: &str, kind: &str) -> Vec<Value> {
    let read = house.get(&who.shows, &format!("/api/v1/cases/{case}")).is(200).json();
    let steps = read["timeline"].as_array().unwrap().iter().map(|step| step["event"].clone());
    steps.filter(|event| event["type"] == kind).collect()
}

#[test]
fn a_team_works_on_a_fix_with_git_and_the_case_knows_every_commit() {
    let (house, team, public, case) = ground("fixes");
    let (ana, bo, eli) = (&team.ana, &team.bo, &team.eli);
    let at = format!("/api/v1/cases/{case}/fix");
    assert_eq!(fix(&house, ana, &case)["clone"], Value::Null);
    house.post(&bo.shows, &at, &json!({})).is(403);
    let keyed = format!("{}idempotency-key: made-once-only\r\n", ana.shows);
    let made = house.send_once(&keyed, &at, &json!({})).is(201).json();
    house.send_once(&keyed, &at, &json!({})).is(201);
    assert_eq!(recorded(&house, ana, &case, "fix.opened").len(), 1);
    let address = made["clone"].as_str().unwrap().to_owned();
    house.post(&ana.shows, &at, &json!({})).is(422);

    // Nobody without a token, and no token of others, learns that there is one.
    let nobody = Hand { place: house.desk.place.join("nobody"), name: "Nobody", token: "x".to_owned() };
    assert!(nobody.fails(&["clone", &address, "."]).contains("Authentication failed"));
    let (read, _) = house.token(&ana.shows, &["read"]);
    let read = read.trim().strip_prefix("authorization: Bearer ").unwrap().to_owned();
    let other = Hand { place: house.desk.place.join("other"), name: "Other", token: read };
    assert!(other.fails(&["clone", &address, "."]).contains("403"));
    let outside = hand(&house, &house.olga, "Olga");
    let theirs = outside.fails(&["clone", &address, "."]);
    let strange = outside.fails(&["clone", &address.replace(&case, &team.project), "."]);
    assert!(theirs.contains("not found") && strange.contains("not found"), "{theirs}{strange}");

    // eli fetches, is held to what may be said, and pushes.
    let elis = hand(&house, eli, "Eli");
    elis.git(&["clone", "-q", &address, "."]);
    assert_eq!(elis.git(&["branch", "--show-current"]), "main");
    assert!(elis.git(&["branch", "-r"]).contains("origin/release-1"));
    elis.write("parser.txt", &lines("limit = 64"));
    elis.commit("Fix CVE-2026-12345 in the parser");
    let refused = elis.fails(&["push", "origin", "HEAD:refs/heads/fix/main"]);
    assert!(refused.contains("line 1 of its message: `cve-2026-12345`"), "{refused}");
    assert!(elis.fails(&["push", "origin", "HEAD:refs/heads/main"]).contains("push to fix/main"));
    assert!(recorded(&house, ana, &case, "fix.pushed").is_empty());
    elis.git(&["commit", "-q", "--amend", "-m", "Bound the length of a header\n\nA vulnerable word."]);
    let first = elis.git(&["rev-parse", "HEAD"]);
    let output = elis.try_git(&["push", "origin", "HEAD:refs/heads/fix/main"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("line 3 of its message: `vulnerable`"), "{told}");
    let pushed = recorded(&house, ana, &case, "fix.pushed");
    assert_eq!((pushed.len(), &pushed[0]["commits"][0]), (1, &json!(first)));
    let proposed = recorded(&house, ana, &case, "commit.proposed");
    assert_eq!((&proposed[0]["id"], &proposed[0]["author"]), (&json!(first), &json!(eli.person)));
    assert_eq!(proposed[0]["paths"], json!(["parser.txt"]));
    let knew = house.tells(ana, &["case", "who-knew", &case, "--json"], 0);
    assert!(knew.contains("fix.read"), "{knew}");

    // The radar and the owners.
    let seen = fix(&house, ana, &case);
    let standing = |seen: &Value, fix: &str, branch: &str| {
        let standings = seen["standings"].as_array().unwrap().iter();
        let mut standings = standings.filter(|one| one["fix"] == fix && one["branch"] == branch);
        standings.next().cloned().unwrap_or_else(|| panic!("{fix} on {branch}: {seen}"))
    };
    assert_eq!(standing(&seen, "main", "release-1")["outcome"], "clean");
    assert_eq!(standing(&seen, "main", "main")["outcome"], "clean");
    assert_eq!((&seen["owners"][1]["name"], &seen["owners"][1]["line"]), (&json!("eli"), &json!(2)));

    // eli is who OWNERS names, and is let in already; each path of each commit says who.
    assert_eq!(seen["owners"][1]["person"], json!(eli.person));
    assert_eq!(
        seen["owners"][2],
        json!({ "name": "hal", "approves": false, "file": "OWNERS", "line": 5,
        "person": null, "paths": ["parser.txt"] })
    );
    let changed = json!([{
        "path": "parser.txt", "approvers": ["ana", "eli"], "known": ["ana", "eli"], "owners": null, "approved": [],
    }]);
    assert_eq!(seen["branches"][0]["commits"][0]["paths"], changed);
    let page = house.get(&ana.shows, &format!("/cases/{case}/fix")).is(200).text;
    assert!(page.contains("eli, reaches the case") && !page.contains("Invite eli"), "{page}");

    // An LGTM is for one commit, and never from who brought it.
    let lgtm = |who: &Member, commit: &str| {
        let version = house.version(&who.shows, &case);
        let sent = json!({ "type": "lgtm", "on": [commit] });
        let path = format!("/api/v1/cases/{case}/events");
        house
            .post(&format!("{}{version}", who.shows), &path, &json!({ "event": sent, "source": "done" }))
            .status
    };
    assert_eq!(lgtm(eli, &first), 422, "it is eli's own");
    let page = house.get(&ana.shows, &format!("/cases/{case}/fix")).is(200).text;
    assert!(page.contains("LGTM: I have read") && page.contains("+limit = 64"), "{page}");
    let once = page.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let version = house.version(&ana.shows, &case);
    let seen = version.trim().trim_start_matches("if-match: ").trim_matches('"');
    let form = format!("once={once}&commit={first}&seen={seen}");
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    house
        .upload(&format!("{}{kind}", ana.shows), &format!("/cases/{case}/fix/lgtm"), form.as_bytes())
        .is(303);
    let of = |seen: &Value| seen["branches"][0]["commits"][0].clone();
    assert_eq!(of(&fix(&house, ana, &case))["lgtms"], json!([ana.person]));
    assert_eq!(of(&fix(&house, ana, &case))["paths"][0]["approved"], json!([ana.person]));

    // Written anew, it has none, and the log says what it was.
    elis.git(&["commit", "-q", "--amend", "-m", "Bound the length of a header"]);
    let second = elis.git(&["rev-parse", "HEAD"]);
    elis.fails(&["push", "origin", "HEAD:refs/heads/fix/main"]);
    elis.git(&["push", "-q", "--force", "origin", "HEAD:refs/heads/fix/main"]);
    let rewritten = recorded(&house, ana, &case, "commit.rewritten");
    assert_eq!((&rewritten[0]["from"], &rewritten[0]["to"]), (&json!(first), &json!(second)));
    assert_eq!(of(&fix(&house, ana, &case))["lgtms"], json!([]));
    assert_eq!(lgtm(eli, &second), 422);
    // Another's name on it helps nobody: who pushed is who wrote it.
    elis.write("more.txt", "more of it\n");
    elis.git(&["add", "--all"]);
    elis.git(&["commit", "-qm", "Say so", "--author", "Somebody Else <else@example.org>"]);
    let third = elis.git(&["rev-parse", "HEAD"]);
    elis.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/main"]);
    assert_eq!(lgtm(eli, &third), 422);

    // A branch is not deleted, and git says why.
    let kept = elis.fails(&["push", "origin", ":refs/heads/fix/main"]);
    assert!(kept.contains("a branch of a fix is not deleted; push what it is to hold"), "{kept}");

    // A branch for the release line, made by a click, says the same.
    let sent = json!({ "from": "main", "onto": "release-1" });
    house.post(&bo.shows, &format!("{at}/branches"), &sent).is(403);
    let keyed = format!("{}idempotency-key: carried-once-only\r\n", ana.shows);
    let seen = house.send_once(&keyed, &format!("{at}/branches"), &sent).is(201).json();
    house.send_once(&keyed, &format!("{at}/branches"), &sent).is(201);
    house.post(&ana.shows, &format!("{at}/branches"), &sent).is(422);
    assert_eq!(seen["branches"][1]["branch"], "release-1");
    assert_eq!(seen["branches"][1]["commits"].as_array().unwrap().len(), 2);
    elis.git(&["fetch", "-q", "origin"]);
    let shown = elis.git(&["show", "--format=%an", "origin/fix/release-1^"]);
    assert!(shown.starts_with("Eli") && shown.contains("+limit = 64"), "{shown}");
    // It stays eli's, though Ana's click brought it.
    for number in 0..2 {
        let carried = seen["branches"][1]["commits"][number]["id"].as_str().unwrap();
        assert_eq!((lgtm(eli, carried), lgtm(ana, carried)), (422, 422));
    }

    // Public branches move, and it conflicts; the radar is of what is now.
    public.git(&["checkout", "-q", "release-1"]);
    public.write("parser.txt", &lines("limit = 7"));
    public.commit("a limit of seven");
    let conflict = || {
        let page = house.get(&ana.shows, &format!("/cases/{case}/fix")).is(200).text;
        let once = page.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let form = format!("once={once}");
        let path = format!("/cases/{case}/fix/public");
        house.upload(&format!("{}{kind}", ana.shows), &path, form.as_bytes()).is(303);
        fix(&house, ana, &case)
    };
    let seen = conflict();
    assert_eq!(standing(&seen, "main", "main")["outcome"], "clean");
    assert_eq!(standing(&seen, "release-1", "release-1")["outcome"], "conflict", "{seen}");
    assert_eq!(standing(&seen, "release-1", "release-1")["files"], json!(["parser.txt"]));

    // Let go, eli is told nothing more, with the very next request.
    house.tells(ana, &["case", "revoke", &case, "eli", "--reason", "done"], 0);
    let page = house.get(&ana.shows, &format!("/cases/{case}/fix")).is(200).text;
    assert!(page.contains("eli, member here") && page.contains("Invite eli to the Fix Team"), "{page}");
    assert!(elis.fails(&["fetch", "origin"]).contains("not found"));
    assert!(elis.fails(&["push", "origin", "HEAD:refs/heads/fix/main"]).contains("not found"));

    // Nothing of it lies open, or in the log of the desk; and it goes with the case.
    let held = house.desk.place.join(format!("fixlead-data/fixes/cases/{case}.git"));
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&held).unwrap());
    assert_eq!(mode & 0o077, 0);
    let log = house.desk.log();
    assert!(!log.contains("header") && !log.contains("fix/main") && !log.contains(&second), "{log}");
    house.tells(ana, &["case", "close", &case, "--reason", "done", "--although", "a rehearsal"], 0);
    gone(&held);
}

/// Waits for the worker that takes away what is over.
fn gone(path: &Path) {
    for _ in 0..300 {
        if !path.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{} is still there", path.display());
}

#[test]
fn what_was_released_is_held_against_what_was_sent_and_a_leak_is_found() {
    let (house, team, public, case) = ground("released");
    let (ana, eli) = (&team.ana, &team.eli);
    house.post(&ana.shows, &format!("/api/v1/cases/{case}/fix"), &json!({})).is(201);
    let address = fix(&house, ana, &case)["clone"].as_str().unwrap().to_owned();
    let elis = hand(&house, eli, "Eli");
    elis.git(&["clone", "-q", &address, "."]);
    elis.write(
        "parser.txt",
        &lines("limit = header_length_at_most(64)\nrefuse_what_is_longer()\nsay_so_in_words()"),
    );
    elis.commit("Bound the length of a header");
    elis.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/main"]);
    // Somebody outside writes the same lines, spaced otherwise, before the day.
    public.write(
        "other.txt",
        "\n  limit = header_length_at_most(64)\n\trefuse_what_is_longer()\n say_so_in_words()\n",
    );
    let leak = public.commit("unrelated words");
    let base = public.git(&["rev-parse", "HEAD"]);
    for _ in 0..300 {
        if fix(&house, ana, &case)["sightings"][0]["commit"] == leak.as_str() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let seen = fix(&house, ana, &case);
    assert_eq!(
        (&seen["sightings"][0]["commit"], &seen["sightings"][0]["how"]),
        (&json!(leak), &json!("3 of the 3 lines that it adds"))
    );
    assert!(recorded(&house, ana, &case, "embargo.leaked").is_empty(), "that is for people to say");
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    let sent = |what: &str, form: &str| {
        let path = format!("/cases/{case}/fix/{what}");
        house.upload(&format!("{}{kind}", ana.shows), &path, form.as_bytes())
    };
    assert!(house.get(&ana.shows, &format!("/cases/{case}/fix")).text.contains("This may be out already"));
    sent("sightings", &format!("once=a1&commit={leak}&reason=our+own+test")).is(303);
    assert!(!house.get(&ana.shows, &format!("/cases/{case}/fix")).text.contains("This may be out already"));

    // Released as it was sent, then something else.
    let fixed = elis.git(&["format-patch", "--stdout", "-1"]);
    public.write("sent.patch", &fixed);
    public.git(&["am", "-q", "sent.patch"]);
    sent("public", "once=a2").is(303);
    let page = sent("released", &format!("once=a3&branch=main&released={base}..main")).is(200).text;
    assert!(page.contains("What was released for main is what was sent"), "{page}");
    // What is on main alone is nothing that was released for another branch.
    elis.git(&["fetch", "-q", "origin"]);
    elis.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/release-1"]);
    let page = sent("released", &format!("once=b3&branch=release-1&released={base}..main")).text;
    assert!(page.contains("is on main and not on release-1"), "{page}");
    assert!(recorded(&house, ana, &case, "patch.differs").is_empty());
    let path = format!("{}/sent.patch", public.place.display());
    let page = sent("released", &format!("once=a4&branch=main&released={path}")).text;
    assert!(page.contains("no commit of that name"), "a file of this machine is no release: {page}");
    public.write("parser.txt", &lines("limit = header_length_at_most(640)"));
    public.git(&["commit", "-qam", "x"]);
    sent("public", "once=a5").is(303);
    let page = sent("released", &format!("once=a6&branch=main&released={base}..main")).is(200).text;
    assert!(page.contains("is not what was sent"), "{page}");
    let differs = recorded(&house, ana, &case, "patch.differs");
    assert_eq!(differs[0]["branch"], "main");
    let files = house.object(ana, &["case", "files", &case]);
    assert_eq!(files["items"].as_array().unwrap().len(), 2, "each comparison is evidence: {files}");
}

#[test]
fn where_a_flaw_came_from_and_what_has_it_is_found_and_taken_over() {
    let (house, team, public, case) = ground("origin");
    let (ana, eli) = (&team.ana, &team.eli);
    public.git(&["checkout", "-q", "release-1"]);
    public.git(&["tag", "v1.0"]);
    public.git(&["checkout", "-q", "main"]);
    public.write("parser.txt", &lines("limit = unbounded(header.length)"));
    let flaw = public.commit("Read headers of any length");
    public.git(&["tag", "v2.0"]);
    house.post(&ana.shows, &format!("/api/v1/cases/{case}/fix"), &json!({})).is(201);
    let at = format!("/api/v1/cases/{case}/fix/origin");
    let early = house.get(&ana.shows, &at).is(422).text;
    assert!(early.contains("nothing was pushed yet; name the commit that mends it"), "{early}");
    let address = fix(&house, ana, &case)["clone"].as_str().unwrap().to_owned();
    let elis = hand(&house, eli, "Eli");
    elis.git(&["clone", "-q", &address, "."]);
    elis.write("parser.txt", &lines("limit = 64"));
    let mended = elis.commit("Bound the length of a header");
    elis.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/main"]);

    // From what was pushed: the commit that wrote the line, and what has it.
    let told = house.object(ana, &["case", "origin", &case]);
    assert_eq!((&told["fix"], &told["introduced"]), (&json!([mended]), &json!([flaw])));
    assert_eq!(told["candidates"][0]["confidence"], "likely");
    assert_eq!((&told["affected_tags"], &told["fixed_tags"]), (&json!(["v2.0"]), &json!([])));
    assert_eq!(told["branches"], json!({ "main": "affected", "release-1": "unaffected" }));
    assert_eq!(told["affected_branches"], json!(["main"]));
    // Named by hand, other commits count; nonsense is told as such.
    let named = house.object(ana, &["case", "origin", &case, "--introduced", "0"]);
    assert_eq!(named["affected_tags"], json!(["v1.0", "v2.0"]));
    let none = house.object(ana, &["case", "origin", &case, "--introduced", "nothing-of-that-name"]);
    assert!(none["failed"].as_str().unwrap().contains("no commit of that name"), "{none}");
    house.get(&ana.shows, &format!("{at}?fix=--all")).is(422);
    house.get(&house.olga.shows, &at).is(404);

    // Taken over by a click, and kept for the retrospective.
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    let path = format!("/cases/{case}/fix/origin");
    let page = house.get(&ana.shows, &path).is(200).text;
    assert!(
        page.contains("Record main as affected") && page.contains("Read headers of any length"),
        "{page}"
    );
    let seen = house.version(&ana.shows, &case);
    let seen = seen.trim().trim_start_matches("if-match: ").trim_matches('"').to_owned();
    let form = format!("once=o1&what=affected&seen={seen}&branch=main");
    house.upload(&format!("{}{kind}", ana.shows), &path, form.as_bytes()).is(303);
    assert_eq!(recorded(&house, ana, &case, "affected.set")[0]["branches"], json!(["main"]));
    assert!(!house.get(&ana.shows, &path).text.contains("Record main as affected"));
    house.tells(ana, &["case", "origin", &case, "--keep"], 0);
    let files = house.object(ana, &["case", "files", &case]);
    assert_eq!(files["items"][0]["name"], "origin.txt", "{files}");
}

#[test]
fn the_projects_own_checks_run_on_what_is_pushed_and_are_told_nothing_of_the_case() {
    let (mut house, team, public, case) = ground("checks");
    let (ana, eli) = (&team.ana, &team.eli);
    // A check that says what it is told, and fails, hangs or passes as the file says.
    let script = house.desk.place.join("check.sh");
    let text = "#!/bin/sh\nenv | sort\npwd\ncat parser.txt | grep limit\nread nothing && echo input\n\
                case $(cat how.txt) in\nfail) exit 3;;\nhang) sleep 3077 & sleep 3077;;\nesac\nchmod 555 .\n";
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    house.restart(&format!(
        "fix.upstreams = [\"{}={}\"]\nfix.runner = [\"{}\"]\nfix.runner-time = \"PT2S\"\n",
        team.project,
        public.place.display(),
        script.display()
    ));
    house.post(&ana.shows, &format!("/api/v1/cases/{case}/fix"), &json!({})).is(201);
    let address = fix(&house, ana, &case)["clone"].as_str().unwrap().to_owned();
    let elis = hand(&house, eli, "Eli");
    elis.git(&["clone", "-q", &address, "."]);
    elis.write("parser.txt", &lines("limit = 64"));
    let pushed = |how: &str| {
        elis.write("how.txt", how);
        let commit = elis.commit(&format!("Try {how}"));
        elis.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/main"]);
        for _ in 0..300 {
            let seen = fix(&house, ana, &case);
            let commits = seen["branches"][0]["commits"].as_array().unwrap().clone();
            let last = commits.last().unwrap().clone();
            assert_eq!(last["id"], commit.as_str());
            if last["checked"] != Value::Null {
                return last["checked"].clone();
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("nothing was checked");
    };
    let failed = pushed("fail");
    assert_eq!((&failed["outcome"], &failed["code"]), (&json!("failed"), &json!(3)));
    let output = failed["output"].as_str().unwrap().to_owned();
    assert!(output.contains("limit = 64") && output.contains("FIXLEAD_BRANCH=main"), "{output}");
    assert!(!output.contains(&case) && !output.contains("input"), "{output}");
    let told: Vec<&str> =
        output.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let names = ["FIXLEAD_BRANCH", "FIXLEAD_RUN", "FIXLEAD_TREE", "PATH", "PWD"];
    assert!(told.iter().all(|name| names.contains(&name.trim()) || *name == "limit "), "{told:?}");
    let hung = pushed("hang");
    assert_eq!((&hung["outcome"], &hung["code"]), (&json!("timed-out"), &Value::Null));
    let runs = |word: &str| {
        let of = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut all = fs::read_dir("/proc").unwrap().map(|entry| of(entry.unwrap()));
        all.any(|line| line.split(|byte| *byte == 0).any(|part| part == word.as_bytes()))
    };
    assert!(!runs("3077"), "all that it started is stopped");
    let passed = pushed("pass");
    assert_eq!((&passed["outcome"], &passed["code"]), (&json!("passed"), &json!(0)));
    // It stands in the log and on the page, and nothing of it is left.
    let checked = recorded(&house, ana, &case, "fix.checked");
    assert_eq!((checked.len(), &checked[0]["outcome"]), (3, &json!("failed")));
    assert_eq!(checked[0]["output"], Value::Null, "that stands beside the commit");
    let page = house.get(&ana.shows, &format!("/cases/{case}/fix")).is(200).text;
    assert!(page.contains("Checks passed") && page.contains("Checks timed-out"), "{page}");
    let runs = house.desk.place.join("fixlead-data/fixes/runs");
    for _ in 0..50 {
        if fs::read_dir(&runs).unwrap().count() == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(fs::read_dir(&runs).unwrap().count(), 0);
    assert!(!house.desk.log().contains("limit = 64"));
}

/// Base64 as RFC 4648 has it.
fn base64(bytes: &[u8]) -> String {
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let whole =
            three.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        let four = (0..4).map(|place| letters[whole >> (18 - 6 * place) & 63]);
        text.extend(four.take(three.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    text
}

#[test]
fn a_fetch_ends_when_the_right_to_it_does() {
    const SIZE: usize = 24 << 20;
    let (house, team, public, case) = ground("fetch-ends");
    let (ana, eli) = (&team.ana, &team.eli);
    // Nothing that could be packed smaller.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .take(SIZE / 8)
    .flatten()
    .collect();
    fs::write(public.place.join("large.bin"), bytes).unwrap();
    let end = public.commit("large");
    house.post(&ana.shows, &format!("/api/v1/cases/{case}/fix"), &json!({})).is(201);
    let hand = hand(&house, eli, "Eli");
    let shows = format!("authorization: Basic {}\r\n", base64(format!("eli:{}", hand.token).as_bytes()));
    let path = format!("/cases/{case}/fix.git/git-upload-pack");
    let wants = format!("0032want {end}\n00000009done\n");
    let begin = || {
        let mut stream = house.desk.connect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{shows}content-length: {}\r\n\r\n{wants}",
            wants.len()
        );
        std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        let mut first = vec![0; 4096];
        std::io::Read::read_exact(&mut stream, &mut first).unwrap();
        let first = String::from_utf8_lossy(&first).into_owned();
        assert!(first.starts_with("HTTP/1.1 200 ") && first.contains("PACK"), "{first}");
        stream
    };
    let rest = |mut stream: std::net::TcpStream| {
        let mut bytes = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut bytes);
        bytes.len()
    };
    assert!(rest(begin()) > SIZE, "as long as nothing is taken away all of it comes");
    let stream = begin();
    house.tells(ana, &["case", "revoke", &case, "eli", "--reason", "done"], 0);
    let refs = format!("/cases/{case}/fix.git/info/refs?service=git-upload-pack");
    for _ in 0..10 {
        assert_eq!(house.get(&shows, &refs).status, 404);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let came = rest(stream);
    assert!(came < SIZE / 2, "{came} bytes came a second later");
}

#[test]
fn a_page_of_a_fix_says_why_there_is_nothing_and_shows_no_more_than_it_can() {
    let (mut house, team, public, case) = ground("empty-page");
    let (ana, bo, eli) = (team.ana.shows.clone(), team.bo.shows.clone(), &team.eli);
    let page =
        |house: &House, query: &str| house.get(&ana, &format!("/cases/{case}/fix{query}")).is(200).text;
    let configured = format!("fix.upstreams = [\"{}={}\"]\n", team.project, public.place.display());
    house.restart("");
    let text = page(&house, "");
    assert!(text.contains("does not know what the repositories") && text.contains(&team.project), "{text}");
    house.restart(&configured);
    assert!(page(&house, "").contains("Make a private repository"));
    let text = house.get(&bo, &format!("/cases/{case}/fix")).is(200).text;
    assert!(text.contains("can make it.") && !text.contains("<button class=\"main\">"), "{text}");
    house.post(&ana, &format!("/api/v1/cases/{case}/fix"), &json!({})).is(201);

    // Twelve commits; what the first ten change is on the page, and a link for each other.
    let address = fix(&house, &team.ana, &case)["clone"].as_str().unwrap().to_owned();
    let elis = hand(&house, eli, "Eli");
    elis.git(&["clone", "-q", &address, "."]);
    let commits: Vec<String> = (1..=12)
        .map(|number| {
            elis.write(&format!("part-{number}.txt"), &format!("what part {number} says\n"));
            elis.commit(&format!("Write part {number}"))
        })
        .collect();
    elis.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/main"]);
    let text = page(&house, "");
    assert_eq!(text.matches("<summary>What it changes</summary>").count(), 10);
    assert!(text.contains("+what part 10 says") && !text.contains("+what part 11 says"));
    assert_eq!(text.matches("Show what it changes").count(), 2);
    let text = page(&house, &format!("?commit={}", commits[11]));
    assert!(text.contains("+what part 12 says") && !text.contains("+what part 10 says"));

    // What ana picks for another branch stays eli's as well, under whatever name it is.
    let anas = hand(&house, &team.ana, "Ana");
    anas.git(&["clone", "-q", &address, "."]);
    anas.git(&["checkout", "-q", "release-1"]);
    anas.write("unrelated.txt", "so that the pick is another commit\n");
    anas.commit("Before it");
    anas.git(&["cherry-pick", "origin/fix/main"]);
    anas.git(&["commit", "-q", "--amend", "-m", "Say it otherwise"]);
    anas.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/release-1"]);
    let picked = anas.git(&["rev-parse", "HEAD"]);
    let version = house.version(&eli.shows, &case);
    let lgtm = json!({ "event": { "type": "lgtm", "on": [picked] }, "source": "done" });
    let path = format!("/api/v1/cases/{case}/events");
    let refused = house.post(&format!("{}{version}", eli.shows), &path, &lgtm).is(422).text;
    assert!(refused.contains("nobody approves their own commit"), "{refused}");

    // More than a fix has is refused before it is all listed.
    for number in 0..201 {
        elis.write(&format!("many-{number}"), "x");
    }
    elis.commit("Write many");
    let refused = elis.fails(&["push", "origin", "HEAD:refs/heads/fix/main"]);
    assert!(refused.contains("changes more than 200 paths; a fix is smaller"), "{refused}");

    // What a push left half done is gone when the desk starts; a lost one is said to be.
    let held = house.desk.place.join(format!("fixlead-data/fixes/cases/{case}.git"));
    fs::create_dir_all(held.join("objects/fixlead-1-1/pack")).unwrap();
    house.restart(&configured);
    assert!(page(&house, "").contains("Write part 1") && !held.join("objects/fixlead-1-1").exists());
    fs::remove_dir_all(&held).unwrap();
    assert!(page(&house, "").contains("it is not on this machine"));
    let version = house.version(&ana, &case);
    let close = json!({ "reason": "done", "although": { "reason": "a rehearsal" } });
    house.post(&format!("{ana}{version}"), &format!("/api/v1/cases/{case}/close"), &close).is(201);
    let text = page(&house, "");
    assert!(text.contains("The case is closed.") && !text.contains("not on this machine"), "{text}");
}
