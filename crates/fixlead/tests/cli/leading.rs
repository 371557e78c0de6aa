//! A case led from its report to its erasure, and a team that is looked after,
//! with nothing but the command.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::desk::fixlead;
use crate::house::{House, Member, code, sign_in};

#[test]
fn a_case_is_led_from_the_report_to_its_end_on_the_command_line() {
    let house = House::new("leading");
    let (_, team) = house.with_team();
    let place = house.desk.place.clone();
    let (ana, bo, eli) = (&team.ana, &team.bo, &team.eli);
    let (case, receipt) = house.reported(&team, "a flaw in the parser", "steps to reproduce");
    let c = case.as_str();

    // Whose turn it is leads, and the turn moves on.
    assert!(house.tells(ana, &["rota", "show", "tool"], 0).lines().nth(2).unwrap().contains("ana"));
    let led = house.tells(bo, &["case", "lead", c, "--rotation"], 0);
    assert!(led.starts_with("ana leads the case"), "{led}");
    assert!(house.tells(ana, &["rota", "show", "tool"], 0).lines().nth(2).unwrap().contains("bo"));
    let shown = house.tells(ana, &["case", "show", c], 0);
    assert!(shown.contains("lead       ana\n") && !shown.contains(&ana.person), "{shown}");
    assert!(house.tells(ana, &["case", "list"], 0).contains("  ana "));

    // Handed over, declined, handed over again.
    house.tells(ana, &["case", "hand-off", "offer", c, "bo", "--reason", "on leave"], 0);
    assert!(house.tells(ana, &["case", "show", c], 0).contains("offered to bo"));
    house.tells(bo, &["case", "hand-off", "decline", c, "--reason", "busy"], 0);
    let nothing = house.tells(bo, &["case", "hand-off", "accept", c], 2);
    assert!(nothing.contains("offered to nobody"), "{nothing}");
    house.tells(ana, &["case", "hand-off", "offer", c, "BO", "--reason", "on leave"], 0);
    house.tells(bo, &["case", "hand-off", "accept", c], 0);
    assert_eq!(house.object(bo, &["case", "show", c])["standing"]["lead"], bo.person.as_str());

    // Somebody joins, works on it, and goes. Names are those of people one may see.
    let unknown = house.tells(bo, &["case", "grant", c, "eli", "fix-team", "--reason", "knows it"], 2);
    assert!(unknown.contains("give the id"), "{unknown}");
    house.tells(bo, &["case", "grant", c, &eli.person, "fix-team", "--reason", "knows it"], 0);
    assert!(house.tells(bo, &["case", "show", c], 0).contains("eli"));
    fs::write(place.join("proof.txt"), "proof of concept").unwrap();
    house.tells(eli, &["case", "attach", c, "proof.txt", "--name", "../proof of concept"], 0);
    let files = house.object(eli, &["case", "files", c]);
    assert_eq!(files["items"][0]["name"], "../proof of concept");
    assert!(house.tells(eli, &["case", "files", c], 0).contains("  eli  "));
    let saved = house.tells(eli, &["case", "download", c, "../proof of concept"], 0);
    assert_eq!(saved, "16 bytes in _proof_of_concept\n");
    assert_eq!(fs::read_to_string(place.join("_proof_of_concept")).unwrap(), "proof of concept");
    house.tells(eli, &["case", "download", c, "../proof of concept"], 2);
    assert_eq!(
        house.tells(eli, &["case", "download", c, "../proof of concept", "--to", "-"], 0),
        "proof of concept"
    );
    house.tells(eli, &["case", "note", c, "the writer has it too"], 0);
    let knew = house.tells(bo, &["case", "who-knew", c], 0);
    assert!(knew.lines().any(|line| line.starts_with("eli") && line.contains("fix-team")), "{knew}");
    let log = house.tells(bo, &["case", "log", c], 0);
    assert!(log.contains("note.added") && log.contains("eli") && !log.contains("the writer"), "{log}");
    house.tells(bo, &["case", "revoke", c, "eli", "--reason", "done"], 0);
    house.tells(eli, &["case", "show", c], 1);

    // Restricted, and reached again.
    house.tells(bo, &["case", "restrict", c, "--reason", "about Ana's code"], 0);
    house.tells(ana, &["case", "show", c], 1);
    house.tells(bo, &["case", "unrestrict", c, "--reason", "it was not"], 0);
    house.tells(ana, &["case", "recuse", c, "--reason", "wrote the code"], 0);
    house.tells(ana, &["case", "show", c], 1);
    house.tells(bo, &["case", "lift-recusal", c, "ana", "--reason", "somebody else did"], 0);
    house.tells(ana, &["case", "show", c], 0);

    // A part, a duplicate, another policy.
    fs::write(place.join("part.md"), "the writer").unwrap();
    let split = ["case", "split", c, "part.md", "--title", "a flaw in the writer", "--reason", "two flaws"];
    let part = house.object(bo, &split)["case"].as_str().unwrap().to_owned();
    assert!(house.tells(bo, &["case", "show", &part], 0).contains("lead       bo"));
    let merged = house.tells(bo, &["case", "merge", &part, c, "--reason", "one fix after all"], 0);
    assert!(merged.contains(&format!("the other case is {c}")), "{merged}");
    assert!(house.tells(bo, &["case", "show", c], 0).contains(&part));
    let moved = ["case", "policy", c, "--policy", "vitess", "--reason", "it is theirs"];
    house.tells(bo, &moved, 0);
    let stale = [moved.as_slice(), &["--version", "1"]].concat();
    assert!(house.tells(bo, &stale, 1).contains("changed since you read it"));
    assert!(house.tells(bo, &["case", "show", c], 0).contains("vitess"));
    house.tells(bo, &["case", "facts", c, "--reason", "a branch was added"], 0);

    // What happened, replayed by the engine alone.
    let document = house.tells(bo, &["case", "history", c, "--replay"], 0);
    let mut replay = fixlead(&place, &["policy", "replay", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    replay.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
    let replayed = replay.wait_with_output().unwrap();
    assert!(replayed.status.success());
    let replayed: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    assert_eq!(
        (&replayed["format"], &replayed["policy"]["id"]),
        (&"fixlead-replay/1".into(), &"vitess".into())
    );

    // Held, closed all the same, opened, closed, erased by two.
    let held = house.tells(bo, &["case", "close", c, "--reason", "done"], 1);
    assert!(held.contains("held by") && held.contains("fix-lead may override"), "{held}");
    let close = ["case", "close", c, "--reason", "done", "--although", "a rehearsal"];
    house.tells(bo, &close, 0);
    house.tells(bo, &["case", "reopen", c, "--reason", "too early"], 0);
    house.tells(bo, &close, 0);
    assert!(house.tells(bo, &["case", "list", "--closed"], 0).contains(c));
    assert!(house.tells(bo, &["case", "erase", c, "--confirm"], 2).contains("nobody has asked"));
    house.tells(bo, &["case", "erase", c, "--reason", "personal data"], 0);
    house.tells(bo, &["case", "erase", c, "--confirm"], 1);
    let status = house.says(&receipt, &["report", "status"], 0);
    assert!(status.contains("closed"), "{status}");
}

/// A desk on its first day: nobody takes turns yet, and who answers reports came
/// after the first of them.
#[test]
fn whoever_answers_reports_leads_also_without_turns_and_for_older_cases() {
    let house = House::new("first-day");
    let (olga, team) = house.with_team();
    let at = |what: &str| format!("/api/v1/projects/{}/{what}", team.project);
    house.replace(&team.ana.shows, &at("rota"), &json!({ "people": [] })).is(200);
    let (case, _) = house.reported(&team, "the first", "steps");
    let lead = |who: &Member, case: &str| {
        house.post(&who.shows, &format!("/api/v1/cases/{case}/lead"), &json!({})).status
    };
    assert_eq!(lead(&team.eli, &case), 404, "who answers no reports does not know of it");
    let sent = json!({
        "person": team.eli.person, "role": "responder", "reach": { "project": team.project }, "reason": "new here",
    });
    let offer = house.post(&olga.shows, "/api/v1/roles", &sent).is(201).json()["offer"].clone();
    let path = format!("/api/v1/offers/{}/confirm", offer.as_str().unwrap());
    house.post(&team.ana.shows, &path, &json!({})).is(200);
    assert_eq!(lead(&team.eli, &case), 201);
    let (next, _) = house.reported(&team, "the second", "steps");
    assert_eq!(lead(&team.bo, &next), 201);
    // Who is let into a case and answers no reports of the project does not get the lead offered.
    let id = house.post(&olga.shows, "/api/v1/invitations", &json!({ "name": "zoe" })).is(201).json();
    let zoe = crate::house::enrol(&house.desk, id["link"].as_str().unwrap(), "zoe@example.org");
    let sent = json!({ "to": zoe.person, "reason": "knows it" });
    let version = house.version(&team.bo.shows, &next);
    let headers = format!("{}{version}{}", team.bo.shows, house.key());
    let path = format!("/api/v1/cases/{next}/hand-off");
    let refused = crate::house::call(&house.desk, "POST", &path, &headers, Some(&sent)).is(422);
    assert!(refused.text.contains("give them the role first"), "{}", refused.text);
}

#[test]
fn two_people_erase_a_case_and_nothing_of_it_is_left() {
    let house = House::new("erasing");
    let (_, team) = house.with_team();
    let (case, receipt) = house.reported(&team, "by mistake", "somebody's address");
    let (ana, bo, c) = (&team.ana, &team.bo, case.as_str());
    house.tells(ana, &["case", "lead", c], 0);
    house.tells(ana, &["case", "close", c, "--reason", "x", "--although", "by mistake"], 0);
    let asked = house.object(bo, &["case", "erase", c, "--reason", "personal data"]);
    assert!(asked["offer"].is_string(), "{asked}");
    assert!(house.tells(bo, &["case", "erase", c, "--confirm"], 1).contains("second person"));
    let erased = house.tells(ana, &["case", "erase", c, "--confirm"], 0);
    assert_eq!(erased, format!("{c} is erased; nobody can read it any more\n"));
    house.tells(ana, &["case", "show", c], 1);
    house.says(&receipt, &["report", "status"], 1);
}

#[test]
fn a_team_is_looked_after_on_the_command_line() {
    let house = House::new("looking-after");
    let (olga, team) = house.with_team();
    let (ana, bo) = (&team.ana, &team.bo);
    // A project of an organisation of its own.
    let organisation = house.tells(&olga, &["project", "add-organisation", "Second"], 0);
    let add = ["project", "add", "library", "--organisation", "second", "--policy", "vitess"];
    let library = house.tells(&olga, &add, 0);
    assert_eq!((organisation.trim().len(), library.trim().len()), (26, 26));
    assert!(house.tells(&olga, &["project", "list"], 0).contains("library"));

    // A role that two people give, and that is taken back.
    let give = ["people", "give", "bo", "responder", "--project", "library", "--reason", "knows it"];
    let offer = house.object(&olga, &give)["offer"].as_str().unwrap().to_owned();
    assert!(house.tells(&olga, &["people", "offers"], 0).contains(&offer));
    assert!(house.tells(&olga, &["people", "confirm", &offer], 1).contains("second person"));
    let operator = ["people", "give", "ana", "operator", "--everywhere", "--reason", "second operator"];
    let second = house.object(&olga, &operator)["offer"].as_str().unwrap().to_owned();
    house.tells(bo, &["people", "confirm", &second], 0);
    house.tells(ana, &["people", "confirm", &offer], 0);
    assert!(house.tells(bo, &["project", "list"], 0).contains("library"));
    assert!(house.tells(&olga, &["people", "revoke", "bo", "--reason", "x"], 2).contains("several roles"));
    house.tells(&olga, &["people", "give", "bo", "responder", "--reason", "x"], 2);

    // Names, links, leave, standing.
    let invited = house.object(&olga, &["people", "invite", "dee"]);
    let again = house.object(&olga, &["people", "link", "dee"]);
    assert_eq!(invited["person"], again["person"]);
    let shows = |link: &Value| format!("authorization: Bearer {}\r\n", link["link"].as_str().unwrap());
    house.get(&shows(&invited), "/api/v1/enrolment").is(404);
    house.get(&shows(&again), "/api/v1/enrolment").is(200);
    house.tells(&olga, &["people", "rename", "dee", "Dee D."], 0);
    house.tells(&olga, &["people", "rename", "first operator", "Olga"], 0);
    let people = house.tells(&olga, &["people", "list"], 0);
    assert!(
        people.contains("Dee D.") && people.contains("Olga") && !people.contains("first operator"),
        "{people}"
    );
    house.tells(bo, &["people", "rename", "ana", "x"], 1);
    house.tells(bo, &["people", "leave", "bo", "2020-01-01..2099-12-31"], 0);
    assert!(house.tells(ana, &["rota", "show", "tool"], 0).contains("away"));
    house.tells(bo, &["people", "leave", "bo", "soon"], 2);
    house.tells(ana, &["rota", "set", "tool", "bo", "ana", "--weekly-from", "2026-11-23"], 0);
    assert_eq!(
        house.object(ana, &["rota", "show", "tool"])["projects"][0]["rota"]["people"][0],
        bo.person.as_str()
    );

    // Facts, maintainers, policy of a project.
    let facts = house.tells(ana, &["project", "facts", "tool"], 0);
    let more = facts.replace("release-1", "release-2");
    fs::write(house.desk.place.join("facts.json"), &more).unwrap();
    house.tells(ana, &["project", "facts", "tool", "--set", "facts.json"], 0);
    assert_eq!(house.tells(ana, &["project", "facts", "tool"], 0), more);
    house.tells(ana, &["project", "maintainers", "tool", "ana", "bo"], 0);
    assert!(house.tells(ana, &["project", "maintainers", "tool"], 0).contains("bo"));
    house.tells(ana, &["project", "policy", "tool", "--policy", "vitess", "--reason", "simpler"], 0);
    assert!(house.tells(ana, &["project", "policy", "tool"], 0).starts_with("vitess "));

    // A sub-team: its members answer reports as long as they belong to it.
    let make = ["people", "team", "make", "parsers", "--project", "tool", "--reason", "they wrote it"];
    let offer = house.object(ana, &make)["offer"].as_str().unwrap().to_owned();
    house.tells(bo, &["people", "confirm", &offer], 0);
    let (case, _) = house.reported(&team, "a flaw", "steps");
    house.tells(&team.eli, &["case", "show", &case], 1);
    house.tells(ana, &["people", "team", "add", "parsers", &team.eli.person], 0);
    assert!(house.tells(ana, &["people", "team", "list"], 0).contains("eli"));
    house.tells(&team.eli, &["case", "show", &case], 0);
    house.tells(ana, &["people", "team", "remove", "parsers", "eli"], 0);
    house.tells(&team.eli, &["case", "show", &case], 1);
    house.tells(ana, &["people", "team", "end", "parsers", "--reason", "done"], 0);
    assert!(house.tells(ana, &["people", "team", "list"], 0).contains("no sub-teams"));
    house.tells(&olga, &["people", "standing", "bo", "suspended", "--reason", "left"], 0);
    house.tells(bo, &["case", "list"], 0);
    house.tells(bo, &["case", "show", &case], 1);
}

#[test]
fn a_case_is_taken_over_by_another_project() {
    let house = House::new("taking-over");
    let (olga, team) = house.with_team();
    let (ana, bo) = (&team.ana, &team.bo);
    house.tells(&olga, &["project", "add", "library", "--organisation", "Example", "--policy", "vitess"], 0);
    let give = ["people", "give", "ana", "responder", "--organisation", "Example", "--reason", "both"];
    let offer = house.object(&olga, &give)["offer"].as_str().unwrap().to_owned();
    house.tells(bo, &["people", "confirm", &offer], 0);
    let (case, receipt) = house.reported(&team, "a flaw of the library", "steps");
    let taken = ["case", "take-over", &case, "library", "--reason", "it is theirs"];
    house.tells(bo, &taken, 2);
    let new = house.object(ana, &taken)["case"].as_str().unwrap().to_owned();
    house.tells(ana, &["case", "say", &new, "we have it now", "--room", "reporter"], 0);
    assert!(house.says(&receipt, &["report", "status"], 0).contains("we have it now"));
    house.says(&receipt, &["report", "say", "thank you"], 0);
    assert!(house.tells(ana, &["case", "show", &new], 0).contains("thank you"));
    house.tells(bo, &["case", "show", &new], 1);
}

#[test]
fn whoever_signs_in_on_the_command_line_does_what_no_token_does() {
    let house = House::new("signing-in");
    let (_, team) = house.with_team();
    let place = house.desk.place.clone();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let file = place.join("kept/session");
    let run = |arguments: &[&str], typed: &str, code: i32| {
        let mut command = fixlead(&place, arguments);
        command.env("FIXLEAD_SERVER", format!("http://{}", house.desk.address));
        command.env("FIXLEAD_SESSION_FILE", &file).env_remove("FIXLEAD_TOKEN");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        process.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text
    };
    let told = run(&["case", "list"], "", 1);
    assert!(told.contains("fixlead sign-in"), "{told}");
    let wrong = run(&["sign-in", "--login", "ana@example.org", "--recovery"], "not it\nnor that\n", 1);
    assert!(wrong.contains("are wrong") && !file.exists(), "{wrong}");
    let typed = format!("four unrelated words here\n{}\n", team.ana.recovery[2]);
    let told = run(&["sign-in", "--login", "ana@example.org", "--recovery"], &typed, 0);
    assert!(told.starts_with("signed in; "), "{told}");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    run(&["case", "lead", &case], "", 0);
    let give = ["case", "grant", &case, &team.eli.person, "fix-team", "--reason", "knows it"];
    run(&give, "", 0);
    // A second time replaces the session before, which ends.
    let before =
        house.get(&team.ana.shows, "/api/v1/sessions").is(200).json()["items"].as_array().unwrap().len();
    let typed = format!("four unrelated words here\n{}\n", team.ana.recovery[3]);
    run(&["sign-in", "--login", "ana@example.org", "--recovery"], &typed, 0);
    let after =
        house.get(&team.ana.shows, "/api/v1/sessions").is(200).json()["items"].as_array().unwrap().len();
    assert_eq!(before, after);
    run(&["sign-out"], "", 0);
    run(&["sign-out"], "", 1);
    run(&["case", "show", &case], "", 1);
    // A file that others can read counts for nothing.
    let again = sign_in(&house.desk, &team.ana, 4);
    let cookie = again.shows.lines().next().unwrap().strip_prefix("cookie: ").unwrap();
    fs::write(&file, format!("{{\"http://{}\":\"{cookie}\"}}", house.desk.address)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(run(&["case", "list"], "", 2).contains("chmod 600"));
}

#[test]
fn whoever_is_invited_enrols_and_makes_a_token_on_the_command_line() {
    let house = House::new("enrolling");
    let link =
        house.object(&house.olga, &["people", "invite", "dee"])["address"].as_str().unwrap().to_owned();
    let place = house.desk.place.clone();
    let mut command = fixlead(&place, &["enrol"]);
    command.env("FIXLEAD_SERVER", format!("http://{}", house.desk.address)).env_remove("FIXLEAD_TOKEN");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut stdin = process.stdin.take().unwrap();
    writeln!(stdin, "{link}").unwrap();
    let mut told = BufReader::new(process.stderr.take().unwrap()).lines();
    let secret = told.next().unwrap().unwrap().rsplit(' ').next().unwrap().to_owned();
    let password = "four unrelated words here";
    writeln!(stdin, "dee\n{password}\n{password}\n{}", code(&secret)).unwrap();
    drop(stdin);
    let output = process.wait_with_output().unwrap();
    let codes = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{codes}{:?}", told.collect::<Vec<_>>());
    let codes: Vec<String> = codes.lines().map(str::to_owned).collect();
    assert!(codes.len() >= 8, "{codes:?}");

    let nobody = house.olga.clone();
    let dee = Member { login: "dee".into(), recovery: codes, person: "dee".into(), ..nobody };
    let dee = sign_in(&house.desk, &dee, 0);
    let made = house.tells(&dee, &["token", "make", "ci", "--scope", "read"], 0);
    let shows = format!("authorization: Bearer {}", made.trim());
    house.says(&shows, &["case", "list"], 0);
    let listed = house.object(&dee, &["token", "list"]);
    assert_eq!(listed["items"][0]["name"], "ci");
    house.tells(&dee, &["token", "make", "ci", "--scope", "everything"], 1);
    house.tells(&dee, &["token", "end", listed["items"][0]["token"].as_str().unwrap()], 0);
    house.says(&shows, &["case", "list"], 1);
    assert_eq!(house.tells(&dee, &["token", "list"], 0), "no tokens\n");
}

#[test]
fn a_token_that_was_made_for_something_else_keeps_nobody_from_reporting() {
    let house = House::new("reporting");
    let (_, team) = house.with_team();
    let (reader, _) = house.token(&team.ana.shows, &["read"]);
    let (intake, _) = house.token(&team.ana.shows, &["read", "intake"]);
    fs::write(house.desk.place.join("report.md"), "steps").unwrap();
    let send = ["report", "send", &team.project, "--title", "a flaw", "report.md", "--json"];
    let sent = house.run(&reader, &send);
    let told = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert_eq!(sent.status.code(), Some(0), "{told}");
    assert!(told.contains("without saying who you are") && told.contains("`intake`"), "{told}");
    let taken: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert!(taken["case"].is_null() && taken["receipt"].is_string(), "{taken}");
    let taken: Value = serde_json::from_str(&house.says(&intake, &send, 0)).unwrap();
    assert!(taken["case"].is_string(), "whoever says who they are is told the case: {taken}");
    let silent = [send.as_slice(), &["--anonymous"]].concat();
    let taken: Value = serde_json::from_str(&house.says(&intake, &silent, 0)).unwrap();
    assert!(taken["case"].is_null(), "{taken}");
}

#[test]
fn an_advisory_is_written_looked_through_and_published_on_the_command_line() {
    let house = House::new("advisory");
    let (_, team) = house.with_team();
    let place = house.desk.place.clone();
    let (ana, bo) = (&team.ana, &team.bo);
    let (case, _) = house.reported(&team, "a flaw in the parser", "canary steps");
    let c = case.as_str();
    house.tells(ana, &["case", "lead", c], 0);
    house.tells(ana, &["case", "record", c, "cve.assigned", "id=CVE-2026-12345"], 0);

    // It begins with what the case knows; what is missing is told with its place.
    let begun = house.tells(ana, &["case", "advisory", "show", c], 0);
    assert!(begun.contains("cve = \"CVE-2026-12345\"") && begun.contains("name = \"Gus\""), "{begun}");
    assert!(!begun.contains("canary"));
    let said = house.tells(ana, &["case", "advisory", "check", c], 1);
    assert!(said.contains("error: the key `summary` is missing"), "{said}");
    house.tells(ana, &["case", "advisory", "show", c, "--format", "osv"], 1);
    let whole = format!(
        "summary = \"It stops.\"\ndescription = \"It stops on stripes.\"\npublished = 2026-01-01T00:00:00Z\n{}",
        begun
            .replace("status = \"affected\"", "status = \"affected\"\npackage = \"pkg:cargo/tool\"")
            .replace("introduced = \"0\"", "introduced = \"0\"\nfixed = \"1.2.0\"")
            .replace("category", "namespace = \"https://example.org\"\ncategory")
            .replace(
                "[publisher]",
                "[[reference]]\nkind = \"fix\"\nurl = \"https://example.org/1\"\n[publisher]"
            )
    );
    fs::write(place.join("CASE.toml"), &whole).unwrap();
    let said = house.tells(ana, &["case", "advisory", "check", c, "CASE.toml"], 0);
    assert!(said.ends_with("every document can be made of it\n"), "{said}");
    let first = house.tells(ana, &["case", "advisory", "write", c, "CASE.toml"], 0);
    assert_eq!(first, "written; the advisory is at version 1\n");
    fs::write(place.join("other.toml"), whole.replace("on stripes", "at once")).unwrap();
    let stale = house.tells(ana, &["case", "advisory", "write", c, "other.toml", "--version", "0"], 1);
    assert!(stale.contains("version 1"), "{stale}");
    assert_eq!(house.tells(ana, &["case", "advisory", "show", c], 0), whole);
    let osv = house.tells(ana, &["case", "advisory", "show", c, "--format", "osv"], 0);
    let osv: Value = serde_json::from_str(&osv).unwrap();
    assert_eq!(osv["id"], "CVE-2026-12345");

    // Two people, and not before the release.
    house.tells(ana, &["case", "advisory", "publish", c, "--reason", "it is ready"], 0);
    house.tells(ana, &["case", "advisory", "publish", c, "--confirm"], 1);
    let held = house.tells(bo, &["case", "advisory", "publish", c, "--confirm"], 1);
    assert!(held.contains("OT-64"), "{held}");
    let notice = ["case", "record", c, "notice.advance", "at=2025-12-20T00:00:00Z", "--found"];
    house.tells(ana, &notice, 0);
    for kind in ["binaries.verified", "released"] {
        let at = "at=2026-01-02T00:00:00Z";
        house.tells(ana, &["case", "record", c, kind, "branches=[\"main\"]", at, "--found"], 0);
    }
    let done = house.tells(bo, &["case", "advisory", "publish", c, "--confirm"], 0);
    assert!(done.ends_with("the advisory is public\n"), "{done}");
    assert_eq!(house.object(ana, &["case", "advisory", "show", c])["is_published"], true);

    // What was published elsewhere comes in whole, or not at all.
    fs::write(place.join("old.json"), serde_json::to_vec(&osv).unwrap()).unwrap();
    let lacking = house.tells(bo, &["import", "osv", "old.json", "--into", "tool"], 2);
    assert!(lacking.contains("write [publisher]"), "{lacking}");
    let taken = house.tells(bo, &["import", "case", "CASE.toml", "--into", "tool"], 1);
    assert!(taken.contains("in use here already"), "{taken}");
    fs::write(place.join("old.toml"), whole.replace("2026-12345", "2025-12345")).unwrap();
    assert_eq!(house.tells(bo, &["import", "case", "old.toml", "--into", "tool"], 0), "CVE-2025-12345\n");
}
