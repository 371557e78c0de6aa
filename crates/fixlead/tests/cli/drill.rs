//! `fixlead drill`: rehearsals with the real engine and a real repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fixlead_core::time::{Instant, Span};
use serde_json::Value;

/// A directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fixlead-drill-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn fixlead(arguments: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fixlead")).args(arguments).current_dir(directory).output().unwrap()
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("--git-dir")
        .arg(directory)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn rehearse(scratch: &Scratch, arguments: &[&str]) -> (Value, PathBuf) {
    let mut all = vec!["drill", "--json", "--out", "out"];
    all.extend(arguments);
    let output = fixlead(&all, &scratch.0);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (serde_json::from_slice(&output.stdout).unwrap(), scratch.0.join("out"))
}

fn findings<'a>(answer: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = answer["replay"]["findings"].as_array().unwrap();
    all.iter().filter(|finding| finding["kind"] == kind).collect()
}

/// The duties in a state.
fn duties(answer: &Value, state: &str) -> Vec<String> {
    let all = answer["replay"]["duties"].as_array().unwrap();
    let these = all.iter().filter(|duty| duty["state"] == state);
    these.map(|duty| duty["id"].as_str().unwrap().to_owned()).collect()
}

fn events<'a>(history: &'a Value, kind: &str) -> Vec<&'a Value> {
    history["events"].as_array().unwrap().iter().filter(|event| event["type"] == kind).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

/// Every message in every Maildir.
fn messages(out: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for maildir in fs::read_dir(out.join("mail")).unwrap() {
        let maildir = maildir.unwrap().path();
        assert_eq!(fs::read_dir(maildir.join("tmp")).unwrap().count(), 0, "mail is left in tmp");
        for message in fs::read_dir(maildir.join("new")).unwrap() {
            let path = message.unwrap().path();
            found.push((path.clone(), read(&path)));
        }
    }
    found
}

/// When a message was delivered, in seconds since 1970: its name begins so.
fn seconds(path: &Path) -> i64 {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.split_once('.').unwrap().0.parse().unwrap()
}

/// The text of a message in one line, as its reader sees it.
fn spoken(message: &str) -> String {
    let joined = message.replace("=\r\n", "").replace("=3D", "=");
    joined.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_calm_case_is_released_without_a_finding_against_anybody() {
    for policy in ["opentelemetry", "vitess"] {
        let scratch = Scratch::new(&format!("calm-{policy}"));
        let (answer, out) = rehearse(&scratch, &[policy, "--seed", "3", "--inject", "none"]);
        for kind in ["violation", "override", "strike", "stale-notice", "preference", "deviation"] {
            assert!(findings(&answer, kind).is_empty(), "{policy}: {:?}", findings(&answer, kind));
        }
        for duty in answer["replay"]["duties"].as_array().unwrap() {
            let state = duty["state"].as_str().unwrap();
            assert!(matches!(state, "met" | "not-applicable"), "{policy}: {duty}");
        }
        for name in ["README.txt", "timeline.txt", "retrospective.md", "advisory/CASE.toml"] {
            assert!(!read(&out.join(name)).is_empty(), "{name}");
        }
        let timeline = read(&out.join("timeline.txt"));
        assert!(timeline.contains("UTC"));
        assert!(timeline.lines().all(|line| line.chars().count() <= 80), "{policy}: {timeline}");
    }
}

/// Rehearses with these seeds; returns in how many a duty is late, and how
/// many there are.
fn nobody_is_careless(seeds: impl Iterator<Item = u64> + Clone) -> (usize, usize) {
    let (mut late, mut all) = (0, 0);
    for policy in ["opentelemetry", "vitess"] {
        for seed in seeds.clone() {
            let scratch = Scratch::new(&format!("all-{policy}-{seed}"));
            let (answer, _) = rehearse(&scratch, &[policy, "--seed", &seed.to_string()]);
            let carelessness = [findings(&answer, "violation"), findings(&answer, "stale-notice")].concat();
            assert!(carelessness.is_empty(), "{policy} {seed}: {carelessness:?}");
            let differs = answer["injects"].as_array().unwrap().iter().any(|name| name == "differing-merge");
            assert_eq!(findings(&answer, "override").len(), usize::from(differs), "{policy} {seed}");
            late += usize::from(!duties(&answer, "late").is_empty());
            all += 1;
        }
    }
    (late, all)
}

#[test]
fn nobody_is_careless_whatever_goes_wrong() {
    let (late, all) = nobody_is_careless((0..=30).step_by(6));
    assert!(late > 0 && late < all, "late in {late} of {all}");
}

#[test]
#[ignore = "takes minutes; run it with --ignored"]
fn nobody_is_careless_with_any_seed() {
    let (late, all) = nobody_is_careless(0..=30);
    assert!((all / 6..all / 3).contains(&late), "late in {late} of {all}");
}

#[test]
fn each_surprise_can_be_rehearsed_and_leaves_its_event() {
    for (inject, event) in [
        ("distributor-leak", "leak.decided"),
        ("reporter-goes-public", "public.appeared"),
        ("upstream-date", "upstream.timeline"),
        ("failing-binary", "notice.correction"),
        ("rewritten-commit", "commit.rewritten"),
        ("differing-merge", "patch.differs"),
        ("hand-over", "fixlead.accepted"),
        ("exploitation", "exploitation.aware"),
    ] {
        let scratch = Scratch::new(inject);
        let (answer, out) = rehearse(&scratch, &["opentelemetry", "--seed", "12", "--inject", inject]);
        assert!(findings(&answer, "violation").is_empty(), "{inject}: {:?}", findings(&answer, "violation"));
        let history = json(&out.join("history.json"));
        assert!(!events(&history, event).is_empty(), "{inject} leaves no {event}");
        assert!(!events(&history, "case.closed").is_empty(), "{inject}");
    }
}

#[test]
fn the_reporter_is_credited_by_name_wherever_it_is_announced() {
    for (policy, channels) in [("opentelemetry", 4), ("vitess", 1)] {
        let scratch = Scratch::new(&format!("credit-{policy}"));
        let (_, out) = rehearse(&scratch, &[policy, "--seed", "3", "--inject", "none"]);
        let all = messages(&out);
        let report =
            all.iter().map(|(_, text)| spoken(text)).find(|text| text.contains("to be credited as")).unwrap();
        let (_, rest) = report.split_once("I would like to be credited as ").unwrap();
        let (name, _) = rest.split_once(',').unwrap();
        let advisory = read(&out.join("advisory/CASE.toml"));
        assert!(
            advisory.contains(&format!("[[credit]]\nname = \"{name}\"\nrole = \"finder\"\n")),
            "{advisory}"
        );
        let credit = format!("Found and reported by {name}.");
        let mut announced: Vec<_> =
            all.iter().map(|(_, text)| spoken(text)).filter(|text| text.contains("X-TLP: CLEAR")).collect();
        for board in fs::read_dir(out.join("slack")).unwrap() {
            for post in fs::read_dir(board.unwrap().path()).unwrap() {
                announced.push(read(&post.unwrap().path()));
            }
        }
        if channels > 1 {
            announced.push(read(&out.join("tracking-issue.md")));
        }
        let credited = announced.iter().filter(|text| text.contains(&credit)).count();
        assert_eq!(credited, channels, "{policy}: {announced:#?}");
    }
}

#[test]
fn what_is_public_is_no_longer_called_an_embargo() {
    for (inject, what) in [
        ("distributor-leak", "the description from the advance notice, in a public ticket, since "),
        ("reporter-goes-public", "a description of the flaw, in a recorded conference talk, since "),
    ] {
        let scratch = Scratch::new(&format!("partly-{inject}"));
        let (answer, out) = rehearse(&scratch, &["opentelemetry", "--seed", "5", "--inject", inject]);
        let anchor = |name: &str| {
            let text = answer["replay"]["anchors"][name].as_str().unwrap();
            (Instant::parse(text).unwrap().millis() / 1000, text[..16].replace('T', " "))
        };
        let ((public, since), (released, _)) = (anchor("public_at"), anchor("released_at"));
        let (mut before, mut notices) = (0, 0);
        for (path, text) in messages(&out) {
            let sent = seconds(&path);
            let said = spoken(&text);
            if sent <= public {
                before += 1;
                assert!(said.contains("EMBARGOED") && !said.contains("X-Public-Since"), "{said}");
            } else if sent < released {
                notices += usize::from(path.to_string_lossy().contains("harbour-linux"));
                for gone in
                    ["EMBARGOED", "X-Embargo-Until", "Nothing of it may", "publish nothing", "to yourself"]
                {
                    assert!(!said.contains(gone), "{inject}: {gone} in {said}");
                }
                assert!(said.contains(what) && said.contains(&format!("{since} UTC")), "{inject}: {said}");
                assert!(said.contains("add nothing to it before the release"), "{inject}: {said}");
            }
        }
        assert!(before >= 3 && notices >= 2, "{inject}: {before} before, {notices} notices after");
    }
}

#[test]
fn the_flaw_is_public_when_the_upstream_project_publishes_it() {
    for policy in ["opentelemetry", "vitess"] {
        let scratch = Scratch::new(&format!("upstream-{policy}"));
        let (answer, out) = rehearse(&scratch, &[policy, "--seed", "12", "--inject", "upstream-date"]);
        let history = json(&out.join("history.json"));
        let date = events(&history, "upstream.timeline")[0]["until"].as_str().unwrap();
        let appeared = events(&history, "public.appeared");
        assert_eq!(appeared.len(), 1, "{policy}");
        assert_eq!(appeared[0]["at"], date, "{policy}");
        assert_eq!(answer["replay"]["anchors"]["public_at"], date, "{policy}");
        let instant = |text: &Value| Instant::parse(text.as_str().unwrap()).unwrap();
        for merged in events(&history, "merged") {
            assert!(instant(&merged["at"]) > instant(&appeared[0]["at"]), "{policy}: {merged}");
        }
        let released = instant(&answer["replay"]["anchors"]["released_at"]);
        assert!(released - instant(&appeared[0]["at"]) <= Span::hours(1), "{policy}: {released}");
        assert!(!read(&out.join("timeline.txt")).contains("keeps the release date"), "{policy}");
    }
}

#[test]
fn nobody_promises_to_hurry_while_an_upstream_date_holds() {
    let scratch = Scratch::new("hurry");
    let surprises = "distributor-leak,upstream-date";
    let (answer, out) = rehearse(&scratch, &["opentelemetry", "--seed", "5", "--inject", surprises]);
    let timeline = spoken(&read(&out.join("timeline.txt")));
    assert!(!timeline.contains("as soon as possible"), "{timeline}");
    assert!(timeline.contains("HOLD release.schedule"), "{timeline}");
    let history = json(&out.join("history.json"));
    assert_eq!(events(&history, "leak.decided")[0]["decision"], "continue");
    assert!(findings(&answer, "violation").is_empty());
}

#[test]
fn somebody_who_is_kept_is_late_and_breaks_nothing() {
    let scratch = Scratch::new("late");
    let (answer, out) = rehearse(&scratch, &["opentelemetry", "--seed", "7", "--inject", "none"]);
    assert_eq!(duties(&answer, "late"), ["fix-complete"]);
    for kind in ["violation", "override", "stale-notice", "deviation"] {
        assert!(findings(&answer, kind).is_empty(), "{:?}", findings(&answer, kind));
    }
    assert!(read(&out.join("timeline.txt")).contains("delay    "));
    let retrospective = read(&out.join("retrospective.md"));
    assert!(retrospective.contains("who could have stepped in"), "{retrospective}");
    assert!(retrospective.contains("fix-complete came late"), "{retrospective}");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let (one, two, other) = (Scratch::new("one"), Scratch::new("two"), Scratch::new("other"));
    let (first, first_out) = rehearse(&one, &["opentelemetry", "--seed", "26"]);
    let (second, second_out) = rehearse(&two, &["opentelemetry", "--seed", "26"]);
    let (third, third_out) = rehearse(&other, &["opentelemetry", "--seed", "27"]);
    for name in ["history.json", "replay.json", "retrospective.md"] {
        assert_eq!(read(&first_out.join(name)), read(&second_out.join(name)), "{name}");
    }
    assert_eq!(first["commits"], second["commits"]);
    assert_ne!(first["commits"], third["commits"]);
    assert_ne!(read(&first_out.join("history.json")), read(&third_out.join("history.json")));
    let in_order = |out: &Path| {
        let mut texts: Vec<_> = messages(out).into_iter().map(|(_, text)| text).collect();
        texts.sort();
        texts
    };
    assert_eq!(in_order(&first_out), in_order(&second_out));
}

#[test]
fn the_history_replays_to_the_same_answer() {
    let scratch = Scratch::new("replay");
    let (_, out) = rehearse(&scratch, &["vitess", "--seed", "6"]);
    let output = fixlead(&["policy", "replay", "--json", "out/history.json"], &scratch.0);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(again, json(&out.join("replay.json")));
}

#[test]
fn whatever_is_recorded_is_told_at_the_same_instant() {
    for (policy, surprises) in [
        ("opentelemetry", "differing-merge,failing-binary,hand-over,rewritten-commit"),
        ("vitess", "reporter-goes-public,failing-binary"),
    ] {
        let scratch = Scratch::new(&format!("instants-{policy}"));
        let (_, out) = rehearse(&scratch, &[policy, "--seed", "11", "--inject", surprises]);
        let history = json(&out.join("history.json"));
        let told = read(&out.join("retrospective.md"));
        for event in history["events"].as_array().unwrap() {
            let stamp = event["at"].as_str().unwrap()[..16].replace('T', " ");
            assert!(told.contains(&format!("{stamp} UTC")), "{policy}: nothing is told at {event}");
        }
        for (path, _) in messages(&out) {
            let sent = Instant::from_millis(seconds(&path) * 1000).to_string();
            let stamp = sent[..16].replace('T', " ");
            assert!(
                told.contains(&format!("{stamp} UTC")),
                "{policy}: nothing is told at {}",
                path.display()
            );
        }
        let backports: Vec<_> = told.lines().filter(|line| line.contains("backports the fix to")).collect();
        assert_eq!(backports.len(), 3, "{policy}");
        for line in backports {
            let proposed = events(&history, "commit.proposed").into_iter().any(|event| {
                let stamp = event["at"].as_str().unwrap()[..16].replace('T', " ");
                let branch = format!("backports the fix to {}:", event["branch"].as_str().unwrap());
                line.contains(&stamp) && line.contains(&branch)
            });
            assert!(proposed, "{policy}: {line}");
        }
    }
}

#[test]
fn the_repository_is_real_and_what_was_merged_is_what_was_prepared() {
    let scratch = Scratch::new("repository");
    let (answer, out) = rehearse(&scratch, &["vitess", "--seed", "4", "--inject", "none"]);
    let public = out.join("repository/public.git");
    let branches = git(&public, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    assert_eq!(
        branches.lines().collect::<Vec<_>>(),
        ["main", "release-22.0", "release-23.0", "release-24.0"]
    );
    assert_eq!(git(&public, &["tag", "--points-at", "release-24.0"]), "v24.0.2");
    git(&public, &["fsck", "--strict"]);
    assert!(!git(&public, &["ls-tree", "--name-only", "main", "OWNERS"]).is_empty());

    let commits = answer["commits"].as_array().unwrap();
    assert_eq!(commits.len(), 8, "two on each of four branches");
    for commit in commits {
        assert_eq!(commit["same"], true, "{commit}");
        let (branch, id) = (commit["branch"].as_str().unwrap(), commit["id"].as_str().unwrap());
        assert!(git(&public, &["branch", "--contains", id]).contains(branch), "{commit}");
        let private = out.join("repository/private.git");
        assert_eq!(git(&private, &["cat-file", "-t", commit["prepared"].as_str().unwrap()]), "commit");
    }

    let conflicts: Vec<_> = fs::read_dir(out.join("repository/conflicts")).unwrap().collect();
    assert_eq!(conflicts.len(), 1, "one backport conflicts");
    let record = read(&out.join("repository/conflicts/release-22.0.txt"));
    assert!(
        record.contains("<<<<<<<") && record.contains(">>>>>>>") && record.contains("CONFLICT"),
        "{record}"
    );
}

#[test]
fn every_message_is_well_formed_and_says_when_it_is_embargoed() {
    let scratch = Scratch::new("mail");
    let (answer, out) = rehearse(&scratch, &["opentelemetry", "--seed", "3", "--inject", "none"]);
    let all = messages(&out);
    assert_eq!(answer["mails"], all.len());
    let mut embargoed = 0;
    for (path, text) in &all {
        let at = path.display();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{at}: a bare line end");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.is_ascii(), "{at}: {head}");
        for name in ["Message-ID: <", "Date: ", "From: ", "To: ", "Subject: ", "MIME-Version: ", "X-TLP: "] {
            assert_eq!(format!("\r\n{head}").matches(&format!("\r\n{name}")).count(), 1, "{at}: {name}");
        }
        assert!(head.lines().all(|line| line.len() <= 998), "{at}");
        if head.contains("X-TLP: AMBER+STRICT") {
            embargoed += 1;
            assert!(head.contains("X-Embargo-Until: "), "{at}");
            assert!(body.contains("EMBARGOED until"), "{at}");
        }
    }
    assert!(embargoed >= 8, "report, overview, advance and pre-release notices: {embargoed}");
    let advance = all.iter().find(|(_, text)| text.contains("advance@")).unwrap();
    assert_eq!(advance.1.matches("Content-Disposition: attachment").count(), 4, "a patch for each branch");
    for distributor in ["harbour-linux", "meridian-cloud", "northwind-appliances"] {
        let own = all.iter().filter(|(path, _)| path.to_string_lossy().contains(distributor)).count();
        assert_eq!(own, 2, "{distributor} gets both notices");
    }
}

#[test]
fn where_nobody_may_be_told_beforehand_nobody_is() {
    let scratch = Scratch::new("no-notice");
    let (_, out) = rehearse(&scratch, &["vitess", "--seed", "8"]);
    let history = json(&out.join("history.json"));
    assert!(events(&history, "notice.advance").is_empty());
    assert!(events(&history, "notice.prerelease").is_empty());
    assert!(messages(&out).iter().all(|(path, _)| !path.to_string_lossy().contains("harbour")));
    let chat = read(&out.join("slack/general/01.txt"));
    assert!(chat.contains("UTC (the release date)"), "{chat}");
}

#[test]
fn wrong_usage_says_what_to_do_and_writes_nothing() {
    let scratch = Scratch::new("usage");
    fs::write(scratch.0.join("something"), "here").unwrap();
    for (arguments, message) in [
        (vec!["drill", "vitess", "--out", "."], "is not empty; remove it"),
        (vec!["drill", "vitess", "--out", "something"], "is a file; name a directory"),
        (vec!["drill", "nowhere"], "nowhere"),
        (vec!["drill", "vitess", "--inject", "flood"], "choose from distributor-leak"),
        (vec!["drill", "vitess", "--inject", "none,hand-over"], "leave out `none`, or the others"),
        (vec!["drill", "vitess", "--inject", "hand-over,none"], "leave out `none`, or the others"),
        (vec!["drill", "vitess", "--inject", ""], "choose from distributor-leak"),
    ] {
        let output = fixlead(&arguments, &scratch.0);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
}

#[test]
fn a_drill_run_again_gets_a_directory_of_its_own() {
    let scratch = Scratch::new("again");
    let mut answers = Vec::new();
    for place in ["drill-vitess-1", "drill-vitess-1-2", "drill-vitess-1-3"] {
        let output = fixlead(&["drill", "vitess", "--json", "--inject", "none"], &scratch.0);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["out"], place);
        answers.push(read(&scratch.0.join(place).join("history.json")));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn the_readme_names_the_command_that_gives_the_answer_again() {
    let scratch = Scratch::new("readme");
    let (_, out) = rehearse(&scratch, &["vitess", "--seed", "4", "--inject", "none"]);
    let text = read(&out.join("README.txt"));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let command = text.lines().map(str::trim).find(|line| line.starts_with("fixlead ")).unwrap();
    let arguments: Vec<_> = command.split(' ').skip(1).collect();
    let output = fixlead(&arguments, &out);
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(again, json(&out.join("replay.json")));
}

#[test]
fn without_git_the_drill_says_so() {
    let scratch = Scratch::new("no-git");
    let output = Command::new(env!("CARGO_BIN_EXE_fixlead"))
        .args(["drill", "vitess"])
        .current_dir(&scratch.0)
        .env("PATH", "")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("git is not on the PATH"), "{said}");
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 0);
}
